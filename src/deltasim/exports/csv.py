"""A result as CSV: a wide table per variable, one of nodes, one of links, and one that says what is in them."""

from __future__ import annotations

import csv
import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import ResultError
from deltasim.results.clock import clock_name, iso_times, on_clock, zone_of
from deltasim.results.whole import explained, whole

__all__ = ["to_csv"]

_BLOCK: Final = 500_000
"""Values to hold at a time: a result can be larger than memory."""

_TABLES: Final = {"node": "nodes.csv", "link": "links.csv", "event": "events.csv"}
"""Tables of what has no time: one row per node, link or event."""

_OWNERS: Final = ("node", "link")

_FIRST: Final = (
    *("node_name", "node_kind", "link_name", "link_kind", "from_node", "to_node"),
    *("event_time", "event_source", "event_target", "event_value", "event_unit"),
)
"""Columns that stand first in them."""

Rows = Iterable[Iterable[object]]


@dataclass(frozen=True)
class _Table:
    """A file that is to be.

    Parameters
    ----------
    file : str
        Its name.
    rows : callable
        Gives its rows, the header first.
    about : tuple of str
        What ``contents.csv`` says of it: what is in it, units, remarks.
    """

    file: str
    rows: Callable[[], Rows]
    about: tuple[str, str, str]


def to_csv(result: xr.Dataset, folder: str | os.PathLike[str], *, plain_time: bool = False) -> list[Path]:
    """Write a result as CSV files: UTF-8 with a byte-order mark, as spreadsheets want it.

    Parameters
    ----------
    result : xarray.Dataset
        From `deltasim.run` or `deltasim.open`; times, nodes and links may have been selected.
    folder : str or path-like
        Made where it is not there. Files of the same names in it are replaced when all are whole; others stay.
    plain_time : bool
        Times as ``2019-08-09 00:15:00`` on the scenario's clock, which every spreadsheet takes for a date, in place
        of ISO 8601 with the offset.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ResultError
        There is nothing to write, or it cannot be written.

    Notes
    -----
    Every variable along time is a file, ``stage_m.csv``: a column ``time`` and one per node or link. Nodes and links
    that have no value at any time, such as the storage of boundaries, keep their column. Numbers are written so that
    the same number is read back; what is missing is an empty cell. The file is read and written in blocks of times.
    """
    target = Path(folder)
    tables = _tables(result, plain_time)
    if not tables:
        raise ResultError("there is nothing along time, node or link in this result to be written as CSV")
    made = not target.exists()
    try:
        with explained(target):
            target.mkdir(exist_ok=True)
    except ResultError as error:
        raise ResultError(f"{error}; name a folder, in one that is there") from error.__cause__
    paths = [target / table.file for table in tables]
    try:
        with ExitStack() as stack:
            parts = stack.enter_context(whole(*paths))
            for table, path, part in zip(tables, paths, parts, strict=True):
                with explained(path), part.open("w", encoding="utf-8-sig", newline="") as stream:
                    csv.writer(stream).writerows(table.rows())
    except BaseException:
        if made and not any(target.iterdir()):
            target.rmdir()
        raise
    return paths


def _tables(result: xr.Dataset, plain_time: bool) -> list[_Table]:
    """All files, with the list of the others at the end."""
    write_times = _times(zone_of(result.attrs), plain_time)
    tables = [*_wide(result, write_times), *_flat(result, write_times)]
    if not tables:
        return []
    clock = clock_name(zone_of(result.attrs))
    remark = f"times are on the clock {clock}" if clock else "times are on the scenario's own clock"

    def rows() -> Iterator[tuple[str, ...]]:
        yield "file", "content", "units", "remarks"
        for table in tables:
            yield table.file, *table.about
        yield "contents.csv", "this list", "", remark

    return [*tables, _Table("contents.csv", rows, ("", "", ""))]


def _times(zone: tzinfo | None, plain: bool) -> Callable[[NDArray[Any]], list[str]]:
    """How times are written."""
    if not plain:
        return lambda times: iso_times(times, zone)
    return lambda times: [text.replace("T", " ") for text in iso_times(on_clock(times, zone), None)]


def _wide(result: xr.Dataset, write_times: Callable[[NDArray[Any]], list[str]]) -> Iterator[_Table]:
    """A table per variable along time; one with more dimensions is one table for each place along them."""
    for name, array in result.data_vars.items():
        if "time" not in array.dims or array.dtype.kind not in "fiub" or "bound" in array.dims:
            continue
        others = [dim for dim in array.dims if dim not in ("time", *_OWNERS)]
        units = str(array.attrs.get("units", ""))
        words = str(array.attrs.get("long_name", ""))
        remarks = str(array.attrs.get("comment", ""))
        for place in itertools.product(*(range(array.sizes[dim]) for dim in others)):
            at = dict(zip(others, place, strict=True))
            labels = [_label(result, str(dim), index) for dim, index in at.items()]
            part = array.isel(at)
            file = "_".join(_in_a_file_name(text) for text in (str(name), *labels, _UNITS.get(units, units)) if text)
            about = (", ".join([words or str(name), *labels]), units, remarks)
            yield _Table(f"{file}.csv", lambda part=part: _wide_rows(part, write_times), about)  # type: ignore[misc]


_UNITS: Final = {"1": "", "m3 s-1": "m3_per_s", "kg m-3": "kg_per_m3"}
"""Units that read badly in the name of a file."""


def _in_a_file_name(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_")


def _label(result: xr.Dataset, dim: str, index: int) -> str:
    """What a place along a dimension is called: its name or its number, counted from 1."""
    for name in (dim, f"{dim}_name"):
        if name in result.coords and result[name].dims == (dim,):
            return str(result[name].values[index])
    return f"{dim} {index + 1}"


def _wide_rows(array: xr.DataArray, write_times: Callable[[NDArray[Any]], list[str]]) -> Iterator[Iterable[object]]:
    """Times down, nodes or links across."""
    owner = next((dim for dim in array.dims if dim in _OWNERS), None)
    if owner is None:  # one node or link was selected, or the variable is of the whole network
        array = array.expand_dims("node", axis=-1)
        single = [str(array[name].values) for name in ("node_name", "link_name") if name in array.coords]
        yield "time", *(single[:1] or [str(array.name)])
    else:
        yield "time", *map(str, np.atleast_1d(array[f"{owner}_name"].values))
    array = array.transpose("time", ...)
    step = max(1, _BLOCK // max(1, array.sizes[array.dims[1]]))
    for first in range(0, array.sizes["time"], step):
        block = array.isel(time=slice(first, first + step))
        yield from (
            (time, *row) for time, row in zip(write_times(block.time.values), _cells(block.values), strict=True)
        )


def _cells(values: NDArray[Any]) -> list[list[object]]:
    """Numbers as they are written; empty where missing."""
    if values.dtype.kind != "f":
        rows: list[list[object]] = values.tolist()
        return rows
    # In the values' own precision: 0.1 in single precision is written 0.1, and is read back as the same.
    texts = values.astype("U32").astype(object)
    texts[~np.isfinite(values)] = ""
    written: list[list[object]] = texts.tolist()
    return written


def _flat(result: xr.Dataset, write_times: Callable[[NDArray[Any]], list[str]]) -> Iterator[_Table]:
    """The tables of nodes, links and events."""
    for dim, file in _TABLES.items():
        columns = {str(name): array for name, array in result.variables.items() if array.dims == (dim,) and name != dim}
        if not columns or dim not in result.sizes:
            continue
        first = [name for name in _FIRST if name in columns]
        columns = {name: columns[name] for name in (*first, *(name for name in columns if name not in first))}

        def rows(columns: dict[str, xr.Variable] = columns) -> Iterator[Iterable[object]]:
            yield [_headed(name, array) for name, array in columns.items()]
            cells = [_column(array.values, write_times) for array in columns.values()]
            yield from zip(*cells, strict=True)

        yield _Table(file, rows, (f"one row per {dim}", "", "units are in the headers"))


def _headed(name: str, array: xr.Variable) -> str:
    units = str(array.attrs.get("units", ""))
    return f"{name} [{units}]" if units not in ("", "1") and array.dtype.kind in "fiu" else name


def _column(values: NDArray[Any], write_times: Callable[[NDArray[Any]], list[str]]) -> list[object]:
    if values.dtype.kind == "M":
        return list(write_times(values))
    if values.dtype.kind == "f":
        return [row[0] for row in _cells(values[:, np.newaxis])]
    return [str(value) if isinstance(value, str) else value for value in values.tolist()]
