"""Relationships between flow and life in the form of HEC-EFM: season, duration, rate of change, per cent exceedance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from deltasim.errors import IndicatorError
from deltasim.faults import listed
from deltasim.indicators.daily import ALMOST, Bounds, Days, Gaps, read_days
from deltasim.indicators.flow import exceeded
from deltasim.indicators.periods import SeasonLike, over_periods, periods_of

__all__ = ["relationship"]

Floats = NDArray[np.float64]
Statistic = Literal["mean", "minimum", "maximum", "median"]
Extreme = Literal["maximum", "minimum"]
By = Literal["years", "time"]
Direction = Literal["falling", "rising", "either"]

REDUCE: dict[str, Callable[..., Any]] = {"mean": np.mean, "minimum": np.min, "maximum": np.max, "median": np.median}


def relationship(
    values: xr.DataArray,
    *,
    season: SeasonLike,
    exceedance: float,
    duration: int = 1,
    statistic: Statistic = "mean",
    extreme: Extreme = "maximum",
    rate_limit: float | None = None,
    rate_direction: Direction = "falling",
    by: By = "years",
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
    bounds: Bounds = None,
) -> xr.Dataset:
    """Find the flow or stage that a statistical relationship of HEC-EFM asks for.

    Parameters
    ----------
    values : DataArray, (time, ...)
        Discharge or stage.
    season : str or pair of str
    exceedance : float, per cent
        Of years or of time.
    duration : int, days
        A statistic of so many days, from each day of the season onward.
    statistic : {"mean", "minimum", "maximum", "median"}
        Of the days of the duration.
    extreme : {"maximum", "minimum"}
        The value of a season among its statistics.
    rate_limit : float, optional
        Most change, in the units of the series, over `duration` days. With it, the value of a season is the one on the
        day from which on, to the end of the season, no change is larger; 0 where the last day already fails.
    rate_direction : {"falling", "rising", "either"}
    by : {"years", "time"}
        Years: the value that a season's value exceeds in so many per cent of them. Time: the value that the statistic
        exceeds on so many per cent of the days of all seasons.
    min_valid, gaps, max_gap, bounds
        As for `hydroperiod`.

    Returns
    -------
    Dataset
        ``relationship`` (...), the value asked for, and ``seasonal_value`` (year, ...). Seasons without enough data
        are NaN and do not count.

    Notes
    -----
    Frequencies are Weibull's, m / (n + 1). A change over n days is that between a day and the one n - 1 days later.

    References
    ----------
    US Army Corps of Engineers, Hydrologic Engineering Center, HEC-EFM Ecosystem Functions Model, User's Guide,
    "Duration", "Rate of change" and "Time series specifications".
    """
    _check(statistic=(statistic, Statistic), extreme=(extreme, Extreme), by=(by, By), rate=(rate_direction, Direction))
    if duration < 1 or (rate_limit is not None and duration < 2):
        raise IndicatorError(f"duration is 1 day or more, 2 with a rate_limit, got {duration}")
    if not 0.0 < exceedance < 100.0:
        raise IndicatorError(f"exceedance is per cent between 0 and 100, got {exceedance:g}")
    days = read_days(values, bounds=bounds, min_valid=min_valid, gaps=gaps, max_gap=max_gap)
    periods = periods_of(days.date, None, season)
    if rate_limit is not None:
        made = _by_rate(days, season, duration, rate_limit, rate_direction, min_valid)
        rolled = days
    else:
        windows = sliding_window_view(days.values, min(duration, len(days.date)), axis=0)
        found = np.full_like(days.values, np.nan)
        if duration <= len(days.date):
            found[: len(windows)] = REDUCE[statistic](windows, axis=-1)
        rolled = replace(days, values=found)
        least = extreme == "minimum"
        sign = -1.0 if least else 1.0
        made = over_periods(rolled, periods, {"seasonal_value": lambda part: sign * _greatest(sign * part)}, min_valid)
    if by == "years":
        years = made["seasonal_value"].values.reshape(len(periods.label), -1)
        asked = exceeded(years, exceedance)
    else:
        chosen = np.concatenate([rolled.values[part] for part in periods.rows()])
        enough = np.isfinite(chosen).mean(axis=0) >= min_valid - ALMOST
        asked = np.where(enough, exceeded(chosen, exceedance), np.nan)
    return made.assign(relationship=days.array(asked))


def _check(**options: tuple[str, object]) -> None:
    for name, (got, literal) in options.items():
        if got not in get_args(literal):
            raise IndicatorError(f'{name} is {listed(map(str, get_args(literal)))}, got "{got}"')


def _greatest(values: Floats) -> Floats:
    known = np.isfinite(values)
    return np.asarray(np.max(values, axis=0, where=known, initial=-np.inf))


def _by_rate(
    days: Days, season: SeasonLike, duration: int, limit: float, direction: Direction, min_valid: float
) -> xr.Dataset:
    """Value of each season at the day from which on no change is too large."""
    change = np.full_like(days.values, np.nan)
    change[: len(change) - duration + 1] = days.values[duration - 1 :] - days.values[: len(change) - duration + 1]
    size = {"falling": -change, "rising": change, "either": np.abs(change)}[direction]
    periods = periods_of(days.date, None, season)
    made = over_periods(replace(days, values=change), periods, {"seasonal_value": lambda part: part[0]}, min_valid)
    rows = []
    for part in periods.rows():
        good = ~(size[part] > limit * (1.0 + ALMOST))  # a day without data does not fail; min_valid looks after it
        onward = np.logical_and.accumulate(good[::-1], axis=0)[::-1]
        first = np.argmax(onward, axis=0)
        value = np.take_along_axis(days.values[part], first[None, :], axis=0)[0]
        rows.append(np.where(onward.any(axis=0), value, 0.0))
    found = days.array(np.array(rows), periods.axis)
    return made.assign(seasonal_value=found.where(made["valid_fraction"] >= min_valid - ALMOST))
