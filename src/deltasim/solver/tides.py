"""Tides in the compiled loop: smooth functions of time with their derivative, not tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit_inline
from deltasim.tide import Tide

__all__ = ["PackedTides", "longest_step", "pack_tides", "waves"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

STEPS_IN_A_PERIOD = 12.0


class PackedTides(NamedTuple):
    """The constituents of all tides, one tide after the other.

    Parameters
    ----------
    first_speed : ndarray, shape (n_tide + 1,), int64
        Where each tide begins in `speed`.
    first_knot : ndarray, shape (n_tide + 1,), int64
        Where each tide begins in `knots`.
    first_value : ndarray, shape (n_tide + 1,), int64
        Where each tide begins in `cosine` and `sine`, whose rows are its knots.
    speed : ndarray, rad/s
    knots : ndarray, s
    cosine, sine : ndarray, m
    """

    first_speed: Integers
    first_knot: Integers
    first_value: Integers
    speed: Floats
    knots: Floats
    cosine: Floats
    sine: Floats


def pack_tides(tides: Sequence[Tide]) -> PackedTides:
    """Lay tides out for the loop; their base is a signal like any other.

    Parameters
    ----------
    tides : sequence of Tide

    Returns
    -------
    PackedTides
    """

    def firsts(lengths: list[int]) -> Integers:
        return np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int64))]).astype(np.int64)

    def joined(parts: list[Floats]) -> Floats:
        return np.concatenate([np.empty(0), *parts])

    return PackedTides(
        firsts([tide.speed.size for tide in tides]),
        firsts([tide.knots.size for tide in tides]),
        firsts([tide.cosine.size for tide in tides]),
        joined([tide.speed for tide in tides]),
        joined([tide.knots for tide in tides]),
        joined([tide.cosine.ravel() for tide in tides]),
        joined([tide.sine.ravel() for tide in tides]),
    )


def longest_step(tides: Sequence[Tide]) -> float:
    """Longest step that cannot pass over a tide, s; infinite without one.

    The error of a step is estimated from what its stages see. A node that follows the sea closely, or that a shut flap
    valve keeps from it, changes so little that the step grows to its limit, and stages a day apart see a semidiurnal
    tide as standing still, or as a wave that is not there. With twelve steps in the shortest period that matters the
    estimate is one of a smooth curve.

    Parameters
    ----------
    tides : sequence of Tide

    Returns
    -------
    float
    """
    return min((tide.shortest_period / STEPS_IN_A_PERIOD for tide in tides), default=np.inf)


@jit_inline
def waves(tides, i, t):  # type: ignore[no-untyped-def]
    """Level of a tide above its base, and how fast it changes.

    Parameters
    ----------
    tides : PackedTides
    i : int
        Which tide.
    t : float, s

    Returns
    -------
    level : float, m
    rate : float, m/s
    """
    low, last = tides.first_knot[i], tides.first_knot[i + 1] - 1
    high = last
    while low < high:  # the knot before t, or the first
        middle = (low + high + 1) // 2
        if tides.knots[middle] <= t:
            low = middle
        else:
            high = middle - 1
    first, n = tides.first_speed[i], tides.first_speed[i + 1] - tides.first_speed[i]
    before = tides.first_value[i] + (low - tides.first_knot[i]) * n
    weight, per_second, after = 0.0, 0.0, before
    if low < last and t > tides.knots[low]:
        per_second = 1.0 / (tides.knots[low + 1] - tides.knots[low])
        weight = (t - tides.knots[low]) * per_second
        after = before + n
    level, rate = 0.0, 0.0
    for j in range(n):
        w = tides.speed[first + j]
        c, s = tides.cosine[before + j], tides.sine[before + j]
        dc, ds = tides.cosine[after + j] - c, tides.sine[after + j] - s
        c += weight * dc
        s += weight * ds
        cos, sin = np.cos(w * t), np.sin(w * t)
        level += c * cos + s * sin
        rate += w * (s * cos - c * sin) + per_second * (dc * cos + ds * sin)
    return level, rate
