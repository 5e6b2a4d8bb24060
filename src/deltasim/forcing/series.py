"""From the rows of a series to the `Signal` that a quantity needs: units, gaps, stamps, repetition, cover."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from deltasim.faults import Fault, FieldError, FieldErrors, limited
from deltasim.fields import SeriesTable, SeriesUse
from deltasim.forcing.calendar import YearDates
from deltasim.forcing.clock import Clock
from deltasim.signal import Interpolation, Signal
from deltasim.tables import GAP_REMEDY
from deltasim.units import LENGTH, RATE, Dimension, UnitsError, conversion, convert, is_dimension, quote, to_si

__all__ = ["Rows", "observations_from_rows", "signal_from_rows", "times_going_back"]


Factors = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Rows:
    """A series as it stands in its file or table, before anyone uses it.

    Parameters
    ----------
    table : SeriesTable
        What the scenario says about it.
    time : ndarray or YearDates
        Seconds since the start; calendar dates where the series repeats.
    value : ndarray or sequence
        As written; NaN is a gap. Inline values may be texts with units.
    units : str or None
        Units of the values, from the table or the file.
    place : callable
        ``place(message, column, row)`` makes a fault at one row.
    who : str
        For messages about the whole: ``series.gauge_rain`` or ``the series``.
    blame : callable
        ``blame(message, key)`` makes a fault at one key of the table.
    """

    table: SeriesTable
    time: NDArray[np.float64] | YearDates
    value: NDArray[np.float64] | Sequence[object]
    units: str | None
    place: Callable[[str, str, int], Fault] = field(repr=False)
    who: str
    blame: Callable[[str, str], Fault] = field(repr=False)


def signal_from_rows(rows: Rows, use: SeriesUse, clock: Clock) -> Signal:
    """Make the signal that a quantity needs.

    Parameters
    ----------
    rows : Rows
        The series.
    use : SeriesUse
        What the quantity measures, and how values lie between times unless the series says.
    clock : Clock
        The run, which the series must cover.

    Raises
    ------
    FieldError or FieldErrors
        With file and line of the row to blame.
    """
    table = rows.table
    interpolation = table.interpolation or use.interpolation
    factors, dimension = _unit_conversion(rows, use, interpolation)
    raw = _fill_gaps(rows, _raw_values(rows, dimension, factors))
    with np.errstate(over="ignore"):
        value = convert(raw * table.scale + table.offset, factors)
    _check_finite(rows, value)
    if isinstance(rows.time, YearDates):
        years = range(clock.local_start.year - 1, clock.local_start.year + round(clock.duration / 31e6) + 3)
        time, order = rows.time.expand(years, clock.local_start)
        value = value[order]
    else:
        time = rows.time
    if time.size < 2:
        raise FieldErrors(
            [rows.place("a series needs two rows or more; write one value as a plain number", "value", 0)]
        )
    if table.stamp == "end":
        if interpolation == "linear":
            message = 'stamp = "end" needs interpolation = "previous": only then has a value an interval'
            raise FieldErrors([rows.blame(message, "stamp")])
        time = np.concatenate([[2.0 * time[0] - time[1]], time])
    elif interpolation == "previous":
        # The last interval is as long as the one before it.
        time = np.concatenate([time, [2.0 * time[-1] - time[-2]]])
    _check_cover(rows, time, clock)
    if use.dimension == RATE and dimension == LENGTH:
        value = value / np.diff(time)
    if interpolation == "previous":
        time = time[:-1]
    return Signal(time, value, interpolation)


def observations_from_rows(rows: Rows, dimension: Dimension) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give times and values as they were observed: nothing is filled, and the run need not be covered.

    Parameters
    ----------
    rows : Rows
        A series that does not repeat.
    dimension : Dimension
        What the values measure.

    Returns
    -------
    time : ndarray, s
        Since the start of the run.
    value : ndarray
        In SI; NaN where there is a gap.

    Raises
    ------
    FieldError or FieldErrors
        With file and line of the row to blame.
    """
    assert not isinstance(rows.time, YearDates)
    try:
        factors = (Fraction(1), Fraction(0)) if rows.units is None else conversion(rows.units, dimension)
    except UnitsError as error:
        raise FieldErrors([rows.blame(f"{error}, got {quote(rows.units)}", "units")]) from error
    raw = _raw_values(rows, dimension, factors)
    gap = np.isnan(raw)
    with np.errstate(over="ignore"):
        value = convert(raw * rows.table.scale + rows.table.offset, factors)
    _check_finite(rows, np.where(gap, 0.0, value))
    return rows.time, value


def _unit_conversion(rows: Rows, use: SeriesUse, interpolation: Interpolation) -> tuple[Factors, Dimension]:
    """Find factor and offset to SI, and what the values measure: a rate may be given as depths per interval."""
    if rows.units is None:
        if use.dimension == RATE and not all(isinstance(cell, str) for cell in rows.value):
            example = 'units = "mm/h", or units = "mm" for a depth per interval'
            raise FieldErrors([_use_fault(rows, f"a rate needs units: {example}", "units")])
        return (Fraction(1), Fraction(0)), use.dimension
    dimension = LENGTH if use.dimension == RATE and is_dimension(rows.units, LENGTH) else use.dimension
    if dimension != use.dimension and interpolation == "linear":
        message = f'units = {quote(rows.units)} is a depth per interval, which interpolation = "linear" cannot keep'
        raise FieldErrors([_use_fault(rows, message, "interpolation")])
    try:
        return conversion(rows.units, dimension), dimension
    except UnitsError as error:
        raise FieldErrors([_use_fault(rows, f"{error}, got {quote(rows.units)}", "units")]) from error


def _use_fault(rows: Rows, message: str, key: str) -> Fault:
    """Blame the key of an inline series; of a named one blame the use, for its other uses may be right."""
    fault = rows.blame(message, key)
    if isinstance(fault, FieldError) and fault.absolute:
        return FieldError(f"{message} (in {rows.who})")
    return fault


def _raw_values(rows: Rows, dimension: Dimension, factors: Factors) -> NDArray[np.float64]:
    """Read the values in the units of the series; a text with units is converted into them."""
    if isinstance(rows.value, np.ndarray):
        return rows.value
    values: list[float] = []
    faults: list[Fault] = []
    for row, cell in enumerate(rows.value):
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            values.append(float(cell))
            if math.isnan(cell) and rows.table.gaps is None:
                faults.append(rows.place(f"the value is missing; {GAP_REMEDY}", "value", row))
            continue
        try:
            values.append((to_si(cell, dimension) - float(factors[1])) / float(factors[0]))
        except UnitsError as error:
            faults.append(rows.place(str(error), "value", row))
    if faults:
        raise FieldErrors(limited(faults))
    return np.array(values, dtype=np.float64)


def _fill_gaps(rows: Rows, value: NDArray[np.float64]) -> NDArray[np.float64]:
    gap = np.isnan(value)
    _check_finite(rows, np.where(gap, 0.0, value))
    if not gap.any():
        return value
    if rows.table.gaps == "zero":
        return np.where(gap, 0.0, value)
    known = np.flatnonzero(~gap)
    if known.size == 0 or gap[0] or (gap[-1] and rows.table.gaps == "linear"):
        row = 0 if known.size == 0 or gap[0] else value.size - 1
        raise FieldErrors(
            [rows.place(f'the gap at an end cannot be filled by gaps = "{rows.table.gaps}"', "value", row)]
        )
    if rows.table.gaps == "previous":
        return np.asarray(value[np.maximum.accumulate(np.where(gap, 0, np.arange(value.size)))])
    clock = rows.time.of_one_year() if isinstance(rows.time, YearDates) else rows.time
    return np.asarray(np.interp(clock, clock[known], value[known]))


def _check_finite(rows: Rows, value: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(~np.isfinite(value)).tolist()
    if bad:
        raise FieldErrors(limited([rows.place("the value is not finite", "value", row) for row in bad]))


def _check_cover(rows: Rows, time: NDArray[np.float64], clock: Clock) -> None:
    """Raise unless the series covers the run."""
    if not clock.is_known:
        return
    faults = []
    remedy = 'or say repeat = "year"' if rows.table.repeat is None else ""
    last = len(rows.value) - 1
    if time[0] > 0.0:
        begin = f"{rows.who} begins at {clock.show(time[0])}, after the run does at {clock.show(0.0)}"
        faults.append(rows.place(f"{begin}; add earlier rows {remedy}".rstrip(), "time", 0))
    if time[-1] < clock.duration:
        end = f"{rows.who} ends at {clock.show(time[-1])}, before the run does at {clock.show(clock.duration)}"
        faults.append(rows.place(f"{end}; add later rows {remedy}".rstrip(), "time", last))
    if faults:
        raise FieldErrors(faults)


def times_going_back(time: NDArray[np.float64], clock: Clock) -> list[tuple[int, str]]:
    """Find the rows whose time does not rise above that of the row before; times that are NaN are passed over."""
    rows = np.flatnonzero(~np.isnan(time))
    known = time[rows]
    found = []
    for index in (np.flatnonzero(np.diff(known) <= 0.0) + 1).tolist():
        before, after = clock.show(known[index - 1]), clock.show(known[index])
        words = f"time {before} stands twice" if before == after else f"time goes back from {before} to {after}"
        found.append((int(rows[index]), words))
    return found
