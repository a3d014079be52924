"""The findings of a collection as one HTML file that works without a server, a network and scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from xltools.checking.board import file_statuses
from xltools.checking.collection import Collection
from xltools.data.filing import Return
from xltools.data.finding import Severity
from xltools.document.pages import page
from xltools.report.html.board import board_html
from xltools.report.html.filing import HtmlSection
from xltools.text import Lang, catalog, cause_text, group_text, message

__all__ = ["board_html", "page_html"]


def page_html(collection: Collection, lang: Lang, explain: Callable[[str], str] | None = None) -> str:
    """Return the page. *explain* returns the documentation of a code as plain text, whose first line is the title.

    Without *explain* the page has only the counts of each code.

    The anchors are the same from run to run: ``code-CODE`` for a code, ``agency-CODE`` for the first file of an agency.
    """
    t = catalog(lang)
    files = _sections(collection, lang)
    findings = [finding for file in files for finding in file.status.findings]
    counts = Counter(finding.code for finding in findings)
    holders = Counter(code for file in files for code in {finding.code for finding in file.status.findings})
    filings = [file.status.filing for file in files]
    about = {f"{one.form.title} {one.stamp.period}" for one in filings if isinstance(one, Return)}
    return page(
        "report/html/page.html",
        lang=lang,
        t=t,
        title=t("page.title"),
        about="、".join(sorted(about)),
        tiles=_tiles(collection, lang),
        files=files,
        filtered=[s for s in Severity if any(finding.severity is s for finding in findings)],
        counted=[
            s for s in Severity if s is not Severity.QUESTION or any(file.status.counts[s] for file in files)
        ],
        waived=any(file.status.waived for file in files),
        codes=[(code, count, holders[code]) for code, count in sorted(counts.items())],
        explain=explain,
        message=partial(message, lang=lang),
        group_text=partial(group_text, lang=lang),
        cause_text=partial(cause_text, lang=lang),
    )


def _sections(collection: Collection, lang: Lang) -> list[HtmlSection]:
    """Return a section with a unique anchor for every file and every missing agency."""
    found: dict[str, HtmlSection] = {}
    for index, status in enumerate(file_statuses(collection), 1):
        code = status.code
        anchor = f"agency-{code}" if code.isascii() and code.isalnum() else f"file-{index}"
        if anchor in found:
            anchor = f"{anchor}-file-{index}"
        agency = status.agency or catalog(lang)("report.no-agency")
        found[anchor] = HtmlSection(status, agency, anchor)
    return list(found.values())


def _tiles(collection: Collection, lang: Lang) -> list[tuple[str, int, str]]:
    """Return the label, count and CSS class of each count at the top."""
    t, tally, files = catalog(lang), collection.tally, len(collection.examined)
    counts = [
        ("files", files, ""),
        ("sound-files", files - tally.bad, "sound"),
        ("bad-files", tally.bad, "error"),
        ("missing", len(collection.missing), "error"),
    ]
    counts += [
        (f"count-{severity.value}", collection.count(severity), severity.value)
        for severity in Severity
        if severity is not Severity.QUESTION or collection.count(severity)
    ]
    if tally.waived:
        counts.append(("waived", tally.waived, ""))
    return [(t(f"page.{key}"), count, css_class if count else "") for key, count, css_class in counts]
