"""The breach's law in closed form, its equations, and what it asks of the solver."""

from __future__ import annotations

import numpy as np
import pytest

from deltasim.constants import GRAVITY
from deltasim.errors import ScenarioError
from deltasim.geometry import Curve
from deltasim.links import LINKS, Ends, Switch
from deltasim.links.froehlich import froehlich_1995, froehlich_2008
from deltasim.scenario import from_text

NOWHERE = Ends(None, None, 1e-4)
KEYS = {"crest_level": 5.0, "bottom_level": 1.0, "bottom_width": 20.0, "side_slope": 0.5, "development_time": 1800.0}
FREE = 0.577 * np.sqrt(2.0 * GRAVITY)


def breach(**keys):
    keys = {"trigger": {"stage": 4.5}, **keys}
    return LINKS["breach"].model.model_validate({"name": "gap", "from": "polder", "to": "b", **keys})


def flow(link, h_up, h_down, development, end=NOWHERE):
    return LINKS["breach"].law.py_func(LINKS["breach"].build([link], [end]), 0, h_up, h_down, development)


def bed(level):
    """Ends of which the one has a bed at that level, 1e6 m2 wide."""
    return Ends(Curve.from_table([level], [1e6]), None, 1e-4)


def test_fully_developed_below_the_crest_it_is_a_trapezoidal_weir():
    """Q = C_d sqrt(2g) (2/3 b H^1.5 + 8/15 m H^2.5)."""
    free = FREE * (2.0 / 3.0 * 20.0 * 3.0**1.5 + 8.0 / 15.0 * 0.5 * 3.0**2.5)
    assert flow(breach(**KEYS), 4.0, -1e6, 1.0)[0] == pytest.approx(free, rel=1e-12)


def test_drowned_each_term_after_villemonte_with_its_own_exponent():
    flat = 2.0 / 3.0 * 20.0 * 3.0**1.5 * (1.0 - (2.0 / 3.0) ** 1.5) ** 0.385
    side = 8.0 / 15.0 * 0.5 * 3.0**2.5 * (1.0 - (2.0 / 3.0) ** 2.5) ** 0.385
    assert flow(breach(**KEYS), 4.0, 3.0, 1.0)[0] == pytest.approx(FREE * (flat + side), rel=1e-9)


def test_above_the_crest_it_is_the_sum_of_its_slices():
    """Sides at 1 in 0.5 up to the crest, upright above: b H^1.5 and 2 m dy (H - y)^1.5 over the 4 m of the dike."""
    y = (np.arange(200_000) + 0.5) * 4.0 / 200_000
    slices = 20.0 * 5.5**1.5 + 2.0 * 0.5 * np.sum((5.5 - y) ** 1.5) * 4.0 / 200_000
    assert flow(breach(**KEYS), 6.5, -1e6, 1.0)[0] == pytest.approx(FREE * 2.0 / 3.0 * slices, rel=1e-9)


def test_it_opens_from_nothing_however_high_the_water():
    assert flow(breach(**KEYS), 7.0, 0.0, 0.0)[0] == 0.0
    assert flow(breach(**KEYS), 7.0, 0.0, 1e-9)[0] < 1e-6
    grown = [flow(breach(**KEYS), 7.0, 0.0, s)[0] for s in np.linspace(0.0, 1.0, 101)]
    assert (np.diff(grown) > 0.0).all()


def test_half_developed_the_bottom_is_half_way_down_and_half_as_wide():
    free = FREE * (2.0 / 3.0 * 10.0 * 1.0 + 8.0 / 15.0 * 0.5 * 1.0)
    assert flow(breach(**KEYS), 4.0, -1e6, 0.5)[0] == pytest.approx(free, rel=1e-12)


CUT = {"crest_level": 2.0, "bottom_level": 0.0, "bottom_width": 3.0, "side_slope": 1.0, "development_time": 60.0}


def test_a_bed_above_the_bottom_cuts_the_finished_breach_off():
    """3 m at 0 with sides 1 in 1 are 5 m at 1, where H = 1: c (2/3 5 + 8/15); and 5.5 m at 1.25, where H = 0.75."""
    free = FREE * (2.0 / 3.0 * 5.0 + 8.0 / 15.0)
    assert flow(breach(**CUT), 2.0, -1e6, 1.0, bed(1.0))[0] == pytest.approx(free, rel=1e-12)
    free = FREE * (2.0 / 3.0 * 5.5 * 0.75**1.5 + 8.0 / 15.0 * 0.75**2.5)
    assert flow(breach(**CUT), 2.0, -1e6, 1.0, bed(1.25))[0] == pytest.approx(free, rel=1e-12)
    assert flow(breach(**CUT), 1.0, -1e6, 1.0, bed(1.0))[0] == 0.0


def test_a_breach_that_is_cut_off_grows_as_if_given_so():
    given = breach(**{**CUT, "bottom_level": 1.0, "bottom_width": 5.0})
    for share in (0.1, 0.5, 0.9, 1.0):
        for up, down in ((1.7, 0.0), (2.4, 1.9), (1.95, 1.9)):
            got = flow(breach(**CUT), up, down, share, bed(1.0))
            assert got == pytest.approx(flow(given, up, down, share, bed(1.0)), rel=1e-12)


def test_a_bed_above_the_crest_leaves_a_gap_as_wide_as_it_is_at_the_crest():
    """3 m + 2 (2 m): 7 m, and no sides left below a bed at 2.5."""
    free = FREE * 2.0 / 3.0 * 7.0 * 0.5**1.5
    assert flow(breach(**CUT), 3.0, -1e6, 1.0, bed(2.5))[0] == pytest.approx(free, rel=1e-12)


def test_froehlich():
    """1995 and 2008 by hand for 1e6 m3 and 10 m: 1e6^0.32 = 83.1764, 10^0.19 = 1.548817, 10^0.04 = 1.096478,
    1e6^0.53 = 1513.561, 10^-0.9 = 0.1258925."""
    old, new = froehlich_1995(1e6, 10.0, "overtopping"), froehlich_2008(1e6, 10.0, "piping")
    assert old.mean_width == pytest.approx(0.1803 * 1.4 * 83.1764 * 1.548817, rel=1e-6)
    assert old.time == pytest.approx(0.00254 * 1513.561 * 0.1258925 * 3600.0, rel=1e-6)
    assert new.mean_width == pytest.approx(0.27 * 83.1764 * 1.096478, rel=1e-6)
    assert new.time == pytest.approx(63.2 * np.sqrt(1e6 / 980.665), rel=1e-12)
    assert froehlich_1995(1e6, 10.0, "piping").mean_width * 1.4 == pytest.approx(old.mean_width)
    assert froehlich_2008(1e6, 10.0, "overtopping").mean_width == pytest.approx(1.3 * new.mean_width)
    slopes = [
        f(1e6, 10.0, mode).side_slope for f in (froehlich_1995, froehlich_2008) for mode in ("overtopping", "piping")
    ]
    assert slopes == [1.4, 0.9, 1.0, 0.7]


def test_an_equation_gives_the_mean_width_between_its_slopes():
    link = breach(crest_level=12.0, height=10.0, equation="froehlich_2008", volume=1e6, mode="piping")
    assert link.sill == 2.0
    assert link.final_width_at(2.0) == pytest.approx(froehlich_2008(1e6, 10.0, "piping").mean_width - 7.0)
    narrow = breach(crest_level=12.0, bottom_level=2.0, equation="froehlich_1995", volume=100.0, mode="piping")
    assert narrow.final_width_at(2.0) == 0.0


def test_the_mean_width_is_that_over_the_depth_it_has_whatever_the_height_of_the_dam():
    """The equation is told 10 m, and the breach is 4 m deep: half way down, 2 m, it is as wide as the equation says."""
    keys = {"crest_level": 12.0, "height": 10.0, "equation": "froehlich_2008", "volume": 1e6, "mode": "piping"}
    link = breach(bottom_level=8.0, **keys)
    mean = froehlich_2008(1e6, 10.0, "piping").mean_width
    assert link.final_width_at(10.0) == pytest.approx(mean, rel=1e-12)
    assert link.final_width_at(8.0) == pytest.approx(mean - 0.7 * 4.0, rel=1e-12)
    assert LINKS["breach"].build([link], [NOWHERE]).width[0] == pytest.approx(mean - 0.7 * 4.0, rel=1e-12)


def test_its_trigger_moves_the_development():
    switches = LINKS["breach"].switches
    rate = 1.0 / 1800.0
    assert switches(breach(**KEYS)) == (Switch("setting", "polder.stage >= 4.5", rate=rate),)
    late = breach(**KEYS, trigger={"overtopping_duration": "30 min"})
    assert switches(late) == (Switch("setting", "polder.stage > 5.0", rate=rate, delay=1800.0),)
    assert switches(breach(**KEYS, trigger={"time": 900})) == (Switch("setting", "time >= 900.0", rate=rate),)


SCENARIO = """
[scenario]
start = 2024-01-01
end = 2024-01-02
output_step = "1 h"
[basin.polder]
curve = {{ stage = [0.0], area = [1e4] }}
[boundary.fall]
[breach.gap]
from = "polder"
to = "fall"
crest_level = 5
bottom_level = 1
bottom_width = 20
side_slope = 0.5
development_time = "30 min"
trigger = {{ time = {time} }}
"""


@pytest.mark.parametrize("time", ["2024-01-01T06:00:00", '"2024-01-01T06:00"', "21600", "21600.0"])
def test_a_time_is_read_as_in_a_series(time):
    scenario = from_text(SCENARIO.format(time=time), {}, path="a.toml")
    assert scenario.links["gap"].trigger.time == 21600.0


def test_a_time_with_an_offset_needs_a_clock_with_one():
    text = SCENARIO.replace("start = 2024-01-01", "start = 2024-01-01T00:00:00+08:00")
    text = text.replace("end = 2024-01-02", "end = 2024-01-02T00:00:00+08:00")
    scenario = from_text(text.format(time='"2024-01-01T00:00Z"'), {}, path="a.toml")
    assert scenario.links["gap"].trigger.time == 8 * 3600.0
    with pytest.raises(ScenarioError, match="but the start of the run has none"):
        from_text(SCENARIO.format(time='"2024-01-01T00:00Z"'), {}, path="a.toml")
