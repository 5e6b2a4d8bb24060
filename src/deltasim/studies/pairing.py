"""Which simulated values stand against which observed ones: times and intervals, sums and changes, the two halves.

Everything here is linear: a row of what is compared is a weighted sum of some of the observed items, and the same sum
of the simulated values of these items. What was not observed is in neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

__all__ = ["Half", "Items", "Transform", "changes", "intervals", "plain", "totals"]

Floats = NDArray[np.float64]

LONGEST = 1.5
"""An interval longer than so many usual ones has rows missing in it, and is cut to a usual one."""
SAME_TIME = 1e-3
"""Times closer than this, s, are one."""


@dataclass(frozen=True)
class Items:
    """Observed values with the time or the interval for which each stands.

    Parameters
    ----------
    begin, end : ndarray, shape (n,), s
        Since the start of the run; equal for values at an instant.
    value : ndarray, shape (n,)
        NaN where it is missing.
    """

    begin: Floats
    end: Floats
    value: Floats

    @property
    def is_instant(self) -> bool:
        """Whether values are of instants, not means over intervals."""
        return bool(np.array_equal(self.begin, self.end))

    def simulated(self, time: Floats, values: Floats) -> Floats:
        """Find what the run has for each item.

        Parameters
        ----------
        time : ndarray, shape (m,), s
            Output times, the first at the start.
        values : ndarray, shape (m,)
            At these times, or means over the output intervals that end at them (the first is not used).

        Returns
        -------
        ndarray, shape (n,)
            Linear between output times; over intervals exact where they begin and end at output times.
        """
        if self.is_instant:
            return np.interp(self.end, time, values)
        passed = np.concatenate(([0.0], np.cumsum(values[1:] * np.diff(time))))
        volume = np.interp(self.end, time, passed) - np.interp(self.begin, time, passed)
        return np.asarray(volume / (self.end - self.begin))


def intervals(time: Floats, value: Floats, stamp: str) -> Items:
    """Give every row the interval to the next one (or from the last one), as a series of rain has it.

    Parameters
    ----------
    time : ndarray, shape (n,), s
        Rising.
    value : ndarray, shape (n,)
    stamp : {"start", "end"}
        Which end of its interval a row is dated at.
    """
    length = np.diff(time)
    usual = float(np.median(length))
    length = np.where(length > LONGEST * usual, usual, length)
    if stamp == "end":
        return Items(time - np.concatenate((length[:1], length)), time, value)
    return Items(time, time + np.concatenate((length, length[-1:])), value)


@dataclass(frozen=True)
class Transform:
    """Weighted sums of items.

    Parameters
    ----------
    row, item : ndarray of int, shape (k,)
        Which item goes into which row.
    weight : ndarray, shape (k,)
    begin, end : ndarray, shape (n_row,), s
        What a row stands for.
    """

    row: NDArray[np.int64]
    item: NDArray[np.int64]
    weight: Floats
    begin: Floats
    end: Floats

    def __call__(self, values: Floats) -> Floats:
        """Make the rows out of the values of all items."""
        return np.asarray(np.bincount(self.row, self.weight * values[self.item], self.begin.size), dtype=np.float64)


@dataclass(frozen=True)
class Half:
    """One side of the split sample.

    Parameters
    ----------
    begin, end : float, s
        Since the start of the run.
    """

    begin: float
    end: float

    def inside(self, items: Items) -> NDArray[np.int64]:
        """Find the items that were observed in it: intervals that are whole, instants after its beginning."""
        first = self.begin + SAME_TIME if items.is_instant else self.begin - SAME_TIME
        within = (items.begin >= first) & (items.end <= self.end + SAME_TIME) & np.isfinite(items.value)
        return np.flatnonzero(within)


def plain(items: Items, half: Half) -> Transform:
    """Compare item by item."""
    chosen = half.inside(items)
    return Transform(np.arange(chosen.size), chosen, np.ones(chosen.size), items.begin[chosen], items.end[chosen])


def totals(items: Items, half: Half, every: float | str, start: datetime, mean: bool) -> Transform:
    """Sum up over periods, or take means; periods that are not whole in the half are left out.

    Parameters
    ----------
    items : Items
    half : Half
    every : float, s, or {"month", "year"}
        Length of a period, counted from the beginning of the half; or by the calendar.
    start : datetime
        Start of the run, on its own clock.
    mean : bool
        Means instead of sums of value times seconds.
    """
    chosen = half.inside(items)
    edges = _edges(half, every, start)
    # An interval belongs to the period of its middle.
    period = np.searchsorted(edges, 0.5 * (items.begin[chosen] + items.end[chosen]), "right") - 1
    if items.is_instant:
        period = np.searchsorted(edges, items.end[chosen] - SAME_TIME, "right") - 1
    known = (period >= 0) & (period < edges.size - 1)
    chosen, period = chosen[known], period[known]
    have, row = np.unique(period, return_inverse=True)
    weight = np.ones(chosen.size) if items.is_instant else items.end[chosen] - items.begin[chosen]
    if mean:
        weight = weight / np.bincount(row, weight)[row]
    return Transform(row.astype(np.int64), chosen, weight, edges[have], edges[have + 1])


def _edges(half: Half, every: float | str, start: datetime) -> Floats:
    """Where the whole periods of a half begin and end."""
    if not isinstance(every, str):
        count = int((half.end - half.begin + SAME_TIME) / every)
        return np.asarray(half.begin + every * np.arange(count + 1), dtype=np.float64)
    unit = "M" if every == "month" else "Y"
    origin = np.datetime64(start.replace(tzinfo=None), "us")

    def date(seconds: float) -> np.datetime64:
        return origin + np.timedelta64(round(seconds * 1e6), "us")

    turns = np.arange(date(half.begin).astype(f"M8[{unit}]"), date(half.end).astype(f"M8[{unit}]") + 1)
    edges: Floats = (turns.astype("M8[us]") - origin) / np.timedelta64(1, "s")
    inside = (edges >= half.begin - SAME_TIME) & (edges <= half.end + SAME_TIME)
    return np.asarray(edges[inside], dtype=np.float64)


def changes(items: Items, half: Half, lag: float) -> Transform:
    """Compare changes over a lag, between items that are just so far apart.

    Parameters
    ----------
    items : Items
        Of instants.
    half : Half
        Both ends of a change lie in it.
    lag : float, s
    """
    chosen = half.inside(items)
    time = items.end[chosen]
    before = np.searchsorted(time, time - lag - SAME_TIME)
    found = np.abs(time[before] - (time - lag)) <= SAME_TIME
    later, earlier = chosen[found], chosen[before[found]]
    row = np.arange(later.size)
    return Transform(
        np.concatenate((row, row)),
        np.concatenate((later, earlier)),
        np.concatenate((np.ones(later.size), -np.ones(later.size))),
        items.end[earlier],
        items.end[later],
    )
