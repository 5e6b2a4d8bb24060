"""Nodes: where water stands. One file per kind, one line here."""

from deltasim.nodes.basin import Basin
from deltasim.nodes.boundary import Boundary
from deltasim.nodes.channel import Channel
from deltasim.nodes.junction import Junction
from deltasim.nodes.wetland import Wetland

__all__ = ["NODES", "Basin", "Boundary", "Channel", "Junction", "Wetland"]

NODES = {node.kind: node for node in (Basin, Wetland, Channel, Junction, Boundary)}
"""Every kind of node, by the word in the scenario file."""
