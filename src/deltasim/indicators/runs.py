"""Runs of days: how long, where they start. Time is the first axis, everything else the second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["longest_run", "run_starts", "runs_of"]

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


def longest_run(flags: Flags) -> Integers:
    """Length of the longest run of true.

    Parameters
    ----------
    flags : ndarray, shape (n_day, k)

    Returns
    -------
    ndarray, shape (k,)
    """
    counted = np.cumsum(flags, axis=0)
    before = np.maximum.accumulate(np.where(flags, 0, counted), axis=0)
    return np.asarray(np.max(counted - before, axis=0, initial=0))


def run_starts(flags: Flags) -> Flags:
    """Where each run begins; one that is on at the first day begins there.

    Parameters
    ----------
    flags : ndarray, shape (n_day, k)

    Returns
    -------
    ndarray, shape (n_day, k)
    """
    before = np.zeros_like(flags)
    before[1:] = flags[:-1]
    return flags & ~before


def runs_of(flags: Flags) -> tuple[Integers, Integers]:
    """First row and length of each run.

    Parameters
    ----------
    flags : ndarray, shape (n_day,)

    Returns
    -------
    first, length : ndarray
    """
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    first, after = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return first, after - first
