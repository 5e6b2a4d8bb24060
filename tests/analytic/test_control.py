"""When things happen, against what can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from networks import assert_balanced, events, run, seconds


def test_a_link_closes_when_its_discharge_is_small():
    """Case 8: prisms of 1000 m2 at 20 and 10 m joined by R = 1e4 s/m2: q = 1e-3 exp(-t / 5e6) is 1e-4 at 5e6 ln 10."""
    result = run(
        """
        [basin.high]
        curve = { stage = [0.0], area = [1000.0] }
        initial_stage = 20.0
        [basin.low]
        curve = { stage = [0.0], area = [1000.0] }
        initial_stage = 10.0
        [resistance.bank]
        from = "high"
        to = "low"
        resistance = 1e4
        [rule.shut]
        when = "bank.discharge < 1e-4"
        then = { "resistance.bank.open" = 0.0 }
        """,
        days=200,
        step="1 day",
        tolerance=1e-8,
    )
    ((when, source, target, value),) = events(result)
    assert (source, target, value) == ("rule.shut", "resistance.bank.open", 0.0)
    assert when == pytest.approx(5e6 * np.log(10.0), abs=1.0)
    after = seconds(result) > when
    assert np.all(result.storage.values[after] == result.storage.values[-1])
    assert np.all(result.discharge.values[after][1:] == 0.0)
    assert result.storage.values[-1] == pytest.approx([15500.0, 14500.0], abs=1e-2)


@pytest.mark.parametrize(
    "starter",
    [
        '[rule.start]\nwhen = "tank.storage > 7500"\nthen = { "pump.drain.open" = 1.0 }\n',
        '[rule.start]\nwhen = "tank.depth > 7.5"\nthen = { "pump.drain.open" = 1.0 }\n',
        '[rule.start]\nwhen = "tank.stage > 7.5"\nthen = { "pump.drain.open" = 1.0 }\n',
    ],
)
def test_a_pump_starts_by_what_is_stored(starter):
    """Case 9: 1e-3 m3/s into 1000 m2 from 5 m reaches 7500 m3 at 2.5e6 s; a pump of 1e-3 m3/s then keeps it there."""
    result = run(
        """
        [basin.tank]
        curve = { stage = [0.0], area = [1000.0] }
        initial_stage = 5.0
        [boundary.out]
        [inflow.tap]
        to = "tank"
        discharge = 1e-3
        [pump.drain]
        from = "tank"
        to = "out"
        capacity = 1e-3
        open = 0.0
        """
        + starter,
        days=40,
        step="1 day",
    )
    ((when, *_),) = events(result)
    assert when == pytest.approx(2.5e6, abs=1.0)
    storage = result.storage.values[:, 0]
    assert storage == pytest.approx(5000.0 + 1e-3 * np.minimum(seconds(result), 2.5e6), abs=1e-5)
    assert np.ptp(storage[-5:]) == 0.0


def test_a_flap_gate_drains_on_the_ebb():
    """Spring and neap over 30 days: closed to round-off, nothing flows in, every turn of the head is an event.

    The turns are looked for independently, in the stages of every 10 s, by the change of sign of their difference.
    """
    result = run(
        """
        [basin.polder]
        curve = { stage = [-3.0, 3.0], area = [1e5, 3e5] }
        initial_stage = 0.2
        [boundary.sea]
        stage = { tide = "tide.csv", mean_level = 0.1 }
        [inflow.brook]
        to = "polder"
        discharge = 2.0
        [gate.sluice]
        from = "polder"
        to = "sea"
        sill_level = -2.0
        width = 4.0
        opening = 1.5
        direction = "forward"
        """,
        days=30,
        step="10 s",
        zone="Z",
        files={"tide.csv": b"constituent,amplitude,phase\nM2,1.2,30.0\nS2,0.4,80.0\nO1,0.2,10.0\n"},
    )
    assert_balanced(result)
    assert result.discharge.sel(link="sluice").values[1:].min() >= 0.0
    head = (result.stage.sel(node="polder") - result.stage.sel(node="sea")).values
    t = seconds(result)
    turns = np.flatnonzero((head[1:] >= 0.0) != (head[:-1] >= 0.0))
    roots = t[turns] + 10.0 * head[turns] / (head[turns] - head[turns + 1])
    found = [event for event in events(result) if event[0] > 0.0]
    assert len(roots) > 100
    assert {event[1:3] for event in found} == {("gate.sluice", "gate.sluice.direction")}
    assert [event[0] for event in found] == pytest.approx(roots, abs=1.0)
    assert [event[3] for event in found] == [float(head[k + 1] >= 0.0) for k in turns]


def test_what_a_wide_flap_holds_back_is_not_lost_sight_of():
    """A well stands 0.05 mm above a lake behind a flap of 3 km when 0.5 m3/s begin: 5 mm/s up, then over its weir.

    To the Jacobian the flap is open, and through it all would flow back into the lake; a step of hours, which at rest is
    none too long, would put the well at 107 m if what was turned back counted for nothing.
    """
    result = run(
        """
        [basin.lake]
        curve = { stage = [0.0], area = [1e6] }
        initial_stage = 1.0
        [basin.well]
        curve = { stage = [0.0], area = [100.0] }
        initial_stage = 1.00005
        [boundary.sea]
        [orifice.flap]
        from = "lake"
        to = "well"
        shape = "rectangular"
        width = 3000.0
        height = 0.5
        invert_level = 0.0
        direction = "forward"
        [weir.out]
        from = "well"
        to = "sea"
        crest_level = 1.5
        crest_width = 1.0
        [inflow.brook]
        to = "well"
        discharge = { time = [0, 21600, 21600.001, 86400], value = [0.0, 0.0, 0.5, 0.5] }
        """,
        days=0.5,
        step="10 s",
    )
    assert_balanced(result)
    t, stage = seconds(result), result.stage.sel(node="well").values
    rising = (t >= 21600.0) & (t <= 21690.0)
    assert stage[rising] == pytest.approx(1.00005 + 5e-3 * (t[rising] - 21600.0), abs=1e-4)
    assert np.abs(result.discharge.sel(link="flap").values[1:]).max() == 0.0
    assert float(result.max_discharge.sel(link="out")) == pytest.approx(0.5, rel=1e-6)


def test_a_pump_station_starts_as_often_as_it_must():
    """20 m2 between stop at 0.5 m and start at 1 m: 0.2 m3/s fill 10 m3 in 50 s, less 0.5 m3/s it empties in 33.3 s.

    From 0.5 m the k-th start is at 50 + k 83.333 s. An event is located late, by up to 1e-6 s, and so is what follows:
    a start by d delays the stop by d / 0.6, a stop by d the start by d / 0.4; the last of a year may come 1.6 s late.
    """
    result = run(
        """
        [basin.sump]
        curve = { stage = [0.0], area = [20.0] }
        initial_stage = 0.5
        [boundary.out]
        [inflow.sewer]
        to = "sump"
        discharge = 0.2
        [pump.lift]
        from = "sump"
        to = "out"
        capacity = 0.5
        start_stage = 1.0
        stop_stage = 0.5
        """,
        days=365,
        step="1 day",
    )
    cycle = 50.0 + 10.0 / 0.3
    value = result.event_value.values
    time = (result.event_time.values - result.time.values[0]) / np.timedelta64(1, "s")
    assert (time[0], value[0]) == (0.0, 0.0)  # off at the start
    starts, stops = time[1::2], time[2::2]
    assert np.all(value[1::2] == 1.0)
    assert np.all(value[2::2] == 0.0)
    number = int((365 * 86400.0 - 50.0) // cycle) + 1
    assert len(starts) == number
    late = starts - (50.0 + cycle * np.arange(number))
    assert late.min() > -1e-3
    assert late.max() < 1.6
    assert stops - starts[: len(stops)] == pytest.approx(10.0 / 0.3, abs=1e-5)
    assert set(result.event_target.values) == {"pump.lift.running"}
    pumped = float(result.discharge.sel(link="lift")[1:].sum()) * 86400.0
    assert pumped == pytest.approx(0.2 * 365 * 86400.0, abs=10.0)


def test_a_pump_that_fills_starts_and_stops_by_the_stage_it_feeds():
    """400 m2 lose 0.1 m3/s from 2 m: at 1.5 m after 2000 s a pump of 0.3 m3/s starts, and stops at 1.8 m 600 s later."""
    result = run(
        """
        [basin.tower]
        curve = { stage = [0.0], area = [400.0] }
        initial_stage = 2.0
        [basin.well]
        curve = { stage = [-10.0], area = [1e6] }
        initial_stage = -5.0
        [demand.town]
        from = "tower"
        discharge = 0.1
        [pump.fill]
        from = "well"
        to = "tower"
        capacity = 0.3
        start_to_stage = 1.5
        stop_to_stage = 1.8
        """,
        days=0.125,
        step="1 min",
    )
    expected = [0.0, 2000.0, 2600.0, 3800.0, 4400.0, 5600.0, 6200.0, 7400.0, 8000.0, 9200.0, 9800.0]
    found = events(result)
    assert [event[0] for event in found] == pytest.approx(expected, abs=1e-3)
    assert [event[1:] for event in found] == [("pump.fill", "pump.fill.running", value) for value in (0.0, 1.0)] * 5 + [
        ("pump.fill", "pump.fill.running", 0.0)
    ]


def test_a_pump_stops_though_an_error_estimate_is_small_by_chance():
    """A pump starts in a quiet polder; it stops 3.8 hours later, and where it would not, an inlet would open an hour on.

    A step of half a day passes over both. What is let in has a time scale of an hour, of which the start of the step
    knows nothing, and the step comes out anywhere: for one length in some thousands its two guesses come out alike, in
    the middle of the band. At 50,220 s the pump ran for 52,183 s, nine times out of ten.
    """
    area, pumped, inflow = 618_600.0, 2.0333, 0.2
    for longest in np.arange(50_200.0, 50_240.0, 2.0):
        result = run(
            f"""
            [basin.ditches]
            curve = {{ stage = [-6.5], area = [{area}] }}
            initial_stage = -5.5
            [boundary.canal]
            [boundary.supply]
            stage = -5.54
            [inflow.polder]
            to = "ditches"
            discharge = {inflow}
            [pump.station]
            from = "ditches"
            to = "canal"
            capacity = {pumped}
            start_stage = -5.48
            stop_stage = -5.52
            [resistance.inlet]
            from = "supply"
            to = "ditches"
            resistance = 0.00582
            direction = "forward"
            """,
            days=20,
            step="10 days",
            max_step=float(longest),
        )
        times = np.array([time for time, *_ in events(result)][1:])
        ran = np.diff(times)[::2]
        assert ran == pytest.approx(0.04 * area / (pumped - inflow), abs=1e-3 * area / pumped)  # the tolerance
        assert float(result.max_discharge.sel(link="inlet")) == 0.0
