"""Manning's law in chains of channels: analytic case 3, backwater curves, a flood wave."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.sparse import diags

from networks import run, seconds

P = "{ stage = [0.0, 1.0], area = [0.01, 100.0] }"


def conveyance(width, n, depth):
    """A R^(2/3) / n of a rectangle."""
    return (width * depth) ** (5.0 / 3.0) / (width + 2.0 * depth) ** (2.0 / 3.0) / n


@pytest.mark.parametrize(("high", "tolerance", "error"), [(9.5, 1e-4, 1e-4 * 9.5), (8.5, 1e-9, 1e-7)])
def test_manning_between_two_ponds(high, tolerance, error):
    """Case 3: Q = K((h1 + h2) / 2) sqrt((h1 - h2) / L) from 9.5 and 4.5 m; h1 + h2 stays, as both areas are 100 m2.

    So h1' = -K(7) sqrt((2 h1 - 14) / L) / 100, whose root falls linearly: h1 = 7 + ((sqrt(2.5) - c t)^2), with
    c = K(7) sqrt(2 / L) / 200. K at the mean depth of 7 m; no rounding of the slope. Until 4.5 m have risen a little
    they are lower than where Q is largest, and a reach then carries that, 0.1 % more; from 8.5 m it is the formula to
    whatever tolerance is asked for.
    """
    result = run(
        f"""
        [basin.high]
        curve = {P}
        initial_stage = {high}
        [basin.low]
        curve = {P}
        initial_stage = {14.0 - high}
        [reach.canal]
        from = "high"
        to = "low"
        cross_section = {{ bottom_width = 50.0 }}
        bed_level = 0.0
        length = 2000.0
        manning_n = 1e7
        """,
        days=366,
        step="1 day",
        tolerance=tolerance,
    )
    h1, h2 = result.stage.values.T
    c = conveyance(50.0, 1e7, 7.0) * np.sqrt(2.0 / 2000.0) / 200.0
    exact = 7.0 + (np.sqrt(high - 7.0) - c * seconds(result)) ** 2
    if high == 9.5:
        assert exact[[100, 366]] == pytest.approx([9.05270, 8.07732], abs=1e-5)
        assert h1[[100, 366]] == pytest.approx([9.05270, 8.07732], abs=1e-4)
    assert np.abs(h1 - exact).max() < error
    assert h1 + h2 == pytest.approx(14.0, abs=1e-9)


WIDTH, ROUGHNESS, LENGTH, DISCHARGE = 1.0, 0.04, 1000.0, 5.0


def canal(slope, outlet, initial_depth=2.0):
    """Depths from the head down and discharges of 50 cells, the first and the last reach half a cell, at rest."""
    result = run(
        f"""
        [junction.head]
        bed_level = {slope * LENGTH}
        [reach.first]
        from = "head"
        to = "canal@0 m"
        cross_section = {{ bottom_width = {WIDTH} }}
        length = 10.0
        manning_n = {ROUGHNESS}
        bed_level_from = {slope * LENGTH}
        [river.canal]
        cross_section = {{ bottom_width = {WIDTH} }}
        length = "1 km"
        cells = 50
        bed_level_upstream = {slope * LENGTH}
        bed_level_downstream = 0.0
        manning_n = {ROUGHNESS}
        initial_depth = {initial_depth}
        to = "lake"
        [boundary.lake]
        {outlet}
        [inflow.spring]
        to = "head"
        discharge = {DISCHARGE}
        """
    )
    last = result.isel(time=-1)
    return last.depth.values[:51], last.discharge.values


def standard_step(slope, depth):
    """Depths of the steady profile without velocity head: dd/dx = Q^2 / K^2 - S from the outlet upstream."""

    def rise(_, d):
        return (DISCHARGE / conveyance(WIDTH, ROUGHNESS, d)) ** 2 - slope

    x = np.concatenate((10.0 + 20.0 * np.arange(50), [LENGTH]))
    return solve_ivp(rise, (0.0, LENGTH), [depth], t_eval=x, rtol=1e-10, atol=1e-12).y[0][::-1]


@pytest.mark.parametrize(("slope", "depth"), [(0.0, 2.0), (0.01, 2.0), (0.01, 5.0)])
def test_backwater(slope, depth):
    """Flat; on a slope drawn down from the uniform depth of 3.47 m, and backed up: the friction-only profile."""
    found, discharge = canal(slope, f"stage = {depth}")
    assert found == pytest.approx(standard_step(slope, depth), rel=2e-3)
    assert discharge == pytest.approx(DISCHARGE, rel=1e-6)


@pytest.mark.parametrize(
    ("outlet", "direction"), [("stage = 0.5", -1), ("stage = 2.0", -1), ("stage = 5.0", 1), ("stage = 9.5", 1)]
)
def test_depths_are_monotone_along_a_slope(outlet, direction):
    found, discharge = canal(0.01, outlet)
    assert np.all(direction * np.diff(found) > 0.0)
    assert discharge == pytest.approx(DISCHARGE, rel=1e-6)


@pytest.mark.parametrize("start", [0.5, 1.0, 1.4])
@pytest.mark.parametrize("slope", [0.01, 0.3])
def test_uniform_flow_is_exact_on_any_slope(slope, start):
    """Into a free outfall, whose friction slope is the bed's, and on the steep bed above any tailwater.

    From whatever depth it starts, ten days on; from the uniform one it never leaves it.
    """
    normal = brentq(lambda d: conveyance(WIDTH, ROUGHNESS, d) * np.sqrt(slope) - DISCHARGE, 0.1, 10.0)
    for outlet in ("", "stage = 0.5"):
        if outlet and slope < 0.1:
            continue
        found, discharge = canal(slope, outlet, initial_depth=start * normal)
        assert found == pytest.approx(normal, abs=1e-6)
        assert discharge == pytest.approx(DISCHARGE, rel=1e-6)


def test_a_steep_river_is_drowned_only_where_the_lake_reaches():
    """Bed falling 0.3, a lake 30 m deep: it reaches 100 m up; above, the flow is uniform."""
    normal = brentq(lambda d: conveyance(WIDTH, ROUGHNESS, d) * np.sqrt(0.3) - DISCHARGE, 0.1, 10.0)
    found, _ = canal(0.3, "stage = 30.0", initial_depth=normal)
    bed = 300.0 - 0.3 * np.concatenate(([0.0], 10.0 + 20.0 * np.arange(50)))
    assert found[bed > 36.0] == pytest.approx(normal, abs=1e-6)
    assert (bed + found)[bed < 20.0] == pytest.approx(30.0, abs=0.02)
    assert np.all(np.diff(found) > -1e-9)


B, SLOPE, N = 50.0, 2e-4, 0.03
RISE = ([0.0, 21600.0, 64800.0, 172800.0], [100.0, 600.0, 100.0, 100.0])


def fine_wave(cells, start):
    """Discharge (cells + 1, time) between the cells of a diffusive wave, by finite volumes and BDF, every 5 minutes."""
    dx = 40000.0 / cells
    bed = -SLOPE * dx * np.arange(cells)

    def flow(t, d):
        fall = -np.diff(bed + d) / dx
        inner = conveyance(B, N, 0.5 * (d[1:] + d[:-1])) * np.sign(fall) * np.sqrt(np.abs(fall))
        return np.concatenate(([np.interp(t, *RISE)], inner, [conveyance(B, N, d[-1]) * np.sqrt(SLOPE)]))

    solution = solve_ivp(
        lambda t, d: -np.diff(flow(t, d)) / (dx * B),
        (0.0, 172800.0),
        np.full(cells, start),
        method="BDF",
        jac_sparsity=diags([1.0, 1.0, 1.0], [-1, 0, 1], shape=(cells, cells)),
        t_eval=np.arange(0.0, 172801.0, 300.0),
        max_step=1800.0,
        rtol=1e-6,
        atol=1e-6,
    )
    return np.transpose([flow(t, d) for t, d in zip(solution.t, solution.y.T, strict=True)])


def test_a_flood_wave_down_a_river():
    """100 to 600 m3/s in 6 h and back in 12 h, 40 km down: against ten times as many cells.

    Peak of the discharge within 1 %, time of half the rise within an output step of 5 minutes; half way down and at the
    mouth. Means over those 5 minutes, of both.
    """
    start = brentq(lambda d: conveyance(B, N, d) * np.sqrt(SLOPE) - 100.0, 0.1, 10.0)
    result = run(
        f"""
        [river.guangli]
        cross_section = {{ bottom_width = {B} }}
        length = "40 km"
        cells = 80
        bed_level_upstream = 8.0
        bed_level_downstream = 0.0
        manning_n = {N}
        initial_depth = {start}
        to = "sea"
        [boundary.sea]
        [inflow.flood]
        to = "guangli@0 km"
        discharge = {{ time = {RISE[0]}, value = {RISE[1]} }}
        """,
        days=2,
        step="5 min",
    )
    reference = fine_wave(800, start)
    time = seconds(result)[1:]
    for reach, fine in (("guangli_040_041", 400), ("guangli_080_sea", 800)):
        q = result.discharge.sel(link=reach).values[1:]
        q_fine = 0.5 * (reference[fine, 1:] + reference[fine, :-1])

        def half_rise(values):
            half = 0.5 * (100.0 + values.max())
            k = int(np.argmax(values > half))
            return np.interp(half, values[k - 1 : k + 1], time[k - 1 : k + 1])

        assert q.max() == pytest.approx(q_fine.max(), rel=0.01)
        assert half_rise(q) == pytest.approx(half_rise(q_fine), abs=300.0)
    assert result.attrs["solver_steps"] < 200
