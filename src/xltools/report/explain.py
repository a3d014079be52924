"""The pages about the codes of findings: a list of all, one page as text, and all pages as one Markdown document."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from xltools.data.finding import SEVERITY, Finding, Severity, can_be_accepted
from xltools.report.table import Table
from xltools.text import Lang, catalog, finding_text
from xltools.text.findings import FindingText

_ORDER = list(Severity)
_NEAREST, _LIKENESS = (
    3,
    0.5,
)  # how many codes to suggest for an unknown one, and their least similarity (0 to 1)
_MARKUP = re.compile(r"[\\`*~<>|\[\]]")


def listing(lang: Lang) -> Table:
    """Return a table of all codes with their severity and title."""
    t = catalog(lang)
    head = [t(f"explain.head-{key}") for key in ("code", "severity", "title")]
    severities = {(row, 1): severity.value for row, severity in enumerate(SEVERITY.values(), 1)}
    return Table([head, *_rows(lang)], marks=severities)


def page_text(code: str, lang: Lang) -> str:
    """Return the page about *code* as plain text."""
    page, t = finding_text(code, lang), catalog(lang)
    blocks = [f"{code}  {_severity(code, lang)}  {page.title}"]
    for key, lines in _parts(page):
        blocks.append("\n".join([t(f"explain.{key}"), *(f"  {line}" for line in lines)]))
    return "\n\n".join(blocks)


def page_markdown(code: str, lang: Lang) -> str:
    """Return the page about *code* as a section of Markdown whose anchor is the code."""
    page, t = finding_text(code, lang), catalog(lang)
    blocks = [f"## {code}", f"**{_plain(page.title)}** ({_severity(code, lang)})"]
    for key, lines in _parts(page):
        words = "\n".join(map(_plain, lines))
        gap = "\n\n" if key == "mend" else " "
        blocks.append(f"**{t(f'explain.{key}')}**{gap}{words}")
    return "\n\n".join(blocks)


def book_markdown(lang: Lang) -> str:
    """Return the table of all codes, followed by all pages, as one Markdown document."""
    t = catalog(lang)
    head = [t(f"explain.head-{key}") for key in ("code", "severity", "title")]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|"]
    lines += [f"| [`{code}`](#{code}) | {level} | {_plain(title)} |" for code, level, title in _rows(lang)]
    top = [t("explain.book-other"), f"# {t('explain.book-title')}", t("explain.book-intro"), "\n".join(lines)]
    return "\n\n".join([*top, *(page_markdown(code, lang) for code in SEVERITY)])


def pointer(findings: Sequence[Finding], lang: Lang) -> str:
    """Return the line that names the command for the worst of *findings*; there must be at least one."""
    worst = min(findings, key=lambda finding: _ORDER.index(finding.severity))
    return catalog(lang)("explain.pointer", code=worst.code)


def nearest_codes(word: str) -> list[str]:
    """Return the codes most similar to *word*, the most similar first."""
    return difflib.get_close_matches(word.casefold().replace("_", "-"), list(SEVERITY), _NEAREST, _LIKENESS)


def _rows(lang: Lang) -> Iterator[tuple[str, str, str]]:
    for code, severity in SEVERITY.items():
        yield code, catalog(lang)(f"severity.{severity.value}"), finding_text(code, lang).title


def _severity(code: str, lang: Lang) -> str:
    """Return the severity in words, with a remark for an error that a coordinator may accept."""
    t, severity = catalog(lang), SEVERITY[code]
    word = t(f"severity.{severity.value}")
    is_remarkable = severity is Severity.ERROR and can_be_accepted(code)
    return t("explain.acceptable", severity=word) if is_remarkable else word


def _parts(page: FindingText) -> Iterator[tuple[str, list[str]]]:
    """Yield each heading of a page with its lines; the steps are numbered."""
    yield "what", [page.what]
    yield "why", [page.why]
    yield "mend", [f"{number}. {step}" for number, step in enumerate(page.mend, 1)]
    yield "coordinator", [page.coordinator]
    if page.example:
        yield "example", [page.example]


def _plain(text: str) -> str:
    """Return *text* with the characters escaped that Markdown would take for markup."""
    return _MARKUP.sub(r"\\\g<0>", text)
