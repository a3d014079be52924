"""Files made with commit 03f0fb9 (``tests/old``) keep their figures, their findings and their roll-up in every later version.

Only the command line is used, with openpyxl, sqlite3 and pyarrow as witnesses of what it writes: modules and classes may
get other names, what users have on their disks does not change with them.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest

from commands import copied, read_objects, verified, xltools
from xltools.files import RETURNED

OLD = Path(__file__).resolve().parent / "old"
FINDINGS = json.loads((OLD / "expected" / "findings.json").read_text(encoding="utf-8"))
FIGURES = json.loads((OLD / "expected" / "figures.json").read_text(encoding="utf-8"))
NEW = "new.xlsx"  # what the present version merges, beside the old roll-up


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A copy of all old files for tests that leave them as they are."""
    return copied(OLD / "files", tmp_path_factory.mktemp("old"))


@pytest.fixture
def own(tmp_path):
    """A copy of all old files for one test, which may change them."""
    return copied(OLD / "files", tmp_path / "files")


@pytest.fixture(scope="module")
def remerged(tmp_path_factory):
    """The old collections merged by the present version, beside the old roll-ups."""
    files = copied(OLD / "files", tmp_path_factory.mktemp("remerged"))
    for folder in ("2023", "2024", "city"):
        merged(files / folder, "-o", NEW)
    merged(
        files / "form",
        "returns",
        "--form",
        "fwzx-2025.toml",
        "--year",
        2025,
        "--district",
        "青禾区",
        "-o",
        NEW,
    )
    return files


def merged(folder, *arguments, expect=0):
    done = xltools(folder, "merge", *arguments)
    assert done.status == expect, done.out + done.err
    return done


def expected_text(name):
    return (OLD / "expected" / name).read_text(encoding="utf-8")


# -- what is read


def test_the_files_are_complete():
    """Git ignores none of them."""
    names = {
        path.relative_to(OLD / "files").as_posix() for path in (OLD / "files").rglob("*") if path.is_file()
    }
    assert "2024/.xltools/read.sqlite" in names
    assert "2024/outbox/019_青禾区信访局_2024.xlsx" in names
    assert len(names) == 64


@pytest.mark.parametrize("name", FINDINGS)
def test_every_file_has_the_figures_that_it_had(files, name):
    folder, *arguments = FINDINGS[name]["run"]
    objects = read_objects(files / folder, *(arguments or ["inbox"]))
    found = [
        [
            name,
            one["file"],
            f"{one['form']}-{one['edition']}",
            one["kind"],
            one["year"],
            one["agency"]["name"],
        ]
        for one in objects
    ]
    old = [row for row in FIGURES["files"] if row[0] == name]
    assert found == [row[:-1] for row in old]
    for one, (*_, key, _, _, _, values) in zip(objects, old, strict=True):
        known = zip(FIGURES["cells"][key], values, strict=True)
        assert one["values"] == {cell: value for cell, value in known if value is not None}, one["file"]


@pytest.mark.parametrize("name", FINDINGS)
def test_every_file_has_the_errors_that_it_had_and_no_finding_less(files, name):
    folder, *arguments = FINDINGS[name]["run"]
    old, now = FINDINGS[name], verified(files / folder, *arguments)
    assert (now["status"], now["files"]) == (old["status"], old["files"])
    before, after = each_finding(old), of_other_kinds(each_finding(now))
    doubled = {one[0] for one in before if "duplicate-return" in one[1]} - {one[0] for one in after}
    before = {one for one in of_other_kinds(before) if one[0] not in doubled}  # copies are counted once
    if arguments:  # files that are named; nothing is said of the agencies without one any more
        before, after = (
            {one for one in found if "missing-return" not in one[1]} for found in (before, after)
        )
    assert errors(after) == errors(before)
    assert not before - after


def of_other_kinds(found):
    """Without what is said of several files of one agency: since then, versions are told from doubles."""
    return {one for one in found if not any(code in one[1] for code in ("duplicate-return", "two-versions"))}


def each_finding(found):
    """Each finding: file, severity with code and agency, cell."""
    return {
        (file, what, cell)
        for file, findings in found["findings"].items()
        for what, cells in findings.items()
        for cell in cells
    }


def errors(found):
    return {one for one in found if one[1].startswith("error ")}


def test_figures_shown_totals_and_prose_are_read_as_they_were(files):
    for old, now in zip(
        map(json.loads, expected_text("read.jsonl").splitlines()), read_objects(files / "2024"), strict=True
    ):
        for key in old.keys() - {"findings", "matches"}:
            assert now[key] == old[key], (old["file"], key)
        readings = [(one["box"], one["quote"], one["value"], one["cells"]) for one in now["matches"]]
        for one in old["matches"]:
            assert (one["box"], one["quote"], one["value"], one["cells"]) in readings


def test_the_json_of_verify_says_what_it_said(files):
    old = json.loads(expected_text("verify.json"))
    now = json.loads(xltools(files / "2024", "verify", "--format", "json").out)
    assert now["summary"].items() >= old["summary"].items()
    assert [{key: one[key] for key in old["files"][0]} for one in now["files"]] == old["files"]
    said = [{key: one[key] for key in old["findings"][0] if key not in WORDS} for one in now["findings"]]
    for one in old["findings"]:
        assert {key: value for key, value in one.items() if key not in WORDS} in said


WORDS = {"message", "causes"}


# -- the board, and what goes back


def test_the_board_is_what_it_was(files):
    done = xltools(files / "2024", "status", "--on", "2025-02-10", "--format", "json")
    assert done.status == 0
    assert_board(json.loads(done.out), json.loads(expected_text("status.json")))


def assert_board(now, old):
    assert (now["day"], now["due"], now["strangers"]) == (old["day"], old["due"], old["strangers"])
    assert now["counts"].items() >= old["counts"].items()
    for before, after in zip(old["agencies"], now["agencies"], strict=True):
        assert after.items() >= before.items()


def test_january_can_be_told_again(own):
    """With the faulty workbooks in place of the corrected ones; a marked one is as faulty as it was."""
    home = own / "2024"
    shutil.copy(own / "faulty" / "006_青禾区司法局_2024.xlsx", home / "inbox")
    marked, corrected = home / "returned" / "003_青禾区教育局_2024_需修改.xlsx", "003_青禾区教育局_2024.xlsx"
    shutil.copy(marked, home / "inbox" / corrected)
    board = json.loads(xltools(home, "status", "--on", "2025-01-28", "--format", "json").out)
    assert_board(board, json.loads(expected_text("status-first.json")))
    reminded = xltools(home, "status", "--on", "2025-02-03", "--remind").out
    assert names_in(reminded) == names_in(expected_text("remind.txt")) == {"青禾区教育局", "青禾区司法局"}
    done = xltools(home, "verify", "--return-to", "again")
    assert done.status == 1
    told = "\n".join(line for line in done.out.splitlines() if "guilty-cell" not in line)  # its candidates
    assert addresses_in(told) == addresses_in(expected_text("verify-first.txt"))
    again = {path.name for path in (home / "again").iterdir()} - {RETURNED}
    assert again == {path.name for path in (home / "returned").iterdir()}


def names_in(text):
    return set(re.findall(r"青禾区\w+局", text))


def addresses_in(text):
    return set(re.findall(r"\w、\w+![A-Z]+\d+", text))


def test_the_explanation_in_a_marked_workbook_is_read(files):
    """The clerk corrected one figure and explained another in the list of the marked workbook."""
    done = xltools(files / "2024", "verify", "inbox/006_青禾区司法局_2024.xlsx", "--format", "json")
    (jump,) = [one for one in json.loads(done.out)["findings"] if one["code"] == "jump"]
    assert jump["explanation"].startswith("今年开展法律服务市场专项整治")
    faulty, answered = (
        read_objects(files, path)[0]["values"]
        for path in ("faulty/006_青禾区司法局_2024.xlsx", "2024/inbox/006_青禾区司法局_2024.xlsx")
    )
    assert {name for name in answered if answered[name] != faulty.get(name)} == {
        "disclosure.penalty.decisions"
    }


def test_without_its_waiver_the_return_is_refused(own):
    waivers = own / "2024" / "waivers.csv"
    waivers.write_text(waivers.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert xltools(own / "2024", "verify").status == 1
    merged(own / "2024", expect=1)


def test_without_last_year_nothing_jumps(own):
    settings = own / "2024" / "collection.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('prior = "../2023"', 'prior = ""'), encoding="utf-8")
    assert "jump" not in str(verified(own / "2024"))


def test_what_a_former_version_kept_disturbs_nothing(own):
    home = own / "2024"
    with_it = verified(home)
    (home / ".xltools" / "read.sqlite").write_bytes(b"not a database")
    damaged = verified(home)
    shutil.rmtree(home / ".xltools")
    assert with_it == damaged == verified(home)
    (home / ".xltools").mkdir(exist_ok=True)
    board = json.loads(xltools(home, "status", "--format", "json").out)
    assert board["strangers"] == []


# -- roll-ups


@pytest.mark.parametrize(
    ("folder", "old"),
    [
        ("2023", "district.xlsx"),
        pytest.param("2024", "district.xlsx", marks=pytest.mark.prove),
        ("city", "city.xlsx"),
        pytest.param("form", "district.xlsx", marks=pytest.mark.prove),
    ],
)
def test_merging_again_gives_the_same_workbook(remerged, folder, old):
    assert content(remerged / folder / NEW) == content(remerged / folder / old)


@pytest.mark.prove
def test_merging_by_kind_gives_the_same_workbook(own):
    merged(own / "2024", "--by-kind", "-o", "../rollups/new.xlsx")
    assert content(own / "rollups" / "new.xlsx") == content(own / "rollups" / "by-kind.xlsx")


@pytest.mark.prove
def test_merging_incompletely_gives_the_same_workbook(own):
    left = [
        f"inbox/{path.name}" for path in sorted((own / "2024" / "inbox").iterdir()) if path.name[:3] != "012"
    ]
    why = ("--exclude", left[1], "--reason", "数据待核实", "--incomplete")
    merged(own / "2024", *left, *why, "-o", "../rollups/new.xlsx", expect=1)
    assert content(own / "rollups" / "new.xlsx") == content(own / "rollups" / "incomplete.xlsx")


def content(path):
    """What a roll-up holds, wherever a version puts it: every named cell, its formula and its place, rows and lists.

    A formula over 各单位数据 is held by the name of its column.
    """
    formulas, results = (openpyxl.load_workbook(path, data_only=is_result) for is_result in (False, True))
    tables = {
        title: named_rows(formulas[title], results[title]) for title in ROWS if title in formulas.sheetnames
    }
    names = {
        name: (
            defined.attr_text,
            by_column(place(formulas, defined).value, tables),
            place(results, defined).value,
        )
        for name, defined in formulas.defined_names.items()
        if name not in MOVED
    }
    stamp = {name: place(results, formulas.defined_names[name]).value for name in MOVED}
    lists = {
        (sheet.title, *row)
        for sheet in results
        if sheet.title in LISTS
        for row in sheet.iter_rows(values_only=True)
    }
    about = {one.name: one.value for one in formulas.custom_doc_props}
    rows = {title: sorted(str(sorted(row.items())) for row in rows) for title, (_, rows) in tables.items()}
    return {"names": names, "stamp": stamp, "rows": rows, "lists": lists, "about": about}


ROWS, LISTS = ("各单位数据", "分类小计"), ("来源清单", "豁免清单", "历年对比")
MOVED = ("xltools.form", "xltools.edition", "xltools.kind")  # to the edge of the cover


def named_rows(sheet, results):
    """The names of the columns, and each row below the heads as values by name."""
    head = next(row for row in sheet.iter_rows() if any(str(c.value).startswith("xltools.") for c in row))
    names = {cell.column: cell.value for cell in head if cell.value}
    rows = ({names[c.column]: c.value for c in row if c.column in names} for row in results.iter_rows())
    return names, [row for row in rows if any(isinstance(value, int | float) for value in row.values())]


def by_column(formula, tables):
    def named(match):
        names, _ = tables["各单位数据"]
        last, first = int(match[3]), int(match[2])
        return f"{names[openpyxl.utils.column_index_from_string(match[1])]} × {last - first + 1}"

    return re.sub(r"'各单位数据'!([A-Z]+)(\d+):[A-Z]+(\d+)", named, str(formula))


def test_the_summary_of_a_merge_has_the_same_figures(files):
    for folder, name in (("2024", "merge.txt"), ("city", "merge-city.txt")):
        done = merged(files / folder, "--lang", "zh", "-o", "summary.xlsx", "--force")
        assert summary(done.out) == summary(expected_text(name))


def summary(text):
    """The lines of the table: agency and figures."""
    rows = [line.split() for line in text.splitlines() if re.search(r"^\S+( +[\d,.]+){6}$", line)]
    assert rows
    return rows


@pytest.mark.parametrize("folder", ["2023", "2024", "form"])
def test_the_old_roll_up_is_proved_or_differs_in_its_parts_only(files, folder):
    """A later version may write other parts; no row and no figure differs, and what is broken was accepted."""
    more = ("returns", "--form", "fwzx-2025.toml") if folder == "form" else ()
    done = xltools(files / folder, "--lang", "en", "merge", *more, "--check", "district.xlsx")
    lines = done.out.splitlines()[1:]
    parts = lines and "rows and figures are the same;" in lines[0]
    accepted = folder == "2024" and all(line.startswith("  rule-broken ") for line in lines)
    assert done.status == 0 or parts or accepted, done.out + done.err


def test_old_and_new_roll_ups_do_not_differ(remerged):
    for folder, old in (("2023", "district.xlsx"), ("2024", "district.xlsx"), ("city", "city.xlsx")):
        done = xltools(remerged / folder, "diff", old, NEW)
        assert done.status == 0, done.out


def test_an_old_and_a_new_roll_up_are_merged_one_level_up(own):
    merged(own / "2024", "-o", NEW)
    (own / "2024" / NEW).replace(own / "city" / "inbox" / "101_青禾区_2024.xlsx")
    merged(own / "city", "-o", NEW)
    assert xltools(own / "city", "diff", "city.xlsx", NEW).status == 0


# -- new workbooks beside old ones


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """The old collection in which three of the six workbooks were issued by the present version."""
    home = copied(OLD / "files", tmp_path_factory.mktemp("mixed")) / "2024"
    done = xltools(home, "generate", "-o", "issued")
    assert done.status == 0, done.err
    for code in ("001", "006", "012"):
        (answer,) = (home / "inbox").glob(f"{code}*")
        retyped(answer, home / "issued" / answer.name)
    return home


def retyped(old, new):
    """Type what an old workbook holds into a new one, cell by cell by their names, and send that in its place."""
    source, target = openpyxl.load_workbook(old), openpyxl.load_workbook(new)
    for name, defined in target.defined_names.items():
        if cell := unlocked(target, defined):
            cell.value = place(source, source.defined_names[name]).value
    target.save(old)


def place(book, defined):
    ((sheet, address),) = defined.destinations
    area = book[sheet][address]
    return area[0][0] if isinstance(area, tuple) else area


def unlocked(book, defined):
    cell = place(book, defined)
    return cell if cell.protection.locked is False else None


def test_old_and_new_workbooks_are_verified_together(mixed):
    found = verified(mixed)
    assert found["status"] == 0
    assert errors(each_finding(found)) == errors(each_finding(FINDINGS["2024"]))
    board = json.loads(xltools(mixed, "status", "--on", "2025-02-10", "--format", "json").out)
    assert {one["code"] for one in board["agencies"] if "accepted" not in one["states"]} == {"006"}, (
        "the new workbook has no list in which to explain"
    )


@pytest.mark.prove
def test_old_and_new_workbooks_are_merged_together(mixed):
    merged(mixed, "-o", NEW)
    done = xltools(mixed, "diff", "--figures", "district.xlsx", NEW)
    assert done.status == 0, done.out


@pytest.mark.prove
def test_old_and_new_returns_do_not_differ(mixed, files):
    for path in sorted((mixed / "inbox").iterdir()):
        done = xltools(mixed, "diff", files / "2024" / "inbox" / path.name, path)
        assert done.status == 0, done.out


@pytest.mark.prove
def test_old_and_new_blank_workbooks_do_not_differ(mixed):
    issued = "019_青禾区信访局_2024.xlsx"
    assert xltools(mixed, "diff", f"outbox/{issued}", f"issued/{issued}").status == 0


def test_the_seal_of_old_is_the_seal_of_now(own):
    justice = ("--agency", "青禾区司法局", "--code", "006", "--year", 2024, "--district", "青禾区")
    assert xltools(own, "generate", *justice, "--key", "seal.key", "-o", "new").status == 0
    assert "error seal-" not in str(verified(own, "new", "--key", "seal.key"))
    assert "error seal-" not in str(verified(own, "sealed", "--key", "seal.key"))
    (own / "other.key").write_text("another key, which sealed nothing\n", encoding="ascii")
    for folder in ("new", "sealed"):
        assert "error seal-broken" in str(verified(own, folder, "--key", "other.key"))


# -- documents


@pytest.mark.parametrize("name", ["report.docx", "report.html", "report.md"])
def test_published_documents_say_what_the_roll_up_says(files, name):
    done = xltools(files / "2024", "diff", "--figures", name, "district.xlsx")
    assert done.status == 0, done.out


def test_the_report_is_published_again_from_the_old_text(own):
    done = xltools(own / "2024", "publish", "--annex", "-o", "new.md")
    assert done.status == 0, done.out + done.err
    old, new = (read_objects(own / "2024", name)[0] for name in ("report.md", "new.md"))
    assert (new["values"], new["prose"]) == (old["values"], old["prose"])


def test_last_years_published_page_stands_for_last_year(files):
    by_page = verified(files / "2024", "district.xlsx", "--prior", "../2023/report.html")
    assert each_finding(by_page) == each_finding(FINDINGS["roll-up"])


def test_what_the_agencies_wrote_is_gathered(files):
    done = xltools(files / "2024", "gather", "--format", "md")
    assert done.status == 0
    for line in expected_text("read.jsonl").splitlines():
        for box, text in json.loads(line)["prose"].items():
            assert box.startswith("cover.") or text.splitlines()[0] in done.out


# -- exports


@pytest.fixture(scope="module")
def exported(files):
    """What the present version exports of the old roll-up."""
    for name in ("tidy.csv", "tidy.sqlite", "tidy.parquet", "wide.jsonl"):
        wide = ["--wide"] if name.startswith("wide") else []
        form = ("--form", "fwzx-2025.toml")
        done = xltools(files / "form", "export", "district.xlsx", *wide, *form, "-o", f"now/{name}")
        assert done.status == 0, done.err
    return files / "form" / "now"


@pytest.mark.parametrize("name", ["tidy.csv", "tidy.dictionary.csv"])
def test_csv_has_the_same_columns_and_rows(exported, name):
    old, now = (
        list(csv.DictReader(io.StringIO(bytes_of(path).decode("utf-8-sig")))) for path in both(exported, name)
    )
    assert narrowed(now, old) == old


@pytest.mark.parametrize("name", ["wide.jsonl", "wide.dictionary.jsonl"])
def test_json_lines_have_the_same_keys_and_values(exported, name):
    old, now = ([json.loads(line) for line in bytes_of(path).splitlines()] for path in both(exported, name))
    assert narrowed(now, old) == old


@pytest.mark.parametrize("name", ["tidy.parquet", "tidy.dictionary.parquet"])
def test_parquet_has_the_same_columns_types_and_rows(exported, name):
    old, now = (pyarrow.parquet.read_table(path) for path in both(exported, name))
    assert now.select(old.column_names).schema == old.schema
    assert now.select(old.column_names).to_pylist() == old.to_pylist()


def test_the_database_has_the_same_tables_columns_and_rows(exported):
    old, now = (dict(tables(path)) for path in both(exported, "tidy.sqlite"))
    for name, rows in old.items():
        assert narrowed(now[name], rows) == rows


def both(exported, name):
    return OLD / "files" / "exports" / name, exported / name


def bytes_of(path):
    return path.read_bytes()


def narrowed(now, old):
    """The rows of now, with the columns that there were."""
    return [{key: row[key] for key in old[0]} for row in now]


def tables(path):
    base = sqlite3.connect(path)
    base.row_factory = sqlite3.Row
    for (name,) in base.execute("select name from sqlite_master where type in ('table', 'view')").fetchall():
        yield name, [dict(row) for row in base.execute(f'select * from "{name}"')]
    base.close()
