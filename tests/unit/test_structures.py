"""Structures by themselves: each form of a law against its formula, written out."""

from __future__ import annotations

import numpy as np
import pytest

from deltasim.constants import GRAVITY
from deltasim.geometry import Curve
from deltasim.links import Ends
from single_laws import discharge

ROOT = np.sqrt(2.0 * GRAVITY)
TABLE = {"level": [1.0, 1.5, 1.6, 3.0], "length": [10.0, 40.0, 200.0, 250.0]}


def villemonte(head, tail, n):
    """Share of the free discharge, without any rounding at equal heads."""
    return (1.0 - (np.maximum(tail, 0.0) / head) ** n) ** 0.385


@pytest.mark.parametrize(
    ("shape", "coefficient"),
    [("sharp", 0.62), ("broad", 0.577), ("ogee", 0.75), ("v_notch", 0.58), ("trapezoidal", 0.62)],
)
@pytest.mark.parametrize("tail", [-0.2, 0.3, 0.75])
def test_shapes_and_their_default_coefficients(shape, coefficient, tail):
    """H = 0.8 above a crest at 0.1; notch of 60 degrees; trapezoid of 2 m with slopes of 1/4."""
    keys = {"v_notch": {"angle": 60.0}, "trapezoidal": {"crest_width": 2.0, "side_slope": 0.25}}.get(
        shape, {"crest_width": 2.0}
    )
    width = keys.get("crest_width", 0.0)
    slope = {"v_notch": 3.0**-0.5, "trapezoidal": 0.25}.get(shape, 0.0)
    level = 2.0 / 3.0 * coefficient * ROOT * width * 0.8**1.5 * villemonte(0.8, tail, 1.5)
    ends = 8.0 / 15.0 * coefficient * ROOT * slope * 0.8**2.5 * villemonte(0.8, tail, 2.5)
    law = discharge("weir", 0.9, 0.1 + tail, crest_level=0.1, shape=shape, **keys)
    assert law == pytest.approx(level + ends, rel=1e-9)


def test_table_weir_is_its_table_and_drowns_like_a_level_crest():
    table = {"head": [0.0, 0.5, 1.0], "discharge": [0.0, 0.4, 2.0]}
    keys = {"crest_level": 2.0, "shape": "table", "table": table}
    assert discharge("weir", [1.9, 2.25, 2.75, 3.5], **keys) == pytest.approx([0.0, 0.2, 1.2, 3.6], rel=1e-14)
    drowned = discharge("weir", 2.75, 2.5, **keys)
    assert drowned == pytest.approx(1.2 * villemonte(0.75, 0.5, 1.5), rel=1e-9)


def test_rehbock_is_his_formula_from_30_mm_on_and_starts_from_nothing():
    keys = {"crest_level": 0.0, "crest_width": 1.5, "crest_height": 0.5, "discharge_coefficient": "rehbock"}
    head = np.array([0.03, 0.1, 0.4])
    formula = 2.0 / 3.0 * ROOT * 1.5 * (0.602 + 0.083 * head / 0.5) * (head + 0.0012) ** 1.5
    assert discharge("weir", head, **keys) == pytest.approx(formula, rel=1e-12)
    low = np.array([0.0, 1e-9, 1e-3, 0.029])
    plain = 2.0 / 3.0 * ROOT * 1.5 * 0.602 * low**1.5
    got = discharge("weir", low, **keys)
    assert got[0] == 0.0
    assert got[1] == pytest.approx(plain[1], rel=1e-4)
    assert np.all((got >= plain) & (got <= 1.1 * plain))


def pieces(up, down, per_slice=2000):
    """The levee's crest cut into level pieces, each a weir drowned by its own heads (midpoint rule)."""
    level, length = np.array(TABLE["level"]), np.array(TABLE["length"])
    z, width = [level[:1]], [length[:1]]
    for k in range(len(level) - 1):
        edges = np.linspace(level[k], level[k + 1], per_slice + 1)
        z.append(0.5 * (edges[1:] + edges[:-1]))
        width.append(np.full(per_slice, (length[k + 1] - length[k]) / per_slice))
    z, width = np.concatenate(z), np.concatenate(width)
    z, width = z[z < up], width[z < up]
    return 2.0 / 3.0 * 0.577 * ROOT * (width * (up - z) ** 1.5 * villemonte(up - z, down - z, 1.5)).sum()


@pytest.mark.parametrize("up", [1.0, 1.2, 1.55, 1.7, 2.8, 4.0])
def test_free_levee_is_the_sum_of_its_pieces(up):
    assert discharge("levee", up, 0.0, table=TABLE) == pytest.approx(pieces(up, 0.0), rel=1e-6)


@pytest.mark.parametrize(("up", "down"), [(1.7, 1.3), (1.7, 1.65), (2.8, 2.0), (2.8, 2.79), (4.0, 3.5), (4.0, 3.999)])
def test_drowned_levee_is_at_most_3_percent_more_than_the_sum_of_its_pieces(up, down):
    law = discharge("levee", up, down, table=TABLE)
    assert 1.0 - 1e-6 < law / pieces(up, down) < 1.03
    assert discharge("levee", down, up, table=TABLE) == -law


def test_level_levee_is_a_broad_weir():
    up, down = np.array([0.5, 2.0, 2.0]), np.array([0.0, 1.0, 1.9])
    levee = discharge("levee", up, down, table={"level": [0.7], "length": [12.0]})
    weir = discharge("weir", up, down, crest_level=0.7, crest_width=12.0, shape="broad")
    assert levee == pytest.approx(weir, rel=1e-12)


def test_crest_below_the_bed_counts_as_level_with_it():
    """The bed at 1.55 m cuts the second slice in its middle, where 120 m of crest lie lower."""
    ends = Ends(Curve.from_table([1.55, 3.0], area=[100.0, 100.0]), None, 1e-4)
    cut = {"level": [1.55, 1.6, 3.0], "length": [120.0, 200.0, 250.0]}
    up = np.array([1.6, 2.5])
    assert discharge("levee", up, ends=ends, table=TABLE) == pytest.approx(discharge("levee", up, table=cut), rel=1e-12)


GATE = {"sill_level": 0.0, "width": 2.0, "opening": 1.0}
JET = 0.61


@pytest.mark.parametrize(
    ("head", "tail"), [(6.1, 4.0), (6.1, 6.0), (3.0, 2.6), (1.5, 1.45), (1.22, 1.21), (60.0, 20.0)]
)
def test_drowned_gate_keeps_energy_and_momentum(head, tail):
    """The depth over the jet, worked back from the discharge by energy, balances momentum with the tailwater."""
    q = discharge("gate", head, tail, **GATE) / 2.0
    depth = head - q**2 / (2.0 * GRAVITY * JET**2)
    assert JET < depth < tail
    upstream = 0.5 * depth**2 + q**2 / (GRAVITY * JET)
    assert upstream == pytest.approx(0.5 * tail**2 + q**2 / (GRAVITY * tail), rel=1e-9)


@pytest.mark.parametrize(("ratio", "less"), [(0.05, 0.11), (0.1, 0.255)])
def test_plain_orifice_gives_less_than_energy_and_momentum_at_half_the_head(ratio, less):
    head = JET / ratio
    plain = 2.0 * JET * np.sqrt(2.0 * GRAVITY * 0.5 * head)
    assert plain / discharge("gate", head, 0.5 * head, **GATE) == pytest.approx(1.0 - less, abs=3e-3)


def test_between_free_and_drowned_the_gate_is_at_most_14_percent_below_both():
    """Free up to the conjugate depth of the jet, by momentum alone, and never more than free."""
    below = []
    for ratio in np.linspace(0.02, 0.6, 59):
        head = JET / ratio
        free = 2.0 * JET * np.sqrt(2.0 * GRAVITY * (head - JET))
        conjugate = 0.5 * JET * (np.sqrt(1.0 + 16.0 * (head - JET) / JET) - 1.0)
        q = discharge("gate", head, np.linspace(JET, min(conjugate, 0.999 * head), 40), **GATE)
        assert q.max() <= free * (1.0 + 1e-12)
        below.append(1.0 - q.min() / free)
    assert 0.13 < max(below) < 0.14
