"""What every link has in common: the keys, the two ends, and what the registry knows of a kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from deltasim.constants import EVERYWHERE, FADE_DEPTH, FADE_VOLUME, HEAD_SMOOTHING, LEAST_AREA, UNIT_AREA
from deltasim.faults import FieldError
from deltasim.fields import Component, SettingNumber, Within
from deltasim.geometry import Curve
from deltasim.signal import Signal

__all__ = ["Ends", "Link", "LinkKind", "StageDrivenLink", "Switch", "always", "check_sides", "ramp_width"]


class Link(Component):
    """Keys of every link.

    Parameters
    ----------
    from_node, to_node : str
        Names of the two nodes; written ``from`` and ``to``. Discharge is positive from the one to the other.
    open : Signal, 1
        1 open, 0 closed, between them a part of the discharge.
    """

    from_node: str = Field(alias="from", description="Name of the node it leaves.")
    to_node: str = Field(alias="to", description="Name of the node it enters.")
    open: Annotated[SettingNumber, Within(ge=0.0, le=1.0)] = Field(
        default=Signal.constant(1.0), description="1 open, 0 closed; between them that part of the discharge."
    )


class StageDrivenLink(Link):
    """Keys of every link whose discharge follows the stages at its ends.

    Parameters
    ----------
    direction : {"both", "forward"}
        ``forward`` is a flap valve: no water turns back.
    """

    direction: Literal["both", "forward"] = Field(
        default="both", description="'forward' is a flap valve: no water flows from 'to' to 'from'."
    )

    @property
    def sill(self) -> float | None:
        """Lowest level, m, at which it can carry water; None where it has none of its own."""
        return None

    @property
    def end_sills(self) -> tuple[float | None, float | None]:
        """Lowest level, m, of its opening at 'from' and at 'to': the sill, unless a link has one at each end."""
        return self.sill, self.sill


BLINK = 0.05
"""Time, s, within which two stages that even out count as equal."""


@dataclass(frozen=True)
class Ends:
    """What a law may know of the nodes at its ends when its parameters are made.

    Parameters
    ----------
    from_curve, to_curve : Curve or None
        None where the end is a boundary or outside.
    tolerance : float, m
        Of the run, in stage.
    """

    from_curve: Curve | None
    to_curve: Curve | None
    tolerance: float

    @property
    def higher_bed(self) -> float:
        """The higher bed level of the storage nodes at the ends, m; far below everything between boundaries."""
        return max((c.bed_level for c in (self.from_curve, self.to_curve) if c is not None), default=-EVERYWHERE)

    def smoothing(self, sill: float, strength: float, power: float) -> float:
        """Head difference, m, below which a law that is steep at equal heads is rounded off.

        The law goes as strength * difference^power there. Between bodies of water a micrometre will do; where a wide
        structure evens out a small pond in less than a blink, the difference that takes a blink, but not more than the
        tolerance, which in a tiny well is a volume.

        Parameters
        ----------
        sill : float, m
        strength : float
        power : float
            Below 1.
        """
        areas = [
            float(curve.area_at(max(sill, curve.bed_level) + 0.1))
            for curve in (self.from_curve, self.to_curve)
            if curve is not None
        ]
        smallest = max(min(areas, default=np.inf), LEAST_AREA)
        even = (BLINK * strength / smallest) ** (1.0 / (1.0 - power))
        most = self.tolerance * max(1.0, UNIT_AREA / smallest)
        return float(min(max(even, HEAD_SMOOTHING), max(most, HEAD_SMOOTHING)))


def check_sides(link: Any) -> None:
    """Raise unless a link has the sizes that its shape needs and no others.

    Parameters
    ----------
    link : Culvert or Orifice
        With `shape`, `diameter`, `width` and `height`.

    Raises
    ------
    FieldError
        A size is missing or is not of this shape.
    """
    given = [key for key in ("diameter", "width", "height") if getattr(link, key) is not None]
    wanted = ["diameter"] if link.shape == "circular" else ["width", "height"]
    missing = [key for key in wanted if key not in given]
    surplus = [key for key in given if key not in wanted]
    if missing or surplus:
        words = f"a {link.shape} {link.kind} needs {' and '.join(wanted)}, got {' and '.join(given) or 'neither'}"
        raise FieldError(words, (missing or surplus)[0])


def always(link: Any, end: Ends) -> bool:
    """Every link of the kind fades as its source runs dry."""
    return True


def ramp_width(curve: Curve | None, stage: float) -> float:
    """Rise of stage, m, over which a flux that stops at a stage fades.

    A millimetre, or what 1e-3 m3 raises the water there, whichever is more: a pump on a tiny well must not become
    a switch.
    """
    if curve is None:
        return FADE_DEPTH
    above = curve.stage_at(curve.storage_at(stage) + FADE_VOLUME) - max(stage, curve.bed_level)
    return max(FADE_DEPTH, float(above))


@dataclass(frozen=True)
class Switch:
    """Something in a link that turns on and off by itself, in the language of rules.

    Parameters
    ----------
    key : {"running", "setting", ""}
        What it moves: a factor of 0 or 1 on the discharge, the law's setting, or nothing, where only the event is
        located and written down.
    when, until : str
        Expressions, as of a rule; without `until` it never turns off again.
    on, off : float
        Values of what it moves.
    rate : float, 1/s, optional
        The thing moves at this rate; at once by default.
    delay : float, s
        `when` must have held for so long.
    """

    key: Literal["running", "setting", ""]
    when: str
    until: str | None = None
    on: float = 1.0
    off: float = 0.0
    rate: float | None = None
    delay: float = 0.0


@dataclass(frozen=True)
class LinkKind:
    """A kind of link, as the registry holds it.

    Parameters
    ----------
    name : str
        The word in the scenario file.
    model : type of Link
        Its keys.
    parameters : type of NamedTuple
        Arrays over the links of this kind, for the law.
    build : callable
        ``build(links, ends)`` makes the parameters.
    law : numba dispatcher
        ``law(parameters, i, h_from, h_to, setting)`` gives discharge (m3/s, positive from ``from`` to ``to``) and its
        derivatives with respect to both stages and the setting. Stages of a dry node are its bed.
    quick : callable or None
        The law once more, for its most common case and without branches, so that several links are worked out at a
        time: ``quick(parameters, i, h_up, h_down, setting)`` gives what the law does and whether it holds. Where it
        does not, whatever it gives is dropped. Only for kinds that are symmetric and never fade.
    setting : str or None
        The key whose value reaches the law as ``setting``.
    symmetric : bool
        The law is written for water that flows from the higher stage to the lower (it gets them in that order) and
        serves both directions.
    steep : bool
        Nothing flows between equal stages, and near these it goes as a root of their difference, or a lower power.
    fades : callable or None
        ``fades(link, end)`` tells whether the discharge of a link does not know how much water there is, so that it
        has to fade as its source runs dry; None where no link of the kind does.
    moves : tuple of str
        Keys that may vary in time.
    wants : bool
        Its discharge is asked for, and what does not flow for want of water is its shortage.
    one_way : bool
        No link of the kind ever runs back.
    of_inflow : bool
        The law gets what enters the node it leaves, m3/s, in the place of `h_from`, and its derivative with respect to
        that in the place of the one with respect to the stage.
    switches : callable or None
        ``switches(link)`` gives what turns on and off by itself in it.
    """

    name: str
    model: type[Any]
    parameters: type[Any]
    build: Callable[[Sequence[Any], Sequence[Ends]], Any]
    law: Callable[..., tuple[float, float, float, float]]
    quick: Callable[..., tuple[float, float, float, float, bool]] | None = None
    setting: str | None = None
    symmetric: bool = False
    steep: bool = False
    fades: Callable[[Any, Ends], bool] | None = None
    moves: tuple[str, ...] = ("open",)
    wants: bool = False
    one_way: bool = False
    of_inflow: bool = False
    switches: Callable[[Any], tuple[Switch, ...]] | None = None
