from __future__ import annotations

from fractions import Fraction

import pytest

from deltasim import units
from deltasim.unit_tables import COMMON
from deltasim.units import Dimension, UnitsError, canonical_units, conversion, parse, parse_any, quote, to_si


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("40 hm3", units.VOLUME, 40e6),
        ("32 km2", units.AREA, 32e6),
        ("310.8 mm", units.LENGTH, 0.3108),
        ("350 m3/s", units.DISCHARGE, 350.0),
        ("15 min", units.DURATION, 900.0),
        ("1 day", units.DURATION, 86400.0),
        ("18 degC", units.TEMPERATURE, 18.0),
        ("50 degF", units.TEMPERATURE, 10.0),
        ("1200 cfs", units.DISCHARGE, 1200 * 0.3048**3),
        ("850 acft", units.VOLUME, 850 * 43560 * 0.3048**3),
        ("3 MCM", units.VOLUME, 3e6),
        ("12 psu", units.CONCENTRATION, 12.0),
        ("12 acre-ft", units.VOLUME, 12 * 43560 * 0.3048**3),
        ("2 acres", units.AREA, 2 * 43560 * 0.3048**2),
        ("0.3 m/min", units.SPEED, 0.005),
        ("-0.4 mm/day", units.RATE, -0.4e-3 / 86400),
        ("3 m3/(km2 s)", units.RATE, 3e-6),
        ("1e-3 m2/s", units.CONDUCTANCE, 1e-3),
        ("5e4 s/m2", units.RESISTANCE, 5e4),
        ("90 %", units.NUMBER, 0.9),
        ("1_000 m", units.LEVEL, 1000.0),
        (".5m", units.LEVEL, 0.5),
        ("3 m³/s", units.DISCHARGE, 3.0),
        ("3 m^3/s", units.DISCHARGE, 3.0),
        ("3 m**3/s", units.DISCHARGE, 3.0),
        ("3 m s-1", units.SPEED, 3.0),
        ("180 deg", units.ANGLE, 180.0),
        ("45°", units.ANGLE, 45.0),
    ],
)
def test_text_with_units_becomes_si(text: str, dimension: units.Dimension, value: float) -> None:
    assert parse(text, dimension) == pytest.approx(value, rel=1e-14)


def test_conversion_rounds_once() -> None:
    assert parse("310.8 mm", units.LENGTH) == 0.3108
    assert parse("0.1 mm", units.LENGTH) == 1e-4
    assert parse("28 km2", units.AREA) == 28e6


def test_an_acre_foot_is_an_acre_times_a_foot() -> None:
    assert conversion("acft", units.VOLUME)[0] == conversion("acre", units.AREA)[0] * conversion("ft", units.LENGTH)[0]


@pytest.mark.parametrize("units_text", ["0 mm", "1e400 m", "1e-400 m"])
def test_a_unit_of_nothing_is_none(units_text: str) -> None:
    with pytest.raises(UnitsError, match="is not a unit; expected a length in m"):
        conversion(units_text, units.LENGTH)


def test_a_number_may_stand_before_the_unit_of_a_column() -> None:
    assert float(conversion("0.1 mm", units.LENGTH)[0]) == 1e-4


@pytest.mark.parametrize(
    ("text", "dimension", "message"),
    [
        ("2.6 m3", units.LEVEL, 'expected a level in m, got "2.6 m3"'),
        ("4 mm", units.RATE, 'expected a rate in m/s, got "4 mm"; a rate is per time, such as "4 mm/day"'),
        ("high", units.LEVEL, 'expected a level in m, got "high"'),
        ("", units.LEVEL, 'expected a level in m, got ""'),
        ("2", units.LEVEL, 'expected a level in m, got "2" without units; write 2 or "2 m"'),
        ("2", units.RATE, 'expected a rate in m/s, got "2" without units; write "2 mm/h"'),
        ("2", units.NUMBER, 'expected a number, got "2" without units; write 2'),
        ("2 1", units.LEVEL, 'expected a level in m, got "2 1"'),
        ("2 metre3x", units.LEVEL, 'there is no unit "metre3x"; expected a level in m, got "2 metre3x"'),
        ("2 Mm3", units.VOLUME, 'Mm3 is a cubic megametre; write hm3 or MCM for a million m3, got "2 Mm3"'),
        ("2 Mm³", units.VOLUME, "Mm3 is a cubic megametre"),
        ("90 deg", units.NUMBER, 'expected a number, got "90 deg"'),
        ("0.5", units.ANGLE, 'expected an angle in deg, got "0.5" without units'),
        ("1e400 m", units.LEVEL, 'got "1e400 m", which is not finite'),
        ("3 m/0", units.LEVEL, 'there is no unit "m/0"'),
        ("3 m**9**9**9", units.LEVEL, '"m**9**9**9" is not a unit'),
        ("3 m**99", units.LEVEL, '"m**99" is not a unit'),
        ("3 __import__('os')", units.LEVEL, "is not a unit"),
        ("3 " + "m" * 99, units.LEVEL, "is not a unit"),
    ],
)
def test_what_is_no_quantity(text: str, dimension: units.Dimension, message: str) -> None:
    with pytest.raises(UnitsError) as caught:
        parse(text, dimension)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("value", "dimension", "message"),
    [
        (True, units.LEVEL, "expected a level in m, got true"),
        ([1], units.LEVEL, "expected a level in m, got a list"),
        ({}, units.LEVEL, "expected a level in m, got a table"),
        (float("nan"), units.LEVEL, "expected a level in m, got nan, which is not finite"),
        (10**400, units.LEVEL, "got a number too large, which is not finite"),
        (4, units.RATE, 'expected a rate with units, such as "4 mm/day", got 4'),
    ],
)
def test_what_is_no_number(value: object, dimension: units.Dimension, message: str) -> None:
    with pytest.raises(UnitsError) as caught:
        to_si(value, dimension)
    assert message in str(caught.value)


def test_a_bare_number_is_si() -> None:
    assert to_si(3, units.VOLUME) == 3.0
    assert isinstance(to_si(3, units.VOLUME), float)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("m3/s", "m**3/s"),
        ("km²", "km**2"),
        ("kg m-3", "kg m**-3"),
        ("m s-1", "m s**-1"),
        ("ft", "ft"),
        ("mm/h", "mm/h"),
    ],
)
def test_units_are_rewritten_for_pint(text: str, canonical: str) -> None:
    assert canonical_units(text) == canonical


def test_long_and_strange_texts_are_cut_in_messages() -> None:
    assert quote("x" * 100) == '"' + "x" * 57 + '..."'
    assert quote("a\tb\x00") == '"a?b?"'


@pytest.mark.parametrize(
    ("text", "value", "noun", "si"),
    [
        ("120 cm", 1.2, "a length", "m"),
        ("36 mm/h", 1e-5, "a speed", "m/s"),
        ("3 MCM", 3e6, "a volume", "m3"),
        ("2 m2/s", 2.0, "a conductance", "m2/s"),
        ("6 min-1", 0.1, "a quantity", "s-1"),
        ("2 kg m2", 2.0, "a quantity", "kg m2"),
        ("12 psu", 12.0, "a concentration", "kg/m3"),
        ("50 degF", 10.0, "a temperature", "degC"),
        ("45°", 45.0, "an angle", "deg"),
        ("90 %", 0.9, "a number", "1"),
        ("7", 7.0, "a number", "1"),
    ],
)
def test_units_say_what_they_measure(text: str, value: float, noun: str, si: str) -> None:
    got, dimension = parse_any(text)
    assert got == pytest.approx(value, rel=1e-15)
    assert (dimension.noun, dimension.units) == (noun, si)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("high", 'expected a number with units, got "high"'),
        ("3 ells", 'there is no unit "ells"; expected a unit such as m or m3/s'),
        ("3 mol", 'nothing here is measured in "mol"'),
        ("1e400", "expected a number, got inf, which is not finite"),
    ],
)
def test_what_measures_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(UnitsError) as caught:
        parse_any(text)
    assert str(caught.value) == message


def test_common_units_are_what_pint_makes_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {name: conversion(name, Dimension("a quantity", si)) for name, (_, si) in COMMON.items()}
    monkeypatch.setattr(units, "COMMON", {})
    for name, short in given.items():
        assert short == conversion.__wrapped__(name, Dimension("a quantity", COMMON[name][1])), name


def test_a_number_before_a_common_unit_is_part_of_it() -> None:
    assert conversion("0.1 mm", units.LENGTH) == (Fraction(1, 10_000), 0)
    with pytest.raises(UnitsError, match="expected an area in m2"):
        conversion("mm", units.AREA)
