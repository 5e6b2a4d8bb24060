"""Letters for names in any script: fonts that are there, and what to do about glyphs that none of them has."""

from __future__ import annotations

import warnings
from contextlib import suppress
from functools import lru_cache
from typing import Final

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

__all__ = ["families", "printable", "tell_missing"]

_LATIN: Final = "DejaVu Sans"
"""Comes with matplotlib."""

_CJK: Final = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK TC", "Noto Sans CJK KR", "Noto Sans SC", "Noto Sans JP"),
    *("Source Han Sans SC", "Source Han Sans CN", "Source Han Sans", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("Microsoft YaHei", "SimHei", "DengXian", "Yu Gothic", "Malgun Gothic"),
    *("PingFang SC", "Hiragino Sans GB", "Hiragino Sans", "Heiti SC", "STHeiti", "Apple SD Gothic Neo"),
    *("Arial Unicode MS", "Droid Sans Fallback", "AR PL UMing CN"),
)
"""Of Linux, Windows and macOS, in this order."""

_missing: set[str] = set()


def _installed() -> dict[str, str]:
    """Files of the fonts that matplotlib knows, by name."""
    return {entry.name: entry.fname for entry in reversed(font_manager.fontManager.ttflist)}


def families() -> list[str]:
    """The fonts to write with, of those that are there: a letter is taken from the first that has it."""
    there = _installed()
    if not there.keys() & set(_CJK):
        _look_again()
        there = _installed()
    wanted = (_LATIN, *_CJK, *mpl.rcParams["font.sans-serif"])
    return [name for name in dict.fromkeys(wanted) if name in there]


@lru_cache(maxsize=64)
def _font(file: str) -> FT2Font:
    return font_manager.get_font(file)


@lru_cache(maxsize=1)
def _look_again() -> None:
    """Learn of fonts that were installed after matplotlib made its list."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for file in font_manager.findSystemFonts():
        if file not in known:
            with suppress(OSError, RuntimeError):  # not every font is one that matplotlib reads
                font_manager.fontManager.addfont(file)


def _has(letter: str) -> bool:
    there = _installed()
    return any(_font(there[name]).get_char_index(ord(letter)) for name in families())


def printable(text: str) -> str:
    r"""Text without letters that no font has: they are written as their codes, ``\u5929``, in place of boxes.

    Parameters
    ----------
    text : str
        As it is.
    """
    letters = {letter for letter in text if not letter.isascii()}
    lost = {letter for letter in letters if not _has(letter)}
    _missing.update(lost)
    return "".join(letter.encode("unicode_escape").decode() if letter in lost else letter for letter in text)


def tell_missing() -> None:
    """Warn of all letters that `printable` could not write since the last time."""
    if not _missing:
        return
    letters = "".join(sorted(_missing))
    shown = letters if len(letters) <= 12 else f"{letters[:12]} and {len(letters) - 12} more"
    _missing.clear()
    warnings.warn(
        f"no font on this computer has {shown}: codes are drawn in their place. Install one that has, such as "
        "Noto Sans CJK (Debian and Ubuntu: apt install fonts-noto-cjk), or name one under font.sans-serif in your "
        "matplotlibrc",
        UserWarning,
        stacklevel=3,
    )
