"""The tables that the law of a culvert looks its numbers up in, made once for each."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from deltasim.constants import GRAVITY
from deltasim.links.barrel import Barrel, Floats
from deltasim.links.even import even_rows
from deltasim.links.hds5 import NOT_BELOW, inlet_headwater

__all__ = [
    "CHOKE_ROWS",
    "DEPTH_ROWS",
    "FREE_ROWS",
    "choke_table",
    "free_table",
    "highest_free",
    "strength_tables",
]

DEPTH_ROWS: Final = 64
"""Of what depends on depth, from 0 to full."""
FINER: Final = 10
"""Parts of a row in which what is summed over depth is looked at."""
CHOKE_ROWS: Final = 64
FREE_ROWS: Final = 128
HIGHEST_FREE: Final = 9.0
"""Head over height where the table of the free outfall ends; above it the discharge goes as the root of the head."""


def strength_tables(
    barrel: Barrel, *, length: float, manning_n: float, losses: float, barrels: int
) -> tuple[Floats, Floats, Floats]:
    """What depends on depth, as cubics in `DEPTH_ROWS` rows.

    Parameters
    ----------
    barrel : Barrel
    length : float, m
    manning_n : float, s/m^(1/3)
    losses : float
        Velocity heads lost at entrance and exit.
    barrels : int

    Returns
    -------
    strength : ndarray, shape (4 DEPTH_ROWS + 4,)
        C of all barrels, m2.5/s.
    summed : ndarray
        C^2 summed over depth from 0, m6/s2.
    swift : ndarray
        2 g A^2 summed likewise, or C^2 where losses are less than a velocity head.
    """
    depth = np.linspace(0.0, barrel.height, FINER * DEPTH_ROWS + 1)[1:]
    area, conveyance = barrel.area(depth), barrel.conveyance(depth, manning_n)
    square = np.append(0.0, barrels**2 / (length / conveyance**2 + losses / (2.0 * GRAVITY * area**2)))
    swift = np.maximum(np.append(0.0, 2.0 * GRAVITY * (barrels * area) ** 2), square)
    return even_rows(np.sqrt(square[::FINER])), summed_rows(square, depth[0]), summed_rows(swift, depth[0])


def summed_rows(value: Floats, apart: float) -> Floats:
    """Sum from the first of some values that stand so far apart, as cubics in rows of `FINER` of them."""
    total = np.append(0.0, np.cumsum(0.5 * (value[1:] + value[:-1]))) * apart
    return even_rows(total[::FINER], value[::FINER] * apart * FINER)


def choke_table(height: float, strength: Floats) -> tuple[float, Floats]:
    """The largest fall over 2 H + dz, so that a lower tailwater nowhere means less discharge.

    With p the largest d C'(d) / C(d) at or above a depth d, the largest fall at that mean depth is d / p, and there
    2 H + dz = 2 d + d / p. Between rows the fall is straight, and each row takes its share of 2 H + dz from the row
    below, where it is less: what lies between is on the safe side.

    Parameters
    ----------
    height : float, m
        Of the barrel.
    strength : ndarray
        Of `strength_tables`.

    Returns
    -------
    span : float, m
        2 H + dz from where the barrel is full at the largest fall.
    rows : ndarray, shape (2 CHOKE_ROWS,)
        Fall at the row, m, and its growth to the next.
    """
    c0, c1, c2, c3 = strength[:-4].reshape(-1, 4).T[:, :, None]
    f = np.linspace(0.0, 1.0, 21)[1:]
    value, slope = c0 + f * (c1 + f * (c2 + f * c3)), c1 + f * (2.0 * c2 + f * 3.0 * c3)
    in_row = ((np.arange(len(c0))[:, None] + f) * slope / value).max(axis=1)
    p = 1.001 * np.maximum(np.maximum.accumulate(in_row[::-1])[::-1], 0.25)
    depth = np.linspace(0.0, height, len(p) + 1)
    both = np.stack((depth[:-1], depth[1:]), axis=1).ravel()
    p = np.repeat(p, 2)
    span = np.linspace(0.0, both[-1] * (2.0 + 1.0 / p[-1]), CHOKE_ROWS + 1)
    fall = np.interp(span, both * (2.0 + 1.0 / p), both / p)
    share = np.append(1.0 / (1.0 + 2.0 * p[0]), fall[1:-1] / span[1:-1])
    safe = np.append(0.0, share * span[1:])
    return float(span[-1]), np.stack((safe[:-1], np.diff(safe)), axis=1).ravel()


FREE_DISCHARGES: Final = 96
LEAST_RISE: Final = 0.02
"""Least relative rise of head for a relative rise of discharge: the profile of a trickle is not that exact."""
HDS5_FROM: Final = 0.75
"""Head over height from which HDS-5 takes its full-barrel formula for good; below it, a backwater is due."""


def highest_free(height: Any) -> Any:
    """Head above the higher invert, m, at which `free_table` ends."""
    return HIGHEST_FREE * height


def free_table(culvert: Any, drop: float) -> Floats:
    """What flows out freely, over the root of the head above the higher invert.

    Below half the height the headwater is that of inlet control or of a profile, whichever is more; from 0.75 of it, of
    inlet control or HDS-5's full barrel. Between, what both let through passes from the one to the other. Where the
    barrel falls by much HDS-5 asks for less head than the profile; a headwater that passed from the one to the other
    over the discharge would fall.

    Parameters
    ----------
    culvert : Culvert
    drop : float, m
        Fall of the invert.

    Returns
    -------
    ndarray, shape (4 FREE_ROWS + 4,)
        Discharge of all barrels, m3/s.
    """
    barrel = culvert.barrel
    q = barrel.full_area * np.sqrt(GRAVITY * barrel.height) * np.geomspace(1e-6, 6.0, FREE_DISCHARGES)
    inlet = inlet_headwater(culvert.edge, barrel, q, drop / culvert.length)
    losses = dict(zip(("entrance_loss", "exit_loss"), culvert.losses, strict=True))
    profile, full = barrel.free_headwaters(q, length=culvert.length, drop=drop, manning_n=culvert.manning_n, **losses)
    # Above the higher invert: water that stands in front of a barrel that rises flows nowhere.
    start = max(-drop, 0.0)
    inlet, profile, full = inlet - start, profile - start, full - start
    deep = passing(profile / barrel.height)
    profile += deep * np.maximum(full - profile, 0.0)
    head = np.linspace(0.0, np.sqrt(highest_free(barrel.height)), FREE_ROWS + 1)[1:] ** 2
    least = 1e-6 * barrel.height
    low = discharge_at(head, q, np.maximum.reduce([inlet, profile, np.full_like(q, least)]))
    high = discharge_at(head, q, np.maximum.reduce([inlet, np.minimum(profile, full), np.full_like(q, least)]))
    passed = low + passing(head / barrel.height) * np.maximum(high - low, 0.0)
    return even_rows(culvert.barrels * np.append(0.0, passed))


def passing(ratio: Floats) -> Floats:
    """From 0 to 1 as head over height goes from `NOT_BELOW` to `HDS5_FROM`."""
    share = np.clip((ratio - NOT_BELOW) / (HDS5_FROM - NOT_BELOW), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share))


def discharge_at(head: Floats, q: Floats, needed: Floats) -> Floats:
    """Discharges at heads, from the heads that discharges need; along powers, so that trickles are as exact."""
    from scipy.interpolate import PchipInterpolator  # noqa: PLC0415  only who asks for it pays for it

    log_q, logs = np.log(q), np.log(needed)
    steps = LEAST_RISE * np.diff(log_q, prepend=log_q[0])
    # The least head that is not below any head before it by more than the least rise.
    rising = np.maximum.accumulate(logs - np.cumsum(steps)) + np.cumsum(steps)
    spline = PchipInterpolator(rising, log_q, extrapolate=False)
    at = np.log(head)
    found = spline(np.clip(at, rising[0], rising[-1])) + 1.5 * np.minimum(at - rising[0], 0.0)
    return np.asarray(np.exp(found + 0.5 * np.maximum(at - rising[-1], 0.0)))
