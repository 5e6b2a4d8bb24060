"""How well a simulated series follows an observed one: pure functions of two arrays."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Scores", "bias", "kling_gupta_efficiency", "nash_sutcliffe_efficiency", "root_mean_square_error", "scores"]


@dataclass(frozen=True)
class Scores:
    """The scores of one pair of series.

    Parameters
    ----------
    count : int
        Values compared.
    nse, kge : float
        NaN where they are not defined.
    rmse, bias : float
        In the units of the series.
    relative_bias : float
        `bias` over the observed mean: of a volume or a discharge the share by which the total is wrong. Of a level it
        depends on the datum and says nothing.
    """

    count: int
    nse: float
    kge: float
    rmse: float
    bias: float
    relative_bias: float

    def as_dict(self) -> dict[str, float]:
        """Give them by name."""
        return asdict(self)


def scores(simulated: ArrayLike, observed: ArrayLike) -> Scores:
    """Compute all scores of a pair of series.

    Parameters
    ----------
    simulated, observed : array_like, shape (n,)
        Without gaps, in the same units.

    Returns
    -------
    Scores
    """
    sim, obs = _pair(simulated, observed)
    mean = float(obs.mean()) if obs.size else np.nan
    error = bias(sim, obs)
    return Scores(
        count=obs.size,
        nse=nash_sutcliffe_efficiency(sim, obs),
        kge=kling_gupta_efficiency(sim, obs),
        rmse=root_mean_square_error(sim, obs),
        bias=error,
        relative_bias=error / mean if mean else np.nan,
    )


def nash_sutcliffe_efficiency(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Share of the observed variance that is explained: 1 is perfect, 0 no better than the observed mean.

    Parameters
    ----------
    simulated, observed : array_like, shape (n,)

    Returns
    -------
    float
        At most 1; NaN where the observed values do not vary.

    Notes
    -----
    NSE = 1 - sum (s - o)^2 / sum (o - mean o)^2. The mean is that of the values compared, which nobody knows
    beforehand: in a validation period the null model has it harder than the formula's own.

    References
    ----------
    Nash, J. E. & Sutcliffe, J. V. (1970), River flow forecasting through conceptual models, part I, J. Hydrol. 10,
    282-290, eq. 1 to 3.
    """
    sim, obs = _pair(simulated, observed)
    spread = float(np.sum((obs - obs.mean()) ** 2)) if obs.size else 0.0
    return 1.0 - float(np.sum((sim - obs) ** 2)) / spread if spread > 0.0 else np.nan


def kling_gupta_efficiency(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Correlation, spread and mean together: 1 is perfect, and the observed mean has 1 - sqrt(2) = -0.41.

    Parameters
    ----------
    simulated, observed : array_like, shape (n,)

    Returns
    -------
    float
        At most 1; NaN where the observed values do not vary or have the mean 0.

    Notes
    -----
    KGE = 1 - sqrt((r - 1)^2 + (a - 1)^2 + (b - 1)^2) with the correlation r, a = sd(s) / sd(o) and
    b = mean(s) / mean(o); a simulated constant has r = 0. Of a level, b depends on the datum: with a mean far from 0 it
    is always near 1, and a constant error goes unseen. `bias` has it.

    References
    ----------
    Gupta, H. V., Kling, H., Yilmaz, K. K. & Martinez, G. F. (2009), Decomposition of the mean squared error and NSE
    performance criteria, J. Hydrol. 377, 80-91, eq. 9 and 10. Knoben, W. J. M., Freer, J. E. & Woods, R. A. (2019),
    Inherent benchmark or not?, Hydrol. Earth Syst. Sci. 23, 4323-4331: what the mean has.
    """
    sim, obs = _pair(simulated, observed)
    if obs.size < 2 or not np.ptp(obs) or not obs.mean():
        return np.nan
    r = float(np.corrcoef(sim, obs)[0, 1]) if np.ptp(sim) else 0.0
    spread = float(sim.std() / obs.std())
    mean = float(sim.mean() / obs.mean())
    return 1.0 - float(np.sqrt((r - 1.0) ** 2 + (spread - 1.0) ** 2 + (mean - 1.0) ** 2))


def root_mean_square_error(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Root of the mean of (s - o)^2, in the units of the series; NaN of nothing."""
    sim, obs = _pair(simulated, observed)
    return float(np.sqrt(np.mean((sim - obs) ** 2))) if obs.size else np.nan


def bias(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Mean of s - o, in the units of the series, positive where too much is simulated; NaN of nothing."""
    sim, obs = _pair(simulated, observed)
    return float(np.mean(sim - obs)) if obs.size else np.nan


def _pair(simulated: ArrayLike, observed: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sim, obs = np.asarray(simulated, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    if sim.shape != obs.shape or sim.ndim != 1:
        raise ValueError(f"two series of one length are expected, got shapes {sim.shape} and {obs.shape}")
    if np.isnan(sim).any() or np.isnan(obs).any():
        raise ValueError("there are gaps in the series; leave them out of both")
    return sim, obs
