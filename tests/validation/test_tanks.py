"""Tanks that empty, from textbooks, as whole scenarios: when is the water down?

Every row of the file is expressed. The books reckon with g = 32.2 ft/s2 or sqrt(2 g) = 8.02 ft^0.5/s: discharge
coefficients here are theirs times the root of the ratio to this package's g. Times to half a unit of the last digit
printed, and of the file's own recomputation.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from deltasim.constants import GRAVITY
from networks import run, seconds

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "worked_examples" / "tanks.csv"
pytestmark = pytest.mark.skipif(not DATA.is_file(), reason="validation data are not beside the repository")

FOOT = 0.3048
INCH = FOOT / 12.0


def rows():
    with DATA.open() as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def decimals(text):
    return len(text.partition(".")[2])


def assert_published(row, value):
    """To half a unit of the last digit of the publication and of the recomputation, itself rounded."""
    for key in ("published", "recomputed"):
        assert value == pytest.approx(float(row[key]), abs=0.51 * 10.0 ** -decimals(row[key])), key


def book(coefficient, root_2g=64.4**0.5):
    """A coefficient for this package's g that discharges as the book's does for its own."""
    return coefficient * root_2g / (2.0 * GRAVITY / FOOT) ** 0.5


def curve(area, top, bottom=0.0, rows=401):
    """A curve from areas (ft2) over stages (ft), linear between many rows."""
    h = np.linspace(bottom, top, rows)
    stage = ", ".join(repr(float(x)) for x in h * FOOT)
    areas = ", ".join(repr(float(a)) for a in np.maximum(area(h), 0.0) * FOOT**2)
    return f"{{ stage = [{stage}], area = [{areas}] }}"


def basin(name, curve_, stage):
    return f"[basin.{name}]\ncurve = {curve_}\ninitial_stage = {stage * FOOT!r}\n"


def hole(diameter, coefficient, *, source="tank", to="fall", invert=0.0):
    """A round hole in a floor; diameter and level in ft."""
    return f"""
    [orifice.hole]
    from = "{source}"
    to = "{to}"
    orientation = "bottom"
    diameter = {float(diameter) * FOOT!r}
    invert_level = {invert * FOOT!r}
    discharge_coefficient = {float(coefficient)!r}
    """


def stages(body, about, less=None):
    """Time, s, and stage of `tank`, ft (less that of another node), a quarter longer than the tank is said to take."""
    end = float(np.ceil(1.25 * about))
    result = run(body, days=end / 86400.0, step=f"{end / 5000.0!r} s", tolerance=1e-6)
    stage = result.stage.sel(node="tank").values
    if less is not None:
        stage = stage - result.stage.sel(node=less).values
    return seconds(result), stage / FOOT


def time_down_to(level, t, stage):
    """Time, s, at which a stage, ft, is reached."""
    k = int(np.flatnonzero(stage <= level)[0])
    return float(np.interp(-level, -stage[k - 1 : k + 1], t[k - 1 : k + 1]))


def time_level(power, t, stage):
    """Time, s, at which nothing is left of a stage of which some power falls linearly in the end."""
    k = int(np.flatnonzero(stage <= 0.02)[0]) - 1
    left = stage[k - 1 : k + 1] ** power
    return float(t[k] + left[1] * (t[k] - t[k - 1]) / (left[0] - left[1]))


FALL = "[boundary.fall]\n"


def test_conical_frustum():
    row = rows()["lal3.7"]
    tank = basin("tank", curve(lambda h: 0.25 * np.pi * (3.0 + 0.5 * h) ** 2, 10.0), 10.0)
    time = time_down_to(2.0, *stages(tank + FALL + hole(np.sqrt(4.0 / np.pi * 9.0) / 12.0, book(0.61)), 308.0))
    assert_published(row, time / 60.0)


def test_cylinder_on_a_hemisphere():
    """To the last drop: in the sphere's point the area goes with h, the discharge with its root, so h^1.5 falls
    linearly."""
    row = rows()["lal3.8"]

    def area(h):
        return np.where(h < 5.0, np.pi * h * (10.0 - h), 25.0 * np.pi)

    tank = basin("tank", curve(area, 17.0, rows=3401), 17.0)
    time = time_level(1.5, *stages(tank + FALL + hole(0.25, book(0.62)), 1885.0))
    assert_published(row, time)


def test_lock():
    """The side of the orifice that levels the lock in 3 min: the time goes with its square, the root of the difference
    falls linearly."""
    row = rows()["lal3.12"]
    lock = basin("tank", f"{{ stage = [{-8 * FOOT}], area = [{960 * FOOT**2!r}] }}", 12.0)
    side = 2.77 * FOOT
    body = f"""
    [boundary.canal]
    stage = 0.0
    [orifice.sluice]
    from = "tank"
    to = "canal"
    shape = "rectangular"
    orientation = "bottom"
    width = {side!r}
    height = {side!r}
    invert_level = {-7 * FOOT!r}
    discharge_coefficient = {float(book(0.6))!r}
    """
    time = time_level(0.5, *stages(lock + body, 180.0))
    assert_published(row, 2.77 * np.sqrt(time / 180.0))


def test_reservoir_over_a_weir():
    row = rows()["lal4.9"]
    lake = basin("tank", f"{{ stage = [-1.0], area = [{20000 * 9 * FOOT**2!r}] }}", 2.0)
    body = f"""
    [weir.outlet]
    from = "tank"
    to = "fall"
    crest_level = 0.0
    crest_width = {5 * FOOT!r}
    discharge_coefficient = {float(book(0.6))!r}
    """
    assert_published(row, time_down_to(1.0, *stages(lake + FALL + body, 6570.0)) / 60.0)


def test_reservoir_through_a_pipe():
    """A culvert with both ends drowned, its roughness such that 2 g n^2 L / R^(4/3) = 4 f L / D = 90."""
    row = rows()["lal5.18"]
    diameter, length = 0.5 * FOOT, 1500.0 * FOOT
    ratio = 2.0 * GRAVITY / (64.4 * FOOT)
    n = np.sqrt(ratio * 90.0 * (0.25 * diameter) ** (4.0 / 3.0) / (2.0 * GRAVITY * length))
    lake = basin("tank", f"{{ stage = [-10.0], area = [{10000 * FOOT**2!r}] }}", 50.0)
    body = f"""
    [boundary.stream]
    stage = 0.0
    [culvert.pipe]
    from = "tank"
    to = "stream"
    diameter = {diameter!r}
    length = {length!r}
    manning_n = {float(n)!r}
    entrance_loss = {0.5 * ratio!r}
    exit_loss = {1.0 * ratio!r}
    invert_level_from = -1.0
    invert_level_to = -1.0
    """
    assert_published(row, time_down_to(40.0, *stages(lake + body, 90650.0)) / 3600.0)


def test_trapezoidal_pond():
    row = rows()["dighe4.11"]
    pond = basin("tank", curve(lambda h: 240000.0 + 2000.0 * h + 4.0 * h**2, 20.0), 20.0)
    assert_published(row, time_down_to(10.0, *stages(pond + FALL + hole(3.0, book(0.7, 8.02)), 17846.0)))


def test_divided_tank():
    row = rows()["dighe4.14"]
    both = basin("tank", f"{{ stage = [-1.0], area = [{225 * FOOT**2!r}] }}", 12.0)
    both += basin("other", f"{{ stage = [-1.0], area = [{75 * FOOT**2!r}] }}", 2.0)
    body = both + hole(4.0 / 12.0, book(0.97), to="other", invert=-1.0)
    assert_published(row, time_down_to(2.0, *stages(body, 290.0, less="other")))


def test_every_row_is_expressed():
    assert set(rows()) == {"lal3.7", "lal3.8", "lal3.12", "lal4.9", "lal5.18", "dighe4.11", "dighe4.14"}
