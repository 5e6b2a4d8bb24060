"""Comparisons: what is in the table, what fixes the thresholds, and what is said where something is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deltasim
from comparisons import result
from deltasim.errors import IndicatorError, ResultError, ScenarioError
from deltasim.indicators import INDICATORS, INDICES
from deltasim.studies import compare

DEPTH = np.where(np.arange(366) % 73 < 30, 0.3, 0.05)


def rows(comparison, **wanted):
    keep = np.ones(comparison.sizes["row"], bool)
    for name, value in wanted.items():
        keep &= comparison[name].values == value
    return comparison.isel(row=keep)


def write(folder, text):
    file = folder / "what.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_table_holds_every_scenario_and_the_differences_from_the_baseline():
    """The marsh is wet on 150 of 366 days (5 spells of 30, the sixth of a day more); 0.2 m more make it wet always."""
    wetter = result("wetter", depth=DEPTH + 0.2)
    made = compare({"base": result(), "wetter": wetter}, files={"base": "base.nc"})
    assert made.attrs["deltasim_kind"] == "comparison"
    assert (made.attrs["baseline"], made.attrs["scenarios"]) == ("base", ["base", "wetter"])
    assert made.file.values.tolist() == ["base.nc", ""]
    assert made.water_balance_error.values.tolist() == [1e-16, 1e-16]
    assert np.isnan(made.salt_balance_error.values).all()
    own = rows(made, metric="wet_days", zone="marsh")
    wet = int((DEPTH >= 0.1).sum())
    assert own.scenario.values.tolist() == ["base", "wetter"]
    assert own.value.values.tolist() == [wet, 366]
    assert own.difference.values.tolist() == [0, 366 - wet]
    assert own.percent.values == pytest.approx([0, 100 * (366 - wet) / wet])
    assert own.verdict.values.tolist() == ["no threshold"] * 2
    assert own.period.values.tolist() == ["all", "all"]
    assert set(made.zone.values) == {"marsh", "pond", "sill", "outlet"}  # the sea is no zone
    volume = rows(made, metric="volume", zone="sill", scenario="base")
    assert volume.value.item() == pytest.approx(86400.0 * DEPTH.sum())
    assert "warnings" not in made.attrs


def test_salt_closes_as_the_worst_substance_does():
    salty = result().assign_attrs(relative_salinity_balance_error=-3e-14, relative_nitrate_balance_error=1e-15)
    assert compare({"base": salty}).salt_balance_error.item() == 3e-14


INDICATORS_FILE = """
[indicator.reed]
function = "wet_days"
of = "marsh"
arguments = { threshold = "20 cm", water_year_start = 10 }
threshold = "baseline q50"
better = "higher"

[indicator.low]
function = "hours_above"
of = ["marsh.stage", "pond.stage"]
arguments = { level = "baseline q50" }
threshold = 2000
better = "lower"

[indicator.pulses]
function = "low_pulse_count"
of = "sill"
"""


@settings(deadline=None, max_examples=10)
@given(changes=st.lists(st.floats(-0.3, 1.0), min_size=0, max_size=3))
def test_thresholds_are_those_of_the_baseline_whatever_the_variants(tmp_path_factory, changes):
    """Percentiles of the indicator, of the series and of the record: none is computed of a variant."""
    file = write(tmp_path_factory.mktemp("of"), INDICATORS_FILE)
    alone = compare({"base": result()}, indicators=file)
    variants = {f"v{i}": result(depth=DEPTH + more, flow=1.0 + i) for i, more in enumerate(changes)}
    made = compare({"base": result(), **variants}, indicators=file)
    for name in ("base", *variants):
        np.testing.assert_array_equal(rows(made, scenario=name).threshold, alone.threshold)
    np.testing.assert_array_equal(rows(made, scenario="base").value, alone.value)
    np.testing.assert_array_equal(rows(made, scenario="base").verdict, alone.verdict)


def test_variant_is_judged_by_the_baselines_own_quartiles(tmp_path):
    """Half the flow is below the baseline's lower quartile for longer; by quartiles of its own nothing would change."""
    file = write(tmp_path, INDICATORS_FILE)
    depth = 0.3 + 0.2 * np.sin(np.arange(366) / 9.0)
    made = compare({"base": result(depth=depth), "half": result(depth=depth, flow=0.5)}, indicators=file)
    counts = rows(made, metric="pulses")
    assert counts.value.values[0] != counts.value.values[1]
    level = rows(made, metric="low", zone="marsh")
    assert level.value.values[0] == level.value.values[1]


def test_verdicts(tmp_path):
    file = write(tmp_path, INDICATORS_FILE)
    drier = DEPTH - 0.15
    gap = DEPTH.copy()
    gap[100] = np.nan
    made = compare({"base": result(), "drier": result(depth=drier), "gap": result(depth=gap)}, indicators=file)
    reed = rows(made, metric="reed")
    assert reed.verdict.values.tolist() == ["meets", "fails", "no data"]
    assert np.isnan(reed.value.values[2])
    assert reed.valid_fraction.values == pytest.approx([1, 1, 365 / 366])
    assert reed.better.values.tolist() == ["higher"] * 3
    assert "gap: reed: 1 of 1 values lack data, see valid_fraction" in made.attrs["warnings"].splitlines()


def test_what_a_variant_has_not_is_in_the_table_as_missing():
    short = result(links=("sill",), days=300)
    made = compare({"base": result(), "short": short})
    lost = rows(made, scenario="short", metric="volume", zone="outlet")
    assert np.isnan(lost.value.item())
    words = made.attrs["warnings"]
    assert 'short: there is no "outlet", so no volume of it' in words
    assert "short: it runs from 2019-10-01T00:00 to 2020-07-27T00:00, not as base" in words


def test_filled_days_are_told(tmp_path):
    gap = DEPTH.copy()
    gap[100:102] = np.nan
    text = INDICATORS_FILE.replace("water_year_start = 10", 'gaps = "linear", max_gap = 3')
    made = compare({"base": result(), "gap": result(depth=gap)}, indicators=write(tmp_path, text))
    assert rows(made, metric="reed", scenario="gap").value.item() > 0
    assert "gap: reed: 2 days without data were filled" in made.attrs["warnings"]


def test_years_seasons_bands_and_groups_have_rows_of_their_own(tmp_path):
    text = """
    [indicator.hydroperiod]
    function = "hydroperiod"
    of = "marsh"
    arguments = { threshold = 0.1, bands = 2 }
    season = "spring"
    [indicator.flow]
    function = "exceedance"
    of = "sill.discharge"
    arguments = { levels = [10, 90] }
    [indicator.change]
    function = "monthly_change"
    of = "marsh"
    arguments = { lags = [1] }
    """
    long = result(depth=np.tile(DEPTH, 3), days=3 * 366)
    made = compare({"base": long}, indicators=write(tmp_path, text))
    wet = rows(made, metric="wet_days band 1")
    assert wet.period.values.tolist() == ["2020 spring", "2021 spring", "2022 spring"]
    assert set(rows(made, period="all").metric.values) == {"flow Q10", "flow Q90"}
    change = rows(made, metric="change lag 1")
    assert change.period.values[0] == "2019-10"
    assert np.isnan(change.value.values[0])


def test_long_runs_are_looked_at_by_their_own_years_and_short_ones_whole():
    long = compare({"base": result(depth=np.tile(DEPTH, 3)[:1000], start="2020-01-01", days=1000)})
    assert rows(long, metric="wet_days", zone="marsh").period.values.tolist() == ["2020", "2021", "2022"]
    short = compare({"base": result(depth=DEPTH[:10], days=10)})
    assert rows(short, metric="wet_days", zone="marsh").value.values.tolist() == [10]


BROKEN = """\
[indicator.one]
function = "wet_dais"

[indicator.two]
function = "wet_days"
of = ["marsh", "marhs"]
season = "sprng"
treshold = 3

[indicator.three]
function = "wet_days"
of = "marsh.depth"
arguments = { thresholt = 0.1 }
threshold = "base q25"
better = "more"

[indicator.four]
function = "hydroperiod"
arguments = { threshold = "10 s", season = "spring" }
threshold = 4

[indicator.five]
function = "peak_lag"
of = "sill.discharg"
arguments = { downstream = "outlett" }

[zone.marsh]
"""


def test_all_mistakes_at_once_each_with_its_line(tmp_path):
    file = write(tmp_path, BROKEN)
    with pytest.raises(ScenarioError) as caught:
        compare({"base": result()}, indicators=file)
    found = {(problem.line, problem.path): problem.message for problem in caught.value.problems}
    expected = {
        (2, "indicator.one.function"): 'there is no indicator "wet_dais"; did you mean "wet_days"?',
        (8, "indicator.two.treshold"): 'unknown key; did you mean "threshold"?',
        (15, "indicator.three.better"): 'expected "higher" or "lower", got "more"',
        (19, "indicator.four.arguments.threshold"): 'expected it in m, as mean_stage is, got "10 s"',
        (19, "indicator.four.arguments.season"): '"hydroperiod" has no argument "season"; it is a key beside arguments',
        (24, "indicator.five.of"): 'the result has no series "discharg"; did you mean "discharge"?',
        (25, "indicator.five.arguments.downstream"): 'there is no link "outlett"; did you mean "outlet"?',
        (27, "zone"): "expected tables such as [indicator.wet_days], got [zone]",
    }
    assert expected.items() <= found.items()
    again = write(tmp_path, BROKEN.replace("treshold = 3", "").replace('better = "more"', 'better = "higher"'))
    with pytest.raises(ScenarioError) as caught:
        compare({"base": result()}, indicators=again)
    found = {problem.path: problem.message for problem in caught.value.problems}
    assert found["indicator.two.of.1"] == 'there is no node "marhs"; did you mean "marsh"?'
    assert found["indicator.two.season"].endswith('got "sprng"; did you mean "spring"?')
    assert found["indicator.two.arguments"] == '"hydroperiod" needs arguments = { threshold = ... }'
    assert found["indicator.three.of"] == '"hydroperiod" goes by the stage, got "depth"; leave it out'
    assert found["indicator.three.threshold"] == 'expected a number or "baseline q25", got "base q25"'
    assert found["indicator.four.threshold"].startswith('"hydroperiod" gives several indicators; a number fits one')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[indicator.x]\nfunction = 3", "expected a text, got 3"),
        ("indicator = 3", "expected a table for each indicator"),
        ("[indicator]", "there is no indicator in this file"),
        ("[indicator.x", "what.toml:1"),
        ('[indicator.x]\nfunction = "mean"\nthreshold = 3', 'a threshold needs better = "higher" or "lower"'),
        ('[indicator.x]\nfunction = "mean"\nof = 3', "expected a name, such as north_marsh"),
        ('[indicator.x]\nfunction = "mean"\nof = ["marsh.stage", "sill"]', "expected one variable for all"),
        ('[indicator.x]\nfunction = "peak"\nseason = "spring"', '"peak" has no season'),
        (
            '[indicator.x]\nfunction = "mean"\narguments = { gaps = "spline", max_gap = 1 }',
            'gaps is "linear" or nothing',
        ),
        (
            '[indicator.x]\nfunction = "wet_days"\narguments = { threshold = 0 }',
            "what.toml:3: indicator.x: threshold is a depth above 0",
        ),
        ('[indicator.x]\nfunction = "duration_value"', "has no place in a table"),
        (
            '[indicator.x]\nfunction = "hours_above"\narguments = { level = "5 mm/" }',
            'what.toml:3: indicator.x.arguments.level: there is no unit "mm/"',
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, words):
    with pytest.raises(ScenarioError) as caught:
        compare({"base": result()}, indicators=write(tmp_path, text))
    assert words in str(caught.value)


def test_what_is_no_result():
    with pytest.raises(ResultError, match="this is no result of deltasim: it has no node_kind"):
        compare({"base": result().drop_vars("node_kind")})
    with pytest.raises(IndicatorError, match="nothing to compare"):
        compare({})
    with pytest.raises(IndicatorError, match="No such file"):
        compare({"base": result()}, indicators="nowhere.toml")


def test_a_run_that_failed_is_named():
    with pytest.raises(ResultError, match="this run failed, and cannot be compared: it stopped"):
        compare({"base": result().assign_attrs(run_failed="it stopped")})


def test_comparison_survives_a_file(tmp_path):
    import xarray as xr

    made = compare({"base": result(), "天鹅湖": result(depth=DEPTH + 0.1)}, files={"base": "base.nc"})
    deltasim.write(made, tmp_path / "comparison.nc")
    with xr.open_dataset(tmp_path / "comparison.nc") as back:
        for name in made.variables:
            np.testing.assert_array_equal(back[name].values.astype(made[name].dtype), made[name].values)
        assert list(back.attrs["scenarios"]) == ["base", "天鹅湖"]
        assert back.attrs["deltasim_kind"] == "comparison"


def test_catalogue_is_whole():
    """Identifiers are unique, every declaration is complete, and names no variable that results cannot have."""
    declared = [indicator for index in INDICES.values() for indicator in index.indicators]
    assert len(declared) == len(INDICATORS)
    assert len(INDICES["iha"].indicators) == 33
    for index in INDICES.values():
        assert index.source
        assert index.of in deltasim.variables.VARIABLES
    for indicator in declared:
        assert indicator.units
        assert indicator.cell_methods.startswith("time: ")
        assert indicator.description
