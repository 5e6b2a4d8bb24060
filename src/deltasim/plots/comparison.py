"""What scenarios do to zones, as a map of cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deltasim.errors import PlotError
from deltasim.plots.style import (
    DIVERGING,
    GREY,
    GRID,
    INK,
    NEUTRAL,
    PAGES,
    headline,
    named,
    new_figure,
    styled,
    units_text,
)
from deltasim.plots.table import Grid, check, closure, grid, metrics_of

__all__ = ["MOST_METRICS", "heatmap"]

MOST_METRICS: Final = 6
LARGEST, SMALLEST = 9.5, 5.5
"""Letters in cells, points."""


@styled
def heatmap(
    comparison: xr.Dataset,
    *,
    metrics: Sequence[str] | None = None,
    period: str | None = None,
    page: str | tuple[float, float] | None = None,
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
    page : {"portrait", "landscape"} or (width, height), optional
        A4, or inches; by default as wide as A4 and as high as the cells need.

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
    columns = 1 if len(grids) == 1 or (len(grids[0].scenarios) > 5 and page != "landscape") else 2
    rows = -(-len(grids) // columns)
    if page is None:
        height = 0.9 + rows * (1.2 + 0.55 * max(len(shown.zones) for shown in grids))
        page = (
            PAGES["landscape" if columns == 2 or len(grids[0].scenarios) > 6 else "portrait"][0],
            min(height, 11.69),
        )
    figure = new_figure(page)
    headline(figure, str(comparison.attrs.get("title", "")))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    baseline = str(comparison.attrs.get("baseline", ""))
    for axes, shown in zip(panels, grids, strict=False):
        _draw_grid(figure, axes, shown, baseline)
    for axes in panels[len(grids) :]:
        axes.remove()
    words = closure(comparison)
    if words:
        figure.supxlabel(named(words, 120), fontsize=8.5, color=GREY, x=0.012, ha="left")
    figure.draw_without_rendering()  # cells are written when it is known how large they are
    for axes, shown in zip(panels, grids, strict=False):
        _write_cells(axes, shown, baseline)
    return figure


def _draw_grid(figure: Figure, axes: Axes, shown: Grid, baseline: str) -> None:
    """Draw the cells of one metric, without what is written in them."""
    sign = -1.0 if shown.better == "lower" else 1.0
    difference = np.ma.masked_invalid(sign * shown.difference)
    largest = float(np.ma.filled(np.abs(difference).max(), 0.0)) or 1.0
    colours = (DIVERGING if shown.better else NEUTRAL).with_extremes(bad=GRID)
    mesh = axes.pcolormesh(difference, cmap=colours, vmin=-largest, vmax=largest, edgecolors="white", linewidth=1.5)
    upright = len(shown.scenarios) > 7
    labels = [
        named(name, 40 if upright else 14)
        + (" " if upright else "\n") * (name == baseline)
        + "(baseline)" * (name == baseline)
        for name in shown.scenarios
    ]
    axes.set_xticks(np.arange(len(labels)) + 0.5, labels, fontsize=8.5, rotation=90 if upright else 0)
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
    # The colours are of better and worse, the numbers at the scale those of the differences.
    bar.ax.yaxis.set_major_formatter(lambda value, _: _digits(sign * value + 0.0))
    if shown.better:
        bar.ax.set_title("better", fontsize=8, fontweight="normal", loc="center", pad=3)
        bar.ax.annotate(
            "worse", (0.5, 0.0), xycoords="axes fraction", xytext=(0, -3), textcoords="offset points",
            ha="center", va="top", fontsize=8,
        )  # fmt: skip


def _write_cells(axes: Axes, shown: Grid, baseline: str) -> None:
    """Write value, difference and verdict into every cell, or less where it would be too small to read."""
    corners = axes.transData.transform([(0.0, 0.0), (1.0, 1.0)])
    width, height = np.abs(corners[1] - corners[0]) - 6.0
    for write in (_all_of_it, _value_and_verdict, _value_alone):
        texts = [
            axes.text(
                column + 0.5,
                row + 0.5,
                write(shown, row, column, is_base=shown.scenarios[column] == baseline),
                ha="center",
                va="center",
                fontsize=LARGEST,
                linespacing=1.15,
                color=INK,
                fontweight="bold" if shown.verdict[row, column] == "fails" else "normal",
            )
            for row, column in np.ndindex(shown.value.shape)
        ]
        boxes = [text.get_window_extent() for text in texts]
        fits = min(min(width / max(box.width, 1.0), height / max(box.height, 1.0)) for box in boxes)
        if LARGEST * fits >= SMALLEST or write is _value_alone:
            for text in texts:
                text.set_fontsize(LARGEST * min(1.0, fits))
            return
        for text in texts:
            text.remove()


def _all_of_it(shown: Grid, row: int, column: int, *, is_base: bool) -> str:
    difference = shown.difference[row, column]
    changed = "" if is_base or not np.isfinite(difference) else f"\n({_digits(difference, sign=True)})"
    verdict = shown.verdict[row, column]
    return _value_alone(shown, row, column, is_base=is_base) + changed + (f"\n{verdict}" if verdict else "")


def _value_and_verdict(shown: Grid, row: int, column: int, *, is_base: bool) -> str:
    verdict = shown.verdict[row, column]
    return _value_alone(shown, row, column, is_base=is_base) + (f"\n{verdict}" if verdict else "")


def _value_alone(shown: Grid, row: int, column: int, *, is_base: bool) -> str:
    del is_base
    value = shown.value[row, column]
    return _digits(value) if np.isfinite(value) else "none"


def _digits(value: float, *, sign: bool = False) -> str:
    """Three digits that count, all before the point; without noughts at the end."""
    plus = "+" if sign else ""
    text = f"{value:{plus},.0f}" if abs(value) >= 100.0 else f"{value:{plus}.3g}"
    return text.replace("-", "−")
