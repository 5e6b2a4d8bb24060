"""`deltasim compare` and `deltasim indicators`, from scenario and result to table."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from pond import Command, call

import comparison_samples
from deltasim.cli import comparison_table, peaks

ROOT = Path(__file__).parents[2]

MARSHES = """\
[scenario]
title = "Two marshes"
start = 2019-10-01T00:00:00+08:00
end = 2020-10-01T00:00:00+08:00
output_step = "6 h"

[basin.north_marsh]
curve = { stage = [0.0, 1.0], area = [0.0, "20 ha"] }
initial_stage = 0.2
evaporation = "2 mm/day"

[basin.south_marsh]
curve = { stage = [0.0, 1.0], area = ["1 ha", "20 ha"] }
initial_stage = 0.2
evaporation = "2 mm/day"

[weir.sill]
from = "north_marsh"
to = "south_marsh"
crest_level = 0.30
crest_width = 2.0

[inflow.replenishment_gate]
to = "north_marsh"
discharge = { time = ["2019-10-01", "2020-07-01", "2020-08-01", "2020-10-01"], value = [0, 0.05, 0, 0], units = "m3/s", interpolation = "previous" }
"""
LOWER = '[scenario]\nbase = "base.toml"\n[weir.sill]\ncrest_level = 0.10\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenario and a variant of it, the result of the first, and the documents' file of indicators."""
    place = tmp_path_factory.mktemp("marshes")
    (place / "base.toml").write_text(MARSHES, encoding="utf-8")
    (place / "lower.toml").write_text(LOWER, encoding="utf-8")
    text = (ROOT / "docs" / "comparing.md").read_text(encoding="utf-8")
    block = re.search(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    assert block is not None
    (place / "reed.toml").write_text(block[1], encoding="utf-8")
    got = call("run", place / "base.toml", "-o", place / "base.nc", "--quiet")
    assert got.exit_code == 0, got.stderr
    return place


@pytest.fixture
def marshes(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    return made


def test_result_against_a_scenario_that_is_run(marshes: Path) -> None:
    got = call("compare", "base.nc", "lower.toml", "--csv", "table.csv", "-o", "comparison.nc")
    assert got.exit_code == 0, got.stderr
    assert "running lower.toml" in got.stderr
    lines = got.stdout.splitlines()
    assert lines[0] == "base and its variants"
    assert lines[2].split() == ["indicator", "zone", "base", "lower", "units"]
    assert re.search(r"^mean_depth +north_marsh +0\.\d+ +0\.\d+ \(-0\.\d+\) +m *$", got.stdout, flags=re.M)
    assert "in brackets the difference from base" in lines
    assert re.search(r"^base +\d\.\de-\d\d +- +base\.nc", got.stdout, flags=re.M)
    with (marshes / "table.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[:7] == ["scenario", "zone", "metric", "period", "value", "difference", "percent"]
    with xr.open_dataset(marshes / "comparison.nc") as table:
        assert table.attrs["deltasim_kind"] == "comparison"
        assert table.sizes == {"row": len(rows), "run": 2}
        given = [float(row["value"]) if row["value"] else np.nan for row in rows]
        np.testing.assert_array_equal(table.value, given)
    assert {row["verdict"] for row in rows} == {"no threshold"}
    volumes = [float(row["value"]) for row in rows if (row["metric"], row["zone"]) == ("volume", "replenishment_gate")]
    assert volumes == pytest.approx([0.05 * 31 * 86400.0] * 2)


def test_file_of_the_documents(marshes: Path) -> None:
    """The marsh keeps its water behind the high sill, loses it over the low one: the reed dries in spring."""
    got = call("compare", "base.nc", "lower.toml", "--indicators", "reed.toml", "--json")
    assert got.exit_code == 0, got.stderr
    document = json.loads(got.stdout)
    assert document["baseline"] == "base"
    assert [run["run_name"] for run in document["runs"]] == ["base", "lower"]
    assert document["runs"][0]["salt_balance_error"] is None
    reed = {(row["scenario"], row["zone"]): row for row in document["rows"] if row["metric"] == "reed_flooding"}
    assert reed["base", "north_marsh"]["period"] == "2020 spring"
    assert reed["base", "north_marsh"]["threshold"] == reed["lower", "south_marsh"]["threshold"] == 60
    stork = [row for row in document["rows"] if row["metric"] == "stork"]
    assert {row["threshold"] for row in stork if row["zone"] == "north_marsh"} == {stork[0]["value"]}
    shown = call("compare", "base.nc", "lower.toml", "--indicators", "reed.toml")
    assert re.search(r"^reed_flooding +north_marsh +2020 spring .*(meets|fails) .*>= 60", shown.stdout, flags=re.M)


def test_indicators_of_one_result(marshes: Path) -> None:
    got = call("indicators", "base.nc")
    assert got.exit_code == 0, got.stderr
    assert got.stderr == ""
    assert got.stdout.splitlines()[2].split() == ["indicator", "zone", "value", "units"]
    assert call("indicators", "base.toml").exit_code == 0


def test_list_names_everything(deltasim: Command) -> None:
    from deltasim.indicators import INDICATORS

    got = deltasim("indicators", "--list")
    assert got.exit_code == 0
    assert all(name in got.stdout for name in INDICATORS)


def test_mistakes_have_lines_and_status_3(marshes: Path) -> None:
    (marshes / "wrong.toml").write_text('[indicator.a]\nfunction = "wet_dais"\n\n[indicator.b]\n', encoding="utf-8")
    got = call("compare", "base.nc", "base.nc", "--indicators", "wrong.toml", "-o", "new.nc")
    assert got.exit_code == 3
    assert got.stderr.splitlines() == [
        'wrong.toml:2: indicator.a.function: there is no indicator "wet_dais"; did you mean "wet_days"?',
        'wrong.toml:4: indicator.b: "function" is missing: an indicator, or an index, of the catalogue',
        "2 problems; nothing was written.",
    ]
    assert not (marshes / "new.nc").exists()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("compare", "base.nc"), 2, "Missing argument 'VARIANTS...'"),
        (("compare", "base.nc", "lowr.toml"), 2, "did you mean lower.toml"),
        (("compare", "base.nc", "lower.toml", "-o", "base.nc"), 2, "base.nc is read by this command"),
        (("compare", "base.nc", "lower.toml", "-o", "base.toml"), 2, "is there and is no NetCDF file"),
        (("compare", "base.nc", "lower.toml", "--csv", "base.nc"), 2, "base.nc is read by this command"),
        (("compare", "base.nc", "lower.toml", "--csv", "x", "-o", "x"), 2, "x is named for both"),
        (("compare", "base.nc", "lower.toml", "-o", "no/x.nc"), 2, "there is no folder no"),
        (("indicators",), 2, "Missing argument 'RESULT'"),
    ],
)
def test_wrong_usage(marshes: Path, words: tuple[str, ...], status: int, said: str) -> None:
    del marshes
    got = call(*words)
    assert got.exit_code == status
    assert said in got.stderr


def test_same_names_are_told_apart(marshes: Path) -> None:
    (marshes / "other").mkdir(exist_ok=True)
    (marshes / "other" / "base.nc").write_bytes((marshes / "base.nc").read_bytes())
    got = call("compare", "base.nc", "other/base.nc", "base.nc", "--json")
    names = [run["run_name"] for run in json.loads(got.stdout)["runs"]]
    assert len(set(names)) == 3
    assert names[1] == "other/base"


def test_gap_is_told_on_standard_error(marshes: Path) -> None:
    with xr.open_dataset(marshes / "base.nc") as result:
        assert "salinity" not in result
    text = '[indicator.iha]\nfunction = "iha"\nof = "sill"\narguments = { water_year_start = 4 }\n'
    (marshes / "halves.toml").write_text(text, encoding="utf-8")
    got = call("indicators", "base.nc", "--indicators", "halves.toml")
    assert got.exit_code == 0, got.stderr
    assert "warning: base: iha: 66 of 66 values lack data, see valid_fraction" in got.stderr
    assert re.search(r"^iha median_april|^median_april", got.stdout, flags=re.M)


def test_narrow_terminal_breaks_no_number(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every value stands whole on a line of its own with its scenario; the same table fits a wide terminal as a table."""
    comparison = comparison_samples.made()
    monkeypatch.setattr(peaks, "PIPED_WIDTH", 60)
    comparison_table.show(comparison, [])
    narrow = capsys.readouterr().out
    assert max(map(len, narrow.split("in brackets")[0].splitlines())) <= 60
    for i, value in enumerate(comparison.value.values):
        scenario = str(comparison.scenario.values[i])
        assert re.search(
            rf"^  {scenario} +{re.escape(comparison_table.number(value))}( |$)", narrow, flags=re.MULTILINE
        )
    monkeypatch.setattr(peaks, "PIPED_WIDTH", 200)
    comparison_table.show(comparison, [])
    assert re.search(
        r"^indicator +zone +no_water +july_pulse +split_pulse", capsys.readouterr().out, flags=re.MULTILINE
    )
