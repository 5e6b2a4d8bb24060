"""Tidal astronomy: arguments and node factors of NOAA's 37 constituents.

Everything here is after P. Schureman (1940, reprinted with corrections 1958), *Manual of harmonic analysis and
prediction of tides*, Coast and Geodetic Survey Special Publication 98: the convention in which NOAA and the IHO
publish phases. Formulas and tables are numbered as there; angles are in degrees unless a name says otherwise.

As in NOAA's predictions the node factor f and the correction u are those of the middle of a calendar year, all year,
and go with the argument V0 at its start (Tables 14 and 15).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONSTITUENTS", "Constituent", "canonical_name", "speed", "year_start", "yearly"]

Floats = NDArray[np.float64]

EPOCH = datetime(1899, 12, 31, 12, tzinfo=UTC)
"""Greenwich mean noon, from which Table 1 counts Julian centuries."""

CENTURY_HOURS = 36525.0 * 24.0

# Table 1: mean longitudes at the epoch and their change in powers of a Julian century.
MOON = (270.437422, 481267.892000, 0.002525, 0.00000189)  # s
SUN = (279.696678, 36000.768925, 0.000303, 0.0)  # h
LUNAR_PERIGEE = (334.328019, 4069.032206, -0.010344, -0.0000125)  # p
LUNAR_NODE = (259.182533, -1934.142397, 0.002106, 0.0000022)  # N
SOLAR_PERIGEE = (281.220833, 1.719175, 0.000453, 0.0000033)  # p1

OBLIQUITY = 23.452  # omega: ecliptic to equator, Table 1
INCLINATION = 5.145  # i: the moon's orbit to the ecliptic, Table 1


class Constituent(NamedTuple):
    """One row of Table 2.

    Parameters
    ----------
    argument : tuple of int
        Multiples of T (the mean sun's hour angle), s, h, p, p1 in V.
    constant : float
        What V has besides, degrees.
    node : tuple of int
        Multiples of xi, nu, nu', 2nu'', Q - p, R in u.
    factors : dict of str to int
        Node factors whose product is f, by the key in `node_factors`, and their powers.
    source : str
        Place in Table 2.
    """

    argument: tuple[int, int, int, int, int]
    constant: float
    node: tuple[int, int, int, int, int, int]
    factors: dict[str, int]
    source: str


NONE = (0, 0, 0, 0, 0, 0)
SEMIDIURNAL = (2, -2, 0, 0, 0, 0)
DIURNAL = (2, -1, 0, 0, 0, 0)

#                T   s   h   p  p1
_SIMPLE = {
    "SA": Constituent((0, 0, 1, 0, 0), 0.0, NONE, {}, "B64"),
    "SSA": Constituent((0, 0, 2, 0, 0), 0.0, NONE, {}, "B6"),
    "MM": Constituent((0, 1, 0, -1, 0), 0.0, NONE, {"Mm": 1}, "A2"),
    "MSF": Constituent((0, 2, -2, 0, 0), 0.0, NONE, {"Mm": 1}, "A5"),
    "MF": Constituent((0, 2, 0, 0, 0), 0.0, (-2, 0, 0, 0, 0, 0), {"Mf": 1}, "A6"),
    "2Q1": Constituent((1, -4, 1, 2, 0), 90.0, DIURNAL, {"O1": 1}, "A17"),
    "Q1": Constituent((1, -3, 1, 1, 0), 90.0, DIURNAL, {"O1": 1}, "A15"),
    "RHO": Constituent((1, -3, 3, -1, 0), 90.0, DIURNAL, {"O1": 1}, "A18"),
    "O1": Constituent((1, -2, 1, 0, 0), 90.0, DIURNAL, {"O1": 1}, "A14"),
    "M1": Constituent((1, -1, 1, 1, 0), -90.0, (1, -1, 0, 0, 1, 0), {"M1": 1}, "note 1"),
    "P1": Constituent((1, 0, -1, 0, 0), 90.0, NONE, {}, "B14"),
    "S1": Constituent((1, 0, 0, 0, 0), 0.0, NONE, {}, "B71"),
    "K1": Constituent((1, 0, 1, 0, 0), -90.0, (0, 0, -1, 0, 0, 0), {"K1": 1}, "note 2"),
    "J1": Constituent((1, 1, 1, -1, 0), -90.0, (0, -1, 0, 0, 0, 0), {"J1": 1}, "A24"),
    "OO1": Constituent((1, 2, 1, 0, 0), -90.0, (-2, -1, 0, 0, 0, 0), {"OO1": 1}, "A31"),
    "2N2": Constituent((2, -4, 2, 2, 0), 0.0, SEMIDIURNAL, {"M2": 1}, "A42"),
    "MU2": Constituent((2, -4, 4, 0, 0), 0.0, SEMIDIURNAL, {"M2": 1}, "A45"),
    "N2": Constituent((2, -3, 2, 1, 0), 0.0, SEMIDIURNAL, {"M2": 1}, "A40"),
    "NU2": Constituent((2, -3, 4, -1, 0), 0.0, SEMIDIURNAL, {"M2": 1}, "A43"),
    "M2": Constituent((2, -2, 2, 0, 0), 0.0, SEMIDIURNAL, {"M2": 1}, "A39"),
    "LAM2": Constituent((2, -1, 0, 1, 0), 180.0, SEMIDIURNAL, {"M2": 1}, "A44"),
    "L2": Constituent((2, -1, 2, -1, 0), 180.0, (2, -2, 0, 0, 0, -1), {"L2": 1}, "note 3"),
    "T2": Constituent((2, 0, -1, 0, 1), 0.0, NONE, {}, "B40"),
    "S2": Constituent((2, 0, 0, 0, 0), 0.0, NONE, {}, "B39"),
    "R2": Constituent((2, 0, 1, 0, -1), 180.0, NONE, {}, "B41"),
    "K2": Constituent((2, 0, 2, 0, 0), 0.0, (0, 0, 0, -1, 0, 0), {"K2": 1}, "note 4"),
    "M3": Constituent((3, -3, 3, 0, 0), 0.0, (3, -3, 0, 0, 0, 0), {"M3": 1}, "A82"),
}

# Table 2a: overtides and compound tides of shallow water, as sums of others.
_COMPOUND = {
    "2SM2": {"S2": 2, "M2": -1},
    "2MK3": {"M2": 2, "K1": -1},
    "MK3": {"M2": 1, "K1": 1},
    "MN4": {"M2": 1, "N2": 1},
    "M4": {"M2": 2},
    "MS4": {"M2": 1, "S2": 1},
    "S4": {"S2": 2},
    "M6": {"M2": 3},
    "S6": {"S2": 3},
    "M8": {"M2": 4},
}


def _compound(parts: dict[str, int]) -> Constituent:
    """Add up arguments and corrections; factors multiply, also those of what is subtracted."""
    rows = [(count, _SIMPLE[name]) for name, count in parts.items()]
    factors: dict[str, int] = {}
    for count, row in rows:
        for key, power in row.factors.items():
            factors[key] = factors.get(key, 0) + abs(count) * power
    t, s, h, p, p1 = (sum(count * row.argument[k] for count, row in rows) for k in range(5))
    xi, nu, nu1, nu2, q, r = (sum(count * row.node[k] for count, row in rows) for k in range(6))
    constant = sum(count * row.constant for count, row in rows)
    return Constituent((t, s, h, p, p1), constant, (xi, nu, nu1, nu2, q, r), factors, "Table 2a")


CONSTITUENTS = _SIMPLE | {name: _compound(parts) for name, parts in _COMPOUND.items()}
"""NOAA's 37 constituents by NOAA's names."""

OTHER_NAMES = {
    "RHO1": "RHO",
    "LDA2": "LAM2",
    "LA2": "LAM2",
    "LAMBDA2": "LAM2",
    "LABDA2": "LAM2",
    "\u03bb2": "LAM2",
    "\u03bc2": "MU2",
    "\u00b52": "MU2",
    "\u03bd2": "NU2",
    "\u03c11": "RHO",
}
"""What others call them: the Greek letters, and spellings of the IHO and of common programs."""


def canonical_name(text: str) -> str | None:
    """Find NOAA's name of a constituent.

    Parameters
    ----------
    text : str
        In any case; the usual other spellings are known.

    Returns
    -------
    str or None
        None if it is not one of the 37.
    """
    # Lower case first: the upper case of the micro sign is another letter than that of mu.
    name = text.strip().lower().replace("\u00b5", "\u03bc")
    name = OTHER_NAMES.get(name, name.upper())
    name = OTHER_NAMES.get(name, name)
    return name if name in CONSTITUENTS else None


def speed(name: str) -> float:
    """Mean speed of a constituent, rad/s: of V, by the linear terms of Table 1."""
    rates = (15.0 * CENTURY_HOURS, MOON[1], SUN[1], LUNAR_PERIGEE[1], SOLAR_PERIGEE[1])
    degrees = sum(n * rate for n, rate in zip(CONSTITUENTS[name].argument, rates, strict=True))
    return float(np.deg2rad(degrees / CENTURY_HOURS)) / 3600.0


def year_start(year: int) -> datetime:
    """Begin of a year at Greenwich."""
    return datetime(year, 1, 1, tzinfo=UTC)


def longitude(terms: tuple[float, float, float, float], moment: datetime) -> float:
    """Mean longitude by a row of Table 1, degrees."""
    century = (moment - EPOCH) / timedelta(hours=CENTURY_HOURS)
    return float(np.polynomial.polynomial.polyval(century, terms)) % 360.0


class Node(NamedTuple):
    """Where the moon's orbit crosses the equator, and what follows from it; all in radians.

    Parameters
    ----------
    inclination : float
        I, of the moon's orbit to the equator.
    nu, xi : float
        Right ascension of the crossing, and its longitude in the moon's orbit.
    perigee : float
        P, the moon's mean perigee reckoned from the crossing.
    """

    inclination: float
    nu: float
    xi: float
    perigee: float


def lunar_node(moment: datetime) -> Node:
    """Solve the spherical triangle of the node, the equinox and the crossing (as Table 6, not rounded)."""
    omega, i = np.deg2rad(OBLIQUITY), np.deg2rad(INCLINATION)
    n = np.deg2rad((longitude(LUNAR_NODE, moment) + 180.0) % 360.0 - 180.0)
    inclination = np.arccos(np.cos(i) * np.cos(omega) - np.sin(i) * np.sin(omega) * np.cos(n))
    half = np.tan(0.5 * n)
    # Napier's analogies: half sum and half difference of the two sides sought.
    a = np.arctan(np.cos(0.5 * (omega - i)) / np.cos(0.5 * (omega + i)) * half)
    b = np.arctan(np.sin(0.5 * (omega - i)) / np.sin(0.5 * (omega + i)) * half)
    xi = n - a - b
    perigee = np.deg2rad(longitude(LUNAR_PERIGEE, moment)) - xi
    return Node(float(inclination), float(a - b), float(xi), float(perigee))


def node_angles(node: Node) -> tuple[float, float, float, float, float, float]:
    """The angles of which u is made: xi, nu, nu', 2nu'', Q, R; degrees."""
    i, nu, p = node.inclination, node.nu, node.perigee
    nu1 = np.arctan2(np.sin(2.0 * i) * np.sin(nu), np.sin(2.0 * i) * np.cos(nu) + 0.3347)  # 224
    nu2 = np.arctan2(np.sin(i) ** 2 * np.sin(2.0 * nu), np.sin(i) ** 2 * np.cos(2.0 * nu) + 0.0727)  # 232
    q = np.arctan2(0.483 * np.sin(p), np.cos(p))  # 203, with the mean I as in Table 10
    r = np.arctan2(np.sin(2.0 * p), 1.0 / (6.0 * np.tan(0.5 * i) ** 2) - np.cos(2.0 * p))  # 214
    xi, nu, nu1, nu2, q, r = (float(x) for x in np.rad2deg([node.xi, nu, nu1, nu2, q, r]))
    return xi, nu, nu1, nu2, q, r


def node_factors(node: Node) -> dict[str, float]:
    """The factors of which f is made, by the constituent that they are named after; numbers of formulas beside them."""
    i, p = node.inclination, node.perigee
    sin, cos2 = np.sin(i), np.cos(0.5 * i) ** 2
    o1, m2 = sin * cos2 / 0.3800, cos2**2 / 0.9154  # 75, 78
    k1 = 0.8965 * np.sin(2.0 * i) ** 2 + 0.6001 * np.sin(2.0 * i) * np.cos(node.nu) + 0.1006
    k2 = 19.0444 * sin**4 + 2.7702 * sin**2 * np.cos(2.0 * node.nu) + 0.0981
    tan2 = np.tan(0.5 * i) ** 2
    factors = {
        "Mm": (2.0 / 3.0 - sin**2) / 0.5021,  # 73
        "Mf": sin**2 / 0.1578,  # 74
        "O1": o1,
        "J1": np.sin(2.0 * i) / 0.7214,  # 76
        "OO1": sin * np.sin(0.5 * i) ** 2 / 0.0164,  # 77
        "M2": m2,
        "M3": cos2**3 / 0.8758,  # 149
        "M1": o1 * np.sqrt(2.310 + 1.435 * np.cos(2.0 * p)),  # 206, with the mean I as in Table 9
        "L2": m2 * np.sqrt(1.0 - 12.0 * tan2 * np.cos(2.0 * p) + 36.0 * tan2**2),  # 215
        "K1": np.sqrt(k1),  # 227
        "K2": np.sqrt(k2),  # 235
    }
    return {key: float(value) for key, value in factors.items()}


def yearly(year: int, nodal: bool = True) -> tuple[dict[str, float], dict[str, float]]:
    """Arguments and node factors of all constituents for a calendar year (Tables 14 and 15).

    Parameters
    ----------
    year : int
    nodal : bool
        False leaves out the corrections: f = 1 and u = 0.

    Returns
    -------
    argument : dict of str to float, degrees
        V0 + u at the start of the year at Greenwich, with u of the middle of the year.
    factor : dict of str to float
        f of the middle of the year.

    Notes
    -----
    M1 has Q in its u, which goes round with p in 8.85 years. Its tabulated V0 + u has no p but the one in Q, at the
    middle of the year, while its speed has: T - s + h - 90 + xi - nu + Q at New Year, then on with T - s + h + p.
    That is half a year of p, 20 degrees, ahead of the theory, and is what published phases of M1 go with.
    """
    start = year_start(year)
    p = longitude(LUNAR_PERIGEE, start)
    longitudes = (180.0, longitude(MOON, start), longitude(SUN, start), p, longitude(SOLAR_PERIGEE, start))
    node = lunar_node(start + (year_start(year + 1) - start) / 2)
    xi, nu, nu1, nu2, q, r = node_angles(node)
    angles, factors = (xi, nu, nu1, nu2, q - p, r), node_factors(node)
    argument, factor = {}, {}
    for name, row in CONSTITUENTS.items():
        v = row.constant + sum(n * x for n, x in zip(row.argument, longitudes, strict=True))
        u = sum(n * x for n, x in zip(row.node, angles, strict=True)) if nodal else 0.0
        f = np.prod([factors[key] ** power for key, power in row.factors.items()]) if nodal else 1.0
        argument[name], factor[name] = (v + u) % 360.0, float(f)
    return argument, factor
