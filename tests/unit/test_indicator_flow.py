"""Statistics, exceedance, monthly changes and relationships of HEC-EFM against arithmetic done by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from deltasim.errors import IndicatorError
from deltasim.indicators import duration_curve, exceedance, monthly_change, relationship, statistics


def series(values, start="2019-10-01"):
    time = np.datetime64(start, "ns") + np.arange(len(values)) * np.timedelta64(1, "D")
    return xr.DataArray(np.asarray(values, float), dims="time", coords={"time": time}, attrs={"units": "m3 s-1"})


def test_statistics_of_a_year():
    """1 to 366: mean 183.5, sample variance n (n + 1) / 12."""
    found = statistics(series(np.arange(1, 367))).isel(water_year=0)
    assert [found[n].item() for n in ("mean", "median", "minimum", "maximum")] == [183.5, 183.5, 1.0, 366.0]
    assert found.coefficient_of_variation.item() == pytest.approx(np.sqrt(366 * 367 / 12) / 183.5)
    assert found["mean"].attrs["units"] == "m3 s-1"
    assert np.isnan(statistics(series(np.zeros(366))).coefficient_of_variation.item())


def test_exceedance_has_weibulls_plotting_position():
    """Of 1 to 99, the m-th largest is exceeded in m / 100: Q10 is the 10th largest, 90. Between ranks, linear."""
    found = exceedance(series(np.arange(99, 0, -1)), levels=(10, 50, 90, 12.5)).exceedance_level.isel(period=0)
    np.testing.assert_allclose(found, [90.0, 50.0, 10.0, 87.5])
    assert found.dims == ("exceedance",)
    by_year = exceedance(series(np.arange(366)), levels=(50,), water_year_start=10)
    assert by_year.water_year.values.tolist() == [2020]


def test_duration_curve_of_zones_with_gaps():
    values = xr.concat([series([3.0, 1.0, 2.0]), series([5.0, np.nan, 6.0])], "zone")
    found = duration_curve(values)
    np.testing.assert_array_equal(found.duration_value, [[3, 6], [2, 5], [1, np.nan]])
    np.testing.assert_allclose(found.exceedance_frequency, [[25, 100 / 3], [50, 200 / 3], [75, np.nan]])
    assert found.attrs["days_missing"] == 1


def test_monthly_change():
    """Each month holds its number: October 0, November 1 ..."""
    month = series(np.zeros(366 + 365)).time.dt.month.values
    year = np.arange(len(month)) >= 366
    found = monthly_change(series((month - 10) % 12 + 100 * year))
    np.testing.assert_array_equal(found.monthly_mean[:3], [0, 1, 2])
    np.testing.assert_array_equal(found.monthly_change.sel(lag=1)[:3], [np.nan, 1, 1])
    np.testing.assert_array_equal(found.monthly_change.sel(lag=3)[2:4], [np.nan, 3])
    assert set(found.monthly_change.sel(lag=12).values[12:]) == {100.0}
    part = monthly_change(series(np.ones(40)))
    assert np.isnan(part.monthly_mean.values).tolist() == [False, True]


def years_of(*springs):
    """Years of calendar 2001 onward, 1 everywhere but for what stands from 1 April on."""
    parts = []
    for year, spring in enumerate(springs):
        days = 366 if (2001 + year) % 4 == 0 else 365
        values = np.ones(days)
        start = 90 + (days == 366)
        values[start : start + len(spring)] = spring
        parts.append(values)
    return series(np.concatenate(parts), start="2001-01-01")


def test_relationship_by_years():
    """Three days at most: the greatest minimum over 2 days of each April, exceeded by half of three years."""
    flow = years_of([5, 7, 2], [9, 3, 4], [6, 8, 8])
    found = relationship(
        flow, season="04-01 to 04-30", exceedance=50, duration=2, statistic="minimum", extreme="maximum"
    )
    assert found.seasonal_value.values.tolist() == [5.0, 3.0, 8.0]
    assert found.relationship.item() == 5.0
    quarter = relationship(flow, season="04-01 to 04-30", exceedance=25, duration=2, statistic="minimum")
    assert quarter.relationship.item() == 8.0  # 1 / (3 + 1)
    lowest = relationship(flow, season="04-01 to 04-03", exceedance=50, statistic="mean", extreme="minimum")
    assert lowest.seasonal_value.values.tolist() == [2.0, 3.0, 6.0]


def test_relationship_by_time():
    """Of the six days of two seasons, 9 8 7 6 5 4, the third is exceeded in 3 / 7 of the time."""
    found = relationship(years_of([4, 9, 5], [8, 6, 7]), season="04-01 to 04-03", exceedance=300 / 7, by="time")
    assert found.relationship.item() == pytest.approx(7.0)


def test_relationship_by_rate_of_change():
    """Looking back from the season's end, the day from which on it never falls by more than 1 in 2 days; 0 if never.

    9 5 4 4 3: the fall from 9 to 5 is too fast, from 5 on it is not. In the second year the last day falls by 2.
    """
    flow = years_of([9, 5, 4, 4, 3, 2], [9, 5, 4, 4, 3, 1])
    options = {"season": "04-01 to 04-05", "exceedance": 50, "duration": 2, "rate_limit": 1.0}
    assert relationship(flow, **options).seasonal_value.values.tolist() == [5.0, 0.0]
    rising = relationship(flow, **options, rate_direction="rising")
    assert rising.seasonal_value.values.tolist() == [9.0, 9.0]


def test_season_without_data_does_not_count():
    flow = years_of([5, 7, 2], [9, 3, 4], [6, 8, 8])
    flow[365 + 91] = np.nan
    found = relationship(flow, season="04-01 to 04-30", exceedance=50)
    np.testing.assert_array_equal(found.seasonal_value, [7.0, np.nan, 8.0])
    assert found.relationship.item() == 7.5


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: exceedance(x, levels=(0,)), "levels are per cent between 0 and 100"),
        (lambda x: monthly_change(x, lags=(0,)), "lags are whole months"),
        (lambda x: relationship(x, season="spring", exceedance=0), "exceedance is per cent between 0 and 100"),
        (lambda x: relationship(x, season="spring", exceedance=5, duration=0), "duration is 1 day or more"),
        (lambda x: relationship(x, season="spring", exceedance=5, statistic="mode"), 'statistic is .* got "mode"'),
        (lambda x: relationship(x, season="spring", exceedance=5, by="days"), 'by is "years" or "time", got "days"'),
    ],
)
def test_what_is_wrong_is_said(make, words):
    with pytest.raises(IndicatorError, match=words):
        make(series(np.ones(366)))
