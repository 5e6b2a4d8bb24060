"""What ``deltasim info`` shows of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deltasim.cli.peaks import MOST_ROWS, console, fixed, levels, lines, plain_table
from deltasim.cli.source import read
from deltasim.cli.times import period, span

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from deltasim.control import Control

__all__ = ["show_scenario"]


def show_scenario(file: Path) -> None:
    """Print the nodes, links, rules and series of a scenario.

    Parameters
    ----------
    file : Path
        TOML.
    """
    scenario = read(file)
    out = console()
    out.print(scenario.title or file.name, style="bold")
    if scenario.summary:
        out.print(scenario.summary)
    out.print(f"{period(scenario.start, scenario.duration)}, output every {span(scenario.output_step)}", style="dim")
    out.print()
    _print_nodes(out, scenario.nodes, scenario.links)
    _print_links(out, scenario.links)
    _print_control(out, scenario.control)
    _print_series(out, scenario.tables.get("series", {}))
    sizes = ", ".join(f"{name} ({len(content):,} bytes)" for name, content in scenario.files.items())
    lines(
        out,
        [
            ("reads", sizes),
            ("vertical datum", scenario.vertical_datum or ""),
            ("coordinates", scenario.crs or ""),
            ("stage tolerance", f"{1e3 * scenario.stage_tolerance:g} mm"),
        ],
    )


def _print_nodes(out: Console, nodes: Mapping[str, Any], links: Mapping[str, Any]) -> None:
    from deltasim.network import lowest_sills
    from deltasim.tide import Tide

    sills = lowest_sills(links)
    table = _table(("node", "kind"), ("bed\nm", "initial stage\nm", "top area\nm2"), ("gains and losses",))
    for name, node in list(nodes.items())[:MOST_ROWS]:
        if not node.stores:
            moves = "stage given"
            if node.stage is None:
                moves = "free outfall"
            elif isinstance(node.stage, Tide):
                moves = f"tide of {node.stage.speed.size} constituents"
            table.add_row(name, node.kind, "-", "-", "-", moves)
            continue
        curve = node.shape(sills.get(name))
        start = float(curve.stage_at(node.starting_storage(curve)))
        sources = dict.fromkeys(source.variable for _, source in node.sources(curve))
        area = fixed(curve.top_area, 0 if curve.top_area >= 100.0 else 2)
        table.add_row(name, node.kind, *levels([curve.bed_level, start]), area, ", ".join(sources))
    _print(out, table, len(nodes), "nodes")


def _print_links(out: Console, links: Mapping[str, Any]) -> None:
    if not links:
        return
    table = _table(("link", "kind", "from", "to"), (), ())
    for name, link in list(links.items())[:MOST_ROWS]:
        table.add_row(name, link.kind, link.from_node or "-", link.to_node or "-")
    _print(out, table, len(links), "links")


def _print_control(out: Console, control: Control) -> None:
    rows = [(rule.path, rule.when.text, [action.path for action in rule.then]) for rule in control.rules]
    rows += [(pid.path, f"holds {pid.target.text}", [pid.controls]) for pid in control.pids]
    rows += [(schedule.path, "over time", [schedule.controls]) for schedule in control.schedules]
    if not rows:
        return
    table = _table(("control", "when", "moves"), (), ())
    for path, when, moved in rows[:MOST_ROWS]:
        table.add_row(path, when, ", ".join(dict.fromkeys(moved)))
    _print(out, table, len(rows), "rules and controllers")


def _print_series(out: Console, series: Mapping[str, Any]) -> None:
    if not series:
        return
    table = _table(("series", "units", "values"), (), ())
    for name, given in list(series.items())[:MOST_ROWS]:
        if "file" in given:
            column = f', column "{given["column"]}"' if "column" in given else ""
            where = f"{given['file']}{column}"
        else:
            values = given.get("value", [])
            where = f"{len(values) if isinstance(values, list) else 1} in the scenario"
        table.add_row(name, str(given.get("units", "-")), where)
    _print(out, table, len(series), "series")


def _table(texts: tuple[str, ...], values: tuple[str, ...], last: tuple[str, ...]) -> Table:
    table = plain_table()
    for text in texts:
        table.add_column(text, overflow="fold")
    for value in values:
        table.add_column(value, justify="right", no_wrap=True)
    for text in last:
        table.add_column(text)
    return table


def _print(out: Console, table: Table, count: int, what: str) -> None:
    out.print(table)
    if count > MOST_ROWS:
        out.print(f"and {count - MOST_ROWS:,} more {what}", style="dim")
    out.print()
