"""Two metrics against each other: what one scenario costs and what it gives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from deltasim.errors import PlotError
from deltasim.faults import did_you_mean
from deltasim.plots.style import BLUE, GREY, INK, headline, named, new_figure, styled, units_text
from deltasim.plots.table import check, closure, grid, metrics_of

__all__ = ["pareto_best", "tradeoff"]


@dataclass(frozen=True)
class _Measure:
    """One axis: a value per scenario."""

    values: NDArray[np.float64]
    label: str
    better: str


@styled
def tradeoff(
    comparison: xr.Dataset,
    x: str | None = None,
    y: str | None = None,
    *,
    period: str | None = None,
    page: str | tuple[float, float] = "landscape",
) -> Figure:
    """Draw scenarios as points of two metrics, and mark those that no other beats in both.

    Parameters
    ----------
    comparison : xarray.Dataset
        From `deltasim.studies.compare`.
    x, y : str, optional
        ``METRIC@ZONE:higher`` or ``:lower``, whichever is better. The zone may be left out where the metric has one
        only, the direction where the comparison says it. By default the first two that say which is better.
    period : str, optional
        A year or season; by default the whole run, or the mean of all periods where a metric has none of that.
    page : {"portrait", "landscape"} or (width, height)
        A4, or inches.

    Returns
    -------
    matplotlib.figure.Figure
        Filled points are Pareto-best: no scenario is at least as good in both metrics and better in one. They are
        joined by a line.

    Raises
    ------
    PlotError
        This is no comparison, it lacks what was asked for, or no scenario has both values.
    """
    check(comparison)
    one, other = _measures(comparison, x, y, period)
    grids = grid(comparison, metrics_of(comparison)[0], None)
    known = np.isfinite(one.values) & np.isfinite(other.values)
    if not known.any():
        raise PlotError(f"no scenario has values of both {one.label} and {other.label}")
    names = [name for name, is_known in zip(grids.scenarios, known, strict=True) if is_known]
    points = np.column_stack((one.values[known], other.values[known]))
    best = pareto_best(points, one.better, other.better)
    figure = new_figure(page)
    headline(figure, str(comparison.attrs.get("title", "")))
    axes = figure.subplots()
    _draw_points(axes, points, best)
    axes.margins(0.12)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value + 0.0:,.10g}".replace("-", "−"))
    axes.set_xlabel(named(one.label, 70))
    axes.set_ylabel(
        named(other.label, max(20, min(70, int((figure.get_figheight() - 1.6) * 12))))
    )  # no longer than its axis
    lost = [name for name, is_known in zip(grids.scenarios, known, strict=True) if not is_known]
    notes = [f"without a value, so not drawn: {', '.join(lost)}"] if lost else []
    notes += [closure(comparison)] if closure(comparison) else []
    if notes:
        figure.supxlabel(named("; ".join(notes), 120), fontsize=8.5, color=GREY, x=0.012, ha="left")
    figure.draw_without_rendering()  # names are put where the points leave room, in the final layout
    _write_names(axes, points, [name + " (baseline)" * (name == comparison.attrs.get("baseline")) for name in names])
    return figure


def _measures(comparison: xr.Dataset, x: str | None, y: str | None, period: str | None) -> tuple[_Measure, _Measure]:
    if x is None and y is None:
        able = [name for name in metrics_of(comparison) if grid(comparison, name, None).better]
        if len(able) < 2:
            raise PlotError(
                "fewer than two metrics say whether higher or lower is better; choose two with --x and --y, such as "
                f'--x "{metrics_of(comparison)[0]}:higher"'
            )
        zones = [grid(comparison, name, None).zones for name in able[:2]]
        shared = next((zone for zone in zones[0] if zone in zones[1]), None)
        x, y = (f"{name}@{shared or of[0]}" for name, of in zip(able, zones, strict=False))
    if x is None or y is None:
        raise PlotError("give both metrics, --x and --y, or neither")
    return _measure(comparison, x, period), _measure(comparison, y, period)


def _measure(comparison: xr.Dataset, text: str, period: str | None) -> _Measure:
    """Read ``METRIC@ZONE:higher``."""
    found = re.fullmatch(r"(?P<metric>[^@:]+)(@(?P<zone>[^:]+))?(:(?P<better>higher|lower))?", text.strip())
    if found is None:
        raise PlotError(f'expected METRIC, METRIC@ZONE or METRIC@ZONE:higher (or :lower), got "{text}"')
    shown = grid(comparison, found["metric"], period)
    zone = found["zone"]
    if zone is None and len(shown.zones) > 1:
        raise PlotError(
            f"{shown.metric} has several zones; choose one of {', '.join(shown.zones)}: {shown.metric}@ZONE"
        )
    zone = zone or shown.zones[0]
    if zone not in shown.zones:
        hint = did_you_mean(zone, shown.zones) or f"; there are {', '.join(shown.zones)}"
        raise PlotError(f'{shown.metric} has no zone "{zone}"{hint}')
    better = found["better"] or shown.better
    units = units_text(shown.units)
    label = f"{shown.metric.replace('_', ' ')}, {zone}" + (f", {units}" if units else "")
    notes = [text for text in (shown.period, f"{better} is better" if better else "") if text]
    label += f" ({'; '.join(notes)})" if notes else ""
    return _Measure(shown.value[shown.zones.index(zone)], label, better)


def pareto_best(points: NDArray[np.float64], better_x: str, better_y: str) -> NDArray[np.bool_]:
    """Find the points that no other beats.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Without NaN.
    better_x, better_y : {"higher", "lower", ""}
        Which way is better; none is best where one does not say.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where no other is at least as good in both and better in one.
    """
    if not better_x or not better_y:
        return np.zeros(len(points), dtype=bool)
    good = points * [1.0 if better == "higher" else -1.0 for better in (better_x, better_y)]
    as_good = (good[:, np.newaxis] >= good).all(axis=2)
    beats = as_good & (good[:, np.newaxis] > good).any(axis=2)
    best: NDArray[np.bool_] = ~np.atleast_1d(beats.any(axis=0))
    return best


def _draw_points(axes: Axes, points: NDArray[np.float64], best: NDArray[np.bool_]) -> None:
    front = points[best][np.argsort(points[best][:, 0], kind="stable")]
    axes.plot(*front.T, color=BLUE, linewidth=1.2, alpha=0.45, zorder=1.5)
    if best.any():
        kinds = [(best, BLUE, BLUE, "Pareto-best: none beats it"), (~best, "white", GREY, "beaten by another")]
    else:
        kinds = [(~best, "white", GREY, "scenario; no metric says which is better")]
    for mask, face, edge, words in kinds:
        if mask.any():
            axes.scatter(
                points[mask, 0],
                points[mask, 1],
                s=64,
                facecolor=face,
                edgecolor=edge,
                linewidth=1.6,
                zorder=3,
                label=words,
            )
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.005), ncols=2, borderaxespad=0.0, handletextpad=0.2)


_OFFSETS: Final = tuple(
    (radius * x, radius * y, horizontal, vertical)
    for radius in (8.0, 16.0, 26.0, 40.0)
    for x, y, horizontal, vertical in (
        (1.0, 0.0, "left", "center"),
        (0.8, 0.8, "left", "bottom"),
        (0.8, -0.8, "left", "top"),
        (-1.0, 0.0, "right", "center"),
        (-0.8, 0.8, "right", "bottom"),
        (-0.8, -0.8, "right", "top"),
        (0.0, 1.0, "center", "bottom"),
        (0.0, -1.0, "center", "top"),
    )
)
"""Where a name can stand beside its point: points of type, and alignments; the best first."""


def _write_names(axes: Axes, points: NDArray[np.float64], names: Sequence[str]) -> None:
    """Name the points, each where it covers neither another name nor a point; what coincides has one name."""
    together: dict[tuple[float, float], list[str]] = {}
    for (x, y), name in zip(points.tolist(), names, strict=True):
        together.setdefault((x, y), []).append(name)
    frame = axes.get_window_extent()
    taken = [Bbox.from_bounds(x - 6, y - 6, 12, 12) for x, y in axes.transData.transform(points)]
    line = axes.transData.transform(axes.lines[0].get_xydata())
    for start, end in pairwise(line):
        taken += [Bbox.from_bounds(x - 1, y - 1, 2, 2) for x, y in np.linspace(start, end, 100)]
    for place, here in together.items():
        text = axes.annotate(
            ",\n".join(named(name, 28) for name in here),
            place,
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=9,
            color=INK,
            zorder=4,
        )
        for x, y, horizontal, vertical in _OFFSETS:
            text.set(position=(x, y), ha=horizontal, va=vertical)
            box = text.get_window_extent()
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(other) for other in taken):
                break
        else:
            text.set(position=(_OFFSETS[0][0], 0.0), ha="left", va="center")
        taken.append(text.get_window_extent())
