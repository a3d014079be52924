"""The checks on the prose of a return: do its numbers stand in the tables, is it about this year, is it there at all.

Prose is doubted gently. A coordinator who is told of faults that are none stops reading; so whatever can be meant
otherwise is passed over, and what was recognised can be asked for with :func:`matches`. Everything here is inferred:
no document says which words of the report stand for which figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from xltools.checking.mentions import Mention, Telling, mentions
from xltools.checking.parts import divisions
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Place
from xltools.data.numeral import folded
from xltools.data.sentence import is_elsewhen, says_nothing, wrong_years
from xltools.form.layout import layout
from xltools.form.linear import Linear
from xltools.form.model import Form
from xltools.form.wording import has_braces
from xltools.text import Sum


def _filled(filing: Filing) -> Filing:
    """The filing with its figures in its prose, where anything is to be filled in."""
    if not any(map(has_braces, filing.prose.values())):
        return filing
    from xltools.filling import with_figures  # noqa: PLC0415  few texts have

    return with_figures(filing)


def matches(filing: Filing) -> tuple[Mention, ...]:
    """The numbers of the prose that stand in the tables, each with what it was matched to."""
    if filing.form is None or filing.record is None:
        return ()
    return tuple(mention for mention in mentions(Telling.of(_filled(filing))) if mention.matched)


def prose(filing: Filing) -> Iterator[Finding]:
    """Everything there is to say of the prose. A roll-up need not have any."""
    telling = Telling.of(_filled(filing))
    yield from _instructions(telling)
    yield from _years(telling)
    yield from _parts(telling)
    filing = telling.filing
    if filing.record is None or filing.is_untouched or not filing.record.values:
        return  # all-blank says what there is to say
    if not filing.is_rollup:
        yield from _blanks(telling)
    told = tuple(mentions(telling))
    yield from _figures(telling, told)
    yield from _nothing(telling)
    yield from _settled(telling, told)


def _figures(telling: Telling, told: tuple[Mention, ...]) -> Iterator[Finding]:
    """A number equals some cell that its words can mean; 无 stands for cells that are 0."""
    for mention in told:
        if mention.is_doubted:
            code = "prose-nothing" if mention.is_denial else "prose-figure"
            yield _about(
                telling, code, mention.box, mention.quote, _readings(mention), _cells(telling, mention)
            )


def _readings(mention: Mention) -> str:
    return "、".join(f"{reading.label} {reading.figure:f}" for reading in mention.readings[:_MOST_READINGS])


_MOST_READINGS = 4  # the likeliest come first


def _cells(telling: Telling, mention: Mention) -> tuple[Place, ...]:
    """The single cells that it could mean: to be looked at beside the prose."""
    single = dict.fromkeys(r.cells[0] for r in mention.readings if len(r.cells) == 1)
    return tuple(Place(*_place(telling.filing, name), name) for name in single)


def _parts(telling: Telling) -> Iterator[Finding]:
    """The parts that a sentence names make up its whole."""
    for box, told in telling.boxes.items():
        for sentence in told:
            for division in divisions(sentence, telling.prose):
                terms = Sum(tuple((1, name, value) for name, value in division.parts))
                facts: dict[str, object] = {"terms": terms, "sum": division.sum}
                yield _about(telling, "prose-parts", box, division.quote, division.whole, (), facts)


def _years(telling: Telling) -> Iterator[Finding]:
    """The prose is about the year of the report."""
    for box, told in telling.boxes.items():
        for sentence in told:
            for year in wrong_years(sentence, telling.year):
                facts: dict[str, object] = {"year": str(year)}
                yield _about(
                    telling, "prose-year", box, _clipped(sentence.text), str(telling.year), (), facts
                )


def _instructions(telling: Telling) -> Iterator[Finding]:
    """No hint of the form and no gap of a draft was left in."""
    form = telling.filing.form
    assert form is not None  # noqa: S101  verify asked
    hints, instructions = _of_the_template(form)
    for box in telling.boxes:
        text = folded(telling.filing.prose[box])
        left = [word for word in instructions if word in text]
        left = left or [line for line in _lines(text) if line in hints]
        if left:
            yield _about(telling, "prose-instruction", box, left[0])


@cache
def _of_the_template(form: Form) -> tuple[frozenset[str], tuple[str, ...]]:
    """The hints and the instructions of a form, as they are looked for."""
    hints = frozenset(line for part in form.texts.values() for line in _lines(folded(part.hint)))
    return hints, tuple(map(folded, form.prose.instructions))


def _lines(text: str) -> list[str]:
    """The sentences of a folded text that are long enough to be known again."""
    parts = text.replace("\n", "。").split("。")
    return [part for part in parts if len(part) >= _SHORTEST_HINT]


_SHORTEST_HINT = 8


def _blanks(telling: Telling) -> Iterator[Finding]:
    """Each prose cell that must be filled says something, there or in another of its section."""
    form = telling.filing.form
    assert form is not None  # noqa: S101  verify asked
    gone = {finding.sheet for finding in telling.filing.findings if finding.code == "missing-sheet"}
    for name in telling.prose.required:
        if name in telling.filing.prose or layout(form).address(name)[0] in gone:
            continue
        section, label = name.partition(".")[0], _bare(form.texts[name].label)
        beside = [text for box, text in telling.filing.prose.items() if box.startswith(f"{section}.")]
        if not (label and any(label in folded(text) for text in beside)):
            yield _about(telling, "prose-blank", name, "")


def _bare(label: str) -> str:
    return label.rpartition("）")[2]


def _nothing(telling: Telling) -> Iterator[Finding]:
    """无 alone stands only where that can be."""
    for box in telling.boxes:
        text = telling.filing.prose[box]
        if not says_nothing(text):
            continue
        if box in telling.prose.substantial:
            yield _about(telling, "prose-nothing", box, text.strip(), _hint(telling, box))
        elif key := telling.prose.nil.get(box):
            reading = telling.reading(Linear(((1, key),)))
            if reading.figure and telling.is_known([reading]):
                yield _about(
                    telling, "prose-nothing", box, text.strip(), f"{reading.label} {reading.figure:f}"
                )


def _hint(telling: Telling, box: str) -> str:
    assert telling.filing.form is not None  # noqa: S101  verify asked
    return telling.filing.form.texts[box].hint.rstrip("。")


def _settled(telling: Telling, told: tuple[Mention, ...]) -> Iterator[Finding]:
    """Nothing is carried over where everything was settled.

    Passed over where the prose tells of what was carried over, or says how many were settled, and that is so.
    """
    settled = telling.prose.settled
    if settled is None:
        return
    leaves = telling.reading(Linear(((1, settled.leaves),)))
    handled = telling.reading(Linear(((1, settled.handled),)))
    if not leaves.figure or not telling.is_known([leaves]):
        return
    for box, sentences in telling.boxes.items():
        if any(m.box == box and m.matched and m.matched.cells == leaves.cells for m in told):
            continue
        for sentence in sentences:
            quote = _all_settled(telling, box, sentence.text)
            counted = any(q.value == handled.figure for q in sentence.quantities)
            if quote and not counted:
                yield _about(telling, "prose-settled", box, quote, f"{leaves.label} {leaves.figure:f}")


def _all_settled(telling: Telling, box: str, text: str) -> str:
    """The words that say so of the applications of the whole year, or nothing."""
    settled = telling.prose.settled
    assert settled is not None  # noqa: S101  _settled asked
    openings = [opening for opening in settled.all_ if opening in text]
    if not openings or any(word in text for word in (*settled.unless, *telling.scopes)):
        return ""
    claim = next((c for c in telling.prose.claims if set(c.words) & set(settled.done)), None)
    for opening in openings:
        for done in settled.done:
            start = text.find(opening)
            end = text.find(done, start + len(opening))
            near = 0 <= end - start - len(opening) <= _FARTHEST
            if near and claim and telling.is_about(claim, box, text[:start]):
                return "" if is_elsewhen(text[:start], telling.year) else text[start : end + len(done)]
    return ""


_FARTHEST = 12  # characters between 均已 and 办结


def _about(
    telling: Telling,
    code: str,
    box: str,
    found: str,
    expected: Decimal | str = "",
    others: tuple[Place, ...] = (),
    facts: dict[str, object] | None = None,
) -> Finding:
    filing, form = telling.filing, telling.filing.form
    assert form is not None  # noqa: S101  verify asked
    label = _title(form, box)
    sheet, address = _place(filing, box)
    return Finding(
        code,
        filing.source.path,
        str(filing.agency),
        sheet,
        address,
        box,
        _clipped(found),
        expected,
        {"label": label} | (facts or {}),
        others,
    )


def _title(form: Form, box: str) -> str:
    """What a person calls a prose cell: its label, or its section's title."""
    section = next(s for s in form.sections if s.key == box.partition(".")[0])
    return form.texts[box].label or section.title


def _place(filing: Filing, name: str) -> tuple[str, str]:
    assert filing.form is not None  # noqa: S101  verify asked
    return filing.moved.get(name) or layout(filing.form).address(name)


_LONGEST_QUOTE = 60


def _clipped(text: str) -> str:
    text = "".join(c for c in text if c.isprintable())
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
