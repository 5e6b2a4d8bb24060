"""What a run spends its time on, part by part."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Stopwatch", "process_age"]


class Stopwatch:
    """Counts the seconds of parts that follow one another or lie within one another, each second once.

    Parameters
    ----------
    before : mapping of str to float, optional
        Seconds of parts that are over.

    Attributes
    ----------
    seconds : dict of str to float
        By part, in the order in which they first began. While an inner part runs, the one around it does not count.
    beside : dict of str to float
        Likewise, of what went on at the same time on another thread.
    """

    def __init__(self, before: Mapping[str, float] | None = None) -> None:
        self.seconds: dict[str, float] = dict(before or {})
        self.beside: dict[str, float] = {}
        self._part: str | None = None
        self._since = time.perf_counter()
        self._begun = self._since - sum(self.seconds.values())

    @property
    def total(self) -> float:
        """Seconds since the first part began, of no part too."""
        return time.perf_counter() - self._begun

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is done inside as this part.

        Parameters
        ----------
        name : str
            May come again; its seconds add up.
        """
        around = self._turn(name)
        try:
            yield
        finally:
            self._turn(around)

    def _turn(self, part: str | None) -> str | None:
        now, before = time.perf_counter(), self._part
        if before is not None:
            self.seconds[before] += now - self._since
        if part is not None:
            self.seconds.setdefault(part, 0.0)
        self._part, self._since = part, now
        return before


def process_age() -> float:
    """Seconds since this process was started: from the kernel where it tells, else the time of the processor alone."""
    try:
        # Field 22, in ticks since the machine was started; the name before it is in brackets and may hold blanks.
        began = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - began / os.sysconf("SC_CLK_TCK")
    except (AttributeError, OSError, ValueError, IndexError):
        return time.process_time()
