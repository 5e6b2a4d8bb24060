"""What the solver hands over: a frame once, chunks while the run goes on, a summary at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Attribute", "Chunk", "Frame", "Sink", "State", "Summary"]

Floats = NDArray[np.float64]

Attribute = str | int | float
"""What a global attribute may be."""

State = Mapping[str, NDArray[Any]]
"""What a run needs in order to go on, by the names of `deltasim.variables.STATE`; at the last output time."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What is known of a result before the run.

    Parameters
    ----------
    node_name, node_kind : sequence of str, length n_node
        In the order of the scenario file.
    link_name, link_kind : sequence of str, length n_link
        Each inflow and demand is a link too.
    from_node, to_node : sequence of str, length n_link
        Names of nodes; empty where that end of the link is outside the network.
    bed_level : ndarray, shape (n_node,), m
        NaN where a node has no bed.
    x, y : ndarray, shape (n_node,), or None
        Coordinates in `crs`, NaN where one node has none; None where no node has any.
    chainage : ndarray, shape (n_node,), m, or None
        Distance of a river's cell from the upstream end of its river, NaN for other nodes; None where there is no
        river.
    start : datetime
        Start of the run: aware where the scenario gave an offset, else naive.
    duration : float, s
        From start to end of the run.
    output_step : float, s
        Length of an output interval.
    n_time : int
        How many output times there will be, the start included.
    variables : sequence of str
        Names from `deltasim.variables.VARIABLES` that this result has, streamed ones and those of the
        summary alike.
    title, summary : str
        As the scenario says.
    scenario : str
        The resolved scenario, TOML, whole: a run can be repeated from it and `files`.
    files : mapping of str to bytes
        Every data file that was read, by the path used in `scenario`.
    vertical_datum, crs : str
        As the scenario says; empty where it does not.
    substances : sequence of str
        Names of what is dissolved in the water.
    source_name : sequence of str
        Where water comes from, in the order of the dimension ``source``; empty where that is not traced.
    command : str
        What made this result, for the attribute ``history``.
    attributes : mapping of str to Attribute
        Further global attributes.
    """

    node_name: tuple[str, ...]
    node_kind: tuple[str, ...]
    link_name: tuple[str, ...]
    link_kind: tuple[str, ...]
    from_node: tuple[str, ...]
    to_node: tuple[str, ...]
    bed_level: Floats
    start: datetime
    duration: float
    output_step: float
    n_time: int
    variables: tuple[str, ...]
    scenario: str
    title: str = ""
    summary: str = ""
    x: Floats | None = None
    y: Floats | None = None
    chainage: Floats | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    vertical_datum: str = ""
    crs: str = ""
    substances: tuple[str, ...] = ()
    source_name: tuple[str, ...] = ()
    command: str = "deltasim.run"
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    """Values at some output times that follow one another.

    Parameters
    ----------
    time : ndarray, shape (k,), s
        Seconds since the start of the run, rising from chunk to chunk; the first is 0.
    data : mapping of str to ndarray, shape (k, n_node), (k, n_link) or (k, n_source, n_node)
        Every streamed variable of the frame. Interval means at time 0 are NaN.
    """

    time: Floats
    data: Mapping[str, Floats]


@dataclass(frozen=True)
class Summary:
    """What is known at the end of a run, whether it succeeded or failed.

    Parameters
    ----------
    data : mapping of str to ndarray
        Every variable of the frame that is not streamed. Times are seconds since start, NaN where none.
    attributes : mapping of str to Attribute
        ``solver_steps``, ``relative_balance_error`` and the like.
    """

    data: Mapping[str, NDArray[Any]]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


class Sink(Protocol):
    """Where a run puts its results.

    ``begin`` once, ``append`` for each chunk, then either ``finish`` or ``fail``.
    """

    def begin(self, frame: Frame) -> None:
        """Get ready; what would make writing fail later fails here, before anything is computed.

        Parameters
        ----------
        frame : Frame
            What is known before the run.
        """

    def append(self, chunk: Chunk) -> None:
        """Take over the values of a chunk.

        Parameters
        ----------
        chunk : Chunk
            Its times follow those before. Whoever gives it changes its arrays no more.
        """

    def finish(self, summary: Summary, state: State) -> None:
        """Complete the result.

        Parameters
        ----------
        summary : Summary
            What is known at the end of the run.
        state : State
            What another run needs in order to go on from here.
        """

    def fail(self, reason: str, summary: Summary | None = None) -> None:
        """Keep what there is, marked as failed.

        Parameters
        ----------
        reason : str
            What went wrong.
        summary : Summary or None
            What the run came to until then.
        """
