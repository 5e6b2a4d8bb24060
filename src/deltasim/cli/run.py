"""``deltasim run``."""

from __future__ import annotations

import gc
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deltasim._garbage import settling
from deltasim.cli.faults import FAILED, INTERRUPTED, say, stop
from deltasim.cli.source import is_netcdf, is_result, read, scenario_argument, scenario_options
from deltasim.timings import Stopwatch, process_age

if TYPE_CHECKING:
    from deltasim.scenario import Scenario
    from deltasim.simulation import Outcome

__all__ = ["command"]


@click.command("run")
@scenario_argument
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT", help="Result file to write."
)
@scenario_options
@click.option("--float32", is_flag=True, help="Store what depends on time in half the space.")
@click.option("--uncompressed", is_flag=True, help="Write a larger file in a fraction of the time.")
@click.option("-q", "--quiet", is_flag=True, help="Nothing on standard output, and no progress bar.")
@click.option("--json", "as_json", is_flag=True, help="The closing tables as JSON, with every node and link.")
@click.option("--timings", is_flag=True, help="Tell how long each part of the way took, too.")
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    output: Path | None,
    overrides: tuple[str, ...],
    allow_outside: bool,
    float32: bool,
    uncompressed: bool,
    quiet: bool,
    as_json: bool,
    timings: bool,
) -> None:
    """Run FILE: a scenario (.toml), or a result (.nc) again from what it carries.

    Writes NAME.nc (NAME_rerun.nc for a result) in the current directory, or the file given with -o. What that file was
    before is replaced when the run is done, not earlier.
    """
    watch = Stopwatch({"python": process_age()})
    # What settles below does so for this command: who calls it from a program of theirs gets theirs back as it was.
    ctx.call_on_close(gc.unfreeze)
    for other, given in (("json", as_json), ("timings", timings)):
        if quiet and given:
            raise click.UsageError(f"--quiet and --{other} contradict each other")
    output = output or Path(f"{file.stem}_rerun.nc" if is_result(file) else f"{file.stem}.nc")
    _spare(output, file)
    with watch.part("imports"), settling():
        import deltasim.scenario  # noqa: F401
    with watch.part("reading"):
        scenario = read(file, overrides, allow_outside)
    for name in scenario.files if not is_result(file) else ():
        _spare(output, file.parent / name)
    result = {"float32": float32, "compressed": not uncompressed}
    outcome = _simulate(scenario, output, result, quiet, _words(ctx, file), watch)
    for line in str(outcome.summary.attributes.get("warnings", "")).splitlines():
        say(f"warning: {line}")
    if quiet:
        return
    from deltasim.cli import closing

    if as_json:
        click.echo(closing.as_json(outcome, file, output, watch if timings else None))
        return
    with watch.part("printing"):
        closing.show(outcome, output)
    if timings:
        closing.show_timings(watch)


def _spare(output: Path, source: Path) -> None:
    """Refuse to write over what is read, or over a file that was never a result."""
    if not output.is_file():
        return
    if source.exists() and output.samefile(source):
        raise click.UsageError(f"{output} is read by this run; name another file with -o")
    if output.stat().st_size and not is_netcdf(output):
        raise click.UsageError(f"{output} is there and is no result; it is not replaced. Name another file with -o")


def _words(ctx: click.Context, file: Path) -> str:
    """The command as it could be given again, for the file's history."""
    words = ["deltasim", "run", str(file)]
    for parameter in ctx.command.params:
        value = ctx.params.get(parameter.name or "")
        if not isinstance(parameter, click.Option) or parameter.name in ("quiet", "as_json", "timings") or not value:
            continue
        if parameter.is_flag:
            words.append(parameter.opts[-1])
        else:
            for part in value if parameter.multiple else (value,):
                words += [parameter.opts[-1], str(part)]
    return shlex.join(words)


def _simulate(
    scenario: Scenario, output: Path, result: dict[str, bool], quiet: bool, words: str, watch: Stopwatch
) -> Outcome:
    """Run into a file of a form; what can go wrong on the way says what became of the file."""
    from contextlib import nullcontext

    with watch.part("imports"), settling():
        from deltasim.cli.compiling import get_ready
        from deltasim.errors import SolverError
        from deltasim.progress import progress_bar
        from deltasim.results.background import Background
        from deltasim.results.frame import Frame
        from deltasim.results.netcdf import NetcdfSink
        from deltasim.simulation import simulate

    class Sink(Background):
        """Compiles, but not before it is sure that the file can be written."""

        def begin(self, frame: Frame) -> None:
            super().begin(frame)
            with watch.part("compiled_code"), settling():
                get_ready()

    file = NetcdfSink(output, **result)
    before = _stamp(file.failed_path)
    if before and file.failed_path.samefile(scenario.path):
        raise click.UsageError(f"{file.failed_path} is read by this run; name another file with -o")
    try:
        with Sink(file) as sink, nullcontext() if quiet else progress_bar() as tell:
            outcome = simulate(scenario, sink, progress=tell, command=words, watch=watch)
        watch.beside["writer_thread"] = sink.seconds
        return outcome
    except SolverError as error:
        from deltasim.cli.times import moment

        when = moment(scenario.start, error.time, 0.0)
        stop(
            FAILED,
            f"Error: {scenario.path}: {error}",
            f"{error.time:.6g} s is {when} on the scenario's clock.",
            f"What was computed until then is in {file.failed_path}.",
        )
    except KeyboardInterrupt:
        kept = _stamp(file.failed_path) not in (None, before)
        stop(
            INTERRUPTED,
            f"\ninterrupted; {f'what there was is in {file.failed_path}' if kept else 'nothing was written'}",
        )


def _stamp(path: Path) -> tuple[int, int] | None:
    """Tell one file of a name from another; None where there is none."""
    if not path.exists():
        return None
    status = path.stat()
    return status.st_ino, status.st_mtime_ns
