"""The scenario that the commands are given, and a way to give them."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from click.testing import CliRunner, Result

from deltasim.cli import main

__all__ = ["POND", "RAIN", "Command", "call"]

POND = """\
[scenario]
title = "One pond [with a flood]"
start = 2024-06-01T00:00:00+08:00
end = 2024-06-03T00:00:00+08:00
output_step = "1 h"

[basin.pond]
curve = { stage = [0.0, 3.0], area = ["2 ha", "2 ha"] }
initial_stage = 1.0
rain = { file = "rain.csv", units = "mm/h" }

[inflow.stream]
to = "pond"
discharge = { time = ["2024-06-01", "2024-06-01T06:00", "2024-06-03"], value = [0, 6, 0], units = "m3/s" }

[weir.outlet]
from = "pond"
to = "downstream"
crest_level = 1.0
crest_width = 4.0

[boundary.downstream]
"""
RAIN = "time,rain\n2024-06-01,0\n2024-06-01T12:00,4\n2024-06-02,0\n2024-06-03,0\n"

# Before 8.2 click's runner mixed what it caught unless told otherwise; from then on it cannot be told.
SEPARATE = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}

Command = Callable[..., Result]


def call(*words: object) -> Result:
    """Give a command in this process."""
    return CliRunner(**SEPARATE).invoke(main, [str(word) for word in words])  # type: ignore[arg-type]
