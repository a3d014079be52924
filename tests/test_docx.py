"""Word documents and PDFs: what an outside reader finds in them, and what they look like when they are printed."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from hypothesis import given, settings
from hypothesis import strategies as st

import office
from conftest import by_day, examples
from documents import CHARTS, PROSE, published, report, table_sections, tables
from xltools.data.document import Box, ChartBlock, Document, Heading, Paragraph, Series, Table
from xltools.data.notes import filling_notes
from xltools.document.blank import blank_form
from xltools.document.official import official_table
from xltools.document.writer import render
from xltools.errors import OutputError
from xltools.form.places import Area

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def opened(document):
    return docx.Document(io.BytesIO(render(document, "docx")))


def parts(document):
    with zipfile.ZipFile(io.BytesIO(render(document, "docx"))) as package:
        return {name: package.read(name) for name in package.namelist()}


# -- geometry


@pytest.mark.parametrize("name", ["form", "other_form"])
@pytest.mark.parametrize("blank", by_day([False, True], 1), ids=["filled", "blank"])
def test_word_has_the_same_geometry(name, blank, request):
    form = request.getfixturevalue(name)
    values = None if blank else form.complete({c.name: Decimal(i) / 4 for i, c in enumerate(form.inputs)})
    expected = [official_table(form, section, values) for section in table_sections(form)]
    book = opened(Document("题", tuple(expected)))
    assert len(book.tables) == len(expected)
    for read, table in zip(book.tables, expected, strict=True):
        places = {}
        for row in range(table.height):
            for column in range(len(table.widths)):
                cell = read.cell(row, column)
                places.setdefault(cell._tc, []).append((row, column, cell.text))
        found = {Box(held[0][2], Area(*held[0][:2], *held[-1][:2]), "figure") for held in places.values()}
        assert found == {box._replace(role="figure") for box in table.boxes}


def test_tables_are_as_wide_as_the_page_and_their_heads_are_said_again(form):
    book = opened(report(form))
    for read, table in zip(book.tables, tables(report(form)), strict=True):
        widths = [int(column.get(qn("w:w"))) for column in read._tbl.tblGrid.gridCol_lst]
        assert sum(widths) == round(156 * 1440 / 25.4)
        assert min(widths) >= 2 * 10.5 * 20  # two characters of the text
        rows = [row._tr.trPr for row in read.rows]
        assert [row.find(qn("w:tblHeader")) is not None for row in rows] == [
            row < table.head for row in range(table.height)
        ]
        assert all(row.find(qn("w:cantSplit")) is not None for row in rows)
        for row in read.rows:
            cells = [int(cell.tcPr.find(qn("w:tcW")).get(qn("w:w"))) for cell in row._tr.tc_lst]
            assert sum(cells) == sum(widths)
        about = read._tbl.tblPr
        assert about.find(qn("w:tblCaption")).get(qn("w:val")) == table.title
        assert about.find(qn("w:tblDescription")).get(qn("w:val"))


def test_every_line_of_a_cell_has_the_size_of_its_table():
    box = Box("甲\n\n乙\n丙", Area(0, 0, 0, 0), "text")
    found = opened(Document("题", (Table((box,), (10.0,), "表"),))).tables[0]._tbl
    lines = [run for run in found.iter(qn("w:r")) if run.find(qn("w:t")) is not None]
    assert [run.find(qn("w:t")).text for run in lines] == ["甲", "乙", "丙"]
    assert all(run.find(qn("w:rPr")).find(qn("w:sz")) is not None for run in lines)
    assert len({run.find(qn("w:rPr")).find(qn("w:sz")).get(qn("w:val")) for run in lines}) == 1


def size_of(table):
    """The size of the text of a table with one figure in it, in half points."""
    book = opened(Document("题", (table,)))
    return {int(size.get(qn("w:val"))) for size in book.tables[0]._tbl.iter(qn("w:sz"))}


@settings(max_examples=examples(40))
@given(st.integers(1, 40), st.integers(1, 16))
def test_a_figure_is_never_printed_over_two_lines(digits, columns):
    boxes = tuple(Box("9" * digits, Area.at(0, column), "figure") for column in range(columns))
    sizes = size_of(Table(boxes, (5.0,) * columns, "表"))
    (size,) = sizes
    room = 156 / columns - 1.6  # mm
    assert size == 10 or digits * size / 2 * 0.65 * 25.4 / 72 <= room + 0.05


def test_a_long_figure_takes_room_from_the_labels_before_it_gets_smaller(form):
    section = next(s for s in form.sections if s.key == "applications")
    plain = published(form)
    for values, sizes in (
        (plain, {21}),
        (plain | {"applications.new.natural": Decimal(12345678)}, {21}),
        (form.complete(dict.fromkeys(plain, Decimal(123456789012345))), {16, 15, 14, 13, 12, 11, 10}),
    ):
        found = size_of(official_table(form, section, values))
        assert found <= sizes
        assert len(found) == 1


def test_two_tables_stay_two(form):
    table = official_table(form, table_sections(form)[0], None)
    body = opened(Document("题", (table, table))).element.body
    assert [element.tag.removeprefix(W) for element in body] == ["p", "tbl", "p", "tbl", "p", "sectPr"]


# -- how it looks


def test_the_page_and_the_fonts_are_those_of_the_standard(form):
    book = opened(report(form))
    (section,) = book.sections
    assert abs(section.page_width - Mm(210)) < Mm(0.1)
    assert abs(section.page_height - Mm(297)) < Mm(0.1)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert all(abs(m - Mm(mm)) < Mm(0.1) for m, mm in zip(margins, (37, 35, 28, 26), strict=True))
    expected = {
        "Title": ("方正小标宋_GBK", 22),
        "Heading 1": ("黑体", 16),
        "Heading 2": ("楷体_GB2312", 16),
        "Body Text": ("仿宋_GB2312", 16),
    }
    for name, (font, points) in expected.items():
        style = book.styles[name]
        fonts = style.element.rPr.rFonts
        assert {fonts.get(qn(f"w:{key}")) for key in ("ascii", "hAnsi", "eastAsia", "cs")} == {font}
        assert style.font.size == Pt(points)
    body = book.styles["Body Text"].paragraph_format
    assert body.line_spacing == Pt(28.95)
    assert body.first_line_indent == Pt(32)
    used = [p.style.name for p in book.paragraphs]
    assert used[:4] == ["Title", "Body Text", "Heading 1", "Heading 2"]
    assert book.paragraphs[1].text == PROSE
    about = book.core_properties
    assert (about.title, about.language, about.author) == (report(form).title, "zh-CN", "")
    fonts = ET.fromstring(parts(report(form))["word/fontTable.xml"])
    instead = {f.get(f"{W}name"): f.find(f"{W}altName").get(f"{W}val") for f in fonts}
    assert instead["仿宋_GB2312"] == "仿宋"
    assert set(instead) >= {font for font, _ in expected.values()}


def test_every_style_that_is_used_is_there(form):
    for document in (report(form, draft=True), filling_notes(form), blank_form(form)):
        files = parts(document)
        styles = ET.fromstring(files["word/styles.xml"])
        known = {style.get(f"{W}styleId") for style in styles.iter(f"{W}style")}
        for name, content in files.items():
            if name.startswith("word/") and name.endswith(".xml"):
                tree = ET.fromstring(content)
                used = {
                    e.get(f"{W}val")
                    for key in ("pStyle", "tblStyle", "basedOn", "next")
                    for e in tree.iter(W + key)
                }
                assert used <= known, name


def test_pages_are_numbered_outside(form):
    (section,) = opened(report(form)).sections
    for footer, align, side in (
        (section.footer, "right", "right"),
        (section.even_page_footer, "left", "left"),
    ):
        (line,) = footer.paragraphs
        assert line.text == "—  —"
        assert [f.get(qn("w:instr")) for f in line._p.iter(qn("w:fldSimple"))] == ["PAGE"]
        assert line._p.pPr.find(qn("w:jc")).get(qn("w:val")) == align
        assert int(line._p.pPr.find(qn("w:ind")).get(qn(f"w:{side}"))) == 280  # a character


def test_a_draft_says_so_on_every_page(form):
    plain, draft = parts(report(form)), parts(report(form, draft=True))
    headers = [draft[name].decode() for name in draft if re.match("word/header", name)]
    assert len(headers) == 2
    for header in headers:
        assert header.count("草稿") == 3  # a line of text, a word across the page, and what is told of that
    assert not [name for name in plain if "header" in name]


# -- what is inside

# The order of children by ECMA-376 part 1, annex A, as far as these elements occur here.
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl snapToGrid spacing ind jc outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i color sz szCs lang",
    "tblPr": "tblStyle tblW jc tblInd tblBorders tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "tcW gridSpan vMerge tcBorders noWrap vAlign",
    "trPr": "cantSplit trHeight tblHeader",
    "tbl": "tblPr tblGrid tr",
    "tc": "tcPr p",
    "tr": "trPr tc",
    "p": "pPr r fldSimple",
    "sectPr": "reference type pgSz pgMar cols docGrid",
    "style": "name basedOn next qFormat pPr rPr tblPr",
    "font": "altName panose1 charset family pitch",
    "tblBorders": "top left bottom right insideH insideV",
    "tblCellMar": "top left bottom right",
    "settings": "zoom defaultTabStop evenAndOddHeaders characterSpacingControl compat themeFontLang decimalSymbol listSeparator",
    "docDefaults": "rPrDefault pPrDefault",
    "styles": "docDefaults style",
}
CHART_ORDER = {
    "chartSpace": "lang roundedCorners chart spPr txPr externalData",
    "chart": "title autoTitleDeleted plotArea legend plotVisOnly dispBlanksAs",
    "plotArea": "layout barChart catAx valAx",
    "barChart": "barDir grouping varyColors ser gapWidth axId",
    "ser": "idx order tx spPr invertIfNegative dLbls cat val",
    "dLbls": "numFmt spPr txPr dLblPos showLegendKey showVal showCatName showSerName showPercent showBubbleSize",
    "catAx": "axId scaling delete axPos numFmt majorTickMark minorTickMark tickLblPos spPr txPr crossAx crosses auto "
    "lblAlgn lblOffset noMultiLvlLbl",
    "valAx": "axId scaling delete axPos majorGridlines title numFmt majorTickMark minorTickMark tickLblPos spPr txPr "
    "crossAx crosses crossBetween",
    "scaling": "orientation min",
    "title": "tx overlay",
    "legend": "legendPos overlay txPr",
    "strRef": "f strCache",
    "numRef": "f numCache",
    "numCache": "formatCode ptCount pt",
    "defRPr": "solidFill latin ea cs",
    "rPr": "solidFill latin ea cs",
}
# Word takes a flag that is left out for true: rounded corners, no axes, a legend over the bars.
CHART_FLAGS = {
    "chartSpace": {"roundedCorners": "0"},
    "chart": {"autoTitleDeleted": "0"},
    "title": {"overlay": "0"},
    "legend": {"overlay": "0"},
    "barChart": {"varyColors": "0"},
    "dLbls": {"showVal": "1"}
    | dict.fromkeys(("showLegendKey", "showCatName", "showSerName", "showPercent", "showBubbleSize"), "0"),
    "catAx": {"delete": "0", "noMultiLvlLbl": "1"},
    "valAx": {"delete": "0"},
}


@pytest.mark.parametrize("make", [report, filling_notes, blank_form], ids=lambda f: f.__name__)
def test_elements_stand_in_the_order_of_the_schema(make, form):
    document = make(form) if make is not report else report(form, draft=True)
    for name, content in parts(document).items():
        if not name.endswith(".xml"):
            continue
        order = CHART_ORDER if "charts/" in name else ORDER
        for element in ET.fromstring(content).iter():
            local = element.tag.rpartition("}")[2]
            if local in order and (W in element.tag or "charts/" in name):
                children = [child.tag.rpartition("}")[2] for child in element]
                # Those to headers and footers may stand in any order.
                children = ["reference" if child.endswith("Reference") else child for child in children]
                if local == "p":
                    assert "pPr" not in children[1:]
                    continue
                places = [order[local].split().index(child) for child in children]
                assert places == sorted(places), (name, local, children)


def test_every_flag_of_a_chart_is_written_out(form):
    for name, content in parts(report(form)).items():
        if not name.startswith("word/charts/chart"):
            continue
        for element in ET.fromstring(content).iter():
            local = element.tag.rpartition("}")[2]
            flags = {child.tag.rpartition("}")[2]: child.get("val") for child in element}
            assert CHART_FLAGS.get(local, {}).items() <= flags.items(), (name, local)
            if local == "ser":
                assert element.find(f"{C}invertIfNegative").get("val") == "0"


def test_every_relation_leads_somewhere_and_every_part_has_its_type(form):
    files = parts(report(form, draft=True))
    types = ET.fromstring(files["[Content_Types].xml"])
    defaults = {e.get("Extension") for e in types if "Extension" in e.attrib}
    named = {e.get("PartName") for e in types if "PartName" in e.attrib}
    for name in files:
        if name != "[Content_Types].xml":
            assert f"/{name}" in named or name.rpartition(".")[2] in defaults
        if name.endswith(".rels"):
            home = name.replace("_rels/", "").removesuffix(".rels").rpartition("/")[0]
            for relation in ET.fromstring(files[name]):
                target = relation.get("Target")
                path = (
                    target.lstrip("/")
                    if target.startswith("/")
                    else os.path.normpath(f"{home}/{target}").lstrip("/")
                )
                assert path in files, (name, target)
    assert not [name for name in files if "thumbnail" in name or "theme" in name or "customXml" in name]


def test_charts_hold_their_figures_and_a_workbook_with_the_same(form):
    files = parts(report(form))
    names = sorted(name for name in files if re.match(r"word/charts/chart\d+\.xml", name))
    assert len(names) == len(CHARTS)
    for number, (name, chart) in enumerate(zip(names, CHARTS, strict=True), 1):
        tree = ET.fromstring(files[name])
        sheet = openpyxl.load_workbook(io.BytesIO(files[f"word/embeddings/chart{number}.xlsx"])).active
        for ser, series in zip(tree.iter(f"{C}ser"), chart.series, strict=True):
            cache = ser.find(f"{C}val/{C}numRef")
            points = {int(p.get("idx")): Decimal(p.find(f"{C}v").text) for p in cache.iter(f"{C}pt")}
            assert points == {i: v for i, v in enumerate(series.values) if v is not None}
            formulas = [f.text.split("!")[1] for f in ser.iter(f"{C}f")]
            (title, categories, values) = (
                [cell.value for row in ([[sheet[a]]] if ":" not in a else sheet[a]) for cell in row]
                for a in (one.replace("$", "") for one in formulas)
            )
            assert title == [series.name]
            assert categories == list(chart.categories)
            assert values == [None if v is None else pytest.approx(float(v)) for v in series.values]
            assert all(f.text.startswith(f"{sheet.title}!") for f in ser.iter(f"{C}f"))
    drawings = [e for e in ET.fromstring(files["word/document.xml"]).iter() if e.tag.endswith("docPr")]
    assert [d.get("name") for d in drawings] == [chart.title for chart in CHARTS]
    assert len({d.get("id") for d in drawings}) == len(CHARTS)
    assert "2024年 95件" in drawings[0].get("descr")


@pytest.mark.prove
def test_the_same_document_has_the_same_bytes(form, monkeypatch):
    once = render(report(form, draft=True), "docx")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86_400 * 400)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(real() + 86_400 * 400))
    assert render(report(form, draft=True), "docx") == once
    with zipfile.ZipFile(io.BytesIO(once)) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    command = "import sys; sys.path[:0] = sys.argv[1:]; import documents, hashlib; from xltools.document.writer import render;"
    command += "from xltools.form.library import find; d = documents.report(find('xxgk-2021'), draft=True);"
    command += "print(hashlib.sha256(render(d, 'docx')).hexdigest())"
    folder = Path(__file__).parent
    other = subprocess.run(
        [sys.executable, "-c", command, folder],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    import hashlib

    assert other.stdout.strip() == hashlib.sha256(once).hexdigest()


@settings(max_examples=examples(40))
@given(st.text(max_size=40))
def test_any_text_makes_a_document(text):
    box = Table((Box(text, Area.at(0, 0), "row"), Box(text, Area.at(0, 1), "figure")), (1.0, 1.0), text)
    chart = ChartBlock(text, "bar", (text,), (Series(text, (Decimal(1),)),), text)
    book = opened(Document(text, (Heading(text, 9), Paragraph(text), box, chart)))
    assert len(book.tables) == 1
    kept = [c for c in text if c.isprintable() and not c.isspace() and c not in "\ufffe\uffff"]
    assert [c for c in book.paragraphs[0].text if c.isprintable() and not c.isspace() and c != "\ufffd"] == [
        c for c in kept if c != "\ufffd"
    ]


def test_without_the_library_it_is_said_which_extra(form, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("xltools.document.writer.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("xltools.document.writer.as_docx", raising=False)
    monkeypatch.setitem(sys.modules, "docx", None)
    for how in ("docx", "pdf"):
        with pytest.raises(OutputError, match=r"missing-extra \{'how': 'word', 'install': 'pip install"):
            render(blank_form(form), how)
    assert render(blank_form(form), "html")


# -- printed


def tool(name):
    path = shutil.which(name)
    if path is None:
        office._missing(f"{name} (package poppler-utils)")
    return path


def pages(pdf, tmp_path):
    """The words of each page of a PDF with the box of each, in points."""
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf)
    done = subprocess.run([tool("pdftotext"), "-bbox", path, "-"], capture_output=True, text=True, check=True)
    found = []
    for page in re.split(r"<page ", done.stdout)[1:]:
        size = tuple(map(float, re.match(r'width="([\d.]+)" height="([\d.]+)"', page).groups()))
        words = re.findall(
            r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>', page
        )
        found.append((size, [(*map(float, word[:4]), word[4]) for word in words]))
    return found


@pytest.fixture(scope="module")
def printed(form, tmp_path_factory):
    office.require()
    folder = tmp_path_factory.mktemp("printed")
    values = published(form) | {
        "disclosure.fees.amount": Decimal("72701.2578"),
        "applications.new.natural": Decimal(123456),
    }
    return pages(render(report(form, values, draft=True), "pdf"), folder)


@pytest.mark.office
def test_a_pdf_is_tagged_and_chinese(form):
    office.require()
    pdf = render(blank_form(form), "pdf")
    assert b"/MarkInfo<</Marked true>>" in pdf.replace(b" ", b"").replace(b"Markedtrue", b"Marked true")
    assert re.search(rb"/Catalog.{0,400}/Lang\(zh-CN\)", pdf, re.DOTALL)


@pytest.mark.office
def test_it_prints_on_a4_within_the_margins(printed):
    assert 5 <= len(printed) <= 8
    for (width, height), words in printed:
        assert (round(width), round(height)) == (595, 842)
        left, right = 28 * 72 / 25.4, (210 - 26) * 72 / 25.4
        for x, _, x_end, _, word in words:
            # A mark of punctuation at the end of a line hangs into the margin.
            assert x > left - 12, word
            assert x_end < right + 18, word
    bottom = (297 - 35) * 72 / 25.4
    for number, (_, words) in enumerate(printed, 1):
        below = [word for *_, y, _, _, word in [(w[0], w[1], w[2], w[3], w[4]) for w in words] if y > bottom]
        assert below == ["—", str(number), "—"]


@pytest.mark.office
def test_every_figure_and_label_is_printed_whole(printed, form):
    text = "".join(word for _, words in printed for *_, word in words)
    assert "72701.2578" in text
    assert "123456" in text
    words = {word for _, words in printed for *_, word in words}
    assert {"72701.2578", "123456", "2776", "9487"} <= words
    assert text.count("申请人情况") == 2  # the table goes on over a page, and its head is said again
    for section in form.sections:
        assert section.title in text


@pytest.mark.office
def test_odd_pages_are_numbered_on_the_right(printed):
    for number, ((width, _), words) in enumerate(printed, 1):
        x = next(x for x, y, _, _, word in words if word == str(number) and y > 742)
        assert (x > width / 2) is (number % 2 == 1)


@pytest.mark.office
def test_the_blank_form_and_the_notes_print(form, tmp_path):
    office.require()
    for document, most in ((blank_form(form), 4), (filling_notes(form), 9)):
        found = pages(render(document, "pdf"), tmp_path)
        assert len(found) <= most
        text = "".join(word for _, words in found for *_, word in words)
        assert document.title.strip("《》") in text


# -- when LibreOffice does not do what it should


def fake(tmp_path, monkeypatch, script):
    path = tmp_path / "soffice"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr("xltools.libreoffice.shutil.which", lambda _: str(path))


needs_shell = pytest.mark.skipif(os.name != "posix", reason="a script of a shell stands in for LibreOffice")


def test_without_libreoffice_it_is_said_what_to_install(form, monkeypatch):
    monkeypatch.setattr("xltools.libreoffice.shutil.which", lambda _: None)
    monkeypatch.setattr("xltools.libreoffice._USUAL", ())
    with pytest.raises(OutputError, match="missing-office"):
        render(blank_form(form), "pdf")


@needs_shell
def test_a_libreoffice_that_hangs_is_ended_with_all_it_started(form, tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, f"sleep 300 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setattr("xltools.libreoffice._SECONDS", 1)
    with pytest.raises(OutputError, match=r"office-late \{'seconds': 1\}"):
        render(blank_form(form), "pdf")
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True, check=False
        )
        if state.stdout.strip() in {"", "Z"}:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child is still there")


@needs_shell
def test_what_a_failing_libreoffice_says_is_told(form, tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, "echo no printer today >&2; exit 3")
    with pytest.raises(OutputError, match=r"office-failed .*no printer today"):
        render(blank_form(form), "pdf")


@needs_shell
def test_libreoffice_gets_a_profile_of_its_own_and_nothing_stays(form, tmp_path, monkeypatch):
    fake(
        tmp_path,
        monkeypatch,
        f'echo "$@" > {tmp_path}/said; while [ "$1" != --outdir ]; do shift; done; mkdir "$2"; echo "%PDF-" > "$2/document.pdf"',
    )
    assert render(blank_form(form), "pdf") == b"%PDF-\n"
    said = (tmp_path / "said").read_text()
    folder = re.search(r"-env:UserInstallation=file://(\S+)/profile", said)[1]
    assert "--headless" in said
    assert not Path(folder).exists()
