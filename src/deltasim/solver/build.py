"""From a network to arrays: order the equations, group the fluxes, lay out curves and signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim.constants import (
    FADE_DEPTH,
    FADE_VOLUME,
    GRAVITY,
    NO_TAILWATER,
    UNIT_AREA,
    WATER_DENSITY,
)
from deltasim.control import Control
from deltasim.fluxes import SOURCES
from deltasim.geometry import Curve, pack_curves
from deltasim.links import LINKS
from deltasim.network import Network
from deltasim.quality import Tracer
from deltasim.signal import Signal
from deltasim.solver.actuators import OPEN, SETTING
from deltasim.solver.awake import find_neighbours
from deltasim.solver.conditions import Places
from deltasim.solver.controls import Controls, pack_controls
from deltasim.solver.diversions import diversion_order, find_entries
from deltasim.solver.elimination import plan_elimination
from deltasim.solver.fluxes import Entries, FluxTable, make_groups
from deltasim.solver.incidence import find_runs
from deltasim.solver.kernels import pack
from deltasim.solver.method import RODAS4P2, Method
from deltasim.solver.ordering import along_paths, minimum_degree
from deltasim.solver.places import KERNELS
from deltasim.solver.problem import Bindings, Problem, SignalTable, Slots, Work, make_work
from deltasim.solver.tides import longest_step, pack_tides
from deltasim.solver.tracers import make_tracer_state, pack_tracers
from deltasim.tide import Tide

__all__ = ["Prepared", "prepare"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NO_CONTROL = Control()


@dataclass(frozen=True)
class Prepared:
    """A problem, its state, and the way back to the network's own order.

    Parameters
    ----------
    problem : Problem
    work : Work
    place : ndarray, shape (n_storage,)
        Where the solver has each storage of the network.
    link_flux : ndarray, shape (n_link,)
        Where it has the flux of each link.
    source_flux : ndarray, shape (n_source,)
        Where it has the flux of each source.
    controls : Controls
    """

    problem: Problem
    work: Work
    place: Integers
    link_flux: Integers
    source_flux: Integers
    controls: Controls

    @cached_property
    def packed(self) -> tuple[Any, Any]:
        """Problem and state as compiled code takes them, with the kernels that are compiled by themselves in place."""
        return pack(self.problem, self.work)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy gets: not the addresses, which are those of this one's arrays."""
        return {name: value for name, value in self.__dict__.items() if name != "packed"}


@dataclass
class _Flux:
    """One flux on its way into the arrays: ends as storages, boundaries and outside are counted by the solver."""

    group: int
    origin: int
    target: int
    setting: Signal
    factor: float
    open: Signal
    forward: bool
    fades: bool
    lift_power: float


class _Signals:
    """Collects the signals that vary, each once however many things it drives."""

    def __init__(self, end: float) -> None:
        self.end = end
        self.number: dict[int, int] = {}
        self.kept: list[Signal] = []

    def add(self, signal: Signal, constant_too: bool = False) -> int:
        """Number of a signal, -1 if it is constant over the run unless such are wanted too."""
        if signal.is_constant and not constant_too:
            return -1
        if id(signal) not in self.number:
            self.number[id(signal)] = len(self.kept)
            self.kept.append(signal)
        return self.number[id(signal)]

    def table(self) -> tuple[SignalTable, Floats]:
        """Pieces of all signals, and every time at which one bends or jumps."""
        columns: list[list[Floats]] = [[np.empty(0)], [np.empty(0)], [np.empty(0)]]
        lengths = []
        for signal in self.kept:
            time = np.concatenate(([0.0], signal.breakpoints(0.0, self.end)))
            value = signal.at(time)
            slope = np.zeros_like(value)
            if signal.interpolation == "linear":
                slope = np.diff(signal.at(np.append(time, self.end))) / np.diff(np.append(time, self.end))
            for column, part in zip(columns, (time, value, slope), strict=True):
                column.append(part)
            lengths.append(len(time))
        ends = np.cumsum(lengths, dtype=np.int64)
        first = ends - np.array(lengths, dtype=np.int64)
        time, value, slope = (np.concatenate(column) for column in columns)
        stops = np.unique(np.append(time[time > 0.0], self.end))
        return SignalTable(first, ends - 1, time, value, slope), stops


def prepare(
    network: Network,
    *,
    end: float,
    tolerance: float,
    max_step: float,
    control: Control = NO_CONTROL,
    time_of_day: float = 0.0,
    tracers: Sequence[Tracer] = (),
    method: Method = RODAS4P2,
) -> Prepared:
    """Make a network ready for the compiled loop.

    Parameters
    ----------
    network : Network
    end : float, s
        Length of the run.
    tolerance : float, m
        Local error of a step, in stage.
    max_step : float, s
    control : Control
    time_of_day : float, s
        Of the run's clock at the start.
    tracers : sequence of Tracer
        What the water carries along.
    method : Method

    Returns
    -------
    Prepared
    """
    n, outside = len(network.storage), len(network.storage) + len(network.boundary)
    solver_node = np.empty(len(network.node_name) + 1, dtype=np.int64)
    solver_node[-1] = outside  # so that -1, outside, finds its place
    solver_node[network.boundary] = n + np.arange(len(network.boundary))
    solver_node[network.storage] = np.arange(n)
    fluxes = _link_fluxes(network, solver_node, tolerance) + _source_fluxes(network, solver_node, outside)

    pairs = np.array([(f.origin, f.target) for f in fluxes], dtype=np.int64).reshape(-1, 2)
    diverting = _order_diversions(fluxes)
    # Before the nodes have their order: only to know which of them a diversion makes depend on each other.
    arranged = np.array(sorted(set(range(len(fluxes))) - set(diverting)) + diverting, dtype=np.int64)
    linked = np.flatnonzero(arranged < len(network.links))
    entries = find_entries(pairs[arranged, 0], pairs[arranged, 1], len(fluxes) - len(diverting), len(fluxes), linked)
    pairs = np.where(pairs < n, pairs, -1)
    between = np.concatenate((pairs, *_entry_pairs(entries, pairs[arranged])))
    between = between[(between >= 0).all(axis=1)]
    order, below, parts = along_paths(*minimum_degree(n, between))
    place = np.argsort(order)
    whole = np.append(place, np.arange(n, outside + 1))  # storages move, the others stay
    origin = whole[np.array([f.origin for f in fluxes], dtype=np.int64)]
    target = whole[np.array([f.target for f in fluxes], dtype=np.int64)]

    group = np.array([f.group for f in fluxes], dtype=np.int64)
    # Inside a group fluxes follow their nodes, so that neighbours in the network are neighbours in memory.
    rank = np.minimum(origin, target)
    rank[diverting] = np.arange(len(diverting))
    sequence = np.lexsort((rank, group))
    spot = np.empty_like(sequence)
    spot[sequence] = np.arange(len(sequence))
    links = len(network.links)
    first = int(spot[diverting[0]]) if diverting else 0
    ends = origin[sequence], target[sequence]
    entries = find_entries(*ends, first, first + len(diverting), np.sort(spot[:links]))
    every_pair = np.concatenate((pairs[sequence], *_entry_pairs(entries, pairs[sequence])))
    plan, slots = plan_elimination(order, below, parts, every_pair)
    sorted_fluxes = [fluxes[i] for i in sequence]
    curves = [network.curves[i] for i in order]
    signals = _Signals(end)
    resting = _resting_stages(network, n)
    places = Places(
        node=dict(zip(network.node_name, whole[solver_node[:-1]].tolist(), strict=True)),
        flux=dict(zip(network.link_name, spot[:links].tolist(), strict=True)),
        links=dict(zip(network.link_name, network.links, strict=True)),
        base={name: fluxes[i].factor for i, name in enumerate(network.link_name)},
        add_signal=signals.add,
        bed=np.array([curve.bed_level for curve in curves], dtype=float),
        stage=resting,
    )
    controls = pack_controls(control, places, time_of_day, end)
    moved = {(places.flux[a.link], a.what) for a in controls.actuators}
    bindings, setting, factor = _bind(network, sorted_fluxes, signals, n, moved)
    tracer_table, entering = pack_tracers(tracers, network, place, spot, signals.add)
    table, stops = signals.table()
    tides = [stage for stage in network.boundary_stage if isinstance(stage, Tide)]
    stops = np.unique(np.concatenate([stops, controls.stops, *(tide.breakpoints(0.0, end) for tide in tides)]))

    kinds: tuple[Any, ...] = (*LINKS.values(), *SOURCES.values())
    own_slots = _slots(slots, len(fluxes))
    problem = Problem(
        n=n,
        curves=pack_curves([curve.blunted(tolerance * UNIT_AREA) for curve in curves]),
        fluxes=_flux_table(
            sorted_fluxes,
            ends,
            own_slots,
            np.searchsorted(group[sequence], np.arange(len(kinds) + 1)),
            tolerance,
            **_fading(curves, outside + 1),
            entries=entries,
        ),
        groups=make_groups(_parameters(network, sequence, tolerance), np.bincount(group, minlength=len(kinds))),
        plan=plan,
        slots=own_slots,
        signals=table,
        tides=pack_tides(tides),
        bindings=bindings,
        stops=stops,
        method=method,
        tolerance=tolerance,
        max_step=min(max_step, longest_step(tides)),
        lift_power=np.array([f.lift_power for f in sorted_fluxes], dtype=float),
        lifting=np.flatnonzero([f.lift_power > 0.0 for f in sorted_fluxes]),
        control=controls.table,
        controlled=int(controls.is_needed),
        tracers=tracer_table,
        traced=int(len(tracers) > 0),
        neighbours=find_neighbours(n, *ends, _lively(ends, bindings, controls, first + np.arange(len(diverting)))),
        apart=np.zeros(KERNELS, dtype=np.int64),
    )
    carried = make_tracer_state(tracer_table, entering, tracers, place, outside + 1, plan.size)
    work = make_work(problem, network.initial_storage[order], setting, factor, controls.state, carried)
    work.stage[n:] = resting[n:]
    return Prepared(problem, work, place, spot[:links], spot[links:], controls)


def _lively(
    ends: tuple[Integers, Integers], bindings: Bindings, controls: Controls, diverting: Integers
) -> tuple[Integers, ...]:
    """Fluxes that can begin though no water comes near."""
    beside = np.flatnonzero(np.isin(ends[0], bindings.boundary) | np.isin(ends[1], bindings.boundary))
    return beside, bindings.setting, bindings.factor, controls.table.flux, diverting


def _flux_table(
    fluxes: Sequence[_Flux],
    ends: tuple[Integers, Integers],
    slots: Slots,
    group: Integers,
    tolerance: float,
    **rest: Any,
) -> FluxTable:
    """Lay out the fluxes, in their order; `rest` are the remaining fields, as they are."""
    origin, target = map(np.ascontiguousarray, ends)
    forward = np.array([flux.forward for flux in fluxes], dtype=np.int64)
    return FluxTable(
        origin=origin,
        target=target,
        runs=find_runs((origin, target, slots.ff, slots.ft, slots.tf, slots.tt)),
        forward=forward,
        one_way=np.flatnonzero(forward),
        close=0.5 * tolerance,
        shut=tolerance,
        group=group.astype(np.int64),
        fades=np.array([flux.fades for flux in fluxes], dtype=np.int64),
        **rest,
    )


def _fading(curves: Sequence[Curve], nodes: int) -> dict[str, Floats]:
    """How far each node reaches down for what fades as it runs dry, and over which volume that does; m3."""
    added = np.zeros(nodes - len(curves))
    return {
        "fade_volume": np.array([*map(_first_millimetre, curves), *added]),
        "bed_storage": np.array([*(curve.bed_storage for curve in curves), *added]),
        "soil_fade_volume": np.array([*map(_last_millimetre, curves), *added]),
    }


def _first_millimetre(curve: Curve) -> float:
    """Volume, m3, above the bed over which fades what does not know the stage."""
    return max(float(curve.storage_at(curve.bed_level + FADE_DEPTH)) - curve.bed_storage, FADE_VOLUME)


def _last_millimetre(curve: Curve) -> float:
    """Volume, m3, over which fades what reaches into the soil: a millimetre of water over all of it."""
    if not curve.bed_row:
        return _first_millimetre(curve)
    return max(min(FADE_DEPTH * curve.top_area, 0.5 * curve.bed_storage), FADE_VOLUME)


def _resting_stages(network: Network, n: int) -> Floats:
    """Stage of each boundary at the start, m, in its place after the n storages."""
    stages = [NO_TAILWATER if stage is None else float(stage.at(0.0)) for stage in network.boundary_stage]
    return np.array([*[NO_TAILWATER] * n, *stages, NO_TAILWATER], dtype=float)


def _order_diversions(fluxes: Sequence[_Flux]) -> list[int]:
    """Fluxes that depend on what enters a node, none before one that feeds it."""
    kinds = list(LINKS.values())
    found = [i for i, f in enumerate(fluxes) if f.group < len(kinds) and kinds[f.group].of_inflow]
    order = diversion_order([fluxes[i].origin for i in found], [fluxes[i].target for i in found])
    return [found[d] for d in order]


def _entry_pairs(entries: Entries, pairs: Integers) -> list[Integers]:
    """Rows and columns that the entries of diversions touch: row from or to, column from or to."""
    rows, columns = pairs[entries.diversion], pairs[entries.flux]
    return [np.stack((rows[:, r], columns[:, c]), axis=1) for r in (0, 1) for c in (0, 1)]


def _slots(found: dict[str, Integers], fluxes: int) -> Slots:
    own = {key: value[:fluxes] for key, value in found.items()}
    entries = np.split(found["ft"][fluxes:], 4)
    return Slots(**own, **{f"entry_{key}": part for key, part in zip(("ff", "ft", "tf", "tt"), entries, strict=True)})


def _link_fluxes(network: Network, solver_node: Integers, tolerance: float) -> list[_Flux]:
    number = {name: i for i, name in enumerate(LINKS)}
    constant = Signal.constant(1.0)
    found = []
    ends = network.ends(tolerance)
    for link, end, a, b in zip(network.links, ends, network.origin, network.target, strict=True):
        kind = LINKS[link.kind]
        setting = getattr(link, kind.setting) if kind.setting else constant
        efficiency = getattr(link, "efficiency", None)
        found.append(
            _Flux(
                group=number[link.kind],
                origin=int(solver_node[a]),
                target=int(solver_node[b]),
                setting=setting if isinstance(setting, Signal) else constant,
                factor=getattr(link, "count", 1) * getattr(link, "scale", 1.0),
                open=link.open,
                forward=kind.one_way or getattr(link, "direction", "both") == "forward",
                fades=kind.fades is not None and kind.fades(link, end),
                lift_power=WATER_DENSITY * GRAVITY / efficiency if efficiency else 0.0,
            )
        )
    return found


def _source_fluxes(network: Network, solver_node: Integers, outside: int) -> list[_Flux]:
    number = {name: len(LINKS) + i for i, name in enumerate(SOURCES)}
    always = Signal.constant(1.0)
    return [
        _Flux(
            group=number[law],
            origin=outside,
            target=int(solver_node[node]),
            setting=source.setting,
            factor=source.factor,
            open=source.scale or always,
            forward=False,
            fades=SOURCES[law].fades,
            lift_power=0.0,
        )
        for law, node, source in network.sources
    ]


def _bind(
    network: Network, fluxes: Sequence[_Flux], signals: _Signals, n: int, actuated: set[tuple[int, int]]
) -> tuple[Bindings, Floats, Floats]:
    """Tell what is constant from what a signal drives; actuators do without either."""
    boundary, boundary_signal, tide = [], [], []
    for i, stage in enumerate(network.boundary_stage):
        if isinstance(stage, Tide):
            tide.append(n + i)
            signal = signals.add(stage.base, constant_too=True)
        else:
            signal = -1 if stage is None else signals.add(stage)
        if signal >= 0:
            boundary.append(n + i)
            boundary_signal.append(signal)
    of_setting = [-1 if (k, SETTING) in actuated else signals.add(flux.setting) for k, flux in enumerate(fluxes)]
    of_factor = [-1 if (k, OPEN) in actuated else signals.add(flux.open) for k, flux in enumerate(fluxes)]
    moved = [i for i, signal in enumerate(of_setting) if signal >= 0]
    opened = [i for i, signal in enumerate(of_factor) if signal >= 0]

    def integers(values: list[int]) -> Integers:
        return np.array(values, dtype=np.int64)

    bindings = Bindings(
        boundary=integers(boundary),
        boundary_signal=integers(boundary_signal),
        tide=integers(tide),
        setting=integers(moved),
        setting_signal=integers([of_setting[i] for i in moved]),
        factor=integers(opened),
        factor_signal=integers([of_factor[i] for i in opened]),
        factor_base=np.array([fluxes[i].factor for i in opened], dtype=float),
    )
    setting = np.array([flux.setting.value[0] for flux in fluxes], dtype=float)
    factor = np.array([flux.factor * flux.open.value[0] for flux in fluxes], dtype=float)
    return bindings, setting, factor


def _parameters(network: Network, sequence: Integers, tolerance: float) -> list[object]:
    """Parameters of every kind, its links and sources in the solver's order."""
    ends = network.ends(tolerance)
    links = len(network.links)
    of_kind: dict[str, list[int]] = {name: [] for name in (*LINKS, *SOURCES)}
    for i in sequence.tolist():
        name = network.links[i].kind if i < links else network.sources[i - links][0]
        of_kind[name].append(i)
    made: list[object] = [
        kind.build([network.links[i] for i in of_kind[name]], [ends[i] for i in of_kind[name]])
        for name, kind in LINKS.items()
    ]
    made += [source.build([network.sources[i - links][2] for i in of_kind[name]]) for name, source in SOURCES.items()]
    return made
