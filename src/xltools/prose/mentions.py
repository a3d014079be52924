"""Mentions: the numbers in the prose of a filing, each with the cells that it can refer to.

A number is a mention if words of the form's claims stand beside it, the subject is right, and nothing between the words
and the number changes what is counted. A mention that may refer to something else (a part, another period, a narrower or
wider circle of agencies) can match a figure, but is not reported if it matches none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise, product
from typing import NamedTuple

from xltools.data.filing import Return
from xltools.data.period import Period
from xltools.form.linear import ZERO, Linear
from xltools.form.model import Form
from xltools.form.prose import PERIODS, Claim, Under, any_of
from xltools.prose.lines import LineNames, NamedLine, lines_of
from xltools.prose.quantities import quantities
from xltools.prose.sentences import (
    ALL_OF_ONE,
    NO_ATTRIBUTE,
    Negation,
    Phrase,
    Sentence,
    alls,
    are_joined,
    clauses_of,
    has_joint,
    has_own_cause,
    has_topic,
    in_short,
    in_turn,
    is_joined_behind,
    is_neutral,
    is_of_topic,
    is_plainly_denied,
    limits_all,
    may_negate,
    named_as_doer,
    named_as_subject,
    names_another,
    negations,
    only_denies,
    opens_parts,
    segments,
    sentences,
    year_spoken_of,
)

_OWN = ""  # the circle of the agency itself
_SHORTEST_NAME = 3  # characters of what is left of a name: 统计局
_OPENING = 4  # characters in which a sentence that goes on says so: 其中


class Interpretation(NamedTuple):
    """A sum of cells that a number can refer to: the sum in words, its figure and its cells."""

    label: str
    figure: Decimal
    sum: Linear  # over cells

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of the sum."""
        return self.sum.names


class Context(NamedTuple):
    """What a number is said of; numbers with one context can be compared with each other."""

    box: str
    paragraph: int
    circle: str  # empty for the agency itself
    year: int | None  # ``None`` for a time other than a year


class Told(NamedTuple):
    """A sentence, with the circle and the year that it speaks of until it names others."""

    box: str
    sentence: Sentence
    circle: str
    year: int | None

    @property
    def text(self) -> str:
        """The text of the sentence."""
        return self.sentence.text


class Mention(NamedTuple):
    """A number in the prose, or a negation (无), with its interpretations; ``matched`` is the one it equals."""

    box: str
    quote: str
    value: Decimal
    interpretations: tuple[Interpretation, ...]
    matched: Interpretation | None
    is_wrong: bool  # it equals no interpretation, and nothing excuses that
    context: Context
    is_count: bool  # it counts the whole of what its words mean, in its context
    is_negation: bool = False


class Universal(NamedTuple):
    """A statement that all of something is so (均获维持), with what is then 0, one interpretation for each reading."""

    box: str
    quote: str
    interpretations: tuple[Interpretation, ...]


class _NamedTerm(NamedTuple):
    """The name of a line in a text, or the words of a claim, with the claim or the line that has the same meaning."""

    start: int
    end: int
    claim: Claim | None
    line: NamedLine | None
    is_name: bool
    is_whole: bool = False  # a name that needs no subject beside it

    @property
    def is_generic(self) -> bool:
        """Whether it speaks of the whole, as 收到 and 政府信息公开申请 do."""
        return self.claim is not None and self.claim.whole

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table, or a claim about such."""
        return self.line is None or self.line.is_row


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
        """The sentences of each prose cell of the sections, and of their fields for prose."""
        names = [f"{section.key}.{part.key}" for section in self.form.sections for part in section.parts]
        names += [name for name, one in self.form.fields.items() if one.kind == "prose"]
        return {name: sentences(self.filing.prose[name]) for name in names if name in self.filing.prose}

    @cached_property
    def sentences(self) -> tuple[tuple[str, Sentence], ...]:
        """Every sentence, with the name of its prose cell."""
        return tuple((name, sentence) for name, found in self.boxes.items() for sentence in found)

    @cached_property
    def _circles(self) -> re.Pattern[str]:
        """The words for circles: in the group ``own`` those for this agency, otherwise those for more or less than it.

        Words in its own name, such as 办公室, are none; for the report of a whole district 全区 is the district itself.
        """
        prose, name = self.form.prose, self.filing.agency.name
        circle = prose.own_circle(name)
        own = circle.words if circle else ()
        own += tuple(word + more for word in own for more in prose.throughout)
        office = in_short(name)
        others = [
            pattern
            for word, pattern in prose.circle_words.items()
            if word not in own and word not in name and (word not in office or office.endswith(word))
        ]
        wider = f"(?:{'|'.join(others) or '(?!)'}){NO_ATTRIBUTE}"
        return re.compile(f"(?P<own>{any_of(own)})|{named_as_doer(*prose.bodies)}|{wider}")

    def circle(self, text: str, before: str = _OWN) -> str:
        """Return the circle of agencies that *text* named last, or else *before*; empty for this agency itself."""
        last = max(self._circles.finditer(text), key=re.Match.start, default=None)
        if last is None:
            return before
        name = self.filing.agency.name
        is_own = last["own"] or last[0] in name
        is_own = is_own or (last[0] in in_short(name) and last[0] not in self.form.prose.circle_words)
        return _OWN if is_own else last[0]

    @cached_property
    def told(self) -> tuple[Told, ...]:
        """Every sentence. What one said in numbers of another circle holds for the next, of another time for 其中 only."""
        found: list[Told] = []
        for box, parts in self.boxes.items():
            last: Told | None = None
            for sentence in parts:
                one = Told(box, sentence, _OWN, self.period.year)
                if last and last.sentence.paragraph == sentence.paragraph and last.sentence.quantities:
                    context = self.context(last, last.text[: last.sentence.quantities[-1].start])
                    one = one._replace(circle=context.circle)
                    if opens_parts(sentence.text[:_OPENING]):
                        one = one._replace(year=context.year)
                found.append(one)
                last = one
        return tuple(found)

    def context(self, told: Told, before: str) -> Context:
        """Return what is spoken of behind *before*, the beginning of a sentence."""
        year_before = before
        for pattern, _ in self._claim_patterns:  # 2023年结转 does not speak of 2023
            year_before = pattern.sub("", year_before)
        year = year_spoken_of(year_before, self.period, told.year)
        return Context(told.box, told.sentence.paragraph, self.circle(before, told.circle), year)

    def is_own(self, context: Context) -> bool:
        """Return whether this agency is spoken of, in the period reported on."""
        return context.circle == _OWN and context.year == self.period.year

    @cached_property
    def _claim_patterns(self) -> list[tuple[re.Pattern[str], Claim]]:
        return [(self._compiled(pattern), claim) for pattern, claim in self.form.prose.patterns]

    def _compiled(self, pattern: str) -> re.Pattern[str]:
        whole = self.period.whole_year
        years = (whole.previous, whole, whole.next)
        for name, year in zip(PERIODS, map(str, years), strict=True):
            pattern = pattern.replace(f"{{{name}}}", year)
        return re.compile(pattern)

    def words_of(self, meaning: str) -> re.Pattern[str]:
        """Return a pattern for the words that mean nothing but one meaning."""
        prose, alone = self.form.prose, (Linear(((1, meaning),)),)
        words = [word for claim in prose.claims if claim.means == alone for word in claim.words]
        return self._compiled(prose.pattern(words) or "(?!)")

    def interpretation(self, linear: Linear) -> Interpretation:
        """Return a sum of meanings as an interpretation."""
        cells = self.form.prose.cells(linear)
        return Interpretation(self.form.prose.label(linear), cells.value(self.values), cells)

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
        if prose.last_foreign(after) >= 0:
            return False
        if any(word in after for word in (*claim.about, *claim.brief)):
            return True
        own = max(before.rfind(word) for word in claim.about)
        foreign = max((before.rfind(word) for word in claim.rivals), default=-1)
        foreign = max(foreign, prose.last_foreign(before))
        for start, is_alone in self._briefly(claim, before):
            own, foreign = (max(own, start), foreign) if is_alone else (own, max(foreign, start))
        return own > foreign or (foreign < 0 and box in claim.boxes)

    def _briefly(self, claim: Claim, text: str) -> Iterator[tuple[int, bool]]:
        """Yield where the subject of *claim* is named in short, and whether it is that subject and not another's.

        It is another's if more stands between the first words of such a claim and it: 受理工伤认定申请.
        """
        if not claim.brief:
            return
        whole = [m.span() for word in claim.about for m in re.finditer(re.escape(word), text)]
        peers = [one for one in self.form.prose.claims if one.brief == claim.brief]
        words = [word for one in peers for word in one.words] + [*self.form.prose.part_words]
        for match in re.finditer(any_of(claim.brief), text):
            if any(start <= match.start() < end for start, end in whole):
                continue
            before = Sentence(text[: match.start()], tuple(quantities(text[: match.start()])))
            start, _ = before.clause_at(match.start())
            rest = before.text[max([start, *(q.end for q in before.quantities)]) :]
            verbs = [m for m in self.claims_in(rest) if m.claim in peers]
            rest = rest[verbs[0].end :] if verbs else self._circles.sub("", rest)
            yield match.start(), is_neutral(rest, words)

    def claims_in(self, text: str) -> list[_ClaimMatch]:
        """Return the claims whose words are in *text*, by position; the longest words win where they overlap."""
        told = [
            _ClaimMatch(claim, *match.span())
            for word, claim in self.form.prose.plain_words
            if word in text
            for match in re.finditer(re.escape(word), text)
        ]
        told += (_ClaimMatch(claim, *m.span()) for p, claim in self._claim_patterns for m in p.finditer(text))
        found: list[_ClaimMatch] = []
        for match in sorted(told, key=lambda match: match.start - match.end):
            if not any(match.start < other.end and other.start < match.end for other in found):
                found.append(match)
        return sorted(found, key=lambda match: match.start)

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """The numbers that the form's words give a meaning, and the negations, in the order of the prose."""
        found: list[Mention] = []
        for told in self.told:
            denied: dict[str, list[Mention]] = {}  # by their clauses
            for denial in self._negations(told):
                denied.setdefault(denial.quote, []).append(denial)
            phrases = in_turn(told.sentence)
            numbers = [self._number(told, phrase) for phrase in phrases]
            numbers = [_beside_another(m, phrases, numbers, place) for place, m in enumerate(numbers)]
            numbers = [
                m and m._replace(is_wrong=False, is_count=False)
                if self._has_another_whole(phrases, numbers, place)
                else m
                for place, m in enumerate(numbers)
            ]
            mentions = [mention for mention in numbers if mention]
            pairs = zip(told.sentence.quantities, numbers, strict=True)
            others = [quantity.value for quantity, mention in pairs if not mention]
            for phrase, mention in zip(phrases, numbers, strict=True):
                if not mention:
                    continue
                is_wrong = mention.is_wrong and not _is_shared(mention, mentions, others)
                if is_wrong and (nothing := denied.pop(phrase.clause, None)):  # 商业企业的重复申请0件
                    is_wrong = any(denial.is_wrong for denial in nothing)
                found.append(mention._replace(is_wrong=is_wrong))
            found += (denial for denials in denied.values() for denial in denials)
        return tuple(found)

    # -- numbers

    def _number(self, told: Told, phrase: Phrase) -> Mention | None:
        claims, text = self._claims_before(told.box, phrase), phrase.segment
        if not claims:
            claims, text = self._claims_behind(told.box, phrase), phrase.behind
        if not claims:
            return None
        quantity = phrase.quantity
        interpretations = self._interpretations(claims, text, phrase.before)
        readings = (*interpretations, *self._of_column(interpretations, phrase.before))
        matched = next((one for one in readings if quantity.agrees(one.figure)), None)
        context = self.context(told, phrase.before)
        is_whole = any(match.claim.whole for match in claims)
        own = [text[match.start : match.end] for match in claims if not match.claim.whole]
        around = [w for w in self.form.prose.part_words if w in phrase.clause]
        is_divided = any(not any(word in one for one in own) for word in around)
        subjects = [word for match in claims for word in (*match.claim.about, *match.claim.brief)]
        verbs = [text[match.start : match.end] for match in claims]
        is_divided = is_divided or is_of_topic(phrase.clause_before, (*subjects, *verbs))
        is_divided = (is_whole and is_divided) or has_own_cause(phrase.clause, subjects)
        is_count = not (quantity.is_rough or phrase.is_compared or is_divided)
        is_excused = not is_count or phrase.is_remainder or (is_whole and phrase.is_part)
        is_wrong = matched is None and not is_excused and self.is_own(context)
        is_wrong = is_wrong and self.is_known(interpretations)
        value = quantity.value
        return Mention(told.box, phrase.quote, value, interpretations, matched, is_wrong, context, is_count)

    def _of_column(self, readings: Iterable[Interpretation], before: str) -> Iterator[Interpretation]:
        """Yield readings for the column named last in *before*: 自然人申请402件，予以公开160件."""
        segment = segments(before)[-1]
        columns = [(end, line) for _, end, line in self._lines.named_in(segment) if not line.is_row]
        if not columns:
            return
        _, column = max(columns)
        for one in readings:
            if linear := self._lines.narrowed(one.sum, column):
                yield self._named(f"{one.label} · {column.name}", linear)

    def _has_another_whole(
        self, phrases: Sequence[Phrase], numbers: Sequence[Mention | None], place: int
    ) -> bool:
        """Return whether a number is a part of what its words do not divide: 上年结转23件，其中予以公开12件."""
        mention, part = numbers[place], phrases[place]
        if mention is None or not part.is_part:
            return False
        pairs = list(pairwise(range(place + 1)))
        heads = [
            one for one, other in pairs if opens_parts(phrases[other].before[phrases[one].quantity.end :])
        ]
        if not heads:
            return False
        head, whole = phrases[heads[-1]], numbers[heads[-1]]
        if head.is_compared:
            return head.quantity.unit == part.quantity.unit  # 较上年增加12件，其中自然人9件
        if whole is None:
            return False
        if any(match.claim.whole for match in self.claims_in(head.segment)):
            return not (whole.is_count or whole.matched or head.quantity.is_rough)
        divided = self._inputs_of(whole.matched or whole.interpretations[0])
        return not any(divided & self._inputs_of(one) for one in mention.interpretations)

    def _inputs_of(self, reading: Interpretation) -> set[str]:
        return {name for cell in reading.cells for name in self.form.reach[cell]}

    def _claims_before(self, box: str, phrase: Phrase) -> list[_ClaimMatch]:
        """Return the claims whose words precede the number with only neutral words between."""
        text = phrase.segment
        found = self.claims_in(text)
        words = [text[match.start : match.end] for match in found]
        near = [
            match
            for match in found
            if is_neutral(_behind_last(match.claim, text[match.end :]), (*words, *match.claim.about))
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
        around = phrase.before + phrase.clause if phrase.is_part else phrase.clause
        changed = [word for word in claim.unless if word in around]
        for word in claim.words if changed else ():  # 清理 changes what is counted, and 清理并废止 does not
            around = around.replace(word, "") if any(one in word for one in changed) else around
        return (
            phrase.quantity.unit in claim.units
            and not any(word in around for word in changed)
            and self.is_about(claim, box, phrase.before, phrase.behind)
        )

    def _interpretations(
        self, claims: list[_ClaimMatch], text: str, before: str
    ) -> tuple[Interpretation, ...]:
        """Return the meanings of each claim, and the sums of joined claims, such as 予以公开和部分公开共14件."""
        found = dict.fromkeys(
            one for m in claims for one in _narrowed(m.claim, before).means or m.claim.means
        )
        for size in range(2, len(claims) + 1):
            for run in (claims[i : i + size] for i in range(len(claims) - size + 1)):
                if all(are_joined(text[a.end : b.start]) for a, b in pairwise(run)):
                    terms = tuple(term for match in run for term in match.claim.means[0].terms)
                    found[Linear(terms)] = None
        return tuple(map(self.interpretation, found))

    # -- negations

    def _negations(self, told: Told) -> Iterator[Mention]:
        """Yield what a negation gives as 0: 未收到政府信息公开申请, 没有商业企业的重复申请.

        Whoever denies the whole denies each part of it, so nothing else may be said beside the names of the form: the words
        around them are the usual ones, or the negation is not read.
        """
        for start, clause in told.sentence.whole_clauses():
            if not may_negate(clause):
                continue
            end = start + len(clause)
            if any(q.value and start <= q.start < end for q in told.sentence.quantities):
                continue
            if has_topic(told.text[:start], clause, told.text[end:]):
                continue
            spans = [(match.start, match.end) for match in self.claims_in(clause)]
            spans += [(first, last) for first, last, _ in self._lines.named_in(clause)]
            if not spans and not any(word in clause for word in self.form.prose.briefly):
                continue
            for negation in negations(clause, spans):
                before = told.text[:start]
                is_alone = end >= len(told.text) and is_plainly_denied(clauses_of(before), ())
                for interpretations, readings in self._denied(told.box, before, negation, is_alone=is_alone):
                    context = self.context(told, before + negation.topic + negation.denied)
                    matched = next((one for one in readings if not one.figure), None)
                    is_wrong = matched is None and self.is_own(context) and self.is_known(readings)
                    yield Mention(
                        *(told.box, clause, ZERO, interpretations, matched, is_wrong, context),
                        is_count=True,
                        is_negation=True,
                    )

    def _without_names(self, text: str) -> str:
        """Return *text* without the names of the agency and the words for whoever it may be."""
        if short := {one for one in self._short_names if one in text}:  # hardly any is there
            text = re.sub(named_as_subject(any_of(short)), "", text)
        name = self.filing.agency.name
        names = {one for one in (name, in_short(name), *self.form.prose.anyone) if one and one in text}
        return re.sub(any_of(names), "", text) if names else text

    @cached_property
    def _short_names(self) -> set[str]:
        """What the agency calls itself where it is the subject: the end of its name, or the word for its kind, as 街道."""
        name, circle = self.filing.agency.name, self.form.prose.own_circle(self.filing.agency.name)
        kinds = {end for end in (circle.names if circle else ()) if len(end) > 1}
        ends = {one[start:] for one in (name, *kinds) for start in range(1, len(one) - _SHORTEST_NAME + 1)}
        return ends | kinds

    @cached_property
    def _lines(self) -> LineNames:
        return lines_of(self.form)

    def _terms(self, text: str) -> list[_NamedTerm]:
        """Return the names of lines and the words of claims that can be denied in *text*, by position."""
        found = [
            _NamedTerm(m.start, m.end, m.claim, self._lines.line_of(m.claim), is_name=False)
            for m in self.claims_in(text)
            if m.claim.denied
        ]
        for start, end, line in self._lines.named_in(text):
            same = next((t for t in found if (t.start, t.end) == (start, end)), None)
            if same:
                found.remove(same)
            claim = same.claim if same else self._lines.claim_of.get(line) if line.is_row else None
            found.append(
                _NamedTerm(start, end, claim, line, is_name=True, is_whole=text[start:end] in line.whole)
            )
        kept: list[_NamedTerm] = []
        for term in sorted(found, key=lambda term: (term.start - term.end, not term.is_name)):
            if not any(term.start < other.end and other.start < term.end for other in kept):
                kept.append(term)
        return sorted(kept, key=lambda term: term.start)

    def _denied(
        self, box: str, before: str, negation: Negation, *, is_alone: bool
    ) -> Iterator[tuple[tuple[Interpretation, ...], tuple[Interpretation, ...]]]:
        """Yield what a negation denies, each with the readings of which one must then be 0."""
        topic, denied = self._without_names(negation.topic), self._without_names(negation.denied)
        text = topic + denied
        terms = self._terms(text)
        said = [term for term in terms if term.end > len(topic)]
        # 3件涉及国家秘密，没有予以公开; 没有办结的申请，及时跟进: only a sentence by itself denies what is usually done.
        is_usual = any(term.claim and not term.claim.denied for term in said)
        rest = [text[a.end : b.start] for a, b in pairwise(said)] + [text[t.end :] for t in said[-1:]]
        if any(map(names_another, rest)) or not self._is_plain(text, terms):
            return
        if is_usual and not is_alone and not negation.is_behind:
            return
        if not said and terms and only_denies(denied):  # 行政诉讼没有|发生
            said = terms
        elif not said and not negation.is_passive:
            said = [t for t in self._briefly_named(denied) if t.claim and box in t.claim.boxes]  # 没有申请
        headings = [term for term in terms if any(self._is_heading_of(term, other) for other in said)]
        said = [term for term in said if term not in headings]
        others = [term for term in terms if term not in (*said, *headings)]
        for row, column in self._meetings(box, before, text, said, others):
            yield from self._readings(box, before, text, row, column)

    def _is_heading_of(self, term: _NamedTerm, other: _NamedTerm) -> bool:
        """Return whether a term is what the lines of *other* come to, as in 因涉及国家秘密不予公开."""
        if term.claim is None or other.claim is None:
            return False
        cells = self.form.prose.cells
        return {*cells(other.claim.means[0]).names} < {*cells(term.claim.means[0]).names}

    def _meetings(
        self, box: str, before: str, text: str, said: list[_NamedTerm], others: list[_NamedTerm]
    ) -> list[tuple[_NamedTerm | None, _NamedTerm | None]]:
        """Return the rows and columns that meet in what is *said* to be nothing; *others* stand before the negation."""
        rows, columns = _by_axis(said)
        rows_before, columns_before = _by_axis(others)
        is_mixed = bool(rows) and any(not term.is_generic for term in rows_before)  # 行政复议没有行政诉讼
        rows, columns = rows or rows_before, columns or columns_before
        specific = [term for term in rows if not term.is_generic]
        verbs = [t.claim for t in (*said, *others) if t.is_generic and t.claim and t.claim.about]
        is_mixed |= any(self._is_of_another(verb, term, box, text) for verb in verbs for term in specific)
        rows = specific or rows[:1]
        if is_mixed or not _are_listed(rows, text) or not _are_listed(columns, text):
            return []
        if columns and not rows and not self._rows_before(columns, before):
            rows = self._briefly_named(text)
        return list(product(rows or (None,), columns or (None,)))

    def _is_plain(self, text: str, terms: list[_NamedTerm]) -> bool:
        """Return whether *text* has nothing beside *terms* that changes what they mean."""
        edges = [(0, 0), *((term.start, term.end) for term in terms), (len(text), 0)]
        rest = [text[one[1] : other[0]] for one, other in pairwise(edges)]
        claims = [term.claim for term in terms if term.claim]
        unless = {word for claim in claims for word in claim.unless if word in text}
        subjects = {word for claim in claims for word in (*claim.about, *claim.brief) if word in text}
        rest = [self._circles.sub("", part) for part in rest]
        found = (m.span() for m in re.finditer(any_of(unless), text))
        changed = any(not any(t.start <= start and end <= t.end for t in terms) for start, end in found)
        return not changed and is_plainly_denied(rest, subjects)

    def _is_of_another(self, verb: Claim, term: _NamedTerm, box: str, text: str) -> bool:
        """Return whether what is received or accepted is another matter: 受理行政复议 is the work of others, 新增行政许可 no count."""
        table = self._lines.table_of(self.form.prose.cells(verb.means[0]))
        if term.line is None or term.line.block == table:
            return False
        claim = term.claim
        return claim is None or not (box in claim.boxes or any(word in text for word in claim.about))

    def _rows_before(self, columns: list[_NamedTerm], before: str) -> list[_NamedTerm]:
        """Return the row of the table of *columns* that was named last before."""
        named = [term for term in self._terms(before) if term.line and term.line.is_row]
        blocks = {column.line.block for column in columns if column.line}
        return [term for term in named if term.line and term.line.block in blocks][-1:]

    def _briefly_named(self, text: str) -> list[_NamedTerm]:
        """Return the claim of which *text* names the subject in short: 没有商业企业申请."""
        claims = [
            c for c in self.form.prose.claims if c.whole and c.denied and any(w in text for w in c.brief)
        ]
        return [_NamedTerm(0, 0, claim, None, is_name=False) for claim in claims[:1]]

    def _readings(
        self, box: str, before: str, text: str, row: _NamedTerm | None, column: _NamedTerm | None
    ) -> Iterator[tuple[tuple[Interpretation, ...], tuple[Interpretation, ...]]]:
        """Yield how a row, a column or the meeting of both is read, and what of that must be 0."""
        term = row if column is None else column
        if row and column:
            sums = self._meeting(row, column)
            if sums and self._can_be_denied(box, before, text, row):
                yield sums, sums
        elif term and self._can_be_denied(box, before, text, term):
            alone = self._lines.alone(term.line) if term.line and term.line.is_row else None
            if term.claim:
                match = _ClaimMatch(term.claim, term.start, term.end)
                found = self._interpretations([match], text, before + text)
                strict = tuple(one for one in found if one.sum == alone)
                yield found, strict or (found[:1] if term.claim.whole else found)
            elif alone:
                sums = (self._named(term.line.name, alone),) if term.line else ()
                yield sums, sums

    def _meeting(self, row: _NamedTerm, column: _NamedTerm) -> tuple[Interpretation, ...]:
        """Return what a row means in a column."""
        if column.line is None:
            return ()
        if row.line is not None:
            if row.line.block != column.line.block:
                return ()
            label = f"{row.line.name} · {column.line.name}"
            return (self._named(label, self._lines.meeting(row.line, column.line)),)
        claim = row.claim
        if claim is None:
            return ()
        means = claim.means[:1] if claim.whole else claim.means
        found = [(one, self._lines.narrowed(self.form.prose.cells(one), column.line)) for one in means]
        return tuple(
            self._named(f"{self.form.prose.label(one)} · {column.line.name}", linear)
            for one, linear in found
            if linear
        )

    def _named(self, label: str, linear: Linear) -> Interpretation:
        return Interpretation(label, linear.value(self.values), linear)

    def _can_be_denied(self, box: str, before: str, text: str, term: _NamedTerm) -> bool:
        """Return whether nothing else can be meant: a line has its full name, or a claim the right subject.

        In the claim's own boxes words that are a piece of a name need one too: 没有国家秘密 may be said of what is published.
        """
        claim, is_told = term.claim, self.form.prose.last_foreign(before) < 0
        if is_told and term.is_whole and term.is_row:
            return True
        if is_told and any(word in text for word in self._briefs_of(term)):
            return True
        own = box if term.is_name or (claim and (claim.whole or claim.brief)) else ""
        return claim is not None and self.is_about(claim, own, before + text)

    def _briefs_of(self, term: _NamedTerm) -> set[str]:
        """Return the subjects in short of a term: those of the claims about its own subject, or about its table."""
        claims = self.form.prose.claims
        if term.claim:
            same = [one for one in claims if {*one.about} & {*term.claim.about}]
        else:
            lines = ((one, self._lines.line_of(one)) for one in claims)
            same = [one for one, line in lines if line and term.line and line.block == term.line.block]
        return {word for one in same for word in one.brief}

    # -- all of something

    def universals(self) -> Iterator[Universal]:
        """Yield what is said of all of something."""
        for told in self.told:
            for start, clause in told.sentence.clauses():
                words = list(alls(clause, ALL_OF_ONE if self._tells_of_one(told, start) else ()))
                claims = self.claims_in(clause) if words else []
                for word in words:
                    match = next((m for m in claims if word.end <= m.start <= word.reach), None)
                    before = told.text[: start + word.start]
                    every = match and (
                        self._every(match.claim, before) or self._others(told, before, match.claim)
                    )
                    if match and every and self._speaks_of_all(told, match, every, before, clause):
                        yield Universal(told.box, clause[: match.end], every)

    def _tells_of_one(self, told: Told, position: int) -> bool:
        """Return whether one thing was counted before *position*: what was done to it was done to all."""
        before = [q for q in told.sentence.quantities if q.end <= position]
        return len(before) == 1 and before[0].value == 1 and not before[0].is_rough

    def _every(self, claim: Claim, before: str) -> tuple[Interpretation, ...]:
        """Return what is 0 where all is as the claim says, one interpretation for each reading."""
        return tuple(map(self.interpretation, _narrowed(claim, before).every or claim.every))

    def _others(self, told: Told, before: str, claim: Claim) -> tuple[Interpretation, ...]:
        """Return what is 0 where all of the last number is as a claim about lines of it says: 不予处理10件，均为重复申请."""
        last = next((p for p in reversed(told.sentence.phrases) if p.quantity.end <= len(before)), None)
        heading = last and self._number(told, last)
        line = self.interpretation(claim.means[0])
        if not (heading and heading.matched and {*line.cells} < {*heading.matched.cells}):
            return ()
        others = Linear((*heading.matched.sum.terms, *line.sum.times(-1).terms))
        return (self._named(f"{heading.matched.label}-{line.label}", others),)

    def _speaks_of_all(
        self, told: Told, match: _ClaimMatch, every: tuple[Interpretation, ...], before: str, clause: str
    ) -> bool:
        """Return whether a claim is made of the whole: a number of which it is made must be that of all together."""
        own = map(self.interpretation, _narrowed(match.claim, before).means or match.claim.means)
        wholes = {one.figure + others.figure for one in own for others in every}
        since = len(before) - len(segments(before)[-1])
        numbers = [q.value for q in told.sentence.quantities if since <= q.start < len(before)]
        return (
            self.is_known(every)
            and self.is_about(match.claim, told.box, before)
            and self.is_own(self.context(told, before))
            and not limits_all(before[since:])
            and not is_joined_behind(clause[match.end :])
            and (not numbers or any(number in wholes for number in numbers))
        )


def _behind_last(claim: Claim, text: str) -> str:
    """Return what stands behind the subject of a claim, or all if it is not named: 收到|涉及征地的申请|共."""
    ends = [text.rfind(word) + len(word) for word in (*claim.about, *claim.brief) if word in text]
    return text[max(ends, default=0) :]


def _by_axis(terms: list[_NamedTerm]) -> tuple[list[_NamedTerm], list[_NamedTerm]]:
    """Return the rows and the columns among *terms*."""
    return [term for term in terms if term.is_row], [term for term in terms if not term.is_row]


def _are_listed(terms: list[_NamedTerm], text: str) -> bool:
    """Return whether *terms* are joined into a list, and not one of them a part of what another says."""
    return all(has_joint(text[one.end : other.start]) for one, other in pairwise(terms))


def _narrowed(claim: Claim, before: str) -> Under:
    """Return what a claim means where *before* names one subject of ``under``; without bounds if it names several."""
    words = {word: one for one in claim.under for word in one.words}
    for segment in reversed(segments(before)) if words else ():
        if found := {words[word] for word in re.findall(any_of(words), segment)}:
            return found.pop() if len(found) == 1 else Under(())
    return Under(())


def _beside_another(
    mention: Mention | None, phrases: Sequence[Phrase], numbers: Sequence[Mention | None], place: int
) -> Mention | None:
    """Return a number without the readings that the numbers behind it rule out.

    Of 212 settled and 9 carried over, 答复221件，另有9件结转 tells 9 apart that are in 221, and 收到212件，其中9件结转 has 9
    that are not in 212. The likeliest reading is never ruled out.
    """
    if mention is None or mention.matched in (None, mention.interpretations[0]):
        return mention
    left = [one for one in mention.interpretations if one != mention.matched]
    for phrase, other in zip(phrases[place + 1 :], numbers[place + 1 :], strict=True):
        if not (other and other.matched and other.value and other.context == mention.context):
            continue
        is_in = phrase.is_another and mention.value - other.value == left[0].figure
        is_out = phrase.is_part and mention.value + other.value in {one.figure for one in left}
        if is_in or is_out:
            kept = tuple(left[:1] if is_in else left)
            return mention._replace(interpretations=kept, matched=None, is_wrong=mention.is_count)
    return mention


def _is_shared(mention: Mention, mentions: list[Mention], others: list[Decimal]) -> bool:
    """Return whether a number with others of its sentence is a figure: those said in the same words, or an unknown one.

    按时答复90件，延期答复3件; 主动公开范围内的5件，同意公开13件.
    """
    peers = sum(m.value for m in mentions if not m.matched and m.interpretations == mention.interpretations)
    sums = {peers, *(mention.value + other for other in others)}
    return any(one.figure in sums - {mention.value} for one in mention.interpretations)


def _without_objects(claims: list[_ClaimMatch], text: str) -> list[_ClaimMatch]:
    """Return *claims* without the objects of earlier ones: 政府信息公开申请 in 新收政府信息公开申请."""

    def is_object(match: _ClaimMatch) -> bool:
        word, claim = text[match.start : match.end], match.claim
        earlier = [other.claim for other in claims if other.start < match.start]
        if claim.brief and word.startswith((*claim.brief, *claim.about)):  # 新收|申请数量
            return any(other.brief == claim.brief for other in earlier)
        return not claim.about and any(about in word for other in earlier for about in other.about)

    return [match for match in claims if not is_object(match)]
