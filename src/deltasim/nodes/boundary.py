"""Boundaries: water whose stage is given, and free outfalls."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from deltasim.fields import Component, VaryingStage

__all__ = ["Boundary"]


class Boundary(Component):
    """Water outside the network, which gives and takes without changing.

    Parameters
    ----------
    stage : Signal, m, optional
        Without it, a free outfall: lower than any sill, and nothing comes back.
    x, y : float, optional
        Coordinates.
    """

    kind: ClassVar[str] = "boundary"
    stores: ClassVar[bool] = False

    stage: VaryingStage | None = Field(default=None, description="A level or a series; without it, a free outfall.")
    x: float | None = Field(default=None, description="Easting or longitude.")
    y: float | None = Field(default=None, description="Northing or latitude.")
