"""Results for other programs: tables for spreadsheets, features for a GIS."""

from __future__ import annotations

from deltasim.exports.csv import to_csv
from deltasim.exports.geojson import to_geojson

__all__ = ["to_csv", "to_geojson"]
