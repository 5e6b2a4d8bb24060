"""Diversions and other given flows: their share at every instant, chains of them, and the order kept."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from networks import assert_balanced, run, seconds

FLOOD = "{ time = [0, 7200, 21600, 86400], value = [0.5, 4.0, 1.0, 0.2] }"

RIVER = f"""
[basin.upper]
curve = {{ stage = [0.0], area = [2e4] }}
initial_stage = 1.0
[basin.fork]
curve = {{ stage = [0.0], area = [500.0] }}
initial_stage = 0.8
[basin.paddy]
curve = {{ stage = [0.0], area = [4e4] }}
[boundary.low]
[inflow.flood]
to = "upper"
discharge = {FLOOD}
[weir.spill]
from = "upper"
to = "fork"
crest_level = 1.0
crest_width = 4.0
[inflow.side]
to = "fork"
discharge = 0.3
[weir.on]
from = "fork"
to = "low"
crest_level = 0.5
crest_width = 3.0
"""


def entering(result, *links):
    """What flows in by some links, interval by interval."""
    return np.maximum(result.discharge.sel(link=list(links)).values[1:], 0.0).sum(axis=1)


def test_a_fraction_of_what_enters_at_all_times():
    """Of what spills and of the side brook 30 %: interval by interval to round-off, however fine the output."""
    result = run(
        RIVER + '[diversion.canal]\nfrom = "fork"\nto = "paddy"\nfraction = 0.3\n',
        days=1,
        step="1 min",
    )
    assert_balanced(result)
    canal = result.discharge.sel(link="canal").values[1:]
    assert canal == pytest.approx(0.3 * entering(result, "spill", "side"), rel=1e-9)
    assert canal.max() > 0.5


def test_a_table_of_what_enters():
    """Nothing below 0.5 m3/s, then half, at most the slope goes on: means of a minute miss the bend by their spread."""
    table = "{ inflow = [0.0, 0.5, 2.5], discharge = [0.0, 0.0, 1.0] }"
    result = run(RIVER + f'[diversion.canal]\nfrom = "fork"\nto = "paddy"\ntable = {table}\n', days=1, step="1 min")
    assert_balanced(result)
    expected = 0.5 * np.maximum(entering(result, "spill", "side") - 0.5, 0.0)
    assert result.discharge.sel(link="canal").values[1:] == pytest.approx(expected, abs=2e-4)
    assert expected.max() > 0.5
    assert expected.min() == 0.0


def test_a_chain_of_diversions():
    """A half of the flood goes on at each fork, at the same instant, whatever the order in the file."""
    body = "".join(f"[basin.f{k}]\ncurve = {{ stage = [0.0], area = [1e4] }}\n" for k in range(4))
    body += f'[inflow.flood]\nto = "f0"\ndischarge = {FLOOD}\n'
    for k in (2, 0, 1):
        body += f'[diversion.d{k}]\nfrom = "f{k}"\nto = "f{k + 1}"\nfraction = 0.5\n'
    result = run(body, days=1, step="10 min")
    assert_balanced(result)
    flood = result.discharge.sel(link="flood").values[1:]
    for k in range(3):
        assert result.discharge.sel(link=f"d{k}").values[1:] == pytest.approx(0.5 ** (k + 1) * flood, rel=1e-12)
    volume = np.concatenate([[0.0], np.cumsum(flood) * 600.0])
    assert result.storage.sel(node="f3").values == pytest.approx(volume / 8.0, rel=1e-12)


def test_a_share_of_a_weir_that_its_receiver_drowns():
    """The fork fills up to the pond above it, and later flows back over the weir.

    Its canal takes its share of what comes in and none of what leaves. At equal stages it takes nothing: the tolerance
    is small here because what the two ponds exchange by error is taken a share of as well.
    """
    result = run(
        """
        [basin.upper]
        curve = { stage = [0.0], area = [5e3] }
        initial_stage = 2.0
        [basin.fork]
        curve = { stage = [0.0], area = [2e3] }
        initial_stage = 0.5
        [basin.paddy]
        curve = { stage = [0.0], area = [1e5] }
        [weir.spill]
        from = "upper"
        to = "fork"
        crest_level = 0.8
        crest_width = 3.0
        [inflow.side]
        to = "fork"
        discharge = { time = [0, 7200, 7201, 14400, 86400], value = [0.0, 0.0, 2.0, 2.0, 0.0] }
        [diversion.canal]
        from = "fork"
        to = "paddy"
        fraction = 0.25
        """,
        days=0.25,
        step="10 s",
        tolerance=1e-6,
    )
    assert_balanced(result)
    spill = result.discharge.sel(link="spill").values[1:]
    head = result.stage.sel(node="fork") - 0.8
    assert spill.min() < -0.1
    assert np.any((spill > 0.1) & (head.values[1:] > 0.5 * (result.stage.sel(node="upper").values[1:] - 0.8)))
    canal, share = result.discharge.sel(link="canal").values[1:], 0.25 * entering(result, "spill", "side")
    in_full, back = spill > 0.1, spill < -0.1
    assert canal[in_full] == pytest.approx(share[in_full], rel=1e-9)
    assert canal[back] == pytest.approx(0.25 * result.discharge.sel(link="side").values[1:][back], rel=1e-9)
    assert canal == pytest.approx(share, abs=5e-5)


def test_the_order_is_four_with_a_diversion():
    """A pond drains by R1 into a fork that gives a third on at once and the rest by R2: two linear stages.

    a' = -a / T1; b' = (2/3) a / T1 - b / T2; the third is the paddy's, a third of what left the pond.
    """
    t1, t2, area = 43200.0, 86400.0, 1e4

    def error(max_step):
        result = run(
            f"""
            [basin.pond]
            curve = {{ stage = [0.0], area = [{area}] }}
            initial_stage = 5.0
            [basin.fork]
            curve = {{ stage = [-5.0], area = [{area}] }}
            initial_stage = -1.0
            [basin.paddy]
            curve = {{ stage = [0.0], area = [{area}] }}
            [boundary.base]
            stage = 0.0
            [boundary.low]
            stage = -1.0
            [resistance.first]
            from = "pond"
            to = "base"
            resistance = {t1 / area}
            [resistance.in]
            from = "base"
            to = "fork"
            resistance = {t2 / area}
            [diversion.canal]
            from = "fork"
            to = "paddy"
            fraction = 0.25
            """,
            tolerance=1e3,
            max_step=max_step,
            step="12 h",
            days=4,
        )
        t = seconds(result)
        b = -np.exp(-0.75 * t / t2)
        paddy = (b + 1.0) / 3.0
        return np.abs(result.stage.sel(node=["fork", "paddy"]).values - np.stack([b, paddy], axis=1)).max()

    errors = [error(step) for step in (21600.0, 10800.0, 5400.0)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.3)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(4.0, abs=0.3)


def test_a_levee_and_a_fixed_flow_share_a_pond():
    """Above a levee that rises from 1 m to 1.5 m over 40 m a pond spills; what it owes goes out until it is gone."""
    result = run(
        """
        [basin.pond]
        curve = { stage = [0.0], area = [2000.0] }
        initial_stage = 1.3
        [boundary.field]
        [basin.tank]
        curve = { stage = [0.0], area = [1e4] }
        [levee.bank]
        from = "pond"
        to = "field"
        table = { level = [1.0, 1.5], length = [0.0, 40.0] }
        [fixed_flow.feed]
        from = "pond"
        to = "tank"
        discharge = 0.1
        """,
        days=0.5,
        step="1 min",
        tolerance=1e-6,
    )
    assert_balanced(result)
    t, stage = seconds(result), result.stage.sel(node="pond").values

    def spilled(h):
        """dL/dz = 80, 2/5 of it for the half notch that the crest is, free."""
        return 2.0 / 3.0 * 0.577 * np.sqrt(2.0 * 9.80665) * 0.4 * 80.0 * np.maximum(h - 1.0, 0.0) ** 2.5

    hour = t <= 3600.0
    exact = solve_ivp(
        lambda _, h: -(spilled(h) + 0.1) / 2000.0, (0, 3600), [1.3], t_eval=t[hour], rtol=1e-10, atol=1e-12
    )
    assert stage[hour] == pytest.approx(exact.y[0], abs=1e-5)
    bank = np.cumsum(result.discharge.sel(link="bank").values[1:]) * 60.0
    assert bank[:60] == pytest.approx(2000.0 * (1.3 - exact.y[0][1:]) - 0.1 * t[1:61], abs=0.02)
    feed, short = (result[name].sel(link="feed").values[1:] for name in ("discharge", "shortage"))
    left = stage[1:] > 0.01
    assert feed[left] == pytest.approx(0.1, rel=1e-12)
    assert feed + short == pytest.approx(0.1, rel=1e-12)
    assert feed[-1] < 1e-6  # the last millimetre goes as it fades, with the square of time
    assert stage[-1] < 1e-4
    assert 0.0 < t[1:][left][-1] < 43200.0
