"""Scores of series by hand."""

from __future__ import annotations

import numpy as np
import pytest

from deltasim.studies.scores import (
    bias,
    kling_gupta_efficiency,
    nash_sutcliffe_efficiency,
    root_mean_square_error,
    scores,
)

OBSERVED = np.array([1.0, 2.0, 4.0, 5.0])


def test_perfect_series():
    got = scores(OBSERVED, OBSERVED)
    assert (got.count, got.nse, got.kge, got.rmse, got.bias, got.relative_bias) == (4, 1.0, 1.0, 0.0, 0.0, 0.0)


def test_observed_mean_has_0_by_nash_and_sutcliffe_and_less_by_gupta():
    """1 - sqrt(2) after Knoben et al. (2019): r = 0, no spread, the right mean."""
    mean = np.full(4, 3.0)
    assert nash_sutcliffe_efficiency(mean, OBSERVED) == 0.0
    assert kling_gupta_efficiency(mean, OBSERVED) == pytest.approx(1.0 - np.sqrt(2.0))


def test_by_hand():
    """Errors 1, 0, -1, 2: sum of squares 6, of the observed about their mean 10."""
    simulated = np.array([2.0, 2.0, 3.0, 7.0])
    assert nash_sutcliffe_efficiency(simulated, OBSERVED) == pytest.approx(0.4)
    assert root_mean_square_error(simulated, OBSERVED) == pytest.approx(np.sqrt(1.5))
    assert bias(simulated, OBSERVED) == pytest.approx(0.5)
    assert scores(simulated, OBSERVED).relative_bias == pytest.approx(0.5 / 3.0)
    # Deviations (-1.5, -1.5, -0.5, 3.5) and (-2, -1, 1, 2): covariance 11, squares 17 and 10; means 3.5 and 3.
    r, spread, mean = 11.0 / np.sqrt(170.0), np.sqrt(1.7), 3.5 / 3.0
    expected = 1.0 - np.sqrt((r - 1.0) ** 2 + (spread - 1.0) ** 2 + (mean - 1.0) ** 2)
    assert kling_gupta_efficiency(simulated, OBSERVED) == pytest.approx(expected)


def test_twice_the_observed():
    """The correlation is 1, spread and mean are twice what they are: sqrt(0 + 1 + 1)."""
    assert kling_gupta_efficiency(2.0 * OBSERVED, OBSERVED) == pytest.approx(1.0 - np.sqrt(2.0))


def test_where_nothing_varies_there_is_no_efficiency():
    got = scores([1.0, 2.0], [3.0, 3.0])
    assert np.isnan(got.nse)
    assert np.isnan(got.kge)
    assert got.rmse == pytest.approx(np.sqrt(2.5))
    assert np.isnan(scores([], []).rmse)


@pytest.mark.parametrize(
    ("simulated", "message"),
    [([1.0, 2.0], "two series of one length"), ([1.0, np.nan, 2.0, 3.0], "there are gaps in the series")],
)
def test_what_is_no_pair(simulated, message):
    with pytest.raises(ValueError, match=message):
        nash_sutcliffe_efficiency(simulated, OBSERVED)
