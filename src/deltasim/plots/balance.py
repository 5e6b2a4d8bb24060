"""The water balance of a node, of several together or of the whole network, from the interval means of a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import PlotError
from deltasim.plots.select import index_of, names_of
from deltasim.variables import VARIABLES

__all__ = ["Balance", "Term", "water_balance"]

_BY_LINK: Final = ("inflow", "demand")
"""Terms that are the discharge of links as well, and are counted there, by link."""

TERMS: Final = tuple(
    row.name
    for row in VARIABLES.values()
    if row.dims == ("time", "node") and row.units == "m3 s-1" and row.name not in _BY_LINK
)
"""What enters or leaves a node by itself."""


@dataclass(frozen=True)
class Term:
    """One line of a balance.

    Parameters
    ----------
    name : str
        A variable such as ``rain``, or a link.
    into : float, m3
        What came in by it, not below 0.
    out : float, m3
        What left by it, not above 0. A tidal link has both.
    """

    name: str
    into: float
    out: float


@dataclass(frozen=True)
class Balance:
    """What came in, what left, and what that did to the storage.

    Parameters
    ----------
    terms : tuple of Term
        Without those that are nothing.
    storage_change : float, m3
        From the first output time to the last.
    """

    terms: tuple[Term, ...]
    storage_change: float

    @property
    def into(self) -> float:
        """All that came in, m3."""
        return sum(term.into for term in self.terms)

    @property
    def out(self) -> float:
        """All that left, m3, not above 0."""
        return sum(term.out for term in self.terms)

    @property
    def error(self) -> float:
        """What is left over, m3: 0 but for round-off in a file of double precision."""
        return self.into + self.out - self.storage_change


def water_balance(result: xr.Dataset, nodes: Sequence[str] | None = None) -> Balance:
    """Add up the interval means of a result for a part of the network.

    Parameters
    ----------
    result : xarray.Dataset
        From `deltasim.run` or `deltasim.open`, with all its links; times may have been selected, one after the other.
    nodes : sequence of str, optional
        Taken together: what flows between them counts as nothing. By default all that store water.

    Returns
    -------
    Balance

    Raises
    ------
    PlotError
        A node is unknown or stores nothing, or means are missing in between.

    Notes
    -----
    V(end) - V(start) = sum over intervals of dt (sum of rain, evaporation, seepage and groundwater + sum of discharges
    that cross the border, positive inwards). The mean at the first output time is of an interval before the period and
    is left out.
    """
    storage = result.storage.transpose("time", ...).isel(time=[0, -1]).values.reshape(2, -1)
    stores = np.isfinite(storage).all(axis=0)
    if nodes is None:
        inside = stores
    else:
        inside = np.zeros(len(stores), dtype=bool)
        for name in nodes:
            index = index_of(name, result, "node")
            if not stores[index]:
                raise PlotError(f"{name} stores no water, so it has no balance: choose a node with a storage")
            inside[index] = True
    seconds = np.diff(result.time.values) / np.timedelta64(1, "s")
    terms = [_of_nodes(result, name, inside, seconds) for name in TERMS if name in result]
    terms += _of_links(result, inside, seconds)
    change = float((storage[1] - storage[0])[inside].sum())
    return Balance(tuple(term for term in terms if term.into or term.out), change)


def _of_nodes(result: xr.Dataset, name: str, inside: NDArray[np.bool_], seconds: NDArray[np.float64]) -> Term:
    rates = result[name].transpose("time", ...).values.reshape(len(seconds) + 1, -1)[1:, inside]
    return _term(name, rates[:, ~np.isnan(rates).all(axis=0)], seconds)


def _of_links(result: xr.Dataset, inside: NDArray[np.bool_], seconds: NDArray[np.float64]) -> list[Term]:
    """The links that cross the border."""
    members = {name for name, is_in in zip(names_of(result, "node"), inside, strict=True) if is_in}
    starts, ends = (np.atleast_1d(result[end].values).astype(str) for end in ("from_node", "to_node"))
    terms = []
    for i, (name, start, end) in enumerate(zip(names_of(result, "link"), starts, ends, strict=True)):
        if (start in members) != (end in members):
            rates = result.discharge.transpose("time", ...).isel(link=i).values[1:]
            terms.append(_term(name, (rates if end in members else -rates)[:, np.newaxis], seconds))
    return terms


def _term(name: str, rates: NDArray[np.float64], seconds: NDArray[np.float64]) -> Term:
    """Volumes in and out from rates, shape (n_interval, n), m3/s into the nodes."""
    if np.isnan(rates).any():
        raise PlotError(
            f"{name} has gaps in this period, so nothing can be added up; choose another with --from and --to"
        )
    volumes = rates * seconds[:, np.newaxis]
    return Term(name, float(volumes[volumes > 0.0].sum()), float(volumes[volumes < 0.0].sum()))
