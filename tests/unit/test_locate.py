from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltasim.scenario.locate import find_lines, line_of
from deltasim.scenario.toml import write_toml

TEXT = '''\
# a comment with [brackets] = "and more"
top = 1

[scenario]
title = "a # no comment, [no.header]"   # [a.comment]
summary = """
Two lines,
[not.a.header] "quoted" \\""" end
"""
start = 2019-08-10T00:00:00+08:00

  [ basin . "天鹅湖" ]  # spaces
curve = { stage = [0.0, 1.2,
            2.6, # the top
          ], area = ["28 km2", "31 km2", "33 km2"] }
'quoted key' = 'C:\\path'
groundwater.stage = 0.8
groundwater.conductance = 1e-3
names = [
  "a]",
  'b}',
  { x = 1, y = [ [1, 2],
                 [3] ] },
]

[[load.river]]
x = 1
[[load.river]]
x = 2
[load.river.deep]
y = 3
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("top",), 2),
        (("scenario",), 4),
        (("scenario", "title"), 5),
        (("scenario", "summary"), 6),
        (("scenario", "start"), 10),
        (("basin", "天鹅湖"), 12),
        (("basin", "天鹅湖", "curve"), 13),
        (("basin", "天鹅湖", "curve", "stage", 0), 13),
        (("basin", "天鹅湖", "curve", "stage", 2), 14),
        (("basin", "天鹅湖", "curve", "area"), 15),
        (("basin", "天鹅湖", "curve", "area", 2), 15),
        (("basin", "天鹅湖", "quoted key"), 16),
        (("basin", "天鹅湖", "groundwater"), 17),
        (("basin", "天鹅湖", "groundwater", "conductance"), 18),
        (("basin", "天鹅湖", "names", 1), 21),
        (("basin", "天鹅湖", "names", 2, "y", 1), 23),
        (("load", "river", 0, "x"), 27),
        (("load", "river", 1, "x"), 29),
        (("load", "river", 1, "deep", "y"), 31),
    ],
)
def test_line_of_each_key(keys: tuple[str | int, ...], line: int) -> None:
    tomllib.loads(TEXT)
    assert find_lines(TEXT)[keys] == line


def test_a_key_that_is_not_there_is_looked_for_further_up() -> None:
    lines = find_lines(TEXT)
    assert line_of(lines, ("basin", "天鹅湖", "initial_stage")) == 12
    assert line_of(lines, ("weir", "intake")) is None


def test_a_header_wins_over_a_deeper_one_before_it() -> None:
    assert find_lines("[a.b.c]\nx = 1\n[a.b]\ny = 2\n")["a", "b"] == 3


def paths(value: object, above: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    found = {above} if above else set()
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        found |= paths(part, (*above, key))
    return found


KEYS = st.text(min_size=0, max_size=6)
SCALARS = (
    st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.datetimes()
    | st.dates()
    | st.times()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
DOCUMENTS = st.dictionaries(
    KEYS, st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=3), max_size=3), max_size=3
)


@given(DOCUMENTS)
def test_what_is_written_reads_back_and_every_path_has_a_line(tables: dict[str, object]) -> None:
    text = write_toml(tables)
    assert tomllib.loads(text) == tables
    assert paths(tables) <= find_lines(text).keys()


def test_long_lists_are_broken_into_lines() -> None:
    tables = {"series": {"s": {"value": [float(i) for i in range(100)]}}}
    text = write_toml(tables)
    assert tomllib.loads(text) == tables
    assert max(map(len, text.splitlines())) <= 112


def test_what_toml_does_not_have() -> None:
    with pytest.raises(TypeError, match="TOML has no value of type NoneType"):
        write_toml({"a": {"b": None}})
