"""How long ground is wet, when, and how often; how fast water draws back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import IndicatorError
from deltasim.indicators.daily import ALMOST, Bounds, Days, Gaps, read_days
from deltasim.indicators.land import CurveLike, bands_of, curves_of
from deltasim.indicators.periods import Periods, SeasonLike, over_periods, periods_of
from deltasim.indicators.runs import longest_run, run_starts

__all__ = ["hydroperiod", "recession"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def hydroperiod(
    stage: xr.DataArray,
    curve: CurveLike,
    *,
    threshold: float,
    water_year_start: int | None = 10,
    bands: int | Sequence[float] | None = None,
    season: SeasonLike = None,
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
    bounds: Bounds = None,
) -> xr.Dataset:
    """Count wet days, their longest run, first, last and events, by water year, zone and band of elevation.

    Parameters
    ----------
    stage : DataArray, (time, ...), m
        Water level, or water table. Any other dimensions (``node``, ``member``).
    curve : Curve, table, or mapping of zones to them
        Where the ground is. With several zones, ``{"north_marsh": curve, ...}`` by their names.
    threshold : float, m
        A day is wet if its mean depth reaches it; above 0.
    water_year_start : int or None
        Month; a water year is named by the year it ends in. None takes the whole record as one period.
    bands : int or sequence of float, m, optional
        So many bands of equal height, or the edges of bands above datum. Depth is then that above the middle of each
        band; without, that above the bed.
    season : str or pair of str, optional
        ``"spring"``, ``("03-15", "06-30")``: only these days of each year.
    min_valid : float
        Part of a day and of a period that must have data; NaN below.
    gaps, max_gap, bounds
        As for `daily`.

    Returns
    -------
    Dataset, (water_year, [band,] ...)
        ``wet_days``, ``dry_days``, ``longest_wet`` (within the period), ``first_wet``, ``last_wet`` (day of the period,
        counted from 1; NaN where no day is wet), ``wet_events`` (that begin in the period), ``valid_fraction``. With
        bands also ``mean_wet_days``, weighted by the ground in each, and the coordinates ``band_bottom``, ``band_top``,
        ``band_area``.

    Notes
    -----
    A day without data is neither wet nor dry, and ends a run.
    """
    if not threshold > 0.0:
        raise IndicatorError(f"threshold is a depth above 0 m, got {threshold:g}; dry ground is always 0 m deep")
    days = read_days(stage, bounds=bounds, min_valid=min_valid, gaps=gaps, max_gap=max_gap)
    periods = periods_of(days.date, water_year_start, season)
    curves = curves_of(curve, days.slab)
    if bands is None:
        ground = np.array([[np.nan if c is None else c.bed_level for c in curves]])
        made = _count(days, periods, ground, threshold, min_valid)
        return made.isel(band=0, drop=True)
    parts = [bands_of(c, bands) for c in curves]
    bottom, top, area = (np.stack(part, axis=-1).astype(float) for part in zip(*parts, strict=True))
    ground = np.where(area > 0.0, 0.5 * (bottom + top), np.nan)
    made = _count(days, periods, ground, threshold, min_valid)
    axis = ("band", np.arange(1, len(ground) + 1))
    described = {"band_bottom": bottom, "band_top": top, "band_area": area}
    made = made.assign_coords({name: days.array(values, axis) for name, values in described.items()})
    share = made["band_area"] / made["band_area"].sum("band")
    made["mean_wet_days"] = (made["wet_days"].fillna(0.0) * share).sum("band")
    known = made["wet_days"].notnull() | (made["band_area"] == 0.0)
    made["mean_wet_days"] = made["mean_wet_days"].where(known.all("band"))
    return made


def _count(days: Days, periods: Periods, ground: Floats, threshold: float, min_valid: float) -> xr.Dataset:
    """Count over every band, (n_band, k) levels of the ground."""
    n_band, k = ground.shape
    depth = days.values[:, None, :] - ground
    flat = depth.reshape(len(depth), n_band * k)
    wet, valid = flat >= threshold - ALMOST, np.isfinite(flat)
    starts = run_starts(wet)
    fraction = periods.valid_fraction(flat)
    enough = fraction >= min_valid - ALMOST

    def first_of(part: Flags) -> Floats:
        return np.where(part.any(axis=0), np.argmax(part, axis=0) + 1.0, np.nan)

    rows: dict[str, list[Floats]] = {}
    for i, part in enumerate(periods.rows()):
        is_wet = wet[part]
        ahead = periods.skipped[i]
        found = {
            "wet_days": is_wet.sum(axis=0),
            "dry_days": valid[part].sum(axis=0) - is_wet.sum(axis=0),
            "longest_wet": longest_run(is_wet),
            "first_wet": first_of(is_wet) + ahead,
            "last_wet": part.stop - part.start + 1 - first_of(is_wet[::-1]) + ahead,
            "wet_events": starts[part].sum(axis=0),
        }
        for name, values in found.items():
            rows.setdefault(name, []).append(np.where(enough[i], values, np.nan))

    def array(values: Any) -> xr.DataArray:
        shaped = np.reshape(np.asarray(values, dtype=float), (len(periods.label), n_band, k))
        return days.array(shaped, periods.axis, ("band", np.arange(1, n_band + 1)))

    made = {name: array(values) for name, values in rows.items()}
    return xr.Dataset({**made, "valid_fraction": array(fraction)}, attrs=dict(days.counts))


def recession(
    stage: xr.DataArray,
    *,
    classes: Sequence[float],
    water_year_start: int | None = 10,
    season: SeasonLike = None,
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
    bounds: Bounds = None,
) -> xr.Dataset:
    """Sort days by how fast the water drew back over the week before, and find reversals.

    Parameters
    ----------
    stage : DataArray, (time, ...), m
    classes : sequence of float, cm/week
        Edges between the classes of recession, rising from 0: ``(0, 5, 10)`` makes 0 to 5, 5 to 10, above 10. A
        reversal, a rise over the week, is a class of its own. There is no default: what suits a bird is to be said for
        the bird.
    water_year_start, season, min_valid, gaps, max_gap, bounds
        As for `hydroperiod`.

    Returns
    -------
    Dataset, (water_year, ...)
        ``recession_days`` along ``recession_class``, ``reversal_days``, ``reversal_events`` (runs of such days that
        begin in the period), ``mean_recession`` (cm/week, of all days, positive falling).

    Notes
    -----
    The rate of a day is stage(day - 7) - stage(day). Each class holds its lower edge. The first seven days have no
    rate, so a first period is whole only where the record begins a week before it.
    """
    edges = np.asarray(classes, dtype=float)
    if edges.ndim != 1 or not len(edges) or np.any(np.diff(edges) <= 0.0) or edges[0] != 0.0:
        raise IndicatorError("classes are edges in cm/week that rise from 0, such as (0, 5, 10)")
    days = read_days(stage, bounds=bounds, min_valid=min_valid, gaps=gaps, max_gap=max_gap)
    rate = np.full_like(days.values, np.nan)
    rate[7:] = 100.0 * (days.values[:-7] - days.values[7:])
    rate[np.abs(rate) < 100.0 * ALMOST] = 0.0
    days = Days(days.date, rate, days.slab, days.counts)
    periods = periods_of(days.date, water_year_start, season)
    uppers = np.append(edges[1:], np.inf)
    functions = {
        f"class_{i}": lambda part, low=low, high=high: ((part >= low) & (part < high)).sum(axis=0)
        for i, (low, high) in enumerate(zip(edges, uppers, strict=True))
    }
    made = over_periods(
        days,
        periods,
        {
            **functions,
            "reversal_days": lambda part: (part < 0.0).sum(axis=0),
            "mean_recession": lambda part: np.nansum(part, axis=0) / np.maximum(np.isfinite(part).sum(axis=0), 1),
        },
        min_valid,
    )
    names = [
        f"{low:g} to {high:g}" if np.isfinite(high) else f"above {low:g}"
        for low, high in zip(edges, uppers, strict=True)
    ]
    label = xr.DataArray(names, dims="recession_class", name="recession_class")
    made["recession_days"] = xr.concat([made[name] for name in functions], label)
    starts = run_starts(rate < 0.0).astype(float)
    begun = np.array([starts[part].sum(axis=0) for part in periods.rows()])
    made["reversal_events"] = days.array(begun, periods.axis).where(made["reversal_days"].notnull())
    return made.drop_vars(list(functions))
