"""Periods: water years, seasons, the whole record; and how much of each has data."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import IndicatorError
from deltasim.faults import did_you_mean
from deltasim.indicators.daily import ALMOST, Dates, Days

__all__ = [
    "MONTHS",
    "SEASONS",
    "Periods",
    "Season",
    "SeasonLike",
    "months_of",
    "over_periods",
    "periods_of",
    "read_season",
]

Floats = NDArray[np.float64]

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
SEASONS = {
    "spring": ("03-01", "05-31"),
    "summer": ("06-01", "08-31"),
    "autumn": ("09-01", "11-30"),
    "winter": ("12-01", "02-29"),
}
"""The meteorological seasons of the northern hemisphere."""

SeasonLike = str | Sequence[str] | None
DATE = re.compile(r"(\d\d)-(\d\d)")


@dataclass(frozen=True)
class Season:
    """A part of every year.

    Parameters
    ----------
    name : str
        For labels.
    first, last : tuple of (int, int)
        Month and day, both inclusive; it may run over New Year.
    """

    name: str
    first: tuple[int, int]
    last: tuple[int, int]

    def days(self, year: int) -> tuple[np.datetime64, np.datetime64]:
        """First day of the one that ends in a year, and the day after its last."""
        begins = year - 1 if self.first > self.last else year
        return _date(begins, *self.first), _date(year, *self.last) + np.timedelta64(1, "D")


def _date(year: int, month: int, day: int) -> np.datetime64:
    """A date; 29 February is the last day of that month in every year."""
    start = np.datetime64(f"{year:04d}-{month:02d}", "M")
    last = ((start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")).astype(int)
    date: np.datetime64 = start.astype("datetime64[D]") + np.timedelta64(min(day, int(last)) - 1, "D")
    return date


def read_season(season: SeasonLike) -> Season | None:
    """Read a season.

    Parameters
    ----------
    season : str or pair of str, optional
        ``"spring"``, ``"03-15 to 06-30"`` or ``("03-15", "06-30")``, both days inclusive.

    Returns
    -------
    Season or None
        None for the whole year.

    Raises
    ------
    IndicatorError
        It is none of these.
    """
    if season is None:
        return None
    name = season if isinstance(season, str) else " to ".join(map(str, season))
    read = _read_dates(SEASONS.get(name) or name.split(" to "), name)
    if read is None:
        hint = did_you_mean(name, SEASONS)
        raise IndicatorError(f'expected a season such as "spring" or "03-15 to 06-30", got "{name}"{hint}')
    return read


def _read_dates(parts: Sequence[str], name: str) -> Season | None:
    found = [DATE.fullmatch(part) for part in parts]
    if len(found) != 2 or found[0] is None or found[1] is None:
        return None
    days = [(int(match[1]), int(match[2])) for match in found if match]
    try:
        for month, day in days:
            np.datetime64(f"2000-{month:02d}-{day:02d}", "D")
    except ValueError:
        return None
    return Season(name, days[0], days[1])


@dataclass(frozen=True)
class Periods:
    """Stretches of consecutive days.

    Parameters
    ----------
    dimension : str
        ``water_year``, ``year`` (of seasons) or ``period`` (the whole record).
    label : ndarray, shape (p,)
        A water year and a season have the year in which they end.
    first, after : ndarray, shape (p,), int
        Rows of the days that the record has of each.
    skipped : ndarray, shape (p,), int
        Days of each that lie before the record.
    length : ndarray, shape (p,), int
        Days of the whole period, with or without data.
    """

    dimension: str
    label: NDArray[Any]
    first: NDArray[np.int64]
    after: NDArray[np.int64]
    skipped: NDArray[np.int64]
    length: NDArray[np.int64]

    @property
    def axis(self) -> tuple[str, NDArray[Any]]:
        """Name and labels of the dimension."""
        return self.dimension, self.label

    def rows(self) -> list[slice]:
        """Rows of each period."""
        return [slice(int(a), int(b)) for a, b in zip(self.first, self.after, strict=True)]

    def valid_fraction(self, values: Floats) -> Floats:
        """Part of each period that has data, shape (p, k)."""
        counts = [np.isfinite(values[rows]).sum(axis=0) for rows in self.rows()]
        return np.reshape(counts, (len(self.label), values.shape[1])) / self.length[:, None]


def periods_of(date: Dates, water_year_start: int | None, season: SeasonLike = None) -> Periods:
    """Cut a record into water years, into seasons, or leave it whole.

    Parameters
    ----------
    date : ndarray, datetime64[D]
        Consecutive days.
    water_year_start : int or None
        Month, 1 to 12; None makes the whole record one period. Of no consequence where there is a season.
    season : str or pair of str, optional

    Returns
    -------
    Periods
        Every one of which the record has a day.
    """
    read = read_season(season)
    if water_year_start is not None and water_year_start not in range(1, 13):
        raise IndicatorError(f"water_year_start is a month from 1 to 12, got {water_year_start!r}")
    if not len(date):
        raise IndicatorError("there are no days in the series")
    if read is None and water_year_start is None:
        one = np.array([len(date)])
        none = np.zeros(1, np.int64)
        return Periods("period", np.array(["all"]), none, one, none, one)
    first_year, last_year = int(str(date[0])[:4]), int(str(date[-1])[:4])
    found = []
    for year in range(first_year, last_year + 2):
        if read is not None:
            begin, end = read.days(year)
        else:
            month = water_year_start or 1
            begin = _date(year - (month > 1), month, 1)
            end = _date(year + (month == 1), month, 1)
        a, b = (int(np.clip((edge - date[0]).astype(int), 0, len(date))) for edge in (begin, end))
        if b > a:
            skipped = max(0, int((date[0] - begin).astype(int)))
            found.append((year, a, b, skipped, int((end - begin).astype(int))))
    if not found:
        raise IndicatorError(f"the record from {date[0]} to {date[-1]} has no day of the season")
    columns = (np.array(column, dtype=np.int64) for column in zip(*found, strict=True))
    return Periods("water_year" if read is None else "year", *columns)


def months_of(date: Dates) -> Periods:
    """Cut a record into months.

    Parameters
    ----------
    date : ndarray, datetime64[D]
        Consecutive days.
    """
    if not len(date):
        raise IndicatorError("there are no days in the series")
    label = np.arange(date[0].astype("datetime64[M]"), date[-1].astype("datetime64[M]") + 1)
    begin, end = label.astype("datetime64[D]"), (label + 1).astype("datetime64[D]")
    first, after = (np.clip((edge - date[0]).astype(np.int64), 0, len(date)) for edge in (begin, end))
    skipped = np.maximum(0, (date[0] - begin).astype(np.int64))
    return Periods("month", label.astype("datetime64[ns]"), first, after, skipped, (end - begin).astype(np.int64))


def over_periods(
    days: Days,
    periods: Periods,
    functions: dict[str, Callable[[Floats], Any]],
    min_valid: float,
) -> xr.Dataset:
    """Apply functions of the days of a period to every period.

    Parameters
    ----------
    days : Days
    periods : Periods
    functions : dict of str to callable
        By the name of the result; each takes values of shape (m, k) and gives shape (k,).
    min_valid : float
        Part of a period that must have data; NaN below.

    Returns
    -------
    Dataset
        With the coordinate ``valid_fraction``.
    """
    fraction = periods.valid_fraction(days.values)
    enough = fraction >= min_valid - ALMOST
    made = {}
    for name, function in functions.items():
        rows = [np.asarray(function(days.values[part]), dtype=float) for part in periods.rows()]
        made[name] = days.array(np.where(enough, np.reshape(rows, enough.shape), np.nan), periods.axis)
    dataset = xr.Dataset(made, attrs=dict(days.counts))
    return dataset.assign_coords(valid_fraction=days.array(fraction, periods.axis))
