"""Draw ``docs/images/long_lake.png``: a calibration and what it is worth.

Run from the root of the repository, with the validation data beside it::

    python docs/make_calibration_picture.py
"""

import sys
import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from deltasim.plots.style import BLUE, DASHED, GREY, INK, VERMILION, rc
from deltasim.studies.calibrate import Calibration, calibrate

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "validation"))
import long_lake  # noqa: E402


def times(found: Calibration, seconds: np.ndarray) -> np.ndarray:
    """Dates of seconds since the start."""
    return np.datetime64(found.study.scenario.start) + seconds.astype("timedelta64[s]")


def draw(axes: Axes, found: Calibration, target: str) -> None:
    """Observed, simulated and null model in both halves, with the scores of the second."""
    for half in ("calibration", "validation"):
        part = found.comparisons[target, half]
        at = times(found, part.end)
        axes.plot(at, part.observed, color=INK, linewidth=1.4, label="observed")
        axes.plot(at, part.null, color=VERMILION, linestyle=DASHED, linewidth=1.2, label="null model: wells + constant")
        axes.plot(at, part.simulated, color=BLUE, linewidth=1.4, label="water balance")
    split = times(found, np.array([found.study.halves["validation"].begin]))[0]
    axes.axvline(split, color=GREY, linewidth=0.8)
    own, null = part.scores, part.null_scores
    axes.set_title(
        f"after 15 May: RMSE {own.rmse:.3f} m, NSE {own.nse:.2f} (null {null.rmse:.3f} m, {null.nse:.2f})",
        loc="right",
        fontsize=9,
        color=GREY,
        fontweight="normal",
    )
    axes.xaxis.set_major_locator(mdates.MonthLocator(interval=2))
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(axes.xaxis.get_major_locator()))


def main() -> None:
    """Calibrate and draw."""
    with tempfile.TemporaryDirectory() as folder:
        found = calibrate(long_lake.write(Path(folder)))
    with plt.rc_context(rc()):
        figure, (above, below) = plt.subplots(2, 1, figsize=(8.0, 6.0), sharex=True, layout="constrained")
        draw(above, found, "level")
        draw(below, found, "month_change")
        above.set_ylabel("level, m")
        below.set_ylabel("change over 30 days, m")
        above.set_title("Long Lake", loc="left", fontweight="bold")
        handles, labels = above.get_legend_handles_labels()
        above.legend(handles[:3], labels[:3], frameon=False, loc="upper left")
        low, high = above.get_ylim()
        where = {"color": GREY, "fontsize": 9, "va": "bottom"}
        above.text(np.datetime64("2019-05-12"), low + 0.02 * (high - low), "fitted to this", ha="right", **where)
        above.text(np.datetime64("2019-05-19"), low + 0.02 * (high - low), "not to this", ha="left", **where)
        figure.savefig(Path(__file__).parent / "images" / "long_lake.png", dpi=110)


if __name__ == "__main__":
    main()
