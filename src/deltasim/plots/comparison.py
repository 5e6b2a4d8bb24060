"""What scenarios do to zones, as a map of cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deltasim.errors import PlotError
from deltasim.plots.style import DIVERGING, GREY, INK, NEUTRAL, headline, named, new_figure, styled, units_text
from deltasim.plots.table import Grid, check, closure, grid, metrics_of

__all__ = ["MOST_METRICS", "heatmap"]

MOST_METRICS: Final = 6


@styled
def heatmap(
    comparison: xr.Dataset,
    *,
    metrics: Sequence[str] | None = None,
    period: str | None = None,
    page: str | tuple[float, float] = "landscape",
) -> Figure:
    """Draw the values of metrics by zone and scenario, coloured by what differs from the baseline.

    Parameters
    ----------
    comparison : xarray.Dataset
        From `deltasim.studies.compare`.
    metrics : sequence of str, optional
        A panel each, at most 6; by default the first ones.
    period : str, optional
        A year or season; by default the whole run, or the mean of all periods where a metric has none of that.
    page : {"portrait", "landscape"} or (width, height)
        A4, or inches.

    Returns
    -------
    matplotlib.figure.Figure
        Blue is better and orange worse than the baseline, where the metric says which is; else violet is more and
        yellow less. Colours are scaled to the largest difference in each panel. Cells say whether a threshold is met.

    Raises
    ------
    PlotError
        This is no comparison, or it lacks what was asked for.
    """
    check(comparison)
    names = list(dict.fromkeys(metrics)) if metrics is not None else metrics_of(comparison)[:MOST_METRICS]
    if not 0 < len(names) <= MOST_METRICS:
        raise PlotError(f"{len(names)} metrics for one picture; choose 1 to {MOST_METRICS} with --metric")
    grids = [grid(comparison, name, period) for name in names]
    figure = new_figure(page)
    headline(figure, str(comparison.attrs.get("title", "")))
    columns = 1 if len(grids) == 1 or (len(grids[0].scenarios) > 5 and page != "landscape") else 2
    rows = -(-len(grids) // columns)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    baseline = str(comparison.attrs.get("baseline", ""))
    for axes, shown in zip(panels, grids, strict=False):
        _draw_grid(figure, axes, shown, baseline, small=len(shown.scenarios) * columns > 10)
    for axes in panels[len(grids) :]:
        axes.remove()
    words = closure(comparison)
    if words:
        figure.supxlabel(named(words, 120), fontsize=8.5, color=GREY, x=0.012, ha="left")
    return figure


def _draw_grid(figure: Figure, axes: Axes, shown: Grid, baseline: str, *, small: bool) -> None:
    """Draw one metric."""
    sign = -1.0 if shown.better == "lower" else 1.0
    difference = np.ma.masked_invalid(sign * shown.difference)
    largest = float(np.ma.filled(np.abs(difference).max(), 0.0)) or 1.0
    colours = (DIVERGING if shown.better else NEUTRAL).with_extremes(bad="#E3E7EA")
    mesh = axes.pcolormesh(difference, cmap=colours, vmin=-largest, vmax=largest, edgecolors="white", linewidth=1.5)
    for row, column in np.ndindex(shown.value.shape):
        _write_cell(axes, shown, row, column, is_base=shown.scenarios[column] == baseline, small=small)
    width = 11 if small else 16
    labels = [named(name, width) + "\n(baseline)" * (name == baseline) for name in shown.scenarios]
    many = len(labels) > 8
    axes.set_xticks(np.arange(len(labels)) + 0.5, labels, fontsize=8 if small else 9, rotation=90 if many else 0)
    axes.set_yticks(np.arange(len(shown.zones)) + 0.5, [named(zone, 18) for zone in shown.zones], fontsize=9)
    axes.set_ylim(len(shown.zones), 0)
    axes.tick_params(length=0, labelcolor=INK)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    units = units_text(shown.units)
    notes = ", ".join(text for text in (units, shown.period) if text)
    title = f"{shown.metric.replace('_', ' ')}{f' ({notes})' if notes else ''}"
    axes.set_title(named(title, 48))
    bar = figure.colorbar(mesh, ax=axes, aspect=18, pad=0.02, fraction=0.06)
    bar.outline.set_visible(False)  # type: ignore[operator, unused-ignore]
    words = "difference from the baseline" + (f", {units}" if units else "")
    bar.set_label(named(words, 24), fontsize=8)
    bar.ax.tick_params(labelsize=8, length=2)
    bar.ax.grid(visible=False)
    if shown.better == "lower":
        # The colours are of better and worse, the numbers at the scale those of the differences.
        bar.ax.yaxis.set_major_formatter(lambda value, _: f"{-value + 0.0:g}".replace("-", "−"))
    if shown.better:
        bar.ax.set_title("better", fontsize=8, fontweight="normal", loc="center", pad=3)
        bar.ax.annotate(
            "worse", (0.5, 0.0), xycoords="axes fraction", xytext=(0, -3), textcoords="offset points",
            ha="center", va="top", fontsize=8,
        )  # fmt: skip


def _write_cell(axes: Axes, shown: Grid, row: int, column: int, *, is_base: bool, small: bool) -> None:
    """Value, what differs, and whether a threshold is met."""
    value, difference = shown.value[row, column], shown.difference[row, column]
    if not np.isfinite(value):
        text = "no value"
    else:
        text = _digits(value)
        if not is_base and np.isfinite(difference) and not small:
            text += f"\n({_digits(difference, sign=True)})"
    verdict = shown.verdict[row, column]
    axes.text(
        column + 0.5,
        row + 0.5,
        f"{text}\n{verdict}" if verdict else text,
        ha="center",
        va="center",
        fontsize=7.5 if small or len(shown.zones) > 8 else 8.5,
        linespacing=1.1,
        color=INK,
        fontweight="bold" if verdict == "fails" else "normal",
    )


def _digits(value: float, *, sign: bool = False) -> str:
    """About four digits that count, without noughts at the end."""
    text = f"{value:{'+' if sign else ''},.4g}" if abs(value) < 1e4 else f"{value:{'+' if sign else ''},.0f}"
    return text.replace("-", "−")
