"""Unpacks mails, tars and compressed files, which :mod:`xltools.office.sandbox_child` does in its child process.

Like that script it imports nothing of xltools. Its members are returned as a zip, so that there is one reader of
archives and one set of limits.
"""

from __future__ import annotations

import binascii
import bz2
import contextlib
import datetime as dt
import email.header
import email.message
import email.parser
import email.utils
import gzip
import io
import itertools
import lzma
import mimetypes
import re
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

_OpenStream = Callable[[io.BytesIO], Any]
_PIECE = 1 << 16
_ZIP_YEARS = range(
    1981, 2108
)  # in which the date of an entry can lie; an entry without a date has the year 1980


class _UnpackedMember(NamedTuple):
    """A file in a container.

    ``remark`` says why there is no content, ``link``, ``message`` or ``large``, or what belongs to the text of a mail:
    ``picture`` or ``signature``. ``sent`` is when the mail was sent, in UTC.
    """

    name: str
    content: bytes
    remark: str = ""
    sent: dt.datetime | None = None


def as_zip(job: str, data: bytes, name: str, most: int) -> bytes:
    """Return the members of *data*, a file called *name*, as a zip in which each name is there once.

    The remark on a member is the comment of its entry, and when its mail was sent is the entry's date. A member of more than *most* bytes is there without its content.
    Nothing is returned if there are no members.
    """
    out, names = io.BytesIO(), set[str]()
    with zipfile.ZipFile(out, "w") as package:
        for member in _MEMBERS[job](data, name, most):
            entry = zipfile.ZipInfo(_unique(member.name, names))
            entry.comment = member.remark.encode()
            if member.sent and member.sent.year in _ZIP_YEARS:
                entry.date_time = member.sent.timetuple()[:6]
            package.writestr(entry, member.content)
    return out.getvalue() if names else b""


def _unique(name: str, names: set[str]) -> str:
    """Return *name*, with a number if it is among the folded *names*, and add it to them."""
    stem, dot, ending = name.rpartition(".") if name.rpartition(".")[0] else (name, "", "")
    numbered = (f"{stem} ({count}){dot}{ending}" for count in itertools.count(2))
    found = next(one for one in itertools.chain((name,), numbered) if one.casefold() not in names)
    names.add(found.casefold())
    return found


def _tar_members(data: bytes, _: str, most: int) -> Iterator[_UnpackedMember]:
    """Yield the files in a tar that is not compressed."""
    with tarfile.open(
        fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape"
    ) as archive:
        for entry in archive:
            name = _name_of(entry.name.encode("utf-8", "surrogateescape")).removeprefix("./")
            if not entry.isreg():
                if not entry.isdir():
                    yield _UnpackedMember(name, b"", "link")
            elif entry.size > most:  # a sparse file may be of any size
                yield _UnpackedMember(name, b"", "large")
            else:
                file = archive.extractfile(entry)
                yield _UnpackedMember(name, file.read() if file else b"")


def _compressed_member(
    open_stream: _OpenStream, data: bytes, name: str, most: int
) -> Iterator[_UnpackedMember]:
    """Yield the file in a compressed file."""
    with open_stream(io.BytesIO(data)) as file:
        content = file.read(most + 1)
    name = _unpacked_name(name)
    yield _UnpackedMember(name, content) if len(content) <= most else _UnpackedMember(name, b"", "large")


def _unpacked_name(name: str) -> str:
    """Return the name of the file in the compressed file *name*."""
    name = re.split(r"[/\\!]", name)[-1]
    stem, _, ending = name.rpartition(".")
    return f"{stem}.tar" if ending.casefold() in {"tgz", "tbz", "tbz2", "txz"} else stem or f"{name}.unpacked"


# -- mails


def _attachments(data: bytes, _: str, __: int) -> Iterator[_UnpackedMember]:
    """Yield the files and the mails that are attached to a mail; the texts of the mail itself are not members."""
    mail = _message(data)
    sent = _sent(mail)
    for part in _leaves(mail):
        kind, name, is_mail = part.get_content_type(), _attachment_name(part), _is_mail(part)
        if is_mail:
            inner: Any = part.get_payload(0) if part.is_multipart() else part
            content = inner.as_bytes() if part.is_multipart() else _content(part)
            yield _UnpackedMember(
                name or _file_name(f"{_decoded(inner.get('subject', ''))}.eml"), content, sent=sent
            )
        elif name or not kind.startswith(("text/", "multipart/")):
            ending = mimetypes.guess_extension(kind) or ""
            yield _UnpackedMember(name or f"attachment{ending}", _content(part), _remark(part, kind), sent)


def _message(data: bytes) -> email.message.Message:
    """Parse a mail in pieces, which takes a third of the memory."""
    parser = email.parser.BytesFeedParser()
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()  # an empty line would end the header
    for start in range(0, len(data), _PIECE):
        parser.feed(data[start : start + _PIECE])
    return parser.close()


def _sent(mail: email.message.Message) -> dt.datetime | None:
    """Return when a mail was sent, as its header says, in UTC; ``None`` if it does not say so."""
    try:
        found = email.utils.parsedate_to_datetime(str(mail.get("date", "")))
        return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _leaves(part: email.message.Message) -> Iterator[email.message.Message]:
    """Yield the parts of a mail that are not lists of parts, and attached mails as a whole."""
    pending = [part]
    while pending:
        part = pending.pop()
        if part.is_multipart() and not _is_mail(part):
            parts: Any = part.get_payload()
            pending += [inner for inner in reversed(parts) if isinstance(inner, email.message.Message)]
        else:
            yield part


def _content(part: email.message.Message) -> bytes:
    """Return the decoded content of a part; Base64 without the copies that the library makes of it."""
    payload: Any = part.get_payload()
    if str(part.get("content-transfer-encoding", "")).strip().casefold() == "base64":
        with contextlib.suppress(ValueError):
            return binascii.a2b_base64(payload)
        with contextlib.suppress(ValueError):  # the mail is not whole; the rest shows what the file is
            kept = re.sub("[^0-9A-Za-z+/]", "", payload)
            return binascii.a2b_base64(kept[: len(kept) // 4 * 4])
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _is_mail(part: email.message.Message) -> bool:
    return part.get_content_type() in {"message/rfc822", "message/global"}


def _remark(part: email.message.Message, kind: str) -> str:
    """Return what a part is that belongs to the text of the mail; empty for an attachment."""
    is_attached = part.get_content_disposition() == "attachment"
    if kind.startswith("image/") and part.get("content-id") and not is_attached:
        return "picture"
    return "signature" if kind.endswith(("pkcs7-signature", "pgp-signature")) else ""


def _attachment_name(part: email.message.Message) -> str:
    """Return the file name of a part, decoded whatever the mail program wrote; empty if it has none."""
    about = email.message.Message()
    for header, value in part.raw_items():
        if header.casefold() in {"content-disposition", "content-type"} and header not in about:
            about[header] = _name_of(str(value).encode("utf-8", "surrogateescape"))
    return _file_name(_decoded(about.get_filename("")))


def _decoded(value: Any) -> str:
    """Return a header with its encoded words decoded; several words may share one character."""
    found = []
    for text, charset in email.header.decode_header(str(value)):
        if isinstance(text, str):
            found.append(text)
            continue
        wider = {"gb2312": "gb18030", "gbk": "gb18030"}.get((charset or "").casefold(), charset)
        try:
            found.append(text.decode(wider or "ascii"))
        except (LookupError, UnicodeDecodeError):
            found.append(_name_of(text))
    return "".join(found)


def _name_of(name: bytes) -> str:
    """Return a name in UTF-8 or, if it is not, in GB 18030."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("gb18030", "replace")


def _file_name(text: str) -> str:
    """Return the last part of a path as a name."""
    name = re.split(r"[/\\]", re.sub(r"\s+", " ", text))[-1].strip()
    return re.sub(r"[\x00-\x1f:]|\A\.\.\Z", "_", name).encode("utf-8", "replace").decode()


# The streams of a message of Outlook: the content and the names of an attachment, long and short, the latter in Unicode
# or in the encoding of the system; an attached message is a storage.
_ATTACHMENT, _CONTENT, _EMBEDDED = "__attach_version1.0_", "__substg1.0_37010102", "__substg1.0_3701000D"
_NAMES = ("__substg1.0_3707001F", "__substg1.0_3704001F", "__substg1.0_3707001E", "__substg1.0_3704001E")
_CONTENT_ID = ("__substg1.0_3712001F", "__substg1.0_3712001E")
# Properties of a fixed length: a header, then entries of a tag, flags and a value. The times are of sending and delivery.
_PROPERTIES, _PROPERTIES_HEAD, _PROPERTY = "__properties_version1.0", 32, struct.Struct("<IIQ")
_TIMES = (0x00390040, 0x0E060040)
_EPOCH = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)  # from which they are counted in tenths of a microsecond


def _outlook_attachments(data: bytes, _: str, __: int) -> Iterator[_UnpackedMember]:
    """Yield the files that are attached to a message of Outlook; an attached message is there without its content."""
    import olefile  # noqa: PLC0415  an extra

    with olefile.OleFileIO(data) as message:

        def stream(*path: str) -> bytes:
            return message.openstream(list(path)).read() if message.exists(list(path)) else b""

        sent = _outlook_sent(stream(_PROPERTIES))
        homes = {path[0]: None for path in message.listdir(streams=True) if path[0].startswith(_ATTACHMENT)}
        for home in homes:
            found = next((name for name in _NAMES if stream(home, name)), "")
            text = stream(home, found) if found else b""
            name = text.decode("utf-16-le", "replace") if found.endswith("F") else _name_of(text)
            content, is_mail = stream(home, _CONTENT), message.exists([home, _EMBEDDED])
            named = _file_name(name.rstrip("\0")) or f"{home[-8:]}{'.msg' if is_mail else ''}"
            is_picture = re.search(r"(?i)\.(png|jpe?g|gif|bmp)$", named) and any(
                stream(home, i) for i in _CONTENT_ID
            )
            remark = "message" if is_mail else "picture" if is_picture else ""
            yield _UnpackedMember(named, content, remark, sent)


def _outlook_sent(properties: bytes) -> dt.datetime | None:
    """Return when a message of Outlook was sent or, if it does not say so, delivered."""
    entries = properties[_PROPERTIES_HEAD:]
    whole = entries[: len(entries) - len(entries) % _PROPERTY.size]
    times = {tag: value for tag, _, value in _PROPERTY.iter_unpack(whole) if tag in _TIMES}
    found = next((times[tag] for tag in _TIMES if tag in times), None)
    try:
        return None if found is None else _EPOCH + dt.timedelta(microseconds=found // 10)
    except OverflowError:
        return None


_MEMBERS: dict[str, Callable[[bytes, str, int], Iterator[_UnpackedMember]]] = {
    "mail": _attachments,
    "outlook": _outlook_attachments,
    "tar": _tar_members,
    "gzip": partial(_compressed_member, gzip.open),
    "bzip2": partial(_compressed_member, bz2.open),
    "xz": partial(_compressed_member, lzma.open),
}
