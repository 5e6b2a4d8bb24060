"""``deltasim run``: what it writes, prints and refuses."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from pond import POND, Command

from deltasim import simulation
from deltasim.cli import compiling
from deltasim.errors import SolverError

pytestmark = pytest.mark.usefixtures("finished")
"""The solver is compiled once, before the first of these."""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"pond.toml", "rain.csv"}


def clock(seconds: float) -> str:
    """Hour and minute of a time on the first day."""
    hour, minute = divmod(round(float(seconds) / 60.0), 60)
    return f"{hour:02}:{minute:02}"


def break_solver(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Have the solver give ten hours and then no more."""
    march = simulation.march

    def broken(network: Any, prepared: Any, times: Any, **more: Any) -> Iterator[Any]:
        yield from march(network, prepared, times[:10], **more)
        raise error

    monkeypatch.setattr(compiling, "get_ready", lambda: None)
    monkeypatch.setattr(simulation, "march", broken)


def test_run_writes_a_result_and_closes_with_tables(deltasim: Command, folder: Path) -> None:
    got = deltasim("run", "pond.toml")
    assert got.exit_code == 0, got.stderr
    assert not got.stderr
    assert names(folder) == {"pond.nc"}
    lines = got.stdout.splitlines()
    assert lines[:2] == ["One pond [with a flood]", "2024-06-01 00:00 to 2024-06-03 00:00 (UTC+08:00), 2 days"]
    rows = [line.split() for line in lines]
    with netCDF4.Dataset("pond.nc") as file:
        stage, discharge = float(file["max_stage"][0]), float(file["max_discharge"][1])
        highest, largest = clock(file["time_of_max_stage"][0]), clock(file["time_of_max_discharge"][1])
    # Vertical sides of 2 ha: the storage is the area times the depth.
    assert ["pond", "basin", f"{stage:.3f}", "2024-06-01", highest, f"{2e4 * stage:,.0f}"] in rows
    assert ["downstream", "boundary", "-", "-", "-"] in rows
    assert ["stream", "inflow", "6.000", "2024-06-01", "06:00"] in rows
    assert ["outlet", "weir", f"{discharge:.3f}", "2024-06-01", largest] in rows
    assert rows[-3][:2] == ["balance", "error"]
    assert rows[-2][0] == "solver"
    assert rows[-1] == ["written", "pond.nc"]


def test_json_has_the_numbers_of_the_file(deltasim: Command) -> None:
    got = deltasim("run", "pond.toml", "--json", "-o", "x.nc")
    assert got.exit_code == 0
    document = json.loads(got.stdout, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert (document["scenario"], document["result"]) == ("pond.toml", "x.nc")
    assert (document["start"], document["end"]) == ("2024-06-01T00:00:00+08:00", "2024-06-03T00:00:00+08:00")
    with netCDF4.Dataset("x.nc") as file:
        assert document["nodes"]["pond"]["max_stage"] == float(file["max_stage"][0])
        assert document["nodes"]["pond"]["balance_error"] == float(file["balance_error"][0])
        assert document["links"]["outlet"]["max_discharge"] == float(file["max_discharge"][1])
        assert document["solver_steps"] == file.solver_steps
        assert document["relative_balance_error"] == file.relative_balance_error
        assert document["units"]["max_discharge"] == file["max_discharge"].units
    assert document["nodes"]["downstream"]["max_stage"] is None
    assert document["nodes"]["downstream"]["time_of_max_stage"] is None
    assert document["links"]["stream"] == {
        "kind": "inflow",
        "from": None,
        "to": "pond",
        "max_discharge": 6.0,
        "time_of_max_discharge": "2024-06-01T06:00:00+08:00",
    }


def test_caller_can_look_for_garbage_again(deltasim: Command) -> None:
    """What is frozen no longer tells who refers to it, and tools that a caller has beside us ask that."""
    assert deltasim("run", "pond.toml").exit_code == 0
    assert gc.get_freeze_count() == 0


def test_quiet_prints_nothing(deltasim: Command, folder: Path) -> None:
    got = deltasim("run", "pond.toml", "-q")
    assert (got.exit_code, got.stdout, got.stderr) == (0, "", "")
    assert names(folder) == {"pond.nc"}


def test_float32_halves_what_depends_on_time(deltasim: Command) -> None:
    deltasim("run", "pond.toml", "-q", "--float32")
    with netCDF4.Dataset("pond.nc") as file:
        assert file["stage"].dtype == np.float32
        assert file["max_stage"].dtype == np.float64


def test_uncompressed_holds_the_same_and_is_larger(deltasim: Command) -> None:
    deltasim("run", "pond.toml", "-q", "--set", "scenario.output_step=1 min")
    deltasim("run", "pond.toml", "-q", "--set", "scenario.output_step=1 min", "--uncompressed", "-o", "large.nc")
    with netCDF4.Dataset("pond.nc") as small, netCDF4.Dataset("large.nc") as large:
        assert small["stage"].filters()["zlib"]
        assert not large["stage"].filters()["zlib"]
        assert np.array_equal(small["stage"][:].filled(), large["stage"][:].filled(), equal_nan=True)
    assert Path("large.nc").stat().st_size > 1.2 * Path("pond.nc").stat().st_size


def test_set_wins_over_the_file_and_is_told_in_the_history(deltasim: Command) -> None:
    words = ["--set", "weir.outlet.crest_width=8", "--set", "scenario.title=twice as wide"]
    deltasim("run", "pond.toml", "-q", "-o", "wide.nc", *words)
    with netCDF4.Dataset("wide.nc") as file:
        assert file.title == "twice as wide"
        assert "crest_width = 8" in file.scenario
        given = "--set weir.outlet.crest_width=8 --set 'scenario.title=twice as wide'"
        assert file.history.endswith(f"Z deltasim run pond.toml --output wide.nc {given}")


def test_result_runs_again_from_itself_to_the_same_bits(deltasim: Command, folder: Path, finished: Path) -> None:
    (folder / "moved.nc").write_bytes(finished.read_bytes())
    for file in ("pond.toml", "rain.csv"):
        (folder / file).unlink()
    got = deltasim("run", "moved.nc")
    assert got.exit_code == 0, got.stderr
    assert names(folder) == {"moved.nc", "moved_rerun.nc"}
    with netCDF4.Dataset("moved.nc") as one, netCDF4.Dataset("moved_rerun.nc") as two:
        assert one.variables.keys() == two.variables.keys()
        for name in one.variables:
            first, second = (np.ma.filled(file[name][...]) for file in (one, two))
            assert first.tobytes() == second.tobytes() if first.dtype != object else list(first) == list(second)


def test_what_the_water_carries_is_in_the_table_and_runs_again_to_the_same_bits(
    deltasim: Command, folder: Path
) -> None:
    more = "[substance.salinity]\n[tracing]\nsources = true\nage = true\n"
    salty = POND.replace('units = "m3/s" }', 'units = "m3/s" }\nconcentration = { salinity = 7 }')
    (folder / "salty.toml").write_text(salty + more, encoding="utf-8")
    got = deltasim("run", "salty.toml")
    assert got.exit_code == 0, got.stderr
    line = next(line.split() for line in got.stdout.splitlines() if line.startswith("of salinity"))
    assert float(line[2]) < 1e-12
    assert deltasim("run", "salty.nc").exit_code == 0
    with netCDF4.Dataset("salty.nc") as one, netCDF4.Dataset("salty_rerun.nc") as two:
        for name in ("salinity", "source_fraction", "water_age", "salinity_balance_error"):
            assert one[name][...].tobytes() == two[name][...].tobytes()


def test_result_runs_again_with_a_change(deltasim: Command, finished: Path) -> None:
    assert deltasim("run", finished, "-q", "--set", "weir.outlet.crest_width=8").exit_code == 0
    with netCDF4.Dataset("pond_rerun.nc") as wide, netCDF4.Dataset(finished) as narrow:
        assert wide["max_stage"][0] < narrow["max_stage"][0]
    got = deltasim("run", finished, "--set", "weir.outlet.crest_widht=8")
    assert got.exit_code == 3
    assert got.stderr.startswith('--set: weir.outlet.crest_widht: unknown key; did you mean "crest_width"?')


def test_run_of_an_invalid_scenario_leaves_an_older_result(deltasim: Command, folder: Path) -> None:
    deltasim("run", "pond.toml", "-q")
    before = (folder / "pond.nc").read_bytes()
    assert deltasim("run", "pond.toml", "--set", "weir.outlet.crest_width=0").exit_code == 3
    assert (folder / "pond.nc").read_bytes() == before
    assert names(folder) == {"pond.nc"}


@pytest.mark.parametrize("output", ["nowhere/x.nc", "rain.csv/x.nc"])
def test_folder_that_cannot_be_written_is_told_before_anything_is_computed(
    output: str, deltasim: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "get_ready", lambda: pytest.fail("compiled for nothing"))
    monkeypatch.setattr(simulation, "march", lambda *args, **more: pytest.fail("computed for nothing"))
    got = deltasim("run", "pond.toml", "-o", output)
    assert got.exit_code == 1
    assert got.stderr.startswith(f"Error: cannot write {output}: there is no folder ")
    assert not names(folder)


@pytest.mark.parametrize("output", ["pond.toml", "./rain.csv", "notes.txt", "pond.nc", "link.nc"])
def test_what_is_read_or_was_no_result_is_not_replaced(
    output: str, deltasim: Command, folder: Path, finished: Path
) -> None:
    (folder / "notes.txt").write_text("not a result", encoding="utf-8")
    (folder / "pond.nc").write_bytes(finished.read_bytes())
    (folder / "link.nc").symlink_to("pond.nc")
    source = "pond.nc" if output in ("pond.nc", "link.nc") else "pond.toml"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    got = deltasim("run", source, "-o", output)
    assert got.exit_code == 2
    assert "name another file with -o" in got.stderr.lower()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_netcdf_file_that_the_scenario_reads_is_not_replaced_by_its_result(deltasim: Command, folder: Path) -> None:
    with netCDF4.Dataset(folder / "pond.nc", "w") as file:
        file.createDimension("time", 2)
        time = file.createVariable("time", "f8", ("time",))
        time.units, time[:] = "hours since 2024-05-31 16:00:00", [0, 48]
        rain = file.createVariable("rain", "f8", ("time",))
        rain[:] = 1.0
    (folder / "pond.toml").write_text(POND.replace('"rain.csv"', '"pond.nc"'), encoding="utf-8")
    before = (folder / "pond.nc").read_bytes()
    got = deltasim("run", "pond.toml")
    assert got.exit_code == 2, got.stderr
    assert "pond.nc is read by this run; name another file with -o" in got.stderr
    assert (folder / "pond.nc").read_bytes() == before


def test_empty_file_and_older_result_are_replaced(deltasim: Command, folder: Path) -> None:
    (folder / "x.nc").touch()
    for width in (4, 8):
        assert (
            deltasim("run", "pond.toml", "-q", "-o", "x.nc", "--set", f"weir.outlet.crest_width={width}").exit_code == 0
        )
        with netCDF4.Dataset("x.nc") as file:
            assert f"crest_width = {width}" in file.scenario


def test_failed_run_tells_the_time_of_the_scenario_and_the_file(
    deltasim: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = SolverError("the run stopped at 37230.5 s: the step fell below 1e-9 s.", time=37230.5, component="pond")
    break_solver(monkeypatch, error)
    got = deltasim("run", "pond.toml")
    assert got.exit_code == 1
    assert not got.stdout
    assert got.stderr.splitlines() == [
        "Error: pond.toml: the run stopped at 37230.5 s: the step fell below 1e-9 s.",
        "37230.5 s is 2024-06-01 10:20:30 on the scenario's clock.",
        "What was computed until then is in pond.failed.nc.",
    ]
    assert names(folder) == {"pond.failed.nc"}
    with netCDF4.Dataset("pond.failed.nc") as file:
        assert len(file["time"]) == 11
        assert file.run_failed.startswith("the run stopped at 37230.5 s")
    shown = deltasim("info", "pond.failed.nc").stdout
    assert "this run failed: the run stopped at 37230.5 s" in shown
    refused = deltasim("run", "pond.failed.nc", "-o", "pond.nc")
    assert refused.exit_code == 2
    assert "pond.failed.nc is read by this run" in refused.stderr


def test_bug_shows_its_traceback_and_leaves_no_finished_file(
    deltasim: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_solver(monkeypatch, ZeroDivisionError("a bug"))
    got = deltasim("run", "pond.toml")
    assert isinstance(got.exception, ZeroDivisionError)
    assert names(folder) == {"pond.failed.nc"}


def test_interrupted_run_says_what_is_left(deltasim: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_solver(monkeypatch, KeyboardInterrupt())
    got = deltasim("run", "pond.toml")
    assert got.exit_code == 130
    assert got.stderr == "\ninterrupted; what there was is in pond.failed.nc\n"
    assert not got.stdout
    assert names(folder) == {"pond.failed.nc"}


def test_interrupted_before_the_run_leaves_nothing(
    deltasim: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(compiling, "get_ready", interrupt)
    got = deltasim("run", "pond.toml")
    assert (got.exit_code, got.stderr) == (130, "\ninterrupted; nothing was written\n")
    monkeypatch.setattr("deltasim.scenario.load", interrupt)
    got = deltasim("run", "pond.toml")
    assert (got.exit_code, got.stderr) == (130, "\ninterrupted\n")
    assert not names(folder)


COMPILING = "compiling the solver, once; this takes ten to twenty seconds, and a kind of link a second or two when it first comes\n"


def test_first_run_compiles_and_says_so_once(deltasim: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[bool] = []
    monkeypatch.setattr("deltasim._jit.is_compiled", lambda: bool(compiled))
    monkeypatch.setattr(compiling, "compile_solver", lambda: compiled.append(True))
    got = deltasim("run", "pond.toml", "-q")
    assert (got.exit_code, got.stderr) == (0, COMPILING)
    assert deltasim("run", "pond.toml", "-q").stderr == ""
    assert compiled


def test_run_compiles_every_time_where_nothing_can_be_kept(deltasim: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deltasim._jit.is_compiled", lambda: False)
    monkeypatch.setattr(compiling, "is_kept", lambda: False)
    got = deltasim("run", "pond.toml", "-q")
    assert got.exit_code == 0
    assert got.stderr.startswith("compiling the solver, some twenty seconds; ")
    assert "cannot be written, so every run will: DELTASIM_CACHE_DIR names another folder" in got.stderr


def test_starter_runs_and_its_pump_and_spillway_work(deltasim: Command) -> None:
    deltasim("new", "first")
    got = deltasim("run", "first.toml", "--json")
    assert got.exit_code == 0, got.stderr
    links = json.loads(got.stdout)["links"]
    assert links["spillway"]["max_discharge"] > 1.0
    assert links["drain"]["max_discharge"] == pytest.approx(0.2, rel=1e-6)


def test_timings_tell_each_part_and_the_whole(deltasim: Command) -> None:
    got = deltasim("run", "pond.toml", "--timings", "-o", "x.nc")
    assert got.exit_code == 0, got.stderr
    assert not got.stderr
    before, after = got.stdout.split("time went to")
    assert before.split()[-4:-2] == ["written", "x.nc"]
    *rows, beside = [line for line in after.splitlines()[2:] if line.strip()]
    seconds = {part: float(took) for part, took, _ in (row.rsplit(maxsplit=2) for row in rows)}
    assert {"start of Python", "reading the scenario", "solving", "closing the file"} <= seconds.keys()
    assert beside.split()[:2] == ["meanwhile,", "writing"]
    whole = seconds.pop("the whole process")
    assert list(seconds)[-1] == "what lies between"
    assert sum(seconds.values()) == pytest.approx(whole, abs=0.0005 * (len(seconds) + 1))
    with netCDF4.Dataset("x.nc") as file:
        assert "timings" not in file.history


def test_timings_of_json_add_up(deltasim: Command) -> None:
    document = json.loads(deltasim("run", "pond.toml", "--json", "--timings").stdout)
    timings = document["timings"]
    total = timings.pop("total")
    assert timings.pop("writer_thread") > 0.0
    assert timings.keys() >= {"python", "imports", "reading", "preparing", "compiled_code", "solving", "writing"}
    assert all(seconds >= 0.0 for seconds in timings.values())
    assert sum(timings.values()) == pytest.approx(total)
    assert timings["solving"] >= document["solver_seconds"]
    assert document["units"]["timings"] == "s"
    assert "timings" not in json.loads(deltasim("run", "pond.toml", "--json").stdout)


def test_timings_need_the_closing_table(deltasim: Command) -> None:
    got = deltasim("run", "pond.toml", "-q", "--timings")
    assert got.exit_code == 2
    assert "--quiet and --timings contradict each other" in got.stderr
