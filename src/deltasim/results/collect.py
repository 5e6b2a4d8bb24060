"""From what the solver counts to what a result file says: rows to chunks, totals to a summary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deltasim.links import LINKS
from deltasim.network import Network
from deltasim.quality import Tracer
from deltasim.results.carried import Carried, over_nodes
from deltasim.results.frame import Attribute, Chunk, Frame, State, Summary
from deltasim.signal import Signal, mean_of_product
from deltasim.solver.controls import Controls
from deltasim.solver.hot_start import final_state
from deltasim.solver.run import Event, Rows, Totals
from deltasim.tide import Tide

if TYPE_CHECKING:
    from deltasim.scenario import Scenario

__all__ = ["Collector"]

Floats = NDArray[np.float64]

SETTINGS = ("opening", "capacity", "open", "crest_level", "fraction", "running", "development")
"""Keys of links whose value is a result where something moves it."""

SOIL = ("water_table", "soil_storage")

EVENTS = ("event_time", "event_source", "event_target", "event_value", "event_unit")
GIVEN = {"inflow": 1.0, "demand": -1.0}
"""Kinds of link with one end outside that are also a variable of their node, and their sign there."""


class Collector:
    """Knows the order and the names of a result.

    Parameters
    ----------
    scenario : Scenario
    network : Network
        Of that scenario.
    controls : Controls
        What moves in it.
    command : str
        What asked for the run, for the file's history.
    tracers : sequence of Tracer
        What the water carries along.
    """

    def __init__(
        self,
        scenario: Scenario,
        network: Network,
        controls: Controls,
        command: str,
        tracers: Sequence[Tracer] = (),
    ) -> None:
        self.carried = Carried(network, tracers)
        self.scenario = scenario
        self.network = network
        self.controls = controls
        self.command = command
        self.source_names = tuple(dict.fromkeys(source.variable for _, _, source in network.sources))
        self.beds = np.array([curve.bed_level for curve in network.curves], dtype=float)
        self.has_soil = np.array([curve.bed_row > 0 for curve in network.curves], dtype=bool)
        self.given_names = tuple(kind for kind in GIVEN if any(link.kind == kind for link in network.links))
        self.wanting = tuple(i for i, link in enumerate(network.links) if LINKS[link.kind].wants)
        self.moved: dict[str, dict[int, Signal]] = {}
        for i, link in enumerate(network.links):
            for key in LINKS[link.kind].moves:
                signal = getattr(link, key, None)
                if key in SETTINGS and isinstance(signal, Signal) and not signal.is_constant:
                    self.moved.setdefault(key, {})[i] = signal
        index = {name: i for i, name in enumerate(network.link_name)}
        self.positions = [
            (actuator.key, index[actuator.link], a)
            for a, actuator in enumerate(controls.actuators)
            if actuator.key in SETTINGS
        ]
        for key, _, _ in self.positions:
            self.moved.setdefault(key, {})
        # A setting that one link moves is shown for every link that has it.
        for key, signals in self.moved.items():
            for i, link in enumerate(network.links):
                signal = getattr(link, key, None)
                if key in LINKS[link.kind].moves and isinstance(signal, Signal):
                    signals.setdefault(i, signal)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the result variables of this run."""
        names = ["stage", "depth", "mean_stage", "storage", "area", *(SOIL if self.has_soil.any() else ())]
        if self.network.links:
            names.append("discharge")
        names += [*self.given_names, *self.source_names]
        if self.wanting:
            names.append("shortage")
        names += [key for key in SETTINGS if key in self.moved]
        names += ["max_stage", "time_of_max_stage"]
        if self.network.links:
            names += ["max_discharge", "time_of_max_discharge"]
        if any(getattr(link, "efficiency", None) for link in self.network.links):
            names.append("energy")
        names += self.carried.variables
        if self.controls.is_needed:
            names += EVENTS
        return (*names, "balance_error")

    def frame(self) -> Frame:
        """Say what is known before the run."""
        scenario, network = self.scenario, self.network
        # An unset coordinate is None, which numpy reads as NaN.
        place = {axis: np.array([getattr(node, axis) for node in network.nodes], dtype=float) for axis in ("x", "y")}
        given = any(np.isfinite(values).any() for values in place.values())
        return Frame(
            node_name=network.node_name,
            node_kind=network.node_kind,
            link_name=network.link_name,
            link_kind=tuple(link.kind for link in network.links),
            from_node=tuple(link.from_node for link in network.links),
            to_node=tuple(link.to_node for link in network.links),
            bed_level=self.over_nodes(self.beds),
            x=place["x"] if given else None,
            y=place["y"] if given else None,
            chainage=self.chainage(),
            start=scenario.start,
            duration=scenario.duration,
            output_step=scenario.output_step,
            n_time=round(scenario.duration / scenario.output_step) + 1,
            variables=self.variables,
            scenario=scenario.text,
            title=scenario.title,
            summary=scenario.summary,
            files=scenario.files,
            vertical_datum=scenario.vertical_datum or "",
            crs=scenario.crs or "",
            substances=self.carried.substances,
            source_name=self.carried.sources,
            command=self.command,
        )

    def over_nodes(self, storages: Floats) -> Floats:
        """Spread values of storages over all nodes, NaN on boundaries."""
        return over_nodes(self.network, storages)

    def chainage(self) -> Floats | None:
        """Distance of each node from the upstream end of its river, m; None where there is no river."""
        known = {name: x for river in self.scenario.rivers.values() for name, x in river.chainages()}
        return np.array([known.get(name, np.nan) for name in self.network.node_name]) if known else None

    def start(self) -> Chunk:
        """Row of the start, where interval means are not defined; control has told its first word."""
        network, zero = self.network, np.zeros(1)
        stage = np.array([float(c.stage_at(v)) for c, v in zip(network.curves, network.initial_storage, strict=True)])
        area = np.array([float(c.area_at(h)) for c, h in zip(network.curves, stage, strict=True)])
        missing = np.full((1, len(network.curves)), np.nan)
        rows = Rows(
            zero,
            stage[None],
            missing,
            area[None],
            network.initial_storage[None],
            np.full((1, len(network.links)), np.nan),
            np.full((1, len(network.sources)), np.nan),
            self.controls.state.value[None].copy(),
            np.full((1, len(self.controls.wanting)), np.nan),
            self.carried.at_start[None],
        )
        chunk = self.chunk(rows)
        chunk.data["mean_stage"][:] = np.nan
        if "shortage" in chunk.data:
            chunk.data["shortage"][:] = np.nan
        return chunk

    def chunk(self, rows: Rows) -> Chunk:
        """Turn rows of the solver into values of the result.

        Parameters
        ----------
        rows : Rows

        Returns
        -------
        Chunk
        """
        network, step = self.network, self.scenario.output_step
        stage, mean = self.over_nodes(rows.stage), self.over_nodes(rows.mean_stage)
        edges = np.append(rows.time[0] - step, rows.time)
        for node, signal in zip(network.boundary, network.boundary_stage, strict=True):
            if signal is not None:
                stage[:, node] = signal.at(rows.time)
                mean[:, node] = signal.mean(edges)
        dry = self.has_soil & (rows.stage < self.beds)
        data = {
            "stage": stage,
            "depth": self.over_nodes(np.maximum(rows.stage - self.beds, 0.0)),
            "mean_stage": mean,
            "storage": self.over_nodes(rows.storage),
            "area": self.over_nodes(np.where(dry, 0.0, rows.area)),
        }
        if self.has_soil.any():
            full = np.array([curve.bed_storage for curve in network.curves])
            held = {"water_table": np.minimum(rows.stage, self.beds), "soil_storage": np.minimum(rows.storage, full)}
            data |= {name: self.over_nodes(np.where(self.has_soil, values, np.nan)) for name, values in held.items()}
        discharge = rows.link_volume / step
        if network.links:
            data["discharge"] = discharge
        for kind in self.given_names:
            data[kind] = self._given(kind, discharge)
        for name in self.source_names:
            data[name] = self._source(name, rows.source_volume / step)
        if self.wanting:
            data["shortage"] = self._shortage(discharge, rows.wish / step, edges)
        for key, signals in self.moved.items():
            values = np.full_like(discharge, np.nan)
            for i, signal in signals.items():
                values[:, i] = signal.at(rows.time)
            data[key] = values
        for key, link, a in self.positions:
            data[key][:, link] = rows.position[:, a]
        data |= self.carried.values(rows)
        return Chunk(rows.time, data)

    def _given(self, kind: str, discharge: Floats) -> Floats:
        network = self.network
        values = np.zeros((len(discharge), len(network.node_name)))
        for i, link in enumerate(network.links):
            if link.kind == kind:
                node = network.target[i] if GIVEN[kind] > 0.0 else network.origin[i]
                values[:, node] += GIVEN[kind] * discharge[:, i]
        return self.over_nodes(values[:, network.storage])

    def _source(self, name: str, discharge: Floats) -> Floats:
        values = np.zeros((len(discharge), len(self.network.node_name)))
        for i, (_, node, source) in enumerate(self.network.sources):
            if source.variable == name:
                values[:, node] += discharge[:, i]
        return self.over_nodes(values[:, self.network.storage])

    def _shortage(self, discharge: Floats, wish: Floats, edges: Floats) -> Floats:
        values = np.full_like(discharge, np.nan)
        moved = {name: wish[:, j] for j, name in enumerate(self.controls.wanting)}
        for i in self.wanting:
            link = self.network.links[i]
            # Round-off of two ways to the same volume is not a shortage.
            wanted = moved[link.name] if link.name in moved else mean_of_product(link.discharge, link.open, edges)
            short = wanted - discharge[:, i]
            values[:, i] = np.where(short > 1e-12 * np.abs(wanted), short, 0.0)
        return values

    def summary(self, totals: Totals, journal: list[Event], seconds: float) -> Summary:
        """Say what is known at the end.

        Parameters
        ----------
        totals : Totals
        journal : list of Event
        seconds : float
            Spent in the solver.

        Returns
        -------
        Summary
        """
        network = self.network
        highest = self.over_nodes(
            np.array([float(c.stage_at(v)) for c, v in zip(network.curves, totals.max_storage, strict=True)])
        )
        when = self.over_nodes(totals.time_of_max_storage)
        for node, signal in zip(network.boundary, network.boundary_stage, strict=True):
            if signal is not None:
                highest[node], when[node] = highest_of(signal, self.scenario.duration)
        data = {
            "max_stage": highest,
            "time_of_max_stage": when,
            "balance_error": self.over_nodes(totals.balance_error),
        }
        if network.links:
            data["max_discharge"] = totals.max_discharge
            data["time_of_max_discharge"] = totals.time_of_max_discharge
        if "energy" in self.variables:
            pumps = np.array([bool(getattr(link, "efficiency", None)) for link in network.links])
            data["energy"] = np.where(pumps, totals.energy, np.nan)
        if self.controls.is_needed:
            data["event_time"] = np.array([event.time for event in journal], dtype=float)
            data["event_value"] = np.array([event.value for event in journal], dtype=float)
            for name in ("source", "target"):
                data[f"event_{name}"] = np.array([getattr(event, name) for event in journal], dtype=object)
            data["event_unit"] = np.array([event.units for event in journal], dtype=object)
        data |= self.carried.errors(totals)
        attributes: dict[str, Attribute] = {
            "solver_steps": totals.steps,
            "solver_rejected_steps": totals.rejected_steps,
            "solver_seconds": seconds,
            "relative_balance_error": totals.relative_balance_error,
            **self.carried.relative_errors(totals),
        }
        if warnings := self.warnings(totals):
            attributes["warnings"] = "\n".join(warnings)
        return Summary(data, attributes)

    def warnings(self, totals: Totals) -> list[str]:
        """Say which curves the water rose above: there the area is held at that of the top row.

        A curve of one row is a prism on purpose, and says nothing.
        """
        found = []
        start = self.scenario.start
        for i, node in enumerate(self.network.storage):
            curve = self.network.curves[i]
            top, stage = float(curve.stage[-1]), float(curve.stage_at(totals.max_storage[i]))
            if len(curve.surface.stage) > 1 and stage > top:
                when = start + timedelta(seconds=float(totals.time_of_max_storage[i]))
                found.append(
                    f"{self.network.node_name[node]} rose to {stage:.3f} m on {when:%Y-%m-%d %H:%M}, above the top row "
                    f"of its curve at {top:g} m; its area was held at {curve.top_area:g} m2 there"
                )
        return found

    def state(self, totals: Totals) -> State:
        """What a later run needs in order to go on."""
        return {
            "storage": self.over_nodes(totals.storage),
            **final_state(self.controls, self.scenario.duration),
            **self.carried.state(totals),
        }


def highest_of(signal: Signal | Tide, end: float) -> tuple[float, float]:
    """Highest value of a signal over the run, and when it is first reached.

    Parameters
    ----------
    signal : Signal or Tide
    end : float, s

    Returns
    -------
    value : float
    time : float, s
    """
    if isinstance(signal, Tide):
        return signal.highest(end)
    times = np.concatenate(([0.0], signal.breakpoints(0.0, end)))
    if signal.interpolation == "linear":
        times = np.append(times, end)
    values = signal.at(times)
    best = int(np.argmax(values))
    return float(values[best]), float(times[best])
