"""Physical constants and the few lengths and volumes below which the physics is rounded off."""

from __future__ import annotations

from typing import Final

GRAVITY: Final = 9.80665
"""Standard acceleration of gravity, m/s2 (3rd CGPM, 1901)."""

WATER_DENSITY: Final = 1000.0
"""Density of fresh water, kg/m3; the round value that HEC-HMS, SWMM and pump curves use."""

WELL_AREA: Final = 1.17
"""Surface of a junction, m2: 12.566 ft2, the least that SWMM gives a node (Rossman 2017, reference manual II)."""

HEAD_SMOOTHING: Final = 1e-6
"""Least head difference, m, below which square-root laws are made linear so that their slope stays finite.

A millimetre would put centimetres of error into a chain of ponds whose links carry their base flow with a
third of a millimetre; much less than a micrometre multiplies the steps.
"""

FADE_DEPTH: Final = 1e-3
"""First depth of water, m, over which fluxes that do not know the stage fade to nothing."""

FADE_VOLUME: Final = 1e-3
"""Least volume, m3, over which they fade: a tiny well must not become a switch."""

LEAST_AREA: Final = 1e-3
"""Least surface, m2, in the derivative of stage with respect to storage."""

UNIT_AREA: Final = 1.0
"""Surface, m2, below which the stage tolerance is read as a volume of tolerance times this area.

Differences of head, and depths above the point of a wedge, that this volume makes or unmakes are beneath what the
solution can know; laws and curves are linear there, or a well of a few square decimetres between wide structures would
have steps of milliseconds for its whole life.
"""

EVERYWHERE: Final = 1e6
"""Level, m, above every water; its negative is below every bed."""

NO_TAILWATER: Final = -1e9
"""Stage, m, of a boundary without stage: a free outfall, lower than any sill."""
