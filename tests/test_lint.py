"""A form that is wrong is refused with file, place, fault and cure, all faults at once."""

from __future__ import annotations

from decimal import Decimal

import openpyxl
import pytest

import test_beside
import test_blocks
import test_days
import test_dependent
import test_fields
import test_given
import test_given_lines
import test_lists
import test_multiples
import test_own_sums
import test_products
import test_registers
import test_whose
from conftest import HERE, form_problems
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.errors import FormError
from xltools.excel.reader import read
from xltools.excel.writer import write_return
from xltools.form import library
from xltools.form.lint import wording_faults
from xltools.form.load import load, parse
from xltools.form.wording import Wording
from xltools.text import LANGS, catalog, error_text, problem_text

SOUND = (HERE / "forms" / "fwzx-2025.toml").read_text(encoding="utf-8")
SECOND = (HERE / "forms" / "xcjc-2026.toml").read_text(encoding="utf-8")
MONTHLY = (HERE / "forms" / "monthly.toml").read_text(encoding="utf-8")


def changed(*replacements, text=SOUND):
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


# what is written instead, the code it must raise, and a piece of the place
FAULTS = {
    "not TOML": (('key = "fwzx"', "key = fwzx"), "form-not-toml", "form.toml"),
    "unknown key": (('is = "men + women"', 'si = "men + women"'), "unknown-key", "“all”"),
    "missing key": (('title = "三、经费"\n', ""), "missing-key", "“money”"),
    "wrong type": (('edition = "2025"', "edition = 2025"), "wrong-type", "edition"),
    "a table for a text": (('sheet = "经费"', "sheet = {}"), "wrong-type", "sheet"),
    "a text for a table": (
        ('[[section.block.rule]]\nkey = "flow"\n', '[[section.block.rule]]\nkey = "flow"\ncells = 3\n'),
        "wrong-type",
        "cells",
    ),
    "a text for a list": (
        ('means = ["received", "opening + received"]', 'means = "received"'),
        "wrong-type",
        "means",
    ),
    "a number for a table": (
        ('omits = { spent = "支出不是预算的组成部分" }', "omits = 3"),
        "wrong-type",
        "omits",
    ),
    "true for a number": (("schema = 1", "schema = true"), "wrong-value", "schema"),
    "unknown number": (('number = "decimal"\n\n', 'number = "money"\n\n'), "wrong-value", "number"),
    "unknown schema": (("schema = 1", "schema = 3"), "wrong-value", "schema"),
    "not a sum": (('is = "men + women"', 'is = "men / women"'), "not-a-sum", "“all”"),
    "rule without two sides": (
        ('rows = "opening + received = closed + open"', 'rows = "opening + received"'),
        "not-a-sum",
        "“flow”",
    ),
    "repeated section": (('key = "money"', 'key = "cases"'), "repeated-key", "section"),
    "two cells on one address": (('sheet = "经费"', 'sheet = "人员"'), "repeated-sheet", "section"),
    "repeated line": (('key = "women"', 'key = "men"'), "repeated-key", "columns"),
    "bad key": (('key = "men"', 'key = "Men"'), "bad-key", "“男”"),
    "no key": (('{ key = "men", label = "男" }', '{ label = "男" }'), "bad-key", "“男”"),
    "bad sheet": (('sheet = "经费"', 'sheet = "a/b"'), "bad-sheet-name", "“money”"),
    "reserved sheet": (('sheet = "经费"', 'sheet = "封面"'), "bad-sheet-name", "“money”"),
    "prose and table": (
        ('sheet = "经费"', 'sheet = "经费"\nparts = [{ key = "a", label = "b" }]'),
        "parts-or-blocks",
        "“money”",
    ),
    "neither": (('parts = [{ key = "text", label = "说明" }]', ""), "parts-or-blocks", "“remarks”"),
    "no rows": (
        ('rows = [{ key = "first", label = "上半年" }, { key = "second", label = "下半年" }]', "rows = []"),
        "empty-axis",
        "rows",
    ),
    "group with a key": (
        ('{ label = "性别", lines', '{ key = "sex", label = "性别", lines'),
        "group-with-cells",
        "“性别”",
    ),
    "a chart of nothing": (
        ('shows = [{ label = "支出", is = "money.spent.sum" }]', "shows = []"),
        "chart-shows",
        "chart “spent”",
    ),
    "a chart of what is not there": (
        ('is = "cases.closed.total"', 'is = "cases.close.total"'),
        "unknown-name",
        "chart “cases”",
    ),
    "a chart of pieces and money": (
        ('is = "cases.closed.total"', 'is = "money.spent.sum"'),
        "mixed-units",
        "chart “cases”",
    ),
    "two charts of one key": (('key = "spent"\nkind', 'key = "balance"\nkind'), "repeated-key", "chart"),
    "a chart nobody draws": (('kind = "trend"', 'kind = "pie"'), "wrong-value", "kind"),
    "a chart without a title": (('title = "经费收支"', 'title = ""'), "bad-label", "chart “balance”"),
    "a chart of an average": (
        ('is = "cases.closed.total"', 'is = "staff.total.age"'),
        "chart-not-additive",
        "chart “cases”",
    ),
    "widths": (("label_widths = [20]", "label_widths = [20, 5]"), "label-widths", "“staff”"),
    "unknown name in a total": (('is = "men + women"', 'is = "men + woman"'), "unknown-name", "“all”"),
    "unknown name in a rule": (("opening + received", "opening + recieved"), "unknown-name", "“flow”"),
    "unknown cell": (("staff.total.all = ", "staff.total.sum = "), "unknown-name", "“everyone”"),
    "unknown headline": (
        ('cell = "staff.total.all", label', 'cell = "staff.all", label'),
        "unknown-name",
        "headline",
    ),
    "unknown omission": (("omits = { spent", "omits = { spend"), "unknown-name", "“final”"),
    "circle": (('is = "budget + change", signed', 'is = "left + change", signed'), "circular", "“final”"),
    "forgotten sibling": (('is = "permanent + contract"', 'is = "permanent"'), "forgotten", "“total”"),
    "omission without a reason": (
        ('is = "final - spent"', 'is = "final", omits = { spent = "" }'),
        "forgotten",
        "“left”",
    ),
    "counted twice": (('is = "final - spent"', 'is = "final + budget - spent"'), "counted-twice", "“left”"),
    "not additive": (('is = "men + women"', 'is = "men + women + age"'), "not-additive", "“all”"),
    "omitted and added": (
        (
            'is = "final - spent", signed = true',
            'is = "final - spent", signed = true, omits = { spent = "x" }',
        ),
        "omitted-and-added",
        "“left”",
    ),
    "rule on both axes": (
        (
            'rows = "opening + received = closed + open"',
            'rows = "opening = closed"\ncolumns = "online = window"',
        ),
        "rule-axis",
        "“flow”",
    ),
    "rule of the form without cells": (
        ('cells = "staff.total.all', 'rows = "staff.total.all'),
        "rule-cells",
        "“everyone”",
    ),
    "repeated rule": (('key = "attendance"', 'key = "flow"'), "repeated-key", "rule"),
    "name twice in a rule": (("closed + open", "closed + opening"), "repeated-in-rule", "“flow”"),
    "carry on both axes": (
        ('rows = "opening = last.open"', 'rows = "opening = last.open"\ncolumns = "online = last.window"'),
        "rule-axis",
        "carry “opening”",
    ),
    "carry across tables": (
        ('rows = "opening = last.open"', 'cells = "cases.opening.online = cases.open.online"'),
        "rule-axis",
        "carry “opening”",
    ),
    "unknown name of last year": (("last.open", "last.opne"), "unknown-name", "carry “opening”"),
    "last year in an ordinary rule": (
        ('closed + open"', 'closed + last.open"'),
        "unknown-name",
        "rule “flow”",
    ),
    "last year in a total": (('is = "men + women"', 'is = "men + last.women"'), "unknown-name", "“all”"),
    "two lines follow": (
        ("opening = last.open", "opening + received = last.open"),
        "carry-left",
        "“opening”",
    ),
    "last year follows": (("opening = last.open", "last.open = opening"), "carry-left", "“opening”"),
    "less than nothing follows": (("opening = last.open", "-opening = last.open"), "carry-left", "“opening”"),
    "a total follows": (
        ('rows = "opening = last.open"', 'columns = "total = last.total"'),
        "carry-left",
        "“opening”",
    ),
    "nothing of last year": (("last.open", "open"), "carry-right", "“opening”"),
    "carry named like a rule": (('key = "opening"\nrows', 'key = "flow"\nrows'), "repeated-key", "rule"),
    "name twice in a carry": (('last.open"', 'last.open + last.open"'), "repeated-in-rule", "“opening”"),
    "carry over units": (
        ('rows = "opening = last.open"', 'rows = "opening = last.satisfaction"'),
        "mixed-units",
        "“opening”",
    ),
    "unknown kind of agency": (
        ('{ key = "opening", label = "年初在办" }', '{ key = "opening", label = "年初在办", only = "some" }'),
        "needs-schema",
        "only",
    ),
    "a group for some only": (
        ('{ label = "性别", lines', '{ label = "性别", only = "rule_makers", lines'),
        "group-with-cells",
        "“性别”",
    ),
    "a claim that means nothing known": (
        ('means = ["received", "opening + received"]', 'means = ["recieved"]'),
        "unknown-name",
        "“受理”",
    ),
    "a meaning of no cell": (
        ('is = "cases.opening.total"', 'is = "cases.opening.sum"'),
        "unknown-name",
        "meaning “opening”",
    ),
    "a claim in no box": (('boxes = ["remarks.text"]', 'boxes = ["remark.text"]'), "unknown-name", "“受理”"),
    "a prose cell that is none": (
        ('required = ["remarks.text"]', 'required = ["remarks"]'),
        "unknown-name",
        "prose",
    ),
    "nil of nothing known": (
        ('"remarks.text" = "received"', '"remarks.text" = "got"'),
        "unknown-name",
        "prose",
    ),
    "two meanings of a key": (
        ('key = "opening"\nlabel = "年初在办"\nis', 'key = "received"\nlabel = "年初在办"\nis'),
        "repeated-key",
        "meaning",
    ),
    "a meaning of two units": (
        ('is = "cases.opening.total"', 'is = "cases.opening.total + staff.total.all"'),
        "mixed-units",
        "meaning “opening”",
    ),
    "a list of words nobody wrote": (
        ('words = ["受理"]', 'words = ["受理", "{verbs}"]'),
        "unknown-name",
        "claim 1",
    ),
    "all of nothing known": (("denied = true", 'every = ["others"]'), "unknown-name", "claim 1"),
    "a key no claim has": (("denied = true", "denies = true"), "unknown-key", "claim"),
    "mixed units": (
        ('{ key = "women", label = "女" }', '{ key = "women", label = "女", unit = "件" }'),
        "mixed-units",
        "staff",
    ),
    "span of nothing": (
        ('label = "合计", is = "men + women"', 'label = "合计", is = "men + women", span = 0'),
        "bad-span",
        "“合计”",
    ),
    "negative span": (('label = "网上" }', 'label = "网上", span = -1 }'), "bad-span", "“网上”"),
    "span beyond measure": (('label = "网上" }', 'label = "网上", span = 20000 }'), "bad-span", "“网上”"),
    "span on a row": (('label = "在编" }', 'label = "在编", span = 2 }'), "bad-span", "“在编”"),
    "span on a group": (
        ('{ label = "性别", lines', '{ label = "性别", span = 2, lines'),
        "bad-span",
        "“性别”",
    ),
    "unit on a group": (
        ('{ label = "性别", lines', '{ label = "性别", unit = "人", lines'),
        "group-with-cells",
        "“性别”",
    ),
    "number on a group": (
        ('{ label = "性别", lines', '{ label = "性别", number = "count", lines'),
        "group-with-cells",
        "“性别”",
    ),
    "sign on a group": (
        ('{ label = "性别", lines', '{ label = "性别", signed = false, lines'),
        "group-with-cells",
        "“性别”",
    ),
    "a group that is not added": (
        ('{ label = "性别", lines', '{ label = "性别", additive = false, lines'),
        "group-with-cells",
        "“性别”",
    ),
    "another wording that is the label": (
        ('label = "在编" }', 'label = "在编", also = ["（1）在 编"] }'),
        "also-alike",
        "rows",
    ),
    "another wording that is no text": (
        ('label = "在编" }', 'label = "在编", also = [""] }'),
        "bad-label",
        "rows",
    ),
    "another title that is the title": (
        ('title = "三、经费"', 'title = "三、经费"\nalso = ["经费"]'),
        "also-alike",
        "section",
    ),
    "no label": (('label = "在编"', 'label = ""'), "bad-label", "“”"),
    "a label of spaces": (('label = "在编"', 'label = "　 "'), "bad-label", "rows"),
    "no label over others": (('{ label = "性别"', '{ label = ""'), "bad-label", "columns"),
    "a long label": (('label = "在编"', f'label = "{"长" * 201}"'), "bad-label", "rows"),
    "a label no workbook gives back": (('label = "在编"', 'label = "在\\u0007编"'), "bad-label", "rows"),
    "a long unit": (('unit = "万元"', f'unit = "{"元" * 201}"'), "bad-label", "“money”"),
    "a long corner": (('corner = "科目"', f'corner = "{"科" * 201}"'), "bad-label", "block 1"),
    "a long rule": (('label = "应到等于实到加缺席"', f'label = "{"到" * 501}"'), "bad-label", "“attendance”"),
    "no title": (('title = "三、经费"', 'title = ""'), "bad-label", "“money”"),
    "no edition": (('edition = "2025"', 'edition = ""'), "bad-label", "form"),
    "bad key of the form": (('key = "fwzx"', 'key = "FWZX-"'), "bad-key", "key"),
    "a word that every workbook has": (
        ("\n[[section]]", '\nsuperseded = [{ edition = "2020", words = [""] }]\n[[section]]'),
        "bad-label",
        "superseded",
    ),
    "a headline without words": (('label = "人员" }', 'label = "" }'), "bad-label", "headline"),
    "repeated field of the cover": (
        (
            "\n[[section]]",
            '\n[cover]\nfields = [{ key = "who", label = "填报人" }, { key = "who", label = "审核人" }]\n\n[[section]]',
        ),
        "repeated-key",
        "cover",
    ),
    "a field without a label": (
        ("\n[[section]]", '\n[cover]\nfields = [{ key = "who", label = "" }]\n\n[[section]]'),
        "bad-label",
        "cover",
    ),
    "a long sheet": (('sheet = "经费"', f'sheet = "{"经" * 32}"'), "bad-sheet-name", "“money”"),
    "a sheet long as Excel counts": (
        ('sheet = "经费"', f'sheet = "{"𠮷" * 16}"'),
        "bad-sheet-name",
        "“money”",
    ),
    "Excel's own sheet": (('sheet = "经费"', 'sheet = "history"'), "bad-sheet-name", "“money”"),
    "nothing": (
        (SOUND, 'schema = 1\nkey = "a"\nedition = "1"\ntitle = "t"\nauthority = "x"\nsections = []'),
        "unknown-key",
        "form.toml",
    ),
}


# the same for the second version of the language
FAULTS_OF_RELATIONS = {
    "a part of nothing known": (('of = "sites"', 'of = "site"'), "unknown-name", "“faulty” › of"),
    "a part of itself": (('of = "sites"', 'of = "faulty"'), "circular", "“faulty” › of"),
    "parts of each other": (
        ('{ key = "sites", label = "检查数" }', '{ key = "sites", label = "检查数", of = "mended" }'),
        "circular",
        "“sites” › of",
    ),
    "a part below 0": (
        ('label = "已整改的", of = "faulty"', 'label = "已整改的", of = "faulty", signed = true'),
        "part-signed",
        "random of routine",
    ),
    "a part of another unit": (
        ('label = "出动人员", unit = "人次"', 'label = "出动人员", unit = "人次", of = "sites"'),
        "mixed-units",
        "people of sites",
    ),
    "a group as a part": (
        (
            '{ key = "routine", label = "日常检查" }',
            '{ label = "甲", of = "joint", lines = [{ key = "routine", label = "日常检查" }] }',
        ),
        "group-with-cells",
        "“甲”",
    ),
    "nothing of a total's unit": (
        ('label = "合计", is = "all"', 'label = "合计", is = "all", unit = "个"'),
        "nothing-to-add",
        "“total”",
    ),
    "a total that its own parts do not make up": (
        ('is = "young + old"', 'is = "young"'),
        "forgotten",
        "“by_age”",
    ),
    "a total that nobody holds": (
        ('label = "年末人数", is = "officers + helpers"', 'label = "年末人数", is = "officers"'),
        "forgotten",
        "“all”",
    ),
    "counted twice by a total that holds it": (
        ('is = "total - joint"', 'is = "total + joint"'),
        "counted-twice",
        "“others”",
    ),
    "two signs": (('people >= sites"', 'people >= sites > 0"'), "not-a-sum", "“crowd”"),
    "a sign that is none": (('people >= sites"', 'people => sites"'), "not-a-sum", "“crowd”"),
    "no figure on the left": (('people >= sites"', '0 <= people"'), "rule-left", "“crowd”"),
    "last year on the left": (
        ("special < routine + last.special", "last.special > special"),
        "rule-left",
        "“growing”",
    ),
    "a condition that is none": (('when = "faulty = 0"', 'when = "faulty"'), "not-a-condition", "“no_fines”"),
    "an unknown name in a condition": (
        ('when = "faulty = 0"', 'when = "fault = 0"'),
        "unknown-name",
        "“no_fines”",
    ),
    "a condition over units": (
        ('when = "faulty = 0"', 'when = "faulty = fines"'),
        "mixed-units",
        "“no_fines”",
    ),
    "a condition that nothing meets": (
        ('when = "faulty = 0"', 'when = "faulty < 0"'),
        "never-holds",
        "“no_fines”",
    ),
    "conditions that exclude each other": (
        ('when = "faulty > 5, mended < faulty"', 'when = "faulty > 5, faulty <= 5"'),
        "never-holds",
        "“fined”",
    ),
    "a relation that nothing meets": (('people >= sites"', 'people + sites < 0"'), "mixed-units", "“crowd”"),
    "a relation below 0": (('people >= sites"', 'people < 0"'), "never-holds", "“crowd”"),
    "a tolerance that is a number": (('within = "0.01"', "within = 0.01"), "bad-tolerance", "within"),
    "no tolerance": (('within = "0.01"', 'within = "0.0"'), "bad-tolerance", "within"),
    "a tolerance of an inequality": (
        ("fines = paid + owed", "fines >= paid + owed"),
        "within-inequality",
        "“split”",
    ),
    "an unknown level": (('level = "question"', 'level = "hint"'), "wrong-value", "level"),
    "an unknown line": (('on = ["total"]', 'on = ["sum"]'), "unknown-name", "“staff” › on"),
    "lines of a rule across tables": (
        ('cells = "visits.total.faulty', 'on = ["total"]\ncells = "visits.total.faulty'),
        "rule-cells",
        "“enough”",
    ),
    "units that are no counts": (('people >= sites"', 'fines <= sites"'), "mixed-units", "“crowd”"),
    "units in one sum": (('people >= sites"', 'people + sites >= mended"'), "mixed-units", "“crowd”"),
    "a word as a key": (('key = "joint"', 'key = "count"'), "reserved-key", "visits"),
    "the first version": (("schema = 2", "schema = 1"), "needs-schema", "block 1"),
    "a carry with a condition": (
        (
            '[[section.block.rule]]\nkey = "twice"',
            '[[section.block.carry]]\nkey = "kept"\nrows = "officers = last.officers"\nwhen = "young > 0"\nlabel = "x"\nauthority = "x"\n[[section.block.rule]]\nkey = "twice"',
        ),
        "carry-equation",
        "carry “kept”",
    ),
    "a carry of less": (
        (
            '[[section.block.rule]]\nkey = "twice"',
            '[[section.block.carry]]\nkey = "kept"\nrows = "officers <= last.officers"\nlabel = "x"\nauthority = "x"\n[[section.block.rule]]\nkey = "twice"',
        ),
        "carry-equation",
        "carry “kept”",
    ),
}
_SUM_OF_UNITS = 'is = "levies + visits + rulings + opinions", unit = "项"'
FAULTS_OF_UNITS = {
    "several units without one of their own": (
        (_SUM_OF_UNITS, _SUM_OF_UNITS.removesuffix(', unit = "项"')),
        "mixed-units",
        "acts.n.all",
    ),
    "the unit of a part": ((_SUM_OF_UNITS, _SUM_OF_UNITS.replace("项", "次")), "mixed-units", "acts.n.all"),
    "pieces and money": (
        (_SUM_OF_UNITS, _SUM_OF_UNITS.replace("opinions", "opinions + levied")),
        "mixed-units",
        "acts.n.all",
    ),
    "units of one thing": (('unit = "次"', 'unit = "百宗"'), "mixed-units", "acts.n.all"),
    "the unit of the sum is another one": (
        (_SUM_OF_UNITS, 'is = "levies + rulings", unit = "项"'),
        "mixed-units",
        "acts.n.all",
    ),
    "a line of one of the units is forgotten": (
        (_SUM_OF_UNITS, 'is = "levies + visits + opinions", unit = "项"'),
        "forgotten",
        "“all”",
    ),
}


FAULTS_OF_PERIODS = {
    "an unknown length": (('period = "month"', 'period = "week"'), "wrong-value", "period"),
    "a month that there is not": (
        ('period = "month"', 'period = "month"\nstarts = 13'),
        "bad-starts",
        "starts",
    ),
    "a month 0": (('period = "month"', 'period = "month"\nstarts = 0'), "bad-starts", "starts"),
    "the name of a calendar year": (
        ('period = "month"', 'period = "month"\nnamed = "start"'),
        "named-in-vain",
        "named",
    ),
    "a month in the first version": (("schema = 2", "schema = 1"), "needs-schema", "form"),
    "a year ago in the first version": (
        ("schema = 2", "schema = 1"),
        (', of = "r01"', ""),
        ('period = "month"\n', ""),
        ('"cum >= month"', '"cum = month"'),
        ('when = "period = 1"\n', ""),
        ('when = "period > 1, last.month > 0"\nlevel = "question"\n', ""),
        ('"month > 0"', '"month = cum"'),
        ("resets = true\n", ""),
        "needs-schema",
        "rule “year_before”",
    ),
    "a year ago of a year": (('period = "month"', 'period = "year"'), "ago-of-year", "carry “year_before”"),
    "a year that resets": (('period = "month"', 'period = "year"'), "resets-in-vain", "carry “cumulative”"),
    "a condition on the year": (('period = "month"', 'period = "year"'), "period-of-year", "rule “january”"),
    "a carry from a year ago that resets": (
        ('columns = "lymonth = ago.month"', 'columns = "lymonth = ago.month"\nresets = true'),
        "resets-in-vain",
        "carry “year_before”",
    ),
    "a rule that resets": (
        ('when = "period > 1, last', 'resets = true\nwhen = "period > 1, last'),
        "resets-in-vain",
        "rule “idle”",
    ),
    "a thirteenth month": (
        ('when = "period = 1"', 'when = "period = 13"'),
        "no-such-period",
        "rule “january”",
    ),
    "a fifth quarter": (
        ('period = "month"', 'period = "quarter"'),
        ('when = "period = 1"', 'when = "period > 4"'),
        "no-such-period",
        "rule “january”",
    ),
    "two months at once": (
        ('when = "period = 1"', 'when = "period > 3, period < 2"'),
        "no-such-period",
        "rule “january”",
    ),
    "a month in a sum": (
        ('when = "period = 1"', 'when = "period = month"'),
        "period-with-figures",
        "rule “january”",
    ),
    "a month among figures": (
        ('columns = "cum >= month"', 'columns = "cum >= period"'),
        "unknown-name",
        "“within”",
    ),
    "another period of nothing": (
        ('"cum = last.cum + month"', '"cum = last.sum + month"'),
        "unknown-name",
        "“cumulative”",
    ),
    "two periods back": (
        ('"cum = last.cum + month"', '"cum = last.last.cum + month"'),
        "unknown-name",
        "“cumulative”",
    ),
    "a year ago on the left": (
        ('"lymonth = ago.month"', '"ago.month = last.month"'),
        "carry-left",
        "“year_before”",
    ),
    "a line called as a word": (('key = "cum", label', 'key = "ago", label'), "reserved-key", "block 1"),
}


# the same for ratios, means and decimals
RATE, DAYS = 'is = "done per taken"', 'mean = "done"'
FAULTS_OF_RATIOS = {
    "a ratio of nothing known": ((RATE, 'is = "done per token"'), "unknown-name", "“rate” › is"),
    "a ratio of three": ((RATE, 'is = "done per taken per done"'), "not-a-ratio", "“rate” › is"),
    "a ratio of a number": ((RATE, 'is = "done per 100"'), "not-a-sum", "“rate” › is"),
    "a ratio of a ratio": ((RATE, 'is = "each per taken"'), "ratio-in-sum", "“rate” › is"),
    "a ratio of a mean": ((RATE, 'is = "days per taken"'), "ratio-in-sum", "“rate” › is"),
    "a ratio of itself": ((RATE, 'is = "rate per taken"'), "ratio-in-sum", "“rate” › is"),
    "a ratio of what is not added": (
        ('label = "收费"', 'label = "收费", additive = false'),
        "not-additive",
        "“each” › is",
    ),
    "a ratio over units": ((RATE, 'is = "done + fee per taken"'), "mixed-units", "“work.permits.rate”"),
    "a ratio in a sum": (
        ('label = "总数", is = "all"', 'label = "总数", is = "officers + share"'),
        "ratio-in-sum",
        "“people” › is",
    ),
    "a ratio as a part": (('key = "rate", ', 'key = "rate", of = "done", '), "ratio-in-sum", "“rate” › of"),
    "a part of a ratio": (('label = "收费"', 'label = "收费", of = "each"'), "ratio-in-sum", "“fee” › of"),
    "a ratio in a rule": (("RULE", 'columns = "rate <= done"'), "ratio-in-sum", "rule “some”"),
    "a mean in a condition": (
        ("RULE", 'columns = "done <= taken"\nwhen = "days > 0"'),
        "ratio-in-sum",
        "rule “some”",
    ),
    "a rule asked of a ratio": (
        ("RULE", 'rows = "permits <= both"\non = ["rate"]'),
        "ratio-in-sum",
        "rule “some” › on",
    ),
    "a ratio across tables": (
        ("ACROSS", 'cells = "work.total.rate <= years.letters.now"'),
        "ratio-in-sum",
        "rule “across”",
    ),
    "a ratio in a chart": (
        (
            "ACROSS",
            'cells = "work.total.done >= 0"\n[[chart]]\nkey = "c"\nkind = "agencies"\ntitle = "图"\nshows = [{ label = "率", is = "work.total.rate" }]',
        ),
        "chart-not-additive",
        "chart “c”",
    ),
    "ratios that meet": (
        (
            '{ key = "others", label = "其他" }',
            '{ key = "others", label = "其他" }, { key = "rate2", label = "比", is = "permits per grants" }',
        ),
        "ratios-meet",
        "block 1",
    ),
    "a mean of nothing known": ((DAYS, 'mean = "dun"'), "unknown-name", "“days” › mean"),
    "a mean weighted by a ratio": ((DAYS, 'mean = "rate"'), "ratio-in-sum", "“days” › mean"),
    "a mean weighted by itself": ((DAYS, 'mean = "days"'), "ratio-in-sum", "“days” › mean"),
    "a mean that is derived": ((DAYS, f'{DAYS}, is = "taken"'), "mean-defined", "“days”"),
    "a weight below 0": (
        ('{ key = "done", label = "办结", of = "taken" }', '{ key = "done", label = "办结", signed = true }'),
        "weight-signed",
        "work.permits.days",
    ),
    "too many decimals": (("decimals = 4", "decimals = 7"), "bad-decimals", "“each” › decimals"),
    "decimals below 0": (("decimals = 4", "decimals = -1"), "bad-decimals", "“each” › decimals"),
    "decimals of whole numbers": (
        ('label = "受理"', 'label = "受理", decimals = 2'),
        "decimals-whole",
        "“taken” › decimals",
    ),
    "a group with a mean": (
        (
            '{ key = "taken", label = "受理" }',
            '{ label = "甲", mean = "done", decimals = 1, lines = [{ key = "taken", label = "受理" }] }',
        ),
        "group-with-cells",
        "“甲”",
    ),
}


def third(*replacements):
    """The form with ratios and means, with a rule in its first table and one across tables."""
    text = (HERE / "forms" / "blsx-2026.toml").read_text(encoding="utf-8")
    rule = '[[section.block.rule]]\nkey = "some"\nlabel = "x"\nauthority = "x"\nRULE\n\n[[section]]\nkey = "years"'
    text = text.replace('[[section]]\nkey = "years"', rule)
    text += '[[rule]]\nkey = "across"\nlabel = "x"\nauthority = "x"\nACROSS\n'
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return text.replace("RULE", 'columns = "done <= taken"').replace(
        "ACROSS", 'cells = "work.total.done >= years.letters.now"'
    )


@pytest.mark.parametrize("fault", FAULTS_OF_RATIOS)
def test_a_fault_of_a_ratio_is_named_with_its_place(fault):
    replacement, code, place = FAULTS_OF_RATIOS[fault]
    found = [p for p in form_problems(third(replacement)) if p.code == code]
    assert found
    assert place in found[0].place
    for lang in LANGS:
        assert "{" not in problem_text(found[0], lang).replace("{}", "")


def test_ratios_means_and_decimals_need_the_second_version():
    assert parse(third(), "form.toml").schema == 2
    words = [
        p.facts["words"]
        for p in form_problems(third(("schema = 2", "schema = 1")))
        if p.code == "needs-schema"
    ]
    assert words[:2] == ["decimals, mean, of, per", "decimals, per"]
    text = third(("schema = 2", "schema = 1"), ('key = "taken"', 'key = "per"'), (RATE, 'is = "done + per"'))
    assert "reserved-key" not in {p.code for p in form_problems(text)}


def test_texts_may_name_a_ratio_alone():
    form = parse(third(), "form.toml")
    for text, codes in (
        ("{work.total.rate}%", []),
        ("{last.work.total.days}天", []),
        ("{work.total.rate + work.total.done}", ["ratio-in-sum", "mixed-units"]),
        ("{change: work.total.rate}", ["ratio-in-sum"]),
        ("{work.total.rate > 50：高}", ["ratio-in-sum"]),
    ):
        assert [p.code for p in wording_faults(Wording.parse(text), form, "")] == codes


def test_a_total_of_several_units_stays_one_where_cells_are_not_there():
    text = changed(
        (
            'rows = [{ key = "n", label = "数量" }]',
            'rows = [{ key = "n", label = "数量" }, { key = "m", label = "上年" }]',
        ),
        ('key = "levied"\ncolumns', 'key = "levied"\non = ["n"]\ncolumns'),
        text=test_whose.TEXT[test_whose.TEXT.index('[[section]]\nkey = "acts"') :],
    )
    head = 'schema = 2\nkey = "x"\nedition = "1"\ntitle = "表"\nauthority = "试"\n'
    text = head + text[: text.index('[[section]]\nkey = "text"')]
    void = 'void = [["m", "visits"], ["m", "opinions"]]\n'
    form = parse(text.replace("[[section.block]]\n", f"[[section.block]]\n{void}"), "form.toml")
    assert [form.cells[f"acts.{row}.all"].unit for row in "nm"] == ["项", "项"]


@pytest.mark.parametrize("fault", FAULTS_OF_UNITS)
def test_units_that_cannot_be_added(fault):
    replacement, code, place = FAULTS_OF_UNITS[fault]
    found = form_problems(changed(replacement, text=test_whose.TEXT))
    assert any(one.code == code and place in one.place for one in found), found
    if code == "mixed-units":  # it says how to allow it
        assert all("unit =" in problem_text(one, lang) for one in found if one.code == code for lang in LANGS)


@pytest.mark.parametrize("fault", [*FAULTS, *FAULTS_OF_RELATIONS, *FAULTS_OF_PERIODS])
def test_a_fault_is_named_with_its_place_and_its_cure(fault):
    *replacements, code, place = (FAULTS | FAULTS_OF_RELATIONS | FAULTS_OF_PERIODS)[fault]
    text = SOUND if fault in FAULTS else SECOND if fault in FAULTS_OF_RELATIONS else MONTHLY
    found = [p for p in form_problems(changed(*replacements, text=text)) if p.code == code]
    assert found
    assert place in found[0].place
    assert found[0].place.startswith("form.toml")
    for lang in LANGS:
        assert "{" not in problem_text(found[0], lang).replace("{}", "")


def test_every_problem_of_a_form_has_a_case():
    """So that none of the sentences about forms can rot unseen."""
    elsewhere = {"form-not-utf8", "unknown-form", "no-sections", "repeated-cell", "ragged", "codes-head"}
    faults = FAULTS | FAULTS_OF_RELATIONS | FAULTS_OF_PERIODS | FAULTS_OF_RATIOS
    of_fields = {code for _, (code, _) in test_fields.FAULTS.values()}
    of_lists = {fault[0] for _, fault in test_lists.FAULTS.values() if fault}
    of_lists |= {code for _, (code, _) in (test_lists.SHOWS | test_lists.CARRIES).values()}
    of_blocks = {code for _, code, _ in (test_blocks.FAULTS | test_whose.FAULTS).values()}
    of_blocks |= {code for _, code in (test_given.FAULTS | test_given_lines.FORM_FAULTS).values()}
    of_blocks |= {code for _, code in test_own_sums.FAULTS.values()}
    of_blocks |= {code for *_, code, _ in test_dependent.FAULTS.values()} | {
        code for *_, code in test_beside.FAULTS
    }
    of_lists |= {code for _, code in test_products.FAULTS.values()}
    of_lists |= {code for *_, code in test_multiples.FAULTS.values()} | {test_multiples.NOT_HERE}
    of_blocks |= {code for _, code, _ in test_days.FAULTS.values()}
    of_lists |= {code for _, (code, _) in test_registers.FAULTS.values()}
    named = {code for *_, code, _ in faults.values()} | of_fields | of_lists | of_blocks | elsewhere
    keys = catalog("en").keys("problem")
    assert set(keys[keys.index("form-not-utf8") : keys.index("roster-empty")]) <= named


def test_all_faults_of_periods_come_at_once():
    text = changed(('period = "month"', 'period = "year"\nstarts = 13\nnamed = "start"'), text=MONTHLY)
    codes = {"bad-starts", "ago-of-year", "resets-in-vain", "period-of-year"}
    assert {problem.code for problem in form_problems(text)} == codes
    assert all(problem.place.startswith("form.toml") for problem in form_problems(text))


def test_all_faults_come_at_once():
    text = changed(
        ('is = "men + women"', 'is = "men"'),
        ("opening + received", "opening + recieved"),
        ('cell = "money.left.sum"', 'cell = "money.rest.sum"'),
    )
    assert {p.code for p in form_problems(text)} == {"forgotten", "unknown-name"}
    assert len(form_problems(text)) == 3
    text = changed(
        ('edition = "2025"', "edition = 2025"),
        ('is = "men + women"', 'si = "men + women"'),
        ('label = "聘用"', "label = 3"),
    )
    assert len(form_problems(text)) == 3


def test_faults_of_every_kind_come_at_once():
    """What is printed, what adds up and which units meet are asked together."""
    text = changed(
        ('label = "在编"', 'label = ""'),
        ('is = "permanent + contract"', 'is = "permanent"'),
        ("opening + received", "opening + recieved"),
        ('sheet = "经费"', 'sheet = "a/b"'),
        ('{ key = "came", label = "实到" }', '{ key = "came", label = "实到", unit = "次" }'),
    )
    found = {p.code for p in form_problems(text)}
    assert found == {"bad-label", "bad-sheet-name", "forgotten", "mixed-units", "unknown-name"}


def test_what_follows_from_ambiguous_cells_is_not_told_as_well():
    """The key that is there twice is the fault; that sums and rules miss a name is its consequence."""
    text = changed(
        ('{ key = "all", label = "合计"', '{ key = "men", label = "合计"'),
        ('is = "final - spent"', 'is = "final"'),
    )
    found = form_problems(text)
    assert [(p.code, p.facts["name"]) for p in found] == [
        ("repeated-key", "men"),
        ("repeated-cell", "permanent.men"),
        ("repeated-cell", "contract.men"),
        ("repeated-cell", "total.men"),
        ("forgotten", "spent"),
    ]


def test_a_total_over_a_total_that_cannot_be_understood_is_not_judged():
    (problem,) = form_problems(changed(('is = "budget + change"', 'is = "budgt + change"')))
    assert (problem.code, problem.facts["name"]) == ("unknown-name", "budgt")


def test_labels_at_the_limit_are_read_back(tmp_path):
    """200 characters are printed, found and read; the writer makes no row taller than Excel allows."""
    text = changed(('label = "在编"', f'label = "{"长" * 200}"'))
    form = parse(text, "form.toml")
    stamp = Stamp(form.key, form.edition, Period(2025), Agency("区", "1", "局"))
    path = tmp_path / "1_局_2025.xlsx"
    path.write_bytes(write_return(form, stamp, {"staff.permanent.men": Decimal(3)}))
    filing = read(path, form)
    assert filing.record.values == {"staff.permanent.men": 3}
    heights = [d.height or 0 for d in openpyxl.load_workbook(path)["人员"].row_dimensions.values()]
    assert 300 < max(heights) <= 409


def test_the_nearest_name_is_offered():
    (problem,) = form_problems(changed(('is = "men + women"', 'is = "men + woman"')))
    assert problem.facts["nearest"] == "women"
    assert "women" in problem_text(problem, "en")


def test_no_sections():
    (problem,) = form_problems(
        'schema = 1\nkey = "a"\nedition = "1"\ntitle = "t"\nauthority = "x"\nsection = []'
    )
    assert problem.code == "no-sections"


def test_two_cells_of_one_name():
    text = changed(
        (
            '\n[[section]]\nkey = "training"',
            '\n[[section.block]]\ncorner = "再来"\ncolumns = [{ key = "wages", label = "一" }, { key = "x", label = "二" }, { key = "y", label = "三" }]\nrows = [{ key = "budget", label = "四" }]\n\n[[section]]\nkey = "training"',
        )
    )
    assert {p.code for p in form_problems(text)} == {"repeated-cell"}


def test_blocks_on_one_grid_must_fit():
    text = changed(
        (
            '\n[[section]]\nkey = "training"',
            '\n[[section.block]]\ncolumns = [{ key = "x", label = "一" }]\nrows = [{ key = "y", label = "四" }]\n\n[[section]]\nkey = "training"',
        )
    )
    assert {p.code for p in form_problems(text)} == {"ragged"}


def test_a_file_that_is_not_there_or_not_utf8(tmp_path):
    with pytest.raises(FormError) as caught:
        load(tmp_path / "none.toml")
    assert caught.value.problems[0].code == "unreadable-file"
    (tmp_path / "gbk.toml").write_bytes("# 表式".encode("gb18030"))
    with pytest.raises(FormError) as caught:
        load(tmp_path / "gbk.toml")
    assert caught.value.problems[0].code == "form-not-utf8"


def test_an_unknown_name_is_refused_with_what_there_is():
    with pytest.raises(FormError) as caught:
        library.find("xxgk-2012")
    assert "xxgk-2021" in error_text(caught.value, "en")


def test_a_form_in_any_place_is_found(tmp_path):
    path = tmp_path / "表 样.toml"
    path.write_text(SOUND, encoding="utf-8-sig")
    assert library.find(str(path)).name == "fwzx-2025"


def test_every_wrong_key_is_named_with_its_place_and_the_nearest_one():
    """In both languages, all in one run, whatever else is wrong with the file."""
    wrong = (
        ('authority = "', 'titel = "x"\nauthority = "'),
        ('key = "cases"\n', 'key = "cases"\nunti = "件"\ncolumn_width = "10"\n'),
        ('label = "本年受理"', 'label = "本年受理", sined = true, span = true'),
    )
    found = form_problems(changed(*wrong))
    assert sorted(problem.code for problem in found) == ["unknown-key"] * 3 + ["wrong-type"] * 2
    for lang in LANGS:
        told = [f"{problem.place} {problem_text(problem, lang)}" for problem in found]
        for words in (
            ("form.toml", "titel", "title"),
            ("section › “cases”", "unti", "unit"),
            ("rows › “received”", "sined", "signed"),
            ("rows › “received” › span", " true "),
        ):
            assert sum(all(word in one for word in words) for one in told) == 1, words
