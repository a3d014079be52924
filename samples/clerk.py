"""Edits of a workbook as a clerk makes them: type a figure, overwrite a formula, insert a row, delete a sheet.

The parts are edited without a spreadsheet program, so that the same edits give the same bytes everywhere.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr, unescape

from xltools.excel.package import patched, with_parts
from xltools.form.address import column_index, column_name


@dataclass(frozen=True)
class Formula:
    """A typed formula, with the result a program stored for it, if any."""

    text: str
    result: Decimal | None = None


@dataclass(frozen=True)
class Result:
    """Leave a formula and change its stored result: to an old figure, an error, or nothing."""

    value: Decimal | str | None


@dataclass(frozen=True)
class Error:
    """An error value without a formula, as pasting leaves it."""

    text: str


Content = Decimal | int | str | Formula | Result | Error | None
Contents = dict[str, Content]  # by column or row


def edited(package: bytes, sheet: str, edits: dict[str, Content]) -> bytes:
    """Return the workbook with each content typed at its address of *sheet*; ``None`` clears a cell."""

    def change(part: bytes) -> bytes:
        text = part.decode()
        for address, content in edits.items():
            text = _typed(text, address, content)
        return text.encode()

    return patched(package, {part_of(package, sheet): change})


def _typed(sheet: str, address: str, content: Content) -> str:
    pattern = re.compile(rf'<c r="{address}"(?: s="(\d+)")?(?: t="\w+")?(?:/>|>(.*?)</c>)')

    def cell(match: re.Match[str]) -> str:
        style = f' s="{match[1]}"' if match[1] else ""
        return _cell(f'r="{address}"{style}', content, match[2] or "")

    changed, times = pattern.subn(cell, sheet)
    if times != 1:
        raise LookupError(address)
    return changed


def _cell(head: str, content: Content, before: str) -> str:
    if content is None:
        return f"<c {head}/>"
    if isinstance(content, Formula):
        return f"<c {head}><f>{escape(content.text)}</f>{_value(content.result)}</c>"
    if isinstance(content, Result):
        formula = re.search(r"<f>.*?</f>", before)
        if formula is None:
            raise LookupError("no formula there")
        kind = ' t="e"' if isinstance(content.value, str) else ""
        return f"<c {head}{kind}>{formula[0]}{_value(content.value)}</c>"
    if isinstance(content, Error):
        return f'<c {head} t="e"><v>{content.text}</v></c>'
    if isinstance(content, str):
        return f'<c {head} t="inlineStr"><is><t xml:space="preserve">{escape(content)}</t></is></c>'
    return f"<c {head}>{_value(content)}</c>"


def _value(value: Decimal | int | str | None) -> str:
    return "" if value is None else f"<v>{value}</v>"


def part_of(package: bytes, sheet: str) -> str:
    """Return the name of the part of a sheet, in a workbook written by xltools or LibreOffice."""
    sheets = {
        unescape(name): identity
        for name, identity in re.findall(
            r'<sheet name="([^"]+)"[^>]* r:id="([^"]+)"', _read(package, "xl/workbook.xml")
        )
    }
    relations = re.findall(r"<Relationship [^>]*>", _read(package, "xl/_rels/workbook.xml.rels"))
    target = (
        next(r for r in relations if f'Id="{sheets[sheet]}"' in r).partition('Target="')[2].partition('"')[0]
    )
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _read(package: bytes, part: str) -> str:
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        return file.read(part).decode()


def with_row_inserted(package: bytes, sheet: str, row: int, contents: Contents | None = None) -> bytes:
    """Return the workbook with a row before *row* (from 1), with *contents* by column; references follow."""

    def down(address: str) -> str:
        return re.sub(r"\d+", lambda m: str(int(m[0]) + (int(m[0]) >= row)), address)

    added = {f"{column}{row}": content for column, content in (contents or {}).items()}
    return with_cells_added(_with_cells_moved(package, sheet, down), sheet, added)


def with_column_inserted(package: bytes, sheet: str, column: str, contents: Contents | None = None) -> bytes:
    """Return the workbook with a column before *column*, with *contents* by row; references follow."""
    first = column_index(column)

    def right(address: str) -> str:
        def moved(match: re.Match[str]) -> str:
            index = column_index(match[0])
            return column_name(index + (index >= first))

        return re.sub("[A-Z]+", moved, address)

    added = {f"{column}{row}": content for row, content in (contents or {}).items()}
    return with_cells_added(_with_cells_moved(package, sheet, right), sheet, added)


def _with_cells_moved(package: bytes, sheet: str, moved: Callable[[str], str]) -> bytes:
    """Return the workbook with the cells of a sheet *moved* to other addresses, and with all references to them."""
    own = part_of(package, sheet)
    quoted = re.escape(f"'{sheet}'!")

    def references(text: str) -> str:
        return re.sub(r"(?<![\w!'$])\$?[A-Z]{1,3}\$?\d+(?![\w(])", lambda m: moved(m[0]), text)

    def shift(part: bytes) -> bytes:
        text = re.sub(r'<row r="(\d+)"', lambda m: f'<row r="{moved(m[1])}"', part.decode())
        text = re.sub(r'<c r="([A-Z]+\d+)"', lambda m: f'<c r="{moved(m[1])}"', text)
        text = re.sub(r'( (?:ref|sqref)=")([^"]*)"', lambda m: f'{m[1]}{references(m[2])}"', text)
        return re.sub(r"<f>[^<]*</f>", lambda m: references(m[0]), text).encode()

    def follow(part: bytes) -> bytes:
        pattern = rf"({quoted})(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)"
        return re.sub(pattern, lambda m: m[1] + moved(m[2]), part.decode()).encode()

    others = {name: follow for name in _sheets(package) if name != own}
    return patched(package, {**others, own: shift, "xl/workbook.xml": follow})


def with_cells_added(package: bytes, sheet: str, contents: dict[str, Content]) -> bytes:
    """Return the workbook with contents at addresses of a sheet at which there is no cell yet."""

    def add(part: bytes) -> bytes:
        text = part.decode()
        for address, content in contents.items():
            row, cell = re.sub("[A-Z]", "", address), _cell(f'r="{address}"', content, "")
            found = re.search(rf'<row r="{row}"[^>]*[^/>]>.*?(?=</row>)', text)
            end = found.end() if found else text.index("</sheetData>")
            text = text[:end] + (cell if found else f'<row r="{row}">{cell}</row>') + text[end:]
        return text.encode()

    return patched(package, {part_of(package, sheet): add})


def with_sheet_copied(package: bytes, sheet: str, name: str, state: str = "visible") -> bytes:
    """Return the workbook with a copy of a sheet called *name* at its end; names of cells get a second, local one."""
    own, part = part_of(package, sheet), "xl/worksheets/sheet99.xml"
    while part in _sheets(package):
        part = part.replace(".xml", "9.xml")
    index = len(re.findall("<sheet ", _read(package, "xl/workbook.xml")))
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"

    def list_sheet(book: bytes) -> bytes:
        text, number = book.decode(), 90 + index
        added = (
            f'<sheet name="{escape(name)}" sheetId="{number}" state="{state}" r:id="copy{number}"/></sheets>'
        )
        names = re.findall(rf"<definedName name=\"([^\"]+)\">'{re.escape(sheet)}'!([^<]+)<", text)
        local = [
            f'<definedName name="{one}" localSheetId="{index}">\'{escape(name)}\'!{place}</definedName>'
            for one, place in names
        ]
        text = text.replace("</definedNames>", f"{''.join(local)}</definedNames>")
        return text.replace("</sheets>", added).encode()

    def relate(part_: bytes) -> bytes:
        target = part.removeprefix("xl/")
        relation = f'<Relationship Id="copy{90 + index}" Type="{kind}" Target="{target}"/></Relationships>'
        return part_.replace(b"</Relationships>", relation.encode())

    def declare(part_: bytes) -> bytes:
        return part_.replace(
            b"</Types>", f'<Override PartName="/{part}" ContentType="{types}"/></Types>'.encode()
        )

    changes = {
        "xl/workbook.xml": list_sheet,
        "xl/_rels/workbook.xml.rels": relate,
        "[Content_Types].xml": declare,
    }
    return with_parts(patched(package, changes), {part: _read(package, own).encode()})


def _sheets(package: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        return [name for name in file.namelist() if name.startswith("xl/worksheets/sheet")]


def with_rows_copied(package: bytes, sheet: str, first: int, last: int, by: int) -> bytes:
    """Return the workbook with rows *first* to *last* copied *by* rows further down."""

    def copy(part: bytes) -> bytes:
        text = part.decode()
        rows = [m for m in re.finditer(r'<row r="(\d+)".*?</row>', text) if first <= int(m[1]) <= last]
        moved = "".join(
            re.sub(r'( r="[A-Z]*)(\d+)"', lambda m: f'{m[1]}{int(m[2]) + by}"', row[0]) for row in rows
        )
        return text.replace("</sheetData>", f"{moved}</sheetData>").encode()

    return patched(package, {part_of(package, sheet): copy})


def with_date(package: bytes, sheet: str, address: str, serial: int) -> bytes:
    """Return the workbook with a date in a cell, as programs convert 1-5: a number with a date format."""
    return _with_style(package, sheet, address, "14", f"><v>{serial}</v>")


def with_number_format(package: bytes, sheet: str, address: str, content: Mapping[str, str]) -> bytes:
    """Return the workbook with a number format in a cell: its ``code``, and the ``value`` or the ``text`` of the cell."""

    def add(part: bytes) -> bytes:
        code = f'<numFmt numFmtId="399" formatCode={quoteattr(content["code"])}/>'
        return re.sub("(<numFmts[^>]*>)", lambda m: m[0] + code, part.decode()).encode()

    inside = f"><v>{content['value']}</v>" if "value" in content else ""
    inside = inside or f' t="inlineStr"><is><t>{escape(content["text"])}</t></is>'
    return _with_style(patched(package, {"xl/styles.xml": add}), sheet, address, "399", inside)


def with_look(package: bytes, sheet: str, address: str, content: Mapping[str, str]) -> bytes:
    """Return the workbook with a ``value`` in a cell of another ``font`` and ``fill``, which are the XML inside them."""

    def add(part: bytes) -> bytes:
        text = part.decode().replace("</fonts>", f"<font>{content['font']}</font></fonts>")
        return text.replace(
            "</fills>", f"<fill>{content.get('fill', '<patternFill/>')}</fill></fills>"
        ).encode()

    changed = patched(package, {"xl/styles.xml": add})
    return _with_style(changed, sheet, address, "0", f"><v>{content['value']}</v>", look=-1)


def _with_style(package: bytes, sheet: str, address: str, number: str, inside: str, look: int = 0) -> bytes:
    """Return the workbook with a cell of a new style, which has the number format of that *number*.

    Its font and fill are the first of the workbook, or with a *look* of -1 the last.
    """
    styles = _read(package, "xl/styles.xml")
    count = int(re.search(r'<cellXfs count="(\d+)"', styles)[1])  # type: ignore[index]

    def style(part: bytes) -> bytes:
        text = part.decode()
        font, fill = (range(text.partition(f"</{t}s>")[0].count(f"<{t}>"))[look] for t in ("font", "fill"))
        added = f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyNumberFormat="1"/>'
        text = text.replace("</cellXfs>", f"{added}</cellXfs>")
        return text.replace(f'<cellXfs count="{count}"', f'<cellXfs count="{count + 1}"').encode()

    def cell(part: bytes) -> bytes:
        new = f'<c r="{address}" s="{count}"{inside}</c>'
        return re.sub(
            rf'<c r="{address}"(?: [^>]*)?(?:/>|>.*?</c>)', lambda _: new, part.decode(), count=1
        ).encode()

    return patched(package, {part_of(package, sheet): cell, "xl/styles.xml": style})


def retyped(package: bytes) -> bytes:
    """Return the tables as typed into a new workbook: without stamp, names and cover."""
    package = without_sheet(without_names(package), "封面")
    return patched(
        package, {"docProps/custom.xml": lambda part: re.sub(rb"<property.*</property>", b"", part)}
    )


def with_part_changed(package: bytes, sheet: str, *replacements: tuple[str, str]) -> bytes:
    """Return the workbook with texts replaced in the part of one sheet; raise LookupError if one is missing."""

    def change(part: bytes) -> bytes:
        text = part.decode()
        for old, new in replacements:
            changed = re.sub(old, new, text)
            if changed == text:
                raise LookupError(old)
            text = changed
        return text.encode()

    return patched(package, {part_of(package, sheet) if sheet else "xl/workbook.xml": change})


def with_sheet_renamed(package: bytes, sheet: str, name: str) -> bytes:
    """Return the workbook with a sheet renamed, also in names and formulas."""

    def rename(part: bytes) -> bytes:
        text = part.decode().replace(f'<sheet name="{escape(sheet)}"', f'<sheet name="{escape(name)}"')
        return text.replace(f"'{escape(sheet)}'!", f"'{escape(name)}'!").encode()

    return patched(package, dict.fromkeys([*_sheets(package), "xl/workbook.xml"], rename))


def without_names(package: bytes) -> bytes:
    """Return the workbook without defined names, as some programs save it."""

    def drop(part: bytes) -> bytes:
        return re.sub(r"<definedNames>.*</definedNames>", "", part.decode()).encode()

    return patched(package, {"xl/workbook.xml": drop})


def without_properties(package: bytes) -> bytes:
    """Return the workbook without custom document properties."""
    empty = rb"<property .*</property>"
    return patched(package, {"docProps/custom.xml": lambda part: re.sub(empty, b"", part, flags=re.DOTALL)})


def with_names(package: bytes, names: Mapping[str, str]) -> bytes:
    """Return the workbook with further defined names."""
    added = "".join(
        f'<definedName name="{name}">{escape(text)}</definedName>' for name, text in names.items()
    )

    def add(part: bytes) -> bytes:
        return part.replace(b"</definedNames>", f"{added}</definedNames>".encode())

    return patched(package, {"xl/workbook.xml": add})


def without_sheet(package: bytes, sheet: str) -> bytes:
    """Return the workbook without one sheet; names that refer to it become #REF!."""

    def drop(part: bytes) -> bytes:
        text = part.decode()
        index = re.findall(r'<sheet name="([^"]+)"', text).index(sheet)
        text = re.sub(rf'<sheet name="{re.escape(sheet)}"[^>]*/>', "", text)
        text = re.sub(rf'<definedName [^>]*localSheetId="{index}"[^>]*>[^<]*</definedName>', "", text)
        text = re.sub(r'(localSheetId=")(\d+)', lambda m: m[1] + str(int(m[2]) - (int(m[2]) > index)), text)
        return re.sub(
            rf"(<definedName [^>]*>){re.escape(chr(39) + sheet + chr(39))}![^<]*<", r"\1#REF!<", text
        ).encode()

    return patched(package, {"xl/workbook.xml": drop})


def with_property(package: bytes, name: str, value: str) -> bytes:
    """Return the workbook with a custom property changed."""

    def rewrite(part: bytes) -> bytes:
        pattern = rf'(name="{re.escape(name)}"><vt:lpwstr>)[^<]*'
        return re.sub(pattern, lambda m: m[1] + escape(value), part.decode()).encode()

    return patched(package, {"docProps/custom.xml": rewrite})


def with_comment(package: bytes, sheet: str, address: str, text: str) -> bytes:
    """Return the workbook with a comment on a cell of a sheet without comments."""
    own = part_of(package, sheet).rpartition("/")[2]
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
    out = io.BytesIO(package)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            f"xl/worksheets/_rels/{own}.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{kind}" Target="../comments9.xml"/></Relationships>',
        )
        file.writestr(
            "xl/comments9.xml",
            '<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors><author>张三</author>'
            f'</authors><commentList><comment ref="{address}" authorId="0"><text><r><t>{escape(text)}</t></r></text>'
            "</comment></commentList></comments>",
        )
    return out.getvalue()


def ole(*streams: str) -> bytes:
    """Return an OLE compound file with these empty streams, like an .xls or an encrypted .xlsx."""
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + bytes.fromhex("3e000300feff0900") + bytes(480)
    directory = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0") + bytes(64) for name in ("Root Entry", *streams)
    )
    return header + directory.ljust(512, b"\0")
