"""Wetlands against closed forms, and against an integration by scipy that knows nothing of the package."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from networks import assert_balanced, run, seconds

DAY = 86400.0
FLAT = """
[cover.flat]
crop_coefficient = {{ wet = 1.1, moist = 0.9 }}
[wetland.marsh]
curve = {{ stage = [3.0], area = [5e4] }}
covers = {{ flat = 1.0 }}
et0 = "5 mm/day"
initial_stage = 3.05
soil = {{ depth = 2.0, porosity = 0.45, field_capacity = 0.30, et_depth = 0.2, {reach} }}
"""


@pytest.mark.parametrize("reach", ["root_depth = 0.4", "extinction_depth = 1.5"])
def test_a_flat_marsh_falls_dry(reach):
    """Level over a flat bed that plants alone draw down, in closed form.

    With e = 5 mm/d, S = 0.15: h falls by 1.1 e until the last millimetre, in which the coefficient goes linearly to 0.9,
    a time of 1 mm / (0.2 e) ln(1.1 / 0.9); then by 0.9 e / S down to et_depth; below, of the depth x that is left,
    dx/dt = 0.9 e / S exp(-x / L), so x = L ln(1 + 0.9 e t / (S L)), or 0.9 e / S (1 - x / L), so x = L (1 - exp(...)).
    """
    result = run(FLAT.format(reach=reach), days=250, step="6 h")
    e, yielding, length = 0.005 / DAY, 0.15, float(reach.rpartition("=")[2])
    t = seconds(result)
    above = 0.049 / (1.1 * e)
    bed = above + 0.001 / (0.2 * e) * np.log(1.1 / 0.9)
    speed = 0.9 * e / yielding
    limit = bed + 0.2 / speed
    later = np.maximum(t - limit, 0.0) * speed / length
    beyond = length * (np.log1p(later) if "root" in reach else -np.expm1(-later))
    exact = np.where(t < bed, 3.05 - 1.1 * e * t, 3.0 - np.minimum(speed * (t - bed), 0.2) - beyond)
    known = (t < above) | (t > bed)
    stage = result.stage.values[:, 0]
    assert exact.min() < 3.0 - 0.8
    # The step across the bed is held to a tenth of a millimetre of water, in the pores of the soil that over S.
    assert np.abs(stage - exact)[known].max() < 1e-4 / yielding
    assert np.abs(stage - exact)[[*range(10), *range(-10, 0)]].max() < 2e-5
    assert_balanced(result)
    dry = stage < 3.0
    assert np.all(result.depth.values[dry, 0] == 0.0)
    assert np.all(result.area.values[dry, 0] == 0.0)
    assert np.all(result.area.values[~dry, 0] == 5e4)
    assert result.water_table.values[:, 0] == pytest.approx(np.minimum(stage, 3.0))
    soil = yielding * 5e4 * (np.minimum(stage, 3.0) - 1.0)
    assert result.soil_storage.values[:, 0] == pytest.approx(soil)
    assert result.storage.values[:, 0] == pytest.approx(soil + 5e4 * np.maximum(stage - 3.0, 0.0))


def test_the_soil_runs_dry_and_no_further():
    """With roots down to its bottom the soil gives all it has but the last millimetre, in which evaporation fades."""
    result = run(FLAT.format(reach="root_depth = 100.0"), days=80, step="1 day")
    assert_balanced(result)
    assert 0.0 < result.storage.values[-1, 0] < 5e4 * 1e-3
    assert result.stage.values[-1, 0] > 1.0
    assert -1e-2 * 4.5e-3 * 5e4 / DAY < result.evaporation.values[-1, 0] < 0.0


MARSH = """
[series.et0]
time = ["2024-01-01", "2024-02-10", "2024-03-01", "2024-04-15", "2024-09-01"]
value = [2.0, 6.0, 7.0, 5.0, 1.0]
units = "mm/day"
[series.rain]
time = ["2024-01-01", "2024-01-20", "2024-05-01", "2024-06-15", "2024-09-01"]
value = [1.0, 0.0, 12.0, 2.0, 0.0]
units = "mm/day"
[cover.reed]
crop_coefficient = { wet = [0.3, 0.3, 0.5, 1.0, 1.2, 1.2, 1.2, 1.1, 1.0, 0.7, 0.4, 0.3], moist = 0.9 }
[cover.bare]
crop_coefficient = { wet = 1.05, moist = 0.6 }
[wetland.marsh]
curve = { stage = [1.0, 1.4, 2.0], area = [0.0, 6e4, 1e5] }
covers = { open_water = { below = 1.2 }, reed = { above = 1.2, below = 1.7 }, bare = { above = 1.7 } }
et0 = "series.et0"
rain = "series.rain"
soil = { depth = 2.0, porosity = 0.42, field_capacity = 0.30, root_depth = 0.5, et_depth = 0.3 }
initial_stage = 1.3
groundwater = { stage = 0.1, conductance = "2e-4 m2/s" }
"""

MONTHLY = [0.3, 0.3, 0.5, 1.0, 1.2, 1.2, 1.2, 1.1, 1.0, 0.7, 0.4, 0.3]


def marsh_volume(h):
    """Below the bed 0.12 of 1e5 m2 for each metre; above, two trapezoids and a prism."""
    if h < 1.0:
        return 0.12 * 1e5 * (h + 1.0)
    low, high = min(h - 1.0, 0.4), min(max(h - 1.4, 0.0), 0.6)
    wedge = 0.5 * 1.5e5 * low**2 + 6e4 * high + 0.5 * (4e4 / 0.6) * high**2
    return 2.4e4 + wedge + 1e5 * max(h - 2.0, 0.0)


def marsh_area(h):
    return float(np.interp(h, [1.0, 1.4, 2.0], [0.0, 6e4, 1e5]))


def day_coefficient(day):
    """Of a date of 2024, day 0 being 1 January, at its noon, between the middles of its months."""
    edges = np.array([-31, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366, 397])
    middles = 0.5 * (edges[1:] + edges[:-1])
    return float(np.interp(day + 0.5, middles, [MONTHLY[-1], *MONTHLY, MONTHLY[0]]))


def test_a_marsh_falls_dry_and_fills_again():
    """Bands of elevation, months, soil, rain and groundwater for 240 days, against scipy's Radau day by day."""
    result = run(MARSH, days=240, step="1 day")
    assert_balanced(result)
    stage = result.stage.values[:, 0]
    driest, fullest = int(np.argmin(stage)), 166
    assert driest < fullest
    assert stage[driest] < 1.0 - 0.8
    assert stage[fullest] > 1.0 + 0.4
    h, levels, lost = 1.3, [1.3], []
    for day in range(240):
        et0 = [2.0, 6.0, 7.0, 5.0][int(np.searchsorted([40, 60, 105], day, side="right"))] * 1e-3 / DAY
        rain = [1.0, 0.0, 12.0, 2.0][int(np.searchsorted([19, 121, 166], day, side="right"))] * 1e-3 / DAY
        reed = day_coefficient(day)

        def evaporation(h, et0=et0, reed=reed):
            d = max(1.0 - h, 0.0)
            r = 1.0 if d < 0.3 else np.exp(-(d - 0.3) / 0.5)
            total = 0.0
            for low, high, wet, moist in ((1.0, 1.2, 1.05, 1.05), (1.2, 1.7, reed, 0.9), (1.7, 2.0, 1.05, 0.6)):
                whole = marsh_area(high) - marsh_area(low)
                under = min(max(marsh_area(h) - marsh_area(low), 0.0), whole)
                total += et0 * (wet * under + moist * (whole - under) * r)
            return total

        def slope(_, y, rain=rain, evaporation=evaporation):
            h = y[0]
            q = rain * 1e5 - evaporation(h) + 2e-4 * (0.1 - h)
            return [q / (0.12e5 if h < 1.0 else max(marsh_area(h), 1.0)), evaporation(h)]

        def bed(_, y):
            return y[0] - 1.0

        done = solve_ivp(slope, (0.0, DAY), [h, 0.0], "Radau", rtol=1e-9, atol=1e-9, events=bed, max_step=DAY / 8)
        h = float(done.y[0, -1])
        levels.append(h)
        lost.append(float(done.y[1, -1]))
    assert np.abs(stage - levels).max() < 5e-4
    assert -result.evaporation.values[1:, 0] * DAY == pytest.approx(np.array(lost), rel=5e-3, abs=0.05)
    assert result.storage.values[:, 0] == pytest.approx([marsh_volume(h) for h in stage], rel=1e-9)
    # The storage is continuous: it never moves by more in a day than what is exchanged in one.
    assert np.abs(np.diff(result.storage.values[:, 0])).max() < 12e-3 * 1e5 + 7e-3 * 1.2e5


def test_no_link_draws_water_out_of_the_soil():
    """What pumps, demands, fixed flows, weirs and seepage take together is what stood on the bed, to a millimetre."""
    body = """
    [wetland.marsh]
    curve = { stage = [0.0, 1.0], area = [1e4, 3e4] }
    initial_stage = 0.5
    seepage = "-3 mm/day"
    soil = { depth = 1.5, porosity = 0.5, field_capacity = 0.3 }
    [basin.pit]
    curve = { stage = [-3.0], area = [1e6] }
    [pump.lift]
    from = "marsh"
    to = "pit"
    capacity = 0.02
    [demand.farm]
    from = "marsh"
    discharge = 0.01
    [fixed_flow.leak]
    from = "marsh"
    to = "pit"
    discharge = 0.005
    [weir.low]
    from = "marsh"
    to = "pit"
    crest_level = -1.0
    crest_width = 0.1
    [orifice.hole]
    from = "marsh"
    to = "pit"
    diameter = 0.2
    invert_level = -0.5
    [resistance.bank]
    from = "marsh"
    to = "pit"
    resistance = 1e3
    """
    result = run(body, days=10, step="1 h")
    assert_balanced(result)
    soil = 0.2 * 3e4 * 1.5
    storage = result.storage.sel(node="marsh").values
    assert soil - 1e-4 * 1e4 < storage.min() < soil + 1e-3 * 1e4
    assert float(result.depth.sel(node="marsh")[-1]) < 1e-3
    assert float(result.shortage.sel(link="farm")[-1]) > 0.0099


def of_lake(form, days=400, stage="2.0"):
    return run(
        f"""
        [basin.lake]
        curve = {{ stage = [0.0], area = [5e4] }}
        initial_stage = 1.0
        groundwater = {{ stage = {stage}, {form} }}
        """,
        days=days,
        step="1 day",
    )


def test_a_lake_follows_its_aquifer():
    """C = K L W / M = 1e-6 m/s 1000 m 50 m / 0.5 m = 0.1 m2/s: the difference falls as exp(-C t / A)."""
    result = of_lake('hydraulic_conductivity = "1e-6 m/s", length = 1000, width = 50, thickness = 0.5', days=20)
    exact = 2.0 - np.exp(-0.1 * seconds(result) / 5e4)
    assert result.stage.values[:, 0] == pytest.approx(exact, abs=1e-4)
    assert_balanced(result)


def test_a_conductance_may_change():
    """It doubles on day 5, as where a liner was torn: the difference is exp(-C t / A) of what it was, each time."""
    result = of_lake("conductance = { time = [0, 432000, 864000], value = [0.02, 0.04, 0.04] }", days=10)
    t = seconds(result)
    exact = 2.0 - np.exp(-0.02 * (t + np.maximum(t - 5 * DAY, 0.0)) / 5e4)
    assert result.stage.values[:, 0] == pytest.approx(exact, abs=1e-4)


def test_a_round_lake_after_dupuit():
    """dh/dt = k (H^2 - h^2) with k = pi K / (A ln(R / r)), so h = H tanh(k H t + artanh(h0 / H)), above the base at -8."""
    form = "hydraulic_conductivity = 1e-4, base_level = -8.0, radius = 126.0, distance = 1000.0"
    result = of_lake(form, days=200)
    k = np.pi * 1e-4 / (5e4 * np.log(1000.0 / 126.0))
    exact = 10.0 * np.tanh(k * 10.0 * seconds(result) + np.arctanh(9.0 / 10.0)) - 8.0
    assert exact[-1] - exact[0] > 0.1
    assert result.stage.values[:, 0] == pytest.approx(exact, abs=1e-4)
    assert_balanced(result)


def test_groundwater_drains_the_soil_to_its_bottom_and_not_the_bed_alone():
    """A well far below: the water table falls as exp(-C t / (S A)) towards the bottom of the soil, 2 m below the bed."""
    result = run(
        """
        [wetland.marsh]
        curve = { stage = [0.0], area = [5e4] }
        groundwater = { stage = -30.0, conductance = 2e-3 }
        soil = { depth = 2.0, porosity = 0.4, field_capacity = 0.2, initial_water_table = 0.0 }
        """,
        days=100,
        step="1 day",
    )
    exact = -2.0 + 2.0 * np.exp(-2e-3 * seconds(result) / (0.2 * 5e4))
    assert result.stage.values[:, 0] == pytest.approx(exact, abs=1e-4)
    assert_balanced(result)
