"""What a cell for a figure holds, whatever surrounds it: formulas, what is hidden, lost names, damaged properties."""

from __future__ import annotations

import re
import time
import zipfile
from io import BytesIO

import clerk
import pytest
from hypothesis import given
from hypothesis import strategies as st

import casefile
from hostile import RELATIONS
from xltools.data.number import is_too_large, stored
from xltools.excel.formula import parts_of as formula_parts
from xltools.excel.formula import referred
from xltools.excel.marking import CellMark, Slip, SlipRow, marked
from xltools.excel.package import parts_of, patched, with_parts
from xltools.excel.reader import read_package
from xltools.excel.reader.garbled import is_garbled
from xltools.excel.scan import Facts, SheetFacts, scan
from xltools.excel.threads import is_thread, words_of
from xltools.form.labels import plain
from xltools.form.places import Area

TWO, THREE = "二、主动公开", "三、依申请公开"
NAME = "disclosure.licensing.decisions"  # B9 of the second section; B10 is beside the table's cells
SOUND = casefile.package({})


def changed(*changes, sheet=TWO, content=SOUND):
    """The sound return, with pattern and replacement applied to the part of a sheet, or of the workbook for ""."""
    return clerk.with_part_changed(content, sheet, *changes)


def holding(xml, address="B9", sheet=TWO, content=SOUND):
    """The sound return with this in a cell."""
    return changed(
        (rf'(<c r="{address}"(?: s="\d+")?)[^>]*>.*?</c>', lambda m: f"{m[1]}>{xml}</c>"),
        sheet=sheet,
        content=content,
    )


def beside(formula, content):
    """The workbook with a formula in B200, below the table."""
    row = f'<row r="200"><c r="B200"><f>{formula}</f><v>7</v></c></row></sheetData>'
    return changed(("</sheetData>", row), content=content)


def found(content):
    return [(finding.code, finding.address) for finding in read_package(content, "x.xlsx").findings]


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("3+4", "input-formula"),
        ("ROW(B9)", "input-formula"),
        ("COLUMNS(B9:B9)+B10", "input-formula"),
        ("SUM(台账[数量])", "input-formula"),
        ("B10*1", "input-formula"),
        ("B9", "circular-formula"),
        ("$B$9+1", "circular-formula"),
        ("'二、主动公开'!B9", "circular-formula"),
        ("SUM(B:B)", "circular-formula"),
        ("SUM(9:9)", "circular-formula"),
        ("SUM(封面:三、依申请公开!A1:C9)", "circular-formula"),
        ("INDEX(A1:C20,1,1)", "circular-formula"),
        ("=b9", "circular-formula"),
        ("[1]Sheet1!A1", "external-formula"),
        ("'C:\\台账\\[台账.xlsx]表'!A1", "external-formula"),
        ("SUM([1]!台账[数量])", "external-formula"),
        ("[1]!'Sheet1!R1C1'", "external-formula"),
        ("Excel|'台账.xls'!R1C1", "external-formula"),
        ('INDIRECT("[台账.xlsx]表!A1")', "external-formula"),
        ('DDE("soffice";"台账.ods";"表.A1")', "external-formula"),
        ("'file:///C:/台账.ods'#$表.A1", "external-formula"),
        ('WEBSERVICE("http://example.cn")', "external-formula"),
        ("IF(1,RANDBETWEEN(1,5),0)", "volatile-formula"),
        ("now()", "volatile-formula"),
        ('INDIRECT("B12")', "volatile-formula"),
        ("B10:OFFSET(B10,0,0)", "volatile-formula"),
        ("_xlfn.RANDARRAY(1)", "volatile-formula"),
        ("_xlfn.LET(_xlpm.x,B10,_xlpm.x+1)", "input-formula"),
        ("_xlfn.LET(_xlpm.x,B9,_xlpm.x+1)", "circular-formula"),
        ("_xlfn.LAMBDA(_xlpm.x,_xlpm.x+B9)(1)", "circular-formula"),
        ("_xlfn.ANCHORARRAY(B9)", "circular-formula"),
        ("MYFUNCTION(B10)", "input-formula"),
        ("_xll.MYFUNCTION(B10)", "external-formula"),
        ("[1]!MyFunction(B10)", "external-formula"),
        ("SUM('[1]甲:丙'!B9)", "external-formula"),
        ("'台账.xlsx'!许可数", "external-formula"),
        ("台账.xlsx!表1[数量]", "external-formula"),
        ("没有的表!A1", "external-formula"),
        ("'[0]二、主动公开'!B10", "input-formula"),
        ("'[0]二、主动公开'!B9", "circular-formula"),
        ("'二、主动公开'!B10:'二、主动公开'!B11", "input-formula"),
        ('IFERROR(__xludf.DUMMYFUNCTION("IMPORTRANGE(""x"",""A1"")"),7)', "external-formula"),
        ('IFERROR(__xludf.DUMMYFUNCTION("FILTER(B10:B12,B10:B12>0)"),7)', "input-formula"),
    ],
)
def test_what_a_formula_is(formula, code):
    text = formula.replace("&", "&amp;").replace("<", "&lt;")
    assert found(holding(f"<f>{text}</f><v>7</v>")) == [(code, "B9")]


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ({"甲": "[1]Sheet1!$A$1"}, "external-formula"),
        ({"甲": "乙*1", "乙": "[1]Sheet1!$A$1"}, "external-formula"),
        ({"甲": "乙", "乙": "甲"}, "circular-formula"),
        ({"甲": "甲+1"}, "circular-formula"),
        ({"甲": "B10+乙", "乙": "丙*1", "丙": "SUM(乙,B11)"}, "circular-formula"),
        (
            {"甲": "阶(3)", "阶": "_xlfn.LAMBDA(_xlpm.n,IF(_xlpm.n<2,1,_xlpm.n*阶(_xlpm.n-1)))"},
            "input-formula",
        ),
        ({"甲": "SUM(乙,乙)", "乙": "丙", "丙": "B10"}, "input-formula"),
        ({"甲": "'二、主动公开'!$B$9"}, "circular-formula"),
        ({"甲": "TODAY()"}, "volatile-formula"),
        ({"甲": "'二、主动公开'!$B$10"}, "input-formula"),
    ],
)
def test_defined_names_are_followed(names, code):
    content = clerk.with_names(holding("<f>甲+0</f><v>7</v>"), names)
    assert found(content) == [(code, "B9")]


GREEN = '<patternFill patternType="solid"><fgColor theme="9" tint="0.4"/></patternFill>'
BLACK = '<patternFill patternType="solid"><fgColor indexed="8"/></patternFill>'
DOTTED = '<patternFill patternType="gray125"><fgColor rgb="FFFFFFFF"/></patternFill>'
NONE = '<patternFill patternType="none"><fgColor rgb="FF000000"/></patternFill>'


@pytest.mark.parametrize(
    ("font", "fill", "value", "is_seen"),
    [
        ('<color rgb="FFFFFFFF"/>', NONE, "7", False),
        ('<color rgb="00F5F5F5"/>', NONE, "7", False),
        ('<color indexed="9"/>', NONE, "7", False),
        ('<color theme="0" tint="-0.05"/>', NONE, "7", False),
        ('<color theme="0" tint="-0.35"/>', NONE, "7", True),  # grey
        ('<color theme="0"/>', BLACK, "7", True),
        ("", BLACK, "7", False),
        ('<color auto="1"/>', BLACK, "7", False),
        ('<color theme="9" tint="0.4"/>', GREEN, "7", False),
        ('<color theme="9"/>', GREEN, "7", True),
        ('<color theme="0"/>', DOTTED, "7", True),
        ('<color rgb="FFFFFF00"/>', NONE, "7", True),  # yellow
        ('<color rgb="FFFFFFFF"/>', NONE, "0", True),  # adds nothing
        ('<sz val="2"/>', NONE, "7", False),
        ('<sz val="6"/>', NONE, "7", True),
        ('<name val="Wingdings 2"/>', NONE, "7", False),
        ('<name val="Webdings"/>', NONE, "0", True),
        ('<name val="Symbol"/>', NONE, "7", True),  # its digits are digits
        ('<sz val="x"/><color rgb="white"/>', NONE, "7", True),
    ],
)
def test_a_text_in_the_colour_of_the_background_is_not_seen(font, fill, value, is_seen):
    content = clerk.with_look(SOUND, TWO, "B9", {"font": font, "fill": fill, "value": value})
    assert found(content) == ([] if is_seen else [("hidden-cells", "B9")])


@pytest.mark.parametrize(
    ("code", "is_seen"),
    [
        ("[White]0", False),
        ("[白色]G/通用格式", False),
        ("[Color 2]0;[Red]-0", False),
        ("[>100][White]0;0", True),
        ("[Red]0", True),
        ("[Black]0", True),
    ],
)
def test_the_colour_of_a_number_format_outweighs_that_of_the_font(code, is_seen):
    content = clerk.with_number_format(SOUND, TWO, "B9", {"code": code, "value": "7"})
    assert found(content) == ([] if is_seen else [("hidden-cells", "B9")])


@pytest.mark.parametrize(
    ("code", "ranges", "value", "is_told"),
    [
        (";;;", "B9", "7", True),
        ("0!.0000", "A1:A3 B9:D10", "70000", True),
        ("0%", "B9", "7", True),
        ("yyyy-mm-dd", "B9", "7", True),
        ("#,##0", "B9", "7000", False),
        (";;;", "B9", "0.0", False),  # adds nothing
        (";;;", "B10:D11", "7", False),  # elsewhere
    ],
)
def test_what_a_conditional_format_shows_otherwise_is_told(code, ranges, value, is_told):
    xml = f'<dxf><numFmt numFmtId="500" formatCode="{code}"/></dxf></dxfs>'.encode()
    before = parts_of(SOUND)["xl/styles.xml"].count(b"<dxf>")
    styled = patched(
        holding(f"<v>{value}</v>"), {"xl/styles.xml": lambda part: part.replace(b"</dxfs>", xml)}
    )
    rules = f'<cfRule type="expression" dxfId="{before}" priority="1"><formula>1</formula></cfRule>'
    content = conditioned(styled, f'<conditionalFormatting sqref="{ranges}">{rules}</conditionalFormatting>')
    assert found(content) == ([("hidden-cells", "B9")] if is_told else [])


def with_style_of_condition(content, xml):
    """The workbook with one more style of conditional formats, and its number."""
    number = parts_of(content)["xl/styles.xml"].count(b"<dxf>")
    style = f"<dxf>{xml}</dxf></dxfs>".encode()
    return patched(content, {"xl/styles.xml": lambda part: part.replace(b"</dxfs>", style)}), number


WHITE, RED = (
    '<font><color rgb="FFFFFFFF"/></font>',
    '<fill><patternFill><bgColor rgb="FFFF0000"/></patternFill></fill>',
)
EXPRESSION = '<cfRule type="expression" dxfId="{}" priority="1"><formula>{}</formula></cfRule>'
COMPARED = '<cfRule type="cellIs" operator="{}" dxfId="{}" priority="1"><formula>{}</formula></cfRule>'


@pytest.mark.parametrize(
    ("style", "rule", "is_told"),
    [
        (WHITE, EXPRESSION.format("{}", "B9&gt;0"), True),
        (WHITE, EXPRESSION.format("{}", "$A$1=1"), True),
        (WHITE + RED, EXPRESSION.format("{}", "B9&gt;0"), False),
        ('<fill><patternFill><bgColor theme="1"/></patternFill></fill>', EXPRESSION.format("{}", "1"), True),
        (RED, EXPRESSION.format("{}", "1"), False),
        ('<fill><patternFill><bgColor auto="1"/></patternFill></fill>', EXPRESSION.format("{}", "1"), False),
        (WHITE, EXPRESSION.format("{}", "B9=0"), False),  # the usual way to leave out zeros
        (WHITE, EXPRESSION.format("{}", "ISERROR(B9)"), False),
        (WHITE, COMPARED.format("equal", "{}", "0"), False),
        (WHITE, COMPARED.format("lessThan", "{}", "10"), True),
        (WHITE, COMPARED.format("lessThan", "{}", "$A$1"), True),
        (WHITE, '<cfRule type="containsBlanks" dxfId="{}" priority="1"><formula>1</formula></cfRule>', False),
    ],
)
def test_a_conditional_format_that_hides_by_colour_is_told(style, rule, is_told):
    content, number = with_style_of_condition(holding("<v>7</v>"), style)
    rule = f'<conditionalFormatting sqref="B9">{rule.format(number)}</conditionalFormatting>'
    assert found(conditioned(content, rule)) == ([("hidden-cells", "B9")] if is_told else [])


@pytest.mark.parametrize(
    "inside",
    [
        '<x14:cfRule type="expression"><xm:f>1</xm:f><x14:dxf><font><color theme="0"/></font></x14:dxf></x14:cfRule>',
        '<x14:cfRule type="expression"><xm:f>1</xm:f><x14:dxf><numFmt numFmtId="0" formatCode=";;;"/></x14:dxf></x14:cfRule>',
        '<x14:cfRule type="iconSet"><x14:iconSet iconSet="3Stars" showValue="0"/></x14:cfRule>',
    ],
)
def test_conditional_formats_of_later_editions_are_read(inside):
    spaces = 'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"'
    extension = (
        f"<extLst><ext {spaces}><x14:conditionalFormattings><x14:conditionalFormatting>{inside}<xm:sqref>A1 B9</xm:sqref>"
        "</x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst></worksheet>"
    )
    content = changed(("</worksheet>", extension), content=holding("<v>7</v>"))
    assert found(content) == [("hidden-cells", "B9")]


@pytest.mark.parametrize(("shows", "is_told"), [("0", True), ("1", False)])
def test_bars_and_signs_in_place_of_figures_are_told(shows, is_told):
    rule = f'<cfRule type="iconSet" priority="1"><iconSet iconSet="3Arrows" showValue="{shows}"/></cfRule>'
    content = conditioned(
        holding("<v>7</v>"), f'<conditionalFormatting sqref="B9">{rule}</conditionalFormatting>'
    )
    assert found(content) == ([("hidden-cells", "B9")] if is_told else [])


def conditioned(content, xml):
    """The workbook with conditional formats in front of the others."""
    return changed(("(</mergeCells>)", lambda m: m[1] + xml), content=content)


def test_a_name_that_is_a_function_is_followed():
    content = clerk.with_names(
        holding("<f>加(B10)</f><v>7</v>"), {"加": "_xlfn.LAMBDA(_xlpm.x,_xlpm.x+NOW())"}
    )
    assert found(content) == [("volatile-formula", "B9")]


TABLE = (
    '<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" name="t" displayName="台账" '
    'ref="A200:C203" totalsRowCount="1"><tableColumns count="3"><tableColumn id="1" name="单位"/>'
    '<tableColumn id="2" name="数量[件]"/><tableColumn id="3" name="备注"/></tableColumns></table>'
)


@pytest.mark.parametrize(
    ("reference", "place", "formula", "code"),
    [
        ("台账[数量'[件']]", "B201", "[1]S!A1", "external-formula"),
        ("台账[数量'[件']]", "B202", "B9", "circular-formula"),
        ("台账[[#All],[数量'[件']]]", "B200", "B9", "circular-formula"),
        ("台账[[#Totals],[数量'[件']]]", "B203", "NOW()", "volatile-formula"),
        ("台账[[单位]:[备注]]", "B201", "NOW()", "volatile-formula"),
        ("台账[]", "B201", "NOW()", "volatile-formula"),
        ("台账", "B201", "NOW()", "volatile-formula"),
        ("台账[数量'[件']]", "B203", "NOW()", "input-formula"),  # the total is not in the data
        ("台账[数量'[件']]", "B200", "NOW()", "input-formula"),  # nor is the head
        ("台账[备注]", "B201", "NOW()", "input-formula"),
        ("台账[[#This Row],[备注]]", "C201", "NOW()", "input-formula"),  # of the row of the formula only
        ("台账[@数量'[件']]", "B201", "NOW()", "circular-formula"),  # the cell itself
    ],
)
def test_parts_of_tables_are_followed(reference, place, formula, code):
    cell = f'<row r="{place[1:]}"><c r="{place}"><f>{formula}</f><v>7</v></c></row></sheetData>'
    content = changed(("</sheetData>", cell), content=holding(f"<f>SUM({reference})</f><v>7</v>"))
    assert found(with_table(content, TABLE)) == [(code, "B9")]


def with_table(content, xml):
    """The workbook with a table on the sheet of the tests."""
    part = clerk.part_of(content, TWO)
    relations = re.sub("([^/]+)$", r"_rels/\1.rels", part)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/table"
    told = f'<Relationships><Relationship Id="t1" Type="{kind}" Target="../tables/t.xml"/></Relationships>'
    assert relations not in parts_of(content)
    return with_parts(content, {relations: told.encode(), "xl/tables/t.xml": xml.encode()})


def test_a_name_of_one_sheet_is_followed_there():

    name = '<definedName name="甲" localSheetId="2">[1]S!$A$1</definedName></definedNames>'
    content = holding("<f>甲</f><v>7</v>", content=changed(("</definedNames>", name), sheet=""))
    assert found(content) == [("external-formula", "B9")]
    elsewhere = holding(
        "<f>甲</f><v>7</v>", content=changed(("</definedNames>", name.replace('"2"', '"3"')), sheet="")
    )
    assert found(elsewhere) == [("input-formula", "B9")]


def test_what_another_cell_does_counts():
    """The figure is no better than the cells that it is taken from, on other sheets too."""
    for formula, code in (
        ("[1]S!A1", "external-formula"),
        ("B9", "circular-formula"),
        ("RAND()", "volatile-formula"),
    ):
        content = holding("<f>SUM(B199:B200)</f><v>7</v>")
        assert found(beside(formula, content)) == [(code, "B9")]


def test_a_circle_that_the_cell_only_leads_into_has_no_result_either():
    assert found(beside("B200+1", holding("<f>B200</f><v>0</v>"))) == [("circular-formula", "B9")]


@pytest.mark.parametrize(
    ("opening", "code"),
    [
        ('<f t="array" ref="B12:B13">G30:G31</f>', "input-formula"),
        ('<f t="array" ref="B12:B13">[1]S!A1:A2</f>', "external-formula"),
        ('<f t="array" ref="B12:B13">B13:B14</f>', "circular-formula"),
        ('<f t="dataTable" ref="B12:B13" r1="G3"/>', "input-formula"),
    ],
)
def test_each_cell_of_an_array_is_part_of_its_formula(opening, code):
    assert found(holding(f"{opening}<v>7</v>", "B12")) == [(code, "B12"), (code, "B13")]


@pytest.mark.prove
def test_thousands_of_formulas_in_a_chain_take_no_time_and_no_stack():
    chain = "".join(f'<row r="{n}"><c r="B{n}"><f>B{n + 1}</f><v>1</v></c></row>' for n in range(200, 9000))
    content = holding("<f>B200</f><v>1</v>", content=changed(("</sheetData>", f"{chain}</sheetData>")))
    assert found(content) == [("input-formula", "B9")]


def test_formulas_that_are_costly_to_parse_are_given_up():
    """What was not followed is still a formula; the formula of the cell itself tells what it can."""
    text = "+".join(f"A{n}" for n in range(1, 1500))
    chain = "".join(
        f'<row r="{n}"><c r="B{n}"><f>B{n + 1}+{n}+{text}</f><v>1</v></c></row>' for n in range(200, 600)
    )
    content = changed(("</sheetData>", f"{chain}</sheetData>"))
    started = time.process_time()
    assert found(holding("<f>B200</f><v>1</v>", content=content)) == [("input-formula", "B9")]
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("B9", ("", "", Area.at(8, 1))),
        ("$B$9:C10", ("", "", Area(8, 1, 9, 2))),
        ("C10:B9", ("", "", Area(8, 1, 9, 2))),
        ("'甲''乙'!B9", ("甲'乙", "甲'乙", Area.at(8, 1))),
        ("甲:乙!B9", ("甲", "乙", Area.at(8, 1))),
        ("B:C", ("", "", Area(0, 1, (1 << 20) - 1, 2))),
        ("9:10", ("", "", Area(8, 0, 9, (1 << 14) - 1))),
        ("名称", None),
        ("B", None),
        ("9", None),
    ],
)
def test_references(reference, place):
    assert referred(reference) == place


@given(st.text(st.sampled_from("AB19$:!'[]()|,;=+ \"#@甲ROW"), max_size=25))
def test_any_text_can_be_a_formula(text):
    parts = formula_parts(text)
    for reference in parts.references if parts else ():
        referred(reference)


# -- what cannot be seen


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([('(<row r="9"[^>]*) ht="[^"]*"', r'\1 ht="0"')], ("B9", "9")),
        ([('(<row r="9"[^>]*) ht="[^"]*"', r'\1 ht="0.75"')], ("B9", "9")),
        ([('(<row r="9")', r'\1 hidden="true"')], ("B9", "9")),
        (
            [
                ('(<row r="9"[^>]*) ht="[^"]*"', r"\1"),
                ("<sheetFormatPr [^>]*/>", '<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/>'),
            ],
            ("B9", "9"),
        ),
        (
            [
                ('(<row r="9"[^>]*) ht="[^"]*"', r"\1"),
                ("<sheetFormatPr [^>]*/>", '<sheetFormatPr defaultRowHeight="0"/>'),
            ],
            ("B9", "9"),
        ),
        (
            [
                ("<sheetFormatPr [^>]*/>", '<sheetFormatPr defaultRowHeight="15" defaultColWidth="0"/>'),
                (
                    "<cols>.*?</cols>",
                    '<cols><col min="1" max="1" width="30"/><col min="3" max="9" width="9"/></cols>',
                ),
            ],
            ("B5", "B"),
        ),
        (
            [
                ("<sheetFormatPr [^>]*/>", '<sheetFormatPr defaultRowHeight="15" defaultColWidth="0.1"/>'),
                (
                    "<cols>.*?</cols>",
                    '<cols><col min="1" max="1" width="30"/><col min="2" max="2"/><col min="3" max="9" width="9"/></cols>',
                ),
            ],
            ("B5", "B"),
        ),
        ([("(<sheetView [^>]*)>", r'\1 topLeftCell="A6">')], ("B3", "3、4、5")),  # above frozen panes
        ([("(<mergeCells[^>]*>)", r'\1<mergeCell ref="A9:B9"/>')], ("B9", "B9")),
        ([("(<mergeCells[^>]*>)", r'\1<mergeCell ref="B12:B13"/>')], ("B13", "B13")),
    ],
)
def test_what_cannot_be_seen_is_named(changes, expected):
    (finding,) = read_package(changed(*changes), "x.xlsx").findings
    assert (finding.code, finding.address, finding.found) == ("hidden-cells", *expected)


def test_rows_with_a_height_of_their_own_are_seen():
    assert not found(
        changed(("<sheetFormatPr [^>]*/>", '<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/>'))
    )


def test_where_panes_are_not_split_people_can_scroll_back():
    scrolled = (r"(<sheetView [^>]*)><pane ", r'\1 topLeftCell="C1"><pane xSplit="0" ')
    assert not found(changed(scrolled))
    assert found(changed((scrolled[0], scrolled[1].replace('"0"', '"1"'))))


def test_a_merged_area_beside_the_cells_hides_nothing():
    assert not found(changed((r"(<mergeCells[^>]*>)", r'\1<mergeCell ref="B14:B15"/>')))


def styled(xml, border=""):
    """The return with a cell of a style with this XML inside, and perhaps with another border."""
    styles = parts_of(SOUND)["xl/styles.xml"].decode()
    count = int(re.search('<cellXfs count="([0-9]+)"', styles)[1])
    borders = styles.partition("</borders>")[0].count("<border>")
    number = borders if border else 0
    styles = styles.replace("</cellXfs>", f'<xf numFmtId="0" borderId="{number}">{xml}</xf></cellXfs>')
    styles = styles.replace("</borders>", f"{border}</borders>")
    content = patched(SOUND, {"xl/styles.xml": lambda _: styles.encode()})
    return changed((r'<c r="B13" s="\d+"', f'<c r="B13" s="{count}"'), content=content)


def test_a_number_that_the_alignment_repeats_is_not_seen_as_it_is():
    assert found(styled('<alignment horizontal="fill"/>')) == [("hidden-cells", "B13")]
    assert not found(styled('<alignment horizontal="center"/>'))


def test_a_line_across_a_cell_strikes_its_figure_out():
    crossed = '<border diagonalUp="1"><left/><diagonal style="thin"/></border>'
    assert found(styled("", crossed)) == [("struck-out", "B13")]
    assert not found(styled("", '<border><left style="thin"/><diagonal/></border>'))


TEXT_BOX = "<xdr:sp><xdr:nvSpPr><xdr:cNvPr id='2' name='x'{}/></xdr:nvSpPr><xdr:spPr>{}</xdr:spPr>{}</xdr:sp>"
WORDS = "<xdr:txBody><a:p><a:r><a:t>150</a:t></a:r></a:p></xdr:txBody>"


def drawn(inside, row, last, column=1):
    """The return with something drawn over the cells from *row* to *last*, from 0, of one column."""
    places = "".join(
        f"<xdr:{end}><xdr:col>{at}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{line}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:{end}>"
        for end, at, line in (("from", column, row), ("to", column + 1, last + 1))
    )
    names = "http://schemas.openxmlformats.org/drawingml/2006/"
    root = f'<xdr:wsDr xmlns:xdr="{names}spreadsheetDrawing" xmlns:a="{names}main">'
    drawing = f"{root}<xdr:twoCellAnchor>{places}{inside}<xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
    sheet = clerk.part_of(SOUND, TWO).rpartition("/")[2]
    relation = f'<Relationship Id="d" Type="{RELATIONS}/drawing" Target="../drawings/drawing9.xml"/>'
    return with_parts(
        SOUND,
        {
            "xl/drawings/drawing9.xml": drawing.encode(),
            f"xl/worksheets/_rels/{sheet}.rels": f"<Relationships>{relation}</Relationships>".encode(),
        },
    )


@pytest.mark.parametrize(
    ("inside", "rows", "told"),
    [
        ("<xdr:pic/>", (12, 12), "B13"),
        ("<xdr:pic/>", (11, 12), "B12:B13"),
        ("<xdr:pic/>", (20, 30), ""),
        ("<xdr:cxnSp/>", (12, 12), "B13"),
        (TEXT_BOX.format("", "", WORDS), (8, 8), "B9"),
        (TEXT_BOX.format("", "<a:noFill/>", WORDS), (8, 8), "B9"),
        (TEXT_BOX.format("", "<a:noFill/>", ""), (8, 8), ""),  # a frame around a figure
        (TEXT_BOX.format(" hidden='1'", "", WORDS), (8, 8), ""),
    ],
)
def test_what_lies_beneath_a_picture_or_a_text_box_is_named(inside, rows, told):
    findings = read_package(drawn(inside, *rows), "x.xlsx").findings
    assert [(f.code, f.found) for f in findings] == ([("hidden-cells", told)] if told else [])


def test_a_text_box_with_a_figure_over_a_blank_cell_is_named():
    for inside, told in ((TEXT_BOX.format("", "", WORDS), True), ("<xdr:pic/>", False)):
        blank = clerk.edited(drawn(inside, 8, 8), TWO, {"B9": None})
        assert (("hidden-cells", "B9") in found(blank)) == told


# -- runs of a text

RUN = "<r><rPr>{}</rPr><t>{}</t></r>"


@pytest.mark.parametrize(
    ("runs", "code"),
    [
        ("<r><t>1</t></r><r><t>2</t></r>", "text-as-number"),
        (RUN.format("<b/>", "1") + "<r><t>2</t></r>", "text-as-number"),
        (RUN.format("<strike/>", "9") + "<r><t>12</t></r>", "text-two-numbers"),
        (RUN.format('<strike val="0"/>', "1") + "<r><t>2</t></r>", "text-as-number"),
        ("<r><t>12</t></r>" + RUN.format('<vertAlign val="superscript"/>', "1"), "text-two-numbers"),
        (RUN.format('<color rgb="FFFFFFFF"/>', "9") + "<r><t>12</t></r>", "text-two-numbers"),
        (RUN.format('<sz val="1"/>', "9") + "<r><t>12</t></r>", "text-two-numbers"),
        (RUN.format('<rFont val="Wingdings"/>', "9") + "<r><t>12</t></r>", "text-two-numbers"),
        (RUN.format("<strike/>", "无"), "text-nothing"),
        (RUN.format('<vertAlign val="superscript"/>', "12"), "text-as-number"),
        (RUN.format("<strike/>", "12"), "struck-out"),
        (
            RUN.format("<strike/>", "1") + RUN.format('<b/><strike val="true"/>', "2") + "<r><t>件</t></r>",
            "struck-out",
        ),
        (RUN.format("<strike/>", "约") + "<r><t>12</t></r>", "text-vague"),
        (RUN.format("<strike/>", "件") + "<r><t>12</t></r>", "not-a-number"),
        (RUN.format("<strike/>", "0"), "text-as-number"),
    ],
)
@pytest.mark.parametrize("is_shared", [True, False])
def test_digits_of_a_run_that_is_set_apart_are_no_part_of_a_number(runs, code, is_shared):
    if is_shared:
        number = parts_of(SOUND)["xl/sharedStrings.xml"].count(b"<si>")
        added = f"<si>{runs}</si></sst>".encode()
        content = patched(SOUND, {"xl/sharedStrings.xml": lambda part: part.replace(b"</sst>", added)})
        kind, inside = "s", f"<v>{number}</v>"
    else:
        content, kind, inside = SOUND, "inlineStr", f"<is>{runs}</is>"
    cell = (r'(<c r="B9"(?: s="\d+")?)[^>]*>.*?</c>', lambda m: f'{m[1]} t="{kind}">{inside}</c>')
    assert found(changed(cell, content=content)) == [(code, "B9")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            r'(<c r="B9"[^>]*>)(<v>[^<]*</v>)',
            r"\1<mc:AlternateContent><mc:Choice>\2</mc:Choice></mc:AlternateContent>",
        ),
        (r'(<row r="9".*?</row>)', r"<mc:AlternateContent><mc:Choice>\1</mc:Choice></mc:AlternateContent>"),
    ],
)
def test_cells_with_alternatives_are_not_guessed(old, new):
    assert [code for code, _ in found(changed((old, new)))] == ["damaged"]


def test_a_text_with_alternatives_is_not_guessed():
    both = b"<si><mc:AlternateContent><mc:Choice><t>1</t></mc:Choice></mc:AlternateContent></si></sst>"
    content = patched(SOUND, {"xl/sharedStrings.xml": lambda part: part.replace(b"</sst>", both)})
    assert [code for code, _ in found(content)] == ["damaged"]


def test_alternatives_around_other_elements_do_no_harm():
    around = "<mc:AlternateContent><mc:Choice><controls/></mc:Choice></mc:AlternateContent></worksheet>"
    assert not found(changed(("</worksheet>", around)))


def test_a_formula_that_shows_nothing_is_blank():
    cell = (
        r'(<c r="B9"(?: s="\d+")?)[^>]*>.*?</c>',
        lambda m: f'{m[1]} t="str"><f>IF(B10&gt;0,B10,"")</f><v></v></c>',
    )
    assert [code for code, _ in found(changed(cell)) if code != "input-formula"] == ["blank"]


# -- stored values


@pytest.mark.parametrize("value", [" 12 ", "\n  12\n", "12\u200e", "\ufeff12", "12\u00a0", "\u300012"])
def test_white_space_round_a_stored_value_does_not_count(value):
    filing = read_package(holding(f"<v>{value}</v>"), "x.xlsx")
    assert not filing.findings
    assert filing.record.values[NAME] == 12


@pytest.mark.parametrize(
    ("value", "code"),
    [
        *(
            ("1E400", "number-too-large"),
            ("1234567890123456", "number-too-large"),
            ("1E99999999999", "number-too-large"),
        ),
        *(
            (value, "not-a-number")
            for value in ("NaN", "INF", "1E-400", "1E-999999999", "1E-99999999999", "0x94")
        ),
        *((value, "not-a-number") for value in ("148,0", "１２", "١٢", "1_0", "1 2", "--1", "1e", ".")),
    ],
)
def test_what_is_no_number_is_not_too_large(value, code):
    assert found(holding(f"<v>{value}</v>")) == [(code, "B9")]
    assert stored(value) is None
    assert is_too_large(value) == (code == "number-too-large")


# -- labels and names of sheets


@given(st.sampled_from(["行政许可", "（一）", "总计"]), st.data())
def test_what_nobody_sees_changes_no_label(label, data):
    signs = data.draw(
        st.lists(
            st.sampled_from("\u200b\ufeff\u200e\u00ad\u2060\u202a \u00a0\u3000\n\r\t\u2028\ufe0f"), max_size=4
        )
    )
    text = label
    for sign in signs:
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + sign + text[place:]
    assert plain(text) == plain(label)


def test_white_space_in_the_name_of_a_sheet_does_not_count():
    facts = Facts([SheetFacts("五、问题 \u200b"), SheetFacts("五、 问题")])
    assert facts.sheet("五、问题") is facts.sheets[0]
    assert facts.sheet("五、 问题") is facts.sheets[1]
    assert facts.sheet("六") is None
    for name in (f"{TWO} ", f"\u200b{TWO}"):
        assert not found(changed((f'name="{TWO}"', f'name="{name}"'), (f"'{TWO}'!", f"'{name}'!"), sheet=""))


# -- lost names and properties


@pytest.mark.parametrize("left", ["#REF!", "'[1]二、主动公开'!", "'旧表'!", "[1]二、主动公开!"])
def test_names_of_a_sheet_that_is_gone_do_not_count(left):
    assert not found(changed((f"'{TWO}'!", left), sheet=""))


def test_a_stamp_that_is_only_on_the_cover_is_read_beside_its_labels():
    content = clerk.without_properties(clerk.without_names(SOUND))
    filing = read_package(content, "x.xlsx")
    assert [finding.code for finding in filing.findings] == ["stamp-from-cover"]
    assert filing.stamp == read_package(SOUND, "x.xlsx").stamp
    for name in ("封\u200b面", "封面 - 表格 1"):
        renamed = read_package(
            changed(('name="封面"', f'name="{name}"'), sheet="", content=content), "x.xlsx"
        )
        assert renamed.stamp == filing.stamp
    moved = clerk.with_row_inserted(content, "封面", 3)
    assert read_package(moved, "x.xlsx").stamp == filing.stamp
    without = clerk.edited(content, "封面", {"B6": None})
    assert [finding.code for finding in read_package(without, "x.xlsx").findings] == ["no-stamp"]


@pytest.mark.parametrize("charset", ["latin-1", "cp1252", "gb18030", "mac_roman"])
def test_properties_that_were_decoded_wrongly(charset):
    def spoil(part):
        return part.decode().encode().decode(charset, "replace").encode()

    filing = read_package(patched(SOUND, {"docProps/custom.xml": spoil}), "x.xlsx")
    assert [finding.code for finding in filing.findings] == ["stamp-garbled"]
    assert filing.stamp == read_package(SOUND, "x.xlsx").stamp


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=12))
def test_another_name_is_not_taken_for_a_garbled_one(name):
    assert not is_garbled("青禾区教育局", name)
    assert not is_garbled(name, name)
    assert is_garbled(name, name.encode().decode("latin-1").strip())


# -- threads

NOTICE = "[线程批注]\n\n你的 Excel 可读取此批注。了解详细信息: https://go.microsoft.com/fwlink/?linkid=870924\n\n注释:\n"


def test_the_words_of_a_thread():
    assert words_of(f"{NOTICE}    实际是 150，请改\n答复:\n    说明：好的") == "实际是 150，请改\n说明：好的"
    assert words_of("普通批注:\n    好") == "普通批注:\n    好"
    assert is_thread("tc={1}", "")
    assert is_thread("", NOTICE)
    assert not is_thread("张三", "好")


def test_no_mark_goes_into_the_note_of_a_thread():
    content = clerk.with_comment(SOUND, TWO, "B9", f"{NOTICE}    请改")
    slip = Slip((SlipRow("x"),))
    for addresses in (("B9",), ("B9", "B12")):
        result = marked(content, [CellMark(TWO, addresses, "此处有误")], slip)
        assert scan(result).sheet(TWO).comments == scan(content).sheet(TWO).comments
    result = marked(content, [CellMark(TWO, ("B12",), "此处有误"), CellMark(TWO, ("B9",), "此处有误")], slip)
    comments = scan(result).sheet(TWO).comments
    assert comments[8, 1] == scan(content).sheet(TWO).comments[8, 1]
    assert "此处有误" in comments[11, 1].text
    with zipfile.ZipFile(BytesIO(result)) as file:
        drawings = [name for name in file.namelist() if re.search(r"vml", name)]
        assert sum(file.read(name).count(b"<v:shape ") for name in drawings) == 1
