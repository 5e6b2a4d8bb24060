"""The stopwatch counts each second once."""

from __future__ import annotations

import time

import pytest

from deltasim.timings import Stopwatch, process_age


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


def test_an_inner_part_stops_the_one_around_it(clock):
    watch = Stopwatch({"before": 2.0})
    with watch.part("outer"):
        clock[0] += 1.0
        with watch.part("inner"):
            clock[0] += 10.0
        clock[0] += 3.0
    clock[0] += 0.5
    with watch.part("inner"):
        clock[0] += 20.0
    assert watch.seconds == {"before": 2.0, "outer": 4.0, "inner": 30.0}
    assert list(watch.seconds) == ["before", "outer", "inner"]
    assert watch.total == 36.5


def test_a_part_ends_with_an_exception(clock):
    watch = Stopwatch()
    with pytest.raises(ZeroDivisionError), watch.part("outer"), watch.part("inner"):  # noqa: PT012
        clock[0] += 1.0
        raise ZeroDivisionError
    clock[0] += 5.0
    assert watch.seconds == {"outer": 0.0, "inner": 1.0}


def test_a_process_is_older_than_its_first_measurement():
    assert 0.0 < process_age() < 1e6
    first = process_age()
    deadline = time.perf_counter() + 0.05
    while time.perf_counter() < deadline:
        pass
    assert process_age() > first
