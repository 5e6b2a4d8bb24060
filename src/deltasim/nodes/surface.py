"""What falls on water, dries from it and seeps through its bed: keys of every node with a surface."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Gt
from pydantic import Field

from deltasim.concentrations import Initial
from deltasim.fields import Area, Part, VaryingRate
from deltasim.fluxes import Source
from deltasim.geometry import Curve
from deltasim.nodes.groundwater import Groundwater

__all__ = ["Surface"]


class Surface(Part):
    """Keys of every node with a water surface.

    Parameters
    ----------
    rain : Signal, m/s, optional
        On `collecting_area`.
    collecting_area : float, m2, optional
        By default the area of the curve's top row, wet or dry; where the curve widens without end (a channel of
        trapezoidal section) the wet area.
    evaporation : Signal, m/s, optional
        From the wet area.
    seepage : Signal, m/s, optional
        On the wet area, positive into the node.
    concentration : Concentrations
        Of each substance at the start, kg/m3; 0 where none is given.
    groundwater : Groundwater, optional
        Q = conductance (max(h_gw, bed) - h), positive into the node; or pi K (h_gw^2 - h^2) / ln(R / r) with heads
        above the base of the aquifer (Dupuit).
    """

    rain: VaryingRate | None = Field(
        default=None, description="On the collecting area; a rate, or a depth per interval."
    )
    collecting_area: Annotated[Area, Gt(0)] | None = Field(
        default=None, description="On which rain falls, wet or dry; default the area of the curve's top row."
    )
    evaporation: VaryingRate | None = Field(default=None, description="From the wet area.")
    seepage: VaryingRate | None = Field(default=None, description="Through the wet area, positive into the node.")
    groundwater: Groundwater | None = Field(
        default=None, description="Exchange with an aquifer, by the difference of stages."
    )

    concentration: Initial = Field(default=(), description="Of each substance at the start; 0 where none is given.")

    def sources(self, curve: Curve) -> list[tuple[str, Source]]:
        """What enters or leaves by itself.

        Returns
        -------
        list of (str, Source)
            The law of `deltasim.fluxes.SOURCES`, and the flux.
        """
        found = []
        surface = curve.surface
        if self.rain is not None and self.collecting_area is None and curve.slope[-1] > 0.0:
            found.append(("surface", Source("rain", self.rain, 1.0, surface)))
        elif self.rain is not None:
            area = curve.top_area if self.collecting_area is None else self.collecting_area
            found.append(("uniform", Source("rain", self.rain, area, curve)))
        if self.evaporation is not None:
            found.append(("surface", Source("evaporation", self.evaporation, -1.0, surface)))
        if self.seepage is not None:
            found.append(("surface", Source("seepage", self.seepage, 1.0, surface)))
        if self.groundwater is not None:
            found.append(self.groundwater.source(curve))
        return found
