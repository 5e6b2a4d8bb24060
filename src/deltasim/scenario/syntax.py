"""Reading TOML, with its errors in plain words and with their line."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from typing import Any

from deltasim.errors import Problem, ScenarioError

__all__ = ["read_toml"]

WORDS = (
    (
        "Invalid statement",
        "expected a header such as [weir.intake] or a line such as crest_level = 2.6; "
        'names beyond a-z stand in quotes: [basin."天鹅湖"]',
    ),
    (
        "Invalid value",
        'expected a value after "=": a number, a text in quotes, true or false, a time, a list or a table in braces',
    ),
    (
        "Expected newline or end of document after a statement",
        'there is more on the line than one value; a value with units stands in quotes: "12 km"',
    ),
    ("Expected '=' after a key", 'expected "=" after the key'),
    ("Unclosed array", 'a list is not closed; "]" or a comma is missing'),
    ("Unclosed inline table", 'a table in braces is not closed; "}" or a comma is missing'),
    ("Unterminated string", "a text is not closed; its quote is missing"),
    ("Illegal character '\\n'", "a text is not closed; its quote is missing on this line"),
    ("Illegal character", "the line has a character that TOML does not allow"),
    ("Found invalid character", "the line has a character that TOML does not allow"),
    ("Unescaped '\\' in a string", "a backslash in a text is written twice, or the text in single quotes"),
    ("Invalid initial character for a key part", "expected a key here; names beyond a-z stand in quotes"),
    ("Invalid date or datetime", "there is no such date"),
    ("Exceeds the limit", "a number has too many digits"),
    ("Duplicate inline table key", "a key stands twice in the table"),
)


def read_toml(data: bytes, shown: str) -> tuple[str, dict[str, Any]]:
    """Read a TOML file.

    Parameters
    ----------
    data : bytes
        The file.
    shown : str
        Its name for messages.

    Returns
    -------
    text : str
        In Unicode form NFC, so that a name is one name however it was typed.
    tables : dict

    Raises
    ------
    ScenarioError
        It is no text, no TOML, or empty; with the line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScenarioError([Problem("this is not a scenario: it is not UTF-8 text", shown, line)]) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ScenarioError([Problem("this is not a scenario: it is not text", shown, line)])
    if not text.strip():
        raise ScenarioError([Problem("the file is empty; `deltasim new NAME` writes a scenario to start from", shown)])
    text = unicodedata.normalize("NFC", text)
    try:
        return text, tomllib.loads(text)
    except RecursionError as error:
        raise ScenarioError([Problem("lists or tables are nested too deeply", shown)]) from error
    except ValueError as error:
        raise ScenarioError([_explain(str(error), text, shown)]) from error


def _explain(message: str, text: str, shown: str) -> Problem:
    """Word an error of tomllib."""
    found = re.search(r" \(at line (\d+), column \d+\)", message)
    line = int(found[1]) if found else text.rstrip().count("\n") + 1
    message = re.sub(r" \(at [^)]*\)", "", message)
    if twice := re.fullmatch(r"Cannot declare \((.*?),?\) twice", message):
        header = ".".join(part.strip().strip("'\"") for part in twice[1].split(","))
        first = _first_header(text, header)
        where = f"; the first is in line {first}" if first is not None and first != line else ""
        return Problem(f"[{header}] stands twice{where}; put all keys under one header", shown, line)
    if message in ("Cannot overwrite a value", "Cannot mutate immutable namespace") or "Cannot declare" in message:
        key = re.match(r"\s*\[*\s*([^=\]\s]+)", text.split("\n")[line - 1])
        return Problem(f"{key[1] if key else 'the key'} stands twice", shown, line)
    own = text.split("\n")[line - 1]
    if re.search(r"[=,\[]\s*\d{4}-\d\d-\d\d", own) and message.startswith("Expected newline"):
        short = re.search(r"[=,\[]\s*(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(?!:)", own)
        remedy = f'; without seconds it stands in quotes: "{short[1]}"' if short else ""
        return Problem(f"there is no such date or time{remedy}", shown, line)
    if message.startswith("Invalid value") and (word := re.search(r"=\s*([^\W\d]\w*)\s*(#|$)", own)):
        return Problem(f'a text stands in quotes: "{word[1]}"', shown, line)
    for begin, words in WORDS:
        if message.startswith(begin):
            return Problem(words, shown, line)
    return Problem(f"this is not TOML: {message[:1].lower()}{message[1:]}", shown, line)


def _first_header(text: str, header: str) -> int | None:
    for number, line in enumerate(text.split("\n"), 1):
        if re.sub(r"[\s\"']", "", line.split("#")[0]) == f"[{header}]":
            return number
    return None
