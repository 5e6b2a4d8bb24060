"""What control must not do where several things happen at once, or where one of them is no number."""

from __future__ import annotations

import numpy as np
import pytest

from deltasim.cli import main
from deltasim.errors import SolverError
from networks import events, run, seconds

SEA_AND_GATE = """
[basin.pond]
curve = { stage = [0.0, 4.0], area = [1e6, 1e6] }
initial_stage = 1.0
[boundary.sea]
stage = { time = [0, 3600, 864000], value = [1.0, 4.0, 4.0], units = "m", interpolation = "previous" }
[gate.g]
from = "sea"
to = "pond"
sill_level = 0.0
width = 10.0
opening = 1.0
[pump.p]
from = "pond"
to = "sea"
capacity = 0.0
[rule.alarm]
when = "g.discharge > 1"
until = "time < 0"
then = { "pump.p.capacity" = 0.5 }
[schedule.s]
controls = "gate.g.opening"
value = { time = [0, 3600, 864000], value = [1.0, 0.0, 0.0] }
"""


def test_what_jumps_at_one_instant_jumps_together():
    """The gate shuts as the sea jumps up: no water flows between the two, and no rule may see any."""
    result = run(SEA_AND_GATE, days=0.25, step="1 h")
    assert float(result.max_discharge.sel(link="g")) == 0.0
    assert events(result) == [(3600.0, "schedule.s", "gate.g.opening", 0.0)]


POND = """
[basin.pond]
curve = { stage = [0.0, 4.0], area = [1e4, 1e4] }
initial_stage = 3.0
[boundary.sea]
stage = 0.0
"""
GATE = """
[gate.g]
from = "pond"
to = "sea"
sill_level = 0.0
width = 1.0
opening = 0.1
"""


def test_a_sample_that_is_no_number_changes_nothing():
    """0 / 0 until the inflow begins at 600 s: the gate stays where it is, and is then controlled."""
    result = run(
        POND
        + GATE
        + """
        [inflow.i]
        to = "pond"
        discharge = { time = [0, 600, 864000], value = [0.0, 1.0, 1.0], units = "m3/s", interpolation = "previous" }
        [pid.c]
        controls = "gate.g.opening"
        target = "g.discharge / i.discharge * (i.discharge / i.discharge)"
        setpoint = 0.5
        proportional = 0.05
        maximum = 0.5
        """,
        days=0.05,
        step="1 min",
    )
    opening, t = result.opening.sel(link="g").values, seconds(result)
    assert np.all(opening[t < 600.0] == 0.1)
    assert np.all(np.isfinite(opening))
    assert np.ptp(opening[t > 700.0]) > 0.0


def test_a_controller_goes_no_further_than_the_gate():
    """Its own maximum of 5 m is none for a gate that opens half a metre; the setting too stops there."""
    result = run(
        POND
        + GATE
        + """
        max_opening = 0.5
        opening_rate = 1e-3
        [pid.c]
        controls = "gate.g.opening"
        target = "pond.stage"
        setpoint = 2.0
        proportional = -10.0
        sample = 600
        maximum = 5.0
        """,
        days=0.5,
        step="5 min",
    )
    assert float(result.opening.max()) == 0.5


def test_a_controller_does_not_wind_up_while_a_rule_decides():
    """A constant error of 0.5 m while a rule holds the pump for ten hours adds nothing to the integral: freed, the
    pump begins where it was, not at 1e-5 * 0.5 * 36000 = 0.18 m3/s."""
    result = run(
        POND
        + """
        [pump.p]
        from = "pond"
        to = "sea"
        capacity = 0.0
        [rule.off]
        when = "time < 36000"
        then = { "pump.p.capacity" = 0.0 }
        [pid.c]
        controls = "pump.p.capacity"
        target = "pond.stage"
        setpoint = 2.5
        integral = -1e-5
        """,
        days=0.5,
        step="1 min",
    )
    capacity, t = result.capacity.sel(link="p").values, seconds(result)
    first = capacity[(t > 36000.0) & (t < 36300.0)]
    assert first.max() < 5 * 60.0 * 0.5 * 1e-5 + 1e-9
    assert capacity[-1] > first.max()


@pytest.mark.parametrize("start", [0, 4000])
def test_a_fight_leaves_what_was_computed_wherever_it_begins(tmp_path, start, capsys):
    body = POND + GATE + '[rule.r]\nwhen = "g.opening < 0.3 and time >= START"\nthen = { "gate.g.opening" = 0.5 }\n'
    head = '[scenario]\nstart = 2024-01-01\nend = 2024-01-02\noutput_step = "1 h"\n'
    (tmp_path / "a.toml").write_text(head + body.replace("START", str(start)))
    with pytest.raises(SystemExit) as stopped:
        main(["run", "-q", str(tmp_path / "a.toml"), "-o", str(tmp_path / "a.nc")])
    assert stopped.value.code == 1
    assert f"is in {tmp_path / 'a.failed.nc'}" in capsys.readouterr().err
    assert (tmp_path / "a.failed.nc").exists()


def test_a_fight_is_counted_over_any_minute():
    """Twenty turns may fall within a minute, twenty-one may not, wherever the minute begins: a rule that follows a flag
    of 2 s on and 2 s off turns every 2 s, so the 21st turn comes 40 s after the first."""
    times = np.arange(0.0, 200.0, 2.0)
    for calm, turns in ((18, None), (22, 21)):
        values = np.where((np.arange(100) >= 30) & (np.arange(100) < 30 + calm), np.arange(100) % 2, 0)
        body = (
            POND
            + GATE
            + f'[series.flag]\ntime = {[*times.tolist(), 864000.0]}\nvalue = {[*values.tolist(), 0]}\nunits = "1"\n'
            'interpolation = "previous"\n'
            '[rule.r]\nwhen = "series.flag > 0"\nthen = { "gate.g.opening" = 0.2 }\n'
        )
        if turns is None:
            assert len(events(run(body, days=0.0125, step="1 min"))) == calm
        else:
            with pytest.raises(SolverError, match=r"rule\.r switched more than 20 times within a minute"):
                run(body, days=0.0125, step="1 min")
