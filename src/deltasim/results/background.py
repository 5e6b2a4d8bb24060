"""A sink that is kept busy on a thread of its own, so that the solver need not wait for compression and disk."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Self

from deltasim.results.frame import Chunk, Frame, State, Summary
from deltasim.results.netcdf import NetcdfSink

__all__ = ["Background"]

_MOST_WAITING: Final = 2
"""Chunks that may lie ready; more would only take memory where the disk is the slower one."""


class Background:
    """Streams a result into a NetCDF file from a thread of its own.

    All that is done with the file is done there, one thing after the other: the library bears no two threads at once,
    not even in two files, so nothing else in the process may read or write NetCDF meanwhile. What goes wrong there is
    raised by the next call here. As a context manager it does what the sink inside does.

    Parameters
    ----------
    sink : NetcdfSink
        Not begun.

    Attributes
    ----------
    seconds : float
        That the thread was busy.
    """

    def __init__(self, sink: NetcdfSink) -> None:
        self.sink = sink
        self.seconds = 0.0
        self._waiting: deque[Future[None]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="results")

    def begin(self, frame: Frame) -> None:
        """Make the file, and wait for it."""
        self._do(self.sink.begin, frame)

    def append(self, chunk: Chunk) -> None:
        """Have the values of a chunk written; wait only where too many are not yet."""
        self._keep_up(_MOST_WAITING - 1)
        self._waiting.append(self._thread.submit(self._timed, self.sink.append, chunk))

    def finish(self, summary: Summary, state: State) -> None:
        """Write the rest and give the file its name."""
        self._do(self.sink.finish, summary, state)

    def fail(self, reason: str, summary: Summary | None = None) -> None:
        """Keep what was computed under the name of a failed run."""
        self._do(self.sink.fail, reason, summary)

    def _do(self, what: Callable[..., None], *given: Any) -> None:
        """Do something after all that waits, and wait for it."""
        self._keep_up(0)
        self._thread.submit(self._timed, what, *given).result()

    def _keep_up(self, most: int) -> None:
        """Wait until no more chunks than this are not written."""
        while len(self._waiting) > most:
            try:
                self._waiting.popleft().result()
            except BaseException:
                # Those behind it met a file that was given up; that is no news.
                self._waiting.clear()
                raise

    def _timed(self, what: Callable[..., None], *given: Any) -> None:
        begun = time.perf_counter()
        try:
            what(*given)
        finally:
            self.seconds += time.perf_counter() - begun

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            # What waits is written first, for there is one thread; an interrupt keeps that, too.
            self._thread.submit(self.sink.__exit__, kind, error, traceback).result()
        finally:
            self._thread.shutdown()
