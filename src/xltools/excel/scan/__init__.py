"""One pass over an .xlsx package with zipfile and expat: the facts of a workbook, flat and literal.

It knows nothing of forms and gives nothing a meaning. Whatever is wrong with the file ends in
:class:`ScanError` with a finding's code; nothing else is raised.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from xltools.excel.guard import (
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
from xltools.excel.package import relations_of, target_of
from xltools.excel.scan.facts import Comment, Fact, Facts, SheetFacts
from xltools.excel.scan.parsing import parse
from xltools.excel.scan.parts import application, comments, custom, strings, styles, workbook
from xltools.excel.scan.worksheet import Tables, worksheet

__all__ = ["Comment", "Fact", "Facts", "Limits", "ScanError", "SheetFacts", "scan"]


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


class _Package:
    """The parts of a zip, found as spreadsheet programs find them: through relations, without regard to case."""

    def __init__(self, package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], limits: Limits) -> None:
        self._zip, self._parts, self._limits = package, parts, limits
        self._budget = Budget(limits)

    def facts(self) -> Facts:
        main = next((t for kind, t, _ in self._relations("") if kind == "officeDocument"), None)
        if main is None or folded(main) not in self._parts:
            raise ScanError("not-a-workbook")
        relations = {identity: (kind, target) for kind, target, identity in self._relations(main)}
        facts, sheets = workbook(self._read(main))
        if facts is None:
            raise ScanError("not-a-workbook")
        by_kind = dict(relations.values())
        if "vbaProject" in by_kind:
            raise ScanError("macros")
        tables = Tables(self._limits)
        if self._has(by_kind.get("sharedStrings")):
            tables.strings = strings(self._read(by_kind["sharedStrings"]))
        if self._has(by_kind.get("styles")):
            styles(self._read(by_kind["styles"]), facts)
            tables.use_styles(len(facts.locked))
        targets = [(name, state, *relations.get(identity, ("", ""))) for name, state, identity in sheets]
        worksheets = {
            target: SheetFacts(name, state) for name, state, kind, target in targets if kind == "worksheet"
        }
        for target, sheet in worksheets.items():
            facts.sheets.append(worksheet(self._read(target), sheet, tables))
            for kind, part, _ in self._relations(target):
                if kind == "comments" and self._has(part):
                    sheet.comments = comments(self._read(part))
        if len({sheet.name for sheet in facts.sheets}) < sum(
            kind == "worksheet" for _, _, kind, _ in targets
        ):
            raise ScanError("damaged", "a sheet occurs twice")
        self._document_properties(facts)
        return facts

    def _document_properties(self, facts: Facts) -> None:
        for kind, target, _ in self._relations(""):
            if kind == "custom-properties" and self._has(target):
                facts.properties = custom(self._read(target))
            elif kind == "extended-properties" and self._has(target):
                facts.application = application(self._read(target))

    def _has(self, name: str | None) -> bool:
        return name is not None and folded(name) in self._parts

    def _read(self, name: str) -> Part:
        return self._budget.part(self._zip, self._parts[folded(name)])

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """Kind, target and id of each relation of *part* ("" for the package)."""
        name = relations_of(part)
        if not self._has(name):
            return
        found: list[tuple[str, str, str]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = target_of(part, attributes["Target"])
                found.append((attributes["Type"].rpartition("/")[2], target, attributes["Id"]))

        parse(self._read(name), start)
        yield from found
