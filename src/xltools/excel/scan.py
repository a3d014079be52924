"""One pass over an .xlsx package with zipfile and expat: the facts of a workbook, flat and literal.

It knows nothing of forms and gives nothing a meaning. Whatever is wrong with the file ends in
:class:`ScanError` with a finding's code; nothing else is raised.
"""

from __future__ import annotations

import contextlib
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from attrs import define, field, frozen

from xltools.excel.formula import shifted
from xltools.form.address import column_index

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ZIP = b"PK\x03\x04"
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class ScanError(Exception):
    """The file cannot be read; ``code`` is the finding to report."""

    def __init__(self, code: str, reason: str = "") -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{code}: {reason}")


@frozen
class Limits:
    """Beyond these a file is refused before it is read. Sizes in bytes."""

    file: int = 50 << 20
    entries: int = 2000
    unpacked: int = 200 << 20
    cells: int = 2_000_000


class Fact(NamedTuple):
    """One cell: its type (n, s, b, e), its text as stored or shown, its formula, its style's number."""

    type: str
    text: str | None
    formula: str | None
    style: int


@define
class SheetFacts:
    """One worksheet."""

    name: str
    state: str = "visible"
    cells: dict[tuple[int, int], Fact] = field(factory=dict)
    merges: list[str] = field(factory=list)
    validations: list[str] = field(factory=list)  # the ranges that have one
    is_protected: bool = False


@define
class Facts:
    """Everything the reader may want to know of a workbook."""

    sheets: list[SheetFacts] = field(factory=list)
    names: dict[str, str] = field(factory=dict)  # workbook-wide defined names, in lower case
    properties: dict[str, str] = field(factory=dict)  # custom document properties
    application: str = ""
    structure_locked: bool = False
    locked: list[bool] = field(factory=list)  # by style number

    def sheet(self, name: str) -> SheetFacts | None:
        """The worksheet of that name."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)


def scan(data: bytes, limits: Limits | None = None) -> Facts:
    """The facts of the workbook in *data*; raises :class:`ScanError` and nothing else."""
    limits = limits or Limits()
    _look(data, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return _Package(package, limits).facts()
    except ScanError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        EOFError,
        struct.error,
        NotImplementedError,
    ) as error:
        raise ScanError("damaged", str(error)) from error
    except (KeyError, ValueError, LookupError, RuntimeError, OSError, RecursionError) as error:
        raise ScanError("damaged", f"{type(error).__name__}: {error}") from error


def _look(data: bytes, limits: Limits) -> None:
    """What a glance at the bytes tells."""
    if not data:
        raise ScanError("empty-file")
    if len(data) > limits.file:
        raise ScanError("too-large", f"{len(data):,} > {limits.file:,}")
    if data.startswith(_OLE):
        raise ScanError("encrypted" if _ENCRYPTED in data else "old-format")
    if not data.startswith(_ZIP):
        raise ScanError("not-a-workbook")


class _Package:
    """The parts of a zip, found as spreadsheet programs find them: through relations, without regard to case."""

    def __init__(self, package: zipfile.ZipFile, limits: Limits) -> None:
        self._zip, self._limits = package, limits
        entries = package.infolist()
        if len(entries) > limits.entries or sum(entry.file_size for entry in entries) > limits.unpacked:
            raise ScanError("too-large", f"{len(entries)} entries")
        self._parts = {_folded(entry.filename): entry for entry in entries}
        if len(self._parts) != len(entries):
            raise ScanError("damaged", "an entry occurs twice")

    def facts(self) -> Facts:
        main = next((t for kind, t, _ in self._relations("") if kind == "officeDocument"), None)
        if main is None or _folded(main) not in self._parts:
            raise ScanError("not-a-workbook")
        relations = {identity: (kind, target) for kind, target, identity in self._relations(main)}
        facts, sheets = _workbook(self._read(main))
        if facts is None:
            raise ScanError("not-a-workbook")
        by_kind = dict(relations.values())
        strings = (
            _strings(self._read(by_kind["sharedStrings"])) if self._has(by_kind.get("sharedStrings")) else []
        )
        facts.locked = _locked(self._read(by_kind["styles"])) if self._has(by_kind.get("styles")) else []
        left = self._limits.cells
        for name, state, identity in sheets:
            kind, target = relations.get(identity, ("", ""))
            if kind == "worksheet":
                sheet = _worksheet(self._read(target), SheetFacts(name, state), strings, left)
                left -= len(sheet.cells)
                facts.sheets.append(sheet)
        self._document_properties(facts)
        return facts

    def _document_properties(self, facts: Facts) -> None:
        for kind, target, _ in self._relations(""):
            if kind == "custom-properties" and self._has(target):
                facts.properties = _custom(self._read(target))
            elif kind == "extended-properties" and self._has(target):
                facts.application = _application(self._read(target))

    def _has(self, name: str | None) -> bool:
        return name is not None and _folded(name) in self._parts

    def _read(self, name: str) -> bytes:
        return self._zip.read(self._parts[_folded(name)])

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """Kind, target and id of each relation of *part* ("" for the package)."""
        folder, file = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{file}.rels")
        if not self._has(name):
            return
        found: list[tuple[str, str, str]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes["Target"].replace("\\", "/")
                target = (
                    target.lstrip("/")
                    if target.startswith("/")
                    else posixpath.normpath(posixpath.join(folder, target))
                )
                found.append((attributes["Type"].rpartition("/")[2], target, attributes["Id"]))

        _parse(self._read(name), start)
        yield from found


def _folded(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


_Start = Callable[[str, dict[str, str]], None]
_End = Callable[[str], None]
_Text = Callable[[str], None]


def _parse(data: bytes, start: _Start, end: _End | None = None, text: _Text | None = None) -> None:
    """Run expat over a part; a document type is refused, for what it can smuggle in.

    Handlers get names as they stand in the main namespace. What another program put under a namespace of its own
    keeps its prefix, and so matches nothing.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def root(tag: str, attributes: dict[str, str]) -> None:
        prefix, colon, _ = tag.rpartition(":")
        if colon:
            _install(parser, *_stripping(prefix + colon, start, end))
            start(tag[len(prefix) + 1 :], attributes)
        else:
            _install(parser, start, end)
            start(tag, attributes)

    parser.StartElementHandler = root
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.CharacterDataHandler = text
    with contextlib.suppress(_EnoughError):
        parser.Parse(data, True)


class _EnoughError(Exception):
    """A handler has what it wants; the rest of the part need not be parsed."""


def _install(parser: expat.XMLParserType, start: _Start, end: _End | None) -> None:
    parser.StartElementHandler = start
    parser.EndElementHandler = end


def _stripping(prefix: str, start: _Start, end: _End | None) -> tuple[_Start, _End | None]:
    """The handlers for a part whose main namespace has a prefix."""

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        start(tag.removeprefix(prefix), attributes)

    def on_end(tag: str) -> None:
        if end is not None:
            end(tag.removeprefix(prefix))

    return on_start, on_end


def _refuse_doctype(*_: object) -> None:
    raise ScanError("damaged", "a document type is declared")


def _true(value: str | None) -> bool:
    return value in {"1", "true", "on"}


def _workbook(data: bytes) -> tuple[Facts | None, list[tuple[str, str, str]]]:
    facts = Facts()
    sheets: list[tuple[str, str, str]] = []
    root: list[str] = []
    name = ""
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name
        root.append(tag)
        if tag == "sheet":
            identity = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            sheets.append((attributes["name"], attributes.get("state", "visible"), identity))
        elif tag == "definedName" and "localSheetId" not in attributes:
            name = attributes["name"].casefold()
            text.clear()
        elif tag == "workbookProtection":
            facts.structure_locked = _true(attributes.get("lockStructure"))

    def end(tag: str) -> None:
        nonlocal name
        if tag == "definedName" and name:
            facts.names[name] = "".join(text)
            name = ""

    _parse(data, start, end, lambda chunk: text.append(chunk) if name else None)
    return (facts if root[:1] == ["workbook"] else None), sheets


def _strings(data: bytes) -> list[str]:
    """The shared strings, rich text joined, phonetic guides left out."""
    strings: list[str] = []
    text: list[str] = []
    in_text = phonetic = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal in_text, phonetic
        if tag == "si":
            text.clear()
        elif tag == "rPh":
            phonetic = True
        elif tag == "t":
            in_text = not phonetic

    def end(tag: str) -> None:
        nonlocal in_text, phonetic
        if tag == "t":
            in_text = False
        elif tag == "rPh":
            phonetic = False
        elif tag == "si":
            strings.append(_unescaped("".join(text)))

    _parse(data, start, end, lambda chunk: text.append(chunk) if in_text else None)
    return strings


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def _locked(data: bytes) -> list[bool]:
    """For each cell style, whether it locks the cell on a protected sheet; so it does unless it says otherwise."""
    locked: list[bool] = []
    inside = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if tag == "cellXfs":
            inside = True
        elif inside and tag == "xf":
            locked.append(True)
        elif inside and tag == "protection" and locked:
            locked[-1] = _true(attributes.get("locked", "1"))

    def end(tag: str) -> None:
        if tag == "cellXfs":
            raise _EnoughError

    _parse(data, start, end)
    return locked


def _custom(data: bytes) -> dict[str, str]:
    properties: dict[str, str] = {}
    name = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name
        if tag == "property":
            name = attributes.get("name", "")
            properties[name] = ""

    def text(chunk: str) -> None:
        if name:
            properties[name] += chunk

    _parse(data, start, None, text)
    return {key: value.strip() for key, value in properties.items()}


def _application(data: bytes) -> str:
    """Which program saved the file."""
    found: list[str] = []
    inside = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal inside
        inside = tag == "Application"

    def end(tag: str) -> None:
        if tag == "Application":
            raise _EnoughError

    _parse(data, start, end, lambda chunk: found.append(chunk) if inside else None)
    return "".join(found)


_PLACES: dict[str, tuple[int, int]] = {}  # references met before: most workbooks use the same few thousand
_MOST_PLACES = 100_000


def _place(reference: str) -> tuple[int, int]:
    """Row and column of a reference such as D6."""
    match = _ADDRESS.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    place = int(match[2]) - 1, column_index(match[1])
    if len(_PLACES) < _MOST_PLACES:
        _PLACES[reference] = place
    return place


def _worksheet(data: bytes, sheet: SheetFacts, strings: list[str], limit: int) -> SheetFacts:  # noqa: C901, PLR0915
    """The cells of one sheet and what guards them.

    This is the inner loop of all reading, called for each element of each sheet, so it is one function over local
    names: as methods of a class it took half as long again.
    """
    cells, places = sheet.cells, _PLACES
    shared: dict[str, tuple[int, int, str]] = {}
    row = column = -1
    kind, style, share, phonetic = "n", "0", "", False
    value: str | None = None
    formula: str | None = None
    chunks: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:  # noqa: C901
        nonlocal row, column, kind, style, value, formula, share, phonetic
        if tag == "c":
            reference = attributes.get("r")
            if reference is None:
                column += 1
            else:
                row, column = places.get(reference) or _place(reference)
            kind, style = attributes.get("t", "n"), attributes.get("s", "0")
            value = formula = None
            share = ""
        elif tag in {"v", "t"}:
            chunks.clear()
        elif tag == "f":
            chunks.clear()
            share = attributes.get("si", "") if attributes.get("t") == "shared" else ""
        elif tag == "row":
            row = int(attributes["r"]) - 1 if "r" in attributes else row + 1
            column = -1
        elif tag == "is":
            value = ""
        elif tag == "rPh":
            phonetic = True
        elif tag == "mergeCell":
            sheet.merges.append(attributes.get("ref", ""))
        elif tag == "dataValidation":
            sheet.validations += attributes.get("sqref", "").split()
        elif tag == "sheetProtection":
            sheet.is_protected = _true(attributes.get("sheet"))

    def end(tag: str) -> None:
        nonlocal value, formula, phonetic
        if tag == "c":
            finish()
        elif tag == "v":
            value = "".join(chunks)
        elif tag == "f":
            formula = "".join(chunks)
            if share:
                formula = _shared_formula(shared, share, formula, row, column)
        elif tag == "t":
            if not phonetic and value is not None:
                value += "".join(chunks)
        elif tag == "rPh":
            phonetic = False

    def finish() -> None:
        nonlocal kind, value
        if kind == "n":
            value = (
                value or None
            )  # some programs write an empty value for a formula that they did not calculate
        if value is None and not formula:
            return
        if kind == "s" and value is not None:
            value = strings[int(value)]
        elif kind in {"str", "inlineStr"}:
            value = _unescaped(value) if value is not None else None
            kind = "s"
        if len(cells) >= limit:
            raise ScanError("too-large", "cells")
        cells[row, column] = Fact(kind, value, formula or None, int(style))

    _parse(data, start, end, chunks.append)
    return sheet


def _shared_formula(
    shared: dict[str, tuple[int, int, str]], share: str, formula: str, row: int, column: int
) -> str:
    """The text of a formula that is written once for many cells, as it reads in this one."""
    if formula:
        shared[share] = row, column, formula
        return formula
    first_row, first_column, text = shared.get(share, (row, column, ""))
    return shifted(text, row - first_row, column - first_column)
