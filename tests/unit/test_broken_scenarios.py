"""Broken scenarios: each says what is wrong, where, and what to do; all at once, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deltasim.errors import ScenarioError
from deltasim.forcing.astronomy import CONSTITUENTS
from deltasim.scenario import from_text, load, read_override

GOOD = """\
[scenario]
title = "a pond and the sea"
start = 2019-08-10T00:00:00
end = 2019-08-12T00:00:00
output_step = "1 h"

[series.rain]
file = "rain.csv"
units = "mm/h"

[basin.upper]
curve = { stage = [0.0, 1.2, 2.6], area = ["28 km2", "31 km2", "33 km2"] }
initial_stage = 1.2
rain = "series.rain"
evaporation = "4 mm/day"

[boundary.sea]
stage = { time = ["2019-08-10", "2019-08-11", "2019-08-12"], value = [0.1, 0.4, 0.2], units = "m" }

[inflow.flood]
to = "upper"
discharge = 20

[weir.spill]
from = "upper"
to = "sea"
crest_level = 1.5
crest_width = 80.0
"""
RAIN = "time,rain\n2019-08-10T00:00,0.0\n2019-08-11T00:00,5.0\n2019-08-12T00:00,0.0\n"
GAPS = 'give it, or say what gaps mean: gaps = "linear", "previous" or "zero"'


@dataclass(frozen=True)
class Broken:
    """What is changed in the good scenario, and what must be said.

    `edits` replace text in the scenario; `rain` replaces the CSV file; `files` are added; `name` is the file loaded.
    """

    label: str
    expected: Sequence[str]
    edits: Mapping[str, str] = field(default_factory=dict)
    whole: bytes | None = None
    rain: str | bytes = RAIN
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    name: str = "a.toml"
    sets: Sequence[str] = ()


def edited(edits: Mapping[str, str]) -> str:
    text = GOOD
    for old, new in edits.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


SEA = next(line for line in GOOD.splitlines() if line.startswith("stage = "))
CURVE = next(line for line in GOOD.splitlines() if line.startswith("curve = ")).removeprefix("curve = ")
OFFSET = (
    "has an offset, but the start of the run has none; write start as 2019-08-10T00:00{0}, or the times without offset"
)

AWARE = {"start = 2019-08-10T00:00:00": "start = 2019-08-10T00:00:00+08:00"}
TIDE = AWARE | {SEA: 'stage = { tide = "tide.csv", mean_level = 0.35 }'}
MOON = "constituent,amplitude,phase\nM2,0.56,120\n"
WEIR_KEYS = "crest_level = 1.5\ncrest_width = 80.0"
BREACH = "crest_level = 2\nbottom_level = 0.5\nbottom_width = 8\nside_slope = 1\ndevelopment_time = 3600\n"
CULVERT = "invert_level_from = 0.4\ninvert_level_to = 0.2\nlength = 30\nmanning_n = 0.012"
REACH = "cross_section = { bottom_width = 3 }\nlength = 300\nmanning_n = 0.03\nbed_level = 0\n"
OUT_OF_SEA = {SEA: "", 'from = "upper"\nto = "sea"': 'from = "sea"\nto = "upper"'}

CASES = [
    # Quantities
    Broken(
        "wrong unit",
        ['a.toml:27: weir.spill.crest_level: expected a level in m, got "1.5 m3"'],
        {"crest_level = 1.5": 'crest_level = "1.5 m3"'},
    ),
    Broken(
        "unknown unit",
        ['a.toml:27: weir.spill.crest_level: there is no unit "ells"; expected a level in m, got "1.5 ells"'],
        {"crest_level = 1.5": 'crest_level = "1.5 ells"'},
    ),
    Broken(
        "number in quotes",
        ['a.toml:27: weir.spill.crest_level: expected a level in m, got "1.5" without units; write 1.5 or "1.5 m"'],
        {"crest_level = 1.5": 'crest_level = "1.5"'},
    ),
    Broken(
        "rate without units",
        ['a.toml:15: basin.upper.evaporation: expected a rate with units, such as "4 mm/day", got 4'],
        {'"4 mm/day"': "4"},
    ),
    Broken(
        "not finite",
        [
            "a.toml:22: inflow.flood.discharge: expected a discharge in m3/s, got nan, which is not finite",
            "a.toml:27: weir.spill.crest_level: expected a level in m, got inf, which is not finite",
        ],
        {"discharge = 20": "discharge = nan", "crest_level = 1.5": "crest_level = inf"},
    ),
    Broken(
        "negative width",
        ['a.toml:28: weir.spill.crest_width: expected a length above 0 m, got "-80 m"'],
        {"crest_width = 80.0": 'crest_width = "-80 m"'},
    ),
    Broken(
        "wrong types and choices",
        [
            'a.toml:29: weir.spill.direction: expected "both" or "forward", got "forwards"; did you mean "forward"?',
            "a.toml:30: weir.spill.count: expected a whole number, got 1.5",
            "a.toml:31: weir.spill.open: expected a number at most 1, got 2",
        ],
        {"crest_width = 80.0": 'crest_width = 80.0\ndirection = "forwards"\ncount = 1.5\nopen = 2'},
    ),
    # Culverts
    Broken(
        "culvert without its size",
        ["a.toml:24: culvert.spill.diameter: a circular culvert needs diameter, got neither"],
        {"weir.spill": "culvert.spill", WEIR_KEYS: CULVERT},
    ),
    Broken(
        "box with a diameter",
        ["a.toml:29: culvert.spill.diameter: a box culvert needs width and height, got diameter and width and height"],
        {
            "weir.spill": "culvert.spill",
            WEIR_KEYS: 'shape = "box"\nwidth = 2\ndiameter = 1\nheight = 1\n' + CULVERT,
        },
    ),
    Broken(
        "inlet that is misspelt",
        [
            'a.toml:31: culvert.spill.inlet: there is no inlet "circular_metal_miter" of a circular culvert; '
            'did you mean "circular_metal_mitered"?'
        ],
        {"weir.spill": "culvert.spill", WEIR_KEYS: CULVERT + '\ninlet = "circular_metal_miter"\ndiameter = 1'},
    ),
    Broken(
        "inlet of another shape",
        [
            'a.toml:31: culvert.spill.inlet: there is no inlet "box_square_edge" of a circular culvert; there are '
            '"circular_concrete_square_edge", "circular_concrete_groove_end", "circular_concrete_groove_end_projecting", '
            '"circular_metal_headwall", "circular_metal_mitered", "circular_metal_projecting", "circular_bevel_45" and '
            '"circular_bevel_33"'
        ],
        {"weir.spill": "culvert.spill", WEIR_KEYS: CULVERT + '\ninlet = "box_square_edge"\ndiameter = 1'},
    ),
    Broken(
        "culvert of nothing",
        [
            "a.toml:29: culvert.spill.length: expected a length above 0 m, got 0",
            "a.toml:30: culvert.spill.manning_n: expected a number above 0, got -0.012",
            "a.toml:31: culvert.spill.diameter: expected a length above 0 m, got 0",
            "a.toml:32: culvert.spill.exit_loss: expected a number at least 0, got -1",
            "a.toml:33: culvert.spill.barrels: expected a number at least 1, got 0",
        ],
        {
            "weir.spill": "culvert.spill",
            WEIR_KEYS: CULVERT.replace("30", "0").replace("0.012", "-0.012")
            + "\ndiameter = 0\nexit_loss = -1\nbarrels = 0",
        },
    ),
    # Breaches
    Broken(
        "breach of nothing known",
        [
            'a.toml:24: breach.spill: "bottom_level" is missing; give it, or an equation',
            'a.toml:24: breach.spill: "side_slope" is missing; give it, or an equation',
            'a.toml:24: breach.spill: "bottom_width" is missing; give it, or an equation',
            'a.toml:24: breach.spill: "development_time" is missing; give it, or an equation',
            'a.toml:28: breach.spill.mode: it belongs to an equation: give equation = "froehlich_1995" or '
            '"froehlich_2008"',
        ],
        {"weir.spill": "breach.spill", WEIR_KEYS: 'crest_level = 2\nmode = "piping"\ntrigger = { stage = 1.9 }'},
    ),
    Broken(
        "breach twice over",
        [
            'a.toml:24: breach.spill: "volume" is missing',
            "a.toml:24: breach.spill: give bottom_level or height",
            'a.toml:28: breach.spill.bottom_width: equation = "froehlich_1995" gives it; leave one of them out',
        ],
        {
            "weir.spill": "breach.spill",
            WEIR_KEYS: 'crest_level = 2\nbottom_width = 8\nequation = "froehlich_1995"\nmode = "piping"\n'
            "trigger = { stage = 1.9 }",
        },
    ),
    Broken(
        "breach that rises",
        ["a.toml:28: breach.spill.bottom_level: expected a level below the crest (2 m), got 2.5 m"],
        {"weir.spill": "breach.spill", WEIR_KEYS: BREACH.replace("0.5", "2.5") + "trigger = { stage = 1.9 }"},
    ),
    Broken(
        "breach without width",
        ["a.toml:29: breach.spill.bottom_width: bottom_width and side_slope are both 0: no water would ever pass"],
        {
            "weir.spill": "breach.spill",
            WEIR_KEYS: "crest_level = 2\nbottom_level = 0.5\nbottom_width = 0\nside_slope = 0\n"
            'development_time = "1 h"\ntrigger = { stage = 1.9 }',
        },
    ),
    Broken(
        "no trigger",
        ['a.toml:24: breach.spill: "trigger" is missing: { stage }, { time } or { overtopping_duration }'],
        {"weir.spill": "breach.spill", WEIR_KEYS: BREACH},
    ),
    Broken(
        "two triggers",
        [
            'a.toml:32: breach.spill.trigger: expected one of "stage", "time" or "overtopping_duration", '
            'got "stage" and "time"'
        ],
        {"weir.spill": "breach.spill", WEIR_KEYS: BREACH + "trigger = { stage = 1.9, time = 0 }"},
    ),
    Broken(
        "trigger of no time",
        [
            'a.toml:32: breach.spill.trigger.time: expected a time such as 2019-08-11T06:00, got "2 h"; '
            '"2 h" after the start is the number 7200'
        ],
        {"weir.spill": "breach.spill", WEIR_KEYS: BREACH + 'trigger = { time = "2 h" }'},
    ),
    Broken(
        "trigger with an offset, start without",
        [f"a.toml:32: breach.spill.trigger.time: 2019-08-11T00:00+08:00 {OFFSET.format('+08:00')}"],
        {"weir.spill": "breach.spill", WEIR_KEYS: BREACH + "trigger = { time = 2019-08-11T00:00:00+08:00 }"},
    ),
    Broken(
        "unknown trigger",
        ["a.toml:32: breach.spill.trigger.level: unknown key; the keys here are stage, time, overtopping_duration"],
        {"weir.spill": "breach.spill", WEIR_KEYS: BREACH + "trigger = { level = 1.9 }"},
    ),
    # Structures
    Broken(
        "notch with the keys of a level crest",
        [
            'a.toml:24: weir.spill.angle: "angle" is missing; a weir of shape "v_notch" needs it',
            'a.toml:29: weir.spill.crest_width: a weir of shape "v_notch" has none; '
            'it belongs to "sharp", "broad", "ogee" or "trapezoidal"',
            'a.toml:30: weir.spill.side_slope: a weir of shape "v_notch" has none; it belongs to "trapezoidal"',
        ],
        {"crest_level = 1.5": 'shape = "v_notch"\ncrest_level = 1.5', "80.0": "80.0\nside_slope = 0.25"},
    ),
    Broken(
        "trapezoid without its slope, and a notch that is none",
        [
            'a.toml:24: weir.spill.side_slope: "side_slope" is missing; a weir of shape "trapezoidal" needs it',
            "a.toml:31: weir.notch.angle: expected an angle below 180 deg, got 180",
            'a.toml:32: weir.notch.crest_rate: expected a speed in m/s, got "1 m"',
        ],
        {
            "crest_width = 80.0": 'crest_width = 80.0\nshape = "trapezoidal"\n[weir.notch]\nangle = 180\n'
            'crest_rate = "1 m"\nshape = "v_notch"\nfrom = "upper"\nto = "sea"\ncrest_level = 1.0'
        },
    ),
    Broken(
        "weir table that falls and does not begin with nothing",
        [
            "a.toml:29: weir.spill.table.discharge[1]: expected a discharge of 0 in the first row, got 1 m3/s",
            "a.toml:29: weir.spill.table.discharge[3]: the discharge of a weir must not fall with the head",
            'a.toml:30: weir.spill.discharge_coefficient: a weir of shape "table" has none; '
            "its discharges are in the table",
        ],
        {
            "crest_width = 80.0": 'shape = "table"\ntable = { head = [0, 1, 2], discharge = [1, 3, 2] }\n'
            "discharge_coefficient = 0.6"
        },
    ),
    Broken(
        "weir table below its crest",
        ["a.toml:29: weir.spill.table.head[1]: must be at least 0 m, got -1"],
        {"crest_width = 80.0": 'shape = "table"\ntable = { head = [-1, 1], discharge = [0, 3] }'},
    ),
    Broken(
        "word for a coefficient, misspelt",
        [
            'a.toml:29: weir.spill.discharge_coefficient: expected a number or "rehbock", got "rehbok"; '
            'did you mean "rehbock"?'
        ],
        {"crest_width = 80.0": 'crest_width = 80.0\ndischarge_coefficient = "rehbok"'},
    ),
    Broken(
        "coefficient of nothing",
        ["a.toml:29: weir.spill.discharge_coefficient: expected a number above 0, got 0"],
        {"crest_width = 80.0": "crest_width = 80.0\ndischarge_coefficient = 0"},
    ),
    Broken(
        "Rehbock without a height",
        ['a.toml:24: weir.spill.crest_height: "crest_height" is missing; "rehbock" needs it, above the bed upstream'],
        {"crest_width = 80.0": 'crest_width = 80.0\ndischarge_coefficient = "rehbock"'},
    ),
    Broken(
        "Rehbock on a broad crest, a height without Rehbock",
        [
            'a.toml:30: weir.spill.discharge_coefficient: "rehbock" is for sharp crests, '
            'not for a weir of shape "broad"',
            'a.toml:36: weir.other.crest_height: only discharge_coefficient = "rehbock" takes a crest_height',
        ],
        {
            "crest_width = 80.0": 'crest_width = 80.0\nshape = "broad"\ndischarge_coefficient = "rehbock"\n'
            '[weir.other]\nfrom = "upper"\nto = "sea"\ncrest_level = 1.0\ncrest_width = 2.0\ncrest_height = 3.0'
        },
    ),
    Broken(
        "rates of nothing",
        [
            "a.toml:29: weir.spill.crest_rate: expected a speed above 0 m/s, got 0",
            "a.toml:35: gate.sluice.opening_rate: expected a speed above 0 m/s, got -0.1",
        ],
        {
            "crest_width = 80.0": 'crest_width = 80.0\ncrest_rate = 0\n[gate.sluice]\nfrom = "upper"\nto = "sea"\n'
            "sill_level = 0\nwidth = 2\nopening_rate = -0.1"
        },
    ),
    Broken(
        "levee that gets shorter with height",
        [
            "a.toml:27: levee.spill.table.length[3]: must not fall from row to row, but 5 follows 10",
            "a.toml:28: levee.spill.crest_width: unknown key; the keys here are from, to, open, direction, table, "
            "discharge_coefficient",
        ],
        {"weir.spill": "levee.spill", "crest_level = 1.5": "table = { level = [1, 2, 3], length = [0, 10, 5] }"},
    ),
    Broken(
        "levees of no length, of no order and below nothing",
        [
            "a.toml:27: levee.spill.table.length[2]: the last row must have a length",
            "a.toml:31: levee.two.table.level[2]: must rise from row to row, but 1 follows 1",
            "a.toml:31: levee.two.table.length[1]: must be at least 0 m, got -3",
        ],
        {
            "weir.spill": "levee.spill",
            "crest_level = 1.5": "table = { level = [1, 2], length = [0, 0] }",
            "crest_width = 80.0": '[levee.two]\nfrom = "upper"\nto = "sea"\n'
            "table = { level = [1, 1], length = [-3, 10] }",
        },
    ),
    Broken(
        "fixed flow that turns round",
        ["a.toml:27: fixed_flow.spill.discharge: expected a discharge at least 0 m3/s, got -2 m3/s"],
        {"weir.spill": "fixed_flow.spill", "crest_level = 1.5": "discharge = -2", "crest_width = 80.0": ""},
    ),
    Broken(
        "fixed flow out of a free outfall",
        ['a.toml:25: fixed_flow.spill.from: nothing comes out of the free outfall "sea"; give [boundary.sea] a stage'],
        OUT_OF_SEA | {"weir.spill": "fixed_flow.spill", "crest_level = 1.5": "discharge = 2", "crest_width = 80.0": ""},
    ),
    Broken(
        "rating of the stage of a free outfall",
        ['a.toml:25: rating.spill.from: nothing comes out of the free outfall "sea"; give [boundary.sea] a stage'],
        OUT_OF_SEA
        | {
            "weir.spill": "rating.spill",
            "crest_level = 1.5": "table = { stage = [0, 1], discharge = [0, 1] }",
            "crest_width = 80.0": "",
        },
    ),
    Broken(
        "flap valve out of a free outfall",
        ['a.toml:25: weir.spill.from: nothing comes out of the free outfall "sea"; give [boundary.sea] a stage'],
        OUT_OF_SEA | {"crest_width = 80.0": 'crest_width = 80.0\ndirection = "forward"'},
    ),
    Broken(
        "breaches that wait for the stage of a free outfall",
        [
            f'a.toml:{line}: breach.{name}.from: "sea" is a free outfall and has no stage that could start the breach; '
            "give [boundary.sea] a stage"
            for line, name in ((25, "spill"), (34, "two"))
        ],
        OUT_OF_SEA
        | {
            "weir.spill": "breach.spill",
            WEIR_KEYS: f"{BREACH}trigger = {{ stage = 1.8 }}\n[breach.two]\nfrom = 'sea'\nto = 'upper'\n{BREACH}"
            f"trigger = {{ overtopping_duration = 600 }}\n[breach.three]\nfrom = 'sea'\nto = 'upper'\n{BREACH}"
            "trigger = { time = 600 }",
        },
    ),
    Broken(
        "culvert and reach that fall by more than their length",
        [
            "a.toml:30: culvert.spill.length: from 104 m to 2 m, the culvert falls or rises by no less than its "
            "length, 30 m; check the units of levels and length",
            "a.toml:36: reach.two.length: from 0 m to 3 m, the reach falls or rises by no less than its "
            "length, 3 m; check the units of levels and length",
        ],
        {
            "weir.spill": "culvert.spill",
            WEIR_KEYS: "diameter = 1\n"
            + CULVERT.replace("= 0.4", "= 104").replace("= 0.2", "= 2")
            + "\n[reach.two]\nfrom = 'upper'\nto = 'sea'\ncross_section = { bottom_width = 3 }\nlength = 3\n"
            "manning_n = 0.03\nbed_level_from = 0\nbed_level_to = 3",
        },
    ),
    Broken(
        "outfall slope where there are stages",
        [
            "a.toml:31: reach.spill.outfall_slope: it is the slope into a boundary without stage, and "
            '"sea" is a boundary with a stage; leave it out, or leave out the stage of [boundary.sea]',
            "a.toml:39: reach.back.outfall_slope: it is the slope into a boundary without stage, and "
            '"upper" is a basin; leave it out',
        ],
        {
            "weir.spill": "reach.spill",
            WEIR_KEYS: f"{REACH}outfall_slope = 1e-3\n[reach.back]\nfrom = 'sea'\nto = 'upper'\n{REACH}"
            "outfall_slope = 1e-3",
        },
    ),
    # Keys, names and kinds
    Broken(
        "misspelt key",
        [
            'a.toml:24: weir.spill: "crest_level" is missing: a level in m',
            'a.toml:27: weir.spill.crest_levle: unknown key; did you mean "crest_level"?',
        ],
        {"crest_level = 1.5": "crest_levle = 1.5"},
    ),
    Broken(
        "missing keys",
        [
            'a.toml:24: weir.spill: "from" is missing: name of the node it leaves',
            'a.toml:24: weir.spill.crest_width: "crest_width" is missing; a weir of shape "sharp" needs it',
        ],
        {'from = "upper"\n': "", "crest_width = 80.0\n": ""},
    ),
    Broken(
        "misspelt key of an inline table",
        ['a.toml:18: boundary.sea.stage.unit: unknown key; did you mean "units"?'],
        {'units = "m" }': 'unit = "m" }'},
    ),
    Broken(
        "name as a key",
        ["a.toml:29: weir.spill.name: unknown key"],
        {"crest_width = 80.0": 'crest_width = 80.0\nname = "x"'},
    ),
    Broken("unknown kind", ['a.toml:24: wier.spill: there is no kind "wier"; did you mean "weir"?'], {"weir": "wier"}),
    Broken(
        "name with a space at a link that switches by itself",
        ['a.toml:11: basin.the pond: the name "the pond" has a space in it; letters, digits and _ are allowed'],
        {
            "[basin.upper]": '[basin."the pond"]',
            '"upper"\ndischarge': '"the pond"\ndischarge',
            'from = "upper"': 'from = "the pond"\ndirection = "forward"',
        },
    ),
    Broken(
        "substances that are none",
        [
            'a.toml:14: basin.upper.concentration.salt: there is no substance "salt"; did you mean "salts"?',
            "a.toml:32: substance.salts.decay: give rate (per area, as m/day) or rate_constant (as 1/day), one of the two",
            'a.toml:35: load.farm.to: there is no node "ponds"; the nodes are "upper" and "sea"',
            'a.toml:36: load.farm.substance: there is no substance "nitrate"; write [substance.nitrate] to have one',
            'a.toml:40: load.town.to: there is no node "uper"; did you mean "upper"?',
            'a.toml:42: load.town.mass: expected a mass per time in kg/s, got "3 kg"',
            'a.toml:45: tracing.source: unknown key; did you mean "sources"?',
        ],
        {
            "initial_stage = 1.2": "initial_stage = 1.2\nconcentration = { salt = 2 }",
            "crest_width = 80.0": "crest_width = 80.0\n\n[substance.salts]\ndecay = { rate = 1e-6, rate_constant = 1e-6 }\n\n"
            '[load.farm]\nto = "ponds"\nsubstance = "nitrate"\nmass = "3 kg/day"\n\n[load.town]\nto = "uper"\nsubstance = "salts"\nmass = "3 kg"\n\n[tracing]\nsource = true',
        },
    ),
    Broken(
        "state that is not there",
        ['a.toml:6: scenario.initial_state: there is no file "yesterday.nc"'],
        {'"1 h"': '"1 h"\ninitial_state = "yesterday.nc"'},
    ),
    Broken(
        "header without a name",
        ["a.toml:25: weir.from: a name is missing in the header: write [weir.NAME]"],
        {"[weir.spill]": "[weir]"},
    ),
    Broken(
        "header in other letters",
        [
            "a.toml: [scenario] is missing: a table with start, end and output_step",
            'a.toml:2: Scenario.title: there is no kind "Scenario"; did you mean "scenario"?',
        ],
        {"[scenario]": "[Scenario]"},
    ),
    Broken(
        "list of tables",
        ["a.toml:24: weir: expected tables [weir.NAME], got a list"],
        {"[weir.spill]": "[[weir]]"},
    ),
    Broken(
        "key above all headers",
        ["a.toml:1: title: a key above the first header; put it below one, such as [scenario]"],
        whole=('title = "x"\n' + GOOD).encode(),
    ),
    Broken(
        "hyphen in a name",
        ['a.toml:24: weir.my-spill: the name "my-spill" has "-" in it; letters, digits and _ are allowed'],
        {"weir.spill": "weir.my-spill"},
    ),
    Broken(
        "name that begins with a digit",
        ['a.toml:24: weir.1st: the name "1st" must start with a letter'],
        {"weir.spill": "weir.1st"},
    ),
    Broken(
        "name of a quantity",
        [
            'a.toml:24: weir.storage: "storage" has a meaning of its own in deltasim; '
            'choose another name, such as "storage_1"'
        ],
        {"weir.spill": "weir.storage"},
    ),
    Broken(
        "name of a kind",
        ['a.toml:24: weir.gate: "gate" has a meaning of its own in deltasim; choose another name, such as "gate_1"'],
        {"weir.spill": "weir.gate"},
    ),
    Broken(
        "one name twice",
        [
            'a.toml:24: weir.upper: the name "upper" is taken by [basin.upper]; names are unique across nodes, links and rules'
        ],
        {"weir.spill": "weir.upper"},
    ),
    # The network
    Broken(
        "unknown node",
        ['a.toml:26: weir.spill.to: there is no node "see"; did you mean "sea"?'],
        {'to = "sea"': 'to = "see"'},
    ),
    Broken(
        "unknown node, nothing like it",
        ['a.toml:26: weir.spill.to: there is no node "ocean"; the nodes are "upper" and "sea"'],
        {'to = "sea"': 'to = "ocean"'},
    ),
    Broken(
        "link to a link",
        ['a.toml:26: weir.spill.to: "flood" is an inflow, not a node'],
        {'to = "sea"': 'to = "flood"'},
    ),
    Broken(
        "link to itself",
        ['a.toml:26: weir.spill.to: the link joins "upper" to itself'],
        {'to = "sea"': 'to = "upper"'},
    ),
    Broken(
        "link between boundaries",
        ["a.toml:27: weir.spill.to: the weir joins two boundaries; no basin or junction gains or loses by it"],
        {'from = "upper"': 'from = "lake"', "[inflow.flood]": "[boundary.lake]\n[inflow.flood]"},
    ),
    Broken(
        "resistance into a free outfall",
        [
            'a.toml:26: resistance.spill.to: a resistance needs a stage at both ends, and "sea" is a free outfall; '
            "give [boundary.sea] a stage"
        ],
        {
            SEA: "",
            "weir.spill": "resistance.spill",
            "crest_level = 1.5\n": "",
            "crest_width = 80.0": "resistance = 5e4",
        },
    ),
    Broken(
        "junction without a bed",
        ["a.toml:24: junction.fork: give bed_level: no link at this junction has a sill to take it from"],
        {"[weir.spill]": "[junction.fork]\n[weir.spill]"},
    ),
    Broken(
        "no node at all",
        ["a.toml: there is no node; a scenario needs one basin at least, as [basin.NAME]"],
        whole=GOOD.partition("\n\n")[0].encode(),
    ),
    # Curves and starts
    Broken(
        "curve that does not rise",
        ["a.toml:12: basin.upper.curve.stage[3]: must rise from row to row, but 1.2 follows 1.2"],
        {"[0.0, 1.2, 2.6]": "[0.0, 1.2, 1.2]"},
    ),
    Broken(
        "curve file that does not rise",
        ["curve.csv:4: stage: must rise from row to row, but 1 follows 2"],
        {CURVE: '{ file = "curve.csv" }'},
        files={"curve.csv": "stage,area\n0,1e6\n2,2e6\n1,3e6\n"},
    ),
    Broken(
        "curve file with holes",
        [
            'curve.csv:2: area: the value is "big", not a finite number',
            "curve.csv:3: stage: the value is missing",
        ],
        {CURVE: '{ file = "curve.csv" }'},
        files={"curve.csv": "stage,area\n0,big\n,2e6\n"},
    ),
    Broken(
        "curve file without its column",
        ['curve.csv:1: there is no column "stage"; the columns are stag, area; did you mean "stag"?'],
        {CURVE: '{ file = "curve.csv" }'},
        files={"curve.csv": "stag,area\n0,1e6\n"},
    ),
    Broken(
        "columns of different length",
        ["a.toml:12: basin.upper.curve: the columns are not equally long: stage has 2, area has 3"],
        {"[0.0, 1.2, 2.6]": "[0.0, 1.2]"},
    ),
    Broken(
        "two starts",
        ["a.toml:14: basin.upper.initial_storage: give initial_stage or initial_storage, not both"],
        {"initial_stage = 1.2": 'initial_stage = 1.2\ninitial_storage = "3 hm3"'},
    ),
    Broken(
        "start below the bed",
        ["a.toml:13: basin.upper.initial_stage: expected a level at or above the bed (0 m), got -1.2 m"],
        {"initial_stage = 1.2": "initial_stage = -1.2"},
    ),
    # The clock
    Broken(
        "end before start",
        ["a.toml:4: scenario.end: the end, 2019-08-09T00:00, must be after the start, 2019-08-10T00:00"],
        {"end = 2019-08-12": "end = 2019-08-09"},
    ),
    Broken(
        "output step of nothing",
        ["a.toml:5: scenario.output_step: expected a duration above 0 s, got 0"],
        {'"1 h"': "0"},
    ),
    Broken(
        "output step that does not fit",
        [
            "a.toml:4: scenario.end: end must be a whole number of output steps after start, got 6.85714 of them; "
            "end at 2019-08-11T18:00 or 2019-08-12T01:00, or change output_step"
        ],
        {'"1 h"': '"7 h"'},
    ),
    Broken(
        "output step longer than the run",
        ["a.toml:5: scenario.output_step: the output step, 604800 s, is longer than the run, 172800 s"],
        {'"1 h"': '"1 week"'},
    ),
    Broken(
        "outputs without end",
        ["a.toml:5: scenario.output_step: the run has 1.7e+11 output steps; 100,000,000 is the most"],
        {'"1 h"': "1e-6"},
    ),
    Broken(
        "start that is no time",
        ['a.toml:3: scenario.start: expected a time such as 2019-08-11T06:00, got "10 August"'],
        {"start = 2019-08-10T00:00:00": 'start = "10 August"'},
    ),
    Broken(
        "start that is missing",
        ['a.toml:1: scenario: "start" is missing: start of the run; with an offset (+08:00), or without'],
        {"start = 2019-08-10T00:00:00\n": ""},
    ),
    Broken(
        "end with an offset, start without",
        [f"a.toml:4: scenario.end: 2019-08-12T00:00+00:00 {OFFSET.format('+00:00')}"],
        {"end = 2019-08-12T00:00:00": "end = 2019-08-12T00:00:00Z"},
    ),
    Broken(
        "series with an offset, start without",
        [f"rain.csv:3: 2019-08-11T00:00+08:00 {OFFSET.format('+08:00')}"],
        rain=RAIN.replace("11T00:00", "11T00:00+08:00"),
    ),
    # Series
    Broken(
        "series not defined",
        ['a.toml:14: basin.upper.rain: there is no series "rian"; did you mean "rain"?'],
        {'"series.rain"': '"series.rian"'},
    ),
    Broken(
        "series of something else",
        ['a.toml:14: basin.upper.rain: expected a rate in m/s, got "m3/s" (in series.rain)'],
        {'units = "mm/h"': 'units = "m3/s"'},
    ),
    Broken(
        "series of rates without units",
        [
            'a.toml:13: basin.upper.rain: a rate needs units: units = "mm/h", '
            'or units = "mm" for a depth per interval (in series.rain)'
        ],
        {'units = "mm/h"\n': ""},
    ),
    Broken(
        "series too short",
        [
            "rain.csv:3: series.rain ends at 2019-08-11T00:00, before the run does at 2019-08-12T00:00; "
            'add later rows or say repeat = "year"'
        ],
        rain="time,rain\n2019-08-10T00:00,0.0\n2019-08-10T12:00,5.0\n",
    ),
    Broken(
        "series too late",
        [
            "rain.csv:2: series.rain begins at 2019-08-10T06:00, after the run does at 2019-08-10T00:00; "
            'add earlier rows or say repeat = "year"'
        ],
        rain=RAIN.replace("10T00", "10T06"),
    ),
    Broken("NaN", [f"rain.csv:3: rain: the value is missing; {GAPS}"], rain=RAIN.replace("5.0", "NaN")),
    Broken("gap", [f"rain.csv:3: rain: the value is missing; {GAPS}"], rain=RAIN.replace("5.0", "")),
    Broken(
        "text among numbers",
        ['rain.csv:3: rain: the value is "five", not a finite number'],
        rain=RAIN.replace("5.0", "five"),
    ),
    Broken(
        "time running back",
        ["rain.csv:3: time goes back from 2019-08-10T00:00 to 2019-08-09T00:00"],
        rain=RAIN.replace("11T00", "09T00"),
    ),
    Broken(
        "time standing still",
        ["rain.csv:3: time 2019-08-10T00:00 stands twice"],
        rain=RAIN.replace("11T00", "10T00"),
    ),
    Broken(
        "missing column",
        ['rain.csv:1: there is no column "regn"; the columns are time, rain'],
        {'units = "mm/h"': 'units = "mm/h"\ncolumn = "regn"'},
    ),
    Broken(
        "column not chosen",
        ['a.toml:8: series.rain.file: say which column of "rain.csv" is meant: rain, wind'],
        rain="time,rain,wind\n2019-08-10,1,2\n2019-08-12,1,2\n",
    ),
    Broken("ragged row", ["rain.csv:3: the row has 3 cells, the header has 2"], rain=RAIN.replace("5.0", "5,0")),
    Broken(
        "inline series in all its faults",
        [
            f"a.toml:18: boundary.sea.stage.value[2]: the value is missing; {GAPS}",
            'a.toml:18: boundary.sea.stage.value[3]: expected a level in m, got "3 m3"',
        ],
        {"[0.1, 0.4, 0.2]": '[0.1, nan, "3 m3"]'},
    ),
    Broken(
        "inline series of different lengths",
        ["a.toml:18: boundary.sea.stage: time has 3 entries, value has 2"],
        {"[0.1, 0.4, 0.2]": "[0.1, 0.4]"},
    ),
    Broken(
        "inline series in the wrong unit",
        ['a.toml:18: boundary.sea.stage.units: expected a level in m, got "s"'],
        {'units = "m" }': 'units = "s" }'},
    ),
    Broken(
        "inline time that is none, on its line",
        ['a.toml:18: boundary.sea.stage.time[2]: expected a time such as 2019-08-11T06:00, got "11 August"'],
        {'"2019-08-11"': '"11 August"'},
    ),
    # Files
    Broken(
        "missing file",
        ['a.toml:8: series.rain.file: there is no file "rian.csv"; did you mean "rain.csv"?'],
        {"rain.csv": "rian.csv"},
    ),
    Broken("folder for a file", ['a.toml:8: series.rain.file: "." is a folder, not a file'], {"rain.csv": "."}),
    Broken(
        "file outside the folder",
        [
            'a.toml:8: series.rain.file: "../rain.csv" lies outside the scenario\'s folder; '
            "move it there or use --allow-outside"
        ],
        {"rain.csv": "../rain.csv"},
    ),
    Broken(
        "absolute path outside the folder",
        [
            'a.toml:8: series.rain.file: "/etc/passwd" lies outside the scenario\'s folder; '
            "move it there or use --allow-outside"
        ],
        {"rain.csv": "/etc/passwd"},
    ),
    Broken(
        "binary rubbish for a CSV file",
        ["rain.csv:1: this is not UTF-8 text; save the table as CSV (UTF-8)"],
        rain=b"\x89HDF\r\n\x1a\n\xff\xfe\x00",
    ),
    Broken(
        "rubbish for a NetCDF file",
        ["rain.nc: this is not a NetCDF file"],
        {"rain.csv": "rain.nc"},
        files={"rain.nc": b"\x89HDF\r\n\x1a\nrubbish"},
    ),
    Broken(
        "empty CSV file",
        ["rain.csv: the file is empty; a header line with the names of the columns is expected"],
        rain="",
    ),
    Broken("no such scenario", ['b.toml: there is no such file; did you mean "a.toml"?'], name="b.toml"),
    Broken("folder for a scenario", [".: this is a folder; name the scenario file in it"], name="."),
    Broken(
        "empty scenario",
        ["a.toml: the file is empty; `deltasim new NAME` writes a scenario to start from"],
        whole=b" \n",
    ),
    Broken(
        "binary rubbish for a scenario",
        ["a.toml:2: this is not a scenario: it is not UTF-8 text"],
        whole=b"[scenario]\n\x89HDF\r\n\x1a\n\xff\xfe",
    ),
    Broken("zero bytes", ["a.toml:2: this is not a scenario: it is not text"], whole=b"[scenario]\n\0\0"),
    # TOML
    Broken(
        "units without quotes",
        ['a.toml:27: there is more on the line than one value; a value with units stands in quotes: "12 km"'],
        {"crest_level = 1.5": "crest_level = 1.5 m"},
    ),
    Broken(
        "no value",
        [
            'a.toml:27: expected a value after "=": a number, a text in quotes, true or false, a time, '
            "a list or a table in braces"
        ],
        {"crest_level = 1.5": "crest_level = "},
    ),
    Broken(
        "quote not closed",
        ["a.toml:2: a text is not closed; its quote is missing on this line"],
        {'the sea"': "the sea"},
    ),
    Broken(
        "one table twice",
        ["a.toml:24: [basin.upper] stands twice; the first is in line 11; put all keys under one header"],
        {"[weir.spill]": "[basin.upper]"},
    ),
    Broken("one key twice", ["a.toml:28: crest_level stands twice"], {"crest_width = 80.0": "crest_level = 80.0"}),
    Broken(
        "name without quotes",
        ["a.toml:24: expected a key here; names beyond a-z stand in quotes"],
        {"weir.spill": "weir.天鹅湖"},
    ),
    Broken("no such day", ["a.toml:3: there is no such date or time"], {"2019-08-10T00:00:00": "2019-08-32T00:00:00"}),
    Broken(
        "time without seconds",
        ['a.toml:4: there is no such date or time; without seconds it stands in quotes: "2019-08-12T00:00"'],
        {"2019-08-12T00:00:00": "2019-08-12T00:00"},
    ),
    Broken("text without quotes", ['a.toml:25: a text stands in quotes: "upper"'], {'from = "upper"': "from = upper"}),
    Broken(
        "files by their bare names",
        [
            'a.toml:12: basin.upper.curve: expected a table with "stage", "area" and "storage", or a file, '
            'got "curve.csv"; a file stands in braces: { file = "curve.csv" }',
            'a.toml:22: inflow.flood.discharge: expected a discharge in m3/s, got "q.csv"; '
            'a file stands in braces: { file = "q.csv" }',
        ],
        {CURVE: '"curve.csv"', "discharge = 20": 'discharge = "q.csv"'},
    ),
    Broken(
        "column of times by another name",
        [
            'rain.csv:1: there is no column "time"; the columns are date, rain; name the one with the times: '
            'time_column = "..."'
        ],
        rain=RAIN.replace("time", "date"),
    ),
    Broken("lists without end", ["a.toml: lists or tables are nested too deeply"], whole=b"x = " + b"[" * 5000),
    Broken(
        "digits without end",
        ["a.toml:1: a number has too many digits"],
        whole=b"x = " + b"9" * 5000,
    ),
    # Bases, removals and overrides
    Broken(
        "bases in a circle",
        ["b.toml:2: scenario.base: the bases go round in a circle: a.toml -> b.toml -> a.toml"],
        {"[scenario]": '[scenario]\nbase = "b.toml"'},
        files={"b.toml": '[scenario]\nbase = "a.toml"\n'},
    ),
    Broken(
        "base outside the folder",
        [
            'a.toml:2: scenario.base: "../b.toml" lies outside the scenario\'s folder; '
            "move it there or use --allow-outside"
        ],
        {"[scenario]": '[scenario]\nbase = "../b.toml"'},
    ),
    Broken(
        "missing base",
        ['a.toml:2: scenario.base: there is no file "b.toml"; did you mean "a.toml"?'],
        {"[scenario]": '[scenario]\nbase = "b.toml"'},
    ),
    Broken(
        "base that is no file name",
        ["a.toml:2: scenario.base: expected the name of a file, got 3"],
        {"[scenario]": "[scenario]\nbase = 3"},
    ),
    Broken(
        "what is inherited is blamed where it stands",
        [
            'b.toml:3: scenario.remove[1]: there is no "weir.splil" to remove; did you mean "weir.spill"?',
            "b.toml:5: weir.spill.crest_width: expected a length above 0 m, got -3",
            'a.toml:15: basin.upper.evaporation: expected a rate in m/s, got "4 mm"; a rate is per time, such as '
            '"4 mm/day"',
        ],
        {'"4 mm/day"': '"4 mm"'},
        files={"b.toml": '[scenario]\nbase = "a.toml"\nremove = ["weir.splil"]\n[weir.spill]\ncrest_width = -3\n'},
        name="b.toml",
    ),
    Broken(
        "overrides",
        [
            '--set: weir.splil.crest_width: there is no "weir.splil" to set a value in; did you mean "weir.spill"?',
            '--set: expected a path such as weir.intake.crest_level, got "weir"',
            '--set: weir.spill.crest_level: expected a level in m, got "2 m3"',
            '--set: weir.spill.crest_widht: unknown key; did you mean "crest_width"?',
        ],
        sets=["weir.spill.crest_level=2 m3", "weir.splil.crest_width=3", "weir=3", "weir.spill.crest_widht=3"],
    ),
    # Tides
    Broken(
        "tide under a clock without offset",
        [
            "a.toml:18: boundary.sea.stage.tide: the phases of a tide are Greenwich, so start needs the offset of its "
            "clock; write start as 2019-08-10T00:00+00:00, or with the offset of your own clock, such as "
            "2019-08-10T00:00+08:00"
        ],
        {SEA: TIDE[SEA]},
        files={"tide.csv": MOON},
    ),
    Broken(
        "tide without its file",
        ['a.toml:18: boundary.sea.stage.tide: there is no file "tide.csv"; did you mean "tides.csv"?'],
        TIDE,
        files={"tides.csv": MOON},
    ),
    Broken(
        "tide without constituents",
        ["tide.csv:1: there are no rows below the header; a table needs one at least"],
        TIDE,
        files={"tide.csv": "constituent,amplitude,phase\n"},
    ),
    Broken(
        "tide without amplitudes",
        [
            "tide.csv:1: no constituent has an amplitude above 0; "
            "give the amplitudes, or the mean level alone as the stage"
        ],
        TIDE,
        files={"tide.csv": MOON.replace("0.56", "0")},
    ),
    Broken(
        "tide without a column",
        [
            'tide.csv:1: there is no column "amplitude"; the columns are constituent, amplitud, g; '
            'did you mean "amplitud"?',
            'tide.csv:1: there is no column "phase"; the columns are constituent, amplitud, g',
        ],
        TIDE,
        files={"tide.csv": "constituent,amplitud,g\nM2,0.56,120\n"},
    ),
    Broken(
        "constituents that are wrong",
        [
            'tide.csv:3: there is no constituent "LAMDA2"; did you mean "LAMBDA2"?',
            'tide.csv:4: the constituent "m2" stands twice',
            'tide.csv:6: the constituent "LDA2" stands twice, as "lam2" before',
            "tide.csv:7: amplitude: expected 0 or more, got -0.1; add 180 to the phase instead",
            'tide.csv:8: "Z0" is the mean level; leave out the row and give it as mean_level',
            'tide.csv:9: phase: the value is "north", not a finite number',
        ],
        TIDE,
        files={
            "tide.csv": "constituent,amplitude,phase\nM2,0.5,120\nLAMDA2,0.1,0\nm2,0.1,0\nlam2,0.1,0\nLDA2,0.1,0\nO1,-0.1,0\n"
            "Z0,0.4,0\nK1,0.2,north\n"
        },
    ),
    Broken(
        "constituent like no other",
        [f'tide.csv:2: there is no constituent "XYZ9"; NOAA\'s are {", ".join(CONSTITUENTS)}'],
        TIDE,
        files={"tide.csv": MOON.replace("M2", "XYZ9")},
    ),
    Broken(
        "keys of a tide",
        [
            'a.toml:18: boundary.sea.stage: "mean_level" is missing: a level in m',
            "a.toml:18: boundary.sea.stage.latitude: expected a number at most 90, got 137.6",
            'a.toml:18: boundary.sea.stage.nodal: expected true or false, got "no"',
            'a.toml:18: boundary.sea.stage.surge: there is no series "surge"',
            'a.toml:18: boundary.sea.stage.mean_levl: unknown key; did you mean "mean_level"?',
        ],
        AWARE
        | {SEA: 'stage = { tide = "t.csv", mean_levl = 1, latitude = 137.6, nodal = "no", surge = "series.surge" }'},
    ),
    Broken(
        "amplitudes in something else",
        ['a.toml:18: boundary.sea.stage.units: expected a length in m, got "m3"'],
        AWARE | {SEA: 'stage = { tide = "tide.csv", mean_level = 0.35, units = "m3" }'},
        files={"tide.csv": MOON},
    ),
    # Everything
    Broken(
        "all at once, by file and line",
        [
            'a.toml:22: inflow.flood.discharge: expected a discharge in m3/s, got "20 m"',
            'a.toml:26: weir.spill.to: there is no node "see"; did you mean "sea"?',
            'a.toml:27: weir.spill.crest_level: expected a level in m, got "1.5 m3"',
            f"rain.csv:3: rain: the value is missing; {GAPS}",
            "rain.csv:3: time goes back from 2019-08-10T00:00 to 2019-08-09T00:00",
        ],
        {
            'to = "sea"': 'to = "see"',
            "crest_level = 1.5": 'crest_level = "1.5 m3"',
            "discharge = 20": 'discharge = "20 m"',
        },
        rain=RAIN.replace("11T00", "09T00").replace("5.0", "nan"),
    ),
]


def write(folder: Path, broken: Broken) -> None:
    (folder / "a.toml").write_bytes(broken.whole if broken.whole is not None else edited(broken.edits).encode())
    for name, data in {"rain.csv": broken.rain, **broken.files}.items():
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


@pytest.mark.parametrize("broken", CASES, ids=lambda broken: broken.label)
def test_a_broken_scenario_says_all_that_is_wrong(
    broken: Broken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, broken)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ScenarioError) as caught:
        load(broken.name, [read_override(text) for text in broken.sets])
    assert [str(problem) for problem in caught.value.problems] == list(broken.expected)
    assert str(caught.value) == "\n".join(broken.expected)
    assert sorted(tmp_path.iterdir()) == before


def test_the_good_scenario_is_good(tmp_path: Path) -> None:
    write(tmp_path, Broken("good", []))
    scenario = load(tmp_path / "a.toml")
    assert scenario.warnings == ()
    assert list(scenario.nodes) == ["upper", "sea"]
    assert list(scenario.links) == ["flood", "spill"]


def test_files_are_named_as_the_user_can_open_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cases").mkdir()
    write(
        tmp_path / "cases",
        Broken("", [], {"crest_level = 1.5": 'crest_level = "1.5 m3"'}, rain=RAIN.replace("5.0", "")),
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        load("cases/a.toml")
    assert [problem.file for problem in caught.value.problems] == ["cases/a.toml", "cases/rain.csv"]


def test_a_link_out_of_the_folder_is_outside_it(tmp_path: Path) -> None:
    inside = tmp_path / "case"
    inside.mkdir()
    write(inside, Broken("good", []))
    (inside / "rain.csv").rename(tmp_path / "rain.csv")
    (inside / "rain.csv").symlink_to(tmp_path / "rain.csv")
    with pytest.raises(ScenarioError, match=r'"rain\.csv" lies outside the scenario\'s folder'):
        load(inside / "a.toml")
    assert load(inside / "a.toml", allow_outside=True).files.keys() == {"rain.csv"}


PIECES = [
    *('"', "[", "]", "{", "}", "=", "\n", ".", ",", "-", "\\", "\0", "é", "[]", "{}", '""', "true", "0", "nan", "-inf"),
    *("1e400", "9" * 30, '"1 m"', '"1 m**9"', '"1e400 m"', '"series.rain"', "2019-08-11", "00:00:00", '"04-01"'),
    *('repeat="year"', 'gaps="linear"', 'stamp="end"', 'units="mm"', 'base="a.toml"', 'remove=["weir.spill"]', "[[a]]"),
]
CHANGES = st.lists(
    st.tuples(st.booleans(), st.floats(0, 1, exclude_max=True), st.integers(0, 6), st.sampled_from(PIECES)), max_size=4
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(CHANGES)
def test_whatever_is_in_the_files_it_is_a_scenario_or_an_explained_error(
    tmp_path: Path, changes: list[tuple[bool, float, int, str]]
) -> None:
    texts = {"a.toml": GOOD, "rain.csv": RAIN}
    for in_rain, where, cut, piece in changes:
        name = "rain.csv" if in_rain else "a.toml"
        at = int(where * len(texts[name]))
        texts[name] = texts[name][:at] + piece + texts[name][at + cut :]
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with contextlib.suppress(ScenarioError):
        scenario = load(tmp_path / "a.toml")
        assert from_text(scenario.text, scenario.files).text == scenario.text
