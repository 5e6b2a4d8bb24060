"""``deltasim run``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from deltasim.cli.faults import FAILED, say
from deltasim.cli.source import is_result, read, scenario_argument, scenario_options

__all__ = ["command"]


@click.command("run")
@scenario_argument
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Result file to write.")
@scenario_options
@click.option("--float32", is_flag=True, help="Store what depends on time in half the space.")
@click.option("-q", "--quiet", is_flag=True, help="No closing table.")
@click.option("--json", "as_json", is_flag=True, help="The closing table as JSON.")
def command(
    file: Path,
    output: Path | None,
    overrides: tuple[str, ...],
    allow_outside: bool,
    float32: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run FILE: a scenario (.toml), or a result (.nc) again from what it carries.

    Writes NAME.nc (NAME_rerun.nc for a result) in the current directory, or the file given with -o.
    """
    output = output or Path(f"{file.stem}_rerun.nc" if is_result(file) else f"{file.stem}.nc")
    if output.exists() and output.samefile(file):
        raise click.UsageError(f"{output} would overwrite what is read; give another name with -o")
    scenario = read(file, overrides, allow_outside)

    from deltasim._jit import is_compiled

    if not is_compiled():
        say("compiling the solver, once; this takes about a minute")
    from deltasim.cli.closing import as_document, show
    from deltasim.cli.progress import progress_bar
    from deltasim.errors import SolverError
    from deltasim.results.netcdf import NetcdfSink
    from deltasim.simulation import simulate

    try:
        with NetcdfSink(output, float32=float32) as sink, progress_bar() as tell:
            outcome = simulate(scenario, sink, progress=tell, command=f"deltasim run {file}")
    except SolverError as error:
        from datetime import timedelta

        when = scenario.start + timedelta(seconds=error.time)
        say(f"Error: at {when:%Y-%m-%d %H:%M:%S}, {error}")
        if sink.failed_path.exists():
            say(f"what was computed until then is in {sink.failed_path}")
        sys.exit(FAILED)
    if as_json:
        click.echo(as_document(outcome, output))
    elif not quiet:
        show(outcome, output)
