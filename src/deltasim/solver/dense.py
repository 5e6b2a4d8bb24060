"""The continuous extension of the last step: what is known of its inside, and how it is cut short.

Volumes inside a step come from the method's own stage weights, per flux, so that states and what was moved agree to
round-off: V(theta) = V + theta S + theta (1 - theta) (P + theta Q), and likewise for each flux.
"""

from __future__ import annotations

from deltasim._jit import apart, jit_inline, jit_inner, jit_lanes
from deltasim.solver.final import clear_round_off, move
from deltasim.solver.incidence import scatter
from deltasim.solver.places import BEGUN, DENSE, EXTEND, FLUXES, LENGTH, NODES, TIME
from deltasim.solver.step import sum_fluxes
from deltasim.solver.sums import copy_spans

__all__ = ["cut_step", "extend_fluxes", "flux_inside", "part_of_step", "storage_inside", "storages_inside"]


@jit_inline
def storage_inside(work, i, theta):  # type: ignore[no-untyped-def]
    """Storage of node i at a part of the last step, m3, not below 0."""
    inner = work.dense_node[1, i] + theta * work.dense_node[2, i]
    return max(work.begun[i] + theta * (work.dense_node[0, i] + (1.0 - theta) * inner), 0.0)


@jit_lanes
def storages_inside(work, theta, begin, end, storage):  # type: ignore[no-untyped-def]
    """Set `storage` to those of some nodes at a part of the last step, m3."""
    for i in range(begin, end):
        storage[i] = storage_inside(work, i, theta)


@jit_inline
def flux_inside(work, k, theta):  # type: ignore[no-untyped-def]
    """Flux at a part of the last step: the cubic through the values and rates at both ends.

    Where that cubic does not move the volume that was moved, as over a kink or where something very quick evens out,
    its rates say little, and the parabola through both ends that moves it takes its place.
    """
    dt = work.clock[LENGTH]
    before, slope = work.q_before[k], work.q[k] - work.q_before[k]
    mean = work.moved[k] / dt
    start, end = work.rate_before[k] * dt, work.rate[k] * dt
    off = before + 0.5 * slope + (start - end) / 12.0 - mean
    if abs(off) > 1e-3 * max(abs(before), abs(work.q[k]), abs(mean)):
        bend = 6.0 * (mean - before - 0.5 * slope)
        return before + theta * (slope + (1.0 - theta) * bend)
    return before + theta * (slope + (1.0 - theta) * ((start - slope) * (1.0 - theta) + (slope - end) * theta))


@jit_lanes
def moved_inside(whole, first, second, theta, begin, end, moved):  # type: ignore[no-untyped-def]
    """Set `moved` to what the last step moves up to a part of it, m3."""
    for k in range(begin, end):
        moved[k] = theta * (whole[k] + (1.0 - theta) * (first[k] + theta * second[k]))


@jit_inner
def part_of_step(problem, work, theta, moved, net):  # type: ignore[no-untyped-def]
    """Sum up what the last step moves up to a part of it, and what that brings to each node.

    Where a storage would be below empty there, everything moves in proportion, which is nowhere negative either, for
    the two ends are not.

    Parameters
    ----------
    problem : Problem
    work : Work
        With the continuous extension of the step.
    theta : float
        Between 0 and 1.
    moved : ndarray, shape (m,), m3
        Filled.
    net : ndarray, shape (N,), m3
        Filled.

    Returns
    -------
    bool
        Whether it moves in proportion.
    """
    first, second, awake = work.dense_flux[0], work.dense_flux[1], work.awake
    nodes, fluxes = awake.nodes, awake.fluxes
    for s in range(awake.counts[FLUXES]):
        moved_inside(work.moved, first, second, theta, fluxes[s, 0], fluxes[s, 1], moved)
    scatter(problem.fluxes, awake, moved, net)
    below = 0
    for s in range(awake.counts[NODES]):
        for i in range(nodes[s, 0], nodes[s, 1]):
            below += work.begun[i] + net[i] < 0.0
    if below > 0:
        for s in range(awake.counts[FLUXES]):
            for k in range(fluxes[s, 0], fluxes[s, 1]):
                moved[k] = theta * work.moved[k]
        scatter(problem.fluxes, awake, moved, net)
    return below > 0


@apart(EXTEND)
def extend_fluxes(problem, work):  # type: ignore[no-untyped-def]
    """Sum the per-flux coefficients of the continuous extension; only steps with output or an event inside need them.

    To be called before the derivatives at the start of the step are overwritten by those at its end.

    What only runs forward must not run back in between: its end slopes S + P and S - P - Q are held between 0 and 3 S,
    where the cubic is monotone (Fritsch and Carlson 1980).
    """
    if work.counts[DENSE] == 2:
        return 0
    if work.counts[DENSE] == 0:
        for row in range(2):
            sum_fluxes(problem, work, row + 1, work.clock[LENGTH], work.dense_flux[row])
    work.counts[DENSE] = 2
    held = False
    for j in range(problem.fluxes.one_way.shape[0]):
        k = problem.fluxes.one_way[j]
        s, p, q = work.moved[k], work.dense_flux[0, k], work.dense_flux[1, k]
        if not (0.0 <= s + p <= 3.0 * s and 0.0 <= s - p - q <= 3.0 * s):
            held = True
            first, last = min(max(s + p, 0.0), 3.0 * s), min(max(s - p - q, 0.0), 3.0 * s)
            work.dense_flux[0, k], work.dense_flux[1, k] = first - s, 2.0 * s - first - last
    if held:
        for row in range(2):
            scatter(problem.fluxes, work.awake, work.dense_flux[row], work.dense_node[row + 1])
    return 0


@jit_inner
def cut_step(problem, work, theta):  # type: ignore[no-untyped-def]
    """End the last step at a part of it: what it moved, and its continuous extension, become those up to there.

    A polynomial theta (S + (1 - theta) (P + theta Q)) on the whole step is one of the same form on the part.

    Parameters
    ----------
    problem : Problem
    work : Work
        With the continuous extension of the whole step, whose volumes are moved but not booked.
    theta : float
        Between 0 and 1.

    Returns
    -------
    int
        A storage that is below empty by more than round-off, else -1.
    """
    state, awake = work.control, work.awake
    spans, many = awake.nodes, awake.counts[NODES]
    straight = part_of_step(problem, work, theta, work.part, work.rhs)
    for j in range(awake.counts[FLUXES]):
        for k in range(awake.fluxes[j, 0], awake.fluxes[j, 1]):
            p, q = restrict(work.dense_flux[0, k], work.dense_flux[1, k], theta, straight)
            # Not the sum of its coefficients: where these are much larger, rounding could empty a node twice.
            work.moved[k], work.dense_flux[0, k], work.dense_flux[1, k] = work.part[k], p, q
    for j in range(many):
        for i in range(spans[j, 0], spans[j, 1]):
            p, q = restrict(work.dense_node[1, i], work.dense_node[2, i], theta, straight)
            work.dense_node[0, i], work.dense_node[1, i], work.dense_node[2, i] = work.rhs[i], p, q
    copy_spans(work.volume, work.begun, spans, many)
    copy_spans(work.carry, state.carry, spans, many)
    copy_spans(work.lost, state.lost, spans, many)
    work.clock[LENGTH] *= theta
    work.clock[TIME] = work.clock[BEGUN] + work.clock[LENGTH]
    if move(problem, work) > 0:
        return clear_round_off(problem, work, False)
    return -1


@jit_inline
def restrict(p, q, theta, straight):  # type: ignore[no-untyped-def]
    """Coefficients of the bends on the part up to theta; 0 where it is to be straight."""
    if straight:
        return 0.0, 0.0
    second, third = theta * theta * (q - p), -(theta**3) * q
    return -third - second, -third
