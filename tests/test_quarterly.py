"""A form of quarters in which cells are void, totals stand under labels, rules ask for the quarter, and the cover has figures."""

from __future__ import annotations

import io
from decimal import Decimal

import openpyxl
import pytest

from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.checking.equations import equations_of
from xltools.checking.guilty import guilty
from xltools.collection.importing import ImportOptions, import_reports
from xltools.data.filing import Return, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity
from xltools.document.writer import render
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return
from xltools.form.load import parse
from xltools.libreoffice import is_installed, recalculated
from xltools.prose.lines import lines_of
from xltools.witness.form import FormFigures
from xltools.witness.issued import faults

TEXT = """
schema = 2
key = "letters"
edition = "2026"
title = "信访工作季度统计表"
authority = "测试"
period = "quarter"

[[codes]]
key = "halls"
items = [
  { code = "1", label = "区级", unit = "间" },
  { code = "2", label = "街道", unit = "处" },
]

[cover]
fields = [
  { key = "beds", label = "接待室", kind = "number", required = true },
  { key = "hall", label = "场所", kind = "choice", from = "halls" },
]

[[section]]
key = "cases"
title = "一、办理情况"
sheet = "办理"
unit = "件"

[[section.block]]
columns = [
  { label = "本季", lines = [
    { key = "letter", label = "来信" },
    { key = "visit", label = "来访" },
    { key = "net", label = "网上" },
    { key = "all", label = "合计", is = "all" },
  ] },
  { label = "比较", lines = [
    { key = "before", label = "上年同季" },
    { key = "growth", label = "同比增长（%）", is = "all - before per before", unit = "%", decimals = 1 },
    { key = "cum", label = "本年累计" },
  ] },
]
rows = [
  { key = "opening", label = "期初未办结" },
  { key = "received", label = "本期受理" },
  { key = "closed", label = "本期办结" },
  { key = "in_time", label = "其中：按期办结", of = "closed" },
  { key = "open", label = "期末未办结" },
  { key = "rate", label = "按期办结率（%）", is = "in_time per closed", unit = "%", decimals = 2 },
]
void = [
  ["rate", "growth"], ["opening", "before"], ["opening", "growth"], ["opening", "cum"], ["open", "before"],
  ["open", "growth"], ["open", "cum"],
]
[[section.block.rule]]
key = "flow"
rows = "opening + received = closed + open"
on = ["letter", "visit", "net"]
label = "期初加受理等于办结加期末"
authority = "inferred"
[[section.block.rule]]
key = "first"
columns = "cum = all"
when = "period = 1"
label = "第一季度的累计等于本季"
authority = "inferred"

[[section]]
key = "halls"
title = "二、场所"
sheet = "场所"
[[section.block]]
rows_from = "halls"
rows = [{ key = "all", label = "合计", is = "all" }]
columns = [{ key = "rooms", label = "面积", unit = "平方米" }, { key = "staff", label = "人数", unit = "人" }]

[[section]]
key = "text"
title = "三、说明"
sheet = "说明"
parts = [{ key = "text", label = "情况说明" }]

[[rule]]
key = "rooms"
cells = "cover.beds >= halls.r1.staff"
label = "接待室不少于人数"
authority = "inferred"
"""
FORM = parse(TEXT, "form.toml")
D = Decimal


def sound():
    columns = {"letter": 1, "visit": 2, "net": 3}
    rows = {"opening": 10, "received": 20, "closed": 15, "in_time": 12, "open": 15}
    found = {f"cases.{row}.{column}": D(n) for row, n in rows.items() for column in columns}
    for row in ("received", "closed", "in_time"):
        found |= {f"cases.{row}.before": D(50), f"cases.{row}.cum": D(3 * rows[row])}
    halls = {f"halls.{row}.{column}": D(2) for row in ("r1", "r2") for column in ("rooms", "staff")}
    return found | halls | {"cover.beds": D(2)}


def read(values, period="2026Q1", **prose):
    one = Stamp(FORM.key, FORM.edition, Period.from_text(period), Agency("青禾区", "001", "甲局"))
    texts = {"text.text": "没有按期办结的较少。", **prose}
    filing = read_package(write_return(FORM, one, values, texts), "001.xlsx", FORM)
    assert isinstance(filing, Return)
    return filing


def codes(filing):
    return [finding.code for finding in examine([filing]).findings if finding.code != "not-compared"]


def test_all_is_what_stands_under_the_label_of_the_total():
    """The year before and the sum since January are no part of 合计 under 本季; both readers say so."""
    assert FORM.cells["cases.received.all"].definition.names == tuple(
        f"cases.received.{column}" for column in ("letter", "visit", "net")
    )
    assert FORM.cells["halls.all.staff"].definition.names == ("halls.r1.staff", "halls.r2.staff")
    one = Stamp(FORM.key, FORM.edition, Period.from_text("2026Q1"), Agency("青禾区", "001", "甲局"))
    assert not list(faults(write_return(FORM, one, {}, {}), FormFigures(TEXT), {}, {}))


def test_all_under_a_head_over_totals_is_about_the_whole_axis():
    """Where nothing is typed under the label of the totals, the lines beside that label are meant, each with its unit."""
    columns = """columns = [
      { label = "甲", lines = [{ key = "a", label = "件数" }, { key = "m", label = "金额", unit = "元" }] },
      { label = "乙", lines = [{ key = "b", label = "件数" }, { key = "n", label = "金额", unit = "元" }] },
      { label = "合计", lines = [
        { key = "all", label = "件数", is = "all" }, { key = "money", label = "金额", is = "all", unit = "元" },
      ] },
    ]"""
    text = f"""
    schema = 2
    key = "heads"
    edition = "1"
    title = "表"
    authority = "测试"
    [[section]]
    key = "s"
    title = "一、表"
    sheet = "表"
    unit = "件"
    [[section.block]]
    {columns}
    rows = [{{ key = "r", label = "行" }}]
    """
    form = parse(text, "form.toml")
    assert form.cells["s.r.all"].definition.names == ("s.r.a", "s.r.b")
    assert form.cells["s.r.money"].definition.names == ("s.r.m", "s.r.n")
    one = Stamp(form.key, form.edition, Period(2026), Agency("青禾区", "001", "甲局"))
    assert not list(faults(write_return(form, one, {}, {}), FormFigures(text), {}, {}))


def test_sound_figures_have_no_finding():
    assert codes(read(sound())) == []


@pytest.mark.parametrize("period", ["2026Q1", "2026Q2"])
def test_a_broken_rule_beside_void_cells_is_one_finding(period):
    """What could be wrong is looked for among cells that are there, and under the rules of that quarter."""
    filing = read(sound() | {"cases.open.letter": D(99)}, period)
    assert codes(filing) == ["rule-broken"]
    (verdict,) = guilty(filing, {})
    assert {change.cell for one in verdict.listed for change in one.changes} >= {"cases.open.letter"}


def test_rules_of_other_quarters_bound_no_cell():
    first, second = (equations_of(FORM, frozenset(), frozenset(), period_number=number) for number in (1, 2))
    assert "cases.received.cum" in first.bounds
    assert "cases.received.cum" not in second.bounds


def test_neighbours_are_cells_without_a_void_one_between_them():
    beside = equations_of(FORM, frozenset(), frozenset()).beside
    assert "cases.opening.net" in beside["cases.opening.visit"]
    assert "cases.received.before" not in beside.get("cases.open.before", ())
    assert all(name in FORM.cells for found in beside.values() for name in found)


def test_a_ratio_is_no_total_and_no_line_of_the_prose():
    lines = lines_of(FORM)
    assert lines.tables[0].row is None
    assert not any(line.keys == ("rate",) for line in lines.by_name.values())


def test_a_rule_over_a_blank_required_field_is_not_judged():
    values = sound()
    del values["cover.beds"]
    assert [finding.code for finding in verify(read(values))] == ["required"]


@pytest.mark.parametrize("how", ["html", "docx"])
def test_a_report_without_its_cover_becomes_a_return(tmp_path, how):
    """No cover is published: what is on it stays blank in the return, and no rule is judged with it."""
    filing = read(sound(), **{"cover.hall": "r1"})
    path = tmp_path / f"报告.{how}"
    path.write_bytes(render(compose(report_of(filing)), how))
    given = ReportIdentity(filing.record.period, "甲局", "001")
    found = import_reports([path], tmp_path / "out", ImportOptions(FORM, given=given, district="青禾区"))
    assert not found.left_out
    assert [f for one in found.filings for f in verify(one)] == []
    (content,) = [content for _, content in found.contents]
    back = read_package(content, "001.xlsx", FORM)
    assert {n: v for n, v in back.record.values.items() if n not in FORM.on_cover} == {
        n: v for n, v in filing.record.values.items() if n not in FORM.on_cover
    }


ASSETS = parse(
    """
    schema = 2
    key = "assets"
    edition = "1"
    title = "固定资产清查表"
    authority = "测试"
    [[section]]
    key = "s"
    title = "一、明细"
    sheet = "明细"
    [[section.list]]
    key = "assets"
    unique = ["nr"]
    columns = [
      { key = "nr", label = "编号", kind = "text", required = true },
      { key = "value", label = "原值", number = "decimal", decimals = 2 },
      { key = "n", label = "数量" },
    ]
    """,
    "form.toml",
)


def test_the_lists_of_a_report_are_in_its_return(tmp_path):
    """All that was read is written, also where a form has nothing but a list."""
    form = ASSETS
    one = Stamp(form.key, form.edition, Period(2026), Agency("青禾区", "001", "甲局"))
    own = {"assets": (ListLine(1, ("A1", D("1.25"), D(2))), ListLine(2, ("A2", D(3), D(1))))}
    filing = read_package(write_return(form, one, {}, {}, lists=own), "001.xlsx", form)
    path = tmp_path / "报告.html"
    path.write_bytes(render(compose(report_of(filing)), "html"))
    given = ReportIdentity(Period(2026), "甲局", "001")
    found = import_reports([path], tmp_path / "out", ImportOptions(form, given=given, district="青禾区"))
    ((_, content),) = found.contents
    assert read_package(content, "001.xlsx", form).record.lists == filing.record.lists


@pytest.mark.office
@pytest.mark.skipif(not is_installed(), reason="LibreOffice is not installed")
def test_lines_say_live_what_is_no_number_for_them():
    one = Stamp(ASSETS.key, ASSETS.edition, Period(2026), Agency("青禾区", "001", "甲局"))
    book = openpyxl.load_workbook(io.BytesIO(write_return(ASSETS, one, {}, {})))
    lines = [(1.25, 2), (-1, 2), (1, 2.5), (1.234, 2), ("约3", 2), (None, 2)]
    for row, (value, number) in enumerate(lines, 4):
        for column, typed in zip("BCD", (f"A{row}", value, number), strict=True):
            book["明细"][f"{column}{row}"] = typed
    out = io.BytesIO()
    book.save(out)
    shown = openpyxl.load_workbook(io.BytesIO(recalculated(out.getvalue())), data_only=True)["明细"]
    checks = [str(shown.cell(row, 6).value) for row in range(4, 10)]
    assert checks == ["√", "×有负数", "×有小数", "×小数位数过多", "×非数字", "√"]
