"""A writer of .xlsb, just enough for tests: LibreOffice has none. By [MS-XLSB] 2.4, independent of the reader."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

_ROOT = "http://schemas.openxmlformats.org"
_TYPES = (
    f'<Types xmlns="{_ROOT}/package/2006/content-types">'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
)
BEGIN_BOOK, END_BOOK, BEGIN_SHEETS, END_SHEETS, SHEET = 131, 132, 143, 144, 156
BEGIN_SHEET, END_SHEET, DIMENSION, BEGIN_DATA, END_DATA, ROW = 129, 130, 148, 145, 146, 0
ERROR, BOOLEAN, REAL, TEXT = 3, 4, 5, 6

Value = float | str | bool
Cells = Mapping[tuple[int, int], Value]


def xlsb(sheets: Mapping[str, Cells]) -> bytes:
    """A workbook with these sheets. A text that begins with ``#`` becomes an error value."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.bin")]))
        targets = [("worksheet", f"worksheets/sheet{n}.bin") for n in range(1, len(sheets) + 1)]
        package.writestr("xl/_rels/workbook.bin.rels", _relations(targets))
        package.writestr("xl/workbook.bin", _book(list(sheets)))
        for (_, target), cells in zip(targets, sheets.values(), strict=True):
            package.writestr(f"xl/{target}", _sheet(cells))
    return out.getvalue()


def _relations(targets: list[tuple[str, str]]) -> str:
    office = f"{_ROOT}/officeDocument/2006/relationships"
    each = (
        f'<Relationship Id="rId{n}" Type="{office}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_ROOT}/package/2006/relationships">{"".join(each)}</Relationships>'


def _book(names: list[str]) -> bytes:
    bundle = [
        _record(SHEET, struct.pack("<II", 0, n) + _text(f"rId{n}") + _text(name))
        for n, name in enumerate(names, 1)
    ]
    return b"".join(
        [_record(BEGIN_BOOK), _record(BEGIN_SHEETS), *bundle, _record(END_SHEETS), _record(END_BOOK)]
    )


def _sheet(cells: Cells) -> bytes:
    rows = [row for row, _ in cells] or [0]
    columns = [column for _, column in cells] or [0]
    dimension = struct.pack("<IIII", min(rows), max(rows), min(columns), max(columns))
    parts = [_record(BEGIN_SHEET), _record(DIMENSION, dimension), _record(BEGIN_DATA)]
    current = -1
    for (row, column), value in sorted(cells.items()):
        if row != current:
            parts.append(_record(ROW, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0)))
            current = row
        parts.append(_cell(column, value))
    return b"".join([*parts, _record(END_DATA), _record(END_SHEET)])


def _cell(column: int, value: Value) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(value, bool):
        return _record(BOOLEAN, place + bytes([value]))
    if isinstance(value, str):
        return (
            _record(ERROR, place + b"\x17") if value.startswith("#") else _record(TEXT, place + _text(value))
        )
    return _record(REAL, place + struct.pack("<d", value))


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def _record(kind: int, content: bytes = b"") -> bytes:
    """Kind and size are written seven bits a byte, the lowest first."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = b"", len(content)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + size + content
