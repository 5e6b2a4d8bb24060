"""Reading what a command is given: a scenario file, or a result that carries its scenario."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deltasim.cli.faults import say

if TYPE_CHECKING:
    from deltasim.scenario import Scenario

__all__ = ["is_result", "read", "scenario_argument", "scenario_options"]


def scenario_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument FILE."""
    return click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))(function)


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
        help="Change one quantity: --set weir.intake.crest_level=2.8. May be repeated; later ones win.",
    )(function)


def is_result(file: Path) -> bool:
    """Tell a result from a scenario, by its suffix."""
    return file.suffix.lower() == ".nc"


def read(file: Path, overrides: Sequence[str] = (), allow_outside: bool = False) -> Scenario:
    """Load a scenario, or the one that a result carries; its warnings go to standard error.

    Parameters
    ----------
    file : Path
    overrides : sequence of str
        ``PATH=VALUE``.
    allow_outside : bool

    Returns
    -------
    Scenario
    """
    from deltasim.scenario import from_text, load, read_override

    changes = [read_override(text) for text in overrides]
    if is_result(file):
        from deltasim.results.netcdf import read_scenario

        text, files = read_scenario(file)
        scenario = from_text(text, files, path=str(file))
        scenario = scenario.replace(dict(changes)) if changes else scenario
    else:
        scenario = load(file, changes, allow_outside)
    for warning in scenario.warnings:
        say(f"warning: {warning}")
    return scenario
