from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from deltasim import units
from deltasim.faults import FieldError, FieldErrors
from deltasim.fields import SeriesTable, SeriesUse
from deltasim.forcing import Clock, Files, Reader
from deltasim.forcing.sources import SOURCES
from deltasim.signal import Signal

RATE = SeriesUse(units.RATE, "previous")
STAGE = SeriesUse(units.LEVEL, "linear")
DISCHARGE = SeriesUse(units.DISCHARGE, "linear")
DAY = 86400.0
CLOCK = Clock(datetime(2019, 8, 10), datetime(2019, 8, 12))
CHINA = timezone(timedelta(hours=8))


def read(
    table: Mapping[str, object],
    use: SeriesUse = STAGE,
    clock: Clock = CLOCK,
    files: Mapping[str, str | bytes] | None = None,
) -> Signal:
    given = {name: data.encode() if isinstance(data, str) else data for name, data in (files or {}).items()}
    return Reader(clock, Files(None, given)).series(SeriesTable.model_validate(table), use)


def faults(*args: object, **kwargs: object) -> list[str]:
    with pytest.raises((FieldError, FieldErrors)) as caught:
        read(*args, **kwargs)
    error = caught.value
    return [str(fault) for fault in error.faults] if isinstance(error, FieldErrors) else [str(error)]


def inline(time: list[object], value: list[object], **more: object) -> dict[str, object]:
    return {"time": time, "value": value, **more}


THREE_DAYS: list[object] = ["2019-08-10", "2019-08-11", "2019-08-12"]


def test_stage_is_linear_and_rain_holds() -> None:
    assert read(inline(THREE_DAYS, [0, 2, 1])) == Signal(
        np.array([0.0, DAY, 2 * DAY]), np.array([0.0, 2.0, 1.0]), "linear"
    )
    rain = read(inline(THREE_DAYS, [0, 36, 0], units="mm/h"), RATE)
    assert rain.interpolation == "previous"
    np.testing.assert_array_equal(rain.value, [0.0, 1e-5, 0.0])


def test_the_series_may_choose_its_interpolation() -> None:
    assert read(inline(THREE_DAYS, [0, 2, 1], interpolation="previous")).interpolation == "previous"
    assert read(inline(THREE_DAYS, [0, 2, 1], units="mm/h", interpolation="linear"), RATE).interpolation == "linear"


def test_times_may_be_dates_texts_or_seconds() -> None:
    expected = read(inline(THREE_DAYS, [0, 2, 1]))
    assert (
        read(inline([datetime(2019, 8, 10), datetime(2019, 8, 11).date(), "2019-08-12T00:00"], [0, 2, 1])) == expected
    )
    assert read(inline([0, 86400, 172800.0], [0, 2, 1])) == expected


def test_values_may_carry_units() -> None:
    assert read(inline(THREE_DAYS, ["0 m", "200 cm", 100], units="cm")) == read(inline(THREE_DAYS, [0, 2, 1]))


def test_rates_may_carry_units_one_by_one() -> None:
    assert read(inline(THREE_DAYS, ["0 mm/h", "36 mm/h", "1 mm/day"]), RATE).value[1] == 1e-5
    assert read(inline(THREE_DAYS, ["0 mm", 864, "1 mm"], units="mm"), RATE).value[1] == pytest.approx(1e-5, rel=1e-15)


def test_scale_and_offset_are_in_the_units_of_the_series() -> None:
    signal = read(inline(THREE_DAYS, [0, 2, 1], units="cm", scale=10.0, offset=5.0))
    np.testing.assert_allclose(signal.value, [0.05, 0.25, 0.15], rtol=1e-15)


def test_depths_per_interval_keep_their_volume() -> None:
    times = ["2019-08-10T00:00", "2019-08-10T01:00", "2019-08-10T03:00", "2019-08-11T23:00"]
    start = read(inline(times, [1, 2, 3, 4], units="mm"), RATE)
    # The last interval is as long as the one before it: 44 h.
    hours = np.array([0.0, 1.0, 3.0, 47.0, 91.0]) * 3600.0
    np.testing.assert_allclose(start.integral(hours[:-1], hours[1:]), [1e-3, 2e-3, 3e-3, 4e-3], rtol=1e-14)


def test_depths_stamped_at_their_end() -> None:
    times = ["2019-08-10T00:00", "2019-08-10T06:00", "2019-08-12T00:00"]
    end = read(inline(times, [1, 2, 3], units="mm", stamp="end"), RATE)
    hours = np.array([-6.0, 0.0, 6.0, 48.0]) * 3600.0
    np.testing.assert_allclose(end.integral(hours[:-1], hours[1:]), [1e-3, 2e-3, 3e-3], rtol=1e-14)


def test_rates_may_be_stamped_at_their_end_too() -> None:
    signal = read(inline([0, DAY, 2 * DAY], [7, 36, 72], units="mm/h", stamp="end"), RATE)
    np.testing.assert_allclose(signal.at([0.0, DAY]), [1e-5, 2e-5], rtol=1e-15)


def test_a_series_of_steps_covers_its_last_interval() -> None:
    read(inline(["2019-08-10", "2019-08-11"], [1, 2], units="mm/h"), RATE)
    words = faults(inline(["2019-08-10", "2019-08-10T23:00"], [1, 2], units="mm/h"), RATE)
    assert words == [
        "the series ends at 2019-08-11T22:00, before the run does at 2019-08-12T00:00; "
        'add later rows or say repeat = "year"'
    ]


@pytest.mark.parametrize(
    ("gaps", "value"), [("linear", [1.0, 2.0, 3.0]), ("previous", [1.0, 1.0, 3.0]), ("zero", [1.0, 0.0, 3.0])]
)
def test_gaps_are_what_the_series_says(gaps: str, value: list[float]) -> None:
    np.testing.assert_array_equal(read(inline(THREE_DAYS, [1, float("nan"), 3], gaps=gaps)).value, value)
    file = "time,stage\n2019-08-10,1\n2019-08-11,\n2019-08-12,3\n"
    np.testing.assert_array_equal(read({"file": "s.csv", "gaps": gaps}, files={"s.csv": file}).value, value)


def test_gaps_at_an_end_cannot_be_filled_from_nothing() -> None:
    words = 'the gap at an end cannot be filled by gaps = "linear"'
    assert faults(inline(THREE_DAYS, [float("nan"), 1, 2], gaps="linear")) == [words]
    assert faults(inline(THREE_DAYS, [0, 1, float("nan")], gaps="linear")) == [words]
    assert read(inline(THREE_DAYS, [0, 1, float("nan")], gaps="previous")).value[-1] == 1.0


@pytest.mark.parametrize(
    ("table", "use", "words"),
    [
        (inline(THREE_DAYS, [1, 2, 3]), RATE, "a rate needs units"),
        (inline(THREE_DAYS, [1, 2, 3], units="m3/s"), RATE, 'expected a rate in m/s, got "m3/s"'),
        (inline(THREE_DAYS, [1, 2, 3], units="ells"), STAGE, 'there is no unit "ells"'),
        (inline(THREE_DAYS, [1, 2, 3], units="mm", interpolation="linear"), RATE, "is a depth per interval"),
        (inline(THREE_DAYS, [1, 2, 3], stamp="end"), STAGE, 'stamp = "end" needs interpolation = "previous"'),
        (inline(["2019-08-10"], [1]), STAGE, "a series needs two rows or more"),
        (inline(THREE_DAYS, [1, "2 s", 3]), STAGE, 'expected a level in m, got "2 s"'),
        (inline(THREE_DAYS, [1, float("inf"), 3]), STAGE, "the value is not finite"),
        (inline(THREE_DAYS, [1, float("nan"), 3]), STAGE, "the value is missing; give it"),
        (inline(["2019-08-10", "tomorrow", "2019-08-12"], [1, 2, 3]), STAGE, 'got "tomorrow"'),
        (inline(["2019-08-10", "2019-02-30", "2019-08-12"], [1, 2, 3]), STAGE, "(day is out of range for month)"),
        (inline(["2019-08-10", 3600, "2019-08-12"], [1, 2, 3]), STAGE, "3600 stands among dates"),
        (inline(["2019-08-10", "2019-08-10", "2019-08-12"], [1, 2, 3]), STAGE, "time 2019-08-10T00:00 stands twice"),
        (inline(["2019-08-10", "2019-08-09", "2019-08-12"], [1, 2, 3]), STAGE, "time goes back from 2019-08-10T00:00"),
        (inline([1.0, DAY, 2 * DAY], [1, 2, 3]), STAGE, "the series begins at 2019-08-10T00:00:01, after the run"),
        (inline([0, 1e300, 2e300], [1, 2, 3], units="s"), STAGE, 'expected a level in m, got "s"'),
    ],
)
def test_what_is_wrong_with_a_series(table: dict[str, object], use: SeriesUse, words: str) -> None:
    assert words in faults(table, use)[0]


def test_the_clock_of_the_run() -> None:
    clock = Clock(datetime(2019, 8, 10, tzinfo=CHINA), datetime(2019, 8, 12, tzinfo=CHINA))
    local = read(inline(THREE_DAYS, [0, 2, 1]), clock=clock)
    offset = read(
        inline(["2019-08-09T16:00Z", datetime(2019, 8, 10, 16, tzinfo=UTC), "2019-08-12"], [0, 2, 1]), clock=clock
    )
    assert local == offset


def test_an_offset_under_a_clock_without_one_is_told_once() -> None:
    words = faults(inline(["2019-08-10T00:00Z", "2019-08-11T00:00Z", "2019-08-12T00:00Z"], [0, 2, 1]))
    assert words == [
        "2019-08-10T00:00+00:00 has an offset, but the start of the run has none; "
        "write start as 2019-08-10T00:00+00:00, or the times without offset"
    ]


def test_a_year_repeats_by_calendar_date() -> None:
    clock = Clock(datetime(2019, 8, 10), datetime(2024, 8, 10))
    signal = read(
        inline(["01-01", "03-01", "10-01T12:00"], [1, 2, 3], repeat="year", interpolation="previous"), clock=clock
    )
    for moment, value in [
        (datetime(2019, 8, 10), 2.0),
        (datetime(2019, 10, 1, 11), 2.0),
        (datetime(2019, 10, 1, 12), 3.0),
        (datetime(2020, 2, 29), 1.0),
        (datetime(2020, 3, 1), 2.0),
        (datetime(2023, 2, 28, 23), 1.0),
        (datetime(2023, 3, 1), 2.0),
    ]:
        assert float(signal.at((moment - clock.start).total_seconds())) == value, moment


def test_monthly_depths_that_repeat_know_the_length_of_each_month() -> None:
    clock = Clock(datetime(2023, 1, 1), datetime(2025, 1, 1))
    months = [f"{month:02}-01" for month in range(1, 13)]
    signal = read(inline(months, [float(month) for month in range(1, 13)], units="mm", repeat="year"), RATE, clock)
    for year in (2023, 2024):
        begin = (datetime(year, 2, 1) - clock.start).total_seconds()
        end = (datetime(year, 3, 1) - clock.start).total_seconds()
        assert float(signal.integral(begin, end)) == pytest.approx(2e-3, rel=1e-13)
    assert float(signal.integral(0.0, clock.duration)) == pytest.approx(2 * 78e-3, rel=1e-13)


def test_a_leap_day_is_left_out_of_common_years() -> None:
    clock = Clock(datetime(2023, 2, 27), datetime(2024, 3, 2))
    signal = read(inline(["01-01", "02-28", "02-29", "03-01"], [0, 10, 99, 12], repeat="year"), clock=clock)
    assert float(signal.at((datetime(2023, 2, 28, 12) - clock.start).total_seconds())) == 11.0
    assert float(signal.at((datetime(2024, 2, 29) - clock.start).total_seconds())) == 99.0


def test_a_recorded_year_repeats_and_its_end_may_be_its_beginning() -> None:
    clock = Clock(datetime(2022, 5, 1), datetime(2024, 5, 1))
    times: list[object] = ["2018-10-01", "2019-04-01", "2019-10-01"]
    signal = read(inline(times, [1, 2, 1], repeat="year"), clock=clock)
    assert float(signal.at((datetime(2023, 4, 1) - clock.start).total_seconds())) == 2.0
    assert float(signal.at((datetime(2023, 10, 1) - clock.start).total_seconds())) == 1.0


def test_gaps_of_a_repeating_series() -> None:
    clock = Clock(datetime(2023, 1, 1), datetime(2024, 1, 1))
    signal = read(inline(["11-01", "12-01", "12-31"], [0, float("nan"), 60], gaps="linear", repeat="year"), clock=clock)
    assert float(signal.at((datetime(2023, 12, 1) - clock.start).total_seconds())) == 30.0


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (["04-01", "02-30"], 'expected a date such as "04-01" or 2019-04-01, got "02-30"'),
        (["04-01", "07-01", "06-30"], "the date goes back from 07-01 to 06-30"),
        (["04-01", "04-01"], "the date 04-01 stands twice"),
        (["2018-01-01", "2019-01-02"], "the series is longer than a year"),
        (["2018-02-01", "2018-01-02"], "time goes back from 2018-02-01T00:00 to 2018-01-02T00:00"),
        (["04-01", True], "got true"),
    ],
)
def test_what_does_not_repeat(times: list[object], words: str) -> None:
    assert words in faults(inline(times, [1] * len(times), repeat="year"))[0]


def csv(text: str | bytes, **more: object) -> Signal:
    return read({"file": "s.csv", **more}, files={"s.csv": text})


def csv_faults(text: str | bytes, **more: object) -> list[str]:
    return faults({"file": "s.csv", **more}, files={"s.csv": text})


EXPECTED = Signal(np.array([0.0, DAY, 2 * DAY]), np.array([0.0, 2.0, 1.0]), "linear")


@pytest.mark.parametrize(
    "text",
    [
        "time,stage\n2019-08-10,0\n2019-08-11,2\n2019-08-12,1\n",
        "\ufefftime,stage\r\n2019-08-10,0\r\n2019-08-11,2\r\n2019-08-12,1",
        "# from the gauge, raw\n\ntime , stage\n 2019-08-10T00:00 , 0\n# a storm\n2019-08-11,2e0\n\n2019-08-12,+1\n",
        '"time","stage"\n"2019-08-10","0"\n2019-08-11,"2"\n2019-08-12,1\n',
        "time,stage\n0,0\n86400,2\n172800.0,1\n",
    ],
)
def test_csv_as_people_write_it(text: str) -> None:
    assert csv(text) == EXPECTED


def test_columns_by_name() -> None:
    text = "when,a,stage\n2019-08-10,9,0\n2019-08-11,9,2\n2019-08-12,9,1\n"
    assert csv(text, column="stage", time_column="when") == EXPECTED


HEADER = "time,stage\n"
ROWS = "2019-08-10,0\n2019-08-11,2\n2019-08-12,1\n"


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("", {}, ["s.csv: the file is empty; a header line with the names of the columns is expected"]),
        ("# nothing\n", {}, ["s.csv: the file is empty; a header line with the names of the columns is expected"]),
        (HEADER, {}, ["s.csv:1: there are no rows below the header; a table needs one at least"]),
        (b"time,stage\n\xff\xfe\n", {}, ["s.csv:2: this is not UTF-8 text; save the table as CSV (UTF-8)"]),
        ("time,stage\n\n\0", {}, ["s.csv:3: this is not text; save the table as CSV (UTF-8)"]),
        ("time,stage,stage\n1,2,3\n", {"column": "stage"}, ['s.csv:1: two columns are called "stage"']),
        ("time;stage\n1;2\n", {}, ['s.csv:1: columns are separated by commas, not by ";"']),
        ("time\tstage\n1\t2\n", {}, ["s.csv:1: columns are separated by commas, not by tabs"]),
        (
            HEADER + "2019-08-10,0,1\n2019-08-11\n",
            {},
            ["s.csv:2: the row has 3 cells, the header has 2", "s.csv:3: the row has 1 cell, the header has 2"],
        ),
        (
            'time,stage\n2019-08-10,"0\n1"\n',
            {},
            ["s.csv:2: a quoted cell is not closed on its line (unexpected end of data)"],
        ),
        (HEADER + ROWS, {"column": "stag"}, ['s.csv:1: there is no column "stag"; did you mean "stage"?']),
        (
            "when,stage\n" + ROWS,
            {"column": "stage"},
            [
                's.csv:1: there is no column "time"; the columns are when, stage; name the one with the times: time_column = "..."'
            ],
        ),
        (
            HEADER + "2019-08-10,zero\n2019-08-09,\ntomorrow,inf\n2019-08-08,1\n",
            {},
            [
                's.csv:2: stage: the value is "zero", not a finite number',
                "s.csv:3: stage: the value is missing; give it, or say what gaps mean: "
                'gaps = "linear", "previous" or "zero"',
                's.csv:4: stage: the value is "inf", not a finite number',
                's.csv:4: expected a time such as 2019-08-11T06:00, got "tomorrow"',
                "s.csv:3: time goes back from 2019-08-10T00:00 to 2019-08-09T00:00",
                "s.csv:5: time goes back from 2019-08-09T00:00 to 2019-08-08T00:00",
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_csv_file(text: str | bytes, more: dict[str, object], words: list[str]) -> None:
    assert csv_faults(text, **more) == words


def test_many_problems_of_one_sort_are_counted() -> None:
    words = csv_faults(HEADER + "".join(f"{second},x\n" for second in range(100)))
    assert len(words) == 11
    assert words[-1] == "s.csv: ... and 90 more like these"


def test_a_file_of_several_columns_needs_a_choice() -> None:
    assert csv_faults("time,a,b\n0,1,2\n") == ['say which column of "s.csv" is meant: a, b']


def write_netcdf(path: Path, time_units: str | None, calendar: str = "standard", **attributes: object) -> bytes:
    from netCDF4 import Dataset

    with Dataset(path, "w") as dataset:
        dataset.createDimension("time", 3)
        dataset.createDimension("y", 2)
        time = dataset.createVariable("time", "f8", ("time",))
        if time_units is not None:
            time.units = time_units
            time.calendar = calendar
        time[:] = [0.0, 24.0, 48.0]
        stage = dataset.createVariable("stage", "f4", ("time",), fill_value=-999.0)
        stage[:] = np.ma.masked_equal([0.0, 2.0, attributes.pop("last", 1.0)], -1.0)
        if attributes:
            stage.setncatts(attributes)
        dataset.createVariable("field", "f4", ("time", "y"))
        dataset.createVariable("name", str, ("time",))
    return path.read_bytes()


def test_netcdf(tmp_path: Path) -> None:
    data = write_netcdf(tmp_path / "s.nc", "hours since 2019-08-10")
    assert read({"file": "s.nc"}, files={"s.nc": data}) == EXPECTED


def test_netcdf_knows_its_units(tmp_path: Path) -> None:
    data = write_netcdf(tmp_path / "s.nc", "hours since 2019-08-10", units="cm")
    np.testing.assert_array_equal(read({"file": "s.nc"}, files={"s.nc": data}).value, [0.0, 0.02, 0.01])
    np.testing.assert_array_equal(read({"file": "s.nc", "units": "m"}, files={"s.nc": data}).value, [0.0, 2.0, 1.0])


@pytest.mark.parametrize("since", ["2019-08-09 16:00", "2019-08-09T16:00:00Z", "2019-08-10 00:00:00 +08:00"])
def test_netcdf_times_are_utc_under_a_clock_with_an_offset(tmp_path: Path, since: str) -> None:
    clock = Clock(datetime(2019, 8, 10, tzinfo=CHINA), datetime(2019, 8, 12, tzinfo=CHINA))
    data = write_netcdf(tmp_path / "s.nc", f"hours since {since}")
    assert read({"file": "s.nc"}, clock=clock, files={"s.nc": data}) == EXPECTED


@pytest.mark.parametrize(
    ("units", "more", "words"),
    [
        ("hours since 2019-08-10 00:00 UTC", {}, "has an offset, but the start of the run has none"),
        ("hours since 2019-08-10", {"calendar": "noleap"}, 's.nc: time: the calendar "noleap" is not that of the run'),
        ("fortnights since then", {}, 's.nc: time: "fortnights since then" are not units of time'),
        ("m", {}, 's.nc: time: expected units such as "hours since 2019-08-10", or s, got "m"'),
        (
            "hours since 2019-08-10",
            {"last": -1.0},
            "s.nc: stage: a value is missing or not finite, the first at index 2",
        ),
    ],
)
def test_what_is_wrong_with_a_netcdf_file(tmp_path: Path, units: str, more: dict[str, object], words: str) -> None:
    data = write_netcdf(tmp_path / "s.nc", units, **more)
    assert words in faults({"file": "s.nc"}, files={"s.nc": data})[0]


def test_rubbish_is_no_netcdf_file() -> None:
    assert faults({"file": "s.nc"}, files={"s.nc": b"rubbish"}) == ["s.nc: this is not a NetCDF file"]


def test_every_source_is_registered_by_its_suffix() -> None:
    assert set(SOURCES) == {".csv", ".nc", ".nc4"}


def test_a_named_series_is_read_once_and_converted_at_each_use() -> None:
    table = SeriesTable.model_validate(inline(THREE_DAYS, [0, 36, 0], units="mm/h"))
    reader = Reader(CLOCK, named={"rain": table})
    assert reader.named_series("rain", RATE) is reader.named_series("rain", RATE)
    with pytest.raises(FieldErrors, match=r'expected a level in m, got "mm/h" \(in series.rain\)'):
        reader.named_series("rain", STAGE)
    assert reader.used == {"rain"}
    with pytest.raises(FieldError, match=r'there is no series "rian"; did you mean "rain"\?'):
        reader.named_series("rian", RATE)
    with pytest.raises(FieldError, match=r'there is no series "rain"; define it as \[series.rain\]'):
        Reader(CLOCK).named_series("rain", RATE)
