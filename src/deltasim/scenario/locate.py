"""Dotted path to line: where in the text of a TOML file a key stands.

`tomllib` forgets lines, so the text is scanned once more, and only when there is something to report. The text
has been read by `tomllib` before: the scanner trusts it to be TOML.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

__all__ = ["Keys", "find_lines", "line_of"]

Keys = tuple[str | int, ...]

BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
SPACE = re.compile(r"[ \t]*")
BARE = re.compile(r"[A-Za-z0-9_-]+")
STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
SCALAR = re.compile(r"[^,\]}\n#]*")


def line_of(lines: dict[Keys, int], keys: Keys) -> int | None:
    """Find the line of a path, or of the nearest table above it that stands in the file."""
    for length in range(len(keys), 0, -1):
        if keys[:length] in lines:
            return lines[keys[:length]]
    return None


def find_lines(text: str) -> dict[Keys, int]:
    """Find the line on which each key, table and list entry begins.

    Parameters
    ----------
    text : str
        Valid TOML.

    Returns
    -------
    dict of tuple to int
        ``("weir", "intake", "crest_level")`` to its line, counted from 1; entries of lists by index.
    """
    return _Scanner(text).scan()


class _Scanner:
    """One walk through the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.lines: dict[Keys, int] = {}
        self._line = 1
        self._counted = 0
        self._arrays: dict[Keys, int] = {}

    def scan(self) -> dict[Keys, int]:
        """Walk from top to bottom."""
        table: Keys = ()
        while self._skip(BLANK) or self.position < len(self.text):
            if self.position >= len(self.text):
                break
            if self.text[self.position] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match[0]

    def _here(self) -> int:
        self._line += self.text.count("\n", self._counted, self.position)
        self._counted = self.position
        return self._line

    def _record(self, keys: Keys, line: int) -> None:
        for length in range(1, len(keys) + 1):
            self.lines.setdefault(keys[:length], line)

    def _header(self) -> Keys:
        line = self._here()
        is_array = self.text.startswith("[[", self.position)
        self.position += 2 if is_array else 1
        keys = self._indexed(tuple(self._key()), is_array)
        self.position += 2 if is_array else 1
        self._record(keys, line)
        # A header says more than the deeper header that came before it.
        self.lines[keys] = line
        return keys

    def _indexed(self, keys: Keys, is_array: bool) -> Keys:
        """Put in the index of each array of tables on the way."""
        result: Keys = ()
        for depth, key in enumerate(keys):
            result = (*result, key)
            if is_array and depth == len(keys) - 1:
                self._arrays[result] = self._arrays.get(result, -1) + 1
            if result in self._arrays:
                result = (*result, self._arrays[result])
        return result

    def _key(self) -> Iterator[str]:
        while True:
            self._skip(SPACE)
            quoted = self._skip(STRING)
            yield tomllib.loads(f"key = {quoted}")["key"] if quoted else self._skip(BARE)
            self._skip(SPACE)
            if self.text[self.position : self.position + 1] != ".":
                return
            self.position += 1

    def _pair(self, table: Keys) -> None:
        line = self._here()
        keys = (*table, *self._key())
        self._record(keys, line)
        self.position += 1  # the equals sign
        self._skip(SPACE)
        self._value(keys)

    def _value(self, keys: Keys) -> None:
        start = self.text[self.position : self.position + 1]
        if start == "[":
            self._list(keys)
        elif start == "{":
            self._inline_table(keys)
        elif not self._skip(STRING):
            self._skip(SCALAR)

    def _list(self, keys: Keys) -> None:
        self.position += 1
        index = 0
        while True:
            self._skip(BLANK)
            if self.text[self.position : self.position + 1] in ("]", ""):
                break
            self.lines[(*keys, index)] = self._here()
            self._value((*keys, index))
            index += 1
            self._skip(BLANK)
            if self.text[self.position : self.position + 1] == ",":
                self.position += 1
        self.position += 1

    def _inline_table(self, keys: Keys) -> None:
        self.position += 1
        while True:
            self._skip(BLANK)
            if self.text[self.position : self.position + 1] in ("}", ""):
                break
            self._pair(keys)
            self._skip(BLANK)
            if self.text[self.position : self.position + 1] == ",":
                self.position += 1
        self.position += 1
