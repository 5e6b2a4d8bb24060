"""Write a page for every kind of component into ``docs/reference``, from the registries and the models' docstrings.

Run from the root of the repository, after a change to a model or to ``docs/reference/examples.toml``::

    python docs/make_reference.py

A test holds the committed pages against what this makes. The pictures are drawn by ``docs/make_law_pictures.py``, which
needs the extra ``plot``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from deltasim import units
from deltasim.concentrations import BySubstance
from deltasim.control import CONTROLS
from deltasim.control.models import Later
from deltasim.faults import is_internal, parts_of
from deltasim.fields import OrTable, OrWord, Part, Scalar, TideTable, TimeOfRun, Varying
from deltasim.geometry.cross_section import POINTS, SectionKey, Trapezoid
from deltasim.geometry.curve_key import CurveKey
from deltasim.links import LINKS
from deltasim.nodes import NODES
from deltasim.nodes.boundary import OrTide
from deltasim.nodes.cover import Cover, CoversKey
from deltasim.quality import QUALITY, Tracing
from deltasim.scenario.river import River
from deltasim.scenario.schema import models
from deltasim.signal import Signal
from deltasim.tables import Columns

REFERENCE = Path(__file__).parent / "reference"
IMAGES = Path(__file__).parent / "images" / "reference"
EXAMPLES = REFERENCE / "examples.toml"
BOUNDS = {"gt": "> {:g}", "ge": ">= {:g}", "lt": "< {:g}", "le": "<= {:g}"}
SAME_FOR_ALL = ("x", "y")
"""Keys that come last in a table, being the same everywhere; those of a model's parents come before them."""


def group_of(kind: str) -> str:
    """What the index lists a kind under."""
    if kind in NODES or kind == River.kind:
        return "Nodes"
    if kind in CONTROLS:
        return "Operation"
    if kind in QUALITY:
        return "In the water"
    return "Into and out of a node" if {"from_node", "to_node"} - set(models()[kind].model_fields) else "Links"


ALONG: dict[str, dict[str, type[Part]]] = {"wetland": {"cover": Cover}, "substance": {"tracing": Tracing}}
"""Tables that are shown with a kind, for they are there for it."""

GROUPS = ("Nodes", "Into and out of a node", "Links", "Operation", "In the water")


# ---- what a key takes ----------------------------------------------------------------------------


def annotations(field: FieldInfo) -> list[Any]:
    """Everything that is known of the value of a key."""
    return [*field.metadata, *parts_of(field.annotation)]


def unit_of(field: FieldInfo) -> str:
    """Units of a number, empty where it has none; those of rates are only an example, for they must be given."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "x-units" in extra:
        return str(extra["x-units"])
    for part in annotations(field):
        if isinstance(part, (SectionKey, Columns)):
            return ""
        if isinstance(part, TimeOfRun):
            return "s"
        dimension = getattr(part, "dimension", None)
        if isinstance(dimension, units.Dimension):
            return {"1": "", units.RATE.units: "m/s"}.get(dimension.units, dimension.units)
    return ""


def columns_text(columns: Columns) -> str:
    """Columns of a table, with their units."""
    names = [
        f"`{name}`" + (f" ({dimension.units})" if dimension.units != "1" else "")
        for name, dimension in columns.dimensions.items()
    ]
    return f"table of {', '.join(names)}"


def type_of(field: FieldInfo) -> str:
    """Say what may stand behind a key."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "enum" in extra:
        return "one of the words [below](#words)"
    found = (text for part in annotations(field) if (text := _described(part)))
    return next(found)


def _described(part: Any) -> str:
    if get_origin(part) is Literal:
        return ", ".join(f'`"{word}"`' for word in get_args(part))
    if isinstance(part, type) and issubclass(part, BaseModel):
        return "table of keys (below)"
    known: dict[type, Callable[[Any], str]] = {
        OrTable: lambda it: f"number, *series*, or {columns_text(it.columns)}",
        OrTide: lambda _: "number, *series*, or a tide (below)",
        Columns: columns_text,
        BySubstance: lambda it: "table of substances: " + ("number or *series*" if it.varies else "number"),
        CurveKey: lambda it: f"{columns_text(it.columns)}; or `{{ scale, exponent, bed_level, max_depth }}`",
        CoversKey: lambda _: "table of shares, or of `{ above, below }`",
        SectionKey: lambda _: f"`{{ {', '.join(Trapezoid.model_fields)} }}`, or {columns_text(POINTS)}",
        Varying: lambda it: "text with units, or *series*" if it.dimension == units.RATE else "number or *series*",
        OrWord: lambda it: "number, or " + ", ".join(f'`"{word}"`' for word in it.words),
        TimeOfRun: lambda _: "time, or seconds since the start",
        Later: lambda it: "number, text with units, or *series*" if it.varies else "number or text with units",
        Scalar: lambda it: "duration" if it.dimension == units.DURATION else "number",
    }
    if type(part) in known:
        return known[type(part)](part)
    return _SIMPLE.get(getattr(part, "__name__", type(part).__name__), "")


_SIMPLE = {
    "_Assignments": "table of paths and values",
    "CoefficientsKey": "number, twelve numbers, or `{ wet, moist }`",
    "int": "whole number",
    "float": "number",
    "bool": "`true`, `false`",
    "str": "text",
}
"""What is told by the name of an annotation or type alone."""


def default_of(field: FieldInfo) -> str:
    """Return the default of a key as it would be written."""
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value == ():
        return ""
    if isinstance(value, Signal):
        return f"{value.value[0]:g}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'`"{value}"`'
    return f"{value:g}"


def range_of(field: FieldInfo) -> str:
    """Say within which bounds numbers have to lie, and how many rows a table needs."""
    found = []
    for part in annotations(field):
        if isinstance(part, (Columns, OrTable, CurveKey)):
            columns = part if isinstance(part, Columns) else part.columns
            rising = [f"`{name}` rising" for name in columns.rising]
            least = [f"`{name}` >= {low:g}" for name, low in columns.least.items()]
            rows = [f"{columns.rows} rows or more"] if isinstance(part, Columns) and columns.rows > 1 else []
            found += [*rising, *least, *rows]
        for bound, words in BOUNDS.items():
            limit = getattr(part, bound, None)
            if isinstance(limit, (int, float)):
                found.append(words.format(limit))
    return ", ".join(dict.fromkeys(found))


def key_rows(model: type[BaseModel]) -> Iterator[str]:
    """Rows of the table of a model's keys: its own, with those of a kind that it extends, then what all have."""
    kinds = set(models().values())
    parents = {
        key for parent in model.__mro__[1:] if parent not in kinds for key in getattr(parent, "model_fields", ())
    }
    shown = {name: field for name, field in model.model_fields.items() if not is_internal(field)}

    def place(name: str) -> int:
        if name in ("from_node", "to_node"):
            return 0
        return 3 if name in SAME_FOR_ALL else 2 if name in parents else 1

    for name in sorted(shown, key=place):
        field = shown[name]
        what = _as_code(field.description or "", model)
        cells = (f"`{field.alias or name}`", what, type_of(field), unit_of(field), default_of(field), range_of(field))
        yield f"| {' | '.join(cells)} |"


def _as_code(text: str, model: type[BaseModel]) -> str:
    """Set names of keys, and words in quotes, as code."""
    keys = "|".join(name for name in model.model_fields if "_" in name and name not in ("from_node", "to_node"))
    text = re.sub(r"'(\w+)'", r"`\1`", text.replace("|", "\\|"))
    text = re.sub(r"(\{ [\w, ]+ \})(?! *`)", r"`\1`", text)
    text = re.sub(r'"(\w+)"', r'`"\1"`', text)
    if not keys:
        return text
    plain = re.split(r"(`.*?`)", text)
    return "".join(part if part[:1] == "`" else re.sub(rf"\b({keys})\b", r"`\1`", part) for part in plain)


HEADER = "| key | what it is | value | units | default | allowed |\n|---|---|---|---|---|---|"


def nested(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Tables within the keys of a model: name of the key, model of its table."""
    for name, field in model.model_fields.items():
        for part in annotations(field):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield field.alias or name, part
            elif isinstance(part, OrTide):
                yield field.alias or name, TideTable


def words_of(model: type[BaseModel]) -> Iterator[str]:
    """List the words that a key takes where they are too many for its table."""
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and "enum" in extra:
            yield f'<a id="words"></a>Words of `{name}`: {", ".join(f"`{word}`" for word in extra["enum"])}.'


# ---- what the docstring says ---------------------------------------------------------------------


def sections(model: type[BaseModel]) -> dict[str, str]:
    """Split a numpydoc docstring: summary (under ""), and each section by its title."""
    lines = dedent("    " + (model.__doc__ or "")).strip().split("\n")
    found, title = {"": []}, ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.strip() and below and set(below) == {"-"}:
            title = line.strip()
            found[title] = []
        elif not (line and set(line) == {"-"}):
            found[title].append(line)
    return {name: _markdown("\n".join(body).strip()) for name, body in found.items()}


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def references(text: str) -> Iterator[str]:
    """Yield the sources of a References section, one each, which begin with a capital at the margin."""
    for entry in re.split(r"\n(?=\w[\w-]+, [A-Z]\. )", text):
        yield " ".join(entry.split())


def example_of(kind: str) -> str:
    """Return the tables of a kind in the file of examples."""
    text = EXAMPLES.read_text(encoding="utf-8")
    tables = re.split(r"^(?=\[)|^# ----.*\n", text, flags=re.MULTILINE)
    starts = (f"[{kind}.", *(f"[{other}{end}" for other in ALONG.get(kind, ()) for end in ".]"))
    return "\n\n".join(table.strip() for table in tables if table.startswith(starts))


# ---- pages ---------------------------------------------------------------------------------------


def caption(kind: str) -> str:
    """Text of a picture for those who do not see it."""
    return (
        f"Discharge of a {kind} over the stage on one side, for several stages on the other, and a map of its regimes"
    )


def page(kind: str) -> str:
    """Compose the page of a kind."""
    model = models()[kind]
    said = sections(model)
    parts = [f"# {kind}", said[""], f"```toml\n{example_of(kind)}\n```", "## Keys"]
    parts.append("\n".join([HEADER, *key_rows(model)]))
    for key, table in nested(model):
        parts += [f"Keys of `{key}`:", "\n".join([HEADER, *key_rows(table)])]
    for table, own in ALONG.get(kind, {}).items():
        parts += [f"Keys of `[{table}]`:", "\n".join([HEADER, *key_rows(own)])]
    parts += words_of(model)
    parts.append(
        'A *series* is a number, `"series.NAME"`, an inline series or a file; '
        "numbers are SI, text carries units ([the guide](../scenario.md#numbers-and-units))."
    )
    if kind in LINKS:
        moves = ", ".join(f"`{key}`" for key in LINKS[kind].moves)
        parts.append(f"A `rule`, `pid` or `schedule` can move: {moves}.")
    if "Notes" in said:
        parts += ["## Law" if kind in LINKS else "## Notes", said["Notes"]]
    if (IMAGES / f"{kind}.png").is_file():
        parts.append(f"![{caption(kind)}](../images/reference/{kind}.png)")
    if "References" in said:
        parts += ["## Source", "\n".join(f"- {entry}" for entry in references(said["References"]))]
    parts.append(f"[The guide on {kind}](../scenario.md#{kind}) · [all kinds](README.md)")
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """Compose the index of the pages."""
    parts = [
        "# Reference",
        "A page for each kind of component: its keys with units, defaults and bounds, its equation, its source, and "
        "what it looks like. They are written by `docs/make_reference.py` from the models themselves. How a scenario "
        "file is put together is in [the guide](../scenario.md). All examples stand together, as one scenario that "
        "runs, in [examples.toml](examples.toml).",
    ]
    for group in GROUPS:
        rows = ["| kind | |", "|---|---|"]
        for kind, model in models().items():
            if group_of(kind) == group:
                rows.append(
                    f"| [`{kind}`]({kind}.md) | {sections(model)[''].split(chr(10) * 2)[0].replace(chr(10), ' ')} |"
                )
        parts += [f"## {group}", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Compose all pages, by the name of their files."""
    return {"README.md": index(), **{f"{kind}.md": page(kind) for kind in models()}}


if __name__ == "__main__":
    written = pages()
    for old in REFERENCE.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    print(f"{len(written)} pages in {REFERENCE}")
