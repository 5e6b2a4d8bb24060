"""What is known of the future: series ahead, their highest until then, the calendar."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltasim.control.given import ahead, day_of_year, end_of, max_ahead, month
from deltasim.signal import Interpolation, Signal

DAY = 86400.0


@st.composite
def signals(draw: st.DrawFn, interpolation: Interpolation) -> Signal:
    """Up to ten points on a grid of 1/8, values on one of 1/4, so that many of them are level."""
    time = draw(st.lists(st.integers(0, 160), min_size=1, max_size=10, unique=True).map(sorted))
    value = draw(st.lists(st.integers(-6, 6), min_size=len(time), max_size=len(time)))
    return Signal(np.array(time) / 8.0, np.array(value) / 4.0, interpolation)


def highest(signal: Signal, begin: float, end: float) -> float:
    """Maximum on a closed interval: at its ends and at the points between."""
    inside = signal.time[(signal.time >= begin) & (signal.time <= end)]
    return float(signal.at(np.concatenate([[begin, end], inside])).max())


@pytest.mark.parametrize("interpolation", ["linear", "previous"])
@given(data=st.data(), lead=st.integers(0, 200), at=st.lists(st.integers(-240, 400), min_size=1, max_size=20))
def test_max_ahead_is_the_highest_value_until_then(
    interpolation: Interpolation, data: st.DataObject, lead: int, at: list[int]
) -> None:
    # Between the points of the grid: at a jump of a stepwise signal both sides would be right. A lead of odd
    # sixteenths brings the two ends of the window to different places of the grid.
    signal, window = data.draw(signals(interpolation)), lead / 16.0
    times = np.array(at) / 8.0 + 0.03
    expected = [highest(signal, t, t + window) for t in times]
    np.testing.assert_allclose(max_ahead(signal, window).at(times), expected, atol=1e-9)


def test_max_ahead_of_a_peak_is_high_from_before_it_until_it() -> None:
    """0 to 10 at t = 10 and back at t = 20 with a window of 4: level from 6 to 10, equal ends where f(t) = f(t + 4)."""
    peak = max_ahead(Signal(np.array([0.0, 10.0, 20.0]), np.array([0.0, 10.0, 0.0]), "linear"), 4.0)
    np.testing.assert_allclose(peak.at([0.0, 2.0, 6.0, 8.0, 10.0, 15.0, 20.0]), [4.0, 6.0, 10.0, 10.0, 10.0, 5.0, 0.0])
    np.testing.assert_allclose(peak.breakpoints(-3.0, 19.0), [6.0, 10.0])


def test_max_ahead_of_steps_rises_as_soon_as_the_step_is_in_sight() -> None:
    steps = max_ahead(Signal(np.array([0.0, 10.0, 12.0]), np.array([1.0, 5.0, 2.0]), "previous"), 4.0)
    np.testing.assert_array_equal(steps.at([0.0, 5.999, 6.0, 11.999, 12.0]), [1.0, 1.0, 5.0, 5.0, 2.0])


def test_ahead_is_the_signal_later_and_holds_its_last_value() -> None:
    series = Signal(np.array([0.0, 10.0]), np.array([1.0, 3.0]), "linear")
    np.testing.assert_allclose(ahead(series, 4.0).at([0.0, 1.0, 6.0, 9.0]), [1.8, 2.0, 3.0, 3.0])


def test_a_series_ends_with_its_last_interval() -> None:
    assert end_of(Signal(np.array([0.0, 10.0, 16.0]), np.zeros(3), "linear")) == 16.0
    assert end_of(Signal(np.array([0.0, 10.0, 16.0]), np.zeros(3), "previous")) == 22.0
    assert end_of(Signal.constant(1.0)) == 0.0


@pytest.mark.parametrize(
    ("start", "days"),
    [(datetime(2019, 8, 10), 40.0), (datetime(2023, 12, 30, 6, 30), 70.0), (datetime(2024, 12, 31, 23, 59), 0.5)],
)
def test_the_calendar_turns_at_midnight_of_the_runs_clock(start: datetime, days: float) -> None:
    seconds = np.arange(0.0, days * DAY, 3600.0 * 0.73)
    moments = np.datetime64(start, "us") + (seconds * 1e6).astype("timedelta64[us]")
    expected = [moment.astype(datetime) for moment in moments]
    np.testing.assert_array_equal(month(start, days * DAY).at(seconds), [m.month for m in expected])
    np.testing.assert_array_equal(day_of_year(start, days * DAY).at(seconds), [m.timetuple().tm_yday for m in expected])
