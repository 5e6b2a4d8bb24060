"""Suitability curves: how well a species does over a quantity, from 0 to 1, and their integrals in closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from deltasim.errors import IndicatorError

__all__ = ["Gaussian", "Response", "Table", "Trapezoid", "read_response"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gaussian:
    """exp(-(x - u)^2 / (2 t^2)).

    Parameters
    ----------
    optimum : float
        u.
    tolerance : float
        t, above 0.
    """

    optimum: float
    tolerance: float

    def __post_init__(self) -> None:
        if not self.tolerance > 0.0:
            raise IndicatorError(f"the tolerance of a suitability curve is above 0, got {self.tolerance:g}")

    def __call__(self, x: ArrayLike) -> Floats:
        """Suitability at x."""
        return np.asarray(np.exp(-0.5 * ((np.asarray(x) - self.optimum) / self.tolerance) ** 2))

    def integral(self, x: Floats, power: float = 1.0, ceiling: ArrayLike = 1.0) -> Floats:
        """Antiderivative over x, up to a constant.

        Parameters
        ----------
        x : ndarray
        power : float
            The curve is raised to it first.
        ceiling : array_like
            And cut off there; broadcast against `x`. With a power of 1 only.
        """
        t = self.tolerance / np.sqrt(power)
        away = x - self.optimum

        def below(z: Floats) -> Floats:
            return np.asarray(t * np.sqrt(0.5 * np.pi) * erf(z / (t * np.sqrt(2.0))))

        cap = np.clip(np.asarray(ceiling, dtype=float), 1e-300, 1.0)
        half = t * np.sqrt(-2.0 * np.log(cap))
        capped = np.clip(away, -half, half)
        return np.asarray(cap * capped + below(away) - below(capped))


@dataclass(frozen=True)
class Table:
    """Linear between points, constant beyond the outer ones.

    Parameters
    ----------
    x : tuple of float
        Rising; two equal ones make a step.
    suitability : tuple of float
        From 0 to 1.
    """

    x: tuple[float, ...]
    suitability: tuple[float, ...]

    def __post_init__(self) -> None:
        x, s = np.asarray(self.x, dtype=float), np.asarray(self.suitability, dtype=float)
        if x.shape != s.shape or x.ndim != 1 or len(x) < 2:
            raise IndicatorError("a suitability curve needs two points or more, as many x as suitability")
        if np.any(np.diff(x) < 0.0) or not np.all(np.isfinite(x)):
            raise IndicatorError("the x of a suitability curve must rise")
        if not np.all((s >= 0.0) & (s <= 1.0)):
            raise IndicatorError("suitability is from 0 to 1")

    def __call__(self, x: ArrayLike) -> Floats:
        """Suitability at x; on a step the larger of its two values."""
        at = np.asarray(x, dtype=float)
        first = np.interp(at, self.x, self.suitability)
        for point in set(self.x):
            steps = [s for p, s in zip(self.x, self.suitability, strict=True) if p == point]
            first = np.where(at == point, max(steps), first)
        return np.asarray(first)

    def integral(self, x: Floats, power: float = 1.0, ceiling: ArrayLike = 1.0) -> Floats:
        """Antiderivative over x, as of `Gaussian`."""
        cap = np.asarray(ceiling, dtype=float)

        def value(s: ArrayLike) -> Floats:
            return np.asarray(np.minimum(np.asarray(s) ** power, cap))

        def over(s: ArrayLike) -> Floats:
            """Integral of that over s from 0; the cap is of use with a power of 1 only."""
            s = np.asarray(s)
            low = np.minimum(s, cap) if power == 1.0 else s
            return np.asarray(low ** (power + 1.0) / (power + 1.0) + cap * (s - low))

        total = value(self.suitability[0]) * np.minimum(x - self.x[0], 0.0)
        total = total + value(self.suitability[-1]) * np.maximum(x - self.x[-1], 0.0)
        rows = list(zip(self.x, self.suitability, strict=True))
        for (a, s), (b, e) in pairwise(rows):
            if b == a:
                continue
            inside, slope = np.clip(x, a, b) - a, (e - s) / (b - a)
            total = total + (value(s) * inside if slope == 0.0 else (over(s + slope * inside) - over(s)) / slope)
        return total


def Trapezoid(lower: float, low: float, high: float, upper: float) -> Table:  # noqa: N802 - a kind of curve, as the others
    """0 up to `lower` and from `upper` on, 1 from `low` to `high`, linear between; a range where two are equal.

    Parameters
    ----------
    lower, low, high, upper : float
        Rising.
    """
    if not lower <= low <= high <= upper or lower == upper:
        raise IndicatorError(f"the corners of a trapezoid must rise, got {lower:g}, {low:g}, {high:g}, {upper:g}")
    return Table((lower, low, high, upper), (0.0, 1.0, 1.0, 0.0))


Response = Gaussian | Table


def read_response(spec: Any) -> Response:
    """Read a suitability curve.

    Parameters
    ----------
    spec : Gaussian, Table or mapping
        ``{"optimum": u, "tolerance": t}``, ``{"trapezoid": [a, b, c, d]}``, or ``{"x": [...], "suitability": [...]}``.

    Returns
    -------
    Gaussian or Table

    Raises
    ------
    IndicatorError
        It is none of these.
    """
    if isinstance(spec, (Gaussian, Table)):
        return spec
    keys = set(spec) if isinstance(spec, Mapping) else set()
    try:
        if keys == {"optimum", "tolerance"}:
            return Gaussian(float(spec["optimum"]), float(spec["tolerance"]))
        if keys == {"trapezoid"}:
            corners: Sequence[float] = [float(x) for x in spec["trapezoid"]]
            if len(corners) == 4:
                return Trapezoid(*corners)
        if keys == {"x", "suitability"}:
            return Table(tuple(map(float, spec["x"])), tuple(map(float, spec["suitability"])))
    except (TypeError, ValueError):
        pass
    raise IndicatorError(
        "expected a suitability curve: { optimum, tolerance }, { trapezoid = [a, b, c, d] } or { x = [...], "
        "suitability = [...] }, all numbers in SI"
    )
