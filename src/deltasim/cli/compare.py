"""``deltasim compare``."""

from __future__ import annotations

from pathlib import Path

import click

from deltasim.cli.comparing import finish, open_all, output_options, spare
from deltasim.cli.faults import explained
from deltasim.cli.source import SourceFile

__all__ = ["command"]


@click.command("compare")
@click.argument("base", type=SourceFile())
@click.argument("variants", type=SourceFile(), nargs=-1, required=True)
@output_options
def command(
    base: Path,
    variants: tuple[Path, ...],
    indicators: Path | None,
    csv_file: Path | None,
    output: Path | None,
    as_json: bool,
    allow_outside: bool,
) -> None:
    """Compare VARIANTS with BASE, indicator by indicator.

    Each is a result (.nc), or a scenario (.toml), which is run first. Thresholds come from BASE and are the same for
    all. Without --indicators a general set is computed: wet days, depth, peaks, volumes.
    """
    files = [base, *variants]
    spare([output, csv_file], [*files, *([indicators] if indicators else [])])
    from deltasim.studies import compare

    opened = open_all(files, allow_outside)
    with explained("nothing was written"):  # scenarios have run by now
        comparison = compare(
            {name: result for name, (_, result) in opened.items()},
            indicators=indicators,
            files={name: str(file) for name, (file, _) in opened.items()},
        )
    finish(comparison, csv_file=csv_file, output=output, as_json=as_json)
