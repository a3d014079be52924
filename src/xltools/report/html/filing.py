"""One file on the page: its messages in a table, and below it the form, each leading to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property

from xltools.checking.grouping import grouped
from xltools.checking.standing import Standing
from xltools.data.finding import Finding, Place
from xltools.document.markup import Content, Markup, tag
from xltools.report.html.sheets import Mark, RenderedForm
from xltools.text import Lang, catalog, cause_text, group_text, message, number

_MOST_PLACES = 12  # of one message, listed beside it; the others are in the list below it


@dataclass(frozen=True)
class Told:
    """A file, or an agency without one, as the page tells it; ``anchor`` begins every anchor of it."""

    standing: Standing
    anchor: str
    lang: Lang

    @property
    def agency(self) -> str:
        """Whose it is, in words that are never empty."""
        return self.standing.agency or catalog(self.lang)("report.no-agency")

    @property
    def search(self) -> str:
        """What the agency filter looks into."""
        return f"{self.standing.agency} {self.standing.path}".lower()

    @property
    def is_told(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.standing.findings)

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """The messages, numbered, worst first."""
        groups = enumerate(grouped(self.standing.findings), 1)
        return tuple(Mark(index, f"{self.anchor}-n{index}", group) for index, group in groups)

    @cached_property
    def form(self) -> RenderedForm | None:
        """The form with its figures, when the file got as far as having any."""
        filing = self.standing.filing
        if filing is None or filing.form is None or filing.record is None:
            return None
        return RenderedForm(filing, filing.form, self.anchor, self.marks, self.lang)

    def badge(self) -> Markup:
        """What is to be done about it, in a word."""
        state = self.standing.state.value
        return tag("span", catalog(self.lang)(f"page.state-{state}"), class_=f"state {state}")

    def html(self) -> Markup:
        """The section of this file."""
        t = catalog(self.lang)
        head = tag(
            "div",
            tag("h3", self.agency, id=f"{self.anchor}-head", lang="zh-CN"),
            self.badge(),
            tag("span", self.standing.path, class_="path"),
            tag("a", t("page.back"), href="#list", class_="back"),
            class_="head",
        )
        return tag(
            "section",
            head,
            self._table(),
            self._details(),
            class_="filing",
            id=self.anchor,
            data_agency=self.search,
            aria_labelledby=f"{self.anchor}-head",
        )

    def _table(self) -> Markup:
        t = catalog(self.lang)
        keys = ("number", "finding", "place", "message", "found", "expected")
        heads = [tag("th", t(f"page.head-{key}"), scope="col", class_=key) for key in keys]
        rows = [self._row(mark) for mark in self.marks]
        return tag(
            "table",
            tag("thead", tag("tr", heads)),
            tag("tbody", rows),
            class_="findings",
            aria_label=self.agency,
        )

    def _row(self, mark: Mark) -> Markup:
        lead = mark.group.lead
        codes = dict.fromkeys(finding.code for finding in mark.group.findings)
        return tag(
            "tr",
            tag("td", str(mark.number), class_="number"),
            tag("td", self._kind(lead)),
            tag("td", self._places(mark.group.places or _sheet_only(lead))),
            tag("td", self._message(mark)),
            _figure([finding.found for finding in mark.group.findings]),
            _figure([finding.expected for finding in mark.group.findings]),
            id=mark.anchor,
            class_="waived" if lead.waiver else None,
            data_severity=lead.severity.value,
            data_codes=" ".join(codes),
        )

    def _kind(self, finding: Finding) -> list[Markup]:
        t, severity = catalog(self.lang), finding.severity.value
        return [
            tag("span", t(f"severity.{severity}"), class_=f"badge {severity}"),
            tag("span", t("page.is-waived"), class_="badge waived") if finding.waiver else Markup(""),
            tag("a", finding.code, href=f"#code-{finding.code}", class_="code"),
        ]

    def missing_row(self) -> Markup:
        """Of an agency that sent no file, the line that says so."""
        (finding,) = self.standing.findings
        return tag(
            "tr",
            tag("td", self._kind(finding)),
            tag("th", self.agency, scope="row", lang="zh-CN"),
            tag("td", message(finding, self.lang), self._remarks(finding)),
            id=self.anchor,
            class_="waived" if finding.waiver else None,
            data_agency=self.search,
            data_severity=finding.severity.value,
            data_codes=finding.code,
        )

    def _places(self, places: Sequence[Place]) -> list[Markup]:
        """The cells sheet by sheet, each a way into the form where it can be seen there."""
        sheets: dict[str, list[Markup]] = {}
        for place in places[:_MOST_PLACES]:
            sheets.setdefault(place.sheet, []).append(self._link(place, self._name(place)))
        lines = [
            tag(
                "div", self._link(Place(sheet, ""), sheet), " ", [[link, " "] for link in links], lang="zh-CN"
            )
            for sheet, links in sheets.items()
        ]
        more = len(places) - _MOST_PLACES
        return [*lines, tag("div", catalog(self.lang)("page.more-places", count=more))] if more > 0 else lines

    def _name(self, place: Place) -> str:
        """Its address; in a document, which has none, its label."""
        cell = self.form.form.cells.get(place.cell) if self.form else None
        return place.address or (cell.label if cell else "")

    def _link(self, place: Place, text: str) -> Markup:
        anchor = self.form.anchor(place) if self.form and text else None
        return tag("a", text, href=f"#{anchor}", class_="place") if anchor else tag("span", text)

    def _message(self, mark: Mark) -> list[Content]:
        """One sentence, what may lie behind it, and what was answered and decided; of many findings also each."""
        t, findings = catalog(self.lang), mark.group.findings
        lead = mark.group.lead
        if not mark.group.is_many:
            apart = [tag("div", *self._sentence(finding)) for finding in mark.group.apart]
            return [tag("div", message(lead, self.lang)), apart, self._remarks(lead)]
        each = [tag("li", *self._sentence(finding)) for finding in findings]
        return [
            tag("div", group_text(lead.code, len(findings), self.lang)),
            self._remarks(lead),
            tag("details", tag("summary", t("page.each", count=len(findings))), tag("ul", each)),
        ]

    def _sentence(self, finding: Finding) -> tuple[Content, ...]:
        """One of several findings, behind the cell that it is about."""
        return self._link(_place(finding), self._name(_place(finding))), " ", message(finding, self.lang)

    def _remarks(self, finding: Finding) -> list[Markup]:
        t = catalog(self.lang)
        lines = [
            tag("div", t("report.perhaps"), cause_text(cause, self.lang), class_="cause")
            for cause in finding.causes
        ]
        if finding.explanation:
            lines.append(tag("div", t("report.explained", text=finding.explanation), class_="answer"))
        if finding.waiver:
            lines.append(tag("div", t("report.waived", **asdict(finding.waiver)), class_="answer"))
        return lines

    def _details(self) -> Markup:
        """The form, folded up: it is long, and most read the messages first."""
        if self.form is None:
            return Markup("")
        t, form = catalog(self.lang), self.form.form
        year = self.form.filing.record.year if self.form.filing.record else ""
        summary = tag("summary", t("page.form", title=form.title, year=year))
        key = tag("p", t("page.form-key"), class_="key")
        return tag("details", summary, key, tag("div", self.form.html(), lang="zh-CN"), class_="filled")


def _place(finding: Finding) -> Place:
    return Place(finding.sheet, finding.address, finding.cell)


def _sheet_only(finding: Finding) -> tuple[Place, ...]:
    return (Place(finding.sheet, ""),) if finding.sheet else ()


def _figure(figures: Sequence[Decimal | str]) -> Markup:
    """What all of the findings hold, if it is the same."""
    one = figures[0] if len(set(figures)) == 1 else ""
    return tag("td", number(one) if isinstance(one, Decimal) else one)
