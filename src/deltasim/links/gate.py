"""Vertical sluice gates: a weir until the water touches the leaf, then an orifice, free or drowned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from pydantic import Field

from deltasim import units
from deltasim._jit import jit, jit_law
from deltasim.constants import GRAVITY
from deltasim.fields import Count, Length, Level, Number, SettingLength, Speed, Within
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
    opening_rate : float, m/s, optional
        Speed at which the leaf moves; at once where none is given.
    discharge_coefficient : float
        C_d; the contraction is in the law, so it is near 1.
    count : int
        Equal gates side by side.

    Notes
    -----
    With H and D the heads above the sill up- and downstream, a the opening, b the width and Y the depth of water that
    stands over and around the jet:

        Q = C_d b j sqrt(2 g (H - Y)),    j = min(0.61 a, max(2 H / 3, D))

    Where the water does not touch the leaf the gate is a weir, free (j = 2 H / 3, Y = j) or drowned (j = Y = D). Where
    it does, the gate is an orifice, free (Y = j) or drowned (Y > j). Continuous from each to the next. Two-way: where
    the stages swap, the ends swap. Nothing flows where both stages are below the sill, or under a leaf that is shut.

    Under a drowned gate energy is kept from upstream to the jet, momentum from there through the roller to the
    tailwater: Y^2 / 2 + q^2 / (g j) = D^2 / 2 + q^2 / (g D) with q^2 = 2 g j^2 (H - Y), so with m = j (1 - j / D)

        Y = 2 m + sqrt(x),  x = 4 m^2 - 4 m H + D^2.

    Y is below D: an orifice that counted on D itself would give 11 % less at D / H = 0.5 and j / H = 0.05, 26 % less
    at j / H = 0.1, and about j / H less at nearly equal heads. Where the tailwater begins to drown the gate the two
    equations have two solutions, with up to 12 % between their discharges, and a gate there keeps the one it had. A
    law has no memory, so below x = m^2 the root goes on along its tangent, (x + m^2) / (2 m), until it meets Y = j:
    the discharge passes from the one to the other and is nowhere more than 14 % below either.

    Range: vertical leaves with a sharp lower edge over a level floor. Rounded edges, radial gates and a step down
    behind the sill need another C_d.

    References
    ----------
    Henderson, F. M. (1966), Open channel flow, sections 6.6 and 6.7.
    Rajaratnam, N., Subramanya, K. (1967), Flow equation for the sluice gate, J. Irrig. Drain. Div. ASCE 93(3).
    Belaud, G., Cassan, L., Baume, J.-P. (2009), J. Hydraul. Eng. 135(12), on contraction under drowned gates.
    """

    kind: ClassVar[str] = "gate"

    sill_level: Level = Field(description="Level of the sill.")
    width: Annotated[Length, Gt(0)] = Field(description="b, clear width of one gate.")
    opening: Annotated[SettingLength, Within(ge=0.0, dimension=units.LENGTH)] = Field(
        default=Signal.constant(0.0), description="Height of the leaf above the sill; 0 is shut."
    )
    max_opening: Annotated[Length, Gt(0)] | None = Field(default=None, description="Largest opening.")
    opening_rate: Annotated[Speed, Gt(0)] | None = Field(
        default=None, description="Speed at which the leaf moves; default at once."
    )
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
def drowned_jet(head, tail, jet):  # type: ignore[no-untyped-def]
    """Head that drives a drowned jet, H - Y of `Gate`, and its derivatives with respect to head, tail and jet.

    (H - 2 m)^2 - x = H^2 - D^2, which gives the difference without the round-off of taking it. At equal heads
    x - m^2 = (H - m) (H - 3 m) is positive, so they are never on the tangent.
    """
    part = jet / tail
    m = jet - jet * part
    by_jet = 1.0 - 2.0 * part
    by_tail = part * part
    x = m * (4.0 * m - 4.0 * head) + tail * tail
    if x < m * m:
        steep = tail / m
        lift = 3.0 * head - 4.5 * m - 0.5 * tail * steep
        by_m = 0.5 * steep * steep - 4.5
        return lift, 3.0, by_m * by_tail - steep, by_m * by_jet
    s = np.sqrt(x)
    lift = (head - tail) * (head + tail) / (head - 2.0 * m + s)
    by_m = (2.0 * head - 4.0 * m) / s - 2.0
    return lift, 1.0 + 2.0 * m / s, by_m * by_tail - tail / s, by_m * by_jet


@jit_law
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
        if tail > jet:
            lift, by_head, by_tail, by_jet = drowned_jet(head, tail, jet)
            if lift < head - jet:
                value, slope = root(lift, p.smoothing[i])
                slope *= jet
                return (
                    c * jet * value,
                    c * slope * by_head,
                    c * slope * by_tail,
                    c * (value + slope * by_jet) * jet_by_opening,
                )
        value, slope = root(head - jet, p.smoothing[i])
        return c * jet * value, c * jet * slope, 0.0, c * (value - jet * slope) * jet_by_opening
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
    steep=True,
    moves=("open", "opening"),
)
