"""The culvert's law where it is known in closed form, and the tables it is made of."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from deltasim.constants import GRAVITY
from deltasim.geometry import Curve
from deltasim.links import LINKS, Ends
from deltasim.links.barrel import Barrel
from deltasim.links.hds5 import INLETS, inlet_headwater
from deltasim.network import lowest_sills

NOWHERE = Ends(None, None, 1e-4)
BOX = {"shape": "box", "width": 3.0, "height": 2.0, "length": 100.0, "manning_n": 0.025}


def culvert(**keys):
    return LINKS["culvert"].model.model_validate({"name": "x", "from": "a", "to": "b", **keys})


def flow(link, h_from, h_to, end=NOWHERE):
    return LINKS["culvert"].law.py_func(LINKS["culvert"].build([link], [end]), 0, h_from, h_to, 1.0)[0]


def test_full_and_drowned_it_is_the_sum_of_losses():
    """h = (ke + kx + 2 g n^2 L / R^(4/3)) V^2 / 2g, twice over with two barrels, the same both ways."""
    link = culvert(**BOX, invert_level_from=0.5, invert_level_to=0.0, entrance_loss=0.4, barrels=2)
    radius = 6.0 / 10.0
    speed = np.sqrt(2.0 * GRAVITY * 0.3 / (1.4 + 2.0 * GRAVITY * 0.025**2 * 100.0 / radius ** (4.0 / 3.0)))
    assert flow(link, 5.3, 5.0) == pytest.approx(2.0 * 6.0 * speed, rel=1e-9)
    assert flow(link, 5.0, 5.3) == pytest.approx(-2.0 * 6.0 * speed, rel=1e-9)


def test_level_and_partly_full_it_is_the_whole_profile():
    """Without local losses Q^2 dx = -K^2(y) dy, so that Q^2 L is the sum of K^2 between both depths.

    Long, so that the velocity head, which only the free outfall's table knows, does not bind.
    """
    link = culvert(
        **{**BOX, "length": 2000.0}, invert_level_from=1.0, invert_level_to=1.0, entrance_loss=0.0, exit_loss=0.0
    )
    barrel = link.barrel
    summed, _ = quad(lambda y: barrel.conveyance(np.array([y]), 0.025)[0] ** 2, 0.7, 1.1)
    assert flow(link, 2.1, 1.7) == pytest.approx(np.sqrt(summed / 2000.0), rel=1e-3)


def test_on_a_mild_slope_it_holds_normal_depth():
    """With equal depths at both ends and no local losses Q = K(y) sqrt(S)."""
    link = culvert(
        diameter=1.5,
        length=200.0,
        manning_n=0.024,
        invert_level_from=0.2,
        invert_level_to=0.0,
        entrance_loss=0.0,
        exit_loss=0.0,
    )
    depth = 0.8
    normal = Barrel(0.0, 1.5).conveyance(np.array([depth]), 0.024)[0] * np.sqrt(0.2 / 200.0)
    assert flow(link, 0.2 + depth, depth) == pytest.approx(normal, rel=1e-3)


def test_a_short_level_box_runs_at_critical_depth_at_its_outlet():
    """Hardly any friction, no entrance loss, free outfall: HW is at least the critical energy 1.5 dc, and inlet
    control (form 1: Hc and a little) asks for little more."""
    link = culvert(**{**BOX, "length": 5.0, "manning_n": 0.01}, invert_level_from=0.0, invert_level_to=0.0)
    q = flow(link, 0.9, -1e6)
    critical = 3.0 * np.sqrt(GRAVITY) * (0.9 / 1.5) ** 1.5
    assert 0.75 * critical < q < critical


@pytest.mark.parametrize("name", INLETS)
@pytest.mark.parametrize("slope", [0.0, 0.002, 0.03, -0.01])
def test_every_inlet_asks_for_more_head_the_more_it_takes(name, slope):
    """From a trickle to twelve times what fills it, without a jump between the two ranges of HDS-5."""
    barrel = Barrel(0.0, 1.2) if name.startswith("circular") else Barrel(2.0, 1.2)
    q = np.geomspace(1e-6, 12.0, 4000) * barrel.full_area * np.sqrt(1.2)
    head = inlet_headwater(INLETS[name], barrel, q, slope)
    assert head[0] > 0.0
    assert (np.diff(head) > 0.0).all()
    assert (np.diff(head) / head[:-1]).max() < 0.02


@pytest.mark.parametrize("drop", [-2.0, -0.3, 0.0, 0.3, 2.0, 12.0])
@pytest.mark.parametrize("keys", [BOX, {"diameter": 0.6, "length": 40.0, "manning_n": 0.012}])
def test_a_free_outfall_rises_gently_with_the_head(drop, keys):
    """No sudden growth where one control takes over from another, rising, level or steep: dlnQ/dlnH below 8.

    A weir has 1.5 and a circular section at its bottom 2; where a profile hands over to HDS-5's full barrel it may be
    more. On a rising barrel the still water in front of it is no head; on a steep one HDS-5 asks for less head than the
    profile, and a headwater that passed from the one to the other over the discharge would fall.
    """
    link = culvert(**keys, invert_level_from=drop, invert_level_to=0.0)
    height = link.barrel.height
    head = height * np.linspace(0.05, 4.0, 800)
    q = np.array([flow(link, max(drop, 0.0) + h, -1e9) for h in head])
    assert (np.diff(np.log(q)) / np.diff(np.log(head))).max() < 8.0


def test_a_shallow_end_throttles_a_deep_barrel():
    """Over a sill under 0.1 m of water at most A sqrt(2 g dh) passes, however full the rest of the barrel is."""
    link = culvert(
        diameter=0.6, length=40.0, manning_n=0.012, invert_level_from=-2.0, invert_level_to=0.0, exit_loss=0.0
    )
    area = link.barrel.area(np.array([0.1]))[0]
    for fall in (1e-4, 1e-3, 3e-3):
        high, low = 0.1 + 0.5 * fall, 0.1 - 0.5 * fall
        for q in (flow(link, high, low), -flow(link, low, high)):
            assert 0.0 < q <= area * np.sqrt(2.0 * GRAVITY * fall) * 1.01


def test_barrel_and_profile_do_not_cross_where_stages_are_nearly_equal():
    """Over the micrometre in which the root is straight its slope falls steadily: it has no corner there."""
    link = culvert(diameter=0.8, length=20.0, manning_n=0.012, invert_level_from=0.2, invert_level_to=0.0)
    parameters = LINKS["culvert"].build([link], [NOWHERE])
    slopes = [
        LINKS["culvert"].law.py_func(parameters, 0, 0.40647 + fall, 0.40647, 1.0)[1]
        for fall in np.linspace(0.0, 5e-6, 1001)
    ]
    assert (np.abs(np.diff(slopes)) < 0.02 * np.array(slopes[1:])).all()


def test_nothing_flows_below_the_higher_invert_or_out_of_a_dry_bed():
    link = culvert(diameter=0.5, length=10.0, manning_n=0.012, invert_level_from=0.0, invert_level_to=0.4)
    assert flow(link, 0.4, -1e6) == 0.0
    assert flow(link, 0.41, -1e6) > 0.0
    silted = Ends(Curve.from_table([0.6], area=[10.0]), None, 1e-4)
    assert flow(link, 0.6, -1e6, silted) == 0.0
    assert flow(link, 0.7, -1e6, silted) > 0.0


def test_a_junction_at_either_end_takes_the_invert_there_for_its_bed():
    link = culvert(diameter=0.5, length=10.0, manning_n=0.012, invert_level_from=0.6, invert_level_to=0.4)
    assert lowest_sills({"x": link}) == {"a": 0.6, "b": 0.4}
