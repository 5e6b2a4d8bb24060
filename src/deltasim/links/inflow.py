"""Inflows: a given discharge that enters one node from outside."""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Ge
from pydantic import Field

from deltasim.concentrations import Entering
from deltasim.fields import Component, Number, VaryingDischarge
from deltasim.links.given import GivenParameters, build_given, given_law
from deltasim.links.kind import LinkKind, always
from deltasim.signal import Signal

__all__ = ["INFLOW"]


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


INFLOW = LinkKind(
    name="inflow",
    model=Inflow,
    parameters=GivenParameters,
    build=build_given,
    law=given_law,
    setting="discharge",
    fades=always,
    moves=("discharge",),
)
