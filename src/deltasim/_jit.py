"""The ways to compile, `jit` and its like and `kernel_address`, and where compiled code is kept.

numba notices an edited file, not an edited callee in another file: the caller's cached code stays as it was.
So the cache folder carries a hash of every source that can end up in a kernel, and an edit anywhere among them
starts a fresh folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba import _dynfunc
from numba.core import cgutils, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.extending import intrinsic, overload

from deltasim._garbage import undisturbed

__all__ = [
    "apart",
    "cache_folder",
    "call",
    "is_compiled",
    "jit",
    "jit_inline",
    "jit_inner",
    "jit_lanes",
    "jit_law",
    "kernel_address",
]

F = TypeVar("F", bound=Callable[..., Any])

_LOCK = threading.RLock()
"""Held while numba compiles by our settings, for some of them are those of the process."""

KERNEL_ROOMS = ("_jit.py", "_packed.py", "constants.py", "geometry", "links", "fluxes", "control/program.py", "solver")
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
        Arguments and results are scalars, C-contiguous float64 and int64 arrays, tuples of them, and `Packed`.

    Returns
    -------
    callable
        numba's dispatcher; ``.py_func`` is the plain Python function.
    """
    return _compile(function, nogil=True, no_cfunc_wrapper=True)


def jit_inner(function: F) -> F:
    """Compile a kernel that only other kernels call.

    It is optimised and made machine code as part of whoever calls it; by itself it would be done once more for
    nothing, at every level of calls.

    Parameters
    ----------
    function : callable
        As for `jit`.

    Returns
    -------
    callable
        numba's dispatcher, for use in kernels; ``.py_func`` is the plain Python function.
    """
    return _compile_part(function)


def jit_inline(function: F) -> F:
    """Compile a kernel into whoever calls it: for what is called once, or for each node.

    Where so little is done, a call can cost more than it does.

    Parameters
    ----------
    function : callable
        As for `jit`.

    Returns
    -------
    callable
        numba's dispatcher, for use in kernels; ``.py_func`` is the plain Python function.
    """
    return _compile_part(function, forceinline=True)


def jit_lanes(function: F) -> F:
    """Compile a loop over elements of arrays into whoever calls it; of what it writes nothing may be reached otherwise.

    As of a `restrict` in C, the compiler takes that on trust. It need not ask before each loop whether any two arrays
    overlap, where several elements at a time would not do; for twenty arrays that takes as long as a hundred elements.

    Parameters
    ----------
    function : callable
        As for `jit`. Each array that it writes is an argument, written and read through that alone; what it only reads
        may be an argument or a field of one, and may overlap.

    Returns
    -------
    callable
        numba's dispatcher, for use in kernels; ``.py_func`` is the plain Python function.
    """
    return _compile_part(function, _LaneCompiler, forceinline=True)


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
    return _compile(function, forceinline=True, no_cfunc_wrapper=True)


@contextlib.contextmanager
def _caching_in(folder: Path | None) -> Iterator[None]:
    """The folder is chosen when a decorator runs; other packages in the process keep theirs."""
    with _LOCK:
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(folder) if folder else before
        try:
            yield
        finally:
            numba.config.CACHE_DIR = before


def _compile(function: F, **options: bool) -> F:
    folder = _writable_cache()
    with _caching_in(folder):
        return numba.njit(cache=folder is not None, error_model="numpy", **options)(function)  # type: ignore[no-any-return]


def _compile_part(function: F, compiler: type[Compiler] | None = None, **options: bool) -> F:
    """No cache: what is in it is in the cache of the kernel that it ends up in, and nobody loads it by itself."""
    return numba.njit(  # type: ignore[no-any-return]
        pipeline_class=compiler or _PartCompiler,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        **options,
    )(function)


class _PartCompiler(Compiler):  # type: ignore[misc, unused-ignore]
    """numba's compiler as far as the code that callers take in."""

    def define_pipelines(self) -> Any:
        state = self.state
        state.library = _Part(state.targetctx.codegen(), state.func_id.func_qualname)
        state.targetctx.get_executable = _without_machine_code  # of a copy that belongs to this function
        return super().define_pipelines()


class _LaneCompiler(_PartCompiler):
    """The same, of functions that reach what they write through one argument alone."""

    def define_pipelines(self) -> Any:
        self.state.flags.noalias = True
        return super().define_pipelines()


class _Part(JITCodeLibrary):  # type: ignore[misc, unused-ignore]
    """Code that is linked into that of its callers, and optimised there."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


def _without_machine_code(library: Any, fndesc: Any, env: Any) -> Any:
    """What numba knows the function by among kernels; there is nothing behind it that Python could call."""
    name = fndesc.qualname.split(".")[-1]
    return _dynfunc.make_function(fndesc.lookup_module(), name, "", 0, env, (library,))


_KERNELS: dict[tuple[Any, ...], Any] = {}


def kernel_address(function: Callable[..., int], *arguments: Any) -> int:
    """Compile a kernel by itself, or load it, for `call` to reach it by its address.

    What the compiled loop calls so is no part of it: it is compiled where a network needs it, and only then.

    Parameters
    ----------
    function : callable
        Not decorated; it returns an int, which nothing looks at.
    arguments : object
        Of the types that it will be given.

    Returns
    -------
    int
        Valid as long as the process lives.
    """
    signature = types.int64(*(numba.typeof(argument) for argument in arguments))
    key = (function, signature)
    with _LOCK:
        if key not in _KERNELS:
            folder = _writable_cache()
            if folder is not None:
                # A folder of its own: two processes that fill one index can mix up what belongs to which signature.
                folder /= hashlib.sha256(f"{function.__qualname__}{signature}".encode()).hexdigest()[:16]
            with _caching_in(folder), undisturbed():
                _KERNELS[key] = numba.cfunc(signature, cache=folder is not None, error_model="numpy")(function)
        return int(_KERNELS[key].address)


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def call(typing: Any, address: Any, *given: Any) -> Any:  # noqa: ARG001
    """Call the kernel at an address; where it takes a `Packed`, the address of one will do.

    Nothing checks that the arguments are of the types for which `kernel_address` compiled it, and an exception in it
    does not come through: numba prints it and goes on.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        words = cgutils.unpack_tuple(builder, args[1])
        kind = ir.FunctionType(ir.IntType(64), [word.type for word in words])
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), words)

    return types.int64(address, types.StarArgTuple.from_types(given)), generate  # type: ignore[attr-defined, unused-ignore]


def apart(place: int) -> Callable[[F], F]:
    """Decorate a kernel that is compiled by itself; its first two arguments are a problem and its state.

    What is compiled into its caller is optimised again with it, and with the caller's caller: of large pieces that is
    most of the time that compiling takes.

    Parameters
    ----------
    place : int
        Where ``problem.apart`` has its address for the compiled loop.

    Returns
    -------
    callable
        Leaves the function, of two or four arguments, as it is; it returns an int.
    """

    def decorate(function: F) -> F:
        def of_two(problem: Any, work: Any) -> Any:
            return call(problem.apart[place], problem, work)

        def of_four(problem: Any, work: Any, first: Any, second: Any) -> Any:
            return call(problem.apart[place], problem, work, first, second)

        def choose_two(problem: Any, work: Any) -> Any:  # noqa: ARG001
            return of_two

        def choose_four(problem: Any, work: Any, first: Any, second: Any) -> Any:  # noqa: ARG001
            return of_four

        choose = {2: choose_two, 4: choose_four}[function.__code__.co_argcount]
        overload(function, jit_options={"error_model": "numpy"})(choose)
        return function

    return decorate
