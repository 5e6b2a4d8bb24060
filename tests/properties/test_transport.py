"""Whatever the network: no mass is lost, water knows where it came from, and what is carried stays within its bounds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import deltasim
from networks import random_networks, run, scenario

TRACED = "[substance.salinity]\n[tracing]\nsources = true\nage = true\n"


def salted(body):
    """The body with salt in every inflow, in the sea and in what is there at the start."""
    body = re.sub(r"(\[inflow\.\w+\])", r"\1\nconcentration = { salinity = 7.0 }", body)
    body = re.sub(r"(\[(?:basin|channel|junction)\.\w+\])", r"\1\nconcentration = { salinity = 3.0 }", body)
    return TRACED + body.replace("[boundary.sea]", "[boundary.sea]\nconcentration = { salinity = 31.0 }")


@given(random_networks(most=12))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_networks_keep_every_gram(body):
    result = run(salted(body), days=2, step="4 h")
    assert result.attrs["relative_salinity_balance_error"] < 1e-12
    share = result.source_fraction.values
    told = np.isfinite(share[:, 0])
    assert np.abs(share.sum(axis=1)[told] - 1.0).max(initial=0.0) < 1e-9
    assert np.nanmin(share, initial=0.0) >= -1e-12
    salt = result.salinity.values
    assert np.nanmin(salt, initial=0.0) >= -31.0 * 1e-12
    age = result.water_age.values
    assert np.nanmin(age, initial=0.0) >= 0.0
    assert np.nanmax(age, initial=0.0) <= 2 * 86400.0 * (1.0 + 1e-9)
    if "evaporation" not in result:
        assert np.nanmax(salt, initial=0.0) <= 31.0 * (1.0 + 1e-9)


def test_the_result_does_not_depend_on_the_output_step():
    """Concentrations at common times, from rows of a minute and of a day."""
    body = TRACED + (
        "[basin.a]\ncurve = { stage = [0, 2], area = [1000, 9000] }\ninitial_stage = 1.0\n"
        "concentration = { salinity = 5 }\n"
        "[basin.b]\ncurve = { stage = [0.0], area = [3000.0] }\ninitial_stage = 1.0\n"
        '[orifice.o]\nfrom = "a"\nto = "b"\ndiameter = 0.5\ninvert_level = 0.0\n'
        "[boundary.sea]\nstage = { time = [0, 22357, 44714, 67071, 900000], value = [0.6, 1.6, 0.6, 1.6, 0.6] }\n"
        "concentration = { salinity = 30 }\n"
        '[orifice.p]\nfrom = "b"\nto = "sea"\ndiameter = 0.3\ninvert_level = 0.2\n'
        '[inflow.q]\nto = "a"\ndischarge = { time = [0, 90000, 200000, 864000], value = [0.0, 0.5, 0.0, 0.0] }\n'
    )
    fine, coarse = run(body, days=4, step="1 min"), run(body, days=4, step="1 day")
    common = fine.sel(time=coarse.time)
    assert np.abs(common.salinity - coarse.salinity).max() < 1e-3 * 30.0
    assert np.abs(common.source_fraction - coarse.source_fraction).max() < 1e-3
    assert np.abs(common.water_age - coarse.water_age).max() < 1e-3 * 4 * 86400.0


DRYING = TRACED + (
    "[basin.flat]\ncurve = { stage = [0, 0.5, 1], area = [0, 4e4, 6e4] }\ninitial_stage = 0.3\n"
    'concentration = { salinity = "12 psu" }\nevaporation = "30 mm/day"\n'
    '[inflow.q]\nto = "flat"\nconcentration = { salinity = 1.0 }\n'
    "discharge = { time = [0, 2592000, 2592001, 3456000], value = [0.0, 0.0, 0.05, 0.05] }\n"
)


def test_salt_stays_where_water_dries_up():
    """Twelve psu in 0.3 m of water dry to nothing within a month; water comes back, and every gram dissolves in it."""
    result = run(DRYING, days=36, step="6 h")
    mass = (result.salinity * result.storage).sel(node="flat").values
    start = 12.0 * float(result.storage.sel(node="flat")[0])
    dry = np.isnan(result.salinity.sel(node="flat").values)
    assert dry.any()
    assert not dry[-1]
    assert float(result.storage.sel(node="flat").min()) < 1.0
    came = 21600.0 * float(result.discharge.sel(link="q")[1:].sum())
    assert came == pytest.approx(0.05 * (36 * 86400.0 - 2592001.0) + 0.5 * 0.05, rel=1e-9)
    assert mass[-1] == pytest.approx(start + 1.0 * came, rel=1e-12)
    assert result.attrs["relative_salinity_balance_error"] < 1e-12
    wet = np.isfinite(mass) & (result.time.values < result.time.values[0] + np.timedelta64(30, "D"))
    assert mass[wet] == pytest.approx(np.full(wet.sum(), start), rel=1e-12)
    share = result.source_fraction.sum("source").sel(node="flat").values
    assert np.abs(share[~dry] - 1.0).max() < 1e-9


def test_a_run_cut_in_two_carries_on(tmp_path):
    """Masses in every tank, the water of every source and its age go on where they were."""
    body = DRYING.replace(
        "[substance.salinity]", "[substance.salinity]\n[substance.n]\ndecay = { rate = 1e-6, tanks = 3 }"
    )
    body = body.replace("salinity = 1.0 }", "salinity = 1.0, n = 0.2 }")
    whole = run(body, days=36, step="6 h")
    first = run(body, days=33, step="6 h")
    deltasim.write(first, tmp_path / "first.nc")
    text = scenario(body, days=36, step="6 h").text.replace(
        "start = 2024-01-01T00:00:00", "start = 2024-02-03T00:00:00"
    )
    text = text.replace("[solver]", "[solver]", 1).replace(
        'output_step = "6 h"', 'output_step = "6 h"\ninitial_state = "first.nc"'
    )
    shifted = text.replace("time = [0, 2592000, 2592001, 3456000]", "time = [-2851200, -259200, -259199, 604800]")
    (tmp_path / "second.toml").write_text(shifted, encoding="utf-8")
    second = deltasim.run(deltasim.load(tmp_path / "second.toml"))
    last = whole.isel(time=-1)
    for name in ("salinity", "n", "source_fraction", "water_age", "storage"):
        np.testing.assert_allclose(second[name].isel(time=-1), last[name], rtol=2e-4)


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ("[tracing]\nage = true\n", ["water_age"]),
        ('[substance.n]\n[load.farm]\nto = "flat"\nsubstance = "n"\nmass = "3 kg/day"\n', ["n"]),
        ('[substance.n]\ndecay = { rate = "0.1 m/day", background = "1 mg/l" }\n', ["n"]),
    ],
    ids=["age", "a load alone", "a background alone"],
)
def test_what_has_no_given_concentration_is_carried_in_few_steps(more, names):
    """Nothing is given that an error could be measured by, and the node dries up: the run ends all the same."""
    flat = DRYING[len(TRACED) :].replace('concentration = { salinity = "12 psu" }\n', "")
    flat = flat.replace("concentration = { salinity = 1.0 }\n", "")
    result = run(more + flat, days=36, step="6 h")
    for name in names:
        wet = result.depth.sel(node="flat").values >= 0.01
        assert np.isfinite(result[name].sel(node="flat").values[wet]).all()


def test_a_state_of_other_tanks_and_sources_keeps_its_mass(tmp_path):
    """Three tanks become two: the mass is spread anew; an inflow that is gone counts as water of the start."""
    body = TRACED + (
        '[substance.n]\ndecay = { rate = "0.05 m/day", tanks = 3 }\n[substance.n_1]\n'
        "[basin.a]\ncurve = { stage = [0.0], area = [1000.0] }\ninitial_stage = 1.0\nconcentration = { n = 2, n_1 = 9 }\n"
        '[inflow.q]\nto = "a"\ndischarge = 0.01\nconcentration = { n = 5 }\n'
    )
    first = run(body, days=2, step="12 h")
    deltasim.write(first, tmp_path / "first.nc")
    text = scenario(body, days=3, step="12 h").text.replace("tanks = 3", "tanks = 2").replace("inflow.q]", "inflow.r]")
    text = text.replace("start = 2024-01-01T00:00:00", "start = 2024-01-03T00:00:00")
    text = text.replace('output_step = "12 h"', 'output_step = "12 h"\ninitial_state = "first.nc"')
    (tmp_path / "second.toml").write_text(text, encoding="utf-8")
    second = deltasim.run(deltasim.load(tmp_path / "second.toml"))
    for name in ("n", "n_1"):
        assert float(second[name][0, 0]) == pytest.approx(float(first[name][-1, 0]), rel=1e-12)
    assert second.source_fraction.sum("source").values == pytest.approx(1.0, abs=1e-9)


def test_tracing_is_set_from_outside():
    """A table without names has keys of its own: ``--set tracing.age=false``."""
    with_age = scenario(DRYING)
    assert with_age.tracing.age
    assert not with_age.replace({"tracing.age": False}).tracing.age


def test_salt_of_a_marsh_waits_in_its_soil():
    """A marsh dries to 0.8 m below its bed and fills again: its salt is in the soil's water meanwhile, to the gram."""
    marsh = TRACED + (
        "[cover.flat]\ncrop_coefficient = { wet = 1.1, moist = 0.9 }\n"
        '[wetland.marsh]\ncurve = { stage = [3.0], area = [5e4] }\ncovers = { flat = 1.0 }\net0 = "5 mm/day"\n'
        "initial_stage = 3.05\nconcentration = { salinity = 8 }\n"
        "soil = { depth = 2.0, porosity = 0.45, field_capacity = 0.30, et_depth = 0.2, root_depth = 0.8 }\n"
        '[inflow.q]\nto = "marsh"\nconcentration = { salinity = 1 }\n'
        "discharge = { time = [0, 8640000, 8640001, 10368000], value = [0.0, 0.0, 0.05, 0.05] }\n"
    )
    result = run(marsh, days=110, step="6 h").sel(node="marsh")
    dry = result.depth.values < 0.01
    assert float(result.stage.min()) < 3.0 - 0.8
    assert np.isnan(result.salinity.values[dry]).all()
    assert not dry[-1]
    start = 8.0 * float(result.storage[0])
    came = 21600.0 * float(result.discharge.sel(link="q")[1:].sum())
    wet = np.isfinite(result.salinity.values)
    mass = (result.salinity * result.storage).values
    assert mass[wet & (result.stage.values > 3.0)][0] == pytest.approx(start, rel=1e-12)
    assert mass[-1] == pytest.approx(start + came, rel=1e-12)
    assert result.attrs["relative_salinity_balance_error"] < 1e-12
    assert result.source_fraction.sum("source").values[wet] == pytest.approx(1.0, abs=1e-9)
