"""Shapes that hold water and carry it: stage-area-storage curves and cross-sections."""

from deltasim.geometry.cross_section import CrossSection
from deltasim.geometry.curve import Curve
from deltasim.geometry.curve_key import CurveKey, PowerLaw, curve_of
from deltasim.geometry.curve_table import (
    CurveTable,
    Slices,
    locate,
    make_slices,
    pack_curves,
    see_curves,
    see_stages,
)
from deltasim.geometry.flooding import flooded_area
from deltasim.geometry.section import Section, SectionTable, conveyance, pack_sections

__all__ = [
    "CrossSection",
    "Curve",
    "CurveKey",
    "CurveTable",
    "PowerLaw",
    "Section",
    "SectionTable",
    "Slices",
    "conveyance",
    "curve_of",
    "flooded_area",
    "locate",
    "make_slices",
    "pack_curves",
    "pack_sections",
    "see_curves",
    "see_stages",
]
