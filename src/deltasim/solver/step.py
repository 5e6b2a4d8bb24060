"""One trial step of the method in flux form, and its error; `final` has what makes it final.

Every stage's increment is carried per flux. The linear system gives the increments of the storages; those of the
fluxes follow one by one, and storages change only by what fluxes move. So balances close whatever the tolerance, the
derivatives or the accuracy of the elimination.
"""

from __future__ import annotations

import numpy as np

from deltasim._jit import apart, jit_inline, jit_inner, jit_lanes
from deltasim.constants import LEAST_AREA, UNIT_AREA
from deltasim.geometry import locate, see_curves, see_stages
from deltasim.solver.elimination import factorise, solve
from deltasim.solver.fluxes import evaluate_groups
from deltasim.solver.incidence import add_fluxes, scatter, take_ends
from deltasim.solver.places import FLUXES, LOOSE, NODES, PARTS, RUNS, TRIAL
from deltasim.solver.signals import apply_signals
from deltasim.solver.sums import add_one, add_scaled, add_stages, begin_sum, copy_spans, set_spans, sum_stages

__all__ = [
    "error_of",
    "evaluate_at",
    "set_linear",
    "shut_flaps",
    "sum_fluxes",
    "trial_step",
    "update_stages",
]

DROP = 0.01
"""Part of the tolerance of a tiny storage, a volume, that makes a drop."""
SLIGHT = 0.01
"""Part of the tolerance up to which it does not matter what would run back through a flap."""


@jit_lanes
def set_trial(work, bed_storage, drop, little, begin, end, trial, trial_stage, lift):  # type: ignore[no-untyped-def]
    """Set the state that derivatives are of, and dh/dV, to that of the storages, and count those that are dry."""
    dry = 0
    for i in range(begin, end):
        trial[i] = work.volume[i]
        trial_stage[i] = work.stage[i]
        lift[i] = 1.0 / max(work.area[i], LEAST_AREA)
        above = work.volume[i] - bed_storage[i]
        dry += (-little < above) & (above < drop)
    return dry


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
    spans, many = work.awake.nodes, work.awake.counts[NODES]
    little = problem.tolerance * UNIT_AREA
    drop = DROP * little
    dry = 0
    for s in range(many):
        begin, end = spans[s, 0], spans[s, 1]
        see_curves(problem.curves, work.slices, work.rows, begin, end, work.volume, work.stage, work.area)
        bed_storage = problem.fluxes.bed_storage
        dry += set_trial(work, bed_storage, drop, little, begin, end, work.trial, work.trial_stage, work.lift)
    if dry > 0:
        for s in range(many):
            for i in range(np.int64(spans[s, 0]), np.int64(spans[s, 1])):
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
def clear_matrix(plan, awake, w):  # type: ignore[no-untyped-def]
    """Make W the identity where anything is awake; the rest of it is that already."""
    first, n, entries = plan.first, plan.first.shape[0] - 1, plan.row.shape[0]
    set_spans(w, 1.0, awake.nodes, awake.counts[NODES])
    for s in range(awake.counts[NODES]):
        low, high = n + first[awake.nodes[s, 0]], n + first[awake.nodes[s, 1]]
        w[low:high] = 0.0
        w[low + entries : high + entries] = 0.0
    w[plan.size] = 0.0


@jit_inner
def assemble(problem, work, gdt):  # type: ignore[no-untyped-def]
    """W = I - gamma dt J of the storages into `work.matrix`."""
    w, slots, awake = work.matrix, problem.slots, work.awake
    by_from, by_to = work.by_from, work.by_to
    clear_matrix(problem.plan, awake, w)
    for r in range(awake.counts[RUNS]):
        k, length = awake.runs[r, 0], awake.runs[r, 1]
        ff, tf, ft, tt = slots.ff[k], slots.tf[k], slots.ft[k], slots.tt[k]
        add_scaled(w[ff:], gdt, by_from[k:], length)
        add_scaled(w[tt:], -gdt, by_to[k:], length)
        add_scaled(w[tf:], -gdt, by_from[k:], length)
        add_scaled(w[ft:], gdt, by_to[k:], length)
    for j in range(awake.counts[LOOSE]):
        k = awake.loose[j]
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


@jit_inline
def add_increments(problem, work, stage, weights, begin, end):  # type: ignore[no-untyped-def]
    """Set `work.trial` to the storages plus the increments of the stages so far, weighted.

    It holds those of the stage before, which a good method takes again for its last ones.
    """
    given, trial = work.node_increment, work.trial
    if problem.method.follows[stage] == 1:
        add_one(trial, 1.0, 1.0, given[stage - 1], begin, end)
    else:
        begin_sum(trial, 1.0, work.volume, 1.0, weights, given, stage, begin, end)


@jit_inner
def see_stage(problem, work, stage, weights):  # type: ignore[no-untyped-def]
    """Storages, and stages of nodes, at a stage of the step, into `work.trial` and `work.trial_stage`."""
    spans = work.awake.nodes
    for s in range(work.awake.counts[NODES]):
        begin, end = spans[s, 0], spans[s, 1]
        add_increments(problem, work, stage, weights, begin, end)
        see_stages(problem.curves, work.slices, work.rows, begin, end, work.trial, work.trial_stage)


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
    method, awake = problem.method, work.awake
    spans, many, parts = awake.nodes, awake.counts[NODES], awake.counts[PARTS]
    gdt = method.gamma * dt
    assemble(problem, work, gdt)
    if not factorise(problem.plan, awake.parts, parts, work.matrix):
        return 0
    scatter(problem.fluxes, awake, work.by_time, work.drift)
    given = work.node_increment
    for stage in range(method.nodes.shape[0]):
        flux, increment = work.stage_flux[stage], given[stage]
        if stage > 0:
            see_stage(problem, work, stage, method.alpha[stage])
        # Before the fluxes, which do not enter: they are of stages written just now, for which a processor would wait.
        slope = gdt * method.slopes[stage] * dt
        for s in range(many):
            begin_sum(increment, slope, work.drift, 1.0, method.coupling[stage], given, stage, spans[s, 0], spans[s, 1])
        if stage > 0:
            evaluate_at(
                problem, work, t + method.nodes[stage] * dt, flux, np.bool_(False)
            )  # a plain False would be a type of its own
        else:
            copy_spans(flux, work.q, awake.fluxes, awake.counts[FLUXES])
        add_fluxes(problem.fluxes, awake, gdt, flux, increment)
        solve(problem.plan, awake.parts, parts, work.matrix, increment)
    for s in range(many):
        add_increments(problem, work, method.nodes.shape[0], method.weights, spans[s, 0], spans[s, 1])
    sum_fluxes(problem, work, np.int64(0), dt, work.moved)
    return 1


@jit_lanes
def set_linear(work, slope, begin, end, out):  # type: ignore[no-untyped-def]
    """Set `out` to what the derivatives alone move, times `slope` in time and `at_from` and `at_to` in the storages."""
    for k in range(begin, end):
        out[k] = slope * work.by_time[k] + work.by_from[k] * work.at_from[k] + work.by_to[k] * work.at_to[k]


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
    method, entries, awake = problem.method, problem.fluxes.entries, work.awake
    weights, stages = method.flux_weights[row], method.nodes.shape[0]
    node, at_from, at_to = work.net, work.at_from, work.at_to
    for s in range(awake.counts[NODES]):
        sum_stages(node, weights, work.node_increment, stages, awake.nodes[s, 0], awake.nodes[s, 1])
    take_ends(problem.fluxes, awake, node, at_from, at_to)
    gdt, slope, fluxes = method.gamma * dt, method.flux_slopes[row] * dt, awake.fluxes
    for s in range(awake.counts[FLUXES]):
        begin, end = fluxes[s, 0], fluxes[s, 1]
        set_linear(work, slope, begin, end, out)
        add_stages(out, gdt, gdt, weights, work.stage_flux, 0, stages, begin, end)
    for e in range(entries.flux.shape[0]):
        k = entries.flux[e]
        change = work.by_from[k] * at_from[k] + work.by_to[k] * at_to[k]
        out[entries.diversion[e]] += gdt * work.weight[e] * change


@jit_inner
def find_word(words, wanted, spans, many):  # type: ignore[no-untyped-def]
    """Find the first node that is awake and has a word; 0 where none is awake."""
    for s in range(many):
        for i in range(np.int64(spans[s, 0]), np.int64(spans[s, 1])):
            if words[i] == wanted:
                return i
    return 0


@jit_lanes
def over_tolerance(work, tolerance, trial, doubt, before, begin, end, ratio):  # type: ignore[no-untyped-def]
    """Errors in `ratio` become those over what is allowed, infinite where a storage is no good; counts those below."""
    below = 0
    for i in range(begin, end):
        allowed = tolerance * max(work.area[i], work.trial_area[i], UNIT_AREA)
        good = (abs(ratio[i]) < np.inf) & (trial[i] >= -allowed)
        # It forbids, and does not steer: to and fro between near stages it is large, and would hold the run up.
        other = doubt * abs(before[i])
        other = other if other > allowed else 0.0
        ratio[i] = max(abs(ratio[i]), other) / allowed if good else np.inf
        below += trial[i] < 0.0
    return below


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
    below : int
        How many storages are below 0.
    """
    n, ratio, weights, trial = problem.n, work.gain, problem.method.error_weights, work.trial
    doubt, before = problem.method.doubt, work.node_increment[weights.shape[0] - 2]
    spans, many = work.awake.nodes, work.awake.counts[NODES]
    # Of numbers that are not negative the largest has the largest word; of words it is found several at a time.
    words = ratio.view(np.int64)
    below, most = 0, 0
    for s in range(many):
        begin, end = spans[s, 0], spans[s, 1]
        sum_stages(ratio, weights, work.node_increment, weights.shape[0], begin, end)
        see_curves(problem.curves, work.slices, work.rows, begin, end, trial, work.trial_stage, work.trial_area)
        below += over_tolerance(work, problem.tolerance, trial, doubt, before, begin, end, ratio)
        for i in range(begin, end):
            most = max(most, words[i])
    where = find_word(words, most, spans, many)
    worst = ratio[where] if many > 0 else 0.0  # where all sleep no ratio was written
    if worst == np.inf:
        return worst, where, below
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
    return worst, where, below


@jit_inner
def shut_flaps(problem, work):  # type: ignore[no-untyped-def]
    """Take the derivatives of flaps that were shut, and through which a trial would run back, for the step anew.

    They are there for a flap that is about to open. Beside another link that evens the same two stages out it may be
    about to open for ever: what then runs back, and is turned back, leaves the stages as far apart as they were.

    Returns
    -------
    bool
        Whether there are any that matter.
    """
    n, fluxes, found = problem.n, problem.fluxes, False
    for j in range(fluxes.one_way.shape[0]):
        k = fluxes.one_way[j]
        if work.moved[k] < 0.0 and work.q[k] == 0.0 and (work.by_from[k] != 0.0 or work.by_to[k] != 0.0):
            for i in (fluxes.origin[k], fluxes.target[k]):
                if i < n and -work.moved[k] > SLIGHT * problem.tolerance * max(work.area[i], UNIT_AREA):
                    work.by_from[k], work.by_to[k], found = 0.0, 0.0, True
    return found
