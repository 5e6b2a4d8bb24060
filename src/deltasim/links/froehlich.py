"""How wide a dam breaches and how fast: Froehlich's two regressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from deltasim.constants import GRAVITY

__all__ = ["EQUATIONS", "Growth", "froehlich_1995", "froehlich_2008"]

HOUR = 3600.0


class Growth(NamedTuple):
    """What an equation says of a breach."""

    mean_width: float
    """m."""
    time: float
    """Until it is fully developed, s."""
    side_slope: float
    """Horizontal over vertical."""


def froehlich_1995(volume: float, height: float, mode: str) -> Growth:
    """Mean width and time of a breach after Froehlich (1995).

    B = 0.1803 Ko V^0.32 h^0.19 m and t = 0.00254 V^0.53 h^-0.90 h, Ko 1.4 where the dam is overtopped and 1 else; side
    slopes 1.4 and 0.9.

    Parameters
    ----------
    volume : float, m3
        Of water above the bottom of the breach.
    height : float, m
        Of the breach.
    mode : {"piping", "overtopping"}

    References
    ----------
    Froehlich, D. C. (1995), Embankment dam breach parameters revisited, Water Resources Engineering, ASCE, 887-891.
    """
    overtopped = mode == "overtopping"
    width = 0.1803 * (1.4 if overtopped else 1.0) * volume**0.32 * height**0.19
    return Growth(width, 0.00254 * volume**0.53 * height**-0.90 * HOUR, 1.4 if overtopped else 0.9)


def froehlich_2008(volume: float, height: float, mode: str) -> Growth:
    """Mean width and time of a breach after Froehlich (2008).

    B = 0.27 Ko V^0.32 h^0.04 m and t = 63.2 sqrt(V / (g h^2)) s, Ko 1.3 where the dam is overtopped and 1 else; side
    slopes 1 and 0.7. Parameters as for `froehlich_1995`.

    References
    ----------
    Froehlich, D. C. (2008), Embankment dam breach parameters and their uncertainties, J. Hydraul. Eng. 134(12),
    1708-1721.
    """
    overtopped = mode == "overtopping"
    width = 0.27 * (1.3 if overtopped else 1.0) * volume**0.32 * height**0.04
    return Growth(width, 63.2 * float(np.sqrt(volume / GRAVITY)) / height, 1.0 if overtopped else 0.7)


EQUATIONS: Final[dict[str, Callable[[float, float, str], Growth]]] = {
    "froehlich_1995": froehlich_1995,
    "froehlich_2008": froehlich_2008,
}
