"""Level-pool routing of a real reservoir against HEC-HMS."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from networks import run

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "cherry_creek"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="validation data are not beside the repository")

FOOT = 0.3048
ACRE_FOOT = 43560.0 * FOOT**3


def columns(name):
    with (DATA / name).open() as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}


def cherry_creek(output_step="1 h"):
    """The HEC-HMS model in SI: storage and outflow linear between the rows of its table, inflow linear in time."""
    # The table's row at 5641 ft stands in the place of 5642 and lies above the range of the run.
    table, inflow, hms = columns("resmodel.csv"), columns("inflow.csv"), columns("hms_results.csv")
    keep = np.concatenate(([True], np.diff(table["elev_ft"]) > 0.0))
    keep &= table["elev_ft"] < 5641.0
    rows = {key: values[keep] for key, values in table.items()}
    rows["elev_ft"] = rows["elev_ft"] * FOOT
    last_dry = int(np.flatnonzero(rows["outflow_cfs"] == 0.0)[-1])

    def listed(values):
        return "[" + ", ".join(repr(float(v)) for v in values) + "]"

    body = f"""
    [basin.lake]
    curve = {{ stage = {listed(rows["elev_ft"])}, storage = {listed(rows["stor_acft"] * ACRE_FOOT)} }}
    initial_stage = {float(hms["elevation_ft"][0]) * FOOT!r}
    [boundary.creek]
    [rating.dam]
    from = "lake"
    to = "creek"
    table = {{ stage = {listed(rows["elev_ft"][last_dry:])}, discharge = {listed(rows["outflow_cfs"][last_dry:] * FOOT**3)} }}
    [inflow.storm]
    to = "lake"
    discharge = {{ time = {listed(inflow["time_hr"] * 3600.0)}, value = {listed(inflow["inflow_cfs"])}, units = "cfs" }}
    """
    return run(body, days=float(hms["time_hr"][-1]) / 24.0, step=output_step), hms


def test_stage_and_outflow_are_those_of_hec_hms():
    result, hms = cherry_creek()
    stage = result.stage.sel(node="lake").values / FOOT
    assert np.abs(stage - hms["elevation_ft"]).max() < 0.01
    peak = float(result.max_discharge.sel(link="dam")) / FOOT**3
    assert peak == pytest.approx(hms["outflow_cfs"].max(), rel=1e-3)
