"""Junctions: where links meet, a small well."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from deltasim.concentrations import Initial
from deltasim.constants import WELL_AREA
from deltasim.fields import Component, Level
from deltasim.fluxes import Source
from deltasim.geometry import Curve

__all__ = ["Junction"]


class Junction(Component):
    """A place where links meet and hardly any water is stored: a well of 1.17 m2.

    Parameters
    ----------
    bed_level : float, m, optional
        By default the lowest sill of its links.
    initial_stage : float, m, optional
        By default the bed: empty.
    concentration : Concentrations
        Of each substance at the start, kg/m3; 0 where none is given.
    x, y : float, optional
        Coordinates.

    Notes
    -----
    A well of constant area from its bed up, 12.566 ft2, the least surface that SWMM gives a node. So no equation is
    algebraic, nothing is singular where all links are dry, and no drop is outside the balance; inflow fills the well
    until it overflows into its links. Small as it is it costs no small steps, for the method is implicit.

    References
    ----------
    Rossman, L. A. (2017), SWMM reference manual II: hydraulics.
    """

    kind: ClassVar[str] = "junction"
    stores: ClassVar[bool] = True

    bed_level: Level | None = Field(
        default=None, description="Bottom of the well; default the lowest sill of its links."
    )
    initial_stage: Level | None = Field(default=None, description="Stage at the start; default the bed.")
    concentration: Initial = Field(default=(), description="Of each substance at the start; 0 where none is given.")
    x: float | None = Field(default=None, description="Easting or longitude.")
    y: float | None = Field(default=None, description="Northing or latitude.")

    def shape(self, lowest_sill: float | None) -> Curve:
        """Its curve; the bed is the lowest sill (m) of its links unless it has one of its own."""
        bed = lowest_sill if self.bed_level is None else self.bed_level
        if bed is None:
            raise ValueError(f"junction {self.name} has neither a bed_level nor a link with a sill")
        return Curve.from_table([bed], area=[WELL_AREA])

    def starting_storage(self, curve: Curve) -> float:
        """Storage at the start, m3."""
        return 0.0 if self.initial_stage is None else float(curve.storage_at(self.initial_stage))

    def sources(self, curve: Curve) -> list[tuple[str, Source]]:
        """Nothing enters or leaves a junction by itself."""
        del curve
        return []
