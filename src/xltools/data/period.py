"""Periods: the span of time that a return, a roll-up or a report is about; today always a calendar year.

Only this module decides how a period is written and read, so that another kind of period is added here.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from xltools.text import clerk

_YEAR = re.compile(r"[0-9]{4}")
_USABLE = range(1949, 2200)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar year.

    Its text, ``2024``, is the same in stamps, seals, and names of files and folders: :func:`str` writes it and
    :meth:`from_text` reads it. Sentences for people choose a wording from the section ``period`` of the clerk's
    catalogue: ``f"{period:words}"`` is 2024年.
    """

    year: int

    @classmethod
    def from_text(cls, text: str) -> Period | None:
        """Return the period that *text* names, or ``None`` if it names none."""
        return cls(int(text)) if _YEAR.fullmatch(text) else None

    def __str__(self) -> str:
        return f"{self.year:04d}"

    def __format__(self, wording: str) -> str:
        return clerk()(f"period.{wording}", year=str(self)) if wording else str(self)

    @property
    def is_usable(self) -> bool:
        """Whether a workbook can be issued for the period."""
        return self.year in _USABLE

    @property
    def previous(self) -> Period:
        """The period before."""
        return Period(self.year - 1)

    @property
    def next(self) -> Period:
        """The period after."""
        return Period(self.year + 1)

    def earlier(self, count: int) -> tuple[Period, ...]:
        """Return the *count* periods before, the latest first."""
        return tuple(Period(self.year - back) for back in range(1, count + 1))

    @property
    def end(self) -> dt.date:
        """The first day after the period."""
        return dt.date(self.year + 1, 1, 1)
