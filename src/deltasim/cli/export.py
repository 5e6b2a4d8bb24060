"""``deltasim export``."""

from __future__ import annotations

from pathlib import Path

import click

from deltasim.cli.source import open_result, telling_warnings

__all__ = ["command"]


@click.command("export")
@click.argument("result", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--csv", "folder", type=click.Path(path_type=Path), metavar="DIR", help="A CSV file per variable, into this folder."
)
@click.option(
    "--geojson",
    "geojson",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Nodes and links with their maxima, as GeoJSON.",
)
@click.option(
    "--plain-time",
    is_flag=True,
    help="In CSV, times as 2019-08-09 00:15:00 on the scenario's clock: spreadsheets take them for dates.",
)
def command(result: Path, folder: Path | None, geojson: Path | None, plain_time: bool) -> None:
    """Write RESULT, a .nc file, for spreadsheets (--csv), for a GIS (--geojson), or both.

    What is written appears under its name when it is whole; files that were there before are replaced.
    """
    if folder is None and geojson is None:
        raise click.UsageError("say what to write: --csv DIR, --geojson FILE, or both")
    if plain_time and folder is None:
        raise click.UsageError("--plain-time is about --csv, which is not given")
    if geojson is not None and geojson.exists() and geojson.samefile(result):
        raise click.UsageError(f"{geojson} is the result itself; name another file")
    from deltasim.exports import to_csv, to_geojson

    with open_result(result) as dataset, telling_warnings():
        written = [] if folder is None else to_csv(dataset, folder, plain_time=plain_time)
        if geojson is not None:
            written.append(to_geojson(dataset, geojson))
    for path in written:
        click.echo(str(path))
