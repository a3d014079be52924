"""Files that should never come back, made in memory: damaged ones, other kinds of file, and attacks.

``FILES`` names each with the code it must end in, or "" where it is to be read as if nothing were wrong, or
``ANY`` where only an ending is asked for. ``python tests/hostile.py FOLDER`` writes them all;
``python tests/hostile.py --measure PATH`` reads one and prints what it took.
"""

from __future__ import annotations

import functools
import io
import json
import os
import random
import re
import struct
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "samples"), str(HERE.parent / "src")]

ANY = "any"
SHEET, BOOK, STRINGS, STYLES = (
    f"xl/{name}.xml" for name in ("worksheets/sheet3", "workbook", "sharedStrings", "styles")
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OLD = "old-format|old-format-unreadable"  # whether the extra is installed or not


class Hostile(NamedTuple):
    """How to make the file, the code it must end in (several parted by ``|``), and whether to measure it apart."""

    make: Callable[[], bytes]
    code: str
    is_heavy: bool


FILES: dict[str, Hostile] = {}


def hostile(code: str, *, heavy: bool = False, padded: bool = False):
    """Put the file that the function makes into the table, under the function's name.

    What is *padded* holds a picture besides, so large that no ratio is suspicious.
    """

    def add(make: Callable[[], bytes]) -> Callable[[], bytes]:
        FILES[make.__name__] = Hostile(
            (lambda: with_padding(make())) if padded else make, code, heavy or padded
        )
        return make

    return add


# -- tools


@functools.cache
def issued() -> bytes:
    """A sound return, filled."""
    from conftest import sound_prose, sound_values
    from xltools.data.filing import Stamp
    from xltools.data.period import Period
    from xltools.data.record import Agency
    from xltools.excel.writer import write_return
    from xltools.form.library import find

    form = find("xxgk-2021")
    agency = Agency("青禾区", "001", "青禾区教育局")
    return write_return(
        form, Stamp(form.key, form.edition, Period(2024), agency), sound_values(), sound_prose()
    )


def entries(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(parts: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these parts; names may repeat."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as file:
        warnings.simplefilter("ignore")
        for name, content in parts:
            file.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def changed(part: str, change: Callable[[bytes], bytes], package: bytes | None = None) -> bytes:
    parts = entries(package or issued())
    parts[part] = change(parts[part])
    return packed(parts.items())


def replaced(part: str, pattern: str, new: str, count: int = 1) -> bytes:
    """The return with a text in one part replaced; it must be there."""

    def change(content: bytes) -> bytes:
        text, times = re.subn(pattern, lambda _: new, content.decode(), count=count)
        assert times, pattern
        return text.encode()

    return changed(part, change)


def in_rows(rows: str) -> bytes:
    """The return with these rows behind the others of a sheet."""
    return replaced(SHEET, "</sheetData>", f"{rows}</sheetData>")


def in_cell(content: str, attributes: str = "") -> bytes:
    """The return with that in a cell far from the tables."""
    return in_rows(f'<row r="900"><c r="AZ900"{attributes}>{content}</c></row>')


def with_doctype(part: str, doctype: str, body: str = "") -> bytes:
    text = entries(issued())[part].decode()
    head, _, rest = text.partition("?>")
    return changed(
        part, lambda _: f"{head}?>{doctype}{rest.replace('</sheetData>', f'{body}</sheetData>')}".encode()
    )


def without(*names: str) -> bytes:
    return packed((name, content) for name, content in entries(issued()).items() if name not in names)


def added(*parts: tuple[str, bytes]) -> bytes:
    return packed([*entries(issued()).items(), *parts])


def with_padding(package: bytes) -> bytes:
    """The package with a picture that makes it look less as if it were only a shell."""
    parts = entries(package)
    size = sum(map(len, parts.values())) // 150
    picture = (zipfile.ZipInfo("xl/media/pad.jpg"), random.Random(0).randbytes(size))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
        file.writestr(*picture, zipfile.ZIP_STORED)
    return out.getvalue()


def deflated(piece: bytes, times: int) -> bytes:
    """*piece* over and over as one deflate stream, made without compressing it more than once."""
    first = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = first.compress(piece) + first.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    return head * times + last.compress(b"") + last.flush()


class Raw(NamedTuple):
    """An entry as its headers claim it to be."""

    name: bytes
    content: bytes  # as stored
    size: int
    crc: int = 0
    method: int = 8
    flags: int = 0
    local_name: bytes | None = None


def raw_zip(items: Iterable[Raw]) -> bytes:
    """A zip with headers that say whatever they are told to."""
    body, directory = bytearray(), bytearray()
    count = 0
    for item in items:
        count += 1
        about = struct.pack(
            "<HHHHHLLL", 20, item.flags, item.method, 0, 33, item.crc, len(item.content), item.size
        )
        local = item.name if item.local_name is None else item.local_name
        offset = len(body)
        body += b"PK\x03\x04" + about + struct.pack("<HH", len(local), 0) + local + item.content
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + about
        directory += struct.pack("<HHHHHLL", len(item.name), 0, 0, 0, 0, 0, offset) + item.name
    end = struct.pack("<HHHHLLH", 0, 0, count & 0xFFFF, count & 0xFFFF, len(directory), len(body), 0)
    return bytes(body) + bytes(directory) + b"PK\x05\x06" + end


def raw_entries() -> list[Raw]:
    """The entries of the return, as they really are."""
    found = []
    for name, content in entries(issued()).items():
        maker = zlib.compressobj(6, zlib.DEFLATED, -15)
        stored = maker.compress(content) + maker.flush()
        found.append(Raw(name.encode(), stored, len(content), zlib.crc32(content)))
    return found


def raw_changed(**changes: object) -> bytes:
    """The return with other headers for one sheet."""
    return raw_zip(r._replace(**changes) if r.name == SHEET.encode() else r for r in raw_entries())


def large_sheet(piece: bytes, times: int, before: bytes = b"", after: bytes = b"") -> bytes:
    """The return with a sheet too large to make text of: rows between *before* and *after*."""
    head = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode() + before
    content = head + piece * times + after + b"</sheetData></worksheet>"
    return changed(SHEET, lambda _: content)


def office(main: str, root: str) -> bytes:
    """A document of another Office program."""
    relation = f'<Relationship Id="a" Type="{RELATIONS}/officeDocument" Target="{main}"/>'
    return packed(
        [
            ("[Content_Types].xml", b"<Types/>"),
            ("_rels/.rels", f"<Relationships>{relation}</Relationships>".encode()),
            (main, root.encode()),
        ]
    )


# -- no workbook at all


@hostile("empty-file")
def nothing() -> bytes:
    return b""


@hostile("damaged")
def first_byte_only() -> bytes:
    return b"P"


@hostile("damaged")
def signature_only() -> bytes:
    return b"PK\x03\x04"


@hostile("damaged")
def never_written() -> bytes:
    return bytes(30_000)


@hostile("document-security")
def noise() -> bytes:
    return random.Random(1).randbytes(30_000)


@hostile("document-security")
def security_by_mark() -> bytes:
    return b"b\x14#eE-SafeNet\0\0\0LOCK" + noise()


@hostile("document-security")
def security_by_another_mark() -> bytes:
    return b"%TSD-Header-###%" + noise()


@hostile("damaged")
def first_half() -> bytes:
    return issued()[: len(issued()) // 2]


@hostile("damaged")
def last_bytes_lost() -> bytes:
    return issued()[:-100]


@hostile("damaged")
def first_bytes_lost() -> bytes:
    return issued()[100:]


@hostile("damaged")
def hole_in_the_middle() -> bytes:
    data = bytearray(issued())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    return bytes(data)


@hostile("damaged")
def middle_missing() -> bytes:
    return issued()[:8000] + issued()[9000:]


@hostile("damaged")
def text_mode_transfer() -> bytes:
    return issued().replace(b"\n", b"\r\n")


@hostile("html-file")
def web_page() -> bytes:
    return "<html><table><tr><td>总计</td></tr></table></html>".encode()


@hostile("html-file")
def web_page_gbk() -> bytes:
    return "<HTML><head><title>报表</title></head><table><tr><td>总计</td></tr></table>".encode("gb18030")


@hostile("html-file")
def web_page_utf16() -> bytes:
    return "<html><table><tr><td>总计</td></tr></table></html>".encode("utf-16")


@hostile("html-file")
def web_page_of_excel() -> bytes:
    return b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"\r\n\r\n--x\r\n'


@hostile("html-file")
def login_page() -> bytes:
    return b"\xef\xbb\xbf\r\n<!DOCTYPE html>\r\n<title>Sign in</title>"


@hostile("csv-file")
def csv_gbk() -> bytes:
    return ("代码,名称,数量\r\n" + "001,教育局,12\r\n" * 500).encode("gb18030")


@hostile("csv-file")
def csv_utf16() -> bytes:
    return "代码\t名称\r\n001\t教育局\r\n".encode("utf-16")


@hostile("csv-file")
def plain_text() -> bytes:
    return "附件请见邮件正文".encode()


@hostile("csv-file")
def json_text() -> bytes:
    return b'{"code": "001", "values": []}'


@hostile(OLD)
def xml_spreadsheet_2003() -> bytes:
    return b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'


@hostile("not-a-workbook")
def some_xml() -> bytes:
    return b'<?xml version="1.0"?><invoice/>'


@hostile("word-document")
def rich_text() -> bytes:
    return rb"{\rtf1\ansi\deff0 x}"


@hostile("not-a-workbook")
def pdf() -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


@hostile("not-a-workbook")
def picture() -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100)


@hostile("archive")
def rar() -> bytes:
    return b"Rar!\x1a\x07\x01\x00" + bytes(100)


@hostile("archive")
def seven_zip() -> bytes:
    return b"7z\xbc\xaf\x27\x1c\0\4" + bytes(100)


@hostile("archive")
def gzip_archive() -> bytes:
    return b"\x1f\x8b\x08\0" + bytes(100)


@hostile("lock-file")
def lock_of_excel() -> bytes:
    name = "admin"
    head = bytes([len(name)]) + name.encode().ljust(54, b" ")
    return head + struct.pack("<H", len(name)) + name.encode("utf-16-le").ljust(108, b" ")


@hostile("lock-file")
def lock_of_word() -> bytes:
    return bytes([3]) + b"abc".ljust(161, b"\0")


@hostile("encrypted")
def encrypted() -> bytes:
    import clerk

    return clerk.ole("EncryptionInfo", "EncryptedPackage")


@hostile(OLD)
def old_workbook() -> bytes:
    import clerk

    return clerk.ole("Workbook")


@hostile("word-document")
def old_word_document() -> bytes:
    import clerk

    return clerk.ole("WordDocument", "1Table")


@hostile("not-a-workbook")
def old_slides() -> bytes:
    import clerk

    return clerk.ole("PowerPoint Document", "Current User")


@hostile(OLD)
def header_of_an_old_file() -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1")


# -- zips of other things


@hostile("word-document")
def word_document() -> bytes:
    return office("word/document.xml", "<document/>")


@hostile("not-a-workbook")
def slides() -> bytes:
    return office("ppt/presentation.xml", "<presentation/>")


@hostile("not-a-workbook")
def document_in_the_folder_of_workbooks() -> bytes:
    return office("xl/workbook.xml", "<document/>")


@hostile("word-document")
def open_document_text() -> bytes:
    return packed([("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<x/>")])


@hostile(OLD)
def open_document_sheet() -> bytes:
    return packed([("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<x/>")])


@hostile(OLD)
def binary_workbook() -> bytes:
    return office("xl/workbook.bin", "x")


@hostile("not-a-workbook")
def zip_of_text() -> bytes:
    return packed([("readme.txt", b"x"), ("photo.jpg", b"x")])


@hostile("not-a-workbook")
def zip_of_nothing() -> bytes:
    return packed([])


@hostile("archive")
def zip_of_workbooks() -> bytes:
    return packed([("001.xlsx", issued())])


@hostile("encrypted-archive")
def zip_with_password() -> bytes:
    return raw_zip([Raw(b"001.xlsx", b"x" * 50, 38, flags=1)])


@hostile("encrypted-archive")
def workbook_zipped_with_password() -> bytes:
    return raw_changed(flags=1)


@hostile("macros")
def macros() -> bytes:
    return added(("xl/vbaProject.bin", b"x"))


@hostile("macros")
def macros_under_another_name() -> bytes:
    relation = '<Relationship Id="m" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="x.bin"/>'
    data = changed(
        "xl/_rels/workbook.xml.rels",
        lambda c: c.replace(b"</Relationships>", relation.encode() + b"</Relationships>"),
    )
    return packed([*entries(data).items(), ("xl/x.bin", b"x")])


@hostile("macros")
def macro_sheet() -> bytes:
    return added(("xl/macrosheets/sheet1.xml", b"<x/>"))


@hostile("macros")
def macros_of_wps() -> bytes:
    return added(("xl/JDEData.bin", b"x"))


@hostile("")
def macro_workbook_without_macros() -> bytes:
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    return changed(
        "[Content_Types].xml",
        lambda c: c.replace(kind, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
    )


# -- document types

LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)
)


@hostile("doctype")
def doctype_in_a_sheet() -> bytes:
    return with_doctype(SHEET, "<!DOCTYPE worksheet>")


@hostile("doctype")
def doctype_in_the_workbook() -> bytes:
    return with_doctype(BOOK, "<!DOCTYPE workbook SYSTEM 'http://example.invalid/x.dtd'>")


@hostile("doctype")
def doctype_in_the_relations() -> bytes:
    return with_doctype("xl/_rels/workbook.xml.rels", "<!DOCTYPE Relationships>")


@hostile("doctype", heavy=True)
def billion_laughs() -> bytes:
    return with_doctype(SHEET, LAUGHS + "]>", '<row><c t="str"><v>&a9;</v></c></row>')


@hostile("doctype", heavy=True)
def quadratic_laughs() -> bytes:
    doctype = f"<!DOCTYPE x [<!ENTITY a '{'x' * 100_000}'>]>"
    return with_doctype(SHEET, doctype, f"<row><c t='str'><v>{'&a;' * 100_000}</v></c></row>")


@hostile("doctype")
def external_entity() -> bytes:
    return with_doctype(STRINGS, "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>")


@hostile("doctype")
def parameter_entity() -> bytes:
    return with_doctype(SHEET, "<!DOCTYPE x [<!ENTITY % a SYSTEM 'file:///etc/passwd'>%a;]>")


@hostile("doctype")
def doctype_in_utf16() -> bytes:
    data = with_doctype(SHEET, "<!DOCTYPE worksheet>")
    return changed(SHEET, lambda c: c.decode().replace("UTF-8", "UTF-16").encode("utf-16"), data)


@hostile("damaged")
def entity_without_a_definition() -> bytes:
    return in_cell("<v>&x;</v>", ' t="str"')


# -- tricks of the zip


@hostile("duplicate-part")
def part_twice() -> bytes:
    return added((SHEET, b"<worksheet/>"))


@hostile("duplicate-part")
def part_twice_in_another_case() -> bytes:
    return added((SHEET.upper(), b"<worksheet/>"))


@hostile("duplicate-part")
def part_twice_with_backslashes() -> bytes:
    return added((SHEET.replace("/", "\\"), b"<worksheet/>"))


@hostile("unsafe-path")
def path_upwards() -> bytes:
    return added(("../../evil.txt", b"x"))


@hostile("unsafe-path")
def path_upwards_with_backslashes() -> bytes:
    return added(("xl\\..\\..\\evil.txt", b"x"))


@hostile("unsafe-path")
def path_from_the_root() -> bytes:
    return added(("/etc/passwd", b"x"))


@hostile("unsafe-path")
def path_on_a_drive() -> bytes:
    return added(("C:\\evil.exe", b"x"))


@hostile("unsafe-path")
def path_with_a_nul() -> bytes:
    return raw_zip([*raw_entries(), Raw(b"xl/a.xml\0.exe", b"\x03\0", 0)])


@hostile("bomb", heavy=True)
def bomb_of_spaces() -> bytes:
    """1 MB that unpacks to a gigabyte."""
    spaces = Raw(SHEET.encode(), deflated(b" " * (1 << 20), 1024), 1 << 30)
    return raw_zip(spaces if r.name == spaces.name else r for r in raw_entries())


@hostile("bomb", heavy=True)
def bomb_of_cells() -> bytes:
    return changed(
        SHEET,
        lambda c: c.replace(
            b"</sheetData>", b"<row>" + b"<c><v>1</v></c>" * 3_000_000 + b"</row></sheetData>"
        ),
    )


@hostile("bomb", heavy=True)
def bomb_of_many_parts() -> bytes:
    piece = deflated(b" " * (1 << 20), 30)
    return raw_zip([*raw_entries(), *(Raw(b"xl/m%d.xml" % n, piece, 30 << 20) for n in range(40))])


@hostile("damaged")
def overlapping_entries() -> bytes:
    """Twenty entries of the directory share the bytes of one."""
    data = packed([*entries(issued()).items(), ("xl/media/a0.bin", bytes(1000))])
    start = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entry = data[start:end]
    copies = b"".join(entry.replace(b"a0.bin", b"a%d.bin" % n) for n in range(1, 10))
    count, size, place = struct.unpack("<HLL", data[end + 10 : end + 20])
    tail = struct.pack("<HHLL", count + 9, count + 9, size + len(copies), place)
    return data[:end] + copies + data[end : end + 8] + tail + data[end + 20 :]


@hostile("too-large")
def many_entries() -> bytes:
    return raw_zip([*raw_entries(), *(Raw(b"xl/%d" % n, b"\x03\0", 0) for n in range(6000))])


@hostile("too-large", heavy=True)
def nothing_but_a_directory() -> bytes:
    """Fifty megabytes of directory: a million entries that share one byte."""
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + struct.pack("<HHHHHLLL", 20, 0, 0, 0, 33, 0, 0, 0)
    entry += struct.pack("<HHHHHLL", 1, 0, 0, 0, 0, 0, 0) + b"x"
    directory = entry * 1_000_000
    end = struct.pack("<HHHHLLH", 0, 0, 0, 0, len(directory), 31, 0)
    return b"PK\x03\x04" + bytes(27) + directory + b"PK\x05\x06" + end


@hostile("too-large", heavy=True)
def fifty_megabytes_of_noise() -> bytes:
    return packed([*entries(issued()).items(), ("xl/media/a.bin", random.Random(2).randbytes(51 << 20))], 0)


@hostile("")
def picture_of_forty_megabytes() -> bytes:
    return packed([*entries(issued()).items(), ("xl/media/a.jpg", random.Random(3).randbytes(40 << 20))], 0)


@hostile("too-large", heavy=True)
def much_that_hardly_shrinks() -> bytes:
    block = random.Random(4).randbytes(1 << 20)
    piece = deflated(block, 7)
    return raw_zip([*raw_entries(), *(Raw(b"xl/m%d.xml" % n, piece[: 1 << 20], 40 << 20) for n in range(6))])


@hostile("damaged")
def size_declared_too_small() -> bytes:
    return raw_changed(size=1000)


@hostile("", heavy=True)
def gigabyte_behind_the_size_declared() -> bytes:
    """What is declared is all there, and sound."""
    content = entries(issued())[SHEET]
    maker = zlib.compressobj(6, zlib.DEFLATED, -15)
    stream = maker.compress(content) + maker.flush(zlib.Z_FULL_FLUSH)
    return raw_changed(content=stream + deflated(b" " * (1 << 20), 1000))


@hostile("")
def size_declared_too_large() -> bytes:
    return raw_changed(size=5_000_000)


@hostile("damaged")
def checksum_wrong() -> bytes:
    return raw_changed(crc=1)


@hostile("damaged")
def compressed_data_wrong() -> bytes:
    return raw_changed(content=b"\xff" * 3000)


@hostile("damaged")
def compression_unknown() -> bytes:
    return raw_changed(method=97)


@hostile("damaged")
def compression_lzma() -> bytes:
    return packed(entries(issued()).items(), zipfile.ZIP_LZMA)


@hostile("damaged")
def compression_bzip2() -> bytes:
    return packed(entries(issued()).items(), zipfile.ZIP_BZIP2)


@hostile("damaged")
def names_differ() -> bytes:
    return raw_changed(local_name=b"xl/worksheets/sheetX.xml")


@hostile("damaged")
def directory_elsewhere() -> bytes:
    data = bytearray(issued())
    end = data.rindex(b"PK\x05\x06")
    data[end + 16 : end + 20] = struct.pack("<L", 0x7FFFFFFF)
    return bytes(data)


@hostile("damaged")
def nonsense_of_zip64() -> bytes:
    data = issued()
    end = data.rindex(b"PK\x05\x06")
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 1 << 60, 1 << 60, 1 << 60, 1 << 60)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
    return data[:end] + record + locator + data[end:]


@hostile("damaged")
def tail_of_something_else() -> bytes:
    return issued() + bytes(70_000)


@hostile("not-a-workbook")
def self_extracting() -> bytes:
    return b"MZ" + bytes(500) + issued()


# -- parts that are not there, or not what they should be


@hostile("not-a-workbook")
def no_relations() -> bytes:
    return without("_rels/.rels")


@hostile("not-a-workbook")
def no_workbook_part() -> bytes:
    return without(BOOK)


@hostile("damaged")
def no_sheet_part() -> bytes:
    return without(SHEET)


@hostile("damaged")
def no_strings_part() -> bytes:
    return without(STRINGS)


@hostile("")
def no_styles_part() -> bytes:
    return without(STYLES)


@hostile("")
def no_theme_part() -> bytes:
    return without("xl/theme/theme1.xml")


@hostile("")
def no_content_types() -> bytes:
    return without("[Content_Types].xml")


@hostile("damaged")
def empty_sheet_part() -> bytes:
    return changed(SHEET, lambda _: b"")


@hostile("damaged")
def empty_workbook_part() -> bytes:
    return changed(BOOK, lambda _: b"")


@hostile("damaged")
def zeros_in_a_part() -> bytes:
    return changed(SHEET, lambda c: bytes(len(c)))


@hostile("damaged")
def relation_outside() -> bytes:
    return replaced("xl/_rels/workbook.xml.rels", "worksheets/sheet3.xml", "../../../../etc/passwd")


@hostile("damaged")
def relation_without_a_target() -> bytes:
    return replaced("xl/_rels/workbook.xml.rels", 'Target="worksheets/sheet3.xml"', "")


@hostile("damaged")
def two_sheets_of_one_part() -> bytes:
    return replaced("xl/_rels/workbook.xml.rels", "worksheets/sheet3.xml", "worksheets/sheet2.xml")


@hostile("damaged", heavy=True)
def a_hundred_thousand_sheets_of_one_part() -> bytes:
    many = "".join(f'<sheet name="s{n}" sheetId="{n + 99}" r:id="rId2"/>' for n in range(100_000))
    return replaced(BOOK, "</sheets>", f"{many}</sheets>")


@hostile("damaged")
def two_sheets_of_one_name() -> bytes:
    names = re.findall(r'<sheet name="([^"]*)"', entries(issued())[BOOK].decode())
    return replaced(BOOK, f'<sheet name="{names[2]}"', f'<sheet name="{names[1]}"')


@hostile("damaged")
def sheet_without_a_name() -> bytes:
    return replaced(BOOK, r'<sheet name="[^"]*"', "<sheet")


@hostile("label-missing")
def sheet_is_the_strings() -> bytes:
    return replaced("xl/_rels/workbook.xml.rels", "worksheets/sheet3.xml", "sharedStrings.xml")


# -- XML


@hostile("damaged")
def tag_not_closed() -> bytes:
    return replaced(SHEET, "</sheetData>", "</sheetDate>")


@hostile("damaged")
def part_cut_off() -> bytes:
    return changed(SHEET, lambda c: c[: len(c) // 2])


@hostile("damaged")
def two_roots() -> bytes:
    return changed(SHEET, lambda c: c + b"<worksheet/>")


@hostile("damaged")
def encoding_unknown() -> bytes:
    return replaced(SHEET, "UTF-8", "X-NONSENSE")


@hostile("damaged")
def encoding_gb18030() -> bytes:
    return replaced(SHEET, "UTF-8", "GB18030")


@hostile("damaged")
def encoding_of_mainframes() -> bytes:
    return replaced(SHEET, "UTF-8", "cp037")


@hostile("damaged")
def encoding_of_python() -> bytes:
    return replaced(SHEET, "UTF-8", "unicode_escape")


@hostile("damaged")
def bytes_that_are_not_utf8() -> bytes:
    return changed(STRINGS, lambda c: c.decode().encode("gb18030"))


@hostile("damaged")
def control_character() -> bytes:
    return in_cell("<v>\x01</v>", ' t="str"')


@hostile("")
def utf16_part() -> bytes:
    return changed(SHEET, lambda c: c.decode().replace("UTF-8", "UTF-16").encode("utf-16"))


@hostile("", heavy=True)
def deep_nesting() -> bytes:
    return replaced(SHEET, "</worksheet>", f"{'<a>' * 90_000}{'</a>' * 90_000}</worksheet>")


@hostile("damaged", padded=True)
def deepest_nesting() -> bytes:
    return large_sheet(b"<a>", 3_000_000)


@hostile("damaged", padded=True)
def deep_nesting_behind_ordinary_rows() -> bytes:
    return large_sheet(b"<c>", 2_000_000, b"<row><c t='str'><v>x</v></c></row>" * 60_000)


@hostile("", heavy=True)
def hundred_thousand_attributes() -> bytes:
    attributes = " ".join(f'a{n}=""' for n in range(70_000))
    return replaced(SHEET, "<sheetData>", f"<sheetData {attributes}>")


@hostile("damaged", padded=True)
def millions_of_attributes() -> bytes:
    attributes = b" ".join(b'a%07x=""' % n for n in range(2_000_000))
    return large_sheet(b"", 0, b"<row " + attributes + b"/>")


@hostile("damaged", padded=True)
def millions_of_names() -> bytes:
    return large_sheet(b"", 0, b"".join(b"<a%07x/>" % n for n in range(2_000_000)))


@hostile("too-large", padded=True)
def millions_of_empty_cells() -> bytes:
    return large_sheet(b"<c/>", 8_000_000, b"<row>", b"</row>")


@hostile("too-large", padded=True)
def millions_of_cells() -> bytes:
    return large_sheet(
        b"".join(
            b"<row>" + b"".join(b"<c><v>%d</v></c>" % (n * r) for n in range(100)) + b"</row>"
            for r in range(1000, 1100)
        ),
        150,
    )


@hostile("too-large", padded=True)
def a_million_strings() -> bytes:
    text = "".join(f"<si><t>第{n}条</t></si>" for n in range(1_500_000))
    return changed(STRINGS, lambda c: c.replace(b"</sst>", text.encode() + b"</sst>"))


@hostile("damaged", heavy=True)
def one_text_of_thirty_megabytes() -> bytes:
    noise = random.Random(7).randbytes(1 << 20).hex().encode()
    return large_sheet(b"", 0, b"<row><c t='str'><v>" + "😀".encode() + noise * 15 + b"</v></c></row>")


@hostile("no-stamp|missing-sheet|label-missing|label-changed", padded=True)
def wide_characters_in_many_cells() -> bytes:
    """Each text takes four times its size in memory."""
    pick = random.Random(8)
    cells = b"".join(
        b'<c t="str"><v>%s%s</v></c>' % ("😀".encode(), pick.randbytes(30).hex().encode()) for _ in range(100)
    )
    return large_sheet(b"<row>" + cells + b"</row>", 4400)


@hostile("", heavy=True)
def text_in_a_million_pieces() -> bytes:
    return in_cell("<is>" + "<t>x</t>" * 120_000 + "</is>", ' t="inlineStr"')


@hostile("too-large|no-stamp|missing-sheet|label-missing", padded=True)
def text_in_millions_of_pieces() -> bytes:
    return large_sheet(b"<t>x</t>", 2_900_000, b"<row><c t='inlineStr'><is>", b"</is></c></row>")


@hostile("", heavy=True)
def property_in_many_pieces() -> bytes:
    more = '<property name="x"><vt:lpwstr>' + "a<b/>" * 150_000 + "</vt:lpwstr></property></Properties>"
    return replaced("docProps/custom.xml", "</Properties>", more)


# -- numbers, references, types


@hostile("")
def farthest_cell() -> bytes:
    return in_rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


@hostile("damaged")
def cell_behind_the_last_row() -> bytes:
    return in_rows('<row r="1048577"><c r="A1048577"><v>1</v></c></row>')


@hostile("damaged")
def cell_behind_the_last_column() -> bytes:
    return in_rows('<row r="900"><c r="XFE900"><v>1</v></c></row>')


@hostile("damaged")
def address_of_fourteen_digits() -> bytes:
    return in_rows('<row r="900"><c r="A99999999999999"><v>1</v></c></row>')


@hostile("damaged")
def row_of_fourteen_digits() -> bytes:
    return in_rows('<row r="99999999999999"><c><v>1</v></c></row>')


@hostile("damaged")
def row_of_ten_thousand_digits() -> bytes:
    return in_rows(f'<row r="{"9" * 10_000}"><c><v>1</v></c></row>')


@hostile("damaged")
def row_below_zero() -> bytes:
    return in_rows('<row r="-5"><c><v>1</v></c></row>')


@hostile("damaged")
def row_zero() -> bytes:
    return in_rows('<row r="900"><c r="A0"><v>1</v></c></row>')


@hostile("damaged")
def row_in_full_width_digits() -> bytes:
    return in_rows('<row r="９００"><c><v>1</v></c></row>')


@hostile("damaged")
def address_of_nothing() -> bytes:
    return in_rows('<row r="900"><c r=""><v>1</v></c></row>')


@hostile("damaged")
def address_is_a_range() -> bytes:
    return in_rows('<row r="900"><c r="A900:B900"><v>1</v></c></row>')


@hostile("damaged")
def cell_twice() -> bytes:
    return in_rows('<row r="900"><c r="A900"><v>1</v></c><c r="A900"><v>2</v></c></row>')


@hostile("damaged")
def cell_twice_the_second_time_empty() -> bytes:
    return in_rows('<row r="900"><c r="A900"><v>1</v></c><c r="A900"/></row>')


@hostile("damaged")
def input_twice() -> bytes:
    return replaced(SHEET, r'<c r="D6"[^>]*><v>[^<]*</v></c>', '<c r="D6"><v>1</v></c><c r="D6"><v>2</v></c>')


@hostile("damaged")
def cell_in_a_cell() -> bytes:
    return in_rows('<row r="900"><c r="A900"><c r="B900"/><v>1</v></c></row>')


@hostile("damaged")
def row_in_a_cell() -> bytes:
    return in_rows('<row r="900"><c r="A900"><row r="901"/><v>1</v></c></row>')


@hostile("damaged")
def cell_outside_all_rows() -> bytes:
    return replaced(SHEET, "<sheetData>", "<sheetData><c><v>1</v></c>")


@hostile("damaged")
def two_values_in_a_cell() -> bytes:
    return in_cell("<v>1</v><v>2</v>")


@hostile("damaged")
def two_formulas_in_a_cell() -> bytes:
    return in_cell("<f>A1</f><f>A2</f><v>2</v>")


@hostile("damaged")
def two_texts_in_a_cell() -> bytes:
    return in_cell("<is><t>1</t></is><is><t>2</t></is>", ' t="inlineStr"')


@hostile("damaged")
def formula_in_a_value() -> bytes:
    return in_cell("<v>1<f>2</f></v>")


@hostile("")
def formulas_behind_the_cells() -> bytes:
    """An extension with a namespace of its own may use the same names."""
    own = (
        '<ext xmlns="http://example.invalid/x"><f>A1</f><f>A2</f><v>1</v><v>2</v><is><t>x</t></is><is/></ext>'
    )
    return replaced(SHEET, "</worksheet>", f"<extLst>{own}</extLst></worksheet>")


@hostile("")
def style_out_of_range() -> bytes:
    return in_cell("<v>1</v>", ' s="99999"')


@hostile("")
def style_of_nothing() -> bytes:
    return in_cell("<v>1</v>", ' s=""')


@hostile("")
def string_of_nothing() -> bytes:
    return in_cell("<v></v>", ' t="s"')


@hostile("damaged")
def style_below_zero() -> bytes:
    return in_cell("<v>1</v>", ' s="-1"')


@hostile("damaged")
def style_is_a_word() -> bytes:
    return in_cell("<v>1</v>", ' s="x"')


@hostile("damaged")
def string_out_of_range() -> bytes:
    return in_cell("<v>999999</v>", ' t="s"')


@hostile("damaged")
def string_below_zero() -> bytes:
    return in_cell("<v>-1</v>", ' t="s"')


@hostile("damaged")
def string_is_a_word() -> bytes:
    return in_cell("<v>x</v>", ' t="s"')


@hostile("")
def type_unknown() -> bytes:
    return in_cell("<v>1</v>", ' t="zzz"')


@hostile("")
def number_is_a_word() -> bytes:
    return in_cell("<v>abc</v>")


@hostile("number-too-large|not-a-number")
def number_beyond_all_bounds() -> bytes:
    return replaced(SHEET, r'(?<=<c r="D6")([^>]*)><v>[^<]*</v>', "><v>1e400</v>")


@hostile(ANY)
def number_next_to_nothing() -> bytes:
    return replaced(SHEET, r'(?<=<c r="D6")([^>]*)><v>[^<]*</v>', "><v>1e-999999</v>")


@hostile(ANY)
def number_of_a_million_digits() -> bytes:
    return replaced(SHEET, r'(?<=<c r="D6")([^>]*)><v>[^<]*</v>', f"><v>{'9' * 900_000}</v>")


@hostile(ANY)
def nearly_a_number_of_a_million_digits() -> bytes:
    return replaced(SHEET, r'(?<=<c r="D6")([^>]*)><v>[^<]*</v>', f"><v>{'9' * 900_000}x</v>")


@hostile("not-a-number|number-too-large")
def not_a_number_at_all() -> bytes:
    return replaced(SHEET, r'(?<=<c r="D6")([^>]*)><v>[^<]*</v>', "><v>NaN</v>")


@hostile("text-date|not-a-number|number-too-large|negative")
def date_before_all_days() -> bytes:
    data = replaced(SHEET, r'(?<=<c r="D6")([^>]*)><v>[^<]*</v>', ' s="1"><v>-1e15</v>')
    return changed(
        STYLES,
        lambda c: re.sub(rb'(<cellXfs.*?<xf .*?<xf )numFmtId="\d+"', rb'\1numFmtId="14"', c, flags=re.DOTALL),
        data,
    )


def typed(text: str) -> bytes:
    """The return with that text in an input."""
    new = f' t="inlineStr"><is><t>{text}</t></is>'
    return replaced(SHEET, r'(?<=<c r="D6")([^>]*)><v>[^<]*</v>', new)


@hostile(ANY)
def text_of_brackets() -> bytes:
    return typed("(" * 5000 + "1" + ")" * 5000)


@hostile(ANY, heavy=True)
def text_of_digits() -> bytes:
    return typed("1" * 900_000)


@hostile(ANY, heavy=True)
def text_of_groups() -> bytes:
    return typed("1" + ",111" * 200_000 + "x")


@hostile(ANY, heavy=True)
def text_of_digits_and_remarks() -> bytes:
    return typed("1(" * 400_000)


@hostile(ANY, heavy=True)
def text_of_spaces() -> bytes:
    return typed("1" + " " * 900_000 + "1")


@hostile(ANY, heavy=True)
def text_that_grows_when_folded() -> bytes:
    return typed("\ufdfa" * 300_000)


@hostile("label-missing|label-changed", padded=True)
def texts_that_grow_when_folded() -> bytes:
    """Each of thirteen million characters stands for a sentence."""
    text = "\ufdfa" * 30
    cells = f'<c t="str"><v>{text}</v></c>' * 100
    return large_sheet(f"<row>{cells}</row>".encode(), 3400)


@hostile("missing-sheet|sheet-renamed", padded=True)
def many_short_texts_under_strange_names() -> bytes:
    """Every section is looked for among them."""
    parts = entries(issued())
    parts[BOOK] = re.sub(rb'<sheet name="(?!\xe5\xb0\x81)[^"]*', lambda m: m[0] + b"x", parts[BOOK])
    parts[BOOK] = re.sub(rb"<definedName name=.(?!xltools)[^<]*</definedName>", b"", parts[BOOK])
    cells = "".join(f"<c t='str'><v>{n}、Ａ总计</v></c>" for n in range(100))
    rows = f"<row>{cells}</row>" * 4300
    parts[SHEET] = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    return packed(parts.items())


@hostile(ANY)
def text_of_half_characters() -> bytes:
    return typed("_xD800_件_xDFFF__xD83D__xDE00_")


@hostile(ANY)
def text_that_commands_a_terminal() -> bytes:
    return typed("_x001B_[2J_x0007_12")


@hostile("damaged")
def merge_of_nonsense() -> bytes:
    return replaced(SHEET, r'<mergeCell ref="[^"]*"', '<mergeCell ref="A1:ZZZZ99999999"')


@hostile("damaged")
def merge_of_nothing() -> bytes:
    return replaced(SHEET, r'<mergeCell ref="[^"]*"', "<mergeCell")


@hostile("")
def merge_of_everything() -> bytes:
    return replaced(SHEET, "(?=<mergeCell )", '<mergeCell ref="A800:XFD1048576"/>')


@hostile("too-large", heavy=True)
def validations_without_end() -> bytes:
    many = '<dataValidation sqref="' + "A1 " * 300_000 + '"/>'
    return replaced(SHEET, r"</dataValidations>", f"{many}</dataValidations>")


@hostile(ANY, heavy=True)
def validations_up_to_the_limit() -> bytes:
    many = '<dataValidation sqref="' + "A999 " * 19_000 + '"/>'
    return replaced(SHEET, r"<dataValidations[^>]*>", f"<dataValidations>{many}")


@hostile(ANY, heavy=True)
def columns_hidden_a_hundred_thousand_times() -> bytes:
    many = '<col min="50" max="50" hidden="1"/>' * 25_000
    return replaced(SHEET, "</cols>", f"{many}</cols>")


@hostile("damaged")
def column_of_nonsense() -> bytes:
    return replaced(SHEET, "</cols>", '<col min="-1" max="99999999999" hidden="1"/></cols>')


@hostile("", heavy=True)
def format_of_brackets() -> bytes:
    return replaced(
        STYLES, "(?=<cellXfs)", f'<numFmts><numFmt numFmtId="190" formatCode="{"[" * 900_000}"/></numFmts>'
    )


# -- formulas


@hostile("damaged")
def shared_formula_of_nothing() -> bytes:
    return in_cell('<f t="shared" si="77"/><v>1</v>')


@hostile("damaged")
def shared_formula_without_a_number() -> bytes:
    return in_cell('<f t="shared"/><v>1</v>')


@hostile("")
def shared_formula_that_leaves_the_sheet() -> bytes:
    first = '<row r="900"><c r="D900"><f t="shared" ref="A1:D901" si="9">A1+B899</f><v>1</v></c></row>'
    return in_rows(
        first
        + '<row r="901"><c r="A901"><f t="shared" si="9"/><v>1</v></c></row><row r="1"><c r="AA1"><f t="shared" si="9"/><v>1</v></c></row>'
    )


@hostile("too-large", padded=True)
def shared_formula_of_many_cells() -> bytes:
    """A formula of eight thousand characters, written once for a hundred thousand cells."""
    text = "+".join(f"A{n}" for n in range(1, 1500))
    cells = "".join(f'<c r="AA{n}"><f t="shared" si="0"/></c>' for n in range(2, 100_000))
    return in_rows(
        f'<row r="900"><c r="AA1"><f t="shared" ref="AA1:AA99999" si="0">{text}</f></c>{cells}</row>'
    )


@hostile("", heavy=True)
def formula_of_quotes() -> bytes:
    quotes = "&quot;" * 100_001
    return in_cell(f"<f>{quotes}</f><v>1</v>")


@hostile(ANY, heavy=True)
def formula_of_quotes_in_a_total() -> bytes:
    quotes = "&quot;'" * 60_001
    return replaced(SHEET, r"<f>[^<]*</f>", f"<f>{quotes}</f>")


@hostile("", padded=True)
def a_label_half_a_million_times() -> bytes:
    """Searched for by its labels, the table would be anywhere."""
    label = re.findall(r"<t[^>]*>(总计|自然人)</t>", entries(issued())[STRINGS].decode())
    index = [
        re.sub("<[^>]*>", "", s) for s in re.findall(r"<si>.*?</si>", entries(issued())[STRINGS].decode())
    ].index(label[0])
    rows = "".join(f'<row><c t="s"><v>{index}</v></c></row>' for _ in range(440_000))
    return in_rows(rows)


@hostile("no-stamp|stamp-from-cover|label-changed|label-missing", padded=True)
def a_stranger_of_half_a_million_texts() -> bytes:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>' + "".join(
        f'<row><c t="str"><v>第{n}条 ＡＢＣ</v></c></row>' for n in range(440_000)
    )
    parts = entries(issued())
    parts["docProps/custom.xml"] = b"<Properties/>"
    parts[BOOK] = re.sub(rb"<definedNames>.*</definedNames>", b"", parts[BOOK])
    parts[SHEET] = f"{sheet}</sheetData></worksheet>".encode()
    return packed(parts.items())


def _with_comments(comments: str, authors: str = "<author>x</author>") -> bytes:
    """A return whose table of applications carries these comments."""
    return _with_part_of_a_sheet(
        "comments",
        f'<comments xmlns="{MAIN}"><authors>{authors}</authors><commentList>{comments}</commentList></comments>',
    )


def _with_part_of_a_sheet(kind: str, content: str) -> bytes:
    """A return whose table of applications has a relation of that kind."""
    relation = f'<Relationship Id="rId9" Type="{RELATIONS}/{kind}" Target="../part9.xml"/>'
    rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relation}</Relationships>'
    more = {"xl/worksheets/_rels/sheet4.xml.rels": rels.encode(), "xl/part9.xml": content.encode()}
    return packed((entries(issued()) | more).items())


@hostile("comment", padded=True)
def comments_by_the_hundred_thousand() -> bytes:
    each = '<comment ref="{}{}" authorId="0"><text><t>x</t></text></comment>'
    return _with_comments("".join(each.format("ABCD"[n % 4], n // 4 + 1) for n in range(300_000)))


@hostile("comment")
def comment_that_commands_a_terminal() -> bytes:
    return _with_comments(
        '<comment ref="D6" authorId="7"><text><t>&#x9b;31m_x001B_[2J&#x202e;</t></text></comment>'
    )


@hostile("damaged")
def comment_at_no_place() -> bytes:
    return _with_comments('<comment ref="D0" authorId="0"><text><t>x</t></text></comment>')


@hostile("damaged")
def comment_without_a_place() -> bytes:
    return _with_comments("<comment><text><t>x</t></text></comment>")


@hostile("")
def comment_of_nothing() -> bytes:
    return _with_comments('<comment ref="D6" authorId="0"><text/></comment>', authors="")


def _with_shapes(count: int, row: object = 5) -> bytes:
    """A return with pictures over its table of applications."""
    each = (
        f"<from><col>0</col><colOff>0</colOff><row>{row}</row><rowOff>0</rowOff></from>"
        "<to><col>16383</col><colOff>0</colOff><row>1048575</row><rowOff>0</rowOff></to><pic/>"
    )
    anchors = f"<twoCellAnchor>{each}</twoCellAnchor>" * count
    return _with_part_of_a_sheet("drawing", f"<wsDr>{anchors}</wsDr>")


@hostile("hidden-cells", padded=True)
def pictures_by_the_ten_thousand() -> bytes:
    return _with_shapes(19_999)


@hostile("too-large", padded=True)
def pictures_beyond_the_limit() -> bytes:
    return _with_shapes(20_001)


@hostile("damaged")
def picture_at_no_place() -> bytes:
    return _with_shapes(1, row="x")


@hostile("damaged")
def picture_at_a_place_of_a_million_digits() -> bytes:
    return _with_shapes(1, row="9" * 1_000_000)


# -- for use by hand


def measure(path: Path) -> dict[str, object]:
    """What reading a file took and how it ended; run in a process of its own."""
    from xltools.excel.reader import read_package

    read_package(issued(), "warm.xlsx")
    before = peak()
    data = path.read_bytes()
    started = processor_time()
    filing = read_package(data, path.name)
    seconds = processor_time() - started
    codes = sorted({finding.code for finding in filing.findings})
    return {
        "codes": codes,
        "seconds": seconds,
        "megabytes": (peak() - before) / 1024,
        "read": filing.record is not None,
        "slowness": slowness() if seconds > 1 else 1.0,  # far below the limit it does not matter
    }


_YARDSTICK = 0.12  # seconds, on the machine for which the limits were set, for what follows


def slowness() -> float:
    """How many times slower this machine is just now than the one the limits of time were set on, at least 1."""
    document = b"<r>" + b"<c><v>1</v></c>" * 300_000 + b"</r>"
    seen: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, _: seen.append(tag)
    started = processor_time()
    parser.Parse(document, True)
    return max(1.0, (processor_time() - started) / _YARDSTICK)


def processor_time() -> float:
    """What this process and its children have taken, whatever else the machine is doing."""
    return sum(os.times()[:4])


def peak() -> int:
    """The most memory this process has had, in kilobytes."""
    status = Path("/proc/self/status")
    if status.exists():  # unlike getrusage, not inherited from the process that started this one
        return int(re.search(r"VmHWM:\s*(\d+)", status.read_text(encoding="ascii"))[1])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--measure"]:
        print(json.dumps(measure(Path(arguments[1]))))
        return
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, one in FILES.items():
        (folder / f"{name}.xlsx").write_bytes(one.make())
    print(f"{len(FILES)} files in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
