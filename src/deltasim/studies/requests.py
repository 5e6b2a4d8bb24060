"""Which indicators are asked for: a file of ``[indicator.NAME]``, or a sensible set where there is none."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from deltasim.errors import IndicatorError, Problem, ScenarioError
from deltasim.faults import Fault, FieldError, did_you_mean, explain, listed
from deltasim.fields import Part
from deltasim.indicators import INDICATORS, INDICES, Index
from deltasim.indicators.periods import read_season
from deltasim.scenario.locate import find_lines, line_of
from deltasim.scenario.syntax import read_toml
from deltasim.studies.record import Record
from deltasim.units import UnitsError, parse_any
from deltasim.variables import VARIABLES

__all__ = ["BASELINE", "Baseline", "Request", "default_requests", "read_requests"]

GIVEN = {"curve", "salinity", "baseline", "bounds", "season"}
"""Arguments that come from the result, or have a key of their own."""
IN_UNITS_OF_SERIES = {"threshold", "level", "rate_limit"}
BASELINE = re.compile(r"baseline q(\d{1,2}(?:\.\d+)?)")
DRY = 0.1
"""Depth, m, from which the set without a file calls ground wet."""


@dataclass(frozen=True)
class Baseline:
    """A percentile of the baseline.

    Parameters
    ----------
    percent : float
        25 is the lower quartile.
    """

    percent: float


@dataclass(frozen=True)
class Request:
    """One indicator, or all of an index, of some zones or links.

    Parameters
    ----------
    name : str
        The metric in the table.
    index : Index
    indicator : str
        Identifier; empty for all of the index.
    variable : str
        Of the result.
    of : tuple of str
        Zones or links; empty for all.
    season : str
        Empty for the whole year.
    arguments : mapping
        In SI; a `Baseline` is a percentile of the baseline's own series.
    threshold : float, Baseline or None
        A `Baseline` here is a percentile of the indicator's values over the baseline's periods.
    better : {"higher", "lower", ""}
    line : int or None
        In the file that asks for it.
    """

    name: str
    index: Index
    indicator: str = ""
    variable: str = ""
    of: tuple[str, ...] = ()
    season: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    threshold: float | Baseline | None = None
    better: str = ""
    line: int | None = None

    def owners(self, record: Record) -> list[str]:
        """Names that it is asked of and that a result has."""
        dim = record.variables.get(self.variable)
        if dim is None:
            return []
        every = record.links if dim == "link" else record.nodes
        return [name for name in self.of or (record.links if dim == "link" else record.zones) if name in every]


class IndicatorTable(Part):
    """The keys of ``[indicator.NAME]``."""

    function: str = Field(description="an indicator, or an index, of the catalogue")
    of: Any = Field(None, description="zones or links: a name, a list, a variable, or NAME.VARIABLE")
    season: Any = Field(None, description='such as "spring" or ["03-15", "06-30"]')
    arguments: dict[str, Any] = Field(default_factory=dict, description="of the function")
    threshold: Any = Field(None, description='a number, or "baseline q25"')
    better: Literal["higher", "lower"] | None = Field(None, description="which side of the threshold is the good one")


def default_requests(record: Record) -> list[Request]:
    """The set that is asked for where no file says what.

    Parameters
    ----------
    record : Record
        Of the baseline.

    Returns
    -------
    list of Request
        Wet days, longest run and events at a depth of 0.1 m, mean depth, salinity where there is any, peak stage and
        storage used of every zone; volume and peak of every link.
    """
    wet: dict[str, Any] = {"threshold": DRY}
    rows: list[tuple[str, str, str, dict[str, Any], str]] = [
        (name, "hydroperiod", name, wet, "mean_stage") for name in ("wet_days", "longest_wet", "wet_events")
    ]
    rows += [
        ("mean_depth", "statistics", "mean", {}, "depth"),
        ("mean_salinity", "statistics", "mean", {}, "salinity"),
        ("peak_stage", "peak", "peak_value", {}, "stage"),
        ("peak_storage_used", "storage_used", "peak_storage_used", {}, "storage"),
        ("volume", "volume_above", "volume_above", {}, "discharge"),
        ("peak_discharge", "peak", "peak_value", {}, "discharge"),
    ]
    return [
        Request(name, INDICES[index], indicator, variable, arguments=arguments)
        for name, index, indicator, arguments, variable in rows
        if variable in record.variables
    ]


def read_requests(file: str | Path, record: Record) -> list[Request]:
    """Read a file of indicators.

    Parameters
    ----------
    file : str or Path
        TOML.
    record : Record
        Of the baseline, whose zones, links and variables are the ones to ask for.

    Returns
    -------
    list of Request

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with its line.
    IndicatorError
        The file cannot be read.
    """
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise IndicatorError(f"{file}: {error.strerror or error}") from error
    text, tables = read_toml(data, str(file))
    lines = find_lines(text)
    problems: list[Problem] = []
    requests: list[Request] = []

    def report(fault: Fault, *above: str) -> None:
        if isinstance(fault, Problem):
            problems.append(fault)
            return
        keys = (*above, *fault.keys)
        problems.append(Problem(fault.message, str(file), line_of(lines, keys), ".".join(map(str, keys))))

    for kind in tables.keys() - {"indicator"}:
        report(
            FieldError(
                f"expected tables such as [indicator.wet_days], got [{kind}]{did_you_mean(kind, ['indicator'])}"
            ),
            kind,
        )
    asked = tables.get("indicator", {})
    if not isinstance(asked, dict) or not all(isinstance(table, dict) for table in asked.values()):
        report(FieldError("expected a table for each indicator, such as [indicator.wet_days]"), "indicator")
    elif not asked and not problems:
        report(FieldError("there is no indicator in this file; write one as [indicator.NAME]"))
    else:
        for name, table in asked.items():
            reader = _Reader(name, record)
            try:
                found = reader.read(IndicatorTable.model_validate(table))
            except ValidationError as error:
                for fault in explain(error, IndicatorTable):
                    report(fault, "indicator", name)
                continue
            for wrong in reader.faults:
                report(wrong, "indicator", name)
            if found is not None:
                line = line_of(lines, ("indicator", name, "arguments"))
                requests.append(replace(found, line=line))
    if problems:
        raise ScenarioError(sorted(problems, key=lambda problem: problem.line or 0))
    return requests


class _Reader:
    """Reads one table, and keeps what is wrong with it.

    Parameters
    ----------
    name : str
    record : Record
    """

    def __init__(self, name: str, record: Record) -> None:
        self.name, self.record = name, record
        self.faults: list[FieldError] = []

    def read(self, table: IndicatorTable) -> Request | None:
        """The request; None where the function is unknown."""
        word = table.function
        if word in INDICATORS:
            index, indicator = INDICATORS[word][0], word
        elif word in INDICES:
            index, indicator = INDICES[word], ""
        else:
            hint = did_you_mean(word, [*INDICATORS, *INDICES]) or "; `deltasim indicators --list` names them all"
            self._fault(f'there is no indicator "{word}"{hint}', "function")
            return None
        variable, of = self._of(table.of, index)
        request = Request(
            self.name,
            index,
            indicator,
            variable,
            of,
            self._season(table.season, index),
            self._arguments(table.arguments, index, variable),
            self._threshold(table.threshold),
            table.better or "",
        )
        if request.threshold is not None and not table.better:
            self._fault('a threshold needs better = "higher" or "lower"', "threshold")
        if isinstance(request.threshold, float) and not indicator and len(index.indicators) > 1:
            names = listed([each.identifier for each in index.indicators][:3], "or")
            self._fault(
                f'"{word}" gives several indicators; a number fits one of them only, such as {names}', "threshold"
            )
        return request

    def _fault(self, message: str, *keys: str | int) -> None:
        self.faults.append(FieldError(message, *keys))

    def _of(self, given: Any, index: Index) -> tuple[str, tuple[str, ...]]:
        """Variable and names."""
        texts = [given] if isinstance(given, str) else [] if given is None else given
        if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
            self._fault("expected a name, such as north_marsh or north_marsh.stage, or a list of them", "of")
            return index.of, ()
        variables, names = {index.of} if not texts else set(), []
        for place, text in enumerate(texts):
            keys = ("of",) if isinstance(given, str) else ("of", place)
            name, dot, variable = text.rpartition(".")
            if not dot:
                name, variable = ("", text) if text in self.record.variables else (text, index.of)
            dim = self.record.variables.get(variable)
            every = self.record.links if dim == "link" else self.record.nodes
            if dim is None:
                hint = did_you_mean(variable, self.record.variables)
                self._fault(f'the result has no series "{variable}"{hint}', *keys)
            elif "curve" in index.needs and "stage" not in variable and variable != "water_table":
                self._fault(f'"{index.name}" goes by the stage, got "{variable}"; leave it out', *keys)
            elif name and name not in every:
                self._fault(f'there is no {dim} "{name}"{did_you_mean(name, every)}', *keys)
            else:
                variables.add(variable)
                names += [name] if name else []
        if len(variables) > 1:
            self._fault(f"expected one variable for all, got {listed(sorted(variables), 'and')}", "of")
        return next(iter(sorted(variables)), index.of), tuple(names)

    def _season(self, given: Any, index: Index) -> str:
        if given is None:
            return ""
        if "season" not in _parameters(index):
            self._fault(f'"{index.name}" has no season', "season")
            return ""
        try:
            season = read_season(given)
        except (IndicatorError, TypeError) as error:
            words = str(error) if isinstance(error, IndicatorError) else 'expected a season such as "spring"'
            self._fault(words, "season")
            return ""
        return season.name if season is not None else ""

    def _arguments(self, given: Mapping[str, Any], index: Index, variable: str) -> dict[str, Any]:
        known = _parameters(index)
        free = [name for name in known if name not in GIVEN]
        found = {}
        for name, value in given.items():
            if name not in free:
                hint = did_you_mean(name, free) or f"; there are {listed(free, 'and')}"
                own = "; it is a key beside arguments" if name == "season" else hint
                self._fault(f'"{index.name}" has no argument "{name}"{own}', "arguments", name)
                continue
            found[name] = self._value(value, variable if name in IN_UNITS_OF_SERIES else "", ("arguments", name))
            if name == "downstream" and value not in self.record.links:
                self._fault(
                    f'there is no link "{value}"{did_you_mean(str(value), self.record.links)}', "arguments", name
                )
        for name in free:
            if known[name].default is inspect.Parameter.empty and name not in given:
                self._fault(f'"{index.name}" needs arguments = {{ {name} = ... }}', "arguments")
        return found

    def _value(self, value: Any, variable: str, keys: tuple[str, ...]) -> Any:
        """A value in SI."""
        if isinstance(value, Mapping):
            return {name: self._value(part, "", (*keys, name)) for name, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._value(part, variable, keys) for part in value]
        if isinstance(value, str) and (match := BASELINE.fullmatch(value)):
            return Baseline(float(match[1]))
        if not isinstance(value, str) or not re.match(r"\s*[-+.\d]", value):
            return value
        return self._quantity(value, variable, keys)

    def _quantity(self, value: str, variable: str, keys: tuple[str, ...]) -> float:
        """A number with units in SI."""
        try:
            number, dimension = parse_any(value)
        except UnitsError as error:
            self._fault(str(error), *keys)
            return 0.0
        row = VARIABLES.get(variable)
        if row is not None and dimension.udunits != row.units:
            self._fault(f'expected it in {row.units}, as {variable} is, got "{value}"', *keys)
        return number

    def _threshold(self, given: Any) -> float | Baseline | None:
        if given is None:
            return None
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            return float(given)
        match = BASELINE.fullmatch(given) if isinstance(given, str) else None
        if match is None:
            self._fault(f'expected a number or "baseline q25", got {given!r}'.replace("'", '"'), "threshold")
            return None
        return Baseline(float(match[1]))


def _parameters(index: Index) -> dict[str, inspect.Parameter]:
    """Arguments of the function of an index, without the series."""
    every: Iterator[tuple[str, inspect.Parameter]] = iter(inspect.signature(index.function).parameters.items())
    next(every)
    return dict(every)
