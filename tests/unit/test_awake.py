"""What is at rest is left out of the loops of a step, and nothing comes out differently for it."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.awake import wake

from deltasim.errors import SolverError
from deltasim.network import Network
from deltasim.solver import run
from deltasim.solver.awake import ASLEEP, MOST
from deltasim.solver.build import prepare
from deltasim.solver.places import FLUXES, NODES, PARTS, RIM, WIRES
from deltasim.solver.run import begin, march, totals
from networks import random_network, scenario

FLOOD = "{ time = [0, 20000, 60000, 864000], value = [0.0, 8.0, 0.0, 0.0] }"


@pytest.fixture(autouse=True)
def unwritten_rows_show(monkeypatch):
    """Fresh memory is often 0, which would look right."""
    plain = run._sheet

    def sheet(prepared, rows):
        made = plain(prepared, rows)
        for values in made:
            values[...] = np.nan
        return made

    monkeypatch.setattr(run, "_sheet", sheet)


def chain(ponds, first=0, into="sea", flood=FLOOD):
    """Ponds full to the sills of the weirs between them, and a flood into the first."""
    body = "" if first else "[boundary.sea]\n"
    names = [*(f"p{first + i}" for i in range(ponds)), into]
    for i in range(ponds):
        level = 200.0 - i
        body += f"[basin.{names[i]}]\ncurve = {{ stage = [{level - 2}], area = [2e4] }}\ninitial_stage = {level}\n"
        body += f'[weir.w{first + i}]\nfrom = "{names[i]}"\nto = "{names[i + 1]}"\n'
        body += f"crest_level = {level}\ncrest_width = 6.0\n"
    return body + f'[inflow.q{first}]\nto = "p{first}"\ndischarge = {flood}\n'


def tree():
    """A river, another into the middle of it a day later, and a third on which nothing ever falls."""
    later = "{ time = [0, 86400, 100000, 864000], value = [0.0, 0.0, 6.0, 0.0] }"
    dry = chain(50, 300, "p30").replace("[inflow", "[basin.lost]\ncurve = { stage = [0.0], area = [1.0] }\n[inflow")
    dry = dry.replace('to = "p300"', 'to = "lost"')
    return chain(90) + chain(60, 100, "p40", later) + dry


def ready(body, *, awake=False, days=4.0):
    given = scenario(body, days=days)
    network = Network.from_components(given.nodes, given.links)
    prepared = prepare(
        network, end=days * 86400.0, tolerance=given.stage_tolerance, max_step=given.max_step, control=given.control
    )
    begin(prepared)
    if awake:
        wake(prepared)
    return network, prepared


def finish(network, prepared, days=4.0):
    rows = list(march(network, prepared, 3600.0 * np.arange(1.0, 24.0 * days + 0.5)))
    found = {
        name: np.concatenate([getattr(row, name) for row in rows])
        for name in ("stage", "mean_stage", "area", "storage", "link_volume", "source_volume")
    }
    whole = totals(prepared, network.initial_storage)
    found |= {"highest": whole.max_storage, "most": whole.max_discharge, "through": whole.link_volume}
    assert whole.relative_balance_error < 1e-13
    return found, whole.steps


def assert_same(body, days=4.0):
    """With what is at rest left out, and with everything awake: steps alike, and results to round-off."""
    (one, steps), (other, as_many) = (finish(*ready(body, awake=awake, days=days), days) for awake in (False, True))
    assert steps == as_many
    for name, values in other.items():
        scale = np.maximum(np.abs(values), 1.0)
        assert np.max(np.abs(one[name] - values) / scale, initial=0.0) < 1e-9, name


@pytest.mark.parametrize("body", [chain(10), chain(120), tree()], ids=["short", "long", "tree"])
def test_leaving_out_what_is_at_rest_changes_nothing(body):
    assert_same(body)


@pytest.mark.parametrize("seed", range(6))
def test_nor_does_it_beside_a_network_at_random(seed):
    """With gates, tides, pumps and rules, a chain at rest hanging on to one of its nodes."""
    rng = np.random.default_rng(seed)
    body = random_network(rng, 12, 3)
    first = body.split("[basin.")[1].split("]")[0] if "[basin." in body else None
    if first is None:
        pytest.skip("no basin to hang it on")
    later = "{ time = [0, 20000, 30000, 864000], value = [0.0, 0.0, 2.0, 0.0] }"
    # Not for longer: in some of these networks a last bit makes a millimetre by the third day, asleep or not.
    assert_same(body + chain(70, 500, first, later), days=1.0)


@pytest.mark.parametrize(("days", "all_awake"), [(0.5, False), (8.0, True)])
def test_a_chain_wakes_with_the_flood(days, all_awake):
    network, prepared = ready(chain(120), days=days)
    state, volume = prepared.work.awake.state, prepared.work.volume[:120]
    at_start, start = state.copy(), volume.copy()
    assert 10 < np.count_nonzero(at_start != ASLEEP) < 30
    found, _ = finish(network, prepared, days)
    assert np.all(state[at_start != ASLEEP] != ASLEEP)
    assert np.all(state != ASLEEP) == all_awake
    asleep = state == ASLEEP
    assert np.array_equal(volume[asleep], start[asleep])
    assert np.count_nonzero(volume != start) > 20
    still = prepared.place[np.arange(120)]
    assert np.all(found["mean_stage"][:, asleep[still]] == found["stage"][0, asleep[still]])


@pytest.mark.parametrize(("body", "awake"), [(tree(), False), (chain(2500), False), (chain(2500), True)])
def test_what_is_listed_is_what_is_awake_and_its_neighbours(body, awake):
    _, prepared = ready(body, awake=awake)
    lists, fluxes, n = prepared.work.awake, prepared.problem.fluxes, prepared.problem.n
    m = len(fluxes.origin)

    def members(spans, count, size):
        inside = np.zeros(size, dtype=bool)
        for low, high in spans[:count].tolist():
            assert 0 < high - low <= MOST
            assert not inside[low:high].any()
            inside[low:high] = True
        return inside

    nodes = members(lists.nodes, lists.counts[NODES], n)
    flowing = members(lists.fluxes, lists.counts[FLUXES], m)
    pieces = members(lists.pieces, lists.of_group[-1], m)
    assert np.array_equal(flowing, pieces)
    assert np.all(nodes) if awake else 0 < nodes.sum() < n
    woken = np.append(lists.state != ASLEEP, np.zeros(len(fluxes.fade_volume) - n, dtype=bool))
    assert np.all(nodes[woken[:n]])
    assert np.all(flowing[woken[fluxes.origin] | woken[fluxes.target]])
    inside = np.append(nodes, np.ones(len(fluxes.fade_volume) - n, dtype=bool))
    assert np.all(inside[fluxes.origin[flowing]])
    assert np.all(inside[fluxes.target[flowing]])
    rim = lists.rim[: lists.counts[RIM]]
    storages = np.arange(len(fluxes.fade_volume)) < n
    asleep = ~woken & storages
    assert sorted(rim) == np.flatnonzero(flowing & (asleep[fluxes.origin] | asleep[fluxes.target])).tolist()
    assert all(lists.state[i] != ASLEEP for i in lists.wires[: lists.counts[WIRES]])
    pivots = np.zeros(n, dtype=bool)
    for first, twin, length, _ in lists.parts[: lists.counts[PARTS]].tolist():
        for at in (first, first if twin < 0 else twin):
            pivots[at : at + length] = True
    assert np.all(pivots[nodes])


def test_water_that_comes_to_the_rim_unseen_has_the_step_taken_again():
    """Without wires nothing tells beforehand that water comes near."""
    body = chain(120)
    expected, steps = finish(*ready(body, awake=True))
    network, prepared = ready(body)
    prepared.work.awake.counts[WIRES] = 0
    prepared.work.awake.wires[:] = -1
    found, as_many = finish(network, prepared)
    assert steps == as_many
    assert np.abs(found["stage"] - expected["stage"]).max() < 1e-9
    assert np.count_nonzero(prepared.work.awake.state != ASLEEP) == 120


def test_where_nothing_moves_at_all_everything_sleeps_and_rows_are_written():
    body = ""
    for i in range(3):
        body += f"[basin.p{i}]\ncurve = {{ stage = [0.0], area = [100.0] }}\ninitial_stage = 1.0\n"
    network, prepared = ready(body + '[weir.w]\nfrom = "p0"\nto = "p1"\ncrest_level = 2.0\ncrest_width = 1.0\n')
    found, _ = finish(network, prepared)
    assert np.all(prepared.work.awake.state == ASLEEP)
    for name in ("stage", "mean_stage"):
        assert np.all(found[name] == 1.0)
    assert np.all(found["storage"] == 100.0)
    assert np.all(found["area"] == 100.0)
    assert np.all(found["link_volume"] == 0.0)


def test_fluxes_that_sleep_between_nodes_that_are_awake_have_their_rows_too():
    """Side by side with the weirs, pumps of no capacity: the gap among fluxes is longer than that among nodes."""
    body = "[boundary.sea]\n"
    names = [*(f"p{i}" for i in range(28)), "sea"]
    for i in range(28):
        body += f"[basin.p{i}]\ncurve = {{ stage = [0.0], area = [1e4] }}\ninitial_stage = 1.0\n"
        ends = f'from = "{names[i]}"\nto = "{names[i + 1]}"\n'
        for j in range(3):
            body += f"[weir.w{i}_{j}]\n{ends}crest_level = 1.0\ncrest_width = 2.0\n"
        body += f"[pump.u{i}]\n{ends}capacity = 0.0\n"
    network, prepared = ready(body + '[inflow.q]\nto = "p0"\ndischarge = 1.0\n', days=0.125)
    found, _ = finish(network, prepared, days=0.125)
    assert np.any(prepared.work.awake.state == ASLEEP)
    assert np.all(np.isfinite(found["link_volume"]))


def test_a_trial_that_is_thrown_away_wakes_nothing():
    """An inflow that jumps beyond all bounds makes trials of NaN; they say nothing about how far water has come."""
    network, prepared = ready(
        chain(400, flood="{ time = [0, 3600, 3601, 864000], value = [0, 0, 1e150, 1e150] }"), days=0.25
    )
    before = np.count_nonzero(prepared.work.awake.state == ASLEEP)
    with pytest.raises(SolverError):
        finish(network, prepared, days=0.25)
    assert np.count_nonzero(prepared.work.awake.state == ASLEEP) > before - 60
