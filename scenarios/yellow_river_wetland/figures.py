"""Draw the pictures of the README: runs the three configurations, compares them, and draws what differs.

Run from the root of the repository; it needs the extra ``plot``::

    python scenarios/yellow_river_wetland/figures.py             # into docs/images/yellow_river_wetland
    python scenarios/yellow_river_wetland/figures.py elsewhere   # into another folder
"""

import sys
from pathlib import Path

import matplotlib.dates as mdates
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import deltasim
from deltasim import plots
from deltasim.plots.style import BLUE, DASHED, GREEN, GREY, ORANGE, SKY, VERMILION, headline, new_figure, styled
from deltasim.studies import compare

FOLDER = Path(__file__).parent
IMAGES = FOLDER.parents[1] / "docs" / "images" / "yellow_river_wetland"
CONFIGURATIONS = ("base", "july_pulse", "split_pulse")
CLOCK = np.timedelta64(8, "h")  # the scenario runs at +08:00, the file keeps UTC

LINES = {"base": (GREY, DASHED), "july_pulse": (VERMILION, "solid"), "split_pulse": (BLUE, "solid")}
STORK = (("03-01", "06-01", 0.0, 0.057), ("06-01", "09-01", 0.05, 0.298), ("09-01", "12-01", 0.033, 0.275))
"""Oriental stork in reed: season, and depths that suit it, m (doi:10.1016/j.proenv.2012.01.175)."""
CRANE = ("03-01", "07-01", 0.20, 0.40)
MEAN_BED = 1.85
"""Mean level of the ground of the marsh, m: the top level less volume over area of the top row, 2.60 - 10.5 / 14."""
HEATMAP = ("wet_days", "salinity", "stork_spring", "stork_summer", "crane", "waders")


def band(axes: Axes, span: tuple[str, str, float, float], colour: str, label: str) -> None:
    """Shade the depths that suit a species, in its season."""
    start, end, low, high = span
    days = [np.datetime64(f"2020-{day}") for day in (start, end)]
    axes.fill_between(days, low, high, color=colour, alpha=0.28, linewidth=0, label=label)


def curves(axes: Axes, runs: dict[str, xr.Dataset], node: str, variable: str, less: float = 0.0) -> None:
    """Draw daily means of a variable of a zone, a line for each configuration."""
    for name, run in runs.items():
        series = run[variable].sel(node=node).assign_coords(time=run.time + CLOCK).isel(time=slice(0, -1))
        series = series.resample(time="1D").mean() - less
        colour, dashes = LINES[name]
        axes.plot(series.time, series, color=colour, linestyle=dashes, label=name)


@styled
def depths(runs: dict[str, xr.Dataset]) -> Figure:
    """Depth of the marsh over its mean ground with what stork and crane want; salinity of lake and flat below."""
    figure = new_figure((9.2, 8.6))
    marsh, flat, salt = figure.subplots(3, 1, sharex=True, height_ratios=[2.2, 1.3, 1.3])
    for i, span in enumerate(STORK):
        band(marsh, span, GREEN, "" if i else "stork, by season")
    band(marsh, CRANE, ORANGE, "crane, nests")
    curves(marsh, runs, "reed_marsh", "stage", MEAN_BED)
    marsh.axhline(0.0, color=GREY, linewidth=0.8)
    marsh.set_ylabel("m above mean ground")
    marsh.set_title("Reed marsh: water above, water table below the mean ground")
    curves(flat, runs, "suaeda_flat", "stage")
    ground = flat.axhspan(0.8, 1.5, color=SKY, alpha=0.25, linewidth=0)
    ground.set_label("ground of the flat")
    flat.set_ylabel("m above datum")
    flat.set_title("Suaeda flat: water level, daily means")
    curves(salt, runs, "open_lake", "salinity")
    salt.set_ylim(bottom=0.0)
    salt.set_ylabel("kg/m³")
    salt.set_title("Open lake: salinity")
    for axes in (marsh, flat):
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    salt.set_xlim(np.datetime64("2020-01-01"), np.datetime64("2021-01-01"))
    salt.xaxis.set_major_locator(mdates.MonthLocator(bymonth=range(1, 13, 2)))
    salt.xaxis.set_major_formatter(mdates.DateFormatter("%b"))
    salt.set_xlabel("2020, clock of the place (UTC+8)")
    headline(figure, "Water in the marsh, on the flat and in the lake")
    return figure


def main(folder: Path) -> None:
    """Write the three pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    runs = {name: deltasim.run(deltasim.load(FOLDER / f"{name}.toml")) for name in CONFIGURATIONS}
    table = compare(runs, indicators=FOLDER / "indicators.toml")
    pictures = {
        "depths": depths(runs),
        "heatmap": plots.heatmap(table, metrics=HEATMAP),
        "tradeoff": plots.tradeoff(
            table, "fresh_water_used@replenishment", "stork_summer@reed_marsh", page=(8.27, 4.6)
        ),
    }
    for name, figure in pictures.items():
        sys.stdout.write(f"{plots.save(figure, folder / f'{name}.png', dpi=110)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
