"""The kernels that are compiled by themselves: large pieces of a step, and what not every network needs.

The compiled loop calls them by their addresses. So each is compiled once, and a network pays for the laws that it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np

from deltasim._jit import kernel_address
from deltasim._packed import Packed
from deltasim.fluxes import SOURCES
from deltasim.links import LINKS
from deltasim.solver.awake import rouse
from deltasim.solver.control import govern
from deltasim.solver.dense import extend_fluxes
from deltasim.solver.filling import fill_plain, fill_sensitive
from deltasim.solver.final import accept
from deltasim.solver.fluxes import Groups, make_groups
from deltasim.solver.loop import refresh
from deltasim.solver.places import ACCEPT, AWAKE, CARRY, CONTROL, EXTEND, NOTE, REFRESH, TIDES, TRIAL
from deltasim.solver.problem import Problem, Work
from deltasim.solver.signals import add_tides
from deltasim.solver.step import trial_step
from deltasim.solver.transport import carry, note_given

__all__ = ["compile_all", "pack"]


def pack(problem: Problem, work: Work) -> tuple[Any, Any]:
    """Put a problem and its state where compiled code finds them, with the kernels that it needs.

    Parameters
    ----------
    problem : Problem
    work : Work

    Returns
    -------
    problem, work : Packed
        To be kept as long as compiled code uses them. Without compiled code they are as given.
    """
    if numba.config.DISABLE_JIT:
        return problem, work
    parameters = [Packed(p) for p in problem.groups.held.content]
    state = Packed(work)
    groups = _connect(problem, parameters, state)
    packed = Packed(problem._replace(groups=groups, apart=np.zeros_like(problem.apart)), parameters)
    apart = packed.arrays.apart
    apart[TRIAL] = kernel_address(trial_step, packed, state, 0.0, 1.0)
    apart[ACCEPT] = kernel_address(accept, packed, state, 1.0, 0)
    apart[EXTEND] = kernel_address(extend_fluxes, packed, state)
    apart[REFRESH] = kernel_address(refresh, packed, state)
    apart[AWAKE] = kernel_address(rouse, packed, state)
    if len(problem.bindings.tide) > 0:
        apart[TIDES] = kernel_address(add_tides, packed, state, 0.0, work.stage)
    if problem.traced == 1:
        apart[NOTE] = kernel_address(note_given, packed, state)
        apart[CARRY] = kernel_address(carry, packed, state, 0.0, 1.0)
    if problem.controlled == 1:
        apart[CONTROL] = kernel_address(govern, packed, state, 0, 0.0)
    return packed, state


def compile_all(problem: Problem, work: Work) -> None:
    """Compile every kernel, whether a problem needs it or not, for any other to find."""
    parameters = [kind.build([], []) for kind in LINKS.values()] + [kind.build([]) for kind in SOURCES.values()]
    every = make_groups(parameters, np.ones(len(parameters), dtype=np.int64))
    bindings = problem.bindings._replace(tide=np.zeros(1, dtype=np.int64))  # only to have its kernel
    pack(problem._replace(groups=every, traced=1, controlled=1, bindings=bindings), work)


def _connect(problem: Problem, parameters: Sequence[Packed], work: Packed) -> Groups:
    """Compile or load the loops of a network's kinds, and note where they and their parameters are."""
    table = Packed(problem.fluxes)
    given = [(p, 0, table, work, np.empty(0)) for p in parameters]
    groups: Groups = problem.groups
    return groups._replace(
        parameters=np.array([p.address for p in parameters], dtype=np.int64),
        plain=np.array([kernel_address(fill_plain, *g) for g in given], dtype=np.int64),
        sensitive=np.array([kernel_address(fill_sensitive, *g) for g in given], dtype=np.int64),
    )
