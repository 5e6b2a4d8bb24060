"""The order of elimination: few entries, and along paths where there are any."""

from __future__ import annotations

import heapq
from collections import deque

import numpy as np
from numpy.typing import NDArray

__all__ = ["EACH", "along_paths", "minimum_degree"]

Integers = NDArray[np.int64]

LEAST_PATH = 8
"""Pivots that are worth a loop of their own."""
EACH = -1
"""In the place of a second path in a part of a plan: each pivot stands for itself."""


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
    chain is eaten from both ends in turn; `along_paths` makes two paths of that.

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


def along_paths(order: Integers, below: list[list[int]]) -> tuple[Integers, list[list[int]], Integers]:
    """Put the pivots of each path next to each other.

    Nothing else changes: every pivot still comes after those that touch it, so its entries are the same.

    Parameters
    ----------
    order, below
        From `minimum_degree`.

    Returns
    -------
    order, below
        Likewise.
    parts : ndarray, shape (n_part, 3)
        As of `elimination.Elimination`, without the last column.

    Notes
    -----
    A path ends where another one of `LEAST_PATH` pivots joins it, as a river does at a confluence. Paths of one level
    wait for those of lower levels only, so any two of them can go side by side; they are paired by length, and what is
    left of the longer one goes by itself. Pivots of shorter paths go one by one, first ones first, so that few wait for
    the one before. Last comes what is no tree.
    """
    n = len(order)
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    one = np.fromiter((len(around) == 1 for around in below), bool, n)
    parent = np.full(n, -1, dtype=np.int64)
    parent[one] = place[[around[0] for around in below if len(around) == 1]]
    length, level, after = _find_paths(parent.tolist(), _in_core(one, place, below))
    heads = np.flatnonzero((length > 0) & ~np.isin(np.arange(n), after))
    paths: dict[int, list[list[int]]] = {}
    for head in heads.tolist():
        path = [head]
        while after[path[-1]] >= 0:
            path.append(int(after[path[-1]]))
        paths.setdefault(int(level[path[-1]]), []).append(path)
    sequence: list[int] = []
    parts: list[tuple[int, int, int]] = []

    def add(pivots: list[int], twin: int, count: int) -> None:
        if count:
            parts.append((len(sequence), twin, count))
            sequence.extend(pivots)

    for lvl in sorted(paths):
        of_level = sorted(paths[lvl], key=len, reverse=True)
        long = [path for path in of_level if len(path) >= LEAST_PATH]
        for i in range(0, len(long), 2):
            path = long[i]
            common = 0
            if i + 1 < len(long):
                common = len(long[i + 1])
                parts.append((len(sequence), len(sequence) + len(path), common))
            begin = len(sequence)
            if len(path) > common:
                parts.append((begin + common, begin + common, len(path) - common))
            sequence.extend(path)
            if common:
                sequence.extend(long[i + 1])
        short = of_level[len(long) :]
        add([path[j] for j in range(LEAST_PATH) for path in short if j < len(path)], EACH, sum(map(len, short)))
    core = np.flatnonzero(length == 0).tolist()
    add(core, EACH, len(core))
    whole = np.array(sequence, dtype=np.int64)
    return order[whole], [below[k] for k in sequence], np.array(parts, dtype=np.int64).reshape(-1, 3)


def _in_core(one: NDArray[np.bool_], place: Integers, below: list[list[int]]) -> list[bool]:
    """Whether a pivot is on no path, for it touches several others or none, or is touched by such a one."""
    core: list[bool] = (~one).tolist()
    for k, around in enumerate(below):
        if core[k]:
            for i in place[around].tolist():
                core[i] = True
    return core


def _find_paths(parent: list[int], core: list[bool]) -> tuple[Integers, Integers, Integers]:
    """Follow every pivot to the one that it touches.

    Parameters
    ----------
    parent : list of n int
        The pivot that it touches, a later one.
    core : list of n bool
        Whether it is on no path.

    Returns
    -------
    length : ndarray, shape (n,)
        Pivots of its path up to it; 0 where it is on none.
    level : ndarray, shape (n,)
        Of the last pivot of a path: that of the path.
    after : ndarray, shape (n,)
        The pivot after it on its path, -1 for the last.
    """
    n = len(parent)
    length, level, after = [0] * n, [0] * n, [-1] * n
    longest, second, child = [0] * n, [0] * n, [-1] * n
    above, side = [0] * n, [0] * n  # least level by the longest path that ends here, and by the others
    for k in range(n):
        if core[k]:
            continue
        length[k], level[k] = 1, max(side[k], above[k] + 1 if child[k] >= 0 else 0)
        if child[k] >= 0 and second[k] < LEAST_PATH:
            length[k], level[k] = longest[k] + 1, max(side[k], above[k])
            after[child[k]] = k
        p = parent[k]
        if length[k] > longest[p]:
            if child[p] >= 0:
                second[p], side[p] = longest[p], max(side[p], above[p] + 1)
            longest[p], child[p], above[p] = length[k], k, level[k]
        else:
            second[p], side[p] = max(second[p], length[k]), max(side[p], level[k] + 1)
    return np.array(length), np.array(level), np.array(after)
