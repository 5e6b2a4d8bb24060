"""Discharge from a table: linear between rows, or by a monotone cubic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit

__all__ = ["PiecewiseCubics", "pack_cubics", "piecewise"]

Floats = NDArray[np.float64]


class PiecewiseCubics(NamedTuple):
    """Tables end to end; link i owns rows ``first[i]`` to ``last[i]``, the last row's slope going on above it."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    x: Floats
    c0: Floats
    c1: Floats
    c2: Floats
    c3: Floats


def _linear(x: Floats, y: Floats) -> Floats:
    slope = np.diff(y) / np.diff(x)
    rise = np.append(slope, slope[-1] if len(slope) else 0.0)
    return np.stack([y, rise, np.zeros_like(y), np.zeros_like(y)])


def _monotone(x: Floats, y: Floats) -> Floats:
    from scipy.interpolate import PchipInterpolator  # noqa: PLC0415  only who asks for it pays for it

    if len(x) < 3:
        return _linear(x, y)
    spline = PchipInterpolator(x, y)
    rows = np.stack([spline.c[3], spline.c[2], spline.c[1], spline.c[0]])
    top = np.array([y[-1], float(spline.derivative()(x[-1])), 0.0, 0.0])
    return np.column_stack([rows, top])


def pack_cubics(tables: Sequence[tuple[Floats, Floats, str]]) -> PiecewiseCubics:
    """Lay tables end to end.

    Parameters
    ----------
    tables : sequence of (x, y, interpolation)
        `x` strictly rising; interpolation ``"linear"`` or ``"pchip"`` (Fritsch and Carlson 1980).

    Returns
    -------
    PiecewiseCubics
    """
    ends = np.cumsum([len(x) for x, _, _ in tables], dtype=np.int64)
    first = np.concatenate((np.zeros(1, np.int64), ends[:-1])) if len(tables) else np.zeros(0, np.int64)
    rows = [_monotone(x, y) if how == "pchip" else _linear(x, y) for x, y, how in tables]
    c = np.concatenate([np.empty((4, 0)), *rows], axis=1)
    x = np.concatenate([np.empty(0), *(x for x, _, _ in tables)])
    return PiecewiseCubics(first, ends - 1, x, *(np.ascontiguousarray(row) for row in c))


@jit
def piecewise(table: Any, i: int, x: float):  # type: ignore[no-untyped-def]
    """Value and slope of table `i`; below its first row the first value."""
    low = table.first[i]
    high = table.last[i]
    if x < table.x[low]:
        return table.c0[low], 0.0
    while high > low:
        middle = (low + high + 1) // 2
        if x >= table.x[middle]:
            low = middle
        else:
            high = middle - 1
    d = x - table.x[low]
    value = table.c0[low] + d * (table.c1[low] + d * (table.c2[low] + d * table.c3[low]))
    return value, table.c1[low] + d * (2.0 * table.c2[low] + d * 3.0 * table.c3[low])
