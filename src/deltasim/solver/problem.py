"""What the compiled loop works on: the network as arrays, and the arrays it writes.

Sizes: n storages, N nodes in all (storages, boundaries, outside), m fluxes, s stages of the method.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._lines import in_lines, padded
from deltasim.geometry import CurveTable, Slices, make_slices
from deltasim.solver.actuators import ControlState, ControlTable
from deltasim.solver.awake import Awake, Neighbours, make_awake
from deltasim.solver.elimination import Elimination
from deltasim.solver.fluxes import FluxTable
from deltasim.solver.method import Method
from deltasim.solver.places import CLOCKS, COUNTS
from deltasim.solver.tides import PackedTides
from deltasim.solver.tracers import TracerState, TracerTable

__all__ = ["Bindings", "Output", "Problem", "SignalTable", "Slots", "Work", "make_work"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class SignalTable(NamedTuple):
    """Every quantity that varies in time, as straight pieces; signal i owns ``first[i]`` to ``last[i]``.

    On a piece the value is ``value + slope (t - time)``.
    """

    first: Integers
    last: Integers
    time: Floats
    value: Floats
    slope: Floats


class Bindings(NamedTuple):
    """Which signal drives what.

    Parameters
    ----------
    boundary, boundary_signal : ndarray
        Node, and the signal that is its stage, or what its tide is added to.
    tide : ndarray
        Node of each tide; it has a signal too.
    setting, setting_signal : ndarray
        Flux, and the signal that is its setting.
    factor, factor_signal, factor_base : ndarray
        Flux, and the signal that, times the base, is its factor.
    """

    boundary: Integers
    boundary_signal: Integers
    tide: Integers
    setting: Integers
    setting_signal: Integers
    factor: Integers
    factor_signal: Integers
    factor_base: Floats


class Slots(NamedTuple):
    """Where the derivatives of each flux go in the matrix: row from or to, column from or to.

    For each entry of a diversion the rows are the diversion's, the columns those of the flux it depends on.
    """

    ff: Integers
    ft: Integers
    tf: Integers
    tt: Integers
    entry_ff: Integers
    entry_ft: Integers
    entry_tf: Integers
    entry_tt: Integers


class Problem(NamedTuple):
    """A network ready to be solved; nothing here changes during a run.

    Parameters
    ----------
    n : int
        Number of storages.
    curves : CurveTable
    fluxes : FluxTable
    groups : Groups
        Parameters and loop of each kind of flux.
    plan : Elimination
    slots : Slots
    signals : SignalTable
    tides : PackedTides
    bindings : Bindings
    stops : ndarray, s
        Times that a step must end on, rising; the last is the end of the run.
    method : Method
    tolerance : float, m
        Local error of a step, in stage.
    max_step : float, s
    lift_power : ndarray, shape (m,), J/m3 per m
        rho g / efficiency of pumps whose energy is wanted, 0 for the others.
    lifting : ndarray
        Fluxes of those pumps.
    control : ControlTable
    controlled : int
        1 where anything is switched or moved.
    tracers : TracerTable
    traced : int
        1 where anything is carried along.
    neighbours : Neighbours
    apart : ndarray, shape (9,)
        Addresses of the kernels that are compiled by themselves, at `TRIAL` and so on; 0 before `kernels.pack`.
    """

    n: int
    curves: CurveTable
    fluxes: FluxTable
    groups: Any
    plan: Elimination
    slots: Slots
    signals: SignalTable
    tides: PackedTides
    bindings: Bindings
    stops: Floats
    method: Method
    tolerance: float
    max_step: float
    lift_power: Floats
    lifting: Integers
    control: ControlTable
    controlled: int
    tracers: TracerTable
    traced: int
    neighbours: Neighbours
    apart: Integers


class Work(NamedTuple):
    """The state of a run and the scratch space of a step.

    Parameters
    ----------
    clock : ndarray, shape (6,)
        Time, step to try next, begin and length of the last step, its error over the tolerance, and the part of it
        that is in an output already: `TIME` and so on.
    counts : ndarray, shape (9,), int64
        `STEPS` and so on; at `DENSE` how far the fluxes' continuous extension is: 0 not begun, 1 summed, 2 ready.
    volume, carry : ndarray, shape (N,), m3
        Storage, and what rounding took from it so far.
    begun : ndarray, shape (N,), m3
        Storage at the start of the last step.
    stage, area, lift, rise : ndarray, shape (N,)
        At `volume`: m, m2, 1/m2, m/s.
    stage_before : ndarray, shape (N,), m
        At the start of the last step.
    trial, trial_stage, trial_area : ndarray, shape (N,)
        Storage, stage and area inside a step; between steps `trial_area` is scratch.
    rows : ndarray, shape (n,), int64
        Row of its curve that each node was last found in.
    cursor : ndarray, int64
        Piece of each signal.
    tide_time, tide_level, tide_rate : ndarray, shape (n_tide,)
        Each tide above its base where it was last wanted: stages of a step, and its end, often ask twice.
    at_from, at_to, lift_from, lift_to, rise_from, rise_to : ndarray, shape (m,)
        What nodes have, `trial_stage` or another, and `lift` and `rise`, at both ends of each flux.
    left : ndarray, shape (m,), int64
        1 where the quick form of a law does not hold.
    setting, setting_rate, factor, factor_rate : ndarray, shape (m,)
    q, by_from, by_to, by_time : ndarray, shape (m,)
        Fluxes at the start of the step and their derivatives.
    chord : ndarray, shape (m,), m2/s
        Slope of the line that may stand for the derivatives of a steep law between near stages, else 0.
    rate : ndarray, shape (m,), m3/s2
        How fast each flux changes.
    q_before, rate_before : ndarray, shape (m,)
        Both at the start of the last step.
    part : ndarray, shape (m,)
        Scratch.
    weight : ndarray, shape (n_entry,)
        Derivatives of diversions.
    net : ndarray, shape (N,)
        Scratch over the storages, 0 beyond them: what derivatives are multiplied with.
    drift : ndarray, shape (N,), m3/s2
        How fast the net inflow of each storage changes by itself.
    node_increment : ndarray, shape (s, N) or wider, m3
    stage_flux : ndarray, shape (s, m) or wider, m3/s
        Fluxes at the stages of the step.
    moved : ndarray, shape (m,), m3
        Volume that the last step moved by each flux.
    dense_node : ndarray, shape (3, N); dense_flux : ndarray, shape (2, m); both or wider
        Coefficients of the continuous extension of the last step: of nodes also the plain increment.
    matrix, rhs, share, gain : ndarray
        Of the linear system, the identity where nothing is awake; `share` is what each node can give of what is asked
        in the step, `gain` what enters, and with `rhs` scratch over the nodes.
    since : ndarray, shape (m,), m3
        Volume since the last output, without that of the last step while this is open.
    stage_base : ndarray, shape (n,), m
        Stage at the start of the run.
    stage_integral, stage_left : ndarray, shape (n,)
        Integral of the stage above `stage_base` since the last output, m s, and the stage where it ends.
    total, total_carry : ndarray, shape (m,), m3
        Volume over the run.
    lost : ndarray, shape (n,), m3
        What was set to zero.
    max_volume, max_time : ndarray, shape (n,)
    max_flux, max_flux_time : ndarray, shape (m,)
    energy : ndarray, shape (m,), J
    slices : Slices
        Of the curves, where each node was last found.
    awake : Awake
    control : ControlState
    tracers : TracerState
    """

    clock: Floats
    counts: Integers
    volume: Floats
    carry: Floats
    begun: Floats
    stage: Floats
    stage_before: Floats
    area: Floats
    lift: Floats
    rise: Floats
    trial: Floats
    trial_stage: Floats
    trial_area: Floats
    rows: Integers
    cursor: Integers
    tide_time: Floats
    tide_level: Floats
    tide_rate: Floats
    at_from: Floats
    at_to: Floats
    lift_from: Floats
    lift_to: Floats
    rise_from: Floats
    rise_to: Floats
    left: Integers
    setting: Floats
    setting_rate: Floats
    factor: Floats
    factor_rate: Floats
    q: Floats
    by_from: Floats
    by_to: Floats
    by_time: Floats
    chord: Floats
    rate: Floats
    q_before: Floats
    rate_before: Floats
    part: Floats
    weight: Floats
    net: Floats
    drift: Floats
    node_increment: Floats
    stage_flux: Floats
    moved: Floats
    dense_node: Floats
    dense_flux: Floats
    matrix: Floats
    rhs: Floats
    share: Floats
    gain: Floats
    since: Floats
    stage_base: Floats
    stage_integral: Floats
    stage_left: Floats
    total: Floats
    total_carry: Floats
    lost: Floats
    max_volume: Floats
    max_time: Floats
    max_flux: Floats
    max_flux_time: Floats
    energy: Floats
    slices: Slices
    awake: Awake
    control: ControlState
    tracers: TracerState


class Output(NamedTuple):
    """Rows of output, to be filled.

    Parameters
    ----------
    time : ndarray, shape (k,), s
    stage, mean_stage, area, storage : ndarray, shape (k, n) or wider
    volume : ndarray, shape (k, m) or wider, m3
        Moved by each flux since the row before.
    position : ndarray, shape (k, n_actuator)
        Of each actuator.
    wish : ndarray, shape (k, n_wanting), m3
        Asked since the row before, of what is moved and may fall short.
    mass : ndarray, shape (k, R, n)
        Of everything that is carried along, in each of its tanks.
    """

    time: Floats
    stage: Floats
    mean_stage: Floats
    area: Floats
    storage: Floats
    volume: Floats
    position: Floats
    wish: Floats
    mass: Floats


def make_work(
    problem: Problem,
    storage: Floats,
    setting: Floats,
    factor: Floats,
    control: ControlState,
    tracers: TracerState,
) -> Work:
    """Allocate the state of a run.

    Parameters
    ----------
    problem : Problem
    storage : ndarray, shape (n,), m3
        At the start.
    setting, factor : ndarray, shape (m,)
        Of each flux; those that a signal drives are overwritten.
    control : ControlState
        At the start.
    tracers : TracerState
        At the start.

    Returns
    -------
    Work
    """
    n, nodes, m = problem.n, len(problem.fluxes.fade_volume), len(problem.fluxes.origin)
    s = len(problem.method.nodes)
    shapes: dict[str, tuple[int, ...]] = {
        "clock": (CLOCKS,),
        "weight": (len(problem.fluxes.entries.flux),),
        "node_increment": (s, padded(nodes)),
        "stage_flux": (s, padded(m)),
        "dense_node": (3, padded(nodes)),
        "dense_flux": (2, padded(m)),
        "matrix": (problem.plan.size + 1,),
    }
    over_nodes = "volume carry begun stage stage_before area lift rise trial trial_stage trial_area rhs share gain net"
    over_storages = "stage_base stage_integral stage_left lost max_volume max_time"
    shapes.update(dict.fromkeys(("tide_time", "tide_level", "tide_rate"), (len(problem.bindings.tide),)))
    shapes.update(dict.fromkeys(f"{over_nodes} drift".split(), (nodes,)))
    shapes.update(dict.fromkeys(over_storages.split(), (n,)))
    arrays: dict[str, Any] = {name: in_lines(shapes.get(name, (m,))) for name in Work._fields[:-4]}
    arrays["counts"] = np.zeros(COUNTS, dtype=np.int64)
    arrays["left"] = in_lines((m,), np.int64)
    arrays["rows"] = problem.curves.first.copy()
    arrays["cursor"] = problem.signals.first.copy()
    arrays["tide_time"][:] = np.nan
    arrays["volume"][:n] = storage
    arrays["max_volume"][:] = storage
    arrays["matrix"][:n] = 1.0
    arrays["setting"][:] = setting
    arrays["factor"][:] = factor
    return Work(**arrays, slices=make_slices(n), awake=make_awake(problem), control=control, tracers=tracers)
