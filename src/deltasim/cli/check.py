"""``deltasim check``."""

from __future__ import annotations

from pathlib import Path

import click

from deltasim.cli.source import plural, read, scenario_argument, scenario_options

__all__ = ["command"]


@click.command("check")
@scenario_argument
@scenario_options
def command(file: Path, overrides: tuple[str, ...], allow_outside: bool) -> None:
    """Read FILE as run would, and say everything that is wrong with it.

    Exit status 0 if nothing is, 3 if something is. Warnings do not count.
    """
    from deltasim.cli.times import span

    scenario = read(file, overrides, allow_outside)
    size = f"{plural(len(scenario.nodes), 'node')}, {plural(len(scenario.links), 'link')}"
    warned = f", {plural(len(scenario.warnings), 'warning')}" if scenario.warnings else ""
    click.echo(
        f"{file}: {size}, {span(scenario.duration)}, output every {span(scenario.output_step)}; no problems{warned}"
    )
