"""``deltasim calibrate``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from deltasim.cli.source import SourceFile

__all__ = ["command"]


@click.command("calibrate")
@click.argument("study", type=SourceFile())
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT", help="Scenario file to write."
)
@click.option("--allow-outside", is_flag=True, help="Let scenario and study read files outside their own folders.")
@click.option("-q", "--quiet", is_flag=True, help="Nothing on standard output, and no progress bar.")
@click.option("--json", "as_json", is_flag=True, help="Everything that was found, as JSON.")
def command(study: Path, output: Path | None, allow_outside: bool, quiet: bool, as_json: bool) -> None:
    """Fit the parameters of STUDY to its calibration period, and score them on its validation period too.

    Writes a scenario with the calibrated values that inherits from the one of the study, beside that one, as
    SCENARIO_calibrated.toml, or where -o says.
    """
    if quiet and as_json:
        raise click.UsageError("--quiet and --json contradict each other")
    from contextlib import nullcontext

    from deltasim.cli.compiling import get_ready
    from deltasim.cli.faults import say
    from deltasim.progress import search_bar
    from deltasim.studies.calibrate import calibrate
    from deltasim.studies.reading import load_study
    from deltasim.studies.report import as_document, as_scenario

    valid = load_study(study, allow_outside)
    scenario = Path(valid.scenario.path)
    output = output or scenario.with_name(f"{scenario.stem}_calibrated.toml")
    _spare(output)
    for warning in valid.scenario.warnings:
        say(f"warning: {warning}")
    get_ready()
    with nullcontext() if quiet else search_bar() as tell:
        found = calibrate(valid, progress=tell)
    try:
        output.write_text(as_scenario(found, output.parent), encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(output), error.strerror or str(error)) from error
    if as_json:
        other = sys.stdout.encoding.lower().replace("-", "") != "utf8"
        document = {**as_document(found), "written": str(output)}
        click.echo(json.dumps(document, ensure_ascii=other, allow_nan=False, indent=2))
    elif not quiet:
        from deltasim.cli.calibration import show

        show(found, output)


def _spare(output: Path) -> None:
    """Refuse to write over anything but what this command wrote before."""
    from deltasim.studies.report import FIRST_WORDS

    if output.is_file() and not output.read_bytes().startswith(FIRST_WORDS.encode()):
        raise click.UsageError(
            f"{output} is there and was not written by calibrate; it is not replaced. Name another file with -o"
        )
