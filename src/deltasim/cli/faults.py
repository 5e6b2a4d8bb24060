"""What an error looks like on a terminal, and the exit status it has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from deltasim.errors import DeltasimError, ScenarioError

__all__ = ["FAILED", "INTERRUPTED", "INVALID", "explained", "say", "stop"]

FAILED, INVALID, INTERRUPTED = 1, 3, 130
"""Exit statuses: the run failed, the scenario is invalid, Ctrl-C. 0 is done, 2 wrong usage."""


def say(message: str) -> None:
    """Write a message to standard error.

    Parameters
    ----------
    message : str
    """
    click.echo(message, err=True)


def stop(status: int, *messages: str) -> NoReturn:
    """Write messages to standard error and leave.

    Parameters
    ----------
    status : int
        Exit status.
    messages : str
    """
    for message in messages:
        say(message)
    sys.exit(status)


@contextmanager
def explained(left: str = "nothing was run, nothing was written") -> Iterator[None]:
    """Turn deltasim's own errors into messages; any other exception is a bug and shows where it came from.

    Parameters
    ----------
    left : str
        What has not happened where the input is invalid.
    """
    try:
        yield
    except ScenarioError as error:
        count = len(error.problems)
        last = f"{count} problem{'' if count == 1 else 's'}; {left}."
        stop(INVALID, *map(str, error.problems), last)
    except DeltasimError as error:
        stop(FAILED, f"Error: {error}")
    except KeyboardInterrupt:
        # The terminal shows ^C where the cursor stood.
        stop(INTERRUPTED, "\ninterrupted")
