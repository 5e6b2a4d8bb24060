"""Standard errors, correlation and collinearity where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from deltasim.studies.identifiability import autocorrelation, identify, inflation

RNG = np.random.default_rng(7)
LINE = np.column_stack((np.ones(50), np.linspace(0.0, 1.0, 50)))


def test_straight_line_has_the_standard_errors_of_textbooks():
    """s^2 / Sxx of the slope, s^2 (1/n + mean^2 / Sxx) of the constant, of independent errors."""
    noise = RNG.normal(size=50)
    residuals = noise - LINE @ np.linalg.lstsq(LINE, noise, rcond=None)[0]
    got = identify(residuals, LINE, np.zeros(50, dtype=np.int64))
    variance = float(np.sum(residuals**2)) / 48.0
    x = LINE[:, 1]
    spread = float(np.sum((x - x.mean()) ** 2))
    assert got.plain_standard_error[1] == pytest.approx(np.sqrt(variance / spread))
    assert got.plain_standard_error[0] == pytest.approx(np.sqrt(variance * (1.0 / 50.0 + x.mean() ** 2 / spread)))
    expected = -x.mean() / np.sqrt(np.mean(x**2))
    assert got.correlation[0, 1] == pytest.approx(expected)
    assert got.singular_values == pytest.approx(np.linalg.svd(LINE, compute_uv=False))


def test_errors_of_one_process_are_inflated_as_its_mean_is():
    """The mean of a first-order process with r = 0.8 has 9 times the variance of independent values: 400 simulated means.

    Each estimate from one series scatters about that, for r is estimated too.
    """
    n, r = 400, 0.8
    means, estimates = [], []
    for _ in range(400):
        shocks = RNG.normal(size=n) * np.sqrt(1.0 - r**2)
        series = np.empty(n)
        series[0] = RNG.normal()
        for i in range(1, n):
            series[i] = r * series[i - 1] + shocks[i]
        means.append(series.mean())
        column = np.ones((n, 1))
        estimates.append(identify(series - series.mean(), column, np.zeros(n, dtype=np.int64)).standard_error[0])
    assert np.std(means) == pytest.approx(np.sqrt(9.0 / n), rel=0.1)
    assert np.median(estimates) == pytest.approx(np.std(means), rel=0.12)


def test_inflation_has_bounds():
    assert inflation(RNG.normal(size=10_000)) == pytest.approx(1.0, abs=0.05)
    assert inflation(np.tile([1.0, -1.0], 20)) == 1.0  # values that alternate are no better than independent ones
    assert inflation(np.linspace(-1.0, 1.0, 30)) <= 30.0
    assert autocorrelation(np.zeros(5)) == 0.0


def test_parameters_that_undo_each_other():
    """Columns at an angle: the index is 1 / sqrt(1 - |cos|) for two of length one (Brun et al. 2001)."""
    a = np.zeros(40)
    a[:20] = 1.0
    b = np.zeros(40)
    b[:19] = 1.0
    b[20] = 1.0
    got = identify(RNG.normal(size=40), np.column_stack((a, b)), np.zeros(40, dtype=np.int64))
    assert got.collinearity == pytest.approx(1.0 / np.sqrt(1.0 - 19.0 / 20.0))
    assert np.abs(got.weakest) == pytest.approx([np.sqrt(0.5), np.sqrt(0.5)])
    assert got.weakest[0] * got.weakest[1] < 0.0
    same = identify(RNG.normal(size=40), np.column_stack((a, a)), np.zeros(40, dtype=np.int64))
    assert same.collinearity > 1e6
    assert np.isnan(same.standard_error).all()


def test_parameter_without_effect_has_no_standard_error():
    got = identify(RNG.normal(size=50), np.column_stack((LINE[:, 0], np.zeros(50))), np.zeros(50, dtype=np.int64))
    assert np.isnan(got.standard_error).all()
    assert got.sensitivity[1] == 0.0
    assert got.collinearity == np.inf


def test_targets_keep_their_own_variance():
    """Two targets, each of one parameter alone: each standard error is that of its own residuals."""
    derivatives = np.zeros((40, 2))
    derivatives[:20, 0] = 1.0
    derivatives[20:, 1] = 1.0
    signs = np.tile([1.0, 1.0, -1.0, -1.0], 10)  # no autocorrelation to speak of
    residuals = np.concatenate((0.1 * signs[:20], 10.0 * signs[20:]))
    got = identify(residuals, derivatives, np.repeat([0, 1], 20))
    assert got.plain_standard_error[1] / got.plain_standard_error[0] == pytest.approx(100.0)
    assert got.plain_standard_error[0] == pytest.approx(0.1 / np.sqrt(20.0) * np.sqrt(40.0 / 38.0))
