"""Weirs: water over a level crest, free or drowned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from pydantic import Field

from deltasim._jit import jit
from deltasim.constants import GRAVITY
from deltasim.fields import Count, Length, Number, SettingLevel
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink

__all__ = ["WEIR"]

DISCHARGE_COEFFICIENT = {"sharp": 0.62, "broad": 0.577}
"""C_d by shape: 0.62 gives the 1.83 of a thin plate, 0.577 = 3^-0.5 the critical depth on a broad crest (Bos 1989)."""


class Weir(StageDrivenLink):
    """A level crest across the flow.

    Parameters
    ----------
    crest_level : Signal, m
    crest_width : float, m
    shape : {"sharp", "broad"}
    discharge_coefficient : float, optional
        C_d; by default that of the shape.
    count : int
        Equal weirs side by side.

    Notes
    -----
    Q = 2/3 C_d sqrt(2 g) b H^1.5, times (1 - (D/H)^1.5)^0.385 where the tailwater stands above the crest. H and D are
    the heads above the crest up- and downstream. Two-way; dry where both stages are below the crest.

    References
    ----------
    Villemonte, J. R. (1947), Submerged-weir discharge studies, Engineering News-Record 139.
    Bos, M. G. (1989), Discharge measurement structures, ILRI publication 20, chapters 4 and 5.
    """

    kind: ClassVar[str] = "weir"

    crest_level: SettingLevel = Field(description="Level of the crest; may vary in time.")
    crest_width: Annotated[Length, Gt(0)] = Field(description="Length of the crest across the flow.")
    shape: Literal["sharp", "broad"] = Field(default="sharp", description="Sharp (thin plate) or broad crest.")
    discharge_coefficient: Annotated[Number, Gt(0)] | None = Field(
        default=None, description="C_d; default 0.62 sharp, 0.577 broad."
    )
    count: Count = Field(default=1, description="Equal weirs side by side.")

    @property
    def sill(self) -> float:
        """Lowest level of the crest, m."""
        return float(self.crest_level.value.min())


class WeirParameters(NamedTuple):
    """Arrays over the weirs."""

    coefficient: NDArray[np.float64]
    """2/3 C_d sqrt(2 g) b, m1.5/s."""
    bed: NDArray[np.float64]
    """Higher bed of the two nodes, m: a crest below it counts as level with it."""
    smoothing: NDArray[np.float64]
    """Difference of head over which the drowned law is rounded off, m."""


def build_weirs(weirs: Sequence[Weir], ends: Sequence[Ends]) -> WeirParameters:
    """Make the law's parameters; the crest is nowhere below the higher bed."""
    return WeirParameters(
        np.array([weir_coefficient(weir) for weir in weirs], dtype=float),
        np.array([end.higher_bed for end in ends], dtype=float),
        # A metre above the crest Q = c (1.5 d)^0.385 near equal heads.
        np.array(
            [
                end.smoothing(weir.sill, 1.17 * weir.count * weir_coefficient(weir), 0.385)
                for weir, end in zip(weirs, ends, strict=True)
            ],
            dtype=float,
        ),
    )


def weir_coefficient(weir: Weir) -> float:
    """2/3 C_d sqrt(2 g) b, m1.5/s."""
    cd = weir.discharge_coefficient
    if cd is None:
        cd = DISCHARGE_COEFFICIENT[weir.shape]
    return 2.0 / 3.0 * cd * float(np.sqrt(2.0 * GRAVITY)) * weir.crest_width


@jit
def weir_law(p: Any, i: int, h_up: float, h_down: float, crest: float):  # type: ignore[no-untyped-def]
    """Discharge over weir `i`; `Weir` has the equation.

    x^0.385 with x = 1 - (D/H)^1.5 has no finite slope at equal heads. It enters as x (x^2 + e^2)^-0.3075 with
    e = 1.5 eps D / H^2, which rounds it off over a difference of head of eps and is nothing where D is.
    """
    level = max(crest, p.bed[i])
    head = h_up - level
    if head <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    c = p.coefficient[i]
    speed = c * np.sqrt(head)
    free = speed * head
    tail = h_down - level
    moves = 1.0 if crest >= p.bed[i] else 0.0
    if tail <= 0.0:
        return free, 1.5 * speed, 0.0, -1.5 * speed * moves
    ratio = tail / head
    power = ratio * np.sqrt(ratio)
    x = 1.0 - power
    e = 1.5 * p.smoothing[i] * ratio / head
    w = x * x + e * e
    base = w**-0.3075
    by_x = base * (1.0 - 0.615 * x * x / w)
    by_e = -0.615 * base * x * e / w
    by_up = speed * (1.5 * (x * base + by_x * power) - 2.0 * by_e * e)
    by_down = speed * (by_e * e / ratio - 1.5 * by_x * np.sqrt(ratio))
    return free * x * base, by_up, by_down, -(by_up + by_down) * moves


WEIR = LinkKind(
    name="weir",
    model=Weir,
    parameters=WeirParameters,
    build=build_weirs,
    law=weir_law,
    setting="crest_level",
    symmetric=True,
    moves=("open", "crest_level"),
)
