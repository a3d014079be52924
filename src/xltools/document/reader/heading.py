"""Whose report it is and of which year, as its title, its first words, or the name of its file say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from xltools.document.reader.flow import Flow, Paragraph
from xltools.form.labels import core
from xltools.form.model import Form

_YEAR = r"(20[0-9]{2})\s*年\s*度?"
_PERIOD = re.compile(r"(20[0-9]{2})年1月1日起?(?:，)?(?:至|到|—|-|－|~|～)(?:(20[0-9]{2})年)?12月31日")
_LONGEST_BEFORE = 60  # characters in front of the title's words; the preface often begins with the title
_LONGEST_NAME = 40
_FIRST = 200  # lines among which the title is looked for
_NO_NAME = re.compile(r"[>»›|＞:：!！?？;；。,，\[\]【】《》\d]|^[我本]")
_AROUND = re.compile(r"^(?:关于|印发|公布|发布|现公布)+|(?:关于|的)$")
_ZEROS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_IN_WORDS = re.compile(r"[二][〇○零][〇○零一二三四五六七八九]{2}(?=年)")


class Heading(NamedTuple):
    """What is said: by the title, and of the year by the period that the report names. Blank or 0 where nothing is."""

    agency: str = ""
    year: int = 0
    period: int = 0


def heading_of(flow: Flow, form: Form) -> Heading:
    """What the document says of itself before its first section.

    The last title before the first section is the report's own: those before it are in menus and lists. A title that
    has only the year goes with the line above it.
    """
    lines = list(_before_sections(flow, form))
    texts = [_folded(line.text) for line in lines]
    period = next(
        (int(m[2] or m[1]) for t in texts if (m := _PERIOD.search(t)) and (m[2] or m[1]) == m[1]), 0
    )
    said = [(*found, line.is_title) for n, line in enumerate(lines) if (found := _titled(texts, n, form))]
    named = [one for one in said if one[0] and one[1]]
    likely = named or said
    if not likely:
        return Heading(period=period)
    agency, year, _ = likely[-1]
    return Heading(agency, year, period)


def heading_in(name: str, form: Form) -> Heading:
    """What the name of a file says that is called as its title is."""
    stem = _folded(name.rpartition(".")[0] or name)
    found = _titled([stem], 0, form)
    return Heading(*found) if found else Heading()


def district_of(agency: str) -> str:
    """The district in front of an agency's name, as 青禾区 in 青禾区统计局; blank where none is."""
    part = "[^省州市区县旗]{1,6}"
    found = re.match(f"(?:{part}[省州])?(?:{part}市)?(?:{part}[区县旗])?", agency)
    return found[0] if found else ""


def _before_sections(flow: Flow, form: Form) -> Iterator[Paragraph]:
    titles = {core(title) for section in form.sections for title in (section.title, *section.also)}
    for item in flow[:_FIRST]:
        if not isinstance(item, Paragraph) or core(item.text) in titles:
            if isinstance(item, Paragraph):
                return
            continue
        yield item


def _folded(text: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", text).split())
    return _IN_WORDS.sub(lambda m: m[0].translate(_ZEROS).replace("二", "2"), text)


def _titled(texts: Sequence[str], place: int, form: Form) -> tuple[str, int] | None:
    """Agency and year in that line, when it is a title of such a report."""
    text = texts[place].replace("(", "").replace(")", "")
    for title in sorted((form.title, *form.also), key=len, reverse=True):
        before, found, _ = text.partition(title)
        if found and len(before) <= _LONGEST_BEFORE:
            return _parted(before, texts[place - 1] if place else "")
    return None


def _parted(before: str, above: str) -> tuple[str, int]:
    """The agency and the year in front of the title's words, in either order; the agency may stand in the line above."""
    year = re.search(_YEAR, before)
    name = _AROUND.sub("", re.sub(_YEAR, "", before)).strip("-—_、,，")
    name = _AROUND.sub("", name)
    if not name and _is_name(above):
        name = above
    return (name if _is_name(name) else ""), int(year[1]) if year else 0


def _is_name(text: str) -> bool:
    return 1 < len(text) <= _LONGEST_NAME and not _NO_NAME.search(text)
