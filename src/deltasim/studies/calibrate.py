"""Calibration, small and honest: a fit to one half of the record, and what it is worth on the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deltasim.scenario import Scenario
from deltasim.studies.fit import Fit, Progress, fit
from deltasim.studies.identifiability import COLLINEAR, Identifiability, identify
from deltasim.studies.objective import Objective, run_targets
from deltasim.studies.reading import load_study
from deltasim.studies.scores import Scores, scores
from deltasim.studies.study import HALVES, Study, Target

__all__ = ["Calibration", "Comparison", "calibrate"]

Floats = NDArray[np.float64]

AT_BOUND = 1e-3
"""A parameter so near to a bound, as a share of the way between both, is at it."""
UNKNOWN = 0.25
"""Standard error, as a share of the way between the bounds, from which the observations say nothing of a parameter."""
SAME_COST = 0.01
"""Descents whose sums of squares differ by less than this share ended at one place."""


@dataclass(frozen=True)
class Comparison:
    """One target in one half.

    Parameters
    ----------
    target : Target
    half : str
        ``calibration`` or ``validation``.
    begin, end : ndarray, shape (n,), s
        What each value stands for, since the start of the run; equal for instants.
    observed, simulated, null : ndarray, shape (n,)
        In the units of the target.
    scores, null_scores : Scores
        Of the run, and of the null model beside it.
    """

    target: Target
    half: str
    begin: Floats = field(repr=False)
    end: Floats = field(repr=False)
    observed: Floats = field(repr=False)
    simulated: Floats = field(repr=False)
    null: Floats = field(repr=False)
    scores: Scores
    null_scores: Scores

    @property
    def beats_null(self) -> bool:
        """Whether the run is nearer to what was observed than the null model is."""
        return self.scores.rmse < self.null_scores.rmse


@dataclass(frozen=True)
class Calibration:
    """What a study found.

    Parameters
    ----------
    study : Study
    values : ndarray, shape (n_parameter,)
        In the units of each parameter.
    standard_errors : ndarray, shape (n_parameter,)
        In the same units; the autocorrelation of the residuals is counted.
    at_bound : tuple of str
        ``"lower"``, ``"upper"`` or nothing, for each parameter.
    fit : Fit
    identifiability : Identifiability
    comparisons : dict of (str, str) to Comparison
        By name of the target and half.
    runs : int
        How often the scenario was run.
    """

    study: Study
    values: Floats
    standard_errors: Floats
    at_bound: tuple[str, ...]
    fit: Fit
    identifiability: Identifiability
    comparisons: dict[tuple[str, str], Comparison] = field(repr=False)
    runs: int

    @property
    def scenario(self) -> Scenario:
        """The whole scenario with the values found."""
        return self.study.calibrated(self.values)

    @property
    def agreeing(self) -> int:
        """How many descents ended as well as the best, but for a hundredth."""
        return sum(start.cost <= (1.0 + SAME_COST) * self.fit.cost for start in self.fit.starts)

    def remarks(self) -> list[str]:
        """Say what should keep one from believing the result."""
        names = [parameter.name for parameter in self.study.parameters]
        found = []
        for name, bound in zip(names, self.at_bound, strict=True):
            if bound:
                found.append(
                    f"{name} is at its {bound} bound: the bound decides it, and its standard error means nothing"
                )
        width = self.study.upper - self.study.lower
        for name, error in zip(names, self.standard_errors / width, strict=True):
            if not error < UNKNOWN:
                found.append(f"the observations hardly say anything about {name} between its bounds")
        if len(names) > 1 and not self.identifiability.collinearity < COLLINEAR:
            found.append("the parameters can undo each other: another set fits nearly as well")
        if len(self.fit.starts) > 1 and self.agreeing < 2:
            found.append(f"only one of {len(self.fit.starts)} starts ended here: the best may not have been found")
        for comparison in self.comparisons.values():
            if not comparison.beats_null:
                found.append(
                    f"in the {comparison.half} {comparison.target.name} is no better than the null model "
                    f"({comparison.target.null_name})"
                )
        return found


def calibrate(study: Study | str | Path, *, progress: Progress | None = None) -> Calibration:
    """Fit the parameters of a study to its calibration half, and score both halves.

    Parameters
    ----------
    study : Study, or path of its file
    progress : callable, optional
        Called before each run with the work done, the whole of it, and where the search is, in words.

    Returns
    -------
    Calibration
        The same every time: what is drawn at random has the seed of the study.

    Raises
    ------
    ScenarioError
        The study is not valid.
    DeltasimError
        Runs failed wherever the search went.
    """
    if not isinstance(study, Study):
        study = load_study(study)
    objective = Objective(study)
    found = fit(objective, progress)
    residuals = objective.residuals(found.place)
    known = identify(residuals, objective.derivatives(found.place), objective.owner)
    values = objective.values_at(found.place)
    simulated = run_targets(study, study.calibrated(values))
    return Calibration(
        study=study,
        values=values,
        standard_errors=known.standard_error * (study.upper - study.lower),
        at_bound=tuple(
            "lower" if place < AT_BOUND else "upper" if place > 1.0 - AT_BOUND else "" for place in found.place.tolist()
        ),
        fit=found,
        identifiability=known,
        comparisons={
            (target.name, half): _compare(target, half, simulated[target.name])
            for target in study.targets
            for half in HALVES
        },
        runs=objective.runs + 1,
    )


def _compare(target: Target, half: str, items: Floats) -> Comparison:
    rows = target.rows[half]
    observed, simulated, null = target.observed(half), rows(items), target.null_model(half)
    return Comparison(
        target=target,
        half=half,
        begin=rows.begin,
        end=rows.end,
        observed=observed,
        simulated=simulated,
        null=null,
        scores=scores(simulated, observed),
        null_scores=scores(null, observed),
    )
