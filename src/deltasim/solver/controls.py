"""From rules, controllers, schedules and switches to arrays of switches and actuators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltasim.control import Action, Control
from deltasim.faults import field_dimension
from deltasim.links import LINKS
from deltasim.signal import Signal
from deltasim.solver.actuators import LEVEL, OPEN, RUNNING, SETTING, ControlState, ControlTable
from deltasim.solver.conditions import HOUR, STAGE, Conditions, Places
from deltasim.solver.control import MOST_SWITCHES, NEVER, NOT_WHEN, WINDOW
from deltasim.units import NUMBER

__all__ = ["Actuator", "Controls", "pack_controls"]

LEAST_LOG = 1024


@dataclass
class Actuator:
    """Something that is moved.

    Parameters
    ----------
    path : str
        As ``gate.release.opening``.
    link : str
    key : str
    what : int
    speed : float, 1/s
    base : Signal
        Where nothing claims it.
    source : str
        Path of what gives the base.
    units : str
        Of its value, as UDUNITS writes them.
    pid : int
        Number of the controller that gives the base, else -1.
    claims : list of (float, int, int, Signal)
        Priority, switch, state of the switch, value.
    """

    path: str
    link: str
    key: str
    what: int
    speed: float
    base: Signal
    source: str
    units: str
    pid: int = -1
    claims: list[tuple[float, int, int, Signal]] = field(default_factory=list)


@dataclass(frozen=True)
class Controls:
    """Control, ready for the solver.

    Parameters
    ----------
    table : ControlTable
    state : ControlState
        At the start.
    actuators : tuple of Actuator
    sources : tuple of str
        Path of each switch.
    own_targets : tuple of str
        Of each switch, the path that stands in the list of events where it moves nothing.
    pids : tuple of str
    stops : ndarray, s
        Times that steps must end on for the sake of conditions on the hour.
    wanting : tuple of str
        Links that want a discharge, and are moved.
    """

    table: ControlTable
    state: ControlState
    actuators: tuple[Actuator, ...]
    sources: tuple[str, ...]
    own_targets: tuple[str, ...]
    pids: tuple[str, ...]
    stops: NDArray[np.float64]
    wanting: tuple[str, ...]

    @property
    def switch_names(self) -> tuple[str, ...]:
        """Of each switch, what no other is called."""
        moved = {claim[1]: a.path for a in self.actuators for claim in a.claims}
        links = zip(self.sources, self.own_targets, strict=True)
        return tuple(source if source == own else moved.get(s, own) for s, (source, own) in enumerate(links))

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to switch or to move."""
        return bool(self.actuators or self.sources)


@dataclass(frozen=True)
class _Switch:
    """A switch on its way into the arrays; its conditions are numbers of expressions."""

    source: str
    own_target: str
    when: int
    until: int
    hold: float = 0.0
    delay: float = 0.0
    log: bool = False


def pack_controls(control: Control, places: Places, time_of_day: float, end: float) -> Controls:
    """Lay out control for the solver.

    Parameters
    ----------
    control : Control
    places : Places
    time_of_day : float, s
        Of the run's clock at the start.
    end : float, s
        Of the run.

    Returns
    -------
    Controls
    """
    actuators = _actuators(control, places.links)
    index = {actuator.path: i for i, actuator in enumerate(actuators)}
    code = Conditions(places, index)
    switches = [
        _Switch(
            rule.path,
            rule.path,
            code.add(rule.when),
            NOT_WHEN if rule.until is None else code.add(rule.until),
            hold=rule.hold,
        )
        for rule in control.rules
    ]
    for switch, rule in enumerate(control.rules):
        for state, actions in ((1, rule.then), (0, rule.otherwise)):
            for action in actions:
                actuator = actuators[index[action.path]]
                value = _within_reach(action.value, actuator, places.links)
                actuator.claims.append((rule.priority, switch, state, value))
    for built in control.built_in:
        if built.moves:
            claims = actuators[index[built.moves]].claims
            claims.append((-np.inf, len(switches), 1, Signal.constant(built.on)))
            claims.append((-np.inf, len(switches), 0, Signal.constant(built.off)))
        until = NEVER if built.until is None else code.add(built.until)
        switches.append(
            _Switch(
                built.path,
                f"{built.path}.direction",
                code.add(built.when),
                until,
                # What only is written down is so once a minute at most: between two waters that hardly differ a valve
                # would flutter, at a step each time.
                hold=0.0 if built.moves else WINDOW,
                delay=built.delay,
                log=not built.moves,
            )
        )
    targets = [code.add(pid.target) for pid in control.pids]
    hours = np.arange(3600.0 - time_of_day % 3600.0, end, 3600.0) if code.reads(HOUR) else np.empty(0)
    setpoints = [places.add_signal(pid.setpoint) for pid in control.pids]
    fixed = [0.0 if s >= 0 else float(pid.setpoint.value[0]) for s, pid in zip(setpoints, control.pids, strict=True)]
    wanting = tuple(dict.fromkeys(a.link for a in actuators if LINKS[places.links[a.link].kind].wants))
    table = ControlTable(
        first=_integers(code.first),
        op=_integers([step[0] for step in code.steps]),
        operand=_floats([step[1] for step in code.steps]),
        kind=_integers([kind for kind, _ in code.loads]),
        number=_integers([number for _, number in code.loads]),
        bed=places.bed,
        time_of_day=_floats([time_of_day]),
        uses_boundary=_integers([int(code.reads(STAGE, len(places.bed)))]),
        when=_integers([s.when for s in switches]),
        until=_integers([s.until for s in switches]),
        hold=_floats([s.hold for s in switches]),
        delay=_floats([s.delay for s in switches]),
        log=_integers([int(s.log) for s in switches]),
        what=_integers([a.what for a in actuators]),
        flux=_integers([places.flux[a.link] for a in actuators]),
        factor=_floats([places.base[a.link] for a in actuators]),
        speed=_floats([a.speed for a in actuators]),
        base_value=_floats([float(a.base.at(0.0)) for a in actuators]),
        base_signal=_integers([places.add_signal(a.base) for a in actuators]),
        base_pid=_integers([a.pid for a in actuators]),
        **_claims(actuators, places),
        pid_target=_integers(targets),
        pid_actuator=_integers([index[pid.controls] for pid in control.pids]),
        setpoint=_floats(fixed),
        setpoint_signal=_integers(setpoints),
        proportional=_floats([pid.proportional for pid in control.pids]),
        integral=_floats([pid.integral for pid in control.pids]),
        derivative=_floats([pid.derivative for pid in control.pids]),
        minimum=_floats([pid.minimum for pid in control.pids]),
        maximum=_floats([pid.maximum for pid in control.pids]),
        sample=_floats([pid.sample for pid in control.pids]),
        wanting=_integers([places.flux[name] for name in wanting]),
    )
    return Controls(
        table,
        _start(table, code.depth, places.stage),
        tuple(actuators),
        tuple(s.source for s in switches),
        tuple(s.own_target for s in switches),
        tuple(pid.path for pid in control.pids),
        hours,
        wanting,
    )


def _actuators(control: Control, links: Mapping[str, Any]) -> list[Actuator]:
    """Everything that is moved, once."""
    found: dict[str, Actuator] = {}

    def need(path: str) -> Actuator:
        if path in found:
            return found[path]
        _, name, key = path.split(".")
        link = links[name]
        if key == "running":
            need(f"{link.kind}.{name}.open")
        kind = LINKS[link.kind]
        what = WHAT.get(key, SETTING if key == kind.setting else LEVEL)
        base = getattr(link, key, None)
        speed = getattr(link, SPEEDS[key], None) if key in SPEEDS else None
        dimension = field_dimension(type(link).model_fields.get(key)) or NUMBER
        found[path] = Actuator(
            path,
            name,
            key,
            what,
            np.inf if speed is None else speed,
            base if isinstance(base, Signal) else Signal.constant(0.0),
            f"{link.kind}.{name}",
            dimension.udunits,
        )
        return found[path]

    for name, link in links.items():
        for key, speed in SPEEDS.items():
            moved = getattr(link, key, None)
            if getattr(link, speed, None) is not None and isinstance(moved, Signal) and not moved.is_constant:
                need(f"{link.kind}.{name}.{key}")
    for built in control.built_in:
        if built.moves:
            actuator = need(built.moves)
            actuator.speed = built.rate
    for rule in control.rules:
        actions: Sequence[Action] = (*rule.then, *rule.otherwise)
        for action in actions:
            need(action.path)
    for schedule in control.schedules:
        actuator = need(schedule.controls)
        actuator.base, actuator.source = schedule.value, schedule.path
    for i, pid in enumerate(control.pids):
        actuator = need(pid.controls)
        actuator.pid, actuator.source = i, pid.path
    for actuator in found.values():
        actuator.base = _within_reach(actuator.base, actuator, links)
    return list(found.values())


def _within_reach(signal: Signal, actuator: Actuator, links: Mapping[str, Any]) -> Signal:
    """A signal that goes no further than what it moves can: a gate stops at its `max_opening`."""
    most = getattr(links[actuator.link], f"max_{actuator.key}", None)
    return signal if most is None else signal.held_below(float(most))


WHAT = {"open": OPEN, "running": RUNNING, "development": SETTING}

SPEEDS = {"opening": "opening_rate", "crest_level": "crest_rate"}
"""Settings that take time to move, and the keys that say how fast."""


def _claims(actuators: Sequence[Actuator], places: Places) -> dict[str, Any]:
    """Claims of all actuators, the strongest first; equal ones in the order of the file."""
    first, ordered = [0], []
    for actuator in actuators:
        ordered += sorted(actuator.claims, key=lambda claim: -claim[0])
        first.append(len(ordered))
    return {
        "claim_first": _integers(first),
        "claim_switch": _integers([claim[1] for claim in ordered]),
        "claim_state": _integers([claim[2] for claim in ordered]),
        "claim_value": _floats([claim[3].value[0] for claim in ordered]),
        "claim_signal": _integers([places.add_signal(claim[3]) for claim in ordered]),
    }


def _start(table: ControlTable, depth: int, stage: NDArray[np.float64]) -> ControlState:
    switches, actuators, pids = len(table.when), len(table.flux), len(table.sample)
    log = LEAST_LOG + 2 * 64 * (switches + actuators)
    sizes: dict[str, Any] = dict.fromkeys(("on", "since", "pending", "turned"), switches)
    sizes |= dict.fromkeys(("integral", "last_error", "output", "next_sample"), pids)
    sizes |= dict.fromkeys(("carry", "lost"), len(table.bed))
    sizes |= dict.fromkeys(("log_time", "log_source", "log_target", "log_value"), log)
    sizes |= {
        "turns": (switches, MOST_SWITCHES),
        "loaded": len(table.kind),
        "stack": depth,
        "boundary": len(stage),
        "asked": (6, len(table.wanting)),
        "wish": len(table.wanting),
        "alarm": 1,
        "log_length": 1,
    }
    whole = ("on", "turned", "claim", "log_source", "log_target", "log_length")
    arrays: dict[str, Any] = {
        name: np.zeros(sizes.get(name, actuators), dtype=np.int64 if name in whole else np.float64)
        for name in ControlState._fields
    }
    arrays["since"][:] = -np.inf
    arrays["pending"][:] = np.inf
    arrays["turns"][:] = -np.inf
    arrays["arrive"][:] = np.inf
    arrays["claim"][:] = -1
    arrays["goal_slope"][:] = np.nan
    arrays["value"][:] = table.base_value
    arrays["last_error"][:] = np.nan
    arrays["output"][:] = table.base_value[table.pid_actuator]
    arrays["alarm"][:] = np.inf
    arrays["boundary"][:] = stage
    return ControlState(**arrays)


def _integers(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _floats(values: Sequence[float]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)
