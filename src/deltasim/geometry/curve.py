"""Stage-area-storage curves: a depth of water for every volume, and back.

A curve is a pile of slices. In each the area is linear in stage, so the volume is quadratic and inverts in closed
form; above the top row the area stays as it is. A table of storages alone makes slices of constant area, as HEC-HMS
reads such tables (a linear area derived from storages can turn negative).

Below the bed there may be soil, whose pores hold water: a slice more, in which the "area" is that of the pores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Curve"]

Floats = NDArray[np.float64]

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
