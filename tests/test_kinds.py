"""Files that are no workbooks are recognised by their content, and each kind has its words."""

from __future__ import annotations

import random

import clerk
import pytest

import hostile
from hostile import issued, packed
from xltools.data.finding import SEVERITY
from xltools.excel.reader import read_package
from xltools.office import kinds
from xltools.office.kinds import kind_of, named_kind
from xltools.text import LANGS, catalog, message

EVERY = [
    *(kind for kind, _ in kinds._IN_ORDER),
    *kinds._STREAMS.values(),
    *(kind for kind, _ in kinds._ENTRIES),
    *(kinds.mime_kind(mime) for mime in (b"spreadsheet", b".text", b"")),
    kinds.entries_kind(["a.xlsx"]),
    kinds.OTHER,
]
NOISE = random.Random(3).randbytes(20_000)


def test_each_kind_has_a_finding_and_words_in_both_languages():
    assert {kind.code for kind in EVERY} <= set(SEVERITY)
    named = {kind.name for kind in EVERY} | {"noise", "icloud", "download", "cloud", "nested", "method"}
    named |= {
        "empty-archive",
        "empty-mail",
        "denied",
        "held",
        "vanished",
        "broken-link",
        "special",
        "outside",
    }
    named |= {"link", "failed"}
    for lang in LANGS:
        there = {
            key.removeprefix("kind-") for key in catalog(lang).keys("finding-part") if key.startswith("kind-")
        }
        assert named <= there


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"\xff\xd8\xff\xe0" + NOISE, "picture", "not-a-workbook"),
        (b"\0\0\0\x18ftypheic" + NOISE, "picture", "not-a-workbook"),
        (b"\n%PDF-1.4\n", "pdf", "not-a-workbook"),
        (b"MZ\x90\0" + NOISE, "program", "not-a-workbook"),
        (b"\0\1\0\0Standard Jet DB\0", "database", "not-a-workbook"),
        (bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + NOISE, "onenote", "not-a-workbook"),
        (b"b\x14#eE-SafeNet\0\0\0LOCK" + NOISE, "security", "document-security"),
        (b"%TSD-Header-###%" + NOISE, "security", "document-security"),
        (b".pfile\0\0" + NOISE, "pfile", "rights-protected"),
        (clerk.ole("EncryptedPackage", "EncryptionInfo"), "encrypted", "encrypted"),
        (
            clerk.ole("EncryptedPackage", "EncryptionInfo", "TransformInfo", "StrongEncryptionTransform"),
            "encrypted",
            "encrypted",
        ),
        (clerk.ole("EncryptedPackage", "TransformInfo", "LabelInfo"), "rights", "rights-protected"),
        (clerk.ole("EncryptedPackage"), "rights", "rights-protected"),
        (clerk.ole("WordDocument"), "old-word", "word-document"),
        (clerk.ole("VisioDocument"), "drawing", "not-a-workbook"),
        (b"\x4c\0\0\0\1\x14\2\0" + bytes(60), "shortcut", "link-file"),
        (b"[InternetShortcut]\nURL=x", "shortcut", "link-file"),
        ("[InternetShortcut]\nURL=x".encode("utf-16"), "shortcut", "link-file"),
        (b"<?xml version='1.0'?><plist><dict><key>URL</key></dict></plist>", "shortcut", "link-file"),
        (b"bplist00\xd1\1\2SURL_\x10\x14https://example.cn/x", "shortcut", "link-file"),
        (b"bplist00\xd1_\x10\x0fNSURLNameKey", "icloud", "not-downloaded"),
        (b"MSCF\0\0\0\0" + NOISE, "cab", "archive"),
        (b"\x28\xb5\x2f\xfd" + NOISE, "zstandard", "archive"),
        (b"%\0-lh5-" + NOISE, "lha", "archive"),
        (b"PK\5\6" + bytes(18), "empty-zip", "not-a-workbook"),
        (b"\t\4\6\0\0\0\x10\0" + bytes(50), "early-excel", "old-format"),
        (issued()[100:], "headless-zip", "damaged"),
        ("单位\t数量\n教育局\t12\n".encode("gb18030"), "text", "csv-file"),
        ("单位,数量\n教育局,12\n".encode("utf-16"), "text", "csv-file"),
        (NOISE, "other", "not-a-workbook"),
    ],
)
def test_a_kind_is_recognised_whatever_its_name(data, name, code):
    assert kind_of(data)[:2] == (name, code)
    for ending in ("xlsx", "dat"):
        (finding,) = read_package(data, f"001.{ending}").findings[:1]
        expected = "document-security" if name == "other" and ending == "xlsx" else code
        assert finding.code == expected or (code == "old-format" and finding.code == "old-format-unreadable")
        for lang in LANGS:
            assert "{" not in message(finding, lang)


@pytest.mark.parametrize(
    ("entry", "word"),
    [("OFD.xml", "OFD"), ("Index/Document.iwa", "Numbers"), ("META-INF/MANIFEST.MF", "program")],
)
def test_a_zip_of_another_program_is_named(entry, word):
    (finding,) = read_package(packed([(entry, b"x")]), "a.xlsx").findings
    assert finding.code == "not-a-workbook"
    assert word in message(finding, "en")


def test_a_name_says_more_only_where_the_content_says_nothing():
    whole = read_package(issued(), "001.xlsx.crdownload")
    assert whole.record is not None
    (half,) = read_package(issued()[:9000], "001.xlsx.part").findings
    assert half.code == "not-downloaded"
    assert named_kind("not-a-workbook", "other", "a.dat", NOISE) is None
    assert named_kind("not-a-workbook", "pdf", "a.xlsx", NOISE) is None
    for data in (b"\x01\x02" * 10_000, b"\x00\x01short", hostile.noise()[:1000]):
        assert named_kind("not-a-workbook", "other", "a.xlsx", data) is None
    assert named_kind("not-a-workbook", "other", "a.et", NOISE).code == "document-security"
