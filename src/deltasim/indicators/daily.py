"""Days: which day a value belongs to, and what becomes of days without data.

An interval belongs to the day of its midpoint and weighs as much as it is long. That matters: a daily mean dated at its
end, read as that day's, puts every month one day late.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from deltasim.errors import IndicatorError
from deltasim.results.time_comment import clock_offset

__all__ = ["ALMOST", "Bounds", "Days", "Gaps", "Series", "daily", "read_days", "read_moments", "read_series"]

Floats = NDArray[np.float64]
Dates = NDArray[np.datetime64]
Gaps = Literal["linear"] | None
Bounds = xr.DataArray | NDArray[np.datetime64] | None

DAY = 86400.0
ALMOST = 1e-9
"""Round-off that a comparison forgives: 1.3 m less 1.2 m is to reach a threshold of 0.1 m."""


@dataclass(frozen=True)
class Series:
    """Values over intervals.

    Parameters
    ----------
    start, end : ndarray, shape (n,), datetime64[ns]
        Of each interval, on the clock in which days are counted.
    values : ndarray, shape (n, k)
        Means over the intervals; all dimensions but time are one.
    slab : DataArray
        One moment of the source: the dimensions and coordinates behind `k`.
    """

    start: Dates
    end: Dates
    values: Floats
    slab: xr.DataArray

    @property
    def seconds(self) -> Floats:
        """Length of each interval, s."""
        return np.asarray((self.end - self.start) / np.timedelta64(1, "s"), dtype=float)


@dataclass(frozen=True)
class Days:
    """A series of consecutive days.

    Parameters
    ----------
    date : ndarray, shape (n_day,), datetime64[D]
    values : ndarray, shape (n_day, k)
        Daily means; NaN where there is none.
    slab : DataArray
        One moment of the source: the dimensions and coordinates behind `k`.
    counts : dict
        How many days (of all k together) are missing, and how many were filled: attributes of whatever is made of them.
    """

    date: Dates
    values: Floats
    slab: xr.DataArray
    counts: dict[str, Any] = field(default_factory=dict)

    def array(self, values: NDArray[Any], *axes: tuple[str, ArrayLike]) -> xr.DataArray:
        """Give results their dimensions back.

        Parameters
        ----------
        values : ndarray, shape (..., k)
        *axes : tuple of (str, array_like)
            Name and labels of each axis before the last.

        Returns
        -------
        DataArray
            Those axes first, then the dimensions of the source.
        """
        lead = [name for name, _ in axes]
        shape = (*(np.shape(values)[: len(axes)]), *self.slab.shape)
        coords: dict[Any, Any] = {name: np.asarray(labels) for name, labels in axes}
        kept = {name: coord for name, coord in self.slab.coords.items() if "time" not in coord.dims}
        return xr.DataArray(
            np.reshape(values, shape), dims=(*lead, *self.slab.dims), coords={**kept, **coords}, attrs=dict(self.counts)
        )


def daily(
    values: xr.DataArray,
    *,
    bounds: Bounds = None,
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
) -> xr.DataArray:
    """Make daily means.

    Parameters
    ----------
    values : DataArray, (time, ...)
        Any series. One of a deltasim result needs nothing besides: its intervals and its clock are known.
    bounds : DataArray or ndarray, shape (n, 2), optional
        Beginning and end of the interval that each value is the mean of. Without, a daily value is that of its date,
        and of anything finer each value stands for an interval around its time.
    min_valid : float
        Fraction of a day that must have values; NaN below.
    gaps : {"linear"}, optional
        Fill gaps of up to `max_gap` days by linear interpolation.
    max_gap : int, days, optional

    Returns
    -------
    DataArray, (time, ...)
        Dates without hole; attributes ``days_missing`` and ``days_filled``.

    Raises
    ------
    IndicatorError
        The times cannot be read as days.
    """
    days = read_days(values, bounds=bounds, min_valid=min_valid, gaps=gaps, max_gap=max_gap)
    made = days.array(days.values, ("time", days.date.astype("datetime64[ns]")))
    return made.assign_attrs({**values.attrs, **days.counts}).rename(values.name)


def read_days(
    values: xr.DataArray,
    *,
    bounds: Bounds = None,
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
) -> Days:
    """Read a series as `daily` does, in the form that the indices calculate with."""
    if not 0.0 < min_valid <= 1.0:
        raise IndicatorError(f"min_valid is a fraction above 0 and at most 1, got {min_valid:g}")
    series = read_series(values, bounds=bounds)
    middle = series.start + (series.end - series.start) // 2
    date = middle.astype("datetime64[D]")
    if not len(date):
        return Days(date, series.values, series.slab, {"days_missing": 0, "days_filled": 0})
    first_rows = np.flatnonzero(np.concatenate(([True], date[1:] != date[:-1])))
    weight = np.where(np.isfinite(series.values), series.seconds[:, None], 0.0)
    gathered = np.add.reduceat(weight, first_rows, axis=0)
    total = np.add.reduceat(weight * np.nan_to_num(series.values, nan=0.0), first_rows, axis=0)
    # Either is whole: an output step of 5 h gives some days 20 h by midpoints and leaves no hour of them out.
    covered = np.maximum(gathered, _seconds_with_data(series, date[first_rows]))
    enough = (covered >= min_valid * DAY * (1.0 - ALMOST)) & (gathered > 0.0)
    mean = np.where(enough, total / np.where(gathered > 0.0, gathered, 1.0), np.nan)
    every = np.arange(date[0], date[-1] + 1)
    found = np.full((len(every), mean.shape[1]), np.nan)
    found[(date[first_rows] - date[0]).astype(int)] = mean
    filled = _fill(found, gaps, max_gap)
    counts = {"days_missing": int(np.isnan(found).sum()) - filled, "days_filled": filled}
    if filled:
        found = _filled(found, max_gap or 0)
    return Days(every, found, series.slab, counts)


def _seconds_with_data(series: Series, date: Dates) -> Floats:
    """Seconds of each day that lie in an interval with a value, shape (n_day, k)."""
    origin = date[0].astype("datetime64[ns]")
    edges = np.stack([series.start, series.end], axis=1).ravel()
    at = (edges - origin) / np.timedelta64(1, "s")
    opens = (date.astype("datetime64[ns]") - origin) / np.timedelta64(1, "s")
    found = np.empty((len(date), series.values.shape[1]))
    for column in range(found.shape[1]):
        length = np.where(np.isfinite(series.values[:, column]), series.seconds, 0.0)
        so_far = np.repeat(np.cumsum(length), 2)
        so_far[0::2] -= length
        found[:, column] = np.interp(opens + DAY, at, so_far) - np.interp(opens, at, so_far)
    return found


def read_series(values: xr.DataArray, *, bounds: Bounds = None) -> Series:
    """Find the interval that each value stands for.

    Parameters
    ----------
    values : DataArray, (time, ...)
    bounds : DataArray or ndarray, shape (n, 2), optional
        As for `daily`.

    Returns
    -------
    Series
        Intervals without length are left out: the first time of a result ends none.
    """
    stamps, plain, slab = _plain(values)
    time = values["time"]
    offset = clock_offset(str(time.attrs.get("comment", "")))
    if bounds is not None:
        pairs = np.asarray(bounds, dtype="datetime64[ns]")
        if pairs.shape != (len(stamps), 2):
            raise IndicatorError(f"expected bounds of shape ({len(stamps)}, 2), got {pairs.shape}")
        series = Series(pairs[:, 0], pairs[:, 1], plain, slab)
    elif offset is not None:
        series = _of_result(stamps, plain, slab, str(values.attrs.get("cell_methods", "")))
    elif "bounds" in time.attrs and "time: mean" in str(values.attrs.get("cell_methods", "")):
        name = time.attrs["bounds"]
        raise IndicatorError(f'the values are means over intervals that "{name}" tells; give bounds=dataset["{name}"]')
    else:
        series = _around(stamps, plain, slab)
    if offset:
        shift = np.timedelta64(offset)
        series = replace(series, start=series.start + shift, end=series.end + shift)
    kept = series.end > series.start
    return replace(series, start=series.start[kept], end=series.end[kept], values=series.values[kept])


def read_moments(values: xr.DataArray) -> Series:
    """Read a series for its extremes: every value at its time, each interval without length.

    The first value of a result's means has no interval before it and is left out.
    """
    stamps, plain, slab = _plain(values)
    if not len(stamps):
        raise IndicatorError("there are no times in the series")
    of_means = "time: mean" in str(values.attrs.get("cell_methods", ""))
    if of_means and clock_offset(str(values["time"].attrs.get("comment", ""))) is not None:
        first = int(np.isnan(plain[0]).all() and len(stamps) > 1)
        stamps, plain = stamps[first:], plain[first:]
    return Series(stamps, stamps, plain, slab)


def _plain(values: xr.DataArray) -> tuple[Dates, Floats, xr.DataArray]:
    """Times, values with one column for all other dimensions, and those dimensions."""
    if not isinstance(values, xr.DataArray):
        raise IndicatorError(f"expected an xarray.DataArray with a dimension time, got {type(values).__name__}")
    if "time" not in values.dims or "time" not in values.coords:
        raise IndicatorError(
            f"expected a dimension and coordinate time, got {', '.join(map(str, values.dims)) or 'none'}"
        )
    time = values["time"]
    if time.dtype.kind != "M":
        raise IndicatorError(
            f"expected times of type datetime64, got {time.dtype}; decode them or convert the calendar"
        )
    stamps = time.values.astype("datetime64[ns]")
    if np.any(np.diff(stamps) <= np.timedelta64(0)):
        raise IndicatorError("times must rise from row to row; sort them and drop duplicates")
    ordered = values.transpose("time", ...)
    slab = ordered.isel(time=0, drop=True) if len(stamps) else ordered.sum("time")
    plain = np.asarray(ordered.values, dtype=float).reshape(len(stamps), -1)
    return stamps, plain, slab


def _of_result(stamps: Dates, values: Floats, slab: xr.DataArray, methods: str) -> Series:
    """Intervals of a deltasim result end at its times; what is of a moment is averaged over them."""
    start = np.concatenate((stamps[:1], stamps[:-1]))
    if "time: mean" in methods and len(stamps) > 1 and np.isfinite(values[0]).any():
        start[0] -= stamps[1] - stamps[0]  # a part of a result, cut out after its beginning
    if "time: point" in methods and len(stamps) > 1:
        values = np.concatenate((values[:1], 0.5 * (values[1:] + values[:-1])))
    return Series(start, stamps, values, slab)


def _around(stamps: Dates, values: Floats, slab: xr.DataArray) -> Series:
    """Each value for its own date, or for an interval around it where there are several a day."""
    day = np.timedelta64(1, "D").astype("timedelta64[ns]")
    usual = np.median(np.diff(stamps).astype(np.int64)) if len(stamps) > 1 else day.astype(np.int64)
    if usual >= day.astype(np.int64):
        start = stamps.astype("datetime64[D]").astype("datetime64[ns]")
        return Series(start, start + day, values, slab)
    half = np.timedelta64(int(usual) // 2, "ns")
    return Series(stamps - half, stamps + half, values, slab)


def _fill(values: Floats, gaps: Gaps, max_gap: int | None) -> int:
    """Count what there is to fill, after looking at what is asked."""
    if gaps is None:
        if max_gap is not None:
            raise IndicatorError('max_gap says nothing without gaps; give gaps="linear" too')
        return 0
    if gaps != "linear":
        raise IndicatorError(f'gaps is "linear" or nothing, got "{gaps}"')
    if max_gap is None or max_gap < 1:
        raise IndicatorError('gaps="linear" needs max_gap, the most days to fill at a stretch, 1 or more')
    return int(np.isnan(values).sum() - np.isnan(_filled(values, max_gap)).sum())


def _filled(values: Floats, max_gap: int) -> Floats:
    """Interpolate across gaps that have a value on either side and are short enough."""
    result = values.copy()
    rows = np.arange(len(values))
    for column in result.T:
        there = np.flatnonzero(np.isfinite(column))
        if len(there) < 2:
            continue
        ends = np.diff(there)
        inside = np.searchsorted(there, rows, side="right") - 1
        bridged = (inside >= 0) & (inside < len(ends))
        bridged[bridged] = ends[inside[bridged]] - 1 <= max_gap
        bridged &= np.isnan(column)
        column[bridged] = np.interp(rows[bridged], there, column[there])
    return result
