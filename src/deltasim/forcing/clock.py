"""The clock of a run: ISO 8601 times to seconds since its start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from deltasim.units import DURATION, UnitsError, parse, quote

__all__ = ["Clock", "OffsetError", "TimeError", "TimesError", "read_time", "show_time"]

EXAMPLE = "such as 2019-08-11T06:00"


class TimeError(ValueError):
    """A time cannot be read."""


class TimesError(ValueError):
    """Some times of a list cannot be read.

    Parameters
    ----------
    faults : sequence of (int, str)
        Row and message of each.
    seconds : ndarray
        What could be read, NaN elsewhere.
    """

    def __init__(self, faults: Sequence[tuple[int, str]], seconds: NDArray[np.float64]) -> None:
        self.faults = tuple(faults)
        self.seconds = seconds
        super().__init__(faults[0][1])


class OffsetError(TimeError):
    """A time has an offset and the clock has none."""


def read_time(value: object) -> datetime:
    """Read a date or a time, from TOML or as ISO 8601 text; without an offset it is naive.

    Raises
    ------
    TimeError
        With what was expected and what was got.
    """
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError as error:
            detail = f" ({error})" if " must be in " in str(error) or " is out of range" in str(error) else ""
            raise TimeError(f"expected a time {EXAMPLE}, got {quote(value)}{detail}") from error
    raise TimeError(f"expected a time {EXAMPLE}, got {quote(value)}")


def show_time(moment: datetime) -> str:
    """Write a time as short as it can be: ``2019-08-11T06:00``."""
    return moment.isoformat(timespec="auto" if moment.second or moment.microsecond else "minutes")


@dataclass(frozen=True)
class Clock:
    """Start and end of a run, both with an offset or both without.

    Times without an offset are in the clock of `start`; times with one are converted to it.

    Parameters
    ----------
    start, end : datetime
        End after start.
    is_known : bool
        False for a stand-in that accepts every time and that every series covers.
    """

    start: datetime
    end: datetime
    is_known: bool = True

    @classmethod
    def unknown(cls) -> Clock:
        """Make a clock for a scenario whose own is invalid, so that its series can be checked all the same."""
        return cls(datetime(2000, 1, 1), datetime(2000, 1, 2), is_known=False)

    @property
    def duration(self) -> float:
        """Length of the run in seconds."""
        return (self.end - self.start).total_seconds()

    @property
    def local_start(self) -> datetime:
        """The start as the run's own clock shows it, without its offset."""
        return self.start.replace(tzinfo=None)

    def local(self, moment: datetime) -> datetime:
        """Show a time on the run's own clock, without offset.

        Raises
        ------
        OffsetError
            The time has an offset and the clock has none.
        """
        if moment.tzinfo is None:
            return moment
        if not self.is_known:
            return moment.replace(tzinfo=None)
        if self.start.tzinfo is None:
            shown = show_time(moment)
            remedy = f"write start as {show_time(self.start)}{shown[-6:]}, or the times without offset"
            raise OffsetError(f"{shown} has an offset, but the start of the run has none; {remedy}")
        return moment.astimezone(self.start.tzinfo).replace(tzinfo=None)

    def seconds(self, values: Sequence[object] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert times to seconds since the start.

        Parameters
        ----------
        values : sequence
            All of them numbers (seconds since the start already), or all of them times.

        Raises
        ------
        TimesError
            With all that cannot be read; an offset that the clock does not have is told once.
        """
        if isinstance(values, np.ndarray):
            return values
        if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
            return np.array(values, dtype=np.float64)
        return self._seconds_of_times(values)

    def _seconds_of_times(self, values: Sequence[object]) -> NDArray[np.float64]:
        start, parse = self.local_start, datetime.fromisoformat
        second = timedelta(seconds=1)
        result: list[float] = []
        faults: list[tuple[int, str]] = []
        offset_told = False
        for row, value in enumerate(values):
            try:
                # The short way for what nearly every row is; read_time explains what is not.
                moment = parse(value) if isinstance(value, str) else read_time(value)
                local = moment if moment.tzinfo is None else self.local(moment)
            except ValueError:
                try:
                    local = self.local(read_time(value))
                except TimeError as error:
                    if not (isinstance(error, OffsetError) and offset_told):
                        faults.append((row, _mixed(value, error)))
                    offset_told = offset_told or isinstance(error, OffsetError)
                    result.append(math.nan)
                    continue
            result.append((local - start) / second)
        seconds = np.array(result, dtype=np.float64)
        if faults:
            raise TimesError(faults, seconds)
        return seconds

    def show(self, seconds: float) -> str:
        """Write the time that is so many seconds after the start, on the run's own clock."""
        try:
            return show_time(self.local_start + timedelta(seconds=float(seconds)))
        except OverflowError:
            return f"{seconds:g} s after the start"


def _mixed(value: object, error: TimeError) -> str:
    """Say what is wrong with one of several times, and what may have been meant."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value} stands among dates; give all times as dates or all as seconds since the start"
    try:
        seconds = parse(value, DURATION) if isinstance(value, str) else math.nan
    except UnitsError:
        seconds = math.nan
    return str(error) if math.isnan(seconds) else f"{error}; {quote(value)} after the start is the number {seconds:g}"
