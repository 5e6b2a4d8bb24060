"""A comparison on the terminal: an indicator and zone a line, a scenario a column, and how well each balance closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deltasim.cli.peaks import console, lines, plain_table

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

__all__ = ["number", "show"]

MOST_LINES = 60
"""Lines of the table; what is beyond is in the files."""
MOST_PERIODS = 2
"""More periods than these are shown as their mean."""


@dataclass(frozen=True)
class _Line:
    """One indicator of one zone and period, in every scenario."""

    metric: str
    zone: str
    period: str
    units: str
    threshold: str
    cells: tuple[tuple[float, float, str], ...]  # value, difference, verdict


def show(comparison: xr.Dataset, written: Sequence[str], *, single: bool = False) -> None:
    """Print a summary.

    Parameters
    ----------
    comparison : Dataset
    written : sequence of str
        Files that have all of it.
    single : bool
        Of one result alone: nothing to take differences of.
    """
    out = console()
    names = [str(name) for name in comparison["run_name"].values]
    out.print(str(comparison.attrs["title"]), style="bold")
    out.print()
    found = _lines(comparison, names)
    _print(out, found[:MOST_LINES], names, single)
    if len(found) > MOST_LINES:
        where = " and ".join(written) if written else "what --csv, -o and --json give"
        out.print(f"{len(found) - MOST_LINES:,} more lines are in {where}", style="dim", soft_wrap=True)
    out.print()
    if not single:
        words = f"in brackets the difference from {names[0]}"
        if any(line.threshold for line in found):
            words += f"; thresholds are fixed by {names[0]} or by number, the same for all"
        out.print(words, style="dim", soft_wrap=True)
        out.print()
    _print_closure(out, comparison, names)
    if written:
        out.print()
        lines(out, [("written", path) for path in written])


def number(value: float, *, signed: bool = False) -> str:
    """Write a number to four digits; ``-`` where there is none."""
    if not np.isfinite(value):
        return "-"
    size, sign = abs(value), "+" if signed else ""
    if size >= 1000.0:
        return f"{value:{sign},.0f}"
    return f"{value + 0.0:{sign}.4g}" if size >= 1e-3 or size == 0.0 else f"{value:{sign}.2e}"


def _lines(comparison: xr.Dataset, names: Sequence[str]) -> list[_Line]:
    """Bring the rows of all scenarios together; many periods as their mean."""
    columns = {str(name): comparison[name].values for name in comparison.data_vars}
    groups: dict[tuple[str, str], dict[str, dict[str, int]]] = {}
    for row, (metric, zone, period, scenario) in enumerate(
        zip(*(columns[name].tolist() for name in ("metric", "zone", "period", "scenario")), strict=True)
    ):
        groups.setdefault((metric, zone), {}).setdefault(period, {})[scenario] = row
    found = []
    for (metric, zone), periods in groups.items():
        shown = [(period, [rows]) for period, rows in periods.items()]
        if len(periods) > MOST_PERIODS:
            shown = [(f"mean of {len(periods)}", list(periods.values()))]
        for period, parts in shown:
            first = next(iter(parts[0].values()))
            limit, better = float(columns["threshold"][first]), str(columns["better"][first])
            found.append(
                _Line(
                    metric,
                    zone,
                    period,
                    str(columns["units"][first]),
                    f"{'>=' if better == 'higher' else '<='} {number(limit)}" if np.isfinite(limit) and better else "",
                    tuple(_cell(columns, [part[name] for part in parts if name in part]) for name in names),
                )
            )
    return found


def _cell(columns: dict[str, NDArray[Any]], rows: list[int]) -> tuple[float, float, str]:
    """Value, difference and verdict; of several periods their means, and in how many the threshold is met."""
    if not rows:
        return np.nan, np.nan, "no data"
    verdicts = columns["verdict"][rows].tolist()
    verdict = verdicts[0]
    if len(rows) > 1 and any(word != "no threshold" for word in verdicts):
        verdict = f"meets {verdicts.count('meets')} of {len(rows)}"
        if lost := verdicts.count("no data"):
            verdict += f", no data in {lost}"
    return float(np.mean(columns["value"][rows])), float(np.mean(columns["difference"][rows])), verdict


def _print(out: Console, found: Sequence[_Line], names: Sequence[str], single: bool) -> None:
    """Print a table, or, where the terminal is too narrow for it, a block for each line, lest numbers be broken."""
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    table = _wide(found, names, single)
    if single or Measurement.get(out, out.options.update(max_width=10_000), table).maximum <= out.width:
        out.print(table)
        return
    for i, line in enumerate(found):
        if i:
            out.print()
        period = "" if line.period == "all" else line.period
        units = "" if line.units == "1" else line.units
        threshold = f"{line.threshold} {units}".rstrip() if line.threshold else units
        words = ", ".join(part for part in (line.zone, period, threshold) if part)
        out.print(Text.assemble((line.metric, "bold"), "  ", words))
        rows = Table.grid(padding=(0, 2, 0, 0))
        rows.add_column(overflow="fold")
        rows.add_column(justify="right", no_wrap=True)
        rows.add_column(justify="right", no_wrap=True)
        rows.add_column(no_wrap=True)
        for name, cell in zip(names, line.cells, strict=True):
            rows.add_row(f"  {name}", *_parts(cell, first=name == names[0]))
        out.print(rows)


def _wide(found: Sequence[_Line], names: Sequence[str], single: bool) -> Table:
    """An indicator and zone a line, a scenario a column."""
    table = plain_table()
    table.add_column("indicator", overflow="fold")
    table.add_column("zone", overflow="fold")
    with_period = any(line.period != "all" for line in found)
    with_threshold = any(line.threshold for line in found)
    if with_period:
        table.add_column("period")
    for name in ["value"] if single else names:
        table.add_column(name, justify="right", overflow="fold")
    if with_threshold:
        table.add_column("threshold", justify="right")
    table.add_column("units")
    before = ""
    for line in found:
        cells = [_shown(cell, first=i == 0) for i, cell in enumerate(line.cells)]
        table.add_row(
            line.metric if line.metric != before else "",
            line.zone,
            *([line.period] if with_period else []),
            *cells,
            *([line.threshold] if with_threshold else []),
            "" if line.units == "1" else line.units,
        )
        before = line.metric
    return table


def _shown(cell: tuple[float, float, str], *, first: bool) -> Text:
    """Value, difference and verdict in one cell."""
    from rich.text import Text

    return Text(" ").join(part for part in _parts(cell, first=first) if part)


def _parts(cell: tuple[float, float, str], *, first: bool) -> tuple[Text, Text, Text]:
    """Value, difference from the baseline in brackets, and verdict; empty where there is none."""
    from rich.text import Text

    value, difference, verdict = cell
    verdict = "" if verdict == "no threshold" else verdict
    other = ""
    if not first and np.isfinite(difference):
        same = abs(difference) <= 1e-6 * abs(value)
        other = f"({'=' if same else number(difference, signed=True)})"
    return Text(number(value)), Text(other, style="dim"), Text(verdict, style="bold" if verdict == "fails" else "dim")


def _print_closure(out: Console, comparison: xr.Dataset, names: Sequence[str]) -> None:
    """How well the balances closed: a table of indicators is worth no more than they are."""
    table = plain_table()
    for title in ("scenario", "water closes to", "salt closes to", "from"):
        table.add_column(title, overflow="fold")
    for i, name in enumerate(names):
        errors = [float(comparison[f"{what}_balance_error"].values[i]) for what in ("water", "salt")]
        texts = [f"{abs(error):.1e}" if np.isfinite(error) else "-" for error in errors]
        table.add_row(name, *texts, str(comparison["file"].values[i]))
    out.print(table)
