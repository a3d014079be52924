"""Periods: the span of time that a return, a roll-up or a report is about: a year, or a half, quarter or month of one.

Only this module decides how a period is written and read, so that another kind of period is added here.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import total_ordering

from xltools.errors import InputError, Problem, Word
from xltools.form.days import END, START, number_of
from xltools.form.model import PARTS, Form, Kind
from xltools.form.relation import PERIOD
from xltools.text import clerk

_TEXT = re.compile(r"([0-9]{4})(?:H([12])|Q([1-4])|-(0[1-9]|1[0-2]))?")
_PARTS = (2, 4, 12)  # of a year, in the order of the groups of _TEXT
_PLAIN = ("words", "spaced")  # the wordings that are just the name of a period
_WORDS = {parts: word for word, parts in PARTS.items()}
_MONTHS = 12
_USABLE = range(1949, 2200)


@total_ordering
@dataclass(frozen=True, slots=True)
class Period:
    """A year, or the part ``number`` of the ``parts`` of a year.

    Its text is the same in stamps, seals, and names of files and folders: ``2024``, ``2024H1``, ``2024Q3``, ``2024-07``.
    :func:`str` writes it and :meth:`from_text` reads it. A month is written as in the calendar; the others, by the year
    of the form. Where that begins in another month is not in the text: ``begins`` is the number of months from the
    January of the year to its first month. Only words and dates depend on it.

    Sentences for people choose a wording from the section ``period`` of the clerk's catalogue: ``f"{period:words}"`` is
    2024年, 2024年第三季度 or 2024年7月.
    """

    year: int
    number: int = 1
    parts: int = 1
    begins: int = field(default=0, compare=False)

    @classmethod
    def from_text(cls, text: str, begins: int = 0) -> Period | None:
        """Return the period that *text* names, or ``None`` if it names none."""
        match = _TEXT.fullmatch(text) if text.isascii() else None
        if match is None:
            return None
        for parts, number in zip(_PARTS, match.groups()[1:], strict=True):
            if number:
                return cls(int(match[1]), int(number), parts, begins)
        return cls(int(match[1]), begins=begins)

    @classmethod
    def of_form(cls, text: str, form: Form) -> Period | None:
        """Return the period of a *form* that *text* names, or ``None`` if it names none or one of another length."""
        period = cls.from_text(text, form.begins)
        return period if period and period.kind == form.period else None

    def counted(self, begins: int) -> Period:
        """Return the same period of a form whose years begin so many months after the January of their name."""
        return self if self.begins == begins else replace(self, begins=begins)

    def checked(self, form: Form) -> Period:
        """Return the period as the *form* counts it; raise :class:`InputError` if its returns are for longer or shorter."""
        if self.kind != form.period:
            raise InputError(
                Problem("other-kind", facts={"period": self, "kind": Word(f"kind-{form.period}")})
            )
        return self.counted(form.begins)

    def __str__(self) -> str:
        part = {1: "", 2: f"H{self.number}", 4: f"Q{self.number}", 12: f"-{self.number:02d}"}[self.parts]
        return f"{self.year:04d}{part}"

    def __lt__(self, other: Period) -> bool:
        return self._place < other._place

    @property
    def _place(self) -> tuple[int, int]:
        return self._first, self.parts

    @property
    def _first(self) -> int:
        """The number of its first month, as if every year began in January."""
        return self.year * _MONTHS + (self.number - 1) * (_MONTHS // self.parts)

    def __format__(self, wording: str) -> str:
        if not wording:
            return str(self)
        t = clerk()
        if wording == "span":
            first, last = (Period(*_year_and_month(month), _MONTHS) for month in (self._begin, self._end - 1))
            return t("period.span", first=f"{first:words}", last=f"{last:words}")
        fiscal = "fiscal-" if self.is_fiscal else ""
        if self.is_year or wording in _PLAIN:
            year = t(f"period.{fiscal}{wording}", year=f"{self.year:04d}")
            return year + (t(f"part-of-year.{self.kind}-{wording}-{self.number}") if self.parts > 1 else "")
        return t(f"part-of-year.{wording}", spaced=f"{self:spaced}")

    @property
    def kind(self) -> Kind:
        """The word that a form has for periods of this length."""
        return _WORDS[self.parts]

    @property
    def is_year(self) -> bool:
        """Whether it is a whole year."""
        return self.parts == 1

    @property
    def is_fiscal(self) -> bool:
        """Whether its name is that of a year that begins in another month than January."""
        return self.begins != 0 and self.parts < _MONTHS

    @property
    def is_usable(self) -> bool:
        """Whether a workbook can be issued for the period."""
        return self.year in _USABLE

    @property
    def previous(self) -> Period:
        """The period before."""
        return self._shifted(-1)

    @property
    def next(self) -> Period:
        """The period after."""
        return self._shifted(1)

    @property
    def year_ago(self) -> Period:
        """The same period of the year before."""
        return self._shifted(-self.parts)

    @property
    def bases(self) -> tuple[Period, ...]:
        """The periods with which a return is compared: the one before and the same a year ago."""
        return tuple(dict.fromkeys((self.previous, self.year_ago)))

    def _shifted(self, count: int) -> Period:
        year, number = divmod(self.year * self.parts + self.number - 1 + count, self.parts)
        return replace(self, year=year, number=number + 1)

    def earlier(self, count: int) -> tuple[Period, ...]:
        """Return the *count* periods before, the latest first."""
        return tuple(self._shifted(-back) for back in range(1, count + 1))

    def compared(self, count: int) -> tuple[Period, ...]:
        """Return *count* periods before with which it is compared, the latest first; one of them is a year ago."""
        before = self.earlier(count)
        return before if self.year_ago in before else (*before[:-1], self.year_ago)

    @property
    def number_in_year(self) -> int:
        """Which period of its form's year it is; 1 is the first."""
        return (self._begin - self.begins) % _MONTHS * self.parts // _MONTHS + 1

    @property
    def figures(self) -> dict[str, Decimal]:
        """What rules may ask of it: its number in the year, and its first and its last day."""
        days = {START: dt.date(*_year_and_month(self._begin), 1), END: self.end - dt.timedelta(1)}
        return {PERIOD: Decimal(self.number_in_year), **{name: number_of(day) for name, day in days.items()}}

    @property
    def whole_year(self) -> Period:
        """The year of its form that it is in."""
        return Period((self._begin - self.begins) // _MONTHS, begins=self.begins)

    @property
    def _begin(self) -> int:
        """The number of its first month in the calendar; year 0 begins with month 0."""
        return self._first + (0 if self.parts == _MONTHS else self.begins)

    @property
    def _end(self) -> int:
        return self._begin + _MONTHS // self.parts

    @property
    def end(self) -> dt.date:
        """The first day after the period."""
        return dt.date(*_year_and_month(self._end), 1)


def _year_and_month(month: int) -> tuple[int, int]:
    year, rest = divmod(month, _MONTHS)
    return year, rest + 1
