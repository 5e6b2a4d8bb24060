"""Tracers as arrays for the compiled loop: what they are made from, and their state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim.constants import FADE_VOLUME
from deltasim.network import Network
from deltasim.quality import Tracer
from deltasim.signal import Signal

__all__ = ["TracerState", "TracerTable", "make_tracer_state", "pack_tracers"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RESOLVED_DEPTH = 0.01
"""Depth, m, below which errors of a concentration count less, in proportion."""


class TracerTable(NamedTuple):
    """What is carried along; T tracers, each a row of masses for each of its tanks, in F families of one matrix.

    Parameters
    ----------
    first : ndarray, shape (T + 1,)
        Tracer s owns the rows ``first[s]`` to ``first[s + 1]``.
    family : ndarray, shape (T,)
    driven_tracer, driven_flux, driven_signal : ndarray
        What enters with which concentration, where that varies.
    load_tracer, load_node, load_signal : ndarray
    background : ndarray, shape (T,)
    ageing : ndarray, shape (T,)
        1 where a second adds one to what is in every cubic metre.
    scale : ndarray, shape (T,)
        Largest concentration that is given.
    tanks, evaporates : ndarray, shape (F,)
        Whether evaporation takes it along.
    by_area, by_volume : ndarray, shape (F,), m/s and 1/s
        Rate of decay.
    own, vapour : ndarray, shape (m,)
        1 where a flux is no link, and where it is evaporation.
    resolved : ndarray, shape (n,), m3
        Storage below which errors count less.
    """

    first: Integers
    family: Integers
    driven_tracer: Integers
    driven_flux: Integers
    driven_signal: Integers
    load_tracer: Integers
    load_node: Integers
    load_signal: Integers
    background: Floats
    ageing: Integers
    scale: Floats
    tanks: Integers
    evaporates: Integers
    by_area: Floats
    by_volume: Floats
    own: Integers
    vapour: Integers
    resolved: Floats


class TracerState(NamedTuple):
    """Masses, and the scratch space of their transport; R rows of masses, P the most tanks of a tracer.

    Parameters
    ----------
    mass, content, after : ndarray, shape (R, n)
        Mass in each tank, its concentration, and that at the end of the part of the step.
    given : ndarray, shape (T, m)
        Concentration of what enters by each flux from outside or from a boundary; below 0 that of the node itself,
        where only a swing of the interpolation brings back what has left.
    kept_mass, kept_content, whole : ndarray, shape (R, n)
        Where a part of a step began, and the masses of one step in the place of two.
    carried, through, through_carry : ndarray, shape (T, m)
        By each flux in a part of a step, and over the run with the rounding of its sum.
    reacted, made, made_carry : ndarray, shape (T, n)
        Loads, ageing and decay, likewise.
    passed, kept_passed, next_passed, volume : ndarray, shape (m,), m3
        Moved since the start of the step, up to both ends of a part of it, and in it.
    held, kept_held, next_held : ndarray, shape (N,), m3
        Storage at those times.
    entering, leaving, taken, decayed : ndarray, shape (N,), m3
        In a part of a step: by links into and out of each node, otherwise out of it with the tracers of the family at
        hand, and the volume that decay would empty of them.
    added : ndarray, shape (N,)
        Mass of the tracer at hand that entered otherwise.
    implicit : ndarray, shape (N,)
        Share of the end of the part in what leaves.
    below, beyond : ndarray, shape (P, N)
        Content of each tank is `below` + `beyond` x content of the first.
    matrix, rhs : ndarray
    driven, load : ndarray, shape (2, n_driven) and (2, n_load)
        At both ends of the step.
    step : ndarray, shape (1,), s
        Length of the next part of a step.
    """

    mass: Floats
    content: Floats
    after: Floats
    given: Floats
    kept_mass: Floats
    kept_content: Floats
    whole: Floats
    carried: Floats
    through: Floats
    through_carry: Floats
    reacted: Floats
    made: Floats
    made_carry: Floats
    passed: Floats
    kept_passed: Floats
    next_passed: Floats
    volume: Floats
    held: Floats
    kept_held: Floats
    next_held: Floats
    entering: Floats
    leaving: Floats
    taken: Floats
    decayed: Floats
    added: Floats
    implicit: Floats
    below: Floats
    beyond: Floats
    matrix: Floats
    rhs: Floats
    driven: Floats
    load: Floats
    step: Floats


def pack_tracers(
    tracers: Sequence[Tracer],
    network: Network,
    place: Integers,
    spot: Integers,
    add_signal: Callable[..., int],
) -> tuple[TracerTable, Floats]:
    """Lay tracers out for the loop.

    Parameters
    ----------
    tracers : sequence of Tracer
    network : Network
    place : ndarray, shape (n_storage,)
        Where the solver has each storage of the network.
    spot : ndarray, shape (m,)
        Where it has each flux: links, then sources.
    add_signal : callable
        Numbers a signal; -1 for one that is constant over the run.

    Returns
    -------
    table : TracerTable
    given : ndarray, shape (T, m)
        Concentration of what enters by each flux at the start of the run.
    """
    links, m = len(network.links), len(spot)
    at = {int(node): int(place[i]) for i, node in enumerate(network.storage)}
    kinds = [_family(tracer) for tracer in tracers]
    families = list(dict.fromkeys(kinds))
    given = np.zeros((len(tracers), m))
    outfalls = [node for node, stage in zip(network.boundary, network.boundary_stage, strict=True) if stage is None]
    given[:, spot[:links][np.isin(network.target, [-1, *outfalls])]] = -1.0
    driven: list[tuple[int, int, int]] = []
    loads: list[tuple[int, int, int]] = []
    for s, tracer in enumerate(tracers):
        for flux, signal in _entering(tracer, network):
            given[s, spot[flux]] = signal.value[0]
            if (number := add_signal(signal)) >= 0:
                driven.append((s, int(spot[flux]), number))
        for node, signal in tracer.loads:
            # One that is constant has a signal all the same: there is but one way to a load.
            loads.append((s, at[node], add_signal(signal, True)))
    vapour = np.zeros(m, dtype=np.int64)
    own = np.zeros(m, dtype=np.int64)
    own[spot[links:]] = 1
    vapour[spot[links:]] = [source.variable == "evaporation" for _, _, source in network.sources]
    resolved = np.empty(len(place))
    resolved[place] = [max(float(c.storage_at(c.bottom_level + RESOLVED_DEPTH)), FADE_VOLUME) for c in network.curves]
    driving = np.array(driven, dtype=np.int64).reshape(-1, 3).T
    loading = np.array(loads, dtype=np.int64).reshape(-1, 3).T
    table = TracerTable(
        first=np.concatenate(([0], np.cumsum([t.tanks for t in tracers]))).astype(np.int64),
        family=np.array([families.index(kind) for kind in kinds], dtype=np.int64),
        driven_tracer=driving[0].copy(),
        driven_flux=driving[1].copy(),
        driven_signal=driving[2].copy(),
        load_tracer=loading[0].copy(),
        load_node=loading[1].copy(),
        load_signal=loading[2].copy(),
        background=np.array([t.decay.background if t.decay else 0.0 for t in tracers], dtype=float),
        ageing=np.array([t.kind == "age" for t in tracers], dtype=np.int64),
        scale=np.array([_scale(t, network) for t in tracers], dtype=float),
        tanks=np.array([kind[0] for kind in families], dtype=np.int64),
        evaporates=np.array([kind[1] for kind in families], dtype=np.int64),
        by_area=np.array([kind[2] for kind in families], dtype=float),
        by_volume=np.array([kind[3] for kind in families], dtype=float),
        own=own,
        vapour=vapour,
        resolved=resolved,
    )
    return table, given


def _family(tracer: Tracer) -> tuple[int, bool, float, float]:
    """What the matrix of a tracer depends on: tanks, whether it evaporates, rates of decay."""
    decay = tracer.decay
    by_area = (decay.rate or 0.0) if decay else 0.0
    by_volume = (decay.rate_constant or 0.0) if decay else 0.0
    return tracer.tanks, tracer.evaporates, by_area, by_volume


def _entering(tracer: Tracer, network: Network) -> list[tuple[int, Signal]]:
    """Fluxes, links before sources, by which something may enter from outside, and what is in it."""
    found = [(i, signal) for i, signal in tracer.by_link.items() if network.origin[i] < 0 or network.target[i] < 0]
    for ends in (network.origin, network.target):
        found += [(i, tracer.by_boundary[int(b)]) for i, b in enumerate(ends) if int(b) in tracer.by_boundary]
    return found + [(len(network.links) + i, signal) for i, signal in tracer.by_source.items()]


def _scale(tracer: Tracer, network: Network) -> float:
    """Largest concentration that is given, at the start or in what enters."""
    volume = network.initial_storage
    start = np.divide(tracer.mass.sum(axis=0), volume, out=np.zeros_like(volume), where=volume > 0.0)
    entering = [float(np.max(signal.value)) for _, signal in _entering(tracer, network)]
    background = tracer.decay.background if tracer.decay else 0.0
    return max([float(start.max(initial=0.0)), background, *entering])


def make_tracer_state(
    table: TracerTable, given: Floats, tracers: Sequence[Tracer], place: Integers, nodes: int, size: int
) -> TracerState:
    """Allocate the state at the start of a run.

    Parameters
    ----------
    table : TracerTable
    given : ndarray, shape (T, m)
        From `pack_tracers`.
    tracers : sequence of Tracer
    place : ndarray, shape (n_storage,)
    nodes : int
        N.
    size : int
        Slots of the matrix.
    """
    (count, fluxes), rows, n = given.shape, int(table.first[-1]), len(place)
    shapes: dict[str, tuple[int, ...]] = {
        "below": (int(table.tanks.max(initial=1)), nodes),
        "beyond": (int(table.tanks.max(initial=1)), nodes),
        "matrix": (size + 1,),
        "driven": (2, len(table.driven_flux)),
        "load": (2, len(table.load_node)),
        "step": (1,),
    }
    shapes |= dict.fromkeys(["mass", "content", "after", "kept_mass", "kept_content", "whole"], (rows, n))
    shapes |= dict.fromkeys(["given", "carried", "through", "through_carry"], (count, fluxes))
    shapes |= dict.fromkeys(["reacted", "made", "made_carry"], (count, n))
    shapes |= dict.fromkeys(["passed", "kept_passed", "next_passed", "volume"], (fluxes,))
    arrays: dict[str, Any] = {name: np.zeros(shapes.get(name, (nodes,))) for name in TracerState._fields}
    arrays["mass"][:, place] = np.concatenate([np.empty((0, n)), *(tracer.mass for tracer in tracers)])
    arrays["given"][:] = given
    arrays["step"][0] = np.inf
    return TracerState(**arrays)
