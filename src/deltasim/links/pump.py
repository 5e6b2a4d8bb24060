"""Pumps: a capacity, or a curve of discharge over head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Gt, Le
from numpy.typing import NDArray
from pydantic import Field, model_validator

from deltasim import units
from deltasim._jit import jit_law
from deltasim.constants import EVERYWHERE, FADE_DEPTH
from deltasim.faults import FieldError, FieldErrors
from deltasim.fields import Columns, Count, Level, Number, OrTable, SettingLevel, Table, Varying, Within
from deltasim.links.kind import Ends, Link, LinkKind, Switch, always, ramp_width
from deltasim.links.roots import ramp
from deltasim.links.table import PiecewiseCubics, pack_cubics, piecewise
from deltasim.signal import Signal

__all__ = ["PUMP"]


class Pump(Link):
    """A pump, or several equal ones.

    Parameters
    ----------
    capacity : Signal (m3/s, of each) or Table
        A table has the columns ``head`` (m, to minus from, strictly rising) and ``discharge`` (not rising).
    count : int
        Equal pumps side by side.
    min_from_stage : float, m, optional
        Stage of the source below which it does not draw.
    max_to_stage : float, m, optional
        Stage of the receiving water above which it does not deliver.
    start_stage, stop_stage : Signal, m, optional
        Stages of the source at which it starts and, lower, at which it stops.
    start_to_stage, stop_to_stage : Signal, m, optional
        Stages of the receiving water at which it starts and, higher, at which it stops.
    efficiency : float, optional
        Of the whole set, 0 to 1; the result then has the energy used.

    Notes
    -----
    With a capacity, and with a curve over the head from `from` to `to`:

        Q = count capacity
        Q = count curve(h_to - h_from)

    A curve is linear between rows and ends with its first and last discharge; no pump runs backwards. It fades over
    the first millimetre of its source, over the millimetre above `min_from_stage`, and over the one below
    `max_to_stage` (on tiny nodes over the depth of 1e-3 m3, if that is more): a dry source gives nothing.

    With start and stop stages it has hysteresis: between the two it stays as it is, running or not, and at the start
    of the run it is off unless beyond its start stage. Each start and stop is located in time and in the result as an
    event. Energy is the sum of rho g Q (h_to - h_from) / efficiency over the run, where it lifts.

    References
    ----------
    Rossman, L. A. (2017), SWMM reference manual II: hydraulics, section 6.1, on curves of discharge over head and on
    start and stop depths.
    """

    kind: ClassVar[str] = "pump"

    capacity: Annotated[
        Signal | Table,
        OrTable(
            Varying(units.DISCHARGE, "previous"),
            Columns(
                head=units.LENGTH,
                discharge=units.DISCHARGE,
                rising=("head",),
                least={"discharge": 0.0},
                rows=2,
            ),
        ),
        Within(ge=0.0, dimension=units.DISCHARGE),
    ] = Field(
        description="Of each pump; or its discharge, not rising, over head = stage of 'to' minus stage of 'from'."
    )
    count: Count = Field(default=1, description="Equal pumps side by side.")
    min_from_stage: Level | None = Field(default=None, description="Below it the pump draws nothing.")
    max_to_stage: Level | None = Field(default=None, description="Above it the pump delivers nothing.")
    start_stage: SettingLevel | None = Field(
        default=None, description="Of 'from': the pump starts above it, to drain; without it, it always runs."
    )
    stop_stage: SettingLevel | None = Field(
        default=None, description="Of 'from', below start_stage: the pump stops below it."
    )
    start_to_stage: SettingLevel | None = Field(default=None, description="Of 'to': the pump starts below it, to fill.")
    stop_to_stage: SettingLevel | None = Field(
        default=None, description="Of 'to', above start_to_stage: the pump stops above it."
    )
    efficiency: Annotated[Number, Gt(0), Le(1)] | None = Field(
        default=None, description="Of the whole set; the result then has the energy used."
    )

    @model_validator(mode="after")
    def _starts_and_stops(self) -> Pump:
        for start, stop in (("start_stage", "stop_stage"), ("start_to_stage", "stop_to_stage")):
            for key, other in ((start, stop), (stop, start)):
                if getattr(self, key) is None and getattr(self, other) is not None:
                    raise FieldError(f"needs {key} beside it: between the two the pump stays as it is", other)
        if self.start_stage is not None and self.start_to_stage is not None:
            raise FieldError("give start_stage and stop_stage, or start_to_stage and stop_to_stage", "start_to_stage")
        if self.start_stage is not None and self.stop_stage is not None:
            _check_apart(self.start_stage, self.stop_stage, "stop_stage", "below start_stage")
        if self.start_to_stage is not None and self.stop_to_stage is not None:
            _check_apart(self.start_to_stage, self.stop_to_stage, "stop_to_stage", "above start_to_stage")
        return self

    @model_validator(mode="after")
    def _curve_falls(self) -> Pump:
        if isinstance(self.capacity, Signal):
            return self
        rises = np.flatnonzero(np.diff(self.capacity["discharge"]) > 0.0)
        if len(rises):
            row = int(rises[0]) + 1
            raise FieldErrors(
                [self.capacity.fault("the discharge of a pump must not rise with the head", "discharge", row)]
            )
        return self


def _check_apart(start: Signal, stop: Signal, key: str, where: str) -> None:
    """Raise unless `stop` lies below or above `start` at all times."""
    time = np.union1d(start.time, stop.time)
    time = np.concatenate([time, np.nextafter(time, -np.inf)])  # at a jump the values before it as well
    above = start.at(time) - stop.at(time)
    wrong = np.flatnonzero((above if where.startswith("below") else -above) <= 0.0)
    if len(wrong):
        first = time[wrong[0]]
        got = f"got {float(stop.at(first)):g} m beside {float(start.at(first)):g} m"
        raise FieldError(f"expected a level {where}, {got}", key)


class PumpParameters(NamedTuple):
    """Arrays over the pumps."""

    curve: PiecewiseCubics
    """Discharge over head, m3/s; a row of 1 for pumps with a capacity."""
    by_capacity: NDArray[np.int64]
    lowest: NDArray[np.float64]
    """`min_from_stage`, m."""
    lowest_width: NDArray[np.float64]
    highest: NDArray[np.float64]
    """Stage of the receiving water at which it begins to fade, m."""
    highest_width: NDArray[np.float64]


def _curve_of(pump: Pump) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    if isinstance(pump.capacity, Signal):
        return np.zeros(1), np.ones(1), "linear"
    table: Table = pump.capacity
    head, discharge = table["head"], table["discharge"]
    # A row more, so that the last discharge holds above the table: no pump runs backwards.
    return np.append(head, head[-1] + 1.0), np.append(discharge, discharge[-1]), "linear"


def build_pumps(pumps: Sequence[Pump], ends: Sequence[Ends]) -> PumpParameters:
    """Make the law's parameters; the ends say over which rise of stage a pump fades."""
    lowest, lowest_width, highest, highest_width = [], [], [], []
    for pump, end in zip(pumps, ends, strict=True):
        low = pump.min_from_stage
        lowest.append(-EVERYWHERE if low is None else low)
        lowest_width.append(FADE_DEPTH if low is None else ramp_width(end.from_curve, low))
        top = pump.max_to_stage
        width = FADE_DEPTH if top is None else ramp_width(end.to_curve, top)
        highest.append(EVERYWHERE if top is None else top - width)
        highest_width.append(width)
    return PumpParameters(
        pack_cubics([_curve_of(pump) for pump in pumps]),
        np.array([isinstance(pump.capacity, Signal) for pump in pumps], dtype=np.int64),
        *(np.array(a, dtype=float) for a in (lowest, lowest_width, highest, highest_width)),
    )


@jit_law
def pump_law(p: Any, i: int, h_from: float, h_to: float, capacity: float):  # type: ignore[no-untyped-def]
    """Discharge of pump `i`; `Pump` has the equation. `capacity` does not reach a pump with a curve."""
    draw, draw_slope = ramp(h_from, p.lowest[i], p.lowest_width[i])
    fill, fill_slope = ramp(h_to, p.highest[i], p.highest_width[i])
    if p.by_capacity[i] == 1:
        share = draw * (1.0 - fill)
        return capacity * share, capacity * draw_slope * (1.0 - fill), -capacity * draw * fill_slope, share
    q, slope = piecewise(p.curve, i, h_to - h_from)
    by_from = -slope * draw * (1.0 - fill) + q * draw_slope * (1.0 - fill)
    by_to = slope * draw * (1.0 - fill) - q * draw * fill_slope
    return q * draw * (1.0 - fill), by_from, by_to, 0.0


def pump_switches(pump: Pump) -> tuple[Switch, ...]:
    """What turns a pump on and off: its start and stop stages."""
    own = f"pump.{pump.name}"
    if pump.start_stage is not None:
        stage = f"{pump.from_node}.stage"
        return (Switch("running", f"{stage} > {own}.start_stage", f"{stage} < {own}.stop_stage"),)
    if pump.start_to_stage is not None:
        stage = f"{pump.to_node}.stage"
        return (Switch("running", f"{stage} < {own}.start_to_stage", f"{stage} > {own}.stop_to_stage"),)
    return ()


PUMP = LinkKind(
    name="pump",
    model=Pump,
    parameters=PumpParameters,
    build=build_pumps,
    law=pump_law,
    setting="capacity",
    one_way=True,
    fades=always,
    moves=("open", "capacity", "start_stage", "stop_stage", "start_to_stage", "stop_to_stage"),
    switches=pump_switches,
)
