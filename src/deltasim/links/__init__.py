"""Links: what moves water from node to node. One file per law, one line here."""

from deltasim.links.breach import BREACH
from deltasim.links.culvert import CULVERT
from deltasim.links.demand import DEMAND
from deltasim.links.diversion import DIVERSION
from deltasim.links.fixed_flow import FIXED_FLOW
from deltasim.links.gate import GATE
from deltasim.links.inflow import INFLOW
from deltasim.links.kind import Ends, Link, LinkKind, StageDrivenLink, Switch
from deltasim.links.levee import LEVEE
from deltasim.links.orifice import ORIFICE
from deltasim.links.pump import PUMP
from deltasim.links.rating import RATING
from deltasim.links.reach import REACH
from deltasim.links.resistance import RESISTANCE
from deltasim.links.weir import WEIR

__all__ = ["LINKS", "Ends", "Link", "LinkKind", "StageDrivenLink", "Switch"]

LINKS: dict[str, LinkKind] = {
    kind.name: kind
    for kind in (
        WEIR,
        ORIFICE,
        GATE,
        CULVERT,
        PUMP,
        RATING,
        REACH,
        RESISTANCE,
        BREACH,
        LEVEE,
        FIXED_FLOW,
        INFLOW,
        DEMAND,
        DIVERSION,
    )
}
"""Every kind of link, by the word in the scenario file; what depends on the discharge of others comes last."""
