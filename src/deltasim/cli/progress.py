"""A bar that says how far a run has come, and how fast it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_bar"]

DAY = 86400.0


@contextmanager
def progress_bar() -> Iterator[Callable[[float, float], None] | None]:
    """Show a bar on standard error while inside, if that is a terminal.

    Yields
    ------
    callable or None
        To be called with the simulated and the whole seconds; None where nobody would see it.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    begun = time.perf_counter()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0, speed="")

        def tell(simulated: float, whole: float) -> None:
            elapsed = max(time.perf_counter() - begun, 1e-9)
            bar.update(
                task,
                completed=simulated / whole,
                description=f"day {simulated / DAY:.1f} of {whole / DAY:.1f}",
                speed=f"{simulated / elapsed:.2g} x real time",
            )

        yield tell
