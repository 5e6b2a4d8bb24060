"""What the time coordinate of a result says of its clock: files keep UTC, days are those of the scenario."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["clock_comment", "clock_offset"]

_OWN = "The scenario gives no offset from UTC: times are in its own clock."
_UTC = "In UTC; the clock of the scenario starts at "


def clock_comment(start: datetime) -> str:
    """Say which clock the times of a result are in.

    Parameters
    ----------
    start : datetime
        Of the run, with its offset where the scenario gives one.
    """
    return _OWN if start.tzinfo is None else f"{_UTC}{start.isoformat()}."


def clock_offset(comment: str) -> timedelta | None:
    """Read from that comment what to add to the times for the scenario's own clock.

    Parameters
    ----------
    comment : str
        Of a time coordinate.

    Returns
    -------
    timedelta or None
        None where the times are not those of a result of deltasim.
    """
    if comment == _OWN:
        return timedelta(0)
    if not comment.startswith(_UTC):
        return None
    return datetime.fromisoformat(comment.removeprefix(_UTC).removesuffix(".")).utcoffset() or timedelta(0)
