"""Cases with a solution in closed form. "To 1e-4": an error of at most 1e-4 of the initial value at default tolerance."""

from __future__ import annotations

import numpy as np
import pytest

from networks import run, seconds

P = "{ stage = [0.0, 1.0], area = [0.01, 100.0] }"
"""Area linear from 0.01 to 100 m2 over the first metre, then constant; 50.005 m3 at 1 m."""

G = 9.80665


def resistance_case(tolerance=1e-4):
    """S falls by the limit of 6e-5 m3/s until the head is 3 m, then exponentially with A R = 5e6 s."""
    result = run(
        """
        [basin.pond]
        curve = { stage = [0.0], area = [100.0] }
        initial_stage = 10.0
        [boundary.canal]
        stage = 5.0
        [resistance.bank]
        from = "pond"
        to = "canal"
        resistance = 5e4
        limit = 6e-5
        """,
        days=366,
        step="1 day",
        tolerance=tolerance,
    )
    t = seconds(result)
    t_star = (1000.0 - 100.0 * (5.0 + 3.0)) / 6e-5
    exact = np.where(t < t_star, 1000.0 - 6e-5 * t, 500.0 + 300.0 * np.exp(-(t - t_star) / 5e6))
    return result.storage.sel(node="pond").values, exact


def test_linear_resistance_with_a_limit():
    storage, exact = resistance_case()
    assert storage[[100, 366]] == pytest.approx([603.79825, 501.04704], abs=0.1)
    assert np.abs(storage - exact).max() < 1e-4 * 1000.0


def rating_case(tolerance=1e-4, rows=4001):
    """(h - 1)^2 / 86400 out of P: S = 50.005 + 1 / (t / (86400 * 1e4) + 1 / 950)."""
    h = np.linspace(1.0, 11.0, rows)
    table = "stage,discharge\n" + "\n".join(f"{x!r},{(x - 1.0) ** 2 / 86400.0!r}" for x in h.tolist())
    result = run(
        f"""
        [basin.pond]
        curve = {P}
        initial_stage = 10.5
        [boundary.out]
        [rating.outlet]
        from = "pond"
        to = "out"
        table = {{ file = "rating.csv" }}
        """,
        days=366,
        step="1 day",
        tolerance=tolerance,
        files={"rating.csv": table.encode()},
    )
    t = seconds(result)
    return result.storage.sel(node="pond").values, 50.005 + 1.0 / (t / (86400.0 * 1e4) + 1.0 / 950.0)


def test_quadratic_rating():
    storage, exact = rating_case()
    assert storage[[1, 10, 366]] == pytest.approx([917.58491, 537.18449, 76.56357], abs=0.1)
    assert np.abs(storage - exact).max() < 1e-4 * 1000.005


def test_printed_digits_at_a_tight_tolerance():
    """The digits that both cases are known by, 5 of them behind the point, from the runs themselves.

    A rating of lines lies above the parabola by (0.25 mm)^2 / 8 at most, 1e-7 of what flows at the last depth of 0.27 m.
    """
    storage, _ = resistance_case(tolerance=1e-9)
    assert storage[[100, 366]] == pytest.approx([603.79825, 501.04704], abs=1e-5)
    storage, _ = rating_case(tolerance=1e-9, rows=40001)
    assert storage[[1, 10, 366]] == pytest.approx([917.58491, 537.18449, 76.56357], abs=1e-5)


@pytest.mark.parametrize(
    ("curve", "exact"),
    [
        ("{ stage = [0.0], area = [50.0] }", lambda v: v / 50.0),
        (
            "{ stage = [0.0, 1.0], area = [0.0, 80.0] }",
            lambda v: np.where(v < 40.0, np.sqrt(v / 40.0), 1.0 + (v - 40.0) / 80.0),
        ),
        (
            "{ stage = [0.0, 1.0, 2.0], storage = [0.0, 10.0, 70.0] }",
            lambda v: np.where(v < 10.0, v / 10.0, 1.0 + (v - 10.0) / 60.0),
        ),
    ],
    ids=["prism", "wedge", "table of storages"],
)
def test_filling_is_exact(curve, exact):
    """Without an outflow the volume is what came in, and the stage is its curve's."""
    result = run(f'[basin.pond]\ncurve = {curve}\n[inflow.tap]\nto = "pond"\ndischarge = 1e-3\n', days=2)
    volume = 1e-3 * seconds(result)
    assert result.storage.sel(node="pond").values == pytest.approx(volume, rel=1e-13, abs=1e-12)
    assert result.stage.sel(node="pond").values == pytest.approx(exact(volume), rel=1e-12, abs=1e-12)


def test_a_pond_empties_through_its_floor():
    """sqrt(h) falls linearly; at T = A sqrt(2 h0 / g) / (C_d a) the pond is empty, and stays so."""
    area, hole, h0 = 200.0, np.pi * 0.1**2 / 4, 2.0
    result = run(
        f"""
        [basin.pond]
        curve = {{ stage = [0.0], area = [{area}] }}
        initial_stage = {h0}
        [boundary.below]
        [orifice.drain]
        from = "pond"
        to = "below"
        diameter = 0.1
        invert_level = 0.0
        orientation = "bottom"
        """,
        days=2,
        step="10 min",
    )
    h = result.stage.sel(node="pond").values
    t = seconds(result)
    empty = area * np.sqrt(2.0 * h0 / G) / (0.61 * hole)
    exact = h0 * np.maximum(1.0 - t / empty, 0.0) ** 2
    assert empty < t[-1]
    assert np.abs(h - exact).max() < 1e-4 * h0
    assert h.min() == 0.0
    assert np.all(h[t > empty + 600.0] == 0.0)
    assert result.attrs["solver_steps"] < 100


def weir_case(tolerance=1e-4):
    """H = (H0^-0.5 + K t / (2 A))^-2 with Q = K H^1.5 out of a prism."""
    result = run(
        """
        [basin.pond]
        curve = { stage = [0.0], area = [1e4] }
        initial_stage = 3.0
        [boundary.out]
        [weir.outlet]
        from = "pond"
        to = "out"
        crest_level = 1.0
        crest_width = 2.0
        """,
        days=3,
        tolerance=tolerance,
    )
    k = 2.0 / 3.0 * 0.62 * np.sqrt(2.0 * G) * 2.0
    exact = 1.0 + (2.0**-0.5 + k * seconds(result) / (2.0 * 1e4)) ** -2
    return result.stage.sel(node="pond").values, exact


def test_weir_out_of_a_prism():
    stage, exact = weir_case()
    assert np.abs(stage - exact).max() < 1e-4 * 3.0


def test_two_prisms_joined_by_a_drowned_orifice():
    """sqrt of the difference falls linearly: d' = -Q (1/A1 + 1/A2), Q = C_d a sqrt(2 g d)."""
    a1, a2, side = 3000.0, 1000.0, 0.5
    result = run(
        f"""
        [basin.high]
        curve = {{ stage = [0.0], area = [{a1}] }}
        initial_stage = 4.0
        [basin.low]
        curve = {{ stage = [0.0], area = [{a2}] }}
        initial_stage = 2.0
        [orifice.pipe]
        from = "low"
        to = "high"
        shape = "rectangular"
        width = {side}
        height = {side}
        invert_level = 0.0
        """,
        days=0.125,
        step="1 min",
    )
    stage = result.stage.values
    rate = 0.61 * side**2 * np.sqrt(2.0 * G) * (1.0 / a1 + 1.0 / a2) / 2.0
    d = np.maximum(np.sqrt(2.0) - rate * seconds(result), 0.0) ** 2
    level = (a1 * 4.0 + a2 * 2.0) / (a1 + a2)
    assert d[-1] == 0.0
    assert np.abs(stage[:, 0] - (level + d * a2 / (a1 + a2))).max() < 1e-4 * 4.0
    assert np.abs(stage[:, 1] - (level - d * a1 / (a1 + a2))).max() < 1e-4 * 4.0


def test_the_order_is_four_where_a_boundary_moves():
    """A pond follows a sea that rises steadily, through a resistance: h' = (s t - h) / T.

    h = s (t - T + T exp(-t / T)) from h = 0. With the tolerance out of the way and steps of equal length the error
    falls with the fourth power of the step; left without the time derivative of the boundary, with the second.
    """
    lag, slope = 43200.0, 2.0 / 864000.0

    def error(max_step):
        result = run(
            f"""
            [basin.pond]
            curve = {{ stage = [-10.0], area = [1e4] }}
            initial_stage = 0.0
            [boundary.sea]
            stage = {{ time = [0, 864000], value = [0.0, 2.0] }}
            [resistance.dike]
            from = "sea"
            to = "pond"
            resistance = {lag / 1e4}
            """,
            tolerance=1e3,
            max_step=max_step,
            step="12 h",
        )
        t = seconds(result)
        assert result.attrs["solver_steps"] == 864000 / max_step
        return np.abs(result.stage.values[:, 0] - slope * (t - lag + lag * np.exp(-t / lag))).max()

    errors = [error(step) for step in (43200.0, 21600.0, 10800.0)]
    assert errors[0] < 1e-4
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.3)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(4.0, abs=0.3)


def test_the_order_is_four_where_a_tide_moves_the_boundary():
    """The same pond follows the solar tide: T h' = cos(w t) - h, w of 30 degrees an hour.

    h = (cos w t + w T sin w t - exp(-t / T)) / (1 + (w T)^2) from h = 0.
    """
    lag, w = 43200.0, np.deg2rad(30.0) / 3600.0

    def error(max_step):
        result = run(
            f"""
            [basin.pond]
            curve = {{ stage = [-10.0], area = [1e4] }}
            initial_stage = 0.0
            [boundary.sea]
            stage = {{ tide = "tide.csv", mean_level = 0.0 }}
            [resistance.dike]
            from = "sea"
            to = "pond"
            resistance = {lag / 1e4}
            """,
            tolerance=1e3,
            max_step=max_step,
            days=2,
            zone="Z",
            files={"tide.csv": b"constituent,amplitude,phase\nS2,1.0,0.0\n"},
        )
        t = seconds(result)
        assert result.attrs["solver_steps"] == 172800 / max_step
        exact = (np.cos(w * t) + w * lag * np.sin(w * t) - np.exp(-t / lag)) / (1.0 + (w * lag) ** 2)
        return np.abs(result.stage.values[:, 0] - exact).max()

    errors = [error(step) for step in (3600.0, 1800.0, 900.0)]
    assert errors[0] < 1e-4
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.3)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(4.0, abs=0.3)


@pytest.mark.parametrize("case", [weir_case, resistance_case])
def test_errors_fall_with_the_tolerance(case):
    """The solution converges to the exact one: a thousandth of the tolerance, a twentieth of the error or less."""
    errors = [np.abs(np.subtract(*case(tolerance))).max() for tolerance in (1e-3, 1e-6, 1e-9)]
    assert errors[1] < 0.05 * errors[0]
    assert errors[2] < 0.05 * errors[1]
