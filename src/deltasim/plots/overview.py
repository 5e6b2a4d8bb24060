"""A page on a whole run."""

from __future__ import annotations

from typing import Final

import xarray as xr
from matplotlib.figure import Figure

from deltasim.plots.balance import water_balance
from deltasim.plots.budget import MOST_ROWS, draw_budget
from deltasim.plots.select import curves, period
from deltasim.plots.series import dated, draw_series, lines_of
from deltasim.plots.style import GREY, headline, named, new_figure, styled

__all__ = ["overview"]

_VARIABLES: Final = {"stage": 2.6, "discharge": 2.6, "storage": 1.7, "salinity": 1.7}
"""Panels over time that a page can have, and how high they are."""


@styled
def overview(
    result: xr.Dataset,
    *,
    start: str | None = None,
    end: str | None = None,
    page: str | tuple[float, float] = "portrait",
) -> Figure:
    """Draw a page on a run: stages, discharges, storages, salinity where there is any, and the balance of all water.

    Parameters
    ----------
    result : xarray.Dataset
        From `deltasim.run` or `deltasim.open`.
    start, end : str, optional
        ISO 8601, on the scenario's clock unless they have an offset.
    page : {"portrait", "landscape"} or (width, height)
        A4, or inches.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError
        This is no result, or the period is empty.
    """
    part = period(result, start, end)
    found = {name: curves(part, name, None, None) for name in _VARIABLES if name in part}
    shown = {name: drawn for name, drawn in found.items() if drawn[0]}
    balance = water_balance(part)
    heights = [*(_VARIABLES[name] for name in shown), 0.6 + 0.17 * min(len(balance.terms), MOST_ROWS)]
    figure = new_figure(page)
    headline(figure, str(result.attrs.get("title", "")))
    rows = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    legends: list[list[str]] = []
    lines = lines_of(*(labels for labels, *_ in shown.values()))
    for axes, (name, (labels, values, left_out)) in zip(rows, shown.items(), strict=False):
        new = not any(set(labels) <= set(before) for before in legends)
        draw_series(axes, part, name, labels, values, {}, lines, left_out, legend=new)
        legends.append(labels)
    dated(list(rows[: len(shown)]), part)
    draw_budget(rows[-1], balance, "All water")
    relative = result.attrs.get("relative_balance_error")
    closure = f"balance of the run closed to {float(relative):.0e} of all water, " if relative is not None else ""
    words = f"{closure}{result.attrs.get('source', 'deltasim')}"
    figure.supxlabel(named(words, 120), fontsize=8.5, color=GREY, x=0.012, ha="left")
    return figure
