"""Scenarios from a few lines, and networks at random, for tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

import deltasim
from deltasim.scenario import from_text

HEAD = '[scenario]\nstart = 2024-01-01T00:00:00{zone}\nend = {end}\noutput_step = "{step}"\n\n[solver]\nstage_tolerance = {tolerance}\nmax_step = {max_step}\n'


def scenario(body, *, days=10.0, step="1 h", tolerance=1e-4, max_step=86400.0, files=None, zone=""):
    """A scenario from the TOML of its components."""
    end = str(np.datetime64("2024-01-01") + np.timedelta64(round(days * 86400), "s"))
    head = HEAD.format(zone=zone, end=end, step=step, tolerance=tolerance, max_step=max_step)
    return from_text(head + body, files or {}, path="test.toml")


def run(body, **options):
    """Run the TOML of some components."""
    return deltasim.run(scenario(body, **options))


def seconds(result):
    """Output times, s since the start."""
    return (result.time.values - result.time.values[0]) / np.timedelta64(1, "s")


LINKS = ("weir", "orifice", "gate", "pump", "rating", "resistance", "reach", "culvert")


SECTIONS = (
    "{ bottom_width = 3.0, side_slope = 1.0 }",
    "{ offset = [0, 0, 20, 22, 25, 27, 60, 60], height = [2.0, 0.9, 0.8, 0.0, 0.0, 0.8, 0.8, 2.0] }",
)


@st.composite
def random_networks(draw, most=60):
    """TOML of 1 to `most` nodes of all kinds, dry and full, tiny beside huge, joined every way there is."""
    n = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    junctions = draw(st.booleans())
    lines = []
    names = [f"n{i}" for i in range(n)]
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
        area = 10.0 ** rng.uniform(-2, 7)
        shape = rng.integers(3)
        if shape == 0:
            curve = f"stage = [{bed}], area = [{area}]"
        elif shape == 1:
            curve = f"stage = [{bed}, {bed + 1}, {bed + 2}], area = [0.0, {area}, {1.5 * area}]"
        else:
            curve = f"stage = [{bed}, {bed + 1}, {bed + 3}], storage = [0.0, {area}, {5 * area}]"
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
        if rng.random() < 0.5 and b not in ("fall", "sea"):
            a, b = b, a
        kind = LINKS[int(rng.integers(len(LINKS)))]
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
            }[kind]
        )
        if kind != "pump" and rng.random() < 0.2:
            lines.append('direction = "forward"')
        lines.append("")
    for k in range(1 + n // 10):
        peak = 10 ** rng.uniform(-2, 2)
        lines.append(
            f'[inflow.q{k}]\nto = "{names[int(rng.integers(n))]}"\n'
            f"discharge = {{ time = [0, 90000, 200000, 864000], value = [0.0, {peak}, 0.0, 0.0] }}\n"
        )
    lines.append(f'[demand.d]\nfrom = "{names[int(rng.integers(n))]}"\ndischarge = {10 ** rng.uniform(-3, 1)}\n')
    return "\n".join(lines)
