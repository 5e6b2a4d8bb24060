"""Which part of a network is awake: the loops of a step leave out what is at rest.

Ahead of a flood the ponds of a chain lie at their sills. Nothing flows there, and nothing would begin to if a stage
changed a little, so every increment of a step is exactly 0 there and can be left out. What is left out is asleep: nodes
more than `AHEAD` links away from all that flows, that would flow at once, or that moves by itself. Some way before
water comes to the rim of what is awake, more is woken. Should it come there all the same, the step is taken again with
more awake, so that nothing rests on how quickly water spreads.

What was woken stays awake. Of what sleeps all increments of a step and all that was moved is 0, and W is the identity:
nothing writes there, so loops that do go over everything (limits of outflow, what only runs forward) find it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import apart, jit_inline, jit_inner
from deltasim.solver.ordering import EACH
from deltasim.solver.places import AWAKE, FLUXES, LOOSE, NODES, PARTS, REST, RIM, RUNS, STARTED, WIRES

__all__ = ["Awake", "Neighbours", "find_neighbours", "make_awake", "rouse", "water_at_rim", "water_near_rim"]

Integers = NDArray[np.int64]
Spans = NDArray[np.uint64]

AHEAD = 16
"""Links between what flows and what is asleep, when it was last looked at."""
LEAST_GAP = 24
"""Fewer that are asleep between two spans are not left out: to begin another loop costs as much."""
MOST = 2048
"""Longest span: what one loop over it has fetched is still near at hand for the next."""

# What a node can be, in `Awake.state`.
ASLEEP, WOKEN, WIRED = range(3)


class Neighbours(NamedTuple):
    """Which fluxes meet at each node, and which move by themselves.

    Parameters
    ----------
    first : ndarray, shape (n + 1,)
        Storage i has the fluxes ``flux[first[i]]`` to ``flux[first[i + 1]]``.
    flux : ndarray
    lively : ndarray
        Fluxes that can begin though no water comes near: driven by a signal, a tide, or control, or dividing others.
    """

    first: Integers
    flux: Integers
    lively: Integers


class Awake(NamedTuple):
    """What is awake, as lists of which the first `counts` are in force, and scratch.

    Parameters
    ----------
    counts : ndarray, shape (8,), int64
        `NODES` and so on; at `REST` how many storages and fluxes are in no span.
    nodes, fluxes : ndarray, shape (k, 2), uint64
        Spans: first, and one past the last; none longer than `MOST`.
    pieces : ndarray, shape (k, 2), uint64
        Spans of fluxes, cut where one kind ends and another begins.
    of_group : ndarray, shape (n_group + 1,)
        Pieces ``of_group[g]`` to ``of_group[g + 1]`` are of group g.
    runs : ndarray, shape (k, 2)
        First flux, and number of fluxes, as of `incidence.Runs`.
    loose : ndarray
        Fluxes in no run.
    parts : ndarray, shape (k, 4)
        As of `elimination.Elimination`.
    rim : ndarray
        Fluxes with an end that is asleep. They are worked on, to see that nothing flows.
    wires : ndarray
        Nodes where it is noticed that water comes near.
    state : ndarray, shape (n,), int64
        `ASLEEP`, `WOKEN`, or `WIRED`, that is awake and in `wires` once.
    inside : ndarray, shape (N,), int64
        1 for nodes in a span.
    flowing : ndarray, shape (m,), int64
        1 for fluxes in a span.
    queue, away : ndarray, shape (n,), int64
        Scratch: nodes in the order of their distance, in links, and that distance; -1 where there is none.
    """

    counts: Integers
    nodes: Spans
    fluxes: Spans
    pieces: Spans
    of_group: Integers
    runs: Integers
    loose: Integers
    parts: Integers
    rim: Integers
    wires: Integers
    state: Integers
    inside: Integers
    flowing: Integers
    queue: Integers
    away: Integers


def find_neighbours(n: int, origin: Integers, target: Integers, lively: Sequence[Integers]) -> Neighbours:
    """List the fluxes of every storage.

    Parameters
    ----------
    n : int
        Number of storages.
    origin, target : ndarray, shape (m,)
    lively : sequence of ndarray
        Fluxes that move by themselves; may repeat.

    Returns
    -------
    Neighbours
    """
    end = np.concatenate((origin, target))
    order = np.argsort(end, kind="stable")
    order = order[end[order] < n]
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(end[order], minlength=n))))
    return Neighbours(first, order % max(len(origin), 1), np.unique(np.concatenate([np.empty(0, np.int64), *lively])))


def make_awake(problem: Any) -> Awake:
    """Give the lists with everything awake.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Awake
    """
    fluxes, parts, n = problem.fluxes, problem.plan.parts, problem.n
    nodes, m, group = len(fluxes.fade_volume), len(fluxes.origin), fluxes.group
    whole, every = np.append(np.arange(0, n, MOST), n), np.append(np.arange(0, m, MOST), m)
    cuts = np.unique(np.concatenate((every, group)))
    spans = m // (LEAST_GAP + 1) + m // MOST + 2
    runs = np.column_stack((fluxes.runs.first, fluxes.runs.length))
    counts = [len(whole) - 1, len(every) - 1, len(runs), len(fluxes.runs.loose), len(parts), 0, 0, 0]
    return Awake(
        counts=np.array(counts),
        nodes=_between(whole, n // (LEAST_GAP + 1) + n // MOST + 2),
        fluxes=_between(every, spans),
        pieces=_between(cuts, spans + len(group)),
        of_group=np.searchsorted(cuts, group),
        runs=np.concatenate((runs, np.zeros((spans, 2), dtype=np.int64))),
        loose=fluxes.runs.loose.copy(),
        parts=parts.copy(),
        rim=np.empty(m, dtype=np.int64),
        wires=np.empty(n, dtype=np.int64),
        state=np.full(n, WOKEN),
        inside=np.ones(nodes, dtype=np.int64),
        flowing=np.ones(m, dtype=np.int64),
        queue=np.empty(n, dtype=np.int64),
        away=np.full(n, -1),
    )


def _between(cuts: Integers, room: int) -> Spans:
    """Spans from each place to the next, with room for so many."""
    spans = np.zeros((room, 2), dtype=np.uint64)
    spans[: len(cuts) - 1] = np.column_stack((cuts[:-1], cuts[1:]))
    return spans


@jit_inline
def water_near_rim(work):  # type: ignore[no-untyped-def]
    """Whether the last step changed a storage near what is asleep."""
    awake = work.awake
    found = False
    for j in range(awake.counts[WIRES]):
        i = awake.wires[j]
        found = found or work.volume[i] != work.begun[i]
    return found


@jit_inline
def flows(work, k):  # type: ignore[no-untyped-def]
    """Whether anything flows in a flux at a stage of the step, or it has a derivative."""
    found = work.by_from[k] != 0.0 or work.by_to[k] != 0.0 or work.by_time[k] != 0.0
    for stage in range(work.stage_flux.shape[0]):
        found = found or work.stage_flux[stage, k] != 0.0
    return found


@jit_inline
def water_at_rim(work):  # type: ignore[no-untyped-def]
    """Whether a trial step moves water to what is asleep."""
    awake = work.awake
    found = False
    for j in range(awake.counts[RIM]):
        found = found or flows(work, awake.rim[j])
    return found


@apart(AWAKE)
def rouse(problem, work):  # type: ignore[no-untyped-def]
    """Wake what lies ahead of the water; at the start of a run, put to sleep what lies far from it.

    Parameters
    ----------
    problem : Problem
    work : Work
        At the start all of it holds: fluxes and derivatives, stages, and what a step leaves untouched.
    """
    awake, n = work.awake, problem.n
    counts, origin, target = awake.counts, problem.fluxes.origin, problem.fluxes.target
    found = 0
    if work.counts[STARTED] == 0:
        awake.state[:] = ASLEEP
        for k in range(origin.shape[0]):
            q, change = work.q[k], abs(work.by_from[k]) + abs(work.by_to[k]) + abs(work.by_time[k])
            if q != 0.0 or change != 0.0:
                found = reach(awake, n, origin[k], 0, found)
                found = reach(awake, n, target[k], 0, found)
        lively = problem.neighbours.lively
        for j in range(lively.shape[0]):
            found = reach(awake, n, origin[lively[j]], 0, found)
            found = reach(awake, n, target[lively[j]], 0, found)
    else:
        for j in range(counts[RIM]):
            if flows(work, awake.rim[j]):
                found = reach(awake, n, origin[awake.rim[j]], 0, found)
                found = reach(awake, n, target[awake.rim[j]], 0, found)
        left = 0
        for j in range(counts[WIRES]):
            i = awake.wires[j]
            if work.volume[i] != work.begun[i]:
                found = reach(awake, n, i, 0, found)
            else:
                awake.wires[left] = i
                left += 1
        counts[WIRES] = left
    spread(problem, work, found)
    lay_out(problem, work)
    return 0


@jit_inline
def reach(awake, n, i, away, found):  # type: ignore[no-untyped-def]
    """Put a node into the queue, so many links away, unless it is there; returns how many are."""
    if i < n and awake.away[i] < 0:
        awake.away[i] = away
        awake.queue[found] = i
        return found + 1
    return found


@jit_inner
def spread(problem, work, found):  # type: ignore[no-untyped-def]
    """Wake everything within `AHEAD` links of the first nodes in the queue, and lay wires half-way."""
    awake, around = work.awake, problem.neighbours
    at = 0
    while at < found:
        i = awake.queue[at]
        at += 1
        away = awake.away[i]
        awake.state[i] = max(awake.state[i], WOKEN)
        # A node has a wire once, and none where water is already: otherwise it would wake what is awake step by step.
        if away == AHEAD // 2 and awake.state[i] != WIRED and work.volume[i] == work.begun[i]:
            awake.state[i] = WIRED
            awake.wires[awake.counts[WIRES]] = i
            awake.counts[WIRES] += 1
        if away < AHEAD:
            for e in range(around.first[i], around.first[i + 1]):
                k = around.flux[e]
                found = reach(awake, problem.n, problem.fluxes.origin[k], away + 1, found)
                found = reach(awake, problem.n, problem.fluxes.target[k], away + 1, found)
    for at in range(found):
        awake.away[awake.queue[at]] = -1


@jit_inner
def find_spans(flags, spans):  # type: ignore[no-untyped-def]
    """Find the spans of what is marked, short gaps included; returns how many there are, those after them being old."""
    count = 0
    for i in range(flags.shape[0]):
        if flags[i] == 1:
            last = max(count - 1, 0)
            first, past = np.int64(spans[last, 0]), np.int64(spans[last, 1])
            if count > 0 and i - past < LEAST_GAP and i - first < MOST:
                spans[last, 1] = i + 1
            else:
                spans[count, 0], spans[count, 1] = i, i + 1
                count += 1
    return count


@jit_inner
def cut_spans(awake, group):  # type: ignore[no-untyped-def]
    """Cut the spans of fluxes where one kind ends and another begins."""
    found, s = 0, 0
    for g in range(group.shape[0] - 1):
        awake.of_group[g] = found
        while s < awake.counts[FLUXES] and np.int64(awake.fluxes[s, 1]) <= group[g]:
            s += 1
        t = s
        while t < awake.counts[FLUXES] and np.int64(awake.fluxes[t, 0]) < group[g + 1]:
            low, high = max(group[g], np.int64(awake.fluxes[t, 0])), min(group[g + 1], np.int64(awake.fluxes[t, 1]))
            if low < high:  # not so of a kind of which there are none
                awake.pieces[found, 0], awake.pieces[found, 1] = low, high
                found += 1
            t += 1
    awake.of_group[group.shape[0] - 1] = found


@jit_inner
def lay_out(problem, work):  # type: ignore[no-untyped-def]
    """Write the lists anew from what nodes are: all fluxes of what is awake, and all their ends."""
    awake, fluxes, n = work.awake, problem.fluxes, problem.n
    counts, origin, target, state = awake.counts, fluxes.origin, fluxes.target, awake.state
    for k in range(origin.shape[0]):
        a, b = origin[k], target[k]
        at_either_end = (a < n and state[a] != ASLEEP) or (b < n and state[b] != ASLEEP)
        between_boundaries = a >= n and b >= n
        awake.flowing[k] = 1 if at_either_end or between_boundaries else 0
    counts[FLUXES] = find_spans(awake.flowing, awake.fluxes)
    cut_spans(awake, fluxes.group)
    awake.inside[:] = 0
    counts[RIM] = 0
    for s in range(counts[FLUXES]):
        for k in range(np.int64(awake.fluxes[s, 0]), np.int64(awake.fluxes[s, 1])):
            a, b = origin[k], target[k]
            awake.flowing[k] = 1
            awake.inside[a] = 1
            awake.inside[b] = 1
            if (a < n and state[a] == ASLEEP) or (b < n and state[b] == ASLEEP):
                awake.rim[counts[RIM]] = k
                counts[RIM] += 1
    if counts[RIM] == 0:  # whatever sleeps is joined to nothing that is awake
        counts[WIRES] = 0
    counts[NODES] = find_spans(awake.inside[:n], awake.nodes)
    counts[REST] = n + origin.shape[0]
    for s in range(counts[FLUXES]):
        counts[REST] -= np.int64(awake.fluxes[s, 1]) - np.int64(awake.fluxes[s, 0])
    for s in range(counts[NODES]):
        begin, end = np.int64(awake.nodes[s, 0]), np.int64(awake.nodes[s, 1])
        awake.inside[begin:end] = 1
        counts[REST] -= end - begin
    cut_runs(awake, fluxes.runs)
    cut_parts(awake, problem.plan.parts)


@jit_inner
def cut_runs(awake, runs):  # type: ignore[no-untyped-def]
    """Cut runs down to the spans of fluxes, and leave out loose fluxes in none."""
    counts = awake.counts
    counts[RUNS], counts[LOOSE], s = 0, 0, 0
    for r in range(runs.first.shape[0]):
        begin, end = runs.first[r], runs.first[r] + runs.length[r]
        while s < counts[FLUXES] and np.int64(awake.fluxes[s, 1]) <= begin:
            s += 1
        t = s
        while t < counts[FLUXES] and np.int64(awake.fluxes[t, 0]) < end:
            low, high = max(begin, np.int64(awake.fluxes[t, 0])), min(end, np.int64(awake.fluxes[t, 1]))
            awake.runs[counts[RUNS], 0], awake.runs[counts[RUNS], 1] = low, high - low
            counts[RUNS] += 1
            t += 1
    for j in range(runs.loose.shape[0]):
        if awake.flowing[runs.loose[j]] == 1:
            awake.loose[counts[LOOSE]] = runs.loose[j]
            counts[LOOSE] += 1


@jit_inner
def cut_parts(awake, parts):  # type: ignore[no-untyped-def]
    """Cut paths of the elimination down to where either is awake; what stands for itself comes whole or not at all."""
    counts, inside = awake.counts, awake.inside
    counts[PARTS] = 0
    for p in range(parts.shape[0]):
        first, twin, length, begin = parts[p, 0], parts[p, 1], parts[p, 2], parts[p, 3]
        other = first if twin == EACH else twin
        low, high = length, 0
        for j in range(length):
            if inside[first + j] == 1 or inside[other + j] == 1:
                low, high = min(low, j), j + 1
        if high > 0:
            if twin == EACH:
                low, high = 0, length
            part = awake.parts[counts[PARTS]]
            part[0], part[1], part[2], part[3] = first + low, EACH if twin == EACH else twin + low, high - low, begin
            counts[PARTS] += 1
