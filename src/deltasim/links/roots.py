"""Pieces that several laws share: the smoothed square root, the drowning of an overflow and the ramp."""

from __future__ import annotations

import numpy as np

from deltasim._jit import jit

__all__ = ["drowned", "drowning", "ramp", "root"]


@jit
def root(d, smoothing):  # type: ignore[no-untyped-def]
    """Square root of a head difference, and its slope, finite at 0.

    Below eps it is sqrt(eps) s (5 - s^2) / 4 with s = d / eps, which is odd in d, rises, and goes over into the root
    without a corner; from eps on the root itself.

    Parameters
    ----------
    d : float, m
        Not negative.
    smoothing : float, m
        eps.

    Returns
    -------
    value : float, m^0.5
    slope : float, m^-0.5
    """
    if d >= smoothing:
        value = np.sqrt(d)
        return value, 0.5 / value
    scale = np.sqrt(smoothing)
    s = d / smoothing
    return scale * s * (1.25 - 0.25 * s * s), (1.25 - 0.75 * s * s) / scale


@jit
def drowning_power(x, e):  # type: ignore[no-untyped-def]
    """x^0.385, and its derivatives by x and e; below e, in the manner of `root`, e^0.385 (1.3075 s - 0.3075 s^3)."""
    if x >= e:
        base = x**-0.615
        return x * base, 0.385 * base, 0.0
    base = e**-0.615
    s = x / e
    square = s * s
    return (
        base * x * (1.3075 - 0.3075 * square),
        base * (1.3075 - 0.9225 * square),
        -0.8041 * base * s * (1.0 - square),
    )


@jit
def drowning(head, ratio, below, n, smoothing):  # type: ignore[no-untyped-def]
    """Share of the free discharge of a weir that is left when its tailwater stands above the crest.

    (1 - (D/H)^n)^0.385, n being the exponent of the free law (Villemonte 1947). x^0.385 with x = 1 - (D/H)^n has no
    finite slope at equal heads. It is rounded off below x = e, with e = n eps D / H^2, which is about a difference of
    head of eps and is nothing where D is.

    Parameters
    ----------
    head : float, m
        H, positive.
    ratio : float
        D / H, 0 to 1.
    below : float
        (D / H)^(n - 1).
    n : float
    smoothing : float, m
        eps.

    Returns
    -------
    share : float
    by_up, by_down : float
        Its derivatives with respect to H and D, times H.
    """
    power = below * ratio
    x = 1.0 - power
    edge = n * smoothing / head
    e = edge * ratio
    share, by_x, by_e = drowning_power(x, e)
    by_x *= n
    return share, by_x * power - 2.0 * by_e * e, by_e * edge - by_x * below


@jit
def drowned(head, fall, power, smoothing):  # type: ignore[no-untyped-def]
    """head^n, less what a tailwater above the crest takes from it.

    H^n x^0.385 with x = 1 - (D/H)^n (Villemonte 1947, Engineering News-Record 139). It has no finite slope at equal
    heads and is rounded off below x = e, with e = n eps D / H^2: a difference of head of about eps.

    Parameters
    ----------
    head : float, m
        H above the crest; above 0.
    fall : float, m
        H - D, the difference of the stages; not negative. Known by itself, for near equal heads H and D do not hold it.
    power : float
        n of the free law.
    smoothing : float, m
        eps.

    Returns
    -------
    value : float, m^n
    by_head, by_tail : float, m^(n - 1)
        Derivatives with respect to H and D.
    by_both : float, m^(n - 1)
        With respect to both rising together, which is what a sinking crest does: the sum of the two, without the digits
        that near equal heads the sum loses.
    """
    lower = head ** (power - 1.0)
    if fall >= head:
        return lower * head, power * lower, 0.0, power * lower
    ratio = 1.0 - fall / head
    x = -np.expm1(power * np.log1p(-fall / head))
    below = (1.0 - x) / ratio
    per_ratio = power * smoothing / head
    e = per_ratio * ratio
    share, by_x, by_e = drowning_power(x, e)
    by_tail = lower * (by_e * per_ratio - power * by_x * below)
    by_both = lower * (power * (share - by_x * below * fall / head) + by_e * (per_ratio - 2.0 * e))
    return lower * head * share, by_both - by_tail, by_tail, by_both


@jit
def ramp(stage, level, width):  # type: ignore[no-untyped-def]
    """From 0 at a level to 1 a width above it, smooth at both ends.

    Parameters
    ----------
    stage, level : float, m
    width : float, m
        Positive.

    Returns
    -------
    value : float
    slope : float, 1/m
    """
    s = (stage - level) / width
    if s <= 0.0:
        return 0.0, 0.0
    if s >= 1.0:
        return 1.0, 0.0
    return s * s * (3.0 - 2.0 * s), 6.0 * s * (1.0 - s) / width
