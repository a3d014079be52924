"""Cases as text: each file of ``cases/`` tells what a clerk did to a sound return, and is named after the finding.

``total-wrong--typed-zero.toml`` must raise ``total-wrong``, at least once, and nothing else. A case holds one or
more ``[[file]]``; what is not said is as in a sound return of 001 for 2024. ``[[prior]]`` are last year's files: what
is not said there is as in the year before that sound return. The keys are read below.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import clerk
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

import hostile
import pdfs
import published
from conftest import HERE, sound_prose, sound_values, year_before
from xltools import libreoffice
from xltools.checking.collection import examine
from xltools.collection.inbox import InboxItem
from xltools.collection.merging import merge
from xltools.collection.reading import ReadOptions, reading
from xltools.collection.second_reader import SecondReader, issued_findings
from xltools.data.filing import Filing, Return, Stamp
from xltools.data.finding import Finding, Waiver
from xltools.data.given import Given
from xltools.data.list_lines import list_figures
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import past_of
from xltools.data.record import Agency, ListLine
from xltools.data.roster import Entry, Roster, divided
from xltools.document.publishing import compose, report_of
from xltools.document.reader import read_document
from xltools.document.writer import render
from xltools.excel.reader import read, read_package
from xltools.excel.scan import ScanError
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.model import Form
from xltools.office.guard import Budget, Limits
from xltools.report.slip import returned

FOLDER = HERE / "cases"


def cases() -> list[Path]:
    return sorted(FOLDER.glob("*.toml"))


def code_of(path: Path) -> str:
    return path.stem.partition("--")[0]


def also(path: Path) -> list[str]:
    """What comes with the code and cannot be helped."""
    return list(tomllib.loads(path.read_text(encoding="utf-8")).get("also", []))


def causes_of(path: Path) -> set[str]:
    """The causes that are said of it."""
    return set(tomllib.loads(path.read_text(encoding="utf-8")).get("causes", []))


def findings(path: Path) -> tuple[Finding, ...]:
    """What verification says of a case."""
    case = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    if "second_reader" in case:
        return second_reader(**case["second_reader"])
    if "issued" in case:
        return issued(case["issued"])
    limits = Limits(**case.get("limits", {}))
    other = (
        {"form_file": case["form_file"]} if "form_file" in case else {}
    )  # of ``forms``, with zeros where nothing is said
    form = written_by(other) if other or case.get("form_given", False) else None
    how = {"by_labels": case.get("by_labels", False), "key": case.get("key", "").encode()}
    how["passwords"] = case.get("passwords", ())
    if "given" in case:  # now, by code
        figures = {code: {n: Decimal(v) for n, v in own.items()} for code, own in case["given"].items()}
        how["given"] = Given({("2024", code): own for code, own in figures.items()})
    with without(case.get("without", ())):
        filings = [
            handed_in(other | file, index, form, limits, how) for index, file in enumerate(each(case["file"]))
        ]
    about = case.get("about", {})  # further columns of the roster, by code
    entries = tuple(Entry(code, name, about.get(code, {})) for code, name in case.get("roster", {}).items())
    return examine(
        filings,
        divided(entries) if entries else None,
        Period(case["year"]) if "year" in case else None,
        case.get("district", ""),
        policy=Policy(
            waivers=tuple(Waiver(**one) for one in case.get("waivers", ())),
            rule_makers=frozenset(case.get("rule_makers", ())),
        ),
        past=past_of(prior(case["prior"]), find("xxgk-2021")) if "prior" in case else None,
    ).findings


def second_reader(sent: list[str], lost: Iterable[str] = (), **typed: Any) -> tuple[Finding, ...]:
    """What the second reader finds in a roll-up of these agencies, into which something is *typed* afterwards."""
    form = find("xxgk-2021")
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        for code in (*sent, *lost):
            Path(f"{code}.xlsx").write_bytes(package({"code": code, "name": f"单位{code}"}))
        filings = [read(Path(f"{code}.xlsx")) for code in sent]
        rollup = merge(filings, form, Period(2024), "青禾区").rollup
        assert rollup is not None
        reader = SecondReader(form, rollup.accounts, sorted(Path().glob("*.xlsx")))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(libreoffice, "is_installed", lambda: False)  # test_second_reader.py asks it
            return reader.checked(typed_into(write_rollup(rollup), typed, {}), "district.xlsx").findings


def issued(typed: dict[str, Any]) -> tuple[Finding, ...]:
    """What is found in a blank workbook, into which something is *typed*, before it is sent."""
    form = find("xxgk-2021")
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局"))
    content = write_return(form, stamp)
    for where, what in typed["type"].items():
        sheet, address = where.split("!")
        content = clerk.edited(
            content, sheet, {address: clerk.Formula(what[1:], Decimal(0)) if what.startswith("=") else what}
        )
    return tuple(issued_findings(form, content, stamp, {}, "001.xlsx", recalculate=False))


def handed_in(file: dict[str, Any], index: int, form: Form | None, limits: Limits, how: Any) -> Filing:
    """One file, read; with ``document`` it is a report, written as that writer of ``published`` does.

    With ``raises`` the program itself fails while it reads the sheets: a text that it raises where no file makes it.
    With ``unreadable`` the system does not let it be read, and that is why.
    """
    if "unreadable" in file:
        fault = ScanError("unreadable-file", "Permission denied", file["unreadable"])
        return reading(InboxItem(f"{index}.xlsx", fault=fault), ReadOptions(form).read)
    if "raises" in file:
        item = InboxItem(file.get("path", f"{index}.xlsx"), package(file))
        with failing(str(file["raises"])):
            return reading(item, ReadOptions(form, limits=limits, **how).read)
    if "published" in file:  # the report on it as a page, with these words in place of others
        sound = read_package(package(file), f"{index}.xlsx", form)
        assert isinstance(sound, Return)
        page = render(compose(report_of(sound)), "html").decode()
        for old, new in file["published"].items():
            page = page.replace(old, new)
        return read_document(page.encode(), f"{index}.html", form, limits)
    if "document" not in file:
        return read_package(package(file), file.get("path", f"{index}.xlsx"), form, Budget(limits), **how)

    def spelled(text: str) -> str:
        return file.get("labels", {}).get(text, text)

    name, made = file["document"], find("xxgk-2021")
    one = published.report(
        made, sound_values(), prose=sound_prose(), texts=file.get("texts", {}), spelled=spelled
    )
    return read_document((published.WRITERS | pdfs.WRITERS)[name](one), file.get("path", name), form, limits)


def each(files: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The files; one with ``codes`` stands for a return of each, with figures of their own."""
    for file in files:
        codes = file.get("codes", ())
        for turn, code in enumerate(codes):
            yield file | {"code": code, "name": f"单位{code}", "turn": turn}
        if not codes:
            yield file


def prior(files: list[dict[str, Any]]) -> list[Filing]:
    """Last year's files, read."""
    return [
        read_package(package({"year": 2023, "before": True} | file), f"{index}.xlsx")
        for index, file in enumerate(each(files))
    ]


@contextlib.contextmanager
def failing(words: str) -> Iterator[None]:
    """As if the program had a defect in what reads the sheets of a workbook."""

    def read_sheets(_: object) -> None:
        raise AssertionError(words)

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("XLTOOLS_DEBUG", raising=False)
        patch.setattr("xltools.excel.reader.read_sheets", read_sheets)
        yield


@contextlib.contextmanager
def without(libraries: Iterable[str]) -> Iterator[None]:
    """As if these libraries were not installed."""
    with pytest.MonkeyPatch.context() as patch:
        for library in libraries:
            patch.setitem(sys.modules, library, None)
        yield


def package(file: dict[str, Any]) -> bytes:
    """The bytes of one file of a case."""
    if "text" in file:
        return str(file["text"]).encode(file.get("encoding", "utf-8"))
    if "ole" in file:
        return clerk.ole(*file["ole"])
    if "hostile" in file:
        return hostile.FILES[file["hostile"]].make()
    if "data" in file:
        return (HERE / "data" / str(file["data"])).read_bytes()
    if "rollup" in file:
        about = {key: file[key] for key in file if key == "form_file"}
        return typed_into(rolled_up(about, **file["rollup"]), file, {})
    form = written_by(file)
    sound = {} if file.get("blank") else sound_values(file.get("turn", 0))
    if file.get("zeros") or "form_file" in file:
        sound = {cell.name: Decimal(0) for cell in form.inputs}
    if file.get("before"):
        sound = year_before(sound)
    values = sound | {name: Decimal(value) for name, value in file.get("values", {}).items()}
    agency = Agency(file.get("district", "青禾区"), file.get("code", "001"), file.get("name", "青禾区教育局"))
    period = Period.from_text(str(file.get("period", file.get("year", 2024))), form.begins)
    assert period is not None
    flags = frozenset(file["flags"]) if "flags" in file else None
    issued = file.get("given", {})
    figures = tuple(Decimal(issued[name]) for name in form.given) if issued else ()
    name, edition = file.get("form", form.key), file.get("edition", form.edition)
    stamp = Stamp(name, edition, period, agency, flags=flags, given=figures)
    key = b"secret" if file.get("sealed") else b""
    prose = {} if file.get("blank") or "form_file" in file else sound_prose()
    prose |= file.get("prose", {})  # of fields in canonical form
    lists = lines_of(file, form)
    # An agency is its code, so its name is a part of the key of its own.
    written = _as_written(
        form, stamp, agency.name, tuple(values.items()), tuple(prose.items()), key, tuple(lists.items())
    )
    content = spoiled(written, file, form.complete(values | list_figures(form, lists)), form)
    return answered(content, file["answer"]) if "answer" in file else content


@cache
def _as_written(
    form: Form,
    stamp: Stamp,
    _name: str,
    values: tuple[tuple[str, Decimal], ...],
    prose: tuple[tuple[str, str], ...],
    key: bytes,
    lists: tuple[tuple[str, tuple[ListLine, ...]], ...],
) -> bytes:
    """The workbook of a return; most cases begin with the same."""
    return write_return(form, stamp, dict(values), dict(prose), key=key, lists=dict(lists))


def lines_of(file: dict[str, Any], form: Form) -> dict[str, tuple[ListLine, ...]]:
    """The lines of the lists of a file, each a table with the columns that are not blank."""
    return {
        key: tuple(
            ListLine(
                n,
                tuple(
                    v if isinstance(v := line.get(c, ""), str) else Decimal(v) for c in form.lists[key].keys
                ),
            )
            for n, line in enumerate(lines, 1)
        )
        for key, lines in file.get("lists", {}).items()
    }


def written_by(file: dict[str, Any]) -> Form:
    """The form of a file: the built-in one, or that of ``forms`` which it names."""
    return _found(str(HERE / "forms" / f"{file['form_file']}.toml") if "form_file" in file else "xxgk-2021")


_found = cache(find)  # many cases have the same


def answered(content: bytes, typed: dict[str, Any], name: str = "001.xlsx") -> bytes:
    """A file that was sent back with marks, into which the agency then typed."""
    back = returned(examine([read_package(content, name)]).examined[0])
    assert back is not None
    return typed_into(back.workbook(content), {"type": typed}, {})


def rolled_up(
    about: dict[str, Any],
    sent: list[str],
    expected: list[str],
    accepted: dict[str, dict[str, int]] | None = None,
) -> bytes:
    """The roll-up of these agencies where those were expected; of some, figures that break a rule were *accepted*."""
    accepted, form = accepted or {}, written_by(about)
    filings = []
    for code in sent:
        one = about | {"code": code, "name": f"单位{code}", "values": accepted.get(code, {})}
        filings.append(read_package(package(one), f"{code}.xlsx", form))
    roster = Roster(tuple(Entry(code, f"单位{code}", {}) for code in expected))
    policy = Policy(
        waivers=tuple(Waiver(c, "rule-broken", "", "核实无误", "张三", "2025-01-31") for c in accepted)
    )
    outcome = merge(filings, form, Period(2024), "青禾区", roster=roster, incomplete=True, policy=policy)
    assert outcome.rollup is not None
    return write_rollup(outcome.rollup)


def typed_into(
    content: bytes, file: dict[str, Any], complete: dict[str, Decimal], form: Form | None = None
) -> bytes:
    place = layout(form or find("xxgk-2021"))
    for where, what in file.get("type", {}).items():
        sheet, address = where.split("!") if "!" in where else place.address(where)
        content = clerk.edited(content, sheet, {address: _content(what, complete.get(where))})
    return content


def spoiled(content: bytes, file: dict[str, Any], complete: dict[str, Decimal], form: Form) -> bytes:
    content = typed_into(content, file, complete, form)
    place = layout(find("xxgk-2021"))
    for name, serial in file.get("date", {}).items():
        content = clerk.with_date(content, *place.address(name), serial)
    if "number_format" in file:
        content = clerk.with_number_format(
            content, *place.address(file["number_format"]["name"]), file["number_format"]
        )
    if "look" in file:
        content = clerk.with_look(content, *place.address(file["look"]["name"]), file["look"])
    for name, value in file.get("properties", {}).items():
        content = clerk.with_property(content, name, value)
    for key, change in _CHANGES.items():
        if key in file:
            content = change(content, file[key])
    return content


def encrypted(content: bytes, password: str) -> bytes:
    """A workbook with a password to open."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, out)
    return out.getvalue()


_CHANGES = {
    "drop_sheet": clerk.without_sheet,
    "insert_row": lambda content, row: clerk.with_row_inserted(content, **row),
    "insert_column": lambda content, column: clerk.with_column_inserted(content, **column),
    "add_cells": lambda content, cells: clerk.with_cells_added(content, **cells),
    "copy_sheet": lambda content, copy: clerk.edited(
        clerk.with_sheet_copied(content, copy["sheet"], copy["name"]), copy["name"], copy.get("type", {})
    ),
    "copy_rows": lambda content, rows: clerk.with_rows_copied(content, **rows),
    "rename_sheet": lambda content, names: clerk.with_sheet_renamed(content, names["from"], names["to"]),
    "replace": lambda content, r: clerk.with_part_changed(content, r["sheet"], (r["old"], r["new"])),
    "comment": lambda content, comment: clerk.with_comment(content, **comment),
    "no_names": lambda content, _: clerk.without_names(content),
    "no_properties": lambda content, _: clerk.without_properties(content),
    "defined_names": clerk.with_names,
    "retyped": lambda content, _: clerk.retyped(content),
    "encrypt": encrypted,
    "cut": lambda content, length: content[:length],
}


def _content(what: Any, right: Decimal | None) -> clerk.Content:
    if not isinstance(what, dict):
        return what
    if "error" in what:
        return clerk.Error(what["error"])
    result = right if what.get("result") == "=" else what.get("result")
    if "formula" in what:
        return clerk.Formula(what["formula"], result)
    if "result" in what:
        return clerk.Result(None if result == "" else result)
    return None  # { clear = true }
