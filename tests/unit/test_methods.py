"""The methods of benchmarks/methods are what they claim, and a wrong digit in their tables is refused."""

import copy
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.methods.run import STYLES, named, sweep
from benchmarks.methods.tables import OWN, TABLES, density, load, make, order_with_any_jacobian, trees

PUBLISHED = tomllib.loads(TABLES.read_text())
CANDIDATES = load()


def test_every_method_is_drawn():
    assert set(STYLES) == set(CANDIDATES)


def test_there_are_as_many_conditions_as_theory_has():
    assert [len(trees(order)) for order in range(1, 6)] == [1, 1, 2, 4, 9]
    assert sorted(density(tree) for tree in trees(4)) == [4, 8, 12, 24]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_wrong_digit_is_refused(name):
    """Any one of those that make the solution, and the first of those that tell its error."""
    places = [
        ("gamma",),
        *((key, k) for key in ("nodes", "slopes", "weights") for k in range(len(PUBLISHED[name][key]))),
    ]
    places += [
        (key, k, j)
        for key in ("alpha", "coupling")
        for k, row in enumerate(PUBLISHED[name][key])
        for j in range(len(row))
    ]
    places += [("error_weights", 0)]
    places += [("dense", row, 0) for row in range(len(PUBLISHED[name].get("dense", [])))]
    for place in places:
        table = copy.deepcopy(PUBLISHED[name])
        at = table
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] += 1e-6
        with pytest.raises(ValueError, match=f"{name}: its .* off by .* compare its table with the source"):
            make(name, table)


def integrate(method, steps, share):
    """y' = y^2 sin t + (y - 1 / (1.5 + cos t)) from 0 to 1, its derivatives multiplied by a share."""
    y, dt = 0.4, 1.0 / steps
    for step in range(steps):
        t, u = step * dt, np.zeros(len(method.weights))

        def f(y, t):
            return y * y * np.sin(t) + y - 1.0 / (1.5 + np.cos(t))

        by_y = share * (2.0 * y * np.sin(t) + 1.0)
        by_t = share * (y * y * np.cos(t) - np.sin(t) / (1.5 + np.cos(t)) ** 2)
        for k in range(len(u)):
            right = f(y + method.alpha[k] @ u, t + method.nodes[k] * dt) + method.slopes[k] * dt * by_t
            u[k] = (method.gamma * dt * right + method.coupling[k] @ u) / (1.0 - method.gamma * dt * by_y)
        y += method.weights @ u
    return y


@pytest.mark.parametrize("name", CANDIDATES)
@pytest.mark.parametrize("share", [1.0, 0.6])
def test_the_order_is_what_is_claimed_with_and_without_the_jacobian(name, share):
    """With other derivatives than the right ones, the order is that of the method with any Jacobian."""
    method = CANDIDATES[name].method
    order = CANDIDATES[name].order if share == 1.0 else order_with_any_jacobian(method)
    few = 16 if order > 3 else 256  # so that rounding stays out of sight
    errors = [abs(integrate(method, steps, share) - 1.0 / (1.5 + np.cos(1.0))) for steps in (few, 2 * few)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.3)


def test_methods_agree_on_a_case_and_a_lost_run_says_so(monkeypatch):
    chosen = [CANDIDATES[name] for name in (OWN, "ROS34PW2")]
    rows = list(sweep("series-3", chosen, (1e-4,), 1))
    assert [row.method for row in rows] == [OWN, "ROS34PW2"]
    assert all(row.stage_error < 1e-3 and row.steps > 10 for row in rows)
    monkeypatch.setattr("benchmarks.methods.run.LOST", 0.1)
    own, other = sweep("series-3", chosen, (1e-4,), 1)
    assert own.seconds > 0.0
    assert np.isnan(other.seconds)
    assert other.steps < own.steps


@pytest.mark.parametrize("name", ["series", "lake-3", "tree-0"])
def test_a_case_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="give one of series-N, drowned-N, tree-N, mixed-N"):
        named(name)
