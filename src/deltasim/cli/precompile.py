"""``deltasim precompile``."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("precompile")
def command() -> None:
    """Compile the solver and every kind of link now, so that the first run need not wait.

    The compiled code is kept in the user's cache folder, or in the one that the environment variable
    DELTASIM_CACHE_DIR names.
    """
    from deltasim._jit import cache_folder
    from deltasim.cli.compiling import compile_all_kinds, is_kept

    before = set(cache_folder().rglob("*.nbc"))
    seconds = compile_all_kinds()
    if before and before == set(cache_folder().rglob("*.nbc")):
        click.echo(f"the solver is compiled already, in {cache_folder()}")
        return
    if not is_kept():
        raise click.ClickException(
            f"compiled in {seconds:.0f} s, but {cache_folder().parent} cannot be written; name another folder with "
            "the environment variable DELTASIM_CACHE_DIR"
        )
    click.echo(f"the solver was compiled in {seconds:.0f} s; it is kept in {cache_folder()}")
