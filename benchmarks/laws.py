"""Time the laws of the links: nanoseconds for one evaluation of each kind, and a thousand links of ten kinds.

    python benchmarks/laws.py
    python benchmarks/laws.py --repeats 100

A hundred links of each kind, with sizes and levels at random, join two hundred ponds whose stages are random: water
runs both ways, free and drowned, and some links are dry. The solver's own `evaluate_groups` evaluates all of them with
their derivatives (and each kind without them), for sixty-four sets of stages in turn, so that no branch is foretold
from the round before. A figure is the least of many goes; its time includes the bookkeeping of each link.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from dataclasses import replace
from typing import Any

import numba
import numpy as np

import deltasim
from deltasim._jit import jit
from deltasim.fluxes import SOURCES
from deltasim.links import LINKS
from deltasim.network import Network
from deltasim.scenario import from_text
from deltasim.solver.awake import make_awake
from deltasim.solver.build import Prepared, prepare
from deltasim.solver.fluxes import evaluate_groups

GOAL = 60.0
"""Microseconds for all of them."""
EACH = 100
"""Links of each kind."""
PONDS = 200
SETS = 64
"""Of stages."""
AT_ONCE = 8
"""Sets in one go."""
KINDS = ("weir", "orifice", "gate", "culvert", "pump", "rating", "reach", "resistance", "breach", "levee")

HEAD = """
[scenario]
start = 2024-01-01
end = 2024-01-02
output_step = "1 h"
"""


def link_of(kind: str, rng: np.random.Generator) -> str:
    """Keys of a link of a kind, its sizes and levels at random."""
    level, size = rng.uniform(-0.5, 1.0), rng.uniform(0.5, 2.0)
    box = f'shape = "box"\nwidth = {1.5 * size}\nheight = {size}'
    barrel = box if rng.random() < 0.5 else f"diameter = {size}"
    return {
        "weir": f"crest_level = {level}\ncrest_width = {4.0 * size}",
        "orifice": f"diameter = {size}\ninvert_level = {level}",
        "gate": f"sill_level = {level}\nwidth = {4.0 * size}\nopening = {0.5 * size}",
        "culvert": f"{barrel}\nlength = {40.0 * size}\nmanning_n = 0.015\ninvert_level_from = {level}\n"
        f"invert_level_to = {level - rng.uniform(0.0, 0.3)}",
        "pump": f"capacity = {{ head = [-2.0, 0.0, 1.0, 3.0], discharge = [{1.5 * size}, {size}, {0.5 * size}, 0.0] }}",
        "rating": f"table = {{ stage = {[level + 0.3 * i for i in range(8)]}, "
        f"discharge = {[size * i**1.5 for i in range(8)]} }}",
        "reach": f"cross_section = {{ bottom_width = {4.0 * size}, side_slope = 1.5 }}\nlength = 500.0\n"
        f"manning_n = 0.03\nbed_level_from = {level}\nbed_level_to = {level - rng.uniform(0.0, 0.3)}",
        "resistance": f"resistance = {size}",
        "breach": f"crest_level = {level + 1.0}\nbottom_level = {level}\nbottom_width = {5.0 * size}\n"
        "side_slope = 1.0\ndevelopment_time = 3600.0\ntrigger = { time = 0.0 }",
        "levee": f"table = {{ level = {[level, level + 0.2, level + 0.5, level + 0.9]}, "
        f"length = {[5.0 * size, 20.0, 50.0, 60.0]} }}",
    }[kind]


def network(rng: np.random.Generator) -> Prepared:
    """Ponds, and the links between pairs of them."""
    lines = [f"[basin.p{i}]\ncurve = {{ stage = [-1.0], area = [1e4] }}\ninitial_stage = 1.0" for i in range(PONDS)]
    for kind in KINDS:
        for i in range(EACH):
            a, b = rng.choice(PONDS, 2, replace=False)
            lines.append(f'[{kind}.{kind}{i}]\nfrom = "p{a}"\nto = "p{b}"\n{link_of(kind, rng)}')
    scenario = from_text(HEAD + "\n".join(lines), {})
    ponds = Network.from_components(scenario.nodes, scenario.links)
    return prepare(ponds, end=86400.0, tolerance=1e-4, max_step=3600.0)


@jit
def evaluate(problem: Any, work: Any, stages: Any, start: int, stop: int, sensitive: bool) -> None:
    """Evaluate every flux, with derivatives or without, at some of the sets of stages."""
    for k in range(start, stop):
        for i in range(stages.shape[1]):
            work.trial_stage[i] = stages[k, i]
        evaluate_groups(problem.groups, sensitive, problem.fluxes, work, work.q)


def best(prepared: Prepared, group: np.ndarray, stages: np.ndarray, repeats: int, sensitive: bool = True) -> float:
    """Least time, s, for one evaluation of the fluxes in these groups, with derivatives or without.

    Timed a few sets at a go, so that other programs leave some goes alone; the least of each counts, less what a call
    takes that evaluates nothing.
    """
    mine = np.arange(group[0], group[-1])  # the ends of other links are of no concern
    fluxes = prepared.problem.fluxes
    fluxes = fluxes._replace(group=group, runs=fluxes.runs._replace(first=mine[:0], length=mine[:0], loose=mine))
    problem = prepared.problem._replace(fluxes=fluxes)
    work = prepared.work._replace(awake=make_awake(problem))
    problem, work = replace(prepared, problem=problem, work=work).packed
    first = np.append(np.arange(0, len(stages), AT_ONCE), 0)
    last = np.append(first[1:-1], [len(stages), 0])
    least = np.full(len(first), np.inf)
    for _ in range(repeats + 1):
        for go in range(len(first)):
            begun = time.perf_counter()
            evaluate(problem, work, stages, first[go], last[go], sensitive)
            least[go] = min(least[go], time.perf_counter() - begun)
    return float(least[:-1].sum() - len(first[:-1]) * least[-1]) / len(stages)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200, help="goes over all sets, of which the least counts")
    repeats = parser.parse_args().repeats
    rng = np.random.default_rng(5)
    prepared = network(rng)
    work, group = prepared.work, prepared.problem.fluxes.group
    work.trial[:] = 1e4
    work.lift[:] = 1e-4
    names = [*LINKS, *SOURCES]
    at = names.index("breach")
    work.setting[group[at] : group[at + 1]] = rng.uniform(0.0, 1.0, EACH)
    stages = rng.uniform(-0.9, 2.5, (SETS, len(work.stage)))

    print(f"deltasim {deltasim.__version__}, Python {platform.python_version()}, numba {numba.__version__}")
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{EACH} links of each kind, {SETS} sets of stages, one core{load}")
    print(f"{'kind':<12}{'ns/link':>9}{'plain':>9}{'at rest %':>11}")
    for kind in KINDS:
        g = names.index(kind)
        alone = np.where(np.arange(len(group)) <= g, group[g], group[g + 1])
        seconds = [best(prepared, alone, stages, repeats, sensitive) for sensitive in (True, False)]
        still = float((work.q[group[g] : group[g + 1]] == 0.0).mean())
        each = "".join(f"{value / EACH * 1e9:>9.1f}" for value in seconds)
        print(f"{kind:<12}{each}{100.0 * still:>11.0f}", flush=True)
    seconds = best(prepared, group, stages, repeats)
    print(f"all {EACH * len(KINDS)}: {seconds * 1e6:.1f} us (goal: {GOAL:g} us)")


if __name__ == "__main__":
    main()
