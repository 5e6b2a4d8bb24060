"""Studies whose answer is known: a pond that drains through a resistance, h = h_0 exp(-t / (A R))."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

import deltasim
from deltasim.errors import DeltasimError, ScenarioError
from deltasim.studies.calibrate import calibrate
from deltasim.studies.reading import load_study
from deltasim.studies.report import as_document, as_scenario, rounded
from studies_samples import AREA, LEVEL, RESISTANCE, SCENARIO, STUDY, rows


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pond.toml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "pond.csv").write_text(rows(level=LEVEL), encoding="utf-8")
    return tmp_path


def study(folder, text=STUDY):
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


@pytest.mark.parametrize("method", ["least_squares", "differential_evolution"])
def test_finds_the_resistance_by_either_method(folder, method):
    text = STUDY.replace("starts = 2", f'method = "{method}"\nstarts = 2\npopulation = 6\ngenerations = 6')
    found = calibrate(study(folder, text))
    assert found.values[0] == pytest.approx(RESISTANCE, rel=1e-3)
    assert found.standard_errors[0] < 0.02
    assert found.comparisons["level", "validation"].scores.nse > 0.9999
    assert found.comparisons["level", "validation"].scores.count == 16
    assert found.comparisons["level", "calibration"].scores.count == 16
    assert found.remarks() == []
    again = calibrate(folder / "study.toml")
    assert again.values.tolist() == found.values.tolist()
    assert again.runs == found.runs


def test_one_parameter_may_set_several_paths_in_units_of_its_own(folder):
    """Decay in days sets the resistance; the same number, times 1.5, the level at the start."""
    path = (
        '[{ path = "resistance.drain.resistance", scale = 8.64 }, { path = "basin.pond.initial_stage", scale = 1.5 }]'
    )
    text = STUDY.replace('"resistance.drain.resistance"', path).replace("5.0", "1.0").replace("50.0", "3.0")
    found = calibrate(study(folder, text.replace("upper = 1.00", "upper = 3.0")))
    assert found.values[0] == pytest.approx(2.0, rel=1e-3)
    assert found.scenario.tables["basin"]["pond"]["initial_stage"] == pytest.approx(3.0, rel=1e-3)


def test_units_of_a_parameter_are_written_into_the_scenario(folder):
    text = STUDY.replace('path = "resistance.drain.resistance"', 'path = "basin.pond.initial_stage"\nunits = "cm"')
    text = text.replace("lower = 5.0", "lower = 100.0").replace("upper = 50.0", "upper = 400.0")
    found = calibrate(study(folder, text))
    assert found.scenario.tables["basin"]["pond"]["initial_stage"].endswith(" cm")
    # The drain is too slow: the level at the start makes up for it.
    assert 100.0 < found.values[0] < 300.0


def test_bound_that_decides_is_told(folder):
    found = calibrate(study(folder, STUDY.replace("lower = 5.0", "lower = 20.0")))
    assert found.at_bound == ("lower",)
    assert found.values[0] == pytest.approx(20.0, rel=1e-3)
    assert "resistance is at its lower bound" in found.remarks()[0]


def test_objective_is_the_weighted_sum_of_what_is_not_explained(folder):
    """Sum of w (1 - NSE), whatever the number of values and their units; a weight of 0 is scored and not fitted to.

    The run of the fit is a shorter one, with other steps: levels agree within the tolerance of the solver, not to bits.
    """
    level = STUDY[STUDY.index("[target.level]") : STUDY.index("[periods]")]
    volume = level.replace("target.level", "target.volume").replace('"stage"', '"storage"')
    volume = volume.replace(
        '"level" }', f'"level", units = "{AREA} m3" }}\nweight = 0.5\ntransform = {{ mean = "1 day" }}'
    )
    aside = level.replace("target.level", "target.aside").replace('"level" }', '"level", offset = 1.0 }\nweight = 0')
    text = STUDY.replace("lower = 5.0", "lower = 20.0").replace(
        "[periods]", f"weight = 2.0\n\n{volume}\n{aside}\n[periods]"
    )
    found = calibrate(study(folder, text))
    nse = {name: found.comparisons[name, "calibration"].scores.nse for name in ("level", "volume", "aside")}
    assert found.fit.cost == pytest.approx(2.0 * (1.0 - nse["level"]) + 0.5 * (1.0 - nse["volume"]), rel=1e-4)
    assert nse["aside"] < nse["level"]
    assert found.fit.cost == min(start.cost for start in found.fit.starts)


def test_parameters_that_undo_each_other_are_told(folder):
    """Two constant inflows into one pond: only their sum is in the level."""
    inflows = "".join(
        f'[parameter.{name}]\npath = "inflow.{name}.discharge"\nlower = -0.1\nupper = 0.1\n\n'
        for name in ("one", "other")
    )
    text = STUDY.replace("[target.level]", inflows + "[target.level]").replace(
        "resistance = 30.0", "resistance = 17.28"
    )
    found = calibrate(study(folder, text))
    assert found.identifiability.collinearity > 100.0
    assert any("undo each other" in remark for remark in found.remarks())
    names = [parameter.name for parameter in found.study.parameters]
    weakest = dict(zip(names, np.abs(found.identifiability.weakest), strict=True))
    assert weakest["one"] == pytest.approx(weakest["other"], rel=0.01)
    assert weakest["resistance"] < 0.01
    assert found.fit.cost == min(start.cost for start in found.fit.starts)
    sums = [found.study.lower + start.end * (found.study.upper - found.study.lower) for start in found.fit.starts]
    assert [values[1] + values[2] for values in sums] == pytest.approx([0.0, 0.0], abs=1e-4)


def test_parameter_that_does_nothing_is_told(folder):
    """The title of a scenario is no number, but the level of water that nobody reaches is one."""
    scenario = SCENARIO.replace(
        "[boundary.sea]",
        '[weir.high]\nfrom = "pond"\nto = "sea"\ncrest_level = 4.5\ncrest_width = 1.0\n\n[boundary.sea]',
    )
    (folder / "pond.toml").write_text(scenario, encoding="utf-8")
    more = '[parameter.crest]\npath = "weir.high.crest_level"\nlower = 4.0\nupper = 5.0\n\n[target.level]'
    found = calibrate(study(folder, STUDY.replace("[target.level]", more)))
    assert np.isnan(found.standard_errors[1])
    assert any("hardly say anything about crest" in remark for remark in found.remarks())
    document = as_document(found)
    assert document["parameters"]["crest"]["standard_error"] is None


def test_discharge_by_sums_and_a_series_beside_it(folder):
    """What drains in a day is A (h_0 - h_1). The null model is right but for a constant, so nothing beats it."""
    scenario = SCENARIO.replace("resistance = 30.0", "resistance = 30.0\n")
    (folder / "pond.toml").write_text(scenario, encoding="utf-8")
    drained = AREA * -np.diff(LEVEL, append=np.nan) / 21600.0
    (folder / "drain.csv").write_text(rows(flow=drained, null=drained + 0.25), encoding="utf-8")
    text = STUDY.replace('variable = "stage"\nof = "pond"', 'variable = "discharge"\nof = "drain"').replace(
        'observed = { file = "pond.csv", column = "level" }',
        'observed = { file = "drain.csv", column = "flow", units = "m3/s" }\n'
        'null = { file = "drain.csv", column = "null", units = "m3/s" }\n'
        'transform = { sum = "1 day" }',
    )
    found = calibrate(study(folder, text))
    assert found.values[0] == pytest.approx(RESISTANCE, rel=1e-3)
    compared = found.comparisons["level", "calibration"]
    assert compared.observed == pytest.approx(AREA * -np.diff(LEVEL[::4])[:4])
    assert compared.target.units == "m3"
    assert compared.null == pytest.approx(compared.observed)
    assert compared.null_scores.nse == pytest.approx(1.0)
    assert found.comparisons["level", "validation"].simulated.size == 4


def test_null_model_may_be_a_straight_line(folder):
    """Fitted to the calibration half alone: a line over the square of the level there, not over that of both halves."""
    (folder / "square.csv").write_text(rows(square=LEVEL**2), encoding="utf-8")
    null = '\nnull = { file = "square.csv", column = "square", slope = "fitted" }'
    found = calibrate(study(folder, STUDY.replace('column = "level" }', 'column = "level" }' + null)))
    slope, constant = np.polyfit(LEVEL[1:17] ** 2, LEVEL[1:17], 1)
    assert found.comparisons["level", "validation"].null == pytest.approx(slope * LEVEL[17:] ** 2 + constant)


def test_missing_observations_are_left_out_and_counted(folder):
    gaps = LEVEL.copy()
    gaps[[3, 4, 20]] = np.nan
    text = rows(level=gaps).replace("nan", "")
    (folder / "pond.csv").write_text(text, encoding="utf-8")
    found = calibrate(study(folder))
    assert found.study.targets[0].missing == {"calibration": 2, "validation": 1}
    assert found.comparisons["level", "calibration"].scores.count == 14
    assert found.values[0] == pytest.approx(RESISTANCE, rel=1e-3)


def test_run_of_the_fit_ends_with_the_calibration(folder):
    whole = load_study(study(folder))
    assert whole.shortened().duration == 4 * 86400.0
    assert whole.scenario.duration == 8 * 86400.0
    odd = STUDY.replace("[2024-01-01, 2024-01-05]", "[2024-01-01, 2024-01-04T21:00:00]")
    assert load_study(study(folder, odd)).shortened().duration == 4 * 86400.0  # the next output time


def test_scenario_of_the_result_builds_on_that_of_the_study(folder):
    found = calibrate(study(folder))
    (folder / "fitted.toml").write_text(as_scenario(found, folder), encoding="utf-8")
    fitted = deltasim.load(folder / "fitted.toml")
    assert fitted.links["drain"].resistance == found.values[0]
    stage = deltasim.run(fitted).stage.sel(node="pond").values
    assert stage[17:] == pytest.approx(found.comparisons["level", "validation"].simulated, abs=1e-12)
    text = (folder / "fitted.toml").read_text(encoding="utf-8")
    assert text.startswith("# Calibrated by deltasim")
    assert "# level, validation: NSE 1.000 (null model" in text


def test_inline_table_comes_along_whole_and_files_keep_their_place(folder):
    """Of `groundwater` only the conductance is fitted; its stage stays, named from where the new file stands."""
    scenario = SCENARIO.replace(
        "initial_stage = 3.0",
        'initial_stage = 3.0\ngroundwater = { stage = { file = "data/wells.csv" }, conductance = 1e-6 }',
    )
    (folder / "pond.toml").write_text(scenario, encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "wells.csv").write_text("time,level\n2024-01-01,0\n2024-01-09,0\n", encoding="utf-8")
    text = STUDY.replace("resistance.drain.resistance", "basin.pond.groundwater.conductance")
    text = text.replace("lower = 5.0", "lower = 0.0").replace("upper = 50.0", "upper = 0.1")
    found = calibrate(study(folder, text))
    # The drain has 1 / 30 m2/s, 1 / 17.28 are wanted.
    assert found.values[0] == pytest.approx(1.0 / RESISTANCE - 1.0 / 30.0, rel=1e-3)
    (folder / "sub").mkdir()
    (folder / "sub" / "fitted.toml").write_text(as_scenario(found, folder / "sub"), encoding="utf-8")
    tables = tomllib.loads((folder / "sub" / "fitted.toml").read_text(encoding="utf-8"))
    assert tables["scenario"]["base"] == "../pond.toml"
    assert tables["basin"]["pond"]["groundwater"]["stage"] == {"file": "../data/wells.csv"}
    fitted = deltasim.load(folder / "sub" / "fitted.toml", allow_outside=True)
    assert fitted.tables["basin"]["pond"]["groundwater"]["conductance"] == found.values[0]


def test_variable_that_the_run_does_not_have(folder):
    text = STUDY.replace('variable = "stage"', 'variable = "rain"')
    with pytest.raises(
        ScenarioError, match=r"study.toml:11: target.level.variable: this run has no rain: nothing in it"
    ):
        calibrate(study(folder, text))


def test_runs_that_all_fail_are_told(folder, monkeypatch):
    from deltasim.errors import SolverError
    from deltasim.studies import objective

    def fail(*_, **__):
        raise SolverError("no step is small enough", time=1.0)

    monkeypatch.setattr(objective, "simulate", fail)
    with pytest.raises(DeltasimError, match=r"every search came to a run that failed.*no step is small enough"):
        calibrate(study(folder))
    text = STUDY.replace("starts = 2", 'method = "differential_evolution"\npopulation = 5\ngenerations = 1')
    with pytest.raises(DeltasimError, match="every run of the population failed; narrow the bounds"):
        calibrate(study(folder, text))


def test_document_holds_everything(folder):
    found = calibrate(study(folder))
    document = as_document(found)
    assert document["parameters"]["resistance"]["value"] == found.values[0]
    assert document["parameters"]["resistance"]["paths"] == {"resistance.drain.resistance": found.values[0]}
    assert document["targets"]["level"]["validation"]["count"] == 16
    assert document["targets"]["level"]["validation"]["null"]["nse"] < 0.0
    assert document["periods"]["validation"] == ["2024-01-05T00:00:00", "2024-01-09T00:00:00"]
    assert len(document["starts"]) == 2


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [(0.12958, 0.0427, "0.130 +- 0.043"), (1596.7, 455.8, "1597 +- 456"), (3.0, np.nan, "3"), (2.0, 0.0, "2")],
)
def test_values_are_written_as_far_as_they_are_known(value, error, text):
    assert rounded(value, error) == text
