"""Everything awake: for what times whole loops, or compares with a run that leaves nothing out."""

from __future__ import annotations

from deltasim.solver.awake import make_awake
from deltasim.solver.build import Prepared

__all__ = ["wake"]


def wake(prepared: Prepared) -> None:
    """Wake all that sleeps in a prepared run that has begun."""
    whole = make_awake(prepared.problem)
    for name, values in whole._asdict().items():
        getattr(prepared.work.awake, name)[...] = values
