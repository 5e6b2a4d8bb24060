"""The direction of the house: each room imports only from rooms before it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "deltasim"

ROOMS = [
    "_version",
    "_garbage",
    "errors",
    "constants",
    "unit_tables",
    "units",
    "signal",
    "state",
    "tide",
    "faults",
    "tables",
    "parts",
    "fields",
    "concentrations",
    "variables",
    "_lines",
    "_packed",
    "_jit",
    "geometry",
    "links",
    "fluxes",
    "nodes",
    "network",
    "control",
    "quality",
    "solver",
    "forcing",
    "scenario",
    "results",
    "indicators",
    "exports",
    "plots",
    "progress",
    "timings",
    "simulation",
    "studies",
    "cli",
]
"""In the order in which a scenario walks through them."""

FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py" and path != PACKAGE / "__init__.py")


def room_of(path):
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "deltasim":
            parts = node.module.split(".")
            names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
            yield from ((node.lineno, name) for name in names if name in ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    own = ROOMS.index(room_of(path))
    wrong = [f"line {line} imports {room}" for line, room in imported_rooms(path) if ROOMS.index(room) > own]
    assert wrong == []
