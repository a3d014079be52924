"""Files and folders: what was handed in, names every system accepts, and output that is whole or not there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from xltools.errors import InputError, OutputError, Problem
from xltools.text import characters

_PASSED_OVER = (".", "~$", "~wr")  # hidden; kept by Office beside an open file
_PASSED_OVER_NAMES = {"__macosx", "thumbs.db", "desktop.ini"}

ZIP, OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")  # how .xlsx and the old formats begin


def is_passed_over(name: str) -> bool:
    """Whether a file or folder of that name is nobody's return: hidden, temporary, or the system's own."""
    folded = name.casefold()
    return folded.startswith(_PASSED_OVER) or folded.endswith(".tmp") or folded in _PASSED_OVER_NAMES


def walk(path: Path) -> Iterator[tuple[str, bool]]:
    """The file named, or every file in the folder named, in a fixed order, and whether it is passed over.

    Raises :class:`InputError` for a path that is not there or a folder that cannot be listed.
    """
    if not path.exists():
        raise InputError(Problem("no-such-path", str(path)))
    yield from _below(str(path)) if path.is_dir() else ((str(path), False),)


def _below(folder: str) -> Iterator[tuple[str, bool]]:
    """Each file below a folder and whether it is passed over; a folder that is linked into itself is entered once.

    As text: a Path keeps the name of each of very many files for good.
    """
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
    return ((os.path.join(home, name), is_hidden or is_passed_over(name)) for name in names)  # noqa: PTH118


# Compiled by the first name that is no text: its many characters take milliseconds.
_HAN = r"[\u2e80-\u9fff\uf900-\ufaff]"


def shown(path: Path) -> str:
    """Return the path as text that can be written anywhere; it need not lead to the file any more."""
    text = str(path)
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        text = readable(os.fsencode(path))
    return characters(text)


def readable(name: bytes) -> str:
    """The name in these bytes: UTF-8 where it is that and Chinese, GBK where it can be, as on old machines elsewhere."""
    found = [text for encoding in ("utf-8", "gb18030") if (text := _tried(name, encoding)) is not None]
    chinese = [text for text in found if re.search(_HAN, text)]
    return (chinese or found or [name.decode("cp437")])[0]


def _tried(name: bytes, encoding: str) -> str | None:
    try:
        return name.decode(encoding)
    except UnicodeDecodeError:
        return None


_SMALL = 1 << 16  # as nearly every file is; Python sets aside all the room that it is asked to fill


def read_bytes(path: Path, most: int = -1) -> bytes:
    """The content of a file, of a large one no more than shows that it has over *most* bytes.

    Raises :class:`InputError` when the system refuses it.
    """
    try:
        with path.open("rb") as file:
            if most < _SMALL:
                return file.read(most + 1 if most >= 0 else -1)
            head = file.read(_SMALL)
            return head if len(head) < _SMALL else head + file.read(most + 1 - _SMALL)
    except OSError as error:
        raise _unreadable(path, error) from error


def decoded(data: bytes) -> str | None:
    """Text as it comes: Excel in China saves GB18030, "Unicode text" is UTF-16, the rest of the world writes UTF-8.

    ``None`` when it is none of these.
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


def write_atomically(path: Path, content: bytes) -> None:
    """Put *content* at *path* whole: an interruption leaves what was there before. Raises :class:`OutputError`."""
    with writing(path) as file:
        file.write(content)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of *path* when all is written, and leaves nothing when it is not.

    Raises :class:`OutputError` when the system refuses it.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        yield file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The path of a file that is still to be made, for libraries that open one themselves; it takes *path*'s place.

    It lies in a folder of its own beside *path*, where such a library may keep files of its own meanwhile. Raises
    :class:`OutputError` when the system refuses it.
    """
    import shutil  # noqa: PLC0415  only who writes pays for it
    import tempfile  # noqa: PLC0415

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
    """The folder in which a document will lie that links to files, and the folder from which relative paths are seen.

    So another process, which may work elsewhere, finds the same ways.
    """

    folder: str
    seen_from: str

    @classmethod
    def of(cls, folder: Path) -> Home:
        """As this process sees it."""
        try:
            return cls(str(folder), os.getcwd())  # noqa: PTH109  as text
        except OSError:  # the folder it works in is gone; absolute paths lead there all the same
            return cls(str(folder), "")

    def link(self, path: str) -> str:
        """Return the address under which the document links to the file *path*, relative if possible."""
        folder, name = os.path.split(path)
        try:
            way = _way(self, folder)
        except ValueError:  # on another drive
            return Path(self.seen_from, path).absolute().as_uri()
        relative = name if way == os.curdir else os.path.join(way, name)  # noqa: PTH118  as text
        return re.sub(_NOT_IN_LINKS, lambda found: f"%{ord(found[0]):02X}", relative.replace(os.sep, "/"))


@lru_cache(maxsize=64)  # many files lie in few folders
def _way(home: Home, folder: str) -> str:
    """From the document to a folder."""
    there, here = (os.path.join(home.seen_from, one) for one in (folder, home.folder))  # noqa: PTH118  as text
    return os.path.relpath(there or os.curdir, here or os.curdir)


def refuse_workbook(path: Path) -> None:
    """Raise :class:`OutputError` when *path* holds a workbook: text does not take the place of a return."""
    if path.is_file() and read_bytes(path, len(OLE)).startswith((ZIP, OLE)):
        raise OutputError(Problem("replaces-workbook", str(path)))


def refuse_input(output: Path, inputs: Iterable[Path]) -> None:
    """Raise :class:`OutputError` when *output* is one of the *inputs*, whatever path leads there."""
    own = _identity(output)
    if own and any(_identity(path) == own for path in inputs):
        raise OutputError(Problem("output-is-input", str(output)))


def _identity(path: Path) -> tuple[int, int] | Path | None:
    """What tells a file from all others, whichever path leads to it; none where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    # Some file systems number no files; there a link to a file is not known, only a way around.
    return (found.st_dev, found.st_ino) if found.st_ino else path.resolve()


def refuse_within(folder: Path, inputs: Iterable[Path]) -> None:
    """Raise :class:`OutputError` when any of the *inputs* lies in *folder*."""
    home = folder.resolve()
    if any(home in path.resolve().parents for path in inputs):
        raise OutputError(Problem("returns-among-inputs", str(folder)))


def holds(path: Path, content: bytes) -> bool:
    """Whether *path* is a file with exactly that content; raises :class:`InputError` when it cannot be read."""
    return path.is_file() and read_bytes(path, len(content)) == content


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise :class:`OutputError` naming every one of *paths* that is there already."""
    problems = [Problem("exists", str(path)) for path in paths if path.exists()]
    if problems:
        raise OutputError(*problems)
