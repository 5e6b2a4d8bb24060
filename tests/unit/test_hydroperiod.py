"""Hydroperiod and recession against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import deltasim
from deltasim.errors import IndicatorError
from deltasim.geometry import Curve
from deltasim.indicators import hydroperiod, recession

CURVE = Curve.from_table([1.0, 2.0], area=[0.0, 4e4])  # a valley: ground is spread evenly over its metre


def stage(depth, start="2019-10-01"):
    time = np.datetime64(start, "ns") + np.arange(len(depth)) * np.timedelta64(1, "D")
    return xr.DataArray(1.0 + np.asarray(depth), dims="time", coords={"time": time}, attrs={"units": "m"})


def two_years():
    """2019-10-01 to 2021-09-30: wet on days 11 to 20, then from day 361 over New Year's Eve of the water year to day 5."""
    depth = np.zeros(366 + 365)
    depth[10:20] = 0.3
    depth[360:371] = 0.5
    return depth


def test_counts_by_water_year():
    found = hydroperiod(stage(two_years()), CURVE, threshold=0.1)
    assert found.water_year.values.tolist() == [2020, 2021]
    assert found.wet_days.values.tolist() == [16, 5]
    assert found.dry_days.values.tolist() == [350, 360]
    assert found.longest_wet.values.tolist() == [10, 5]
    assert found.first_wet.values.tolist() == [11, 1]
    assert found.last_wet.values.tolist() == [366, 5]
    assert found.wet_events.values.tolist() == [2, 0]  # the second began the year before
    assert found.valid_fraction.values.tolist() == [1, 1]
    assert found.wet_days.attrs["units"] == "d"


def test_threshold_is_reached_by_what_round_off_leaves_of_it():
    curve = Curve.from_table([0.2, 1.0], area=[1.0, 1.0])
    level = stage(np.full(366, 0.3 - 1.0))
    assert 0.3 - 0.2 < 0.1
    assert hydroperiod(level, curve, threshold=0.1).wet_days.item() == 366
    assert hydroperiod(level, curve, threshold=0.1001).wet_days.item() == 0


def test_no_wet_day_has_no_date():
    found = hydroperiod(stage(np.zeros(366)), CURVE, threshold=0.1)
    assert np.isnan(found.first_wet.item())
    assert np.isnan(found.last_wet.item())
    assert (found.wet_days.item(), found.wet_events.item(), found.longest_wet.item()) == (0, 0, 0)


def test_gap_takes_its_year_unless_allowed():
    depth = two_years()
    depth[14] = np.nan
    found = hydroperiod(stage(depth), CURVE, threshold=0.1)
    assert np.isnan(found.wet_days.values).tolist() == [True, False]
    assert np.isnan(found.wet_events.values).tolist() == [True, False]
    assert found.valid_fraction.values == pytest.approx([365 / 366, 1.0])
    allowed = hydroperiod(stage(depth), CURVE, threshold=0.1, min_valid=0.9)
    assert allowed.wet_days.values.tolist() == [15, 5]
    assert allowed.dry_days.values.tolist() == [350, 360]
    assert allowed.longest_wet.values.tolist() == [6, 5]  # a day without data ends a run
    filled = hydroperiod(stage(depth), CURVE, threshold=0.1, gaps="linear", max_gap=3)
    assert filled.wet_days.values.tolist() == [16, 5]
    assert filled.attrs["days_filled"] == 1


def test_part_of_a_year_is_no_year():
    found = hydroperiod(stage(np.full(100, 0.3), start="2020-03-01"), CURVE, threshold=0.1)
    assert np.isnan(found.wet_days.item())
    part = hydroperiod(stage(np.full(100, 0.3), start="2020-03-01"), CURVE, threshold=0.1, min_valid=0.2)
    assert (part.wet_days.item(), part.first_wet.item(), part.last_wet.item()) == (100, 153, 252)
    whole = hydroperiod(stage(np.full(100, 0.3)), CURVE, threshold=0.1, water_year_start=None)
    assert (whole.wet_days.item(), whole.first_wet.item()) == (100, 1)
    assert whole.period.values.tolist() == ["all"]


def test_season():
    found = hydroperiod(stage(two_years()), CURVE, threshold=0.1, season=("10-05", "10-15"))
    assert found.year.values.tolist() == [2019, 2020]
    assert found.wet_days.values.tolist() == [5, 1]
    assert found.first_wet.values.tolist() == [7, 1]


def test_bands_are_wet_where_water_stands_above_their_middle():
    """Middles at 0.125, 0.375, 0.625 and 0.875 m; 0.3 m of water covers the first by 0.175, 0.5 m the second by 0.125."""
    found = hydroperiod(stage(two_years()), CURVE, threshold=0.1, bands=4).isel(water_year=0)
    assert found.wet_days.values.tolist() == [16, 6, 0, 0]
    assert found.wet_events.values.tolist() == [2, 1, 0, 0]
    np.testing.assert_allclose(found.band_area, [1e4, 1e4, 1e4, 1e4])
    np.testing.assert_allclose(found.band_bottom, [1.0, 1.25, 1.5, 1.75])
    assert found.mean_wet_days.item() == pytest.approx(22 / 4)


def test_edges_of_bands_are_cut_to_the_ground_there_is():
    """Of 0 to 1.5 m the ground is that from 1.0, with its middle at 1.25; of 1.5 to 1.9 it is all; above 2 m there is none."""
    found = hydroperiod(stage(two_years()), CURVE, threshold=0.1, bands=[0.0, 1.5, 1.9, 2.0, 3.0]).isel(water_year=0)
    np.testing.assert_allclose(found.band_area, [2e4, 1.6e4, 4e3, 0.0])
    np.testing.assert_array_equal(found.wet_days, [6, 0, 0, np.nan])
    assert found.mean_wet_days.item() == pytest.approx(0.5 * 6)


def test_flat_bed_belongs_to_the_lowest_band():
    pan = Curve.from_table([1.0, 2.0], area=[3e4, 4e4])
    found = hydroperiod(stage(two_years()), pan, threshold=0.1, bands=2)
    np.testing.assert_allclose(found.band_area, [3.5e4, 0.5e4])


def test_zones_have_their_own_curves_and_members_share_them():
    """A table is a curve too; a zone without curve, such as the sea, has no hydroperiod."""
    level = xr.concat([stage(two_years())] * 3, xr.DataArray(["low", "high", "sea"], dims="node", name="node"))
    level = xr.concat([level, level - 0.25], "member")
    curves = {"low": CURVE, "high": {"stage": [1.25, 2.0], "area": [0.0, 1e4]}}
    found = hydroperiod(level, curves, threshold=0.1).isel(water_year=0)
    assert found.wet_days.dims == ("member", "node")
    np.testing.assert_array_equal(found.wet_days, [[16, 6, np.nan], [6, 0, np.nan]])
    alone = hydroperiod(level.sel(node="high"), curves, threshold=0.1).isel(water_year=0)
    np.testing.assert_array_equal(alone.wet_days, [6, 0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 0.0}, "threshold is a depth above 0 m, got 0"),
        ({"threshold": 0.1, "bands": 0}, "expected one band or more, got 0"),
        ({"threshold": 0.1, "bands": [1.0, 1.0]}, "edges in m that rise"),
    ],
)
def test_what_is_wrong_is_said(options, words):
    with pytest.raises(IndicatorError, match=words):
        hydroperiod(stage(two_years()), CURVE, **options)


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (1.0, "expected a curve: .* got float"),
        ({"stage": [1.0, 0.5], "area": [1.0, 1.0]}, "this is no curve: stage must rise"),
        ({"pond": CURVE}, "the curves are those of pond, and the series has none of these names"),
    ],
)
def test_curve_that_is_none(curve, words):
    with pytest.raises(IndicatorError, match=words):
        hydroperiod(stage(two_years()), curve, threshold=0.1)


def test_recession_by_classes():
    """Falls by 1 cm a day for 20 days, stands for 20, rises by 2 cm a day for 20."""
    depth = np.concatenate([1.0 - 0.01 * np.arange(21), np.full(20, 0.8), 0.8 + 0.02 * np.arange(1, 20)])
    found = recession(stage(depth), classes=(0, 2.5, 5), water_year_start=None, min_valid=0.8)
    # rates run 7 for 14 days, then 6, 5, ... 1, then 0 for the rest of the 20, then 19 days of rises
    assert found.recession_class.values.tolist() == ["0 to 2.5", "2.5 to 5", "above 5"]
    assert found.recession_days.values[:, 0].tolist() == [2 + 14, 2, 14 + 2]
    assert found.reversal_days.item() == 19
    assert found.reversal_events.item() == 1
    with pytest.raises(deltasim.DeltasimError, match="edges in cm/week that rise from 0"):
        recession(stage(depth), classes=(5, 2))
