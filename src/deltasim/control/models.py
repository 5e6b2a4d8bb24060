"""The keys of rules, controllers and schedules: what can be checked before it is known what they move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema as cs

from deltasim.faults import FieldError
from deltasim.fields import Component, Duration, Number
from deltasim.units import quote

__all__ = ["CONTROLS", "Assignment", "Later", "PidTable", "RuleTable", "ScheduleTable"]


@dataclass(frozen=True)
class Assignment:
    """One entry of `then` or `otherwise`.

    Parameters
    ----------
    path : str
        What is set, as ``gate.release.opening``.
    value : object
        As it stands in the file.
    keys : tuple of str
        Where it stands: the path in quotes is one key, without quotes three.
    """

    path: str
    value: Any
    keys: tuple[str, ...]


class _Assignments:
    """Annotation of what a rule sets: a table of paths and values."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "object", "minProperties": 1, "additionalProperties": _VALUE}

    def read(self, value: object) -> tuple[Assignment, ...]:
        """Flatten the table."""
        if not isinstance(value, Mapping):
            raise FieldError(f'expected a table such as {{ "gate.release.opening" = 2.5 }}, got {quote(value)}')
        found = tuple(self._flat(value, ()))
        if not found:
            raise FieldError('sets nothing; write what is set, as { "gate.release.opening" = 2.5 }')
        return found

    def _flat(self, table: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Assignment]:
        for key, value in table.items():
            keys = (*above, key)
            path = ".".join(keys)
            # Below a path of three parts a table is a series; above it is a path written without quotes.
            if isinstance(value, Mapping) and path.count(".") < 2:
                yield from self._flat(value, keys)
            else:
                yield Assignment(path, value, keys)


@dataclass(frozen=True)
class Later:
    """Annotation of a value whose dimension only its use tells; it is read there."""

    varies: bool

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.any_schema()

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return _VALUE if self.varies else {"anyOf": _VALUE["anyOf"][:2]}


_VALUE: dict[str, Any] = {
    "anyOf": [
        {"type": "number", "title": "in SI units"},
        {"type": "string", "title": "with units, or series.NAME"},
        {"type": "object", "x-deltasim": "series"},
    ]
}

Assignments = Annotated[tuple[Assignment, ...], _Assignments()]
Constant = Annotated[Any, Later(varies=False)]
Varies = Annotated[Any, Later(varies=True)]


class RuleTable(Component):
    """A rule: what is set while a condition holds.

    Parameters
    ----------
    when, until : str
        Conditions in the language of rules.
    then, otherwise : tuple of Assignment
        What is set while the rule is on, and while it is off.
    priority : float
        The highest decides between rules that set one thing, then the first in the file.
    hold : float, s
        Least time in a state.

    Notes
    -----
    A state machine with hysteresis: off to on when `when`, on to off when `until` (without it, when not `when`);
    `until` wins. It is on at the start if `when` holds and `until` does not. Between the two it stays as it is, and
    after a change it stays for `hold`.

    Each change is located in time, to the accuracy of the solution itself, not at the end of a step or of an output
    interval, and is in the result as an event. What is set moves at its rate (`opening_rate`, `crest_rate`), else at
    once, and keeps the bounds of its key. A rule that is off and has no `otherwise` claims nothing: the setting goes
    back to its `pid` or `schedule`, or to its value in the file. Two rules that undo each other at one instant end the
    run with an error that names them.
    """

    kind: ClassVar[str] = "rule"

    when: str = Field(description="Condition that turns it on, in the language of rules.")
    until: str | None = Field(
        default=None, description="Condition that turns it off, and wins over when; default not when."
    )
    then: Assignments = Field(description="What it sets while it is on: path and value.")
    otherwise: Assignments | None = Field(default=None, description="What it sets while it is off; default nothing.")
    priority: Number = Field(
        default=0.0, description="Between rules that set one thing the highest decides, then the first in the file."
    )
    hold: Annotated[Duration, Ge(0)] = Field(default=0.0, description="Least time in a state.")


class PidTable(Component):
    """A controller: a setting that holds a quantity at its setpoint.

    Parameters
    ----------
    controls : str
        Path of what is set.
    target : str
        What is held, in the language of rules.
    setpoint
        In the units of `target`; may vary in time.
    proportional, integral, derivative
        Units of what is set per those of `target`; per s; times s.
    minimum, maximum
        Bounds of what is set.
    sample : float, s
        Time between two evaluations; what is set is held between.

    Notes
    -----
    With e = setpoint - target:

        u = proportional e + integral (integral of e over time) + derivative de/dt

    evaluated each `sample` and held between, clamped to `minimum` and `maximum`, where the integral does not wind up.
    What is set follows at its rate. Gains are numbers in SI, or text with units: for a capacity that holds a stage
    ``"-2 m2/s"``, m2/s2 and m2; they are negative where more of the setting lowers the target. A `rule` that claims
    the path decides over the controller, whose integral stands still meanwhile. A sample that is no number (0 / 0 in
    the target) changes nothing.

    References
    ----------
    Åström, K. J., Hägglund, T. (1995), PID controllers: theory, design, and tuning, 2nd ed., Instrument Society of
    America, chapter 3.
    """

    kind: ClassVar[str] = "pid"

    controls: str = Field(description="Path of what is set, as pump.drain.capacity.")
    target: str = Field(description="What is held at the setpoint, as polder.stage.")
    setpoint: Varies = Field(description="In the units of the target.")
    proportional: Constant = Field(default=0.0, description="Units of what is set, per unit of setpoint minus target.")
    integral: Constant = Field(default=0.0, description="Per unit of that and per second.")
    derivative: Constant = Field(default=0.0, description="Per unit of that, times seconds.")
    minimum: Constant | None = Field(default=None, description="Least value of what is set; default that of its key.")
    maximum: Constant | None = Field(default=None, description="Largest value of what is set; default that of its key.")
    sample: Annotated[Duration, Gt(0)] = Field(default=60.0, description="Time between two evaluations.")

    @model_validator(mode="after")
    def _does_something(self) -> PidTable:
        if all(gain == 0.0 for gain in (self.proportional, self.integral, self.derivative)):
            raise FieldError("give proportional, integral or derivative; without them nothing is controlled")
        return self


class ScheduleTable(Component):
    """A setting over time.

    Parameters
    ----------
    controls : str
        Path of what is set.
    value
        In the units of its key, usually a series.

    Notes
    -----
    What is set is the value of the series at each instant; it holds from each time to the next unless the series says
    ``interpolation = "linear"``. A movement goes at its rate (`opening_rate`, `crest_rate`). A `rule` that claims the
    path decides over the schedule; where no rule claims it, it is as the schedule has it. A path has one `schedule` or
    one `pid`, not both.
    """

    kind: ClassVar[str] = "schedule"

    controls: str = Field(description="Path of what is set, as gate.release.opening.")
    value: Varies = Field(description="Over time, in the units of what is set.")


CONTROLS: dict[str, type[Component]] = {model.kind: model for model in (RuleTable, PidTable, ScheduleTable)}
"""Every kind of control, by the word in the scenario file."""
