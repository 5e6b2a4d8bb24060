"""Error against time, one picture for each case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cases import named
from benchmarks.peers.engine import Engine
from benchmarks.peers.fronts import Row, front

__all__ = ["Line", "draw", "draw_fronts"]

STYLES = {
    "deltasim": ("#000000", "o", "-"),
    "swmm": ("#d55e00", "s", "-"),
    "swmm-tight": ("#d55e00", "D", "--"),
    "lsoda": ("#0072b2", "^", "-"),
    "odeint": ("#0072b2", "v", "--"),
    "cvode": ("#56b4e9", "P", "-"),
    "bdf": ("#009e73", "X", "-"),
    "radau": ("#009e73", "*", "--"),
    "rk4-c": ("#cc79a7", "<", "-"),
    "rk4-numba": ("#cc79a7", ">", "--"),
}
"""Colour (told apart by the colour-blind), marker and line of each engine."""


def title(name: str) -> str:
    """Say in words what a case is."""
    case = named(name)
    if case.ponds == 1:
        return "One pond with a weir"
    joined = "drowned orifices" if case.joined_by == "orifice" else "free weirs"
    return f"{case.ponds} ponds joined by {joined}"


@dataclass(frozen=True)
class Line:
    """What is drawn of one engine or method.

    Parameters
    ----------
    label : str
    style : tuple of str
        Colour, marker and line.
    rows : sequence
        Of settings, each with its `seconds` and `stage_error`.
    own : bool
        Drawn in front and thicker.
    """

    label: str
    style: tuple[str, str, str]
    rows: Sequence[Any]
    own: bool


def draw(rows: Sequence[Row], name: str, engines: Sequence[Engine], target: Path, note: str) -> None:
    """Draw each engine's settings on a case."""
    lines = []
    for engine in engines:
        found = [row for row in rows if (row.case, row.engine) == (name, engine.name) and row.stage_error < 1.0]
        lines.append(Line(engine.label, STYLES[engine.name], found, engine.name == "deltasim"))
    draw_fronts(lines, title(name), target, note)


def draw_fronts(lines: Sequence[Line], heading: str, target: Path, note: str) -> None:
    """Draw error against time, the settings on each line's front joined."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib import ticker

    figure, axes = plt.subplots(figsize=(8.0, 4.8), layout="constrained")
    for line in lines:
        best = front(line.rows)
        if not best:
            continue
        colour, marker, dash = line.style
        beaten = [row for row in line.rows if row not in best]
        axes.plot(
            [row.seconds for row in beaten], [row.stage_error for row in beaten], marker, color=colour, alpha=0.3, ms=4
        )
        axes.plot(
            [row.seconds for row in best], [row.stage_error for row in best], color=colour, marker=marker, ls=dash,
            lw=2.4 if line.own else 1.3, ms=7 if line.own else 5.5, label=line.label, zorder=3 if line.own else 2,
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="Time spent on stepping (s)", ylabel="Largest error in stage (m)")
    low, high = axes.get_xlim()
    if high < 100.0 * low:  # what matplotlib labels between two powers of ten overlaps
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.set_title(heading, loc="left")
    axes.grid(which="major", color="0.88")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False)
    figure.supxlabel(note, fontsize=7, color="0.35", x=0.01, ha="left")
    figure.savefig(target, dpi=150)
    plt.close(figure)
