"""The types of a component's keys: a number, a text with units, a series or a table in; SI out.

Everything is resolved while pydantic validates, so an instance that exists is complete: floats, `Signal` and
`Table`, all in SI. What needs files, named series or the clock asks the `Context` handed to ``model_validate``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from annotated_types import Ge, Gt, Le
from pydantic import (
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    ValidationError,
    ValidationInfo,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema as cs

from deltasim import units
from deltasim.faults import FieldError, FieldErrors, did_you_mean, explain, listed
from deltasim.parts import Component, Part, SeriesTable, SeriesUse
from deltasim.signal import Interpolation, Signal
from deltasim.tables import Columns, Sheet, Table, in_braces
from deltasim.tide import Tide
from deltasim.units import Dimension, UnitsError

__all__ = [
    "Angle",
    "Area",
    "Columns",
    "Component",
    "Conductance",
    "Context",
    "Count",
    "Discharge",
    "Duration",
    "FieldSchema",
    "Instant",
    "Length",
    "Level",
    "ManningN",
    "Number",
    "OrTable",
    "OrWord",
    "Part",
    "Resistance",
    "Scalar",
    "SeriesTable",
    "SeriesUse",
    "SettingLength",
    "SettingLevel",
    "SettingNumber",
    "Sheet",
    "Speed",
    "Table",
    "TideTable",
    "Varying",
    "VaryingConductance",
    "VaryingDischarge",
    "VaryingRate",
    "VaryingStage",
    "Volume",
    "Within",
]


class Context(Protocol):
    """What validation may ask about the world outside one table; `deltasim.forcing` answers."""

    def named_series(self, name: str, use: SeriesUse) -> Signal:
        """Resolve ``series.NAME``; raises FieldError or FieldErrors."""

    def series(self, table: SeriesTable, use: SeriesUse) -> Signal:
        """Resolve an inline or file series; raises FieldError or FieldErrors."""

    def cover(self, name: str) -> Any:
        """Find a kind of cover, of the scenario or shipped; raises FieldError or FieldErrors."""

    def weather(self, table: Any) -> Signal:
        """Compute the reference evapotranspiration of a file of weather; raises FieldError or FieldErrors."""

    def monthly(self, values: Sequence[float]) -> Signal:
        """Give every date of the run its value: twelve, each in the middle of its month, linear between."""

    def tide(self, table: TideTable) -> Tide:
        """Resolve a tide; raises FieldError or FieldErrors."""

    def sheet(self, file: str) -> Sheet:
        """Read a file of columns; raises FieldError or FieldErrors."""

    def seconds(self, time: object) -> float:
        """Convert a time to seconds since the start of the run; raises FieldError."""


def _context(info: ValidationInfo) -> Context:
    if info.context is None:
        raise FieldError("series and files can only be read as part of a scenario")
    context: Context = info.context
    return context


@dataclass(frozen=True)
class Scalar:
    """Annotation of a float: a bare number is SI, a text carries units."""

    dimension: Dimension

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.no_info_before_validator_function(self.read, cs.float_schema(allow_inf_nan=False))

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return _scalar_json(self.dimension)

    def read(self, value: object) -> float:
        """Convert to SI."""
        try:
            return units.to_si(value, self.dimension)
        except UnitsError as error:
            raise FieldError(str(error)) from error


@dataclass(frozen=True)
class TimeOfRun:
    """Annotation of a float, s since the start of the run: that, or a time in ISO 8601, as in a series."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.with_info_before_validator_function(self.read, cs.float_schema(allow_inf_nan=False))

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "number"}, {"type": "string", "minLength": 10}], "title": "a time"}

    @staticmethod
    def read(value: object, info: ValidationInfo) -> float:
        """Convert to seconds since the start of the run."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        return _context(info).seconds(value)


@dataclass(frozen=True)
class Varying:
    """Annotation of a `Signal`: a number, a text with units, ``"series.NAME"``, an inline series or a file.

    Parameters
    ----------
    dimension : Dimension
        What the values must measure.
    interpolation : {"linear", "previous"}
        Between the times of a series, unless the series says otherwise.
    """

    dimension: Dimension
    interpolation: Interpolation

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.with_info_plain_validator_function(self.read, serialization=_SERIALIZE)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        scalar = _scalar_json(self.dimension, "with units, or series.NAME")
        scalar["anyOf"].append({"type": "object", "x-deltasim": "series"})
        return scalar

    def read(self, value: object, info: ValidationInfo) -> Signal:
        """Resolve to a signal in SI."""
        if isinstance(value, Signal):
            return value
        use = SeriesUse(self.dimension, self.interpolation)
        if isinstance(value, Mapping):
            if "tide" in value:
                raise FieldError("only the stage of a boundary can be a tide; give a number or a series")
            try:
                table = SeriesTable.model_validate(dict(value))
            except ValidationError as error:
                raise FieldErrors(explain(error, SeriesTable)) from error
            return _context(info).series(table, use)
        if isinstance(value, str) and value.startswith("series."):
            return _context(info).named_series(value.removeprefix("series."), use)
        try:
            return Signal.constant(units.to_si(value, self.dimension))
        except UnitsError as error:
            hint = ', or "series.NAME"' if isinstance(value, str) and value.isidentifier() else ""
            raise FieldError(str(error).replace(", got ", f"{hint}, got ", 1) + in_braces(value)) from error


@dataclass(frozen=True)
class OrTable:
    """Annotation of ``Signal | Table``: varies in time, or is a curve (a pump's capacity over head).

    A table is meant where a key is one of its columns, or where there is a ``file`` without ``column``.
    """

    varying: Varying
    columns: Columns

    @property
    def dimension(self) -> Dimension:
        """What it measures, for messages."""
        return self.varying.dimension

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.with_info_plain_validator_function(self.read, serialization=_SERIALIZE)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        either = self.varying.__get_pydantic_json_schema__(schema, handler)
        either["anyOf"].append(self.columns.__get_pydantic_json_schema__(schema, handler))
        return either

    def read(self, value: object, info: ValidationInfo) -> Signal | Table:
        """Resolve to a signal or a table in SI."""
        if isinstance(value, Table) or (isinstance(value, Mapping) and self._is_table(value)):
            return self.columns.read(value, info)
        return self.varying.read(value, info)

    def _is_table(self, value: Mapping[str, object]) -> bool:
        return bool(value.keys() & self.columns.dimensions.keys()) or ("file" in value and "column" not in value)


@dataclass(frozen=True)
class OrWord:
    """Annotation of ``float | str``: a number, or a word for how it is worked out (``"rehbock"``)."""

    dimension: Dimension
    words: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        either = _scalar_json(self.dimension)
        either["anyOf"].append({"enum": list(self.words)})
        return either

    def read(self, value: object) -> float | str:
        """Convert a number to SI; a word stays."""
        if isinstance(value, str) and value in self.words:
            return value
        try:
            return units.to_si(value, self.dimension)
        except UnitsError as error:
            if isinstance(value, str) and value.isidentifier():
                words = f"expected {self.dimension} or {listed(self.words)}, got {units.quote(value)}"
                raise FieldError(words + did_you_mean(value, self.words)) from error
            raise FieldError(str(error)) from error


@dataclass(frozen=True)
class Within:
    """Annotation that bounds a number or every value of a signal: ``Annotated[SettingNumber, Within(ge=0, le=1)]``."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    dimension: Dimension = units.NUMBER

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.no_info_after_validator_function(self.check, handler(source))

    def check(self, value: Any) -> Any:
        """Raise unless every value lies within the bounds."""
        if isinstance(value, (Table, str)):
            return value
        low, high = (value.value.min(), value.value.max()) if isinstance(value, Signal) else (value, value)
        unit = "" if self.dimension == units.NUMBER else f" {self.dimension.units}"
        for bound, word, got, fails in (
            (self.ge, "at least", low, self.ge is not None and low < self.ge),
            (self.gt, "above", low, self.gt is not None and low <= self.gt),
            (self.le, "at most", high, self.le is not None and high > self.le),
            (self.lt, "below", high, self.lt is not None and high >= self.lt),
        ):
            if fails:
                raise FieldError(f"expected {self.dimension.noun} {word} {bound:g}{unit}, got {float(got):g}{unit}")
        return value


def _signal_out(value: Any) -> Any:
    """Write a signal or table for JSON: the defaults in the schema."""
    if isinstance(value, Table):
        return {name: value[name].tolist() for name in value.names}
    if not isinstance(value, Signal):
        return value
    if value.is_constant:
        return float(value.value[0])
    return {"time": value.time.tolist(), "value": value.value.tolist(), "interpolation": value.interpolation}


class FieldSchema(GenerateJsonSchema):
    """JSON Schema of components, with signals and tables among their defaults."""

    def encode_default(self, dft: Any) -> Any:
        """Write a default as it would stand in a scenario file."""
        return _signal_out(dft) if isinstance(dft, (Signal, Table)) else super().encode_default(dft)


_SERIALIZE = cs.plain_serializer_function_ser_schema(_signal_out)


def _scalar_json(dimension: Dimension, text: str = "with units") -> dict[str, Any]:
    number = {"type": "number", "title": str(dimension)}
    written = {"type": "string", "title": f"{dimension}, {text}"}
    return {"anyOf": [written] if dimension == units.RATE else [number, written], "x-units": dimension.units}


Level = Annotated[float, Scalar(units.LEVEL)]
Length = Annotated[float, Scalar(units.LENGTH)]
Area = Annotated[float, Scalar(units.AREA)]
Volume = Annotated[float, Scalar(units.VOLUME)]
Discharge = Annotated[float, Scalar(units.DISCHARGE)]
Duration = Annotated[float, Scalar(units.DURATION)]
Speed = Annotated[float, Scalar(units.SPEED)]
Resistance = Annotated[float, Scalar(units.RESISTANCE)]
Conductance = Annotated[float, Scalar(units.CONDUCTANCE)]
Number = Annotated[float, Scalar(units.NUMBER)]
Angle = Annotated[float, Scalar(units.ANGLE)]
Instant = Annotated[float, TimeOfRun()]
Count = Annotated[int, Strict(), Ge(1)]
ManningN = Annotated[Number, Gt(0), Field(description="Manning's n.", json_schema_extra={"x-units": "s/m^(1/3)"})]
"""A bare number in every scenario; the schema and the documentation name its units."""

VaryingStage = Annotated[Signal, Varying(units.LEVEL, "linear")]
VaryingDischarge = Annotated[Signal, Varying(units.DISCHARGE, "linear")]
VaryingConductance = Annotated[Signal, Varying(units.CONDUCTANCE, "previous")]
VaryingRate = Annotated[Signal, Varying(units.RATE, "previous")]
VaryingLength = Annotated[Signal, Varying(units.LENGTH, "linear")]

SettingLevel = Annotated[Signal, Varying(units.LEVEL, "previous")]
SettingLength = Annotated[Signal, Varying(units.LENGTH, "previous")]
SettingNumber = Annotated[Signal, Varying(units.NUMBER, "previous")]


class TideTable(Part):
    """A tide, as the stage of a boundary."""

    tide: str = Field(
        description="CSV file with the columns constituent, amplitude and phase (Greenwich lag, degrees)."
    )
    mean_level: Level = Field(description="Level about which the tide moves.")
    units: str | None = Field(None, description="Units of the amplitudes; m where left out.")
    latitude: Annotated[Number, Ge(-90), Le(90)] | None = Field(
        None, description="Of the place, degrees; no formula needs it, it stays with the constants that hold there."
    )
    nodal: Annotated[bool, Strict()] = Field(
        True, description="Whether amplitudes and phases follow the moon's node; false: f = 1, u = 0."
    )
    surge: VaryingLength | None = Field(None, description="What wind and weather add.")
