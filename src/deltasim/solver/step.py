"""One trial step of the method in flux form, and what makes it final.

Every stage's increment is carried per flux. The linear system gives the increments of the storages; those of the
fluxes follow one by one, and storages change only by what fluxes move. So balances close whatever the tolerance, the
derivatives or the accuracy of the elimination.
"""

from __future__ import annotations

import numpy as np

from deltasim._jit import apart, jit_inner
from deltasim.constants import LEAST_AREA, UNIT_AREA
from deltasim.geometry import locate, see_curves
from deltasim.solver.elimination import factorise, solve
from deltasim.solver.fluxes import evaluate_groups
from deltasim.solver.incidence import scatter, take_ends
from deltasim.solver.problem import ACCEPT, DENSE, TRIAL, apply_signals
from deltasim.solver.sums import add_scaled, add_stages, copy_into

__all__ = [
    "accept",
    "book",
    "clear_round_off",
    "error_of",
    "evaluate_at",
    "move",
    "sum_fluxes",
    "trial_step",
    "update_stages",
]

MAX_SWEEPS = 50
DROP = 0.01
"""Part of the tolerance of a tiny storage, a volume, that makes a drop."""
EPS = np.finfo(np.float64).eps
ROUND_OFF = 8.0 * EPS


@jit_inner
def update_stages(problem, work):  # type: ignore[no-untyped-def]
    """Stage, area and dh/dV of every storage at `work.volume`.

    A dry storage is seen, in derivatives only, as if it held a drop: with nothing in it what leaves does not depend on
    what is there, and a step from there would know of no way for water to leave. So is a wetland whose soil is full but
    for what the tolerance is in a tiny storage. `work.trial` and `work.trial_stage` are that state; the method keeps
    order 2 with any derivatives.

    Returns
    -------
    bool
        Whether any storage is dry.
    """
    n = problem.n
    little = problem.tolerance * UNIT_AREA
    drop = DROP * little
    see_curves(problem.curves, work.slices, work.rows, work.volume, work.stage, work.area)
    copy_into(work.trial, work.volume, n)
    copy_into(work.trial_stage, work.stage, n)
    dry = 0
    for i in range(n):
        work.lift[i] = 1.0 / max(work.area[i], LEAST_AREA)
        above = work.volume[i] - problem.fluxes.bed_storage[i]
        dry += (-little < above) & (above < drop)
    if dry > 0:
        for i in range(n):
            above = work.volume[i] - problem.fluxes.bed_storage[i]
            if -little < above < drop:
                work.trial[i] += drop - above
                h, a, _ = locate(problem.curves, i, work.trial[i], work.rows)
                work.trial_stage[i] = h
                work.lift[i] = 1.0 / max(a, LEAST_AREA)
    return dry > 0


@jit_inner
def evaluate_at(problem, work, t, q, sensitive):  # type: ignore[no-untyped-def]
    """Fluxes at a time and at `work.trial` and its stages, into `q`; with derivatives where these are wanted."""
    apply_signals(problem, work, t, work.trial_stage)
    evaluate_groups(problem.groups, sensitive, problem.fluxes, work, q)


@jit_inner
def assemble(problem, work, gdt):  # type: ignore[no-untyped-def]
    """W = I - gamma dt J of the storages into `work.matrix`."""
    w, slots, runs = work.matrix, problem.slots, problem.fluxes.runs
    by_from, by_to = work.by_from, work.by_to
    w[: problem.n] = 1.0
    w[problem.n :] = 0.0
    for r in range(runs.first.shape[0]):
        k = runs.first[r]
        ff, tf, ft, tt = slots.ff[k], slots.tf[k], slots.ft[k], slots.tt[k]
        add_scaled(w[ff:], gdt, by_from[k:], runs.length[r])
        add_scaled(w[tt:], -gdt, by_to[k:], runs.length[r])
        add_scaled(w[tf:], -gdt, by_from[k:], runs.length[r])
        add_scaled(w[ft:], gdt, by_to[k:], runs.length[r])
    for j in range(runs.loose.shape[0]):
        k = runs.loose[j]
        w[slots.ff[k]] += gdt * by_from[k]
        w[slots.tf[k]] -= gdt * by_from[k]
        w[slots.ft[k]] += gdt * by_to[k]
        w[slots.tt[k]] -= gdt * by_to[k]
    entries = problem.fluxes.entries
    for e in range(entries.flux.shape[0]):
        k = entries.flux[e]
        from_share = gdt * work.weight[e] * by_from[k]
        to_share = gdt * work.weight[e] * by_to[k]
        w[slots.entry_ff[e]] += from_share
        w[slots.entry_tf[e]] -= from_share
        w[slots.entry_ft[e]] += to_share
        w[slots.entry_tt[e]] -= to_share


@jit_inner
def see_stage(problem, work, stage, weights):  # type: ignore[no-untyped-def]
    """Set `work.trial` to the storages plus the increments of the stages so far, weighted.

    It holds those of the stage before, which a good method takes again for its last ones.
    """
    if problem.method.follows[stage] == 1:
        increment = work.node_increment[stage - 1]
        for i in range(problem.n):
            work.trial[i] += increment[i]
    else:
        copy_into(work.trial, work.volume, problem.n)
        add_stages(work.trial, 1.0, weights, work.node_increment, stage, problem.n)


@apart(TRIAL)
def trial_step(problem, work, t, dt):  # type: ignore[no-untyped-def]
    """Compute the stages of a step.

    Parameters
    ----------
    problem : Problem
    work : Work
        `volume` and the derivatives at `t` on entry; `node_increment`, `stage_flux`, `moved` and `trial` (the storages
        at the end) on return.
    t, dt : float, s

    Returns
    -------
    int
        0 where the matrix has a pivot that is not positive, which a shorter step cures; else 1.
    """
    method = problem.method
    n = problem.n
    gdt = method.gamma * dt
    assemble(problem, work, gdt)
    if not factorise(problem.plan, work.matrix):
        return 0
    scatter(problem.fluxes, work.by_time, work.drift)
    for stage in range(method.nodes.shape[0]):
        flux = work.stage_flux[stage]
        if stage == 0:
            copy_into(flux, work.q, work.q.shape[0])
        else:
            see_stage(problem, work, stage, method.alpha[stage])
            see_curves(problem.curves, work.slices, work.rows, work.trial, work.trial_stage, work.trial_area)
            evaluate_at(
                problem, work, t + method.nodes[stage] * dt, flux, np.bool_(False)
            )  # a plain False would be a type of its own
        increment = work.node_increment[stage]
        scatter(problem.fluxes, flux, increment)
        slope = method.slopes[stage] * dt
        for i in range(n):
            increment[i] = gdt * (increment[i] + slope * work.drift[i])
        add_stages(increment, 1.0, method.coupling[stage], work.node_increment, stage, n)
        solve(problem.plan, work.matrix, increment)
    see_stage(problem, work, method.nodes.shape[0], method.weights)
    sum_fluxes(problem, work, np.int64(0), dt, work.moved)
    return 1


@jit_inner
def sum_fluxes(problem, work, row, dt, out):  # type: ignore[no-untyped-def]
    """What the stages of a step come to for each flux, weighted as the method's row of `flux_weights`.

    Parameters
    ----------
    problem : Problem
    work : Work
        With the derivatives at the start of the step.
    row : int
        0 for the volumes that the step moves, 1 and 2 for its continuous extension.
    dt : float, s
    out : ndarray, shape (m,) or longer, m3
        Filled.
    """
    method, entries = problem.method, problem.fluxes.entries
    weights, stages = method.flux_weights[row], method.nodes.shape[0]
    node, at_from, at_to = work.net, work.at_from, work.at_to
    node[:] = 0.0
    add_stages(node, 1.0, weights, work.node_increment, stages, problem.n)
    take_ends(problem.fluxes, node, at_from, at_to)
    gdt, slope, fluxes = method.gamma * dt, method.flux_slopes[row] * dt, work.q.shape[0]
    for k in range(fluxes):
        out[k] = gdt * (slope * work.by_time[k] + work.by_from[k] * at_from[k] + work.by_to[k] * at_to[k])
    add_stages(out, gdt, weights, work.stage_flux, stages, fluxes)
    for e in range(entries.flux.shape[0]):
        k = entries.flux[e]
        change = work.by_from[k] * at_from[k] + work.by_to[k] * at_to[k]
        out[entries.diversion[e]] += gdt * work.weight[e] * change


@jit_inner
def error_of(problem, work):  # type: ignore[no-untyped-def]
    """Error of the trial over the tolerance.

    Returns
    -------
    error : float
        At most 1 for a good step; infinite where a storage is not finite or falls below empty by more than the
        tolerance.
    node : int
        The storage that decides.
    lowest : float, m3
        Smallest storage.
    """
    n, ratio = problem.n, work.gain
    for i in range(n):
        ratio[i] = 0.0
    add_stages(ratio, 1.0, problem.method.error_weights, work.node_increment, problem.method.nodes.shape[0], n)
    see_curves(problem.curves, work.slices, work.rows, work.trial, work.trial_stage, work.trial_area)
    bad = 0
    for i in range(n):
        allowed = problem.tolerance * max(work.area[i], work.trial_area[i], UNIT_AREA)
        good = (abs(ratio[i]) < np.inf) & (work.trial[i] >= -allowed)
        ratio[i] = abs(ratio[i]) / allowed if good else np.inf
        bad += 1 - good
    worst = 0.0
    where = 0
    lowest = np.inf
    for i in range(n):
        lowest = min(lowest, work.trial[i])
        if ratio[i] > worst:
            worst = ratio[i]
            where = i
    if bad > 0:
        return np.inf, where, lowest
    fluxes = problem.fluxes
    for j in range(fluxes.one_way.shape[0]):
        k = fluxes.one_way[j]
        if work.moved[k] < 0.0:
            # What ran back is turned back when the step is made final; both ends are off by that much.
            for i in (fluxes.origin[k], fluxes.target[k]):
                if i < n:
                    off = -work.moved[k] / (problem.tolerance * max(work.area[i], UNIT_AREA))
                    if off > worst:
                        worst = off
                        where = i
    return worst, where, lowest


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
def accept(problem, work, dt, lowest):  # type: ignore[no-untyped-def]
    """Make a trial final: the volumes it moves, and its continuous extension.

    Parameters
    ----------
    problem : Problem
    work : Work
    dt : float, s
    lowest : float, m3
        Smallest storage of the trial; where it is negative, outflows are scaled.

    Returns
    -------
    int
        1 where outflows were scaled, else 0.
    """
    method, fluxes = problem.method, problem.fluxes
    work.counts[DENSE] = 0
    if lowest >= 0.0 and not runs_back(problem, work):
        stages, whole = method.nodes.shape[0], work.dense_node[0]
        for i in range(problem.n):
            whole[i] = work.trial[i] - work.volume[i]
        for row in range(2):
            work.dense_node[row + 1][:] = 0.0
            add_stages(work.dense_node[row + 1], 1.0, method.dense[row], work.node_increment, stages, problem.n)
        return 0
    work.counts[DENSE] = 1
    for row in range(2):
        sum_fluxes(problem, work, row + 1, dt, work.dense_flux[row])
    turn_back_nothing(problem, work)
    scatter(fluxes, work.moved, work.rhs)
    lowest = np.inf
    for i in range(problem.n):
        lowest = min(lowest, work.volume[i] + work.rhs[i])
    if lowest < 0.0:
        limit_outflows(problem, work)
    scatter(fluxes, work.moved, work.dense_node[0])
    for row in range(2):
        scatter(fluxes, work.dense_flux[row], work.dense_node[row + 1])
    return 1 if lowest < 0.0 else 0


@jit_inner
def move(problem, work):  # type: ignore[no-untyped-def]
    """Move the volumes of the step from storage to storage, with compensated sums (Kahan 1965).

    Returns
    -------
    float
        Smallest storage, m3.
    """
    lowest = np.inf
    scatter(problem.fluxes, work.moved, work.rhs)
    copy_into(work.begun, work.volume, problem.n)
    for i in range(problem.n):
        y = work.rhs[i] - work.carry[i]
        v = work.volume[i] + y
        work.carry[i] = (v - work.volume[i]) - y
        work.volume[i] = v
    for i in range(problem.n):
        lowest = min(lowest, work.volume[i])
    return lowest


@jit_inner
def book(work):  # type: ignore[no-untyped-def]
    """Add the volumes of the step to the totals, likewise."""
    for k in range(work.moved.shape[0]):
        y = work.moved[k] - work.total_carry[k]
        v = work.total[k] + y
        work.total_carry[k] = (v - work.total[k]) - y
        work.total[k] = v


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
        work.rhs[fluxes.origin[k]] += abs(work.moved[k])
        work.rhs[fluxes.target[k]] += abs(work.moved[k])
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
