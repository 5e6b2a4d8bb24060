"""NetCDF files as sheets of columns: every variable over one dimension is a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim.errors import Problem
from deltasim.faults import FieldErrors
from deltasim.tables import GAP_REMEDY
from deltasim.units import quote

__all__ = ["NetcdfSheet", "read"]

CALENDARS = ("standard", "gregorian", "proleptic_gregorian")


class NetcdfSheet:
    """The one-dimensional variables of a NetCDF file.

    Parameters
    ----------
    file : str
        The file as the user knows it, for messages.
    values : dict of str to ndarray
        Numbers by variable, NaN where they are missing.
    attributes : dict of str to dict
        Attributes by variable.
    """

    def __init__(
        self, file: str, values: dict[str, NDArray[np.float64]], attributes: dict[str, dict[str, Any]]
    ) -> None:
        self.file = file
        self._values = values
        self._attributes = attributes

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(self._values)

    def line(self, row: int) -> None:  # noqa: ARG002 - a CSV file has lines
        """Return None: a NetCDF file has no lines."""
        return

    def units(self, column: str) -> str | None:
        """Units as the variable's attribute says."""
        units = self._attributes[column].get("units")
        return str(units) if units is not None and " since " not in str(units) else None

    def numbers(self, column: str, gaps: bool | None = None) -> NDArray[np.float64]:
        """Read a variable; missing values are NaN and an error unless `gaps`.

        Raises
        ------
        FieldErrors
            Values are missing.
        """
        values = self._values[column]
        bad = np.flatnonzero(np.isinf(values) if gaps else ~np.isfinite(values))
        if bad.size:
            counted = f"{bad.size} values are" if bad.size > 1 else "a value is"
            message = f"{column}: {counted} missing or not finite, the first at index {bad[0]}"
            remedy = f"; {GAP_REMEDY}" if gaps is not None else ""
            raise FieldErrors([Problem(message + remedy, self.file)])
        return values

    def texts(self, column: str) -> list[str]:
        """Read a variable as text: a number each, for variables of text are no columns."""
        return [f"{value:g}" for value in self._values[column]]

    def times(self, column: str, aware: bool) -> Sequence[object] | NDArray[np.float64]:
        """Read a time coordinate: times where its units say ``... since ...``, else seconds since the start.

        Parameters
        ----------
        column : str
            One of `columns`.
        aware : bool
            Whether the run's clock has an offset. Then a reference time without one is UTC, as CF says;
            else it is in the run's clock.

        Raises
        ------
        FieldErrors
            Unknown calendar or units.
        """
        values = self._values[column]
        units = str(self._attributes[column].get("units", "s"))
        if " since " not in units:
            if units not in ("s", "second", "seconds", "1", ""):
                message = f'{column}: expected units such as "hours since 2019-08-10", or s, got {quote(units)}'
                raise FieldErrors([Problem(message, self.file)])
            return values
        calendar = str(self._attributes[column].get("calendar", "standard"))
        if calendar not in CALENDARS:
            raise FieldErrors([Problem(f"{column}: the calendar {quote(calendar)} is not that of the run", self.file)])
        if not np.isfinite(values).all():
            raise FieldErrors([Problem(f"{column}: a time is missing", self.file)])
        from netCDF4 import num2date  # noqa: PLC0415 - only where a NetCDF series is read

        try:
            moments = num2date(values, units, calendar, only_use_cftime_datetimes=False, only_use_python_datetimes=True)
        except ValueError as error:
            raise FieldErrors(
                [Problem(f"{column}: {quote(units)} are not units of time ({error})", self.file)]
            ) from error
        utc = aware or _offset_is_given(units)
        return [
            moment.replace(tzinfo=UTC) if utc else moment
            for moment in np.ravel(np.asarray(moments, dtype=object)).tolist()
        ]


def _offset_is_given(units: str) -> bool:
    reference = units.split(" since ", 1)[1]
    return re.search(r"(?:Z|UTC|GMT|[:\d ][+-]\d{1,2}(?::?\d{2})?)\s*$", reference[10:]) is not None


def read(data: bytes, file: str) -> NetcdfSheet:
    """Read a NetCDF file.

    Raises
    ------
    FieldErrors
        It is not one, or has no one-dimensional variable of numbers.
    """
    from netCDF4 import Dataset  # noqa: PLC0415 - only where a NetCDF series is read

    values: dict[str, NDArray[np.float64]] = {}
    attributes: dict[str, dict[str, Any]] = {}
    try:
        with Dataset("memory.nc", memory=data) as dataset:
            for name, variable in dataset.variables.items():
                if variable.dtype is str or variable.dtype.kind not in "iuf" or sum(n > 1 for n in variable.shape) > 1:
                    continue
                values[name] = np.ma.filled(np.ma.asarray(variable[...], dtype=np.float64), np.nan).reshape(-1)
                attributes[name] = {key: variable.getncattr(key) for key in variable.ncattrs()}
    except (OSError, RuntimeError) as error:
        raise FieldErrors([Problem("this is not a NetCDF file", file)]) from error
    if not values:
        raise FieldErrors([Problem("the file has no variable of numbers over time alone", file)])
    return NetcdfSheet(file, values, attributes)
