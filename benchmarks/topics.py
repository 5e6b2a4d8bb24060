"""Networks to measure: the text of a scenario for each topic, built from a few numbers.

Each function gives the tables of nodes, links and control; `scenario` puts a head before them and reads it. What is
too large to be read from a text in a benchmark is a `Network` made of its parts.
"""

from __future__ import annotations

import math

import cases
import numpy as np
from laws import KINDS, link_of

from deltasim.fields import Component
from deltasim.geometry import Curve, Section
from deltasim.links import LINKS
from deltasim.network import Network
from deltasim.nodes import NODES
from deltasim.scenario import Scenario, from_text
from deltasim.signal import Signal

__all__ = [
    "drowned",
    "grid_of_polders",
    "hourly_year",
    "impounded_rivers",
    "long_series",
    "mixed_links",
    "river",
    "river_tree",
    "rules",
    "scenario",
    "series",
    "single_pond",
    "tree_of_ponds",
    "wetlands",
]

HEAD = """
[scenario]
start = 2024-01-01T00:00:00+00:00
end = {end}+00:00
output_step = "{step}"
[solver]
stage_tolerance = {tolerance}
"""
FLOOD = "{ time = [0, 86400, 172800, 864000], value = [0.0, 100.0, 0.0, 0.0] }"
TIDE = b"constituent,amplitude,phase\nM2,0.8,0\nK1,0.3,40\n"


def series(n: int) -> str:
    """Ponds in series over free weirs."""
    return cases.series(n).components()


def drowned(n: int) -> str:
    """Ponds joined by drowned orifices."""
    return cases.drowned(n).components()


def scenario(body: str, *, days: float = 10.0, step: str = "1 h", tolerance: float = 1e-4) -> Scenario:
    """Put a head before the tables, and read them."""
    end = np.datetime64("2024-01-01") + np.timedelta64(round(86400 * days), "s")
    return from_text(HEAD.format(end=end, step=step, tolerance=tolerance) + body, {"tide.csv": TIDE})


def single_pond(_: int = 1) -> str:
    """A pond of 20 000 m2 over a weir."""
    return series(1)


def river(cells: int) -> str:
    """One river of cells of 100 m, from a flood to a sea that stands still."""
    flood = f'[inflow.flood]\nto = "main@0 km"\ndischarge = {FLOOD}'
    return "\n".join(["[boundary.sea]\nstage = 2.0", _river("main", cells, 100.0, 0.0, "sea"), flood])


def _river(name: str, cells: int, size: float, mouth: float, to: str) -> str:
    """Cells of so many metres, with a fall of 1 in 1000 down to the level of the mouth."""
    return (
        f"[river.{name}]\ncells = {cells}\nlength = {size * cells}\nmanning_n = 0.03\ninitial_depth = 1.0\n"
        f"bed_level_upstream = {mouth + 1e-3 * size * cells!r}\nbed_level_downstream = {mouth!r}\n"
        f'cross_section = {{ bottom_width = 20.0, side_slope = 2.0 }}\nto = "{to}"'
    )


def river_tree(cells: int, branch: int = 50, seed: int = 1) -> str:
    """Rivers of `branch` cells of 1 km, each but the first into a place of an earlier one; a flood at the head of each.

    The floods sum up downstream, so that they are small, and the more so the more rivers there are.
    """
    rng = np.random.default_rng(seed)
    rivers = math.ceil(cells / branch)
    lines, mouth = ["[boundary.sea]\nstage = 1.0"], [0.0]
    flood = f"{{ time = [0, 86400, 172800, 864000], value = [0.0, {100.0 / rivers**0.5}, 0.0, 0.0] }}"
    for i in range(rivers):
        to = "sea"
        if i > 0:
            into, cell = int(rng.integers(i)), int(rng.integers(branch))
            to = f"r{into}@{cell + 0.5} km"
            mouth.append(mouth[into] + branch - cell - 0.5)
        lines.append(_river(f"r{i}", min(branch, cells - i * branch), 1000.0, mouth[i], to))
        lines.append(f'[inflow.q{i}]\nto = "r{i}@0 m"\ndischarge = {flood}')
    return "\n".join(lines)


def tree_of_ponds(n: int, seed: int = 1) -> str:
    """Ponds of all sizes, each over a weir into one of those before it, drowned where that is nearly as high."""
    rng = np.random.default_rng(seed)
    lines, beds = ["[boundary.out]"], [0.0]
    for i in range(n):
        below = int(rng.integers(max(0, i - 20), i)) if i else -1
        bed = beds[below] + float(rng.uniform(0.5, 3.0)) if i else 0.0
        beds.append(bed) if i else None
        area = 10.0 ** rng.uniform(4.0, 5.0)
        lines.append(
            f"[basin.p{i}]\ncurve = {{ stage = [{bed}, {bed + 3.0}], area = [{area}, {2.0 * area}] }}\n"
            f"initial_stage = {bed + 1.0}\n"
            f'[weir.w{i}]\nfrom = "p{i}"\nto = "{f"p{below}" if i else "out"}"\n'
            f"crest_level = {bed + 1.0}\ncrest_width = 20.0"
        )
    for i in range(max(0, n - max(1, n // 20)), n):
        lines.append(f'[inflow.q{i}]\nto = "p{i}"\ndischarge = {FLOOD}')
    return "\n".join(lines)


def grid_of_polders(side: int) -> str:
    """Square polders of 1 ha, joined to their neighbours by orifices; rain on all, one corner to a tide."""
    lines = ['[boundary.sea]\nstage = { tide = "tide.csv", mean_level = 0.5 }']
    lines.append(
        '[series.rain]\ntime = ["2024-01-01", "2024-01-02", "2024-01-11"]\nvalue = [3.0, 0.0, 0.0]\nunits = "mm/h"'
    )
    for i in range(side):
        for j in range(side):
            bed = round(0.3 * math.sin(0.7 * i) * math.cos(0.9 * j), 3)
            lines.append(
                f"[basin.p{i}_{j}]\ncurve = {{ stage = [{bed}, {bed + 1.0}], area = [8e3, 1e4] }}\n"
                f'initial_stage = {bed + 1.0}\nrain = "series.rain"'
            )
            for k, (a, b) in enumerate(((i + 1, j), (i, j + 1))):
                if a < side and b < side:
                    lines.append(
                        f'[orifice.o{i}_{j}_{k}]\nfrom = "p{i}_{j}"\nto = "p{a}_{b}"\ndiameter = 1.0\n'
                        "invert_level = 0.4"
                    )
    lines.append('[gate.sluice]\nfrom = "p0_0"\nto = "sea"\nsill_level = -0.5\nwidth = 20.0\nopening = 1.0')
    return "\n".join(lines)


def mixed_links(n: int, seed: int = 5) -> str:
    """A chain of ponds under a tide whose links are of ten kinds in turn."""
    rng = np.random.default_rng(seed)
    lines = ['[boundary.sea]\nstage = { tide = "tide.csv", mean_level = 1.0 }']
    for i in range(n):
        below = f"p{i + 1}" if i + 1 < n else "sea"
        kind = KINDS[i % len(KINDS)] if i + 1 < n else "weir"
        lines.append(f"[basin.p{i}]\ncurve = {{ stage = [-1.0], area = [1e4] }}\ninitial_stage = 1.0")
        lines.append(f'[{kind}.{kind}{i}]\nfrom = "p{i}"\nto = "{below}"\n{link_of(kind, rng)}')
        # What pumps and ratings bring whatever the stage has a way out.
        lines.append(f'[weir.top{i}]\nfrom = "p{i}"\nto = "sea"\ncrest_level = 3.0\ncrest_width = 20.0')
    lines.append(
        '[inflow.flood]\nto = "p0"\ndischarge = { time = [0, 86400, 172800, 864000], value = [0.5, 5.0, 0.5, 0.5] }'
    )
    return "\n".join(lines)


def rules(n: int) -> str:
    """Polders with a sluice each, open at ebb, and a pump that a rule turns on when the water is high."""
    lines = ['[boundary.sea]\nstage = { tide = "tide.csv", mean_level = 0.3 }']
    for i in range(n):
        lines.append(
            f"[basin.p{i}]\ncurve = {{ stage = [-1.0, 1.0], area = [1e5, 2e5] }}\ninitial_stage = {0.02 * i}\n"
            f'[inflow.q{i}]\nto = "p{i}"\ndischarge = {0.5 + 0.05 * i}\n'
            f'[gate.g{i}]\nfrom = "p{i}"\nto = "sea"\nsill_level = -1.0\nwidth = 4.0\nopening = 0.0\n'
            f'opening_rate = "2 mm/s"\n'
            f'[pump.u{i}]\nfrom = "p{i}"\nto = "sea"\ncapacity = 0.0\n'
            f'[rule.ebb{i}]\nwhen = "p{i}.stage > sea.stage + 0.05"\nuntil = "p{i}.stage < sea.stage"\n'
            f'then = {{ "gate.g{i}.opening" = 1.0 }}\n'
            f'[rule.high{i}]\nwhen = "p{i}.stage > 0.5"\nuntil = "p{i}.stage < 0.3"\n'
            f'then = {{ "pump.u{i}.capacity" = 2.0 }}'
        )
    return "\n".join(lines)


def wetlands(n: int) -> str:
    """Marshes with soil, plants and salt, one behind the other, from a brook to a tidal creek."""
    lines = [
        '[boundary.sea]\nstage = { tide = "tide.csv", mean_level = 0.0 }\nconcentration = { salinity = "31 psu" }',
        "[substance.salinity]",
        '[inflow.brook]\nto = "m0"\ndischarge = 0.5\nconcentration = { salinity = "0.5 psu" }',
    ]
    for i in range(n):
        bed = 0.1 * (n - 1 - i)
        lines.append(
            f"[wetland.m{i}]\ncurve = {{ stage = [{bed}, {bed + 0.2}, {bed + 0.6}], area = [2e4, 1e5, 2e5] }}\n"
            'covers = { reed = 0.8, open_water = 0.2 }\nrain = "2 mm/day"\net0 = "5 mm/day"\n'
            "soil = { depth = 1.5, porosity = 0.45, field_capacity = 0.3, et_depth = 0.3, root_depth = 0.5 }\n"
            f'initial_stage = {bed + 0.1}\nconcentration = {{ salinity = "5 psu" }}\n'
            f'[weir.s{i}]\nfrom = "m{i}"\nto = "{f"m{i + 1}" if i + 1 < n else "sea"}"\nshape = "broad"\n'
            f"crest_level = {bed + 0.1}\ncrest_width = 10.0"
        )
    return "\n".join(lines)


def hourly_year(_: int = 1) -> str:
    """A pond below a river whose discharge bends every hour of a year."""
    hours = np.arange(8761)
    value = 5.0 + 4.0 * np.sin(2.0 * np.pi * hours / 8760.0) + np.sin(2.0 * np.pi * hours / 24.0)
    rows = f"{{ time = {(3600 * hours).tolist()}, value = {np.round(value, 4).tolist()} }}"
    return (
        "[boundary.out]\n[basin.pond]\ncurve = { stage = [0.0, 3.0], area = [2e4, 4e4] }\ninitial_stage = 1.0\n"
        '[weir.w]\nfrom = "pond"\nto = "out"\ncrest_level = 1.0\ncrest_width = 5.0\n'
        f'[inflow.q]\nto = "pond"\ndischarge = {rows}'
    )


def long_series(n: int) -> Network:
    """Make the network of `series` without its text; the flood is short and steep, so that it is about few steps."""
    weir, inflow = LINKS["weir"].model, LINKS["inflow"].model
    beds = -8.0 * np.arange(n)
    curves = tuple(Curve.from_table([bed], [2e4]) for bed in beds.tolist())
    names = tuple(f"p{i}" for i in range(n))
    keys = {"crest_width": 20.0, "discharge_coefficient": cases.series(1).weir_discharge_coefficient}
    links = tuple(
        weir.model_validate({"name": f"w{i}", "from": f"p{i}", "to": f"p{i + 1}", "crest_level": bed + 1.0, **keys})
        for i, bed in enumerate(beds.tolist())
    )
    flood = inflow.model_validate({"name": "flood", "to": "p0", "discharge": 50.0})
    return Network(
        node_name=(*names, f"p{n}"),
        node_kind=(*["basin"] * n, "boundary"),
        nodes=(),
        link_name=(*(link.name for link in links), "flood"),
        links=(*links, flood),
        storage=np.arange(n),
        boundary=np.array([n]),
        curves=curves,
        initial_storage=np.full(n, 2e4),
        boundary_stage=(None,),
        origin=np.append(np.arange(n), -1),
        target=np.append(np.arange(1, n + 1), 0),
        sources=(),
    )


def impounded_rivers(cells: int, branch: int = 50, seed: int = 1) -> tuple[dict[str, Component], dict[str, Component]]:
    """Make nodes and links of a tree of rivers, impounded every kilometre by a weir as wide as the floods need.

    Rivers of `branch` cells, each but the first into a place of an earlier one, with a flood of 5 m3/s at its head.
    """
    channel, weir, inflow = NODES["channel"].model_validate, LINKS["weir"].model, LINKS["inflow"].model
    rng = np.random.default_rng(seed)
    rivers = math.ceil(cells / branch)
    into = [0, *(int(rng.integers(i)) for i in range(1, rivers))]
    place = rng.integers(branch, size=rivers).tolist()
    floods = [1] * rivers
    for i in range(rivers - 1, 0, -1):
        floods[into[i]] += floods[i]
    flood = Signal(np.array([0.0, 86400.0, 172800.0, 864000.0]), np.array([0.0, 5.0, 0.0, 0.0]), "linear")
    nodes: dict[str, Component] = {"sea": NODES["boundary"].model_validate({"name": "sea"})}
    links: dict[str, Component] = {}
    mouth = [0.0]
    for i in range(rivers):
        below = f"r{into[i]}_{place[i]}" if i else "sea"
        if i:
            mouth.append(mouth[into[i]] + place[i] + 1.0)
        width = 4.0 * (5.0 * floods[i]) ** 0.5
        section = Section.trapezoid(width, 2.0)
        for k in range(min(branch, cells - i * branch)):
            name, bed = f"r{i}_{k}", mouth[i] + k
            keys = {"length": 1000.0, "bed_level": bed, "initial_depth": 1.0, "cross_section": section}
            nodes[name] = channel({"name": name, **keys})
            keys = {"from": name, "to": below, "crest_level": bed + 1.0, "crest_width": width}
            links[f"w_{name}"] = weir.model_validate({"name": f"w_{name}", **keys})
            below = name
        links[f"q{i}"] = inflow.model_validate({"name": f"q{i}", "to": below, "discharge": flood})
    return nodes, links
