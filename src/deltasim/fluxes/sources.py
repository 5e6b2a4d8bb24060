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

__all__ = ["SOURCES", "Source", "SourceKind"]


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
        Of the node.
    """

    variable: str
    setting: Signal
    factor: float
    curve: Curve


@dataclass(frozen=True)
class SourceKind:
    """A kind of source, as the registry holds it; like a `LinkKind`."""

    name: str
    parameters: type[Any]
    build: Callable[[Sequence[Source]], Any]
    law: Callable[..., tuple[float, float, float, float]]
    fades: bool
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


class GroundwaterParameters(NamedTuple):
    """Bed level, m, of each source's node."""

    bottom: NDArray[np.float64]


def _build_groundwater(sources: Sequence[Source]) -> GroundwaterParameters:
    return GroundwaterParameters(np.array([source.curve.bed_level for source in sources], dtype=float))


@jit_law
def groundwater_law(p: Any, i: int, h_from: float, h_to: float, table: float):  # type: ignore[no-untyped-def]
    """Fall from the groundwater to the node, m; the conductance is the factor.

    max(h_gw, bed) - max(h, bed), as MODFLOW's river package has it (McDonald and Harbaugh 1988): a water table below
    the bed draws as if it stood at the bed. At the bed itself the slope is that of water above it: a node that just ran
    dry has to know how it drains.
    """
    bottom = p.bottom[i]
    return (
        max(table, bottom) - max(h_to, bottom),
        0.0,
        -1.0 if h_to >= bottom else 0.0,
        1.0 if table > bottom else 0.0,
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
        SourceKind("groundwater", GroundwaterParameters, _build_groundwater, groundwater_law, fades=False),
    )
}
"""Every law of a source, by name."""
