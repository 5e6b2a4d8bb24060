"""What holds of indicators whatever the series."""

from __future__ import annotations

import numpy as np
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from deltasim.geometry import Curve
from deltasim.indicators import daily, hydroperiod, iha

CURVE = Curve.from_table([0.0, 1.0], area=[1e3, 5e4])


def series(values, start="2018-10-01"):
    time = np.datetime64(start, "ns") + np.arange(len(values)) * np.timedelta64(1, "D")
    return xr.DataArray(values, dims="time", coords={"time": time})


@st.composite
def stages(draw, most=1200):
    """Levels in spells of one to thirty days, some of them without data: drawn by a seed, for hypothesis is slow at that."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    spell = draw(st.sampled_from([1, 3, 30]))
    values = np.repeat(rng.uniform(-1.0, 2.0, most // spell + 1), spell)[: draw(st.integers(1, most))]
    values[rng.random(len(values)) < draw(st.sampled_from([0.0, 0.001, 0.2, 1.0]))] = np.nan
    return values


@settings(deadline=None, max_examples=40)
@given(values=stages(), threshold=st.floats(0.01, 1.5))
def test_wet_and_dry_days_are_the_days_with_data(values, threshold):
    found = hydroperiod(series(values), CURVE, threshold=threshold, min_valid=1e-6)
    length = np.where(found.water_year % 4 == 0, 366, 365)
    valid = np.round(found.valid_fraction * length)
    there = valid > 0
    np.testing.assert_array_equal((found.wet_days + found.dry_days).where(there), valid.where(there))
    known = found.where(there, drop=True)
    assert (known.longest_wet <= known.wet_days).all()
    assert ((known.wet_days == 0) == known.first_wet.isnull()).all()
    span = (known.last_wet - known.first_wet + 1).fillna(0)
    assert (span >= known.wet_days).all()


@settings(deadline=None, max_examples=40)
@given(values=stages(), threshold=st.floats(0.01, 1.5))
def test_missing_day_makes_its_year_missing_and_no_other(values, threshold):
    found = hydroperiod(series(values), CURVE, threshold=threshold)
    for name in ("wet_days", "dry_days", "longest_wet", "wet_events"):
        np.testing.assert_array_equal(found[name].isnull(), found.valid_fraction < 1.0)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), years=st.sampled_from([4, 8, 28]))
def test_whole_water_years_later_is_the_same(seed, years):
    """Four years have the same days as the four that come 4, 8 or 28 years later."""
    values = np.random.default_rng(seed).gamma(0.5, 10.0, 4 * 365 + 1)
    now, later = series(values, "2018-10-01"), series(values, f"{2018 - years}-10-01")
    for function in (iha, lambda x: hydroperiod(x, CURVE, threshold=0.3)):
        one, other = function(now), function(later)
        assert (one.water_year - other.water_year == years).all()
        xr.testing.assert_identical(one, other.assign_coords(water_year=one.water_year))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_members_do_not_know_of_each_other(seed):
    values = np.random.default_rng(seed).gamma(0.5, 10.0, (730, 3))
    time = np.datetime64("2018-10-01", "ns") + np.arange(730) * np.timedelta64(1, "D")
    every = xr.DataArray(values, dims=("time", "member"), coords={"time": time})
    whole, alone = iha(every), iha(every.isel(member=1))
    xr.testing.assert_allclose(whole.isel(member=1), alone)


@settings(deadline=None, max_examples=40)
@given(values=stages(), max_gap=st.integers(1, 5))
def test_filling_changes_nothing_but_short_gaps(values, max_gap):
    raw, filled = daily(series(values)), daily(series(values), gaps="linear", max_gap=max_gap)
    np.testing.assert_array_equal(filled.where(raw.notnull()), raw)
    assert filled.days_filled == int(raw.isnull().sum() - filled.isnull().sum())
    assert filled.days_missing == int(filled.isnull().sum())
    assert filled.days_filled == 0 or float(filled.max()) <= float(raw.max())


@settings(deadline=None, max_examples=25)
@given(hours=st.sampled_from([1, 2, 3, 5, 7, 8, 9]), values=st.lists(st.floats(0.0, 9.0), min_size=60, max_size=60))
def test_days_of_a_series_without_gap_have_data(hours, values):
    """Whatever its step: a step of 5 h leaves some days with 20 h by the middles of intervals, but no hour out."""
    time = np.datetime64("2020-01-01", "ns") + np.arange(1, 61) * np.timedelta64(hours, "h")
    bounds = np.stack([time - np.timedelta64(hours, "h"), time], axis=1)
    made = daily(xr.DataArray(values, dims="time", coords={"time": time}), bounds=bounds)
    whole = made.time < time[-1].astype("datetime64[D]")
    assert made.where(whole, drop=True).notnull().all()
    assert float(made.max()) <= max(values) + 1e-12
