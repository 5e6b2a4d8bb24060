"""A result in memory, and its way to a file and back."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

import results_samples as samples
from deltasim.errors import ResultError
from deltasim.faults import FieldError
from deltasim.results import dataset as room
from deltasim.results.dataset import MemorySink, files_of
from deltasim.results.netcdf import NetcdfSink, read_scenario


def made(**changes):
    sink = MemorySink()
    samples.fill(sink, samples.frame(**changes))
    return sink.dataset


def streamed(path, **changes):
    samples.fill(NetcdfSink(path), samples.frame(**changes))
    return path


def contents(path):
    """Everything in a file but when it was made."""
    found = {}

    def walk(group, where):
        for name in group.ncattrs():
            if name not in ("history", "date_created"):
                found[where, name] = group.getncattr(name)
        for name, variable in group.variables.items():
            variable.set_auto_mask(False)
            values = np.asarray(variable[...])
            attributes = {key: repr(variable.getncattr(key)) for key in variable.ncattrs()}
            stored = (variable.dimensions, str(variable.dtype), variable.filters(), variable.chunking())
            found[where, name, "values"] = values.tolist().__repr__()
            found[where, name] = (attributes, stored)
        for name, child in group.groups.items():
            walk(child, f"{where}/{name}")

    with netCDF4.Dataset(path) as file:
        walk(file, "")
    return found


PLACES = {"x": np.array([118.9, 119.0, np.nan]), "y": np.array([37.3, 37.4, np.nan]), "crs": "EPSG:4326"}


def test_nodes_and_links_are_found_by_name(tmp_path):
    for result in (made(), room.open(streamed(tmp_path / "x.nc"))):
        expected = samples.chunk(samples.frame()).data
        np.testing.assert_array_equal(result.stage.sel(node="天鹅湖"), expected["stage"][:, 1])
        np.testing.assert_array_equal(result.discharge.sel(link="river"), expected["discharge"][:, 2])
        assert result.stage.attrs["standard_name"] == "water_surface_height_above_reference_datum"
        assert str(result.time.values[1]) == "2019-08-09T16:15:00.000000000"
        assert str(result.time_of_max_stage.values[1]) == "2019-08-09T16:20:34.567800000"
        assert np.isnat(result.time_of_max_stage.values[2])
        assert set(result.stage.coords) == {"time", "node", "node_name", "node_kind", "bed_level"}
        result.close()


@pytest.mark.parametrize("changes", [{}, PLACES, {"start": datetime(2019, 8, 10)}], ids=["plain", "placed", "naive"])
def test_memory_and_file_say_the_same(tmp_path, changes):
    memory, file = made(**changes), room.open(streamed(tmp_path / "x.nc", **changes))
    for name in ("history", "date_created"):
        del memory.attrs[name], file.attrs[name]
    xr.testing.assert_identical(memory, file)
    assert {name: memory[name].dtype for name in memory.variables} == {
        name: file[name].dtype for name in file.variables
    }
    file.close()


@pytest.mark.parametrize("changes", [{}, PLACES], ids=["plain", "placed"])
def test_write_makes_the_file_that_the_stream_makes(tmp_path, changes):
    streamed(tmp_path / "streamed.nc", **changes)
    room.write(made(**changes), tmp_path / "written.nc")
    with room.open(tmp_path / "streamed.nc") as again:
        room.write(again, tmp_path / "again.nc")
    assert contents(tmp_path / "written.nc") == contents(tmp_path / "streamed.nc")
    assert contents(tmp_path / "again.nc") == contents(tmp_path / "streamed.nc")


def test_a_round_trip_changes_nothing(tmp_path):
    before = made()
    room.write(before, tmp_path / "x.nc")
    with room.open(tmp_path / "x.nc") as after:
        xr.testing.assert_identical(before, after)
        assert files_of(after) == files_of(before) == samples.FILES
    assert read_scenario(tmp_path / "x.nc") == (samples.SCENARIO, samples.FILES)
    assert samples.read_state(tmp_path / "x.nc").of("storage")["upper"] == 1e6


def test_a_file_can_be_replaced_while_it_is_open(tmp_path):
    path = streamed(tmp_path / "x.nc")
    with room.open(path) as result:
        room.write(result.assign_attrs(title="renamed"), path)
    with room.open(path) as result:
        assert result.title == "renamed"
        assert result.stage.shape == (9, 3)
    assert [found.name for found in tmp_path.iterdir()] == ["x.nc"]


def test_times_of_a_long_run_do_not_drift(tmp_path):
    rng = np.random.default_rng(5)
    frame = samples.frame()
    summary = samples.summary(frame)
    summary.data["time_of_max_stage"][:] = rng.random(3) * 1e9
    sink = MemorySink()
    sink.begin(frame)
    sink.append(samples.chunk(frame))
    sink.finish(summary, samples.STATE)
    before = sink.dataset
    for number in range(3):
        room.write(before, tmp_path / f"{number}.nc")
        with room.open(tmp_path / f"{number}.nc") as after:
            xr.testing.assert_identical(before, after.load())


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_closing_lets_go_of_the_file(tmp_path):
    path = streamed(tmp_path / "x.nc").resolve()

    def held():
        return [fd for fd in Path("/proc/self/fd").iterdir() if fd.resolve() == path]

    result = room.open(path)
    assert held()
    result.close()
    assert not held()


def test_times_without_a_unit_of_their_own(tmp_path):
    bare = made()[["stage"]].drop_encoding()
    room.write(bare, tmp_path / "x.nc")
    with room.open(tmp_path / "x.nc") as back:
        np.testing.assert_array_equal(back.time, bare.time)
    with netCDF4.Dataset(tmp_path / "x.nc") as file:
        assert file["time"].units == "seconds since 2019-08-09 16:00:00"


def test_index_is_not_written(tmp_path):
    room.write(made(), tmp_path / "x.nc")
    with netCDF4.Dataset(tmp_path / "x.nc") as file:
        assert not {"node", "link"} & set(file.variables)


def test_a_selection_with_something_added_can_be_written(tmp_path):
    result = made()
    part = result.sel(node="天鹅湖").isel(time=slice(2, 5))
    part = part.assign(half=part.storage / 2, wide_open=part.open > 0.5, note=("link", ["a", "b", "c"]))
    room.write(part.transpose(..., "time"), tmp_path / "x.nc")
    with room.open(tmp_path / "x.nc") as back:
        np.testing.assert_array_equal(back.half, result.storage.sel(node="天鹅湖")[2:5] / 2)
        np.testing.assert_array_equal(back.time, result.time[2:5])
        assert back.wide_open.dtype == np.int8
        assert back.note.values.tolist() == ["a", "b", "c"]
        assert back.node.item() == "天鹅湖"
        assert files_of(back) == samples.FILES
    # The state was that of three nodes; it is not that of one.
    with pytest.raises(FieldError, match="no final state"):
        samples.read_state(tmp_path / "x.nc")


def test_without_times(tmp_path):
    room.write(made().isel(time=-1), tmp_path / "x.nc")
    with room.open(tmp_path / "x.nc") as back:
        assert back.stage.dims == ("node",)
        assert back.time.item() == made().time[-1].item()


def test_a_large_result_is_written_by_blocks(tmp_path, monkeypatch):
    room.write(made(), tmp_path / "whole.nc")
    monkeypatch.setattr(room, "_BLOCK", 6)
    room.write(made(), tmp_path / "blocks.nc")
    assert contents(tmp_path / "whole.nc") == contents(tmp_path / "blocks.nc")


def test_what_was_made_from_results_can_be_written_without_their_files(tmp_path):
    result = made()
    twice = xr.Dataset({"stage": result.stage * 2})
    assert files_of(twice) == {}
    room.write(twice, tmp_path / "x.nc")
    with room.open(tmp_path / "x.nc") as back:
        np.testing.assert_array_equal(back.stage, result.stage * 2)


def test_float32_stays_float32(tmp_path):
    result = made()
    room.write(result.assign(stage=result.stage.astype("f4")), tmp_path / "x.nc")
    with room.open(tmp_path / "x.nc") as back:
        assert back.stage.dtype == np.float32


def test_xarray_s_own_writer_takes_it(tmp_path):
    result = made()
    result.to_netcdf(tmp_path / "x.nc")
    with xr.open_dataset(tmp_path / "x.nc") as back:
        np.testing.assert_array_equal(back.stage, result.stage)


def test_what_cannot_be_written_is_named(tmp_path):
    result = made()
    with pytest.raises(ResultError, match=r"attribute reviewed of the Dataset: None cannot be written"):
        room.write(result.assign_attrs(reviewed=None), tmp_path / "x.nc")
    with pytest.raises(ResultError, match=r"lag: values of type timedelta64.* cannot be written"):
        room.write(result.assign(lag=result.time - result.time[0]), tmp_path / "x.nc")
    with pytest.raises(ResultError, match=r"cannot write .*there is no folder"):
        room.write(result, tmp_path / "nowhere" / "x.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_in_memory():
    frame = samples.frame()
    sink = MemorySink()
    sink.begin(frame)
    sink.append(samples.chunk(frame, 0, 3))
    sink.fail("no step is small enough", samples.summary(frame))
    assert sink.dataset.run_failed == "no step is small enough"
    assert sink.dataset.sizes["time"] == 3
    sink.begin(frame)
    sink.fail("at once")
    assert sink.dataset.sizes["time"] == 0
    assert sink.dataset.indexes["node"].tolist() == list(samples.NODES)


def test_a_failed_file_opens(tmp_path):
    frame = samples.frame()
    sink = NetcdfSink(tmp_path / "x.nc")
    sink.begin(frame)
    sink.append(samples.chunk(frame, 0, 3))
    sink.fail("no step is small enough")
    with room.open(sink.failed_path) as result:
        assert result.run_failed == "no step is small enough"
        assert result.stage.sel(node="upper").shape == (3,)


def test_a_network_without_links(tmp_path):
    frame = samples.frame(
        link_name=(), link_kind=(), from_node=(), to_node=(), variables=("stage", "max_stage"), files={}
    )
    for sink in (MemorySink(), NetcdfSink(tmp_path / "x.nc")):
        samples.fill(sink, frame)
    with room.open(tmp_path / "x.nc") as result:
        assert result.sizes["link"] == 0
        assert result.stage.sel(node="upper").shape == (9,)


@pytest.mark.parametrize(
    ("content", "message"), [(None, "there is no such file"), (b"rubbish", "cannot be read as NetCDF")]
)
def test_what_is_no_result_is_explained(tmp_path, content, message):
    if content:
        (tmp_path / "x.nc").write_bytes(content)
    with pytest.raises(ResultError, match=message):
        room.open(tmp_path / "x.nc")


def test_another_netcdf_file_is_explained(tmp_path):
    netCDF4.Dataset(tmp_path / "x.nc", "w").close()
    with pytest.raises(ResultError, match="no node_name in it; was this file written by deltasim"):
        room.open(tmp_path / "x.nc")


def test_streaming_needs_no_xarray():
    code = "import sys, deltasim.results.netcdf; sys.exit('xarray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
