"""Cross-sections of channels: wet area, top width and wetted perimeter over depth, and the conveyance they give.

A section is a pile of rows. In each the top width and the perimeter are linear in depth and the area is quadratic;
above the highest point of a surveyed section stand vertical walls, a trapezoid goes on as it is. Everything is that of
the whole section: who wants main channel and flood plain to have each its own roughness gives two reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltasim._jit import jit
from deltasim.geometry.curve import Curve

__all__ = ["Section", "SectionTable", "conveyance", "pack_sections"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SAMPLES = 200
"""Depths per row at which the conveyance is looked at to find where it has to be bridged."""

REFINEMENTS = 3
"""How often the ends of a bridge are looked at again, each time closer."""

APART = 1e-6
"""Least distance of these depths, as a part of the section's height: nearer, a hull would be one of round-off."""

SHORTEST = 1e-5
"""Least length of a bridge, and of a gap between two, likewise."""


@dataclass(frozen=True, eq=False)
class Section:
    """A cross-section; each row holds from its depth to that of the next, the last without end.

    Parameters
    ----------
    depth : ndarray, shape (n,), m
        Lower edge of each row above the lowest point, rising from 0.
    area : ndarray, shape (n,), m2
        Wet area at the lower edge.
    width : ndarray, shape (n,), m
        Top width just above the lower edge.
    widening : ndarray, shape (n,)
        Growth of the top width with depth.
    perimeter : ndarray, shape (n,), m
        Wetted perimeter just above the lower edge.
    lengthening : ndarray, shape (n,)
        Growth of the perimeter with depth.
    """

    depth: Floats
    area: Floats
    width: Floats
    widening: Floats
    perimeter: Floats
    lengthening: Floats

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Section):
            return NotImplemented
        return all(np.array_equal(getattr(self, part.name), getattr(other, part.name)) for part in fields(self))

    def __hash__(self) -> int:
        return hash((self.depth.tobytes(), self.area.tobytes(), self.perimeter.tobytes()))

    @classmethod
    def trapezoid(cls, bottom_width: float, side_slope: float) -> Section:
        """Make a symmetric trapezoid without an upper edge.

        Parameters
        ----------
        bottom_width : float, m
        side_slope : float
            Run over rise of each side: 0 is a rectangle.

        Returns
        -------
        Section

        Raises
        ------
        ValueError
            It has no width.
        """
        if bottom_width <= 0.0 and side_slope <= 0.0:
            raise ValueError("bottom_width and side_slope are both 0: the section has no width")
        row = (0.0, 0.0, bottom_width, 2.0 * side_slope, bottom_width, 2.0 * np.hypot(1.0, side_slope))
        return cls(*(np.array([value], dtype=float) for value in row))

    @classmethod
    def from_points(cls, offset: ArrayLike, height: ArrayLike) -> Section:
        """Make a section from the points of a survey.

        Parameters
        ----------
        offset : array_like, shape (n,), m
            From left to right; several points at one offset are a vertical wall.
        height : array_like, shape (n,), m
            Above the bed: 0 at the lowest point. Beyond the outer points stand vertical walls.

        Returns
        -------
        Section
            The water stands equally high in all of it, also where a rise divides it.

        Raises
        ------
        ValueError
            There is no width where the water would stand.
        """
        x, z = np.asarray(offset, dtype=float), np.asarray(height, dtype=float)
        run, low, high = np.diff(x), np.minimum(z[:-1], z[1:]), np.maximum(z[:-1], z[1:])
        rise, length = high - low, np.hypot(run, high - low)
        flat, depth = rise == 0.0, np.unique(z)
        # One row of `wet` for each depth: the part of every sloping piece that is under water.
        wet = np.clip(depth[:, None] - low, 0.0, rise) / np.where(flat, 1.0, rise)
        wet = np.where(flat, depth[:, None] >= low, wet)
        growing = ~flat & (low <= depth[:, None]) & (depth[:, None] < high)
        per_rise = growing / np.where(flat, 1.0, rise)
        walls = np.maximum(depth[:, None] - z[[0, -1]], 0.0)
        width, widening = wet @ run, per_rise @ run
        between = np.diff(depth) * (width[:-1] + 0.5 * widening[:-1] * np.diff(depth))
        empty = np.append(between <= 0.0, width[-1] <= 0.0)
        if np.any(empty):
            raise ValueError(f"the section has no width above a height of {depth[np.argmax(empty)]:g} m")
        return cls(
            depth - depth[0],
            np.concatenate(([0.0], np.cumsum(between))),
            width,
            widening,
            wet @ length + walls.sum(axis=1),
            per_rise @ length + (depth[:, None] >= z[[0, -1]]).sum(axis=1),
        )

    def curve(self, length: float, bed_level: float) -> Curve:
        """Storage of a prismatic channel with this section.

        Parameters
        ----------
        length, bed_level : float, m

        Returns
        -------
        Curve
            Area = length x top width; exact, for both are linear between the same stages.
        """
        return Curve(bed_level + self.depth, length * self.width, length * self.widening, length * self.area)

    def at(self, depth: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Wet area (m2), top width (m) and wetted perimeter (m) at depths (m) from 0 up."""
        d = np.asarray(depth, dtype=float)
        k = np.searchsorted(self.depth, d, side="right") - 1
        x = d - self.depth[k]
        width = self.width[k] + self.widening[k] * x
        area = self.area[k] + x * (self.width[k] + 0.5 * self.widening[k] * x)
        return area, width, self.perimeter[k] + self.lengthening[k] * x

    def conveyance(self, depth: ArrayLike) -> Floats:
        """A R^(2/3) at depths (m) above 0, m^(8/3): its own, not bridged as `conveyance` has it."""
        area, _, perimeter = self.at(depth)
        return np.asarray(area * (area / perimeter) ** (2.0 / 3.0))

    def split(self, depth: Floats) -> Section:
        """Give the same section with rows that begin at further depths (m)."""
        edges = np.union1d(self.depth, depth)
        k = np.searchsorted(self.depth, edges, side="right") - 1
        area, width, perimeter = self.at(edges)
        return Section(edges, area, width, self.widening[k], perimeter, self.lengthening[k])


def resistance_at(section: Section, depth: Floats) -> Floats:
    """1 / K^2 of a section just below depths (m) above 0, for n = 1; the friction slope of 1 m3/s."""
    k = np.searchsorted(section.depth, depth, side="left") - 1
    x = depth - section.depth[k]
    area = section.area[k] + x * (section.width[k] + 0.5 * section.widening[k] * x)
    perimeter = section.perimeter[k] + section.lengthening[k] * x
    return np.asarray(perimeter ** (4.0 / 3.0) / area ** (10.0 / 3.0))


@lru_cache(maxsize=256)
def bridges(section: Section) -> tuple[tuple[float, float], ...]:
    """Find where 1 / K^2 is not convex in depth; remembered, for the reaches of a river have one section.

    Parameters
    ----------
    section : Section

    Returns
    -------
    tuple of (float, float), m
        Depths between which 1 / K^2 is to be a straight line. A section of one row has none: with a = T/A,
        b = (dP/dd)/P <= a and (dT/dd)/A <= a^2/2, the second derivative of 1 / K^2 is at least
        (115 a^2 - 80 a b + 4 b^2) / 9 of it.
    """
    if len(section.depth) == 1:
        return ()
    # Dense at both ends of each row, where the shape changes; above the highest point as far again, twice.
    height = float(section.depth[-1])
    edges = np.append(section.depth, 3.0 * height)
    dense = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, SAMPLES))
    depth = thinned((edges[:-1, None] + np.diff(edges)[:, None] * dense).ravel(), section.depth[1:])
    for _ in range(REFINEMENTS):
        kept = lower_hull(depth, resistance_at(section, depth))
        over = np.flatnonzero(np.diff(kept) > 1)
        near = np.union1d(kept[over], kept[over + 1])
        gap = np.gradient(depth)[near]
        closer = depth[near, None] + gap[:, None] * np.linspace(-2.0, 2.0, SAMPLES)
        depth = thinned(np.concatenate([depth, closer.ravel()]), section.depth[1:])
    kept = lower_hull(depth, resistance_at(section, depth))
    found: list[tuple[float, float]] = []
    for i in np.flatnonzero(np.diff(kept) > 1):
        start, end = float(depth[kept[i]]), float(depth[kept[i + 1]])
        if found and start - found[-1][1] < SHORTEST * height:
            start = found.pop()[0]
        found.append((start, end))
    return tuple((start, end) for start, end in found if end - start > SHORTEST * height)


def thinned(depth: Floats, edges: Floats) -> Floats:
    """Sort depths above 0 and leave out what is too near to another; the edges of rows stay."""
    least = APART * edges[-1]
    cells = np.floor(depth / least)
    spread = depth[np.unique(cells, return_index=True)[1]]
    walls = np.concatenate(([0.0], edges, [np.inf]))
    above = np.searchsorted(walls, spread)
    far = (spread - walls[above - 1] > least) & (walls[above] - spread > least)
    return np.union1d(spread[far], edges)


def lower_hull(x: Floats, y: Floats) -> Integers:
    """Indices of the points on the lower convex hull of points with rising `x`."""
    kept: list[int] = []
    for i in range(len(x)):
        while len(kept) > 1:
            a, b = kept[-2], kept[-1]
            # Scaled, for 1 / K^2 spans many powers of ten.
            if (y[b] / y[a] - 1.0) * (x[i] - x[a]) <= (y[i] / y[a] - 1.0) * (x[b] - x[a]):
                break
            kept.pop()
        kept.append(i)
    return np.array(kept, dtype=np.int64)


class SectionTable(NamedTuple):
    """Sections end to end; section i owns rows ``first[i]`` to ``last[i]``.

    `resistance` is 1 / K^2 at the lower edge for n = 1 and `falling` its (negative) slope in rows that bridge a
    stretch in which the section's own K would fall, or all but fall; `falling` is 0 in the others.
    """

    first: Integers
    last: Integers
    depth: Floats
    area: Floats
    width: Floats
    widening: Floats
    perimeter: Floats
    lengthening: Floats
    resistance: Floats
    falling: Floats


def pack_sections(sections: Sequence[Section]) -> SectionTable:
    """Lay sections end to end, bridged where their conveyance needs it.

    Parameters
    ----------
    sections : sequence of Section

    Returns
    -------
    SectionTable
    """
    parts: list[Section] = []
    resistance: list[Floats] = [np.empty(0)]
    falling: list[Floats] = [np.empty(0)]
    for section in sections:
        spans = bridges(section)
        rows = section.split(np.array(spans).ravel())
        straight, slope = np.zeros_like(rows.depth), np.zeros_like(rows.depth)
        for low, high in spans:
            at_low, at_high = resistance_at(section, np.array([low, high])).tolist()
            inside = (rows.depth >= low) & (rows.depth < high)
            slope[inside] = (at_high - at_low) / (high - low)
            straight[inside] = at_low + slope[inside] * (rows.depth[inside] - low)
        parts.append(rows)
        resistance.append(straight)
        falling.append(slope)
    ends = np.cumsum([len(rows.depth) for rows in parts], dtype=np.int64)
    first = np.concatenate((np.zeros(1, np.int64), ends[:-1])) if parts else np.zeros(0, np.int64)

    def joined(name: str) -> Floats:
        return np.concatenate([np.empty(0), *(getattr(rows, name) for rows in parts)])

    return SectionTable(
        first,
        ends - 1,
        joined("depth"),
        joined("area"),
        joined("width"),
        joined("widening"),
        joined("perimeter"),
        joined("lengthening"),
        np.concatenate(resistance),
        np.concatenate(falling),
    )


@jit
def conveyance(table: Any, i: int, depth: float):  # type: ignore[no-untyped-def]
    """Conveyance of a section for n = 1, and its growth with depth.

    K = A R^(2/3) with R = A / P, and dK/dd = R^(2/3) (5/3 T - 2/3 R dP/dd).

    That falls where a flat overbank begins to flood, for the perimeter grows at once and the area does not. Then, and
    wherever else 1 / K^2 is not convex in depth, 1 / K^2 is the straight line that makes it so: K rises everywhere, is
    never below the section's own, and the discharge of a reach has one largest value over its lower end's depth.

    Parameters
    ----------
    table : SectionTable
    i : int
        Which section.
    depth : float, m
        At and below 0 there is nothing.

    Returns
    -------
    conveyance : float, m^(8/3)
    slope : float, m^(5/3)
    """
    if depth <= 0.0:
        return 0.0, 0.0
    low = table.first[i]
    high = table.last[i]
    while high > low:
        middle = (low + high + 1) // 2
        if depth >= table.depth[middle]:
            low = middle
        else:
            high = middle - 1
    x = depth - table.depth[low]
    slope = table.falling[low]
    if slope < 0.0:
        square = 1.0 / (table.resistance[low] + slope * x)
        value = np.sqrt(square)
        return value, -0.5 * slope * value * square
    width = table.width[low] + table.widening[low] * x
    area = table.area[low] + x * (table.width[low] + 0.5 * table.widening[low] * x)
    radius = area / (table.perimeter[low] + table.lengthening[low] * x)
    root = np.cbrt(radius)
    speed = root * root
    return area * speed, speed * (5.0 * width - 2.0 * radius * table.lengthening[low]) / 3.0
