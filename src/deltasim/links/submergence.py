"""Drowned overflow: what a tailwater leaves of a free law, for any power of the head."""

from __future__ import annotations

import numpy as np

from deltasim._jit import jit

__all__ = ["drowned"]


@jit
def drowned(head, fall, power, smoothing):  # type: ignore[no-untyped-def]
    """head^n, less what a tailwater above the crest takes from it.

    H^n x (x^2 + e^2)^-0.3075 with x = 1 - (D/H)^n and e = n eps D / H^2, which rounds x^0.385 off over a difference of
    head of eps: it has no finite slope at equal heads (Villemonte 1947, Engineering News-Record 139).

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
    w = x * x + e * e
    base = w**-0.3075
    by_x = base * (1.0 - 0.615 * x * x / w)
    by_e = -0.615 * base * x * e / w
    by_tail = lower * (by_e * per_ratio - power * by_x * below)
    by_both = lower * (power * (x * base - by_x * below * fall / head) + by_e * (per_ratio - 2.0 * e))
    return lower * head * x * base, by_both - by_tail, by_tail, by_both
