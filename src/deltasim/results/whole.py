"""Files that have their names only when they are whole."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deltasim.errors import ResultError

__all__ = ["explained", "flush_to_disk", "part_of", "target_of", "whole"]

_number = itertools.count(1)


def target_of(path: str | os.PathLike[str]) -> Path:
    """Where the bytes of a file go.

    Parameters
    ----------
    path : str or path-like
        As the user gave it.

    Returns
    -------
    Path
        What a symbolic link points to: renaming onto the link would replace the link.
    """
    return Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)


def part_of(path: Path) -> Path:
    """The temporary name, ``NAME.PID-NUMBER.part`` in the same folder, of a file that is to be.

    Parameters
    ----------
    path : Path
        The file that is to be.

    Raises
    ------
    ResultError
        Where no file can be made there.
    """
    if not path.parent.is_dir():
        raise ResultError(f"cannot write {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise ResultError(f"cannot write {path}: it is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise ResultError(f"cannot write {path}: it is a device, and would be replaced by a file")
    return path.with_name(f"{path.name}.{os.getpid()}-{next(_number)}.part")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say which file could not be written, in place of the library's bare number.

    Parameters
    ----------
    path : Path
        As the user knows it.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ResultError(f"cannot write {path}: {reason}") from error


def flush_to_disk(path: Path) -> None:
    """Have the content on the disk before the name: a power cut must not leave an empty file under it.

    Parameters
    ----------
    path : Path
        Closed.
    """
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def whole(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
    """Write files that get their names together, when all are whole; none of them where an exception comes first.

    Parameters
    ----------
    *paths : str or path-like
        Replaced at the end.

    Yields
    ------
    list of Path
        The temporary names to write to, in the order of `paths`.

    Raises
    ------
    ResultError
        Where one cannot be made or named.
    """
    targets = [target_of(path) for path in paths]
    parts = [part_of(target) for target in targets]
    try:
        yield parts
        for part, target in zip(parts, targets, strict=True):
            with explained(target):
                flush_to_disk(part)
        for part, target in zip(parts, targets, strict=True):
            with explained(target):
                part.replace(target)
    finally:
        for part in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)
