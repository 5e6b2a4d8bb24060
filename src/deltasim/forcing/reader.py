"""The files of a scenario, and what validation asks of them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deltasim.errors import Problem
from deltasim.faults import Fault, FieldError, FieldErrors, did_you_mean, limited, listed
from deltasim.fields import SeriesTable, SeriesUse, TideTable
from deltasim.forcing.calendar import YearDates, monthly_signal, read_year_dates
from deltasim.forcing.clock import Clock, TimesError
from deltasim.forcing.series import Rows, observations_from_rows, signal_from_rows, times_going_back
from deltasim.forcing.sources import Source, SourceSheet, source_for
from deltasim.forcing.tides import tide_from_sheet
from deltasim.forcing.weather import rows_of_weather
from deltasim.nodes.cover import COVERS, Cover
from deltasim.nodes.weather import WeatherTable
from deltasim.signal import Signal
from deltasim.tide import Tide
from deltasim.units import RATE, Dimension, UnitsError, dimension_of, parse_any, quote

__all__ = ["Files", "Reader"]


class Files:
    """The data files of a scenario by name, from the disk or from a result.

    Parameters
    ----------
    folder : Path or None
        Folder of the scenario file; None never touches the disk.
    given : mapping of str to bytes
        Files that are known already; they win over the disk.
    shown : str
        What goes before a name in messages, so that the user can open the file from where he is.
    allow_outside : bool
        Whether files outside the folder's tree may be read.
    """

    def __init__(
        self,
        folder: Path | None,
        given: Mapping[str, bytes] | None = None,
        shown: str = "",
        allow_outside: bool = False,
    ) -> None:
        self.folder = folder
        self.shown = shown
        self.allow_outside = allow_outside
        self.used: dict[str, bytes] = {}
        self._given = dict(given or {})

    def also(self, given: Mapping[str, bytes]) -> Files:
        """Make the same with files that are known already."""
        return Files(self.folder, {**self._given, **given}, self.shown, self.allow_outside)

    def show(self, name: str) -> str:
        """Name a file as the user can open it from where he is."""
        return posixpath.join(self.shown, name)

    def read(self, name: str) -> bytes:
        """Read a file, once.

        Raises
        ------
        FieldError
            It lies outside the scenario's folder, does not exist or cannot be read.
        """
        name = posixpath.normpath(name)
        if name not in self.used:
            self.used[name] = self._given[name] if name in self._given else self._from_disk(name)
        return self.used[name]

    def keep(self, name: str, content: bytes) -> None:
        """Let a result carry other bytes for a file: what was needed of it."""
        self.used[posixpath.normpath(name)] = content

    def _from_disk(self, name: str) -> bytes:
        if self.folder is None:
            raise FieldError(f"the file {quote(name)} is not among the files of this scenario")
        path = self.folder / name
        if not self.allow_outside and not path.resolve().is_relative_to(self.folder.resolve()):
            raise FieldError(f"{quote(name)} lies outside the scenario's folder; move it there or use --allow-outside")
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            folder = path.parent
            near = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
            hint = did_you_mean(path.name, near)
            raise FieldError(f"there is no file {quote(name)}{hint}") from error
        except IsADirectoryError as error:
            raise FieldError(f"{quote(name)} is a folder, not a file") from error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise FieldError(f"the file {quote(name)} cannot be read: {reason.lower()}") from error


class Reader:
    """Answers what validation asks: series by name, series, tides and tables from files.

    Parameters
    ----------
    clock : Clock
        The run.
    files : Files
        Where files come from.
    covers : mapping of str to Cover or None
        The ``[cover.NAME]`` of the scenario, likewise; they win over those that are shipped.
    named : mapping of str to SeriesTable or None
        The ``[series.NAME]`` of the scenario; None for one that is itself invalid, which is reported elsewhere.
    """

    def __init__(
        self,
        clock: Clock,
        files: Files | None = None,
        named: Mapping[str, SeriesTable | None] | None = None,
        covers: Mapping[str, Cover | None] | None = None,
    ) -> None:
        self.clock = clock
        self.files = files if files is not None else Files(None)
        self.named = dict(named or {})
        self.covers = dict(covers or {})
        self.used: set[str] = set()
        self.used_covers: set[str] = set()
        self._sheets: dict[str, SourceSheet | FieldErrors] = {}
        self._rows: dict[str, Rows] = {}
        self._weather: dict[WeatherTable, Signal] = {}
        self._signals: dict[tuple[str, SeriesUse], Signal] = {}

    def named_series(self, name: str, use: SeriesUse) -> Signal:
        """Resolve ``series.NAME`` for one use."""
        rows = self._named_rows(name)
        if (name, use) not in self._signals:
            self._signals[name, use] = signal_from_rows(rows, use, self.clock)
        return self._signals[name, use]

    def series_dimension(self, name: str) -> Dimension | None:
        """Find what ``series.NAME`` measures by its units; None where it has none."""
        rows = self._named_rows(name)
        texts = [] if isinstance(rows.value, np.ndarray) else [cell for cell in rows.value if isinstance(cell, str)]
        try:
            if rows.units is not None:
                return dimension_of(rows.units)
            return parse_any(texts[0])[1] if texts else None
        except UnitsError as error:
            raise FieldError(f"{error} (in series.{name})") from error

    def _named_rows(self, name: str) -> Rows:
        if name not in self.named:
            have = f"; define it as [series.{name}]" if not self.named else ""
            raise FieldError(f"there is no series {quote(name)}{did_you_mean(name, self.named) or have}")
        self.used.add(name)
        table = self.named[name]
        if table is None:
            raise FieldErrors([])
        if name not in self._rows:
            self._rows[name] = self._read_rows(table, name)
        return self._rows[name]

    def series(self, table: SeriesTable, use: SeriesUse) -> Signal:
        """Resolve an inline or file series for one use."""
        return signal_from_rows(self._read_rows(table), use, self.clock)

    def observations(self, table: SeriesTable, dimension: Dimension) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Read times (s since the start) and values of what was observed; gaps, where `table` allows them, are NaN."""
        return observations_from_rows(self._read_rows(table), dimension)

    def cover(self, name: str) -> Cover:
        """Find a kind of cover, of the scenario or shipped."""
        known = {**COVERS, **self.covers}
        if name not in known:
            have = f"; those that are shipped are {listed(COVERS, 'and')}, others stand in the file as [cover.NAME]"
            raise FieldError(f"there is no cover {quote(name)}{did_you_mean(name, known) or have}")
        self.used_covers.add(name)
        found = known[name]
        if found is None:
            raise FieldErrors([])
        return found

    def monthly(self, values: Sequence[float]) -> Signal:
        """Give every date of the run its value: twelve, each in the middle of its month, linear between."""
        return monthly_signal(values, self.clock)

    def weather(self, table: WeatherTable) -> Signal:
        """Compute the reference evapotranspiration, m/s, of a file of weather, once."""
        if table not in self._weather:
            try:
                sheet = self.sheet(table.file)
            except FieldError as error:
                raise error.below("weather") from error

            def place(message: str, key: str, row: int) -> Fault:
                del key
                return Problem(message, sheet.file, sheet.line(row))

            series = SeriesTable(file=table.file, time_column=table.time_column)
            if table.time_column not in sheet.columns:
                hint = did_you_mean(table.time_column, sheet.columns) or f"; the columns are {', '.join(sheet.columns)}"
                words = f"there is no column {quote(table.time_column)}{hint}"
                raise FieldErrors([Problem(words, sheet.file, sheet.line(-1))])
            times = sheet.times(table.time_column, aware=self.clock.start.tzinfo is not None)
            seconds = self._times(times, series, place)
            assert not isinstance(seconds, YearDates), "the weather does not repeat"
            rows = rows_of_weather(table, sheet, seconds, self.clock)
            self._weather[table] = signal_from_rows(rows, SeriesUse(RATE, "previous"), self.clock)
        return self._weather[table]

    def tide(self, table: TideTable) -> Tide:
        """Resolve a tide from the constituents in its file."""
        try:
            sheet = self.sheet(table.tide)
        except FieldError as error:
            raise FieldError(error.message, "tide") from error
        return tide_from_sheet(table, sheet, self.clock)

    def sheet(self, file: str) -> SourceSheet:
        """Read a file of columns, once."""
        file = posixpath.normpath(file)
        if file not in self._sheets:
            try:
                data = self.files.read(file)
            except FieldError as error:
                raise error.below("file") from error
            source: Source = source_for(file)
            try:
                self._sheets[file] = source(data, self.files.show(file))
            except FieldErrors as error:
                self._sheets[file] = error
        sheet = self._sheets[file]
        if isinstance(sheet, FieldErrors):
            raise sheet
        return sheet

    def seconds(self, time: object) -> float:
        """Convert a time to seconds since the start of the run."""
        try:
            return float(self.clock.seconds([time])[0])
        except TimesError as error:
            raise FieldError(str(error)) from error

    def _read_rows(self, table: SeriesTable, name: str = "") -> Rows:
        """Read times and values, check that times rise."""
        prefix = ("series", name) if name else ()

        def blame(message: str, key: str) -> Fault:
            return FieldError(message, *prefix, key, absolute=bool(name))

        who = f"series.{name}" if name else "the series"
        if table.file is None:

            def place(message: str, key: str, row: int) -> Fault:
                return FieldError(message, *prefix, key, row, absolute=bool(name))

            time = self._times(list(table.time or ()), table, place)
            return Rows(table, time, list(table.value or ()), table.units, place, who, blame)
        try:
            sheet = self.sheet(table.file)
        except FieldError as error:
            raise FieldErrors([blame(error.message, "file")]) from error
        column = self._column(table, sheet, blame)

        def place_in_file(message: str, key: str, row: int) -> Fault:
            text = message if key == "time" else f"{column}: {message}"
            return Problem(text, sheet.file, sheet.line(row))

        faults: list[Fault] = []
        values = np.empty(0)
        rising: NDArray[np.float64] | YearDates = np.empty(0)
        try:
            values = sheet.numbers(column, gaps=table.gaps is not None)
        except FieldErrors as error:
            faults.extend(error.faults)
        try:
            times = sheet.times(table.time_column, aware=self.clock.start.tzinfo is not None)
            rising = self._times(times, table, place_in_file)
        except FieldErrors as error:
            faults.extend(error.faults)
        if faults:
            raise FieldErrors(faults)
        return Rows(table, rising, values, table.units or sheet.units(column), place_in_file, who, blame)

    def _times(
        self, times: Sequence[object] | NDArray[np.float64], table: SeriesTable, place: Callable[[str, str, int], Fault]
    ) -> NDArray[np.float64] | YearDates:
        faults: list[Fault] = []
        try:
            if table.repeat == "year":
                return read_year_dates(times, self.clock)
            seconds = self.clock.seconds(times)
        except TimesError as error:
            faults = limited([place(message, "time", row) for row, message in error.faults])
            seconds = error.seconds
        faults += limited([place(message, "time", row) for row, message in times_going_back(seconds, self.clock)])
        if faults:
            raise FieldErrors(faults)
        return seconds

    def _column(self, table: SeriesTable, sheet: SourceSheet, blame: Callable[[str, str], Fault]) -> str:
        """Find the column of values; faults name the file's header."""
        faults: list[Fault] = []
        others = [name for name in sheet.columns if name != table.time_column]
        for wanted in (table.time_column, table.column):
            if wanted is not None and wanted not in sheet.columns:
                there = f"; the columns are {', '.join(sheet.columns)}"
                hint = did_you_mean(wanted, sheet.columns) or there
                if wanted == table.time_column:
                    hint += '; name the one with the times: time_column = "..."'
                faults.append(Problem(f"there is no column {quote(wanted)}{hint}", sheet.file, sheet.line(-1)))
        if table.column is None and len(others) != 1 and table.time_column in sheet.columns:
            faults.append(blame(f"say which column of {quote(table.file)} is meant: {', '.join(others)}", "file"))
        if faults:
            raise FieldErrors(faults)
        return table.column if table.column is not None else others[0]
