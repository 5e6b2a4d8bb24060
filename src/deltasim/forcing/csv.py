"""CSV files of named columns: a header line, commas, UTF-8; lines that begin with # are comments."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deltasim.errors import Problem
from deltasim.faults import Fault, FieldErrors, limited
from deltasim.tables import GAP_REMEDY
from deltasim.units import quote

__all__ = ["CsvSheet", "read"]

EMPTY = frozenset({"", "nan", "na", "n/a", "null", "none"})


class CsvSheet:
    """The cells of a CSV file, and the lines they stand on.

    Parameters
    ----------
    file : str
        The file as the user knows it, for messages.
    header_line : int
        Line of the header.
    columns : tuple of str
        Names in the header.
    rows : list of list of str
        One cell for each column.
    lines : list of int
        Line of each row.
    """

    def __init__(
        self, file: str, header_line: int, columns: tuple[str, ...], rows: list[list[str]], lines: list[int]
    ) -> None:
        self.file = file
        self.columns = columns
        self._header_line = header_line
        self._rows = rows
        self._lines = lines

    def line(self, row: int) -> int:
        """Line on which a row stands; row -1 is the header."""
        return self._header_line if row < 0 else self._lines[row]

    def units(self, column: str) -> str | None:  # noqa: ARG002 - a NetCDF file knows them, a CSV file does not
        """Return None: a CSV file does not say in which units it is."""
        return None

    def numbers(self, column: str, gaps: bool | None = None) -> NDArray[np.float64]:
        """Read a column of numbers.

        Parameters
        ----------
        column : str
            One of `columns`.
        gaps : bool, optional
            Whether empty cells are allowed, to become NaN; None where nothing can allow them.

        Raises
        ------
        FieldErrors
            Everything in the column that is not a number, with its line.
        """
        cells = self._cells(column)
        try:
            values = np.array(list(map(float, cells)), dtype=np.float64)
            if np.isfinite(values).all():
                return values
        except ValueError:
            values = np.array([_number(cell) for cell in cells], dtype=np.float64)
        problems: list[Fault] = []
        for row in np.flatnonzero(~np.isfinite(values)).tolist():
            cell = cells[row].strip()
            if cell.casefold() not in EMPTY:
                words = f"the value is {quote(cell)}, not a finite number"
            elif gaps:
                continue
            else:
                words = "the value is missing" + (f"; {GAP_REMEDY}" if gaps is not None else "")
            problems.append(Problem(f"{column}: {words}", self.file, self._lines[row]))
        if problems:
            raise FieldErrors(limited(problems))
        return values

    def texts(self, column: str) -> list[str]:
        """Read a column of names."""
        return [cell.strip() for cell in self._cells(column)]

    def times(self, column: str, aware: bool) -> Sequence[object] | NDArray[np.float64]:  # noqa: ARG002
        """Read a column of times: an array where all are numbers, else the texts."""
        cells = self._cells(column)
        try:
            return np.array(list(map(float, cells)), dtype=np.float64)
        except ValueError:
            return [cell.strip() for cell in cells]

    def _cells(self, column: str) -> list[str]:
        index = self.columns.index(column)
        return [row[index] for row in self._rows]


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def read(data: bytes, file: str) -> CsvSheet:
    """Read a CSV file.

    Raises
    ------
    FieldErrors
        The file is not text, is empty or has ragged rows.
    """
    text = _decode(data, file)
    numbered = [
        (number, line)
        for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not numbered:
        raise FieldErrors([Problem("the file is empty; a header line with the names of the columns is expected", file)])
    cells = _split([line for _, line in numbered], [number for number, _ in numbered], file)
    header = tuple(name.strip() for name in cells[0])
    header_line = numbered[0][0]
    rows, lines = cells[1:], [number for number, _ in numbered[1:]]
    width = len(header)
    problems: list[Fault] = [
        Problem(f"the row has {len(row)} {'cell' if len(row) == 1 else 'cells'}, the header has {width}", file, line)
        for row, line in zip(rows, lines, strict=True)
        if len(row) != width
    ]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        problems.insert(0, Problem(f"two columns are called {quote(twice[0])}", file, header_line))
    if width == 1 and any(mark in header[0] for mark in ";\t|"):
        mark = next(mark for mark in ";\t|" if mark in header[0])
        shown = "tabs" if mark == "\t" else f'"{mark}"'
        problems.insert(0, Problem(f"columns are separated by commas, not by {shown}", file, header_line))
    if not rows:
        problems.append(Problem("there are no rows below the header; a table needs one at least", file, header_line))
    if problems:
        raise FieldErrors(limited(problems))
    return CsvSheet(file, header_line, header, rows, lines)


def _decode(data: bytes, file: str) -> str:
    if not data.strip():
        raise FieldErrors([Problem("the file is empty; a header line with the names of the columns is expected", file)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FieldErrors([Problem("this is not UTF-8 text; save the table as CSV (UTF-8)", file, line)]) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise FieldErrors([Problem("this is not text; save the table as CSV (UTF-8)", file, line)])
    return text


def _split(lines: list[str], numbers: list[int], file: str) -> list[list[str]]:
    """Split lines into cells; the plain way is ten times as fast as csv's where nothing is quoted."""
    if not any('"' in line for line in lines):
        return [line.split(",") for line in lines]
    cells: list[list[str]] = []
    for line, number in zip(lines, numbers, strict=True):
        try:
            cells.extend(csv.reader([line], strict=True))
        except csv.Error as error:
            raise FieldErrors([Problem(f"a quoted cell is not closed on its line ({error})", file, number)]) from error
    return cells
