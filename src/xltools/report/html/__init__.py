"""A verification as one page that needs nothing beside it: no server, no network, and no script to be readable."""

from __future__ import annotations

from collections.abc import Callable

from xltools.checking.collection import Collection
from xltools.checking.standing import standings
from xltools.data.finding import Severity
from xltools.document.markup import Content, Markup, markup, tag
from xltools.report.html.board import board_html
from xltools.report.html.filing import Told
from xltools.report.html.frame import framed
from xltools.text import Lang, catalog

__all__ = ["board_html", "page_html"]


def page_html(collection: Collection, lang: Lang, explain: Callable[[str], str] | None = None) -> str:
    """The whole page. ``explain`` gives the documentation of a code as plain text, its first line the title.

    Without it the page has only the counts of each code.

    The anchors stay the same from run to run: ``code-CODE`` for a code, ``agency-CODE`` for an agency's first file.
    """
    t = catalog(lang)
    told = _told(collection, lang)
    body = [_header(collection, told, lang), _filter(told, lang)]
    body.append(
        tag("main", _agencies(told, lang), _filings(told, lang), _codes(told, lang, explain), id="main")
    )
    return framed(t("page.title"), markup(body), lang, "page.js")


def _told(collection: Collection, lang: Lang) -> list[Told]:
    """Each file and each missing agency with an anchor of its own."""
    told: list[Told] = []
    taken: set[str] = set()
    for index, standing in enumerate(standings(collection), 1):
        code = standing.code
        name = f"agency-{code}" if code.isascii() and code.isalnum() else f"file-{index}"
        anchor = name if name not in taken else f"{name}-file-{index}"
        taken.add(anchor)
        told.append(Told(standing, anchor, lang))
    return told


def _header(collection: Collection, told: list[Told], lang: Lang) -> Markup:
    """What the page is about, and the counts."""
    t = catalog(lang)
    filings = [one.standing.filing for one in told if one.standing.filing and one.standing.filing.form]
    about = sorted({f"{f.form.title} {f.stamp.year}" for f in filings if f.form and f.stamp})
    tally, files = collection.tally, len(collection.examined)
    bad, waived = tally.bad, tally.waived
    counts: list[tuple[str, int, str]] = [
        ("files", files, ""),
        ("sound-files", files - bad, "sound" if files > bad else ""),
        ("bad-files", bad, "error" if bad else ""),
        ("missing", len(collection.missing), "error" if collection.missing else ""),
    ]
    for severity in Severity:
        count = collection.count(severity)
        if count or severity is not Severity.QUESTION:
            counts.append((f"count-{severity.value}", count, severity.value if count else ""))
    if waived:
        counts.append(("waived", waived, ""))
    tiles = [
        tag("div", tag("dt", t(f"page.{key}")), tag("dd", str(count)), class_=look or None)
        for key, count, look in counts
    ]
    subtitle = tag("p", "、".join(about), class_="about", lang="zh-CN") if about else Markup("")
    return tag(
        "header",
        tag("div", tag("h1", t("page.title")), subtitle, class_="name"),
        tag("dl", tiles, class_="counts"),
    )


def _filter(told: list[Told], lang: Lang) -> Markup:
    """What the script makes work; without it the form stays hidden."""
    t = catalog(lang)
    findings = [finding for one in told for finding in one.standing.findings]
    severities = [s for s in Severity if any(finding.severity is s for finding in findings)]
    codes = sorted({finding.code for finding in findings})
    names = list(dict.fromkeys(one.agency for one in told))
    choices = [
        tag(
            "label",
            tag("input", type="checkbox", name="severity", value=s.value, checked=True),
            tag("span", t(f"severity.{s.value}"), class_=f"badge {s.value}"),
        )
        for s in severities
    ]
    return tag(
        "form",
        tag(
            "label",
            t("page.filter-agency"),
            tag("input", type="search", name="agency", list="agencies", autocomplete="off"),
        ),
        tag("datalist", [tag("option", value=name) for name in names], id="agencies"),
        tag("fieldset", tag("legend", t("page.filter-severity"), class_="unseen"), choices),
        tag(
            "label",
            t("page.filter-code"),
            tag(
                "select",
                tag("option", t("page.every-code"), value=""),
                [tag("option", code, value=code) for code in codes],
                name="code",
            ),
        ),
        tag("button", t("page.reset"), type="reset"),
        tag("button", t("page.open-all"), type="button", id="open-all", data_close=t("page.close-all")),
        tag("output", data_text=t("page.shown-count"), aria_live="polite"),
        id="filter",
        role="search",
        aria_label=t("page.filter"),
        hidden=True,
    )


def _agencies(told: list[Told], lang: Lang) -> Markup:
    """One line a file or missing agency, what needs doing first."""
    t = catalog(lang)
    severities = [
        s for s in Severity if s is not Severity.QUESTION or any(o.standing.counts[s] for o in told)
    ]
    waived = any(one.standing.waived for one in told)
    heads = [t("page.head-state"), t("report.head-agency"), t("page.head-file")]
    numbers = [*(t(f"page.count-{s.value}") for s in severities), *([t("page.waived")] if waived else [])]
    rows = []
    for one in told:
        counts = [(one.standing.counts[s], s.value) for s in severities]
        if waived:
            counts.append((one.standing.waived, ""))
        name: Content = tag("a", one.agency, href=f"#{one.anchor}") if one.is_told else one.agency
        rows.append(
            tag(
                "tr",
                tag("td", one.badge()),
                tag("th", name, scope="row"),
                tag("td", one.standing.path, class_="path"),
                [tag("td", str(n) if n else "", class_=f"number {look}".strip()) for n, look in counts],
                data_agency=one.search,
                data_for=one.anchor if one.is_told else None,
            )
        )
    head = tag(
        "tr",
        [tag("th", word, scope="col") for word in heads],
        [tag("th", word, scope="col", class_="number") for word in numbers],
    )
    table = tag("table", tag("thead", head), tag("tbody", rows), class_="list", id="list")
    return tag(
        "section", tag("h2", t("page.agencies"), id="agencies-head"), table, aria_labelledby="agencies-head"
    )


def _filings(told: list[Told], lang: Lang) -> Markup:
    t = catalog(lang)
    sections = [_missing([one for one in told if one.standing.absent], lang)]
    sections += [one.html() for one in told if one.is_told and not one.standing.absent]
    nothing = Markup("") if any(sections) else tag("p", t("page.nothing"), class_="nothing")
    head = tag("h2", t("page.findings"), id="findings-head")
    return tag("section", head, nothing, sections, aria_labelledby="findings-head")


def _missing(told: list[Told], lang: Lang) -> Markup:
    """Who sent nothing, in one table."""
    if not told:
        return Markup("")
    t = catalog(lang)
    heads = [
        ("finding", "page.head-finding"),
        ("agency", "report.head-agency"),
        ("message", "page.head-message"),
    ]
    cells = [tag("th", t(key), scope="col", class_=look) for look, key in heads]
    table = tag(
        "table",
        tag("thead", tag("tr", cells)),
        tag("tbody", [one.missing_row() for one in told]),
        class_="findings missing-list",
        aria_labelledby="missing-head",
    )
    head = tag("h3", t("page.missing"), id="missing-head")
    back = tag("a", t("page.back"), href="#list", class_="back")
    return tag(
        "section",
        tag("div", head, back, class_="head"),
        table,
        class_="filing",
        id="missing",
        aria_labelledby="missing-head",
    )


def _codes(told: list[Told], lang: Lang, explain: Callable[[str], str] | None) -> Markup:
    """Every code that occurs: how often, at how many agencies, and what its documentation says."""
    t = catalog(lang)
    found: dict[str, list[Told]] = {}
    for one in told:
        for finding in one.standing.findings:
            found.setdefault(finding.code, []).append(one)
    heads = ("page.head-code", "page.head-count", "page.head-files")
    rows = [
        tag(
            "tr",
            tag(
                "th",
                tag("code", code),
                _explained(explain(code)) if explain else Markup(""),
                scope="row",
            ),
            tag("td", str(len(holders)), class_="number"),
            tag("td", str(len(set(map(id, holders)))), class_="number"),
            id=f"code-{code}",
        )
        for code, holders in sorted(found.items())
    ]
    head = tag("tr", [tag("th", t(key), scope="col") for key in heads])
    table = tag("table", tag("thead", head), tag("tbody", rows), class_="list codes")
    title = tag("h2", t("page.codes"), id="codes-head")
    return tag("section", title, table, aria_labelledby="codes-head") if found else Markup("")


def _explained(text: str) -> Markup:
    title, _, rest = text.partition("\n")
    return tag("details", tag("summary", title), tag("div", rest.strip("\n")), class_="explained")
