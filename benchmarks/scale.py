"""How the cost grows with the network: time for each node and step from 100 to 100 000 storages, or one of a million.

    python benchmarks/scale.py                       # the table
    python benchmarks/scale.py --stress 1000000      # one run into a file, with time and memory of each phase

The network is a tree of rivers, each with a flood at its head, impounded every kilometre by a weir: `impounded_rivers`.
Its components are made without a text. In the table times are those of the processor, the least of a few runs, and the
larger networks run only the first day. The stress run is of ten days with daily output into a NetCDF file.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from topics import impounded_rivers, scenario

import deltasim
from deltasim.network import Network
from deltasim.results.netcdf import NetcdfSink
from deltasim.scenario import Scenario
from deltasim.simulation import simulate
from deltasim.solver.build import prepare
from deltasim.solver.run import begin, march, totals

SIZES = (100, 1000, 10_000, 100_000)
TOLERANCE = 1e-2
DAY = 86400.0


def network_of(storages: int, days: float) -> Scenario:
    """Make a scenario whose components no text could bring as quickly."""
    small = scenario("[boundary.sea]\n[junction.none]\nbed_level = 0.0", days=days, step="1 d", tolerance=TOLERANCE)
    nodes, links = impounded_rivers(storages)
    return dataclasses.replace(small, nodes=nodes, links=links)


def peak() -> float:
    """Most memory so far, GB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def show_costs(runs: int) -> None:
    """Print the table."""
    print(f"{'storages':>9}{'prepare us/node':>17}{'steps':>7}{'solve s':>9}{'ns/node/step':>14}{'against 100':>13}")
    first = None
    for storages in SIZES:
        days = 10.0 if storages <= 10_000 else 1.0
        components = network_of(storages, days)
        begun = time.process_time()
        network = Network.from_components(components.nodes, components.links)
        fresh = prepare(network, end=days * DAY, tolerance=TOLERANCE, max_step=DAY)
        preparing = time.process_time() - begun
        seconds = []
        for _ in range(runs):
            state = copy.deepcopy(fresh)
            begin(state)
            begun = time.process_time()
            for _rows in march(network, state, DAY * np.arange(1.0, days + 1.0)):
                pass
            seconds.append(time.process_time() - begun)
        whole = totals(state, network.initial_storage)
        steps = whole.steps + whole.rejected_steps
        cost = min(seconds) / steps / storages * 1e9
        first = first or cost
        print(
            f"{storages:>9}{preparing / storages * 1e6:>17.1f}{steps:>7}{min(seconds):>9.3f}{cost:>14.0f}"
            f"{cost / first:>13.2f}",
            flush=True,
        )


class TimedSink(NetcdfSink):
    """A NetCDF file that knows when it was begun and how long was spent on it."""

    begun = 0.0
    seconds = 0.0

    def begin(self, frame: Any) -> None:
        """Begin, and say what was taken until then."""
        self.begun = time.perf_counter()
        print(f"{'  until the first step':<28}{'':>9}{peak():>9.2f}", flush=True)
        super().begin(frame)
        self.seconds += time.perf_counter() - self.begun

    def append(self, chunk: Any) -> None:
        """Write, by the clock."""
        begun = time.perf_counter()
        super().append(chunk)
        self.seconds += time.perf_counter() - begun

    def finish(self, summary: Any, state: Any) -> None:
        """Close, by the clock."""
        begun = time.perf_counter()
        super().finish(summary, state)
        self.seconds += time.perf_counter() - begun


def stress(storages: int, folder: Path) -> None:
    """Run one large network into a file."""
    print(f"{'phase':<28}{'s':>9}{'peak GB':>9}")
    whole = time.perf_counter()
    components = network_of(storages, 10.0)
    print(f"{'make the components':<28}{time.perf_counter() - whole:>9.1f}{peak():>9.2f}", flush=True)
    sink = TimedSink(folder / "scale.nc")
    begun = time.perf_counter()
    outcome = simulate(components, sink)
    ended = time.perf_counter()
    layout = sink.begun - begun
    rest = ended - begun - layout - outcome.seconds - sink.seconds
    for phase, seconds in (
        ("lay out and plan", layout),
        ("solve", outcome.seconds),
        ("write", sink.seconds),
        ("collect", rest),
        ("all", ended - whole),
    ):
        print(f"{phase:<28}{seconds:>9.1f}" + (f"{peak():>9.2f}" if phase == "all" else ""))
    found = outcome.summary.attributes
    steps = int(found["solver_steps"]) + int(found["solver_rejected_steps"])
    print(f"{steps} steps, {outcome.seconds / steps / storages * 1e9:.0f} ns for each node and step")
    print(f"relative balance error {found['relative_balance_error']:.1e}")
    print(f"file of {(folder / 'scale.nc').stat().st_size / 1e6:.0f} MB")


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stress", type=int, metavar="STORAGES", help="one run of so many into a file, and no table")
    parser.add_argument("--runs", type=int, default=5, help="runs of each size, of which the least counts")
    asked = parser.parse_args()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"deltasim {deltasim.__version__}, Python {platform.python_version()}, numpy {np.__version__}{load}")
    if asked.stress:
        with tempfile.TemporaryDirectory() as folder:
            stress(asked.stress, Path(folder))
    else:
        show_costs(asked.runs)


if __name__ == "__main__":
    main()
