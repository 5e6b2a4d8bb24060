"""Draw the pictures of the documentation from result files.

Run from the root of the repository::

    deltasim run scenarios/swan_lake/lekima.toml
    deltasim run scenarios/swan_lake/without_basin.toml
    python docs/make_pictures.py lekima.nc without_basin.nc

It writes ``docs/images/swan_lake.png`` and ``docs/images/plots/*.png``, and needs the extra ``plot``.
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
from deltasim import plots
from deltasim.plots.style import BLUE, DASHED, GREEN, GREY, SKY, VERMILION, rc

IMAGES = Path(__file__).parent / "images"

CAPACITY_HM3 = 40.0
COLLECTING_AREA = 32e6  # m2
WARNING_STAGE = 2.80  # m, at which the intake opens
INTAKE = "guangli_008"  # the river's cell there
CLOCK = np.timedelta64(8, "h")  # the scenario runs at +08:00, the file keeps UTC


def label(axes: Axes, text: str, at: str, y: float, colour: str, **more: object) -> None:
    """Name a curve beside it, in its colour, on a halo that keeps other curves off."""
    halo = [patheffects.withStroke(linewidth=3.5, foreground="white")]
    axes.text(np.datetime64(at), y, text, color=colour, path_effects=halo, **more)  # type: ignore[arg-type]


def draw_rain(axes: Axes, time: np.ndarray, lake: xr.Dataset, none: xr.Dataset) -> None:
    """Rain on the basin, hanging from the top as rain does."""
    del none
    rate = lake.rain.sel(node="swan_lake").to_numpy() / COLLECTING_AREA * 3.6e6
    axes.fill_between(time, rate, step="pre", color=SKY, linewidth=0)
    axes.invert_yaxis()
    axes.set_ylabel("mm/h")
    axes.set_title("Rain: 310.8 mm in 52 hours (shape assumed)", pad=8)


def draw_stage(axes: Axes, time: np.ndarray, lake: xr.Dataset, none: xr.Dataset) -> None:
    """Levels of the river with and without the basin, of the basin and of the sea."""
    river, alone = (run.stage.sel(node=INTAKE).to_numpy() for run in (lake, none))
    axes.fill_between(time, river, alone, where=alone > river, color=VERMILION, alpha=0.15, linewidth=0)
    axes.plot(time, lake.stage.sel(node="laizhou_bay"), color=SKY, linewidth=1.0)
    axes.plot(time, alone, color=GREY, linewidth=1.6)
    axes.plot(time, river, color=VERMILION, linewidth=1.8)
    axes.plot(time, lake.stage.sel(node="swan_lake"), color=BLUE, linewidth=2.2)
    axes.axhline(WARNING_STAGE, color=GREY, linewidth=1, linestyle=DASHED)
    label(axes, "the intake opens", "2019-08-09T03:00", WARNING_STAGE + 0.1, GREY)
    label(axes, f"river without the basin: {alone.max():.2f} m", "2019-08-13T10:00", 3.66, GREY)
    label(axes, f"with it: {float(lake.max_stage.sel(node=INTAKE)):.2f} m", "2019-08-14T10:00", 2.46, VERMILION)
    label(axes, "Swan Lake", "2019-08-16T04:00", 1.85, BLUE)
    label(axes, "Laizhou Bay", "2019-08-12T06:00", -0.35, SKY)
    axes.set_ylabel("m above datum")
    axes.set_title("Stage of the Guangli River at the intake", pad=8)


def draw_discharge(axes: Axes, time: np.ndarray, lake: xr.Dataset, none: xr.Dataset) -> None:
    """What passes the intake with and without the basin, what goes in and what comes out."""

    def of(link: str) -> np.ndarray:
        return lake.discharge.sel(link=link).to_numpy()

    past = f"{INTAKE}_009"
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.fill_between(time, of("intake"), color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(
        time, none.discharge.sel(link=past), color=GREY, linewidth=1.6, label="past the intake, without the basin"
    )
    axes.plot(time, of(past), color=VERMILION, linewidth=1.6, label="past the intake, with it")
    axes.plot(time, of("intake"), color=BLUE, linewidth=2, label="through the intake into the basin")
    axes.plot(time, of("release"), color=GREEN, linewidth=1.6, label="released into the tidal river")
    axes.legend(loc="upper right", frameon=False, labelcolor="linecolor", borderaxespad=0)
    axes.set_ylabel("m³/s")
    axes.set_title("Discharge", pad=8)


def draw_storage(axes: Axes, time: np.ndarray, lake: xr.Dataset, none: xr.Dataset) -> None:
    """How full the basin is."""
    del none
    storage = lake.storage.sel(node="swan_lake").to_numpy() / 1e6
    axes.fill_between(time, storage, color=BLUE, alpha=0.25, linewidth=0)
    axes.plot(time, storage, color=BLUE, linewidth=2.2)
    axes.axhline(CAPACITY_HM3, color=GREY, linewidth=1.2, linestyle=DASHED)
    label(axes, "40 million m³: the top of the basin", "2019-08-16T06:00", CAPACITY_HM3 - 5.0, GREY)
    highest = int(storage.argmax())
    axes.plot(time[highest], storage[highest], "o", color=BLUE)
    words = f"{storage[highest]:.1f} million m³"
    axes.annotate(words, (time[highest], storage[highest]), (9, -1), textcoords="offset points", color=BLUE)
    axes.set_ylim(0, 44)
    axes.set_ylabel("million m³")
    axes.set_title("Water in the basin", pad=8)


def draw_gates(axes: Axes, time: np.ndarray, lake: xr.Dataset, none: xr.Dataset) -> None:
    """How far the gates stand open."""
    del none
    for gate, colour in (("intake", BLUE), ("release", GREEN)):
        opening = lake.opening.sel(link=gate).to_numpy()
        axes.fill_between(time, opening, color=colour, alpha=0.3, linewidth=0)
        axes.plot(time, opening, color=colour, linewidth=1.3)
    label(axes, "intake", "2019-08-12T19:00", 0.40, BLUE, ha="center")
    label(axes, "release: down to the limit stage, on the ebb", "2019-08-16T03:00", 0.40, GREEN, ha="center")
    axes.set_ylim(0, 1.1)
    axes.set_ylabel("m")
    axes.set_title("Opening of the gates", pad=8)


def swan_lake(lake: xr.Dataset, none: xr.Dataset) -> Path:
    """Draw the picture of the README from the runs with and without the basin."""
    plt.rcParams.update(rc())
    draws = {draw_rain: 0.9, draw_stage: 2.6, draw_discharge: 2.2, draw_storage: 1.5, draw_gates: 1.0}
    figure, rows = plt.subplots(
        len(draws), 1, figsize=(9.2, 11.2), sharex=True, layout="constrained", height_ratios=list(draws.values())
    )
    time = lake.time.to_numpy() + CLOCK
    for axes, draw in zip(rows, draws, strict=True):
        draw(axes, time, lake, none)
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


def of_the_guide(lake: xr.Dataset) -> list[Path]:
    """Draw the pictures of docs/plotting.md."""
    folder = IMAGES / "plots"
    folder.mkdir(parents=True, exist_ok=True)
    bands = {"waders": (0.05, 0.25), "reed": (0.3, 1.5)}
    figures = {
        "hydrograph": plots.hydrograph(lake, nodes=["swan_lake"], links=["intake", "release"], page=(8.27, 4.8)),
        "bands": plots.hydrograph(lake, nodes=["swan_lake"], variables=["depth"], bands=bands, page=(8.27, 2.9)),
        "budget": plots.budget(lake, nodes=["swan_lake"]),
    }
    return [plots.save(figure, folder / f"{name}.png", dpi=110) for name, figure in figures.items()]


if __name__ == "__main__":
    with_and_without = [deltasim.open(path) for path in sys.argv[1:] or ["lekima.nc", "without_basin.nc"]]
    print(swan_lake(*with_and_without), *of_the_guide(with_and_without[0]), sep="\n")
