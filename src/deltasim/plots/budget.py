"""The water balance as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deltasim.errors import PlotError
from deltasim.plots.balance import Balance, Term, water_balance
from deltasim.plots.select import period, span_of
from deltasim.plots.style import BLUE, GREEN, GREY, INK, PAGES, VERMILION, headline, named, new_figure, styled

__all__ = ["MOST_ROWS", "budget", "draw_budget"]

MOST_PANELS: Final = 8
MOST_ROWS: Final = 14

_SCALES: Final = ((1e6, "million m³"), (1e3, "thousand m³"), (1.0, "m³"))

_NOTHING: Final = 1e-6
"""Part of the largest term below which a bar has no number: what interpolated outputs leave of a flow that was none."""


@styled
def budget(
    result: xr.Dataset,
    *,
    nodes: Sequence[str] | None = None,
    start: str | None = None,
    end: str | None = None,
    page: str | tuple[float, float] | None = None,
) -> Figure:
    """Draw what came in and what left, by what and by which link, and what that did to the storage.

    Parameters
    ----------
    result : xarray.Dataset
        From `deltasim.run` or `deltasim.open`.
    nodes : sequence of str, optional
        A panel each, at most 8; by default one of the whole network.
    start, end : str, optional
        ISO 8601, on the scenario's clock unless they have an offset.
    page : {"portrait", "landscape"} or (width, height), optional
        A4, or inches; by default as wide as A4 and as high as the bars need.

    Returns
    -------
    matplotlib.figure.Figure
        Bars to the right came in, bars to the left went out; a link with a tide has both. They add up to the last bar,
        the change of storage, see `deltasim.plots.water_balance`.

    Raises
    ------
    PlotError
        A node is unknown or stores nothing, or there are too many.
    """
    part = period(result, start, end)
    chosen = list(dict.fromkeys(nodes)) if nodes is not None else [None]
    if not 0 < len(chosen) <= MOST_PANELS:
        raise PlotError(f"{len(chosen)} nodes for one picture of budgets; choose 1 to {MOST_PANELS} with --node")
    balances = [water_balance(part, None if name is None else [name]) for name in chosen]
    columns = 1 if len(chosen) == 1 or (page == "portrait" and len(chosen) < 4) else 2
    rows = -(-len(chosen) // columns)
    if page is None:
        longest = max(len(_rows(balance)) for balance in balances)
        page = (PAGES["portrait"][0] if columns == 1 else PAGES["landscape"][0], 0.9 + rows * (1.3 + 0.3 * longest))
    figure = new_figure(page)
    headline(figure, str(result.attrs.get("title", "")))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, balance, name in zip(panels, balances, chosen, strict=False):
        draw_budget(axes, balance, name or "Whole network")
    for axes in panels[len(chosen) :]:
        axes.remove()
    figure.supxlabel(f"{span_of(part)}; to the right in, to the left out", fontsize=9.5, color=GREY)
    return figure


def draw_budget(axes: Axes, balance: Balance, title: str) -> None:
    """Draw one balance.

    Parameters
    ----------
    axes : Axes
    balance : Balance
    title : str
        Of whom it is.
    """
    terms = _rows(balance)
    change = balance.storage_change
    largest = max([abs(change), *(max(term.into, -term.out) for term in terms)])
    scale, units = next((pair for pair in _SCALES if largest >= 2.0 * pair[0]), _SCALES[-1])
    at = np.arange(len(terms))
    last = len(terms) + 0.4
    for key, colour in (("into", BLUE), ("out", VERMILION)):
        values = np.array([getattr(term, key) for term in terms]) / scale
        axes.barh(at, values, height=0.72, color=colour, linewidth=0)
        for y, value in enumerate(values.tolist()):
            if abs(value) * scale > _NOTHING * largest:
                _number(axes, value, y)
    axes.barh([last], [change / scale], height=0.72, color=GREEN, linewidth=0)
    _number(axes, change / scale, last)
    axes.axvline(0.0, color=GREY, linewidth=1.0)
    axes.axhline(last - 0.7, color=GREY, linewidth=0.8)
    axes.set_yticks([*at, last], [*(named(term.name, 26) for term in terms), "storage change"])
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9)
    axes.set_ylim(last + 0.6, -0.6)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    low = min(0.0, change, *(term.out for term in terms)) / scale
    high = max(0.0, change, *(term.into for term in terms)) / scale
    room = 0.16 * max(high - low, 1e-12)
    axes.set_xlim(low - (room if low else 0.0), high + (room if high else 0.0))
    axes.set_xlabel(units)
    closing = f"{balance.error:.1g} m³" if abs(balance.error) >= 1e-3 else "less than a litre"
    axes.set_title(f"{named(title, 60)}: in {_short(balance.into / scale)}, out {_short(-balance.out / scale)} {units}")
    axes.annotate(
        f"left over: {closing}",
        (1.0, 0.0),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=8,
        color=GREY,
    )


def _rows(balance: Balance) -> list[Term]:
    """The terms, the largest first; many small ones together."""
    terms = sorted(balance.terms, key=lambda term: term.out - term.into)
    if len(terms) <= MOST_ROWS:
        return terms
    kept, rest = terms[: MOST_ROWS - 1], terms[MOST_ROWS - 1 :]
    others = Term(f"{len(rest)} smaller ones", sum(term.into for term in rest), sum(term.out for term in rest))
    return [*kept, others]


def _number(axes: Axes, value: float, y: float) -> None:
    """Write a number at the end of its bar."""
    right = value >= 0.0
    axes.annotate(
        _short(value),
        (value, y),
        xytext=(3 if right else -3, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="center",
        fontsize=8.5,
        color=INK,
    )


def _short(value: float) -> str:
    """Three digits that count."""
    if value and abs(value) < 0.001:
        return f"{value:.0e}".replace("-", "−")
    digits = max(0, 2 - int(np.floor(np.log10(abs(value))))) if value else 0
    return f"{value:,.{digits}f}".replace("-", "−")
