"""Sums over whole arrays, written so that processors do several elements at a time.

Stages of a method are added four at a time: most of what an addition costs is fetching the sum and putting it back.
Loops here, and others that are to be worked so, ask no questions. An index that could be negative is one, so they count
from 0 on a part of an array, or in unsigned numbers; conditions are joined by ``&`` and ``|``, which do not branch.
"""

from __future__ import annotations

from deltasim._jit import jit_inline, jit_inner

__all__ = ["add_scaled", "add_stages", "copy_into"]


@jit_inline
def copy_into(to, source, length):  # type: ignore[no-untyped-def]
    """`to` = `source` over the first `length` elements; a plain loop compiles much faster than slices."""
    for i in range(length):
        to[i] = source[i]


@jit_inline
def add_scaled(total, a, x, length):  # type: ignore[no-untyped-def]
    """`total` += a x over the first `length` elements."""
    for i in range(length):
        total[i] += a * x[i]


@jit_inline
def add_four(total, a, x, b, y, c, z, d, w, length):  # type: ignore[no-untyped-def]
    """`total` += a x + b y + c z + d w."""
    for i in range(length):
        total[i] += (a * x[i] + b * y[i]) + (c * z[i] + d * w[i])


@jit_inner
def add_stages(total, scale, weights, stages, count, length):  # type: ignore[no-untyped-def]
    """`total` += scale times the sum over the first stages of their weight times what they are.

    Parameters
    ----------
    total : ndarray, shape (length,) or longer
    scale : float
    weights : ndarray, shape (s,)
    stages : ndarray, shape (s, length) or wider
    count, length : int
        How many stages, and elements of each.
    """
    j = 0
    while j < count and weights[j] == 0.0:
        j += 1
    while count > j and weights[count - 1] == 0.0:
        count -= 1
    while j + 4 <= count:
        a, b, c, d = scale * weights[j], scale * weights[j + 1], scale * weights[j + 2], scale * weights[j + 3]
        add_four(total, a, stages[j], b, stages[j + 1], c, stages[j + 2], d, stages[j + 3], length)
        j += 4
    while j < count:
        add_scaled(total, scale * weights[j], stages[j], length)
        j += 1
