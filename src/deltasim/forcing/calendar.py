"""Series that repeat every year by calendar date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from deltasim.forcing.clock import Clock, TimeError, TimesError, read_time, show_time
from deltasim.signal import Signal
from deltasim.units import quote

__all__ = ["YearDates", "monthly_signal", "read_year_dates"]

DATE_IN_YEAR = re.compile(r"\d\d-\d\d(?:[T ].*)?")
LEAP_YEAR = 2000


@dataclass(frozen=True)
class YearDates:
    """Dates of one year without the year, in the order of the rows, which may pass the turn of the year once.

    Parameters
    ----------
    month, day : ndarray of int64
        From 1.
    within_day : ndarray of float64, s
        Seconds since midnight.
    keep : ndarray of int64
        Rows of the series they belong to: a last row that is the first again is dropped.
    """

    month: NDArray[np.int64]
    day: NDArray[np.int64]
    within_day: NDArray[np.float64]
    keep: NDArray[np.int64]

    def of_one_year(self) -> NDArray[np.float64]:
        """Return rising seconds of the rows in one leap year and the next, for filling gaps."""
        days, _ = self._days_in(LEAP_YEAR)
        seconds = days * 86400.0 + self.within_day
        turns = np.cumsum(np.concatenate([[False], np.diff(seconds) < 0.0]))
        return np.asarray(seconds + turns * 366 * 86400.0)

    def expand(self, years: range, start: datetime) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Lay the dates into each of some years.

        Returns
        -------
        time : ndarray, s
            Seconds since `start`, rising.
        row : ndarray of int64
            Row of the series that each time takes its value from.
        """
        origin = (start - datetime(1970, 1, 1)) / timedelta(seconds=1)
        times, rows = [], []
        for year in years:
            days, exists = self._days_in(year)
            seconds = days * 86400.0 + self.within_day - origin
            order = np.argsort(seconds, kind="stable")
            order = order[exists[order]]
            times.append(seconds[order])
            rows.append(self.keep[order])
        return np.concatenate(times), np.concatenate(rows)

    def _days_in(self, year: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Count days since 1970; 29 February does not exist in a common year."""
        months = np.int64((year - 1970) * 12) + self.month - 1
        first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return first + self.day - 1, np.full(self.day.size, leap) | (self.month != 2) | (self.day != 29)


def read_year_dates(values: Sequence[object] | NDArray[np.float64], clock: Clock) -> YearDates:
    """Read the times of a series that repeats: ``04-01``, full dates within one year, or seconds since the start.

    Raises
    ------
    TimesError
        With all times that cannot be read, or the first that goes back or makes the series longer than a year.
    """
    moments, faults = [], []
    for row, value in enumerate(values):
        try:
            moments.append(_moment(value, clock))
        except TimeError as error:
            faults.append((row, str(error)))
    if faults:
        raise TimesError(faults, np.empty(0))
    dated = [moment.year != LEAP_YEAR or not _is_short(value) for moment, value in zip(moments, values, strict=True)]
    keys = [
        (m.month, m.day, (m - datetime.combine(m.date(), datetime.min.time())) / timedelta(seconds=1)) for m in moments
    ]
    _check_order(moments, keys, all(dated))
    count = len(keys)
    if count > 1 and keys[-1] == keys[0]:
        count -= 1
    month, day, within = zip(*keys[:count], strict=True)
    return YearDates(
        np.array(month, dtype=np.int64),
        np.array(day, dtype=np.int64),
        np.array(within),
        np.arange(count, dtype=np.int64),
    )


def _is_short(value: object) -> bool:
    return isinstance(value, str) and DATE_IN_YEAR.fullmatch(value.strip()) is not None


def _moment(value: object, clock: Clock) -> datetime:
    try:
        if _is_short(value):
            return read_time(f"{LEAP_YEAR}-{str(value).strip()}")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return clock.local_start + timedelta(seconds=float(value))
        return clock.local(read_time(value))
    except (TimeError, OverflowError, ValueError) as error:
        raise TimeError(f'expected a date such as "04-01" or 2019-04-01, got {quote(value)}') from error


def _check_order(moments: list[datetime], keys: list[tuple[int, int, float]], dated: bool) -> None:
    """Raise unless the dates go round the year once."""
    turns = 0
    for row in range(1, len(keys)):
        message = ""
        if dated and moments[row] <= moments[row - 1]:
            message = f"time goes back from {show_time(moments[row - 1])} to {show_time(moments[row])}"
        elif dated and (moments[row].year - moments[0].year, keys[row]) > (1, keys[0]):
            message = 'the series is longer than a year; with repeat = "year" each date may stand once'
        elif not dated and keys[row] == keys[row - 1]:
            message = f"the date {moments[row]:%m-%d} stands twice"
        elif not dated:
            turns += keys[row] < keys[row - 1]
            last_is_first = row == len(keys) - 1 and keys[row] == keys[0]
            if turns > 1 or (turns == 1 and keys[row] >= keys[0] and not last_is_first):
                message = f"the date goes back from {moments[row - 1]:%m-%d} to {moments[row]:%m-%d}"
        if message:
            raise TimesError([(row, message)], np.empty(0))


def monthly_signal(values: Sequence[float], clock: Clock) -> Signal:
    """Give every date of a run its value.

    Parameters
    ----------
    values : sequence of float, 12
        In the middle of each month, January first.
    clock : Clock
        The run.

    Returns
    -------
    Signal
        Step-wise by date, on the run's own clock: between the middles of months linear, at the noon of each date.
    """
    if len(set(values)) == 1:
        return Signal.constant(float(values[0]))
    first = clock.local_start.replace(hour=0, minute=0, second=0, microsecond=0)
    start = (first - clock.local_start).total_seconds()
    days = np.arange(int(np.ceil((clock.duration - start) / 86400.0)))
    turns = [
        datetime(first.year - 1 + (11 + k) // 12, (11 + k) % 12 + 1, 1) for k in range(38 + 12 * (days.size // 365))
    ]
    turn = np.array([(moment - first) / timedelta(days=1) for moment in turns])
    middle = 0.5 * (turn[:-1] + turn[1:])
    known = np.array([values[moment.month - 1] for moment in turns[:-1]], dtype=float)
    return Signal(np.asarray(start + 86400.0 * days, dtype=float), np.interp(days + 0.5, middle, known), "previous")
