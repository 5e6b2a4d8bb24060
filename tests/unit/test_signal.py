from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltasim.signal import Signal, mean_of_product

INTERPOLATIONS = ("linear", "previous")


def signals(interpolation: str) -> st.SearchStrategy[Signal]:
    """Up to eight points on a grid of 1/8, so that nothing but the arithmetic of the signal is tested."""
    times = st.lists(st.integers(-40, 200), min_size=1, max_size=8, unique=True).map(sorted)
    return times.flatmap(
        lambda time: st.lists(st.integers(-50, 50), min_size=len(time), max_size=len(time)).map(
            lambda value: Signal(np.array(time) / 8.0, np.array(value) / 4.0, interpolation)
        )
    )


def piecewise_integral(signal: Signal, t0: float, t1: float) -> float:
    """Integrate between every pair of neighbouring points: the midpoint is exact on a straight piece."""
    low, high = min(t0, t1), max(t0, t1)
    inside = signal.time[(signal.time > low) & (signal.time < high)]
    edges = np.concatenate([[low], inside, [high]])
    total = np.sum(signal.at(0.5 * (edges[:-1] + edges[1:])) * np.diff(edges))
    return float(total if t1 >= t0 else -total)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@given(data=st.data())
def test_integral_is_exact(interpolation: str, data: st.DataObject) -> None:
    signal = data.draw(signals(interpolation))
    t0, t1 = data.draw(st.floats(-10, 40)), data.draw(st.floats(-10, 40))
    assert float(signal.integral(t0, t1)) == pytest.approx(piecewise_integral(signal, t0, t1), abs=1e-9)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@given(data=st.data())
def test_integral_is_exact_between_its_own_points(interpolation: str, data: st.DataObject) -> None:
    signal = data.draw(signals(interpolation))
    t0, t1 = np.meshgrid(signal.time, signal.time)
    expected = [piecewise_integral(signal, a, b) for a, b in zip(t0.ravel(), t1.ravel(), strict=True)]
    np.testing.assert_allclose(signal.integral(t0, t1).ravel(), expected, atol=1e-9)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@given(data=st.data())
def test_means_add_up_to_the_integral(interpolation: str, data: st.DataObject) -> None:
    signal = data.draw(signals(interpolation))
    edges = np.linspace(-6.0, 30.0, 17)
    assert np.sum(signal.mean(edges) * np.diff(edges)) == pytest.approx(float(signal.integral(-6.0, 30.0)), abs=1e-9)


def test_previous_holds_from_its_time_on_and_the_last_for_ever() -> None:
    signal = Signal(np.array([0.0, 10.0]), np.array([1.0, 3.0]), "previous")
    np.testing.assert_array_equal(signal.at([-5.0, 0.0, 9.999, 10.0, 1e9]), [1.0, 1.0, 1.0, 3.0, 3.0])


def test_linear_holds_its_ends() -> None:
    signal = Signal(np.array([0.0, 10.0]), np.array([1.0, 3.0]), "linear")
    np.testing.assert_array_equal(signal.at([-5.0, 0.0, 5.0, 10.0, 1e9]), [1.0, 1.0, 2.0, 3.0, 3.0])


def test_breakpoints_of_steps_are_where_the_value_changes() -> None:
    signal = Signal(np.arange(5.0), np.array([1.0, 1.0, 2.0, 2.0, 1.0]), "previous")
    np.testing.assert_array_equal(signal.breakpoints(0.0, 10.0), [2.0, 4.0])
    np.testing.assert_array_equal(signal.breakpoints(2.0, 4.0), [])


def test_breakpoints_of_lines_are_where_the_slope_changes() -> None:
    signal = Signal(np.arange(1.0, 6.0), np.array([0.0, 0.1, 0.2, 0.2, 0.2]), "linear")
    np.testing.assert_array_equal(signal.breakpoints(0.0, 10.0), [1.0, 3.0])


def test_constant_and_scaled() -> None:
    signal = Signal.constant(2.5)
    assert signal.is_constant
    assert signal.breakpoints(-1e9, 1e9).size == 0
    assert signal.scaled(2.0, 1.0) == Signal.constant(6.0)
    assert hash(signal) == hash(Signal.constant(2.5))
    assert repr(signal) == "Signal.constant(2.5)"
    np.testing.assert_array_equal(signal.mean([0.0, 1.0, 5.0]), [2.5, 2.5])


def test_mean_of_a_product_is_exact_across_jumps_and_bends() -> None:
    """Over [0, 2]: t on [0, 1) with a factor of 1, then (2 - t) with 0.5: 1/2 + 1/4. Over [2, 4]: 0.

    Linear times linear: (t - 4) (1 + t - 4), whose integral from 4 to 5 is 1/3 + 1/2.
    """
    tent = Signal(np.array([0.0, 1.0, 2.0, 4.0, 5.0]), np.array([0.0, 1.0, 0.0, 0.0, 1.0]), "linear")
    steps = Signal(np.array([0.0, 1.0]), np.array([1.0, 0.5]))
    edges = np.array([0.0, 2.0, 4.0])
    np.testing.assert_allclose(mean_of_product(tent, steps, edges), [0.375, 0.0], rtol=1e-15)
    np.testing.assert_allclose(mean_of_product(steps, tent, edges), [0.375, 0.0], rtol=1e-15)
    np.testing.assert_array_equal(mean_of_product(tent, Signal.constant(2.0), edges), 2.0 * tent.mean(edges))
    line = Signal(np.array([4.0, 5.0]), np.array([1.0, 2.0]), "linear")
    np.testing.assert_allclose(mean_of_product(tent, line, [4.0, 5.0]), [1.0 / 3.0 + 0.5], rtol=1e-15)


def test_a_signal_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Signal.constant(1.0).value[0] = 2.0


@pytest.mark.parametrize(
    ("time", "value", "interpolation", "words"),
    [
        ([0.0, 0.0], [1.0, 2.0], "linear", "times must rise strictly"),
        ([1.0, 0.0], [1.0, 2.0], "linear", "times must rise strictly"),
        ([0.0, 1.0], [1.0], "linear", "equally long"),
        ([], [], "linear", "equally long"),
        ([0.0], [np.nan], "linear", "finite"),
        ([0.0], [1.0], "cubic", 'interpolation must be "linear" or "previous"'),
    ],
)
def test_what_is_no_signal(time: list[float], value: list[float], interpolation: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Signal(np.array(time), np.array(value), interpolation)
