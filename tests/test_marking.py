"""Marks in a clerk's own workbook: what is put in, that nothing else changes, that it comes off, and what is read."""

from __future__ import annotations

import functools
import io
import re
import time
import zipfile
import zlib
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree as ET

import clerk
import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

import casefile
import office
from conftest import ROOT, by_day, examples, sound_values
from xltools.checking.collection import examine
from xltools.data.filing import Stamp
from xltools.data.finding import Place, Severity
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.errors import MarkingError
from xltools.excel.marking import CellMark, Slip, SlipRow, marked, unmarked
from xltools.excel.marking.unchanged import content_place, unchanged
from xltools.excel.marking_signs import AUTHOR, MARKER, slip_of, spans, without_marks
from xltools.excel.package import patched, with_parts
from xltools.excel.reader import read_package
from xltools.excel.scan import Fact, ScanError, scan
from xltools.excel.writer import write_return
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.places import SLIP
from xltools.report.slip import returned
from xltools.text import clerk as words
from xltools.text import message

SAMPLES = sorted(ROOT.glob("samples/*/*.xlsx"))
REQUEST = "三、依申请公开"
BEGIN, END = words()("mark.begin"), words()("mark.end")
PENDING, CHANGED = words()("slip.pending"), words()("slip.changed")
FIRST = 4  # the slip's first row, under two titles and the heads


def findings(data, name="x.xlsx"):
    return examine([read_package(data, name)]).findings


def marks_of(data):
    """Marks and slip for everything that is found in a file, as a coordinator would send it back."""
    found = [f for f in findings(data) if f.sheet and f.address and f.severity is not Severity.NOTE]
    marks = [
        CellMark(f.sheet, tuple(p.address for p in f.places if p.sheet == f.sheet), message(f, "zh"))
        for f in found
    ]
    rows = [
        SlipRow(f"{f.sheet} {f.address}", str(f.facts.get("label", "")), str(f.found), str(f.expected), message(f, "zh"),
            f.places, f.code, f.cell)
        for f in found
    ]  # fmt: skip
    return marks, Slip(tuple(rows))


def slip_for(*places, explanation=""):
    return Slip(
        tuple(SlipRow(f"{p.sheet} {p.address}", places=(p,), code="total-wrong", cell=p.cell) for p in places)
    )


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def plain(content):
    """A part without what says which sheet was last looked at, and in one spelling of empty elements."""
    if not content.lstrip(b"\xef\xbb\xbf\xff\xfe\xfe\xff").replace(b"\0", b"").startswith(b"<"):
        return content
    text = ET.canonicalize(content)
    return re.sub(r' (tabSelected|activeTab|firstSheet)="\d+"', "", text)


def without_ours(data, original):
    """The facts of a marked workbook less what marking put there."""
    facts, before = scan(data), scan(original)
    slip = slip_of(facts)
    facts.sheets.remove(slip.sheet)
    facts.names.pop(MARKER)
    for by_style in ("locked", "formats", "grounds"):
        setattr(facts, by_style, getattr(facts, by_style)[: len(getattr(before, by_style))])
    for sheet in facts.sheets:
        told = {p: c._replace(text=without_marks(c.text)) for p, c in sheet.comments.items()}
        sheet.comments = {p: c for p, c in told.items() if c.text or c.author != AUTHOR}
        own = before.sheet(sheet.name).conditional
        sheet.conditional = [one for one in sheet.conditional if one in own]
    return facts


# -- files of many hands


def problem(**more):
    """A return with a wrong total and a text where a number belongs."""
    file = {"type": {"applications.total.total": 9999, "disclosure.penalty.decisions": "约100"}}
    return casefile.package(file | more)


def prefixed(part):
    """A part whose main namespace has a prefix, as some libraries write it."""
    text = re.sub(r"<(/?)(\w+)(?=[\s/>])", r"<\1x:\2", part.decode())
    return text.replace(' xmlns="', ' xmlns:x="', 1).encode()


def in_utf16(part):
    return part.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")


def strict(part):
    """A part in the edition of the format that Excel calls strict."""
    part = part.replace(
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
    return part.replace(
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    )


def single_quoted(part):
    """Attributes in single quotes, with signs in them that end no tag."""
    return re.sub(rb'="([^"\']*)"', rb"= '\1'", part).replace(b"&gt;", b">")


def with_all(data, change, pattern=r"xl/(worksheets/[^/]*|workbook|styles|comments[^/]*)\.xml"):
    return patched(data, {name: change for name in parts(data) if re.fullmatch(pattern, name)})


def image():
    """A picture of one red pixel."""

    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    head = b"\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
        + chunk(b"IEND", b"")
    )


def by_xlsxwriter():
    """Another workbook, with comments, a picture, a chart and its sheet, a table, conditions and names of its own."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet, other = book.add_worksheet("表 1"), book.add_worksheet("It's")
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "='表 1'!$A$1:$A$5"})
        book.add_chartsheet("图").set_chart(chart)
        for row in range(12):
            sheet.write_row(row, 0, [row, row * 1.5, f"文 {row}"])
        sheet.write_comment("B3", "我看过\n没有问题", {"author": "张三"})
        sheet.write_comment("C4", "存疑", {"author": "李四"})
        sheet.insert_image("E2", "x.png", {"image_data": io.BytesIO(image())})
        sheet.conditional_format("A1:A9", {"type": "data_bar", "data_bar_2010": True})
        sheet.conditional_format(
            "B1:B9", {"type": "cell", "criteria": ">", "value": 3, "format": book.add_format({"bold": True})}
        )
        sheet.data_validation("A1:A9", {"validate": "integer", "criteria": ">=", "value": 0})
        sheet.print_area("A1:C9")
        sheet.merge_range("A20:C21", "合并")
        sheet.set_header("&L&G", {"image_left": "x.png", "image_data_left": io.BytesIO(image())})
        sheet.protect("geheim")
        other.add_table("A1:B4", {"columns": [{"header": "甲"}, {"header": "乙"}]})
        other.repeat_rows(0)
        other.activate()
        book.define_name("x.y", "='It''s'!$A$1")
    return out.getvalue()


def by_openpyxl():
    """The problem saved again by openpyxl, with comments of a clerk."""
    book = openpyxl.load_workbook(io.BytesIO(problem()))
    sheet = book[REQUEST]
    sheet["D9"].comment = Comment("请领导定", "王五")
    sheet["J28"].comment = Comment("这个合计我算过", "王五")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def without_styles():
    """A workbook that does not say which looks there are."""
    data = problem()
    plainer = patched(
        data,
        {
            "xl/_rels/workbook.xml.rels": lambda part: re.sub(
                rb"<Relationship [^>]*styles\.xml\"/>", b"", part
            ),
            "[Content_Types].xml": lambda part: re.sub(
                rb"<Override PartName=\"/xl/styles\.xml\"[^>]*/>", b"", part
            ),
        },
    )
    return with_parts(plainer, {"xl/styles.xml": None})


def with_absolute_relations(data):
    return with_all(data, lambda part: part.replace(b'Target="', b'Target="/xl/').replace(b"/xl/../", b"/xl/"),
                    r"xl/_rels/workbook\.xml\.rels")  # fmt: skip


MADE = {
    "clean": SAMPLES[0].read_bytes,
    "problem": problem,
    "password": lambda: write_return(*arguments(), password="geheim"),
    "xlsxwriter": by_xlsxwriter,
    "openpyxl": by_openpyxl,
    "clerk's comment": lambda: problem(comment={"sheet": REQUEST, "address": "D9", "text": "请领导定"}),
    "prefixed": lambda: with_all(problem(), prefixed),
    "prefixed comments": lambda: with_all(by_xlsxwriter(), prefixed),
    "prefixed relations": lambda: with_all(problem(), prefixed, r".*\.rels|\[Content_Types\]\.xml"),
    "utf-16": lambda: with_all(problem(), in_utf16),
    "utf-16 comments": lambda: with_all(by_xlsxwriter(), in_utf16),
    "without styles": without_styles,
    "strict": lambda: with_all(by_xlsxwriter(), strict, r".*\.(xml|rels)"),
    "byte order mark": lambda: with_all(problem(), lambda part: b"\xef\xbb\xbf" + part),
    "single quotes": lambda: with_all(problem(), single_quoted),
    "absolute": lambda: with_absolute_relations(problem()),
}


NOT_FOR_OPENPYXL = {"without styles", "strict"}


def arguments():
    from xltools.form.library import find

    form = find("xxgk-2021")
    return (
        form,
        Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局")),
        sound_values(),
    )


@pytest.fixture(params=by_day(MADE, 3))
def file(request):
    return made_by(request.param)


@functools.cache
def made_by(name):
    return MADE[name]()


def first_of_merged(sheet, address):
    return a1(*content_place(sheet, address))


def some_marks(data):
    """Marks on two cells of each sheet, single and together, one of them where comments are."""
    facts = scan(data)
    marks, places = [], []
    for sheet in facts.sheets:
        one, two, third = (first_of_merged(sheet, address) for address in ("B3", "D9", "F10"))
        marks += [
            CellMark(sheet.name, (one,), f"看看「{sheet.name}」<&>"),
            CellMark(sheet.name, (two, third), "两格\n一起"),
        ]
        places += [Place(sheet.name, one, "a.b.c"), Place(sheet.name, two)]
    return marks, slip_for(*places)


# -- the laws


def test_only_what_has_to_change_changes(file):
    marks, slip = some_marks(file)
    marks = [mark for mark in marks if mark.sheet == scan(file).sheets[-1].name]
    before, after = parts(file), parts(marked(file, marks, slip))
    changed = {name for name in before if before[name] != after[name]}
    sheets = {name for name in changed if name.startswith(("xl/worksheets/sheet", "xl/charts"))}
    selected = {n for n in before if b"tabSelected" in before[n].replace(b"\0", b"")}
    assert sheets <= selected | {max(sheets)}
    frame = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
    rest = changed - sheets - frame
    assert all(
        re.fullmatch(r"xl/(worksheets/_rels/.*\.rels|comments.*\.xml|drawings/.*\.vml)", name)
        for name in rest
    )
    assert list(after)[: len(before)] == list(before)


def test_taking_the_marks_off_leaves_what_was_there(file):
    marks, slip = some_marks(file)
    before, after = parts(file), parts(unmarked(marked(file, marks, slip)))
    assert set(before) == set(after)
    for name, content in before.items():
        assert plain(content) == plain(after[name]), name


def test_the_marked_file_says_the_same_but_for_the_marks(file):
    marks, slip = some_marks(file)
    before, after = scan(file), without_ours(marked(file, marks, slip), file)
    for sheet, was in zip(after.sheets, before.sheets, strict=True):
        assert sheet == was
    assert after == before


def test_marking_twice_is_marking_once(file):
    marks, slip = some_marks(file)
    once = marked(file, marks, slip)
    assert marked(once, marks, slip) == once
    assert marked(marked(file, marks[:1], slip_for()), marks, slip) == once
    assert unmarked(unmarked(once)) == unmarked(once)


def test_a_file_without_marks_is_not_touched(file):
    assert unmarked(file) is file


@pytest.mark.parametrize("file", by_day((n for n in MADE if n not in NOT_FOR_OPENPYXL), 3), indirect=True)
@pytest.mark.filterwarnings("ignore:.*xtension is not supported")
def test_openpyxl_reads_it(file):
    marks, slip = some_marks(file)
    data = marked(file, marks, slip)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames[0] == SLIP
    assert book.active.title == SLIP
    for mark in marks:
        comment = book[mark.sheet][mark.addresses[0]].comment
        assert BEGIN + mark.text in comment.text
        assert comment.text.endswith(END)
        rules = [
            rule
            for area in book[mark.sheet].conditional_formatting
            if str(area.sqref) == " ".join(mark.addresses)
            or set(str(area.sqref).split()) == set(mark.addresses)
            for rule in area.rules
            if "xltools" in "".join(rule.formula)
        ]
        assert len(rules) == 1
        assert rules[0].dxf.fill.bgColor.rgb == "FFFFD966"
    priorities = [
        rule.priority for sheet in book for area in sheet.conditional_formatting for rule in area.rules
        if sheet.title == marks[0].sheet
    ]  # fmt: skip
    assert len(set(priorities)) == len(priorities)


def test_only_one_sheet_is_selected(file):
    after = parts(marked(file, *some_marks(file)))
    selected = [n for n, c in after.items() if re.search(rb'tabSelected="(1|true)"', c.replace(b"\0", b""))]
    assert len(selected) == 1
    assert SLIP.encode() in after[selected[0]]


@pytest.mark.filterwarnings("ignore:.*xtension is not supported")
def test_names_of_sheets_keep_their_sheets():
    data = by_xlsxwriter()
    before, after = (openpyxl.load_workbook(io.BytesIO(d)) for d in (data, marked(data, *some_marks(data))))
    for sheet in before.worksheets:
        assert after[sheet.title].print_area == sheet.print_area
        assert after[sheet.title].print_title_rows == sheet.print_title_rows
    assert after.defined_names["x.y"].attr_text == "'It''s'!$A$1"
    assert after[SLIP].print_title_rows == f"${FIRST - 1}:${FIRST - 1}"


def refusal(data):
    """With which code the scanner refuses a file, if it does."""
    try:
        scan(data)
    except ScanError as error:
        return error.code
    return ""


@pytest.mark.parametrize("path", by_day(SAMPLES, 4), ids=lambda path: path.stem)
def test_every_sample_keeps_the_laws(path):
    data = path.read_bytes()
    if code := refusal(data):
        with pytest.raises(MarkingError, match=code):
            marked(data, [], Slip(()))
        return
    marks, slip = marks_of(data)
    once = marked(data, marks, slip)
    assert findings(once) == findings(data)
    assert marked(once, marks, slip) == once
    before, after = parts(data), parts(unmarked(once))
    assert {n: plain(c) for n, c in before.items()} == {n: plain(c) for n, c in after.items()}


@settings(max_examples=examples(6))
@given(chosen=st.data())
def test_any_marks_on_any_sheets_keep_the_laws(chosen, form, other_form, sound):
    assert_the_laws(chosen, form, other_form, sound)


@pytest.mark.prove
@settings(max_examples=examples(100))
@given(chosen=st.data())
def test_very_many_marks_keep_the_laws(chosen, form, other_form, sound):
    assert_the_laws(chosen, form, other_form, sound)


def assert_the_laws(chosen, form, other_form, sound):
    use = chosen.draw(st.sampled_from([form, other_form]))
    stamp = Stamp(use.key, use.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局"))
    data = write_return(use, stamp, sound if use is form else {})
    sheets = [sheet.name for sheet in scan(data).sheets]
    address = st.builds("{}{}".format, st.sampled_from(["A", "D", "J", "XFD"]), st.integers(1, 40))
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
    mark = st.builds(
        CellMark, st.sampled_from(sheets), st.lists(address, min_size=1, max_size=4).map(tuple), texts
    )
    place = st.builds(Place, st.sampled_from([*sheets, "没有的表"]), address, st.sampled_from(["", "a.b"]))
    row = st.builds(
        SlipRow,
        texts,
        texts,
        texts,
        texts,
        texts,
        st.lists(place, max_size=3).map(tuple),
        texts,
        texts,
        texts,
    )
    marks = chosen.draw(st.lists(mark, max_size=6))
    slip = Slip(tuple(chosen.draw(st.lists(row, max_size=4))))
    once = marked(data, marks, slip)
    assert marked(once, marks, slip) == once
    assert scan(unmarked(once)) == scan(data)
    assert without_ours(once, data) == scan(data)
    assert replace(read_package(once, "x", use), source=None, explanations={}, lineage=None) == replace(
        read_package(data, "x", use), source=None
    )


# -- colours and comments


def test_marks_with_one_first_cell_share_a_comment():
    data = problem()
    marks = [CellMark(REQUEST, ("D9", "D10"), "一"), CellMark(REQUEST, ("D9",), "二")]
    comment = scan(marked(data, marks, Slip(()))).sheet(REQUEST).comments[8, 3]
    assert comment.text == f"{BEGIN}一\n二\n{END}"
    assert comment.author == AUTHOR


def test_a_clerk_keeps_comment_and_box():
    data = by_xlsxwriter()
    once = marked(data, [CellMark("表 1", ("B3",), "应为 3")], Slip(()))
    comments = scan(once).sheets[1].comments
    assert comments[2, 1] == ("张三", f"我看过\n没有问题\n{BEGIN}应为 3\n{END}")
    assert comments[3, 2] == ("李四", "存疑")
    boxes = next(c for n, c in parts(once).items() if n.endswith("vmlDrawing1.vml"))
    assert boxes == parts(data)["xl/drawings/vmlDrawing1.vml"]


def test_what_a_clerk_writes_behind_our_comment_is_kept():
    data = problem()
    once = marked(data, [CellMark(REQUEST, ("D9",), "请核对")], Slip(()))
    answered = with_all(
        once, lambda part: part.replace(END.encode(), f"{END}\n已核实".encode()), r"xl/comments.*"
    )
    (note,) = [f for f in findings(answered) if f.code == "comment"]
    assert note.found == "已核实"
    assert scan(unmarked(answered)).sheet(REQUEST).comments[8, 3].text == "已核实"


def test_our_text_comes_off_though_a_program_divided_it_anew():
    data = problem(comment={"sheet": REQUEST, "address": "D9", "text": "我的"})
    once = marked(data, [CellMark(REQUEST, ("D9",), "请核对")], Slip(()))
    run = "</t></r><r><rPr><b/></rPr><t xml:space='preserve'>"
    divided = with_all(
        once, lambda part: part.replace("核对】".encode(), f"核{run}对】".encode()).replace("完）".encode(), f"完）{run}\n后来".encode()),
        r"xl/comments.*",
    )  # fmt: skip
    assert scan(divided).sheet(REQUEST).comments[8, 3].text == f"我的\n{BEGIN}请核对\n{END}\n后来"
    assert scan(unmarked(divided)).sheet(REQUEST).comments[8, 3].text == "我的\n后来"


def test_a_comment_that_only_looks_like_ours_is_kept():
    data = problem(comment={"sheet": REQUEST, "address": "D9", "text": f"{BEGIN}我自己写的"})
    assert unmarked(data) is data
    assert [f.found for f in findings(data) if f.code == "comment"] == [f"{BEGIN}我自己写的"]


def test_marks_raise_no_note_and_a_clerk_does():
    data = problem(comment={"sheet": REQUEST, "address": "D9", "text": "请领导定"})
    once = marked(data, [CellMark(REQUEST, ("D9",), "一"), CellMark(REQUEST, ("D10",), "二")], Slip(()))
    assert findings(once) == findings(data)
    assert [f.found for f in findings(once) if f.code == "comment"] == ["请领导定"]


def test_of_merged_cells_the_first_is_marked():
    once = marked(
        problem(),
        [CellMark("二、主动公开", ("C12",), "甲"), CellMark("二、主动公开", ("B12",), "乙")],
        Slip(()),
    )
    assert scan(once).sheet("二、主动公开").comments == {(11, 1): (AUTHOR, f"{BEGIN}甲\n乙\n{END}")}


def test_signs_in_the_text_of_a_mark_do_not_end_it():
    once = marked(problem(), [CellMark(REQUEST, ("D9",), f"{BEGIN}甲{END}乙{BEGIN}丙")], Slip(()))
    text = scan(once).sheet(REQUEST).comments[8, 3].text
    assert spans(text) == [(0, len(text))]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (f"{BEGIN}甲{END}", ""),
        (f"我的\n{BEGIN}甲{END}", "我的"),
        (f"我的\n{BEGIN}甲{END}\n后来", "我的\n后来"),
        (f"{BEGIN}甲{END}\n后来", "后来"),
        (f"{BEGIN}甲", f"{BEGIN}甲"),
        (f"{BEGIN}甲{END}{BEGIN}乙{END}", ""),
    ],
)
def test_what_is_not_ours(text, rest):
    assert without_marks(text) == rest


def test_boxes_have_room_for_their_text():
    text = "这是一条很长的意见，" * 20
    once = marked(problem(), [CellMark(REQUEST, ("D9",), text)], Slip(()))
    boxes = next(c for n, c in parts(once).items() if n.endswith(".vml")).decode()
    left, _, top, _, right, _, bottom, _ = map(int, re.search("<x:Anchor>(.*?)<", boxes)[1].split(","))
    assert (left, top) == (4, 7)
    assert right > left
    assert bottom > top + 5


def test_a_drawing_that_is_no_xml_is_left_alone():
    data = patched(
        by_xlsxwriter(), {"xl/drawings/vmlDrawing1.vml": lambda part: part.replace(b"</xml>", b"<br></xml>")}
    )
    marks, slip = some_marks(data)
    once = marked(data, marks, slip)
    assert scan(once).sheets[1].comments == scan(data).sheets[0].comments
    assert scan(unmarked(once)) == scan(data)


# -- the slip


def test_the_slip_is_protected_as_the_other_sheets_are():
    once = marked(write_return(*arguments(), password="geheim"), [], slip_for(Place(REQUEST, "D9")))
    sheet = openpyxl.load_workbook(io.BytesIO(once))[SLIP]
    other = openpyxl.load_workbook(io.BytesIO(once))[REQUEST]
    assert sheet.protection.sheet
    assert sheet.protection.password == other.protection.password
    assert not sheet.protection.autoFilter  # which allows it
    assert not sheet[f"H{FIRST}"].protection.locked
    assert all(sheet.cell(FIRST, column).protection.locked for column in [*range(1, 8), 9, 10, 11])
    assert sheet.auto_filter.ref == f"A{FIRST - 1}:J{FIRST}"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 9
    assert sheet.freeze_panes == f"A{FIRST}"
    assert all(sheet.column_dimensions[letter].hidden for letter in "IJK")


def test_the_slip_leads_to_the_cells():
    once = marked(problem(), [], slip_for(Place(REQUEST, "D9", "x.y")))
    sheet = openpyxl.load_workbook(io.BytesIO(once))[SLIP]
    assert sheet[f"B{FIRST}"].hyperlink.location == f"'{REQUEST}'!D9"
    assert [sheet[f"{c}{FIRST}"].value for c in "IJ"] == ["total-wrong", "x.y"]


def test_a_sheet_of_the_clerk_with_that_name_stays():
    data = clerk.with_sheet_renamed(problem(), "六、其他事项", SLIP)
    once = marked(data, [], slip_for(Place(REQUEST, "D9")))
    assert [sheet.name for sheet in scan(once).sheets][:1] == [f"{SLIP} (2)"]
    assert scan(once).sheet(SLIP) is not None
    assert scan(unmarked(once)) == scan(data)


def test_a_name_without_its_slip_comes_off():
    once = marked(problem(), [CellMark(REQUEST, ("D9",), "x")], slip_for(Place(REQUEST, "D9")))
    deleted = clerk.without_sheet(once, SLIP)
    assert scan(deleted).names[MARKER] == "#REF!"
    assert scan(unmarked(deleted)).sheets == scan(problem()).sheets
    assert MARKER not in scan(unmarked(deleted)).names
    again = marked(deleted, [CellMark(REQUEST, ("D9",), "x")], slip_for(Place(REQUEST, "D9")))
    assert parts(again)["xl/workbook.xml"].count(MARKER.encode()) == 1


RELATIONS = "xl/_rels/workbook.xml.rels"
LOST = {
    "the relation": (RELATIONS, rb'<Relationship [^>]*Id="xltoolsSlip"[^>]*>'),
    "the sheet": ("xl/workbook.xml", rf'<sheet [^>]*name="{SLIP}"[^>]*>'.encode()),
}


@pytest.mark.parametrize("lost", LOST)
def test_a_slip_that_lost_a_half_does_not_spoil_the_return(lost):
    """The part of the slip is there, but the workbook does not name it, or names it in vain."""
    part, pattern = LOST[lost]
    marks, slip = [CellMark(REQUEST, ("D9",), "x")], slip_for(Place(REQUEST, "D9"))
    halved = patched(marked(problem(), marks, slip), {part: lambda xml: re.sub(pattern, b"", xml, count=1)})
    assert SLIP not in [sheet.name for sheet in scan(halved).sheets]
    assert read_package(halved, "x.xlsx").record.values == read_package(problem(), "x.xlsx").record.values
    again = marked(halved, marks, slip)
    identities = re.findall(rb' Id="([^"]*)"', parts(again)[RELATIONS])
    assert len(identities) == len(set(identities))
    assert (
        identities.count(re.search(rb'<sheet [^>]*r:id="([^"]*)"', parts(again)["xl/workbook.xml"])[1]) == 1
    )
    assert [f.code for f in findings(again)] == [f.code for f in findings(problem())]
    cells = [(sheet.name, sheet.cells, sheet.comments) for sheet in scan(unmarked(again)).sheets]
    assert cells == [(sheet.name, sheet.cells, sheet.comments) for sheet in scan(problem()).sheets]


def test_a_slip_whose_part_is_gone_is_damage():
    once = marked(problem(), [], slip_for(Place(REQUEST, "D9")))
    target = re.search(rb'<Relationship [^>]*Id="xltoolsSlip"[^>]*Target="([^"]*)"', parts(once)[RELATIONS])
    gone = with_parts(once, {f"xl/{target[1].decode()}": None})
    assert [f.code for f in read_package(gone, "x.xlsx").findings] == ["damaged"]


@pytest.mark.parametrize(("number", "kept"), [("3", True), ("9", False)])
def test_a_chain_of_calculation_goes_with_the_slip_it_counts_on(number, kept):
    """Excel adds the slip's formulas to it, by the number of the sheet."""
    once = marked(problem(), [], slip_for(Place(REQUEST, "D9")))
    assert b'sheetId="9"' in parts(once)["xl/workbook.xml"]
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    chain = f'<calcChain xmlns="{main}"><c r="J6" i="4"/><c r="G4" i="{number}"/></calcChain>'.encode()
    relation = (
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"'
        b' Target="calcChain.xml"/></Relationships>'
    )
    saved = with_parts(
        patched(
            once, {"xl/_rels/workbook.xml.rels": lambda part: part.replace(b"</Relationships>", relation)}
        ),
        {"xl/calcChain.xml": chain},
    )
    after = parts(unmarked(saved))
    assert ("xl/calcChain.xml" in after) is kept
    assert (b"calcChain" in after["xl/_rels/workbook.xml.rels"]) is kept


@pytest.mark.parametrize("fact", [Fact("s", "甲" * 300, None, 0), Fact("n", "1.5", "A1", 0), None])
def test_the_formula_over_very_many_cells_is_one_excel_takes(fact):
    formula = unchanged(
        [(f"'三、依申请公开的一个很长的名字'!$AA${row}", fact) for row in range(1, 2000)], "TRUE"
    )
    assert len(formula) < 8192
    assert formula.count("AND(") == 1
    assert formula.count("$AA$") > 40
    assert max(map(len, re.findall(r'"[^"]*"', formula)), default=0) < 255


def explained(answers, data=None):
    """A marked file with texts typed into the column of explanations."""
    once = marked(data or problem(), *marks_of(data or problem()))
    return clerk.edited(once, SLIP, answers)


def test_explanations_are_read():
    filing = read_package(explained({f"H{FIRST}": " 属实，见附件 "}), "x.xlsx")
    first = next(f for f in findings(problem()) if f.address and f.severity is not Severity.NOTE)
    assert filing.explanations == {(first.code, first.cell): "属实，见附件"}
    assert read_package(problem(), "x.xlsx").explanations == {}


def test_explanations_are_read_from_a_sorted_table_with_another_name():
    data = explained({f"H{FIRST}": "甲", f"H{FIRST + 1}": "乙"})
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book[SLIP]
    rows = [
        [sheet.cell(row, column).value for column in range(1, 11)] for row in range(FIRST, sheet.max_row + 1)
    ]
    for row, values in enumerate(reversed(rows), FIRST):
        for column, value in enumerate(values, 1):
            sheet.cell(row, column).value = value
    sheet.row_dimensions[FIRST].hidden = True
    out = io.BytesIO()
    book.save(out)
    wanted = read_package(data, "x.xlsx").explanations
    assert len(wanted) == 2
    assert read_package(out.getvalue(), "x.xlsx").explanations == wanted
    renamed = clerk.with_sheet_renamed(data, SLIP, "改好了")
    assert read_package(renamed, "x.xlsx").explanations == wanted
    assert [f.explanation for f in findings(renamed)] == ["甲", "乙"]
    assert [replace(f, explanation="") for f in findings(renamed)] == list(findings(problem()))
    assert scan(unmarked(renamed)) == scan(unmarked(data))


def test_without_its_names_the_slip_is_known_by_its_marker():
    data = explained({f"H{FIRST}": "甲"})
    assert read_package(clerk.without_names(data), "x.xlsx").explanations
    assert slip_of(scan(unmarked(clerk.without_names(data)))) is None


def test_an_explanation_can_be_put_back():
    slip = Slip((SlipRow("x", code="blank", cell="a.b", explanation="没有发生"),))
    assert read_package(marked(problem(), [], slip), "x").explanations == {("blank", "a.b"): "没有发生"}


# -- correcting


def corrected(data):
    """The problem's two faults mended in the marked file."""
    form, _, values = arguments()
    right = form.complete(values)
    place = layout(form)
    mends = {
        "applications.total.total": None,
        "disclosure.penalty.decisions": values["disclosure.penalty.decisions"],
    }
    for name, value in mends.items():
        content = value
        if value is None:
            content = clerk.Formula(place.formulas[name], right[name])
        sheet, address = place.address(name)
        data = clerk.edited(data, sheet, {address: content})
    return data


def test_the_corrected_marked_file_has_no_findings():
    data = problem()
    assert {f.code for f in findings(data)} == {"total-wrong", "text-vague"}
    assert findings(corrected(marked(data, *marks_of(data)))) == ()


# -- what cannot be marked


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"a,b\n", problem()[:5000]])
def test_what_cannot_be_read_cannot_be_marked(data):
    with pytest.raises(MarkingError):
        marked(data, [], Slip(()))
    with pytest.raises(MarkingError):
        unmarked(data)


@pytest.mark.parametrize(
    ("sheet", "addresses"), [("没有", ("A1",)), (REQUEST, ()), (REQUEST, ("A0",)), (REQUEST, ("1",))]
)
def test_there_must_be_a_cell_to_mark(sheet, addresses):
    with pytest.raises(MarkingError, match="no-such-cell"):
        marked(problem(), [CellMark(sheet, addresses, "x")], Slip(()))


@pytest.mark.prove
def test_marking_is_quick():
    """Ten marks in a filled return; in processor time and measured against openpyxl's loading, as machines differ."""
    data = casefile.package({"type": {"applications.total.total": 1}})
    cells = [layout(arguments()[0]).address(name) for name in list(sound_values())[:10]]
    marks = [CellMark(sheet, (address,), "请核对这个数字") for sheet, address in cells]
    slip = slip_for(*(Place(sheet, address) for sheet, address in cells))

    def best(work):
        times = []
        for _ in range(7):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
        return min(times)

    assert 2 * best(lambda: marked(data, marks, slip)) < best(
        lambda: openpyxl.load_workbook(io.BytesIO(data))
    )


# -- other programs


@pytest.mark.office
def test_libreoffice_keeps_marks_and_they_come_off_again():
    files = {"marked": marked(problem(), *marks_of(problem())), "plain": problem()}
    files["corrected"] = corrected(files["marked"])
    files["explained"] = explained({f"H{FIRST}": "属实"})
    files["xlsxwriter"] = marked(by_xlsxwriter(), *some_marks(by_xlsxwriter()))
    files["unsaved"] = returned(examine([read_package(unsaved(), "x.xlsx")]).examined[0]).workbook(unsaved())
    saved = office.resaved(files)
    assert sorted(statuses(saved["unsaved"])) == sorted([PENDING] * len(statuses(saved["unsaved"])))
    assert len(statuses(saved["unsaved"])) >= 4
    assert "不能报送" in str(scan(saved["unsaved"]).sheet("封面").cells.values())  # it was computed
    assert statuses(saved["marked"]) == [PENDING, PENDING]
    assert statuses(saved["corrected"]) == [CHANGED, CHANGED]
    assert findings(saved["corrected"]) == ()
    assert findings(saved["marked"]) == findings(saved["plain"])
    assert list(read_package(saved["explained"], "x").explanations.values()) == ["属实"]
    sheet = openpyxl.load_workbook(io.BytesIO(saved["marked"]))[REQUEST]
    assert any("xltools" in r.formula[0] for area in sheet.conditional_formatting for r in area.rules)
    comments = scan(saved["marked"]).sheet(REQUEST).comments
    assert [len(spans(comment.text)) for comment in comments.values()] == [1]
    for name in ("marked", "corrected", "explained", "xlsxwriter"):
        off = scan(unmarked(saved[name]))
        assert slip_of(off) is None
        assert not any(spans(c.text) for s in off.sheets for c in s.comments.values())
        assert "xltools_" not in "".join(off.names)
        assert b'"xltools' not in b"".join(
            c.replace(b"&quot;", b'"') for n, c in parts(unmarked(saved[name])).items() if "sheets" in n
        )
    again = marked(saved["marked"], *marks_of(problem()))
    assert marked(again, *marks_of(problem())) == again
    assert statuses(office.resaved({"again": again})["again"]) == [PENDING, PENDING]


@functools.cache
def unsaved():
    """A return without the results of its formulas: a broken rule, a formula of another sum, one that changes by itself."""
    data = problem()
    edits = {
        "D6": 77,
        "E29": clerk.Formula("SUM(E8:E9)", None),
        "F7": clerk.Formula("INT(RAND()*9)", Decimal(3)),
    }
    for address, content in edits.items():
        data = clerk.edited(data, REQUEST, {address: content})
    book, out = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
    book.save(out)
    return out.getvalue()


def statuses(data):
    slip = slip_of(scan(data)).sheet
    return [
        fact.text for (row, column), fact in sorted(slip.cells.items()) if column == 6 and row >= FIRST - 1
    ]


# What stands in a cell, and what may come to stand there that is something else.
CONTENTS = [
    (12, 13), (12, "12"), ("12", 12), (0, None), (None, 0), (None, " "), (-7, 7), (Decimal("96171.6"), Decimal("96171.61")),
    (Decimal("0.1"), Decimal("0.10001")), (123456789012345, 123456789012344), (Decimal("-0.30000000000000004"), 1),
    ('说"好"', "说好"), ("a & b <c>", "a & b <C>"), ("见附件" * 60, "见附件"), ("\U0001f600x", 1),
    (" 无", "无"), (clerk.Formula("1+1", Decimal(2)), 2), (2, clerk.Formula("1+1", Decimal(2))),
    (clerk.Formula("0*1", Decimal(0)), 0), (clerk.Error("#REF!"), 1), (1, clerk.Error("#DIV/0!")),
    (Decimal("1E+15"), Decimal("1.1E+15")), (True, False),
]  # fmt: skip


CELLS = [f"D{row}" for row in range(6, 30)][: len(CONTENTS)]


def with_contents(data, which):
    """The workbook with the old contents (0) or the new ones (1) typed in."""
    for address, pair in zip(CELLS, CONTENTS, strict=True):
        content = pair[which]
        data = clerk.edited(data, REQUEST, {address: content})
        if isinstance(content, bool):
            truth = (rf'(<c r="{address}"[^>]*)><v>{content}</v>', rf'\1 t="b"><v>{int(content)}</v>')
            data = clerk.with_part_changed(data, REQUEST, truth)
    return data


@pytest.mark.prove
@pytest.mark.office
def test_a_change_is_seen_by_libreoffice_and_nothing_else_is():
    data = with_contents(casefile.package({}), 0)
    marks = [CellMark(REQUEST, (address,), "x") for address in CELLS]
    once = marked(data, marks, slip_for(*(Place(REQUEST, address) for address in CELLS)))
    saved = office.resaved({"once": once, "changed": with_contents(once, 1)})
    assert statuses(once) == [PENDING] * len(CELLS)
    assert statuses(saved["once"]) == [PENDING] * len(CELLS)
    assert list(zip(CONTENTS, statuses(saved["changed"]), strict=True)) == [
        (pair, CHANGED) for pair in CONTENTS
    ]


@pytest.mark.prove
@pytest.mark.office
def test_gnumeric_keeps_marks_and_they_come_off_again():
    data = marked(problem(), *marks_of(problem()))
    saved = office.resaved_by_gnumeric(data)
    assert {f.code for f in findings(saved)} >= {"total-wrong", "text-vague"}
    assert "comment" not in {f.code for f in findings(saved)}
    off = scan(unmarked(saved))
    assert slip_of(off) is None
    assert not any(spans(c.text) for s in off.sheets for c in s.comments.values())
