"""Conditions in postfix code: laid out over the solver's numbers, and evaluated inside a step.

What conditions read is gathered first, each quantity once; then every expression is a run of operations on a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit_inline, jit_inner
from deltasim.control import Expression, Instruction, Op, Quantity
from deltasim.geometry import locate
from deltasim.signal import Signal
from deltasim.solver.actuators import position
from deltasim.solver.dense import flux_inside, storage_inside
from deltasim.solver.signals import boundary_stages, signal_at

__all__ = ["Conditions", "Places", "gather", "value_of"]

# What LOAD loads.
STAGE, DEPTH, STORAGE, AREA, DISCHARGE, ACTUATOR, SIGNAL, HOUR, TIME_OF_RUN = range(9)

DAY = 86400.0

NODE_QUANTITIES = {
    "stage": STAGE,
    "depth": DEPTH,
    "storage": STORAGE,
    "area": AREA,
}


@dataclass(frozen=True)
class Places:
    """Where the solver has what conditions and actuators name.

    Parameters
    ----------
    node : mapping of str to int
    flux : mapping of str to int
        Of each link.
    links : mapping of str to link
    base : mapping of str to float
        Of each link, what its setting `open` is multiplied by.
    add_signal : callable
        Number of a signal in the solver's table, -1 for one that is constant.
    bed : ndarray, shape (n,), m
        Of each storage.
    stage : ndarray, shape (N,), m
        Of boundaries that nothing drives.
    """

    node: Mapping[str, int]
    flux: Mapping[str, int]
    links: Mapping[str, Any]
    base: Mapping[str, float]
    add_signal: Callable[[Signal], int]
    bed: NDArray[np.float64]
    stage: NDArray[np.float64]


class Conditions:
    """Collects expressions as postfix code over the solver's numbers."""

    def __init__(self, places: Places, actuators: Mapping[str, int]) -> None:
        self.places = places
        self.actuators = actuators
        self.first = [0]
        self.steps: list[tuple[int, float]] = []
        self.loads: dict[tuple[int, int], int] = {}
        self.depth = 1

    def add(self, expression: Expression) -> int:
        """Number of an expression."""
        height = 0
        for step in expression.code:
            self.steps.append(self._step(step))
            if step.op in (Op.CONSTANT, Op.LOAD):
                height += 1
            elif step.op not in (Op.NEGATE, Op.ABSOLUTE, Op.NOT):
                height -= 1
            self.depth = max(self.depth, height)
        self.first.append(len(self.steps))
        return len(self.first) - 2

    def reads(self, kind: int, least: int = 0) -> bool:
        """Whether a condition reads such a quantity, of a number from `least` up."""
        return any(read == kind and number >= least for read, number in self.loads)

    def _step(self, step: Instruction) -> tuple[int, float]:
        if step.op != Op.LOAD:
            return int(step.op), step.value
        assert step.quantity is not None, "LOAD has something to load"
        found = self._find(step.quantity)
        if isinstance(found, float):
            return int(Op.CONSTANT), found
        return int(Op.LOAD), self.loads.setdefault(found, len(self.loads))

    def _find(self, quantity: Quantity) -> tuple[int, int] | float:
        """Sort and number of a quantity, or its value where that never changes."""
        kind, name, places = quantity.kind, quantity.name, self.places
        signal = quantity.signal
        if kind == "setting":
            if name in self.actuators:
                return ACTUATOR, self.actuators[name]
            _, link, key = name.split(".")
            signal = getattr(places.links[link], key)
        if signal is not None:
            number = places.add_signal(signal)
            return (SIGNAL, number) if number >= 0 else float(signal.value[0])
        if kind == "discharge":
            return DISCHARGE, places.flux[name]
        if kind in NODE_QUANTITIES:
            return NODE_QUANTITIES[kind], places.node[name]
        return (HOUR if kind == "hour" else TIME_OF_RUN), 0


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
                value = a if h >= table.bed[i] else 0.0  # below it is soil
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
        if code <= Op.LOAD:
            top += 1
            stack[top] = operand[at] if code == Op.CONSTANT else loaded[int(operand[at])]
        elif code == Op.NEGATE:
            stack[top] = -stack[top]
        elif code == Op.ABSOLUTE:
            stack[top] = abs(stack[top])
        elif code == Op.NOT:
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
    if op == Op.ADD:
        return left + right
    if op == Op.SUBTRACT:
        return left - right
    if op == Op.MULTIPLY:
        return left * right
    if op == Op.DIVIDE:
        return left / right
    if op in (Op.MINIMUM, Op.AND):
        return min(left, right)
    if op in (Op.MAXIMUM, Op.OR):
        return max(left, right)
    truth = False
    if op == Op.LESS:
        truth = left < right
    elif op == Op.LESS_EQUAL:
        truth = left <= right
    elif op == Op.GREATER:
        truth = left > right
    elif op == Op.GREATER_EQUAL:
        truth = left >= right
    elif op == Op.EQUAL:
        truth = left == right
    elif op == Op.NOT_EQUAL:
        truth = left != right
    return 1.0 if truth else 0.0
