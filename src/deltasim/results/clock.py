"""The clock of a result: its file counts in UTC where the scenario gives an offset; people read the local one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim.errors import ResultError

__all__ = ["clock_name", "iso_times", "on_clock", "read_time", "zone_of"]


def zone_of(attributes: Mapping[Any, Any]) -> tzinfo | None:
    """The time zone of the scenario that made a result.

    Parameters
    ----------
    attributes : mapping
        Global attributes of the result.

    Returns
    -------
    tzinfo or None
        None where the scenario gives no offset, so that its clock is nobody's.
    """
    try:
        given: Any = tomllib.loads(str(attributes["scenario"]))["scenario"]["start"]
        given = datetime.fromisoformat(given) if isinstance(given, str) else given
    except (KeyError, ValueError):
        given = None
    if isinstance(given, datetime):
        return given.tzinfo
    # Without its scenario a result still says whether it counts in UTC.
    return UTC if str(attributes.get("time_coverage_start", "")).endswith("Z") else None


def _offset(zone: tzinfo | None) -> timedelta:
    """What a zone is ahead of UTC; zones of scenarios are offsets, the same all year."""
    return (zone.utcoffset(None) if zone is not None else None) or timedelta()


def clock_name(zone: tzinfo | None) -> str:
    """Name a clock: ``UTC+08:00``; empty where there is no zone."""
    return "" if zone is None else datetime(2000, 1, 1, tzinfo=zone).tzname() or ""


def on_clock(times: NDArray[Any], zone: tzinfo | None) -> NDArray[Any]:
    """Times of a result on the scenario's clock.

    Parameters
    ----------
    times : ndarray of datetime64
        As in the file.
    zone : tzinfo or None
        See `zone_of`.
    """
    moved: NDArray[Any] = times + np.timedelta64(_offset(zone))
    return moved


def iso_times(times: NDArray[Any], zone: tzinfo | None) -> list[str]:
    """Times of a result in ISO 8601, on the scenario's clock and with its offset where it has one.

    Parameters
    ----------
    times : ndarray of datetime64
        As in the file.
    zone : tzinfo or None
        See `zone_of`.

    Returns
    -------
    list of str
        ``2019-08-09T00:15:00+08:00``: to the second, or to the microsecond where that is not whole; empty for a
        missing time.
    """
    local: NDArray[np.datetime64] = on_clock(np.asarray(times), zone).astype("M8[us]")
    suffix = "" if zone is None else datetime(2000, 1, 1, tzinfo=zone).isoformat()[19:]
    texts = np.datetime_as_string(local, unit="us").tolist()
    return ["" if text == "NaT" else text.removesuffix(".000000") + suffix for text in texts]


def read_time(text: str, zone: tzinfo | None) -> np.datetime64:
    """Read a time that a user gave, as the file counts it.

    Parameters
    ----------
    text : str
        ISO 8601; on the scenario's clock unless it has an offset of its own.
    zone : tzinfo or None
        See `zone_of`.

    Raises
    ------
    ResultError
        It is no time, or has an offset where the scenario has none.
    """
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ResultError(f'expected a time such as 2019-08-09 or 2019-08-09T06:30, got "{text}"') from None
    if time.tzinfo is not None and zone is None:
        raise ResultError(f'"{text}" has an offset from UTC, the clock of this result has none: give it without')
    if zone is not None:
        time = (time if time.tzinfo is not None else time.replace(tzinfo=zone)).astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(time)
