"""Inflows: a given discharge that enters one node from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray
from pydantic import Field

from deltasim._jit import jit_law
from deltasim.concentrations import Entering
from deltasim.fields import Component, Number, VaryingDischarge
from deltasim.links.kind import Ends, LinkKind, always
from deltasim.signal import Signal

__all__ = ["INFLOW", "GivenParameters", "given_law"]


class Inflow(Component):
    """A discharge from outside into a node.

    Parameters
    ----------
    to_node : str
        The node it enters; written ``to``.
    discharge : Signal, m3/s
        Negative values take water out, as far as there is any.
    scale : float
        Factor on the discharge.
    concentration : Concentrations
        Of each substance in it, kg/m3; 0 where none is given.

    Notes
    -----
    Whatever the stage:

        Q = scale discharge(t)

    Exact in volume: the solver steps from point to point of the series. A negative discharge fades over the first
    millimetre of water in ``to``.

    References
    ----------
    None needed: the discharge is given.
    """

    kind: ClassVar[str] = "inflow"

    from_node: ClassVar[str] = ""
    open: ClassVar[Signal] = Signal.constant(1.0)
    to_node: str = Field(alias="to", description="Name of the node it enters.")
    discharge: VaryingDischarge = Field(description="Linear between the points of a series; negative takes water out.")
    scale: Annotated[Number, Ge(0)] = Field(default=1.0, description="Factor on the discharge.")
    concentration: Entering = Field(default=(), description="Of each substance in it.")


class GivenParameters(NamedTuple):
    """A given discharge has no parameter but itself; numba wants an array to tell how many there are."""

    one: NDArray[np.int64]


def build_inflows(inflows: Sequence[Inflow], ends: Sequence[Ends]) -> GivenParameters:
    """Make the law's parameters."""
    del ends
    return GivenParameters(np.ones(len(inflows), dtype=np.int64))


@jit_law
def given_law(p: Any, i: int, h_from: float, h_to: float, discharge: float):  # type: ignore[no-untyped-def]
    """Discharge as it is given."""
    return discharge, 0.0, 0.0, 1.0


INFLOW = LinkKind(
    name="inflow",
    model=Inflow,
    parameters=GivenParameters,
    build=build_inflows,
    law=given_law,
    setting="discharge",
    fades=always,
    moves=("discharge",),
)
