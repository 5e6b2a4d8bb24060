"""Nodes and links of a result as GeoJSON (RFC 7946), with what each came to."""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from deltasim.errors import ResultError
from deltasim.results.clock import iso_times, zone_of
from deltasim.results.layout import DEGREES
from deltasim.results.whole import explained, whole

__all__ = ["to_geojson"]


def to_geojson(result: xr.Dataset, path: str | os.PathLike[str]) -> Path:
    """Write nodes as points and links as lines between them.

    Parameters
    ----------
    result : xarray.Dataset
        From `deltasim.run` or `deltasim.open`.
    path : str or path-like
        Replaced when the new file is whole.

    Returns
    -------
    Path
        What was written.

    Warns
    -----
    UserWarning
        Nodes without coordinates, and links of which an end has none, are left out; coordinates are not degrees.

    Raises
    ------
    ResultError
        No node has coordinates, or the file cannot be written.

    Notes
    -----
    The properties are all that a result has once per node or link: kind, bed, maxima and when they were, energy,
    balance error; their units stand in the member ``units`` of the collection.

    RFC 7946 knows longitude and latitude only. Where the scenario's ``crs`` is geographic, x and y are those, in the
    order that the RFC wants. Other coordinates are kept as they are and the member ``crs`` of GeoJSON's first
    edition, which GIS programs still read, says what they are.
    """
    features = [*_points(result)]
    if not features:
        raise ResultError(
            "no node of this result has coordinates; give nodes x and y, and the scenario a crs, and run again"
        )
    features += _lines(result)
    collection: dict[str, Any] = {"type": "FeatureCollection", "name": str(result.attrs.get("title", ""))}
    collection |= _crs(str(result.attrs.get("crs", "")))
    collection |= {"units": _units(result), "features": features}
    target = Path(path)
    with whole(target) as (part,), explained(target):
        part.write_text(json.dumps(collection, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    return target


def _crs(crs: str) -> dict[str, Any]:
    """The member that says what the coordinates are; none where they are what the RFC wants."""
    if crs.upper() in DEGREES:
        return {}
    if not crs:
        _warn("the scenario has no crs: x and y are written as they are, and no program can know where that is")
        return {}
    _warn(f"{crs} is no longitude and latitude: x and y are written as they are, with a member crs that says so")
    authority, colon, code = crs.partition(":")
    name = f"urn:ogc:def:crs:{authority.upper()}::{code}" if colon and code.isdecimal() else crs
    return {"crs": {"type": "name", "properties": {"name": name}}}


def _points(result: xr.Dataset) -> Iterator[dict[str, Any]]:
    names, places = _names(result, "node"), _places(result)
    lost = [name for name in names if name not in places]
    if lost and places:
        _warn(f"left out, for they have no coordinates: {_some(lost)}")
    for name, properties in zip(names, _properties(result, "node"), strict=True):
        if name in places:
            geometry = {"type": "Point", "coordinates": places[name]}
            yield {"type": "Feature", "id": f"node.{name}", "geometry": geometry, "properties": properties}


def _lines(result: xr.Dataset) -> Iterator[dict[str, Any]]:
    places, lost = _places(result), []
    for name, properties in zip(_names(result, "link"), _properties(result, "link"), strict=True):
        ends = [places.get(str(properties[end])) for end in ("from_node", "to_node")]
        if None in ends:
            lost.append(name)
            continue
        geometry = {"type": "LineString", "coordinates": ends}
        yield {"type": "Feature", "id": f"link.{name}", "geometry": geometry, "properties": properties}
    if lost:
        _warn(f"left out, for an end of theirs is outside the network or has no coordinates: {_some(lost)}")


def _places(result: xr.Dataset) -> dict[str, list[float]]:
    """Coordinates of the nodes that have some."""
    if "x" not in result.coords or "y" not in result.coords:
        return {}
    x, y = (np.atleast_1d(result[name].values).astype(float).tolist() for name in ("x", "y"))
    given = zip(_names(result, "node"), x, y, strict=True)
    return {name: [x, y] for name, x, y in given if math.isfinite(x) and math.isfinite(y)}


def _names(result: xr.Dataset, dim: str) -> list[str]:
    return [str(name) for name in np.atleast_1d(result[f"{dim}_name"].values)] if f"{dim}_name" in result.coords else []


def _columns(result: xr.Dataset, dim: str) -> dict[str, xr.DataArray]:
    """All that a result has once per node or link, but for the coordinates."""
    return {
        str(name): result[name]
        for name in (*result.coords, *result.data_vars)
        if result[name].dims == (dim,) and name not in ("x", "y", dim)
    }


def _properties(result: xr.Dataset, dim: str) -> list[dict[str, Any]]:
    """Of every node or link."""
    zone = zone_of(result.attrs)
    columns = {}
    for name, array in _columns(result, dim).items():
        if array.dtype.kind == "M":
            values: list[Any] = [text or None for text in iso_times(array.values, zone)]
        elif array.dtype.kind == "f":
            values = [value if math.isfinite(value) else None for value in array.values.tolist()]
        else:
            values = array.values.tolist()
        columns[name.removeprefix(f"{dim}_") if name in (f"{dim}_name", f"{dim}_kind") else name] = values
    count = len(_names(result, dim))
    return [{"element": dim} | {name: values[i] for name, values in columns.items()} for i in range(count)]


def _units(result: xr.Dataset) -> dict[str, str]:
    columns = _columns(result, "node") | _columns(result, "link")
    return {name: str(array.attrs["units"]) for name, array in columns.items() if "units" in array.attrs}


def _some(names: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=3)
