"""Where the time of a step goes: nanoseconds of each piece, for a node and step, beside what the whole run takes.

    python benchmarks/shares.py                                  # chains of 100 and 1000 ponds, free and drowned
    python benchmarks/shares.py --cases series-10 --runs 50

Each piece of the solver's loop is called by itself, again and again, on the state that a run has after three days;
`calls` is how often a step calls it, its share of rejected trials and of rows of output included. A figure is the least
of some goes. In the run itself pieces find less of their data near at hand, so the sum is less than the whole. For both
everything is awake; the last line is a run as it is, which leaves out what is at rest.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from awake import wake
from cases import Case, named

from deltasim._packed import by_reference
from deltasim.geometry import see_stages
from deltasim.network import Network
from deltasim.scenario import from_text
from deltasim.solver import dense, elimination, final, incidence, loop, record, step, sums
from deltasim.solver.build import Prepared, prepare
from deltasim.solver.places import DENSE, FLUXES, NODES, PARTS, REJECTED, STEPS
from deltasim.solver.run import _sheet, begin

CASES = ("series-100", "series-1000", "drowned-100", "drowned-1000")
TOLERANCE = {"series": 5e-4, "drowned": 3e-4}
DAYS = 3
GOES = 9
ROWS = 240.0

# Names that compiled code sees.
assemble, factorise, solve = step.assemble, elimination.factorise, elimination.solve
scatter, add_fluxes, begin_sum, copy_spans = incidence.scatter, incidence.add_fluxes, sums.begin_sum, sums.copy_spans
evaluate_at, update_stages, error_of, accept = step.evaluate_at, step.update_stages, step.error_of, final.accept
sum_fluxes, move, book, refresh = step.sum_fluxes, final.move, final.book, loop.refresh
note_stages, note_fluxes, extend_fluxes = record.note_stages, record.note_fluxes, dense.extend_fluxes
write_row, close_step, add_increments = record.write_row, record.close_step, step.add_increments


def evaluations(p, w, o):
    """Laws of all fluxes, without derivatives."""
    evaluate_at(p, w, 0.0, w.part, np.bool_(False))


def curves(p, w, o):
    for s in range(w.awake.counts[NODES]):
        begin, end = w.awake.nodes[s, 0], w.awake.nodes[s, 1]
        see_stages(p.curves, w.slices, w.rows, begin, end, w.trial, w.trial_stage)


def states(p, w, o):
    for s in range(w.awake.counts[NODES]):
        add_increments(p, w, 3, p.method.alpha[3], w.awake.nodes[s, 0], w.awake.nodes[s, 1])


def increments(p, w, o):
    for s in range(w.awake.counts[NODES]):
        begin, end = w.awake.nodes[s, 0], w.awake.nodes[s, 1]
        begin_sum(w.gain, 50.0, w.drift, 1.0, p.method.coupling[3], w.node_increment, 3, begin, end)
    add_fluxes(p.fluxes, w.awake, 50.0, w.q, w.gain)


def matrix(p, w, o):
    assemble(p, w, 50.0)
    factorise(p.plan, w.awake.parts, w.awake.counts[PARTS], w.matrix)


def substitutions(p, w, o):
    solve(p.plan, w.awake.parts, w.awake.counts[PARTS], w.matrix, w.drift)


def fluxes(p, w, o):
    sum_fluxes(p, w, np.int64(0), 50.0, w.part)


def errors(p, w, o):
    error_of(p, w)


def accepted(p, w, o):
    accept(p, w, 50.0, 0)
    scatter(p.fluxes, w.awake, w.moved, w.rhs)
    book(w)


def refreshed(p, w, o):
    refresh(p, w)


def notes(p, w, o):
    note_stages(p, w)
    note_fluxes(p, w)
    for kept, given in ((w.q_before, w.q), (w.rate_before, w.rate)):
        copy_spans(kept, given, w.awake.fluxes, w.awake.counts[FLUXES])
    copy_spans(w.stage_before, w.stage, w.awake.nodes, w.awake.counts[NODES])


def extensions(p, w, o):
    w.counts[DENSE] = 0
    extend_fluxes(p, w)
    close_step(p, w, 0.5)


def rows(p, w, o):
    write_row(p, w, o, 0, 0.2, 0.5, 3600.0)


PIECES: dict[str, tuple[Callable[..., None], Callable[[float, float], float]]] = {
    "laws": (evaluations, lambda trials, rows: 5.0 * trials),
    "curves": (curves, lambda trials, rows: 5.0 * trials),
    "states of stages": (states, lambda trials, rows: 6.0 * trials),
    "into nodes, with stages": (increments, lambda trials, rows: 6.0 * trials),
    "matrix, factored": (matrix, lambda trials, rows: trials),
    "substitution": (substitutions, lambda trials, rows: 6.0 * trials),
    "fluxes of the step": (fluxes, lambda trials, rows: trials),
    "error": (errors, lambda trials, rows: trials),
    "accepting, booking": (accepted, lambda trials, rows: 1.0),
    "laws and derivatives anew": (refreshed, lambda trials, rows: 1.0),
    "largest values": (notes, lambda trials, rows: 1.0),
    "inside of the step": (extensions, lambda trials, rows: min(1.0, rows)),
    "rows of output": (rows, lambda trials, rows: rows),
}
"""A piece, and how often a step calls it: of its trials, and of rows for each step."""


def repeated(piece: Callable[..., None]) -> Any:
    """Compile a loop around a piece."""
    inner = numba.njit(error_model="numpy")(piece)

    @numba.njit(error_model="numpy")
    def loop_around(times, p, w, o):
        for _ in range(times):
            inner(p, w, o)

    return loop_around


def begun_run(case: Case, tolerance: float, days: int, awake: bool) -> tuple[Prepared, Any]:
    """Begin a run, all of it awake or only what moves, and give its state with a sheet for some days."""
    scenario = from_text(case.scenario(tolerance), {})
    prepared = prepare(
        Network.from_components(scenario.nodes, scenario.links),
        end=scenario.duration,
        tolerance=tolerance,
        max_step=scenario.max_step,
    )
    begin(prepared)
    if awake:
        wake(prepared)
    sheet = _sheet(prepared, 24 * days)
    sheet.time[:] = 3600.0 * np.arange(1, len(sheet.time) + 1)
    return prepared, by_reference(sheet)


def least_time(case: Case, tolerance: float, runs: int, awake: bool) -> tuple[float, int, int]:
    """Seconds of a whole run, the least of some; its steps, and those that were rejected."""
    least = np.inf
    for _ in range(runs):
        prepared, output = begun_run(case, tolerance, 10, awake)
        begun = time.perf_counter()
        loop.advance(*prepared.packed, output, 3600.0, 10**9)
        least = min(least, time.perf_counter() - begun)
    return least, int(prepared.work.counts[STEPS]), int(prepared.work.counts[REJECTED])


def main() -> None:
    """Print a table for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=CASES, metavar="CASE", help="series-N and drowned-N, of N ponds")
    parser.add_argument("--runs", type=int, default=30, help="whole runs, of which the least counts")
    given = parser.parse_args()
    compiled = {name: repeated(piece) for name, (piece, _) in PIECES.items()}
    for name in given.cases:
        case, tolerance = named(name), TOLERANCE[name.partition("-")[0]]
        least, steps, rejected = least_time(case, tolerance, given.runs, True)
        trials, whole = 1.0 + rejected / steps, least / case.ponds / steps * 1e9
        leaving = least_time(case, tolerance, given.runs, False)[0] / case.ponds / steps * 1e9
        prepared, output = begun_run(case, tolerance, DAYS, True)
        loop.advance(*prepared.packed, output, 3600.0, 10**9)
        load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
        print(f"{name}, tolerance {tolerance:g} m, {steps} steps{load}")
        print(f"{'ns for a node':<28}{'a call':>8}{'calls':>7}{'a step':>8}")
        total = 0.0
        for piece, (_, calls) in PIECES.items():
            times = max(20, 100_000 // case.ponds)
            best = np.inf
            for _ in range(GOES):
                begun = time.perf_counter()
                compiled[piece](times, *prepared.packed, output)
                best = min(best, time.perf_counter() - begun)
            cost = best / times / case.ponds * 1e9
            count = calls(trials, ROWS / steps)
            total += cost * count
            print(f"{piece:<28}{cost:>8.2f}{count:>7.2f}{cost * count:>8.1f}")
        print(f"{'sum':<28}{'':>15}{total:>8.1f}")
        print(f"{'the whole run':<28}{'':>15}{whole:>8.1f}")
        print(f"{'without what is at rest':<28}{'':>15}{leaving:>8.1f}\n", flush=True)


if __name__ == "__main__":
    main()
