"""What enters or leaves a node by itself: rain, evaporation, seepage, groundwater."""

from deltasim.fluxes.sources import SOURCES, Ground, Source, SourceKind

__all__ = ["SOURCES", "Ground", "Source", "SourceKind"]
