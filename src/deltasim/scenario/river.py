"""Rivers: one table of the scenario file that becomes a chain of channels and reaches before the network is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt
from pydantic import Field, model_validator

from deltasim import units
from deltasim.faults import FieldError, did_you_mean
from deltasim.fields import Component, Count, Length, Level, ManningN, Number
from deltasim.geometry import CrossSection
from deltasim.links import LINKS
from deltasim.nodes import Channel
from deltasim.nodes.surface import Surface
from deltasim.units import UnitsError, quote

__all__ = ["River", "cell_at", "expand", "node_at"]

LEAST_DIGITS = 3
"""Of the number of a cell in its name."""


class River(Surface, Component):
    """A river of one cross-section, cut into equal cells.

    Each cell is a channel ``NAME_001`` ..., counted from upstream, and between the centres of neighbours lies a reach
    ``NAME_001_002``; the last reach, half a cell long, leads into ``to`` and is called ``NAME_nnn_TO``. A place on it
    is named by its distance from the upstream end: ``"NAME@7.1 km"``.

    Parameters
    ----------
    cross_section : Section
    length : float, m
    cells : int
    bed_level_upstream, bed_level_downstream : float, m
        At the two ends of the river; linear between them.
    manning_n : float, s/m^(1/3)
    to_node : str
        Node at the downstream end; written ``to``.
    initial_stage, initial_depth : float, m, optional
        Of every cell, one or the other; empty by default.
    outfall_slope : float, optional
        Friction slope into a boundary without stage; by default the slope of the bed.

    See Also
    --------
    Surface : its other keys.

    Notes
    -----
    Cells are `channel` nodes and between them are `reach` links, with their laws, names and results. The bed of a cell
    is that of its centre. Cells so short that the bed falls by less than a tenth of the depth in each are short enough.

    Rain, evaporation and seepage are rates and every cell has them; `collecting_area` and the conductance of
    `groundwater` are those of the whole river, and each cell has its share.
    """

    kind: ClassVar[str] = "river"

    cross_section: CrossSection
    length: Annotated[Length, Gt(0)] = Field(description="Along the bed, of the whole river.")
    cells: Count = Field(description="Number of equal cells.")
    bed_level_upstream: Level = Field(description="Of the bed at the upstream end.")
    bed_level_downstream: Level = Field(description="Of the bed at the downstream end; linear between the two.")
    manning_n: ManningN
    to_node: str = Field(alias="to", description="Name of the node at its downstream end.")
    initial_stage: Level | None = Field(default=None, description="Stage at the start in every cell; default empty.")
    initial_depth: Annotated[Length, Ge(0)] | None = Field(
        default=None, description="Depth at the start in every cell, instead of initial_stage."
    )
    outfall_slope: Annotated[Number, Gt(0)] | None = Field(
        default=None, description="Friction slope into a boundary without stage; default the slope of the bed."
    )

    @model_validator(mode="after")
    def _starts_in_range(self) -> River:
        if self.initial_stage is not None and self.initial_depth is not None:
            raise FieldError("give initial_stage or initial_depth, not both", "initial_depth")
        highest = max(self.bed_of(0), self.bed_of(self.cells - 1))
        if self.initial_stage is not None and self.initial_stage < highest:
            raise FieldError(
                f"expected a level at or above the bed of every cell ({highest:g} m is the highest), got "
                f"{self.initial_stage:g} m; or give initial_depth",
                "initial_stage",
            )
        return self

    def name_of(self, cell: int) -> str:
        """Name of a cell, counted from 0."""
        return f"{self.name}_{self.number_of(cell)}"

    def number_of(self, cell: int) -> str:
        """Number of a cell, counted from 0, as it stands in names."""
        return f"{cell + 1:0{max(LEAST_DIGITS, len(str(self.cells)))}d}"

    def chainage_of(self, cell: int) -> float:
        """Distance, m, from the upstream end to the centre of a cell, counted from 0."""
        return (cell + 0.5) * self.length / self.cells

    def bed_of(self, cell: int) -> float:
        """Level of the bed, m, at the centre of a cell, counted from 0."""
        down = (cell + 0.5) / self.cells
        return self.bed_level_upstream * (1.0 - down) + self.bed_level_downstream * down

    def chainages(self) -> Iterator[tuple[str, float]]:
        """Yield name and chainage, m, of each cell."""
        for cell in range(self.cells):
            yield self.name_of(cell), self.chainage_of(cell)


def expand(river: River, to: str) -> tuple[dict[str, Component], dict[str, Component]]:
    """Cut a river into its cells.

    Parameters
    ----------
    river : River
    to : str
        The node it leads into, a place on another river already being the cell there.

    Returns
    -------
    nodes, links : dict of str to Component
        The channels and the reaches, from upstream.
    """
    share = 1.0 / river.cells
    step = river.length / river.cells
    same: dict[str, Any] = {key: getattr(river, key) for key in ("cross_section", "manning_n")}
    shared: dict[str, Any] = {key: getattr(river, key) for key in Surface.model_fields}
    if river.collecting_area is not None:
        shared["collecting_area"] = share * river.collecting_area
    if river.groundwater is not None:
        shared["groundwater"] = river.groundwater.share(share)
    start = {"initial_stage": river.initial_stage, "initial_depth": river.initial_depth}
    nodes: dict[str, Component] = {}
    links: dict[str, Component] = {}
    for cell in range(river.cells):
        name, bed = river.name_of(cell), river.bed_of(cell)
        nodes[name] = Channel.model_validate(
            {"name": name, "length": step, "bed_level": bed, "cross_section": river.cross_section, **start, **shared}
        )
        last = cell == river.cells - 1
        ends: dict[str, Any] = {
            "name": f"{name}_{to}" if last else f"{name}_{river.number_of(cell + 1)}",
            "from": name,
            "to": to if last else river.name_of(cell + 1),
            "length": 0.5 * step if last else step,
            "bed_level_from": bed,
            "bed_level_to": river.bed_level_downstream if last else river.bed_of(cell + 1),
            "outfall_slope": river.outfall_slope if last else None,
        }
        links[ends["name"]] = LINKS["reach"].model.model_validate({**ends, **same})
    return nodes, links


def cell_at(river: River, distance: str) -> str:
    """Find the cell at a place on a river.

    Parameters
    ----------
    river : River
    distance : str
        From its upstream end, with units: ``"7.1 km"``. Where two cells meet it is the lower one.

    Returns
    -------
    str
        Name of the channel there.

    Raises
    ------
    FieldError
        It is no length, or there is no river any more.
    """
    try:
        place = units.to_si(distance.strip(), units.LENGTH)
    except UnitsError as error:
        raise FieldError(str(error)) from error
    if not 0.0 <= place <= river.length:
        words = (
            f'the river "{river.name}" is {river.length:g} m long, and places on it are counted from its upstream end'
        )
        raise FieldError(f"{words}; got {quote(distance.strip())}")
    # Written in kilometres, a place where two cells meet may come out a bit short of it.
    return river.name_of(min(int(place / river.length * river.cells + 1e-9), river.cells - 1))


def node_at(rivers: Mapping[str, River], text: str) -> str:
    """Find the node that a text such as ``"guangli@7.1 km"`` names.

    Parameters
    ----------
    rivers : mapping of str to River
        By name.
    text : str
        Name of a river, ``@``, distance from its upstream end.

    Returns
    -------
    str
        Name of the channel there.

    Raises
    ------
    FieldError
        There is no such river, or `cell_at` finds nothing.
    """
    name, _, distance = text.partition("@")
    river = rivers.get(name.strip())
    if river is None:
        raise FieldError(f"there is no river {quote(name.strip())}{did_you_mean(name.strip(), rivers)}")
    return cell_at(river, distance)
