"""Mentions: the numbers in the prose of a filing, each with the cells that it can refer to.

A number is a mention if words of the form's claims stand beside it, the subject is right, and nothing between the words
and the number changes what is counted. A mention that may refer to something else (a part, another period, a narrower or
wider circle of agencies) can match a figure, but is not reported if it matches none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from xltools.data.filing import Return
from xltools.data.period import Period
from xltools.form.linear import ZERO, Linear
from xltools.form.model import Form
from xltools.form.prose import Claim
from xltools.prose.sentences import (
    Negation,
    Phrase,
    Sentence,
    are_joined,
    is_denied_directly,
    is_neutral,
    is_other_period,
    negations,
    sentences,
    whole_of,
)


class Interpretation(NamedTuple):
    """A sum of cells that a number can refer to: the sum in words, its figure and its cells."""

    label: str
    figure: Decimal
    cells: tuple[str, ...]


class Mention(NamedTuple):
    """A number in the prose, or a negation (无), with its interpretations; ``matched`` is the one it equals."""

    box: str
    quote: str
    value: Decimal
    interpretations: tuple[Interpretation, ...]
    matched: Interpretation | None
    is_wrong: bool  # it equals no interpretation, and nothing excuses that
    is_negation: bool = False


class _ClaimMatch(NamedTuple):
    """The words of a claim in a text."""

    claim: Claim
    start: int
    end: int


@dataclass(frozen=True)
class FilingProse:
    """The prose of one filing, and the figures and words to compare it with."""

    filing: Return

    @property
    def form(self) -> Form:
        """The form of the filing."""
        return self.filing.form

    @property
    def period(self) -> Period:
        """The period reported on."""
        return self.filing.record.period

    @cached_property
    def values(self) -> Mapping[str, Decimal]:
        """The figures of the filing by name, totals included."""
        return self.filing.record.complete()

    @cached_property
    def boxes(self) -> dict[str, tuple[Sentence, ...]]:
        """The sentences of each prose cell of the sections."""
        names = (f"{section.key}.{part.key}" for section in self.form.sections for part in section.parts)
        return {name: sentences(self.filing.prose[name]) for name in names if name in self.filing.prose}

    @cached_property
    def sentences(self) -> tuple[tuple[str, Sentence], ...]:
        """Every sentence, with the name of its prose cell."""
        return tuple((name, sentence) for name, found in self.boxes.items() for sentence in found)

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """The words for more or less than this agency, without those in its own name, such as 办公室.

        For the report of a whole district 全区 is the district itself.
        """
        name = self.filing.agency.name
        own = whole_of(name)
        return tuple(word for word in self.form.prose.scopes if word not in name and word != own)

    @cached_property
    def claim_words(self) -> list[tuple[str, Claim]]:
        """The words of the claims with the periods filled in, the longest first."""
        periods = {"{last}": str(self.period.previous), "{next}": str(self.period.next)}
        found = []
        for claim in self.form.prose.claims:
            for word in claim.words:
                for mark, period in periods.items():
                    word = word.replace(mark, period)  # noqa: PLW2901
                found.append((word, claim))
        return sorted(found, key=lambda item: -len(item[0]))

    def interpretation(self, linear: Linear) -> Interpretation:
        """Return a sum of meanings as an interpretation."""
        cells = self.form.prose.cells(linear)
        return Interpretation(self.form.prose.label(linear), cells.value(self.values), cells.names)

    def is_known(self, interpretations: Iterable[Interpretation]) -> bool:
        """Return whether all figures of the interpretations could be read."""
        return not any(
            self.form.reach[cell] & self.filing.unread for one in interpretations for cell in one.cells
        )

    def is_about(self, claim: Claim, box: str, before: str, after: str = "") -> bool:
        """Return whether a subject of *claim* is the last one named in *before*, or is named in *after*.

        In the claim's own boxes no subject is needed unless a foreign one was named.
        """
        if not claim.about:
            return True
        prose = self.form.prose
        if prose.names_foreign(after):
            return False
        if any(word in after for word in claim.about):
            return True
        own = max(before.rfind(word) for word in claim.about)
        if not prose.names_foreign(before):
            return own >= 0 or box in claim.boxes
        return own > max(map(before.rfind, prose.foreign))

    def claims_in(self, text: str) -> list[_ClaimMatch]:
        """Return the claims whose words are in *text*, by position; the longest words win where they overlap."""
        found: list[_ClaimMatch] = []
        for word, claim in (item for item in self.claim_words if item[0] in text):
            for start, end in (match.span() for match in re.finditer(re.escape(word), text)):
                if not any(start < other.end and other.start < end for other in found):
                    found.append(_ClaimMatch(claim, start, end))
        return sorted(found, key=lambda match: match.start)

    def mentions(self) -> Iterator[Mention]:
        """Yield the numbers that the form's words give a meaning, and the negations, in the order of the prose."""
        for box, sentence in self.sentences:
            for phrase in sentence.phrases:
                yield from self._number(box, phrase)
            yield from self._negations(box, sentence)

    # -- numbers

    def _number(self, box: str, phrase: Phrase) -> Iterator[Mention]:
        claims = self._claims_before(box, phrase) or self._claims_behind(box, phrase)
        if not claims:
            return
        quantity = phrase.quantity
        interpretations = self._interpretations(claims, phrase.segment)
        matched = next((one for one in interpretations if quantity.agrees(one.figure)), None)
        is_excused = quantity.is_rough or self._is_excused(claims, phrase)
        is_wrong = matched is None and not is_excused and self.is_known(interpretations)
        yield Mention(box, phrase.quote, quantity.value, interpretations, matched, is_wrong)

    def _claims_before(self, box: str, phrase: Phrase) -> list[_ClaimMatch]:
        """Return the claims whose words precede the number with only neutral words between."""
        text = phrase.segment
        found = self.claims_in(text)
        words = [text[match.start : match.end] for match in found]
        near = [
            match
            for match in found
            if any(word in text[match.end :] for word in match.claim.about)
            or is_neutral(text[match.end :], (*words, *match.claim.about))
        ]
        fitting = [m for m in _without_objects(near, text) if self._fits(box, m.claim, phrase)]
        ends = {match.end for match in fitting if not match.claim.whole}
        return [m for m in fitting if not (m.claim.whole and m.start in ends)]  # 办理 in 结转下年|办理

    def _claims_behind(self, box: str, phrase: Phrase) -> list[_ClaimMatch]:
        """Return the claim whose words follow the number, as in 8件予以公开."""
        found = [match for match in self.claims_in(phrase.behind) if match.claim.behind]
        return [
            match
            for match in found[:1]
            if is_neutral(phrase.behind[: match.start], match.claim.about)
            and self._fits(box, match.claim, phrase)
        ]

    def _fits(self, box: str, claim: Claim, phrase: Phrase) -> bool:
        return (
            phrase.quantity.unit in claim.units
            and not any(word in phrase.clause for word in claim.unless)
            and self.is_about(claim, box, phrase.before, phrase.behind)
        )

    def _interpretations(self, claims: list[_ClaimMatch], text: str) -> tuple[Interpretation, ...]:
        """Return the meanings of each claim, and the sums of joined claims, such as 予以公开和部分公开共14件."""
        found = dict.fromkeys(linear for match in claims for linear in match.claim.means)
        for size in range(2, len(claims) + 1):
            for run in (claims[i : i + size] for i in range(len(claims) - size + 1)):
                if all(are_joined(text[a.end : b.start]) for a, b in pairwise(run)):
                    terms = tuple(term for match in run for term in match.claim.means[0].terms)
                    found[Linear(terms)] = None
        return tuple(map(self.interpretation, found))

    def _is_excused(self, claims: list[_ClaimMatch], phrase: Phrase) -> bool:
        """Return whether the number may be right although it equals no interpretation."""
        if phrase.is_compared or is_other_period(phrase.before, self.period):
            return True
        if any(word in phrase.before for word in self.scopes):
            return True
        is_whole = any(match.claim.whole for match in claims)
        return is_whole and (
            phrase.is_part or any(word in phrase.clause for word in self.form.prose.part_words)
        )

    # -- negations

    def _negations(self, box: str, sentence: Sentence) -> Iterator[Mention]:
        """Yield the claims whose figures a negation gives as 0: 未收到政府信息公开申请, 无行政复议."""
        for start, clause in sentence.clauses():
            end = start + len(clause)
            if any(start <= quantity.start < end for quantity in sentence.quantities):
                continue
            before, claims = sentence.text[:end], self.claims_in(clause)
            is_excused = is_other_period(before, self.period) or any(w in sentence.text for w in self.scopes)
            for negation in negations(clause, [(match.start, match.end) for match in claims]):
                for match in _without_objects(self._denied(box, claims, before, clause, negation), clause):
                    interpretations = self._interpretations([match], clause)
                    matched = next((one for one in interpretations if not one.figure), None)
                    is_wrong = matched is None and not is_excused and self.is_known(interpretations)
                    yield Mention(box, clause, ZERO, interpretations, matched, is_wrong, is_negation=True)

    def _denied(
        self, box: str, claims: list[_ClaimMatch], before: str, clause: str, negation: Negation
    ) -> list[_ClaimMatch]:
        """Return the claims to which a negation applies, with nothing that narrows what is negated."""
        found: list[_ClaimMatch] = []
        words = [word for word, _ in self.claim_words]
        start, end = negation
        for match in claims:
            claim, rest = match.claim, clause[: match.start] + clause[match.end :]
            listed = (clause[one.start : one.end] for one in found)
            if (
                claim.denied
                and start <= match.start < end
                and is_denied_directly(clause[start : match.start], (*listed, *claim.about))
                and not any(word in rest for word in (*self.form.prose.part_words, *claim.unless))
                and is_neutral(clause[match.end : end], (*words, *claim.about))
                and self.is_about(claim, box, before)
            ):
                found.append(match)
        return found


def _without_objects(claims: list[_ClaimMatch], text: str) -> list[_ClaimMatch]:
    """Return *claims* without the objects of earlier ones: 政府信息公开申请 in 新收政府信息公开申请."""

    def is_object(match: _ClaimMatch) -> bool:
        word = text[match.start : match.end]
        subjects = (about for other in claims if other.start < match.start for about in other.claim.about)
        return not match.claim.about and any(about in word for about in subjects)

    return [match for match in claims if not is_object(match)]
