"""Pictures of results: what is drawn is what was computed, and all of it can be read."""

from __future__ import annotations

import logging
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib as mpl
import matplotlib.dates as mdates
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer

import deltasim
from deltasim import plots
from deltasim.errors import PlotError, ResultError
from deltasim.plots import fonts, series, style
from deltasim.plots.budget import draw_budget
from deltasim.plots.select import span_of
from deltasim.scenario import from_text

TWO = """\
[scenario]
title = "Two ponds for $5 and $6"
start = 2024-06-01T00:00:00+08:00
end = 2024-06-04T00:00:00+08:00
output_step = "1 h"
vertical_datum = "a bench mark"

[basin.pond]
curve = { stage = [0.0, 3.0], area = ["2 ha", "3 ha"] }
initial_stage = 1.0
rain = "20 mm/day"
evaporation = "5 mm/day"
seepage = "-1 mm/day"
groundwater = { stage = 1.4, conductance = "2e-3 m2/s" }

[basin.lagoon]
curve = { stage = [0.0, 3.0], area = ["4 ha", "4 ha"] }
initial_stage = 1.0

[inflow.stream]
to = "pond"
discharge = { time = ["2024-06-01", "2024-06-01T12:00", "2024-06-04"], value = [0, 2, 0], units = "m3/s" }

[demand.farm]
from = "pond"
discharge = 0.01

[weir.sill]
from = "pond"
to = "lagoon"
crest_level = 1.0
crest_width = 3.0

[resistance.creek]
from = "lagoon"
to = "sea"
resistance = 0.2

[boundary.sea]
stage = { time = ["2024-06-01", "2024-06-01T06:00", "2024-06-02", "2024-06-03", "2024-06-04"], value = [1, 1.8, 0.2, 1.9, 1] }
"""


def chain(count: int, name: str = "pond_with_a_rather_long_name") -> str:
    """Ponds that spill into each other."""
    text = '[scenario]\nstart = 2024-06-01\nend = 2024-06-03\noutput_step = "1 h"\n'
    text += f'[inflow.stream]\nto = "{name}_01"\ndischarge = 2.0\n[boundary.lowland]\n'
    for i in range(1, count + 1):
        top, to = 4 * (count - i), f"{name}_{i + 1:02d}" if i < count else "lowland"
        text += f'[basin.{name}_{i:02d}]\ncurve = {{ stage = [{top}.0, {top + 3}.0], area = ["1 ha", "1 ha"] }}\n'
        text += f'initial_stage = {top + 1}.0\n[weir.spill_{i:02d}]\nfrom = "{name}_{i:02d}"\nto = "{to}"\n'
        text += f"crest_level = {top + 1}.0\ncrest_width = 5.0\n"
    return text


@pytest.fixture(scope="module")
def two():
    return deltasim.run(from_text(TWO, {}))


@pytest.fixture(scope="module")
def many():
    return deltasim.run(from_text(chain(22), {}))


def panels(figure):
    """Axes by the first word of their label of values."""
    return {axes.get_ylabel().split(",")[0]: axes for axes in figure.axes}


def curve_of(axes, name):
    """x and y of a curve, found as a reader does: by the look that the legend gives its name."""
    legend = axes.get_legend()
    labels = [text.get_text() for text in legend.get_texts()]
    key = legend.get_lines()[labels.index(name)]
    (line,) = [
        line
        for line in axes.get_lines()
        if len(line.get_xdata()) > 2
        and to_rgb(line.get_color()) == to_rgb(key.get_color())
        and line.get_linestyle() == key.get_linestyle()
    ]
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def assert_nothing_is_clipped(figure):
    """The box around all that is drawn lies on the page, and no legend on another panel."""
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert box.x0 >= 0.0
    assert box.y0 >= 0.0
    assert box.x1 <= width
    assert box.y1 <= height
    for axes in figure.axes:
        legend = axes.get_legend()
        for other in figure.axes if legend else ():
            assert other is axes or not legend.get_window_extent().overlaps(other.get_tightbbox())


def test_curves_of_a_hydrograph_are_the_result_on_the_clock_of_the_scenario(two):
    """Midnight in China is 16:00 UTC, which is what the file counts in."""
    figure = plots.hydrograph(two)
    axes = panels(figure)
    assert list(axes) == ["stage", "discharge"]
    for name in ("pond", "lagoon", "sea"):
        time, value = curve_of(axes["stage"], name)
        assert value.tolist() == two.stage.sel(node=name).values.tolist()
        assert mdates.num2date(time[0] if time.dtype.kind == "f" else mdates.date2num(time[0])).hour == 0
    for name in ("stream", "farm", "sill", "creek"):
        _, value = curve_of(axes["discharge"], name)
        np.testing.assert_array_equal(value, two.discharge.sel(link=name).values)
    assert span_of(two) == "2024-06-01 00:00 to 2024-06-04 00:00, UTC+08:00"
    assert figure.axes[-1].get_xlabel() == span_of(two)
    assert_nothing_is_clipped(figure)


def test_means_are_steps_back_from_their_end_and_levels_are_lines(two):
    axes = panels(plots.hydrograph(two))
    assert {line.get_drawstyle() for line in axes["discharge"].get_lines()} - {"default"} == {"steps-pre"}
    assert {line.get_drawstyle() for line in axes["stage"].get_lines()} == {"default"}


def test_units_are_on_all_axes(two):
    assert [axes.get_ylabel() for axes in plots.hydrograph(two).axes] == ["stage, m", "discharge, m³/s"]
    assert [axes.get_ylabel() for axes in plots.duration_curve(two).axes] == ["mean stage, m", "discharge, m³/s"]
    assert plots.hydrograph(two, variables=["storage"], nodes=["pond"]).axes[0].get_ylabel() == "storage, thousand m³"


@pytest.mark.parametrize(
    ("units", "shown"),
    [
        ("m3 s-1", "m³/s"),
        ("m", "m"),
        ("1", ""),
        ("kg m-3", "kg/m³"),
        ("", ""),
        ("s-1", "1/s"),
        ("m2", "m²"),
        ("d", "d"),
    ],
)
def test_units_read_as_people_write_them(units, shown):
    assert style.units_text(units) == shown


def test_volumes_on_an_axis_in_thousands_are_those_of_the_result(two):
    axes = plots.hydrograph(two, variables=["storage"], nodes=["pond"]).axes[0]
    assert curve_of(axes, "pond")[1].tolist() == two.storage.sel(node="pond").values.tolist()
    assert axes.yaxis.get_major_formatter()(25_000.0, 0) == "25"


def test_nodes_alone_bring_their_links_and_links_alone_no_node(two):
    axes = panels(plots.hydrograph(two, nodes=["lagoon"]))
    assert [text.get_text() for text in axes["discharge"].get_legend().get_texts()] == ["sill", "creek"]
    assert list(panels(plots.hydrograph(two, links=["creek"]))) == ["discharge"]


def test_period_is_of_the_clock_of_the_scenario_unless_it_has_an_offset(two):
    for start in ("2024-06-02", "2024-06-01T16:00+00:00"):
        part = plots.hydrograph(two, start=start, end="2024-06-02T12:00")
        _, value = curve_of(part.axes[0], "pond")
        assert value.tolist() == two.stage.sel(node="pond").values[24:37].tolist()


def test_depths_and_bands_take_the_place_of_stage(two):
    figure = plots.hydrograph(two, nodes=["pond"], bands={"reed": (0.2, 0.6), "sill": 1.0})
    axes = panels(figure)["depth"]
    assert curve_of(axes, "pond")[1].tolist() == two.depth.sel(node="pond").values.tolist()
    (band,) = axes.patches
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((0.2, 0.6))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["pond", "reed 0.2 to 0.6 m", "sill 1 m"]
    assert_nothing_is_clipped(figure)


def test_share_of_time_is_weibull_s_for_even_steps_and_weighs_uneven_ones():
    """Of values 4, 9, 2 the largest is reached i / (n + 1) of the time; over 1, 3 and 2 s the mean length is 2 s."""
    share, value = series.exceedance(np.array([5.0, 4.0, 9.0, 2.0]), np.array([np.nan, 1.0, 1.0, 1.0]))
    assert (share.tolist(), value.tolist()) == ([0.25, 0.5, 0.75], [9.0, 4.0, 2.0])
    share, value = series.exceedance(np.array([4.0, np.nan, 9.0, 2.0]), np.array([1.0, 7.0, 3.0, 2.0]))
    assert (share.tolist(), value.tolist()) == ([3 / 8, 4 / 8, 6 / 8], [9.0, 4.0, 2.0])


def test_duration_curve_is_drawn_from_means(two):
    figure = plots.duration_curve(two)
    share, value = curve_of(panels(figure)["mean stage"], "pond")
    expected = np.sort(two.mean_stage.sel(node="pond").values[1:])[::-1]
    assert value.tolist() == expected.tolist()
    np.testing.assert_allclose(share, 100.0 * np.arange(1, 73) / 73.0, rtol=1e-12)
    assert_nothing_is_clipped(figure)


@pytest.mark.parametrize("nodes", [None, ["pond"], ["lagoon"], ["pond", "lagoon"]])
def test_balance_closes_by_every_term_and_link(two, nodes):
    """By the solver's own account: what is left over is round-off of the volumes that moved, some 1e5 m3."""
    made = plots.water_balance(two, nodes)
    names = {term.name for term in made.terms}
    own = {"rain", "evaporation", "seepage", "groundwater", "stream", "farm"}
    links = {None: {"creek"}, "pond": {"sill"}, "lagoon": {"sill", "creek"}, "pond lagoon": {"creek"}}
    assert names == links[" ".join(nodes) if nodes else None] | (set() if nodes == ["lagoon"] else own)
    assert made.into > 1e4
    assert abs(made.error) < 1e-9 * (made.into - made.out)
    inside = two.storage.sel(node=nodes or ["pond", "lagoon"])
    assert made.storage_change == pytest.approx(float((inside[-1] - inside[0]).sum()), rel=1e-12)


def test_balance_of_a_part_of_the_time_closes(two):
    part = two.isel(time=slice(20, 50))
    made = plots.water_balance(part)
    assert abs(made.error) < 1e-9 * (made.into - made.out)
    rain = float((two.rain.isel(time=slice(21, 50)) * 3600.0).sum())
    assert next(term.into for term in made.terms if term.name == "rain") == pytest.approx(rain, rel=1e-12)


def test_tidal_link_has_both_bars(two):
    creek = next(term for term in plots.water_balance(two, ["lagoon"]).terms if term.name == "creek")
    flow = two.discharge.sel(link="creek").values[1:] * 3600.0
    assert creek.into == pytest.approx(-flow[flow < 0].sum(), rel=1e-12)
    assert creek.out == pytest.approx(-flow[flow > 0].sum(), rel=1e-12)
    assert creek.into > 0.0 > creek.out


def test_bars_are_the_balance_and_add_up_to_the_last(two):
    figure = plots.budget(two, nodes=["pond"])
    (axes,) = figure.axes
    bars = [container for container in axes.containers if isinstance(container, BarContainer)]
    into, out, change = ([patch.get_width() for patch in container] for container in bars)
    assert axes.get_xlabel() == "thousand m³"
    made = plots.water_balance(two, ["pond"])
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[-1] == "storage change"
    assert dict(zip(labels, into, strict=False)) == {
        term.name: pytest.approx(term.into / 1e3, rel=1e-12) for term in made.terms
    }
    assert sum(into) + sum(out) == pytest.approx(sum(change), rel=1e-9)
    assert change == [pytest.approx(made.storage_change / 1e3, rel=1e-12)]
    assert_nothing_is_clipped(figure)


def test_many_links_are_the_largest_and_the_rest_together():
    links = tuple(plots.Term(f"link_{i}", 1.0 + i, -0.5) for i in range(40))
    figure = style.new_figure("portrait")
    draw_budget(figure.subplots(), plots.Balance(links, 800.0), "many")
    (axes,) = figure.axes
    into = [patch.get_width() for patch in axes.containers[0]]
    assert len(into) == 14
    assert sum(into) == pytest.approx(sum(term.into for term in links))
    assert [label.get_text() for label in axes.get_yticklabels()][-2] == "27 smaller ones"


def test_overview_has_stage_discharge_storage_and_all_water(two):
    figure = plots.overview(two)
    axes = panels(figure)
    assert list(axes)[:3] == ["stage", "discharge", "storage"]
    assert axes["storage"].get_legend() is None  # the same nodes in the same colours as above
    assert axes["stage"].get_lines()[0].get_color() == axes["storage"].get_lines()[0].get_color()
    assert figure.axes[-1].get_title(loc="left").startswith("All water")
    assert_nothing_is_clipped(figure)


def test_twenty_nodes_are_told_apart_and_named_on_the_page(many):
    names = many.node_name.values[1:21].tolist()
    figure = plots.hydrograph(many, nodes=names)
    looks = {
        (line.get_color(), str(line.get_linestyle()), line._unscaled_dash_pattern) for line in figure.axes[0].lines
    }
    assert len(looks) == 20
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == names
    assert_nothing_is_clipped(figure)
    for page in ("portrait", "landscape"):
        assert_nothing_is_clipped(plots.overview(many, page=page))


def test_dozen_of_many_is_said_to_be_one(many):
    title = plots.overview(many).axes[0].get_title(loc="left")
    assert title.startswith("Stage (12 of 22)")


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda r: plots.hydrograph(r, nodes=["pnd"]), 'no node is called "pnd"; did you mean "pond"?'),
        (lambda r: plots.hydrograph(r, links=["x"]), 'no link is called "x"; there are'),
        (lambda r: plots.hydrograph(r, variables=["sotrage"]), 'did you mean "storage"?'),
        (lambda r: plots.hydrograph(r, variables=["max_stage"]), "it is along node"),
        (lambda r: plots.hydrograph(r, nodes=["sea"], variables=["storage"]), "sea: no storage there, at any time"),
        (lambda r: plots.hydrograph(r, nodes=[], links=[]), "nothing to draw"),
        (lambda r: plots.hydrograph(r, variables=["stage"], bands={"a": 1.0}), "bands are of depth"),
        (lambda r: plots.hydrograph(r, bands={"a": (2.0, 1.0)}), "band a: expected depths in m from low to high"),
        (lambda r: plots.hydrograph(r, page="A3"), 'page: expected "portrait" or "landscape"'),
        (lambda r: plots.hydrograph(r, start="2025-01-01"), "0 output times lie from 2025-01-01"),
        (lambda r: plots.budget(r, nodes=["sea"]), "sea stores no water"),
        (lambda r: plots.budget(r, nodes=[f"n{i}" for i in range(9)]), "choose 1 to 8"),
        (lambda r: plots.water_balance(r.assign(rain=r.rain.where(r.time != r.time[5]))), "rain has gaps"),
        (lambda r: plots.hydrograph(r.drop_vars(["node", "node_name"])), "this is no result of deltasim"),
    ],
)
def test_what_cannot_be_drawn_is_said(two, draw, words):
    with pytest.raises(PlotError) as caught:
        draw(two)
    assert words in str(caught.value)


def test_more_curves_than_can_be_told_apart_are_refused(many):
    with pytest.raises(PlotError, match="21 nodes in one picture cannot be told apart; choose at most 20"):
        plots.hydrograph(many, nodes=many.node_name.values[1:22].tolist())


@pytest.mark.parametrize("text", ["soon", "2024-13-01"])
def test_time_that_is_none_is_refused(two, text):
    with pytest.raises(ResultError, match=f'expected a time such as 2019-08-09.*got "{text}"'):
        plots.hydrograph(two, start=text)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".PNG"])
def test_picture_is_written_by_its_suffix_the_same_every_time(two, tmp_path, suffix):
    first, second = (plots.save(plots.budget(two), tmp_path / f"{name}{suffix}") for name in "ab")
    starts = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}
    assert first.read_bytes().startswith(starts[suffix.lower()])
    assert first.read_bytes() == second.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{suffix}", f"b{suffix}"]


def test_failed_writing_leaves_the_old_picture_and_nothing_else(two, tmp_path, monkeypatch):
    path = tmp_path / "x.png"
    path.write_bytes(b"old")
    figure = plots.budget(two)

    def full(part, **_):
        Path(part).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(ResultError, match=r"cannot write .*x\.png: No space left"):
        plots.save(figure, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_other_suffixes_and_folders_that_are_not_there_are_refused(two, tmp_path):
    figure = plots.budget(two)
    with pytest.raises(PlotError, match=r"expected a name that ends in \.png, \.svg, \.pdf"):
        plots.save(figure, tmp_path / "x.gif")
    with pytest.raises(ResultError, match="there is no folder"):
        plots.save(figure, tmp_path / "no" / "x.png")


def test_style_is_not_left_behind_and_no_window_toolkit_is_imported(two):
    before = dict(mpl.rcParams)
    plots.overview(two)
    assert dict(mpl.rcParams) == before
    code = "import sys, deltasim.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_absent_matplotlib_is_said_with_the_remedy():
    code = "import sys; sys.modules['matplotlib'] = None; import deltasim.plots"
    got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "PlotError: pictures need matplotlib" in got.stderr
    assert "pip install 'deltasim[plot]'" in got.stderr


def test_names_are_broken_behind_underscores():
    assert style.named("a_rather_long_name_of_a_pond", 12) == "a_rather_\nlong_name_\nof_a_pond"
    assert style.named("abcdefghijklmnop", 6) == "abcdef\nghijkl\nmnop"
    assert style.named("short", 12) == "short"


@pytest.fixture
def no_cjk(monkeypatch):
    """No font but matplotlib's own, whatever this computer has."""
    own = [entry for entry in font_manager.fontManager.ttflist if entry.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda *_: [])
    fonts._look_again.cache_clear()
    yield
    fonts._look_again.cache_clear()


def named_in_chinese(two):
    return two.assign_coords(node_name=("node", np.array(["天鹅湖", "lagoon", "sea"]))).drop_vars("node")


def test_letters_that_no_font_has_are_codes_with_one_warning(two, no_cjk):
    with pytest.warns(UserWarning, match="no font on this computer has 天湖鹅: codes are drawn") as caught:
        figure = plots.hydrograph(named_in_chinese(two))
    assert len(caught) == 1
    assert figure.axes[0].get_legend().get_texts()[0].get_text() == r"\u5929\u9e45\u6e56"


def box_font(path, name, text):
    """Make a font that has a box for each letter of a text."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    glyph = pen.glyph()
    names = [".notdef", *(f"uni{ord(letter):04X}" for letter in text)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): f"uni{ord(letter):04X}" for letter in text})
    builder.setupGlyf(dict.fromkeys(names, glyph))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


def test_chinese_names_are_drawn_by_a_font_that_was_installed_meanwhile(two, no_cjk, monkeypatch, tmp_path, caplog):
    path = tmp_path / "cjk.ttf"
    box_font(path, "Noto Sans CJK SC", "天鹅湖")
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda *_: [str(path)])
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING, "matplotlib"):
        warnings.simplefilter("error")
        figure = plots.hydrograph(named_in_chinese(two))
        plots.save(figure, tmp_path / "x.png")
    assert figure.axes[0].get_legend().get_texts()[0].get_text() == "天鹅湖"
    assert caplog.records == []
