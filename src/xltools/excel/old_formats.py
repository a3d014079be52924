"""Read the values of workbooks in old formats (.xls, .et, .xlsb, .ods) with a library in the sandbox.

The library gives neither formulas nor defined names nor protection, and returns an error value as an empty cell.
Numbers are exact, and dates have a type of their own.
"""

from __future__ import annotations

import io
import re
import zipfile

from xltools.excel.scan import Fact, Facts, Limits, ScanError, SheetFacts
from xltools.files import OLE
from xltools.office.guard import DAMAGE, Budget, beyond, damaged, folded, open_zip, printable, unpacked
from xltools.office.sandbox import SandboxError, run_sandboxed
from xltools.text import characters

_STREAMS = tuple(f"{name}\0".encode("utf-16-le") for name in ("Workbook", "Book"))
_ENCRYPTED = re.compile(
    rb"\x09\x08\x10\x00.{16}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)  # BOF, WRITEPROT, FILEPASS
_MAIN_PARTS = {"xl/workbook.bin": ".xlsb", "mimetype": ".ods"}
_MOST_MANIFEST = 1 << 20
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
_STATES = {"Hidden": "hidden", "VeryHidden": "veryHidden"}


def old_format(data: bytes, limits: Limits) -> str:
    """Return the usual suffix of a file in an old format, or "" if the library cannot read it.

    Raises :class:`ScanError` if the file is encrypted or damaged, because the library reports neither.
    """
    if data.startswith(OLE):
        if _ENCRYPTED.search(data):
            raise ScanError("encrypted")
        return ".xls" if any(name in data for name in _STREAMS) else ""
    if not data.startswith(b"PK"):
        return ""  # for example the XML of Excel 2003
    try:
        with open_zip(data, limits) as package:
            return _zipped_format(package)
    except DAMAGE as error:
        raise damaged(error) from error


def _zipped_format(package: zipfile.ZipFile) -> str:
    parts = {folded(entry.filename): entry for entry in package.infolist()}
    about = parts.get("meta-inf/manifest.xml")
    if about and about.file_size < _MOST_MANIFEST and b"encryption-data" in unpacked(package, about):
        raise ScanError("encrypted")
    if broken := package.testzip():  # the library does not verify checksums
        raise damaged(printable(broken))
    return next((kind for part, kind in _MAIN_PARTS.items() if part in parts), "")


def read_old(data: bytes, kind: str, budget: Budget) -> Facts:
    """Return the values of the workbook; raises :class:`ScanError` and nothing else."""
    try:
        facts = _facts(run_sandboxed("cells", data, budget))
    except SandboxError as error:
        if error.code == "too-large":
            raise beyond(error.reason or "cells", budget.limits) from error
        code = "old-format" if error.code == "missing" else "old-format-unreadable"
        raise ScanError(code, error.reason or error.code) from error
    except (ValueError, LookupError) as error:
        raise ScanError("old-format-unreadable", str(error)) from error
    budget.spend("cells", sum(len(sheet.cells) for sheet in facts.sheets))
    facts.old_format = kind
    return facts


def _facts(result: bytes) -> Facts:
    """Parse the lines that the child wrote; raises ``ValueError`` or ``LookupError`` if they are malformed."""
    facts = Facts()
    if not result.endswith(b"end\n"):
        raise ValueError("cut off")
    for line in io.BytesIO(result[:-4]):
        fields = characters(line[:-1].decode("utf-8")).split("\t")
        if fields[0] == "sheet":
            facts.sheets.append(SheetFacts(_unescaped(fields[1]), _STATES.get(fields[2], "visible")))
        else:
            row, column, kind, text = fields
            facts.sheets[-1].cells[int(row), int(column)] = Fact(kind, _unescaped(text), None, 0)
    return facts


def _unescaped(field: str) -> str:
    return _ESCAPED.sub(lambda match: _ESCAPES[match[1]], field) if "\\" in field else field
