"""What the observations say about each parameter, and which of them they cannot tell apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Identifiability", "autocorrelation", "identify", "inflation"]

Floats = NDArray[np.float64]

COLLINEAR = 15.0
"""Collinearity index from which a set of parameters counts as not identifiable (Brun et al. 2001: 10 to 15)."""


@dataclass(frozen=True)
class Identifiability:
    """What the residuals and their derivatives at the best place tell; parameters are scaled by their bounds.

    Parameters
    ----------
    standard_error : ndarray, shape (n,)
        Of each parameter, as a share of what lies between its bounds, with the autocorrelation of the residuals; NaN
        where nothing depends on the parameters.
    plain_standard_error : ndarray, shape (n,)
        The same if every value were news of its own.
    correlation : ndarray, shape (n, n)
        Of the errors of parameters.
    sensitivity : ndarray, shape (n,)
        By how many standard deviations of what is observed the run changes, in the mean square, over the whole way
        between the bounds.
    singular_values : ndarray, shape (n,)
        Of the derivatives, falling.
    weakest : ndarray, shape (n,)
        The direction that belongs to the last: a change of parameters that is hardly seen.
    condition : float
        First over last singular value.
    collinearity : float
        Index of Brun et al.: how much of a change of one parameter the others can undo. 1 is nothing.
    effective : float
        Of how many independent values the residuals are worth.
    """

    standard_error: Floats
    plain_standard_error: Floats
    correlation: Floats
    sensitivity: Floats
    singular_values: Floats
    weakest: Floats
    condition: float
    collinearity: float
    effective: float


def autocorrelation(residuals: Floats) -> float:
    """Correlation of a series with itself one value later; 0 for what does not vary."""
    centred = residuals - residuals.mean()
    total = float(np.sum(centred**2))
    return float(np.sum(centred[1:] * centred[:-1])) / total if total > 0.0 else 0.0


def inflation(residuals: Floats) -> float:
    """By how much the variance of a mean is larger because one value resembles the one before.

    Parameters
    ----------
    residuals : ndarray, shape (n,)
        In order of time.

    Returns
    -------
    float
        (1 + r) / (1 - r) with the autocorrelation r at one step, from 1 to n.

    References
    ----------
    Bayley, G. V. & Hammersley, J. M. (1946), The "effective" number of independent observations in an autocorrelated
    time series, J. R. Stat. Soc. Suppl. 8, 184-197: of a first-order process, for long series.
    """
    r = min(max(autocorrelation(residuals), 0.0), 1.0 - 1e-9)
    return min((1.0 + r) / (1.0 - r), float(residuals.size))


def identify(residuals: Floats, derivatives: Floats, owner: NDArray[np.int64]) -> Identifiability:
    """Tell how well the parameters are known.

    Parameters
    ----------
    residuals : ndarray, shape (m,)
        At the best place, in order of time within each target.
    derivatives : ndarray, shape (m, n)
        Of the residuals, for the whole way between the bounds.
    owner : ndarray of int, shape (m,)
        Target of each.

    Returns
    -------
    Identifiability

    Notes
    -----
    The covariance of the parameters is A^-1 B A^-1 with A = J'J and B = sum over targets of s^2 f J'J, where s^2 is the
    variance of a target's residuals and f their `inflation`: one target with f = 1 has the s^2 (J'J)^-1 of textbooks.
    It holds near the best place, as far as the run is linear there, and not at a bound.

    References
    ----------
    Brun, R., Reichert, P. & Künsch, H. R. (2001), Practical identifiability analysis of large environmental simulation
    models, Water Resour. Res. 37, 1015-1030, eq. 9 to 13.
    """
    m, n = derivatives.shape
    size = np.linalg.norm(derivatives, axis=0)
    _, singular, directions = np.linalg.svd(derivatives, full_matrices=False)
    freedom = max(m - n, 1) / m
    plain, coloured, effective = np.zeros((n, n)), np.zeros((n, n)), 0.0
    for target in np.unique(owner):
        mine = owner == target
        r, j = residuals[mine], derivatives[mine]
        factor = inflation(r)
        part = float(np.mean(r**2)) / freedom * (j.T @ j)
        plain += part
        coloured += factor * part
        effective += r.size / factor
    nothing = singular[-1] <= 1e-12 * singular[0]
    inverse = np.full((n, n), np.nan) if nothing else np.linalg.inv(derivatives.T @ derivatives)
    covariance = inverse @ coloured @ inverse
    error = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = covariance / np.outer(error, error)
        normal = derivatives / size
    smallest = 0.0 if not size.all() else float(np.linalg.svd(normal, compute_uv=False)[-1])
    return Identifiability(
        standard_error=error,
        plain_standard_error=np.sqrt(np.diag(inverse @ plain @ inverse)),
        correlation=correlation,
        sensitivity=size,
        singular_values=singular,
        weakest=directions[-1],
        condition=float(singular[0] / singular[-1]) if singular[-1] > 0.0 else np.inf,
        collinearity=1.0 / smallest if smallest else np.inf,
        effective=effective,
    )
