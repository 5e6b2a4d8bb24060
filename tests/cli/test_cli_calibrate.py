"""``deltasim calibrate``: what it prints and writes, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pond import Command, call

from studies_samples import LEVEL, RESISTANCE, SCENARIO, STUDY, rows


@pytest.fixture
def studied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a study, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pond.toml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "pond.csv").write_text(rows(level=LEVEL), encoding="utf-8")
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def test_prints_values_and_scores_of_both_halves_and_writes_a_scenario(studied: Path) -> None:
    got = call("calibrate", "study.toml")
    assert got.exit_code == 0, got.stderr
    assert got.stdout.startswith("a pond that drains\ncalibration 2024-01-01 00:00 to 2024-01-05 00:00\n")
    for words in (
        "resistance  17.28",
        "validation   run",
        "null: mean",
        "2 of 2 ended as well",
        "pond_calibrated.toml",
    ):
        assert words in got.stdout
    assert "note:" not in got.stdout
    written = call("run", "pond_calibrated.toml", "--json")
    assert written.exit_code == 0, written.stderr
    again = call("calibrate", "study.toml", "-q")  # what it wrote itself it may replace
    assert again.exit_code == 0
    assert not again.stdout


def test_json_is_the_whole_result(studied: Path) -> None:
    got = call("calibrate", "study.toml", "--json", "-o", "fitted.toml")
    assert got.exit_code == 0, got.stderr
    document = json.loads(got.stdout)
    assert document["parameters"]["resistance"]["value"] == pytest.approx(RESISTANCE, rel=1e-3)
    assert document["targets"]["level"]["validation"]["nse"] > 0.999
    assert document["written"] == "fitted.toml"
    assert (studied / "fitted.toml").is_file()


def test_remarks_are_shown(studied: Path) -> None:
    (studied / "study.toml").write_text(STUDY.replace("lower = 5.0", "lower = 20.0"), encoding="utf-8")
    got = call("calibrate", "study.toml")
    assert "20 (lower bound)" in got.stdout
    assert (
        "note: resistance is at its lower bound: the bound decides it, and its standard error means nothing"
        in got.stdout
    )


def test_invalid_study_ends_with_3(studied: Path) -> None:
    (studied / "study.toml").write_text(STUDY.replace("starts = 2", "starts = 0"), encoding="utf-8")
    got = call("calibrate", "study.toml")
    assert got.exit_code == 3
    assert "study.toml:3: study.starts: " in got.stderr
    assert "1 problem; nothing was run, nothing was written." in got.stderr
    assert not (studied / "pond_calibrated.toml").exists()


@pytest.mark.parametrize("output", ["pond.toml", "study.toml", "pond.csv"])
def test_file_that_is_not_its_own_is_not_replaced(studied: Path, output: str) -> None:
    before = (studied / output).read_bytes()
    got = call("calibrate", "study.toml", "-o", output)
    assert got.exit_code == 2
    assert f"{output} is there and was not written by calibrate; it is not replaced." in got.stderr
    assert (studied / output).read_bytes() == before


def test_quiet_and_json_contradict_each_other(deltasim: Command) -> None:
    got = deltasim("calibrate", "pond.toml", "-q", "--json")
    assert got.exit_code == 2
