"""What an engine is to this comparison: settings to sweep, and a way to make of a case something that runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from benchmarks.cases import Case

__all__ = ["Engine", "Solution", "balance_error", "version_of"]


@dataclass(frozen=True)
class Solution:
    """What a run gave.

    Parameters
    ----------
    seconds : float
        Spent on stepping, output included, the making of the model not.
    depth : ndarray, shape (hours, ponds), m
        Above each pond's bed at the end of every hour.
    outflow : float, m3
        Out of the last pond over the whole run.
    steps : int
    """

    seconds: float
    depth: np.ndarray
    outflow: float
    steps: int


@dataclass(frozen=True)
class Engine:
    """A way to compute the chains.

    Parameters
    ----------
    name : str
        As given to `--engines`.
    label : str
        As in tables and pictures.
    package : str
        What has to be installed, as pip calls it.
    settings : callable
        Of a case, the settings to sweep, each with its label; those that matter most come first.
    prepare : callable
        Of a case and a setting, a run: called, it computes the case from its start.
    fixed_step : bool
        A setting is a number of steps per hour, so that the time it will take can be foretold.
    missing : callable
        What keeps it from running here, if anything.
    """

    name: str
    label: str
    package: str
    settings: Callable[[Case], dict[str, float]]
    prepare: Callable[[Case, float], Callable[[], Solution]]
    fixed_step: bool
    missing: Callable[[], str | None]


def version_of(package: str) -> str | None:
    """Version of an installed package; None where it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def balance_error(case: Case, solution: Solution) -> float:
    """Volume in less volume out and stored, over the volume in."""
    stored = case.area * float((solution.depth[-1] - case.depth).sum())
    return (case.volume_in - solution.outflow - stored) / case.volume_in
