"""Polder 1557 as a scenario, a study and a plain daily balance: what all are made of, from the published record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "polder"

UNPAVED, PAVED, WATER = 5.738e6, 3.635e6, 0.6186e6
"""Areas, m2: the rows of `opp.csv` that are not dummies, by kind; paved with mixed and with separate sewers."""
INTERCEPTION = 0.002
CAPACITY = 2 * 72_000.0 + 31_680.0
"""Of all pumps, m3/d."""
BAND, BELOW = 0.02, 0.04
"""Pumps start and stop so far about the target, and water is let in so far below it, m."""
WINTER, SUMMER = -5.50, -5.35
OPEN_WATER = (0.4, 0.93, 1.27, 1.3, 1.3, 1.31, 1.27, 1.19, 1.17, 0.9, 0.7, 0.0)
"""Evaporation of open water over that of grass (Makkink), January to December."""
PUMPS = ("Gemaal1|Debiet Pomp 2", "Gemaal2|Debiet Pomp 1", "Gemaal2|Debiet Pomp 2")
"""The fourth column of a pump is twice the second one here, or nothing."""
SPECIFIC_YIELD = 0.2
"""Of the soil; what drains and evaporates depends on its store alone, so no result does on this."""
WARM_UP, END = "2006-01-01", "2013-01-01"

SCENARIO = f"""\
[scenario]
title = "Polder 1557"
start = {WARM_UP}
end = {END}
output_step = "1 day"

[series.rain]
file = "polder.csv"
column = "rain"
units = "mm"

[series.makkink]
file = "polder.csv"
column = "makkink"
units = "mm"

[cover.grass]
crop_coefficient = {{ wet = 1.0, moist = 1.0 }}

[cover.street]
crop_coefficient = {{ wet = 1.0, moist = 1.0 }}

[wetland.unpaved]                   # the bed is where the drains lie: what is above them is the store's S > 0
curve  = {{ stage = [0.0], area = [{UNPAVED}] }}
rain   = "series.rain"
et0    = "series.makkink"
covers = {{ grass = 1.0 }}
soil   = {{ depth = 3.0, porosity = {SPECIFIC_YIELD}, field_capacity = 0.0, et_depth = 0.0, extinction_depth = 0.86, initial_water_table = 0.0 }}

[resistance.drains]                 # Q = (stage - bed) / R, R = drainage time / area
from = "unpaved"
to = "ditches"
resistance = 1.0
direction = "forward"

[wetland.paved]                     # 2 mm of water in a layer of 1 m: what more falls runs off
curve  = {{ stage = [0.0], area = [{PAVED}] }}
rain   = "series.rain"
et0    = "series.makkink"
covers = {{ street = 1.0 }}
soil   = {{ depth = 1.0, porosity = {INTERCEPTION}, field_capacity = 0.0, et_depth = 1.0, extinction_depth = 1.0, initial_water_table = -1.0 }}

[resistance.sewers]                 # within an hour or so
from = "paved"
to = "ditches"
resistance = "{3600.0 / PAVED!r} s/m2"
direction = "forward"

[basin.ditches]
curve         = {{ stage = [-6.5, -4.5], area = [{WATER}, {WATER}] }}
initial_stage = {WINTER}
rain          = "series.rain"
evaporation   = {{ file = "polder.csv", column = "open_water", units = "mm" }}

[inflow.constant]                   # seepage and what is let in unrecorded
to = "ditches"
discharge = 0.0

[pump.station]
from        = "ditches"
to          = "canal"
capacity    = "{CAPACITY} m3/day"
start_stage = {WINTER + BAND}
stop_stage  = {WINTER - BAND}

[schedule.start]
controls = "pump.station.start_stage"
value = {{ time = ["05-01", "10-01"], value = [{SUMMER + BAND}, {WINTER + BAND}], repeat = "year" }}

[schedule.stop]
controls = "pump.station.stop_stage"
value = {{ time = ["05-01", "10-01"], value = [{SUMMER - BAND}, {WINTER - BAND}], repeat = "year" }}

[boundary.supply]
stage = {{ time = ["05-01", "10-01"], value = [{SUMMER - BELOW}, {WINTER - BELOW}], repeat = "year", interpolation = "previous" }}

[resistance.inlet]
from = "supply"
to = "ditches"
resistance = "{3600.0 / WATER!r} s/m2"
direction = "forward"

[boundary.canal]
"""

STUDY = f"""\
[study]
title = "Polder 1557: what is pumped"
scenario = "polder.toml"
starts = 4
seed = 1
step = 0.1                          # pumps start and stop: a smaller step would differentiate that

[parameter.drainage_time]           # 1/k
path = {{ path = "resistance.drains.resistance", scale = {86400.0 / UNPAVED!r} }}
lower = 20.0
upper = 200.0

[parameter.dry_store]               # D: below S = -D nothing evaporates
path = {{ path = "wetland.unpaved.soil.extinction_depth", scale = {1.0 / SPECIFIC_YIELD} }}
lower = 0.05
upper = 0.50

[parameter.inflow]
path = "inflow.constant.discharge"
lower = 0.0
upper = 4000.0
units = "m3/day"

[target.month]
variable = "discharge"
of = "station"
observed = {{ file = "polder.csv", column = "pumped", units = "m3/day" }}
null = {{ file = "polder.csv", column = "net", units = "m3/day", slope = "fitted" }}
transform = {{ sum = "month" }}

[target.ten_days]
variable = "discharge"
of = "station"
observed = {{ file = "polder.csv", column = "pumped", units = "m3/day" }}
null = {{ file = "polder.csv", column = "net", units = "m3/day", slope = "fitted" }}
transform = {{ sum = "10 days" }}
weight = 0

[target.year]
variable = "discharge"
of = "station"
observed = {{ file = "polder.csv", column = "pumped", units = "m3/day" }}
null = {{ file = "polder.csv", column = "net", units = "m3/day" }}
transform = {{ sum = "year" }}
weight = 0.1                        # months fix when, years how much

[periods]
calibration = [2007-01-01, 2010-01-01]
validation = [2010-01-01, {END}]
"""


def record():
    """Rain, evaporation (mm) and what was pumped (m3), by day; a pump without a record is one that stood still."""
    table = pd.read_csv(DATA / "series.csv", sep=";", parse_dates=["datum"], index_col="datum")
    rain, makkink = table["Neerslag1|Neerslag"], table["Verdamping1|Verdamping"]
    days = pd.DataFrame({"rain": rain, "makkink": makkink})
    days["open_water"] = makkink * np.array(OPEN_WATER)[table.index.month - 1]
    days["pumped"] = table[list(PUMPS)].fillna(0.0).sum(axis=1)
    days["net"] = (UNPAVED + PAVED + WATER) * (rain - makkink) / 1000.0
    return days[WARM_UP:"2012-12-31"]


def write(folder):
    """Write the scenario, the study and their file into a folder; give the path of the study."""
    record().to_csv(folder / "polder.csv", index_label="time")
    (folder / "polder.toml").write_text(SCENARIO, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder / "study.toml"


def daily_balance(drainage_time, dry_store, inflow):
    """The same model as a plain explicit balance, a day at a time, without the package.

    Parameters
    ----------
    drainage_time : float, d
    dry_store : float, m
    inflow : float, m3/d

    Returns
    -------
    pandas.Series, m3/d
        What is pumped.
    """
    days = record()
    summer = pd.Series([(5, 1) <= (d.month, d.day) < (10, 1) for d in days.index], days.index)
    target = np.where(summer, SUMMER, WINTER)
    store, wet, level, runs = 0.0, 0.0, WINTER, False
    pumped = []
    millimetres = days[["rain", "makkink", "open_water"]].to_numpy() / 1000.0
    for (rain, makkink, open_water), aim in zip(millimetres, target, strict=True):
        drained = max(store, 0.0) / drainage_time
        store += rain - makkink * min(1.0, max(0.0, 1.0 + store / dry_store)) - drained
        left = max(wet + rain - makkink, 0.0)
        wet = min(left, INTERCEPTION)
        level += (UNPAVED * drained + PAVED * (left - wet) + WATER * (rain - open_water) + inflow) / WATER
        runs = runs or level > aim + BAND
        volume = min(CAPACITY, (level - (aim - BAND)) * WATER) if runs else 0.0
        level -= volume / WATER
        runs = runs and level > aim - BAND + 1e-9
        level = max(level, aim - BELOW)
        pumped.append(volume)
    return pd.Series(pumped, days.index)
