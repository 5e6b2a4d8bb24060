"""Reading what a command is given: a scenario file, or a result that carries its scenario."""

from __future__ import annotations

import dataclasses
import difflib
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deltasim.cli.faults import say
from deltasim.errors import ResultError, ScenarioError

if TYPE_CHECKING:
    import xarray as xr

    from deltasim.scenario import Scenario

__all__ = [
    "SourceFile",
    "is_netcdf",
    "is_result",
    "open_result",
    "plural",
    "read",
    "scenario_argument",
    "scenario_options",
    "telling_warnings",
]

SIGNATURES = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")
"""How NetCDF files begin: those of today are HDF5 inside."""


class SourceFile(click.Path):
    """A file to read that is there; where it is not, names like it that are."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the path."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            path = Path(value)
            if path.exists() or not path.parent.is_dir():
                raise
            names = [near.name for near in path.parent.iterdir() if near.suffix in (".toml", ".nc")]
            near = difflib.get_close_matches(path.name, names, n=1) or [
                name for name in (f"{path.name}.toml", f"{path.name}.nc") if name in names
            ]
            if not near:
                raise
            hint = f"{error.message.removesuffix('.')}; did you mean {path.with_name(near[0])}?"
            raise click.BadParameter(hint, ctx, param) from None


def _assignments(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Check that each has a path and a value; the value is read later, with the scenario."""
    for text in values:
        path, equals, _ = text.partition("=")
        if not equals or not path.strip():
            raise click.BadParameter(
                f'expected PATH=VALUE, such as weir.intake.crest_level=2.8, got "{text}"', ctx, param
            )
    return values


def scenario_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument FILE."""
    return click.argument("file", type=SourceFile())(function)


def scenario_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --set and --allow-outside."""
    function = click.option(
        "--allow-outside", is_flag=True, help="Let the scenario read files outside its own folder."
    )(function)
    return click.option(
        "overrides",
        "--set",
        multiple=True,
        metavar="PATH=VALUE",
        callback=_assignments,
        help="Change one quantity: --set weir.intake.crest_level=2.8. May be repeated; later ones win.",
    )(function)


def plural(count: int, what: str) -> str:
    """Count things: ``1 node``, ``5 nodes``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def is_netcdf(file: Path) -> bool:
    """Tell a NetCDF file by how it begins.

    Parameters
    ----------
    file : Path
        A file that is there.
    """
    try:
        with file.open("rb") as stream:
            return stream.read(8).startswith(SIGNATURES)
    except OSError:
        return False


def is_result(file: Path) -> bool:
    """Tell a result from a scenario: by what it is, and by its suffix where it is not even that."""
    return file.suffix.lower() == ".nc" or is_netcdf(file)


def read(file: Path, overrides: Sequence[str] = (), allow_outside: bool = False) -> Scenario:
    """Load a scenario, or the one that a result carries; its warnings go to standard error.

    Parameters
    ----------
    file : Path
        TOML, or a result.
    overrides : sequence of str
        ``PATH=VALUE``.
    allow_outside : bool
        Whether files outside the scenario's folder may be read; a result carries all it needs.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    ResultError
        It is a NetCDF file, but not a result that can be read.
    """
    from deltasim.scenario import load, read_override

    changes = [read_override(text) for text in overrides]
    scenario = _from_result(file, dict(changes)) if is_result(file) else load(file, changes, allow_outside)
    for warning in scenario.warnings:
        say(f"warning: {warning}")
    return scenario


def _from_result(file: Path, changes: dict[str, Any]) -> Scenario:
    from deltasim.results.netcdf import read_scenario
    from deltasim.scenario import from_text

    try:
        text, files = read_scenario(file)
    except (AttributeError, RuntimeError) as error:  # netCDF4's own, where the file opens but is not whole
        raise ResultError(f"{file}: it is damaged, or was not written by deltasim ({error})") from error
    scenario = from_text(text, files, path=str(file))
    if not changes:
        return scenario
    try:
        return scenario.replace(changes)
    except ScenarioError as error:
        # The same words as for a scenario file.
        raise ScenarioError(
            dataclasses.replace(problem, file="--set") if problem.file == "replace" else problem
            for problem in error.problems
        ) from None


def open_result(file: Path) -> xr.Dataset:
    """Open a result to read it.

    Parameters
    ----------
    file : Path
        A file that is there.

    Raises
    ------
    ResultError
        It is no result, or cannot be read.
    """
    if not is_result(file):
        scenario = file.suffix.lower() == ".toml"
        raise ResultError(f"{file}: this is no result" + ("; run it first: deltasim run " + str(file)) * scenario)
    from deltasim.results.dataset import open as open_dataset

    return open_dataset(file)


@contextmanager
def telling_warnings() -> Iterator[None]:
    """Say what a part of the library warns of in the words of the command line, each thing once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        say(f"warning: {message}")
