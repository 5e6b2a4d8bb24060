"""Rules of the IHA that years of a real river may not reach, on a year made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from deltasim.errors import IndicatorError
from deltasim.indicators import iha


def series(values, start="2017-10-01"):
    time = np.datetime64(start, "ns") + np.arange(len(values)) * np.timedelta64(1, "D")
    return xr.DataArray(np.asarray(values, float), dims="time", coords={"time": time})


def test_thresholds_belong_to_their_pulses():
    """Of 1 to 3 each value is a quartile of itself or lies in between: with 1, 2, 3 equally often Q25 is 1 and Q75 is 3."""
    values = np.tile(np.repeat([1.0, 2.0, 3.0], 5), 25)[:365]
    found = iha(series(values)).isel(water_year=0)
    assert np.quantile(values, (0.25, 0.75), method="weibull").tolist() == [1.0, 3.0]
    assert (found.low_pulse_count.item(), found.low_pulse_duration.item()) == (25, 5)
    assert (found.high_pulse_count.item(), found.high_pulse_duration.item()) == (24, 5)


def test_pulse_over_the_end_of_the_year_belongs_to_the_one_it_begins_in_whole():
    values = np.full(730, 5.0)
    values[::2] = 6.0
    values[360:370] = 100.0
    base = series(np.concatenate([np.full(300, 100.0), np.full(65, 1.0)]))
    found = iha(series(values), baseline=base)
    assert found.high_pulse_count.values.tolist() == [1, 0]
    assert found.high_pulse_duration.values[0] == 10
    assert np.isnan(found.high_pulse_duration.values[1])


def test_reversals_skip_days_without_change():
    """Up, level, up is none; up, level, down is one; then up is another."""
    values = np.full(365, 4.0)
    values[:8] = [1, 2, 2, 3, 3, 2, 3, 4]
    found = iha(series(values)).isel(water_year=0)
    assert found.reversals.item() == 2
    assert (found.rise_rate.item(), found.fall_rate.item()) == (1.0, -1.0)


def test_dates_count_29_february_in_every_year():
    values = np.full(365, 5.0)
    values[151] = 1.0  # 1 March 2018
    values[150] = 9.0  # 28 February
    found = iha(series(values)).isel(water_year=0)
    assert (found.date_of_min.item(), found.date_of_max.item()) == (61, 59)


def test_windows_lie_within_the_year_and_zero_days_are_counted():
    values = np.full(730, 5.0)
    values[363:367] = 0.0  # the last two days of one year, the first two of the next
    found = iha(series(values))
    assert found.min_3day.values == pytest.approx([5 / 3, 5 / 3])
    assert found.zero_flow_days.values.tolist() == [2, 2]
    mean = (363 * 5) / 365
    assert found.base_flow_index.values == pytest.approx([25 / 7 / mean] * 2)


def test_baseline_of_other_dimensions_is_refused():
    one = series(np.ones(365))
    many = xr.concat([one, one], "member")
    with pytest.raises(IndicatorError, match="the baseline has the dimension member"):
        iha(one, baseline=many)
