"""An empty folder to give commands in, and a result to give them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pond import POND, RAIN, Command, call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, but for the scenario ``pond.toml`` and its rain."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pond.toml").write_text(POND, encoding="utf-8")
    (tmp_path / "rain.csv").write_text(RAIN, encoding="utf-8")
    return tmp_path


@pytest.fixture
def deltasim(folder: Path) -> Command:
    """The command, in that folder."""
    del folder
    return call


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result of the scenario, made by the command; the solver is compiled from here on."""
    place = tmp_path_factory.mktemp("finished")
    (place / "pond.toml").write_text(POND, encoding="utf-8")
    (place / "rain.csv").write_text(RAIN, encoding="utf-8")
    result = call("run", place / "pond.toml", "-o", place / "pond.nc", "--quiet")
    assert result.exit_code == 0, result.stderr
    return place / "pond.nc"
