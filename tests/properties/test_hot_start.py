"""A run cut in two goes on where it stopped."""

from __future__ import annotations

import numpy as np
import pytest

import deltasim
from deltasim.scenario import load

SCENARIO = """
[scenario]
start = {start}
end = {end}
output_step = "1 min"
{state}

[solver]
stage_tolerance = "1e-6 m"

[basin.lake]
curve = {{ stage = [0.0, 3.0], area = [2e4, 3e4] }}
initial_stage = 1.0

[basin.polder]
curve = {{ stage = [0.0, 2.0], area = [2e3, 4e3] }}
initial_stage = 0.8

[boundary.sea]
stage = {{ file = "sea.csv" }}

[inflow.stream]
to = "lake"
discharge = {{ file = "river.csv", units = "m3/s" }}

[inflow.seep]
to = "polder"
discharge = 0.08

[gate.release]
from = "lake"
to = "sea"
sill_level = 0.0
width = 2.0
opening_rate = "2 mm/min"

[pump.drain]
from = "polder"
to = "lake"
capacity = 0.2
start_stage = 0.85
stop_stage = 0.75

[weir.spill]
from = "lake"
to = "polder"
crest_level = 1.4
crest_width = 1.0
crest_rate = "1 mm/min"

[pump.fill]
from = "sea"
to = "polder"
capacity = 0.0

[rule.let_go]
when = "lake.stage > 1.25"
until = "lake.stage < 1.15"
then = {{ "gate.release.opening" = 0.4 }}
otherwise = {{ "gate.release.opening" = 0.02 }}
hold = "20 min"

[rule.shut]
when = "sea.stage > lake.stage"
then = {{ "gate.release.open" = 0 }}
priority = 1

[schedule.season]
controls = "weir.spill.crest_level"
value = {{ file = "crest.csv" }}

[pid.level]
controls = "pump.fill.capacity"
target = "polder.stage"
setpoint = 0.82
proportional = 0.5
integral = 1e-4
derivative = 10.0
minimum = 0.0
maximum = 0.05
sample = "7 min"
"""
END_OF_RUN = 1440
"""Minutes."""
TOLERANCE = 2e-5
"""Twenty local errors of a step, m: what the solver's other steps after a cut may add up to in a day."""


def moment(minute):
    return f"{np.datetime64('2024-03-01T00:00:00') + np.timedelta64(minute, 'm')}+08:00"


def files(folder):
    t = np.arange(0, END_OF_RUN + 1, 30)

    def csv(name, values, minutes=t):
        rows = "\n".join(f"{moment(int(m))},{v:.6f}" for m, v in zip(minutes, values, strict=True))
        (folder / name).write_text(f"time,value\n{rows}\n")

    csv("sea.csv", 0.7 + 0.7 * np.sin(t / 60.0 * 2 * np.pi / 12.4))
    csv("river.csv", 0.5 + 1.5 * np.exp(-(((t - 500) / 200.0) ** 2)))
    csv("crest.csv", [1.4, 1.2, 1.5, 1.5], [0, 400, 900, END_OF_RUN])


def run(folder, name, begin, end, state=None):
    text = SCENARIO.format(start=moment(begin), end=moment(end), state=f'initial_state = "{state}"' if state else "")
    (folder / f"{name}.toml").write_text(text)
    result = deltasim.run(load(folder / f"{name}.toml"))
    deltasim.write(result, folder / f"{name}.nc")
    return result


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    files(folder)
    return run(folder, "whole", 0, END_OF_RUN)


def test_the_run_is_one_in_which_everything_moves(whole):
    sources = set(whole.event_source.values)
    assert {"rule.let_go", "rule.shut", "schedule.season", "pump.drain"} <= sources
    fill = whole.capacity.sel(link="fill").values
    assert np.ptp(fill) > 0.01
    opening = whole.opening.sel(link="release").values
    assert np.sum((opening > 0.03) & (opening < 0.39)) > 100


@pytest.mark.parametrize("cut", np.sort(np.random.default_rng(4).integers(1, END_OF_RUN, 20)))
def test_cut_in_two_it_equals_the_whole(whole, tmp_path, cut):
    """Water, flows, and whatever moves, at every minute after a cut at any time: gates under way, rules on hold, a controller
    between two samples, pumps running."""
    files(tmp_path)
    run(tmp_path, "first", 0, int(cut))
    second = run(tmp_path, "second", int(cut), END_OF_RUN, "first.nc")
    expected = whole.isel(time=slice(int(cut), None))
    np.testing.assert_allclose(second.stage, expected.stage, atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(second.storage / expected.area, expected.storage / expected.area, atol=TOLERANCE, rtol=0)
    # A pump or a gate that turns a third of a second later is a thousandth of its discharge in the mean of a minute;
    # what has gone through each link meanwhile is to the tolerance over the largest area.
    late = (second.discharge - expected.discharge).values[1:]
    assert np.abs(late).max() <= 1e-3
    assert np.abs(60.0 * np.cumsum(late, axis=0)).max() <= TOLERANCE * np.nanmax(expected.area)
    for name in ("opening", "crest_level", "capacity", "open", "running"):
        a, b = second[name].values[1:], expected[name].values[1:]
        # What switches within the tolerance of an output time may do so on either side of it.
        off = ~np.isclose(a, b, atol=1e-4, rtol=0, equal_nan=True)
        assert off.sum() <= 1, (name, second.time.values[1:][off.any(axis=1)])


def test_a_result_that_went_on_runs_again_from_itself(whole, tmp_path):
    files(tmp_path)
    run(tmp_path, "first", 0, 700)
    second = run(tmp_path, "second", 700, END_OF_RUN, "first.nc")
    (tmp_path / "first.nc").unlink()
    from deltasim.results.netcdf import read_scenario
    from deltasim.scenario import from_text

    again = deltasim.run(from_text(*read_scenario(tmp_path / "second.nc")))
    np.testing.assert_array_equal(again.stage, second.stage)
    np.testing.assert_array_equal(again.discharge, second.discharge)


GATE = """
[scenario]
start = {start}
end = {end}
output_step = "1 min"
{state}
[basin.lake]
curve = {{ stage = [0.0], area = [1e5] }}
initial_stage = 2.0
[boundary.sea]
stage = 0.0
[gate.g]
from = "lake"
to = "sea"
sill_level = 0.0
width = 1.0
opening = 0.25
opening_rate = "1 mm/min"
"""
SCHEDULE = '[schedule.s]\ncontrols = "gate.g.opening"\nvalue = { time = [0, 7200, 864000], value = [0.25, 0.1, 0.1] }\n'
RULE = '[rule.r]\nwhen = "lake.stage > 0"\nthen = { "gate.g.opening" = 0.5 }\n'


def told(folder, name, begin, end, body, state=None):
    text = GATE.format(start=moment(begin), end=moment(end), state=f'initial_state = "{state}"' if state else "")
    (folder / f"{name}.toml").write_text(text + body)
    result = deltasim.run(load(folder / f"{name}.toml"))
    deltasim.write(result, folder / f"{name}.nc")
    since = (
        (result.event_time.values - result.time.values[0]) / np.timedelta64(1, "s") if "event_time" in result else []
    )
    names = result.event_source.values.tolist() if len(since) else []
    values = result.event_value.values.tolist() if len(since) else []
    return list(zip(np.asarray(since).tolist(), names, values, strict=True))


def test_a_step_of_a_schedule_at_the_cut_is_an_event_of_the_second_half(tmp_path):
    schedule = SCHEDULE.replace("[0, 7200, 864000]", f'["{moment(0)}", "{moment(120)}", "{moment(1440)}"]')
    assert told(tmp_path, "first", 0, 120, schedule) == []
    assert told(tmp_path, "second", 120, 240, schedule, "first.nc") == [(0.0, "schedule.s", 0.1)]


def test_who_is_gone_lets_go_and_that_is_an_event(tmp_path):
    """A rule of the first run is not in the second: the setting goes back to what the file says."""
    assert told(tmp_path, "first", 0, 60, RULE) == [(0.0, "rule.r", 0.5)]
    other = '[rule.other]\nwhen = "lake.stage < 0"\nthen = { "gate.g.opening" = 0.1 }\n'
    assert told(tmp_path, "second", 60, 120, other, "first.nc") == [(0.0, "gate.g", 0.25)]


def test_who_holds_it_still_says_nothing_again(tmp_path):
    told(tmp_path, "first", 0, 60, RULE)
    assert told(tmp_path, "second", 60, 120, RULE, "first.nc") == []


def test_what_a_state_does_not_know_begins_as_in_any_run(tmp_path):
    told(tmp_path, "first", 0, 60, "")
    schedule = SCHEDULE.replace("[0, 7200, 864000]", f'["{moment(0)}", "{moment(240)}", "{moment(1440)}"]')
    assert told(tmp_path, "second", 60, 120, schedule, "first.nc") == []
