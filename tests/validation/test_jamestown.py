"""The breach of Jamestown Dam as Wahl (2001) works it out: Froehlich (1995) by its width and time.

The file is in ft, acre-ft and hours. Its width is rounded to 1 ft, its time to 0.01 h. What it has besides is not a
law of this package: Von Thun and Gillette (1990), Bureau of Reclamation (1988) and the peak discharges after Froehlich
(1995) and SCS (1981) are regressions of their own, a peak is a result here.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from deltasim.links import LINKS

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "worked_examples" / "breach_jamestown.csv"
pytestmark = pytest.mark.skipif(not DATA.is_file(), reason="validation data are not beside the repository")

FOOT = 0.3048
ACRE_FOOT = 43560.0 * FOOT**3


def test_width_and_time_are_those_of_froehlich_1995():
    """Piping, Ko = 1: overtopping would make it 430 ft wide."""
    with DATA.open() as file:
        row = {key: float(value) for key, value in next(csv.DictReader(file)).items()}
    breach = LINKS["breach"].model.model_validate(
        {
            "name": "jamestown",
            "from": "a",
            "to": "b",
            "crest_level": row["elev_ft"] * FOOT,
            "equation": "froehlich_1995",
            "volume": row["storage_acft"] * ACRE_FOOT,
            "height": row["hb_ft"] * FOOT,
            "mode": "piping",
            "trigger": {"stage": row["elev_ft"] * FOOT},
        }
    )
    assert breach.growth.mean_width / FOOT == pytest.approx(row["B_Froehlich95_ft"], abs=0.5)
    assert breach.growth.time / 3600.0 == pytest.approx(row["tf_Froehlich95_h"], abs=0.005)
