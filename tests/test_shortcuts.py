"""With and without shortcuts the scanner gives the same facts in the same order, or the same refusal."""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fuzz
import hostile
from conftest import ROOT, by_day, examples, sound_prose, sound_values
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.scan import SheetFacts, scan, shortcuts
from xltools.excel.scan.parts import strings, workbook
from xltools.excel.scan.shortcuts import read_part
from xltools.excel.scan.worksheet import Tables, worksheet
from xltools.excel.writer import write_return
from xltools.form.library import find
from xltools.office.guard import DAMAGE, Budget, Limits, ScanError, XmlPart
from xltools.office.parsing import parse


def in_order(value):
    """Values in which the order of mappings counts too, as the first of two is often what is taken."""
    if is_dataclass(type(value)):
        return [(name, in_order(getattr(value, name))) for name in (f.name for f in fields(type(value)))]
    if isinstance(value, dict):
        return [(key, in_order(one)) for key, one in value.items()]
    return [in_order(one) for one in value] if isinstance(value, list) else value


def outcome(data, limits=None):
    try:
        return in_order(scan(data, Budget(limits or Limits())))
    except ScanError as error:
        return error.code, error.reason


@pytest.fixture
def as_a_whole(monkeypatch):
    """Return :func:`outcome` without shortcuts."""

    def outcome_of_the_whole(data, limits=None):
        with monkeypatch.context() as patch:
            patch.setattr(shortcuts, "ENABLED", False)
            return outcome(data, limits)

    return outcome_of_the_whole


def sheet_of(part, sheet, tables):
    return read_part(worksheet, part, sheet, tables)


def strings_of(part):
    return read_part(strings, part)


def workbook_of(part):
    return read_part(workbook, part)


def filled(turn, blanks=(), code="001"):
    form = find("xxgk-2021")
    values = {
        name: value for place, (name, value) in enumerate(sound_values(turn).items()) if place not in blanks
    }
    prose = {name: f"{text}（{turn}）" for name, text in sound_prose().items()}
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("区", code, f"第{code}局"))
    return write_return(form, stamp, values, prose)


@pytest.mark.prove
def test_every_workbook_of_the_repository_is_the_same(as_a_whole):
    paths = [path for folder in ("samples", "tests") for path in sorted((ROOT / folder).rglob("*.xlsx"))]
    assert len(paths) > 40
    for path in paths:
        data = path.read_bytes()
        assert outcome(data) == outcome(data) == as_a_whole(data), path


@pytest.mark.prove
def test_hostile_files_are_the_same(as_a_whole):
    for name, one in hostile.FILES.items():
        if not one.is_heavy:
            data = one.make()
            assert outcome(data) == outcome(data) == as_a_whole(data), name


@pytest.mark.prove
@pytest.mark.parametrize("portion", by_day(range(4), 1))
def test_mutants_are_the_same(portion, as_a_whole):
    for number in range(portion * 100, (portion + 1) * 100):
        data = fuzz.mutant(number).data
        assert outcome(data) == as_a_whole(data), number


# -- sheets of fragments: everything that could deceive the cutting, in any order

FRAGMENTS = (
    *(
        '<c r="A1"',
        '<c r="B1"',
        '<c r="A2"',
        '<c r="C2"',
        "<c",
        '<c r="a1"',
        '<c  r="A3"',
        '<c r="XFD1048577"',
    ),
    *(' s="1"', ' s="2"', ' s="01"', ' s="x"', ' t="n"', ' t="s"', ' t="str"', ' t="b"', ' t="inlineStr"'),
    *("/>", ">", "</c>", "<v>", "</v>", "5", "-1", "1e400", "+0", " 5", "文", "&amp;", "&", "<v/>", '"', "'"),
    *(
        "><v>5</v></c>",
        "><v>0</v></c>",
        "><v>1.5E3</v></c>",
        "><f>A1+1</f><v>3</v></c>",
        "><f>A1</f></c>",
        "><f>A1+1</f/>",
    ),
    *('><f t="shared" si="0" ref="A1:A9">B1</f><v>1</v></c>', '><f t="shared" si="0"/><v>2</v></c>', "<f/>"),
    *("><is><t>甲</t></is></c>", "><is><t>甲</t></is><v>7</v></c>", '<t x="a/>b">', "</t>", "<t>", "<rPh>"),
    *(
        '<row r="1">',
        '<row r="2">',
        '<row r="2" hidden="1">',
        "<row>",
        "</row>",
        '<row r="9"/>',
        '<row r="2"/>',
    ),
    *(
        "<!-- <v>5</v></c> -->",
        "<![CDATA[</row>]]>",
        "<?x />?>",
        "<sheetData>",
        "</sheetData>",
        "<sheetData/>",
    ),
    *('<mergeCell ref="A1:B2"/>', '<mergeCells count="1">', "</mergeCells>", '<sheetProtection sheet="1"/>'),
    *(
        '<sheetProtection sheet="0"/>',
        '<dataValidation sqref="A1 B2"/>',
        "</dataValidations>",
        "</worksheet>",
    ),
    *(
        '<col min="2" max="3" hidden="1"/>',
        '<col min="2" max="3" width="0"/>',
        '<row r="2" ht="0">',
        '<sheetFormatPr zeroHeight="1"/>',
        '<sheetFormatPr defaultRowHeight="0"/>',
        '><f t="array" ref="A1:B2">B1</f><v>1</v></c>',
        "</sheetViews>",
        "<sheetViews>",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "x:",
        "]]>",
    ),
)
# Most of it sound, so that what comes of it is not always the same refusal.
ROW = st.tuples(
    st.sampled_from(['<row r="1">', '<row r="2">', '<row r="2" ht="0">', '<row r="3" hidden="1">', "<row>"]),
    st.lists(
        st.tuples(
            st.sampled_from(['<c r="A1"', '<c r="B1"', '<c r="A2"', '<c r="B2"', '<c r="C3"', '<c r="D3"']),
            st.sampled_from(["", ' s="1"', ' s="2"', ' s="9"']),
            st.sampled_from(["", ' t="n"', ' t="s"', ' t="str"', ' t="inlineStr"', ' t="e"']),
            st.sampled_from(
                [one for one in FRAGMENTS if one.startswith("><")] + ["/>", "></c>", "><v></v></c>"]
            ),
        ).map("".join),
        max_size=4,
    ).map("".join),
    st.just("</row>"),
).map("".join)
STRAY = st.sampled_from(("", "", "", "", "", *FRAGMENTS))
SHEET = st.tuples(
    st.sampled_from(
        ["", '<?xml version="1.0" encoding="UTF-8"?>\n', '<?xml version="1.0" encoding="latin-1"?>']
    ),
    st.sampled_from(["<worksheet>", '<worksheet a="1">', '<worksheet a=">">']),
    st.one_of(STRAY, STRAY, ROW),
    st.just("<sheetData>"),
    st.lists(st.one_of(ROW, ROW, ROW, STRAY), max_size=5).map("".join),
    st.just("</sheetData>"),
    st.lists(st.one_of(STRAY, STRAY, ROW), max_size=3).map("".join),
    st.just("</worksheet>"),
).map("".join)


def sheet_outcome(read, text, tables=None):
    """What becomes of a sheet, and of what the sheets behind it will be read with."""
    tables = tables or Tables(Budget(Limits(cells=6)), ["甲", "乙"])
    try:
        content = text if isinstance(text, bytes) else text.encode()
        facts = in_order(read(XmlPart(content), SheetFacts("表"), tables))
    except (ScanError, *DAMAGE) as error:
        return type(error), str(error)
    return facts, dict(tables.budget.own), tables.formulas


SOUND = '<row r="1"><c r="A1"><v>5</v></c></row>'
DECEPTIONS = {
    "two cells at one address, in two pieces": [(SOUND, ""), ("", SOUND), (SOUND, SOUND)],
    "two rows of one number, one cell empty": [(SOUND, '<row r="1"><c r="A1"/></row>')],
    "a cell without an address behind other rows": [
        (SOUND, '<c t="str"><v>x</v></c>'),
        (SOUND.replace("1", "2"), '<c t="str"><v>x</v></c>'),
    ],
    "a row without a number behind other rows": [
        (f"{SOUND}<row><c t='str'><v>x</v></c></row>", ""),
        (f"{SOUND.replace('1', '2')}<row><c t='str'><v>x</v></c></row>", ""),
    ],
    "a type twice": [(SOUND.replace("><v>", f"{kind}><v>"), "") for kind in (' t="b"', ' t="b" t="n"')],
    "a default type in a text": [
        (SOUND.replace("5</v>", f"{text}</v>").replace("><v>", ' t="str"><v>'), "")
        for text in ("x", 'x t="n"')
    ],
    "a formula that ends in itself": [
        (SOUND.replace("<v>5</v></c>", f"<f>B1</f{end}"), "") for end in ("><v>5</v></c>", "/>")
    ],
    "a number of a string that is none": [
        (SOUND.replace("><v>5", f' t="s"><v>{index}'), "") for index in ("0", "-1", "2", "1.0", "1e0", "")
    ],
    "a style that is none": [
        (SOUND.replace("><v>", f' s="{style}"><v>'), "") for style in ("0", "2", "3", "00")
    ],
    "no number": [(SOUND.replace("5", text), "") for text in ("5", "", " ", "5 ", "&#53;", "五", ".", "-e")],
    "an end that is none": [
        (SOUND.replace("><v>5</v></c>", end), "")
        for end in (
            "/>",
            "><v></v></c>",
            "><v>5</v></c>",
            "><v/></c>",
            "//>",
            "/><v>5</v></c>",
            "></c>",
            "\1",
            "/\0>",
        )
    ],
    "a number that is the end of no cell": [
        (SOUND.replace("<v>5</v></c>", f"<x{end}</c>"), "")
        for end in ("/>", "><v>5</v></c>", "><v>5</v></x>")
    ],
    "a shape that stands there itself": [
        ("", f'<c r="A1"{end}')
        for end in ("><v>1</v></c><v>2</v></c>", "/><v>2</v></c>", "/>/>", "><v>1</v></c>")
    ],
    "ends of cells in texts": [
        (SOUND.replace("5", end).replace("><v>", ' t="str"><v>', 1), "")
        for end in ("/>", "x/>", "/&gt;", "></v>", "<v>5</v></c>", "&lt;v>5", "5")
    ],
    "a number in front of which the text ends in half an end": [
        (SOUND.replace("<c ", f"{half}<c "), "") for half in ("", "/", ">", "/>", "<", "<x/")
    ],
    "no tag, put together by a cut": [
        (SOUND.replace("</row>", half), "")
        for half in ("</row><", "</row>!", "<</row>", "</row><!", "</row>", "</row><?x?>")
    ],
    "a part that takes protection off again": [
        (SOUND, '<sheetProtection sheet="1"/></mergeCells><sheetProtection sheet="0"/>'),
        (SOUND, '<sheetProtection sheet="1"/></mergeCells>'),
        (SOUND, '<mergeCells><mergeCell ref="A1:B2"/></mergeCells><sheetProtection sheet="1"/>'),
    ],
    "a formula written out before it turned out not to fit": [
        (
            SOUND.replace("<v>", '<f t="shared" si="0">B1</f><v>')
            + '<row r="2"><c r="A2"><f t="shared" si="0"/><v>1</v></c></row>',
            '<row r="1"><c r="B1"><v>1</v></c></row>',
        )
    ],
    "formulas shared with another sheet": [
        (SOUND.replace("<v>", '<f t="shared" si="0">B1</f><v>'), ""),
        (SOUND.replace("<v>", '<f t="shared" si="0"/><v>'), ""),
    ],
}


@pytest.mark.parametrize("sheets", DECEPTIONS.values(), ids=DECEPTIONS)
def test_what_was_learned_deceives_nobody(sheets):
    """Each sheet after the others, when all of them have been met before, in one workbook and in many."""
    ours, theirs = (Tables(Budget(), ["甲", "乙"]) for _ in range(2))
    for rows, behind in sheets * 2:
        text = f"<worksheet><sheetData>{rows}</sheetData>{behind}</worksheet>"
        assert sheet_outcome(sheet_of, text) == sheet_outcome(worksheet, text)
        assert sheet_outcome(sheet_of, text, ours) == sheet_outcome(worksheet, text, theirs)


def test_a_part_in_another_encoding_is_read_in_that():
    row = SOUND.replace("><v>5", ' t="str"><v>é')
    sheet = f"<worksheet><sheetData>{row}</sheetData></worksheet>"
    for head in ("", '<?xml version="1.0" encoding="ISO-8859-1"?>', '<?xml version="1.0" encoding="UTF-8"?>'):
        assert sheet_outcome(sheet_of, head + sheet) == sheet_outcome(worksheet, head + sheet)


def told(read, text):
    try:
        return read(XmlPart(text.encode()))
    except (*DAMAGE, KeyError) as error:
        return str(error)


def test_strings_and_names_that_were_learned_deceive_nobody():
    one = "<si><t>甲</t></si>"
    for text in (f"<si>{one}</si>", f"{one}</si>", f"<si>{one}", f"{one}<si/>", f"{one}{one}") * 2:
        assert told(strings_of, f"<sst>{text}</sst>") == told(strings, f"<sst>{text}</sst>")
    name = '<definedName name="A">x</definedName>'
    names = f"<definedNames>{name}</definedNames>"
    for text in (
        names,
        f'<definedName name="B">y{names}z</definedName>',
        name.replace("A", "C") + names,
        f"{names}{names}",
    ):
        whole = f"<workbook>{text}</workbook>"
        assert told(workbook_of, whole) == told(workbook, whole)


def assert_same_sheet(text):
    assert sheet_outcome(sheet_of, text) == sheet_outcome(worksheet, text)


@settings(max_examples=examples(200))
@given(text=SHEET)
def test_any_sheet_is_the_same(text):
    assert_same_sheet(text)


@pytest.mark.prove
@settings(max_examples=examples(5000))
@given(text=SHEET)
def test_any_of_many_sheets_is_the_same(text):
    assert_same_sheet(text)


HALVES = (
    "é".encode()[:1],
    "é".encode()[1:],
    "汉".encode()[:2],
    "汉".encode()[2:],
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\xef\xbb\xbf",
)


@pytest.mark.parametrize(
    "place", ["<worksheet>", "<sheetData>", "</row>", "<v>", "5", "</mergeCells>", "<t>", "</t>", "</v></c>"]
)
def test_bytes_that_are_no_text_are_refused_wherever_they_stand(place):
    inner = SOUND.replace("</row>", '<c r="B1" t="inlineStr"><is><t>甲</t></is></c></row>')
    whole = f"<worksheet><sheetData>{inner}</sheetData><mergeCells></mergeCells></worksheet>".encode()
    before, tag, behind = whole.partition(place.encode())
    for half, other in product(HALVES, (b"", *HALVES)):
        content = before + half + tag + other + behind
        got, expected = (
            sheet_outcome(read, content, Tables(Budget(), ["甲"])) for read in (sheet_of, worksheet)
        )
        assert got == expected, content


@settings(max_examples=examples(500))
@given(texts=st.lists(st.sampled_from(FRAGMENTS), max_size=12))
def test_any_fragments_are_the_same(texts):
    text = f"<worksheet><sheetData>{''.join(texts)}</sheetData></worksheet>"
    assert sheet_outcome(sheet_of, text) == sheet_outcome(worksheet, text)


@settings(max_examples=examples(300))
@given(
    texts=st.lists(
        st.sampled_from(
            ["<si>", "</si>", "<si/>", "<t>甲</t>", "<t>乙_x000a_</t>", "<rPh><t>x</t></rPh>", "<r>", "</r>"]
            + ["<si><t>甲</t></si>"] * 6
        ),
        max_size=10,
    )
)
def test_any_strings_are_the_same(texts):
    text = f"<sst>{''.join(texts)}</sst>"
    assert told(strings_of, text) == told(strings, text)


@settings(max_examples=examples(300))
@given(
    texts=st.lists(
        st.sampled_from(
            [
                "<definedNames>",
                "</definedNames>",
                "<definedNames/>",
                '<sheet name="x" id="r1"/>',
                "</definedName>",
            ]
            + ['<definedName name="A">x!$A$1</definedName>', '<definedName name="B" localSheetId="1">y', "z"]
            * 3
        ),
        max_size=10,
    )
)
def test_any_workbook_is_the_same(texts):
    text = f"<workbook>{''.join(texts)}</workbook>"
    assert told(workbook_of, text) == told(workbook, text)


# -- and it is done: else all of the above would prove nothing


def test_other_figures_and_blanks_are_read_without_parsing_a_sheet(monkeypatch, as_a_whole):
    scan(filled(1))
    other = filled(3, blanks=range(0, 60, 7))
    expected = as_a_whole(other)
    parsed = []

    def counting(part, *handlers):
        parsed.append(len(part.content))
        parse(part, *handlers)

    monkeypatch.setattr(sys.modules[worksheet.__module__], "parse", counting)
    assert outcome(other) == expected
    assert (
        sum(parsed) < 8000
    )  # start tags, headers with the agency's name, rows that are as high as their prose


def test_cells_come_in_the_order_of_the_sheet():
    cells = [
        f'<c r="{column}1"{rest}</c>'
        for column, rest in zip(
            "ABCDEFG",
            (
                ' t="str"><v>x</v>',
                ' t="str"><v>y</v>',
                "><v>5</v>",
                ' t="b"><v>x</v>',
                ' t="str"><f>A1</f><v>z</v>',
                "><v>6</v>",
                ' t="inlineStr"><is><t>甲</t></is>',
            ),
            strict=True,
        )
    ]
    for number in range(2):
        rows = "".join(
            f'<row r="{row}">{"".join(cells)}</row>'.replace('1"', f'{row}"') for row in range(1, 4)
        )
        text = f"<worksheet><sheetData>{rows.replace('5', str(number))}</sheetData></worksheet>"
        tables = [Tables() for _ in range(2)]
        assert sheet_outcome(sheet_of, text, tables[0]) == sheet_outcome(worksheet, text, tables[1])


def test_a_shared_formula_is_written_out_anew():
    def sheet(text):
        return (
            f'<worksheet><sheetData><row r="1"><c r="A1"><f t="shared" si="0" ref="A1:A2">{text}</f><v>1</v></c></row>'
            '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row></sheetData></worksheet>'
        )

    for text in ("B1", "C1+1", "B1"):
        found = sheet_of(XmlPart(sheet(text).encode()), SheetFacts(""), Tables())
        assert found.cells[1, 0].formula == text.replace("1", "2", 1)


def test_limits_count_the_same_when_all_is_known(as_a_whole):
    data = filled(2)
    cells = sum(len(sheet.cells) for sheet in scan(data).sheets)
    for limits in (Limits(cells=cells), Limits(cells=cells - 1), Limits(xml=30_000), Limits(unpacked=50_000)):
        assert outcome(data, limits) == as_a_whole(data, limits)
    assert outcome(data, Limits(cells=cells - 1)) == ("too-large", f"cells > {cells - 1:,}")


def test_no_file_can_change_what_another_gives():
    data = filled(2)
    before = outcome(data)
    facts = scan(data)
    facts.names.clear()
    facts.locked.append(True)
    facts.properties.clear()
    for sheet in facts.sheets:
        sheet.cells.clear()
        sheet.merges.clear()
        sheet.validations.append("A1")
        sheet.hidden_rows.add(1)
    facts.sheets.clear()
    assert outcome(data) == before


@pytest.mark.parametrize(
    "name",
    by_day(
        ["_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/styles.xml", "docProps/app.xml"],
        2,
    ),
)
@pytest.mark.parametrize(
    "change",
    [
        {"crc": 1},
        {"size": 5000},
        {"size": 10},
        {"method": 0},
        {"method": 97},
        {"flags": 1},
        {"local_name": b"x"},
    ],
    ids=str,
)
def test_what_was_met_before_is_refused_under_other_headers(name, change, as_a_whole):
    """The packed bytes are the same; they alone do not say what becomes of them."""
    sound = hostile.raw_zip(hostile.raw_entries())
    unsound = hostile.raw_zip(
        raw._replace(**change) if raw.name == name.encode() else raw for raw in hostile.raw_entries()
    )
    assert outcome(sound) == as_a_whole(sound)
    assert outcome(unsound) == as_a_whole(unsound) == outcome(unsound)
    assert change in ({"size": 5000}, {"size": 10}) or isinstance(outcome(unsound)[0], str)
    assert outcome(sound) == as_a_whole(sound)
