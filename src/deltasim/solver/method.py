"""Rosenbrock methods as tables of coefficients.

With U_k = B u_k the increment of the storages in stage k, V those at the start and J the Jacobian,

    (I - gamma dt J) U_k = gamma dt [f(V + sum_j alpha_kj U_j, t + c_k dt) + d_k dt df/dt] + gamma sum_j C_kj U_j

    V_1 = V + sum_k b_k U_k,    error = sum_k e_k U_k

    V(theta) = V + theta sum_k b_k U_k + theta (1 - theta) [sum_k P_k U_k + theta sum_k Q_k U_k]

Where the last two stages each correct what came before them at the end of the step, the error is the last correction.
As the difference of two guesses it may be small by chance where both are wrong: of steps ten times as long as what
begins within them takes, one in some thousands. Then the correction before is large; see `DOUBT`.

Each flux l has increments of its own, and moves w_l = sum_k b_k u_kl:

    u_k = gamma dt [q(Y_k, t_k) + d_k dt dq/dt + D U_k] + gamma sum_j C_kj u_j,     U_k = B u_k,     D = dq/dV

They need not be formed one by one. With b' from (I - gamma C^T) b' = b,

    w = gamma dt [sum_k b'_k q(Y_k, t_k) + dt (sum_k b'_k d_k) dq/dt + D sum_k b'_k U_k]

and P and Q likewise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["RODAS4P2", "Method"]

DOUBT = 1.0 / 30.0
"""No step is good of which this part of the last correction but one is more than the tolerance.

Where all is smooth that part is less than the last correction, and runs take the very steps that they take without.
"""


class Method(NamedTuple):
    """Coefficients of a linearly implicit method in the form of this module.

    Parameters
    ----------
    gamma : float
    alpha, coupling : ndarray, shape (s, s)
        Strictly lower triangles alpha_kj and gamma C_kj.
    nodes : ndarray, shape (s,)
        c_k.
    slopes : ndarray, shape (s,)
        d_k.
    weights, error_weights : ndarray, shape (s,)
        b_k and e_k.
    dense : ndarray, shape (2, s)
        P_k and Q_k of the continuous extension.
    order : float
        Of the embedded solution: the error estimate falls with dt^(order + 1).
    doubt : float
        Part of the increment of the last stage but one that must be within the tolerance; 0 if it is no correction.
    follows : ndarray, shape (s + 1,)
        1 where a stage is seen at the state of the one before plus its increment; last, likewise, the end of the step.
    flux_weights : ndarray, shape (3, s)
        b', P' and Q'.
    flux_slopes : ndarray, shape (3,)
        Sums of these times d_k.
    """

    gamma: float
    alpha: NDArray[np.float64]
    coupling: NDArray[np.float64]
    nodes: NDArray[np.float64]
    slopes: NDArray[np.float64]
    weights: NDArray[np.float64]
    error_weights: NDArray[np.float64]
    dense: NDArray[np.float64]
    order: float
    doubt: float
    follows: NDArray[np.int64]
    flux_weights: NDArray[np.float64]
    flux_slopes: NDArray[np.float64]


def _lower(*rows: tuple[float, ...]) -> NDArray[np.float64]:
    size = len(rows) + 1
    matrix = np.zeros((size, size))
    for k, row in enumerate(rows, start=1):
        matrix[k, : len(row)] = row
    return matrix


def _method(**table: Any) -> Method:
    """Make a method from its published table, with what that comes to for fluxes."""
    coupling = table["gamma"] * table["coupling"]
    rows = np.vstack((table["weights"], table["dense"]))
    flux_weights = np.linalg.solve(np.eye(rows.shape[1]) - coupling.T, rows.T).T
    seen_at = np.vstack((table["alpha"], table["weights"]))
    follows = np.zeros(len(seen_at), dtype=np.int64)
    # Not the second: the first is evaluated before the step, and not quite at its state where something is dry.
    follows[2:] = np.all(seen_at[2:] == seen_at[1:-1] + np.eye(rows.shape[1])[1:], axis=1)
    return Method(
        **table | {"coupling": coupling},
        doubt=DOUBT if follows[-2] and follows[-1] else 0.0,
        follows=follows,
        flux_weights=np.ascontiguousarray(flux_weights),
        flux_slopes=flux_weights @ table["slopes"],
    )


_LAST = (7.089566927282776, 4.573591406461604, -8.423496976860259, -0.959280113459775)

RODAS4P2 = _method(
    gamma=0.25,
    alpha=_lower(
        (3.0,),
        (0.906377755268814, -0.189707390391685),
        (3.758617027739064, 1.161741776019525, -0.849258085312803),
        _LAST,
        (*_LAST, 1.0),
    ),
    coupling=_lower(
        (-12.0,),
        (-6.354581592719008, 0.338972550544623),
        (-8.575016317114033, -7.606483992117508, 12.22499765012482),
        (-5.888975457523102, -8.15739661784182, 24.805546872612922, 12.79040151279698),
        (-4.408651676063871, -6.692003137674639, 24.625568527593117, 16.627521966636085, -5.714285714285718),
    ),
    nodes=np.array([0.0, 0.75, 0.321448134013046, 0.519745732277726, 1.0, 1.0]),
    slopes=np.array([0.25, -0.5, -0.189532918363016, 0.085612108792769, 0.0, 0.0]),
    weights=np.array([*_LAST, 1.0, 1.0]),
    error_weights=np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
    dense=np.array(
        [
            (
                -5.323528268423303,
                -10.042123754867493,
                17.175254928256965,
                -5.079931171878093,
                -0.016185991706112,
                0.0,
            ),
            (
                6.984505741529879,
                6.914061169603662,
                -0.849178943070653,
                18.104410789349338,
                -3.516963011559032,
                0.0,
            ),
        ]
    ),
    order=3.0,
)
"""Rodas4P2: order 4 with an embedded 3, stiffly accurate, L-stable, a W-method of order 2, and a third-order
continuous extension. Its stability function stays positive on the negative axis, so nothing overshoots.

Steinebach, G. (2020), Improvement of Rosenbrock-Wanner method RODASP, in: Progress in differential-algebraic
equations II, Springer.
"""
