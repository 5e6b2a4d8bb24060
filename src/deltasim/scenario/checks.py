"""Rules over a whole scenario: one ``check_*`` for each that must hold, one ``warn_*`` for each that should."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deltasim.control import CONTROLS, Control
from deltasim.faults import FieldError, did_you_mean, listed
from deltasim.fields import Component, Table
from deltasim.forcing.clock import Clock, show_time
from deltasim.network import lowest_sills
from deltasim.scenario.river import River
from deltasim.signal import Signal
from deltasim.state import InitialState

__all__ = ["CHECKS", "WARNINGS", "Draft", "Join", "warn_initial_state"]

COORDINATES = frozenset(("node", "link", "time", "source", "event", "bound", "member"))
"""Dimensions of a result; no variable may be called so."""


@dataclass(frozen=True)
class Join:
    """The ends of a link or load as the file gives them, whether or not its other keys are valid."""

    kind: str
    name: str
    ends: Mapping[str, str]


@dataclass(frozen=True)
class Draft:
    """A scenario as far as it could be read.

    Parameters
    ----------
    nodes, links : dict of str to Component
        What is valid in itself, by name.
    declared : dict of str to list of str
        Kinds under which each name stands in the file, valid or not.
    joins : tuple of Join
    node_kinds : frozenset of str
        Kinds that are nodes.
    link_kinds : frozenset of str
    control : Control
        Of no use where something is wrong with it.
    control_warnings : tuple of FieldError
    unused_series : tuple of str
    rivers : dict of str to River
        Those that are valid; their cells are among the nodes and links.
    parts : dict of str to str
        River that each of their cells and reaches belongs to.
    quality : dict of str to dict of str to Component
        Substances and loads that are valid, by kind and name.
    named : dict of str to tuple of str
        Names of them, valid or not.
    unused_covers : tuple of str
    """

    nodes: Mapping[str, Component]
    links: Mapping[str, Component]
    declared: Mapping[str, list[str]]
    joins: tuple[Join, ...]
    node_kinds: frozenset[str]
    link_kinds: frozenset[str]
    control: Control
    control_warnings: tuple[FieldError, ...] = field(default=())
    unused_series: tuple[str, ...] = field(default=())
    rivers: Mapping[str, River] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    quality: Mapping[str, Mapping[str, Component]] = field(default_factory=dict)
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unused_covers: tuple[str, ...] = field(default=())

    def ends(self, link: Component) -> Iterator[tuple[str, str]]:
        """Yield key and node name of each end that a link has."""
        for key in ("from", "to"):
            name = getattr(link, f"{key}_node", "")
            if name:
                yield key, name

    def is_outfall(self, name: str) -> bool:
        """Whether a node is a boundary without stage."""
        node = self.nodes.get(name)
        return node is not None and node.kind == "boundary" and getattr(node, "stage", None) is None

    def at(self, component: Component, message: str, *keys: str | int) -> FieldError:
        """Make an error at a component or one of its keys."""
        return FieldError(message, component.kind, component.name, *keys, absolute=True)


def check_there_is_a_node(draft: Draft) -> Iterator[FieldError]:
    """A scenario without nodes has no water."""
    if not any(set(kinds) & (draft.node_kinds | {River.kind}) for kinds in draft.declared.values()):
        yield FieldError("there is no node; a scenario needs one basin at least, as [basin.NAME]")


def check_names_are_unique(draft: Draft) -> Iterator[FieldError]:
    """Results and rules say just the name."""
    for name, kinds in draft.declared.items():
        is_part = name in draft.parts and kinds[0] in ("channel", "reach")
        taken = f"a part of [river.{draft.parts[name]}]" if is_part else f"[{kinds[0]}.{name}]"
        for kind in kinds[1:]:
            message = f'the name "{name}" is taken by {taken}; names are unique across nodes, links and rules'
            yield FieldError(message, kind, name, absolute=True)


def check_links_end_at_nodes(draft: Draft) -> Iterator[FieldError]:
    """Both ends of a link are nodes of the scenario."""
    names = [name for name, kinds in draft.declared.items() if set(kinds) & draft.node_kinds]
    for join in draft.joins:
        for key, name in join.ends.items():
            kinds = draft.declared.get(name, [])
            if set(kinds) & draft.node_kinds or "@" in name:
                continue  # a place on a river is looked for where the link is read
            if River.kind in kinds:
                message = f'"{name}" is a river; name a place on it, such as "{name}@0 km", its upstream end'
            elif kinds and set(kinds) <= draft.link_kinds | CONTROLS.keys():
                article = "an" if kinds[0][0] in "aeiou" else "a"
                message = f'"{name}" is {article} {kinds[0]}, not a node'
            elif kinds:
                continue
            else:
                have = f"; the nodes are {listed(names, 'and')}" if 0 < len(names) <= 8 else ""
                message = f'there is no node "{name}"{did_you_mean(name, names) or have}'
            yield FieldError(message, join.kind, join.name, key, absolute=True)


def check_links_do_not_bite_their_tail(draft: Draft) -> Iterator[FieldError]:
    """A link joins two nodes, not one with itself."""
    for join in draft.joins:
        if len(join.ends) == 2 and join.ends["from"] == join.ends["to"]:
            message = f'the link joins "{join.ends["to"]}" to itself'
            yield FieldError(message, join.kind, join.name, "to", absolute=True)


def check_links_reach_storage(draft: Draft) -> Iterator[FieldError]:
    """A link between boundaries moves water that no one keeps account of."""
    for link in draft.links.values():
        ends = list(draft.ends(link))
        if ends and all(getattr(draft.nodes.get(name), "stores", None) is False for _, name in ends):
            what = "joins two boundaries" if len(ends) == 2 else "is at a boundary"
            yield draft.at(link, f"the {link.kind} {what}; no basin or junction gains or loses by it", ends[-1][0])


def check_free_outfalls(draft: Draft) -> Iterator[FieldError]:
    """A boundary without stage has no stage to take a difference with, and gives nothing."""
    for link in draft.links.values():
        for key, name in draft.ends(link):
            words = _wants_of_an_outfall(link, key, name) if draft.is_outfall(name) else ""
            if words:
                yield draft.at(link, f"{words}; give [boundary.{name}] a stage", key)


def _wants_of_an_outfall(link: Any, key: str, name: str) -> str:
    """Say what a link asks of the free outfall at one of its ends that it cannot have; empty where nothing."""
    is_pump, leaves = link.kind == "pump", key == "from"
    gives = link.kind in ("pump", "reach", "fixed_flow", "rating") or getattr(link, "direction", "both") == "forward"
    both = "needs a stage at both ends"
    for wanted, words in (
        (link.kind == "resistance", f'a resistance {both}, and "{name}" is a free outfall'),
        (link.kind == "rating" and link.of == "difference", f"a rating of the difference {both}"),
        (is_pump and isinstance(link.capacity, Table), f"a pump with a curve over head {both}"),
        (is_pump and link.start_to_stage is not None, f'"{name}" is a free outfall and has no stage to start at'),
        (leaves and gives, f'nothing comes out of the free outfall "{name}"'),
        (
            leaves and link.kind == "breach" and link.trigger.time is None,
            f'"{name}" is a free outfall and has no stage that could start the breach',
        ),
    ):
        if wanted:
            return words
    return ""


def check_diversions_do_not_run_in_a_circle(draft: Draft) -> Iterator[FieldError]:
    """A diversion takes a share of what enters at that instant; in a circle each would wait for the others."""
    diversions = [link for link in draft.links.values() if link.kind == "diversion"]
    leaving: dict[str, list[Component]] = {}
    for link in diversions:
        leaving.setdefault(getattr(link, "from_node", ""), []).append(link)
    told: set[frozenset[str]] = set()
    for first in diversions:
        way = _way_back(first, leaving)
        circle = frozenset(link.name for link in way)
        if len(way) > 1 and circle not in told:
            told.add(circle)
            nodes = " -> ".join([getattr(first, "from_node", ""), *(getattr(link, "to_node", "") for link in way)])
            words = f"diversions run in a circle, {nodes}: each takes a share of what the others bring"
            names = listed([link.name for link in way[1:]], "or")
            yield draft.at(first, f"{words}; make {names} another kind of link, such as a fixed_flow or a weir", "to")


def _way_back(first: Component, leaving: Mapping[str, list[Component]]) -> list[Component]:
    """Links, the first one first, that lead back to where it begins; none where nothing does."""
    home = getattr(first, "from_node", "")
    ways, seen = [[first]], set()
    while ways:
        way = ways.pop(0)
        here = getattr(way[-1], "to_node", "")
        if here == home:
            return way
        if here not in seen:
            seen.add(here)
            ways += [[*way, link] for link in leaving.get(here, [])]
    return []


def check_reaches_have_beds(draft: Draft) -> Iterator[FieldError]:
    """The bed of a reach is given, or that of the channel at its end; into a free outfall it falls."""
    for link in draft.links.values():
        if link.kind != "reach":
            continue
        beds: list[float] = []
        for (key, name), own in zip(draft.ends(link), getattr(link, "end_sills", ()), strict=True):
            node = draft.nodes.get(name)
            if node is None:  # missing or invalid, which is reported
                break
            free = draft.is_outfall(name)
            sloping = free and getattr(link, "outfall_slope", None) is not None
            bed = getattr(node, "bed_level", None) if own is None else own
            if bed is None and not sloping:
                words = f'"{name}" is a {node.kind}, which does not say where the bed of the reach is'
                yield draft.at(link, f"give bed_level_{key} or bed_level: {words}")
            elif free and not sloping and beds and bed is not None and beds[0] <= bed:
                words = f'its bed does not fall towards the free outfall "{name}"'
                yield draft.at(link, f"{words}; give outfall_slope, or [boundary.{name}] a stage", key)
            if bed is not None:
                beds.append(bed)


def check_falls(draft: Draft) -> Iterator[FieldError]:
    """A length along the bed is more than the fall over it; else a level or the length is in other units."""
    whole: list[tuple[Any, list[float | None]]] = [
        (river, [river.bed_level_upstream, river.bed_level_downstream]) for river in draft.rivers.values()
    ]
    for link in draft.links.values():
        if link.kind in ("reach", "culvert") and link.name not in draft.parts:
            ends = zip(draft.ends(link), getattr(link, "end_sills", ()), strict=True)
            nodes = [(draft.nodes.get(name), own) for (_, name), own in ends]
            whole.append((link, [getattr(node, "bed_level", None) if own is None else own for node, own in nodes]))
    for it, (start, stop) in whole:
        if start is not None and stop is not None and abs(start - stop) >= it.length:
            words = f"from {start:g} m to {stop:g} m, the {it.kind} falls or rises by no less than its length"
            yield draft.at(it, f"{words}, {it.length:g} m; check the units of levels and length", "length")


def check_outfall_slopes(draft: Draft) -> Iterator[FieldError]:
    """The slope is that of the surface where no stage says what it is."""
    for link in draft.links.values():
        name = getattr(link, "to_node", "")
        if getattr(link, "outfall_slope", None) is None or name not in draft.nodes or draft.is_outfall(name):
            continue
        words = f'it is the slope into a boundary without stage, and "{name}" is a {draft.nodes[name].kind}'
        if draft.nodes[name].kind == "boundary":
            words += f" with a stage; leave it out, or leave out the stage of [boundary.{name}]"
        else:
            words += "; leave it out"
        yield draft.at(link, words, "outfall_slope")


def check_junctions_have_a_bed(draft: Draft) -> Iterator[FieldError]:
    """A junction's bed is the lowest sill of its links, where it has one."""
    sills = lowest_sills(draft.links)
    # A link that is itself invalid may have had the sill.
    all_valid = all(name in draft.links for name, kinds in draft.declared.items() if set(kinds) & draft.link_kinds)
    for node in draft.nodes.values():
        if node.kind != "junction":
            continue
        bed = getattr(node, "bed_level", None)
        if bed is None:
            bed = sills.get(node.name)
        start = getattr(node, "initial_stage", None)
        if bed is None and all_valid:
            yield draft.at(node, "give bed_level: no link at this junction has a sill to take it from")
        elif bed is not None and start is not None and start < bed:
            yield draft.at(node, f"expected a level at or above the bed ({bed:g} m), got {start:g} m", "initial_stage")


def check_concentrations_are_of_substances(draft: Draft) -> Iterator[FieldError]:
    """What a concentration is given of is a substance of the scenario."""
    known = draft.named.get("substance", ())
    for node in draft.nodes.values():
        if node.kind == "boundary" and getattr(node, "stage", None) is None and getattr(node, "concentration", None):
            yield draft.at(node, "nothing comes out of a free outfall; give it a stage", "concentration")
    for component in (*draft.nodes.values(), *draft.links.values()):
        groundwater = getattr(component, "groundwater", None)
        for keys, holder in ((("concentration",), component), (("groundwater", "concentration"), groundwater)):
            for name, _ in getattr(holder, "concentration", ()):
                if name not in known:
                    yield draft.at(component, _no_substance(name, known), *keys, name)


def check_loads_reach_water(draft: Draft) -> Iterator[FieldError]:
    """A load is of a substance and enters a node that holds water."""
    known = draft.named.get("substance", ())
    for load in draft.quality.get("load", {}).values():
        substance, place = getattr(load, "substance", ""), getattr(load, "to_node", "")
        if substance not in known:
            yield draft.at(load, _no_substance(substance, known), "substance")
        if place in draft.nodes and not getattr(draft.nodes[place], "stores", False):
            yield draft.at(load, f'"{place}" is a boundary, which holds no water that a load could enter', "to")


def check_names_of_substances(draft: Draft) -> Iterator[FieldError]:
    """A substance is a variable of the result, and must not be another one."""
    for name in draft.named.get("substance", ()):
        if name in COORDINATES or name.endswith("_balance_error"):
            yield FieldError(f'"{name}" has a meaning of its own in a result', "substance", name, absolute=True)


def _no_substance(name: str, known: Sequence[str]) -> str:
    hint = did_you_mean(name, known)
    remedy = "" if hint else f"; write [substance.{name}] to have one"
    return f'there is no substance "{name}"{hint}{remedy}'


def warn_sills_below_beds(draft: Draft) -> Iterator[FieldError]:
    """What lies below both beds counts as level with the higher one; perhaps the datum is another."""
    sills = lowest_sills(draft.links)
    for link in draft.links.values():
        sill = getattr(link, "sill", None)
        beds = [
            node.shape(sills.get(name)).bed_level
            for _, name in draft.ends(link)
            if (node := _storage(draft, name)) is not None
        ]
        if sill is not None and len(beds) == 2 and sill < min(beds):
            yield draft.at(link, f"its lowest level, {sill:g} m, lies below the beds at both ends, {min(beds):g} m")


def _storage(draft: Draft, name: str) -> Any:
    node = draft.nodes.get(name)
    return node if node is not None and getattr(node, "stores", False) else None


def warn_gate_coefficients(draft: Draft) -> Iterator[FieldError]:
    """The contraction is in the law of a gate; 0.6 would count it twice."""
    for link in draft.links.values():
        coefficient = getattr(link, "discharge_coefficient", None)
        if link.kind == "gate" and coefficient is not None and coefficient < 0.8:
            words = f"{coefficient:g} is low: the contraction of 0.61 is already in the law of a gate"
            yield draft.at(link, words, "discharge_coefficient")


def warn_diversions_of_more_than_enters(draft: Draft) -> Iterator[FieldError]:
    """Each diversion takes its share of the whole, not of what others leave."""
    scheduled = {schedule.controls: schedule.value for schedule in draft.control.schedules}
    leaving: dict[str, list[Any]] = {}
    for link in draft.links.values():
        if link.kind == "diversion" and getattr(link, "fraction", None) is not None:
            leaving.setdefault(getattr(link, "from_node", ""), []).append(link)
    for node, diversions in leaving.items():
        shares = [scheduled.get(f"diversion.{link.name}.fraction", link.fraction) for link in diversions]
        most = _largest_sum(shares)
        if len(shares) > 1 and most > 1.0 + 1e-9:
            names = listed([link.name for link in diversions], "and")
            words = f'{names} take {most:g} of what enters "{node}", more than there is; the rest is drawn from storage'
            yield draft.at(diversions[-1], words, "fraction")


def _largest_sum(signals: Sequence[Signal]) -> float:
    times = np.unique(np.concatenate([signal.time for signal in signals]))
    times = np.concatenate([times, np.nextafter(times, -np.inf)])  # at a jump the values before it as well
    return float(np.sum([signal.at(times) for signal in signals], axis=0).max())


def warn_control(draft: Draft) -> Iterator[FieldError]:
    """What rules do that is perhaps not meant."""
    yield from draft.control_warnings


def warn_unused_series(draft: Draft) -> Iterator[FieldError]:
    """A series that nothing uses is perhaps one that something should."""
    for name in draft.unused_series:
        yield FieldError("nothing uses this series", "series", name, absolute=True)


def warn_unused_covers(draft: Draft) -> Iterator[FieldError]:
    """Likewise a cover."""
    for name in draft.unused_covers:
        yield FieldError("nothing uses this cover", "cover", name, absolute=True)


def warn_initial_state(draft: Draft, state: InitialState | None, clock: Clock) -> Iterator[FieldError]:
    """A state of another time or of other nodes is allowed, but perhaps not meant."""
    if state is None:
        return
    here = ("scenario", "initial_state")
    aware = clock.start.tzinfo is not None
    if aware != (state.time.tzinfo is not None):
        yield FieldError("its times and those of this run do not both have an offset", *here, absolute=True)
    elif abs((state.time - clock.start).total_seconds()) > 1e-3:
        when = show_time(state.time)
        yield FieldError(f"it is the state of {when}, not of the start of this run", *here, absolute=True)
    stored = {name for name, node in draft.nodes.items() if getattr(node, "stores", False)}
    held = {name for name, volume in state.of("storage").items() if not math.isnan(volume)}  # boundaries hold none
    for names, words in (
        (stored - held, "is not in it and starts as this file says"),
        (held - stored, "is in it and not in this scenario: its water is left out"),
    ):
        for name in sorted(names):
            yield FieldError(f'"{name}" {words}', *here, absolute=True)


Rule = Callable[[Draft], Iterator[FieldError]]

CHECKS: tuple[Rule, ...] = (
    check_there_is_a_node,
    check_names_are_unique,
    check_links_end_at_nodes,
    check_links_do_not_bite_their_tail,
    check_links_reach_storage,
    check_free_outfalls,
    check_diversions_do_not_run_in_a_circle,
    check_reaches_have_beds,
    check_falls,
    check_outfall_slopes,
    check_junctions_have_a_bed,
    check_concentrations_are_of_substances,
    check_loads_reach_water,
    check_names_of_substances,
)
WARNINGS: tuple[Rule, ...] = (
    warn_sills_below_beds,
    warn_gate_coefficients,
    warn_diversions_of_more_than_enters,
    warn_control,
    warn_unused_series,
    warn_unused_covers,
)
