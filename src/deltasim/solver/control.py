"""What acts on the network while it runs: switches that turn on and off, settings that move, sampled controllers.

Everything discrete is a switch: a rule, a pump with start and stop stages, the trigger of a breach, a flap valve. A
switch has two conditions in postfix code; they are looked at inside every accepted step, on its continuous extension,
and where one would turn, the step is cut to end there. Whether it turns is decided afterwards, on the state reached.

Whatever a switch, a schedule or a controller moves is an actuator: it holds a straight piece of its own over time, so
that for the fluxes it is a signal like any other.
"""

from __future__ import annotations

import numpy as np

from deltasim._jit import jit_inline, jit_inner
from deltasim.geometry import locate
from deltasim.solver.actuators import position
from deltasim.solver.problem import boundary_stages
from deltasim.solver.record import storage_inside

__all__ = ["act", "crossing", "next_alarm", "remember"]

# Operations of the postfix code, as `deltasim.control.program.Op` counts them.
(
    CONSTANT,
    LOAD,
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    NEGATE,
    MINIMUM,
    MAXIMUM,
    ABSOLUTE,
    LESS,
    LESS_EQUAL,
    GREATER,
    GREATER_EQUAL,
    EQUAL,
    NOT_EQUAL,
    AND,
    OR,
    NOT,
) = range(19)

# What LOAD loads.
STAGE, DEPTH, STORAGE, AREA, DISCHARGE, ACTUATOR, SIGNAL, HOUR, TIME_OF_RUN = range(9)

NOT_WHEN, NEVER = -1, -2
"""Instead of an expression for `until`."""

# What `act` returns.
NOTHING, CHANGED, CHATTER = 0, 1, 2

RESOLUTION = 1e-6
"""Time, s, to which an event is located.

What follows an event is late by as much, so that where one follows the other delays add up: a sump that fills and
empties in a minute has half a million of them in a year.
"""
WINDOW = 60.0
MOST_SWITCHES = 20
"""More switches of one thing within the window are a chatter."""
DAY = 86400.0


@jit_inline
def signal_at(problem, work, i, t):  # type: ignore[no-untyped-def]
    """Value of signal `i` on the piece in force, and its slope."""
    c = work.cursor[i]
    return problem.signals.value[c] + problem.signals.slope[c] * (t - problem.signals.time[c]), problem.signals.slope[c]


@jit_inline
def flux_inside(work, k, theta):  # type: ignore[no-untyped-def]
    """Flux at a part of the last step: the cubic through the values and rates at both ends.

    Where that cubic does not move the volume that was moved, as over a kink or where something very quick evens out,
    its rates say little, and the parabola through both ends that moves it takes its place.
    """
    dt = work.clock[3]
    before, slope = work.q_before[k], work.q[k] - work.q_before[k]
    mean = work.moved[k] / dt
    start, end = work.rate_before[k] * dt, work.rate[k] * dt
    off = before + 0.5 * slope + (start - end) / 12.0 - mean
    if abs(off) > 1e-3 * max(abs(before), abs(work.q[k]), abs(mean)):
        bend = 6.0 * (mean - before - 0.5 * slope)
        return before + theta * (slope + (1.0 - theta) * bend)
    return before + theta * (slope + (1.0 - theta) * ((start - slope) * (1.0 - theta) + (slope - end) * theta))


@jit_inner
def gather(problem, work, t, theta):  # type: ignore[no-untyped-def]
    """Find every quantity that a condition reads at a part of the last step; at 1, in the state reached.

    Parameters
    ----------
    problem : Problem
    work : Work
        `control.loaded` is filled.
    t : float, s
        The time that belongs to `theta`.
    theta : float
        At 1 the pieces of signals in force count.
    """
    table, state = problem.control, work.control
    inside = theta < 1.0
    if inside and table.uses_boundary[0] == 1:
        boundary_stages(problem, work, t, state.boundary)
    for j in range(table.kind.shape[0]):
        kind, i = table.kind[j], table.number[j]
        value = t
        if kind <= AREA and i < problem.n:
            v, h, a = work.volume[i], work.stage[i], work.area[i]
            if inside:
                v = storage_inside(work, i, theta)
                h, a, _ = locate(problem.curves, i, v, work.rows)
            value = h
            if kind == DEPTH:
                value = max(h - table.bed[i], 0.0)
            elif kind == STORAGE:
                value = v
            elif kind == AREA:
                value = a
        elif kind <= AREA:
            value = state.boundary[i] if inside else work.stage[i]
        elif kind == DISCHARGE:
            value = flux_inside(work, i, theta) if inside else work.q[i]
        elif kind == ACTUATOR:
            value = position(state, i, t)
        elif kind == SIGNAL:
            value = signal_at(problem, work, i, t)[0]
        elif kind == HOUR:
            value = ((t + table.time_of_day[0]) % DAY) / 3600.0
        state.loaded[j] = value


@jit_inner
def evaluate(first, last, op, operand, loaded, stack):  # type: ignore[no-untyped-def]
    """Evaluate the postfix code from `first` to before `last` on what was gathered; truth is 1 and 0."""
    top = -1
    for at in range(first, last):
        code = op[at]
        if code <= LOAD:
            top += 1
            stack[top] = operand[at] if code == CONSTANT else loaded[int(operand[at])]
        elif code == NEGATE:
            stack[top] = -stack[top]
        elif code == ABSOLUTE:
            stack[top] = abs(stack[top])
        elif code == NOT:
            stack[top] = 1.0 - stack[top]
        else:
            top -= 1
            stack[top] = combine(code, stack[top], stack[top + 1])
    return stack[0]


@jit_inline
def value_of(table, state, expression):  # type: ignore[no-untyped-def]
    """Value of an expression on what was gathered."""
    first, last = table.first[expression], table.first[expression + 1]
    return evaluate(first, last, table.op, table.operand, state.loaded, state.stack)


@jit_inline
def combine(op, left, right):  # type: ignore[no-untyped-def]
    """Result of an operation with two operands."""
    if op == ADD:
        return left + right
    if op == SUBTRACT:
        return left - right
    if op == MULTIPLY:
        return left * right
    if op == DIVIDE:
        return left / right
    if op in (MINIMUM, AND):
        return min(left, right)
    if op in (MAXIMUM, OR):
        return max(left, right)
    truth = False
    if op == LESS:
        truth = left < right
    elif op == LESS_EQUAL:
        truth = left <= right
    elif op == GREATER:
        truth = left > right
    elif op == GREATER_EQUAL:
        truth = left >= right
    elif op == EQUAL:
        truth = left == right
    elif op == NOT_EQUAL:
        truth = left != right
    return 1.0 if truth else 0.0


@jit_inner
def reason(table, state, s, t):  # type: ignore[no-untyped-def]
    """What switch `s` has a reason for, by what was gathered.

    Returns
    -------
    int
        0 nothing, 1 to turn, 2 to note that the condition of a delayed one begins or ceases to hold.
    """
    if t < state.since[s] + table.hold[s]:
        return 0
    wanted = value_of(table, state, table.when[s]) != 0.0
    ended = value_of(table, state, table.until[s]) != 0.0 if table.until[s] >= 0 else False
    if state.on[s] == 1:
        if table.until[s] == NOT_WHEN:
            ended = not wanted
        return 1 if ended else 0
    wanted = wanted and not ended
    if table.delay[s] > 0.0:
        if wanted != (state.pending[s] < np.inf):
            return 2
        return 1 if wanted and t >= state.pending[s] + table.delay[s] else 0
    return 1 if wanted else 0


@jit_inner
def crossing(problem, work):  # type: ignore[no-untyped-def]
    """Find where in the last step a switch first has a reason to turn.

    Returns
    -------
    float
        Part of the step; 1 where there is no reason before its end.
    """
    begun, dt = work.clock[2], work.clock[3]
    table, state = problem.control, work.control
    low, high, probe = 0.0, 2.0, 0.25
    while True:
        t = begun + probe * dt
        gather(problem, work, t, probe)
        found = False
        for s in range(table.when.shape[0]):
            found = found or reason(table, state, s, t) != 0
        if found:
            high = probe
        else:
            low = probe
        if high > 1.0:
            if low >= 1.0:
                return 1.0
            probe = low + 0.25
        else:
            probe = 0.5 * (low + high)
            if (high - low) * dt <= RESOLUTION or not low < probe < high:
                return high


@jit_inner
def toggle(problem, work, s, t):  # type: ignore[no-untyped-def]
    """Turn switch `s` if it has a reason; returns whether it turned."""
    table, state = problem.control, work.control
    why = reason(table, state, s, t)
    if why == 2:
        state.pending[s] = np.inf if state.pending[s] < np.inf else t
    if why != 1:
        return False
    state.on[s] = 1 - state.on[s]
    state.since[s] = t
    state.pending[s] = np.inf
    if t - state.window[s] > WINDOW:
        state.window[s] = t
        state.turned[s] = 0
    state.turned[s] += 1
    if table.log[s] == 1:
        write_log(work, t, s, -1, float(state.on[s]))
    return True


@jit_inner
def write_log(work, t, source, target, value):  # type: ignore[no-untyped-def]
    """Write down an event: a switch (or -1 - actuator: its base) that set an actuator (-1: nothing but itself)."""
    state = work.control
    at = state.log_length[0]
    if at < state.log_time.shape[0]:
        state.log_time[at] = t
        state.log_source[at] = source
        state.log_target[at] = target
        state.log_value[at] = value
    state.log_length[0] = at + 1


@jit_inner
def sample(problem, work, p, t):  # type: ignore[no-untyped-def]
    """Let controller `p` take its sample, if it is time.

    u = P e + I sum(e) dt + D de/dt, clamped; the sum stands still while more of it would only push further into the
    clamp.
    """
    table, state = problem.control, work.control
    if t < state.next_sample[p]:
        return False
    e = table.setpoint[p] - value_of(table, state, table.pid_target[p])
    if table.setpoint_signal[p] >= 0:
        e += signal_at(problem, work, table.setpoint_signal[p], t)[0]
    change = 0.0 if np.isnan(state.last_error[p]) else (e - state.last_error[p]) / table.sample[p]
    u = table.proportional[p] * e + table.integral[p] * state.integral[p] + table.derivative[p] * change
    clamped = min(max(u, table.minimum[p]), table.maximum[p])
    if (u - clamped) * table.integral[p] * e <= 0.0:
        state.integral[p] += e * table.sample[p]
    state.last_error[p] = e
    state.output[p] = clamped
    state.next_sample[p] += table.sample[p]
    return True


@jit_inner
def goal(problem, work, a, t):  # type: ignore[no-untyped-def]
    """Where actuator `a` is told to be.

    Returns
    -------
    claim : int
        The first claim that holds, -1 for none: then its schedule, its controller or its value in the file.
    value, slope : float
    """
    table, state = problem.control, work.control
    for c in range(table.claim_first[a], table.claim_first[a + 1]):
        if state.on[table.claim_switch[c]] == table.claim_state[c]:
            if table.claim_signal[c] >= 0:
                value, slope = signal_at(problem, work, table.claim_signal[c], t)
                return c, value, slope
            return c, table.claim_value[c], 0.0
    if table.base_pid[a] >= 0:
        return -1, state.output[table.base_pid[a]], 0.0
    if table.base_signal[a] >= 0:
        value, slope = signal_at(problem, work, table.base_signal[a], t)
        return -1, value, slope
    return -1, table.base_value[a], 0.0


@jit_inner
def steer(problem, work, a, t):  # type: ignore[no-untyped-def]
    """Send actuator `a` where it is told to be, if that is news; returns whether it is.

    Without a speed it is there at once. With one it goes straight for the goal, which may itself move, and follows
    it when it has arrived.
    """
    table, state = problem.control, work.control
    started = state.started[0] == 1
    claim, value, slope = goal(problem, work, a, t)
    told = state.goal[a] + state.goal_slope[a] * (t - state.goal_time[a])
    # Relative to where it was told to be as well: a series that runs down to 0 does not jump there.
    jumped = abs(value - told) > 1e-12 * max(abs(value), abs(state.goal[a]))
    news = not started or claim != state.claim[a] or jumped or slope != state.goal_slope[a]
    if not news and t < state.arrive[a]:
        return False
    if news:
        # Not each sample of a controller and not each bend of a series, but whatever is set to a value.
        if claim != state.claim[a] or (started and jumped and slope == 0.0 and (claim >= 0 or table.base_pid[a] < 0)):
            write_log(work, t, -1 - a if claim < 0 else table.claim_switch[claim], a, value)
        state.claim[a] = claim
        state.goal[a] = value
        state.goal_slope[a] = slope
        state.goal_time[a] = t
    here = position(state, a, t)
    speed = table.speed[a]
    gap = value - here
    state.time[a] = t
    arrived = (not news and t >= state.arrive[a]) or abs(gap) <= 1e-12 * max(1.0, abs(value))
    state.arrive[a] = np.inf
    if speed == np.inf or (arrived and abs(slope) <= speed):
        state.value[a] = value
        state.slope[a] = slope
    elif arrived:
        state.value[a] = value
        state.slope[a] = np.copysign(speed, slope)
    else:
        state.value[a] = here
        state.slope[a] = np.copysign(speed, gap)
        left = gap / (state.slope[a] - slope)
        if left > 0.0:
            state.arrive[a] = t + left
    return True


@jit_inner
def act(problem, work, t):  # type: ignore[no-untyped-def]
    """Let switches, controllers and actuators do what the state that was reached asks of them, once.

    Parameters
    ----------
    problem : Problem
    work : Work
        At the end of a step, on the pieces in force.
    t : float, s

    Returns
    -------
    int
        `NOTHING`; `CHANGED`: fluxes are to be evaluated again and `act` asked again; `CHATTER`.
    """
    table = problem.control
    changed = False
    gather(problem, work, t, 1.0)
    for s in range(table.when.shape[0]):
        if toggle(problem, work, s, t):
            changed = True
            if work.control.turned[s] > MOST_SWITCHES:
                return CHATTER
    for p in range(table.sample.shape[0]):
        changed = sample(problem, work, p, t) or changed
    for a in range(table.flux.shape[0]):
        changed = steer(problem, work, a, t) or changed
    work.control.started[0] = 1
    set_alarm(problem, work, t)
    return CHANGED if changed else NOTHING


@jit_inner
def set_alarm(problem, work, t):  # type: ignore[no-untyped-def]
    """Find the next time at which something happens of itself: an arrival, the end of a hold or delay, a sample."""
    table, state = problem.control, work.control
    alarm = np.inf
    for s in range(table.when.shape[0]):
        if state.since[s] + table.hold[s] > t:
            alarm = min(alarm, state.since[s] + table.hold[s])
        if state.pending[s] < np.inf:
            alarm = min(alarm, state.pending[s] + table.delay[s])
    for p in range(table.sample.shape[0]):
        alarm = min(alarm, state.next_sample[p])
    for a in range(table.flux.shape[0]):
        alarm = min(alarm, state.arrive[a])
    state.alarm[0] = alarm


@jit_inner
def next_alarm(work):  # type: ignore[no-untyped-def]
    """Time at which a step has to end because something happens of itself, s."""
    return work.control.alarm[0]


@jit_inner
def remember(problem, work):  # type: ignore[no-untyped-def]
    """Keep what a cut of the step to come has to restore, and where actuators are in it, for its output."""
    state = work.control
    for i in range(problem.n):
        state.carry[i] = work.carry[i]
        state.lost[i] = work.lost[i]
    for a in range(state.value.shape[0]):
        state.value_before[a] = state.value[a]
        state.slope_before[a] = state.slope[a]
        state.time_before[a] = state.time[a]
