"""Lists, reads and writes files; a file is written completely or not at all."""

from __future__ import annotations

import codecs
import errno
import os
import re
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from xltools.errors import InputError, OutputError, Problem
from xltools.text import harmless_line

_AT_ONCE = 16  # files written at the same time, because each waits for the disk

ZIP, OLE = (
    b"PK\x03\x04",
    bytes.fromhex("d0cf11e0a1b11ae1"),
)  # the first bytes of .xlsx files and of old formats


# Why a file is not read, by its name.
_IGNORED = {
    "lock": r"~\$.*|\.~lock\..*#",
    "system": r"thumbs\.db|desktop\.ini|\.ds_store|__macosx|\._.*",
    "temporary": r"~(wr|df).*|.*\.tmp",
    "hidden": r"\..*",
}
RETURNED = ".xltools-returned"  # in a folder with marked files that go back to agencies
_PLACEHOLDER = ".icloud"  # the ending of a hidden file that stands for one that is not yet there


def why_ignored(name: str, head: bytes = b"") -> str:
    """Return why a file or folder of this name is not read: ``lock``, ``system``, ``temporary``, ``hidden``, or "".

    A mail program may save a workbook under a name that ends in ``.tmp``, which its *head* shows.
    """
    folded = name.casefold()
    if folded.endswith(_PLACEHOLDER):
        return ""
    why = next((why for why, pattern in _IGNORED.items() if re.fullmatch(pattern, folded, re.DOTALL)), "")
    is_saved = why == "temporary" and folded.endswith(".tmp") and head.startswith((ZIP, OLE))
    return "" if is_saved and not folded.startswith(("~", ".")) else why


def walk(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the file *path*, or every file below the folder *path* in a fixed order, and why it is not read, or "".

    Hidden folders, folders with files for agencies (``returned``) and links to a place ``outside`` of *path* are not
    entered. A folder that cannot be listed is yielded like a file. Raises :class:`InputError` for a path that does not exist or cannot be listed.
    """
    if not os.path.lexists(path):
        raise InputError(Problem("no-such-path", str(path)))
    if not path.is_dir():
        yield str(path), ""
        return
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208  names are small
    except OSError as error:
        raise _unreadable(path, error) from error
    yield from _below(str(path), names)


def _below(folder: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what :func:`walk` does. Each folder is entered once, despite links."""
    top = os.path.realpath(folder)
    entered = {_identity(Path(folder))}
    left = [_inside(folder, names)]
    while left:
        path = next(left[-1], None)
        if path is None:
            left.pop()
            continue
        why = why_ignored(os.path.basename(path), _head(path))  # noqa: PTH119  as text
        if not why and os.path.islink(path) and not _is_within(os.path.realpath(path), top):  # noqa: PTH114
            why = "outside"
        if why or not os.path.isdir(path):  # noqa: PTH112
            yield path, why
        elif os.path.lexists(os.path.join(path, RETURNED)):  # noqa: PTH118  as text
            yield path, "returned"
        elif (own := _identity(Path(path))) not in entered:
            entered.add(own)
            try:
                left.append(_inside(path, sorted(os.listdir(path))))  # noqa: PTH208
            except OSError:
                yield path, ""


def _inside(folder: str, names: list[str]) -> Iterator[str]:
    home = "" if folder == os.curdir else folder
    return (os.path.join(home, name) for name in names)  # noqa: PTH118


def _is_within(path: str, top: str) -> bool:
    """Return whether a path is in the folder *top*; a broken link, whose end does not exist, is left to the reader."""
    return path == top or path.startswith(os.path.join(top, "")) or not os.path.exists(path)  # noqa: PTH110, PTH118


def _head(path: str) -> bytes:
    """Return the first bytes of a file whose name says that it is temporary; nothing if that is not possible."""
    if not path.casefold().endswith(".tmp"):
        return b""
    with suppress(OSError):
        return read_regular(Path(path), len(ZIP) + len(OLE))[0]
    return b""


_HAN = r"[\u2e80-\u9fff\uf900-\ufaff]"


def shown(path: Path) -> str:
    """Return the path as one line of harmless Unicode text, which may differ from the name of the file."""
    text = str(path)
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        text = str(Path(*(readable(os.fsencode(part)) for part in path.parts)))  # each in its own encoding
    return harmless_line(text)


def readable(name: bytes) -> str:
    """Return the file name in these bytes: decoded as UTF-8 or GB 18030, whichever gives Chinese, else as code page 437."""
    found = []
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            found.append(name.decode(encoding))
    chinese = [text for text in found if re.search(_HAN, text)]
    return (chinese or found or [name.decode("cp437")])[0]


_SMALL = (
    1 << 16
)  # more than nearly every file; Python allocates a buffer of the size that it is asked to read


def read_bytes(path: Path, most: int = -1) -> bytes:
    """Return the content of a file, at most *most* + 1 bytes; raises :class:`InputError` if it cannot be read."""
    try:
        with path.open("rb") as file:
            if most < _SMALL:
                return file.read(most + 1 if most >= 0 else -1)
            head = file.read(_SMALL)
            return head if len(head) < _SMALL else head + file.read(most + 1 - _SMALL)
    except OSError as error:
        raise _unreadable(path, error) from error


def read_regular(path: Path, most: int) -> tuple[bytes, int]:
    """Return the content of a file, at most *most* + 1 bytes, and its size.

    Raises :class:`OSError`, with :data:`errno.ENXIO` for a pipe, a device or a socket, which is never waited for.
    """

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))

    if path.is_dir():
        os.scandir(path).close()  # raises the error because of which it could not be listed
    with open(path, "rb", opener=opener) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.ENXIO, "not a regular file")
        head = file.read(min(most + 1, _SMALL))
        return head if len(head) < _SMALL else head + file.read(most + 1 - _SMALL), about.st_size


def decoded(data: bytes) -> str | None:
    """Return *data* as text, decoded as :func:`encoding_of` says, without a byte order mark; ``None`` for others."""
    found = encoding_of(data)
    return None if found is None else data[len(found.mark) :].decode(found.name)


class Encoding(NamedTuple):
    """An encoding of text, and the byte order mark at its beginning, if there is one."""

    name: str
    mark: bytes = b""


_ENCODINGS = (
    Encoding("utf-16-le", codecs.BOM_UTF16_LE),
    Encoding("utf-16-be", codecs.BOM_UTF16_BE),
    Encoding("utf-8", codecs.BOM_UTF8),
    Encoding("utf-8"),
    Encoding("gb18030"),
)


def encoding_of(data: bytes) -> Encoding | None:
    """Return the encoding of a text: UTF-16 with a byte order mark, UTF-8 or GB 18030; ``None`` for others.

    In China Excel saves text as GB 18030, and "Unicode text" as UTF-16.
    """
    marked = [one for one in _ENCODINGS if one.mark and data.startswith(one.mark)]
    for encoding in [*marked, *(one for one in _ENCODINGS if not one.mark)]:
        try:
            data[len(encoding.mark) :].decode(encoding.name)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(Problem("unreadable-file", shown(path), {"reason": error.strerror or str(error)}))


_NOT_IN_NAMES = r'[\ufffd<>:"/\\|?*]|\A[-. ]|[. ]\Z'
_DEVICES = r"(?i)\A(con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|\Z)"  # on Windows, with any ending
_LONGEST_STEM = 200  # bytes in UTF-8; file systems allow 255 for a whole name


def safe_stem(text: str) -> str:
    """Return *text* as the beginning of a file name that any file system accepts and that is harmless in a shell.

    Characters that control a terminal or are not allowed in names, a dash, a dot or a space at the beginning, and a dot
    or a space at the end, which Windows removes, become ``_``, which also stands before the name of a device of Windows.
    """
    safe = re.sub(_NOT_IN_NAMES, "_", harmless_line(text))
    safe = re.sub(_DEVICES, r"_\g<0>", safe)
    return safe.encode()[:_LONGEST_STEM].decode(errors="ignore")


def is_device(name: str) -> bool:
    """Return whether Windows takes a file of that name for a device: nul.txt."""
    return re.match(_DEVICES, name) is not None


def write_atomically(path: Path, content: bytes, *, is_new: bool = False) -> None:
    """Write *content* to *path*; an interruption leaves the former file. See :func:`replacing`."""
    with writing(path, is_new=is_new) as file:
        file.write(content)


@contextmanager
def writing(path: Path, *, is_new: bool = False) -> Iterator[BinaryIO]:
    """Return a context with an open file that replaces *path* at the end; see :func:`replacing`."""
    with replacing(path, is_new=is_new) as temporary, temporary.open("wb") as file:
        yield file


@contextmanager
def replacing(path: Path, *, is_new: bool = False) -> Iterator[Path]:
    """Return a context with the path of a file to create, which replaces *path* at the end, unless the block raises.

    The file is in a temporary folder beside *path*, in which a library may create other files. Raises
    :class:`OutputError` if the file cannot be written, or if it *is_new* and another program has written *path*.
    """
    import tempfile  # noqa: PLC0415  loads random, which takes long

    folder: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path.parent.resolve())
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}.", suffix=".tmp", dir=path.parent))
        temporary = folder / "whole"
        temporary.touch()  # with the permissions of the umask, whatever a library would give it
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        if is_new:
            _put_in_place(temporary, path)
        else:
            temporary.replace(path)
    except OSError as error:
        raise OutputError(
            Problem("cannot-write", str(path), {"reason": error.strerror or str(error)})
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(temporary: Path, path: Path) -> None:
    """Give the file the name *path*; raises :class:`OutputError` if there is a file of that name."""
    try:
        try:
            os.link(temporary, path)
        except (PermissionError, NotImplementedError, AttributeError):  # a file system without links
            path.open("xb").close()
            temporary.replace(path)
    except FileExistsError as error:
        raise OutputError(Problem("written-meanwhile", str(path))) from error


_LEFTOVER = re.compile(r"\..+\.[a-z0-9_]{8}\.tmp")
_DAY = 86_400  # seconds; no run takes as long


@cache  # once for each folder, because a run may write thousands of files into it
def _remove_leftovers(folder: Path) -> None:
    """Remove the temporary folders in which killed runs wrote, when they are older than a day."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _LEFTOVER.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _DAY:
                        shutil.rmtree(entry.path, ignore_errors=True)


def write_each(files: Iterable[tuple[Path, bytes]], *, are_new: bool = False) -> None:
    """Write each content to its path as :func:`write_atomically` does, in order.

    Raises :class:`OutputError` for the first file that cannot be written; the files before it are there.
    """
    for path, content in files:
        write_atomically(path, content, is_new=are_new)


_NOT_IN_LINKS = r"""[\x00-\x20"#%:<>?\[\\\]^`{|}]"""


class Home(NamedTuple):
    """The folder of a document that links to files, and the working folder to which both paths are relative."""

    folder: str
    seen_from: str

    @classmethod
    def of(cls, folder: Path) -> Home:
        """Return the home of a document in *folder*, relative to the working folder of this process."""
        try:
            return cls(str(folder), os.getcwd())  # noqa: PTH109  as text
        except OSError:  # the working folder was removed; absolute paths are still valid
            return cls(str(folder), "")

    def link(self, path: str) -> str:
        """Return the address under which the document links to the file *path*, relative if possible."""
        folder, name = os.path.split(path)
        try:
            start = os.path.join(self.seen_from, self.folder) or os.curdir  # noqa: PTH118
            way = os.path.relpath(os.path.join(self.seen_from, folder) or os.curdir, start)  # noqa: PTH118
        except ValueError:  # on another drive
            return Path(self.seen_from, path).absolute().as_uri()
        relative = os.path.normpath(os.path.join(way, name))  # noqa: PTH118
        return re.sub(_NOT_IN_LINKS, lambda found: f"%{ord(found[0]):02X}", relative.replace(os.sep, "/"))


def refuse_workbook(path: Path) -> None:
    """Raise :class:`OutputError` if *path* is a workbook, which a text must not replace."""
    if path.is_file() and read_bytes(path, len(OLE)).startswith((ZIP, OLE)):
        raise OutputError(Problem("replaces-workbook", str(path)))


def refuse_input(output: Path, inputs: Iterable[Path]) -> None:
    """Raise :class:`OutputError` if *output* is one of the *inputs*, even by another path."""
    own = _identity(output)
    if own and any(_identity(path) == own for path in inputs):
        raise OutputError(Problem("output-is-input", str(output)))


def _identity(path: Path) -> tuple[int, int] | Path | None:
    """Return a value that identifies a file independently of its path; ``None`` if it does not exist."""
    try:
        found = path.stat()
    except OSError:
        return None
    # Some file systems do not number files; hard links are then not recognized.
    return (found.st_dev, found.st_ino) if found.st_ino else path.resolve()


def refuse_within(folder: Path, inputs: Iterable[Path]) -> None:
    """Raise :class:`OutputError` if *folder* is one of the folders *inputs*, or is inside of one, or holds one.

    It may be inside of the working folder, which people name as "." for all that is there.
    """
    home, here = folder.resolve(), Path.cwd()
    read = [path.resolve() for path in inputs]
    if any(home == path or (path in home.parents and path != here) or home in path.parents for path in read):
        raise OutputError(Problem("returns-among-inputs", str(folder)))


def holds(path: Path, content: bytes) -> bool:
    """Return whether *path* is a file with this content; raises :class:`InputError` if it cannot be read."""
    return path.is_file() and read_bytes(path, len(content)) == content


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise :class:`OutputError` with each of *paths* that exists."""
    problems = [Problem("exists", str(path)) for path in paths if path.exists()]
    if problems:
        raise OutputError(*problems)
