"""What the documents and the shipped scenarios promise: blocks that run, tables without gaps, data that follow."""

import csv
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deltasim
from deltasim import fields
from deltasim.links import Ends, weir
from deltasim.scenario import from_text
from deltasim.scenario.schema import models

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(path for path in ROOT.glob("scenarios/*/*.toml") if path.name != "indicators.toml")
SWAN_LAKE = ROOT / "scenarios" / "swan_lake"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("scenarios/**/*.md")])


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


@pytest.mark.parametrize("kind", models())
def test_guide_has_a_section_on_every_kind_that_leads_to_its_page(kind: str) -> None:
    text = (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8")
    section = re.search(rf"^### {kind}\n(.*?)(?=^##|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert section, f"docs/scenario.md has no section on {kind}"
    assert f"(reference/{kind}.md)" in section[1]


def anchors(path: Path) -> set[str]:
    """Places in a document that a link can lead to, as GitHub names them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles} | set(
        re.findall(r'<a id="(\w+)">', text)
    )


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_law_in_contributing_is_one() -> None:
    """At stages about its base, below and above: k w / (2 l) = 0.5, so Q = 0.5 (H^2 - D^2)."""
    (block,) = blocks("CONTRIBUTING.md", "python")
    names: dict[str, Any] = {**vars(weir), "jit": lambda law: law, "Length": fields.Length, "Level": fields.Level}
    exec(block, names)
    dam = names["DAM"]
    keys = {"base_level": 1.0, "conductivity": "0.01 m/s", "width": 200.0, "thickness": 2.0}
    link = dam.model.model_validate({"name": "x", "from": "a", "to": "b", **keys})
    parameters = dam.build([link], [Ends(None, None, 1e-4)])
    for h_from, h_to, discharge in (
        (3.0, 2.0, 1.5),
        (2.0, 3.0, -1.5),
        (2.0, 0.5, 0.5),
        (0.5, 0.2, 0.0),
        (2.0, 2.0, 0.0),
    ):
        q, by_from, by_to, _ = dam.law(parameters, 0, h_from, h_to, 1.0)
        assert q == pytest.approx(discharge, abs=1e-15)
        up = [dam.law(parameters, 0, h_from + a, h_to + b, 1.0)[0] for a, b in ((1e-6, 0.0), (0.0, 1e-6))]
        assert (np.array(up) - q) / 1e-6 == pytest.approx([by_from, by_to], abs=1e-5)
    assert dam.model.__doc__ is not None
    assert "References" in dam.model.__doc__


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
