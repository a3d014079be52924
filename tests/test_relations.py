"""Relations, conditions and parts of a whole: one expression, read as a figure, a formula, a live check and words.

Laws over random forms (``random_forms``); what a reader of the TOML finds, which shares nothing with the package, decides.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import add

import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import office
from conftest import HERE, examples
from random_forms import expected, forms, means, small_values
from test_office import forgotten, results, same
from xltools.checking.checks import rules, verify
from xltools.checking.collection import examine
from xltools.collection.merging import merge
from xltools.collection.second_reader import issued_findings
from xltools.data.filing import Return, Source, Stamp
from xltools.data.finding import Severity, Waiver
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import past_of
from xltools.data.record import Agency, Record
from xltools.excel.live_checks import MARKS, check_result
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.load import parse
from xltools.form.places import COVER, Check
from xltools.form.relation import PRINTED
from xltools.text import LANGS, clerk, message
from xltools.witness.form import FormFigures

FORM = find(str(HERE / "forms" / "xcjc-2026.toml"))
some = settings(max_examples=examples(60))
with_values = forms().flatmap(lambda form: st.tuples(st.just(form), small_values(form)))


def stamp(form, code="001", year=2026):
    return Stamp(form.key, form.edition, Period(year), Agency("青禾区", code, f"单位{code}"))


def filing(form, values, code="001"):
    """A return as if it had been read."""
    one = stamp(form, code)
    record = Record(form, one.period, frozenset((one.agency,)), values)
    return Return(Source(f"{code}.xlsx"), (), form, one, record)


def found(form, values):
    return {(finding.code, finding.cell) for finding in rules(filing(form, values))}


# -- one expression is read four ways


@some
@given(with_values)
def test_every_broken_rule_is_found_and_no_other(pair):
    form, values = pair
    assert found(form, values) == expected(form, values)


@some
@given(with_values)
def test_the_checks_of_a_workbook_say_the_same(pair):
    """Beside the table and on the cover, each with the mark of its level; an equation also in lines of totals."""
    form, values = pair
    complete, marks = form.complete(values), {f"rule-{level}": mark for level, mark in MARKS.items()}
    marks["rule-broken"] = marks.pop("rule-error")
    shown = set()
    place = layout(form)
    constraints = [
        (sheet, one) for sheet, group in place.groups for c in group.checks for one in c.constraints
    ]
    constraints += [(COVER, rule.constraint) for rule in form.rules]
    for sheet, constraint in constraints:
        result = check_result(place, Check(place.cover.status, (), (constraint,)), sheet, complete)
        if result != clerk()("check.passed"):
            shown.add((result[0], constraint.relation.left.names[0]))
    wanted = {(marks[code], cell) for code, cell in expected(form, values)}
    assert wanted <= shown
    for _, cell in shown - wanted:  # it follows from the other lines, one of which is found
        assert form.cells[cell].row.is_ or form.cells[cell].column.is_


@some
@given(with_values)
def test_the_words_say_the_same(pair):
    """The relation as the filling notes print it, read back by its labels."""
    form, values = pair
    complete = {name: Fraction(value) for name, value in form.complete(values).items()}
    words = dict(_printed_rules(form))
    for identity in form.identities:
        names = {word: name for name in identity.constraint.names for word in _labels(form, identity, name)}
        holds = _words_hold(words[identity.rule.label], names, complete, identity.constraint.within)
        assert holds == identity.constraint.holds(form.complete(values))


def _printed_rules(form):
    """The label and the words of each row of three in the tables of the filling notes."""
    for block in filling_notes(form).blocks:
        rows = {}
        for box in getattr(block, "boxes", ()):
            rows.setdefault(box.area.row, []).append(box.text)
        yield from ((texts[0], texts[1]) for texts in rows.values() if len(texts) == 3)


def _labels(form, identity, name):
    cell = form.cells[name]
    if identity.rule.rows:
        return [cell.row.label]
    if identity.rule.columns:
        return [cell.column.label]
    return [clerk()("notes.cell", section=cell.section.title, label=cell.label)]


def _words_hold(words, names, figures, within):
    text = re.sub("（[^）]*）", "", words)
    text = text.rpartition("：")[2]
    for label in sorted(names, key=len, reverse=True):
        text = text.replace(label, f" figures.get({names[label]!r}, 0) ")
    when, _, relation = text.rpartition("时，")
    signs = {printed: sign for sign, printed in PRINTED.items()} | {"＝": "=="}

    def holds(one, within=0):
        left, sign, right = re.split(f"([{''.join(signs)}])", one.replace("＋", "+").replace("－", "-"))
        names = {"figures": figures, "Fraction": Fraction}
        numbers = (re.sub(r"([0-9.]+)×", r"Fraction('\1') * ", side) for side in (left, right))
        left, right = (Fraction(eval(side, {}, names)) for side in numbers)
        if within and sign == "＝":
            return abs(left - right) <= within
        return eval(f"left {signs[sign]} right", {}, {"left": left, "right": right})

    return not all(holds(one) for one in when.split("，") if one) or holds(relation, within)


@some
@given(forms())
def test_the_second_reader_adds_the_same(form):
    """It reads the TOML itself; it knows what all lines are, and does not ask whether rules hold."""
    for figure, cell in zip(FormFigures(form.text).figures.values(), form.cells.values(), strict=True):
        assert figure.terms == (cell.definition.terms if cell.definition else ())


@settings(max_examples=examples(12))
@given(with_values)
def test_a_workbook_that_is_filled_in_and_read_back_has_the_same_findings(pair):
    """And the second reader, which knows the form from its TOML, finds nothing in the workbook as it is issued."""
    form, values = pair
    blank = write_return(form, stamp(form))
    assert issued_findings(form, blank, stamp(form), {}, "001.xlsx", recalculate=False) == []
    read = read_package(write_return(form, stamp(form), values), "001.xlsx", form)
    assert read.record.values == values
    told = {(f.code, f.cell) for f in verify(read) if f.code not in {"blank", "all-blank", "all-zero"}}
    assert told == expected(form, values) | (means(form, values) if values else set())


# -- a roll-up of sound returns is sound


@some
@given(
    forms().flatmap(
        lambda form: st.tuples(st.just(form), st.lists(small_values(form), min_size=2, max_size=6))
    )
)
def test_a_roll_up_of_sound_returns_is_sound(pair):
    form, several = pair
    sound = [values for values in several if not {code for code, _ in found(form, values)} & {"rule-broken"}]
    assume(len(sound) > 1)
    records = [filing(form, values, f"{index:03}").record for index, values in enumerate(sound)]
    whole = reduce(add, records)
    assert form.broken(whole.complete(), len(whole.agencies)) == []
    tree = records[0] + reduce(add, records[1:])
    assert (tree.complete(), tree.agencies) == (whole.complete(), whole.agencies)


@some
@given(
    forms(signs=("=", "<=", ">="), plain=True).flatmap(
        lambda form: st.tuples(st.just(form), st.lists(small_values(form), min_size=2, max_size=4))
    )
)
def test_what_a_sum_breaks_some_return_breaks(pair):
    form, several = pair
    records = [filing(form, values, f"{index:03}").record for index, values in enumerate(several)]
    whole = reduce(add, records)
    broken = {one.constraint for one in form.broken(whole.complete(), len(records))}
    each = [{one.constraint for one in form.broken(record.complete())} for record in records]
    assert broken <= set().union(*each)


# -- through workbooks


def zeros(**changed):
    names = {name.replace("__", "."): Decimal(str(value)) for name, value in changed.items()}
    return (
        {cell.name: Decimal(0) for cell in FORM.inputs}
        | {
            "staff.officers.n": Decimal(1),
            "staff.young.n": Decimal(1),
        }
        | names
    )


def written(values, code="001", year=2026):
    return read_package(write_return(FORM, stamp(FORM, code, year), values), f"{code}.xlsx", FORM)


def rolled(filings, district="青禾区", **options):
    return merge(filings, FORM, Period(2026), district, **options).rollup


def codes(filings, **options):
    return [(f.code, f.cell) for f in examine(filings, **options).findings]


ROUNDED = {"visits__routine__sites": 1, "visits__routine__people": 1, "visits__routine__faulty": 1,
    "visits__routine__mended": 1, "visits__routine__fines": "1.01", "visits__routine__paid": 1}  # fmt: skip


@pytest.mark.prove
def test_each_agency_of_a_roll_up_may_be_off_by_the_tolerance():
    """Also in a roll-up of a roll-up: three agencies and two files, and each was rounded the same way."""
    three = [written(zeros(**ROUNDED), code) for code in ("001", "002", "003")]
    assert all(list(rules(one)) == [] for one in three)
    inside = read_package(write_rollup(rolled(three[:2])), "区.xlsx", FORM)
    city = rolled([inside, three[2]], "某市")
    for content in (write_rollup(rolled(three)), write_rollup(city)):
        read = read_package(content, "市.xlsx", FORM)
        assert read.record.complete()["visits.total.fines"] == Decimal("3.03")
        assert list(rules(read)) == []
        assert "0.03,6)" in _check(content, "visits.routine.fines")
    assert rolled(three).values == city.values


def test_a_roll_up_is_not_asked_what_sums_need_not_keep():
    """One agency has faults and fines, one has neither; of their sum no condition would be true in the same way."""
    one, other = (
        zeros(visits__special__sites=6, visits__special__people=6),
        zeros(
            visits__special__sites=9,
            visits__special__people=9,
            visits__special__faulty=7,
            visits__special__mended=7,
        ),
    )
    read = read_package(write_rollup(rolled([written(one), written(other, "002")])), "区.xlsx", FORM)
    assert [f.code for f in rules(read)] == []
    formulas = _check(write_rollup(rolled([written(one)])), "visits.special.fines")
    assert "AND(" not in formulas
    assert "？" not in formulas


def _check(content, name):
    """The formula of the check in the row of a cell."""
    sheet = next(sheet for sheet in layout(FORM).sheets if name in sheet.cells)
    row = sheet.cells[name].row
    check = next(c for c in sheet.groups[0].checks if c.area.row == row)
    return openpyxl.load_workbook(io.BytesIO(content))[sheet.name][a1(*check.area.anchor)].value


BROKEN = {
    "visits__routine__sites": 3,
    "visits__routine__people": 3,
    "visits__routine__faulty": 4,
    "visits__routine__mended": 4,
}


def accepted(code):
    return Policy(waivers=(Waiver(code, "rule-broken", "", "核实无误", "张三", "2027-01-31"),))


def test_what_was_accepted_in_a_return_is_said_in_its_roll_up_and_breaks_nothing():
    filings = [written(zeros(**BROKEN)), written(zeros(), "002")]
    both = ["visits.routine.faulty", "visits.total.faulty"]
    assert codes(filings) == [("rule-broken", cell) for cell in both]
    content = write_rollup(rolled(filings, policy=accepted("001")))
    read = read_package(content, "区.xlsx", FORM)
    said = [(f.code, f.cell, f.severity, f.facts["count"]) for f in rules(read)]
    assert said == [("rule-accepted", cell, Severity.NOTE, 1) for cell in both]
    assert clerk()("check.accepted", count=1) in _check(content, both[0])
    shown = [cell.value for sheet in results(content) for row in sheet.iter_rows() for cell in row]
    assert not [value for value in shown if str(value).startswith(MARKS["error"])]
    for one in (replace(read, waived=()), filing(FORM, zeros(**BROKEN))):
        assert [f.code for f in rules(one)] == ["rule-broken", "rule-broken"]


def test_a_rule_may_look_back():
    """Where last year's return is at hand, and not otherwise; it is asked of single returns only."""
    now = zeros(visits__special__sites=5, visits__special__people=5)
    last = zeros(visits__special__sites=3, visits__special__people=3)
    filings = [written(now)]
    assert codes(filings) == []
    past = past_of([written(last, year=2025)], FORM)
    (finding,) = examine(filings, past=past).findings
    assert (finding.code, finding.cell) == ("rule-question", "visits.special.sites")
    assert "上年专项检查" in str(finding.facts["right"])
    enough = past_of([written(last | {"visits.special.sites": Decimal(6)}, year=2025)], FORM)
    assert [f.code for f in examine(filings, past=enough).findings] == []
    whole = read_package(write_rollup(rolled(filings)), "区.xlsx", FORM)
    assert "rule-question" not in {f.code for f in examine([whole], past=past).findings}


def test_a_figure_that_could_not_be_read_is_in_no_rule():
    """Neither in the relation nor in its condition."""
    values = zeros(visits__special__sites=9, visits__special__people=9, visits__special__fines=3)
    content = write_return(FORM, stamp(FORM), values)
    assert ("rule-broken", "visits.special.fines") in {
        (f.code, f.cell) for f in rules(read_package(content, "x", FORM))
    }
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet, address = layout(FORM).address("visits.special.faulty")
    book[sheet][address] = "没有统计"
    out = io.BytesIO()
    book.save(out)
    read = read_package(out.getvalue(), "x.xlsx", FORM)
    assert {f.cell for f in rules(read)} == {"visits.special.fines"}  # by the other rule: 3 is not 0 + 0


def test_a_table_with_hundreds_of_rules_has_checks_that_a_spreadsheet_can_read():
    lines = [f'{{ key = "k{i}", label = "列{i}", of = "k0" }}' for i in range(1, 120)]
    text = (
        'schema = 2\nkey = "x"\nedition = "1"\ntitle = "表"\nauthority = "试"\n[[section]]\nkey = "s"\ntitle = "甲"\nsheet = "乙"\n'
        '[[section.block]]\nrows = [{ key = "r", label = "行" }]\ncolumns = [{ key = "k0", label = "列0" },\n'
    )
    form = parse(text + ",\n".join(lines) + "]\n", "form.toml")
    content = write_return(form, stamp(form), {cell.name: Decimal(1) for cell in form.inputs})
    formulas = [c.value for row in openpyxl.load_workbook(io.BytesIO(content))["乙"].iter_rows() for c in row]
    checks = [f for f in formulas if isinstance(f, str) and f.startswith("=")]
    assert sum(f.count("多") for f in checks) == 119
    assert max(map(len, checks)) < 8192
    assert max(f.count("IF(") for f in checks) < 60


@pytest.mark.office
@pytest.mark.prove
def test_libreoffice_computes_what_the_checks_say():
    """Every formula of workbooks of random forms and figures, computed anew; test_office.py asks it of one form."""
    files = {}

    @settings(max_examples=examples(60), database=None)
    @given(with_values)
    def write(pair):
        form, values = pair
        content = write_return(form, stamp(form), values)
        files[str(len(files))] = content
        read = read_package(content, "001.xlsx", form)
        if rollup := merge([read], form, Period(2026), "青禾区", incomplete=True).rollup:
            files[str(len(files))] = write_rollup(rollup)

    write()
    saved = office.resaved({name: forgotten(content) for name, content in files.items()})
    for name, content in files.items():
        stored, computed = results(content), results(saved[name])
        for sheet in stored.worksheets:
            for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
                other = computed[sheet.title][cell.coordinate].value
                assert same(cell.value, other), (name, sheet.title, cell.coordinate, cell.value, other)


@pytest.mark.parametrize(
    ("labels", "words"),
    [(("受理", "其中：网上"), "其中：网上不多于受理"), (("Received", "online"), "online ≤ Received")],
)
def test_a_part_is_said_in_the_language_of_its_labels_or_in_signs(labels, words):
    rows = (
        f'rows = [{{ key = "a", label = "{labels[0]}" }}, {{ key = "b", label = "{labels[1]}", of = "a" }}]\n'
    )
    head = 'schema = 2\nkey = "x"\nedition = "1"\ntitle = "表"\nauthority = "试"\n[[section]]\nkey = "s"\ntitle = "一"\nsheet = "表"\n'
    form = parse(f'{head}[[section.block]]\n{rows}columns = [{{ key = "n", label = "N" }}]\n', "form")
    assert [identity.rule.label for identity in form.identities] == [words]


def test_two_sides_that_are_to_differ_have_no_difference():
    text = FORM.text.replace(
        'rows = "special != joint"\nwhen = "special > 0"\non = ["sites"]\nlevel = "warning"',
        'rows = "special != joint"\nwhen = "special > 0"\non = ["sites"]',
    )
    form = parse(text, "form")
    values = {cell.name: Decimal(0) for cell in form.inputs}
    equal = dict.fromkeys(("visits.special.sites", "visits.joint.sites"), Decimal(2))
    found = rules(filing(form, values | equal))
    words = [message(one, "zh") for one in found if one.found == one.expected]
    assert words
    assert "专项检查 2 ＝ 联合检查 2。应当" in words[0]
    assert not [one for one in words if "差" in one]


def test_a_rule_over_two_tables_is_said_once():
    """It stands in no line, so the message begins with its sides."""
    one = filing(
        FORM,
        zeros(visits__routine__sites=1, visits__routine__people=1, staff__officers__n=0, staff__young__n=0),
    )
    (finding,) = rules(one)
    assert finding.code == "rule-broken"
    for lang in LANGS:
        assert message(finding, lang).count("有检查的有人员") == 1
