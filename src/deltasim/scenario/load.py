"""From a scenario file to a `Scenario` that is complete and valid, or to everything that is wrong with it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deltasim.control import Control
from deltasim.errors import ScenarioError
from deltasim.faults import FieldError
from deltasim.fields import Component
from deltasim.forcing import Files, Reader
from deltasim.quality import Load, Substance, Tracing
from deltasim.scenario.build import Builder
from deltasim.scenario.checks import CHECKS, WARNINGS, warn_initial_state
from deltasim.scenario.layers import Layer, Merged, read_layers
from deltasim.scenario.river import River
from deltasim.scenario.syntax import read_toml
from deltasim.scenario.toml import write_toml
from deltasim.state import InitialState

__all__ = ["Scenario", "from_text", "load"]


@dataclass(frozen=True)
class Scenario:
    """A simulation, complete and valid: everything in it is in SI.

    Parameters
    ----------
    path : str
        The scenario file, as the user named it.
    title, summary : str
    start, end : datetime
        Both with an offset, or both without.
    duration : float, s
    output_step : float, s
        `duration` is a whole number of them.
    vertical_datum, crs : str or None
    stage_tolerance : float, m
    max_step : float, s
    nodes, links : dict of str to Component
        By name, in the order of the file. Inflows and demands are links. The cells of rivers are among them.
    substances : dict of str to Substance
        What is dissolved in the water, by name.
    loads : dict of str to Load
    tracing : Tracing
    control : Control
        Rules, controllers and schedules.
    initial_state : InitialState or None
        Where another run ended.
    rivers : dict of str to River
        By name.
    text : str
        The whole scenario as one TOML text: bases merged, overrides applied.
    files : dict of str to bytes
        Every data file that was read, by the name it has in `text`.
    tables : dict
        What `text` says, as it is read from TOML.
    warnings : tuple of str
        What is allowed but perhaps not meant.
    """

    path: str
    title: str
    summary: str
    start: datetime
    end: datetime
    duration: float
    output_step: float
    vertical_datum: str | None
    crs: str | None
    stage_tolerance: float
    max_step: float
    nodes: dict[str, Component]
    links: dict[str, Component]
    substances: dict[str, Substance]
    loads: dict[str, Load]
    tracing: Tracing
    control: Control
    initial_state: InitialState | None
    rivers: dict[str, River]
    text: str = field(repr=False)
    files: dict[str, bytes] = field(repr=False)
    tables: dict[str, Any] = field(repr=False)
    warnings: tuple[str, ...]
    _merged: Merged = field(repr=False, compare=False)
    _files: Files = field(repr=False, compare=False)

    def replace(self, changes: Mapping[str, Any]) -> Scenario:
        """Make a scenario with other values.

        Parameters
        ----------
        changes : mapping of str to value
            Path to value, as in the file: ``{"weir.intake.crest_level": 2.8}``.

        Returns
        -------
        Scenario
            Validated anew; data files are taken from this one before they are read from the disk.

        Raises
        ------
        ScenarioError
            With everything that is wrong.
        """
        merged = self._merged.copy()
        merged.override(changes.items(), "replace")
        return _build(self.path, merged, self._files.also(self.files))


def load(path: str | Path, overrides: Iterable[tuple[str, Any]] = (), allow_outside: bool = False) -> Scenario:
    """Read a scenario file, with the files that it names.

    Parameters
    ----------
    path : str or Path
        The TOML file.
    overrides : iterable of (str, value)
        Path and value, as ``--set`` gives them: ``[("weir.intake.crest_level", 2.8)]``. Later ones win.
    allow_outside : bool
        Whether files outside the scenario's folder may be read.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with file and line.
    """
    merged = read_layers(path, allow_outside)
    merged.override(overrides, "--set")
    folder = Path(path).parent
    return _build(str(path), merged, Files(folder, shown=posixpath.dirname(str(path)), allow_outside=allow_outside))


def from_text(text: str, files: Mapping[str, bytes], path: str = "scenario.toml") -> Scenario:
    """Make a scenario out of its resolved text and data files, as a result file keeps them.

    Parameters
    ----------
    text : str
        TOML without ``base``.
    files : mapping of str to bytes
        By the names that the text uses; the disk is never touched.
    path : str
        Name for messages.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    text, tables = read_toml(text.encode(), path)
    merged = Merged()
    merged.add(Layer(path, text, tables))
    if isinstance(tables.get("scenario"), dict) and "base" in tables["scenario"]:
        message = "a scenario in a result file has no base"
        merged.faults.append(FieldError(message, "scenario", "base", absolute=True))
    return _build(path, merged, Files(None, files))


def _build(path: str, merged: Merged, files: Files) -> Scenario:
    """Validate everything; raise with everything that is wrong."""
    builder = Builder(merged)
    settings, solver = builder.own_tables()
    tracing = builder.tracing()
    clock = builder.clock(settings)
    reader = Reader(clock, files, builder.series(), builder.covers())
    draft = builder.components(reader)
    for check in CHECKS:
        builder.report(check(draft))
    state = builder.initial_state(settings, files)
    if builder.problems or settings is None or solver is None:
        raise ScenarioError(builder.sorted_problems())
    substances = {name: s for name, s in draft.quality["substance"].items() if isinstance(s, Substance)}
    loads = {name: load for name, load in draft.quality["load"].items() if isinstance(load, Load)}
    tables = {"scenario": merged.tables["scenario"], **merged.tables}
    return Scenario(
        path=path,
        title=settings.title,
        summary=settings.summary,
        start=clock.start,
        end=clock.end,
        duration=clock.duration,
        output_step=settings.output_step,
        vertical_datum=settings.vertical_datum,
        crs=settings.crs,
        stage_tolerance=solver.stage_tolerance,
        max_step=solver.max_step,
        nodes=dict(draft.nodes),
        links=dict(draft.links),
        substances=substances,
        loads=loads,
        tracing=tracing,
        control=draft.control,
        initial_state=state,
        rivers=dict(draft.rivers),
        text=write_toml(tables),
        files=dict(files.used),
        tables=tables,
        warnings=tuple(
            str(merged.problem(fault))
            for faults in (*(warn(draft) for warn in WARNINGS), warn_initial_state(draft, state, clock))
            for fault in faults
        ),
        _merged=merged,
        _files=files,
    )
