"""Fixed flows: a given discharge from node to node, as far as there is any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from deltasim import units
from deltasim.fields import VaryingDischarge, Within
from deltasim.links.given import GivenParameters, build_given, given_law
from deltasim.links.kind import Ends, Link, LinkKind, always

__all__ = ["FIXED_FLOW"]


class FixedFlow(Link):
    """A discharge that is given, whatever the stages.

    Parameters
    ----------
    discharge : Signal, m3/s
        From ``from`` to ``to``; not negative.

    Notes
    -----
    Whatever the stages:

        Q = open(t) discharge(t)

    It fades over the first millimetre of water in ``from``. What does not flow for want of water is the link's
    `shortage`.

    References
    ----------
    None needed: the discharge is given.
    """

    kind: ClassVar[str] = "fixed_flow"

    discharge: Annotated[VaryingDischarge, Within(ge=0.0, dimension=units.DISCHARGE)] = Field(
        description="From 'from' to 'to'."
    )


class FixedFlowParameters(GivenParameters):
    """A class of its own, for by that the solver knows the kind."""


def build_fixed_flows(links: Sequence[FixedFlow], ends: Sequence[Ends]) -> FixedFlowParameters:
    """Make the law's parameters."""
    return FixedFlowParameters(*build_given(links, ends))


FIXED_FLOW = LinkKind(
    name="fixed_flow",
    model=FixedFlow,
    parameters=FixedFlowParameters,
    build=build_fixed_flows,
    law=given_law,
    setting="discharge",
    wants=True,
    one_way=True,
    fades=always,
    moves=("open", "discharge"),
)
