"""Basins: storage with a curve, and what falls on it, dries from it and seeps through its bed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from annotated_types import Ge
from pydantic import Field, PrivateAttr, model_validator

from deltasim.faults import FieldError
from deltasim.fields import Component, Level, Table, Volume
from deltasim.geometry import Curve, CurveKey, PowerLaw, curve_of
from deltasim.nodes.surface import Surface

__all__ = ["Basin"]


class Basin(Surface, Component):
    """A body of water with a stage-area-storage curve: a lake, a pond, a polder, a tank.

    Parameters
    ----------
    curve : Table or PowerLaw
        Columns ``stage`` and ``area``, ``storage`` or both; or ``{ scale, exponent, bed_level }``.
    initial_stage, initial_storage : float, m or m3, optional
        One or the other; empty by default.
    x, y : float, optional
        Coordinates.

    See Also
    --------
    Surface : its other keys.

    Notes
    -----
    What flows in and out, and what falls on it, dries from it and seeps through its bed, changes the storage V:

        dV/dt = sum of Q in - sum of Q out + rain A_c - evaporation A + seepage A + groundwater

    with A the wet area and A_c the `collecting_area`. The first row of the curve is the bed. With ``area``, the area is
    linear between rows and the storage follows; with ``storage`` alone, the storage is linear between rows. If both are
    given they must agree within rounding, and ``area`` is used. Above the top row the area stays as it is, and the run
    says when a level got there. Without a survey, with the depth h in metres:

        A = scale h^(2/exponent),    V = scale h^(1 + 2/exponent) / (1 + 2/exponent)

    Evaporation and outward seepage fade over the last millimetre of water; storage never
    falls below empty.

    References
    ----------
    Hayashi, M. and van der Kamp, G. (2000), Simple equations to represent the volume-area-depth relations of shallow
    wetlands in small topographic depressions, Journal of Hydrology 237, 74-85.
    """

    kind: ClassVar[str] = "basin"
    stores: ClassVar[bool] = True

    curve: Annotated[Table | PowerLaw, CurveKey()] = Field(
        description="Columns stage and area, storage or both, from the bed up, inline or a file; or a power law."
    )
    initial_stage: Level | None = Field(default=None, description="Stage at the start; default empty.")
    initial_storage: Annotated[Volume, Ge(0)] | None = Field(
        default=None, description="Storage at the start, instead of initial_stage."
    )
    x: float | None = Field(default=None, description="Easting or longitude.")
    y: float | None = Field(default=None, description="Northing or latitude.")

    _shape: Curve = PrivateAttr()

    def model_post_init(self, context: Any) -> None:
        """Make the curve once, so that a table that is none is an error of this key."""
        del context
        self._shape = curve_of(self.curve)

    @model_validator(mode="after")
    def _starts_in_range(self) -> Basin:
        if self.initial_stage is not None and self.initial_storage is not None:
            raise FieldError("give initial_stage or initial_storage, not both", "initial_storage")
        lowest = self._shape.bottom_level
        if self.initial_stage is not None and self.initial_stage < lowest:
            what = "bottom of the soil" if self._shape.bed_row else "bed"
            raise FieldError(
                f"expected a level at or above the {what} ({lowest:g} m), got {self.initial_stage:g} m",
                "initial_stage",
            )
        if self.rain is not None and self.collecting_area is None and self._shape.slope[-1] > 0.0:
            words = '"collecting_area" is missing: rain needs it, or a max_depth of the curve, on a curve without end'
            raise FieldError(words, "rain")
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
