"""Simulated against observed values: intervals, periods, changes, halves."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from deltasim.studies.pairing import Half, Items, changes, intervals, plain, totals

DAY = 86400.0
START = datetime(2024, 1, 1)


def instants(days, values):
    time = DAY * np.array(days, dtype=float)
    return Items(time, time, np.array(values, dtype=float))


def test_interval_of_a_row_goes_to_the_next_and_the_last_is_as_long_as_the_one_before():
    got = intervals(DAY * np.array([0.0, 1.0, 2.0]), np.ones(3), "start")
    assert (got.begin / DAY).tolist() == [0.0, 1.0, 2.0]
    assert (got.end / DAY).tolist() == [1.0, 2.0, 3.0]
    got = intervals(DAY * np.array([0.0, 1.0, 2.0]), np.ones(3), "end")
    assert (got.begin / DAY).tolist() == [-1.0, 0.0, 1.0]
    assert (got.end / DAY).tolist() == [0.0, 1.0, 2.0]


def test_value_does_not_stand_for_days_whose_rows_are_missing():
    """Rows 3 to 9 are missing; months of 28 to 31 days are not cut."""
    got = intervals(DAY * np.array([0.0, 1.0, 2.0, 10.0, 11.0]), np.ones(5), "start")
    assert ((got.end - got.begin) / DAY).tolist() == [1.0] * 5
    months = intervals(DAY * np.array([0.0, 31.0, 60.0, 91.0]), np.ones(4), "start")
    assert ((months.end - months.begin) / DAY).tolist() == [31.0, 29.0, 31.0, 31.0]


def test_simulated_instants_lie_on_the_line_between_outputs():
    got = instants([0.5, 2.0], [0.0, 0.0]).simulated(DAY * np.arange(4.0), np.array([0.0, 2.0, 3.0, 9.0]))
    assert got.tolist() == [1.0, 3.0]


def test_simulated_means_keep_the_volume():
    """Outputs of 6 h with the means 1, 3, 5, 7; the day has 4, its second quarter and half of the third 11/3."""
    time = DAY * np.linspace(0.0, 1.0, 5)
    values = np.array([np.nan, 1.0, 3.0, 5.0, 7.0])
    items = Items(DAY * np.array([0.0, 0.25]), DAY * np.array([1.0, 0.625]), np.zeros(2))
    assert items.simulated(time, values) == pytest.approx([4.0, 11.0 / 3.0])


def test_what_belongs_to_a_half():
    """An instant at the border belongs to the first half only, an interval where it is whole; gaps to none."""
    items = instants(range(7), [0, 1, 2, np.nan, 4, 5, 6])
    first, second = Half(0.0, 4 * DAY), Half(4 * DAY, 6 * DAY)
    assert plain(items, first).item.tolist() == [1, 2, 4]
    assert plain(items, second).item.tolist() == [5, 6]
    spans = intervals(DAY * np.arange(7.0), np.ones(7), "start")
    assert plain(spans, first).item.tolist() == [0, 1, 2, 3]
    assert plain(spans, Half(3.5 * DAY, 6 * DAY)).item.tolist() == [4, 5]


def test_sums_by_the_month_leave_out_what_was_not_observed_and_months_that_are_not_whole():
    value = np.ones(100)
    value[40] = np.nan  # 10 February
    items = intervals(DAY * np.arange(100.0), value, "start")
    got = totals(items, Half(0.0, 95 * DAY), "month", START, mean=False)
    assert (got.begin / DAY).tolist() == [0.0, 31.0, 60.0]  # 2024 has 29 February; April is not whole
    assert (got(items.value) / DAY).tolist() == [31.0, 28.0, 31.0]
    simulated = np.full(100, 2.0)
    assert (got(simulated) / DAY).tolist() == [62.0, 56.0, 62.0]
    mean = totals(items, Half(0.0, 95 * DAY), "month", START, mean=True)
    assert mean(simulated) == pytest.approx([2.0, 2.0, 2.0])


def test_sums_over_ten_days_begin_with_the_half():
    items = intervals(DAY * np.arange(60.0), np.arange(60.0), "start")
    got = totals(items, Half(5 * DAY, 28 * DAY), 10 * DAY, START, mean=False)
    assert (got.begin / DAY).tolist() == [5.0, 15.0]
    assert (got(items.value) / DAY).tolist() == [sum(range(5, 15)), sum(range(15, 25))]


def test_years_by_the_calendar():
    items = intervals(DAY * np.arange(800.0), np.ones(800), "start")
    got = totals(items, Half(0.0, 800 * DAY), "year", START, mean=False)
    assert (got(items.value) / DAY).tolist() == [366.0, 365.0]


def test_means_of_instants():
    """The instant at the end of a period belongs to it, as one at the end of a half does."""
    items = instants(range(1, 5), [1.0, 3.0, 5.0, 11.0])
    got = totals(items, Half(0.0, 4 * DAY), 2 * DAY, START, mean=True)
    assert got(items.value).tolist() == [2.0, 8.0]


def test_changes_are_between_instants_of_one_half_that_are_just_so_far_apart():
    items = instants([1, 2, 4, 5, 6, 8], [0.0, 1.0, 5.0, 4.0, 9.0, 7.0])
    got = changes(items, Half(0.0, 7 * DAY), 3 * DAY)
    assert (got.begin / DAY).tolist() == [1.0, 2.0]
    assert (got.end / DAY).tolist() == [4.0, 5.0]
    assert got(items.value).tolist() == [5.0, 3.0]
