"""Reference evapotranspiration against the worked examples of FAO-56, computed through our own reading of weather.

Allen, R. G., Pereira, L. S., Raes, D. and Smith, M. (1998), Crop evapotranspiration, FAO Irrigation and Drainage Paper 56.
"""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import deltasim
from deltasim import reference_evapotranspiration
from deltasim.forcing.weather import WeatherError
from networks import assert_balanced, run

UCCLE = {
    "temperature_max": 21.5,
    "temperature_min": 12.3,
    "relative_humidity_max": 84.0,
    "relative_humidity_min": 63.0,
    "wind_speed": 10.0 / 3.6,
    "sunshine_duration": 9.25,
}
"""Example 18: 6 July at 50 48' N and 100 m, wind of 10 km/h at 10 m."""

BANGKOK = {
    "temperature_max": 34.8,
    "temperature_min": 25.6,
    "vapour_pressure": 2.85,
    "wind_speed": 2.0,
    "sunshine_duration": 8.5,
    "soil_heat_flux": 0.14,
}
"""Example 17: April at 13 44' N and 2 m, the month taken as its middle day."""


def weather(day, values):
    time = np.array([day], dtype="datetime64[ns]")
    return xr.Dataset({name: ("time", [value]) for name, value in values.items()}, coords={"time": time})


def of_uccle(method="penman_monteith", **changes):
    days = weather("1998-07-06", UCCLE | changes)
    return float(reference_evapotranspiration(days, latitude=50.8, elevation=100.0, wind_height=10.0, method=method)[0])


def test_example_17_bangkok():
    """5.72 mm/d; without the heat that goes into the ground it is more."""
    found = reference_evapotranspiration(weather("1998-04-15", BANGKOK), latitude=13 + 44 / 60, elevation=2.0)
    assert found.units == "mm day-1"
    assert float(found[0]) == pytest.approx(5.72, abs=0.01)
    cooler = weather("1998-04-15", {**BANGKOK, "soil_heat_flux": 0.0})
    assert float(reference_evapotranspiration(cooler, latitude=13 + 44 / 60, elevation=2.0)[0]) > float(found[0]) + 0.03


def test_example_18_uccle():
    """3.88 mm/d from the highest and the lowest humidity, which are not the mean of both."""
    assert of_uccle() == pytest.approx(3.88, abs=0.005)
    mean = {name: value for name, value in UCCLE.items() if "humidity" not in name} | {"relative_humidity": 73.5}
    days = weather("1998-07-06", mean)
    other = reference_evapotranspiration(days, latitude=50.8, elevation=100.0, wind_height=10.0)
    assert abs(float(other[0]) - 3.88) > 0.02


def test_example_18_from_radiation():
    """The example finds 22.07 MJ/m2 a day from the sunshine."""
    values = {name: value for name, value in UCCLE.items() if name != "sunshine_duration"}
    days = weather("1998-07-06", values | {"solar_radiation": 22.07})
    found = reference_evapotranspiration(days, latitude=50.8, elevation=100.0, wind_height=10.0)
    assert float(found[0]) == pytest.approx(3.88, abs=0.01)


def test_open_water_at_uccle():
    """Penman's with the albedo of water, 0.08: 4.80 mm/d; with that of grass it would be 3.93."""
    assert of_uccle("penman") == pytest.approx(4.80, abs=0.005)


def test_example_20_lyon_by_hargreaves():
    """July at 45 43' N: 0.0023 (20.7 + 17.8) sqrt(11.8) 40.6 MJ/m2/d / 2.45 = 5.0 mm/d."""
    days = weather("1998-07-15", {"temperature_max": 26.6, "temperature_min": 14.8})
    found = reference_evapotranspiration(days, latitude=45 + 43 / 60, elevation=200.0, method="hargreaves")
    assert float(found[0]) == pytest.approx(5.0, abs=0.05)


@pytest.mark.parametrize("method", ["penman_monteith", "penman", "hargreaves"])
def test_nodes_are_each_by_themselves(method):
    """A dimension beside time, with its own latitude and elevation, gives what each place gives alone; gaps stay gaps."""
    days = xr.concat([weather("1998-07-06", UCCLE), weather("1998-07-07", UCCLE | {"temperature_max": 25.0})], "time")
    nodes = xr.concat([days, days * xr.where(days.time > days.time[0], 1.0, np.nan)], "node").transpose("time", "node")
    nodes = nodes.assign_coords(node=["north", "south"])
    latitude = xr.DataArray([50.8, 37.7], dims="node", coords={"node": ["north", "south"]})
    found = reference_evapotranspiration(nodes, latitude=latitude, elevation=3.0, method=method)
    assert found.dims == ("time", "node")
    for name, where in (("north", 50.8), ("south", 37.7)):
        alone = reference_evapotranspiration(days, latitude=where, elevation=3.0, method=method)
        assert float(found.sel(node=name)[1]) == float(alone[1])
    assert np.isnan(found.values[0, 1])
    assert np.isfinite(found.values[0, 0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"temperature_max": 294.6}, "temperature_max: expected degC between -80 and 60, got 294.6"),
        ({"relative_humidity_max": 0.84, "relative_humidity_min": 0.63}, "got fractions"),
        ({"temperature_min": 22.0}, "temperature_min: 22 degC is above the highest of the day, 21.5 degC"),
    ],
)
def test_other_units_are_refused(changes, words):
    with pytest.raises(WeatherError, match=words):
        of_uccle(**changes)


def test_what_is_missing_is_said_at_once():
    with pytest.raises(WeatherError) as error:
        reference_evapotranspiration(weather("1998-07-06", {"temperature_max": 20.0}), latitude=0.0, elevation=0.0)
    for words in ('"temperature_min" is missing', '"wind_speed" is missing', '"vapour_pressure"', '"solar_radiation"'):
        assert words in str(error.value)


BODY = """
[wetland.pan]
curve = { stage = [0.0], area = [1000.0] }
covers = { open_water = 1.0 }
weather = { file = "weather.csv", latitude = 50.8, elevation = 100, METHOD wind_height = 10 }
initial_stage = 1.0
"""


def file_of(rows):
    names = ",".join(("time", *UCCLE))
    lines = [f"{day},{','.join(str(value) for value in {**UCCLE, **changes}.values())}" for day, changes in rows]
    return "\n".join((names, *lines, "")).encode()


@pytest.mark.parametrize(("method", "et0"), [("", 3.880), ('method = "penman",', 4.803)])
def test_a_run_with_a_file_of_weather(method, et0):
    """A pan loses 1.05 times the reference of each day, on that day; the year is another, the day of the year is not."""
    hot = {"temperature_max": 30.0}
    content = file_of([("2024-07-05", {}), ("2024-07-06", {}), ("2024-07-07", hot)])
    result = deltasim.run(scenario_in_july(BODY.replace("METHOD", method), content))
    loss = -result.evaporation.values[1:, 0] / 1000.0 * 86400e3
    assert loss[0] == pytest.approx(1.05 * et0, abs=0.01)
    assert loss[1] > loss[0] + 0.5
    assert_balanced(result)


def scenario_in_july(body, content):
    head = '[scenario]\nstart = 2024-07-06\nend = 2024-07-08\noutput_step = "1 day"\n'
    return deltasim.scenario.from_text(head + body, {"weather.csv": content}, path="test.toml")


@pytest.mark.parametrize(
    ("rows", "edits", "words"),
    [
        ([("2024-07-06", {})], {}, "needs two rows or more"),
        (
            [("2024-07-06", {}), ("2024-07-08", {})],
            {},
            "weather.csv:3: weather needs a row for each day, and this is 2 days",
        ),
        ([("2024-07-01", {}), ("2024-07-02", {})], {}, "ends at 2024-07-03T00:00, before the run does"),
        (
            [("2024-07-06", {"wind_speed": -1}), ("2024-07-07", {})],
            {},
            "weather.csv:2: wind_speed: expected m/s between 0 and 75, got -1",
        ),
        (
            [("2024-07-06", {"wind_speed": ""}), ("2024-07-07", {})],
            {},
            "weather.csv:2: wind_speed: the value is missing",
        ),
        ([("2024-07-06", {}), ("2024-07-07", {})], {"wind_speed": "wind_speet"}, 'did you mean "wind_speet"'),
        ([("2024-07-06", {}), ("2024-07-07", {})], {"time,": "day,"}, 'there is no column "time"'),
        (
            [("2024-07-06", {}), ("2024-07-07", {})],
            {"sunshine": "sun"},
            'needs "solar_radiation"; or "sunshine_duration"',
        ),
    ],
)
def test_faults_of_a_file_are_shown_on_their_lines(rows, edits, words):
    content = file_of(rows).decode()
    for old, new in edits.items():
        content = content.replace(old, new, 1)
    with pytest.raises(deltasim.ScenarioError) as error:
        scenario_in_july(BODY.replace("METHOD", ""), content.encode())
    assert words in str(error.value)


def test_the_file_that_is_not_there():
    with pytest.raises(deltasim.ScenarioError, match=r"wetland.pan.weather.file: the file .weather.csv. is not among"):
        run(BODY.replace("METHOD", ""))
