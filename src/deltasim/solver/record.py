"""What is written down about an accepted step: output rows, means, extremes, energy.

Nothing here steers the solution; asking for more output costs writing, not stepping.
"""

from __future__ import annotations

import numpy as np

from deltasim._jit import jit_inline, jit_inner
from deltasim.geometry import see_curves
from deltasim.solver.dense import part_of_step, storage_inside
from deltasim.solver.problem import BEGUN, LENGTH
from deltasim.solver.sums import copy_into

__all__ = ["close_step", "note_fluxes", "note_stages", "note_wishes", "write_row"]

NEXT, FIRST, LAST = 0, 2, 4
"""Places in `asked` of settings and factors: at the start of the next step, and at both ends of the last one."""


@jit_inner
def note_stages(problem, work):  # type: ignore[no-untyped-def]
    """Update the largest storages from the continuous extension of the last step.

    V(theta) = V + theta S + theta (1 - theta) (P + theta Q); where it can beat the largest so far, its extremes are
    the roots of -3 Q theta^2 + 2 (Q - P) theta + (S + P).
    """
    t, dt = work.clock[BEGUN], work.clock[LENGTH]
    first, second, above = work.dense_node[1], work.dense_node[2], work.gain
    found = 0
    for i in range(problem.n):
        most = max(work.begun[i], work.volume[i]) + 0.25 * max(abs(first[i]), abs(first[i] + second[i]))
        above[i] = most - work.max_volume[i]
        found += above[i] > 0.0
    if found == 0:
        return
    for i in range(problem.n):
        if not above[i] > 0.0:
            continue
        if work.volume[i] > work.max_volume[i]:
            work.max_volume[i] = work.volume[i]
            work.max_time[i] = t + dt
        s, p, q = work.dense_node[0, i], first[i], second[i]
        b = q - p
        root = b * b + 3.0 * q * (s + p)
        if root < 0.0:
            continue
        # Of the two roots the one where the slope falls through zero, in the form that does not cancel.
        top = b + np.sqrt(root) if b >= 0.0 else b - np.sqrt(root)
        for theta in (top / (3.0 * q) if q != 0.0 else -1.0, -(s + p) / top if top != 0.0 else -1.0):
            if 0.0 < theta < 1.0:
                v = storage_inside(work, i, theta)
                if v > work.max_volume[i]:
                    work.max_volume[i] = v
                    work.max_time[i] = t + theta * dt


@jit_inner
def note_fluxes(problem, work):  # type: ignore[no-untyped-def]
    """Update the largest fluxes and the energy of pumps from the last step.

    Inside the step the flux is the parabola through both ends whose integral is the volume moved, and it has an extreme
    only if it rises at the start and falls at the end: a pump that starts does not overshoot its capacity. The largest
    is by magnitude, with its sign.
    """
    t, dt = work.clock[BEGUN], work.clock[LENGTH]
    above = work.part
    found = 0
    for k in range(work.q.shape[0]):
        before, after = work.q_before[k], work.q[k]
        middle = 0.25 * (6.0 * work.moved[k] / dt - before - after)
        above[k] = max(abs(before), abs(after), abs(middle)) * 1.25 - abs(work.max_flux[k])
        found += above[k] > 0.0
    if found > 0:
        for k in range(work.q.shape[0]):
            if above[k] > 0.0:
                note_flux(work, k, t, dt)
    for j in range(problem.lifting.shape[0]):
        k = problem.lifting[j]
        before, after = work.q_before[k], work.q[k]
        middle = 0.25 * (6.0 * work.moved[k] / dt - before - after)
        a, b = problem.fluxes.origin[k], problem.fluxes.target[k]
        first = work.stage_before[b] - work.stage_before[a]
        last = work.stage[b] - work.stage[a]
        work_done = before * first + 2.0 * middle * (first + last) + after * last
        work.energy[k] += problem.lift_power[k] * max(work_done, 0.0) * dt / 6.0


@jit_inline
def note_flux(work, k, t, dt):  # type: ignore[no-untyped-def]
    """Update the largest value of one flux from the last step, which begins at `t` and is `dt` long."""
    before, after = work.q_before[k], work.q[k]
    middle = 0.25 * (6.0 * work.moved[k] / dt - before - after)
    best = abs(work.max_flux[k])
    if abs(after) > best:
        best = abs(after)
        work.max_flux[k] = after
        work.max_flux_time[k] = t + dt
    bend = 2.0 * (before + after - 2.0 * middle)
    slope = after - before - bend
    theta = -slope / (2.0 * bend) if bend != 0.0 else -1.0
    if 0.0 < theta < 1.0 and work.rate_before[k] * middle > 0.0 and work.rate[k] * middle < 0.0:
        peak = before + theta * (slope + theta * bend)
        if abs(peak) > best:
            work.max_flux[k] = peak
            work.max_flux_time[k] = t + theta * dt


@jit_inner
def integrate_stages(problem, work, length, middle, stage):  # type: ignore[no-untyped-def]
    """Add the integral of each stage since `stage_left` to where it is `stage`, by Simpson's rule.

    Parameters
    ----------
    problem : Problem
    work : Work
    length : float, s
    middle : float
        Part of the last step in the middle between the two.
    stage : ndarray, shape (n,) or longer, m
        Becomes `stage_left`.
    """
    if length <= 0.0:
        return
    storage, between = work.rhs, work.trial_area
    for i in range(problem.n):
        storage[i] = storage_inside(work, i, middle)
    see_curves(problem.curves, work.slices, work.rows, storage, between, work.gain)
    for i in range(problem.n):
        work.stage_integral[i] += length / 6.0 * (work.stage_left[i] + 4.0 * between[i] + stage[i])
        work.stage_left[i] = stage[i]


@jit_inner
def note_wishes(problem, work, row):  # type: ignore[no-untyped-def]
    """Note what is asked of the fluxes that may fall short of it, into one of the places in `asked`."""
    table, state = problem.control, work.control
    for j in range(table.wanting.shape[0]):
        state.asked[row, j] = work.setting[table.wanting[j]]
        state.asked[row + 1, j] = work.factor[table.wanting[j]]


@jit_inner
def add_wishes(problem, work, begin, end):  # type: ignore[no-untyped-def]
    """Add up what was asked from one part of the step to another: setting times factor, each straight."""
    state = work.control
    middle = 0.5 * (begin + end)
    for j in range(problem.control.wanting.shape[0]):
        total = 0.0
        for theta, weight in ((begin, 1.0), (middle, 4.0), (end, 1.0)):
            setting = state.asked[FIRST, j] + theta * (state.asked[LAST, j] - state.asked[FIRST, j])
            factor = state.asked[FIRST + 1, j] + theta * (state.asked[LAST + 1, j] - state.asked[FIRST + 1, j])
            total += weight * setting * factor
        state.wish[j] += (end - begin) * work.clock[LENGTH] / 6.0 * total


@jit_inner
def write_row(problem, work, output, row, begin, theta, length):  # type: ignore[no-untyped-def]
    """Fill one row of output at a part of the last step.

    Parameters
    ----------
    problem : Problem
    work : Work
    output : Output
    row : int
    begin : float
        Part of the step at which the row before lies; 0 where that is an earlier step.
    theta : float
        Part of the step at which this row lies.
    length : float, s
        Of the output interval.
    """
    n = problem.n
    moved = work.moved if theta >= 1.0 else work.part
    storage, stage = output.storage[row], output.stage[row]
    if theta < 1.0:
        # From the fluxes: what nodes know of the inside of a step is as good as the elimination, and not exact.
        part_of_step(problem, work, theta, moved, work.rhs)
        for i in range(n):
            storage[i] = max(work.begun[i] + work.rhs[i], 0.0)
    else:
        copy_into(storage, work.volume, n)
    see_curves(problem.curves, work.slices, work.rows, storage, stage, output.area[row])
    integrate_stages(problem, work, (theta - begin) * work.clock[LENGTH], 0.5 * (begin + theta), stage)
    mean_stage = output.mean_stage[row]
    for i in range(n):
        mean_stage[i] = work.stage_integral[i] / length
        work.stage_integral[i] = 0.0
    volume = output.volume[row]
    for k in range(work.moved.shape[0]):
        volume[k] = work.since[k] + moved[k]
        work.since[k] = -moved[k]
    state = work.control
    add_wishes(problem, work, begin, theta)
    for j in range(state.wish.shape[0]):
        output.wish[row, j] = state.wish[j]
        state.wish[j] = 0.0
    for a in range(state.value.shape[0]):
        if theta >= 1.0:
            output.position[row, a] = state.value[a] + state.slope[a] * (output.time[row] - state.time[a])
        else:
            since = output.time[row] - state.time_before[a]
            output.position[row, a] = state.value_before[a] + state.slope_before[a] * since
    for r in range(output.mass.shape[1]):
        for i in range(n):
            output.mass[row, r, i] = work.tracers.mass[r, i]


@jit_inner
def close_step(problem, work, begin):  # type: ignore[no-untyped-def]
    """Carry what lies after the step's last output over to the next row.

    Parameters
    ----------
    problem : Problem
    work : Work
    begin : float
        Part of the step at which its last output lies; 0 where it has none.
    """
    if begin < 1.0:
        integrate_stages(problem, work, (1.0 - begin) * work.clock[LENGTH], 0.5 * (begin + 1.0), work.stage)
        add_wishes(problem, work, begin, 1.0)
    for k in range(work.moved.shape[0]):
        work.since[k] += work.moved[k]
