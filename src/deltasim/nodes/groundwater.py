"""Exchange with an aquifer: through a bed that resists, or radially to a round lake."""

from __future__ import annotations

import math
from typing import Annotated

from annotated_types import Gt
from pydantic import Field, model_validator

from deltasim import units
from deltasim.concentrations import Entering
from deltasim.faults import FieldError, listed
from deltasim.fields import Length, Level, Part, Speed, VaryingConductance, VaryingStage, Within
from deltasim.fluxes import Source
from deltasim.geometry import Curve

__all__ = ["Groundwater"]

FORMS = (
    ("conductance",),
    ("hydraulic_conductivity", "length", "width", "thickness"),
    ("hydraulic_conductivity", "base_level", "radius", "distance"),
)
"""Keys that go together besides the stage: C, C = K L W / M, and Dupuit's radial flow."""


class Groundwater(Part):
    """Exchange with an aquifer whose water table is given, in one of three forms.

    Parameters
    ----------
    stage : Signal, m
        Water table.
    conductance : Signal, m2/s, optional
        Discharge per metre of difference.
    hydraulic_conductivity : float, m/s, optional
    length, width, thickness : float, m, optional
        Of the bed that resists: conductance = hydraulic_conductivity length width / thickness.
    base_level, radius, distance : float, m, optional
        For an unconfined aquifer around a round lake: its base, the radius of the lake, and the distance from the
        middle at which the water table has the given stage.
    concentration : Concentrations
        Of each substance in what comes out of it, kg/m3; 0 where none is given.
    """

    stage: VaryingStage = Field(description="Water table beside the water; may vary in time.")
    conductance: Annotated[VaryingConductance, Within(ge=0.0, dimension=units.CONDUCTANCE)] | None = Field(
        default=None, description="Discharge per metre of difference."
    )
    hydraulic_conductivity: Annotated[Speed, Gt(0)] | None = Field(
        default=None, description="Instead, of the bed with length, width and thickness, or of the aquifer."
    )
    length: Annotated[Length, Gt(0)] | None = Field(default=None, description="Of the bed that resists.")
    width: Annotated[Length, Gt(0)] | None = Field(default=None, description="Likewise.")
    thickness: Annotated[Length, Gt(0)] | None = Field(default=None, description="Likewise.")
    base_level: Level | None = Field(default=None, description="Of the aquifer, for radial flow.")
    radius: Annotated[Length, Gt(0)] | None = Field(default=None, description="Of the lake, for radial flow.")
    distance: Annotated[Length, Gt(0)] | None = Field(
        default=None, description="From the middle of the lake to where the water table has the stage, likewise."
    )

    concentration: Entering = Field(default=(), description="Of each substance in what comes out of it.")

    @model_validator(mode="after")
    def _has_one_form(self) -> Groundwater:
        given = {key for form in FORMS for key in form if getattr(self, key) is not None}
        if not any(given == set(form) for form in FORMS):
            near = max(FORMS, key=lambda form: len(given & set(form)) - len(given - set(form)))
            missing, foreign = [key for key in near if key not in given], sorted(given - set(near))
            if not given:
                words = f'"conductance" is missing: {units.CONDUCTANCE}; or give {listed(FORMS[1], "and")}'
            elif missing:
                verb = "is" if len(missing) == 1 else "are"
                words = f"{listed(missing, 'and')} {verb} missing beside {listed(sorted(given & set(near)), 'and')}"
            else:
                words = f"give {listed(near, 'and')} without {listed(foreign, 'and')}: they are different forms"
            raise FieldError(words)
        if self.radius is not None and self.distance is not None and self.distance <= self.radius:
            words = f"expected a length above the radius of the lake ({self.radius:g} m), got {self.distance:g} m"
            raise FieldError(words, "distance")
        return self

    def share(self, part: float) -> Groundwater:
        """Make that of a part of a long water."""
        if self.conductance is not None:
            return self.model_copy(update={"conductance": self.conductance.scaled(part)})
        return self.model_copy(update={"hydraulic_conductivity": part * (self.hydraulic_conductivity or 0.0)})

    def source(self, curve: Curve) -> tuple[str, Source]:
        """Law and flux."""
        if self.conductance is not None:
            return "groundwater", Source("groundwater", self.stage, 1.0, curve, scale=self.conductance)
        k = self.hydraulic_conductivity or 0.0
        if self.base_level is not None and self.radius and self.distance:
            factor = math.pi * k / math.log(self.distance / self.radius)
            return "dupuit", Source("groundwater", self.stage, factor, curve, base_level=self.base_level)
        conductance = k * (self.length or 0.0) * (self.width or 0.0) / (self.thickness or 1.0)
        return "groundwater", Source("groundwater", self.stage, conductance, curve)
