"""Compute networks with other Rosenbrock methods in the solver's own loop, and compare error against time.

    python -m benchmarks.methods --quick               # half a minute: some networks, three runs
    python -m benchmarks.methods                       # all networks, eight minutes
    python -m benchmarks.methods --cases drowned-100 mixed-60 --methods Rodas4P2 ROS34PW2
    python -m benchmarks.methods --explicit            # what an explicit pair could cost on ponds in series

Everything but the table of coefficients is the same: laws, Jacobian, elimination, step control, outputs. Ten days with
hourly output. The error is the largest difference in stage, over all storages and hours, from a run of the package's
method at 1e-8 m. Times are spent in the compiled loop, outputs included: the least of several runs. A run that takes
more than twenty times the steps of the package's method at the same tolerance is given up.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import topics
from benchmarks.methods import explicit
from benchmarks.methods.loop import Run, compute, ready
from benchmarks.methods.tables import OWN, Candidate, load, order_with_any_jacobian, stability
from benchmarks.peers.engine import version_of
from benchmarks.peers.fronts import front, seconds_at
from benchmarks.peers.pictures import Line, draw_fronts
from benchmarks.peers.report import about, lines_of

from deltasim.scenario import Scenario
from deltasim.solver.method import RODAS4P2

__all__ = ["Row", "main", "named", "sweep"]

TOPICS: dict[str, tuple[Callable[[int], str], str]] = {
    "series": (topics.series, "ponds joined by free weirs"),
    "drowned": (topics.drowned, "ponds joined by drowned orifices"),
    "tree": (topics.tree_of_ponds, "ponds in a tree, over weirs that drown"),
    "mixed": (topics.mixed_links, "ponds and links of ten kinds below a tide"),
}
CASES = ("series-10", "series-100", "series-1000", "drowned-10", "drowned-100", "drowned-1000", "tree-100", "mixed-60")
QUICK = ("series-100", "drowned-100", "tree-100", "mixed-10")
TOLERANCES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6)
EXACT = 1e-8
SHORT, FEW = 0.3, 3
"""A run that takes more seconds than the first is run no more often than the second."""
LOST = 20
"""Times the steps of the package's method."""
MARKS = (1e-2, 1e-3, 1e-4)
"""Errors at which times are compared, m."""
RESULTS = Path(__file__).parents[1] / "results"
STYLES = {
    OWN: ("#000000", "o", "-"),
    "Rodas3": ("#e69f00", "v", "-"),
    "ROS34PW2": ("#d55e00", "s", "-"),
    "ROS3PRL2": ("#cc79a7", "<", "-"),
    "Rodas3P": ("#e69f00", "^", "--"),
    "Rodas4": ("#0072b2", "P", "-"),
    "Rodas4P": ("#56b4e9", "X", "-"),
    "Rodas5P": ("#009e73", "D", "-"),
}
"""Colour (told apart by the colour-blind), marker and line of each method."""


@dataclass(frozen=True)
class Row:
    """One method at one tolerance on one case.

    Parameters
    ----------
    case, method : str
    tolerance : float, m
    seconds : float
        NaN where the run was given up.
    stage_error : float, m
        Likewise.
    steps, rejected : int
    """

    case: str
    method: str
    tolerance: float
    seconds: float
    stage_error: float
    steps: int
    rejected: int


def named(name: str) -> Scenario:
    """Make a scenario from its name: a topic and a number of ponds."""
    kind, _, ponds = name.partition("-")
    if kind not in TOPICS or not ponds.isdecimal() or int(ponds) < 1:
        known = ", ".join(f"{kind}-N" for kind in TOPICS)
        raise ValueError(f'no case is called "{name}": give one of {known}, N the number of ponds')
    return topics.scenario(TOPICS[kind][0](int(ponds)))


def sweep(name: str, candidates: Sequence[Candidate], tolerances: Sequence[float], runs: int) -> list[Row]:
    """Run every method at every tolerance on a case, the package's own first.

    All take turns, so that what else the machine does for some seconds is not done to one of them alone.
    """
    scenario = named(name)
    exact = compute(ready(scenario, RODAS4P2, EXACT)).stage
    starts = {(c.name, tolerance): ready(scenario, c.method, tolerance) for c in candidates for tolerance in tolerances}
    best: dict[tuple[str, float], Run] = {}
    for turn in range(runs):
        for key, start in starts.items():
            if turn == 0:
                own = best.get((OWN, key[1]))
                best[key] = compute(start, LOST * (own.steps + own.rejected)) if own else compute(start)
            elif best[key].done and (turn < FEW or best[key].seconds < SHORT):
                best[key] = min(best[key], compute(start), key=lambda run: run.seconds)
    rows = []
    for (method, tolerance), run in best.items():
        found = (run.seconds, float(np.abs(run.stage - exact).max())) if run.done else (np.nan, np.nan)
        rows.append(Row(name, method, tolerance, *found, run.steps, run.rejected))
    return rows


def facts(candidates: Sequence[Candidate]) -> str:
    """Set in a table what the coefficients tell of each method."""
    head = ("method", "stages", "order", "with any Jacobian", "least of R", "source")
    far = -(10.0 ** np.linspace(-2.0, 6.0, 200))
    body = [
        (
            candidate.name,
            str(len(candidate.method.weights)),
            f"{candidate.order}({candidate.embedded})",
            str(order_with_any_jacobian(candidate.method)),
            f"{min(stability(candidate.method, z) for z in far):.2f}",
            candidate.source.partition(")")[0].strip() + ")",
        )
        for candidate in candidates
    ]
    return lines_of(head, body, 1)


def table(rows: Sequence[Row]) -> str:
    """Set rows in a table, those of a method together."""
    head = ("case", "method", "tolerance m", "ms", "error mm", "steps", "rejected")
    body = []
    for row in rows:
        found = (
            ("given up", "-") if np.isnan(row.seconds) else (f"{row.seconds * 1e3:.3f}", f"{row.stage_error * 1e3:.3g}")
        )
        body.append((row.case, row.method, f"{row.tolerance:g}", *found, str(row.steps), str(row.rejected)))
    return lines_of(head, body, 2)


def at_equal_error(rows: Sequence[Row]) -> str:
    """Set in a table the time of each method over that of the package's at the same error."""
    head = ("case", "method", *(f"at {mark * 1e3:g} mm" for mark in MARKS), "given up")
    body = []
    for case in dict.fromkeys(row.case for row in rows):
        here = [row for row in rows if row.case == case]
        own = front([row for row in here if row.method == OWN])
        for method in dict.fromkeys(row.method for row in here):
            theirs = [row for row in here if row.method == method]
            best = front(theirs)
            ratios = [seconds_at(best, mark) / seconds_at(own, mark) for mark in MARKS]
            lost = sum(np.isnan(row.seconds) for row in theirs)
            told = ["-" if np.isnan(ratio) else f"{ratio:.2f}" for ratio in ratios]
            body.append((case, method, *told, f"{lost} of {len(theirs)}"))
    return lines_of(head, body, 2)


def picture(rows: Sequence[Row], case: str, target: Path, note: str) -> None:
    """Draw error against time on a case; a method that never gets to the end keeps its place in the legend."""
    kind, _, ponds = case.partition("-")
    lines = []
    for method in dict.fromkeys(row.method for row in rows):
        found = [row for row in rows if (row.case, row.method) == (case, method)]
        shown = [row for row in found if row.stage_error < 1.0]
        lost = len(found) - len(shown)
        label = method + (f" ({lost} of {len(found)} lost)" if lost else "")
        lines.append(Line(label, STYLES[method], shown, method == OWN))
    draw_fronts(lines, f"{ponds} {TOPICS[kind][1]}", target, note)


def arguments(known: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.methods", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"three runs of {', '.join(QUICK)}")
    parser.add_argument(
        "--cases", nargs="+", metavar="CASE", help=f"{', '.join(f'{kind}-N' for kind in TOPICS)}, of N ponds"
    )
    parser.add_argument("--methods", nargs="+", default=known, choices=known, metavar="METHOD", help=", ".join(known))
    parser.add_argument("--runs", type=int, help="of which the least counts (9, with --quick 3)")
    parser.add_argument("--explicit", action="store_true", help="only what an explicit pair could cost")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder to write to (%(default)s)")
    given = parser.parse_args()
    given.cases = given.cases or (QUICK if given.quick else CASES)
    given.runs = given.runs or (3 if given.quick else 9)
    try:
        for name in given.cases:
            named(name)
    except ValueError as error:
        parser.error(str(error))
    return given


def main() -> None:
    """Measure, print the tables, write the files."""
    known = load()
    given = arguments(list(known))
    machine = about([])
    print("; ".join(f"{name} {value}" for name, value in machine.items() if name != "compiler"), flush=True)
    if given.explicit:
        print("", explicit.report(given.runs), sep="\n")
        return
    candidates = [known[name] for name in dict.fromkeys([OWN, *given.methods])]
    print("", facts(candidates), "", sep="\n", flush=True)
    rows: list[Row] = []
    try:
        for case in given.cases:
            rows += sweep(case, candidates, TOLERANCES, given.runs)
            print(f"  {case}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("stopped: what follows is what there is so far", file=sys.stderr)
    print(table(rows), "", f"time over that of {OWN} at the same error", at_equal_error(rows), sep="\n")
    write(given.results, rows)
    print(f"\nwritten to {given.results}")
    if version_of("matplotlib") is None:
        print("no pictures: matplotlib is not installed", file=sys.stderr)
        return
    note = f"deltasim {machine['deltasim']}, {machine['date']}, {machine['machine']}"
    for case in dict.fromkeys(row.case for row in rows):
        picture(rows, case, given.results / f"methods-{case}.png", note)


def write(folder: Path, rows: Sequence[Row]) -> None:
    """Write methods.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "methods.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


if __name__ == "__main__":
    main()
