"""Diversions: a share of what enters a node goes another way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from deltasim import units
from deltasim._jit import jit_law
from deltasim.faults import FieldError, FieldErrors
from deltasim.fields import Columns, SettingNumber, Table, Within
from deltasim.links.kind import Ends, Link, LinkKind
from deltasim.links.table import PiecewiseCubics, pack_cubics, piecewise

__all__ = ["DIVERSION"]


class Diversion(Link):
    """A share of what enters a node by its links.

    Parameters
    ----------
    fraction : Signal, optional
        0 to 1, of what enters.
    table : Table, optional
        Columns ``inflow`` and ``discharge``, m3/s, instead of `fraction`; the discharge neither falls nor exceeds the
        inflow, and follows its last slope above the table.

    Notes
    -----
    With the sum over the links j of the node it leaves, each discharge taken positive into the node:

        Q = fraction (sum of max(q_j, 0))
        Q = table(sum of max(q_j, 0))

    Inflows are links, rain is none. It never runs back, and takes its share at the instant at which the water enters;
    where nothing enters, nothing is diverted, however much stands in the node. A table is linear between rows, from
    nothing at no inflow. Diversions may feed one another, but not in a circle.

    References
    ----------
    Feldman, A. D. (ed.) (2000), Hydrologic modeling system HEC-HMS: technical reference manual, CPD-74B, US Army Corps
    of Engineers, on diversions.
    """

    kind: ClassVar[str] = "diversion"

    fraction: Annotated[SettingNumber, Within(ge=0.0, le=1.0)] | None = Field(
        default=None, description="Share of what enters."
    )
    table: (
        Annotated[
            Table,
            Columns(
                inflow=units.DISCHARGE,
                discharge=units.DISCHARGE,
                rising=("inflow",),
                least={"inflow": 0.0, "discharge": 0.0},
                rows=2,
            ),
        ]
        | None
    ) = Field(
        default=None,
        description="Instead of fraction: what enters, and what of it is diverted, never more than enters.",
    )

    @model_validator(mode="after")
    def _says_how_much(self) -> Diversion:
        if (self.fraction is None) == (self.table is None):
            got = "neither" if self.table is None else "both"
            raise FieldError(
                f"expected fraction or table, got {got}", "table" if self.table is not None else "fraction"
            )
        if self.table is None:
            return self
        inflow, discharge = self.table["inflow"], self.table["discharge"]
        for wrong, words in (
            (np.flatnonzero(discharge > inflow), "the discharge must not exceed the inflow"),
            (np.flatnonzero(np.diff(discharge) < 0.0) + 1, "the discharge must not fall as the inflow rises"),
            (np.flatnonzero(np.diff(discharge) > np.diff(inflow)) + 1, "no more may be diverted than enters more"),
        ):
            if len(wrong):
                raise FieldErrors([self.table.fault(words, "discharge", int(wrong[0]))])
        return self


class DiversionParameters(NamedTuple):
    """Arrays over the diversions."""

    curve: PiecewiseCubics
    """Discharge over inflow, m3/s; of those with a fraction a line."""
    by_fraction: NDArray[np.int64]


def build_diversions(diversions: Sequence[Diversion], ends: Sequence[Ends]) -> DiversionParameters:
    """Make the law's parameters; a table begins at no inflow with nothing, or with what its first row says."""
    del ends
    return DiversionParameters(
        pack_cubics([_curve_of(diversion) for diversion in diversions]),
        np.array([diversion.table is None for diversion in diversions], dtype=np.int64),
    )


def _curve_of(diversion: Diversion) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    if diversion.table is None:
        return np.array([0.0, 1.0]), np.array([0.0, 1.0]), "linear"
    inflow, discharge = diversion.table["inflow"], diversion.table["discharge"]
    if inflow[0] > 0.0:
        inflow, discharge = np.concatenate(([0.0], inflow)), np.concatenate(([0.0], discharge))
    return inflow, discharge, "linear"


@jit_law
def diversion_law(p: Any, i: int, inflow: float, h_to: float, fraction: float):  # type: ignore[no-untyped-def]
    """Discharge of diversion `i` and its derivative with respect to what enters; `Diversion` has the equation."""
    if p.by_fraction[i] == 1:
        return fraction * inflow, fraction, 0.0, inflow
    q, slope = piecewise(p.curve, i, inflow)
    return q, slope, 0.0, 0.0


DIVERSION = LinkKind(
    name="diversion",
    model=Diversion,
    parameters=DiversionParameters,
    build=build_diversions,
    law=diversion_law,
    setting="fraction",
    moves=("open", "fraction"),
    one_way=True,
    of_inflow=True,
)
