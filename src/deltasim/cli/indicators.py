"""``deltasim indicators``."""

from __future__ import annotations

from pathlib import Path

import click

from deltasim.cli.comparing import finish, open_all, output_options, spare
from deltasim.cli.faults import explained
from deltasim.cli.source import SourceFile

__all__ = ["command"]


@click.command("indicators")
@click.argument("result", type=SourceFile(), required=False)
@click.option("--list", "list_all", is_flag=True, help="List every indicator there is, and stop.")
@output_options
def command(
    result: Path | None,
    list_all: bool,
    indicators: Path | None,
    csv_file: Path | None,
    output: Path | None,
    as_json: bool,
    allow_outside: bool,
) -> None:
    """Compute indicators of RESULT: a result (.nc), or a scenario (.toml), which is run first.

    Without --indicators a general set is computed: wet days, depth, peaks, volumes.
    """
    if list_all:
        _list()
        return
    if result is None:
        raise click.UsageError("Missing argument 'RESULT'.")
    spare([output, csv_file], [result, *([indicators] if indicators else [])])
    from deltasim.studies import compare

    opened = open_all([result], allow_outside)
    with explained("nothing was written"):  # scenarios have run by now
        comparison = compare(
            {name: dataset for name, (_, dataset) in opened.items()},
            indicators=indicators,
            files={name: str(file) for name, (file, _) in opened.items()},
        )
    finish(comparison, csv_file=csv_file, output=output, as_json=as_json, single=True)


def _list() -> None:
    """Print the catalogue."""
    from deltasim.cli.peaks import console, plain_table
    from deltasim.indicators import INDICES, SPECIES

    out, table = console(), plain_table()
    for title in ("index", "indicator", "units", "of", "what it is"):
        table.add_column(title, no_wrap=title != "what it is")
    for index in INDICES.values():
        for i, row in enumerate(index.indicators):
            units = row.units.format("series").replace("series d-1", "series/d")
            table.add_row(index.name if i == 0 else "", row.identifier, units, index.of, row.description)
    out.print(table)
    out.print()
    out.print(f"species: {', '.join(SPECIES)}")
