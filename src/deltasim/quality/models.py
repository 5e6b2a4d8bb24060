"""Substances, loads and tracing: the keys of the scenario file."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from annotated_types import Ge, Gt, Le
from pydantic import Field, Strict, model_validator

from deltasim import units
from deltasim.faults import FieldError
from deltasim.fields import Component, Length, Part, Scalar, Speed, Varying, Within
from deltasim.signal import Signal

__all__ = ["MOST_TANKS", "QUALITY", "Decay", "Load", "Substance", "Tracing"]

Concentration = Annotated[float, Scalar(units.CONCENTRATION)]
RateConstant = Annotated[float, Scalar(units.RATE_CONSTANT)]
VaryingLoad = Annotated[Signal, Varying(units.LOAD, "previous")]

MOST_TANKS: Final = 50
"""More tanks than that are a plug of water, which is better drawn as a chain of nodes."""


class Decay(Part):
    """How a substance is removed from the water, or brought to a background.

    Parameters
    ----------
    rate : float, m/s
        Areal rate constant k, on the wet area.
    rate_constant : float, 1/s
        Of the volume, instead of `rate`.
    background : float, kg/m3
        C*, towards which the concentration goes.
    tanks : int
        P: how many equal tanks in series each node counts as for this substance.
    """

    rate: Annotated[Speed, Ge(0)] | None = Field(default=None, description="Areal rate constant k, on the wet area.")
    rate_constant: Annotated[RateConstant, Ge(0)] | None = Field(
        default=None, description="Rate constant of the volume, instead of rate."
    )
    background: Annotated[Concentration, Ge(0)] = Field(
        default=0.0, description="C*, towards which the concentration goes."
    )
    tanks: Annotated[int, Strict(), Ge(1), Le(MOST_TANKS)] = Field(
        default=1, description="P: how many equal tanks in series each node counts as."
    )

    @model_validator(mode="after")
    def _has_one_rate(self) -> Decay:
        if (self.rate is None) == (self.rate_constant is None):
            raise FieldError("give rate (per area, as m/day) or rate_constant (as 1/day), one of the two")
        return self


class Substance(Component):
    """Something dissolved in the water: salt, nitrate, anything that is carried along.

    Parameters
    ----------
    decay : Decay, optional
        Without it the substance is conservative.
    minimum_depth : float, m
        Where the water is shallower, the concentration is missing; its mass is kept.

    Notes
    -----
    Each node is stirred. With its volume V, the mass M = V C changes by

        dM/dt = sum of Q_in C_in - sum of Q_out C + loads - k A (C - C*)

    (or - k V (C - C*) with `rate_constant`). Rain and evaporation carry none, so that C rises as water dries up; mass
    stays where the last of it dries, and dissolves when water is back. Seepage and groundwater that leave take theirs
    along. With `tanks` = P each node is P equal tanks in series: what enters by links enters the first, what leaves by
    links leaves the last. In steady flow at the hydraulic loading q = Q/A that is the P-k-C* model

        (C_out - C*) / (C_in - C*) = (1 + k / (P q))^-P

    which for many tanks becomes plug flow, exp(-k/q). The result shows the mean over the tanks of a node; what leaves
    it is seen in the node behind.

    The transport uses the very volumes that the links moved, in steps of its own within those of the water: but for
    round-off no mass is lost, and no concentration leaves the range of those that enter other than by evaporation.

    References
    ----------
    Kadlec, R. H., Wallace, S. D. (2009), Treatment wetlands, 2nd edition, CRC Press, equation 6.62.
    """

    kind: ClassVar[str] = "substance"

    decay: Decay | None = Field(default=None, description="How it is removed; conservative without.")
    minimum_depth: Annotated[Length, Gt(0)] = Field(
        default=0.01, description="In shallower water the concentration is missing, the mass kept."
    )


class Load(Component):
    """Mass of a substance that enters a node without water.

    Parameters
    ----------
    to_node : str
        The node; written ``to``.
    substance : str
    mass : Signal, kg/s

    Notes
    -----
    Adds to the mass in the node; exact in mass, as an inflow is in volume.

    References
    ----------
    None needed: the load is given.
    """

    kind: ClassVar[str] = "load"

    to_node: str = Field(alias="to", description="Name of the node it enters.")
    substance: str = Field(description="Name of the substance.")
    mass: Annotated[VaryingLoad, Within(ge=0.0, dimension=units.LOAD)] = Field(
        description="Mass per time; holds between the points of a series."
    )


class Tracing(Part):
    """The table ``[tracing]``: where the water came from, and how old it is."""

    sources: Annotated[bool, Strict()] = Field(
        default=False, description="Follow the water of every inflow, boundary, rain, groundwater and of the start."
    )
    age: Annotated[bool, Strict()] = Field(default=False, description="Follow the mean age of the water.")
    minimum_depth: Annotated[Length, Gt(0)] = Field(default=0.01, description="In shallower water both are missing.")


QUALITY: Final[dict[str, type[Component]]] = {model.kind: model for model in (Substance, Load)}
"""What a scenario says of the quality of its water, by the word in the file."""
