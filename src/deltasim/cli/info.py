"""``deltasim info``."""

from __future__ import annotations

from pathlib import Path

import click

from deltasim.cli.source import is_result, scenario_argument

__all__ = ["command"]


@click.command("info")
@scenario_argument
def command(file: Path) -> None:
    """Show what is in FILE: a scenario or a result."""
    if is_result(file):
        from deltasim.cli.result_info import show_result

        show_result(file)
    else:
        from deltasim.cli.scenario_info import show_scenario

        show_scenario(file)
