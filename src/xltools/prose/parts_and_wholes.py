"""Parts and wholes within a sentence: 共69件，其中…; 线上20件、线下5件，合计25件.

The numbers of the sentence are compared with each other and not with the tables. Parts that exceed their whole
contradict it; parts that fall short contradict it only if the list is complete, because 其中 often names only some.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from xltools.form.linear import ZERO
from xltools.form.prose import Prose, Whole
from xltools.prose.sentences import Phrase, Sentence, is_enumerated, opens_parts

_FEWEST = 2  # parts in a list
_MOST_SUMMED = 8  # parts of which every choice is added up


class Division(NamedTuple):
    """A whole with parts that do not add up to it."""

    quote: str
    whole: Decimal
    parts: tuple[tuple[str, Decimal], ...]


def divisions(sentence: Sentence, prose: Prose) -> Iterator[Division]:
    """Yield the first contradiction of each whole in the sentence."""
    phrases = sentence.phrases
    if len(phrases) <= _FEWEST:
        return
    divided: set[int] = set()  # where the numbers are that have been a whole with its parts
    for index, phrase in enumerate(phrases):
        if phrase.is_rest and (divided_before := _wrong_rest(sentence, index, prose)):
            whole, *others = divided_before
            yield _division(sentence, whole, [*others, phrase])
        if phrase.is_compared or phrase.is_remainder:
            continue
        parts = _parts_behind(sentence, index, prose)
        earlier = [other for other in phrases[:index] if _have_same_unit(other, phrase)]
        is_sum = not parts and phrase.is_sum
        if is_sum:
            parts = [other for other in earlier if other.quantity.start not in divided]
            parts, wholes = [] if _says_another(phrase, parts, prose) else parts, {phrase.quantity.value}
        else:
            # The parts may divide this number, an earlier one, or the sum of this one and the one before.
            values = [other.quantity.value for other in earlier]
            wholes = {phrase.quantity.value, *values, sum(values[-1:], phrase.quantity.value)}
            divided.update(other.quantity.start for other in (phrase, *parts) if parts)
        wrong = _wrong_parts(phrase, wholes, parts, prose, sentence)
        if not wrong and is_sum and phrase.is_bare_sum and not _can_be_sum(phrase, parts):
            wrong = parts
        if wrong:
            yield _division(sentence, phrase, wrong)


def _division(sentence: Sentence, whole: Phrase, parts: list[Phrase]) -> Division:
    start = min(len(p.before) - len(p.segment) for p in (whole, *parts))
    end = max(p.quantity.end for p in (whole, *parts))
    named = tuple((p.segment.strip("、"), p.quantity.value) for p in parts)
    return Division(sentence.text[start:end], whole.quantity.value, named)


def _wrong_rest(sentence: Sentence, index: int, prose: Prose) -> list[Phrase]:
    """Return a whole and its parts if the rest at *index* does not make up the whole with any of them, or an empty list.

    What was settled is no part of what came in, because more came from the year before; nor is a whole judged that may be
    two numbers together.
    """
    rest = sentence.phrases[index]
    words = [word for claim in prose.claims if claim.whole for word in claim.words]
    before = [p for p in sentence.phrases[:index] if _have_same_unit(p, rest)]
    named = [any(word in p.segment for word in words) for p in before]
    if not _FEWEST <= len(before) <= _MOST_SUMMED or named != [True, *(False for _ in before[1:])]:
        return []
    if before[0].is_compared or any(p.quantity.is_rough for p in (*before, rest)):
        return []
    whole, *parts = (p.quantity.value for p in before)
    some = (one for size in range(1, len(parts) + 1) for one in combinations(parts, size))
    can_be = any(sum(one, rest.quantity.value) in (whole, whole + parts[0]) for one in some)
    return [] if can_be else before


def _says_another(whole: Phrase, parts: list[Phrase], prose: Prose) -> bool:
    """Return whether a number states another thing than the ones before it: 新收25件、上年结转3件，共办结26件."""
    claims = [claim for claim in prose.claims if claim.whole]
    own = [claim for claim in claims if any(word in whole.segment for word in claim.words)]
    others = [claim for claim in claims if any(word in p.segment for p in parts for word in claim.words)]
    return bool(own and others) and not any(claim in others for claim in own)


def _can_be_sum(whole: Phrase, parts: list[Phrase]) -> bool:
    """Return whether some of *parts* add up to *whole*, or that cannot be known."""
    if not _FEWEST <= len(parts) <= _MOST_SUMMED or any(p.quantity.is_rough for p in (whole, *parts)):
        return True
    values = [part.quantity.value for part in parts]
    sizes = range(_FEWEST, len(values) + 1)
    return any(sum(some) == whole.quantity.value for size in sizes for some in combinations(values, size))


def _have_same_unit(one: Phrase, other: Phrase) -> bool:
    return one.quantity.unit == other.quantity.unit


def _parts_behind(sentence: Sentence, index: int, prose: Prose) -> list[Phrase]:
    """Return the parts listed after a number, behind 其中, a bracket or a colon, up to the end of the list."""
    whole, *others = sentence.phrases[index:]
    if not others:
        return []
    opening = sentence.text[whole.quantity.end : others[0].quantity.start]
    if not opens_parts(opening):
        return []
    list_depth = int(_brackets(opening) > 0)
    parts: list[Phrase] = []
    depth = 0
    previous = whole.quantity
    for phrase in others:
        between = sentence.text[previous.end : phrase.quantity.start]
        depth += _brackets(between)
        starts_another = not between.startswith("、") and (
            opens_parts(phrase.segment) or _ends_list(phrase, prose)
        )
        if depth < list_depth or (parts and starts_another):
            break
        if depth == list_depth and _have_same_unit(phrase, whole):
            parts.append(phrase)
        previous = phrase.quantity
    return parts


def _brackets(text: str) -> int:
    """Return how many brackets *text* opens, minus those it closes."""
    return sum((c in "（(") - (c in "）)") for c in text)


def _ends_list(phrase: Phrase, prose: Prose) -> bool:
    """Return whether a number is no further part: a sum, a comparison, or words of the whole again."""
    if phrase.is_sum or phrase.is_compared or phrase.is_remainder:
        return True
    names_part = any(word in phrase.segment + phrase.behind for word in prose.part_words)
    whole_words = (word for claim in prose.claims if claim.whole for word in claim.words)
    return not names_part and any(word in phrase.segment for word in whole_words)


def _wrong_parts(
    whole: Phrase, wholes: set[Decimal], listed: list[Phrase], prose: Prose, sentence: Sentence
) -> list[Phrase]:
    """Return the parts among *listed* that contradict *wholes*, or an empty list."""
    if len(listed) < _FEWEST or any(p.quantity.is_rough for p in (whole, *listed)):
        return []
    for division in prose.wholes:
        named = [(group, p) for p in listed if (group := _named_part(division, p)) is not None]
        groups = {group for group, _ in named}
        parts = [phrase for _, phrase in named]
        # In 自然人1件、社会公益组织1件、法律服务机构4件 the list mixes two levels of division and is not complete.
        is_complete = division.closed and len(groups) == len(division.parts) and len(parts) == len(listed)
        if len(groups) >= _FEWEST and not _can_divide(parts, wholes, is_complete=is_complete):
            return parts
    is_counted = any(whole.quantity.unit in claim.units for claim in prose.claims)
    is_list = is_counted and is_enumerated(sentence, [p.quantity for p in listed])
    return listed if is_list and not _can_divide(listed, wholes, is_complete=False) else []


def _can_divide(parts: Iterable[Phrase], wholes: set[Decimal], *, is_complete: bool) -> bool:
    """Return whether the parts can divide one of *wholes*: they equal it or, if not complete, are less."""
    total = sum((part.quantity.value for part in parts), ZERO)
    return total in wholes or (not is_complete and total < max(wholes))


def _named_part(division: Whole, phrase: Phrase) -> int | None:
    """Return the index of the only part of *division* that is named beside a number, or ``None``."""
    for text in (phrase.segment, phrase.behind):
        if found := [i for i, names in enumerate(division.parts) if any(word in text for word in names)]:
            return found[0] if len(found) == 1 else None
    return None
