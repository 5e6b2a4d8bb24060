"""From a request and a result to the rows of a tidy table."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from deltasim.errors import IndicatorError
from deltasim.indicators.daily import read_days
from deltasim.indicators.flow import exceeded
from deltasim.studies.record import Record
from deltasim.studies.requests import Baseline, Request

__all__ = ["Row", "evaluate", "keyed"]

PERIODS = ("water_year", "year", "period", "month")
LABELS = {
    "exceedance": "Q{:g}",
    "lag": "lag {:g}",
    "recession_class": "{} cm/week",
    "band": "band {:g}",
}
"""How the labels of a dimension stand in the name of a metric."""
NO_TABLE = ("rank",)
"""Dimensions too long for a table: a duration curve is for pictures."""


@dataclass(frozen=True)
class Row:
    """One number.

    Parameters
    ----------
    zone : str
        Node or link.
    metric, period, units : str
    value : float
    valid_fraction : float
        Part of the period that has data; NaN where the indicator does not go by days.
    """

    zone: str
    metric: str
    period: str
    value: float
    units: str
    valid_fraction: float


def evaluate(request: Request, record: Record, base: Record) -> tuple[list[Row], list[str]]:
    """Compute an indicator of a result.

    Parameters
    ----------
    request : Request
    record : Record
        Of the scenario.
    base : Record
        Of the baseline, which gives every threshold.

    Returns
    -------
    rows : list of Row
    notes : list of str
        What was filled or left out.

    Raises
    ------
    IndicatorError
        The function refuses.
    """
    owners = request.owners(record)
    if not owners:
        return [], []
    if any(isinstance(value, Baseline) for value in request.arguments.values()):
        groups = [[owner] for owner in owners]  # each has a threshold of its own
    else:
        groups = [owners]
    rows: list[Row] = []
    filled = 0
    for group in groups:
        found = _call(request, record, base, group)
        rows += _rows(request, found, record.variables[request.variable])
        filled += int(found.attrs.get("days_filled", 0))
    notes = [f"{record.name}: {request.name}: {filled} days without data were filled"] if filled else []
    return rows, notes


def _call(request: Request, record: Record, base: Record, owners: list[str]) -> xr.Dataset:
    """Give the function what it needs."""
    index, series = request.index, record.series(request.variable, owners)
    known = inspect.signature(index.function).parameters
    given: dict[str, Any] = {
        name: _from_baseline(request, value, base, owners) for name, value in request.arguments.items()
    }
    if request.season:
        given["season"] = request.season
    if "water_year_start" in known and known["water_year_start"].default == 10 and "water_year_start" not in given:
        whole = not record.is_long and index.name != "iha"
        given["water_year_start"] = None if whole else base.month
    if "curve" in index.needs:
        given["curve"] = record.curves
    if "salinity" in index.needs and "salinity" in record.variables:
        given["salinity"] = record.series("salinity", owners)
    if "baseline" in index.needs:
        given["baseline"] = base.series(request.variable, owners)
    if "downstream" in given:
        other = record.series(request.variable, [given["downstream"]] * len(owners))
        given["downstream"] = other.assign_coords({record.variables[request.variable]: owners})
    found = index.function(series, **given)
    return index.describe(found, str(series.attrs.get("units", "")))


def _from_baseline(request: Request, value: Any, base: Record, owners: list[str]) -> Any:
    """A percentile of the daily values of the baseline; of the depth where the function goes by a curve."""
    if not isinstance(value, Baseline):
        return value
    missing = [owner for owner in owners if owner not in request.owners(base)]
    if missing:
        raise IndicatorError(f'"{missing[0]}" is not in the baseline {base.name}, which was to give a threshold')
    days = read_days(base.series(request.variable, owners))
    found = float(exceeded(days.values, 100.0 - value.percent)[0])
    if "curve" in request.index.needs:
        found -= base.curves[owners[0]].bed_level
    return found


def _rows(request: Request, found: xr.Dataset, owner: str) -> Iterator[Row]:
    fraction = found.get("valid_fraction", xr.DataArray(np.nan))
    season = request.season or str(found.attrs.get("season", ""))  # a species may have one of its own
    for indicator in request.index.indicators:
        name = indicator.identifier
        if name not in found.data_vars or (request.indicator and name != request.indicator):
            continue
        array = found[name]
        if set(NO_TABLE) & set(array.dims):
            raise IndicatorError(
                f'"{request.index.name}" gives a curve, which has no place in a table; ask for exceedance'
            )
        if len(request.index.indicators) == 1 or request.indicator:
            metric = request.name
        else:
            metric = name if request.name == request.index.name else f"{request.name} {name}"
        part = fraction.min([dim for dim in fraction.dims if dim not in array.dims])
        yield from _spread(array, part.broadcast_like(array), metric, owner, season)


def _spread(array: xr.DataArray, fraction: xr.DataArray, metric: str, owner: str, season: str) -> Iterator[Row]:
    """One row for every owner, label and period."""
    period = next((dim for dim in PERIODS if dim in array.dims), "")
    others = [str(dim) for dim in array.dims if dim not in (owner, period)]
    order = [owner, *others, *([period] if period else [])]
    values = array.transpose(*order)
    parts = fraction.transpose(*order)
    labels = [values[dim].values if dim in values.coords else np.arange(values.sizes[dim]) for dim in order]
    for place in product(*(range(values.sizes[dim]) for dim in order)):
        named = dict(zip(order, (column[i] for column, i in zip(labels, place, strict=True)), strict=True))
        words = " ".join([metric, *(LABELS.get(dim, f"{dim} {{}}").format(named[dim]) for dim in others)])
        yield Row(
            zone=str(named[owner]),
            metric=words,
            period=_period(season, period, named.get(period)),
            value=float(values.values[place]),
            units=str(array.attrs.get("units", "")),
            valid_fraction=float(parts.values[place]),
        )


def _period(season: str, dimension: str, label: Any) -> str:
    if dimension in ("", "period"):
        return "all"
    if dimension == "month":
        return str(np.datetime64(label, "M"))
    return f"{label} {season}" if dimension == "year" and season else str(label)


def keyed(rows: list[Row]) -> Mapping[tuple[str, str, str], Row]:
    """Rows by zone, metric and period."""
    return {(row.zone, row.metric, row.period): row for row in rows}
