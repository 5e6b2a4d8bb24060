"""Results: what a run hands over, in memory and as a CF NetCDF file.

This package imports nothing heavy: `netcdf` streams with netCDF4 alone, `dataset` needs xarray.
"""

from deltasim.results.frame import Attribute, Chunk, Frame, Sink, State, Summary

__all__ = ["Attribute", "Chunk", "Frame", "Sink", "State", "Summary"]
