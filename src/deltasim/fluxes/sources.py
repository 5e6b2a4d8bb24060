"""The laws of rain, evaporation, seepage and groundwater: fluxes from outside into one node, positive into it.

They have the signature of a link's law; ``h_to`` is the node's stage and ``h_from`` has no meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit_law
from deltasim.geometry import Curve
from deltasim.links.table import PiecewiseCubics, pack_cubics, piecewise
from deltasim.signal import Signal

__all__ = ["SOURCES", "Ground", "Source", "SourceKind"]


class Ground(NamedTuple):
    """Ground from which plants or the sun draw water, standing on it or below it.

    Parameters
    ----------
    stage, area : ndarray, shape (n,), m and m2
        Area that is wet, or that is not, over the stage; linear between them.
    bed_level : float, m
        From which the depth of the water table counts.
    et_depth : float, m
        Depth down to which nothing is missing; infinite for wet ground.
    fade_depth : float, m
        Depth below that in which it falls to 1/e, or to nothing.
    linear : bool
        Whether it falls to nothing.
    """

    stage: NDArray[np.float64]
    area: NDArray[np.float64]
    bed_level: float
    et_depth: float
    fade_depth: float
    linear: bool


class Source(NamedTuple):
    """One flux of one node.

    Parameters
    ----------
    variable : str
        Name of the result variable it goes to.
    setting : Signal
        What reaches the law.
    factor : float
        The law's result times this is the flux, m3/s.
    curve : Curve
        Of the node, or of the area that it reaches.
    scale : Signal, optional
        What varies in time besides the setting; the flux is multiplied by it.
    ground : Ground, optional
        For the law of covers.
    base_level : float, m
        For the law of Dupuit's flow.
    """

    variable: str
    setting: Signal
    factor: float
    curve: Curve
    scale: Signal | None = None
    ground: Ground | None = None
    base_level: float = 0.0


@dataclass(frozen=True)
class SourceKind:
    """A kind of source, as the registry holds it; like a `LinkKind`.

    What `fades` does so as the water above the bed runs out, or with `reaches_soil` all the water of the node.
    """

    name: str
    parameters: type[Any]
    build: Callable[[Sequence[Source]], Any]
    law: Callable[..., tuple[float, float, float, float]]
    fades: bool
    reaches_soil: bool = False
    symmetric: bool = False
    of_inflow: bool = False


class UniformParameters(NamedTuple):
    """Rain needs nothing but the area it falls on, which is its factor."""

    one: NDArray[np.int64]


@jit_law
def uniform_law(p: Any, i: int, h_from: float, h_to: float, rate: float):  # type: ignore[no-untyped-def]
    """A rate (m/s) on an area that does not change."""
    return rate, 0.0, 0.0, 1.0


class SurfaceParameters(NamedTuple):
    """Water surface over stage, m2 over m, of each source's node."""

    area: PiecewiseCubics


def _build_surfaces(sources: Sequence[Source]) -> SurfaceParameters:
    tables = []
    for source in sources:
        curve = source.curve
        # Twice each inner stage would be a jump of area; rows of a storage table have jumps, which are taken
        # from the slice above, as the solver's own look-up does.
        tables.append((curve.stage, curve.area, "linear"))
    packed = pack_cubics(tables)
    slope = np.concatenate([np.empty(0), *(source.curve.slope for source in sources)])
    return SurfaceParameters(packed._replace(c1=slope))


@jit_law
def surface_law(p: Any, i: int, h_from: float, h_to: float, rate: float):  # type: ignore[no-untyped-def]
    """A rate (m/s, positive into the node) on the wet area."""
    area, slope = piecewise(p.area, i, h_to)
    return rate * area, 0.0, rate * slope, area


class CoverParameters(NamedTuple):
    """`Ground` of each source."""

    area: PiecewiseCubics
    bed_level: NDArray[np.float64]
    et_depth: NDArray[np.float64]
    fade_depth: NDArray[np.float64]
    linear: NDArray[np.int64]


def _build_covers(sources: Sequence[Source]) -> CoverParameters:
    grounds = [source.ground for source in sources if source.ground is not None]
    return CoverParameters(
        pack_cubics([(ground.stage, ground.area, "linear") for ground in grounds]),
        np.array([ground.bed_level for ground in grounds], dtype=float),
        np.array([ground.et_depth for ground in grounds], dtype=float),
        np.array([ground.fade_depth for ground in grounds], dtype=float),
        np.array([ground.linear for ground in grounds], dtype=np.int64),
    )


@jit_law
def cover_law(p: Any, i: int, h_from: float, h_to: float, rate: float):  # type: ignore[no-untyped-def]
    """A rate (m/s, positive into the node) on an area that varies with the stage, less as the water table falls.

    Down to `et_depth` below the bed all of it, then exp(-x) of it or 1 - x (McDonald and Harbaugh 1988), where x is
    the depth below that over `fade_depth`.
    """
    area, slope = piecewise(p.area, i, h_to)
    x = (p.bed_level[i] - h_to - p.et_depth[i]) / p.fade_depth[i]
    part = 1.0
    growth = 0.0
    if x > 0.0:
        if p.linear[i] == 1:
            part = max(1.0 - x, 0.0)
            growth = 1.0 / p.fade_depth[i] if x < 1.0 else 0.0
        else:
            part = np.exp(-x)
            growth = part / p.fade_depth[i]
    return rate * area * part, 0.0, rate * (slope * part + area * growth), area * part


class GroundwaterParameters(NamedTuple):
    """Level, m, below which no water can be drawn from each source's node: its bed, or the bottom of its soil."""

    bottom: NDArray[np.float64]


def _build_groundwater(sources: Sequence[Source]) -> GroundwaterParameters:
    return GroundwaterParameters(np.array([source.curve.bottom_level for source in sources], dtype=float))


@jit_law
def groundwater_law(p: Any, i: int, h_from: float, h_to: float, table: float):  # type: ignore[no-untyped-def]
    """Fall from the groundwater to the node, m; the conductance is the factor.

    max(h_gw, bed) - max(h, bed), as MODFLOW's river package has it (McDonald and Harbaugh 1988): a water table below
    the bed, which under soil is the bottom of that, draws as if it stood there. At the bed itself the slope is that of
    water above it: a node that just ran dry has to know how it drains.
    """
    bottom = p.bottom[i]
    return (
        max(table, bottom) - max(h_to, bottom),
        0.0,
        -1.0 if h_to >= bottom else 0.0,
        1.0 if table > bottom else 0.0,
    )


class DupuitParameters(NamedTuple):
    """Level, m, of the base of the aquifer, and below which no water can be drawn, of each source's node."""

    base: NDArray[np.float64]
    bottom: NDArray[np.float64]


def _build_dupuit(sources: Sequence[Source]) -> DupuitParameters:
    base = np.array([source.base_level for source in sources], dtype=float)
    bottom = np.array([source.curve.bottom_level for source in sources], dtype=float)
    return DupuitParameters(base, np.maximum(base, bottom))


@jit_law
def dupuit_law(p: Any, i: int, h_from: float, h_to: float, table: float):  # type: ignore[no-untyped-def]
    """Difference of the squares of the heads above the base, m2; pi K / ln(R / r) is the factor (Dupuit 1863)."""
    here = max(h_to, p.bottom[i]) - p.base[i]
    there = max(table, p.bottom[i]) - p.base[i]
    return (
        there * there - here * here,
        0.0,
        -2.0 * here if h_to >= p.bottom[i] else 0.0,
        2.0 * there if table > p.bottom[i] else 0.0,
    )


SOURCES = {
    kind.name: kind
    for kind in (
        SourceKind(
            "uniform",
            UniformParameters,
            lambda sources: UniformParameters(np.ones(len(sources), dtype=np.int64)),
            uniform_law,
            fades=False,
        ),
        SourceKind("surface", SurfaceParameters, _build_surfaces, surface_law, fades=True),
        SourceKind("cover", CoverParameters, _build_covers, cover_law, fades=True, reaches_soil=True),
        SourceKind("groundwater", GroundwaterParameters, _build_groundwater, groundwater_law, fades=False),
        SourceKind("dupuit", DupuitParameters, _build_dupuit, dupuit_law, fades=False),
    )
}
"""Every law of a source, by name."""
