"""What every registered law promises, whatever its kind; a new kind adds its examples to EXAMPLES and nothing else."""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
import pytest
from numba import njit

from deltasim.fluxes import SOURCES, Ground, Source
from deltasim.geometry import Curve
from deltasim.links import LINKS, Ends
from deltasim.signal import Signal
from deltasim.solver.filling import evaluate_law

CURVE = Curve.from_table([-1.0, 0.5, 3.0], area=[50.0, 900.0, 2000.0])
"""Of both nodes: their beds lie below every sill here."""

FLOOD_PLAIN = {"offset": [0, 0, 20, 22, 25, 27, 60, 60], "height": [2.0, 0.9, 0.8, 0.0, 0.0, 0.8, 0.8, 2.0]}
"""A section whose conveyance would fall as its right bank begins to flood."""

EXAMPLES = {
    "weir": [
        {"crest_level": 0.3, "crest_width": 4.0},
        {"crest_level": -0.5, "crest_width": 0.7, "shape": "broad", "count": 3},
        {"crest_level": 0.4, "crest_width": 2.0, "shape": "ogee"},
        {"crest_level": 0.2, "angle": 90.0, "shape": "v_notch"},
        {"crest_level": -0.1, "crest_width": 1.5, "side_slope": 0.25, "shape": "trapezoidal"},
        {
            "crest_level": 0.1,
            "shape": "table",
            "table": {"head": [0.0, 0.3, 0.6, 1.2], "discharge": [0.0, 0.4, 0.4, 5.0]},
        },
        {"crest_level": 0.0, "crest_width": 1.2, "discharge_coefficient": "rehbock", "crest_height": 0.8},
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
    "levee": [
        {"table": {"level": [0.2, 0.5, 0.6, 1.5], "length": [0.0, 20.0, 90.0, 100.0]}},
        {"table": {"level": [0.1], "length": [30.0]}, "discharge_coefficient": 0.5},
        {"table": {"level": [-2.0, 0.3, 0.31, 2.0], "length": [5.0, 8.0, 200.0, 200.0]}},
    ],
    "fixed_flow": [{"discharge": 0.7}],
    "diversion": [{"fraction": 0.3}, {"table": {"inflow": [0.5, 1.0, 2.0], "discharge": [0.1, 0.4, 0.9]}}],
    "inflow": [{"discharge": 2.0}],
    "demand": [{"discharge": 0.4, "min_stage": 0.1}],
}
STAGE_DRIVEN = ("weir", "orifice", "culvert", "breach", "gate", "rating", "resistance", "reach", "levee")
CASES = [(kind, i) for kind, examples in EXAMPLES.items() for i in range(len(examples))]
STATES = 100_000
"""Of each kind, shared by its examples."""
STEPS = 10.0 ** np.arange(-3, -10, -1)
"""Of finite differences, m or whatever the setting is measured in."""


@cache
def compiled(kind):
    """The law of a kind over arrays of states, water flowing either way: one column for each state."""
    law, symmetric = LINKS[kind].law, LINKS[kind].symmetric

    @numba.njit(error_model="numpy")
    def over_states(p, a, b, setting):
        out = np.empty((4, a.size))
        for k in range(a.size):
            if symmetric and b[k] > a[k]:
                q, by_up, by_down, by_setting = law(p, 0, b[k], a[k], setting[k])
                q, by_from, by_to, by_setting = -q, -by_down, -by_up, -by_setting
            else:
                q, by_from, by_to, by_setting = law(p, 0, a[k], b[k], setting[k])
            out[0, k], out[1, k], out[2, k], out[3, k] = q, by_from, by_to, by_setting
        return out

    return over_states


def link_of(kind, i):
    """An example as a link."""
    ends = {"inflow": {"to": "b"}, "demand": {"from": "a"}}.get(kind, {"from": "a", "to": "b"})
    return LINKS[kind].model.model_validate({"name": "x", **ends, **EXAMPLES[kind][i]})


def parameters_of(kind, i):
    """What its law is given."""
    return LINKS[kind].build([link_of(kind, i)], [Ends(CURVE, CURVE, 1e-4)])


def law_of(kind, i):
    """The law of an example as a function of both stages and the setting, all arrays, and its setting."""
    link, parameters = link_of(kind, i), parameters_of(kind, i)
    key = LINKS[kind].setting
    signal = getattr(link, key) if key else None
    setting = float(signal.value[0]) if hasattr(signal, "value") else 1.0
    if kind == "breach":
        setting = 0.6  # of its development

    def law(a, b, s=setting):
        shape = np.broadcast_shapes(np.shape(a), np.shape(b), np.shape(s))
        flat = [np.ascontiguousarray(np.broadcast_to(x, shape), dtype=float).ravel() for x in (a, b, s)]
        return compiled(kind)(parameters, *flat).reshape(4, *shape)

    law.one = lambda a, b: np.array(evaluate_law(parameters, 0, a, b, setting))
    return law, setting


def levels_of(keys):
    """Every number among the keys of an example: where its law may have a kink, if it is a level."""
    if isinstance(keys, dict):
        return [level for value in keys.values() for level in levels_of(value)]
    if isinstance(keys, list):
        return [level for value in keys for level in levels_of(value)]
    return [float(keys)] if isinstance(keys, (int, float)) and -1.0 <= keys <= 3.0 else []


def states(kind, i, seed):
    """Stages on both sides and settings: dry, drowned, reversed, nearly equal; half of them with a setting of its own."""
    n = STATES // len(EXAMPLES[kind])
    rng = np.random.default_rng(seed)
    a = rng.uniform(-1.0, 3.0, n)
    off = rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-7, 0, n)
    near = np.where(a + off > -1.0, a + off, a - off)
    b = np.where(rng.random(n) < 0.5, rng.uniform(-1.0, 3.0, n), near)
    return a, b, law_of(kind, i)[1] * np.where(rng.random(n) < 0.5, 1.0, rng.uniform(0.0, 2.0, n))


def states_at_kinks(kind, i, seed):
    """One stage on a level of an example or within 3e-6 m of it, on either side; the other near it or anywhere."""
    n = 2000
    rng = np.random.default_rng(seed)
    at = rng.choice([*levels_of(EXAMPLES[kind][i]), -1.0], n)
    off = rng.choice([0.0, 0.0, 1e-9, -1e-9, 1e-7, -1e-7, 3e-6, -3e-6], n)
    other = np.where(rng.random(n) < 0.3, at + rng.choice([-1e-2, -1e-4, 1e-4], n), rng.uniform(-1.0, 3.0, n))
    swap = rng.random(n) < 0.5
    return np.where(swap, at + off, other), np.where(swap, other, at + off), np.full(n, law_of(kind, i)[1])


QUICK = [case for case in CASES if LINKS[case[0]].quick is not None]


@pytest.mark.parametrize(("kind", "i"), QUICK)
def test_where_a_quick_form_holds_it_is_the_law(kind, i):
    """Discharge and derivatives, by stages and setting, over states of all sorts and at kinks."""
    law, _ = law_of(kind, i)
    quick, parameters = LINKS[kind].quick, parameters_of(kind, i)
    held = 0
    for a, b, setting in (states(kind, i, 11), states_at_kinks(kind, i, 12)):
        up, down = np.maximum(a, b), np.minimum(a, b)
        whole = law(up, down, setting)
        for k in range(0, len(up), 7):
            *found, holds = quick(parameters, 0, up[k], down[k], setting[k])
            held += holds
            if holds:
                np.testing.assert_allclose(found, whole[:, k], rtol=1e-13, atol=1e-15)
    # Of a plain shape at least a twentieth of such states, and else none: a form that never holds tests nothing.
    plain = EXAMPLES[kind][i].get("shape", "sharp") in ("sharp", "broad", "ogee", "circular", "rectangular")
    plain = plain and EXAMPLES[kind][i].get("discharge_coefficient") != "rehbock"
    assert (held > len(up) / 20 / 7) if plain else held == 0


def test_every_kind_has_examples():
    assert set(EXAMPLES) == set(LINKS)


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_finite_and_documented(kind, i):
    law, _ = law_of(kind, i)
    a, b, setting = states(kind, i, 1)
    assert np.isfinite(law(a, b, setting)).all()
    assert np.isfinite(law([-1e9, 2.0], -1e9)).all()
    for h_from, h_to in zip(a[:50], b[:50], strict=True):  # the loop above is the solver's way to the law
        np.testing.assert_array_equal(law(h_from, h_to), law.one(h_from, h_to))
    words = LINKS[kind].model.__doc__
    assert "Notes" in words
    assert "Q =" in words


@pytest.mark.parametrize(("kind", "i"), [case for case in CASES if case[0] in STAGE_DRIVEN])
def test_monotone_and_nothing_flows_between_equal_stages(kind, i):
    law, _ = law_of(kind, i)
    of_one_stage = kind == "rating" and EXAMPLES[kind][i].get("of") != "difference"
    if of_one_stage:
        assert law(0.0, 1.0)[0] == 0.0
    else:
        assert (law(*2 * [np.linspace(-1.0, 3.0, 20001)])[0] == 0.0).all()
    for sample in (states, states_at_kinks):
        a, b, setting = sample(kind, i, 2)
        q, by_from, by_to, _ = law(a, b, setting)
        assert (by_from >= 0.0).all()
        assert (by_to <= 0.0).all()
        assert of_one_stage or (q * (a - b) >= 0.0).all()


@pytest.mark.parametrize(("kind", "i"), [case for case in CASES if case[0] in STAGE_DRIVEN])
def test_monotone_in_deep_water_and_into_a_free_outfall(kind, i):
    """A metre above everything an example has, and with nothing on the other side: it flows in most of these states."""
    law, setting = law_of(kind, i)
    n = STATES // len(EXAMPLES[kind])
    rng = np.random.default_rng(5)
    a, b, part = rng.uniform(-1.0, 4.0, n), rng.uniform(-1.0, 4.0, n), rng.uniform(0.0, 1.0, n)
    b[rng.random(n) < 0.1] = -1e9
    a[rng.random(n) < 0.1] = -1e9
    q, *slopes = law(a, b, setting * part)
    assert np.isfinite(slopes).all()
    assert (slopes[0] >= 0.0).all()
    assert (slopes[1] <= 0.0).all()
    assert (np.abs(q) > 0.0).mean() > 0.3
    if kind != "rating":
        assert (q * (a - b) >= 0.0).all()


def differences(law, at, along):
    """Central differences of order 4, one row for each step."""
    value = {}
    for k in (-2, -1, 1, 2):
        points = [x + k * STEPS[:, None] if n == along else x for n, x in enumerate(at)]
        value[k] = law(*points)[0]
    return (8.0 * (value[1] - value[-1]) - (value[2] - value[-2])) / (12.0 * STEPS[:, None])


def between_one_sided(law, at, along, slope):
    """Whether a slope lies, but for round-off, between those of chords to either side, 1e-5 m long or shorter."""
    here = law(*at)[0]
    found = np.zeros(here.shape, dtype=bool)
    for step in (1e-5, 1e-6, 1e-7, 1e-9):
        up, down = (law(*(x + k * step if n == along else x for n, x in enumerate(at)))[0] for k in (1, -1))
        sides = np.stack([up - here, here - down]) / step
        slack = 1e-15 * (1.0 + np.abs(sides).max(axis=0)) / step  # round-off of the stages and of the law
        found |= (slope >= sides.min(axis=0) - slack) & (slope <= sides.max(axis=0) + slack)
    return found


@pytest.mark.parametrize(("kind", "i"), CASES)
@pytest.mark.parametrize("sample", [states, states_at_kinks])
def test_derivatives_are_those_of_finite_differences(kind, i, sample):
    """To 1e-6 with the step that suits the state; on a kink between the one-sided slopes."""
    law, _ = law_of(kind, i)
    at = sample(kind, i, 3)
    _, *slopes = law(*at)
    # The slope along a crest is the sum of those along both stages, which at nearly equal heads are large and opposite.
    largest = np.abs(slopes).max(axis=0)
    for along, slope in enumerate(slopes if LINKS[kind].setting else slopes[:2]):
        exact = 1e-6 * (largest if along == 2 else np.abs(slope))
        rough = ~(np.abs(differences(law, at, along) - slope) <= exact + 1e-9).any(axis=0)
        assert between_one_sided(law, [x[rough] for x in at], along, slope[rough]).all()
        assert sample is states_at_kinks or rough.mean() < 2e-4


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_continuous(kind, i):
    """No jump along any line through the regimes: the largest change shrinks with the spacing."""
    law, _ = law_of(kind, i)
    rng = np.random.default_rng(4)
    for _ in range(100):
        a, b = rng.uniform(-1, 3, 2), rng.uniform(-1, 3, 2)
        if kind in ("pump", "demand"):  # their ramps are a millimetre wide: look there
            from_level = EXAMPLES[kind][i].get("min_from_stage", EXAMPLES[kind][i].get("min_stage", 0.0))
            a, b = from_level + rng.uniform(-2e-3, 2e-3, 2), 1.5 + rng.uniform(-2e-3, 2e-3, 2)

        def largest(n, a=a, b=b):
            t = np.linspace(0.0, 1.0, n)
            return np.abs(np.diff(law(a[0] + t * (a[1] - a[0]), b[0] + t * (b[1] - b[0]))[0])).max()

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


def source_of(name, **more):
    return SOURCES[name].build([Source("", Signal.constant(0.0), 1.0, CURVE, **more)])


GROUND = (np.array([-1.0, -0.5, 1.5, 3.0]), np.array([900.0, 800.0, 100.0, 0.0]))

SAMPLES = {
    "surface": ("surface", {}),
    "groundwater": ("groundwater", {}),
    "dupuit": ("dupuit", {"base_level": -4.0}),
    "dupuit in a thin aquifer": ("dupuit", {"base_level": 0.2}),
    "wet": ("cover", {"ground": Ground(*GROUND, -1.0, np.inf, 1.0, False)}),
    "roots": ("cover", {"ground": Ground(*GROUND, 2.0, 0.5, 0.4, False)}),
    "extinction": ("cover", {"ground": Ground(*GROUND, 2.0, 0.5, 1.2, True)}),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_sources_have_derivatives(sample):
    name, more = SAMPLES[sample]
    p = source_of(name, **more)
    for h in np.linspace(-1.4, 4.0, 83):
        for setting in (0.7, -0.3, 2.9):
            q, by_from, by_to, by_setting = evaluate_law(p, 0, 0.0, h, setting)
            up = evaluate_law(p, 0, 0.0, h + 1e-6, setting)[0]
            assert by_from == 0.0
            assert by_to == pytest.approx((up - q) / 1e-6, rel=1e-4, abs=1e-4)
            more_q = evaluate_law(p, 0, 0.0, h, setting + 1e-6)[0]
            assert by_setting == pytest.approx((more_q - q) / 1e-6, rel=1e-4, abs=1e-4)


def test_sources_stop_where_they_must():
    assert evaluate_law(source_of("groundwater"), 0, 0.0, -1.0, -5.0)[0] == 0.0
    assert evaluate_law(source_of("dupuit", base_level=-4.0), 0, 0.0, -1.0, -5.0)[0] == 0.0
    extinct = source_of("cover", ground=Ground(*GROUND, 2.0, 0.5, 1.2, True))
    assert evaluate_law(extinct, 0, 0.0, 2.0 - 1.7, 1.0)[0] == pytest.approx(0.0, abs=1e-9)
    assert evaluate_law(extinct, 0, 0.0, 1.5, 1.0)[0] == 100.0
    assert evaluate_law(extinct, 0, 0.0, 2.0 - 1.1, 1.0)[0] == pytest.approx(0.5 * (800.0 - 350.0 * 1.4))


def test_groundwater_reaches_the_bottom_of_the_soil():
    curve = CURVE.with_soil(2.0, 0.2)
    for name in ("groundwater", "dupuit"):
        p = SOURCES[name].build([Source("", Signal.constant(0.0), 1.0, curve, base_level=-9.0)])
        assert evaluate_law(p, 0, 0.0, -2.0, -9.0)[0] < 0.0
        assert evaluate_law(p, 0, 0.0, -3.0, -9.0)[0] == 0.0
