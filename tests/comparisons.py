"""Three small results to compare: two zones for some days or years, with more or less water in each variant."""

from __future__ import annotations

import numpy as np
import xarray as xr

SCENARIO = """\
[scenario]
title = "{name}"
start = {start}T00:00:00
end = 2030-01-01T00:00:00
output_step = "1 day"

[basin.marsh]
curve = {{ stage = [1.0, 2.0], area = [0.0, 4e4] }}

[basin.pond]
curve = {{ stage = [0.5, 3.0], area = [1e4, 1e4] }}

[boundary.sea]
stage = 0.0

[weir.sill]
from = "marsh"
to = "pond"
crest_level = 1.5
crest_width = 2.0

[weir.outlet]
from = "pond"
to = "sea"
crest_level = 2.5
crest_width = 2.0
"""


def result(name="base", *, depth=None, start="2019-10-01", days=366, links=("sill", "outlet"), flow=1.0):
    """A result of daily values: depths as given in the marsh, half of them more in the pond; nothing was solved.

    Times end their intervals, the first has none, as in every result.
    """
    depth = np.where(np.arange(days) % 73 < 30, 0.3, 0.05) if depth is None else np.asarray(depth, float)
    nodes, bed = ["marsh", "pond", "sea"], np.array([1.0, 0.5, np.nan])
    stage = np.stack([1.0 + depth, 0.5 + 1.5 * depth, np.zeros(len(depth))], axis=1)
    stage = np.concatenate([np.full((1, 3), np.nan), stage])
    time = np.datetime64(start, "ns") + np.arange(len(stage)) * np.timedelta64(1, "D")
    flows = flow * np.concatenate([np.full((1, 2), np.nan), np.outer(depth, [1.0, 0.5])])
    mean = {"cell_methods": "time: mean"}
    made = xr.Dataset(
        {
            "mean_stage": (("time", "node"), stage, {"units": "m", **mean}),
            "stage": (("time", "node"), np.concatenate([stage[1:2], stage[1:]]), {"units": "m"}),
            "depth": (("time", "node"), np.concatenate([stage[1:2], stage[1:]]) - bed, {"units": "m"}),
            "discharge": (("time", "link"), flows[:, : len(links)], {"units": "m3 s-1", **mean}),
        },
        {
            "time": ("time", time, {"comment": "The scenario gives no offset from UTC: times are in its own clock."}),
            "node": nodes,
            "node_kind": ("node", ["basin", "basin", "boundary"]),
            "link": list(links),
        },
        {"scenario": SCENARIO.format(name=name, start=start), "relative_balance_error": 1e-16},
    )
    made.time.attrs["bounds"] = "time_bounds"
    return made
