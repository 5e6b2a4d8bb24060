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
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

__all__ = ["borrowed", "cache_folder", "is_compiled", "jit", "jit_inline", "jit_inner", "jit_law"]

F = TypeVar("F", bound=Callable[..., Any])

KERNEL_ROOMS = ("_jit.py", "constants.py", "geometry", "links", "fluxes", "solver")
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
    """Compile a kernel with numba: no fast maths, cached on disk.

    Parameters
    ----------
    function : callable
        Arguments and results are scalars, C-contiguous float64 and int64 arrays, and tuples of them.

    Returns
    -------
    callable
        numba's dispatcher; ``.py_func`` is the plain Python function.
    """
    return _compile(function)


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


def borrowed(arrays: Any) -> Any:
    """Give the same arrays without a share in their ownership.

    numba counts references to every array of a tuple at every call, an atomic instruction each; with a hundred arrays
    that is most of the time of a small step. Whoever calls the compiled code holds the arrays anyway.

    Parameters
    ----------
    arrays : tuple
        Of arrays, scalars and such tuples; the caller keeps them alive while the result is in use.

    Returns
    -------
    tuple
        The same, in plain Python; without counts, in compiled code.
    """
    return arrays


@overload(borrowed)  # type: ignore[untyped-decorator, unused-ignore]
def _borrowed(arrays: Any) -> Any:  # noqa: ARG001
    def impl(arrays: Any) -> Any:
        return _without_counts(arrays)

    return impl


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _without_counts(typingctx: Any, arrays: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _strip(context, builder, signature.return_type, args[0])

    return arrays(arrays), generate


def _strip(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):  # type: ignore[attr-defined, unused-ignore]
        for i, item in enumerate(kind):
            part = _strip(context, builder, item, builder.extract_value(value, i))
            value = builder.insert_value(value, part, i)
    return value
