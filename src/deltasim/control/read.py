"""From the tables of rules, controllers and schedules to what the solver takes, or to all that is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Annotated, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from deltasim import units
from deltasim.control.expression import Compiled, compile_condition, compile_number
from deltasim.control.measure import Measure
from deltasim.control.models import Assignment, PidTable, RuleTable, ScheduleTable
from deltasim.control.names import Names, Setting, field_of, movable
from deltasim.control.program import Action, BuiltIn, Control, Expression, Pid, Rule, Schedule
from deltasim.control.switches import built_in
from deltasim.faults import Fault, FieldError, FieldErrors, explain, parts_of
from deltasim.fields import Component, Part, Scalar, Varying, Within
from deltasim.signal import Signal
from deltasim.units import Dimension, quote

__all__ = ["ControlReader"]

Value = TypeVar("Value")
NOTHING = Expression("", ())


class ControlReader:
    """Reads what controls a run, and keeps everything that is wrong.

    Parameters
    ----------
    names : Names
        The nodes, links and series of the scenario.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.faults: list[Fault] = []
        self.warnings: list[FieldError] = []
        self._given: dict[str, tuple[str, str]] = {}

    def read(self, tables: Iterable[Component]) -> Control:
        """Read all tables; what is wrong is in `faults`, and the result then worth nothing.

        Parameters
        ----------
        tables : iterable of RuleTable, PidTable or ScheduleTable
            Each valid in itself, in the order of the file.
        """
        tables = list(tables)
        for link in self.names.links.values():
            for key in movable(link):
                setting = Setting(f"{link.kind}.{link.name}.{key}", link, key)
                self._warn_beyond(setting, getattr(link, key), link, key)
        return Control(
            rules=tuple(self._rule(table) for table in tables if isinstance(table, RuleTable)),
            pids=tuple(self._pid(table) for table in tables if isinstance(table, PidTable)),
            schedules=tuple(self._schedule(table) for table in tables if isinstance(table, ScheduleTable)),
            built_in=self._built_in(),
        )

    def _try(self, table: Component, keys: tuple[str | int, ...], make: Callable[[], Value]) -> Value | None:
        """Make something; where that fails keep the faults, at keys of a table, and return None."""
        try:
            return make()
        except FieldErrors as error:
            faults: Iterable[Fault] = error.faults
        except FieldError as error:
            faults = [error]
        self.faults += [
            FieldError(fault.message, table.kind, table.name, *keys, *fault.keys, absolute=True)
            if isinstance(fault, FieldError) and not fault.absolute
            else fault
            for fault in faults
        ]
        return None

    def _compiled(self, table: Component, key: str, compiler: Callable[[str, Names], Compiled]) -> Compiled:
        text = getattr(table, key)
        compiled = self._try(table, (key,), lambda: compiler(text, self.names))
        if compiled is None:
            return Compiled(NOTHING, None, ())
        self.warnings += [FieldError(words, table.kind, table.name, key, absolute=True) for words in compiled.warnings]
        return compiled

    def _rule(self, table: RuleTable) -> Rule:
        when = self._compiled(table, "when", compile_condition)
        until = None if table.until is None else self._compiled(table, "until", compile_condition)
        then = self._actions(table, "then", table.then)
        otherwise = self._actions(table, "otherwise", table.otherwise or ())
        same = {action.path for action in then if action in otherwise}
        self.warnings += [
            FieldError(f"then and otherwise set {path} to the same value", table.kind, table.name, absolute=True)
            for path in sorted(same)
        ]
        path = f"rule.{table.name}"
        until_code = None if until is None else until.expression
        return Rule(path, when.expression, until_code, then, otherwise, table.priority, table.hold)

    def _actions(self, table: RuleTable, key: str, assignments: tuple[Assignment, ...]) -> tuple[Action, ...]:
        actions: dict[str, Action] = {}
        for entry in assignments:
            keys = (key, *entry.keys)
            action = self._try(table, keys, partial(self._action, table, keys, entry))
            if action is None:
                continue
            if action.path in actions:
                self._try(table, keys, partial(_refuse, f"{action.path} is set twice"))
            actions[action.path] = action
        return tuple(actions.values())

    def _action(self, table: RuleTable, keys: tuple[str, ...], entry: Assignment) -> Action | None:
        setting = self.names.setting(entry.path)
        if setting is None:
            return None
        value = self._value(setting, entry.value)
        self._warn_beyond(setting, value, table, *keys)
        return Action(setting.path, value)

    def _warn_beyond(self, setting: Setting, value: Signal | None, table: Component, *keys: str) -> None:
        """Keep a warning where a value goes beyond what the setting can reach: a gate stops at its `max_opening`."""
        _, largest = _range_of(setting)
        if value is not None and value.value.max() > largest:
            unit = "" if setting.dimension == units.NUMBER else f" {setting.dimension.units}"
            got = f"{float(value.value.max()):g}{unit}"
            words = f"{got} is beyond the largest {setting.key}, {largest:g}{unit}, which it stops at"
            self.warnings.append(FieldError(words, table.kind, table.name, *keys, absolute=True))

    def _value(self, setting: Setting, value: object) -> Signal:
        """Read a value by the annotation of the key it is for."""
        info = field_of(type(setting.link), setting.key)
        annotation = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
        read = _validate(annotation, value, self.names)
        if not isinstance(read, Signal):
            raise FieldError(f"expected {setting.dimension} or a series, got {quote(value)}")
        return read

    def _controlled(self, table: PidTable | ScheduleTable) -> Setting | None:
        """Find what is set, and check that nothing else sets it all the time."""
        setting = self._try(table, ("controls",), lambda: self.names.setting(table.controls))
        if setting is not None:
            kind, name = self._given.setdefault(setting.path, (table.kind, table.name))
            if (kind, name) != (table.kind, table.name):
                words = f"{setting.path} is controlled by [{kind}.{name}] already; one of the two must go"
                self._try(table, ("controls",), lambda: _refuse(words))
        return setting

    def _schedule(self, table: ScheduleTable) -> Schedule:
        setting = self._controlled(table)
        value = None
        if setting is not None:
            value = self._try(table, ("value",), lambda: self._value(setting, table.value))
            self._warn_beyond(setting, value, table, "value")
        return Schedule(
            f"schedule.{table.name}", table.controls if setting is None else setting.path, value or Signal.constant(0.0)
        )

    def _pid(self, table: PidTable) -> Pid:
        setting = self._controlled(table)
        target = self._compiled(table, "target", compile_number)
        use = Varying(_dimension(target.measure, table.setpoint), "previous")
        setpoint = self._try(
            table, ("setpoint",), lambda: _validate(Annotated[Signal, use], table.setpoint, self.names)
        )
        moved = None if setting is None else Measure.of(setting.dimension)
        second = Measure.of(units.DURATION)
        gain = None if moved is None or target.measure is None else moved.times(target.measure, -1)
        gains = {
            "proportional": self._gain(table, "proportional", gain),
            "integral": self._gain(table, "integral", None if gain is None else gain.times(second, -1)),
            "derivative": self._gain(table, "derivative", None if gain is None else gain.times(second)),
        }
        low, high = self._bounds(table, setting)
        return Pid(
            path=f"pid.{table.name}",
            controls=table.controls if setting is None else setting.path,
            target=target.expression,
            setpoint=setpoint or Signal.constant(0.0),
            **gains,
            minimum=low,
            maximum=high,
            sample=table.sample,
        )

    def _gain(self, table: PidTable, key: str, measure: Measure | None) -> float:
        dimension = _dimension(measure, getattr(table, key))
        use = Scalar(dimension if dimension == units.NUMBER else Dimension("a gain", dimension.units))
        value = self._try(table, (key,), lambda: _validate(Annotated[float, use], getattr(table, key), self.names))
        return 0.0 if value is None else float(value)

    def _bounds(self, table: PidTable, setting: Setting | None) -> tuple[float, float]:
        """Read minimum and maximum; by default those of the key."""
        if setting is None:
            return -math.inf, math.inf
        least, largest = _range_of(setting)
        low, high = (
            own if value is None else self._bound(table, setting, key)
            for key, value, own in (("minimum", table.minimum, least), ("maximum", table.maximum, largest))
        )
        low, high = max(low, least), min(high, largest)
        if low > high:
            unit = "" if setting.dimension == units.NUMBER else f" {setting.dimension.units}"
            words = f"expected at least the minimum, {low:g}{unit}, got {high:g}{unit}"
            self._try(table, ("maximum" if table.maximum is not None else "minimum",), lambda: _refuse(words))
        return low, high

    def _bound(self, table: PidTable, setting: Setting, key: str) -> float:
        signal = self._try(table, (key,), lambda: self._value(setting, getattr(table, key)))
        self._warn_beyond(setting, signal, table, key)
        if signal is not None and signal.time.size > 1:
            self._try(table, (key,), lambda: _refuse(f"expected one value, {setting.dimension}, got a series"))
        return math.nan if signal is None else float(signal.value[0])

    def _built_in(self) -> tuple[BuiltIn, ...]:
        """Compile what links turn on and off by themselves."""
        return tuple(built for link in self.names.links.values() for built in built_in(link, self.names))


def _refuse(words: str) -> None:
    raise FieldError(words)


@lru_cache(maxsize=256)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    """Make what reads values of a type; making it takes longer than reading."""
    return TypeAdapter(annotation)


def _validate(annotation: Any, value: object, names: Names) -> Any:
    try:
        return _adapter(annotation).validate_python(value, context=names.context)
    except ValidationError as error:
        raise FieldErrors(explain(error, Part)) from error


def _dimension(measure: Measure | None, value: object) -> Dimension:
    """Find what a value has to measure; where that is not known, what it does measure."""
    if measure is None and isinstance(value, str):
        try:
            return units.parse_any(value)[1]
        except units.UnitsError:
            return units.NUMBER
    return units.NUMBER if measure is None else measure.dimension


def _range_of(setting: Setting) -> tuple[float, float]:
    """Find the bounds that the key itself has, and the link for it: the `max_opening` of a gate."""
    info = field_of(type(setting.link), setting.key)
    low, high = -math.inf, math.inf
    for part in (*info.metadata, *parts_of(info.annotation)):
        if isinstance(part, Within):
            low = max([low, *(bound for bound in (part.ge, part.gt) if bound is not None)])
            high = min([high, *(bound for bound in (part.le, part.lt) if bound is not None)])
    largest = getattr(setting.link, f"max_{setting.key}", None)
    return low, high if largest is None else min(high, float(largest))
