"""A discharge that is given: what the laws of inflows and of fixed flows are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltasim._jit import jit_law
from deltasim.links.kind import Ends

__all__ = ["GivenParameters", "build_given", "given_law"]


class GivenParameters(NamedTuple):
    """A given discharge has no parameter but itself; numba wants an array to tell how many there are."""

    one: NDArray[np.int64]


def build_given(links: Sequence[Any], ends: Sequence[Ends]) -> GivenParameters:
    """Make the law's parameters."""
    del ends
    return GivenParameters(np.ones(len(links), dtype=np.int64))


@jit_law
def given_law(p: Any, i: int, h_from: float, h_to: float, discharge: float):  # type: ignore[no-untyped-def]
    """Discharge as it is given; the solver fades it as its source runs dry."""
    return discharge, 0.0, 0.0, 1.0
