"""deltasim, at several stage tolerances."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.cases import HOUR, Case
from benchmarks.peers.engine import Engine, Solution
from benchmarks.sink import Kept

from deltasim.scenario import from_text
from deltasim.simulation import simulate

__all__ = ["ENGINES", "prepare"]

TOLERANCES = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6)


def prepare(case: Case, tolerance: float) -> Callable[[], Solution]:
    """Read the scenario; `simulate` counts the seconds in the solver."""
    scenario = from_text(case.scenario(tolerance), {})
    sink = Kept("depth", "discharge")

    def run() -> Solution:
        outcome = simulate(scenario, sink)
        # The boundary is the first node; the mean discharges are those of the links and, last, of the inflow.
        depth, discharge = sink.data["depth"][1:, 1:], sink.data["discharge"][1:, -2]
        return Solution(
            outcome.seconds, depth, HOUR * float(discharge.sum()), outcome.summary.attributes["solver_steps"]
        )

    return run


def settings(case: Case) -> dict[str, float]:
    """Stage tolerances."""
    return {f"tolerance {tolerance:g} m": tolerance for tolerance in TOLERANCES}


ENGINES = [Engine("deltasim", "deltasim", "deltasim", settings, prepare, False, lambda: None)]
