"""What is known of the future when a run begins: series later, their highest until then, the calendar."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from deltasim.signal import Signal

__all__ = ["ahead", "day_of_year", "end_of", "max_ahead", "month"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Breakpoints closer than this, s, are one: the solver stops at each, and no series is known better.
CLOSE = 1e-6


def ahead(signal: Signal, lead: float) -> Signal:
    """Return what a signal is `lead` (s) later; beyond its end its last value."""
    return Signal(signal.time - lead, signal.value, signal.interpolation)


def max_ahead(signal: Signal, lead: float) -> Signal:
    """Return the highest value of a signal from now until `lead` (s) later.

    Parameters
    ----------
    signal : Signal
    lead : float, s
        Not negative.

    Returns
    -------
    Signal
        M(t) = max of the signal on [t, t + lead], exact: of a piecewise constant signal piecewise constant, of a
        piecewise linear one piecewise linear, with its kinks where a point of the signal enters or leaves the window
        and where the two ends of the window, or one of them and the highest point between, are level.
    """
    if lead == 0.0 or signal.is_constant:
        return signal
    entering, leaving = signal.time - lead, signal.time
    time = _apart(np.sort(np.concatenate([entering, leaving])))
    if signal.interpolation == "previous":
        first = np.maximum(np.searchsorted(leaving, time + CLOSE, side="right") - 1, 0)
        last = np.maximum(np.searchsorted(entering, time + CLOSE, side="right") - 1, 0)
        return _tidy(Signal(time, _highest(signal.value, first, last), "previous"))
    later = ahead(signal, lead)
    time = _apart(np.sort(np.concatenate([time, _crossings(signal, later, time)])))
    return Signal(time, np.maximum(np.maximum(signal.at(time), later.at(time)), _inside(signal, later, time)), "linear")


def _inside(signal: Signal, later: Signal, time: Floats) -> Floats:
    """Highest point of the signal within each window; -inf where there is none."""
    first = np.searchsorted(signal.time, time, side="left")
    last = np.searchsorted(later.time, time, side="right") - 1
    return _highest(signal.value, first, last)


def _highest(value: Floats, first: Integers, last: Integers) -> Floats:
    """Maximum of ``value[first : last + 1]`` for each pair; -inf where it is empty.

    By the maxima over 2, 4, 8 ... values: two of them that overlap cover any range.
    """
    result = np.full(first.shape, -np.inf)
    count = last - first + 1
    level = np.zeros(count.shape, dtype=np.int64)
    level[count > 0] = np.floor(np.log2(count[count > 0])).astype(np.int64)
    maxima, width = value, 1
    for power in range(int(level.max(initial=0)) + 1):
        if power:
            maxima = np.maximum(maxima[:-width], maxima[width:])
            width *= 2
        here = (level == power) & (count > 0)
        result[here] = np.maximum(maxima[first[here]], maxima[last[here] - width + 1])
    return result


def _crossings(signal: Signal, later: Signal, time: Floats) -> Floats:
    """Times at which the highest line of a window changes, in each interval in which no point enters or leaves."""
    begin, end = time[:-1], time[1:]
    middle = 0.5 * (begin + end)
    inside = _inside(signal, later, middle)
    level = np.where(np.isfinite(inside), inside, np.minimum(signal.at(middle), later.at(middle)))
    lines = [(signal.at(begin), signal.at(end)), (later.at(begin), later.at(end)), (level, level)]
    found = []
    for one, other in ((0, 1), (0, 2), (1, 2)):
        left, right = lines[one][0] - lines[other][0], lines[one][1] - lines[other][1]
        crosses = left * right < 0.0
        share = left[crosses] / (left[crosses] - right[crosses])
        found.append(begin[crosses] + share * (end - begin)[crosses])
    return np.concatenate(found)


def _apart(time: Floats) -> Floats:
    """Drop what follows too close on the time before it."""
    return np.asarray(time[np.concatenate([[True], np.diff(time) > CLOSE])], dtype=np.float64)


def _tidy(signal: Signal) -> Signal:
    """Drop the times of a piecewise constant signal at which nothing changes."""
    keep = np.concatenate([[True], np.diff(signal.value) != 0.0])
    return Signal(signal.time[keep], signal.value[keep], signal.interpolation)


def end_of(signal: Signal) -> float:
    """Time, s, at which the last value of a series ends; its last interval is as long as the one before it."""
    if signal.interpolation == "linear" or signal.time.size < 2:
        return float(signal.time[-1])
    return float(2.0 * signal.time[-1] - signal.time[-2])


def month(start: datetime, duration: float) -> Signal:
    """Month of the year, 1 to 12, on the run's own clock.

    Parameters
    ----------
    start : datetime
        Of the run, on its own clock, without offset.
    duration : float, s
    """
    days = _days(start, duration)
    number = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return _tidy(Signal(_seconds(days, start), number.astype(np.float64)))


def day_of_year(start: datetime, duration: float) -> Signal:
    """Day of the year, 1 to 366, on the run's own clock; parameters as of `month`."""
    days = _days(start, duration)
    first = days.astype("datetime64[Y]").astype("datetime64[D]")
    number = (days - first).astype(np.int64) + 1
    return Signal(_seconds(days, start), number.astype(np.float64))


def _days(start: datetime, duration: float) -> NDArray[np.datetime64]:
    first = np.datetime64(start.date(), "D")
    return np.arange(first, first + int(duration // 86400.0) + 2)


def _seconds(days: NDArray[np.datetime64], start: datetime) -> Floats:
    since = days.astype("datetime64[us]") - np.datetime64(start, "us")
    return np.asarray(since / np.timedelta64(1, "s"), dtype=np.float64)
