"""Gaussian elimination without pivoting, planned once.

The matrix of a step, W = I - gamma dt J in storages, has positive diagonal and column dominance whenever each link's
discharge rises with the stage it comes from and falls with the one it goes to. Elimination in any fixed order is then
stable, so order and fill are found once and the compiled loop only follows a list.

The values of W lie in one array: the diagonal, then for each pivot the entries below it, then those to the right of
it in the same order, then one slot for whatever belongs to no equation.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit

__all__ = ["Elimination", "factorise", "minimum_degree", "plan_elimination", "solve"]

Integers = NDArray[np.int64]


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
    neighbours: list[set[int]] = [set() for _ in range(n)]
    for a, b in pairs.tolist():
        if a != b:
            neighbours[a].add(b)
            neighbours[b].add(a)
    queue = [(len(neighbours[i]), i, i) for i in range(n)]
    heapq.heapify(queue)
    stamp = list(range(n))
    clock = n
    order = np.empty(n, dtype=np.int64)
    below: list[list[int]] = []
    done = [False] * n
    while len(below) < n:
        degree, when, i = heapq.heappop(queue)
        if done[i] or when != stamp[i] or degree != len(neighbours[i]):
            continue
        done[i] = True
        order[len(below)] = i
        around = sorted(neighbours[i])
        below.append(around)
        for a in around:
            neighbours[a].discard(i)
            neighbours[a].update(around)
            neighbours[a].discard(a)
        for a in around:
            stamp[a] = clock
            heapq.heappush(queue, (len(neighbours[a]), clock, a))
            clock += 1
    return order, below


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
    rows = [sorted(int(place[a]) for a in around) for around in below]
    first = np.concatenate(([0], np.cumsum([len(r) for r in rows]))).astype(np.int64)
    entries = int(first[-1])
    size = n + 2 * entries
    lower = {(r, k): n + int(first[k]) + p for k, row in enumerate(rows) for p, r in enumerate(row)}

    def slot(i: int, j: int) -> int:
        if i < 0 or j < 0:
            return size
        if i == j:
            return i
        return lower[i, j] if i > j else lower[j, i] + entries

    target = [slot(i, j) for row in rows for i in row for j in row]
    ends = np.where(pairs >= 0, place[np.maximum(pairs, 0)] if n else -1, -1)
    tail, head = ends[:, 0].tolist(), ends[:, 1].tolist()
    slots = {
        "ff": [slot(f, f) for f in tail],
        "ft": [slot(f, t) for f, t in zip(tail, head, strict=True)],
        "tf": [slot(t, f) for f, t in zip(tail, head, strict=True)],
        "tt": [slot(t, t) for t in head],
    }
    plan = Elimination(first, np.array([r for row in rows for r in row], np.int64), np.array(target, np.int64), size)
    return plan, {key: np.array(value, dtype=np.int64) for key, value in slots.items()}


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
