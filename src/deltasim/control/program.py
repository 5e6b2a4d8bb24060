"""What controls a run, as the solver takes it: rules, controllers and schedules with their expressions compiled.

No text is left to read here and no file to open: an expression is postfix code over a fixed small set of
operations, a series is a `Signal` in seconds since the start of the run, and everything is SI.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from deltasim.signal import Signal

__all__ = [
    "Action",
    "BuiltIn",
    "Control",
    "Expression",
    "Instruction",
    "Op",
    "Pid",
    "Quantity",
    "QuantityKind",
    "Rule",
    "Schedule",
]

QuantityKind = Literal["stage", "depth", "storage", "area", "discharge", "setting", "signal", "hour", "time"]


class Op(IntEnum):
    """One operation on a stack of numbers; truths are 1 and 0.

    ``CONSTANT`` and ``LOAD`` put one number on the stack; ``NEGATE``, ``ABSOLUTE`` and ``NOT`` replace the top one;
    every other takes two off, the right one first, and puts one back.
    """

    CONSTANT = 0
    LOAD = 1
    ADD = 2
    SUBTRACT = 3
    MULTIPLY = 4
    DIVIDE = 5
    NEGATE = 6
    MINIMUM = 7
    MAXIMUM = 8
    ABSOLUTE = 9
    LESS = 10
    LESS_EQUAL = 11
    GREATER = 12
    GREATER_EQUAL = 13
    EQUAL = 14
    NOT_EQUAL = 15
    AND = 16
    OR = 17
    NOT = 18


@dataclass(frozen=True)
class Quantity:
    """Something an expression reads while the run goes on.

    Parameters
    ----------
    kind : str
        ``stage`` (m), ``depth`` (m), ``storage`` (m3) or ``area`` (m2) of a node; ``discharge`` (m3/s, positive from
        "from" to "to") of a link; ``setting``, in the SI units of its key; ``signal``, given over time; ``hour`` of
        the day on the run's own clock (6.5 is half past six); ``time``, s since the start of the run.
    name : str
        The node or link; of a setting its path, as ``gate.release.opening``; nothing for the others.
    signal : Signal, optional
        What ``signal`` reads: a series, ``ahead`` and ``max_ahead`` of one, ``month``, ``day_of_year``.
    """

    kind: QuantityKind
    name: str = ""
    signal: Signal | None = None


@dataclass(frozen=True)
class Instruction:
    """One step of postfix code.

    Parameters
    ----------
    op : Op
    value : float
        What ``CONSTANT`` puts on the stack, SI.
    quantity : Quantity, optional
        What ``LOAD`` puts on the stack.
    """

    op: Op
    value: float = 0.0
    quantity: Quantity | None = None


@dataclass(frozen=True)
class Expression:
    """An expression of the rule language, compiled.

    Parameters
    ----------
    text : str
        As written, for messages and logs.
    code : tuple of Instruction
        Postfix; leaves one number, 1 or 0 where it is a condition.
    """

    text: str
    code: tuple[Instruction, ...]


@dataclass(frozen=True)
class Action:
    """What a rule sets.

    Parameters
    ----------
    path : str
        As ``gate.release.opening``.
    value : Signal
        In the SI units of the key.
    """

    path: str
    value: Signal


@dataclass(frozen=True)
class Rule:
    """A state machine of two states; in each it may set something.

    Parameters
    ----------
    path : str
        As ``rule.let_go``, for logs.
    when : Expression
        Turns it on. It is on at the start where `when` holds and `until` does not.
    until : Expression, optional
        Turns it off, and wins over `when`; without it the rule is off whenever `when` does not hold.
    then, otherwise : tuple of Action
        What it sets while on, and while off; it claims nothing where there is no action.
    priority : float
        The highest, then the first in the file, decides between rules that set one thing.
    hold : float, s
        Least time in a state.
    """

    path: str
    when: Expression
    until: Expression | None
    then: tuple[Action, ...]
    otherwise: tuple[Action, ...]
    priority: float
    hold: float


@dataclass(frozen=True)
class Pid:
    """A controller: u = proportional e + integral * int e dt + derivative de/dt, with e = setpoint - target.

    Parameters
    ----------
    path : str
        As ``pid.keep_low``, for logs.
    controls : str
        Path that it sets.
    target : Expression
        What it holds at the setpoint.
    setpoint : Signal
        In the units of `target`.
    proportional, integral, derivative : float
        SI units of what is set per those of `target`; per s; times s.
    minimum, maximum : float
        Bounds of u, in the SI units of what is set; infinite where there is none.
    sample : float, s
        Time between two evaluations; u is held between.
    """

    path: str
    controls: str
    target: Expression
    setpoint: Signal
    proportional: float
    integral: float
    derivative: float
    minimum: float
    maximum: float
    sample: float


@dataclass(frozen=True)
class Schedule:
    """A setting given over time, in place of its value in the file.

    Parameters
    ----------
    path : str
        As ``schedule.flood_season``, for logs.
    controls : str
        Path that it sets.
    value : Signal
        In the SI units of the key.
    """

    path: str
    controls: str
    value: Signal


@dataclass(frozen=True)
class BuiltIn:
    """What turns on and off by itself in a link: a `deltasim.links.Switch`, compiled.

    Parameters
    ----------
    path : str
        Of the link, as ``pump.drain``.
    moves : str
        Path of what it moves, as ``pump.drain.running``; empty where it moves nothing and is only written down.
    when, until : Expression
        It never turns off where there is no `until`.
    on, off : float
        Values of what it moves.
    rate : float, 1/s
        Infinite where it moves at once.
    delay : float, s
        `when` must have held for so long.
    """

    path: str
    moves: str
    when: Expression
    until: Expression | None
    on: float
    off: float
    rate: float
    delay: float


@dataclass(frozen=True)
class Control:
    """All that moves settings during a run, in the order of the file.

    Parameters
    ----------
    rules : tuple of Rule
    pids : tuple of Pid
    schedules : tuple of Schedule
    built_in : tuple of BuiltIn
        What links turn on and off by themselves.

    Notes
    -----
    A setting is what the deciding rule says; where no rule claims it, what its controller or schedule says (a path
    has at most one of the two); else its value in the file.
    """

    rules: tuple[Rule, ...] = ()
    pids: tuple[Pid, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    built_in: tuple[BuiltIn, ...] = ()
