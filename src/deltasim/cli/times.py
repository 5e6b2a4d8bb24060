"""Times in the words of a table: spans, moments of the run's own clock."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

__all__ = ["brief", "moment", "period", "span"]

UNITS = (("day", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))
SHORT = 7200.0
"""Runs below this, s, are told to the second, others to the minute."""


def span(seconds: float) -> str:
    """A length of time in the largest unit that it is a whole number of.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str
        ``10 days``, ``36 h``, ``15 min``, ``0.5 s``.
    """
    for word, size in UNITS:
        count = seconds / size
        if count >= 1.0 and abs(count - round(count)) < 1e-9 * count:
            return f"{round(count)} {word}{'s' if word == 'day' and round(count) > 1 else ''}"
    return f"{seconds:g} s"


def brief(seconds: float) -> str:
    """How long a computer took: ``3.2 ms``, ``1.2 s``, ``140 s``."""
    value, unit = (seconds * 1e3, "ms") if seconds < 1.0 else (seconds, "s")
    return f"{value:,.1f} {unit}" if value < 100.0 else f"{value:,.0f} {unit}"


def moment(start: datetime, seconds: float, duration: float) -> str:
    """A time on the run's own clock, to the minute; short runs to the second.

    Parameters
    ----------
    start : datetime
        Start of the run.
    seconds : float, s
        After the start; NaN where there is no such time.
    duration : float, s
        Of the whole run.

    Returns
    -------
    str
        ``2019-08-12 06:15``; ``-`` for NaN.
    """
    if not math.isfinite(seconds):
        return "-"
    unit, precision = (1.0, "seconds") if duration < SHORT else (60.0, "minutes")
    local = start.replace(tzinfo=None) + timedelta(seconds=unit * round(seconds / unit))
    return local.isoformat(sep=" ", timespec=precision)


def period(start: datetime, duration: float) -> str:
    """From when to when, with the offset of the clock where it is known.

    Parameters
    ----------
    start : datetime
    duration : float, s

    Returns
    -------
    str
        ``2019-08-10 00:00 to 2019-08-20 00:00 (UTC+08:00), 10 days``.
    """
    clock = "" if start.tzinfo is None else f" ({start.tzname()})"
    return f"{moment(start, 0.0, duration)} to {moment(start, duration, duration)}{clock}, {span(duration)}"
