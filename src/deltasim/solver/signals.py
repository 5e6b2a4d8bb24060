"""What varies in time by itself: signals, tides, and what control moves, brought to where laws read it."""

from __future__ import annotations

from deltasim._jit import apart, jit_inline, jit_inner
from deltasim.solver.actuators import apply_actuators
from deltasim.solver.places import TIDES
from deltasim.solver.tides import waves

__all__ = ["add_tides", "apply_signals", "boundary_stages", "signal_at"]


@jit_inline
def signal_at(problem, work, i, t):  # type: ignore[no-untyped-def]
    """Value of signal `i` on the piece in force, and its slope."""
    c = work.cursor[i]
    slope = problem.signals.slope[c]
    return problem.signals.value[c] + slope * (t - problem.signals.time[c]), slope


@jit_inner
def boundary_stages(problem, work, t, stage):  # type: ignore[no-untyped-def]
    """Set the stages of boundaries that move to those at a time, on the pieces in force; else as `apply_signals`."""
    bound = problem.bindings
    for j in range(bound.boundary.shape[0]):
        node = bound.boundary[j]
        stage[node], work.rise[node] = signal_at(problem, work, bound.boundary_signal[j], t)
    if bound.tide.shape[0] > 0:
        add_tides(problem, work, t, stage)


@apart(TIDES)
def add_tides(problem, work, t, stage):  # type: ignore[no-untyped-def]
    """Add the tides at a time to the stages of their boundaries; compiled by itself, for many networks have none."""
    bound = problem.bindings
    for j in range(bound.tide.shape[0]):
        if work.tide_time[j] != t:
            work.tide_time[j] = t
            work.tide_level[j], work.tide_rate[j] = waves(problem.tides, j, t)
        stage[bound.tide[j]] += work.tide_level[j]
        work.rise[bound.tide[j]] += work.tide_rate[j]
    return 0


@jit_inner
def apply_signals(problem, work, t, stage):  # type: ignore[no-untyped-def]
    """Set what signals drive and actuators move to its value at a time, on the pieces in force.

    Parameters
    ----------
    problem : Problem
    work : Work
    t : float, s
    stage : ndarray, shape (N,), m
        Boundaries are set here.
    """
    bound = problem.bindings
    boundary_stages(problem, work, t, stage)
    for j in range(bound.setting.shape[0]):
        k = bound.setting[j]
        work.setting[k], work.setting_rate[k] = signal_at(problem, work, bound.setting_signal[j], t)
    for j in range(bound.factor.shape[0]):
        k, base = bound.factor[j], bound.factor_base[j]
        value, slope = signal_at(problem, work, bound.factor_signal[j], t)
        work.factor[k] = base * value
        work.factor_rate[k] = base * slope
    apply_actuators(problem, work, t)
