"""What can go wrong, each with the place and the remedy.

Only a `DeltasimError` becomes a clean message on the command line; any other exception is a bug and shows
its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["DeltasimError", "IndicatorError", "PlotError", "Problem", "ResultError", "ScenarioError", "SolverError"]


class DeltasimError(Exception):
    """Base of every error that deltasim explains to its user."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a scenario.

    Parameters
    ----------
    message : str
        What was got, what was expected, what to do.
    file : str
        The file as the user named it.
    line : int or None
        Line in that file, counted from 1; None where no line is to blame.
    path : str
        Dotted path of the quantity, ``weir.intake.crest_level``; empty where none applies.
    """

    message: str
    file: str = ""
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ScenarioError(DeltasimError):
    """A scenario is invalid; carries every problem found, not only the first.

    Parameters
    ----------
    problems : iterable of Problem
        At least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SolverError(DeltasimError):
    """The run failed.

    Parameters
    ----------
    message : str
        What happened, and what usually cures it.
    time : float
        Seconds since the start of the run.
    component : str
        Name of the node or link that limits; empty where none does.
    """

    def __init__(self, message: str, *, time: float, component: str = "") -> None:
        self.time = time
        self.component = component
        super().__init__(message)


class ResultError(DeltasimError):
    """A result file cannot be read or written."""


class PlotError(DeltasimError):
    """A picture cannot be drawn or written."""


class IndicatorError(DeltasimError):
    """An indicator cannot be computed from what it is given."""
