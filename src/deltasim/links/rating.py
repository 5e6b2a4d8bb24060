"""Ratings: discharge read from a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from deltasim import units
from deltasim._jit import jit_law
from deltasim.faults import FieldErrors
from deltasim.fields import Columns, Table
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink
from deltasim.links.table import PiecewiseCubics, pack_cubics, piecewise

__all__ = ["RATING"]


class Rating(StageDrivenLink):
    """Discharge as a function of one stage, or of a difference of stages.

    Parameters
    ----------
    table : Table
        Columns ``stage`` (m, strictly rising) and ``discharge`` (m3/s, 0 in the first row).
    of : {"from_stage", "difference"}
        What ``stage`` means. A difference is from minus to; the table then starts at 0 and serves both signs.
    interpolation : {"linear", "pchip"}

    Notes
    -----
    Of the stage of `from`, or of the difference:

        Q = table(h_from)
        Q = sign(h_from - h_to) table(|h_from - h_to|)

    Below the table nothing flows, above it the last slope goes on. The first does not know of the tailwater: it is for
    a place that is never drowned. A rating that falls is taken as it is; the solver then halves steps where it must.
    Where the table starts below the bed, or is one of differences, the discharge fades over the first millimetre of
    water.

    References
    ----------
    Fritsch, F. N., Carlson, R. E. (1980), Monotone piecewise cubic interpolation, SIAM J. Numer. Anal. 17(2), 238-246.
    """

    kind: ClassVar[str] = "rating"

    table: Annotated[
        Table,
        Columns(stage=units.LEVEL, discharge=units.DISCHARGE, rising=("stage",), least={"discharge": 0.0}, rows=2),
    ] = Field(description="Columns stage and discharge, 0 in the first row; inline or a file.")
    of: Literal["from_stage", "difference"] = Field(
        default="from_stage",
        description="Whether 'stage' is that of 'from', or the difference from minus to.",
    )
    interpolation: Literal["linear", "pchip"] = Field(default="linear", description="Between the rows.")

    @model_validator(mode="after")
    def _starts_at_nothing(self) -> Rating:
        stage, discharge = rating_columns(self.table)
        faults = []
        if discharge[0] != 0.0:
            words = (
                f"expected a discharge of 0 in the first row, got {discharge[0]:g} m3/s; add the row at which water "
            )
            faults.append(self.table.fault(words + "begins to flow", "discharge", 0))
        if self.of == "difference" and stage[0] != 0.0:
            words = f"a rating of the difference starts at 0 m, got {stage[0]:g} m"
            faults.append(self.table.fault(words, "stage", 0))
        if faults:
            raise FieldErrors(faults)
        return self

    @property
    def sill(self) -> float | None:
        """Stage of the first row, m, where the table is one of stages."""
        return float(self.table["stage"][0]) if self.of == "from_stage" else None


def rating_columns(table: Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stage (m) and discharge (m3/s) of a rating's table."""
    return table["stage"], table["discharge"]


class RatingParameters(NamedTuple):
    """Tables over the ratings."""

    table: PiecewiseCubics
    of_difference: NDArray[np.int64]


def build_ratings(ratings: Sequence[Rating], ends: Sequence[Ends]) -> RatingParameters:
    """Make the law's parameters; the ends have no say."""
    del ends
    return RatingParameters(
        pack_cubics([(*rating_columns(rating.table), rating.interpolation) for rating in ratings]),
        np.array([rating.of == "difference" for rating in ratings], dtype=np.int64),
    )


@jit_law
def rating_law(p: Any, i: int, h_from: float, h_to: float, setting: float):  # type: ignore[no-untyped-def]
    """Discharge of rating `i`; `Rating` has the equation."""
    if p.of_difference[i] == 0:
        value, slope = piecewise(p.table, i, h_from)
        return value, slope, 0.0, 0.0
    difference = h_from - h_to
    value, slope = piecewise(p.table, i, abs(difference))
    return (value if difference >= 0.0 else -value), slope, -slope, 0.0


def flows_from_dry(rating: Rating, end: Ends) -> bool:
    """Whether the table has a discharge where the node it comes from is dry."""
    curve = end.from_curve
    return rating.of == "difference" or (curve is not None and float(rating.table["stage"][0]) < curve.bed_level)


RATING = LinkKind(
    name="rating",
    model=Rating,
    parameters=RatingParameters,
    build=build_ratings,
    law=rating_law,
    fades=flows_from_dry,
)
