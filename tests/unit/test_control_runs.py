"""What rules, schedules and controllers mean, each meaning by a run of one pond."""

from __future__ import annotations

import numpy as np
import pytest

from deltasim.errors import ScenarioError, SolverError
from networks import assert_balanced, events, run, scenario, seconds

POND = """
[basin.pond]
curve = { stage = [0.0, 4.0], area = [1000.0, 2000.0] }
initial_stage = 3.0
[boundary.ditch]
[pump.drain]
from = "pond"
to = "ditch"
capacity = 0.0
"""


def series(name, times, values, units="1", interpolation="previous"):
    return (
        f"[series.{name}]\ntime = {[float(t) for t in times]}\nvalue = {[float(v) for v in values]}\n"
        f'units = "{units}"\ninterpolation = "{interpolation}"\n'
    )


def flag(times, values):
    return series("flag", [*times, 864000.0], [*values, values[-1]])


def rule(name, when, then=None, more=""):
    then = '{ "pump.drain.capacity" = 0.01 }' if then is None else then
    return f'[rule.{name}]\nwhen = "{when}"\nthen = {then}\n{more}\n'


def capacity(body, hours=6.0, step="10 min", key="capacity", link="drain", **options):
    """Times and values of a setting."""
    result = run(POND + body, days=hours / 24.0, step=step, **options)
    assert_balanced(result)
    return seconds(result), result[key].sel(link=link).values


def times_of(result_events, source):
    return [(event[0], event[3]) for event in result_events if event[1] == source]


def claim(value):
    return f'{{ "pump.drain.capacity" = {value} }}'


def test_the_highest_priority_decides_then_the_first_in_the_file():
    body = (
        flag([0, 3600, 7200, 10800], [0, 1, 2, 3])
        + rule("low", "series.flag > -1", claim(0.001), "priority = -1")
        + rule("plain", "series.flag >= 1", claim(0.002))
        + rule("second", "series.flag >= 1", claim(0.003))
        + rule("high", "series.flag >= 2 and series.flag < 3", claim(0.004), "priority = 5")
    )
    t, value = capacity(body, hours=4)
    assert value == pytest.approx(np.select([t < 3600, t < 7200, t < 10800], [0.001, 0.002, 0.004], 0.002))


def test_a_rule_holds_its_state():
    """On at 10 min, wanted off at 12 and on again at 45: with 30 min of hold off at 40 and on at 70."""
    body = flag([0, 600, 720, 2700], [0, 1, 0, 1]) + rule("go", "series.flag > 0.5", more='hold = "30 min"')
    found = events(run(POND + body, days=0.25, step="10 min"))
    assert [event[:2] for event in found] == [(600.0, "rule.go"), (2400.0, "pump.drain"), (4200.0, "rule.go")]


def test_a_hold_counts_from_the_start_for_what_is_on_then():
    body = flag([0, 60], [1, 0]) + rule("go", "series.flag > 0.5", more="hold = 500")
    assert [event[0] for event in events(run(POND + body, days=0.25, step="10 min"))] == [0.0, 500.0]


def test_otherwise_sets_while_off_and_nothing_claims_nothing():
    body = flag([0, 3600, 7200], [0, 1, 0])
    t, value = capacity(body + rule("go", "series.flag > 0.5", more=f"otherwise = {claim(0.005)}"))
    assert value == pytest.approx(np.where((t >= 3600) & (t < 7200), 0.01, 0.005))
    t, value = capacity(body + rule("go", "series.flag > 0.5"))
    assert value == pytest.approx(np.where((t >= 3600) & (t < 7200), 0.01, 0.0))


def test_a_rule_that_lets_go_leaves_to_the_schedule_what_it_says_now():
    """Steps of a schedule at 1, 2 and 3 h; a rule holds from 0.5 h to 2.5 h. What it says at 2 h comes back."""
    body = (
        flag([0, 1800, 9000], [0, 1, 0])
        + rule("go", "series.flag > 0.5")
        + '[schedule.plan]\ncontrols = "pump.drain.capacity"\n'
        + "value = { time = [0, 3600, 7200, 10800, 864000], value = [0.001, 0.002, 0.003, 0.004, 0.004] }\n"
    )
    t, value = capacity(body)
    planned = np.select([t < 3600, t < 7200, t < 10800], [0.001, 0.002, 0.003], 0.004)
    assert value == pytest.approx(np.where((t >= 1800) & (t < 9000), 0.01, planned))
    found = events(run(POND + body, days=0.25, step="10 min"))
    assert [(event[0], event[1]) for event in found] == [
        (1800.0, "rule.go"),
        (9000.0, "schedule.plan"),
        (10800.0, "schedule.plan"),
    ]


def test_ahead_of_the_end_of_a_series_its_last_value_holds_and_a_warning_says_so():
    """A forecast that ends above the limit, 2 h after its rise: two hours ahead of the rise and ever after it is on."""
    body = POND + series("forecast", [0, 14400, 18000, 21600], [0, 0, 2, 2], "m", "linear")
    body += rule("go", "ahead(series.forecast, '2 h') > 1")
    read = scenario(body, days=0.25)
    assert len(read.warnings) == 1
    assert read.warnings[0].endswith(
        "rule.go.when: ahead(series.forecast, '2 h') looks beyond the end of the series; there its last value holds"
    )
    (event,) = events(run(body, days=0.25, step="1 h"))
    assert event[0] == pytest.approx(16200.0 - 7200.0, abs=1e-3)


def test_until_wins_over_when():
    """Both hold from 1 h to 2 h: off at 1 h though `when` still holds, and on again at 2 h."""
    body = flag([0, 3600, 7200], [0, 1, 0]) + rule("go", "series.flag < 5", more='until = "series.flag > 0.5"')
    found = events(run(POND + body, days=0.25, step="10 min"))
    assert [event[0] for event in found] == [0.0, 3600.0, 7200.0]
    body = flag([0, 3600], [1, 0]) + rule("go", "series.flag < 5", more='until = "series.flag > 0.5"')
    found = events(run(POND + body, days=0.25, step="10 min"))
    assert [event[0] for event in found] == [3600.0]  # nor is it on at the start where both hold


def test_between_when_and_until_a_rule_stays_as_it_is():
    body = flag([0, 600, 1200, 1800, 2400], [5, 15, 5, -5, 5])
    body += rule("go", "series.flag > 10", more='until = "series.flag < 0"')
    t, value = capacity(body, hours=1)
    assert value == pytest.approx(np.where((t >= 600) & (t < 1800), 0.01, 0.0))


def test_rules_follow_the_clock():
    """The run starts at midnight of January 1: by day from 6 h and 19.5 h, and in February."""
    body = rule("day", "hour >= 6 and hour < 19.5")
    found = events(run(POND + body, days=2, step="1 h"))
    assert [event[0] for event in found] == pytest.approx([21600.0, 70200.0, 108000.0, 156600.0], abs=1e-3)
    found = events(run(POND + rule("february", "month == 2"), days=70, step="1 day"))
    assert [event[0] for event in found] == [31 * 86400.0, 60 * 86400.0]
    found = events(run(POND + rule("late", "day_of_year >= 3 and day_of_year <= 4"), days=10, step="1 day"))
    assert [event[0] for event in found] == [2 * 86400.0, 4 * 86400.0]
    found = events(run(POND + rule("soon", "time >= '90 min'"), days=1, step="1 h"))
    assert [event[0] for event in found] == pytest.approx([5400.0], abs=1e-3)


@pytest.mark.parametrize(
    ("when", "volume"),
    [
        # h + h^2/8 of 1000 m2: 4.125 in 1000 m3 at 3 m, and so on.
        ("pond.stage < 2", 2500.0),
        ("pond.depth < 2", 2500.0),
        ("pond.storage < '2500 m3'", 2500.0),
        ("pond.area < '0.15 ha'", 2500.0),
        ("min(pond.stage, 5) * 2 - 1 <= 3 and not pond.stage > 10", 2500.0),
    ],
)
def test_conditions_on_a_pond(when, volume):
    """A demand of 0.1 m3/s empties it from 4125 m3; 1.5 in 1000 m2 are wet at 2 m, where 2500 m3 are left."""
    body = '[demand.farm]\nfrom = "pond"\ndischarge = 0.1\n'
    (event,) = events(run(POND + body + rule("go", when), days=0.25, step="1 h"))
    assert event[0] == pytest.approx((4125.0 - volume) / 0.1, abs=1e-2)


def test_conditions_on_discharges_and_settings():
    """The discharge of an inflow that grows by 1e-5 m3/s2, and a capacity that a schedule moves."""
    body = (
        '[inflow.brook]\nto = "pond"\ndischarge = { time = [0, 86400], value = [0.0, 0.864] }\n'
        '[pump.second]\nfrom = "pond"\nto = "ditch"\ncapacity = 0.0\n'
        + rule("by_discharge", "brook.discharge > 0.05")
        + rule("by_setting", "pump.drain.capacity > 0.005", '{ "pump.second.capacity" = 0.2 }')
        + rule("by_pump", "abs(second.discharge) > 0.1", '{ "pump.second.open" = 0.75 }')
    )
    found = events(run(POND + body, days=0.25, step="1 h"))
    assert [event[1] for event in found] == ["rule.by_discharge", "rule.by_setting", "rule.by_pump"]
    assert [event[0] for event in found] == pytest.approx([5000.0] * 3, abs=1e-2)


def test_a_rule_may_set_a_series():
    """While on, the capacity is that of the series at that time; its bends are no events."""
    ramp = "{ time = [0, 3600, 7200, 864000], value = [0.0, 0.01, 0.0, 0.0], interpolation = 'linear' }"
    body = flag([0, 1200, 9000], [0, 1, 0]) + rule("go", "series.flag > 0.5", claim(ramp))
    t, value = capacity(body)
    assert value == pytest.approx(np.where((t >= 1200) & (t < 9000), np.interp(t, [0, 3600, 7200], [0, 0.01, 0]), 0.0))
    result = run(POND + body, days=0.25, step="10 min")
    assert [event[0] for event in events(result)] == [1200.0, 9000.0]
    pumped = float(result.discharge.sel(link="drain")[1:].sum()) * 600.0
    assert pumped == pytest.approx(36.0 - 0.5 * 1200.0**2 * 0.01 / 3600.0, rel=1e-12)


def test_a_season_moves_the_start_stage_of_a_pump():
    """Start at 2.9 m, from 1 h on at 2.4 m and from 2 h on at 3.2 m: a demand draws the pond down to where it stops."""
    body = """
        [basin.pond]
        curve = { stage = [0.0], area = [1000.0] }
        initial_stage = 2.5
        [boundary.ditch]
        [pump.drain]
        from = "pond"
        to = "ditch"
        capacity = 0.5
        start_stage = { time = [0, 3600, 7200, 86400], value = [2.9, 2.4, 3.2, 3.2], interpolation = 'previous' }
        stop_stage = 2.2
        [inflow.brook]
        to = "pond"
        discharge = 0.1
        """
    # From 2.5 m at 0.1 mm/s: 2.86 m at 1 h, beyond the new start; then down by 0.4 mm/s to 2.2 m in 1650 s, and up.
    found = events(run(body, days=0.125, step="10 min"))
    assert found[0][3] == 0.0
    assert [event[0] for event in found[1:3]] == pytest.approx([3600.0, 3600.0 + 0.66 / 4e-4], abs=1e-2)
    # 2.4 m after 2000 s, at 7250 s, is no longer a start; 3.2 m comes 10 000 s after the stop.
    assert len(found) == 3


def test_two_rules_that_undo_each_other_are_named():
    body = rule("up", "drain.discharge < 0.05", claim(0.1)) + rule(
        "down", "drain.discharge > 0.05", claim(0.0), "priority = 1"
    )
    with pytest.raises(SolverError) as caught:
        run(POND + body, days=0.25, step="10 min")
    words = str(caught.value)
    assert "rule.up and rule.down switched more than 20 times within a minute" in words
    assert "moving pump.drain.capacity to and fro" in words
    assert "hold" in words


def test_two_rules_that_fight_through_the_water_are_named():
    """One lowers what the other keeps up, at the same stage, in a sump of 1 m2."""
    body = """
        [basin.sump]
        curve = { stage = [0.0], area = [1.0] }
        initial_stage = 1.1
        [boundary.ditch]
        [boundary.lake]
        stage = 5.0
        [pump.out]
        from = "sump"
        to = "ditch"
        capacity = 0.1
        open = 0.0
        [pump.back]
        from = "lake"
        to = "sump"
        capacity = 0.1
        open = 0.0
        [rule.lower]
        when = "sump.stage > 1.0"
        then = { "pump.out.open" = 1.0 }
        [rule.raise]
        when = "sump.stage < 1.0"
        then = { "pump.back.open" = 1.0 }
        """
    with pytest.raises(SolverError) as caught:
        run(body, days=1, step="10 min")
    words = str(caught.value)
    assert "rule.lower and rule.raise switched" in words
    assert "pump.back.open, pump.out.open" in words
    assert caught.value.time == pytest.approx(1.0, abs=0.1)


def test_a_rule_that_undoes_itself_is_named():
    with pytest.raises(SolverError, match=r"stopped at 0 s: rule\.go switched more than 20 times .* pump\.drain\.cap"):
        run(POND + rule("go", "drain.discharge < 0.05", claim(0.1)), days=0.25, step="10 min")


def test_room_or_a_hold_ends_the_fight():
    body = rule("go", "drain.discharge < 0.05", claim(0.1), 'hold = "10 min"')
    found = events(run(POND + body, days=0.25, step="10 min"))
    assert [event[0] for event in found] == pytest.approx([600.0 * k for k in range(37)][: len(found)])
    assert len(found) >= 36
    body = rule("go", "drain.discharge < 0.05", claim(0.1), 'until = "drain.discharge > 0.2"')
    assert len(events(run(POND + body, days=0.25, step="10 min"))) == 1


def test_what_is_asked_by_rules_and_controllers_is_what_a_shortage_is_of():
    """A pond of 500 m2 and 100 m3, asked 0.02, by a rule 0.04, half of it, then nothing: 100 m3 last 4250 s.

    A second demand, of a dry pond, is short of all that its controller asks.
    """
    body = (
        "[basin.small]\ncurve = { stage = [0.0], area = [500.0] }\ninitial_stage = 0.2\n"
        "[basin.dry]\ncurve = { stage = [0.0], area = [500.0] }\n"
        '[demand.farm]\nfrom = "small"\ndischarge = 0.02\n'
        '[fixed_flow.feed]\nfrom = "dry"\nto = "small"\ndischarge = 0.0\nopen = 0.0\n'
        + flag([0, 1500, 6000, 9300], [0, 1, 2, 3])
        + rule("more", "series.flag == 1", '{ "demand.farm.discharge" = 0.04 }')
        + rule("none", "series.flag == 3", '{ "demand.farm.discharge" = 0.0 }')
        + rule("half", "series.flag >= 2", '{ "fixed_flow.feed.open" = 0.5 }')
        + '[pid.ask]\ncontrols = "fixed_flow.feed.discharge"\ntarget = "-time"\nsetpoint = "0 s"\n'
        + 'proportional = "1e-5 m3/s2"\nmaximum = 0.1\nsample = "5 min"\n'
    )
    result = run(POND + body, days=0.25, step="10 min")
    assert_balanced(result)
    t = seconds(result)

    def integral(now, marks, values):
        """Of a rate that holds from mark to mark."""
        total = np.zeros_like(now)
        for begin, end, value in zip(marks, [*marks[1:], np.inf], values, strict=True):
            total += value * (np.clip(now, begin, end) - begin)
        return total

    wish = np.diff(integral(t, [0, 1500, 6000, 9300], [0.02, 0.04, 0.02, 0.0])) / 600.0
    got, short = (result[name].sel(link="farm").values[1:] for name in ("discharge", "shortage"))
    assert got + short == pytest.approx(wish, rel=1e-12, abs=1e-15)
    assert got.sum() * 600.0 == pytest.approx(100.0, abs=0.5)
    assert short[:4] == pytest.approx(0.0)
    samples = np.arange(0, 21600, 300.0)
    asked = np.diff(integral(t, samples, np.minimum(1e-5 * samples, 0.1) * (samples >= 6000) * 0.5)) / 600.0
    assert result.shortage.sel(link="feed").values[1:] == pytest.approx(asked, rel=1e-12, abs=1e-15)


def test_what_is_set_has_the_unit_of_its_key():
    body = POND.replace("capacity = 0.0", "capacity = 0.1\nstart_stage = 3.5\nstop_stage = 2.0")
    body += flag([0, 600], [0, 1]) + rule("low", "series.flag > 0.5", '{ "pump.drain.start_stage" = 2.5 }')
    result = run(body, days=0.125, step="10 min")
    units = dict(zip(result.event_target.values.tolist(), result.event_unit.values.tolist(), strict=True))
    assert units == {"pump.drain.running": "1", "pump.drain.start_stage": "m"}
    filling = """
        [basin.tower]
        curve = { stage = [0.0], area = [400.0] }
        initial_stage = 2.0
        [boundary.lake]
        stage = 0.0
        [pump.fill]
        from = "lake"
        to = "tower"
        capacity = 0.1
        start_to_stage = 1.5
        stop_to_stage = 1.8
        """
    filling += flag([0, 600], [0, 1]) + rule("up", "series.flag > 0.5", '{ "pump.fill.stop_to_stage" = 2.5 }')
    result = run(filling, days=0.125, step="10 min")
    assert ("pump.fill.stop_to_stage", "m") in zip(
        result.event_target.values.tolist(), result.event_unit.values.tolist(), strict=True
    )


def test_a_series_that_runs_down_to_nothing_is_no_event():
    """From 0.7 m to 0 in 7 s less than an hour: the last bend is where it was told to be, but for round-off."""
    body = (
        POND
        + '[gate.sluice]\nfrom = "pond"\nto = "ditch"\nsill_level = 2.9\nwidth = 0.1\n'
        + '[schedule.plan]\ncontrols = "gate.sluice.opening"\n'
        + "value = { time = [0, 7, 3593, 864000], value = [0.7, 0.7, 0.0, 0.0], interpolation = 'linear' }\n"
    )
    assert events(run(body, days=0.125, step="10 min")) == []


def test_diversions_in_a_circle_are_refused():
    ponds = "".join(f"[basin.{name}]\ncurve = {{ stage = [0.0], area = [1.0] }}\n" for name in "abc")
    links = "".join(
        f'[diversion.{name}]\nfrom = "{a}"\nto = "{b}"\nfraction = 0.5\n'
        for name, a, b in (("x", "a", "b"), ("y", "b", "c"), ("z", "c", "a"), ("aside", "c", "b"))
    )
    with pytest.raises(ScenarioError) as caught:
        scenario(ponds + links)
    assert [str(problem) for problem in caught.value.problems] == [
        "test.toml:17: diversion.x.to: diversions run in a circle, a -> b -> c -> a: each takes a share of what the "
        'others bring; make "y" or "z" another kind of link, such as a fixed_flow or a weir',
        "test.toml:21: diversion.y.to: diversions run in a circle, b -> c -> b: each takes a share of what the others "
        'bring; make "aside" another kind of link, such as a fixed_flow or a weir',
    ]
