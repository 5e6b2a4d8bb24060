"""Scenarios from a few lines, and networks at random, for tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

import deltasim
from deltasim.results.dataset import MemorySink
from deltasim.scenario import from_text
from deltasim.simulation import simulate

HEAD = '[scenario]\nstart = 2024-01-01T00:00:00{zone}\nend = {end}\noutput_step = "{step}"\n\n[solver]\nstage_tolerance = {tolerance}\nmax_step = {max_step}\n'


def scenario(body, *, days=10.0, step="1 h", tolerance=1e-4, max_step=86400.0, files=None, zone=""):
    """A scenario from the TOML of its components."""
    end = str(np.datetime64("2024-01-01") + np.timedelta64(round(days * 86400), "s"))
    head = HEAD.format(zone=zone, end=end, step=step, tolerance=tolerance, max_step=max_step)
    return from_text(head + body, files or {}, path="test.toml")


def run(body, **options):
    """Run the TOML of some components."""
    return deltasim.run(scenario(body, **options))


class OutOfPatienceError(Exception):
    """A run takes more steps than a test can wait for."""


def run_patiently(body, pauses=2, **options):
    """Run the TOML of some components, but no longer than the solver pauses twice: 4e7 nodes times steps.

    About one random network in five hundred has a well so small, between structures so wide, that the solver follows it
    at milliseconds.
    """
    left = [pauses]

    def tell(simulated, duration):
        left[0] -= 1
        if left[0] < 0 and simulated < duration:
            raise OutOfPatienceError

    sink = MemorySink()
    simulate(scenario(body, **options), sink, progress=tell)
    return sink.dataset


def seconds(result):
    """Output times, s since the start."""
    return (result.time.values - result.time.values[0]) / np.timedelta64(1, "s")


EPS = np.finfo(float).eps


def events(result):
    """Time (s since the start), source, target and value of what was set."""
    start = result.time.values[0]
    time = (result.event_time.values - start) / np.timedelta64(1, "s")
    names = (result.event_source.values.tolist(), result.event_target.values.tolist())
    return list(zip(time.tolist(), *names, result.event_value.values.tolist(), strict=True))


def assert_balanced(result):
    """Hold the promises of the result file: every interval of every node, the whole run, nothing below 0."""
    storage = result.storage.values
    full = np.isfinite(storage[0])
    storage = storage[:, full]
    assert storage.min() >= 0.0
    dt = np.diff(result.time.values) / np.timedelta64(1, "s")
    nodes = list(result.node.values)
    into = np.zeros((len(dt), len(nodes)))
    moved = np.zeros_like(into)
    for k, (a, b) in enumerate(zip(result.from_node.values, result.to_node.values, strict=True)):
        q = result.discharge.values[1:, k]
        for name, sign in ((a, -1.0), (b, 1.0)):
            if name:
                into[:, nodes.index(name)] += sign * q
                moved[:, nodes.index(name)] += np.abs(q)
    for name in ("rain", "evaporation", "seepage", "groundwater"):
        if name in result:
            into += np.nan_to_num(result[name].values[1:])
            moved += np.abs(np.nan_to_num(result[name].values[1:]))
    change = np.diff(storage, axis=0)
    volume = moved[:, full] * dt[:, None]
    allowed = 1e-9 * volume + 8.0 * EPS * storage.max()
    assert np.all(np.abs(change - into[:, full] * dt[:, None]) <= allowed)
    assert result.attrs["relative_balance_error"] < 1e-12


LINKS = (
    *("weir", "orifice", "gate", "pump", "rating", "resistance", "reach", "culvert"),
    *("levee", "breach", "fixed_flow", "diversion"),
)


SECTIONS = (
    "{ bottom_width = 3.0, side_slope = 1.0 }",
    "{ offset = [0, 0, 20, 22, 25, 27, 60, 60], height = [2.0, 0.9, 0.8, 0.0, 0.0, 0.8, 0.8, 2.0] }",
)


def _operation(rng, kind, link, source, beds, names, wide):
    """Lines that go on with the table of a link, and a rule that moves it, where it can be moved."""
    lines = []
    node = names[int(rng.integers(len(names)))]
    level = beds[names.index(node)] + rng.uniform(0.1, 2)
    moves = {
        "gate": ("opening", 0.0, rng.uniform(0, 2)),
        "weir": ("crest_level", -1.0, rng.uniform(0, 3)),
        "pump": ("capacity", 0.1, 0.0),
        "fixed_flow": ("discharge", 0.0, 0.3),
        "orifice": ("open", 1.0, 0.0),
        "culvert": ("open", 0.0, 1.0),
        "levee": ("open", 0.5, 1.0),
    }
    if kind == "pump" and source in wide and rng.random() < 0.7:
        start = beds[names.index(source)] + rng.uniform(0.6, 2)
        lines.append(f"start_stage = {start}\nstop_stage = {start - 0.5}")
    if kind not in moves or rng.random() < 0.5:
        return lines
    key, on, off = moves[kind]
    rate = {"gate": "opening_rate", "weir": "crest_rate"}.get(kind)
    if rate and rng.random() < 0.7:
        lines.append(f"{rate} = {10 ** rng.uniform(-4, -1)}")
    lines.append(f'[rule.move_{link}]\nwhen = "{node}.stage > {level} or sea.stage > 1.2"')
    lines.append(f'until = "{node}.stage < {level - 0.3} and sea.stage < 0.5"\nhold = "10 min"')
    lines.append(f'then = {{ "{kind}.{link}.{key}" = {on} }}\npriority = {int(rng.integers(3))}')
    if rng.random() < 0.5:
        lines.append(f'otherwise = {{ "{kind}.{link}.{key}" = {off} }}')
    return lines


def _fork(rng, name, source, receiver):
    """A small basin that a pump and a brook feed, and two diversions, one after the other, of what enters there."""
    table = "{ inflow = [0.0, 0.5, 5.0], discharge = [0.0, 0.1, 4.0] }"
    second = f"table = {table}" if rng.random() < 0.5 else f"fraction = {rng.uniform(0, 1):.3f}"
    return [
        f"[basin.f_{name}]\ncurve = {{ stage = [5.0], area = [{10 ** rng.uniform(0, 4)}] }}",
        f"[basin.g_{name}]\ncurve = {{ stage = [4.0], area = [{10 ** rng.uniform(0, 4)}] }}",
        f'[inflow.b_{name}]\nto = "f_{name}"\ndischarge = {10 ** rng.uniform(-3, 0)}',
        f'[pump.p_{name}]\nfrom = "{source}"\nto = "f_{name}"\ncapacity = {10 ** rng.uniform(-3, 0)}',
        f'[diversion.{name}]\nfrom = "f_{name}"\nto = "g_{name}"\nfraction = {rng.uniform(0, 1):.3f}',
        f'[diversion.h_{name}]\nfrom = "g_{name}"\nto = "{receiver}"\n{second}',
        *(
            f'[weir.{top}t_{name}]\nfrom = "{top}_{name}"\nto = "fall"\ncrest_level = 6.0\ncrest_width = 5.0\n'
            for top in "fg"
        ),
    ]


def _wetland(rng, name, bed):
    """Soil of a few centimetres or of metres, or none; shares or bands; dry, moist or full at the start."""
    area = 10.0 ** rng.uniform(1, 7)
    shape = rng.integers(4)
    top = bed + 2.0
    curve = f"{{ stage = [{bed}, {bed + 1}, {top}], area = [0.0, {area}, {1.5 * area}] }}"
    if shape == 1:
        curve = f"{{ stage = [{bed}, {bed + 1}, {top}], storage = [0.0, {area}, {5 * area}] }}"
    elif shape == 2:
        curve = f"{{ scale = {area}, exponent = {10 ** rng.uniform(-0.5, 1):.3f}, bed_level = {bed}, max_depth = 2 }}"
    elif shape == 3:
        curve = f"{{ stage = [{bed}], area = [{area}] }}"
    edge = bed + float(rng.uniform(0.1, 1.9))
    covers = f"{{ open_water = {{ below = {edge} }}, reed = {{ above = {edge} }} }}"
    if rng.random() < 0.5:
        covers = "{ cattail_frost = 0.7, open_water = 0.3 }"
    lines = [f"[wetland.{name}]\ncurve = {curve}\ncovers = {covers}"]
    lines.append(f'et0 = "{10 ** rng.uniform(0, 2):.2f} mm/day"\nrain = "{10 ** rng.uniform(-1, 1.5):.2f} mm/day"')
    if rng.random() < 0.3:
        lines.append(f'seepage = "{rng.uniform(-20, 5):.2f} mm/day"')
    if rng.random() < 0.3:
        lines.append(
            f"groundwater = {{ stage = {bed + rng.uniform(-4, 1):.3f}, conductance = {10 ** rng.uniform(-5, -1)} }}"
        )
    if rng.random() < 0.2:
        return [*lines, f"initial_stage = {bed + float(rng.uniform(0, 1))}\n"]
    depth = 10.0 ** rng.uniform(-1.5, 0.7)
    reach = rng.choice(["root_depth", "extinction_depth"])
    soil = f"depth = {depth}, porosity = 0.5, field_capacity = {0.5 - 10 ** rng.uniform(-2, -0.4)}, et_depth = {rng.choice([0, 0.3])}"
    start = "" if rng.random() < 0.5 else f", initial_water_table = {bed - depth * float(rng.uniform(0, 1))}"
    if not start:
        lines.append(f"initial_stage = {bed + float(rng.uniform(-0.5, 1)) * min(depth, 1.0)}")
    return [*lines, f"soil = {{ {soil}, {reach} = {10 ** rng.uniform(-1, 0.5)}{start} }}\n"]


@st.composite
def random_networks(draw, most=60):
    """TOML of 1 to `most` nodes, by `random_network`."""
    n = draw(st.integers(1, most))
    return random_network(np.random.default_rng(draw(st.integers(0, 2**32 - 1))), n, draw(st.booleans()))


def random_network(rng, n, junctions):
    """TOML of `n` nodes of all kinds, dry and full, tiny beside huge, joined every way there is.

    Pumps, gates and crests are moved by rules, at once or at a rate. What turns on and off by stages has room to do so:
    a station that fills its sump in a second is a fault, and is reported as one.
    """
    lines = []
    names = [f"n{i}" for i in range(n)]
    wide = set()
    beds = [round(float(rng.uniform(-3, 3)), 3) for _ in names]
    for name, bed in zip(names, beds, strict=True):
        if junctions and rng.random() < 0.4:
            lines.append(f"[junction.{name}]\nbed_level = {bed}\n")
            continue
        if rng.random() < 0.2:
            section = SECTIONS[int(rng.integers(len(SECTIONS)))]
            length = 10.0 ** rng.uniform(1, 4)
            lines.append(f"[channel.{name}]\ncross_section = {section}\nlength = {length}\nbed_level = {bed}")
            lines.append(f'initial_depth = {rng.uniform(0, 2)}\nrain = "1 mm/h"\nseepage = "-5 mm/day"\n')
            continue
        if rng.random() < 0.25:
            lines += _wetland(rng, name, bed)
            continue
        area = 10.0 ** rng.uniform(-2, 7)
        shape = rng.integers(3)
        if shape == 0:
            curve = f"stage = [{bed}], area = [{area}]"
        elif shape == 1:
            curve = f"stage = [{bed}, {bed + 1}, {bed + 2}], area = [0.0, {area}, {1.5 * area}]"
        else:
            curve = f"stage = [{bed}, {bed + 1}, {bed + 3}], storage = [0.0, {area}, {5 * area}]"
        if area > 1e4:
            wide.add(name)
        lines.append(f"[basin.{name}]\ncurve = {{ {curve} }}")
        if rng.random() < 0.6:
            lines.append(f"initial_stage = {bed + float(rng.uniform(0, 2))}")
        if rng.random() < 0.3:
            lines.append(
                'rain = { time = ["2024-01-01", "2024-01-02", "2024-01-03"], value = [4.0, 0.0, 0.0], units = "mm/h" }'
            )
        if rng.random() < 0.4:
            lines.append('evaporation = "6 mm/day"')
        if rng.random() < 0.3:
            lines.append(f'seepage = "{rng.uniform(-20, 5):.2f} mm/day"')
        if rng.random() < 0.2:
            lines.append(
                f"groundwater = {{ stage = {bed + rng.uniform(-1, 2):.3f}, conductance = {10 ** rng.uniform(-4, -1)} }}"
            )
        lines.append("")
    lines.append(
        "[boundary.sea]\nstage = { time = [0, 22350, 44700, 67050, 864000], value = [-1.0, 1.5, -1.0, 1.5, 0.0] }\n"
    )
    lines.append("[boundary.fall]\n")
    # Pumps and ratings deliver whatever the stage: what has no way out overtops, as it would on site, and does not
    # pile up to the height of mountains.
    for name, bed in zip(names, beds, strict=True):
        lines.append(f'[weir.top_{name}]\nfrom = "{name}"\nto = "fall"\ncrest_level = {bed + 12}\ncrest_width = 20.0\n')
    if n == 1:
        ends = [(0, "sea"), (0, "fall")]
    else:
        ends = [(i, names[int(rng.integers(0, i))]) for i in range(1, n)]
        ends += [(int(rng.integers(n)), names[int(rng.integers(n))]) for _ in range(n // 3)]
        ends += [(int(rng.integers(n)), str(rng.choice(["sea", "fall"]))) for _ in range(1 + n // 8)]
    for k, (i, other) in enumerate(ends):
        a, b = names[i], other
        if a == b:
            continue
        kind = LINKS[int(rng.integers(len(LINKS)))]
        if kind == "diversion":
            lines += _fork(rng, f"l{k}", a, b)
            continue
        if rng.random() < 0.5 and b not in ("fall", "sea"):
            a, b = b, a
        if kind in ("resistance", "reach", "culvert") and "fall" in (a, b):
            kind = "weir"
        level = round(float(rng.uniform(-3, 3)), 3)
        lines.append(f'[{kind}.l{k}]\nfrom = "{a}"\nto = "{b}"')
        lines.append(
            {
                "weir": f"crest_level = {level}\ncrest_width = {10 ** rng.uniform(-1, 2):.3f}",
                "orifice": f"diameter = {10 ** rng.uniform(-1, 0.5):.3f}\ninvert_level = {level}",
                "gate": f"sill_level = {level}\nwidth = {10 ** rng.uniform(-1, 1):.3f}\nopening = {rng.uniform(0, 2):.3f}",
                "pump": f"capacity = {10 ** rng.uniform(-3, 1):.4f}",
                "rating": f"table = {{ stage = [{level}, {level + 1}, {level + 2}], discharge = [0.0, 2.0, 9.0] }}",
                "reach": f"cross_section = {SECTIONS[int(rng.integers(len(SECTIONS)))]}\nlength = {10 ** rng.uniform(1, 4):.1f}\n"
                f"manning_n = 0.03\nbed_level_from = {level}\nbed_level_to = {round(float(rng.uniform(-3, 3)), 3)}",
                "resistance": f"resistance = {10 ** rng.uniform(-1, 4):.3f}",
                "culvert": f"diameter = {10 ** rng.uniform(-0.5, 0.5):.3f}\ninvert_level_from = {level}\n"
                f"invert_level_to = {level + rng.uniform(-0.5, 0.5):.3f}\nlength = {10 ** rng.uniform(0.5, 2.5):.1f}\n"
                "manning_n = 0.015",
                "levee": f"table = {{ level = [{level}, {level + 0.5}, {level + 2}], length = [{rng.choice([0, 5])}, 20, 50] }}",
                "breach": f"crest_level = {level + 1}\nbottom_level = {level}\nbottom_width = {10 ** rng.uniform(0, 1.5):.3f}\n"
                f"side_slope = 1.0\ndevelopment_time = {10 ** rng.uniform(1, 4):.1f}\ntrigger = "
                + str(
                    rng.choice([f"{{ stage = {level + 0.9} }}", "{ time = 40000 }", "{ overtopping_duration = 1800 }"])
                ),
                "fixed_flow": f"discharge = {10 ** rng.uniform(-3, 1):.4f}",
            }[kind]
        )
        if kind not in ("pump", "fixed_flow") and rng.random() < 0.2:
            lines.append('direction = "forward"')
        lines += _operation(rng, kind, f"l{k}", a, beds, names, wide)
        lines.append("")
    for k in range(1 + n // 10):
        peak = 10 ** rng.uniform(-2, 2)
        lines.append(
            f'[inflow.q{k}]\nto = "{names[int(rng.integers(n))]}"\n'
            f"discharge = {{ time = [0, 90000, 200000, 864000], value = [0.0, {peak}, 0.0, 0.0] }}\n"
        )
    lines.append(f'[demand.d]\nfrom = "{names[int(rng.integers(n))]}"\ndischarge = {10 ** rng.uniform(-3, 1)}\n')
    return "\n".join(lines)
