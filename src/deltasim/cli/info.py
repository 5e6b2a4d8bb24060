"""``deltasim info``."""

from __future__ import annotations

from pathlib import Path

import click

from deltasim.cli.source import is_result, read, scenario_argument

__all__ = ["command"]


@click.command("info")
@scenario_argument
def command(file: Path) -> None:
    """Show what is in FILE: a scenario or a result."""
    if is_result(file):
        _show_result(file)
    else:
        _show_scenario(file)


def _show_scenario(file: Path) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    scenario = read(file)
    console = Console(highlight=False)
    console.print(f"[bold]{escape(scenario.title or file.name)}[/bold]")
    if scenario.summary:
        console.print(escape(scenario.summary))
    console.print(f"{scenario.start} to {scenario.end}, output every {scenario.output_step:g} s")
    table = Table("name", "kind", "from", "to", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, node in scenario.nodes.items():
        table.add_row(escape(name), node.kind, "", "")
    for name, link in scenario.links.items():
        ends = (getattr(link, "from_node", ""), getattr(link, "to_node", ""))
        table.add_row(escape(name), link.kind, *(escape(end) for end in ends))
    console.print(table)
    for path, content in scenario.files.items():
        console.print(f"reads {escape(path)} ({len(content)} bytes)")


def _show_result(file: Path) -> None:
    import netCDF4
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from deltasim.errors import ResultError

    try:
        result = netCDF4.Dataset(file)
    except OSError as error:
        raise ResultError(f"{file} is not a NetCDF file that can be read: {error.strerror or error}") from error
    with result:
        attributes = {name: result.getncattr(name) for name in result.ncattrs()}
        if "deltasim_version" not in attributes:
            raise ResultError(f"{file} was not written by deltasim")
        console = Console(highlight=False)
        console.print(f"[bold]{escape(str(attributes.get('title') or file.name))}[/bold]")
        if "run_failed" in attributes:
            console.print(f"[red]this run failed:[/red] {escape(str(attributes['run_failed']))}")
        for name in ("summary", "time_coverage_start", "time_coverage_end", "source", "history"):
            if attributes.get(name):
                console.print(f"{name.replace('_', ' '):<20} {escape(str(attributes[name]))}")
        for name in ("relative_balance_error", "solver_steps", "solver_rejected_steps", "solver_seconds"):
            if name in attributes:
                console.print(f"{name.replace('_', ' '):<20} {attributes[name]:.4g}")
        console.print(", ".join(f"{len(d)} {name}" for name, d in result.dimensions.items()))
        table = Table("variable", "dimensions", "units", "meaning", box=box.SIMPLE_HEAD, pad_edge=False)
        for name, variable in result.variables.items():
            units = str(getattr(variable, "units", ""))
            table.add_row(name, ", ".join(variable.dimensions), units, escape(getattr(variable, "long_name", "")))
        console.print(table)
