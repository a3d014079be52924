"""The agency and the year of a report, from its title, its first lines, or the name of its file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from xltools.data.period import Period
from xltools.document.reader.flow import Flow, TextLine
from xltools.form.labels import core
from xltools.form.model import PARTS, Form

_YEAR = r"(20[0-9]{2})\s*财?年\s*"
_PART = {
    "year": "度?",
    "half": "度?([上下])半年",
    "quarter": "度?第?([一二三四1-4])季度",
    "month": r"(1[0-2]|0?[1-9])\s*月份?",
}
_COUNTED = {"上": 1, "下": 2, "一": 1, "二": 2, "三": 3, "四": 4}
_COVERED = re.compile(r"(20[0-9]{2})年1月1日起?(?:，)?(?:至|到|—|-|－|~|～)(?:(20[0-9]{2})年)?12月31日")
_LONGEST_BEFORE = 60  # characters before the form's title; the preface often begins with the title
_LONGEST_NAME = 40
_FIRST = 200  # items that are searched for the title
_NO_NAME = re.compile(r"[>»›|＞:：!！?？;；。,，\[\]【】《》\d]|^[我本]")
_AROUND = re.compile(r"^(?:关于|印发|公布|发布|现公布)+|(?:关于|的)$")
_NO_BRACKETS = str.maketrans("", "", "()")
_ZEROS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_IN_WORDS = re.compile(r"[二][〇○零][〇○零一二三四五六七八九]{2}(?=年)")


class ReportTitle(NamedTuple):
    """The agency and period in a title, and the period ``covered`` according to the text; empty or ``None`` if not found."""

    agency: str = ""
    period: Period | None = None
    covered: Period | None = None


def title_of(flow: Flow, form: Form) -> ReportTitle:
    """Return the title above the first section of a document.

    The last title before the first section counts: earlier ones are in menus and lists. A title with only a year
    takes the agency from the line above it.
    """
    sections = {core(title) for section in form.sections for title in (section.title, *section.also)}
    lines = (item.text for item in flow[:_FIRST] if isinstance(item, TextLine))
    texts = [_folded(line) for line in takewhile(lambda line: core(line) not in sections, lines)]
    covered = next(
        (Period.of_form(m[1], form) for t in texts if (m := _COVERED.search(t)) and m[2] in {None, m[1]}),
        None,
    )
    covered = None if form.begins else covered
    titles = [title for number in range(len(texts)) if (title := _title_at(texts, number, form))]
    complete = [title for title in titles if title.agency and title.period]
    return (complete or titles or [ReportTitle()])[-1]._replace(covered=covered)


def title_in(name: str, form: Form) -> ReportTitle:
    """Return the title in the name of a file."""
    stem = _folded(name.rpartition(".")[0] or name)
    return _title_at([stem], 0, form) or ReportTitle()


def period_in(text: str, form: Form) -> tuple[Period | None, str]:
    """Return the first period of a *form* that a text names, such as 2026年第一季度, and the text without any."""
    pattern = re.compile(_YEAR + _PART[form.period])
    match = pattern.search(text)
    if match is None:
        return None, text
    part = match[2] if form.period != "year" else "1"
    number = int(part) if part.isdecimal() else _COUNTED[part]
    return Period(int(match[1]), number, PARTS[form.period], form.begins), pattern.sub("", text)


def district_of(agency: str) -> str:
    """Return the district at the beginning of an agency's name, as 青禾区 in 青禾区统计局, or an empty text."""
    part = "[^省州市区县旗]{1,6}"
    found = re.match(f"(?:{part}[省州])?(?:{part}市)?(?:{part}[区县旗])?", agency)
    return found[0] if found else ""


def _folded(text: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", text).split())
    return _IN_WORDS.sub(lambda m: m[0].translate(_ZEROS).replace("二", "2"), text)


def _title_at(texts: Sequence[str], place: int, form: Form) -> ReportTitle | None:
    """Return agency and year in that line if it is a title of a report of the form.

    Both are before the form's title, in either order; the agency may be in the line above. A title may be broken over two lines.
    """
    titles = [_folded(title).translate(_NO_BRACKETS) for title in (form.title, *form.also)]
    text, below = ("".join(texts[n : n + 1]).translate(_NO_BRACKETS) for n in (place, place + 1))
    for title in sorted(titles, key=len, reverse=True):
        is_whole = title in text or title in below
        before, found, _ = (text if is_whole else text + below).partition(title)
        if found and len(before) <= _LONGEST_BEFORE:
            title_here = _before(before, form)
            above = texts[place - 1] if place else ""
            if title_here.agency or not above or any(one in above for one in titles):
                return title_here
            if title_here.period:
                return title_here._replace(agency=above if _is_name(above) else "")
            named = _before(above, form)  # 青禾区统计局2024年 and the title below
            return named if named.agency else title_here
    return None


def _before(text: str, form: Form) -> ReportTitle:
    """Return agency and period in the text before a title."""
    period, rest = period_in(text, form)
    name = _AROUND.sub("", _AROUND.sub("", rest).strip("-—_、,，"))
    return ReportTitle(name if _is_name(name) else "", period)


def _is_name(text: str) -> bool:
    return 1 < len(text) <= _LONGEST_NAME and not _NO_NAME.search(text)
