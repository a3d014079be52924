"""A ratio of two sums, or a product of two columns: parsed once, exact as a fraction, and rounded only where it is shown.

They are written ``passed per checked`` and ``impact times likelihood``. They are derived again wherever their parts are
known, so they are never typed. A ratio is never added and never part of a sum; the rounded products of lines can be added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from xltools.errors import InvalidValueError
from xltools.form.linear import EXACT, Linear, LinearSyntaxError

_PER = re.compile(r"\s+per\s+")
_TIMES = re.compile(r"\s*([a-z][a-z0-9_]*)\s+times\s+([a-z][a-z0-9_]*)\s*")
_SCALES = {"%": 100, "‰": 1000}
PLACES = 2  # of a ratio or a mean whose form does not say how many decimals it has
_SLACK = Fraction(1, 10**9)  # programs round ties differently


class Ratio(NamedTuple):
    """A sum divided by another one, times *scale*: 100 for a percentage."""

    top: Linear
    bottom: Linear
    scale: int = 1

    @classmethod
    def parse(cls, text: str) -> Ratio:
        """Read *text*; raises :class:`InvalidValueError`."""
        top, *bottom = _PER.split(f" {text.strip()} ")
        if len(bottom) != 1:
            raise InvalidValueError("not-a-ratio", text=" ".join(text.split()))
        return cls(Linear.parse(top.strip()), Linear.parse(bottom[0].strip()))

    @property
    def names(self) -> tuple[str, ...]:
        """The names on both sides."""
        return self.top.names + self.bottom.names

    def renamed(self, rename: Callable[[str], str]) -> Ratio:
        """Return the ratio of other names."""
        return self._replace(top=self.top.renamed(rename), bottom=self.bottom.renamed(rename))

    def without(self, names: Container[str]) -> Ratio:
        """Return the ratio without these *names*."""
        return self._replace(top=self.top.without(names), bottom=self.bottom.without(names))

    def exact(self, values: Mapping[str, Decimal]) -> Fraction | None:
        """Return the exact value; ``None`` where the bottom is blank or 0. A blank top counts as 0."""
        bottom = self.bottom.value(values)
        return Fraction(self.top.value(values)) * self.scale / Fraction(bottom) if bottom else None

    def print(self, show: Callable[[str], str], places: int) -> str:
        """Return it as a spreadsheet formula, with *show(name)* for each name: an empty text where it has no value."""
        is_zero, quotient = self.print_parts(show)
        return f'IF({is_zero},"",ROUND({quotient},{places}))'

    def print_parts(self, show: Callable[[str], str]) -> tuple[str, str]:
        """Return formulas for whether it has no value, and for its value before rounding."""
        top, bottom = (side.print(show) for side in (self.top, self.bottom))
        is_zero = f"{bottom}=0"
        if is_compound(self.bottom):  # without the errors of binary arithmetic
            bottom, is_zero = f"({bottom})", f"ROUND({bottom},6)=0"
        if is_compound(self.top):
            top = f"({top})"
        scale = f"{self.scale}*" if self.scale > 1 else ""
        return is_zero, f"{scale}{top}/{bottom}"

    def __str__(self) -> str:
        return f"{self.top} per {self.bottom}"


class Product(NamedTuple):
    """One column of a list times another, in each line. The value of a choice is the code of its option, by ``codes``."""

    one: str
    other: str
    codes: Mapping[str, Mapping[str, Decimal]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of both."""
        return self.one, self.other

    def numbers(self, values: Mapping[str, Decimal | str]) -> dict[str, Decimal]:
        """Return the numbers of what a line chose: the codes of options, by the names of their columns."""
        codes = {name: numbers.get(str(values[name])) for name, numbers in self.codes.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def exact(self, values: Mapping[str, Decimal]) -> Fraction | None:
        """Return the exact value; ``None`` where one of them is blank."""
        if not values.keys() >= {self.one, self.other}:
            return None
        return Fraction(values[self.one]) * Fraction(values[self.other])

    def print(self, show: Callable[[str], str], places: int) -> str:
        """Return it as a spreadsheet formula, with the address *show(name)* for each name: an empty text where it has no value.

        A cell shows the code of an option before its label; without one, the number of that text is an error.
        """
        chosen = {name: f'VALUE(LEFT({show(name)},FIND(" ",{show(name)}&" ")-1))' for name in self.codes}
        one, other = (chosen.get(name) or show(name) for name in self.names)
        formula = f"ROUND({one}*{other},{places})"
        if chosen:
            formula = f'IFERROR({formula},"")'
        typed = [show(name) for name in self.names if name not in chosen]
        return f'IF(COUNT({",".join(typed)})<{len(typed)},"",{formula})' if typed else formula

    def __str__(self) -> str:
        return f"{self.one} times {self.other}"


def is_compound(side: Linear) -> bool:
    """Return whether a sum stands in brackets where it is divided: it has several terms, or a number before its name."""
    return len(side.terms) > 1 or side.has_multiples


def sum_or_ratio(text: str) -> Linear | Ratio:
    """Read what defines a line; a name ``per``, which the first version of the language allows, stays a name."""
    try:
        return Linear.parse(text)
    except LinearSyntaxError:
        if _PER.search(f" {text} ") is None:
            raise
        return Ratio.parse(text)


def sum_ratio_or_product(text: str) -> Linear | Ratio | Product:
    """Read what defines a column of a list."""
    found = _TIMES.fullmatch(text)
    return Product(found[1], found[2]) if found else sum_or_ratio(text)


def scale_of(unit: str) -> int:
    """Return by what a ratio of that *unit* is multiplied."""
    return _SCALES.get(unit, 1)


def rounded(value: Fraction, places: int) -> Decimal:
    """Return *value* rounded to decimal places, half away from zero, as spreadsheets round."""
    units = int(abs(value) * 10**places + Fraction(1, 2))
    while places and not units % 10:
        units, places = units // 10, places - 1
    return EXACT.scaleb(Decimal(-units if value < 0 else units), -places)


def is_shown_right(shown: Decimal, exact: Fraction, places: int) -> bool:
    """Return whether *shown* is *exact* rounded to that many places."""
    return abs(Fraction(shown) - exact) <= Fraction(1, 2 * 10**places) + _SLACK
