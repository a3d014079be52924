"""Documents: the tables as the official form prints them, and the same in HTML and Markdown."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conftest import run
from documents import APPLICATIONS, CHARTS, DISCLOSURE, DISPUTES, published, report, table_sections, tables
from xltools.data.document import Box, ChartBlock, Document, Heading, Paragraph, Series, Table
from xltools.data.notes import filling_notes
from xltools.document.blank import blank_form
from xltools.document.official import official_table, unknown, unknown_note
from xltools.document.writer import DOCUMENT_FORMATS, format_of, render
from xltools.errors import InputError
from xltools.form.layout import layout
from xltools.form.load import parse
from xltools.form.places import Area

BOTH = ["form", "other_form"]


@pytest.fixture(params=BOTH)
def any_form(request):
    return request.getfixturevalue(request.param)


def named_boxes(form, section, values):
    """Each figure's box with the name of its cell, and the table."""
    table = official_table(form, section, values)
    sheet = next(sheet for sheet in layout(form).sheets if sheet.section is section)
    top = min(label.area.row for label in sheet.labels if label.role in {"caption", "head", "stub"})
    return {name: table.places[area.row - top, area.column] for name, area in sheet.cells.items()}, table


# -- the tables


def test_every_place_is_covered_once(any_form):
    for section in table_sections(any_form):
        table = official_table(any_form, section, None)
        places = [
            (row, column)
            for box in table.boxes
            for row in range(box.area.row, box.area.last_row + 1)
            for column in range(box.area.column, box.area.last_column + 1)
        ]
        assert sorted(places) == [(r, c) for r in range(table.height) for c in range(len(table.widths))]


@pytest.mark.parametrize(
    ("key", "rows", "columns", "expected"),
    [
        ("disclosure", 14, 4, [(row, column, 1, width, text) for row, column, width, text in DISCLOSURE]),
        ("applications", 28, 10, APPLICATIONS),
        ("disputes", 4, 15, DISPUTES),
    ],
)
def test_a_table_is_the_official_one(form, key, rows, columns, expected):
    section = next(section for section in form.sections if section.key == key)
    table = official_table(form, section, None)
    assert (table.height, len(table.widths)) == (rows, columns)
    there = {(b.area.row, b.area.column, b.area.rows, b.area.columns, b.text) for b in table.boxes}
    assert set(expected) <= there
    if key != "applications":  # of which not every row is typed off
        assert {box[:4] for box in there if box[4]} == {box[:4] for box in expected}


def test_each_figure_has_its_own_heads_and_no_others(any_form):
    for section in table_sections(any_form):
        boxes, table = named_boxes(any_form, section, None)
        for name, box in boxes.items():
            cell = any_form.cells[name]
            assert tuple(head.text for head in table.heads(box)) == cell.row_path + cell.column_path, name


def test_figures_are_printed_plainly_and_exactly(form):
    fees = next(s for s in form.sections if s.key == "disclosure")
    values = published(form) | {
        "disclosure.fees.amount": Decimal("59237.2449"),
        "disclosure.penalty.decisions": Decimal("1E+3"),
    }
    boxes, _ = named_boxes(form, fees, values)
    assert boxes["disclosure.fees.amount"].text == "59237.2449"
    assert boxes["disclosure.penalty.decisions"].text == "1000"
    assert boxes["disclosure.regulations.made"].text == "0"
    assert boxes["disclosure.licensing.decisions"].text == "9487"


def test_what_is_not_known_is_empty_and_said(form):
    section = next(s for s in form.sections if s.key == "disclosure")
    values = published(form)
    assert unknown_note(form, section, values) is None
    lacking = values | {"disclosure.penalty.decisions": None}
    boxes, _ = named_boxes(form, section, lacking)
    assert not boxes["disclosure.penalty.decisions"].text
    note = unknown_note(form, section, lacking)
    assert "1 个数" in note.text
    assert "行政处罚" in note.text
    assert "不是 0" in note.text
    assert len(unknown(form, section, {})) == 10
    assert "10 个数" in unknown_note(form, section, {}).text


def test_a_block_without_a_corner_is_filled(form):
    text = re.sub(r'corner = "信息内容"\n', "", form.text)
    other = parse(text, "x")
    section = next(s for s in other.sections if s.key == "disclosure")
    table = official_table(other, section, None)
    assert table.places[1, 0] == Box("", Area.at(1, 0), "corner")


def test_the_blank_form_holds_no_figure(any_form):
    document = blank_form(any_form)
    assert document.title == any_form.title
    assert [block.text for block in document.blocks if isinstance(block, Heading) and block.level == 1] == [
        section.title for section in any_form.sections
    ]
    for table in tables(document):
        assert not any(box.text for box in table.boxes if box.role in {"figure", "text"})
    labels = {box.text for box in tables(document)[-1].boxes}
    assert labels >= {part.label for part in any_form.cover.parts}


# -- the filling notes


def test_the_notes_say_of_every_line_what_it_is(any_form):
    document = filling_notes(any_form)
    told = {
        box.text.strip("\u3000") for table in tables(document) for box in table.boxes if box.role == "row"
    }
    for cell in any_form.cells.values():
        assert {cell.row.label, cell.column.label} <= told
    texts = {box.text for table in tables(document) for box in table.boxes}
    for rule in (i.rule for i in (*any_form.identities, *any_form.carries)):
        assert rule.label in texts
    assert {cell.unit for cell in any_form.inputs} <= {unit for text in texts for unit in text.split("、")}


def test_the_notes_tell_sums_as_people_do(form):
    texts = [box.text for table in tables(filling_notes(form)) for box in table.boxes]
    assert (
        "（七）总计＝（一）予以公开＋（二）部分公开（区分处理的，只计这一情形，不计其他情形）＋（三）不予公开各项"
        "＋（四）无法提供各项＋（五）不予处理各项＋（六）其他处理各项"
    ) in texts
    assert "总计＝自然人＋法人或其他组织各项" in texts
    assert (
        "二、主动公开政府信息情况，每一行：现行有效件数＝上年现行有效件数＋本年制发件数－本年废止件数"
        in texts
    )


def test_the_notes_say_which_rule_is_whose(form):
    rules = {table.title: table for table in tables(filling_notes(form))}
    grounds = {
        box.text: table.places[box.area.row, 2].text
        for title, table in rules.items()
        if title in {"表内和表间的勾稽关系", "与上年报告的关系"}
        for box in table.boxes
        if box.role == "row"
    }
    assert grounds["第一项加第二项之和，等于第三项加第四项之和"] == "国办公开办函〔2021〕30号，表内所印"
    assert grounds["上年结转等于上年报表的结转下年度继续办理"] == "推断"
    assert grounds["三、收到和处理政府信息公开申请情况：“（七）总计”一行是合计"] == "表式所列的合计"


def test_notes_without_rules_are_numbered_on(form):
    text = """
schema = 1
key = "k"
edition = "1"
title = "表"
authority = "某函"
[[section]]
key = "s"
title = "一、数"
sheet = "数"
unit = "件"
[[section.block]]
columns = [{ key = "n", label = "数", note = "照实填。", number = "decimal", signed = true }]
rows = [{ key = "a", label = "甲", only = "rule_makers" }, { key = "b", label = "乙", additive = false }]
"""
    document = filling_notes(parse(text, "x"))
    assert [block.text for block in document.blocks if isinstance(block, Heading) and block.level == 1] == [
        "一、填报须知",
        "二、各部分怎样填",
        "三、报送以前核对",
    ]
    (table,) = tables(document)
    texts = [box.text for box in table.boxes]
    assert {"照实填。", "规章制定主体填写，其他单位填 0", "填写，不汇总，可以为负", "填写，可以为负"} <= set(
        texts
    )


def test_a_note_is_held_to_what_a_sheet_takes(form):
    from xltools.errors import FormError

    for key in ("note", "notes"):
        bad = {"note": 'key = "new", note = "\\u0007"', "notes": 'notes = ["  "]'}[key]
        text = (
            form.text.replace('key = "new",', f"{bad},", 1).replace(
                ', note = "本年内收到的件数，不含上年结转的。"', ""
            )
            if key == "note"
            else re.sub(r"notes = \[.*?\n\]", bad, form.text, flags=re.DOTALL)
        )
        with pytest.raises(FormError, match="bad-label"):
            parse(text, "x")


# -- HTML


class Page(HTMLParser):
    """A page as a browser takes it apart: tables as rows of cells, and every element with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.seen, self.text, self._cell = [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        self.seen.append((tag, about))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self._cell = [tag, about, ""]
            self.tables[-1][-1].append(self._cell)

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self._cell = None

    def handle_data(self, data):
        self.text.append(data)
        if self._cell is not None:
            self._cell[2] += data


def grid(rows):
    """What covers each place of an HTML table, by the rules of spans."""
    places = {}
    for row, cells in enumerate(rows):
        column = 0
        for cell in cells:
            while (row, column) in places:
                column += 1
            for r in range(row, row + int(cell[1].get("rowspan", 1))):
                for c in range(column, column + int(cell[1].get("colspan", 1))):
                    assert (r, c) not in places
                    places[r, c] = cell
    return places


def test_html_has_the_same_geometry_and_names_the_heads(form):
    document = report(form, charts=())
    page = Page(render(document, "html").decode())
    assert len(page.tables) == 3
    by_id = {
        cell[1]["id"]: cell[2] for table in page.tables for row in table for cell in row if "id" in cell[1]
    }
    for section, rows in zip(table_sections(form), page.tables, strict=True):
        boxes, table = named_boxes(form, section, published(form))
        places = grid(rows)
        assert {place: cell[2] for place, cell in places.items()} == {
            p: box.text for p, box in table.places.items()
        }
        for name, box in boxes.items():
            kind, about, _ = places[box.area.anchor]
            cell = form.cells[name]
            assert kind == "td"
            assert tuple(by_id[one] for one in about["headers"].split()) == cell.row_path + cell.column_path


def test_html_is_clean(form):
    text = render(report(form, draft=True), "html").decode()
    page = Page(text)
    ids = [about["id"] for _, about in page.seen if "id" in about]
    assert len(ids) == len(set(ids))
    names = {tag for tag, _ in page.seen}
    assert not names & {"script", "font", "b", "center", "div", "span"}
    assert not [
        about for _, about in page.seen if "style" in about or any(key.startswith("on") for key in about)
    ]
    assert [about["lang"] for tag, about in page.seen if tag in {"html", "article"}] == ["zh-CN", "zh-CN"]
    assert [tag for tag, _ in page.seen].count("h1") == 1
    assert len(re.findall("<caption>", text)) == 3 + len(CHARTS)
    assert "草稿" in page.text
    scopes = {about["scope"] for tag, about in page.seen if tag == "th"}
    assert scopes == {"row", "rowgroup", "col", "colgroup"}


def test_a_picture_tells_itself_in_words(form):
    text = render(report(form), "html").decode()
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) == len(CHARTS)
    for chart, picture in zip(CHARTS, pictures, strict=True):
        tree = ET.fromstring(picture)
        names = {element.get("id"): element.text for element in tree.iter() if element.get("id")}
        title, words = (names[one] for one in tree.get("aria-labelledby").split())
        assert title == chart.title
        for series in chart.series:
            for category, value in zip(chart.categories, series.values, strict=True):
                assert (f"{category} {series.name}" in words) is (value is not None)
        numbers = [float(n) for e in tree.iter() for key in ("x", "y", "cx", "cy") if (n := e.get(key))]
        width, height = map(float, tree.get("viewBox").split()[2:])
        assert all(0 <= number <= max(width, height) for number in numbers)


@pytest.mark.parametrize("kind", ["column", "bar"])
@pytest.mark.parametrize("values", [(None,), (Decimal(0),), (Decimal(-1), None, Decimal("2.5"))])
def test_every_chart_can_be_drawn(kind, values):
    chart = ChartBlock(
        "图", kind, tuple(map(str, range(len(values)))), (Series("甲", values), Series("乙", values))
    )
    text = render(Document("题", (chart,)), "html").decode()
    ET.fromstring(re.search(r"<svg.*?</svg>", text, re.DOTALL)[0])
    assert render(Document("题", (chart,)), "docx")


TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text("\\`*_[]()<>|~&;$#+-=.!:\"'0123456789 abhtp中/", max_size=30),
)


@given(TEXTS)
def test_whatever_is_written_stays_text_in_html(text):
    box = Table((Box(text, Area.at(0, 0), "row"), Box(text, Area.at(0, 1), "figure")), (1.0, 1.0), text)
    document = Document(text, (Heading(text), Paragraph(text), box))
    page = Page(render(document, "html").decode())
    assert {tag for tag, _ in page.seen} <= {
        *("html", "head", "meta", "title", "style", "body", "article", "h1", "h2", "p", "table", "caption"),
        *("tbody", "tr", "th", "td", "br"),
    }


@pytest.mark.browser
def test_a_browser_finds_the_heads_and_nothing_wrong(form, tmp_path, tab):
    path = tmp_path / "report.html"
    path.write_bytes(render(report(form), "html"))
    tab.open(path, width=400)
    assert tab.run("document.documentElement.scrollWidth") == 400  # no sideways scrolling on a telephone
    heads = tab.run(
        "[...document.querySelectorAll('td[headers]')].map(one => [one.textContent, one.closest('table').caption"
        ".textContent, ...one.headers.split(' ').map(id => document.getElementById(id).textContent)])"
    )
    assert not tab.complaints()
    assert not [url for url in tab.requests() if not url.startswith("file:")]
    values = published(form)
    expected = [
        [f"{values[name]:f}", cell.section.title, *cell.row_path, *cell.column_path]
        for name, cell in form.cells.items()
    ]
    assert heads[: len(expected)] == expected


# -- Markdown


def read_markdown(text):
    """Every pipe table that an outside parser finds, as rows of texts."""
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(text)
    found, inside = [], False
    for token in tokens:
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in {"th_open", "td_open"}:
            inside = True
        elif token.type == "inline" and inside:
            found[-1][-1].append("".join(child.content for child in token.children))
            inside = False
    return found


def test_markdown_is_read_back_by_its_labels(form):
    values = published(form)
    found = {}
    for rows in read_markdown(render(report(form, charts=()), "md").decode()):
        head, *lines = rows
        for line in lines:
            row, cells = (line[0], line[1:]) if len(head) < 15 else ("", line)
            for column, figure in zip(head[-len(cells) :], cells, strict=True):
                found[head[0].split("/")[0] if row else "", row, column] = figure
    assert len(found) == len(form.cells)
    for name, cell in form.cells.items():
        wide = cell.block.arrange == "wide"
        rows = cell.row_path[1:] if cell.block.caption else cell.row_path
        column = "/".join((*rows, *cell.column_path) if wide else cell.column_path)
        band = cell.block.caption or ("" if wide else cell.block.corner)
        assert found[band, "" if wide else "/".join(rows), column] == f"{values[name]:f}"


@given(TEXTS)
def test_whatever_is_written_stays_text_in_markdown(text):
    text = " ".join(text.split())
    box = Table((Box("头", Area.at(0, 0), "column"), Box(text, Area.at(1, 0), "figure")), (1.0,), "表", 1)
    document = Document("题", (Paragraph(text or "空"), box))
    written = render(document, "md").decode()
    paragraphs = [
        "".join(child.content for child in token.children)
        for token in MarkdownIt("commonmark", {"html": False}).enable("table").parse(written)
        if token.type == "inline"
    ]
    from xltools.text import harmless

    assert paragraphs[0] == "题"
    assert paragraphs[1] == (harmless(text) or "空")
    assert paragraphs[2:3] == ["头"]
    assert read_markdown(written) == [[["头"], [harmless(text)]]]


# -- the commands


def test_the_formats_that_help_names_are_those_there_are():
    from pathlib import Path

    assert [format_of(Path(f"x.{how}")) for how in DOCUMENT_FORMATS] == list(DOCUMENT_FORMATS)
    assert format_of(Path("X.HTM")) == "html"
    with pytest.raises(InputError, match=r"unknown-ending.*\.docx, \.html, \.htm, \.md, \.markdown, \.pdf"):
        format_of(Path("x.doc"))


@pytest.mark.parametrize("command", ["blank", "notes"])
def test_form_writes_documents(command, form, tmp_path):
    made = blank_form(form) if command == "blank" else filling_notes(form)
    out = tmp_path / "a.docx"
    run("form", command, "-o", out)
    assert out.read_bytes() == render(made, "docx")
    assert "exists" in run("form", command, "-o", out, expect=2)
    assert "ending-contradicts" in run(
        "form", command, "xxgk-2021", "-o", out, "--force", "--format", "html", expect=2
    )
    out = tmp_path / "a"
    run("form", command, "xxgk-2021", "-o", out, "--format", "html")
    assert out.read_bytes() == render(made, "html")
    assert run("form", command, "--format", "md").strip() == render(made, "md").decode().strip()
    assert "needs-output" in run("form", command, expect=2)
    assert "unknown-ending" in run("form", command, "-o", tmp_path / "a.wps", expect=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.docx"]
