"""Print the figures of README.md from the results of the two scenarios.

Run from the root of the repository::

    deltasim run scenarios/swan_lake/lekima.toml
    deltasim run scenarios/swan_lake/without_basin.toml
    python scenarios/swan_lake/figures.py lekima.nc without_basin.nc
"""

import sys
from dataclasses import dataclass

import numpy as np
import xarray as xr

import deltasim

CITY, INTAKE, MOUTH = "guangli_005", "guangli_008", "guangli_024"  # the cells at 4 km, at 7 km and at the sea
PUMPS = ("city_first", "city_second")
NO_PUMPING = 3.50  # m, stage of the river at the city above which the pumps must stop
LIMIT_STAGE = 0.80  # m, of the basin in the flood season
HM3, HOUR, MWH = 1e6, np.timedelta64(1, "h"), 3.6e9
CLOCK = np.timedelta64(8, "h")  # the scenario runs at +08:00, the file keeps UTC


@dataclass(frozen=True)
class Row:
    """A line of the table: numbers to be shown with so many decimals, or times; None where there is no basin."""

    name: str
    with_basin: float | np.datetime64
    without: float | np.datetime64 | None
    decimals: int = 0

    def cells(self) -> tuple[str, str, str]:
        """Text of the three cells."""
        return self.name, *(shown(value, self.decimals) for value in (self.with_basin, self.without))


def shown(value: float | np.datetime64 | None, decimals: int) -> str:
    """Write a number or, on the clock of the place, a time to the minute."""
    if value is None:
        return "–"
    if isinstance(value, np.datetime64):
        local = (value + CLOCK).astype("datetime64[s]").item()
        return f"{local.day} August {local:%H:%M}"
    return f"{value:.{decimals}f}"


def highest(result: xr.Dataset, node: str) -> float:
    """Highest stage, m."""
    return float(result.max_stage.sel(node=node))


def largest(result: xr.Dataset, link: str) -> float:
    """Largest discharge, m3/s."""
    return float(result.max_discharge.sel(link=link))


def volume(discharge: xr.DataArray) -> float:
    """Volume, hm3, of a discharge in means over the output step."""
    step = (discharge.time[1] - discharge.time[0]) / np.timedelta64(1, "s")
    return float(discharge.sum() * step) / HM3


def hours_above(result: xr.Dataset, node: str, level: float) -> float:
    """Hours during which a stage stood above a level, from one output time to the next."""
    hours = (result.time[1] - result.time[0]) / HOUR
    return float((result.stage.sel(node=node) > level).sum() * hours)


def set_to(result: xr.Dataset, path: str) -> tuple[np.ndarray, np.ndarray]:
    """Times at which something was set, and to what."""
    mine = result.event_target.to_numpy() == path
    return result.event_time.to_numpy()[mine], result.event_value.to_numpy()[mine]


def hours_open(result: xr.Dataset, gate: str) -> float:
    """Hours from the orders to open a gate to those to shut it."""
    time, opening = set_to(result, f"gate.{gate}.opening")
    until = np.append(time[1:], result.time.to_numpy()[-1])
    return float(((until - time)[opening > 0.0] / HOUR).sum())


def orders_to_open(result: xr.Dataset, gate: str) -> int:
    """How often a gate was told to open."""
    _, opening = set_to(result, f"gate.{gate}.opening")
    return int((opening > 0.0).sum())


def starts(result: xr.Dataset) -> int:
    """How often a set of pumps started."""
    return sum(int((set_to(result, f"pump.{pump}.running")[1] == 1.0).sum()) for pump in PUMPS)


def energy(result: xr.Dataset) -> float:
    """Energy the pumps used, MWh."""
    return float(result.energy.sel(link=list(PUMPS)).sum()) / MWH


def empty_again(result: xr.Dataset) -> np.datetime64:
    """First output time after the peak at which the basin is within a centimetre of its limit stage."""
    stage = result.stage.sel(node="swan_lake").to_numpy()
    time = result.time.to_numpy()
    after = (time > result.time_of_max_stage.sel(node="swan_lake").to_numpy()) & (stage < LIMIT_STAGE + 0.01)
    return time[np.argmax(after)]


def table(lake: xr.Dataset, none: xr.Dataset) -> list[Row]:
    """Make the lines of the table of README.md from the results with and without the basin."""
    to_sea = f"{MOUTH}_laizhou_bay"
    basin = "swan_lake"
    return [
        Row("river at the intake, highest stage, m", highest(lake, INTAKE), highest(none, INTAKE), 2),
        Row(
            "that was on",
            lake.time_of_max_stage.sel(node=INTAKE).to_numpy()[()],
            none.time_of_max_stage.sel(node=INTAKE).to_numpy()[()],
        ),
        Row("river at the city, highest stage, m", highest(lake, CITY), highest(none, CITY), 2),
        Row("river at the city above 3.50 m, hours", *(hours_above(run, CITY, NO_PUMPING) for run in (lake, none)), 0),
        Row("largest discharge past the intake, m3/s", *(largest(run, "guangli_008_009") for run in (lake, none)), 0),
        Row("largest discharge to the sea, m3/s", largest(lake, to_sea), largest(none, to_sea), 0),
        Row("city, highest stage (streets at 2.00), m", highest(lake, "city"), highest(none, "city"), 2),
        Row("city, hours with water in the streets", *(hours_above(run, "city", 2.0) for run in (lake, none)), 0),
        Row("pump starts, both sets", starts(lake), starts(none)),
        Row("pumped, hm3", *(volume(run.discharge.sel(link=list(PUMPS))) for run in (lake, none)), 2),
        Row("energy of the pumps, MWh", energy(lake), energy(none), 2),
        Row("basin, largest storage (of 40), hm3", float(lake.storage.sel(node=basin).max()) / HM3, None, 1),
        Row("basin, highest stage, m", highest(lake, basin), None, 2),
        Row("that was on", lake.time_of_max_stage.sel(node=basin).to_numpy()[()], None),
        Row("intake open, hours", hours_open(lake, "intake"), None, 1),
        Row("through the intake, hm3", volume(lake.discharge.sel(link="intake")), None, 1),
        Row("rain on the basin, hm3", volume(lake.rain.sel(node=basin)), None, 2),
        Row("release told to open, times", orders_to_open(lake, "release"), None),
        Row("through the release, hm3", volume(lake.discharge.sel(link="release")), None, 1),
        Row("basin back at its limit stage on", empty_again(lake), None),
    ]


def markdown(rows: list[Row]) -> str:
    """Write the table as it stands in README.md."""
    lines = ["| | with the basin | without |", "|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(row.cells()) + " |" for row in rows])


if __name__ == "__main__":
    sys.stdout.write(markdown(table(*(deltasim.open(path) for path in sys.argv[1:3]))) + "\n")
