"""The scenario file: read, merged, validated, and everything that is wrong with it at once."""

from deltasim.scenario.layers import read_override
from deltasim.scenario.load import Scenario, from_text, load
from deltasim.scenario.schema import json_schema

__all__ = ["Scenario", "from_text", "json_schema", "load", "read_override"]
