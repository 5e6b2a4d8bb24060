"""Gaussian elimination without pivoting, planned once.

The matrix of a step, W = I - gamma dt J in storages, has positive diagonal and column dominance whenever each link's
discharge rises with the stage it comes from and falls with the one it goes to. Elimination in any fixed order is then
stable, so order and fill are found once and the compiled loop only follows a list.

The values of W lie in one array: the diagonal, then for each pivot the entries below it, then those to the right of
it in the same order, then one slot for whatever belongs to no equation.

Where a pivot touches one other equation only, as along a river, it is followed by that one. What is carried from pivot
to pivot along such a path need not go through memory, and two paths that do not wait for each other are followed side
by side: a processor that waits for the one works on the other.
"""

from __future__ import annotations

from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit, jit_inline, jit_inner
from deltasim.solver.ordering import EACH

__all__ = ["Elimination", "factorise", "plan_elimination", "solve"]

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
    parts : ndarray, shape (n_part, 4)
        The order, cut up: first pivot, first pivot of a second path or `EACH`, number of pivots (of each of two paths),
        and where the first one's pairs begin in `target`. A path that has no other to go with goes with itself. On a
        path every pivot has one entry, which is the pivot after it, except for the last, whose entry may be any later.
    """

    first: Integers
    row: Integers
    target: Integers
    size: int
    parts: Integers


def plan_elimination(
    order: Integers, below: list[list[int]], parts: Integers, pairs: NDArray[np.int64]
) -> tuple[Elimination, dict[str, Integers]]:
    """Write the plan for an order, and say where each link's entries go.

    Parameters
    ----------
    order, below, parts
        From `ordering.along_paths`.
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
    begin = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths**2)))[parts[:, 0]]
    return Elimination(first, row, np.concatenate(target), size, np.column_stack((parts, begin))), slots


def _pairs_of_entries(first: Integers, row: Integers) -> tuple[Integers, Integers]:
    """Rows of each pair of entries of some pivots, pivot by pivot, those of one with the second running faster."""
    lengths = np.diff(first)
    squares = lengths**2
    within = np.arange(int(squares.sum())) - np.repeat(np.cumsum(squares) - squares, squares)
    width = np.repeat(lengths, squares)
    begin = np.repeat(first[:-1], squares)
    return row[begin + within // np.maximum(width, 1)], row[begin + within % np.maximum(width, 1)]


@jit
def factorise(plan, parts, count, w):  # type: ignore[no-untyped-def]
    """Factor W in place; entries below and to the right of the pivots become multipliers, the diagonal its inverse.

    Parameters
    ----------
    plan : Elimination
    parts : ndarray, shape (k, 4)
        Those of the plan, or, where the rest of W is that of the identity, some of them, cut down to some pivots.
    count : int
        How many of them.
    w : ndarray, shape (plan.size + 1,)
        Values of W; overwritten.

    Returns
    -------
    bool
        False where a pivot is not positive: the matrix is not of the kind this is meant for.
    """
    for p in range(count):
        begin, twin, length = parts[p, 0], parts[p, 1], parts[p, 2]
        if twin == EACH:
            good = factorise_each(plan, w, begin, begin + length, parts[p, 3])
        else:
            good = factorise_paths(plan, w, begin, twin, length)
        if not good:
            return False
    return True


@jit_inner
def factorise_each(plan, w, begin, end, at):  # type: ignore[no-untyped-def]
    """Factor pivots that stand for themselves."""
    n = plan.first.shape[0] - 1
    entries = plan.row.shape[0]
    for k in range(begin, end):
        if not 0.0 < w[k] < np.inf:
            return False
        inverse = 1.0 / w[k]
        w[k] = inverse
        low = plan.first[k] + n
        high = plan.first[k + 1] + n
        for p in range(low, high):
            w[p] *= inverse
            for r in range(low + entries, high + entries):
                w[plan.target[at]] -= w[p] * w[r]
                at += 1
        for r in range(low + entries, high + entries):
            w[r] *= inverse
    return True


@jit_inline
def places(plan, i):  # type: ignore[no-untyped-def]
    """Where a path that begins with pivot `i` has its diagonal, its entries below and those to the right."""
    below = plan.first.shape[0] - 1 + plan.first[i]
    return np.uint64(i), np.uint64(below), np.uint64(below + plan.row.shape[0])


@jit_inner
def factorise_paths(plan, w, i, j, count):  # type: ignore[no-untyped-def]
    """Factor two paths side by side, or one: then both do the same, which takes no longer than one."""
    own_i, below_i, right_i = places(plan, i)
    own_j, below_j, right_j = places(plan, j)
    taken_i, taken_j, least = 0.0, 0.0, np.inf
    for s in range(np.uint64(0), np.uint64(count)):
        pivot_i, pivot_j = w[own_i + s] - taken_i, w[own_j + s] - taken_j
        if not (pivot_i > 0.0 and pivot_j > 0.0):
            return False
        low_i, low_j, high_i, high_j = w[below_i + s], w[below_j + s], w[right_i + s], w[right_j + s]
        inverse_i, inverse_j = 1.0 / pivot_i, 1.0 / pivot_j
        taken_i, taken_j = low_i * high_i * inverse_i, low_j * high_j * inverse_j
        least = min(least, inverse_i, inverse_j)
        w[own_i + s], w[own_j + s] = inverse_i, inverse_j
        w[below_i + s], w[below_j + s] = low_i * inverse_i, low_j * inverse_j
        w[right_i + s], w[right_j + s] = high_i * inverse_i, high_j * inverse_j
    if least == 0.0:  # of a pivot that is infinite
        return False
    w[plan.row[plan.first[i] + count - 1]] -= taken_i
    if j != i:
        w[plan.row[plan.first[j] + count - 1]] -= taken_j
    return True


@jit
def solve(plan, parts, count, w, b):  # type: ignore[no-untyped-def]
    """Solve W x = b in place, W factored.

    Parameters
    ----------
    plan : Elimination
    parts, count
        As of `factorise`; the rest of b is 0.
    w : ndarray
        From `factorise`.
    b : ndarray, shape (n,) or longer
        Right-hand side; overwritten with the solution.
    """
    first, row = plan.first, plan.row
    n, entries = first.shape[0] - 1, row.shape[0]
    for p in range(count):
        i, j, length = parts[p, 0], parts[p, 1], parts[p, 2]
        if j != EACH:
            go_down(plan, w, b, i, j, length)
            continue
        for k in range(i, i + length):
            for e in range(first[k], first[k + 1]):
                b[row[e]] -= w[n + e] * b[k]
    for p in range(count - 1, -1, -1):
        i, j, length = parts[p, 0], parts[p, 1], parts[p, 2]
        if j != EACH:
            go_up(plan, w, b, i, j, length)
            continue
        for k in range(i + length - 1, i - 1, -1):
            # Only one product stands between a value and the one before it, on which this waits.
            rest = b[k] * w[k]
            for e in range(first[k], first[k + 1]):
                rest -= w[n + entries + e] * b[row[e]]
            b[k] = rest


@jit_inline
def two_down(w, b, below, at, x):  # type: ignore[no-untyped-def]
    """Values of two pivots of a path, `x` being that of the one before; `below` is that one's multiplier.

    One product and one sum stand between `x` and the second of them, where one after the other would take two of each.
    """
    first, second, known = w[below], w[below + np.uint64(1)], b[at]
    return known - first * x, (b[at + np.uint64(1)] - second * known) + (second * first) * x


@jit_inner
def go_down(plan, w, b, i, j, count):  # type: ignore[no-untyped-def]
    """Take along two paths what their pivots hand on, to the equations that the last ones touch."""
    own_i, below_i, _ = places(plan, i)
    own_j, below_j, _ = places(plan, j)
    one = np.uint64(1)
    last = np.uint64(count - 1)
    x, y = b[own_i], b[own_j]
    for s in range(one, last, np.uint64(2)):
        first_x, x = two_down(w, b, below_i + s - one, own_i + s, x)
        first_y, y = two_down(w, b, below_j + s - one, own_j + s, y)
        b[own_i + s], b[own_j + s] = first_x, first_y
        b[own_i + s + one], b[own_j + s + one] = x, y
    if count % 2 == 0:
        x, y = b[own_i + last] - w[below_i + last - one] * x, b[own_j + last] - w[below_j + last - one] * y
        b[own_i + last], b[own_j + last] = x, y
    b[plan.row[plan.first[i] + count - 1]] -= w[below_i + last] * x
    if j != i:
        b[plan.row[plan.first[j] + count - 1]] -= w[below_j + last] * y


@jit_inline
def two_up(w, b, right, at, x):  # type: ignore[no-untyped-def]
    """Solution at two pivots of a path, the later first, `x` being that at the one after; likewise."""
    one = np.uint64(1)
    known, second = b[at] * w[at], w[right - one]
    return known - w[right] * x, (b[at - one] * w[at - one] - second * known) + (second * w[right]) * x


@jit_inner
def go_up(plan, w, b, i, j, count):  # type: ignore[no-untyped-def]
    """Insert the solution along two paths, from those of the equations that the last ones touch."""
    own_i, _, right_i = places(plan, i)
    own_j, _, right_j = places(plan, j)
    x, y = b[plan.row[plan.first[i] + count - 1]], b[plan.row[plan.first[j] + count - 1]]
    one = np.uint64(1)
    for done in range(one, np.uint64(count), np.uint64(2)):
        s = np.uint64(count) - done
        first_x, x = two_up(w, b, right_i + s, own_i + s, x)
        first_y, y = two_up(w, b, right_j + s, own_j + s, y)
        b[own_i + s], b[own_j + s] = first_x, first_y
        b[own_i + s - one], b[own_j + s - one] = x, y
    if count % 2 == 1:
        b[own_i], b[own_j] = b[own_i] * w[own_i] - w[right_i] * x, b[own_j] * w[own_j] - w[right_j] * y
