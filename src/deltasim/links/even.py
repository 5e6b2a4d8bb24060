"""Tables whose rows stand at equal distances: the row of a value is computed, not searched for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit_law

__all__ = ["even_cubic", "even_rows", "monotone_slopes"]

Floats = NDArray[np.float64]


def monotone_slopes(value: Floats) -> Floats:
    """Slopes, per row, of a monotone cubic that begins flat (Fritsch and Carlson 1980).

    Parameters
    ----------
    value : ndarray, shape (n + 1,)
        At the rows and at the upper end of the last; not falling.

    Returns
    -------
    ndarray, shape (n + 1,)
    """
    rise = np.diff(value)
    low, high = rise[:-1], rise[1:]
    both = low + high
    inner = np.divide(2.0 * low * high, both, out=np.zeros_like(both), where=both > 0.0)
    end = np.clip(1.5 * rise[-1] - 0.5 * rise[-2], 0.0, 3.0 * rise[-1])
    return np.concatenate((np.zeros(1), inner, [end]))


def even_rows(value: Floats, slope: Floats | None = None) -> Floats:
    """Coefficients of a monotone cubic in each row, for `even_cubic`.

    Parameters
    ----------
    value : ndarray, shape (n + 1,)
        At the rows and at the upper end of the last; not falling.
    slope : ndarray, shape (n + 1,), optional
        Per row; where it is more than keeps the cubic monotone, that. By default `monotone_slopes`.

    Returns
    -------
    ndarray, shape (4 n + 4,)
        Row by row; one more goes on above with the last slope.
    """
    rise = np.diff(value)
    if slope is None:
        slope = monotone_slopes(value)
    most = 3.0 * np.minimum(np.append(rise, rise[-1]), np.insert(rise, 0, rise[0]))
    slope = np.minimum(slope, most)
    square = 3.0 * rise - 2.0 * slope[:-1] - slope[1:]
    cube = slope[:-1] + slope[1:] - 2.0 * rise
    rows = np.stack((value[:-1], slope[:-1], square, cube), axis=1)
    return np.append(rows.ravel(), (value[-1], slope[-1], 0.0, 0.0))


@jit_law
def even_cubic(rows: Any, start: int, last: int, x: float):  # type: ignore[no-untyped-def]
    """Value of a table, its slope and how the slope grows, per row.

    Parameters
    ----------
    rows : ndarray
        Tables of `even_rows` end to end.
    start : int
        Where the table begins.
    last : int
        Number of its last row, which has no upper end.
    x : float
        In rows; not negative.

    Returns
    -------
    value, slope, bend : float
    """
    row = min(int(x), last)
    d = x - row
    k = start + 4 * row
    slope, square, cube = rows[k + 1], rows[k + 2], 3.0 * rows[k + 3]
    return (
        rows[k] + d * (slope + d * (square + d * rows[k + 3])),
        slope + d * (2.0 * square + d * cube),
        2.0 * (square + d * cube),
    )
