"""Breaches: a gap that opens in a dike, and the water that goes through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray
from pydantic import Field, model_validator

from deltasim._jit import jit_law
from deltasim.constants import GRAVITY
from deltasim.faults import FieldError, FieldErrors, listed
from deltasim.fields import Duration, Instant, Length, Level, Number, Part, Volume
from deltasim.links.froehlich import EQUATIONS, Growth
from deltasim.links.kind import Ends, LinkKind, StageDrivenLink, Switch
from deltasim.links.roots import drowned
from deltasim.signal import Signal

__all__ = ["BREACH"]


class Trigger(Part):
    """What lets the breach begin; one of the three.

    Parameters
    ----------
    stage : float, m, optional
        Of `from`, reached from below.
    time : float, s, optional
        Since the start of the run.
    overtopping_duration : float, s, optional
        So long `from` must have stood above the crest, without a break.
    """

    stage: Level | None = Field(default=None, description="It begins when 'from' reaches this stage.")
    time: Instant | None = Field(default=None, description="It begins then: ISO 8601, or seconds since the start.")
    overtopping_duration: Annotated[Duration, Ge(0)] | None = Field(
        default=None, description="It begins when 'from' has stood above the crest so long."
    )

    @model_validator(mode="after")
    def _is_one(self) -> Trigger:
        given = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if len(given) != 1:
            got = listed(given, "and") or "none"
            raise FieldError(f"expected one of {listed(type(self).model_fields)}, got {got}")
        return self


class Breach(StageDrivenLink):
    """A gap in a dike, which opens when its trigger says so and never closes.

    Parameters
    ----------
    crest_level : float, m
        Of the dike where it breaks.
    bottom_level : float, m
        Of the fully developed breach; with `equation` by default `height` below the crest.
    bottom_width : float, m
        Of the fully developed breach.
    side_slope : float
        Horizontal over vertical; with `equation` by default the equation's.
    development_time : float, s
        From the trigger until the breach is fully developed.
    equation : {"froehlich_1995", "froehlich_2008"}, optional
        In the place of `bottom_width` and `development_time`.
    volume : float, m3
        Of water above the bottom of the breach, for the equation.
    height : float, m
        Of the breach, for the equation; by default from `bottom_level` to `crest_level`.
    mode : {"piping", "overtopping"}
        For the equation.
    trigger : Trigger
    discharge_coefficient : float
        C_d.

    Notes
    -----
    Development s runs linearly from 0 at the trigger to 1; the bottom lies at z = crest - s (crest - bottom) and is
    b = s `bottom_width` wide, the sides rise to the crest with their slope m and stand upright above it. With H and T
    the heads above bottom and crest, T counting where it is positive, each slice of the gap is a weir of its own:

        Q = C_d sqrt(2 g) (2/3 b H^1.5 + 8/15 m (H^2.5 - T^2.5))

    Below the crest that is the usual trapezoidal weir. Each power of a head is drowned after Villemonte with its own
    exponent, (1 - (D/H)^1.5)^0.385 and (1 - (D/H)^2.5)^0.385. Two-way. Nothing flows before the trigger however high
    the water, for the dike beside the gap is another link (`levee`); nor where both stages are below the bottom.

    The higher bed of the two nodes cuts the breach off: the finished one has that bed for its bottom, as wide as the
    trapezoid is there. Such a breach grows as if it had been given so: bottom and width go with s from the crest to
    the bed, which is reached at s = 1 and not before. A bed above the crest counts as the crest; no dike is left then,
    and the gap is as wide as the trapezoid is at `crest_level`, its sides upright.

    An equation gives the mean width B over the `height` h of the breach and the time t it takes, from the `volume` V;
    the bottom is B - m (crest - bottom) wide, at least 0. They were fitted to failures of embankment dams, 74 in 2008,
    whose times scatter widely about the mean: try half and twice the time.

        froehlich_1995:  B = 0.1803 Ko V^0.32 h^0.19 m,  t = 0.00254 V^0.53 h^-0.90 h,  Ko 1.4 overtopping, 1 piping
        froehlich_2008:  B = 0.27 Ko V^0.32 h^0.04 m,    t = 63.2 sqrt(V / (g h^2)) s,  Ko 1.3 overtopping, 1 piping

    The side slope m is 1.4 (overtopping) and 0.9 (piping) in 1995, 1.0 and 0.7 in 2008.

    References
    ----------
    Froehlich, D. C. (1995), Embankment dam breach parameters revisited, Water Resources Engineering, ASCE, 887-891.
    Froehlich, D. C. (2008), Embankment dam breach parameters and their uncertainties, J. Hydraul. Eng. 134(12),
    1708-1721.
    Villemonte, J. R. (1947), Submerged-weir discharge studies, Engineering News-Record 139, 866-869.
    """

    kind: ClassVar[str] = "breach"
    development: ClassVar[Signal] = Signal.constant(0.0)

    crest_level: Level = Field(description="Of the dike where it breaks.")
    bottom_level: Level | None = Field(
        default=None, description="Of the fully developed breach; with 'equation' default 'height' below the crest."
    )
    bottom_width: Annotated[Length, Ge(0)] | None = Field(default=None, description="Of the fully developed breach.")
    side_slope: Annotated[Number, Ge(0)] | None = Field(
        default=None, description="Horizontal over vertical; with 'equation' default that of the equation."
    )
    development_time: Annotated[Duration, Gt(0)] | None = Field(
        default=None, description="From the trigger until it is fully developed."
    )
    equation: Literal["froehlich_1995", "froehlich_2008"] | None = Field(
        default=None, description="In the place of bottom_width and development_time."
    )
    volume: Annotated[Volume, Gt(0)] | None = Field(
        default=None, description="Water above the bottom of the breach, for the equation."
    )
    height: Annotated[Length, Gt(0)] | None = Field(
        default=None, description="Of the breach, for the equation; default from bottom to crest."
    )
    mode: Literal["piping", "overtopping"] | None = Field(
        default=None, description="How the dike fails, for the equation."
    )
    trigger: Trigger = Field(description="{ stage }, { time } or { overtopping_duration }.")
    discharge_coefficient: Annotated[Number, Gt(0)] = Field(default=0.577, description="C_d.")

    @model_validator(mode="after")
    def _is_given_once(self) -> Breach:
        wanted: tuple[str, ...] = ("volume", "mode")
        barred: tuple[str, ...] = ("bottom_width", "development_time")
        remedy = f"equation = {listed([self.equation or ''])} gives it; leave one of them out"
        if self.equation is None:
            wanted, barred = ("bottom_level", "side_slope", *barred), ("volume", "height", "mode")
            remedy = f"it belongs to an equation: give equation = {listed(EQUATIONS)}"
        faults = [FieldError(remedy, key) for key in barred if getattr(self, key) is not None]
        faults += [
            FieldError(f'"{key}" is missing' + ("" if self.equation else "; give it, or an equation"))
            for key in wanted
            if getattr(self, key) is None
        ]
        if self.equation is not None and self.bottom_level is None and self.height is None:
            faults.append(FieldError("give bottom_level or height"))
        if self.bottom_width == 0.0 and self.side_slope == 0.0:
            faults.append(
                FieldError("bottom_width and side_slope are both 0: no water would ever pass", "bottom_width")
            )
        if self.bottom_level is not None and self.bottom_level >= self.crest_level:
            words = f"expected a level below the crest ({self.crest_level:g} m), got {self.bottom_level:g} m"
            faults.append(FieldError(words, "bottom_level"))
        if faults:
            raise FieldErrors(faults)
        return self

    @property
    def sill(self) -> float:
        """Lowest level of the fully developed breach, m."""
        if self.bottom_level is not None:
            return self.bottom_level
        return self.crest_level - float(self.height or 0.0)

    @property
    def growth(self) -> Growth:
        """Mean width over its height, time and side slope of the fully developed breach."""
        if self.equation is None:
            slope = float(self.side_slope or 0.0)
            width = float(self.bottom_width or 0.0) + slope * self.depth
            return Growth(width, float(self.development_time or 0.0), slope)
        height = self.depth if self.height is None else self.height
        found = EQUATIONS[self.equation](float(self.volume or 0.0), height, str(self.mode))
        return found if self.side_slope is None else found._replace(side_slope=self.side_slope)

    @property
    def depth(self) -> float:
        """From the crest to the bottom of the fully developed breach, m."""
        return self.crest_level - self.sill

    def final_width_at(self, level: float) -> float:
        """Width of the fully developed breach at a level from its bottom up, m; above the crest its sides are upright.

        An equation's mean width is that over the depth the breach has, also where `height` gives the equation another.
        """
        growth = self.growth
        bottom = max(growth.mean_width - growth.side_slope * self.depth, 0.0)
        return bottom + 2.0 * growth.side_slope * (min(level, self.crest_level) - self.sill)


class BreachParameters(NamedTuple):
    """Arrays over the breaches."""

    coefficient: NDArray[np.float64]
    """C_d sqrt(2 g), m0.5/s."""
    crest: NDArray[np.float64]
    """Level of the dike, m."""
    depth: NDArray[np.float64]
    """From there to the bottom of the fully developed breach, m; the bottom is not below the higher bed."""
    width: NDArray[np.float64]
    """Of that bottom, m: of the breach where the bed cuts it off."""
    side_slope: NDArray[np.float64]
    smoothing: NDArray[np.float64]
    """Difference of head over which the drowned law is rounded off, m."""


def build_breaches(breaches: Sequence[Breach], ends: Sequence[Ends]) -> BreachParameters:
    """Make the law's parameters; the higher bed of the two nodes cuts a breach off."""
    bottom = np.array([max(b.sill, end.higher_bed) for b, end in zip(breaches, ends, strict=True)], dtype=float)
    crest = np.maximum(np.array([b.crest_level for b in breaches], dtype=float), bottom)
    coefficient = np.array([b.discharge_coefficient * np.sqrt(2.0 * GRAVITY) for b in breaches], dtype=float)
    width = np.array([b.final_width_at(z) for b, z in zip(breaches, bottom.tolist(), strict=True)], dtype=float)
    slope = np.array([b.growth.side_slope for b in breaches], dtype=float)
    # A metre above the bottom, near equal heads: c (n d)^0.385 of either term.
    strength = coefficient * (2.0 / 3.0 * width * 1.5**0.385 + 8.0 / 15.0 * slope * 2.5**0.385)
    smoothing = [end.smoothing(level, float(s), 0.385) for level, s, end in zip(bottom, strength, ends, strict=True)]
    return BreachParameters(coefficient, crest, crest - bottom, width, slope, np.array(smoothing, dtype=float))


def breach_switches(breach: Breach) -> tuple[Switch, ...]:
    """What opens it: its trigger, after which it develops at a steady rate."""
    trigger, delay = breach.trigger, 0.0
    if trigger.stage is not None:
        when = f"{breach.from_node}.stage >= {trigger.stage!r}"
    elif trigger.time is not None:
        when = f"time >= {trigger.time!r}"
    else:
        when = f"{breach.from_node}.stage > {breach.crest_level!r}"
        delay = float(trigger.overtopping_duration or 0.0)
    return (Switch(key="setting", when=when, rate=1.0 / breach.growth.time, delay=delay),)


@jit_law
def breach_law(p: Any, i: int, h_up: float, h_down: float, development: float):  # type: ignore[no-untyped-def]
    """Discharge through breach `i`; `Breach` has the equation."""
    share = min(max(development, 0.0), 1.0)
    depth = p.depth[i]
    head = h_up - p.crest[i] + share * depth
    if head <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    fall = h_up - h_down
    eps = p.smoothing[i]
    flat = 2.0 / 3.0 * p.coefficient[i] * p.width[i]
    side = 8.0 / 15.0 * p.coefficient[i] * p.side_slope[i]
    value, by_head, by_tail, by_both = drowned(head, fall, 1.5, eps)
    q, by_up, by_down = flat * share * value, flat * share * by_head, flat * share * by_tail
    by_share = flat * (value + share * depth * by_both)
    value, by_head, by_tail, by_both = drowned(head, fall, 2.5, eps)
    q, by_up, by_down = q + side * value, by_up + side * by_head, by_down + side * by_tail
    by_share += side * depth * by_both
    over = h_up - p.crest[i]
    if over > 0.0:  # the sides end at the crest
        value, by_head, by_tail, by_both = drowned(over, fall, 2.5, eps)
        q, by_up, by_down = q - side * value, by_up - side * by_head, by_down - side * by_tail
    moves = 1.0 if 0.0 <= development <= 1.0 else 0.0
    return q, by_up, by_down, by_share * moves


BREACH = LinkKind(
    name="breach",
    model=Breach,
    parameters=BreachParameters,
    build=build_breaches,
    law=breach_law,
    setting="development",
    symmetric=True,
    steep=True,
    switches=breach_switches,
)
