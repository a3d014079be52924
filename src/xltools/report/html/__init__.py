"""The findings of a collection as one HTML file that works without a server, a network and scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from xltools.checking.board import FileStatus, file_statuses
from xltools.checking.collection import Collection
from xltools.checking.grouping import grouped
from xltools.data.filing import Return
from xltools.data.finding import Finding, Place, Severity
from xltools.document.pages import page
from xltools.report.html.sheets import NumberedMessage, RenderedForm
from xltools.report.text import effect_text
from xltools.text import Lang, catalog, cause_text, group_text, message


@dataclass(frozen=True)
class HtmlSection:
    """A file, or an agency without one, as the templates ``filing.html`` and ``missing.html`` show it.

    ``agency`` is never empty, and every anchor of the section begins with ``anchor``.
    """

    status: FileStatus
    agency: str
    anchor: str

    @property
    def search(self) -> str:
        """The text that the agency filter searches."""
        return f"{self.status.agency} {self.status.path}".lower()

    @cached_property
    def marks(self) -> tuple[NumberedMessage, ...]:
        """The messages, numbered, the worst first."""
        groups = enumerate(grouped(self.status.findings), 1)
        return tuple(NumberedMessage(index, f"{self.anchor}-n{index}", group) for index, group in groups)

    @cached_property
    def form(self) -> RenderedForm | None:
        """The form with its figures; None if they could not be read."""
        filing = self.status.filing
        return RenderedForm(filing, self.anchor, self.marks) if isinstance(filing, Return) else None

    def name(self, place: Place | Finding) -> str:
        """Return the address of *place*; in a document, which has no addresses, the label of its cell."""
        cell = self.form.filing.form.cells.get(place.cell) if self.form else None
        return place.address or (cell.label if cell else "")


def page_html(collection: Collection, lang: Lang, explain: Callable[[str], str] | None = None) -> str:
    """Return the page. *explain* returns the documentation of a code as plain text, whose first line is the title.

    Without *explain* the page has only the counts of each code. The anchors are the same from run to run: ``code-CODE``
    for a code, ``agency-CODE`` for the first file of an agency.
    """
    t = catalog(lang)
    files = _sections(collection, lang)
    others = [*collection.of_roster, *collection.changes]
    findings = [*(finding for file in files for finding in file.status.findings), *others]
    counts = Counter(finding.code for finding in findings)
    holders = Counter(code for file in files for code in {finding.code for finding in file.status.findings})
    holders += Counter(finding.code for finding in others)
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
        missing=[(file.anchor, file.agency, file.status.findings[0]) for file in files if file.status.absent],
        others=[(f"collection-{index}", one.agency, one) for index, one in enumerate(others, 1)],
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
        with_codes=True,
        effect_text=partial(effect_text, lang=lang),
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
