"""Global attributes of a result: what it is, where it comes from, what time it covers."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np

from deltasim._version import __version__
from deltasim.results.frame import Attribute, Frame, Summary
from deltasim.results.layout import DEGREES, in_utc

__all__ = ["closing_attributes", "global_attributes", "iso_duration"]


def global_attributes(frame: Frame) -> dict[str, Attribute]:
    """Global attributes that are known before the run.

    Parameters
    ----------
    frame : Frame
        What is known before the run.

    Returns
    -------
    dict of str to Attribute
        In the order of the file.
    """
    # A file name on the command line need not be valid Unicode; an attribute must.
    command = frame.command.encode(errors="backslashreplace").decode()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    attributes: dict[str, Attribute] = {
        "Conventions": "CF-1.11, ACDD-1.3",
        # Times and nodes are in the orthogonal multidimensional representation (CF 9.3.1), time first
        # because it grows.
        "featureType": "timeSeries",
        "title": frame.title,
        "summary": frame.summary,
        "keywords": "hydrology, water balance, stage, discharge",
        "source": f"deltasim {__version__}",
        "history": f"{now} {command}",
        "date_created": now,
        "deltasim_version": __version__,
        "vertical_datum": frame.vertical_datum,
        "crs": frame.crs,
        "time_coverage_start": _iso_time(frame.start),
        "time_coverage_end": _iso_time(frame.start + timedelta(seconds=frame.duration)),
        "time_coverage_duration": iso_duration(frame.duration),
        "time_coverage_resolution": iso_duration(frame.output_step),
        **_geospatial(frame),
        "scenario_sha256": hashlib.sha256(frame.scenario.encode()).hexdigest(),
        "scenario": frame.scenario,
        **frame.attributes,
    }
    return {name: value for name, value in attributes.items() if value != ""}


def closing_attributes(
    frame: Frame, summary: Summary | None, last: float, failure: str | None = None
) -> dict[str, Attribute]:
    """Global attributes that only the end of a run knows.

    Parameters
    ----------
    frame : Frame
        What was known before the run.
    summary : Summary or None
        What the run came to.
    last : float, s
        The last output time that was computed.
    failure : str or None
        Why the run failed; None where it did not.

    Returns
    -------
    dict of str to Attribute
        To be added to those of `global_attributes`.
    """
    attributes: dict[str, Attribute] = dict(summary.attributes) if summary is not None else {}
    if failure is not None:
        attributes["run_failed"] = failure or "for no known reason"
        attributes["time_coverage_end"] = _iso_time(frame.start + timedelta(seconds=last))
        attributes["time_coverage_duration"] = iso_duration(last)
    return attributes


def _geospatial(frame: Frame) -> dict[str, Attribute]:
    """ACDD's bounds, in degrees as it wants them; nothing where the coordinates are no degrees."""
    if frame.x is None or frame.y is None or frame.crs.upper() not in DEGREES:
        return {}
    return {
        "geospatial_lat_units": "degrees_north",
        "geospatial_lon_units": "degrees_east",
        "geospatial_lon_min": float(np.nanmin(frame.x)),
        "geospatial_lon_max": float(np.nanmax(frame.x)),
        "geospatial_lat_min": float(np.nanmin(frame.y)),
        "geospatial_lat_max": float(np.nanmax(frame.y)),
    }


def _iso_time(time: datetime) -> str:
    """ISO 8601, with Z only where the offset is known."""
    return in_utc(time).isoformat() + ("" if time.tzinfo is None else "Z")


def iso_duration(seconds: float) -> str:
    """ISO 8601 duration, in days, hours, minutes and seconds.

    Parameters
    ----------
    seconds : float
        Not below 0.

    Returns
    -------
    str
        ``P10D``, ``PT15M``, ``P1DT0.5S``.
    """
    whole, rest = divmod(round(seconds, 6), 60.0)
    minutes, hours, days = int(whole) % 60, int(whole) // 60 % 24, int(whole) // 1440
    date = f"{days}D" if days else ""
    clock = "".join(
        f"{value:g}{letter}" for value, letter in ((hours, "H"), (minutes, "M"), (round(rest, 6), "S")) if value
    )
    if not date and not clock:
        return "PT0S"
    return f"P{date}" + (f"T{clock}" if clock else "")
