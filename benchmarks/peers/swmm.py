"""SWMM 5, dynamic wave: storage nodes, weirs and orifices, through swmm-toolkit."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from benchmarks.cases import HOUR, Case
from benchmarks.peers.engine import Engine, Solution, version_of

from deltasim.constants import GRAVITY

__all__ = ["ENGINES", "prepare", "text"]

SWMM_GRAVITY = 32.2 * 0.3048
"""What SWMM computes with, m/s2."""
DEPTH = 20.0
"""Room in each pond, m: none overflows."""
STEPS = (60, 30, 10, 5, 1)
"""Routing steps, s."""
USUAL = "MAX_TRIALS 8\nHEAD_TOLERANCE 0.0015"
TIGHT = "MAX_TRIALS 20\nHEAD_TOLERANCE 1e-6"

OPTIONS = """[OPTIONS]
FLOW_UNITS CMS
FLOW_ROUTING DYNWAVE
LINK_OFFSETS DEPTH
START_DATE 01/01/2024
START_TIME 00:00:00
REPORT_START_DATE 01/01/2024
REPORT_START_TIME 00:00:00
END_DATE 01/11/2024
END_TIME 00:00:00
REPORT_STEP 01:00:00
WET_STEP 01:00:00
DRY_STEP 01:00:00
ROUTING_STEP {step}
VARIABLE_STEP 0
THREADS 1
IGNORE_RAINFALL YES
{trials}
[REPORT]
INPUT NO
CONTROLS NO
"""


def text(case: Case, step: float, trials: str) -> str:
    """Write the input file; what SWMM's gravity makes of an orifice is made good in its coefficient."""
    coefficient = case.orifice_coefficient * float(np.sqrt(GRAVITY / SWMM_GRAVITY))
    storage, weirs, orifices, sections = [], [], [], []
    for i in range(case.ponds):
        last = i + 1 == case.ponds
        ends = f"l{i} p{i} {'out' if last else f'p{i + 1}'}"
        storage.append(f"p{i} {-case.fall * i} {DEPTH} {case.depth} FUNCTIONAL 0 0 {case.area}")
        if last or case.joined_by == "weir":
            weirs.append(f"{ends} TRANSVERSE {case.crest} {case.weir_coefficient} NO 0 0 NO")
            sections.append(f"l{i} RECT_OPEN {DEPTH - case.crest} {case.weir_width} 0 0")
        else:
            orifices.append(f"{ends} SIDE 0 {coefficient!r} NO 0")
            sections.append(f"l{i} RECT_CLOSED {case.orifice_height} {case.orifice_width} 0 0")
    flood = [f"flood {t / HOUR:g} {q}" for t, q in zip(case.times, case.discharge, strict=True)]
    tables = {
        "OUTFALLS": [f"out {-case.fall * case.ponds - 1.0} FREE NO"],
        "STORAGE": storage,
        "WEIRS": weirs,
        "ORIFICES": orifices,
        "XSECTIONS": sections,
        "INFLOWS": ["p0 FLOW flood FLOW 1.0 1.0"],
        "TIMESERIES": flood,
    }
    parts = [f"[{name}]\n" + "\n".join(lines) for name, lines in tables.items() if lines]
    return OPTIONS.format(step=f"{step:g}", trials=trials) + "\n".join(parts) + "\n"


def prepare(trials: str, case: Case, steps_per_hour: float) -> Callable[[], Solution]:
    """Write the input file; each run reads it again, untimed."""
    from swmm.toolkit import shared_enum, solver

    written = text(case, HOUR / steps_per_hour, trials)

    def run() -> Solution:
        depth = np.empty((round(case.duration / HOUR), case.ponds))
        seconds = 0.0
        with tempfile.TemporaryDirectory() as folder:
            files = [str(Path(folder) / name) for name in ("chain.inp", "chain.rpt", "chain.out")]
            Path(files[0]).write_text(written)
            solver.swmm_open(*files)
            try:
                nodes = [solver.project_get_index(shared_enum.ObjectType.NODE, f"p{i}") for i in range(case.ponds)]
                solver.swmm_start(False)
                for row in depth:
                    began = time.perf_counter()
                    solver.swmm_stride(int(HOUR))
                    seconds += time.perf_counter() - began
                    row[:] = [solver.node_get_result(node, shared_enum.NodeResult.DEPTH) for node in nodes]
                outflow = float(solver.system_get_routing_totals().outflow)
                solver.swmm_end()
            finally:
                solver.swmm_close()
        return Solution(seconds, depth, outflow, round(case.duration / HOUR * steps_per_hour))

    return run


def settings(case: Case) -> dict[str, float]:
    """Routing steps."""
    return {f"step {step} s": HOUR / step for step in STEPS}


def missing() -> str | None:
    """Say that it is not installed."""
    return None if version_of("swmm-toolkit") else "swmm-toolkit is not installed"


ENGINES = [
    Engine("swmm", "SWMM 5", "swmm-toolkit", settings, partial(prepare, USUAL), True, missing),
    Engine("swmm-tight", "SWMM 5, tight", "swmm-toolkit", settings, partial(prepare, TIGHT), True, missing),
]
