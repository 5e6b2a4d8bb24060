"""Where the compiled loop keeps what it has one of: places in arrays, each with a name.

`TIME` to `COUNTED` are places in `Work.clock`, `STEPS` to `DENSE` in `Work.counts`, `TRIAL` to `AWAKE` in
`Problem.apart`, of the kernels that are compiled by themselves, `NODES` to `REST` in `Awake.counts`.
"""

from __future__ import annotations

__all__ = [
    "ACCEPT",
    "AWAKE",
    "BEGUN",
    "CARRY",
    "CLOCKS",
    "CONTROL",
    "COUNTED",
    "COUNTS",
    "DENSE",
    "ERROR",
    "EXTEND",
    "FLUXES",
    "IN_A_ROW",
    "KERNELS",
    "LENGTH",
    "LIMITING",
    "LOOSE",
    "NEXT_STOP",
    "NODES",
    "NOTE",
    "OPEN_STEP",
    "PARTS",
    "REFRESH",
    "REJECTED",
    "REST",
    "RIM",
    "ROWS_DONE",
    "RUNS",
    "STARTED",
    "STEP",
    "STEPS",
    "TIDES",
    "TIME",
    "TRIAL",
    "WIRES",
]

TIME, STEP, BEGUN, LENGTH, ERROR, COUNTED = range(6)
CLOCKS = 6
STEPS, REJECTED, IN_A_ROW, NEXT_STOP, OPEN_STEP, LIMITING, ROWS_DONE, STARTED, DENSE = range(9)
COUNTS = 9
TRIAL, ACCEPT, EXTEND, REFRESH, TIDES, CONTROL, NOTE, CARRY, AWAKE = range(9)
KERNELS = 9
NODES, FLUXES, RUNS, LOOSE, PARTS, RIM, WIRES, REST = range(8)
