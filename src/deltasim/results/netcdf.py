"""Result files: streamed while the run goes on, whole or not there, and read back for another run.

No xarray here: its import takes longer than most runs.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import netCDF4
import numpy as np
from numpy.typing import NDArray

from deltasim.errors import DeltasimError, ResultError
from deltasim.results.attributes import closing_attributes, global_attributes
from deltasim.results.container import ResultFile
from deltasim.results.frame import Chunk, Frame, State, Summary
from deltasim.results.layout import (
    BOUND,
    Field,
    check_names,
    coordinate_fields,
    field_of,
    time_attributes,
    time_bounds,
    time_fields,
    time_units,
    variable_fields,
)
from deltasim.results.whole import target_of
from deltasim.variables import STATE, mass_in_state

__all__ = [
    "NetcdfSink",
    "read_files",
    "read_raw_state",
    "read_scenario",
    "write_files",
    "write_state",
]

# Both in one group of the root: compliance-checker 6.1 crashes on a file with two groups there.
_FORCING: Final = "run/forcing"
_STATE: Final = "run/state"
_MEDIA: Final = {".csv": "text/csv", ".toml": "application/toml", ".nc": "application/netcdf"}


class NetcdfSink:
    """Streams a result into a NetCDF file.

    The file is written under a temporary name beside `path` and renamed when it is whole, so that `path`
    never holds half a result and an older one stays until then. As a context manager it also tidies up after
    an exception: what was computed is kept in `failed_path`.

    Parameters
    ----------
    path : str or path-like
        The file to make.
    float32 : bool
        Store what depends on time in half the space; times and summaries stay in double precision.
    compressed : bool
        Compressing takes most of the time of writing.
    """

    def __init__(self, path: str | os.PathLike[str], *, float32: bool = False, compressed: bool = True) -> None:
        self.path = target_of(path)
        self.float32 = float32
        self.compressed = compressed
        self._frame: Frame | None = None
        self._file: ResultFile | None = None
        self._fields: dict[str, Field] = {}
        self._last: float | None = None

    @property
    def failed_path(self) -> Path:
        """Where a failed run leaves what it has: ``NAME.failed.nc``."""
        stem = self.path.stem if self.path.suffix == ".nc" else self.path.name
        return self.path.with_name(f"{stem}.failed.nc")

    def begin(self, frame: Frame) -> None:
        """Make the file and write what does not depend on the run.

        Raises
        ------
        ResultError
            Where the file cannot be made.
        """
        self._fields = variable_fields(frame, float32=self.float32)
        file = self._file = ResultFile(self.path, frame.n_time, compressed=self.compressed)
        self._frame = frame
        try:
            self._prepare(frame, file)
        except BaseException:
            file.discard()
            self._file = None
            raise

    def _prepare(self, frame: Frame, file: ResultFile) -> None:
        """Write what is known before the run."""
        file.set_attributes(global_attributes(frame))
        sizes = {"time": None, "node": len(frame.node_name), "link": len(frame.link_name)}
        for name, size in (sizes | ({"source": len(frame.source_name)} if frame.source_name else {})).items():
            file.add_dimension(name, size)
        file.add_dimension(BOUND, 2)
        for field in time_fields(frame):
            file.add(field)
        for field, values in coordinate_fields(frame):
            file.add(field, values)
        for field in self._fields.values():
            if "time" in field.dims:
                file.add(field)
        write_files(file, frame.files)

    def append(self, chunk: Chunk) -> None:
        """Write the values at some more output times.

        Raises
        ------
        ResultError
            Where the file cannot be written (a full disk).
        """
        frame, file = self._open()
        check_names(frame, chunk.data, streamed=True)
        if not len(chunk.time):
            return
        bounds = time_bounds(chunk.time, self._last)
        file.extend({"time": chunk.time, "time_bounds": bounds, **chunk.data})
        self._last = float(chunk.time[-1])

    def finish(self, summary: Summary, state: State) -> None:
        """Write the rest and give the file its name.

        Raises
        ------
        ResultError
            Where the file cannot be written or renamed.
        """
        frame, file = self._open()
        check_names(frame, summary.data, streamed=False)
        self._close(file, summary)
        write_state(file, state, self._last or 0.0, time_units(frame.start))
        file.commit(self.path)
        self._file = None

    def fail(self, reason: str, summary: Summary | None = None) -> None:
        """Keep what was computed in `failed_path`, with the reason in its attribute ``run_failed``."""
        if self._file is None:
            return
        file = self._file
        try:
            if self._last is None or not file.is_open:
                return
            self._close(file, summary, reason)
            file.commit(self.failed_path)
        finally:
            file.discard()
            self._file = None

    def _close(self, file: ResultFile, summary: Summary | None, failure: str | None = None) -> None:
        """Write what only the end of a run knows."""
        frame, _ = self._open()
        for name, values in (summary.data if summary is not None else {}).items():
            file.add(self._fields[name], np.asarray(values))
        file.set_attributes(closing_attributes(frame, summary, self._last or 0.0, failure))

    def _open(self) -> tuple[Frame, ResultFile]:
        if self._frame is None or self._file is None:
            raise ValueError("the sink is not between begin and finish")
        return self._frame, self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        if error is None or isinstance(error, KeyboardInterrupt):
            reason = "interrupted"
        elif isinstance(error, DeltasimError):
            reason = str(error)
        else:
            reason = f"{type(error).__name__}: {error}"
        self.fail(reason)


def write_files(file: ResultFile, files: Mapping[str, bytes]) -> None:
    """Write the group ``run/forcing``: every data file as it was, byte for byte.

    Parameters
    ----------
    file : ResultFile
        Where to.
    files : mapping of str to bytes
        By the path used in the scenario.
    """
    for number, (path, content) in enumerate(files.items(), start=1):
        name = f"file_{number}"
        size = f"{name}_byte"
        file.add_dimension(size, len(content), _FORCING)
        attributes = {
            "long_name": f"content of {path}",
            "path": path,
            "media_type": _MEDIA.get(Path(path).suffix.lower(), "application/octet-stream"),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        file.add(Field(name, (size,), "u1", attributes), np.frombuffer(content, np.uint8), _FORCING)


def write_state(file: ResultFile, state: State, time: float, units: str) -> None:
    """Write the group ``run/state``: what another run needs in order to go on.

    Parameters
    ----------
    file : ResultFile
        Where to.
    state : State
        By the names of `deltasim.variables.STATE`.
    time : float, s
        When it is the state, since the start of the run.
    units : str
        Units of time.
    """
    when = {"standard_name": "time", "long_name": "time of the state", **time_attributes(units)}
    file.add(Field("time", (), "f8", when), np.asarray(time), _STATE)
    for name, values in state.items():
        row = STATE[name] if name in STATE else mass_in_state(name)
        file.add(field_of(row, units), np.asarray(values), _STATE)


def read_scenario(path: str | os.PathLike[str]) -> tuple[str, dict[str, bytes]]:
    """Read the scenario that made a result, and its data files.

    Parameters
    ----------
    path : str or path-like
        A result file.

    Returns
    -------
    text : str
        The resolved scenario, TOML.
    files : dict of str to bytes
        Its data files, by the path used in `text`.

    Raises
    ------
    ResultError
        Where this is no result of deltasim, or was changed since it was written.
    """
    with _opened(path) as file:
        if "scenario" not in file.ncattrs():
            raise ResultError(f"{path}: there is no scenario in it; was this file written by deltasim?")
        text = str(file.getncattr("scenario"))
        if hashlib.sha256(text.encode()).hexdigest() != file.getncattr("scenario_sha256"):
            raise ResultError(f"{path}: the scenario in it is not the one that was written (SHA-256 differs)")
        return text, read_files(file, path)


def read_files(file: netCDF4.Dataset, path: str | os.PathLike[str]) -> dict[str, bytes]:
    """Read the group ``run/forcing`` of an open result file.

    Parameters
    ----------
    file : netCDF4.Dataset
        A result file.
    path : str or path-like
        Its name, for the message.

    Returns
    -------
    dict of str to bytes
        By the path used in the scenario.

    Raises
    ------
    ResultError
        Where a content is not what was written.
    """
    files: dict[str, bytes] = {}
    group = _group(file, _FORCING)
    for variable in group.variables.values() if group is not None else ():
        name, content = str(variable.getncattr("path")), np.asarray(variable[:]).tobytes()
        if hashlib.sha256(content).hexdigest() != variable.getncattr("sha256"):
            raise ResultError(f"{path}: {name} in it is not the file that was read (SHA-256 differs)")
        files[name] = content
    return files


def read_raw_state(file: netCDF4.Dataset) -> tuple[dict[str, NDArray[Any]], float]:
    """Read the group ``run/state`` of an open result file.

    Parameters
    ----------
    file : netCDF4.Dataset
        A result file.

    Returns
    -------
    state : dict of str to ndarray
        By the names of `deltasim.variables.STATE`; empty where there is no state.
    time : float, s
        When it is the state, since the start of the run.
    """
    group = _group(file, _STATE)
    if group is None:
        return {}, 0.0
    state = {name: np.ma.filled(variable[...], np.nan) for name, variable in group.variables.items()}
    return state, float(state.pop("time"))


def _group(file: netCDF4.Dataset, path: str) -> netCDF4.Dataset | None:
    """A group by its path, None where there is none."""
    group: netCDF4.Dataset | None = file
    for name in path.split("/"):
        group = group.groups.get(name) if group is not None else None
    return group


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[netCDF4.Dataset]:
    """Open a result to read it; what the library says of a damaged one is an error of the result."""
    if not Path(path).is_file():
        raise ResultError(f"{path}: there is no such file")
    try:
        with netCDF4.Dataset(os.fspath(path), "r") as file:
            yield file
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ResultError(f"{path}: cannot be read as NetCDF ({reason})") from error
