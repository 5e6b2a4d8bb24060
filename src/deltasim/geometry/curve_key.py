"""The key `curve` of basins and wetlands: a table, or a power of the depth where there is no survey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, ValidationInfo
from pydantic_core import core_schema as cs

from deltasim import units
from deltasim.faults import FieldError, FieldErrors, explain
from deltasim.fields import Area, Columns, Length, Level, Number, Part, Table
from deltasim.geometry.curve import Curve

__all__ = ["CurveKey", "PowerLaw", "curve_of"]

ENDLESS = 100.0
"""Depth, m, up to which a curve without `max_depth` is tabulated; above, its last straight line goes on."""

LEAST_DEPTH = 1e-4
"""m, up to which the area is one straight line, or the depth of `LEAST_VOLUME` if that is more."""

LEAST_VOLUME = 1e-7
"""m3."""

EXACT = 1e-7
"""Relative error of the volume between rows; in the rows it is right."""


class PowerLaw(Part):
    """Area and storage as powers of the depth, where there is no survey.

    Parameters
    ----------
    scale : float, m2
        Area where the water is 1 m deep.
    exponent : float
        p: 2 is a paraboloid, 1 a cone whose area goes with the square of the depth, and many a flat pan.
    bed_level : float, m
    max_depth : float, m, optional
        From which the area stays as it is; without it the pan goes on.

    Notes
    -----
    With the depth h in metres, A = scale h^(2/p) and V = scale h^(1 + 2/p) / (1 + 2/p).

    References
    ----------
    Hayashi, M. and van der Kamp, G. (2000), Simple equations to represent the volume-area-depth relations of shallow
    wetlands in small topographic depressions, Journal of Hydrology 237, 74-85.
    """

    scale: Annotated[Area, Gt(0)] = Field(description="Area where the water is 1 m deep.")
    exponent: Annotated[Number, Ge(0.1), Le(100.0)] = Field(
        description="p: 1 is a cone, 2 a paraboloid, and many a flat pan with steep banks."
    )
    bed_level: Level = Field(description="Of the lowest point.")
    max_depth: Annotated[Length, Gt(0)] | None = Field(
        default=None, description="Above it the area stays as it is; default: the pan goes on."
    )

    def curve(self) -> Curve:
        """Tabulate it.

        Returns
        -------
        Curve
            On depths that grow by a constant factor, the area scaled so that each row holds the right volume.
        """
        q = 2.0 / self.exponent
        highest = self.max_depth or ENDLESS
        first = max(LEAST_DEPTH * min(highest, 1.0), (LEAST_VOLUME * (1.0 + q) / self.scale) ** (1.0 / (1.0 + q)))
        first = min(first, 0.5 * highest)
        # Between rows a straight line is off by at most this part of the volume: x^3 q |q - 1| (q + 1) / 62.
        growth = (62.0 * EXACT / (q * max(abs(q - 1.0), 0.1) * (1.0 + q))) ** (1.0 / 3.0)
        rows = int(np.ceil(np.log(highest / first) / growth)) + 1
        depth = first * np.exp(np.linspace(0.0, np.log(highest / first), rows))
        depth[-1] = highest
        volume = self.scale * depth ** (1.0 + q) / (1.0 + q)
        area = self.scale * depth**q
        area *= (volume[1] - volume[0]) / (0.5 * (area[1] + area[0]) * (depth[1] - depth[0]))
        bed = max(2.0 * volume[0] / depth[0] - area[0], 0.0)
        slope = np.diff(area) / np.diff(depth)
        return Curve(
            self.bed_level + np.append(0.0, depth),
            np.append(bed, area),
            np.concatenate(
                ([2.0 * (volume[0] / depth[0] - bed) / depth[0]], slope, [0.0 if self.max_depth else slope[-1]])
            ),
            np.append(0.0, volume),
        )


class CurveKey:
    """Annotation of ``Table | PowerLaw``: a table of ``stage`` with ``area``, ``storage`` or both, or a power law."""

    dimension = None
    columns = Columns(
        stage=units.LEVEL,
        area=units.AREA,
        storage=units.VOLUME,
        optional=("area", "storage"),
        rising=("stage",),
        least={"area": 0.0, "storage": 0.0},
        rows=1,
    )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        table = self.columns.__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [table, handler(PowerLaw.__pydantic_core_schema__)]}

    def read(self, value: object, info: ValidationInfo) -> Table | PowerLaw:
        """Resolve to a table or a power law in SI."""
        if isinstance(value, PowerLaw):
            return value
        if not (isinstance(value, Mapping) and value.keys() & PowerLaw.model_fields.keys()):
            return self.columns.read(value, info)
        try:
            return PowerLaw.model_validate(dict(value))
        except ValidationError as error:
            raise FieldErrors(explain(error, PowerLaw)) from error


def curve_of(given: Table | PowerLaw) -> Curve:
    """Make the curve of what stands behind the key; raises FieldError where a table is none."""
    if isinstance(given, PowerLaw):
        return given.curve()
    columns = {name: given[name] for name in ("area", "storage") if name in given}
    try:
        return Curve.from_table(given["stage"], **columns)
    except ValueError as error:
        raise FieldError(str(error), "curve") from None
