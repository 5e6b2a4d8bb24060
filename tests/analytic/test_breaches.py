"""A dike that breaches: when, how it grows, and what flows, against an independent integration of its law."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from networks import events, run, seconds

G = 9.80665


def gap(development_time, trigger):
    """Tables of a dike of 6 m between the basin "polder" and a free outfall, whose breach `breach_flow` describes."""
    return f"""
        [boundary.low]
        [breach.gap]
        from = "polder"
        to = "low"
        crest_level = 6.0
        bottom_level = 2.0
        bottom_width = 15.0
        side_slope = 1.0
        development_time = {development_time}
        trigger = {trigger}
        """


def breach_flow(h, s):
    """Free flow of a trapezoidal breach, development s: 6 m dike, 2 m bottom, 15 m wide, sides 1 in 1."""
    free = 0.577 * np.sqrt(2.0 * G)
    bottom = 6.0 - 4.0 * s
    head, over = max(h - bottom, 0.0), max(h - 6.0, 0.0)
    return free * (2.0 / 3.0 * 15.0 * s * head**1.5 + 8.0 / 15.0 * (head**2.5 - over**2.5))


@pytest.mark.parametrize(
    ("trigger", "when"),
    [
        ("{ stage = 5.5 }", 2000.0),
        ("{ time = 2500 }", 2500.0),
        # Crest overtopped at 4000 s, so long that it begins at 5500 s.
        ('{ overtopping_duration = "25 min" }', 5500.0),
    ],
)
def test_a_breach_opens_when_it_is_triggered(trigger, when):
    """25 m3/s into 1e5 m2 from 5 m raise it 1 m in 4000 s; the breach then grows over half an hour.

    Before it, the stage is straight in time; after it, it is that of an independent integration of the breach's law.
    """
    result = run(
        """
        [basin.polder]
        curve = { stage = [0.0], area = [1e5] }
        initial_stage = 5.0
        [inflow.brook]
        to = "polder"
        discharge = 25.0
        """
        + gap(development_time='"30 min"', trigger=trigger),
        days=0.25,
        step="1 min",
        tolerance=1e-6,
    )
    t = seconds(result)
    (time, *what), *more = events(result)[1:]  # after the one that says that it is whole at the start
    assert what == ["breach.gap", "breach.gap.development", 1.0]
    assert not more
    assert time == pytest.approx(when, abs=1e-3)
    grown = np.clip((t - when) / 1800.0, 0.0, 1.0)
    assert result.development.sel(link="gap").values == pytest.approx(grown, abs=1e-6)

    def change(now, h):
        return (25.0 - breach_flow(h[0], np.clip((now - when) / 1800.0, 0.0, 1.0))) / 1e5

    exact = 5.0 + 25.0e-5 * np.minimum(t, when)
    drained = np.zeros_like(t)
    last = 5.0 + 25.0e-5 * when
    for begin, end in ((when, when + 1800.0), (when + 1800.0, t[-1])):
        inside = (t >= begin) & (t <= end)
        found = solve_ivp(change, (begin, end), [last], rtol=1e-10, atol=1e-12, dense_output=True)
        exact[inside] = found.sol(t[inside])[0]
        drained[inside] = 25.0 * (t[inside] - when) - 1e5 * (exact[inside] - 5.0 - 25.0e-5 * when)
        last = found.y[0, -1]
    assert result.stage.sel(node="polder").values == pytest.approx(exact, abs=2e-5)
    outflow = np.cumsum(result.discharge.sel(link="gap").values[1:]) * 60.0
    assert outflow == pytest.approx(drained[1:], abs=2.0)


def test_a_flooded_polder_stays_breached():
    """Nothing closes a breach: triggered once, it is open though the water is far below its trigger."""
    result = run(
        """
        [basin.polder]
        curve = { stage = [0.0], area = [1e4] }
        initial_stage = 5.0
        """
        + gap(development_time="60", trigger="{ stage = 5.0 }"),
        days=1,
        step="1 h",
    )
    assert [event[0] for event in events(result)] == [0.0]
    assert np.all(result.development.values[1:, 0] == 1.0)
    assert float(result.stage.sel(node="polder")[-1]) < 2.1


def test_a_dike_that_is_overtopped_too_briefly_holds():
    """1 mm/s up from 5.5 m, 0.5 mm/s down from 1000 s, up again from 3000 s: over 6 m from 500 to 2000 s and from 3500 s.

    The first 1500 s are less than the 1600 s that it stands, and do not count when it is overtopped again.
    """
    result = run(
        """
        [basin.polder]
        curve = { stage = [0.0], area = [1e4] }
        initial_stage = 5.5
        [inflow.brook]
        to = "polder"
        discharge = 10.0
        [pump.drain]
        from = "polder"
        to = "low"
        capacity = { time = [0, 1000, 3000, 86400], value = [0.0, 15.0, 0.0, 0.0] }
        """
        + gap(development_time="60", trigger="{ overtopping_duration = 1600 }"),
        days=0.125,
        step="10 min",
    )
    assert [event[0] for event in events(result)[1:]] == pytest.approx([5100.0], abs=1e-3)
