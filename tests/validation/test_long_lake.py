"""A seepage lake calibrated on nine months of its level, and scored on the five that follow.

What these data support is this and no more: given the wells, a water balance with rain, open-water evaporation and two
fitted numbers explains the level of the lake better than the wells alone. Without wells it predicts nothing.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import long_lake
import numpy as np
import pytest

import deltasim
from deltasim.studies.calibrate import calibrate

pytestmark = pytest.mark.skipif(not long_lake.DATA.is_dir(), reason="validation data are not beside the repository")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return long_lake.write(tmp_path_factory.mktemp("long_lake"))


@pytest.fixture(scope="module")
def found(study):
    return calibrate(study)


def test_record_is_that_of_ten_whole_wells():
    wells = long_lake.wells()
    assert str(wells.index[0].date()) == "2018-08-07"
    assert str(wells.index[-1].date()) == "2019-10-25"
    assert len(wells) == 445  # every day: no well enters or leaves


def test_no_evaporation_from_ice_and_a_year_of_it_from_open_water():
    """Open seasons of 1964 to 2005 had 580 to 747 mm in the yearly mean at six stations about Minnesota, La Crosse, 120 km
    away, among them (Dadaser-Celik & Stefan 2008, St. Anthony Falls Laboratory Report 506, from mass transfer).
    """
    evaporation = long_lake.weather().evaporation / 1000.0
    assert evaporation["2018-12-15":"2019-03-01"].max() == 0.0
    assert 0.58 < evaporation["2018-10-26":"2019-10-25"].sum() < 0.747


def test_level_after_the_calibration_is_explained_better_than_by_the_wells(found):
    own, null = found.comparisons["level", "validation"], found.comparisons["level", "validation"].null_scores
    assert own.scores.count == 163
    assert own.scores.rmse <= 0.032
    assert own.scores.nse >= 0.94
    assert null.rmse == pytest.approx(0.044, abs=0.0015)
    assert own.scores.rmse < null.rmse
    assert found.remarks() == []


def test_so_are_its_changes_over_thirty_days(found):
    """Levels of days resemble each other, and any smooth curve has a good NSE; their changes do not."""
    changes = found.comparisons["month_change", "validation"]
    assert changes.scores.nse >= 0.80
    assert changes.beats_null
    before = found.comparisons["month_change", "calibration"]
    assert before.beats_null


def test_scores_are_those_of_the_plain_formulas(found):
    """From the level that the written scenario gives, not from what the calibration kept."""
    result = deltasim.run(found.scenario)
    stage = result.stage.sel(node="long_lake").to_series()
    observed = long_lake.lake().reindex(stage.index)
    late = stage.index > "2019-05-15"
    error = (stage - observed)[late]
    assert late.sum() == 163
    scores = found.comparisons["level", "validation"].scores
    assert np.sqrt((error**2).mean()) == pytest.approx(scores.rmse, rel=1e-9)
    assert 1.0 - (error**2).sum() / ((observed[late] - observed[late].mean()) ** 2).sum() == pytest.approx(scores.nse)


def test_two_parameters_and_how_well_they_are_known(found):
    """The conductance is known to a third; the constant inflow cannot be told from nothing, and the result says so."""
    assert found.at_bound == ("", "")
    assert found.agreeing == len(found.fit.starts) == 4
    conductance, inflow = found.values
    by_conductance, by_inflow = found.standard_errors
    assert 0.2 < by_conductance / conductance < 0.5
    assert abs(inflow) < 2.0 * by_inflow
    # Daily residuals follow each other: as independent values they would claim seven times as much.
    assert found.identifiability.plain_standard_error[0] < 0.25 * found.identifiability.standard_error[0]
    assert 3.0 < found.identifiability.effective < 15.0
    correlation = found.identifiability.correlation[0, 1]
    assert -0.9 < correlation < 0.0  # more exchange with wells that stand above the lake, less inflow from elsewhere
    assert found.identifiability.collinearity < 2.0


def test_validation_is_not_seen_by_the_fit(study, found):
    """With every level after 15 May replaced by nonsense the parameters are the same, to the last bit."""
    folder = study.parent / "nonsense"
    folder.mkdir()
    long_lake.write(folder)
    lines = (folder / "levels.csv").read_text(encoding="utf-8").splitlines()
    kept = [
        line
        if line < "2019-05-16" or line.startswith("time")
        else f"{line.split(',')[0]},{300 + i % 7},{line.split(',')[2]}"
        for i, line in enumerate(lines)
    ]
    (folder / "levels.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    again = calibrate(folder / "study.toml")
    assert again.values.tolist() == found.values.tolist()
    assert again.comparisons["level", "validation"].scores.rmse > 10.0


def test_result_is_the_same_every_time(study, found):
    assert calibrate(study).values.tolist() == found.values.tolist()


def test_study_in_the_guide_is_this_one():
    guide = Path(__file__).parents[2] / "docs" / "calibrating.md"
    block = re.search(r"^```toml\n(.*?)^```$", guide.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    ours = tomllib.loads(long_lake.STUDY)
    del ours["study"]["title"]
    assert tomllib.loads(block[1]) == ours
