"""The corridor: a scenario becomes a network, the network is solved, and what comes out goes to a sink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deltasim.errors import SolverError
from deltasim.network import Network
from deltasim.quality import trace
from deltasim.results.collect import Collector
from deltasim.results.frame import Frame, Sink, Summary
from deltasim.scenario import Scenario
from deltasim.solver.build import Prepared, prepare
from deltasim.solver.hot_start import resume
from deltasim.solver.run import Event, begin, march, totals
from deltasim.timings import Stopwatch

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Outcome", "run", "simulate"]

Progress = Callable[[float, float], None]
"""Called with the simulated seconds and the length of the whole run."""


@dataclass(frozen=True)
class Outcome:
    """What a run gave, besides what went to the sink.

    Parameters
    ----------
    frame : Frame
        Names, start and the like.
    summary : Summary
        Extremes, balance, counts.
    max_storage : ndarray, shape (n_node,), m3
        NaN on boundaries.
    seconds : float
        Spent in the solver.
    """

    frame: Frame
    summary: Summary
    max_storage: NDArray[np.float64]
    seconds: float


def simulate(
    scenario: Scenario,
    sink: Sink,
    *,
    progress: Progress | None = None,
    command: str = "deltasim.run",
    watch: Stopwatch | None = None,
) -> Outcome:
    """Run a scenario and send its results to a sink, chunk by chunk.

    Parameters
    ----------
    scenario : Scenario
    sink : Sink
        `begin` is called before anything is computed; then `append`, then `finish` or `fail`.
    progress : callable, optional
        Called now and then with the simulated and the whole seconds.
    command : str
        What asked for the run, for the file's history.
    watch : Stopwatch, optional
        Told of each part of the way.

    Returns
    -------
    Outcome

    Raises
    ------
    SolverError
        The run failed; the sink has kept what was computed.
    """
    watch = watch or Stopwatch()
    with watch.part("preparing"):
        network, prepared, collector = _ready(scenario, command)
        frame = collector.frame()
    with watch.part("writing"):
        sink.begin(frame)
    with watch.part("compiled_code"):
        _ = prepared.packed  # what no network before has needed is compiled here
    times: NDArray[np.float64] = scenario.output_step * np.arange(1, frame.n_time, dtype=np.float64)
    times[-1] = scenario.duration
    timer = [0.0]
    journal: list[Event] = []
    masses = [tracer.mass for tracer in collector.carried.tracers]

    def tell(simulated: float) -> None:
        if progress is not None:
            progress(simulated, scenario.duration)

    try:
        with watch.part("solving"):
            try:
                begin(prepared, journal)
            finally:
                with watch.part("writing"):
                    sink.append(collector.start())
            for rows in march(network, prepared, times, progress=tell, timer=timer, journal=journal):
                with watch.part("gathering"):
                    chunk = collector.chunk(rows)
                with watch.part("writing"):
                    sink.append(chunk)
    except SolverError as error:
        broken = collector.summary(totals(prepared, network.initial_storage, masses), journal, timer[0])
        sink.fail(str(error), broken)
        raise
    with watch.part("gathering"):
        whole = totals(prepared, network.initial_storage, masses)
        summary, state = collector.summary(whole, journal, timer[0]), collector.state(whole)
    with watch.part("closing"):
        sink.finish(summary, state)
    return Outcome(frame, summary, collector.over_nodes(whole.max_storage), timer[0])


def _ready(scenario: Scenario, command: str) -> tuple[Network, Prepared, Collector]:
    """Everything at its start."""
    network = Network.from_components(scenario.nodes, scenario.links)
    if scenario.initial_state is not None:
        network = network.starting_with(scenario.initial_state.of("storage"))
    tracers = trace(network, scenario.substances, scenario.loads, scenario.tracing, scenario.initial_state)
    clock = scenario.start
    prepared = prepare(
        network,
        end=scenario.duration,
        tolerance=scenario.stage_tolerance,
        max_step=scenario.max_step,
        control=scenario.control,
        time_of_day=float(clock.hour * 3600 + clock.minute * 60 + clock.second) + clock.microsecond * 1e-6,
        tracers=tracers,
    )
    if scenario.initial_state is not None:
        resume(prepared.controls, scenario.initial_state)
    return network, prepared, Collector(scenario, network, prepared.controls, command, tracers)


def run(scenario: Scenario, *, progress: bool = False) -> xr.Dataset:
    """Run a scenario in memory.

    Parameters
    ----------
    scenario : Scenario
        From `deltasim.load`.
    progress : bool
        Show a bar on standard error.

    Returns
    -------
    xarray.Dataset
        With indexes ``node`` and ``link`` by name: ``result.stage.sel(node="swan_lake")``.

    Raises
    ------
    SolverError
        The run failed.
    """
    from deltasim.results.dataset import MemorySink  # noqa: PLC0415  xarray only for who asks for a Dataset

    sink = MemorySink()
    if progress:
        from deltasim.progress import progress_bar  # noqa: PLC0415

        with progress_bar() as tell:
            simulate(scenario, sink, progress=tell)
    else:
        simulate(scenario, sink)
    assert sink.dataset is not None, "the run has finished"
    return sink.dataset
