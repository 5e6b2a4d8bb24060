"""What a flood did: peaks, volumes, hours above a level, storage used. On the series itself, not on its days."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import IndicatorError
from deltasim.indicators.daily import Bounds, Days, Series, read_moments, read_series

__all__ = ["attenuation", "peak", "stage_above", "storage_used", "volume_above"]

Floats = NDArray[np.float64]
Dates = NDArray[np.datetime64]
HOUR = 3600.0


def peak(values: xr.DataArray) -> xr.Dataset:
    """Find the largest value of each series and when it first was.

    Parameters
    ----------
    values : DataArray, (time, ...)
        Stage or discharge.

    Returns
    -------
    Dataset, (...)
        ``peak_value``, and ``time_to_peak`` in hours since the first time of the series. NaN where a value is missing.
    """
    moments = read_moments(values)
    hours = (moments.end - moments.end[0]) / np.timedelta64(1, "s") / HOUR
    top, row = _peaks(moments.values)
    return _dataset(moments, {"peak_value": top, "time_to_peak": np.where(np.isfinite(top), hours[row], np.nan)})


def attenuation(upstream: xr.DataArray, downstream: xr.DataArray) -> xr.Dataset:
    """Compare the peaks of two discharges: by how much the second is lower, and how much later.

    Parameters
    ----------
    upstream, downstream : DataArray, (time, ...), m3/s
        The same dimensions.

    Returns
    -------
    Dataset, (...)
        ``peak_attenuation``, part of the upstream peak that is gone downstream (negative where it grew), and
        ``peak_lag`` in hours.
    """
    one, other = read_moments(upstream), read_moments(downstream)
    if one.values.shape[1] != other.values.shape[1]:
        raise IndicatorError("upstream and downstream must have the same dimensions besides time")
    (high, first), (low, second) = _peaks(one.values), _peaks(other.values)
    known = np.isfinite(high) & np.isfinite(low)
    usable = known & (high > 0.0)
    lag = (other.end[second] - one.end[first]) / np.timedelta64(1, "s") / HOUR
    share = np.where(usable, 1.0 - low / np.where(usable, high, 1.0), np.nan)
    return _dataset(one, {"peak_attenuation": share, "peak_lag": np.where(known, lag, np.nan)})


def volume_above(discharge: xr.DataArray, *, threshold: float = 0.0, bounds: Bounds = None) -> xr.Dataset:
    """Add up the water above a discharge.

    Parameters
    ----------
    discharge : DataArray, (time, ...), m3/s
    threshold : float, m3/s
        With 0, all that flowed forward.
    bounds : DataArray or ndarray, shape (n, 2), optional
        As for `daily`.

    Returns
    -------
    Dataset, (...)
        ``volume_above``, m3. NaN where a value is missing.
    """
    series = read_series(discharge, bounds=bounds)
    above = np.maximum(series.values - threshold, 0.0) * series.seconds[:, None]
    return _dataset(series, {"volume_above": above.sum(axis=0)})


def stage_above(stage: xr.DataArray, *, level: float) -> xr.Dataset:
    """Say how long water stood above a level, and how far below or above it the peak was.

    Parameters
    ----------
    stage : DataArray, (time, ...), m
    level : float, m
        Of a crest, a floor, a warning.

    Returns
    -------
    Dataset, (...)
        ``hours_above``, with the stage linear between its times, and ``freeboard``, the level less the peak (m),
        negative where it was passed. NaN where a value is missing.
    """
    moments = read_moments(stage)
    high = moments.values - level
    hours = np.diff(moments.end) / np.timedelta64(1, "s") / HOUR
    before, after = high[:-1], high[1:]
    larger, smaller = np.maximum(before, after), np.minimum(before, after)
    crossing = (larger > 0.0) & (smaller < 0.0)
    part = np.where(crossing, larger / np.where(crossing, larger - smaller, 1.0), (larger > 0.0).astype(float))
    part = np.where(np.isfinite(before + after), part, np.nan)
    top, _ = _peaks(moments.values)
    return _dataset(moments, {"hours_above": (part * hours[:, None]).sum(axis=0), "freeboard": level - top})


def storage_used(storage: xr.DataArray, *, low: float = 0.05, high: float = 0.95) -> xr.Dataset:
    """Say how much of a storage the flood used, and how long it took to fill and to empty.

    Parameters
    ----------
    storage : DataArray, (time, ...), m3
    low, high : float
        Parts of the rise between which times are counted: the ends of a hydrograph are too flat to be dated.

    Returns
    -------
    Dataset, (...)
        ``peak_storage_used``, the largest storage less the first, m3; ``filling_time``, hours from when the storage
        last passes the low mark before its peak to when it first reaches the high one; ``emptying_time``, hours from
        when it last leaves the high mark to when it first falls to the low one thereafter. NaN where it does not, and
        where nothing was used.
    """
    if not 0.0 <= low < high <= 1.0:
        raise IndicatorError(f"low and high are parts of the rise, 0 <= low < high <= 1, got {low:g} and {high:g}")
    moments = read_moments(storage)
    hours = np.asarray((moments.end - moments.end[0]) / np.timedelta64(1, "s") / HOUR, dtype=float)
    top, row = _peaks(moments.values)
    used = top - moments.values[0]
    filling, emptying = np.full_like(used, np.nan), np.full_like(used, np.nan)
    for column in np.flatnonzero(used > 0.0):
        part = (moments.values[:, column] - moments.values[0, column]) / used[column]
        crest = int(row[column])
        filling[column] = _span(hours[: crest + 1], part[: crest + 1], low, high)
        emptying[column] = _span(-hours[crest:][::-1], part[crest:][::-1], low, high)
    return _dataset(moments, {"peak_storage_used": used, "filling_time": filling, "emptying_time": emptying})


def _span(hours: Floats, part: Floats, low: float, high: float) -> float:
    """Hours of a limb that ends at its crest: from the low mark, passed last, to the first reaching of the high one."""
    below = np.flatnonzero(part <= low)
    if not len(below):
        return np.nan
    begin = int(below[-1])
    after = begin + int(np.argmax(part[begin:] >= high))
    return _cross(hours, part, after - 1, high) - _cross(hours, part, begin, low)


def _cross(hours: Floats, part: Floats, row: int, mark: float) -> float:
    """Where the line from a row to the next one passes a mark."""
    a, b = part[row], part[row + 1]
    share = 0.0 if b == a else (mark - a) / (b - a)
    return float(hours[row] + share * (hours[row + 1] - hours[row]))


def _peaks(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Largest value of each column and its row; NaN where one is missing, for it may have been the largest."""
    row = np.argmax(np.where(np.isfinite(values), values, -np.inf), axis=0)
    return np.max(values, axis=0), row


def _dataset(series: Series, columns: dict[str, Any]) -> xr.Dataset:
    days = Days(series.end.astype("datetime64[D]"), series.values, series.slab)
    return xr.Dataset({name: days.array(values) for name, values in columns.items()})
