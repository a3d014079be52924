"""A form that is wrong is refused with file, place, fault and cure, all faults at once."""

from __future__ import annotations

import pytest

from conftest import HERE
from xltools.errors import FormError
from xltools.form import library
from xltools.form.load import load, parse
from xltools.text import LANGS, catalog, error_text, problem_text

SOUND = (HERE / "forms" / "fwzx-2025.toml").read_text(encoding="utf-8")


def problems(text):
    with pytest.raises(FormError) as caught:
        parse(text, "form.toml")
    return caught.value.problems


def changed(*replacements):
    text = SOUND
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
    "unknown number": (('number = "decimal"\n\n', 'number = "money"\n\n'), "wrong-value", "number"),
    "unknown schema": (("schema = 1", "schema = 2"), "wrong-value", "schema"),
    "not a sum": (('is = "men + women"', 'is = "men * women"'), "not-a-sum", "“all”"),
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
        ('omits = { spent = "支出不是预算的组成部分" }', 'omits = { spent = "" }'),
        "forgotten",
        "“final”",
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
    "a key no claim has": (("denied = true", "denies = true"), "unknown-key", "claim"),
    "mixed units": (
        ('{ key = "women", label = "女" }', '{ key = "women", label = "女", unit = "件" }'),
        "mixed-units",
        "staff",
    ),
    "nothing": (
        (SOUND, 'schema = 1\nkey = "a"\nedition = "1"\ntitle = "t"\nauthority = "x"\nsections = []'),
        "unknown-key",
        "form.toml",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_place_and_its_cure(fault):
    replacement, code, place = FAULTS[fault]
    found = [p for p in problems(changed(replacement)) if p.code == code]
    assert found
    assert place in found[0].place
    assert found[0].place.startswith("form.toml")
    for lang in LANGS:
        assert "{" not in problem_text(found[0], lang).replace("{}", "")


def test_every_problem_of_a_form_has_a_case():
    """So that none of the sentences about forms can rot unseen."""
    elsewhere = {"form-not-utf8", "unknown-form", "no-sections", "repeated-cell", "ragged"}
    named = {code for _, code, _ in FAULTS.values()} | elsewhere
    keys = catalog("en").keys("problem")
    assert set(keys[keys.index("form-not-utf8") : keys.index("roster-empty")]) <= named


def test_all_faults_come_at_once():
    text = changed(
        ('is = "men + women"', 'is = "men"'),
        ("opening + received", "opening + recieved"),
        ('cell = "money.left.sum"', 'cell = "money.rest.sum"'),
    )
    assert {p.code for p in problems(text)} == {"forgotten", "unknown-name"}
    assert len(problems(text)) == 3
    text = changed(
        ('edition = "2025"', "edition = 2025"),
        ('is = "men + women"', 'si = "men + women"'),
        ('label = "聘用"', "label = 3"),
    )
    assert len(problems(text)) == 3


def test_the_nearest_name_is_offered():
    (problem,) = problems(changed(('is = "men + women"', 'is = "men + woman"')))
    assert problem.facts["nearest"] == "women"
    assert "women" in problem_text(problem, "en")


def test_no_sections():
    (problem,) = problems('schema = 1\nkey = "a"\nedition = "1"\ntitle = "t"\nauthority = "x"\nsection = []')
    assert problem.code == "no-sections"


def test_two_cells_of_one_name():
    text = changed(
        (
            '\n[[section]]\nkey = "training"',
            '\n[[section.block]]\ncorner = "再来"\ncolumns = [{ key = "wages", label = "一" }, { key = "x", label = "二" }, { key = "y", label = "三" }]\nrows = [{ key = "budget", label = "四" }]\n\n[[section]]\nkey = "training"',
        )
    )
    assert {p.code for p in problems(text)} == {"repeated-cell"}


def test_blocks_on_one_grid_must_fit():
    text = changed(
        (
            '\n[[section]]\nkey = "training"',
            '\n[[section.block]]\ncolumns = [{ key = "x", label = "一" }]\nrows = [{ key = "y", label = "四" }]\n\n[[section]]\nkey = "training"',
        )
    )
    assert {p.code for p in problems(text)} == {"ragged"}


def test_a_file_that_is_not_there_or_not_utf8(tmp_path):
    with pytest.raises(FormError) as caught:
        load(tmp_path / "none.toml")
    assert caught.value.problems[0].code == "unreadable-file"
    (tmp_path / "gbk.toml").write_bytes("# 表样".encode("gb18030"))
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
