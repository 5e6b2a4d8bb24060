"""Stage-area-storage curves: a depth of water for every volume, and back.

A curve is a pile of slices. In each the area is linear in stage, so the volume is quadratic and inverts in closed
form; above the top row the area stays as it is. A table of storages alone makes slices of constant area, as HEC-HMS
reads such tables (a linear area derived from storages can turn negative).

Below the bed there may be soil, whose pores hold water: a slice more, in which the "area" is that of the pores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltasim._jit import jit_inline, jit_lanes
from deltasim._lines import in_lines
from deltasim.constants import UNIT_AREA

__all__ = ["Curve", "CurveTable", "Slices", "locate", "make_slices", "pack_curves", "see_curves", "see_stages"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST_SUM = 1e-300
"""Instead of the 0 of an empty wedge, so that nothing over it is nothing."""

AGREEMENT = 5e-3
"""Relative difference up to which a third column counts as the same curve, rounded."""


@dataclass(frozen=True)
class Curve:
    """Storage of one node over its stage.

    Parameters
    ----------
    stage : ndarray, shape (n,), m
        Lower edge of each slice, strictly rising; the first is the bed, or the bottom of the soil below it.
    area : ndarray, shape (n,), m2
        Area at the lower edge of the slice; of the last slice for all that lies above. In soil the area times the
        specific yield, for it is the growth of the volume with stage.
    slope : ndarray, shape (n,), m
        Growth of the area with stage inside the slice; 0 in the last.
    storage : ndarray, shape (n,), m3
        Volume below the lower edge; the first is 0.
    bed_row : int
        Row of the bed; rows before it are soil.
    """

    stage: Floats
    area: Floats
    slope: Floats
    storage: Floats
    bed_row: int = 0

    @classmethod
    def from_table(cls, stage: ArrayLike, area: ArrayLike | None = None, storage: ArrayLike | None = None) -> Curve:
        """Read a table of stage with area, storage or both.

        Parameters
        ----------
        stage : array_like, shape (n,), m
            Strictly rising.
        area : array_like, shape (n,), m2, optional
            Not falling below 0; linear between rows.
        storage : array_like, shape (n,), m3, optional
            Strictly rising from 0 at the first row. Used only where `area` is not given; else it must agree.

        Returns
        -------
        Curve

        Raises
        ------
        ValueError
            In words that name the row.
        """
        h = np.asarray(stage, dtype=float)
        if area is None and storage is None:
            raise ValueError("expected stage with area, storage or both; got stage alone")
        _check_rows("stage", h, strictly=True)
        if area is None:
            volume = np.asarray(storage, dtype=float)
            _check_rows("storage", volume, strictly=True)
            if len(h) < 2:
                raise ValueError("a curve of storages needs two rows or more, got one")
            if volume[0] != 0.0:
                raise ValueError(f"storage must be 0 at the lowest stage, got {volume[0]:g} m3")
            between = np.diff(volume) / np.diff(h)
            return cls(h, np.append(between, between[-1]), np.zeros_like(h), volume)
        a = np.asarray(area, dtype=float)
        _check_rows("area", a, strictly=False)
        if a[-1] <= 0.0:
            raise ValueError("area must be positive in the top row: it holds for all that lies above")
        dh = np.diff(h)
        if len(a) > 1 and np.any(dh * (a[1:] + a[:-1]) <= 0.0):
            raise ValueError("area must be positive somewhere in every slice, got two rows of 0")
        slope = np.append(np.diff(a) / dh, 0.0)
        volume = np.concatenate(([0.0], np.cumsum(0.5 * dh * (a[1:] + a[:-1]))))
        if storage is not None:
            _check_agreement(volume, np.asarray(storage, dtype=float))
        return cls(h, a, slope, volume)

    def blunted(self, volume: float) -> Curve:
        """Give the curve with its point cut off, if it has one.

        Below the given volume a wedge becomes a prism of the same volume and depth, so that a drop at the very bottom
        does not move the stage without bound. Above, nothing changes.

        Parameters
        ----------
        volume : float, m3

        Returns
        -------
        Curve
            This one where its bed has area enough.
        """
        if self.bed_row:
            rows = slice(self.bed_row)
            soil = Curve(self.stage[rows], self.area[rows], self.slope[rows], self.storage[rows])
            return soil._below(self.surface.blunted(volume), self.bed_storage)
        top = float(self.stage_at(volume))
        mean = volume / (top - self.stage[0])
        if self.area[0] >= 0.5 * mean:
            return self
        above = self.storage > volume
        inside = int(np.flatnonzero(~above)[-1])
        area = self.area[inside] + self.slope[inside] * (top - self.stage[inside])
        return Curve(
            np.concatenate(([self.stage[0], top], self.stage[above])),
            np.concatenate(([mean, area], self.area[above])),
            np.concatenate(([0.0, self.slope[inside]], self.slope[above])),
            np.concatenate(([0.0, volume], self.storage[above])),
        )

    def with_soil(self, depth: float, specific_yield: float) -> Curve:
        """Give the curve with soil below its bed, as wide as its top.

        Parameters
        ----------
        depth : float, m
            From the bed to the bottom of the soil.
        specific_yield : float
            Volume of water that the soil takes up or gives for each volume that the water table crosses.

        Returns
        -------
        Curve
            Its volumes count from the bottom of the soil.
        """
        area = specific_yield * self.top_area
        bottom = Curve(np.array([self.bed_level - depth]), np.array([area]), np.zeros(1), np.zeros(1))
        return bottom._below(self, area * depth)

    def _below(self, surface: Curve, held: float) -> Curve:
        """Put a curve without soil on top of this one, which is soil and holds so much, m3."""
        return Curve(
            np.concatenate((self.stage, surface.stage)),
            np.concatenate((self.area, surface.area)),
            np.concatenate((self.slope, surface.slope)),
            np.concatenate((self.storage, held + surface.storage)),
            len(self.stage),
        )

    @property
    def surface(self) -> Curve:
        """The part above the bed, its volumes counted from there; itself where there is no soil."""
        if not self.bed_row:
            return self
        rows = slice(self.bed_row, None)
        return Curve(self.stage[rows], self.area[rows], self.slope[rows], self.storage[rows] - self.bed_storage)

    @property
    def bed_level(self) -> float:
        """Level of the bed, m, below which no link reaches."""
        return float(self.stage[self.bed_row])

    @property
    def bed_storage(self) -> float:
        """Volume below the bed, m3: what the soil holds, 0 without soil."""
        return float(self.storage[self.bed_row])

    @property
    def bottom_level(self) -> float:
        """Level of the bottom of the soil, m; without soil that of the bed."""
        return float(self.stage[0])

    @property
    def top_area(self) -> float:
        """Area of the top row, m2."""
        return float(self.area[-1])

    def storage_at(self, stage: ArrayLike) -> Floats:
        """Volume below a stage; 0 at and below the bottom.

        Parameters
        ----------
        stage : array_like, m

        Returns
        -------
        ndarray, m3
        """
        h = np.maximum(np.asarray(stage, dtype=float), self.stage[0])
        k = np.searchsorted(self.stage, h, side="right") - 1
        x = h - self.stage[k]
        return np.asarray(self.storage[k] + x * (self.area[k] + 0.5 * self.slope[k] * x))

    def stage_at(self, storage: ArrayLike) -> Floats:
        """Stage of a volume; the inverse of `storage_at`.

        Parameters
        ----------
        storage : array_like, m3
            Not negative.

        Returns
        -------
        ndarray, m
        """
        v = np.asarray(storage, dtype=float)
        k = np.searchsorted(self.storage, v, side="right") - 1
        d = v - self.storage[k]
        root = self.area[k] + np.sqrt(self.area[k] ** 2 + 2.0 * self.slope[k] * d)
        return np.asarray(self.stage[k] + np.where(d > 0.0, 2.0 * d / np.where(root > 0.0, root, 1.0), 0.0))

    def area_at(self, stage: ArrayLike) -> Floats:
        """Water surface at a stage; that of the bed at and below it.

        Parameters
        ----------
        stage : array_like, m

        Returns
        -------
        ndarray, m2
        """
        h = np.maximum(np.asarray(stage, dtype=float), self.bed_level)
        k = np.searchsorted(self.stage, h, side="right") - 1
        return np.asarray(self.area[k] + self.slope[k] * (h - self.stage[k]))


def _check_rows(column: str, values: Floats, *, strictly: bool) -> None:
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{column} row {int(np.argmin(np.isfinite(values))) + 1} is not a finite number")
    if strictly and np.any(np.diff(values) <= 0.0):
        row = int(np.argmax(np.diff(values) <= 0.0))
        raise ValueError(
            f"{column} must rise from row to row; row {row + 2} ({values[row + 1]:g}) does not rise above "
            f"row {row + 1} ({values[row]:g})"
        )
    if not strictly and np.any(values < 0.0):
        row = int(np.argmax(values < 0.0))
        raise ValueError(f"{column} row {row + 1} is negative ({values[row]:g})")


def _check_agreement(computed: Floats, given: Floats) -> None:
    largest = max(float(np.max(np.abs(computed))), 1e-300)
    off = np.abs(computed - given) > AGREEMENT * np.maximum(np.abs(computed), 1e-3 * largest)
    if np.any(off):
        row = int(np.argmax(off))
        raise ValueError(
            f"storage row {row + 1} is {given[row]:g} m3, but the areas below it hold {computed[row]:g} m3; "
            f"give area or storage alone, or mend the table"
        )


class CurveTable(NamedTuple):
    """The curves of all nodes, end to end, for the compiled loop; node i owns rows ``first[i]`` to ``last[i]``."""

    first: Integers
    last: Integers
    stage: Floats
    area: Floats
    slope: Floats
    storage: Floats


def pack_curves(curves: Sequence[Curve]) -> CurveTable:
    """Lay curves end to end.

    Parameters
    ----------
    curves : sequence of Curve
        One per storage node, in the solver's order.

    Returns
    -------
    CurveTable
    """
    ends = np.cumsum([len(curve.stage) for curve in curves], dtype=np.int64)
    first = np.concatenate((np.zeros(1, np.int64), ends[:-1])) if len(curves) else np.zeros(0, np.int64)

    def joined(name: str) -> Floats:
        return np.concatenate([np.empty(0), *(getattr(curve, name) for curve in curves)])

    return CurveTable(first, ends - 1, joined("stage"), joined("area"), joined("slope"), joined("storage"))


class Slices(NamedTuple):
    """The slice of its curve in which each node was last found; arrays over the nodes.

    Parameters
    ----------
    storage, stage, area, slope : ndarray
        Its row, as in `CurveTable`.
    size : ndarray, m3
        What it holds; 0 where nothing was looked up yet.
    sloping : ndarray, shape (1,), int64
        In how many of them the area grows.
    """

    storage: Floats
    stage: Floats
    area: Floats
    slope: Floats
    size: Floats
    sloping: Integers


def make_slices(nodes: int) -> Slices:
    """Give slices in which nothing lies yet.

    Parameters
    ----------
    nodes : int

    Returns
    -------
    Slices
    """
    storage, stage, area, slope, size = (in_lines((nodes,)) for _ in range(5))
    area[:] = 1.0
    return Slices(storage, stage, area, slope, size, np.zeros(1, dtype=np.int64))


@jit_inline
def see_curves(curves, slices, rows, begin, end, volume, stage, area):  # type: ignore[no-untyped-def]
    """Stage and area of some nodes.

    Parameters
    ----------
    curves, slices, rows, begin, end, volume, stage
        As for `see_stages`.
    area : ndarray, shape (n,) or longer, m2
        Filled.
    """
    see_stages(curves, slices, rows, begin, end, volume, stage)  # type: ignore[no-untyped-call]
    see_areas(slices, begin, end, volume, area)  # type: ignore[no-untyped-call]


@jit_inline
def see_stages(curves, slices, rows, begin, end, volume, stage):  # type: ignore[no-untyped-def]
    """Stages of some nodes.

    Nearly all are where they were, in one slice of their curve; there one formula holds without a question asked, which
    processors work out for several nodes at a time. The others are looked up one by one.

    Parameters
    ----------
    curves : CurveTable
    slices : Slices
        Updated.
    rows : ndarray, shape (n,), int64
        As for `locate`; updated.
    begin, end : uint64
        First node, and one past the last.
    volume : ndarray, shape (n,) or longer, m3
    stage : ndarray, shape (n,) or longer, m
        Filled, as `locate` has it.
    """
    if guess_stages(slices, begin, end, volume, stage) == 0:  # type: ignore[no-untyped-call]
        return
    for i in range(np.int64(begin), np.int64(end)):
        d = volume[i] - slices.storage[i]
        if d < 0.0 or d >= slices.size[i]:
            stage[i], _, _ = locate(curves, i, volume[i], rows)  # type: ignore[no-untyped-call]
            k = rows[i]
            slices.sloping[0] += int(curves.slope[k] != 0.0) - int(slices.slope[i] != 0.0)
            slices.storage[i] = curves.storage[k]
            slices.stage[i] = curves.stage[k]
            slices.area[i] = curves.area[k]
            slices.slope[i] = curves.slope[k]
            slices.size[i] = curves.storage[k + 1] - curves.storage[k] if k < curves.last[i] else np.inf


@jit_lanes
def guess_stages(slices, begin, end, volume, stage):  # type: ignore[no-untyped-def]
    """Stages of nodes that are in the slices where they were, and how many are not."""
    strays = 0
    if slices.sloping[0] > 0:
        for i in range(begin, end):
            d = volume[i] - slices.storage[i]
            root = np.sqrt(max(slices.area[i] * slices.area[i] + 2.0 * slices.slope[i] * d, 0.0))
            stage[i] = slices.stage[i] + 2.0 * d / max(slices.area[i] + root, LEAST_SUM)
            strays += (d < 0.0) | (d >= slices.size[i])
    else:
        for i in range(begin, end):
            d = volume[i] - slices.storage[i]
            # A division, as in `locate`: times an inverse a pond at its sill comes to lie above it, and is not at rest.
            stage[i] = slices.stage[i] + d / slices.area[i]
            strays += (d < 0.0) | (d >= slices.size[i])
    return strays


@jit_lanes
def see_areas(slices, begin, end, volume, area):  # type: ignore[no-untyped-def]
    """Areas of nodes that are in their slices, or below empty; after `see_stages`."""
    if slices.sloping[0] > 0:
        for i in range(begin, end):
            d = max(volume[i] - slices.storage[i], 0.0)
            area[i] = np.sqrt(max(slices.area[i] * slices.area[i] + 2.0 * slices.slope[i] * d, 0.0))
    else:
        for i in range(begin, end):
            area[i] = slices.area[i]


@jit_inline
def locate(curves, node, volume, rows):  # type: ignore[no-untyped-def]
    """Stage, area, and growth of the area with stage, of one node.

    The row found is remembered, since the next question is nearly always about the same slice. Below empty, where
    only stages of a step can be, the stage goes on falling as in a prism of at least 1 m2: laws see that nothing is
    there, and the error estimate sees how much.

    Parameters
    ----------
    curves : CurveTable
    node : int
    volume : float, m3
    rows : ndarray, shape (n_node,), int64
        Row of each node in the last answer; updated.

    Returns
    -------
    stage : float, m
    area : float, m2
    slope : float, m
        dA/dh.
    """
    k = rows[node]
    while k < curves.last[node] and volume >= curves.storage[k + 1]:
        k += 1
    while k > curves.first[node] and volume < curves.storage[k]:
        k -= 1
    rows[node] = k
    d = volume - curves.storage[k]
    a = curves.area[k]
    if d <= 0.0:
        return curves.stage[k] + d / max(a, UNIT_AREA), a, 0.0
    s = curves.slope[k]
    if s == 0.0:
        return curves.stage[k] + d / a, a, 0.0
    root = np.sqrt(max(a * a + 2.0 * s * d, 0.0))  # rounding, where a slice narrows to nothing
    return curves.stage[k] + 2.0 * d / (a + root), root, s
