"""Statistics of a series: by year and season, by how often a value is exceeded, by month against the months before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import IndicatorError
from deltasim.indicators.daily import Bounds, Gaps, read_days
from deltasim.indicators.iha import median_of
from deltasim.indicators.periods import SeasonLike, months_of, over_periods, periods_of

__all__ = ["duration_curve", "exceedance", "exceeded", "mean_of", "monthly_change", "statistics"]

Floats = NDArray[np.float64]


def statistics(
    values: xr.DataArray,
    *,
    water_year_start: int | None = 10,
    season: SeasonLike = None,
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
    bounds: Bounds = None,
) -> xr.Dataset:
    """Describe the daily values of each year or season.

    Parameters
    ----------
    values : DataArray, (time, ...)
    water_year_start, season, min_valid, gaps, max_gap, bounds
        As for `hydroperiod`.

    Returns
    -------
    Dataset, (water_year, ...)
        ``mean``, ``median``, ``minimum``, ``maximum``, ``coefficient_of_variation`` (sample standard deviation over
        mean; NaN where the mean is 0).
    """
    days = read_days(values, bounds=bounds, min_valid=min_valid, gaps=gaps, max_gap=max_gap)
    periods = periods_of(days.date, water_year_start, season)
    functions = {
        "mean": mean_of,
        "median": median_of,
        "minimum": lambda part: np.min(part, axis=0, where=np.isfinite(part), initial=np.inf),
        "maximum": lambda part: np.max(part, axis=0, where=np.isfinite(part), initial=-np.inf),
        "coefficient_of_variation": _variation,
    }
    return over_periods(days, periods, functions, min_valid)


def mean_of(values: Floats) -> Floats:
    """Means of columns, NaN left out; NaN where nothing is left."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.sum(values, axis=0, where=known)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _variation(values: Floats) -> Floats:
    known = np.isfinite(values)
    count, mean = known.sum(axis=0), mean_of(values)
    squares = np.sum((values - mean) ** 2, axis=0, where=known)
    spread = np.sqrt(squares / np.maximum(count - 1, 1))
    usable = (count > 1) & (mean != 0.0)
    return np.asarray(np.where(usable, spread / np.where(usable, mean, 1.0), np.nan))


def exceedance(
    values: xr.DataArray,
    *,
    levels: Sequence[float] = (10, 25, 50, 75, 90),
    water_year_start: int | None = None,
    season: SeasonLike = None,
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
    bounds: Bounds = None,
) -> xr.Dataset:
    """Find the values that are exceeded so much of the time: Q10 (high) to Q90 (low).

    Parameters
    ----------
    values : DataArray, (time, ...)
    levels : sequence of float
        Per cent of the days.
    water_year_start : int or None
        By default the whole record is one period.
    season, min_valid, gaps, max_gap, bounds
        As for `hydroperiod`.

    Returns
    -------
    Dataset, (period, exceedance, ...)
        ``exceedance_level``.

    Notes
    -----
    The m-th largest of n values is exceeded with a frequency of m / (n + 1); linear between them.

    References
    ----------
    Weibull, W. (1939), A statistical theory of the strength of materials, Ingeniörsvetenskapsakademiens Handlingar 151.
    """
    wanted = np.atleast_1d(np.asarray(levels, dtype=float))
    if not len(wanted) or np.any((wanted <= 0.0) | (wanted >= 100.0)):
        raise IndicatorError("levels are per cent between 0 and 100, such as (10, 50, 90)")
    days = read_days(values, bounds=bounds, min_valid=min_valid, gaps=gaps, max_gap=max_gap)
    periods = periods_of(days.date, water_year_start, season)
    functions: dict[str, Any] = {
        f"q{i}": (lambda part, level=level: exceeded(part, level)) for i, level in enumerate(wanted)
    }
    made = over_periods(days, periods, functions, min_valid)
    axis = xr.DataArray(wanted, dims="exceedance", name="exceedance", attrs={"units": "%"})
    joined = xr.concat([made[name] for name in functions], axis).transpose(periods.dimension, "exceedance", ...)
    return made.drop_vars(list(functions)).assign(exceedance_level=joined)


def exceeded(values: Floats, level: float) -> Floats:
    """Value of each column that is exceeded in so many per cent, Weibull's plotting position; NaN left out."""
    result = np.full(values.shape[1], np.nan)
    for column in range(values.shape[1]):
        known = values[np.isfinite(values[:, column]), column]
        if len(known):
            result[column] = np.quantile(known, 1.0 - level / 100.0, method="weibull")
    return result


def duration_curve(
    values: xr.DataArray,
    *,
    season: SeasonLike = None,
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
    bounds: Bounds = None,
) -> xr.Dataset:
    """Sort the daily values of the record and say how much of the time each is exceeded.

    Parameters
    ----------
    values : DataArray, (time, ...)
    season, min_valid, gaps, max_gap, bounds
        As for `hydroperiod`; a curve needs no whole years, `min_valid` is of days.

    Returns
    -------
    Dataset, (rank, ...)
        ``duration_value``, falling, and ``exceedance_frequency``, per cent, m / (n + 1). NaN beyond the last day with
        data.
    """
    days = read_days(values, bounds=bounds, min_valid=min_valid, gaps=gaps, max_gap=max_gap)
    chosen = days.values
    if season is not None:
        periods = periods_of(days.date, None, season)
        chosen = np.concatenate([days.values[part] for part in periods.rows()])
    ordered = -np.sort(-chosen, axis=0)  # NaN last
    rank = np.arange(1, len(ordered) + 1)
    frequency = 100.0 * rank[:, None] / (np.isfinite(ordered).sum(axis=0) + 1.0)
    axis = ("rank", rank)
    made = {
        "duration_value": days.array(ordered, axis),
        "exceedance_frequency": days.array(np.where(np.isfinite(ordered), frequency, np.nan), axis),
    }
    return xr.Dataset(made, attrs=dict(days.counts))


def monthly_change(
    values: xr.DataArray,
    *,
    lags: Sequence[int] = (1, 3, 12),
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
    bounds: Bounds = None,
) -> xr.Dataset:
    """Take from the mean of each month the one 1, 3 and 12 months before.

    Parameters
    ----------
    values : DataArray, (time, ...)
    lags : sequence of int
        Months.
    min_valid, gaps, max_gap, bounds
        As for `daily`; `min_valid` holds for months too.

    Returns
    -------
    Dataset, (month, ...)
        ``monthly_mean``, and ``monthly_change`` along ``lag``; NaN in the months that have none so long before.
    """
    if not lags or any(int(lag) != lag or lag < 1 for lag in lags):
        raise IndicatorError("lags are whole months, 1 or more, such as (1, 3, 12)")
    days = read_days(values, bounds=bounds, min_valid=min_valid, gaps=gaps, max_gap=max_gap)
    made = over_periods(days, months_of(days.date), {"monthly_mean": mean_of}, min_valid)
    means = made["monthly_mean"]
    axis = xr.DataArray(np.asarray(lags), dims="lag", name="lag", attrs={"units": "month"})
    change = xr.concat([means - means.shift(month=int(lag)) for lag in lags], axis)
    return made.assign(monthly_change=change.transpose("month", "lag", ...).assign_attrs(days.counts))
