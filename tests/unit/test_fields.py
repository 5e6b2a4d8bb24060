from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pytest
from annotated_types import Gt
from pydantic import Field, ValidationError, model_validator

from deltasim import units
from deltasim.faults import FieldError, explain
from deltasim.fields import (
    Columns,
    Component,
    Conductance,
    Count,
    FieldSchema,
    Length,
    OrTable,
    Part,
    SettingLevel,
    SettingNumber,
    Table,
    Varying,
    VaryingRate,
    VaryingStage,
    Within,
)
from deltasim.signal import Signal


class Aquifer(Part):
    stage: VaryingStage
    conductance: Annotated[Conductance, Gt(0)]


class Thing(Component):
    """Has one key of each type."""

    kind: ClassVar[str] = "thing"

    from_node: str = Field(alias="from", description="Name of the node.")
    level: SettingLevel
    width: Annotated[Length, Gt(0)]
    depth: Annotated[Length, Gt(0)] | None = None
    shape: Literal["sharp", "broad"] = "sharp"
    open: Annotated[SettingNumber, Within(ge=0, le=1)] = Signal.constant(1.0)
    rain: VaryingRate | None = None
    aquifer: Aquifer | None = None
    count: Count = 1
    curve: (
        Annotated[
            Table,
            Columns(
                stage=units.LEVEL,
                area=units.AREA,
                optional=("area",),
                rising=("stage",),
                least={"area": 0.0},
            ),
        ]
        | None
    ) = None
    capacity: (
        Annotated[
            Signal | Table,
            OrTable(Varying(units.DISCHARGE, "previous"), Columns(head=units.LENGTH, discharge=units.DISCHARGE)),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _width_is_not_depth(self) -> Thing:
        if self.depth == self.width:
            raise FieldError("width and depth are the same", "depth")
        return self


GOOD: dict[str, Any] = {"name": "x", "from": "a", "level": 1.0, "width": 2.0}


def thing(**changes: object) -> Thing:
    return Thing.model_validate({**GOOD, **changes})


def faults(**changes: object) -> list[tuple[tuple[str | int, ...], str]]:
    return faults_of({**GOOD, **changes})


def faults_of(table: Mapping[str, object]) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate(table)
    return [(fault.keys, fault.message) for fault in explain(caught.value, Thing) if isinstance(fault, FieldError)]


def test_numbers_and_texts_become_si() -> None:
    made = thing(level="2.6 ft", width="3 km", rain="36 mm/h", aquifer={"stage": "1 m", "conductance": 2})
    assert made.level == Signal.constant(0.79248)
    assert made.width == 3000.0
    assert made.rain == Signal.constant(1e-5)
    assert made.aquifer == Aquifer(stage=Signal.constant(1.0), conductance=2.0)
    assert made.open == Signal.constant(1.0)


def test_signals_and_tables_pass_through() -> None:
    signal = Signal(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "linear")
    table = Table({"stage": [0.0, 1.0], "area": [1.0, 2.0]})
    made = thing(level=signal, curve=table)
    assert made.level is signal
    assert made.curve is table


@pytest.mark.parametrize(
    ("changes", "keys", "message"),
    [
        ({"level": "2.6 m3"}, ("level",), 'expected a level in m, got "2.6 m3"'),
        ({"level": "surge"}, ("level",), 'expected a level in m, or "series.NAME", got "surge"'),
        ({"level": True}, ("level",), "expected a level in m, got true"),
        ({"level": "series.x"}, ("level",), "series and files can only be read as part of a scenario"),
        ({"level": {"tide": "x.csv"}}, ("level",), "only the stage of a boundary can be a tide"),
        ({"width": "-2 m"}, ("width",), 'expected a length above 0 m, got "-2 m"'),
        ({"depth": -2}, ("depth",), "expected a length above 0 m, got -2"),
        ({"depth": 2}, ("depth",), "width and depth are the same"),
        ({"shape": "shrap"}, ("shape",), 'expected "sharp" or "broad", got "shrap"; did you mean "sharp"?'),
        ({"open": 1.5}, ("open",), "expected a number at most 1, got 1.5"),
        ({"open": -0.5}, ("open",), "expected a number at least 0, got -0.5"),
        ({"rain": 4}, ("rain",), 'expected a rate with units, such as "4 mm/day", got 4'),
        ({"aquifer": 3}, ("aquifer",), "expected a table, got 3"),
        ({"aquifer": {"stage": 1}}, ("aquifer",), '"conductance" is missing: a conductance in m2/s'),
        ({"count": 1.5}, ("count",), "expected a whole number, got 1.5"),
        ({"count": "2"}, ("count",), 'expected a whole number, got "2"'),
        ({"count": 0}, ("count",), "expected a number at least 1, got 0"),
        ({"from": 3}, ("from",), "expected a text, got 3"),
        ({"widht": 3}, ("widht",), 'unknown key; did you mean "width"?'),
        ({"name_of": 3}, ("name_of",), "unknown key; the keys here are from, level, width"),
        ({"level": {"time": [0], "valeu": [1]}}, ("level", "valeu"), 'unknown key; did you mean "value"?'),
        ({"level": {"time": [0, 1], "value": [1]}}, ("level",), "time has 2 entries, value has 1"),
        ({"level": {"time": [0]}}, ("level",), '"value" is missing'),
        ({"level": {"units": "m"}}, ("level",), 'expected "time" and "value", or "file"'),
        ({"level": {"file": "a.csv", "time": [0]}}, ("level", "time"), 'stands beside "file"'),
        ({"level": {"time": [], "value": []}}, ("level",), "the series is empty"),
    ],
)
def test_what_is_wrong_is_said_in_words(changes: dict[str, object], keys: tuple[str, ...], message: str) -> None:
    found = faults(**changes)
    assert found[0][0] == keys
    assert message in found[0][1]


def test_all_is_said_at_once() -> None:
    found = faults_of({"name": "x", "level": "1 s", "with": 3})
    assert found == [
        ((), '"from" is missing: name of the node'),
        (("level",), 'expected a level in m, got "1 s"'),
        ((), '"width" is missing: a length in m'),
        (("with",), 'unknown key; did you mean "width"?'),
    ]


def test_table_of_numbers_and_texts() -> None:
    made = thing(curve={"stage": [0, "10 ft"], "area": [1, 2], "units": {"area": "km2"}})
    assert made.curve is not None
    np.testing.assert_allclose(made.curve["stage"], [0.0, 3.048], rtol=1e-15)
    np.testing.assert_array_equal(made.curve["area"], [1e6, 2e6])
    assert made.curve.names == ("stage", "area")
    assert len(made.curve) == 2
    assert "storage" not in made.curve


@pytest.mark.parametrize(
    ("curve", "keys", "message"),
    [
        (3, (), 'expected a table with "stage" and "area", or a file, got 3'),
        ({"area": [1]}, (), '"stage" is missing: a list with a level in m for each row'),
        ({"stage": [0, 1], "aera": [1, 2]}, ("aera",), 'unknown key; did you mean "area"?'),
        ({"stage": 1}, ("stage",), "expected a list with a level in m for each row, got 1"),
        ({"stage": [0, "1 s"]}, ("stage", 1), 'expected a level in m, got "1 s"'),
        ({"stage": [0, float("nan")]}, ("stage", 1), "nan, which is not finite"),
        ({"stage": [0, 1], "area": [1]}, (), "the columns are not equally long: stage has 2, area has 1"),
        ({"stage": [0, 0]}, ("stage", 1), "must rise from row to row, but 0 follows 0"),
        ({"stage": [0]}, (), "expected at least 2 rows, got 1"),
        ({"stage": [0, 1], "area": [-1, 2]}, ("area", 0), "must be at least 0 m2, got -1"),
        ({"stage": [0, 1], "units": {"stage": "s"}}, ("units", "stage"), 'expected a level in m, got "s"'),
        (
            {"stage": [0, 1], "units": {"stag": "m"}},
            ("units", "stag"),
            'there is no column "stag"; did you mean "stage"?',
        ),
        ({"stage": [0, 1], "units": {"stage": 1}}, ("units", "stage"), 'expected units, such as "m", got 1'),
        ({"stage": [0, 1], "units": "m"}, ("units",), 'expected a table such as { stage = "ft" }, got "m"'),
        ({"file": 3}, ("file",), "expected the name of a file, got 3"),
        ({"file": "a.csv", "stage": [1]}, ("stage",), 'stands beside "file"'),
    ],
)
def test_what_is_wrong_with_a_table(curve: object, keys: tuple[str | int, ...], message: str) -> None:
    found = faults(curve=curve)
    assert found[0][0] == ("curve", *keys)
    assert message in found[0][1]


def test_a_series_or_a_table() -> None:
    assert isinstance(thing(capacity="3 m3/s").capacity, Signal)
    assert isinstance(thing(capacity={"head": [0, 5], "discharge": [3, 1]}).capacity, Table)
    assert faults(capacity={"head": [0, 5]})[0] == (
        ("capacity",),
        '"discharge" is missing: a list with a discharge in m3/s for each row',
    )
    assert faults(capacity=[1])[0] == (("capacity",), "expected a discharge in m3/s, got a list")


def test_json_schema_of_a_component() -> None:
    schema = Thing.model_json_schema(schema_generator=FieldSchema)
    assert schema["properties"]["open"]["default"] == 1.0
    assert schema["properties"]["width"]["x-units"] == "m"
    assert {"type": "object", "x-deltasim": "series"} in schema["properties"]["level"]["anyOf"]
