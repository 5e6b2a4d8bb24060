"""Links: what moves water from node to node. One file per law, one line here."""

from deltasim.links.demand import DEMAND
from deltasim.links.fixed_flow import FIXED_FLOW
from deltasim.links.gate import GATE
from deltasim.links.inflow import INFLOW
from deltasim.links.kind import Ends, Link, LinkKind, StageDrivenLink
from deltasim.links.levee import LEVEE
from deltasim.links.orifice import ORIFICE
from deltasim.links.pump import PUMP
from deltasim.links.rating import RATING
from deltasim.links.resistance import RESISTANCE
from deltasim.links.weir import WEIR

__all__ = ["LINKS", "Ends", "Link", "LinkKind", "StageDrivenLink"]

LINKS: dict[str, LinkKind] = {
    kind.name: kind for kind in (WEIR, ORIFICE, GATE, PUMP, RATING, RESISTANCE, LEVEE, FIXED_FLOW, INFLOW, DEMAND)
}
"""Every kind of link, by the word in the scenario file."""
