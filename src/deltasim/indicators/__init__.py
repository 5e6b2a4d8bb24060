"""What ecologists and engineers ask of a series: hydroperiod, alteration of flow, habitat, flood.

Functions take an `xarray.DataArray` with a dimension ``time`` and any others (``node``, ``member``), of a result or
observed, and give a Dataset. The catalogue declares what they give.
"""

from deltasim.indicators.catalogue import INDICATORS, INDICES, Index, Indicator, hydroperiod, iha, recession
from deltasim.indicators.daily import daily

__all__ = ["INDICATORS", "INDICES", "Index", "Indicator", "daily", "hydroperiod", "iha", "recession"]
