"""Which nodes each flux joins: values of nodes taken to the ends of fluxes, and fluxes summed into nodes.

Along a river the fluxes that follow each other join nodes that follow each other. Such a run of fluxes is worked on as
a whole, which processors do several at a time; the other, loose fluxes look up their nodes one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit_inner, jit_lanes
from deltasim.solver.places import LOOSE, NODES, RUNS
from deltasim.solver.sums import set_spans

__all__ = ["Runs", "add_fluxes", "find_runs", "scatter", "take_ends"]

Integers = NDArray[np.int64]

LEAST_RUN = 8
"""Fluxes that are worth a loop of their own."""


class Runs(NamedTuple):
    """Fluxes that follow each other as their nodes and their places in the matrix do, and those that do not.

    Parameters
    ----------
    first, length : ndarray, shape (n_run,)
        First flux of each run, and how many.
    loose : ndarray
        Fluxes in no run.
    """

    first: Integers
    length: Integers
    loose: Integers


def find_runs(columns: Sequence[Integers]) -> Runs:
    """Find the runs.

    Parameters
    ----------
    columns : sequence of ndarray, shape (m,)
        What has to grow by one from flux to flux.

    Returns
    -------
    Runs
    """
    m = len(columns[0])
    follows = np.zeros(m + 1, dtype=bool)
    follows[1:m] = np.all([np.diff(column) == 1 for column in columns], axis=0)
    first = np.flatnonzero(~follows[:-1] & follows[1:])
    last = np.flatnonzero(follows[:-1] & ~follows[1:])
    long = last - first + 1 >= LEAST_RUN
    first, last = first[long], last[long]
    marks = np.zeros(m + 1, dtype=np.int64)
    marks[first] += 1
    marks[last + 1] -= 1
    return Runs(first, last - first + 1, np.flatnonzero(np.cumsum(marks[:-1]) == 0))


@jit_lanes
def add_run(scale, flux, first, origin, target, length, node):  # type: ignore[no-untyped-def]
    """Add a run of fluxes, scaled, to its nodes; its indices are unsigned.

    Where the nodes that they leave and those that they enter overlap, as along a river, each of them is looked at once:
    a loop over fluxes that writes both ends would wait for itself.
    """
    low, high = min(origin, target), max(origin, target)
    scale = -scale if origin < target else scale
    gap = min(high - low, length)
    for i in range(gap):
        node[low + i] += scale * flux[first + i]
    for i in range(gap, length):
        node[low + i] += scale * (flux[first + i] - flux[first + i - gap])
    for i in range(length - gap, length):
        node[high + i] -= scale * flux[first + i]


@jit_lanes
def take_run(node, origin, target, first, length, at_from, at_to):  # type: ignore[no-untyped-def]
    """Take values of nodes to the ends of a run of fluxes; its indices are unsigned."""
    for i in range(length):
        at_from[first + i] = node[origin + i]
        at_to[first + i] = node[target + i]


@jit_inner
def scatter(fluxes, awake, flux, node):  # type: ignore[no-untyped-def]
    """Sum fluxes into storages: `node` = B `flux`, over what is awake; the rest stays as it is, or means nothing."""
    set_spans(node, 0.0, awake.nodes, awake.counts[NODES])
    add_fluxes(fluxes, awake, 1.0, flux, node)


@jit_inner
def add_fluxes(fluxes, awake, scale, flux, node):  # type: ignore[no-untyped-def]
    """Add fluxes to nodes: `node` += scale B `flux`, over what is awake."""
    origin, target, runs, loose = fluxes.origin, fluxes.target, awake.runs, awake.loose
    for r in range(awake.counts[RUNS]):
        k, length = np.uint64(runs[r, 0]), np.uint64(runs[r, 1])
        add_run(scale, flux, k, np.uint64(origin[k]), np.uint64(target[k]), length, node)
    for j in range(awake.counts[LOOSE]):
        k = loose[j]
        node[origin[k]] -= scale * flux[k]
        node[target[k]] += scale * flux[k]


@jit_inner
def take_ends(fluxes, awake, node, at_from, at_to):  # type: ignore[no-untyped-def]
    """Values of nodes at both ends of each flux that is awake."""
    origin, target, runs, loose = fluxes.origin, fluxes.target, awake.runs, awake.loose
    for r in range(awake.counts[RUNS]):
        k, length = np.uint64(runs[r, 0]), np.uint64(runs[r, 1])
        take_run(node, np.uint64(origin[k]), np.uint64(target[k]), k, length, at_from, at_to)
    for j in range(awake.counts[LOOSE]):
        k = loose[j]
        at_from[k] = node[origin[k]]
        at_to[k] = node[target[k]]
