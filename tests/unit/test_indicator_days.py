"""Which day a value belongs to, what becomes of gaps, and where years and seasons begin."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import deltasim
from deltasim.errors import IndicatorError
from deltasim.indicators import daily
from deltasim.indicators.periods import periods_of, read_season
from deltasim.scenario import from_text

DAY = np.timedelta64(1, "D")


def series(values, start="2020-01-01", step="1D", **attrs):
    number, unit = int(step[:-1]), step[-1]
    time = np.datetime64(start, "ns") + np.arange(len(values)) * np.timedelta64(number, unit)
    return xr.DataArray(np.asarray(values, dtype=float), dims="time", coords={"time": time}, attrs=attrs)


def test_daily_values_are_those_of_their_dates():
    made = daily(series([1.0, 2.0, 3.0], start="2020-02-28T09:00"))
    np.testing.assert_array_equal(made.time.values, np.array(["2020-02-28", "2020-02-29", "2020-03-01"], "M8[ns]"))
    np.testing.assert_array_equal(made, [1.0, 2.0, 3.0])


def test_intervals_belong_to_the_day_of_their_middle_and_weigh_their_length():
    """18 h of 1 and 5 h of 5, then an interval over midnight whose middle is in the next day: no hour is without data."""
    time = np.array(["2020-01-01T18", "2020-01-01T23", "2020-01-02T02", "2020-01-03T00"], dtype="M8[ns]")
    bounds = np.stack([np.concatenate(([np.datetime64("2020-01-01T00", "ns")], time[:-1])), time], axis=1)
    values = xr.DataArray([1.0, 5.0, 9.0, 3.0], dims="time", coords={"time": time})
    expected = [(18 * 1 + 5 * 5) / 23, (3 * 9 + 22 * 3) / 25]
    np.testing.assert_allclose(daily(values, bounds=bounds), expected)
    values[2] = np.nan
    assert np.isnan(daily(values, bounds=bounds).values).all()
    np.testing.assert_allclose(daily(values, bounds=bounds, min_valid=0.9), [expected[0], 3.0])


def test_hours_around_their_times_fill_whole_days():
    made = daily(series(np.arange(48.0), start="2020-01-01T00:30", step="1h"))
    np.testing.assert_allclose(made, [11.5, 35.5])


@pytest.mark.parametrize("hole", [0, 5, 23])
def test_hole_in_a_day_is_a_missing_day_unless_allowed(hole):
    values = np.ones(48)
    values[24 + hole] = np.nan
    made = daily(series(values, start="2020-01-01T00:30", step="1h"))
    assert np.isnan(made.values).tolist() == [False, True]
    assert made.days_missing == 1
    assert daily(series(values, start="2020-01-01T00:30", step="1h"), min_valid=0.95).notnull().all()


def test_gaps_are_filled_up_to_max_gap_and_counted():
    values = [np.nan, 1.0, np.nan, 3.0, np.nan, np.nan, 6.0, np.nan]
    made = daily(series(values), gaps="linear", max_gap=1)
    np.testing.assert_allclose(made, [np.nan, 1.0, 2.0, 3.0, np.nan, np.nan, 6.0, np.nan])
    assert (made.days_filled, made.days_missing) == (1, 4)
    longer = daily(series(values), gaps="linear", max_gap=2)
    np.testing.assert_allclose(longer[1:-1], [1, 2, 3, 4, 5, 6])
    assert (longer.days_filled, longer.days_missing) == (3, 2)


def test_dates_left_out_are_missing_days():
    values = series([1.0, 2.0, 3.0, 4.0]).isel(time=[0, 1, 3])
    made = daily(values)
    np.testing.assert_array_equal(made, [1.0, 2.0, np.nan, 4.0])


POND = """
[scenario]
title = "pond"
start = 2020-01-01T00:00:00+08:00
end = 2020-01-04T00:00:00+08:00
output_step = "6 h"
[basin.pond]
curve = { stage = [0.0, 2.0], area = [1e4, 1e4] }
[inflow.stream]
to = "pond"
discharge = { time = ["2020-01-01", "2020-01-04"], value = [0.0, 0.0], units = "m3/s" }
[inflow.steady]
to = "pond"
discharge = 0.01
"""


def test_results_know_their_intervals_and_their_clock():
    """A pond that rises by h = Q t / A: its mean over day n is at noon of it, on the clock of the scenario."""
    result = deltasim.run(from_text(POND, {}))
    expected = 0.01 * 86400.0 / 1e4 * np.array([0.5, 1.5, 2.5])
    for name in ("mean_stage", "stage"):
        made = daily(result[name].sel(node="pond"))
        np.testing.assert_array_equal(made.time.values, np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "M8[ns]"))
        np.testing.assert_allclose(made, expected, rtol=1e-9)
        later = daily(result[name].sel(node="pond").isel(time=slice(4, None)))
        np.testing.assert_allclose(later, expected[1:] if name == "stage" else [np.nan, *expected[1:]][-3:], rtol=1e-9)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: daily(np.ones(3)), "expected an xarray.DataArray with a dimension time, got ndarray"),
        (lambda: daily(xr.DataArray([1.0], dims="x")), "expected a dimension and coordinate time, got x"),
        (lambda: daily(xr.DataArray([1.0], dims="time", coords={"time": [1]})), "of type datetime64, got int64"),
        (lambda: daily(series([1, 2]).isel(time=[1, 0])), "times must rise"),
        (lambda: daily(series([1, 2]), bounds=np.zeros((3, 2), "M8[ns]")), r"expected bounds of shape \(2, 2\)"),
        (lambda: daily(series([1, 2]), min_valid=0.0), "min_valid is a fraction above 0"),
        (lambda: daily(series([1, 2]), max_gap=3), "max_gap says nothing without gaps"),
        (lambda: daily(series([1, 2]), gaps="linear"), "needs max_gap"),
        (lambda: daily(series([1, 2]), gaps="spline", max_gap=1), 'gaps is "linear" or nothing, got "spline"'),
        (lambda: read_season("sprng"), 'got "sprng"; did you mean "spring"'),
        (lambda: read_season(("02-30", "04-01")), 'got "02-30 to 04-01"'),
        (lambda: periods_of(np.arange("2020-01-01", "2020-01-03", dtype="M8[D]"), 13), "a month from 1 to 12, got 13"),
        (
            lambda: periods_of(np.arange("2020-01-01", "2020-01-03", dtype="M8[D]"), 1, "autumn"),
            "has no day of the season",
        ),
    ],
)
def test_what_is_wrong_is_said(make, words):
    with pytest.raises(IndicatorError, match=words):
        make()


def test_means_of_other_files_need_their_bounds():
    values = series([1.0, 2.0], cell_methods="time: mean")
    values.time.attrs["bounds"] = "time_bnds"
    with pytest.raises(IndicatorError, match='give bounds=dataset\\["time_bnds"\\]'):
        daily(values)


def test_water_years_have_the_year_they_end_in():
    date = np.arange("2019-09-30", "2020-10-02", dtype="M8[D]")
    periods = periods_of(date, 10)
    assert periods.label.tolist() == [2019, 2020, 2021]
    assert (periods.after - periods.first).tolist() == [1, 366, 1]
    assert periods.length.tolist() == [365, 366, 365]
    assert periods.skipped.tolist() == [364, 0, 0]
    calendar = periods_of(date, 1)
    assert calendar.label.tolist() == [2019, 2020]


def test_seasons_may_run_over_new_year_and_know_leap_years():
    date = np.arange("2019-01-01", "2021-01-01", dtype="M8[D]")
    winter = periods_of(date, 10, "winter")
    assert winter.label.tolist() == [2019, 2020, 2021]
    assert winter.length.tolist() == [90, 91, 90]
    assert (winter.after - winter.first).tolist() == [59, 91, 31]
    fish = periods_of(date, 10, ("03-15", "06-30"))
    assert fish.dimension == "year"
    assert fish.length.tolist() == [108, 108]
