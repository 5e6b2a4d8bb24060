"""Rivers: what a table becomes, places on it, what is wrong with it, and the chainage in results."""

from __future__ import annotations

import numpy as np
import pytest

from deltasim.errors import ScenarioError
from deltasim.faults import FieldError
from deltasim.network import Network
from deltasim.results.collect import Collector
from deltasim.scenario import from_text
from deltasim.scenario.river import cell_at, node_at
from deltasim.signal import Signal
from deltasim.solver.build import prepare

HEAD = '[scenario]\nstart = 2024-01-01\nend = 2024-01-02\noutput_step = "1 h"\n\n'
RIVER = """\
[river.guangli]
cross_section = { bottom_width = 20.0, side_slope = 1.5 }
length = "10 km"
cells = 4
bed_level_upstream = 2.0
bed_level_downstream = -2.0
manning_n = 0.03
initial_depth = 0.5
rain = "5 mm/h"
collecting_area = "8 km2"
groundwater = { stage = 1.0, conductance = 0.4 }
to = "sea"

[boundary.sea]
stage = 0.5
"""


def made(body=RIVER, **changes):
    for old, new in changes.get("edits", {}).items():
        assert body.count(old) == 1
        body = body.replace(old, new)
    return from_text(HEAD + body + changes.get("more", ""), {}, path="a.toml")


def problems(more="", **edits):
    with pytest.raises(ScenarioError) as caught:
        made(edits=edits.get("edits", {}), more=more)
    return [str(problem) for problem in caught.value.problems]


def test_a_river_becomes_channels_and_reaches():
    scenario = made()
    assert list(scenario.nodes) == ["guangli_001", "guangli_002", "guangli_003", "guangli_004", "sea"]
    cells = list(scenario.nodes.values())[:4]
    assert [cell.bed_level for cell in cells] == pytest.approx([1.5, 0.5, -0.5, -1.5])
    assert {cell.length for cell in cells} == {2500.0}
    assert [cell.starting_storage(cell.shape(None)) for cell in cells] == pytest.approx([2500 * (20 + 0.75) * 0.5] * 4)
    links = scenario.links
    assert list(links) == ["guangli_001_002", "guangli_002_003", "guangli_003_004", "guangli_004_sea"]
    assert [link.length for link in links.values()] == [2500.0, 2500.0, 2500.0, 1250.0]
    assert [link.end_sills for link in links.values()][-1] == pytest.approx((-1.5, -2.0))
    assert (links["guangli_002_003"].from_node, links["guangli_002_003"].to_node) == ("guangli_002", "guangli_003")
    network = Network.from_components(scenario.nodes, scenario.links)
    assert sorted({law for law, _, _ in network.sources}) == ["groundwater", "uniform"]
    assert [source.factor for law, _, source in network.sources if law == "uniform"] == [2e6] * 4
    assert [source.scale for law, _, source in network.sources if law == "groundwater"] == [Signal.constant(0.1)] * 4


def test_the_result_keeps_the_river_and_not_its_cells():
    scenario = made()
    assert "[river.guangli]" in scenario.text
    assert "guangli_001" not in scenario.text
    again = from_text(scenario.text, scenario.files)
    assert again.nodes == scenario.nodes
    assert again.links == scenario.links
    other = scenario.replace({"river.guangli.manning_n": 0.05, "river.guangli.cells": 1200})
    assert list(other.nodes)[-2] == "guangli_1200"
    assert other.links["guangli_0001_0002"].manning_n == 0.05


def test_rain_on_a_trapezoid_without_an_edge_falls_on_its_water():
    scenario = made(edits={'collecting_area = "8 km2"\n': ""})
    network = Network.from_components(scenario.nodes, scenario.links)
    assert {source.variable: law for law, _, source in network.sources}["rain"] == "surface"


@pytest.mark.parametrize(
    ("place", "cell"),
    [("0 m", "001"), ("2.4999 km", "001"), ("2.5 km", "002"), ("7500 m", "004"), ("10 km", "004"), (" 7.1 km ", "003")],
)
def test_a_place_on_a_river_is_the_cell_there(place, cell):
    scenario = made()
    assert cell_at(scenario.rivers["guangli"], place) == f"guangli_{cell}"
    assert node_at(scenario.rivers, f"guangli@{place}") == f"guangli_{cell}"


def test_where_cells_meet_rounding_does_not_count():
    river = made(edits={'length = "10 km"': 'length = "0.3 km"', "cells = 4": "cells = 3"}).rivers["guangli"]
    assert [cell_at(river, text) for text in ("0.1 km", "0.2 km")] == ["guangli_002", "guangli_003"]


def test_links_inflows_and_demands_name_places():
    more = """
[river.side]
cross_section = { bottom_width = 5.0 }
length = 900.0
cells = 3
bed_level_upstream = 3.0
bed_level_downstream = 1.0
manning_n = 0.03
to = "guangli@6 km"
[inflow.flood]
to = "guangli@0 km"
discharge = 20
[demand.farms]
from = "guangli@9.9 km"
discharge = 1
[weir.spill]
from = "side@0.9 km"
to = "sea"
crest_level = 1.5
crest_width = 8.0
"""
    scenario = made(more=more)
    assert scenario.links["flood"].to_node == "guangli_001"
    assert scenario.links["farms"].from_node == "guangli_004"
    assert scenario.links["spill"].from_node == "side_003"
    assert scenario.links["side_003_guangli_003"].to_node == "guangli_003"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("guangly@1 km", 'there is no river "guangly"; did you mean "guangli"'),
        ("guangli@10.1 km", 'the river "guangli" is 10000 m long, and places on it .* end; got "10.1 km"'),
        ("guangli@-1 m", 'got "-1 m"'),
        ("guangli@7 m3", 'expected a length in m, got "7 m3"'),
        ("guangli@7", "without units"),
        ("guangli@", "expected a length"),
    ],
)
def test_places_that_are_none(text, words):
    with pytest.raises(FieldError, match=words):
        node_at(made().rivers, text)


SPILL = '\n[weir.spill]\nfrom = "{}"\nto = "sea"\ncrest_level = 1.5\ncrest_width = 8.0\n'


@pytest.mark.parametrize(
    ("more", "edits", "expected"),
    [
        (SPILL.format("guangli@1 mile2"), {}, ['a.toml:23: weir.spill.from: expected a length in m, got "1 mile2"']),
        (
            SPILL.format("guangli"),
            {},
            [
                'a.toml:23: weir.spill.from: "guangli" is a river; name a place on it, such as "guangli@0 km", its '
                "upstream end"
            ],
        ),
        (
            SPILL.format("guangli@1 km"),
            {"cells = 4": "cells = 0"},
            ["a.toml:9: river.guangli.cells: expected a number at least 1, got 0"],
        ),
        (
            "",
            {"manning_n = 0.03": "manning_m = 0.03"},
            [
                'a.toml:6: river.guangli: "manning_n" is missing: a number',
                'a.toml:12: river.guangli.manning_m: unknown key; did you mean "manning_n"?',
            ],
        ),
        (
            "",
            {"initial_depth = 0.5": "initial_stage = 1.2"},
            [
                "a.toml:13: river.guangli.initial_stage: expected a level at or above the bed of every cell (1.5 m is "
                "the highest), got 1.2 m; or give initial_depth"
            ],
        ),
        (
            "",
            {"initial_depth = 0.5": "initial_depth = 0.5\ninitial_stage = 3.0"},
            ["a.toml:13: river.guangli.initial_depth: give initial_stage or initial_depth, not both"],
        ),
        (
            "",
            {'to = "sea"': 'to = "see"'},
            ['a.toml:17: river.guangli.to: there is no node "see"; did you mean "sea"?'],
        ),
        (
            "",
            {'to = "sea"': 'to = "guangli@9 km"'},
            ['a.toml:17: river.guangli.to: the link joins "guangli_004" to itself'],
        ),
        (
            "",
            {"stage = 0.5": "", "bed_level_downstream = -2.0": "bed_level_downstream = 2.0"},
            [
                'a.toml:17: river.guangli.to: its bed does not fall towards the free outfall "sea"; give outfall_slope, '
                "or [boundary.sea] a stage"
            ],
        ),
        (
            "",
            {"bottom_width = 20.0, side_slope = 1.5": "width = 20.0"},
            [
                'a.toml:7: river.guangli.cross_section: "bottom_width" is missing: a length in m',
                "a.toml:7: river.guangli.cross_section.width: unknown key; the keys here are bottom_width, side_slope",
            ],
        ),
        (
            "",
            {'length = "10 km"': 'length = "4 m"'},
            [
                "a.toml:8: river.guangli.length: from 2 m to -2 m, the river falls or rises by no less than its length, "
                "4 m; check the units of levels and length"
            ],
        ),
        (
            "",
            {'to = "sea"': 'to = "sea"\noutfall_slope = 1e-4'},
            [
                "a.toml:18: river.guangli.outfall_slope: it is the slope into a boundary without stage, and "
                '"sea" is a boundary with a stage; leave it out, or leave out the stage of [boundary.sea]'
            ],
        ),
        (
            "\n[basin.guangli_002]\ncurve = { stage = [0.0], area = [1.0] }\n",
            {},
            [
                'a.toml:22: basin.guangli_002: the name "guangli_002" is taken by a part of [river.guangli]; names are '
                "unique across nodes, links and rules"
            ],
        ),
        (
            "",
            {"{ bottom_width = 20.0, side_slope = 1.5 }": "{ bottom_width = -2.0, slope = 1.5 }"},
            [
                "a.toml:7: river.guangli.cross_section.bottom_width: expected a length at least 0 m, got -2.0",
                'a.toml:7: river.guangli.cross_section.slope: unknown key; did you mean "side_slope"?',
            ],
        ),
        (
            "",
            {"{ bottom_width = 20.0, side_slope = 1.5 }": "{ offset = [0, 4, 2, 9], height = [3, 1, 1, 4] }"},
            [
                "a.toml:7: river.guangli.cross_section.offset[3]: must not go back from row to row, but 2 follows 4",
                "a.toml:7: river.guangli.cross_section.height[2]: heights are above the bed, so the lowest is 0, got 1 m; "
                "subtract it from every row",
            ],
        ),
        (
            "",
            {"{ bottom_width = 20.0, side_slope = 1.5 }": "{ bottom_width = 0.0 }"},
            ["a.toml:7: river.guangli.cross_section: bottom_width and side_slope are both 0: the section has no width"],
        ),
        (
            "",
            {"{ bottom_width = 20.0, side_slope = 1.5 }": '"wide"'},
            [
                "a.toml:7: river.guangli.cross_section: expected { bottom_width, side_slope }, a table with offset and "
                'height, or a file, got "wide"'
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_river_is_said_at_its_line(more, edits, expected):
    assert problems(more, edits=edits) == expected


CANAL = """
[basin.lake]
curve = { stage = [-5.0], area = [1e4] }
[channel.canal]
cross_section = { file = "canal.csv" }
length = 500.0
bed_level = 1.0
[reach.mouth]
from = "canal"
to = "lake"
cross_section = { file = "canal.csv" }
length = 500.0
manning_n = 0.03
bed_level_to = 0.0
"""
SURVEY = b"offset,height\n0,3\n5,0\n15,0\n20,3\n"


def canal(old="", new="", survey=SURVEY):
    assert CANAL.count(old) == 1 or not old
    body = CANAL.replace(old, new) if old else CANAL
    return from_text(HEAD + body, {"canal.csv": survey}, path="a.toml")


def test_a_section_from_a_file():
    scenario = canal()
    assert scenario.nodes["canal"].cross_section.at(3.0)[0] == pytest.approx(45.0)
    assert scenario.files.keys() == {"canal.csv"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "bed_level_to = 0.0",
            "",
            'a.toml:13: reach.mouth: give bed_level_to or bed_level: "lake" is a basin, which does not say where the bed '
            "of the reach is",
        ),
        (
            "bed_level_to = 0.0",
            "bed_level = 0.0\nbed_level_from = 1.0",
            "a.toml:20: reach.mouth.bed_level_from: give bed_level, or bed_level_from and bed_level_to, not both",
        ),
        (
            "bed_level = 1.0",
            "bed_level = 1.0\ninitial_stage = 0.5",
            "a.toml:13: channel.canal.initial_stage: expected a level at or above the bed (1 m), got 0.5 m",
        ),
        ("manning_n = 0.03", "manning_n = 0.0", "a.toml:18: reach.mouth.manning_n: expected a number above 0, got 0.0"),
    ],
)
def test_what_is_wrong_with_a_reach_or_channel(old, new, expected):
    with pytest.raises(ScenarioError) as caught:
        canal(old, new)
    assert [str(problem) for problem in caught.value.problems] == [expected]


def test_a_survey_that_is_wrong_names_its_line():
    with pytest.raises(ScenarioError, match=r"canal.csv:3: height: heights are above the bed.* got 1 m"):
        canal(survey=b"offset,height\n0,3\n5,1\n15,2\n")


def test_an_outfall_needs_a_slope():
    body = RIVER.replace("stage = 0.5\n", "").replace("bed_level_downstream = -2.0", "bed_level_downstream = 3.0")
    assert made(body.replace('to = "sea"', 'to = "sea"\noutfall_slope = 1e-4')).links["guangli_004_sea"].outfall_slope
    with pytest.raises(ScenarioError, match='nothing comes out of the free outfall "sea"'):
        made(
            RIVER.replace("stage = 0.5\n", "")
            + '[reach.back]\nfrom = "sea"\nto = "guangli@0 km"\ncross_section = { bottom_width = 2.0 }\n'
            "length = 10\nmanning_n = 0.03\nbed_level_from = 3.0\n"
        )


def test_a_junction_takes_its_bed_from_the_end_of_the_reach_at_it():
    more = """
[junction.fork]
[reach.branch]
from = "guangli@0 km"
to = "fork"
cross_section = { bottom_width = 2.0 }
length = 300
manning_n = 0.03
bed_level_to = 0.25
"""
    scenario = made(more=more)
    network = Network.from_components(scenario.nodes, scenario.links)
    assert network.curves[network.node_name.index("fork") - 1].bed_level == 0.25


def frame_of(scenario):
    network = Network.from_components(scenario.nodes, scenario.links)
    controls = prepare(network, end=scenario.duration, tolerance=1e-4, max_step=1e4).controls
    return Collector(scenario, network, controls, "test").frame()


def test_cells_have_a_chainage():
    np.testing.assert_array_equal(frame_of(made()).chainage, [1250.0, 3750.0, 6250.0, 8750.0, np.nan])
    still = from_text(HEAD + "[basin.pond]\ncurve = { stage = [0.0], area = [1.0] }\n", {})
    assert frame_of(still).chainage is None
