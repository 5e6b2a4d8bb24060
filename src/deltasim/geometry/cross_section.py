"""The key `cross_section` of channels, reaches and rivers: a trapezoid or the points of a survey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, ValidationInfo
from pydantic_core import core_schema as cs

from deltasim import units
from deltasim.faults import FieldError, FieldErrors, explain
from deltasim.fields import Columns, Length, Number, Part, Table
from deltasim.geometry.section import Section
from deltasim.units import quote

__all__ = ["CrossSection"]


class Trapezoid(Part):
    """A symmetric trapezoid.

    Parameters
    ----------
    bottom_width : float, m
    side_slope : float
        Run over rise of each side; 0 is a rectangle.
    """

    bottom_width: Annotated[Length, Ge(0)] = Field(description="Width of the bed.")
    side_slope: Annotated[Number, Ge(0)] = Field(default=0.0, description="Run over rise of each side.")


POINTS = Columns(offset=units.LENGTH, height=units.LENGTH, rows=3)
"""Of a survey, from left to right; heights above the bed."""


class SectionKey:
    """Annotation of a `Section`: ``{ bottom_width, side_slope }``, or a table of ``offset`` and ``height``."""

    dimension = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}
        trapezoid = {
            "type": "object",
            "properties": {
                name: {"description": field.description, **number} for name, field in Trapezoid.model_fields.items()
            },
            "required": ["bottom_width"],
            "additionalProperties": False,
        }
        return {"anyOf": [trapezoid, POINTS.__get_pydantic_json_schema__(schema, handler)]}

    def read(self, value: object, info: ValidationInfo) -> Section:
        """Resolve to a section in SI."""
        if isinstance(value, Section):
            return value
        if not isinstance(value, Mapping):
            words = "expected { bottom_width, side_slope }, a table with offset and height, or a file"
            raise FieldError(f"{words}, got {quote(value)}")
        if value.keys() & Trapezoid.model_fields.keys() or not value.keys() & {*POINTS.dimensions, "file"}:
            return _trapezoid(value)
        return _surveyed(POINTS.read(value, info))


def _trapezoid(value: Mapping[str, object]) -> Section:
    try:
        shape = Trapezoid.model_validate(dict(value))
    except ValidationError as error:
        raise FieldErrors(explain(error, Trapezoid)) from error
    try:
        return Section.trapezoid(shape.bottom_width, shape.side_slope)
    except ValueError as error:
        raise FieldError(str(error)) from error


def _surveyed(points: Table) -> Section:
    offset, height = points["offset"], points["height"]
    faults = [
        points.fault(
            f"must not go back from row to row, but {offset[row + 1]:g} follows {offset[row]:g}", "offset", int(row) + 1
        )
        for row in np.flatnonzero(np.diff(offset) < 0.0)[:3]
    ]
    lowest = int(np.argmin(height))
    if height[lowest] != 0.0:
        words = f"heights are above the bed, so the lowest is 0, got {height[lowest]:g} m; subtract it from every row"
        faults.append(points.fault(words, "height", lowest))
    if faults:
        raise FieldErrors(faults)
    try:
        return Section.from_points(offset, height)
    except ValueError as error:
        raise FieldError(str(error)) from error


CrossSection = Annotated[
    Section,
    SectionKey(),
    Field(description="{ bottom_width, side_slope }, or a table of offset and height above the bed; inline or a file."),
]
