"""Culverts: a pipe or box under a bank, whose inlet or whose barrel lets less water through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray
from pydantic import Field, model_validator

from deltasim._jit import jit, jit_law
from deltasim.constants import GRAVITY
from deltasim.faults import FieldError, did_you_mean, listed
from deltasim.fields import MANNING_UNITS, Count, Length, Level, Number
from deltasim.links.barrel import Barrel, Floats
from deltasim.links.hds5 import DEFAULT_INLET, INLETS, Inlet, inlet_headwater
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink
from deltasim.links.roots import root
from deltasim.links.table import PiecewiseCubics, pack_cubics, piecewise

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
    The smaller of what the end that water enters lets through with head H above its invert, and of what the barrel
    carries between both stages:

        Q = min(T(H), B(h_up, h_down))

    T is a table made once, the smaller of inlet control (unsubmerged, submerged, straight
    between) and of outlet control with a free outfall (a profile up from critical depth; from H = 0.75 D the full
    barrel from a grade line at (dc + D)/2). With 1/C(d)^2 = L/K(d)^2 + (ke + kx)/(2 g A(d)^2), K the Manning conveyance
    and d at most D, B is the larger of

    - C(d) sqrt(h_up - z_down - e), d the mean of the depths H upstream and e downstream. e is the tailwater's depth,
      but not less than where a lower one would take more from C than it adds to the fall. With dz the fall of the
      invert and p >= d' C'(d')/C(d') for all d' >= d that is, while d < D, h_up - z_down - e <= (2 H + dz)/(1 + 2 p);
    - the square root of the sum of C^2 from the lower stage to the higher, on a level bed at the higher invert, which
      is the whole profile where the barrel is level.

    Each is monotone and continuous, so the smaller and the larger of them are. Nothing flows below the higher invert.
    Full at both ends B is C(D) sqrt(h_up - h_down), HDS-5's outlet control. Two-way: turned round, the other end is the
    inlet. Partly full and drowned B is an approximation: mostly within 10 % of a standard-step profile with velocity
    heads (boxes of 3 by 2 m, 20 to 400 m long, slopes to 0.004), up to 18 % more, and 35 % more where the invert falls
    by nearly D and the tailwater fills the lower end only. Below H = D/2 HDS-5 has no inlet equations, theirs are
    carried on to H = 0. The velocity of approach counts as nothing. Where the bed of a node lies above the invert
    there, the bed counts.

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
    manning_n: Annotated[Number, Gt(0)] = Field(
        description="Manning's n of the barrel.", json_schema_extra={"x-units": MANNING_UNITS}
    )
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
        sides = {"diameter": self.diameter, "width": self.width, "height": self.height}
        wanted = ("diameter",) if self.shape == "circular" else ("width", "height")
        missing = [key for key in wanted if sides[key] is None]
        surplus = [key for key, value in sides.items() if value is not None and key not in wanted]
        if missing or surplus:
            got = " and ".join(key for key, value in sides.items() if value is not None) or "neither"
            raise FieldError(f"a {self.shape} culvert needs {' and '.join(wanted)}, got {got}", (missing or surplus)[0])
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
    """Arrays and tables over the culverts."""

    invert_from: NDArray[np.float64]
    """Lowest point at `from`, m; not below that node's bed."""
    invert_to: NDArray[np.float64]
    height: NDArray[np.float64]
    """D, m."""
    full: NDArray[np.float64]
    """C(D)^2 of all barrels, m5/s2."""
    share: PiecewiseCubics
    """1/(1 + 2 p), the largest fall over 2 H + dz, over 2 H + dz in m."""
    free: PiecewiseCubics
    """T, m3/s over H; of culvert i for water from `from` in 2 i, from `to` in 2 i + 1."""
    strength: PiecewiseCubics
    """C^2, m5/s2 over depth up to D."""
    summed: PiecewiseCubics
    """C^2 summed over depth from 0, m6/s2."""
    smoothing: NDArray[np.float64]
    """Head difference below which the roots are linear, m."""


def build_culverts(culverts: Sequence[Culvert], ends: Sequence[Ends]) -> CulvertParameters:
    """Make the law's parameters: an invert below the bed of its node counts as level with it."""
    inverts = [culvert_inverts(culvert, end) for culvert, end in zip(culverts, ends, strict=True)]
    strengths = [strength_table(culvert) for culvert in culverts]
    free = []
    for culvert, (here, there) in zip(culverts, inverts, strict=True):
        free += [free_table(culvert, here - there), free_table(culvert, there - here)]
    full = np.array([strength[-1] for _, strength, _ in strengths], dtype=float)
    return CulvertParameters(
        np.array([here for here, _ in inverts], dtype=float),
        np.array([there for _, there in inverts], dtype=float),
        np.array([culvert.barrel.height for culvert in culverts], dtype=float),
        full,
        pack_cubics([(*share_table(depth, strength), "linear") for depth, strength, _ in strengths]),
        pack_cubics([(head, q, "pchip") for head, q in free]),
        pack_cubics([(depth, strength, "pchip") for depth, strength, _ in strengths]),
        pack_cubics([(depth, total, "pchip") for depth, _, total in strengths]),
        np.array(
            [
                end.smoothing(max(levels), float(np.sqrt(c)), 0.5)
                for end, levels, c in zip(ends, inverts, full, strict=True)
            ],
            dtype=float,
        ),
    )


def culvert_inverts(culvert: Culvert, end: Ends) -> tuple[float, float]:
    """Both inverts, m, none below the bed of its node."""
    beds = [-np.inf if curve is None else float(curve.bed_level) for curve in (end.from_curve, end.to_curve)]
    return max(culvert.invert_level_from, beds[0]), max(culvert.invert_level_to, beds[1])


STRENGTH_ROWS = 48


def strength_table(culvert: Culvert) -> tuple[Floats, Floats, Floats]:
    """Depths (m), C^2 of all barrels there (m5/s2), and its sum from 0 (m6/s2)."""
    barrel = culvert.barrel
    # Rows at equal ratios, for C^2 goes as a power of depth; ten finer ones between two rows for the sum.
    fine = np.geomspace(0.01, 1.0, 10 * (STRENGTH_ROWS - 1) + 1) * barrel.height
    area, conveyance = barrel.area(fine), barrel.conveyance(fine, culvert.manning_n)
    losses = culvert.length / conveyance**2 + sum(culvert.losses) / (2.0 * GRAVITY * area**2)
    strength = culvert.barrels**2 / losses
    parts = np.append(0.25 * strength[0] * fine[0], 0.5 * (strength[1:] + strength[:-1]) * np.diff(fine))
    return np.append(0.0, fine[::10]), np.append(0.0, strength[::10]), np.append(0.0, np.cumsum(parts)[::10])


def share_table(depth: Floats, strength: Floats) -> tuple[Floats, Floats]:
    """2 H + dz, m, and the largest fall as a share of it, so that a lower tailwater nowhere means less discharge.

    With p the largest d C'(d)/C(d) at or above a depth d, the choking fall at that mean depth is 2 d / (2 p), and
    2 H + dz = 2 d + 2 d / (2 p). Each row takes p from one row below, so that what lies between rows is on the safe
    side.
    """
    t = pack_cubics([(depth, strength, "pchip")])
    d = np.linspace(0.0, 1.0, 21)[1:, None] * np.diff(depth)
    value = t.c0[:-1] + d * (t.c1[:-1] + d * (t.c2[:-1] + d * t.c3[:-1]))
    slope = t.c1[:-1] + d * (2.0 * t.c2[:-1] + d * 3.0 * t.c3[:-1])
    in_row = (0.5 * (depth[:-1] + d) * slope / value).max(axis=0)
    p = 1.001 * np.maximum(np.maximum.accumulate(in_row[::-1])[::-1], 0.25)
    span = np.append(depth[:-1] * (2.0 + 1.0 / p), depth[-1] * (2.0 + 1.0 / p[-1]))
    share = 1.0 / (1.0 + 2.0 * np.append(p[0], p))
    # A row more, so that the last share holds above the table.
    return np.append(span, span[-1] + depth[-1]), np.append(share, share[-1])


FREE_ROWS = 96
LEAST_RISE = 0.02
"""Least relative rise of head for a relative rise of discharge."""


def free_table(culvert: Culvert, drop: float) -> tuple[Floats, Floats]:
    """Heads above the upper invert (m) and what then flows out freely (m3/s), for a fall of the invert of `drop` m."""
    barrel = culvert.barrel
    entrance_loss, exit_loss = culvert.losses
    scale = barrel.full_area * np.sqrt(GRAVITY * barrel.height)
    q = scale * np.geomspace(1e-6, 6.0, FREE_ROWS)
    inlet = inlet_headwater(culvert.edge, barrel, q, drop / culvert.length)
    outlet = barrel.free_headwater(
        q,
        length=culvert.length,
        drop=drop,
        manning_n=culvert.manning_n,
        entrance_loss=entrance_loss,
        exit_loss=exit_loss,
    )
    start = max(-drop, 0.0)
    head = np.maximum(np.maximum(inlet, outlet) - start, 1e-6 * barrel.height)
    ratio = (q[1:] / q[:-1]) ** LEAST_RISE
    for i in range(1, FREE_ROWS):
        head[i] = max(head[i], head[i - 1] * ratio[i - 1])
    return np.append(start, start + head), np.append(0.0, culvert.barrels * q)


@jit
def barrel_flow(p: Any, i: int, z_up: float, z_down: float, h_up: float, h_down: float):  # type: ignore[no-untyped-def]
    """C(d) sqrt(fall) with the mean of both depths, and its derivatives by both stages."""
    full = p.height[i]
    head, tail, by_head, by_tail = h_up - z_up, h_down - z_down, 0.0, 1.0
    fall = h_up - h_down
    if tail < 2.0 * full - head or tail < 0.0:
        span = head + (h_up - z_down)
        share, growth = piecewise(p.share, i, span)
        choke, by_head = h_up - z_down - share * span, 1.0 - 2.0 * (share + span * growth)
        if choke > 2.0 * full - head:
            choke, by_head = 2.0 * full - head, -1.0
        if choke < 0.0:
            choke, by_head = 0.0, 0.0
        if choke > tail:
            tail, by_tail = choke, 0.0
            fall = h_up - z_down - choke
        else:
            by_head = 0.0
    value, slope = root(fall, p.smoothing[i])
    depth = 0.5 * (head + tail)
    if depth >= full:
        c = np.sqrt(p.full[i])
        return c * value, c * slope * (1.0 - by_head), -c * slope * by_tail
    square, growth = piecewise(p.strength, i, depth)
    if square <= 0.0:
        return 0.0, 0.0, 0.0
    c = np.sqrt(square)
    by_depth = 0.25 * growth / c * value
    return c * value, by_depth * (1.0 + by_head) + c * slope * (1.0 - by_head), by_tail * (by_depth - c * slope)


@jit
def level_flow(p: Any, i: int, head: float, tail: float):  # type: ignore[no-untyped-def]
    """Root of C^2 summed from tail to head, both above the higher invert, and its derivatives."""
    full = p.height[i]
    upper, by_head = piecewise(p.summed, i, min(head, full))
    if head >= full:
        upper, by_head = upper + p.full[i] * (head - full), p.full[i]
    lower, by_tail = 0.0, 0.0
    if tail > 0.0:
        lower, by_tail = piecewise(p.summed, i, min(tail, full))
        if tail >= full:
            lower, by_tail = lower + p.full[i] * (tail - full), p.full[i]
    mean = upper / head
    if mean <= 0.0:
        return 0.0, 0.0, 0.0
    e = p.smoothing[i] * mean
    d = upper - lower
    w = d * d + e * e
    t = np.sqrt(np.sqrt(w))
    by_d = (1.0 - 0.5 * d * d / w) / t
    by_e = -0.5 * d * e / (w * t)
    return d / t, by_d * by_head + by_e * p.smoothing[i] * (by_head - mean) / head, -by_d * by_tail


@jit
def one_way(p: Any, i: int, k: int, z_up: float, z_down: float, h_up: float, h_down: float):  # type: ignore[no-untyped-def]
    """Discharge of culvert `i` from the end whose table is `k`, and its derivatives by both stages."""
    if h_up <= z_up or h_up <= z_down:
        return 0.0, 0.0, 0.0
    free, by_head = piecewise(p.free, k, h_up - z_up)
    q, by_up, by_down = barrel_flow(p, i, z_up, z_down, h_up, h_down)
    if q < free and h_down < max(z_up, z_down) + p.height[i]:
        sill = max(z_up, z_down)
        level, level_by_up, level_by_down = level_flow(p, i, h_up - sill, h_down - sill)
        if level > q:
            q, by_up, by_down = level, level_by_up, level_by_down
    if q < free:
        return q, by_up, by_down
    return free, by_head, 0.0


@jit_law
def culvert_law(p: Any, i: int, h_from: float, h_to: float, setting: float):  # type: ignore[no-untyped-def]
    """Discharge through culvert `i`; `Culvert` has the equation. The end that water enters is the inlet."""
    if h_from >= h_to:
        q, by_from, by_to = one_way(p, i, 2 * i, p.invert_from[i], p.invert_to[i], h_from, h_to)
        return q, by_from, by_to, 0.0
    q, by_to, by_from = one_way(p, i, 2 * i + 1, p.invert_to[i], p.invert_from[i], h_to, h_from)
    return -q, -by_from, -by_to, 0.0


CULVERT = LinkKind(name="culvert", model=Culvert, parameters=CulvertParameters, build=build_culverts, law=culvert_law)
