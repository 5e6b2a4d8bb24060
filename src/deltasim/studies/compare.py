"""Configurations compared: indicators of a baseline and its variants, against thresholds that the baseline fixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from deltasim._version import __version__
from deltasim.errors import IndicatorError, Problem, ScenarioError
from deltasim.studies.record import Record
from deltasim.studies.requests import Baseline, Request, default_requests, read_requests
from deltasim.studies.rows import Row, evaluate, keyed

__all__ = ["COLUMNS", "KIND", "compare"]

KIND: Final = "comparison"
"""Global attribute ``deltasim_kind`` of a comparison."""

COLUMNS: Final = {
    "scenario": "name of the scenario",
    "zone": "zone or link",
    "metric": "indicator",
    "period": "year or season it is of, or all of the run",
    "value": "value of the indicator, in its units",
    "difference": "value less that of the baseline",
    "percent": "difference in per cent of the value of the baseline",
    "threshold": "what the baseline or a number fixes",
    "verdict": "whether the value meets the threshold",
    "units": "units of value, difference and threshold",
    "better": "which side of the threshold is the good one",
    "valid_fraction": "part of the period that has data",
}
"""Columns of the table and what they are."""

SAME: Final = 1e-6
"""Relative difference that is none: it takes less than a change of configuration to make one."""


def compare(
    results: Mapping[str, xr.Dataset],
    *,
    indicators: str | Path | Sequence[Request] | None = None,
    files: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Compare results by indicators.

    Parameters
    ----------
    results : mapping of str to Dataset
        By name; the first is the baseline.
    indicators : path, or sequence of Request, optional
        A file of ``[indicator.NAME]``; by default those of `default_requests`.
    files : mapping of str to str, optional
        Where each result comes from.

    Returns
    -------
    Dataset
        A tidy table along ``row``: the columns of `COLUMNS`. Along ``run``: ``run_name``, ``file``,
        ``water_balance_error``, ``salt_balance_error`` (relative; NaN without salt). Attributes ``baseline``,
        ``scenarios``, ``warnings`` (what is missing, filled, or not of the same time).

    Raises
    ------
    ScenarioError
        The file of indicators is wrong; with everything that is.
    IndicatorError, ResultError

    Notes
    -----
    Every threshold comes from the baseline alone and is the same for each variant: percentiles of its series
    (``arguments = { threshold = "baseline q25" }``), of its record (quartiles of pulses), of its indicators
    (``threshold = "baseline q25"``). A variant more or less changes none of them.
    """
    if not results:
        raise IndicatorError("there is nothing to compare; give a baseline at least")
    places = files or {}
    records = [Record(str(name), result, places.get(name, "")) for name, result in results.items()]
    base = records[0]
    if isinstance(indicators, (str, Path)):
        requests, file = read_requests(indicators, base), str(indicators)
    else:
        requests, file = list(default_requests(base) if indicators is None else indicators), ""
    warnings = _warnings(records)
    tables: list[dict[str, list[Any]]] = []
    known = _of_base(requests, base, file, warnings)
    thresholds = {request.name: _thresholds(request, rows) for request, rows in known}
    for record in records:
        for request, base_rows in known:
            rows = base_rows
            if record is not base:
                rows, notes = evaluate(request, record, base)
                warnings += notes
            tables.append(_table(record, request, rows, base_rows, thresholds[request.name], warnings))
    return _dataset(records, tables, warnings)


def _of_base(
    requests: Iterable[Request], base: Record, file: str, warnings: list[str]
) -> list[tuple[Request, list[Row]]]:
    """Indicators of the baseline; where some refuse, all that do are told at once."""
    found, problems = [], []
    for request in requests:
        try:
            rows, notes = evaluate(request, base, base)
        except IndicatorError as error:
            problems.append(Problem(str(error), file, request.line, f"indicator.{request.name}"))
            continue
        if not rows:
            warnings.append(f"{request.name}: {base.name} has nothing to compute it of; it is left out")
            continue
        warnings += notes
        found.append((request, rows))
    if problems:
        raise ScenarioError(problems)
    return found


def _warnings(records: Sequence[Record]) -> list[str]:
    """What makes results hard to compare."""
    base, found = records[0], []
    times = base.result["time"].values
    for record in records:
        own = record.result["time"].values
        if record is not base and (own[0] != times[0] or own[-1] != times[-1]):
            found.append(f"{record.name}: it runs from {own[0]:.16} to {own[-1]:.16}, not as {base.name}")
        if "run_failed" in record.result.attrs:
            found.append(f"{record.name}: its run failed, the rest is missing: {record.result.attrs['run_failed']}")
    return [text.replace(".000000000", "") for text in found]


def _thresholds(request: Request, rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    """Threshold of each zone and metric, from the baseline's rows."""
    found: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        found.setdefault((row.zone, row.metric), []).append(row.value)
    result = {}
    for key, values in found.items():
        known = np.array(values)[np.isfinite(values)]
        if isinstance(request.threshold, Baseline):
            level = request.threshold.percent / 100.0
            result[key] = float(np.quantile(known, level, method="weibull")) if len(known) else np.nan
        else:
            result[key] = np.nan if request.threshold is None else request.threshold
    return result


def _verdict(value: float, threshold: float, better: str) -> str:
    """What a value comes to; one that is missing neither meets nor fails."""
    if np.isnan(threshold) or not better:
        return "no threshold"
    if np.isnan(value):
        return "no data"
    short = threshold - value if better == "higher" else value - threshold
    return "meets" if short <= SAME * abs(threshold) else "fails"


def _table(
    record: Record,
    request: Request,
    rows: Sequence[Row],
    base_rows: Sequence[Row],
    thresholds: Mapping[tuple[str, str], float],
    warnings: list[str],
) -> dict[str, list[Any]]:
    """The rows of one scenario and request beside those of the baseline; what only the baseline has is there, empty."""
    own, reference = keyed(list(rows)), keyed(list(base_rows))
    lost = [key for key in reference if key not in own]
    zones = sorted({zone for zone, _, _ in lost} - {row.zone for row in rows})
    warnings += [f'{record.name}: there is no "{zone}", so no {request.name} of it' for zone in zones]
    table: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    gaps = 0
    for key in [*own, *lost]:
        row = own.get(key) or reference[key]
        value = row.value if key in own else np.nan
        before = reference[key].value if key in reference else np.nan
        difference = value - before
        fixed = request.threshold if isinstance(request.threshold, float) else np.nan
        threshold = thresholds.get((row.zone, row.metric), fixed)
        part = row.valid_fraction if key in own else 0.0
        gaps += part < 1.0
        cells = {
            "scenario": record.name,
            "zone": row.zone,
            "metric": row.metric,
            "period": row.period,
            "value": value,
            "difference": difference,
            "percent": 100.0 * difference / abs(before) if before else np.nan,
            "threshold": threshold,
            "verdict": _verdict(value, threshold, request.better),
            "units": row.units,
            "better": request.better,
            "valid_fraction": part,
        }
        for name, cell in cells.items():
            table[name].append(cell)
    if gaps:
        count = len(own) + len(lost)
        warnings.append(f"{record.name}: {request.name}: {gaps} of {count} values lack data, see valid_fraction")
    return table


def _dataset(
    records: Sequence[Record], tables: Sequence[Mapping[str, list[Any]]], warnings: Sequence[str]
) -> xr.Dataset:
    """Put the table together."""
    columns: dict[str, Any] = {}
    for name, meaning in COLUMNS.items():
        cells = [cell for table in tables for cell in table[name]]
        numeric = name in ("value", "difference", "percent", "threshold", "valid_fraction")
        values = np.array(cells, dtype=float) if numeric else np.array(cells, dtype=str)
        described = {"long_name": meaning}
        if name in ("percent", "valid_fraction"):
            described["units"] = "%" if name == "percent" else "1"
        columns[name] = ("row", values, described)
    runs = {
        "run_name": ("name of the scenario", [record.name for record in records], None),
        "file": ("where the result comes from", [record.file for record in records], None),
        "water_balance_error": ("relative error of the water balance", [r.water_balance_error for r in records], "1"),
        "salt_balance_error": (
            "largest relative error of a balance of salt",
            [r.salt_balance_error for r in records],
            "1",
        ),
    }
    coords = {
        name: ("run", np.array(values), {"long_name": meaning, **({"units": units} if units else {})})
        for name, (meaning, values, units) in runs.items()
    }
    attributes: dict[str, Any] = {
        "title": f"{records[0].name} and its variants" if len(records) > 1 else f"indicators of {records[0].name}",
        "deltasim_kind": KIND,
        "baseline": records[0].name,
        "scenarios": [record.name for record in records],
        "warnings": "\n".join(dict.fromkeys(warnings)),
        "source": f"deltasim {__version__}",
        "date_created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return xr.Dataset(columns, coords, {name: value for name, value in attributes.items() if value != ""})
