"""The largest values of a run, which are found between its rows of output."""

from __future__ import annotations

import numpy as np

from networks import run

FLOODED = """
[basin.p{i}]
curve = {{ stage = [0.0], area = [1000.0] }}
initial_stage = 1.0

[weir.w{i}]
from = "p{i}"
to = "sea"
crest_level = 1.0
crest_width = 2.0

[inflow.q{i}]
to = "p{i}"
discharge = {{ time = [0.0, {rise}, {fall}, 86400.0], value = [0.0, 0.0, {peak}, 0.0] }}
"""


def test_each_of_many_ponds_has_its_own_largest_values():
    """More of them than are looked at together; their floods come at all times of the day, hours between the rows."""
    rng = np.random.default_rng(8)
    ponds = 300
    begin, peak = rng.uniform(600.0, 60000.0, ponds), rng.uniform(0.1, 3.0, ponds)
    body = "\n[boundary.sea]\n"
    for i in range(ponds):
        body += FLOODED.format(i=i, rise=begin[i], fall=begin[i] + 3600.0, peak=peak[i])
    coarse, fine = (run(body, days=1.0, step=step, tolerance=1e-5) for step in ("12 h", "1 min"))
    names = [f"p{i}" for i in range(ponds)]
    links = [f"w{i}" for i in range(ponds)]
    seen = fine.stage.sel(node=names)
    assert len(set(fine.time.values[seen.argmax("time").values])) > 100
    assert np.abs(coarse.max_stage.sel(node=names) - seen.max("time")).max() < 1e-4
    # A minute's mean is less than the peak between two by as much as the flux bends.
    moved = fine.discharge.sel(link=links).max("time")
    assert np.abs(coarse.max_discharge.sel(link=links) / moved - 1.0).max() < 5e-3
