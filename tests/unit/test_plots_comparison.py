"""Pictures of comparisons: cells, colours and points are those of the table."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import comparison_samples as samples
from deltasim import plots
from deltasim.errors import PlotError
from deltasim.plots import comparison, table
from deltasim.plots.tradeoff import pareto_best

MANY = tuple(f"variant_{i:02d}_with_a_long_name" for i in range(20))


def rows_of(made, metric, period="all"):
    """Rows of the table by zone and scenario."""
    found = {}
    for i in range(made.sizes["row"]):
        row = {name: made[name].values[i] for name in made.data_vars}
        if row["metric"] == metric and row["period"] == period:
            found[str(row["zone"]), str(row["scenario"])] = row
    return found


def mesh_of(axes, shape):
    return np.ma.filled(axes.collections[0].get_array().reshape(shape), np.nan)


def assert_on_the_page(figure):
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(box.x0, box.y0) >= 0.0
    assert box.x1 <= width
    assert box.y1 <= height


@pytest.mark.parametrize(("metric", "sign"), [("wet_days", 1.0), ("mean_salinity", -1.0), ("median_depth", 1.0)])
def test_colours_are_differences_turned_so_that_blue_is_better(metric, sign):
    made = samples.made()
    (axes, bar) = plots.heatmap(made, metrics=[metric]).axes
    rows = rows_of(made, metric)
    expected = [[sign * rows[zone, name]["difference"] for name in samples.SCENARIOS] for zone in samples.ZONES]
    np.testing.assert_allclose(mesh_of(axes, (4, 3)), expected, rtol=1e-15)
    largest = np.abs(expected).max()
    assert axes.collections[0].get_clim() == (-largest, largest)
    # The scale beside it gives the differences themselves.
    written = bar.yaxis.get_major_formatter()(largest / 2.0, 0)
    assert written.startswith("−") == (sign < 0.0)
    assert bar.get_title(loc="center") == ("" if metric == "median_depth" else "better")


def test_cells_say_value_difference_and_verdict():
    made = samples.made(missing={("july_pulse", "open_lake", "wet_days")})
    axes = plots.heatmap(made, metrics=["wet_days"]).axes[0]
    texts = iter(text.get_text().split("\n") for text in axes.texts)
    rows = rows_of(made, "wet_days")
    for zone, name in itertools.product(samples.ZONES, samples.SCENARIOS):
        value, *rest = next(texts)
        row = rows[zone, name]
        if np.isnan(row["value"]):
            assert (value, rest) == ("none", [])
            continue
        assert float(value) == pytest.approx(row["value"], rel=5e-3)
        assert rest[-1] == row["verdict"]
        if name != "no_water":
            assert float(rest[0].strip("()").replace("−", "-")) == pytest.approx(row["difference"], rel=5e-3)
    assert axes.get_xticklabels()[0].get_text() == "no_water\n(baseline)"
    assert [label.get_text() for label in axes.get_yticklabels()] == list(samples.ZONES)
    assert axes.get_title(loc="left") == "wet days (d)"


@pytest.mark.parametrize(
    ("scenarios", "zones", "page"),
    [
        (samples.SCENARIOS, samples.ZONES, None),
        (samples.SCENARIOS, samples.ZONES, "portrait"),
        (MANY, tuple(f"zone_{i}" for i in range(12)), "portrait"),
        (MANY, tuple(f"zone_{i}" for i in range(12)), "landscape"),
        (("base", "one"), ("a_zone_with_a_name_that_takes_more_than_a_line",), None),
    ],
)
def test_words_stay_in_their_cells_and_on_the_page(scenarios, zones, page):
    figure = plots.heatmap(samples.made(scenarios, zones), metrics=["wet_days", "mean_salinity"], page=page)
    assert_on_the_page(figure)
    for axes in figure.axes[:2]:
        for text, (row, column) in zip(axes.texts, np.ndindex(len(zones), len(scenarios)), strict=True):
            low, high = axes.transData.transform([(column, row + 1), (column + 1, row)])
            box = text.get_window_extent()
            assert low[0] <= box.x0
            assert box.x1 <= high[0]
            assert low[1] <= box.y0
            assert box.y1 <= high[1]


def test_heatmap_of_all_shows_the_first_metrics_and_how_well_water_and_salt_close():
    metrics = {f"metric_{i}": ("m", "", np.nan) for i in range(8)}
    figure = plots.heatmap(samples.made(metrics=metrics))
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.texts]
    assert titles == [f"metric {i} (m)" for i in range(comparison.MOST_METRICS)]
    assert figure.get_supxlabel() == "water closes to 2e-15 of all or better; salt closes to 3e-14 of all or better"
    assert_on_the_page(figure)


def test_years_without_an_all_are_their_mean_or_one_of_them():
    made = samples.made(periods=("2019", "2020", "2021"))
    got = table.grid(made, "wet_days", None)
    years = [rows_of(made, "wet_days", year)["reed_marsh", "july_pulse"] for year in ("2019", "2020", "2021")]
    assert got.value[0, 1] == pytest.approx(np.mean([row["value"] for row in years]), rel=1e-14)
    assert got.difference[0, 1] == pytest.approx(np.mean([row["difference"] for row in years]), rel=1e-13)
    assert set(got.verdict.ravel()) == {""}  # a verdict on a mean is none
    assert got.period == "mean of 3 periods, 2019 to 2021"
    assert table.grid(made, "wet_days", "2020").value[0, 1] == years[1]["value"]


def test_gap_in_one_year_is_one_in_the_mean():
    made = samples.made(periods=("2019", "2020"))
    made.value.values[0] = np.nan
    assert np.isnan(table.grid(made, "wet_days", None).value[0, 0])


def test_best_points_are_those_that_none_beats():
    """By hand, more days and less water being better: (5, 5) is beaten by (6, 4); (2, 1) and its twin by none."""
    points = np.array([[5.0, 5.0], [6.0, 4.0], [2.0, 1.0], [2.0, 1.0], [2.0, 3.0], [6.0, 4.5]])
    assert pareto_best(points, "higher", "lower").tolist() == [False, True, True, True, False, False]
    assert pareto_best(points, "lower", "higher").tolist() == [True, False, False, False, True, False]
    assert pareto_best(points, "higher", "").tolist() == [False] * 6


@pytest.mark.parametrize("better", list(itertools.product(("higher", "lower"), repeat=2)))
def test_best_points_are_those_of_the_definition(better):
    points = np.random.default_rng(1).integers(0, 6, (40, 2)).astype(float)
    signs = [1 if word == "higher" else -1 for word in better]

    def beaten(one):
        return any(
            all(s * b >= s * a for s, a, b in zip(signs, one, other, strict=True)) and tuple(other) != tuple(one)
            for other in points
        )

    assert pareto_best(points, *better).tolist() == [not beaten(one) for one in points]


def test_points_are_the_values_of_the_table_and_the_best_are_filled():
    made = samples.made(MANY)
    figure = plots.tradeoff(made, "wet_days@reed_marsh", "fresh_water_used@open_lake:higher")
    (axes,) = figure.axes
    days, water = rows_of(made, "wet_days"), rows_of(made, "fresh_water_used")
    expected = np.array([[days["reed_marsh", n]["value"], water["open_lake", n]["value"]] for n in MANY])
    best = pareto_best(expected, "higher", "higher")
    filled, hollow = (np.asarray(points.get_offsets()) for points in axes.collections)
    np.testing.assert_array_equal(filled, expected[best])
    np.testing.assert_array_equal(hollow, expected[~best])
    assert axes.get_xlabel() == "wet days, reed_marsh, d (higher is better)"
    assert axes.get_ylabel() == "fresh water used, open_lake, m³ (higher is better)"
    names = {tuple(text.xy): text.get_text().replace("\n", "") for text in axes.texts}
    assert names[tuple(expected[3])] == MANY[3]
    assert names[tuple(expected[0])].startswith(MANY[0])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_names_of_points_keep_off_each_other_and_on_the_page(seed):
    figure = plots.tradeoff(samples.made(MANY[:12], seed=seed), "wet_days@reed_marsh", "mean_salinity@reed_marsh")
    assert_on_the_page(figure)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) == 12
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_points_that_coincide_share_a_name_and_those_without_a_value_are_named_below():
    made = samples.made(missing={("split_pulse", "reed_marsh", "wet_days")})
    made.value.values[made.scenario.values == "july_pulse"] = made.value.values[made.scenario.values == "no_water"]
    figure = plots.tradeoff(made, "wet_days@reed_marsh", "mean_salinity@reed_marsh")
    assert [text.get_text() for text in figure.axes[0].texts] == ["no_water (baseline),\njuly_pulse"]
    assert "without a value, so not drawn: split_pulse" in figure.get_supxlabel()


def test_two_metrics_are_chosen_where_nobody_chose():
    (axes,) = plots.tradeoff(samples.made()).axes
    assert axes.get_xlabel().startswith("wet days, reed_marsh")
    assert axes.get_ylabel().startswith("fresh water used, reed_marsh")


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda c: plots.heatmap(c, metrics=["wet_day"]), 'no metric "wet_day"; did you mean "wet_days"?'),
        (
            lambda c: plots.heatmap(c, metrics=["wet_days"], period="2019"),
            '"wet_days" has no period "2019"; it has all',
        ),
        (lambda c: plots.heatmap(c, metrics=[]), "0 metrics for one picture"),
        (lambda c: plots.heatmap(c.drop_vars("verdict")), "it has no verdict"),
        (lambda c: plots.heatmap(c.isel(row=slice(0, 0))), "it has no row"),
        (
            lambda c: plots.tradeoff(c, "wet_days", "mean_salinity"),
            "wet_days has several zones; choose one of reed_marsh, suaeda_flat",
        ),
        (lambda c: plots.tradeoff(c, "wet_days@reed", "mean_salinity"), 'no zone "reed"'),
        (lambda c: plots.tradeoff(c, "wet_days@reed_marsh:more", "x"), "expected METRIC, METRIC@ZONE"),
        (lambda c: plots.tradeoff(c, "wet_days@reed_marsh"), "give both metrics"),
        (lambda c: plots.tradeoff(c.assign(better=("row", np.full(c.sizes["row"], "")))), "fewer than two metrics say"),
        (lambda c: plots.heatmap(c.assign_attrs(scenarios=["no_water"])), "is not among its scenarios: no_water"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw, words):
    with pytest.raises(PlotError) as caught:
        draw(samples.made())
    assert words in str(caught.value)
