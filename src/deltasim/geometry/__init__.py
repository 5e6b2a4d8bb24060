"""Shapes that hold water: stage-area-storage curves."""

from deltasim.geometry.curve import Curve, CurveTable, locate, pack_curves

__all__ = ["Curve", "CurveTable", "locate", "pack_curves"]
