"""Finds the words on a sheet that say another unit than the form has there, such as 单位：元 above figures in 万元."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache

from xltools.excel.reader.reading import WorkbookReading
from xltools.excel.scan import SheetFacts
from xltools.form.labels import LONGEST_LABEL
from xltools.text import clerk
from xltools.white_space import joined

_WORD = "单位"
_SAID = re.compile(rf"(?:^|[\s。,;(\[])(?:计量|金额|货币|数量)?{_WORD}\s*:\s*([^\s。,;()\[\]]+)")
_LONGEST_UNIT = 3  # characters of one that the form does not know, in the place where it prints its own


def says_other_unit(
    reading: WorkbookReading,
    facts: SheetFacts,
    units: Collection[str],
    hint: tuple[int, int],
    asides: Iterable[tuple[tuple[int, int], str]] = (),
) -> bool:
    """Note the first text that says another unit than *units*, those of the figures on the sheet; return whether there is one.

    *hint* is the place of the sentence with the unit, *asides* are the places beside labels with the unit of each.
    """
    own, measure = _measures(frozenset(units), reading.layout.form.units)
    for place, unit in asides if own else ():
        found = _folded(facts.text(*place))
        if found != _folded(unit) and measure.fullmatch(found):
            _note(reading, facts, place, unit)
            return True
    for place, fact in facts.cells.items() if own else ():
        text = fact.text
        if not text or _WORD not in text or fact.type != "s" or len(text) > LONGEST_LABEL:
            continue
        said = _SAID.search(unicodedata.normalize("NFKC", text))
        if said is None or said[1] in own:
            continue
        if measure.fullmatch(said[1]) or (place == hint and len(own) == 1 and len(said[1]) <= _LONGEST_UNIT):
            _note(reading, facts, place, clerk()("sheet.hint-unit", unit="、".join(sorted(own))))
            return True
    return False


@cache
def _measures(units: frozenset[str], of_form: frozenset[str]) -> tuple[frozenset[str], re.Pattern[str]]:
    """Return *units*, and a pattern of all units of the form and of money, with multipliers."""
    known = "|".join(sorted(map(re.escape, {_folded(unit) for unit in of_form} - {""} | {"元"})))
    return frozenset(map(_folded, units)) - {""}, re.compile(rf"[十百千万亿]*(?:{known})")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _note(reading: WorkbookReading, facts: SheetFacts, place: tuple[int, int], expected: str) -> None:
    reading.note("label-changed", facts.name, place, found=joined(facts.text(*place)), expected=expected)
