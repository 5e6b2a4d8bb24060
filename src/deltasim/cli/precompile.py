"""``deltasim precompile``."""

from __future__ import annotations

import time

import click

__all__ = ["command"]

TINY = """\
[scenario]
start = 2024-01-01
end = 2024-01-02
output_step = "1 h"

[basin.pond]
curve = { stage = [0.0], area = [100.0] }
initial_stage = 1.0
"""


@click.command("precompile")
def command() -> None:
    """Compile the solver now, so that the first run need not wait."""
    from deltasim._jit import cache_folder, is_compiled
    from deltasim.scenario import from_text
    from deltasim.simulation import simulate

    class Nothing:
        """A sink that keeps nothing."""

        def begin(self, frame: object) -> None:
            """Ignore it."""

        def append(self, chunk: object) -> None:
            """Ignore it."""

        def finish(self, summary: object, state: object) -> None:
            """Ignore it."""

        def fail(self, reason: str, summary: object = None) -> None:
            """Ignore it; the error itself tells."""

    already = is_compiled()
    begun = time.perf_counter()
    simulate(from_text(TINY, {}), Nothing())
    took = time.perf_counter() - begun
    click.echo(f"{'was compiled already' if already else f'compiled in {took:.0f} s'}: {cache_folder()}")
