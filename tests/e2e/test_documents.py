"""What the documents and the shipped scenarios promise: blocks that run, tables without gaps, data that follow."""

import csv
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import deltasim
from deltasim.links import LINKS
from deltasim.nodes import NODES
from deltasim.scenario import from_text

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(path for path in ROOT.glob("scenarios/*/*.toml"))
SWAN_LAKE = ROOT / "scenarios" / "swan_lake"
MODELS = {name: kind.model for name, kind in LINKS.items()} | dict(NODES)
SHARED_KEYS = {"from", "to", "open", "direction", "name"}
"""Keys that docs/scenario.md describes once for all links, and the name, which is not a key."""


def blocks(document: str, language: str) -> list[str]:
    """Fenced blocks of one language in a document of this repository."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_readme_promises_two_commands() -> None:
    (block,) = blocks("README.md", "sh")
    install_and_run, install_and_test = block.splitlines()
    assert "deltasim run scenarios/swan_lake/lekima.toml" in install_and_run
    assert install_and_test.endswith("python -m pytest")


def test_scenario_in_the_readme_runs() -> None:
    (block,) = blocks("README.md", "toml")
    result = deltasim.run(from_text(block, {}, path="README.toml"))
    assert float(result.max_stage.sel(node="pond")) > 1.0


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenario_has_no_problem_and_no_warning(path: Path) -> None:
    scenario = deltasim.load(path)
    assert scenario.warnings == ()
    assert (path.parent / "README.md").is_file()


@pytest.mark.parametrize("kind", MODELS)
def test_documentation_names_exactly_the_keys_of_the_kind(kind: str) -> None:
    text = (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8")
    section = re.search(rf"^### {kind}\n(.*?)(?=^##|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert section, f"docs/scenario.md has no section on {kind}"
    keys = {field.alias or name for name, field in MODELS[kind].model_fields.items()}
    assert keys - set(re.findall(r"`(\w+)`", section[1])) <= SHARED_KEYS
    in_tables = re.findall(r"^\| (`.*?) \|", section[1], flags=re.MULTILINE)
    assert {key for cell in in_tables for key in re.findall(r"`(\w+)`", cell)} <= keys


def test_forcing_of_swan_lake_is_what_its_script_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SWAN_LAKE / "make_forcing.py", tmp_path], check=True)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in SWAN_LAKE.glob("*.csv")}


def test_figures_that_are_known_of_swan_lake_are_kept() -> None:
    with (SWAN_LAKE / "rain.csv").open(encoding="utf-8") as file:
        rain = {row["time"]: Decimal(row["rain"]) for row in csv.DictReader(file)}
    wet = [time for time, depth in rain.items() if depth]
    assert sum(rain.values()) == Decimal("310.8")
    assert (wet[0], wet[-1], len(wet)) == ("2019-08-10T08:00+08:00", "2019-08-12T11:00+08:00", 52)

    curve = deltasim.load(SWAN_LAKE / "lekima.toml").nodes["swan_lake"].curve
    assert curve["area"][-1] == 32e6
    assert curve["storage"][-1] == 40e6
