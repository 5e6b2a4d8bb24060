"""Reference evapotranspiration from daily weather, by the package `pyet`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim.errors import DeltasimError, Problem
from deltasim.faults import Fault, FieldError, FieldErrors, did_you_mean, limited, listed
from deltasim.fields import SeriesTable
from deltasim.forcing.clock import Clock
from deltasim.forcing.series import Rows
from deltasim.forcing.sources import SourceSheet
from deltasim.nodes.weather import Method, WeatherTable

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["COLUMNS", "WeatherError", "reference_evapotranspiration", "rows_of_weather"]

Floats = NDArray[np.float64]

WATER_ALBEDO = 0.08
"""Of open water; of grass, which pyet takes by default, it is 0.23 (FAO-56, equation 38)."""


class WeatherError(DeltasimError):
    """Weather from which nothing can be computed."""


class Column(NamedTuple):
    """A column of weather: what it is, and between which values it has to lie to be in the right units."""

    meaning: str
    units: str
    low: float
    high: float


COLUMNS = {
    "temperature_max": Column("highest air temperature of the day", "degC", -80.0, 60.0),
    "temperature_min": Column("lowest air temperature", "degC", -80.0, 60.0),
    "temperature_mean": Column("mean air temperature; by default the mean of the other two", "degC", -80.0, 60.0),
    "relative_humidity_max": Column("highest relative humidity", "%", 0.0, 105.0),
    "relative_humidity_min": Column("lowest relative humidity", "%", 0.0, 105.0),
    "relative_humidity": Column("mean relative humidity, where the other two are not known", "%", 0.0, 105.0),
    "vapour_pressure": Column("mean vapour pressure, instead of humidities", "kPa", 0.0, 10.0),
    "wind_speed": Column("mean wind speed at wind_height", "m/s", 0.0, 75.0),
    "solar_radiation": Column("global radiation", "MJ/m2/day", 0.0, 50.0),
    "sunshine_duration": Column("hours of bright sunshine, instead of radiation", "h", 0.0, 24.0),
    "soil_heat_flux": Column("heat that goes into the ground; by default none", "MJ/m2/day", -50.0, 50.0),
}
"""What a file of weather may have, one row a day."""

TEMPERATURES = ("temperature_max", "temperature_min")
HUMIDITIES = (("relative_humidity_max", "relative_humidity_min"), ("relative_humidity",), ("vapour_pressure",))
SUNSHINE = (("solar_radiation",), ("sunshine_duration",))


def missing_columns(have: Mapping[str, Any], method: Method) -> list[str]:
    """Say what a method needs that is not there, a sentence each."""
    needed = list(TEMPERATURES) + ([] if method == "hargreaves" else ["wind_speed"])
    found = [
        f'"{name}" is missing: {COLUMNS[name].meaning}, in {COLUMNS[name].units}{did_you_mean(name, have)}'
        for name in needed
        if name not in have
    ]
    if method != "hargreaves":
        for choices in (HUMIDITIES, SUNSHINE):
            if not any(all(name in have for name in choice) for choice in choices):
                words = "; or ".join(listed(choice, "and") for choice in choices)
                found.append(f"the method {method} needs {words}")
    return found


def wrong_rows(columns: Mapping[str, Floats]) -> dict[str, tuple[int, str]]:
    """First row of each column with a value that cannot be, and what to say of it; gaps are passed over."""
    found = {}
    for name, values in columns.items():
        column = COLUMNS[name]
        wrong = np.flatnonzero((values < column.low) | (values > column.high))
        if wrong.size:
            row = int(wrong[0])
            words = f"expected {column.units} between {column.low:g} and {column.high:g}, got {values[row]:g}"
            found[name] = (row, words)
        elif column.units == "%" and values.size and 0.0 < np.nanmax(values) <= 1.0:
            found[name] = (int(np.nanargmax(values)), "expected per cent, got fractions: multiply by 100")
    low, high = (columns.get(name) for name in ("temperature_min", "temperature_max"))
    if low is not None and high is not None and not found and np.any(low > high):
        row = int(np.argmax(low > high))
        found["temperature_min"] = (row, f"{low[row]:g} degC is above the highest of the day, {high[row]:g} degC")
    return found


def reference_evapotranspiration(
    weather: Mapping[Any, xr.DataArray] | xr.Dataset,
    *,
    latitude: float | xr.DataArray,
    elevation: float | xr.DataArray,
    method: Method = "penman_monteith",
    wind_height: float = 2.0,
) -> xr.DataArray:
    """Compute the reference evapotranspiration of each day.

    Parameters
    ----------
    weather : xarray.Dataset, or mapping of str to xarray.DataArray
        Over ``time`` (days) and any others, such as ``node``: ``temperature_max`` and ``temperature_min`` (degC),
        and unless the method is Hargreaves ``wind_speed`` (m/s), ``relative_humidity_max`` and
        ``relative_humidity_min``, or ``relative_humidity`` (%), or ``vapour_pressure`` (kPa), and ``solar_radiation``
        (MJ/m2/day) or ``sunshine_duration`` (h). ``temperature_mean`` and ``soil_heat_flux`` (MJ/m2/day) where known.
    latitude : float or xarray.DataArray, degrees
    elevation : float or xarray.DataArray, m
        Above sea level.
    method : {"penman_monteith", "hargreaves", "penman"}
        Of grass by FAO-56 (equation 6), of grass from temperatures alone (equation 52), or of open water by Penman
        (1948) with an albedo of 0.08.
    wind_height : float, m
        At which the wind is measured; FAO-56, equation 47, brings it to 2 m.

    Returns
    -------
    xarray.DataArray, mm/day
        Missing where anything that it needs is.

    Raises
    ------
    WeatherError
        A column is missing, or in other units.

    References
    ----------
    Allen, R. G., Pereira, L. S., Raes, D. and Smith, M. (1998), Crop evapotranspiration, FAO Irrigation and Drainage
    Paper 56.

    Vremec, M., Collenteur, R. A. and Birk, S. (2024), PyEt v1.3.1: a Python package for the estimation of potential
    evapotranspiration, Geoscientific Model Development 17, 7083-7103.
    """
    import xarray as xr  # noqa: PLC0415  only who computes it pays for it

    columns = {str(name): array for name, array in weather.items() if name in COLUMNS}
    if missing := missing_columns(columns, method):
        raise WeatherError("; ".join(missing))
    for name, (row, words) in wrong_rows({name: np.ravel(array.values) for name, array in columns.items()}).items():
        raise WeatherError(f"{name}: {words} (value {row + 1})")
    days = next(iter(columns.values())).time.values

    def at(*values: Any) -> Floats:
        *rows, where, height = values
        named = dict(zip(columns, rows, strict=True))
        return of_one_place(days, named, float(where), float(height), method, wind_height)

    result = xr.apply_ufunc(
        at,
        *columns.values(),
        latitude,
        elevation,
        input_core_dims=[["time"]] * len(columns) + [[], []],
        output_core_dims=[["time"]],
        vectorize=True,
    )
    result.attrs = {"units": "mm day-1", "long_name": f"reference evapotranspiration, {method}"}
    return result.transpose("time", ...).rename("reference_evapotranspiration")  # type: ignore[no-any-return]


def of_one_place(
    days: NDArray[np.datetime64],
    columns: Mapping[str, Floats],
    latitude: float,
    elevation: float,
    method: Method,
    wind_height: float,
) -> Floats:
    """Reference evapotranspiration of one place, mm/day."""
    import pandas as pd  # noqa: PLC0415
    import pyet  # noqa: PLC0415

    series = {name: pd.Series(values, pd.DatetimeIndex(days)) for name, values in columns.items()}
    tmax, tmin = (series[name] for name in TEMPERATURES)
    tmean = series.get("temperature_mean", 0.5 * (tmax + tmin))
    lat = float(np.deg2rad(latitude))
    if method == "hargreaves":
        return np.asarray(pyet.hargreaves(tmean, tmax, tmin, lat), dtype=float)
    wind = series["wind_speed"] * (4.87 / np.log(67.8 * wind_height - 5.42) if wind_height != 2.0 else 1.0)
    extremes = all(name in series for name in HUMIDITIES[0]) and "vapour_pressure" not in series
    shared = {
        "rs": series.get("solar_radiation"),
        "n": series.get("sunshine_duration"),
        "g": series.get("soil_heat_flux", 0.0),
        "tmax": tmax,
        "tmin": tmin,
        "rhmax": series.get("relative_humidity_max") if extremes else None,
        "rhmin": series.get("relative_humidity_min") if extremes else None,
        "rh": series.get("relative_humidity"),
        "ea": series.get("vapour_pressure"),
        "elevation": elevation,
        "lat": lat,
    }
    if method == "penman":
        return np.asarray(pyet.penman(tmean, wind, albedo=WATER_ALBEDO, **shared), dtype=float)
    return np.asarray(pyet.pm_fao56(tmean, wind, **shared), dtype=float)


DAY = 86400.0


def rows_of_weather(table: WeatherTable, sheet: SourceSheet, time: Floats, clock: Clock) -> Rows:
    """Make the reference evapotranspiration of a file the rows of a series, a depth each day.

    Parameters
    ----------
    table : WeatherTable
    sheet : SourceSheet
        Its file.
    time : ndarray, shape (n,), s
        Since the start of the run, of each row.
    clock : Clock

    Raises
    ------
    FieldErrors
        With file and line of the row to blame.
    """

    def place(message: str, column: str, row: int) -> Fault:
        return Problem(message if column == "time" else f"{column}: {message}", sheet.file, sheet.line(row))

    faults: list[Fault] = [
        Problem(words, sheet.file, sheet.line(-1))
        for words in missing_columns(dict.fromkeys(sheet.columns), table.method)
    ]
    columns = {}
    for name in COLUMNS:
        if name in sheet.columns:
            try:
                columns[name] = sheet.numbers(name)
            except FieldErrors as error:
                faults += error.faults
    faults += [place(words, name, row) for name, (row, words) in wrong_rows(columns).items()]
    uneven = np.flatnonzero(np.abs(np.diff(time) - DAY) > 1.0)
    if uneven.size:
        row = int(uneven[0]) + 1
        words = (
            f"weather needs a row for each day, and this is {np.diff(time)[row - 1] / DAY:g} days after the one before"
        )
        faults.append(place(words, "time", row))
    if faults:
        raise FieldErrors(limited(faults))
    days = np.array([clock.local_start + timedelta(seconds=s) for s in time.tolist()], dtype="datetime64[ns]")
    values = of_one_place(days, columns, table.latitude, table.elevation, table.method, table.wind_height)
    series = SeriesTable(file=table.file, units="mm/day")

    def blame(message: str, key: str) -> Fault:
        del key
        return FieldError(message, "file")

    return Rows(series, time, values, series.units, place, "the weather", blame)
