"""The curves of all nodes, as the compiled loop looks up stages and areas: one by one, or many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit_inline, jit_lanes
from deltasim._lines import in_lines
from deltasim.constants import UNIT_AREA
from deltasim.geometry.curve import Curve

__all__ = ["CurveTable", "Slices", "locate", "make_slices", "pack_curves", "see_curves", "see_stages"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST_SUM = 1e-300
"""Instead of the 0 of an empty wedge, so that nothing over it is nothing."""


class CurveTable(NamedTuple):
    """The curves of all nodes, end to end, for the compiled loop; node i owns rows ``first[i]`` to ``last[i]``."""

    first: Integers
    last: Integers
    stage: Floats
    area: Floats
    slope: Floats
    storage: Floats


def pack_curves(curves: Sequence[Curve]) -> CurveTable:
    """Lay curves end to end.

    Parameters
    ----------
    curves : sequence of Curve
        One per storage node, in the solver's order.

    Returns
    -------
    CurveTable
    """
    ends = np.cumsum([len(curve.stage) for curve in curves], dtype=np.int64)
    first = np.concatenate((np.zeros(1, np.int64), ends[:-1])) if len(curves) else np.zeros(0, np.int64)

    def joined(name: str) -> Floats:
        return np.concatenate([np.empty(0), *(getattr(curve, name) for curve in curves)])

    return CurveTable(first, ends - 1, joined("stage"), joined("area"), joined("slope"), joined("storage"))


class Slices(NamedTuple):
    """The slice of its curve in which each node was last found; arrays over the nodes.

    Parameters
    ----------
    storage, stage, area, slope : ndarray
        Its row, as in `CurveTable`.
    size : ndarray, m3
        What it holds; 0 where nothing was looked up yet.
    sloping : ndarray, shape (1,), int64
        In how many of them the area grows.
    """

    storage: Floats
    stage: Floats
    area: Floats
    slope: Floats
    size: Floats
    sloping: Integers


def make_slices(nodes: int) -> Slices:
    """Give slices in which nothing lies yet.

    Parameters
    ----------
    nodes : int

    Returns
    -------
    Slices
    """
    storage, stage, area, slope, size = (in_lines((nodes,)) for _ in range(5))
    area[:] = 1.0
    return Slices(storage, stage, area, slope, size, np.zeros(1, dtype=np.int64))


@jit_inline
def see_curves(curves, slices, rows, begin, end, volume, stage, area):  # type: ignore[no-untyped-def]
    """Stage and area of some nodes.

    Parameters
    ----------
    curves, slices, rows, begin, end, volume, stage
        As for `see_stages`.
    area : ndarray, shape (n,) or longer, m2
        Filled.
    """
    see_stages(curves, slices, rows, begin, end, volume, stage)  # type: ignore[no-untyped-call]
    see_areas(slices, begin, end, volume, area)  # type: ignore[no-untyped-call]


@jit_inline
def see_stages(curves, slices, rows, begin, end, volume, stage):  # type: ignore[no-untyped-def]
    """Stages of some nodes.

    Nearly all are where they were, in one slice of their curve; there one formula holds without a question asked, which
    processors work out for several nodes at a time. The others are looked up one by one.

    Parameters
    ----------
    curves : CurveTable
    slices : Slices
        Updated.
    rows : ndarray, shape (n,), int64
        As for `locate`; updated.
    begin, end : uint64
        First node, and one past the last.
    volume : ndarray, shape (n,) or longer, m3
    stage : ndarray, shape (n,) or longer, m
        Filled, as `locate` has it.
    """
    if guess_stages(slices, begin, end, volume, stage) == 0:  # type: ignore[no-untyped-call]
        return
    for i in range(np.int64(begin), np.int64(end)):
        d = volume[i] - slices.storage[i]
        if d < 0.0 or d >= slices.size[i]:
            stage[i], _, _ = locate(curves, i, volume[i], rows)  # type: ignore[no-untyped-call]
            k = rows[i]
            slices.sloping[0] += int(curves.slope[k] != 0.0) - int(slices.slope[i] != 0.0)
            slices.storage[i] = curves.storage[k]
            slices.stage[i] = curves.stage[k]
            slices.area[i] = curves.area[k]
            slices.slope[i] = curves.slope[k]
            slices.size[i] = curves.storage[k + 1] - curves.storage[k] if k < curves.last[i] else np.inf


@jit_lanes
def guess_stages(slices, begin, end, volume, stage):  # type: ignore[no-untyped-def]
    """Stages of nodes that are in the slices where they were, and how many are not."""
    strays = 0
    if slices.sloping[0] > 0:
        for i in range(begin, end):
            d = volume[i] - slices.storage[i]
            root = np.sqrt(max(slices.area[i] * slices.area[i] + 2.0 * slices.slope[i] * d, 0.0))
            stage[i] = slices.stage[i] + 2.0 * d / max(slices.area[i] + root, LEAST_SUM)
            strays += (d < 0.0) | (d >= slices.size[i])
    else:
        for i in range(begin, end):
            d = volume[i] - slices.storage[i]
            # A division, as in `locate`: times an inverse a pond at its sill comes to lie above it, and is not at rest.
            stage[i] = slices.stage[i] + d / slices.area[i]
            strays += (d < 0.0) | (d >= slices.size[i])
    return strays


@jit_lanes
def see_areas(slices, begin, end, volume, area):  # type: ignore[no-untyped-def]
    """Areas of nodes that are in their slices, or below empty; after `see_stages`."""
    if slices.sloping[0] > 0:
        for i in range(begin, end):
            d = max(volume[i] - slices.storage[i], 0.0)
            area[i] = np.sqrt(max(slices.area[i] * slices.area[i] + 2.0 * slices.slope[i] * d, 0.0))
    else:
        for i in range(begin, end):
            area[i] = slices.area[i]


@jit_inline
def locate(curves, node, volume, rows):  # type: ignore[no-untyped-def]
    """Stage, area, and growth of the area with stage, of one node.

    The row found is remembered, since the next question is nearly always about the same slice. Below empty, where
    only stages of a step can be, the stage goes on falling as in a prism of at least 1 m2: laws see that nothing is
    there, and the error estimate sees how much.

    Parameters
    ----------
    curves : CurveTable
    node : int
    volume : float, m3
    rows : ndarray, shape (n_node,), int64
        Row of each node in the last answer; updated.

    Returns
    -------
    stage : float, m
    area : float, m2
    slope : float, m
        dA/dh.
    """
    k = rows[node]
    while k < curves.last[node] and volume >= curves.storage[k + 1]:
        k += 1
    while k > curves.first[node] and volume < curves.storage[k]:
        k -= 1
    rows[node] = k
    d = volume - curves.storage[k]
    a = curves.area[k]
    if d <= 0.0:
        return curves.stage[k] + d / max(a, UNIT_AREA), a, 0.0
    s = curves.slope[k]
    if s == 0.0:
        return curves.stage[k] + d / a, a, 0.0
    root = np.sqrt(max(a * a + 2.0 * s * d, 0.0))  # rounding, where a slice narrows to nothing
    return curves.stage[k] + 2.0 * d / (a + root), root, s
