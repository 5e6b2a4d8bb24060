"""Culvert barrels: area, conveyance, critical depth, and the head that a free outfall needs. Run once per culvert."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deltasim.constants import GRAVITY

__all__ = ["Barrel", "Floats"]

Floats = NDArray[np.float64]

PROFILE_DEPTHS = 40
CRITICAL_ROWS = 1000


@dataclass(frozen=True)
class Barrel:
    """A closed conduit.

    Parameters
    ----------
    width : float, m
        Of a box; 0 for a pipe.
    height : float, m
        Of a box, or the diameter of a pipe.
    """

    width: float
    height: float

    @property
    def full_area(self) -> float:
        """Of the whole section, m2."""
        return self.width * self.height if self.width else 0.25 * np.pi * self.height**2

    def _angle(self, depth: Floats) -> Floats:
        """Half the angle under which a pipe's water is seen from its axis."""
        return np.asarray(np.arccos(np.clip(1.0 - 2.0 * depth / self.height, -1.0, 1.0)))

    def area(self, depth: Floats) -> Floats:
        """Wet section, m2, at depths in m."""
        if self.width:
            return self.width * np.clip(depth, 0.0, self.height)
        angle = self._angle(depth)
        return np.asarray(0.25 * self.height**2 * (angle - np.sin(angle) * np.cos(angle)))

    def top_width(self, depth: Floats) -> Floats:
        """Width of the water's surface, m."""
        if self.width:
            return np.full_like(depth, self.width)
        return np.asarray(self.height * np.sin(self._angle(depth)))

    def conveyance(self, depth: Floats, manning_n: float) -> Floats:
        """Conveyance, m3/s, nowhere more than that of the full barrel.

        A pipe would carry 7 % more just before it is full, a box loses what its roof adds; neither lasts, and a law
        that knew of it would not be monotone.
        """
        area = self.area(depth)
        if self.width:
            perimeter = self.width + 2.0 * np.minimum(depth, self.height)
            full_radius = self.full_area / (2.0 * (self.width + self.height))
        else:
            perimeter = self.height * self._angle(depth)
            full_radius = 0.25 * self.height
        radius = np.divide(area, perimeter, out=np.zeros_like(area), where=perimeter > 0.0)
        full = self.full_area * full_radius ** (2.0 / 3.0)
        return np.asarray(np.minimum(area * radius ** (2.0 / 3.0), full) / manning_n)

    @cached_property
    def _critical(self) -> tuple[Floats, Floats]:
        """Depths of a pipe and the logarithms of the discharges that are critical there."""
        angle = np.linspace(0.0, np.pi, CRITICAL_ROWS + 2)[1:-1]
        depth = 0.5 * self.height * (1.0 - np.cos(angle))
        return depth, np.log(np.sqrt(GRAVITY * self.area(depth) ** 3 / self.top_width(depth)))

    def critical_depth(self, q: Floats) -> Floats:
        """Critical depth, m, at discharges in m3/s; at most the height."""
        if self.width:
            return np.minimum(np.cbrt((q / self.width) ** 2 / GRAVITY), self.height)
        depth, logarithm = self._critical
        return np.exp(np.interp(np.log(q), logarithm, np.log(depth)))

    def critical_energy(self, q: Floats) -> Floats:
        """Specific energy at critical depth, m."""
        depth = self.critical_depth(np.atleast_1d(q))
        return depth + (q / self.area(depth)) ** 2 / (2.0 * GRAVITY)

    def free_headwaters(
        self, q: Floats, *, length: float, drop: float, manning_n: float, entrance_loss: float, exit_loss: float
    ) -> tuple[Floats, Floats]:
        """Heads above the upper invert that the barrel needs when it flows out freely, partly full and full.

        Parameters
        ----------
        q : ndarray, m3/s
            Of one barrel, positive.
        length, drop : float, m
            Drop: upper invert minus lower.
        manning_n, entrance_loss, exit_loss : float

        Returns
        -------
        profile : ndarray, m
            A subcritical profile up from critical depth at the outlet and (1 + ke) velocity heads at its end.
        full : ndarray, m
            HDS-5's formula: losses of the full barrel on a grade line that leaves the outlet at (dc + D)/2.
        """
        losses = (self.conveyance(np.array([self.height]), manning_n)[0]) ** -2 * length
        losses += (entrance_loss + exit_loss) / (2.0 * GRAVITY * self.full_area**2)
        full = 0.5 * (self.critical_depth(q) + self.height) + losses * q**2 - drop
        depth = self._depth_at_inlet(q, length, drop / length, manning_n)
        profile = depth + (1.0 + entrance_loss) * (q / self.area(depth)) ** 2 / (2.0 * GRAVITY)
        return profile, np.asarray(full)

    def _depth_at_inlet(self, q: Floats, length: float, slope: float, manning_n: float) -> Floats:
        """Depth at the upper end of a profile from critical depth, by direct steps; above the height, a grade line."""
        share = np.linspace(0.0, 1.0, PROFILE_DEPTHS) ** 2
        low = self.critical_depth(q)[:, None]
        depth = low + (self.height - low) * share
        flow = q[:, None]
        energy = depth + (flow / self.area(depth)) ** 2 / (2.0 * GRAVITY)
        friction = (flow / self.conveyance(depth, manning_n)) ** 2
        gain = 0.5 * (friction[:, 1:] + friction[:, :-1]) - slope
        # Where friction is no more than the slope the water is at normal depth and gets no deeper.
        step = np.where(gain > 0.0, np.maximum(np.diff(energy), 0.0) / np.where(gain > 0.0, gain, 1.0), np.inf)
        distance = np.concatenate((np.zeros((len(q), 1)), np.cumsum(step, axis=1)), axis=1)
        inside = [np.interp(length, x[np.isfinite(x)], y[np.isfinite(x)]) for x, y in zip(distance, depth, strict=True)]
        beyond = length - distance[:, -1]
        on_top = np.where(beyond > 0.0, (friction[:, -1] - slope) * np.where(beyond > 0.0, beyond, 0.0), 0.0)
        return np.array(inside) + np.maximum(on_top, 0.0)
