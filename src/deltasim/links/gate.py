"""Vertical sluice gates: a weir until the water touches the leaf, then an orifice, free or drowned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from pydantic import Field

from deltasim import units
from deltasim._jit import jit
from deltasim.constants import GRAVITY
from deltasim.fields import Count, Length, Level, Number, SettingLength, Within
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink
from deltasim.links.roots import root
from deltasim.signal import Signal

__all__ = ["GATE"]

CONTRACTION = 0.61
"""Depth of the jet below a sharp-edged leaf over the opening (Henderson 1966, section 6.7)."""


class Gate(StageDrivenLink):
    """A vertical leaf above a sill.

    Parameters
    ----------
    sill_level : float, m
    width : float, m
    opening : Signal, m
        Height of the leaf's edge above the sill; 0 is shut.
    max_opening : float, m, optional
        As far as the leaf can go.
    discharge_coefficient : float
        C_d; the contraction is in the law, so it is near 1.
    count : int
        Equal gates side by side.

    Notes
    -----
    With H and D the heads above the sill up- and downstream and a the opening, the jet is
    y = min(0.61 a, max(2 H / 3, D)) deep and Q = C_d b y sqrt(2 g (H - max(D, y))). The one expression is the free
    weir (y = 2 H / 3), the drowned weir (y = D), the free orifice (y = 0.61 a above D) and the drowned one (y = 0.61 a
    below D), continuous from each to the next. Two-way.

    References
    ----------
    Henderson, F. M. (1966), Open channel flow, section 6.7.
    Belaud, G., Cassan, L., Baume, J.-P. (2009), J. Hydraul. Eng. 135(12), on contraction under drowned gates.
    """

    kind: ClassVar[str] = "gate"

    sill_level: Level = Field(description="Level of the sill.")
    width: Annotated[Length, Gt(0)] = Field(description="Clear width of one gate.")
    opening: Annotated[SettingLength, Within(ge=0.0, dimension=units.LENGTH)] = Field(
        default=Signal.constant(0.0), description="Height of the leaf above the sill; may vary in time."
    )
    max_opening: Annotated[Length, Gt(0)] | None = Field(default=None, description="Largest opening.")
    discharge_coefficient: Annotated[Number, Gt(0)] = Field(
        default=1.0, description="C_d; the contraction of 0.61 is already in the law."
    )
    count: Count = Field(default=1, description="Equal gates side by side.")

    @property
    def sill(self) -> float:
        """Level of the sill, m."""
        return self.sill_level


class GateParameters(NamedTuple):
    """Arrays over the gates."""

    coefficient: NDArray[np.float64]
    """C_d b sqrt(2 g), m1.5/s."""
    sill: NDArray[np.float64]
    """Level of the sill, m; not below the higher bed of the two nodes."""
    buried: NDArray[np.float64]
    """Part of the opening that lies below that bed, m."""
    largest: NDArray[np.float64]
    """Largest opening, m; infinite where none is given."""
    smoothing: NDArray[np.float64]
    """Head difference below which the root is linear, m."""


def build_gates(gates: Sequence[Gate], ends: Sequence[Ends]) -> GateParameters:
    """Make the law's parameters; nothing flows below the higher bed."""
    own = np.array([g.sill_level for g in gates], dtype=float)
    sill = np.maximum(own, np.array([end.higher_bed for end in ends], dtype=float))
    return GateParameters(
        np.array([g.discharge_coefficient * g.width * np.sqrt(2.0 * GRAVITY) for g in gates], dtype=float),
        sill,
        sill - own,
        np.array([np.inf if g.max_opening is None else g.max_opening for g in gates], dtype=float),
        np.array(
            [
                end.smoothing(level, g.count * g.discharge_coefficient * g.width * np.sqrt(2.0 * GRAVITY), 0.5)
                for g, level, end in zip(gates, sill, ends, strict=True)
            ],
            dtype=float,
        ),
    )


@jit
def gate_law(p: Any, i: int, h_up: float, h_down: float, opening: float):  # type: ignore[no-untyped-def]
    """Discharge under gate `i`; `Gate` has the equation."""
    head = h_up - p.sill[i]
    clear = min(opening, p.largest[i]) - p.buried[i]
    if head <= 0.0 or clear <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    c = p.coefficient[i]
    tail = max(h_down - p.sill[i], 0.0)
    jet = CONTRACTION * clear
    jet_by_opening = CONTRACTION if opening < p.largest[i] else 0.0
    depth = max(2.0 * head / 3.0, tail)
    if jet <= depth:  # the leaf holds the water back
        if tail <= jet:
            value, slope = root(head - jet, p.smoothing[i])
            by_jet = value - jet * slope
            return c * jet * value, c * jet * slope, 0.0, c * by_jet * jet_by_opening
        value, slope = root(head - tail, p.smoothing[i])
        return c * jet * value, c * jet * slope, -c * jet * slope, c * value * jet_by_opening
    if depth > tail:  # a free weir: critical depth on the sill
        value, slope = root(head - depth, p.smoothing[i])
        return c * depth * value, c * (2.0 * value + depth * slope) / 3.0, 0.0, 0.0
    value, slope = root(head - tail, p.smoothing[i])  # a drowned weir
    return c * tail * value, c * tail * slope, c * (value - tail * slope), 0.0


GATE = LinkKind(
    name="gate",
    model=Gate,
    parameters=GateParameters,
    build=build_gates,
    law=gate_law,
    setting="opening",
    symmetric=True,
    moves=("open", "opening"),
)
