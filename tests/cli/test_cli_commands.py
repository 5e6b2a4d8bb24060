"""Every command but run: what it prints, and how it ends."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import netCDF4
import pytest
from pond import POND, RAIN, Command

from deltasim import cli
from deltasim._version import __version__
from deltasim.cli import compiling
from deltasim.results.netcdf import NetcdfSink
from results_samples import chunk, frame


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_of_the_table_is_there_and_explains_itself(name: str, deltasim: Command) -> None:
    assert import_module(f"deltasim.cli.{name}").command.name == name
    got = deltasim(name, "--help")
    assert got.exit_code == 0
    assert f"Usage: main {name}" in got.stdout
    assert cli.COMMANDS[name].split()[0] in deltasim("-h").stdout


def test_version(deltasim: Command) -> None:
    assert deltasim("--version").stdout.endswith(f" {__version__}\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run"], "Missing argument 'FILE'"),
        (["rum", "pond.toml"], "No such command 'rum'"),
        (["run", "pond.toml", "--colour"], "No such option"),
        (["run", "nowhere.toml"], "'nowhere.toml' does not exist."),
        (["run", "pnod.toml"], "'pnod.toml' does not exist; did you mean pond.toml?"),
        (["check", "pond"], "'pond' does not exist; did you mean pond.toml?"),
        (["check", "."], "'.' is a directory"),
        (["info", "."], "'.' is a directory"),
        (["run", "pond.toml", "-o", "."], "'.' is a directory"),
        (["run", "pond.toml", "--set", "weir.outlet.crest_level"], "expected PATH=VALUE, such as weir.intake.crest_le"),
        (["check", "pond.toml", "--set", "=2"], 'expected PATH=VALUE, such as weir.intake.crest_level=2.8, got "=2"'),
        (["run", "pond.toml", "-q", "--json"], "--quiet and --json contradict each other"),
    ],
)
def test_wrong_usage_ends_with_2_and_writes_nothing(
    words: list[str], message: str, deltasim: Command, folder: Path
) -> None:
    got = deltasim(*words)
    assert got.exit_code == 2
    assert message in got.stderr
    assert not got.stdout
    assert {path.name for path in folder.iterdir()} == {"pond.toml", "rain.csv"}


def test_check_counts_what_it_found(deltasim: Command) -> None:
    got = deltasim("check", "pond.toml")
    assert got.exit_code == 0
    assert got.stdout == "pond.toml: 2 nodes, 2 links, 2 days, output every 1 h; no problems\n"
    assert not got.stderr


def test_check_warns_on_stderr_and_counts(deltasim: Command, folder: Path) -> None:
    unused = '[series.lost]\ntime = ["2024-06-01", "2024-06-03"]\nvalue = [1, 1]\nunits = "m"\n'
    (folder / "pond.toml").write_text(POND + unused, encoding="utf-8")
    got = deltasim("check", "pond.toml")
    assert got.exit_code == 0
    assert got.stdout.endswith("; no problems, 1 warning\n")
    assert got.stderr == "warning: pond.toml:23: series.lost: nothing uses this series\n"


@pytest.mark.parametrize("name", ["check", "run", "info"])
def test_every_problem_has_its_line_and_they_are_counted(name: str, deltasim: Command, folder: Path) -> None:
    broken = POND.replace('to = "downstream"', 'to = "downsteam"').replace(
        "initial_stage = 1.0", 'initial_stage = "1 m3"'
    )
    (folder / "pond.toml").write_text(broken.replace('"1 h"', '"7 h"'), encoding="utf-8")
    got = deltasim(name, "pond.toml")
    assert got.exit_code == 3
    assert not got.stdout
    lines = got.stderr.splitlines()
    assert [line.split(":")[1] for line in lines[:-1]] == ["4", "9", "18"]
    assert lines[2] == 'pond.toml:18: weir.outlet.to: there is no node "downsteam"; did you mean "downstream"?'
    assert lines[-1] == "3 problems; nothing was run, nothing was written."
    assert {path.name for path in folder.iterdir()} == {"pond.toml", "rain.csv"}


def test_one_problem_is_one(deltasim: Command) -> None:
    got = deltasim("check", "pond.toml", "--set", "weir.outlet.crest_width=-1")
    assert got.exit_code == 3
    assert got.stderr.startswith("--set: weir.outlet.crest_width: ")
    assert got.stderr.endswith("\n1 problem; nothing was run, nothing was written.\n")


def test_set_changes_what_is_checked(deltasim: Command) -> None:
    assert (
        "2 days, output every 30 min;" in deltasim("check", "pond.toml", "--set", "scenario.output_step=30 min").stdout
    )


@pytest.mark.parametrize(
    ("given", "made"), [("first", "first.toml"), ("sub/my.pond", "sub/my.pond.toml"), ("a.toml", "a.toml")]
)
def test_new_writes_a_scenario_that_has_no_problem(given: str, made: str, deltasim: Command, folder: Path) -> None:
    (folder / "sub").mkdir()
    got = deltasim("new", given)
    assert got.exit_code == 0
    assert got.stdout == f"{made} is written; next:\n\n  deltasim check {made}\n  deltasim run {made}\n"
    checked = deltasim("check", made)
    assert checked.exit_code == 0
    assert not checked.stderr
    kinds = tomllib.loads((folder / made).read_text(encoding="utf-8")).keys()
    assert {"basin", "inflow", "weir", "pump", "series"} <= kinds


def test_new_quotes_what_a_shell_would_split(deltasim: Command) -> None:
    assert "deltasim run 'my pond.toml'" in deltasim("new", "my pond").stdout


def test_new_never_replaces_a_file(deltasim: Command, folder: Path) -> None:
    got = deltasim("new", "pond")
    assert got.exit_code == 2
    assert "pond.toml is there already; give another name" in got.stderr
    assert (folder / "pond.toml").read_text(encoding="utf-8") == POND


def test_new_in_a_folder_that_is_not_there(deltasim: Command) -> None:
    got = deltasim("new", "nowhere/pond")
    assert got.exit_code == 1
    assert "nowhere/pond.toml" in got.stderr
    assert "No such file or directory" in got.stderr


def test_starter_is_short_enough_to_read(deltasim: Command) -> None:
    lines = files("deltasim.cli").joinpath("starter.toml").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 70
    assert max(map(len, lines)) <= 120


def test_schema_is_json_on_stdout_or_in_a_file(deltasim: Command, folder: Path) -> None:
    got = deltasim("schema")
    assert got.exit_code == 0
    assert json.loads(got.stdout)["title"] == "deltasim scenario"
    assert deltasim("schema", "-o", "schema.json").stdout == ""
    assert (folder / "schema.json").read_text(encoding="utf-8") == got.stdout
    assert deltasim("schema", "-o", "nowhere/schema.json").exit_code == 1


def test_info_shows_a_scenario(deltasim: Command, folder: Path) -> None:
    series = '[series.tide]\ntime = ["2024-06-01", "2024-06-03"]\nvalue = [1, 1]\nunits = "m"\n[boundary.sea]\nstage = "series.tide"\n'
    series += '[rule.save]\nwhen = "pond.stage > 2"\nthen = { "weir.outlet.crest_level" = 0.5 }\n'
    (folder / "pond.toml").write_text(POND + series, encoding="utf-8")
    got = deltasim("info", "pond.toml")
    assert got.exit_code == 0
    assert "One pond [with a flood]" in got.stdout
    assert "2024-06-01 00:00 to 2024-06-03 00:00 (UTC+08:00), 2 days, output every 1 h" in got.stdout
    rows = [line.split() for line in got.stdout.splitlines()]
    assert ["pond", "basin", "0.000", "1.000", "20,000", "rain"] in rows
    assert ["downstream", "boundary", "-", "-", "-", "free", "outfall"] in rows
    assert ["sea", "boundary", "-", "-", "-", "stage", "given"] in rows
    assert ["stream", "inflow", "-", "pond"] in rows
    assert ["outlet", "weir", "pond", "downstream"] in rows
    assert ["tide", "m", "2", "in", "the", "scenario"] in rows
    assert ["rule.save", "pond.stage", ">", "2", "weir.outlet.crest_level"] in rows
    assert ["reads", "rain.csv", f"({len(RAIN)}", "bytes)"] in rows


def test_info_shows_a_result(deltasim: Command, finished: Path) -> None:
    got = deltasim("info", finished)
    assert got.exit_code == 0
    assert not got.stderr
    assert "2024-06-01 00:00 to 2024-06-03 00:00 (UTC+08:00), 2 days, 49 output times" in got.stdout
    rows = [line.split() for line in got.stdout.splitlines()]
    (pond,) = [row for row in rows if row[:2] == ["pond", "basin"]]
    with netCDF4.Dataset(finished) as file:
        assert pond[2] == f"{file['max_stage'][0]:.3f}"
        assert pond[-1] == f"{file['storage'][-1, 0]:,.0f}"
    assert ["stream", "inflow", "6.000", "2024-06-01", "06:00"] in rows
    assert ["stage", "time,", "node", "m", "water-surface", "elevation"] in rows
    assert f"made by deltasim {__version__}".split() in rows
    assert any(row[:2] == ["balance", "error"] for row in rows)
    assert "failed" not in got.stdout


def test_info_says_that_a_run_failed(deltasim: Command, folder: Path) -> None:
    sink = NetcdfSink(folder / "x.nc")
    sink.begin(made := frame())
    sink.append(chunk(made, 0, 3))
    sink.fail("the step fell below 1e-9 s", None)
    got = deltasim("info", "x.failed.nc")
    assert got.exit_code == 0
    assert "this run failed: the step fell below 1e-9 s" in got.stdout
    assert "3 output times" in got.stdout


@pytest.mark.parametrize("name", ["info", "check", "run"])
def test_files_that_are_no_results(name: str, deltasim: Command, folder: Path, finished: Path) -> None:
    whole = finished.read_bytes()
    (folder / "cut.nc").write_bytes(whole[: len(whole) // 2])
    (folder / "text.nc").write_text(POND, encoding="utf-8")
    with netCDF4.Dataset(folder / "alien.nc", "w") as file:
        file.scenario = "not ours"
    # A NetCDF file is known by its first bytes, whatever it is called.
    (folder / "alien.toml").write_bytes((folder / "alien.nc").read_bytes())
    before = set(folder.iterdir())
    for file, message in {
        "cut.nc": "cut.nc: cannot be read as NetCDF",
        "text.nc": "text.nc: cannot be read as NetCDF",
        "alien.nc": "written by deltasim",
        "alien.toml": "written by deltasim",
    }.items():
        got = deltasim(name, file)
        assert got.exit_code == 1
        assert got.stderr.startswith(f"Error: {file}: ")
        assert message in got.stderr
        assert not got.stdout
    assert set(folder.iterdir()) == before


def test_precompile_says_where(deltasim: Command) -> None:
    deltasim("precompile")
    got = deltasim("precompile")
    assert got.exit_code == 0
    assert got.stdout.startswith("the solver is compiled already, in ")


def compiles(seconds: float, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Callable[[], float]:
    """Compiling that takes so long, into a folder that is empty before."""
    monkeypatch.setattr("deltasim._jit.cache_folder", lambda: folder / "cache")

    def compile_all_kinds() -> float:
        (folder / "cache").mkdir()
        (folder / "cache" / "advance.nbc").touch()
        return seconds

    return compile_all_kinds


def test_precompile_says_how_long_it_took(deltasim: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiling, "compile_all_kinds", compiles(51.2, monkeypatch, tmp_path))
    assert deltasim("precompile").stdout.startswith("the solver was compiled in 51 s; it is kept in ")


def test_precompile_says_when_nothing_can_be_kept(
    deltasim: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(compiling, "compile_all_kinds", compiles(51.2, monkeypatch, tmp_path))
    monkeypatch.setattr(compiling, "is_kept", lambda: False)
    got = deltasim("precompile")
    assert got.exit_code == 1
    assert "cannot be written; name another folder with the environment variable DELTASIM_CACHE_DIR" in got.stderr
