"""Reaches: Manning's law in a cross-section between two nodes, with backwater both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from pydantic import Field, model_validator

from deltasim._jit import jit, jit_law
from deltasim.constants import NO_TAILWATER
from deltasim.faults import FieldError
from deltasim.fields import Length, Level, ManningN, Number
from deltasim.geometry import CrossSection, SectionTable, conveyance, pack_sections
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink
from deltasim.links.roots import root

__all__ = ["REACH"]

TYPICAL_DEPTH = 1.0
"""Depth, m, at which `Ends.smoothing` is told the strength of a reach, as a weir's is at a head of 1 m."""

MOST_TRIALS = 120
"""Of the search for the control, which takes 2 to 5 unless a corner of the section is near."""

CLOSE = 1e-9
"""Relative accuracy of that search: the discharge, which is at its largest there, is as good as the square of it."""

CORNER = 1e-12
"""Where a corner of the section is the largest, the discharge is only as good as the depth."""


class Reach(StageDrivenLink):
    """A length of channel that carries water by Manning's law; what it stores is the business of the nodes.

    Parameters
    ----------
    cross_section : Section
    length : float, m
    manning_n : float, s/m^(1/3)
    bed_level : float, m, optional
        Of both ends.
    bed_level_from, bed_level_to : float, m, optional
        Of each end; by default that of the channel there.
    outfall_slope : float, optional
        Friction slope into a boundary without stage; by default the slope of the bed.

    Notes
    -----
    The diffusive wave: friction in balance with the fall s of the surface, from the end with the higher stage to the
    other, with D the difference of the bed levels, d the depth of the higher stage over the higher bed and
    K = A R^(2/3):

        Q = K_m sqrt(s / L) / n,     K_m = K(d + (D - s) / 2) where s >= D,
                                     1 / K_m^2 = mean of 1 / K^2 over depths from d to d + D - s where s < D.

    The first is conveyance at the mean of the depths at both ends; the second follows a pool that is backed up over a
    slope, with depths from d at its shallow end, where most of the friction is, to its deep end (Simpson's rule). Both
    are K(d) in uniform flow, s = D, and join there without a corner. Alone that is no law: as the lower stage falls, Q
    rises to a largest value and then falls again. There is one such value, for 1 / K^2 is convex in depth
    (`conveyance` sees to that). So

    - where the lower stage is lower than at the largest value, the flow does not feel it;
    - on a bed so steep that the largest value lies at s < D, the flow is at most the uniform one, K(d) sqrt(D / L) / n.

    Q then rises with the one stage and falls with the other everywhere, is 0 at equal stages, and uniform flow is exact
    on any slope. A stage below the bed at its end counts as at the bed; nothing flows while the higher stage is below
    either bed. Into a free outfall Q = K sqrt(slope) / n.

    The whole section has one velocity. As a flat flood plain begins to flood, its long wetted perimeter would make such
    a K fall; there 1 / K^2 is drawn as a straight line from where it begins to where K has caught up, so K goes on
    rising. If that stretch matters, give main channel and flood plain a reach each, with their own `manning_n`.

    Range: small Froude numbers. Inertia and the velocity head are left out: a surface is off by the change of V^2 / 2 g
    along it, 5 cm at 1 m/s. A chain of reaches follows a backwater curve to the second order of their length; a bed
    that falls by less than a tenth of the depth in each is fine.

    References
    ----------
    Manning, R. (1891), On the flow of water in open channels and pipes, Trans. Inst. Civ. Eng. Ireland 20, 161-207.
    Cunge, J. A., Holly, F. M., Verwey, A. (1980), Practical aspects of computational river hydraulics, section 2.3.
    """

    kind: ClassVar[str] = "reach"

    cross_section: CrossSection
    length: Annotated[Length, Gt(0)] = Field(description="Length along the bed.")
    manning_n: ManningN
    bed_level: Level | None = Field(default=None, description="Level of the bed at both ends.")
    bed_level_from: Level | None = Field(
        default=None,
        description="Of the bed at 'from'; default that of the channel there, or of the junction with a bed_level.",
    )
    bed_level_to: Level | None = Field(default=None, description="Likewise at 'to'.")
    outfall_slope: Annotated[Number, Gt(0)] | None = Field(
        default=None,
        description="Friction slope into a boundary without stage; default the slope of the bed, which must then fall.",
    )

    @model_validator(mode="after")
    def _has_one_bed(self) -> Reach:
        if self.bed_level is not None:
            for key in ("bed_level_from", "bed_level_to"):
                if getattr(self, key) is not None:
                    raise FieldError("give bed_level, or bed_level_from and bed_level_to, not both", key)
        return self

    @property
    def end_sills(self) -> tuple[float | None, float | None]:
        """Level of the bed at 'from' and at 'to', m, where it is given."""
        if self.bed_level is not None:
            return self.bed_level, self.bed_level
        return self.bed_level_from, self.bed_level_to

    @property
    def sill(self) -> float | None:
        """The higher bed, m, where one is given."""
        return max((bed for bed in self.end_sills if bed is not None), default=None)


class ReachParameters(NamedTuple):
    """Arrays over the reaches."""

    section: SectionTable
    """Each reach has its own rows."""
    strength: NDArray[np.float64]
    """1 / (n sqrt(L)): times K and the root of the fall it is the discharge."""
    bed_from: NDArray[np.float64]
    """m; not below the bed of the node."""
    bed_to: NDArray[np.float64]
    """m; likewise."""
    outfall: NDArray[np.float64]
    """Root of the fall, m^0.5, into a free outfall."""
    smoothing: NDArray[np.float64]
    """Fall below which the root is linear, m."""
    uniform: NDArray[np.float64]
    """Root of the fall of the bed, m^0.5, likewise linear below it."""


def bed_levels(reach: Reach, end: Ends) -> tuple[float, float]:
    """Level of the bed at both ends, m, none below the bed of its node; a free outfall's is that of the other end."""
    known = [
        max((z for z in (own, None if curve is None else curve.bed_level) if z is not None), default=None)
        for own, curve in zip(reach.end_sills, (end.from_curve, end.to_curve), strict=True)
    ]
    start, stop = known
    if start is None or stop is None:
        only = next((z for z in known if z is not None), 0.0)
        return only, only
    return start, stop


def build_reaches(reaches: Sequence[Reach], ends: Sequence[Ends]) -> ReachParameters:
    """Make the law's parameters; nothing flows below the bed of a node."""
    beds = np.array([bed_levels(reach, end) for reach, end in zip(reaches, ends, strict=True)]).reshape(-1, 2)
    length = np.array([reach.length for reach in reaches], dtype=float)
    strength = 1.0 / (np.array([reach.manning_n for reach in reaches], dtype=float) * np.sqrt(length))
    slope = np.array([reach.outfall_slope or 0.0 for reach in reaches], dtype=float)
    given = np.array([reach.outfall_slope is not None for reach in reaches], dtype=bool)
    typical = [reach.cross_section.conveyance(TYPICAL_DEPTH) for reach in reaches]
    smoothing = np.array(
        [
            end.smoothing(float(bed.max()), float(c * k), 0.5)
            for end, bed, c, k in zip(ends, beds, strength, typical, strict=True)
        ],
        dtype=float,
    )
    drop = np.abs(beds[:, 0] - beds[:, 1])
    return ReachParameters(
        pack_sections([reach.cross_section for reach in reaches]),
        strength,
        np.ascontiguousarray(beds[:, 0]),
        np.ascontiguousarray(beds[:, 1]),
        np.sqrt(np.where(given, slope * length, np.maximum(beds[:, 0] - beds[:, 1], 0.0))),
        smoothing,
        np.array([root(d, eps)[0] for d, eps in zip(drop, smoothing, strict=True)], dtype=np.float64),
    )


@jit
def control_depth(section: Any, i: int, middle: float, k: float, dk: float, level: float):  # type: ignore[no-untyped-def]
    """Mean depth at which (level - m) K(m)^2 is largest: m + K / (2 K') = level.

    The left side rises with m, for a power law in proportion to it; so the first guess takes the section for the power
    law that it is at `middle`, and a secant mends that.

    Parameters
    ----------
    section : SectionTable
    i : int
    middle : float, m
        Where the left side is less.
    k, dk : float
        Conveyance there, and its growth.
    level : float, m
        Where the left side is more.

    Returns
    -------
    depth : float, m
    conveyance : float
    by_depth : float
    """
    low, high = middle, level
    before, off_before = middle, middle + 0.5 * k / dk - level
    m = level * middle / (middle + 0.5 * k / dk)
    for trial in range(MOST_TRIALS):
        # Every fourth time the middle, where a corner of the section keeps the secant from closing in.
        if not low < m < high or trial % 4 == 3:
            m = 0.5 * (low + high)
        k, dk = conveyance(section, i, m)
        off = m + 0.5 * k / dk - level
        if abs(off) <= CLOSE * level or high - low <= CORNER * level:
            break
        if off < 0.0:
            low = m
        else:
            high = m
        before, off_before, m = m, off, m - off * (m - before) / (off - off_before)
    return m, k, dk


@jit
def backed_up(section: Any, i: int, depth: float, further: float):  # type: ignore[no-untyped-def]
    """Conveyance whose 1 / K^2 is the mean over a range of depths, by Simpson's rule.

    Parameters
    ----------
    section : SectionTable
    i : int
    depth : float, m
        Where the range begins; positive.
    further : float, m
        How far it goes; not negative.

    Returns
    -------
    conveyance : float
    by_start : float
        Its growth as the shallow end gets deeper and the other stays.
    by_end : float
        Its growth as the deep end gets deeper and the other stays.
    at_start, slope_at_start : float
        Conveyance of the shallow end.
    """
    k, dk = conveyance(section, i, depth)
    if k == 0.0:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    k1, dk1 = conveyance(section, i, depth + 0.5 * further)
    k2, dk2 = conveyance(section, i, depth + further)
    r1 = k / k1 * (k / k1)
    r2 = k / k2 * (k / k2)
    mean = (1.0 + 4.0 * r1 + r2) / 6.0
    value = k / np.sqrt(mean)
    share = value / (3.0 * mean)
    middle = r1 * dk1 / k1
    return value, share * (0.5 * dk / k + middle), share * (middle + 0.5 * r2 * dk2 / k2), k, dk


@jit
def downhill(p: Any, i: int, h_up: float, h_down: float, z_up: float, z_down: float):  # type: ignore[no-untyped-def]
    """Discharge of reach `i` from the end with the higher stage, and its derivatives; `Reach` has the equation."""
    depth = h_up - max(z_up, z_down)
    if depth <= 0.0:
        return 0.0, 0.0, 0.0
    c = p.strength[i]
    drop = abs(z_up - z_down)
    fall = h_up - max(h_down, z_down)
    uniform = p.uniform[i]
    value, slope = root(fall, p.smoothing[i])
    if fall < drop:
        k, by_start, by_end, k_up, dk_up = backed_up(p.section, i, depth, drop - fall)
        if k * value >= k_up * uniform:
            return c * k_up * uniform, c * dk_up * uniform, 0.0
        by_down = c * (by_end * value - k * slope) if h_down >= z_down else 0.0
        return c * k * value, c * (by_start * value + k * slope), by_down
    middle = depth + 0.5 * (drop - fall)
    k, dk = conveyance(p.section, i, middle)
    if fall * dk > k:  # the lower stage is out of reach
        k_up, dk_up = conveyance(p.section, i, depth)
        if drop * dk_up >= k_up:
            return c * k_up * uniform, c * dk_up * uniform, 0.0
        middle, k, dk = control_depth(p.section, i, middle, k, dk, depth + 0.5 * drop)
        value, slope = root(2.0 * (depth - middle) + drop, p.smoothing[i])
        # At a largest value the mean depth itself does not count.
        return c * k * value, 2.0 * c * k * slope, 0.0
    by_down = c * (0.5 * dk * value - k * slope) if h_down >= z_down else 0.0
    return c * k * value, c * (0.5 * dk * value + k * slope), by_down


@jit_law
def reach_law(p: Any, i: int, h_from: float, h_to: float, setting: float):  # type: ignore[no-untyped-def]
    """Discharge along reach `i`; `Reach` has the equation."""
    if h_to <= NO_TAILWATER:
        k, dk = conveyance(p.section, i, h_from - p.bed_from[i])
        c = p.strength[i] * p.outfall[i]
        return c * k, c * dk, 0.0, 0.0
    back = h_to > h_from
    up, down, z_up, z_down = h_from, h_to, p.bed_from[i], p.bed_to[i]
    if back:
        up, down, z_up, z_down = h_to, h_from, z_down, z_up
    q, by_up, by_down = downhill(p, i, up, down, z_up, z_down)
    if back:
        return -q, -by_down, -by_up, 0.0
    return q, by_up, by_down, 0.0


REACH = LinkKind(
    name="reach",
    model=Reach,
    parameters=ReachParameters,
    build=build_reaches,
    law=reach_law,
    steep=True,
)
