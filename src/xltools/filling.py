"""Figures into texts: what a brace stands for in one filing, as published prose prints it.

Figures are derived from what was filled in and never taken from what a cell showed. A figure that is not known is
never put in: the text that names it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from xltools.data.change import change
from xltools.data.filing import Filing
from xltools.data.number import normal
from xltools.data.prior import known
from xltools.data.record import Figures
from xltools.errors import Problem
from xltools.form.linear import Linear
from xltools.form.model import Form, of_last_year
from xltools.form.publication import DraftSentence, Listing, ListItem
from xltools.form.references import spelled_out, units_of
from xltools.form.wording import (
    LAST,
    WORDS,
    Brace,
    Condition,
    Wording,
    WordingError,
    has_braces,
)
from xltools.text import clerk

_TENTH = Decimal("0.1")  # of a hundredth: how exactly prose tells a rate


@dataclass(frozen=True, slots=True)
class Known:
    """What texts about one filing can say: its figures, last year's as far as they are known, and its words."""

    form: Form
    figures: Figures  # last year's under ``last.``
    words: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, filing: Filing, last: Figures | None = None) -> Known:
        """Of a filing that was read as far as its record; a blank counts as 0, as it does in every sum."""
        form, record, agency = filing.form, filing.record, filing.agency
        assert form is not None  # noqa: S101  the caller asked
        assert record is not None  # noqa: S101  the caller asked
        figures = known(form, record.values, filing.unread, summed=filing.is_rollup)
        year = record.year
        years = {"year": year, "last_year": year - 1, "next_year": year + 1}
        words = {name: str(number) for name, number in years.items()}
        words |= {"agency": agency.name, "district": agency.district} if agency else {}
        return cls(form, figures | of_last_year(last or {}), words)

    # -- whether it can be filled in

    def problems(self, wording: Wording, place: str) -> list[Problem]:
        """Everything that stands against filling in that text; *place* is how problems name it."""
        from xltools.form.lint import wording_faults  # noqa: PLC0415  few texts have anything to fill in

        faults = list(wording_faults(wording, self.form, place))
        faults = faults or [_unknown_figure(name, place) for name in dict.fromkeys(self._missing(wording))]
        return faults or [
            Problem("empty-list", place, {"name": listing.key})
            for brace in wording.braces
            if (listing := self._listing(brace)) and not self._listed(listing)
        ]

    def can_tell(self, wording: Wording) -> bool:
        """Whether every figure that the text needs is known."""
        return not any(self._missing(wording))

    def _missing(self, wording: Wording) -> Iterator[str]:
        """The figures that it needs and that are not known; of a list all of its items."""
        for brace in wording.braces:
            if listing := self._listing(brace):
                yield from (n for item in listing.items for n in self._missing(item.text))
            elif brace.word not in WORDS:
                yield from self._unknown(brace.sum.names)
                if brace.manner:
                    yield from self._unknown(LAST + name for name in brace.sum.names)

    def _unknown(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            if not self.figures.keys() >= set(spelled_out(Linear(((1, name),)), self.form).names):
                yield name

    # -- filling in

    def filled(self, wording: Wording) -> str:
        """The text with its figures; whoever asks has made sure that there are no :meth:`problems`."""
        return "".join(part if isinstance(part, str) else self._told(part) for part in wording.parts)

    def said(self, say: Iterable[DraftSentence]) -> list[Wording]:
        """Those of the sentences whose conditions hold and whose figures are known."""
        return [one.text for one in say if self._holds(one.when) and self.can_tell(one.text)]

    def _holds(self, condition: Condition | None) -> bool:
        if condition is None:
            return True
        if any(self._unknown(condition.names)):
            return False
        return all(
            _COMPARED[one.sign](self._value(one.left), self._value(one.right))
            for one in condition.comparisons
        )

    def _told(self, brace: Brace) -> str:
        if brace.word in WORDS:
            return self.words.get(brace.word, "")
        if listing := self._listing(brace):
            return self._listed(listing)
        if brace.manner:
            return self._changed(brace)
        return _plain(self._value(brace.sum))

    def _listing(self, brace: Brace) -> Listing | None:
        return self.form.publication.by_key.get(brace.word)

    def _listed(self, listing: Listing) -> str:
        amounts = [(self._amount(item), item) for item in listing.items]
        there = [(amount, item) for amount, item in amounts if amount]
        if len(there) == 1 and (alone := there[0][1].alone):
            return (listing.every if there[0][0] != 1 else "") + self.filled(alone)
        opening = listing.opening if len(there) > 1 else ""
        return opening + "、".join(self.filled(item.text) for _, item in there)

    def _amount(self, item: ListItem) -> Decimal:
        """How much of it there is: the first figure that its text names."""
        sums = (b.sum for b in item.text.braces if b.word not in WORDS and not self._listing(b))
        return self._value(next(sums))

    def _changed(self, brace: Brace) -> str:
        """增加5件, 下降16.7%, 持平: where there is no rate to tell, the change."""
        t, last = clerk(), Linear(tuple((sign, LAST + name) for sign, name in brace.sum.terms))
        found = change(self._value(brace.sum), self._value(last))
        if found is None or not found.difference:
            return t("prose.same")
        way = "more" if found.difference > 0 else "fewer"
        rate = _percent(found.rate) if found.rate is not None and brace.manner == "rate" else None
        if rate:
            return t(f"prose.rate-{way}", rate=_plain(rate))
        (unit,) = units_of(brace.sum, self.form)
        return t(f"prose.{way}", figure=_plain(abs(found.difference)), unit=unit)

    def _value(self, linear: Linear) -> Decimal:
        return spelled_out(linear, self.form).value(self.figures)


_COMPARED = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    ">": lambda one, other: one > other,
}


def _unknown_figure(name: str, place: str) -> Problem:
    if name.startswith(LAST):
        return Problem("no-last-figure", place, {"name": name})
    return Problem("no-figure", place, {"name": name})


def _plain(value: Decimal) -> str:
    """As published prose prints a number: every digit, and nothing between them."""
    return f"{normal(value):f}"


def _percent(rate: Decimal) -> Decimal:
    return (abs(rate) * 100).quantize(_TENTH, ROUND_HALF_UP)


def with_figures(filing: Filing) -> Filing:
    """The filing with its figures in its prose; a text that cannot be filled in stays as it stands."""
    if not any(map(has_braces, filing.prose.values())):
        return filing
    about = Known.of(filing)
    return replace(filing, prose={box: _tried(text, about) for box, text in filing.prose.items()})


def _tried(text: str, about: Known) -> str:
    try:
        wording = Wording.parse(text)
    except WordingError:
        return text
    return text if about.problems(wording, "") else about.filled(wording)
