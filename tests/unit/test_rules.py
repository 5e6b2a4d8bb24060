"""Rules, controllers and schedules of a scenario: what they become, and every way to get them wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from deltasim.control import Action, Op
from deltasim.errors import ScenarioError
from deltasim.scenario import Scenario, from_text, json_schema
from deltasim.signal import Signal

GOOD = """\
[scenario]
start = 2019-08-10T00:00:00
end = 2019-08-20T00:00:00
output_step = "1 h"

[basin.lake]
curve = { stage = [0.0, 2.0], area = [1e4, 2e4] }
initial_stage = 1.0

[boundary.sea]
stage = 1.0

[gate.release]
from = "lake"
to = "sea"
sill_level = 0.0
width = 3.0
max_opening = 3.0

[pump.drain]
from = "lake"
to = "sea"
capacity = "2 m3/s"
start_stage = 1.5
stop_stage = 1.2

[pump.curved]
from = "lake"
to = "sea"
capacity = { head = [0, 2], discharge = [1, 0] }

[series.level]
time = ["2019-08-01", "2019-08-15", "2019-08-30"]
value = [0.0, 2.0, 1.0]
units = "m"

[series.gauge]
time = ["2019-08-01", "2019-08-15", "2019-08-30"]
value = [0.0, 20.0, 0.0]
units = "mm/h"

[rule.let_go]
when = "lake.stage > sea.stage + 0.05 and max_ahead(series.gauge, '6 h') > '5 mm/h'"
until = "lake.stage < sea.stage or lake.stage < 1.15"
then = { "gate.release.opening" = "250 cm", "pump.drain.capacity" = 3 }
otherwise = { "gate.release.opening" = 0.0 }
priority = 2
hold = "30 min"

[rule.season]
when = "month >= 8 and ahead(series.level, '5 days') > 1"
then = { "gate.release.open" = { time = ["2019-08-10", "2019-08-15", "2019-08-20"], value = [1, 0.5, 0] } }

[pid.keep]
controls = "pump.drain.capacity"
target = "lake.stage"
setpoint = "120 cm"
proportional = "-2 m2/s"
integral = -0.001
maximum = "3 m3/s"

[schedule.flood_season]
controls = "pump.drain.start_stage"
value = { time = ["01-01", "06-01", "10-01"], value = [1.5, 1.3, 1.5], units = "m", repeat = "year" }
"""


def read(edits: Mapping[str, str] | None = None, more: str = "") -> Scenario:
    text = GOOD
    for old, new in (edits or {}).items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return from_text(text + more, {}, path="a.toml")


def constant(value: float) -> Signal:
    return Signal.constant(value)


def test_rules_are_read() -> None:
    let_go, season = read().control.rules
    assert let_go.path == "rule.let_go"
    assert let_go.then == (Action("gate.release.opening", constant(2.5)), Action("pump.drain.capacity", constant(3.0)))
    assert let_go.otherwise == (Action("gate.release.opening", constant(0.0)),)
    assert (let_go.priority, let_go.hold) == (2.0, 1800.0)
    assert let_go.when.text.startswith("lake.stage > sea.stage")
    assert let_go.until is not None
    assert let_go.until.code[-1].op == Op.OR
    assert season.until is None
    assert season.otherwise == ()
    assert (season.priority, season.hold) == (0.0, 0.0)
    (action,) = season.then
    np.testing.assert_array_equal(action.value.at([0.0, 5 * 86400.0, 9 * 86400.0]), [1.0, 0.5, 0.5])


def test_series_in_conditions_are_given_ahead() -> None:
    let_go, season = read().control.rules
    (highest,) = [s.quantity for s in let_go.when.code if s.quantity is not None and s.quantity.kind == "signal"]
    assert highest.signal is not None
    assert highest.signal.interpolation == "previous"  # a rate holds until the next
    peak = 5 * 86400.0
    np.testing.assert_allclose(highest.signal.at([peak - 21601.0, peak - 21599.0]) * 3.6e6, [0.0, 20.0], atol=1e-12)
    calendar, later = [s.quantity for s in season.when.code if s.quantity is not None]
    assert calendar.signal is not None
    assert calendar.signal.at(0.0) == 8.0
    assert later.signal is not None
    np.testing.assert_allclose(later.signal.at([0.0, 86400.0]), [2.0, 2.0 - 1.0 / 15.0])


def test_controllers_and_schedules_are_read() -> None:
    control = read().control
    (pid,) = control.pids
    assert (pid.path, pid.controls, pid.target.text) == ("pid.keep", "pump.drain.capacity", "lake.stage")
    assert pid.setpoint == constant(1.2)
    assert (pid.proportional, pid.integral, pid.derivative) == (-2.0, -0.001, 0.0)
    assert (pid.minimum, pid.maximum, pid.sample) == (0.0, 3.0, 60.0)  # no capacity is negative
    (schedule,) = control.schedules
    assert (schedule.path, schedule.controls) == ("schedule.flood_season", "pump.drain.start_stage")
    assert schedule.value.at(0.0) == 1.3


def test_bounds_of_a_controller_are_those_of_its_key() -> None:
    (pid,) = read(
        {'pump.drain.capacity"\ntarget': 'gate.release.opening"\ntarget', '"-2 m2/s"': "-2", '\nmaximum = "3 m3/s"': ""}
    ).control.pids
    assert (pid.minimum, pid.maximum) == (0.0, 3.0)
    free = read(
        {
            "\nmax_opening = 3.0": "",
            'pump.drain.capacity"\ntarget': 'gate.release.opening"\ntarget',
            '"-2 m2/s"': "-2",
            '\nmaximum = "3 m3/s"': "",
        }
    )
    assert free.control.pids[0].maximum == math.inf


def test_pumps_and_flap_valves_switch_by_themselves() -> None:
    control = read({"max_opening = 3.0": 'max_opening = 3.0\ndirection = "forward"'}).control
    flap, pump = control.built_in
    assert (flap.path, flap.moves, flap.when.text) == ("gate.release", "", "lake.stage >= sea.stage")
    assert (pump.path, pump.moves) == ("pump.drain", "pump.drain.running")
    assert pump.when.text == "lake.stage > pump.drain.start_stage"
    assert pump.until is not None
    assert pump.until.text == "lake.stage < pump.drain.stop_stage"
    filling = read(
        {
            "start_stage = 1.5\nstop_stage": "start_to_stage = 1.1\nstop_to_stage",
            "pump.drain.start_stage": "pump.drain.start_to_stage",
        }
    ).control
    assert filling.built_in[0].when.text == "sea.stage < pump.drain.start_to_stage"


def test_a_path_may_stand_without_quotes() -> None:
    bare = read({'{ "gate.release.opening" = 0.0 }': "{ gate.release.opening = 0.0 }"})
    assert bare.control == read().control


def test_the_resolved_text_keeps_rules_as_written() -> None:
    scenario = read()
    assert scenario.tables["rule"]["let_go"]["then"] == {"gate.release.opening": "250 cm", "pump.drain.capacity": 3}
    again = from_text(scenario.text, scenario.files)
    assert again.text == scenario.text
    assert again.control == scenario.control


def test_rules_can_be_changed_and_removed() -> None:
    scenario = read().replace({"rule.let_go.hold": "1 h", "rule.season.priority": 3})
    assert [(rule.priority, rule.hold) for rule in scenario.control.rules] == [(2.0, 3600.0), (3.0, 0.0)]


def test_warnings() -> None:
    assert read().warnings == ()
    later = read({"'5 days'": "'21 days'"})
    assert later.warnings == (
        "a.toml:51: rule.season.when: ahead(series.level, '21 days') looks beyond the end of the series; "
        "there its last value holds",
    )
    assert read({'"250 cm"': "4.0"}).warnings == (
        "a.toml:45: rule.let_go.then.gate.release.opening: 4 m is beyond the largest opening, 3 m, which it stops at",
    )
    assert read({'"gate.release.opening" = 0.0': '"gate.release.opening" = 2.5'}).warnings == (
        "a.toml:42: rule.let_go: then and otherwise set gate.release.opening to the same value",
    )


def test_whoever_opens_a_gate_too_far_is_told() -> None:
    """At the start, by a series, a schedule or the bounds of a controller: it stops where it can go no further."""
    words = "4 m is beyond the largest opening, 3 m, which it stops at"
    too_far = "{ time = [0, 3600, 1e6], value = [1.0, 4.0, 2.0] }"
    for value in ("4", too_far):
        found = read({"max_opening = 3.0": f"max_opening = 3.0\nopening = {value}"}).warnings
        assert found == (f"a.toml:19: gate.release.opening: {words}",)
    schedule = f'[schedule.s]\ncontrols = "gate.release.opening"\nvalue = {too_far}\n'
    assert read(more=schedule).warnings == (f"a.toml:67: schedule.s.value: {words}",)
    pid = '[pid.p]\ncontrols = "gate.release.opening"\ntarget = "lake.stage"\nsetpoint = 1\nproportional = 1\n'
    assert read(more=f"{pid}maximum = 4\n").warnings == (f"a.toml:70: pid.p.maximum: {words}",)
    assert read(more=f"{pid}maximum = 3\n").warnings == ()


FORK = '[diversion.{}]\nfrom = "lake"\nto = "sea"\nfraction = {}\n'


def test_diversions_of_more_than_enters() -> None:
    """Together, at the same time: shares that take turns are none too many, a schedule counts for the key."""
    turns = "{{ time = [0, 3600, 1e6], value = [{}, {}, {}] }}"
    both = FORK.format("a", 0.7) + FORK.format("b", 0.3)
    assert read(more=both).warnings == ()
    alternate = FORK.format("a", turns.format(0.9, 0.1, 0.1)) + FORK.format("b", turns.format(0.1, 0.9, 0.9))
    assert read(more=alternate).warnings == ()
    scenario = read(more=both.replace("0.3", "0.5"))
    assert scenario.warnings == (
        'a.toml:72: diversion.b.fraction: "a" and "b" take 1.2 of what enters "lake", more than there is; '
        "the rest is drawn from storage",
    )
    schedule = f'[schedule.s]\ncontrols = "diversion.a.fraction"\nvalue = {turns.format(0.2, 0.8, 0.2)}\n'
    assert "take 1.1 of what" in read(more=both + schedule).warnings[0]


@dataclass(frozen=True)
class Broken:
    """What is changed or added, and what must be said."""

    label: str
    expected: Sequence[str]
    edits: Mapping[str, str] = field(default_factory=dict)
    more: str = ""


WHEN = "when = \"month >= 8 and ahead(series.level, '5 days') > 1\""
CONTROLS = 'controls = "pump.drain.capacity"'
CASES = [
    Broken(
        "condition that names nothing",
        ['a.toml:51: rule.season.when: column 1: there is no node or link "lak"; did you mean "lake"?'],
        {WHEN: 'when = "lak.stage > 1"'},
    ),
    Broken(
        "condition that names no series",
        ['a.toml:51: rule.season.when: column 1: there is no series "levle"; did you mean "level"?'],
        {WHEN: 'when = "series.levle > series.level"'},
    ),
    Broken(
        "metres against cubic metres",
        ["a.toml:51: rule.season.when: column 12: lake.stage is in m, lake.storage in m3; they cannot be compared"],
        {WHEN: 'when = "lake.stage > lake.storage"'},
    ),
    Broken(
        "metres against a rate",
        ["a.toml:51: rule.season.when: column 14: series.gauge is in m/s, '2 m' in m; they cannot be compared"],
        {WHEN: "when = \"series.gauge > '2 m' or series.level > 0\""},
    ),
    Broken(
        "condition that is no text",
        ["a.toml:51: rule.season.when: expected a text, got true"],
        {WHEN: "when = true"},
    ),
    Broken(
        "rule that sets nothing",
        ['a.toml:46: rule.let_go.otherwise: sets nothing; write what is set, as { "gate.release.opening" = 2.5 }'],
        {'{ "gate.release.opening" = 0.0 }': "{}"},
    ),
    Broken(
        "rule without then",
        ['a.toml:50: rule.season: "then" is missing: what it sets while it is on: path and value'],
        {GOOD[GOOD.index('then = { "gate.release.open" =') : GOOD.index("\n\n[pid.keep]")]: ""},
    ),
    Broken(
        "what it sets is no table",
        [
            "a.toml:46: rule.let_go.otherwise: expected a table such as "
            '{ "gate.release.opening" = 2.5 }, got "gate.release.opening = 0"'
        ],
        {'{ "gate.release.opening" = 0.0 }': '"gate.release.opening = 0"'},
    ),
    Broken(
        "setting of what is not there",
        [
            'a.toml:46: rule.let_go.otherwise.gate.relese.opening: there is no link "gate.relese"; '
            'did you mean "gate.release"?'
        ],
        {'"gate.release.opening" = 0.0': '"gate.relese.opening" = 0.0'},
    ),
    Broken(
        "key that cannot be moved",
        [
            "a.toml:46: rule.let_go.otherwise.gate.release.width: the width of a gate cannot be moved; "
            'what can be moved is "open" and "opening"'
        ],
        {'"gate.release.opening" = 0.0': '"gate.release.width" = 1.0'},
    ),
    Broken(
        "key that is none",
        [
            'a.toml:46: rule.let_go.otherwise.gate.release.openning: a gate has no "openning"; '
            'did you mean "opening"?; what can be moved is "open" and "opening"'
        ],
        {'"gate.release.opening" = 0.0': '"gate.release.openning" = 1.0'},
    ),
    Broken(
        "path of another kind",
        ['a.toml:46: rule.let_go.otherwise.weir.release.opening: "release" is a gate; write gate.release.opening'],
        {'"gate.release.opening" = 0.0': '"weir.release.opening" = 1.0'},
    ),
    Broken(
        "path that is none",
        [
            "a.toml:46: rule.let_go.otherwise.release.opening: expected a path such as gate.release.opening, "
            'got "release.opening"; did you mean "gate.release.opening"?'
        ],
        {'"gate.release.opening" = 0.0': '"release.opening" = 1.0'},
    ),
    Broken(
        "key of a node",
        [
            "a.toml:46: rule.let_go.otherwise.basin.lake.initial_stage: a basin has nothing that can be moved; "
            "settings of links can, such as their opening"
        ],
        {'"gate.release.opening" = 0.0': '"basin.lake.initial_stage" = 1.0'},
    ),
    Broken(
        "capacity that is a curve",
        [
            'a.toml:46: rule.let_go.otherwise.pump.curved.capacity: the capacity of "curved" is a table '
            'and cannot be moved; what can be moved is "open"'
        ],
        {'"gate.release.opening" = 0.0': '"pump.curved.capacity" = 1.0'},
    ),
    Broken(
        "stage that the pump does not have",
        [
            'a.toml:46: rule.let_go.otherwise.pump.curved.start_stage: "curved" has no start_stage to move: '
            'give it in [pump.curved]; what can be moved is "open"'
        ],
        {'"gate.release.opening" = 0.0': '"pump.curved.start_stage" = 1.0'},
    ),
    Broken(
        "value in the wrong unit",
        ['a.toml:45: rule.let_go.then.gate.release.opening: expected a length in m, got "250 m3"'],
        {"250 cm": "250 m3"},
    ),
    Broken(
        "values out of bounds",
        [
            "a.toml:45: rule.let_go.then.pump.drain.capacity: expected a discharge at least 0 m3/s, got -3 m3/s",
            "a.toml:46: rule.let_go.otherwise.gate.release.opening: expected a length at least 0 m, got -1 m",
            "a.toml:52: rule.season.then.gate.release.open: expected a number at most 1, got 5",
        ],
        {
            '"pump.drain.capacity" = 3 ': '"pump.drain.capacity" = -3 ',
            '" = 0.0': '" = -1.0',
            "[1, 0.5, 0]": "[1, 5, 0]",
        },
    ),
    Broken(
        "series that is not there",
        ['a.toml:46: rule.let_go.otherwise.gate.release.opening: there is no series "levle"; did you mean "level"?'],
        {'"gate.release.opening" = 0.0': '"gate.release.opening" = "series.levle"'},
    ),
    Broken(
        "fault within a series",
        ['a.toml:52: rule.season.then.gate.release.open.value[2]: expected a number, got "half"'],
        {"[1, 0.5, 0]": '[1, "half", 0]'},
    ),
    Broken(
        "table for a capacity",
        ["a.toml:45: rule.let_go.then.pump.drain.capacity: expected a discharge in m3/s or a series, got a table"],
        {'"pump.drain.capacity" = 3 ': '"pump.drain.capacity" = { head = [0, 1], discharge = [1, 0] } '},
    ),
    Broken(
        "set twice",
        ["a.toml:46: rule.let_go.otherwise.gate.release.opening: gate.release.opening is set twice"],
        {'"gate.release.opening" = 0.0': '"gate.release.opening" = 0.0, gate.release.opening = 1.0'},
    ),
    Broken(
        "negative hold, key misspelt",
        [
            'a.toml:47: rule.let_go.priorty: unknown key; did you mean "priority"?',
            'a.toml:48: rule.let_go.hold: expected a duration at least 0 s, got "-30 min"',
        ],
        {'"30 min"': '"-30 min"', "priority": "priorty"},
    ),
    Broken(
        "names of rules",
        [
            'a.toml:50: rule.lake: the name "lake" is taken by [basin.lake]; '
            "names are unique across nodes, links and rules",
            'a.toml:62: schedule.hour: "hour" has a meaning of its own in deltasim; '
            'choose another name, such as "hour_1"',
        ],
        {"rule.season": "rule.lake", "flood_season": "hour"},
    ),
    Broken(
        "link to a rule",
        ['a.toml:15: gate.release.to: "let_go" is a rule, not a node'],
        {'to = "sea"\nsill': 'to = "let_go"\nsill'},
    ),
    Broken(
        "rules about what is itself wrong say nothing",
        ['a.toml:16: gate.release.sill_level: expected a level in m, got "0 m3"'],
        {"sill_level = 0.0": 'sill_level = "0 m3"'},
    ),
    Broken(
        "two controllers on one setting",
        [
            "a.toml:66: pid.other.controls: pump.drain.capacity is controlled by [pid.keep] already; one of the two must go"
        ],
        more='[pid.other]\ncontrols = "pump.drain.capacity"\ntarget = "lake.stage"\nsetpoint = 1\nproportional = 1\n',
    ),
    Broken(
        "controller and schedule on one setting",
        [
            "a.toml:63: schedule.flood_season.controls: pump.drain.capacity is controlled by [pid.keep] already; "
            "one of the two must go",
            'a.toml:64: schedule.flood_season.value.units: expected a discharge in m3/s, got "m"',
        ],
        {'controls = "pump.drain.start_stage"': CONTROLS},
    ),
    Broken(
        "controller without gains",
        ["a.toml:54: pid.keep: give proportional, integral or derivative; without them nothing is controlled"],
        {'proportional = "-2 m2/s"\nintegral = -0.001\n': ""},
    ),
    Broken(
        "controller in the wrong units",
        [
            'a.toml:57: pid.keep.setpoint: expected a length in m, got "120 m3"',
            'a.toml:58: pid.keep.proportional: expected a gain in m2/s, got "-2 m3/s"',
            'a.toml:60: pid.keep.maximum: expected a discharge in m3/s, got "3 m"',
        ],
        {"120 cm": "120 m3", "-2 m2/s": "-2 m3/s", '"3 m3/s"': '"3 m"'},
    ),
    Broken(
        "controller of what is a condition",
        ["a.toml:56: pid.keep.target: column 1: expected a number, got the condition lake.stage > 1"],
        {'target = "lake.stage"': 'target = "lake.stage > 1"'},
    ),
    Broken(
        "bounds of a controller",
        ["a.toml:60: pid.keep.maximum: expected at least the minimum, 4 m3/s, got 3 m3/s"],
        {'maximum = "3 m3/s"': 'maximum = "3 m3/s"\nminimum = 4'},
    ),
    Broken(
        "bound beyond that of the key, sample of nothing",
        [
            "a.toml:61: pid.keep.minimum: expected a discharge at least 0 m3/s, got -1 m3/s",
        ],
        {'maximum = "3 m3/s"': 'maximum = "3 m3/s"\nminimum = -1'},
    ),
    Broken(
        "sample of nothing",
        ["a.toml:61: pid.keep.sample: expected a duration above 0 s, got 0"],
        {'maximum = "3 m3/s"': 'maximum = "3 m3/s"\nsample = 0'},
    ),
    Broken(
        "bound that is a series",
        ["a.toml:60: pid.keep.maximum: expected one value, a discharge in m3/s, got a series"],
        {'maximum = "3 m3/s"': 'maximum = { time = ["2019-08-10", "2019-08-20"], value = [1, 2] }'},
    ),
    Broken(
        "pump that stops above its start",
        ["a.toml:25: pump.drain.stop_stage: expected a level below start_stage, got 1.6 m beside 1.5 m"],
        {"stop_stage = 1.2": "stop_stage = 1.6"},
    ),
    Broken(
        "pump that stops above its start in its season",
        ["a.toml:25: pump.drain.stop_stage: expected a level below start_stage, got 1.6 m beside 1.5 m"],
        {"stop_stage = 1.2": "stop_stage = { time = [0, 432000, 864000], value = [1.2, 1.6, 1.2] }"},
    ),
    Broken(
        "pump that fills and stops below its start",
        ["a.toml:25: pump.drain.stop_to_stage: expected a level above start_to_stage, got 1.2 m beside 1.5 m"],
        {
            "\nstart_stage = 1.5\nstop_stage": "\nstart_to_stage = 1.5\nstop_to_stage",
        },
    ),
    Broken(
        "pump that starts and never stops",
        ["a.toml:24: pump.drain.start_stage: needs stop_stage beside it: between the two the pump stays as it is"],
        {"stop_stage = 1.2\n": ""},
    ),
    Broken(
        "pump that drains and fills",
        ["a.toml:26: pump.drain.start_to_stage: give start_stage and stop_stage, or start_to_stage and stop_to_stage"],
        {"stop_stage = 1.2": "stop_stage = 1.2\nstart_to_stage = 1.0\nstop_to_stage = 1.1"},
    ),
    Broken(
        "pump that fills a free outfall",
        [
            'a.toml:22: pump.drain.to: "sea" is a free outfall and has no stage to start at; '
            "give [boundary.sea] a stage",
            "a.toml:29: pump.curved.to: a pump with a curve over head needs a stage at both ends; "
            "give [boundary.sea] a stage",
            'a.toml:43: rule.let_go.when: column 14: "sea" is a boundary without stage, a free outfall, '
            'and has no "stage"',
            'a.toml:44: rule.let_go.until: column 14: "sea" is a boundary without stage, a free outfall, '
            'and has no "stage"',
        ],
        {
            "\nstart_stage = 1.5\nstop_stage = 1.2": "\nstart_to_stage = 1.1\nstop_to_stage = 1.2",
            "[boundary.sea]\nstage = 1.0": "[boundary.sea]\nx = 1.0",
            "pump.drain.start_stage": "pump.drain.start_to_stage",
        },
    ),
]


@pytest.mark.parametrize("broken", CASES, ids=lambda broken: broken.label)
def test_what_is_wrong_with_rules_is_said_with_its_line(broken: Broken) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(broken.edits, broken.more)
    assert [str(problem) for problem in caught.value.problems] == list(broken.expected)


def test_the_schema_has_rules() -> None:
    schema = json_schema()
    rule: dict[str, Any] = schema["$defs"]["RuleTable"]["properties"]
    assert rule.keys() == {"when", "until", "then", "otherwise", "priority", "hold"}
    values = rule["then"]["additionalProperties"]["anyOf"]
    assert values[2] == {"$ref": "#/$defs/SeriesTable"}
    required = schema["else"]["properties"]["pid"]["additionalProperties"]["required"]
    assert required == ["controls", "target", "setpoint"]
