"""What tables, times and the progress bar look like; nothing is run."""

from __future__ import annotations

import io
import math
import re
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from deltasim import progress
from deltasim.cli import peaks, times
from deltasim.cli.closing import balance
from deltasim.cli.events import Events, print_events

DAY = 86400.0


def printed(made: peaks.Peaks, width: int = 80, **options: Any) -> list[str]:
    out = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False, **options)
    peaks.print_peaks(out, made, "x.nc")
    text = out.file.getvalue()  # type: ignore[attr-defined]
    return text.splitlines()  # type: ignore[no-any-return]


def sample(nodes: list[str], links: list[str], storage: list[float], **changes: Any) -> peaks.Peaks:
    given: dict[str, Any] = {
        "start": datetime(2024, 6, 1),
        "duration": 10 * DAY,
        "node_name": nodes,
        "node_kind": ["basin"] * len(nodes),
        "max_stage": np.arange(1.0, len(nodes) + 1.0),
        "time_of_max_stage": np.full(len(nodes), 3600.0),
        "storage": np.array(storage),
        "storage_title": "peak storage",
        "link_name": links,
        "link_kind": ["resistance"] * len(links),
        "max_discharge": np.arange(1.0, len(links) + 1.0),
        "time_of_max_discharge": np.full(len(links), 5400.0),
    }
    return peaks.Peaks(**(given | changes))


def test_columns_stand_below_each_other_whatever_the_script() -> None:
    lines = printed(sample(["天鹅湖", "swan_lake", "étang"], ["入口", "weir_1"], [4e7, 1.25e6, 3.1e6]))
    assert max(map(cell_len, lines)) <= 80
    ends = {cell_len(line[: line.index("2024-06-01")]) for line in lines if "2024-06-01" in line}
    assert len(ends) == 1  # nodes and links alike
    rows = [line.split() for line in lines]
    assert ["天鹅湖", "basin", "1.000", "2024-06-01", "01:00", "40.000"] in rows
    assert ["入口", "resistance", "1.000", "2024-06-01", "01:30"] in rows


def test_long_names_are_folded_and_numbers_are_not() -> None:
    name = "a_very_long_name_of_a_basin_by_the_sea_in_the_delta_of_the_yellow_river"
    lines = printed(sample([name, "b"], [name], [1.234567891e9, 1.0]))
    assert max(map(cell_len, lines)) <= 80
    assert any("1,234,567,891" in line for line in lines)
    assert "".join(line.split()[0] for line in lines[3:] if line.strip()).startswith(name)


def test_terminal_without_unicode_gets_a_plain_rule() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    peaks.print_peaks(Console(file=stream, width=80), sample(["天鹅湖"], [], [1.0]), "x.nc")
    stream.seek(0)
    text = stream.read()
    assert "-----" in text
    assert r"\u5929\u9e45\u6e56" in text


def test_large_network_shows_its_largest_in_their_order() -> None:
    count = 1000
    names = [f"n{i}" for i in range(count)]
    storage = [float(i % 100) for i in range(count)]
    discharge = np.where(np.arange(count) % 50 == 7, -5.0, 1.0)
    lines = printed(sample(names, [f"l{i}" for i in range(count)], storage, max_discharge=discharge))
    shown = [line.split()[0] for line in lines if line.startswith("n") and "basin" in line]
    assert shown == [f"n{i}" for i in range(count) if i % 100 >= 98]
    assert [line.split()[0] for line in lines if "resistance" in line] == [f"l{i}" for i in range(7, count, 50)]
    assert "these 20 nodes hold the most; 980 more are in x.nc" in lines
    assert "these 20 links carry the most; 980 more are in x.nc" in lines


def test_events_are_counted_by_who_set_what() -> None:
    out = Console(file=io.StringIO(), width=100, highlight=False, markup=False, emoji=False)
    many = [(f"rule.r{i}", f"gate.g{i}.open", 7200.0 + i) for i in range(peaks.MOST_ROWS + 2)]
    some = [
        ("rule.a", "gate.g.opening", 0.0),
        ("pump.p", "pump.p.running", 600.0),
        ("rule.a", "gate.g.opening", 3600.0),
    ]
    source, target, time = zip(*some, *many, strict=True)
    made = Events(start=datetime(2024, 6, 1), duration=DAY, time=time, source=source, target=target)
    print_events(out, made, "x.nc")
    rows = [line.split() for line in out.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert rows[2] == ["rule.a", "gate.g.opening", "2", "2024-06-01", "00:00", "2024-06-01", "01:00"]
    assert rows[3] == ["pump.p", "pump.p.running", "1", "2024-06-01", "00:10", "2024-06-01", "00:10"]
    assert rows[-2] == ["4", "more", "are", "in", "x.nc"]


def test_network_without_links_has_one_table() -> None:
    empty = np.empty(0)
    lines = printed(sample(["pond"], [], [1.0], max_discharge=empty, time_of_max_discharge=empty))
    assert not any("discharge" in line for line in lines)


@pytest.mark.parametrize(
    ("values", "texts", "unit"),
    [
        ([4e7, 1.25e6], ["40.000", "1.250"], "hm3"),
        ([4e7, 12.0], ["40,000,000", "12"], "m3"),
        ([4e7, 0.2, 0.0, math.nan], ["40,000,000", "<1", "0", "-"], "m3"),
        ([4e7, 0.0], ["40.000", "0.000"], "hm3"),
        ([950.0, 0.2], ["950.000", "0.200"], "m3"),
        ([1e-5], ["<0.001"], "m3"),
        ([math.nan], ["-"], "m3"),
    ],
)
def test_volumes_have_one_unit(values: list[float], texts: list[str], unit: str) -> None:
    assert peaks.volumes(np.array(values)) == (texts, unit)


def test_discharges_and_levels() -> None:
    assert peaks.discharges([12345.6789, -1.5, 1e-4, -2e-7, 0.0, -0.0, math.nan]) == [
        "12,345.679", "-1.500", "1.0e-04", "-2.0e-07", "0.000", "0.000", "-",
    ]  # fmt: skip
    assert peaks.levels([1.23456, -0.0001, math.nan]) == ["1.235", "0.000", "-"]


def test_balance_in_a_line() -> None:
    errors = np.array([1e-12, -3e-9, np.nan])
    assert balance(2.5e-16, errors, ("a", "b", "c")) == "2.5e-16 of all water; the largest is 3.0e-09 m3, at b"
    assert balance(0.0, np.array([0.0, np.nan]), ("a", "b")) == "0.0e+00 of all water"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(864000.0, "10 days"), (86400.0, "1 day"), (129600.0, "36 h"), (900.0, "15 min"), (90.0, "90 s"), (0.5, "0.5 s")],
)
def test_span(seconds: float, text: str) -> None:
    assert times.span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.00324, "3.2 ms"), (0.5, "500 ms"), (1.23, "1.2 s"), (1234.5, "1,234 s")]
)
def test_brief(seconds: float, text: str) -> None:
    assert times.brief(seconds) == text


def test_moment_is_of_the_scenarios_clock_and_rounded() -> None:
    start = datetime(2019, 8, 10, tzinfo=timezone(timedelta(hours=8)))
    assert times.moment(start, 3629.0, 10 * DAY) == "2019-08-10 01:00"
    assert times.moment(start, 3631.0, 10 * DAY) == "2019-08-10 01:01"
    assert times.moment(start, 59.6, 600.0) == "2019-08-10 00:01:00"
    assert times.moment(start, math.nan, 600.0) == "-"
    assert times.period(start, 2 * DAY) == "2019-08-10 00:00 to 2019-08-12 00:00 (UTC+08:00), 2 days"
    assert times.period(datetime(987, 1, 1), DAY) == "0987-01-01 00:00 to 0987-01-02 00:00, 1 day"


@pytest.mark.parametrize(
    ("simulated", "whole", "text"),
    [
        (3.24 * DAY, 10 * DAY, "day 3.2 of 10"),
        (0.0, 3653 * DAY, "day 0.0 of 3653"),
        (5400.0, 36 * 3600.0, "hour 1.5 of 36"),
        (90.0, 3600.0, "minute 1.5 of 60"),
    ],
)
def test_reached(simulated: float, whole: float, text: str) -> None:
    assert progress.reached(simulated, whole) == text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_bar_names_the_time_reached_and_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    clock = iter([100.0, 100.5, 101.0])
    monkeypatch.setattr(progress, "now", lambda: next(clock))
    with progress.progress_bar() as tell:
        tell(1.2 * DAY, 10 * DAY)
        tell(5.0 * DAY, 10 * DAY)
    shown = plain(terminal.getvalue())
    assert "day 5.0 of 10" in shown
    assert "4.3e5 x real time" in shown  # 5 days in 1 s


def test_no_bar_for_a_run_that_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress.progress_bar() as tell:
        tell(DAY, DAY)
    assert terminal.getvalue() == ""


def test_no_bar_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    with progress.progress_bar() as tell:
        tell(0.5 * DAY, DAY)
    assert stream.getvalue() == ""
