"""All fluxes of a network at one state: each kind's law over its own arrays, written into one array of fluxes.

Which law serves a group is decided by the type of its parameters when its own loop is compiled, so a new kind needs no
line here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

from deltasim._jit import Aside, call, jit
from deltasim.fluxes import SOURCES
from deltasim.links import LINKS

__all__ = [
    "Entries",
    "FluxTable",
    "Groups",
    "evaluate_groups",
    "evaluate_law",
    "fill_plain",
    "fill_sensitive",
    "make_groups",
]

QUICK = 3.0
"""Pace, 1/s, at which two stages must even out for derivatives between them to be those of a line."""

_ALL: tuple[Any, ...] = (*LINKS.values(), *SOURCES.values())
_KINDS: dict[type, Any] = {kind.parameters: kind for kind in _ALL}


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
    forward : ndarray, shape (n_flux,)
        1 where no water may turn back.
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
    forward: NDArray[np.int64]
    close: float
    shut: float
    group: NDArray[np.int64]
    fades: NDArray[np.int64]
    fade_volume: NDArray[np.float64]
    bed_storage: NDArray[np.float64]
    soil_fade_volume: NDArray[np.float64]
    entries: Entries


def evaluate_law(p: Any, i: int, h_from: float, h_to: float, setting: float) -> tuple[float, ...]:
    """Evaluate the law that belongs to the type of `p`, water flowing either way.

    Parameters
    ----------
    p : NamedTuple
        Parameters of a registered kind.
    i : int
        Which of its links.
    h_from, h_to : float, m
    setting : float

    Returns
    -------
    discharge : float, m3/s
        Positive from ``from`` to ``to``.
    by_from, by_to, by_setting : float
        Its derivatives.
    """
    kind = _KINDS[type(p)]
    if not kind.symmetric or h_from >= h_to:
        return kind.law(p, i, h_from, h_to, setting)  # type: ignore[no-any-return]
    q, by_up, by_down, by_setting = kind.law(p, i, h_to, h_from, setting)
    return -q, -by_down, -by_up, -by_setting


@jit
def fading(volume, scale):  # type: ignore[no-untyped-def]
    """Share of a flux that a nearly dry source gives, s^2 (3 - 2 s), and its growth with the volume."""
    s = min(max(volume / scale, 0.0), 1.0)
    return s * s * (3.0 - 2.0 * s), 6.0 * s * (1.0 - s) / scale


@jit
def steepened(discharge, gap, by_from, by_to):  # type: ignore[no-untyped-def]
    """Derivatives for the Jacobian of a law that goes as a low power p of a small difference of stages.

    A linearly implicit step is one of Newton's, and from the root of |x|^p with p up to a half these lead away: to and
    fro within the tolerance, at the pace at which two stages even out. With one and a half times the slope of the chord
    they close in for every such p; the method keeps order 2 with any derivatives.
    """
    if discharge > 1.66 * gap * max(by_from, -by_to):
        slope = 1.5 * discharge / gap
        return slope, -slope
    return by_from, by_to


def _filler(kind: Any) -> Any:
    """Make the loop of one kind, with its law inside."""
    law, symmetric, may_fade = kind.law, kind.symmetric, bool(kind.fades)
    steep = getattr(kind, "steep", False)
    reaches_soil = getattr(kind, "reaches_soil", False)
    if kind.of_inflow:
        return _diverter(law)

    def fill(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> None:
        origin, target, stage, volume = table.origin, table.target, work.trial_stage, work.trial
        setting, factors, lift, rise = work.setting, work.factor, work.lift, work.rise
        by_from, by_to, by_time = work.by_from, work.by_to, work.by_time
        start = table.group[g]
        for i in range(table.group[g + 1] - start):
            k = start + i
            a, b = origin[k], target[k]
            back = symmetric and stage[b] > stage[a]
            if back:
                value, d_to, d_from, d_setting = law(p, i, stage[b], stage[a], setting[k])
                value, d_to, d_from, d_setting = -value, -d_to, -d_from, -d_setting
            else:
                value, d_from, d_to, d_setting = law(p, i, stage[a], stage[b], setting[k])
            factor = factors[k]
            flux = value * factor
            part = 1.0
            given = 1.0
            growth = 0.0
            if flux < 0.0 and table.forward[k] == 1:
                # A flap that is all but open is seen as open in derivatives only: a step that opens it must know how
                # much would flow, or it would have to end within the time in which two stages even out.
                part = 0.0
                given = 1.0 if steep and stage[b] - stage[a] < table.shut else 0.0
            elif may_fade and table.fades[k] == 1:
                donor = a if flux >= 0.0 else b
                left, scale = volume[donor] - table.bed_storage[donor], table.fade_volume[donor]
                if reaches_soil:
                    left, scale = volume[donor], table.soil_fade_volume[donor]
                if left < scale:
                    part, growth = fading(left, scale)
                    given = part
            q[k] = flux * part
            if sensitive:
                rate = factor * (d_from * rise[a] + d_to * rise[b] + d_setting * work.setting_rate[k])
                by_time[k] = part * (rate + value * work.factor_rate[k])
                if steep:
                    gap = abs(stage[a] - stage[b])
                    most = max(lift[a], lift[b])
                    if gap < table.close * max(1.0, most) and abs(flux) * most > QUICK * gap:
                        d_from, d_to = steepened(abs(value), gap, d_from, d_to)
                by_from[k] = given * factor * d_from * lift[a]
                by_to[k] = given * factor * d_to * lift[b]
                if growth > 0.0:
                    if flux >= 0.0:
                        by_from[k] += flux * growth
                    else:
                        by_to[k] += flux * growth

    return fill


def _diverter(law: Any) -> Any:
    """Make the loop of a kind whose discharge depends on what enters the node it leaves."""

    def fill(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> None:
        entries, start = table.entries, table.group[g]
        for d in range(table.group[g + 1] - start):
            k = start + d
            inflow = 0.0
            inflow_rate = 0.0
            for j in range(entries.first[d], entries.first[d + 1]):
                flux = entries.sign[j] * q[entries.entering[j]]
                if flux > 0.0:
                    inflow += flux
                    inflow_rate += entries.sign[j] * work.by_time[entries.entering[j]]
            value, slope, _, d_setting = law(p, d, inflow, 0.0, work.setting[k])
            q[k] = value * work.factor[k]
            if sensitive:
                slope *= work.factor[k]
                work.by_from[k] = 0.0
                work.by_to[k] = 0.0
                change = work.factor[k] * d_setting * work.setting_rate[k] + value * work.factor_rate[k]
                work.by_time[k] = slope * inflow_rate + change
                for e in range(entries.reach[d], entries.reach[d + 1]):
                    j = entries.by[e]
                    enters = entries.sign[j] * q[entries.entering[j]] > 0.0
                    way = entries.sign[j] if entries.through[e] < 0 else work.weight[entries.through[e]]
                    work.weight[e] = slope * way if enters else 0.0

    return fill


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


def fill_plain(p, g, table, work, q):  # type: ignore[no-untyped-def]
    """Fill the fluxes of a group, without derivatives."""
    fill_group(p, g, False, table, work, q)
    return 0


def fill_sensitive(p, g, table, work, q):  # type: ignore[no-untyped-def]
    """Fill the fluxes of a group and their derivatives."""
    fill_group(p, g, True, table, work, q)
    return 0


def fill_group(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> None:
    """Fill the fluxes of group `g`, whose law belongs to the type of its parameters `p`."""
    _filler(_KINDS[type(p)])(p, g, sensitive, table, work, q)


@overload(fill_group, jit_options={"error_model": "numpy", "forceinline": True})  # type: ignore[untyped-decorator, unused-ignore]
def _fill_group(p: Any, g: int, sensitive: bool, table: Any, work: Any, q: Any) -> Any:
    return _filler(_KINDS[p.target.instance_class])


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
    for p, g in zip(groups.held.content, groups.group, strict=True):
        fill_group(p, g, sensitive, table, work, q)


@overload(evaluate_groups, jit_options={"error_model": "numpy"})  # type: ignore[untyped-decorator, unused-ignore]
def _evaluate_groups(groups: Any, sensitive: bool, table: Any, work: Any, q: Any) -> Any:
    def by_address(groups: Any, sensitive: bool, table: Any, work: Any, q: Any) -> None:
        for j in range(groups.group.shape[0]):
            loop = groups.sensitive[j] if sensitive else groups.plain[j]
            call(loop, groups.parameters[j], groups.group[j], table, work, q)

    return by_address
