"""The checks on the prose of a return: its numbers are in the tables, it is about this year, and it is complete.

The checks prefer silence to false alarms: whatever can have another meaning is not reported. :func:`matches` returns the
numbers that were recognised. All of this is inferred: no official document says which words refer to which figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache

from xltools.data.filing import Filing, RefusedFile, Return, Said
from xltools.data.finding import Finding, Place
from xltools.form.layout import layout
from xltools.form.linear import ZERO, Linear
from xltools.form.model import Form
from xltools.form.prose import Settled, any_of
from xltools.prose.balances import imbalances
from xltools.prose.comparisons import wrong_comparisons
from xltools.prose.filling import with_figures
from xltools.prose.mentions import FilingProse, Interpretation, Mention, Told
from xltools.prose.parts_and_wholes import divisions
from xltools.prose.quantities import folded, quantities
from xltools.prose.sentences import (
    Sentence,
    alls,
    done_to_all,
    is_noun_behind,
    limits_all,
    says_nothing,
    segments,
    wrong_years,
)
from xltools.text import Sum

_MOST_INTERPRETATIONS = 4  # printed in a finding; the likeliest come first
_SHORTEST_HINT = 8  # characters of a sentence that identify a hint
_LONGEST_QUOTE = 60  # characters


def read_prose(filing: Return) -> FilingProse:
    """Return the prose of a return, with its figures in place of braces, to be read once for all that is asked of it."""
    return FilingProse(with_figures(filing))


def matches(filing: Filing) -> tuple[Mention, ...]:
    """Return the numbers of the prose that are in the tables, each with the figure it equals."""
    if isinstance(filing, RefusedFile):
        return ()
    return tuple(mention for mention in read_prose(filing).mentions if mention.matched)


def said(about: FilingProse, written: Mapping[str, str]) -> Iterator[Said]:
    """Yield what the sentences say of the agency's own figures of the period, as far as it was *written* by the agency.

    Where the figures were filled in, the tables would only repeat themselves.
    """
    for mention in about.mentions:
        is_meant = (
            mention.is_count and about.is_own(mention.context) and (mention.matched or mention.is_wrong)
        )
        if is_meant and written.get(mention.box) == about.filing.prose[mention.box]:
            sums = tuple(one.sum for one in mention.interpretations)
            yield Said(mention.box, mention.quote, mention.value, sums)


def prose(about: FilingProse) -> Iterator[Finding]:
    """Yield the findings on the prose of a return. A roll-up may be without prose."""
    yield from _instructions(about)
    yield from _years(about)
    yield from _parts(about)
    yield from _comparisons(about)
    filing = about.filing
    has_figures = not filing.is_untouched and bool(filing.record.values)
    yield from _balances(about, has_figures=has_figures)
    yield from _denials(about, has_figures=has_figures)
    if not has_figures:
        return  # all-blank is reported instead
    if not filing.is_rollup:
        yield from _blanks(about)
    yield from _figures(about)
    yield from _nothing(about)
    if settled := about.form.prose.settled:
        yield from _settled(about, settled)
    yield from _universals(about)


def _instructions(about: FilingProse) -> Iterator[Finding]:
    """Report hints of the form and gaps of a draft that were left in."""
    instructions, hints = _instructions_of(about.form)
    for box in about.boxes:
        text = folded(about.filing.prose[box])
        left = [word for word in instructions if word in text]
        left = left or [line for line in _lines(text) if line in hints]
        if left:
            yield _finding(about, "prose-instruction", box, left[0])


@cache
def _instructions_of(form: Form) -> tuple[list[str], frozenset[str]]:
    """Return the instructions of a form and the sentences of its hints, folded, once for each form."""
    hints = (line for part in form.texts.values() for line in _lines(folded(part.hint)))
    return list(map(folded, form.prose.instructions)), frozenset(hints)


def _lines(text: str) -> list[str]:
    """Return the sentences of a folded text that are long enough to compare with hints."""
    return [line for line in text.replace("\n", "。").split("。") if len(line) >= _SHORTEST_HINT]


def _years(about: FilingProse) -> Iterator[Finding]:
    """Report sentences that give another year as the year reported on; one that lies in two of the calendar is not judged."""
    if about.period.is_fiscal:
        return
    for box, sentence in about.sentences:
        for year in wrong_years(sentence, about.period):
            yield _finding(
                about,
                "prose-year",
                box,
                sentence.text,
                str(about.period),
                year=str(year),
                period=about.period,
            )


def _parts(about: FilingProse) -> Iterator[Finding]:
    """Report parts in a sentence that do not add up to their whole."""
    for box, sentence in about.sentences:
        for division in divisions(sentence, about.form.prose):
            quote, whole, parts = division
            yield _finding(about, "prose-parts", box, quote, whole, terms=_terms(parts), sum=_sum(parts))


def _comparisons(about: FilingProse) -> Iterator[Finding]:
    """Report differences and shares that do not follow from the two numbers of which they are said."""
    for box, sentence in about.sentences:
        for one in wrong_comparisons(sentence):
            said = ((one.words, one.said),)
            right = ((one.of, one.right),)
            found = (about, "prose-balance", box, one.quote, one.right)
            yield _finding(*found, terms=_terms(said), sum=one.said, against=_terms(right))


def _balances(about: FilingProse, *, has_figures: bool) -> Iterator[Finding]:
    """Report numbers of a text that break a rule among themselves, unless one of them is reported for the tables."""
    for one in imbalances(about):
        if has_figures and any(term.mention.is_wrong for term in one.terms):
            continue
        left, right = one.side(1), one.side(-1)
        found = (about, "prose-balance", one.box, one.quote, _sum(right))
        yield _finding(*found, terms=_terms(left), sum=_sum(left), against=_terms(right))


def _denials(about: FilingProse, *, has_figures: bool) -> Iterator[Finding]:
    """Report negations of what a number of the same paragraph counts, unless one of the two is reported for the tables."""
    counted = [m for m in about.mentions if m.is_count and m.context.year is not None]
    counted = [m for m in counted if not (has_figures and m.is_wrong)]
    numbers = {(m.context, m.interpretations): m for m in reversed(counted) if m.value}
    for denial in counted:
        other = numbers.get((denial.context, denial.interpretations)) if denial.is_negation else None
        if other and not (denial.matched and other.matched):
            yield _finding(about, "prose-nothing", denial.box, denial.quote, other.quote)


def _terms(named: tuple[tuple[str, Decimal], ...]) -> Sum:
    return Sum(tuple((1, name, value) for name, value in named))


def _sum(named: tuple[tuple[str, Decimal], ...]) -> Decimal:
    return sum((value for _, value in named), ZERO)


def _blanks(about: FilingProse) -> Iterator[Finding]:
    """Report required prose cells that are blank, unless another cell of the section has their label in its text."""
    form, written = about.form, about.filing.prose
    lost = {finding.sheet for finding in about.filing.findings if finding.code == "missing-sheet"}
    for name in form.prose.required:
        if name in written or name in about.filing.elsewhere or layout(form).address(name)[0] in lost:
            continue
        section = name.partition(".")[0]
        label = form.texts[name].label.rpartition("）")[2]  # without its number
        beside = [folded(text) for box, text in written.items() if box.startswith(f"{section}.")]
        if not (label and any(label in text for text in beside)):
            yield _finding(about, "prose-blank", name, "")


def _figures(about: FilingProse) -> Iterator[Finding]:
    """Report numbers that equal none of the figures they can refer to, and negations of figures that are not 0."""
    for mention in (mention for mention in about.mentions if mention.is_wrong):
        code = "prose-nothing" if mention.is_negation else "prose-figure"
        names = dict.fromkeys(one.cells[0] for one in mention.interpretations if len(one.cells) == 1)
        others = tuple(Place(*about.filing.address(name), name) for name in names)
        off = max(abs(one.figure - mention.value) for one in mention.interpretations)
        shown = _shown(tuple(one for one in mention.interpretations if one.figure or not mention.is_negation))
        yield _finding(about, code, mention.box, mention.quote, shown, others, off=off)


def _shown(interpretations: tuple[Interpretation, ...]) -> str:
    return "、".join(f"{one.label} {one.figure:f}" for one in interpretations[:_MOST_INTERPRETATIONS])


def _nothing(about: FilingProse) -> Iterator[Finding]:
    """Report 无 alone where the form asks for more, or where the figure is not 0."""
    for box in about.boxes:
        text = about.filing.prose[box]
        if not says_nothing(text):
            continue
        if box in about.form.prose.substantial:
            yield _finding(about, "prose-nothing", box, text.strip(), about.form.texts[box].hint.rstrip("。"))
        elif key := about.form.prose.nil.get(box):
            meant = about.interpretation(Linear(((1, key),)))
            if meant.figure and about.is_known([meant]):
                expected = f"{meant.label} {meant.figure:f}"
                yield _finding(about, "prose-nothing", box, text.strip(), expected)


def _settled(about: FilingProse, settled: Settled) -> Iterator[Finding]:
    """Report that everything was settled where something is carried over.

    Skips prose cells that mention the figure carried over, and sentences that mention the figure settled.
    """
    leaves = about.interpretation(Linear(((1, settled.leaves),)))
    handled = about.interpretation(Linear(((1, settled.handled),)))
    if not leaves.figure or not about.is_known([leaves]):
        return
    excused = {m.box for m in about.mentions if m.matched and m.matched.cells == leaves.cells}
    for told in about.told:
        if told.box in excused or any(q.value == handled.figure for q in told.sentence.quantities):
            continue
        if quote := _all_settled(about, settled, told):
            yield _finding(about, "prose-settled", told.box, quote, _shown((leaves,)))


def _all_settled(about: FilingProse, settled: Settled, told: Told) -> str:
    """Return the words that say that everything of the whole year was settled, or an empty text."""
    if not any(word in told.text for word in settled.done):
        return ""  # as most sentences
    claim = next((c for c in about.form.prose.claims if set(c.words) & set(settled.done)), None)
    earlier = about.words_of(settled.earlier)  # for what came from the year before
    plain = earlier.sub("", told.text)
    if claim is None or limits_all(plain) or any(word in plain for word in settled.unless):
        return ""
    behind = re.compile(done_to_all(any_of(settled.done), any_of((*claim.about, *claim.brief))))
    for start, clause in told.sentence.clauses():
        found = [match.span() for match in behind.finditer(clause)]
        for word in alls(clause, settled.all_):
            done = next((d for d in settled.done if clause.startswith(d, word.reach)), "")
            found += [(word.start, word.reach + len(done))] if done else []
        for first, end in found:
            before = told.text[: start + first]
            if (
                not is_noun_behind(clause[end:])
                and not earlier.search(clause)
                and about.is_own(about.context(told, before))
                and about.is_about(claim, told.box, before)
                and not _speaks_of_one_number(before, earlier)
                and not _speaks_of_one_part(told.sentence, start + first)
            ):
                return clause[:end]
    return ""


def _speaks_of_one_number(before: str, words: re.Pattern[str]) -> bool:
    """Return whether *before* ends with one number and its *words*, and nothing else: 上年结转4件，|已全部办结."""
    segment = segments(before)[-1]
    return len(list(quantities(segment))) == 1 and words.search(segment) is not None


def _speaks_of_one_part(sentence: Sentence, position: int) -> bool:
    """Return whether the one number since 其中 is what is spoken of at *position*: 其中当面申请5件，均已办结."""
    before = [phrase for phrase in sentence.phrases if phrase.quantity.end <= position]
    parts = [phrase for phrase in before if phrase.is_part]
    return len(parts) == 1 and parts[0] is before[-1]


def _universals(about: FilingProse) -> Iterator[Finding]:
    """Report that all of something is so (均获维持) where figures of others are not 0 in any reading."""
    for one in about.universals():
        if all(reading.figure for reading in one.interpretations):
            yield _finding(about, "prose-settled", one.box, one.quote, _shown(one.interpretations))


def _finding(
    about: FilingProse,
    code: str,
    box: str,
    found: str,
    expected: Decimal | str = "",
    others: tuple[Place, ...] = (),
    **facts: object,
) -> Finding:
    filing = about.filing
    section = next(s for s in about.form.sections if s.key == box.partition(".")[0])
    label = about.form.texts[box].label or section.title
    quote = "".join(c for c in found if c.isprintable())
    return Finding(
        code,
        filing.source.path,
        str(filing.agency),
        *filing.address(box),
        box,
        quote if len(quote) <= _LONGEST_QUOTE else f"{quote[:_LONGEST_QUOTE]}…",
        expected,
        {"label": label, **facts},
        others,
    )
