"""A small made-up result: two ponds and a sea, joined by two links, fed by one inflow.

Its storages follow from its discharges, so that the interval balance of a result file holds in it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np

from deltasim.forcing.state import read_initial_state
from deltasim.results import Chunk, Frame, Summary

STEP = 900.0
CHINA = timezone(timedelta(hours=8))
NODES = ("upper", "天鹅湖", "sea")
LINKS = ("intake", "release", "river")
FROM = ("upper", "天鹅湖", "")
TO = ("天鹅湖", "sea", "upper")
STREAMED = (
    "stage",
    "depth",
    "mean_stage",
    "storage",
    "area",
    "discharge",
    "inflow",
    "rain",
    "evaporation",
    "seepage",
    "groundwater",
    "demand",
    "shortage",
    "opening",
    "capacity",
    "open",
    "crest_level",
)
CLOSING = (
    "max_stage",
    "time_of_max_stage",
    "max_discharge",
    "time_of_max_discharge",
    "energy",
    "balance_error",
)
SCENARIO = '[scenario]\ntitle = "two ponds"\n\n[basin."天鹅湖"]\nrain = "rain.csv"\n'
FILES = {
    "rain.csv": b"time,rain\r\n2019-08-10,1.5\n",
    "deep/\u6f6e.nc": bytes(range(256)) * 9,
    "empty.csv": b"",
}


def frame(n_time: int = 9, **changes) -> Frame:
    made = Frame(
        node_name=NODES,
        node_kind=("basin", "basin", "boundary"),
        link_name=LINKS,
        link_kind=("weir", "gate", "inflow"),
        from_node=FROM,
        to_node=TO,
        bed_level=np.array([0.0, -1.0, np.nan]),
        start=datetime(2019, 8, 10, tzinfo=CHINA),
        duration=(n_time - 1) * STEP,
        output_step=STEP,
        n_time=n_time,
        variables=STREAMED + CLOSING,
        scenario=SCENARIO,
        title="Two ponds",
        summary="A made-up result.",
        files=FILES,
        vertical_datum="1985 national height datum",
        crs="EPSG:4526",
        command="deltasim run two_ponds.toml",
        attributes={},
    )
    return replace(made, **changes)


def chunk(frame: Frame, first: int = 0, last: int | None = None) -> Chunk:
    n = frame.n_time
    rng = np.random.default_rng(7)
    time = np.arange(n) * STEP
    data = {name: rng.random((n, 3)) for name in STREAMED}
    into = np.zeros((3, 3))
    for link, (source, target) in enumerate(zip(FROM, TO, strict=True)):
        for name, sign in ((source, -1.0), (target, 1.0)):
            if name:
                into[link, NODES.index(name)] = sign
    # Exact binary fractions: the sums below have no round-off of their own.
    data["discharge"] = np.round(data["discharge"] * 64) / 64
    change = STEP * data["discharge"] @ into
    data["storage"] = 1e6 + np.cumsum(change, axis=0)
    for name in ("storage", "area"):
        data[name][:, 2] = np.nan
    for name in (
        "mean_stage",
        "discharge",
        "inflow",
        "rain",
        "evaporation",
        "seepage",
        "groundwater",
        "demand",
    ):
        data[name][0] = np.nan
    wanted = slice(first, last)
    kept = {name: values[wanted] for name, values in data.items() if name in frame.variables}
    return Chunk(time[wanted], kept)


def summary(frame: Frame) -> Summary:
    data = {
        "max_stage": np.array([1.0, 2.0, 0.5]),
        "time_of_max_stage": np.array([0.0, 1234.5678, np.nan]),
        "max_discharge": np.array([3.0, 4.0, 5.0]),
        "time_of_max_discharge": np.array([1.0, 7200.0, 0.25]),
        "energy": np.array([np.nan, np.nan, 3.6e6]),
        "balance_error": np.array([1e-9, -2e-10, np.nan]),
    }
    attributes = {
        "solver_steps": 12,
        "solver_rejected_steps": 1,
        "solver_seconds": 0.25,
        "relative_balance_error": 1e-16,
    }
    return Summary({k: v for k, v in data.items() if k in frame.variables}, attributes)


STATE = {"storage": np.array([1e6, 2e6, np.nan])}


def fill(sink, made: Frame, size: int = 4) -> None:
    """Run the whole protocol."""
    sink.begin(made)
    for first in range(0, made.n_time, size):
        sink.append(chunk(made, first, first + size))
    sink.finish(summary(made), STATE)


def read_state(path):
    """The final state that a result file carries, as a run that starts from it reads it."""
    return read_initial_state(path.name, path.read_bytes())
