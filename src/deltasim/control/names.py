"""What rules may name: quantities of nodes and links, settings by their paths, series."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from deltasim import units
from deltasim.control import given
from deltasim.control.measure import PLAIN, Measure
from deltasim.control.program import Instruction, Op, Quantity, QuantityKind
from deltasim.faults import FieldError, did_you_mean, field_dimension, listed
from deltasim.fields import Context, SeriesUse, Table
from deltasim.links import LINKS
from deltasim.signal import Signal
from deltasim.units import Dimension, quote

__all__ = ["Found", "Names", "SeriesContext", "Setting", "field_of"]

OF_NODES: dict[str, tuple[QuantityKind, Dimension]] = {
    "stage": ("stage", units.LEVEL),
    "depth": ("depth", units.LENGTH),
    "storage": ("storage", units.VOLUME),
    "area": ("area", units.AREA),
}


class SeriesContext(Context, Protocol):
    """A context that also knows what a named series measures."""

    def series_dimension(self, name: str) -> Dimension | None:
        """Return what ``series.NAME`` measures by its units; None where it has none."""


@dataclass(frozen=True)
class Found:
    """What a name stands for.

    Parameters
    ----------
    instruction : Instruction
        Puts its value on the stack.
    measure : Measure or None
        What it measures; None fits everything.
    """

    instruction: Instruction
    measure: Measure | None


ANYTHING = Found(Instruction(Op.CONSTANT), None)
"""Stands for what is itself invalid, and said to be so elsewhere."""


@dataclass(frozen=True)
class Setting:
    """A key of a link that can be moved while the run goes on.

    Parameters
    ----------
    path : str
        ``gate.release.opening``.
    link : Link
    key : str
    """

    path: str
    link: Any
    key: str

    @property
    def dimension(self) -> Dimension:
        """What it measures."""
        return field_dimension(field_of(type(self.link), self.key)) or units.NUMBER


def field_of(model: type[Any], key: str) -> Any:
    """Find the field of a model by the key of the scenario file; None where there is none."""
    return next((info for name, info in model.model_fields.items() if (info.alias or name) == key), None)


def movable(link: Any) -> tuple[str, ...]:
    """List the keys of a link that can be moved: those that may vary in time and are given as such."""
    return tuple(key for key in LINKS[link.kind].moves if isinstance(getattr(link, key, None), Signal))


def _as_written(text: str) -> str:
    return text


@dataclass(frozen=True)
class Names:
    """What an expression may name.

    Parameters
    ----------
    nodes, links : mapping of str to component
        By name.
    declared : mapping of str to kinds
        Names that stand in the file, valid or not, with the kinds they stand under: what is invalid is reported
        where it stands, not where it is named.
    context : SeriesContext, optional
        Answers for series.
    start : datetime, optional
        Of the run, on its own clock, without offset.
    duration : float, s
        Of the run.
    node_named : callable
        ``node_named(text)`` turns another way to name a node (``guangli@7.1 km``) into its name; what it does not
        know it returns as it is.
    """

    nodes: Mapping[str, Any]
    links: Mapping[str, Any]
    declared: Mapping[str, Collection[str]] = field(default_factory=dict)
    context: SeriesContext | None = None
    start: datetime | None = None
    duration: float = 0.0
    node_named: Callable[[str], str] = _as_written

    def quantity(self, parts: Sequence[str]) -> Found:
        """Find ``NAME.quantity``, ``NAME.key`` or ``kind.NAME.key``.

        Raises
        ------
        FieldError
            With what there is instead.
        """
        if len(parts) == 1:
            raise self._lone_name(parts[0])
        if len(parts) > 3:
            raise FieldError(f"expected NAME.quantity, got {quote('.'.join(parts))}")
        name, key = self.node_named(parts[-2]), parts[-1]
        component = self._component(name)
        if component is None:
            return ANYTHING
        if len(parts) == 3:
            self._check_kind(parts[0], component, key)
        # The discharge of an inflow is what flows; its path is what is set.
        is_setting = len(parts) == 3 and component.kind in LINKS
        if key in self._quantities(component) and not is_setting:
            kind, dimension = OF_NODES.get(key, ("discharge", units.DISCHARGE))
            return Found(Instruction(Op.LOAD, quantity=Quantity(kind, name)), Measure.of(dimension))
        return self._key(component, key)

    def _lone_name(self, name: str) -> FieldError:
        component = self.nodes.get(name) or self.links.get(name)
        if component is not None:
            example = next(iter(self._quantities(component)), "")
            return FieldError(f'expected a quantity of "{name}", such as {name}.{example}')
        known = ("hour", "month", "day_of_year", "time", "true", "false", "and", "or", "not", *self._all())
        return FieldError(f'there is no "{name}" here{did_you_mean(name, known)}')

    def _all(self) -> Iterable[str]:
        return (*self.nodes, *self.links)

    def _component(self, name: str) -> Any:
        """Find a component; None where it stands in the file and is invalid."""
        found = self.nodes.get(name, self.links.get(name))
        if found is not None:
            return found
        kinds = tuple(self.declared.get(name, ()))
        if kinds and set(kinds) <= {"rule", "pid", "schedule"}:
            raise FieldError(f'"{name}" is a {kinds[0]}; expressions name nodes and links')
        if kinds:
            return None
        have = tuple(dict.fromkeys((*self._all(), *self.declared)))
        few = f"; there are {listed(have, 'and')}" if 0 < len(have) <= 8 else ""
        raise FieldError(f"there is no node or link {quote(name)}{did_you_mean(name, have) or few}")

    def _check_kind(self, kind: str, component: Any, key: str) -> None:
        if kind != component.kind:
            right = f"{component.kind}.{component.name}.{key}"
            raise FieldError(f'"{component.name}" is {_a(component.kind)}; write {right}')

    @staticmethod
    def _quantities(component: Any) -> tuple[str, ...]:
        """List what of a component changes by itself."""
        if component.kind in LINKS:
            return ("discharge",)
        if component.stores:
            return tuple(OF_NODES)
        return () if component.stage is None else ("stage",)

    def _key(self, component: Any, key: str) -> Found:
        """Find a key of a component: a setting, what is given over time, or a number."""
        info = field_of(type(component), key)
        dimension = field_dimension(info)
        if component.kind in LINKS and key in movable(component):
            path = f"{component.kind}.{component.name}.{key}"
            quantity = Quantity("setting", path)
            return Found(Instruction(Op.LOAD, quantity=quantity), Measure.of(dimension or units.NUMBER))
        attribute = next((name for name, own in type(component).model_fields.items() if own is info), "")
        value = getattr(component, attribute) if info is not None else None
        if dimension is not None and isinstance(value, (Signal, float, int)):
            measure = Measure.of(dimension)
            if isinstance(value, Signal):
                return Found(Instruction(Op.LOAD, quantity=Quantity("signal", signal=value)), measure)
            return Found(Instruction(Op.CONSTANT, float(value)), measure)
        raise self._lacks(component, key, known=info is not None, value=value)

    def _lacks(self, component: Any, key: str, known: bool, value: object) -> FieldError:
        who = f'"{component.name}" is {_a(component.kind)}'
        has = [*self._quantities(component), *(movable(component) if component.kind in LINKS else ())]
        if component.kind not in LINKS and not has:
            return FieldError(f'{who} without stage, a free outfall, and has no "{key}"')
        if isinstance(value, Table):
            return FieldError(f'the {key} of "{component.name}" is a table, not a number')
        if known:
            return FieldError(f'"{component.name}" has no {key}: give it in [{component.kind}.{component.name}]')
        hint = did_you_mean(key, has)
        return FieldError(f'{who} and has no "{key}"{hint}' + ("" if hint else f"; it has {listed(has, 'and')}"))

    def setting(self, path: str) -> Setting | None:
        """Find what can be moved, by its path.

        Parameters
        ----------
        path : str
            ``gate.release.opening``.

        Returns
        -------
        Setting or None
            None where the link is itself invalid, which is reported elsewhere.

        Raises
        ------
        FieldError
            With what can be moved instead.
        """
        parts = [part.strip().strip("\"'") for part in path.split(".")]
        if len(parts) != 3 or not all(parts):
            every = [f"{link.kind}.{link.name}.{key}" for link in self.links.values() for key in movable(link)]
            hint = did_you_mean(path, every)
            raise FieldError(f"expected a path such as gate.release.opening, got {quote(path)}{hint}")
        kind, name, key = parts
        component = self.nodes.get(name, self.links.get(name))
        if component is None:
            if name in self.declared and not set(self.declared[name]) <= {"rule", "pid", "schedule"}:
                return None
            known = [f"{link.kind}.{link.name}" for link in self.links.values()]
            raise FieldError(f'there is no link "{kind}.{name}"{did_you_mean(f"{kind}.{name}", known)}')
        self._check_kind(kind, component, key)
        if kind not in LINKS:
            raise FieldError(f"{_a(kind)} has nothing that can be moved; settings of links can, such as their opening")
        if key not in movable(component):
            raise self._unmovable(component, key)
        return Setting(f"{kind}.{name}.{key}", component, key)

    @staticmethod
    def _unmovable(link: Any, key: str) -> FieldError:
        can = movable(link)
        what = f"what can be moved is {listed(can, 'and')}" if can else "nothing of it can be moved"
        if key in LINKS[link.kind].moves:
            if isinstance(getattr(link, key, None), Table):
                return FieldError(f'the {key} of "{link.name}" is a table and cannot be moved; {what}')
            return FieldError(f'"{link.name}" has no {key} to move: give it in [{link.kind}.{link.name}]; {what}')
        if field_of(type(link), key) is None:
            return FieldError(f'{_a(link.kind)} has no "{key}"{did_you_mean(key, can)}; {what}')
        return FieldError(f"the {key} of {_a(link.kind)} cannot be moved; {what}")

    def series(self, name: str) -> tuple[Signal, Measure | None]:
        """Find a named series and what it measures.

        Returns
        -------
        signal : Signal
            Linear between its times, unless the series says otherwise or measures a rate or a plain number.
        measure : Measure or None
            None for a series without units, which fits everything.
        """
        if self.context is None:
            raise FieldError("series can only be read as part of a scenario")
        dimension = self.context.series_dimension(name)
        steps = dimension in (units.SPEED, units.NUMBER)
        use = SeriesUse(dimension or units.NUMBER, "previous" if steps else "linear")
        signal = self.context.named_series(name, use)
        return signal, None if dimension is None else Measure.of(dimension)

    def calendar(self, word: str) -> Found:
        """Find ``hour``, ``time``, ``month`` or ``day_of_year``."""
        if word == "hour":
            return Found(Instruction(Op.LOAD, quantity=Quantity("hour")), PLAIN)
        if word == "time":
            return Found(Instruction(Op.LOAD, quantity=Quantity("time")), Measure.of(units.DURATION))
        if self.start is None:
            raise FieldError(f"{word} needs the clock of a run")
        make = given.month if word == "month" else given.day_of_year
        signal = make(self.start, self.duration)
        return Found(Instruction(Op.LOAD, quantity=Quantity("signal", word, signal)), PLAIN)


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
