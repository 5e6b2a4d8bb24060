"""Cut an accepted step so that it ends on an event."""

from __future__ import annotations

from deltasim._jit import jit_inline, jit_inner
from deltasim.solver.record import prepare_output
from deltasim.solver.step import clear_round_off, copy_into, move, scatter

__all__ = ["cut_step"]

TIME, LENGTH, BEGUN = 0, 3, 2


@jit_inner
def cut_step(problem, work, theta):  # type: ignore[no-untyped-def]
    """End the last step at a part of it: what it moved, and its continuous extension, become those up to there.

    A polynomial theta (S + (1 - theta) (P + theta Q)) on the whole step is one of the same form on the part.

    Parameters
    ----------
    problem : Problem
    work : Work
        With `dense_node` of the whole step, whose volumes are moved but not booked.
    theta : float
        Between 0 and 1.

    Returns
    -------
    int
        A storage that is below empty by more than round-off, else -1.
    """
    n, state = problem.n, work.control
    prepare_output(problem, work)
    for k in range(work.moved.shape[0]):
        inner = work.dense_flux[0, k] + theta * work.dense_flux[1, k]
        work.part[k] = theta * (work.moved[k] + (1.0 - theta) * inner)
    scatter(problem.fluxes.origin, problem.fluxes.target, work.part, work.rhs)
    straight = False
    for i in range(n):
        straight = straight or work.begun[i] + work.rhs[i] < 0.0
    for k in range(work.moved.shape[0]):
        s, p, q = restrict(work.moved[k], work.dense_flux[0, k], work.dense_flux[1, k], theta, straight)
        work.moved[k], work.dense_flux[0, k], work.dense_flux[1, k] = s, p, q
    for i in range(n):
        s, p, q = restrict(work.dense_node[0, i], work.dense_node[1, i], work.dense_node[2, i], theta, straight)
        work.dense_node[0, i], work.dense_node[1, i], work.dense_node[2, i] = s, p, q
    copy_into(work.volume, work.begun, n)
    copy_into(work.carry, state.carry, n)
    copy_into(work.lost, state.lost, n)
    work.clock[LENGTH] *= theta
    work.clock[TIME] = work.clock[BEGUN] + work.clock[LENGTH]
    if move(problem, work) < 0.0:
        return clear_round_off(problem, work, False)
    return -1


@jit_inline
def restrict(s, p, q, theta, straight):  # type: ignore[no-untyped-def]
    """Coefficients on the part up to theta; without bends where it is to be straight."""
    if straight:
        return theta * s, 0.0, 0.0
    first, second, third = theta * (s + p), theta * theta * (q - p), -(theta**3) * q
    return first + second + third, -third - second, -third
