"""A tide: the level of the sea as a sum of cosines on top of a signal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltasim.signal import Signal

__all__ = ["Tide"]

Floats = NDArray[np.float64]

IMPORTANT = 0.05
"""Amplitude over the largest from which a constituent counts among those that shape the curve."""

SAME_LEVEL = 1e-9
"""Two high waters closer than this, m, are equally high: the earlier one counts."""

ZOOM = 16
"""Points on either side when a maximum is closed in on."""


@dataclass(frozen=True, eq=False)
class Tide:
    """A level that astronomical constituents move about a signal.

    level(t) = base(t) + sum over j of C_j(t) cos(speed_j t) + S_j(t) sin(speed_j t), with C and S linear between
    knots: they hold amplitude, phase lag and argument of each constituent, and so change with the moon's node.

    Parameters
    ----------
    base : Signal, m
        Mean level, and a surge if there is one.
    speed : ndarray, shape (n,), rad/s
        Above 0.
    knots : ndarray, shape (k,), s
        Seconds since the start of the run, strictly rising, k >= 1. Before the first and after the last C and S hold.
    cosine, sine : ndarray, shape (k, n), m
        C and S at the knots.

    Notes
    -----
    Tides are immutable: their arrays are made read-only.
    """

    base: Signal
    speed: Floats
    knots: Floats
    cosine: Floats
    sine: Floats

    def __post_init__(self) -> None:
        speed = np.array(self.speed, dtype=np.float64, ndmin=1)
        knots = np.array(self.knots, dtype=np.float64, ndmin=1)
        cosine, sine = (np.array(part, dtype=np.float64, ndmin=2) for part in (self.cosine, self.sine))
        shape = (knots.size, speed.size)
        if cosine.shape != shape or sine.shape != shape or 0 in shape:
            msg = f"cosine and sine must be of the shape of knots and speeds, {shape}, got {cosine.shape}, {sine.shape}"
            raise ValueError(msg)
        if not np.all(np.diff(knots) > 0.0):
            raise ValueError("knots must rise strictly")
        if not np.all(speed > 0.0):
            raise ValueError("speeds must be above 0")
        if not all(np.isfinite(part).all() for part in (speed, knots, cosine, sine)):
            raise ValueError("speeds, knots, cosine and sine must be finite numbers")
        for name, array in (("speed", speed), ("knots", knots), ("cosine", cosine), ("sine", sine)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def _parts(self) -> tuple[object, ...]:
        return (self.base, *(array.tobytes() for array in (self.speed, self.knots, self.cosine, self.sine)))

    def __eq__(self, other: object) -> bool:
        return self._parts() == other._parts() if isinstance(other, Tide) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return f"<Tide of {self.speed.size} constituents on {self.base!r}>"

    @property
    def is_constant(self) -> bool:
        """False: a tide moves."""
        return False

    @cached_property
    def shortest_period(self) -> float:
        """Period of the quickest constituent that is not a mere ripple, s."""
        amplitude = np.hypot(self.cosine, self.sine).max(axis=0)
        return float(2.0 * np.pi / self.speed[amplitude >= IMPORTANT * amplitude.max()].max())

    def at(self, t: ArrayLike) -> Floats:
        """Evaluate the level; where the base jumps the value after it.

        Parameters
        ----------
        t : array_like, s
            Seconds since the start of the run, in any order.

        Returns
        -------
        ndarray, shape of `t`, m
        """
        t = np.asarray(t, dtype=np.float64)
        level = self.base.at(t).copy()
        piece, weight = self._place(t)
        after = np.minimum(piece + 1, self.knots.size - 1)
        for j, speed in enumerate(self.speed):
            c, s = self.cosine[:, j], self.sine[:, j]
            level += (c[piece] + weight * (c[after] - c[piece])) * np.cos(speed * t)
            level += (s[piece] + weight * (s[after] - s[piece])) * np.sin(speed * t)
        return np.asarray(level, dtype=np.float64)

    def mean(self, t_edges: ArrayLike) -> Floats:
        """Average exactly over each interval between successive edges.

        Parameters
        ----------
        t_edges : array_like, shape (n,), s
            Strictly rising.

        Returns
        -------
        ndarray, shape (n - 1,), m
        """
        edges = np.asarray(t_edges, dtype=np.float64)
        cuts = self.knots[(self.knots > edges[0]) & (self.knots < edges[-1])]
        times = np.unique(np.concatenate([edges, cuts]))
        low, high = times[:-1], times[1:]
        pieces = np.concatenate([[0.0], np.cumsum(self._integral_of_waves(low, high))])
        return self.base.mean(edges) + np.diff(pieces[np.searchsorted(times, edges)]) / np.diff(edges)

    def breakpoints(self, t0: float, t1: float) -> Floats:
        """Find the times strictly between `t0` and `t1` at which the base changes its value or slope, and the knots."""
        inside = self.knots[(self.knots > t0) & (self.knots < t1)]
        return np.union1d(self.base.breakpoints(t0, t1), inside)

    def highest(self, end: float) -> tuple[float, float]:
        """Find the highest level from 0 to `end`, and when it is first reached.

        Parameters
        ----------
        end : float, s

        Returns
        -------
        level : float, m
            To 1e-9 of the range.
        time : float, s
        """
        step = min(self.shortest_period / 32.0, end)
        kinks = self.base.breakpoints(0.0, end)
        # A level that jumps down was reached just before.
        times = np.unique(
            np.concatenate([np.linspace(0.0, end, int(np.ceil(end / step)) + 1), kinks, np.nextafter(kinks, 0.0)])
        )
        levels = self.at(times)
        # Between two samples the waves rise above their chord by curvature times step squared over 8 at most, and
        # the base not at all.
        curvature = float(np.sum(np.hypot(self.cosine, self.sine).max(axis=0) * self.speed**2))
        near = times[levels >= levels.max() - curvature * step**2 / 4.0]
        half = np.full(near.size, step)
        for _ in range(4):
            window = near[:, None] + half[:, None] * (np.arange(-ZOOM, ZOOM + 1) / ZOOM)
            window = np.clip(window, 0.0, end)
            near = window[np.arange(near.size), np.argmax(self.at(window), axis=1)]
            half /= ZOOM
        times = np.concatenate([times, near])
        levels = self.at(times)
        when = float(times[levels >= levels.max() - SAME_LEVEL].min())
        return float(levels.max()), when

    def _place(self, t: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Index of the knot before each time, and how far between it and the next it is, 0 to 1."""
        piece = np.clip(np.searchsorted(self.knots, t, side="right") - 1, 0, max(self.knots.size - 2, 0))
        length = np.append(np.diff(self.knots), 1.0)[piece]
        most = 1.0 if self.knots.size > 1 else 0.0
        return piece, np.clip((t - self.knots[piece]) / length, 0.0, most)

    def _integral_of_waves(self, low: Floats, high: Floats) -> Floats:
        """Integrate the constituents over intervals between knots, m s.

        By parts, about the middle m of each interval of half length e, with C linear: the integral of C cos is
        2 C(m) cos(w m) sin(w e)/w + 2 C' sin(w m) (e cos(w e) - sin(w e)/w)/w, likewise for S.
        """
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        (left, before), (right, after) = self._place(low), self._place(high)
        after = after + (right - left)  # at the next knot `right` is one further
        last = self.knots.size - 1
        total = np.zeros_like(middle)
        for j, w in enumerate(self.speed):
            even = 2.0 * np.sin(w * half) / w
            odd = 2.0 * (half * np.cos(w * half) - np.sin(w * half) / w) / w
            cos, sin = np.cos(w * middle), np.sin(w * middle)
            for values, wave, slope_wave in ((self.cosine[:, j], cos, sin), (self.sine[:, j], sin, -cos)):
                step = values[np.minimum(left + 1, last)] - values[left]
                start, stop = values[left] + before * step, values[left] + after * step
                total += 0.5 * (start + stop) * wave * even + (stop - start) / (2.0 * half) * slope_wave * odd
        return total
