"""A bar that says how far a run has come, and how fast it is."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter as now
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["progress_bar", "reached", "search_bar"]

WINDOW = 20
"""Calls over which the speed is taken: it follows a run that grows slow, and does not count what came before it."""


@contextmanager
def progress_bar() -> Iterator[Callable[[float, float], None]]:
    """Show a bar on standard error while inside, if that is a terminal.

    Yields
    ------
    callable
        To be called with the simulated and the whole seconds. The bar appears with the first call that is not the
        last, so a run that is done at once shows none.
    """
    if not sys.stderr.isatty():
        yield _nobody_looks
        return
    bar = _Bar()
    try:
        yield bar.tell
    finally:
        bar.close()


@contextmanager
def search_bar() -> Iterator[Callable[[float, float, str], None]]:
    """Show a bar of a search of many runs on standard error while inside, if that is a terminal.

    Yields
    ------
    callable
        To be called with the work done, the whole of it, and where the search is, in words.
    """
    if not sys.stderr.isatty():
        yield _nobody_looks
        return
    shown = _shown()
    task = shown.add_task("", total=1.0, speed="")
    runs = 0

    def tell(done: float, whole: float, words: str) -> None:
        nonlocal runs
        runs += 1
        shown.update(task, completed=done, total=whole, description=words, speed=f"{runs:,} runs")

    try:
        yield tell
    finally:
        shown.stop()


def _nobody_looks(done: float, whole: float, words: str = "") -> None:
    del done, whole, words


class _Bar:
    def __init__(self) -> None:
        self._shown: Progress | None = None
        self._calls: deque[tuple[float, float]] = deque([(now(), 0.0)], maxlen=WINDOW)

    def tell(self, simulated: float, whole: float) -> None:
        """Move the bar to the simulated seconds."""
        self._calls.append((now(), simulated))
        if self._shown is None:
            if simulated >= whole:
                return
            self._shown = _shown()
            self._shown.add_task("", total=whole, speed="")
        self._shown.update(
            self._shown.task_ids[0], completed=simulated, description=reached(simulated, whole), speed=self._speed()
        )

    def _speed(self) -> str:
        (first_clock, first), (last_clock, last) = self._calls[0], self._calls[-1]
        speed = (last - first) / max(last_clock - first_clock, 1e-9)
        mantissa, exponent = f"{speed:.1e}".split("e")
        return f"{mantissa}e{int(exponent)} x real time"

    def close(self) -> None:
        """Take the bar away: what comes after it stands in its place."""
        if self._shown is not None:
            self._shown.stop()


def _shown() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[speed]}", markup=False),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    progress.start()
    return progress


def reached(simulated: float, whole: float) -> str:
    """How far a run has come.

    Parameters
    ----------
    simulated, whole : float, s

    Returns
    -------
    str
        ``day 3.2 of 10``.
    """
    word, size = next(((w, s) for w, s in (("day", 86400.0), ("hour", 3600.0)) if whole >= 2.0 * s), ("minute", 60.0))
    return f"{word} {simulated / size:.1f} of {whole / size:.4g}"
