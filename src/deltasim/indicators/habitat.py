"""Habitat: suitability curves integrated over the hypsometric curve, not applied to the mean depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import IndicatorError
from deltasim.faults import did_you_mean, listed
from deltasim.indicators.daily import Bounds, Gaps, daily, read_days
from deltasim.indicators.flow import mean_of
from deltasim.indicators.land import CurveLike, Ground, curves_of, ground_of
from deltasim.indicators.periods import SeasonLike, over_periods, periods_of, read_season
from deltasim.indicators.response import Response, read_response
from deltasim.indicators.species import SPECIES, Species

__all__ = ["Combine", "habitat", "suitability"]

Floats = NDArray[np.float64]
Combine = Literal["geometric mean", "minimum", "weighted mean"]
LEVELS = ("depth", "water_table")
FILM = 1e-3
"""Depth, m, up to which a zone counts as dry: evaporation fades over the last millimetre, and the rest never goes."""


def suitability(
    stage: xr.DataArray,
    curve: CurveLike,
    responses: Mapping[str, Any],
    *,
    salinity: xr.DataArray | float | None = None,
    combine: Combine = "geometric mean",
    weights: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Integrate a suitability index over the ground at every time.

    Parameters
    ----------
    stage : DataArray, (...), m
        Water level, or water table.
    curve : Curve, table, or mapping of zones to them
    responses : mapping of str to curve
        ``depth``: over ground under water. Or ``water_table``: over all ground, negative where it is dry. And
        ``salinity``. Each a `Gaussian`, `Table`, `Trapezoid`, or a mapping as `read_response` takes it.
    salinity : DataArray or float, kg/m3, optional
        Of the water in the zone; as `stage`, or fewer dimensions.
    combine : {"geometric mean", "minimum", "weighted mean"}
    weights : mapping of str to float, optional
        Of the responses, for the means; equal by default.

    Returns
    -------
    Dataset, as `stage`
        ``habitat_units`` (m2) and ``suitability_index``, which is that over all ground of the curve.

    Notes
    -----
        HU = integral of s(h - z) dA(z)

    with h the stage, z the elevation and A the hypsometric curve; closed form in every slice of it. Without
    ``water_table`` dry ground counts 0, and so does a zone with less than a millimetre of water. Above the top row
    there is no ground. The water table is taken as level under dry ground.
    """
    read, weight = _read(responses, combine, weights)
    level = next((name for name in LEVELS if name in read), None)
    ordered = stage.transpose("time", ...) if "time" in stage.dims else stage.expand_dims("time")
    values = np.asarray(ordered.values, dtype=float).reshape(ordered.sizes["time"], -1)
    zone = _of_zone(ordered, read.get("salinity"), salinity, combine, weight.get("salinity", 0.0))
    law = _Law(None if level is None else read[level], level == "water_table", combine, weight.get(level or "", 1.0))
    units, index = np.full_like(values, np.nan), np.full_like(values, np.nan)
    for column, each in enumerate(curves_of(curve, ordered.isel(time=0, drop=True))):
        if each is not None:
            ground = ground_of(each)
            units[:, column] = law.over(ground, values[:, column], zone.reshape(values.shape)[:, column])
            index[:, column] = units[:, column] / ground.area

    def array(found: Floats) -> xr.DataArray:
        made = xr.DataArray(found.reshape(ordered.shape), coords=ordered.coords, dims=ordered.dims)
        return made if "time" in stage.dims else made.isel(time=0, drop=True)

    made = {"habitat_units": (array(units), "m2"), "suitability_index": (array(index), "1")}
    return xr.Dataset({name: found.assign_attrs(units=unit) for name, (found, unit) in made.items()})


def _of_zone(
    stage: xr.DataArray, response: Response | None, salinity: xr.DataArray | float | None, combine: str, weight: float
) -> Floats:
    """The part of the index that a zone has everywhere, in the shape of the stage."""
    if response is None:
        return np.full(stage.shape, 0.0 if combine == "weighted mean" else 1.0)
    if salinity is None:
        raise IndicatorError("the suitability depends on salinity; give salinity=, or responses without it")
    given = salinity if isinstance(salinity, xr.DataArray) else xr.DataArray(salinity)
    _, given = xr.align(stage, given, join="left")
    score = given.copy(data=response(given.values)).where(np.isfinite(given))
    part = {"geometric mean": score**weight, "minimum": score, "weighted mean": weight * score}[combine]
    return np.asarray((xr.zeros_like(stage, dtype=float) + part).transpose(*stage.dims).values)


def _read(
    responses: Mapping[str, Any], combine: str, weights: Mapping[str, float] | None
) -> tuple[dict[str, Response], dict[str, float]]:
    """Read curves and weights; the weights of a mean add up to 1."""
    known = (*LEVELS, "salinity")
    for name in responses:
        if name not in known:
            raise IndicatorError(f'no suitability over "{name}"; there is {listed(known)}{did_you_mean(name, known)}')
    if not responses or all(name in responses for name in LEVELS):
        raise IndicatorError("give one suitability curve or more, over depth or water_table but not both, and salinity")
    if combine not in get_args(Combine):
        raise IndicatorError(f'combine is {listed(get_args(Combine))}, got "{combine}"')
    given = dict.fromkeys(responses, 1.0) if weights is None else dict(weights)
    if (
        set(given) != set(responses)
        or any(weight <= 0.0 for weight in given.values())
        or (combine == "minimum" and weights)
    ):
        raise IndicatorError("weights are above 0, one for each suitability curve, and of use for the means only")
    total = sum(given.values())
    return {name: read_response(spec) for name, spec in responses.items()}, {n: w / total for n, w in given.items()}


class _Law:
    """The index over elevation at one stage: the response to the level, combined with what the whole zone has.

    Parameters
    ----------
    response : Gaussian, Table or None
        None: all wet ground is as good.
    dry : bool
        Whether dry ground counts.
    combine : str
    weight : float
    """

    def __init__(self, response: Response | None, dry: bool, combine: str, weight: float) -> None:
        self.response, self.dry, self.combine, self.weight = response, dry, combine, weight

    def over(self, ground: Ground, stage: Floats, zone: Floats) -> Floats:
        """Integrate over the ground, (n,) m2; `zone` is the part of the index that is the same everywhere."""
        x = stage[:, None] - ground.level[None, :]
        wet = np.ones_like(x) if self.dry else (x > 0.0).astype(float)
        at = x if self.dry else np.maximum(x, 0.0)
        level = self._sum(ground, self._value(at, zone) * wet, self._integral(at, zone))
        if self.combine == "geometric mean":
            level = level * zone
        elif self.combine == "weighted mean":
            level = self.weight * level * (self.response is not None) + zone * self._sum(ground, wet, at)
        # Where all is dry it does not matter that nobody knows how salt the water is.
        all_dry = np.zeros(len(x), dtype=bool) if self.dry else x[:, 0] <= FILM
        return np.where(all_dry, 0.0, level)

    def _value(self, x: Floats, zone: Floats) -> Floats:
        if self.response is None:
            return np.minimum(1.0, zone)[:, None] * np.ones_like(x) if self.combine == "minimum" else np.ones_like(x)
        if self.combine == "minimum":
            return np.minimum(self.response(x), zone[:, None])
        return self.response(x) ** self._power

    def _integral(self, x: Floats, zone: Floats) -> Floats:
        if self.response is None:
            return np.minimum(1.0, zone)[:, None] * x if self.combine == "minimum" else x
        if self.combine == "minimum":
            return self.response.integral(x, 1.0, zone[:, None])
        return self.response.integral(x, self._power)

    @property
    def _power(self) -> float:
        return self.weight if self.combine == "geometric mean" else 1.0

    @staticmethod
    def _sum(ground: Ground, value: Floats, integral: Floats) -> Floats:
        """Level ground by its value, sloping ground by the integral between its edges."""
        sloping = (integral[:, :-1] - integral[:, 1:]) @ ground.density[:-1]
        return np.asarray(value @ ground.flat + sloping)


def habitat(
    stage: xr.DataArray,
    curve: CurveLike,
    species: str | Species | None = None,
    *,
    responses: Mapping[str, Any] | None = None,
    salinity: xr.DataArray | float | None = None,
    combine: Combine = "geometric mean",
    weights: Mapping[str, float] | None = None,
    water_year_start: int | None = 10,
    season: SeasonLike = None,
    min_valid: float = 1.0,
    gaps: Gaps = None,
    max_gap: int | None = None,
    bounds: Bounds = None,
) -> xr.Dataset:
    """Mean habitat of a species over each year or season.

    Parameters
    ----------
    stage : DataArray, (time, ...), m
    curve : Curve, table, or mapping of zones to them
    species : str or Species, optional
        A name of `SPECIES`; its season is taken where none is given.
    responses, salinity, combine, weights
        As for `suitability`; `responses` stands in for a species.
    water_year_start, season, min_valid, gaps, max_gap, bounds
        As for `hydroperiod`.

    Returns
    -------
    Dataset, (year or water_year, ...)
        ``habitat_units`` (m2) and ``suitability_index``, means of those of the days.
    """
    if (species is None) == (responses is None):
        raise IndicatorError("give a species or responses, one of them")
    if isinstance(species, str):
        if species not in SPECIES:
            hint = did_you_mean(species, SPECIES) or f"; there is {listed(SPECIES, 'and')}"
            raise IndicatorError(f'no suitability curve is known for "{species}"{hint}')
        species = SPECIES[species]
    if species is not None:
        responses, season = species.responses, season or species.season or None
    policy: dict[str, Any] = {"min_valid": min_valid, "gaps": gaps, "max_gap": max_gap, "bounds": bounds}
    days = read_days(stage, **policy)
    levels = days.array(days.values, ("time", days.date.astype("datetime64[ns]")))
    if isinstance(salinity, xr.DataArray) and "time" in salinity.dims:
        salinity = daily(salinity, **policy).reindex(time=levels["time"])
    found = suitability(levels, curve, responses or {}, salinity=salinity, combine=combine, weights=weights)
    periods = periods_of(days.date, water_year_start, season)
    made = {}
    for name, array in found.items():
        values = replace(days, values=np.asarray(array.values, dtype=float).reshape(days.values.shape))
        made[name] = over_periods(values, periods, {str(name): mean_of}, min_valid)
    found = xr.merge(made.values(), compat="equals", join="exact", combine_attrs="override")
    named = read_season(season)
    return found if named is None else found.assign_attrs(season=named.name)
