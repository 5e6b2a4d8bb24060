"""Pieces that several laws share: the smoothed square root and the ramp."""

from __future__ import annotations

import numpy as np

from deltasim._jit import jit

__all__ = ["ramp", "root"]


@jit
def root(d, smoothing):  # type: ignore[no-untyped-def]
    """Square root of a head difference, and its slope, finite at 0.

    d / (d^2 + eps^2)^(1/4), which is sqrt(d) to a relative 2.5e-7 at a thousand eps and linear below eps.

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
    square = d * d
    w = square + smoothing * smoothing
    t = np.sqrt(np.sqrt(w))
    return d / t, (1.0 - 0.5 * square / w) / t


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
