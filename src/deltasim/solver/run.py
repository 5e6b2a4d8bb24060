"""Drive the compiled loop chunk by chunk, and put what it gives back into the network's own order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numba
import numpy as np
from numpy.typing import NDArray

from deltasim._garbage import undisturbed
from deltasim._lines import in_lines, padded
from deltasim._packed import Packed, by_reference
from deltasim.errors import SolverError
from deltasim.network import Network
from deltasim.solver import loop
from deltasim.solver.build import Prepared
from deltasim.solver.control import MOST_SWITCHES, WINDOW
from deltasim.solver.places import ROWS_DONE, TIME
from deltasim.solver.problem import Output

__all__ = ["Event", "Rows", "Totals", "begin", "compile_loop", "march", "totals"]

Floats = NDArray[np.float64]

CHUNK_VALUES = 2_000_000
"""Numbers in one chunk of output, about 16 MB: enough to make Python's share vanish, little enough to stream."""

SHEET_VALUES = 1 << 15
"""Numbers that the solver fills at a time, a quarter of a megabyte, the same each time: they stay in the cache."""

PAUSE_WORK = 20_000_000
"""Nodes times steps between two chances to show progress or to be interrupted: a second or two."""

REMEDIES = {
    loop.TOO_SMALL: "the step fell below 1e-9 s",
    loop.REJECTIONS: f"{loop.MOST_REJECTIONS} steps in a row were rejected",
    loop.LIMITER: "a storage fell below empty by more than round-off",
}


@dataclass(frozen=True)
class Event:
    """Something that was set.

    Parameters
    ----------
    time : float, s
    source : str
        Path of the rule, schedule, controller or link that set it.
    target : str
        Path of what was set.
    value : float
    units : str
    """

    time: float
    source: str
    target: str
    value: float
    units: str


@dataclass(frozen=True)
class Rows:
    """Some output times that follow one another, in the network's own order.

    Parameters
    ----------
    time : ndarray, shape (k,), s
    stage, mean_stage, area, storage : ndarray, shape (k, n_storage)
    link_volume : ndarray, shape (k, n_link), m3
        Moved since the output time before, positive from ``from`` to ``to``.
    source_volume : ndarray, shape (k, n_source), m3
        Likewise, positive into the node.
    position : ndarray, shape (k, n_actuator)
        Of what control moves.
    wish : ndarray, shape (k, n_wanting), m3
        Asked since the output time before of each of `Controls.wanting`.
    mass : ndarray, shape (k, R, n_storage)
        Of each tracer, in each of its tanks.
    """

    time: Floats
    stage: Floats
    mean_stage: Floats
    area: Floats
    storage: Floats
    link_volume: Floats
    source_volume: Floats
    position: Floats
    wish: Floats
    mass: Floats


@dataclass(frozen=True)
class Totals:
    """What is known at the end, in the network's own order.

    Parameters
    ----------
    storage, max_storage, time_of_max_storage : ndarray, shape (n_storage,), m3 and s
    balance_error : ndarray, shape (n_storage,), m3
        Change of storage minus all volumes that moved in.
    max_discharge, time_of_max_discharge, energy : ndarray, shape (n_link,), m3/s, s, J
    link_volume : ndarray, shape (n_link,), m3
    source_volume : ndarray, shape (n_source,), m3
    relative_balance_error : float
        Sum of the absolute balance errors over what was there at the start and what came in from outside.
    steps, rejected_steps : int
    mass : ndarray, shape (R, n_storage)
        Of each tracer, in each of its tanks.
    mass_error : ndarray, shape (T, n_storage)
        Of each tracer, change of its mass minus all that was carried in and made.
    relative_mass_error : ndarray, shape (T,)
        Sum of its absolute errors over what was there at the start and what came in.
    """

    storage: Floats
    max_storage: Floats
    time_of_max_storage: Floats
    balance_error: Floats
    max_discharge: Floats
    time_of_max_discharge: Floats
    energy: Floats
    link_volume: Floats
    source_volume: Floats
    relative_balance_error: float
    steps: int
    rejected_steps: int
    mass: Floats
    mass_error: Floats
    relative_mass_error: Floats


def begin(prepared: Prepared, journal: list[Event] | None = None) -> None:
    """Bring control to bear on the start, so that its first row is as the run begins.

    Parameters
    ----------
    prepared : Prepared
        Changed.
    journal : list of Event, optional
        What was set is added to it.

    Raises
    ------
    SolverError
        Rules undo each other at once.
    """
    problem, work = prepared.packed
    with undisturbed():  # the loop itself is compiled or loaded here
        status = loop.advance(problem, work, by_reference(_sheet(prepared, 0)), 1.0, 0)
    _drain_log(prepared, journal)
    if status == loop.CHATTER:
        raise _name_chatter(prepared)


def compile_loop(prepared: Prepared) -> None:
    """Compile the loop, or load it, without what it calls by address.

    Parameters
    ----------
    prepared : Prepared
        Any will do: the loop has one form.
    """
    given = (*map(Packed, (prepared.problem, prepared.work, _sheet(prepared, 0))), 1.0, 0)
    with undisturbed():
        loop.advance.compile(tuple(numba.typeof(each) for each in given))  # type: ignore[attr-defined, unused-ignore]


def march(
    network: Network,
    prepared: Prepared,
    times: Floats,
    *,
    progress: Callable[[float], None] | None = None,
    timer: list[float] | None = None,
    journal: list[Event] | None = None,
) -> Iterator[Rows]:
    """Run, giving chunks of output as they are full.

    Parameters
    ----------
    network : Network
    prepared : Prepared
        At its start; changed.
    times : ndarray, s
        Output times after the start, evenly spaced, the last one the end of the run.
    progress : callable, optional
        Called with the simulated seconds now and then.
    timer : list of one float, optional
        Seconds spent in the solver are added to it.
    journal : list of Event, optional
        What was set is added to it.

    Yields
    ------
    Rows

    Raises
    ------
    SolverError
        After what was computed has been given.
    """
    n, width = prepared.problem.n, _width(prepared)
    lines = int(min(len(times), max(1, SHEET_VALUES // width)))
    most = lines * max(1, CHUNK_VALUES // width // lines)
    sheet = _sheet(prepared, lines)
    packed_sheet = by_reference(sheet)
    interval = float(times[0])
    budget = max(100, PAUSE_WORK // max(n, 1))
    clock = [0.0] if timer is None else timer
    done = 0
    while done < len(times):
        chunk = _blank(prepared, times[done : done + most])
        filled, status = 0, loop.FULL
        while status == loop.FULL and filled < len(chunk.time):
            wanted = chunk.time[filled : filled + lines]
            sheet.time[:] = np.inf  # only the last sheet is not full, and the run ends before
            sheet.time[: len(wanted)] = wanted
            prepared.work.counts[ROWS_DONE] = 0
            status = loop.PAUSED
            while status == loop.PAUSED:
                begun = time.perf_counter()
                status = loop.advance(*prepared.packed, packed_sheet, interval, budget)
                clock[0] += time.perf_counter() - begun
                _drain_log(prepared, journal)
                if progress is not None:
                    progress(float(prepared.work.clock[TIME]))
            count = int(prepared.work.counts[ROWS_DONE])
            _put_in_order(prepared, sheet, count, chunk, filled)
            filled += count
        if filled:
            yield Rows(**{field.name: getattr(chunk, field.name)[:filled] for field in fields(Rows)})
        if status not in (loop.DONE, loop.FULL):
            raise _name_chatter(prepared) if status == loop.CHATTER else _explain(network, prepared, status)
        done += filled


def _width(prepared: Prepared) -> int:
    """Numbers in a row of output, about."""
    return max((4 + len(prepared.work.tracers.mass)) * prepared.problem.n + len(prepared.problem.fluxes.origin), 1)


def _sheet(prepared: Prepared, rows: int) -> Output:
    """Room for some rows in the solver's own order."""
    n, m, tanks = prepared.problem.n, len(prepared.problem.fluxes.origin), len(prepared.work.tracers.mass)
    stage, mean, area, storage = (in_lines((rows, padded(n))) for _ in range(4))
    position = np.empty((rows, len(prepared.controls.actuators)))
    wish = np.empty((rows, len(prepared.controls.wanting)))
    volume, mass = in_lines((rows, padded(m))), np.empty((rows, tanks, n))
    return Output(np.empty(rows), stage, mean, area, storage, volume, position, wish, mass)


def _blank(prepared: Prepared, times: Floats) -> Rows:
    """Room for some rows in the network's order."""
    rows, n, links, sources = len(times), prepared.problem.n, len(prepared.link_flux), len(prepared.source_flux)
    stage, mean, area, storage = (np.empty((rows, n)) for _ in range(4))
    position = np.empty((rows, len(prepared.controls.actuators)))
    wish = np.empty((rows, len(prepared.controls.wanting)))
    mass = np.empty((rows, len(prepared.work.tracers.mass), n))
    moved = np.empty((rows, links)), np.empty((rows, sources))
    return Rows(times, stage, mean, area, storage, *moved, position, wish, mass)


def _put_in_order(prepared: Prepared, output: Output, count: int, rows: Rows, at: int) -> None:
    """Copy the first rows of a sheet to a place in a chunk."""
    to = slice(at, at + count)
    for name in ("stage", "mean_stage", "area", "storage"):
        getattr(rows, name)[to] = getattr(output, name)[:count, prepared.place]
    rows.link_volume[to] = output.volume[:count, prepared.link_flux]
    rows.source_volume[to] = output.volume[:count, prepared.source_flux]
    rows.position[to] = output.position[:count]
    rows.wish[to] = output.wish[:count]
    rows.mass[to] = output.mass[:count][:, :, prepared.place]


def _drain_log(prepared: Prepared, journal: list[Event] | None) -> None:
    """Move what the loop wrote down to the journal, in words."""
    state, controls = prepared.work.control, prepared.controls
    length = int(state.log_length[0])
    assert length <= len(state.log_time), "the loop stops before its log is full"
    if journal is not None:
        for at, source, target, value in zip(
            state.log_time[:length].tolist(),
            state.log_source[:length].tolist(),
            state.log_target[:length].tolist(),
            state.log_value[:length].tolist(),
            strict=True,
        ):
            actuator = controls.actuators[target] if target >= 0 else None
            journal.append(
                Event(
                    time=at,
                    source=controls.sources[source] if source >= 0 else controls.actuators[-1 - source].source,
                    target=controls.own_targets[source] if actuator is None else actuator.path,
                    value=value,
                    units="1" if actuator is None else actuator.units,
                )
            )
    state.log_length[0] = 0


def _name_chatter(prepared: Prepared) -> SolverError:
    """Say which switches undo each other."""
    work, controls = prepared.work, prepared.controls
    at = float(work.clock[TIME])
    recent = np.flatnonzero(np.sum(work.control.turns >= at - WINDOW, axis=1) > MOST_SWITCHES // 4)
    names = [controls.sources[s] for s in recent]
    things = sorted({a.path for a in controls.actuators for claim in a.claims if claim[1] in recent})
    moved = f", moving {', '.join(things)} to and fro" if things else ""
    who = " and ".join(dict.fromkeys(names))
    words = (
        f"the run stopped at {at:.6g} s: {who} switched more than {MOST_SWITCHES} times within a minute{moved}. "
        'Give the conditions room between turning on and off ("until"), or a "hold", or one of the rules a "priority".'
    )
    return SolverError(words, time=at, component=names[0])


def totals(prepared: Prepared, initial_storage: Floats, initial_mass: Sequence[Floats] = ()) -> Totals:
    """Sum up a run, whole or broken off.

    Parameters
    ----------
    prepared : Prepared
        As `march` left it.
    initial_storage : ndarray, shape (n_storage,), m3
        In the network's order.
    initial_mass : sequence of ndarray, shape (n_tank, n_storage)
        Of each tracer, likewise.

    Returns
    -------
    Totals
    """
    problem, work, place = prepared.problem, prepared.work, prepared.place
    n, nodes = problem.n, len(problem.fluxes.fade_volume)
    origin, target = problem.fluxes.origin, problem.fluxes.target
    # Totals carry their rounding along; summed exactly they show the solver's own error and no other.
    moved = np.zeros(nodes, dtype=np.longdouble)
    volume = work.total.astype(np.longdouble) - work.total_carry
    np.add.at(moved, target, volume)
    np.subtract.at(moved, origin, volume)
    change = (work.volume[:n].astype(np.longdouble) - work.carry[:n])[place] - initial_storage
    error = (change - moved[:n][place]).astype(float)
    inside_from, inside_to = origin < n, target < n
    entered = float(np.sum(np.maximum(work.total, 0.0)[inside_to & ~inside_from]))
    entered += float(np.sum(np.maximum(-work.total, 0.0)[inside_from & ~inside_to]))
    scale = float(np.sum(initial_storage)) + entered
    mass_error, relative_mass_error = _mass_errors(prepared, initial_mass)
    return Totals(
        storage=work.volume[:n][place],
        max_storage=work.max_volume[place],
        time_of_max_storage=work.max_time[place],
        balance_error=error,
        max_discharge=work.max_flux[prepared.link_flux],
        time_of_max_discharge=work.max_flux_time[prepared.link_flux],
        energy=work.energy[prepared.link_flux],
        link_volume=work.total[prepared.link_flux],
        source_volume=work.total[prepared.source_flux],
        relative_balance_error=float(np.sum(np.abs(error))) / scale if scale > 0.0 else 0.0,
        steps=int(work.counts[loop.STEPS]),
        rejected_steps=int(work.counts[loop.REJECTED]),
        mass=work.tracers.mass[:, place],
        mass_error=mass_error,
        relative_mass_error=relative_mass_error,
    )


def _mass_errors(prepared: Prepared, initial_mass: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Balance of each tracer: error of each storage, and the sum of errors over all that there was."""
    problem, state, n = prepared.problem, prepared.work.tracers, prepared.problem.n
    origin, target = problem.fluxes.origin, problem.fluxes.target
    inside_from, inside_to = origin < n, target < n
    errors = np.zeros((len(initial_mass), n))
    relative = np.zeros(len(initial_mass))
    for s, start in enumerate(initial_mass):
        moved = np.zeros(len(problem.fluxes.fade_volume), dtype=np.longdouble)
        through = state.through[s].astype(np.longdouble) - state.through_carry[s]
        np.add.at(moved, target, through)
        np.subtract.at(moved, origin, through)
        own = slice(problem.tracers.first[s], problem.tracers.first[s + 1])
        end = state.mass[own].sum(axis=0)[prepared.place]
        made = (state.made[s] - state.made_carry[s])[prepared.place]
        errors[s] = end - start.sum(axis=0) - made - moved[:n][prepared.place].astype(float)
        entered = float(np.sum(np.maximum(through, 0.0)[inside_to & ~inside_from]))
        entered += float(np.sum(np.maximum(-through, 0.0)[inside_from & ~inside_to]))
        scale = float(start.sum()) + entered + float(np.maximum(made, 0.0).sum())
        relative[s] = float(np.abs(errors[s]).sum()) / scale if scale > 0.0 else 0.0
    return errors, relative


def _explain(network: Network, prepared: Prepared, status: int) -> SolverError:
    """Say when, where, how full, what moves most there, and what usually helps."""
    work = prepared.work
    at = float(work.clock[TIME])
    place = int(work.counts[loop.LIMITING])
    storage = int(np.flatnonzero(prepared.place == place)[0])
    node = int(network.storage[storage])
    name = network.node_name[node]
    touching = np.flatnonzero((network.origin == node) | (network.target == node))
    words = [
        f"the run stopped at {at:.6g} s: {REMEDIES[status]}.",
        f'"{name}" limits it, at stage {work.stage[place]:.6g} m with {work.volume[place]:.6g} m3 in it.',
    ]
    if len(touching):
        flux = work.q[prepared.link_flux[touching]]
        largest = int(np.argmax(np.abs(flux)))
        words.append(f'Its largest flux is {flux[largest]:.6g} m3/s through "{network.link_name[touching[largest]]}".')
    words.append(
        "Usual causes: a series with absurd values, a rating that jumps, a very large structure on a very small node. "
        "Look at that link first; a larger stage_tolerance may carry the run over the place."
    )
    return SolverError(" ".join(words), time=at, component=name)
