"""What a run says at its end: peaks, when they were, whether the balance closed; as tables or as JSON."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deltasim.cli.events import Events, print_events
from deltasim.cli.peaks import Peaks, console, fixed, lines, plain_table, print_peaks
from deltasim.cli.times import brief, period

if TYPE_CHECKING:
    from deltasim.simulation import Outcome
    from deltasim.timings import Stopwatch

__all__ = ["as_json", "balance", "show", "show_timings"]

UNITS = {
    "max_stage": "m",
    "max_storage": "m3",
    "max_discharge": "m3 s-1",
    "balance_error": "m3",
    "solver_seconds": "s",
    "relative_balance_error": "1",
}
PARTS = {
    "python": "start of Python",
    "imports": "imports",
    "reading": "reading the scenario",
    "preparing": "building the network",
    "compiled_code": "loading compiled code",
    "solving": "solving",
    "gathering": "gathering results",
    "writing": "waiting for the writing",
    "closing": "closing the file",
    "printing": "these tables",
    "other": "what lies between",
    "writer_thread": "meanwhile, writing",
}
"""What a run spends its time on, and the words for it."""


def show(outcome: Outcome, path: Path) -> None:
    """Print the closing tables.

    Parameters
    ----------
    outcome : Outcome
        Of the run.
    path : Path
        The file that was written.
    """
    frame, attributes = outcome.frame, outcome.summary.attributes
    out = console()
    out.print(frame.title or path.stem, style="bold")
    out.print(period(frame.start, frame.duration), style="dim")
    out.print()
    print_peaks(out, peaks_of(outcome), str(path))
    data = outcome.summary.data
    if "event_time" in data:
        events = Events(
            start=frame.start,
            duration=frame.duration,
            time=data["event_time"].tolist(),
            source=data["event_source"].tolist(),
            target=data["event_target"].tolist(),
        )
        print_events(out, events, str(path))
    steps = f"{attributes['solver_steps']:,} steps, {attributes['solver_rejected_steps']:,} rejected"
    relative = float(attributes["relative_balance_error"])
    lines(
        out,
        [
            ("balance error", balance(relative, data["balance_error"], frame.node_name)),
            *(
                (f"of {name}", f"{attributes[f'relative_{name}_balance_error']:.1e} of all mass")
                for name in frame.substances
            ),
            ("solver", f"{steps}, {brief(outcome.seconds)}"),
            ("written", str(path)),
        ],
    )


def peaks_of(outcome: Outcome) -> Peaks:
    """Gather what the tables show.

    Parameters
    ----------
    outcome : Outcome
    """
    frame, data, none = outcome.frame, outcome.summary.data, np.empty(0)
    return Peaks(
        start=frame.start,
        duration=frame.duration,
        node_name=frame.node_name,
        node_kind=frame.node_kind,
        max_stage=data["max_stage"],
        time_of_max_stage=data["time_of_max_stage"],
        storage=outcome.max_storage,
        storage_title="peak storage",
        link_name=frame.link_name,
        link_kind=frame.link_kind,
        max_discharge=data.get("max_discharge", none),
        time_of_max_discharge=data.get("time_of_max_discharge", none),
    )


def balance(relative: float, errors: NDArray[np.float64], names: tuple[str, ...] | list[str]) -> str:
    """Say in one line how well the balances closed.

    Parameters
    ----------
    relative : float
        Of the whole network.
    errors : ndarray, shape (n_node,), m3
        NaN on boundaries.
    names : sequence of str
        Of the nodes.

    Returns
    -------
    str
    """
    text = f"{relative:.1e} of all water"
    size = np.abs(np.nan_to_num(errors))
    if not size.any():
        return text
    worst = int(np.argmax(size))
    return f"{text}; the largest is {size[worst]:.1e} m3, at {names[worst]}"


def show_timings(watch: Stopwatch) -> None:
    """Print how long each part of the way took.

    Parameters
    ----------
    watch : Stopwatch
    """
    total = watch.total
    table = plain_table()
    table.add_column("time went to")
    for title in ("took\ns", "share\n%"):
        table.add_column(title, justify="right")
    for part, seconds in _parts(watch, total).items():
        table.add_row(PARTS[part], fixed(seconds, 3), fixed(100.0 * seconds / total, 0))
    table.add_section()
    table.add_row("the whole process", fixed(total, 3), "100")
    for part, seconds in watch.beside.items():
        table.add_row(PARTS[part], fixed(seconds, 3), "")
    out = console()
    out.print()
    out.print(table)


def _parts(watch: Stopwatch, total: float) -> dict[str, float]:
    return watch.seconds | {"other": total - sum(watch.seconds.values())}


def as_json(outcome: Outcome, scenario: Path, path: Path, watch: Stopwatch | None = None) -> str:
    """Give what the tables show as a JSON document, for every node and link.

    Parameters
    ----------
    outcome : Outcome
        Of the run.
    scenario : Path
        The file that was run.
    path : Path
        The file that was written.
    watch : Stopwatch, optional
        Tells how long each part took.

    Returns
    -------
    str
        Numbers as they are, times in ISO 8601, null where there is none.
    """
    frame, data = outcome.frame, outcome.summary.data

    def number(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    def moment(seconds: float) -> str | None:
        return (frame.start + timedelta(seconds=float(seconds))).isoformat() if np.isfinite(seconds) else None

    nodes = {
        name: {
            "kind": frame.node_kind[i],
            "max_stage": number(data["max_stage"][i]),
            "time_of_max_stage": moment(data["time_of_max_stage"][i]),
            "max_storage": number(outcome.max_storage[i]),
            "balance_error": number(data["balance_error"][i]),
        }
        for i, name in enumerate(frame.node_name)
    }
    links = {
        name: {
            "kind": frame.link_kind[i],
            "from": frame.from_node[i] or None,
            "to": frame.to_node[i] or None,
            "max_discharge": number(data["max_discharge"][i]),
            "time_of_max_discharge": moment(data["time_of_max_discharge"][i]),
        }
        for i, name in enumerate(frame.link_name)
    }
    document: dict[str, Any] = {
        "scenario": str(scenario),
        "result": str(path),
        "title": frame.title,
        "start": moment(0.0),
        "end": moment(frame.duration),
        "units": UNITS,
        "nodes": nodes,
        "links": links,
        **outcome.summary.attributes,
    }
    if watch is not None:
        total = watch.total
        document |= {
            "timings": {**_parts(watch, total), "total": total, **watch.beside},
            "units": UNITS | {"timings": "s"},
        }
    # A document in another encoding than UTF-8 is not JSON, unless it keeps to ASCII.
    other = sys.stdout.encoding.lower().replace("-", "") != "utf8"
    return json.dumps(document, ensure_ascii=other, allow_nan=False, indent=2)
