"""THE table of result variables: what each is called, measured in, and means.

A new result variable is one row here and the code that fills it; the file, the Dataset and the documentation
follow from the row.

Standard names are used only where one exists in the CF standard name table and means what is stored:

- ``water_surface_height_above_reference_datum``: a level of any body of liquid water, which stage is.
- discharge has none: ``water_volume_transport_in_river_channel`` is for rivers, not for pumps and weirs.
- depth has none: CF's ``depth`` is measured from the surface downwards to a point, and
  ``flood_water_thickness`` is water on land that is normally dry.
- rain, evaporation and seepage have none: theirs are per unit area, ours are whole discharges of a node.

What sums up a whole run (``max_stage``) has no ``time`` among its dimensions and coordinates, so a
``cell_methods`` of time would name nothing in the file: the long name says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["STATE", "VARIABLES", "Variable", "mass_in_state", "of_substance"]

Kind = Literal["number", "time", "text"]

_STAGE: Final = "water_surface_height_above_reference_datum"
_POINT: Final = "time: point"
_MEAN: Final = "time: mean"
_INTO: Final = "Mean over the output interval that ends at the given time; positive into the node."


@dataclass(frozen=True)
class Variable:
    """One variable of a result.

    Parameters
    ----------
    name : str
        Its name in the file and in the Dataset.
    dims : tuple of str
        Its dimensions. What has ``time`` first is streamed while the run goes on; the rest is written at
        its end, and the sizes of dimensions that only the run knows (``event``) come from the data.
    units : str
        UDUNITS. Empty for text, and for a time (whose units are seconds since the start of the run).
    long_name : str
        One line for the axis of a picture.
    standard_name : str or None
        From the CF standard name table, where one fits.
    cell_methods : str or None
        How the value stands for its cell, as CF writes it.
    comment : str or None
        Signs and gaps: what a reader would get wrong.
    kind : {"number", "time", "text"}
        A time is given in seconds since the start of the run.
    """

    name: str
    dims: tuple[str, ...]
    units: str
    long_name: str
    standard_name: str | None = None
    cell_methods: str | None = None
    comment: str | None = None
    kind: Kind = "number"

    @property
    def streamed(self) -> bool:
        """Whether its values come along with the output times."""
        return "time" in self.dims


def _node(
    name: str,
    units: str,
    long_name: str,
    *,
    cell_methods: str,
    standard_name: str | None = None,
    comment: str | None = None,
) -> Variable:
    return Variable(name, ("time", "node"), units, long_name, standard_name, cell_methods, comment)


def _link(name: str, units: str, long_name: str, *, cell_methods: str, comment: str | None = None) -> Variable:
    return Variable(name, ("time", "link"), units, long_name, None, cell_methods, comment)


_ROWS: Final = (
    _node(
        "stage",
        "m",
        "water-surface elevation",
        standard_name=_STAGE,
        cell_methods=_POINT,
        comment="Above the vertical datum of the scenario.",
    ),
    _node(
        "depth",
        "m",
        "depth of water above the bed",
        cell_methods=_POINT,
        comment="Stage minus bed level, not below 0; missing where a node has no bed.",
    ),
    _node(
        "mean_stage",
        "m",
        "mean water-surface elevation over the output interval",
        standard_name=_STAGE,
        cell_methods=_MEAN,
    ),
    _node("storage", "m3", "volume of water stored", cell_methods=_POINT, comment="Missing on boundaries."),
    _node("area", "m2", "water-surface area", cell_methods=_POINT, comment="Missing on boundaries."),
    _node(
        "water_table",
        "m",
        "elevation of the water table in the soil, at most that of the bed",
        cell_methods=_POINT,
        comment="Missing where a node has no soil.",
    ),
    _node(
        "soil_storage",
        "m3",
        "volume of water in the soil that can drain",
        cell_methods=_POINT,
        comment="Part of storage; missing where a node has no soil.",
    ),
    _link(
        "discharge",
        "m3 s-1",
        "discharge through the link, mean over the output interval",
        cell_methods=_MEAN,
        comment="From the exact volume that passed; positive from from_node to to_node.",
    ),
    _node(
        "inflow",
        "m3 s-1",
        "inflow into the node from its inflow links",
        cell_methods=_MEAN,
        comment=f"{_INTO} The same water as in the discharge of those links.",
    ),
    _node("rain", "m3 s-1", "rain on the node", cell_methods=_MEAN, comment=_INTO),
    _node(
        "evaporation",
        "m3 s-1",
        "evaporation from the node, negative: positive is into the node",
        cell_methods=_MEAN,
        comment=_INTO,
    ),
    _node(
        "seepage",
        "m3 s-1",
        "seepage through the bed, positive into the node",
        cell_methods=_MEAN,
        comment=_INTO,
    ),
    _node(
        "groundwater",
        "m3 s-1",
        "exchange with groundwater, positive into the node",
        cell_methods=_MEAN,
        comment=_INTO,
    ),
    _node(
        "demand",
        "m3 s-1",
        "water taken by demand links, negative: positive is into the node",
        cell_methods=_MEAN,
        comment=f"{_INTO} The same water as in the discharge of those links.",
    ),
    _link(
        "shortage",
        "m3 s-1",
        "part of the wanted discharge that was not supplied",
        cell_methods=_MEAN,
        comment="Of what is wanted at the time, by rules as well; missing where a link wants no fixed discharge.",
    ),
    _link(
        "opening",
        "m",
        "height of the opening",
        cell_methods=_POINT,
        comment="The setting at the output time; missing where a link has none.",
    ),
    _link(
        "capacity",
        "m3 s-1",
        "discharge capacity",
        cell_methods=_POINT,
        comment="The setting at the output time; missing where a link has none.",
    ),
    _link(
        "open",
        "1",
        "whether the link is open (1) or shut (0)",
        cell_methods=_POINT,
        comment="The setting at the output time; missing where a link has none.",
    ),
    _link(
        "crest_level",
        "m",
        "elevation of the crest",
        cell_methods=_POINT,
        comment="The setting at the output time; missing where a link has none.",
    ),
    _link(
        "fraction",
        "1",
        "diverted fraction of what enters the node",
        cell_methods=_POINT,
        comment="The setting at the output time; missing where a link has none.",
    ),
    _link(
        "running",
        "1",
        "whether the pump runs (1) or not (0)",
        cell_methods=_POINT,
        comment="At the output time; missing where a link does not start and stop by itself.",
    ),
    _link(
        "development",
        "1",
        "development of the breach, from 0 (none) to 1 (whole)",
        cell_methods=_POINT,
        comment="At the output time; missing where a link is no breach.",
    ),
    Variable(
        "source_fraction",
        ("time", "source", "node"),
        "1",
        "share of the water that came from each source",
        cell_methods=_POINT,
        comment="All sources add up to 1; missing where the water is too shallow, and on boundaries.",
    ),
    _node(
        "water_age",
        "s",
        "mean age of the water since it entered the network, or since the start",
        cell_methods=_POINT,
        comment="Missing where the water is too shallow, and on boundaries.",
    ),
    Variable(
        "max_stage",
        ("node",),
        "m",
        "highest water-surface elevation of the run",
        standard_name=_STAGE,
        comment="Of the continuous solution, not only of the output times.",
    ),
    Variable(
        "time_of_max_stage",
        ("node",),
        "",
        "when the water-surface elevation was first highest",
        kind="time",
    ),
    Variable(
        "max_discharge",
        ("link",),
        "m3 s-1",
        "largest discharge of the run",
        comment="Of the continuous solution, not of interval means; positive from from_node to to_node.",
    ),
    Variable(
        "time_of_max_discharge",
        ("link",),
        "",
        "when the discharge was first largest",
        kind="time",
    ),
    Variable(
        "energy",
        ("link",),
        "J",
        "energy used by the pump over the run",
        comment="Missing where a link has no efficiency.",
    ),
    Variable("event_time", ("event",), "", "when something was set", kind="time"),
    Variable("event_source", ("event",), "", "path of the rule, schedule, controller or link that set it", kind="text"),
    Variable("event_target", ("event",), "", "path of what was set", kind="text"),
    Variable("event_value", ("event",), "1", "what it was set to", comment="In the units of event_unit."),
    Variable("event_unit", ("event",), "", "units of event_value", kind="text"),
    Variable(
        "balance_error",
        ("node",),
        "m3",
        "storage change minus the sum of all volumes over the run",
        comment="Missing on boundaries.",
    ),
)

VARIABLES: Final[dict[str, Variable]] = {row.name: row for row in _ROWS}
"""Every result variable by name, in the order of the file."""

_OWN: Final = "In SI units of its own; missing before its first sample."

_STATE_ROWS: Final = (
    Variable(
        "storage",
        ("node",),
        "m3",
        "volume of water stored at the end of the run",
        comment="Missing on boundaries.",
    ),
    Variable("switch_name", ("switch",), "", "path of the rule, or of what turns on and off in a link", kind="text"),
    Variable("switch_on", ("switch",), "1", "whether it was on (1) or off (0)"),
    Variable("switch_age", ("switch",), "s", "time since it last turned", comment="Missing where it never did."),
    Variable(
        "switch_pending",
        ("switch",),
        "s",
        "time for which the condition of one with a delay has held",
        comment="Missing where it does not hold.",
    ),
    Variable("setting_name", ("setting",), "", "path of what is moved", kind="text"),
    Variable("setting_value", ("setting",), "1", "where it was", comment="In the SI units of its key."),
    Variable("setting_goal", ("setting",), "1", "where it was told to be", comment="In the SI units of its key."),
    Variable("setting_source", ("setting",), "", "path of what told it", kind="text"),
    Variable("controller_name", ("controller",), "", "path of the controller", kind="text"),
    Variable("controller_integral", ("controller",), "1", "sum of its errors times its sample time", comment=_OWN),
    Variable("controller_error", ("controller",), "1", "error at its last sample", comment=_OWN),
    Variable("controller_output", ("controller",), "1", "what it set last", comment=_OWN),
    Variable("controller_wait", ("controller",), "s", "time until its next sample"),
)

STATE: Final[dict[str, Variable]] = {row.name: row for row in _STATE_ROWS}
"""What the group ``run/state`` of a result file can hold: all that a run needs in order to go on."""


def of_substance(name: str) -> tuple[Variable, ...]:
    """Result variables of a substance.

    Parameters
    ----------
    name : str
        As the scenario calls it.

    Returns
    -------
    tuple of Variable
        Its concentration, and the error of its balance.
    """
    return (
        _node(
            name,
            "kg m-3",
            f"concentration of {name}",
            cell_methods=_POINT,
            comment="Missing where the water is too shallow; its mass is kept. On boundaries that of what enters.",
        ),
        Variable(
            f"{name}_balance_error",
            ("node",),
            "kg",
            f"change of the mass of {name} minus all that was carried in, loaded and decayed over the run",
            comment="Missing on boundaries.",
        ),
    )


def mass_in_state(name: str) -> Variable:
    """What is carried along, in the state of a run.

    Parameters
    ----------
    name : str
        ``mass_NAME`` of a substance, ``source_NAME`` of the water of a source, with the number of a tank where there
        are several, or ``age``.
    """
    units, what = ("m3 s", "volume times age of the water") if name == "age" else ("kg", "mass of a substance")
    if name.startswith("source_"):
        units, what = "m3", "volume of the water of a source"
    return Variable(name, ("node",), units, f"{what} at the end of the run", comment="Missing on boundaries.")
