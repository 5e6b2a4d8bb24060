"""Writing TOML, so that the resolved scenario in a result file reads like one that a person wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

__all__ = ["write_toml"]

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
WIDTH = 110


def write_toml(tables: Mapping[str, Any]) -> str:
    """Write tables of tables: ``[scenario]``, ``[kind.name]``; what is below a key is written inline.

    Parameters
    ----------
    tables : mapping
        As `tomllib` reads them.

    Returns
    -------
    str
        Reads back to an equal mapping; the same mapping always gives the same text.
    """
    blocks: list[str] = []
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            blocks.insert(0, f"{_key(name)} = {_value(table, len(name))}\n")
        elif table and all(isinstance(part, Mapping) for part in table.values()):
            blocks.extend(_block(f"{_key(name)}.{_key(part)}", content) for part, content in table.items())
        else:
            blocks.append(_block(_key(name), table))
    return "\n".join(blocks)


def _block(header: str, table: Mapping[str, Any]) -> str:
    lines = [f"[{header}]", *(f"{_key(key)} = {_value(value, len(key))}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object, indent: int = 0) -> str:
    """Write a value; `indent` is the length of the key it stands alone after, 0 inside another value."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        parts = [_value(part) for part in value]
        line = f"[{', '.join(parts)}]"
        # Only a list that stands alone after its key may be broken: inline tables keep to one line.
        return line if len(line) + indent < WIDTH or not indent else "[\n" + _filled(parts) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(float(value) if isinstance(value, float) else int(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    raise TypeError(f"TOML has no value of type {type(value).__name__}")


def _filled(parts: list[str]) -> str:
    lines: list[str] = []
    line = "   "
    for part in parts:
        if len(line) + len(part) + 2 > WIDTH and line.strip():
            lines.append(line)
            line = "   "
        line += f" {part},"
    return "\n".join([*lines, line]) + "\n"
