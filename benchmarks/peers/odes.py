"""scipy's LSODA with its band given by hand, BDF and Radau with a sparse Jacobian, and CVODE with a band solver.

All call a compiled right-hand side, start afresh where the inflow has a kink, and give the hours by their own
interpolation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from benchmarks.cases import Case
from benchmarks.peers.engine import Engine, Solution, version_of
from benchmarks.peers.rates import band, law_of, rates, solve_spans, tolerances_of, upper_band
from scipy.integrate import BDF, LSODA, OdeSolver, Radau, odeint, solve_ivp
from scipy.sparse import csc_matrix

__all__ = ["ENGINES", "prepare_odeint"]

TOLERANCES = (1e-3, 1e-4, 1e-5, 3e-6, 1e-6, 1e-7, 1e-8)
MOST_STEPS = 10_000_000
"""Between two outputs: no limit of a library shall end a run."""

Run = Callable[[], Solution]


def settings(case: Case) -> dict[str, float]:
    """Tolerances, relative and absolute.

    Where a chain is stiff the loose ones come last: they take longest, for the methods go to and fro at equal stages.
    """
    tolerances = TOLERANCES if case.joined_by == "weir" else TOLERANCES[::-1]
    return {f"tolerance {tolerance:g}": tolerance for tolerance in tolerances}


def rates_with(law: np.ndarray) -> Callable[[float, np.ndarray], np.ndarray]:
    """Rates of a state as scipy calls them."""

    def of(t: float, y: np.ndarray) -> np.ndarray:
        dy = np.empty_like(y)
        rates(t, y, dy, law)
        return dy

    return of


def prepare_odeint(case: Case, tolerance: float, jacobian: bool = False) -> Run:
    """LSODA as `odeint` calls it: its own loop, back in Python for the rates and the Jacobian alone."""
    law, upper = law_of(case), upper_band(case)
    of, atol = rates_with(law), tolerances_of(case, tolerance)

    def jac(t: float, y: np.ndarray) -> np.ndarray:
        return band(y, law, upper)

    def advance(hours: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, int]:
        found, told = odeint(
            of, state, hours, tfirst=True, Dfun=jac if jacobian else None, ml=1, mu=upper, rtol=tolerance, atol=atol,
            tcrit=hours[-1:], mxstep=MOST_STEPS, full_output=True,
        )  # fmt: skip
        return found, int(told["nst"][-1])

    return lambda: solve_spans(case, law, advance)


def sparse_jacobian(law: np.ndarray, size: int, upper: int) -> Callable[[float, np.ndarray], csc_matrix]:
    """Jacobian as scipy's BDF and Radau take it, its pattern found once."""
    row = np.arange(-upper, 2)[:, None] + np.arange(size)
    inside = ((row >= 0) & (row < size)).T
    indices = row.T[inside]
    starts = np.append(0, np.cumsum(inside.sum(axis=1)))

    def jac(t: float, y: np.ndarray) -> csc_matrix:
        return csc_matrix((band(y, law, upper).T[inside], indices, starts), shape=(size, size))

    return jac


def prepare_ivp(method: type[OdeSolver], case: Case, tolerance: float) -> Run:
    """`solve_ivp` with one of its methods."""
    law, upper = law_of(case), upper_band(case)
    of, atol = rates_with(law), tolerances_of(case, tolerance)
    sparse = sparse_jacobian(law, case.ponds + 1, upper)
    told = {"lband": 1, "uband": upper} if method is LSODA else {"jac": sparse}

    class Counted(method):
        """The same, counting its steps."""

        taken = 0

        def step(self) -> str | None:
            Counted.taken += 1
            return super().step()

    def advance(hours: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, int]:
        Counted.taken = 0
        found = solve_ivp(of, hours[[0, -1]], state, Counted, hours, rtol=tolerance, atol=atol, **told)
        if not found.success:
            raise RuntimeError(found.message)
        return found.y.T, Counted.taken

    return lambda: solve_spans(case, law, advance)


def prepare_cvode(case: Case, tolerance: float) -> Run:
    """CVODE's BDF; it differences the band by itself."""
    from sksundae.cvode import CVODE

    law = law_of(case)
    solver = CVODE(
        lambda t, y, dy: rates(t, y, dy, law), method="BDF", linsolver="band", lband=1, uband=upper_band(case),
        rtol=tolerance, atol=tolerances_of(case, tolerance), max_num_steps=MOST_STEPS,
    )  # fmt: skip

    def advance(hours: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, int]:
        found = solver.solve(hours, state)
        if not found.success:
            raise RuntimeError(found.message)
        return found.y, 0

    def every_step(hours: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, int]:
        # It tells no number of steps after a run with outputs: they are counted one by one, untimed.
        count, found = 0, solver.init_step(hours[0], state)
        while found.t < hours[-1]:
            found = solver.step(hours[-1], method="onestep", tstop=hours[-1])
            count += 1
        return np.stack([state, found.y]), count

    counted: list[int] = []

    def run() -> Solution:
        solution = solve_spans(case, law, advance)
        if not counted:
            counted.append(solve_spans(case, law, every_step).steps)
        return replace(solution, steps=counted[0])

    return run


def no_sundae() -> str | None:
    """Say that it is not installed."""
    return None if version_of("scikit-sundae") else "scikit-sundae is not installed"


def here() -> None:
    """scipy is always installed."""


ENGINES = [
    Engine("lsoda", "LSODA, band", "scipy", settings, partial(prepare_ivp, LSODA), False, here),
    Engine("odeint", "LSODA, band, odeint", "scipy", settings, prepare_odeint, False, here),
    Engine("cvode", "CVODE, band", "scikit-sundae", settings, prepare_cvode, False, no_sundae),
    Engine("bdf", "BDF, sparse", "scipy", settings, partial(prepare_ivp, BDF), False, here),
    Engine("radau", "Radau, sparse", "scipy", settings, partial(prepare_ivp, Radau), False, here),
]
