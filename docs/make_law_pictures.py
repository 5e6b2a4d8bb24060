"""Draw the laws of stage-driven links, for the pages in ``docs/reference``.

Run from the root of the repository; it needs the extra ``plot``::

    python docs/make_law_pictures.py [KIND ...]

Every picture has two parts. On the left, discharge over the stage of ``from`` for several stages of ``to``; on the
right, a map of both stages. Where the lower water is felt, which the law itself says by its derivative, the link is
drowned.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # some ten thousand points: compiling would take longer

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator
from PIL import Image

from deltasim.links import LINKS, Ends
from deltasim.plots.style import BLUE, GREY, GRID, INK, ORANGE, SKY, VERMILION, rc

IMAGES = Path(__file__).parent / "images" / "reference"

TAILWATERS = (BLUE, SKY, ORANGE, VERMILION, "#882255")
"""From the lowest stage to the highest: after Okabe and Ito, told apart with every common colour blindness."""
BORDER = VERMILION
DRY, FREE, DROWNED = "#FFFFFF", "#FBF1DA", "#D6E8F5"
POINTS, CELLS = 481, 161


@dataclass(frozen=True)
class Picture:
    """What is drawn of a law.

    Parameters
    ----------
    title : str
        The link that is drawn.
    keys : dict
        Its keys.
    stages : (low, high)
        Range of both stages, m.
    tailwaters : tuple of float
        Stages of ``to`` of the curves on the left, m.
    names : tuple of (stage of from, stage of to, text)
        Names of regimes on the map.
    marks : tuple of (stage, text)
        Levels of the structure, m.
    split : tuple of (stages of from, stages of to)
        Further borders of regimes on the map, each a line.
    setting : float
        What the law gets as its setting.
    """

    title: str
    keys: dict[str, Any]
    stages: tuple[float, float]
    tailwaters: tuple[float, ...]
    names: tuple[tuple[float, float, str], ...]
    marks: tuple[tuple[float, str], ...] = ()
    split: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = ()
    setting: float = 1.0


LEAF = 1.5 * 0.61 * 0.6
"""Head at which the water touches the leaf of the gate below, m."""

PICTURES = {
    "weir": Picture(
        "sharp crest at 1 m, 4 m wide",
        {"crest_level": 1.0, "crest_width": 4.0},
        (0.5, 2.5),
        (0.8, 1.4, 1.7, 2.0),
        (
            (1.75, 0.86, "free"),
            (2.05, 1.5, "drowned"),
            (1.5, 2.22, "drowned, reversed"),
            (0.77, 1.72, "free,\nreversed"),
            (0.7, 0.72, "dry"),
        ),
        ((1.0, "crest"),),
    ),
    "orifice": Picture(
        "round hole of 0.8 m in a wall, invert at 0 m",
        {"diameter": 0.8, "invert_level": 0.0},
        (-0.3, 2.0),
        (-0.1, 0.6, 1.0, 1.5),
        (
            (1.4, 0.14, "full, free"),
            (1.55, 0.8, "full, drowned"),
            (0.42, 0.06, "partly full"),
            (0.85, 1.68, "drowned,\nreversed"),
            (0.12, 1.32, "free,\nreversed"),
            (-0.14, -0.12, "dry"),
        ),
        ((0.0, "invert"), (0.8, "top")),
        (((0.8, 0.8), (-0.3, 0.8)), ((-0.3, 0.8), (0.8, 0.8))),
    ),
    "gate": Picture(
        "leaf lifted 0.6 m over a sill at 0 m, 3 m wide",
        {"sill_level": 0.0, "width": 3.0},
        (-0.3, 2.5),
        (-0.2, 0.4, 1.0, 1.6),
        (
            (1.6, 0.3, "free orifice"),
            (2.05, 1.62, "drowned orifice"),
            (0.5, 1.47, "reversed: the same\nwith the ends swapped"),
            (0.26, 0.04, "weir"),
            (-0.13, -0.1, "dry"),
        ),
        ((0.0, "sill"), (LEAF, "at the leaf")),
        (((LEAF, LEAF), (-0.3, 2 / 3 * LEAF)), ((2 / 3 * LEAF, LEAF), (2 / 3 * LEAF, 2 / 3 * LEAF))),
        setting=0.6,
    ),
    "culvert": Picture(
        "concrete pipe of 1 m, 40 m long, from 0.2 to 0 m",
        {"diameter": 1.0, "invert_level_from": 0.2, "invert_level_to": 0.0, "length": 40.0, "manning_n": 0.013},
        (-0.1, 3.0),
        (0.0, 1.0, 1.6, 2.3),
        (
            (2.0, 0.6, "inlet governs"),
            (2.4, 1.5, "barrel governs"),
            (1.6, 2.6, "barrel,\nreversed"),
            (0.62, 1.9, "inlet,\nreversed"),
            (0.05, 0.0, "dry"),
        ),
        ((0.2, "invert"), (1.2, "top")),
    ),
    "rating": Picture(
        "of from_stage, rows at 1.0, 1.5 and 2.5 m",
        {"table": {"stage": [1.0, 1.5, 2.5], "discharge": [0.0, 1.2, 6.0]}},
        (0.5, 3.0),
        (0.7,),
        ((2.0, 1.75, "the stage of to\ndoes not count"), (0.75, 1.75, "dry")),
        ((1.0, "first row"), (2.5, "last row")),
    ),
    "resistance": Picture(
        "R = 0.5 s/m², limit 2 m³/s, sill at 0.5 m",
        {"resistance": 0.5, "limit": 2.0, "sill_level": 0.5},
        (0.0, 2.5),
        (0.2, 1.0, 1.5, 2.0),
        (
            (2.05, 0.7, "at the limit"),
            (1.75, 1.12, "linear"),
            (1.15, 1.85, "reversed"),
            (0.65, 2.2, "at the limit"),
            (0.27, 0.22, "dry"),
        ),
        ((0.5, "sill"),),
    ),
    "reach": Picture(
        "rectangle 10 m wide, n 0.03, 500 m, bed from 0.5 to 0 m",
        {
            "cross_section": {"bottom_width": 10.0},
            "length": 500.0,
            "manning_n": 0.03,
            "bed_level_from": 0.5,
            "bed_level_to": 0.0,
        },
        (-0.2, 3.0),
        (0.0, 1.2, 1.7, 2.2),
        (
            (2.37, 0.72, "not felt upstream"),
            (2.42, 1.63, "drawdown"),
            (2.6, 2.33, "backwater"),
            (1.35, 2.62, "reversed"),
            (1.2, 0.28, "uniform"),
            (0.15, 0.1, "dry"),
        ),
        ((0.5, "bed at from"),),
        (((0.5, 3.0), (0.0, 2.5)),),
    ),
    "breach": Picture(
        "in a dike of 3 m, fully developed: bottom at 1 m, 10 m wide, sides 1 to 1",
        {
            "crest_level": 3.0,
            "bottom_level": 1.0,
            "bottom_width": 10.0,
            "side_slope": 1.0,
            "development_time": 3600.0,
            "trigger": {"stage": 2.5},
        },
        (0.5, 3.5),
        (0.7, 1.6, 2.1, 2.6),
        (
            (2.33, 0.82, "free"),
            (2.75, 1.9, "drowned"),
            (2.05, 2.85, "drowned, reversed"),
            (0.92, 2.35, "free,\nreversed"),
            (0.75, 0.75, "dry"),
        ),
        ((1.0, "bottom"), (3.0, "crest")),
    ),
    "levee": Picture(
        "1 km, its crest rising evenly from 2 to 3 m",
        {"table": {"level": [2.0, 3.0], "length": [0.0, 1000.0]}},
        (1.6, 3.6),
        (1.8, 2.5, 2.8, 3.05),
        (
            (2.6, 1.87, "free"),
            (2.95, 2.5, "drowned"),
            (2.55, 3.28, "drowned, reversed"),
            (1.84, 2.6, "free,\nreversed"),
            (1.78, 1.76, "dry"),
        ),
        ((2.0, "lowest"), (3.0, "highest")),
    ),
}


def law_of(kind: str, picture: Picture) -> Any:
    """Return discharge and its derivatives with both stages, as a function of arrays of the two."""
    about = LINKS[kind]
    link = about.model.model_validate({"name": "x", "from": "a", "to": "b", **picture.keys})
    parameters = about.build([link], [Ends(None, None, 1e-4)])

    def one(a: float, b: float) -> tuple[float, float, float]:
        if about.symmetric and b > a:
            q, up, down, _ = about.law(parameters, 0, b, a, picture.setting)
            return -q, -down, -up
        return about.law(parameters, 0, a, b, picture.setting)[:3]

    return np.vectorize(one, otypes=[float, float, float])


HALO = [patheffects.withStroke(linewidth=3, foreground="white")]


def lower_is_felt(q: Any, by_from: Any, by_to: Any) -> Any:
    """Where the lower of the two stages counts: the one that the water flows to."""
    return np.where(q > 0.0, by_to, by_from) != 0.0


def draw_curves(axes: Axes, picture: Picture, law: Any) -> None:
    """Discharge over the stage of ``from``; thick and dark where the lower water is not felt."""
    stage = np.linspace(*picture.stages, POINTS)
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    for colour, tailwater in zip(TAILWATERS, picture.tailwaters, strict=False):
        q, by_from, by_to = law(stage, tailwater)
        axes.plot(stage, q, color=colour, linewidth=2.0, label=f"{tailwater:g} m")
        free = np.where(lower_is_felt(q, by_from, by_to) | (q == 0.0), np.nan, q)
        axes.plot(stage, free, color=INK, linewidth=4.2, zorder=1.5, solid_capstyle="butt")
        if q[0] < 0.0:
            axes.plot(tailwater, 0.0, "o", color=colour, markersize=4.5, zorder=3)
    axes.margins(y=0.09)
    for level, name in picture.marks:
        axes.axvline(level, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        axes.text(
            level,
            0.99,
            f"{name} ",
            transform=axes.get_xaxis_transform(),
            color=GREY,
            fontsize=9,
            va="top",
            ha="right",
            rotation=90,
        )
    legend = axes.legend(
        title="stage at to", loc="lower right", framealpha=0.9, edgecolor="none", fontsize=9.5, borderaxespad=0.2
    )
    legend.get_title().set_fontsize(9.5)
    axes.set_xlim(*picture.stages)
    axes.set_xlabel("stage at from, m")
    axes.set_ylabel("discharge, m³/s")
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_title("Discharge, thick where free", pad=8)


def draw_lines(axes: Axes, stage: Any, q: Any) -> None:
    """Lines of equal discharge, named near the edges at which the lower water is lowest."""
    levels = MaxNLocator(9).tick_values(q.min(), q.max())
    levels = levels[(levels != 0.0) & (levels > q.min()) & (levels < q.max())]
    lines = axes.contour(stage, stage, q, levels=levels, colors=INK, linewidths=0.8, negative_linestyles="dashed")
    near, span = round(0.07 * CELLS), stage[-1] - stage[0]
    forward, back = q[near, :], q[:, near]
    inside = []
    for level in levels:
        place = np.interp(level, forward, stage) if level > 0.0 else np.interp(-level, -back, stage)
        if stage[0] + 0.04 * span < place < stage[-1] - 0.03 * span:
            inside.append((place, stage[near]) if level > 0.0 else (stage[near], place))
    axes.clabel(lines, fontsize=8, fmt="%g", inline_spacing=3, manual=inside)


def draw_map(axes: Axes, picture: Picture, law: Any) -> None:
    """Regimes over both stages, with lines of equal discharge."""
    stage = np.linspace(*picture.stages, CELLS)
    q, by_from, by_to = law(*np.meshgrid(stage, stage))
    regime = np.where(q == 0.0, 0, np.where(lower_is_felt(q, by_from, by_to), 2, 1))
    on, wet = np.diag_indices(CELLS), stage > picture.marks[0][0]
    if (np.diag(q) == 0.0).all():  # at equal stages nothing flows, but it is not dry
        regime[on] = np.where(wet, 2, 0)
    axes.pcolormesh(stage, stage, regime, cmap=ListedColormap([DRY, FREE, DROWNED]), vmin=0, vmax=2)
    draw_lines(axes, stage, q)
    axes.plot(picture.stages, picture.stages, color=GREY, linewidth=1.0, linestyle=(0, (1, 2)))
    for x, y in picture.split:
        axes.plot(x, y, color=BORDER, linewidth=1.6)
    for x, y, text in picture.names:
        axes.text(
            x,
            y,
            text,
            color=INK,
            fontsize=9.5,
            fontstyle="italic",
            ha="center",
            va="center",
            path_effects=HALO,
            linespacing=0.95,
        )
    axes.set_aspect("equal")
    axes.set_xlim(*picture.stages)
    axes.set_ylim(*picture.stages)
    axes.set_xlabel("stage at from, m")
    axes.set_ylabel("stage at to, m")
    axes.set_title("Regimes, and lines of m³/s", pad=8)


def draw(kind: str) -> Path:
    """Draw the picture of a kind, in few enough colours to be small."""
    picture = PICTURES[kind]
    law = law_of(kind, picture)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.2, 4.3), layout="constrained", width_ratios=(1.25, 1.0))
    draw_curves(left, picture, law)
    draw_map(right, picture, law)
    figure.suptitle(f"{kind}: {picture.title}", x=0.01, ha="left", fontsize=11, color=INK)
    figure.get_layout_engine().set(w_pad=0.08, wspace=0.04)
    path = IMAGES / f"{kind}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(64)
    small.save(path, optimize=True)
    return path


if __name__ == "__main__":
    plt.rcParams.update(rc() | {"axes.grid": False})  # a grid is for the curves, not for the map
    for wanted in sys.argv[1:] or PICTURES:
        made = draw(wanted)
        print(f"{made} ({made.stat().st_size / 1e3:.0f} kB)")
