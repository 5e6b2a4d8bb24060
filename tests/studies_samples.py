"""A study whose answer is known: a pond that drains through a resistance, h = h_0 exp(-t / (A R))."""

from __future__ import annotations

import numpy as np

DAYS = np.arange(0.0, 8.25, 0.25)
AREA, DECAY = 1e4, 2.0
RESISTANCE = DECAY * 86400.0 / AREA  # 17.28 s/m2
LEVEL = 3.0 * np.exp(-DAYS / DECAY)

SCENARIO = f"""\
[scenario]
title = "a pond that drains"
start = 2024-01-01
end = 2024-01-09
output_step = "6 h"

[basin.pond]
curve = {{ stage = [0.0, 5.0], area = [{AREA}, {AREA}] }}
initial_stage = 3.0

[resistance.drain]
from = "pond"
to = "sea"
resistance = 30.0

[boundary.sea]
stage = 0.0

[inflow.one]
to = "pond"
discharge = 0.0

[inflow.other]
to = "pond"
discharge = 0.0
"""
STUDY = """\
[study]
scenario = "pond.toml"
starts = 2

[parameter.resistance]
path = "resistance.drain.resistance"
lower = 5.0
upper = 50.0

[target.level]
variable = "stage"
of = "pond"
observed = { file = "pond.csv", column = "level" }

[periods]
calibration = [2024-01-01, 2024-01-05]
validation = [2024-01-05, 2024-01-09]
"""


def rows(**columns):
    """A CSV file over the days."""
    names = list(columns)
    lines = [",".join(["time", *names])]
    for i, day in enumerate(DAYS):
        at = np.datetime64("2024-01-01") + np.timedelta64(round(day * 24), "h")
        lines.append(",".join([str(at), *(repr(float(columns[name][i])) for name in names)]))
    return "\n".join(lines) + "\n"
