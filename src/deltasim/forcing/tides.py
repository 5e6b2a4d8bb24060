"""From a file of constituents to a `Tide`: names, units, the years of the run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from deltasim.errors import Problem
from deltasim.faults import Fault, FieldError, FieldErrors, did_you_mean, limited
from deltasim.fields import TideTable
from deltasim.forcing.astronomy import CONSTITUENTS, OTHER_NAMES, canonical_name, speed, year_start, yearly
from deltasim.forcing.clock import Clock, show_time
from deltasim.signal import Signal
from deltasim.tables import Sheet
from deltasim.tide import Tide
from deltasim.units import LENGTH, UnitsError, conversion, convert, quote

__all__ = ["tide_from_sheet"]

Floats = NDArray[np.float64]

COLUMNS = ("constituent", "amplitude", "phase")

FIRST_YEAR, LAST_YEAR = 1600, 2400
"""Of a run with a tide. Schureman counts from 1900 in powers of a century and gives V0 + u and f for 1850 to 2000."""

TURN = timedelta(days=7)
"""Corrections of one year pass into those of the next from so long before New Year until so long after."""


def tide_from_sheet(table: TideTable, sheet: Sheet, clock: Clock) -> Tide:
    """Make the tide of a run.

    Parameters
    ----------
    table : TideTable
        What the scenario says about it.
    sheet : Sheet
        Constituents, one a row.
    clock : Clock
        The run.

    Raises
    ------
    FieldError or FieldErrors
        With file and line of the row to blame.
    """
    names, amplitude, phase = _constituents(table, sheet)
    if clock.start.tzinfo is None and clock.is_known:
        shown = show_time(clock.start)
        message = (
            "the phases of a tide are Greenwich, so start needs the offset of its clock; "
            f"write start as {shown}+00:00, or with the offset of your own clock, such as {shown}+08:00"
        )
        raise FieldError(message, "tide")
    # By the run's own clock: near the years 1 and 9999 its offset leads out of the calendar.
    for moment in (clock.start, clock.end):
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            message = f"a run with a tide lies between the years {FIRST_YEAR} and {LAST_YEAR}, got {show_time(moment)}"
            raise FieldError(f"{message}; the astronomy holds no further", "tide")
    base = Signal.constant(table.mean_level) if table.surge is None else table.surge.scaled(1.0, table.mean_level)
    start = clock.start.replace(tzinfo=UTC) if clock.start.tzinfo is None else clock.start.astimezone(UTC)
    knots, cosine, sine = _harmonics(names, amplitude, phase, start, clock.duration, table.nodal)
    return Tide(base, np.array([speed(name) for name in names]), knots, cosine, sine)


def _constituents(table: TideTable, sheet: Sheet) -> tuple[list[str], Floats, Floats]:
    """Read the rows with an amplitude: NOAA's names, metres, degrees."""
    there = ", ".join(sheet.columns)
    faults: list[Fault] = [
        Problem(
            f'there is no column "{name}"; the columns are {there}{did_you_mean(name, sheet.columns)}',
            sheet.file,
            sheet.line(-1),
        )
        for name in COLUMNS
        if name not in sheet.columns
    ]
    if faults:
        raise FieldErrors(faults)
    numbers = {}
    for column in COLUMNS[1:]:
        try:
            numbers[column] = sheet.numbers(column)
        except FieldErrors as error:
            faults += error.faults
    names = sheet.texts("constituent")
    faults += _wrong_names(names, sheet)
    amplitude = numbers.get("amplitude", np.empty(0))
    faults += limited(
        [
            Problem(
                f"amplitude: expected 0 or more, got {amplitude[row]:g}; add 180 to the phase instead",
                sheet.file,
                sheet.line(row),
            )
            for row in np.flatnonzero(amplitude < 0.0).tolist()
        ]
    )
    given = table.units or sheet.units("amplitude") or "m"
    try:
        amplitude = convert(amplitude, conversion(given, LENGTH))
    except UnitsError as error:
        faults.append(FieldError(f"{error}, got {quote(given)}", "units"))
    if faults:
        raise FieldErrors(faults)
    kept = np.flatnonzero(amplitude > 0.0)
    if not kept.size:
        message = "no constituent has an amplitude above 0; give the amplitudes, or the mean level alone as the stage"
        raise FieldErrors([Problem(message, sheet.file, sheet.line(-1))])
    known = [canonical_name(names[row]) or "" for row in kept.tolist()]
    return known, amplitude[kept], numbers["phase"][kept]


def _wrong_names(names: list[str], sheet: Sheet) -> list[Fault]:
    faults: list[Fault] = []
    first: dict[str, int] = {}
    for row, text in enumerate(names):
        name = canonical_name(text)
        if name is None and text.upper() in ("Z0", "A0"):
            message = f"{quote(text)} is the mean level; leave out the row and give it as mean_level"
        elif name is None:
            hint = did_you_mean(text, (*CONSTITUENTS, *OTHER_NAMES)) or f"; NOAA's are {', '.join(CONSTITUENTS)}"
            message = f"there is no constituent {quote(text)}{hint}"
        elif name in first:
            also = "" if text.upper() == names[first[name]].upper() else f", as {quote(names[first[name]])} before"
            message = f"the constituent {quote(text)} stands twice{also}"
        else:
            first[name] = row
            continue
        faults.append(Problem(message, sheet.file, sheet.line(row)))
    return limited(faults)


def _harmonics(
    names: list[str], amplitude: Floats, phase: Floats, start: datetime, duration: float, nodal: bool
) -> tuple[Floats, Floats, Floats]:
    """Knots, C and S: for each year those of its middle, with a passage about New Year so that nothing jumps."""
    speeds = np.array([speed(name) for name in names])
    end = start + timedelta(seconds=duration)
    knots, cosine, sine = [], [], []
    for year in range((start - TURN).year, (end + TURN).year + 1):
        argument, factor = yearly(year, nodal)
        begin = year_start(year)
        since = (begin - start).total_seconds()
        angle = np.deg2rad([argument[name] for name in names] - phase) - speeds * since
        size = amplitude * [factor[name] for name in names]
        knots += [since + TURN.total_seconds(), (year_start(year + 1) - TURN - start).total_seconds()]
        cosine += [size * np.cos(angle)] * 2
        sine += [-size * np.sin(angle)] * 2
    return np.array(knots), np.array(cosine), np.array(sine)
