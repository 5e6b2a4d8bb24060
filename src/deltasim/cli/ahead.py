"""A second process compiles the loop, while this one compiles what the loop calls."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from deltasim.cli.faults import say

__all__ = ["loop_ahead"]

WORK = "from deltasim.cli.compiling import compile_loop_alone; compile_loop_alone()"
ENOUGH = 1.5
"""Idle cores that make a second process worth while; it costs two seconds where both share one, and saves four else."""
LOAD = "/proc/loadavg"
"""Its fourth word begins with how many threads run at this moment."""
LOOKS, BETWEEN_LOOKS = 5, 0.004
"""How often to look, and s between looks: something short runs now and then on any machine."""
PATIENCE = 60.0
"""Seconds to wait for the second process once this one is done; it has about as much to do."""


@contextlib.contextmanager
def loop_ahead() -> Iterator[None]:
    """Have the loop compiled into the cache meanwhile, if there is a core to spare; wait for it at the end.

    The cache has to be writable. When the second process fails, nothing is lost but time: this one will not find the
    loop in the cache and compile it. An error or an interrupt inside ends both.
    """
    if _idle_cores() < ENOUGH or getattr(sys, "frozen", False):
        yield
        return
    with tempfile.TemporaryFile() as words, _second_process(words) as second:
        try:
            yield
            with contextlib.suppress(subprocess.TimeoutExpired):
                second.wait(PATIENCE)
        finally:
            second.kill()  # does nothing where it is over
        if second.wait() != 0:
            words.seek(0)
            last = words.read().decode(errors="replace").strip().rpartition("\n")[2]
            why = last or f"it ended with {second.returncode}"
            say(f"a second process could not compile the solver's loop ({why}); it is compiled here")


def _second_process(words: IO[bytes]) -> subprocess.Popen[bytes]:
    # A module of the user's in the current directory is none of its business: -P.
    command = [sys.executable, "-P", "-c", WORK]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words)


def _idle_cores() -> float:
    """How many processors this process may use, less those that others keep busy."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return cores - _busy_cores()


def _busy_cores() -> float:
    """How many processors others keep busy: at this moment where that is known, else over the last minute.

    Who has just installed a package was busy for that minute, and is no more.
    """
    if sys.platform == "win32":
        return 0.0
    try:
        looks = [_running(again) for again in range(LOOKS)]
    except (OSError, ValueError, IndexError):  # not Linux, or not quite
        return os.getloadavg()[0]
    return max(statistics.median(looks) - 1.0, 0.0)  # one is this process


def _running(again: int) -> int:
    """How many threads run or are ready to, of all on the machine."""
    time.sleep(BETWEEN_LOOKS if again else 0.0)
    return int(Path(LOAD).read_text(encoding="ascii").split()[3].partition("/")[0])
