"""What an explicit pair could cost at least on ponds in series, which are hardly stiff.

The right-hand sides that scipy's pairs need for an error are counted. Each would cost one plain evaluation of the
solver's own loop: stages of all storages, fluxes, their sum in the nodes. Each step would cost what is written down of
any step: largest storages and fluxes, totals, mean stages. Nothing else is counted: not the sums over earlier stages,
error, events or the estimate of stiffness. So this is less than any such pair could cost here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.awake import wake
from benchmarks.cases import Case, series
from benchmarks.methods.loop import compute, ready
from benchmarks.methods.tables import OWN
from benchmarks.peers.fronts import front, seconds_at
from benchmarks.peers.odes import prepare_odeint, rates_with
from benchmarks.peers.rates import law_of, solve_spans
from benchmarks.peers.report import lines_of
from scipy.integrate import DOP853, RK23, RK45, OdeSolver, solve_ivp

from deltasim._jit import jit
from deltasim.geometry import see_curves
from deltasim.scenario import from_text
from deltasim.solver.build import Prepared
from deltasim.solver.final import book
from deltasim.solver.incidence import scatter
from deltasim.solver.method import RODAS4P2
from deltasim.solver.places import NODES
from deltasim.solver.record import close_step, note_fluxes, note_stages
from deltasim.solver.step import evaluate_at

__all__ = ["evaluations", "report"]

PONDS = (10, 100, 1000)
PAIRS: tuple[type[OdeSolver], ...] = (RK23, RK45, DOP853)
TOLERANCES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7)
OWN_TOLERANCES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5)
MARKS = (1e-3, 1e-4)
AT_ONCE = 24
"""Evaluations in one go."""


@dataclass(frozen=True)
class Point:
    """A setting: its seconds, or its count of evaluations in their place, and its error."""

    seconds: float
    stage_error: float


def evaluations(case: Case, pair: type[OdeSolver], tolerance: float, exact: np.ndarray) -> Point:
    """Count what a pair evaluates at a tolerance, interpolation to the hours included, and find its error, m."""
    law = law_of(case)
    rates, count = rates_with(law), 0
    allowed = np.append(np.full(case.ponds, tolerance), np.inf)

    def advance(hours: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, int]:
        nonlocal count
        found = solve_ivp(rates, hours[[0, -1]], state, pair, hours, rtol=1e-10, atol=allowed)
        count += found.nfev
        return found.y.T, 0

    with np.errstate(all="ignore"):  # an unstable step is rejected
        depth = solve_spans(case, law, advance).depth
    return Point(count, float(np.abs(depth - exact).max()))


@jit
def repeat(problem: Any, work: Any, storages: Any, first: int, last: int, noting: bool) -> None:
    """Evaluate plainly at some of the states, or write down as many steps."""
    for k in range(first, last):
        if noting:
            note_stages(problem, work)
            note_fluxes(problem, work)
            book(work)
            close_step(problem, work, 0.0)
        else:
            for i in range(problem.n):
                work.trial[i] = storages[k, i]
            for s in range(work.awake.counts[NODES]):
                begin, end = work.awake.nodes[s, 0], work.awake.nodes[s, 1]
                see_curves(
                    problem.curves, work.slices, work.rows, begin, end, work.trial, work.trial_stage, work.trial_area
                )
            evaluate_at(problem, work, 0.0, work.q, False)
            scatter(problem.fluxes, work.awake, work.q, work.net)


def seconds_of_one(prepared: Prepared, storages: np.ndarray, repeats: int, noting: bool) -> float:
    """Least time of one evaluation over the states of a whole run, or of what one step writes down.

    What a call from Python takes is not in it.
    """
    first = np.append(np.arange(0, len(storages), AT_ONCE), 0)
    last = np.append(first[1:-1], [len(storages), 0])
    least = np.full(len(first), np.inf)
    for _ in range(repeats + 1):
        for go in range(len(first)):
            begun = time.perf_counter()
            repeat(*prepared.packed, storages, first[go], last[go], noting)
            least[go] = min(least[go], time.perf_counter() - begun)
    return float(least[:-1].sum() - len(first[:-1]) * least[-1]) / len(storages)


def compare(ponds: int, runs: int) -> list[tuple[str, ...]]:
    """Lines of the table for a chain."""
    case = series(ponds)
    exact = prepare_odeint(case, 1e-9 if ponds > 100 else 1e-11)().depth
    beds = -case.fall * np.arange(ponds)
    points = []
    for tolerance in OWN_TOLERANCES:
        start = ready(from_text(case.scenario(tolerance), {}), RODAS4P2, tolerance)
        wake(start)  # an explicit pair could leave out what is at rest as well
        run = min((compute(start) for _ in range(runs)), key=lambda run: run.seconds)
        points.append(Point(run.seconds, float(np.abs(run.stage - beds - exact).max())))
    own = front(points)
    prepared = ready(from_text(case.scenario(1e-4), {}), RODAS4P2, 1e-4)
    wake(prepared)
    evaluation, notes = (seconds_of_one(prepared, run.storage, 20 * runs, noting) for noting in (False, True))
    lines = []
    for pair in PAIRS:
        best = front([evaluations(case, pair, tolerance, exact) for tolerance in TOLERANCES])
        for mark in MARKS:
            count, seconds = seconds_at(best, mark), seconds_at(own, mark)
            each = evaluation + notes / pair.n_stages
            numbers = (evaluation / ponds * 1e9, notes / ponds * 1e9, count * each * 1e3, seconds * 1e3)
            even = seconds / count / ponds * 1e9
            told = (f"{count:.0f}", *(f"{x:.3g}" for x in (*numbers, count * each / seconds, even)))
            lines.append((case.name, pair.__name__, f"{mark * 1e3:g}", *told))
    return lines


def report(runs: int) -> str:
    """Set the whole comparison in a table; costs are those of a pond, the last one that at which both are as quick."""
    counted = ("evaluations", "ns each", "ns a step's notes", "ms at least")
    head = ("case", "pair", "error mm", *counted, f"{OWN} ms", "ratio", "even at ns each")
    return lines_of(head, [line for ponds in PONDS for line in compare(ponds, runs)], 2)
