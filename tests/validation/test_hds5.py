"""Culverts against FHWA HDS-5, problem 1: four trial barrels for 5.663 m3/s under a road.

The file gives what HDS-5 prints, read from its nomographs ("pub"), which HDS-5 itself gives to 10 %, and the same from
its equations, rounded to 0.0001 D, 0.1 mm of loss and 1 mm of level.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from deltasim.links import LINKS, Ends
from deltasim.links.barrel import Barrel
from deltasim.links.hds5 import inlet_headwater
from deltasim.solver.filling import evaluate_law

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "worked_examples" / "culvert_hds5_problem1.csv"
pytestmark = pytest.mark.skipif(not DATA.is_file(), reason="validation data are not beside the repository")

NAMES = ("1800 CMP bevel", "1500 CMP bevel", "1500 conc groove", "1350 conc groove")
INLETS = {"CMP bevel": "circular_bevel_45", "conc groove": "circular_concrete_groove_end"}
INVERT = 30.48
"""Of the inlet, m: 100 ft, from which the file's levels count."""


def row_of(name):
    with DATA.open() as file:
        row = next(row for row in csv.DictReader(file) if row["barrel"] == name)
    return {key: value if key == "barrel" else float(value) for key, value in row.items()}


def culvert_of(row):
    keys = {
        "diameter": row["D_m"],
        "length": row["L_m"],
        "manning_n": row["n"],
        "invert_level_from": INVERT,
        "invert_level_to": INVERT - row["S"] * row["L_m"],
        "inlet": INLETS[row["barrel"].partition(" ")[2]],
    }
    return LINKS["culvert"].model.model_validate({"name": "x", "from": "a", "to": "b", **keys})


def flow(culvert, h_from, h_to):
    parameters = LINKS["culvert"].build([culvert], [Ends(None, None, 1e-4)])
    return evaluate_law(parameters, 0, h_from, h_to, 1.0)[0]


def headwater(culvert, q, h_to):
    """Level of the headwater, m, at which the law lets `q` through."""
    low, high = INVERT, INVERT + 10.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if flow(culvert, middle, h_to) < q else (low, middle)
    return high


@pytest.mark.parametrize("name", NAMES)
def test_the_constants_are_those_of_the_file(name):
    row = row_of(name)
    edge = culvert_of(row).edge
    assert (edge.form, edge.k, edge.m, edge.c, edge.y) == (1, row["K"], row["M"], row["c"], row["Y"])
    assert edge.entrance_loss == row["ke"]


@pytest.mark.parametrize("name", NAMES)
def test_inlet_control(name):
    """Equation 26 up to Q/(A D^0.5) = 1.93 (the first barrel, 1.66), equation 28 from 2.21 (2.62 and 3.41)."""
    row = row_of(name)
    culvert = culvert_of(row)
    ratio = inlet_headwater(culvert.edge, culvert.barrel, np.array([row["Q_m3s"]]), row["S"])[0] / row["D_m"]
    equation = "HWi_over_D_eq26" if name == "1800 CMP bevel" else "HWi_over_D_eq28"
    assert ratio == pytest.approx(row[equation], abs=1e-4)
    assert ratio == pytest.approx(row["HWi_over_D_pub"], rel=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_full_barrel_losses(name):
    """Both ends drowned, the published discharge takes the published loss: ke = 0.2, kx = 1 and friction.

    The culvert's own inlet control is then out of the way, for the headwater stands metres above it.
    """
    row = row_of(name)
    tail = INVERT + 20.0
    q = flow(culvert_of(row), tail + row["H_formula_m"], tail)
    assert q == pytest.approx(row["Q_m3s"], rel=0.5 * 5e-5 / row["H_formula_m"] + 2e-4)
    assert row["H_formula_m"] == pytest.approx(row["H_pub_m"], rel=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_free_outlet_control(name):
    """The level that the full barrel needs above the grade line at (dc + D)/2, which stands above the tailwater."""
    row = row_of(name)
    q = np.array([row["Q_m3s"]])
    drop = row["S"] * row["L_m"]
    barrel = Barrel(0.0, row["D_m"])
    assert 0.5 * (barrel.critical_depth(q)[0] + row["D_m"]) > row["TW_m"]
    _, needed = barrel.free_headwaters(
        q, length=row["L_m"], drop=drop, manning_n=row["n"], entrance_loss=row["ke"], exit_loss=1.0
    )
    assert INVERT + needed[0] == pytest.approx(row["ELho_formula_m"], abs=1e-3)
    assert INVERT + needed[0] == pytest.approx(row["ELho_pub_m"], abs=0.1 * row["H_pub_m"])


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_law(name):
    """The higher of the two headwaters is the culvert's, whatever the tailwater below the grade line at the outlet.

    To 0.5 % of the head: the tailwater stands at 0.6 to 0.8 D, above which the law of the partly full barrel begins to
    bind (0.4 % in the first row); the table of the free outfall is good to 0.1 %.
    """
    row = row_of(name)
    inlet = (row["HWi_over_D_eq26"] if name == "1800 CMP bevel" else row["HWi_over_D_eq28"]) * row["D_m"] + INVERT
    level = max(inlet, row["ELho_formula_m"])
    got = headwater(culvert_of(row), row["Q_m3s"], INVERT - row["S"] * row["L_m"] + row["TW_m"])
    assert got - INVERT == pytest.approx(level - INVERT, rel=5e-3)
    published = max(row["HWi_pub_m"], row["ELho_pub_m"] - INVERT)
    assert got - INVERT == pytest.approx(published, rel=0.1)
