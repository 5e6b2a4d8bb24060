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

START = datetime.fromisoformat("2019-08-09T00:00+08:00")
HOURS = 264

# Rain: the depth and the window are reported, the shape is not.
RAIN_TENTHS_OF_MM = 3108
RAIN_FIRST_HOUR = 32  # 10 August 08:00
RAIN_HOURS = 52

# The Guangli River. Area from an encyclopedia; runoff coefficient, response and base flow assumed.
CATCHMENT_KM2 = 515.0
RUNOFF_COEFFICIENT = 0.40
RESERVOIRS = 3
RESERVOIR_HOURS = 14.0
BASE_FLOW = 8.0  # m3/s

# The tide: constituent, amplitude in m, Greenwich phase lag in degrees. N2, K2, P1 and Q1 stand to M2, S2, K1 and
# O1 as in the equilibrium tide; S2 is 32 degrees behind M2, so springs come 31 hours after full and new moon.
TIDE = (
    ("M2", "0.56", "60"),
    ("S2", "0.18", "92"),
    ("N2", "0.11", "45"),
    ("K2", "0.05", "92"),
    ("K1", "0.26", "175"),
    ("O1", "0.19", "145"),
    ("P1", "0.09", "172"),
    ("Q1", "0.04", "130"),
)

# The basin: stage in m, area in km2. Trapezoids between rows hold 40 hm3.
CURVE = (
    ("-0.65", "0.36"),
    ("0.6", "1"),
    ("0.8", "10"),
    ("1.0", "20"),
    ("1.4", "25"),
    ("1.8", "29"),
    ("2.3", "32"),
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

    write(folder / "tide.csv", "constituent,amplitude,phase", list(TIDE))
    write(folder / "swan_lake_curve.csv", "stage,area,storage", curve_table())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
