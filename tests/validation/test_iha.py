"""The 33 indicators of the Roanoke as The Nature Conservancy's own program printed them, from the daily flows alone."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from deltasim.indicators import INDICES, iha

DATA = Path(__file__).parents[3] / "shared" / "data" / "roanoke"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the validation data are not beside the repository")


def table(name):
    with (DATA / name).open(encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    return header, rows


@pytest.fixture(scope="module")
def flow():
    _, rows = table("daily_flow_cfs.csv")
    time = np.array([row[0] for row in rows], dtype="datetime64[ns]")
    value = np.array([float(row[1]) if row[1] else np.nan for row in rows])
    return xr.DataArray(value, dims="time", coords={"time": time}, attrs={"units": "ft3 s-1"})


@pytest.fixture(scope="module")
def printed():
    header, rows = table("iha_1913_1950.csv")
    values = np.array([[float(cell) if cell else np.nan for cell in row] for row in rows])
    return header[1:], values[:, 0].astype(int), values[:, 1:]


def test_all_33_columns_in_every_year(flow, printed):
    """IHA 7.1 on the whole record, 1912 to 2004; its two missing days it filled by interpolation.

    Printed to four digits, so 5e-4 relative is all that the file can tell; a blank is a year without such a pulse.
    """
    header, years, expected = printed
    found = iha(flow, gaps="linear", max_gap=1)
    assert (found.days_filled, found.days_missing) == (2, 0)
    assert len(header) == len(found.data_vars) == 33
    got = np.stack([found[name].sel(water_year=years).values for name in found.data_vars], axis=1)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-9)


def test_missing_day_takes_its_year_and_no_other(flow, printed):
    _, _, expected = printed
    found = iha(flow)
    lost = [int(year) for year in found.water_year if np.isnan(found.median_october.sel(water_year=year))]
    assert lost == [1994, 1996]
    assert float(found.valid_fraction.sel(water_year=1994)) == pytest.approx(364 / 365)
    np.testing.assert_allclose(found.reversals.sel(water_year=slice(1913, 1950)), expected[:, -1])


def test_end_dated_means_need_their_bounds(flow, printed):
    """The same days dated at their end, as the files of many models have them: right with bounds, wrong without."""
    _, years, expected = printed
    day = np.timedelta64(1, "D")
    late = flow.assign_coords(time=flow.time + day)
    bounds = np.stack([flow.time.values, flow.time.values + day], axis=1)
    right = iha(late, bounds=bounds, gaps="linear", max_gap=1).sel(water_year=years)
    np.testing.assert_allclose(right.median_october, expected[:, 0], rtol=1e-3)
    wrong = iha(late, gaps="linear", max_gap=1).sel(water_year=years)
    assert np.mean(np.abs(wrong.median_october - expected[:, 0]) > 1e-3 * expected[:, 0]) > 0.1


def test_other_dimensions_and_a_baseline(flow):
    """Twice the flow has twice the medians, and, against the thresholds of the first, other pulses."""
    short = flow.sel(time=slice("1920-10-01", "1925-09-30"))
    both = xr.concat([short, 2.0 * short], xr.DataArray(["once", "twice"], dims="member", name="member"))
    own, fixed = iha(both), iha(both, baseline=short)
    np.testing.assert_allclose(own.median_may.sel(member="twice"), 2.0 * own.median_may.sel(member="once"))
    np.testing.assert_array_equal(own.low_pulse_count.sel(member="twice"), own.low_pulse_count.sel(member="once"))
    xr.testing.assert_identical(fixed.sel(member="once", drop=True), own.sel(member="once", drop=True))
    assert float(fixed.low_pulse_count.sel(member="twice").sum()) < float(own.low_pulse_count.sel(member="once").sum())
    assert own.rise_rate.dims == ("water_year", "member")


def test_attributes_come_from_the_catalogue(flow):
    found = iha(flow.sel(time=slice("1920-10-01", "1922-09-30")))
    assert [i.identifier for i in INDICES["iha"].indicators if i.identifier not in found] == []
    assert (found.rise_rate.units, found.median_may.units, found.reversals.units) == ("ft3 s-1 d-1", "ft3 s-1", "1")
    assert "Richter" in found.reversals.references
