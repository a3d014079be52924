"""Figures of the issuer: in the workbooks, under the seal, compared with what comes back, and in the sum.

Laws over random forms (``random_forms``), then one form in a collection, through all that is done with it.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import clerk
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commands import xltools
from conftest import HERE, by_day, examples, form_problems
from random_forms import forms, small_values
from test_ratios import shows
from test_relations import stamp as plain_stamp
from test_whose import FORM, PATH, TEXT, lists_of, stamp, values_of
from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.checking.guilty import guilty
from xltools.checking.versions import reading_digest
from xltools.collection.given_file import load_given
from xltools.collection.merging import merge
from xltools.collection.second_reader import issued_findings
from xltools.collection.settings import create
from xltools.data.filing import given_of_text, given_text
from xltools.data.given import Given, with_given
from xltools.data.list_lines import LineFigures, derived_value, line_keys
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.record import ListLine
from xltools.data.roster import Entry, Roster
from xltools.desk import work
from xltools.desk.standalone import Before, agency_files
from xltools.document.publishing import compose, report_of
from xltools.document.reader import read_document
from xltools.document.writer import render
from xltools.errors import InputError
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.lists import parts_of_cell
from xltools.form.load import parse
from xltools.office.guard import Limits

STAFF = "people.n.staff"
NOBODY = frozenset[str]()


# -- laws over random forms


@st.composite
def with_given_lines(draw):
    """A random form the issuer of which gives some lines, with figures of which those given are all there."""
    form = draw(forms(divided=draw(st.booleans()), holed=draw(st.booleans())))
    text = form.text
    for mark in draw(
        st.lists(st.sampled_from(re.findall(r'\{ key = "[rc][0-4]"', text)), min_size=1, max_size=3)
    ):
        text = text.replace(mark, f"{mark}, given = true", 1) if f"{mark}, given" not in text else text
    form = parse(text, "form.toml")
    assume(form.given)
    values = draw(small_values(form))
    return form, values | {name: values.get(name, Decimal(2)) for name in form.given}


def issued(form, values):
    return replace(plain_stamp(form), given=tuple(values[name] for name in form.given))


def codes(filing):
    return {(f.code, f.cell) for f in verify(filing)}


@settings(max_examples=examples(40))
@given(with_given_lines(), st.data())
def test_one_figure_of_the_issuer_that_is_changed_is_one_finding(case, data):
    """The issuer's figure is the one that counts, in every total and every rule, and nothing else is found because of it."""
    form, values = case
    one = issued(form, values)
    filled = {name: values[name] for name in form.given}
    assert issued_findings(form, write_return(form, one), one, filled, "1.xlsx", recalculate=False) == []
    sound = read_package(write_return(form, one, values), "1.xlsx", form)
    assert sound.record.values == values
    assert sound.stamp.given == one.given
    assert not {name for code, name in codes(sound) if code in {"blank", "given-changed"}} & {*form.given}
    name = data.draw(st.sampled_from(form.given))
    changed = read_package(write_return(form, one, values | {name: values[name] + 5}), "1.xlsx", form)
    assert changed.record.values == values
    assert codes(changed) == codes(sound) | {("given-changed", name)}
    sheet, address = layout(form).address(name)
    for typed in ("多少", None):
        content = clerk.edited(write_return(form, one, values), sheet, {address: typed})
        read = read_package(content, "1.xlsx", form)
        assert read.record.values == values
        assert [f.code for f in verify(read) if f.cell == name and f.code != "rule-broken"].count(
            "given-changed"
        ) == 1
        assert not {"blank", "not-a-number"} & {f.code for f in verify(read) if f.cell == name}


@settings(max_examples=examples(20))
@given(with_given_lines())
def test_what_was_given_goes_into_the_stamp_and_comes_back(case):
    form, values = case
    figures = issued(form, values).given
    assert given_of_text(given_text(figures)) == figures
    assert given_of_text(given_text((*figures, None))) == (*figures, None)
    assert given_of_text("那么多") == ()
    assert given_of_text(given_text((Decimal("60.50"), Decimal("1E+3")))) == (Decimal("60.5"), Decimal(1000))


# -- one form


def workbook(code="001", issued=5, found=None):
    values = values_of(NOBODY) | {STAFF: Decimal(issued if found is None else found)}
    prose = {"cover.who": "张三", "text.text": "无"}
    return write_return(FORM, stamp(FORM, NOBODY, code, issued), values, prose, lists=lists_of(NOBODY, code))


def now(figure, code="001"):
    return Given({("2026", code): {STAFF: Decimal(figure)}})


def told(content, known=None):
    filing = read_package(content, "1.xlsx", FORM, given=known)
    found = [(f.code, str(f.found), str(f.expected)) for f in verify(filing) if f.code.startswith("given")]
    assert {f.code for f in verify(filing)} == {code for code, *_ in found}
    return found, filing.record.values[STAFF]


def test_what_comes_back_is_compared_with_what_is_given_now():
    for known in (None, now(5)):
        assert told(workbook(), known) == ([], 5)
        assert told(workbook(found=6), known) == ([("given-changed", "6", "5")], 5)
    assert told(workbook(), now(7, "002")) == ([], 5)


def test_what_was_given_earlier_is_told_with_both():
    rate = FORM.complete(read_package(workbook(), "1.xlsx", FORM, given=now(8)).record.values)[
        "people.n.rate"
    ]
    assert rate == 50
    found, value = told_apart(workbook(), now(8))
    assert (found, value) == ([("given-renewed", "5", "8")], 8)
    assert told_apart(workbook(found=6), now(8)) == ([("given-changed", "6", "8")], 8)
    assert told_apart(workbook(found=8), now(8)) == ([], 8)


def told_apart(content, known):
    filing = read_package(content, "1.xlsx", FORM, given=known)
    found = [(f.code, str(f.found), str(f.expected)) for f in verify(filing) if f.code.startswith("given")]
    assert {f.code for f in verify(filing)} - {code for code, *_ in found} <= {
        "rule-question"
    }  # 4 teams of 5
    return found, filing.record.values[STAFF]


def test_the_figures_are_under_the_seal_and_on_the_cover():
    key = b"0123456789abcdef"
    content = write_return(FORM, stamp(FORM, NOBODY), key=key)
    changed = clerk.with_property(content, "xltools.given", "6")
    found = {f.code for f in read_package(changed, "1.xlsx", FORM, key=key).findings}
    assert found >= {"seal-broken", "stamp-edited"}
    for figures in ((), (None,)):
        one = replace(stamp(FORM, NOBODY), given=figures)
        read = read_package(write_return(FORM, one, key=key), "1.xlsx", FORM, key=key)
        assert "seal-broken" not in {f.code for f in read.findings}
    assert told(clerk.without_properties(workbook(found=6))) == ([("given-changed", "6", "5")], 5)


def test_many_figures_fill_several_properties():
    columns = ", ".join(f'{{ key = "c{n}", label = "栏{n}", given = true }}' for n in range(120))
    form = parse(
        'schema = 2\nkey = "x"\nedition = "1"\ntitle = "表"\nauthority = "试"\n[[section]]\nkey = "a"\ntitle = "甲"\n'
        f'sheet = "甲"\n[[section.block]]\nrows = [{{ key = "r", label = "行" }}]\ncolumns = [{columns}]\n',
        "f.toml",
    )
    one = replace(plain_stamp(form), given=tuple(Decimal(10**11 + n) for n in range(120)))
    read = read_package(write_return(form, one), "1.xlsx", form)
    assert read.findings == ()
    assert read.stamp.given == one.given


def test_a_workbook_in_which_nothing_else_is_filled_in_is_blank():
    read = read_package(write_return(FORM, stamp(FORM, NOBODY)), "1.xlsx", FORM)
    assert read.is_untouched
    assert "all-blank" in {f.code for f in verify(read)}


def test_a_version_in_which_it_was_put_back_is_another_one():
    good, bad = (read_package(workbook(found=found), "1.xlsx", FORM) for found in (5, 6))
    assert good.record == bad.record
    assert reading_digest(good) != reading_digest(bad)


@pytest.mark.parametrize("how", ["html", "docx"])
def test_a_report_is_compared_too(how):
    document = compose(report_of(read_package(workbook(), "1.xlsx", FORM)))
    read = read_document(render(document, how), f"001_单位001_2026.{how}", FORM, Limits())
    assert [f.code for f in verify(read)] == []
    assert [f.code for f in with_given(read, now(6)).findings] == ["given-changed"]


def test_the_roll_up_has_the_issuers_figures_and_is_read_back():
    filings = [read_package(workbook(f"{n:03}"), f"{n}.xlsx", FORM, given=now(8, f"{n:03}")) for n in (1, 2)]
    rollup = merge(filings, FORM, Period(2026), "青禾区").rollup
    read = read_package(write_rollup(rollup), "d.xlsx", FORM)
    assert [f.code for f in verify(read)] == []
    assert read.record.complete()[STAFF] == 16


def test_a_given_figure_is_never_named_as_the_guilty_one():
    """Two cells of one equation that nothing else tells apart: only the one that the agency typed can be wrong."""
    text = (
        'schema = 2\nkey = "x"\nedition = "1"\ntitle = "表"\nauthority = "试"\n[[section]]\nkey = "a"\ntitle = "甲"\nsheet = "甲"\n'
        '[[section.block]]\nrows = [{ key = "r", label = "行" }]\ncolumns = [{ key = "b", label = "编制"GIVEN }, '
        '{ key = "c", label = "在编" }, { key = "d", label = "空编" }]\n[[section.block.rule]]\nkey = "k"\n'
        'columns = "b = c + d"\nlabel = "编制等于在编加空编"\nauthority = "inferred"\n'
    )
    for said, named in (("", {"a.r.b", "a.r.c", "a.r.d"}), (", given = true", {"a.r.c", "a.r.d"})):
        form = parse(text.replace("GIVEN", said), "f.toml")
        values = {"a.r.b": Decimal(90), "a.r.c": Decimal(70), "a.r.d": Decimal(11)}
        one = replace(plain_stamp(form), given=(Decimal(90),) if said else ())
        verdicts = guilty(read_package(write_return(form, one, values), "1.xlsx", form), {})
        listed = {
            change.cell for verdict in verdicts for suspect in verdict.suspects for change in suspect.changes
        }
        assert listed == named


def test_the_notes_say_who_gives_it():
    boxes = [box.text for block in filling_notes(FORM).blocks for box in getattr(block, "boxes", ())]
    assert sum("下发" in text for text in boxes) == 1


FAULTS = {
    "a total": (('label = "合计", is = "all"', 'label = "合计", is = "all", given = true'), "given-of-total"),
    "a label over lines": (
        (
            '{ key = "rest", label = "其他" }',
            '{ label = "另", given = true, lines = [{ key = "rest", label = "其他" }] }',
        ),
        "group-with-cells",
    ),
    "too many": (
        (
            'columns = [\n  { key = "staff"',
            "columns = [\n"
            + "".join(f'  {{ key = "x{n}", label = "人{n}", given = true }},\n' for n in range(1501))
            + '  { key = "staff"',
        ),
        "given-too-many",
    ),
    "the first schema": (("schema = 2", "schema = 1"), "needs-schema"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_a_form(name):
    replacement, code = FAULTS[name]
    assert replacement[0] in TEXT
    problems = form_problems(TEXT.replace(*replacement, 1))
    assert code in {p.code for p in problems}


# -- the file


ROSTER = Roster((Entry("001", "教育局", {}), Entry("002", "公安局", {})))


def loaded(folder, text, form=FORM, period=None):
    (folder / "given.csv").write_text(text, encoding="utf-8")
    return load_given(folder / "given.csv", form, period or Period(2026), ROSTER)


def test_the_file_names_agencies_by_code_or_name(tmp_path):
    found = loaded(tmp_path, f"单位代码,单元格,数值\n001,{STAFF},60\n公安局,{STAFF},7\n")
    for entry, figure in zip(ROSTER, (60, 7), strict=True):
        assert found.of(Period(2026), entry.agency()) == {STAFF: Decimal(figure)}
        assert found.of(Period(2026), replace(entry.agency(), code=entry.name)) == {STAFF: Decimal(figure)}
    assert found.of(Period(2025), ROSTER.entries[0].agency()) == {}


def test_the_file_has_periods(tmp_path):
    form = parse(TEXT.replace("schema = 2", 'schema = 2\nperiod = "month"', 1), "f.toml")
    text = f"code,cell,figure,period\n001,{STAFF},60,2026-03\n001,{STAFF},61,2026-04\n"
    found = loaded(tmp_path, text, form, Period.from_text("2026-04"))
    for month, figure in (("2026-03", 60), ("2026-04", 61)):
        assert found.of(Period.from_text(month), ROSTER.entries[0].agency()) == {STAFF: Decimal(figure)}


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("code,cell\n", "given-head", ""),
        (f"code,cell,figure\n009,{STAFF},1\n", "given-agency", ":2"),
        ("code,cell,figure\n001,people.n.stuff,1\n", "given-cell", ":2"),
        (f"code,cell,figure\n001,{STAFF},\n", "given-figure", ":2"),
        (f"code,cell,figure\n001,{STAFF},1.5\n", "given-figure", ":2"),
        (f"code,cell,figure\n001,{STAFF},-1\n", "given-figure", ":2"),
        (f"code,cell,figure\n001,{STAFF},60人\n", "given-figure", ":2"),
        (f"code,cell,figure\n001,{STAFF},1234567890123456\n", "given-figure", ":2"),
        (f"code,cell,figure,period\n001,{STAFF},1,三月\n", "given-period", ":2"),
        (f"code,cell,figure\n001,{STAFF},1\n教育局,{STAFF},2\n", "given-twice", ":3"),
    ],
)
def test_faults_of_the_file(text, code, place, tmp_path):
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == (code, f"{tmp_path / 'given.csv'}{place}")


# -- a collection


@pytest.mark.prove
def test_a_collection_gives_compares_and_adds(tmp_path):
    (tmp_path / "r.csv").write_text(
        "code,name,police,customs\n001,单位001,否,否\n002,单位002,否,否\n", encoding="utf-8"
    )
    folder = create(tmp_path / "c", Period(2026), "青禾区", tmp_path / "r.csv", str(PATH))

    def run(*arguments):
        return xltools(folder.path, *arguments)

    def give(*figures):
        lines = [f"{n:03},{STAFF},{figure}" for n, figure in enumerate(figures, 1)]
        folder.given.write_text("\n".join(["code,cell,figure", *lines]), encoding="utf-8")

    done = run("generate")
    assert done.status == 2
    assert "单位001（001）: people.n.staff" in done.err
    give(5)
    done = run("generate")
    assert (done.status, "单位002" in done.err, "单位001" in done.err) == (2, True, False)
    give(5, 5)
    assert run("generate", "--check").status == 0
    (tmp_path / "other.csv").write_text(f"code,cell,figure\n001,{STAFF},5\n002,{STAFF},5\n", encoding="utf-8")
    assert run("generate", "--given", tmp_path / "other.csv").status == 0, "they are the same"
    for code in ("001", "002"):
        (folder.inbox / f"{code}_单位{code}_2026.xlsx").write_bytes(workbook(code))
    assert run("verify").status == 0
    done = run("merge", "--witness")
    assert done.status == 0, done.out + done.err
    give(8, 5)
    done = run("verify")
    assert (done.status, "given-renewed" in done.out) == (0, True)
    assert run("merge", "--check", "district.xlsx").status != 0, "the figures of the issuer are others now"
    done = run("merge", "--witness")
    assert done.status == 0, done.err
    read = read_package(folder.rollup.read_bytes(), "d.xlsx", FORM)
    assert read.record.values[STAFF] == 13
    assert run("merge", "--check", "district.xlsx").status == 0
    (folder.inbox / "001_单位001_2026.xlsx").write_bytes(workbook("001", found=9))
    done = run("verify", "--return-to", "back")
    assert (done.status, "given-changed" in done.out) == (1, True)
    (back,) = folder.path.glob("back/*.xlsx")
    marked = read_package(back.read_bytes(), back.name, FORM, given=now(8))
    assert [f.code for f in verify(marked) if f.is_error] == ["given-changed"]
    done = run("status")
    assert (done.status, "001" in done.out) == (1, True)
    with contextlib.chdir(folder.path):
        desk = work.Desk()
        for figure, is_changed in ((8, True), (9, False)):  # what came back is 9
            give(figure, 5)
            found = {f.code for f in work.look(desk).seen.collection.findings}
            assert ("given-changed" in found) == is_changed
    give(8, 5)
    assert run("merge").status == 1
    entry = Entry("001", "单位001", {"police": "否", "customs": "否"})
    files = agency_files(folder, entry, Before(), Given({("2026", "001"): {STAFF: Decimal(8)}}))
    assert files["given.csv"].decode().splitlines()[1] == f'"001","{STAFF}","8","2026"'


# -- the cases of the form, each through a workbook


FILE = tomllib.loads((HERE / "data" / "zfnb-2025.cases.toml").read_text(encoding="utf-8"))


def played(case, code="1"):
    """The return or the roll-up of a case, written and read."""
    if "returns" in case:
        members = [played(one, f"{code}{n}") for n, one in enumerate(case["returns"], 1)]
        rollup = merge(members, FORM, Period(2026), f"区{code}", code=code, incomplete=True).rollup
        return read_package(write_rollup(rollup), f"{code}.xlsx", FORM)
    sound, flags = FILE["sound"], frozenset(case.get("flags", ()))
    gone = FORM.elsewhere(FORM.lacking(flags))
    issued = {**sound["given"], **case.get("given", {})}
    cells = {c.name: 0 for c in FORM.inputs if c.in_table and c.name not in gone}
    cells |= sound["cells"] | issued | case.get("set", {})
    lists = {name: lines for name, lines in sound["lists"].items() if name not in case.get("drop", ())}
    for name, lines in case.get("add", {}).items():
        lists[name] = [*lists.get(name, ()), *lines]
    one = stamp(FORM, flags, code, issued[STAFF])
    content = write_return(
        FORM,
        one,
        {name: Decimal(value) for name, value in cells.items() if value != ""},
        sound["prose"] | case.get("prose", {}),
        lists={name: tuple(listed(name, lines)) for name, lines in lists.items()},
    )
    if case.get("set", {}).get(STAFF) == "":
        content = clerk.edited(content, "四、执法人员", {layout(FORM).address(STAFF)[1]: None})
    known = case.get("now")
    figures = (
        Given({("2026", code): {name: Decimal(value) for name, value in known.items()}}) if known else None
    )
    return read_package(content, f"{code}.xlsx", FORM, given=figures)


def listed(name, lines):
    for number, line in enumerate(lines, 1):
        values = (line.get(key, "") for key in FORM.lists[name].keys)
        yield ListLine(number, tuple(v if isinstance(v, str) else Decimal(v) for v in values))


@pytest.mark.parametrize(
    "case", by_day([FILE["sound"], *FILE["case"]], 8), ids=lambda case: case.get("name", "sound")
)
def test_a_case_plays(case):
    read = played(case)
    (one,) = examine([read]).examined
    found = {(f.code, f.severity.value, f.cell) for f in one.findings}
    assert found == {(f["code"], f["severity"], f["cell"]) for f in case.get("expect", ())}
    complete = read.record.complete()
    for name, exact in case.get("exact", {}).items():
        wanted = None if exact == "" else Fraction(str(exact))
        if cell := parts_of_cell(name):
            assert of_line(read, *cell) == wanted, name
        else:
            assert shows(FORM.cells[name], complete.get(name), wanted), name


def of_line(read, key, column, line):
    one = FORM.lists[key]
    lines = read.record.lists[key]
    place = line_keys(one, lines).index(line)
    wanted = next(other for other in one.columns if other.key == column)
    return derived_value(wanted, LineFigures(FORM, key, lines, read.record.complete()).of(place))
