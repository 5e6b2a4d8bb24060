"""The one description of the fields of a result, and of their attributes.

The streaming file and the Dataset in memory are both made from what is here, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deltasim.results.frame import Attribute, Frame
from deltasim.results.time_comment import clock_comment
from deltasim.variables import VARIABLES, Variable, of_substance

__all__ = [
    "BOUND",
    "COORDINATES",
    "DEGREES",
    "TEXT",
    "Field",
    "as_text",
    "check_names",
    "coordinate_fields",
    "field_of",
    "in_utc",
    "labels",
    "time_attributes",
    "time_bounds",
    "time_fields",
    "time_units",
    "variable_fields",
]

BOUND: Final = "bound"
"""The dimension of the two ends of an interval."""

COORDINATES: Final = (
    "time_bounds",
    "node_name",
    "node_kind",
    "bed_level",
    "x",
    "y",
    "chainage",
    "link_name",
    "link_kind",
    "from_node",
    "to_node",
    "source_name",
)
"""What describes times, nodes and links; xarray learns from it what is a coordinate and what is data."""

DEGREES: Final = frozenset({"EPSG:4326", "OGC:CRS84", "EPSG:4258", "EPSG:4269", "EPSG:4490"})
"""Geographic systems: there x is a longitude and y a latitude."""

TEXT: Final = "text"
"""The type of a field that holds strings."""


@dataclass(frozen=True)
class Field:
    """One variable of the file, without its values.

    Parameters
    ----------
    name : str
        Its name.
    dims : tuple of str
        Its dimensions.
    dtype : str
        A numpy type string (``f8``, ``f4``, ``i8``, ``u1`` ...) or ``text``.
    attributes : mapping of str to Attribute
        Everything but the fill value.
    fill : bool
        Whether values can be missing (NaN, declared as ``_FillValue``).
    """

    name: str
    dims: tuple[str, ...]
    dtype: str
    attributes: Mapping[str, Attribute]
    fill: bool = False

    @property
    def text(self) -> bool:
        """Whether it holds strings."""
        return self.dtype == TEXT


def time_units(start: datetime) -> str:
    """Units of every time: seconds since the start, in UTC where the start has an offset.

    Parameters
    ----------
    start : datetime
        Aware or naive.

    Returns
    -------
    str
        Such as ``seconds since 2019-08-09 16:00:00``.
    """
    return f"seconds since {in_utc(start).isoformat(sep=' ')}"


def in_utc(time: datetime) -> datetime:
    """The same instant, naive; a naive time stays what it is.

    Parameters
    ----------
    time : datetime
        Aware or naive.

    Returns
    -------
    datetime
        Naive: in UTC, or in a clock that nobody knows.
    """
    return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)


def time_attributes(units: str) -> dict[str, Attribute]:
    """What every time-valued field carries.

    Parameters
    ----------
    units : str
        See `time_units`.

    Returns
    -------
    dict of str to Attribute
        The calendar is Python's own, so dates before 1582 too are the ones the scenario gave; a run's clock
        has no leap seconds.
    """
    return {
        "units": units,
        "calendar": "proleptic_gregorian",
        "units_metadata": "leap_seconds: none",
    }


def time_fields(frame: Frame) -> tuple[Field, Field]:
    """The time coordinate and the intervals that the means are of.

    Parameters
    ----------
    frame : Frame
        What is known before the run.

    Returns
    -------
    tuple of Field
        ``time`` and ``time_bounds``.
    """
    time = Field(
        "time",
        ("time",),
        "f8",
        {
            "standard_name": "time",
            "long_name": "time",
            "axis": "T",
            **time_attributes(time_units(frame.start)),
            "bounds": "time_bounds",
            "comment": clock_comment(frame.start),
        },
    )
    # CF: a boundary variable takes all its attributes from its parent, and should not repeat them.
    bounds = Field("time_bounds", ("time", BOUND), "f8", {})
    return time, bounds


def time_bounds(time: NDArray[np.float64], before: float | None) -> NDArray[np.float64]:
    """Interval of each output time: from the one before it; the first has no length.

    Parameters
    ----------
    time : ndarray, shape (k,), s
        Output times.
    before : float or None, s
        The output time before the first of them, None where there is none.

    Returns
    -------
    ndarray, shape (k, 2), s
        Start and end.
    """
    first = time[:1] if before is None else np.array([before])
    return np.column_stack((np.concatenate((first, time[:-1])), time))


def coordinate_fields(frame: Frame) -> list[tuple[Field, NDArray[Any]]]:
    """Names, kinds, ends and places of nodes and links.

    Parameters
    ----------
    frame : Frame
        What is known before the run.

    Returns
    -------
    list of (Field, ndarray)
        In the order of the file, with their values.
    """
    found: list[tuple[Field, NDArray[Any]]] = []

    def text(name: str, dim: str, values: Sequence[str], long_name: str, **more: str) -> None:
        found.append((Field(name, (dim,), TEXT, {"long_name": long_name, **more}), as_text(values)))

    # CF wants at most one cf_role in a file; it goes to the nodes, which have places.
    text("node_name", "node", frame.node_name, "name of the node", cf_role="timeseries_id")
    text("node_kind", "node", frame.node_kind, "kind of the node")
    bed: dict[str, Attribute] = {"units": "m", "long_name": "elevation of the lowest point of the bed"}
    found.append((Field("bed_level", ("node",), "f8", bed, fill=True), frame.bed_level))
    found.extend(_places(frame))
    if frame.chainage is not None:
        along: dict[str, Attribute] = {"units": "m", "long_name": "distance from the upstream end of the river"}
        found.append((Field("chainage", ("node",), "f8", along, fill=True), frame.chainage))
    text("link_name", "link", frame.link_name, "name of the link")
    text("link_kind", "link", frame.link_kind, "kind of the link")
    text("from_node", "link", frame.from_node, "node that positive discharge leaves; empty: none")
    text("to_node", "link", frame.to_node, "node that positive discharge enters; empty: none")
    if frame.source_name:
        text("source_name", "source", frame.source_name, "where water comes from")
    return found


def _places(frame: Frame) -> Iterable[tuple[Field, NDArray[Any]]]:
    """Coordinates of the nodes, where there are any.

    A projected coordinate's standard name wants a grid mapping with all its parameters, which a mere code
    such as EPSG:4526 does not give: so a long name alone, and the code as global attribute ``crs``.
    """
    if frame.x is None or frame.y is None:
        return
    if frame.crs.upper() in DEGREES:
        x = {"standard_name": "longitude", "long_name": "longitude of the node", "units": "degrees_east"}
        y = {"standard_name": "latitude", "long_name": "latitude of the node", "units": "degrees_north"}
    else:
        x = {"long_name": "x coordinate of the node", "units": "m"}
        y = {"long_name": "y coordinate of the node", "units": "m"}
    yield Field("x", ("node",), "f8", {**x}, fill=True), frame.x
    yield Field("y", ("node",), "f8", {**y}, fill=True), frame.y


def as_text(values: Sequence[str]) -> NDArray[Any]:
    """Strings as an array.

    Parameters
    ----------
    values : sequence of str
        Of any lengths.

    Returns
    -------
    ndarray of object
        As netCDF4 and xarray exchange them.
    """
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


def labels(dims: Sequence[str], coordinates: Mapping[str, tuple[str, ...]]) -> str:
    """The attribute ``coordinates``: what tells the cells of a variable apart.

    Parameters
    ----------
    dims : sequence of str
        Dimensions of the variable.
    coordinates : mapping of str to tuple of str
        Dimensions of every coordinate of the result.

    Returns
    -------
    str
        Names, separated by blanks. A coordinate variable (``time``) and bounds are found without it.
    """
    return " ".join(
        name for name, own in coordinates.items() if set(own) <= set(dims) and own != (name,) and BOUND not in own
    )


def field_of(variable: Variable, units: str, coordinates: str = "", *, float32: bool = False) -> Field:
    """The field of a row of the table.

    Parameters
    ----------
    variable : Variable
        A row of `deltasim.variables.VARIABLES` or of `deltasim.variables.STATE`.
    units : str
        Units of time, see `time_units`.
    coordinates : str
        See `labels`.
    float32 : bool
        Store streamed values in half the space.

    Returns
    -------
    Field
        With attributes, without values.
    """
    attributes: dict[str, Attribute] = {}
    if variable.standard_name:
        attributes["standard_name"] = variable.standard_name
    attributes["long_name"] = variable.long_name
    if variable.kind == "time":
        attributes.update(time_attributes(units))
    elif variable.kind == "number":
        attributes["units"] = variable.units
    if variable.cell_methods:
        attributes["cell_methods"] = variable.cell_methods
    if variable.comment:
        attributes["comment"] = variable.comment
    attributes["coverage_content_type"] = "modelResult"
    if coordinates:
        attributes["coordinates"] = coordinates
    if variable.kind == "text":
        return Field(variable.name, variable.dims, TEXT, attributes)
    dtype = "f4" if float32 and variable.streamed else "f8"
    return Field(variable.name, variable.dims, dtype, attributes, fill=True)


def _rows(frame: Frame) -> dict[str, Variable]:
    """Every variable that a result of this frame can have."""
    own = {row.name: row for name in frame.substances for row in of_substance(name)}
    return {**VARIABLES, **own}


def variable_fields(frame: Frame, *, float32: bool = False) -> dict[str, Field]:
    """The fields of all variables that a frame names.

    Parameters
    ----------
    frame : Frame
        What is known before the run.
    float32 : bool
        Store streamed values in half the space.

    Returns
    -------
    dict of str to Field
        In the order of the table.

    Raises
    ------
    ValueError
        Where the frame names a variable that the table does not have: a bug in the caller.
    """
    rows = _rows(frame)
    unknown = [name for name in frame.variables if name not in rows]
    if unknown:
        raise ValueError(f"not in the table of result variables: {', '.join(unknown)}")
    coordinates = {field.name: field.dims for field, _ in coordinate_fields(frame)}
    units = time_units(frame.start)
    return {
        name: field_of(row, units, labels(row.dims, coordinates), float32=float32)
        for name, row in rows.items()
        if name in frame.variables
    }


def check_names(frame: Frame, given: Iterable[str], *, streamed: bool) -> None:
    """Refuse values that are not exactly what the frame promised.

    Parameters
    ----------
    frame : Frame
        What was known before the run.
    given : iterable of str
        Names of the variables that came.
    streamed : bool
        Whether they came in a chunk, or in the summary.

    Raises
    ------
    ValueError
        A bug in the caller.
    """
    rows = _rows(frame)
    wanted = {name for name in frame.variables if rows[name].streamed is streamed}
    if wanted != set(given):
        where = "a chunk" if streamed else "the summary"
        raise ValueError(f"{where} must have {sorted(wanted)}, got {sorted(given)}")
