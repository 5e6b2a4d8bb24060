"""An explicit Runge-Kutta method of order 4 with fixed steps, written by hand: in C and in numba."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from benchmarks.cases import Case
from benchmarks.peers.engine import Engine, Solution
from benchmarks.peers.rates import AREA, CREST, GROWTH, INFLOW, ORIFICE, WEIR, law_of, solve_spans
from numba import njit

__all__ = ["ENGINES", "FLAGS"]

FLAGS = ("-O3", "-march=native", "-fno-math-errno")
"""Without the last, gcc makes no vectors of square roots."""
STEPS_PER_HOUR = {
    "weir": (2, 3, 4, 6, 9, 12, 18, 30, 60, 120),
    "orifice": (30, 120, 360, 900, 1800, 3600, 7200, 14400),
}

Loop = Callable[[int, int, int, np.ndarray, np.ndarray, np.ndarray], None]


@lru_cache
def compiled_c() -> Loop:
    """Compile the loop in C and load it."""
    compiler = str(shutil.which(os.environ.get("CC", "gcc")))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = Path(folder) / "rk4.so"
        source = Path(__file__).with_name("rk4.c")
        subprocess.run([compiler, *FLAGS, "-shared", "-fPIC", "-o", library, source, "-lm"], check=True)
        loop = ctypes.CDLL(str(library)).rk4
    numbers = np.ctypeslib.ndpointer(np.float64, flags="C")
    loop.argtypes = [ctypes.c_int] * 3 + [numbers] * 3
    loop.restype = None
    return loop


@njit(error_model="numpy")
def flows(y, q, law):
    """Fill in the discharges, the inflow left alone."""
    n = len(y)
    weir, crest, orifice = law[WEIR], law[CREST], law[ORIFICE]
    if orifice > 0.0:
        for i in range(n - 1):
            d = y[i] - y[i + 1]
            q[i + 1] = np.copysign(orifice * np.sqrt(abs(d)), d)
        head = y[n - 1] - crest if y[n - 1] > crest else 0.0
        q[n] = weir * head * np.sqrt(head)
    else:
        for i in range(n):
            head = y[i] - crest if y[i] > crest else 0.0
            q[i + 1] = weir * head * np.sqrt(head)


@njit(error_model="numpy")
def loop_in_numba(n, hours, steps_per_hour, law, depth, work):
    """Do as `rk4` in rk4.c."""
    now, y, q, total = work[:n], work[n : 2 * n], work[2 * n : 3 * n + 1], work[3 * n + 1 :]
    dt, per_area = 3600.0 / steps_per_hour, 1.0 / law[AREA]
    left = depth[0, n]
    now[:] = depth[0, :n]
    for hour in range(hours):
        for step in range(steps_per_hour):
            t = hour * 3600.0 + step * dt
            for k in range(4):
                reach = 0.0 if k == 0 else 1.0 if k == 3 else 0.5
                weight = 1.0 / 6.0 if k in (0, 3) else 1.0 / 3.0
                if k == 0:
                    y[:] = now
                    total[:] = 0.0
                else:
                    far = reach * dt * per_area
                    for i in range(n):
                        y[i] = now[i] + far * (q[i] - q[i + 1])
                q[0] = law[INFLOW] + law[GROWTH] * (t + reach * dt)
                flows(y, q, law)
                for i in range(n + 1):
                    total[i] += weight * q[i]
            for i in range(n):
                now[i] += dt * per_area * (total[i] - total[i + 1])
            left += dt * per_area * total[n]
        depth[hour + 1, :n] = now
        depth[hour + 1, n] = left


def prepare(loop: Loop, case: Case, steps_per_hour: float) -> Callable[[], Solution]:
    """Run a loop through the stretches of the inflow."""
    law, n, per_hour = law_of(case), case.ponds, int(steps_per_hour)
    work = np.zeros(4 * n + 2)

    def advance(hours: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, int]:
        rows = np.empty((len(hours), n + 1))
        rows[0] = state
        loop(n, len(hours) - 1, per_hour, law, rows, work)
        return rows, per_hour * (len(hours) - 1)

    return lambda: solve_spans(case, law, advance)


def prepare_c(case: Case, steps_per_hour: float) -> Callable[[], Solution]:
    """In C."""
    return prepare(compiled_c(), case, steps_per_hour)


def prepare_numba(case: Case, steps_per_hour: float) -> Callable[[], Solution]:
    """In numba."""
    return prepare(loop_in_numba, case, steps_per_hour)


def settings(case: Case) -> dict[str, float]:
    """Steps, each a whole part of an hour; a drowned chain is stiff and stable at short ones alone."""
    return {f"step {3600 / n:g} s": float(n) for n in STEPS_PER_HOUR[case.joined_by]}


def no_compiler() -> str | None:
    """Say what is missing to compile C."""
    compiler = os.environ.get("CC", "gcc")
    return None if shutil.which(compiler) else f"there is no {compiler}"


ENGINES = [
    Engine("rk4-c", "RK4, C", "numpy", settings, prepare_c, True, no_compiler),
    Engine("rk4-numba", "RK4, numba", "numba", settings, prepare_numba, True, lambda: None),
]
