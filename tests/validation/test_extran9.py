"""EPA's extran9, a detention pond with an orifice, against SWMM 5.2.4 at a step of 1 s.

The test reads SWMM's own input file and builds what it needs: storage with a curve of areas, a round orifice in its
wall, a free outfall, an inflow.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from deltasim.constants import GRAVITY, NO_TAILWATER
from deltasim.links import LINKS, Ends
from deltasim.solver.filling import evaluate_law
from networks import run, scenario, seconds

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "worked_examples"
pytestmark = pytest.mark.skipif(
    not (DATA / "swmm_extran9.inp").is_file(), reason="validation data are not beside the repository"
)

SWMM_GRAVITY = 32.2 * 0.3048
"""m/s2: SWMM reckons in ft with 32.2."""


def sections():
    """Lines of the input file by section, cut into words, without comments."""
    found, name = {}, ""
    for line in (DATA / "swmm_extran9.inp").read_text().splitlines():
        words = line.partition(";")[0].split()
        if words and words[0].startswith("["):
            name = words[0].strip("[]")
        elif words:
            found.setdefault(name, []).append(words)
    return found


def listed(values):
    return "[" + ", ".join(repr(float(v)) for v in values) + "]"


def scenario_of(parts):
    """The components in this package's format; names get a letter before their number."""
    options = {key: value for key, value, *_ in parts["OPTIONS"]}
    assert options["FLOW_UNITS"] == "CMS"
    lines = [f"[boundary.n{name}]" for name, _, kind, *_ in parts["OUTFALLS"] if kind == "FREE"]
    assert len(lines) == len(parts["OUTFALLS"])
    inverts = {}
    for name, invert, top, depth, shape, curve, *_ in parts["STORAGE"]:
        assert shape == "TABULAR"
        inverts[name] = float(invert)
        # The curve's first line has its type between its name and its values.
        points = np.array([row[-2:] for row in parts["CURVES"] if row[0] == curve], dtype=float)
        assert points[-1, 0] == float(top)
        lines += [
            f"[basin.n{name}]",
            f"curve = {{ stage = {listed(points[:, 0] + float(invert))}, area = {listed(points[:, 1])} }}",
            f"initial_stage = {float(invert) + float(depth)!r}",
        ]
    sizes = {name: (shape, float(size)) for name, shape, size, *_ in parts["XSECTIONS"]}
    for name, source, to, kind, offset, coefficient, _ in parts["ORIFICES"]:
        assert (kind, sizes[name][0]) == ("SIDE", "CIRCULAR")
        lines += [
            f"[orifice.l{name}]",
            f'from = "n{source}"',
            f'to = "n{to}"',
            f"diameter = {sizes[name][1]!r}",
            f"invert_level = {inverts[source] + float(offset)!r}",
            f"discharge_coefficient = {float(coefficient) * (SWMM_GRAVITY / GRAVITY) ** 0.5!r}",
        ]
    for node, _, series, *_ in parts["INFLOWS"]:
        rows = np.array([row[-2:] for row in parts["TIMESERIES"] if row[0] == series], dtype=float)
        lines += [
            f"[inflow.q{node}]",
            f'to = "n{node}"',
            f"discharge = {{ time = {listed(rows[:, 0] * 3600.0)}, value = {listed(rows[:, 1])} }}",
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def both():
    with (DATA / "swmm_extran9_1s.csv").open() as file:
        rows = list(csv.DictReader(file))
    start = datetime(2005, 4, 11)
    time = np.array([(datetime.fromisoformat(row["datetime"]) - start).total_seconds() for row in rows])
    swmm = {key: np.array([float(row[f"3000{key}"]) for row in rows]) for key in ("1:depth", "1:vol")}
    swmm["flow"] = np.array([float(row["90001:flow"]) for row in rows])
    result = run(scenario_of(sections()), days=10.0 / 24.0, step="5 min")
    return result, swmm, np.isin(seconds(result), time), time


def test_depth_and_volume_are_those_of_swmm(both):
    """Within what SWMM itself leaves open: it is of first order, so at 1 s it is about a step late.

    A step of the largest inflow, 1.2 m3/s, is 1.2 m3 (of 5900), and spread over the pond a millimetre (of 6 m).
    """
    result, swmm, at, time = both
    assert at.sum() == len(time) == 120
    depth = result.stage.sel(node="n30001").values[at]
    volume = result.storage.sel(node="n30001").values[at]
    assert np.abs(volume - swmm["1:vol"]).max() < 1.2 + 0.005  # and half a digit of the print
    assert np.abs(depth - swmm["1:depth"]).max() < 1.1e-3
    assert depth.max() == pytest.approx(swmm["1:depth"].max(), rel=1e-4)


def test_the_law_gives_the_discharge_of_swmm(both):
    """At SWMM's own depths. Its discharge is again a step late: 1 s of dq/dt, at most 0.14 m2/s times 3e-4 m/s."""
    _, swmm, _, _ = both
    orifice = scenario(scenario_of(sections()), days=10.0 / 24.0).links["l90001"]
    parameters = LINKS["orifice"].build([orifice], [Ends(None, None, 1e-4)])
    flow = [evaluate_law(parameters, 0, depth, NO_TAILWATER, 1.0)[0] for depth in swmm["1:depth"]]
    assert np.abs(flow - swmm["flow"]).max() < 5e-5
    assert swmm["1:depth"].min() > 0.225  # full all the time: below it SWMM has another weir law than this package
