"""Linear resistances: discharge in proportion to the difference of stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from pydantic import Field

from deltasim import fields
from deltasim._jit import jit_law
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink

__all__ = ["RESISTANCE"]


class Resistance(StageDrivenLink):
    """A linear connection, such as a narrow soft-bottomed ditch or a leaky dam.

    Parameters
    ----------
    resistance : float, s/m2
    limit : float, m3/s, optional
        Largest discharge, either way.
    sill_level : float, m, optional
        Below it nothing flows; by default the higher bed of the two nodes.

    Notes
    -----
    Within the limit:

        Q = (max(h_from, sill) - max(h_to, sill)) / R

    Two-way. Nothing flows where both stages are below the sill. A boundary without stage has no difference to speak of,
    and is refused.

    Range: water that creeps, in proportion to the difference (Darcy): leaky dams, reed, gravel. In open channels
    friction goes with the square of the discharge; that is a `reach`.

    References
    ----------
    Darcy, H. (1856), Les fontaines publiques de la ville de Dijon, note D.
    """

    kind: ClassVar[str] = "resistance"

    resistance: Annotated[fields.Resistance, Gt(0)] = Field(description="Difference of stage over discharge.")
    limit: Annotated[fields.Discharge, Gt(0)] | None = Field(default=None, description="Largest discharge, either way.")
    sill_level: fields.Level | None = Field(
        default=None, description="Below it nothing flows; default the higher bed of the two nodes."
    )

    @property
    def sill(self) -> float | None:
        """The sill, m, where one is given."""
        return self.sill_level


class ResistanceParameters(NamedTuple):
    """Arrays over the resistances."""

    conductance: NDArray[np.float64]
    """1/R, m2/s."""
    limit: NDArray[np.float64]
    """m3/s; infinite where none is given."""
    sill: NDArray[np.float64]
    """m."""


def build_resistances(links: Sequence[Resistance], ends: Sequence[Ends]) -> ResistanceParameters:
    """Make the law's parameters; the sill is the higher bed unless given."""
    return ResistanceParameters(
        np.array([1.0 / link.resistance for link in links], dtype=float),
        np.array([np.inf if link.limit is None else link.limit for link in links], dtype=float),
        np.array(
            [
                end.higher_bed if link.sill_level is None else max(link.sill_level, end.higher_bed)
                for link, end in zip(links, ends, strict=True)
            ],
            dtype=float,
        ),
    )


@jit_law
def resistance_law(p: Any, i: int, h_from: float, h_to: float, setting: float):  # type: ignore[no-untyped-def]
    """Discharge through resistance `i`; `Resistance` has the equation.

    At the sill itself the slope is that of water above it: a node that just ran dry has to know how it drains.
    """
    c = p.conductance[i]
    sill = p.sill[i]
    q = c * (max(h_from, sill) - max(h_to, sill))
    if q >= p.limit[i]:
        return p.limit[i], 0.0, 0.0, 0.0
    if q <= -p.limit[i]:
        return -p.limit[i], 0.0, 0.0, 0.0
    return q, (c if h_from >= sill else 0.0), (-c if h_to >= sill else 0.0), 0.0


RESISTANCE = LinkKind(
    name="resistance",
    model=Resistance,
    parameters=ResistanceParameters,
    build=build_resistances,
    law=resistance_law,
)
