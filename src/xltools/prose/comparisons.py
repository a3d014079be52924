"""Comparisons within a sentence that give both numbers: 70件，比上年的58件增加12件; 企业5件，占56件申请的8.9%.

What is said of two numbers must follow from them, whatever the tables say. Only numbers that stand side by side are
compared; one of last year that is not written, and a share of something else, are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from xltools.prose.quantities import Quantity
from xltools.prose.sentences import AGAINST, FEWER, MORE, SHARE, SHARE_OF, Sentence


class Comparison(NamedTuple):
    """What a sentence says of two numbers, and what follows from them."""

    quote: str
    words: str  # with what is said
    said: Decimal
    of: str  # the two numbers
    right: Decimal


def wrong_comparisons(sentence: Sentence) -> Iterator[Comparison]:
    """Yield each comparison that does not follow from the two numbers before it."""
    numbers = sentence.quantities
    for index, (first, second, said) in enumerate(zip(numbers, numbers[1:], numbers[2:], strict=False)):
        if first.unit != second.unit or any(number.is_rough for number in (first, second, said)):
            continue
        between = sentence.text[first.end : second.start], sentence.text[second.end : said.start]
        # It may be said of this number, or of several before it together: 予以公开34件、部分公开9件，占66件的65.2%.
        together = accumulate(number.value for number in reversed(numbers[: index + 1]))
        rights = [_right(value, second, said, between) for value in together]
        if rights[0] is not None and not any(_agrees(said, right) for right in rights if right is not None):
            start, _ = sentence.clause_at(first.start)
            compared = sentence.text[first.start : second.end]
            yield Comparison(sentence.text[start : said.end], between[1], said.value, compared, rights[0])


def _agrees(said: Quantity, right: Decimal) -> bool:
    """Return whether a number is right, a rate as rounded or cut to its digits."""
    return abs(right - said.value) < (said.step if said.unit == "%" else 1)


def _right(first: Decimal, second: Quantity, said: Quantity, between: tuple[str, str]) -> Decimal | None:
    """Return what the last number should be; ``None`` where no comparison is made. One digit more is kept of a rate."""
    is_rate = said.unit == "%"
    if not (second.value if is_rate else said.unit == second.unit):
        return None
    if is_rate and re.fullmatch(SHARE, between[0]) and re.fullmatch(SHARE_OF, between[1]):
        return _rate(first, second.value, said)
    sign = 1 if re.fullmatch(MORE, between[1]) else -1 if re.fullmatch(FEWER, between[1]) else 0
    if not sign or not re.fullmatch(AGAINST, between[0]):
        return None
    difference = sign * (first - second.value)
    return _rate(difference, second.value, said) if is_rate else difference


def _rate(part: Decimal, whole: Decimal, said: Quantity) -> Decimal:
    return (part * 100 / whole).quantize(said.step / 10)
