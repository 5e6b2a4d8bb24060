"""What makes a trial step final: limits of what leaves a node, and the volumes that it moves, booked exactly."""

from __future__ import annotations

import numpy as np

from deltasim._jit import apart, jit_inner, jit_lanes
from deltasim.solver.incidence import scatter
from deltasim.solver.places import ACCEPT, DENSE, FLUXES, LENGTH, NODES
from deltasim.solver.step import sum_fluxes
from deltasim.solver.sums import subtract, sum_stages

__all__ = ["accept", "book", "clear_round_off", "move"]

MAX_SWEEPS = 50
EPS = np.finfo(np.float64).eps
ROUND_OFF = 8.0 * EPS


@jit_inner
def limit_outflows(problem, work):  # type: ignore[no-untyped-def]
    """Scale what leaves nodes that the step would empty, so that none falls below empty.

    `work.share` becomes the largest r with r_i = min(1, (V_i + what enters with its own r) / what leaves), found
    from r = 1 downwards, which settles though nodes feed each other in circles.
    """
    origin = problem.fluxes.origin
    target = problem.fluxes.target
    n = problem.n
    share = work.share
    share[:] = 1.0
    for sweep in range(MAX_SWEEPS + 1):
        give = work.rhs
        take = work.gain
        give[:] = 0.0
        take[:] = 0.0
        for k in range(origin.shape[0]):
            a, b = (origin[k], target[k]) if work.moved[k] >= 0.0 else (target[k], origin[k])
            give[a] += abs(work.moved[k])
            take[b] += share[a] * abs(work.moved[k])
        settled = True
        for i in range(n):
            if give[i] > 0.0:
                have = work.volume[i] + (take[i] if sweep < MAX_SWEEPS else 0.0)
                r = min(1.0, have / give[i])
                if r < share[i]:
                    # Relative, not absolute: a pump that gives a millionth of what it would must still be right.
                    settled = settled and share[i] - r <= EPS * share[i]
                    share[i] = r
        if settled:
            break
    for k in range(origin.shape[0]):
        r = share[origin[k]] if work.moved[k] >= 0.0 else share[target[k]]
        if r < 1.0:
            work.moved[k] *= r
            work.dense_flux[0, k] *= r
            work.dense_flux[1, k] *= r


@jit_inner
def turn_back_nothing(problem, work):  # type: ignore[no-untyped-def]
    """Let nothing run back, over a whole step, through what only runs forward.

    Such a flux that begins or ends within the step may come out below 0 by about the error of the step.
    """
    for j in range(problem.fluxes.one_way.shape[0]):
        k = problem.fluxes.one_way[j]
        if work.moved[k] < 0.0:
            work.moved[k] = 0.0
            work.dense_flux[0, k] = 0.0
            work.dense_flux[1, k] = 0.0


@jit_inner
def runs_back(problem, work):  # type: ignore[no-untyped-def]
    """Whether anything would run back, over the step, through what only runs forward."""
    found = False
    for j in range(problem.fluxes.one_way.shape[0]):
        found = found or work.moved[problem.fluxes.one_way[j]] < 0.0
    return found


@apart(ACCEPT)
def accept(problem, work, dt, below):  # type: ignore[no-untyped-def]
    """Make a trial final: the volumes it moves, and its continuous extension.

    Parameters
    ----------
    problem : Problem
    work : Work
    dt : float, s
    below : int
        How many storages of the trial are below 0; where any is, outflows are scaled.

    Returns
    -------
    int
        1 where outflows were scaled, else 0.
    """
    method, fluxes, awake = problem.method, problem.fluxes, work.awake
    spans, many = awake.nodes, awake.counts[NODES]
    work.counts[DENSE] = 0
    if below == 0 and not runs_back(problem, work):
        stages, whole = method.nodes.shape[0], work.dense_node[0]
        for s in range(many):
            subtract(whole, work.trial, work.volume, spans[s, 0], spans[s, 1])
            for row in range(2):
                inside = work.dense_node[row + 1]
                sum_stages(inside, method.dense[row], work.node_increment, stages, spans[s, 0], spans[s, 1])
        return 0
    work.counts[DENSE] = 1
    for row in range(2):
        sum_fluxes(problem, work, row + 1, dt, work.dense_flux[row])
    turn_back_nothing(problem, work)
    scatter(fluxes, awake, work.moved, work.rhs)
    below = 0
    for s in range(many):
        for i in range(spans[s, 0], spans[s, 1]):
            below += work.volume[i] + work.rhs[i] < 0.0
    if below > 0:
        limit_outflows(problem, work)
    scatter(fluxes, awake, work.moved, work.dense_node[0])
    for row in range(2):
        scatter(fluxes, awake, work.dense_flux[row], work.dense_node[row + 1])
    return 1 if below > 0 else 0


@jit_lanes
def move_nodes(net, begin, end, volume, carry, begun):  # type: ignore[no-untyped-def]
    """Add `net` to the volumes, and count those that are below 0."""
    below = 0
    for i in range(begin, end):
        before = volume[i]
        y = net[i] - carry[i]
        v = before + y
        begun[i] = before
        carry[i] = (v - before) - y
        volume[i] = v
        below += v < 0.0
    return below


@jit_inner
def move(problem, work):  # type: ignore[no-untyped-def]
    """Move the volumes of the step from storage to storage, with compensated sums (Kahan 1965).

    Returns
    -------
    int
        How many storages are below 0.
    """
    spans, many = work.awake.nodes, work.awake.counts[NODES]
    below = 0
    scatter(problem.fluxes, work.awake, work.moved, work.rhs)
    for s in range(many):
        below += move_nodes(work.rhs, spans[s, 0], spans[s, 1], work.volume, work.carry, work.begun)
    return below


@jit_lanes
def book_fluxes(moved, begin, end, total, carry):  # type: ignore[no-untyped-def]
    """Add what was moved to the totals."""
    for k in range(begin, end):
        before = total[k]
        y = moved[k] - carry[k]
        v = before + y
        carry[k] = (v - before) - y
        total[k] = v


@jit_inner
def book(work):  # type: ignore[no-untyped-def]
    """Add the volumes of the step to the totals, likewise."""
    fluxes = work.awake.fluxes
    for s in range(work.awake.counts[FLUXES]):
        book_fluxes(work.moved, fluxes[s, 0], fluxes[s, 1], work.total, work.total_carry)


@jit_inner
def size_of_terms(problem, work, k):  # type: ignore[no-untyped-def]
    """How large the terms are of which what the step moved through a flux is the sum, which can be much smaller; m3."""
    dt, a, b = work.clock[LENGTH], problem.fluxes.origin[k], problem.fluxes.target[k]
    rate = dt * abs(work.by_time[k])
    for stage in range(work.stage_flux.shape[0]):
        rate += abs(work.stage_flux[stage, k])
        if a < problem.n:
            rate += abs(work.by_from[k] * work.node_increment[stage, a])
        if b < problem.n:
            rate += abs(work.by_to[k] * work.node_increment[stage, b])
    return abs(work.moved[k]) + dt * rate


@jit_inner
def clear_round_off(problem, work, limited):  # type: ignore[no-untyped-def]
    """Set to zero what rounding left in a node that the step emptied, and book it.

    Parameters
    ----------
    problem : Problem
    work : Work
    limited : bool
        Whether outflows were scaled in this step, so that `work.share` says which nodes it emptied.

    Returns
    -------
    int
        A storage that is below empty by more than round-off, which would be a fault of the limiter; else -1.
    """
    fluxes = problem.fluxes
    work.rhs[:] = 0.0
    for k in range(work.moved.shape[0]):
        size = size_of_terms(problem, work, k)
        work.rhs[fluxes.origin[k]] += size
        work.rhs[fluxes.target[k]] += size
    for i in range(problem.n):
        left = work.volume[i]
        if left < 0.0 or (limited and work.share[i] < 1.0 and left > 0.0):
            if abs(left) <= ROUND_OFF * (work.rhs[i] + work.begun[i]):
                work.lost[i] += left - work.carry[i]
                work.volume[i] = 0.0
                work.carry[i] = 0.0
            elif left < 0.0:
                return i
    return -1
