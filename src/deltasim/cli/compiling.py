"""Compiling the solver, once for each version of it: before the first run, or when asked to."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from deltasim.cli.ahead import loop_ahead
from deltasim.cli.faults import say

if TYPE_CHECKING:
    from deltasim.solver.build import Prepared

__all__ = ["compile_all_kinds", "compile_loop_alone", "compile_solver", "get_ready", "is_kept"]

TINY = """\
[scenario]
start = 2024-01-01
end = 2024-01-02
output_step = "1 h"

[basin.pond]
curve = { stage = [0.0], area = [100.0] }
initial_stage = 1.0
"""
"""The compiled loop has one form, whatever the network; what moves water in it is compiled kind by kind."""


class Nowhere:
    """A sink that keeps nothing."""

    def begin(self, frame: object) -> None:
        """Ignore it."""

    def append(self, chunk: object) -> None:
        """Ignore it."""

    def finish(self, summary: object, state: object) -> None:
        """Ignore it."""

    def fail(self, reason: str, summary: object = None) -> None:
        """Ignore it; the error itself tells."""


def compile_solver() -> float:
    """Compile or load the solver's loop, by running a network of one pond.

    Returns
    -------
    float
        Seconds that it took.
    """
    from deltasim.scenario import from_text
    from deltasim.simulation import simulate

    begun = time.perf_counter()
    simulate(from_text(TINY, {}, path="a pond of the package"), Nowhere())
    return time.perf_counter() - begun


def compile_all_kinds() -> float:
    """Compile or load the loop, and what each kind of link, control and quality add to it.

    Returns
    -------
    float
        Seconds that it took.
    """
    from deltasim._jit import is_compiled
    from deltasim.solver.kernels import compile_all

    begun = time.perf_counter()
    pond = _tiny()
    with loop_ahead() if is_kept() and not is_compiled() else nullcontext():
        compile_all(pond.problem, pond.work)
    compile_solver()
    return time.perf_counter() - begun


def compile_loop_alone() -> None:
    """Compile the loop into the cache, without what it calls by address."""
    from deltasim.solver.run import compile_loop

    compile_loop(_tiny())


def _tiny() -> Prepared:
    from deltasim.network import Network
    from deltasim.scenario import from_text
    from deltasim.solver.build import prepare

    scenario = from_text(TINY, {}, path="a pond of the package")
    pond = Network.from_components(scenario.nodes, scenario.links)
    return prepare(pond, end=scenario.duration, tolerance=scenario.stage_tolerance, max_step=scenario.max_step)


def is_kept() -> bool:
    """Tell whether compiled code can be kept for the next time."""
    from deltasim._jit import cache_folder

    return os.access(cache_folder(), os.W_OK)


def get_ready() -> None:
    """Compile before a run and say so, because it takes so much longer than the run; else load what was compiled.

    Either way the run itself then takes what the solver takes.
    """
    import numba

    from deltasim._jit import cache_folder, is_compiled

    if numba.config.DISABLE_JIT:
        return
    _wake_numba()
    if not is_compiled():
        once = "once; this takes ten to twenty seconds, and a kind of link a second or two when it first comes"
        always = f"some twenty seconds; {cache_folder().parent} cannot be written, so every run will: "
        say(f"compiling the solver, {once if is_kept() else always + 'DELTASIM_CACHE_DIR names another folder'}")
        with loop_ahead() if is_kept() else nullcontext():
            _ = _tiny().packed
    compile_solver()


def _wake_numba() -> None:
    """Have numba load what it takes to load a kernel, but for the linear algebra of scipy.

    It imports that only to see whether it is there, for a tenth of the time of a short run. It is there, for deltasim
    requires it; and a kernel that needs it, as none of ours does, has numba import it.
    """
    from numba.core.registry import cpu_target
    from numba.np import linalg

    look = linalg.ensure_blas
    linalg.ensure_blas = lambda: None
    try:
        cpu_target.target_context.refresh()
        from numba.np import arraymath
    finally:
        linalg.ensure_blas = look
    arraymath.ensure_blas = look
