"""Validating the tables of a scenario one by one, and keeping everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any, TypeVar

from pydantic import ValidationError

from deltasim.control import CONTROLS, ControlReader, Names
from deltasim.errors import Problem
from deltasim.faults import Fault, FieldError, did_you_mean, explain, keys_of, listed
from deltasim.fields import Component, Part, SeriesTable
from deltasim.forcing.clock import Clock, TimeError, read_time, show_time
from deltasim.forcing.reader import Files, Reader
from deltasim.forcing.state import read_initial_state
from deltasim.links import LINKS
from deltasim.nodes import NODES
from deltasim.nodes.cover import Cover
from deltasim.quality import QUALITY, Tracing
from deltasim.scenario.checks import Draft, Join
from deltasim.scenario.layers import Merged
from deltasim.scenario.locate import Keys
from deltasim.scenario.names import name_fault
from deltasim.scenario.river import River, expand, node_at
from deltasim.scenario.schema import ScenarioTable, SolverTable, models
from deltasim.state import InitialState
from deltasim.units import quote

__all__ = ["Builder"]

MOST_OUTPUTS = 100_000_000
OWN_TABLES = ("scenario", "solver", "series", "tracing", "cover")

Model = TypeVar("Model", bound=Part)


class Builder:
    """Collects what is right and what is wrong on the way to a scenario.

    Parameters
    ----------
    merged : Merged
        The tables, and where each key of them comes from.
    """

    def __init__(self, merged: Merged) -> None:
        self.merged = merged
        self.problems: dict[Problem, None] = {}
        self.report(merged.faults)

    def report(self, faults: Iterable[Fault], keys: Keys = ()) -> None:
        """Keep problems, each once.

        Parameters
        ----------
        faults : iterable of FieldError or Problem
        keys : tuple
            Path of the table in which they were found.
        """
        for fault in faults:
            self.problems.setdefault(self.merged.problem(fault, keys))

    def sorted_problems(self) -> list[Problem]:
        """Order by file, the scenario's own first, and by line."""
        order = [layer.shown for layer in reversed(self.merged.layers)]
        order += [problem.file for problem in self.problems]
        return sorted(self.problems, key=lambda problem: (order.index(problem.file), problem.line or 0))

    def own_tables(self) -> tuple[ScenarioTable | None, SolverTable | None]:
        """Validate ``[scenario]`` and ``[solver]``."""
        tables = self.merged.tables
        if "scenario" not in tables:
            self.report([FieldError("[scenario] is missing: a table with start, end and output_step")])
            settings = None
        else:
            settings = self._validate(ScenarioTable, tables["scenario"], ("scenario",))
        return settings, self._validate(SolverTable, tables.get("solver", {}), ("solver",))

    def tracing(self) -> Tracing:
        """Validate ``[tracing]``; nothing is traced by default."""
        return self._validate(Tracing, self.merged.tables.get("tracing", {}), ("tracing",)) or Tracing()

    def clock(self, settings: ScenarioTable | None) -> Clock:
        """Make the run's clock; where start or end are wrong, one that every series covers.

        Parameters
        ----------
        settings : ScenarioTable or None
            Checked for outputs that fit the run.
        """
        table = self.merged.tables.get("scenario")
        try:
            start, end = read_time(table["start"]), read_time(table["end"])  # type: ignore[index]
        except (KeyError, TypeError, TimeError):
            return Clock.unknown()
        if start.tzinfo is not None:
            end = end.replace(tzinfo=start.tzinfo) if end.tzinfo is None else end.astimezone(start.tzinfo)
        try:
            clock = Clock(start, start + (Clock(start, end).local(end) - start.replace(tzinfo=None)))
        except TimeError as error:
            self.report([FieldError(str(error), "end")], ("scenario",))
            return Clock.unknown()
        if clock.duration <= 0.0:
            message = f"the end, {show_time(end)}, must be after the start, {show_time(start)}"
            self.report([FieldError(message, "end")], ("scenario",))
            return Clock.unknown()
        if settings is not None:
            self._check_outputs(clock, settings.output_step)
        return clock

    def _check_outputs(self, clock: Clock, step: float) -> None:
        count = clock.duration / step
        if count > MOST_OUTPUTS:
            message = f"the run has {count:.2g} output steps; {MOST_OUTPUTS:,} is the most"
            self.report([FieldError(message, "output_step")], ("scenario",))
        elif count < 1.0:
            message = f"the output step, {step:g} s, is longer than the run, {clock.duration:g} s"
            self.report([FieldError(message, "output_step")], ("scenario",))
        elif abs(count - round(count)) > 1e-9 * count:
            message = (
                f"end must be a whole number of output steps after start, got {count:.6g} of them; end at "
                f"{clock.show(int(count) * step)} or {clock.show((int(count) + 1) * step)}, or change output_step"
            )
            self.report([FieldError(message, "end")], ("scenario",))

    def initial_state(self, settings: ScenarioTable | None, files: Files) -> InitialState | None:
        """Read the state to start from; the result will carry only that of the file, not the whole of it."""
        if settings is None or settings.initial_state is None:
            return None
        name = settings.initial_state
        try:
            state = read_initial_state(name, files.read(name))
        except FieldError as error:
            self.report([error.below("initial_state")], ("scenario",))
            return None
        files.keep(name, state.to_bytes())
        return state

    def series(self) -> dict[str, SeriesTable | None]:
        """Validate ``[series.NAME]``; None for one that is wrong."""
        tables = self.merged.tables.get("series", {})
        if not self._is_table_of_tables("series", tables):
            return {}
        for name in tables:
            self._check_name("series", name, reserved=False)
        return {name: self._validate(SeriesTable, table, ("series", name)) for name, table in tables.items()}

    def covers(self) -> dict[str, Cover | None]:
        """Validate ``[cover.NAME]``; None for one that is wrong."""
        tables = self.merged.tables.get("cover", {})
        if not self._is_table_of_tables("cover", tables):
            return {}
        for name in tables:
            self._check_name("cover", name, reserved=False)
        return {name: self._validate(Cover, table, ("cover", name)) for name, table in tables.items()}

    def components(self, reader: Reader) -> Draft:
        """Validate nodes, links and what controls them; what is wrong with one of them is left out of the draft."""
        nodes: dict[str, Component] = {}
        links: dict[str, Component] = {}
        controls: dict[str, Component] = {}
        quality: dict[str, dict[str, Component]] = {kind: {} for kind in QUALITY}
        declared: dict[str, list[str]] = {}
        joins: list[Join] = []
        rivers = self._rivers(reader)
        valid = {name: river for name, river in rivers.items() if river is not None}
        wrong = rivers.keys() - valid.keys()
        for kind, tables in self.merged.tables.items():
            if kind in OWN_TABLES or not self._is_known(kind, tables) or not self._is_table_of_tables(kind, tables):
                continue
            model = models().get(kind)
            for name, table in tables.items():
                if kind in QUALITY:
                    # Their names are not those of places in the network.
                    self._check_name(kind, name, reserved=name != "salinity")
                    ends = self._ends(kind, name, table, valid, wrong)
                    joins.append(Join(kind, name, ends))
                    placed = {**table, **ends}
                    found = self._validate(QUALITY[kind], placed, (kind, name), reader, name=name)
                    if found is not None:
                        quality[kind][name] = found
                    continue
                declared.setdefault(name, []).append(kind)
                if model is None:
                    continue
                self._check_name(kind, name)
                ends = self._ends(kind, name, table, valid, wrong)
                if kind == River.kind:
                    if (river := rivers[name]) is not None:
                        self._add_river(river, ends.get("to", river.to_node), nodes, links, declared)
                        ends["from"] = river.name_of(river.cells - 1)
                    joins.append(Join(kind, name, ends))
                    continue
                if kind in LINKS:
                    joins.append(Join(kind, name, ends))
                placed = {**table, **ends} if kind in LINKS else table
                component = self._validate(model, placed, (kind, name), reader, name=name)
                if component is not None:
                    (nodes if kind in NODES else controls if kind in CONTROLS else links)[name] = component
        names = Names(
            nodes,
            links,
            declared,
            reader,
            reader.clock.local_start,
            reader.clock.duration,
            lambda text: node_at(valid, text) if "@" in text else text,
        )
        control = ControlReader(names)
        program = control.read(controls.values())
        self.report(control.faults)
        unused = tuple(name for name in reader.named if name not in reader.used)
        bare = tuple(name for name in reader.covers if name not in reader.used_covers)
        node_kinds, link_kinds = frozenset(NODES), frozenset(LINKS)
        parts = {str(part[1]): str(river[1]) for part, river in self.merged.owner.items()}
        return Draft(
            nodes,
            links,
            declared,
            tuple(joins),
            node_kinds,
            link_kinds,
            program,
            tuple(control.warnings),
            unused,
            valid,
            parts,
            quality,
            {kind: tuple(self.merged.tables.get(kind, ())) for kind in QUALITY},
            bare,
        )

    def _rivers(self, reader: Reader) -> dict[str, River | None]:
        """Validate ``[river.NAME]``, which any link may name; None for one that is wrong."""
        tables = self.merged.tables.get(River.kind)
        if not isinstance(tables, dict):
            return {}
        return {
            name: self._validate(River, table, (River.kind, name), reader, name=name)
            if isinstance(table, dict)
            else None
            for name, table in tables.items()
        }

    def _ends(self, kind: str, name: str, table: Any, rivers: Mapping[str, River], wrong: Set[str]) -> dict[str, str]:
        """Names of the nodes at the ends of a link or river; a place on a river is the cell there."""
        ends: dict[str, str] = {}
        for key in ("from", "to"):
            node = table.get(key) if isinstance(table, dict) else None
            if not isinstance(node, str):
                continue
            ends[key] = node
            if "@" not in node or node.partition("@")[0].strip() in wrong:
                continue  # what is wrong with the river is reported there
            try:
                ends[key] = node_at(rivers, node)
            except FieldError as error:
                self.report([error.below(key)], (kind, name))
        return ends

    def _add_river(
        self,
        river: River,
        to: str,
        nodes: dict[str, Component],
        links: dict[str, Component],
        declared: dict[str, list[str]],
    ) -> None:
        """Put a river's cells among the components; what is wrong with them is wrong with the river."""
        cells, reaches = expand(river, to)
        for part in (*cells.values(), *reaches.values()):
            declared.setdefault(part.name, []).append(part.kind)
            self.merged.owner[part.kind, part.name] = (River.kind, river.name)
        nodes.update(cells)
        links.update(reaches)

    def _is_known(self, kind: str, tables: object) -> bool:
        """Report a kind that this version does not have; True where its names are to be known all the same."""
        available = listed(models(), "and").replace('"', "")
        if kind in models():
            return True
        name = next(iter(tables), "") if isinstance(tables, dict) else ""
        known = (*models(), *OWN_TABLES)
        hint = did_you_mean(kind, known) or f"; the kinds are {available}"
        if not isinstance(tables, dict):
            self.report(
                [FieldError("a key above the first header; put it below one, such as [scenario]", kind, absolute=True)]
            )
            return False
        self.report([FieldError(f'there is no kind "{kind}"{hint}', *filter(None, (kind, name)), absolute=True)])
        return all(isinstance(table, dict) for table in tables.values())

    def _is_table_of_tables(self, kind: str, tables: object) -> bool:
        """Report ``[kind]`` with keys of its own, where ``[kind.NAME]`` is meant."""
        if not isinstance(tables, dict):
            self.report([FieldError(f"expected tables [{kind}.NAME], got {quote(tables)}", kind, absolute=True)])
            return False
        wrong = [key for key, value in tables.items() if not isinstance(value, dict)]
        if wrong:
            message = f"a name is missing in the header: write [{kind}.NAME]"
            self.report([FieldError(message, kind, wrong[0], absolute=True)])
        return not wrong

    def _check_name(self, kind: str, name: str, reserved: bool = True) -> None:
        fault = name_fault(name, frozenset(models()), reserved)
        if fault:
            self.report([FieldError(fault, kind, name, absolute=True)])

    def _validate(
        self, model: type[Model], table: Any, keys: tuple[str, ...], context: Reader | None = None, **more: str
    ) -> Model | None:
        """Validate one table; None where it is wrong."""
        if not isinstance(table, dict):
            self.report([FieldError(f"expected a table, got {quote(table)}")], keys)
            return None
        known = keys_of(model)
        foreign = {key for key in table if key not in known and key in more}
        self.report([FieldError("unknown key", key) for key in foreign], keys)
        taken = {key: value for key, value in table.items() if key not in foreign}
        try:
            valid = model.model_validate({**taken, **more}, context=context)
        except ValidationError as error:
            self.report(explain(error, model), keys)
            return None
        return None if foreign else valid
