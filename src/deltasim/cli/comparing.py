"""What `compare` and `indicators` share: options, reading, and the table as text, CSV, JSON and NetCDF."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deltasim.cli.faults import say
from deltasim.cli.source import is_netcdf, is_result, read

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["finish", "open_all", "output_options", "spare"]

DECIMALS = 4
"""Significant digits on the terminal; files have all."""


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for what is asked and where it goes."""
    file = click.Path(dir_okay=False, path_type=Path)
    source = click.Path(exists=True, dir_okay=False, path_type=Path)
    for option in (
        click.option("--allow-outside", is_flag=True, help="Let a scenario read files outside its own folder."),
        click.option("--json", "as_json", is_flag=True, help="The table as JSON on standard output."),
        click.option("-o", "--output", type=file, metavar="OUT", help="Write the table as NetCDF."),
        click.option("--csv", "csv_file", type=file, metavar="CSV", help="Write the table as CSV."),
        click.option(
            "--indicators", "indicators", type=source, metavar="TOML", help="What to compute: tables [indicator.NAME]."
        ),
    ):
        function = option(function)
    return function


def spare(outputs: Sequence[Path | None], sources: Sequence[Path]) -> None:
    """Refuse to write over what is read, over a file of another kind, or twice to the same.

    Parameters
    ----------
    outputs : sequence of Path or None
        NetCDF first, CSV second.
    sources : sequence of Path
    """
    for output, other in zip(outputs, reversed(outputs), strict=True):
        if output is None:
            continue
        if not output.parent.is_dir():
            raise click.UsageError(f"{output}: there is no folder {output.parent}")
        if output == other:
            raise click.UsageError(f"{output} is named for both CSV and NetCDF")
        if output.is_file() and any(source.exists() and output.samefile(source) for source in sources):
            raise click.UsageError(f"{output} is read by this command; name another file")
    netcdf, table = outputs
    if netcdf and netcdf.is_file() and netcdf.stat().st_size and not is_netcdf(netcdf):
        raise click.UsageError(f"{netcdf} is there and is no NetCDF file; it is not replaced. Name another one with -o")
    if table and table.is_file() and is_netcdf(table):
        raise click.UsageError(
            f"{table} is there and is a NetCDF file; it is not replaced. Name another one with --csv"
        )


def open_all(files: Sequence[Path], allow_outside: bool) -> dict[str, tuple[Path, xr.Dataset]]:
    """Open results, and run scenarios.

    Parameters
    ----------
    files : sequence of Path
    allow_outside : bool
        For scenarios.

    Returns
    -------
    dict of str to (Path, Dataset)
        By a name that is short and unique.
    """
    import deltasim

    made = {}
    for name, file in zip(_names(files), files, strict=True):
        made[name] = (file, deltasim.open(file) if is_result(file) else _run(file, allow_outside))
    return made


def _names(files: Sequence[Path]) -> list[str]:
    """Stems; with their folder where those are equal, then with a number."""
    stems = Counter(file.stem for file in files)
    names = [file.stem if stems[file.stem] == 1 else f"{file.absolute().parent.name}/{file.stem}" for file in files]
    again, seen = Counter(names), Counter[str]()
    for i, name in enumerate(names):
        seen[name] += 1
        if again[name] > 1:
            names[i] = f"{name} ({seen[name]})"
    return names


def _run(file: Path, allow_outside: bool) -> xr.Dataset:
    import deltasim
    from deltasim.cli.compiling import get_ready

    scenario = read(file, (), allow_outside)
    get_ready()
    say(f"running {file}")
    return deltasim.run(scenario, progress=sys.stderr.isatty())


def finish(
    comparison: xr.Dataset, *, csv_file: Path | None, output: Path | None, as_json: bool, single: bool = False
) -> None:
    """Write the table to where it was asked for, and show it.

    Parameters
    ----------
    comparison : Dataset
        From `deltasim.studies.compare`.
    csv_file, output : Path or None
    as_json : bool
        Print JSON in place of the summary.
    single : bool
        Of one result alone.
    """
    import deltasim

    for line in str(comparison.attrs.get("warnings", "")).splitlines():
        say(f"warning: {line}")
    if output is not None:
        deltasim.write(comparison, output)
    if csv_file is not None:
        _write_csv(comparison, csv_file)
    if as_json:
        click.echo(_as_json(comparison))
    else:
        from deltasim.cli.comparison_table import show

        written = [str(path) for path in (csv_file, output) if path is not None]
        show(comparison, written, single=single)


def _missing(cell: Any) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


def _columns(comparison: xr.Dataset) -> dict[str, list[Any]]:
    return {str(name): comparison[name].values.tolist() for name in comparison.data_vars}


def _write_csv(comparison: xr.Dataset, file: Path) -> None:
    """Tidy, UTF-8, an empty cell where there is no number."""
    from deltasim.errors import ResultError

    columns = _columns(comparison)
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            for row in zip(*columns.values(), strict=True):
                writer.writerow(["" if _missing(cell) else cell for cell in row])
    except OSError as error:
        raise ResultError(f"cannot write {file}: {error.strerror or error}") from error


def _as_json(comparison: xr.Dataset) -> str:
    def plain(cell: Any) -> Any:
        return None if _missing(cell) else cell

    columns = _columns(comparison)
    runs = {str(name): comparison[name].values.tolist() for name in comparison.coords}
    document = {
        "baseline": comparison.attrs["baseline"],
        "runs": [
            {name: plain(cell) for name, cell in zip(runs, row, strict=True)}
            for row in zip(*runs.values(), strict=True)
        ],
        "warnings": str(comparison.attrs.get("warnings", "")).splitlines(),
        "rows": [
            {name: plain(cell) for name, cell in zip(columns, row, strict=True)}
            for row in zip(*columns.values(), strict=True)
        ],
    }
    # A document in another encoding than UTF-8 is not JSON, unless it keeps to ASCII.
    other = sys.stdout.encoding.lower().replace("-", "") != "utf8"
    return json.dumps(document, ensure_ascii=other, allow_nan=False, indent=2)
