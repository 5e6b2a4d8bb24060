"""Inlet control of boxes against HDS-5's equations A.1 to A.3, written out here with the constants of its charts.

HDS-5, 3rd edition (FHWA-HIF-12-026), appendix A; the constants are those of its table A.1. In SI, X = 1.811 Q/(A D^0.5):

    A.1  form 1, X up to 3.5       HW/D = Hc/D + K X^M + Ks S
    A.2  form 2, X up to 3.5       HW/D = K X^M
    A.3  submerged, X from 4.0     HW/D = c X^2 + Y + Ks S

with Ks = -0.5. Form 2 has no term for the slope.
"""

from __future__ import annotations

import numpy as np
import pytest

from deltasim.constants import GRAVITY
from deltasim.links import LINKS, Ends
from deltasim.links.hds5 import INLETS, inlet_headwater

WIDTH, HEIGHT, SLOPE = 3.0, 2.0, 0.04
UNIT = WIDTH * HEIGHT * np.sqrt(HEIGHT)
"""A D^0.5."""

# Name: form, K, M, c, Y.
CHARTS = {
    # Chart 8, scale 2: headwall square to the barrel or wingwalls at 15 degrees, crown edge square.
    "box_square_edge": (1, 0.061, 0.75, 0.0400, 0.80),
    # Chart 9, scale 1: wingwalls at 45 degrees, top edge bevelled by 0.043 D.
    "box_wingwalls_45_top_bevel": (2, 0.510, 0.667, 0.0309, 0.80),
    # Chart 9, scale 2: wingwalls at 18 to 33.7 degrees, top edge bevelled by 0.083 D.
    "box_wingwalls_18_to_33_top_bevel": (2, 0.486, 0.667, 0.0249, 0.83),
    # Chart 10, scale 1: 90 degree headwall, edges square but for chamfers of 3/4 inch.
    "box_headwall_chamfer": (2, 0.515, 0.667, 0.0375, 0.79),
    # Chart 10, scale 2: 90 degree headwall, bevels of 45 degrees.
    "box_headwall_bevel_45": (2, 0.495, 0.667, 0.0314, 0.82),
    # Chart 10, scale 3: 90 degree headwall, bevels of 33.7 degrees.
    "box_headwall_bevel_33": (2, 0.486, 0.667, 0.0252, 0.865),
}


def unsubmerged(name, x, slope):
    """HW/D by equation A.1 or A.2; critical depth of a rectangle is (q^2/g)^(1/3), its energy 1.5 of it."""
    form, k, m, _, _ = CHARTS[name]
    if form == 2:
        return k * x**m
    discharge = x * UNIT / 1.811
    critical = (discharge / WIDTH) ** (2.0 / 3.0) / GRAVITY ** (1.0 / 3.0)
    return 1.5 * critical / HEIGHT + k * x**m - 0.5 * slope


def submerged(name, x, slope):
    """HW/D by equation A.3."""
    _, _, _, c, y = CHARTS[name]
    return c * x**2 + y - 0.5 * slope


def box(name, slope):
    keys = {"shape": "box", "width": WIDTH, "height": HEIGHT, "length": 20.0, "manning_n": 0.012, "inlet": name}
    keys |= {"invert_level_from": 20.0 * slope, "invert_level_to": 0.0}
    return LINKS["culvert"].model.model_validate({"name": "x", "from": "a", "to": "b", **keys})


def ratio_of(name, x, slope):
    """HW/D that deltasim's inlet asks for."""
    q = np.array([x * UNIT / 1.811])
    return inlet_headwater(INLETS[name], box(name, slope).barrel, q, slope)[0] / HEIGHT


@pytest.mark.parametrize("name", CHARTS)
def test_the_constants_are_those_of_the_chart(name):
    edge = INLETS[name]
    assert (edge.form, edge.k, edge.m, edge.c, edge.y) == CHARTS[name]


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("slope", [0.0, SLOPE])
def test_headwater_in_both_ranges_and_straight_between(name, slope):
    for x in (1.5, 2.5, 3.5):
        assert ratio_of(name, x, slope) == pytest.approx(unsubmerged(name, x, slope), rel=2e-3)
    for x in (4.0, 5.0, 8.0):
        assert ratio_of(name, x, slope) == pytest.approx(submerged(name, x, slope), rel=2e-3)
    low, high = unsubmerged(name, 3.5, slope), submerged(name, 4.0, slope)
    assert ratio_of(name, 3.75, slope) == pytest.approx(0.5 * (low + high), rel=2e-3)


def test_headwaters_worked_out_by_hand():
    """X = 2 and 5 on a slope of 0.04: 2^0.667 = 1.58782, 2^0.75 = 1.68179; q = 2 D^1.5/1.811, so that
    Hc/D = 1.5 (2/1.811)^(2/3)/g^(1/3) = 0.74868.

    Chart 8, scale 2: 0.74868 + 0.061 1.68179 - 0.02 = 0.83127; 0.04 25 + 0.80 - 0.02 = 1.78.
    Chart 10, scale 1: 0.515 1.58782 = 0.81773; 0.0375 25 + 0.79 - 0.02 = 1.7075.
    Chart 10, scale 2: 0.495 1.58782 = 0.78597; 0.0314 25 + 0.82 - 0.02 = 1.585.
    """
    for name, low, high in (
        ("box_square_edge", 0.83127, 1.78),
        ("box_headwall_chamfer", 0.81773, 1.7075),
        ("box_headwall_bevel_45", 0.78597, 1.585),
    ):
        assert ratio_of(name, 2.0, SLOPE) == pytest.approx(low, rel=1e-3)
        assert ratio_of(name, 5.0, SLOPE) == pytest.approx(high, rel=1e-3)


@pytest.mark.parametrize("name", ["box_square_edge", "box_headwall_chamfer", "box_headwall_bevel_45"])
def test_the_law_of_a_steep_box_is_its_inlet(name):
    """Short, smooth and steep with a free outfall: the headwater of HDS-5's equations lets the discharge through."""
    link = box(name, SLOPE)
    parameters = LINKS["culvert"].build([link], [Ends(None, None, 1e-4)])
    for x, ratio in ((2.5, unsubmerged(name, 2.5, SLOPE)), (5.0, submerged(name, 5.0, SLOPE))):
        level = link.invert_level_from + ratio * HEIGHT
        q = LINKS["culvert"].law.py_func(parameters, 0, level, -1e9, 1.0)[0]
        assert q == pytest.approx(x * UNIT / 1.811, rel=5e-3)
