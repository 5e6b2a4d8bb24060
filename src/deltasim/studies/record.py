"""A result as indicators see it: series by the names of zones and links, and the ground of each zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

import numpy as np
import xarray as xr

from deltasim.errors import IndicatorError, ResultError, ScenarioError
from deltasim.geometry import Curve
from deltasim.network import lowest_sills
from deltasim.results.dataset import files_of
from deltasim.results.time_comment import clock_offset
from deltasim.scenario import from_text

__all__ = ["Record"]

ZONES = ("basin", "wetland")
"""Kinds of nodes that are zones: water with ground under it."""
LONG = np.timedelta64(2 * 365, "D")
"""From this on a run is looked at year by year."""


class Record:
    """A result and its name.

    Parameters
    ----------
    name : str
        Of the scenario, for tables.
    result : Dataset
        From `deltasim.run` or `deltasim.open`.
    file : str
        Where it comes from.

    Raises
    ------
    ResultError
        It is no result.
    """

    def __init__(self, name: str, result: xr.Dataset, file: str = "") -> None:
        missing = [part for part in ("time", "node", "node_kind") if part not in result.variables]
        if missing or not result.sizes["time"]:
            words = f"it has no {missing[0]}" if missing else "it has no times"
            raise ResultError(f"{file or name}: this is no result of deltasim: {words}")
        if reason := result.attrs.get("run_failed"):
            raise ResultError(f"{file or name}: this run failed, and cannot be compared: {reason}")
        self.name, self.result, self.file = name, result, file
        self._loaded: dict[str, xr.DataArray] = {}

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Names of all nodes."""
        return tuple(map(str, self.result["node"].values))

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Names of all links."""
        return tuple(map(str, self.result["link"].values)) if "link" in self.result.variables else ()

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """Names of the nodes that are zones."""
        kinds = map(str, self.result["node_kind"].values)
        return tuple(name for name, kind in zip(self.nodes, kinds, strict=True) if kind in ZONES)

    @cached_property
    def variables(self) -> dict[str, str]:
        """Series of the result and what they are along: ``node`` or ``link``."""
        return {
            str(name): dim
            for name, array in self.result.data_vars.items()
            for dim in ("node", "link")
            if set(array.dims) - {"member"} == {"time", dim}
        }

    @cached_property
    def start(self) -> np.datetime64:
        """Beginning of the run, on its own clock."""
        time = self.result["time"]
        offset = clock_offset(str(time.attrs.get("comment", ""))) or timedelta(0)
        begin: np.datetime64 = time.values[0] + np.timedelta64(offset)
        return begin

    @property
    def month(self) -> int:
        """Month in which the run begins, and so do its years."""
        return int(self.start.astype("datetime64[M]").astype(int)) % 12 + 1

    @property
    def is_long(self) -> bool:
        """Whether it is looked at year by year."""
        time = self.result["time"].values
        return bool(time[-1] - time[0] >= LONG)

    def series(self, variable: str, owners: Sequence[str]) -> xr.DataArray:
        """Take a series.

        Parameters
        ----------
        variable : str
            One of `variables`.
        owners : sequence of str
            Zones or links, all of them in the result.

        Returns
        -------
        DataArray, (time, node or link)
        """
        if variable not in self._loaded:
            self._loaded[variable] = self.result[variable].load()
        return self._loaded[variable].sel({self.variables[variable]: list(owners)})

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """Hypsometric curves of the nodes that store water, from the scenario in the result."""
        text = str(self.result.attrs.get("scenario", ""))
        try:
            scenario = from_text(text, files_of(self.result), path=self.file or self.name)
        except ScenarioError as error:
            raise IndicatorError(f"{self.file or self.name}: its scenario cannot be read:\n{error}") from error
        sills = lowest_sills(scenario.links)
        shapes = {name: node for name, node in scenario.nodes.items() if getattr(node, "stores", False)}
        return {name: node.shape(sills.get(name)) for name, node in shapes.items()}  # type: ignore[attr-defined]

    @property
    def water_balance_error(self) -> float:
        """Relative, of the whole network; NaN where the result does not say."""
        return float(self.result.attrs.get("relative_balance_error", np.nan))

    @property
    def salt_balance_error(self) -> float:
        """Relative, the largest of all substances; NaN where there is none."""
        names = [str(name) for name in self.result.attrs]
        found = [
            abs(float(self.result.attrs[name]))
            for name in names
            if name.startswith("relative_") and name.endswith("_balance_error") and name != "relative_balance_error"
        ]
        return max(found, default=np.nan)
