"""Transport of tracers with the volumes that the last step moved, in parts of the step as short as they need.

In a part of a step each flux moves the volume w, and what leaves a node has the concentration

    (1 - theta) c(begin) + theta c(end),    theta = max(1/2, 1 - V / (what leaves it))

of that node. At theta = 1/2 this is the trapezoidal rule; theta is as much larger as keeps every coefficient of the
balance positive, so that each concentration at the end is a mean of those that were there and those that enter,
whatever the length of the part. Masses change only by what fluxes carry: none is lost. The length follows from
comparing one part with its two halves.

References
----------
Thuburn, J. (1996), Multidimensional flux-limited advection schemes, J. Comput. Phys. 123, 74-83: bounds from positive
coefficients. Hairer, E., Norsett, S. P., Wanner, G. (1993), Solving ordinary differential equations I, section II.4:
step sizes from two halves.
"""

from __future__ import annotations

import numpy as np

from deltasim._jit import apart, jit_inline, jit_inner
from deltasim.geometry import locate
from deltasim.solver.dense import part_of_step
from deltasim.solver.elimination import factorise, solve
from deltasim.solver.places import BEGUN, CARRY, LENGTH, NOTE, TIME
from deltasim.solver.signals import signal_at
from deltasim.solver.sums import copy_into

__all__ = ["carry", "note_given"]

ACCURACY = 1e-5
"""Local error of a part of a step, in units of the largest concentration."""
LEAST_PART = 1e-4
LEAST_SHARE = 1e-3
"""Shortest part of a step for the sake of the error, s, and as a share of the step: the bounds hold in any part."""
TINY = 1e-300
LEAST_CONTENT = 1e-100


@apart(NOTE)
def note_given(problem, work):  # type: ignore[no-untyped-def]
    """Note what enters with water, and loads, at both ends of the last step, on the pieces in force inside it."""
    table, state = problem.tracers, work.tracers
    for end, t in ((0, work.clock[BEGUN]), (1, work.clock[TIME])):
        for j in range(table.driven_flux.shape[0]):
            state.driven[end, j] = signal_at(problem, work, table.driven_signal[j], t)[0]
        for j in range(table.load_node.shape[0]):
            state.load[end, j] = signal_at(problem, work, table.load_signal[j], t)[0]
    return 0


@jit_inner
def set_contents(problem, work):  # type: ignore[no-untyped-def]
    """Concentrations from masses, at the start of a run; what is dry has none."""
    table, state = problem.tracers, work.tracers
    for s in range(table.family.shape[0]):
        tanks = table.first[s + 1] - table.first[s]
        for r in range(table.first[s], table.first[s + 1]):
            for i in range(problem.n):
                v = state.held[i] / tanks
                state.content[r, i] = state.mass[r, i] / v if v > 0.0 else 0.0


@jit_inner
def move_to(problem, work, theta):  # type: ignore[no-untyped-def]
    """Volumes moved, and storages, at a part of the last step, into `next_passed` and `next_held`."""
    state = work.tracers
    passed, held = state.next_passed, state.next_held
    part_of_step(problem, work, theta, passed, held)
    for i in range(problem.n):
        held[i] = max(work.begun[i] + held[i], 0.0)
    for k in range(passed.shape[0]):
        state.volume[k] = passed[k] - state.passed[k]


@jit_inner
def gather_volumes(problem, work, f, length):  # type: ignore[no-untyped-def]
    """What enters and leaves each node in the part of the step, as tracers of a family see it."""
    table, state = problem.tracers, work.tracers
    origin, target = problem.fluxes.origin, problem.fluxes.target
    for i in range(state.entering.shape[0]):
        state.entering[i] = 0.0
        state.leaving[i] = 0.0
        state.taken[i] = 0.0
        state.decayed[i] = 0.0
    for k in range(state.volume.shape[0]):
        w = state.volume[k]
        a, b = (origin[k], target[k]) if w >= 0.0 else (target[k], origin[k])
        w = abs(w)
        if table.own[k] == 0:
            state.leaving[a] += w
            state.entering[b] += w
        else:
            state.taken[a] += w if table.vapour[k] == 0 or table.evaporates[f] == 1 else 0.0
    if table.by_area[f] > 0.0 or table.by_volume[f] > 0.0:
        for i in range(problem.n):
            mean = 0.5 * (state.held[i] + state.next_held[i])
            # In soil the "area" of the curve is that of the pores, and there is no water surface.
            area = locate(problem.curves, i, mean, work.rows)[1] if mean > problem.fluxes.bed_storage[i] else 0.0
            state.decayed[i] = length * (table.by_area[f] * area + table.by_volume[f] * mean)


@jit_inline
def between(state, i, p, tanks):  # type: ignore[no-untyped-def]
    """Volume that leaves tank p of a node for the next one, or by links: all tanks stay equal."""
    return state.entering[i] - p * (state.entering[i] - state.leaving[i]) / tanks


@jit_inner
def weigh(problem, work, f):  # type: ignore[no-untyped-def]
    """Choose theta of each node, and the content of its later tanks per content of its first; factor the matrix.

    Its pivots are positive: what leaves a node is in its column with the sign that makes it dominant.
    """
    table, state, slots = problem.tracers, work.tracers, problem.slots
    origin, target = problem.fluxes.origin, problem.fluxes.target
    tanks = table.tanks[f]
    w = state.matrix
    w[:] = 0.0
    for i in range(problem.n):
        most = max(between(state, i, 1, tanks), state.leaving[i]) + (state.taken[i] + state.decayed[i]) / tanks
        share = state.held[i] / tanks
        state.implicit[i] = 1.0 if most > 1e3 * share else max(0.5, 1.0 - share / max(most, TINY))
        state.beyond[0, i] = 1.0
        for p in range(1, tanks + 1):
            out = between(state, i, p, tanks) + (state.taken[i] + state.decayed[i]) / tanks
            diagonal = state.next_held[i] / tanks + state.implicit[i] * out
            if p == 1:
                w[i] = diagonal if diagonal > 0.0 else 1.0
            else:
                gain = between(state, i, p - 1, tanks) * state.implicit[i]
                state.beyond[p - 1, i] = gain * state.beyond[p - 2, i] / diagonal if diagonal > 0.0 else 0.0
    for k in range(state.volume.shape[0]):
        if table.own[k] == 0:
            volume = state.volume[k]
            if volume > 0.0 and origin[k] < problem.n:
                w[slots.tf[k]] -= volume * state.implicit[origin[k]] * state.beyond[tanks - 1, origin[k]]
            elif volume < 0.0 and target[k] < problem.n:
                w[slots.ft[k]] += volume * state.implicit[target[k]] * state.beyond[tanks - 1, target[k]]
    factorise(problem.plan, problem.plan.parts, problem.plan.parts.shape[0], w)


@jit_inner
def set_given(problem, work, theta):  # type: ignore[no-untyped-def]
    """Set what enters from outside to its concentration at a part of the last step."""
    table, state = problem.tracers, work.tracers
    for j in range(table.driven_flux.shape[0]):
        value = state.driven[0, j] + theta * (state.driven[1, j] - state.driven[0, j])
        state.given[table.driven_tracer[j], table.driven_flux[j]] = value


@jit_inline
def flow_of(problem, work, k):  # type: ignore[no-untyped-def]
    """Node that a flux leaves, node that it enters, and the volume, which is not negative."""
    w = work.tracers.volume[k]
    if w >= 0.0:
        return problem.fluxes.origin[k], problem.fluxes.target[k], w
    return problem.fluxes.target[k], problem.fluxes.origin[k], -w


@jit_inline
def entering_with(state, s, k, own):  # type: ignore[no-untyped-def]
    """Concentration of what enters by a flux from outside; nothing comes from there but the node's own water."""
    given = state.given[s, k]
    return given if given >= 0.0 else own


@jit_inner
def add_by_itself(problem, work, s, theta, length):  # type: ignore[no-untyped-def]
    """What enters each node other than by links, spread over its tanks: loads, ageing, rain, into `added`."""
    table, state = problem.tracers, work.tracers
    for i in range(problem.n):
        made = 0.5 * length * (state.held[i] + state.next_held[i]) if table.ageing[s] == 1 else 0.0
        state.added[i] = made
        state.reacted[s, i] += made
    for j in range(table.load_node.shape[0]):
        if table.load_tracer[j] == s:
            mass = length * (state.load[0, j] + theta * (state.load[1, j] - state.load[0, j]))
            state.added[table.load_node[j]] += mass
            state.reacted[s, table.load_node[j]] += mass
    for k in range(state.volume.shape[0]):
        a, b, w = flow_of(problem, work, k)
        if table.own[k] == 1 and a >= problem.n:
            mass = w * state.given[s, k]
            state.added[b] += mass
            state.carried[s, k] += mass


@jit_inner
def solve_tracer(problem, work, s):  # type: ignore[no-untyped-def]
    """Concentrations of one tracer at the end of the part of the step, into `after`."""
    table, state = problem.tracers, work.tracers
    first, tanks = table.first[s], table.first[s + 1] - table.first[s]
    last = first + tanks - 1
    n, rhs, content = problem.n, state.rhs, state.content
    for i in range(n):
        theta = state.implicit[i]
        decayed = state.decayed[i] / tanks
        spread = state.added[i] / tanks + decayed * table.background[s]
        rhs[i] = 0.0
        state.below[0, i] = 0.0
        for p in range(1, tanks + 1):
            r = first + p - 1
            out = between(state, i, p, tanks) + state.taken[i] / tanks + decayed
            known = state.mass[r, i] + spread - (1.0 - theta) * out * content[r, i]
            if p == 1:
                rhs[i] = known
            else:
                gain = between(state, i, p - 1, tanks)
                known += gain * ((1.0 - theta) * content[r - 1, i] + theta * state.below[p - 2, i])
                diagonal = state.next_held[i] / tanks + theta * out
                state.below[p - 1, i] = known / diagonal if diagonal > 0.0 else 0.0
    for k in range(state.volume.shape[0]):
        a, b, w = flow_of(problem, work, k)
        if table.own[k] == 0 and b < n:
            if a >= n:
                rhs[b] += w * entering_with(state, s, k, content[last, b])
            else:
                known = (1.0 - state.implicit[a]) * content[last, a] + state.implicit[a] * state.below[tanks - 1, a]
                rhs[b] += w * known
    solve(problem.plan, problem.plan.parts, problem.plan.parts.shape[0], state.matrix, rhs)
    for i in range(n):
        for p in range(tanks):
            c = state.below[p, i] + state.beyond[p, i] * rhs[i]
            # Traces of traces would end in numbers with which processors are slow.
            state.after[first + p, i] = c if c > LEAST_CONTENT else 0.0


@jit_inner
def move_masses(problem, work, s):  # type: ignore[no-untyped-def]
    """Move the masses of one tracer: by links, from tank to tank, out of each tank, and by decay."""
    table, state = problem.tracers, work.tracers
    first, tanks = table.first[s], table.first[s + 1] - table.first[s]
    last = first + tanks - 1
    n, f = problem.n, table.family[s]
    mass, before, after = state.mass, state.content, state.after
    for k in range(state.volume.shape[0]):
        a, b, w = flow_of(problem, work, k)
        moved = 0.0
        if table.own[k] == 0:
            if a < n:
                moved = w * ((1.0 - state.implicit[a]) * before[last, a] + state.implicit[a] * after[last, a])
                mass[last, a] -= moved
            else:
                moved = w * entering_with(state, s, k, before[last, b])
            if b < n:
                mass[first, b] += moved
        elif a < n and (table.vapour[k] == 0 or table.evaporates[f] == 1):
            for r in range(first, last + 1):
                mean = (1.0 - state.implicit[a]) * before[r, a] + state.implicit[a] * after[r, a]
                mass[r, a] -= w / tanks * mean
                moved += w / tanks * mean
        state.carried[s, k] += moved if state.volume[k] >= 0.0 else -moved
    for i in range(n):
        for p in range(1, tanks + 1):
            r = first + p - 1
            mean = (1.0 - state.implicit[i]) * before[r, i] + state.implicit[i] * after[r, i]
            gone = state.decayed[i] / tanks * (mean - table.background[s])
            mass[r, i] += state.added[i] / tanks - gone
            state.reacted[s, i] -= gone
            if p < tanks:
                moved = between(state, i, p, tanks) * mean
                mass[r, i] -= moved
                mass[r + 1, i] += moved
            if abs(mass[r, i]) < LEAST_CONTENT:
                mass[r, i] = 0.0
            # Of what is dry there is no concentration, only a mass.
            before[r, i] = after[r, i] if state.next_held[i] > 0.0 else 0.0


@jit_inner
def carry_part(problem, work, begin, end):  # type: ignore[no-untyped-def]
    """Carry everything along from one part of the last step to another."""
    table, state = problem.tracers, work.tracers
    length = (end - begin) * work.clock[LENGTH]
    middle = 0.5 * (begin + end)
    move_to(problem, work, end)
    set_given(problem, work, middle)
    for f in range(table.tanks.shape[0]):
        gather_volumes(problem, work, f, length)
        weigh(problem, work, f)
        for s in range(table.family.shape[0]):
            if table.family[s] == f:
                add_by_itself(problem, work, s, middle, length)
                solve_tracer(problem, work, s)
                move_masses(problem, work, s)
    copy_into(state.passed, state.next_passed, state.passed.shape[0])
    copy_into(state.held, state.next_held, state.held.shape[0])


@jit_inline
def copy_all(to, source):  # type: ignore[no-untyped-def]
    """`to` = `source`, of two dimensions."""
    for r in range(to.shape[0]):
        for i in range(to.shape[1]):
            to[r, i] = source[r, i]


@jit_inner
def go_back(work):  # type: ignore[no-untyped-def]
    """Return to where the part of the step began."""
    state = work.tracers
    copy_all(state.mass, state.kept_mass)
    copy_all(state.content, state.kept_content)
    copy_into(state.passed, state.kept_passed, state.passed.shape[0])
    copy_into(state.held, state.kept_held, state.held.shape[0])
    state.carried[:] = 0.0
    state.reacted[:] = 0.0


@jit_inner
def difference(problem, work):  # type: ignore[no-untyped-def]
    """Error of the two halves, over what is allowed, from their difference to the whole.

    In a node much smaller than what runs through it the error counts against what runs through: that much of it is
    felt downstream.
    """
    table, state = problem.tracers, work.tracers
    largest = 0.0
    for s in range(table.family.shape[0]):
        tanks = table.first[s + 1] - table.first[s]
        scale = table.scale[s] if table.ageing[s] == 0 else work.clock[TIME]
        for r in range(table.first[s], table.first[s + 1]):
            for i in range(problem.n):
                scale = max(scale, state.mass[r, i] * tanks / max(state.held[i], table.resolved[i]))
        for r in range(table.first[s], table.first[s + 1]):
            for i in range(problem.n):
                volume = max(state.held[i], table.resolved[i], 2.0 * state.leaving[i]) / tanks
                off = abs(state.whole[r, i] - state.mass[r, i]) / (3.0 * volume)
                largest = max(largest, off / max(ACCURACY * scale, TINY))
    return largest


@jit_inner
def book_tracers(work):  # type: ignore[no-untyped-def]
    """Add what was carried and made to the totals, with compensated sums."""
    state = work.tracers
    for s in range(state.through.shape[0]):
        for k in range(state.through.shape[1]):
            y = state.carried[s, k] - state.through_carry[s, k]
            v = state.through[s, k] + y
            state.through_carry[s, k] = (v - state.through[s, k]) - y
            state.through[s, k] = v
        for i in range(state.made.shape[1]):
            y = state.reacted[s, i] - state.made_carry[s, i]
            v = state.made[s, i] + y
            state.made_carry[s, i] = (v - state.made[s, i]) - y
            state.made[s, i] = v


@apart(CARRY)
def carry(problem, work, begin, end):  # type: ignore[no-untyped-def]
    """Carry all tracers along from one part of the last step to another, in parts that are short enough.

    Compiled by itself, for it takes as long as half of the loop and most networks have none.

    Parameters
    ----------
    problem : Problem
    work : Work
        With the continuous extension of the fluxes of the step; the masses are those at `begin`.
    begin, end : float
        Between 0 and 1.

    Returns
    -------
    int
        0.
    """
    state = work.tracers
    if begin == 0.0:
        state.passed[:] = 0.0
        copy_into(state.held, work.begun, state.held.shape[0])
        if state.step[0] == np.inf:
            set_contents(problem, work)
    least = max(LEAST_PART, LEAST_SHARE * work.clock[LENGTH])
    at = begin
    while at < end:
        most = (end - at) * work.clock[LENGTH]
        length = state.step[0]
        upto = end
        if max(length, least) < most:  # two equal parts rather than a long one and a sliver
            upto = at + (0.5 * (end - at) if length > 0.5 * most else length / work.clock[LENGTH])
        length = (upto - at) * work.clock[LENGTH]
        copy_all(state.kept_mass, state.mass)
        copy_all(state.kept_content, state.content)
        copy_into(state.kept_passed, state.passed, state.passed.shape[0])
        copy_into(state.kept_held, state.held, state.held.shape[0])
        carry_part(problem, work, at, upto)
        copy_all(state.whole, state.mass)
        go_back(work)
        middle = 0.5 * (at + upto)
        carry_part(problem, work, at, middle)
        carry_part(problem, work, middle, upto)
        error = difference(problem, work)
        wanted = length * min(5.0, max(0.1, 0.9 * max(error, 1e-9) ** (-1.0 / 3.0)))
        if error <= 1.0 or length <= least:
            # A part cut short by the end of a step says little against the length that was wanted.
            state.step[0] = max(wanted, state.step[0]) if upto == end and state.step[0] < np.inf else wanted
            state.step[0] = max(state.step[0], LEAST_PART)
            book_tracers(work)
            state.carried[:] = 0.0
            state.reacted[:] = 0.0
            at = upto
        else:
            state.step[0] = min(wanted, 0.7 * length)
            go_back(work)
    return 0
