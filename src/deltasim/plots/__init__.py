"""Pictures of results and of comparisons; every function returns a matplotlib `Figure`, and `save` writes it.

>>> from deltasim import plots
>>> plots.save(plots.hydrograph(result, nodes=["pond"]), "pond.pdf")  # doctest: +SKIP
"""

from __future__ import annotations

from deltasim.errors import PlotError

try:
    import matplotlib as _matplotlib  # noqa: F401
except ModuleNotFoundError as error:
    raise PlotError(
        "pictures need matplotlib, which is not installed here; add it with: pip install 'deltasim[plot]'"
    ) from error

from deltasim.plots.balance import Balance, Term, water_balance
from deltasim.plots.budget import budget
from deltasim.plots.comparison import heatmap
from deltasim.plots.overview import overview
from deltasim.plots.save import save
from deltasim.plots.series import duration_curve, hydrograph
from deltasim.plots.tradeoff import tradeoff

__all__ = [
    "Balance",
    "Term",
    "budget",
    "duration_curve",
    "heatmap",
    "hydrograph",
    "overview",
    "save",
    "tradeoff",
    "water_balance",
]
