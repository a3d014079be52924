"""Texts with figures: the value of each brace for one filing, printed as in published prose.

Figures are derived from the inputs and never taken from what a cell showed. A text that names an unknown figure is
refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from xltools.data.filing import Return
from xltools.data.number import digits
from xltools.data.prior import known
from xltools.data.record import Figures
from xltools.data.year_on_year import change
from xltools.errors import Problem
from xltools.form.linear import Linear
from xltools.form.lint import wording_faults
from xltools.form.model import Form, of_last_year
from xltools.form.publication import DraftSentence, Listing, ListItem
from xltools.form.references import spelled_out, units_of
from xltools.form.relation import Condition, Relation
from xltools.form.wording import LAST, Brace, Conditional, Wording, WordingError, has_braces, time_of
from xltools.text import clerk

_TENTH = Decimal("0.1")  # rates are printed to a tenth of a percent


@dataclass(frozen=True, slots=True)
class TextValues:
    """The values of the braces in texts about one filing: its figures, last year's, and words such as its year."""

    form: Form
    figures: Figures  # only known figures; those of other periods under ``last.`` and ``ago.``
    words: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, filing: Return, last: Figures | None = None) -> TextValues:
        """Return the values for *filing*; a blank counts as 0, as it does in every sum."""
        form, record, agency = filing.form, filing.record, filing.agency
        figures = known(form, record.values, filing.unread, summed=filing.is_rollup)
        whole = record.period.whole_year
        words = {"year": str(whole), "last_year": str(whole.previous), "next_year": str(whole.next)}
        words |= {"period": f"{record.period:words}", "last_period": f"{record.period.previous:words}"}
        words |= {"agency": agency.name, "district": agency.district}
        return cls(form, figures | of_last_year(last or {}), words)

    def problems(self, wording: Wording, place: str) -> list[Problem]:
        """Return everything that prevents filling in the text; *place* is the place named in the problems."""
        if faults := list(wording_faults(wording, self.form, place)):
            return faults
        if missing := dict.fromkeys(self._missing(wording)):
            return [
                Problem("no-last-figure", place, {"name": name})
                if time_of(name)
                else Problem("no-figure", place, {"name": name})
                for name in missing
            ]
        return [
            Problem("empty-list", place, {"name": listing.key})
            for part in self._said(wording)
            if isinstance(part, Brace) and (listing := self._listing(part)) and not self._filled_list(listing)
        ]

    def _missing(self, wording: Wording) -> Iterator[str]:
        """Yield the names of figures that the text needs and that are unknown; a list needs those of all its items.

        Those of a conditional text are needed only while its condition holds.
        """
        for condition in wording.conditions:
            yield from self._unknown(condition.names)
        for part in self._said(wording):
            if isinstance(part, str):
                continue
            if listing := self._listing(part):
                yield from (name for item in listing.items for name in self._missing(item.text))
            elif part.word not in self.form.words:
                yield from self._unknown(part.sum.names)
                if part.manner:
                    yield from self._unknown(LAST + name for name in part.sum.names)

    def _said(self, wording: Wording) -> Iterator[str | Brace]:
        """Yield the parts of a text without the conditional texts whose conditions do not hold."""
        for part in wording.parts:
            if not isinstance(part, Conditional):
                yield part
            elif self._holds(part.condition):
                yield from self._said(part.text)

    def _unknown(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            if not self.figures.keys() >= set(spelled_out(Linear(((1, name),)), self.form).names):
                yield name

    def known(self, sentences: Iterable[DraftSentence]) -> list[Wording]:
        """Return the sentences whose conditions can be decided and whose figures are then known."""
        return [one.wording for one in sentences if not any(self._missing(one.wording))]

    def _holds(self, condition: Condition) -> bool:
        """Return whether the condition holds; one on an unknown figure does not."""
        if any(self._unknown(condition.names)):
            return False
        return all(
            Relation(spelled_out(left, self.form), sign, spelled_out(right, self.form)).holds(self.figures)
            for left, sign, right in condition.relations
        )

    def filled(self, wording: Wording) -> str:
        """Return the text with its figures; the caller makes sure that there are no :meth:`problems`."""
        text = ""
        for part in self._said(wording):
            if isinstance(part, str):
                text += part
            elif part.word in self.form.words:
                text += self.words.get(part.word, "")
            elif listing := self._listing(part):
                text += self._filled_list(listing)
            else:
                text += self._filled_change(part) if part.manner else digits(self._value(part.sum))
        return text

    def _listing(self, brace: Brace) -> Listing | None:
        return self.form.publication.by_key.get(brace.word)

    def _filled_list(self, listing: Listing) -> str:
        listed: list[tuple[Decimal, ListItem]] = []
        for item in listing.items:
            figures = (b for b in item.text.braces if b.word not in self.form.words and not self._listing(b))
            if amount := self._value(next(figures).sum):  # the first figure of its text decides
                listed.append((amount, item))
        if len(listed) == 1 and (alone := listed[0][1].alone):
            return (listing.every if listed[0][0] != 1 else "") + self.filled(alone)
        opening = listing.opening if len(listed) > 1 else ""
        return opening + "、".join(self.filled(item.text) for _, item in listed)

    def _filled_change(self, brace: Brace) -> str:
        """Return 增加5件, 下降16.7% or 持平; the change in units where last year's figure is 0 and gives no rate."""
        t, last = clerk(), Linear(tuple((sign, LAST + name) for sign, name in brace.sum.terms))
        found = change(self._value(brace.sum), self._value(last))
        if found is None or not found.difference:
            return t("prose.same")
        direction = "more" if found.difference > 0 else "fewer"
        if brace.manner == "rate" and found.rate is not None:
            percent = (abs(found.rate) * 100).quantize(_TENTH, ROUND_HALF_UP)
            if percent:
                return t(f"prose.rate-{direction}", rate=digits(percent))
        (unit,) = units_of(brace.sum, self.form)
        return t(f"prose.{direction}", figure=digits(abs(found.difference)), unit=unit)

    def _value(self, linear: Linear) -> Decimal:
        return spelled_out(linear, self.form).value(self.figures)


def with_figures(filing: Return) -> Return:
    """Return the filing with figures for the braces in its prose; a text that cannot be filled in stays as it is."""
    if not any(map(has_braces, filing.prose.values())):
        return filing
    values = TextValues.of(filing)
    prose = dict(filing.prose)
    for box, text in prose.items():
        try:
            wording = Wording.parse(text)
        except WordingError:
            continue
        if not values.problems(wording, ""):
            prose[box] = values.filled(wording)
    return replace(filing, prose=prose)
