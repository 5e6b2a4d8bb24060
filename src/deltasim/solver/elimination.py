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
from deltasim.solver.ordering import ALONE, EACH

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
        The order, cut up: first pivot, first pivot of a second path or `ALONE` or `EACH`, number of pivots (of each of
        two paths), and where the first one's pairs begin in `target`. On a path every pivot has one entry, which is the
        pivot after it, except for the last, whose entry may be any later one.
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
    parts = plan.parts
    for j in range(parts.shape[0]):
        begin, twin, count = parts[j, 0], parts[j, 1], parts[j, 2]
        if twin == EACH:
            good = factorise_each(plan, w, begin, begin + count, parts[j, 3])
        elif twin == ALONE:
            good = factorise_path(plan, w, begin, count)
        else:
            good = factorise_paths(plan, w, begin, twin, count)
        if not good:
            return False
    return True


@jit_inner
def is_good(pivot):  # type: ignore[no-untyped-def]
    """Whether a pivot is a positive number."""
    return 0.0 < pivot < np.inf


@jit_inner
def factorise_each(plan, w, begin, end, at):  # type: ignore[no-untyped-def]
    """Factor pivots that stand for themselves."""
    n = plan.first.shape[0] - 1
    entries = plan.row.shape[0]
    for k in range(begin, end):
        if not is_good(w[k]):
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


@jit_inner
def factorise_path(plan, w, i, count):  # type: ignore[no-untyped-def]
    """Factor a path."""
    at = plan.first.shape[0] - 1 + plan.first[i]
    diagonal, below, right = w[i:], w[at:], w[at + plan.row.shape[0] :]
    taken = 0.0
    for s in range(count):
        pivot = diagonal[s] - taken
        if not is_good(pivot):
            return False
        inverse = 1.0 / pivot
        diagonal[s] = inverse
        low = below[s] * inverse
        taken = low * right[s]
        below[s] = low
        right[s] *= inverse
    w[plan.row[plan.first[i] + count - 1]] -= taken
    return True


@jit_inner
def factorise_paths(plan, w, i, j, count):  # type: ignore[no-untyped-def]
    """Factor two paths side by side."""
    n, entries, first = plan.first.shape[0] - 1, plan.row.shape[0], plan.first
    diagonal_i, below_i, right_i = w[i:], w[n + first[i] :], w[n + entries + first[i] :]
    diagonal_j, below_j, right_j = w[j:], w[n + first[j] :], w[n + entries + first[j] :]
    taken_i, taken_j = 0.0, 0.0
    for s in range(count):
        pivot_i, pivot_j = diagonal_i[s] - taken_i, diagonal_j[s] - taken_j
        if not (is_good(pivot_i) and is_good(pivot_j)):
            return False
        inverse_i, inverse_j = 1.0 / pivot_i, 1.0 / pivot_j
        diagonal_i[s], diagonal_j[s] = inverse_i, inverse_j
        low_i, low_j = below_i[s] * inverse_i, below_j[s] * inverse_j
        taken_i, taken_j = low_i * right_i[s], low_j * right_j[s]
        below_i[s], below_j[s] = low_i, low_j
        right_i[s] *= inverse_i
        right_j[s] *= inverse_j
    w[plan.row[first[i] + count - 1]] -= taken_i
    w[plan.row[first[j] + count - 1]] -= taken_j
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
    parts, first, row = plan.parts, plan.first, plan.row
    n, entries = first.shape[0] - 1, row.shape[0]
    for p in range(parts.shape[0]):
        i, j, count = parts[p, 0], parts[p, 1], parts[p, 2]
        if j == EACH:
            for k in range(i, i + count):
                for e in range(first[k], first[k + 1]):
                    b[row[e]] -= w[n + e] * b[k]
        elif j == ALONE:
            go_down(b, b[i:], w[n + first[i] :], count, row[first[i] + count - 1])
        else:
            last_i, last_j = row[first[i] + count - 1], row[first[j] + count - 1]
            go_down_both(b, b[i:], b[j:], w[n + first[i] :], w[n + first[j] :], count, last_i, last_j)
    for p in range(parts.shape[0] - 1, -1, -1):
        i, j, count = parts[p, 0], parts[p, 1], parts[p, 2]
        if j == EACH:
            for k in range(i + count - 1, i - 1, -1):
                # Only one product stands between a value and the one before it, on which this waits.
                rest = b[k] * w[k]
                for e in range(first[k], first[k + 1]):
                    rest -= w[n + entries + e] * b[row[e]]
                b[k] = rest
        elif j == ALONE:
            go_up(b[i:], w[i:], w[n + entries + first[i] :], count, b[row[first[i] + count - 1]])
        else:
            x, y = b[row[first[i] + count - 1]], b[row[first[j] + count - 1]]
            right_i, right_j = w[n + entries + first[i] :], w[n + entries + first[j] :]
            go_up_both(b[i:], b[j:], w[i:], w[j:], right_i, right_j, count, x, y)


@jit_inline
def two_down(b, below, s, x):  # type: ignore[no-untyped-def]
    """Values of the pivots s and s + 1 of a path, `x` being that of the one before.

    One product and one sum stand between `x` and the second of them, where one after the other would take two of each.
    """
    first, second = below[s - 1], below[s]
    return b[s] - first * x, (b[s + 1] - second * b[s]) + (second * first) * x


@jit_inner
def go_down(b, own, below, count, last):  # type: ignore[no-untyped-def]
    """Take along a path what its pivots hand on, to the equation that the last one touches."""
    x = own[0]
    s = 1
    while s + 1 < count:
        own[s], x = two_down(own, below, s, x)
        own[s + 1] = x
        s += 2
    if s < count:
        x = own[s] - below[s - 1] * x
        own[s] = x
    b[last] -= below[count - 1] * x


@jit_inner
def go_down_both(b, own_i, own_j, below_i, below_j, count, last_i, last_j):  # type: ignore[no-untyped-def]
    """Do what `go_down` does on two paths side by side."""
    x, y = own_i[0], own_j[0]
    s = 1
    while s + 1 < count:
        own_i[s], x = two_down(own_i, below_i, s, x)
        own_j[s], y = two_down(own_j, below_j, s, y)
        own_i[s + 1], own_j[s + 1] = x, y
        s += 2
    if s < count:
        x, y = own_i[s] - below_i[s - 1] * x, own_j[s] - below_j[s - 1] * y
        own_i[s], own_j[s] = x, y
    b[last_i] -= below_i[count - 1] * x
    b[last_j] -= below_j[count - 1] * y


@jit_inline
def two_up(own, inverse, right, s, x):  # type: ignore[no-untyped-def]
    """Solution at the pivots s and s - 1 of a path, `x` being that at the one after; likewise."""
    known = own[s] * inverse[s]
    second = right[s - 1]
    return known - right[s] * x, (own[s - 1] * inverse[s - 1] - second * known) + (second * right[s]) * x


@jit_inner
def go_up(own, inverse, right, count, x):  # type: ignore[no-untyped-def]
    """Insert the solution along a path, from that of the equation that the last one touches."""
    s = count - 1
    while s > 0:
        own[s], x = two_up(own, inverse, right, s, x)
        own[s - 1] = x
        s -= 2
    if s == 0:
        own[0] = own[0] * inverse[0] - right[0] * x


@jit_inner
def go_up_both(own_i, own_j, inverse_i, inverse_j, right_i, right_j, count, x, y):  # type: ignore[no-untyped-def]
    """Do what `go_up` does on two paths side by side."""
    s = count - 1
    while s > 0:
        own_i[s], x = two_up(own_i, inverse_i, right_i, s, x)
        own_j[s], y = two_up(own_j, inverse_j, right_j, s, y)
        own_i[s - 1], own_j[s - 1] = x, y
        s -= 2
    if s == 0:
        own_i[0] = own_i[0] * inverse_i[0] - right_i[0] * x
        own_j[0] = own_j[0] * inverse_j[0] - right_j[0] * y
