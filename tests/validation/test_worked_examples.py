"""Every file of worked examples is read by a test here or listed with a reason, and so is every row of it.

Files of examples have a test of their own that names each row; files of series and tables are read as a whole.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from single_laws import discharge

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "worked_examples"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="validation data are not beside the repository")

READ_BY = {
    "backwater.csv": "test_worked_examples.py",
    "breach_jamestown.csv": "test_jamestown.py",
    "cleveland_rating.csv": "test_cleveland.py",
    "cleveland_routing.csv": "test_cleveland.py",
    "culvert_hds5_problem1.csv": "test_hds5.py",
    "gates.csv": "test_published_structures.py",
    "swmm_extran9.inp": "test_extran9.py",
    "swmm_extran9_1s.csv": "test_extran9.py",
    "tanks.csv": "test_tanks.py",
    "tide_honolulu_2010_constituents.csv": "test_tides.py",
    "tide_honolulu_2010_hourly.csv": "test_tides.py",
    "tide_seattle_constituents.csv": "test_tides.py",
    "tide_seattle_extremes.csv": "test_tides.py",
    "weirs.csv": "test_published_structures.py",
}
NOT_READ = {
    "tr55_table2_1.csv": "runoff by curve number: rain on land is no part of the package, what runs off is an inflow",
}
BACKWATER_NOT_TESTED = {
    "maurer5.6": "its direct steps carry the velocity head, 0.08 to 0.12 m here, which a reach leaves out",
    "maurer5.6_yc": "critical depth comes from the velocity head as well; a reach has none",
}


def rows(name):
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_file_is_read_or_has_a_reason():
    assert {path.name for path in DATA.iterdir()} == READ_BY.keys() | NOT_READ.keys()
    for name, module in READ_BY.items():
        assert name in (Path(__file__).parent / module).read_text(encoding="utf-8"), module


def test_every_row_of_the_backwater_examples_is_tested_or_has_a_reason():
    assert {row["id"] for row in rows("backwater.csv")} == {"maurer5.6_yn"} | BACKWATER_NOT_TESTED.keys()


def test_every_culvert_of_hds5_is_tested():
    import test_hds5

    assert tuple(row["barrel"] for row in rows("culvert_hds5_problem1.csv")) == test_hds5.NAMES
    assert len(rows("breach_jamestown.csv")) == 1


@pytest.mark.parametrize("tailwater", ["free outfall", "uniform"])
def test_normal_depth_by_a_reach(tailwater):
    """Maurer's trapezoid carries 10 m3/s at the depth that is printed: into a free outfall, and between two stages.

    Six decimals of a depth of 1.1 m are 5e-7 / 1.1 of it, 1e-6 of the discharge, which goes with its power 1.9.
    """
    depth = next(float(row["published"]) for row in rows("backwater.csv") if row["id"] == "maurer5.6_yn")
    keys = {"cross_section": {"bottom_width": 3.0, "side_slope": 2.0}, "length": 1000.0, "manning_n": 0.015}
    stages = (0.9 + depth,) if tailwater == "free outfall" else (0.9 + depth, depth)
    q = discharge("reach", *stages, bed_level_from=0.9, bed_level_to=0.0, **keys)
    assert q == pytest.approx(10.0, rel=1e-6)
