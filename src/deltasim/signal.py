"""A quantity that may vary in time, in SI: the one form in which the solver sees every series and setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Interpolation", "Signal", "mean_of_product"]

Interpolation = Literal["linear", "previous"]

# Two slopes closer than this share of the larger are one slope: the kink is far below any tolerance.
SLOPE_TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Signal:
    """A piecewise linear or piecewise constant function of time.

    Parameters
    ----------
    time : ndarray, shape (n,), s
        Seconds since the start of the run, strictly rising, n >= 1.
    value : ndarray, shape (n,), SI
        ``linear``: the value at ``time``. ``previous``: ``value[i]`` holds on ``[time[i], time[i + 1])``, the
        last one for ever.
    interpolation : {"linear", "previous"}
        How values lie between times. Outside the times the first and the last value hold.

    Notes
    -----
    Signals are immutable: their arrays are made read-only.
    """

    time: NDArray[np.float64]
    value: NDArray[np.float64]
    interpolation: Interpolation = "previous"

    def __post_init__(self) -> None:
        time = np.array(self.time, dtype=np.float64, ndmin=1)
        value = np.array(self.value, dtype=np.float64, ndmin=1)
        if time.ndim != 1 or time.shape != value.shape or time.size == 0:
            msg = f"time and value must be equally long lists, got shapes {time.shape} and {value.shape}"
            raise ValueError(msg)
        if not np.all(np.diff(time) > 0.0):
            raise ValueError("times must rise strictly")
        if not (np.isfinite(time).all() and np.isfinite(value).all()):
            raise ValueError("times and values must be finite numbers")
        if self.interpolation not in ("linear", "previous"):
            raise ValueError(f'interpolation must be "linear" or "previous", got {self.interpolation!r}')
        for name, array in (("time", time), ("value", value)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @classmethod
    def constant(cls, value: float) -> Signal:
        """Make the signal that is `value` at all times."""
        return cls(np.zeros(1), np.array([value], dtype=np.float64), "previous")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Signal):
            return NotImplemented
        return (
            self.interpolation == other.interpolation
            and np.array_equal(self.time, other.time)
            and np.array_equal(self.value, other.value)
        )

    def __hash__(self) -> int:
        return hash((self.interpolation, self.time.tobytes(), self.value.tobytes()))

    def __repr__(self) -> str:
        if self.is_constant:
            return f"Signal.constant({float(self.value[0])!r})"
        span = f"{self.time[0]:g} to {self.time[-1]:g} s"
        bounds = f"{self.value.min():g} to {self.value.max():g}"
        return f"<Signal {self.interpolation}, {self.time.size} values from {bounds}, {span}>"

    @property
    def is_constant(self) -> bool:
        """Whether the value never changes."""
        return bool(np.all(self.value == self.value[0]))

    def at(self, t: ArrayLike) -> NDArray[np.float64]:
        """Evaluate the signal; at a jump the value after it.

        Parameters
        ----------
        t : array_like, s
            Seconds since the start of the run, in any order.

        Returns
        -------
        ndarray, shape of `t`
        """
        t = np.asarray(t, dtype=np.float64)
        if self.interpolation == "linear":
            return np.asarray(np.interp(t, self.time, self.value), dtype=np.float64)
        index = np.searchsorted(self.time, t, side="right") - 1
        return np.asarray(self.value[np.maximum(index, 0)], dtype=np.float64)

    def integral(self, t0: ArrayLike, t1: ArrayLike) -> NDArray[np.float64]:
        """Integrate exactly from `t0` to `t1`.

        Parameters
        ----------
        t0, t1 : array_like, s
            Limits, broadcast against each other; swapped limits change the sign.

        Returns
        -------
        ndarray
            Exact but for the round-off of adding whole segments.
        """
        t0, t1 = np.broadcast_arrays(np.asarray(t0, dtype=np.float64), np.asarray(t1, dtype=np.float64))
        sign = np.where(t1 < t0, -1.0, 1.0)
        low, high = np.minimum(t0, t1), np.maximum(t0, t1)
        first, last = self._segment(low), self._segment(high)
        # Segment k lies between time[k - 1] and time[k]; 0 is before all times and n after them.
        whole = np.concatenate([[0.0, 0.0], np.cumsum(self._segment_integrals())])
        same = first == last
        end_of_first = self.time[np.minimum(first, self.time.size - 1)]
        start_of_last = self.time[np.maximum(last - 1, 0)]
        head = self._piece(first, low, np.where(same, high, end_of_first))
        tail = self._piece(last, start_of_last, high)
        inner = whole[np.maximum(last, 1)] - whole[np.minimum(first + 1, self.time.size)]
        return np.asarray(sign * np.where(same, head, head + inner + tail), dtype=np.float64)

    def mean(self, t_edges: ArrayLike) -> NDArray[np.float64]:
        """Average exactly over each interval between successive edges.

        Parameters
        ----------
        t_edges : array_like, shape (n,), s
            Strictly rising.

        Returns
        -------
        ndarray, shape (n - 1,)
        """
        edges = np.asarray(t_edges, dtype=np.float64)
        if self.is_constant:
            return np.full(edges.size - 1, self.value[0])
        return self.integral(edges[:-1], edges[1:]) / np.diff(edges)

    def breakpoints(self, t0: float, t1: float) -> NDArray[np.float64]:
        """Find the times strictly between `t0` and `t1` at which the value or its slope changes."""
        if self.interpolation == "previous":
            times, changes = self.time[1:], np.diff(self.value) != 0.0
        else:
            slope = np.concatenate([[0.0], np.diff(self.value) / np.diff(self.time), [0.0]])
            larger = np.maximum(np.abs(slope[:-1]), np.abs(slope[1:]))
            times, changes = self.time, np.abs(np.diff(slope)) > SLOPE_TOLERANCE * larger
        return np.asarray(times[changes & (times > t0) & (times < t1)], dtype=np.float64)

    def scaled(self, factor: float, offset: float = 0.0) -> Signal:
        """Return the signal `factor` times this one plus `offset`."""
        return Signal(self.time, self.value * factor + offset, self.interpolation)

    def times(self, other: Signal) -> Signal:
        """Return the product of this signal and another; unless one is constant, both are step-wise."""
        for one, two in ((self, other), (other, self)):
            if two.is_constant:
                return one.scaled(float(two.value[0]))
        if "linear" in (self.interpolation, other.interpolation):
            raise ValueError("the product of lines is no line")
        time = np.union1d(self.time, other.time)
        return Signal(time, self.at(time) * other.at(time), "previous")

    def held_below(self, most: float) -> Signal:
        """Return the smaller of this signal and a number, exactly: with a time where they cross."""
        if np.all(self.value <= most):
            return self
        if self.interpolation == "previous":
            return Signal(self.time, np.minimum(self.value, most), "previous")
        left, right = self.value[:-1] - most, self.value[1:] - most
        crosses = left * right < 0.0
        share = left[crosses] / (left[crosses] - right[crosses])
        time = np.union1d(self.time, self.time[:-1][crosses] + share * np.diff(self.time)[crosses])
        return Signal(time, np.minimum(self.at(time), most), "linear")

    def _segment(self, t: NDArray[np.float64]) -> NDArray[np.intp]:
        return np.asarray(np.searchsorted(self.time, t, side="right"))

    def _segment_integrals(self) -> NDArray[np.float64]:
        left = self.value[:-1]
        height = left if self.interpolation == "previous" else 0.5 * (left + self.value[1:])
        return np.asarray(height * np.diff(self.time), dtype=np.float64)

    def _piece(
        self, segment: NDArray[np.intp], low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Integrate from `low` to `high`, both within `segment`."""
        if self.interpolation == "previous":
            height = self.value[np.maximum(segment - 1, 0)]
        else:
            height = np.interp(0.5 * (low + high), self.time, self.value)
        return np.asarray(height * (high - low), dtype=np.float64)


def mean_of_product(first: Signal, second: Signal, t_edges: ArrayLike) -> NDArray[np.float64]:
    """Average the product of two signals exactly over each interval between successive edges.

    Parameters
    ----------
    first, second : Signal
    t_edges : array_like, shape (n,), s
        Strictly rising.

    Returns
    -------
    ndarray, shape (n - 1,)
    """
    edges = np.asarray(t_edges, dtype=np.float64)
    for one, other in ((first, second), (second, first)):
        if other.is_constant:
            return np.asarray(one.mean(edges) * other.value[0], dtype=np.float64)
    bends = [signal.breakpoints(edges[0], edges[-1]) for signal in (first, second)]
    times = np.unique(np.concatenate([edges, *bends]))
    middle, half = 0.5 * (times[1:] + times[:-1]), 0.5 * np.diff(times)
    # Gauss's two points are exact for the square that a product of lines is, and touch no jump.
    points = middle + half * np.array([[-1.0], [1.0]]) / np.sqrt(3.0)
    pieces = half * (first.at(points) * second.at(points)).sum(axis=0)
    interval = np.searchsorted(edges, middle) - 1
    return np.asarray(np.bincount(interval, pieces, minlength=edges.size - 1) / np.diff(edges), dtype=np.float64)
