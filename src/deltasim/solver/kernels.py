"""The kernels that are compiled by themselves, each where a network first needs it.

The compiled loop calls them by their addresses. So it compiles in seconds, and a network pays for the laws that it has.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from deltasim._jit import by_reference, kernel_address
from deltasim.fluxes import SOURCES
from deltasim.links import LINKS
from deltasim.solver.control import govern
from deltasim.solver.fluxes import Groups, fill_plain, fill_sensitive, make_groups
from deltasim.solver.problem import CARRY, CONTROL, Problem, Work
from deltasim.solver.transport import carry

__all__ = ["compile_all", "pack"]


def pack(problem: Problem, work: Work) -> tuple[Any, Any]:
    """Put a problem and its state where compiled code finds them, with the kernels that it needs.

    Parameters
    ----------
    problem : Problem
        The addresses in it are filled.
    work : Work

    Returns
    -------
    problem, work : Packed
        To be kept as long as compiled code uses them. Without compiled code they are as given.
    """
    packed, state = by_reference(problem), by_reference(work)
    if not numba.config.DISABLE_JIT:
        _connect(problem.groups, problem, state)
        if problem.traced == 1:
            problem.apart[CARRY] = kernel_address(carry, packed, state, 0.0, 1.0)
        if problem.controlled == 1:
            problem.apart[CONTROL] = kernel_address(govern, packed, state, 0, 0.0)
    return packed, state


def compile_all(problem: Problem, work: Work) -> None:
    """Compile every kernel, whether a problem needs it or not, for any other to find."""
    parameters = [kind.build([], []) for kind in LINKS.values()] + [kind.build([]) for kind in SOURCES.values()]
    every = make_groups(parameters, np.ones(len(parameters), dtype=np.int64))
    pack(problem._replace(groups=every, traced=1, controlled=1), work)


def _connect(groups: Groups, problem: Problem, work: Any) -> None:
    """Compile or load the loops of some kinds, and note where they are."""
    table = by_reference(problem.fluxes)
    for j, parameters in enumerate(groups.held.content):
        given = (parameters, 0, table, work, np.empty(0))
        groups.plain[j] = kernel_address(fill_plain, *given)
        groups.sensitive[j] = kernel_address(fill_sensitive, *given)
