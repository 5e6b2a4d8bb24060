"""Where a run leaves its results: in memory, and only what a benchmark looks at."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Kept"]


class Kept:
    """A sink that keeps some variables of the run, the start among the rows, and nothing else."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def begin(self, frame: Any) -> None:
        """Forget what was before."""
        self.chunks: list[dict[str, np.ndarray]] = []

    def append(self, chunk: Any) -> None:
        """Keep what is looked at."""
        self.chunks.append({name: chunk.data[name] for name in self.names})

    def finish(self, summary: Any, state: Any) -> None:
        """Join the chunks."""
        self.data = {name: np.concatenate([chunk[name] for chunk in self.chunks]) for name in self.names}

    def fail(self, reason: str, summary: Any = None) -> None:
        """Stop: a benchmark that fails measures nothing."""
        raise RuntimeError(reason)
