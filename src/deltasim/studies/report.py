"""What a calibration found, for files: the values as a scenario to build on, everything as a document."""

from __future__ import annotations

import os
import posixpath
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from deltasim._version import __version__
from deltasim.scenario.layers import relocated
from deltasim.scenario.toml import write_toml
from deltasim.studies.calibrate import Calibration, Comparison
from deltasim.studies.scores import Scores
from deltasim.studies.study import Parameter

__all__ = ["FIRST_WORDS", "as_document", "as_scenario", "rounded"]

FIRST_WORDS = "# Calibrated by deltasim"
"""How a file of calibrated values begins."""


def as_scenario(calibration: Calibration, folder: Path) -> str:
    """Write the calibrated values as a scenario that inherits everything else.

    Parameters
    ----------
    calibration : Calibration
    folder : Path
        Where the text is to be a file: what it names is relative to that.

    Returns
    -------
    str
        TOML, with the scores in comments.
    """
    study = calibration.study
    scenario = Path(study.scenario.path)
    way = os.path.relpath(scenario.parent, folder).replace(os.sep, "/")
    tables: dict[str, Any] = {"scenario": {"base": posixpath.normpath(posixpath.join(way, scenario.name))}}
    resolved = calibration.scenario.tables
    for path in study.changes(calibration.values):
        keys = path.split(".")
        if keys[0] in ("scenario", "solver"):
            tables.setdefault(keys[0], {})[keys[1]] = resolved[keys[0]][keys[1]]
            continue
        kind, name, key = (part.strip().strip("\"'") for part in keys[:3])
        # An inherited value is replaced whole, an inline table too: what is not fitted in it comes along.
        value = relocated(resolved[kind][name][key], way, key)
        tables.setdefault(kind, {}).setdefault(name, {})[key] = value
    return "\n".join(_head(calibration)) + "\n\n" + write_toml(tables)


def _head(calibration: Calibration) -> list[str]:
    study = calibration.study
    lines = [f"{FIRST_WORDS} {__version__} with {Path(study.path).name}: {study.title}".rstrip(": "), "#"]
    for i, parameter in enumerate(study.parameters):
        value, error = calibration.values[i], calibration.standard_errors[i]
        bound = f", at its {calibration.at_bound[i]} bound" if calibration.at_bound[i] else ""
        lines.append(f"# {parameter.name} = {rounded(value, error)} {parameter.units}".rstrip() + bound)
    lines.append("#")
    for comparison in calibration.comparisons.values():
        own, null = comparison.scores, comparison.null_scores
        what = f"{comparison.target.name}, {comparison.half}"
        lines.append(f"# {what}: NSE {own.nse:.3f} (null model {null.nse:.3f}), RMSE {own.rmse:.3g} ({null.rmse:.3g})")
    return [*lines, *(f"# Note: {remark}." for remark in calibration.remarks())]


def rounded(value: float, error: float) -> str:
    """Write a value as far as it is known: ``0.130 +- 0.043``."""
    if not np.isfinite(error) or error <= 0.0:
        return f"{value:.6g}"
    places = max(0, 1 - int(np.floor(np.log10(error))))
    return f"{value:.{places}f} +- {error:.{places}f}"


def as_document(calibration: Calibration) -> dict[str, Any]:
    """Give everything as what JSON can hold.

    Parameters
    ----------
    calibration : Calibration

    Returns
    -------
    dict
        Values in the units of the parameters, scores in the units of the targets, times in ISO 8601, None where there
        is no number. Of a target with a transform every value is there.
    """
    study, known = calibration.study, calibration.identifiability
    names = [parameter.name for parameter in study.parameters]
    return {
        "study": study.path,
        "title": study.title,
        "scenario": study.scenario.path,
        "method": study.settings.method,
        "seed": study.settings.seed,
        "runs": calibration.runs,
        "periods": {name: [_moment(calibration, t) for t in (h.begin, h.end)] for name, h in study.halves.items()},
        "objective": _number(calibration.fit.cost),
        "parameters": {p.name: _parameter(calibration, i, p) for i, p in enumerate(study.parameters)},
        "correlation": {
            name: {other: _number(known.correlation[i, k]) for k, other in enumerate(names)}
            for i, name in enumerate(names)
        },
        "identifiability": {
            "singular_values": [_number(value) for value in known.singular_values],
            "condition_number": _number(known.condition),
            "collinearity_index": _number(known.collinearity),
            "weakest_direction": {name: _number(known.weakest[i]) for i, name in enumerate(names)},
            "effective_observations": _number(known.effective),
        },
        "starts": [
            {
                "begin": dict(zip(names, map(float, _values(calibration, start.begin)), strict=True)),
                "end": dict(zip(names, map(float, _values(calibration, start.end)), strict=True)),
                "objective": _number(start.cost),
                "ended_by": start.why,
            }
            for start in calibration.fit.starts
        ],
        "targets": {
            target.name: {
                "variable": target.variable.name,
                "of": list(target.of),
                "compared": target.transform or "values",
                "units": target.units,
                "weight": target.weight,
                "null_model": target.null_name,
                **{half: _comparison(calibration, calibration.comparisons[target.name, half]) for half in study.halves},
            }
            for target in study.targets
        },
        "remarks": calibration.remarks(),
    }


def _values(calibration: Calibration, place: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    study = calibration.study
    return study.lower + place * (study.upper - study.lower)


def _parameter(calibration: Calibration, i: int, parameter: Parameter) -> dict[str, Any]:
    known = calibration.identifiability
    width = parameter.upper - parameter.lower
    return {
        "value": float(calibration.values[i]),
        "standard_error": _number(calibration.standard_errors[i]),
        "standard_error_of_independent_values": _number(known.plain_standard_error[i] * width),
        "units": parameter.units,
        "lower": parameter.lower,
        "upper": parameter.upper,
        "at_bound": calibration.at_bound[i] or None,
        "sensitivity": _number(known.sensitivity[i]),
        "paths": parameter.changes(float(calibration.values[i])),
    }


def _comparison(calibration: Calibration, comparison: Comparison) -> dict[str, Any]:
    found: dict[str, Any] = {
        **_scores(comparison.scores),
        "null": _scores(comparison.null_scores),
        "missing": comparison.target.missing[comparison.half],
    }
    if comparison.target.transform:
        found["values"] = [
            {
                "begin": _moment(calibration, begin),
                "end": _moment(calibration, end),
                "observed": float(observed),
                "simulated": float(simulated),
                "null": float(null),
            }
            for begin, end, observed, simulated, null in zip(
                comparison.begin,
                comparison.end,
                comparison.observed,
                comparison.simulated,
                comparison.null,
                strict=True,
            )
        ]
    return found


def _scores(scores: Scores) -> dict[str, float | None]:
    return {name: _number(value) for name, value in scores.as_dict().items()}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _moment(calibration: Calibration, seconds: float) -> str:
    return (calibration.study.scenario.start + timedelta(seconds=float(seconds))).isoformat()
