"""What an error looks like on a terminal, and the exit status it has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from deltasim.errors import DeltasimError, ScenarioError

__all__ = ["FAILED", "INTERRUPTED", "INVALID", "explained", "say"]

FAILED, INVALID, INTERRUPTED = 1, 3, 130
"""Exit statuses: the run failed, the scenario is invalid, Ctrl-C. 0 is done, 2 wrong usage."""


def say(message: str) -> None:
    """Write a message to standard error."""
    click.echo(message, err=True)


@contextmanager
def explained() -> Iterator[None]:
    """Turn deltasim's own errors into messages; any other exception is a bug and shows where it came from."""
    try:
        yield
    except ScenarioError as error:
        for problem in error.problems:
            say(str(problem))
        count = len(error.problems)
        say(f"{count} problem{'s' if count > 1 else ''}; nothing was run, nothing was written.")
        sys.exit(INVALID)
    except DeltasimError as error:
        say(f"Error: {error}")
        sys.exit(FAILED)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(INTERRUPTED)
