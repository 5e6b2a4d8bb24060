"""Time the solver on chains of ponds: seconds inside the solver and the error in stage, side by side.

    python benchmarks/chains.py            # the four cases, three tolerances each
    python benchmarks/chains.py --runs 21

The error is the largest difference in stage, over all ponds and hours, from a run of the same case at a tolerance of
1e-8 m. Times are medians of runs after one that warms up, in one process; quote ratios rather than single figures,
for machines differ and so does one machine from minute to minute.
"""

from __future__ import annotations

import argparse
import platform
import statistics

import numpy as np
from cases import Case, drowned, series
from sink import Kept

import deltasim
from deltasim.scenario import from_text
from deltasim.simulation import simulate


def measure(case: Case, tolerance: float, runs: int) -> tuple[float, np.ndarray, int]:
    """Median seconds in the solver, stages of the ponds (the first node is the boundary) and steps."""
    scenario = from_text(case.scenario(tolerance), {})
    sink = Kept("stage")
    outcomes = [simulate(scenario, sink) for _ in range(runs + 1)][1:]
    seconds = statistics.median(outcome.seconds for outcome in outcomes)
    return seconds, sink.data["stage"][:, 1:], outcomes[0].summary.attributes["solver_steps"]


CASES = [
    ("100 ponds in series", series(100), (1e-3, 5e-4, 1e-4), 5.0),
    ("100 ponds, drowned", drowned(100), (5e-4, 3e-4, 1e-4), 1.5),
    ("1000 ponds in series", series(1000), (3e-3, 1e-3, 1e-4), 250.0),
    ("1000 ponds, drowned", drowned(1000), (5e-4, 3e-4, 1e-4), 15.0),
]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="runs of each case, after one that warms up")
    runs = parser.parse_args().runs
    print(f"deltasim {deltasim.__version__}, Python {platform.python_version()}, numpy {np.__version__}")
    print("10 days, hourly output, one core; goal: at an error of at most 0.5 mm")
    print(f"{'case':<22}{'tolerance':>10}{'ms':>9}{'goal':>7}{'error mm':>10}{'steps':>7}{'ns/pond/step':>14}")
    for name, case, tolerances, goal in CASES:
        exact = measure(case, 1e-8, 1)[1]
        for tolerance in tolerances:
            seconds, stage, steps = measure(case, tolerance, runs)
            error = float(np.abs(stage - exact).max())
            cost = seconds / stage.shape[1] / steps * 1e9
            print(
                f"{name:<22}{tolerance:>10g}{seconds * 1e3:>9.2f}{goal:>7g}{error * 1e3:>10.3f}{steps:>7}{cost:>14.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
