"""The closing table of a run: peaks, when they were, and whether the balance closed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rich.table import Table

    from deltasim.simulation import Outcome

__all__ = ["as_document", "show"]

MOST_ROWS = 20
HUGE = 1e5
"""Volume, m3, from which on cubic hectometres read better."""


def _clock(outcome: Outcome, seconds: float) -> str:
    """Time of the run's own clock, to the minute."""
    if not np.isfinite(seconds):
        return ""
    return f"{outcome.frame.start + timedelta(seconds=float(seconds)):%Y-%m-%d %H:%M}"


def _volume(cubic_metres: float) -> str:
    if not np.isfinite(cubic_metres):
        return ""
    return f"{cubic_metres / 1e6:.3f} hm3" if cubic_metres >= HUGE else f"{cubic_metres:.1f} m3"


def _number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else ""


def _shown(sizes: NDArray[np.float64]) -> Sequence[int]:
    """Which rows to show: all, or the largest in their order."""
    if len(sizes) <= MOST_ROWS:
        return range(len(sizes))
    largest = np.argsort(-np.nan_to_num(np.abs(sizes)), kind="stable")[:MOST_ROWS]
    return sorted(int(i) for i in largest)


def show(outcome: Outcome, path: Path) -> None:
    """Print the closing table.

    Parameters
    ----------
    outcome : Outcome
    path : Path
        The file that was written.
    """
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    data, frame = outcome.summary.data, outcome.frame
    if frame.title:
        console.print(f"[bold]{_plain(frame.title)}[/bold]")
    rows = _shown(outcome.max_storage)
    table = _table("node", "kind", "peak stage (m)", "peak storage", "time of peak stage")
    for i in rows:
        table.add_row(
            _plain(frame.node_name[i]),
            frame.node_kind[i],
            _number(data["max_stage"][i]),
            _volume(outcome.max_storage[i]),
            _clock(outcome, data["time_of_max_stage"][i]),
        )
    console.print(table)
    _more(console, len(frame.node_name) - len(rows), "nodes", path)
    if frame.link_name:
        rows = _shown(data["max_discharge"])
        table = _table("link", "kind", "peak (m3/s)", "", "time of peak")
        for i in rows:
            route = f"{frame.from_node[i] or '·'} → {frame.to_node[i] or '·'}"
            table.add_row(
                _plain(frame.link_name[i]),
                frame.link_kind[i],
                _number(data["max_discharge"][i]),
                _plain(route),
                _clock(outcome, data["time_of_max_discharge"][i]),
            )
        console.print(table)
        _more(console, len(frame.link_name) - len(rows), "links", path)
    _closing_lines(console, outcome, path)


def _closing_lines(console: Any, outcome: Outcome, path: Path) -> None:
    attributes = outcome.summary.attributes
    worst = float(np.nanmax(np.abs(outcome.summary.data["balance_error"])))
    relative = float(attributes["relative_balance_error"])
    console.print(f"balance error  {relative:.1e} of all water; at most {worst:.1e} m3 at a node")
    console.print(
        f"solver         {attributes['solver_steps']} steps, {attributes['solver_rejected_steps']} rejected, "
        f"{outcome.seconds:.4f} s"
    )
    console.print(f"written        {_plain(str(path))}", soft_wrap=True)


def _more(console: Any, count: int, what: str, path: Path) -> None:
    if count > 0:
        console.print(f"[dim]{count} more {what} are in {_plain(str(path))}[/dim]")


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _table(name: str, kind: str, peak: str, more: str, when: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(name, overflow="fold")
    table.add_column(kind)
    table.add_column(peak, justify="right")
    table.add_column(more, justify="right" if more else "left", overflow="fold")
    table.add_column(when)
    return table


def as_document(outcome: Outcome, path: Path) -> str:
    """Give the closing table as JSON: numbers as they are, times in ISO 8601, null where there is none.

    Parameters
    ----------
    outcome : Outcome
    path : Path
        The file that was written.

    Returns
    -------
    str
    """
    data, frame = outcome.summary.data, outcome.frame

    def number(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    def moment(seconds: float) -> str | None:
        return (frame.start + timedelta(seconds=float(seconds))).isoformat() if np.isfinite(seconds) else None

    nodes = {
        name: {
            "kind": frame.node_kind[i],
            "max_stage": number(data["max_stage"][i]),
            "max_storage": number(outcome.max_storage[i]),
            "time_of_max_stage": moment(data["time_of_max_stage"][i]),
            "balance_error": number(data["balance_error"][i]),
        }
        for i, name in enumerate(frame.node_name)
    }
    links = {
        name: {
            "kind": frame.link_kind[i],
            "max_discharge": number(data["max_discharge"][i]),
            "time_of_max_discharge": moment(data["time_of_max_discharge"][i]),
        }
        for i, name in enumerate(frame.link_name)
    }
    document = {"file": str(path), "nodes": nodes, "links": links, **outcome.summary.attributes}
    return json.dumps(document, ensure_ascii=False, indent=2)
