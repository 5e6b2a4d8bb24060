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

import deltasim
from deltasim.constants import GRAVITY
from deltasim.scenario import from_text
from deltasim.simulation import simulate

HEAD = """
[scenario]
start = 2024-01-01
end = 2024-01-11
output_step = "1 h"
[solver]
stage_tolerance = {tolerance}
"""
WEIR = 1.84 / (2.0 / 3.0 * float(np.sqrt(2.0 * GRAVITY)))


def series(n: int) -> str:
    """Ponds of 20 000 m2, each 8 m below the one before, over free weirs of 20 m; a flood of 100 m3/s."""
    lines = ["[boundary.out]"]
    for i in range(n):
        bed, below = -8.0 * i, f"p{i + 1}" if i + 1 < n else "out"
        lines.append(f"[basin.p{i}]\ncurve = {{ stage = [{bed}], area = [2e4] }}\ninitial_stage = {bed + 1.0}")
        lines.append(f'[weir.w{i}]\nfrom = "p{i}"\nto = "{below}"\ncrest_level = {bed + 1.0}\ncrest_width = 20.0')
        lines.append(f"discharge_coefficient = {WEIR!r}")
    lines.append('[inflow.flood]\nto = "p0"')
    lines.append("discharge = { time = [0, 86400, 172800, 864000], value = [0.0, 100.0, 0.0, 0.0] }")
    return "\n".join(lines)


def drowned(n: int) -> str:
    """Ponds of 10 000 m2 with equal beds, joined by drowned orifices of 40 m2; 2 m3/s and a flood of 20 m3/s."""
    lines = ["[boundary.out]"]
    for i in range(n):
        lines.append(f"[basin.p{i}]\ncurve = {{ stage = [0.0], area = [1e4] }}\ninitial_stage = 3.0")
        if i + 1 < n:
            lines.append(f'[orifice.o{i}]\nfrom = "p{i}"\nto = "p{i + 1}"\nshape = "rectangular"')
            lines.append("width = 40.0\nheight = 1.0\ninvert_level = 0.0")
    lines.append(f'[weir.last]\nfrom = "p{n - 1}"\nto = "out"\ncrest_level = 3.0\ncrest_width = 20.0')
    lines.append(f"discharge_coefficient = {WEIR!r}")
    lines.append('[inflow.flood]\nto = "p0"')
    lines.append("discharge = { time = [0, 86400, 172800, 864000], value = [2.0, 22.0, 2.0, 2.0] }")
    return "\n".join(lines)


class Stages:
    """A sink that keeps the stages and nothing else."""

    def begin(self, frame: object) -> None:
        """Forget what was before."""
        self.rows: list[np.ndarray] = []

    def append(self, chunk: object) -> None:
        """Keep the stages of the ponds; the first node is the boundary."""
        self.rows.append(chunk.data["stage"][:, 1:])

    def finish(self, summary: object, state: object) -> None:
        """Join them."""
        self.stage = np.concatenate(self.rows)

    def fail(self, reason: str, summary: object = None) -> None:
        """Stop: a benchmark that fails measures nothing."""
        raise RuntimeError(reason)


def measure(body: str, tolerance: float, runs: int) -> tuple[float, np.ndarray, int]:
    """Median seconds in the solver, stages and steps."""
    scenario = from_text(HEAD.format(tolerance=tolerance) + body, {})
    sink = Stages()
    outcomes = [simulate(scenario, sink) for _ in range(runs + 1)][1:]
    seconds = statistics.median(outcome.seconds for outcome in outcomes)
    return seconds, sink.stage, outcomes[0].summary.attributes["solver_steps"]


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
    for name, body, tolerances, goal in CASES:
        exact = measure(body, 1e-8, 1)[1]
        for tolerance in tolerances:
            seconds, stage, steps = measure(body, tolerance, runs)
            error = float(np.abs(stage - exact).max())
            cost = seconds / stage.shape[1] / steps * 1e9
            print(
                f"{name:<22}{tolerance:>10g}{seconds * 1e3:>9.2f}{goal:>7g}{error * 1e3:>10.3f}{steps:>7}{cost:>14.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
