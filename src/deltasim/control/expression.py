"""The rule language: a text to postfix code, its names found, what it measures checked. Nothing is ever evaluated.

In order of binding, the loosest first::

    condition  = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation   = { "not" } comparison
    comparison = sum [ ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) sum ]
    sum        = product { ( "+" | "-" ) product }
    product    = signed { ( "*" | "/" ) signed }
    signed     = { "-" | "+" } atom
    atom       = number | 'text with units' | path | function "(" ... ")" | "(" condition ")" | "true" | "false"
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from deltasim import units
from deltasim.control import given
from deltasim.control.cursor import COMPARISONS, Cursor, Stopped
from deltasim.control.measure import PLAIN, Measure
from deltasim.control.names import ANYTHING, Found, Names
from deltasim.control.program import Expression, Instruction, Op, Quantity
from deltasim.control.tokens import Token
from deltasim.faults import FieldError, FieldErrors, did_you_mean, listed
from deltasim.units import UnitsError

__all__ = ["Compiled", "compile_condition", "compile_number"]

SUMS = {"+": Op.ADD, "-": Op.SUBTRACT}
PRODUCTS = {"*": Op.MULTIPLY, "/": Op.DIVIDE}
CALENDAR = ("hour", "month", "day_of_year", "time")
FUNCTIONS = ("min", "max", "abs", "ahead", "max_ahead")
DATE = re.compile(r"\s*\d{4}-\d\d?-\d\d?")
DEEPEST = 50
"""Most parentheses and signs within each other."""


@dataclass(frozen=True)
class Compiled:
    """An expression, and what else became known on the way.

    Parameters
    ----------
    expression : Expression
    measure : Measure or None
        What the number measures; None where it fits everything, and for a condition.
    warnings : tuple of str
    """

    expression: Expression
    measure: Measure | None
    warnings: tuple[str, ...]


def compile_condition(text: str, names: Names) -> Compiled:
    """Compile what is true or false, as `when` and `until` are.

    Parameters
    ----------
    text : str
    names : Names
        What it may name.

    Raises
    ------
    FieldErrors
        With the column of each fault.
    """
    parser = _Parser(text, names)
    return parser.finish(parser.want_truth(parser.parse()))


def compile_number(text: str, names: Names) -> Compiled:
    """Compile a number, as the target of a controller is; parameters as of `compile_condition`."""
    parser = _Parser(text, names)
    return parser.finish(parser.want_number(parser.parse()))


@dataclass(frozen=True)
class _Part:
    """A part of an expression whose code is written: where it stands, and what it leaves on the stack."""

    start: int
    end: int
    truth: bool
    measure: Measure | None = None


class _Parser(Cursor):
    """One walk through the words of an expression, code written on the way."""

    def __init__(self, text: str, names: Names) -> None:
        super().__init__(text)
        self.names = names
        self.code: list[Instruction] = []
        self.warnings: dict[str, None] = {}
        self.depth = 0

    def parse(self) -> _Part:
        """Read the whole text."""
        if not self.text.strip():
            raise FieldErrors([FieldError("the expression is empty")])
        try:
            part = self._condition()
            self.expect_end()
        except Stopped:
            raise FieldErrors(self.faults) from None
        return part

    def finish(self, part: _Part) -> Compiled:
        """Raise what was found, or return the result."""
        if self.faults:
            raise FieldErrors(self.faults)
        return Compiled(Expression(self.text, tuple(self.code)), part.measure, tuple(self.warnings))

    def _shown(self, part: _Part) -> str:
        return self.text[part.start : part.end]

    def want_truth(self, part: _Part) -> _Part:
        """Check that a part is true or false."""
        if not part.truth:
            words = f"expected a condition that is true or false, got the number {self._shown(part)}"
            self.fault(part.start, f"{words}; compare it with something, as {self._shown(part)} > 0")
        return part

    def want_number(self, part: _Part) -> _Part:
        """Check that a part is a number."""
        if part.truth:
            self.fault(part.start, f"expected a number, got the condition {self._shown(part)}")
        return part

    def _condition(self) -> _Part:
        part = self._conjunction()
        while self.token.is_word("or"):
            part = self._join_truths(part, Op.OR, self._conjunction)
        return part

    def _conjunction(self) -> _Part:
        part = self._negation()
        while self.token.is_word("and"):
            part = self._join_truths(part, Op.AND, self._negation)
        return part

    def _join_truths(self, left: _Part, op: Op, read: Callable[[], _Part]) -> _Part:
        self.at += 1
        self.want_truth(left)
        right = self.want_truth(read())
        self.code.append(Instruction(op))
        return _Part(left.start, right.end, truth=True)

    def _negation(self) -> _Part:
        start, count = self.token.start, 0
        while self.token.is_word("not"):
            self.at += 1
            count += 1
        part = self._comparison()
        if count == 0:
            return part
        self.want_truth(part)
        self.code.extend([Instruction(Op.NOT)] * count)
        return _Part(start, part.end, truth=True)

    def _comparison(self) -> _Part:
        left = self._sum()
        if not self.token.is_sign(*COMPARISONS):
            return left
        sign = self.token
        self.at += 1
        right = self._sum()
        self._alike(left, right, sign.start, "compared")
        self.code.append(Instruction(COMPARISONS[sign.text]))
        if self.token.is_sign(*COMPARISONS):
            self.stop(self.token, self.misplaced())
        return _Part(left.start, right.end, truth=True)

    def _sum(self) -> _Part:
        part = self._product()
        while self.token.is_sign(*SUMS):
            sign = self.token
            self.at += 1
            right = self._product()
            measure = self._alike(part, right, sign.start, "added" if sign.text == "+" else "subtracted")
            self.code.append(Instruction(SUMS[sign.text]))
            part = _Part(part.start, right.end, truth=False, measure=measure)
        return part

    def _product(self) -> _Part:
        part = self._signed()
        while self.token.is_sign(*PRODUCTS):
            sign = self.token
            self.at += 1
            right = self._signed()
            self.want_number(part)
            self.want_number(right)
            if sign.text == "/" and self.code[-1] == Instruction(Op.CONSTANT, 0.0):
                self.fault(right.start, "division by 0")
            measure = None
            if part.measure is not None or right.measure is not None:
                measure = (part.measure or PLAIN).times(right.measure or PLAIN, 1 if sign.text == "*" else -1)
            self.code.append(Instruction(PRODUCTS[sign.text]))
            part = _Part(part.start, right.end, truth=False, measure=measure)
        return part

    def _signed(self) -> _Part:
        start, signs = self.token.start, ""
        while self.token.is_sign("-", "+"):
            signs += self.token.text
            self.at += 1
        part = self._atom()
        if not signs:
            return part
        self.want_number(part)
        self.code.extend([Instruction(Op.NEGATE)] * signs.count("-"))
        return _Part(start, part.end, truth=False, measure=part.measure)

    def _alike(self, left: _Part, right: _Part, position: int, verb: str) -> Measure | None:
        """Check that two numbers measure the same; a bare number fits everything."""
        self.want_number(left)
        self.want_number(right)
        if None not in (left.measure, right.measure) and left.measure != right.measure:
            words = f"{self._shown(left)} is {left.measure}, {self._shown(right)} {right.measure}"
            self.fault(position, f"{words}; they cannot be {verb}")
        return left.measure if left.measure is not None else right.measure

    def _atom(self) -> _Part:
        token = self.token
        self.at += 1
        if token.kind == "number":
            value = float(token.text)
            if value == math.inf:
                self.fault(token.start, f"{token} is too large a number")
            self.code.append(Instruction(Op.CONSTANT, value))
            return _Part(token.start, token.end, truth=False)
        if token.is_sign("("):
            return self._parentheses(token)
        if token.is_word("true", "false"):
            self.code.append(Instruction(Op.CONSTANT, float(token.text == "true")))
            return _Part(token.start, token.end, truth=True)
        if token.kind == "name" and self.token.is_sign("("):
            return self._call(token)
        if token.kind == "text" and not self.token.is_sign("."):
            return self._with_units(token)
        if token.kind in ("name", "text") and not token.is_word("and", "or", "not"):
            return self._path(token)
        raise self.stopped(token, f"expected a quantity, a number or a function, got {token}")

    def _parentheses(self, opening: Token) -> _Part:
        self.depth += 1
        if self.depth > DEEPEST:
            self.stop(opening, "parentheses are nested too deeply")
        part = self._condition()
        closing = self.expect(")", opening)
        self.depth -= 1
        return _Part(opening.start, closing.end, part.truth, part.measure)

    def _with_units(self, token: Token) -> _Part:
        """Read a text such as ``'1.2 m'``."""
        measure: Measure | None = None
        value = 0.0
        try:
            value, dimension = units.parse_any(token.text)
            measure = Measure.of(dimension)
        except UnitsError as error:
            is_date = DATE.match(token.text)
            remedy = f"; {token} is a date: time counts from the start of the run, as in time > '36 h'"
            self.fault(token.start, f"expected a number with units{remedy}" if is_date else str(error))
        self.code.append(Instruction(Op.CONSTANT, value))
        return _Part(token.start, token.end, truth=False, measure=measure)

    def _path(self, first: Token) -> _Part:
        parts, end = self.dotted(first)
        if parts[0] in FUNCTIONS and len(parts) == 1:
            self.stop(first, f"{parts[0]} is a function: write {parts[0]}(...)")
        found = self._find(parts, first)
        self.code.append(found.instruction)
        return _Part(first.start, end, truth=False, measure=found.measure)

    def _find(self, parts: list[str], first: Token) -> Found:
        try:
            if len(parts) == 1 and parts[0] in CALENDAR:
                return self.names.calendar(parts[0])
            if parts[0] == "series" and len(parts) == 2:
                signal, measure = self.names.series(parts[1])
                quantity = Quantity("signal", ".".join(parts), signal)
                return Found(Instruction(Op.LOAD, quantity=quantity), measure)
            return self.names.quantity(parts)
        except FieldError as error:
            self.fault(first.start, error.message)
        except FieldErrors as error:
            self.faults.extend(error.faults)
        return ANYTHING

    def _call(self, function: Token) -> _Part:
        if function.text not in FUNCTIONS:
            have = f"; the functions are {listed(FUNCTIONS, 'and')}"
            message = f"there is no function {function}{did_you_mean(function.text, FUNCTIONS) or have}"
            self.stop(function, message)
        opening = self.token
        self.at += 1
        if function.text in ("ahead", "max_ahead"):
            return self._future(function, opening)
        self.depth += 1
        if self.depth > DEEPEST:
            self.stop(opening, "parentheses are nested too deeply")
        part = self.want_number(self._condition())
        count = 1
        while self.token.is_sign(","):
            comma = self.token
            self.at += 1
            other = self._condition()
            count += 1
            measure = self._alike(part, other, comma.start, "compared")
            part = _Part(part.start, other.end, truth=False, measure=measure)
            self.code.append(Instruction(Op.MINIMUM if function.text == "min" else Op.MAXIMUM))
        closing = self.expect(")", opening)
        self.depth -= 1
        if function.text == "abs":
            self.code.append(Instruction(Op.ABSOLUTE))
        if (count == 1) != (function.text == "abs"):
            expected = "one number" if function.text == "abs" else "two numbers or more"
            self.fault(function.start, f"{function.text} takes {expected}, got {count}")
        return _Part(function.start, closing.end, truth=False, measure=part.measure)

    def _future(self, function: Token, opening: Token) -> _Part:
        """Read the rest of ``ahead(series.NAME, "60 days")``."""
        usage = f'write {function.text}(series.NAME, "6 h")'
        first = self.token
        if not first.is_word("series"):
            self.stop(first, f"{function.text} looks ahead in a series, which is given; {usage}")
        self.at += 1
        parts, _ = self.dotted(first)
        if not self.token.is_sign(",") or len(parts) != 2:
            self.stop(self.token, f"{function.text} takes a series and a duration; {usage}")
        self.at += 1
        lead = self._lead(self.token, usage)
        self.at += 1
        closing = self.expect(")", opening)
        found = self._find(parts, first)
        quantity = found.instruction.quantity
        if quantity is not None and quantity.signal is not None:
            text = self.text[function.start : closing.end]
            if self.names.start is not None and self.names.duration + lead > given.end_of(quantity.signal) + 1e-6:
                self.warnings[f"{text} looks beyond the end of the series; there its last value holds"] = None
            make = given.ahead if function.text == "ahead" else given.max_ahead
            signal = make(quantity.signal, lead)
            found = Found(Instruction(Op.LOAD, quantity=Quantity("signal", text, signal)), found.measure)
        self.code.append(found.instruction)
        return _Part(function.start, closing.end, truth=False, measure=found.measure)

    def _lead(self, token: Token, usage: str) -> float:
        """Read the duration of `ahead`, s."""
        if token.kind not in ("text", "number"):
            self.stop(token, f"expected a duration, got {token}; {usage}")
        try:
            lead = units.to_si(float(token.text) if token.kind == "number" else token.text, units.DURATION)
        except UnitsError as error:
            self.fault(token.start, str(error))
            return 0.0
        if lead < 0.0:
            self.fault(token.start, f"expected a duration that is not negative, got {token}")
        return max(lead, 0.0)
