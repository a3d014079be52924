"""Choices whose options depend on another: dropdowns, checks beside them, findings, faults of forms."""

from __future__ import annotations

import contextlib
import html
import io
from functools import cache

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands import xltools
from conftest import examples, form_problems
from xltools.checking.checks import verify
from xltools.collection.second_reader import issued_findings
from xltools.data.filing import Return, Stamp
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.desk import work
from xltools.desk.answering import Request, answer
from xltools.excel.package import patched
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return
from xltools.form.kinds import Choice
from xltools.form.load import parse
from xltools.libreoffice import is_installed, recalculated
from xltools.text import message
from xltools.witness.dropdowns import Dropdown, offered

TEXT = """
schema = 2
key = "yhtz"
edition = "2026"
title = "隐患台账"
authority = "自拟"

[[codes]]
key = "trades"
items = [{ code = "01", label = "煤*矿" }, { key = "coal", label = "煤矿" }, { code = "02", label = "运输" }]

[[codes]]
key = "hazards"
under = "trades"
items = [
  { key = "gas", label = "瓦斯超限", under = "01" },
  { key = "speed", label = "超速？", under = "r02" },
  { key = "water", label = "透水", under = "r01" },
  { key = "dust", label = "煤尘", under = "coal" },
  { key = "more", label = "其他" },
]

[[codes]]
key = "goods"
items = [
  { key = "food", label = "食品" },
  { key = "tools", label = "工具" },
  { key = "bread", label = "面包", under = "food" },
  { key = "milk", label = "牛奶", under = "food" },
  { key = "saw", label = "锯", under = "tools" },
]

[cover]
fields = [
  { key = "trade", label = "主要行业", kind = "choice", from = "trades" },
  { key = "hazard", label = "首要隐患", kind = "choice", from = "hazards", under = "cover.trade" },
]

[[section]]
key = "list"
title = "一、台账"
sheet = "台账"
[[section.list]]
key = "register"
most = 12
print = 3
columns = [
  { key = "trade", label = "行业", kind = "choice", from = "trades" },
  { key = "hazard", label = "隐患种类", kind = "choice", from = "hazards", under = "trade", required = true },
  { key = "above", label = "所属行业", shows = "hazard.under" },
  { key = "class", label = "商品大类", kind = "choice", from = "goods" },
  { key = "item", label = "商品", kind = "choice", from = "goods", under = "class" },
]
"""
FORM = parse(TEXT, "form")
PERIOD = Period(2026)
GOES = {
    "r01": {"gas", "water", "more"}, "coal": {"dust", "more"}, "r02": {"speed", "more"},
    "food": {"bread", "milk"}, "tools": {"saw"}, "bread": set(), "": {"gas", "water", "dust", "speed", "more"},
}  # fmt: skip
TRADES = st.sampled_from(["", "r01", "coal", "r02"])
HAZARDS = st.sampled_from(["gas", "water", "dust", "speed", "more"])
GOODS = st.sampled_from(
    [("", ""), ("food", ""), ("food", "milk"), ("tools", "saw"), ("tools", "milk"), ("bread", "saw")]
)
pairs = st.lists(st.tuples(TRADES, HAZARDS, GOODS), min_size=1, max_size=6)


def issued(lines=(), prose=None):
    own = tuple(ListLine(n, (trade, hazard, "", *goods)) for n, (trade, hazard, goods) in enumerate(lines, 1))
    stamp = Stamp(FORM.key, FORM.edition, PERIOD, Agency("青禾区", "001", "安监局"))
    return write_return(FORM, stamp, {}, prose or {}, lists={"register": own} if own else {})


def filing(content) -> Return:
    found = read_package(content, "001.xlsx", FORM)
    assert isinstance(found, Return)
    return found


def apart(content):
    return {(f.address, f.cell) for f in verify(filing(content)) if f.code == "not-a-choice"}


def expected(lines, trade, hazard):
    found = {("B12", "cover.hazard")} if trade and hazard and hazard not in GOES[trade] else set()
    for number, (above, below, (kind, item)) in enumerate(lines, 1):
        row = number + 3
        if above and below not in GOES[above]:
            found.add((f"C{row}", f"register.hazard[#{number}]"))
        if kind and item and item not in GOES[kind]:
            found.add((f"F{row}", f"register.item[#{number}]"))
    return found


@settings(max_examples=examples(12), deadline=None)
@given(pairs, TRADES, st.one_of(st.just(""), HAZARDS))
def test_a_pair_that_does_not_fit_is_found_and_no_other(lines, trade, hazard):
    content = issued(lines, {"cover.trade": trade, "cover.hazard": hazard})
    assert apart(content) == expected(lines, trade, hazard)
    page = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["台账"]
    wrong = {address[1:] for address, cell in expected(lines, trade, hazard) if cell.startswith("register")}
    assert {str(row) for row in range(4, 4 + len(lines)) if page.cell(row, 8).value != "√"} == wrong


def test_the_finding_says_under_what():
    found = [f for f in verify(filing(issued([("r01", "speed", ("", ""))]))) if f.code == "not-a-choice"]
    assert "不是“01 煤*矿”之下可选的项" in message(found[0], "zh")
    assert "not one of the options under “01 煤*矿”" in message(found[0], "en")


@cache
def dropdowns():
    book = openpyxl.load_workbook(io.BytesIO(issued()))
    rules = {
        (page.title, str(rule.sqref)): rule for page in book for rule in page.data_validations.dataValidation
    }
    return rules, [[cell.value for cell in row] for row in book["代码"].iter_rows()]


def test_the_dropdown_has_what_is_under_the_choice():
    rules, codes = dropdowns()
    formula = rules["台账", "C4:C15"].formula1
    item = 'SUBSTITUTE($B4,"*","~*")'
    above, below = "xltools.codes.hazards.above", "xltools.codes.hazards.below"
    count = f'COUNTIF({above},"="&{item})'
    options = f"OFFSET({below},MATCH({item},{above},0)-1,0,{count},1)"
    assert formula == f"IF({count}=0,xltools.codes.hazards,{options})"
    assert "$B4" not in rules["封面", "B12"].formula1
    assert "cover.trade" in rules["封面", "B12"].formula1
    heads = codes[0]
    at = heads.index("上级", heads.index("上级") + 1)
    shown = [(row[at], row[at + 1]) for row in codes[1:] if row[at]]
    kind = FORM.column_kinds["register.hazard"]
    assert isinstance(kind, Choice)
    names = {one.shown: one.name for one in (*kind.options, *kind.above)}
    assert {(names[a], names[b]) for a, b in shown} == {
        (a, b) for a in ("r01", "coal", "r02") for b in GOES[a]
    }
    assert [a for a, _ in shown] == sorted((a for a, _ in shown), key=[one.shown for one in kind.above].index)


def test_a_column_shows_what_its_item_is_under_in_the_other_list():
    page = openpyxl.load_workbook(io.BytesIO(issued([("r01", "gas", ("", ""))])), data_only=True)["台账"]
    assert page["D4"].value == "01 煤*矿"


def test_filling_notes_say_what_is_under_what():
    texts = [getattr(block, "text", "") for block in filling_notes(FORM).blocks]
    assert any("先填“行业”" in text and "“02 运输”之下，超速？、其他" in text for text in texts)


@pytest.mark.office
@pytest.mark.skipif(not is_installed(), reason="LibreOffice is not installed")
def test_another_program_finds_the_same_pairs():
    lines = [(a, b, ("", "")) for a in ("r01", "coal", "r02") for b in ("gas", "dust", "speed", "more")]
    content = recalculated(issued(lines, {"cover.trade": "coal", "cover.hazard": "gas"}))
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    wrong = {int(address[1:]) for address, _ in expected(lines, "", "")}
    assert {row for row in range(4, 4 + len(lines)) if book["台账"].cell(row, 8).value != "√"} == wrong
    assert book["封面"]["E12"].value == "×不在所选项之下"


def faults_of(change):
    """What the second reader finds in a blank workbook after a change to its parts."""
    stamp = Stamp(FORM.key, FORM.edition, PERIOD, Agency("青禾区", "001", "安监局"))
    content = patched(issued(), change) if change else issued()
    found = issued_findings(FORM, content, stamp, {}, "001.xlsx", recalculate=False)
    return {finding.cell for finding in found}


def in_sheet(name, old, new):
    """A replacement of a text that is in the part of a sheet, or in the shared texts."""

    def change(part):
        assert old.encode() in part
        return part.replace(old.encode(), new.encode())

    return {name: change}


CHANGES = {
    "another row": (("sheet2", "$B4", "$B5"), {"register.hazard"}),
    "another column": (("sheet2", "$E4", "$B4"), {"register.item"}),
    "another field": (("sheet1", "SUBSTITUTE(cover.trade,", "SUBSTITUTE(cover.hazard,"), {"cover.hazard"}),
    "all options": (
        ("sheet2", "COUNTIF(xltools.codes.goods.above", "COUNTIF(xltools.codes.goods"),
        {"register.item"},
    ),
}


def test_the_second_reader_finds_the_dropdowns_as_they_should_be():
    assert faults_of(None) == set()


@pytest.mark.parametrize("name", CHANGES)
def test_the_second_reader_finds_a_dropdown_that_offers_something_else(name):
    (part, old, new), cells = CHANGES[name]
    assert faults_of(in_sheet(f"xl/worksheets/{part}.xml", old, new)) == cells


@pytest.mark.parametrize(
    ("signs", "options"), [(("~", "*", "?"), ["甲"]), ((), ["甲", "乙"]), (("?",), ["甲", "乙"])]
)
def test_the_second_reader_reads_wildcards_as_the_programs_do(signs, options):
    ranges = {"a": ["煤*矿", "煤层矿", None], "b": ["甲", "乙", "丙"], "all": ["甲", "乙", "丙"]}
    found = Dropdown("x", signs, "a", "b", "all")
    assert offered(found, "煤*矿", ranges) == options
    assert offered(found, "运输", ranges) == ["甲", "乙", "丙"]


def test_the_second_reader_finds_an_item_under_another():
    assert faults_of(in_sheet("xl/sharedStrings.xml", "<t>煤尘</t>", "<t>煤灰</t>")) >= {
        "register.hazard",
        "cover.hazard",
    }


def test_the_desk_a_comparison_and_an_export_have_the_pairs(tmp_path):
    text = TEXT.replace("print = 3", 'print = 3\nunique = ["trade"]')
    (tmp_path / "f.toml").write_text(text, encoding="utf-8")
    (tmp_path / "r.csv").write_text("code,name\n001,安监局\n", encoding="utf-8")
    about = ("--year", 2026, "--district", "青禾区", "--roster", "r.csv", "--form", "f.toml")
    assert xltools(tmp_path, "init", "c", *about).status == 0
    home = tmp_path / "c"
    wrong, right = ([("r01", hazard, ("food", "milk"))] for hazard in ("speed", "gas"))
    file = home / "inbox" / "001_安监局_2026.xlsx"
    file.write_bytes(issued(wrong, {"cover.trade": "coal", "cover.hazard": "gas"}))
    (tmp_path / "b.xlsx").write_bytes(issued(right, {"cover.trade": "coal", "cover.hazard": "dust"}))
    cells = {"cover.hazard": "煤矿", "register.hazard[r01]": "01 煤*矿"}
    with contextlib.chdir(home):
        desk = work.Desk("zh")
        found = work.look(desk).seen.collection.findings
        assert {f.cell for f in found if f.code == "not-a-choice"} == set(cells)
        screen = answer(desk, Request("GET", "/agency/001")).body.decode()
    assert all(item in html.unescape(screen) for item in cells.values())
    done = xltools(tmp_path, "diff", file, "b.xlsx", "--form", "f.toml")
    assert done.status == 1, done.err
    assert all(word in done.out for word in ("首要隐患", "煤尘", "超速？", "瓦斯超限"))
    file.write_bytes((tmp_path / "b.xlsx").read_bytes())
    assert xltools(home, "verify").status == 0
    done = xltools(home, "export", "-o", "all.csv")
    assert done.status == 0, done.err
    told = {path.name: path.read_text(encoding="utf-8") for path in home.glob("all*.csv")}
    assert any("瓦斯超限" in text and "牛奶" in text for text in told.values())
    with contextlib.chdir(home):
        assert work.merge(work.Desk("zh"), incomplete=False).path
    rollup = read_package((home / "district.xlsx").read_bytes(), "district.xlsx", FORM)
    assert [line.values[1] for line in rollup.record.lists["register"]] == ["gas"]


FAULTS = {
    "an unknown list": (('under = "trades"', 'under = "trade"'), "unknown-name", "codes “hazards” › under"),
    "an unknown item": (('under = "01" }', 'under = "03" }'), "unknown-name", "codes “hazards”"),
    "an unknown column": (('under = "trade", req', 'under = "trad", req'), "unknown-name", "“hazard” › under"),
    "an unknown field": (('"cover.trade"', '"trade"'), "unknown-name", "“hazard” › under"),
    "itself": (('under = "class"', 'under = "item"'), "under-itself", "“item” › under"),
    "each other": (
        ('label = "商品大类", kind = "choice", from = "goods"', 'label = "商品大类", kind = "choice", from = "goods", under = "item"'),
        "under-itself",
        "“item” › under",
    ),
    "no choice": (('label = "主要行业", kind = "choice", from = "trades"', 'label = "主要行业"'), "under-no-choice", "cover"),
    "another list": (('under = "class"', 'under = "trade"'), "under-other-codes", "“item” › under"),
    "nothing below": (('\n  { key = "more", label = "其他" },', ""), ('under = "coal" }', 'under = "01" }'), "under-nothing", "hazard"),
    "a date": (('kind = "choice", from = "goods", under', 'kind = "date", under'), "no-effect", "“item”"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_depend_is_refused(fault):
    *changes, code, place = FAULTS[fault]
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    problems = form_problems(text)
    assert [p.code for p in problems if place in p.place and p.code == code], problems
