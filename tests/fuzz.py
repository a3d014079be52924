"""Mutants of real returns: bytes, zip and XML, from a seed, the same for everyone.

``python tests/fuzz.py --runs 100000 --seed 7`` looks for one that ends in anything but a reading or a finding;
``--keep FOLDER`` puts the offenders there. ``--one N`` shows what became of mutant N. ``--of archives`` and
``--of formats`` mutate archives of returns, and the number formats of a return.
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import random
import re
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "samples"), str(HERE.parent / "src")]

from xltools.checking.collection import examine  # noqa: E402
from xltools.collection.reading import ReadOptions, read_file  # noqa: E402
from xltools.data.filing import Filing, RefusedFile, Return  # noqa: E402
from xltools.data.finding import SEVERITY, Finding  # noqa: E402
from xltools.data.period import Period  # noqa: E402
from xltools.excel.reader import read_package  # noqa: E402
from xltools.excel.scan import ScanError, scan  # noqa: E402
from xltools.office.guard import Limits  # noqa: E402
from xltools.report import data as report_data  # noqa: E402
from xltools.report import text as report_text  # noqa: E402
from xltools.text import message  # noqa: E402
from xltools.white_space import trimmed  # noqa: E402

SAMPLES = HERE.parent / "samples"
SECONDS = 5

Parts = dict[str, bytes]


@functools.cache
def seeds() -> tuple[tuple[str, bytes], ...]:
    """The returns that are mutated: clean ones, faulty ones, one as another program saves it, and a roll-up."""
    paths = [*sorted(SAMPLES.glob("clean/*"))[2:12:3], *sorted(SAMPLES.glob("published/*"))[:1]]
    paths += [
        p for p in sorted(SAMPLES.glob("problems/*.xlsx")) if p.name.startswith(("003", "009", "010", "013"))
    ]
    found = [(f"{path.parent.name}/{path.name}", path.read_bytes()) for path in paths]
    found.append(("openpyxl.xlsx", saved_by_openpyxl(found[0][1])))
    found.append(("rollup.xlsx", rollup(found[:3])))
    return tuple(found)


def saved_by_openpyxl(data: bytes) -> bytes:
    import openpyxl

    out = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(data)).save(out)
    return out.getvalue()


def rollup(files: list[tuple[str, bytes]]) -> bytes:
    from xltools.collection.merging import merge
    from xltools.excel.writer import write_rollup
    from xltools.form.library import find

    filings = [read_package(data, name) for name, data in files]
    merged = merge(filings, find("xxgk-2021"), Period(2024), "青禾区").rollup
    assert merged is not None
    return write_rollup(merged)


@functools.cache
def parts_of(index: int) -> Parts:
    with zipfile.ZipFile(io.BytesIO(seeds()[index][1])) as file:
        return {name: file.read(name) for name in file.namelist()}


class Mutant(NamedTuple):
    origin: str
    steps: list[str]
    data: bytes


def mutant(number: int) -> Mutant:
    """The mutant of that number."""
    pick = random.Random(number)
    index = pick.randrange(len(seeds()))
    origin, data = seeds()[index]
    steps: list[str] = []
    level = pick.choices(("xml", "zip", "bytes"), (8, 2, 2))[0]
    if level != "bytes":
        parts = dict(parts_of(index))
        changes = pick.choices(_ZIP if level == "zip" else _XML, k=pick.choice((1, 1, 1, 2, 3, 8)))
        steps += [change(parts, pick) for change in changes]
        data = packed(parts, pick.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    if level == "bytes" or pick.random() < 0.05:
        for _ in range(pick.choice((1, 1, 2, 4, 16))):
            change = pick.choice(_BYTES)
            steps.append(change.__name__)
            data = change(data, pick)
    return Mutant(origin, steps, data)


def packed(parts: Parts, method: int) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as file:
        warnings.simplefilter("ignore")
        for name, content in parts.items():
            file.writestr(zipfile.ZipInfo(name.removesuffix("\0again")), content, method)
    return out.getvalue()


# -- bytes


def flip(data: bytes, pick: random.Random) -> bytes:
    place = pick.randrange(len(data)) if data else 0
    return data[:place] + bytes([pick.randrange(256)]) + data[place + 1 :]


def cut(data: bytes, pick: random.Random) -> bytes:
    return data[: pick.randrange(len(data) + 1)]


def drop(data: bytes, pick: random.Random) -> bytes:
    place = pick.randrange(len(data) + 1)
    return data[:place] + data[place + pick.choice((1, 2, 4, 100, 1000)) :]


def insert(data: bytes, pick: random.Random) -> bytes:
    place = pick.randrange(len(data) + 1)
    return data[:place] + pick.randbytes(pick.choice((1, 2, 4, 100))) + data[place:]


def repeat(data: bytes, pick: random.Random) -> bytes:
    place, length = pick.randrange(len(data) + 1), pick.choice((4, 46, 100, 1000))
    return data[: place + length] + data[place:]


def blank(data: bytes, pick: random.Random) -> bytes:
    place, length = pick.randrange(len(data) + 1), pick.choice((4, 100, 512))
    return data[:place] + bytes(len(data[place : place + length])) + data[place + length :]


def header(data: bytes, pick: random.Random) -> bytes:
    """One field of a header of the zip, to a number that hurts."""
    kind, lengths = pick.choice(((b"PK\x03\x04", 30), (b"PK\x01\x02", 46), (b"PK\x05\x06", 22)))
    places = [match.start() for match in re.finditer(re.escape(kind), data)]
    if not places:
        return data
    place = pick.choice(places) + pick.randrange(4, lengths - 1)
    number = struct.pack(
        "<L", pick.choice((0, 1, 8, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, pick.getrandbits(32)))
    )
    length = pick.choice((1, 2, 4))
    return data[:place] + number[:length] + data[place + length :]


_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip,
    flip,
    cut,
    drop,
    insert,
    repeat,
    blank,
    header,
    header,
)


# -- parts


def _part(parts: Parts, pick: random.Random) -> str:
    """A part, the more important ones more often."""
    if not parts:
        parts["xl/a.xml"] = b"<a/>"
    wanted = pick.choice(("worksheets/", "workbook.xml", "sharedStrings", "styles", "custom.xml", "rels", ""))
    return pick.choice([name for name in parts if wanted in name] or list(parts))


def lose(parts: Parts, pick: random.Random) -> str:
    name = _part(parts, pick)
    del parts[name]
    return f"lose {name}"


def rename(parts: Parts, pick: random.Random) -> str:
    name = _part(parts, pick)
    new = pick.choice(
        (
            name.upper(),
            name.replace("/", "\\"),
            f"/{name}",
            f"../{name}",
            f"{name}x",
            name.rpartition("/")[2],
            pick.choice(list(parts)).upper(),
            "C:" + name,
            "xl/vbaProject.bin",
            "[Content_Types].xml",
            "",
        )
    )
    content = parts.pop(name)
    parts[new or "x"] = content
    return f"rename {name} {new}"


def twice(parts: Parts, pick: random.Random) -> str:
    name = _part(parts, pick)
    parts[f"{name}\0again"] = pick.choice((parts[name], b"", b"<a/>"))
    return f"twice {name}"


def exchange(parts: Parts, pick: random.Random) -> str:
    one, other = _part(parts, pick), _part(parts, pick)
    parts[one], parts[other] = parts[other], parts[one]
    return f"exchange {one} {other}"


def substitute(parts: Parts, pick: random.Random) -> str:
    """A part of another return in its place."""
    name, other = _part(parts, pick), parts_of(pick.randrange(len(seeds())))
    parts[name] = other.get(name, pick.choice(list(other.values())))
    return f"substitute {name}"


def empty(parts: Parts, pick: random.Random) -> str:
    name = _part(parts, pick)
    parts[name] = pick.choice((b"", b"\0" * 100, b"<?xml version='1.0'?>", b"<a/>", b"\xff\xfe<\0a\0/\0>\0"))
    return f"empty {name}"


def spoil(parts: Parts, pick: random.Random) -> str:
    name = _part(parts, pick)
    change = pick.choice((flip, cut, drop, insert, repeat, blank))
    parts[name] = change(parts[name], pick)
    return f"{change.__name__} in {name}"


def recode(parts: Parts, pick: random.Random) -> str:
    """Another encoding, whether the part says so or not."""
    name = _part(parts, pick)
    encoding = pick.choice(("utf-16", "utf-16-le", "utf-8-sig", "gb18030", "latin-1", "utf-32", "cp037"))
    text = parts[name].decode("utf-8", "replace")
    if pick.random() < 0.6:
        text = re.sub(
            r'encoding="[^"]*"',
            f'encoding="{pick.choice((encoding, "x-none", "utf-7", "idna", "UTF-16"))}"',
            text,
            count=1,
        )
    parts[name] = text.encode(pick.choice((encoding, "utf-8")), "replace")
    return f"recode {name} {encoding}"


_ZIP: tuple[Callable[[Parts, random.Random], str], ...] = (
    lose,
    rename,
    twice,
    exchange,
    substitute,
    empty,
    spoil,
    spoil,
    recode,
)


# -- XML

_TAG = re.compile(r"<[^<>]*>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_VALUES = (
    "", "0", "1", "-1", "A1", "B2", "D6", "XFD1048576", "A0", "AAAA1", "A1:B2", "99999999999999", "1e9", "NaN", "true", "x",
    "1048576", "1048577", "16384", "s", "n", "b", "e", "str", "inlineStr", "d", "shared", "array", "dataTable", "hidden",
    "rId1", "rId2", "rId99", "../x.xml", "http://x/y", "٣", "１", " 1 ", "1_0", "0x1", "2024-01-15", "&#10;", "&lt;",
)  # fmt: skip
_TEXTS = (
    "", "0", "-1", "1", "7", "1.5", "1e400", "1e-400", "-0", "NaN", "inf", "abc", "#REF!", "无", "１２", "12件", "1,234", "(5)", "2000万",
    "约100", "_xD800_", "_x0000_", "_x005F_x0041_", "9" * 400, " ", "\u3000", "\ufeff", "1&#10;2", "&amp;", "SUM(A1:B2)", "[1]Sheet1!A1",
    "'x'!A1", '"', "2024-01-15", "=1", "TRUE", "😀", "\u202e1", "45000",
)  # fmt: skip


def _xml(parts: Parts, pick: random.Random) -> tuple[str, str, list[re.Match[str]]]:
    name = _part(parts, pick)
    text = parts[name].decode("utf-8", "replace")
    return name, text, list(_TAG.finditer(text))


def _element(text: str, tags: list[re.Match[str]], pick: random.Random) -> tuple[int, int] | None:
    """Where a random element begins and ends."""
    openings = [tag for tag in tags if tag[0][1:2] not in "/?!"]
    if not openings:
        return None
    first = pick.choice(openings)
    if first[0].endswith("/>"):
        return first.span()
    name = re.match(r"<([^\s/>]+)", first[0])
    if name is None:
        return first.span()
    depth = 0
    for tag in re.finditer(rf"<(/?){re.escape(name[1])}(?=[\s/>])[^<>]*?(/?)>", text[first.start() :]):
        depth += -1 if tag[1] else 0 if tag[2] else 1
        if depth == 0:
            return first.start(), first.start() + tag.end()
    return first.span()


def delete_element(parts: Parts, pick: random.Random) -> str:
    name, text, tags = _xml(parts, pick)
    if span := _element(text, tags, pick):
        parts[name] = (text[: span[0]] + text[span[1] :]).encode()
    return f"delete {name} {span}"


def repeat_element(parts: Parts, pick: random.Random) -> str:
    name, text, tags = _xml(parts, pick)
    if span := _element(text, tags, pick):
        times = pick.choice((1, 1, 1, 3, 50)) if span[1] - span[0] < 5000 else 1
        parts[name] = (text[: span[1]] + text[span[0] : span[1]] * times + text[span[1] :]).encode()
    return f"repeat {name} {span}"


def move_element(parts: Parts, pick: random.Random) -> str:
    name, text, tags = _xml(parts, pick)
    if span := _element(text, tags, pick):
        piece, rest = text[span[0] : span[1]], text[: span[0]] + text[span[1] :]
        tag = pick.choice(list(_TAG.finditer(rest)) or [re.match("", rest)])
        parts[name] = (rest[: tag.end()] + piece + rest[tag.end() :]).encode()
    return f"move {name} {span}"


def swap_elements(parts: Parts, pick: random.Random) -> str:
    name, text, tags = _xml(parts, pick)
    one, other = _element(text, tags, pick), _element(text, tags, pick)
    if one and other and one[1] <= other[0]:
        pieces = (
            text[: one[0]],
            text[other[0] : other[1]],
            text[one[1] : other[0]],
            text[one[0] : one[1]],
            text[other[1] :],
        )
        parts[name] = "".join(pieces).encode()
    return f"swap {name} {one} {other}"


def wrap_element(parts: Parts, pick: random.Random) -> str:
    name, text, tags = _xml(parts, pick)
    if span := _element(text, tags, pick):
        outer, times = (
            pick.choice(("a", "c", "row", "is", "t", "v", "f", "x:c", "mc:Choice")),
            pick.choice((1, 1, 300)),
        )
        piece = f"<{outer}>" * times + text[span[0] : span[1]] + f"</{outer}>" * times
        parts[name] = (text[: span[0]] + piece + text[span[1] :]).encode()
    return f"wrap {name} {span}"


def change_attribute(parts: Parts, pick: random.Random) -> str:
    name, text, _ = _xml(parts, pick)
    found = list(_ATTRIBUTE.finditer(text))
    if not found:
        return f"attribute {name}"
    match = pick.choice(found)
    values = (
        pick.choice(_VALUES),
        pick.choice(found)[2],
        str(pick.randrange(-2, 200)),
        match[2][:-1],
        match[2] + "1",
    )
    value = pick.choice(values)
    parts[name] = (text[: match.start(2)] + value + text[match.end(2) :]).encode()
    return f"attribute {name} {match[0]!r} {value!r}"


def drop_attribute(parts: Parts, pick: random.Random) -> str:
    name, text, _ = _xml(parts, pick)
    found = list(re.finditer(r'\s[\w:]+="[^"]*"', text))
    if not found:
        return f"drop {name}"
    match = pick.choice(found)
    parts[name] = (text[: match.start()] + text[match.end() :]).encode()
    return f"drop {name} {match[0]!r}"


def add_attribute(parts: Parts, pick: random.Random) -> str:
    name, text, _ = _xml(parts, pick)
    tags = list(re.finditer(r"<[\w:]+(?=[\s/>])", text))
    if not tags:
        return f"add {name}"
    tag = pick.choice(tags)
    attribute = f' {pick.choice(("r", "s", "t", "si", "ref", "hidden", "sheet", "sqref", "state", "x", "xml:space"))}="{pick.choice(_VALUES)}"'
    parts[name] = (text[: tag.end()] + attribute + text[tag.end() :]).encode()
    return f"add {name} {tag[0]}{attribute}"


def change_text(parts: Parts, pick: random.Random) -> str:
    name, text, _ = _xml(parts, pick)
    found = list(re.finditer(r">([^<>]+)<", text))
    if not found:
        return f"text {name}"
    match = pick.choice(found)
    new = pick.choice(
        (pick.choice(_TEXTS), pick.choice(found)[1], match[1] + pick.choice(_TEXTS), match[1][1:])
    )
    parts[name] = (text[: match.start(1)] + new + text[match.end(1) :]).encode("utf-8", "replace")
    return f"text {name} {match[1][:40]!r} {new[:40]!r}"


def replace_cell(parts: Parts, pick: random.Random) -> str:
    """A cell as another program, or nobody, would write it."""
    sheets = [name for name in parts if "worksheets/sheet" in name] or list(parts)
    name = pick.choice(sheets) if sheets else _part(parts, pick)
    text = parts[name].decode("utf-8", "replace")
    found = list(re.finditer(r'<c r="([^"]*)"([^>]*?)(?:/>|>.*?</c>)', text))
    if not found:
        return f"cell {name}"
    match = pick.choice(found)
    new = pick.choice(_CELLS).format(
        r=match[1], v=pick.choice(_TEXTS), w=pick.choice(_TEXTS), a=match[2].replace("{", "")
    )
    parts[name] = (text[: match.start()] + new + text[match.end() :]).encode("utf-8", "replace")
    return f"cell {name} {match[1]} {new[:80]!r}"


_CELLS = (
    '<c r="{r}"><v>{v}</v></c>',
    '<c r="{r}" t="s"><v>{v}</v></c>',
    '<c r="{r}" t="str"><v>{v}</v></c>',
    '<c r="{r}" t="e"><v>{v}</v></c>',
    '<c r="{r}" t="b"><v>{v}</v></c>',
    '<c r="{r}" t="d"><v>{v}</v></c>',
    '<c r="{r}" t="inlineStr"><is><t>{v}</t></is></c>',
    '<c r="{r}" t="inlineStr"><is><r><t>{v}</t></r><r><t>{w}</t></r><rPh><t>x</t></rPh></is></c>',
    '<c r="{r}"{a}><f>{v}</f><v>{w}</v></c>',
    '<c r="{r}"{a}><f>{v}</f></c>',
    '<c r="{r}"{a}><f/><v>{w}</v></c>',
    '<c r="{r}"><f t="shared" si="0"/><v>{v}</v></c>',
    '<c r="{r}"><f t="shared" ref="{r}" si="0">A1+{v}</f><v>{w}</v></c>',
    '<c r="{r}"><f t="array" ref="{r}">{v}</f><v>{w}</v></c>',
    '<c r="{r}"><f t="dataTable" ref="{r}" r1="A1"/><v>{w}</v></c>',
    "<c><v>{v}</v></c>",
    '<c r="{r}"/><c r="{r}"><v>{v}</v></c>',
    '<c r="{r}"><v>{v}</v><v>{w}</v></c>',
    '<c r="{r}" t="inlineStr"><is><t>{v}</t></is><v>{w}</v></c>',
    '<c r="{r}" t="n"><is><t>{v}</t></is></c>',
    '<c r="{r}" s="{v}"><v>1</v></c>',
    '<c r="{r}"><c r="A1"><v>{v}</v></c></c>',
)


def insert_markup(parts: Parts, pick: random.Random) -> str:
    name, text, tags = _xml(parts, pick)
    place = pick.choice(tags).end() if tags else 0
    markup = pick.choice(
        (
            "<!DOCTYPE x>",
            "<!DOCTYPE x [<!ENTITY a 'b'>]>",
            "&a;",
            "<![CDATA[1]]>",
            "<!-- x -->",
            "<?x y?>",
            "]]>",
            "<",
            ">",
            "&",
            "</c>",
            "<a>" * 2000,
            "<row/>",
            "<c/>",
            '<row r="5"/>',
            "<sheetData>",
            "</sheetData>",
            '<mergeCell ref="A1:B2"/>',
            '<mergeCell ref="{x"/>',
            '<col min="1" max="3" hidden="1"/>',
            "<sheetProtection/>",
            '<dataValidation sqref="A1:XFD1048576"/>',
            "x" * 5000,
            "\x01",
        )
    )
    parts[name] = (text[:place] + markup + text[place:]).encode()
    return f"insert {name} {place} {markup[:30]!r}"


def prefix(parts: Parts, pick: random.Random) -> str:
    """Another program's prefix on every name, or on some."""
    name, text, _ = _xml(parts, pick)
    head, mark, body = text.rpartition("?>")
    body = re.sub(r"<(/?)(\w)", lambda m: f"<{m[1]}x:{m[2]}" if pick.random() < 0.999 else m[0], body)
    parts[name] = f"{head}{mark}{body.replace('xmlns=', 'xmlns:x=')}".encode()
    return f"prefix {name}"


_XML: tuple[Callable[[Parts, random.Random], str], ...] = (
    delete_element, delete_element, repeat_element, repeat_element, move_element, swap_elements, wrap_element,
    change_attribute, change_attribute, change_attribute, drop_attribute, add_attribute, change_text, change_text, change_text,
    replace_cell, replace_cell, replace_cell, replace_cell, insert_markup, prefix,
)  # fmt: skip


# -- archives of returns


def archive_mutant(number: int) -> Mutant:
    """The mutant of that number of an archive of returns, a page and another archive."""
    pick = random.Random(number)
    origins = pick.sample(seeds(), 3)
    contents = [*(data for _, data in origins), _PAGE]
    parts = {pick.choice(_MEMBERS).format(n): content for n, content in enumerate(contents)}
    inner = {"a.xlsx": origins[0][1], "b/c.xlsx": mutant(number).data}
    parts["inner.zip"] = packed(inner, zipfile.ZIP_DEFLATED)
    steps = [change(parts, pick) for change in pick.choices(_ARCHIVE, k=pick.choice((0, 1, 2, 4)))]
    data = packed(parts, pick.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    if not steps or pick.random() < 0.5:
        for change in pick.choices(_BYTES, k=pick.choice((1, 2, 8))):
            steps.append(change.__name__)
            data = change(data, pick)
    return Mutant("+".join(name for name, _ in origins), steps, data)


_PAGE = "<html><meta charset=gbk><table><tr><td>总计<td>1</table>".encode("gbk")
_MEMBERS = (
    *("{}.xlsx", "{}_局_2024.xlsx", "局/{}.xlsx", "a\\{}.XLSX", "{}\u202e.xlsx") * 4,
    *("{}.html", "~${}.xlsx", "__MACOSX/{}", ".{}", "{}.zip", "../{}.xlsx"),
)


def damage_member(parts: Parts, pick: random.Random) -> str:
    name = _part(parts, pick)
    parts[name] = pick.choice(_BYTES)(parts[name], pick)
    return f"damage {name}"


def repeat_member(parts: Parts, pick: random.Random) -> str:
    """So often that not all fit into the limits below."""
    name = _part(parts, pick)
    parts |= {f"{number}/{name}": parts[name] for number in range(pick.choice((5, 30)))}
    return f"repeat {name}"


_ARCHIVE: tuple[Callable[[Parts, random.Random], str], ...] = (
    lose, rename, twice, exchange, empty, spoil, recode, damage_member, damage_member, repeat_member,
)  # fmt: skip
_TIGHT = Limits(unpacked=2_000_000, xml=400_000, elements=20_000, cells=2000, seconds=1, archive=3)


def run_archive(number: int) -> list[Filing]:
    """Read every member of archive *number* within limits that are soon used up; raises when something does not hold."""
    one = archive_mutant(number)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mutant.zip")
        path.write_bytes(one.data)
        found = [
            f for f in read_file(str(path), ReadOptions(limits=_TIGHT)) if isinstance(f, Return | RefusedFile)
        ]
    assert time.process_time() - started < SECONDS, "too slow"
    for filing in found:
        codes = {finding.code for finding in filing.findings}
        assert filing.record is not None or codes, "neither a reading nor a finding"
        assert codes <= set(SEVERITY)
        assert "reader-failed" not in codes, filing.findings
        for finding in filing.findings:
            message(finding, "zh").encode("utf-8")
    return found


# -- number formats


def format_mutant(number: int) -> Mutant:
    """A return whose styles all have the number format of that number."""
    pick = random.Random(number)
    index = pick.randrange(len(seeds()))
    parts = dict(parts_of(index))
    code = "".join(pick.choices(_FORMATS, k=pick.choice((1, 2, 4, 8, 30)))) * pick.choice(
        (1, 1, 1, 100, 10_000)
    )
    name = next(name for name in parts if name.endswith("styles.xml"))
    text = re.sub("<numFmts.*?</numFmts>", "", parts[name].decode(), flags=re.DOTALL)
    formats = f"<numFmts><numFmt numFmtId='190' formatCode={quoteattr(code)}/></numFmts>"
    text = re.sub("<styleSheet[^>]*>", lambda match: match[0] + formats, text, count=1)
    parts[name] = re.sub('numFmtId="[0-9]+"', 'numFmtId="190"', text).encode()
    return Mutant(seeds()[index][0], [code[:200]], packed(parts, zipfile.ZIP_STORED))


_FORMATS = (
    "0", "00", "#", "?", ",", ".", "%", "‰", "E+", "e-", "/", "General", "G/通用格式", "@", ";", ";;;", "[", "]", "[Red]",
    "[红色]", "[>=100]", "[<1e9]", "[$-804]", "[$¥-804]", "[h]", "[DBNum1]", "yyyy", "m", "d", "年", "月", "日", "AM/PM",
    '"', '"万元"', "\\", "\\年", "_", "_)", "*", "* ", " ", "-", "(", ")", "￥", "万", "0.0,", '0"."0,', "\u200b", "😀", "&",
    "<", "\t",
)  # fmt: skip


# -- what must hold


def run(number: int) -> Filing:
    """Read mutant *number*, check it, and put everything that was found into words; raises when that does not hold."""
    return check(mutant(number))


def run_format(number: int) -> Filing:
    """The same for the return with number format *number*."""
    return check(format_mutant(number))


def check(one: Mutant) -> Filing:
    started = time.process_time()
    filing = read_package(one.data, "mutant.xlsx")
    collection = examine([filing], None, Period(2024))
    words = [report_text.collection_text(collection, lang) for lang in ("zh", "en")]
    words.append(report_data.json_text(report_data.filing_object(filing, collection.findings, "zh"), "utf-8"))
    words.append(report_data.csv_text([filing]))
    assert time.process_time() - started < SECONDS, "too slow"
    assert filing.record is not None or filing.findings, "neither a reading nor a finding"
    assert {finding.code for finding in collection.findings} <= set(SEVERITY)
    for text in words:
        text.encode("utf-8")
    json.loads(words[2])
    return filing


# -- another witness


_SHUFFLES = ("delete", "repeat", "move", "swap", "wrap", "insert", "drop in", "repeat in", "flip in")


def differences(one: Mutant) -> list[str] | None:
    """Where openpyxl and the scanner see something else in a file that both can read; ``None`` where one cannot."""
    import openpyxl

    data = one.data
    if any("sharedStrings" in step and step.startswith(_SHUFFLES) for step in one.steps):
        return None
    try:
        facts = scan(data)
    except ScanError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            formulas = openpyxl.load_workbook(io.BytesIO(data))
            results = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        except Exception:  # noqa: BLE001  it raises whatever it likes
            return None
    found = []
    shuffled = {step.split()[1] for step in one.steps if step.startswith(_SHUFFLES) and "worksheets/" in step}
    for number, sheet in enumerate(facts.sheets, 1):
        if f"xl/worksheets/sheet{number}.xml" in shuffled:
            continue  # elements where no schema has them: each reader makes of it what it can
        if sheet.name not in formulas.sheetnames:
            if not any(
                re.search("^rename|workbook.xml", step) for step in one.steps
            ):  # which openpyxl does not find
                found.append(f"sheet {sheet.name}")
            continue
        found += _sheet_differences(sheet, formulas[sheet.name], results[sheet.name])
    return found


def _sheet_differences(sheet, formulas, results):
    ours = {place: fact for place, fact in sheet.cells.items() if fact.text not in {None, ""} or fact.formula}
    theirs = {
        (cell.row - 1, cell.column - 1): cell for row in formulas.iter_rows() for cell in row if cell.value not in {None, ""}
    } if formulas.max_row < 5000 and formulas.max_column < 500 else {}  # fmt: skip
    covered = (
        {(r - 1, c - 1) for area in formulas.merged_cells.ranges for r, c in list(area.cells)[1:]}
        if theirs
        else set()
    )
    for place in sorted(set(ours) | set(theirs)):
        if place in covered or not theirs:
            continue  # openpyxl forgets what stands beneath a merged cell
        fact, cell = ours.get(place), theirs.get(place)
        shown = results.cell(place[0] + 1, place[1] + 1)
        # Where a cell with a link shows nothing, or is not there, it says where the link leads.
        linked = shown.hyperlink is not None and not (fact and fact.text)
        if linked and fact is None:
            continue
        result = None if linked else shown.value
        if not _same(fact, cell, result):
            yield f"{sheet.name} {place}: {fact} / {cell.value if cell is not None else None!r} {result!r}"


def _same(fact, cell, result) -> bool:
    if cell is not None and cell.value == "=":
        return True  # an empty formula, which is none to us
    if fact is None or cell is None or (cell.data_type == "f") != (fact.formula is not None):
        return False
    if fact.formula is not None and isinstance(cell.value, str) and cell.value[1:] != fact.formula:
        return False
    return _same_result(fact, result)


def _same_result(fact, result) -> bool:
    if result is None or (isinstance(result, str) and "_x" in result):
        return (
            fact.text in {None, "", result} or fact.type == "s"
        )  # it leaves escapes alone, and a text outside of its place
    if isinstance(result, bool):
        return fact.type == "b" and bool(int(fact.text)) == result
    if isinstance(result, int | float):
        return fact.type == "n" and result in {Decimal(fact.text), float(fact.text)}
    if isinstance(result, str):
        return fact.text == (
            trimmed(result) if fact.type == "e" else result
        )  # around a value there is nothing unseen
    return fact.type in {"n", "d"}  # dates


class Kind(NamedTuple):
    """How the mutants of a kind are made and checked."""

    make: Callable[[int], Mutant]
    run: Callable[[int], Filing | list[Filing]]


KINDS = {
    "workbooks": Kind(mutant, run),
    "archives": Kind(archive_mutant, run_archive),
    "formats": Kind(format_mutant, run_format),
}


def findings(found: Filing | list[Filing]) -> list[Finding]:
    return [
        finding for filing in (found if isinstance(found, list) else [found]) for finding in filing.findings
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="the number of the first mutant")
    parser.add_argument(
        "--compare", type=int, default=20, help="compare every N-th with openpyxl; 0 for none"
    )
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--one", type=int)
    parser.add_argument("--of", choices=KINDS, default="workbooks")
    arguments = parser.parse_args()
    kind = KINDS[arguments.of]
    if arguments.one is not None:
        one = kind.make(arguments.one)
        print(one.origin, *one.steps, sep="\n  ")
        print(*findings(kind.run(arguments.one)), sep="\n")
        print(differences(one) if kind.run is run else "")
        return
    bad = 0
    codes: dict[str, int] = {}
    started = time.perf_counter()
    for number in range(arguments.seed, arguments.seed + arguments.runs):
        try:
            found = findings(kind.run(number))
            for code in {finding.code for finding in found} or {"(read without a finding)"}:
                codes[code] = codes.get(code, 0) + 1
            if (
                kind.run is run
                and arguments.compare
                and number % arguments.compare == 0
                and (differing := differences(mutant(number)))
            ):
                raise AssertionError(differing[:3])  # noqa: TRY301
        except Exception:  # noqa: BLE001  that is what is looked for
            bad += 1
            one = kind.make(number)
            print(
                f"mutant {number} of {one.origin}: {one.steps}\n{traceback.format_exc(limit=-4)}", flush=True
            )
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                (arguments.keep / f"{number}.xlsx").write_bytes(one.data)
    print(f"{arguments.runs} mutants in {time.perf_counter() - started:.0f} s, {bad} offenders")
    print(
        *(f"{count:6} {code}" for code, count in sorted(codes.items(), key=lambda pair: -pair[1])), sep="\n"
    )
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
