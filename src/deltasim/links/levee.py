"""Levees: a long crest of uneven height, each part of it a weir."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from pydantic import Field, field_validator

from deltasim import units
from deltasim._jit import jit_law
from deltasim.constants import GRAVITY
from deltasim.faults import FieldErrors
from deltasim.fields import Columns, Number, Table
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink
from deltasim.links.roots import drowning

__all__ = ["LEVEE"]


class Levee(StageDrivenLink):
    """An embankment whose crest is not level, overtopped where it is low first.

    Parameters
    ----------
    table : Table
        Columns ``level`` (m, strictly rising) and ``length`` (m, not falling): the length of crest that lies at or
        below the level. A first row with a length is a level stretch there.
    discharge_coefficient : float
        C_d, of a broad crest.

    Notes
    -----
    Each piece dL of the crest, at a level z below the water h, is a weir of its own:

        Q = 2/3 C_d sqrt(2 g) (sum of (h - z)^1.5 dL)

    Between two rows the crest slopes evenly, dL/dz = s, and the sum is
    2/5 s (H^2.5 - (H - w)^2.5) with H the head above the lower row and w the rise to the next: a half V-notch less
    the half notch that would go on above. Drowned, each of the two is multiplied by (1 - (D/H)^2.5)^0.385 of its own
    heads, and a level stretch by (1 - (D/H)^1.5)^0.385 (Villemonte 1947).

    The difference of two such notches rises with H and falls with D. It is the integral over the crest's height of
    T = dG/dH + dG/dD, G = H^2.5 (1 - r^2.5)^0.385 with r = D/H, and dT/dD has the sign of
    -(1.5375 r^2.5 (1 - r) + 1.5 (1 - r^2.5)); that of dT/dH follows because T goes as a length to the power of 1.5.
    It is up to 3 % more than the sum over pieces each drowned by itself, which has no closed form. Above the last row
    the length stays as it is.

    Two-way: where the stages swap, the ends swap. Nothing flows where both stages are below the first row. C_d is that
    of a broad crest, for heads up to about a third of the width of the embankment's top.

    References
    ----------
    Villemonte, J. R. (1947), Submerged-weir discharge studies, Engineering News-Record 139, 866-869.
    Bos, M. G. (1989), Discharge measurement structures, ILRI publication 20, chapter 4.
    """

    kind: ClassVar[str] = "levee"

    table: Annotated[
        Table, Columns(level=units.LEVEL, length=units.LENGTH, rising=("level",), least={"length": 0.0}, rows=1)
    ] = Field(description="Columns level and length (of the crest at or below that level); inline or a file.")
    discharge_coefficient: Annotated[Number, Gt(0)] = Field(default=0.577, description="C_d.")

    @field_validator("table")
    @classmethod
    def _grows(cls, table: Table) -> Table:
        length = table["length"]
        faults = [
            table.fault(
                f"must not fall from row to row, but {length[row + 1]:g} follows {length[row]:g}",
                "length",
                int(row) + 1,
            )
            for row in np.flatnonzero(np.diff(length) < 0.0)[:3]
        ]
        if not faults and length[-1] == 0.0:
            faults.append(table.fault("the last row must have a length", "length", len(table) - 1))
        if faults:
            raise FieldErrors(faults)
        return table

    @property
    def sill(self) -> float:
        """Level of the first row, m."""
        return float(self.table["level"][0])


class LeveeParameters(NamedTuple):
    """Crests end to end; levee i owns rows ``first[i]`` to ``last[i]``, none below the higher bed of its nodes."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    level: NDArray[np.float64]
    """Of each row, m."""
    stretch: NDArray[np.float64]
    """2/3 C_d sqrt(2 g) L of the level stretch at the first row, m1.5/s, of each levee."""
    bend: NDArray[np.float64]
    """4/15 C_d sqrt(2 g) times the growth of dL/dz at each row, m0.5/s."""
    smoothing: NDArray[np.float64]
    """Difference of head over which the drowned law is rounded off, m."""


def build_levees(levees: Sequence[Levee], ends: Sequence[Ends]) -> LeveeParameters:
    """Make the law's parameters; crest that lies below the higher bed counts as level with it."""
    levels, bends, stretches, smoothings = [np.empty(0)], [np.empty(0)], [], []
    for levee, end in zip(levees, ends, strict=True):
        level, length = levee.table["level"], levee.table["length"]
        lowest = max(float(level[0]), end.higher_bed)
        start = float(np.interp(lowest, level, length))
        above = level > lowest
        level, length = np.append(lowest, level[above]), np.append(start, length[above])
        slope = np.append(np.diff(length) / np.diff(level), 0.0)
        weir = 2.0 / 3.0 * levee.discharge_coefficient * float(np.sqrt(2.0 * GRAVITY))
        levels.append(level)
        bends.append(0.4 * weir * np.diff(slope, prepend=0.0))
        stretches.append(weir * start)
        # A metre above the lowest point everything below it is drowned alike.
        low = float(np.interp(lowest + 1.0, level, length))
        smoothings.append(end.smoothing(lowest, 1.17 * weir * low, 0.385))
    last = np.cumsum([len(level) for level in levels], dtype=np.int64) - 1
    return LeveeParameters(
        last[:-1] + 1,
        last[1:],
        np.concatenate(levels),
        np.array(stretches, dtype=float),
        np.concatenate(bends),
        np.array(smoothings, dtype=float),
    )


@jit_law
def levee_law(p: Any, i: int, h_up: float, h_down: float, setting: float):  # type: ignore[no-untyped-def]
    """Discharge over levee `i`; `Levee` has the equation.

    Row by row a half notch opens or closes by the change of dL/dz there.
    """
    q, by_up, by_down = 0.0, 0.0, 0.0
    low = p.first[i]
    for row in range(low, p.last[i] + 1):
        head = h_up - p.level[row]
        if head <= 0.0:
            break
        root = np.sqrt(head)
        level_part = p.stretch[i] * root if row == low else 0.0
        notch = p.bend[row] * head * root
        tail = h_down - p.level[row]
        if tail <= 0.0:
            q += (level_part + notch) * head
            by_up += 1.5 * level_part + 2.5 * notch
            continue
        ratio = tail / head
        if level_part > 0.0:
            share, up, down = drowning(head, ratio, np.sqrt(ratio), 1.5, p.smoothing[i])
            q += level_part * head * share
            by_up += level_part * (1.5 * share + up)
            by_down += level_part * down
        if notch != 0.0:
            share, up, down = drowning(head, ratio, ratio * np.sqrt(ratio), 2.5, p.smoothing[i])
            q += notch * head * share
            by_up += notch * (2.5 * share + up)
            by_down += notch * down
    return q, by_up, by_down, 0.0


LEVEE = LinkKind(
    name="levee",
    model=Levee,
    parameters=LeveeParameters,
    build=build_levees,
    law=levee_law,
    symmetric=True,
    steep=True,
)
