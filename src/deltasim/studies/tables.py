"""The tables of a calibration study, as they stand in its file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Lt
from pydantic import BeforeValidator, Field, Strict, ValidationError, model_validator

from deltasim import units
from deltasim.faults import FieldError, FieldErrors, explain
from deltasim.fields import Count, Duration, Instant, Number, OrWord, Part, SeriesTable
from deltasim.units import quote

__all__ = [
    "NullTable",
    "ObservedTable",
    "ParameterTable",
    "PathUse",
    "PeriodsTable",
    "StudyTable",
    "TargetTable",
    "TransformTable",
]

Method = Literal["least_squares", "differential_evolution"]


class StudyTable(Part):
    """The table ``[study]``."""

    title: str = Field(default="", description="One line for people.")
    scenario: str = Field(description="scenario file, relative to this one")
    method: Method = Field(default="least_squares", description="how the parameters are sought")
    starts: Count = Field(default=5, description="least squares from so many points within the bounds")
    population: Count = Field(default=10, description="members for each parameter, of differential evolution")
    generations: Count = Field(default=40, description="the most of them, of differential evolution")
    seed: Annotated[int, Strict(), Ge(0)] = Field(default=0, description="of everything that is drawn at random")
    step: Annotated[Number, Gt(0), Lt(0.5)] = Field(
        default=0.005, description="for derivatives, as a share of what lies between the bounds"
    )


class PathUse(Part):
    """One quantity that a parameter sets: value * scale + offset."""

    path: str = Field(description="path of the quantity, as after --set")
    scale: Number = Field(default=1.0)
    offset: Number = Field(default=0.0)


def _uses(value: object) -> object:
    """Let one path stand for a list of one."""
    listed = value if isinstance(value, list) else [value]
    if not listed:
        raise FieldError("expected a path such as weir.intake.crest_level, got an empty list")
    return [{"path": one} if isinstance(one, str) else one for one in listed]


class ParameterTable(Part):
    """A table ``[parameter.NAME]``: what is fitted, and between which bounds."""

    path: Annotated[tuple[PathUse, ...], BeforeValidator(_uses)] = Field(
        description="path of the quantity, as after --set"
    )
    lower: Number = Field(description="the lowest value that is possible, in units")
    upper: Number = Field(description="the highest value that is possible, in units")
    start: Number | None = Field(default=None, description="where the search begins; default the middle")
    units: str | None = Field(default=None, description="of all these numbers; SI where left out")

    @model_validator(mode="after")
    def _is_ordered(self) -> ParameterTable:
        if self.upper <= self.lower:
            raise FieldError(f"expected a number above lower ({self.lower:g}), got {self.upper:g}", "upper")
        if self.start is not None and not self.lower <= self.start <= self.upper:
            raise FieldError(
                f"expected a number from {self.lower:g} to {self.upper:g}, got {self.start:g}",
                "start",
            )
        return self


class ObservedTable(Part):
    """A series of observations; they may have gaps and need not cover the run."""

    file: str | None = Field(default=None, description="CSV file, or NetCDF by its suffix .nc")
    column: str | None = Field(default=None, description="column of the file")
    time_column: str = Field(default="time", description="column of the file with the times")
    time: tuple[Any, ...] | None = Field(default=None, description="ISO 8601 times, or seconds since the start")
    value: tuple[Any, ...] | None = Field(default=None, description="one value for each time")
    units: str | None = Field(default=None, description="units of the values; SI where left out")
    stamp: Literal["start", "end"] = Field(
        default="start", description="at which end of its interval a mean over an interval is dated"
    )
    scale: Number = Field(default=1.0, description="values are multiplied by this, in the units of the series")
    offset: Number = Field(default=0.0, description="then this is added, in the units of the series")

    @model_validator(mode="after")
    def _is_a_series(self) -> ObservedTable:
        self.series()
        return self

    def series(self) -> SeriesTable:
        """The same as a series in which gaps are allowed."""
        given = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        try:
            # Whatever word stands there, `Reader.observations` fills nothing.
            return SeriesTable(gaps="previous", **given)
        except ValidationError as error:
            raise FieldErrors(explain(error, SeriesTable)) from error


Period = Annotated[float | str, OrWord(units.DURATION, ("month", "year"))]


class NullTable(ObservedTable):
    """A series that stands in for a model: plus a constant, or as a straight line over it."""

    slope: Literal["one", "fitted"] = Field(default="one", description="whether the series is taken as it is")

    def series(self) -> SeriesTable:
        """The same as a series in which gaps are allowed."""
        return ObservedTable(**self.model_dump(exclude={"slope"})).series()


class TransformTable(Part):
    """What of the series is compared instead of its values: one of these."""

    mean: Period | None = Field(default=None, description="means over periods")
    sum: Period | None = Field(default=None, description="sums over periods, of a discharge: volumes")
    change: Annotated[Duration, Gt(0)] | None = Field(default=None, description="changes over a time")

    @model_validator(mode="after")
    def _is_one(self) -> TransformTable:
        given = [name for name in ("mean", "sum", "change") if getattr(self, name) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none of them"
            raise FieldErrors([FieldError(f"expected one of mean, sum and change, got {got}")])
        return self


def _null(value: object) -> object:
    """Read ``"mean"`` as what it is: nothing but a constant."""
    if isinstance(value, str):
        if value == "mean":
            return None
        raise FieldError(f'expected "mean" or a table with a file or with time and value, got {quote(value)}')
    return value


class TargetTable(Part):
    """A table ``[target.NAME]``: what the run has to reproduce."""

    variable: str = Field(description="result variable, such as stage or discharge")
    of: tuple[str, ...] = Field(description="node or link, or a list of them that is summed up")
    observed: ObservedTable = Field(description="the observed series")
    transform: TransformTable | None = Field(default=None, description="what of it is compared")
    weight: Annotated[Number, Ge(0)] = Field(default=1.0, description="in the fit; 0 is scored all the same")
    null: Annotated[NullTable | None, BeforeValidator(_null)] = Field(
        default=None, description='what is known without a model: "mean", or another series'
    )

    @model_validator(mode="before")
    @classmethod
    def _list_names(cls, table: Any) -> Any:
        if isinstance(table, dict) and isinstance(table.get("of"), str):
            return {**table, "of": [table["of"]]}
        return table


class PeriodsTable(Part):
    """The table ``[periods]``: what is fitted to, and what is kept to see whether that was right."""

    calibration: tuple[Instant, Instant] = Field(description="first and last time")
    validation: tuple[Instant, Instant] = Field(description="first and last time")

    @model_validator(mode="after")
    def _is_split(self) -> PeriodsTable:
        faults = [
            FieldError("the end must be after the beginning", name, 1)
            for name in ("calibration", "validation")
            if getattr(self, name)[1] <= getattr(self, name)[0]
        ]
        (first, last), (begin, end) = self.calibration, self.validation
        if not faults and begin < last and first < end:
            message = "overlaps with calibration: what is fitted to cannot show whether the fit holds"
            faults.append(FieldError(message, "validation"))
        if faults:
            raise FieldErrors(faults)
        return self
