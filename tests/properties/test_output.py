"""What is written does not change what is computed."""

from __future__ import annotations

import numpy as np
import pytest

from networks import run

BODY = """
[basin.upper]
curve = { stage = [0.0, 2.0], area = [1e3, 5e3] }
initial_stage = 1.0
rain = { time = ["2024-01-01", "2024-01-01T06:00", "2024-01-05"], value = [10.0, 0.0, 0.0], units = "mm/h" }
[basin.lower]
curve = { stage = [0.0], area = [4e3] }
evaporation = "5 mm/day"
[boundary.sea]
stage = { time = [0, 22350, 44700, 67050, 89400, 345600], value = [-0.5, 1.2, -0.4, 1.3, -0.5, 0.0] }
[weir.spill]
from = "upper"
to = "lower"
crest_level = 1.1
crest_width = 2.0
[gate.sluice]
from = "lower"
to = "sea"
sill_level = 0.1
width = 1.5
opening = { time = [0, 40000, 345600], value = [0.3, 1.0, 1.0] }
[pump.back]
from = "lower"
to = "upper"
capacity = 0.02
efficiency = 0.7
[demand.farm]
from = "upper"
discharge = 0.05
min_stage = 0.9
"""


def test_stages_do_not_depend_on_the_output_step():
    runs = [run(BODY, days=4, step=step) for step in ("1 min", "15 min", "1 day")]
    common = runs[2].time
    for result in runs[:2]:
        difference = result.stage.sel(time=common) - runs[2].stage
        assert float(np.abs(difference).max()) < 1e-4
        assert result.attrs["solver_steps"] == runs[2].attrs["solver_steps"]
        assert result.max_stage.values == pytest.approx(runs[2].max_stage.values, abs=1e-9)


def test_the_same_scenario_gives_the_same_bits():
    first, second = run(BODY, days=4, step="15 min"), run(BODY, days=4, step="15 min")
    for name in first.variables:
        assert first[name].values.tobytes() == second[name].values.tobytes() or first[name].dtype == object, name


def test_max_stage_is_of_the_continuous_solution():
    """The lower pond peaks between two minutes, as the tide turns: no output time has its highest stage."""
    coarse, fine = run(BODY, days=4, step="1 day"), run(BODY, days=4, step="1 min", tolerance=1e-8)
    highest = coarse.max_stage.sel(node=["upper", "lower"]).values
    assert np.all(highest > coarse.stage.sel(node=["upper", "lower"]).max("time").values + 1e-2)
    assert highest == pytest.approx(fine.max_stage.sel(node=["upper", "lower"]).values, abs=2e-4)
    assert highest[1] == pytest.approx(float(fine.max_stage.sel(node="lower")), abs=1e-5)
    between = float(fine.max_stage.sel(node="lower")) - float(fine.stage.sel(node="lower").max())
    assert 1e-4 < between < 5e-4
    when = coarse.time_of_max_stage.sel(node="lower") - fine.time_of_max_stage.sel(node="lower")
    assert abs(when / np.timedelta64(1, "s")) < 1.0


def test_mean_stage_is_the_mean_of_the_stage():
    hourly, minutes = run(BODY, days=4, step="1 h"), run(BODY, days=4, step="1 min")
    h = minutes.stage.values
    mean = (0.5 * (h[1:] + h[:-1])).reshape(96, 60, -1).mean(axis=1)
    assert hourly.mean_stage.values[1:] == pytest.approx(mean, abs=2e-5)


def test_rain_is_exact_and_a_demand_that_is_not_met_is_a_shortage():
    result = run(BODY, days=4, step="1 h")
    rain = float(result.rain.sel(node="upper")[1:].sum()) * 3600.0
    assert rain == pytest.approx(0.06 * 5e3, rel=1e-12)
    got = result.discharge.sel(link="farm").values[1:] + result.shortage.sel(link="farm").values[1:]
    assert got == pytest.approx(np.full(96, 0.05), rel=1e-12)
    assert float(result.shortage.sel(link="farm").max()) > 0.0
    assert float(result.energy.sel(link="back")) > 0.0


def test_a_pump_does_not_exceed_its_capacity():
    """It starts and stops within steps, at the ramp above its lowest stage, and its peak is its capacity."""
    result = run(
        """
        [basin.pond]
        curve = { stage = [0.0], area = [500.0] }
        initial_stage = 1.0
        [boundary.out]
        [pump.drain]
        from = "pond"
        to = "out"
        capacity = 0.2
        min_from_stage = 1.0
        [inflow.storm]
        to = "pond"
        discharge = { time = [0, 3600, 7200, 864000], value = [0.0, 0.5, 0.0, 0.0] }
        """,
        step="1 day",
    )
    assert float(result.max_discharge.sel(link="drain")) == pytest.approx(0.2, rel=1e-12)


def test_water_above_the_top_of_a_curve_is_said_by_name():
    body = '[basin.{}]\ncurve = {{ stage = {}, area = {} }}\n[inflow.q]\nto = "{}"\ndischarge = 0.1\n'
    over = run(body.format("pond", "[0.0, 1.0]", "[100.0, 200.0]", "pond"), days=1)
    assert over.attrs["warnings"].startswith("pond rose to 43.450 m on 2024-01-02 00:00, above the top row")
    prism = run(body.format("tank", "[0.0]", "[100.0]", "tank"), days=1)
    assert "warnings" not in prism.attrs


def test_a_fixed_flow_takes_what_is_there_and_the_rest_is_its_shortage():
    """A growing discharge out of 1e5 m3, half shut after five days: when the store is gone only the brook is left."""
    result = run(
        """
        [basin.upper]
        curve = { stage = [0.0], area = [1e5] }
        initial_stage = 1.0
        [basin.lower]
        curve = { stage = [0.0], area = [1e5] }
        [fixed_flow.feed]
        from = "upper"
        to = "lower"
        discharge = { time = [0, 864000], value = [1.0, 3.0] }
        open = { time = [0, 5400, 9000, 432000, 864000], value = [1.0, 0.0, 1.0, 0.5, 0.5] }
        [inflow.brook]
        to = "upper"
        discharge = 0.5
        """,
        days=10,
        step="1 h",
    )
    hour = np.arange(240)
    wanted = 1.0 + 2.0 * (hour + 0.5) / 240.0
    wanted[hour >= 120] *= 0.5
    # Shut from 1.5 h to 2.5 h: the first half of the second hour, at 1.0104 m3/s, the second half of the third.
    wanted[1] = 0.5 * (1.0 + 2.0 * 1.25 / 240.0)
    wanted[2] = 0.5 * (1.0 + 2.0 * 2.75 / 240.0)
    got, short = (result[name].sel(link="feed").values[1:] for name in ("discharge", "shortage"))
    assert got + short == pytest.approx(wanted, rel=1e-12)
    assert short[:24].max() == 0.0
    # The brook, and what little the last millimetre gives as the wish still grows.
    assert got[-1] == pytest.approx(0.5, rel=1e-4)
    assert float(result.storage.sel(node="upper")[-1]) >= 0.0
    total = float(result.storage.sel(time=result.time[-1]).sum())
    assert total == pytest.approx(1e5 + 0.5 * 864000.0, rel=1e-12)
