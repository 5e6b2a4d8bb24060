"""The key `weather` of wetlands: a station whose days give the reference evapotranspiration."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import Field

from deltasim.fields import Length, Level, Number, Part

__all__ = ["Method", "WeatherTable"]

Method = Literal["penman_monteith", "hargreaves", "penman"]


class WeatherTable(Part):
    """Days of a weather station, from which the reference evapotranspiration is computed.

    Parameters
    ----------
    file : str
        CSV or NetCDF, one row a day.
    time_column : str
    latitude : float, degrees
    elevation : float, m
        Above sea level.
    method : {"penman_monteith", "hargreaves", "penman"}
    wind_height : float, m
        Of the anemometer above the ground.
    """

    file: str = Field(description="One row a day, with the columns of deltasim.reference_evapotranspiration.")
    time_column: str = Field(default="time", description="Column of the file with the dates.")
    latitude: Annotated[Number, Ge(-90), Le(90)] = Field(description="Degrees, north positive.")
    elevation: Level = Field(description="Of the station above sea level.")
    method: Method = Field(
        default="penman_monteith",
        description="FAO-56 Penman-Monteith for grass, Hargreaves from temperatures alone, or Penman for open water.",
    )
    wind_height: Annotated[Length, Gt(1.0)] = Field(
        default=2.0, description="Height at which the wind is measured; brought to 2 m by a logarithmic profile."
    )
