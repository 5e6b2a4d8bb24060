"""Gaussian elimination without pivoting, planned once.

The matrix of a step, W = I - gamma dt J in storages, has positive diagonal and column dominance whenever each link's
discharge rises with the stage it comes from and falls with the one it goes to. Elimination in any fixed order is then
stable, so order and fill are found once and the compiled loop only follows a list.

The values of W lie in one array: the diagonal, then for each pivot the entries below it, then those to the right of
it in the same order, then one slot for whatever belongs to no equation.
"""

from __future__ import annotations

import heapq
from collections import deque
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit

__all__ = ["Elimination", "factorise", "minimum_degree", "plan_elimination", "solve"]

Integers = NDArray[np.int64]

AT_ONCE = 2_000_000
"""Pairs of entries that are looked up at once, which bounds the memory that a plan needs on the way."""


class Elimination(NamedTuple):
    """The plan for n equations.

    Parameters
    ----------
    first : ndarray, shape (n + 1,)
        Pivot k owns the off-diagonal entries ``first[k]`` to ``first[k + 1]``.
    row : ndarray, shape (nnz,)
        Row of each entry below a pivot; by symmetry column of the one to its right.
    target : ndarray
        Where the product of each pair of entries of a pivot is subtracted, pivot by pivot.
    size : int
        Slots in W, without the one for nothing.
    """

    first: Integers
    row: Integers
    target: Integers
    size: int


def minimum_degree(n: int, pairs: NDArray[np.int64]) -> tuple[Integers, list[list[int]]]:
    """Order equations so that elimination fills in little.

    Parameters
    ----------
    n : int
        Number of equations.
    pairs : ndarray, shape (m, 2)
        Equations that share a link; may repeat.

    Returns
    -------
    order : ndarray, shape (n,)
        Equation eliminated at each place.
    below : list of n lists
        For each place, the equations (not places) that its pivot still touches.

    Notes
    -----
    Always the equation with the fewest neighbours, of several the one that has waited longest. A tree has no fill; a
    chain is eaten from both ends in turn, which leaves the processor two independent recurrences to overlap.

    References
    ----------
    Tinney, W. F., Walker, J. W. (1967), Direct solutions of sparse network equations, Proc. IEEE 55(11).
    """
    low, high = pairs.min(axis=1, initial=n), pairs.max(axis=1, initial=0)
    a, b = np.divmod(np.unique((low * n + high)[low < high]), max(n, 1))
    order, below, stamp = _eat_leaves(n, a, b)
    eaten = np.zeros(n, dtype=bool)
    eaten[order] = True
    inside = ~eaten[a] & ~eaten[b]
    neighbours: dict[int, set[int]] = {i: set() for i in np.flatnonzero(~eaten).tolist()}
    for i, j in zip(a[inside].tolist(), b[inside].tolist(), strict=True):
        neighbours[i].add(j)
        neighbours[j].add(i)
    queue = [(len(around), stamp[i], i) for i, around in neighbours.items()]
    heapq.heapify(queue)
    clock = 2 * n + 1
    while neighbours:
        degree, when, i = heapq.heappop(queue)
        if i not in neighbours or when != stamp[i] or degree != len(neighbours[i]):
            continue
        around = sorted(neighbours.pop(i))
        order.append(i)
        below.append(around)
        for j in around:
            neighbours[j].discard(i)
            neighbours[j].update(around)
            neighbours[j].discard(j)
        for j in around:
            stamp[j] = clock
            heapq.heappush(queue, (len(neighbours[j]), clock, j))
            clock += 1
    return np.array(order, dtype=np.int64), below


def _eat_leaves(n: int, a: Integers, b: Integers) -> tuple[list[int], list[list[int]], list[int]]:
    """Do all of `minimum_degree` that needs no search: eliminate what has one neighbour or none until nothing has.

    Parameters
    ----------
    n : int
    a, b : ndarray
        Equations that share a link, each pair once.

    Returns
    -------
    order, below : list
        As in `minimum_degree`, so far.
    stamp : list of n int
        Since when each equation waits.
    """
    degree = np.bincount(np.concatenate((a, b)), minlength=n).tolist()
    # The sum of the neighbours that are left is, where only one is left, that one.
    sums = np.zeros(n, dtype=np.int64)
    np.add.at(sums, a, b)
    np.add.at(sums, b, a)
    left = sums.tolist()
    alone = deque(i for i in range(n) if degree[i] == 0)
    leaves = deque(i for i in range(n) if degree[i] == 1)
    stamp = list(range(n))
    order: list[int] = []
    below: list[list[int]] = []
    while alone or leaves:
        around: list[int] = []
        if alone:
            i = alone.popleft()
        else:
            i = leaves.popleft()
            if degree[i] != 1:
                continue
            around.append(left[i])
        degree[i] = -1
        order.append(i)
        below.append(around)
        for j in around:
            degree[j] -= 1
            left[j] -= i
            stamp[j] = n + len(order)
            if degree[j] < 2:
                (leaves if degree[j] else alone).append(j)
    return order, below, stamp


def plan_elimination(
    order: Integers, below: list[list[int]], pairs: NDArray[np.int64]
) -> tuple[Elimination, dict[str, Integers]]:
    """Write the plan for an order, and say where each link's entries go.

    Parameters
    ----------
    order, below
        From `minimum_degree`.
    pairs : ndarray, shape (m, 2)
        The equations at the two ends of every flux, in the numbering before ordering; -1 where an end has none.

    Returns
    -------
    plan : Elimination
    slots : dict of ndarray, shape (m,)
        ``"ff"``, ``"ft"``, ``"tf"``, ``"tt"``: slot in W of row from or to, column from or to.
    """
    n = len(order)
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    lengths = np.array([len(around) for around in below], dtype=np.int64)
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    entries = int(first[-1])
    size = n + 2 * entries
    touched = place[np.fromiter(chain.from_iterable(below), np.int64, entries)]
    # Pivot and row in one number, rising from entry to entry, in which an entry is found by bisection.
    key = np.sort(np.repeat(np.arange(n), lengths) * n + touched)
    row = key % max(n, 1)

    def slot(i: Integers, j: Integers) -> Integers:
        pivot, other = np.minimum(i, j), np.maximum(i, j)
        found = n + np.searchsorted(key, pivot * n + other) + np.where(i < j, entries, 0)
        return np.where(pivot < 0, size, np.where(i == j, i, found))

    target = [np.empty(0, dtype=np.int64)]
    cuts = np.searchsorted(np.cumsum(lengths**2), np.arange(0, int(np.sum(lengths**2)), AT_ONCE))
    for begin, end in pairwise((*cuts.tolist(), n)):
        i, j = _pairs_of_entries(first[begin : end + 1], row)
        target.append(slot(i, j))
    ends = np.where(pairs >= 0, place[np.maximum(pairs, 0)] if n else -1, -1)
    tail, head = ends[:, 0], ends[:, 1]
    slots = {"ff": slot(tail, tail), "ft": slot(tail, head), "tf": slot(head, tail), "tt": slot(head, head)}
    return Elimination(first, row, np.concatenate(target), size), slots


def _pairs_of_entries(first: Integers, row: Integers) -> tuple[Integers, Integers]:
    """Rows of each pair of entries of some pivots, pivot by pivot, those of one with the second running faster."""
    lengths = np.diff(first)
    squares = lengths**2
    within = np.arange(int(squares.sum())) - np.repeat(np.cumsum(squares) - squares, squares)
    width = np.repeat(lengths, squares)
    begin = np.repeat(first[:-1], squares)
    return row[begin + within // np.maximum(width, 1)], row[begin + within % np.maximum(width, 1)]


@jit
def factorise(plan, w):  # type: ignore[no-untyped-def]
    """Factor W in place; entries below and to the right of the pivots become multipliers, the diagonal its inverse.

    Parameters
    ----------
    plan : Elimination
    w : ndarray, shape (plan.size + 1,)
        Values of W; overwritten.

    Returns
    -------
    bool
        False where a pivot is not positive: the matrix is not of the kind this is meant for.
    """
    n = plan.first.shape[0] - 1
    entries = plan.row.shape[0]
    at = 0
    for k in range(n):
        if not w[k] > 0.0 or w[k] == np.inf:
            return False
        inverse = 1.0 / w[k]
        w[k] = inverse
        begin = plan.first[k] + n
        end = plan.first[k + 1] + n
        for p in range(begin, end):
            w[p] *= inverse
            for r in range(begin + entries, end + entries):
                w[plan.target[at]] -= w[p] * w[r]
                at += 1
        for r in range(begin + entries, end + entries):
            w[r] *= inverse
    return True


@jit
def solve(plan, w, b):  # type: ignore[no-untyped-def]
    """Solve W x = b in place, W factored.

    Parameters
    ----------
    plan : Elimination
    w : ndarray
        From `factorise`.
    b : ndarray, shape (n,) or longer
        Right-hand side; overwritten with the solution.
    """
    n = plan.first.shape[0] - 1
    entries = plan.row.shape[0]
    for k in range(n):
        for p in range(plan.first[k], plan.first[k + 1]):
            b[plan.row[p]] -= w[n + p] * b[k]
    for k in range(n - 1, -1, -1):
        # Only one product stands between a value and the one before it, on which this waits.
        rest = b[k] * w[k]
        for p in range(plan.first[k], plan.first[k + 1]):
            rest -= w[n + entries + p] * b[plan.row[p]]
        b[k] = rest
