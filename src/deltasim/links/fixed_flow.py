"""Fixed flows: a given discharge from node to node, as far as there is any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from deltasim import units
from deltasim._jit import jit_law
from deltasim.fields import VaryingDischarge, Within
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


class FixedFlowParameters(NamedTuple):
    """A given discharge has no parameter but itself; numba wants an array to tell how many there are."""

    one: NDArray[np.int64]


def build_fixed_flows(links: Sequence[FixedFlow], ends: Sequence[Ends]) -> FixedFlowParameters:
    """Make the law's parameters."""
    del ends
    return FixedFlowParameters(np.ones(len(links), dtype=np.int64))


@jit_law
def fixed_flow_law(p: Any, i: int, h_from: float, h_to: float, discharge: float):  # type: ignore[no-untyped-def]
    """Discharge as it is given; the solver fades it as its source runs dry."""
    return discharge, 0.0, 0.0, 1.0


FIXED_FLOW = LinkKind(
    name="fixed_flow",
    model=FixedFlow,
    parameters=FixedFlowParameters,
    build=build_fixed_flows,
    law=fixed_flow_law,
    setting="discharge",
    wants=True,
    one_way=True,
    fades=always,
    moves=("open", "discharge"),
)
