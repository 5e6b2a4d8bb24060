"""What ``deltasim info`` shows of a result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from deltasim.cli.closing import balance
from deltasim.cli.events import Events, print_events
from deltasim.cli.peaks import Peaks, console, lines, plain_table, print_peaks
from deltasim.cli.times import brief, period
from deltasim.errors import ResultError
from deltasim.results.clock import zone_of

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["show_result"]

Floats = NDArray[np.float64]


def show_result(file: Path) -> None:
    """Print what a result says about itself, its peaks and its variables.

    Parameters
    ----------
    file : Path
        NetCDF.

    Raises
    ------
    ResultError
        It is no result, or cannot be read.
    """
    try:
        with netCDF4.Dataset(file) as result:
            _show(file, result)
    except (OSError, RuntimeError) as error:  # netCDF4's own, on opening or later
        reason = getattr(error, "strerror", None) or error
        raise ResultError(f"{file}: cannot be read as NetCDF ({reason})") from error


def _show(file: Path, result: netCDF4.Dataset) -> None:
    known = {name: result.getncattr(name) for name in result.ncattrs()}
    if "deltasim_version" not in known or not {"node_name", "time"} <= result.variables.keys():
        raise ResultError(f"{file}: this is no result; was it written by deltasim?")
    out = console()
    out.print(str(known.get("title", file.name)), style="bold")
    if "summary" in known:
        out.print(str(known["summary"]))
    times = _values(result, "time")
    first, last = (float(times[0]), float(times[-1])) if len(times) else (0.0, 0.0)
    start = _start(result, known)
    begin = start + timedelta(seconds=first)
    out.print(f"{period(begin, last - first)}, {len(times):,} output times", style="dim")
    if "run_failed" in known:
        out.print(f"this run failed: {known['run_failed']}", style="bold red")
    out.print()
    peaks = _peaks(result, start, last - first)
    if peaks is not None:
        print_peaks(out, peaks, str(file))
    events = Events(
        start=start,
        duration=last - first,
        time=_values(result, "event_time").tolist(),
        source=_texts(result, "event_source"),
        target=_texts(result, "event_target"),
    )
    print_events(out, events, str(file))
    errors = _values(result, "balance_error")
    relative = known.get("relative_balance_error")
    steps = f"{known.get('solver_steps', 0):,} steps, {known.get('solver_rejected_steps', 0):,} rejected"
    sizes = ", ".join(f"{len(size):,} {name}" for name, size in result.dimensions.items() if name != "bound")
    lines(
        out,
        [
            ("balance error", "" if relative is None else balance(float(relative), errors, _names(result, "node"))),
            ("solver", f"{steps}, {brief(float(known['solver_seconds']))}" if "solver_seconds" in known else ""),
            ("made by", str(known.get("source", ""))),
            ("history", str(known.get("history", ""))),
            ("vertical datum", str(known.get("vertical_datum", ""))),
            ("dimensions", sizes),
        ],
    )
    out.print()
    _print_variables(out, result)


def _peaks(result: netCDF4.Dataset, start: datetime, duration: float) -> Peaks | None:
    """What the tables show; None where the run did not come so far as to have peaks."""
    if "max_stage" not in result.variables:
        return None
    final = result.variables["storage"][-1] if "storage" in result.variables else np.nan
    shape = len(result.dimensions["node"])
    return Peaks(
        start=start,
        duration=duration,
        node_name=_names(result, "node"),
        node_kind=_texts(result, "node_kind"),
        max_stage=_values(result, "max_stage"),
        time_of_max_stage=_values(result, "time_of_max_stage"),
        storage=np.broadcast_to(np.ma.filled(final, np.nan), shape).astype(float),
        storage_title="final storage",
        link_name=_names(result, "link"),
        link_kind=_texts(result, "link_kind"),
        max_discharge=_values(result, "max_discharge"),
        time_of_max_discharge=_values(result, "time_of_max_discharge"),
    )


def _values(result: netCDF4.Dataset, name: str) -> Floats:
    if name not in result.variables:
        return np.empty(0)
    return np.atleast_1d(np.ma.filled(result.variables[name][...].astype(float), np.nan))


def _texts(result: netCDF4.Dataset, name: str) -> list[str]:
    return [str(text) for text in np.atleast_1d(result.variables[name][...])] if name in result.variables else []


def _names(result: netCDF4.Dataset, dimension: str) -> list[str]:
    return _texts(result, f"{dimension}_name")


def _start(result: netCDF4.Dataset, known: Mapping[str, Any]) -> datetime:
    """What the times of the file count from, on the clock of the scenario."""
    origin = datetime.fromisoformat(str(result.variables["time"].units).removeprefix("seconds since "))
    zone = zone_of(known)
    return origin if zone is None else origin.replace(tzinfo=UTC).astimezone(zone)


def _print_variables(out: Console, result: netCDF4.Dataset) -> None:
    table = plain_table()
    table.add_column("variable", no_wrap=True)
    table.add_column("along", no_wrap=True)
    table.add_column("units", no_wrap=True)
    table.add_column("meaning")
    for name, variable in result.variables.items():
        # Names and kinds of nodes and links, and bounds, describe the others.
        if variable.dtype is str or "bound" in variable.dimensions or name == "time":
            continue
        units = str(getattr(variable, "units", ""))
        units = "time" if units.startswith("seconds since") else units
        table.add_row(name, ", ".join(variable.dimensions), units, str(getattr(variable, "long_name", "")))
    out.print(table)
