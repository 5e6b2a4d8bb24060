"""Write the forcing and the tables of the Swan Lake case.

Everything this script writes is an assumption, except the depth of rain (310.8 mm), its 52 hours and the
volume (40 hm3) and area (32 km2) of the basin: README.md beside it says which is which. The files it writes
are part of the repository; run it again only to change an assumption::

    python scenarios/swan_lake/make_forcing.py            # rewrites the CSV files in this folder
    python scenarios/swan_lake/make_forcing.py elsewhere  # or writes them into another folder

It needs numpy only.
"""

import sys
from datetime import datetime, timedelta
from decimal import Decimal
from math import factorial
from pathlib import Path

import numpy as np

START = datetime.fromisoformat("2019-08-10T00:00+08:00")
HOURS = 240

# Rain: the depth and the window are reported, the shape is not.
RAIN_TENTHS_OF_MM = 3108
RAIN_FIRST_HOUR = 8
RAIN_HOURS = 52

# The Guangli River. Area from an encyclopedia; runoff coefficient, response and base flow assumed.
CATCHMENT_KM2 = 515.0
RUNOFF_COEFFICIENT = 0.35
RESERVOIRS = 3
RESERVOIR_HOURS = 14.0
BASE_FLOW = 8.0  # m3/s

# The sea: constituent, speed in degrees an hour, amplitude in m, phase in degrees at TIDE_ORIGIN. The speeds
# are astronomy; amplitudes and phases are assumed.
TIDE = (
    ("M2", 28.9841042, 0.560, 0.0),
    ("S2", 30.0000000, 0.180, 0.0),
    ("N2", 28.4397295, 0.110, 30.0),
    ("K1", 15.0410686, 0.260, 60.0),
    ("O1", 13.9430356, 0.190, 60.0),
)
TIDE_ORIGIN = 147.0  # hours after START: M2 and S2 agree, springs, 1.3 days after the full moon of 15 August
MEAN_SEA_LEVEL = 0.35  # m
SURGE_DAYS = (0.0, 0.75, 1.75, 2.25, 3.25, 4.5, 10.0)  # after START
SURGE_METRES = (0.0, 0.30, 1.40, 1.20, 0.35, 0.05, 0.0)

# The river reaches in flood, for the tables that stand in for a reach: a trapezoid and Manning's law.
BOTTOM_WIDTH = 40.0  # m
SIDE_SLOPE = 2.5
FLOOD_DEPTH = 3.5  # m
MANNING_N = 0.030
REACH_LENGTHS = {"guangli_to_mouth.csv": 9000.0, "mouth_to_bay.csv": 6000.0}  # m, centre to centre

# The basin: stage in m, area in km2. Trapezoids between rows hold 40 hm3.
CURVE = (
    ("-0.45", "0.36"),
    ("0.8", "1"),
    ("1.0", "10"),
    ("1.2", "20"),
    ("1.6", "25"),
    ("2.0", "29"),
    ("2.5", "32"),
)


def hyetograph() -> np.ndarray:
    """Hourly rain in tenths of a millimetre: a first band on 10 August, the core on 11 August.

    Rounded by largest remainder, so that the sum is exact.
    """
    hour = np.arange(RAIN_HOURS) + 0.5
    weight = 0.25 + np.exp(-(((hour - 31.0) / 9.0) ** 2)) + 0.45 * np.exp(-(((hour - 14.0) / 5.0) ** 2))
    exact = RAIN_TENTHS_OF_MM * weight / weight.sum()
    tenths = np.floor(exact).astype(int)
    largest = np.argsort(tenths - exact, kind="stable")[: RAIN_TENTHS_OF_MM - tenths.sum()]
    tenths[largest] += 1
    rain = np.zeros(HOURS, dtype=int)
    rain[RAIN_FIRST_HOUR : RAIN_FIRST_HOUR + RAIN_HOURS] = tenths
    return rain


def river_flood(rain: np.ndarray) -> np.ndarray:
    """Discharge in m3/s at every hour: base flow, and runoff through a cascade of reservoirs (Nash 1957)."""
    age = np.arange(HOURS) + 0.5
    response = age ** (RESERVOIRS - 1) * np.exp(-age / RESERVOIR_HOURS)
    response /= RESERVOIR_HOURS**RESERVOIRS * factorial(RESERVOIRS - 1)
    runoff = rain * 1e-4 * RUNOFF_COEFFICIENT * CATCHMENT_KM2 * 1e6 / 3600.0
    flood = np.convolve(runoff, response)[:HOURS]
    return BASE_FLOW + np.concatenate(([0.0], flood))


def tide(hour: np.ndarray) -> np.ndarray:
    """Astronomical tide in m above mean sea level."""
    level = np.zeros_like(hour)
    for _, speed, amplitude, phase in TIDE:
        level += amplitude * np.cos(np.radians(speed * (hour - TIDE_ORIGIN) - phase))
    return level


def reach_table(length: float) -> list[tuple[str, str]]:
    """Difference of stage (m) and discharge (m3/s) of a reach at its depth in flood, after Manning."""
    area = FLOOD_DEPTH * (BOTTOM_WIDTH + SIDE_SLOPE * FLOOD_DEPTH)
    perimeter = BOTTOM_WIDTH + 2.0 * FLOOD_DEPTH * (1.0 + SIDE_SLOPE**2) ** 0.5
    conveyance = area * (area / perimeter) ** (2.0 / 3.0) / MANNING_N
    fall = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
    return [(f"{x:g}", f"{conveyance * (x / length) ** 0.5:.2f}") for x in fall]


def curve_table() -> list[tuple[str, str, str]]:
    """Stage (m), area (km2) and storage (hm3) of the basin, exact decimals."""
    stage = [Decimal(row[0]) for row in CURVE]
    area = [Decimal(row[1]) for row in CURVE]
    storage = [Decimal(0)]
    for i in range(1, len(CURVE)):
        storage.append(storage[-1] + (area[i] + area[i - 1]) * (stage[i] - stage[i - 1]) / 2)
    return [(*row, f"{volume:.2f}") for row, volume in zip(CURVE, storage, strict=True)]


def clock(minutes: int) -> str:
    """ISO 8601 time of so many minutes after the start."""
    return (START + timedelta(minutes=minutes)).isoformat(timespec="minutes")


def write(path: Path, header: str, rows: list[tuple[str, ...]]) -> None:
    """One CSV file with Unix line ends."""
    text = "\n".join([header, *(",".join(row) for row in rows)]) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def main(folder: Path) -> None:
    """Write all files into `folder`."""
    rain = hyetograph()
    write(folder / "rain.csv", "time,rain", [(clock(60 * h), f"{rain[h] / 10:.1f}") for h in range(HOURS)])

    flood = [(clock(60 * h), f"{q:.1f}") for h, q in enumerate(river_flood(rain))]
    write(folder / "river.csv", "time,discharge", flood)

    hour = np.arange(4 * HOURS + 1) / 4.0
    astronomical = tide(hour)
    surge = np.interp(hour / 24.0, SURGE_DAYS, SURGE_METRES)
    stage = MEAN_SEA_LEVEL + astronomical + surge
    columns = zip(astronomical, surge, stage, strict=True)
    sea = [(clock(15 * i), *(f"{level:.3f}" for level in row)) for i, row in enumerate(columns)]
    write(folder / "sea.csv", "time,tide,surge,stage", sea)

    for name, length in REACH_LENGTHS.items():
        write(folder / name, "stage,discharge", reach_table(length))
    write(folder / "swan_lake_curve.csv", "stage,area,storage", curve_table())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
