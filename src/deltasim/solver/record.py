"""What is written down about an accepted step: output rows, means, extremes, energy.

Nothing here steers the solution; asking for more output costs writing, not stepping.
"""

from __future__ import annotations

import numpy as np

from deltasim._jit import jit_inner, jit_lanes
from deltasim.geometry import see_curves, see_stages
from deltasim.solver.dense import part_of_step, storages_inside
from deltasim.solver.places import BEGUN, FLUXES, LENGTH, NODES, REST
from deltasim.solver.sums import add_one, copy_into, copy_part

__all__ = ["close_step", "note_fluxes", "note_stages", "note_wishes", "write_row"]

BLOCK = np.uint64(128)
"""Elements of which together it is asked whether any can beat the largest so far: a flood rises in a few places."""
NEXT, FIRST, LAST = 0, 2, 4
"""Places in `asked` of settings and factors: at the start of the next step, and at both ends of the last one."""


@jit_lanes
def could_peak(work, first, second, most, begin, end):  # type: ignore[no-untyped-def]
    """In how many nodes the continuous extension can beat the largest so far."""
    found, begun, volume = 0, work.begun, work.volume
    for i in range(begin, end):
        bulge = 0.25 * max(abs(first[i]), abs(first[i] + second[i]))
        found += max(begun[i], volume[i]) + bulge > most[i]
    return found


@jit_lanes
def note_peaks(work, whole, first, second, t, dt, begin, end, most, when):  # type: ignore[no-untyped-def]
    """Update the largest storages, and when, from the coefficients of the continuous extension."""
    begun, volume = work.begun, work.volume
    for i in range(begin, end):
        best, at = max(volume[i], most[i]), t + dt if volume[i] > most[i] else when[i]
        b, total = second[i] - first[i], whole[i] + first[i]
        square = b * b + 3.0 * second[i] * total
        root = np.sqrt(max(square, 0.0))
        # Of the two roots the one where the slope falls through zero, in the form that does not cancel.
        top, under = (b + root, 3.0 * second[i]) if b >= 0.0 else (-total, b - root)
        theta = top / under if under != 0.0 else -1.0
        inner = first[i] + theta * second[i]
        peak = begun[i] + theta * (whole[i] + (1.0 - theta) * inner)
        inside = (square >= 0.0) & (theta > 0.0) & (theta < 1.0) & (peak > best)
        most[i] = peak if inside else best
        when[i] = t + theta * dt if inside else at


@jit_inner
def note_stages(problem, work):  # type: ignore[no-untyped-def]
    """Update the largest storages from the continuous extension of the last step.

    V(theta) = V + theta S + theta (1 - theta) (P + theta Q); where it can beat the largest so far, its extremes are
    the roots of -3 Q theta^2 + 2 (Q - P) theta + (S + P).
    """
    t, dt = work.clock[BEGUN], work.clock[LENGTH]
    whole, first, second = work.dense_node[0], work.dense_node[1], work.dense_node[2]
    most, spans = work.max_volume, work.awake.nodes
    for s in range(work.awake.counts[NODES]):
        for begin in range(spans[s, 0], spans[s, 1], BLOCK):
            end = min(begin + BLOCK, spans[s, 1])
            if could_peak(work, first, second, most, begin, end) > 0:
                note_peaks(work, whole, first, second, t, dt, begin, end, most, work.max_time)


@jit_lanes
def could_be_largest(work, dt, most, begin, end):  # type: ignore[no-untyped-def]
    """How many fluxes can beat the largest so far."""
    q, q_before, moved, often, found = work.q, work.q_before, work.moved, 6.0 / dt, 0
    for k in range(begin, end):
        middle = 0.25 * (often * moved[k] - q_before[k] - q[k])
        found += max(abs(q_before[k]), abs(q[k]), abs(middle)) * 1.25 > abs(most[k])
    return found


@jit_lanes
def note_largest(work, t, dt, begin, end, most, when):  # type: ignore[no-untyped-def]
    """Update the largest fluxes, and when."""
    q, q_before, moved, rate, rate_before = work.q, work.q_before, work.moved, work.rate, work.rate_before
    often = 6.0 / dt
    for k in range(begin, end):
        before, after = q_before[k], q[k]
        middle = 0.25 * (often * moved[k] - before - after)
        bend = 2.0 * (before + after - 2.0 * middle)
        slope = after - before - bend
        theta = -slope / (2.0 * bend) if bend != 0.0 else -1.0
        peak = before + theta * (slope + theta * bend)
        more = abs(after) > abs(most[k])
        best, at = after if more else most[k], t + dt if more else when[k]
        inside = (theta > 0.0) & (theta < 1.0) & (abs(peak) > abs(best))
        inside = inside & (rate_before[k] * middle > 0.0) & (rate[k] * middle < 0.0)
        most[k] = peak if inside else best
        when[k] = t + theta * dt if inside else at


@jit_inner
def note_fluxes(problem, work):  # type: ignore[no-untyped-def]
    """Update the largest fluxes and the energy of pumps from the last step.

    Inside the step the flux is the parabola through both ends whose integral is the volume moved, and it has an extreme
    only if it rises at the start and falls at the end: a pump that starts does not overshoot its capacity. The largest
    is by magnitude, with its sign.
    """
    t, dt = work.clock[BEGUN], work.clock[LENGTH]
    most, spans = work.max_flux, work.awake.fluxes
    for s in range(work.awake.counts[FLUXES]):
        for begin in range(spans[s, 0], spans[s, 1], BLOCK):
            end = min(begin + BLOCK, spans[s, 1])
            if could_be_largest(work, dt, most, begin, end) > 0:
                note_largest(work, t, dt, begin, end, most, work.max_flux_time)
    for j in range(problem.lifting.shape[0]):
        k = problem.lifting[j]
        before, after = work.q_before[k], work.q[k]
        middle = 0.25 * (6.0 * work.moved[k] / dt - before - after)
        a, b = problem.fluxes.origin[k], problem.fluxes.target[k]
        first = work.stage_before[b] - work.stage_before[a]
        last = work.stage[b] - work.stage[a]
        work_done = before * first + 2.0 * middle * (first + last) + after * last
        work.energy[k] += problem.lift_power[k] * max(work_done, 0.0) * dt / 6.0


@jit_lanes
def hold_above_empty(begun, moved, begin, end, storage):  # type: ignore[no-untyped-def]
    """Set `storage` to what there was and what was moved in, without the round-off that may be less than nothing."""
    for i in range(begin, end):
        storage[i] = max(begun[i] + moved[i], 0.0)


@jit_lanes
def add_simpson(stage, between, base, length, begin, end, left, integral):  # type: ignore[no-untyped-def]
    """Add the integral of stages above `base`, from `left` over `between` to `stage`, which becomes `left`."""
    for i in range(begin, end):
        integral[i] += length / 6.0 * (left[i] + 4.0 * between[i] + stage[i] - 6.0 * base[i])
        left[i] = stage[i]


@jit_lanes
def take_mean(stage, between, base, length, interval, begin, end, left, integral, mean):  # type: ignore[no-untyped-def]
    """Add it likewise, set `mean` to what all comes to over an interval, and begin the integral anew."""
    part, whole = length / interval / 6.0, 1.0 / interval
    for i in range(begin, end):
        rest = left[i] + 4.0 * between[i] + stage[i] - 6.0 * base[i]
        mean[i] = base[i] + (whole * integral[i] + part * rest)
        integral[i] = 0.0
        left[i] = stage[i]


@jit_lanes
def take_moved(moved, begin, end, since, volume):  # type: ignore[no-untyped-def]
    """Set `volume` to what was moved since the row before, the step so far included, which `since` then leaves out."""
    for k in range(begin, end):
        volume[k] = since[k] + moved[k]
        since[k] = -moved[k]


@jit_inner
def stages_between(problem, work, middle, begin, end):  # type: ignore[no-untyped-def]
    """Stages at a part of the last step into `work.trial_area`, which is free between steps; Simpson's rule asks."""
    storage, between = work.rhs, work.trial_area
    storages_inside(work, middle, begin, end, storage)
    see_stages(problem.curves, work.slices, work.rows, begin, end, storage, between)
    return between


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
    n, awake = problem.n, work.awake
    spans, many = awake.nodes, awake.counts[NODES]
    moved = work.moved if theta >= 1.0 else work.part
    storage, stage, area, mean_stage = output.storage[row], output.stage[row], output.area[row], output.mean_stage[row]
    volume = output.volume[row]
    if awake.counts[REST] > 0:  # and that is as it was
        copy_into(storage, work.volume, n)
        copy_into(stage, work.stage, n)
        copy_into(area, work.area, n)
        copy_into(mean_stage, work.stage, n)
        volume[:] = 0.0
    since, middle = (theta - begin) * work.clock[LENGTH], 0.5 * (begin + theta)
    if theta < 1.0:
        # From the fluxes: what nodes know of the inside of a step is as good as the elimination, and not exact.
        part_of_step(problem, work, theta, moved, work.rhs)
    for s in range(many):
        first, last = spans[s, 0], spans[s, 1]
        if theta < 1.0:
            hold_above_empty(work.begun, work.rhs, first, last, storage)
        else:
            copy_part(storage, work.volume, first, last)
        see_curves(problem.curves, work.slices, work.rows, first, last, storage, stage, area)
        between, base, left = stages_between(problem, work, middle, first, last), work.stage_base, work.stage_left
        take_mean(stage, between, base, since, length, first, last, left, work.stage_integral, mean_stage)
    for s in range(awake.counts[FLUXES]):
        take_moved(moved, awake.fluxes[s, 0], awake.fluxes[s, 1], work.since, volume)
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
    awake = work.awake
    if begin < 1.0:
        since, middle = (1.0 - begin) * work.clock[LENGTH], 0.5 * (begin + 1.0)
        for s in range(awake.counts[NODES]):
            first, last = awake.nodes[s, 0], awake.nodes[s, 1]
            between, base, left = stages_between(problem, work, middle, first, last), work.stage_base, work.stage_left
            add_simpson(work.stage, between, base, since, first, last, left, work.stage_integral)
        add_wishes(problem, work, begin, 1.0)
    for s in range(awake.counts[FLUXES]):
        add_one(work.since, 1.0, 1.0, work.moved, awake.fluxes[s, 0], awake.fluxes[s, 1])
