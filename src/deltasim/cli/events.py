"""What was set during a run, and how often, as one table; `run` and `info` print it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from deltasim.cli.peaks import MOST_ROWS, plain_table
from deltasim.cli.times import moment

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Events", "print_events"]


@dataclass(frozen=True, kw_only=True)
class Events:
    """The events of a result, in their order.

    Parameters
    ----------
    start : datetime
        Of the run, in its own clock.
    duration : float, s
    time : sequence of float, s
        Since the start.
    source, target : sequence of str
        Path of what set something, and of what was set.
    """

    start: datetime
    duration: float
    time: Sequence[float]
    source: Sequence[str]
    target: Sequence[str]


def print_events(out: Console, events: Events, where: str) -> None:
    """Print who set what, how many times, and when first and last; nothing where there are no events.

    Parameters
    ----------
    out : Console
    events : Events
    where : str
        The file that has each of them.
    """
    times: dict[tuple[str, str], list[float]] = {}
    for time, source, target in zip(events.time, events.source, events.target, strict=True):
        times.setdefault((source, target), []).append(time)
    if not times:
        return
    table = plain_table()
    for title in ("by", "set", "times", "first", "last"):
        table.add_column(title, justify="right" if title == "times" else "left", overflow="fold")
    for (source, target), all_of_it in list(times.items())[:MOST_ROWS]:
        first, last = (moment(events.start, at, events.duration) for at in (all_of_it[0], all_of_it[-1]))
        table.add_row(source, target, f"{len(all_of_it):,}", first, last)
    out.print(table)
    if len(times) > MOST_ROWS:
        out.print(f"{len(times) - MOST_ROWS:,} more are in {where}", style="dim", soft_wrap=True)
    out.print()
