"""Channels: a length of river as storage, with the cross-section that gives it its volume."""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Ge, Gt
from pydantic import Field, model_validator

from deltasim.faults import FieldError
from deltasim.fields import Component, Length, Level
from deltasim.geometry import CrossSection, Curve
from deltasim.nodes.surface import Surface

__all__ = ["Channel"]


class Channel(Surface, Component):
    """A length of river, canal or ditch as storage; what flows along it is the business of reaches.

    Parameters
    ----------
    cross_section : Section
        Area = length x top width, storage = length x wet area; above the highest point the walls are vertical.
    length : float, m
    bed_level : float, m
        Of the lowest point.
    initial_stage, initial_depth : float, m, optional
        One or the other; empty by default.
    x, y : float, optional
        Coordinates.

    See Also
    --------
    Surface : its other keys.

    Notes
    -----
    With the top width B and the wet area A of the cross-section at the depth d of the water, exactly:

        area = B(d) length,    storage = A(d) length

    A trapezoid goes on for ever, so rain falls on the water surface there; in a surveyed section, above whose outer
    points stand vertical walls, it falls on the full width, unless `collecting_area` says otherwise. Otherwise a
    channel is a `basin`: its balance, and its bed below which it is empty, are the same.
    """

    kind: ClassVar[str] = "channel"
    stores: ClassVar[bool] = True

    cross_section: CrossSection
    length: Annotated[Length, Gt(0)] = Field(description="Length along the bed.")
    bed_level: Level = Field(description="Of the lowest point.")
    initial_stage: Level | None = Field(default=None, description="Stage at the start; default empty.")
    initial_depth: Annotated[Length, Ge(0)] | None = Field(
        default=None, description="Depth at the start, instead of initial_stage."
    )
    x: float | None = Field(default=None, description="Easting or longitude.")
    y: float | None = Field(default=None, description="Northing or latitude.")

    @model_validator(mode="after")
    def _starts_in_range(self) -> Channel:
        if self.initial_stage is not None and self.initial_depth is not None:
            raise FieldError("give initial_stage or initial_depth, not both", "initial_depth")
        if self.initial_stage is not None and self.initial_stage < self.bed_level:
            raise FieldError(
                f"expected a level at or above the bed ({self.bed_level:g} m), got {self.initial_stage:g} m",
                "initial_stage",
            )
        return self

    def shape(self, lowest_sill: float | None) -> Curve:
        """Its curve, whatever the sills of its links."""
        del lowest_sill
        return self.cross_section.curve(self.length, self.bed_level)

    def starting_storage(self, curve: Curve) -> float:
        """Storage at the start, m3."""
        stage = self.bed_level + (self.initial_depth or 0.0) if self.initial_stage is None else self.initial_stage
        return float(curve.storage_at(stage))
