"""A sum of named cells: parsed once, then evaluated, printed as a spreadsheet formula, or put into words.

The grammar has only ``+``, ``-`` and names; any other check is written in Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import NamedTuple

from xltools.errors import InvalidValueError

ZERO = Decimal(0)
EXACT = Context(prec=80)  # more digits than any sum of figures has, so sums are exact
_NAME = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*"
_TERM = re.compile(rf"\s*([+-]?)\s*({_NAME})")


class LinearSyntaxError(InvalidValueError):
    """The text is not a sum of names; ``facts["rest"]`` is the text that could not be parsed."""

    def __init__(self, text: str, rest: str) -> None:
        super().__init__("not-a-sum", text=" ".join(text.split()), rest=rest.strip())


class Linear(NamedTuple):
    """A sum such as ``new + carried_in - total``: signed names in the order they were written."""

    terms: tuple[tuple[int, str], ...]

    @classmethod
    def parse(cls, text: str) -> Linear:
        """Read *text*; raises :class:`LinearSyntaxError`."""
        terms: list[tuple[int, str]] = []
        position = 0
        while text[position:].strip():
            match = _TERM.match(text, position)
            if match is None or bool(match[1]) != bool(terms or match[1]):
                raise LinearSyntaxError(text, text[position:])
            terms.append((-1 if match[1] == "-" else 1, match[2]))
            position = match.end()
        if not terms:
            raise LinearSyntaxError(text, text)
        return cls(tuple(terms))

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order they were written."""
        return tuple(name for _, name in self.terms)

    def renamed(self, rename: Callable[[str], str]) -> Linear:
        """Return the sum over other names: an expression over lines becomes one over cells."""
        return Linear(tuple((sign, rename(name)) for sign, name in self.terms))

    def value(self, values: Mapping[str, Decimal]) -> Decimal:
        """Return the exact sum; a name without a value counts as 0, as a blank cell does."""
        total, add, subtract = ZERO, EXACT.add, EXACT.subtract
        for sign, name in self.terms:
            if value := values.get(name):  # most figures are 0
                total = add(total, value) if sign > 0 else subtract(total, value)
        return total

    def print(self, show: Callable[[str], str]) -> str:
        """Return the sum as text with *show(name)* for each name: with addresses, a spreadsheet formula.

        It uses ``+`` and never SUM, because SUM silently skips a number that was typed as text.
        """
        text = "".join(("-" if sign < 0 else "+") + show(name) for sign, name in self.terms)
        return text.removeprefix("+")

    def __str__(self) -> str:
        text = " ".join(f"{'-' if sign < 0 else '+'} {name}" for sign, name in self.terms)
        return text.removeprefix("+ ")


class Equation(NamedTuple):
    """Two sums that must be equal: ``new + carried_in = total + carried_out``."""

    left: Linear
    right: Linear

    @classmethod
    def parse(cls, text: str) -> Equation:
        """Read *text*; raises :class:`LinearSyntaxError`."""
        left, equals, right = text.partition("=")
        if not equals or "=" in right:
            raise LinearSyntaxError(text, right if equals else text)
        return cls(Linear.parse(left), Linear.parse(right))

    @property
    def names(self) -> tuple[str, ...]:
        """The names on both sides."""
        return self.left.names + self.right.names

    def renamed(self, rename: Callable[[str], str]) -> Equation:
        """Return the equation over other names."""
        return Equation(self.left.renamed(rename), self.right.renamed(rename))

    def difference(self, values: Mapping[str, Decimal]) -> Decimal:
        """Return left minus right, exactly; 0 when the equation holds."""
        return EXACT.subtract(self.left.value(values), self.right.value(values))

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"
