"""Wetlands: basins whose plants evaporate, and that keep a water table in their soil when they fall dry."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr, model_validator

from deltasim.faults import Fault, FieldError, FieldErrors
from deltasim.fields import Length, Level, Number, Part, VaryingRate
from deltasim.fluxes import Ground, Source
from deltasim.geometry import Curve, flooded_area
from deltasim.nodes.basin import Basin
from deltasim.nodes.cover import CoverArea, CoversKey
from deltasim.nodes.weather import WeatherTable
from deltasim.signal import Signal

__all__ = ["Soil", "Wetland"]

Floats = NDArray[np.float64]


class Soil(Part):
    """The soil below the bed, as wide as the top of the curve.

    Parameters
    ----------
    depth : float, m
        From the bed to its bottom.
    porosity, field_capacity : float
        Volumes of water over that of the soil: when it is full, and when what can drain has drained.
    root_depth, extinction_depth : float, m, optional
        Depth below `et_depth` in which evaporation falls to 1/e, or linearly to nothing; one of them, or neither
        where there is no `et0`.
    et_depth : float, m
    initial_water_table : float, m, optional
        Level at the start, instead of the initial stage.
    """

    depth: Annotated[Length, Gt(0)] = Field(description="From the bed to the bottom of the soil.")
    porosity: Annotated[Number, Gt(0), Le(1)] = Field(description="Water in full soil, by volume.")
    field_capacity: Annotated[Number, Ge(0)] = Field(
        description="Water that does not drain from it, by volume; the specific yield is porosity - field_capacity."
    )
    root_depth: Annotated[Length, Gt(0)] | None = Field(
        default=None, description="Depth below et_depth in which evaporation falls to 1/e."
    )
    extinction_depth: Annotated[Length, Gt(0)] | None = Field(
        default=None, description="Instead of root_depth: depth below et_depth in which it falls linearly to nothing."
    )
    et_depth: Annotated[Length, Ge(0)] = Field(
        default=0.0, description="Depth of the water table below the bed down to which evaporation lacks nothing."
    )
    initial_water_table: Level | None = Field(
        default=None, description="Level of the water table at the start, instead of initial_stage."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Soil:
        faults: list[Fault] = []
        if self.porosity <= self.field_capacity:
            words = f"expected a number below the porosity ({self.porosity:g}), got {self.field_capacity:g}"
            faults.append(FieldError(words, "field_capacity"))
        if self.root_depth is not None and self.extinction_depth is not None:
            faults.append(FieldError("give root_depth or extinction_depth, not both", "extinction_depth"))
        if faults:
            raise FieldErrors(faults)
        return self

    @property
    def specific_yield(self) -> float:
        """Volume of water for each volume of soil that the water table crosses."""
        return self.porosity - self.field_capacity


class _Part(NamedTuple):
    """A part of the ground, and what evaporates from it, m/s: where it is wet and where it is moist."""

    above: float | None
    below: float | None
    wet: Signal
    moist: Signal


class Wetland(Basin):
    """A basin with plants and soil: a marsh, a salt flat, a pond that falls dry.

    Parameters
    ----------
    covers : tuple of CoverArea, optional
        By name a share of the area, or a band of elevation; in the file or one of those that are shipped.
    et0 : Signal, m/s, optional
        Reference evapotranspiration; needs `covers`.
    weather : WeatherTable, optional
        From which et0 is computed instead, by the package `pyet`.
    soil : Soil, optional

    See Also
    --------
    Basin : its other keys.

    Notes
    -----
    Evaporation adds to that of `evaporation`, and is that of each cover c of area A_c, of which A_w is under water:

        ET = et0 sum of [kc_wet A_w(h) + kc_moist (A_c - A_w(h)) r(d)],    d = max(bed - h, 0)
        r = 1 down to et_depth,  below exp(-(d - et_depth) / root_depth)
                                 or 1 - (d - et_depth) / extinction_depth, not below 0

    The second is that of MODFLOW's evapotranspiration package. Coefficients kc hold in the middle of their month and
    are linear between; each date has one. Over a flat bed the ground becomes wet with the first millimetre of water.

    The soil is one storage with the water above it, as wide as the top row of the curve: below the bed the storage
    grows by (porosity - field_capacity) times that area for each metre. So rain first fills what is empty in the soil,
    and `stage` is the water table where the bed is dry; `depth` and `area` are 0 then. No link, pump or demand takes
    water out of the soil; what does is evaporation, which fades over the last millimetre of water, and `groundwater`.

    References
    ----------
    Allen, R. G., Pereira, L. S., Raes, D. and Smith, M. (1998), Crop evapotranspiration, FAO Irrigation and Drainage
    Paper 56, tables 11 and 12.

    McDonald, M. G. and Harbaugh, A. W. (1988), A modular three-dimensional finite-difference ground-water flow model,
    US Geological Survey Techniques of Water-Resources Investigations 6-A1, chapters 6 and 10.
    """

    kind: ClassVar[str] = "wetland"

    covers: Annotated[tuple[CoverArea, ...], CoversKey()] | None = Field(
        default=None,
        description="By name a share of the area (they sum to 1), or a band of elevation as { above, below }.",
    )
    et0: VaryingRate | None = Field(default=None, description="Reference evapotranspiration; needs covers.")
    weather: WeatherTable | None = Field(
        default=None, description="Days of a station from which et0 is computed, instead of et0."
    )
    soil: Soil | None = Field(default=None, description="Storage below the bed.")

    _parts: tuple[_Part, ...] = PrivateAttr(default=())

    def model_post_init(self, context: Any) -> None:
        """Add the soil to the curve, and find what evaporates when."""
        super().model_post_init(context)
        if self._shape.slope[-1] > 0.0 and (self.soil is not None or self.covers is not None):
            what = "soil" if self.soil is not None else "covers"
            raise FieldError(f'"max_depth" is missing: {what} need to know how wide the curve becomes', "curve")
        if self.soil is not None:
            self._shape = self._shape.with_soil(self.soil.depth, self.soil.specific_yield)
        self._check_evaporation()
        et0 = self.et0
        if self.weather is not None:
            if context is None:
                raise FieldError("weather can only be read as part of a scenario", "weather")
            et0 = context.weather(self.weather)
        if self.covers is not None and et0 is not None:
            self._parts = tuple(_parts(self.covers, et0, context))

    def _check_evaporation(self) -> None:
        faults: list[Fault] = []
        given = [key for key in ("et0", "weather") if getattr(self, key) is not None]
        if len(given) == 2:
            faults.append(FieldError("give et0 or weather, not both", "weather"))
        if given and self.covers is None:
            words = (
                f'"covers" is missing: {given[0]} needs to know what grows, such as {{ reed = 0.6, open_water = 0.4 }}'
            )
            faults.append(FieldError(words, given[0]))
        if self.covers is not None and not given:
            faults.append(FieldError('"et0" is missing: covers evaporate a multiple of it; or give weather', "covers"))
        if self.et0 is not None and self.et0.interpolation != "previous":
            words = "a rate that is linear in time cannot be multiplied by coefficients that change from day to day"
            faults.append(FieldError(f'{words}; leave out interpolation = "linear"', "et0"))
        for area in self.covers or ():
            faults += self._check_band(area)
        if faults:
            raise FieldErrors(faults)

    def _check_band(self, area: CoverArea) -> list[Fault]:
        """All the ground has a cover: a band that nothing joins reaches the bed or the top."""
        assert self.covers is not None
        if area.share is not None:
            return []
        bed, top = self._shape.bed_level, float(self._shape.stage[-1])
        edges = {edge for other in self.covers if other is not area for edge in (other.above, other.below)}
        faults: list[Fault] = []
        if area.above is not None and area.above > bed and area.above not in edges:
            words = f"nothing covers the ground from the bed ({bed:g} m) to {area.above:g} m"
            faults.append(FieldError(words, "covers", area.name, "above"))
        if area.below is not None and area.below < top and area.below not in edges:
            words = f"nothing covers the ground from {area.below:g} m to the top row of the curve ({top:g} m)"
            faults.append(FieldError(words, "covers", area.name, "below"))
        return faults

    @model_validator(mode="after")
    def _soil_fits(self) -> Wetland:
        soil = self.soil
        if soil is None:
            return self
        if self._parts and soil.root_depth is None and soil.extinction_depth is None:
            words = '"root_depth" or "extinction_depth" is missing: how evaporation falls with the water table'
            raise FieldError(words, "soil")
        start, curve = soil.initial_water_table, self._shape
        given = [key for key in ("initial_stage", "initial_storage") if getattr(self, key) is not None]
        if start is not None and given:
            raise FieldError(f"give {given[0]} or initial_water_table, not both", "soil", "initial_water_table")
        if start is None and not given:
            words = '"initial_water_table" is missing: the level at which the water table starts; or give initial_stage'
            raise FieldError(words, "soil")
        if start is not None and not curve.bottom_level <= start <= curve.bed_level:
            words = f"expected a level from the bottom of the soil ({curve.bottom_level:g} m) to the bed "
            words += f"({curve.bed_level:g} m), got {start:g} m"
            if start > curve.bed_level:
                words += "; give initial_stage where water stands on the bed"
            raise FieldError(words, "soil", "initial_water_table")
        return self

    def starting_storage(self, curve: Curve) -> float:
        """Storage at the start, m3, with that of the soil."""
        if self.soil is not None and self.soil.initial_water_table is not None:
            return float(curve.storage_at(self.soil.initial_water_table))
        return super().starting_storage(curve)

    def sources(self, curve: Curve) -> list[tuple[str, Source]]:
        """What enters or leaves by itself, with what the covers evaporate."""
        found = super().sources(curve)
        for part in self._parts:
            stage, area, whole = flooded_area(curve, part.above, part.below)
            wet = Ground(stage, area, curve.bed_level, np.inf, 1.0, False)
            moist = self._moist(stage, whole - area, curve.bed_level)
            found += [
                ("cover", Source("evaporation", rate, -1.0, curve, ground=ground))
                for rate, ground in ((part.wet, wet), (part.moist, moist))
            ]
        return found

    def _moist(self, stage: Floats, area: Floats, bed: float) -> Ground:
        """Ground that no water covers; without soil the water is never out of its reach."""
        soil = self.soil
        if soil is None or not (fade := soil.extinction_depth or soil.root_depth):
            return Ground(stage, area, bed, np.inf, 1.0, False)
        return Ground(stage, area, bed, soil.et_depth, fade, soil.extinction_depth is not None)


def _parts(covers: tuple[CoverArea, ...], et0: Signal, context: Any) -> list[_Part]:
    """Ground that is one to the solver: a band each, or all shares together."""
    if covers[0].share is None:
        groups = [(area.above, area.below, [(1.0, area)]) for area in covers]
    else:
        groups = [(None, None, [(area.share or 0.0, area) for area in covers])]
    parts = []
    for above, below, members in groups:
        rates = []
        for state in ("wet", "moist"):
            monthly = sum(share * np.array(getattr(area.coefficient, state)) for share, area in members)
            rates.append(et0.times(context.monthly(monthly)))
        parts.append(_Part(above, below, *rates))
    return parts
