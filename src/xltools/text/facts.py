"""Facts as a sentence says them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from xltools.data.finding import Sum, Word
from xltools.text import Catalog, number


def readable(facts: Mapping[str, object], t: Catalog) -> dict[str, object]:
    """Figures with separators, a sum as ``{terms}`` and with names as ``{terms_words}``, a word in the catalogue's language."""
    ready: dict[str, object] = {}
    for key, fact in facts.items():
        if isinstance(fact, Sum):
            ready[key], ready[f"{key}_words"] = _figures(fact), _words(fact)
        elif isinstance(fact, Word):
            ready[key] = t(f"finding-part.{fact.key}")
        elif isinstance(fact, Decimal):
            ready[key] = number(fact)
        else:
            ready[key] = fact
    return ready


def _figures(total: Sum) -> str:
    """``1,180 + 31``: only what is not zero, and ``0`` when everything is."""
    return _joined([(sign, number(value)) for sign, _, value in total.terms if value]) or "0"


def _words(total: Sum) -> str:
    """The same with the name of each part before its figure."""
    return _joined([(sign, f"{name} {number(value)}") for sign, name, value in total.terms])


def _joined(terms: list[tuple[int, str]]) -> str:
    text = "".join(f" {'-' if sign < 0 else '+'} {term}" for sign, term in terms)
    return text.removeprefix(" + ").removeprefix(" ")
