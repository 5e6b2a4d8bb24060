"""What grows in a wetland, or that nothing does: crop coefficients by month, of wet and of moist ground."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, ValidationInfo
from pydantic_core import core_schema as cs

from deltasim import units
from deltasim.faults import Fault, FieldError, FieldErrors, explain
from deltasim.fields import Level, Part, Scalar
from deltasim.units import UnitsError, quote

__all__ = ["COVERS", "Coefficients", "Cover", "CoverArea", "CoversKey"]

MONTHS = 12

Twelve = tuple[float, ...]
"""One value for each month, which holds in its middle."""


class Coefficients(NamedTuple):
    """Crop coefficients of a cover, 1.

    Parameters
    ----------
    wet : tuple of float, shape (12,)
        In standing water, January first.
    moist : tuple of float, shape (12,)
        On ground that no water covers but whose plants lack none.
    """

    wet: Twelve
    moist: Twelve


class CoefficientsKey:
    """Annotation of `Coefficients`: one number or twelve, or ``{ wet, moist }`` of such."""

    dimension = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = {"type": "number", "minimum": 0}
        monthly = {"type": "array", "items": number, "minItems": MONTHS, "maxItems": MONTHS}
        either: dict[str, Any] = {"anyOf": [number, monthly]}
        both = {"wet": either, "moist": either}
        table = {"type": "object", "properties": both, "required": list(both), "additionalProperties": False}
        return {"anyOf": [number, monthly, table]}

    def read(self, value: object) -> Coefficients:
        """Give every month its value."""
        if isinstance(value, Coefficients):
            return value
        if not isinstance(value, Mapping):
            same = _twelve(value)
            return Coefficients(same, same)
        faults: list[Fault] = [
            FieldError("unknown key; the keys here are wet, moist", key) for key in value.keys() - {"wet", "moist"}
        ]
        read = {}
        for key in ("wet", "moist"):
            if key not in value:
                faults.append(FieldError(f'"{key}" is missing: one number, or twelve, January first'))
                continue
            try:
                read[key] = _twelve(value[key])
            except FieldError as error:
                faults.append(error.below(key))
        if faults:
            raise FieldErrors(faults)
        return Coefficients(**read)


def _twelve(value: object) -> Twelve:
    cells = value if isinstance(value, (list, tuple)) else [value]
    if len(cells) not in (1, MONTHS):
        raise FieldError(f"expected one number, or twelve, January first, got {len(cells)}")
    numbers = []
    for month, cell in enumerate(cells):
        here = (month,) if len(cells) > 1 else ()
        if isinstance(cell, bool) or not isinstance(cell, (int, float)) or not math.isfinite(cell):
            raise FieldError(f"expected a number, or twelve, got {quote(cell)}", *here)
        if cell < 0:
            raise FieldError(f"expected a number at least 0, got {quote(cell)}", *here)
        numbers.append(float(cell))
    return tuple(numbers) if len(numbers) == MONTHS else tuple(numbers * MONTHS)


class Cover(Part):
    """A kind of cover, as ``[cover.NAME]``."""

    crop_coefficient: Annotated[Coefficients, CoefficientsKey()] = Field(
        description="Evaporation over et0: one number, or twelve at mid-months, January first; of wet ground and of "
        "moist, as { wet, moist }, where they differ."
    )


class Stages(NamedTuple):
    """A season of growth as FAO-56 has it (figure 34): begin, and days of each stage.

    Parameters
    ----------
    month : int
        At whose start it begins.
    initial, development, mid, late : int, days
    source : str
    """

    month: int
    initial: int
    development: int
    mid: int
    late: int
    source: str


FROST: Final = Stages(5, 10, 30, 80, 20, "FAO-56 table 11: wetlands, Utah, killing frost")
NO_FROST: Final = Stages(11, 180, 60, 90, 35, "FAO-56 table 11: wetlands, Florida and frost-free climate")

MID_MONTH = (15.5, 45.0, 74.5, 105.0, 135.5, 166.0, 196.5, 227.5, 258.0, 288.5, 319.0, 349.5)
"""Days from New Year to the middle of each month."""

YEAR = 365.0


def _by_month(first: float, middle: float, last: float, stages: Stages) -> Twelve:
    """Read the curve of FAO-56 (figure 34) in the middle of each month; outside the season as at its end."""
    start = MID_MONTH[stages.month - 1] - 15.0
    a = float(stages.initial)
    b = a + stages.development
    c = b + stages.mid
    d = c + stages.late
    values = []
    for day in MID_MONTH:
        x = (day - start) % YEAR
        if x <= a:
            value = first
        elif x <= b:
            value = first + (middle - first) * (x - a) / (b - a)
        elif x <= c:
            value = middle
        else:
            value = middle + (last - middle) * min((x - c) / (d - c), 1.0)
        values.append(round(value, 3))
    return tuple(values)


def _cover(wet: Twelve, moist: Twelve | None = None) -> Cover:
    return Cover(crop_coefficient=Coefficients(wet, wet if moist is None else moist))


COVERS: Final[dict[str, Cover]] = {
    "reed": _cover(_by_month(1.00, 1.20, 1.00, FROST), _by_month(0.90, 1.20, 0.70, FROST)),
    "cattail": _cover(_by_month(0.60, 1.20, 0.60, NO_FROST)),
    "cattail_frost": _cover(_by_month(0.30, 1.20, 0.30, FROST)),
    "short_vegetation": _cover(_by_month(1.05, 1.10, 1.10, NO_FROST)),
    "open_water": _cover((1.05,) * MONTHS),
}
"""The covers that need no table of their own, of the northern hemisphere.

Coefficients of FAO-56, table 12, under "wetlands" and "special": reed swamp in standing water and on moist soil;
cattails and bulrushes without and with killing frost; short vegetation without frost; open water less than 2 m deep, or
in subhumid climates or tropics. Lengths of the stages of table 11, which has none for reed: those of Utah here.

Allen, R. G., Pereira, L. S., Raes, D. and Smith, M. (1998), Crop evapotranspiration, FAO Irrigation and Drainage
Paper 56.
"""


class CoverArea(NamedTuple):
    """A cover, and which part of a wetland it has.

    Parameters
    ----------
    name : str
    share : float or None
        Of the area at every elevation; None where it has a band.
    above, below : float or None, m
        Edges of the band; None for the bed and for the top.
    coefficient : Coefficients
    """

    name: str
    share: float | None
    above: float | None
    below: float | None
    coefficient: Coefficients


class Band(Part):
    """A band of elevation, m above datum; from the bed or up to the top where an edge is left out."""

    above: Level | None = None
    below: Level | None = None


class CoversKey:
    """Annotation of a tuple of `CoverArea`: by name a share of the area, or ``{ above, below }``."""

    dimension = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        edge = Scalar(units.LEVEL).__get_pydantic_json_schema__(schema, handler)
        band = {"type": "object", "properties": {"above": edge, "below": edge}, "additionalProperties": False}
        share = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
        return {"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": [share, band]}}

    def read(self, value: object, info: ValidationInfo) -> tuple[CoverArea, ...]:
        """Find every cover, and what it covers."""
        if isinstance(value, tuple):
            return value
        if not isinstance(value, Mapping) or not value:
            example = "{ reed = 0.6, open_water = 0.4 }"
            raise FieldError(f"expected a share or a band for each cover, such as {example}, got {quote(value)}")
        if info.context is None:
            raise FieldError("covers can only be read as part of a scenario")
        found, faults = [], list[Fault]()
        for name, part in value.items():
            try:
                coefficient = info.context.cover(name).crop_coefficient
                found.append(_area(name, part, coefficient))
            except FieldError as error:
                faults.append(error.below(name))
            except FieldErrors as error:
                faults += [fault.below(name) if isinstance(fault, FieldError) else fault for fault in error.faults]
        if len(found) == len(value):
            faults += _overlaps(found)
        if faults or len(found) < len(value):  # what is wrong with a cover itself is reported there
            raise FieldErrors(faults)
        return tuple(found)


def _area(name: str, part: object, coefficient: Coefficients) -> CoverArea:
    if isinstance(part, Mapping):
        try:
            band = Band.model_validate(dict(part))
        except ValidationError as error:
            raise FieldErrors(explain(error, Band)) from error
        if band.above is not None and band.below is not None and band.above >= band.below:
            raise FieldError(f"below must be higher than above ({band.above:g} m), got {band.below:g} m", "below")
        return CoverArea(name, None, band.above, band.below, coefficient)
    try:
        share = units.to_si(part, units.NUMBER)
    except UnitsError as error:
        raise FieldError(f"{error}; or give a band, as {{ above, below }}") from error
    if not 0.0 < share <= 1.0:
        raise FieldError(f"expected a share above 0 and at most 1, got {share:g}")
    return CoverArea(name, share, None, None, coefficient)


def _overlaps(areas: list[CoverArea]) -> list[Fault]:
    """Say what is covered twice or not at all, as far as it can be told without the curve."""
    shares = [area.share for area in areas if area.share is not None]
    if shares and len(shares) < len(areas):
        return [FieldError("give every cover a share, or every cover a band; not some one and some the other")]
    if shares:
        total = math.fsum(shares)
        if abs(total - 1.0) > 1e-6:
            return [FieldError(f"the shares sum to {total:g}; they must sum to 1, so name a cover for what is left")]
        return []
    ordered = sorted(areas, key=lambda area: -math.inf if area.above is None else area.above)
    faults: list[Fault] = []
    for lower, upper in pairwise(ordered):
        if lower.below is None or upper.above is None or lower.below > upper.above:
            faults.append(FieldError(f'its band overlaps that of "{lower.name}"', upper.name))
        elif lower.below < upper.above:
            words = f"nothing covers the ground from {lower.below:g} m to {upper.above:g} m"
            faults.append(FieldError(f'{words}, between "{lower.name}" and this', upper.name))
    return faults
