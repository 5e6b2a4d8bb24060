"""What is wrong inside one component, before it is known on which line of which file that stands.

Validators raise `FieldError` or `FieldErrors`; `explain` turns pydantic's own errors into the same form and
into plain words. `deltasim.scenario` adds file, line and path and makes them `Problem`.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from deltasim.errors import Problem
from deltasim.units import NUMBER, Dimension, quote

__all__ = [
    "Fault",
    "FieldError",
    "FieldErrors",
    "did_you_mean",
    "explain",
    "field_dimension",
    "keys_of",
    "limited",
    "listed",
    "parts_of",
]

MOST_OF_A_KIND = 10


class FieldError(ValueError):
    """One thing wrong with a value.

    Parameters
    ----------
    message : str
        What was expected, what was got, what to do.
    *keys : str or int
        Where, below the value being validated: ``"time", 3`` is the fourth entry of its key ``time``.
    absolute : bool
        Whether `keys` start at the top of the scenario file instead.
    """

    def __init__(self, message: str, *keys: str | int, absolute: bool = False) -> None:
        self.message = message
        self.keys = keys
        self.absolute = absolute
        super().__init__(message)

    def below(self, *keys: str | int) -> FieldError:
        """Return this error seen from further up, where the value is called `keys`."""
        return self if self.absolute else FieldError(self.message, *keys, *self.keys)


Fault = FieldError | Problem


class FieldErrors(ValueError):  # noqa: N818 - plural, for it carries several
    """Several things wrong with a value, some perhaps in a data file that it names."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))


def listed(words: Iterable[str], last: str = "or") -> str:
    """Join words for a sentence: ``"a", "b" or "c"``."""
    quoted = [f'"{word}"' for word in words]
    return f" {last} ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "..."?`` where a known word is close to `word`, else nothing."""
    by_fold: dict[str, str] = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f'; did you mean "{by_fold[close[0]]}"?' if close else ""


def limited(faults: Sequence[Fault]) -> list[Fault]:
    """Keep the first faults of one sort and count the others, at the place of the last one kept."""
    kept = list(faults[:MOST_OF_A_KIND])
    if len(faults) <= MOST_OF_A_KIND:
        return kept
    words = f"... and {len(faults) - MOST_OF_A_KIND} more like these"
    last = kept[-1]
    if isinstance(last, Problem):
        return [*kept, Problem(words, last.file)]
    return [*kept, FieldError(words, *last.keys[:-1], absolute=last.absolute)]


def explain(error: ValidationError, model: type[BaseModel]) -> Iterator[Fault]:
    """Say in plain words what pydantic found.

    Parameters
    ----------
    error : pydantic.ValidationError
        Raised by validating `model`.
    model : type of BaseModel
        Known for the keys it takes and the dimensions of its quantities.

    Yields
    ------
    FieldError or Problem
    """
    for detail in error.errors(include_url=False):
        loc, context = detail["loc"], detail.get("ctx", {})
        cause = context.get("error")
        if isinstance(cause, FieldErrors):
            yield from (fault.below(*loc) if isinstance(fault, FieldError) else fault for fault in cause.faults)
        elif isinstance(cause, FieldError):
            yield cause.below(*loc)
        elif detail["type"] == "missing":
            key = str(loc[-1])
            what = _expected(_field_at(model, loc))
            yield FieldError(f'"{key}" is missing' + (f": {what}" if what else ""), *loc[:-1])
        elif detail["type"] == "extra_forbidden":
            owner = _model_at(model, loc[:-1])
            known = keys_of(owner) if owner else ()
            hint = did_you_mean(str(loc[-1]), known) or (f"; the keys here are {', '.join(known)}" if known else "")
            yield FieldError("unknown key" + hint, *loc)
        else:
            yield FieldError(
                _sentence(detail["type"], context, detail["input"], detail["msg"], _field_at(model, loc)), *loc
            )


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """List the keys that a model takes in the scenario file."""
    return tuple(field.alias or name for name, field in model.model_fields.items() if not is_internal(field))


def is_internal(field: FieldInfo) -> bool:
    """Tell a field that the loader sets, which is no key of the scenario file."""
    return isinstance(field.json_schema_extra, dict) and bool(field.json_schema_extra.get("x-internal"))


BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}
EXPECTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "none_required": "nothing",
}


def _sentence(kind: str, context: Mapping[str, Any], got: object, message: str, field: FieldInfo | None) -> str:
    """Word one of pydantic's errors."""
    if kind in BOUNDS:
        word, key = BOUNDS[kind]
        dimension = field_dimension(field)
        noun = dimension.noun if dimension else "a number"
        units = f" {dimension.units}" if dimension and dimension != NUMBER else ""
        return f"expected {noun} {word} {context[key]:g}{units}, got {quote(got)}"
    if kind in ("literal_error", "enum"):
        choices = [str(choice) for choice in _literals(field)]
        expected = listed(choices) if choices else str(context.get("expected", ""))
        return f"expected {expected}, got {quote(got)}" + (did_you_mean(got, choices) if isinstance(got, str) else "")
    if kind in EXPECTED:
        return f"expected {EXPECTED[kind]}, got {quote(got)}"
    if kind == "value_error":
        return str(context["error"])
    return f"{message[:1].lower()}{message[1:]}, got {quote(got)}"


def _expected(field: FieldInfo | None) -> str:
    """Say what a missing key takes: its dimension, its choices or its description."""
    dimension = field_dimension(field)
    if dimension is not None:
        return str(dimension)
    choices = [str(choice) for choice in _literals(field)]
    if choices:
        return listed(choices)
    words = (field.description or "").rstrip(".") if field is not None else ""
    return words[:1].lower() + words[1:]


def parts_of(annotation: object) -> Iterator[object]:
    """Walk through unions and ``Annotated`` down to the types and their annotations."""
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *metadata = get_args(annotation)
        yield from metadata
        yield from parts_of(base)
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from parts_of(part)
    else:
        yield annotation


def field_dimension(field: FieldInfo | None) -> Dimension | None:
    """Find what the quantity of a field measures; None where it is no quantity."""
    if field is None:
        return None
    for part in (*field.metadata, *parts_of(field.annotation)):
        dimension = getattr(part, "dimension", None)
        if isinstance(dimension, Dimension):
            return dimension
    return None


def _literals(field: FieldInfo | None) -> tuple[object, ...]:
    if field is None:
        return ()
    from typing import Literal  # noqa: PLC0415

    for part in parts_of(field.annotation):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()


def _field_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> FieldInfo | None:
    owner = _model_at(model, loc[:-1])
    if owner is None or not loc:
        return None
    return next((field for name, field in owner.model_fields.items() if (field.alias or name) == loc[-1]), None)


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    found: type[BaseModel] | None = model
    for depth in range(len(loc)):
        field = _field_at(model, loc[: depth + 1]) if found is not None else None
        if field is None:
            return None
        found = next(
            (part for part in parts_of(field.annotation) if isinstance(part, type) and issubclass(part, BaseModel)),
            None,
        )
    return found
