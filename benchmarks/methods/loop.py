"""The solver's compiled loop with any method, from the start of a scenario to its end."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass

import numpy as np
from benchmarks.cases import HOUR

from deltasim._packed import by_reference
from deltasim.network import Network
from deltasim.scenario import Scenario
from deltasim.solver.build import Prepared, prepare
from deltasim.solver.loop import DONE, REJECTED, STEPS, advance
from deltasim.solver.method import Method
from deltasim.solver.problem import Output
from deltasim.solver.run import begin

__all__ = ["Run", "compute", "ready"]

MANY = 10**9
"""Steps that no run needs."""


@dataclass(frozen=True)
class Run:
    """What came of a run.

    Parameters
    ----------
    seconds : float
    stage : ndarray, shape (hours, n), m
        In the network's order.
    storage : ndarray, shape (hours, n), m3
        In the solver's.
    steps, rejected : int
    done : bool
        Whether it got to its end in the steps that it was given.
    """

    seconds: float
    stage: np.ndarray
    storage: np.ndarray
    steps: int
    rejected: int
    done: bool


def ready(scenario: Scenario, method: Method, tolerance: float) -> Prepared:
    """Put a method at the start of a scenario."""
    prepared = prepare(
        Network.from_components(scenario.nodes, scenario.links),
        end=scenario.duration,
        tolerance=tolerance,
        max_step=scenario.max_step,
        control=scenario.control,
        method=method,
    )
    begin(prepared)
    return prepared


def compute(start: Prepared, most: int = MANY) -> Run:
    """Run from the start, which stays as it is, in so many steps at most."""
    prepared = copy.deepcopy(start)
    problem, work, controls = prepared.problem, prepared.work, prepared.controls
    hours = HOUR * np.arange(1.0, problem.stops[-1] / HOUR + 0.5)
    rows = len(hours)
    stage, mean, area, storage = (np.empty((rows, problem.n)) for _ in range(4))
    position, wish = np.empty((rows, len(controls.actuators))), np.empty((rows, len(controls.wanting)))
    mass = np.empty((rows, *work.tracers.mass.shape))
    output = Output(hours, stage, mean, area, storage, np.empty((rows, len(work.q))), position, wish, mass)
    given = (*prepared.packed, by_reference(output))
    begun = time.perf_counter()
    status = advance(*given, HOUR, most)
    seconds = time.perf_counter() - begun
    steps, rejected = int(work.counts[STEPS]), int(work.counts[REJECTED])
    return Run(seconds, stage[:, prepared.place], storage, steps, rejected, status == DONE)
