"""What a calibration says at its end, as tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deltasim.cli.peaks import console, lines, plain_table
from deltasim.cli.times import moment

if TYPE_CHECKING:
    from rich.console import Console

    from deltasim.studies.calibrate import Calibration
    from deltasim.studies.scores import Scores

__all__ = ["show"]


def show(calibration: Calibration, path: Path) -> None:
    """Print values, scores, and what should keep one from believing them.

    Parameters
    ----------
    calibration : Calibration
    path : Path
        The file that was written.
    """
    out = console()
    study = calibration.study
    out.print(study.title or Path(study.path).stem, style="bold")
    for name, half in study.halves.items():
        times = (moment(study.scenario.start, t, study.scenario.duration) for t in (half.begin, half.end))
        out.print(f"{name} {' to '.join(times)}", style="dim")
    out.print()
    _parameters(out, calibration)
    _scores(out, calibration)
    known = calibration.identifiability
    starts = calibration.fit.starts
    pairs = [
        ("correlation", _correlation(calibration)),
        ("collinearity", f"{known.collinearity:.3g} (1 is none; from about 15 on parameters undo each other)"),
        ("worth", f"{known.effective:.0f} independent values, for residuals resemble the ones before them"),
        ("starts", f"{calibration.agreeing} of {len(starts)} ended as well as the best" if len(starts) > 1 else ""),
        ("runs", f"{calibration.runs:,}"),
        ("written", str(path)),
    ]
    lines(out, pairs if len(calibration.values) > 1 else pairs[2:])
    for remark in calibration.remarks():
        out.print(f"note: {remark}", style="yellow", soft_wrap=True)


def _parameters(out: Console, calibration: Calibration) -> None:
    table = plain_table()
    for title in ("parameter", "value", "standard error", "lower", "upper", "units", "sensitivity"):
        table.add_column(title, justify="left" if title in ("parameter", "units") else "right", overflow="fold")
    for i, parameter in enumerate(calibration.study.parameters):
        bound = f" ({calibration.at_bound[i]} bound)" if calibration.at_bound[i] else ""
        table.add_row(
            parameter.name,
            f"{calibration.values[i]:.4g}{bound}",
            _number(calibration.standard_errors[i], "{:.2g}"),
            f"{parameter.lower:g}",
            f"{parameter.upper:g}",
            parameter.units,
            f"{calibration.identifiability.sensitivity[i]:.2g}",
        )
    out.print(table)
    out.print()


def _scores(out: Console, calibration: Calibration) -> None:
    table = plain_table()
    for title in ("target", "half", "model", "values", "NSE", "KGE", "RMSE", "bias", "units"):
        left = title in ("target", "half", "model", "units")
        table.add_column(title, justify="left" if left else "right", overflow="fold")
    for comparison in calibration.comparisons.values():
        target = comparison.target
        first = comparison.half == "calibration"
        what = f"{target.name}{f': {target.transform}' if target.transform else ''}" if first else ""
        table.add_row(what, comparison.half, "run", *_row(comparison.scores), target.units)
        table.add_row("", "", f"null: {target.null_name}", *_row(comparison.null_scores), "")
    out.print(table)
    out.print()


def _row(scores: Scores) -> tuple[str, ...]:
    return (
        f"{scores.count:,}",
        _number(scores.nse, "{:.3f}"),
        _number(scores.kge, "{:.3f}"),
        _number(scores.rmse, "{:.3g}"),
        _number(scores.bias, "{:.2g}"),
    )


def _correlation(calibration: Calibration) -> str:
    names = [parameter.name for parameter in calibration.study.parameters]
    matrix = calibration.identifiability.correlation
    pairs = [(i, k) for i in range(len(names)) for k in range(i)]
    pairs.sort(key=lambda pair: -abs(np.nan_to_num(matrix[pair])))
    return ", ".join(f"{names[k]} and {names[i]} {_number(matrix[i, k], '{:.2f}')}" for i, k in pairs[:6])


def _number(value: float, form: str) -> str:
    return form.format(value) if np.isfinite(value) else "-"
