"""The peaks of a result as two tables, one of nodes and one of links; `run` and `info` print them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from deltasim.cli.times import moment

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "MOST_ROWS",
    "Peaks",
    "console",
    "discharges",
    "fixed",
    "levels",
    "lines",
    "plain_table",
    "print_peaks",
    "volumes",
]

Floats = NDArray[np.float64]

MOST_ROWS = 20
"""Rows of a table; a larger network shows its largest."""
PIPED_WIDTH = 200
"""Columns where no terminal sets a width: nothing there is worth folding."""


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """What the two tables show; NaN where there is none.

    Parameters
    ----------
    start : datetime
        Of the run, in its own clock.
    duration : float, s
    node_name, node_kind : sequence of str
    max_stage, time_of_max_stage : ndarray, shape (n_node,), m and s since start
    storage : ndarray, shape (n_node,), m3
    storage_title : str
        Which storage that is.
    link_name, link_kind : sequence of str
    max_discharge, time_of_max_discharge : ndarray, shape (n_link,), m3/s and s since start
    """

    start: datetime
    duration: float
    node_name: Sequence[str]
    node_kind: Sequence[str]
    max_stage: Floats
    time_of_max_stage: Floats
    storage: Floats
    storage_title: str
    link_name: Sequence[str]
    link_kind: Sequence[str]
    max_discharge: Floats
    time_of_max_discharge: Floats

    def times(self, seconds: Iterable[float]) -> list[str]:
        """Times on the run's own clock."""
        return [moment(self.start, value, self.duration) for value in seconds]


def console() -> Console:
    """A console on standard output that takes text as it is."""
    from rich.console import Console

    made = Console(highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.width = PIPED_WIDTH
    return made


def discharges(values: Iterable[float]) -> list[str]:
    """Write discharges, m3/s, to the litre; what would vanish in that, with an exponent: a seep is not nothing."""

    def text(value: float) -> str:
        small = 0.0 < abs(value) < 0.0005
        return f"{value:.1e}" if small else fixed(value, 3)

    return [text(float(value)) for value in values]


def fixed(value: float, decimals: int) -> str:
    """Write a number with commas between thousands; ``-`` for NaN, and never ``-0.0``."""
    return f"{round(value, decimals) + 0.0:,.{decimals}f}" if np.isfinite(value) else "-"


def levels(values: Iterable[float]) -> list[str]:
    """Write levels, m, to the millimetre."""
    return [fixed(float(value), 3) for value in values]


def volumes(values: Floats) -> tuple[list[str], str]:
    """Write volumes in one unit, so that a column can be compared: hm3 where all are large enough for it.

    Parameters
    ----------
    values : ndarray, m3
        NaN for what stores nothing.

    Returns
    -------
    texts : list of str
    unit : str
    """
    wet = values[np.isfinite(values) & (values > 0.0)]
    largest = float(wet.max(initial=0.0))
    if largest >= 1e6 and float(wet.min()) >= 1e4:
        return [fixed(float(value) / 1e6, 3) for value in values], "hm3"
    decimals = 0 if largest >= 1e3 else 3
    least = 10.0**-decimals

    def text(value: float) -> str:
        return f"<{least:g}" if 0.0 < value < 0.5 * least else fixed(value, decimals)

    return [text(float(value)) for value in values], "m3"


def print_peaks(out: Console, peaks: Peaks, where: str) -> None:
    """Print both tables, aligned with each other.

    Parameters
    ----------
    out : Console
    peaks : Peaks
    where : str
        The file that has what the tables leave out.
    """
    nodes, links = _largest(peaks.storage), _largest(peaks.max_discharge)
    stored, unit = volumes(peaks.storage[nodes])
    above = (
        _Column("node", [peaks.node_name[i] for i in nodes]),
        _Column("kind", [peaks.node_kind[i] for i in nodes]),
        _Column("peak stage\nm", levels(peaks.max_stage[nodes]), "right"),
        _Column("time of peak", peaks.times(peaks.time_of_max_stage[nodes])),
        _Column(f"{peaks.storage_title}\n{unit}", stored, "right"),
    )
    below = (
        _Column("link", [peaks.link_name[i] for i in links]),
        _Column("kind", [peaks.link_kind[i] for i in links]),
        _Column("peak discharge\nm3/s", discharges(peaks.max_discharge[links]), "right"),
        _Column("time of peak", peaks.times(peaks.time_of_max_discharge[links])),
    )
    widths = [max(one.width, other.width) for one, other in zip(above, below, strict=False)] + [above[-1].width]
    # Names are folded where there is not room for all; numbers never.
    widths[0] = max(8, min(widths[0], out.width - sum(widths[1:]) - 2 * len(widths) + 1))
    _print(out, above, widths)
    _print_rest(out, len(peaks.node_name) - len(nodes), "nodes", "hold the most", where)
    out.print()
    if peaks.link_name:
        _print(out, below, widths)
        _print_rest(out, len(peaks.link_name) - len(links), "links", "carry the most", where)
        out.print()


@dataclass(frozen=True)
class _Column:
    title: str
    cells: Sequence[str]
    justify: Literal["left", "right"] = "left"

    @property
    def width(self) -> int:
        """Columns of the terminal that it takes; a Chinese sign takes two."""
        from rich.cells import cell_len

        return max(map(cell_len, (*self.title.split("\n"), *self.cells)))


def _print(out: Console, columns: Sequence[_Column], widths: Sequence[int]) -> None:
    table = plain_table()
    for column, width in zip(columns, widths, strict=False):
        table.add_column(column.title, justify=column.justify, overflow="fold", width=width)
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*row)
    out.print(table)


def plain_table() -> Table:
    """A table with a rule below its head and nothing else."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")


def lines(out: Console, pairs: Iterable[tuple[str, str]]) -> None:
    """Print what is known by name, the values below each other.

    Parameters
    ----------
    out : Console
    pairs : iterable of (str, str)
        Name and value; what has no value is left out.
    """
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value:
            table.add_row(name, value)
    out.print(table)


def _largest(sizes: Floats) -> list[int]:
    """Rows to show, in their order: all, or the largest."""
    if len(sizes) <= MOST_ROWS:
        return list(range(len(sizes)))
    order = np.argsort(-np.abs(np.nan_to_num(sizes)), kind="stable")
    return sorted(int(i) for i in order[:MOST_ROWS])


def _print_rest(out: Console, count: int, what: str, why: str, where: str) -> None:
    if count > 0:
        out.print(f"these {MOST_ROWS} {what} {why}; {count:,} more are in {where}", style="dim", soft_wrap=True)
