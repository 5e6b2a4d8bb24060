"""Demands: a discharge that someone takes from a node, as far as there is any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from deltasim import units
from deltasim._jit import jit_law
from deltasim.constants import EVERYWHERE, FADE_DEPTH
from deltasim.fields import Component, Level, VaryingDischarge, Within
from deltasim.links.kind import Ends, LinkKind, always, ramp_width
from deltasim.links.roots import ramp
from deltasim.signal import Signal

__all__ = ["DEMAND"]


class Demand(Component):
    """A discharge taken from a node.

    Parameters
    ----------
    from_node : str
        The node it leaves; written ``from``.
    discharge : Signal, m3/s
        Not negative.
    min_stage : float, m, optional
        Below it nothing is taken; by default the bed.

    Notes
    -----
    As far as there is water:

        Q = discharge(t)

    It fades over the millimetre above `min_stage` and over the first millimetre of water (on tiny nodes over the depth
    of 1e-3 m3, if that is more). What is not there is not taken: the difference is the link's `shortage`.

    References
    ----------
    None needed: the discharge is given.
    """

    kind: ClassVar[str] = "demand"

    to_node: ClassVar[str] = ""
    open: ClassVar[Signal] = Signal.constant(1.0)
    from_node: str = Field(alias="from", description="Name of the node it leaves.")
    discharge: Annotated[VaryingDischarge, Within(ge=0.0, dimension=units.DISCHARGE)] = Field(
        description="What is wanted."
    )
    min_stage: Level | None = Field(default=None, description="Below it nothing is taken; default the bed.")


class DemandParameters(NamedTuple):
    """Arrays over the demands."""

    lowest: NDArray[np.float64]
    """`min_stage`, m."""
    width: NDArray[np.float64]
    """Rise above it over which the demand grows to its whole, m."""


def build_demands(demands: Sequence[Demand], ends: Sequence[Ends]) -> DemandParameters:
    """Make the law's parameters; the curve says over which rise of stage a demand fades."""
    stages = [demand.min_stage for demand in demands]
    widths = [
        FADE_DEPTH if stage is None else ramp_width(end.from_curve, stage)
        for stage, end in zip(stages, ends, strict=True)
    ]
    return DemandParameters(
        np.array([-EVERYWHERE if stage is None else stage for stage in stages], dtype=float),
        np.array(widths, dtype=float),
    )


@jit_law
def demand_law(p: Any, i: int, h_from: float, h_to: float, discharge: float):  # type: ignore[no-untyped-def]
    """Discharge of demand `i`; `Demand` has the equation."""
    share, slope = ramp(h_from, p.lowest[i], p.width[i])
    return discharge * share, discharge * slope, 0.0, share


DEMAND = LinkKind(
    name="demand",
    model=Demand,
    parameters=DemandParameters,
    build=build_demands,
    law=demand_law,
    setting="discharge",
    wants=True,
    one_way=True,
    fades=always,
    moves=("discharge",),
)
