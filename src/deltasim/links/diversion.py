"""Diversions: a share of what enters a node goes another way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from deltasim import units
from deltasim._jit import jit
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
    Q = fraction sum max(q_j, 0), or Q = table(sum max(q_j, 0)), over the links j of the node it leaves, each taken
    positive into the node; inflows are links, rain is none. It never runs back, and takes its share at the instant at
    which the water enters. Diversions may feed one another, but not in a circle.
    """

    kind: ClassVar[str] = "diversion"

    fraction: Annotated[SettingNumber, Within(ge=0.0, le=1.0)] | None = Field(
        default=None, description="Share of what enters, 0 to 1; may vary in time."
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
    ) = Field(default=None, description="Columns inflow and discharge, instead of fraction.")

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


@jit
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
