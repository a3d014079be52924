"""Exports: a row a figure in every format, how each is known, what is not there, and texts that cannot be formulas."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shutil
import sqlite3
import sys
import weakref
import zipfile
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import parquet

import office
from conftest import ROOT, by_day, sound_values
from test_merge import OFFICIAL, OTHER, filing, reread, rolled
from xltools.cli import main
from xltools.collection.merging import merge
from xltools.data.filing import Return, Source, Stamp
from xltools.data.observations import FigureState, returns_of
from xltools.data.period import Period
from xltools.data.record import Agency, Record
from xltools.errors import OutputError
from xltools.excel.reader import read
from xltools.report.delimited import defused, rows_text
from xltools.report.export import FORMATS, format_of, outputs
from xltools.report.export import export as exporting
from xltools.report.export.tables import DICTIONARY, TIDY

CLEAN, PROBLEMS = ROOT / "samples" / "clean", ROOT / "samples" / "problems"
ROSTER = ROOT / "samples" / "roster.csv"
FLAT = [how for how, about in FORMATS.items() if not about.is_database]
DATABASES = [how for how, about in FORMATS.items() if about.is_database]
KINDS = {column.name: column.kind for column in (*TIDY, *DICTIONARY)}


def export(filings, how, folder, **settings):
    path = folder / f"out.{how}"
    return path, exporting(filings, path, how, "en", **settings)


def loaded(path, table="tidy"):
    """The rows of a file or of a table in it, each value as it was exported."""
    rows = READERS[format_of(path)](path, table)
    return [{name: as_exported(name, value) for name, value in row.items()} for row in rows]


def read_sqlite(path, table):
    with contextlib.closing(sqlite3.connect(path)) as database:
        cursor = database.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# A format is read back by something that has no part in writing it.
READERS = {
    "csv": lambda path, _: csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")),
    "jsonl": lambda path, _: map(json.loads, path.read_text(encoding="utf-8").splitlines()),
    "parquet": lambda path, _: parquet.read_table(path).to_pylist(),
    "sqlite": read_sqlite,
}


def as_exported(name, value):
    if value is None or value == "":
        return None
    kind = KINDS.get(name, "decimal" if "." in name else "text")
    if kind == "decimal":
        assert not isinstance(value, str) or "E" not in value
        return Decimal(str(value)).normalize()
    if kind == "flag":
        return str(value) in {"TRUE", "True", "1"}
    return int(value) if kind == "whole" else restored(str(value))


def restored(text):
    """What ``docs/export.md`` says of how a text of the CSV is had back."""
    return re.sub(r"(^|(?<=[;\t\r\n]))'", "", text)


def made(values, form=OTHER, agency=None, **facts):
    agency = agency or Agency("区", "001", "局")
    stamp = Stamp(form.key, form.edition, Period(2024), agency)
    record = Record(form, Period(2024), frozenset((agency,)), values)
    return Return(Source("in/局.xlsx", "ab"), (), form=form, stamp=stamp, record=record, **facts)


AWKWARD = {
    "money.change.wages": Decimal("-0.3"),
    "money.budget.wages": Decimal("96171.6"),
    "money.spent.running": Decimal("0.0000000001"),
    "staff.permanent.men": Decimal(0),
    "staff.total.age": Decimal("41.5"),
    "money.spent.wages": Decimal(123456789012345),
}


@pytest.mark.parametrize("how", FORMATS)
def test_every_format_gives_back_every_figure_exactly_and_tells_blank_from_0(how, tmp_path):
    unread = frozenset({"staff.contract.women"})
    one = made(AWKWARD, unread=unread)
    path, _ = export([one], how, tmp_path)
    rows = {row["cell"]: row for row in loaded(path)}
    derived = OTHER.complete(AWKWARD)
    assert rows.keys() == OTHER.cells.keys()
    for name, cell in OTHER.cells.items():
        row = rows[name]
        if OTHER.reach[name] & unread:
            assert (row["value"], row["state"]) == (None, "unread")
        elif cell.is_total:
            assert (row["value"], row["state"]) == (derived[name].normalize(), "derived")
        elif name in AWKWARD:
            assert (row["value"], row["state"]) == (AWKWARD[name].normalize(), "given")
        else:
            assert (row["value"], row["state"]) == (None, "blank")
    assert rows["staff.permanent.men"]["value"] == 0
    assert rows["money.change.wages"] == {
        "form": OTHER.key,
        "edition": OTHER.edition,
        "year": 2024,
        "period": "2024",
        "district": "区",
        "agency_code": "001",
        "agency": "局",
        "level": "agency",
        "file": "in/局.xlsx",
        "sha256": "ab",
        "via": None,
        "cell": "money.change.wages",
        "section": OTHER.cells["money.change.wages"].section.title,
        "row_label": "/".join(OTHER.cells["money.change.wages"].row_path),
        "column_label": "/".join(OTHER.cells["money.change.wages"].column_path),
        **dict(zip(("sheet", "address"), one.address("money.change.wages"), strict=True)),
        "unit": OTHER.cells["money.change.wages"].unit or None,
        "kind": "input",
        "value": Decimal("-0.3"),
        "state": "given",
    }


@pytest.fixture(scope="module")
def problems():
    return [read(path) for path in sorted(PROBLEMS.iterdir())]


def test_all_formats_say_the_same_of_the_same(problems, tmp_path):
    told = {how: loaded(export(problems, how, tmp_path)[0]) for how in FORMATS}
    assert len(told["csv"]) == 17 * 200
    assert [row["cell"] for row in told["csv"][:200]] == list(OFFICIAL.cells)
    assert all(told[how] == told["csv"] for how in FLAT)
    for how in DATABASES:  # whose views have no order
        assert sorted(told[how], key=str) == sorted(told["csv"], key=str)


def test_a_total_is_never_what_a_cell_showed(problems, tmp_path):
    """The return of 002 shows 0 where its parts make 1; 003 has words where figures belong."""
    rows = loaded(export(problems[1:3], "csv", tmp_path)[0])
    by_cell = {(row["agency_code"], row["cell"]): row for row in rows}
    wrong = next(
        row
        for (code, _), row in by_cell.items()
        if code == "002" and row["address"] == "E6" and "复议" in row["sheet"]
    )
    assert (wrong["value"], wrong["state"]) == (1, "derived")
    assert by_cell["003", "disclosure.normative_documents.made"]["state"] == "unread"
    assert not [row for row in rows if row["state"] in {"unread", "blank"} and row["value"] is not None]


def test_a_cell_that_moved_has_the_address_where_it_stands_now(tmp_path):
    name = "disclosure.regulations.made"
    moved = replace(filing("001"), moved={name: ("二、主动公开", "B9")})
    rows = {row["cell"]: row["address"] for row in loaded(export([moved], "jsonl", tmp_path)[0])}
    assert (rows[name], rows["disclosure.regulations.repealed"]) == ("B9", "C5")


# -- roll-ups


def test_a_rollup_gives_its_members_and_the_district_and_they_add_up(tmp_path):
    filings = [filing(code, OTHER) for code in ("001", "002", "003")]
    district = reread(rolled(filings, "青禾区", OTHER), OTHER)
    rows = loaded(export([district], "parquet", tmp_path)[0])
    alone = loaded(export(filings, "csv", tmp_path)[0])
    members = [row for row in rows if row["level"] == "agency"]
    own = {row["cell"]: row for row in rows if row["level"] == "district"}
    assert {row["via"] for row in members} == {"青禾区.xlsx"}
    assert [{**row, "via": None} for row in members] == alone
    for name, cell in OTHER.cells.items():
        parts = [row["value"] for row in alone if row["cell"] == name]
        if cell.additive:
            assert (own[name]["value"], own[name]["state"]) == (sum(parts), "derived")
        else:
            assert (own[name]["value"], own[name]["state"]) == (None, "not-additive")


@pytest.mark.prove
def test_a_rollup_of_rollups_gives_districts_inside_as_districts():
    district = reread(rolled([filing("001"), filing("002")], "青禾区"))
    city = reread(rolled([district, filing("900", district="市")], "市"))
    found = {one.agency.name: (one.level.value, one.via) for one in returns_of(city)}
    assert found == {
        "青禾区": ("district", "市.xlsx"),
        "单位900": ("agency", "市.xlsx"),
        "市": ("district", ""),
    }


def test_a_figure_unread_in_a_row_of_a_rollup_is_in_doubt_where_it_is_missing_and_in_the_sum():
    name = "applications.new.natural"
    district = reread(rolled([filing("001"), filing("002")], "青禾区"))
    first = district.members[0]
    first = first._replace(values={k: v for k, v in first.values.items() if k != name})
    doubted = replace(district, members=(first, district.members[1]), unread=frozenset({name}))
    told = [{f.cell.name: f for f in one.observations()} for one in returns_of(doubted)]
    assert [one[name].state for one in told] == [FigureState.UNREAD, FigureState.GIVEN, FigureState.UNREAD]
    assert [one["applications.new.total"].state for one in told] == [
        FigureState.UNREAD,
        FigureState.DERIVED,
        FigureState.UNREAD,
    ]
    assert told[0]["applications.new.total"].value is None
    assert told[1]["applications.new.total"].value == 2


# -- the dictionary, the wide table, databases


@pytest.mark.parametrize("how", FLAT)
def test_the_dictionary_beside_it_names_every_cell(how, tmp_path):
    path, _ = export([filing("001", OTHER), filing("002")], how, tmp_path)
    beside = outputs(path, how)[1]
    assert beside.name == f"out.dictionary.{how}"
    rows = loaded(beside)
    assert [row["cell"] for row in rows] == [*OTHER.cells, *OFFICIAL.cells]
    assert {row["cell"] for row in loaded(path)} == {row["cell"] for row in rows}
    total = next(row for row in rows if row["cell"] == "money.left.wages")
    assert (total["kind"], total["definition"], total["signed"], total["additive"]) == (
        "total",
        "money.final.wages - money.spent.wages",
        True,
        True,
    )
    assert next(row for row in rows if row["cell"] == "staff.total.age")["additive"] is False


def test_parquet_says_of_which_forms_it_is(tmp_path):
    path, _ = export([filing("001")], "parquet", tmp_path)
    schema = parquet.read_schema(path)
    assert json.loads(schema.metadata[b"xltools.forms"])[0]["title"] == OFFICIAL.title
    assert str(schema.field("value").type) == "decimal128(38, 18)"


@pytest.mark.parametrize("how", by_day(FORMATS, 2))
def test_wide_holds_what_tidy_holds(how, tmp_path):
    filings = [replace(filing("001"), unread=frozenset({"applications.new.natural"})), filing("002")]
    tidy = {(r["agency_code"], r["cell"]): r["value"] for r in loaded(export(filings, "csv", tmp_path)[0])}
    path, _ = export(filings, how, tmp_path, wide=OFFICIAL)
    rows = loaded(path, "wide_xxgk_2021")
    assert {(r["agency_code"], name): r[name] for r in rows for name in OFFICIAL.cells} == tidy
    assert [int(row["unread"]) for row in rows] == [
        sum(v is None for (c, _), v in tidy.items() if c == "001"),
        0,
    ]


@pytest.mark.parametrize("how", DATABASES)
def test_a_database_knows_files_of_which_nothing_is_there_and_why(how, problems, tmp_path):
    path, _ = export(problems, how, tmp_path)
    files = {row["file"].rpartition("/")[2]: row for row in loaded(path, "files")}
    assert len(files) == 25
    assert files["012_市场监管局_空.xlsx"]["state"] == "none"
    assert files["003_青禾区教育局_2024.xlsx"]["state"] == "partial"
    assert files["001_青禾区人民政府办公室_2024.xlsx"]["state"] == "whole"
    findings = loaded(path, "findings")
    assert [
        f["code"] for f in findings if str(f["file_id"]) == str(files["012_市场监管局_空.xlsx"]["id"])
    ] == ["empty-file"]
    assert sum(int(row["errors"]) for row in files.values()) == sum(
        f["severity"] == "error" for f in findings
    )
    assert len(loaded(path, "returns")) == 17


def test_sqlite_adds_up_in_sql_and_keeps_what_no_double_holds(tmp_path):
    long = Decimal("123456789012345678.25")
    path, _ = export(
        [made({"money.budget.wages": long, "money.spent.wages": Decimal(3)})], "sqlite", tmp_path
    )
    database = sqlite3.connect(path)
    kinds = dict(database.execute("SELECT cell, typeof(value) FROM figures").fetchall())
    assert (kinds["money.budget.wages"], kinds["money.spent.wages"]) == ("text", "integer")
    assert database.execute("SELECT value FROM tidy WHERE cell = 'money.budget.wages'").fetchone() == (
        str(long),
    )
    assert database.execute("SELECT sum(value) FROM tidy WHERE cell = 'money.spent.wages'").fetchone() == (3,)
    assert kinds["money.budget.running"] == "null"
    database.close()


@pytest.mark.parametrize("value", ["1e-19", "123456789012345678901"])
def test_a_figure_that_a_format_would_round_stops_the_work_and_is_named(value, tmp_path):
    one = made({"money.budget.wages": Decimal(value)})
    for how in FORMATS:
        if FORMATS[how].is_fixed:
            with pytest.raises(OutputError) as error:
                export([one], how, tmp_path)
            assert error.value.problems[0].place == "in/局.xlsx"
            assert not (tmp_path / f"out.{how}").exists()
        else:
            rows = loaded(export([one], how, tmp_path)[0])
            assert (
                next(r["value"] for r in rows if r["cell"] == "money.budget.wages")
                == Decimal(value).normalize()
            )
    assert not list(tmp_path.glob(".*"))


# -- how it is written


@pytest.mark.parametrize("how", by_day(FORMATS, 2))
def test_the_same_gives_the_same_bytes(how, problems, tmp_path):
    first, _ = export(problems, how, tmp_path)
    kept = {path: path.read_bytes() for path in outputs(first, how)}
    export(problems, how, tmp_path)
    assert {path: path.read_bytes() for path in outputs(first, how)} == kept


@pytest.mark.parametrize("how", by_day(FORMATS, 2))
def test_an_interruption_leaves_what_was_there_and_nothing_else(how, tmp_path):
    export([filing("001")], how, tmp_path)
    kept = {p: p.read_bytes() for p in tmp_path.iterdir()}

    def interrupted():
        yield filing("002")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(interrupted(), how, tmp_path)
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == kept


@pytest.mark.parametrize("how", by_day(FORMATS, 2))
def test_files_are_let_go_once_they_are_written(how, tmp_path):
    alive, most = weakref.WeakSet(), []

    class Kept(dict):
        """Figures that can be watched."""

        __hash__ = object.__hash__

    def filings():
        for turn in range(12):
            values = Kept(sound_values(turn % 7))
            alive.add(values)
            most.append(len(alive))
            yield made(values, OFFICIAL, Agency("区", f"{turn:03}", "局"))
            del values

    export(filings(), how, tmp_path)
    assert max(most) <= 3


# -- formulas


@given(st.text(st.sampled_from("=+-@＝＋－＠' \t\r\n;\u3000a1"), max_size=9) | st.text(max_size=9))
@example("a;=1")
@example("'")
def test_no_field_of_the_csv_can_begin_a_formula_and_each_can_be_had_back(text):
    safe = defused(text)
    assert restored(safe) == text
    for field in re.split(r"[;\t\r\n]", safe):
        assert not re.match(r"[\s\u200b\ufeff]*[-=+@＝＋－＠]", field)
    assert not safe.startswith(("\t", "\r", "\n"))


def test_numbers_are_never_marked_and_ordinary_texts_neither():
    assert rows_text([[Decimal(-3), -3, "教育局", "a=b", Decimal("1E-7")]]) == "-3,-3,教育局,a=b,0.0000001\n"


@pytest.mark.prove
@pytest.mark.office
def test_libreoffice_finds_no_formula_in_it_whatever_it_is_told_of_separators(tmp_path):
    """The control holds the same names as they are, and there LibreOffice does compute."""
    office.require()
    names = [
        "=1+1",
        "+1+1",
        " =1+1",
        "＝1+1",
        "a;=1+1",
        "@SUM(1)",
        "-2+3",
        "'=1+1",
        "=cmd|' /C calc'!A0",
        "教育局",
    ]
    filings = [made(AWKWARD, agency=Agency("=2+2", f"{n:03}", name)) for n, name in enumerate(names)]
    path, _ = export(filings, "csv", tmp_path)
    control = tmp_path / "control.csv"
    with control.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([name, 1, "x"] for name in names)
    for separators in ("44", "59/44/9"):
        assert formulas(control, separators, tmp_path), separators
        assert formulas(path, separators, tmp_path) == [], separators


def formulas(path, separators, folder):
    shutil.rmtree(folder / "office", ignore_errors=True)
    (folder / "office").mkdir()
    filters = (
        f"--infilter=CSV:{separators},34,76,1,,0,true,true,true,,,,true"  # texts may be formulas: the last
    )
    profile = office.profile(folder / "office" / "profile")
    command = [str(office.SOFFICE), profile, "--headless", filters, "--convert-to", "xlsx", "--outdir"]
    office.run([*command, str(folder / "office"), str(path)], 60)
    with zipfile.ZipFile(folder / "office" / f"{path.stem}.xlsx") as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>" in sheet
    return re.findall(r"<f[ >][^<]*", sheet)


# -- the command


def command(capsys, *arguments, expect):
    with pytest.raises(SystemExit) as ended:
        main(["export", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert ended.value.code == expect, (out, err)
    assert out == ""
    return err


def test_the_exit_status_says_whether_figures_are_missing(capsys, tmp_path):
    assert "19 files, 19 returns" in command(capsys, CLEAN, "-o", tmp_path / "a.csv", expect=0)
    told = command(capsys, PROBLEMS, "-o", tmp_path / "b.csv", expect=1)
    assert "25 files, 17 returns" in told
    assert "Files with errors: 15. Of these, 8 gave no figures, and 31 figures of the others" in told
    assert "1 return has the same agency and year" in told  # 008 sent two
    wrong = next(PROBLEMS.glob("002*"))
    assert "Files with errors: 1." in command(capsys, wrong, "-o", tmp_path / "c.csv", expect=0)
    assert "0 returns" in command(capsys, wrong, "--strict", "-o", tmp_path / "d.csv", expect=1)
    assert (tmp_path / "d.csv").read_text(encoding="utf-8-sig").count("\n") == 1


def test_an_output_is_not_overwritten_unasked_and_a_workbook_never(capsys, tmp_path):
    one = next(CLEAN.iterdir())
    table = tmp_path / "a.csv"
    command(capsys, one, "-o", table, expect=0)
    table.unlink()
    told = command(capsys, one, "-o", table, expect=2)
    assert "a.dictionary.csv" in told
    assert "--force" in told
    assert not table.exists()
    command(capsys, one, "-o", table, "--force", expect=0)
    copy = tmp_path / one.name
    shutil.copy(one, copy)
    assert "ending" in command(capsys, one, "-o", copy, "--format", "csv", "--force", expect=2)
    disguised = copy.rename(tmp_path / "return")
    assert "is a workbook" in command(capsys, one, "-o", disguised, "--format", "csv", "--force", expect=2)
    copy = disguised
    assert copy.read_bytes() == one.read_bytes()


@pytest.mark.parametrize("how", ["parquet"])
def test_a_missing_library_is_named_before_anything_is_read(how, capsys, monkeypatch, tmp_path):
    library = {"parquet": "pyarrow"}[how]
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"xltools.report.export.as_{how}", raising=False)
    told = command(capsys, tmp_path / "not-there", "-o", tmp_path / f"a.{how}", expect=2)
    assert f'[{how}]"' in told


def test_an_ending_that_says_no_format_is_refused(capsys, tmp_path):
    assert ".parquet" in command(capsys, CLEAN, "-o", tmp_path / "a.dat", expect=2)
    command(capsys, next(CLEAN.iterdir()), "-o", tmp_path / "a.dat", "--format", "sqlite", expect=0)
    assert len(loaded_database(tmp_path / "a.dat")) == 200
    assert format_of(tmp_path / "A.CSV") == "csv"


def loaded_database(path):
    database = sqlite3.connect(path)
    rows = database.execute("SELECT * FROM figures").fetchall()
    database.close()
    return rows


def test_in_a_collections_folder_the_inbox_is_exported_and_its_waivers_count(capsys, monkeypatch, tmp_path):
    folder = tmp_path / "2024"
    with pytest.raises(SystemExit):
        main(["init", str(folder), "--year", "2024", "--district", "青禾区", "--roster", str(ROSTER)])
    capsys.readouterr()
    shutil.copy(next(PROBLEMS.glob("002*")), folder / "inbox")
    monkeypatch.chdir(folder)
    assert "Files with errors: 1." in command(capsys, "-o", "a.csv", expect=0)
    waivers = folder / "waivers.csv"
    text = waivers.read_text(encoding="utf-8-sig") + "002,total-wrong,,见说明,王,2025-01-20\n"
    waivers.write_text(text, encoding="utf-8-sig")
    assert "errors" not in command(capsys, "-o", "b.csv", "--strict", expect=0)
    assert len(loaded(folder / "b.csv")) == 200


def test_wide_is_of_one_form_and_says_so_of_others(capsys, tmp_path):
    from xltools.excel.writer import write_return

    stamp = Stamp(OTHER.key, OTHER.edition, Period(2024), Agency("区", "1", "局"))
    other = tmp_path / "other.xlsx"
    other.write_bytes(write_return(OTHER, stamp))
    told = command(capsys, next(CLEAN.iterdir()), other, "--wide", "-o", tmp_path / "a.csv", expect=1)
    assert "Of these, 1 gave no figures" in told
    assert len(loaded(tmp_path / "a.csv")) == 1


@pytest.mark.prove
def test_the_export_of_the_samples_agrees_with_their_rollup(tmp_path):
    filings = [read(path) for path in sorted(CLEAN.iterdir())]
    rollup = merge(filings, OFFICIAL, Period(2024), "青禾区").rollup
    path, _ = export(filings, "parquet", tmp_path)
    sums = dict.fromkeys(OFFICIAL.cells, Decimal(0))
    for row in parquet.read_table(path).to_pylist():
        sums[row["cell"]] += row["value"] or 0
    assert sums == rollup.values
