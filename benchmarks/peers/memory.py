"""By how much the memory of this process has grown at its highest, where the system tells (Linux)."""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["grown"]

T = TypeVar("T")


def grown(work: Callable[[], T]) -> tuple[T, float]:
    """Do some work; what it gives, and the growth of the resident memory at its highest, MB (NaN where not told).

    What earlier work has freed goes back to the system first, or it would be used again unseen.
    """
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        before = kilobytes("VmRSS")
    except (OSError, AttributeError, TypeError):
        return work(), float("nan")
    done = work()
    return done, max(kilobytes("VmHWM") - before, 0) / 1024.0


def kilobytes(name: str) -> int:
    """Read a line of the process's status."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)[1])
