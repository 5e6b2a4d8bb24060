"""Weirs: water over a crest of one of six shapes, free or drowned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator

from deltasim import units
from deltasim._jit import jit, jit_law
from deltasim.constants import GRAVITY
from deltasim.faults import FieldError, FieldErrors, listed
from deltasim.fields import (
    Angle,
    Columns,
    Count,
    Length,
    Number,
    OrWord,
    SettingLevel,
    Speed,
    Table,
    Within,
)
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink
from deltasim.links.roots import drowning
from deltasim.links.table import PiecewiseCubics, pack_cubics, piecewise

__all__ = ["WEIR"]

DISCHARGE_COEFFICIENT = {
    "sharp": 0.62,
    "broad": 0.577,
    "ogee": 0.75,
    "v_notch": 0.58,
    "trapezoidal": 0.62,
    "table": 0.0,
}
"""C_d by shape: 0.62 gives the 1.83 of a thin plate, 0.577 = 3^-0.5 the critical depth on a broad crest, 0.75 the 2.21
of an ogee at its design head, 0.58 a sharp notch (Bos 1989). A table needs none."""

NEEDS = {
    "sharp": ("crest_width",),
    "broad": ("crest_width",),
    "ogee": ("crest_width",),
    "v_notch": ("angle",),
    "trapezoidal": ("crest_width", "side_slope"),
    "table": ("table",),
}
"""Keys that a shape cannot do without; it takes none that belong to another."""

REHBOCK = 0.602
"""Rehbock's C_d at no head; it grows by 0.083 H/P."""
REHBOCK_HEAD = 0.0012
"""What Rehbock adds to the head for surface tension and viscosity, m."""
REHBOCK_LEAST = 0.03
"""Least head, m, that his formula is meant for (ISO 1438); below it that addition fades."""

PLAIN, REHBOCKS, NOTCHED, TABULATED = 0, 1, 2, 3
"""Forms of the free law."""


class Weir(StageDrivenLink):
    """A crest across the flow.

    Parameters
    ----------
    shape : {"sharp", "broad", "ogee", "v_notch", "trapezoidal", "table"}
    crest_level : Signal, m
        Of a notch, its lowest point; of a table, where its head is 0.
    crest_rate : float, m/s, optional
        Speed at which a crest that is moved goes; at once where none is given.
    crest_width : float, m
        Of a sharp, broad or ogee crest; of a trapezoid, its bottom.
    side_slope : float
        Of a trapezoid, horizontal per vertical, of each side.
    angle : float, deg
        Of a notch, between its two sides.
    table : Table
        Columns ``head`` (m, strictly rising) and ``discharge`` (m3/s, of one weir, 0 in the first row, not falling).
    discharge_coefficient : float or "rehbock", optional
        C_d; by default that of the shape.
    crest_height : float, m, optional
        P, of a sharp crest above the bed upstream; what "rehbock" needs. It stays as it is when the crest is moved.
    count : int
        Equal weirs side by side.

    Notes
    -----
    With H and D the heads above the crest up- and downstream, over a level crest, in a notch, and by "rehbock":

        Q = 2/3 C_d sqrt(2 g) b H^1.5
        Q = 8/15 C_d sqrt(2 g) tan(angle/2) H^2.5
        Q = 2/3 sqrt(2 g) b (0.602 + 0.083 H/P) (H + k)^1.5,    k = 0.0012 m

    A trapezoid is the sum of a level crest and of a notch with its side slope for the tangent. A table is linear
    between rows, its last slope goes on above it. A drowned weir, D > 0, lets through

        (1 - (D/H)^n)^0.385

    of that (Villemonte), n being 1.5 for a level crest and a table, 2.5 for a notch, each of its own for the two parts
    of a trapezoid. Two-way: where the stages swap, the ends swap. Nothing flows where both stages are below the crest.

    Range: heads above some 0.03 m, where the water springs clear, and up to the height of the crest above the bed.
    Rehbock measured from 0.03 m to H/P = 1; below it k grows in over the head as 3 s^2 - 2 s^3, s = H / 0.03 m, so that
    nothing flows at none; P stays as given when the crest is moved. A node has no velocity, so no law has the velocity
    head upstream in it; where that matters, put it into C_d.

    References
    ----------
    Villemonte, J. R. (1947), Submerged-weir discharge studies, Engineering News-Record 139, 866-869.
    Rehbock, T. (1929), Wassermessung mit scharfkantigen Überfallwehren, Z. VDI 73; also in ISO 1438.
    Bos, M. G. (1989), Discharge measurement structures, ILRI publication 20, chapters 4 to 6.
    """

    kind: ClassVar[str] = "weir"

    shape: Literal["sharp", "broad", "ogee", "v_notch", "trapezoidal", "table"] = Field(
        default="sharp", description="Of the crest: along the flow, or across it."
    )
    crest_level: SettingLevel = Field(
        description="Level of the crest; of a notch its lowest point, of a table where its head is 0."
    )
    crest_rate: Annotated[Speed, Gt(0)] | None = Field(
        default=None, description="Speed at which a moved crest goes; default at once."
    )
    crest_width: Annotated[Length, Gt(0)] | None = Field(
        default=None,
        validate_default=True,
        description="b, of a sharp, broad or ogee crest; of a trapezoid its bottom.",
    )
    side_slope: Annotated[Number, Ge(0)] | None = Field(
        default=None, validate_default=True, description="Of a trapezoid, each side: horizontal per vertical."
    )
    angle: Annotated[Angle, Gt(0), Lt(180)] | None = Field(
        default=None, validate_default=True, description="Of a notch, between its sides."
    )
    table: (
        Annotated[
            Table,
            Columns(
                head=units.LENGTH,
                discharge=units.DISCHARGE,
                rising=("head",),
                least={"head": 0.0, "discharge": 0.0},
                rows=2,
            ),
        ]
        | None
    ) = Field(
        default=None,
        validate_default=True,
        description="Of one weir: head above crest_level, and discharge, 0 in the first row and not falling.",
    )
    discharge_coefficient: Annotated[float | str, OrWord(units.NUMBER, ("rehbock",)), Within(gt=0.0)] | None = Field(
        default=None,
        description='C_d, or "rehbock"; default 0.62 sharp and trapezoidal, 0.577 broad, 0.75 ogee, 0.58 notch.',
    )
    crest_height: Annotated[Length, Gt(0)] | None = Field(
        default=None, validate_default=True, description='Of the crest above the bed upstream, for "rehbock".'
    )
    count: Count = Field(default=1, description="Equal weirs side by side.")

    @field_validator("crest_width", "side_slope", "angle", "table")
    @classmethod
    def _belongs_to_its_shape(cls, value: object, info: ValidationInfo) -> object:
        shape, key = info.data.get("shape"), str(info.field_name)
        if shape is None:  # already reported
            return value
        if value is None and key in NEEDS[shape]:
            raise FieldError(f'"{key}" is missing; a weir of shape "{shape}" needs it')
        if value is not None and key not in NEEDS[shape]:
            shapes = [name for name, keys in NEEDS.items() if key in keys]
            raise FieldError(f'a weir of shape "{shape}" has none; it belongs to {listed(shapes)}')
        return value

    @field_validator("table")
    @classmethod
    def _rises_from_nothing(cls, table: Table | None) -> Table | None:
        if table is None:
            return table
        faults = []
        if table["discharge"][0] != 0.0:
            words = f"expected a discharge of 0 in the first row, got {table['discharge'][0]:g} m3/s"
            faults.append(table.fault(words, "discharge", 0))
        falls = np.flatnonzero(np.diff(table["discharge"]) < 0.0)
        if len(falls):
            words = "the discharge of a weir must not fall with the head"
            faults.append(table.fault(words, "discharge", int(falls[0]) + 1))
        if faults:
            raise FieldErrors(faults)
        return table

    @field_validator("discharge_coefficient")
    @classmethod
    def _suits_its_shape(cls, value: float | str | None, info: ValidationInfo) -> float | str | None:
        shape = info.data.get("shape")
        if shape == "table" and value is not None:
            raise FieldError('a weir of shape "table" has none; its discharges are in the table')
        if value == "rehbock" and shape not in (None, "sharp"):
            raise FieldError(f'"rehbock" is for sharp crests, not for a weir of shape "{shape}"')
        return value

    @field_validator("crest_height")
    @classmethod
    def _belongs_to_rehbock(cls, value: float | None, info: ValidationInfo) -> float | None:
        if "discharge_coefficient" not in info.data:  # already reported
            return value
        by_rehbock = info.data["discharge_coefficient"] == "rehbock"
        if by_rehbock and value is None:
            raise FieldError('"crest_height" is missing; "rehbock" needs it, above the bed upstream')
        if value is not None and not by_rehbock:
            raise FieldError('only discharge_coefficient = "rehbock" takes a crest_height')
        return value

    @property
    def sill(self) -> float:
        """Lowest level of the crest, m."""
        return float(self.crest_level.value.min())


class WeirParameters(NamedTuple):
    """Arrays over the weirs."""

    form: NDArray[np.int64]
    """Of the free law."""
    coefficient: NDArray[np.float64]
    """2/3 C_d sqrt(2 g) b of the level crest, m1.5/s; 0 where there is none."""
    notch: NDArray[np.float64]
    """8/15 C_d sqrt(2 g) s of the notch, m0.5/s; 0 where there is none."""
    growth: NDArray[np.float64]
    """Rehbock's 0.083 / (0.602 P), 1/m."""
    table: PiecewiseCubics
    """Discharge over head; a row of 0 for weirs without a table."""
    bed: NDArray[np.float64]
    """Higher bed of the two nodes, m: a crest below it counts as level with it."""
    smoothing: NDArray[np.float64]
    """Difference of head over which the drowned law is rounded off, m."""


def build_weirs(weirs: Sequence[Weir], ends: Sequence[Ends]) -> WeirParameters:
    """Make the law's parameters; the crest is nowhere below the higher bed."""
    tables = [
        (np.zeros(1), np.zeros(1), "linear") if w.table is None else (w.table["head"], w.table["discharge"], "linear")
        for w in weirs
    ]
    return WeirParameters(
        np.array([form_of(weir) for weir in weirs], dtype=np.int64),
        np.array([crest_coefficient(weir) for weir in weirs], dtype=float),
        np.array([notch_coefficient(weir) for weir in weirs], dtype=float),
        np.array([0.0 if w.crest_height is None else 0.083 / (REHBOCK * w.crest_height) for w in weirs], dtype=float),
        pack_cubics(tables),
        np.array([end.higher_bed for end in ends], dtype=float),
        np.array(
            [
                end.smoothing(weir.sill, weir.count * strength_of(weir), 0.385)
                for weir, end in zip(weirs, ends, strict=True)
            ],
            dtype=float,
        ),
    )


def form_of(weir: Weir) -> int:
    """Which form of the free law a weir has."""
    if weir.discharge_coefficient == "rehbock":
        return REHBOCKS
    return {"v_notch": NOTCHED, "trapezoidal": NOTCHED, "table": TABULATED}.get(weir.shape, PLAIN)


def coefficient_of(weir: Weir) -> float:
    """C_d; Rehbock's at no head."""
    cd = weir.discharge_coefficient
    if isinstance(cd, str):
        return REHBOCK
    return DISCHARGE_COEFFICIENT[weir.shape] if cd is None else cd


def crest_coefficient(weir: Weir) -> float:
    """2/3 C_d sqrt(2 g) b of the level crest, m1.5/s."""
    return 2.0 / 3.0 * coefficient_of(weir) * float(np.sqrt(2.0 * GRAVITY)) * (weir.crest_width or 0.0)


def notch_coefficient(weir: Weir) -> float:
    """8/15 C_d sqrt(2 g) s of the notch, s being half its width at a head of 1, m0.5/s."""
    slope = weir.side_slope or 0.0
    if weir.angle is not None:
        slope = float(np.tan(np.radians(0.5 * weir.angle)))
    return 8.0 / 15.0 * coefficient_of(weir) * float(np.sqrt(2.0 * GRAVITY)) * slope


def strength_of(weir: Weir) -> float:
    """What the drowned discharge a metre above the crest is, near equal heads, over difference^0.385."""
    level = crest_coefficient(weir)
    if weir.table is not None:
        level = float(np.interp(1.0, weir.table["head"], weir.table["discharge"]))
    elif weir.crest_height is not None:
        level *= 1.0 + 0.083 / (REHBOCK * weir.crest_height)
    return float(1.5**0.385 * level + 2.5**0.385 * notch_coefficient(weir))


@jit_law
def weir_law(p: Any, i: int, h_up: float, h_down: float, crest: float):  # type: ignore[no-untyped-def]
    """Discharge over weir `i`; `Weir` has the equation.

    The plain level crest, which most weirs are, is written out here; the other forms are a call away.
    """
    level = max(crest, p.bed[i])
    head = h_up - level
    if head <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    tail = h_down - level
    moves = 1.0 if crest >= p.bed[i] else 0.0
    form = p.form[i]
    if form != PLAIN:
        if form == TABULATED:
            free, slope = piecewise(p.table, i, head)
        elif form == REHBOCKS:
            free, slope = rehbock(head, p.coefficient[i], p.growth[i])
        else:
            free, slope = p.coefficient[i] * head * np.sqrt(head), 1.5 * p.coefficient[i] * np.sqrt(head)
        q, by_up, by_down = shaped(head, tail, free, slope, p.notch[i], p.smoothing[i])
        return q, by_up, by_down, -(by_up + by_down) * moves
    speed = p.coefficient[i] * np.sqrt(head)
    free = speed * head
    if tail <= 0.0:
        return free, 1.5 * speed, 0.0, -1.5 * speed * moves
    ratio = tail / head
    share, up, down = drowning(head, ratio, np.sqrt(ratio), 1.5, p.smoothing[i])
    by_up = speed * (1.5 * share + up)
    by_down = speed * down
    return free * share, by_up, by_down, -(by_up + by_down) * moves


@jit_law
def free_weir(p: Any, i: int, h_up: float, h_down: float, crest: float):  # type: ignore[no-untyped-def]
    """Discharge over a plain level crest that is not drowned, or dry: the quick form of `weir_law`."""
    level = max(crest, p.bed[i])
    head = max(h_up - level, 0.0)
    speed = p.coefficient[i] * np.sqrt(head)
    slope = 1.5 * speed
    by_setting = -slope if crest >= p.bed[i] else 0.0
    return speed * head, slope, 0.0, by_setting, (p.form[i] == PLAIN) & (h_down <= level)


@jit
def shaped(head: float, tail: float, free: float, slope: float, notch: float, smoothing: float):  # type: ignore[no-untyped-def]
    """Discharge over a crest and the notch beside it, and its derivatives with respect to both heads.

    Parameters
    ----------
    head, tail : float, m
    free, slope : float
        Free discharge of the crest, m3/s, and its derivative.
    notch : float, m0.5/s
    smoothing : float, m
    """
    root = np.sqrt(head)
    wings, wings_slope = notch * root * head * head, 2.5 * notch * root * head
    if tail <= 0.0:
        return free + wings, slope + wings_slope, 0.0
    ratio = tail / head
    share, up, down = drowning(head, ratio, np.sqrt(ratio), 1.5, smoothing)
    q, by_up, by_down = free * share, slope * share + free / head * up, free / head * down
    if wings > 0.0:
        share, up, down = drowning(head, ratio, ratio * np.sqrt(ratio), 2.5, smoothing)
        q += wings * share
        by_up += wings_slope * share + wings / head * up
        by_down += wings / head * down
    return q, by_up, by_down


@jit
def rehbock(head: float, coefficient: float, growth: float):  # type: ignore[no-untyped-def]
    """Rehbock's free discharge and its slope; `Weir` has the equation."""
    s = min(head / REHBOCK_LEAST, 1.0)
    effective = head + REHBOCK_HEAD * s * s * (3.0 - 2.0 * s)
    by_head = 1.0 + REHBOCK_HEAD / REHBOCK_LEAST * 6.0 * s * (1.0 - s)
    speed = coefficient * np.sqrt(effective)
    grown = 1.0 + growth * head
    return grown * speed * effective, 1.5 * grown * speed * by_head + growth * speed * effective


WEIR = LinkKind(
    name="weir",
    model=Weir,
    parameters=WeirParameters,
    build=build_weirs,
    law=weir_law,
    quick=free_weir,
    setting="crest_level",
    symmetric=True,
    steep=True,
    moves=("open", "crest_level"),
)
