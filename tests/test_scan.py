"""The scanner against packages as other programs write them; test_witness.py holds it against openpyxl."""

from __future__ import annotations

import io
import re
import time
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.formula import Tokenizer
from openpyxl.formula.translate import Translator

from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.formula import SharedFormula, canonical, is_same, rectangles
from xltools.excel.package import patched
from xltools.excel.scan import Limits, ScanError, scan
from xltools.excel.writer import write_return
from xltools.form.address import a1, column_index, column_name
from xltools.office.guard import Budget


@pytest.fixture(scope="module")
def package():
    from xltools.form.library import find

    form = find("xxgk-2021")
    values = {cell.name: Decimal(index) for index, cell in enumerate(form.inputs)}
    prose = {"overview.proactive": ' 前后有空格 \n第二行 & <记号> "引号"'}
    return write_return(
        form, Stamp(form.key, form.edition, Period(2024), Agency("区", "1", "局")), values, prose
    )


def retold(package, part, *replacements):
    def change(content):
        text = content.decode()
        for old, new in replacements:
            changed = re.sub(old, new, text)
            assert changed != text, old
            text = changed
        return text.encode()

    return patched(package, {part: change})


def cells(package):
    return [(sheet.name, sheet.cells) for sheet in scan(package).sheets]


SHEET = "xl/worksheets/sheet3.xml"


def test_prefixed_namespaces_read_the_same(package):
    def change(content):
        text = content.decode()
        head, _, body = text.partition("?>")
        body = re.sub(r"<(/?)(\w)", r"<\1x:\2", body).replace("xmlns=", "xmlns:x=")
        return f"{head}?>{body}".encode()

    assert cells(patched(package, {SHEET: change})) == cells(package)


def test_cells_and_rows_without_an_address_are_counted(package):
    """Cells follow one another when they carry no address; so does the writer's table, where it has no gaps."""
    book = openpyxl.Workbook()
    for row in range(4):
        book.active.append([row, row + 1, "x"])
    out = io.BytesIO()
    book.save(out)
    bare = retold(out.getvalue(), "xl/worksheets/sheet1.xml", (r' r="[A-Z]*\d+"', ""))
    assert cells(bare) == cells(out.getvalue())


def test_a_wrong_dimension_means_nothing(package):
    wrong = retold(package, SHEET, (r'<dimension ref="[^"]*"', '<dimension ref="A1"'))
    assert cells(wrong) == cells(package)


def test_utf16_parts_read_the_same(package):
    def change(content):
        return content.decode().replace("UTF-8", "UTF-16").encode("utf-16")

    assert cells(patched(package, {SHEET: change})) == cells(package)


def test_part_names_of_another_case_and_with_backslashes_are_found(package):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            other = name.replace("/", "\\") if "sheet2" in name else name.replace("xl/", "XL/")
            new.writestr(other, old.read(name))
    assert cells(out.getvalue()) == cells(package)


@pytest.mark.parametrize(
    ("in_zip", "in_relation"), [("表 2.xml", "%E8%A1%A8%202.xml"), ("%e8%a1%a8%202.xml", "表 2.xml")]
)
def test_part_names_with_escapes_are_found(in_zip, in_relation, package):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/_rels/workbook.xml.rels":
                content = content.replace(b"sheet2.xml", in_relation.encode())
            new.writestr(name.replace("sheet2.xml", in_zip), content)
    assert cells(out.getvalue()) == cells(package)


def test_rich_text_is_joined_and_phonetic_guides_are_left_out():
    book = openpyxl.Workbook()
    book.active["A1"] = "甲乙丙"
    out = io.BytesIO()
    book.save(out)
    rich = "<si><r><t>甲</t></r><r><rPr><b/></rPr><t>乙丙</t></r><rPh sb='0' eb='1'><t>ジャ</t></rPh></si>"
    told = retold(out.getvalue(), "xl/sharedStrings.xml", (r"<si>.*</si>", rich))
    assert scan(told).sheets[0].cells[0, 0].text == "甲乙丙"


def test_shared_formulas_are_expanded():
    book = openpyxl.Workbook()
    for row in range(1, 4):
        book.active.cell(row, 1, row)
        book.active.cell(row, 2, f"=A{row}+$A$1")
    out = io.BytesIO()
    book.save(out)
    shared = retold(
        out.getvalue(),
        "xl/worksheets/sheet1.xml",
        (r"<f>A1\+\$A\$1</f>", '<f t="shared" ref="B1:B3" si="0">A1+$A$1</f>'),
        (r"<f>A[23]\+\$A\$1</f>", '<f t="shared" si="0"/>'),
    )
    found = scan(shared).sheets[0].cells
    assert [found[row, 1].formula for row in range(3)] == ["A1+$A$1", "A2+$A$1", "A3+$A$1"]


def one_cell(content, attributes=""):
    """What the scanner makes of a cell that holds that."""
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    out = io.BytesIO()
    book.save(out)
    cell = (r'<c r="A1"[^>]*>.*?</c>', f'<c r="A1"{attributes}>{content}</c>')
    return scan(retold(out.getvalue(), "xl/worksheets/sheet1.xml", cell)).sheets[0].cells.get((0, 0))


@pytest.mark.parametrize(
    ("content", "attributes", "expected"),
    [
        ("<is><t>甲</t></is><v>7</v>", ' t="inlineStr"', ("s", "甲", None)),
        ("<v>7</v>", ' t="inlineStr"', ("s", "7", None)),
        ("<is><t>甲</t></is>", ' t="n"', None),
        (
            "<is><r><t>甲</t></r><r><t>乙</t></r><rPh><t>x</t></rPh></is>",
            ' t="inlineStr"',
            ("s", "甲乙", None),
        ),
        ('<f t="dataTable" ref="A1" r1="B1"/><v>7</v>', "", ("n", "7", "TABLE()")),
        ('<f t="array" ref="A1">B1</f><v>7</v>', "", ("n", "7", "B1")),
        ("<f/><v>7</v>", "", ("n", "7", None)),
        ("<v>7</v>", ' s=" 0 "', ("n", "7", None)),
        ("<v>7</v>", ' s=""', ("n", "7", None)),
        ("<f>B1</f><v/>", "", ("n", None, "B1")),
        ("<v>_x0041__x000a__x005F_x0042_</v>", ' t="str"', ("s", "A\n_x0042_", None)),
        ("<v>_xD83D__xDE00__xD800__x001B_</v>", ' t="str"', ("s", "\U0001f600\ufffd\ufffd", None)),
    ],
)
def test_a_cell_is_read_by_its_type(content, attributes, expected):
    fact = one_cell(content, attributes)
    assert (fact and tuple(fact)[:3]) == expected


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A1+B2", "B3+C4"),
        ("$A1+A$1+$A$1", "$A3+B$1+$A$1"),
        ("IF(A1=\"A1\",LOG10(B1),'A1'!C1)", "IF(B3=\"A1\",LOG10(C3),'A1'!D3)"),
        ("SUM(A1:B2)", "SUM(B3:C4)"),
        ("SUM(F:G)", "SUM(G:H)"),
        ("SUM(3:4)", "SUM(5:6)"),
        ("SUM($F:G,3:$4)", "SUM($F:H,5:$4)"),
        ("SUM('A1:B2'!F:G,表!A1)+表!A1x", "SUM('A1:B2'!G:H,表!B3)+表!A1x"),
        ("A1 B2,T[A1]&{1,2}", "B3 C4,T[A1]&{1,2}"),
        ("A1)", "A1)"),
    ],
)
def test_shifting_touches_references_only(formula, moved):
    assert SharedFormula(formula, 5, 3).at(7, 4) == moved


def test_a_reference_shifted_off_the_sheet_is_broken():
    assert SharedFormula("A1+B3", 2, 0).at(0, 0) == "#REF!+B1"
    assert SharedFormula("A1+$A$1", 0, 1).at(0, 0) == "#REF!+$A$1"


def test_canonical_formulas_forget_what_programs_change():
    same = ["=SUM( $A$1:B2 )+true()", "sum(A1:B2)+TRUE", "SUM(A1:B2)+_xlfn.TRUE()"]
    assert len({canonical(text) for text in same}) == 1
    assert canonical("'表'!A1:A1") == canonical("表!A1")
    assert canonical('"a b"&A1') != canonical('"ab"&A1')
    assert canonical("A1+B1") != canonical("A1+B2")
    assert canonical("A:A") != canonical("A")
    assert canonical("A1\n+B1") == canonical("a1 + b1")
    assert canonical(") A1") != canonical(")A1"), "it cannot be parsed, so it is compared as text"


def test_long_formulas_are_compared_and_moved_quickly():
    begun = time.perf_counter()
    for text in ("[]" * 4000, "1+" * 4000 + "1", "A1 " * 100_000):
        assert not is_same(text, "A1+B2")
        assert is_same(text, text)
        SharedFormula(text, 0, 0).at(1, 1)
        canonical(text)
    assert time.perf_counter() - begun < 2


FORMULAS = st.recursive(
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["", "表!", "'a b''c'!", "Sheet1!"]),
        *(st.sampled_from(["", "$"]), st.sampled_from(["C", "F", "xfd", "AA"])),
        *(st.sampled_from(["", "$"]), st.integers(4, 2000)),
    )
    | st.sampled_from(["C:D", "3:4", "$C:F", "1.5", '"A1 ""C4"" x"', "TRUE()", "rate", "C4:F9", "#REF!"]),
    lambda parts: (
        st.builds("SUM({},{})".format, parts, parts)
        | st.builds("({}){}{}".format, parts, st.sampled_from("+-*/&<>="), parts)
        | st.builds("_xlfn.IFS({},-{}%)".format, parts, parts)
    ),
    max_leaves=6,
)


@given(FORMULAS, st.integers(-2, 3), st.integers(-2, 3))
def test_a_formula_is_moved_as_openpyxl_moves_it_and_back(formula, rows, columns):
    moved = SharedFormula(formula, 5, 5).at(5 + rows, 5 + columns)
    expected = Translator(f"={formula}", "F6").translate_formula(row_delta=rows, col_delta=columns)
    assert f"={moved}" == expected
    back = SharedFormula(moved, 5 + rows, 5 + columns).at(5, 5)
    assert canonical(back) == canonical(formula)


@given(FORMULAS, st.data())
def test_spaces_dollars_and_case_do_not_make_another_formula(formula, data):
    tokens = Tokenizer(f"={formula}").items
    spaces = data.draw(st.lists(st.sampled_from(["", " ", "\n"]), min_size=len(tokens), max_size=len(tokens)))
    other = "".join(
        space + (token.value if token.subtype in {"TEXT", "ERROR"} else token.value.lower().replace("$", ""))
        for space, token in zip(spaces, tokens, strict=True)
    )
    assert is_same(other, formula)
    assert not is_same(f"{other}+1", formula)


def test_addresses():
    assert [column_name(n) for n in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
    assert all(column_index(column_name(n)) == n for n in range(2000))
    assert a1(5, 3) == "D6"


def test_rectangles_cover_just_the_cells():
    places = {(r, c) for r in range(3, 9) for c in range(2, 5)} | {(9, 2), (20, 7)}
    covered = [
        (r, c)
        for a in rectangles(places)
        for r in range(a.row, a.last_row + 1)
        for c in range(a.column, a.last_column + 1)
    ]
    assert sorted(covered) == sorted(places)


# -- what must be refused


def refused(data, limits=None):
    with pytest.raises(ScanError) as caught:
        scan(data, Budget(limits or Limits()))
    return caught.value.code


def test_a_document_type_is_refused(package):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
    assert refused(retold(package, SHEET, (r"\?>", f"?>{bomb}"))) == "doctype"


def test_a_bad_checksum_is_refused(package):
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        entry = file.getinfo(SHEET)
    position = entry.header_offset + 30 + len(SHEET) + 20
    assert (
        refused(package[:position] + bytes([package[position] ^ 0xFF]) + package[position + 1 :]) == "damaged"
    )


def test_broken_xml_is_refused(package):
    assert refused(retold(package, SHEET, ("</sheetData>", "</sheetDate>"))) == "damaged"


def test_an_entry_twice_is_refused(package):
    out = io.BytesIO(package)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as file:
        file.writestr(SHEET, b"<worksheet/>")
    assert refused(out.getvalue()) == "duplicate-part"


def test_a_word_document_is_no_workbook():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
        file.writestr(
            "_rels/.rels",
            f'<Relationships><Relationship Id="a" Type="{kind}" Target="word/document.xml"/></Relationships>',
        )
        file.writestr("word/document.xml", "<document/>")
    assert refused(out.getvalue()) == "word-document"


def test_a_zip_of_anything_is_no_workbook():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("readme.txt", "x")
    assert refused(out.getvalue()) == "not-a-workbook"


def test_a_bomb_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", b" " * (300 << 20))
    assert len(out.getvalue()) < (1 << 20)
    assert refused(out.getvalue()) == "bomb"


def test_limits_can_be_set(package):
    assert refused(package, Limits(file=100)) == "too-large"
    assert refused(package, Limits(entries=3)) == "too-large"
    assert refused(package, Limits(cells=10)) == "too-large"


@pytest.mark.parametrize("step", [97])
def test_a_file_cut_anywhere_ends_in_a_reading_or_a_refusal(package, step):
    for length in range(0, len(package), len(package) // step):
        assert refused(package[:length]) in {"empty-file", "not-a-workbook", "damaged"}
