"""Tables of columns, inline or from a file: curves, ratings, pump capacities over head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import core_schema as cs

from deltasim.errors import Problem
from deltasim.faults import Fault, FieldError, FieldErrors, did_you_mean, listed
from deltasim.units import Dimension, UnitsError, conversion, convert, quote, to_si

__all__ = ["GAP_REMEDY", "Columns", "Sheet", "Table"]

GAP_REMEDY = 'give it, or say what gaps mean: gaps = "linear", "previous" or "zero"'


class Sheet(Protocol):
    """A file of named columns, as `deltasim.forcing` reads it."""

    @property
    def file(self) -> str:
        """The file, as the user knows it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Read a column without gaps; raises FieldErrors with the lines."""

    def texts(self, column: str) -> list[str]:
        """Read a column of names."""

    def units(self, column: str) -> str | None:
        """Units that the file itself gives a column."""

    def line(self, row: int) -> int | None:
        """Line of the file on which a row stands."""


class Table:
    """Columns of numbers in SI, equally long.

    Parameters
    ----------
    columns : mapping of str to ndarray
        As named in the scenario file.
    sheet : Sheet, optional
        The file they come from, so that `fault` can name its lines.
    """

    def __init__(
        self, columns: Mapping[str, NDArray[np.float64] | Sequence[float]], sheet: Sheet | None = None
    ) -> None:
        self._columns = {name: np.array(column, dtype=np.float64) for name, column in columns.items()}
        for column in self._columns.values():
            column.flags.writeable = False
        self._sheet = sheet

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self._columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return self.names == other.names and all(np.array_equal(self[name], other[name]) for name in self.names)

    def __hash__(self) -> int:
        return hash(tuple((name, column.tobytes()) for name, column in self._columns.items()))

    def __repr__(self) -> str:
        return f"<Table of {', '.join(self.names)}, {len(self)} rows>"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that are there."""
        return tuple(self._columns)

    def fault(self, message: str, column: str, row: int) -> Fault:
        """Say what is wrong at one place: in the file with its line, or in the inline list."""
        if self._sheet is not None:
            return Problem(f"{column}: {message}", self._sheet.file, self._sheet.line(row))
        return FieldError(message, column, row)


class Columns:
    """Annotation of a `Table`: ``Annotated[Table, Columns(stage=LEVEL, area=AREA, optional=("area",))]``.

    Parameters
    ----------
    optional : sequence of str
        Columns that may be left out.
    rising : sequence of str
        Columns that must rise strictly from row to row.
    least : mapping of str to float
        Least value of a column, SI.
    rows : int
        Least number of rows.
    **dimensions : Dimension
        The columns and what they measure.
    """

    def __init__(
        self,
        *,
        optional: Sequence[str] = (),
        rising: Sequence[str] = (),
        least: Mapping[str, float] | None = None,
        rows: int = 2,
        **dimensions: Dimension,
    ) -> None:
        self.dimensions = dimensions
        self.optional = tuple(optional)
        self.rising = tuple(rising)
        self.least = dict(least or {})
        self.rows = rows

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.with_info_plain_validator_function(
            self.read,
            serialization=cs.plain_serializer_function_ser_schema(
                lambda table: (
                    {name: table[name].tolist() for name in table.names} if isinstance(table, Table) else table
                )
            ),
        )

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        lists = {
            name: {
                "type": "array",
                "minItems": self.rows,
                "items": {"type": ["number", "string"]},
                "description": f"{dimension} for each row",
            }
            for name, dimension in self.dimensions.items()
        }
        units = {
            "type": "object",
            "properties": {name: {"type": "string"} for name in lists},
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "properties": {
                "file": {"type": "string", "description": "a file with these columns"},
                **lists,
                "units": units,
            },
            "additionalProperties": False,
            "anyOf": [{"required": ["file"]}, {"required": [name for name in lists if name not in self.optional]}],
        }

    def read(self, value: object, info: ValidationInfo) -> Table:
        """Resolve to a table in SI."""
        if isinstance(value, Table):
            return value
        if not isinstance(value, Mapping):
            words = f"expected a table with {listed(self.dimensions, 'and')}, or a file, got {quote(value)}"
            raise FieldError(words + in_braces(value))
        _raise_any(self._wrong_keys(value))
        table = self._from_file(value, info) if "file" in value else self._inline(value)
        _raise_any(self._wrong_values(table))
        return table

    def _wrong_keys(self, value: Mapping[str, object]) -> Iterator[FieldError]:
        known = (*self.dimensions, "file", "units")
        for key in value:
            if key not in known:
                yield FieldError(
                    "unknown key" + (did_you_mean(key, known) or f"; the keys here are {', '.join(known)}"), key
                )
        if "file" in value:
            if not isinstance(value["file"], str):
                yield FieldError(f"expected the name of a file, got {quote(value['file'])}", "file")
            for key in self.dimensions.keys() & value.keys():
                yield FieldError('stands beside "file"; give the columns inline or in the file, not both', key)
        else:
            for key in self.dimensions:
                if key not in value and key not in self.optional:
                    yield FieldError(f'"{key}" is missing: a list with {self.dimensions[key]} for each row')
        yield from self._wrong_units(value.get("units", {}))

    def _wrong_units(self, units: object) -> Iterator[FieldError]:
        if not isinstance(units, Mapping):
            example = next(iter(self.dimensions))
            yield FieldError(f'expected a table such as {{ {example} = "ft" }}, got {quote(units)}', "units")
            return
        for key, text in units.items():
            if key not in self.dimensions:
                yield FieldError(f"there is no column {quote(key)}{did_you_mean(key, self.dimensions)}", "units", key)
            elif not isinstance(text, str):
                yield FieldError(
                    f'expected units, such as "{self.dimensions[key].units}", got {quote(text)}', "units", key
                )
            else:
                try:
                    conversion(text, self.dimensions[key])
                except UnitsError as error:
                    yield FieldError(f"{error}, got {quote(text)}", "units", key)

    def _inline(self, value: Mapping[str, Any]) -> Table:
        faults: list[Fault] = []
        columns: dict[str, NDArray[np.float64]] = {}
        for name, dimension in self.dimensions.items():
            cells = value.get(name)
            if cells is None:
                continue
            if not isinstance(cells, (list, tuple)):
                faults.append(FieldError(f"expected a list with {dimension} for each row, got {quote(cells)}", name))
                continue
            units = conversion(value.get("units", {}).get(name, dimension.units), dimension)
            numbers, texts = np.zeros(len(cells)), {}
            for row, cell in enumerate(cells):
                try:
                    numbers[row] = to_si(cell, dimension)
                    if isinstance(cell, str):
                        texts[row] = numbers[row]
                except UnitsError as error:
                    faults.append(FieldError(str(error), name, row))
            columns[name] = convert(numbers, units)
            # A text has its own units, whatever the column's are.
            for row, number in texts.items():
                columns[name][row] = number
        lengths = {name: len(value[name]) for name in columns}
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{name} has {count}" for name, count in lengths.items())
            faults.append(FieldError(f"the columns are not equally long: {counts}"))
        if faults:
            raise FieldErrors(faults)
        return Table(columns)

    def _from_file(self, value: Mapping[str, Any], info: ValidationInfo) -> Table:
        if info.context is None:
            raise FieldError("files can only be read as part of a scenario", "file")
        sheet: Sheet = info.context.sheet(value["file"])
        faults: list[Fault] = []
        columns: dict[str, NDArray[np.float64]] = {}
        for name, dimension in self.dimensions.items():
            if name not in sheet.columns:
                if name not in self.optional:
                    there = ", ".join(sheet.columns)
                    hint = did_you_mean(name, sheet.columns)
                    faults.append(
                        Problem(
                            f'there is no column "{name}"; the columns are {there}{hint}', sheet.file, sheet.line(-1)
                        )
                    )
                continue
            given = value.get("units", {}).get(name) or sheet.units(name) or dimension.units
            try:
                columns[name] = convert(sheet.numbers(name), conversion(given, dimension))
            except UnitsError as error:
                faults.append(Problem(f"{name}: {error}, got {quote(given)}", sheet.file))
            except FieldErrors as error:
                faults.extend(error.faults)
        if faults:
            raise FieldErrors(faults)
        return Table(columns, sheet)

    def _wrong_values(self, table: Table) -> Iterator[Fault]:
        if not table.names:
            yield FieldError(f"expected {listed(self.dimensions)}")
            return
        if len(table) < self.rows:
            yield FieldError(f"expected at least {self.rows} rows, got {len(table)}")
        for name in table.names:
            for row in np.flatnonzero(~np.isfinite(table[name]))[:3]:
                yield table.fault("the value is not finite", name, int(row))
        for name in self.rising:
            if name in table:
                column = table[name]
                for row in np.flatnonzero(~(np.diff(column) > 0.0))[:3]:
                    message = f"must rise from row to row, but {column[row + 1]:g} follows {column[row]:g}"
                    yield table.fault(message, name, int(row) + 1)
        for name, least in self.least.items():
            if name in table:
                for row in np.flatnonzero(table[name] < least)[:3]:
                    units = self.dimensions[name].units
                    yield table.fault(f"must be at least {least:g} {units}, got {table[name][row]:g}", name, int(row))


def in_braces(value: object) -> str:
    """Say how a file is named where a bare name was given; nothing where it was not."""
    is_file = isinstance(value, str) and value.lower().endswith((".csv", ".nc", ".txt"))
    return f"; a file stands in braces: {{ file = {quote(value)} }}" if is_file else ""


def _raise_any(faults: Iterator[Fault]) -> None:
    found = list(faults)
    if found:
        raise FieldErrors(found)
