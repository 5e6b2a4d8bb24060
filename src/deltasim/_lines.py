"""Arrays that lie as processors fetch them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["in_lines", "padded"]

LINE = 64
"""Bytes that processors fetch and work on at once; what lies across two of them takes twice as long."""
WORD = 8
"""Bytes of a number."""
FEW = 4
"""Lines; rows that are shorter lie closer, one after the other."""


def padded(length: int) -> int:
    """Length of rows that each begin with a line: so many numbers or a few more, unless that is much more.

    Parameters
    ----------
    length : int

    Returns
    -------
    int
    """
    per_line = LINE // WORD
    return -(-length // per_line) * per_line if length >= FEW * per_line else length


def in_lines(shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Give zeros that begin with a line.

    Parameters
    ----------
    shape : tuple of int
        Rows begin with a line where its last length is `padded`.
    dtype : dtype
        Of eight bytes.

    Returns
    -------
    ndarray
    """
    size = int(np.prod(shape))
    room = np.zeros(size + LINE // WORD, dtype)
    skipped = -room.ctypes.data % LINE // WORD
    return room[skipped : skipped + size].reshape(shape)
