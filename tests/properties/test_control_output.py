"""What is written does not change what control does, and the same input gives the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from networks import assert_balanced, events, run, seconds

BODY = """
[basin.polder]
curve = { stage = [-1.0, 2.0], area = [4e4, 9e4] }
initial_stage = 0.2
[basin.sump]
curve = { stage = [-1.5], area = [60.0] }
initial_stage = -0.5
[basin.field]
curve = { stage = [0.0], area = [2e5] }
[boundary.sea]
stage = { time = [0, 22350, 44700, 67050, 89400, 345600], value = [-0.5, 1.2, -0.4, 1.3, -0.5, 0.0] }
[inflow.brook]
to = "polder"
discharge = { time = [0, 50000, 120000, 345600], value = [0.2, 2.0, 0.3, 0.3] }
[gate.sluice]
from = "polder"
to = "sea"
sill_level = -0.8
width = 2.0
opening_rate = "1 mm/s"
direction = "forward"
[rule.ebb]
when = "polder.stage > sea.stage + 0.05"
until = "polder.stage < sea.stage"
then = { "gate.sluice.opening" = 1.2 }
hold = "10 min"
[weir.in]
from = "polder"
to = "sump"
crest_level = -0.1
crest_width = 0.5
[pump.lift]
from = "sump"
to = "field"
capacity = 0.4
start_stage = 0.0
stop_stage = -1.0
efficiency = 0.7
[pump.keep]
from = "polder"
to = "field"
capacity = 0.0
[pid.level]
controls = "pump.keep.capacity"
target = "polder.stage"
setpoint = 0.3
proportional = -5.0
integral = -1e-3
maximum = 1.5
sample = "5 min"
[diversion.canal]
from = "field"
to = "sump"
fraction = 0.1
[breach.gap]
from = "polder"
to = "field"
crest_level = 0.8
bottom_level = 0.0
bottom_width = 1.0
side_slope = 1.0
development_time = "1 h"
trigger = { overtopping_duration = "1 h" }
"""


def test_the_output_step_changes_nothing_that_control_does():
    runs = [run(BODY, days=4, step=step) for step in ("1 min", "15 min", "1 day")]
    assert_balanced(runs[0])
    assert_balanced(runs[2])
    told = events(runs[2])
    assert len(told) > 50
    for result in runs[:2]:
        assert events(result) == told
        assert result.attrs["solver_steps"] == runs[2].attrs["solver_steps"]
        same = result.stage.sel(time=runs[2].time)
        assert same.values == pytest.approx(runs[2].stage.values, abs=1e-4)
        # What lies on the ends of steps is the same to the last bit.
        assert result.max_discharge.values == pytest.approx(runs[2].max_discharge.values, rel=1e-12)


def test_the_same_rules_give_the_same_bits():
    first, second = run(BODY, days=4, step="15 min"), run(BODY, days=4, step="15 min")
    for name in first.variables:
        if first[name].dtype == object:
            assert first[name].values.tolist() == second[name].values.tolist(), name
        else:
            assert first[name].values.tobytes() == second[name].values.tobytes(), name


def test_nothing_runs_back_through_what_only_runs_forward():
    """Pumps that start and stop, a flap valve that shuts, a diversion: not even within the steps in which they do."""
    result = run(BODY, days=4, step="20 s")
    forward = result.discharge.sel(link=["sluice", "lift", "keep", "canal", "brook"]).values[1:]
    assert forward.min() >= 0.0
    assert seconds(result)[-1] == 4 * 86400.0
    assert np.count_nonzero(forward[:, 0]) < len(forward)
