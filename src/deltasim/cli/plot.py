"""``deltasim plot``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deltasim.cli.faults import say
from deltasim.cli.source import open_result, telling_warnings

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["command"]

SERIES = {"nodes", "links", "variables", "bands", "start", "end", "page"}
OPTIONS = {
    "overview": {"start", "end", "page"},
    "hydrograph": SERIES,
    "duration": SERIES,
    "budget": {"nodes", "start", "end", "page"},
    "heatmap": {"metrics", "period", "page"},
    "tradeoff": {"x", "y", "period", "page"},
}
"""What each kind of picture lets one choose."""

OF_COMPARISONS = ("heatmap", "tradeoff")

WORDS = {
    "nodes": "--node",
    "links": "--link",
    "variables": "--variable",
    "bands": "--band",
    "start": "--from",
    "end": "--to",
    "metrics": "--metric",
}


class Band(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic from click 8.4 on
    """A depth or a range of depths with a name."""

    name = "NAME=LOW..HIGH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read ``reed=0.2..0.6``, or ``sill=0.4``."""
        found = re.fullmatch(r"\s*([^=]+?)\s*=\s*([^=]+?)\s*", value)
        try:
            if found is None:
                raise ValueError
            low, dots, high = found[2].partition("..")
            return found[1], (float(low), float(high)) if dots else float(low)
        except ValueError:
            self.fail(f'expected a name and depths in m, such as reed=0.2..0.6 or reed=0.4, got "{value}"', param, ctx)


@click.command("plot")
@click.argument("file", metavar="RESULT|COMPARISON", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(list(OPTIONS)), help="What to draw; by default a page on the whole.")
@click.option("--node", "nodes", multiple=True, metavar="NAME", help="A node to draw; may be repeated.")
@click.option("--link", "links", multiple=True, metavar="NAME", help="A link to draw; may be repeated.")
@click.option(
    "--variable", "variables", multiple=True, metavar="NAME", help="A variable, such as storage; may be repeated."
)
@click.option(
    "--band",
    "bands",
    type=Band(),
    multiple=True,
    help="Depths in m to draw behind curves of depth: reed=0.2..0.6, or one: reed=0.4. May be repeated.",
)
@click.option("--from", "start", metavar="TIME", help="First time to draw: 2019-08-10, or 2019-08-10T06:00.")
@click.option("--to", "end", metavar="TIME", help="Last time to draw.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="A metric of the heatmap; may be repeated.")
@click.option("--x", metavar="METRIC", help="Of the trade-off: METRIC, METRIC@ZONE, or METRIC@ZONE:lower.")
@click.option("--y", metavar="METRIC", help="Likewise.")
@click.option("--period", metavar="LABEL", help="A year or season of a comparison; by default the whole run.")
@click.option("--page", type=click.Choice(["portrait", "landscape"]), help="A4, upright or across.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    help="Picture to write: .png, .svg or .pdf; by default NAME_KIND.png in the current directory.",
)
def command(file: Path, kind: str | None, output: Path | None, **given: Any) -> None:
    """Draw RESULT, a .nc file of `run`, or COMPARISON, one of `compare`.

    Kinds of a result: overview, hydrograph, duration, budget. Of a comparison: heatmap, tradeoff. Without any choice a
    page on the whole is drawn.
    """
    with _opened(file) as dataset, telling_warnings():
        compared = dataset.attrs.get("deltasim_kind") == "comparison"
        chosen = {name: _plain(name, value) for name, value in given.items() if value not in (None, ())}
        kind = kind or _kind(compared, chosen)
        _check(file, kind, compared, chosen)
        output = output or Path(f"{file.stem}_{kind}.png")
        if output.exists() and output.samefile(file):
            raise click.UsageError(f"{output} is what is drawn; name another file with -o")
        from deltasim.plots import save

        _tell_left_out(dataset, kind, chosen)
        save(_draw(kind)(dataset, **chosen), output)
    click.echo(str(output))


def _opened(file: Path) -> xr.Dataset:
    """Open a result or a comparison."""
    import netCDF4

    from deltasim.cli.source import is_netcdf

    if is_netcdf(file):
        try:
            with netCDF4.Dataset(file) as content:
                compared = "deltasim_kind" in content.ncattrs() and content.getncattr("deltasim_kind") == "comparison"
        except (OSError, RuntimeError):
            compared = False  # what is wrong is said below
        if compared:
            import xarray as xr

            return xr.open_dataset(file, engine="netcdf4", decode_timedelta=False)
    return open_result(file)


def _plain(name: str, value: Any) -> Any:
    return dict(value) if name == "bands" else list(value) if isinstance(value, tuple) else value


def _kind(compared: bool, chosen: dict[str, Any]) -> str:
    """The kind that goes with the choices that were made."""
    if compared:
        return "tradeoff" if chosen.keys() & {"x", "y"} else "heatmap"
    return "hydrograph" if chosen.keys() & {"nodes", "links", "variables", "bands"} else "overview"


def _check(file: Path, kind: str, compared: bool, chosen: dict[str, Any]) -> None:
    """Refuse what does not go together."""
    if (kind in OF_COMPARISONS) != compared:
        is_a, of_a = ("comparison", "results") if compared else ("result", "comparisons")
        able = [name for name in OPTIONS if (name in OF_COMPARISONS) == compared]
        raise click.UsageError(f"{file} is a {is_a}, --kind {kind} is for {of_a}; here there are {', '.join(able)}")
    for name in chosen:
        if name not in OPTIONS[kind]:
            kinds = [each for each, options in OPTIONS.items() if name in options]
            raise click.UsageError(f"{WORDS.get(name, f'--{name}')} is for {', '.join(kinds)}, not for {kind}")


def _tell_left_out(dataset: xr.Dataset, kind: str, chosen: dict[str, Any]) -> None:
    """Say which metrics a heatmap that nobody chose for has no room for."""
    if kind != "heatmap" or "metrics" in chosen:
        return
    from deltasim.plots.comparison import MOST_METRICS
    from deltasim.plots.table import metrics_of

    left = metrics_of(dataset)[MOST_METRICS:] if "metric" in dataset else []
    if left:
        say(f"the first {MOST_METRICS} metrics are drawn; choose others with --metric: {', '.join(left)}")


def _draw(kind: str) -> Callable[..., Figure]:
    from deltasim import plots

    draw: Callable[..., Figure] = getattr(plots, "duration_curve" if kind == "duration" else kind)
    return draw
