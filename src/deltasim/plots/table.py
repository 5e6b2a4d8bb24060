"""Reading the table of a comparison: rows of scenario, zone, metric, period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import PlotError
from deltasim.faults import did_you_mean

__all__ = ["Grid", "check", "closure", "grid", "metrics_of", "scenarios_of"]

COLUMNS: Final = ("scenario", "zone", "metric", "period", "value", "difference", "verdict", "units", "better")
ALL: Final = "all"


@dataclass(frozen=True)
class Grid:
    """One metric of all zones in all scenarios.

    Parameters
    ----------
    metric, units, better : str
        What it is; whether ``higher`` or ``lower`` is better, empty where neither.
    period : str
        What the values are of, for a title; empty where the whole run.
    zones, scenarios : list of str
    value, difference : ndarray, shape (n_zone, n_scenario)
        NaN where there is none.
    verdict : ndarray of str, shape (n_zone, n_scenario)
        ``meets``, ``fails`` or empty.
    """

    metric: str
    units: str
    better: str
    period: str
    zones: list[str]
    scenarios: list[str]
    value: NDArray[np.float64]
    difference: NDArray[np.float64]
    verdict: NDArray[np.str_]


def check(comparison: xr.Dataset) -> None:
    """Refuse what is no comparison.

    Parameters
    ----------
    comparison : xarray.Dataset
        From `deltasim.studies.compare`.

    Raises
    ------
    PlotError
        It has other columns, or no row.
    """
    missing = [name for name in COLUMNS if name not in comparison.variables]
    if missing or not comparison.sizes.get("row"):
        what = f"it has no {', '.join(missing)}" if missing else "it has no row"
        raise PlotError(f"this is no comparison of scenarios ({what}); make one with deltasim compare")


def _texts(comparison: xr.Dataset, name: str) -> NDArray[np.str_]:
    texts: NDArray[np.str_] = comparison[name].values.astype(str)
    return texts


def metrics_of(comparison: xr.Dataset) -> list[str]:
    """Its metrics, in their order."""
    return list(dict.fromkeys(_texts(comparison, "metric").tolist()))


def scenarios_of(comparison: xr.Dataset) -> list[str]:
    """Its scenarios, in their order."""
    given = np.atleast_1d(np.asarray(comparison.attrs.get("scenarios", []))).astype(str).tolist()
    return given or list(dict.fromkeys(_texts(comparison, "scenario").tolist()))


def grid(comparison: xr.Dataset, metric: str, period: str | None) -> Grid:
    """Take one metric out of the table.

    Parameters
    ----------
    comparison : xarray.Dataset
    metric : str
    period : str or None
        None for the whole run, or the mean of all periods where the metric has none of that.

    Raises
    ------
    PlotError
        There is no such metric, or it has no such period.
    """
    known = metrics_of(comparison)
    if metric not in known:
        hint = did_you_mean(metric, known) or f"; there are {', '.join(known)}"
        raise PlotError(f'the comparison has no metric "{metric}"{hint}')
    of_metric = _texts(comparison, "metric") == metric
    periods = list(dict.fromkeys(_texts(comparison, "period")[of_metric].tolist()))
    if period is not None and period not in periods:
        raise PlotError(f'"{metric}" has no period "{period}"; it has {", ".join(periods)}')
    wanted = [period] if period is not None else [ALL] if ALL in periods else periods
    rows = comparison.isel(row=of_metric & np.isin(_texts(comparison, "period"), wanted))
    zones, scenarios = list(dict.fromkeys(_texts(rows, "zone").tolist())), scenarios_of(comparison)
    shape = (len(zones), len(scenarios))
    at = (
        np.array([zones.index(zone) for zone in _texts(rows, "zone")]),
        np.array([_place(name, scenarios) for name in _texts(rows, "scenario")]),
    )
    verdict = np.full(shape, "", dtype="U16")
    if len(wanted) == 1:
        none = (_texts(rows, "verdict") == "no threshold") | ~np.isfinite(rows.value.values.astype(float))
        verdict[at] = np.where(none, "", _texts(rows, "verdict"))
        words = "" if wanted == [ALL] else wanted[0]
    else:
        words = f"mean of {len(wanted)} periods, {wanted[0]} to {wanted[-1]}"
    return Grid(
        metric=metric,
        units=str(_texts(rows, "units")[0]),
        better=str(_texts(rows, "better")[0]),
        period=words,
        zones=zones,
        scenarios=scenarios,
        value=_means(rows.value.values.astype(float), at, shape),
        difference=_means(rows.difference.values.astype(float), at, shape),
        verdict=verdict,
    )


def _place(name: str, scenarios: Sequence[str]) -> int:
    if name not in scenarios:
        raise PlotError(
            f'the comparison has a row of "{name}", which is not among its scenarios: {", ".join(scenarios)}'
        )
    return scenarios.index(name)


def _means(
    values: NDArray[np.float64], at: tuple[NDArray[np.int_], NDArray[np.int_]], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Mean of the rows of each cell; NaN where one of them is, or where there is no row."""
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, at, values)
    np.add.at(count, at, 1.0)
    means: NDArray[np.float64] = np.divide(total, count, out=np.full(shape, np.nan), where=count > 0.0)
    return means


def closure(comparison: xr.Dataset) -> str:
    """How well water and salt close in the runs behind a comparison; empty where it does not say."""
    words = []
    for name, what in (("water_balance_error", "water"), ("salt_balance_error", "salt")):
        if name not in comparison.variables:
            continue
        errors = np.abs(comparison[name].values.astype(float))
        if np.isfinite(errors).any():
            words.append(f"{what} closes to {np.nanmax(errors):.0e} of all or better")
    return "; ".join(words)
