"""What moves: the arrays of control, and settings as straight pieces over time.

Whatever a rule, a schedule, a controller or a switch moves is an actuator. It holds one straight piece, so that for the
fluxes it is a signal like any other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit_inline, jit_inner

__all__ = ["LEVEL", "OPEN", "RUNNING", "SETTING", "ControlState", "ControlTable", "apply_actuators", "position"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# What an actuator moves: the setting of a law, a factor on the discharge that the user has (`open`), one that a switch
# has (a pump that runs), or a level that only conditions read.
SETTING, OPEN, RUNNING, LEVEL = 0, 1, 2, 3


class ControlTable(NamedTuple):
    """Switches, actuators and sampled controllers, and the conditions in postfix code; nothing here changes.

    Parameters
    ----------
    first : ndarray, shape (n_expression + 1,)
        Expression i owns the operations ``first[i]`` to ``first[i + 1]``.
    op, operand : ndarray
        Each operation, and its constant or the place in `kind` and `number` of what it loads.
    kind, number : ndarray, shape (n_load,)
        What conditions read: sort of quantity, and number of the node, flux, actuator or signal.
    bed : ndarray, shape (n,), m
        Of each storage.
    time_of_day : ndarray, shape (1,), s
        Of the run's clock at its start.
    uses_boundary : ndarray, shape (1,)
        1 where a condition reads the stage of a boundary.
    when, until : ndarray, shape (n_switch,)
        Expressions.
    hold, delay : ndarray, shape (n_switch,), s
        Least time in a state; time for which `when` must have held.
    log : ndarray, shape (n_switch,)
        1 where its turns are written down though it moves nothing.
    what, flux : ndarray, shape (n_actuator,)
        What an actuator moves, of which flux.
    factor : ndarray, shape (n_actuator,)
        What `open` is multiplied by.
    speed : ndarray, shape (n_actuator,), 1/s
        Infinite where it moves at once.
    base_value, base_signal, base_pid : ndarray, shape (n_actuator,)
        What holds where no claim does; -1 where there is no such signal or controller.
    claim_first : ndarray, shape (n_actuator + 1,)
        Claims on each actuator, the strongest first.
    claim_switch, claim_state, claim_value, claim_signal : ndarray
        A claim holds while its switch is in that state.
    pid_target, pid_actuator : ndarray, shape (n_pid,)
        Expression that it holds at the setpoint, and what it moves.
    setpoint, setpoint_signal, proportional, integral, derivative, minimum, maximum, sample : ndarray, shape (n_pid,)
        The setpoint is the number plus the signal, where there is one.
    wanting : ndarray, shape (n_wanting,)
        Fluxes that are moved and may fall short of what is asked of them.
    """

    first: Integers
    op: Integers
    operand: Floats
    kind: Integers
    number: Integers
    bed: Floats
    time_of_day: Floats
    uses_boundary: Integers
    when: Integers
    until: Integers
    hold: Floats
    delay: Floats
    log: Integers
    what: Integers
    flux: Integers
    factor: Floats
    speed: Floats
    base_value: Floats
    base_signal: Integers
    base_pid: Integers
    claim_first: Integers
    claim_switch: Integers
    claim_state: Integers
    claim_value: Floats
    claim_signal: Integers
    pid_target: Integers
    pid_actuator: Integers
    setpoint: Floats
    setpoint_signal: Integers
    proportional: Floats
    integral: Floats
    derivative: Floats
    minimum: Floats
    maximum: Floats
    sample: Floats
    wanting: Integers


class ControlState(NamedTuple):
    """Where switches, actuators and controllers are.

    Parameters
    ----------
    on : ndarray, shape (n_switch,), int64
    since : ndarray, shape (n_switch,), s
        When it turned last; minus infinity where it never did.
    pending : ndarray, shape (n_switch,), s
        Since when the condition of one with a delay holds; infinite where it does not.
    turns : ndarray, shape (n_switch, MOST_SWITCHES), s
        When it turned last, and before that.
    turned : ndarray, shape (n_switch,), int64
        How often it turned.
    value, slope, time : ndarray, shape (n_actuator,)
        The piece on which it moves.
    arrive : ndarray, shape (n_actuator,), s
        When it reaches its goal; infinite where it stands or follows.
    claim : ndarray, shape (n_actuator,), int64
        What tells it where to be; -1 its base, -2 something that is no more.
    goal, goal_slope, goal_time : ndarray, shape (n_actuator,)
        Where it was told to be.
    value_before, slope_before, time_before : ndarray, shape (n_actuator,)
        The piece in the last step.
    integral, last_error, output, next_sample : ndarray, shape (n_pid,)
    alarm : ndarray, shape (1,), s
        When something next happens of itself.
    loaded : ndarray, shape (n_load,)
        What conditions read.
    stack, boundary : ndarray
        Scratch: operands; stages of boundaries inside a step.
    asked : ndarray, shape (6, n_wanting)
        Settings and factors of what may fall short: at the start of the next step, and at both ends of the last one.
    wish : ndarray, shape (n_wanting,), m3
        What was asked since the last output.
    carry, lost : ndarray, shape (n,), m3
        Of the storages at the start of the step.
    log_time, log_source, log_target, log_value : ndarray
        Events; a source is a switch, or -1 - actuator for its base; the target is an actuator, or -1.
    log_length : ndarray, shape (1,), int64
    """

    on: Integers
    since: Floats
    pending: Floats
    turns: Floats
    turned: Integers
    value: Floats
    slope: Floats
    time: Floats
    arrive: Floats
    claim: Integers
    goal: Floats
    goal_slope: Floats
    goal_time: Floats
    value_before: Floats
    slope_before: Floats
    time_before: Floats
    integral: Floats
    last_error: Floats
    output: Floats
    next_sample: Floats
    alarm: Floats
    loaded: Floats
    stack: Floats
    boundary: Floats
    asked: Floats
    wish: Floats
    carry: Floats
    lost: Floats
    log_time: Floats
    log_source: Integers
    log_target: Integers
    log_value: Floats
    log_length: Integers


@jit_inline
def position(state, a, t):  # type: ignore[no-untyped-def]
    """Value of actuator `a` at a time."""
    return state.value[a] + state.slope[a] * (t - state.time[a])


@jit_inner
def apply_actuators(problem, work, t):  # type: ignore[no-untyped-def]
    """Set what actuators move to its value at a time."""
    table, state = problem.control, work.control
    for a in range(table.flux.shape[0]):
        k = table.flux[a]
        value = position(state, a, t)
        if table.what[a] == SETTING:
            work.setting[k] = value
            work.setting_rate[k] = state.slope[a]
        elif table.what[a] == OPEN:
            work.factor[k] = table.factor[a] * value
            work.factor_rate[k] = table.factor[a] * state.slope[a]
        elif table.what[a] == RUNNING:
            work.factor[k] *= value
            work.factor_rate[k] *= value
