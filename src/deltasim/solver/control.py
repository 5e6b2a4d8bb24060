"""What acts on the network while it runs: switches that turn on and off, settings that move, sampled controllers.

Everything discrete is a switch: a rule, a pump with start and stop stages, the trigger of a breach, a flap valve. A
switch has two conditions in postfix code; they are looked at inside every accepted step, on its continuous extension,
and where one would turn, the step is cut to end there. Whether it turns is decided afterwards, on the state reached.

Whatever a switch, a schedule or a controller moves is an actuator: it holds a straight piece of its own over time, so
that for the fluxes it is a signal like any other.
"""

from __future__ import annotations

import numpy as np

from deltasim._jit import apart, jit_inner
from deltasim.solver.actuators import position
from deltasim.solver.conditions import gather, value_of
from deltasim.solver.dense import cut_step
from deltasim.solver.places import BEGUN, CONTROL, LENGTH, NODES
from deltasim.solver.signals import signal_at
from deltasim.solver.sums import copy_spans

__all__ = ["ACT", "CUT", "STEER", "UNCUT", "govern", "next_alarm", "remember"]

# What `govern` is asked to do.
CUT, STEER, ACT = 0, 1, 2

UNCUT = -2
"""What it returns where no event cuts the step."""

NOT_WHEN, NEVER = -1, -2
"""Instead of an expression for `until`."""

# What it returns where it acts.
NOTHING, CHANGED, CHATTER = 0, 1, 2

RESOLUTION = 1e-6
"""Time, s, to which an event is located.

What follows an event is late by as much, so that where one follows the other delays add up: a sump that fills and
empties in a minute has half a million of them in a year.
"""
WINDOW = 60.0
MOST_SWITCHES = 20
"""More turns of one switch within the window, s, are a chatter."""


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
    begun, dt = work.clock[BEGUN], work.clock[LENGTH]
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
    """Turn switch `s` if it has a reason; returns whether it did so too often."""
    table, state = problem.control, work.control
    why = reason(table, state, s, t)
    if why == 2:
        state.pending[s] = np.inf if state.pending[s] < np.inf else t
    if why != 1:
        return False
    state.on[s] = 1 - state.on[s]
    state.since[s] = t
    state.pending[s] = np.inf
    # The oldest of the last turns gives way to this one.
    oldest = state.turned[s] % MOST_SWITCHES
    too_often = t - state.turns[s, oldest] <= WINDOW
    state.turns[s, oldest] = t
    state.turned[s] += 1
    if table.log[s] == 1:
        write_log(work, t, s, -1, float(state.on[s]))
    return too_often


@jit_inner
def write_log(work, t, source, target, value):  # type: ignore[no-untyped-def]
    """Write down an event: a switch (or -1 - actuator: its base) that set an actuator (-1: nothing but itself).

    `advance` keeps room for what can happen between two chances to empty the log.
    """
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
    clamp, and while a rule decides instead. A sample that is no number changes nothing.
    """
    table, state = problem.control, work.control
    if t < state.next_sample[p]:
        return
    state.next_sample[p] += table.sample[p]
    e = table.setpoint[p] - value_of(table, state, table.pid_target[p])
    if table.setpoint_signal[p] >= 0:
        e += signal_at(problem, work, table.setpoint_signal[p], t)[0]
    change = 0.0 if np.isnan(state.last_error[p]) else (e - state.last_error[p]) / table.sample[p]
    if not np.isfinite(e):
        return
    u = table.proportional[p] * e + table.integral[p] * state.integral[p] + table.derivative[p] * change
    clamped = min(max(u, table.minimum[p]), table.maximum[p])
    if (u - clamped) * table.integral[p] * e <= 0.0 and state.claim[table.pid_actuator[p]] == -1:
        state.integral[p] += e * table.sample[p]
    state.last_error[p] = e
    state.output[p] = clamped


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
    claim, value, slope = goal(problem, work, a, t)
    told = state.goal[a] + state.goal_slope[a] * (t - state.goal_time[a])
    # Relative to where it was told to be as well: a series that runs down to 0 does not jump there.
    jumped = abs(value - told) > 1e-12 * max(abs(value), abs(state.goal[a]))
    # At the start the slope is no number, and any is news.
    news = claim != state.claim[a] or jumped or slope != state.goal_slope[a]
    if not news and t < state.arrive[a]:
        return False
    if news:
        # Not each sample of a controller and not each bend of a series, but whatever is set to a value.
        if claim != state.claim[a] or (jumped and slope == 0.0 and (claim >= 0 or table.base_pid[a] < 0)):
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
    gather(problem, work, t, 1.0)
    for s in range(table.when.shape[0]):
        if toggle(problem, work, s, t):
            return CHATTER
    for p in range(table.sample.shape[0]):
        sample(problem, work, p, t)
    changed = steer_all(problem, work, t)
    set_alarm(problem, work, t)
    return CHANGED if changed else NOTHING


@jit_inner
def steer_all(problem, work, t):  # type: ignore[no-untyped-def]
    """Send every actuator where it is told to be; returns whether that is news for any."""
    changed = False
    for a in range(problem.control.flux.shape[0]):
        changed = steer(problem, work, a, t) or changed
    return changed


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
def remember(work):  # type: ignore[no-untyped-def]
    """Keep what a cut of the step to come has to restore, and where actuators are in it, for its output."""
    state, awake = work.control, work.awake
    copy_spans(state.carry, work.carry, awake.nodes, awake.counts[NODES])
    copy_spans(state.lost, work.lost, awake.nodes, awake.counts[NODES])
    for a in range(state.value.shape[0]):
        state.value_before[a] = state.value[a]
        state.slope_before[a] = state.slope[a]
        state.time_before[a] = state.time[a]


@apart(CONTROL)
def govern(problem, work, task, t):  # type: ignore[no-untyped-def]
    """Do one of the tasks of control; compiled by itself, for many networks have none.

    Parameters
    ----------
    problem : Problem
    work : Work
        At the end of a step.
    task : int
        `CUT`: cut the step short where a switch first has a reason to turn. `STEER`: send actuators where they are told
        to be. `ACT`: let everything do what the state asks of it.
    t : float, s

    Returns
    -------
    int
        Of `CUT`, `UNCUT` or what `cut_step` returns; of `ACT`, what `act` does; otherwise 0.
    """
    if task == CUT:
        theta = crossing(problem, work)
        return cut_step(problem, work, theta) if theta < 1.0 else UNCUT
    if task == STEER:
        steer_all(problem, work, t)
        return 0
    return act(problem, work, t)
