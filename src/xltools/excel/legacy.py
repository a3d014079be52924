"""Old formats (.xls, .et, .xlsb, .ods), by their values only: what a library in a child process tells of them.

Such a file proves less than an .xlsx: the library gives neither formulas nor names nor locks, and shows an error
value as an empty cell. Numbers come as exact as they are stored; dates are a type of their own, never a count.
"""

from __future__ import annotations

from xltools.excel.apart import ApartError, apart
from xltools.excel.guard import DAMAGE, folded, open_zip
from xltools.excel.scan import Fact, Facts, Limits, ScanError, SheetFacts

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_STREAMS = tuple(f"{name}\0".encode("utf-16-le") for name in ("Workbook", "Book"))
_MAIN_PARTS = {"xl/workbook.bin": ".xlsb", "mimetype": ".ods"}
_MOST_CELLS = 150_000  # each costs about 400 bytes here
_STATES = {"Hidden": "hidden", "VeryHidden": "veryHidden"}


def old_format(data: bytes, limits: Limits) -> str:
    """The usual ending of what the guard has called an old format; nothing for one that no library here reads."""
    if data.startswith(_OLE):
        return ".xls" if any(name in data for name in _STREAMS) else ""
    try:
        with open_zip(data, limits) as package:
            parts = {folded(entry.filename) for entry in package.infolist()}
    except DAMAGE:
        return ""
    return next((kind for part, kind in _MAIN_PARTS.items() if part in parts), "")


def read_old(data: bytes, kind: str, limits: Limits) -> Facts:
    """The values of the workbook; raises :class:`ScanError` and nothing else."""
    most = min(limits.cells, _MOST_CELLS)
    try:
        facts = _facts(apart("cells", data, limits, most))
    except ApartError as error:
        codes = {"missing": "old-format", "encrypted": "encrypted", "too-large": "too-large"}
        raise ScanError(codes.get(error.word, "old-format-unreadable"), error.reason or error.word) from error
    except (ValueError, IndexError) as error:
        raise ScanError("old-format-unreadable", str(error)) from error
    facts.old_format = kind
    return facts


def _facts(answer: bytes) -> Facts:
    """The child's lines as facts; raises ``ValueError`` or ``IndexError`` where they are none."""
    facts = Facts()
    lines = answer.split(b"\n")
    if lines.pop() != b"end":
        raise ValueError("cut off")
    for line in lines:
        fields = [field.decode("unicode_escape") for field in line.split(b"\t")]
        if fields[0] == "sheet":
            facts.sheets.append(SheetFacts(fields[1], _STATES.get(fields[2], "visible")))
        else:
            row, column, kind, text = fields
            facts.sheets[-1].cells[int(row), int(column)] = Fact(kind, text, None, 0)
    return facts
