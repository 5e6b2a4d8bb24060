"""Text with units to SI numbers: once, at the door, by pint, and nowhere else.

pint 0.25 refuses ``m3``, ``km2`` and ``psu`` as they stand; `canonical_units` rewrites the unit part and the
registry defines what is missing. The registry calculates in fractions, so a converted number is the SI number
nearest to what was written: ``"310.8 mm"`` is exactly ``0.3108``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim.unit_tables import COMMON, DEFINITIONS, SPELLINGS

__all__ = [
    "ANGLE",
    "AREA",
    "CONCENTRATION",
    "CONDUCTANCE",
    "DISCHARGE",
    "DURATION",
    "LENGTH",
    "LEVEL",
    "LOAD",
    "NUMBER",
    "RATE",
    "RATE_CONSTANT",
    "RESISTANCE",
    "SPEED",
    "TEMPERATURE",
    "VOLUME",
    "Dimension",
    "UnitsError",
    "canonical_units",
    "conversion",
    "convert",
    "dimension_in",
    "dimension_of",
    "is_dimension",
    "join_units",
    "parse",
    "parse_any",
    "quote",
    "to_si",
]


class UnitsError(ValueError):
    """A text or number cannot be read as the quantity that is expected."""


@dataclass(frozen=True)
class Dimension:
    """What a quantity measures.

    Parameters
    ----------
    noun : str
        With its article, for messages: ``a level``.
    units : str
        The unit in which deltasim keeps it, as people write it: ``m3/s``.
    """

    noun: str
    units: str

    @property
    def udunits(self) -> str:
        """The unit as files write it: ``m3 s-1``."""
        above, _, below = self.units.partition("/")
        return f"{above} {re.sub(r'([0-9]*)$', lambda power: f'-{power[1] or 1}', below, count=1)}" if below else above

    def __str__(self) -> str:
        return self.noun if self.units == "1" else f"{self.noun} in {self.units}"


LEVEL = Dimension("a level", "m")
LENGTH = Dimension("a length", "m")
AREA = Dimension("an area", "m2")
VOLUME = Dimension("a volume", "m3")
DISCHARGE = Dimension("a discharge", "m3/s")
DURATION = Dimension("a duration", "s")
SPEED = Dimension("a speed", "m/s")
RATE = Dimension("a rate", "m/s")
RESISTANCE = Dimension("a resistance", "s/m2")
CONDUCTANCE = Dimension("a conductance", "m2/s")
NUMBER = Dimension("a number", "1")
ANGLE = Dimension("an angle", "deg")
TEMPERATURE = Dimension("a temperature", "degC")
CONCENTRATION = Dimension("a concentration", "kg/m3")
LOAD = Dimension("a mass per time", "kg/s")
RATE_CONSTANT = Dimension("a rate constant", "1/s")

KNOWN = (LENGTH, AREA, VOLUME, DISCHARGE, DURATION, SPEED, RESISTANCE, CONDUCTANCE)
NAMED = {known.units: known for known in (*KNOWN, NUMBER, ANGLE, TEMPERATURE, CONCENTRATION, LOAD)}
"""By unit: what a quantity is called of which only the unit is known."""

BASE_UNITS = {"[length]": "m", "[mass]": "kg", "[time]": "s", "[temperature]": "degC"}

SUPERSCRIPTS = str.maketrans({"²": "2", "³": "3", "⁻": "-", "¹": "1", "·": "*", "−": "-"})
EXACT_INTEGER = 2**53
NUMBER_TEXT = re.compile(r"\s*([+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(.*?)\s*", re.DOTALL)
UNIT_TEXT = re.compile(r"(?:[^\W_]|[_%/*^() .-])+")
# No power of a power and no exponent of two digits: pint would set out to calculate m**9**9**9.
HUGE_POWER = re.compile(r"\d\s*(?:\*\*|\^)|(?:\*\*|\^)\s*-?\s*\d\d")
TRAILING_POWER = re.compile(r"(?<=[^\W\d])(-?[23]|-1)(?![\w.])")
CUBIC_MEGAMETRE = re.compile(r"\bMm\s*(?:\*\*|\^)?\s*3")


@cache
def _registry() -> Any:
    """Build pint's registry; read from its cache it takes 0.02 s, else 0.3 s."""
    import pickle  # noqa: PLC0415

    import pint  # noqa: PLC0415

    options: dict[str, Any] = {
        "non_int_type": Fraction,
        "on_redefinition": "ignore",
        "autoconvert_offset_to_baseunit": True,
    }
    try:
        registry: Any = pint.UnitRegistry(cache_folder=":auto:", **options)
    except (OSError, EOFError, pickle.UnpicklingError):  # a home that cannot be written, a cache half written
        registry = pint.UnitRegistry(**options)
    for definition in DEFINITIONS:
        registry.define(definition)
    return registry


def quote(value: object) -> str:
    """Show a value of a scenario file in a message, as TOML would write it, cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value if len(value) <= 60 else value[:57] + "..."
        return '"' + "".join(c if c.isprintable() else "?" for c in text) + '"'
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"{value:%Y-%m-%dT%H:%M:%S}" if hasattr(value, "strftime") and hasattr(value, "year") else str(value)


def canonical_units(text: str) -> str:
    """Rewrite units as people write them into what pint reads.

    ``m3/s`` becomes ``m**3/s``, ``km²`` becomes ``km**2``, ``m s-1`` becomes ``m s**-1``.

    Parameters
    ----------
    text : str
        The unit part alone, without a number.
    """
    text = text.translate(SUPERSCRIPTS).strip()
    for spelling, meaning in SPELLINGS.items():
        text = text.replace(spelling, meaning)
    if text.startswith("/"):  # of "0.5 1/day" the 1 is a number, too
        text = f"1{text}"
    return TRAILING_POWER.sub(r"**\1", text)


@lru_cache(maxsize=512)
def conversion(units: str, dimension: Dimension) -> tuple[Fraction, Fraction]:
    """Find factor and offset from a unit to SI.

    Parameters
    ----------
    units : str
        ``ft``, ``mm/h``, ``degF``; a number before it is part of the unit (``0.1 mm``).
    dimension : Dimension
        What it must measure.

    Returns
    -------
    factor, offset : Fraction
        SI = value * factor + offset.

    Raises
    ------
    UnitsError
        The unit is unknown or measures something else. The message says only that; the caller adds what was got.
    """
    match = NUMBER_TEXT.fullmatch(units)
    scale = Fraction(match[1].replace("_", "")) if match else Fraction(1)
    name = match[2] if match else units.strip()
    if name in ("", "1", dimension.units):
        if name == dimension.units or dimension == NUMBER:
            return _checked(scale, units, dimension), Fraction(0)
        raise UnitsError(f"expected {dimension}")
    if name in COMMON:
        size, measured_in = COMMON[name]
        if measured_in != dimension.units:
            raise UnitsError(f"expected {dimension}")
        return _checked(scale * size, units, dimension), Fraction(0)
    unit = _pint_unit(name, dimension)
    target = _registry().Unit(canonical_units(dimension.units) if dimension != NUMBER else "dimensionless")
    if unit.dimensionality != target.dimensionality or (
        dimension in (NUMBER, ANGLE) and _is_angle(unit) != (dimension == ANGLE)
    ):
        raise UnitsError(f"expected {dimension}")
    quantity = _registry().Quantity
    offset = Fraction(quantity(Fraction(0), unit).to(target).magnitude)
    factor = Fraction(quantity(Fraction(1), unit).to(target).magnitude) - offset
    return _checked(factor * scale, units, dimension), offset


def _checked(factor: Fraction, units: str, dimension: Dimension) -> Fraction:
    """Refuse a unit of nothing and one beyond floating-point numbers."""
    if not Fraction(1, 10**300) < abs(factor) < 10**300:
        raise UnitsError(f"{quote(units)} is not a unit; expected {dimension}")
    return factor


def convert(values: NDArray[np.float64], factors: tuple[Fraction, Fraction]) -> NDArray[np.float64]:
    """Convert numbers to SI with what `conversion` found.

    The factor's numerator and denominator are applied apart: both are exact, so 36 mm/h is 1e-5 m/s to the last bit.
    """
    factor, offset = factors
    with np.errstate(over="ignore"):  # the callers say which value is not finite, with its place
        if max(abs(factor.numerator), factor.denominator) > EXACT_INTEGER:
            return values * float(factor) + float(offset)
        return values * float(factor.numerator) / float(factor.denominator) + float(offset)


def _pint_unit(name: str, dimension: Dimension) -> Any:
    canonical = canonical_units(name)
    if CUBIC_MEGAMETRE.search(canonical):
        raise UnitsError("Mm3 is a cubic megametre; write hm3 or MCM for a million m3")
    if len(canonical) > 60 or not UNIT_TEXT.fullmatch(canonical) or HUGE_POWER.search(canonical):
        raise UnitsError(f"{quote(name)} is not a unit; expected {dimension}")
    try:
        return _registry().Unit(canonical)
    except (
        Exception
    ) as error:  # pint raises tokenizer, attribute, type and value errors of its own on what is not a unit
        raise UnitsError(f"there is no unit {quote(name)}; expected {dimension}") from error


def _is_angle(unit: Any) -> bool:
    """Tell an angle from a plain number, which for pint have the same dimension."""
    return any(name in ("radian", "degree", "arcminute", "arcsecond", "turn") for name in dict(unit._units))


def is_dimension(units: str, dimension: Dimension) -> bool:
    """Tell whether a unit measures `dimension`; an unknown unit does not."""
    try:
        conversion(units, dimension)
    except UnitsError:
        return False
    return True


def dimension_in(units: str) -> Dimension:
    """Name what is measured in an SI unit, written as deltasim does: ``m3/s``."""
    return NAMED.get(units) or Dimension("a quantity", units)


def dimension_of(units: str) -> Dimension:
    """Find out what a unit measures.

    Parameters
    ----------
    units : str
        ``ft``, ``mm/h``; a number before it is part of the unit (``0.1 mm``).

    Returns
    -------
    Dimension
        A length rather than a level, a speed rather than a rate: the unit does not say.

    Raises
    ------
    UnitsError
        There is no such unit, or nothing in deltasim is measured in it.
    """
    match = NUMBER_TEXT.fullmatch(units)
    name = match[2] if match else units.strip()
    if name in ("", "1"):
        return NUMBER
    if name in NAMED:
        return NAMED[name]
    unit = _pint_unit(name, Dimension("a unit such as m or m3/s", "1"))
    if _is_angle(unit):
        return ANGLE
    powers = {BASE_UNITS.get(base, base): power for base, power in unit.dimensionality.items() if power}
    if not powers.keys() <= set(BASE_UNITS.values()) or any(power != int(power) for power in powers.values()):
        raise UnitsError(f"nothing here is measured in {quote(name)}")
    return dimension_in(join_units({base: int(power) for base, power in powers.items()}))


def join_units(powers: Mapping[str, int]) -> str:
    """Write base units with their powers: ``m3/s``, ``kg/m3``, ``s-1``; ``1`` for none."""
    order = sorted(base for base in powers if powers[base])
    above = [f"{base}{powers[base] if powers[base] != 1 else ''}" for base in order if powers[base] > 0]
    if not above:
        return " ".join(f"{base}{powers[base]}" for base in order) or "1"
    below = [f"/{base}{-powers[base] if powers[base] != -1 else ''}" for base in order if powers[base] < 0]
    return " ".join(above) + "".join(below)


def parse_any(text: str) -> tuple[float, Dimension]:
    """Read a number with its units, whatever they measure.

    Returns
    -------
    float
        In SI.
    Dimension

    Raises
    ------
    UnitsError
        It is no number with units.
    """
    match = NUMBER_TEXT.fullmatch(text)
    if not match:
        raise UnitsError(f"expected a number with units, got {quote(text)}")
    dimension = dimension_of(match[2])
    return parse(text, dimension) if match[2] else to_si(float(match[1]), dimension), dimension


def parse(text: str, dimension: Dimension) -> float:
    """Read a number with its units.

    Parameters
    ----------
    text : str
        ``"2.6 m"``, ``"40 hm3"``, ``"15 min"``.
    dimension : Dimension
        What it must measure.

    Returns
    -------
    float
        In SI, the floating-point number nearest to what was written.

    Raises
    ------
    UnitsError
        With what was expected and what was got.
    """
    match = NUMBER_TEXT.fullmatch(text)
    if not match:
        raise UnitsError(f"expected {dimension}, got {quote(text)}")
    number, units = Fraction(match[1].replace("_", "")), match[2]
    if not units:
        remedy = f"{match[1]} or " if dimension != RATE else ""
        example = "" if dimension == NUMBER else f'"{match[1]} {"mm/h" if dimension == RATE else dimension.units}"'
        raise UnitsError(
            f"expected {dimension}, got {quote(text)} without units; write {(remedy + example).removesuffix(' or ')}"
        )
    try:
        factor, offset = conversion(units, dimension)
        return float(number * factor + offset)
    except UnitsError as error:
        per_time = f"; a rate is per time, such as {quote(f'{text.strip()}/day')}"
        remedy = per_time if dimension == RATE and is_dimension(units, LENGTH) else ""
        raise UnitsError(f"{error}, got {quote(text)}{remedy}") from error
    except OverflowError as error:
        raise UnitsError(f"expected {dimension}, got {quote(text)}, which is not finite") from error


def to_si(value: object, dimension: Dimension) -> float:
    """Read a value of the scenario file: a bare number is SI, a text carries units.

    Raises
    ------
    UnitsError
        With what was expected and what was got.
    """
    if isinstance(value, str):
        return parse(value, dimension)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnitsError(f"expected {dimension}, got {quote(value)}")
    if dimension == RATE:
        raise UnitsError(f'expected a rate with units, such as "{value} mm/day", got {value}')
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        shown = value if isinstance(value, float) else "a number too large"
        raise UnitsError(f"expected {dimension}, got {shown}, which is not finite")
    return number
