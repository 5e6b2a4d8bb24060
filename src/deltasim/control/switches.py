"""What turns on and off by itself in a link, compiled: start and stop stages, flap valves, whatever a kind declares."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from deltasim.control.expression import compile_condition
from deltasim.control.names import Names
from deltasim.control.program import BuiltIn
from deltasim.faults import FieldErrors
from deltasim.links import LINKS, Switch

__all__ = ["built_in"]


def built_in(link: Any, names: Names) -> Iterator[BuiltIn]:
    """Compile the switches of a link.

    Parameters
    ----------
    link : Link
    names : Names
        With the nodes at its ends. Where one of them is invalid there is nothing to switch, nor where a switch names
        what there is not, such as the stage of a free outfall: both are reported where they stand.

    Yields
    ------
    BuiltIn
    """
    ends = [name for name in (link.from_node, link.to_node) if name]
    if not all(name in names.nodes for name in ends):
        return
    kind = LINKS[link.kind]
    path = f"{link.kind}.{link.name}"
    for switch in (*(kind.switches(link) if kind.switches is not None else ()), *_flap(link)):
        try:
            when = compile_condition(switch.when, names).expression
            until = None if switch.until is None else compile_condition(switch.until, names).expression
        except FieldErrors:
            continue
        key = (kind.setting or "development") if switch.key == "setting" else switch.key
        yield BuiltIn(
            path=path,
            moves=f"{path}.{key}" if key else "",
            when=when,
            until=until,
            on=switch.on,
            off=switch.off,
            rate=math.inf if switch.rate is None else switch.rate,
            delay=switch.delay,
        )


def _flap(link: Any) -> tuple[Switch, ...]:
    """Declare that of a flap valve, which moves nothing: every turn of the head is an event."""
    if getattr(link, "direction", "both") != "forward":
        return ()
    high, low = f"{link.from_node}.stage", f"{link.to_node}.stage"
    return (Switch("", f"{high} >= {low}", f"{high} < {low}"),)
