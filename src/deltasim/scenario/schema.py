"""The keys of a scenario file: its two own tables here, its components from the registries of their rooms."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Any

from annotated_types import Gt
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import models_json_schema
from pydantic_core import core_schema as cs

from deltasim.control import CONTROLS
from deltasim.faults import FieldError, parts_of
from deltasim.fields import Component, Duration, FieldSchema, Length, Part, SeriesTable
from deltasim.forcing.clock import TimeError, read_time
from deltasim.links import LINKS
from deltasim.nodes import NODES
from deltasim.nodes.cover import Cover
from deltasim.quality import QUALITY, Tracing
from deltasim.scenario.river import River

__all__ = ["ScenarioTable", "SolverTable", "json_schema", "models"]


class _Time:
    """Annotation of a datetime: a time of TOML, or ISO 8601 as text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}, {"minLength": 10}]}

    @staticmethod
    def read(value: object) -> datetime:
        """Read a time; without an offset it is naive."""
        try:
            return read_time(value)
        except TimeError as error:
            raise FieldError(str(error)) from error


Moment = Annotated[datetime, _Time()]


class ScenarioTable(Part):
    """The table ``[scenario]``: what is simulated, from when to when."""

    title: str = Field(default="", description="One line for people; title of the result.")
    summary: str = Field(default="", description="A few sentences; summary of the result.")
    start: Moment = Field(description="Start of the run; with an offset (+08:00), or without.")
    end: Moment = Field(description="End of the run.")
    output_step: Annotated[Duration, Gt(0)] = Field(description="Time between two outputs.")
    base: str | None = Field(default=None, description="Scenario file to inherit from.")
    remove: list[str] | None = Field(default=None, description='Components not to inherit: ["weir.old"].')
    initial_state: str | None = Field(default=None, description="Result of another run, to start from where it ended.")
    vertical_datum: str | None = Field(default=None, description="What levels are above.")
    crs: str | None = Field(default=None, description="Coordinate reference system of x and y, as EPSG:4526.")


class SolverTable(Part):
    """The table ``[solver]``: the defaults suit almost everyone."""

    stage_tolerance: Annotated[Length, Gt(0)] = Field(default=1e-4, description="Local error of a step, in stage.")
    max_step: Annotated[Duration, Gt(0)] = Field(default=86400.0, description="Longest step of the solver.")


@cache
def models() -> dict[str, type[Component]]:
    """Return the model of each kind of component: nodes, links, what controls them, what is in the water."""
    return {**NODES, River.kind: River, **{name: kind.model for name, kind in LINKS.items()}, **CONTROLS, **QUALITY}


def json_schema() -> dict[str, Any]:
    """Describe the scenario file as JSON Schema 2020-12, for editors and for programs that write scenarios.

    Returns
    -------
    dict
        A file that inherits (``scenario.base``) may leave out what its base has; for every other the keys that a
        component needs are required.
    """
    kinds = models()
    every: dict[str, type[Part]] = {
        "scenario": ScenarioTable,
        "solver": SolverTable,
        "tracing": Tracing,
        "series": SeriesTable,
        "cover": Cover,
        **kinds,
    }
    references, definitions = models_json_schema(
        [(model, "validation") for model in every.values()],
        schema_generator=FieldSchema,
        ref_template="#/$defs/{model}",
    )
    reference = {name: references[model, "validation"]["$ref"] for name, model in every.items()}
    definition = {name: definitions["$defs"][ref.rpartition("/")[2]] for name, ref in reference.items()}
    required = {}
    for name, schema in definition.items():
        schema["properties"].pop("name", None)
        _add_bounds(schema["properties"], every[name])
        required[name] = [key for key in schema.pop("required", []) if key != "name"]
    names = {"pattern": r"^\p{L}[\p{L}\p{M}\p{Nd}_]*$"}
    tables: dict[str, Any] = {name: {"$ref": reference[name]} for name in ("scenario", "solver", "tracing")}
    for name in ("series", "cover", *kinds):
        tables[name] = {
            "type": "object",
            "description": _first_line(every[name]),
            "propertyNames": names,
            "additionalProperties": {"$ref": reference[name]},
        }
    complete: dict[str, Any] = {"scenario": {"required": required["scenario"]}}
    for name in kinds:
        complete[name] = {"additionalProperties": {"required": required[name]}}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "deltasim scenario",
        "type": "object",
        "properties": tables,
        "required": ["scenario"],
        "additionalProperties": False,
        "if": {"properties": {"scenario": {"required": ["base"]}}},
        "else": {"properties": complete},
        "$defs": definitions["$defs"],
    }
    cleaned: dict[str, Any] = _clean(document, reference["series"])
    return cleaned


BOUNDS = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}


def _add_bounds(properties: dict[str, Any], model: type[Part]) -> None:
    """Put the bounds of a quantity on its number; its text with units cannot be compared."""
    for name, field in model.model_fields.items():
        schema = properties.get(field.alias or name, {})
        numbers = [option for option in schema.get("anyOf", []) if option.get("type") == "number"]
        for option in schema.get("anyOf", []):
            numbers += [inner for inner in option.get("anyOf", []) if inner.get("type") == "number"]
        for part in (*field.metadata, *parts_of(field.annotation)):
            for bound, word in BOUNDS.items():
                limit = getattr(part, bound, None)
                if isinstance(limit, (int, float)):
                    for number in numbers:
                        number[word] = limit


def _first_line(model: type[Part]) -> str:
    return (model.__doc__ or "").strip().split("\n")[0]


def _clean(schema: Any, series: str) -> Any:
    """Put in references to series, and take out null, which TOML does not have."""
    if isinstance(schema, list):
        return [_clean(part, series) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-deltasim") == "series":
        return {"$ref": series}
    schema = {key: part for key, part in schema.items() if not (key == "default" and part is None)}
    options = [part for part in schema.get("anyOf", []) if part != {"type": "null"}]
    if "anyOf" in schema and len(options) < len(schema["anyOf"]):
        schema["anyOf"] = options
        if len(options) == 1:
            del schema["anyOf"]
            schema = {**options[0], **schema}
    if isinstance(schema.get("description"), str) and "properties" in schema:
        schema["description"] = schema["description"].strip().split("\n")[0]
    return {key: _clean(part, series) for key, part in schema.items()}
