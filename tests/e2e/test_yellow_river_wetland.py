"""The Yellow River wetland: what its README says is what its three configurations give."""

import csv
import importlib.util
import re
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import deltasim
from deltasim.cli.comparison_table import number
from deltasim.studies import compare

FOLDER = Path(__file__).parents[2] / "scenarios" / "yellow_river_wetland"
NAMES = ("base", "july_pulse", "split_pulse")
ZONES = ["reed_marsh", "fish_ponds", "open_lake", "suaeda_flat"]
INNER = ZONES[:3]
SILLS = ("pond_sill", "marsh_sill", "pond_outlet", "lake_sill")
README = (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def runs() -> dict[str, xr.Dataset]:
    return {name: deltasim.run(deltasim.load(FOLDER / f"{name}.toml")) for name in NAMES}


@pytest.fixture(scope="module")
def comparison(runs: dict[str, xr.Dataset]) -> xr.Dataset:
    return compare(runs, indicators=FOLDER / "indicators.toml")


def volume(run: xr.Dataset, variable: str, **of: str | list[str]) -> float:
    """Sum of a rate over the run, m3; output is every 15 minutes."""
    return float(run[variable].sel(of).sum()) * 900.0


def printed() -> dict[tuple[str, str], list[str]]:
    """Cells of the README's table by metric and zone: three of scenarios, then the threshold."""
    (block,) = re.findall(r"^```\n(base and its variants.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    rows, metric = {}, ""
    for line in block.split("\n\n")[1].splitlines()[2:]:
        cells = re.split(r"\s{2,}", line.strip())
        if not line.startswith(" "):
            metric = cells.pop(0)
        zone, _, *rest = cells
        rows[metric, zone] = rest
    return rows


def as_number(text: str) -> float:
    return float(text.rsplit(maxsplit=1)[-1].strip("()").replace(",", ""))


def test_table_of_the_readme_is_what_compare_gives(comparison: xr.Dataset) -> None:
    """Values to 1e-3 of themselves, the digits printed, and verdicts and thresholds word by word."""
    frame = comparison[["scenario", "zone", "metric", "value", "verdict", "threshold"]].to_dataframe()
    rows = printed()
    assert {(row.metric, row.zone) for row in frame.itertuples()} == set(rows)
    for row in frame.itertuples():
        cells = rows[row.metric, row.zone]
        value, *words = cells[NAMES.index(row.scenario)].split()
        assert as_number(value) == pytest.approx(row.value, rel=1e-3, abs=0.5), (row.metric, row.zone)
        verdict = words[-1] if words and words[-1] in ("meets", "fails") else "no threshold"
        assert verdict == row.verdict, (row.metric, row.zone, row.scenario)
        if np.isfinite(row.threshold):
            assert as_number(cells[3]) == pytest.approx(as_number(number(row.threshold)), rel=1e-3)


def test_water_and_salt_balances_close(runs: dict[str, xr.Dataset]) -> None:
    for run in runs.values():
        assert abs(run.attrs["relative_balance_error"]) < 1e-14
        assert abs(run.attrs["relative_salinity_balance_error"]) < 1e-12


def test_volume_of_replenishment_is_the_share_of_the_area(runs: dict[str, xr.Dataset]) -> None:
    """155 hm3 for 59,000 ha of water; the top rows of the zones' curves have 2950 ha."""
    scenario = deltasim.load(FOLDER / "base.toml")
    area = sum(float(scenario.nodes[zone].curve["area"][-1]) for zone in ZONES)
    share = 155e6 * area / 590e6
    assert share == pytest.approx(7.75e6, rel=1e-12)
    for name, expected in zip(NAMES, (0.0, share, share), strict=True):
        assert volume(runs[name], "discharge", link="replenishment") == pytest.approx(expected, rel=1e-5, abs=1e-3)
    split = runs["split_pulse"].discharge.sel(link="replenishment")
    spring = float(split.sel(time=slice("2020-03-31T16:00", "2020-04-30T16:15")).sum()) * 900.0
    assert spring == pytest.approx(share / 2, rel=1e-3)


def test_salinity_stays_between_what_enters_but_for_evaporation(runs: dict[str, xr.Dataset]) -> None:
    """Nothing is fresher than the river but by rain, nor much salter than the sea; a zone that is dry has none."""
    for run in runs.values():
        salinity = run.salinity.sel(node=ZONES)
        assert float(salinity.min()) > 0.5
        assert float(salinity.max()) < 35.0
        assert np.array_equal(np.isnan(salinity), run.depth.sel(node=ZONES) < 0.01)
        inner = salinity.sel(node=INNER)
        assert float(inner.max()) < 15.0


def test_payers_table_is_where_the_water_went(runs: dict[str, xr.Dataset]) -> None:
    """Kept, evaporated and handed on, each more than in the base, add up to what the gate gave."""
    rows = dict(re.findall(r"^\| (still in|evaporated|handed on)[^|]*\| ([\d. |]+) \|$", README, flags=re.MULTILINE))
    base = runs["base"]
    for column, name in enumerate(NAMES[1:]):
        run = runs[name]
        more = {
            "still in": float((run.storage - base.storage).sel(node=INNER).isel(time=-1).sum()),
            "evaporated": -volume(run, "evaporation", node=INNER) + volume(base, "evaporation", node=INNER),
            "handed on": volume(run, "discharge", link="lake_sill"),
        }
        assert sum(more.values()) == pytest.approx(7.75e6, abs=2e3)
        for words, value in more.items():
            assert float(rows[words].split("|")[column]) == pytest.approx(value / 1e6, abs=0.011), words


def test_forcing_is_what_its_script_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, FOLDER / "make_forcing.py", tmp_path], check=True)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in FOLDER.glob("*.csv")}


def test_published_figures_of_the_weather_are_kept() -> None:
    with (FOLDER / "weather.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rain = sum(Decimal(row["rain"]) for row in rows)
    summer = sum(Decimal(row["rain"]) for row in rows if "2020-06" <= row["time"][:7] <= "2020-09")
    assert len(rows) == 366
    assert rain == Decimal(555)
    assert round(summer / rain, 3) == Decimal("0.750")
    assert sum(Decimal(row["et0"]) for row in rows) == Decimal(1100)


def test_pictures_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    spec = importlib.util.spec_from_file_location("yellow_river_figures", FOLDER / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"depths.png", "heatmap.png", "tradeoff.png"}


def test_timing_and_sills_each_alone_do_what_the_readme_says() -> None:
    """The sills of the one configuration under the water of the other; hectares to the last digit but one unit."""
    parts = {"July": "july_pulse", "split": "split_pulse"}
    files = {"sills as they are": "base", "lower sills": "split_pulse"}
    weirs = {
        words: tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))["weir"] for words, name in files.items()
    }
    crests = {
        words: {f"weir.{sill}.crest_level": tables[sill]["crest_level"] for sill in SILLS}
        for words, tables in weirs.items()
    }
    for key, crest in crests["lower sills"].items():
        assert crest == pytest.approx(crests["sills as they are"][key] - 0.15)
    runs = {
        f"{when}, {words}": deltasim.run(deltasim.load(FOLDER / f"{name}.toml").replace(crests[words]))
        for when, name in parts.items()
        for words in crests
    }
    frame = compare(runs, indicators=FOLDER / "indicators.toml")[["scenario", "zone", "metric", "value"]].to_dataframe()
    values = {(row.scenario, row.metric, row.zone): row.value for row in frame.itertuples()}
    wanted = [(name, "reed_marsh", 1e4) for name in ("stork_spring", "stork_summer", "stork_autumn", "crane")]
    wanted.append(("to_the_flat", "lake_sill", 1e6))
    for words in runs:
        (row,) = re.findall(rf"^\| {words} \| ([\d. |]+) \|$", README, flags=re.MULTILINE)
        for text, (metric, zone, scale) in zip(row.split("|"), wanted, strict=True):
            unit = 0.0101 if "." in text else 1.01
            assert float(text) == pytest.approx(values[words, metric, zone] / scale, abs=unit), (words, metric)
