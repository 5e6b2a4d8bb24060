"""Tides: the function, its means and its highest; how it is read; the kernel; a run with one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltasim
from deltasim.errors import ScenarioError
from deltasim.forcing.astronomy import (
    CONSTITUENTS,
    LUNAR_NODE,
    MOON,
    canonical_name,
    longitude,
    lunar_node,
    node_angles,
    node_factors,
    year_start,
    yearly,
)
from deltasim.scenario import from_text, json_schema
from deltasim.signal import Signal
from deltasim.solver.tides import longest_step, pack_tides, waves
from deltasim.tide import Tide
from networks import run, scenario, seconds

HOUR = 3600.0
M2 = np.deg2rad(28.9841042) / HOUR


def random_tide(seed: int, knots: int = 4) -> Tide:
    rng = np.random.default_rng(seed)
    base = Signal(np.array([0.0, 1e5, 3e5]), np.array([0.0, 1.0, 0.3]), "linear")
    speed = np.array([M2, 0.5 * M2, 2e-7])
    at = np.sort(rng.uniform(-1e5, 4e5, knots))
    return Tide(base, speed, at, rng.normal(size=(knots, 3)), rng.normal(size=(knots, 3)))


def simple(amplitude: float = 1.0, base: Signal | None = None) -> Tide:
    """M2 with high water at the start."""
    return Tide(
        base or Signal.constant(0.0),
        np.array([M2]),
        np.zeros(1),
        np.array([[amplitude]]),
        np.zeros((1, 1)),
    )


def test_a_tide_is_its_base_and_its_waves() -> None:
    tide = random_tide(0)
    t = 0.5 * (tide.knots[1] + tide.knots[2])
    c, s = tide.cosine[1:3].mean(axis=0), tide.sine[1:3].mean(axis=0)
    expected = float(tide.base.at(t)) + np.sum(c * np.cos(tide.speed * t) + s * np.sin(tide.speed * t))
    assert float(tide.at(t)) == pytest.approx(expected, abs=1e-12)
    assert not tide.is_constant
    assert tide == random_tide(0)
    assert hash(tide) == hash(random_tide(0))
    assert tide != random_tide(1)
    assert repr(tide).startswith("<Tide of 3 constituents on <Signal linear")


@pytest.mark.parametrize("knots", [1, 2, 5])
@given(seed=st.integers(0, 1000))
def test_means_are_exact(knots: int, seed: int) -> None:
    """Against Gauss's rule of 20 points on pieces of an hour that end at every knot and kink."""
    tide = random_tide(seed, knots)
    edges = np.array([-2e5, 0.0, 900.0, 1e5, 2.2e5, 5e5])
    node, weight = np.polynomial.legendre.leggauss(20)
    for low, high, mean in zip(edges[:-1], edges[1:], tide.mean(edges), strict=True):
        cuts = np.unique(np.concatenate([np.arange(low, high, HOUR), [high], tide.knots, tide.base.time]))
        cuts = cuts[(cuts >= low) & (cuts <= high)]
        half = 0.5 * np.diff(cuts)[:, None]
        values = tide.at(cuts[:-1, None] + half * (1.0 + node))
        assert mean == pytest.approx(np.sum(values * weight * half) / (high - low), abs=1e-10)


def test_the_highest_is_that_of_the_curve_not_of_samples() -> None:
    tide = random_tide(3)
    t = np.linspace(0.0, 3e5, 600001)
    level, when = tide.highest(3e5)
    assert level == pytest.approx(tide.at(t).max(), abs=1e-8)
    assert when == pytest.approx(t[np.argmax(tide.at(t))], abs=1.0)


def test_the_first_of_equal_high_waters_counts_and_a_level_before_a_jump() -> None:
    assert simple().highest(40 * 86400.0) == (1.0, 0.0)
    period = 2.0 * np.pi / M2
    # The surge falls a tenth of a period before the second high water, and there is none later.
    falls = Signal(np.array([0.0, 0.5 * period, 0.9 * period]), np.array([0.0, 1.0, -1.0]), "previous")
    level, when = simple(base=falls).highest(1.2 * period)
    assert level == pytest.approx(1.0 + np.cos(0.2 * np.pi), abs=1e-9)
    assert when == pytest.approx(0.9 * period, abs=1e-3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cosine": np.zeros((2, 1))}, "of the shape of knots and speeds"),
        ({"speed": np.zeros(0), "cosine": np.zeros((1, 0)), "sine": np.zeros((1, 0))}, "of the shape of knots"),
        ({"speed": np.zeros(1)}, "speeds must be above 0"),
        ({"sine": np.full((1, 1), np.nan)}, "finite"),
        ({"knots": np.zeros(2), "cosine": np.zeros((2, 1)), "sine": np.zeros((2, 1))}, "rise strictly"),
    ],
)
def test_what_is_no_tide_is_refused(changes: dict[str, np.ndarray], words: str) -> None:
    parts = {"speed": np.ones(1), "knots": np.zeros(1), "cosine": np.ones((1, 1)), "sine": np.ones((1, 1))}
    with pytest.raises(ValueError, match=words):
        Tide(Signal.constant(0.0), **(parts | changes))


# Astronomy


def test_mean_longitudes_at_a_known_moment() -> None:
    """Schureman's Table 4 for 1900 January 1 at 0 hours Greenwich: half a day after the epoch of Table 1."""
    assert longitude(MOON, year_start(1900)) == pytest.approx(270.437422 + 0.5 * 13.1763968, abs=1e-4)
    assert longitude(LUNAR_NODE, year_start(1900)) == pytest.approx(259.182533 - 0.5 * 0.0529539, abs=1e-4)


def test_the_moon_crosses_the_equator_between_18_and_29_degrees() -> None:
    """I is omega - i to omega + i; nu and xi vanish at both (Schureman's Table 6)."""
    nodes = [lunar_node(year_start(year)) for year in range(1960, 2060)]
    inclination = np.rad2deg([node.inclination for node in nodes])
    assert 18.3 <= inclination.min() < 18.5
    assert 28.4 < inclination.max() <= 28.6
    assert np.rad2deg(max(abs(node.nu) for node in nodes)) == pytest.approx(13.02, abs=0.1)
    assert np.rad2deg(max(abs(node.xi) for node in nodes)) == pytest.approx(11.98, abs=0.1)


def test_node_factors_are_one_on_the_average() -> None:
    """Coefficients are means of f cos u over the node's turn (93 years are five), so that f cos u has the mean 1."""
    nodes = [lunar_node(year_start(year)) for year in range(1930, 2023)]
    factors = [node_factors(node) for node in nodes]
    angles = np.deg2rad([node_angles(node) for node in nodes])
    for key in ("Mm", "Mf", "O1", "J1", "OO1", "M2", "M3", "K1", "K2"):
        u = angles @ np.array(CONSTITUENTS[key.upper()].node)
        assert np.mean(np.cos(u) * [f[key] for f in factors]) == pytest.approx(1.0, abs=0.002), key


def test_without_nodal_corrections_nothing_but_the_argument_is_left() -> None:
    argument, factor = yearly(2019, nodal=False)
    assert set(factor.values()) == {1.0}
    assert argument["S2"] == 0.0
    assert argument["M2"] == pytest.approx(
        2.0
        * (longitude((279.696678, 36000.768925, 0.000303, 0.0), year_start(2019)) - longitude(MOON, year_start(2019)))
        % 360.0
    )


def test_compound_tides_are_sums() -> None:
    assert len(CONSTITUENTS) == 37
    argument, factor = yearly(2003)
    assert factor["2MK3"] == pytest.approx(factor["M2"] ** 2 * factor["K1"])
    assert factor["2SM2"] == pytest.approx(factor["M2"])
    assert argument["2SM2"] == pytest.approx(-argument["M2"] % 360.0)
    assert argument["MN4"] == pytest.approx((argument["M2"] + argument["N2"]) % 360.0)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("m2", "M2"),
        (" MSf ", "MSF"),
        ("LDA2", "LAM2"),
        ("λ2", "LAM2"),
        ("µ2", "MU2"),
        ("μ2", "MU2"),
        ("ν2", "NU2"),
        ("Rho1", "RHO"),
        ("ρ1", "RHO"),
        ("NO1", None),
        ("", None),
    ],
)
def test_usual_spellings(text: str, name: str | None) -> None:
    assert canonical_name(text) == name


# Reading

SEA = """
[basin.pond]
curve = {{ stage = [-10.0], area = [1e4] }}
initial_stage = 0.0
[boundary.sea]
stage = {stage}
[weir.gap]
from = "sea"
to = "pond"
crest_level = -0.5
crest_width = 1.0
"""
FILE = {"tide.csv": b"# gauge\nphase,constituent,amplitude\n120.0,M2,0.56\n40,S2,0.18\n200,K1,0.26\n10,M4,0.0\n"}


def sea(stage: str, **options: object) -> Tide:
    found = scenario(SEA.format(stage=stage), files=FILE, **({"zone": "Z"} | options)).nodes["sea"].stage
    assert isinstance(found, Tide)
    return found


def test_a_tide_is_the_sum_of_its_constituents() -> None:
    tide = sea('{ tide = "tide.csv", mean_level = "35 cm" }', days=300)
    argument, factor = yearly(2024)
    t = 200.0 * 86400.0 + np.arange(0.0, 2e5, 1000.0)
    expected = 0.35
    for name, degrees, amplitude, phase in (
        ("M2", 28.9841042, 0.56, 120.0),
        ("S2", 30.0, 0.18, 40.0),
        ("K1", 15.0410686, 0.26, 200.0),
    ):
        angle = np.deg2rad(argument[name] - phase + degrees * t / HOUR)
        expected = expected + factor[name] * amplitude * np.cos(angle)
    assert tide.speed.size == 3  # nothing is left of a constituent without amplitude
    assert tide.at(t) == pytest.approx(expected, abs=1e-5)


def test_the_clock_of_the_run_only_shifts_the_start() -> None:
    """Eight hours east of Greenwich midnight is eight hours earlier."""
    west = sea('{ tide = "tide.csv", mean_level = 0.35 }')
    east = sea('{ tide = "tide.csv", mean_level = 0.35 }', zone="+08:00")
    t = np.arange(0.0, 86400.0, 600.0)
    assert east.at(t + 8 * HOUR) == pytest.approx(west.at(t), abs=1e-9)


CALENDAR = """
[scenario]
start = {start}
end = {end}
output_step = "1 h"
"""


def sea_between(start: str, end: str) -> Tide:
    text = CALENDAR.format(start=start, end=end) + SEA.format(stage='{ tide = "tide.csv", mean_level = 0.0 }')
    found = from_text(text, FILE, path="test.toml").nodes["sea"].stage
    assert isinstance(found, Tide)
    return found


@pytest.mark.parametrize(
    ("start", "end", "got"),
    [
        ("0001-01-01T00:00:00+08:00", "0001-01-03T00:00:00+08:00", "0001-01-01T00:00+08:00"),
        ("1599-12-31T23:00:00Z", "1600-01-02T00:00:00Z", "1599-12-31T23:00+00:00"),
        ("2400-12-31T00:00:00Z", "2401-01-01T00:00:00Z", "2401-01-01T00:00+00:00"),
        ("9999-12-29T00:00:00-08:00", "9999-12-31T23:00:00-08:00", "9999-12-29T00:00-08:00"),
    ],
)
def test_a_tide_is_of_the_years_for_which_its_astronomy_is(start: str, end: str, got: str) -> None:
    """Near the ends of the calendar a week more, or the offset, would lead out of it."""
    with pytest.raises(ScenarioError) as caught:
        sea_between(start, end)
    words = f"a run with a tide lies between the years 1600 and 2400, got {got}; the astronomy holds no further"
    assert [(problem.message, problem.line) for problem in caught.value.problems] == [(words, 11)]


def test_the_first_and_the_last_year_of_a_tide() -> None:
    assert sea_between("1600-01-01T00:00:00Z", "1600-01-02T00:00:00Z").knots.size == 4
    assert sea_between("2400-12-30T00:00:00Z", "2400-12-31T00:00:00Z").knots.size == 4


def test_units_surge_and_node() -> None:
    plain = sea('{ tide = "tide.csv", mean_level = 0.0, latitude = 37.6, nodal = true }')
    t = np.arange(0.0, 86400.0, 600.0)
    feet = sea('{ tide = "tide.csv", mean_level = 0.0, units = "ft" }')
    assert feet.at(t) == pytest.approx(0.3048 * plain.at(t), abs=1e-12)
    surge = sea(
        '{ tide = "tide.csv", mean_level = 0.5, surge = { time = [0, 43200, 864000], value = [0, 120, 0], units = "cm" } }'
    )
    assert surge.at(t) == pytest.approx(plain.at(t) + 0.5 + np.interp(t, [0.0, 43200.0, 864000.0], [0.0, 1.2, 0.0]))
    assert surge.breakpoints(0.0, 864000.0).tolist() == [43200.0, 7 * 86400.0]  # corrections pass on until 8 January
    fixed = sea('{ tide = "tide.csv", mean_level = 0.0, nodal = false }')
    assert np.ptp(np.hypot(fixed.cosine, fixed.sine), axis=0).max() < 1e-12
    assert 0.01 < np.abs(fixed.at(t) - plain.at(t)).max() < 0.1


def test_the_schema_knows_the_keys_of_a_tide() -> None:
    definitions = json_schema()["$defs"]
    stage = definitions["Boundary"]["properties"]["stage"]
    # Older pydantic leaves the table of a tide among the definitions.
    options = [definitions.get(option.get("$ref", "").rpartition("/")[2], option) for option in stage["anyOf"]]
    tide = next(option for option in options if "tide" in option.get("properties", {}))
    assert set(tide["properties"]) == {"tide", "mean_level", "units", "latitude", "nodal", "surge"}
    assert tide["required"] == ["tide", "mean_level"]
    assert {"$ref": "#/$defs/SeriesTable"} in tide["properties"]["surge"]["anyOf"]


# The kernel


@pytest.mark.parametrize("seed", range(3))
def test_the_kernel_gives_the_waves_and_their_rate(seed: int) -> None:
    """Rates against central differences of 1 s, which are good to 1e-9 away from knots."""
    tides = [simple(2.0), random_tide(seed), simple()]
    table = pack_tides(tides)
    rng = np.random.default_rng(seed)
    for i, tide in enumerate(tides):
        for t in (*rng.uniform(-2e5, 5e5, 20), 0.0):
            level, rate = waves.py_func(table, i, t)
            assert level == pytest.approx(float(tide.at(t) - tide.base.at(t)), abs=1e-12)
            around = tide.at([t + 1.0, t - 1.0]) - tide.base.at([t + 1.0, t - 1.0])
            assert rate == pytest.approx(0.5 * (around[0] - around[1]), abs=2e-9)


def test_steps_are_short_enough_to_see_the_tide() -> None:
    assert longest_step([]) == np.inf
    assert longest_step([simple()]) == pytest.approx(2.0 * np.pi / M2 / 12.0)
    # A ripple does not count.
    rippled = Tide(
        Signal.constant(0.0), np.array([M2, 4.0 * M2]), np.zeros(1), np.array([[1.0, 0.01]]), np.zeros((1, 2))
    )
    assert longest_step([rippled]) == longest_step([simple()])


# A run


def test_a_run_with_a_tide_is_one_with_a_dense_table_of_it() -> None:
    """Linear between points a minute apart the table is 2e-6 m off the curve; the pond follows through a weir."""
    tide = sea('{ tide = "tide.csv", mean_level = 0.1 }', days=3)
    t = np.arange(0.0, 3 * 86400.0 + 1.0, 60.0)
    table = "time,stage\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(t.tolist(), tide.at(t).tolist(), strict=True))
    tight = {"days": 3, "tolerance": 1e-7, "zone": "Z"}
    smooth = run(SEA.format(stage='{ tide = "tide.csv", mean_level = 0.1 }'), files=FILE, **tight)
    dense = run(SEA.format(stage='{ file = "sea.csv" }'), files={"sea.csv": table.encode()}, **tight)
    assert smooth.stage.values == pytest.approx(dense.stage.values, abs=1e-5)
    assert smooth.mean_stage.values[1:] == pytest.approx(dense.mean_stage.values[1:], abs=1e-5)
    assert smooth.max_stage.values == pytest.approx(dense.max_stage.values, abs=1e-5)
    assert np.ptp(smooth.stage.sel(node="pond").values) > 0.3
    assert np.abs(smooth.balance_error.sel(node="pond").values) < 1e-9


def test_the_sea_in_a_result_is_exact() -> None:
    result = run(SEA.format(stage='{ tide = "tide.csv", mean_level = 0.1 }'), files=FILE, days=3, zone="Z", step="4 h")
    tide = sea('{ tide = "tide.csv", mean_level = 0.1 }', days=3)
    t = seconds(result)
    assert result.stage.sel(node="sea").values == pytest.approx(tide.at(t), abs=1e-12)
    assert result.mean_stage.sel(node="sea").values[1:] == pytest.approx(tide.mean(t), abs=1e-12)
    fine = tide.at(np.arange(0.0, 3 * 86400.0, 1.0))
    assert float(result.max_stage.sel(node="sea")) == pytest.approx(fine.max(), abs=1e-8)


def test_a_step_does_not_pass_over_a_tide() -> None:
    """A sea that reaches the crest for an hour at each spring high water only, beside a pond where nothing else moves."""
    body = SEA.format(stage='{ tide = "tide.csv", mean_level = 0.0 }').replace("-0.5", "0.85").replace("1e4", "1e6")
    result = run(body, files=FILE, days=30, zone="Z")
    peak = sea('{ tide = "tide.csv", mean_level = 0.0 }', days=30)
    over = np.maximum(peak.at(np.arange(0.0, 30 * 86400.0, 10.0)) - 0.85, 0.0)
    volume = 2.0 / 3.0 * 0.62 * np.sqrt(2.0 * 9.80665) * np.sum(over**1.5) * 10.0
    assert volume > 100.0
    entered = 1e6 * float(result.stage.sel(node="pond")[-1])
    assert entered == pytest.approx(volume, rel=0.01)


def test_a_result_holds_the_constituents_and_runs_again_from_itself(tmp_path) -> None:
    first = scenario(SEA.format(stage='{ tide = "tide.csv", mean_level = 0.1 }'), files=FILE, days=1, zone="Z")
    assert set(first.files) == {"tide.csv"}
    again = from_text(first.text, first.files)
    assert again.nodes["sea"] == first.nodes["sea"]
    one, two = deltasim.run(first), deltasim.run(again)
    assert np.array_equal(one.stage.values, two.stage.values)
