"""Tuples of arrays where compiled code finds them by their address, and how numba is told of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

__all__ = ["Aside", "Packed", "by_reference"]


class Aside:
    """What travels with a tuple of arrays but is not for compiled code, which sees an empty tuple in its place.

    Parameters
    ----------
    content : object
    """

    def __init__(self, content: Any) -> None:
        self.content = content


class Packed:
    """A tuple of arrays where compiled functions find it by its address.

    numba passes a tuple of arrays as seven words for each of them, at every call and through every optimisation; with a
    few hundred arrays that makes calls slow and compiling them very slow. It also counts references to each of them at
    every call. Behind an address a field costs one look, at what never changes, and the arrays are held here.

    Parameters
    ----------
    arrays : NamedTuple
        Of C-contiguous arrays of float64 and int64, floats, ints, `Aside`, and such NamedTuples. In compiled code
        its fields read as they do in Python; a field that is itself a NamedTuple is an address in turn.
    kept : object, optional
        What must live as long, because the arrays hold its address.
    """

    def __init__(self, arrays: Any, kept: object = None) -> None:
        self.arrays = arrays
        self.kept = kept
        self._numba_type_ = Reference(numba.typeof(arrays))
        self.words = np.array(list(_words(arrays)), dtype=np.int64)
        self.address = int(self.words.ctypes.data)


def by_reference(arrays: Any) -> Any:
    """Put a tuple of arrays where compiled functions can be given its address.

    Parameters
    ----------
    arrays : NamedTuple
        As of `Packed`.

    Returns
    -------
    Packed or NamedTuple
        What to pass in its place; without compiled code the tuple itself.
    """
    return arrays if numba.config.DISABLE_JIT else Packed(arrays)


def _words(value: Any) -> Iterator[int]:
    """The words of a value as numba lays it out: of an array two that count its holders, then sizes and place."""
    if isinstance(value, tuple):
        for field in value:
            yield from _words(field)
    elif isinstance(value, np.ndarray):
        yield from (0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides)
    elif isinstance(value, float):
        yield int(np.float64(value).view(np.int64))
    elif isinstance(value, int | np.int64) and not isinstance(value, bool):
        yield int(value)
    elif not isinstance(value, Aside):
        raise TypeError(f"compiled code takes arrays, floats and ints; got {value!r}")


@typeof_impl.register(Aside)  # type: ignore[untyped-decorator, unused-ignore]
def _nothing(value: Aside, context: Any) -> Any:  # noqa: ARG001
    return types.Tuple(())  # type: ignore[attr-defined, unused-ignore]


class Reference(types.Type):  # type: ignore[misc, unused-ignore]
    """The type of what `Packed` holds."""

    def __init__(self, target: Any) -> None:
        self.target = target
        # It ends up in the name of every function that is given one, and whole it has ten thousand letters.
        kind = target.instance_class
        words = f"{kind.__module__}.{kind.__qualname__}{kind._fields}{target}"
        digest = hashlib.sha256(words.encode()).hexdigest()[:16]
        super().__init__(name=f"Reference({kind.__name__}_{digest})")


@register_model(Reference)
class _ReferenceModel(models.PrimitiveModel):  # type: ignore[misc, unused-ignore]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, manager[kind.target].get_value_type().as_pointer())


@unbox(Reference)  # type: ignore[untyped-decorator, unused-ignore]
def _take_address(kind: Any, value: Any, c: Any) -> Any:
    number = c.pyapi.object_getattr_string(value, "address")
    address = c.pyapi.long_as_voidptr(number)
    c.pyapi.decref(number)
    return NativeValue(c.builder.bitcast(address, c.context.get_value_type(kind)))


@infer_getattr
class _ReferenceAttributes(AttributeTemplate):  # type: ignore[misc, unused-ignore]
    key = Reference

    def generic_resolve(self, kind: Any, name: str) -> Any:
        if name not in kind.target.fields:
            return None
        field = kind.target.types[kind.target.fields.index(name)]
        return Reference(field) if isinstance(field, types.BaseNamedTuple) else field  # type: ignore[attr-defined, unused-ignore]


@lower_getattr_generic(Reference)  # type: ignore[untyped-decorator, unused-ignore]
def _look_up(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    i = kind.target.fields.index(name)
    field = kind.target.types[i]
    place = cgutils.gep_inbounds(builder, value, 0, i)
    if isinstance(field, types.BaseNamedTuple):  # type: ignore[attr-defined, unused-ignore]
        return place
    return _load(context, builder, field, place)


def _load(context: Any, builder: Any, kind: Any, place: Any) -> Any:
    """Load a field that does not change; of arrays without the count of who holds them."""
    if isinstance(kind, types.BaseTuple):  # type: ignore[attr-defined, unused-ignore]
        value = context.get_constant_undef(kind)
        for i, item in enumerate(kind):
            part = _load(context, builder, item, cgutils.gep_inbounds(builder, place, 0, i))
            value = builder.insert_value(value, part, i)
        return value
    if not isinstance(kind, types.Array):
        return _load_word(builder, place)
    array = context.make_array(kind)(context, builder)
    for name in ("nitems", "itemsize", "data"):
        setattr(array, name, _load_word(builder, cgutils.gep_inbounds(builder, place, 0, _WORDS.index(name))))
    for name in ("shape", "strides"):
        block = cgutils.gep_inbounds(builder, place, 0, _WORDS.index(name))
        words = [_load_word(builder, cgutils.gep_inbounds(builder, block, 0, axis)) for axis in range(kind.ndim)]
        setattr(array, name, cgutils.pack_array(builder, words))
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()


_WORDS = ("meminfo", "parent", "nitems", "itemsize", "data", "shape", "strides")
"""What numba's array consists of, in order."""


def _load_word(builder: Any, place: Any) -> Any:
    word = builder.load(place)
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word
