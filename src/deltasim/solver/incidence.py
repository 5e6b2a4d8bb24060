"""Which nodes each flux joins: values of nodes taken to the ends of fluxes, and fluxes summed into nodes.

Along a river the fluxes that follow each other join nodes that follow each other. Such a run of fluxes is worked on as
a whole, which processors do several at a time; the other, loose fluxes look up their nodes one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit_inner
from deltasim.solver.places import LOOSE, NODES, RUNS
from deltasim.solver.sums import add_scaled, copy_into, set_spans

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


@jit_inner
def scatter(fluxes, awake, flux, node):  # type: ignore[no-untyped-def]
    """Sum fluxes into storages: `node` = B `flux`, over what is awake; the rest stays as it is, or means nothing."""
    set_spans(node, 0.0, awake.nodes, awake.counts[NODES])
    add_fluxes(fluxes, awake, flux, node)


@jit_inner
def add_fluxes(fluxes, awake, flux, node):  # type: ignore[no-untyped-def]
    """Add fluxes to nodes: `node` += B `flux`, over what is awake."""
    origin, target, runs, loose = fluxes.origin, fluxes.target, awake.runs, awake.loose
    for r in range(awake.counts[RUNS]):
        k, length = runs[r, 0], runs[r, 1]
        # First one end, then the other: where they share nodes, one loop over both would wait for itself.
        add_scaled(node[origin[k] :], -1.0, flux[k:], length)
        add_scaled(node[target[k] :], 1.0, flux[k:], length)
    for j in range(awake.counts[LOOSE]):
        k = loose[j]
        node[origin[k]] -= flux[k]
        node[target[k]] += flux[k]


@jit_inner
def take_ends(fluxes, awake, node, at_from, at_to):  # type: ignore[no-untyped-def]
    """Values of nodes at both ends of each flux that is awake."""
    origin, target, runs, loose = fluxes.origin, fluxes.target, awake.runs, awake.loose
    for r in range(awake.counts[RUNS]):
        k, length = runs[r, 0], runs[r, 1]
        copy_into(at_from[k:], node[origin[k] :], length)
        copy_into(at_to[k:], node[target[k] :], length)
    for j in range(awake.counts[LOOSE]):
        k = loose[j]
        at_from[k] = node[origin[k]]
        at_to[k] = node[target[k]]
