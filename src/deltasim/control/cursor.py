"""A place in an expression that moves on word by word, and what is wrong there."""

from __future__ import annotations

import unicodedata
from typing import NoReturn

from deltasim.control.program import Op
from deltasim.control.tokens import Token, fault_at, tokenize
from deltasim.faults import Fault, FieldError, FieldErrors, did_you_mean

__all__ = ["COMPARISONS", "Cursor", "Stopped"]

COMPARISONS = {
    "<": Op.LESS,
    "<=": Op.LESS_EQUAL,
    ">": Op.GREATER,
    ">=": Op.GREATER_EQUAL,
    "==": Op.EQUAL,
    "!=": Op.NOT_EQUAL,
}


class Stopped(Exception):  # noqa: N818 - not an error of its own: the fault is kept already
    """What comes after a fault of syntax cannot be understood."""


class Cursor:
    """The words of an expression, one of them the next.

    Parameters
    ----------
    text : str
        The expression; kept in Unicode form NFC.

    Raises
    ------
    FieldErrors
        At a character that the language does not have.
    """

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFC", text)
        self.faults: list[Fault] = []
        self.at = 0
        try:
            self.tokens = list(tokenize(self.text))
        except FieldError as error:
            raise FieldErrors([error]) from error

    @property
    def token(self) -> Token:
        """The next word."""
        return self.tokens[self.at]

    def fault(self, position: int, message: str) -> None:
        """Keep a fault and go on."""
        self.faults.append(fault_at(self.text, position, message))

    def stop(self, token: Token, message: str) -> NoReturn:
        """Keep a fault and stop reading."""
        raise self.stopped(token, message)

    def stopped(self, token: Token, message: str) -> Stopped:
        """Keep a fault; the caller raises what is returned."""
        self.fault(token.start, message)
        return Stopped()

    def expect_end(self) -> None:
        """Check that nothing is left."""
        if self.token.kind != "end":
            self.stop(self.token, self.misplaced())

    def expect(self, sign: str, opening: Token) -> Token:
        """Read the sign that closes what `opening` opened."""
        token = self.token
        if not token.is_sign(sign):
            if token.kind == "end":
                self.stop(opening, 'a "(" is not closed; its ")" is missing')
            self.stop(token, self.misplaced())
        self.at += 1
        return token

    def dotted(self, first: Token) -> tuple[list[str], int]:
        """Read the rest of a path whose first part is read.

        Returns
        -------
        list of str
            Its parts, without quotes.
        int
            Where it ends.
        """
        parts, end = [first.text], first.end
        while self.token.is_sign("."):
            self.at += 1
            token = self.token
            if token.kind not in ("name", "text"):
                self.stop(token, f'expected a name after ".", got {token}')
            parts.append(token.text)
            end = token.end
            self.at += 1
        return parts, end

    def misplaced(self) -> str:
        """Say what is wrong with a word that cannot follow what was read."""
        token, before = self.token, self.tokens[self.at - 1]
        if token.is_sign(")"):
            return 'a ")" without its "("'
        if token.is_sign(*COMPARISONS):
            return f'comparisons do not chain; write "and" between two of them, as in "a < b and b {token.text} c"'
        if token.kind != "name":
            return f'expected an operator, "and", "or" or the end, got {token}'
        hint = did_you_mean(token.text, ("and", "or"))
        if before.kind == "number" and not hint:
            hint = f"; a value with units stands in quotes: '{before.text} {token.text}'"
        return f'expected "and", "or" or the end, got {token}{hint}'
