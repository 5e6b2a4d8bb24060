"""``deltasim check``."""

from __future__ import annotations

from pathlib import Path

import click

from deltasim.cli.source import read, scenario_argument, scenario_options

__all__ = ["command"]


@click.command("check")
@scenario_argument
@scenario_options
def command(file: Path, overrides: tuple[str, ...], allow_outside: bool) -> None:
    """Read FILE as run would, and say everything that is wrong with it; exit status 3 if anything is."""
    scenario = read(file, overrides, allow_outside)
    days = scenario.duration / 86400.0
    outputs = round(scenario.duration / scenario.output_step)
    click.echo(
        f"{file}: {len(scenario.nodes)} nodes, {len(scenario.links)} links, {days:g} days, {outputs} output steps; "
        "no problems"
    )
