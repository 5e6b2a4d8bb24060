"""The state in which a run ended and another one starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["InitialState"]


@dataclass(frozen=True)
class InitialState:
    """Where another run ended.

    Parameters
    ----------
    time : datetime
        When it was so: in UTC where that run had an offset, else naive.
    values : mapping of str to mapping of str to float
        By the names of `deltasim.variables.STATE`, then by the name of the node, the switch (a rule or something in a
        link), the setting or the controller.
    """

    time: datetime
    values: Mapping[str, Mapping[str, Any]]

    def of(self, name: str) -> Mapping[str, Any]:
        """Values of one variable by whose they are; empty where there are none."""
        return self.values.get(name, {})

    def to_bytes(self) -> bytes:
        """Write as JSON: all that a run needs of the file in which another one ended."""
        return json.dumps({"time": self.time.isoformat(), "values": self.values}, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> InitialState:
        """Read what `to_bytes` has written."""
        document = json.loads(content)
        return cls(datetime.fromisoformat(document["time"]), document["values"])
