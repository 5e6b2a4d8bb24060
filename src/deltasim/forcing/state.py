"""Read the state in which a run ended from its result."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from deltasim.faults import FieldError
from deltasim.state import InitialState
from deltasim.units import quote

if TYPE_CHECKING:
    import netCDF4

__all__ = ["read_initial_state", "state_of"]

GROUP = ("run", "state")


def state_of(file: netCDF4.Dataset) -> InitialState | None:
    """Find the final state in an open result file.

    Parameters
    ----------
    file : netCDF4.Dataset

    Returns
    -------
    InitialState or None
        None where there is none.
    """
    group: Any = file
    for name in GROUP:
        group = group.groups.get(name) if group is not None else None
    if group is None:
        return None
    start = datetime.fromisoformat(str(file.getncattr("time_coverage_start")))
    time = (start if start.tzinfo is None else start.astimezone(UTC)) + timedelta(seconds=float(group["time"][...]))
    values: dict[str, dict[str, Any]] = {}
    for name, variable in group.variables.items():
        if name == "time" or not variable.dimensions:
            continue
        label = f"{variable.dimensions[0]}_name"
        if name == label:
            continue
        owners = (group if label in group.variables else file)[label][:]
        content = np.ma.filled(variable[...], np.nan).tolist()
        values[name] = dict(zip(map(str, owners), content, strict=True))
    return InitialState(time, values)


def read_initial_state(name: str, content: bytes) -> InitialState:
    """Read the state that a scenario starts from.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    content : bytes
        A result file, or what another result has kept of one.

    Returns
    -------
    InitialState

    Raises
    ------
    FieldError
        It is no result, or one of a run that failed.
    """
    if content.startswith(b"{"):
        return InitialState.from_bytes(content)
    import netCDF4  # noqa: PLC0415  only who starts from a result pays for it

    try:
        with netCDF4.Dataset("state", memory=content) as file:
            found = state_of(file)
    except (OSError, RuntimeError, AttributeError, IndexError, ValueError) as error:
        raise FieldError(f"{quote(name)} cannot be read as a result of deltasim ({error})") from error
    if found is None:
        why = "the run failed, or deltasim did not write this file"
        raise FieldError(f"there is no final state in {quote(name)}: {why}")
    return found
