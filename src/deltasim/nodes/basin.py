"""Basins: storage with a curve, and what falls on it, dries from it and seeps through its bed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt
from pydantic import Field, PrivateAttr, model_validator

from deltasim import units
from deltasim.faults import FieldError
from deltasim.fields import (
    Area,
    Columns,
    Component,
    Conductance,
    Level,
    Part,
    Table,
    VaryingRate,
    VaryingStage,
    Volume,
)
from deltasim.fluxes import Source
from deltasim.geometry import Curve

__all__ = ["Basin", "Groundwater"]


class Groundwater(Part):
    """Exchange with an aquifer whose water table is given.

    Parameters
    ----------
    stage : Signal, m
        Water table.
    conductance : float, m2/s
        Discharge per metre of difference.
    """

    stage: VaryingStage = Field(description="Water table beside the basin; may vary in time.")
    conductance: Annotated[Conductance, Ge(0)] = Field(description="Discharge per metre of difference.")


class Basin(Component):
    """A body of water with a stage-area-storage curve.

    Parameters
    ----------
    curve : Table
        Columns ``stage`` and ``area``, ``storage`` or both.
    initial_stage, initial_storage : float, m or m3, optional
        One or the other; empty by default.
    rain : Signal, m/s, optional
        On `collecting_area`.
    collecting_area : float, m2, optional
        By default the area of the curve's top row, wet or dry.
    evaporation : Signal, m/s, optional
        From the wet area.
    seepage : Signal, m/s, optional
        On the wet area, positive into the basin.
    groundwater : Groundwater, optional
        Q = conductance (max(h_gw, bed) - h), positive into the basin.
    x, y : float, optional
        Coordinates.
    """

    kind: ClassVar[str] = "basin"
    stores: ClassVar[bool] = True

    curve: Annotated[
        Table,
        Columns(
            stage=units.LEVEL,
            area=units.AREA,
            storage=units.VOLUME,
            optional=("area", "storage"),
            rising=("stage",),
            least={"area": 0.0, "storage": 0.0},
            rows=1,
        ),
    ] = Field(description="Columns stage and area, storage or both; inline or a file.")
    initial_stage: Level | None = Field(default=None, description="Stage at the start; default: empty.")
    initial_storage: Annotated[Volume, Ge(0)] | None = Field(
        default=None, description="Storage at the start, instead of initial_stage."
    )
    rain: VaryingRate | None = Field(default=None, description="Rain on the collecting area.")
    collecting_area: Annotated[Area, Gt(0)] | None = Field(
        default=None, description="Area that rain falls on; default: the curve's top area."
    )
    evaporation: VaryingRate | None = Field(default=None, description="Evaporation from the wet area.")
    seepage: VaryingRate | None = Field(default=None, description="Seepage on the wet area, positive in.")
    groundwater: Groundwater | None = Field(default=None, description="Exchange with an aquifer.")
    x: float | None = Field(default=None, description="Easting or longitude.")
    y: float | None = Field(default=None, description="Northing or latitude.")

    _shape: Curve = PrivateAttr()

    def model_post_init(self, context: Any) -> None:
        """Make the curve once, so that a table that is none is an error of this key."""
        del context
        table: Table = self.curve
        columns = {name: table[name] for name in ("area", "storage") if name in table}
        try:
            self._shape = Curve.from_table(table["stage"], **columns)
        except ValueError as error:
            raise FieldError(str(error), "curve") from None

    @model_validator(mode="after")
    def _starts_in_range(self) -> Basin:
        if self.initial_stage is not None and self.initial_storage is not None:
            raise FieldError("give initial_stage or initial_storage, not both", "initial_storage")
        if self.initial_stage is not None and self.initial_stage < self._shape.bed_level:
            raise FieldError(
                f"expected a level at or above the bed ({self._shape.bed_level:g} m), got {self.initial_stage:g} m",
                "initial_stage",
            )
        return self

    def shape(self, lowest_sill: float | None) -> Curve:
        """Its curve, whatever the sills of its links."""
        del lowest_sill
        return self._shape

    def starting_storage(self, curve: Curve) -> float:
        """Storage at the start, m3."""
        if self.initial_storage is not None:
            return self.initial_storage
        if self.initial_stage is not None:
            return float(curve.storage_at(self.initial_stage))
        return 0.0

    def sources(self, curve: Curve) -> list[tuple[str, Source]]:
        """What enters or leaves by itself.

        Returns
        -------
        list of (str, Source)
            The law of `deltasim.fluxes.SOURCES`, and the flux.
        """
        found = []
        if self.rain is not None:
            area = curve.top_area if self.collecting_area is None else self.collecting_area
            found.append(("uniform", Source("rain", self.rain, area, curve)))
        if self.evaporation is not None:
            found.append(("surface", Source("evaporation", self.evaporation, -1.0, curve)))
        if self.seepage is not None:
            found.append(("surface", Source("seepage", self.seepage, 1.0, curve)))
        if self.groundwater is not None:
            gw = self.groundwater
            found.append(("groundwater", Source("groundwater", gw.stage, gw.conductance, curve)))
        return found
