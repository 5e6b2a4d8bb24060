"""Culverts: a pipe or box under a bank, whose inlet or whose barrel lets less water through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray
from pydantic import Field, model_validator

from deltasim._jit import jit_law
from deltasim.faults import FieldError, did_you_mean, listed
from deltasim.fields import Count, Length, Level, ManningN, Number
from deltasim.links.barrel import Barrel
from deltasim.links.culvert_tables import (
    CHOKE_ROWS,
    DEPTH_ROWS,
    FREE_ROWS,
    choke_table,
    free_table,
    highest_free,
    strength_tables,
)
from deltasim.links.even import even_cubic
from deltasim.links.hds5 import DEFAULT_INLET, INLETS, Inlet
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink, check_sides
from deltasim.links.roots import root

__all__ = ["CULVERT"]


class Culvert(StageDrivenLink):
    """A closed conduit between two waters, full or partly full.

    Parameters
    ----------
    shape : {"circular", "box"}
    diameter : float, m
        Of a circular one.
    width, height : float, m
        Of a box.
    invert_level_from, invert_level_to : float, m
        Lowest point of the barrel at either end.
    length : float, m
    manning_n : float, s/m^(1/3)
    inlet : str
        The edge at both ends, a row of HDS-5's table A.1 by name.
    entrance_loss : float, optional
        Velocity heads lost at the entrance; by default HDS-5's table C.2 for that inlet.
    exit_loss : float
        Velocity heads lost at the exit.
    barrels : int
        Equal barrels side by side.

    Notes
    -----
    The least of what the end that water enters lets through into a free outfall, of what the barrel carries between
    both stages, and of what the velocity head lets pass over the higher invert:

        Q = min(T, B, W)

    T, of the head above the higher invert, is a table made once: the smaller of inlet control (unsubmerged, submerged,
    straight between) and of outlet control, which below H = D/2 is a profile up from critical depth and above 0.75 D
    the full barrel from a grade line at (dc + D)/2. Below D/2 HDS-5 has no inlet equations, theirs are carried on.

    With 1/C(d)^2 = L/K(d)^2 + (ke + kx)/(2 g A(d)^2), K the Manning conveyance, B is the larger of

    - C(d) sqrt(h_up - z_down - e), d the mean of the depths H upstream and e downstream, neither more than D. e is the
      tailwater's depth, but not less than where a lower one would take more from C than it adds to the fall. With dz
      the fall of the invert and p >= d' C'(d')/C(d') for all d' >= d that is, while e < D,
      h_up - z_down - e <= (H + dz + H)/(1 + 2 p), the last H at most D;
    - the square root of the sum of C^2 from the lower stage to the higher, on a level bed at the higher invert, which
      is the whole profile where the barrel is level.

    W is the square root of the sum of 2 g A^2 likewise, or of C^2 where that is more: the mean of both depths knows
    nothing of an end that is shallow, and there a weir is what drowns.

    Nothing flows below the higher invert. Full at both ends Q is C(D) sqrt(h_up - h_down), HDS-5's outlet control.
    Each is monotone and continuous, so the smaller and the larger of them are. Two-way: turned round, the other end is
    the inlet. Partly full and drowned, Q is an approximation: within 10 % of a standard-step profile with velocity
    heads in 98 of 100 states (boxes of 3 by 2 m, 20 to 400 m long, slopes to 0.004), else up to 21 % more, and 32 %
    more where the invert falls by nearly D and the tailwater fills the lower end only. The velocity of approach counts
    as nothing. Where the bed of a node lies above the invert there, the bed counts.

    References
    ----------
    Schall, J. D., et al. (2012), Hydraulic design of highway culverts, 3rd ed., HDS-5, FHWA-HIF-12-026, chapter 3 and
    appendix A.
    """

    kind: ClassVar[str] = "culvert"

    shape: Literal["circular", "box"] = Field(default="circular", description="Shape of the barrel.")
    diameter: Annotated[Length, Gt(0)] | None = Field(default=None, description="Of a circular culvert.")
    width: Annotated[Length, Gt(0)] | None = Field(default=None, description="Of a box.")
    height: Annotated[Length, Gt(0)] | None = Field(default=None, description="Of a box.")
    invert_level_from: Level = Field(description="Invert: lowest point of the barrel at 'from'.")
    invert_level_to: Level = Field(description="Invert: lowest point of the barrel at 'to'.")
    length: Annotated[Length, Gt(0)] = Field(description="Of the barrel.")
    manning_n: ManningN = Field(description="Manning's n of the barrel.")
    inlet: str | None = Field(
        default=None,
        description="Edge at both ends, by HDS-5; default a square edge in a headwall.",
        json_schema_extra={"enum": list(INLETS)},
    )
    entrance_loss: Annotated[Number, Ge(0)] | None = Field(
        default=None, description="Velocity heads lost at the entrance; default that of the inlet."
    )
    exit_loss: Annotated[Number, Ge(0)] = Field(default=1.0, description="Velocity heads lost at the exit.")
    barrels: Count = Field(default=1, description="Equal barrels side by side.")

    @model_validator(mode="after")
    def _has_its_size(self) -> Culvert:
        check_sides(self)
        if self.inlet is not None and self.inlet not in self._inlets():
            ours = self._inlets()
            words = f"there is no inlet {listed([self.inlet])} of a {self.shape} culvert"
            hint = did_you_mean(self.inlet, ours) or f"; there are {listed(ours, 'and')}"
            raise FieldError(words + hint, "inlet")
        return self

    def _inlets(self) -> list[str]:
        return [name for name in INLETS if name.startswith(self.shape)]

    @property
    def edge(self) -> Inlet:
        """The row of HDS-5's table A.1."""
        return INLETS[self.inlet or DEFAULT_INLET[self.shape]]

    @property
    def barrel(self) -> Barrel:
        """Its section."""
        return Barrel(self.width or 0.0, self.diameter or self.height or 0.0)

    @property
    def losses(self) -> tuple[float, float]:
        """Velocity heads lost at the entrance and at the exit."""
        return (self.edge.entrance_loss if self.entrance_loss is None else self.entrance_loss), self.exit_loss

    @property
    def sill(self) -> float:
        """The higher invert, m: below it nothing passes."""
        return max(self.invert_level_from, self.invert_level_to)

    @property
    def end_sills(self) -> tuple[float, float]:
        """The invert at either end, m."""
        return self.invert_level_from, self.invert_level_to


class CulvertParameters(NamedTuple):
    """Arrays over the culverts, and their tables end to end."""

    invert_from: NDArray[np.float64]
    """Lowest point at `from`, m; not below that node's bed."""
    invert_to: NDArray[np.float64]
    height: NDArray[np.float64]
    """D, m."""
    full: NDArray[np.float64]
    """C(D)^2 of all barrels, m5/s2."""
    smoothing: NDArray[np.float64]
    """Head difference below which the roots are linear, m."""
    per_depth: NDArray[np.float64]
    """Rows of `strength` and `summed` to a metre of depth."""
    per_root: NDArray[np.float64]
    """Rows of `free` to a root of a metre."""
    span: NDArray[np.float64]
    """2 H + dz from where the fall at which a lower tailwater counts no more leaves the barrel full, m."""
    per_span: NDArray[np.float64]
    """Rows of `choke` to a metre."""
    choke: NDArray[np.float64]
    """That fall over 2 H + dz up to `span`, m: rows of it and of its growth to the next row."""
    free: NDArray[np.float64]
    """T, m3/s, over the root of the head above the higher invert; for water from `from`, then for water from `to`."""
    strength: NDArray[np.float64]
    """C, m2.5/s, over depth up to D."""
    summed: NDArray[np.float64]
    """C^2 summed over depth from 0, m6/s2."""
    swift: NDArray[np.float64]
    """2 g A^2 summed likewise."""


def build_culverts(culverts: Sequence[Culvert], ends: Sequence[Ends]) -> CulvertParameters:
    """Make the law's parameters: an invert below the bed of its node counts as level with it."""
    inverts = [culvert_inverts(culvert, end) for culvert, end in zip(culverts, ends, strict=True)]
    height = np.array([culvert.barrel.height for culvert in culverts], dtype=float)
    strengths, sums, spans, chokes, frees = [], [], [], [], []
    for culvert, (here, there) in zip(culverts, inverts, strict=True):
        strength, *summed = strength_tables(
            culvert.barrel,
            length=culvert.length,
            manning_n=culvert.manning_n,
            losses=sum(culvert.losses),
            barrels=culvert.barrels,
        )
        span, choke = choke_table(culvert.barrel.height, strength)
        strengths.append(strength)
        sums.append(summed)
        spans.append(span)
        chokes.append(choke)
        frees += [free_table(culvert, here - there), free_table(culvert, there - here)]
    full = np.array([strength[-4] ** 2 for strength in strengths], dtype=float)
    all_spans = np.array(spans, dtype=float)
    smoothing = [
        end.smoothing(max(levels), float(np.sqrt(c)), 0.5) for end, levels, c in zip(ends, inverts, full, strict=True)
    ]
    return CulvertParameters(
        invert_from=np.array([here for here, _ in inverts], dtype=float),
        invert_to=np.array([there for _, there in inverts], dtype=float),
        height=height,
        full=full,
        smoothing=np.array(smoothing, dtype=float),
        per_depth=DEPTH_ROWS / height,
        per_root=FREE_ROWS / np.sqrt(highest_free(height)),
        span=all_spans,
        per_span=CHOKE_ROWS / all_spans,
        choke=np.concatenate([np.empty(0), *chokes]),
        free=np.concatenate([np.empty(0), *frees]),
        strength=np.concatenate([np.empty(0), *strengths]),
        summed=np.concatenate([np.empty(0), *(summed for summed, _ in sums)]),
        swift=np.concatenate([np.empty(0), *(swift for _, swift in sums)]),
    )


def culvert_inverts(culvert: Culvert, end: Ends) -> tuple[float, float]:
    """Both inverts, m, none below the bed of its node."""
    beds = [-np.inf if curve is None else float(curve.bed_level) for curve in (end.from_curve, end.to_curve)]
    return max(culvert.invert_level_from, beds[0]), max(culvert.invert_level_to, beds[1])


@jit_law
def choked_tail(p: Any, i: int, wet: float, growth: float, lower: float):  # type: ignore[no-untyped-def]
    """Depth downstream of culvert `i` below which the flow does not feel it.

    Parameters
    ----------
    p : CulvertParameters
    i : int
    wet : float, m
        Depth in the barrel at the upper end.
    growth : float
        Its growth with the upper stage.
    lower : float, m
        The upper stage above the lower invert.

    Returns
    -------
    depth : float, m
        At most the height: a barrel that is full at its end feels all of the tailwater.
    by_up : float
    """
    span = wet + lower
    if span >= p.span[i]:
        return p.height[i], 0.0
    x = span * p.per_span[i]
    row = min(int(x), CHOKE_ROWS - 1)
    k = 2 * (i * CHOKE_ROWS + row)
    choke = lower - (p.choke[k] + (x - row) * p.choke[k + 1])
    if choke >= p.height[i]:
        return p.height[i], 0.0
    if choke <= 0.0:
        return 0.0, 0.0
    return choke, 1.0 - p.choke[k + 1] * p.per_span[i] * (1.0 + growth)


@jit_law
def barrel_flow(p: Any, i: int, z_up: float, z_down: float, h_up: float, h_down: float):  # type: ignore[no-untyped-def]
    """What the barrel of culvert `i` carries by the mean of the depths at its ends.

    Returns
    -------
    depth : float, m
        That mean.
    s, s_by_up, s_by_down : float
        C^2 there, m5/s2, and its derivatives by both stages.
    e, e_by_up, e_by_down : float
        C^2 times the fall, m6/s2, and its derivatives.
    """
    high = p.height[i]
    lower, tail, fall = h_up - z_down, h_down - z_down, h_up - h_down
    wet, wet_by_up = h_up - z_up, 1.0
    if wet >= high:
        wet, wet_by_up = high, 0.0
    end, end_by_up, end_by_down, tail_by_up, tail_by_down = high, 0.0, 0.0, 0.0, 1.0
    if tail < high:
        end, end_by_down = tail, 1.0
        choke, choke_by_up = choked_tail(p, i, wet, wet_by_up, lower)
        if choke > tail:
            end, end_by_up, end_by_down = choke, choke_by_up, 0.0
            fall, tail_by_up, tail_by_down = lower - choke, choke_by_up, 0.0
    depth = 0.5 * (wet + end)
    s, half = p.full[i], 0.0  # half of ds/d(depth)
    if depth < high:
        c, by_row, _ = even_cubic(p.strength, i * (4 * DEPTH_ROWS + 4), DEPTH_ROWS, depth * p.per_depth[i])
        s, half = c * c, c * by_row * p.per_depth[i]
    by_up, by_down = half * (wet_by_up + end_by_up), half * end_by_down
    return depth, s, by_up, by_down, s * fall, by_up * fall + s * (1.0 - tail_by_up), by_down * fall - s * tail_by_down


@jit_law
def summed_between(table: Any, i: int, rows: float, above: float, below: float):  # type: ignore[no-untyped-def]
    """Sum over the depths between two, the lower of which may be negative; its derivatives, twice by the upper.

    `rows` of the table go to a metre.
    """
    k = i * (4 * DEPTH_ROWS + 4)
    upper, by_upper, bend = even_cubic(table, k, DEPTH_ROWS, above * rows)
    under, by_under, _ = even_cubic(table, k, DEPTH_ROWS, max(below, 0.0) * rows)
    return upper - under, by_upper * rows, -by_under * rows, bend * rows * rows


@jit_law
def is_less(e: float, edge: float, q: float):  # type: ignore[no-untyped-def]
    """Whether `root` of `e` and `edge` may be less than `q`; without a root, and never wrongly no."""
    return e * min(e, edge) < q * q * edge


@jit_law
def culvert_law(p: Any, i: int, h_from: float, h_to: float, setting: float):  # type: ignore[no-untyped-def]
    """Discharge through culvert `i`; `Culvert` has the equation. The end that water enters is the inlet.

    B and W are roots; the root is taken of the one that counts, and is straight where that is less than `edge`. Were
    each rounded off by itself they would cross between nearly equal stages, where slopes are steep. At equal stages
    both are 0, and their slopes tell which counts.
    """
    back = h_to > h_from
    h_up, h_down, z_up, z_down = h_from, h_to, p.invert_from[i], p.invert_to[i]
    if back:
        h_up, h_down, z_up, z_down = h_to, h_from, p.invert_to[i], p.invert_from[i]
    sill = max(z_up, z_down)
    if h_up <= sill:
        return 0.0, 0.0, 0.0, 0.0
    u = np.sqrt(h_up - sill)
    side = 2 * i + 1 if back else 2 * i
    q, slope, _ = even_cubic(p.free, side * (4 * FREE_ROWS + 4), FREE_ROWS, u * p.per_root[i])
    up, down = 0.5 * slope * p.per_root[i] / u, 0.0

    depth, s, s_by_up, s_by_down, e, e_by_up, e_by_down = barrel_flow(p, i, z_up, z_down, h_up, h_down)
    edge = s * p.smoothing[i]
    if h_down < sill + p.height[i]:  # else its losses are all there is
        rows, above, below = p.per_depth[i], h_up - sill, h_down - sill
        most, most_by_up, most_by_down, bend = summed_between(p.swift, i, rows, above, below)
        if most_by_up < s:
            s, s_by_up, s_by_down = most_by_up, bend, 0.0
        edge = s * p.smoothing[i]
        if depth < p.height[i] and e <= most and is_less(e, edge, q):
            level, level_by_up, level_by_down, _ = summed_between(p.summed, i, rows, above, below)
            if level > e or (level == e and level_by_up > e_by_up):
                e, e_by_up, e_by_down = level, level_by_up, level_by_down
        if most < e or (most == e and most_by_up < e_by_up):
            e, e_by_up, e_by_down = most, most_by_up, most_by_down
    if is_less(e, edge, q):
        value, by_e = root(e, edge)
        if value < q:
            # A root of two quantities of one unit: half of it is the sum of each times its derivative.
            by_edge = (0.5 * value - e * by_e) / edge * p.smoothing[i]
            q, up, down = value, by_e * e_by_up + by_edge * s_by_up, by_e * e_by_down + by_edge * s_by_down
    if back:
        return -q, -down, -up, 0.0
    return q, up, down, 0.0


CULVERT = LinkKind(
    name="culvert", model=Culvert, parameters=CulvertParameters, build=build_culverts, law=culvert_law, steep=True
)
