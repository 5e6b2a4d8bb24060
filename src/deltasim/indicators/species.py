"""Species whose suitability curves are shipped, each with source, season and place: no others are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deltasim.indicators.response import Gaussian, Response, Table, Trapezoid

__all__ = ["SPECIES", "Species"]


@dataclass(frozen=True)
class Species:
    """What a species needs.

    Parameters
    ----------
    name : str
    responses : mapping of str to Gaussian or Table
        ``depth`` (m, of water on the ground), or ``water_table`` (m, negative below the ground, also where it is dry);
        and any of what is the same in the whole zone, such as ``salinity`` (kg/m3).
    season : str
        In which it counts; empty for the whole year.
    place, source : str
        Where the figures were found, and who says so.
    note : str
        What a reader must know before using them.
    """

    name: str
    responses: Mapping[str, Response] = field(hash=False)
    season: str
    place: str
    source: str
    note: str = ""


STORK: Final = "Procedia Environ. Sci. (2012), doi:10.1016/j.proenv.2012.01.175"
RANGE: Final = "The source gives a range: 1 within, 0 outside."

_ROWS: Final = (
    Species(
        "oriental_stork_spring",
        {"depth": Trapezoid(0.0, 0.0, 0.057, 0.057)},
        "spring",
        "reed marsh, Yellow River Delta",
        STORK,
        RANGE,
    ),
    Species(
        "oriental_stork_summer",
        {"depth": Trapezoid(0.05, 0.05, 0.298, 0.298)},
        "summer",
        "reed marsh, Yellow River Delta",
        STORK,
        RANGE,
    ),
    Species(
        "oriental_stork_autumn",
        {"depth": Trapezoid(0.033, 0.033, 0.275, 0.275)},
        "autumn",
        "reed marsh, Yellow River Delta",
        STORK,
        RANGE,
    ),
    Species(
        "suaeda_salsa",
        {"water_table": Gaussian(-0.42, 0.25)},
        "",
        "Yellow River Delta",
        "Cui et al. (2008), doi:10.1016/S1872-2032(08)60050-5",
        "Its optimum of soil salt, 12.71 g/kg with a tolerance of 3.77, is of soil, which is not simulated.",
    ),
    Species(
        "tamarix_chinensis",
        {"water_table": Table((-1.5, -1.5), (0.0, 1.0)), "salinity": Table((30.0, 30.0), (1.0, 0.0))},
        "",
        "Yellow River Delta",
        "Cui et al. (2010), Plant Ecology 209, 279-290: water table shallower than 1.5 m, under 30 psu",
        f"{RANGE} The salinity is that of the soil's water; the zone's is taken for it.",
    ),
    Species(
        "phragmites_australis",
        {"salinity": Table((16.0, 25.0), (1.0, 0.0))},
        "",
        "figures of several places, as the notes on Swan Lake give them",
        "vigorous up to 8 to 16 psu, no growth near 25 psu; clones differ: Achenbach et al. (2013), AoB Plants 5",
        "Linear between; takes the wet ground for its own at any depth.",
    ),
    Species(
        "red_crowned_crane",
        {"depth": Trapezoid(0.2, 0.2, 0.4, 0.4)},
        "03-01 to 06-30",
        "Zhalong, Heilongjiang: nest sites",
        "20 to 40 cm of water, as the notes on Swan Lake give it; breeds March to June (China Daily, 1 November 2024)",
        f"{RANGE} Not traced to a paper.",
    ),
    Species(
        "waders",
        {"depth": Trapezoid(0.0, 0.0, 0.1, 0.1)},
        "",
        "wetlands in general",
        "mud to 10 cm, as the notes on Swan Lake give it; on such depths: Ma et al. (2010), Wetlands 30, 15-27",
        f"{RANGE} Bare mud above the water line is not counted.",
    ),
    Species(
        "dabbling_ducks",
        {"depth": Trapezoid(0.1, 0.1, 0.25, 0.25)},
        "",
        "wetlands in general",
        "10 to 25 cm, as the notes on Swan Lake give it; on such depths: Ma et al. (2010), Wetlands 30, 15-27",
        RANGE,
    ),
)

SPECIES: Final[dict[str, Species]] = {row.name: row for row in _ROWS}
"""By name. Of the whooper swan no number was found, so there is none here."""
