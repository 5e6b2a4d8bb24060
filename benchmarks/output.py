"""Time the writing of large results: 100 ponds at 1-minute output, for a month and for a year.

    python benchmarks/output.py                    # 31 and 365 days, into the current directory
    python benchmarks/output.py --days 31 --folder /data

Each run is a process of its own, so that its peak memory is its own. The bare speed of the disk, a file of 1 GiB with
what the system still holds of it flushed, is measured beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import netCDF4
import numpy as np
from cases import series

from deltasim.cli.compiling import get_ready
from deltasim.results.background import Background
from deltasim.results.netcdf import NetcdfSink
from deltasim.scenario import from_text
from deltasim.simulation import simulate
from deltasim.timings import Stopwatch

PONDS = 100
HEAD = """
[scenario]
start = 2024-01-01
end = {end}
output_step = "1 min"
"""


def scenario(days: int) -> str:
    """The chain of ponds in series, under a stream whose flow is never the same."""
    hours = np.arange(24 * days + 1)
    rng = np.random.default_rng(1)
    flow = 20.0 + 15.0 * np.sin(hours / 40.0) + np.sin(hours / 24.0 * 2.0 * np.pi) + rng.random(len(hours))
    times, values = (hours * 3600.0).tolist(), flow.round(3).tolist()
    stream = f'[inflow.stream]\nto = "p0"\ndischarge = {{ time = {times}, value = {values} }}'
    return "\n".join(
        (
            HEAD.format(end=date(2024, 1, 1) + timedelta(days)),
            series(PONDS).components().partition("[inflow.flood]")[0],
            stream,
        )
    )


class Nowhere:
    """A sink that counts the bytes it is given."""

    size = 0

    def begin(self, frame: object) -> None:
        """Ignore it."""

    def append(self, chunk: object) -> None:
        """Count."""
        self.size += chunk.time.nbytes + sum(values.nbytes for values in chunk.data.values())

    def finish(self, summary: object, state: object) -> None:
        """Ignore it."""

    def fail(self, reason: str, summary: object = None) -> None:
        """Stop: a benchmark that fails measures nothing."""
        raise RuntimeError(reason)


def sinks(folder: Path) -> dict[str, object]:
    """What is compared, by name."""
    file = folder / "x.nc"
    return {
        "nowhere": Nowhere(),
        "same thread": NetcdfSink(file),
        "own thread": Background(NetcdfSink(file)),
        "uncompressed": Background(NetcdfSink(file, compressed=False)),
    }


def one(days: int, sink: str, folder: Path) -> None:
    """Run one case and print what it took as JSON."""
    get_ready()
    simulate(from_text(scenario(1), {}), Nowhere())
    given = from_text(scenario(days), {})
    before = resource.getrusage(resource.RUSAGE_SELF)
    watch, begun = Stopwatch(), time.perf_counter()
    chosen = sinks(folder)[sink]
    outcome = simulate(given, chosen, watch=watch)
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    size, raw = 0.0, getattr(chosen, "size", 0)
    if (file := folder / "x.nc").exists():
        size = file.stat().st_size
        with netCDF4.Dataset(file) as result:
            raw = sum(v.size * v.dtype.itemsize for v in result.variables.values() if "time" in v.dimensions)
    parts = watch.seconds
    figures = {
        "wall": wall,
        "CPU": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "solver": outcome.seconds,
        "gather": parts["gathering"],
        "write": parts["writing"],
        "close": parts["closing"],
        "memory": after.ru_maxrss / 1024.0,
        "raw": raw / 1e6,
        "file": size / 1e6,
    }
    print(json.dumps(figures))


def disk(folder: Path) -> float:
    """MB/s of a plain file."""
    block = os.urandom(2**24)
    begun = time.perf_counter()
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(64):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return 2**30 / 1e6 / (time.perf_counter() - begun)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, nargs="+", default=[31, 365])
    parser.add_argument("--folder", type=Path, default=Path(), help="where the results are written, and removed")
    parser.add_argument("--sinks", nargs="+", choices=sinks(Path()), default=list(sinks(Path())))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(int(given.one[0]), given.one[1], given.folder)
        return
    print(f"{PONDS} ponds in series, output every minute; the disk takes {disk(given.folder):,.0f} MB/s")
    print(
        f"{'days':>5} {'sink':<12}{'wall s':>8}{'CPU s':>8}{'solver s':>9}{'gather s':>9}{'write s':>8}{'close s':>8}",
        end="",
    )
    print(f"{'peak MB':>9}{'raw MB':>9}{'file MB':>9}{'raw MB/s':>10}")
    for days in given.days:
        for sink in given.sinks:
            with tempfile.TemporaryDirectory(dir=given.folder) as folder:
                words = [sys.executable, __file__, "--folder", folder, "--one", str(days), sink]
                got = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout)
            got["rate"] = got["raw"] / got["wall"]
            texts = (f"{value:.2f}" if value < 1000.0 else f"{value:.0f}" for value in got.values())
            print(f"{days:>5} {sink:<12}" + "".join(f"{text:>9}" for text in texts), flush=True)


if __name__ == "__main__":
    main()
