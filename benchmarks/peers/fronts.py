"""Fronts of error against time, and what one engine takes over another at equal error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.cases import Case, named

__all__ = ["Ratio", "Row", "front", "goal", "ratios", "seconds_at"]

MARKS = (1e-2, 1e-3, 1e-4)
"""Errors at which engines are compared, m; between the first and the last the least ratio is sought."""


@dataclass(frozen=True)
class Row:
    """One engine at one setting on one case.

    Parameters
    ----------
    case, engine, setting : str
    seconds : float
    stage_error : float, m
        Largest over ponds and hours.
    peak_error : float, m
        Largest over ponds of the difference in the highest hourly stage.
    balance_error : float
        Over the volume in.
    steps : int
    memory : float, MB
        Growth of the process at its highest, model included.
    """

    case: str
    engine: str
    setting: str
    seconds: float
    stage_error: float
    peak_error: float
    balance_error: float
    steps: int
    memory: float


@dataclass(frozen=True)
class Ratio:
    """Seconds of a peer over deltasim's at equal or smaller error.

    Parameters
    ----------
    case, peer : str
    goal : float or None
    least : float
        Where the peer does best, between the marks.
    error : float, m
        Where that is.
    at : tuple of float
        At the marks; NaN where one of the two does not get there.
    """

    case: str
    peer: str
    goal: float | None
    least: float
    error: float
    at: tuple[float, ...]


def front(rows: Sequence[Row]) -> list[Row]:
    """Rows that no other beats in both time and error, from the quickest on."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda row: (row.seconds, row.stage_error)):
        if (
            row.stage_error > 0.0
            and np.isfinite(row.stage_error)
            and (not kept or row.stage_error < kept[-1].stage_error)
        ):
            kept.append(row)
    return kept


def seconds_at(rows: Sequence[Row], error: float) -> float:
    """Seconds that a front takes for an error, interpolated log-log; NaN where it does not get there."""
    if not rows or error < rows[-1].stage_error * (1.0 - 1e-9):
        return float("nan")
    errors = np.log([row.stage_error for row in rows[::-1]])
    return float(np.exp(np.interp(np.log(error), errors, np.log([row.seconds for row in rows[::-1]]))))


def goal(case: Case, peer: str) -> float | None:
    """How many times faster deltasim means to be."""
    n, stiff = case.ponds, case.joined_by == "orifice"
    if peer.startswith("swmm"):
        return 200.0 if n == 1 else 5000.0
    if peer in ("bdf", "radau"):
        return {100: 30.0, 1000: 15.0}.get(n)
    if n > 1 and peer in ("lsoda", "odeint", "cvode"):
        return 1.0
    if n > 1 and peer == "rk4-c":
        return 300.0 if stiff else 1.0 / 1.5 if n <= 100 else 1.0 / 3.0
    return None


def ratios(rows: Sequence[Row], case: str, peers: Sequence[str]) -> list[Ratio]:
    """Compare every peer with deltasim on a case."""
    own = front([row for row in rows if (row.case, row.engine) == (case, "deltasim")])
    found = []
    for peer in peers:
        theirs = front([row for row in rows if (row.case, row.engine) == (case, peer)])
        if not own or not theirs:
            continue
        corners = [row.stage_error for row in (*own, *theirs)]
        errors = [e for e in (*corners, *MARKS) if MARKS[-1] <= e <= MARKS[0]]
        # One that never gets as far as the first mark is taken at its best.
        errors = errors if theirs[-1].stage_error <= MARKS[0] else [theirs[-1].stage_error]
        ratio = {e: seconds_at(theirs, e) / seconds_at(own, e) for e in errors}
        ratio = {e: r for e, r in ratio.items() if np.isfinite(r)}
        if ratio:
            error = min(ratio, key=ratio.__getitem__)
            at = tuple(seconds_at(theirs, mark) / seconds_at(own, mark) for mark in MARKS)
            found.append(Ratio(case, peer, goal(named(case), peer), ratio[error], error, at))
    return found
