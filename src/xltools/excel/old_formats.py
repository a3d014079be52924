"""Old formats (.xls, .et, .xlsb, .ods), by their values only: what a library in a child process tells of them.

Such a file proves less than an .xlsx: the library gives neither formulas nor names nor locks, and shows an error
value as an empty cell. Numbers come as exact as they are stored; dates are a type of their own, never a count.
"""

from __future__ import annotations

import io
import re

from xltools.excel.sandbox import ApartError, apart
from xltools.excel.scan import Fact, Facts, Limits, ScanError, SheetFacts
from xltools.files import OLE
from xltools.office.guard import DAMAGE, beyond, folded, open_zip, printable
from xltools.office.zipped import Zip
from xltools.text import characters

_ZIP = b"PK"
_STREAMS = tuple(f"{name}\0".encode("utf-16-le") for name in ("Workbook", "Book"))
_LOCKED = re.compile(
    rb"\x09\x08\x10\x00.{16}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)  # BOF, WRITEPROT, FILEPASS
_MAIN_PARTS = {"xl/workbook.bin": ".xlsb", "mimetype": ".ods"}
_MOST_MANIFEST = 1 << 20
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
_STATES = {"Hidden": "hidden", "VeryHidden": "veryHidden"}


def old_format(data: bytes, limits: Limits) -> str:
    """The usual ending of what the guard has called an old format; nothing for one that no library here reads.

    Raises :class:`ScanError` when it has a password to open or is damaged, neither of which the library tells.
    """
    if data.startswith(OLE):
        if _LOCKED.search(data):
            raise ScanError("encrypted")
        return ".xls" if any(name in data for name in _STREAMS) else ""
    if not data.startswith(b"PK"):
        return ""
    if not data.startswith(_ZIP):
        return ""  # the XML of Excel 2003
    try:
        with open_zip(data, limits) as package:
            return _zipped_format(package)
    except DAMAGE as error:
        raise ScanError("damaged", f"{type(error).__name__}: {error}") from error


def _zipped_format(package: Zip) -> str:
    parts = {folded(entry.filename): entry for entry in package.infolist()}
    about = parts.get("meta-inf/manifest.xml")
    if about and about.file_size < _MOST_MANIFEST and b"encryption-data" in package.unpacked(about):
        raise ScanError("encrypted")
    if broken := package.testzip():  # the library does not look at checksums
        raise ScanError("damaged", printable(broken))
    return next((kind for part, kind in _MAIN_PARTS.items() if part in parts), "")


def read_old(data: bytes, kind: str, limits: Limits) -> Facts:
    """The values of the workbook; raises :class:`ScanError` and nothing else."""
    try:
        facts = _facts(apart("cells", data, limits))
    except ApartError as error:
        if error.word == "too-large":
            raise beyond("cells", limits) from error
        code = "old-format" if error.word == "missing" else "old-format-unreadable"
        raise ScanError(code, error.reason or error.word) from error
    except (ValueError, LookupError) as error:
        raise ScanError("old-format-unreadable", str(error)) from error
    facts.old_format = kind
    return facts


def _facts(answer: bytes) -> Facts:
    """The child's lines as facts; raises ``ValueError`` or ``LookupError`` where they are none."""
    facts = Facts()
    if not answer.endswith(b"end\n"):
        raise ValueError("cut off")
    for line in io.BytesIO(answer[:-4]):
        fields = characters(line[:-1].decode("utf-8")).split("\t")
        if fields[0] == "sheet":
            facts.sheets.append(SheetFacts(_text(fields[1]), _STATES.get(fields[2], "visible")))
        else:
            row, column, kind, text = fields
            facts.sheets[-1].cells[int(row), int(column)] = Fact(kind, _text(text), None, 0)
    return facts


def _text(field: str) -> str:
    return _ESCAPED.sub(lambda match: _ESCAPES[match[1]], field) if "\\" in field else field
