"""A calibration study, complete and valid: what is fitted to what, and what is kept aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim.errors import Problem, ScenarioError
from deltasim.faults import FieldError
from deltasim.scenario import Scenario
from deltasim.scenario.layers import Merged
from deltasim.studies.pairing import Half, Items, Transform
from deltasim.studies.tables import PathUse, StudyTable
from deltasim.variables import VARIABLES, Variable

__all__ = ["HALVES", "Parameter", "Study", "Target"]

Floats = NDArray[np.float64]

HALVES = ("calibration", "validation")


@dataclass(frozen=True)
class Parameter:
    """A quantity that is fitted.

    Parameters
    ----------
    name : str
    uses : tuple of PathUse
        The paths that it sets.
    lower, upper, start : float
        In `units`.
    units : str
        Empty where the paths take bare numbers.
    """

    name: str
    uses: tuple[PathUse, ...]
    lower: float
    upper: float
    start: float
    units: str

    def changes(self, value: float) -> dict[str, float | str]:
        """What a value means for the scenario, by path."""
        found: dict[str, float | str] = {}
        for use in self.uses:
            number = float(value) * use.scale + use.offset
            found[use.path] = f"{number!r} {self.units}" if self.units else number
        return found


@dataclass(frozen=True)
class Target:
    """An observed series that a run has to reproduce.

    Parameters
    ----------
    name : str
    variable : Variable
        Of the result.
    of : tuple of str
        Nodes or links that are summed up.
    items : Items
        What was observed, in SI.
    rows : dict of str to Transform
        What is compared in each half.
    missing : dict of str to int
        Observations that are missing in each half.
    transform : str
        In words; empty for the values themselves.
    units : str
        Of what is compared.
    weight : float
        In the fit.
    null : ndarray, shape of the items
        The null model but for its constant, at each item; NaN where it is missing.
    null_slope : bool
        Whether it is a straight line over that, fitted to the calibration half, not a constant beside it.
    null_name : str
        In words.
    """

    name: str
    variable: Variable
    of: tuple[str, ...]
    items: Items = field(repr=False)
    rows: dict[str, Transform] = field(repr=False)
    missing: dict[str, int]
    transform: str
    units: str
    weight: float
    null: Floats = field(repr=False)
    null_slope: bool
    null_name: str

    def observed(self, half: str) -> Floats:
        """What is to be reproduced in one half."""
        return self.rows[half](self.items.value)

    def null_model(self, half: str) -> Floats:
        """What the null model has there, its constant (and slope) taken from the calibration half."""
        rows = self.rows["calibration"]
        if not self.null_slope:
            known = np.unique(rows.item)
            constant = float(np.mean(self.items.value[known] - self.null[known]))
            return self.rows[half](self.null + constant)
        ones = np.ones(self.null.size)
        line = np.column_stack((rows(self.null), rows(ones)))
        slope, constant = np.linalg.lstsq(line, self.observed("calibration"), rcond=None)[0]
        return self.rows[half](slope * self.null + constant * ones)


@dataclass(frozen=True)
class Study:
    """A calibration, complete and valid.

    Parameters
    ----------
    path : str
        Its file, as the user named it.
    title : str
    scenario : Scenario
        What is run.
    settings : StudyTable
        Method and numbers of the search.
    parameters : tuple of Parameter
    targets : tuple of Target
    halves : dict of str to Half
        ``calibration`` and ``validation``.
    """

    path: str
    title: str
    scenario: Scenario
    settings: StudyTable
    parameters: tuple[Parameter, ...]
    targets: tuple[Target, ...]
    halves: dict[str, Half]
    _merged: Merged = field(repr=False, compare=False)

    @property
    def lower(self) -> Floats:
        """Lower bounds, in the units of each parameter."""
        return np.array([parameter.lower for parameter in self.parameters])

    @property
    def upper(self) -> Floats:
        """Upper bounds, in the units of each parameter."""
        return np.array([parameter.upper for parameter in self.parameters])

    @property
    def start(self) -> Floats:
        """Where the search begins, in the units of each parameter."""
        return np.array([parameter.start for parameter in self.parameters])

    def changes(self, values: Floats) -> dict[str, Any]:
        """What values of all parameters mean for the scenario, by path."""
        found: dict[str, Any] = {}
        for parameter, value in zip(self.parameters, values, strict=True):
            found.update(parameter.changes(float(value)))
        return found

    def calibrated(self, values: Floats) -> Scenario:
        """Make the scenario with these values."""
        return self.scenario.replace(self.changes(values))

    def shortened(self) -> Scenario:
        """Make the scenario that ends where the calibration does: a fit never sees what comes after.

        The end is the first output time from there on.
        """
        scenario, last = self.scenario, self.halves["calibration"].end
        steps = int(np.ceil(last / scenario.output_step - 1e-6))
        whole = round(scenario.duration / scenario.output_step)
        if steps >= whole:
            return scenario
        end = scenario.start + (scenario.end - scenario.start) / whole * steps
        return scenario.replace({"scenario.end": end.isoformat()})

    def check_variables(self, known: Mapping[str, object] | tuple[str, ...]) -> None:
        """Raise ScenarioError where the run has not the variable of a target."""
        problems: list[Problem] = [
            self._merged.problem(
                FieldError(f"this run has no {target.variable.name}: nothing in it makes any", "variable"),
                ("target", target.name),
            )
            for target in self.targets
            if target.variable.name not in known
        ]
        if problems:
            raise ScenarioError(problems)


def comparable() -> dict[str, Variable]:
    """List the result variables that can be compared: numbers over time."""
    return {
        name: row
        for name, row in VARIABLES.items()
        if row.kind == "number" and row.dims in (("time", "node"), ("time", "link"))
    }
