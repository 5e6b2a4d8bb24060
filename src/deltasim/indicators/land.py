"""The ground under water: hypsometric curves of one zone or of several, and how much ground lies at which level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import IndicatorError
from deltasim.faults import did_you_mean
from deltasim.geometry import Curve

__all__ = ["CurveLike", "Ground", "bands_of", "curves_of", "ground_of"]

Floats = NDArray[np.float64]

CurveLike = Curve | Mapping[str, Any] | xr.Dataset | Any
"""A `Curve`; a table (mapping, Dataset or DataFrame) with columns stage and area; or a mapping of zones to either."""


@dataclass(frozen=True)
class Ground:
    """Ground by elevation.

    Parameters
    ----------
    level : ndarray, shape (n,), m
        Edges of the slices, the bed first.
    density : ndarray, shape (n,), m
        Ground per metre of elevation between a level and the next; 0 above the last.
    flat : ndarray, shape (n,), m2
        Level ground at a level: the bed of a pan, the steps of a curve of storages.
    """

    level: Floats
    density: Floats
    flat: Floats

    @property
    def area(self) -> float:
        """All ground, m2."""
        return float(self.flat.sum() + (self.density[:-1] * np.diff(self.level)).sum())


def ground_of(curve: Curve) -> Ground:
    """Take a hypsometric curve apart into sloping and level ground.

    Parameters
    ----------
    curve : Curve

    Returns
    -------
    Ground

    Raises
    ------
    IndicatorError
        The area shrinks with stage: a covered tank has no ground to speak of.
    """
    below = np.concatenate(([0.0], (curve.area + curve.slope * np.append(np.diff(curve.stage), 0.0))[:-1]))
    flat = curve.area - below
    flat[np.abs(flat) <= 1e-12 * curve.area.max()] = 0.0
    if np.any(curve.slope < 0.0) or np.any(flat < 0.0):
        raise IndicatorError("the area of the curve shrinks with stage; ground by elevation needs one that grows")
    return Ground(curve.stage, curve.slope, flat)


def curves_of(curve: CurveLike, slab: xr.DataArray) -> list[Curve | None]:
    """Find the curve of every column of a series.

    Parameters
    ----------
    curve : Curve, table, or mapping of names to them
        A mapping goes by the labels of the one dimension that has them (``node``).
    slab : DataArray
        One moment of the series.

    Returns
    -------
    list of Curve or None
        As many as `slab` has values; None where a mapping has no curve, as for a boundary.
    """
    if not isinstance(curve, Mapping) or {"stage", "area", "storage"} & set(curve):
        return [_read(curve)] * slab.size
    by_name = {str(name): _read(each) for name, each in curve.items()}
    owners = {**slab.coords}
    for dim in slab.dims:
        if dim in owners and set(by_name) & set(map(str, slab[dim].values)):
            names = xr.broadcast(slab[dim].astype(str), slab)[0].transpose(*slab.dims)
            return [by_name.get(str(name)) for name in np.ravel(names.values)]
    for coord in owners.values():  # one zone, already selected
        if coord.ndim == 0 and str(coord.values) in by_name:
            return [by_name[str(coord.values)]] * slab.size
    labels = [str(name) for dim in slab.dims if dim in owners for name in slab[dim].values]
    hint = did_you_mean(labels[0], by_name) if labels else ""
    raise IndicatorError(f"the curves are those of {', '.join(by_name)}, and the series has none of these names{hint}")


def _read(curve: Any) -> Curve:
    """A curve from whatever is one."""
    if isinstance(curve, Curve):
        return curve.surface  # of a wetland with soil the part above its bed
    try:
        table = {name: np.asarray(curve[name], dtype=float) for name in ("stage", "area", "storage") if name in curve}
        stage = table.pop("stage")
    except (TypeError, KeyError):
        raise IndicatorError(
            "expected a curve: a deltasim.geometry.Curve, or a table with the columns stage and area, "
            f"got {type(curve).__name__}"
        ) from None
    try:
        return Curve.from_table(stage, **table)
    except ValueError as error:
        raise IndicatorError(f"this is no curve: {error}") from None


def bands_of(curve: Curve | None, bands: Any) -> tuple[Floats, Floats, Floats]:
    """Cut the ground of a curve into bands of elevation.

    Parameters
    ----------
    curve : Curve or None
    bands : int or array_like
        How many, of equal height from the bed to the top row; or their edges, m above datum.

    Returns
    -------
    bottom, top : ndarray, shape (n_band,), m
    area : ndarray, shape (n_band,), m2
        Ground in the band, flat ground at its bottom included; 0 outside the curve.
    """
    if isinstance(bands, (int, np.integer)):
        if bands < 1:
            raise IndicatorError(f"expected one band or more, got {bands}")
        if curve is None:
            return (np.full(bands, np.nan),) * 3
        edges = np.linspace(curve.stage[0], curve.stage[-1], bands + 1)
    else:
        edges = np.asarray(bands, dtype=float)
        if edges.ndim != 1 or len(edges) < 2 or np.any(np.diff(edges) <= 0.0):
            raise IndicatorError("expected a number of bands, or edges in m that rise, two or more")
        if curve is None:
            return edges[:-1], edges[1:], np.full(len(edges) - 1, np.nan)
    bed, top = curve.stage[0], curve.stage[-1]
    below = np.where(edges <= bed, 0.0, curve.area_at(np.minimum(edges, top)))
    return np.clip(edges[:-1], bed, top), np.clip(edges[1:], bed, top), np.diff(below)
