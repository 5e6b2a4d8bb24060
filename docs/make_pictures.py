"""Draw the pictures of the documentation from a result file.

Run from the root of the repository::

    deltasim run scenarios/swan_lake/lekima.toml
    python docs/make_pictures.py lekima.nc

It writes ``docs/images/swan_lake.png`` and needs the extra ``plot``.
"""

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib import patheffects
from matplotlib.axes import Axes

import deltasim

IMAGES = Path(__file__).parent / "images"

# Okabe and Ito's palette: told apart with every common colour blindness, and by lightness in print.
BLUE, SKY, VERMILION, GREEN, GREY = "#0072B2", "#56B4E9", "#D55E00", "#009E73", "#5F6B73"
CAPACITY_HM3 = 40.0
COLLECTING_AREA = 32e6  # m2
CREST_LEVEL = 1.80  # m
CLOCK = np.timedelta64(8, "h")  # the scenario runs at +08:00, the file keeps UTC


def style() -> None:
    """Quiet axes, legible text."""
    plt.rcParams.update(
        {
            "font.size": 10.5,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": GREY,
            "axes.grid": True,
            "grid.color": "#E3E7EA",
            "grid.linewidth": 0.8,
            "axes.axisbelow": True,
            "xtick.color": GREY,
            "ytick.color": GREY,
            "axes.titlelocation": "left",
            "axes.titlesize": 10.5,
            "axes.titleweight": "bold",
        }
    )


def label(axes: Axes, text: str, at: str, y: float, colour: str, **more: object) -> None:
    """Name a curve beside it, in its colour, on a halo that keeps other curves off."""
    halo = [patheffects.withStroke(linewidth=3.5, foreground="white")]
    axes.text(np.datetime64(at), y, text, color=colour, path_effects=halo, **more)  # type: ignore[arg-type]


def draw_rain(axes: Axes, time: np.ndarray, result: xr.Dataset) -> None:
    """Rain on the basin, hanging from the top as rain does."""
    rate = result.rain.sel(node="swan_lake").to_numpy() / COLLECTING_AREA * 3.6e6
    axes.fill_between(time, rate, step="pre", color=SKY, linewidth=0)
    axes.invert_yaxis()
    axes.set_ylabel("mm/h")
    axes.set_title("Rain: 310.8 mm in 52 hours (shape assumed)", pad=8)


def draw_discharge(axes: Axes, time: np.ndarray, result: xr.Dataset) -> None:
    """The flood, and where the intake parts it."""

    def of(link: str) -> np.ndarray:
        return result.discharge.sel(link=link).to_numpy()

    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.fill_between(time, of("intake"), color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(time, of("guangli_flood"), color=GREY, linewidth=2.4, label="flood arriving (assumed)")
    axes.plot(time, of("intake"), color=BLUE, linewidth=2, label="over the side weir into the basin")
    axes.plot(time, of("guangli_to_mouth"), color=VERMILION, linewidth=1.3, label="past the intake, on to the sea")
    axes.plot(time, of("release"), color=GREEN, linewidth=2, label="out of the basin through the gates")
    axes.legend(loc="upper right", frameon=False, labelcolor="linecolor", borderaxespad=0)
    axes.set_ylabel("m³/s")
    axes.set_title("Discharge", pad=8)


def draw_stage(axes: Axes, time: np.ndarray, result: xr.Dataset) -> None:
    """Levels of the river, the basin and the sea."""

    def of(node: str) -> np.ndarray:
        return result.stage.sel(node=node).to_numpy()

    axes.plot(time, of("laizhou_bay"), color=SKY, linewidth=1.0)
    axes.plot(time, of("guangli"), color=VERMILION, linewidth=1.6)
    axes.plot(time, of("swan_lake"), color=BLUE, linewidth=2.2)
    axes.axhline(CREST_LEVEL, color=GREY, linewidth=1, linestyle=(0, (5, 3)))
    label(axes, "crest of the side weir", "2019-08-17T14:00", CREST_LEVEL + 0.08, GREY)
    label(axes, "Swan Lake", "2019-08-12T13:00", 1.4, BLUE)
    label(axes, "Guangli River at the intake", "2019-08-13T14:00", 2.62, VERMILION)
    label(axes, "Laizhou Bay", "2019-08-12T04:00", -0.35, SKY)
    axes.set_ylabel("m above datum")
    axes.set_title("Stage", pad=8)


def draw_storage(axes: Axes, time: np.ndarray, result: xr.Dataset) -> None:
    """How full the basin is."""
    storage = result.storage.sel(node="swan_lake").to_numpy() / 1e6
    axes.fill_between(time, storage, color=BLUE, alpha=0.25, linewidth=0)
    axes.plot(time, storage, color=BLUE, linewidth=2.2)
    axes.axhline(CAPACITY_HM3, color=GREY, linewidth=1.2, linestyle=(0, (5, 3)))
    label(axes, "40 million m³: the top of the basin", "2019-08-15T16:00", CAPACITY_HM3 - 3.6, GREY)
    highest = int(storage.argmax())
    axes.plot(time[highest], storage[highest], "o", color=BLUE)
    axes.annotate(
        f"{storage[highest]:.1f} million m³",
        (time[highest], storage[highest]),
        (8, 4),
        textcoords="offset points",
        color=BLUE,
    )
    axes.set_ylim(0, 44)
    axes.set_ylabel("million m³")
    axes.set_title("Water in the basin", pad=8)


def swan_lake(result: xr.Dataset) -> Path:
    """Draw the picture of the README."""
    style()
    figure, rows = plt.subplots(
        4, 1, figsize=(9.2, 10.4), sharex=True, layout="constrained", height_ratios=(1.0, 2.3, 2.3, 2.0)
    )
    time = result.time.to_numpy() + CLOCK
    for axes, draw in zip(rows, (draw_rain, draw_discharge, draw_stage, draw_storage), strict=True):
        draw(axes, time, result)
        axes.set_xlim(time[0], time[-1])
    rows[-1].xaxis.set_major_locator(mdates.DayLocator())
    rows[-1].xaxis.set_major_formatter(mdates.DateFormatter("%-d Aug"))
    rows[-1].set_xlabel("2019, clock of the place (UTC+8)")
    figure.get_layout_engine().set(h_pad=0.06, hspace=0.03)
    path = IMAGES / "swan_lake.png"
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=150, metadata={"Software": None})
    plt.close(figure)
    return path


if __name__ == "__main__":
    print(swan_lake(deltasim.open(sys.argv[1] if len(sys.argv) > 1 else "lekima.nc")))
