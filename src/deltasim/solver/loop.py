"""The compiled loop: steps of the right length, one after the other, until a sheet of output is full."""

from __future__ import annotations

import numpy as np

from deltasim._jit import apart, jit, jit_inner
from deltasim.solver.awake import rouse, water_at_rim, water_near_rim
from deltasim.solver.control import ACT, CHANGED, CUT, NOTHING, STEER, UNCUT, govern, next_alarm, remember
from deltasim.solver.dense import extend_fluxes
from deltasim.solver.filling import steepen
from deltasim.solver.final import accept, book, clear_round_off, move
from deltasim.solver.incidence import scatter, take_ends
from deltasim.solver.places import (
    BEGUN,
    COUNTED,
    ERROR,
    FLUXES,
    IN_A_ROW,
    LENGTH,
    LIMITING,
    NEXT_STOP,
    NODES,
    OPEN_STEP,
    REFRESH,
    REJECTED,
    ROWS_DONE,
    STARTED,
    STEP,
    STEPS,
    TIME,
)
from deltasim.solver.record import (
    FIRST,
    LAST,
    NEXT,
    close_step,
    note_fluxes,
    note_stages,
    note_wishes,
    write_row,
)
from deltasim.solver.step import error_of, evaluate_at, set_linear, shut_flaps, trial_step, update_stages
from deltasim.solver.sums import copy_into, copy_spans
from deltasim.solver.transport import carry, note_given

__all__ = [
    "CHATTER",
    "DONE",
    "FULL",
    "LIMITER",
    "LIMITING",
    "PAUSED",
    "REJECTED",
    "REJECTIONS",
    "STEPS",
    "TOO_SMALL",
    "advance",
]

# What `advance` returns.
DONE, FULL, PAUSED, TOO_SMALL, REJECTIONS, LIMITER, CHATTER = 0, 1, 2, 3, 4, 5, 6

LEAST_STEP = 1e-9
MOST_REJECTIONS = 1000
SAFETY = 0.9
MOST_GROWTH = 6.0
LEAST_GROWTH = 0.2
FIRST_CHANGE = 10.0
"""The first step may change a stage by so many tolerances."""
LOG_MARGIN = 64
"""Room for events of one step, for each switch and actuator."""

# Where `settle` begins: at the end of a step, or at the start of the run.
LOOK, NOTE, SETTLE = 0, 1, 2


@jit_inner
def select_pieces(problem, work, t):  # type: ignore[no-untyped-def]
    """Move every signal to the piece in force just after a time."""
    signals = problem.signals
    for i in range(signals.first.shape[0]):
        c = work.cursor[i]
        while c < signals.last[i] and signals.time[c + 1] <= t:
            c += 1
        work.cursor[i] = c


@apart(REFRESH)
def refresh(problem, work):  # type: ignore[no-untyped-def]
    """Stages, fluxes and derivatives at the storages and the time that were reached, on the pieces in force."""
    t, n, awake = work.clock[TIME], problem.n, work.awake
    dry = update_stages(problem, work)
    # First with derivatives, dry storages holding a drop; then, if there are any, the fluxes as they are.
    for sensitive in (True, False):
        evaluate_at(problem, work, t, work.q, sensitive)
        if not dry:
            break
        copy_spans(work.trial, work.volume, awake.nodes, awake.counts[NODES])
        copy_spans(work.trial_stage, work.stage, awake.nodes, awake.counts[NODES])
    for j in range(n, work.stage.shape[0]):
        work.stage[j] = work.trial_stage[j]
    scatter(problem.fluxes, awake, work.q, work.net)
    for j in range(n, work.net.shape[0]):
        work.net[j] = 0.0
    take_ends(problem.fluxes, awake, work.net, work.at_from, work.at_to)
    for s in range(awake.counts[FLUXES]):
        begin, end = awake.fluxes[s, 0], awake.fluxes[s, 1]
        steepen(work, begin, end, work.by_from, work.by_to)
        set_linear(work, 1.0, begin, end, work.rate)
    for j in range(problem.fluxes.one_way.shape[0]):
        k = problem.fluxes.one_way[j]
        if work.q[k] == 0.0:
            work.rate[k] = max(work.rate[k], 0.0)
    entries = problem.fluxes.entries
    for e in range(entries.flux.shape[0]):
        k = entries.flux[e]
        work.rate[entries.diversion[e]] += work.weight[e] * (work.rate[k] - work.by_time[k])
    return 0


@jit_inner
def first_length(problem, work):  # type: ignore[no-untyped-def]
    """Note the state of the start, and choose the length of the first step."""
    for stages in (work.stage_base, work.stage_left, work.stage_before):
        copy_into(stages, work.stage, problem.n)
    copy_into(work.begun, work.volume, problem.n)
    scatter(problem.fluxes, work.awake, work.q, work.rhs)
    dt = problem.max_step
    for i in range(problem.n):
        change = abs(work.rhs[i])
        if change > 0.0:
            dt = min(dt, FIRST_CHANGE * problem.tolerance * max(work.area[i], 1.0) / change)
    work.clock[STEP] = max(dt, 1e-3)
    work.clock[ERROR] = 1.0


@jit_inner
def step_length(problem, work):  # type: ignore[no-untyped-def]
    """Length of the next step: as wanted, or less so as to end on the next stop."""
    dt = min(work.clock[STEP], problem.max_step)
    stop = problem.stops[work.counts[NEXT_STOP]]
    if problem.controlled == 1:
        stop = min(stop, next_alarm(work))
    left = stop - work.clock[TIME]
    if dt >= left * (1.0 - 1e-12):
        return left, True
    if dt > 0.5 * left:  # two equal steps rather than a long one and a sliver
        return 0.5 * left, False
    return dt, False


@jit_inner
def take_step(problem, work):  # type: ignore[no-untyped-def]
    """Take one step that is good enough; returns a status, 0 if so.

    The next length follows a proportional-integral controller (Gustafsson 1991).
    """
    order = problem.method.order + 1.0
    if water_near_rim(work):
        rouse(problem, work)
    while True:
        t = work.clock[TIME]
        dt, at_stop = step_length(problem, work)
        wanted = work.clock[STEP]
        if dt < LEAST_STEP and not at_stop:
            return TOO_SMALL
        error, node, below = np.inf, work.counts[LIMITING], 0
        if trial_step(problem, work, t, dt) == 1:
            if shut_flaps(problem, work):
                work.counts[REJECTED] += 1
                continue
            error, node, below = error_of(problem, work)
        if error <= 1.0:
            if not water_at_rim(work):
                break
            rouse(problem, work)
            continue
        if error == np.inf:
            # A trial that is not finite leaves NaN in nodes that are asleep, which no span would clear.
            work.node_increment[:] = 0.0
        work.counts[REJECTED] += 1
        work.counts[IN_A_ROW] += 1
        work.counts[LIMITING] = node
        if work.counts[IN_A_ROW] >= MOST_REJECTIONS:
            return REJECTIONS
        shrink = max(LEAST_GROWTH, SAFETY * error ** (-1.0 / order)) if error < np.inf else 0.5
        work.clock[STEP] = min(shrink, 0.9) * dt
    work.counts[STEPS] += 1
    floor = max(error, 1e-4)
    growth = SAFETY * floor ** (-0.7 / order) * work.clock[ERROR] ** (0.4 / order)
    growth = min(MOST_GROWTH, max(LEAST_GROWTH, growth))
    if work.counts[IN_A_ROW] > 0:
        growth = min(growth, 1.0)
    work.counts[IN_A_ROW] = 0
    # A step cut short to end on a stop says little against the length that was wanted.
    work.clock[STEP] = max(dt * growth, wanted) if dt < wanted else dt * growth
    work.clock[ERROR] = floor
    work.clock[BEGUN] = t
    work.clock[LENGTH] = dt
    work.clock[TIME] = t + dt
    if at_stop:
        work.clock[TIME] = problem.stops[work.counts[NEXT_STOP]]
        if problem.controlled == 1:
            work.clock[TIME] = min(work.clock[TIME], next_alarm(work))
    limited = accept(problem, work, dt, below) == 1
    if problem.controlled == 1:
        # Events are looked for on what the step is cut on.
        extend_fluxes(problem, work)
        remember(work)
    if move(problem, work) > 0 or limited:
        return faulty(work, clear_round_off(problem, work, limited))
    return 0


@jit_inner
def faulty(work, node):  # type: ignore[no-untyped-def]
    """Status after round-off was cleared, which names the storage at fault, or -1."""
    if node < 0:
        return 0
    work.counts[LIMITING] = node
    return LIMITER


@jit_inner
def settle(problem, work, phase):  # type: ignore[no-untyped-def]
    """Bring everything up to the state that was reached: fluxes, events, extremes, new pieces of signals, control.

    Parameters
    ----------
    problem : Problem
    work : Work
    phase : int
        `LOOK` at the end of a step, `SETTLE` at the start of the run.

    Returns
    -------
    int
        0, or a status of `advance`.
    """
    jumped = phase == SETTLE
    if phase == LOOK:
        awake = work.awake
        copy_spans(work.stage_before, work.stage, awake.nodes, awake.counts[NODES])
        for j in range(problem.n, work.stage.shape[0]):
            work.stage_before[j] = work.stage[j]
        copy_spans(work.q_before, work.q, awake.fluxes, awake.counts[FLUXES])
        copy_spans(work.rate_before, work.rate, awake.fluxes, awake.counts[FLUXES])
        for j in range(work.control.wish.shape[0]):
            work.control.asked[FIRST, j] = work.control.asked[NEXT, j]
            work.control.asked[FIRST + 1, j] = work.control.asked[NEXT + 1, j]
    while True:
        refresh(problem, work)
        if phase == LOOK:
            phase = NOTE
            if problem.controlled == 1:
                node = govern(problem, work, CUT, work.clock[TIME])
                if node != UNCUT:
                    status = faulty(work, node)
                    if status != 0:
                        return status
                    continue
        if phase == NOTE:
            phase = SETTLE
            note_stages(problem, work)
            note_fluxes(problem, work)
            note_wishes(problem, work, LAST)
            if problem.traced == 1:
                note_given(problem, work)
            book(work)
            if work.clock[TIME] >= problem.stops[work.counts[NEXT_STOP]]:
                work.counts[NEXT_STOP] += 1
                select_pieces(problem, work, work.clock[TIME])
                if problem.controlled == 1:
                    # What jumps at one instant jumps together: a gate on its schedule with the sea that it shuts out.
                    govern(problem, work, STEER, work.clock[TIME])
                jumped = True
                continue
        done = NOTHING
        if problem.controlled == 1:
            done = govern(problem, work, ACT, work.clock[TIME])
        if done == NOTHING:
            if jumped:
                note_jumps(work)
            note_wishes(problem, work, NEXT)
            return 0
        if done != CHANGED:
            return CHATTER
        jumped = True


@jit_inner
def note_jumps(work):  # type: ignore[no-untyped-def]
    """Update the largest fluxes where something jumped between two steps."""
    for k in range(work.q.shape[0]):
        if abs(work.q[k]) > abs(work.max_flux[k]):
            work.max_flux[k] = work.q[k]
            work.max_flux_time[k] = work.clock[TIME]


@jit
def advance(problem, work, output, interval, max_steps):  # type: ignore[no-untyped-def]
    """Run until the output is full, the run is over, or enough steps were taken.

    Parameters
    ----------
    problem : Problem, as `Packed`
    work : Work, as `Packed`
        The state, updated; a later call goes on from it.
    output : Output, as `Packed`
        Rows to fill; ``work.counts[ROWS_DONE]`` says how many are.
    interval : float, s
        Between rows.
    max_steps : int
        Steps to take at most, so that the caller can show progress and hear an interrupt.

    Returns
    -------
    int
        `DONE`, `FULL`, `PAUSED`, or a failure: `TOO_SMALL`, `REJECTIONS`, `LIMITER`, `CHATTER`.
    """
    rows = output.time.shape[0]
    control = work.control
    room = control.log_time.shape[0] - LOG_MARGIN * (control.on.shape[0] + control.value.shape[0])
    phase = LOOK
    if work.counts[STARTED] == 0:
        phase = SETTLE
        select_pieces(problem, work, 0.0)
        # Boundaries that nothing drives keep their stage inside steps too.
        copy_into(work.trial_stage, work.stage, work.stage.shape[0])
    for taken in range(max_steps + 1):
        if work.counts[OPEN_STEP] == 1:
            t, dt = work.clock[BEGUN], work.clock[LENGTH]
            at = work.counts[ROWS_DONE]
            part = work.clock[COUNTED]
            while at < rows and output.time[at] <= work.clock[TIME]:
                theta = 1.0 if output.time[at] >= work.clock[TIME] else (output.time[at] - t) / dt
                if problem.traced == 1:
                    carry(problem, work, part, theta)
                write_row(problem, work, output, at, part, theta, interval)
                part = theta
                at += 1
            work.counts[ROWS_DONE] = at
            work.clock[COUNTED] = part
            over = work.counts[NEXT_STOP] >= problem.stops.shape[0]
            if at >= rows:
                return DONE if over and part >= 1.0 else FULL
            if problem.traced == 1:
                carry(problem, work, part, 1.0)
            close_step(problem, work, part)
            work.counts[OPEN_STEP] = 0
            work.clock[COUNTED] = 0.0
            if over:
                return DONE
        if (taken == max_steps and phase == LOOK) or control.log_length[0] > room:
            return PAUSED
        if phase == LOOK:
            status = take_step(problem, work)
            if status != 0:
                return status
            if output.time[work.counts[ROWS_DONE]] <= work.clock[TIME] or problem.traced == 1:
                extend_fluxes(problem, work)
        status = settle(problem, work, phase)
        if status != 0:
            return status
        if phase == SETTLE:
            first_length(problem, work)
            if problem.traced == 0:
                rouse(problem, work)
            work.counts[STARTED] = 1
            phase = LOOK
        else:
            work.counts[OPEN_STEP] = 1
    return PAUSED
