"""The table of variables and the description of the file that follows from it."""

from datetime import UTC, datetime

import numpy as np
import pytest

import results_samples as samples
from deltasim.results import layout
from deltasim.results.attributes import global_attributes, iso_duration
from deltasim.variables import STATE, VARIABLES, Variable


def test_every_row_of_the_table_says_what_it_is():
    for name, row in VARIABLES.items():
        assert name == row.name
        assert row.long_name
        assert row.units or row.kind != "number"
        # Whether a value stands for an instant or an interval must never be a guess.
        assert row.streamed == (row.cell_methods is not None), name


@pytest.mark.parametrize(
    ("name", "dims", "units"),
    [
        ("stage", ("time", "node"), "m"),
        ("storage", ("time", "node"), "m3"),
        ("area", ("time", "node"), "m2"),
        ("discharge", ("time", "link"), "m3 s-1"),
        ("evaporation", ("time", "node"), "m3 s-1"),
        ("shortage", ("time", "link"), "m3 s-1"),
        ("open", ("time", "link"), "1"),
        ("max_stage", ("node",), "m"),
        ("energy", ("link",), "J"),
        ("balance_error", ("node",), "m3"),
    ],
)
def test_the_design_s_variables_are_in_the_table(name, dims, units):
    assert (VARIABLES[name].dims, VARIABLES[name].units) == (dims, units)


def test_means_and_instants_are_told_apart():
    means = {name for name, row in VARIABLES.items() if row.cell_methods == "time: mean"}
    assert means == {
        *("mean_stage", "discharge", "inflow", "rain", "evaporation"),
        *("seepage", "groundwater", "demand", "shortage"),
    }


@pytest.mark.parametrize(
    ("start", "units"),
    [
        (datetime(2019, 8, 10, tzinfo=samples.CHINA), "seconds since 2019-08-09 16:00:00"),
        (datetime(2019, 8, 10, tzinfo=UTC), "seconds since 2019-08-10 00:00:00"),
        (datetime(2019, 8, 10, 6, 30), "seconds since 2019-08-10 06:30:00"),
    ],
)
def test_times_are_in_utc_where_the_offset_is_known(start, units):
    assert layout.time_units(start) == units


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "PT0S"),
        (900, "PT15M"),
        (864000, "P10D"),
        (86400.5, "P1DT0.5S"),
        (90061, "P1DT1H1M1S"),
        (59.9999999, "PT1M"),
        (1e9, "P11574DT1H46M40S"),
    ],
)
def test_iso_duration(seconds, text):
    assert iso_duration(seconds) == text


def test_bounds_join_chunks_without_a_gap():
    first = layout.time_bounds(np.array([0.0, 10.0]), None)
    after = layout.time_bounds(np.array([20.0, 25.0]), 10.0)
    assert first.tolist() == [[0, 0], [0, 10]]
    assert after.tolist() == [[10, 20], [20, 25]]


def test_coordinates_are_those_that_the_frame_has():
    bare = layout.variable_fields(samples.frame())
    placed = layout.variable_fields(samples.frame(x=np.zeros(3), y=np.ones(3)))
    assert bare["stage"].attributes["coordinates"] == "node_name node_kind bed_level"
    assert placed["stage"].attributes["coordinates"] == "node_name node_kind bed_level x y"
    assert placed["discharge"].attributes["coordinates"] == "link_name link_kind from_node to_node"


def test_names_of_coordinates_are_listed_once_more_for_xarray():
    placed = samples.frame(x=np.zeros(3), y=np.ones(3), chainage=np.arange(3.0), source_name=("initial",))
    made = [field.name for field, _ in layout.coordinate_fields(placed)]
    assert ["time_bounds", *made] == list(layout.COORDINATES)


def test_degrees_are_longitude_and_latitude_and_metres_are_not():
    places = {"x": np.array([118.9, 119.0, np.nan]), "y": np.array([37.3, 37.4, np.nan])}

    def field(crs, name):
        fields = {field.name: field for field, _ in layout.coordinate_fields(samples.frame(crs=crs, **places))}
        return fields[name].attributes

    assert field("EPSG:4326", "x")["standard_name"] == "longitude"
    assert field("EPSG:4326", "y")["units"] == "degrees_north"
    assert "standard_name" not in field("EPSG:4526", "x")
    assert field("EPSG:4526", "x")["units"] == "m"
    degrees = global_attributes(samples.frame(crs="EPSG:4326", **places))
    metres = global_attributes(samples.frame(crs="EPSG:4526", **places))
    assert (degrees["geospatial_lon_min"], degrees["geospatial_lat_max"]) == (118.9, 37.4)
    assert "geospatial_lon_min" not in metres
    assert metres["crs"] == "EPSG:4526"


def test_an_unknown_variable_is_a_bug():
    with pytest.raises(ValueError, match="not in the table of result variables: salt"):
        layout.variable_fields(samples.frame(variables=("stage", "salt")))


def test_a_field_of_text():
    row = Variable("event_source", ("event",), "", "what set it", kind="text")
    field = layout.field_of(row, "seconds since 2019-08-10")
    assert field.text
    assert "units" not in field.attributes


def test_only_what_depends_on_time_is_halved():
    fields = layout.variable_fields(samples.frame(), float32=True)
    assert {name for name, field in fields.items() if field.dtype == "f4"} == set(samples.STREAMED)


def test_state_is_described():
    assert STATE["storage"].units == "m3"
