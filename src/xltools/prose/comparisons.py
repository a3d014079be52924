"""Comparisons within a sentence that give both numbers: 70件，比上年的58件增加12件; 企业5件，占56件申请的8.9%.

What is said of two numbers must follow from them, whatever the tables say. Only numbers that stand side by side are
compared; one of last year that is not written, and a share of something else, are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
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
    for first, second, said in zip(numbers, numbers[1:], numbers[2:], strict=False):
        if first.unit != second.unit or any(number.is_rough for number in (first, second, said)):
            continue
        between = sentence.text[first.end : second.start], sentence.text[second.end : said.start]
        right = _right(first, second, said, between)
        if right is not None and abs(right - said.value) >= (said.step if said.unit == "%" else Decimal(1)):
            start, _ = sentence.clause_at(first.start)
            compared = sentence.text[first.start : second.end]
            yield Comparison(sentence.text[start : said.end], between[1], said.value, compared, right)


def _right(first: Quantity, second: Quantity, said: Quantity, between: tuple[str, str]) -> Decimal | None:
    """Return what the last number should be; ``None`` where no comparison is made. One digit more is kept of a rate."""
    if (
        said.unit == "%"
        and second.value
        and re.fullmatch(SHARE, between[0])
        and re.fullmatch(SHARE_OF, between[1])
    ):
        return _rate(first.value, second.value, said)
    if not re.fullmatch(AGAINST, between[0]):
        return None
    sign = 1 if re.fullmatch(MORE, between[1]) else -1 if re.fullmatch(FEWER, between[1]) else 0
    difference = sign * (first.value - second.value)
    if not sign or said.unit not in ("%", first.unit) or (said.unit == "%" and not second.value):
        return None
    return _rate(difference, second.value, said) if said.unit == "%" else difference


def _rate(part: Decimal, whole: Decimal, said: Quantity) -> Decimal:
    return (part * 100 / whole).quantize(said.step / 10)
