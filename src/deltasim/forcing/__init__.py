"""Series and tables from files: one module for each kind of file, one line for it in `sources.SOURCES`."""

from deltasim.forcing.clock import Clock
from deltasim.forcing.reader import Files, Reader
from deltasim.forcing.sources import SOURCES

__all__ = ["SOURCES", "Clock", "Files", "Reader"]
