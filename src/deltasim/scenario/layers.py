"""The layers of a scenario (bases, file, overrides) merged into one, which knows where each key comes from."""

from __future__ import annotations

import copy
import posixpath
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from deltasim.errors import Problem, ScenarioError
from deltasim.faults import Fault, FieldError, did_you_mean
from deltasim.scenario.locate import Keys, find_lines, line_of
from deltasim.scenario.syntax import read_toml
from deltasim.units import quote

__all__ = ["Layer", "Merged", "read_layer", "read_layers", "read_override"]

ALTERNATIVES = (
    ({"initial_stage"}, {"initial_storage", "initial_depth"}),
    ({"bed_level"}, {"bed_level_from", "bed_level_to"}),
    ({"file", "column", "time_column"}, {"time", "value"}),
    ({"diameter"}, {"width", "height"}),
    ({"start_stage", "stop_stage"}, {"start_to_stage", "stop_to_stage"}),
    ({"et0"}, {"weather"}),
    ({"root_depth"}, {"extinction_depth"}),
    ({"conductance"}, {"hydraulic_conductivity", "length", "width", "thickness", "base_level", "radius", "distance"}),
)
"""Keys that say the same thing in two ways: one of the first removes an inherited one of the second, and back."""

FILE_KEYS = ("file", "tide", "initial_state")
"""Keys whose text names a file, relative to the file in which it is written."""


@dataclass
class Layer:
    """One TOML file of a scenario.

    Parameters
    ----------
    shown : str
        The file as the user named it.
    text : str
        What it says.
    tables : dict
        What that means.
    folder : str
        Its folder, relative to that of the main scenario file; empty for the same.
    """

    shown: str
    text: str
    tables: dict[str, Any]
    folder: str = ""

    @cached_property
    def lines(self) -> dict[Keys, int]:
        """Line of each key."""
        return find_lines(self.text)


@dataclass
class Merged:
    """Tables of all layers, later ones winning.

    Parameters
    ----------
    tables : dict
        As from one TOML file; no ``base`` and no ``remove``; files are named relative to the main file's folder.
    layers : list of Layer
        The deepest base first, the main file last.
    origin : dict of tuple to (Layer or str)
        Where a path comes from: a file, or the name of an override (``--set``).
    owner : dict of tuple to tuple
        Components that do not stand in the file: the table of which each was made (a cell of a river).
    """

    tables: dict[str, Any] = field(default_factory=dict)
    layers: list[Layer] = field(default_factory=list)
    origin: dict[Keys, Layer | str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    owner: dict[Keys, Keys] = field(default_factory=dict)

    def copy(self) -> Merged:
        """Copy what overrides change."""
        return Merged(copy.deepcopy(self.tables), self.layers, dict(self.origin))

    @property
    def main(self) -> Layer:
        """The file that the user named."""
        return self.layers[-1]

    def problem(self, fault: Fault, keys: Keys = ()) -> Problem:
        """Say in which file and line something stands.

        Parameters
        ----------
        fault : FieldError or Problem
            A problem of a data file has its place already.
        keys : tuple
            Path of the table that was validated; the fault's own keys are below it unless they are absolute.
        """
        if isinstance(fault, Problem):
            return fault
        keys = fault.keys if fault.absolute else (*keys, *fault.keys)
        keys = (*self.owner.get(keys[:2], keys[:2]), *keys[2:])
        path = "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
        origin: Layer | str = self.main
        for length in range(len(keys), 0, -1):
            if keys[:length] in self.origin:
                origin = self.origin[keys[:length]]
                break
        if isinstance(origin, str):
            return Problem(fault.message, origin, None, path)
        line = line_of(origin.lines, keys) if keys else None
        return Problem(fault.message, origin.shown, line, path)

    def add(self, layer: Layer) -> None:
        """Lay a file over what is there."""
        self.layers.append(layer)
        scenario = layer.tables.get("scenario")
        if isinstance(scenario, dict):
            self._remove(scenario.get("remove", []), layer)
        for kind, tables in layer.tables.items():
            if kind in ("scenario", "solver") or not isinstance(tables, dict):
                self._merge((kind,), tables, layer)
                continue
            self.origin.setdefault((kind,), layer)
            have = self.tables.setdefault(kind, {})
            for name, table in tables.items():
                if isinstance(have, dict):
                    self._merge((kind, name), table, layer)
        for key in ("base", "remove"):
            if isinstance(self.tables.get("scenario"), dict):
                self.tables["scenario"].pop(key, None)

    def _merge(self, keys: tuple[str, ...], table: object, layer: Layer) -> None:
        """Merge one table key by key; anything else replaces what is there."""
        parent = self.tables if len(keys) == 1 else self.tables[keys[0]]
        self.origin[keys] = layer
        if not isinstance(table, dict):
            parent[keys[-1]] = table
            return
        have = parent.get(keys[-1])
        if not isinstance(have, dict):
            have = parent[keys[-1]] = {}
        for key, value in table.items():
            drop_alternatives(have, key, table)
            have[key] = relocated(value, layer.folder, key)
            self.origin[(*keys, key)] = layer

    def _remove(self, paths: object, layer: Layer) -> None:
        if not isinstance(paths, list):
            self.faults.append(
                FieldError(
                    f'expected a list such as ["weir.old"], got {quote(paths)}', "scenario", "remove", absolute=True
                )
            )
            return
        known = [
            f"{kind}.{name}" for kind, tables in self.tables.items() if isinstance(tables, dict) for name in tables
        ]
        for index, path in enumerate(paths):
            kind, _, name = str(path).partition(".")
            if path in known and kind not in ("scenario", "solver"):
                del self.tables[kind][name]
                self.origin = {keys: value for keys, value in self.origin.items() if keys[:2] != (kind, name)}
            else:
                self.origin["scenario", "remove"] = layer
                message = f"there is no {quote(path)} to remove{did_you_mean(str(path), known)}"
                self.faults.append(FieldError(message, "scenario", "remove", index, absolute=True))

    def override(self, overrides: Iterable[tuple[str, Any]], label: str) -> None:
        """Set single quantities by their path, over everything else.

        Parameters
        ----------
        overrides : iterable of (str, value)
            ``("weir.intake.crest_level", 2.8)``; values as in the file.
        label : str
            What messages say instead of a file: ``--set``.
        """
        for path, value in overrides:
            keys = tuple(part.strip().strip("\"'") for part in unicodedata.normalize("NFC", path).split("."))
            least = 2 if keys[0] in ("scenario", "solver", "tracing") else 3
            if len(keys) < least or not all(keys):
                message = f"expected a path such as weir.intake.crest_level, got {quote(path)}"
                self.faults.append(Problem(message, label))
                continue
            table = self._table_for(keys, least, label)
            if table is None:
                continue
            drop_alternatives(table, keys[-1], {keys[-1]: value})
            table[keys[-1]] = relocated(_plain(value), "", keys[-1])
            self.origin = {known: origin for known, origin in self.origin.items() if known[: len(keys)] != keys}
            self.origin[keys] = label

    def _table_for(self, keys: tuple[str, ...], least: int, label: str) -> dict[str, Any] | None:
        """Find the table that holds the last of `keys`."""
        table: Any = self.tables
        for depth, key in enumerate(keys[:-1]):
            if depth == 0 and key in ("scenario", "solver"):
                table.setdefault(key, {})
            if not isinstance(table, dict) or key not in table or not isinstance(table[key], dict):
                known = table if isinstance(table, dict) else {}
                shown = ".".join(keys[: max(depth + 1, least - 1)])
                above = ".".join(keys[:depth])
                below = keys[depth + 1 : least - 1]
                hint = did_you_mean(shown, [".".join(filter(None, (above, name, *below))) for name in known])
                self.faults.append(
                    Problem(f"there is no {quote(shown)} to set a value in{hint}", label, None, ".".join(keys))
                )
                return None
            table = table[key]
        assert isinstance(table, dict)
        return table


def drop_alternatives(have: dict[str, Any], key: str, table: Mapping[str, Any]) -> None:
    """Remove from `have` the keys that `key` takes the place of, unless the same table gives them too."""
    for one, other in ALTERNATIVES:
        for side, against in ((one, other), (other, one)):
            if key in side:
                for name in against - table.keys():
                    have.pop(name, None)


def relocated(value: Any, folder: str, key: str = "") -> Any:
    """Copy a value, with the files that it names relative to the main scenario's folder."""
    if isinstance(value, dict):
        return {name: relocated(part, folder, name) for name, part in value.items()}
    if isinstance(value, list):
        return [relocated(part, folder) for part in value]
    if key in FILE_KEYS and isinstance(value, str) and value and not value.startswith("series."):
        return posixpath.normpath(posixpath.join(folder, value))
    return value


def _plain(value: Any) -> Any:
    """Turn numbers and arrays of numpy into what a TOML file could hold."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if type(value).__module__ == "numpy":
        return value.tolist()
    return value


def read_override(text: str) -> tuple[str, Any]:
    """Read ``PATH=VALUE``; the value is read as TOML, else as text.

    Raises
    ------
    ScenarioError
        There is no ``=`` in it.
    """
    path, equals, raw = text.partition("=")
    if not equals:
        raise ScenarioError(
            [Problem(f"expected PATH=VALUE, such as weir.intake.crest_level=2.8, got {quote(text)}", "--set")]
        )
    try:
        tables = tomllib.loads(f"value = {raw.strip()}")
    except ValueError:
        return path.strip(), raw.strip()
    return path.strip(), tables["value"] if tables.keys() == {"value"} else raw.strip()


def read_layers(path: str | Path, allow_outside: bool = False) -> Merged:
    """Read a scenario file and the bases it inherits from.

    Raises
    ------
    ScenarioError
        A file is missing, is no TOML or inherits from itself: what comes after it cannot be known.
    """
    shown = str(path)
    main = Path(path)
    chain = [read_layer(main, shown, "")]
    paths = [main.resolve()]
    root = paths[0].parent
    while (base := _base_of(chain[-1])) is not None:
        layer = chain[-1]
        name = posixpath.normpath(posixpath.join(layer.folder, base))
        target = (root / name).resolve()
        line = line_of(layer.lines, ("scenario", "base"))

        def stop(message: str, shown: str = layer.shown, line: int | None = line) -> ScenarioError:
            return ScenarioError([Problem(message, shown, line, "scenario.base")])

        if target in paths:
            circle = " -> ".join([*(known.name for known in paths[paths.index(target) :]), target.name])
            raise stop(f"the bases go round in a circle: {circle}")
        if not allow_outside and not target.is_relative_to(root):
            raise stop(f"{quote(base)} lies outside the scenario's folder; move it there or use --allow-outside")
        if not target.is_file():
            near = [entry.name for entry in target.parent.iterdir()] if target.parent.is_dir() else []
            raise stop(f"there is no file {quote(base)}{did_you_mean(target.name, near)}")
        chain.append(read_layer(target, posixpath.join(posixpath.dirname(shown), name), posixpath.dirname(name)))
        paths.append(target)
    merged = Merged()
    for layer in reversed(chain):
        merged.add(layer)
    return merged


def _base_of(layer: Layer) -> str | None:
    scenario = layer.tables.get("scenario")
    base = scenario.get("base") if isinstance(scenario, dict) else None
    if base is None or (isinstance(base, str) and base):
        return base
    line = line_of(layer.lines, ("scenario", "base"))
    raise ScenarioError(
        [Problem(f"expected the name of a file, got {quote(base)}", layer.shown, line, "scenario.base")]
    )


def read_layer(path: Path, shown: str, folder: str) -> Layer:
    """Read one file.

    Raises
    ------
    ScenarioError
        It is missing, cannot be read or is no TOML.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        near = (
            [entry.name for entry in path.parent.iterdir() if entry.suffix == ".toml"] if path.parent.is_dir() else []
        )
        raise ScenarioError([Problem(f"there is no such file{did_you_mean(path.name, near)}", shown)]) from error
    except IsADirectoryError as error:
        raise ScenarioError([Problem("this is a folder; name the scenario file in it", shown)]) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ScenarioError([Problem(f"the file cannot be read: {reason.lower()}", shown)]) from error
    text, tables = read_toml(data, shown)
    return Layer(shown, text, tables, folder)
