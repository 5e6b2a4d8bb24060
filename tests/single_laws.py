"""One law by itself, between two waters whose stages are given."""

from __future__ import annotations

import numpy as np

from deltasim.links import LINKS, Ends
from deltasim.solver.filling import evaluate_law


def discharge(kind, h_from, h_to=-1e9, *, ends=None, **keys):
    """Discharge (m3/s) of one link of a kind with these keys, between boundaries unless `ends` says otherwise."""
    link = LINKS[kind].model.model_validate({"name": "x", "from": "a", "to": "b", **keys})
    parameters = LINKS[kind].build([link], [ends or Ends(None, None, 1e-4)])
    key = LINKS[kind].setting
    setting = float(getattr(link, key).value[0]) if key else 1.0
    stages = np.broadcast_arrays(h_from, h_to)
    q = [
        evaluate_law(parameters, 0, float(a), float(b), setting)[0] for a, b in zip(*map(np.ravel, stages), strict=True)
    ]
    return q[0] if np.ndim(stages[0]) == 0 else np.array(q).reshape(stages[0].shape)
