"""A folder with files for agencies: unchanged files of an earlier run are removed if they are not written again.

The folder has a list of what was written into it, by which :func:`~xltools.files.walk` knows that it holds no returns.
Several commands may write into one folder: each has a part of the list, and removes only files of its own part.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from xltools.files import RETURNED, read_bytes, refuse_within, write_atomically

Part = Literal["returned", "receipts", "issued", "reminders"]
_FIRST: Part = (
    "returned"  # its lines are above the heads of the other parts; earlier versions wrote no other part
)
_HEAD = "# "  # before the name of a part; sha256sum takes the line for a comment

_Sums = dict[str, str]  # the SHA-256 of each file, by name


@dataclass(frozen=True)
class OutgoingFiles:
    """The files that a run writes into *folder*."""

    folder: Path
    written: _Sums = field(default_factory=dict)

    def write(self, name: str, content: bytes) -> None:
        """Write a file; one that is there is replaced."""
        write_atomically(self.folder / name, content)
        self.written[name] = hashlib.sha256(content).hexdigest()


@contextmanager
def outgoing(
    folder: Path, part: Part, places: Iterable[Path], *, keeping: bool = False
) -> Iterator[OutgoingFiles]:
    """Return a context in which files are written into *folder*; at its end, stale files of that *part* are removed.

    A stale file was written by an earlier run, is not written again and is unchanged; *keeping* leaves all of them there.
    Nothing is removed if the block raises. Raises :class:`OutputError` if *folder* is one of the *places* from which returns
    are read, or inside of one.
    """
    refuse_within(folder, places)
    files = OutgoingFiles(folder)
    yield files
    ledger = folder / RETURNED
    listed = _listed(ledger)
    former = listed.get(part, {})
    left = {name: sha256 for name, sha256 in former.items() if name not in files.written}
    if not keeping:
        for name, sha256 in left.items():
            path = folder / Path(name).name
            if _has_sum(path, sha256):
                path.unlink()
        left = {}
    if files.written or former:
        listed[part] = left | files.written
        write_atomically(ledger, _text(listed).encode())


def _listed(ledger: Path) -> dict[str, _Sums]:
    """Return what the list says, by part; each line is as sha256sum writes it."""
    found: dict[str, _Sums] = {}
    part: str = _FIRST
    for line in read_bytes(ledger).decode().splitlines() if ledger.is_file() else ():
        if line.startswith(_HEAD):
            part = line.removeprefix(_HEAD)
        else:
            sha256, _, name = line.partition("  ")
            found.setdefault(part, {})[name] = sha256
    return found


def _text(listed: dict[str, _Sums]) -> str:
    lines = []
    for part in sorted(listed, key=lambda name: (name != _FIRST, name)):
        lines += [] if part == _FIRST else [f"{_HEAD}{part}"]
        lines += [f"{sha256}  {name}" for name, sha256 in sorted(listed[part].items())]
    return "".join(f"{line}\n" for line in lines)


def _has_sum(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(read_bytes(path)).hexdigest() == sha256


def distinct_stems(stems: Sequence[str], sums: Sequence[str]) -> list[str]:
    """Return names of files without endings; those that several files share get the beginning of each file's SHA-256."""
    counts = Counter(stems)
    return [
        stem if counts[stem] == 1 else f"{stem}_{sha256[:8]}"
        for stem, sha256 in zip(stems, sums, strict=True)
    ]
