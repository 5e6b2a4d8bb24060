"""What diversions depend on: the fluxes that enter the nodes they leave."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deltasim.solver.fluxes import Entries

__all__ = ["diversion_order", "find_entries"]

Integers = NDArray[np.int64]


def diversion_order(origin: Sequence[int], target: Sequence[int]) -> list[int]:
    """Order diversions so that none feeds an earlier one.

    Parameters
    ----------
    origin, target : sequence of int, length n_diversion
        Nodes; no chain of diversions comes back to where it began.

    Returns
    -------
    list of int
    """
    order: list[int] = []
    waiting = set(range(len(origin)))
    while waiting:
        ready = sorted(d for d in waiting if not any(target[e] == origin[d] for e in waiting))
        assert ready, "diversions in a circle are refused before"
        order += ready
        waiting -= set(ready)
    return order


def find_entries(origin: Integers, target: Integers, first: int, last: int, links: Integers) -> Entries:
    """Find what enters the nodes that the diversions leave.

    Parameters
    ----------
    origin, target : ndarray, shape (n_flux,)
        Nodes at the two ends of each flux.
    first, last : int
        Diversions are the fluxes from the one to before the other, in the order of `diversion_order`.
    links : ndarray
        Fluxes that are links: rain and the like are not diverted.

    Returns
    -------
    Entries
    """
    starts, reach = [0], [0]
    entering: list[int] = []
    sign: list[float] = []
    flux: list[int] = []
    diversion: list[int] = []
    by: list[int] = []
    through: list[int] = []
    for k in range(first, last):
        for j in links.tolist():
            diverts = first <= j < last
            # A diversion never runs back, so one that leaves the node too does not enter it.
            if target[j] != origin[k] and (origin[j] != origin[k] or diverts):
                continue
            place = len(entering)
            entering.append(j)
            sign.append(1.0 if target[j] == origin[k] else -1.0)
            # What an earlier diversion depends on is known already.
            for e in range(reach[j - first], reach[j - first + 1]) if diverts else (-1,):
                flux.append(j if e < 0 else flux[e])
                diversion.append(k)
                by.append(place)
                through.append(e)
        starts.append(len(entering))
        reach.append(len(flux))

    def integers(values: Sequence[int]) -> Integers:
        return np.array(values, dtype=np.int64)

    return Entries(
        first=integers(starts),
        entering=integers(entering),
        sign=np.array(sign, dtype=np.float64),
        reach=integers(reach),
        flux=integers(flux),
        diversion=integers(diversion),
        by=integers(by),
        through=integers(through),
    )
