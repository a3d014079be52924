"""A sum of named cells: parsed once, then evaluated, printed as a spreadsheet formula, or put into words.

The grammar has only ``+``, ``-`` and names, each perhaps with a number before it, ``0.7143 * coal``; the sides of relations
(:mod:`xltools.form.relation`) may have numbers too, and days, which are named as they are written: ``2026-12-31``.
``count(cover.kind = portal)`` is the figure that counts an option of a field; its name is ``cover.kind[portal]``.
``count(register, trade = coal)`` and ``sum(register.money, trade = coal)`` are figures of a list, named as they are written. In
a line of the list, ``trade = row`` picks the lines with the same trade, ``code under row`` those one level below its code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from xltools.errors import InvalidValueError

ZERO = Decimal(0)
EXACT = Context(prec=80)  # more digits than any sum of figures has, so sums are exact
_KEY = "[a-z][a-z0-9_]*"
_NAME = rf"{_KEY}(?:\.{_KEY})*"
_COUNT = rf"count\(\s*(?P<field>{_NAME})\s*=\s*(?P<option>{_KEY})\s*\)"
_WHERE = rf"(?P<where>(?:,\s*{_KEY}(?:\s*=\s*{_KEY}|\s+under\s+row)\s*)*)"
_OVER = rf"(?:(?P<over>count)\(\s*(?P<lines>{_KEY})|sum\(\s*(?P<column>{_KEY}\.{_KEY}))\s*{_WHERE}\)"
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_TERM = re.compile(
    rf"\s*(?P<sign>[+-]?)\s*(?:(?:(?P<factor>{_NUMBER})\s*\*\s*)?(?:{_COUNT}|{_OVER}|(?P<name>{_NAME})(?!\s*\())"
    rf"|(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})|(?P<number>{_NUMBER})(?![0-9.])(?!\s*\*))"
)
_MOST_DIGITS = 15  # of a factor; more a spreadsheet does not keep
Factor = int | Decimal  # whole ones are of the type int
Term = tuple[Factor, str]


def count_of(field: str, option: str) -> str:
    """Return the name of the figure that counts an option of a field."""
    return f"{field}[{option}]"


ROW_CODE = "row"  # in place of a code: that of the row in which the sum stands, or what the line has there
UNDER_ROW = "under row"  # in place of a code: those that lie one level below that of its line


class OverList(NamedTuple):
    """What the name of a figure of a list says: the sum of a column, or without one the number of lines, of those lines."""

    list: str
    column: str = ""
    where: tuple[tuple[str, str], ...] = ()  # columns, each with the code that it has

    @classmethod
    def of(cls, name: str) -> OverList | None:
        """Return what the *name* of a figure says; ``None`` if it is no figure of a list."""
        found = re.fullmatch(_OVER, name)
        if found is None:
            return None
        parts = (re.split(r"\s*=\s*|\s+(?=under\b)", one.strip()) for one in found["where"].split(",")[1:])
        where = tuple((column, " ".join(code.split())) for column, code in parts)
        key, _, column = (found["lines"] or found["column"]).partition(".")
        return cls(key, column, where)

    def in_row(self, code: str) -> OverList:
        """Return the figure in the row with that code."""
        return self._replace(where=tuple((c, code if x == ROW_CODE else x) for c, x in self.where))

    @property
    def says_row(self) -> bool:
        """Whether the lines that it is about depend on the row in which it stands."""
        return any(code in {ROW_CODE, UNDER_ROW} for _, code in self.where)

    @property
    def columns(self) -> frozenset[str]:
        """The columns on which it depends."""
        return frozenset((self.column, *(column for column, _ in self.where))) - {""}

    @property
    def tree(self) -> str:
        """The column of codes of which it is about those below that of its line, if there is one."""
        return next((column for column, code in self.where if code == UNDER_ROW), "")

    def __str__(self) -> str:
        what = f"sum({self.list}.{self.column}" if self.column else f"count({self.list}"
        parts = (f"{column} {'' if code == UNDER_ROW else '= '}{code}" for column, code in self.where)
        return f"{what}{''.join(f', {part}' for part in parts)})"


class LinearSyntaxError(InvalidValueError):
    """The text is not a sum of names; ``facts["rest"]`` is the text that could not be parsed."""

    def __init__(self, text: str, rest: str, code: str = "not-a-sum") -> None:
        super().__init__(code, text=" ".join(text.split()), rest=rest.strip())


class Linear(NamedTuple):
    """A sum such as ``new + carried_in - 2 * total``: names in the order they were written, and a number.

    Each name has a factor, which is 1 or -1 where no number stands before it.
    """

    terms: tuple[Term, ...]
    constant: Decimal = ZERO

    @classmethod
    def parse(cls, text: str, *, numbers: bool = False) -> Linear:
        """Read *text*, which may have *numbers* and days among its names; raises :class:`LinearSyntaxError`."""
        terms: list[Term] = []
        constant = ZERO
        position = 0
        while text[position:].strip():
            match = _TERM.match(text, position)
            if (
                match is None
                or (position and not match["sign"])
                or ((match["number"] or match["day"]) and not numbers)
            ):
                raise LinearSyntaxError(text, text[position:], _product_fault(text[position:]))
            sign = -1 if match["sign"] == "-" else 1
            if match["number"]:
                constant = EXACT.add(constant, sign * Decimal(match["number"]))
            else:
                factor = _factor(match["factor"] or "1")
                if not factor:
                    raise LinearSyntaxError(text, match["factor"], "bad-factor")
                terms.append((sign * factor, _named(match)))
            position = match.end()
        if not position:
            raise LinearSyntaxError(text, text)
        return cls(tuple(terms), constant)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order they were written."""
        return tuple(name for _, name in self.terms)

    @property
    def single(self) -> str:
        """The name, if the sum is one name and nothing else; otherwise ""."""
        return (
            self.terms[0][1]
            if not self.constant and self.terms and self.terms == ((1, self.terms[0][1]),)
            else ""
        )

    @property
    def has_multiples(self) -> bool:
        """Whether a number stands before a name: what is added is then in another unit."""
        return any(size(factor) != 1 for factor, _ in self.terms)

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number where all figures are."""
        return all(isinstance(factor, int) for factor, _ in self.terms)

    @property
    def subtracts(self) -> bool:
        """Whether it can be below 0 where no figure is; what is subtracted over lists is a matter of their lines."""
        return any(sign < 0 and "(" not in name for sign, name in self.terms)

    def renamed(self, rename: Callable[[str], str]) -> Linear:
        """Return the sum over other names: an expression over lines becomes one over cells."""
        return self._replace(terms=tuple((factor, rename(name)) for factor, name in self.terms))

    def without(self, names: Container[str]) -> Linear:
        """Return the sum without these *names*."""
        return self._replace(terms=tuple(term for term in self.terms if term[1] not in names))

    def with_value(self, name: str, number: int) -> Linear:
        """Return the sum with a *number* in place of a name."""
        left = tuple(term for term in self.terms if term[1] != name)
        constant = self.constant
        for factor, other in self.terms:
            if other == name:
                constant = EXACT.add(constant, EXACT.multiply(factor, number))
        return Linear(left, constant)

    def times(self, factor: Factor) -> Linear:
        """Return the sum multiplied by a *factor*."""
        terms = tuple((multiplied(factor, own), name) for own, name in self.terms)
        return Linear(terms, EXACT.multiply(factor, self.constant))

    def value(self, values: Mapping[str, Decimal]) -> Decimal:
        """Return the exact sum; a name without a value counts as 0, as a blank cell does."""
        total, add, subtract = self.constant, EXACT.add, EXACT.subtract
        for factor, name in self.terms:
            if value := values.get(name):  # most figures are 0
                if factor == 1:
                    total = add(total, value)
                elif factor == -1:
                    total = subtract(total, value)
                else:
                    # 0.5 × 4 is 2, and not 2.0.
                    total = add(total, EXACT.multiply(factor, value).normalize(EXACT))
        return total

    def print(self, show: Callable[[str], str], times: str = "*") -> str:
        """Return the sum as text with *show(name)* for each name: with addresses, a spreadsheet formula.

        It uses ``+`` and never SUM, because SUM silently skips a number that was typed as text. *times* stands between a
        number and a name.
        """
        text = "".join(
            ("-" if factor < 0 else "+") + multiple(factor, times) + show(name) for factor, name in self.terms
        )
        if self.constant or not self.terms:
            text += f"{self.constant:+f}"
        return text.removeprefix("+")

    def words(self, label: Callable[[str], str]) -> str:
        """Return the sum in words, with the *label* of each name."""
        return self.print(label, "×")

    def __str__(self) -> str:
        counts = ((f, re.sub(r"(.+)\[(.+)\]", r"count(\1 = \2)", name)) for f, name in self.terms)
        terms = [("-" if factor < 0 else "+", multiple(factor, " * ") + name) for factor, name in counts]
        if self.constant or not terms:
            terms.append(("-" if self.constant < 0 else "+", f"{abs(self.constant):f}"))
        return " ".join(f"{sign} {term}" for sign, term in terms).removeprefix("+ ")


def multiplied(one: Factor, other: Factor) -> Factor:
    """Return the exact product of two factors."""
    return (
        one * other if isinstance(one, int) and isinstance(other, int) else _plain(EXACT.multiply(one, other))
    )


def plus(one: Factor, other: Factor) -> Factor:
    """Return the exact sum of two factors."""
    return one + other if isinstance(one, int) and isinstance(other, int) else _plain(EXACT.add(one, other))


def size(factor: Factor) -> Factor:
    """Return a factor without its sign."""
    return -factor if factor < 0 else factor


def collected(terms: Iterable[Term]) -> dict[str, Factor]:
    """Return the factor of each name in a sum; names that cancel out are absent."""
    found: dict[str, Factor] = {}
    for factor, name in terms:
        found[name] = plus(found.get(name, 0), factor)
    return {name: factor for name, factor in found.items() if factor}


def in_whole(terms: Iterable[Term]) -> tuple[dict[str, int], int]:
    """Return the factor of each name in a sum multiplied by the least number that makes all of them whole; and that number.

    Of an equation, all may be multiplied.
    """
    found = collected(terms)
    by = lcm(*(Fraction(factor).denominator for factor in found.values() if isinstance(factor, Decimal)))
    return {name: int(multiplied(factor, by)) for name, factor in found.items()}, by


def multiple(factor: Factor, times: str) -> str:
    """Return what stands before a name: a number and *times*, or nothing."""
    return "" if size(factor) == 1 else f"{Decimal(size(factor)):f}{times}"


def _plain(factor: Decimal) -> Factor:
    return int(factor) if factor == factor.to_integral_value() else factor.normalize(EXACT)


def _factor(text: str) -> Factor:
    """Return the number that stands before a name; 0 for one that may not: none at all, or one with too many digits."""
    factor = Decimal(text)
    return _plain(factor) if len(factor.normalize(EXACT).as_tuple().digits) <= _MOST_DIGITS else 0


def _product_fault(rest: str) -> str:
    """Return the code of what is wrong from where a sum cannot be read, if that is a product."""
    if re.match(r"\s*\*", rest):
        return "names-multiplied"
    return "factor-without-name" if re.match(rf"\s*[+-]?\s*{_NUMBER}\s*\*", rest) else "not-a-sum"


def _named(match: re.Match[str]) -> str:
    """Return the name that a term of a sum has."""
    if match["field"]:
        return count_of(match["field"], match["option"])
    over = OverList.of(match[0].strip().lstrip("+-").rpartition("*")[2].strip())
    return str(over) if over else str(match["name"] or match["day"])
