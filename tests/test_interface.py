"""What other programs and people's files rely on stays: names may be added, none may vanish or change its meaning.

Each file in ``tests/interface`` lists names with their meaning, one per line: ``name | meaning``. ``GOLDEN=renew`` adds
what is new. It does not take anything away: for that, ``withdrawn.txt`` has to say what is answered instead. Heads of
rosters and waivers are listed by hand, because no command prints them.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3

import click
import openpyxl
import pyarrow.parquet
import pytest

from commands import copied, verified, xltools
from conftest import HERE
from xltools.cli import command_line

INTERFACE = HERE / "interface"
FORM = ("--form", "fwzx-2025.toml")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The old files, in which all sorts of findings, answers and roll-ups are at hand."""
    return copied(HERE / "old" / "files", tmp_path_factory.mktemp("interface"))


# -- the golden files


def listed(name):
    """A golden file as name and meaning."""
    path = INTERFACE / name
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return dict(line.split(" | ", 1) for line in lines if line and not line.startswith("#"))


def check(name, found, number=None):
    """Nothing that the file lists may vanish or change; GOLDEN=renew adds what is new, GOLDEN=listed requires that it is listed.

    With a schema's *number*, which is in the first line of the file, new keys are added only when the number rises.
    """
    path, known, withdrawn = INTERFACE / name, listed(name), listed("withdrawn.txt")
    changed = {key for key, meaning in known.items() if found.get(key) != meaning}
    lost = sorted(key for key in changed if f"{name} {key}" not in withdrawn)
    assert not lost, f"{name}: gone, or of another meaning: {lost}; see CONTRIBUTING.md, Interfaces"
    assert not [key for key in found if f"{name} {key}" in withdrawn], "listed as withdrawn, and there"
    if number is not None and path.exists() and found != known:
        assert number > number_in(path), f"{name}: keys were added, so the number of the schema rises"
    head = "" if number is None else f"# schema {number}\n"
    text = head + "".join(f"{key} | {meaning}\n" for key, meaning in sorted(found.items()))
    if os.environ.get("GOLDEN") == "renew":
        path.write_text(text, encoding="utf-8", newline="\n")
    if number is None and not changed and os.environ.get("GOLDEN") != "listed":
        return
    assert path.read_text(encoding="utf-8") == text, f"{name} differs: look at it, then make golden"


def number_in(path):
    """The schema's number that a golden file has on top."""
    return int(path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# schema "))


def test_what_is_withdrawn_says_what_is_answered():
    files = {path.name for path in INTERFACE.iterdir()} - {"withdrawn.txt"}
    for key, instead in listed("withdrawn.txt").items():
        assert key.partition(" ")[0] in files, key
        assert instead.strip(), key


def test_a_loss_is_noticed_whatever_is_renewed(monkeypatch, tmp_path):
    monkeypatch.setattr("test_interface.INTERFACE", tmp_path)
    monkeypatch.setenv("GOLDEN", "renew")
    (tmp_path / "withdrawn.txt").touch()
    check("a.txt", {"one": "text", "two": "number"})
    check("a.txt", {"one": "text", "two": "number", "three": "text"})
    assert list(listed("a.txt")) == ["one", "three", "two"], "an addition"
    for found in ({"one": "text", "three": "text"}, {"one": "text", "two": "text", "three": "text"}):
        with pytest.raises(AssertionError, match="gone, or of another meaning"):
            check("a.txt", found)
    (tmp_path / "withdrawn.txt").write_text("a.txt two | the sum is in three\n", encoding="utf-8")
    check("a.txt", {"one": "text", "three": "text"})
    assert list(listed("a.txt")) == ["one", "three"]
    with pytest.raises(AssertionError, match="listed as withdrawn"):
        check("a.txt", {"one": "text", "two": "number", "three": "text"})
    check("b.txt", {"one": "text"}, 1)
    with pytest.raises(AssertionError, match="the number of the schema rises"):
        check("b.txt", {"one": "text", "two": "text"}, 1)
    check("b.txt", {"one": "text", "two": "text"}, 2)
    monkeypatch.delenv("GOLDEN")
    check("a.txt", {"one": "text", "three": "text", "four": "text"})
    with pytest.raises(AssertionError, match="look at it"):
        check("b.txt", {"one": "text", "two": "text", "three": "text"}, 3)
    monkeypatch.setenv("GOLDEN", "listed")
    with pytest.raises(AssertionError, match="look at it"):
        check("a.txt", {"one": "text", "three": "text", "four": "text"})


# -- the command line


def test_commands_and_options():
    check("commands.txt", dict(described(command_line("en"), click.Context(command_line("en")), "")))


def described(command, context, path):
    """Each command, each of its parameters that is not hidden, and each value that a parameter has to be one of."""
    if path:
        yield path, "command"
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        name = (
            ", ".join(parameter.opts)
            if isinstance(parameter, click.Option)
            else parameter.make_metavar(context)
        )
        key = f"{path} {name}".strip()
        yield key, meaning(parameter)
        for value in getattr(parameter.type, "choices", ()):
            yield f"{key} = {value}", "value"
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        one = command.get_command(context, name)
        yield from described(one, click.Context(one, parent=context), f"{path} {name}".strip())


def meaning(parameter):
    """What a parameter takes: its type, how often, whether it has to be there, and what it is by default."""
    is_flag = getattr(parameter, "is_flag", False)
    words = ["argument" if isinstance(parameter, click.Argument) else "flag" if is_flag else "option"]
    words += [] if is_flag else [parameter.type.name]
    words += ["required"] if parameter.required else []
    words += ["repeated"] if getattr(parameter, "multiple", False) or parameter.nargs != 1 else []
    default = parameter.to_info_dict()["default"]
    return " ".join([*words, *([f"default {default}"] if isinstance(default, str) and default else [])])


STATUSES = {
    "a clean collection": ("2023", "verify"),
    "a return with errors": ("2024", "verify", "../faulty"),
    "a waived error": ("2024", "verify"),
    "an open error on the board": (".", "status", "faulty", "--roster", "2024/roster.csv", "--year", "2024"),
    "an accepted board": ("2024", "status"),
    "read, clean": ("2024", "read"),
    "read, an unread figure": ("2024", "read", "../faulty"),
    "merge, clean": ("2024", "merge", "-o", "merged.xlsx", "--receipts", "receipts"),
    "receipt --check, the same": (
        "2024", "receipt", "--check", "receipts/006_青禾区司法局_2024_回执.txt", "inbox/006_青禾区司法局_2024.xlsx",
    ),
    "receipt --check, another": (
        "2024", "receipt", "--check", "receipts/006_青禾区司法局_2024_回执.txt", "../faulty/006_青禾区司法局_2024.xlsx",
    ),
    "merge, an agency is missing": ("2024", "merge", "../faulty", "-o", "none.xlsx"),
    "merge --check, the same": ("2024", "merge", "--check", "merged.xlsx"),
    "merge --check, another": ("2024", "merge", "../faulty", "--check", "district.xlsx"),
    "diff, the same": ("2024", "diff", "district.xlsx", "district.xlsx"),
    "diff, not the same": ("2024", "diff", "inbox/006_青禾区司法局_2024.xlsx", "../faulty/006_青禾区司法局_2024.xlsx"),
    "export, everything": ("2024", "export", "-o", "all.csv"),
    "export, figures lack": ("2024", "export", "../faulty", "-o", "some.csv"),
    "publish, a gap is left": (".", "publish", "2023/district.xlsx", "-o", "gap.md"),
    "publish, a draft": (".", "publish", "2023/district.xlsx", "--draft", "-o", "draft.md"),
    "gather": ("2024", "gather", "--format", "md"),
    "import a report": (".", "import", "2023/report.html", "-o", "imported"),
    "form check": (".", "form", "check"),
    "explain": (".", "explain", "jump"),
    "schema": (".", "schema", "read"),
    "version": (".", "--version"),
    "help": (".", "--help"),
    "nothing to read": (".", "verify", "nowhere"),
    "an unknown option": (".", "verify", "--nothing"),
    "an unknown command": (".", "nothing"),
    "an option is missing": (".", "merge", "faulty"),
    "the output is there": (".", "explain", "jump", "-o", "sealed/006_青禾区司法局_2024.xlsx"),
    "an unknown code": (".", "explain", "nothing"),
}  # fmt: skip


def test_exit_codes(home):
    found = {what: str(xltools(home / folder, *rest).status) for what, (folder, *rest) in STATUSES.items()}
    check("exit-codes.txt", found)


# -- findings and JSON


def test_finding_codes():
    """Code and severity, as ``explain`` lists them."""
    lines = xltools(".", "--lang", "en", "explain").out.splitlines()[2:]
    levels = {"error": "error", "to explain": "question", "warning": "warning", "note": "note"}
    found = (re.split(r"  +", line) for line in lines)
    check("findings.txt", {code: levels[severity] for code, severity, _ in found})


@pytest.mark.parametrize("which", ["verify", "read"])
def test_schemas(which):
    schema = json.loads(xltools(".", "schema", which).out)
    found = dict(keys_of(schema, schema["$defs"], ""))
    check(f"json-{which}.txt", found, int(schema["$id"].rpartition(":")[2]))


def keys_of(schema, known, path):
    """Each key of a JSON Schema by its path, with its type; below it what it holds."""
    if "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]] | {k: v for k, v in schema.items() if k != "$ref"}
    for one in schema.get("anyOf", ()):
        yield from keys_of(one, known, path)
    for key, one in schema.get("properties", {}).items():
        here = f"{path}.{key}".lstrip(".")
        yield here, kinds(one, known)
        yield from ((f"{here} = {json.dumps(value)}", "value") for value in one.get("enum", ()))
        yield from keys_of(one, known, here)
    if isinstance(items := schema.get("items"), dict):
        yield f"{path}[]", kinds(items, known)
        yield from keys_of(items, known, f"{path}[]")


def kinds(schema, known):
    """The types of a value."""
    if "$ref" in schema:
        return kinds(known[schema["$ref"].rpartition("/")[2]], known)
    if "anyOf" in schema:
        return " or ".join(sorted(kinds(one, known) for one in schema["anyOf"]))
    if "enum" in schema:
        return "choice"
    found = schema.get("type", "anything")
    return found if isinstance(found, str) else " or ".join(sorted(found))


SHOWN = {
    "status": ("status", "2024/inbox", "form/returns", "--roster", "2024/roster.csv", "--year", "2024"),
    "diff": (
        "diff",
        "2024/inbox/001_青禾区人民政府办公室_2024.xlsx",
        "2024/inbox/003_青禾区教育局_2024.xlsx",
    ),
    "form-cells": ("form", "cells"),
}


@pytest.mark.parametrize("which", SHOWN)
def test_other_json(home, which):
    """The keys of JSON that has no schema, as it is printed."""
    done = xltools(home, *SHOWN[which], "--format", "json")
    check(f"json-{which}.txt", observed(json.loads(done.out)))


def test_manifest(home):
    xltools(home / "2024", "merge", "--exclude", "001", "--reason", "why", "--incomplete", "-o", "part.xlsx")
    found = json.loads((home / "2024" / "part.manifest.json").read_text(encoding="utf-8"))
    check("manifest.txt", observed(found), found["schema"])


def observed(value):
    """Each key of a value by its path, with the types that occur."""
    found = {}
    for path, kind in walked(value, ""):
        found.setdefault(path, set()).add(kind)
    return {path: " or ".join(sorted(kind)) for path, kind in found.items()}


KINDS = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}


def walked(value, path):
    if path:
        yield path, KINDS[type(value)]
    if isinstance(value, dict):
        for key, one in value.items():
            yield from walked(one, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for one in value:
            yield from walked(one, f"{path}[]")


# -- what export writes


def export(home, name, *more):
    assert xltools(home / "form", "export", "district.xlsx", *FORM, *more, "-o", name, "--force").status == 0
    return home / "form" / name


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_exported_text(home, ending):
    tidy, wide = export(home, f"figures.{ending}"), export(home, f"wide.{ending}", "--wide")
    tables = {"figures": tidy, "dictionary": tidy.with_suffix(f".dictionary.{ending}"), "wide": wide}
    check(f"export-{ending}.txt", {
        f"{table} {column}": "column"
        for table, path in tables.items()
        for column in columns_of(path)
        if "." not in column  # which is a figure of the form
    })  # fmt: skip


def columns_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(json.loads(file.readline())) if path.suffix == ".jsonl" else next(csv.reader(file))


def test_exported_parquet(home):
    path, found = export(home, "figures.parquet"), {}
    for file, part in ((path, "figures"), (path.with_suffix(".dictionary.parquet"), "dictionary")):
        schema = pyarrow.parquet.read_schema(file)
        found |= {f"{part} {field.name}": str(field.type) for field in schema}
    check("export-parquet.txt", found)


def test_exported_sqlite(home):
    base = sqlite3.connect(export(home, "figures.sqlite"))
    names = base.execute("select name, type from sqlite_master where type in ('table', 'view')").fetchall()
    found = {}
    for name, kind in names:
        found[name] = kind
        for _, column, declared, *_ in base.execute(f'pragma table_info("{name}")'):
            if not name.startswith("wide_") or "." not in column:
                found[f"{name} {column}"] = declared or "any"
    base.close()
    check("export-sqlite.txt", found)


# -- a collection's files


WORKING = {"form": '"xxgk-2021"', "year": "2024", "district": '"青禾区"', "due": "2025-01-31"}
SORTS = {"text": '"text"', "whole number": "2024", "fraction": "2.5", "day": "2025-02-01", "list": '["001"]'}
OWN_TEXTS = {"form": '"xxgk-2021"', "prior": '""'}  # where not any text will do


@pytest.fixture
def collection(tmp_path):
    """A new collection of one agency, into which nothing has come."""
    (tmp_path / "roster.csv").write_text("代码,名称\n003,青禾区教育局\n", encoding="utf-8")
    about = ("--year", 2024, "--district", "青禾区", "--roster", "roster.csv")
    assert xltools(tmp_path, "--lang", "en", "init", "c", *about).status == 0
    return tmp_path / "c"


def test_settings_of_a_collection(collection):
    """Each key that ``init`` writes or that is listed, with the sorts of value that it takes."""
    lines = (collection / "collection.toml").read_text(encoding="utf-8").partition("[levels]")
    names = keys_in(lines[0]) + [
        f"thresholds.{name}" for name in keys_in(lines[2].partition("[thresholds]")[2])
    ]
    names += [name for name in listed("collection.txt") if " " not in name]
    found = {name: kinds for name in dict.fromkeys(names) if (kinds := sorts_of(collection, name))}
    for level in ("error", "question", "warning", "note"):
        if taken(collection, "levels.jump", f'"{level}"'):
            found[f"levels.CODE = {level}"] = "value"
    check("collection.txt", found)
    assert not taken(collection, "nothing", "1"), "an unknown key is refused"


def keys_in(text):
    return re.findall(r"^#? ?(\w+) = ", text, re.MULTILINE)


def sorts_of(folder, name):
    values = SORTS | ({"text": OWN_TEXTS[name]} if name in OWN_TEXTS else {})
    return " or ".join(kind for kind, value in values.items() if taken(folder, name, value))


def taken(folder, name, value):
    """Whether the commands take a collection with that value of a key."""
    table, _, key = name.rpartition(".")
    lines = [f"{one} = {other}" for one, other in WORKING.items() if one != name]
    lines = [*lines, f"[{table}]", f"{key} = {value}"] if table else [f"{key} = {value}", *lines]
    (folder / "collection.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return usable(folder)


def usable(folder):
    return xltools(folder, "status").status != 2


def test_heads_of_waivers(collection):
    """Each head that is listed stands for its column."""
    row = {
        "agency": "003",
        "code": "jump",
        "cell": "B13",
        "reason": "why",
        "who": "who",
        "date": "2025-02-03",
        "version": "",
    }
    written = (collection / "waivers.csv").read_text(encoding="utf-8-sig").strip().split(",")
    usual = dict(zip(row, written, strict=True))
    found = {}
    for key in dict.fromkeys(
        [*(f"{column} = {head}" for column, head in usual.items()), *listed("waivers.txt")]
    ):
        column, _, head = key.partition(" = ")
        heads = usual | {column: head}
        text = f"{','.join(heads.values())}\n{','.join(row.values())}\n"
        (collection / "waivers.csv").write_text(text, encoding="utf-8")
        found |= {key: "head"} if usable(collection) else {}
    check("waivers.txt", found)


@pytest.mark.prove
def test_heads_of_rosters(home):
    """Each head that is listed stands for its column, and each word that is listed for yes."""
    book = openpyxl.load_workbook(home / "2024" / "inbox" / "003_青禾区教育局_2024.xlsx")
    book["二、主动公开"]["B5"] = 1  # 规章, which only some agencies make
    book.save(home / "003.xlsx")
    found = {}
    for key in listed("roster.txt"):
        column, _, text = key.partition(" = ")
        heads = {
            "code": "代码",
            "name": "名称",
            "kind": "类别",
            "rule_maker": "规章制定主体",
            "email": "邮箱",
        }
        row = {"code": "003", "name": "青禾区教育局", "kind": "某类", "rule_maker": "是", "email": "a@b.cn"}
        if column == "rule_maker yes":
            row["rule_maker"] = text
        else:
            heads[column] = text
        lines = [",".join(heads.values()), ",".join(row.values())]
        (home / "agencies.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        is_understood = {"kind": has_kind, "email": has_address}.get(column, may_make_rules)
        found |= {key: "word" if " " in column else "head"} if is_understood(home) else {}
    check("roster.txt", found)


ROSTER = ("003.xlsx", "--roster", "agencies.csv", "--year", 2024)


def may_make_rules(home):
    """Whether the roster says so of the agency, which it has to know."""
    return xltools(home, "verify", *ROSTER).status == 0 and "no-rule-maker" not in str(
        verified(home, *ROSTER)
    )


def has_kind(home):
    """Whether the roll-up has the agency's kind."""
    done = xltools(
        home, "merge", *ROSTER, "--district", "青禾区", "--by-kind", "-o", "by-kind.xlsx", "--force"
    )
    assert done.status == 0, done.out
    kinds = openpyxl.load_workbook(home / "by-kind.xlsx")["分类小计"]
    return "某类" in [cell.value for row in kinds.iter_rows() for cell in row]


def has_address(home):
    """Whether a draft to the agency has its address."""
    about = ("--roster", "agencies.csv", "--year", 2024, "--district", "青禾区")
    assert xltools(home, "generate", *about, "-o", "issued", "--mail", "mails").status == 0
    return b"<a@b.cn>" in (home / "mails" / "003_青禾区教育局_2024_下发.eml").read_bytes()
