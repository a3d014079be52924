"""Filings that wait on a disk: a sequence of them of which one at a time is in memory."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from xltools.data.anew import Anew
from xltools.data.filing import Filing, Member, Source
from xltools.data.record import Agency
from xltools.errors import OutputError, Problem
from xltools.form.model import Form

if TYPE_CHECKING:
    from xltools.data.packed import Forms

_HELD = 8 << 20  # bytes; up to here they wait in memory after all


class _Place:
    """A file that is closed, and so removed from the disk, with the last reference to it."""

    def __init__(self) -> None:
        import tempfile  # noqa: PLC0415  only a large collection pays for it

        self.file = tempfile.SpooledTemporaryFile(max_size=_HELD)  # noqa: SIM115

    def __del__(self) -> None:
        self.file.close()


class Spool(Anew[Filing]):
    """Packed filings in the order in which they were added, each unpacked anew whenever it is asked for.

    Those that are still *coming* are taken in as they are asked for: who goes through all of them looks at the first
    while others are being read.
    """

    def __init__(self, forms: Forms, coming: Iterable[bytes] = ()) -> None:
        self._forms, self._coming = forms, iter(coming)
        self._place = _Place()
        self._starts, self._sizes = array("Q"), array("L")

    def add(self, packed: bytes) -> None:
        """One more, at the end. Raises :class:`OutputError` when there is no room for it."""
        file = self._place.file
        try:
            start = file.seek(0, os.SEEK_END)
            file.write(packed)
        except OSError as error:
            raise _no_room(error) from error
        self._starts.append(start)
        self._sizes.append(len(packed))

    def only(self, indexes: Iterable[int]) -> Spool:
        """Some of them, in that order. They wait in the same place, to which nothing more is added then."""
        chosen = Spool(self._forms)
        chosen._place = self._place
        for index in indexes:
            chosen._starts.append(self._starts[index])
            chosen._sizes.append(self._sizes[index])
        return chosen

    def __len__(self) -> int:
        while self._take():
            pass
        return len(self._starts)

    def __iter__(self) -> Iterator[Filing]:
        place = 0
        while place < len(self._starts) or self._take():
            yield self.at(place)
            place += 1

    def _take(self) -> bool:
        """Whether there was one more to come, which is here now."""
        packed = next(self._coming, None)
        if packed is not None:
            self.add(packed)
        return packed is not None

    def at(self, place: int) -> Filing:
        """The filing at that place."""
        from xltools.data.packed import unpack  # noqa: PLC0415  a small collection has no use for it

        return unpack(self._packed(place), self._forms)

    def origin(self, index: int) -> tuple[Agency | None, Source]:
        """Whose that filing is, and the file, for much less."""
        from xltools.data.packed import origin_of  # noqa: PLC0415

        return origin_of(self._packed(index))

    def member(self, index: int, form: Form) -> Member:
        """What that filing brings into a sum, for less than unpacking it."""
        from xltools.data.packed import unpack_member  # noqa: PLC0415

        return unpack_member(self._packed(index), form)

    def _packed(self, index: int) -> bytes:
        file = self._place.file
        try:
            file.seek(self._starts[index])  # which writes what still waits in memory
        except OSError as error:
            raise _no_room(error) from error
        return file.read(self._sizes[index])


def _no_room(error: OSError) -> OutputError:
    import tempfile  # noqa: PLC0415

    return OutputError(
        Problem("cannot-write", tempfile.gettempdir(), {"reason": error.strerror or str(error)})
    )
