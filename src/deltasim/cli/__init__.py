"""The command line. One file per command, one line here; heavy imports happen inside the command that needs them."""

from __future__ import annotations

import atexit
import gc
import io
import sys
from importlib import import_module
from typing import Any

import click

from deltasim._version import __version__
from deltasim.cli.faults import explained

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "run": "Run a scenario, or a result again from itself.",
    "check": "Look for mistakes in a scenario, without running it.",
    "new": "Write a starter scenario that runs.",
    "indicators": "Tell what a result means: hydroperiod, flow, habitat, flood.",
    "compare": "Compare variants with a baseline, indicator by indicator.",
    "calibrate": "Fit parameters to observations, and say what the fit is worth.",
    "info": "Show what is in a scenario or a result.",
    "plot": "Draw a result, or a comparison of several.",
    "export": "Write a result for spreadsheets (CSV) or a GIS (GeoJSON).",
    "schema": "Print the JSON Schema of the scenario file, for editors.",
    "precompile": "Compile the solver now, not at the first run.",
}
"""Every command and its line in the help; it is ``command`` in the module of its name."""


class Commands(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None where there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"deltasim.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Turn every error that deltasim explains into a message and an exit status."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A name that the terminal's encoding lacks is no reason to lose the table.
            sys.stdout.reconfigure(errors="backslashreplace")
        with explained():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="deltasim", message="%(prog)s %(version)s")
def main() -> None:
    """Simulate water in a delta: one TOML file in, one CF NetCDF file out."""
    # At its end Python goes through every object in search of garbage: of what numba alone holds that takes as long as
    # all imports, and the system takes the memory back anyway.
    atexit.register(gc.freeze)
