"""What a set of parameters is worth: one run, and how far it is from what was observed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deltasim.results.frame import Chunk, Frame, State, Summary
from deltasim.scenario import Scenario
from deltasim.simulation import simulate
from deltasim.studies.study import Study, Target

__all__ = ["Objective", "run_targets"]

Floats = NDArray[np.float64]


class _Watch:
    """A sink that keeps what the targets are about, and nothing else."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.columns: dict[str, list[int]] = {}
        self.time: list[Floats] = []
        self.values: dict[str, list[Floats]] = {target.name: [] for target in study.targets}

    def begin(self, frame: Frame) -> None:
        """Find the columns of nodes and links."""
        self.study.check_variables(frame.variables)
        for target in self.study.targets:
            names = frame.node_name if target.variable.dims[1] == "node" else frame.link_name
            self.columns[target.name] = [names.index(name) for name in target.of]

    def append(self, chunk: Chunk) -> None:
        """Keep the columns."""
        self.time.append(chunk.time.copy())
        for target in self.study.targets:
            columns = chunk.data[target.variable.name][:, self.columns[target.name]]
            self.values[target.name].append(columns.sum(axis=1))

    def finish(self, summary: Summary, state: State) -> None:
        """Nothing is left to do."""

    def fail(self, reason: str, summary: Summary | None = None) -> None:
        """Nothing is kept of a run that failed."""

    def items(self, target: Target) -> Floats:
        """Give what was simulated for each observed item."""
        return target.items.simulated(np.concatenate(self.time), np.concatenate(self.values[target.name]))


def run_targets(study: Study, scenario: Scenario) -> dict[str, Floats]:
    """Run a scenario and pick out what was simulated for each observed item.

    Parameters
    ----------
    study : Study
    scenario : Scenario
        That of the study with some values changed, perhaps cut short: later items then have the last values.

    Returns
    -------
    dict of str to ndarray
        By target.

    Raises
    ------
    SolverError
        The run failed.
    """
    watch = _Watch(study)
    simulate(scenario, watch)
    return {target.name: watch.items(target) for target in study.targets}


class Objective:
    """Residuals of the calibration half, of a run that ends there.

    Parameters
    ----------
    study : Study

    Notes
    -----
    A residual is sqrt(w / n) (s - o) / sd(o), with the weight w of its target, the number n of its values and the
    standard deviation of what was observed: the sum of their squares is sum w (1 - NSE), whatever the units.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.runs = 0
        self._scenario = study.shortened()
        self._targets = [target for target in study.targets if target.weight > 0.0]
        observed = [target.observed("calibration") for target in self._targets]
        self._observed = observed
        self._scale = [
            np.sqrt(target.weight / values.size) / values.std()
            for target, values in zip(self._targets, observed, strict=True)
        ]
        self.owner: NDArray[np.int64] = np.repeat(np.arange(len(observed)), [values.size for values in observed])
        """Which target each residual is of."""

    def values_at(self, place: Floats) -> Floats:
        """Turn a place in the unit cube between the bounds into values of the parameters."""
        return self.study.lower + place * (self.study.upper - self.study.lower)

    def residuals(self, place: Floats) -> Floats:
        """Run with the parameters at a place in the unit cube.

        Parameters
        ----------
        place : ndarray, shape (n_parameter,)
            0 at the lower bounds, 1 at the upper ones.

        Returns
        -------
        ndarray, shape (n_residual,)

        Raises
        ------
        SolverError
            The run failed.
        """
        self.runs += 1
        scenario = self._scenario.replace(self.study.changes(self.values_at(place)))
        simulated = run_targets(self.study, scenario)
        parts = [
            scale * (target.rows["calibration"](simulated[target.name]) - observed)
            for target, observed, scale in zip(self._targets, self._observed, self._scale, strict=True)
        ]
        return np.concatenate(parts)

    def derivatives(self, place: Floats) -> Floats:
        """Differentiate the residuals, by central differences that stay within the bounds.

        Parameters
        ----------
        place : ndarray, shape (n_parameter,)

        Returns
        -------
        ndarray, shape (n_residual, n_parameter)
            For the whole way from one bound to the other.
        """
        step = self.study.settings.step
        columns = []
        for i in range(place.size):
            low, high = place.copy(), place.copy()
            low[i], high[i] = max(place[i] - step, 0.0), min(place[i] + step, 1.0)
            columns.append((self.residuals(high) - self.residuals(low)) / (high[i] - low[i]))
        return np.column_stack(columns)
