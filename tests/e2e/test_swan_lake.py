"""The Swan Lake case: what its README says is what its two scenarios give."""

import importlib.util
import re
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr

import deltasim

FOLDER = Path(__file__).parents[2] / "scenarios" / "swan_lake"


class Runs(NamedTuple):
    """Results of both scenarios."""

    lake: xr.Dataset
    none: xr.Dataset


@pytest.fixture(scope="module")
def runs() -> Runs:
    return Runs(*(deltasim.run(deltasim.load(FOLDER / name)) for name in ("lekima.toml", "without_basin.toml")))


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    """Load the script that prints the table of the README; it lies in no package."""
    spec = importlib.util.spec_from_file_location("swan_lake_figures", FOLDER / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table_of_the_readme() -> list[list[str]]:
    """Cells of the table with and without the basin."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^\| \| with the basin \| without \|\n\|[-|]+\|\n((?:\|.*\n)+)", text, flags=re.MULTILINE)
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]


def as_number(cell: str) -> float:
    """Value of a cell: a number, or minutes of August where it is a time."""
    if "August" not in cell:
        return float(cell)
    return (datetime.strptime(f"2019 {cell}", "%Y %d August %H:%M") - datetime(2019, 8, 1)).total_seconds() / 60.0


def test_table_of_the_readme_is_what_the_runs_give(runs: Runs, figures: ModuleType) -> None:
    """To one unit of the last digit printed: two machines may fall on either side of a rounding."""
    rows = figures.table(*runs)
    printed = table_of_the_readme()
    assert [cells[0] for cells in printed] == [row.name for row in rows]
    for (name, *cells), row in zip(printed, rows, strict=True):
        for cell, computed in zip(cells, row.cells()[1:], strict=True):
            if computed == "–":
                assert cell == computed, name
                continue
            assert as_number(cell) == pytest.approx(as_number(computed), abs=1.001 * 10.0**-row.decimals), name
            assert len(cell) == len(computed), name


def test_basin_takes_as_much_off_the_river_as_the_readme_says(runs: Runs, figures: ModuleType) -> None:
    rows = {cells[0]: cells[1:] for cells in table_of_the_readme()}
    for place, node in (("intake", figures.INTAKE), ("city", figures.CITY)):
        with_it, without = map(float, rows[f"river at the {place}, highest stage, m"])
        lower = float(runs.none.max_stage.sel(node=node) - runs.lake.max_stage.sel(node=node))
        assert lower == pytest.approx(without - with_it, abs=0.011)
        assert lower > 0.9


def test_both_balances_close(runs: Runs) -> None:
    for run in runs:
        assert abs(run.attrs["relative_balance_error"]) < 1e-14
        moved = float(run.discharge.sel(link="guangli_flood").sum()) * 900.0
        assert float(abs(run.balance_error).max()) < 1e-12 * moved


def test_basin_is_well_used_and_not_beyond_its_top(runs: Runs) -> None:
    assert 30e6 < float(runs.lake.storage.sel(node="swan_lake").max()) < 40e6
    assert float(runs.lake.max_stage.sel(node="swan_lake")) < 2.3


def orders(run: xr.Dataset, target: str, source: str) -> list[tuple[np.datetime64, float]]:
    """Return when a rule set something, and to what."""
    mine = (run.event_target == target) & (run.event_source == source)
    return list(zip(run.event_time.values[mine], run.event_value.values[mine], strict=True))


def test_gates_are_moved_by_their_rules_at_their_rates(runs: Runs) -> None:
    """The intake opens once, by 0.1 m a minute: so far at the next output time, 0.8 m at the one after."""
    lake = runs.lake
    intake = orders(lake, "gate.intake.opening", "rule.take_the_peak")
    release = orders(lake, "gate.release.opening", "rule.release_on_the_ebb")
    assert [value for _, value in intake] == [0.0, 0.8, 0.0]
    assert [value for _, value in release] == [1.0, 0.0] * 10
    opened = intake[1][0]
    opening = lake.opening.sel(link="intake")
    following = lake.time.values[lake.time.values > opened][0]
    minutes = (following - opened) / np.timedelta64(1, "m")
    assert 0.0 < minutes < 8.0
    assert float(opening.sel(time=following)) == pytest.approx(0.1 * minutes, abs=1e-6)
    assert float(opening.sel(time=following + np.timedelta64(15, "m"))) == 0.8
    river = lake.stage.sel(node="guangli_008")
    before, after = river.sel(time=opened, method="ffill"), lake.max_stage.sel(node="guangli_008")
    assert float(before) < 2.80 <= float(after) + 1e-4


def test_release_and_intake_never_run_backwards_nor_at_the_same_time(runs: Runs) -> None:
    """Neither has flaps: only the rules, which leave 2 and 5 cm while the leaves come down, keep the water out."""
    lake = runs.lake
    assert all(lake.discharge.sel(link=gate).min() >= 0.0 for gate in ("release", "intake"))
    scenario = deltasim.load(FOLDER / "lekima.toml")
    assert {scenario.links[gate].direction for gate in ("release", "intake")} == {"both"}
    both = (lake.opening.sel(link="release") > 0.0) & (lake.opening.sel(link="intake") > 0.0)
    assert int(both.sum()) == 0


def test_pumps_stand_still_without_the_basin_while_the_river_is_too_high(runs: Runs, figures: ModuleType) -> None:
    for pump in ("city_first", "city_second"):
        path = f"pump.{pump}.capacity"
        assert path not in runs.lake.event_target.values
        stop, start = figures.set_to(runs.none, path)[0]
        pumped = runs.none.discharge.sel(link=pump, time=slice(stop + np.timedelta64(15, "m"), start))
        assert len(pumped) > 100
        assert float(abs(pumped).max()) == 0.0
    assert float(runs.none.max_stage.sel(node="city") - runs.lake.max_stage.sel(node="city")) > 0.1
