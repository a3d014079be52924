"""What is taken out of a zip at once is what zipfile gives of each entry, or refuses to give."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
import zlib

import pytest

import fuzz
import hostile
from conftest import ROOT
from xltools.excel.marking.parts import Parts
from xltools.excel.package import with_parts
from xltools.office.guard import DAMAGE, Limits
from xltools.office.zipped import Zip


def told(read, *arguments):
    try:
        return read(*arguments)
    except DAMAGE as error:
        return type(error), str(error)


def entries_told(data):
    """What becomes of each entry here and with zipfile; nothing for what is no zip."""
    package = told(Zip, data)
    if not isinstance(package, Zip):
        assert told(zipfile.ZipFile, io.BytesIO(data)) == package
        return
    for entry in package.infolist():
        yield told(package.unpacked, entry), told(package.read, entry)


def test_what_programs_write_is_unpacked_without_zipfile():
    for path in sorted((ROOT / "samples" / "clean").rglob("*.xlsx")):
        package = Zip(path.read_bytes())
        for entry in package.infolist():
            assert package.packed(entry).unpacked() == package.read(entry), (path, entry)


def test_hostile_files_are_unpacked_as_by_zipfile():
    for name, one in hostile.FILES.items():
        if not one.is_heavy:
            assert all(ours == theirs for ours, theirs in entries_told(one.make())), name


@pytest.mark.parametrize("portion", range(4))
def test_mutants_are_unpacked_as_by_zipfile(portion):
    for number in range(portion * 100, (portion + 1) * 100):
        data = fuzz.mutant(number).data
        assert all(ours == theirs for ours, theirs in entries_told(data)), number


CONTENT = b"0123456789" * 50
DEFLATED = zlib.compress(CONTENT, wbits=-15)
SOUND = hostile.Raw(b"a", DEFLATED, len(CONTENT), zlib.crc32(CONTENT))
PART = zlib.crc32(CONTENT[:100])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"content": CONTENT, "method": 0},
        {"content": CONTENT, "method": 0, "size": 100},
        {"content": CONTENT, "method": 0, "size": 100, "crc": PART},
        {"content": CONTENT, "method": 0, "size": 600},
        {"content": b"", "size": 0, "crc": 0},
        {"content": b"", "method": 0, "size": 0, "crc": 0},
        {"content": zlib.compress(b"", wbits=-15), "size": 0, "crc": 0},
        {"size": 0},
        {"size": 0, "crc": 0},
        {"size": 100},
        {"size": 100, "crc": PART},
        {"size": 499},
        {"size": 501},
        {"size": 1 << 30},
        {"crc": 1},
        {"content": DEFLATED + b"more"},
        {"content": DEFLATED[:-1]},
        {"content": DEFLATED[:3]},
        {"content": b"\xff" * 9},
        {"flags": 0x1},
        {"flags": 0x8},
        {"flags": 0x20},
        {"flags": 0x40},
        {"flags": 0x800},
        {"name": "é".encode(), "flags": 0x800},
        {"name": b"\xe9"},
        {"name": b"\xe9", "local_name": "Θ".encode()},  # as which that is read, but not here
        {"name": b"a\0b"},
        {"name": b"a\\b"},
        {"name": b""},
        {"local_name": b"b"},
        {"local_name": b"ab"},
        {"local_name": b"A"},
        {"method": 12},
        {"content": CONTENT, "method": 12},
        {"method": 14},
        {"method": 97},
    ],
    ids=str,
)
def test_an_unusual_entry_is_what_zipfile_makes_of_it(changes):
    for items in ([SOUND._replace(**changes)], [SOUND._replace(name=b"x"), SOUND._replace(**changes)]):
        data = hostile.raw_zip(items)
        for moved in (
            data,
            b"in front" + data,
            data + b"behind",
            data.replace(b"PK\x03\x04", b"PK\x03\x05", 1),
        ):
            assert all(ours == theirs for ours, theirs in entries_told(moved))


def test_headers_that_point_elsewhere_are_what_zipfile_makes_of_them():
    data = hostile.raw_zip([SOUND, SOUND._replace(name=b"b")])
    start = data.index(b"PK\x01\x02")
    for field, place in (("size packed", start + 20), ("offset", start + 42), ("extra", 28), ("name", 26)):
        for value in (0, 1, 29, start, len(data) - 31, len(data) - 1, len(data), 0xFFFF, 0xFFFFFFFE):
            length = 4 if place > start else 2
            number = (value & (1 << 8 * length) - 1).to_bytes(length, "little")
            changed = data[:place] + number + data[place + length :]
            assert all(ours == theirs for ours, theirs in entries_told(changed)), (field, value)


@pytest.mark.parametrize(
    "copied", [lambda data: Parts(data, Limits()).read(hostile.SHEET), lambda data: with_parts(data, {})]
)
def test_whoever_edits_a_workbook_unpacks_no_more_than_it_declares(copied):
    content = hostile.entries(hostile.issued())[hostile.SHEET]
    maker = zlib.compressobj(6, zlib.DEFLATED, -15)
    stream = maker.compress(content) + maker.flush(zlib.Z_FULL_FLUSH)
    data = hostile.raw_changed(content=stream + hostile.deflated(b" " * (1 << 20), 100))
    assert copied(hostile.issued()) == copied(data)
    tracemalloc.start()
    try:
        copied(data)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
