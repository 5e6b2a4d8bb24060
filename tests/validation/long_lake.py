"""Long Lake, Wisconsin, as a scenario and a study: what both are made of, from the published record."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pyet

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "long_lake"

LATITUDE, ELEVATION = 44.12, 335.0
ALBEDO = 0.08
"""Of open water; pyet's own default is that of grass."""
LONG_RECORD = 440
"""Days from which a well counts."""
ICE_DAYS = 10
"""Evaporation stops while the mean air temperature over so many days is below 0."""

SCENARIO = """\
[scenario]
title = "Long Lake, Wisconsin"
start = {start}
end = {end}
output_step = "1 day"

[basin.long_lake]
curve = {{ file = "bathymetry.csv" }}
initial_stage = {stage}
collecting_area = {area}
rain = {{ file = "weather.csv", column = "rain", units = "mm" }}
evaporation = {{ file = "weather.csv", column = "evaporation", units = "mm" }}
groundwater = {{ stage = {{ file = "levels.csv", column = "wells" }}, conductance = 0.1 }}

[inflow.constant]
to = "long_lake"
discharge = 0.0
"""

STUDY = """\
[study]
title = "Long Lake: conductance and a constant inflow"
scenario = "long_lake.toml"
starts = 4
seed = 1

[parameter.conductance]
path = "basin.long_lake.groundwater.conductance"
lower = 0.01
upper = 0.50
units = "m2/s"

[parameter.inflow]
path = "inflow.constant.discharge"
lower = -10.0
upper = 10.0
units = "l/s"

[target.level]
variable = "stage"
of = "long_lake"
observed = { file = "levels.csv", column = "lake", units = "m" }
null = { file = "levels.csv", column = "wells", units = "m" }

[target.month_change]
variable = "stage"
of = "long_lake"
observed = { file = "levels.csv", column = "lake", units = "m" }
null = { file = "levels.csv", column = "wells", units = "m" }
transform = { change = "30 days" }
weight = 0

[periods]
calibration = [2018-08-07, 2019-05-15]
validation = [2019-05-15, 2019-10-25]
"""


def wells():
    """Mean of the wells with a long record, m, on the days on which all of them have data."""
    table = pd.read_csv(DATA / "gw_levels.csv", parse_dates=["date"])
    days = table.groupby("site_id").size()
    long = table[table.site_id.isin(days.index[days >= LONG_RECORD])]
    return long.pivot(index="date", columns="site_id", values="level_m").dropna().mean(axis=1)


def lake():
    """Level of the lake by day, m."""
    return pd.read_csv(DATA / "lake_levels.csv", parse_dates=["date"]).set_index("date").level_m


def weather():
    """Rain and open-water evaporation by day, mm: Penman (1948) as pyet has it, none on ice.

    An hour's sums are dated at its end.
    """
    hours = pd.read_csv(DATA / "weather.csv", parse_dates=["date"]).set_index("date")
    hours.index = hours.index - pd.Timedelta("1h")
    by_day = hours.resample("1D")
    air = by_day.atmp.mean()
    evaporation = pyet.penman(
        air,
        by_day.wind.mean(),
        rs=by_day.Rs.sum(),
        rh=by_day.RH.mean(),
        tmax=by_day.atmp.max(),
        tmin=by_day.atmp.min(),
        elevation=ELEVATION,
        lat=np.deg2rad(LATITUDE),
        albedo=ALBEDO,
    )
    frozen = air.rolling(ICE_DAYS, min_periods=1).mean() < 0.0
    return pd.DataFrame({"rain": by_day.P.sum(), "evaporation": evaporation.clip(lower=0.0).where(~frozen, 0.0)})


def write(folder):
    """Write the scenario, the study and their files into a folder; give the path of the study."""
    aquifer, stage, sky = wells(), lake(), weather()
    days = aquifer.index
    levels = pd.DataFrame({"lake": stage.reindex(days), "wells": aquifer})
    levels.to_csv(folder / "levels.csv", index_label="time")
    sky.reindex(days).to_csv(folder / "weather.csv", index_label="time")
    with (DATA / "bathymetry.csv").open() as file:
        rows = [(row["elev_m"], row["area_m2"]) for row in csv.DictReader(file)]
    (folder / "bathymetry.csv").write_text("stage,area\n" + "".join(f"{h},{a}\n" for h, a in rows), encoding="utf-8")
    curve = np.array(rows, dtype=float)
    calibration = levels.lake[:"2019-05-15"]
    area = float(np.interp(calibration.mean(), curve[:, 0], curve[:, 1]))
    text = SCENARIO.format(start=days[0].date(), end=days[-1].date(), stage=float(levels.lake.iloc[0]), area=area)
    (folder / "long_lake.toml").write_text(text, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder / "study.toml"
