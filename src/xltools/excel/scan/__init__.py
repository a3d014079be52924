"""Reads the parts of an .xlsx package with zipfile and expat into the facts of a workbook, without interpretation.

Every fault of a file raises :class:`ScanError` with the code of a finding.
"""

from __future__ import annotations

import zipfile

from xltools.excel.scan.drawing import objects
from xltools.excel.scan.facts import Bounds, Comment, Fact, Facts, ListTable, SheetFacts
from xltools.excel.scan.parts import application, comments, custom, modified, strings, table, workbook
from xltools.excel.scan.shortcuts import read_part
from xltools.excel.scan.styles import styles
from xltools.excel.scan.worksheet import Tables, worksheet
from xltools.office.guard import (
    DAMAGE,
    Budget,
    Limits,
    ScanError,
    XmlPart,
    check_bytes,
    check_entries,
    check_kind,
    damaged,
    folded,
    open_zip,
)
from xltools.office.relations import Relations, relations, relations_of

__all__ = [
    "Bounds",
    "Comment",
    "Fact",
    "Facts",
    "Limits",
    "ListTable",
    "ScanError",
    "SheetFacts",
    "scan",
]


def scan(data: bytes, budget: Budget | None = None) -> Facts:
    """Return the facts of the workbook in *data*; raises :class:`ScanError` and nothing else."""
    budget = budget or Budget()
    check_bytes(data, budget.limits)
    try:
        with open_zip(data, budget.limits) as package:
            parts = check_entries(package, len(data), budget)
            check_kind(package, parts)
            return _Package(package, parts, budget).facts()
    except DAMAGE as error:
        raise damaged(error) from error


class _Package:
    """The parts of a workbook, found like in spreadsheet programs by relations and without regard to case."""

    def __init__(self, package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], budget: Budget) -> None:
        self._zip, self._parts, self._budget = package, parts, budget

    def facts(self) -> Facts:
        roots = self._relations("")
        main = next((t for kind, t, _ in roots if kind == "officeDocument"), None)
        if main is None or folded(main) not in self._parts:
            raise ScanError("not-a-workbook")
        relations = {identity: (kind, target) for kind, target, identity in self._relations(main)}
        book = read_part(workbook, self._read(main))
        if book.root != "workbook":
            raise ScanError("not-a-workbook")
        by_kind = dict(relations.values())
        if "vbaProject" in by_kind:
            raise ScanError("macros")
        facts = Facts(
            names=dict(book.names.get("", {})),
            structure_locked=book.structure_locked,
            epoch_1904=book.epoch_1904,
            external_links=book.external_links,
        )
        tables = self._tables(by_kind, facts)
        targets = [(name, state, *relations.get(i, ("", ""))) for name, state, i in book.sheets]
        facts.sheets = self._sheets(targets, tables, facts.tables)
        for index, (name, _, _) in enumerate(book.sheets):
            if (own := book.names.get(str(index))) and (sheet := facts.sheet(name)):
                sheet.names |= own
        self._document_properties(roots, facts)
        return facts

    def _tables(self, by_kind: dict[str, str], facts: Facts) -> Tables:
        """Read the shared strings, and the styles into *facts*."""
        tables = Tables(self._budget)
        if self._has(by_kind.get("sharedStrings")):
            tables.strings = read_part(strings, self._read(by_kind["sharedStrings"]))
        if self._has(by_kind.get("styles")):
            found = read_part(styles, self._read(by_kind["styles"]), self._budget.limits)
            facts.locked, facts.formats = list(found.locked), list(found.formats)
            facts.grounds, facts.unseen, facts.struck = list(found.grounds), found.unseen, found.struck
            facts.conditional = dict(found.conditional)
        return tables

    def _sheets(
        self, targets: list[tuple[str, str, str, str]], tables: Tables, found: dict[str, ListTable]
    ) -> list[SheetFacts]:
        """Read the worksheets, and their tables into *found*.

        *targets* are the name, the state, the kind and the part of each sheet.
        """
        worksheets = {
            target: SheetFacts(name, state) for name, state, kind, target in targets if kind == "worksheet"
        }
        for target, empty in worksheets.items():
            worksheets[target] = sheet = read_part(worksheet, self._read(target), empty, tables)
            for kind, part, _ in self._relations(target):
                if kind == "comments" and self._has(part):
                    sheet.comments = comments(self._read(part))
                elif kind == "drawing" and self._has(part):
                    sheet.objects = read_part(objects, self._read(part), self._budget.limits)
                elif kind == "table" and self._has(part):
                    name, about = read_part(table, self._read(part), sheet.name)
                    found[name] = about
        if len({sheet.name for sheet in worksheets.values()}) < sum(
            kind == "worksheet" for _, _, kind, _ in targets
        ):
            raise damaged("a sheet occurs twice")
        return list(worksheets.values())

    def _document_properties(self, roots: Relations, facts: Facts) -> None:
        for kind, target, _ in roots:
            if kind == "custom-properties" and self._has(target):
                facts.properties = custom(self._read(target))
            elif kind == "extended-properties" and self._has(target):
                facts.application = read_part(application, self._read(target))
            elif kind == "core-properties" and self._has(target):
                facts.modified = read_part(modified, self._read(target))

    def _has(self, name: str | None) -> bool:
        return name is not None and folded(name) in self._parts

    def _read(self, name: str) -> XmlPart:
        return self._budget.part(self._zip, self._parts[folded(name)])

    def _relations(self, part: str) -> Relations:
        """Return kind, target and id of each relation of *part*; "" is the package itself."""
        name = relations_of(part)
        return read_part(relations, self._read(name), part) if self._has(name) else ()
