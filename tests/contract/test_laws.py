"""What every registered law promises, whatever its kind; a new kind adds its examples to EXAMPLES and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from deltasim.fluxes import SOURCES
from deltasim.geometry import Curve
from deltasim.links import LINKS, Ends
from deltasim.solver.fluxes import evaluate_law

CURVE = Curve.from_table([-1.0, 0.5, 3.0], area=[50.0, 900.0, 2000.0])
"""Of both nodes: their beds lie below every sill here."""

FLOOD_PLAIN = {"offset": [0, 0, 20, 22, 25, 27, 60, 60], "height": [2.0, 0.9, 0.8, 0.0, 0.0, 0.8, 0.8, 2.0]}
"""A section whose conveyance would fall as its right bank begins to flood."""

EXAMPLES = {
    "weir": [
        {"crest_level": 0.3, "crest_width": 4.0},
        {"crest_level": -0.5, "crest_width": 0.7, "shape": "broad", "count": 3},
    ],
    "orifice": [
        {"diameter": 0.8, "invert_level": 0.1},
        {"shape": "rectangular", "width": 2.0, "height": 0.5, "invert_level": -0.2},
        {"diameter": 0.4, "invert_level": 0.0, "orientation": "bottom"},
    ],
    "culvert": [
        {"diameter": 0.8, "invert_level_from": 0.2, "invert_level_to": 0.0, "length": 20.0, "manning_n": 0.012},
        {
            "diameter": 1.0,
            "invert_level_from": 0.2,
            "invert_level_to": 0.2,
            "length": 60.0,
            "manning_n": 0.024,
            "inlet": "circular_metal_mitered",
        },
        {
            "shape": "box",
            "width": 2.0,
            "height": 1.2,
            "invert_level_from": -0.3,
            "invert_level_to": 0.1,
            "length": 30.0,
            "manning_n": 0.015,
            "barrels": 3,
        },
        {
            "shape": "box",
            "width": 4.0,
            "height": 0.8,
            "invert_level_from": -0.5,
            "invert_level_to": -0.5,
            "length": 300.0,
            "manning_n": 0.03,
            "inlet": "box_headwall_bevel_45",
        },
        {
            "diameter": 0.6,
            "invert_level_from": 1.5,
            "invert_level_to": -0.5,
            "length": 40.0,
            "manning_n": 0.012,
            "entrance_loss": 0.0,
            "exit_loss": 0.0,
        },
    ],
    "breach": [
        {
            "crest_level": 1.8,
            "bottom_level": -0.4,
            "bottom_width": 6.0,
            "side_slope": 1.0,
            "development_time": 3600.0,
            "trigger": {"stage": 1.5},
        },
        {
            "crest_level": 1.0,
            "bottom_level": 0.2,
            "bottom_width": 0.0,
            "side_slope": 1.5,
            "development_time": 600.0,
            "trigger": {"overtopping_duration": 60.0},
        },
        {
            "crest_level": 2.5,
            "height": 2.0,
            "equation": "froehlich_2008",
            "volume": 2e4,
            "mode": "piping",
            "side_slope": 0.0,
            "trigger": {"time": 0.0},
        },
    ],
    "gate": [{"sill_level": 0.0, "width": 3.0, "opening": 0.6}, {"sill_level": 0.2, "width": 1.0, "opening": 5.0}],
    "rating": [
        {"table": {"stage": [0.0, 0.5, 2.0], "discharge": [0.0, 1.0, 8.0]}},
        {
            "table": {"stage": [0.0, 0.5, 2.0], "discharge": [0.0, 1.0, 8.0]},
            "of": "difference",
            "interpolation": "pchip",
        },
    ],
    "resistance": [{"resistance": 0.5}, {"resistance": 2.0, "limit": 0.3, "sill_level": 0.4}],
    "reach": [
        {
            "cross_section": {"bottom_width": 4.0, "side_slope": 1.5},
            "length": 300.0,
            "manning_n": 0.03,
            "bed_level": 0.1,
        },
        {"cross_section": FLOOD_PLAIN, "length": 50.0, "manning_n": 0.05, "bed_level_from": 0.2, "bed_level_to": -0.3},
        {"cross_section": {"bottom_width": 1.0}, "length": 20.0, "manning_n": 0.02, "bed_level_from": 2.0},
    ],
    "pump": [
        {"capacity": 0.5, "min_from_stage": 0.2, "max_to_stage": 1.5},
        {"capacity": {"head": [-2.0, 0.0, 3.0], "discharge": [0.9, 0.6, 0.0]}},
    ],
    "inflow": [{"discharge": 2.0}],
    "demand": [{"discharge": 0.4, "min_stage": 0.1}],
}
STAGE_DRIVEN = ("weir", "orifice", "culvert", "breach", "gate", "rating", "resistance", "reach")
CASES = [(kind, i) for kind, examples in EXAMPLES.items() for i in range(len(examples))]
STATES = 3000


def law_of(kind, i):
    """The law of an example as a function of both stages and the setting, and its setting."""
    ends = {"inflow": {"to": "b"}, "demand": {"from": "a"}}.get(kind, {"from": "a", "to": "b"})
    link = LINKS[kind].model.model_validate({"name": "x", **ends, **EXAMPLES[kind][i]})
    parameters = LINKS[kind].build([link], [Ends(CURVE, CURVE, 1e-4)])
    key = LINKS[kind].setting
    signal = getattr(link, key) if key else None
    setting = float(signal.value[0]) if hasattr(signal, "value") else 1.0
    if kind == "breach":
        setting = 0.6  # of its development
    return (lambda a, b, s=setting: np.array(evaluate_law(parameters, 0, a, b, s))), setting


def states(seed):
    """Stages on both sides: dry, drowned, reversed, and many nearly equal."""
    rng = np.random.default_rng(seed)
    a = rng.uniform(-1.0, 3.0, STATES)
    near = a + rng.choice([-1.0, 1.0], STATES) * 10.0 ** rng.uniform(-4, 0, STATES)
    return a, np.where(rng.random(STATES) < 0.5, rng.uniform(-1.0, 3.0, STATES), np.maximum(near, -1.0))


def test_every_kind_has_examples():
    assert set(EXAMPLES) == set(LINKS)


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_finite_and_documented(kind, i):
    law, _ = law_of(kind, i)
    assert all(np.isfinite(law(a, b)).all() for a, b in zip(*states(1), strict=True))
    assert np.isfinite(law(-1e9, -1e9)).all()
    assert np.isfinite(law(2.0, -1e9)).all()
    words = LINKS[kind].model.__doc__
    assert "Notes" in words
    assert "Q =" in words


@pytest.mark.parametrize(("kind", "i"), [case for case in CASES if case[0] in STAGE_DRIVEN])
def test_monotone_and_nothing_flows_between_equal_stages(kind, i):
    law, _ = law_of(kind, i)
    if EXAMPLES[kind][i].get("of") != "difference" and kind == "rating":
        assert law(0.0, 1.0)[0] == 0.0
    else:
        assert all(law(h, h)[0] == 0.0 for h in np.linspace(-1.0, 3.0, 201))
    for a, b in zip(*states(2), strict=True):
        q, by_from, by_to, _ = law(a, b)
        assert by_from >= 0.0
        assert by_to <= 0.0
        if kind != "rating" or i == 1:
            assert q * (a - b) >= 0.0


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_derivatives_are_those_of_finite_differences(kind, i):
    """To 1e-6 where the law is smooth; at a kink, or within 1e-5 m of equal heads, between the one-sided slopes."""
    law, setting = law_of(kind, i)
    step = 1e-6
    kinks = 0
    for a, b in zip(*states(3), strict=True):
        if abs(a - b) < 1e-3:
            continue
        slopes = law(a, b)[1:]
        for k, (da, db, ds) in enumerate(((step, 0, 0), (0, step, 0), (0, 0, step))):
            here, up, down = law(a, b)[0], law(a + da, b + db, setting + ds)[0], law(a - da, b - db, setting - ds)[0]
            sides = (up - here) / step, (here - down) / step
            scale = 1e-6 * max(1.0, *map(abs, sides))
            if abs(sides[0] - sides[1]) < 1e-3 * max(1e-3, *map(abs, sides)):
                assert abs(slopes[k] - 0.5 * (up - down) / step) < 2e-9 / step * 1e-3 + 30.0 * scale
            else:
                kinks += 1
                assert min(sides) - scale <= slopes[k] <= max(sides) + scale
    assert kinks < 0.02 * 3 * STATES


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_continuous(kind, i):
    """No jump along any line through the regimes: the largest change shrinks with the spacing."""
    law, _ = law_of(kind, i)
    rng = np.random.default_rng(4)
    for _ in range(20):
        a, b = rng.uniform(-1, 3, 2), rng.uniform(-1, 3, 2)
        if kind in ("pump", "demand"):  # their ramps are a millimetre wide: look there
            from_level = EXAMPLES[kind][i].get("min_from_stage", EXAMPLES[kind][i].get("min_stage", 0.0))
            a, b = from_level + rng.uniform(-2e-3, 2e-3, 2), 1.5 + rng.uniform(-2e-3, 2e-3, 2)

        def largest(n, a=a, b=b):
            t = np.linspace(0.0, 1.0, n)
            q = [law(x, y)[0] for x, y in zip(a[0] + t * (a[1] - a[0]), b[0] + t * (b[1] - b[0]), strict=True)]
            return np.abs(np.diff(q)).max()

        coarse, fine = largest(101), largest(3201)
        assert fine <= 0.5 * coarse + 1e-12


SECTIONS = {
    "rectangle": {"bottom_width": 50.0},
    "slot": {"bottom_width": 1.0},
    "triangle": {"bottom_width": 0.0, "side_slope": 2.0},
    "flat sides": {"bottom_width": 5.0, "side_slope": 30.0},
    "flood plain": {"offset": [0, 0, 450, 450, 550, 550, 1000, 1000], "height": [8, 5, 5, 0, 0, 5, 5, 8]},
    "survey": {"offset": [0, 50, 80, 100, 120, 160, 250], "height": [6, 4, 3.5, 0, 3, 4.5, 7]},
    "two channels": {"offset": [0, 10, 20, 30, 40], "height": [3, 0, 2, 0.5, 4]},
}
BEDS = [(0.0, 0.0), (0.01, 0.0), (0.0, 0.5), (3.0, 0.0), (0.0, 20.0)]


@njit(error_model="numpy")
def over_states(law, p, i, a, b):
    out = np.empty((len(a), 3))
    for k in range(len(a)):
        out[k, 0], out[k, 1], out[k, 2], _ = law(p, i, a[k], b[k], 1.0)
    return out


@pytest.mark.parametrize("shape", SECTIONS)
def test_a_reach_is_monotone_on_any_bed(shape):
    """1e5 states in all: flat, mild, steep and adverse beds, dry ends, both directions, near and far stages.

    It rises with the one stage and falls with the other, over any distance. Its derivatives lie between the slopes of
    finite differences to either side, to 1e-6 of the slope or, where stages of a thousand cubic metres per second
    leave no more digits, of the discharge; the stages are 1e-5 m apart or more.
    """
    n = 100_000 // len(SECTIONS) // len(BEDS) // 2 + 1
    rng = np.random.default_rng(11)
    for length in (20.0, 500.0):
        for start, stop in BEDS:
            reach = LINKS["reach"].model.model_validate(
                {
                    **{"name": "x", "from": "a", "to": "b", "cross_section": SECTIONS[shape], "manning_n": 0.03},
                    **{"length": length, "bed_level_from": start, "bed_level_to": stop},
                }
            )
            p = LINKS["reach"].build([reach], [Ends(None, None, 1e-4)])
            low, high = min(start, stop) - 0.2, max(start, stop) + 9.0
            a = np.where(rng.random(n) < 0.1, start + 10.0 ** rng.uniform(-5, -0.5, n), rng.uniform(low, high, n))
            near = a + rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-5, 0.5, n)
            b = np.where(rng.random(n) < 0.5, rng.uniform(low, high, n), near)

            def q(x, y, p=p):
                return over_states(LINKS["reach"].law, p, 0, x, y)

            here, higher = q(a, b), 10.0 ** rng.uniform(-4, 0.7, n)
            noise = 1e-10 * np.maximum(np.abs(here[:, 0]), 1.0)
            assert np.isfinite(here).all()
            assert np.all(q(a, a)[:, 0] == 0.0)
            assert np.all(here[:, 0] * (a - b) >= 0.0)
            assert np.all(here[:, 1] >= 0.0)
            assert np.all(here[:, 2] <= 0.0)
            assert np.all(q(a + higher, b)[:, 0] >= here[:, 0] - noise)
            assert np.all(q(a, b + higher)[:, 0] <= here[:, 0] + noise)
            step, apart = 1e-6, np.abs(a - b) > 1e-5
            for k, (da, db) in enumerate(((step, 0.0), (0.0, step)), start=1):
                up, down = q(a + da, b + db)[:, 0], q(a - da, b - db)[:, 0]
                sides = np.stack([up - here[:, 0], here[:, 0] - down]) / step
                scale = 1e-6 * np.maximum.reduce([np.abs(sides).max(axis=0), np.abs(here[:, 0]), np.full(n, 1e-3)])
                wrong = (here[:, k] < sides.min(axis=0) - scale) | (here[:, k] > sides.max(axis=0) + scale)
                assert not np.any(wrong & apart)


def test_sources_have_derivatives_and_run_one_way():
    source = {
        "surface": SOURCES["surface"].build([type("S", (), {"curve": CURVE})()]),
        "groundwater": SOURCES["groundwater"].build([type("S", (), {"curve": CURVE})()]),
    }
    for name, p in source.items():
        for h in np.linspace(-0.9, 4.0, 50):
            q, _, by_to, by_setting = evaluate_law(p, 0, 0.0, h, 0.7)
            up = evaluate_law(p, 0, 0.0, h + 1e-6, 0.7)[0]
            assert by_to == pytest.approx((up - q) / 1e-6, rel=1e-4, abs=1e-4), name
            more = evaluate_law(p, 0, 0.0, h, 0.7 + 1e-6)[0]
            assert by_setting == pytest.approx((more - q) / 1e-6, rel=1e-4, abs=1e-4), name
    assert evaluate_law(source["groundwater"], 0, 0.0, -1.0, -5.0)[0] == 0.0
