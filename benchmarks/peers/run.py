"""Compute chains of ponds with deltasim and with what people would use instead, and compare error against time.

    python -m benchmarks.peers --quick                 # some minutes; leaves out settings that take long
    python -m benchmarks.peers                         # all settings: SWMM 5 alone takes half an hour
    python -m benchmarks.peers --cases series-100 drowned-100 --engines deltasim odeint rk4-c

Every engine computes ten days with hourly output from the same case definition (benchmarks/cases.py), one after the
other in one process. The error is the largest difference in stage, over all ponds and hours, from a run of LSODA at
a very tight tolerance, which is held against deltasim at 1e-8 m. Seconds are spent on stepping, the making of the
model apart: medians of five runs where one is short. Ratios are those of the fronts of
error against time, interpolated log-log: where the peer does best at errors from 0.1 to 10 mm, and at three errors.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks.cases import Case, named
from benchmarks.peers import deltasim_itself, odes, rk4, swmm
from benchmarks.peers.engine import Engine, Solution, balance_error, version_of
from benchmarks.peers.fronts import Row, ratios
from benchmarks.peers.memory import grown
from benchmarks.peers.pictures import draw
from benchmarks.peers.report import about, ratio_table, table, write

__all__ = ["ENGINES", "main", "reference"]

ENGINES = {engine.name: engine for engine in (*deltasim_itself.ENGINES, *swmm.ENGINES, *odes.ENGINES, *rk4.ENGINES)}
CASES = ("series-1", "series-10", "series-100", "series-1000", "drowned-10", "drowned-100", "drowned-1000")
RESULTS = Path(__file__).parents[1] / "results"
RUNS = 5
"""Of which the median counts, where one is short."""
SHORT, SHORT_QUICK = 1.0, 0.3
"""Seconds that a run takes at most to be run again."""
PATIENCE, PATIENCE_QUICK = 900.0, 5.0
"""Seconds that one run may take: longer ones are given up, or not begun where that can be foretold."""

Typical = Callable[[Iterable[float]], float]


def reference(case: Case) -> tuple[np.ndarray, dict[str, float]]:
    """Compute the depths to compare with, by LSODA, and how far to trust them, m.

    The root of the reference is rounded off over a fifth of the difference that the others round over. Without any
    rounding it differs from this by a fifth of "rounding" at most, which is what theirs makes.
    """
    exact = odes.prepare_odeint(
        replace(case, rounding=case.rounding / 5.0), 1e-9 if case.ponds > 100 else 1e-11
    )().depth
    alike = odes.prepare_odeint(case, 1e-11)().depth if case.joined_by == "orifice" else exact
    own = deltasim_itself.prepare(case, 1e-8)().depth
    return exact, {"agree": float(np.abs(alike - own).max()), "rounding": float(np.abs(exact - alike).max())}


@contextmanager
def given_up_after(seconds: float) -> Iterator[None]:
    """Raise TimeoutError when this has taken too long, where the system has alarms and Python gets a turn."""

    def ring(number: int, frame: object) -> None:
        raise TimeoutError(f"given up after {seconds:g} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def measure(
    engine: Engine, case: Case, setting: tuple[str, float], exact: np.ndarray, short: float, typical: Typical
) -> Row:
    """Run an engine at a setting, again and again where that is short."""
    label, value = setting

    def first() -> tuple[Callable[[], Solution], Solution]:
        run = engine.prepare(case, value)
        return run, run()

    (run, solution), memory = grown(first)
    seconds = solution.seconds
    if seconds < short:
        seconds = typical(run().seconds for _ in range(RUNS))
    stage = float(np.abs(solution.depth - exact).max())
    peak = float(np.abs(solution.depth.max(axis=0) - exact.max(axis=0)).max())
    error = balance_error(case, solution)
    return Row(case.name, engine.name, label, seconds, stage, peak, error, solution.steps, memory)


def sweep(engine: Engine, case: Case, exact: np.ndarray, quick: bool, typical: Typical) -> Iterator[Row]:
    """Run an engine at all its settings that do not take too long."""
    patience, short = (PATIENCE_QUICK, SHORT_QUICK) if quick else (PATIENCE, SHORT)
    spent = cost = 0.0
    for setting in engine.settings(case).items():
        if quick and max(spent, cost * setting[1]) > patience:
            return
        begun = time.perf_counter()
        try:
            with given_up_after(patience * 6.0 if engine.fixed_step else patience), silence():
                row = measure(engine, case, setting, exact, short, typical)
        except Exception as error:
            print(f"{case.name}, {engine.label}, {setting[0]}: {error}", file=sys.stderr)
            spent += time.perf_counter() - begun
            continue
        spent += row.seconds
        cost = row.seconds / setting[1] if engine.fixed_step else 0.0
        yield row


@contextmanager
def silence() -> Iterator[None]:
    """Let no engine complain of a setting that is too coarse for it: its error tells."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def warm(engine: Engine) -> None:
    """Compile what compiles, on chains of two."""
    for case in (named("series-2"), named("drowned-2")):
        engine.prepare(case, next(iter(engine.settings(case).values())))()


def ready(names: list[str]) -> list[Engine]:
    """Engines that can run here; says which cannot, and why."""
    found = []
    for name in names:
        engine = ENGINES[name]
        if reason := engine.missing():
            print(f"{engine.label} is left out: {reason}", file=sys.stderr)
            continue
        warm(engine)
        found.append(engine)
    return found


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="leave out settings that take more than some seconds")
    parser.add_argument("--cases", nargs="+", default=CASES, metavar="CASE", help="series-N and drowned-N, of N ponds")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES), metavar="ENGINE",
                        help=", ".join(ENGINES))  # fmt: skip
    parser.add_argument(
        "--least", action="store_true", help="the least of five in place of the median: on a busy machine"
    )
    parser.add_argument("--keep", nargs="+", default=[], choices=list(ENGINES), metavar="ENGINE",
                        help="take these from the results that there are, measured on the same machine, and measure "
                        "the others: SWMM 5 takes most of an hour and never changes")  # fmt: skip
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder to write to (%(default)s)")
    given = parser.parse_args()
    try:
        given.cases = [named(name) for name in given.cases]
    except ValueError as error:
        parser.error(str(error))
    return given


def kept_rows(folder: Path, names: list[str]) -> tuple[list[Row], dict[str, str]]:
    """Rows of some engines from earlier results, and when they were measured; refused from another machine."""
    if not names:
        return [], {}
    earlier = json.loads((folder / "peers.json").read_text(encoding="utf-8"))
    here = about([])["machine"]
    if earlier["about"]["machine"] != here:
        raise SystemExit(f"--keep: {folder / 'peers.json'} is of {earlier['about']['machine']}, this is {here}")
    rows = [Row(**row) for row in earlier["rows"] if row["engine"] in names]
    facts = {f"{name} measured": earlier["about"].get(f"{name} measured", earlier["about"]["date"]) for name in names}
    packages = {ENGINES[name].package: earlier["about"][ENGINES[name].package] for name in names}
    return rows, facts | packages


def main() -> None:
    """Measure, print the tables, write the files."""
    given = arguments()
    kept, facts_kept = kept_rows(given.results, given.keep)
    engines = ready([name for name in given.engines if name not in given.keep])
    labels = {name: engine.label for name, engine in ENGINES.items() if engine in engines or name in given.keep}
    facts = about(engines) | facts_kept
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    rows = [row for row in kept if row.case in {case.name for case in given.cases}]
    checks: dict[str, dict[str, float]] = {}
    try:
        for case in given.cases:
            exact, checks[case.name] = reference(case)
            agree, rounding = checks[case.name].values()
            print(
                f"{case.name}: LSODA at 1e-11 and deltasim at 1e-8 m agree within {agree:.1e} m; "
                f"rounding off the root makes {rounding:.1e} m",
                flush=True,
            )
            for engine in engines:
                for row in sweep(engine, case, exact, given.quick, min if given.least else statistics.median):
                    rows.append(row)
                    told = f"{row.seconds:>9.3g} s {row.stage_error:.1e} m"
                    print(f"  {engine.label:<20} {row.setting:<18} {told}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("stopped: what follows is what there is so far", file=sys.stderr)
    peers = [name for name in labels if name != "deltasim"]
    found = [ratio for case in given.cases for ratio in ratios(rows, case.name, peers)]
    print("", table(rows, labels), sep="\n")
    if found:
        print("", ratio_table(found, labels), sep="\n")
    write(given.results, facts, checks, rows, found)
    print(f"\nwritten to {given.results}")
    if version_of("matplotlib") is None:
        print("no pictures: matplotlib is not installed", file=sys.stderr)
        return
    note = f"deltasim {facts['deltasim']}, {facts['date']}, {facts['machine']}"
    for name in dict.fromkeys(row.case for row in rows):
        draw(rows, name, [ENGINES[label] for label in labels], given.results / f"peers-{name}.png", note)


if __name__ == "__main__":
    main()
