"""From a study file to a `Study` that is complete and valid, or to everything that is wrong with it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from deltasim.errors import Problem, ScenarioError
from deltasim.faults import Fault, FieldError, FieldErrors, did_you_mean, explain, listed
from deltasim.fields import Part
from deltasim.forcing import Files, Reader
from deltasim.forcing.clock import Clock
from deltasim.scenario import Scenario, load
from deltasim.scenario.layers import Layer, Merged, read_layer
from deltasim.scenario.locate import Keys
from deltasim.scenario.names import name_fault
from deltasim.studies.pairing import Half, Items, changes, intervals, plain, totals
from deltasim.studies.study import HALVES, Parameter, Study, Target, comparable
from deltasim.studies.tables import (
    NullTable,
    ObservedTable,
    ParameterTable,
    PeriodsTable,
    StudyTable,
    TargetTable,
    TransformTable,
)
from deltasim.units import LEVEL, NAMED, Dimension, quote
from deltasim.variables import Variable

__all__ = ["load_study"]

TABLES = ("study", "parameter", "target", "periods")
FEWEST = 2
"""Values below which a half has no scores."""

Model = TypeVar("Model", bound=Part)


def load_study(path: str | Path, allow_outside: bool = False) -> Study:
    """Read a calibration study, with the scenario and the files that it names.

    Parameters
    ----------
    path : str or Path
        The TOML file.
    allow_outside : bool
        Whether files outside the folders of the study and of the scenario may be read.

    Returns
    -------
    Study

    Raises
    ------
    ScenarioError
        With everything that is wrong, in the scenario as well, each with file and line.
    """
    layer = read_layer(Path(path), str(path), "")
    return _Reading(layer, Path(path), allow_outside).study()


class _Reading:
    """Collects what is right and what is wrong on the way to a study."""

    def __init__(self, layer: Layer, path: Path, allow_outside: bool) -> None:
        self.layer = layer
        self.tables = layer.tables
        self.path = path
        self.allow_outside = allow_outside
        self.merged = Merged(layer.tables, [layer])
        self.problems: dict[Problem, None] = {}

    def report(self, faults: Iterable[Fault], keys: Keys = ()) -> None:
        """Keep problems, each once."""
        for fault in faults:
            self.problems.setdefault(self.merged.problem(fault, keys))

    def study(self) -> Study:
        """Read everything; raise with everything that is wrong."""
        self._check_tables()
        settings = self._validate(StudyTable, self.tables.get("study"), ("study",))
        scenario = self._scenario()
        clock = Clock(scenario.start, scenario.end) if scenario else Clock.unknown()
        files = Files(self.path.parent, shown=posixpath.dirname(str(self.path)), allow_outside=self.allow_outside)
        reader = Reader(clock, files)
        parameters = self._parameters()
        periods = self._validate(PeriodsTable, self.tables.get("periods"), ("periods",), reader)
        halves = self._halves(periods, scenario, clock)
        targets = [
            target
            for name, table in self._named("target").items()
            if (target := self._target(name, table, reader, scenario, halves)) is not None
        ]
        if scenario is not None:
            self._try_parameters(scenario, parameters)
        if not self.problems and not any(target.weight for target in targets):
            self.report([FieldError("every target has the weight 0; one must have more", "target", absolute=True)])
        if self.problems or settings is None or scenario is None:
            raise ScenarioError(self._sorted())
        return Study(
            path=str(self.path),
            title=settings.title or scenario.title,
            scenario=scenario,
            settings=settings,
            parameters=tuple(parameters),
            targets=tuple(targets),
            halves=halves,
            _merged=self.merged,
        )

    def _sorted(self) -> list[Problem]:
        order = list(dict.fromkeys([self.layer.shown, *(problem.file for problem in self.problems)]))
        return sorted(self.problems, key=lambda problem: (order.index(problem.file), problem.line or 0))

    def _check_tables(self) -> None:
        for name in self.tables:
            if name not in TABLES:
                hint = did_you_mean(name, TABLES) or f"; the tables are {', '.join(TABLES)}"
                self.report([FieldError(f"there is no table {quote(name)} in a study{hint}", name, absolute=True)])
        for name in TABLES:
            if name not in self.tables:
                header = f"[{name}.NAME]" if name in ("parameter", "target") else f"[{name}]"
                self.report([FieldError(f"{header} is missing")])

    def _named(self, kind: str) -> dict[str, Any]:
        """Tables ``[kind.NAME]``; what is no such table is reported."""
        tables = self.tables.get(kind, {})
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            self.report([FieldError(f"a name is missing in the header: write [{kind}.NAME]", kind, absolute=True)])
            return {}
        for name in tables:
            if fault := name_fault(name, frozenset(), reserved=False):
                self.report([FieldError(fault, kind, name, absolute=True)])
        return tables

    def _validate(
        self, model: type[Model], table: Any, keys: tuple[str, ...], context: Reader | None = None
    ) -> Model | None:
        """Validate one table; None where it is wrong or missing."""
        if table is None:
            return None
        if not isinstance(table, dict):
            self.report([FieldError(f"expected a table, got {quote(table)}")], keys)
            return None
        try:
            return model.model_validate(table, context=context)
        except ValidationError as error:
            self.report(explain(error, model), keys)
            return None

    def _scenario(self) -> Scenario | None:
        """Load the scenario, wherever the rest of ``[study]`` goes wrong."""
        table = self.tables.get("study")
        name = table.get("scenario") if isinstance(table, dict) else None
        if not isinstance(name, str):
            return None
        shown = posixpath.normpath(posixpath.join(posixpath.dirname(str(self.path)), name))
        if not Path(shown).is_file():
            folder = Path(shown).parent
            near = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
            hint = did_you_mean(Path(shown).name, near)
            self.report([FieldError(f"there is no file {quote(name)}{hint}", "scenario")], ("study",))
            return None
        try:
            return load(shown, allow_outside=self.allow_outside)
        except ScenarioError as error:
            self.report(error.problems)
            return None

    def _parameters(self) -> list[Parameter]:
        found = []
        paths: dict[str, str] = {}
        for name, table in self._named("parameter").items():
            valid = self._validate(ParameterTable, table, ("parameter", name))
            if valid is None:
                continue
            for use in valid.path:
                if use.path in paths:
                    message = f"{use.path} is set by parameter.{paths[use.path]} already"
                    self.report([FieldError(message, "path")], ("parameter", name))
                paths.setdefault(use.path, name)
            start = 0.5 * (valid.lower + valid.upper) if valid.start is None else valid.start
            found.append(Parameter(name, valid.path, valid.lower, valid.upper, start, valid.units or ""))
        return found

    def _try_parameters(self, scenario: Scenario, parameters: list[Parameter]) -> None:
        """Set each parameter alone: at its start, then at both of its bounds."""
        for parameter in parameters:
            for key in ("start", "lower", "upper"):
                try:
                    scenario.replace(parameter.changes(getattr(parameter, key)))
                except ScenarioError as error:
                    place = "path" if key == "start" else key
                    self.report(
                        [FieldError(f"{problem.path}: {problem.message}", place) for problem in error.problems],
                        ("parameter", parameter.name),
                    )
                    if key == "start":
                        break

    def _halves(self, periods: PeriodsTable | None, scenario: Scenario | None, clock: Clock) -> dict[str, Half]:
        if periods is None:
            return {}
        found = {}
        for name in HALVES:
            begin, end = getattr(periods, name)
            found[name] = Half(begin, end)
            for index, time in enumerate((begin, end)):
                if scenario is not None and not -1e-3 <= time <= scenario.duration + 1e-3:
                    run = f"the run goes from {clock.show(0.0)} to {clock.show(scenario.duration)}"
                    self.report([FieldError(f"{clock.show(time)} is not in the run: {run}", name, index)], ("periods",))
        return found

    def _target(
        self, name: str, table: Any, reader: Reader, scenario: Scenario | None, halves: dict[str, Half]
    ) -> Target | None:
        keys = ("target", name)
        valid = self._validate(TargetTable, table, keys)
        if valid is None:
            return None
        try:
            variable = _variable(valid.variable)
        except FieldError as error:
            self.report([error.below("variable")], keys)
            return None
        self.report(_unknown(valid, variable, scenario), keys)
        if valid.transform is not None:
            self.report(_unfit(valid.transform, variable), keys)
        items = self._items(valid.observed, variable, reader, (*keys, "observed"))
        null = items
        if valid.null is not None:
            null = self._items(valid.null, variable, reader, (*keys, "null"))
        if items is None or null is None or not halves or self.problems or scenario is None:
            return None
        rows = {half: _rows(items, halves[half], valid.transform, reader.clock) for half in HALVES}
        model = np.zeros(items.value.size) if valid.null is None else _at(null, items)
        target = Target(
            name=name,
            variable=variable,
            of=valid.of,
            items=items,
            rows=rows,
            missing={half: _missing(items, halves[half]) for half in HALVES},
            transform=_words(valid.transform),
            units=_units(variable, valid.transform),
            weight=valid.weight,
            null=model,
            null_slope=valid.null is not None and valid.null.slope == "fitted",
            null_name=_null_words(valid.null),
        )
        self.report(_too_little(target), keys)
        return target

    def _items(self, table: ObservedTable, variable: Variable, reader: Reader, keys: Keys) -> Items | None:
        try:
            time, value = reader.observations(table.series(), _dimension(variable))
        except FieldErrors as error:
            self.report(error.faults, keys)
            return None
        except FieldError as error:
            self.report([error], keys)
            return None
        if time.size < FEWEST:
            self.report([FieldError(f"expected {FEWEST} rows or more, got {time.size}")], keys)
            return None
        if _is_mean(variable):
            return intervals(time, value, table.stamp)
        return Items(time, time, value)


def _variable(name: str) -> Variable:
    known = comparable()
    if name not in known:
        hint = did_you_mean(name, known) or f"; these are {', '.join(known)}"
        raise FieldError(f"{quote(name)} is no variable over time of a node or a link{hint}")
    return known[name]


def _is_mean(variable: Variable) -> bool:
    return variable.cell_methods == "time: mean"


def _dimension(variable: Variable) -> Dimension:
    if variable.name.endswith("stage"):
        return LEVEL
    for dimension in NAMED.values():
        if dimension.udunits == variable.units:
            return dimension
    return Dimension("a quantity", variable.units)


def _unknown(table: TargetTable, variable: Variable, scenario: Scenario | None) -> Iterator[FieldError]:
    """Find names that are no nodes, or no links."""
    if scenario is None:
        return
    what = variable.dims[1]
    known, others = (scenario.nodes, scenario.links) if what == "node" else (scenario.links, scenario.nodes)
    for name in table.of:
        if name not in known:
            message = f"there is no {what} {quote(name)}{did_you_mean(name, known)}"
            if name in others:
                message = f"{quote(name)} is a {others[name].kind}; {variable.name} is of a {what}"
            yield FieldError(message, "of")
    if len(table.of) > 1 and variable.units == "m":
        yield FieldError(f"{variable.name} cannot be summed up over {listed(table.of, 'and')}; name one of them", "of")
    if not table.of:
        yield FieldError(f"expected the name of a {what}, got an empty list", "of")


def _unfit(transform: TransformTable, variable: Variable) -> Iterator[FieldError]:
    """Find a transform that makes no sense of its variable."""
    if transform.sum is not None and not _is_mean(variable):
        yield FieldError(f"{variable.name} is a value at an instant: take mean or change", "transform", "sum")
    if transform.change is not None and _is_mean(variable):
        yield FieldError(f"{variable.name} is a mean over an interval: take sum or mean", "transform", "change")


def _rows(items: Items, half: Half, transform: TransformTable | None, clock: Clock) -> Any:
    if transform is None:
        return plain(items, half)
    if transform.change is not None:
        return changes(items, half, transform.change)
    every = transform.mean if transform.mean is not None else transform.sum
    assert every is not None
    return totals(items, half, every, clock.local_start, mean=transform.mean is not None)


def _at(null: Items, items: Items) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give another series at the items: values of the same time or interval, else linear between them."""
    known = np.isfinite(null.value)
    middle, at = 0.5 * (null.begin + null.end)[known], 0.5 * (items.begin + items.end)
    if not known.any():
        return np.full(at.size, np.nan)
    return np.interp(at, middle, null.value[known], left=np.nan, right=np.nan)


def _missing(items: Items, half: Half) -> int:
    """Count rows without a value in a half."""
    within = (items.begin >= half.begin - 1e-3) & (items.end <= half.end + 1e-3)
    return int(np.count_nonzero(within & ~np.isfinite(items.value)))


def _words(transform: TransformTable | None) -> str:
    if transform is None:
        return ""
    if transform.change is not None:
        return f"change over {_span(transform.change)}"
    every = transform.mean if transform.mean is not None else transform.sum
    assert every is not None
    return f"{'mean' if transform.mean is not None else 'sum'} over {every if isinstance(every, str) else _span(every)}"


def _null_words(null: NullTable | None) -> str:
    if null is None:
        return "mean"
    name = null.column or null.file or "series"
    return f"{name} + constant" if null.slope == "one" else f"line over {name}"


def _span(seconds: float) -> str:
    days = seconds / 86400.0
    return f"{days:g} days" if days >= 1.0 else f"{seconds / 3600.0:g} h"


def _units(variable: Variable, transform: TransformTable | None) -> str:
    """Units of what is compared: a sum of discharges is a volume."""
    if transform is None or transform.sum is None:
        return variable.units
    return variable.units.removesuffix(" s-1") if variable.units.endswith(" s-1") else f"{variable.units} s"


def _too_little(target: Target) -> Iterator[FieldError]:
    """Find halves without enough to compare, and null models that do not cover them."""
    for half in HALVES:
        rows = target.rows[half]
        if rows.begin.size < FEWEST:
            unit = target.transform or "value"
            yield FieldError(
                f"the {half} has {rows.begin.size} of {unit} to compare; {FEWEST} are the least", "observed"
            )
        elif half == "calibration" and np.ptp(target.observed(half)) == 0.0:
            yield FieldError(f"what is observed in the {half} does not vary: nothing can be fitted to it", "observed")
        if not np.isfinite(target.null[rows.item]).all():
            yield FieldError(f"this series does not cover what is compared in the {half}", "null")
