"""The official form: its 200 numbers, their names, places, units and totals. The list of names is a copy of its own."""

from __future__ import annotations

import csv
import pickle
import re

from conftest import HERE
from xltools.form import library
from xltools.form.layout import layout

ROWS = list(csv.DictReader((HERE / "cells.csv").read_text(encoding="utf-8").splitlines()))


def test_it_has_the_names_of_the_list_in_the_order_of_the_list(form):
    assert list(form.cells) == [row["name"] for row in ROWS]


def test_it_has_200_numbers_166_inputs_and_34_totals(form):
    assert (len(form.cells), len(form.inputs), len(form.totals)) == (200, 166, 34)


def test_kind_unit_section_and_labels_are_those_of_the_list(form):
    for row in ROWS:
        cell = form.cells[row["name"]]
        kind = "total" if cell.is_total else "input"
        found = (cell.section.title, "/".join(cell.row_path), "/".join(cell.column_path), cell.unit, kind)
        assert found == (row["section"], row["row_label"], row["column_label"], row["unit"], row["kind"])


def test_only_money_has_decimals(form):
    assert [cell.name for cell in form.cells.values() if cell.number == "decimal"] == [
        "disclosure.fees.amount"
    ]


def test_totals_are_restated_by_hand(form):
    """What each total adds, written out from the printed form and not from its definition."""
    kinds = ["natural", "commercial", "research", "welfare", "legal_service", "other_org"]
    results = [
        r["name"].split(".")[1]
        for r in ROWS
        if r["row_label"].startswith("三、") and r["name"].endswith(".natural")
    ]
    assert len(results) == 22
    results.remove("total")
    for row in ("new", "carried_in", "carried_out", *results):
        parts = {f"applications.{row}.{kind}" for kind in kinds}
        assert form.reach[f"applications.{row}.total"] == parts
    for kind in kinds:
        assert form.reach[f"applications.total.{kind}"] == {f"applications.{row}.{kind}" for row in results}
    assert len(form.reach["applications.total.total"]) == 21 * 6
    for block in ("review", "direct", "after_review"):
        parts = {f"disputes.{block}.{outcome}" for outcome in ("upheld", "corrected", "other", "pending")}
        assert form.reach[f"disputes.{block}.total"] == parts
    assert all(sign == 1 for cell in form.totals for sign, _ in cell.definition.terms)


def test_the_printed_rule_holds_in_seven_columns(form):
    assert [str(identity.relation) for identity in form.identities] == [
        f"applications.new.{c} + applications.carried_in.{c} = applications.total.{c} + applications.carried_out.{c}"
        for c in ("natural", "commercial", "research", "welfare", "legal_service", "other_org", "total")
    ]


def test_prose_sections_have_their_parts(form):
    assert [name for name in form.texts if not name.startswith("cover.")] == [
        *(
            f"overview.{part}"
            for part in ("proactive", "on_request", "management", "platform", "supervision")
        ),
        "problems.text",
        "others.text",
    ]


def test_sections_stand_in_the_official_order(form):
    assert [section.title for section in form.sections] == [
        "一、总体情况",
        "二、主动公开政府信息情况",
        "三、收到和处理政府信息公开申请情况",
        "四、政府信息公开行政复议、行政诉讼情况",
        "五、存在的主要问题及改进情况",
        "六、其他需要报告的事项",
    ]


def test_no_two_cells_share_a_place(form, other_form):
    for one in (form, other_form):
        areas = [
            (sheet, row, column)
            for sheet, area in layout(one).places.values()
            for row, column in _covered(area)
        ]
        assert len(areas) == len(set(areas))


def test_labels_and_cells_never_overlap(form, other_form):
    for one in (form, other_form):
        for sheet in layout(one).sheets:
            areas = [
                *(label.area for label in sheet.labels),
                *sheet.cells.values(),
                *sheet.texts.values(),
                sheet.hint,
            ]
            areas += [check.area for group in sheet.groups for check in group.checks] + [
                g.head for g in sheet.groups
            ]
            if sheet.beside:  # last year's figures stand outside the page, even their title
                beside = [sheet.beside.title, *(label.area for label in sheet.beside.labels)]
                beside += sheet.beside.cells.values()
                assert sheet.beside.cells.keys() == sheet.cells.keys()
                assert not {p for area in beside for p in _covered(area)} & set(_covered(sheet.page))
                areas += beside
            covered = [place for area in areas for place in _covered(area)]
            assert len(covered) == len(set(covered)), sheet.name


def _covered(area):
    return [
        (r, c) for r in range(area.row, area.last_row + 1) for c in range(area.column, area.last_column + 1)
    ]


def test_every_line_of_a_table_has_its_check(form, other_form):
    """Each total and each rule is asked by some check beside the tables or on the cover."""
    for one in (form, other_form):
        place = layout(one)
        checks = [check for _, group in place.groups for check in group.checks]
        asked = {str(one.relation) for check in checks for one in check.constraints}
        asked |= {str(rule.cells) for rule in one.rules}
        for cell in one.totals:
            assert f"{cell.name} = {cell.definition}" in asked, cell.name
        for identity in one.identities:
            assert str(identity.relation) in asked
        inputs = [name for _, group in place.groups for check in group.checks for name in check.inputs]
        assert sorted(inputs) == sorted(cell.name for cell in one.inputs)


def test_names_are_names_to_a_spreadsheet(form, other_form):
    for one in (form, other_form):
        for name in layout(one).places:
            assert re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", name)
            assert len(name) < 255


def test_the_default_form_is_built_in():
    assert library.DEFAULT in library.names()


def test_a_form_pickles_as_its_name_and_text(form, other_form):
    for one in (form, other_form):
        pickled = pickle.dumps(one)
        assert len(pickled) < len(one.text.encode()) + 200
        restored = pickle.loads(pickled)
        assert (restored.name, restored.text, restored.cells) == (one.name, one.text, one.cells)
        assert restored is pickle.loads(pickled)
    assert pickle.loads(pickle.dumps(form)) is form


def test_the_built_in_forms_are_sound():
    """They are linted when they are loaded, like any other form."""
    for name in library.names():
        assert library.find(name).name == name
