"""The pages about the codes of findings: as a list, as text, and as the Markdown of ``docs/findings.md``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from xltools.data.finding import ACCEPTABLE, SEVERITY, Finding, Severity
from xltools.report.table import Table
from xltools.text import Explanation, Lang, catalog, explanations

_ORDER = list(Severity)
_NEAREST, _LIKENESS = 3, 0.5  # how many codes are offered for an unknown one, and how alike they must be
_MARKUP = re.compile(r"[\\`*~<>|\[\]]")


def listing(lang: Lang) -> Table:
    """Return every code with its severity and one line about it."""
    t = catalog(lang)
    head = [t(f"explain.head-{key}") for key in ("code", "severity", "title")]
    severities = {(row, 1): severity.value for row, severity in enumerate(SEVERITY.values(), 1)}
    return Table([head, *_rows(lang)], marks=severities)


def page_text(code: str, lang: Lang) -> str:
    """The page about *code* for a terminal."""
    page, t = explanations(lang)[code], catalog(lang)
    blocks = [f"{code}  {_severity(code, lang)}  {page.title}"]
    for key, lines in _parts(page):
        blocks.append("\n".join([t(f"explain.{key}"), *(f"  {line}" for line in lines)]))
    return "\n\n".join(blocks)


def page_markdown(code: str, lang: Lang) -> str:
    """The page about *code* as a section of Markdown; its anchor is the code."""
    page, t = explanations(lang)[code], catalog(lang)
    blocks = [f"## {code}", f"**{_plain(page.title)}** ({_severity(code, lang)})"]
    for key, lines in _parts(page):
        words = "\n".join(map(_plain, lines))
        gap = "\n\n" if key == "mend" else " "
        blocks.append(f"**{t(f'explain.{key}')}**{gap}{words}")
    return "\n\n".join(blocks)


def book_markdown(lang: Lang) -> str:
    """The table of all codes and all pages as one document."""
    t = catalog(lang)
    head = [t(f"explain.head-{key}") for key in ("code", "severity", "title")]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|"]
    lines += [f"| [`{code}`](#{code}) | {level} | {_plain(title)} |" for code, level, title in _rows(lang)]
    top = [t("explain.book-other"), f"# {t('explain.book-title')}", t("explain.book-intro"), "\n".join(lines)]
    return "\n\n".join([*top, *(page_markdown(code, lang) for code in SEVERITY)])


def pointer(findings: Sequence[Finding], lang: Lang) -> str:
    """Where to read more about the worst of *findings*, of which there is at least one."""
    worst = min(findings, key=lambda finding: _ORDER.index(finding.severity))
    return catalog(lang)("explain.pointer", code=worst.code)


def nearest_codes(word: str) -> list[str]:
    """The codes that were most likely meant, the likeliest first."""
    return difflib.get_close_matches(word.casefold().replace("_", "-"), list(SEVERITY), _NEAREST, _LIKENESS)


def _rows(lang: Lang) -> Iterator[tuple[str, str, str]]:
    t, pages = catalog(lang), explanations(lang)
    for code, severity in SEVERITY.items():
        yield code, t(f"severity.{severity.value}"), pages[code].title


def _severity(code: str, lang: Lang) -> str:
    """Its severity in words; an error that may be accepted says so."""
    t = catalog(lang)
    word = t(f"severity.{SEVERITY[code].value}")
    return t("explain.acceptable", severity=word) if code in ACCEPTABLE else word


def _parts(page: Explanation) -> Iterator[tuple[str, list[str]]]:
    """What a page says under its headings, in order; the steps are numbered."""
    yield "what", [page.what]
    yield "why", [page.why]
    yield "mend", [f"{number}. {step}" for number, step in enumerate(page.mend, 1)]
    yield "coordinator", [page.coordinator]
    if page.example:
        yield "example", [page.example]


def _plain(text: str) -> str:
    """The text with the signs that Markdown would take for its own made harmless."""
    return _MARKUP.sub(r"\\\g<0>", text)
