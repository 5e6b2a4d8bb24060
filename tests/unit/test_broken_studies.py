"""Broken studies: each says what is wrong, in which line, and what to do; all at once."""

from __future__ import annotations

import pytest

from deltasim.errors import ScenarioError
from deltasim.studies.reading import load_study
from studies_samples import LEVEL, SCENARIO, STUDY, rows


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pond.toml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "pond.csv").write_text(rows(level=LEVEL), encoding="utf-8")
    return tmp_path


def problems(folder, text, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_study("study.toml")
    return [str(problem) for problem in caught.value.problems]


CASES = {
    "scenario missing": ('scenario = "pond.toml"', 'scenario = "pont.toml"', 'study.toml:2: study.scenario: there is no file "pont.toml"; did you mean "pond.toml"?'),
    "no scenario": ('scenario = "pond.toml"\n', "", 'study.toml:1: study: "scenario" is missing: scenario file, relative to this one'),
    "method": ("starts = 2", 'method = "newton"', 'study.toml:3: study.method: expected "least_squares" or "differential_evolution", got "newton"'),
    "starts": ("starts = 2", "starts = 0", "study.toml:3: study.starts: expected a number at least 1, got 0"),
    "unknown key": ("lower = 5.0", "lowest = 5.0\nlower = 5.0", 'study.toml:7: parameter.resistance.lowest: unknown key; did you mean "lower"?'),
    "unknown table": ("[periods]", "[period]", 'study.toml:15: period: there is no table "period" in a study; did you mean "periods"?'),
    "no periods": ("[periods]", "[period]", "study.toml: [periods] is missing"),
    "no name": ("[parameter.resistance]", "[parameter]", "study.toml:5: parameter: a name is missing in the header: write [parameter.NAME]"),
    "path": ("drain.resistance", "drains.resistance", 'study.toml:6: parameter.resistance.path: resistance.drains.resistance: there is no "resistance.drains" to set a value in; did you mean "resistance.drain"?'),
    "key of a path": ("drain.resistance", "drain.resistence", 'study.toml:6: parameter.resistance.path: resistance.drain.resistence: unknown key; did you mean "resistance"?'),
    "bound beyond that of the key": ("lower = 5.0", "lower = -1.0", "study.toml:7: parameter.resistance.lower: resistance.drain.resistance: expected a resistance above 0 s/m2, got -1.0"),
    "units": ("upper = 50.0", 'upper = 50.0\nunits = "m3"', 'study.toml:6: parameter.resistance.path: resistance.drain.resistance: expected a resistance in s/m2, got "27.5 m3"'),
    "order": ("upper = 50.0", "upper = 4.0", "study.toml:8: parameter.resistance.upper: expected a number above lower (5), got 4"),
    "start": ("upper = 50.0", "upper = 50.0\nstart = 60.0", "study.toml:9: parameter.resistance.start: expected a number from 5 to 50, got 60"),
    "twice": ("[target.level]", '[parameter.again]\npath = "resistance.drain.resistance"\nlower = 1\nupper = 2\n\n[target.level]', "study.toml:11: parameter.again.path: resistance.drain.resistance is set by parameter.resistance already"),
    "variable": ('"stage"', '"stages"', 'study.toml:11: target.level.variable: "stages" is no variable over time of a node or a link; did you mean "stage"?'),
    "node": ('of = "pond"', 'of = "pont"', 'study.toml:12: target.level.of: there is no node "pont"; did you mean "pond"?'),
    "link for a node": ('of = "pond"', 'of = "drain"', 'study.toml:12: target.level.of: "drain" is a resistance; stage is of a node'),
    "sum of levels": ('of = "pond"', 'of = ["pond", "sea"]', 'study.toml:12: target.level.of: stage cannot be summed up over "pond" and "sea"; name one of them'),
    "column": ('column = "level"', 'column = "levels"', 'pond.csv:1: there is no column "levels"; did you mean "level"?'),
    "file": ('"pond.csv"', '"pont.csv"', 'study.toml:13: target.level.observed.file: there is no file "pont.csv"; did you mean "pond.csv"?'),
    "no series": ('{ file = "pond.csv", column = "level" }', "{ units = 'm' }", 'study.toml:13: target.level.observed: expected "time" and "value", or "file"'),
    "observed units": ('column = "level" }', 'column = "level", units = "m3" }', 'study.toml:13: target.level.observed.units: expected a level in m, got "m3"'),
    "transform": ("[periods]", '[target.other]\nvariable = "stage"\nof = "pond"\nobserved = { file = "pond.csv" }\ntransform = { sum = "month" }\n\n[periods]', "study.toml:19: target.other.transform.sum: stage is a value at an instant: take mean or change"),
    "two transforms": ("[periods]", 'transform = { mean = "month", change = "1 day" }\n[periods]', "study.toml:15: target.level.transform: expected one of mean, sum and change, got mean and change"),
    "period of a transform": ("[periods]", 'transform = { mean = "monthly" }\n[periods]', 'expected a duration in s or "month" or "year", got "monthly"; did you mean "month"?'),
    "weight": ("[periods]", "weight = 0\n[periods]", "study.toml:10: target: every target has the weight 0; one must have more"),
    "null": ("[periods]", 'null = "median"\n[periods]', 'study.toml:15: target.level.null: expected "mean" or a table with a file or with time and value, got "median"'),
    "null too short": ("[periods]", "null = { time = [2024-01-01, 2024-01-06], value = [1, 2] }\n[periods]", "study.toml:15: target.level.null: this series does not cover what is compared in the validation"),
    "overlap": ("validation = [2024-01-05", "validation = [2024-01-04", "study.toml:17: periods.validation: overlaps with calibration: what is fitted to cannot show whether the fit holds"),
    "end before beginning": ("[2024-01-05, 2024-01-09]", "[2024-01-05, 2024-01-05]", "study.toml:17: periods.validation[2]: the end must be after the beginning"),
    "beyond the run": ("2024-01-09]", "2024-01-10]", "study.toml:17: periods.validation[2]: 2024-01-10T00:00 is not in the run: the run goes from 2024-01-01T00:00 to 2024-01-09T00:00"),
    "no validation": ("validation = [2024-01-05, 2024-01-09]\n", "", 'study.toml:15: periods: "validation" is missing: first and last time'),
    "too little": ("[2024-01-01, 2024-01-05]", "[2024-01-01, 2024-01-01T07:00:00]", "study.toml:13: target.level.observed: the calibration has 1 of value to compare; 2 are the least"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_message_with_its_line(case, folder, monkeypatch):
    old, new, message = CASES[case]
    assert old in STUDY
    found = problems(folder, STUDY.replace(old, new, 1), monkeypatch)
    assert any(message in problem for problem in found), found


def test_everything_at_once_with_the_scenario_s_own_problems(folder, monkeypatch):
    (folder / "pond.toml").write_text(SCENARIO.replace("resistance = 30.0", "resistance = -1.0"), encoding="utf-8")
    text = (
        STUDY.replace("starts = 2", "starts = 0").replace("upper = 50.0", "upper = 1.0").replace('"stage"', '"stages"')
    )
    found = problems(folder, text, monkeypatch)
    assert [problem.split(": ")[0] for problem in found] == [
        "study.toml:3",
        "study.toml:8",
        "study.toml:11",
        "pond.toml:14",
    ]


def test_several_mistakes_of_parameters_and_targets(folder, monkeypatch):
    text = STUDY.replace("drain.resistance", "drains.resistance").replace('of = "pond"', 'of = "pont"')
    found = problems(folder, text.replace("2024-01-09]", "2024-01-10]"), monkeypatch)
    assert [problem.split(": ")[0] for problem in found] == ["study.toml:6", "study.toml:12", "study.toml:17"]


def test_what_is_no_study(folder, monkeypatch):
    assert problems(folder, "[study\n", monkeypatch)[0].startswith("study.toml:1: ")
    found = problems(folder, SCENARIO, monkeypatch)
    assert found[0] == "study.toml: [study] is missing"
    assert any(
        'study.toml:1: scenario: there is no table "scenario" in a study; the tables are study' in p for p in found
    )
