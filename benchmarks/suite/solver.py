"""The solver on networks of every kind: time, steps, cost of a node and step, and error in stage."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any, ClassVar

import laws
import numpy as np
import topics

from deltasim.network import Network
from deltasim.quality import trace
from deltasim.solver.build import Prepared, prepare
from deltasim.solver.run import begin, march, totals

TOLERANCE = 1e-4
TIGHT = 1e-7


class _Solver:
    """Ready to solve: the code compiled, the network laid out, its state as at the start."""

    body: ClassVar[Callable[[int], str]]
    head: ClassVar[dict[str, Any]] = {}

    params: ClassVar[Any] = [1]
    param_names: ClassVar[Any] = ["nodes"]
    # One thread solves, and its own time knows nothing of what else the machine does.
    timer = time.process_time
    # A march changes the state, and `setup` restores it: one march for each.
    number = 1
    repeat = (5, 30, 5.0)
    warmup_time = 0.0
    timeout = 600

    fresh: Prepared | None = None

    def setup(self, size: int) -> None:
        """Lay the network out once and warm the compiled code; then bring back the state of the start."""
        if self.fresh is None:
            self.fresh = self.layout(size, TOLERANCE)
            self.march(copy.deepcopy(self.fresh))
        self.state = copy.deepcopy(self.fresh)

    def layout(self, size: int, tolerance: float) -> Prepared:
        """Read the scenario and prepare it for the loop."""
        scenario = topics.scenario(type(self).body(size), tolerance=tolerance, **self.head)
        self.network = Network.from_components(scenario.nodes, scenario.links)
        self.times = scenario.output_step * np.arange(1, round(scenario.duration / scenario.output_step) + 1.0)
        return prepare(
            self.network,
            end=scenario.duration,
            tolerance=tolerance,
            max_step=scenario.max_step,
            control=scenario.control,
            tracers=trace(self.network, scenario.substances, scenario.loads, scenario.tracing, None),
        )

    def march(self, state: Prepared) -> np.ndarray:
        """Solve, and give all stages."""
        begin(state)
        return np.concatenate([rows.stage for rows in march(self.network, state, self.times)])

    def time_solve(self, size: int) -> None:
        """From start to end."""
        self.march(self.state)

    def track_steps(self, size: int) -> int:
        """Steps accepted and rejected."""
        self.march(self.state)
        whole = totals(self.state, self.network.initial_storage)
        return whole.steps + whole.rejected_steps

    track_steps.unit = "steps"  # type: ignore[attr-defined]

    def track_cost(self, size: int) -> float:
        """Time of one node in one step, whether that was accepted or not."""
        steps = self.track_steps(size)
        assert self.fresh is not None
        seconds = []
        for _ in range(3):
            state, begun = copy.deepcopy(self.fresh), time.process_time()
            self.march(state)
            seconds.append(time.process_time() - begun)
        return min(seconds) / steps / len(self.network.storage) * 1e9

    track_cost.unit = "ns"  # type: ignore[attr-defined]


class SinglePond(_Solver):
    body = topics.single_pond


class Series(_Solver):
    body = topics.series
    params: ClassVar[Any] = [10, 100, 1000]


class Drowned(_Solver):
    body = topics.drowned
    params: ClassVar[Any] = [100, 1000]


class River(_Solver):
    body = topics.river
    params: ClassVar[Any] = [200]


class RiverTree(_Solver):
    body = topics.river_tree
    head: ClassVar[dict[str, Any]] = {"days": 0.5}
    params: ClassVar[Any] = [2000]


class Tree(_Solver):
    body = topics.tree_of_ponds
    params: ClassVar[Any] = [100, 1000]


class MixedLinks(_Solver):
    body = topics.mixed_links
    params: ClassVar[Any] = [100]


class Rules(_Solver):
    body = topics.rules
    params: ClassVar[Any] = [20]


class Wetlands(_Solver):
    body = topics.wetlands
    params: ClassVar[Any] = [20]


class HourlyYear(_Solver):
    body = topics.hourly_year
    head: ClassVar[dict[str, Any]] = {"days": 365, "step": "1 d"}


class Polders(_Solver):
    """A square grid, which fills in as it is eliminated; few steps."""

    body = topics.grid_of_polders
    head: ClassVar[dict[str, Any]] = {"days": 1 / 288, "step": "5 min"}
    params: ClassVar[Any] = [30, 100]
    param_names: ClassVar[Any] = ["side"]
    repeat = (2, 3, 20.0)


class LongSeries(_Solver):
    """Ponds by the ten thousand; few steps."""

    params: ClassVar[Any] = [10_000, 100_000]
    repeat = (3, 5, 10.0)

    def layout(self, size: int, tolerance: float) -> Prepared:
        """Make the network without its text."""
        self.network, self.times = topics.long_series(size), np.array([3600.0])
        return prepare(self.network, end=3600.0, tolerance=tolerance, max_step=86400.0)


class Accuracy:
    """Largest error in stage against a run at a tolerance a thousand times tighter."""

    CASES: ClassVar[dict[str, tuple[type[_Solver], int]]] = {
        "single pond": (SinglePond, 1),
        "10 in series": (Series, 10),
        "100 in series": (Series, 100),
        "100 drowned": (Drowned, 100),
        "river": (River, 200),
        "tree of 100": (Tree, 100),
        "ten kinds of links": (MixedLinks, 100),
        "wetlands": (Wetlands, 20),
    }
    params: ClassVar[Any] = list(CASES)
    param_names: ClassVar[Any] = ["network"]

    def track_error(self, name: str) -> float:
        """Of all nodes and output times."""
        kind, size = self.CASES[name]
        topic = kind()
        found, exact = (topic.march(topic.layout(size, tolerance)) for tolerance in (TOLERANCE, TIGHT))
        return float(np.abs(found - exact).max())

    track_error.unit = "m"  # type: ignore[attr-defined]


class Laws:
    """A thousand links of ten kinds, sixty-four times."""

    timer = time.process_time
    timeout = 600

    def setup(self) -> None:
        """Links and stages at random, the same each time."""
        rng = np.random.default_rng(5)
        prepared = laws.network(rng)
        prepared.work.trial[:] = 1e4
        prepared.work.lift[:] = 1e-4
        self.problem, self.work = prepared.packed
        self.stages = rng.uniform(-0.9, 2.5, (laws.SETS, len(prepared.work.stage)))
        self.time_laws()

    def time_plain(self) -> None:
        """Evaluate them all, as a step does five times of six."""
        laws.evaluate(self.problem, self.work, self.stages, 0, laws.SETS, False)

    def time_laws(self) -> None:
        """Evaluate them all with their derivatives."""
        laws.evaluate(self.problem, self.work, self.stages, 0, laws.SETS, True)
