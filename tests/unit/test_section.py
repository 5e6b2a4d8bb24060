"""Cross-sections: closed forms, numerical integration of a survey, and a conveyance that never falls."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from deltasim.geometry import Section, conveyance, pack_sections
from deltasim.geometry import section as module
from deltasim.geometry.section import bridges, thinned

DITCH = ([0, 4, 5, 9, 11, 11, 14], [3.0, 1.0, 0.0, 0.0, 2.0, 2.5, 2.5])
TWO_CHANNELS = ([0, 10, 20, 30, 40], [3.0, 0.0, 2.0, 0.5, 4.0])
FLOOD_PLAIN = ([0, 0, 450, 450, 550, 550, 1000, 1000], [8, 5, 5, 0, 0, 5, 5, 8])
SURVEYS = {"ditch": DITCH, "two channels": TWO_CHANNELS, "flood plain": FLOOD_PLAIN}


def own(section, depth):
    area, _, perimeter = section.at(depth)
    return area ** (5.0 / 3.0) / perimeter ** (2.0 / 3.0)


@pytest.mark.parametrize(("b", "m"), [(4.0, 0.0), (0.0, 2.0), (3.0, 1.5)])
def test_a_trapezoid_is_that_of_the_textbook(b, m):
    """A = (b + m d) d, T = b + 2 m d, P = b + 2 d sqrt(1 + m^2)."""
    d = np.linspace(0.0, 20.0, 41)
    area, width, perimeter = Section.trapezoid(b, m).at(d)
    assert area == pytest.approx((b + m * d) * d, rel=1e-14)
    assert width == pytest.approx(b + 2.0 * m * d, rel=1e-14)
    assert perimeter == pytest.approx(b + 2.0 * d * np.sqrt(1.0 + m * m), rel=1e-14)


@pytest.mark.parametrize("points", SURVEYS.values(), ids=SURVEYS.keys())
def test_a_survey_is_what_integration_over_it_gives(points):
    """Wet depth integrated over 2e6 strips; the perimeter from the wet part of each piece, walls beyond the ends."""
    x, z = (np.array(column, dtype=float) for column in points)
    section = Section.from_points(x, z)
    strip = (x[-1] - x[0]) / 2_000_000
    middle = x[0] + strip * (np.arange(2_000_000) + 0.5)
    bed = np.interp(middle, x + 1e-9 * np.arange(len(x)), z)
    for depth in (0.3, 0.8, 1.7, 2.2, 2.8, 4.5, 9.0):
        wet = np.maximum(depth - bed, 0.0)
        area, width, perimeter = section.at(depth)
        assert area == pytest.approx(wet.sum() * strip, rel=1e-5)
        assert width == pytest.approx((wet > 0.0).sum() * strip, rel=1e-5)
        length = max(depth - z[0], 0.0) + max(depth - z[-1], 0.0)
        for a, b, c, d in zip(x[:-1], x[1:], z[:-1], z[1:], strict=True):
            share = float(depth >= c) if c == d else np.clip((depth - min(c, d)) / abs(d - c), 0.0, 1.0)
            length += share * np.hypot(b - a, d - c)
        assert perimeter == pytest.approx(length, rel=1e-13)


def test_the_two_ways_to_write_a_trapezoid_agree_below_its_edge():
    b, m, top = 3.0, 2.0, 4.0
    survey = Section.from_points([0.0, m * top, m * top + b, 2 * m * top + b], [top, 0.0, 0.0, top])
    d = np.linspace(0.0, top, 50)
    for one, other in zip(survey.at(d), Section.trapezoid(b, m).at(d), strict=True):
        assert one == pytest.approx(other, rel=1e-13)


@pytest.mark.parametrize("points", SURVEYS.values(), ids=SURVEYS.keys())
def test_a_channel_stores_length_times_area(points):
    section = Section.from_points(*points)
    curve = section.curve(250.0, -3.0)
    stage = np.linspace(-3.0, 8.0, 200)
    area, width, _ = section.at(stage + 3.0)
    assert curve.storage_at(stage) == pytest.approx(250.0 * area, rel=1e-13)
    assert curve.area_at(stage) == pytest.approx(250.0 * width, rel=1e-13)
    assert curve.stage_at(curve.storage_at(stage)) == pytest.approx(stage, abs=1e-9)


@pytest.mark.parametrize(("b", "m"), [(4.0, 0.0), (0.0, 2.0), (3.0, 60.0)])
def test_conveyance_of_a_trapezoid_is_its_own(b, m):
    section = Section.trapezoid(b, m)
    table = pack_sections([section])
    assert bridges(section) == ()
    for d in np.geomspace(1e-6, 100.0, 60):
        k, slope = conveyance.py_func(table, 0, d)
        step = 1e-6 * d
        assert k == pytest.approx(float(own(section, d)), rel=1e-13)
        assert slope == pytest.approx((own(section, d + step) - own(section, d - step)) / (2 * step), rel=1e-8)
    assert conveyance.py_func(table, 0, 0.0) == (0.0, 0.0)
    assert conveyance.py_func(table, 0, -1.0) == (0.0, 0.0)


@pytest.mark.parametrize("points", SURVEYS.values(), ids=SURVEYS.keys())
def test_conveyance_never_falls_and_its_inverse_square_is_convex(points):
    """What the reach builds on; compiled as in plain Python; below and above the flooding it is the section's own."""
    section = Section.from_points(*points)
    table = pack_sections([Section.trapezoid(1.0, 1.0), section])
    d = np.linspace(0.01, 10.0, 4001)
    k, slope = np.array([conveyance(table, 1, x) for x in d]).T
    assert np.all(np.diff(k) > 0.0)
    assert np.all(slope > 0.0)
    bend = np.diff(k**-2.0, 2) / k[1:-1] ** -2.0
    assert bend.min() > -1e-9
    assert np.all(k >= own(section, d) * (1.0 - 1e-6))
    bridged = np.zeros_like(d, dtype=bool)
    for start, end in bridges(section):
        bridged |= (d >= start) & (d <= end)
    assert k[~bridged] == pytest.approx(own(section, d)[~bridged], rel=1e-12)
    assert conveyance.py_func(table, 1, 3.21) == pytest.approx(conveyance(table, 1, 3.21), rel=1e-14)
    inner = (d > 0.5) & (np.abs(np.subtract.outer(d, section.depth)).min(axis=1) > 0.01)
    rise = np.array([(conveyance(table, 1, x + 1e-6)[0] - conveyance(table, 1, x - 1e-6)[0]) / 2e-6 for x in d[inner]])
    assert np.mean(np.abs(slope[inner] / rise - 1.0) > 1e-6) < 0.01  # but for the ends of the bridges


def test_a_flat_plain_that_floods_would_make_the_conveyance_fall():
    """At bankfull 100 m3/s/... fall to a quarter for the section itself, and rise by a fifth in half a metre here."""
    section = Section.from_points(*FLOOD_PLAIN)
    table = pack_sections([section])
    full = float(own(section, 5.0 - 1e-9))
    assert float(own(section, 5.0)) < 0.25 * full
    assert conveyance(table, 0, 5.0)[0] == pytest.approx(full, rel=1e-6)
    assert 1.1 * full < conveyance(table, 0, 5.5)[0] < 1.3 * full
    ((start, end),) = bridges(section)
    assert start == pytest.approx(5.0, abs=1e-4)
    assert 6.0 < end < 6.5


@pytest.mark.parametrize(
    ("offset", "height", "words"),
    [
        ([0, 0, 0], [1.0, 0.0, 1.0], "no width above a height of 0 m"),
        ([0, 5, 5, 5, 9], [1.0, 1.0, 0.0, 1.0, 1.0], "no width above a height of 0 m"),
    ],
)
def test_a_section_without_width(offset, height, words):
    with pytest.raises(ValueError, match=words):
        Section.from_points(offset, height)
    with pytest.raises(ValueError, match="both 0"):
        Section.trapezoid(0.0, 0.0)


def test_a_section_is_bridged_once_however_many_reaches_have_it(monkeypatch):
    hulls = []
    lower_hull = module.lower_hull
    monkeypatch.setattr(module, "lower_hull", lambda x, y: hulls.append(len(x)) or lower_hull(x, y))
    # A section that no other test has, made anew for every reach, as a scenario may write it.
    points = ([0.0, 3.0, 3.0, 7.0, 7.0, 40.5], [4.0, 1.5, 0.0, 0.0, 1.5, 4.0])
    one = pack_sections([Section.from_points(*points)])
    alone = len(hulls)
    many = pack_sections([Section.from_points(*points) for _ in range(40)])
    assert 0 < alone == len(hulls)
    assert np.array_equal(many.falling, np.tile(one.falling, 40))
    assert np.any(one.falling < 0.0)


def test_depths_too_near_to_one_another_or_to_an_edge_are_left_out():
    """Against every pair looked at, in memory that grows as the depths do and not as depths times edges."""
    rng = np.random.default_rng(7)
    edges = np.sort(rng.uniform(0.1, 8.0, 500))
    near = edges[:, None] + 8e-6 * np.linspace(-3.0, 3.0, 40)
    depth = np.concatenate([[-1.0, 0.0, 1e-7], near.ravel(), rng.uniform(0.0, 12.0, 20_000)])
    least = module.APART * edges[-1]
    tracemalloc.start()
    found = thinned(depth, edges)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40 * depth.nbytes
    assert np.all(np.diff(found) > 0.0)
    assert np.all(np.isin(edges, found))
    spread = found[~np.isin(found, edges)]
    assert spread.min() > least
    assert min(np.abs(edges - x).min() for x in spread) > least
    # Of every cell of that width one depth is left, unless an edge is near it.
    first = depth[np.unique(np.floor(depth / least), return_index=True)[1]]
    kept = [x for x in first if x > least and np.abs(edges - x).min() > least]
    assert np.array_equal(spread, np.array(kept))
