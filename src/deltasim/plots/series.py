"""Curves: over time, and over the share of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib.dates as mdates
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from deltasim.errors import PlotError
from deltasim.plots.select import curves, local_times, period, span_of
from deltasim.plots.style import (
    DASHED,
    GREY,
    LINES,
    headline,
    named,
    new_figure,
    side_legend,
    styled,
    units_text,
)

__all__ = ["Band", "Bands", "dated", "draw_series", "duration_curve", "hydrograph"]

Band = float | tuple[float, float]
Bands = Mapping[str, Band]

_SHADES: Final = ("#BFD9C2", "#F1DDB4", "#D5CBE3", "#F3CBBE", "#C4DCEB")
"""Of depth bands: pale, for curves lie on them."""


@dataclass(frozen=True)
class _Panel:
    """Curves of one variable."""

    name: str
    labels: list[str]
    values: NDArray[np.float64]
    mean: bool
    units: str
    left_out: int


def _panels(
    result: xr.Dataset,
    variables: Sequence[str],
    nodes: Sequence[str] | None,
    links: Sequence[str] | None,
    chosen: bool,
) -> list[_Panel]:
    """Read what is to be drawn; variables without a curve are left out unless they were asked for."""
    panels = []
    for name in variables:
        labels, values, left_out = curves(result, name, nodes, links)
        attributes = result[name].attrs
        mean = "mean" in str(attributes.get("cell_methods", ""))
        if labels:
            panels.append(_Panel(name, labels, values, mean, str(attributes.get("units", "")), left_out))
        elif chosen:
            raise PlotError(f'no curve of "{name}" is left: choose nodes or links that have it')
    if not panels:
        raise PlotError(f"nothing to draw: no node or link that was chosen has {' or '.join(variables)}")
    return panels


def _wanted(variables: Sequence[str] | None, bands: Bands, result: xr.Dataset, level: str) -> Sequence[str]:
    """Which variables: those given, or levels and discharges; depths where there are bands of depth."""
    if variables is not None:
        if bands and "depth" not in variables:
            raise PlotError(f"bands are of depth, which is not among the variables: {', '.join(variables)}")
        return variables
    return [name for name in ("depth" if bands else level, "discharge") if name in result]


@styled
def hydrograph(
    result: xr.Dataset,
    *,
    nodes: Sequence[str] | None = None,
    links: Sequence[str] | None = None,
    variables: Sequence[str] | None = None,
    bands: Bands | None = None,
    start: str | None = None,
    end: str | None = None,
    page: str | tuple[float, float] = "landscape",
) -> Figure:
    """Draw stages and discharges over time.

    Parameters
    ----------
    result : xarray.Dataset
        From `deltasim.run` or `deltasim.open`.
    nodes, links : sequence of str, optional
        Which, at most 20; by default those that are no part of a river, a dozen at most. Where only nodes are given,
        the links that touch them; where only links are, no node.
    variables : sequence of str, optional
        Variables along time and node or link, a panel each; by default stage and discharge.
    bands : mapping of str to (low, high) or float, m, optional
        Depths by name, such as those that a species needs, drawn behind the curves; a single number is a line. Depth
        then takes the place of stage.
    start, end : str, optional
        ISO 8601, on the scenario's clock unless they have an offset.
    page : {"portrait", "landscape"} or (width, height)
        A4, or inches.

    Returns
    -------
    matplotlib.figure.Figure
        Means over output intervals are steps, for such they are; values at output times are lines.

    Raises
    ------
    PlotError
        What was asked for is not there, or is too much for one picture.
    """
    given = _checked(bands)
    part = period(result, start, end)
    panels = _panels(part, _wanted(variables, given, part, "stage"), nodes, links, variables is not None)
    figure = new_figure(page)
    headline(figure, str(result.attrs.get("title", "")))
    lines = lines_of(*(panel.labels for panel in panels))
    rows = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(rows, panels, strict=True):
        shown = given if panel.name == "depth" else {}
        draw_series(axes, part, panel.name, panel.labels, panel.values, shown, lines, panel.left_out)
    dated(list(rows), part)
    return figure


def draw_series(
    axes: Axes,
    result: xr.Dataset,
    name: str,
    labels: Sequence[str],
    values: NDArray[np.float64],
    bands: Bands,
    lines: Mapping[str, Any],
    left_out: int,
    *,
    legend: bool = True,
) -> None:
    """Draw one variable over time, with its legend at the right.

    Parameters
    ----------
    axes : Axes
    result : xarray.Dataset
        Cut to the times that are drawn.
    name : str
        Of the variable.
    labels : sequence of str
        Of the curves.
    values : ndarray, shape (n_time, n_label)
    bands : mapping
        See `hydrograph`; empty for none.
    lines : mapping
        See `lines_of`.
    left_out : int
        How many more curves there would be, for the title.
    legend : bool
        Whether to draw one; another panel may have it.
    """
    attributes = result[name].attrs
    mean = "mean" in str(attributes.get("cell_methods", ""))
    time = local_times(result)
    marks = _draw_bands(axes, bands)
    if (
        values.min(initial=np.inf, where=np.isfinite(values))
        < 0.0
        < values.max(initial=-np.inf, where=np.isfinite(values))
    ):
        axes.axhline(0.0, color=GREY, linewidth=0.8)
    handles = [
        axes.plot(time, values[:, i], drawstyle="steps-pre" if mean else "default", **lines[label])[0]
        for i, label in enumerate(labels)
    ]
    axes.set_xlim(time[0], time[-1])
    _label_values(axes, name, str(attributes.get("units", "")))
    axes.set_title(_title(result, name, mean, len(labels), left_out))
    if legend:
        side_legend(axes, [*handles, *marks.values()], [*labels, *marks])


def lines_of(*groups: Sequence[str]) -> dict[str, Any]:
    """How each node or link is drawn: a node looks the same in every panel, and so does a link.

    Parameters
    ----------
    *groups : sequence of str
        The curves of the panels.

    Returns
    -------
    dict
        Settings of matplotlib by label. Nodes and links are counted apart, as far as they are in different panels.
    """
    lines: dict[str, Any] = {}
    for labels in groups:
        used = [lines[label] for label in labels if label in lines]
        free = iter(line for line in LINES if line not in used)
        lines |= {label: next(free) for label in labels if label not in lines}
    return lines


def _label_values(axes: Axes, name: str, units: str) -> None:
    """Name and units of the axis of values; large volumes in thousands or millions."""
    words, shown = name.replace("_", " "), units_text(units)
    largest = max(map(abs, axes.get_ylim()))
    scale, prefix = next(
        (pair for pair in ((1e6, "million "), (1e3, "thousand ")) if largest >= 2.0 * pair[0]), (1.0, "")
    )
    if units in ("m3", "m2") and prefix:
        axes.yaxis.set_major_formatter(lambda value, _: f"{value / scale:g}".replace("-", "−"))
        shown = prefix + shown
    axes.set_ylabel(f"{words}, {shown}" if shown else words)


def _title(result: xr.Dataset, name: str, mean: bool, drawn: int, left_out: int) -> str:
    """Of a panel: what it shows, above which datum, over which interval, and how much of all that there is."""
    words = name.replace("_", " ").capitalize()
    datum = str(result.attrs.get("vertical_datum", ""))
    if datum and name in ("stage", "mean_stage", "crest_level"):
        words += f" above {datum}"
    if mean and not name.startswith("mean"):
        words += ", mean over each output interval"
    if left_out:
        words += f" ({drawn} of {drawn + left_out})"
    return named(words, 90)


def dated(rows: Sequence[Axes], result: xr.Dataset) -> None:
    """Write dates below the last of some axes of time, as short as can be.

    Parameters
    ----------
    rows : sequence of Axes
        One below the other.
    result : xarray.Dataset
        Known for its times and its clock.
    """
    locator = mdates.AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    formatter = mdates.ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator,
        formats=["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S"],
        zero_formats=["", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"],
        show_offset=False,  # the label says more, and of both ends
    )
    for axes in rows:
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(formatter)
        if axes is not rows[-1]:
            axes.sharex(rows[-1])
            axes.tick_params(labelbottom=False)
    rows[-1].set_xlabel(span_of(result))


def _checked(bands: Bands | None) -> Bands:
    for name, band in (bands or {}).items():
        low, high = band if isinstance(band, tuple) else (band, band)
        if not (np.isfinite([low, high]).all() and low <= high):
            raise PlotError(f"band {name}: expected depths in m from low to high, got {low:g} to {high:g}")
    return bands or {}


def _draw_bands(axes: Axes, bands: Bands) -> dict[str, Any]:
    """Shade ranges of depth, dash single depths; returns what the legend shows of them."""
    marks: dict[str, Any] = {}
    for number, (name, band) in enumerate(bands.items()):
        if isinstance(band, tuple):
            shade = _SHADES[number % len(_SHADES)]
            axes.axhspan(*band, facecolor=shade, alpha=0.65, linewidth=0.0, zorder=0.5)
            marks[f"{name} {band[0]:g} to {band[1]:g} m"] = Patch(facecolor=shade, alpha=0.65)
        else:
            line = axes.axhline(band, color=GREY, linestyle=DASHED, linewidth=1.2)
            marks[f"{name} {band:g} m"] = line
    return marks


@styled
def duration_curve(
    result: xr.Dataset,
    *,
    nodes: Sequence[str] | None = None,
    links: Sequence[str] | None = None,
    variables: Sequence[str] | None = None,
    bands: Bands | None = None,
    start: str | None = None,
    end: str | None = None,
    page: str | tuple[float, float] = "landscape",
) -> Figure:
    """Draw which value is reached or exceeded for which share of the time.

    Parameters
    ----------
    result : xarray.Dataset
        From `deltasim.run` or `deltasim.open`.
    nodes, links, variables, bands, start, end, page
        As `hydrograph` takes them; by default the variables are the mean stage over output intervals, for a snapshot a
        day deceives where there is a tide, and the discharge.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError
        What was asked for is not there, or is too much for one picture.

    Notes
    -----
    Weibull's plotting position with the lengths w of the output intervals as weights: the i-th largest value stands at
    sum(w_1 ... w_i) / (sum(w) + mean(w)), which is i / (n + 1) where all are equally long.
    """
    given = _checked(bands)
    part = period(result, start, end)
    level = "mean_stage" if "mean_stage" in part else "stage"
    panels = _panels(part, _wanted(variables, given, part, level), nodes, links, variables is not None)
    lengths = np.append(np.nan, np.diff(part.time.values) / np.timedelta64(1, "s"))
    figure = new_figure(page)
    headline(figure, str(result.attrs.get("title", "")))
    lines = lines_of(*(panel.labels for panel in panels))
    rows = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(rows, panels, strict=True):
        marks = _draw_bands(axes, given if panel.name == "depth" else {})
        handles = []
        for i, label in enumerate(panel.labels):
            share, value = exceedance(panel.values[:, i], lengths)
            handles += axes.plot(100.0 * share, value, **lines[label])
        axes.set_xlim(0.0, 100.0)
        _label_values(axes, panel.name, panel.units)
        axes.set_title(_title(part, panel.name, panel.mean, len(panel.labels), panel.left_out))
        side_legend(axes, [*handles, *marks.values()], [*panel.labels, *marks])
    rows[-1].set_xlabel("share of the time at or above, %")
    return figure


def exceedance(
    values: NDArray[np.float64], lengths: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of time at which values are reached or exceeded, see `duration_curve`.

    Parameters
    ----------
    values : ndarray, shape (n,)
        NaN is left out.
    lengths : ndarray, shape (n,), s
        Of the intervals that end at them; NaN for none.

    Returns
    -------
    share : ndarray, shape (m,)
        Rising, above 0 and below 1.
    value : ndarray, shape (m,)
        Falling.
    """
    known = np.isfinite(values) & np.isfinite(lengths)
    weight, value = lengths[known], values[known]
    order = np.argsort(-value, kind="stable")
    share = np.cumsum(weight[order]) / (weight.sum() + weight.mean()) if len(weight) else weight
    return share, value[order]
