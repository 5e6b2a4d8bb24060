"""The network: which links join which nodes, with the curves and signals they have. No physics, no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim.fluxes import Source
from deltasim.geometry import Curve
from deltasim.links import Ends
from deltasim.signal import Signal
from deltasim.tide import Tide

__all__ = ["Network", "lowest_sills"]

Integers = NDArray[np.int64]


def lowest_sills(links: Mapping[str, Any]) -> dict[str, float]:
    """Find the lowest sill at each node.

    Parameters
    ----------
    links : mapping of str to link
        By name.

    Returns
    -------
    dict of str to float, m
        Only nodes that have a link with a sill.
    """
    lowest: dict[str, float] = {}
    for link in links.values():
        for node, sill in zip((link.from_node, link.to_node), getattr(link, "end_sills", (None, None)), strict=True):
            if sill is not None:
                lowest[node] = min(sill, lowest.get(node, np.inf))
    return lowest


@dataclass(frozen=True)
class Network:
    """Nodes and links as the scenario lists them.

    Parameters
    ----------
    node_name, node_kind : tuple of str
        All nodes, in the order of the file.
    nodes, links : tuple of components
        The models, in the order of the file; inflows and demands are links.
    link_name : tuple of str
    storage, boundary : ndarray, int64
        Which nodes hold water, and which are boundaries.
    curves : tuple of Curve
        Of each storage.
    initial_storage : ndarray, shape (n_storage,), m3
    boundary_stage : tuple of Signal, Tide or None
        Of each boundary; None is a free outfall.
    origin, target : ndarray, shape (n_link,), int64
        Node at either end of each link; -1 where that end is outside.
    sources : tuple of (str, int, Source)
        Law, node and flux of what enters or leaves nodes by itself.
    """

    node_name: tuple[str, ...]
    node_kind: tuple[str, ...]
    nodes: tuple[Any, ...]
    link_name: tuple[str, ...]
    links: tuple[Any, ...]
    storage: Integers
    boundary: Integers
    curves: tuple[Curve, ...]
    initial_storage: NDArray[np.float64]
    boundary_stage: tuple[Signal | Tide | None, ...]
    origin: Integers
    target: Integers
    sources: tuple[tuple[str, int, Source], ...]

    @classmethod
    def from_components(cls, nodes: Mapping[str, Any], links: Mapping[str, Any]) -> Network:
        """Connect components.

        Parameters
        ----------
        nodes, links : mapping of str to component
            By name, as a `Scenario` has them: every name that a link gives is there, every junction has a bed or a
            link with a sill.

        Returns
        -------
        Network
        """
        sills = lowest_sills(links)
        index = {name: i for i, name in enumerate(nodes)} | {"": -1}
        storage, boundary, curves, initial, stages = [], [], [], [], []
        sources: list[tuple[str, int, Source]] = []
        for i, (name, node) in enumerate(nodes.items()):
            if not node.stores:
                boundary.append(i)
                stages.append(node.stage)
                continue
            curve = node.shape(sills.get(name))
            storage.append(i)
            curves.append(curve)
            initial.append(node.starting_storage(curve))
            sources.extend((law, i, source) for law, source in node.sources(curve))
        return cls(
            node_name=tuple(nodes),
            node_kind=tuple(node.kind for node in nodes.values()),
            nodes=tuple(nodes.values()),
            link_name=tuple(links),
            links=tuple(links.values()),
            storage=np.array(storage, dtype=np.int64),
            boundary=np.array(boundary, dtype=np.int64),
            curves=tuple(curves),
            initial_storage=np.array(initial, dtype=float),
            boundary_stage=tuple(stages),
            origin=np.array([index[link.from_node] for link in links.values()], dtype=np.int64),
            target=np.array([index[link.to_node] for link in links.values()], dtype=np.int64),
            sources=tuple(sources),
        )

    def starting_with(self, storage: Mapping[str, float]) -> Network:
        """Make the same network with other storages at the start.

        Parameters
        ----------
        storage : mapping of str to float, m3
            By node; who is missing, or has no number, keeps its own.
        """
        names = [self.node_name[node] for node in self.storage]
        given = np.array([storage.get(name, np.nan) for name in names], dtype=float)
        return replace(self, initial_storage=np.where(np.isnan(given), self.initial_storage, given))

    def ends(self, tolerance: float) -> list[Ends]:
        """What each link's law may know of its two ends, in a run of that tolerance (m)."""
        by_node = {int(node): curve for node, curve in zip(self.storage, self.curves, strict=True)}
        return [
            Ends(by_node.get(int(a)), by_node.get(int(b)), tolerance)
            for a, b in zip(self.origin, self.target, strict=True)
        ]
