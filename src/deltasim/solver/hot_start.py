"""A hot start: what control has in hand at the end of a run, and how another run goes on with it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim.solver.controls import Controls
from deltasim.state import InitialState

__all__ = ["final_state", "resume"]


def final_state(controls: Controls, end: float) -> dict[str, NDArray[Any]]:
    """What goes on after the end of the run, by the names of `deltasim.variables.STATE`.

    Parameters
    ----------
    controls : Controls
        After the run.
    end : float, s
    """
    state = controls.state
    values: dict[str, NDArray[Any]] = {}
    if controls.sources:
        values["switch_name"] = np.array(controls.switch_names, dtype=object)
        values["switch_on"] = state.on.astype(float)
        values["switch_age"] = np.where(np.isfinite(state.since), end - state.since, np.nan)
        values["switch_pending"] = np.where(np.isfinite(state.pending), end - state.pending, np.nan)
    if controls.actuators:
        values["setting_name"] = np.array([a.path for a in controls.actuators], dtype=object)
        values["setting_value"] = state.value + state.slope * (end - state.time)
        values["setting_goal"] = state.goal + state.goal_slope * (end - state.goal_time)
        values["setting_source"] = np.array(
            [
                a.source if claim < 0 else controls.sources[controls.table.claim_switch[claim]]
                for a, claim in zip(controls.actuators, state.claim.tolist(), strict=True)
            ],
            dtype=object,
        )
    if controls.pids:
        values["controller_name"] = np.array(controls.pids, dtype=object)
        values["controller_integral"] = state.integral.copy()
        values["controller_error"] = state.last_error.copy()
        values["controller_output"] = state.output.copy()
        values["controller_wait"] = state.next_sample - end
    return values


def resume(controls: Controls, initial: InitialState) -> None:
    """Go on where another run ended; what it does not know starts anew.

    Parameters
    ----------
    controls : Controls
        Before the run; their state is changed.
    initial : InitialState
    """
    state = controls.state
    for s, name in enumerate(controls.switch_names):
        if name in initial.of("switch_on"):
            state.on[s] = int(initial.of("switch_on")[name])
            age, pending = initial.of("switch_age")[name], initial.of("switch_pending")[name]
            state.since[s] = -np.inf if np.isnan(age) else -age
            state.pending[s] = np.inf if np.isnan(pending) else -pending
    for p, name in enumerate(controls.pids):
        if name in initial.of("controller_wait"):
            state.integral[p] = initial.of("controller_integral")[name]
            state.last_error[p] = initial.of("controller_error")[name]
            state.output[p] = initial.of("controller_output")[name]
            state.next_sample[p] = initial.of("controller_wait")[name]
    for a, actuator in enumerate(controls.actuators):
        if actuator.path not in initial.of("setting_value"):
            continue
        state.value[a] = initial.of("setting_value")[actuator.path]
        # What it was told counts on: only another word, or another who says it, is news.
        state.goal[a] = initial.of("setting_goal")[actuator.path]
        state.goal_slope[a] = 0.0
        gap = state.goal[a] - state.value[a]
        if np.isinf(actuator.speed):
            state.value[a] = state.goal[a]
        elif gap != 0.0:
            state.slope[a] = np.copysign(actuator.speed, gap)
            state.arrive[a] = gap / state.slope[a]
        state.claim[a] = _claim_of(controls, a, initial.of("setting_source")[actuator.path])


def _claim_of(controls: Controls, a: int, source: str) -> int:
    """Find the claim on an actuator by the path of who told it: -1 its base, -2 none of this run."""
    state, table = controls.state, controls.table
    for c in range(table.claim_first[a], table.claim_first[a + 1]):
        switch = table.claim_switch[c]
        if controls.sources[switch] == source and state.on[switch] == table.claim_state[c]:
            return c
    return -1 if source == controls.actuators[a].source else -2
