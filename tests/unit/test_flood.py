"""Flood indicators against arithmetic done by hand, and against a basin that fills and empties in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import deltasim
from deltasim.errors import IndicatorError
from deltasim.indicators import attenuation, peak, stage_above, storage_used, volume_above
from deltasim.scenario import from_text


def hourly(*columns, name="node", **attrs):
    values = np.stack([np.asarray(column, float) for column in columns], axis=1)
    time = np.datetime64("2020-06-01", "ns") + np.arange(len(values)) * np.timedelta64(1, "h")
    labels = [f"n{i}" for i in range(len(columns))]
    return xr.DataArray(values, dims=("time", name), coords={"time": time, name: labels}, attrs=attrs)


def test_peaks():
    found = peak(hourly([1, 5, 3, 5], [2, 2, np.nan, 2]))
    np.testing.assert_array_equal(found.peak_value, [5.0, np.nan])
    np.testing.assert_array_equal(found.time_to_peak, [1.0, np.nan])


def test_attenuation_and_lag():
    found = attenuation(hourly([0, 100, 50, 20], [0, 0, 0, 0]), hourly([0, 20, 60, 40], [0, 1, 0, 0]))
    np.testing.assert_allclose(found.peak_attenuation, [0.4, np.nan])
    np.testing.assert_allclose(found.peak_lag, [1.0, 1.0])


def test_volume_above_a_threshold():
    """Three hours of 1, 5 and 3 m3/s above 2: (0 + 3 + 1) 3600; what flows back does not count."""
    flow = hourly([1, 5, 3], [-1, 2, 0])
    np.testing.assert_allclose(volume_above(flow, threshold=2.0).volume_above, [4 * 3600.0, 0.0])
    np.testing.assert_allclose(volume_above(flow).volume_above, [9 * 3600.0, 2 * 3600.0])
    assert np.isnan(volume_above(hourly([1, np.nan])).volume_above).all()


def test_hours_above_cross_between_times():
    """0 to 2 in an hour is above 0.5 for 3/4 of it; a stage at the level is not above it."""
    found = stage_above(hourly([0, 2, 2, 0], [0.5, 0.5, 0.5, 0.5], [0, 2, np.nan, 0]), level=0.5)
    np.testing.assert_allclose(found.hours_above, [0.75 + 1 + 0.75, 0.0, np.nan])
    np.testing.assert_allclose(found.freeboard, [-1.5, 0.0, np.nan])


def test_filling_and_emptying():
    """100 to 300 in 4 h, half of it back in 2 h and the rest in 4: between 5 and 95 % of the rise.

    Up 50 an hour, from 110 to 290 in 3.6 h. Down 50 an hour to 200, 25 an hour to 100: 290 at 0.2 h, 110 at 2 + 90/25 h.
    """
    storage = [100, 100, 150, 200, 250, 300, 250, 200, 175, 150, 125, 100]
    found = storage_used(hourly(storage, np.full(12, 7.0), storage[:8] + [180] * 4))
    np.testing.assert_allclose(found.peak_storage_used, [200.0, 0.0, 200.0])
    np.testing.assert_allclose(found.filling_time, [3.6, np.nan, 3.6])
    np.testing.assert_allclose(found.emptying_time, [2 + 3.6 - 0.2, np.nan, np.nan])
    whole = storage_used(hourly(storage), low=0.0, high=1.0)
    np.testing.assert_allclose([whole.filling_time.item(), whole.emptying_time.item()], [4.0, 6.0])


POOL = """
[scenario]
title = "pool"
start = 2020-01-01T00:00:00+08:00
end = 2020-01-03T00:00:00+08:00
output_step = "30 min"
[basin.pool]
curve = { stage = [0.0, 5.0], area = [1e4, 1e4] }
initial_stage = 1.0
[inflow.flood]
to = "pool"
discharge = { time = ["2020-01-01", "2020-01-01T06:00"], value = [0.5, 0.0], units = "m3/s", interpolation = "previous" }
"""


def test_indicators_of_a_result():
    """0.5 m3/s for 6 h into 1 ha raise it by 1.08 m; 0.5 m above the start is passed after 10000 s."""
    text = POOL.replace(
        '"2020-01-01T06:00"], value = [0.5, 0.0]', '"2020-01-01T06:00", "2020-01-03"], value = [0.5, 0, 0]'
    )
    result = deltasim.run(from_text(text, {}))
    stage = result.stage.sel(node="pool")
    assert peak(stage).peak_value.item() == pytest.approx(2.08)
    assert peak(stage).time_to_peak.item() == pytest.approx(6.0)
    assert volume_above(result.discharge.sel(link="flood")).volume_above.item() == pytest.approx(10800.0)
    above = stage_above(stage, level=1.5)
    assert above.hours_above.item() == pytest.approx(48.0 - 10000.0 / 3600.0)
    assert above.freeboard.item() == pytest.approx(-0.58)
    used = storage_used(result.storage.sel(node="pool"))
    assert used.peak_storage_used.item() == pytest.approx(10800.0)
    assert used.filling_time.item() == pytest.approx(0.9 * 6.0)
    assert peak(result.discharge).peak_value.item() == pytest.approx(0.5)
    assert peak(result.discharge).peak_value.attrs["units"] == "m3 s-1"


def test_what_is_wrong_is_said():
    with pytest.raises(IndicatorError, match="low < high <= 1, got"):
        storage_used(hourly([1, 2]), low=0.5, high=0.5)
    with pytest.raises(IndicatorError, match="the same dimensions besides time"):
        attenuation(hourly([1, 2]), hourly([1, 2], [1, 2]))
