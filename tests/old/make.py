"""How the files beside this script were made: ``XLTOOLS_LANG=zh python tests/old/make.py``.

It ran once, on the program as it was at commit 03f0fb9, and is not to be run again. What it made stands for the
files that users of that version have. ``tests/test_old.py`` holds them readable by every later version: when a later
version reads them otherwise, the version is wrong, not the files.

xltools is run by its command line. What clerks type into workbooks, ``samples/fill.py`` types as it stood at that
commit. Running it twice gave the same files, byte for byte.

* ``files/2023``, ``files/2024``: the collections of 青禾区, six agencies, with levels, thresholds and a waiver.
  003 and 006 sent faulty workbooks (that of 006: ``files/faulty``), got them back marked (``files/2024/returned``) and
  corrected them there; 006 also explained a figure. In 005 a rule is broken, which the coordinator accepted.
* ``files/blank``: workbooks of 司法局 as issued: plain, with last year's figures, sealed, protected with a password.
* ``files/sealed``: the sealed workbook filled in. The key is ``files/seal.key``, the password is ``password``.
* ``files/rollups``: the same returns merged with ``--by-kind``; incomplete, with one return excluded.
* ``files/city``: the next level: the roll-ups of two districts in its inbox.
* ``files/form``: returns of a form of the user's own.
* ``files/exports``: what ``export`` wrote.
* ``expected``: what that version read, found and printed.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "samples")]

import clerk  # noqa: E402
import fill  # noqa: E402

from commands import read_objects, verified, xltools  # noqa: E402

FILES, EXPECTED = HERE / "files", HERE / "expected"
AGENCIES = {
    "001": "政府办,是",
    "003": "部门,",
    "005": "部门,",
    "006": "部门,",
    "012": "部门,",
    "019": "部门,",
}
JUSTICE = ("--agency", fill.AGENCIES["006"], "--code", "006", "--year", 2024, "--district", fill.DISTRICT)
SETTINGS = {
    'code = ""': 'code = "101"',
    "rule_makers = []": 'rule_makers = ["001"]',
    "[levels]\n": '[levels]\ntext-nothing = "note"\ncarry-over = "error"\nprose-figure = "question"\n',
    "[thresholds]\n": "[thresholds]\nfactor = 4\nleast = 15\noutlier = 3.0\npeers = 5\n",
}
ABOUT = {2023: (), 2024: ("--prior", "../2023")}
# What is verified: in which folder, with which arguments.
VERIFIED = {
    "2023": ("2023",),
    "2024": ("2024",),
    "roll-up": ("2024", "district.xlsx"),
    "published": ("2024", "report.docx", "report.html", "report.md"),
    "faulty": ("2024", "../faulty"),
    "marked": (
        "2024",
        "returned/003_青禾区教育局_2024_需修改.xlsx",
        "returned/006_青禾区司法局_2024_需修改.xlsx",
    ),
    "issued": ("2024", "outbox/019_青禾区信访局_2024.xlsx"),
    "blank": (".", "blank"),
    "sealed": (".", "sealed", "--key", "seal.key"),
    "sealed-blank": (".", "blank/sealed", "--key", "seal.key"),
    "not-sealed": (".", "blank/plain", "--key", "seal.key"),
    "by-kind": (".", "rollups/by-kind.xlsx"),
    "incomplete": (".", "rollups/incomplete.xlsx"),
    "last-year-roll-up": ("2023", "district.xlsx"),
    "city": ("city",),
    "city-roll-up": ("city", "city.xlsx"),
    "form": ("form", "returns", "--form", "fwzx-2025.toml"),
    "form-roll-up": ("form", "district.xlsx", "--form", "fwzx-2025.toml"),
}


def run(folder, *arguments, expect=0):
    """Run a command in a folder below ``files``; it must end with the status that is expected."""
    done = xltools(FILES / folder, "--lang", "zh", *arguments)
    if done.status != expect:
        raise SystemExit(f"{arguments}: {done.status}\n{done.out}\n{done.err}")
    return done.out


def kept(name, text):
    """Write down what the program said."""
    (EXPECTED / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")


def collections():
    """Both years from the roster to the published report."""
    lines = [f"{code},{fill.AGENCIES[code]},{more}" for code, more in AGENCIES.items()]
    head = "代码,名称,类别,规章制定主体"
    (FILES / "roster.csv").write_text("\n".join([head, *lines, ""]), encoding="utf-8-sig", newline="\n")
    for year, more in ABOUT.items():
        about = ("--year", year, "--district", fill.DISTRICT, "--roster", "roster.csv")
        run(".", "init", year, *about, *more)
        run(str(year), "generate")
        for code in AGENCIES:
            with contextlib.chdir(FILES / str(year)):
                told, package = fill.papers(code, year), fill.issued(code, year).read_bytes()
                fill.sent(code, year).write_bytes(fill.filled(package, told))
        if year == fill.LAST_YEAR:
            run("2023", "merge")
            run("2023", "publish", "--draft", "--format", "html")
    shutil.rmtree(FILES / "2023" / "outbox")


def settled():
    """What the coordinator of 2024 decided."""
    place = FILES / "2024" / "collection.toml"
    text = place.read_text(encoding="utf-8")
    for old, new in SETTINGS.items():
        if text.count(old) != 1:
            raise SystemExit(old)
        text = text.replace(old, new)
    place.write_text(text, encoding="utf-8", newline="\n")
    with (FILES / "2024" / "waivers.csv").open("a", encoding="utf-8", newline="\n") as file:
        file.write("005,rule-broken,,电话核实：转办案件,王主任,2025-02-03\n")
        for place in ("D6", "三、依申请公开!I6"):
            file.write(f"101,rule-broken,{place},见民政局说明,王主任,2025-02-03\n")


def spoiled():
    """003, 005 and 006 make mistakes; 003 and 006 get theirs back and correct them."""
    (FILES / "faulty").mkdir()
    with contextlib.chdir(FILES / "2024"):
        mistakes = {"003": fill.words_for_numbers, "005": fill.wrong_column, "006": fill.words_for_numbers}
        for code, mistake in mistakes.items():
            place = fill.sent(code)
            place.write_bytes(mistake(fill.papers(code, 2024), place.read_bytes()))
            if code == "006":
                shutil.copyfile(place, FILES / "faulty" / place.name)
    kept("status-first.json", run("2024", "status", "--on", "2025-01-28", "--format", "json", expect=1))
    kept("remind.txt", run("2024", "status", "--on", "2025-02-03", "--remind", expect=1))
    kept("verify-first.txt", run("2024", "verify", "--return-to", "returned", expect=1))
    with contextlib.chdir(FILES / "2024"):
        for code in ("003", "006"):
            (marked,) = Path("returned").glob(f"{code}*.xlsx")
            fill.sent(code).write_bytes(fill.mended(code, marked))


def merged():
    """The roll-up of 2024, its report, and the other ways to merge."""
    kept("status.json", run("2024", "status", "--on", "2025-02-10", "--format", "json"))
    kept("status.txt", run("2024", "status", "--on", "2025-02-10"))
    kept("merge.txt", run("2024", "merge"))
    run("2024", "merge", "--check", "district.xlsx")
    run("2024", "publish", "--starter")
    with contextlib.chdir(FILES / "2024"):
        fill.words()
    for kind in ("docx", "html", "md"):
        run("2024", "publish", "--annex", "-o", f"report.{kind}")
    run("2024", "gather", "-o", "texts.md")
    run("2024", "merge", "--by-kind", "-o", "../rollups/by-kind.xlsx")
    left = [f"inbox/{code}_{fill.AGENCIES[code]}_2024.xlsx" for code in AGENCIES if code != "012"]
    without = ("--exclude", left[1], "--reason", "数据待核实", "--incomplete")
    run("2024", "merge", *left, *without, "-o", "../rollups/incomplete.xlsx", expect=1)


def issued():
    """The workbook of one agency in each way of issuing, and the sealed one filled in."""
    (FILES / "seal.key").write_text(
        "a key for the tests, known to everybody\n", encoding="ascii", newline="\n"
    )
    run(".", "generate", *JUSTICE, "-o", "blank/plain")
    run(".", "generate", *JUSTICE, "-o", "blank/prior", "--prior", "2023", "--show-prior")
    run(".", "generate", *JUSTICE, "-o", "blank/sealed", "--key", "seal.key")
    run(".", "generate", *JUSTICE, "-o", "blank/protected", "--password", "password")
    (blank,) = (FILES / "blank" / "sealed").iterdir()
    (FILES / "sealed").mkdir()
    filled = fill.filled(blank.read_bytes(), fill.papers("006", 2024))
    (FILES / "sealed" / blank.name).write_bytes(filled)


def city():
    """The next level: 青禾区 and 白鹭区, whose returns are not kept."""
    (FILES / "cities.csv").write_text(
        "代码,名称\n101,青禾区\n102,白鹭区\n", encoding="utf-8-sig", newline="\n"
    )
    run(".", "init", "city", "--year", 2024, "--district", "云州市", "--roster", "cities.csv")
    shutil.copyfile(FILES / "2024" / "district.xlsx", FILES / "city" / "inbox" / "101_青禾区_2024.xlsx")
    with (FILES / "city" / "waivers.csv").open("a", encoding="utf-8", newline="\n") as file:
        file.write("101,rule-broken,,已向区里核实,李科长,2025-02-12\n")
    with tempfile.TemporaryDirectory() as home:
        for code in ("002", "009"):
            name = fill.AGENCIES[code].replace("青禾", "白鹭")
            about = ("--year", 2024, "--district", "白鹭区", "--agency", name, "--code", code, "-o", "inbox")
            xltools(home, "generate", *about)
        for path in Path(home, "inbox").iterdir():
            path.write_bytes(fill.filled(path.read_bytes(), fill.papers(path.name[:3], 2024)))
        about = ("--year", 2024, "--district", "白鹭区", "--code", "102", "-o", "district.xlsx")
        done = xltools(home, "merge", "inbox", *about)
        if done.status:
            raise SystemExit(done.out + done.err)
        shutil.copyfile(Path(home, "district.xlsx"), FILES / "city" / "inbox" / "102_白鹭区_2024.xlsx")
    kept("merge-city.txt", run("city", "merge", "-o", "city.xlsx"))


FIGURES = {
    "staff.permanent": {"men": 12, "women": 8, "age": Decimal("41.5")},
    "staff.contract": {"men": 3, "women": 7, "age": Decimal("29.25")},
    "staff.total": {"age": Decimal("37.3")},
    "cases.opening": {"online": 4, "window": 1},
    "cases.received": {"online": 310, "window": 120},
    "cases.closed": {"online": 309, "window": 120},
    "cases.open": {"online": 5, "window": 1},
    "cases.satisfaction": {"online": Decimal("97.5"), "window": 99, "total": Decimal("97.9")},
    "money.budget": {"wages": Decimal("310.25"), "running": 80},
    "money.change": {"wages": Decimal("-10.5"), "running": Decimal("2.125")},
    "money.spent": {"wages": Decimal("299.75"), "running": Decimal("77.0001")},
    "training.first": {"invited": 20, "came": 18, "absent": 2},
    "training.second": {"invited": 10, "came": 10, "absent": 0},
}


def own_form():
    """Two returns of a form of the user's own, and their roll-up."""
    (FILES / "form").mkdir()
    shutil.copyfile(HERE.parent / "forms" / "fwzx-2025.toml", FILES / "form" / "fwzx-2025.toml")
    form = ("--form", "fwzx-2025.toml")
    cells = json.loads(run("form", "form", "cells", "fwzx-2025.toml", "--format", "json"))
    places = {cell["name"]: (cell["sheet"], cell["address"]) for cell in cells}
    for code in ("A1", "B2"):
        about = ("--year", 2025, "--district", "青禾区", "--agency", f"{code}服务中心", "--code", code)
        run("form", "generate", *form, *about, "-o", "returns")
        (path,) = (FILES / "form" / "returns").glob(f"{code}*")
        package = path.read_bytes()
        for row, columns in FIGURES.items():
            for column, value in columns.items():
                sheet, address = places[f"{row}.{column}"]
                package = clerk.edited(package, sheet, {address: value * (1 + (code == "B2"))})
        path.write_bytes(package)
    run("form", "merge", "returns", *form, "--year", 2025, "--district", "青禾区", "-o", "district.xlsx")


def exported():
    """The figures of the small form's roll-up for other programs."""
    (FILES / "exports").mkdir()
    form = ("--form", "fwzx-2025.toml")
    for ending in ("csv", "sqlite", "parquet"):
        run("form", "export", "district.xlsx", *form, "-o", f"../exports/tidy.{ending}")
    run("form", "export", "district.xlsx", "--wide", *form, "-o", "../exports/wide.jsonl")


def written_down():
    """What this version reads and finds."""
    found = {name: {"run": run, **verified(FILES / run[0], *run[1:])} for name, run in VERIFIED.items()}
    kept("findings.json", json.dumps(found, ensure_ascii=False, indent=0))
    cells, rows = {}, []
    for name, (folder, *arguments) in VERIFIED.items():
        for one in read_objects(FILES / folder, *(arguments or ["inbox"])):
            key = f"{one['form']}-{one['edition']}"
            cells.setdefault(key, list(one["values"]))
            values = [one["values"].get(cell) for cell in cells[key]]
            about = [name, one["file"], key, one["kind"], one["year"], one["agency"]["name"]]
            rows.append(json.dumps([*about, values], ensure_ascii=False, separators=(",", ":")))
            if set(one["values"]) - set(cells[key]):
                raise SystemExit(one["file"])
    heads = json.dumps(cells, ensure_ascii=False)
    kept("figures.json", f'{{"cells": {heads},\n"files": [\n' + ",\n".join(rows) + "\n]}")
    kept("read.jsonl", run("2024", "read"))
    kept("verify.json", run("2024", "verify", "--format", "json"))


def thinned():
    """Keep the files small: a store of one run, one of the workbooks as issued."""
    for name in ("roster.csv", "cities.csv"):
        (FILES / name).unlink()
    for name in ("2023", "2024", "city"):
        shutil.rmtree(FILES / name / ".xltools")
    run("2024", "status", "--on", "2025-02-10")
    for code in ("001", "003", "005", "006", "012"):
        (path,) = (FILES / "2024" / "outbox").glob(f"{code}*")
        path.unlink()


def main():
    """Make everything, in an empty folder."""
    FILES.mkdir()
    EXPECTED.mkdir()
    collections()
    settled()
    spoiled()
    merged()
    issued()
    city()
    own_form()
    exported()
    written_down()
    thinned()


if __name__ == "__main__":
    main()
