"""How much of a node's ground is under water, without the jumps that its curve may have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deltasim.constants import FADE_DEPTH
from deltasim.geometry.curve import Curve

__all__ = ["flooded_area"]

Floats = NDArray[np.float64]


def flooded_area(curve: Curve, above: float | None = None, below: float | None = None) -> tuple[Floats, Floats, float]:
    """Area under water over the stage, of all the ground or of a band of elevation.

    Parameters
    ----------
    curve : Curve
        Its area stays as it is above the top row.
    above, below : float, m, optional
        The band; without them from the bed, and up to the top row.

    Returns
    -------
    stage : ndarray, shape (n,), m
        Strictly rising.
    area : ndarray, shape (n,), m2
        Linear between the stages; 0 at the first one and below, that of the whole band from the last one on.
    whole : float, m2
        Area of the band.

    Notes
    -----
    Where the area jumps, at a flat bed or from row to row of a table of storages, it rises over the first millimetre
    above instead: two kinds of evaporation meet there, and the solution might have to stay between them.
    """
    surface = curve.surface
    stage, area = [], []
    under = 0.0
    for row, (low, first, slope) in enumerate(zip(surface.stage, surface.area, surface.slope, strict=True)):
        height = float(surface.stage[row + 1] - low) if row + 1 < len(surface.stage) else np.inf
        stage.append(float(low))
        area.append(under)
        if abs(first - under) > 1e-12 * surface.top_area:
            step = min(FADE_DEPTH, 0.5 * height)
            stage.append(float(low) + step)
            area.append(float(first + slope * step))
        under = float(first + slope * height) if np.isfinite(height) else float(first)
    x, y = np.append(stage, stage[-1] + 1.0), np.append(area, under)
    edges = [edge for edge in (above, below) if edge is not None and x[0] < edge < x[-1]]
    low_area = 0.0 if above is None else float(np.interp(above, x, y))
    high_area = under if below is None else float(np.interp(below, x, y))
    knots = np.union1d(x, edges)
    return knots, np.clip(np.interp(knots, x, y), low_area, high_area) - low_area, high_area - low_area
