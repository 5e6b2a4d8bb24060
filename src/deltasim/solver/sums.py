"""Sums over whole arrays, written so that processors do several elements at a time.

Stages of a method are added up to four at a time: most of what an addition costs is to fetch the sum and put it back.
Loops here, and others that are to be worked so, ask no questions. An index that could be negative is one, so they count
from 0 on a part of an array, or in unsigned numbers; conditions are joined by ``&`` and ``|``, which do not branch.
"""

from __future__ import annotations

from deltasim._jit import jit_inline, jit_inner

__all__ = ["add_one", "add_scaled", "add_stages", "copy_into", "copy_spans", "set_spans", "sum_stages"]


@jit_inline
def copy_into(to, source, length):  # type: ignore[no-untyped-def]
    """`to` = `source` over the first `length` elements; a plain loop compiles much faster than slices."""
    for i in range(length):
        to[i] = source[i]


@jit_inline
def copy_spans(to, source, spans, count):  # type: ignore[no-untyped-def]
    """`to` = `source` over the first `count` spans, of `Awake`."""
    for s in range(count):
        for i in range(spans[s, 0], spans[s, 1]):
            to[i] = source[i]


@jit_inline
def set_spans(to, value, spans, count):  # type: ignore[no-untyped-def]
    """`to` = `value` over the first `count` spans."""
    for s in range(count):
        for i in range(spans[s, 0], spans[s, 1]):
            to[i] = value


@jit_inline
def add_scaled(total, a, x, length):  # type: ignore[no-untyped-def]
    """`total` += a x over the first `length` elements."""
    for i in range(length):
        total[i] += a * x[i]


@jit_inline
def add_one(total, base, keep, a, x, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `base` + a x from `begin` to `end`."""
    for i in range(begin, end):
        total[i] = keep * base[i] + a * x[i]


@jit_inline
def add_two(total, keep, a, x, b, y, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `total` + a x + b y."""
    for i in range(begin, end):
        total[i] = keep * total[i] + (a * x[i] + b * y[i])


@jit_inline
def add_four(total, keep, a, x, b, y, c, z, d, w, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `total` + a x + b y + c z + d w."""
    for i in range(begin, end):
        total[i] = keep * total[i] + ((a * x[i] + b * y[i]) + (c * z[i] + d * w[i]))


@jit_inner
def add_stages(total, keep, scale, weights, stages, count, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `total` + scale times the sum over the first stages of their weight times what they are.

    Parameters
    ----------
    total : ndarray, shape (length,) or longer
    keep, scale : float
    weights : ndarray, shape (s,)
    stages : ndarray, shape (s, length) or wider
    count : int
        How many stages.
    begin, end : int
        First element, and one past the last; the rest of `total` stays as it is.
    """
    j = 0
    while j < count and weights[j] == 0.0:
        j += 1
    while count > j and weights[count - 1] == 0.0:
        count -= 1
    while j + 4 <= count:
        a, b, c, d = scale * weights[j], scale * weights[j + 1], scale * weights[j + 2], scale * weights[j + 3]
        add_four(total, keep, a, stages[j], b, stages[j + 1], c, stages[j + 2], d, stages[j + 3], begin, end)
        j += 4
        keep = 1.0
    if j + 2 <= count:
        add_two(total, keep, scale * weights[j], stages[j], scale * weights[j + 1], stages[j + 1], begin, end)
        j += 2
        keep = 1.0
    if j < count:
        add_one(total, total, keep, scale * weights[j], stages[j], begin, end)
        keep = 1.0
    if keep != 1.0:
        for i in range(begin, end):
            total[i] = keep * total[i]


@jit_inner
def sum_stages(total, weights, stages, count, begin, end):  # type: ignore[no-untyped-def]
    """`total` = the sum over the first stages of their weight times what they are; otherwise as `add_stages`."""
    for i in range(begin, end):
        total[i] = 0.0
    add_stages(total, 1.0, 1.0, weights, stages, count, begin, end)
