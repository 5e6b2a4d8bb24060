"""Every kind of node, link and control has a page that is what its model says now, an example that runs, and a source."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import deltasim
from deltasim.links import LINKS, StageDrivenLink
from deltasim.scenario.schema import models

DOCS = Path(__file__).parents[2] / "docs"
KINDS = list(models())


def make_reference():
    """The script that writes the pages, as a module."""
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_what_the_script_makes():
    """After a change to a model, its docstring or examples.toml: ``python docs/make_reference.py``."""
    made = make_reference().pages()
    assert set(made) == {"README.md", *(f"{kind}.md" for kind in KINDS)}
    committed = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "reference").glob("*.md")}
    assert committed == made


@pytest.mark.parametrize("kind", KINDS)
def test_page_tells_every_key_and_shows_an_example(kind):
    page = (DOCS / "reference" / f"{kind}.md").read_text(encoding="utf-8")
    keys = {field.alias or name for name, field in models()[kind].model_fields.items()} - {"name"}
    assert keys == set(re.findall(r"^\| `(\w+)` ", page.split("Keys of `")[0], flags=re.MULTILINE))
    assert all(cells[1].strip() and cells[2].strip() for cells in re.findall(r"^\|(.*?)\|(.*?)\|(.*?)\|", page, re.M))
    assert f"[{kind}." in page
    assert "Notes" in models()[kind].__doc__


@pytest.mark.parametrize("kind", LINKS)
def test_law_has_a_source(kind):
    """Author and year; a discharge that is given needs none, and says so."""
    sources = make_reference().sections(LINKS[kind].model)["References"]
    if LINKS[kind].setting == "discharge":
        assert sources == "None needed: the discharge is given."
    else:
        assert re.search(r"^\w+, .*\((1[89]|20)\d\d\)", sources, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("kind", [kind for kind in LINKS if issubclass(LINKS[kind].model, StageDrivenLink)])
def test_stage_driven_law_has_a_picture(kind):
    picture = DOCS / "images" / "reference" / f"{kind}.png"
    assert 5e3 < picture.stat().st_size < 60e3
    assert f"../images/reference/{kind}.png" in (DOCS / "reference" / f"{kind}.md").read_text(encoding="utf-8")


def test_examples_hold_every_kind_and_run():
    file = DOCS / "reference" / "examples.toml"
    headers = re.findall(r"^\[(\w+)\.", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(KINDS) <= set(headers)
    result = deltasim.run(deltasim.load(file))
    assert np.isfinite(result.discharge.to_numpy()[1:]).all()
    assert abs(result.attrs["relative_balance_error"]) < 1e-9
    acted = Counter(map(str, result.event_source.to_numpy()))  # the first of each is its state at the start
    assert min(acted[s] for s in ("rule.let_go", "pump.drain", "breach.dike_break", "schedule.rest_at_night")) > 1


def test_catalogue_of_indicators_is_what_the_script_makes():
    """After a change to the catalogue: ``python docs/make_indicators.py``."""
    spec = importlib.util.spec_from_file_location("make_indicators", DOCS / "make_indicators.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "indicators.md").read_text(encoding="utf-8") == module.page()
