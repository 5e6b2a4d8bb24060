"""Units that pint does not know, and those for which it need not be asked: importing it takes longer than most runs."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["COMMON", "DEFINITIONS", "SPELLINGS"]

# An acre-foot is 43 560 cubic feet in the reservoir tables it comes from; pint builds acres on the survey foot,
# retired in 2022, which would put 4e-6 between a volume in acre-feet and the same in ft * ft2.
DEFINITIONS = (
    "acre = 43560 * foot ** 2",
    "acre_foot = 43560 * foot ** 3 = acft",
    "cubic_foot_per_second = foot ** 3 / second = cfs",
    "cubic_meter_per_second = meter ** 3 / second = cms = cumec",
    "gallon_per_minute = gallon / minute = gpm",
    "million_gallons_per_day = 1000000 * gallon / day = mgd = MGD",
    "million_cubic_meters = 1000000 * meter ** 3 = MCM = mcm",
    "practical_salinity_unit = kilogram / meter ** 3 = psu = PSU",
)
SPELLINGS = {"acre-feet": "acft", "acre-foot": "acft", "acre-ft": "acft", "ac-ft": "acft", "°C": "degC", "°": "deg"}
"""What people write, and what pint reads."""

COMMON = {
    "min": (Fraction(60), "s"),
    "h": (Fraction(3600), "s"),
    "day": (Fraction(86400), "s"),
    "days": (Fraction(86400), "s"),
    "mm": (Fraction(1, 1000), "m"),
    "cm": (Fraction(1, 100), "m"),
    "km": (Fraction(1000), "m"),
    "ha": (Fraction(10_000), "m2"),
    "km2": (Fraction(1_000_000), "m2"),
    "hm3": (Fraction(1_000_000), "m3"),
    "mm/h": (Fraction(1, 3_600_000), "m/s"),
    "mm/day": (Fraction(1, 86_400_000), "m/s"),
    "m/min": (Fraction(1, 60), "m/s"),
    "m/day": (Fraction(1, 86_400), "m/s"),
}
"""Their size, as pint has it, in units of deltasim."""
