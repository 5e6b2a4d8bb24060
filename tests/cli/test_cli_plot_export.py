"""``deltasim plot`` and ``deltasim export``: what they write, what they say, how they end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pond import Command

import comparison_samples
import deltasim as package
from deltasim import plots


@pytest.fixture
def result(folder: Path, finished: Path) -> Path:
    """The finished result, in the folder that commands are given in."""
    shutil.copy(finished, folder / "pond.nc")
    return folder / "pond.nc"


@pytest.fixture
def comparison(folder: Path) -> Path:
    metrics = {f"metric_{i}": ("d", "higher" if i % 2 else "lower", 1.0) for i in range(8)}
    comparison_samples.made(metrics=metrics).to_netcdf(folder / "cmp.nc")
    return folder / "cmp.nc"


def is_png(path: Path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG")


def test_result_without_a_choice_is_an_overview(deltasim: Command, result: Path) -> None:
    got = deltasim("plot", "pond.nc")
    assert (got.exit_code, got.stdout, got.stderr) == (0, "pond_overview.png\n", "")
    assert is_png(result.parent / "pond_overview.png")


@pytest.mark.parametrize("kind", ["overview", "hydrograph", "duration", "budget"])
@pytest.mark.parametrize("page", ["portrait", "landscape"])
def test_every_kind_of_a_result_is_drawn(deltasim: Command, result: Path, kind: str, page: str) -> None:
    got = deltasim("plot", "pond.nc", "--kind", kind, "--page", page, "--from", "2024-06-01T06:00", "-o", "x.pdf")
    assert (got.exit_code, got.stderr) == (0, "")
    assert (result.parent / "x.pdf").read_bytes().startswith(b"%PDF")


def test_choices_reach_the_function(deltasim: Command, result: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}
    draw = plots.hydrograph

    def noted(dataset, **choices):
        asked.update(choices)
        return draw(dataset, **choices)

    monkeypatch.setattr(plots, "hydrograph", noted)
    words = "--node pond --link outlet --link stream --variable depth --variable discharge --band reed=0.2..0.6 --band sill=1"
    got = deltasim("plot", "pond.nc", *words.split(), "--to", "2024-06-02", "-o", "x.svg")
    assert (got.exit_code, got.stdout, got.stderr) == (0, "x.svg\n", "")
    assert asked == {
        "nodes": ["pond"],
        "links": ["outlet", "stream"],
        "variables": ["depth", "discharge"],
        "bands": {"reed": (0.2, 0.6), "sill": 1.0},
        "end": "2024-06-02",
    }


def test_comparison_is_a_heatmap_and_says_what_it_has_no_room_for(deltasim: Command, comparison: Path) -> None:
    got = deltasim("plot", "cmp.nc")
    assert (got.exit_code, got.stdout) == (0, "cmp_heatmap.png\n")
    assert got.stderr == "the first 6 metrics are drawn; choose others with --metric: metric_6, metric_7\n"
    assert is_png(comparison.parent / "cmp_heatmap.png")
    assert deltasim("plot", "cmp.nc", "--metric", "metric_7").stderr == ""


def test_two_metrics_are_a_trade_off(deltasim: Command, comparison: Path) -> None:
    got = deltasim("plot", "cmp.nc", "--x", "metric_0@reed_marsh", "--y", "metric_1@reed_marsh")
    assert (got.exit_code, got.stdout, got.stderr) == (0, "cmp_tradeoff.png\n", "")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (
            "plot pond.nc --kind heatmap",
            2,
            "pond.nc is a result, --kind heatmap is for comparisons; here there are over",
        ),
        (
            "plot cmp.nc --kind budget",
            2,
            "cmp.nc is a comparison, --kind budget is for results; here there are heatmap",
        ),
        ("plot pond.nc --metric x", 2, "--metric is for heatmap, not for overview"),
        ("plot pond.nc --kind budget --link outlet", 2, "--link is for hydrograph, duration, not for budget"),
        ("plot cmp.nc --node pond", 2, "--node is for hydrograph, duration, budget, not for heatmap"),
        ("plot pond.nc --band reed", 2, "expected a name and depths in m, such as reed=0.2..0.6"),
        ("plot pond.nc --band reed=a..b", 2, 'got "reed=a..b"'),
        ("plot pond.nc -o pond.nc", 2, "pond.nc is what is drawn; name another file with -o"),
        ("plot pond.nc -o x.gif", 1, "x.gif: expected a name that ends in .png, .svg, .pdf"),
        ("plot pond.nc -o no/x.png", 1, "cannot write no/x.png: there is no folder no"),
        ("plot pond.nc --node pnd", 1, 'no node is called "pnd"; did you mean "pond"?'),
        ("plot pond.nc --from soon", 1, 'expected a time such as 2019-08-09 or 2019-08-09T06:30, got "soon"'),
        ("plot pond.toml", 1, "pond.toml: this is no result; run it first: deltasim run pond.toml"),
        ("plot rain.csv", 1, "rain.csv: this is no result"),
        ("plot absent.nc", 2, "does not exist"),
        ("export pond.nc", 2, "say what to write: --csv DIR, --geojson FILE, or both"),
        ("export pond.nc --geojson x.json --plain-time", 2, "--plain-time is about --csv, which is not given"),
        ("export pond.nc --geojson pond.nc", 2, "pond.nc is the result itself"),
        ("export pond.nc --geojson x.geojson", 1, "no node of this result has coordinates"),
        ("export pond.nc --csv no/such", 1, "name a folder, in one that is there"),
        ("export pond.toml --csv out", 1, "run it first: deltasim run pond.toml"),
    ],
)
def test_wrong_words_are_explained_and_nothing_is_written(
    deltasim: Command, result: Path, comparison: Path, words: str, status: int, message: str
) -> None:
    before = {path: path.read_bytes() for path in result.parent.iterdir()}
    got = deltasim(*words.split())
    assert (got.exit_code, got.stdout) == (status, "")
    assert message in " ".join(got.stderr.split())
    assert {path: path.read_bytes() for path in result.parent.iterdir()} == before


def test_half_a_file_is_no_result(deltasim: Command, result: Path) -> None:
    result.write_bytes(result.read_bytes()[:5000])
    got = deltasim("plot", "pond.nc")
    assert got.exit_code == 1
    assert "cannot be read as NetCDF" in got.stderr


def test_result_is_exported_as_csv(deltasim: Command, result: Path) -> None:
    got = deltasim("export", "pond.nc", "--csv", "out")
    assert (got.exit_code, got.stderr) == (0, "")
    assert got.stdout.split() == [f"out/{path.name}" for path in map(Path, got.stdout.split())]
    assert {Path(line).name for line in got.stdout.split()} == {path.name for path in (result.parent / "out").iterdir()}
    lines = (result.parent / "out" / "discharge_m3_per_s.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "time,stream,outlet"
    with package.open(result) as opened:
        assert [float(value) for value in lines[5].split(",")[1:]] == opened.discharge.values[4].tolist()


def test_exported_series_can_be_read_by_a_scenario(deltasim: Command, result: Path) -> None:
    assert deltasim("export", "pond.nc", "--csv", "out").exit_code == 0
    text = (result.parent / "pond.toml").read_text(encoding="utf-8")
    begin, end = text.index("discharge = {"), text.index("[weir.outlet]")
    series = 'discharge = { file = "out/storage_m3.csv", column = "pond", units = "m3/day" }\n\n'
    (result.parent / "next.toml").write_text(text[:begin] + series + text[end:], encoding="utf-8")
    got = deltasim("check", "next.toml")
    assert got.exit_code == 0, got.stderr


def test_places_become_geojson_and_what_has_none_is_said(deltasim: Command, folder: Path) -> None:
    text = (folder / "pond.toml").read_text(encoding="utf-8").replace("title = ", 'crs = "EPSG:4326"\ntitle = ')
    text = text.replace("initial_stage = 1.0\n", "initial_stage = 1.0\nx = 118.5\ny = 37.5\n")
    text = text.replace("[boundary.downstream]", "[boundary.downstream]\nx = 118.6\ny = 37.6")
    (folder / "pond.toml").write_text(text, encoding="utf-8")
    assert deltasim("run", "pond.toml", "-q").exit_code == 0
    got = deltasim("export", "pond.nc", "--geojson", "x.geojson")
    assert (got.exit_code, got.stdout) == (0, "x.geojson\n")
    assert got.stderr == (
        "warning: left out, for an end of theirs is outside the network or has no coordinates: stream\n"
    )
    features = json.loads((folder / "x.geojson").read_text(encoding="utf-8"))["features"]
    assert [feature["geometry"]["type"] for feature in features] == ["Point", "Point", "LineString"]
    assert np.array(features[2]["geometry"]["coordinates"]).tolist() == [[118.5, 37.5], [118.6, 37.6]]


def test_absent_matplotlib_is_said_with_the_pip_line(result: Path) -> None:
    code = "import sys; sys.modules['matplotlib'] = None; from deltasim.cli import main; main(['plot', 'pond.nc'])"
    got = subprocess.run([sys.executable, "-c", code], cwd=result.parent, capture_output=True, text=True, check=False)
    assert got.returncode == 1
    assert got.stderr == (
        "Error: pictures need matplotlib, which is not installed here; add it with: pip install 'deltasim[plot]'\n"
    )
