"""A made-up comparison, in the form that `deltasim.studies.compare` gives it."""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["METRICS", "SCENARIOS", "ZONES", "made"]

SCENARIOS = ("no_water", "july_pulse", "split_pulse")
ZONES = ("reed_marsh", "suaeda_flat", "open_lake", "fish_ponds")
METRICS = {
    "wet_days": ("d", "higher", 150.0),
    "fresh_water_used": ("m3", "lower", np.nan),
    "mean_salinity": ("kg m-3", "lower", 12.0),
    "median_depth": ("m", "", np.nan),
}
"""Units, which way is better, threshold."""


def made(
    scenarios=SCENARIOS, zones=ZONES, metrics=METRICS, periods=("all",), missing=(), seed=3, title="Three ways to water"
) -> xr.Dataset:
    """Rows of every metric, zone and scenario; NaN for the (scenario, zone, metric) in `missing`."""
    rng = np.random.default_rng(seed)
    rows = []
    for metric, (units, better, threshold) in metrics.items():
        size = 1e6 if units == "m3" else 200.0 if units == "d" else 10.0
        for zone in zones:
            for period in periods:
                values = size * rng.random(len(scenarios))
                for i, scenario in enumerate(scenarios):
                    value = np.nan if (scenario, zone, metric) in missing else values[i]
                    met = value >= threshold if better == "higher" else value <= threshold
                    verdict = "no threshold" if np.isnan(threshold + value) else "meets" if met else "fails"
                    difference = value - values[0]
                    percent = 100.0 * difference / values[0]
                    rows.append(
                        (scenario, zone, metric, period, value, difference, percent, threshold, verdict, units, better)
                    )
    names = [
        "scenario",
        "zone",
        "metric",
        "period",
        "value",
        "difference",
        "percent",
        "threshold",
        "verdict",
        "units",
        "better",
    ]
    columns = {name: ("row", np.array(values)) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    runs = {
        "run_name": ("run", np.array(scenarios)),
        "water_balance_error": ("run", np.full(len(scenarios), 2e-15)),
        "salt_balance_error": ("run", np.full(len(scenarios), 3e-14)),
        "file": ("run", np.array([f"{name}.nc" for name in scenarios])),
    }
    attributes = {
        "baseline": scenarios[0],
        "scenarios": list(scenarios),
        "deltasim_kind": "comparison",
        "title": title,
    }
    return xr.Dataset(columns, coords=runs, attrs=attributes)
