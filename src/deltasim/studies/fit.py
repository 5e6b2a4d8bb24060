"""Seeking the parameters with which a run comes nearest to what was observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltasim.errors import DeltasimError, SolverError
from deltasim.studies.objective import Objective

__all__ = ["Fit", "Start", "fit"]

Floats = NDArray[np.float64]

Progress = Callable[[float, float, str], None]
"""Called with the work done, the whole of it, and where the search is, in words."""

MOST_STEPS = 100
"""Of one descent; each costs a run, and two more for each parameter."""
TOLERANCE = 1e-8
"""Relative change of the sum of squares at which a descent ends."""


@dataclass(frozen=True)
class Start:
    """One descent.

    Parameters
    ----------
    begin, end : ndarray, shape (n_parameter,)
        Where it began and ended, in the unit cube between the bounds.
    cost : float
        Sum of squared residuals at its end; NaN where a run failed.
    why : str
        What ended it.
    """

    begin: Floats
    end: Floats
    cost: float
    why: str


@dataclass(frozen=True)
class Fit:
    """The best place that was found.

    Parameters
    ----------
    place : ndarray, shape (n_parameter,)
        In the unit cube between the bounds.
    cost : float
        Sum of squared residuals, which is sum w (1 - NSE).
    starts : tuple of Start
        Every descent, in the order in which they were made.
    """

    place: Floats
    cost: float
    starts: tuple[Start, ...]


def fit(objective: Objective, progress: Progress | None = None) -> Fit:
    """Seek the best place, as the study says.

    Parameters
    ----------
    objective : Objective
    progress : callable, optional
        Called before each run.

    Returns
    -------
    Fit

    Raises
    ------
    DeltasimError
        No search came to an end, because runs failed.

    Notes
    -----
    ``least_squares``: the trust-region reflective method within bounds (Branch, Coleman & Li 1999, SIAM J. Sci. Comput.
    21, 1-23) from the start that the study gives and from others of a Latin hypercube.
    ``differential_evolution``: after Storn & Price (1997, J. Global Optim. 11, 341-359), then least squares from its
    best member. Both are scipy's.
    """
    settings = objective.study.settings
    study = objective.study
    first = (study.start - study.lower) / (study.upper - study.lower)
    if settings.method == "differential_evolution":
        begins = [_evolve(objective, first, progress)]
    else:
        begins = _begins(first, settings.starts, settings.seed)
    done = []
    for number, begin in enumerate(begins):
        label = f"start {number + 1} of {len(begins)}" if len(begins) > 1 else "least squares"

        def tell(steps: float, number: int = number, label: str = label) -> None:
            if progress is not None:
                progress(number + min(steps / MOST_STEPS, 1.0), len(begins), label)

        done.append(_descend(objective, begin, tell))
    whole = [start for start in done if np.isfinite(start.cost)]
    if not whole:
        raise DeltasimError(f"every search came to a run that failed, the first at its start: {done[0].why}")
    best = min(whole, key=lambda start: start.cost)
    return Fit(best.end, best.cost, tuple(done))


def _begins(first: Floats, count: int, seed: int) -> list[Floats]:
    """The start that is given, and others that fill the cube."""
    rng = np.random.default_rng(seed)
    strata = np.tile(np.arange(count - 1.0)[:, None], first.size)
    others = (rng.permuted(strata, axis=0) + rng.random(strata.shape)) / max(count - 1, 1)
    return [first, *others]


def _descend(objective: Objective, begin: Floats, tell: Callable[[float], None]) -> Start:
    """Go down from one place."""
    from scipy.optimize import least_squares  # noqa: PLC0415

    steps = 0

    def residuals(place: Floats) -> Floats:
        nonlocal steps
        tell(steps)
        steps += 1
        return objective.residuals(place)

    try:
        found = least_squares(
            residuals,
            np.clip(begin, 1e-6, 1.0 - 1e-6),  # the method wants to begin inside
            objective.derivatives,
            bounds=(0.0, 1.0),
            ftol=TOLERANCE,
            xtol=1e-3 * objective.study.settings.step,
            gtol=1e-10,
            max_nfev=MOST_STEPS,
        )
    except SolverError as error:
        return Start(begin, begin, np.nan, str(error))
    why = {0: f"{MOST_STEPS} steps were not enough", 1: "gradient", 2: "sum of squares", 3: "parameters"}
    return Start(begin, found.x, float(2.0 * found.cost), why.get(found.status, "sum of squares and parameters"))


def _evolve(objective: Objective, first: Floats, progress: Progress | None) -> Floats:
    """Let a population look for the best region."""
    from scipy.optimize import differential_evolution  # noqa: PLC0415

    settings = objective.study.settings
    members = settings.population * first.size
    whole = members * (settings.generations + 1)
    begun = objective.runs
    best = np.inf

    def cost(place: Floats) -> float:
        nonlocal best
        done = objective.runs - begun
        if progress is not None:
            progress(done, whole, f"generation {done // members}")
        try:
            value = float(np.sum(objective.residuals(place) ** 2))
        except SolverError:
            return np.inf
        best = min(best, value)
        return value

    found = differential_evolution(
        cost,
        [(0.0, 1.0)] * first.size,
        maxiter=settings.generations,
        popsize=settings.population,
        seed=settings.seed,
        x0=first,
        tol=1e-3,
        polish=False,
    )
    if not np.isfinite(best):
        raise DeltasimError("every run of the population failed; narrow the bounds of the parameters")
    return np.asarray(found.x, dtype=np.float64)
