"""Boundaries: water whose stage is given, and free outfalls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, ValidationInfo
from pydantic_core import core_schema as cs

from deltasim import units
from deltasim.concentrations import Entering
from deltasim.faults import FieldError, FieldErrors, explain
from deltasim.fields import Component, TideTable, Varying
from deltasim.signal import Signal
from deltasim.tide import Tide
from deltasim.units import Dimension

__all__ = ["Boundary"]


class OrTide:
    """Annotation of ``Signal | Tide``: a stage that varies in time, or a tide where a key is one of a tide's own."""

    varying = Varying(units.LEVEL, "linear")
    marks = frozenset(("tide", "mean_level", "latitude", "nodal", "surge"))

    @property
    def dimension(self) -> Dimension:
        """What it measures, for messages."""
        return self.varying.dimension

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        either = self.varying.__get_pydantic_json_schema__(schema, handler)
        either["anyOf"].append(handler(TideTable.__pydantic_core_schema__))
        return either

    def read(self, value: object, info: ValidationInfo) -> Signal | Tide:
        """Resolve to a signal or a tide in SI."""
        if isinstance(value, Tide):
            return value
        if not (isinstance(value, Mapping) and value.keys() & self.marks):
            return self.varying.read(value, info)
        if info.context is None:
            raise FieldError("a tide can only be read as part of a scenario")
        try:
            table = TideTable.model_validate(dict(value), context=info.context)
        except ValidationError as error:
            raise FieldErrors(explain(error, TideTable)) from error
        tide: Tide = info.context.tide(table)
        return tide


class Boundary(Component):
    """Water outside the network, which gives and takes without changing.

    Parameters
    ----------
    stage : Signal or Tide, m, optional
        Without it, a free outfall: lower than any sill, and nothing comes back.
    concentration : Concentrations
        Of each substance in what enters from it, kg/m3; 0 where none is given.
    x, y : float, optional
        Coordinates.

    Notes
    -----
    A level that is given has no balance: whatever flows in or out, it stays what it is. Of a tide:

        stage = mean_level + surge(t) + sum of f A cos(V0 + u + speed t - phase)

    over the constituents, with arguments V0, node factors f and corrections u after Schureman, the convention in which
    NOAA and the IHO publish constants; the solver sees it as a smooth function with its time derivative. Phases are
    Greenwich lags in degrees, so the run's `start` needs an offset; the run must lie within the years 1600 to 2400.

    Without `stage` a boundary lies lower than any sill; a `resistance` cannot lead there, and a `reach` takes its
    `outfall_slope`.

    References
    ----------
    Schureman, P. (1958), Manual of harmonic analysis and prediction of tides, US Coast and Geodetic Survey Special
    Publication 98 (revised edition of 1940).
    """

    kind: ClassVar[str] = "boundary"
    stores: ClassVar[bool] = False

    stage: Annotated[Signal | Tide, OrTide()] | None = Field(
        default=None, description="A level, a series or a tide; without it, a free outfall."
    )
    concentration: Entering = Field(default=(), description="Of each substance in what enters from it.")
    x: float | None = Field(default=None, description="Easting or longitude.")
    y: float | None = Field(default=None, description="Northing or latitude.")
