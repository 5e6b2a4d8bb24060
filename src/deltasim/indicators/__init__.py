"""What ecologists and engineers ask of a series: hydroperiod, alteration of flow, habitat, flood.

Functions take an `xarray.DataArray` with a dimension ``time`` and any others (``node``, ``member``), of a result or
observed, and give a Dataset. The catalogue declares what they give.
"""

from deltasim.indicators.catalogue import (
    INDICATORS,
    INDICES,
    Index,
    Indicator,
    attenuation,
    duration_curve,
    exceedance,
    habitat,
    hydroperiod,
    iha,
    monthly_change,
    peak,
    recession,
    relationship,
    stage_above,
    statistics,
    storage_used,
    volume_above,
)
from deltasim.indicators.daily import daily
from deltasim.indicators.habitat import suitability
from deltasim.indicators.response import Gaussian, Table, Trapezoid
from deltasim.indicators.species import SPECIES, Species

__all__ = [
    "INDICATORS",
    "INDICES",
    "SPECIES",
    "Gaussian",
    "Index",
    "Indicator",
    "Species",
    "Table",
    "Trapezoid",
    "attenuation",
    "daily",
    "duration_curve",
    "exceedance",
    "habitat",
    "hydroperiod",
    "iha",
    "monthly_change",
    "peak",
    "recession",
    "relationship",
    "stage_above",
    "statistics",
    "storage_used",
    "suitability",
    "volume_above",
]
