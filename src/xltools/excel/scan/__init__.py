"""One pass over an .xlsx package with zipfile and expat: the facts of a workbook, flat and literal.

It knows nothing of forms and gives nothing a meaning. Whatever is wrong with the file ends in
:class:`ScanError` with a finding's code; nothing else is raised.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import NamedTuple, TypeVar

from xltools.excel.scan.facts import Comment, Fact, Facts, SheetFacts
from xltools.excel.scan.known import remembered
from xltools.excel.scan.parts import Book, application, comments, custom, strings, styles, workbook
from xltools.excel.scan.worksheet import Tables, worksheet
from xltools.office.guard import (
    DAMAGE,
    Budget,
    Limits,
    Part,
    ScanError,
    folded,
    look,
    look_for_kind,
    look_inside,
    open_zip,
)
from xltools.office.relations import Relations, relations, relations_of
from xltools.office.zipped import Zip

__all__ = ["Comment", "Fact", "Facts", "Limits", "ScanError", "SheetFacts", "scan"]

_Result = TypeVar("_Result")


def scan(data: bytes, limits: Limits | None = None) -> Facts:
    """The facts of the workbook in *data*; raises :class:`ScanError` and nothing else."""
    limits = limits or Limits()
    look(data, limits)
    try:
        with open_zip(data, limits) as package:
            parts = look_inside(package, len(data), limits)
            look_for_kind(package, parts)
            return _Package(package, parts, limits).facts()
    except ScanError:
        raise
    except DAMAGE as error:
        raise ScanError("damaged", f"{type(error).__name__}: {error}") from error


class _Readers(NamedTuple):
    """What reads the larger parts."""

    book: Callable[[Part, str], Book]
    strings: Callable[[Part], list[str]]
    sheet: Callable[[Part, SheetFacts, Tables], SheetFacts]


_SCANS = count()  # of this process


def _readers() -> _Readers:
    """By pieces, from the second workbook of a process on: the first may be the last, and learning is half its cost."""
    return _Readers(workbook, strings, worksheet) if next(_SCANS) == 0 else _by_pieces()


@cache
def _by_pieces() -> _Readers:
    from xltools.excel.scan import pieces  # noqa: PLC0415  one file alone needs none

    return _Readers(pieces.workbook_of, pieces.strings_of, pieces.sheet_of)


class _Package:
    """The parts of a zip, found as spreadsheet programs find them: through relations, without regard to case."""

    def __init__(self, package: Zip, parts: dict[str, zipfile.ZipInfo], limits: Limits) -> None:
        self._zip, self._parts, self._limits = package, parts, limits
        self._budget = Budget(limits)
        self._readers = _readers()

    def facts(self) -> Facts:
        roots = self._relations("")
        main = next((t for kind, t, _ in roots if kind == "officeDocument"), None)
        if main is None or folded(main) not in self._parts:
            raise ScanError("not-a-workbook")
        relations = {identity: (kind, target) for kind, target, identity in self._relations(main)}
        book = self._remembered(self._readers.book, main)
        if book.root != "workbook":
            raise ScanError("not-a-workbook")
        by_kind = dict(relations.values())
        if "vbaProject" in by_kind:
            raise ScanError("macros")
        facts = Facts(
            names=book.names.copy(),
            structure_locked=book.structure_locked,
            epoch_1904=book.epoch_1904,
            external_links=book.external_links,
        )
        tables = self._tables(by_kind, facts)
        facts.sheets = self._sheets(
            [(name, state, *relations.get(i, ("", ""))) for name, state, i in book.sheets], tables
        )
        self._document_properties(roots, facts)
        return facts

    def _tables(self, by_kind: dict[str, str], facts: Facts) -> Tables:
        """What the cells of all sheets refer to."""
        tables = Tables(self._limits)
        if self._has(by_kind.get("sharedStrings")):
            tables.strings = self._readers.strings(self._read(by_kind["sharedStrings"]))
        if self._has(by_kind.get("styles")):
            known = self._remembered(styles, by_kind["styles"])
            facts.locked, facts.dates = list(known.locked), list(known.dates)
            tables.style_count = len(known.locked)
        return tables

    def _sheets(self, targets: list[tuple[str, str, str, str]], tables: Tables) -> list[SheetFacts]:
        """The worksheets; a target has the name, the state, the kind and the part of a sheet."""
        worksheets = {
            target: SheetFacts(name, state) for name, state, kind, target in targets if kind == "worksheet"
        }
        for target, sheet in worksheets.items():
            self._readers.sheet(self._read(target), sheet, tables)
            for kind, part, _ in self._relations(target):
                if kind == "comments" and self._has(part):
                    sheet.comments = comments(self._read(part))
        if len({sheet.name for sheet in worksheets.values()}) < sum(
            kind == "worksheet" for _, _, kind, _ in targets
        ):
            raise ScanError("damaged", "a sheet occurs twice")
        return list(worksheets.values())

    def _document_properties(self, roots: Relations, facts: Facts) -> None:
        for kind, target, _ in roots:
            if kind == "custom-properties" and self._has(target):
                facts.properties = custom(self._read(target))
            elif kind == "extended-properties" and self._has(target):
                facts.application = self._remembered(application, target)

    def _has(self, name: str | None) -> bool:
        return name is not None and folded(name) in self._parts

    def _read(self, name: str) -> Part:
        return self._budget.part(self._zip, self._parts[folded(name)])

    def _remembered(self, read: Callable[[Part, str], _Result], name: str, owner: str = "") -> _Result:
        """What *read* makes of a part that many files have in common; the budget is charged for it in any case."""
        entry = self._parts[folded(name)]
        is_small = self._budget.spend(entry)
        packed = self._zip.packed(entry) if is_small else None
        return remembered(
            read, packed, lambda: self._budget.opened(self._zip, entry, is_small=is_small), owner
        )

    def _relations(self, part: str) -> Relations:
        """Kind, target and id of each relation of *part* ("" for the package)."""
        name = relations_of(part)
        return self._remembered(relations, name, part) if self._has(name) else ()
