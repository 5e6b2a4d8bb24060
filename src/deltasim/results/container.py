"""A NetCDF-4 file that has its name only when it is whole.

The one writer of result files: the sink streams into it, and `deltasim.write` too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import netCDF4
import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltasim.errors import ResultError
from deltasim.results.frame import Attribute
from deltasim.results.layout import Field
from deltasim.results.whole import explained, flush_to_disk, part_of

__all__ = ["ResultFile"]

_CHUNK: Final = 131_072
"""Values in a chunk of the file, 1 MiB of float64: little to read for one time, little to hold in memory."""


class ResultFile:
    """Writes fields under a temporary name, ``NAME.PID-NUMBER.part``.

    Parameters
    ----------
    path : path-like
        The file that is to be; only its folder is touched before `commit`.
    n_time : int
        How many output times to expect; decides the shape of chunks, nothing else.
    compressed : bool
        Whether to deflate what has dimensions.

    Raises
    ------
    ResultError
        Where no file can be made there.
    """

    def __init__(self, path: Path, n_time: int, *, compressed: bool = True) -> None:
        self._path = path
        self._n_time = max(n_time, 1)
        self._compressed = compressed
        self._written = 0
        self._open = True
        self._part = part_of(path)
        with explained(path):
            self._dataset = netCDF4.Dataset(os.fspath(self._part), "w", format="NETCDF4")

    @property
    def is_open(self) -> bool:
        """Whether it can still be written: neither committed nor discarded, and no writing has failed."""
        return self._open

    def set_attributes(self, attributes: Mapping[str, Attribute]) -> None:
        """Set global attributes.

        Parameters
        ----------
        attributes : mapping of str to Attribute
            Replace those of the same name.
        """
        with self._writing():
            self._dataset.setncatts(dict(attributes))

    def add_dimension(self, name: str, size: int | None, group: str = "") -> None:
        """Make a dimension.

        Parameters
        ----------
        name : str
            Its name.
        size : int or None
            None, and 0 too, for one that can grow.
        group : str
            Name of the group, empty for the root.
        """
        with self._writing():
            self._group(group).createDimension(name, size)

    def add(self, field: Field, values: NDArray[Any] | None = None, group: str = "") -> None:
        """Make a variable, and the dimensions that it needs.

        Parameters
        ----------
        field : Field
            What it is.
        values : ndarray or None
            None for one that `extend` will fill.
        group : str
            Name of the group, empty for the root.
        """
        with self._writing():
            target = self._group(group)
            if values is not None:
                for name, size in zip(field.dims, values.shape, strict=True):
                    if not self._has_dimension(target, name):
                        target.createDimension(name, size)
            variable = self._create(target, field)
            variable.setncatts(dict(field.attributes))
            if values is not None:
                variable[...] = values

    def extend(self, values: Mapping[str, ArrayLike]) -> None:
        """Write values at the times that follow.

        Parameters
        ----------
        values : mapping of str to array_like, shape (k, ...)
            All with time first, all equally long.
        """
        blocks = {name: np.asarray(block) for name, block in values.items()}
        length = max((len(block) for block in blocks.values()), default=0)
        for name, block in blocks.items():
            shape = (length, *self._dataset.variables[name].shape[1:])
            if block.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, got {block.shape}")
        with self._writing():
            for name, block in blocks.items():
                self._dataset.variables[name][self._written : self._written + length] = block
        self._written += length

    def commit(self, target: Path) -> None:
        """Close the file and give it its name, replacing what was there.

        Parameters
        ----------
        target : Path
            In the same folder.
        """
        with self._writing():
            self._dataset.close()
            self._open = False
            flush_to_disk(self._part)
            self._part.replace(target)

    def discard(self) -> None:
        """Remove what was written, unless it was committed. Never raises: it runs when something has."""
        if self._open:
            self._open = False
            # What could not be written cannot be closed either: the library gives up its memory at exit.
            with suppress(OSError, RuntimeError):
                self._dataset.close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _create(self, target: netCDF4.Dataset, field: Field) -> netCDF4.Variable[Any]:
        if field.text:
            return target.createVariable(field.name, str, field.dims)
        if not field.dims:
            return target.createVariable(field.name, field.dtype)
        chunks = self._chunks(target, field)
        variable: netCDF4.Variable[Any] = target.createVariable(
            field.name,
            field.dtype,
            field.dims,
            compression="zlib" if self._compressed else None,
            complevel=1,
            shuffle=True,
            chunksizes=chunks,
            fill_value=np.nan if field.fill else None,
        )
        if "time" in field.dims:
            # Just enough for the chunk being filled: memory must not grow with the number of variables.
            variable.set_var_chunk_cache(size=2 * 8 * int(np.prod(chunks)))
        return variable

    def _chunks(self, target: netCDF4.Dataset, field: Field) -> tuple[int, ...]:
        """All nodes of as many times as make a chunk; part of the nodes where one time is more than that."""
        left = _CHUNK
        chunks = []
        for name in reversed(field.dims):
            size = self._n_time if name == "time" else len(self._dimension(target, name))
            chunks.append(max(1, min(size, left)))
            left = max(1, left // chunks[-1])
        return tuple(reversed(chunks))

    def _dimension(self, target: netCDF4.Dataset, name: str) -> netCDF4.Dimension:
        return target.dimensions[name] if name in target.dimensions else self._dataset.dimensions[name]

    def _has_dimension(self, target: netCDF4.Dataset, name: str) -> bool:
        return name in target.dimensions or name in self._dataset.dimensions

    def _group(self, name: str) -> netCDF4.Dataset:
        if not name:
            return self._dataset
        group: netCDF4.Dataset = self._dataset.createGroup(name)
        return group

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Give up for good when something cannot be written."""
        try:
            with explained(self._path):
                yield
        except ResultError:
            self.discard()
            raise
