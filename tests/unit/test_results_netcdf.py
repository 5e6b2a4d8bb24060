"""Result files: what is in them, and that a broken one never has a good one's name."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

import results_samples as samples
from deltasim.errors import ResultError, SolverError
from deltasim.faults import FieldError
from deltasim.results import Chunk, Summary
from deltasim.results.dataset import MemorySink
from deltasim.results.dataset import open as open_result
from deltasim.results.netcdf import NetcdfSink, read_scenario
from deltasim.state import InitialState
from deltasim.variables import VARIABLES, Variable


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "whole.nc"
    samples.fill(NetcdfSink(path), samples.frame())
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_values_and_times_arrive(whole):
    frame = samples.frame()
    expected = samples.chunk(frame)
    with netCDF4.Dataset(whole) as file:
        file.set_auto_mask(False)
        assert file["time"][:].tolist() == expected.time.tolist()
        assert file["time_bounds"][1:, 0].tolist() == expected.time[:-1].tolist()
        assert file["time_bounds"][:, 1].tolist() == expected.time.tolist()
        for name in samples.STREAMED:
            np.testing.assert_array_equal(file[name][:], expected.data[name], err_msg=name)
        for name, values in samples.summary(frame).data.items():
            np.testing.assert_array_equal(file[name][:], values, err_msg=name)
        assert file["node_name"][:].tolist() == list(samples.NODES)
        assert file["from_node"][:].tolist() == ["upper", "天鹅湖", ""]
        assert np.isnan(file["bed_level"][2])


def test_interval_balance_closes_in_the_file(whole):
    with netCDF4.Dataset(whole) as file:
        file.set_auto_mask(False)
        storage, discharge = file["storage"][:], file["discharge"][:]
        step = np.diff(file["time_bounds"][:], axis=1)[1:]
        into = np.zeros((storage.shape[0], 3))
        for link, (source, target) in enumerate(zip(file["from_node"][:], file["to_node"][:], strict=True)):
            for node, name in enumerate(file["node_name"][:]):
                into[:, node] += discharge[:, link] * ((name == target) - 1.0 * (name == source))
    np.testing.assert_allclose(
        np.diff(storage, axis=0)[:, :2], (step * into[1:])[:, :2], rtol=0, atol=8 * np.finfo(float).eps * 1e6
    )


def test_the_size_of_chunks_does_not_show(tmp_path):
    files = []
    for size in (1, 4, 100):
        path = tmp_path / f"by_{size}.nc"
        samples.fill(NetcdfSink(path), samples.frame(), size)
        with netCDF4.Dataset(path) as file:
            files.append({name: np.asarray(variable[:]).tolist() for name, variable in file.variables.items()})
    assert repr(files[0]) == repr(files[1]) == repr(files[2])


def test_every_time_says_its_calendar_and_that_it_has_no_leap_seconds(whole):
    with netCDF4.Dataset(whole) as file:
        times = [file["time"], file["time_of_max_stage"], file["time_of_max_discharge"]]
        times.append(file["run/state"]["time"])
        for time in times:
            assert time.units == "seconds since 2019-08-09 16:00:00"
            assert time.units_metadata == "leap_seconds: none"
            assert time.calendar == "proleptic_gregorian"
            assert time.dtype == np.float64


def test_gaps_are_declared_and_coordinates_have_none(whole):
    with netCDF4.Dataset(whole) as file:
        file.set_auto_mask(False)
        for name in (*samples.STREAMED, *samples.CLOSING, "bed_level"):
            assert np.isnan(file[name]._FillValue), name
        assert "_FillValue" not in file["time"].ncattrs()
        assert file["time_bounds"].ncattrs() == []
        assert np.isnan(file["discharge"][0]).all()
        assert file["node_name"].dtype is str


def test_stored_small_and_quick_to_read(whole):
    with netCDF4.Dataset(whole) as file:
        for name in samples.STREAMED:
            filters = file[name].filters()
            assert (filters["zlib"], filters["complevel"]) == (True, 1)
            assert file[name].chunking() == [9, 3]


@pytest.mark.parametrize(
    ("n_time", "n_node", "chunks"), [(9, 3, [9, 3]), (10**6, 3, [43690, 3]), (100, 200_000, [1, 131_072])]
)
def test_chunks_are_a_mebibyte_at_most(tmp_path, n_time, n_node, chunks):
    frame = samples.frame(
        node_name=tuple(f"n{i}" for i in range(n_node)),
        node_kind=("basin",) * n_node,
        bed_level=np.zeros(n_node),
        n_time=n_time,
        variables=("stage",),
    )
    sink = NetcdfSink(tmp_path / "x.nc")
    sink.begin(frame)
    sink.append(Chunk(np.zeros(1), {"stage": np.zeros((1, n_node))}))
    sink.fail("enough")
    with netCDF4.Dataset(sink.failed_path) as file:
        assert file["stage"].chunking() == chunks


def test_float32_halves_data_and_leaves_times_alone(tmp_path):
    samples.fill(NetcdfSink(tmp_path / "x.nc", float32=True), samples.frame())
    with netCDF4.Dataset(tmp_path / "x.nc") as file:
        assert file["stage"].dtype == file["discharge"].dtype == np.float32
        assert file["stage"]._FillValue.dtype == np.float32
        assert file["time"].dtype == file["time_of_max_stage"].dtype == np.float64
        assert file["max_stage"].dtype == file["balance_error"].dtype == np.float64


def test_global_attributes(whole):
    with netCDF4.Dataset(whole) as file:
        got = {name: file.getncattr(name) for name in file.ncattrs()}
    assert got["Conventions"] == "CF-1.11, ACDD-1.3"
    assert got["featureType"] == "timeSeries"
    assert got["title"] == "Two ponds"
    assert got["summary"] == "A made-up result."
    assert got["source"].startswith("deltasim ")
    assert got["history"].endswith("Z deltasim run two_ponds.toml")
    assert got["scenario"] == samples.SCENARIO
    assert got["scenario_sha256"] == hashlib.sha256(samples.SCENARIO.encode()).hexdigest()
    assert got["solver_steps"] == 12
    assert got["relative_balance_error"] == 1e-16
    assert got["vertical_datum"] == "1985 national height datum"
    assert got["time_coverage_start"] == "2019-08-09T16:00:00Z"
    assert got["time_coverage_end"] == "2019-08-09T18:00:00Z"
    assert got["time_coverage_duration"] == "PT2H"
    assert got["time_coverage_resolution"] == "PT15M"
    assert "run_failed" not in got
    assert datetime.fromisoformat(got["date_created"]).tzinfo is not None


def test_a_clock_without_offset_is_not_called_utc(tmp_path):
    samples.fill(NetcdfSink(tmp_path / "x.nc"), samples.frame(start=datetime(2019, 8, 10)))
    with netCDF4.Dataset(tmp_path / "x.nc") as file:
        assert file.time_coverage_start == "2019-08-10T00:00:00"
        assert "no offset from UTC" in file["time"].comment
    assert samples.read_state(tmp_path / "x.nc").time == datetime(2019, 8, 10, 2)


def test_attributes_that_are_not_given_are_not_there(tmp_path):
    samples.fill(NetcdfSink(tmp_path / "x.nc"), samples.frame(crs="", vertical_datum="", summary=""))
    with netCDF4.Dataset(tmp_path / "x.nc") as file:
        assert not {"crs", "vertical_datum", "summary"} & set(file.ncattrs())


def test_the_scenario_comes_back_byte_for_byte(whole):
    text, files = read_scenario(whole)
    assert text == samples.SCENARIO
    assert files == samples.FILES
    assert list(files) == list(samples.FILES)


def test_a_scenario_larger_than_an_hdf5_attribute_comes_back(tmp_path):
    text = "# 天鹅湖\n" + "x = 1\n" * 200_000
    samples.fill(NetcdfSink(tmp_path / "x.nc"), samples.frame(scenario=text))
    assert read_scenario(tmp_path / "x.nc")[0] == text


def test_data_files_carry_their_sum(whole):
    with netCDF4.Dataset(whole) as file:
        stored = file["run/forcing"]["file_1"]
        assert (stored.path, stored.media_type) == ("rain.csv", "text/csv")
        assert stored.sha256 == hashlib.sha256(samples.FILES["rain.csv"]).hexdigest()
        assert stored.dtype == np.uint8


def test_the_final_state_comes_back(whole):
    state = samples.read_state(whole)
    assert state.time == datetime(2019, 8, 9, 18, tzinfo=UTC)
    assert state.of("storage")["upper"] == 1e6
    assert state.of("storage")["天鹅湖"] == 2e6
    assert np.isnan(state.of("storage")["sea"])
    again = InitialState.from_bytes(state.to_bytes())
    assert again.time == state.time
    assert again.to_bytes() == state.to_bytes()


def test_a_changed_data_file_is_noticed(whole):
    with netCDF4.Dataset(whole, "a") as file:
        file["run/forcing"]["file_1"][0] = 0
    with pytest.raises(ResultError, match=r"rain\.csv in it is not the file that was read"):
        read_scenario(whole)


def test_a_changed_scenario_is_noticed(whole):
    with netCDF4.Dataset(whole, "a") as file:
        file.scenario = "[scenario]"
    with pytest.raises(ResultError, match="the scenario in it is not the one that was written"):
        read_scenario(whole)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"CDF?", "cannot be read as NetCDF"),
        (b"", "cannot be read as NetCDF"),
    ],
)
def test_what_is_no_result_is_explained(tmp_path, content, message):
    path = tmp_path / "x.nc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ResultError, match=message):
        read_scenario(path)


def test_a_file_that_was_cut_short_is_explained(whole, tmp_path):
    content = whole.read_bytes()
    path = tmp_path / "x.nc"
    for part in (0.1, 0.5, 0.99):
        path.write_bytes(content[: int(part * len(content))])
        with pytest.raises(ResultError, match="cannot be read as NetCDF"):
            read_scenario(path)


def test_another_netcdf_file_is_explained(tmp_path):
    netCDF4.Dataset(tmp_path / "x.nc", "w").close()
    with pytest.raises(ResultError, match="no scenario in it; was this file written by deltasim"):
        read_scenario(tmp_path / "x.nc")
    with pytest.raises(FieldError, match=r'no final state in "x\.nc"'):
        samples.read_state(tmp_path / "x.nc")


# What gets which name, and when


def test_the_name_is_there_only_when_the_file_is_whole(tmp_path):
    frame, path = samples.frame(), tmp_path / "x.nc"
    sink = NetcdfSink(path)
    sink.begin(frame)
    sink.append(samples.chunk(frame))
    (part,) = names(tmp_path)
    assert part.startswith("x.nc.")
    assert part.endswith(".part")
    sink.finish(samples.summary(frame), samples.STATE)
    assert names(tmp_path) == ["x.nc"]


def test_a_failed_run_keeps_what_it_has_under_another_name(tmp_path):
    frame = samples.frame()
    (tmp_path / "x.nc").write_bytes(b"an older, good result")
    sink = NetcdfSink(tmp_path / "x.nc")
    sink.begin(frame)
    sink.append(samples.chunk(frame, 0, 3))
    sink.fail("gate.release: no step is small enough", samples.summary(frame))
    assert names(tmp_path) == ["x.failed.nc", "x.nc"]
    assert (tmp_path / "x.nc").read_bytes() == b"an older, good result"
    with netCDF4.Dataset(tmp_path / "x.failed.nc") as file:
        assert file.run_failed == "gate.release: no step is small enough"
        assert len(file["time"]) == len(file["stage"]) == 3
        assert file["max_stage"][1] == 2.0
        assert file.time_coverage_end == "2019-08-09T16:30:00Z"
        assert file.time_coverage_duration == "PT30M"
    assert read_scenario(tmp_path / "x.failed.nc") == (samples.SCENARIO, samples.FILES)
    with pytest.raises(FieldError, match=r"no final state in .*: the run failed"):
        samples.read_state(tmp_path / "x.failed.nc")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (SolverError("no step is small enough", time=3.0), "no step is small enough"),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh"),
    ],
)
def test_an_exception_leaves_a_failed_file_and_passes_on(tmp_path, error, reason):
    frame = samples.frame()
    with pytest.raises(type(error)), NetcdfSink(tmp_path / "x.nc") as sink:  # noqa: PT012
        sink.begin(frame)
        sink.append(samples.chunk(frame, 0, 2))
        raise error
    assert names(tmp_path) == ["x.failed.nc"]
    with netCDF4.Dataset(tmp_path / "x.failed.nc") as file:
        assert file.run_failed == reason
        assert "max_stage" not in file.variables


def test_a_run_that_computed_nothing_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), NetcdfSink(tmp_path / "x.nc") as sink:  # noqa: PT012
        sink.begin(samples.frame())
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_leaving_without_finish_is_no_success(tmp_path):
    with NetcdfSink(tmp_path / "x.nc") as sink:
        sink.begin(samples.frame())
        sink.append(samples.chunk(samples.frame(), 0, 2))
    assert names(tmp_path) == ["x.failed.nc"]


def test_a_failed_name_of_a_file_without_suffix(tmp_path):
    assert NetcdfSink(tmp_path / "out").failed_path == tmp_path / "out.failed.nc"
    assert NetcdfSink(tmp_path / "a.b.nc").failed_path == tmp_path / "a.b.failed.nc"


def test_two_runs_into_one_name_do_not_meet(tmp_path):
    one, two = NetcdfSink(tmp_path / "x.nc"), NetcdfSink(tmp_path / "x.nc")
    one.begin(samples.frame(title="one"))
    two.begin(samples.frame(title="two"))
    for sink in (one, two):
        sink.append(samples.chunk(samples.frame()))
        sink.finish(samples.summary(samples.frame()), samples.STATE)
    with netCDF4.Dataset(tmp_path / "x.nc") as file:
        assert file.title == "two"
    assert names(tmp_path) == ["x.nc"]


def in_subprocess(folder, body):
    code = f"import sys; sys.path.insert(0, {str(Path(samples.__file__).parent)!r})\n" + textwrap.dedent(body)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_killed_run_leaves_no_file_that_looks_finished(tmp_path):
    done = in_subprocess(
        tmp_path,
        """
        import os, signal
        import results_samples as samples
        from deltasim.results.netcdf import NetcdfSink
        sink = NetcdfSink("x.nc")
        sink.begin(samples.frame())
        sink.append(samples.chunk(samples.frame()))
        os.kill(os.getpid(), signal.SIGKILL)
        """,
    )
    assert done.returncode == -signal.SIGKILL
    (left,) = names(tmp_path)
    assert left.endswith(".part")


def test_a_full_disk_is_explained_and_leaves_the_older_file(tmp_path):
    (tmp_path / "x.nc").write_bytes(b"an older, good result")
    done = in_subprocess(
        tmp_path,
        """
        import resource, signal
        import numpy as np
        import results_samples as samples
        from deltasim.errors import ResultError
        from deltasim.results import Chunk
        from deltasim.results.netcdf import NetcdfSink
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
        rng = np.random.default_rng(1)
        frame = samples.frame(n_time=10**6, variables=("stage",))
        try:
            with NetcdfSink("x.nc") as sink:
                sink.begin(frame)
                for block in range(100):
                    time = np.arange(1e4) + block * 1e4
                    sink.append(Chunk(time, {"stage": rng.random((10_000, 3))}))
        except ResultError as error:
            print(error)
        """,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("cannot write x.nc: ")
    assert names(tmp_path) == ["x.nc"]
    assert (tmp_path / "x.nc").read_bytes() == b"an older, good result"


def test_memory_does_not_grow_with_the_run(tmp_path):
    done = in_subprocess(
        tmp_path,
        """
        import resource
        import numpy as np
        import results_samples as samples
        from deltasim.results import Chunk
        from deltasim.results.netcdf import NetcdfSink
        names = ("stage", "depth", "storage", "area")
        frame = samples.frame(
            n_time=10**7, variables=names, node_name=tuple("abcdefghij"), node_kind=("basin",) * 10,
            bed_level=np.zeros(10),
        )
        sink = NetcdfSink("x.nc")
        sink.begin(frame)
        peaks = []
        for block in range(100):
            time = np.arange(5000.0) + block * 5000
            sink.append(Chunk(time, dict.fromkeys(names, np.zeros((5000, 10)))))
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        sink.fail("enough")
        # Each variable is 40 MB by now; the first tenth has filled every buffer there is.
        print(peaks[-1] - peaks[10])
        """,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 10_000  # KiB


def test_a_missing_folder_is_told_before_anything_is_computed(tmp_path):
    with pytest.raises(ResultError, match=r"cannot write .*x\.nc: there is no folder .*nowhere"):
        NetcdfSink(tmp_path / "nowhere" / "x.nc").begin(samples.frame())


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ResultError, match="it is a folder; name a file in it"):
        NetcdfSink(tmp_path).begin(samples.frame())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that is none")
def test_a_device_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ResultError, match="it is a device, and would be replaced by a file"):
        NetcdfSink(tmp_path / "pipe").begin(samples.frame())
    assert names(tmp_path) == ["pipe"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "big").mkdir()
    link = tmp_path / "x.nc"
    link.symlink_to(tmp_path / "big" / "y.nc")
    samples.fill(NetcdfSink(link), samples.frame())
    assert link.is_symlink()
    assert read_scenario(link)[0] == samples.SCENARIO
    assert names(tmp_path / "big") == ["y.nc"]


def test_a_frame_that_does_not_fit_leaves_nothing(tmp_path):
    with pytest.raises((ValueError, IndexError, ResultError)):
        NetcdfSink(tmp_path / "x.nc").begin(samples.frame(bed_level=np.zeros(7)))
    assert names(tmp_path) == []


def test_a_command_that_is_not_unicode(tmp_path):
    samples.fill(NetcdfSink(tmp_path / "x.nc"), samples.frame(command="deltasim run \udcff.toml"))
    with netCDF4.Dataset(tmp_path / "x.nc") as file:
        assert file.history.endswith(r"deltasim run \udcff.toml")


def test_a_new_dimension_is_a_row_in_the_table(tmp_path, monkeypatch):
    rows = (
        Variable("event_time", ("event",), "", "when it was set", kind="time"),
        Variable("event_source", ("event",), "", "what set it", kind="text"),
        Variable("event_value", ("event",), "", "what it was set to"),
    )
    for row in rows:
        monkeypatch.setitem(VARIABLES, row.name, row)
    frame = samples.frame(variables=("stage", *(row.name for row in rows)))
    values = {
        "event_time": np.array([5.0, 7.5]),
        "event_source": np.array(["rule.let_go", "rule.潮"], dtype=object),
        "event_value": np.array([1.0, 0.0]),
    }
    for count in (2, 0):
        path = tmp_path / f"{count}.nc"
        sinks = (NetcdfSink(path), MemorySink())
        for sink in sinks:
            sink.begin(frame)
            sink.append(samples.chunk(frame))
            sink.finish(Summary({name: array[:count] for name, array in values.items()}), samples.STATE)
        with open_result(path) as result:
            assert result.event_source.values.tolist() == ["rule.let_go", "rule.潮"][:count]
            for name in values:
                xr.testing.assert_identical(result[name], sinks[1].dataset[name])


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(netCDF4, "Dataset", refuse)
    with pytest.raises(ResultError, match=r"cannot write .*x\.nc: Permission denied"):
        NetcdfSink(tmp_path / "x.nc").begin(samples.frame())


# Bugs in the caller


def test_a_chunk_must_have_what_the_frame_promised():
    frame = samples.frame(variables=("stage", "discharge"))
    chunk = samples.chunk(frame, 0, 2)
    sink = NetcdfSink("never.nc")
    with pytest.raises(ValueError, match="not between begin and finish"):
        sink.append(chunk)


def test_wrong_chunks_are_refused(tmp_path):
    frame = samples.frame(variables=("stage", "discharge"))
    good = samples.chunk(frame, 0, 2)
    sink = NetcdfSink(tmp_path / "x.nc")
    sink.begin(frame)
    with pytest.raises(ValueError, match=r"a chunk must have \['discharge', 'stage'\], got \['stage'\]"):
        sink.append(Chunk(good.time, {"stage": good.data["stage"]}))
    with pytest.raises(ValueError, match=r"stage must have shape \(2, 3\), got \(1, 3\)"):
        sink.append(Chunk(good.time, {**good.data, "stage": good.data["stage"][:1]}))
    with pytest.raises(ValueError, match=r"the summary must have \[\], got \['energy'\]"):
        sink.finish(samples.summary(samples.frame(variables=("energy",))), samples.STATE)
    sink.fail("a bug")
    assert names(tmp_path) == []
