"""Names: what a component may be called, and the words that mean something else."""

from __future__ import annotations

import unicodedata

from deltasim.links import LINKS
from deltasim.variables import VARIABLES

__all__ = ["RESERVED", "name_fault"]

FUNCTIONS = ("min", "max", "abs", "ahead", "max_ahead", "and", "or", "not")
CLOCK = ("hour", "month", "day_of_year", "time")
SETTINGS = frozenset(key for kind in LINKS.values() for key in kind.moves)
TABLES = ("scenario", "solver", "series", "tracing", "cover")

RESERVED = frozenset((*FUNCTIONS, *CLOCK, *SETTINGS, *TABLES, *VARIABLES, "salinity", "initial", "true", "false"))
"""Words that rules and results read as something else; the kinds of this version are added by the loader."""


def name_fault(name: str, kinds: frozenset[str], reserved: bool = True) -> str:
    """Say what is wrong with a name; empty where nothing is.

    Parameters
    ----------
    name : str
        In Unicode form NFC.
    kinds : frozenset of str
        The kinds of this version, which are no names either.
    reserved : bool
        Whether the words that mean something else are refused.
    """
    if not name or not unicodedata.category(name[0]).startswith("L"):
        return f'the name "{name}" must start with a letter'
    for character in name:
        if not (character == "_" or character.isdecimal() or unicodedata.category(character)[0] in "LM"):
            shown = "a space" if character == " " else f'"{character}"'
            return f'the name "{name}" has {shown} in it; letters, digits and _ are allowed'
    if reserved and (name in RESERVED or name in kinds):
        return f'"{name}" has a meaning of its own in deltasim; choose another name, such as "{name}_1"'
    return ""
