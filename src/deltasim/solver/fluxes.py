"""All fluxes of a network at one state: kind by kind, written into one array of fluxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

from deltasim._jit import call
from deltasim._packed import Aside
from deltasim.solver.filling import fill_group
from deltasim.solver.incidence import Runs, take_ends

__all__ = ["Entries", "FluxTable", "Groups", "evaluate_groups", "make_groups"]


class Entries(NamedTuple):
    """What enters the nodes that diversions leave.

    Diversions are counted in an order in which none feeds an earlier one.

    Parameters
    ----------
    first : ndarray, shape (n_diversion + 1,)
        Diversion d takes its share of the fluxes ``first[d]`` to ``first[d + 1]``.
    entering, sign : ndarray
        Such a flux, and 1 where the node is its target, -1 where it is its origin.
    reach : ndarray, shape (n_diversion + 1,)
        Diversion d depends on the storages through the entries ``reach[d]`` to ``reach[d + 1]``.
    flux, diversion : ndarray
        Of each entry: a flux that is no diversion, and the flux of the diversion.
    by, through : ndarray
        Of each entry: place in `entering`, and the entry of another diversion that it goes through, or -1.
    """

    first: NDArray[np.int64]
    entering: NDArray[np.int64]
    sign: NDArray[np.float64]
    reach: NDArray[np.int64]
    flux: NDArray[np.int64]
    diversion: NDArray[np.int64]
    by: NDArray[np.int64]
    through: NDArray[np.int64]


class FluxTable(NamedTuple):
    """Everything that moves water, link by link and source by source.

    Nodes are counted storages first, in order of elimination, then boundaries, then the one that stands for outside.

    Parameters
    ----------
    origin, target : ndarray, shape (n_flux,)
        Nodes at the two ends.
    runs : Runs
        Fluxes that follow each other as their nodes do.
    forward : ndarray, shape (n_flux,)
        1 where no water may turn back.
    one_way : ndarray
        Fluxes of which that is so.
    close : float, m
        Difference of stages up to which the derivatives of steep laws are those of a line, where it is gone in no time.
    shut : float, m
        Difference of stages up to which what is held back keeps its derivatives, as if it were about to flow.
    group : ndarray, shape (n_group + 1,)
        First flux of each group of a kind.
    fades : ndarray, shape (n_flux,)
        1 where the flux fades as its source runs dry.
    fade_volume : ndarray, shape (n_node,), m3
        Volume over which it fades; 0 for nodes that never run dry.
    bed_storage : ndarray, shape (n_node,), m3
        Volume below the bed, in the soil, on which that stands: out of reach.
    soil_fade_volume : ndarray, shape (n_node,), m3
        Volume over which fades what reaches into the soil.
    entries : Entries
        Of diversions.
    """

    origin: NDArray[np.int64]
    target: NDArray[np.int64]
    runs: Runs
    forward: NDArray[np.int64]
    one_way: NDArray[np.int64]
    close: float
    shut: float
    group: NDArray[np.int64]
    fades: NDArray[np.int64]
    fade_volume: NDArray[np.float64]
    bed_storage: NDArray[np.float64]
    soil_fade_volume: NDArray[np.float64]
    entries: Entries


class Groups(NamedTuple):
    """What moves water, kind by kind: the parameters of each kind that a network has, and its loops.

    Each kind's loop is compiled by itself, when a network first has one, and found by its address. It comes twice,
    since a law that need not give its derivatives takes a third less time.

    Parameters
    ----------
    group : ndarray, shape (n_kind,)
        Which group of `FluxTable` it fills, rising.
    parameters, plain, sensitive : ndarray, shape (n_kind,)
        Addresses of its parameters, and of its loop without and with derivatives; 0 before `kernels.pack`.
    held : Aside
        A list of the parameters themselves.
    """

    group: NDArray[np.int64]
    parameters: NDArray[np.int64]
    plain: NDArray[np.int64]
    sensitive: NDArray[np.int64]
    held: Aside


def make_groups(parameters: Sequence[Any], length: NDArray[np.int64]) -> Groups:
    """Gather the parameters of the kinds that have any fluxes.

    Parameters
    ----------
    parameters : sequence of NamedTuple
        Of every kind, in the order of the registries.
    length : ndarray, shape (n_group,)
        Number of fluxes of each.

    Returns
    -------
    Groups
    """
    group = np.flatnonzero(length)
    nowhere = np.zeros_like(group)
    return Groups(group, nowhere, nowhere, nowhere, Aside([parameters[g] for g in group.tolist()]))


def evaluate_groups(groups: Groups, sensitive: bool, table: Any, work: Any, q: Any) -> None:
    """Evaluate all fluxes.

    Parameters
    ----------
    groups : Groups
    sensitive : bool
        Whether derivatives are wanted.
    table : FluxTable
    work : Work
        Volumes and stages of nodes in `trial` and `trial_stage`, `lift` and `rise`, settings and factors; with
        derivatives `by_from`, `by_to`, `by_time` and `weight` are filled.
    q : ndarray, shape (m,), m3/s
        Filled.
    """
    take_ends(table, work.awake, work.trial_stage, work.at_from, work.at_to)
    if sensitive:
        take_ends(table, work.awake, work.lift, work.lift_from, work.lift_to)
        take_ends(table, work.awake, work.rise, work.rise_from, work.rise_to)
    for p, g in zip(groups.held.content, groups.group, strict=True):
        fill_group(p, g, sensitive, table, work, q)


@overload(evaluate_groups, jit_options={"error_model": "numpy"})  # type: ignore[untyped-decorator, unused-ignore]
def _evaluate_groups(groups: Any, sensitive: bool, table: Any, work: Any, q: Any) -> Any:
    def by_address(groups: Any, sensitive: bool, table: Any, work: Any, q: Any) -> None:
        take_ends(table, work.awake, work.trial_stage, work.at_from, work.at_to)
        if sensitive:
            take_ends(table, work.awake, work.lift, work.lift_from, work.lift_to)
            take_ends(table, work.awake, work.rise, work.rise_from, work.rise_to)
        for j in range(groups.group.shape[0]):
            loop = groups.sensitive[j] if sensitive else groups.plain[j]
            call(loop, groups.parameters[j], groups.group[j], table, work, q)

    return by_address
