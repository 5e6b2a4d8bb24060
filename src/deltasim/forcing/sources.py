"""Where series and tables come from: one line for each kind of file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deltasim.forcing import csv, netcdf
from deltasim.tables import Sheet

__all__ = ["SOURCES", "Source", "SourceSheet", "source_for"]


class SourceSheet(Sheet, Protocol):
    """A file of columns, some of which may be times or have gaps."""

    def numbers(self, column: str, gaps: bool | None = None) -> NDArray[np.float64]:
        """Read a column of numbers; with `gaps`, NaN where a cell is empty. Raises FieldErrors."""

    def times(self, column: str, aware: bool) -> Sequence[object] | NDArray[np.float64]:
        """Read a column of times: numbers are seconds since the start. Raises FieldErrors."""


Source = Callable[[bytes, str], SourceSheet]

# Suffix to the function that reads such a file; what is not here is read as CSV.
SOURCES: dict[str, Source] = {
    ".csv": csv.read,
    ".nc": netcdf.read,
    ".nc4": netcdf.read,
}


def source_for(file: str) -> Source:
    """Find what reads a file, by its suffix."""
    return SOURCES.get(PurePosixPath(file).suffix.lower(), csv.read)
