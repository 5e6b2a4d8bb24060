"""Orifices: a round or rectangular hole in a wall or in a floor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from pydantic import Field, model_validator

from deltasim._jit import jit, jit_law
from deltasim.constants import GRAVITY
from deltasim.fields import Count, Length, Level, Number
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink, check_sides
from deltasim.links.roots import root

__all__ = ["ORIFICE"]


class Orifice(StageDrivenLink):
    """A hole, full or partly full.

    Parameters
    ----------
    shape : {"circular", "rectangular"}
    diameter : float, m
        Of a circular one.
    width, height : float, m
        Of a rectangular one; in a floor, its two sides.
    invert_level : float, m
        Lowest point of the hole; in a floor, the level of the floor.
    orientation : {"side", "bottom"}
    discharge_coefficient : float
        C_d.
    count : int
        Equal orifices side by side.

    Notes
    -----
    With H and D the heads above the invert up- and downstream, and z = min(H, height) the part of the hole's height
    that the water upstream covers, in a wall and in a floor:

        Q = C_d A(z) sqrt(2 g (H - max(D, z/2)))
        Q = C_d A sqrt(2 g (H - max(D, 0)))

    In a wall this is, full and free, the usual C_d A sqrt(2 g h) with h from the centre; full and drowned, with h the
    difference of the stages. Partly full it falls with H^1.5 in a rectangle, as over a weir, and meets the full law at
    H = height. Two-way: where the stages swap, the ends swap. Nothing flows where both stages are below the invert.

    Range: C_d = 0.61 is for a sharp edge, away from walls and floor; a short tube has some 0.8. A pipe that is long
    enough for friction is a `culvert`.

    References
    ----------
    Rossman, L. A. (2017), SWMM reference manual II: hydraulics, section 6.2.
    """

    kind: ClassVar[str] = "orifice"

    shape: Literal["circular", "rectangular"] = Field(default="circular", description="Shape of the hole.")
    diameter: Annotated[Length, Gt(0)] | None = Field(default=None, description="Of a circular orifice.")
    width: Annotated[Length, Gt(0)] | None = Field(
        default=None, description="Of a rectangular orifice; in a floor, one side."
    )
    height: Annotated[Length, Gt(0)] | None = Field(
        default=None, description="Of a rectangular orifice; in a floor, the other side."
    )
    invert_level: Level = Field(description="Lowest point of the hole; in a floor, the floor.")
    orientation: Literal["side", "bottom"] = Field(default="side", description="In a wall or in a floor.")
    discharge_coefficient: Annotated[Number, Gt(0)] = Field(default=0.61, description="C_d.")
    count: Count = Field(default=1, description="Equal orifices side by side.")

    @model_validator(mode="after")
    def _has_its_size(self) -> Orifice:
        check_sides(self)
        return self

    @property
    def sill(self) -> float:
        """Lowest point of the hole, m."""
        return self.invert_level


class OrificeParameters(NamedTuple):
    """Arrays over the orifices."""

    coefficient: NDArray[np.float64]
    """C_d sqrt(2 g), m0.5/s."""
    invert: NDArray[np.float64]
    """Lowest point, m."""
    height: NDArray[np.float64]
    """Height of the hole, m; 0 in a floor."""
    width: NDArray[np.float64]
    """Width of a rectangle, m; 0 for a circle."""
    area: NDArray[np.float64]
    """Of the whole hole, m2."""
    smoothing: NDArray[np.float64]
    """Head difference below which the root is linear, m."""


def build_orifices(orifices: Sequence[Orifice], ends: Sequence[Ends]) -> OrificeParameters:
    """Make the law's parameters; an invert below the higher bed of the two nodes counts as level with it."""
    round_ = [o.shape == "circular" for o in orifices]
    height = np.array([o.diameter if r else o.height for o, r in zip(orifices, round_, strict=True)], dtype=float)
    width = np.array([0.0 if r else o.width for o, r in zip(orifices, round_, strict=True)], dtype=float)
    in_floor = np.array([o.orientation == "bottom" for o in orifices], dtype=bool)
    area = np.where(round_, 0.25 * np.pi * height**2, height * width)
    return OrificeParameters(
        np.array([o.discharge_coefficient * np.sqrt(2.0 * GRAVITY) for o in orifices], dtype=float),
        np.array([max(o.invert_level, e.higher_bed) for o, e in zip(orifices, ends, strict=True)], dtype=float),
        np.where(in_floor, 0.0, height),
        width,
        area,
        np.array(
            [
                e.smoothing(o.invert_level, o.count * o.discharge_coefficient * np.sqrt(2.0 * GRAVITY) * a, 0.5)
                for o, a, e in zip(orifices, area, ends, strict=True)
            ],
            dtype=float,
        ),
    )


@jit
def wetted_hole(p: Any, i: int, depth: float):  # type: ignore[no-untyped-def]
    """Part of the hole below a depth, m2, and its growth with depth, m."""
    if depth >= p.height[i]:
        return p.area[i], 0.0
    if p.width[i] > 0.0:
        return p.width[i] * depth, p.width[i]
    radius = 0.5 * p.height[i]
    chord = 2.0 * np.sqrt(depth * (p.height[i] - depth))
    return radius * radius * np.arccos(1.0 - depth / radius) - 0.5 * (radius - depth) * chord, chord


@jit_law
def orifice_law(p: Any, i: int, h_up: float, h_down: float, setting: float):  # type: ignore[no-untyped-def]
    """Discharge through orifice `i`; `Orifice` has the equation."""
    head = h_up - p.invert[i]
    if head <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    c = p.coefficient[i]
    tail = h_down - p.invert[i]
    z = min(head, p.height[i])
    area, growth = wetted_hole(p, i, z)
    if tail > 0.5 * z:
        value, slope = root(head - tail, p.smoothing[i])
        return c * area * value, c * (area * slope + growth * value), -c * area * slope, 0.0
    value, slope = root(head - 0.5 * z, p.smoothing[i])
    lift = 0.5 if head < p.height[i] else 1.0
    return c * area * value, c * (lift * area * slope + growth * value), 0.0, 0.0


@jit_law
def full_orifice(p: Any, i: int, h_up: float, h_down: float, setting: float):  # type: ignore[no-untyped-def]
    """Discharge through an orifice that is full, free or drowned: the quick form of `orifice_law`."""
    head = h_up - p.invert[i]
    tail = h_down - p.invert[i]
    centre = 0.5 * p.height[i]
    difference = head - max(tail, centre)
    # As `root`, both sides of its edge worked out and one taken.
    rounding = p.smoothing[i]
    edge = np.sqrt(max(difference, rounding))
    s = min(difference / rounding, 1.0)
    rounded = difference < rounding
    value = edge * s * (1.25 - 0.25 * s * s) if rounded else edge
    slope = ((1.25 - 0.75 * s * s) if rounded else 0.5) / edge
    c = p.coefficient[i] * p.area[i]
    holds = (head > 0.0) & (head >= p.height[i])
    return c * value, c * slope, -c * slope if tail > centre else 0.0, 0.0, holds


ORIFICE = LinkKind(
    name="orifice",
    model=Orifice,
    parameters=OrificeParameters,
    build=build_orifices,
    law=orifice_law,
    quick=full_orifice,
    symmetric=True,
    steep=True,
)
