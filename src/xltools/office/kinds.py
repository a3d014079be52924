"""The kinds of file that come in besides workbooks: how each is recognised, and which finding reports it.

A kind is recognised by content. Names decide only where the content cannot: a download that is not complete, and noise
under the name of an Office document.
"""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from xltools.files import OLE, ZIP

Container = Literal["", "zip", "mail", "outlook", "tar", "gzip", "bzip2", "xz"]


class Kind(NamedTuple):
    """A kind of file: its name, which is a word of the catalogue, and the code of the finding on it.

    ``container`` is the format in which its members are packed, if they can be read.
    """

    name: str
    code: str
    container: Container = ""


_HEAD = 4096
_TAIL = 66_000  # the end of a zip, with the longest comment
_LOCK_SIZES, _LOCK_NAME = {162, 165}, 54
_XML_SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_WEB = r"\s*(<!doctype\s+html|<(html|head|body|meta|table|style|script|div)\b)|.*<html"
_MESSAGE_ID = bytes.fromhex("0b0d020000000000c000000000000046")  # the class of an Outlook message

Test = Callable[[bytes], bool]


def _begins(*heads: bytes) -> Test:
    return lambda data: data.startswith(heads)


def _holds(offset: int, *texts: bytes) -> Test:
    return lambda data: any(data[offset : offset + len(text)] == text for text in texts)


def _says(pattern: str) -> Test:
    """Recognise a text by its beginning, in small letters."""

    def test(data: bytes) -> bool:
        text = text_head(data)
        return text is not None and re.match(pattern, text.casefold(), re.DOTALL) is not None

    return test


def text_head(data: bytes) -> str | None:
    """Return the beginning of a file as text, decoded as UTF-16, UTF-8 or GB 18030; ``None`` if it is not text."""
    head = data[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    if re.search(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]", head):
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        for cut in range(4):  # the last character may be cut
            try:
                return head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


# -- the first bytes


def _is_cut_off(data: bytes) -> bool:
    return ZIP.startswith(data[:_HEAD]) or not data[:_HEAD].strip(b"\0")


def _is_lock(data: bytes) -> bool:
    """Recognise the lock file of an open document: the length and name of a user, padded."""
    return (
        len(data) in _LOCK_SIZES
        and 0 < data[0] <= _LOCK_NAME
        and not data[1 + data[0] : 1 + _LOCK_NAME].strip(b" \0")
    )


def _is_tar(data: bytes) -> bool:
    """Recognise a tar by the checksum of its first header, because old ones have no mark."""
    try:
        tarfile.TarInfo.frombuf(data[:512], "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


_FIELD = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,9}([!-9;-~]{1,80})[ \t]*:[^\n]*(?:\n|\Z)(?:[ \t]+[^\n]*\n)*")
_OF_MAIL = {b"to", b"cc", b"bcc", b"received", b"message-id", b"return-path", b"delivered-to", b"reply-to"}
_OF_MIME = {b"from", b"subject", b"date", b"mime-version", b"content-type", b"sender", b"x-mailer", *_OF_MAIL}
_LONGEST_HEADER = 256 << 10


def _fields(data: bytes) -> dict[bytes, bytes]:
    """Return the lines of the header of a message by their folded names; empty if *data* does not begin with one."""
    found: dict[bytes, bytes] = {}
    place = data.find(b"\n") + 1 if data.startswith(b"From ") else 0
    while (match := _FIELD.match(data, place, _LONGEST_HEADER)) is not None:
        found.setdefault(match[1].lower(), match[0])
        place = match.end()
    return found


def _is_message(data: bytes) -> bool:
    return len(_fields(data).keys() & _OF_MIME) > 1


def _is_mail(data: bytes) -> bool:
    """Recognise a mail: a page that is saved in the format of mail has a sender and a subject at most."""
    fields = _fields(data)
    about = fields.get(b"content-type", b"").lower()
    is_page = b"multipart/related" in about or b"text/html" in about
    return len(fields.keys() & _OF_MIME) > 1 and (not is_page or bool(fields.keys() & _OF_MAIL))


def _is_mailbox(data: bytes) -> bool:
    return data.startswith(b"From ") and _is_message(data) and re.search(rb"\n\r?\nFrom \S", data) is not None


_IN_ORDER: tuple[tuple[Kind, Test], ...] = (
    (Kind("cut-off", "damaged"), _is_cut_off),
    (Kind("rar", "archive"), _begins(b"Rar!")),
    (Kind("7z", "archive"), _begins(b"7z\xbc\xaf\x27\x1c")),
    (Kind("gzip", "archive", "gzip"), _begins(b"\x1f\x8b")),
    (Kind("bzip2", "archive", "bzip2"), _begins(b"BZh")),
    (Kind("xz", "archive", "xz"), _begins(b"\xfd7zXZ\0")),
    (Kind("cab", "archive"), _begins(b"MSCF\0\0\0\0")),
    (Kind("zstandard", "archive"), _begins(b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")),
    (Kind("compress", "archive"), _begins(b"\x1f\x9d", b"\x1f\xa0")),
    (Kind("lha", "archive"), _holds(2, b"-lh", b"-lz")),
    (Kind("iso", "archive"), _holds(0x8001, b"CD001")),
    (Kind("empty-zip", "not-a-workbook"), lambda data: data.startswith(b"PK\x05\x06") and len(data) < _TAIL),
    (Kind("security", "document-security"), _begins(b"b\x14#e", b"%TSD-Header-###%")),
    (Kind("security", "document-security"), lambda data: b"E-SafeNet" in data[:64]),
    (Kind("pfile", "rights-protected"), _begins(b".pfile")),
    (Kind("rtf", "word-document"), _begins(b"{\\rtf")),
    (Kind("pdf", "not-a-workbook"), lambda data: b"%PDF-" in data[:1024] or data.startswith(b"%PDF")),
    (Kind("picture", "not-a-workbook"), _begins(b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*")),
    (Kind("picture", "not-a-workbook"), lambda data: data.startswith(b"BM") and data[6:10] == bytes(4)),
    (Kind("picture", "not-a-workbook"), _holds(8, b"WEBP")),
    (Kind("picture", "not-a-workbook"), _holds(4, b"ftyphei", b"ftyphev", b"ftypmif", b"ftypavi")),
    (Kind("recording", "not-a-workbook"), _holds(4, b"ftyp")),
    (Kind("recording", "not-a-workbook"), _begins(b"ID3", b"RIFF", b"#!AMR", b"OggS")),
    (Kind("onenote", "not-a-workbook"), _begins(bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3"))),
    (Kind("program", "not-a-workbook"), _begins(b"MZ", b"\x7fELF")),
    (Kind("database", "not-a-workbook"), _begins(b"SQLite format 3\0")),
    (Kind("database", "not-a-workbook"), _holds(4, b"Standard Jet DB", b"Standard ACE DB")),
    (Kind("early-excel", "old-format"), _begins(b"\t\0\4\0", b"\t\2\6\0", b"\t\4\6\0")),
    (Kind("shortcut", "link-file"), _begins(b"\x4c\0\0\0\1\x14\2\0")),
    (Kind("icloud", "not-downloaded"), lambda data: data.startswith(b"bplist00") and b"NSURL" in data),
    (Kind("shortcut", "link-file"), lambda data: data.startswith(b"bplist00") and b"URL" in data),
    (Kind("winmail", "mail"), _begins(b"\x78\x9f\x3e\x22")),
    (Kind("lock-file", "lock-file"), _is_lock),
    (Kind("mailbox", "mail"), _is_mailbox),
    (Kind("mail", "mail", "mail"), _is_mail),
    (Kind("web-archive", "html-file"), _is_message),
    (Kind("tar", "archive", "tar"), _is_tar),
    (Kind("shortcut", "link-file"), _says(r"\s*\[(internetshortcut|desktop entry)\]")),
    (Kind("shortcut", "link-file"), _says(r"\s*<\?xml.*<plist.*<key>url</key>")),
    (Kind("page", "html-file"), _says(_WEB)),
    (Kind("xml-2003", "old-format"), _says(rf"\s*<\?xml.*{_XML_SPREADSHEET}")),
    (Kind("xml", "not-a-workbook"), _says(r"\s*<\?xml")),
    (Kind("text", "csv-file"), _says("")),
    (Kind("headless-zip", "damaged"), lambda data: b"PK\x05\x06" in data[-_TAIL:]),
)
OTHER = Kind("other", "not-a-workbook")


# -- the streams of OLE files

# The kind of an OLE file with a stream of this name. The first stream decides, because other documents may be embedded.
_STREAMS = {
    "Workbook": Kind("old-workbook", "old-format"),
    "Book": Kind("old-workbook", "old-format"),
    "WordDocument": Kind("old-word", "word-document"),
    "PowerPoint Document": Kind("slides", "not-a-workbook"),
    "VisioDocument": Kind("drawing", "not-a-workbook"),
    "MatOST": Kind("old-word", "word-document"),  # Microsoft Works
    "__nameid_version1.0": Kind("outlook", "mail", "outlook"),
    "__properties_version1.0": Kind("outlook", "mail", "outlook"),
}
_RIGHTS = ("DRMContent", "DRMEncryptedTransform", "DRMEncryptedDataSpace")
_PASSWORD = "StrongEncryptionTransform"  # noqa: S105  the name of a stream


def _ole_kind(data: bytes) -> Kind:
    def has(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if any(map(has, _RIGHTS)):
        return Kind("rights", "rights-protected")
    if has("EncryptedPackage"):
        by_password = has(_PASSWORD) if has("TransformInfo") else has("EncryptionInfo")
        return Kind("encrypted", "encrypted") if by_password else Kind("rights", "rights-protected")
    if _root_class(data) == _MESSAGE_ID:
        return _STREAMS["__nameid_version1.0"]
    places = {name: data.find(name.encode("utf-16-le")) for name in _STREAMS}
    found = [name for name, place in places.items() if place >= 0]
    return _STREAMS[min(found, key=places.__getitem__)] if found else _STREAMS["Workbook"]


def _root_class(data: bytes) -> bytes:
    """Return the class of the first entry in the directory of an OLE file."""
    size = 1 << min(int.from_bytes(data[30:32], "little"), 12)
    start = (int.from_bytes(data[48:52], "little") + 1) * size
    return data[start + 80 : start + 96]


# -- the entries of zips

_PACKAGE = {"[content_types].xml", "_rels/.rels"}
_ENTRIES: tuple[tuple[Kind, str], ...] = (
    (Kind("ofd", "not-a-workbook"), r"ofd\.xml"),
    (Kind("iwork", "not-a-workbook"), r"index/.*\.iwa|index\.zip"),
    (Kind("program", "not-a-workbook"), r"meta-inf/manifest\.mf|androidmanifest\.xml"),
)


def is_package(names: Iterable[str]) -> bool:
    """Return whether these folded names of entries belong to an Office document."""
    return not _PACKAGE.isdisjoint(names)


def entries_kind(names: Iterable[str]) -> Kind:
    """Return the kind of a zip with entries of these folded names, which is neither an Office nor an OpenDocument file."""
    names = list(names)
    for kind, pattern in _ENTRIES:
        if any(re.fullmatch(pattern, name) for name in names):
            return kind
    return Kind("zip", "archive", "zip")


def mime_kind(mime: bytes) -> Kind:
    """Return the kind of a zip whose first entry declares it, as in OpenDocument files."""
    if b"spreadsheet" in mime:
        return Kind("opendocument", "old-format")
    return Kind("text-document", "word-document") if b".text" in mime else OTHER


# -- all kinds


def kind_of(data: bytes) -> Kind:
    """Return the kind of a file that is not a zip, by its content."""
    if data.startswith(OLE):
        return _ole_kind(data)
    return next((kind for kind, is_it in _IN_ORDER if is_it(data)), OTHER)


_DOWNLOADS = r"\.(crdownload|download|part|partial|opdownload|icloud|xltd|downloading|aria2|!ut)$"
_OFFICE = r"\.(xls[xmb]?|et|ett|xlt[xm]?|ods|docx?|wps|wpt|pptx?|dps|pdf|ofd|zip)$"
_UNFINISHED = {"damaged", "not-a-workbook", "csv-file", "empty-file", "archive"}
_LEAST_NOISE = 4096


def named_kind(code: str, kind: str, name: str, data: bytes) -> Kind | None:
    """Return the kind of a file that was refused with *code* as *kind*, where its *name* says more; else ``None``."""
    folded = name.casefold()
    if code in _UNFINISHED and (ending := re.search(_DOWNLOADS, folded)):
        return Kind("icloud" if ending[1] == "icloud" else "download", "not-downloaded")
    is_unknown = (kind, code) == OTHER[:2] and not data.startswith(ZIP)
    if is_unknown and re.search(_OFFICE, folded) and _is_noise(data):
        return Kind("noise", "document-security")
    return None


def _is_noise(data: bytes) -> bool:
    """Return whether no byte is much more frequent than the others, as in encrypted data."""
    sample = data[_LEAST_NOISE // 4 :][: 16 * _LEAST_NOISE]
    return len(sample) >= _LEAST_NOISE // 2 and max(Counter(sample).values()) < 3 * (len(sample) / 256 + 4)
