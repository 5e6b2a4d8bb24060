"""What is wrong, or perhaps not meant, with the state that a scenario starts from."""

from __future__ import annotations

import pytest

import deltasim
from deltasim.errors import ScenarioError
from deltasim.scenario import load

POND = """[scenario]
start = {start}
end = 2020-01-03
output_step = "12 h"
{state}
[basin.{name}]
curve = {{ stage = [0.0], area = [100.0] }}
initial_stage = 2.0
seepage = "-10 mm/day"
"""


def written(folder, name="a", start="2020-01-01", state="", pond="pond"):
    path = folder / f"{name}.toml"
    path.write_text(POND.format(start=start, state=state, name=pond))
    return path


@pytest.fixture
def ended(tmp_path):
    deltasim.write(deltasim.run(load(written(tmp_path))), tmp_path / "a.nc")
    return tmp_path


def test_the_storage_is_the_other_ones_whatever_the_file_says(ended):
    path = written(ended, "b", "2020-01-02", 'initial_state = "a.nc"')
    scenario = load(path)
    assert scenario.warnings == (
        f"{path}:5: scenario.initial_state: it is the state of 2020-01-03T00:00, not of the start of this run",
    )
    result = deltasim.run(scenario)
    assert result.stage.values[:, 0] == pytest.approx([1.98, 1.975, 1.97])


def test_nodes_that_only_one_of_them_has_are_named(ended):
    path = written(ended, "b", "2020-01-02", 'initial_state = "a.nc"', pond="lake")
    scenario = load(path)
    assert [warning.rpartition("initial_state: ")[2] for warning in scenario.warnings[1:]] == [
        '"lake" is not in it and starts as this file says',
        '"pond" is in it and not in this scenario: its water is left out',
    ]
    assert deltasim.run(scenario).stage.values[0, 0] == 2.0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.nc", None, 'there is no file "none.nc"'),
        ("rubbish.nc", b"CDF?", r'"rubbish.nc" cannot be read as a result of deltasim'),
        ("../outside.nc", b"", "lies outside the scenario's folder"),
    ],
)
def test_what_is_no_state_is_an_error_with_its_line(tmp_path, name, content, message):
    (tmp_path / "in").mkdir()
    if content is not None:
        (tmp_path / "in" / name).write_bytes(content)
    path = written(tmp_path / "in", state=f'initial_state = "{name}"')
    with pytest.raises(ScenarioError, match=message) as error:
        load(path)
    assert f"{path}:5: scenario.initial_state: " in str(error.value)
