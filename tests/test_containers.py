"""Mails, tars and compressed files are opened like archives: their members are read, and limits hold for all of them."""

from __future__ import annotations

import base64
import bz2
import functools
import gzip
import io
import itertools
import json
import lzma
import random
import tarfile
import time
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import clerk
import pytest
from click.testing import CliRunner

import fuzz
import hostile
from conftest import ROOT, by_day
from hostile import issued, packed
from xltools import libreoffice
from xltools.cli import command_line
from xltools.collection.inbox import InboxItem, items
from xltools.collection.reading import ReadOptions, read_file
from xltools.data.filing import RefusedFile, Skipped
from xltools.excel.reader import read
from xltools.office.guard import Limits
from xltools.office.kinds import kind_of

SAMPLES = sorted((ROOT / "samples" / "clean").iterdir())
SHEET = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def mail(*attached, text="请查收附件。", subject="报送"):
    """A mail with these attachments: names and contents, or other mails."""
    found = EmailMessage()
    found["From"], found["To"], found["Subject"] = "a@example.cn", "b@example.cn", subject
    found.set_content(text)
    for one in attached:
        if isinstance(one, EmailMessage):
            found.add_attachment(one)
        else:
            found.add_attachment(one[1], *SHEET, filename=one[0])
    return found


def tar(*files, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def opened(tmp_path, name, data, limits=None):
    """What is found in a file of that name: contents by the names in it, and why something has none."""
    (tmp_path / name).write_bytes(data)
    found = {}
    for item in items(str(tmp_path / name), limits or Limits()):
        inner = item.name.removeprefix(str(tmp_path / name)).removeprefix("!")
        if isinstance(item, Skipped):
            found[inner] = item.why
        else:
            found[inner] = item.fault.code if item.fault else item.data
    return found


def codes(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    return [
        finding.code
        for filing in read_file(str(tmp_path / name), ReadOptions())
        if isinstance(filing, RefusedFile)
        for finding in filing.findings
    ]


# -- mails


def test_the_attachments_of_a_mail_are_read_like_members_of_a_zip(tmp_path):
    attached = [(path.name, path.read_bytes()) for path in SAMPLES[:2]]
    archive = packed([("甲/丙.xlsx", SAMPLES[2].read_bytes()), ("甲/~$丙.xlsx", b"x")])
    inner = mail((SAMPLES[3].name, SAMPLES[3].read_bytes()), subject="转发：补报")
    found = opened(tmp_path, "报送.eml", mail(*attached, ("其余.zip", archive), inner).as_bytes())
    assert found == {
        **dict(attached),
        "其余.zip!甲/丙.xlsx": SAMPLES[2].read_bytes(),
        "其余.zip!甲/~$丙.xlsx": "lock",
        f"转发：补报.eml!{SAMPLES[3].name}": SAMPLES[3].read_bytes(),
    }


@pytest.mark.parametrize("before", [b"\r\n\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_empty_lines_in_front_of_a_mail_end_no_header(before, tmp_path):
    found = opened(tmp_path, "a.eml", before + mail(("a.xlsx", issued())).as_bytes())
    assert found == {"a.xlsx": issued()}


def test_what_there_is_of_a_mail_that_was_cut_off_is_read(tmp_path):
    whole = mail(("a.xlsx", issued())).as_bytes()
    for length in range(len(whole) - 3000, len(whole) - 2996):
        assert issued().startswith(opened(tmp_path, "a.eml", whole[:length])["a.xlsx"])


@pytest.mark.parametrize("name", ["001_局", "001.bak", "001.xlsx.crdownload", "甲/年报.html"])
def test_a_zip_is_opened_for_any_name_that_a_return_can_have(name, tmp_path):
    assert opened(tmp_path, "a.zip", packed([(name, issued())])) == {name: issued()}


@pytest.mark.prove
def test_a_mail_gives_the_same_rollup_as_its_files_and_the_second_reader_finds_them(tmp_path, monkeypatch):
    monkeypatch.setattr(libreoffice, "is_installed", lambda: False)  # test_second_reader.py asks it
    folder = tmp_path / "in"
    folder.mkdir()
    for path in SAMPLES[:5]:
        (folder / path.name).write_bytes(path.read_bytes())
    attached = [(path.name, path.read_bytes()) for path in SAMPLES[:5]]
    (tmp_path / "in.eml").write_bytes(
        mail(*attached[1:], ("a.tgz", tar(attached[0], mode="w:gz"))).as_bytes()
    )
    records = []
    for source in ("in", "in.eml"):
        out = tmp_path / f"{source}.xlsx"
        options = ["--year", "2024", "--district", "青禾区", "--witness", "-o", out]
        result = CliRunner().invoke(command_line("en"), ["merge", str(tmp_path / source), *map(str, options)])
        assert result.exit_code == 0, result.output
        assert "read 5 of 5" in result.output or "agree" in result.output
        assert "could not be read" not in result.output
        records.append(read(out).record)
    assert records[0] == records[1]


@pytest.mark.parametrize(
    "header",
    [
        "attachment; filename*=UTF-8''%E6%95%99%E8%82%B2%E5%B1%80.xlsx",
        'attachment; filename="=?gb18030?B?vczT/b7WLnhsc3g=?="',
        'attachment; filename="=?GB2312?B?vczT?=\r\n =?GB2312?B?/b7WLnhsc3g=?="',  # a character in two words
        'attachment; filename="=?utf-8?Q?=E6=95=99=E8=82=B2=E5=B1=80.xlsx?="',
        "attachment; filename*0*=UTF-8''%E6%95%99; filename*1*=%E8%82%B2%E5%B1%80.xlsx",
        b'attachment; filename="\xbd\xcc\xd3\xfd\xbe\xd6.xlsx"',  # as it is, in GBK
        'attachment; filename="教育局.xlsx"'.encode(),
        'attachment; filename="C:\\\\Users\\\\教育局.xlsx"'.encode(),
        'attachment; filename="../../教育局.xlsx"'.encode(),
    ],
)
def test_names_of_attachments_are_read_as_any_mail_program_writes_them(header, tmp_path):
    raw = header if isinstance(header, bytes) else header.encode()
    data = (
        b"From: a@example.cn\r\nTo: b@example.cn\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
    )
    data += b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: "
    data += raw + b"\r\n\r\n" + base64.encodebytes(issued()) + b"\r\n--x--\r\n"
    assert opened(tmp_path, "a.eml", data) == {"教育局.xlsx": issued()}


def test_two_attachments_of_one_name_are_both_read(tmp_path):
    found = opened(
        tmp_path, "a.eml", mail(("表.xlsx", b"1"), ("表.XLSX", b"2"), ("表.xlsx", b"3")).as_bytes()
    )
    assert found == {"表.xlsx": b"1", "表 (2).XLSX": b"2", "表 (3).xlsx": b"3"}


def test_pictures_of_the_text_and_signatures_are_no_attachments(tmp_path):
    found = mail(("a.xlsx", issued()))
    found.add_attachment(b"\x89PNG", "image", "png", filename="logo.png", disposition="inline", cid="<1>")
    found.add_attachment(b"\x89PNG", "image", "png", filename="scan.png")
    found.add_attachment(b"0", "application", "pkcs7-signature", filename="smime.p7s")
    assert opened(tmp_path, "a.eml", found.as_bytes()) == {
        "a.xlsx": issued(),
        "logo.png": "picture",
        "scan.png": b"\x89PNG",
        "smime.p7s": "signature",
    }


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (mail().as_bytes(), "mail"),
        (b"Received: from x\nSubject: y\n\nz", "mail"),
        (b"From a@example.cn Mon Jan  1 00:00:00 2024\nFrom: a\nSubject: b\n\nc\n", "mail"),
        (
            b"From a Mon Jan  1 00:00:00 2024\nFrom: a\nSubject: b\n\nc\n\nFrom a Tue Jan  2 00:00:00 2024\nFrom: a\n",
            "mailbox",
        ),
        (
            b"From: <Saved by WPS>\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/related\n\n",
            "web-archive",
        ),
        (hostile.web_page_of_excel(), "web-archive"),
        ("说明：\nFrom: x\nTo: y\n".encode(), "text"),
        (b"\x78\x9f\x3e\x22\x01\x00", "winmail"),
    ],
)
def test_mails_and_what_looks_like_them(data, kind):
    assert kind_of(data).name == kind


def test_a_mail_without_attachments_is_named(tmp_path):
    assert codes(tmp_path, "a.eml", mail().as_bytes()) == ["mail"]
    assert codes(tmp_path, "b.eml", mail(mail()).as_bytes()) == ["mail"]


def test_mails_nest_to_a_depth(tmp_path):
    inner = mail(("a.xlsx", issued()))
    for _ in range(8):
        inner = mail(inner)
    assert set(opened(tmp_path, "a.eml", inner.as_bytes()).values()) == {"archive"}


@pytest.mark.prove
def test_a_mail_that_takes_the_parser_long_is_stopped(tmp_path):
    """Each line is compared with every boundary that is open."""
    head = b"From: a\nTo: b\n"
    for number in range(200):
        head += b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (number, number)
    started = time.monotonic()
    found = opened(tmp_path, "a.eml", head + b"\n" * 5_000_000, Limits(seconds=2))
    assert time.monotonic() - started < 8
    assert set(found.values()) <= {"too-large", "damaged", "mail"}


# -- messages of Outlook


class Entry(NamedTuple):
    """A stream or a storage in the directory of an OLE file, with the numbers of its first child and of its neighbour."""

    name: str
    content: bytes | dict
    child: int = -1
    right: int = -1


def directory(root):
    """The entries of an OLE file of these streams, as bytes, and storages, as mappings."""
    found = [Entry("Root Entry", root)]
    for number, entry in enumerate(found):  # which grows
        if isinstance(entry.content, dict) and entry.content:
            names = sorted(entry.content, key=lambda name: (len(name), name.upper()))
            first = len(found)
            found[number] = entry._replace(child=first)
            # A chain to the right is a tree as well.
            found += [Entry(n, entry.content[n], -1, first + i + 1) for i, n in enumerate(names)]
            found[-1] = found[-1]._replace(right=-1)
    return found


def compound(root):
    """An OLE file of these streams and storages; a stream is as long as those that are not in the small stream."""
    streams, records, chains = b"", b"", []
    for number, entry in enumerate(directory(root)):
        start, size = 0xFFFFFFFE, 0
        if isinstance(entry.content, bytes):
            padded = entry.content.ljust(4096, b"\0")
            padded += bytes(-len(padded) % 512)
            start, size = len(streams) // 512, len(padded)
            streams += padded
            chains.append((start, size // 512))
        text, kind = entry.name.encode("utf-16-le"), 5 if number == 0 else 2 if size else 1
        records += text.ljust(64, b"\0") + (len(text) + 2).to_bytes(2, "little") + bytes([kind, 1])
        records += b"".join((n & 0xFFFFFFFF).to_bytes(4, "little") for n in (-1, entry.right, entry.child))
        records += bytes.fromhex("0b0d020000000000c000000000000046") if number == 0 else bytes(16)
        records += bytes(20) + start.to_bytes(4, "little") + size.to_bytes(8, "little")
    records += bytes(-len(records) % 512)
    chains.append((len(streams) // 512, len(records) // 512))
    used = sum(chains[-1])
    fats = next(count for count in itertools.count(1) if used + count <= count * 128)
    table = [0xFFFFFFFF] * (fats * 128)
    for start, length in chains:
        table[start : start + length] = [*range(start + 1, start + length), 0xFFFFFFFE]
    table[used : used + fats] = [0xFFFFFFFD] * fats
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + bytes.fromhex("3e000300feff09000600") + bytes(10)
    about = (fats, chains[-1][0], 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, *range(used, used + fats))
    header += b"".join(number.to_bytes(4, "little") for number in about)
    return header.ljust(512, b"\xff") + streams + records + b"".join(n.to_bytes(4, "little") for n in table)


def message(*attached, properties=b""):
    root = {"__nameid_version1.0": {}, "__properties_version1.0": bytes(32) + properties}
    root["__substg1.0_0037001F"] = b"x\0"
    for number, (name, content) in enumerate(attached):
        root[f"__attach_version1.0_#{number:08X}"] = {
            "__substg1.0_3707001F": name.encode("utf-16-le"),
            **(
                {"__substg1.0_3701000D": {"x": b"x"}}
                if content is None
                else {"__substg1.0_37010102": content}
            ),
        }
    return compound(root)


def test_the_attachments_of_an_outlook_message_are_read(tmp_path):
    pytest.importorskip("olefile")
    (data,) = [message(("教育局.xlsx", issued()), ("转发", None))]
    found = opened(tmp_path, "a.msg", data)
    # The streams of this writer have at least the length from which they are not in the small stream.
    assert found == {"教育局.xlsx": issued().ljust(4096, b"\0") + bytes(-len(issued()) % 512), "转发": "mail"}
    assert kind_of(clerk.ole("__nameid_version1.0", "Workbook")).name == "outlook"


def test_when_a_message_was_sent_is_read(tmp_path):
    """From the properties of a message of Outlook, and of a mail from its header."""
    pytest.importorskip("olefile")
    filetime = (133_806_960_000_000_000).to_bytes(8, "little")  # 2025-01-07 04:00 in UTC
    delivered = (0x0E060040).to_bytes(4, "little") + bytes(4) + bytes(7) + b"\x7f"
    sent = (0x00390040).to_bytes(4, "little") + bytes(4) + filetime
    other = mail(("a.xlsx", issued()))
    other["Date"] = "Tue, 07 Jan 2025 12:00:00 +0800"
    undated = message(("a.xlsx", issued())), mail(("a.xlsx", issued())).as_bytes()
    for content in (message(("a.xlsx", issued()), properties=delivered + sent), other.as_bytes(), *undated):
        (tmp_path / "a").write_bytes(content)
        (item,) = items(str(tmp_path / "a"), Limits())
        assert item.sent == ("" if content in undated else "2025-01-07T04:00:00Z")


def test_without_the_library_an_outlook_message_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("xltools.office.sandbox.find_spec", lambda _: None)
    assert codes(tmp_path, "a.msg", message(("a.xlsx", issued()))) == ["mail"]


# -- tars and compressed files


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.xlsx.gz", gzip.compress),
        ("a.xlsx.bz2", bz2.compress),
        ("a.xlsx.xz", lzma.compress),
    ],
)
def test_a_compressed_file_is_unpacked(name, pack, tmp_path):
    assert opened(tmp_path, name, pack(issued())) == {"a.xlsx": issued()}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_read_like_a_folder(mode, tmp_path):
    files = [("./一/003_局.xlsx", issued()), ("一/~$003_局.xlsx", b"x"), ("说明.txt", b"hello")]
    found = opened(tmp_path, "a.tgz" if mode == "w:gz" else "a.tar", tar(*files, mode=mode))
    plain = {name.rpartition("!")[2].removeprefix("./"): content for name, content in found.items()}
    assert plain == {"一/003_局.xlsx": issued(), "一/~$003_局.xlsx": "lock", "说明.txt": b"hello"}


def test_links_and_devices_in_a_tar_are_named(tmp_path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            entry = tarfile.TarInfo(f"{ord(kind)}.xlsx")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    found = opened(tmp_path, "a.tar", out.getvalue())
    assert len(found) == 4
    assert set(found.values()) == {"unreadable-file"}


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: tar(("../a.xlsx", b"x")), "unsafe-path"),
        (lambda: tar(("/a.xlsx", b"x")), "unsafe-path"),
        (lambda: gzip.compress(issued())[:-3000], "damaged"),
        (lambda: gzip.compress(bytes(60 << 20), 1), "too-large"),
        *(
            pytest.param(make, "too-large", marks=pytest.mark.prove)
            for make in (
                lambda: bz2.compress(bytes(60 << 20)),
                lambda: lzma.compress(bytes(60 << 20), preset=0),
            )
        ),
        (lambda: b"\x1f\x8b\x08\0" + bytes(100), "damaged"),
    ],
)
def test_what_cannot_be_unpacked_is_named(make, code, tmp_path):
    assert list(opened(tmp_path, "a.tgz", make()).values()) == [code]


def test_the_limits_hold_for_everything_in_a_file(tmp_path):
    inner = tar(*((f"{n}.csv", bytes(1000)) for n in range(20)))
    data = mail(("a.tar", inner), ("b.tar", inner)).as_bytes()
    assert len(opened(tmp_path, "a.eml", data)) == 40
    assert opened(tmp_path, "a.eml", data, Limits(entries=30, archive=1))["b.tar"] == "too-large"
    assert opened(tmp_path, "a.eml", data, Limits(unpacked=90_000, archive=1))["b.tar"] == "too-large"


# -- mutants


def spoiled(data, pick):
    for _ in range(pick.choice((1, 2, 8))):
        data = pick.choice((fuzz.flip, fuzz.cut, fuzz.drop, fuzz.insert, fuzz.repeat, fuzz.blank))(data, pick)
    return data


@functools.cache
def seeds():
    small = packed([("a.csv", b"1,2"), ("b.zip", packed([("c.csv", b"3")]))])
    inner = mail(("d.zip", small), subject="转发")
    return (
        mail(("教育局.csv", b"4"), ("e.tar", tar(("f.csv", b"5"))), inner).as_bytes(),
        tar(("a.csv", b"1"), ("教育局" * 40 + ".csv", b"2"), mode="w"),
        tar(("a.csv", b"1"), mode="w:gz"),
        small,
        message(("a.csv", b"1")),
    )


@pytest.mark.parametrize("number", by_day(range(60), 8))
def test_a_spoiled_container_ends_in_items_or_a_finding(number, tmp_path):
    pick = random.Random(number)
    path = Path(tmp_path, "a.eml")
    path.write_bytes(spoiled(pick.choice(seeds()), pick))
    found = list(items(str(path), Limits(seconds=2)))
    assert found
    for item in found:
        assert item.name.isprintable()
        if isinstance(item, InboxItem) and item.fault:
            assert not isinstance(item.fault.__cause__, AssertionError)
    json.dumps([item.name for item in found])
