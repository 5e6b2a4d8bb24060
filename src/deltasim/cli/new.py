"""``deltasim new``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

__all__ = ["command"]


@click.command("new")
@click.argument("name", type=click.Path(path_type=Path))
def command(name: Path) -> None:
    """Write NAME.toml, a commented scenario to start from; it runs as it is.

    A file that is there is never replaced.
    """
    from importlib.resources import files

    path = name if name.suffix == ".toml" else name.with_name(f"{name.name}.toml")
    text = files("deltasim.cli").joinpath("starter.toml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError(f"{path} is there already; give another name") from None
    except OSError as error:
        raise click.FileError(str(path), error.strerror or str(error)) from error
    shown = shlex.quote(str(path))
    click.echo(f"{path} is written; next:\n\n  deltasim check {shown}\n  deltasim run {shown}")
