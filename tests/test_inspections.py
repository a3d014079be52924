"""A quarterly form with a list of what was inspected, its summary and problems that depend on the kind: sound and broken returns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from conftest import HERE
from xltools.checking.checks import verify
from xltools.collection.merging import merge
from xltools.data.filing import Return, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.writer import render
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.load import load

FORM = load(HERE / "forms" / "wzjc-2023.toml")
PERIOD = Period.from_text("2023Q4")
LINES = [
    ("县政府门户网站", "site", "https://www.example.gov.cn/", "good", "", ""),
    ("教育局网站", "site", "", "bad", "links", "2023-12-20"),
    ("县发布", "account", "", "good", "", ""),
    ("应急提醒", "account", "", "bad", "silent", ""),
    ("交警之声", "account", "", "bad", "errors", ""),
]
OPEN = {"summary.site.open": Decimal(4), "summary.account.open": Decimal(9)}
COVER = {"cover.preparer": "张三", "cover.checked": "2023-12-25", "remarks.text": "无。"}


def filing(lines=LINES, figures=OPEN, code="001") -> Return:
    own = tuple(ListLine(number, line) for number, line in enumerate(lines, 1))
    stamp = Stamp(FORM.key, FORM.edition, PERIOD, Agency("青禾区", code, f"单位{code}"))
    content = write_return(FORM, stamp, figures, COVER, lists={"checks": own})
    found = read_package(content, f"{code}.xlsx", FORM)
    assert isinstance(found, Return)
    return found


def changed(number, column, value):
    lines = list(LINES)
    place = FORM.lists["checks"].keys.index(column)
    lines[number - 1] = (*lines[number - 1][:place], value, *lines[number - 1][place + 1 :])
    return lines


def told(one):
    return [(f.code, f.cell) for f in verify(one) if f.severity.value != "note"]


def test_a_sound_return_is_read_and_counted():
    one = filing()
    assert told(one) == []
    complete = one.record.complete()
    assert [complete[f"summary.{row}.{key}"] for row in ("site", "account", "total") for key in ("seen", "good", "rate")] == [
        2, 1, 50, 3, 1, Decimal("33.3"), 5, 2, 40,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "column", "value", "expected"),
    [
        (2, "problem", "silent", ("not-a-choice", "checks.problem[教育局网站]")),
        (4, "problem", "", ("required", "checks.problem[应急提醒]")),
        (1, "problem", "down", ("not-asked", "checks.problem[县政府门户网站]")),
        (3, "url", "https://www.example.com/", ("not-asked", "checks.url[县发布]")),
        (1, "url", "www.example", ("not-the-pattern", "checks.url[县政府门户网站]")),
        (3, "name", "交警之声", ("line-doubled", "checks.name[交警之声#5]")),
    ],
)
def test_one_wrong_cell_is_one_finding(number, column, value, expected):
    assert told(filing(changed(number, column, value))) == [expected]


def test_more_inspected_than_there_are_is_found():
    assert told(filing(figures=OPEN | {"summary.site.open": Decimal(1)})) == [
        ("rule-broken", "summary.site.seen")
    ]


def test_the_rates_of_a_district_are_of_all_lines():
    both = merge(
        [filing(), filing(changed(1, "name", "另一个网站")[:1], code="002")], FORM, PERIOD, "青禾区"
    ).rollup
    one = read_package(write_rollup(both), "d.xlsx", FORM)
    assert isinstance(one, Return)
    assert one.record.complete()["summary.site.rate"] == Decimal("66.7")
    assert not [f for f in verify(one) if f.severity.value == "error"]


@pytest.mark.parametrize("how", ["docx", "html", "md"])
def test_the_report_of_a_district_says_whose_each_line_is(how):
    """It is read back as the roll-up that it prints, with the same findings."""
    both = merge([filing(), filing(changed(1, "name", "另一个网站"), code="002")], FORM, PERIOD, "青禾区")
    rollup = read_package(write_rollup(both.rollup), "d.xlsx", FORM)
    given = ReportIdentity(PERIOD, "青禾区", "青禾区")
    back = read_document(render(compose(report_of(rollup)), how), f"d.{how}", FORM, given=given)
    assert back.is_rollup
    assert [(f.code, f.found) for f in verify(back)] == [(f.code, f.found) for f in verify(rollup)]
    lines, own = back.record.lists["checks"], rollup.record.lists["checks"]
    assert [(line.values, line.agency.name) for line in lines] == [
        (line.values, line.agency.name) for line in own
    ]
    assert back.record.complete()["summary.total.rate"] == rollup.record.complete()["summary.total.rate"]
