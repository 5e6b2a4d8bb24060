"""Where settings are that move at a rate, and what a sampled controller sets, against the same by hand."""

from __future__ import annotations

import numpy as np
import pytest

from networks import events, run, seconds

FLAG = """
[series.flag]
time = [{times}]
value = [{values}]
units = "1"
interpolation = "previous"
"""

CANAL = """
[basin.lake]
curve = {{ stage = [0.0], area = [5e4] }}
initial_stage = 3.0
[boundary.creek]
stage = {{ time = [0, 3600, 86400], value = [1.0, 1.5, 1.0] }}
[gate.sluice]
from = "lake"
to = "creek"
sill_level = 0.0
width = 2.0
opening = {opening}
[weir.side]
from = "lake"
to = "creek"
crest_level = {crest}
crest_width = 3.0
"""


def travel(t, marks, places):
    """A position that is straight between the marks."""
    return np.interp(t, marks, places)


def test_a_gate_and_a_crest_take_their_time():
    """Told at 600 s to go from 0.2 to 1.2 m at 1e-3 m/s, back at 1000 s: it turns at 0.6 m and is home at 1400 s.

    The crest, at 2e-3 m/s from 2.6 m to 2.0 m, arrives at 900 s, waits, and is back up at 1300 s. Its discharge is
    that of the same movement given as a series, for which the solver has its own way.
    """
    gate, crest = (
        ([0.0, 600.0, 1000.0, 1400.0], [0.2, 0.2, 0.6, 0.2]),
        (
            [0.0, 600.0, 900.0, 1000.0, 1300.0],
            [2.6, 2.6, 2.0, 2.0, 2.6],
        ),
    )
    moved = run(
        CANAL.format(opening="0.2\nopening_rate = 1e-3\nmax_opening = 3.0", crest="2.6\ncrest_rate = 2e-3")
        + FLAG.format(times="0, 600, 1000, 86400", values="0, 1, 0, 0")
        + '[rule.go]\nwhen = "series.flag > 0.5"\n'
        + 'then = { "gate.sluice.opening" = 1.2, "weir.side.crest_level" = 2.0 }\n',
        days=1 / 24,
        step="10 s",
    )
    t = seconds(moved)
    assert moved.opening.sel(link="sluice").values == pytest.approx(travel(t, *gate), abs=1e-12)
    assert moved.crest_level.sel(link="side").values == pytest.approx(travel(t, *crest), abs=1e-12)

    def series(marks, places):
        return f"{{ time = {[*marks, 86400.0]}, value = {[*places, places[-1]]}, interpolation = 'linear' }}"

    given = run(CANAL.format(opening=series(*gate), crest=series(*crest)), days=1 / 24, step="10 s")
    assert moved.discharge.values[1:] == pytest.approx(given.discharge.values[1:], rel=1e-9)
    assert moved.stage.values == pytest.approx(given.stage.values, abs=1e-10)
    assert [event[0] for event in events(moved)] == [600.0, 600.0, 1000.0, 1000.0]


def test_a_slow_gate_goes_after_a_moving_goal():
    """A schedule from 0 to 1 m in 1000 s, twice as fast as the gate, then 0.4 m at once: the gate meets it there.

    At 5e-4 m/s it is at 0.5 m at 1000 s and comes down to 0.4 m in 200 s.
    """
    result = run(
        CANAL.format(opening="0.0\nopening_rate = 5e-4", crest="2.9")
        + '[schedule.plan]\ncontrols = "gate.sluice.opening"\n'
        + "value = { time = [0, 1000, 1000.001, 86400], value = [0.0, 1.0, 0.4, 0.4], interpolation = 'linear' }\n",
        days=1 / 24,
        step="10 s",
    )
    t = seconds(result)
    exact = np.interp(t, [0.0, 1000.0, 1200.0], [0.0, 0.5, 0.4])
    assert result.opening.sel(link="sluice").values == pytest.approx(exact, abs=2e-6)


def test_a_gate_stops_at_its_largest_opening():
    """Told 2 m with 1 m to go: it is up at 1 m and starts down from there at once."""
    result = run(
        CANAL.format(opening="0.0\nopening_rate = 2e-3\nmax_opening = 1.0", crest="2.9")
        + FLAG.format(times="0, 900, 86400", values="1, 0, 0")
        + '[rule.go]\nwhen = "series.flag > 0.5"\nthen = { "gate.sluice.opening" = 2.0 }\n',
        days=1 / 24,
        step="1 min",
    )
    t = seconds(result)
    exact = np.interp(t, [0.0, 500.0, 900.0, 1400.0], [0.0, 1.0, 1.0, 0.0])
    assert result.opening.sel(link="sluice").values == pytest.approx(exact, abs=1e-12)


def controller(setpoint, gains, bounds, sample):
    """A sampled controller whose sum stands still while it would push further into a bound."""
    proportional, integral, derivative = gains
    total, last = 0.0, None

    def step(target):
        nonlocal total, last
        e = setpoint - target
        u = proportional * e + integral * total + (0.0 if last is None else derivative * (e - last) / sample)
        value = min(max(u, bounds[0]), bounds[1])
        winds_up = (u > bounds[1] and integral * e > 0.0) or (u < bounds[0] and integral * e < 0.0)
        if not winds_up:
            total += e * sample
        last = e
        return value

    return step


def test_a_controller_does_what_the_same_controller_does_in_python():
    """A prism, a flood, and a pump set each 2 minutes: between samples the storage changes by what can be summed up.

    The flood is more than the pump can do and the hours after it less than its least, so both bounds are held.
    """
    hours = [0.0, 2.0, 4.0, 6.0, 12.0, 24.0]
    flood = [0.3, 0.3, 2.0, 0.1, 0.02, 0.4]
    result = run(
        f"""
        [basin.polder]
        curve = {{ stage = [0.0], area = [8000.0] }}
        initial_stage = 1.2
        [boundary.out]
        [inflow.storm]
        to = "polder"
        discharge = {{ time = {[h * 3600.0 for h in hours]}, value = {flood} }}
        [pump.drain]
        from = "polder"
        to = "out"
        capacity = 0.0
        [pid.keep]
        controls = "pump.drain.capacity"
        target = "polder.stage"
        setpoint = 1.0
        proportional = -4.0
        integral = -2e-3
        derivative = -300.0
        minimum = 0.05
        maximum = 1.0
        sample = "2 min"
        """,
        days=1,
        step="2 min",
    )
    t = seconds(result)
    step = controller(1.0, (-4.0, -2e-3, -300.0), (0.05, 1.0), 120.0)
    volume = 8000.0 * 1.2
    stage, capacity = [], []
    fine = np.interp(t, [h * 3600.0 for h in hours], flood)
    for k in range(len(t)):
        stage.append(volume / 8000.0)
        capacity.append(step(stage[-1]))
        if k + 1 < len(t):
            volume += (0.5 * (fine[k] + fine[k + 1]) - capacity[-1]) * 120.0
    assert min(capacity) == 0.05
    assert max(capacity) == 1.0
    assert np.std(np.array(capacity)[-60:]) < 0.05  # it has come to rest, wound up it would still hang at a bound
    assert result.stage.sel(node="polder").values == pytest.approx(stage, abs=1e-9)
    assert result.capacity.sel(link="drain").values == pytest.approx(capacity, abs=1e-7)


def test_what_a_controller_sets_moves_at_its_rate():
    """u = 2 e each 5 minutes by a given level: the gate goes for it at 1e-3 m/s and stands when it is there."""
    level = [0.0, 0.3, 0.1, 0.5, 0.4, 0.4, 0.0, 0.0]
    result = run(
        CANAL.format(opening="0.0\nopening_rate = 1e-3", crest="2.9")
        + f"[series.level]\ntime = {[300.0 * k for k in range(8)] + [86400.0]}\nvalue = {[*level, 0.0]}\n"
        + 'units = "m"\ninterpolation = "previous"\n'
        + '[pid.follow]\ncontrols = "gate.sluice.opening"\ntarget = "-series.level"\nsetpoint = 0.0\n'
        + 'proportional = 2.0\nmaximum = 0.9\nsample = "5 min"\n',
        days=1 / 24,
        step="10 s",
    )
    place, exact = 0.0, [0.0]
    for k in range(1, len(result.time)):
        sample = min(((k - 1) * 10) // 300, 7)
        goal = min(2.0 * level[sample], 0.9)
        place += np.clip(goal - place, -1e-2, 1e-2)
        exact.append(place)
    assert result.opening.sel(link="sluice").values == pytest.approx(exact, abs=1e-9)
