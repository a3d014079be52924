"""Parts and wholes inside a sentence: 共69件，其中…; 线上20件、线下5件，合计25件.

No figure of the form is asked here: the sentence is held against itself. Parts that exceed their whole contradict it;
parts that fall short do so only where they are all there can be, since 其中 often names but a few.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from xltools.form.prose import Prose, Whole
from xltools.prose.quantities import Quantity
from xltools.prose.sentences import Phrase, Sentence, is_enumerated, part_mark


class Division(NamedTuple):
    """A whole and parts that do not make it up, as they stand in a sentence."""

    quote: str
    whole: Decimal
    parts: tuple[tuple[str, Decimal], ...]

    @property
    def sum(self) -> Decimal:
        """What the parts come to."""
        return sum((value for _, value in self.parts), Decimal(0))


def divisions(sentence: Sentence, prose: Prose) -> Iterator[Division]:
    """The first contradiction of each whole in the sentence."""
    phrases = sentence.phrases
    if len(phrases) <= _FEWEST:
        return
    for index, phrase in enumerate(phrases):
        if phrase.is_compared:
            continue
        listed = _listed_behind(sentence, phrases, index, prose)
        if not listed and phrase.is_sum:
            listed = [p for p in phrases[:index] if _alike(p, phrase)]
            wholes = {phrase.quantity.value}
        else:
            wholes = _wholes(phrase, phrases)
        if found := _contradicted(phrase, wholes, listed, prose, sentence):
            yield found


def _alike(one: Phrase, other: Phrase) -> bool:
    return one.quantity.unit == other.quantity.unit


def _listed_behind(sentence: Sentence, phrases: tuple[Phrase, ...], index: int, prose: Prose) -> list[Phrase]:
    """The parts listed behind a number: after 其中, a bracket or a colon, up to where the list ends."""
    whole = phrases[index]
    listed: list[Phrase] = []
    if index + 1 == len(phrases):
        return []
    opening = sentence.text[whole.quantity.end : phrases[index + 1].quantity.start]
    if not part_mark(opening):
        return []
    inside = opening.count("（") + opening.count("(") > opening.count("）") + opening.count(")")
    depth = 0
    previous = whole.quantity
    for phrase in phrases[index + 1 :]:
        between = sentence.text[previous.end : phrase.quantity.start]
        depth += between.count("（") + between.count("(") - between.count("）") - between.count(")")
        goes_on = between.startswith("、")
        if depth < int(inside) or (
            listed and not goes_on and (part_mark(phrase.segment) or _ends(phrase, prose))
        ):
            break
        if depth == int(inside) and _alike(phrase, whole):
            listed.append(phrase)
        previous = phrase.quantity
    return listed


def _ends(phrase: Phrase, prose: Prose) -> bool:
    """Whether a number begins something else: a sum, a comparison, or words of the whole again."""
    if phrase.is_sum or phrase.is_compared:
        return True
    own = any(word in phrase.segment + phrase.behind for word in prose.ways)
    return not own and any(
        word in phrase.segment for claim in prose.claims if claim.whole for word in claim.words
    )


def _wholes(whole: Phrase, phrases: tuple[Phrase, ...]) -> set[Decimal]:
    """What the parts may be parts of: the number before them, an earlier one, or what those come to together."""
    start = whole.quantity.start
    earlier = [p.quantity.value for p in phrases if p.quantity.start < start and _alike(p, whole)]
    return {whole.quantity.value, *earlier, sum((*earlier[-1:], whole.quantity.value), Decimal(0))}


def _contradicted(
    whole: Phrase, wholes: set[Decimal], listed: list[Phrase], prose: Prose, sentence: Sentence
) -> Division | None:
    if len(listed) < _FEWEST or any(p.quantity.is_rough for p in (whole, *listed)):
        return None
    for division in prose.wholes:
        parts = _parts(division, listed)
        groups = {group for group, _ in parts}
        figures = [phrase for _, phrase in parts]
        # 自然人1件、社会公益组织1件、法律服务机构4件: what is divided further is not divided in two.
        is_all = division.closed and len(groups) == len(division.parts) and len(parts) == len(listed)
        if len(groups) >= _FEWEST and not _fits(figures, wholes, is_all=is_all):
            return _division(whole, figures, sentence)
    units = {unit for claim in prose.claims for unit in claim.units}
    one_list = whole.quantity.unit in units and is_enumerated(sentence, [p.quantity for p in listed])
    if one_list and not _fits(listed, wholes, is_all=False):
        return _division(whole, listed, sentence)
    return None


def _fits(parts: list[Phrase], wholes: set[Decimal], *, is_all: bool) -> bool:
    """Whether the parts can be parts of one of these: all of it, or some that do not exceed it."""
    total = sum((part.quantity.value for part in parts), Decimal(0))
    return total in wholes or (not is_all and total < max(wholes))


_FEWEST = 2  # one part is no list


def _parts(division: Whole, listed: list[Phrase]) -> list[tuple[int, Phrase]]:
    """The numbers that stand with a name of a part, each with which part it is."""
    found = []
    for phrase in listed:
        here = (
            phrase.segment
            if any(w in phrase.segment for part in division.parts for w in part)
            else phrase.behind
        )
        groups = [i for i, part in enumerate(division.parts) if any(word in here for word in part)]
        if len(groups) == 1:
            found.append((groups[0], phrase))
    return found


def _division(whole: Phrase, listed: list[Phrase], sentence: Sentence) -> Division:
    numbers: list[Quantity] = [whole.quantity, *(p.quantity for p in listed)]
    start = min(len(p.before) - len(p.segment) for p in (whole, *listed))
    quote = sentence.text[start : max(q.end for q in numbers)]
    parts = tuple((p.segment.strip("、"), p.quantity.value) for p in listed)
    return Division(quote, whole.quantity.value, parts)
