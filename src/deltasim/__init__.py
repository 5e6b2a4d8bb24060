"""Water in a delta: basins, wetlands, rivers, gates, weirs, pumps and tides as one network of water balances.

>>> import deltasim
>>> scenario = deltasim.load("scenarios/single_pond/single_pond.toml")
>>> result = deltasim.run(scenario)
>>> float(result.max_stage.sel(node="pond"))  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deltasim._version import __version__
from deltasim.errors import DeltasimError, IndicatorError, Problem, ResultError, ScenarioError, SolverError

if TYPE_CHECKING:
    from deltasim.forcing.weather import reference_evapotranspiration
    from deltasim.results.dataset import open, write
    from deltasim.scenario import Scenario, load  # type: ignore[no-redef, unused-ignore]
    from deltasim.simulation import run, simulate

__all__ = [
    "DeltasimError",
    "IndicatorError",
    "Problem",
    "ResultError",
    "Scenario",
    "ScenarioError",
    "SolverError",
    "__version__",
    "load",
    "open",
    "reference_evapotranspiration",
    "run",
    "simulate",
    "write",
]

_HOME = {
    "Scenario": "deltasim.scenario",
    "load": "deltasim.scenario",
    "open": "deltasim.results.dataset",
    "reference_evapotranspiration": "deltasim.forcing.weather",
    "run": "deltasim.simulation",
    "simulate": "deltasim.simulation",
    "write": "deltasim.results.dataset",
}


def __getattr__(name: str) -> Any:
    # Reading a scenario needs no solver and opening a result no compiler: each is imported when it is asked for.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
