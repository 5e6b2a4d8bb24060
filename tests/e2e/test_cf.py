"""Result files before the CF checker, at its strictest: no failure, no warning, no check that breaks off."""

import contextlib
import io
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest

import deltasim
import results_samples as samples
from deltasim.results.netcdf import NetcdfSink
from networks import run

runner = pytest.importorskip("compliance_checker.runner", reason="needs compliance-checker")
CHECK = "cf:1.11"
PLACES = {"x": np.array([118.9, 119.0, 119.1]), "y": np.array([37.3, 37.4, 37.5])}


def findings(path):
    """Messages of every check that does not have its full score, and the checks that broke off."""
    runner.CheckSuite.load_all_available_checkers()
    suite = runner.CheckSuite()
    with contextlib.redirect_stdout(io.StringIO()):
        data = suite.load_dataset(str(path))
        try:
            results, broken = suite.run_all(data, [CHECK])[CHECK]
        finally:
            data.close()
    assert len(results) > 20, "the checker has not run"
    found = [f"{name}: {error[0]!r}" for name, error in broken.items()]

    def walk(result):
        value = result.value
        full = value if isinstance(value, bool) else value[0] == value[1]
        if not full:
            found.append(f"{result.name}: {result.msgs}")
        for child in result.children or ():
            walk(child)

    for result in results:
        walk(result)
    return found


CASES = {
    "plain": {},
    "a clock without offset": {"start": datetime(2019, 8, 10)},
    "degrees": {**PLACES, "crs": "EPSG:4326"},
    "metres": PLACES,
    "no text but ASCII": {"node_name": ("upper", "lower", "sea"), "to_node": ("lower", "sea", "upper")},
    "a river": {"chainage": np.array([250.0, 750.0, np.nan])},
    "no data files": {"files": {}},
    "long ago": {"start": datetime(1500, 3, 1)},
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("changes", CASES.values(), ids=CASES.keys())
def test_no_finding(tmp_path, changes):
    path = tmp_path / "x.nc"
    samples.fill(NetcdfSink(path), samples.frame(**changes))
    assert findings(path) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_no_finding_in_float32(tmp_path):
    samples.fill(NetcdfSink(tmp_path / "x.nc", float32=True), samples.frame())
    assert findings(tmp_path / "x.nc") == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_no_finding_where_the_water_carries_something(tmp_path):
    body = "[substance.salinity]\n[substance.n]\ndecay = { rate = 1e-6, tanks = 2 }\n[tracing]\nsources = true\nage = true\n"
    body += "[basin.pond]\ncurve = { stage = [0, 1], area = [100, 200] }\ninitial_stage = 0.5\n"
    body += '[inflow.q]\nto = "pond"\ndischarge = 0.01\nconcentration = { salinity = 3 }\n'
    deltasim.write(run(body, days=1).assign_attrs(title="A pond"), tmp_path / "x.nc")
    assert findings(tmp_path / "x.nc") == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_checker_finds_what_is_broken(tmp_path):
    samples.fill(NetcdfSink(tmp_path / "x.nc"), samples.frame())
    with netCDF4.Dataset(tmp_path / "x.nc", "a") as file:
        file["stage"].units = "furlong per kiss"
        file["link_name"].cf_role = "timeseries_id"
        del file["time"].units_metadata
    text = " ".join(findings(tmp_path / "x.nc"))
    assert "furlong per kiss" in text
    assert "only be one variable containing the cf_role" in text
    assert "units_metadata" in text


def test_as_a_user_runs_it(tmp_path):
    samples.fill(NetcdfSink(tmp_path / "x.nc"), samples.frame())
    done = subprocess.run(
        [
            Path(sys.executable).with_name("compliance-checker"),
            f"--test={CHECK}",
            "--criteria=strict",
            str(tmp_path / "x.nc"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All tests passed!" in done.stdout
