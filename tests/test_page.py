"""The page: sound HTML that needs nothing beside it, with everything found, and ways from message to cell and back."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from itertools import product

import pytest
from click.testing import CliRunner
from jinja2 import UndefinedError

from browser import opened
from conftest import ROOT, by_day
from xltools.checking.board import Action, file_statuses, first
from xltools.checking.collection import Collection, Examined, examine
from xltools.checking.grouping import grouped
from xltools.cli import command_line
from xltools.collection.roster_files import load_roster
from xltools.data.filing import Return, Source, Stamp
from xltools.data.finding import Cause, Finding, Place, Severity, Waiver
from xltools.data.period import Period
from xltools.data.record import Agency, Record
from xltools.document.pages import page
from xltools.excel.reader import read, read_package
from xltools.excel.writer import write_return
from xltools.form.layout import layout
from xltools.report.html import page_html
from xltools.text import message

SAMPLES = ROOT / "samples"
EMPTY = {"meta", "link", "input", "col"}
EVIL = '</td></table><script>window.hacked=1</script><img src=x onerror="window.hacked=1">\'"&<!--\u202e\x1b'


class Page(HTMLParser):
    """The elements of a page; a tag that is not closed where it should be is a fault."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.names, self.elements, self.told = [], [], [], [], [], {}
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        assert len(about) == len(attrs), f"an attribute twice: {attrs}"
        self.names.append(tag)
        self.elements.append((tag, about, [a.get("id") for _, a in self.open]))
        if "id" in about:
            self.ids.append(about["id"])
        if "href" in about:
            self.links.append(about["href"])
        if tag not in EMPTY:
            self.open.append((tag, about))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag, tag

    def handle_data(self, data):
        for _, about in self.open:
            if "id" in about:
                self.told[about["id"]] = self.told.get(about["id"], "") + data


def collection(folder, year=2024):
    filings = [read(path) for path in sorted((SAMPLES / folder).iterdir())]
    roster = load_roster(SAMPLES / "roster.csv") if folder == "problems" else None
    return examine(filings, roster, Period(year) if folder == "problems" else None)


@pytest.fixture(scope="module")
def problems():
    return collection("problems")


def filled(form, values=None, prose=None, findings=(), path="1.xlsx", agency=None):
    """A filing of that form as it would be read, with these findings."""
    agency = agency or Agency("区", "1", "局")
    stamp = Stamp(form.key, form.edition, Period(2024), agency)
    filing = Return(
        Source(path),
        (),
        form,
        stamp,
        Record(form, Period(2024), frozenset({agency}), values or {}),
        prose=prose or {},
    )
    return Examined(filing, tuple(findings))


@pytest.mark.parametrize(
    ("folder", "lang"), by_day(product(["problems", "clean", "published"], ["zh", "en"]), 3)
)
def test_the_page_is_sound_and_every_link_leads_somewhere(folder, lang):
    text = page_html(collection(folder), lang)
    page = Page(text)
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link != "data:,"} <= set(page.ids)
    assert all(link.startswith("#") or link == "data:," for link in page.links)
    assert not re.search(r"https?:|\bsrc=|@import|url\(", text)
    assert page.names.count("script") == page.names.count("style") == page.names.count("h1") == 1
    for tag in ("header", "main", "form", "h2"):
        assert tag in page.names


def test_everything_found_is_told_where_it_belongs(problems):
    for lang in ("zh", "en"):
        page = Page(page_html(problems, lang))
        sections = [
            text for anchor, text in page.told.items() if re.fullmatch(r"(agency|file)[0-9a-z-]*?\d+", anchor)
        ]
        for one in problems.examined:
            told = [t for t in sections if one.filing.source.path in t]
            assert not one.findings or any(all(message(f, lang) in t for f in one.findings) for t in told)
        assert all(message(finding, lang) in page.told["missing"] for finding in problems.missing)


def test_every_finding_that_is_counted_is_on_the_page(problems):
    """Notes on agencies that are gone are about no file."""
    gone = Finding(
        "agency-gone",
        agency="青禾区林业局（099）",
        facts={"agency": "青禾区林业局（099）", "period": Period(2023), "carried": "—"},
    )
    collection = replace(problems, changes=(gone,))
    page = Page(page_html(collection, "zh"))
    assert message(gone, "zh") in page.told["collection"]
    assert collection.count(gone.severity) == problems.count(gone.severity) + 1


def test_a_cell_leads_to_its_message_and_the_message_to_the_cell(problems):
    page = Page(page_html(problems, "en"))
    targets = {about["id"]: tag for tag, about, _ in page.elements if "id" in about}
    ways = [
        (about, inside)
        for tag, about, inside in page.elements
        if tag == "a" and about.get("class") == "place" and targets[about["href"][1:]] in {"td", "th", "p"}
    ]
    back = {
        (next(i for i in reversed(inside) if i), about["href"][1:])
        for _, about, inside in page.elements
        if about.get("class", "").startswith("mark")
    }
    assert len(ways) > 80
    for about, inside in ways:
        row = next(i for i in reversed(inside) if i)
        assert (about["href"][1:], row) in back
    assert {cell for cell, _ in back} == {about["href"][1:] for about, _ in ways} | {
        cell for cell, _ in back if targets[cell] == "h5"
    }


def test_what_has_one_cause_is_one_message_with_the_cells_of_all(problems):
    page = Page(page_html(problems, "en"))
    assert "agency-005-n2" not in page.ids
    told = page.told["agency-005-n1"]
    assert told.count("Required:") == 2
    assert told.count("balance together") == 1
    links = [a["href"] for tag, a, inside in page.elements if tag == "a" and "agency-005-n1" in inside]
    for cell in ("new.natural", "carried_out.natural", "new.other_org", "carried_out.other_org"):
        assert f"#agency-005-applications.{cell}" in links


def test_the_form_shows_what_counts_and_what_stands_there_instead(problems):
    page = Page(page_html(problems, "en"))
    assert page.told["agency-002-disputes.review.total"] == "0 11"  # shown, derived, number of the message
    assert page.told["agency-003-disclosure.penalty.decisions"] == "约1003"
    assert page.told["agency-003-disclosure.licensing.decisions"] == "128"
    kinds = [tag for tag, _, inside in page.elements if "agency-002-disputes.review.total" in inside]
    assert kinds == ["s", "a"]


@pytest.mark.parametrize("which", ["form", "other_form"])
def test_the_tables_are_those_of_the_form_without_a_hole(which, request):
    form = request.getfixturevalue(which)
    cells = {name: Decimal(1000 + index) for index, name in enumerate(form.cells)}
    values = {cell.name: cells[cell.name] for cell in form.inputs}
    text = page_html(Collection((filled(form, values, findings=[Finding("all-blank")]),)), "zh")
    tables = re.findall(r'<table class="form">.*?</table>', text, re.DOTALL)
    assert len(tables) == sum(bool(section.blocks) for section in form.sections)
    complete = form.complete(values)
    for table, sheet in zip(tables, (s for s in layout(form).sheets if s.cells), strict=True):
        assert spread(table) == {sheet.page.last_column + 1}
        figures = re.findall(r"<td[^>]*>([\d,.-]+)</td>", table)
        assert sorted(figures) == sorted(f"{complete[name]:,f}" for name in sheet.cells)
        for label in sheet.labels:
            assert label.role in {"title", "hint"} or f">{label.text}</th>" in table


def spread(table):
    """How many columns each row of a table takes, with what reaches down into it."""
    reach, widths = {}, set()
    for row in re.findall(r"<tr>(.*?)</tr>", table):
        down = {c: n - 1 for c, n in reach.items() if n > 1}
        column, reach = 0, dict(down)
        for attributes in re.findall(r"<t[dh]([^>]*)>", row):
            rows, columns = (
                int(found[1]) if (found := re.search(rf'{key}="(\d+)"', attributes)) else 1
                for key in ("rowspan", "colspan")
            )
            while column in down:
                column += 1
            reach |= dict.fromkeys(range(column, column + columns), rows)
            column += columns
        widths.add(max(reach) + 1)
        assert sorted(reach) == list(range(len(reach)))
    assert all(n == 1 for n in reach.values())
    return widths


def hostile(form):
    """Everything that comes out of files and settings holds markup."""
    agency = Agency("区", "1", EVIL)
    evil = replace(form, title=EVIL)
    cell = form.inputs[0].name
    sheet, address = layout(form).address(cell)
    waiver = Waiver("1", "rule-broken", "", EVIL, EVIL, EVIL)
    findings = [
        Finding("not-a-number", EVIL, EVIL, sheet, address, cell, EVIL, facts={"label": EVIL}),
        Finding("sheet-renamed", EVIL, EVIL, EVIL, "A1", EVIL, EVIL, EVIL, explanation=EVIL),
        Finding("wrong-year", EVIL, EVIL, found=EVIL, expected=EVIL, waiver=waiver),
    ]
    prose = dict.fromkeys(form.texts, EVIL)
    one = filled(evil, {}, prose, findings, path=f"{EVIL}\udcff.xlsx", agency=agency)
    return Collection((one._replace(filing=replace(one.filing, unread=frozenset({cell}))),))


def test_nothing_out_of_a_file_becomes_markup(form):
    text = page_html(hostile(form), "en", lambda code: f"{code} {EVIL}")
    text.encode("utf-8")
    page = Page(text)
    assert "img" not in page.names
    assert page.names.count("script") == 1
    assert not re.search("[\u202e\x1b]", text)
    assert page.told["main"].count("window.hacked=1") >= 2 * 12


def test_a_name_that_a_template_does_not_know_is_an_error():
    with pytest.raises(UndefinedError, match="'t' is undefined"):
        page("report/html/board.html", lang="en", title="x")


def test_what_was_decided_and_answered_is_told(form, monkeypatch):
    monkeypatch.setattr("xltools.report.html.cause_text", lambda cause, **_: f"cause {cause.code}")
    cells = [cell.name for cell in form.inputs[:2]]
    place = [Place(*layout(form).address(name), name) for name in cells]
    facts = {"label": "x"}
    findings = [
        Finding("wrong-year", found="2023", expected="2024", causes=(Cause("last-year"),)),
        Finding("blank", "", "", *place[0], facts=facts, level=Severity.QUESTION, explanation="we had none"),
        Finding(
            "blank", "", "", *place[1], facts=facts, waiver=Waiver("1", "blank", "", "why", "who", "when")
        ),
    ]
    page = Page(page_html(Collection((filled(form, findings=findings),)), "en"))
    assert "perhaps cause last-year" in page.told["agency-1-n1"]
    assert "to explain" in page.told["agency-1-n2"]
    assert "we had none" in page.told["agency-1-n2"]
    assert "waived (who, when): why" in page.told["agency-1-n3"]


def test_the_documentation_of_a_code_has_an_anchor_that_stays(problems):
    assert "code-total-wrong" in Page(page_html(problems, "en")).ids
    page = Page(page_html(problems, "en", lambda code: f"Title\nabout {code}."))
    assert "about total-wrong." in page.told["code-total-wrong"]
    assert page.names.count("summary") > page.told["main"].count("Title") > 20


@pytest.mark.prove
def test_the_same_collection_gives_the_same_page(problems):
    assert page_html(problems, "zh") == page_html(collection("problems"), "zh")


def test_what_needs_doing_comes_first(form, problems):
    statuses = file_statuses(problems)
    ranks = [(first(one.findings), list(Action).index(one.action)) for one in statuses]
    assert ranks == sorted(
        ranks
    )  # an effect that is not known first, then the largest; of these the most urgent
    states = [one.action for one in statuses]
    assert states[:3] == [Action.MISSING, Action.CORRECT, Action.CORRECT]
    question = Finding("blank", level=Severity.QUESTION)
    waived = Finding("wrong-year", waiver=Waiver("", "", "", "", "", ""))
    told = {
        "e": [Finding("wrong-year")],
        "q": [question],
        "w": [Finding("blank")],
        "n": [Finding("unprotected")],
        "a": [replace(question, explanation="so"), waived],
    }
    filings = [filled(form, findings=found, path=path) for path, found in reversed(told.items())]
    found = file_statuses(Collection(tuple(filings)))
    assert [one.path for one in found[:3]] == ["e", "q", "w"]
    assert [one.action for one in found[:3]] == [Action.CORRECT, Action.EXPLAIN, Action.LOOK]
    assert {one.action for one in found[3:]} == {Action.SOUND}
    assert found[0].waived == 0
    assert sum(found[-1].counts.values()) + sum(found[-2].counts.values()) == 2
    assert [one.waived for one in found if one.path == "a"] == [1]


def test_two_files_of_one_agency_have_two_anchors(problems):
    ids = Page(page_html(problems, "en")).ids
    assert len([i for i in ids if re.fullmatch(r"agency-008(-file-\d+)?", i)]) == 2


def test_eighty_agencies_with_findings_stay_a_small_page(form, sound):
    package = write_return(form, Stamp(form.key, form.edition, Period(2024), Agency("区", "1", "局")), {})
    filing = read_package(package, "1.xlsx")
    assert len([f for f in filing.findings if f.code == "blank"]) > 100
    whole = examine([replace(filing, source=Source(f"{index}.xlsx", str(index))) for index in range(80)])
    assert len(page_html(whole, "zh").encode()) < 15_000_000


# ---- in a browser

_VISIBLE = "[...document.querySelectorAll('tr[data-codes]')].filter(r => r.offsetParent !== null)"
_SET = """(() => {{ const f = document.getElementById('filter'); {change};
  f.dispatchEvent(new Event('input', {{bubbles: true}})); return 1 }})()"""
_CONTRAST = """
(() => {
  const parse = (c) => { const n = c.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1] };
  const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c[3] > 0) return c.slice(0, 3) } return [255, 255, 255] };
  const poor = new Set();
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.matches('script, option')) continue;
    const a = light(parse(getComputedStyle(e).color).slice(0, 3)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.add(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...poor];
})()"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory, problems):
    """A folder with the page of the problems in both languages."""
    folder = tmp_path_factory.mktemp("page")
    for lang in ("zh", "en"):
        (folder / f"{lang}.html").write_text(page_html(problems, lang), encoding="utf-8")
    return folder


@pytest.fixture
def shown(tab, pages):
    """A browser tab, and the folder of the pages."""
    return tab, pages


def messages(collection):
    """How many messages the findings make."""
    return sum(len(grouped(one.findings)) for one in collection.examined) + len(collection.missing)


def quiet(one, path):
    assert one.complaints() == []
    assert one.requests() == [path.as_uri()]


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_browser_asks_for_nothing_and_complains_of_nothing(shown, lang):
    one, folder = shown
    path = folder / f"{lang}.html"
    one.open(path)
    one.settle()
    quiet(one, path)
    assert one.run("document.documentElement.scrollWidth") <= 1366
    assert one.run("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[lang]
    one.run("document.getElementById('open-all').click()")
    one.settle()
    assert one.run("document.documentElement.scrollWidth") <= 1366
    assert one.run(_CONTRAST) == []


@pytest.mark.browser
def test_the_filters_narrow_what_is_seen(shown, problems):
    one, folder = shown
    one.open(folder / "en.html")
    every = one.run(f"{_VISIBLE}.length")
    assert every == messages(problems) > 30
    assert one.run("document.querySelector('output').textContent") == f"{every} of {every} messages"
    one.run(_SET.format(change="f.elements.agency.value = '青禾区教育局'"))
    assert one.run(f"{_VISIBLE}.length") == 8
    assert one.run("[...document.querySelectorAll('#list tbody tr')].filter(r => !r.hidden).length") == 1
    boxes = "f.querySelectorAll('input[name=severity]').forEach(b => b.checked = b.value === 'warning')"
    one.run(_SET.format(change=boxes))
    assert one.run(f"{_VISIBLE}.map(r => r.dataset.codes)") == ["text-nothing"] * 2
    assert one.run("document.querySelector('output').textContent") == f"2 of {every} messages"
    one.run("document.getElementById('filter').reset()")
    one.settle()
    assert one.run(f"{_VISIBLE}.length") == every
    one.run(_SET.format(change="f.elements.code.value = 'missing-return'"))
    assert one.run(f"{_VISIBLE}.map(r => r.dataset.codes)") == ["missing-return"]
    assert one.run("[...document.querySelectorAll('#list tbody tr')].filter(r => !r.hidden).length") == 1
    quiet(one, folder / "en.html")


@pytest.mark.browser
def test_a_jump_opens_the_form_and_leads_back(shown):
    one, folder = shown
    one.open(folder / "en.html")
    cell = "agency-005-applications.new.natural"
    seen = "(() => {{ const r = document.getElementById('{0}').getBoundingClientRect(); return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight }})()"
    assert one.run(seen.format(cell)) is False
    one.run(f"document.querySelector('a.place[href=\"#{cell}\"]').click()")
    one.settle()
    assert one.run(seen.format(cell)) is True
    assert one.run("document.getElementById('agency-005').querySelector('details.filled').open") is True
    one.run(f"document.getElementById('{cell}').querySelector('a.mark').click()")
    one.settle()
    assert one.run("location.hash") == "#agency-005-n1"
    assert one.run(seen.format("agency-005-n1")) is True
    # A filter that hides the target is undone.
    one.run(_SET.format(change="f.elements.code.value = 'blank'"))
    assert one.run(seen.format("agency-005-n1")) is False
    one.run(f"document.getElementById('{cell}').querySelector('a.mark').click()")
    one.settle()
    assert one.run(seen.format("agency-005-n1")) is True
    assert one.run("document.getElementById('filter').elements.code.value") == ""
    one.open(folder / "en.html", f"#{cell}")
    one.settle()
    assert one.run(seen.format(cell)) is True


@pytest.mark.browser
def test_a_code_leads_to_its_documentation_and_opens_it(shown, problems, tmp_path):
    one, _ = shown
    path = tmp_path / "explained.html"
    path.write_text(page_html(problems, "en", lambda code: f"{code}\nwhat {code} means"), encoding="utf-8")
    one.open(path)
    one.run("document.querySelector('a.code[href=\"#code-negative\"]').click()")
    one.settle()
    words = "[...document.querySelectorAll('details.explained[open]')].map(d => d.innerText.trim())"
    assert one.run(words) == ["negative\nwhat negative means"]
    quiet(one, path)


@pytest.mark.browser
def test_the_board_asks_for_nothing_and_complains_of_nothing(shown, tmp_path):
    one, _ = shown
    path = tmp_path / "board.html"
    arguments = [SAMPLES / "problems", "--roster", SAMPLES / "roster.csv", "--year", "2024"]
    command = ["status", *map(str, arguments), "--format", "html", "-o", str(path)]
    CliRunner().invoke(command_line("zh"), command, standalone_mode=False)
    one.open(path)
    one.settle()
    quiet(one, path)
    assert one.run(_CONTRAST) == []
    assert one.run("document.documentElement.scrollWidth") <= 1366


@pytest.mark.browser
def test_without_its_script_the_page_can_be_read(chromium, pages, problems):
    with opened(chromium, java_script_enabled=False) as one:
        one.open(pages / "en.html")
        assert one.run("document.getElementById('filter').offsetParent") is None
        assert one.run(f"{_VISIBLE}.length") == messages(problems)


@pytest.mark.browser
def test_a_hostile_file_runs_nothing_in_the_browser(shown, form, tmp_path):
    one, _ = shown
    path = tmp_path / "hostile.html"
    path.write_text(page_html(hostile(form), "zh", lambda _: EVIL), encoding="utf-8")
    one.open(path)
    one.settle()
    assert one.run("window.hacked === undefined && document.images.length === 0") is True
    quiet(one, path)
    # And if markup got in, the page's own policy would keep it from running.
    text = path.read_text(encoding="utf-8").replace("<main", "<script>window.hacked=1</script><main")
    path.write_text(text, encoding="utf-8")
    one.open(path)
    assert one.run("window.hacked === undefined") is True
    assert one.complaints()


@pytest.mark.browser
def test_it_prints_on_paper(shown):
    one, folder = shown
    one.open(folder / "zh.html")
    paper = one.page.pdf(prefer_css_page_size=True)
    sizes = {
        tuple(round(float(n)) for n in box.split()) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", paper)
    }
    assert sizes == {(0, 0, 595, 842)}
    one.page.emulate_media(media="print")
    assert one.run("document.getElementById('filter').offsetParent") is None
