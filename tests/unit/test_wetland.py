"""Wetlands in the file: covers, months, bands, soil, curves without a survey; and what is refused."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

import deltasim
from deltasim.forcing.calendar import monthly_signal
from deltasim.forcing.clock import Clock
from deltasim.geometry import Curve, PowerLaw, flooded_area
from deltasim.nodes.cover import COVERS
from networks import run, scenario

BASE = {
    "curve": "{ stage = [1.0, 2.0], area = [1e4, 3e4] }",
    "covers": "{ reed = 0.6, open_water = 0.4 }",
    "et0": '"4 mm/day"',
    "soil": "{ depth = 2.0, porosity = 0.45, field_capacity = 0.30, root_depth = 0.5, initial_water_table = 0.4 }",
}
SOIL = BASE["soil"]
CURVELESS = "{ scale = 4e4, exponent = 2.0, bed_level = 1.0 }"


def body(changes, more=""):
    keys = {key: value for key, value in {**BASE, **changes}.items() if value is not None}
    return "[wetland.marsh]\n" + "\n".join(f"{key} = {value}" for key, value in keys.items()) + "\n" + more


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"covers": "{ reed = 0.6, open_water = 0.3 }"},
            "wetland.marsh.covers: the shares sum to 0.9; they must sum to 1",
        ),
        ({"covers": "{ reeds = 1.0 }"}, 'wetland.marsh.covers.reeds: there is no cover "reeds"; did you mean "reed"?'),
        ({"covers": "{ mangrove = 1.0 }"}, 'those that are shipped are "reed"'),
        ({"covers": "{ reed = 1.5 }"}, "covers.reed: expected a share above 0 and at most 1, got 1.5"),
        ({"covers": "{ reed = true }"}, "covers.reed: expected a number, got true; or give a band"),
        ({"covers": "{ reed = 0.5, open_water = { below = 1.5 } }"}, "give every cover a share, or every cover a band"),
        (
            {"covers": "{ reed = { above = 1.4 }, open_water = { below = 1.5 } }"},
            'covers.reed: its band overlaps that of "open_water"',
        ),
        (
            {"covers": "{ reed = { above = 1.6 }, open_water = { below = 1.5 } }"},
            "covers.reed: nothing covers the ground from 1.5 m to 1.6 m",
        ),
        (
            {"covers": "{ reed = { above = 1.6 } }"},
            "covers.reed.above: nothing covers the ground from the bed (1 m) to 1.6 m",
        ),
        (
            {"covers": "{ reed = { below = 1.6 } }"},
            "covers.reed.below: nothing covers the ground from 1.6 m to the top row",
        ),
        (
            {"covers": "{ reed = { above = 1.6, below = 1.2 } }"},
            "covers.reed.below: below must be higher than above (1.6 m)",
        ),
        ({"covers": "{ reed = { under = 1.6 } }"}, "covers.reed.under: unknown key; the keys here are above, below"),
        ({"covers": None}, 'wetland.marsh.et0: "covers" is missing'),
        ({"et0": None}, 'wetland.marsh.covers: "et0" is missing'),
        (
            {"et0": '{ time = [0, 1e6], value = [4, 5], units = "mm/day", interpolation = "linear" }'},
            'leave out interpolation = "linear"',
        ),
        (
            {"weather": '{ file = "w.csv", latitude = 37.7, elevation = 3 }'},
            "wetland.marsh.weather: give et0 or weather, not both",
        ),
        (
            {"soil": SOIL.replace("0.30", "0.45")},
            "soil.field_capacity: expected a number below the porosity (0.45), got 0.45",
        ),
        ({"soil": SOIL.replace("0.45", "1.45")}, "soil.porosity: expected a number at most 1, got 1.45"),
        ({"soil": SOIL.replace("depth = 2.0", "depth = 0.0", 1)}, "soil.depth: expected a length above 0 m, got 0"),
        (
            {"soil": SOIL.replace("0.4 }", "-1.1 }")},
            "soil.initial_water_table: expected a level from the bottom of the soil (-1 m) to the bed (1 m), got -1.1 m",
        ),
        ({"soil": SOIL.replace("0.4 }", "1.1 }")}, "got 1.1 m; give initial_stage where water stands on the bed"),
        ({"initial_stage": "0.9"}, "soil.initial_water_table: give initial_stage or initial_water_table, not both"),
        ({"initial_storage": "9"}, "soil.initial_water_table: give initial_storage or initial_water_table, not both"),
        (
            {"soil": SOIL.replace(", initial_water_table = 0.4", "")},
            'wetland.marsh.soil: "initial_water_table" is missing',
        ),
        ({"soil": SOIL.replace("root_depth = 0.5, ", "")}, '"root_depth" or "extinction_depth" is missing'),
        (
            {"soil": SOIL.replace("root_depth", "extinction_depth = 1, root_depth")},
            "soil.extinction_depth: give root_depth or extinction_depth, not both",
        ),
        (
            {"soil": SOIL.replace(", initial_water_table = 0.4", ""), "initial_stage": "-1.5"},
            "initial_stage: expected a level at or above the bottom of the soil (-1 m), got -1.5 m",
        ),
        ({"curve": CURVELESS}, 'wetland.marsh.curve: "max_depth" is missing: soil need to know'),
        ({"curve": CURVELESS, "soil": None}, 'wetland.marsh.curve: "max_depth" is missing: covers need to know'),
        (
            {"curve": CURVELESS, "soil": None, "covers": None, "et0": None, "rain": '"1 mm/day"'},
            'wetland.marsh.rain: "collecting_area" is missing',
        ),
        ({"curve": CURVELESS.replace("2.0", "0.01")}, "curve.exponent: expected a number at least 0.1, got 0.01"),
        ({"curve": "{ scale = 4e4, exponent = 2.0 }"}, 'wetland.marsh.curve: "bed_level" is missing'),
        ({"groundwater": "{ stage = 1.0 }"}, 'groundwater: "conductance" is missing'),
        (
            {"groundwater": "{ stage = 1.0, hydraulic_conductivity = 1e-5, length = 9, width = 3 }"},
            'groundwater: "thickness" is missing beside "hydraulic_conductivity", "length" and "width"',
        ),
        (
            {"groundwater": "{ stage = 1.0, conductance = 1e-5, radius = 9 }"},
            'groundwater: give "conductance" without "radius"',
        ),
        (
            {
                "groundwater": "{ stage = 1.0, hydraulic_conductivity = 1e-5, base_level = -9, radius = 90, distance = 50 }"
            },
            "groundwater.distance: expected a length above the radius of the lake (90 m), got 50 m",
        ),
        ({"groundwater": "{ stage = 1.0, conductance = -1 }"}, "expected a conductance at least 0 m2/s, got -1 m2/s"),
    ],
)
def test_nonsense_is_refused(changes, words):
    with pytest.raises(deltasim.ScenarioError) as error:
        scenario(body(changes))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("[1.0, 1.1]", "cover.sedge.crop_coefficient: expected one number, or twelve, January first, got 2"),
        ("-0.1", "cover.sedge.crop_coefficient: expected a number at least 0, got -0.1"),
        ('"much"', 'cover.sedge.crop_coefficient: expected a number, or twelve, got "much"'),
        ("{ wet = 1.0 }", 'cover.sedge.crop_coefficient: "moist" is missing'),
        ("{ wet = 1.0, moist = 1.0, dry = 0.5 }", "cover.sedge.crop_coefficient.dry: unknown key"),
        (f"{{ wet = {[1.0] * 11 + ['x']}, moist = 1.0 }}", "cover.sedge.crop_coefficient.wet[12]: expected a number"),
    ],
)
def test_covers_that_are_none(value, words):
    with pytest.raises(deltasim.ScenarioError) as error:
        scenario(body({"covers": "{ sedge = 1.0 }"}, f"[cover.sedge]\ncrop_coefficient = {value}\n"))
    assert words in str(error.value)
    assert len(error.value.problems) == 1


def test_a_cover_of_the_file_takes_the_place_of_a_shipped_one_and_one_without_use_is_told():
    more = "[cover.reed]\ncrop_coefficient = 0.5\n[cover.sedge]\ncrop_coefficient = 1\n"
    found = scenario(body({}, more))
    assert [words for words in found.warnings if "cover" in words] == [
        "test.toml:16: cover.sedge: nothing uses this cover"
    ]
    marsh = found.nodes["marsh"]
    assert marsh._parts[0].moist.value[0] * 86400e3 == pytest.approx(4.0 * (0.6 * 0.5 + 0.4 * 1.05))


def test_shipped_covers_are_those_of_fao_56():
    """Table 12 at the stages, table 11 for their lengths: the middle of May is day 14.5 to 15 after its first.

    Reed in frost: 10 days at the first value, 30 to the next, 80 there, 20 to the last. In mid-May a part
    (15 - 10) / 30 of the way, in mid-September, day 137.5, 17.5 / 20 of the way down.
    """
    reed = COVERS["reed"].crop_coefficient
    assert reed.wet == pytest.approx([1.0, 1.0, 1.0, 1.0, 1.033, 1.2, 1.2, 1.2, 1.025, 1.0, 1.0, 1.0], abs=6e-3)
    assert reed.moist == pytest.approx([0.7, 0.7, 0.7, 0.7, 0.95, 1.2, 1.2, 1.2, 0.7625, 0.7, 0.7, 0.7], abs=0.02)
    assert min(COVERS["cattail_frost"].crop_coefficient.wet) == 0.30
    # 180 days from November at the first value, then 60 to the next: it stands from July to September.
    cattail = COVERS["cattail"].crop_coefficient.wet
    assert cattail[:4] == (0.6,) * 4
    assert cattail[6:9] == (1.2,) * 3
    assert COVERS["open_water"].crop_coefficient.moist == (1.05,) * 12
    assert COVERS["short_vegetation"].crop_coefficient.wet[0] == 1.05


def test_months_are_linear_between_their_middles_on_every_date():
    """At noon of 16 January its own value, with 29 days in February as in 28, and past New Year."""
    values = [1.0, 2.0, 4.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]
    for start in (datetime(2023, 12, 20, 6), datetime(2022, 12, 20, 6)):
        signal = monthly_signal(values, Clock(start, start.replace(year=start.year + 2)))
        first = datetime(start.year, 12, 20)

        def on(month, day, hour=12, start=start, signal=signal):
            moment = datetime(start.year + 1, month, day, hour)
            return float(signal.at((moment - start).total_seconds()))

        assert signal.time[0] == (first - start).total_seconds()
        assert on(1, 16) == pytest.approx(1.0)
        assert on(1, 16, 0) == on(1, 16, 23) != on(1, 17)
        assert on(7, 16) == pytest.approx(5.0)
        length = 29 if start.year == 2023 else 28
        middle = 31 + length / 2 - 15.5
        assert on(2, 1) == pytest.approx(1.0 + (31.5 - 15.5) / middle)
        assert on(3, 16) == pytest.approx(4.0)
        assert on(12, 31) == pytest.approx(0.0 + (30.5 - 15.5) / 31.0)
        assert signal.time[-1] <= signal_end(start)
    assert monthly_signal([0.9] * 12, Clock(start, start.replace(year=start.year + 1))).is_constant


def signal_end(start):
    return (start.replace(year=start.year + 2) - start).total_seconds()


def test_soil_goes_on_below_the_curve():
    curve = Curve.from_table([1.0, 2.0, 3.0], area=[0.0, 4e4, 5e4]).with_soil(2.0, 0.2)
    assert (curve.bottom_level, curve.bed_level) == (-1.0, 1.0)
    assert curve.bed_storage == pytest.approx(0.2 * 5e4 * 2.0)
    levels = np.linspace(-1.0, 4.0, 201)
    assert curve.stage_at(curve.storage_at(levels)) == pytest.approx(levels, abs=1e-12)
    assert curve.storage_at([-1.0, 0.0, 1.0, 2.0]) == pytest.approx([0.0, 1e4, 2e4, 4e4])
    assert curve.area_at([-0.5, 1.5]) == pytest.approx([0.0, 2e4])
    cut = curve.blunted(1e-4)
    assert cut.bed_level == 1.0
    assert cut.bed_storage == curve.bed_storage
    assert len(cut.stage) == len(curve.stage) + 1
    assert cut.storage_at([0.3, 1.7]) == pytest.approx(curve.storage_at([0.3, 1.7]))
    assert np.array_equal(curve.surface.area, [0.0, 4e4, 5e4])


def test_bands_share_the_ground_among_them():
    """Together they are the whole curve at every stage; none is wet below itself or grows above."""
    for curve in (
        Curve.from_table([0.0, 1.0, 3.0], area=[0.0, 3e4, 5e4]),
        Curve.from_table([0.0, 1.0, 3.0], storage=[0.0, 1e4, 5e4]),
        Curve.from_table([0.0], area=[2e4]),
        Curve.from_table([0.0, 2.0], area=[1e4, 2e4]).with_soil(1.0, 0.1),
    ):
        stages = np.linspace(-1.0, 4.0, 501)
        wet, ground = np.zeros_like(stages), 0.0
        for above, below in ((None, 0.5), (0.5, 1.7), (1.7, None)):
            stage, area, whole = flooded_area(curve, above, below)
            assert np.all(np.diff(stage) > 0.0)
            assert np.all(np.diff(area) >= 0.0)
            found = np.interp(stages, stage, area)
            assert np.all(found[stages <= (above or 0.0)] == 0.0)
            assert np.all(found[stages >= (below or 3.1)] == pytest.approx(whole))
            wet, ground = wet + found, ground + whole
        assert ground == pytest.approx(curve.top_area)
        apart = np.all(np.abs(stages - curve.surface.stage[:, None]) > 2e-3, axis=0) & (stages > 0.0)
        assert wet[apart] == pytest.approx(curve.area_at(stages[apart]))


@pytest.mark.parametrize("p", [0.1, 0.5, 1.0, 2.0, 3.7, 100.0])
@pytest.mark.parametrize("deepest", [None, 0.02, 3.0])
def test_power_laws_hold_their_volume(p, deepest):
    """V = s h^(1 + 2/p) / (1 + 2/p) to a millionth (Hayashi and van der Kamp 2000), and A = s h^(2/p) nearly as well."""
    law = PowerLaw(scale=4e4, exponent=p, bed_level=2.0, max_depth=deepest)
    curve, q = law.curve(), 2.0 / p
    depth = 10.0 ** np.random.default_rng(3).uniform(-2.5, np.log10(deepest or 90.0), 2000)
    exact = 4e4 * depth ** (1.0 + q) / (1.0 + q)
    kept = exact > 1e-3
    assert kept.any() or deepest == 0.02
    assert curve.storage_at(2.0 + depth)[kept] == pytest.approx(exact[kept], rel=1e-6)
    assert curve.area_at(2.0 + depth)[kept] == pytest.approx(4e4 * depth[kept] ** q, rel=2e-3)
    assert curve.stage_at(exact[kept]) - 2.0 == pytest.approx(depth[kept], rel=1e-6)
    if deepest is not None:
        assert curve.slope[-1] == 0.0
        assert curve.top_area == pytest.approx(4e4 * deepest**q, rel=2e-3)
        assert float(curve.storage_at(2.0 + 2.0 * deepest)) == pytest.approx(
            4e4 * deepest ** (1.0 + q) * (1.0 / (1.0 + q) + 1.0), rel=1e-3
        )


def test_an_outflow_of_a_paraboloid():
    """p = 2: V = s h^2 / 2; a tap that takes it all at 1e-3 m3/s leaves h = sqrt(2 (V0 - q t) / s)."""
    result = run(
        """
        [basin.pan]
        curve = { scale = 400.0, exponent = 2.0, bed_level = 0.0 }
        initial_stage = 1.0
        [demand.tap]
        from = "pan"
        discharge = 1e-3
        """,
        days=2,
    )
    t = (result.time.values - result.time.values[0]) / np.timedelta64(1, "s")
    assert result.stage.values[:, 0] == pytest.approx(np.sqrt(2.0 * (200.0 - 1e-3 * t) / 400.0), abs=1e-4)
