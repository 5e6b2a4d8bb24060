"""THE catalogue of indicators: what each is called, measured in, made of, and where it comes from.

Two layers. Below, in the modules by subject, pure functions from series to a Dataset. Here, one `Index` for each of
them, which declares every indicator that it gives. An indicator is added by writing its function, or another result of
one that is there, and its declaration below; attributes, the command line, comparisons and the documentation follow
from that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, ParamSpec

import xarray as xr

from deltasim.indicators.flood import attenuation as _attenuation
from deltasim.indicators.flood import peak as _peak
from deltasim.indicators.flood import stage_above as _stage_above
from deltasim.indicators.flood import storage_used as _storage_used
from deltasim.indicators.flood import volume_above as _volume_above
from deltasim.indicators.flow import duration_curve as _duration_curve
from deltasim.indicators.flow import exceedance as _exceedance
from deltasim.indicators.flow import monthly_change as _monthly_change
from deltasim.indicators.flow import statistics as _statistics
from deltasim.indicators.habitat import habitat as _habitat
from deltasim.indicators.hydroperiod import hydroperiod as _hydroperiod
from deltasim.indicators.hydroperiod import recession as _recession
from deltasim.indicators.iha import iha as _iha
from deltasim.indicators.periods import MONTHS
from deltasim.indicators.relationship import relationship as _relationship

__all__ = ["INDICATORS", "INDICES", "Index", "Indicator", "declared"]

P = ParamSpec("P")


@dataclass(frozen=True)
class Indicator:
    """One indicator.

    Parameters
    ----------
    identifier : str
        Its name, unique in the catalogue, and that of the variable which its index gives.
    units : str
        UDUNITS; ``{}`` stands for those of the series.
    cell_methods : str
        As CF writes it.
    description : str
        One line.
    """

    identifier: str
    units: str
    cell_methods: str
    description: str


@dataclass(frozen=True)
class Index:
    """A function and the indicators that it gives.

    Parameters
    ----------
    name : str
    function : callable
        From a series, what it `needs` and keyword arguments to a Dataset.
    of : str
        The variable of a result that it is meant for.
    needs : tuple of str
        Its other arguments that a result can give: ``curve``, ``salinity``, ``baseline``, ``downstream``.
    source : str
        Author and year, or the rule.
    indicators : tuple of Indicator
    """

    name: str
    function: Callable[..., xr.Dataset]
    of: str
    needs: tuple[str, ...]
    source: str
    indicators: tuple[Indicator, ...]

    def describe(self, dataset: xr.Dataset, units: str) -> xr.Dataset:
        """Give the variables of a Dataset their attributes.

        Parameters
        ----------
        dataset : Dataset
            From the function.
        units : str
            Of the series.
        """
        for indicator in self.indicators:
            if indicator.identifier in dataset.variables:
                dataset[indicator.identifier].attrs |= {
                    "units": indicator.units.format(units).strip() or "1",
                    "long_name": indicator.description,
                    "cell_methods": indicator.cell_methods,
                    "references": self.source,
                }
        return dataset


_DAY: Final = "time: mean within days"
_DAYS: Final = "time: mean within days time: sum over days"
_MEAN: Final = "time: mean within days time: mean over days"
_POINT: Final = "time: mean within days time: point"


def _iha_rows() -> Iterator[Indicator]:
    for month in MONTHS:
        words = f"median of the daily values of {month.capitalize()}"
        yield Indicator(f"median_{month}", "{}", "time: mean within days time: median over days", words)
    for which, word, method in (("min", "least", "minimum"), ("max", "greatest", "maximum")):
        for n in (1, 3, 7, 30, 90):
            words = f"{word} mean over {n} day{'s' if n > 1 else ''} within the year"
            yield Indicator(f"{which}_{n}day", "{}", f"time: mean within days time: {method} over days", words)
    yield Indicator("zero_flow_days", "d", _DAYS, "days without flow")
    yield Indicator("base_flow_index", "1", _MEAN, "least 7-day mean over the mean of the year")
    yield Indicator("date_of_min", "1", _POINT, "date of the least daily value, day of a leap year")
    yield Indicator("date_of_max", "1", _POINT, "date of the greatest daily value, day of a leap year")
    for which, words in (("low", "at or below the lower"), ("high", "at or above the upper")):
        yield Indicator(f"{which}_pulse_count", "1", _DAYS, f"runs of days {words} quartile of the baseline")
        median = "time: mean within days time: median over days"
        yield Indicator(
            f"{which}_pulse_duration", "d", median, f"median length of runs {words} quartile of the baseline"
        )
    median = "time: difference over days time: median over days"
    yield Indicator("rise_rate", "{} d-1", median, "median of the rises from day to day")
    yield Indicator("fall_rate", "{} d-1", median, "median of the falls from day to day, negative")
    yield Indicator("reversals", "1", _DAYS, "changes between rising and falling")


_HABITAT: Final = (
    Indicator("habitat_units", "m2", f"{_MEAN} area: sum", "suitability index summed over the ground"),
    Indicator("suitability_index", "1", f"{_MEAN} area: mean", "suitability index over all ground"),
)
_ROWS: Final = (
    Index(
        "hydroperiod",
        _hydroperiod,
        "mean_stage",
        ("curve",),
        "a day is wet if its mean depth reaches the threshold",
        (
            Indicator("wet_days", "d", _DAYS, "days on which the mean depth reaches the threshold"),
            Indicator("dry_days", "d", _DAYS, "days with data on which it does not"),
            Indicator("longest_wet", "d", "time: mean within days time: maximum over days", "longest run of wet days"),
            Indicator("first_wet", "1", _POINT, "first wet day, counted from 1 at the start of the period"),
            Indicator("last_wet", "1", _POINT, "last wet day, counted from 1 at the start of the period"),
            Indicator("wet_events", "1", _DAYS, "runs of wet days that begin in the period"),
            Indicator(
                "mean_wet_days", "d", f"{_DAYS} area: mean", "wet days, mean over the ground in bands of elevation"
            ),
        ),
    ),
    Index(
        "recession",
        _recession,
        "mean_stage",
        (),
        "fall of the stage over the seven days before, cm per week",
        (
            Indicator("recession_days", "d", _DAYS, "days with a recession in the class"),
            Indicator("reversal_days", "d", _DAYS, "days at whose end the water stands higher than a week before"),
            Indicator("reversal_events", "1", _DAYS, "runs of such days that begin in the period"),
            Indicator("mean_recession", "cm week-1", _MEAN, "mean recession over a week, positive falling"),
        ),
    ),
    Index(
        "iha",
        _iha,
        "discharge",
        ("baseline",),
        "Richter et al. 1996; The Nature Conservancy, IHA 7.1",
        tuple(_iha_rows()),
    ),
    Index(
        "statistics",
        _statistics,
        "discharge",
        (),
        "daily values of a year or season",
        (
            Indicator("mean", "{}", _MEAN, "mean of the daily values"),
            Indicator("median", "{}", f"{_DAY} time: median over days", "median of the daily values"),
            Indicator("minimum", "{}", f"{_DAY} time: minimum over days", "least daily value"),
            Indicator("maximum", "{}", f"{_DAY} time: maximum over days", "greatest daily value"),
            Indicator(
                "coefficient_of_variation",
                "1",
                f"{_DAY} time: standard_deviation over days",
                "standard deviation of the daily values over their mean",
            ),
        ),
    ),
    Index(
        "exceedance",
        _exceedance,
        "discharge",
        (),
        "Weibull 1939: the m-th largest of n is exceeded with a frequency of m / (n + 1)",
        (Indicator("exceedance_level", "{}", _DAY, "value exceeded on so many per cent of the days"),),
    ),
    Index(
        "duration_curve",
        _duration_curve,
        "discharge",
        (),
        "Weibull 1939: the m-th largest of n is exceeded with a frequency of m / (n + 1)",
        (
            Indicator("duration_value", "{}", _DAY, "daily values in falling order"),
            Indicator("exceedance_frequency", "%", _DAY, "how much of the time each is exceeded"),
        ),
    ),
    Index(
        "monthly_change",
        _monthly_change,
        "mean_stage",
        (),
        "mean of a month less the one so many months before",
        (
            Indicator("monthly_mean", "{}", _MEAN, "mean of the month"),
            Indicator("monthly_change", "{}", f"{_MEAN} time: difference", "mean of the month less an earlier one"),
        ),
    ),
    Index(
        "relationship",
        _relationship,
        "discharge",
        (),
        "HEC-EFM, US Army Corps of Engineers",
        (
            Indicator("relationship", "{}", _DAY, "value that the seasons exceed in so many per cent of years or time"),
            Indicator("seasonal_value", "{}", _DAY, "extreme of the season's statistic over so many days"),
        ),
    ),
    Index(
        "habitat",
        _habitat,
        "mean_stage",
        ("curve", "salinity"),
        "integral of a suitability index over the hypsometric curve; curves and their sources: SPECIES",
        _HABITAT,
    ),
    Index(
        "peak",
        _peak,
        "stage",
        (),
        "largest of the values at their times",
        (
            Indicator("peak_value", "{}", "time: maximum", "largest value"),
            Indicator("time_to_peak", "h", "time: point", "hours from the first time to the largest value"),
        ),
    ),
    Index(
        "attenuation",
        _attenuation,
        "discharge",
        ("downstream",),
        "peaks of two discharges",
        (
            Indicator("peak_attenuation", "1", "time: maximum", "part of the upstream peak that is gone downstream"),
            Indicator("peak_lag", "h", "time: point", "hours from the upstream to the downstream peak"),
        ),
    ),
    Index(
        "volume_above",
        _volume_above,
        "discharge",
        (),
        "discharge above the threshold times the length of its interval",
        (Indicator("volume_above", "m3", "time: sum", "volume of water above the threshold"),),
    ),
    Index(
        "stage_above",
        _stage_above,
        "stage",
        (),
        "stage linear between its times",
        (
            Indicator("hours_above", "h", "time: sum", "hours for which the stage is above the level"),
            Indicator("freeboard", "m", "time: minimum", "level less the peak stage"),
        ),
    ),
    Index(
        "storage_used",
        _storage_used,
        "storage",
        (),
        "between parts of the rise, by default 5 and 95 per cent",
        (
            Indicator("peak_storage_used", "m3", "time: maximum", "largest storage less the first"),
            Indicator("filling_time", "h", "time: difference", "hours in which the storage fills"),
            Indicator("emptying_time", "h", "time: difference", "hours in which it empties again"),
        ),
    ),
)

INDICES: Final[dict[str, Index]] = {row.name: row for row in _ROWS}
"""Every index by name."""

INDICATORS: Final[dict[str, tuple[Index, Indicator]]] = {
    indicator.identifier: (row, indicator) for row in _ROWS for indicator in row.indicators
}
"""Every indicator by identifier, with the index that gives it."""


def declared(function: Callable[P, xr.Dataset]) -> Callable[P, xr.Dataset]:
    """Make a function of the lower layer give variables with the attributes of the catalogue."""
    index = next(row for row in _ROWS if row.function is function)

    @wraps(function)
    def described(*args: P.args, **kwargs: P.kwargs) -> xr.Dataset:
        series: Any = args[0] if args else next(iter(kwargs.values()))
        return index.describe(function(*args, **kwargs), str(getattr(series, "attrs", {}).get("units", "")))

    return described


hydroperiod = declared(_hydroperiod)
recession = declared(_recession)
iha = declared(_iha)
statistics = declared(_statistics)
exceedance = declared(_exceedance)
duration_curve = declared(_duration_curve)
monthly_change = declared(_monthly_change)
relationship = declared(_relationship)
habitat = declared(_habitat)
peak = declared(_peak)
attenuation = declared(_attenuation)
volume_above = declared(_volume_above)
stage_above = declared(_stage_above)
storage_used = declared(_storage_used)
