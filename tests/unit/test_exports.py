"""Results as CSV and GeoJSON: every number comes back, and nothing is half written."""

from __future__ import annotations

import csv
import json
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import deltasim
import results_samples as samples
from deltasim.errors import ResultError
from deltasim.exports import csv as room
from deltasim.exports import to_csv, to_geojson
from deltasim.results.dataset import MemorySink
from deltasim.results.netcdf import NetcdfSink

SCENARIO = "[scenario]\nstart = 2019-08-10T00:00:00+08:00\n"
PLACES = {"x": np.array([118.9, 119.0, np.nan]), "y": np.array([37.3, 37.4, np.nan]), "crs": "EPSG:4326"}


def made(**changes) -> xr.Dataset:
    sink = MemorySink()
    samples.fill(sink, samples.frame(**({"scenario": SCENARIO} | changes)))
    return sink.dataset


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_every_variable_comes_back_as_it_is(tmp_path):
    result = made()
    to_csv(result, tmp_path / "out")
    for name, units in (("stage", "_m"), ("storage", "_m3"), ("discharge", "_m3_per_s"), ("open", "")):
        table = pd.read_csv(tmp_path / "out" / f"{name}{units}.csv", float_precision="round_trip")
        assert table.columns.tolist() == ["time", *(samples.LINKS if name in ("discharge", "open") else samples.NODES)]
        np.testing.assert_array_equal(table.iloc[:, 1:].to_numpy(float), result[name].values)


def test_times_are_iso_with_the_offset_of_the_scenario(tmp_path):
    to_csv(made(), tmp_path / "out")
    times = [row[0] for row in rows(tmp_path / "out" / "stage_m.csv")[1:]]
    start = datetime(2019, 8, 10, tzinfo=timezone(timedelta(hours=8)))
    assert [datetime.fromisoformat(time) for time in times] == [start + i * timedelta(minutes=15) for i in range(9)]
    assert times[1] == "2019-08-10T00:15:00+08:00"
    to_csv(made(), tmp_path / "out", plain_time=True)
    assert rows(tmp_path / "out" / "stage_m.csv")[2][0] == "2019-08-10 00:15:00"


def test_result_that_does_not_say_its_zone_but_counts_in_utc_is_in_utc(tmp_path):
    to_csv(made(scenario=samples.SCENARIO), tmp_path / "out")
    assert rows(tmp_path / "out" / "stage_m.csv")[2][0] == "2019-08-09T16:15:00+00:00"


def test_clock_without_an_offset_gets_none(tmp_path):
    scenario = "[scenario]\nstart = 2019-08-10\n"
    to_csv(made(start=datetime(2019, 8, 10), scenario=scenario), tmp_path / "out")
    assert rows(tmp_path / "out" / "stage_m.csv")[2][0] == "2019-08-10T00:15:00"


def test_what_is_missing_is_an_empty_cell(tmp_path):
    to_csv(made(), tmp_path / "out")
    table = rows(tmp_path / "out" / "storage_m3.csv")
    assert {row[3] for row in table[1:]} == {""}
    assert rows(tmp_path / "out" / "discharge_m3_per_s.csv")[1][1:] == ["", "", ""]


def test_nodes_and_links_have_their_maxima_and_the_list_names_every_file(tmp_path):
    written = to_csv(made(**PLACES), tmp_path / "out")
    assert sorted(written) == sorted((tmp_path / "out").iterdir())
    head, upper, *_ = rows(tmp_path / "out" / "nodes.csv")
    node = dict(zip(head, upper, strict=True))
    assert head[:2] == ["node_name", "node_kind"]
    assert node["max_stage [m]"] == "1.0"
    assert node["x [degrees_east]"] == "118.9"
    head, first, *_ = rows(tmp_path / "out" / "links.csv")
    assert head[:4] == ["link_name", "link_kind", "from_node", "to_node"]
    assert dict(zip(head, first, strict=True))["time_of_max_discharge"] == "2019-08-10T00:00:01+08:00"
    listed = {row[0]: row for row in rows(tmp_path / "out" / "contents.csv")}
    assert set(listed) - {"file"} == {path.name for path in written}
    assert listed["stage_m.csv"][1:3] == ["water-surface elevation", "m"]


def test_blocks_make_the_same_file_as_one(tmp_path, monkeypatch):
    to_csv(made(), tmp_path / "one")
    monkeypatch.setattr(room, "_BLOCK", 4)
    to_csv(made(), tmp_path / "many")
    for path in (tmp_path / "one").iterdir():
        assert (tmp_path / "many" / path.name).read_bytes() == path.read_bytes()


def test_no_more_than_a_block_is_read_at_a_time(tmp_path, monkeypatch):
    """A result of a file is read lazily: what is asked of it at once is what it holds in memory at once."""
    samples.fill(NetcdfSink(tmp_path / "x.nc"), samples.frame())
    sizes = []
    read = xr.Variable.values.fget

    def counted(variable):
        values = read(variable)
        if values.dtype.kind == "f":
            sizes.append(values.size)
        return values

    monkeypatch.setattr(room, "_BLOCK", 6)
    with deltasim.open(tmp_path / "x.nc") as result:
        monkeypatch.setattr(xr.Variable, "values", property(counted))
        to_csv(result, tmp_path / "out")
    assert sizes
    assert max(sizes) == 6


def test_single_precision_is_written_in_its_own_digits(tmp_path):
    samples.fill(NetcdfSink(tmp_path / "x.nc", float32=True), samples.frame())
    with deltasim.open(tmp_path / "x.nc") as result:
        to_csv(result, tmp_path / "out")
        stage = result.stage.values
    cells = [row[1:] for row in rows(tmp_path / "out" / "stage_m.csv")[1:]]
    assert max(len(cell) for row in cells for cell in row) <= 12
    np.testing.assert_array_equal(np.array(cells, dtype="f4"), stage)


def test_further_dimension_is_a_file_for_each_place_along_it(tmp_path):
    """Source fractions are such."""
    result = made()
    values = np.random.default_rng(2).random((2, *result.stage.shape))
    result["source_fraction"] = (("source", "time", "node"), values, {"units": "1"})
    result = result.assign_coords(source_name=("source", np.array(["rain", "海"])))
    to_csv(result, tmp_path / "out")
    for i, name in enumerate(("rain", "海")):
        table = rows(tmp_path / "out" / f"source_fraction_{name}.csv")
        assert np.array([row[1:] for row in table[1:]], dtype=float).tolist() == values[i].tolist()


def test_one_node_and_some_times_can_be_selected(tmp_path):
    result = made()
    to_csv(result.sel(node="upper").isel(time=slice(2, 5)), tmp_path / "out")
    table = rows(tmp_path / "out" / "stage_m.csv")
    assert table[0] == ["time", "upper"]
    assert [float(row[1]) for row in table[1:]] == result.stage.values[2:5, 0].tolist()
    assert rows(tmp_path / "out" / "discharge_m3_per_s.csv")[0] == ["time", *samples.LINKS]


def test_failure_leaves_what_was_there(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "stage_m.csv").write_text("old", encoding="utf-8")

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room, "_cells", broken)
    with pytest.raises(ResultError, match=r"cannot write .*stage_m\.csv: No space left"):
        to_csv(made(), folder)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in folder.iterdir()] == [("stage_m.csv", "old")]
    with pytest.raises(ResultError):
        to_csv(made(), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_folder_that_cannot_be_made_is_said(tmp_path):
    with pytest.raises(ResultError, match=r"cannot write .*: .*; name a folder, in one that is there"):
        to_csv(made(), tmp_path / "no" / "such")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ResultError, match="name a folder"):
        to_csv(made(), tmp_path / "file")


def test_nodes_are_points_and_links_are_lines_of_longitude_and_latitude(tmp_path):
    result = made(**PLACES)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        path = to_geojson(result, tmp_path / "x.geojson")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["type"] == "FeatureCollection"
    assert "crs" not in document
    by_id = {feature["id"]: feature for feature in document["features"]}
    assert list(by_id) == ["node.upper", "node.天鹅湖", "link.intake"]
    assert by_id["node.upper"]["geometry"] == {"type": "Point", "coordinates": [118.9, 37.3]}
    line = by_id["link.intake"]["geometry"]
    assert line == {"type": "LineString", "coordinates": [[118.9, 37.3], [119.0, 37.4]]}
    node = by_id["node.天鹅湖"]["properties"]
    assert (node["element"], node["name"], node["kind"], node["max_stage"]) == ("node", "天鹅湖", "basin", 2.0)
    assert node["time_of_max_stage"] == "2019-08-10T00:20:34.567800+08:00"
    link = by_id["link.intake"]["properties"]
    assert (link["from_node"], link["to_node"], link["max_discharge"], link["energy"]) == ("upper", "天鹅湖", 3.0, None)
    assert document["units"]["max_discharge"] == "m3 s-1"
    assert [str(warning.message) for warning in caught] == [
        "left out, for they have no coordinates: sea",
        "left out, for an end of theirs is outside the network or has no coordinates: release, river",
    ]


@pytest.mark.parametrize(
    ("crs", "member", "words"),
    [
        ("EPSG:4526", "urn:ogc:def:crs:EPSG::4526", "EPSG:4526 is no longitude and latitude: x and y are written as"),
        ("local grid", "local grid", "local grid is no longitude and latitude"),
        ("", None, "the scenario has no crs: x and y are written as they are"),
    ],
)
def test_other_coordinates_are_kept_and_it_is_said_what_they_are(tmp_path, crs, member, words):
    places = {"x": np.array([4e7, 4.1e7, 4.2e7]), "y": np.array([4e6, 4e6, 4e6]), "crs": crs}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        path = to_geojson(made(**places), tmp_path / "x.geojson")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["features"][0]["geometry"]["coordinates"] == [4e7, 4e6]
    assert any(words in str(warning.message) for warning in caught)
    assert document.get("crs") == (member and {"type": "name", "properties": {"name": member}})


def test_no_coordinates_are_no_features(tmp_path):
    with warnings.catch_warnings(), pytest.raises(ResultError, match="no node of this result has coordinates"):
        to_geojson(made(), tmp_path / "x.geojson")
    assert list(tmp_path.iterdir()) == []
