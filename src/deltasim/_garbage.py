"""When Python looks for garbage: not while a program is being put together of parts that stay."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

__all__ = ["settling", "undisturbed"]


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Look for no garbage meanwhile: compiling makes a million small objects that stay, and takes a sixth less so."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextlib.contextmanager
def settling() -> Iterator[None]:
    """Look for no garbage meanwhile, nor ever among what there is by then.

    It is for a process of our own: modules and compiled code stay until its end, and to go through them again and again
    takes a quarter of a short run.
    """
    with undisturbed():
        try:
            yield
        finally:
            gc.freeze()
