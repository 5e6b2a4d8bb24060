"""Sums over whole arrays, written so that processors do several elements at a time.

Stages of a method are added up to four at a time: most of what an addition costs is to fetch the sum and put it back.
Loops here, and others that are to be worked so, ask no questions. An index that could be negative is one, so they count
from 0 on a part of an array, or in unsigned numbers; conditions are joined by ``&`` and ``|``, which do not branch.
What they write is an argument, which no other argument overlaps (`jit_lanes`).
"""

from __future__ import annotations

from deltasim._jit import jit_inner, jit_lanes

__all__ = [
    "add_one",
    "add_scaled",
    "add_stages",
    "begin_sum",
    "copy_into",
    "copy_part",
    "copy_spans",
    "set_spans",
    "subtract",
    "sum_stages",
]


@jit_lanes
def copy_into(to, source, length):  # type: ignore[no-untyped-def]
    """`to` = `source` over the first `length` elements; a plain loop compiles much faster than slices."""
    for i in range(length):
        to[i] = source[i]


@jit_lanes
def copy_part(to, source, begin, end):  # type: ignore[no-untyped-def]
    """`to` = `source` from `begin` to `end`."""
    for i in range(begin, end):
        to[i] = source[i]


@jit_inner
def copy_spans(to, source, spans, count):  # type: ignore[no-untyped-def]
    """`to` = `source` over the first `count` spans, of `Awake`."""
    for s in range(count):
        copy_part(to, source, spans[s, 0], spans[s, 1])


@jit_inner
def set_spans(to, value, spans, count):  # type: ignore[no-untyped-def]
    """`to` = `value` over the first `count` spans."""
    for s in range(count):
        for i in range(spans[s, 0], spans[s, 1]):
            to[i] = value


@jit_lanes
def add_scaled(total, a, x, length):  # type: ignore[no-untyped-def]
    """`total` += a x over the first `length` elements."""
    for i in range(length):
        total[i] += a * x[i]


@jit_lanes
def set_two(total, a, x, b, y, begin, end):  # type: ignore[no-untyped-def]
    """`total` = a x + b y from `begin` to `end`."""
    for i in range(begin, end):
        total[i] = a * x[i] + b * y[i]


@jit_lanes
def add_one(total, keep, a, x, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `total` + a x."""
    for i in range(begin, end):
        total[i] = keep * total[i] + a * x[i]


@jit_lanes
def subtract(difference, x, y, begin, end):  # type: ignore[no-untyped-def]
    """`difference` = x - y."""
    for i in range(begin, end):
        difference[i] = x[i] - y[i]


@jit_lanes
def add_two(total, keep, a, x, b, y, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `total` + a x + b y."""
    for i in range(begin, end):
        total[i] = keep * total[i] + (a * x[i] + b * y[i])


@jit_lanes
def add_three(total, keep, a, x, b, y, c, z, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `total` + a x + b y + c z."""
    for i in range(begin, end):
        total[i] = keep * total[i] + ((a * x[i] + b * y[i]) + c * z[i])


@jit_lanes
def add_four(total, keep, a, x, b, y, c, z, d, w, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `total` + a x + b y + c z + d w."""
    for i in range(begin, end):
        total[i] = keep * total[i] + ((a * x[i] + b * y[i]) + (c * z[i] + d * w[i]))


@jit_inner
def add_stages(total, keep, scale, weights, stages, first, count, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `total` + scale times the sum over some stages of their weight times what they are.

    Parameters
    ----------
    total : ndarray, shape (length,) or longer
    keep, scale : float
    weights : ndarray, shape (s,)
    stages : ndarray, shape (s, length) or wider
    first, count : int
        First stage, and one past the last.
    begin, end : int
        First element, and one past the last; the rest of `total` stays as it is.
    """
    j = first
    while j < count and weights[j] == 0.0:
        j += 1
    while count > j and weights[count - 1] == 0.0:
        count -= 1
    while j + 4 <= count:
        a, b, c, d = scale * weights[j], scale * weights[j + 1], scale * weights[j + 2], scale * weights[j + 3]
        add_four(total, keep, a, stages[j], b, stages[j + 1], c, stages[j + 2], d, stages[j + 3], begin, end)
        j += 4
        keep = 1.0
    if j + 3 == count:
        a, b, c = scale * weights[j], scale * weights[j + 1], scale * weights[j + 2]
        add_three(total, keep, a, stages[j], b, stages[j + 1], c, stages[j + 2], begin, end)
    elif j + 2 == count:
        add_two(total, keep, scale * weights[j], stages[j], scale * weights[j + 1], stages[j + 1], begin, end)
    elif j + 1 == count:
        add_one(total, keep, scale * weights[j], stages[j], begin, end)
    elif keep != 1.0:
        for i in range(begin, end):
            total[i] = keep * total[i]


@jit_inner
def begin_sum(total, keep, base, scale, weights, stages, count, begin, end):  # type: ignore[no-untyped-def]
    """`total` = keep `base` + scale times the sum over the first stages, as `add_stages`; `base` is another array."""
    if count > 0:
        set_two(total, keep, base, scale * weights[0], stages[0], begin, end)
        add_stages(total, 1.0, scale, weights, stages, 1, count, begin, end)
    else:
        for i in range(begin, end):
            total[i] = keep * base[i]


@jit_inner
def sum_stages(total, weights, stages, count, begin, end):  # type: ignore[no-untyped-def]
    """`total` = the sum over the first stages of their weight times what they are; otherwise as `add_stages`."""
    first = 0
    while first < count - 2 and weights[first] == 0.0:
        first += 1
    second = min(first + 1, count - 1)
    other = weights[second] if second > first else 0.0
    set_two(total, weights[first], stages[first], other, stages[second], begin, end)
    add_stages(total, 1.0, 1.0, weights, stages, first + 2, count, begin, end)
