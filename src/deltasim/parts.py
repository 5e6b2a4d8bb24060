"""Tables of the scenario file: what they have in common, and the one in which a series stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deltasim.faults import FieldError, FieldErrors
from deltasim.signal import Interpolation
from deltasim.units import Dimension

__all__ = ["Component", "Part", "SeriesTable", "SeriesUse"]


_GIVEN: dict[frozenset[str], set[str]] = {}


class Part(BaseModel):
    """A table of the scenario file that knows its keys and takes no others."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, validate_default=False, allow_inf_nan=False
    )

    @model_validator(mode="after")
    def _shares_names_of_keys(self) -> Self:
        """Keep one set of given keys for all tables that have the same: a set of five takes 700 bytes."""
        keys = self.__pydantic_fields_set__
        object.__setattr__(self, "__pydantic_fields_set__", _GIVEN.setdefault(frozenset(keys), keys))
        return self

    def __eq__(self, other: object) -> bool:
        # What a component derives from its keys and keeps to itself is equal where the keys are.
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))


class Component(Part):
    """A node or link: a table ``[kind.name]`` of the scenario file."""

    kind: ClassVar[str]
    name: str = Field(json_schema_extra={"x-internal": True})


class SeriesTable(Part):
    """A series, as ``[series.NAME]`` or as the inline value of a quantity."""

    file: str | None = Field(
        None, description="CSV file, or NetCDF by its suffix .nc; relative to the file that names it"
    )
    column: str | None = Field(None, description="column of the file; may be left out where there is only one")
    time_column: str = Field("time", description="column of the file with the times")
    time: tuple[Any, ...] | None = Field(None, description="ISO 8601 times, or seconds since the start of the run")
    value: tuple[Any, ...] | None = Field(None, description="one value for each time")
    units: str | None = Field(None, description="units of the values; SI where left out")
    gaps: Literal["linear", "previous", "zero"] | None = Field(
        None, description="what an empty value means; an error by default"
    )
    interpolation: Interpolation | None = Field(
        None, description="how values lie between times; the quantity decides by default"
    )
    stamp: Literal["start", "end"] = Field("start", description="at which end of its interval a value is dated")
    repeat: Literal["year"] | None = Field(None, description='"year": repeats by calendar date; times may be "04-01"')
    scale: float = Field(1.0, description="values are multiplied by this, in the units of the series")
    offset: float = Field(0.0, description="then this is added, in the units of the series")

    @model_validator(mode="after")
    def _has_one_origin(self) -> SeriesTable:
        """Check that rows come from a file or from here, and are complete."""
        faults = []
        if self.file is not None:
            faults += [
                FieldError('stands beside "file"; give the rows inline or in the file, not both', key)
                for key, rows in (("time", self.time), ("value", self.value))
                if rows is not None
            ]
        elif self.time is None and self.value is None:
            faults.append(FieldError('expected "time" and "value", or "file"'))
        elif self.time is None or self.value is None:
            faults.append(FieldError(f'"{"time" if self.time is None else "value"}" is missing'))
        elif len(self.time) != len(self.value):
            faults.append(FieldError(f"time has {len(self.time)} entries, value has {len(self.value)}"))
        elif not self.time:
            faults.append(FieldError("the series is empty"))
        if faults:
            raise FieldErrors(faults)
        return self


@dataclass(frozen=True)
class SeriesUse:
    """What a series is used for, which decides how it is read.

    Parameters
    ----------
    dimension : Dimension
        What its values must measure.
    interpolation : {"linear", "previous"}
        Between its times, unless the series says otherwise.
    """

    dimension: Dimension
    interpolation: Interpolation
