"""The chains of ponds that the benchmarks measure: their numbers, and the scenario that deltasim reads of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deltasim.constants import GRAVITY

__all__ = ["DAY", "HOUR", "Case", "drowned", "named", "series"]

HOUR = 3600.0
DAY = 24.0 * HOUR

HEAD = """
[scenario]
start = 2024-01-01
end = 2024-01-11
output_step = "1 h"
[solver]
stage_tolerance = {tolerance}
"""


@dataclass(frozen=True)
class Case:
    """Equal ponds one behind the other, the last over a weir; ten days, a flood on the first two.

    Parameters
    ----------
    name : str
    ponds : int
    area : float, m2
        Of each pond, whatever its stage.
    fall : float, m
        Of the bed from a pond to the next.
    depth : float, m
        At the start.
    crest : float, m
        Of the weirs, above the bed.
    joined_by : {"weir", "orifice"}
        What joins the ponds.
    discharge : tuple of float, m3/s
        Of the inflow to the first pond, at the `times`; linear between them.
    """

    name: str
    ponds: int
    area: float
    fall: float
    depth: float
    crest: float
    joined_by: str
    discharge: tuple[float, ...]

    times: tuple[float, ...] = (0.0, DAY, 2.0 * DAY, 10.0 * DAY)
    weir_width: float = 20.0
    weir_coefficient: float = 1.84
    """Q = coefficient * width * H^1.5, m0.5/s."""
    orifice_width: float = 40.0
    orifice_height: float = 1.0
    orifice_coefficient: float = 0.61
    """Q = coefficient * width * height * sqrt(2 g dh)."""
    rounding: float = 1e-6
    """Head difference below which the root is rounded where derivatives are needed, m; as deltasim does."""

    @property
    def duration(self) -> float:
        """Length of the run, s."""
        return self.times[-1]

    @property
    def volume_in(self) -> float:
        """Of the whole inflow, m3."""
        return float(np.trapezoid(self.discharge, self.times))

    @property
    def weir(self) -> float:
        """Discharge over a weir by a head of 1 m, m1.5/s."""
        return self.weir_coefficient * self.weir_width

    @property
    def orifice(self) -> float:
        """Discharge through an orifice by a difference of 1 m, m2.5/s."""
        area = self.orifice_width * self.orifice_height
        return self.orifice_coefficient * area * float(np.sqrt(2.0 * GRAVITY))

    @property
    def weir_discharge_coefficient(self) -> float:
        """C_d of Q = 2/3 C_d sqrt(2g) width H^1.5."""
        return self.weir_coefficient / (2.0 / 3.0 * float(np.sqrt(2.0 * GRAVITY)))

    def scenario(self, tolerance: float) -> str:
        """Write the scenario for deltasim at a stage tolerance, m."""
        return HEAD.format(tolerance=tolerance) + "\n" + self.components()

    def components(self) -> str:
        """Write its nodes and links."""
        coefficient = self.weir_discharge_coefficient
        lines = ["[boundary.out]"]
        for i in range(self.ponds):
            bed, last = -self.fall * i, i + 1 == self.ponds
            lines.append(f"[basin.p{i}]\ncurve = {{ stage = [{bed}], area = [{self.area}] }}")
            lines.append(f"initial_stage = {bed + self.depth}")
            if last or self.joined_by == "weir":
                lines.append(f'[weir.l{i}]\nfrom = "p{i}"\nto = "{"out" if last else f"p{i + 1}"}"')
                lines.append(f"crest_level = {bed + self.crest}\ncrest_width = {self.weir_width}")
                lines.append(f"discharge_coefficient = {coefficient!r}")
            else:
                lines.append(f'[orifice.l{i}]\nfrom = "p{i}"\nto = "p{i + 1}"\nshape = "rectangular"')
                lines.append(f"width = {self.orifice_width}\nheight = {self.orifice_height}\ninvert_level = {bed}")
                lines.append(f"discharge_coefficient = {self.orifice_coefficient}")
        series = f"{{ time = {list(self.times)}, value = {list(self.discharge)} }}"
        lines.append(f'[inflow.flood]\nto = "p0"\ndischarge = {series}')
        return "\n".join(lines)


def series(n: int) -> Case:
    """Ponds of 20 000 m2, each 8 m below the one before, over free weirs of 20 m; a flood of 100 m3/s."""
    return Case(f"series-{n}", n, 2e4, 8.0, 1.0, 1.0, "weir", (0.0, 100.0, 0.0, 0.0))


def drowned(n: int) -> Case:
    """Ponds of 10 000 m2 with equal beds, joined by drowned orifices of 40 m2; 2 m3/s and a flood of 20 m3/s."""
    return Case(f"drowned-{n}", n, 1e4, 0.0, 3.0, 3.0, "orifice", (2.0, 22.0, 2.0, 2.0))


def named(name: str) -> Case:
    """Make a case from its name: "series-100" or "drowned-100"."""
    kind, _, ponds = name.partition("-")
    makers = {"series": series, "drowned": drowned}
    if kind not in makers or not ponds.isdecimal() or int(ponds) < 1:
        raise ValueError(f'no case is called "{name}": give series-N or drowned-N, N the number of ponds')
    return makers[kind](int(ponds))
