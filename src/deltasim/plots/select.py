"""What of a result is drawn: which nodes, links, variables and times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from deltasim.errors import PlotError
from deltasim.faults import did_you_mean
from deltasim.plots.style import MOST_CURVES
from deltasim.results.clock import clock_name, on_clock, read_time, zone_of

__all__ = ["curves", "index_of", "local_times", "names_of", "period", "span_of", "variable"]

DEFAULT_CURVES: Final = 12
"""Where nobody has chosen."""

_PARTS: Final = {"node": ("channel", "junction"), "link": ("reach",)}
"""Kinds that rivers are cut into: drawn where they are asked for, or where there is nothing else."""


def names_of(result: xr.Dataset, dim: str) -> list[str]:
    """Names along ``node`` or ``link``, of one that was selected too.

    Parameters
    ----------
    result : xarray.Dataset
    dim : {"node", "link"}
    """
    name = f"{dim}_name"
    return [str(text) for text in np.atleast_1d(result[name].values)] if name in result.coords else []


def period(result: xr.Dataset, start: str | None, end: str | None) -> xr.Dataset:
    """Cut a result to the output times from `start` to `end`, both included.

    Parameters
    ----------
    result : xarray.Dataset
        From `deltasim.run` or `deltasim.open`.
    start, end : str or None
        ISO 8601, on the scenario's clock unless with an offset; None for the ends of the run.

    Raises
    ------
    PlotError
        This is no result, or fewer than two output times are left.
    ResultError
        A time cannot be read.
    """
    if "time" not in result.dims or not names_of(result, "node"):
        raise PlotError("this is no result of deltasim: it has no time, or no node_name")
    zone = zone_of(result.attrs)
    limits = [None if text is None else read_time(text, zone) for text in (start, end)]
    part = result.sel(time=slice(*limits))
    if part.sizes["time"] < 2:
        first, last = (str(time)[:19] for time in on_clock(result.time.values[[0, -1]], zone))
        raise PlotError(
            f"{part.sizes['time']} output times lie from {start or first} to {end or last}, a picture needs two; "
            f"the result goes from {first} to {last}"
        )
    return part


def local_times(result: xr.Dataset) -> NDArray[Any]:
    """Output times on the scenario's clock."""
    return on_clock(result.time.values, zone_of(result.attrs))


def span_of(result: xr.Dataset) -> str:
    """From when to when, and on which clock, in words: what stands below an axis of time."""
    first, last = (np.datetime_as_string(time, unit="m").replace("T", " ") for time in local_times(result)[[0, -1]])
    return f"{first} to {last}, {clock_name(zone_of(result.attrs)) or 'clock of the scenario'}"


def variable(result: xr.Dataset, name: str) -> xr.DataArray:
    """A variable along time and nodes or links.

    Parameters
    ----------
    result : xarray.Dataset
    name : str

    Raises
    ------
    PlotError
        There is none of that name, or it is along something else.
    """
    able = [str(key) for key, array in result.data_vars.items() if _dim(array) and array.dtype.kind in "fiub"]
    if name not in able:
        what = f"is along {', '.join(map(str, result[name].dims))}" if name in result.variables else "is not in it"
        hint = did_you_mean(name, able) or f"; there are {', '.join(able)}"
        raise PlotError(f'no curves of "{name}": it {what}{hint}')
    return result[name]


def _dim(array: xr.DataArray) -> str:
    """Whether an array is of nodes or of links; empty where it is neither."""
    others = [str(dim) for dim in array.dims if dim != "time"]
    if "time" not in array.dims or len(others) > 1:
        return ""
    if others:
        return others[0] if others[0] in ("node", "link") else ""
    return next((dim for dim in ("node", "link") if f"{dim}_name" in array.coords), "")


def curves(
    result: xr.Dataset, name: str, nodes: Sequence[str] | None, links: Sequence[str] | None
) -> tuple[list[str], NDArray[np.float64], int]:
    """The curves of one variable.

    Parameters
    ----------
    result : xarray.Dataset
        Cut to the times that are drawn.
    name : str
        Of the variable.
    nodes, links : sequence of str, or None
        Which; None for a choice of those that have values. With nodes alone, links are those that touch them; with
        links alone, no node.

    Returns
    -------
    labels : list of str
        Names of nodes or links.
    values : ndarray, shape (n_time, n_label)
    left_out : int
        How many more have values, where nobody chose.

    Raises
    ------
    PlotError
        A name is unknown, there are too many, or one that was asked for has no values.
    """
    array = variable(result, name)
    dim = _dim(array)
    names = names_of(result, dim)
    wanted, other = (nodes, links) if dim == "node" else (links, nodes)
    if wanted is not None:
        pool = [_index(name, names, dim) for name in dict.fromkeys(wanted)]
    elif other is not None:
        pool = _touching(result, other) if dim == "link" else []
    else:
        pool = list(range(len(names)))
    values = _columns(array, dim, pool)
    full = np.isfinite(values).any(axis=0)
    if wanted is not None and pool and not full.any():
        raise PlotError(f"{', '.join(names[i] for i in pool)}: no {name.replace('_', ' ')} there, at any time")
    able = np.flatnonzero(full).tolist()
    if wanted is None:
        able = able[:MOST_CURVES] if other is not None else _choice(result, dim, able)
    if len(able) > MOST_CURVES:
        raise PlotError(
            f"{len(able)} {dim}s in one picture cannot be told apart; choose at most {MOST_CURVES} with --{dim}"
        )
    left_out = int(full.sum()) - len(able)
    return [names[pool[i]] for i in able], values[:, able], left_out


def _columns(array: xr.DataArray, dim: str, pool: Sequence[int]) -> NDArray[np.float64]:
    """Values of some nodes or links, shape (n_time, n_pool); no others are read."""
    part = array.isel({dim: pool}) if dim in array.dims else array
    return np.asarray(part.transpose("time", ...).values, dtype=float).reshape(array.sizes["time"], len(pool))


def index_of(name: str, result: xr.Dataset, dim: str) -> int:
    """Where a node or link of that name stands.

    Parameters
    ----------
    name : str
    result : xarray.Dataset
    dim : {"node", "link"}

    Raises
    ------
    PlotError
        There is none.
    """
    return _index(name, names_of(result, dim), dim)


def _index(name: str, names: Sequence[str], dim: str) -> int:
    if name not in names:
        hint = did_you_mean(name, names) or f"; there are {', '.join(names[:12])}{', ...' * (len(names) > 12)}"
        raise PlotError(f'no {dim} is called "{name}"{hint}')
    return names.index(name)


def _choice(result: xr.Dataset, dim: str, able: Sequence[int]) -> list[int]:
    """A dozen of those nodes or links that have values; parts of rivers only where nothing else is there.

    Links with the largest discharges, for not all can be drawn; nodes in their order.
    """
    kinds = np.atleast_1d(result[f"{dim}_kind"].values).astype(str)
    whole = [i for i in able if kinds[i] not in _PARTS[dim]]
    if not whole:  # evenly along the river
        picks = np.linspace(0, len(able) - 1, min(DEFAULT_CURVES, len(able))).round().astype(int)
        return [able[i] for i in picks]
    if dim == "link" and "discharge" in result:
        largest = np.nan_to_num(np.abs(_columns(result.discharge, dim, whole))).max(axis=0)
        whole = sorted(whole[i] for i in np.argsort(-largest, kind="stable")[:DEFAULT_CURVES])
    return whole[:DEFAULT_CURVES]


def _touching(result: xr.Dataset, nodes: Sequence[str]) -> list[int]:
    """Links that begin or end at one of some nodes."""
    names = names_of(result, "node")
    chosen = {names[_index(name, names, "node")] for name in nodes}
    ends = (np.atleast_1d(result[end].values).astype(str) for end in ("from_node", "to_node"))
    return [i for i, pair in enumerate(zip(*ends, strict=True)) if chosen & set(pair)]
