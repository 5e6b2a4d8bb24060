"""``deltasim new``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

__all__ = ["STARTER", "command"]

# ruff: noqa: E501  the lines are those of the file it writes
STARTER = """\
# A pond with a flood through it. Run it:  deltasim run {file}
# A bare number is SI (m, m2, m3, m3/s, s); text carries units; rain and evaporation must.

[scenario]
title       = "A pond under a flood"
start       = 2024-06-01                  # add an offset for a clock the world knows: 2024-06-01T00:00:00+08:00
end         = 2024-06-08
output_step = "15 min"

[basin.pond]                              # storage: what stands between inflow and outflow
curve         = {{ stage = [0.0, 1.0, 4.0], area = ["1 ha", "4 ha", "6 ha"] }}
initial_stage = 1.0                       # left out: empty
rain          = {{ time = ["2024-06-01", "2024-06-01T06:00", "2024-06-01T12:00", "2024-06-08"], value = [2, 12, 0, 0], units = "mm/h" }}
evaporation   = "4 mm/day"                # from the wet area

[inflow.stream]                           # a discharge from outside
to        = "pond"
discharge = {{ time = ["2024-06-01", "2024-06-02", "2024-06-04", "2024-06-08"], value = [0.2, 6, 0.2, 0.2], units = "m3/s" }}

[weir.spillway]                           # a link: discharge is positive from -> to
from        = "pond"
to          = "river"
crest_level = 2.0
crest_width = "5 m"

[pump.drain]                              # try:  --set pump.drain.capacity=0.5
from           = "pond"
to             = "river"
capacity       = "200 l/s"
min_from_stage = 1.0                      # stops drawing here

[boundary.river]                          # water whose stage is given; without stage a free outfall
stage = 0.5
"""


@click.command("new")
@click.argument("name", type=click.Path(path_type=Path))
def command(name: Path) -> None:
    """Write NAME.toml, a commented scenario to start from; it runs as it is."""
    path = name if name.suffix == ".toml" else name.with_name(name.name + ".toml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER.format(file=path.name))
    except FileExistsError:
        raise click.UsageError(f"{path} is there already; give another name") from None
    except OSError as error:
        raise click.FileError(str(path), error.strerror or str(error)) from error
    shown = shlex.quote(str(path))
    click.echo(f"{path} is written. Next:\n  deltasim check {shown}\n  deltasim run {shown}")
