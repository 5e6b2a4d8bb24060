"""What is dissolved in the water, where the water came from, and how old it is."""

from deltasim.quality.models import QUALITY, Decay, Load, Substance, Tracing
from deltasim.quality.tracers import Tracer, trace

__all__ = ["QUALITY", "Decay", "Load", "Substance", "Tracer", "Tracing", "trace"]
