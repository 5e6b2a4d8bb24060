"""Suitability over ground: against a sum over the cells of a terrain, and against integrals done by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from deltasim.errors import IndicatorError
from deltasim.geometry import Curve
from deltasim.indicators import SPECIES, Gaussian, Table, Trapezoid, habitat, suitability
from deltasim.indicators.response import read_response

STAGES = xr.DataArray([0.9, 1.0, 1.13, 1.5, 2.2, 3.7], dims="case", attrs={"units": "m"})


def terrain():
    """A bowl in a plain with a level floor: elevations of a million cells of 1 m2, and the curve they make.

    The cells of each slice are spread evenly over it, so the area is linear in stage between the rows of the curve and the
    sum over cells differs from the integral by the midpoint rule's error alone, (dz/dx)^2 / 24.
    """
    level, area = np.array([1.0, 1.4, 2.0, 3.0]), np.array([1e5, 3e5, 4e5, 1e6])
    cells = [np.full(100_000, 1.0)]
    for low, high, count in zip(level, level[1:], np.diff(area).astype(int), strict=False):
        cells.append(low + (high - low) * (np.arange(count) + 0.5) / count)
    return np.concatenate(cells), Curve.from_table(level, area=area)


DEPTH = {
    "gaussian": Gaussian(0.3, 0.2),
    "trapezoid": Trapezoid(0.05, 0.2, 0.4, 1.1),
    "table": Table((0.0, 0.3, 0.3, 2.0), (0.1, 0.9, 0.4, 0.0)),
}


def brute(stage, salinity, response, salt, combine, weights=(0.5, 0.5), dry=False):
    """Sum over the cells, one index each; 1 m2 a cell."""
    elevation, _ = terrain()
    depth = stage - elevation
    s, q = response(depth), salt(salinity)
    index = {
        "geometric mean": s ** weights[0] * q ** weights[1],
        "minimum": np.minimum(s, q),
        "weighted mean": weights[0] * s + weights[1] * q,
    }[combine]
    return np.sum(index if dry else np.where(depth > 0.0, index, 0.0))


@pytest.mark.parametrize("combine", ["geometric mean", "minimum", "weighted mean"])
@pytest.mark.parametrize("kind", DEPTH)
@pytest.mark.parametrize("level", ["depth", "water_table"])
def test_integral_is_the_sum_over_a_terrain(kind, combine, level):
    _, curve = terrain()
    salt, weights = Table((5.0, 20.0), (1.0, 0.0)), {level: 3.0, "salinity": 1.0}
    options = {} if combine == "minimum" else {"weights": weights}
    responses = {level: DEPTH[kind], "salinity": salt}
    found = suitability(STAGES, curve, responses, salinity=11.0, combine=combine, **options)
    expected = [brute(h, 11.0, DEPTH[kind], salt, combine, (0.75, 0.25), level == "water_table") for h in STAGES.values]
    # a step of the curve falls inside one cell of each slice: at most 1 m2 of a million apart
    atol = 0.1 if kind == "gaussian" else 1.0
    np.testing.assert_allclose(found.habitat_units, expected, rtol=1e-6, atol=atol)
    np.testing.assert_allclose(found.suitability_index, found.habitat_units / 1e6, rtol=1e-12)
    assert float(found.habitat_units[-1]) > 0.0 or kind == "trapezoid"


def test_gaussian_alone_to_a_millionth():
    elevation, curve = terrain()
    found = suitability(STAGES, curve, {"depth": DEPTH["gaussian"]})
    depth = STAGES.values[:, None] - elevation
    expected = np.sum(np.where(depth > 0.0, np.exp(-((depth - 0.3) ** 2) / (2 * 0.2**2)), 0.0), axis=1)
    np.testing.assert_allclose(found.habitat_units, expected, rtol=1e-6)


def test_mean_depth_would_be_wrong():
    """A cone filled to 0.6 m is 0 to 0.6 m deep: half its ground suits what needs 0.1 to 0.4 m, its mean depth all or none.

    A = 1e4 z, so dA = 1e4 dz: 1e4 x 0.3 = 3000 m2 of the 6000 under water.
    """
    cone = Curve.from_table([0.0, 1.0], area=[0.0, 1e4])
    stage = xr.DataArray([0.6], dims="case")
    found = suitability(stage, cone, {"depth": Trapezoid(0.1, 0.1, 0.4, 0.4)})
    assert found.habitat_units.item() == pytest.approx(3000.0)
    assert found.suitability_index.item() == pytest.approx(0.3)


def test_curve_of_storages_is_ground_in_steps():
    """0 to 1 m holds 100 m3, 1 to 2 m 300 m3: 100 m2 at 0 m and 200 m2 at 1 m; a depth of 1.5 suits the first alone."""
    curve = Curve.from_table([0.0, 1.0, 2.0], storage=[0.0, 100.0, 400.0])
    found = suitability(xr.DataArray([1.5], dims="case"), curve, {"depth": Trapezoid(1.0, 1.0, 2.0, 2.0)})
    assert found.habitat_units.item() == pytest.approx(100.0)
    assert found.suitability_index.item() == pytest.approx(100.0 / 300.0)


@pytest.mark.parametrize("response", [*DEPTH.values(), Gaussian(-0.42, 0.25)])
@pytest.mark.parametrize(("power", "ceiling"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.37), (1.0, 0.0)])
def test_integrals_against_quadrature(response, power, ceiling):
    """Midpoint rule with 1e5 points between two bounds that cross every piece."""
    a, b = -1.0, 2.5
    x = a + (b - a) * (np.arange(100_000) + 0.5) / 100_000
    expected = np.mean(np.minimum(response(x) ** power, ceiling)) * (b - a)
    ends = response.integral(np.array([a, b]), power, ceiling)
    assert ends[1] - ends[0] == pytest.approx(expected, abs=2e-5)


def test_dry_ground_suits_no_one_who_needs_water_however_salt():
    _, curve = terrain()
    responses = {"depth": DEPTH["gaussian"], "salinity": Table((5.0, 20.0), (1.0, 0.0))}
    stage, salt = xr.DataArray([0.9, 1.2, np.nan], dims="case"), xr.DataArray([np.nan, np.nan, 3.0], dims="case")
    for combine in ("geometric mean", "minimum", "weighted mean"):
        found = suitability(stage, curve, responses, salinity=salt, combine=combine).habitat_units
        np.testing.assert_array_equal(found, [0.0, np.nan, np.nan])


def year(level):
    time = np.datetime64("2019-10-01", "ns") + np.arange(366) * np.timedelta64(1, "D")
    return xr.DataArray(np.full(366, level), dims="time", coords={"time": time})


def test_habitat_in_its_season_over_years_and_zones():
    """0.2 m in spring and 1 m otherwise, over a flat bed: all of it suits a dabbling duck in spring, nothing else does."""
    pan = Curve.from_table([0.0, 2.0], area=[1e4, 1e4])
    stage = year(1.0)
    spring = (stage.time.dt.month >= 3) & (stage.time.dt.month <= 5)
    stage = xr.concat([stage.where(~spring, 0.2), stage], xr.DataArray(["a", "b"], dims="node", name="node"))
    found = habitat(stage, pan, "dabbling_ducks", season="spring")
    assert found.year.values.tolist() == [2020]
    np.testing.assert_allclose(found.habitat_units.values, [[1e4, 0.0]])
    whole = habitat(stage, pan, "dabbling_ducks")
    np.testing.assert_allclose(whole.suitability_index.values, [[92 / 366, 0.0]])
    assert habitat(stage, pan, "oriental_stork_summer").sizes == {"year": 1, "node": 2}
    assert found.habitat_units.attrs["units"] == "m2"


def test_shipped_species_say_where_they_come_from():
    for species in SPECIES.values():
        assert species.source
        assert species.place
    assert float(SPECIES["suaeda_salsa"].responses["water_table"](-0.42 - 0.25)) == pytest.approx(np.exp(-0.5))
    stork = [SPECIES[f"oriental_stork_{season}"].responses["depth"] for season in ("spring", "summer", "autumn")]
    assert [float(curve(0.055)) for curve in stork] == [1.0, 1.0, 1.0]
    assert [float(curve(0.04)) for curve in stork] == [1.0, 0.0, 1.0]
    assert [float(curve(0.28)) for curve in stork] == [0.0, 1.0, 0.0]
    tamarix = SPECIES["tamarix_chinensis"].responses
    assert [float(tamarix["water_table"](h)) for h in (-1.6, -1.4, 0.3)] == [0.0, 1.0, 1.0]
    assert [float(tamarix["salinity"](s)) for s in (29.0, 31.0)] == [1.0, 0.0]


PAN = Curve.from_table([0.0, 2.0], area=[1e4, 1e4])
LEVEL = {"depth": Gaussian(0.3, 0.1)}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: habitat(year(1.0), PAN), "give a species or responses, one of them"),
        (
            lambda: habitat(year(1.0), PAN, "waiders"),
            'no suitability curve is known for "waiders"; did you mean "waders"',
        ),
        (lambda: habitat(year(1.0), PAN, "phragmites_australis"), "depends on salinity; give salinity="),
        (lambda: suitability(STAGES, PAN, {}), "give one suitability curve or more"),
        (
            lambda: suitability(STAGES, PAN, {**LEVEL, "water_table": LEVEL["depth"]}),
            "depth or water_table but not both",
        ),
        (lambda: suitability(STAGES, PAN, {"dept": LEVEL["depth"]}), 'no suitability over "dept"'),
        (lambda: suitability(STAGES, PAN, LEVEL, combine="mean"), 'combine is .* got "mean"'),
        (lambda: suitability(STAGES, PAN, LEVEL, weights={"depth": 0.0}), "weights are above 0"),
        (lambda: suitability(STAGES, Curve.from_table([0.0, 1.0], area=[2.0, 1.0]), LEVEL), "shrinks with stage"),
        (lambda: read_response({"optimum": 1.0}), "expected a suitability curve"),
        (lambda: read_response({"trapezoid": [1, 2, 3]}), "expected a suitability curve"),
        (lambda: read_response({"optimum": 1.0, "tolerance": 0.0}), "tolerance of a suitability curve is above 0"),
        (lambda: Table((0.0, 1.0), (0.0, 1.1)), "suitability is from 0 to 1"),
        (lambda: Table((1.0, 0.0), (0.0, 1.0)), "must rise"),
        (lambda: Table((1.0,), (0.0,)), "two points or more"),
        (lambda: Trapezoid(1.0, 0.0, 2.0, 3.0), "corners of a trapezoid must rise"),
    ],
)
def test_what_is_wrong_is_said(make, words):
    with pytest.raises(IndicatorError, match=words):
        make()


def test_film_that_never_dries_is_no_habitat():
    """A pan dries to a film: storks want 0 to 5.7 cm, not half a millimetre."""
    stage = xr.DataArray([5e-4, 2e-3], dims="case")
    found = suitability(stage, PAN, SPECIES["oriental_stork_spring"].responses).habitat_units
    np.testing.assert_allclose(found, [0.0, 1e4])
