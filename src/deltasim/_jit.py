"""The one way to compile: the decorator `jit`, and where compiled code is kept.

numba notices an edited file, not an edited callee in another file: the caller's cached code stays as it was.
So the cache folder carries a hash of every source that can end up in a kernel, and an edit anywhere among them
starts a fresh folder.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, lower_getattr_generic, models, overload, register_model

__all__ = ["by_reference", "cache_folder", "is_compiled", "jit", "jit_inline", "jit_inner", "jit_law"]

F = TypeVar("F", bound=Callable[..., Any])

KERNEL_ROOMS = ("_jit.py", "constants.py", "geometry", "links", "fluxes", "control/program.py", "solver")
"""Files and folders of this package whose source can end up in a kernel."""


def _user_cache() -> Path:
    if chosen := os.environ.get("DELTASIM_CACHE_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "deltasim" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "deltasim"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deltasim"


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """Folder of the compiled code that belongs to exactly these sources.

    Returns
    -------
    Path
        ``$DELTASIM_CACHE_DIR``, or the user's cache folder, with a hash of the sources and of numba's version below
        it. The folder need not exist.
    """
    package = Path(__file__).parent
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:2]}".encode())
    for room in KERNEL_ROOMS:
        place = package / room
        for source in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(source.read_bytes())
    return _user_cache() / digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _writable_cache() -> Path | None:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def is_compiled() -> bool:
    """Tell whether the solver's loop is in the cache, so that a run starts at once.

    Returns
    -------
    bool
    """
    return next(cache_folder().rglob("*advance*.nbi"), None) is not None


def jit(function: F) -> F:
    """Compile a kernel with numba: no fast maths, cached on disk, other threads at work while it runs.

    Parameters
    ----------
    function : callable
        Arguments and results are scalars, C-contiguous float64 and int64 arrays, and tuples of them.

    Returns
    -------
    callable
        numba's dispatcher; ``.py_func`` is the plain Python function.
    """
    return _compile(function, nogil=True)


def jit_inner(function: F) -> F:
    """Compile a kernel that only other kernels call.

    Unpacking a whole `Problem` from Python is code, most of it, and takes seconds to compile for each function; what
    Python never calls goes without.

    Parameters
    ----------
    function : callable
        As for `jit`.

    Returns
    -------
    callable
        numba's dispatcher, for use in kernels; ``.py_func`` is the plain Python function.
    """
    return _compile(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def jit_inline(function: F) -> F:
    """Compile a kernel into whoever calls it: for what is called once, or for each node.

    A tuple of arrays is passed as hundreds of words, so a call that is not inlined can cost more than it does.

    Parameters
    ----------
    function : callable
        As for `jit`.

    Returns
    -------
    callable
        numba's dispatcher, for use in kernels; ``.py_func`` is the plain Python function.
    """
    return _compile(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)


def jit_law(function: F) -> F:
    """Compile a law into the loop over its links, whatever its size; it can be called from Python as well.

    A call would pass the law's arrays word by word, which for the larger laws takes longer than they do.

    Parameters
    ----------
    function : callable
        As for `jit`.

    Returns
    -------
    callable
        numba's dispatcher; ``.py_func`` is the plain Python function.
    """
    return _compile(function, forceinline=True)


def _compile(function: F, **options: bool) -> F:
    folder = _writable_cache()
    before = numba.config.CACHE_DIR
    # The folder is chosen when the decorator runs; other packages in the process keep theirs.
    numba.config.CACHE_DIR = str(folder) if folder else before
    try:
        compiled = numba.njit(cache=folder is not None, error_model="numpy", **options)(function)
    finally:
        numba.config.CACHE_DIR = before
    return compiled  # type: ignore[no-any-return]


def by_reference(arrays: Any) -> Any:
    """Put a tuple of arrays where compiled functions can be given its address.

    numba passes a tuple of arrays as seven words for each of them, at every call and through every optimisation; with a
    few hundred arrays that makes calls slow and compiling them very slow. It also counts references to each of them at
    every call. Behind an address a field costs one look, at what never changes while it can be seen, and whoever calls
    the compiled code holds the arrays anyway.

    The function that asks must pass the address on and do nothing else with it: numba inlines this one into it, and
    then takes stores into arrays behind an address that it knows nothing of for dead, and leaves them out.

    Parameters
    ----------
    arrays : NamedTuple
        Of arrays, scalars, tuples and such NamedTuples; the caller keeps them alive while the result is in use.

    Returns
    -------
    NamedTuple
        The same, in plain Python; in compiled code an address whose fields read as those of the tuple do. A field that
        is itself a NamedTuple is an address in turn.
    """
    return arrays


class Reference(types.Type):  # type: ignore[misc, unused-ignore]
    """The type of what `by_reference` gives."""

    def __init__(self, target: Any) -> None:
        self.target = target
        super().__init__(name=f"Reference({target})")


@register_model(Reference)
class _ReferenceModel(models.PrimitiveModel):  # type: ignore[misc, unused-ignore]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, manager[kind.target].get_value_type().as_pointer())


# Inlined before it is compiled: the tuple must lie in the frame of whoever asked.
@overload(by_reference, inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def _by_reference(arrays: Any) -> Any:  # noqa: ARG001
    def impl(arrays: Any) -> Any:
        return _take_address(arrays)

    return impl


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _take_address(typingctx: Any, arrays: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = cgutils.alloca_once(builder, args[0].type)
        _store(context, builder, signature.args[0], args[0], place)
        # What is loaded through the address is promised not to change, which is true only after this point: let nothing
        # know where the address comes from.
        kind = ir.FunctionType(place.type, [place.type])
        return builder.asm(kind, "", "=r,0,~{memory}", [place], side_effect=True)

    return Reference(arrays)(arrays), generate


def _store(context: Any, builder: Any, kind: Any, value: Any, place: Any) -> None:
    """Store a tuple field by field: one store of a thousand words takes the compiler far longer."""
    if isinstance(kind, types.BaseTuple):  # type: ignore[attr-defined, unused-ignore]
        for i, item in enumerate(kind):
            part = cgutils.gep_inbounds(builder, place, 0, i)
            _store(context, builder, item, builder.extract_value(value, i), part)
    else:
        builder.store(value, place)


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
