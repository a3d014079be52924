"""What only some agencies fill in: the sheets that they get, the cells that are not asked, and what stands there all the same.

Laws over random forms (``random_forms``); which cells are asked of whom is read from the TOML once more here.
"""

from __future__ import annotations

import io
import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from itertools import product

import clerk
import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commands import xltools
from conftest import HERE, by_day, examples, form_problems
from random_forms import _typed, expected, forms, means, small_values
from test_relations import stamp as plain_stamp
from xltools import libreoffice
from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.collection.merging import merge
from xltools.collection.roster_files import load_roster
from xltools.collection.second_reader import SecondReader, issued_findings
from xltools.collection.settings import create
from xltools.data.filing import Return
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.record import ListLine, total
from xltools.data.roster import Entry, Roster
from xltools.data.roster_lines import flags_of
from xltools.desk.standalone import Before, agency_files
from xltools.document.publishing import compose, report_of
from xltools.document.reader import read_document
from xltools.document.writer import render
from xltools.errors import FormError, RosterError
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.load import parse
from xltools.office.guard import Limits
from xltools.report.html.sheets import RenderedForm
from xltools.report.slip import returned

PATH = HERE / "forms" / "zfnb-2025.toml"
TEXT = PATH.read_text(encoding="utf-8")
FORM = find(str(PATH))
NOBODY, POLICE = frozenset[str](), frozenset({"police"})


def stamp(form, flags, code="001", staff=5):
    given = (Decimal(staff),) if form.given else ()
    return replace(plain_stamp(form, code), flags=frozenset(flags), given=given)


def roster(*flags):
    """Agencies 001, 002 and so on with these flags."""
    heads = {"police": "公安机关（police）", "customs": "customs"}
    return Roster(
        tuple(
            Entry(
                f"{n:03}",
                f"单位{n:03}",
                {head: "是" if flag in own else "否" for flag, head in heads.items()},
            )
            for n, own in enumerate(flags, 1)
        )
    )


# -- laws over random forms


@st.composite
def with_only(draw):
    """A random form some lines, tables and sections of which only some agencies have, and the flags of one agency."""
    form = draw(forms(divided=draw(st.booleans()), holed=draw(st.booleans())))
    text = form.text
    for mark in draw(
        st.lists(st.sampled_from(re.findall(r'\{ key = "[rc][0-4]"', text)), min_size=1, max_size=4)
    ):
        place = draw(st.sampled_from([found.end() for found in re.finditer(re.escape(mark), text)]))
        flag = draw(st.sampled_from("pq"))
        if not text[place:].startswith(", only"):
            text = f'{text[:place]}, only = "{flag}"{text[place:]}'
    for head in ("[[section]]\n", "[[section.block]]\n"):
        if draw(st.integers(0, 2)) == 0:
            text = text.replace(head, f'{head}only = "{draw(st.sampled_from("pq"))}"\n', 1)
    try:
        form = parse(text, "form.toml")
    except FormError as error:
        assume({problem.code for problem in error.problems} - {"only-mean"})
        raise
    return form, frozenset(draw(st.sets(st.sampled_from("pq"))))


@st.composite
def with_figures(draw):
    """Also figures for what is asked of the agency."""
    form, flags = draw(with_only())
    values = draw(small_values(form))
    gone = elsewhere(form, flags)
    return form, flags, {name: value for name, value in values.items() if name not in gone}


def elsewhere(form, flags):
    """The cells, totals too, none of whose typed parts is asked."""
    found = set()
    for section in tomllib.loads(form.text)["section"]:
        (block,) = section["block"]
        rows, columns = ({line["key"]: line for line in block[axis]} for axis in ("rows", "columns"))
        void = {tuple(pair) for pair in block.get("void", ())}

        def is_asked(row, column, block=block, rows=rows, columns=columns, section=section):
            needed = {group.get("only") for group in (section, block, rows[row], columns[column])}
            return needed - {None} <= flags

        for row, column in set(product(rows, columns)) - void:
            if any(" per " in line.get("is", "") for line in (rows[row], columns[column])):
                continue
            parts = [
                (one, other)
                for (_, one), (_, other) in product(_typed(rows, row), _typed(columns, column))
                if (one, other) not in void
            ]
            if parts and not any(is_asked(*part) for part in parts):
                found.add(f"{section['key']}.{row}.{column}")
    return found


@settings(max_examples=examples(60))
@given(with_figures())
def test_a_workbook_is_written_and_read_for_its_agency(case):
    """What is not asked is not there, or locked and 0; nothing is missed there, and no rule over nothing else is judged."""
    form, flags, values = case
    gone = elsewhere(form, flags)
    one = stamp(form, flags)
    assert issued_findings(form, write_return(form, one), one, {}, "1.xlsx", recalculate=False) == []
    read = read_package(write_return(form, one, values), "1.xlsx", form)
    assert isinstance(read, Return)
    assert read.record.values == values
    blank = {cell.name for cell in form.inputs if not cell.weight} - gone - values.keys()
    (found,) = examine([read], policy=Policy()).examined
    codes = {(f.code, f.cell) for f in found.findings if f.code not in {"all-zero", "all-blank"}}
    absent = {section.key for section in form.sections if section.only and section.only not in flags}
    broken = expected(form, values, gone, absent) | {one for one in means(form, values) if one[1] not in gone}
    assert codes == {("blank", name) for name in blank} | (broken if values else set())


@settings(max_examples=examples(30))
@given(with_only(), st.data())
def test_what_stands_in_a_cell_of_others_is_one_question_and_counts(pair, data):
    form, flags = pair
    names = sorted(name for name in elsewhere(form, flags) if form.cells[name].section.only in {"", *flags})
    names = [name for name in names if not form.cells[name].is_total and not form.cells[name].weight]
    assume(names)
    name = data.draw(st.sampled_from(names))
    content = write_return(form, stamp(form, flags))
    for typed, count in ((0, 0), ("—", 0), (7, 1)):
        read = read_package(clerk.edited(content, *place_of(form, name, typed)), "1.xlsx", form)
        assert read.record.values.get(name) == (Decimal(typed) if count else None)
        asked = [f.cell for f in examine([read]).findings if f.code == "not-theirs"]
        assert asked == [name] * count


def place_of(form, name, value):
    sheet, address = layout(form).address(name)
    return sheet, {address: value}


@settings(max_examples=examples(30))
@given(with_figures(), st.lists(st.sets(st.sampled_from("pq")), min_size=1, max_size=2), st.data())
def test_tree_is_flat_and_a_roll_up_of_sound_returns_is_sound(case, others, data):
    form, flags, values = case
    several = [(flags, values)]
    for own in others:
        gone = elsewhere(form, own)
        figures = data.draw(small_values(form))
        several.append((frozenset(own), {n: v for n, v in figures.items() if n not in gone}))
    filings = [
        read_package(write_return(form, stamp(form, own, f"{n:03}"), figures), f"{n}.xlsx", form)
        for n, (own, figures) in enumerate(several)
    ]
    flat = total(form, filings[0].record.period, [one.record for one in filings])
    tree = filings[0].record + total(form, filings[0].record.period, [one.record for one in filings[1:]])
    assert flat.values == tree.values
    if not any(f.is_error for one in filings for f in verify(one)):
        rollup = merge(filings, form, Period(2026), "青禾区").rollup
        read = read_package(write_rollup(rollup), "d.xlsx", form)
        assert not [f for f in verify(read) if f.is_error]
        assert read.record.complete() == flat.complete()


# -- one form, through all that is done with returns


def values_of(flags):
    gone = FORM.elsewhere(FORM.lacking(flags))
    return {c.name: Decimal(3) for c in FORM.inputs if c.in_table and c.name not in gone} | {
        "people.n.staff": Decimal(5),
        "fines.n.money": Decimal(6),
        "permits.n.refused": Decimal(0),
    }


def lists_of(flags, code):
    lists = {"teams": (ListLine(1, (f"{code}队", Decimal(5), Decimal(4), "", "")),)}
    if "police" in flags:
        lists["cases"] = (ListLine(1, (f"{code}甲", "yes")), ListLine(2, (f"{code}乙", "no")))
        lists["kennel"] = (ListLine(1, ("基地", Decimal(9))),)
    return lists


def workbook(flags, code="001", changes=()):
    prose = {"cover.who": "张三", "text.text": "无"} | (
        {"order.station": "一所"} if "police" in flags else {}
    )
    values, lists = values_of(flags) | dict(changes), lists_of(flags, code)
    return write_return(FORM, stamp(FORM, flags, code), values, prose, lists=lists)


def zeros(flags):
    return dict.fromkeys(values_of(flags), Decimal(0))


def returns(*flags):
    return [read_package(workbook(own, f"{n:03}"), f"{n:03}.xlsx", FORM) for n, own in enumerate(flags, 1)]


ALL = ({*()}, {"police"}, {"customs"}, {"police", "customs"})


@pytest.mark.parametrize("flags", ALL, ids=lambda flags: "+".join(sorted(flags)) or "nobody")
def test_an_agency_has_the_sheets_that_are_asked_of_it(flags):
    place = layout(FORM, FORM.lacking(flags))
    names = [sheet.name for sheet in place.in_order]
    of_police = ["三、治安案件", "三、治安案件清单", "四、执法人员清单2"]
    assert [name for name in of_police if name in names] == (of_police if "police" in flags else [])
    assert {"一、行政处罚", "二、行政许可", "四、执法人员清单1"} <= set(names)
    whole = layout(FORM)
    assert all(place.address(name) == whole.address(name) for name in place.places.keys() - {"cover.who"})
    (read,) = returns(flags)
    assert examine([read], roster(flags), Period(2026)).findings == ()
    assert read.stamp.flags == flags


def test_a_rule_that_begins_on_a_sheet_of_others_is_found_where_the_agency_has_a_figure():
    """It holds 0 of what is not asked, and can be marked."""
    rule = """
[[rule]]
key = "more"
cells = "order.n.held + fines.n.warned >= permits.n.asked"
label = "拘留加警告不少于申请"
authority = "inferred"
"""
    form = parse(TEXT + rule, "form.toml")
    values = values_of({*()}) | {"fines.n.warned": Decimal(2)}
    prose = {"cover.who": "张三", "text.text": "无"}
    content = write_return(form, stamp(form, {*()}), values, prose, lists=lists_of({*()}, "001"))
    (one,) = examine([read_package(content, "001.xlsx", form)]).examined
    assert [(f.code, f.cell, [place.cell for place in f.others]) for f in one.findings] == [
        ("rule-broken", "fines.n.warned", ["permits.n.asked"])
    ]
    assert read_package(returned(one).workbook(content), "001.xlsx", form).record == one.filing.record


def test_a_change_of_the_roster_is_told():
    filings = returns(*ALL)
    assert examine(filings, roster(*ALL)).findings == ()
    found = examine(filings, roster({"police"}, {"police"}, {*()}, {"police", "customs"})).findings
    assert [(f.code, f.agency[-4:-1], f.found, f.expected) for f in found if f.code == "flags-changed"] == [
        ("flags-changed", "001", "—", "police"),
        ("flags-changed", "003", "customs", "—"),
    ]
    assert {f.cell for f in found if f.code == "not-theirs"} == {
        "permits.port.asked2",
        "permits.port.taken2",
        "permits.port.given2",
        "permits.port.refused2",
    }
    assert {f.agency[-4:-1] for f in found if f.code == "not-theirs"} == {"003"}


def test_what_stands_on_a_sheet_of_others_is_asked():
    """A workbook of the police that says it is of somebody else: every figure, text and list of theirs counts."""
    content = clerk.with_property(workbook(POLICE), "xltools.flags", "—")
    read = read_package(content, "1.xlsx", FORM)
    found = examine([read], roster(NOBODY)).findings
    assert {f.cell for f in found if f.code == "not-theirs"} == {
        "fines.n.held",
        "order.n.held",
        "order.station",
        "cases",
        "kennel",
    }
    assert read.record.values["count(cases)"] == 2
    assert "stamp-edited" in {f.code for f in found}


def test_the_flags_are_under_the_seal():
    one = stamp(FORM, POLICE)
    content = write_return(FORM, one, key=b"0123456789abcdef")
    assert "seal-broken" not in {
        f.code for f in read_package(content, "1.xlsx", FORM, key=b"0123456789abcdef").findings
    }
    changed = clerk.with_property(content, "xltools.flags", "customs")
    assert "seal-broken" in {
        f.code for f in read_package(changed, "1.xlsx", FORM, key=b"0123456789abcdef").findings
    }


def test_the_flags_are_read_from_the_cover():
    content = clerk.without_properties(workbook(POLICE))
    read = read_package(content, "1.xlsx", FORM)
    assert read.stamp.flags == POLICE
    assert [f.code for f in read.findings] == []


def test_a_workbook_without_a_stamp_has_what_is_filled_in():
    content = clerk.without_names(clerk.without_properties(workbook(NOBODY)))
    read = read_package(
        clerk.edited(content, "封面", {"A5": "代号"}), "001_单位_2026.xlsx", FORM, by_labels=True
    )
    assert {f.code for f in examine([read]).findings} == {"by-labels"}
    found = examine([read], roster({"police"})).findings
    names = ["三、治安案件", "三、治安案件清单", "四、执法人员清单2"]
    assert [f.expected for f in found if f.code == "missing-sheet"] == names
    content = clerk.without_names(clerk.without_properties(workbook(POLICE, changes=zeros(POLICE))))
    read = read_package(
        clerk.edited(content, "封面", {"A5": "代号"}), "001_单位_2026.xlsx", FORM, by_labels=True
    )
    found = examine([read], roster(POLICE)).findings
    assert {f.code for f in found if f.is_error} <= {"given-changed", "rule-broken"}


def test_a_roll_up_has_all_sheets_and_every_reader_agrees(tmp_path, monkeypatch):
    paths = [tmp_path / f"{n:03}.xlsx" for n in range(1, 5)]
    for n, (path, flags) in enumerate(zip(paths, ALL, strict=True), 1):
        path.write_bytes(workbook(flags, f"{n:03}"))
    filings = [read_package(path.read_bytes(), str(path), FORM) for path in paths]
    rollup = merge(filings, FORM, Period(2026), "青禾区", roster=roster(*ALL)).rollup
    content = write_rollup(rollup)
    read = read_package(content, "d.xlsx", FORM)
    assert verify(read) == ()
    sheets = set(openpyxl.load_workbook(io.BytesIO(content)).sheetnames)
    assert sheets >= {sheet.name for sheet in layout(FORM).in_order}
    assert read.record.complete()["fines.n.held"] == 6
    assert read.record.complete()["people.n.dogs"] == 18
    reader = SecondReader(FORM, rollup.accounts, paths)
    assert reader.expected.undecided == ()
    monkeypatch.setattr(libreoffice, "is_installed", lambda: False)
    found = reader.checked(content, "d.xlsx")
    assert found.findings == ()
    assert found.verdict.agreed == found.verdict.figures


@pytest.mark.parametrize("how", ["html", "docx"])
@pytest.mark.parametrize("flags", by_day(ALL, 2), ids=lambda flags: "+".join(sorted(flags)) or "nobody")
def test_a_report_has_what_is_asked(flags, how):
    (one,) = returns(flags)
    document = compose(report_of(one))
    titles = [block.text for block in document.blocks if hasattr(block, "level")]
    assert ("三、治安案件" in titles) == ("police" in flags)
    read = read_document(render(document, how), f"001_单位001_2026.{how}", FORM, Limits())
    assert [f.code for f in verify(read)] == []
    assert read.record.values == one.record.values


def test_a_page_shows_what_is_asked():
    (one,) = returns(NOBODY)
    shown = RenderedForm(one, "f", ())
    names = [sheet.sheet.name for sheet in shown.sheets]
    assert "一、行政处罚" in names
    assert "三、治安案件" not in names
    assert [shown.figure(name).value for name in ("fines.n.held", "fines.n.all")] == ["—", "12"]


def test_what_stands_in_a_cell_of_others_is_marked_in_the_return():
    content = workbook(NOBODY, changes={"fines.n.held": Decimal(2)})
    (one,) = examine([read_package(content, "1.xlsx", FORM)]).examined
    back = read_package(returned(one).workbook(content), "1.xlsx", FORM)
    assert [f.cell for f in examine([back]).findings] == ["fines.n.held"]
    assert back.record == one.filing.record


def test_the_notes_say_who_fills_in_what():
    words = [text for block in filling_notes(FORM).blocks for text in [getattr(block, "text", "")]]
    words += [box.text for block in filling_notes(FORM).blocks for box in getattr(block, "boxes", ())]
    assert sum("police" in text for text in words) == 3
    assert sum("customs" in text for text in words) == 1


# -- what is told at once


HELD = 'label = "行政拘留", only = "police"'
FAULTS = {
    "no name of a column": (
        (HELD, 'label = "行政拘留", only = "police、customs"'),
        "only-no-column",
        "“held” › only",
    ),
    "a blank at the end": ((HELD, 'label = "行政拘留", only = "police "'), "only-no-column", "“held” › only"),
    "no words at all": (('only = "customs"', 'only = " "'), "bad-label", "block 2"),
    "on a total": (
        ('label = "合计", is = "all"', 'label = "合计", is = "all", only = "police"'),
        "only-of-total",
        "“all”",
    ),
    "on a label over lines": (
        (
            '{ key = "rest", label = "其他" }',
            '{ label = "另", only = "police", lines = [{ key = "rest", label = "其他" }] }',
        ),
        "group-with-cells",
        "“另”",
    ),
    "a mean that fewer have": (
        (
            '{ key = "asked", label = "申请" }',
            '{ key = "asked", label = "申请", mean = "given", only = "police" }',
        ),
        "only-mean",
        "section “permits”",
    ),
    "a total over the list of more": (
        ('is = "count(cases)"', 'is = "count(teams)"'),
        "only-sum",
        "section “order”",
    ),
    "a list that fewer have": (
        ('is = "cards per sum(teams.cards)"', 'is = "cards per sum(kennel.dogs)"'),
        "only-apart",
        "list “teams”",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_a_form(name):
    replacement, code, place = FAULTS[name]
    assert replacement[0] in TEXT
    text = TEXT.replace(*replacement, 1).replace('label = "受理", of = "asked"', 'label = "受理"', 1)
    problems = form_problems(text)
    found = [(p.code, p.place) for p in problems]
    assert any(c == code and place in where for c, where in found), found


def test_the_first_schema_knows_rule_makers_only():
    text = 'schema = 1\nkey = "x"\nedition = "1"\ntitle = "表"\nauthority = "试"\n[[section]]\nkey = "a"\ntitle = "甲"\nsheet = "甲"\n'
    table = '[[section.block]]\nrows = [{ key = "r", label = "行", only = "%s" }]\ncolumns = [{ key = "c", label = "栏" }]\n'
    assert parse(text + table % "rule_makers", "f.toml").flags == ()
    for changed in (table % "police", 'only = "rule_makers"\n' + table % ""):
        problems = form_problems(text + changed)
        assert {p.code for p in problems} == {"needs-schema"}


def test_rule_makers_keep_open_cells_and_may_have_a_sheet():
    """Lines for them are asked of all, and of others afterwards; a section of theirs is left out of other workbooks."""
    text = TEXT.replace('only = "police"', 'only = "rule_makers"')
    form = parse(text, "f.toml")
    assert form.flags == ("rule_makers", "customs")
    assert "fines.n.held" not in form.elsewhere(form.lacking(NOBODY))
    assert "order.n.held" in form.elsewhere(form.lacking(NOBODY))
    one = stamp(form, NOBODY)
    read = read_package(write_return(form, one, {"fines.n.held": Decimal(1)}), "1.xlsx", form)
    assert [f.cell for f in examine([read]).findings if f.code == "no-rule-maker"] == ["fines.n.held"]
    assert not [f for f in examine([read]).findings if f.code == "not-theirs"]


def roster_file(folder, text):
    (folder / "r.csv").write_text(text, encoding="utf-8")
    return folder / "r.csv"


def created(roster, _):
    return create(roster.parent / "c", Period(2026), "青禾区", roster, str(PATH))


def test_a_roster_without_the_column_is_told_at_once(tmp_path):
    for text, places in (
        ("code,name,customs\n001,公安局,否\n", {"roster-no-flag": ""}),
        ("code,name,police,customs\n001,公安局,也许,否\n", {"roster-bad-flag": ":2"}),
    ):
        path = roster_file(tmp_path, text)
        for attempt in (load_roster, created):
            with pytest.raises(RosterError) as caught:
                attempt(path, FORM)
            problems = {p.code: p.place.removeprefix(str(path)) for p in caught.value.problems}
            assert problems.items() >= places.items()
            assert {p.facts["column"] for p in caught.value.problems} == {"police"}
    assert load_roster(roster_file(tmp_path, "code,name,公安机关 (Police),customs\n001,公安局,√,\n"), FORM)


def test_a_collection_issues_and_reads_what_is_asked(tmp_path, monkeypatch):
    """generate, the page of an agency, verify; without a roster nobody knows what is asked."""
    monkeypatch.chdir(tmp_path)
    roster_file(tmp_path, "code,name,police,customs\n001,公安局,是,否\n002,教育局,否,否\n")
    form = str(PATH)
    done = xltools(
        tmp_path,
        "generate",
        "--form",
        form,
        "--year",
        "2026",
        "--district",
        "青禾区",
        "--agency",
        "公安局",
        "--code",
        "001",
        "-o",
        "o",
    )
    assert done.status == 2
    assert "police" in done.err
    folder = create(tmp_path / "c", Period(2026), "青禾区", tmp_path / "r.csv", form)
    folder.given.write_text(
        "code,cell,figure\n001,people.n.staff,5\n002,people.n.staff,5\n", encoding="utf-8"
    )
    done = xltools(tmp_path / "c", "generate", "--check")
    assert done.status == 0, done.err
    sheets = {
        path.name[:3]: openpyxl.load_workbook(path, read_only=True).sheetnames
        for path in folder.outbox.glob("*.xlsx")
    }
    assert "三、治安案件" in sheets["001"]
    assert "三、治安案件" not in sheets["002"]
    entries = {entry.code: entry for entry in load_roster(folder.roster, FORM)}
    for code, flags in (("001", POLICE), ("002", NOBODY)):
        files = agency_files(folder, entries[code], Before())
        path = roster_file(tmp_path, files["roster.csv"].decode())
        assert flags_of(*load_roster(path, FORM), FORM) == flags
