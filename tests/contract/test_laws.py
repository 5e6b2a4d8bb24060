"""What every registered law promises, whatever its kind; a new kind adds its examples to EXAMPLES and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from deltasim.fluxes import SOURCES
from deltasim.geometry import Curve
from deltasim.links import LINKS, Ends
from deltasim.solver.fluxes import evaluate_law

CURVE = Curve.from_table([-1.0, 0.5, 3.0], area=[50.0, 900.0, 2000.0])
"""Of both nodes: their beds lie below every sill here."""

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
    "pump": [
        {"capacity": 0.5, "min_from_stage": 0.2, "max_to_stage": 1.5},
        {"capacity": {"head": [-2.0, 0.0, 3.0], "discharge": [0.9, 0.6, 0.0]}},
    ],
    "inflow": [{"discharge": 2.0}],
    "demand": [{"discharge": 0.4, "min_stage": 0.1}],
}
STAGE_DRIVEN = ("weir", "orifice", "culvert", "breach", "gate", "rating", "resistance")
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
