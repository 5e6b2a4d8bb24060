"""Write the forcing of the Yellow River wetland: a year of daily rain and ET0, and the constants of the tide.

Published are the depth of rain in a year (555 mm), its part that falls from June to September (75 %) and the range
of the monthly mean sea level (0.59 m, highest in August). Everything else that this script writes is assumed:
README.md beside it says what and why. The files it writes are part of the repository; run it again only to
change an assumption::

    python scenarios/yellow_river_wetland/make_forcing.py            # rewrites the CSV files in this folder
    python scenarios/yellow_river_wetland/make_forcing.py elsewhere  # or writes them into another folder

It needs numpy only.
"""

import sys
from calendar import monthrange
from datetime import date, timedelta
from pathlib import Path

import numpy as np

YEAR = 2020
OFFSET = "T00:00+08:00"

# Published: 555.0 mm in the year, 416.3 of them (75 %) from June to September. Assumed: each month's part, in 0.1 mm.
RAIN = (40, 78, 100, 220, 430, 770, 1600, 1303, 490, 300, 160, 59)
WET_DAYS = (2, 3, 3, 5, 6, 8, 12, 10, 7, 5, 4, 2)

# Assumed: 1100 mm in the year, so in the months, in mm; on a wet day 0.6 of what a dry day has.
ET0 = (28, 40, 80, 120, 158, 165, 145, 128, 100, 72, 38, 26)
ON_WET_DAYS = 0.6

# Constituent, amplitude in m, Greenwich phase lag in degrees: those assumed for Swan Lake (scenarios/swan_lake), with a
# yearly one, of which the range of 0.59 m is published, that is highest in the middle of August.
TIDE = (
    ("M2", "0.56", "60"),
    ("S2", "0.18", "92"),
    ("N2", "0.11", "45"),
    ("K2", "0.05", "92"),
    ("K1", "0.26", "175"),
    ("O1", "0.19", "145"),
    ("P1", "0.09", "172"),
    ("Q1", "0.04", "130"),
    ("SA", "0.295", "143"),
)


def rounded(exact: np.ndarray) -> np.ndarray:
    """Whole numbers with the same (whole) sum, by largest remainder."""
    whole = np.floor(exact).astype(int)
    missing = round(float(exact.sum())) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return whole


def rain_of(month: int) -> np.ndarray:
    """Daily rain of a month (days,), in 0.1 mm: a few heavy days among many light ones, spread by the golden ratio.

    The wet days are those on which multiples of the golden ratio fall; the depths are in the proportion of an
    exponential distribution's quantiles, in an order that the same ratio gives.
    """
    days, wet = monthrange(YEAR, month)[1], WET_DAYS[month - 1]
    golden = (5**0.5 - 1) / 2
    order = np.argsort((np.arange(days) * golden + 0.37 * month) % 1.0, kind="stable")
    chosen = np.sort(order[:wet])
    depth = -np.log((np.arange(wet) + 0.5) / wet)
    depth = depth[np.argsort((np.arange(wet) * golden + 0.13 * month) % 1.0, kind="stable")]
    rain = np.zeros(days, dtype=int)
    rain[chosen] = rounded(RAIN[month - 1] * depth / depth.sum())
    return rain


def et0_of(month: int, rain: np.ndarray) -> np.ndarray:
    """Daily ET0 of a month (days,), in 0.01 mm: linear between the middles of the months, less on wet days."""
    middles = np.arange(-0.5, 13.0)
    per_day = np.array([total / monthrange(YEAR, i + 1)[1] for i, total in enumerate(ET0)])
    days = len(rain)
    course = np.interp(month - 1 + (np.arange(days) + 0.5) / days, middles, [per_day[-1], *per_day, per_day[0]])
    course = course * np.where(rain > 0, ON_WET_DAYS, 1.0)
    return rounded(100.0 * ET0[month - 1] * course / course.sum())


def write(path: Path, header: str, rows: list[tuple[str, ...]]) -> None:
    """One CSV file with Unix line ends."""
    text = "\n".join([header, *(",".join(row) for row in rows)]) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def main(folder: Path) -> None:
    """Write all files into `folder`."""
    rain = [rain_of(month) for month in range(1, 13)]
    et0 = [et0_of(month, rain[month - 1]) for month in range(1, 13)]
    rows = [
        (f"{date(YEAR, 1, 1) + timedelta(days=i)}{OFFSET}", f"{r / 10:.1f}", f"{e / 100:.2f}")
        for i, (r, e) in enumerate(zip(np.concatenate(rain), np.concatenate(et0), strict=True))
    ]
    write(folder / "weather.csv", "time,rain,et0", rows)
    write(folder / "tide.csv", "constituent,amplitude,phase", list(TIDE))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
