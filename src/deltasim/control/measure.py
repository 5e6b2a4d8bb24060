"""What an expression measures: powers of base units, so that metres are not added to cubic metres."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deltasim.units import NUMBER, Dimension, dimension_in, join_units

__all__ = ["PLAIN", "Measure"]

POWER = re.compile(r"([A-Za-z]+)(-?\d*)")


@dataclass(frozen=True)
class Measure:
    """A product of powers of base units.

    Parameters
    ----------
    powers : tuple of (str, int)
        Base unit and its power, none of them 0, in alphabetical order.
    """

    powers: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, dimension: Dimension) -> Measure:
        """Take the unit of a dimension apart."""
        if dimension == NUMBER:
            return PLAIN
        powers: dict[str, int] = {}
        above, *below = dimension.units.split("/")
        for sign, part in ((1, above), *((-1, part) for part in below)):
            for base, power in POWER.findall(part):
                powers[base] = powers.get(base, 0) + sign * int(power or 1)
        return cls._from(powers)

    @classmethod
    def _from(cls, powers: dict[str, int]) -> Measure:
        return cls(tuple(sorted((base, power) for base, power in powers.items() if power)))

    @property
    def dimension(self) -> Dimension:
        """The dimension, with its noun where it has one."""
        return dimension_in(join_units(dict(self.powers)))

    def times(self, other: Measure, sign: int = 1) -> Measure:
        """Multiply by another, or with a sign of -1 divide."""
        powers = dict(self.powers)
        for base, power in other.powers:
            powers[base] = powers.get(base, 0) + sign * power
        return self._from(powers)

    def __str__(self) -> str:
        return f"in {self.dimension.units}" if self.powers else "a plain number"


PLAIN = Measure()
"""What months, hours and ratios measure."""
