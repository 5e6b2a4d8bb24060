"""Tracers: everything that water carries along, in one form for the solver.

A substance, the share of the water that came from one source, and the age of water obey one equation; they differ in
what enters with water from outside, in whether evaporation takes them along, and in what is made or removed in the
node. The share of a source takes part in evaporation, so that all shares add up to 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deltasim.network import Network
from deltasim.quality.models import Decay, Load, Substance, Tracing
from deltasim.signal import Signal
from deltasim.state import InitialState

__all__ = ["INITIAL_WATER", "Tracer", "trace"]

INITIAL_WATER = "initial"
OF_SOURCES = {"rain": "rain", "evaporation": "rain", "seepage": "groundwater", "groundwater": "groundwater"}
"""What the water of each kind of source counts as; evaporation below 0 is dew."""

ONE = Signal.constant(1.0)
NOTHING = Signal.constant(0.0)


@dataclass(frozen=True)
class Tracer:
    """Something that water carries along.

    Parameters
    ----------
    name : str
        Of the substance or source.
    kind : {"substance", "source", "age"}
    mass : ndarray, shape (n_tank, n_storage)
        At the start, in each tank: kg, m3, or m3 s. Tanks are those of each node.
    by_link : dict of int to Signal
        Concentration in what enters by a link from outside; 0 where not given.
    by_boundary : dict of int to Signal
        Likewise from a node that is a boundary.
    by_source : dict of int to Signal
        Likewise by a source of the network.
    loads : tuple of (int, Signal)
        Node, and mass per time.
    decay : Decay, optional
    minimum_depth : float, m
    """

    name: str
    kind: Literal["substance", "source", "age"]
    mass: NDArray[np.float64]
    by_link: Mapping[int, Signal] = field(default_factory=dict)
    by_boundary: Mapping[int, Signal] = field(default_factory=dict)
    by_source: Mapping[int, Signal] = field(default_factory=dict)
    loads: tuple[tuple[int, Signal], ...] = ()
    decay: Decay | None = None
    minimum_depth: float = 0.01

    @property
    def tanks(self) -> int:
        """How many tanks in series each node counts as."""
        return len(self.mass)

    @property
    def evaporates(self) -> bool:
        """Whether evaporation takes it along."""
        return self.kind != "substance"

    @property
    def state_names(self) -> tuple[str, ...]:
        """What the mass in each tank is called in the state of a run."""
        whole = {"substance": f"mass_{self.name}", "source": f"source_{self.name}", "age": "age"}[self.kind]
        if self.tanks == 1:
            return (whole,)
        # A name begins with a letter, so that no other is taken for a tank.
        return tuple(f"mass_{p}_{self.name}" for p in range(1, self.tanks + 1))


def trace(
    network: Network,
    substances: Mapping[str, Substance],
    loads: Mapping[str, Load],
    tracing: Tracing,
    state: InitialState | None = None,
) -> tuple[Tracer, ...]:
    """Make the tracers of a run.

    Parameters
    ----------
    network : Network
        With the storages of the start.
    substances, loads : mapping of str to component
        By name.
    tracing : Tracing
    state : InitialState, optional
        Where another run ended; who is not in it starts as the scenario says.

    Returns
    -------
    tuple of Tracer
        Substances, then sources, then the age.
    """
    made = [_of_substance(network, substance, loads) for substance in substances.values()]
    if tracing.sources:
        made += _of_sources(network, tracing.minimum_depth)
    if tracing.age:
        mass = np.zeros((1, len(network.storage)))
        made.append(Tracer("age", "age", mass, minimum_depth=tracing.minimum_depth))
    if state is not None:
        for tracer in made:
            _resume(network, tracer, state)
        _keep_lost_sources(network, made, state)
    return tuple(made)


def _of_substance(network: Network, substance: Substance, loads: Mapping[str, Load]) -> Tracer:
    name = substance.name
    tanks = 1 if substance.decay is None else substance.decay.tanks
    at_start = np.array(
        [float(_concentration(network.nodes[node], name).value[0]) for node in network.storage], dtype=float
    )
    index = {node: i for i, node in enumerate(network.node_name)}
    return Tracer(
        name,
        "substance",
        np.tile(at_start * network.initial_storage / tanks, (tanks, 1)),
        by_link={i: _concentration(link, name) for i, link in enumerate(network.links)},
        by_boundary={int(node): _concentration(network.nodes[node], name) for node in network.boundary},
        by_source={
            i: _concentration(getattr(network.nodes[node], "groundwater", None), name)
            for i, (_, node, source) in enumerate(network.sources)
            if source.variable == "groundwater"
        },
        loads=tuple((index[load.to_node], load.mass) for load in loads.values() if load.substance == name),
        decay=substance.decay,
        minimum_depth=substance.minimum_depth,
    )


def _concentration(component: object, substance: str) -> Signal:
    """What a component says of a substance; 0 where it says nothing."""
    for name, signal in getattr(component, "concentration", ()):
        if name == substance:
            found: Signal = signal
            return found
    return NOTHING


def _of_sources(network: Network, minimum_depth: float) -> list[Tracer]:
    """One tracer for each place that water comes from: in all, every drop."""
    n = len(network.storage)
    found = [Tracer(INITIAL_WATER, "source", network.initial_storage[None].copy(), minimum_depth=minimum_depth)]
    for name in dict.fromkeys(OF_SOURCES[source.variable] for _, _, source in network.sources):
        entering = {i: ONE for i, (_, _, source) in enumerate(network.sources) if OF_SOURCES[source.variable] == name}
        found.append(Tracer(name, "source", np.zeros((1, n)), by_source=entering, minimum_depth=minimum_depth))
    for i in np.flatnonzero(network.origin < 0).tolist():
        found.append(
            Tracer(network.link_name[i], "source", np.zeros((1, n)), by_link={i: ONE}, minimum_depth=minimum_depth)
        )
    for node, stage in zip(network.boundary.tolist(), network.boundary_stage, strict=True):
        if stage is not None:  # nothing comes out of a free outfall
            name = network.node_name[node]
            entering = {node: ONE}
            found.append(Tracer(name, "source", np.zeros((1, n)), by_boundary=entering, minimum_depth=minimum_depth))
    return found


def _resume(network: Network, tracer: Tracer, state: InitialState) -> None:
    """Start from what another run left; in another number of tanks the mass is spread over them."""
    names = tracer.state_names
    found = [name for name in state.values if re.fullmatch(rf"mass_(?:[0-9]+_)?{re.escape(tracer.name)}", name)]
    if tracer.kind == "substance" and found and set(found) != set(names):
        total = np.sum([_of_storages(network, state, name) for name in found], axis=0)
        given = np.tile(total / tracer.tanks, (tracer.tanks, 1))
    else:
        given = np.array([_of_storages(network, state, name) for name in names])
    tracer.mass[:] = np.where(np.isfinite(given), given, tracer.mass)


def _of_storages(network: Network, state: InitialState, name: str) -> NDArray[np.float64]:
    """One variable of a state over the storages; NaN where it has none."""
    known = state.of(name)
    return np.array([known.get(network.node_name[node], np.nan) for node in network.storage], dtype=float)


def _keep_lost_sources(network: Network, tracers: Sequence[Tracer], state: InitialState) -> None:
    """Water of sources that are no more counts as that of the start: shares add up to 1."""
    own = {name for tracer in tracers for name in tracer.state_names}
    lost = [name for name in state.values if name.startswith("source_") and name not in own]
    for tracer in tracers:
        if tracer.kind == "source" and tracer.name == INITIAL_WATER:
            for name in lost:
                tracer.mass[0] += np.nan_to_num(_of_storages(network, state, name))
