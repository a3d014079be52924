"""The pages about the codes of findings: a list of all, one page as text, and all pages as one Markdown document."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from xltools.data.finding import SEVERITY, Finding, Severity, can_be_accepted
from xltools.report.table import TextTable
from xltools.text import Lang, catalog, finding_text
from xltools.text.findings import FindingText

_ORDER = list(Severity)
_MOST_SUGGESTIONS, _LEAST_SIMILARITY = 3, 0.5  # for an unknown code; a similarity is between 0 and 1
_MARKUP = re.compile(r"[\\`*~<>|\[\]]")


def listing(lang: Lang) -> TextTable:
    """Return a table of all codes with their severity and title."""
    severities = {(row, 1): severity.value for row, severity in enumerate(SEVERITY.values(), 1)}
    return TextTable(list(_code_rows(lang)), marks=severities)


def page_text(code: str, lang: Lang) -> str:
    """Return the page about *code* as plain text."""
    page, t = finding_text(code, lang), catalog(lang)
    blocks = [f"{code}  {_severity_text(code, lang)}  {page.title}"]
    for key, lines in _page_sections(page):
        blocks.append("\n".join([t(f"explain.{key}"), *(f"  {line}" for line in lines)]))
    return "\n\n".join(blocks)


def page_markdown(code: str, lang: Lang) -> str:
    """Return the page about *code* as a section of Markdown whose anchor is the code."""
    page, t = finding_text(code, lang), catalog(lang)
    blocks = [f"## {code}", f"**{_escaped(page.title)}** ({_severity_text(code, lang)})"]
    for key, lines in _page_sections(page):
        words = "\n".join(map(_escaped, lines))
        gap = "\n\n" if key == "mend" else " "
        blocks.append(f"**{t(f'explain.{key}')}**{gap}{words}")
    return "\n\n".join(blocks)


def book_markdown(lang: Lang) -> str:
    """Return the table of all codes, followed by all pages, as one Markdown document."""
    t = catalog(lang)
    head, *rows = _code_rows(lang)
    lines = [f"| {' | '.join(head)} |", "|---|---|---|"]
    lines += [f"| [`{code}`](#{code}) | {level} | {_escaped(title)} |" for code, level, title in rows]
    top = [t("explain.book-other"), f"# {t('explain.book-title')}", t("explain.book-intro"), "\n".join(lines)]
    return "\n\n".join([*top, *(page_markdown(code, lang) for code in SEVERITY)])


def pointer(findings: Sequence[Finding], lang: Lang) -> str:
    """Return the line that names the command for the worst of *findings*; there must be at least one."""
    worst = min(findings, key=lambda finding: _ORDER.index(finding.severity))
    return catalog(lang)("explain.pointer", code=worst.code)


def nearest_codes(word: str) -> list[str]:
    """Return the codes most similar to *word*, the most similar first."""
    code = word.casefold().replace("_", "-")
    return difflib.get_close_matches(code, list(SEVERITY), _MOST_SUGGESTIONS, _LEAST_SIMILARITY)


def _code_rows(lang: Lang) -> Iterator[tuple[str, str, str]]:
    """Yield the heads of the columns, then the code, severity and title of each kind of finding."""
    t = catalog(lang)
    yield t("explain.head-code"), t("explain.head-severity"), t("explain.head-title")
    for code, severity in SEVERITY.items():
        yield code, t(f"severity.{severity.value}"), finding_text(code, lang).title


def _severity_text(code: str, lang: Lang) -> str:
    """Return the severity in words, with a remark for an error that a coordinator may accept."""
    t, severity = catalog(lang), SEVERITY[code]
    word = t(f"severity.{severity.value}")
    is_remarkable = severity is Severity.ERROR and can_be_accepted(code)
    return t("explain.acceptable", severity=word) if is_remarkable else word


def _page_sections(page: FindingText) -> Iterator[tuple[str, list[str]]]:
    """Yield each heading of a page with its lines; the steps are numbered."""
    yield "what", [page.what]
    yield "why", [page.why]
    yield "mend", [f"{number}. {step}" for number, step in enumerate(page.mend, 1)]
    yield "coordinator", [page.coordinator]
    if page.example:
        yield "example", [page.example]


def _escaped(text: str) -> str:
    """Return *text* with the characters escaped that Markdown would take for markup."""
    return _MARKUP.sub(r"\\\g<0>", text)
