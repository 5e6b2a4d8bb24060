"""The chains as differential equations: rates of the depths, compiled, and their Jacobian as a band.

The state holds the depths of the ponds, m, and below them what has left the last one, spread over a pond's area, m: so
each method's own arithmetic tells how well the water balance closes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from benchmarks.cases import HOUR, Case
from benchmarks.peers.engine import Solution
from numba import njit

__all__ = ["band", "law_of", "rates", "solve_spans", "tolerances_of", "upper_band"]

AREA, WEIR, CREST, ORIFICE, ROUNDING, BEGUN, INFLOW, GROWTH = range(8)
"""Places in a law."""
UNCHECKED = 1e30
"""Tolerance of what has left, m: it follows from the rest and must not govern the steps."""


def law_of(case: Case) -> np.ndarray:
    """Constants of a case in the order that the compiled functions read; the inflow is set span by span."""
    orifice = case.orifice if case.joined_by == "orifice" else 0.0
    return np.array([case.area, case.weir, case.crest, orifice, case.rounding, 0.0, 0.0, 0.0])


def upper_band(case: Case) -> int:
    """Diagonals above the main one: a free weir does not feel the pond below."""
    return 1 if case.joined_by == "orifice" else 0


def tolerances_of(case: Case, tolerance: float) -> np.ndarray:
    """Absolute tolerance of each part of the state, m."""
    return np.append(np.full(case.ponds, tolerance), UNCHECKED)


def solve_spans(
    case: Case, law: np.ndarray, advance: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, int]]
) -> Solution:
    """Solve a case over one stretch of linear inflow after the other, so that no step runs over a kink.

    `advance` gets hours, s, and the state at the first of them; it gives the states at all and its steps.
    """
    state = np.append(np.full(case.ponds, case.depth), 0.0)
    rows, steps = [], 0
    began = time.perf_counter()
    for i in range(len(case.times) - 1):
        begun, ended = case.times[i : i + 2]
        growth = (case.discharge[i + 1] - case.discharge[i]) / (ended - begun)
        law[BEGUN:] = begun, case.discharge[i], growth
        found, count = advance(np.arange(begun, ended + 1.0, HOUR), state)
        rows.append(found[1:])
        state = found[-1].copy()
        steps += count
    seconds = time.perf_counter() - began
    depth = np.concatenate(rows)[:, :-1]
    return Solution(seconds, depth, float(state[-1]) * case.area, steps)


@njit(error_model="numpy")
def root(d, rounding):
    """Square root with the sign of a difference, rounded off as deltasim does."""
    if abs(d) >= rounding:
        return np.copysign(np.sqrt(abs(d)), d)
    s = d / rounding
    return np.sqrt(rounding) * s * (1.25 - 0.25 * s * s)


@njit(error_model="numpy")
def root_slope(d, rounding):
    """Slope of `root`."""
    if abs(d) >= rounding:
        return 0.5 / np.sqrt(abs(d))
    s = d / rounding
    return (1.25 - 0.75 * s * s) / np.sqrt(rounding)


@njit(error_model="numpy")
def rates(t, y, dy, law):
    """Fill in the rate of every part of the state."""
    last = len(y) - 2
    per_area = 1.0 / law[AREA]
    before = law[INFLOW] + law[GROWTH] * (t - law[BEGUN])
    if law[ORIFICE] > 0.0:
        for i in range(last):
            q = law[ORIFICE] * root(y[i] - y[i + 1], law[ROUNDING])
            dy[i] = (before - q) * per_area
            before = q
    else:
        for i in range(last):
            head = max(y[i] - law[CREST], 0.0)
            q = law[WEIR] * head * np.sqrt(head)
            dy[i] = (before - q) * per_area
            before = q
    head = max(y[last] - law[CREST], 0.0)
    q = law[WEIR] * head * np.sqrt(head)
    dy[last] = (before - q) * per_area
    dy[last + 1] = q * per_area


@njit(error_model="numpy")
def band(y, law, upper):
    """Jacobian J of the rates, packed: J[i, j] stands at [i - j + upper, j]."""
    last = len(y) - 2
    per_area = 1.0 / law[AREA]
    packed = np.zeros((upper + 2, len(y)))
    for i in range(last + 1):
        if i < last and law[ORIFICE] > 0.0:
            slope = per_area * law[ORIFICE] * root_slope(y[i] - y[i + 1], law[ROUNDING])
            packed[0, i + 1] += slope
            packed[1, i + 1] -= slope
        else:
            slope = per_area * 1.5 * law[WEIR] * np.sqrt(max(y[i] - law[CREST], 0.0))
        packed[upper, i] -= slope
        packed[upper + 1, i] += slope
    return packed
