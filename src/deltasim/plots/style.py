"""The one style of all pictures: colours, letters, lines and pages.

Colours are Okabe and Ito's, told apart with every common colour blindness; curves differ in their dashes as well, so
that they are told apart in grey print. Pages are those of ISO 216. pyplot is never imported: no picture opens a window.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from deltasim.errors import PlotError
from deltasim.faults import listed
from deltasim.plots.fonts import families, printable, tell_missing

__all__ = [
    "BLUE",
    "DASHED",
    "DIVERGING",
    "GREEN",
    "GREY",
    "GRID",
    "INK",
    "LINES",
    "MOST_CURVES",
    "NEUTRAL",
    "ORANGE",
    "PAGES",
    "PURPLE",
    "SKY",
    "VERMILION",
    "headline",
    "in_this_style",
    "named",
    "new_figure",
    "rc",
    "side_legend",
    "styled",
    "units_text",
]

BLUE, SKY, VERMILION, GREEN, ORANGE, PURPLE = "#0072B2", "#56B4E9", "#D55E00", "#009E73", "#E69F00", "#CC79A7"
INK, GREY, GRID = "#1F2A30", "#5F6B73", "#E3E7EA"
DASHED: Final = (0, (5, 3))

_COLOURS: Final = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, INK)
_DASHES: Final = ("solid", DASHED, (0, (1.2, 1.6)))

LINES: Final[tuple[dict[str, Any], ...]] = tuple(
    {"color": colour, "linestyle": dashes} for dashes in _DASHES for colour in _COLOURS
)
"""How the first, second ... curve of a picture is drawn."""

MOST_CURVES: Final = 20
"""Curves that can be told apart in one picture."""

DIVERGING: Final = LinearSegmentedColormap.from_list("deltasim", ["#E08A55", "#F9F9F7", "#5FA3CF"])
"""From worse to better; light enough for dark letters on it."""

NEUTRAL: Final = LinearSegmentedColormap.from_list("deltasim_neutral", ["#DDA94F", "#F9F9F7", "#B197C9"])
"""From less to more, where neither is better."""

PAGES: Final[Mapping[str, tuple[float, float]]] = {"portrait": (8.27, 11.69), "landscape": (11.69, 8.27)}
"""A4, inches."""

_RC: Final[Mapping[str, Any]] = {
    "font.size": 10.0,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a name is a $
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlepad": 8.0,
    "axes.unicode_minus": True,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "pdf.fonttype": 42,  # letters stay letters: they can be searched
    "svg.hashsalt": "deltasim",  # the same picture is the same file
    "agg.path.chunksize": 20_000,
}

P = ParamSpec("P")


@contextmanager
def in_this_style() -> Iterator[None]:
    """Draw or write in the style, without leaving it behind."""
    log = logging.getLogger("matplotlib.font_manager")
    before = log.level
    log.setLevel(logging.ERROR)  # that a font has no bold face is no news to who draws a name
    try:
        with mpl.rc_context(rc()):
            yield
    finally:
        log.setLevel(before)


def rc() -> Any:
    """The style as settings of matplotlib, for `matplotlib.rc_context` or ``rcParams.update``."""
    return {**_RC, "font.family": families()}


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Make a function draw in the style, without leaving it behind.

    Parameters
    ----------
    draw : callable
        Returns a figure.
    """

    @wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with in_this_style():
            figure = draw(*args, **kwargs)
            # Matplotlib makes ticks, and lays out, when it draws: both belong to the style.
            figure.draw_without_rendering()
        tell_missing()
        return figure

    return in_style


def new_figure(page: str | tuple[float, float]) -> Figure:
    """An empty page.

    Parameters
    ----------
    page : {"portrait", "landscape"} or (width, height)
        A4, or inches.

    Raises
    ------
    PlotError
        There is no such page.
    """
    if isinstance(page, str) and page not in PAGES:
        raise PlotError(f'page: expected {listed(PAGES)} or width and height in inches, got "{page}"')
    size = PAGES[page] if isinstance(page, str) else page
    return Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12, hspace=0.03, wspace=0.04))


def headline(figure: Figure, text: str) -> None:
    """Write the title of a picture, at the left above all; nothing where it is empty."""
    if text:
        width = int(figure.get_figwidth() * 10.5)
        figure.suptitle(named(text, width), x=0.012, ha="left", fontsize=12.5, fontweight="bold")


def named(text: str, width: int = 22) -> str:
    """Text as it can be printed: with glyphs that exist, in lines of at most so many letters.

    Parameters
    ----------
    text : str
        Such as the name of a node; it is broken at spaces and behind underscores.
    width : int
        Of a line.
    """
    lines = [""]
    for piece in re.findall(r"[^\s_]*(?:_+|\s+|$)", printable(text)):
        parts = [piece[i : i + width] for i in range(0, len(piece), width)] or [""]
        for part in parts:
            if lines[-1] and len(lines[-1]) + len(part.rstrip()) > width:
                lines.append("")
            lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def side_legend(axes: Axes, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Name what is drawn to the right of the axes, the smaller the more there is.

    Parameters
    ----------
    axes : Axes
    handles : sequence of artists
    labels : sequence of str
        As long.
    """
    _, size, space, width = next(row for row in _LEGENDS if len(labels) <= row[0])
    axes.legend(
        handles,
        [named(label, width) for label in labels],
        loc="upper left",
        bbox_to_anchor=(1.005, 1.02),
        borderaxespad=0.0,
        handlelength=2.4,
        fontsize=size,
        labelspacing=space,
    )


_LEGENDS: Final = ((8, 9.0, 0.45, 22), (12, 8.0, 0.3, 34), (10**6, 7.0, 0.12, 40))
"""Labels at most, letters in points, space between lines in letters, letters in a line: no higher than a panel."""

_SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def units_text(units: str) -> str:
    """Units of a file as people write them: ``m3 s-1`` is m³/s.

    Parameters
    ----------
    units : str
        UDUNITS; empty or ``1`` for none.
    """
    above: list[str] = []
    below: list[str] = []
    for unit in units.split():
        found = re.fullmatch(r"([^\d\s-]+?)(-?)(\d*)", unit)
        if found is None or unit == "1":
            above += [unit] if unit != "1" else []
            continue
        base, minus, power = found.groups()
        (below if minus else above).append(base + (power if power != "1" else "").translate(_SUPERSCRIPT))
    return " ".join(above or ["1"] * bool(below)) + "".join(f"/{unit}" for unit in below)
