"""Indicators of Hydrologic Alteration: 33 numbers for every water year."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from deltasim.errors import IndicatorError
from deltasim.indicators.daily import ALMOST, Bounds, Dates, Days, Gaps, read_days
from deltasim.indicators.periods import MONTHS, Periods, periods_of
from deltasim.indicators.runs import runs_of

__all__ = ["iha", "median_of"]

Floats = NDArray[np.float64]

WINDOWS = (1, 3, 7, 30, 90)


def iha(
    discharge: xr.DataArray,
    *,
    water_year_start: int = 10,
    baseline: xr.DataArray | None = None,
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
    bounds: Bounds = None,
) -> xr.Dataset:
    """Calculate the 33 Indicators of Hydrologic Alteration.

    Parameters
    ----------
    discharge : DataArray, (time, ...)
        Daily, or finer, which is averaged by day. Any other dimensions.
    water_year_start : int
        Month.
    baseline : DataArray, (time, ...), optional
        The record whose quartiles are the thresholds of pulses; `discharge` itself by default. It has the dimensions of
        `discharge`, or fewer.
    min_valid, gaps, max_gap, bounds
        As for `daily`; `min_valid` holds for years too.

    Returns
    -------
    Dataset, (water_year, ...)
        ``median_october`` ... ``median_september``; ``min_1day`` ... ``min_90day``, ``max_1day`` ... ``max_90day``,
        ``zero_flow_days``, ``base_flow_index``; ``date_of_min``, ``date_of_max``; ``low_pulse_count``,
        ``low_pulse_duration``, ``high_pulse_count``, ``high_pulse_duration``; ``rise_rate``, ``fall_rate``,
        ``reversals``.

    Notes
    -----
    The rules are those of The Nature Conservancy's program, version 7.1. Windows lie within the year. The base flow
    index is the least 7-day mean over the mean of the year. Dates are the first occurrence, numbered as in a leap
    year. Low pulses are runs at or below the lower quartile of the whole baseline, high pulses at or above the upper
    one (both with Weibull's plotting position); they are found in the whole record and belong to the year they begin
    in; durations are medians. Rates are medians of the positive and of the negative changes from day to day within the
    year; reversals are changes of sign among them, days without change skipped.

    References
    ----------
    Richter, B. D., Baumgartner, J. V., Powell, J. and Braun, D. P. (1996), A method for assessing hydrologic alteration
    within ecosystems, Conservation Biology 10(4), 1163-1174.
    The Nature Conservancy (2009), Indicators of Hydrologic Alteration Version 7.1 User's Manual.
    """
    policy: dict[str, Any] = {"min_valid": min_valid, "gaps": gaps, "max_gap": max_gap}
    days = read_days(discharge, bounds=bounds, **policy)
    periods = periods_of(days.date, water_year_start)
    quartiles = _quartiles(days if baseline is None else read_days(_like(baseline, discharge), **policy), days)
    fraction = periods.valid_fraction(days.values)
    enough = fraction >= min_valid - ALMOST
    rows = [{**_months(d, v), **_extremes(v), **_dates(d, v), **_changes(v)} for d, v in _years(days, periods)]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}
    columns |= _pulses(days, periods, quartiles)
    made = {
        name: days.array(np.where(enough, np.reshape(columns[name], enough.shape), np.nan), periods.axis)
        for name in _names(water_year_start)
    }
    dataset = xr.Dataset(made, attrs=dict(days.counts))
    return dataset.assign_coords(valid_fraction=days.array(fraction, periods.axis))


def _names(water_year_start: int) -> list[str]:
    """The 33 in their groups."""
    months = [*MONTHS[water_year_start - 1 :], *MONTHS[: water_year_start - 1]]
    extremes = [f"{which}_{n}day" for which in ("min", "max") for n in WINDOWS]
    pulses = [f"{which}_pulse_{what}" for which in ("low", "high") for what in ("count", "duration")]
    return [
        *(f"median_{month}" for month in months),
        *extremes,
        *("zero_flow_days", "base_flow_index", "date_of_min", "date_of_max"),
        *pulses,
        *("rise_rate", "fall_rate", "reversals"),
    ]


def _like(baseline: xr.DataArray, discharge: xr.DataArray) -> xr.DataArray:
    """The baseline with a column for every one of the discharge."""
    extra = [dim for dim in discharge.dims if dim != "time"]
    if unknown := [str(dim) for dim in baseline.dims if dim != "time" and dim not in extra]:
        raise IndicatorError(f"the baseline has the dimension {unknown[0]}, which the discharge has not")
    shape = discharge.isel(time=0, drop=True) if extra else None
    if shape is None:
        return baseline
    attrs, time = baseline.attrs, baseline["time"]
    spread = baseline.broadcast_like(shape).transpose("time", *extra).assign_attrs(attrs)
    return spread.assign_coords(time=time)


def _quartiles(record: Days, days: Days) -> Floats:
    """Lower and upper quartile of each column, shape (2, k)."""
    if record.values.shape[1] != days.values.shape[1]:
        raise IndicatorError("the baseline has not the same members as the discharge")
    found = np.full((2, record.values.shape[1]), np.nan)
    for column in range(found.shape[1]):
        values = record.values[:, column]
        values = values[np.isfinite(values)]
        if len(values):
            found[:, column] = np.quantile(values, (0.25, 0.75), method="weibull")
    return found


def _years(days: Days, periods: Periods) -> list[tuple[Dates, Floats]]:
    return [(days.date[part], days.values[part]) for part in periods.rows()]


def median_of(values: Floats) -> Floats:
    """Medians of columns, NaN left out; NaN where nothing is left."""
    result = np.full(values.shape[1], np.nan)
    there = np.isfinite(values).any(axis=0)
    if there.any():
        result[there] = np.nanmedian(values[:, there], axis=0)
    return result


def _months(date: Dates, values: Floats) -> dict[str, Floats]:
    """Group 1."""
    month = date.astype("datetime64[M]").astype(int) % 12
    return {f"median_{name}": median_of(values[month == i]) for i, name in enumerate(MONTHS)}


def _extremes(values: Floats) -> dict[str, Floats]:
    """Group 2."""
    found: dict[str, Floats] = {}
    for n in WINDOWS:
        if len(values) < n:
            low = high = np.full(values.shape[1], np.nan)
        else:
            means = sliding_window_view(values, n, axis=0).mean(axis=-1)
            known = np.isfinite(means)
            low = np.where(known.any(axis=0), np.min(means, axis=0, where=known, initial=np.inf), np.nan)
            high = np.where(known.any(axis=0), np.max(means, axis=0, where=known, initial=-np.inf), np.nan)
        found[f"min_{n}day"], found[f"max_{n}day"] = low, high
    known = np.isfinite(values)
    mean = np.sum(values, axis=0, where=known) / np.maximum(known.sum(axis=0), 1)
    found["zero_flow_days"] = (values == 0.0).sum(axis=0).astype(float)
    found["base_flow_index"] = np.where(mean != 0.0, found["min_7day"] / np.where(mean != 0.0, mean, 1.0), np.nan)
    return found


def _dates(date: Dates, values: Floats) -> dict[str, Floats]:
    """Group 3."""
    since = (date - date.astype("datetime64[M]")).astype(int)
    month = date.astype("datetime64[M]").astype(int) % 12
    starts = (
        np.arange("2000-01", "2001-01", dtype="datetime64[M]").astype("datetime64[D]") - np.datetime64("2000-01-01")
    ).astype(int)
    number = (starts[month] + since + 1).astype(float)
    there = np.isfinite(values).any(axis=0)
    first = np.argmin(np.where(np.isfinite(values), values, np.inf), axis=0)
    last = np.argmax(np.where(np.isfinite(values), values, -np.inf), axis=0)
    return {
        "date_of_min": np.where(there, number[first], np.nan),
        "date_of_max": np.where(there, number[last], np.nan),
    }


def _pulses(days: Days, periods: Periods, quartiles: Floats) -> dict[str, Floats]:
    """Group 4, in the whole record."""
    shape = (len(periods.label), days.values.shape[1])
    found: dict[str, Floats] = {}
    for which, flags in (("low", days.values <= quartiles[0]), ("high", days.values >= quartiles[1])):
        count, duration = np.zeros(shape), np.full(shape, np.nan)
        for column in range(shape[1]):
            first, length = runs_of(flags[:, column])
            owner = np.searchsorted(periods.first, first, side="right") - 1
            for year in np.unique(owner):
                of_year = length[owner == year]
                count[year, column], duration[year, column] = len(of_year), np.median(of_year)
        found[f"{which}_pulse_count"], found[f"{which}_pulse_duration"] = count, duration
    return found


def _changes(values: Floats) -> dict[str, Floats]:
    """Group 5."""
    change = np.diff(values, axis=0)
    reversals = np.empty(values.shape[1])
    for column in range(values.shape[1]):
        signs = np.sign(change[:, column])
        signs = signs[np.isfinite(signs) & (signs != 0.0)]
        reversals[column] = np.count_nonzero(np.diff(signs))
    return {
        "rise_rate": median_of(np.where(change > 0.0, change, np.nan)),
        "fall_rate": median_of(np.where(change < 0.0, change, np.nan)),
        "reversals": reversals,
    }
