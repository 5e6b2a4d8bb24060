from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from deltasim.control import CONTROLS
from deltasim.errors import ScenarioError
from deltasim.links import LINKS
from deltasim.nodes import NODES
from deltasim.quality import QUALITY
from deltasim.scenario import from_text, json_schema, load, read_override
from deltasim.scenario.names import name_fault
from deltasim.signal import Signal

MAIN = """\
[scenario]
title = "two ponds"
summary = "Nothing much."
start = 2019-08-10T00:00:00+08:00
end = 2019-08-12T00:00:00
output_step = "1 h"
vertical_datum = "1985 national height datum"
crs = "EPSG:4526"

[solver]
stage_tolerance = "0.1 mm"

[series.gauge]
file = "data/../rain.csv"
units = "mm/h"

[series.spare]
time = [0, 172800]
value = [1, 2]

[basin."天鹅湖"]
curve = { file = "data/curve.csv", units = { area = "km2" } }
initial_stage = 1.2
rain = "series.gauge"

[boundary.sea]
stage = "series.spare"

[weir.spill]
from = "天鹅湖"
to = "sea"
crest_level = 1.5
crest_width = 80.0

[inflow.flood]
to = "天鹅湖"
discharge = { file = "flood.csv", units = "cfs" }
"""
RAIN = "time,rain\n2019-08-10T00:00,0\n2019-08-11T00:00,36\n2019-08-12T00:00,0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    case = tmp_path / "case"
    (case / "data").mkdir(parents=True)
    (case / "main.toml").write_text(MAIN, encoding="utf-8")
    (case / "rain.csv").write_text(RAIN)
    (case / "flood.csv").write_text("time,q\n0,0\n86400,1000\n172800,0\n")
    (case / "data" / "curve.csv").write_text("stage,area\n0,28\n1.2,31\n2.6,33\n")
    return case


def variant(folder: Path, text: str, name: str = "variant.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('[scenario]\nbase = "main.toml"\n' + text if "base" not in text else text, encoding="utf-8")
    return path


def problems(path: Path, **options: object) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(path, **options)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


def test_everything_is_si(folder: Path) -> None:
    scenario = load(folder / "main.toml")
    assert scenario.title == "two ponds"
    assert scenario.summary == "Nothing much."
    assert scenario.start == datetime(2019, 8, 10, tzinfo=timezone(timedelta(hours=8)))
    assert scenario.end == datetime(2019, 8, 11, 16, tzinfo=UTC)
    assert scenario.duration == 2 * 86400.0
    assert scenario.output_step == 3600.0
    assert scenario.stage_tolerance == 1e-4
    assert scenario.max_step == 86400.0
    assert scenario.vertical_datum == "1985 national height datum"
    assert scenario.crs == "EPSG:4526"
    lake = scenario.nodes["天鹅湖"]
    np.testing.assert_array_equal(lake.curve["area"], [28e6, 31e6, 33e6])
    np.testing.assert_array_equal(lake.rain.value, [0.0, 1e-5, 0.0])
    np.testing.assert_allclose(scenario.links["flood"].discharge.value[1], 1000 * 0.3048**3, rtol=1e-15)
    assert [(name, link.kind) for name, link in scenario.links.items()] == [("spill", "weir"), ("flood", "inflow")]
    assert scenario.path == str(folder / "main.toml")


def test_files_are_kept_by_the_names_that_the_text_uses(folder: Path) -> None:
    scenario = load(folder / "main.toml")
    assert scenario.files.keys() == {"rain.csv", "flood.csv", "data/curve.csv"}
    assert scenario.files["rain.csv"].decode() == RAIN
    tables = tomllib.loads(scenario.text)
    assert tables == scenario.tables
    assert tables["series"]["gauge"]["file"] == "rain.csv"


def test_a_scenario_comes_back_out_of_its_text_without_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(folder / "main.toml")
    for path in [*folder.rglob("*.*")]:
        path.unlink()
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"read {path}"))
    again = from_text(first.text, first.files, "result.nc")
    assert again.text == first.text
    assert again.files == first.files
    assert (again.nodes, again.links) == (first.nodes, first.links)
    assert (again.start, again.end, again.output_step) == (first.start, first.end, first.output_step)


def test_a_text_without_its_files_says_which(folder: Path) -> None:
    first = load(folder / "main.toml")
    files = {name: data for name, data in first.files.items() if name != "rain.csv"}
    with pytest.raises(ScenarioError, match=r'result\.nc:14: series\.gauge\.file: the file "rain\.csv" is not among'):
        from_text(first.text, files, "result.nc")
    with pytest.raises(ScenarioError, match=r"scenario\.base: a scenario in a result file has no base"):
        from_text('[scenario]\nbase = "main.toml"\n', {}, "result.nc")


def test_replace_makes_another_scenario(folder: Path) -> None:
    first = load(folder / "main.toml")
    (folder / "rain.csv").unlink()
    higher = first.replace({"weir.spill.crest_level": np.float64(2.8), "basin.天鹅湖.initial_storage": "12 hm3"})
    assert higher.links["spill"].crest_level == Signal.constant(2.8)
    assert first.links["spill"].crest_level == Signal.constant(1.5)
    assert higher.nodes["天鹅湖"].initial_storage == 12e6
    assert higher.nodes["天鹅湖"].initial_stage is None
    assert tomllib.loads(higher.text)["weir"]["spill"]["crest_level"] == 2.8
    assert higher.replace({"weir.spill.crest_level": 1.5, "basin.天鹅湖.initial_stage": 1.2}).nodes == first.nodes
    with pytest.raises(ScenarioError, match=r'replace: weir\.spill\.crest_level: expected a level in m, got "2 s"'):
        first.replace({"weir.spill.crest_level": "2 s"})


def test_replace_may_read_new_files(folder: Path) -> None:
    first = load(folder / "main.toml")
    (folder / "more.csv").write_text("time,rain\n0,1\n86400,2\n172800,3\n")
    more = first.replace({"series.gauge.file": "more.csv"})
    assert "more.csv" in more.files
    assert "rain.csv" not in more.files


def test_overrides_are_read_as_toml_else_as_text(folder: Path) -> None:
    texts = [
        "weir.spill.crest_level=2.8",
        "weir.spill.crest_level = 3 m",
        "scenario.title=higher = better",
        'basin."天鹅湖".groundwater={ stage = 1, conductance = "1e-3 m2/s" }',
        "basin.天鹅湖.groundwater.stage=1.5",
        "scenario.end=2019-08-11T00:00:00",
        "solver.max_step=1 h",
        'weir.spill.direction="forward"',
    ]
    scenario = load(folder / "main.toml", [read_override(text) for text in texts])
    assert scenario.links["spill"].crest_level == Signal.constant(3.0)
    assert scenario.links["spill"].direction == "forward"
    assert scenario.title == "higher = better"
    assert scenario.duration == 86400.0
    assert scenario.max_step == 3600.0
    assert scenario.nodes["天鹅湖"].groundwater.stage == Signal.constant(1.5)


def test_what_is_no_override() -> None:
    assert read_override("a.b=1\nc = 2") == ("a.b", "1\nc = 2")
    with pytest.raises(ScenarioError, match=r"--set: expected PATH=VALUE"):
        read_override("weir.spill.crest_level")


def test_a_base_is_inherited_key_by_key(folder: Path) -> None:
    path = variant(
        folder,
        'title = "higher"\n[weir.spill]\ncrest_level = 2.0\n'
        '[basin."天鹅湖"]\ninitial_storage = "12 hm3"\ncurve = { stage = [0], area = [1e6] }\n',
    )
    scenario = load(path)
    assert scenario.title == "higher"
    assert scenario.summary == "Nothing much."
    assert scenario.links["spill"].crest_level == Signal.constant(2.0)
    assert scenario.links["spill"].crest_width == 80.0
    lake = scenario.nodes["天鹅湖"]
    assert (lake.initial_stage, lake.initial_storage) == (None, 12e6)
    assert lake.curve.names == ("stage", "area")
    assert len(lake.curve) == 1
    assert "base" not in scenario.tables["scenario"]


def test_an_inherited_file_makes_room_for_inline_rows_and_back(folder: Path) -> None:
    path = variant(folder, '[series.gauge]\ntime = [0, 172800]\nvalue = [1, 1]\n[series.spare]\nfile = "flood.csv"\n')
    tables = load(path).tables["series"]
    assert tables["gauge"].keys() == {"units", "time", "value"}
    assert tables["spare"].keys() == {"file"}


def test_components_can_be_removed(folder: Path) -> None:
    path = variant(folder, 'remove = ["weir.spill", "boundary.sea"]\n')
    scenario = load(path)
    assert list(scenario.links) == ["flood"]
    assert list(scenario.nodes) == ["天鹅湖"]
    assert scenario.warnings == (f"{folder}/main.toml:17: series.spare: nothing uses this series",)


def test_a_component_can_change_its_kind(folder: Path) -> None:
    path = variant(
        folder,
        'remove = ["weir.spill"]\n[orifice.spill]\nfrom = "天鹅湖"\nto = "sea"\ninvert_level = 1\ndiameter = 2\n',
    )
    assert load(path).links["spill"].kind == "orifice"


def test_a_base_of_a_base(folder: Path) -> None:
    variant(folder, "[weir.spill]\ncrest_level = 2.0\ncrest_width = 10\n")
    path = variant(folder, '[scenario]\nbase = "variant.toml"\n[weir.spill]\ncrest_level = 3.0\n', "third.toml")
    weir = load(path, [("weir.spill.count", 2)]).links["spill"]
    assert (weir.crest_level, weir.crest_width, weir.count) == (Signal.constant(3.0), 10.0, 2)


def test_files_are_relative_to_the_file_that_names_them(folder: Path) -> None:
    (folder / "storms").mkdir()
    (folder / "storms" / "storm.csv").write_text("time,rain\n0,1\n172800,2\n")
    variant(
        folder,
        '[scenario]\nbase = "../main.toml"\n[series.gauge]\nfile = "./storm.csv"\nunits = "mm/day"\n',
        "storms/storm.toml",
    )
    path = variant(folder, '[scenario]\nbase = "storms/storm.toml"\ntitle = "storm"\n', "all.toml")
    scenario = load(path)
    assert scenario.files.keys() == {"storms/storm.csv", "flood.csv", "data/curve.csv"}
    assert scenario.tables["series"]["gauge"]["file"] == "storms/storm.csv"


def test_outside_must_be_allowed(folder: Path) -> None:
    path = variant(folder, '[scenario]\nbase = "../main.toml"\n', "deep/case.toml")
    assert "lies outside the scenario's folder" in problems(path)[0]
    scenario = load(path, allow_outside=True)
    assert scenario.files.keys() == {"../rain.csv", "../flood.csv", "../data/curve.csv"}
    again = from_text(scenario.text, scenario.files)
    assert again.text == scenario.text


def test_a_name_is_one_name_however_it_was_typed(folder: Path) -> None:
    name = "Étang"
    text = MAIN.replace('basin."天鹅湖"', f'basin."{unicodedata.normalize("NFD", name)}"').replace("天鹅湖", name)
    (folder / "main.toml").write_text(text, encoding="utf-8")
    assert list(load(folder / "main.toml").nodes) == [unicodedata.normalize("NFC", name), "sea"]


def test_a_byte_order_mark_is_no_harm(folder: Path) -> None:
    (folder / "main.toml").write_text("\ufeff" + MAIN, encoding="utf-8")
    assert load(folder / "main.toml").title == "two ponds"


def test_warnings_have_their_place(folder: Path) -> None:
    text = MAIN + (
        "\n[series.unused]\ntime = [0, 1]\nvalue = [0, 1]\n"
        "[basin.low]\ncurve = { stage = [0], area = [1] }\n"
        '[gate.sluice]\nfrom = "low"\nto = "天鹅湖"\nsill_level = -1\nwidth = 2\ndischarge_coefficient = 0.6\n'
    )
    (folder / "main.toml").write_text(text, encoding="utf-8")
    assert load(folder / "main.toml").warnings == (
        f"{folder}/main.toml:44: gate.sluice: its lowest level, -1 m, lies below the beds at both ends, 0 m",
        f"{folder}/main.toml:49: gate.sluice.discharge_coefficient: 0.6 is low: the contraction of 0.61 is already "
        "in the law of a gate",
        f"{folder}/main.toml:39: series.unused: nothing uses this series",
    )


def test_a_junction_takes_its_bed_from_its_links_and_starts_above_it(folder: Path) -> None:
    weir = '[weir.over]\nfrom = "fork"\nto = "sea"\ncrest_level = 2\ncrest_width = 1\n'
    text = f"{MAIN}\n[junction.fork]\ninitial_stage = 1.0\n{weir}"
    (folder / "main.toml").write_text(text, encoding="utf-8")
    assert problems(folder / "main.toml") == [
        "main.toml:40: junction.fork.initial_stage: expected a level at or above the bed (2 m), got 1 m"
    ]


@pytest.mark.parametrize(
    ("kind", "keys", "words"),
    [
        (
            "rating",
            'from = "天鹅湖"\nto = "out"\nof = "difference"\ntable = { stage = [0, 1], discharge = [0, 1] }',
            "a rating of the difference needs a stage at both ends",
        ),
        (
            "pump",
            'from = "天鹅湖"\nto = "out"\ncapacity = { head = [0, 1], discharge = [1, 0] }',
            "a pump with a curve over head needs a stage at both ends",
        ),
        ("pump", 'from = "out"\nto = "天鹅湖"\ncapacity = 1', 'nothing comes out of the free outfall "out"'),
        ("demand", 'from = "out"\ndischarge = 1', "the demand is at a boundary"),
    ],
)
def test_a_free_outfall_has_no_stage(folder: Path, kind: str, keys: str, words: str) -> None:
    (folder / "main.toml").write_text(f"{MAIN}\n[boundary.out]\n[{kind}.link]\n{keys}\n", encoding="utf-8")
    found = problems(folder / "main.toml")
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("swan_lake", ""),
        ("天鹅湖", ""),
        ("a1", ""),
        ("हिन्दी", ""),
        ("", "must start with a letter"),
        ("_a", "must start with a letter"),
        ("1a", "must start with a letter"),
        ("a b", "has a space in it"),
        ("a.b", 'has "." in it'),
        ("a-b", 'has "-" in it'),
        ("and", "has a meaning of its own"),
        ("max", "has a meaning of its own"),
        ("stage", "has a meaning of its own"),
        ("wetland", "has a meaning of its own"),
        ("weir", "has a meaning of its own"),
    ],
)
def test_names(name: str, words: str) -> None:
    found = name_fault(name, frozenset({"weir", "wetland"}))
    assert words in found
    assert bool(words) == bool(found)


def test_json_schema_describes_every_kind() -> None:
    schema = json_schema()
    text = json.dumps(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    own = {"scenario", "solver", "tracing", "series", "cover", "river"}
    assert schema["properties"].keys() == own | {*NODES, *LINKS, *CONTROLS, *QUALITY}
    definitions = schema["$defs"]
    for kind in (*NODES, *LINKS, *CONTROLS):
        reference = schema["properties"][kind]["additionalProperties"]["$ref"]
        component = definitions[reference.removeprefix("#/$defs/")]
        assert "name" not in component["properties"]
        assert component["additionalProperties"] is False
        for key, described in component["properties"].items():
            assert described.get("description"), f"{kind}.{key} has no description"
    weir = definitions["Weir"]["properties"]
    assert {"from", "to"} <= weir.keys()
    assert weir["crest_width"]["x-units"] == "m"
    assert weir["crest_width"]["anyOf"][0]["exclusiveMinimum"] == 0
    assert weir["open"]["default"] == 1.0
    assert schema["else"]["properties"]["weir"]["additionalProperties"]["required"] == [
        "from",
        "to",
        "crest_level",
    ]
    assert "x-deltasim" not in text
    assert '"null"' not in text
    for reference in {part.split('"')[0] for part in text.split("#/$defs/")[1:]}:
        assert reference in definitions


def test_what_is_not_needed_is_not_imported() -> None:
    code = "import sys, deltasim.scenario; print(*sorted({'pint', 'xarray', 'netCDF4'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
