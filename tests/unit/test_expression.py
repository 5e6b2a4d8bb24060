"""The rule language: what it means, what it refuses and in which words."""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deltasim.control import Expression, Names, Op, Quantity, compile_condition, compile_number
from deltasim.control.measure import PLAIN, Measure
from deltasim.faults import FieldErrors
from deltasim.scenario import from_text
from deltasim.units import DISCHARGE, LENGTH, VOLUME

SCENARIO = """\
[scenario]
start = 2019-08-10T06:00:00
end = 2019-08-20T06:00:00
output_step = "1 h"

[basin.lake]
curve = { stage = [0.0, 2.0], area = [1e4, 2e4] }
initial_stage = 1.0

[basin."天鹅湖"]
curve = { stage = [0.0, 2.0], area = [1e4, 2e4] }

[boundary.sea]
stage = 1.0

[boundary.out]

[inflow.flood]
to = "lake"
discharge = 3.0

[gate.release]
from = "lake"
to = "sea"
sill_level = 0.0
width = 3.0
opening = 0.25

[pump.drain]
from = "lake"
to = "sea"
capacity = { head = [0, 2], discharge = [1, 0] }

[weir.spill]
from = "lake"
to = "out"
crest_level = 1.5
crest_width = 20.0
"""
LOADED = from_text(SCENARIO, {})
NAMES = Names(
    LOADED.nodes,
    LOADED.links,
    {"let_go": ["rule"], "broken": ["gate"]},
    start=datetime(2019, 8, 10, 6),
    duration=10 * 86400.0,
)

BINARY: dict[Op, Callable[[float, float], float]] = {
    Op.ADD: operator.add,
    Op.SUBTRACT: operator.sub,
    Op.MULTIPLY: operator.mul,
    Op.DIVIDE: operator.truediv,
    Op.MINIMUM: min,
    Op.MAXIMUM: max,
    Op.LESS: operator.lt,
    Op.LESS_EQUAL: operator.le,
    Op.GREATER: operator.gt,
    Op.GREATER_EQUAL: operator.ge,
    Op.EQUAL: operator.eq,
    Op.NOT_EQUAL: operator.ne,
    Op.AND: min,
    Op.OR: max,
}
UNARY: dict[Op, Callable[[float], float]] = {
    Op.NEGATE: operator.neg,
    Op.ABSOLUTE: abs,
    Op.NOT: lambda truth: 1.0 - truth,
}


def evaluate(expression: Expression, values: Mapping[str, float]) -> float:
    """Run postfix code on a stack; values by the name of the quantity, or by its kind where it has none."""
    stack: list[float] = []
    for step in expression.code:
        if step.op == Op.CONSTANT:
            stack.append(step.value)
        elif step.op == Op.LOAD:
            assert step.quantity is not None
            stack.append(values[step.quantity.name or step.quantity.kind])
        elif step.op in UNARY:
            stack.append(float(UNARY[step.op](stack.pop())))
        else:
            right, left = stack.pop(), stack.pop()
            stack.append(float(BINARY[step.op](left, right)))
    assert len(stack) == 1
    return stack[0]


def quantities(text: str, compiler: Callable[..., object] = compile_condition, names: Names = NAMES) -> list[Quantity]:
    code = compiler(text, names).expression.code  # type: ignore[attr-defined]
    return [step.quantity for step in code if step.quantity is not None]


# Python reads the same text with the same meaning, so Python is the reference.
NUMBERS = st.one_of(
    st.sampled_from(["release.open", "spill.open", "drain.open", "hour", "0.5", "2", "3.25", "1e-1", ".5", "7."]),
    st.integers(0, 9).map(str),
)


def sums(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.lists(st.sampled_from([" + ", " - ", " * ", " / ", "-", "*", " - -", " * -"]), max_size=4)
    return st.tuples(operators, st.lists(parts, min_size=5, max_size=5)).map(
        lambda drawn: drawn[1][0] + "".join(op + part for op, part in zip(drawn[0], drawn[1][1:], strict=False))
    )


def deeper_number(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(sums(parts), min_size=2, max_size=3).map(", ".join)
    return st.one_of(
        sums(parts).map("({})".format),
        sums(parts).map("abs({})".format),
        sums(parts).map("-{}".format),
        pairs.map("min({})".format),
        pairs.map("max({})".format),
    )


NUMBER = sums(st.recursive(NUMBERS, deeper_number, max_leaves=8))
COMPARISON = st.tuples(NUMBER, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBER).map(" ".join)


def deeper_truth(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.tuples(
        st.lists(parts, min_size=4, max_size=4), st.lists(st.sampled_from([" and ", " or ", " and not "]), max_size=3)
    ).map(lambda drawn: drawn[0][0] + "".join(op + part for op, part in zip(drawn[1], drawn[0][1:], strict=False)))
    return st.one_of(joined.map("({})".format), joined.map("not ({})".format), joined)


CONDITION = st.recursive(st.one_of(COMPARISON, st.sampled_from(["true", "false"])), deeper_truth, max_leaves=6)


@given(CONDITION, st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 6.5]), min_size=4, max_size=4))
def test_conditions_mean_what_they_mean_in_python(text: str, values: Sequence[float]) -> None:
    release, spill, drain, hour = values
    try:
        expected = eval(  # the reference: texts that this test made itself
            text,
            {"__builtins__": {}, "min": min, "max": max, "abs": abs, "true": True, "false": False},
            {
                "release": SimpleNamespace(open=release),
                "spill": SimpleNamespace(open=spill),
                "drain": SimpleNamespace(open=drain),
                "hour": hour,
            },
        )
        got = evaluate(
            compile_condition(text, NAMES).expression,
            {"gate.release.open": release, "weir.spill.open": spill, "pump.drain.open": drain, "hour": hour},
        )
    except (ZeroDivisionError, FieldErrors) as error:
        # A literal 0 below a line is refused, and nothing else of what is made here.
        assume("division by" not in str(error) and "by zero" not in str(error))
        raise
    assert got == float(expected)


def test_quantities_and_settings_are_found_by_their_names() -> None:
    text = (
        "lake.stage > sea.stage + 0.05 and lake.depth > 1 and lake.storage > 1 and lake.area > 1 and "
        "release.discharge > 0 and flood.discharge > inflow.flood.discharge and release.opening > '5 cm' and "
        "gate.release.open > 0 and spill.crest_level < 3 and hour > 6.5 and time > '3 days'"
    )
    assert [(q.kind, q.name) for q in quantities(text)] == [
        ("stage", "lake"),
        ("stage", "sea"),
        ("depth", "lake"),
        ("storage", "lake"),
        ("area", "lake"),
        ("discharge", "release"),
        ("discharge", "flood"),
        ("setting", "inflow.flood.discharge"),
        ("setting", "gate.release.opening"),
        ("setting", "gate.release.open"),
        ("setting", "weir.spill.crest_level"),
        ("hour", ""),
        ("time", ""),
    ]


def test_keys_that_cannot_move_are_numbers() -> None:
    code = compile_condition("lake.stage > lake.initial_stage + basin.lake.initial_stage * 0", NAMES).expression.code
    assert [step.value for step in code if step.op == Op.CONSTANT] == [1.0, 1.0, 0.0]


def test_names_are_of_any_script_and_may_stand_in_quotes() -> None:
    assert [q.name for q in quantities("天鹅湖.stage > '天鹅湖'.depth and basin.天鹅湖.stage > 0")] == ["天鹅湖"] * 3


def test_a_node_may_be_named_in_another_way() -> None:
    names = Names(NAMES.nodes, NAMES.links, node_named=lambda text: "lake" if text == "guangli@7.1 km" else text)
    assert [q.name for q in quantities('"guangli@7.1 km".stage > sea.stage', names=names)] == ["lake", "sea"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("'120 cm'", 1.2), ('"40 hm3"', 4e7), ("'1200 cfs'", 1200 * 0.3048**3), ("'6 h'", 21600.0), ("'3'", 3.0)],
)
def test_text_with_units_becomes_si(text: str, value: float) -> None:
    (step,) = compile_number(text, NAMES).expression.code
    assert step.value == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("lake.stage", Measure.of(LENGTH)),
        ("lake.stage * lake.area", Measure.of(VOLUME)),
        ("lake.storage / '1 h'", Measure.of(DISCHARGE)),
        ("2 * lake.storage / lake.area - 1", Measure.of(LENGTH)),
        ("lake.stage / sea.stage", PLAIN),
        ("max(1, lake.stage, 2)", Measure.of(LENGTH)),
        ("-abs(lake.stage - sea.stage)", Measure.of(LENGTH)),
        ("1 + 2", None),
        ("month + hour + day_of_year", PLAIN),
    ],
)
def test_what_a_number_measures(text: str, measure: Measure | None) -> None:
    assert compile_number(text, NAMES).measure == measure


MIXED = "they cannot be"
CASES = [
    ("lake.stage > lake.storage", f"column 12: lake.stage is in m, lake.storage in m3; {MIXED} compared"),
    ("lake.stage + release.discharge > 3", f"column 12: lake.stage is in m, release.discharge in m3/s; {MIXED} added"),
    ("lake.stage - '3 s' > 3", f"column 12: lake.stage is in m, '3 s' in s; {MIXED} subtracted"),
    ("hour > '6 h'", f"column 6: hour is a plain number, '6 h' in s; {MIXED} compared"),
    ("max(month, lake.stage) > 1", f"column 10: month is a plain number, lake.stage in m; {MIXED} compared"),
    ("lak.stage > 1", 'column 1: there is no node or link "lak"; did you mean "lake"?'),
    ("lake.stagge > 1", 'column 1: "lake" is a basin and has no "stagge"; did you mean "stage"?'),
    ("release.stage > 1", 'column 1: "release" is a gate and has no "stage"; it has "discharge", "open" and "opening"'),
    ("sea.depth > 1", 'column 1: "sea" is a boundary and has no "depth"; it has "stage"'),
    ("out.stage > 1", 'column 1: "out" is a boundary without stage, a free outfall, and has no "stage"'),
    ("drain.capacity > 1", 'column 1: the capacity of "drain" is a table, not a number'),
    ("drain.start_stage > 1", 'column 1: "drain" has no start_stage: give it in [pump.drain]'),
    ("let_go.stage > 1", 'column 1: "let_go" is a rule; expressions name nodes and links'),
    ("weir.release.opening > 1", 'column 1: "release" is a gate; write gate.release.opening'),
    ("a.b.c.d > 1", 'column 1: expected NAME.quantity, got "a.b.c.d"'),
    ("lake > 1", 'column 1: expected a quantity of "lake", such as lake.stage'),
    ("hours > 1", 'column 1: there is no "hours" here; did you mean "hour"?'),
    (
        "0 < lake.stage < 1",
        'column 16: comparisons do not chain; write "and" between two of them, as in "a < b and b < c"',
    ),
    (
        "lake.stage",
        "column 1: expected a condition that is true or false, got the number lake.stage; "
        "compare it with something, as lake.stage > 0",
    ),
    ("(hour > 1) + 2 > 3", "column 1: expected a number, got the condition (hour > 1)"),
    ("hour > 1 and", "column 13: expected a quantity, a number or a function, got the end"),
    ("hour > and", 'column 8: expected a quantity, a number or a function, got "and"'),
    ("(hour > 1", 'column 1: a "(" is not closed; its ")" is missing'),
    ("hour > 1)", 'column 9: a ")" without its "("'),
    ("hour > 1 2", 'column 10: expected an operator, "and", "or" or the end, got "2"'),
    ("hour > 1 And month > 2", 'column 10: expected "and", "or" or the end, got "And"; did you mean "and"?'),
    (
        "lake.stage > 1.2 m",
        'column 18: expected "and", "or" or the end, got "m"; a value with units stands in quotes: \'1.2 m\'',
    ),
    ("lake.stage > 1.2m", "column 14: a value with units stands in quotes: '1.2 m'"),
    ("flood.discharge > 3m3/s", "column 19: a value with units stands in quotes: '3 m3/s'"),
    ("lake.stage > '3 ells'", 'column 14: there is no unit "ells"; expected a unit such as m or m3/s'),
    (
        "time > '2024-01-02'",
        'column 8: expected a number with units; "2024-01-02" is a date: time counts from the start of the run, '
        "as in time > '36 h'",
    ),
    ("lake.stage > 'high'", 'column 14: expected a number with units, got "high"'),
    ("hour = 1", 'column 6: there is no "=" here; write "==", or "<=" or ">=" as it stands'),
    ("hour > 1 && hour < 2", 'column 10: there is no "&&" here; write "and"'),
    ("!(hour > 1)", 'column 1: there is no "!" here; write "not"'),
    ("hour ≥ 1", 'column 6: there is no "≥" here; write ">="'),
    ("hour ** 2 > 1", "column 6: there are no powers here; write a product"),
    ("hour > 1 # noon", 'column 10: there is no "#" in the language of rules'),
    (
        "小清河@10 km.stage > 1",
        "column 4: there is no \"@\" in the language of rules; a place on a river stands in quotes: '小清河@10 km'.stage",
    ),
    (
        "hour > 2 and guangli @ 7.1km.depth > 1",
        'column 22: there is no "@" in the language of rules; '
        "a place on a river stands in quotes: 'guangli@7.1 km'.depth",
    ),
    (
        "@guangli > 1",
        "column 1: there is no \"@\" in the language of rules; a place on a river stands in quotes: 'RIVER@10 km'.stage",
    ),
    ("hour > 'noon", "column 8: a text is not closed; its quote is missing"),
    ("hour > 1e999", 'column 8: "1e999" is too large a number'),
    ("hour / 0 > 1", "column 8: division by 0"),
    ("mn(1, 2) > 1", 'column 1: there is no function "mn"; did you mean "min"?'),
    (
        "sqrt(2) > 1",
        'column 1: there is no function "sqrt"; the functions are "min", "max", "abs", "ahead" and "max_ahead"',
    ),
    ("min(2) > 1", "column 1: min takes two numbers or more, got 1"),
    ("abs(2, 3) > 1", "column 1: abs takes one number, got 2"),
    ("max > 1", "column 1: max is a function: write max(...)"),
    ("lake. > 1", 'column 7: expected a name after ".", got ">"'),
    ("  ", "the expression is empty"),
    (
        'ahead(sea.stage, "6 h") > 1',
        'column 7: ahead looks ahead in a series, which is given; write ahead(series.NAME, "6 h")',
    ),
    ("ahead(series.x) > 1", 'column 15: ahead takes a series and a duration; write ahead(series.NAME, "6 h")'),
    ('ahead(series.x, "6 m") > 1', 'column 17: expected a duration in s, got "6 m"'),
    (
        "hour > 1 and\n  lake.stagge > 1",
        'line 2, column 3: "lake" is a basin and has no "stagge"; did you mean "stage"?',
    ),
    ("(" * 60 + "hour" + ")" * 60 + " > 1", "column 51: parentheses are nested too deeply"),
]


@pytest.mark.parametrize(("text", "message"), CASES)
def test_what_is_wrong_is_said_with_its_column(text: str, message: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        compile_condition(text, NAMES)
    assert message in [str(fault) for fault in caught.value.faults]


def test_all_wrong_names_are_told_at_once() -> None:
    with pytest.raises(FieldErrors) as caught:
        compile_condition("lak.stage > se.stage and lake.stag > 1", NAMES)
    assert [str(fault).partition(":")[0] for fault in caught.value.faults] == ["column 1", "column 13", "column 26"]


def test_a_condition_is_no_target() -> None:
    with pytest.raises(FieldErrors, match=r"column 1: expected a number, got the condition hour > 1"):
        compile_number("hour > 1", NAMES)


def test_what_is_invalid_elsewhere_is_not_reported_here() -> None:
    """`broken` stands in the file and is wrong in itself: it fits everything, and nothing of it is read."""
    text = "broken.opening > 1 and broken.discharge < '3 m'"
    compiled = compile_condition(text, NAMES)
    assert compiled.warnings == ()
    assert [step.value for step in compiled.expression.code if step.op == Op.CONSTANT] == [0.0, 1.0, 0.0, 3.0]
    assert quantities(text) == []
    with pytest.raises(FieldErrors) as caught:
        compile_condition(text, replace(NAMES, declared={}))
    assert all("there is no node or link" in str(fault) for fault in caught.value.faults)
    assert [str(fault).partition(":")[0] for fault in caught.value.faults] == ["column 1", "column 24"]


@given(st.text(alphabet="ab.12 <>=()+-*/'\",&!and or not hour lake.stage min 天\n", max_size=30))
def test_whatever_is_written_it_is_an_expression_or_an_explained_error(text: str) -> None:
    with contextlib.suppress(FieldErrors, ZeroDivisionError):
        expression = compile_condition(text, NAMES).expression
        assert all(math.isfinite(step.value) for step in expression.code)
        assert evaluate(expression, {"hour": 1.0, "lake": 1.0}) in (0.0, 1.0)
