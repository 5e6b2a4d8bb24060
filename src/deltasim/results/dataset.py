"""A result in memory: an `xarray.Dataset` that says the same as the file.

Nodes and links are found by name (``result.stage.sel(node="swan_lake")``): the indexes ``node`` and ``link``
are made from ``node_name`` and ``link_name`` and live in memory only, because a string coordinate variable is
not CF.

What a Dataset has no room for, the data files of the scenario and the final state, rides along in its
``encoding`` and comes back with `write`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import netCDF4
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import ResultError
from deltasim.results.attributes import closing_attributes, global_attributes
from deltasim.results.container import ResultFile
from deltasim.results.frame import Attribute, Chunk, Frame, State, Summary
from deltasim.results.layout import (
    BOUND,
    COORDINATES,
    TEXT,
    Field,
    check_names,
    coordinate_fields,
    labels,
    time_attributes,
    time_bounds,
    time_fields,
    time_units,
    variable_fields,
)
from deltasim.results.netcdf import read_files, read_raw_state, write_files, write_state
from deltasim.results.whole import target_of

__all__ = ["MemorySink", "files_of", "open", "write"]

_RIDER: Final = "deltasim"
_INDEXES: Final = ("node", "link", "source")
_BLOCK: Final = 1_000_000
"""Values of one variable to hold at a time while writing."""


@dataclass(frozen=True)
class _Rider:
    """The groups of a file, beside its Dataset.

    Parameters
    ----------
    files : mapping of str to bytes
        Group ``run/forcing``.
    state : mapping of str to ndarray
        Group ``run/state``; empty where the run failed.
    state_time : float, s
        Since the start of the run.
    owners : mapping of str to tuple of str
        Names along ``node`` and ``link`` when the state was taken: it is not that of a selection.
    """

    files: Mapping[str, bytes]
    state: State
    state_time: float
    owners: Mapping[str, tuple[str, ...]]


class MemorySink:
    """Gathers a result in memory; `dataset` is there after ``finish`` or ``fail``."""

    def __init__(self) -> None:
        self.dataset: xr.Dataset | None = None
        self._frame: Frame | None = None
        self._times: list[NDArray[np.float64]] = []
        self._chunks: list[dict[str, NDArray[np.float64]]] = []

    def begin(self, frame: Frame) -> None:
        """Get ready."""
        variable_fields(frame)
        self.dataset, self._frame, self._times, self._chunks = None, frame, [], []

    def append(self, chunk: Chunk) -> None:
        """Keep the values of a chunk."""
        check_names(self._begun(), chunk.data, streamed=True)
        self._times.append(chunk.time)
        self._chunks.append(dict(chunk.data))

    def finish(self, summary: Summary, state: State) -> None:
        """Make the Dataset."""
        check_names(self._begun(), summary.data, streamed=False)
        self.dataset = self._build(summary, state)

    def fail(self, reason: str, summary: Summary | None = None) -> None:
        """Make a Dataset of what there is, with the reason in its attribute ``run_failed``."""
        self.dataset = self._build(summary, {}, reason)

    def _begun(self) -> Frame:
        if self._frame is None:
            raise ValueError("the sink has not begun")
        return self._frame

    def _build(self, summary: Summary | None, state: State, failure: str | None = None) -> xr.Dataset:
        frame = self._begun()
        time = np.concatenate(self._times) if self._times else np.empty(0)
        last = float(time[-1]) if len(time) else 0.0
        known: dict[str, NDArray[Any]] = dict(summary.data) if summary is not None else {}
        raw: dict[str, tuple[tuple[str, ...], Any, dict[str, Any]]] = {}

        def put(field: Field, values: NDArray[Any]) -> None:
            fill = {"_FillValue": np.nan} if field.fill else {}
            raw[field.name] = (field.dims, values, {**field.attributes, **fill})

        for field, values in zip(time_fields(frame), (time, time_bounds(time, None)), strict=True):
            put(field, values)
        for field, values in coordinate_fields(frame):
            put(field, values)
        for name, field in variable_fields(frame).items():
            if "time" in field.dims and self._chunks:
                put(field, np.concatenate([chunk[name] for chunk in self._chunks]))
            elif name in known:
                put(field, np.array(known[name]))
        attributes = {**global_attributes(frame), **closing_attributes(frame, summary, last, failure)}
        decoded = xr.decode_cf(xr.Dataset(raw, attrs=attributes), decode_timedelta=False)
        kept = {name: np.array(values) for name, values in state.items()}
        return _with_indexes(decoded, dict(frame.files), kept, last)


def open(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open a result file.

    Parameters
    ----------
    path : str or path-like
        As ``deltasim run`` or `write` made it.

    Returns
    -------
    xarray.Dataset
        Values are read when they are needed; close it (or use ``with``) to let go of the file.

    Raises
    ------
    ResultError
        Where this is no result of deltasim.
    """
    if not Path(path).is_file():
        raise ResultError(f"{path}: there is no such file")
    try:
        with netCDF4.Dataset(os.fspath(path), "r") as file:
            if "deltasim_kind" in file.ncattrs():
                kind = file.getncattr("deltasim_kind")
                raise ResultError(f'{path}: this is a {kind}, not a result of one run; "deltasim plot" draws it')
            if "node_name" not in file.variables:
                raise ResultError(f"{path}: there is no node_name in it; was this file written by deltasim?")
            files, (state, state_time) = read_files(file, path), read_raw_state(file)
        dataset = xr.open_dataset(path, engine="netcdf4", decode_timedelta=False)
    except OSError as error:
        raise ResultError(f"{path}: cannot be read as NetCDF ({error.strerror or error})") from error
    result = _with_indexes(dataset, files, state, state_time)
    result.set_close(dataset.close)
    return result


def write(dataset: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write a result, or a part of one, as a CF NetCDF file.

    Parameters
    ----------
    dataset : xarray.Dataset
        From `deltasim.run` or `open`; variables may have been added, times and nodes selected.
    path : str or path-like
        Replaced when the new file is whole, not before.

    Raises
    ------
    ResultError
        Where it cannot be written.
    """
    bare = dataset.drop_vars(_INDEXES, errors="ignore")
    units = _units_of_time(bare)
    coordinates = {str(name): tuple(map(str, bare[name].dims)) for name in bare.coords}
    fields = {str(name): _field(str(name), bare[name], units, coordinates) for name in bare.variables}
    target = target_of(path)
    file = ResultFile(target, bare.sizes.get("time", 1))
    try:
        file.set_attributes(_checked(bare.attrs, "the Dataset"))
        for name, size in bare.sizes.items():
            file.add_dimension(str(name), None if name == "time" else size)
        for name, field in fields.items():
            streamed = field.dims[:1] == ("time",)
            file.add(field, None if streamed else _values(bare[name], field, units))
        for part in _blocks(bare):
            file.extend({name: _values(array, fields[name], units) for name, array in part.items()})
        _write_rider(file, dataset, units)
        file.commit(target)
    finally:
        file.discard()


def files_of(dataset: xr.Dataset) -> dict[str, bytes]:
    """The data files that a result's scenario read.

    Parameters
    ----------
    dataset : xarray.Dataset
        From `deltasim.run` or `open`.

    Returns
    -------
    dict of str to bytes
        By the path used in ``dataset.attrs["scenario"]``; empty where the Dataset was made from others and
        xarray has not carried them along.
    """
    rider = dataset.encoding.get(_RIDER)
    return dict(rider.files) if isinstance(rider, _Rider) else {}


def _with_indexes(dataset: xr.Dataset, files: Mapping[str, bytes], state: State, state_time: float) -> xr.Dataset:
    """Add what exists in memory only."""
    dataset = dataset.set_coords([name for name in COORDINATES if name in dataset.variables])
    owners: dict[str, tuple[str, ...]] = {}
    for name in list(dataset.variables):
        if dataset[name].dtype.kind in "OU":
            # One type of text, whatever the version of xarray makes of a file's strings.
            dataset[name] = dataset[name].astype(str)
    for index in _INDEXES:
        label = dataset.variables.get(f"{index}_name")
        if label is not None and label.dims in ((), (index,)):
            dataset = dataset.assign_coords({index: (label.dims, label.values)})
            owners[index] = tuple(np.atleast_1d(label.values).tolist())
    dataset.encoding[_RIDER] = _Rider(files, state, state_time, owners)
    return dataset


def _write_rider(file: ResultFile, dataset: xr.Dataset, units: str) -> None:
    """Write the groups, the state only where it is still that of these nodes and links."""
    rider = dataset.encoding.get(_RIDER)
    if not isinstance(rider, _Rider):
        return
    write_files(file, rider.files)
    names = {
        index: tuple(np.atleast_1d(dataset[index].values).tolist()) for index in dataset.coords if index in _INDEXES
    }
    if rider.state and names == rider.owners:
        write_state(file, rider.state, rider.state_time, units)


def _units_of_time(dataset: xr.Dataset) -> str:
    """Those of the file that the Dataset came from, else seconds since its first time."""
    for variable in dataset.variables.values():
        units = str(variable.encoding.get("units", ""))
        if variable.dtype.kind == "M" and units.startswith("seconds since"):
            return units
    time = dataset.variables.get("time")
    if time is None or time.dtype.kind != "M" or not time.size:
        return time_units(datetime(1970, 1, 1))
    return time_units(time.values.min().astype("M8[us]").item())


def _field(name: str, array: xr.DataArray, units: str, coordinates: Mapping[str, tuple[str, ...]]) -> Field:
    """How a variable of a Dataset is stored."""
    dims = tuple(map(str, array.dims))
    if "time" in dims:
        dims = ("time", *(dim for dim in dims if dim != "time"))
    attributes = _checked(array.attrs, name)
    if name not in coordinates and (found := labels(dims, coordinates)):
        attributes["coordinates"] = found
    # Coordinate variables and bounds have no gaps, and CF lets them have no fill value.
    gaps = dims != (name,) and BOUND not in dims
    kind = array.dtype.kind
    if kind == "M":
        if gaps or dims == (name,):
            attributes |= time_attributes(units)
        return Field(name, dims, "f8", attributes, fill=gaps)
    if kind in "iuf":
        return Field(name, dims, array.dtype.str[1:], attributes, fill=gaps and kind == "f")
    if kind == "b":
        return Field(name, dims, "i1", attributes)
    if kind in "OU":
        return Field(name, dims, TEXT, attributes)
    raise ResultError(f"{name}: values of type {array.dtype} cannot be written; convert them to numbers first")


def _checked(attributes: Mapping[Any, Any], owner: str) -> dict[str, Attribute]:
    """Refuse attributes that a file cannot hold."""
    for name, value in attributes.items():
        if np.asarray(value).dtype.kind not in "iufUS":
            raise ResultError(f"attribute {name} of {owner}: {value!r} cannot be written; use text or numbers")
    return dict(attributes)


def _values(array: xr.DataArray, field: Field, units: str) -> NDArray[Any]:
    """The values as they are stored."""
    values = array.transpose(*field.dims).values
    if values.dtype.kind == "M":
        return _seconds(values, units)
    return values.astype(object) if field.text else values


def _seconds(times: NDArray[Any], units: str) -> NDArray[np.float64]:
    """Times as seconds since the origin of `units`, NaN where there is none."""
    origin = np.datetime64(units.removeprefix("seconds since ").replace(" ", "T"), "us")
    seconds: NDArray[np.float64] = (times - origin) / np.timedelta64(1, "s")
    return seconds


def _blocks(dataset: xr.Dataset) -> Iterator[dict[str, xr.DataArray]]:
    """What depends on time, some times after the other: a result can be larger than memory."""
    streamed = {str(name): array for name, array in dataset.variables.items() if "time" in array.dims}
    widest = max((array.size // array.sizes["time"] for array in streamed.values() if array.size), default=1)
    step = max(1, _BLOCK // widest)
    for first in range(0, dataset.sizes.get("time", 0), step):
        part = dataset.isel(time=slice(first, first + step))
        yield {name: part[name] for name in streamed}
