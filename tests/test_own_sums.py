"""What a line of a list has of the other lines: the sums of those like it, and of those one level below its code; and shapes of texts."""

from __future__ import annotations

import io
import re
import tomllib
from decimal import Decimal
from fractions import Fraction
from functools import cache

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import HERE, by_day, examples, form_problems, resaved
from office import results_compared
from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.collection.merging import merge
from xltools.data.filing import Return, Stamp
from xltools.data.list_lines import LineChecks, derived_lines, line_keys, list_figures
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine, Record, total
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.writer import render
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.lists import parts_of_cell
from xltools.form.load import parse
from xltools.libreoffice import is_installed, recalculated
from xltools.report.data import filing_object
from xltools.report.slip import returned
from xltools.text import LANGS, problem_text
from xltools.witness.form import FormFigures
from xltools.witness.issued import faults
from xltools.witness.workbook import LabelledWorkbook, figure_values

D = Decimal
FORMS = {
    "sefa-1.1": HERE.parent / "samples" / "forms" / "federal-awards.toml",
    "bmjs-2026": HERE / "forms" / "bmjs-2026.toml",
}


@cache
def form_of(name):
    """The form with short lists, which are written faster."""
    text = re.sub(
        r"^(most|print) = \d+$", r"\1 = 24", FORMS[name].read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    return parse(text, name)


@cache
def file_of(name):
    return tomllib.loads((HERE / "data" / f"{name}.cases.toml").read_text(encoding="utf-8"))


def cases():
    for name in FORMS:
        for case in (file_of(name)["sound"] | {"name": "sound"}, *file_of(name)["case"]):
            yield name, case


def listed(form, key, lines):
    for number, line in enumerate(lines, 1):
        values = (line.get(column.key, "") for column in form.lists[key].columns)
        kinds = (column.kind for column in form.lists[key].columns)
        pairs = zip(kinds, values, strict=True)
        yield ListLine(number, tuple(D(v) if kind == "number" and v != "" else v for kind, v in pairs))


def played(name, case, code="001"):
    """The return or the roll-up of a case, written and read."""
    return read_package(content_of(name, case, code), f"{code}.xlsx", form_of(name))


def content_of(name, case, code="001"):
    """The workbook of a case."""
    form, sound, period = form_of(name), file_of(name)["sound"], Period(int(file_of(name)["period"]))
    if "returns" in case:
        members = [played(name, one, f"{n:03}") for n, one in enumerate(case["returns"], 1)]
        rollup = merge(members, form, period, "Northfield", incomplete=True).rollup
        return write_rollup(rollup)
    cells = {cell.name: 0 for cell in form.inputs if cell.in_table} | sound["cells"]
    lists = {key: tuple(listed(form, key, some)) for key, some in sound["lists"].items()}
    for key in case.get("drop", ()):
        lists[key] = ()
    for key, some in case.get("add", {}).items():
        every = [*(line.values for line in lists.get(key, ())), *(x.values for x in listed(form, key, some))]
        lists[key] = tuple(ListLine(n, values) for n, values in enumerate(every, 1))
    for cell, value in case.get("set", {}).items():
        if at := parts_of_cell(cell):
            key, column, line = at
            place = line_keys(form.lists[key], lists[key]).index(line)
            values = list(lists[key][place].values)
            figure = form.columns[f"{key}.{column}"].kind == "number" and value != ""
            values[form.lists[key].keys.index(column)] = D(value) if figure else value
            lists[key] = (
                *lists[key][:place],
                lists[key][place]._replace(values=tuple(values)),
                *lists[key][place + 1 :],
            )
        else:
            cells[cell] = value
    texts = {cell: value for cell, value in cells.items() if cell in form.texts}
    figures = {cell: D(value) for cell, value in cells.items() if cell not in texts}
    one = Stamp(form.key, form.edition, period, Agency("Northfield", code, f"单位{code}"))
    content = write_return(form, one, figures, texts, lists=lists)
    if "type" in case:
        content = resaved(
            content, lambda book: [type_into(book, form, lists, *x) for x in case["type"].items()]
        )
    return content


def type_into(book, form, lists, cell, value):
    key, column, line = parts_of_cell(cell)
    sheet, area = next(iter(book.defined_names[f"{key}.{column}"].destinations))
    place = line_keys(form.lists[key], lists[key]).index(line)
    book[sheet][area][place][0].value = value


@pytest.mark.parametrize(
    ("name", "case"), by_day(cases(), 7), ids=lambda one: one if isinstance(one, str) else one["name"][:40]
)
def test_a_case_plays(name, case):
    read = played(name, case)
    # Nothing computed the workbook after a total in it was typed over.
    found = {(f.code, f.severity.value, f.cell) for f in verify(read)}
    found = {x for x in found if x[1] != "note" and x[0] not in {"total-stale", "not-calculated"}}
    assert found == {(f["code"], f["severity"], f["cell"]) for f in case.get("expect", ())}
    complete, form = read.record.complete(), read.form
    for cell, exact in case.get("exact", {}).items():
        wanted = "" if exact == "" else Fraction(str(exact))
        if at := parts_of_cell(cell):
            key, column, line = at
            lines = derived_lines(form, key, read.record.lists[key], complete)
            place = line_keys(form.lists[key], lines).index(line)
            assert lines[place].values[form.lists[key].keys.index(column)] == wanted, cell
        else:
            value = complete.get(cell, "")
            places = form.cells[cell].places if form.cells[cell].ratio else 9
            assert (value == "") == (wanted == ""), cell
            assert value == "" or abs(Fraction(value) - wanted) <= Fraction(1, 2 * 10**places), cell


# -- a list of both kinds: lines of one fund, and codes below codes, as texts

TEXT = """
schema = 2
key = "kmb"
edition = "2026"
title = "科目表"
authority = "自拟"
[[codes]]
key = "funds"
items = [{ key = "a", label = "本级*" }, { key = "b", label = "下级" }]
[[section]]
key = "m"
title = "一、科目"
sheet = "合计"
unit = "元"
number = "decimal"
[[section.block]]
rows_from = "funds"
rows = [{ key = "total", label = "合计", is = "all" }]
columns = [
  { key = "money", label = "金额", is = "sum(lines.money, fund = row, code = class)" },
  { key = "lines", label = "行数", unit = "行", is = "count(lines, fund = row, code = item)" },
]
[[section.list]]
key = "lines"
sheet = "科目"
most = 20
columns = [
  { key = "fund", label = "来源", kind = "choice", from = "funds", required = true },
  { key = "code", label = "编码", kind = "text", required = true, shapes = [
    { key = "class", label = "类", pattern = "[0-9]{3}" }, { key = "group", label = "款", pattern = "[0-9]{5}" },
    { key = "item", label = "项", pattern = "[0-9]{6}X" },
  ] },
  { key = "name", label = "名称", kind = "text", required_when = "code = item" },
  { key = "money", label = "金额" },
  { key = "below", label = "下级之和", is = "sum(lines.money, code under row, fund = row)", when = "code != item" },
  { key = "alike", label = "同名的", unit = "行", is = "count(lines, name = row)" },
  { key = "part", label = "占同来源的（%）", unit = "%", is = "money per sum(lines.money, fund = row, code = class)" },
]
[[section.list.rule]]
key = "tree"
columns = "money = sum(lines.money, code under row, fund = row)"
when = "code != item"
label = "上级等于下级之和"
authority = "inferred"
"""
FORM = parse(TEXT, "kmb")
PERIOD = Period(2026)
Line = tuple[str, str, str, Decimal | str]
SOUND = (
    ("a", "208", "", D("1.1")), ("a", "20805", "", D("1.1")), ("a", "208050X", "甲", D("0.9")),
    ("a", "208051X", "乙", D("0.2")), ("b", "20805", "", D(5)), ("b", "208", "", D(5)), ("b", "208050X", "甲", D(5)),
)  # fmt: skip


def whole(lines):
    return tuple(ListLine(n, (*line, "", "", "")) for n, line in enumerate(lines, 1))


def written(lines, code="001", form=FORM):
    one = Stamp(form.key, form.edition, PERIOD, Agency("青禾区", code, f"单位{code}"))
    return write_return(form, one, {}, lists={"lines": whole(lines)})


def filing(content, name="001.xlsx", form=FORM) -> Return:
    found = read_package(content, name, form)
    assert isinstance(found, Return)
    return found


def told(one):
    return {(f.code, f.cell) for f in verify(one) if f.severity.value != "note"}


def brute(lines):
    """What each line has of the others, added in the plainest way."""
    for fund, code, name, money in lines:
        below = [
            m for f, c, _, m in lines if f == fund and c[:-2] == code and len(code) in {3, 5} and m != ""
        ]
        classes = sum(m for f, c, _, m in lines if f == fund and len(c) == 3 and m != "")
        alike = sum(n.upper() == name.upper() for _, _, n, _ in lines)
        share = Fraction(money or 0) * 100 / Fraction(classes) if classes else None
        yield (sum(below, D(0)) if len(code) < 7 else ""), D(alike), share


money = st.one_of(st.just(""), st.integers(0, 10**6).map(D), st.decimals(0, 99, places=2))
some_lines = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(
            ["208", "210", "20805", "20899", "21001", "2080501"[:5] + "1X", "208050X", "208991X"]
        ),
        st.sampled_from(["", "甲", "Ab", "aB", "001", "1", "*"]),
        money,
    ),
    max_size=9,
)


@settings(max_examples=examples(60), deadline=None)
@given(some_lines)
def test_each_line_has_the_sums_of_its_own(lines):
    figures = Record(FORM, PERIOD, lists={"lines": whole(lines)}).complete()
    found = derived_lines(FORM, "lines", whole(lines), figures)
    for line, (below, alike, share) in zip(found, brute(lines), strict=True):
        assert line.values[4:6] == (below, alike)
        assert (line.values[6] == "") == (share is None)
        assert share is None or abs(Fraction(line.values[6]) - share) <= Fraction(1, 200)


trees = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["208050X", "208051X", "208991X", "210010X"])),
    st.decimals(0, 99, places=2),
    max_size=6,
)


def tree_of(leaves):
    """The lines of a sound list with these items: with all above them, which are their sums."""
    lines = dict(leaves)
    for length in (5, 3):
        above = {}
        for (fund, code), amount in lines.items():
            if len(code) == length + 2:
                above[fund, code[:length]] = above.get((fund, code[:length]), D(0)) + amount
        lines |= above
    return [(fund, code, "甲" if len(code) == 7 else "", amount) for (fund, code), amount in lines.items()]


BY_CODE = parse(
    TEXT.replace('key = "lines"\nsheet', 'key = "lines"\nunique = ["fund", "code"]\nmerge = "code"\nsheet')
    .replace('  { key = "name", label = "名称", kind = "text", required_when = "code = item" },\n', "")
    .replace('  { key = "alike", label = "同名的", unit = "行", is = "count(lines, name = row)" },\n', "")
    .replace(
        '  { key = "lines", label = "行数", unit = "行", is = "count(lines, fund = row, code = item)" },\n',
        "",
    ),
    "by-code",
)


def faults_in(form, lists, figures):
    checks = LineChecks(form, "lines", lists.get("lines", ()), figures)
    return [fault for place in range(len(lists.get("lines", ()))) for fault in checks.faults(place)]


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(trees, min_size=1, max_size=4))
def test_a_roll_up_of_sound_lists_is_sound(agencies):
    """Stacked, each line is asked among those of its agency; added by code, what holds of each holds of the sum."""
    for form in (FORM, BY_CODE):
        records = []
        for number, leaves in enumerate(agencies):
            lines = whole(tree_of(leaves))
            if form is BY_CODE:
                lines = tuple(x._replace(values=(*x.values[:2], *x.values[3:5], "")) for x in lines)
            one = Agency("青禾区", f"{number:03}")
            records.append(Record(form, PERIOD, frozenset({one}), lists={"lines": lines} if lines else {}))
            assert not faults_in(form, records[-1].lists, records[-1].complete())
        flat = total(form, PERIOD, records)
        assert not faults_in(form, flat.lists, flat.complete())
        part = total(form, PERIOD, records[:2])
        assert total(form, PERIOD, (part, *records[2:])).lists == flat.lists
        place = form.lists["lines"].keys.index("money")
        classes = [
            x.values[place] for r in records for x in r.lists.get("lines", ()) if len(x.values[1]) == 3
        ]
        figures = list_figures(form, flat.lists)
        assert sum(v for n, v in figures.items() if n.startswith("sum")) == sum(classes, D(0))


def test_what_is_wrong_is_found_and_live():
    assert told(filing(written(SOUND))) == set()
    wrong = [*SOUND, ("b", "210010X", "", D(1))]
    wrong[1] = ("a", "20805", "", D(2))
    content = written(wrong)
    one = filing(content)
    found = {("rule-broken", "lines.money[#1]"), ("rule-broken", "lines.money[#2]"),
             ("line-without-above", "lines.code[#8]"), ("required", "lines.name[#8]")}  # fmt: skip
    assert told(one) == found
    results = [
        row[0].value for row in openpyxl.load_workbook(io.BytesIO(content), data_only=True)["科目"]["J4:J11"]
    ]
    assert results[0].startswith("×"), results


def book(what):
    """A form, and a workbook with sums of its own: with faults, rolled up, or of a case."""
    if what == "sums":
        return FORM, written(
            [*SOUND, ("b", "210010X", "", D(1)), ("a", "", "Ab", D(3)), ("", "208", "aB", "")]
        )
    if what == "roll-up":
        members = [filing(written(SOUND, code), code) for code in ("001", "002")]
        return FORM, write_rollup(merge(members, FORM, PERIOD, "青禾区").rollup)
    name, _, start = what.partition(" ")
    case = next((one for one in file_of(name)["case"] if start and one["name"].startswith(start)), {})
    return form_of(name), content_of(name, case)


BOOKS = ("sefa-1.1 two awards", "bmjs-2026", "sums", "roll-up", "bmjs-2026 roll-up")


@pytest.mark.office
@pytest.mark.skipif(not is_installed(), reason="LibreOffice is not installed")
@pytest.mark.parametrize("what", by_day(BOOKS, 2))
def test_another_program_computes_the_same(what):
    form, content = book(what)
    again = recalculated(content)
    assert results_compared(content, again) > 20
    assert told(filing(again, form=form)) == told(filing(content, form=form))


FAULTS = {
    "another list": (('is = "sum(lines.money, fund = row, code = class)"', 'is = "sum(lines.money, code under row)"'), "list-row"),
    "in a table": (("count(lines, fund = row, code = item)", "count(lines, code under row)"), "list-row"),
    "in a rule of the form": (None, "list-row"),
    "no levels": (('"[0-9]{6}X"', '"[0-9]+"'), "list-no-levels"),
    "levels in disorder": (('"[0-9]{5}"', '"[0-9]{2}"'), "list-no-levels"),
    "added several times": (('is = "sum(lines.money, fund = row, code = class)"', 'is = "sum(lines.money, fund = row)"'), "list-counted-twice"),
    "added several times in a line": (("money per sum(lines.money, fund = row, code = class)", "money per sum(lines.money, fund = row)"), "list-counted-twice"),
    "a pattern no spreadsheet tests": (('"[0-9]{6}X"', '"[0-9]{6}X?"'), "shape-unsaid"),
    "shapes of yes or no": (
        ('kind = "text", required_when', 'kind = "yes", shapes = [{ key = "x", label = "x", pattern = "x" }], required_when'),
        "no-effect",
    ),
    "no such shape": (("row, code = item", "row, code = items"), "unknown-option"),
    "no such shape in a condition": (('required_when = "code = item"', 'required_when = "code = items"'), "unknown-option"),
    "a shape that is a column": (('key = "item", label = "项"', 'key = "name", label = "项"'), "repeated-key"),
    "a shape that is no pattern": (('"[0-9]{3}"', '"[0-9"'), "bad-pattern"),
    "shapes of a number": (('key = "money", label = "金额" }', 'key = "money", label = "金额", shapes = [{ key = "x", label = "x", pattern = "x" }] }'), "no-effect"),
    "a code without a shape": (('from = "funds", required = true', 'from = "funds", shapes = [{ key = "x", label = "x", pattern = "x" }]'), "option-shapeless"),
    "required twice": (('required_when = "code = item"', 'required = true, required_when = "code = item"'), "required-twice"),
    "like lines of a text in a table": (("fund = row, code = item", "name = row"), "list-criterion"),
    "a sum of itself": (('sum(lines.money, code under row, fund = row)", when', 'sum(lines.below, code under row)", when'), "ratio-in-sum"),
    "a sum in another unit": (('"count(lines, name = row)"', '"sum(lines.money, name = row, code = class)"'), "mixed-units"),
}  # fmt: skip
RULE = """
[[rule]]
key = "all"
cells = "m.total.money = sum(lines.money, code = row)"
label = "合计"
authority = "inferred"
"""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_such_a_form_is_found(name):
    change, code = FAULTS[name]
    assert change is None or TEXT.count(change[0]) == 1
    problems = form_problems(TEXT.replace(*change) if change else TEXT + RULE)
    assert code in {problem.code for problem in problems}
    for lang in LANGS:
        assert all("{" not in re.sub(r"\{[0-9]+\}", "", problem_text(x, lang)) for x in problems)


# -- through the other verbs


def test_lines_may_be_moved_and_blank_and_derived_columns_are_held_against_them():
    def edit(book):
        page = book["科目"]
        rows = [[page.cell(row, column).value for column in range(2, 6)] for row in range(4, 11)]
        for row in range(4, 24):
            for column in range(2, 6):
                page.cell(row, column).value = None
        for place, row in zip((22, 4, 9, 6, 17, 12, 8), rows, strict=True):
            for column, value in enumerate(row, 2):
                page.cell(place, column).value = value

    moved = filing(resaved(written(SOUND), edit))
    assert told(moved) - {("not-calculated", cell) for _, cell in told(moved)} == set()
    values = {line.values for line in moved.record.lists["lines"]}
    assert values == {line.values for line in whole(SOUND)}


def test_what_could_not_be_read_is_not_judged():
    def edit(book):
        book["科目"]["E6"] = "约1"  # the money of an item

    found = told(filing(resaved(written(SOUND), edit)))
    assert {(code, cell) for code, cell in found if code == "rule-broken"} == set()
    assert ("text-vague", "lines.money[#3]") in found


def test_a_marked_list_says_what_is_wrong_at_its_lines():
    content = written([SOUND[0], ("a", "2080501"[:5] + "1X", "", D(1))])
    (one,) = examine([filing(content)]).examined
    marked = returned(one).workbook(content)
    assert filing(marked).record.lists == one.filing.record.lists
    page = openpyxl.load_workbook(io.BytesIO(marked))["科目"]
    assert "20805" in page["C5"].comment.text
    assert "下级之和" not in page["C5"].comment.text
    assert "金额 1.1" in page["E4"].comment.text


def test_documents_notes_and_exports_have_what_is_derived():
    one = filing(written(SOUND))
    words = str(filling_notes(FORM))
    for said in (
        "下级之和＝金额合计（编码在本行的下一级，来源与本行相同）（编码不是“项”时）",
        "类、款、项",
        "编码是“项”时必须填写",
    ):
        assert said in words
    document = compose(report_of(one))
    content = render(document, "html")
    read = read_document(content, "001_单位001_2026.html", FORM, given=ReportIdentity(PERIOD, "青禾区"))
    assert read.record.lists == one.record.lists
    assert not {f.code for f in verify(read)} & {"total-wrong", "ratio-wrong", "rule-broken"}
    lines = filing_object(one, [], "en")["lists"]["lines"]
    assert lines[0]["values"]["below"] == 1.1


def test_the_second_reader_has_the_same_figures_and_finds_other_formulas():
    def change(book):
        page = book["科目"]
        page["F4"] = str(page["F4"].value).replace("lines.fund", "lines.name")
        page["H5"] = str(page["H5"].value).replace("=3)", "=5)")

    for form in (FORM, form_of("sefa-1.1"), form_of("bmjs-2026")):
        figures = FormFigures(form.text)
        one = Stamp(form.key, form.edition, PERIOD, Agency("青禾区", "001", "单位001"))
        assert not list(faults(write_return(form, one, {}, {}), figures, {}, {}))
    found = list(
        faults(
            resaved(
                write_return(FORM, Stamp("kmb", "2026", PERIOD, Agency("青禾区", "001", "单位001")), {}, {}),
                change,
            ),
            FormFigures(TEXT),
            {},
            {},
        )
    )
    assert {(x.what, x.address) for x in found if x.figure.startswith("lines.")} == {
        ("formula", "F4"),
        ("formula", "H5"),
    }
    read = figure_values(LabelledWorkbook(io.BytesIO(written(SOUND))), FormFigures(TEXT))
    complete = filing(written(SOUND)).record.complete()
    for name in FORM.list_figures:
        assert read[name] == complete[name], name
