"""What the water carries along, from masses to the variables of a result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deltasim.network import Network
from deltasim.quality import Tracer
from deltasim.solver.run import Rows, Totals

__all__ = ["Carried", "over_nodes"]

Floats = NDArray[np.float64]


def over_nodes(network: Network, storages: Floats) -> Floats:
    """Spread values of storages over all nodes.

    Parameters
    ----------
    network : Network
    storages : ndarray, shape (..., n_storage)

    Returns
    -------
    ndarray, shape (..., n_node)
        NaN on boundaries.
    """
    values = np.full((*storages.shape[:-1], len(network.node_name)), np.nan)
    values[..., network.storage] = storages
    return values


class Carried:
    """Knows the tracers of a run.

    Parameters
    ----------
    network : Network
        Of the start.
    tracers : sequence of Tracer
    """

    def __init__(self, network: Network, tracers: Sequence[Tracer]) -> None:
        self.network = network
        self.tracers = tuple(tracers)
        ends = np.cumsum([tracer.tanks for tracer in tracers], dtype=np.int64).tolist()
        self.own = [slice(end - tracer.tanks, end) for end, tracer in zip(ends, tracers, strict=True)]
        self.bed = np.array([curve.bed_level for curve in network.curves], dtype=float)

    def _named(self, kind: str) -> tuple[str, ...]:
        return tuple(tracer.name for tracer in self.tracers if tracer.kind == kind)

    @property
    def substances(self) -> tuple[str, ...]:
        """Names of what is dissolved."""
        return self._named("substance")

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of where water comes from."""
        return self._named("source")

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the result variables."""
        names = [name for substance in self.substances for name in (substance, f"{substance}_balance_error")]
        return (*names, *(["source_fraction"] if self.sources else []), *(["water_age"] if self._named("age") else []))

    @property
    def at_start(self) -> Floats:
        """Masses at the start, shape (R, n_storage)."""
        return np.concatenate([np.empty((0, len(self.network.storage))), *(t.mass for t in self.tracers)])

    def values(self, rows: Rows) -> dict[str, Floats]:
        """Concentrations, shares and ages at some output times.

        Parameters
        ----------
        rows : Rows

        Returns
        -------
        dict of str to ndarray, shape (k, n_node) or (k, n_source, n_node)
        """
        found: dict[str, Floats] = {}
        shares = []
        for tracer, own in zip(self.tracers, self.own, strict=True):
            seen = (rows.storage > 0.0) & (rows.stage - self.bed >= tracer.minimum_depth)
            content = np.full(rows.storage.shape, np.nan)
            np.divide(rows.mass[:, own].sum(axis=1), rows.storage, out=content, where=seen)
            spread = over_nodes(self.network, content)
            if tracer.kind == "source":
                shares.append(spread)
                continue
            for node, stage in zip(self.network.boundary.tolist(), self.network.boundary_stage, strict=True):
                if stage is not None and node in tracer.by_boundary:
                    spread[:, node] = tracer.by_boundary[node].at(rows.time)
            found["water_age" if tracer.kind == "age" else tracer.name] = spread
        if shares:
            found["source_fraction"] = np.stack(shares, axis=1)
        return found

    def errors(self, totals: Totals) -> dict[str, Floats]:
        """Errors of the balances of all substances, kg, shape (n_node,)."""
        return {
            f"{tracer.name}_balance_error": over_nodes(self.network, totals.mass_error[s])
            for s, tracer in enumerate(self.tracers)
            if tracer.kind == "substance"
        }

    def relative_errors(self, totals: Totals) -> dict[str, float]:
        """Global attributes: the error of each substance over all that there was of it."""
        return {
            f"relative_{tracer.name}_balance_error": float(totals.relative_mass_error[s])
            for s, tracer in enumerate(self.tracers)
            if tracer.kind == "substance"
        }

    def state(self, totals: Totals) -> dict[str, Floats]:
        """Masses at the end, for a run that goes on."""
        return {
            name: over_nodes(self.network, row)
            for tracer, own in zip(self.tracers, self.own, strict=True)
            for name, row in zip(tracer.state_names, totals.mass[own], strict=True)
        }
