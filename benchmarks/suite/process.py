"""Whole processes: how long until something happens, and how much memory they take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

import topics
from sink import Kept

from deltasim.simulation import simulate

POND = Path(__file__).parents[2] / "scenarios" / "single_pond" / "single_pond.toml"


def _command(*words: str) -> str:
    """Code that runs the command line in a new interpreter and forgets what it prints."""
    return f"""
        import contextlib, io, os, tempfile
        from deltasim.cli import main
        with contextlib.redirect_stdout(io.StringIO()), tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            main({list(words)!r}, standalone_mode=False)
    """


class Start:
    """Code in an interpreter of its own, its start not counted."""

    repeat = (3, 10, 10.0)
    number = 1
    warmup_time = 0.0

    def timeraw_import(self) -> str:
        """The package alone."""
        return "import deltasim"

    def timeraw_help(self) -> str:
        """``deltasim --help``."""
        return _command("--help")

    def timeraw_run(self) -> str:
        """``deltasim run`` of one pond, the loop compiled before."""
        return _command("run", "--quiet", str(POND))


class ColdStart:
    """``deltasim run`` of one pond with nothing compiled; only where ``DELTASIM_BENCH_COLD`` is set, for it is slow."""

    repeat = 1
    number = 1
    rounds = 1
    warmup_time = 0.0
    timeout = 600

    def setup(self) -> None:
        """Skip it unless it is asked for."""
        if "DELTASIM_BENCH_COLD" not in os.environ:
            raise NotImplementedError

    def timeraw_run(self) -> tuple[str, str]:
        """With an empty cache."""
        empty = "import os, tempfile; os.environ['DELTASIM_CACHE_DIR'] = tempfile.mkdtemp()"
        return _command("run", "--quiet", str(POND)), empty


class Memory:
    """Most memory of a process that reads a network and solves it."""

    timeout = 600

    params: ClassVar[Any] = ["single pond", "river tree of 10 000"]
    param_names: ClassVar[Any] = ["network"]

    def peakmem_run(self, name: str) -> None:
        """From the text of the scenario to the end of the run."""
        body = topics.river_tree(10_000) if name.startswith("river") else topics.single_pond()
        simulate(topics.scenario(body, days=0.05, step="0.01 d"), Kept())
