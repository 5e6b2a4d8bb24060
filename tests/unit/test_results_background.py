"""A result written from a thread of its own is the result, and fails as it does."""

from __future__ import annotations

import threading

import netCDF4
import numpy as np
import pytest

import results_samples as samples
from deltasim.errors import ResultError, SolverError
from deltasim.results.background import Background
from deltasim.results.netcdf import NetcdfSink


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class Slow(NetcdfSink):
    """Writes nothing until it is let; then fails at the chunk that it was told to."""

    def __init__(self, path, fails_at=None):
        super().__init__(path)
        self.open = threading.Event()
        self.begun = 0
        self.fails_at = fails_at
        self.threads = set()

    def begin(self, frame):
        self.threads.add(threading.get_ident())
        super().begin(frame)

    def append(self, chunk):
        self.threads.add(threading.get_ident())
        self.begun += 1
        assert self.open.wait(30.0)
        if self.begun == self.fails_at:
            self._file.discard()
            raise ResultError("cannot write x.nc: No space left on device")
        super().append(chunk)

    def finish(self, summary, state):
        self.threads.add(threading.get_ident())
        super().finish(summary, state)

    def fail(self, reason, summary=None):
        self.threads.add(threading.get_ident())
        super().fail(reason, summary)


def test_the_file_is_the_same(tmp_path):
    samples.fill(NetcdfSink(tmp_path / "one.nc"), samples.frame())
    with Background(NetcdfSink(tmp_path / "two.nc")) as sink:
        samples.fill(sink, samples.frame())
    assert names(tmp_path) == ["one.nc", "two.nc"]
    with netCDF4.Dataset(tmp_path / "one.nc") as one, netCDF4.Dataset(tmp_path / "two.nc") as two:
        assert one.variables.keys() == two.variables.keys()
        for name, variable in one.variables.items():
            np.testing.assert_array_equal(variable[...], two[name][...])
    assert sink.seconds > 0.0


def test_the_run_goes_on_while_chunks_wait_and_waits_when_there_are_too_many(tmp_path):
    frame, slow = samples.frame(), Slow(tmp_path / "x.nc")
    with Background(slow) as sink:
        sink.begin(frame)
        for first in (0, 2):
            sink.append(samples.chunk(frame, first, first + 2))
        full = threading.Event()

        def third():
            sink.append(samples.chunk(frame, 4, 6))
            full.set()

        runner = threading.Thread(target=third)
        runner.start()
        assert not full.wait(0.2)
        slow.open.set()
        runner.join(30.0)
        assert full.is_set()
        sink.append(samples.chunk(frame, 6, 9))
        sink.finish(samples.summary(frame), samples.STATE)
    assert len(slow.threads) == 1
    assert slow.threads != {threading.get_ident()}
    with netCDF4.Dataset(tmp_path / "x.nc") as file:
        assert len(file["time"]) == 9
        np.testing.assert_array_equal(file["storage"][:, 0], samples.chunk(frame).data["storage"][:, 0])


@pytest.mark.parametrize("ending", ["append", "finish", "fail"])
def test_what_goes_wrong_in_the_thread_is_told_by_the_next_call(tmp_path, ending):
    frame, slow = samples.frame(), Slow(tmp_path / "x.nc", fails_at=1)
    with pytest.raises(ResultError, match="No space left on device"), Background(slow) as sink:  # noqa: PT012
        sink.begin(frame)
        for first in (0, 2):
            sink.append(samples.chunk(frame, first, first + 2))
        slow.open.set()
        if ending == "append":
            sink.append(samples.chunk(frame, 4, 6))
        elif ending == "finish":
            sink.finish(samples.summary(frame), samples.STATE)
        else:
            sink.fail("no step is small enough", samples.summary(frame))
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [(KeyboardInterrupt(), "interrupted"), (SolverError("too small", time=3.0), "too small")],
)
def test_an_exception_keeps_what_waits(tmp_path, error, reason):
    frame, slow = samples.frame(), Slow(tmp_path / "x.nc")
    with pytest.raises(type(error)), Background(slow) as sink:  # noqa: PT012
        sink.begin(frame)
        for first in (0, 2):
            sink.append(samples.chunk(frame, first, first + 2))
        slow.open.set()
        raise error
    assert names(tmp_path) == ["x.failed.nc"]
    with netCDF4.Dataset(tmp_path / "x.failed.nc") as file:
        assert file.run_failed == reason
        assert len(file["time"]) == 4


def test_a_missing_folder_is_told_at_once(tmp_path):
    with pytest.raises(ResultError, match="there is no folder"), Background(NetcdfSink(tmp_path / "no" / "x.nc")) as s:
        s.begin(samples.frame())


def test_a_failed_run_keeps_what_waits(tmp_path):
    frame = samples.frame()
    with Background(NetcdfSink(tmp_path / "x.nc")) as sink:
        sink.begin(frame)
        sink.append(samples.chunk(frame, 0, 3))
        sink.fail("no step is small enough", samples.summary(frame))
    with netCDF4.Dataset(tmp_path / "x.failed.nc") as file:
        assert file.run_failed == "no step is small enough"
        assert len(file["time"]) == 3
