"""The words of the rule language: numbers, names, texts with units, operators."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from deltasim.faults import FieldError
from deltasim.units import quote

__all__ = ["Token", "fault_at", "tokenize"]

TokenKind = Literal["number", "name", "text", "sign", "end"]

NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
RIVER = re.compile(r"(\w+)\s*\Z")
PLACE = re.compile(r"(?:\s*(\d+(?:\.\d+)?)\s*([a-z]+)?)?(\.[^\W\d]\w*)?", re.IGNORECASE)
TEXT = re.compile(r'"[^"\n]*"|' r"'[^'\n]*'")
SIGNS = ("<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", ",", ".")
FOREIGN = {
    "&&": '"and"',
    "||": '"or"',
    "&": '"and"',
    "|": '"or"',
    "!": '"not"',
    "<>": '"!="',
    "=": '"==", or "<=" or ">=" as it stands',
    "≤": '"<="',
    "≥": '">="',
    "≠": '"!="',
    "−": '"-"',
    "×": '"*"',
    "·": '"*"',
    "÷": '"/"',
}
"""What other languages write, and what is written here."""


@dataclass(frozen=True)
class Token:
    """One word.

    Parameters
    ----------
    kind : {"number", "name", "text", "sign", "end"}
    text : str
        As written; of a text what is between its quotes.
    start, end : int
        Where it stands.
    """

    kind: TokenKind
    text: str
    start: int
    end: int

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of some operators."""
        return self.kind == "sign" and self.text in signs

    def is_word(self, *words: str) -> bool:
        """Whether it is one of some words, such as ``and``."""
        return self.kind == "name" and self.text in words

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else quote(self.text)


def fault_at(text: str, position: int, message: str) -> FieldError:
    """Say what is wrong at one place of an expression.

    Parameters
    ----------
    text : str
        The expression.
    position : int
        Counted from 0.
    message : str
    """
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    where = f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"
    return FieldError(f"{where}: {message}")


def tokenize(text: str) -> Iterator[Token]:
    """Split an expression into its words; the last one is the end.

    Parameters
    ----------
    text : str
        In Unicode form NFC.

    Raises
    ------
    FieldError
        At a character that the language does not have.
    """
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        token = _token(text, position)
        yield token
        position = token.end
    yield Token("end", "", len(text), len(text))


def _token(text: str, start: int) -> Token:
    if number := NUMBER.match(text, start):
        end = number.end()
        if end < len(text) and _begins_name(text[end]):
            _refuse_unit(text, start, end)
        return Token("number", number[0], start, end)
    if quoted := TEXT.match(text, start):
        return Token("text", quoted[0][1:-1], start, quoted.end())
    if _begins_name(text[start]):
        end = start + 1
        while end < len(text) and _goes_on(text[end]):
            end += 1
        return Token("name", text[start:end], start, end)
    for sign, meant in FOREIGN.items():
        if text.startswith(sign, start) and not text.startswith(("==", "!="), start):
            raise fault_at(text, start, f'there is no "{sign}" here; write {meant}')
    if text.startswith(("**", "^"), start):
        raise fault_at(text, start, "there are no powers here; write a product")
    for sign in SIGNS:
        if text.startswith(sign, start):
            return Token("sign", sign, start, start + len(sign))
    if text[start] in "\"'":
        raise fault_at(text, start, "a text is not closed; its quote is missing")
    words = f"there is no {quote(text[start])} in the language of rules"
    raise fault_at(text, start, words + (_as_place(text, start) if text[start] in "@＠" else ""))


def _as_place(text: str, at: int) -> str:
    """Say how the place on a river is written that has its ``@`` here."""
    river = RIVER.search(text, 0, at)
    number, unit, quantity = PLACE.match(text, at + 1).groups()  # type: ignore[union-attr]
    place = f"{river[1] if river else 'RIVER'}@{number or '10'} {unit or 'km'}"
    return f"; a place on a river stands in quotes: '{place}'{quantity or '.stage'}"


def _refuse_unit(text: str, start: int, end: int) -> None:
    last = end
    while last < len(text) and (_goes_on(text[last]) or text[last] == "/"):
        last += 1
    number, unit = text[start:end], text[end:last]
    raise fault_at(text, start, f"a value with units stands in quotes: '{number} {unit}'")


def _begins_name(character: str) -> bool:
    return unicodedata.category(character).startswith("L")


def _goes_on(character: str) -> bool:
    return character == "_" or character.isdecimal() or unicodedata.category(character)[0] in "LM"
