"""Culvert inlets: the constants of FHWA's inlet-control equations, a row for each inlet that the charts know.

References
----------
Schall, J. D., et al. (2012), Hydraulic design of highway culverts, 3rd ed., HDS-5, FHWA-HIF-12-026: table A.1
(constants) and table C.2 (entrance losses).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from deltasim.links.barrel import Barrel, Floats

__all__ = ["DEFAULT_INLET", "INLETS", "NOT_BELOW", "Inlet", "inlet_headwater"]


class Inlet(NamedTuple):
    """A row of table A.1, with its entrance loss from table C.2."""

    chart: str
    """Chart and scale of HDS-5."""
    form: int
    """While the inlet is not submerged: 1 with the specific energy at critical depth and the slope, 2 without both."""
    k: float
    m: float
    c: float
    y: float
    entrance_loss: float
    slope_factor: float = -0.5
    """Ks: times the slope of the barrel, added to HW/D by forms 1 and submerged; +0.7 for mitered inlets."""


INLETS: Final[dict[str, Inlet]] = {
    "circular_concrete_square_edge": Inlet("1.1", 1, 0.0098, 2.0, 0.0398, 0.67, 0.5),
    "circular_concrete_groove_end": Inlet("1.2", 1, 0.0018, 2.0, 0.0292, 0.74, 0.2),
    "circular_concrete_groove_end_projecting": Inlet("1.3", 1, 0.0045, 2.0, 0.0317, 0.69, 0.2),
    "circular_metal_headwall": Inlet("2.1", 1, 0.0078, 2.0, 0.0379, 0.69, 0.5),
    "circular_metal_mitered": Inlet("2.2", 1, 0.0210, 1.33, 0.0463, 0.75, 0.7, 0.7),
    "circular_metal_projecting": Inlet("2.3", 1, 0.0340, 1.5, 0.0553, 0.54, 0.9),
    "circular_bevel_45": Inlet("3.A", 1, 0.0018, 2.5, 0.0300, 0.74, 0.2),
    "circular_bevel_33": Inlet("3.B", 1, 0.0018, 2.5, 0.0243, 0.83, 0.2),
    "box_wingwalls_30_to_75": Inlet("8.1", 1, 0.026, 1.0, 0.0347, 0.81, 0.4),
    "box_square_edge": Inlet("8.2", 1, 0.061, 0.75, 0.0400, 0.80, 0.5),
    "box_wingwalls_straight": Inlet("8.3", 1, 0.061, 0.75, 0.0423, 0.82, 0.7),
    "box_wingwalls_45_top_bevel": Inlet("9.1", 2, 0.510, 0.667, 0.0309, 0.80, 0.2),
    "box_wingwalls_18_to_33_top_bevel": Inlet("9.2", 2, 0.486, 0.667, 0.0249, 0.83, 0.2),
    "box_headwall_chamfer": Inlet("10.1", 2, 0.515, 0.667, 0.0375, 0.79, 0.5),
    "box_headwall_bevel_45": Inlet("10.2", 2, 0.495, 0.667, 0.0314, 0.82, 0.2),
    "box_headwall_bevel_33": Inlet("10.3", 2, 0.486, 0.667, 0.0252, 0.865, 0.2),
    "box_metal_headwall": Inlet("16-19.2", 1, 0.0083, 2.0, 0.0379, 0.69, 0.5),
    "box_metal_thick_wall_projecting": Inlet("16-19.3", 1, 0.0145, 1.75, 0.0419, 0.64, 0.9),
    "box_metal_thin_wall_projecting": Inlet("16-19.5", 1, 0.0340, 1.5, 0.0496, 0.57, 0.9),
}
"""By name: barrel, then edge. ``box_square_edge``: a headwall square to the barrel, or wingwalls at 15 degrees."""

DEFAULT_INLET: Final = {"circular": "circular_concrete_square_edge", "box": "box_square_edge"}

KU: Final = 1.811
"""Q / (A D^0.5) from m and s to the feet in which the constants were fitted."""
UNSUBMERGED: Final = 1.93
SUBMERGED: Final = 2.21
"""Q / (A D^0.5), m^0.5/s: 3.5 and 4.0 in feet; between them the headwater is drawn straight."""
NOT_BELOW: Final = 0.5
"""HW/D below which HDS-5 gives no equation; the correction for slope fades there, so that no flow needs no head."""


def inlet_headwater(inlet: Inlet, barrel: Barrel, q: Floats, slope: float) -> Floats:
    """Head above the invert that an inlet needs.

    Parameters
    ----------
    inlet : Inlet
    barrel : Barrel
    q : ndarray, m3/s
        Of one barrel, positive.
    slope : float
        Of the barrel, falling away from the inlet.

    Returns
    -------
    ndarray, m

    Notes
    -----
    With X = 1.811 Q / (A D^0.5) in SI and Ks = -0.5 (0.7 where the inlet is mitered), equations A.1 to A.3:

        HW/D = Hc/D + K X^M + Ks S    form 1, up to X = 3.5
        HW/D = K X^M                  form 2, up to X = 3.5
        HW/D = c X^2 + Y + Ks S       submerged, from X = 4.0

    Between them HW/D is straight in Q. Form 2 has no term for the slope. Below HW/D = 0.5 that of form 1 fades.
    """

    def unsubmerged(discharge: Any) -> Any:
        power = inlet.k * (KU * discharge / unit) ** inlet.m
        if inlet.form == 2:
            return power
        ratio = barrel.critical_energy(discharge) / barrel.height + power
        return ratio + inlet.slope_factor * slope * np.minimum(ratio / NOT_BELOW, 1.0)

    def submerged(discharge: Any) -> Any:
        return inlet.c * (KU * discharge / unit) ** 2 + inlet.y + inlet.slope_factor * slope

    unit = barrel.full_area * np.sqrt(barrel.height)
    share = np.clip((q / unit - UNSUBMERGED) / (SUBMERGED - UNSUBMERGED), 0.0, 1.0)
    low = unsubmerged(np.minimum(q, UNSUBMERGED * unit))
    high = submerged(np.maximum(q, SUBMERGED * unit))
    return np.asarray(((1.0 - share) * low + share * high) * barrel.height, dtype=float)
