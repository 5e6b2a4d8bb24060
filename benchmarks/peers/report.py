"""What the comparison leaves: two tables, and the same as CSV and JSON."""

from __future__ import annotations

import csv
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from benchmarks.peers.engine import Engine, version_of
from benchmarks.peers.fronts import MARKS, Ratio, Row
from benchmarks.peers.rk4 import FLAGS

import deltasim

__all__ = ["about", "lines_of", "ratio_table", "table", "write"]


def processor() -> str:
    """Name of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def compiler() -> str:
    """What the C compiler says of itself, and what it is told."""
    try:
        told = subprocess.run([os.environ.get("CC", "gcc"), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return " ".join([told.stdout.splitlines()[0], *FLAGS])


def about(engines: Sequence[Engine]) -> dict[str, str]:
    """Machine, date and versions."""
    packages = sorted({"numpy", "numba", "scipy", *(engine.package for engine in engines)} - {"deltasim"})
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{processor()}, {os.cpu_count()} cores, one used; {platform.system()}",
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        "python": platform.python_version(),
        "compiler": compiler(),
        "deltasim": deltasim.__version__,
        **{package: version_of(package) or "not installed" for package in packages},
    }


def lines_of(head: Sequence[str], body: Sequence[Sequence[str]], left: int) -> str:
    """Set a table in columns, the first ones to the left."""
    widths = [max(len(line[i]) for line in (head, *body)) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i < left else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in (head, *body)
    )


def table(rows: Sequence[Row], labels: dict[str, str]) -> str:
    """Every engine and setting, each engine's settings by falling error."""
    head = ("case", "engine", "setting", "seconds", "stage error m", "peak error m", "balance", "steps", "memory MB")
    body: list[tuple[str, ...]] = []
    order = {name: i for i, name in enumerate(labels)}
    cases = list(dict.fromkeys(row.case for row in rows))
    for row in sorted(rows, key=lambda row: (cases.index(row.case), order[row.engine], -row.stage_error)):
        numbers = (f"{row.seconds:.3g}", f"{row.stage_error:.1e}", f"{row.peak_error:.1e}", f"{row.balance_error:.0e}")
        body.append((row.case, labels[row.engine], row.setting, *numbers, str(row.steps), f"{row.memory:.1f}"))
    return lines_of(head, body, 3)


def shown(ratio: float) -> str:
    """Set a ratio short; none where there is none."""
    return f"{ratio:.3g}" if ratio < 1000 else f"{ratio:.0f}" if np.isfinite(ratio) else "-"


def ratio_table(found: Sequence[Ratio], labels: dict[str, str]) -> str:
    """Seconds of each peer over deltasim's, beside the goal."""
    head = ("case", "peer", "goal", "least", "", "at error m", *(f"at {mark * 1e3:g} mm" for mark in MARKS))
    body = [
        (
            ratio.case,
            labels[ratio.peer],
            "" if ratio.goal is None else shown(ratio.goal),
            shown(ratio.least),
            "" if ratio.goal is None else "met" if ratio.least >= ratio.goal else "short",
            f"{ratio.error:.1e}",
            *(shown(value) for value in ratio.at),
        )
        for ratio in found
    ]
    return lines_of(head, body, 2)


def write(
    folder: Path,
    facts: dict[str, str],
    checks: dict[str, dict[str, float]],
    rows: Sequence[Row],
    found: Sequence[Ratio],
) -> None:
    """Write peers.csv and peers.json."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "peers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    ratios = [{**asdict(ratio), "at": dict(zip(map(str, MARKS), ratio.at, strict=True))} for ratio in found]
    whole = {
        "about": facts,
        "reference": checks,
        "rows": [asdict(row) for row in rows],
        "ratios": ratios,
    }
    (folder / "peers.json").write_text(json.dumps(told(whole), indent=1) + "\n", encoding="utf-8")


def told(value: object) -> object:
    """Put what JSON has no word for as null."""
    if isinstance(value, dict):
        return {key: told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [told(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
