"""The key ``concentration`` of nodes and links: how much of each substance is in their water."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import core_schema as cs

from deltasim import units
from deltasim.faults import Fault, FieldError, FieldErrors
from deltasim.fields import Varying
from deltasim.signal import Signal
from deltasim.units import quote

__all__ = ["BySubstance", "Concentrations", "Entering", "Initial"]

Concentrations = tuple[tuple[str, Signal], ...]
"""Substance and concentration, kg/m3."""


@dataclass(frozen=True)
class BySubstance:
    """Annotation of `Concentrations`: a table of substances and what is dissolved of them.

    Parameters
    ----------
    varies : bool
        Whether a concentration may be a series.
    """

    varies: bool
    varying = Varying(units.CONCENTRATION, "linear")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:
        return cs.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        value = self.varying.__get_pydantic_json_schema__(schema, handler)
        if not self.varies:
            value["anyOf"] = [option for option in value["anyOf"] if option.get("type") != "object"]
        return {"type": "object", "additionalProperties": value}

    def read(self, value: object, info: ValidationInfo) -> Concentrations:
        """Read every entry, and everything that is wrong with them."""
        if isinstance(value, tuple):
            return value
        if not isinstance(value, Mapping):
            raise FieldError(f'expected a table such as {{ salinity = "2 kg/m3" }}, got {quote(value)}')
        found: list[tuple[str, Signal]] = []
        faults: list[Fault] = []
        for name, entry in value.items():
            try:
                found.append((str(name), self._entry(entry, info)))
            except (FieldError, FieldErrors) as error:
                inner = error.faults if isinstance(error, FieldErrors) else [error]
                faults += [fault.below(name) if isinstance(fault, FieldError) else fault for fault in inner]
        if faults:
            raise FieldErrors(faults)
        return tuple(found)

    def _entry(self, entry: object, info: ValidationInfo) -> Signal:
        signal = self.varying.read(entry, info)
        if not self.varies and not signal.is_constant:
            raise FieldError("expected one concentration, that of the start, got a series")
        if signal.value.min() < 0.0:
            raise FieldError(f"expected a concentration of at least 0, got {signal.value.min():g} kg/m3")
        return signal


Initial = Annotated[Concentrations, BySubstance(varies=False)]
"""Of the water at the start."""

Entering = Annotated[Concentrations, BySubstance(varies=True)]
"""Of what enters from outside."""
