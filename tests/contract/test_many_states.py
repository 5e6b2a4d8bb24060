"""The promises of the laws at a hundred thousand random states each: dry, drowned, reversed, nearly equal."""

from __future__ import annotations

import numpy as np
import pytest

from contract.test_laws import CURVE, EXAMPLES
from deltasim._jit import jit
from deltasim.links import LINKS, Ends

KINDS = ("culvert", "breach")
CASES = [(kind, i) for kind in KINDS for i in range(len(EXAMPLES[kind]))]
STATES = 100_000
STEP = 1e-7
_LOOPS = {}


def loop_of(kind):
    """A compiled loop over states of one kind's law, water flowing either way."""
    law, symmetric = LINKS[kind].law, LINKS[kind].symmetric

    @jit
    def loop(p, h_from, h_to, setting, out):
        for j in range(len(h_from)):
            back = symmetric and h_to[j] > h_from[j]
            if back:
                q, up, down, by_setting = law(p, 0, h_to[j], h_from[j], setting[j])
                q, up, down, by_setting = -q, -down, -up, -by_setting
            else:
                q, up, down, by_setting = law(p, 0, h_from[j], h_to[j], setting[j])
            out[j, 0], out[j, 1], out[j, 2], out[j, 3] = q, up, down, by_setting

    return loop


def law_of(kind, i):
    link = LINKS[kind].model.model_validate({"name": "x", "from": "a", "to": "b", **EXAMPLES[kind][i]})
    parameters = LINKS[kind].build([link], [Ends(CURVE, CURVE, 1e-4)])
    loop = _LOOPS.setdefault(kind, loop_of(kind))

    def law(h_from, h_to, setting):
        out = np.empty((len(h_from), 4))
        loop(parameters, h_from, h_to, setting, out)
        return out.T

    return law


def states(seed):
    rng = np.random.default_rng(seed)
    a = rng.uniform(-1.0, 4.0, STATES)
    near = a + rng.choice([-1.0, 1.0], STATES) * 10.0 ** rng.uniform(-5, 0, STATES)
    b = np.where(rng.random(STATES) < 0.5, rng.uniform(-1.0, 4.0, STATES), near)
    b[rng.random(STATES) < 0.05] = -1e6
    return a, b, rng.uniform(0.0, 1.0, STATES)


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_finite_monotone_and_down_the_head(kind, i):
    law = law_of(kind, i)
    a, b, setting = states(11)
    q, by_from, by_to, by_setting = law(a, b, setting)
    assert np.isfinite(q + by_from + by_to + by_setting).all()
    assert by_from.min() >= 0.0
    assert by_to.max() <= 0.0
    assert (q * (a - b)).min() >= 0.0
    assert (np.abs(q) > 0.0).mean() > 0.3
    assert not law(a, a, setting)[0].any()


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_derivatives_lie_between_one_sided_slopes_and_match_where_these_agree(kind, i):
    """Slopes over 1e-7 m; they agree where no kink lies between and the heads differ by more than their own step."""
    law = law_of(kind, i)
    a, b, setting = states(12)
    setting = 0.01 + 0.98 * setting
    here = law(a, b, setting)
    away = np.abs(a - b) > 1e-5
    for k, (da, db, ds) in enumerate(((STEP, 0, 0), (0, STEP, 0), (0, 0, STEP))):
        up = (law(a + da, b + db, setting + ds)[0] - here[0]) / STEP
        down = (here[0] - law(a - da, b - db, setting - ds)[0]) / STEP
        scale = np.maximum(1.0, np.abs(up))
        noise = 2e-15 / STEP * np.maximum(1.0, np.abs(here[0]))
        apart = np.abs(up - down)
        agree = away & (apart < 1e-4 * scale)
        assert agree.mean() > 0.75
        assert (np.abs(here[k + 1] - 0.5 * (up + down)) <= 1e-6 * scale + 0.5 * apart + noise)[agree].all()
        low, high = np.minimum(up, down), np.maximum(up, down)
        # A root of the difference bends by a share STEP / (a - b) of its slope within the step.
        slack = scale * (1e-4 + STEP / np.maximum(np.abs(a - b), STEP)) + noise
        inside = (here[k + 1] >= low - slack) & (here[k + 1] <= high + slack)
        assert inside[away].all()
