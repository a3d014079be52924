"""Lists, reads and writes files; a file is written completely or not at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from xltools.errors import InputError, OutputError, Problem
from xltools.text import characters, harmless

_IGNORED = (".", "~$", "~wr")  # beginnings of hidden files, and of the lock files of Office
_IGNORED_NAMES = {"__macosx", "thumbs.db", "desktop.ini"}

_AT_ONCE = 16  # files written at the same time, because each waits for the disk

ZIP, OLE = (
    b"PK\x03\x04",
    bytes.fromhex("d0cf11e0a1b11ae1"),
)  # the first bytes of .xlsx files and of old formats


def is_ignored(name: str) -> bool:
    """Return whether a file or folder of this name is hidden, temporary or from the operating system."""
    folded = name.casefold()
    return folded.startswith(_IGNORED) or folded.endswith(".tmp") or folded in _IGNORED_NAMES


def walk(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield the file *path*, or every file below the folder *path* in a fixed order, and whether it is ignored.

    Raises :class:`InputError` for a path that does not exist or a folder that cannot be listed.
    """
    if not path.exists():
        raise InputError(Problem("no-such-path", str(path)))
    yield from _below(str(path)) if path.is_dir() else ((str(path), False),)


def _below(folder: str) -> Iterator[tuple[str, bool]]:
    """Yield each file below a folder, as text, and whether it is ignored. Each folder is entered once, despite links."""
    entered: set[tuple[int, int]] = set()
    left = [iter([(folder, False)])]
    while left:
        path, is_hidden = next(left[-1], (None, False))
        if path is None:
            left.pop()
            continue
        try:
            if os.path.isdir(path):  # noqa: PTH112
                about = os.stat(path)  # noqa: PTH116
                if (about.st_dev, about.st_ino) not in entered:
                    entered.add((about.st_dev, about.st_ino))
                    left.append(_inside(path, sorted(os.listdir(path)), is_hidden))  # noqa: PTH208  names are small
            else:
                yield path, is_hidden or not os.path.isfile(path)  # noqa: PTH113
        except OSError as error:
            raise _unreadable(Path(path), error) from error


def _inside(folder: str, names: list[str], is_hidden: bool) -> Iterator[tuple[str, bool]]:
    home = "" if folder == os.curdir else folder
    return ((os.path.join(home, name), is_hidden or is_ignored(name)) for name in names)  # noqa: PTH118


_HAN = r"[\u2e80-\u9fff\uf900-\ufaff]"


def shown(path: Path) -> str:
    """Return the path as printable Unicode text, which may differ from the name of the file."""
    text = str(path)
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        text = readable(os.fsencode(path))
    return characters(text)


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


def decoded(data: bytes) -> str | None:
    """Return *data* as text, decoded from UTF-16 with a byte order mark, UTF-8 or GB 18030; ``None`` for others.

    In China Excel saves text as GB 18030, and "Unicode text" as UTF-16.
    """
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(Problem("unreadable-file", shown(path), {"reason": error.strerror or str(error)}))


_NOT_IN_NAMES = r'[\ufffd\n\t<>:"/\\|?*]|\A[-. ]'
_LONGEST_STEM = 200  # bytes in UTF-8; file systems allow 255 for a whole name


def safe_stem(text: str) -> str:
    """Return *text* as the beginning of a file name that any file system accepts and that is harmless in a shell.

    Characters that control a terminal or are not allowed in names, and a dash, a dot or a space at the beginning,
    become ``_``.
    """
    safe = re.sub(_NOT_IN_NAMES, "_", harmless(text))
    return safe.encode()[:_LONGEST_STEM].decode(errors="ignore")


def write_atomically(path: Path, content: bytes) -> None:
    """Write *content* to *path*; an interruption leaves the former file. Raises :class:`OutputError`."""
    with writing(path) as file:
        file.write(content)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Return a context with an open file that replaces *path* at the end, unless the block raises.

    Raises :class:`OutputError` if the file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        yield file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Return a context with the path of a file to create, which replaces *path* at the end, unless the block raises.

    The file is in a temporary folder beside *path*, in which a library may create other files. Raises
    :class:`OutputError` if the file cannot be written.
    """
    import tempfile  # noqa: PLC0415  loads random, which takes long

    folder: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}.", suffix=".tmp", dir=path.parent))
        temporary = folder / "whole"
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            Problem("cannot-write", str(path), {"reason": error.strerror or str(error)})
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def write_each(files: Iterable[tuple[Path, bytes]]) -> None:
    """Write each content to its path as :func:`write_atomically` does, in order.

    Raises :class:`OutputError` for the first file that cannot be written; the files before it are there.
    """
    for path, content in files:
        write_atomically(path, content)


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
    """Raise :class:`OutputError` if any of the *inputs* is in *folder*."""
    home = folder.resolve()
    if any(home in path.resolve().parents for path in inputs):
        raise OutputError(Problem("returns-among-inputs", str(folder)))


def holds(path: Path, content: bytes) -> bool:
    """Return whether *path* is a file with this content; raises :class:`InputError` if it cannot be read."""
    return path.is_file() and read_bytes(path, len(content)) == content


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise :class:`OutputError` with each of *paths* that exists."""
    problems = [Problem("exists", str(path)) for path in paths if path.exists()]
    if problems:
        raise OutputError(*problems)
