"""The engines of benchmarks/peers compute the same chains; fronts and ratios of error against time."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases import named
from benchmarks.peers.engine import balance_error
from benchmarks.peers.fronts import Row, front, ratios, seconds_at
from benchmarks.peers.run import ENGINES, reference

NEAR = 1e-3
"""Settings per engine: over weirs and through orifices; tolerances, or steps per hour. None is too slow for a test."""
SETTINGS = {
    "deltasim": (1e-4, 1e-4),
    "swmm": (720.0, None),
    "swmm-tight": (None, 360.0),
    "lsoda": (1e-6, 1e-7),
    "odeint": (1e-6, 1e-7),
    "cvode": (1e-7, 1e-7),
    "bdf": (1e-6, 1e-6),
    "radau": (1e-6, 1e-6),
    "rk4-c": (12.0, 3600.0),
    "rk4-numba": (12.0, 3600.0),
}


@pytest.fixture(scope="module")
def exact():
    return {name: reference(named(name)) for name in ("series-10", "drowned-10")}


def test_every_engine_is_tested():
    assert set(SETTINGS) == set(ENGINES)


@pytest.mark.parametrize("name", ["series-10", "drowned-10"])
def test_the_reference_and_deltasim_at_a_tight_tolerance_agree(exact, name):
    _, trust = exact[name]
    assert trust["agree"] < 1e-7
    assert trust["rounding"] < 1e-7


@pytest.mark.parametrize("name", ["series-10", "drowned-10"])
@pytest.mark.parametrize("engine", SETTINGS)
def test_engines_agree_on_ten_ponds(exact, engine, name):
    setting = SETTINGS[engine][name == "drowned-10"]
    if setting is None:
        pytest.skip("takes seconds to come near")
    if reason := ENGINES[engine].missing():
        pytest.skip(reason)
    case = named(name)
    solution = ENGINES[engine].prepare(case, setting)()
    assert solution.depth.shape == (240, 10)
    assert np.abs(solution.depth - exact[name][0]).max() < (2.0 * NEAR if engine == "swmm" else NEAR)
    assert abs(balance_error(case, solution)) < 1e-5
    assert solution.steps > 0


@pytest.mark.parametrize("name", ["series", "parallel-3", "series-0", "drowned-x"])
def test_a_case_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="give series-N or drowned-N"):
        named(name)


def row(engine, seconds, error):
    return Row("series-10", engine, "", seconds, error, 0.0, 0.0, 1, 0.0)


OWN = [row("deltasim", 1.0, 1e-2), row("deltasim", 10.0, 1e-4), row("deltasim", 20.0, 1e-3)]


def test_a_front_leaves_out_what_is_beaten_or_has_failed():
    assert front([*OWN, row("deltasim", 0.1, float("nan"))]) == OWN[:2]


def test_time_along_a_front_is_interpolated_in_logarithms_and_never_extrapolated():
    best = front(OWN)
    assert seconds_at(best, 1e-3) == pytest.approx(10.0**0.5)
    assert seconds_at(best, 1.0) == 1.0
    assert np.isnan(seconds_at(best, 1e-5))


def test_a_peer_is_compared_where_it_does_best():
    peer = [row("bdf", 100.0, 1e-2), row("bdf", 100.0, 2e-3), row("bdf", 1000.0, 1e-3)]
    (found,) = ratios([*OWN, *peer], "series-10", ["bdf", "radau"])
    assert found.error == 2e-3
    assert found.least == pytest.approx(100.0 / 5.0**0.5)
    assert np.isnan(found.at[-1])


def test_a_peer_that_never_comes_near_is_taken_at_its_best():
    (found,) = ratios([*OWN, row("swmm", 50.0, 0.5), row("swmm", 500.0, 0.1)], "series-10", ["swmm"])
    assert (found.error, found.goal) == (0.1, 5000.0)
    assert found.least == pytest.approx(500.0)
