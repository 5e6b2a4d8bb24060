"""The pieces of the compiled loop, one by one, in plain Python and compiled."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import pytest
from numba import njit

from deltasim._jit import jit, jit_inline, jit_inner, jit_lanes
from deltasim.geometry import Curve, locate, make_slices, pack_curves, see_curves
from deltasim.network import Network
from deltasim.scenario import from_text
from deltasim.solver import elimination
from deltasim.solver.awake import make_awake
from deltasim.solver.build import prepare
from deltasim.solver.elimination import factorise, plan_elimination, solve
from deltasim.solver.incidence import add_run, find_runs, scatter, take_ends
from deltasim.solver.method import RODAS4P2
from deltasim.solver.ordering import EACH, along_paths, minimum_degree
from deltasim.solver.run import begin, march


def random_tree_and_more(n, extra, rng):
    pairs = [(i, int(rng.integers(0, i))) for i in range(1, n)]
    pairs += [tuple(int(x) for x in rng.choice(n, 2, replace=False)) for _ in range(extra)]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def a_river(branches, length, rng):
    """Pairs of a tree of rivers: each branch a path of some length that ends somewhere on an earlier one."""
    pairs, n = [(i, i + 1) for i in range(length)], length + 1
    for _ in range(branches - 1):
        mouth, reach = int(rng.integers(0, n)), int(rng.integers(1, length))
        pairs += [(mouth, n), *((n + i, n + i + 1) for i in range(reach - 1))]
        n += reach
    return n, np.array(pairs, dtype=np.int64)


def dominant(n, pairs, plan, slots, place, rng):
    """A column-dominant M-matrix with the pattern of a network, dense and as the plan has it."""
    dense, w = np.eye(n), np.concatenate((np.ones(n), np.zeros(plan.size + 1 - n)))
    for k, (f, t) in enumerate(pairs):
        a, b = rng.uniform(0, 5), -rng.uniform(0, 5)
        for key, i, j, value in (("ff", f, f, a), ("tf", t, f, -a), ("ft", f, t, b), ("tt", t, t, -b)):
            w[slots[key][k]] += value
            dense[place[i], place[j]] += value
    return dense, w


NETWORKS = [(1, 0), (2, 1), (40, 0), (40, 30), "river", "river and more"]


def network_of(name):
    rng = np.random.default_rng(7 if isinstance(name, str) else sum(name))
    if not isinstance(name, str):
        return name[0], random_tree_and_more(*name, rng), rng
    n, pairs = a_river(9, 30, rng)
    if name != "river":
        pairs = np.concatenate((pairs, rng.choice(n, (6, 2), replace=False)))
    return n, pairs, rng


@pytest.mark.parametrize("name", NETWORKS)
def test_elimination_solves_what_a_dense_solver_solves(name, monkeypatch):
    n, pairs, rng = network_of(name)
    order, below, parts = along_paths(*minimum_degree(n, pairs))
    place = np.argsort(order)
    plan, slots = plan_elimination(order, below, parts, pairs)
    dense, w = dominant(n, pairs, plan, slots, place, rng)
    right = rng.normal(size=n)

    def check(factor, back):
        values, x = w.copy(), right.copy()
        assert factor(plan, plan.parts, len(plan.parts), values)
        back(plan, plan.parts, len(plan.parts), values, x)
        assert x == pytest.approx(np.linalg.solve(dense, right), rel=1e-11, abs=1e-12)

    check(factorise, solve)
    for inner, function in vars(elimination).copy().items():
        if hasattr(function, "py_func"):
            monkeypatch.setattr(elimination, inner, function.py_func)
    check(elimination.factorise, elimination.solve)


@pytest.mark.parametrize("name", NETWORKS)
def test_paths_keep_every_pivot_after_those_that_touch_it_and_wait_for_none_beside_them(name):
    n, pairs, _ = network_of(name)
    before, around = minimum_degree(n, pairs)
    order, below, parts = along_paths(before, around)
    assert sorted(order) == list(range(n))
    entries = dict(zip(before.tolist(), around, strict=True))
    assert all(entries[i] == b for i, b in zip(order.tolist(), below, strict=True))
    place = np.argsort(order)
    assert all(place[j] > k for k, b in enumerate(below) for j in b)
    covered = []
    for one, twin, count in parts.tolist():
        starts = sorted({one, one if twin == EACH else twin})
        for start in starts:
            own = range(start, start + count)
            covered += own
            if twin != EACH:
                assert all(len(below[k]) == 1 for k in own)
                assert all(place[below[k][0]] == k + 1 for k in own[:-1])
                # The last hands on to neither of the two.
                assert all(place[below[own[-1]][0]] not in range(other, other + count) for other in starts)
    assert sorted(covered) == list(range(n))
    if name == "river":
        assert sum(count * (1 + (twin != one)) for one, twin, count in parts.tolist() if twin != EACH) > 0.8 * n
        assert any(twin == one for one, twin, _ in parts.tolist())


def test_a_tree_has_no_fill_and_a_chain_is_eaten_from_both_ends():
    chain = np.array([(i, i + 1) for i in range(9)], dtype=np.int64)
    order, below = minimum_degree(10, chain)
    assert [len(b) for b in below] == [1] * 9 + [0]
    assert order[:4].tolist() == [0, 9, 1, 8]


@pytest.mark.parametrize(("n", "extra"), [(60, 0), (60, 6), (60, 90)])
def test_always_what_has_fewest_neighbours_goes_next_and_joins_those_it_leaves(n, extra):
    rng = np.random.default_rng(n + extra)
    pairs = random_tree_and_more(n, extra, rng)[extra // 6 :]  # in several pieces, some of one node
    order, below = minimum_degree(n, pairs)
    left = {i: set() for i in range(n)}
    for a, b in pairs.tolist():
        left[a].add(b)
        left[b].add(a)
    assert sorted(order) == list(range(n))
    for i, around in zip(order.tolist(), below, strict=True):
        assert len(left[i]) == min(map(len, left.values()))
        assert sorted(left.pop(i)) == around
        for j in around:
            left[j] = (left[j] | set(around)) - {i, j}


def test_the_plan_does_not_depend_on_how_many_pairs_are_looked_up_at_once(monkeypatch):
    pairs = random_tree_and_more(40, 30, np.random.default_rng(1))
    found = along_paths(*minimum_degree(40, pairs))
    whole, slots = plan_elimination(*found, pairs)
    monkeypatch.setattr(elimination, "AT_ONCE", 7)
    again, same = plan_elimination(*found, pairs)
    assert all(np.array_equal(a, b) for a, b in zip(whole, again, strict=True))
    assert all(np.array_equal(slots[key], same[key]) for key in slots)


@pytest.mark.parametrize("n", [2, 12, 40])
@pytest.mark.parametrize("bad", [-1.0, 0.0, np.nan, np.inf])
def test_a_pivot_that_is_not_positive_is_reported(n, bad):
    """Wherever it stands: alone, on a path, or on one of two."""
    pairs = np.array([(i, i + 1) for i in range(n - 1)], dtype=np.int64)
    plan, _ = plan_elimination(*along_paths(*minimum_degree(n, pairs)), pairs)
    good = np.concatenate((np.ones(n), np.zeros(plan.size + 1 - n)))
    assert factorise(plan, plan.parts, len(plan.parts), good.copy())
    for k in range(n):
        values = good.copy()
        values[k] = bad
        assert not factorise(plan, plan.parts, len(plan.parts), values)


def stability(method, z):
    """The method on y' = lambda y, one step of 1."""
    u = np.zeros(len(method.nodes))
    for k in range(len(u)):
        right = method.gamma * z * (1.0 + method.alpha[k] @ u) + method.coupling[k] @ u
        u[k] = right / (1.0 - method.gamma * z)
    return 1.0 + method.weights @ u


def test_the_table_of_the_method_is_of_order_4_and_never_negative():
    """exp(z) to order 5 locally; positive and below 1 on the negative axis, 0 at its end: nothing overshoots."""
    z = np.array([-0.1, -0.05])
    errors = [abs(stability(RODAS4P2, x) - np.exp(x)) for x in z]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(5.0, abs=0.3)
    values = [stability(RODAS4P2, -(10.0**x)) for x in np.linspace(-2, 8, 200)]
    assert min(values) > -1e-9
    assert max(values) < 1.0


@pytest.mark.parametrize("theta", [0.1, 0.37, 0.8])
def test_the_continuous_extension_is_of_third_order(theta):
    """Local error of order 4 in the step on y' = -y, at any part of the step."""

    def error(dt):
        m, u = RODAS4P2, np.zeros(6)
        for k in range(6):
            right = -m.gamma * dt * (1.0 + m.alpha[k] @ u) + m.coupling[k] @ u
            u[k] = right / (1.0 + m.gamma * dt)
        inner = m.dense[0] @ u + theta * (m.dense[1] @ u)
        return abs(1.0 + theta * (m.weights @ u) + theta * (1.0 - theta) * inner - np.exp(-theta * dt))

    assert np.log2(error(0.1) / error(0.05)) == pytest.approx(4.0, abs=0.4)


def test_curves_invert_and_lose_their_point_only_at_the_very_bottom():
    curve = Curve.from_table([1.0, 2.0, 4.0], area=[0.0, 80.0, 120.0])
    stage = np.linspace(1.0, 6.0, 101)
    assert curve.stage_at(curve.storage_at(stage)) == pytest.approx(stage, abs=1e-12)
    blunt = curve.blunted(1e-4)
    volume = np.array([1e-4, 1.0, 40.0, 300.0])
    assert blunt.stage_at(volume) == pytest.approx(curve.stage_at(volume), abs=1e-12)
    assert blunt.area[0] > 0.0
    assert Curve.from_table([0.0], area=[5.0]).blunted(1e-4).area[0] == 5.0


@njit
def seen(curves, slices, rows, volumes):
    stage, area = np.empty_like(volumes), np.empty_like(volumes)
    for k in range(len(volumes)):
        see_curves(curves, slices, rows, np.uint64(0), np.uint64(len(rows)), volumes[k], stage[k], area[k])
    return stage, area


@njit
def located(curves, rows, volumes):
    stage, area = np.empty_like(volumes), np.empty_like(volumes)
    for k in range(volumes.shape[0]):
        for i in range(volumes.shape[1]):
            stage[k, i], area[k, i], _ = locate(curves, i, volumes[k, i], rows)
    return stage, area


@pytest.mark.parametrize("sloping", [True, False])
def test_all_curves_at_a_time_are_each_curve_by_itself(sloping):
    """From slice to slice, on the edges between them, below empty and above the top."""
    wedge = Curve.from_table([1.0, 2.0, 4.0], area=[0.0, 80.0, 120.0])
    table = Curve.from_table([0.0, 1.0, 3.0], storage=[0.0, 10.0, 100.0])
    well = Curve.from_table([-1.0], area=[1.17])
    curves = [wedge, table, wedge.with_soil(0.5, 0.2), well] if sloping else [table, well, table]
    packed = pack_curves([curve.blunted(1e-4) for curve in curves])
    rng = np.random.default_rng(3)
    edges = np.concatenate((packed.storage, [0.0, -1e-3, 1e4]))
    volumes = np.where(rng.random((300, len(curves))) < 0.3, rng.choice(edges, (300, len(curves))), 0.0)
    volumes += (volumes == 0.0) * rng.uniform(-2.0, 300.0, volumes.shape)
    found = seen(packed, make_slices(len(curves)), packed.first.copy(), volumes)
    for one, other in zip(found, located(packed, packed.first.copy(), volumes), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14, atol=1e-13)


@pytest.mark.parametrize("beside", [[], [Curve.from_table([0.0, 5.0], area=[100.0, 200.0])]])
def test_a_prism_filled_to_a_stage_is_found_at_that_stage(beside):
    """To the bit, or a pond at its sill would not be at rest; 1.5 times 91 over 91 is 1.5, and not by an inverse of 91."""
    areas = np.arange(1.0, 2000.0)
    packed = pack_curves([Curve.from_table([0.0], area=[area]) for area in areas] + beside)
    for depth in (1.0, 1.5, 3.0):
        volumes = np.tile(np.append(areas * depth, np.full(len(beside), 50.0)), (2, 1))
        stage, _ = seen(packed, make_slices(volumes.shape[1]), packed.first.copy(), volumes)
        assert np.all(stage[:, : len(areas)] == depth)


@njit
def through_runs(fluxes, awake, flux, node, at_from, at_to):
    take_ends(fluxes, awake, node, at_from, at_to)
    scatter(fluxes, awake, flux, node)


def test_runs_hold_what_follows_each_other_and_change_no_sum():
    rng = np.random.default_rng(5)
    m = 60
    origin, target = rng.integers(0, 40, m), rng.integers(0, 40, m)
    origin[10:30], target[10:30] = np.arange(20), np.arange(20) + 1  # a river, and one whose links run up it
    origin[40:55], target[40:55] = np.arange(15) + 21, np.arange(15) + 20
    origin[56:60], target[56:60] = np.arange(4), np.arange(4) + 1  # too short
    runs = find_runs((origin, target))
    assert runs.first.tolist() == [10, 40]
    assert runs.length.tolist() == [20, 15]
    assert sorted(runs.loose.tolist()) == [k for k in range(m) if not (10 <= k < 30 or 40 <= k < 55)]
    fluxes = namedtuple("fluxes", "origin target runs fade_volume group")(
        origin, target, runs, np.zeros(41), np.array([0, m])
    )
    awake = make_awake(
        SimpleNamespace(n=41, fluxes=fluxes, plan=SimpleNamespace(parts=np.empty((0, 4), dtype=np.int64)))
    )
    flux, node = rng.normal(size=m), rng.normal(size=41)
    before, at_from, at_to = node.copy(), np.full(m, np.nan), np.full(m, np.nan)
    through_runs(fluxes, awake, flux, node, at_from, at_to)
    assert np.array_equal(at_from, before[origin])
    assert np.array_equal(at_to, before[target])
    expected = np.zeros(41)
    np.subtract.at(expected, origin, flux)
    np.add.at(expected, target, flux)
    assert node == pytest.approx(expected, abs=1e-14)


@njit
def through_run(scale, flux, first, origin, target, length, node):
    add_run(scale, flux, first, origin, target, length, node)


@pytest.mark.parametrize(("origin", "target"), [(2, 3), (3, 2), (2, 7), (7, 2), (2, 40), (40, 2), (0, 20)])
def test_a_run_is_the_sum_of_its_fluxes_wherever_its_two_ends_lie(origin, target):
    rng = np.random.default_rng(6)
    flux, node, length = rng.normal(size=30), rng.normal(size=70), 20
    expected = node.copy()
    for k in range(length):
        expected[origin + k] -= 1.5 * flux[4 + k]
        expected[target + k] += 1.5 * flux[4 + k]
    through_run(1.5, flux, *(np.uint64(each) for each in (4, origin, target, length)), node)
    assert node == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"stage": [0.0, 1.0]}, "stage alone"),
        ({"stage": [0.0, 0.0], "area": [1.0, 2.0]}, "row 2 .* does not rise above row 1"),
        ({"stage": [0.0, 1.0], "area": [1.0, -2.0]}, "area row 2 is negative"),
        ({"stage": [0.0, 1.0], "area": [1.0, 0.0]}, "area must be positive in the top row"),
        ({"stage": [0.0, 1.0, 2.0], "area": [0.0, 0.0, 1.0]}, "somewhere in every slice"),
        ({"stage": [0.0, 1.0], "storage": [1.0, 2.0]}, "must be 0 at the lowest stage"),
        ({"stage": [0.0, 1.0], "area": [1.0, 1.0], "storage": [0.0, 2.0]}, "storage row 2 is 2 m3"),
    ],
)
def test_a_table_that_is_no_curve_says_why(table, words):
    with pytest.raises(ValueError, match=words):
        Curve.from_table(**table)


@jit_inline
def doubled(x):
    return x + x


@jit_inner
def doubled_twice(x):
    return doubled(doubled(x)), x


@jit
def through_parts(x, n):
    total = 0.0
    for _ in range(n):
        four, one = doubled_twice(x)
        total += four - one
    return total


def test_parts_of_a_kernel_become_machine_code_in_it_alone():
    assert through_parts(1.5, 4) == 18.0
    assert through_parts.stats.cache_path is not None
    assert doubled.stats.cache_path is doubled_twice.stats.cache_path is None


def tripled(x, y, z, end, a, b, c):
    for i in range(end):
        a[i] = 3.0 * x[i]
        b[i] = 3.0 * y[i]
        c[i] = 3.0 * z[i]


@pytest.mark.parametrize(("compiled", "asks"), [(jit_inline, True), (jit_lanes, False)])
def test_lanes_do_not_ask_whether_arrays_overlap(compiled, asks):
    lanes = compiled(tripled)

    @njit
    def through_lanes(x, y, z, a, b, c):
        lanes(x, y, z, np.uint64(x.shape[0]), a, b, c)

    given = [np.arange(100.0) + k for k in range(3)]
    found = [np.zeros(100) for _ in given]
    through_lanes(*given, *found)
    assert np.array_equal(found, 3.0 * np.array(given))
    (code,) = through_lanes.inspect_llvm().values()
    assert "vector.body" in code
    assert ("vector.memcheck" in code) == asks


SMALL = """
import deltasim
from deltasim.scenario import from_text
text = '''
[scenario]
start = 2024-01-01T00:00:00Z
end = 2024-01-01T06:00:00Z
output_step = "1 h"
[basin.a]
curve = { stage = [0.0, 2.0], area = [0.0, 500.0] }
initial_stage = 1.5
evaporation = "5 mm/day"
groundwater = { stage = 0.4, conductance = 1e-4 }
[basin.b]
curve = { stage = [0.0], area = [300.0] }
[boundary.sea]
stage = { time = [0, 10000, 21600], value = [0.2, 1.0, 0.1] }
[boundary.bay]
stage = { tide = "tide.csv", mean_level = 0.6 }
[weir.w]
from = "a"
to = "b"
crest_level = 1.0
crest_width = 1.0
[gate.g]
from = "b"
to = "sea"
sill_level = 0.0
width = 0.5
opening = 0.3
[orifice.o]
from = "a"
to = "sea"
diameter = 0.2
invert_level = 0.1
[orifice.q]
from = "bay"
to = "b"
diameter = 0.3
invert_level = 0.0
[pump.p]
from = "b"
to = "a"
capacity = { head = [0.0, 3.0], discharge = [0.02, 0.0] }
[rating.r]
from = "a"
to = "b"
table = { stage = [0.5, 1.0, 2.0], discharge = [0.0, 0.1, 0.5] }
interpolation = "pchip"
[resistance.s]
from = "a"
to = "b"
resistance = 200.0
[demand.d]
from = "a"
discharge = 0.01
min_stage = 0.3
'''
result = deltasim.run(from_text(text, {"tide.csv": b"constituent,amplitude,phase\\nM2,0.5,0\\nK1,0.2,90"}))
print(result.stage.values[:, :2].tobytes().hex())
print(result.attrs["solver_steps"], result.attrs["relative_balance_error"] < 1e-13)
"""


def run_small(**variables):
    done = subprocess.run(
        [sys.executable, "-c", SMALL], capture_output=True, text=True, env=os.environ | variables, check=True
    )
    assert "Exception ignored" not in done.stderr  # how numba tells of one in a kernel that is called by address
    return done.stdout.split("\n")[:2]


def test_plain_python_and_compiled_code_agree():
    """The same loop without numba: the same steps, stages alike to round-off."""
    compiled, plain = run_small(), run_small(NUMBA_DISABLE_JIT="1")
    assert compiled[1] == plain[1]
    one, two = (np.frombuffer(bytes.fromhex(lines[0])) for lines in (compiled, plain))
    assert one == pytest.approx(two, abs=1e-9)


def test_no_index_leaves_its_array(tmp_path):
    checked = run_small(NUMBA_BOUNDSCHECK="1", DELTASIM_CACHE_DIR=str(tmp_path))
    assert checked[1] == run_small()[1]


POND = """
[scenario]
start = 2024-01-01
end = 2024-01-02
output_step = "1 h"
[basin.pond]
curve = { stage = [0.0], area = [100.0] }
initial_stage = 1.0
[boundary.out]
[weir.crest]
from = "pond"
to = "out"
crest_level = 0.5
crest_width = 1.0
"""


def test_a_copy_runs_on_its_own_arrays():
    """Addresses are not copied: they would be those of the original, which may be gone."""
    scenario = from_text(POND, {})
    network = Network.from_components(scenario.nodes, scenario.links)
    prepared = prepare(network, end=7200.0, tolerance=1e-4, max_step=3600.0)
    begin(prepared)
    for copied in (copy.deepcopy(prepared), pickle.loads(pickle.dumps(prepared)), prepared):
        others = [each.volume for each in (prepared.work, copied.work)]
        before = others[0].copy()
        rows = list(march(network, copied, np.array([3600.0, 7200.0])))
        assert rows[-1].storage[-1, 0] == others[1][0] < 100.0
        assert copied is prepared or np.array_equal(others[0], before)
