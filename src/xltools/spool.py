"""Filings that wait on a disk: a sequence of them of which one at a time is in memory."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from xltools.data.anew import Anew
from xltools.data.filing import Filing
from xltools.errors import no_room

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
        self.forms, self._coming = forms, iter(coming)
        self._place = _Place()
        self._starts, self._sizes = array("Q"), array("L")

    def add(self, packed: bytes) -> None:
        """One more, at the end. Raises :class:`OutputError` when there is no room for it."""
        file = self._place.file
        try:
            start = file.seek(0, os.SEEK_END)
            file.write(packed)
        except OSError as error:
            raise no_room(error) from error
        self._starts.append(start)
        self._sizes.append(len(packed))

    def only(self, indexes: Iterable[int]) -> Spool:
        """Some of them, in that order. They wait in the same place, to which nothing more is added then."""
        chosen = Spool(self.forms)
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
        return map(self.at, self._places())

    def sketches(self) -> Iterator[Filing]:
        """The same for less, as far as :func:`~xltools.data.packed.unpack_sketch` fills them in."""
        from xltools.data.packed import unpack_sketch  # noqa: PLC0415

        return (unpack_sketch(self._packed(place), self.forms) for place in self._places())

    def _places(self) -> Iterator[int]:
        """The place of each, as soon as it is here."""
        place = 0
        while place < len(self._starts) or self._take():
            yield place
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

        return unpack(self._packed(place), self.forms)

    def origin(self, index: int) -> bytes:
        """Whose that filing is, and the file, for :func:`~xltools.data.packed.origin_of`."""
        from xltools.data.packed import origin_part  # noqa: PLC0415

        return origin_part(self._packed(index))

    def member(self, index: int) -> bytes:
        """What that filing brings into a sum, for :func:`~xltools.data.packed.unpack_member`."""
        from xltools.data.packed import member_part  # noqa: PLC0415

        return member_part(self._packed(index))

    def portions(self, most: int) -> Iterator[tuple[int, tuple[bytes, ...]]]:
        """All of them packed, for another process: so many at a time, and the place of the first."""
        for first in range(0, len(self), most):
            yield first, tuple(map(self._packed, range(first, min(first + most, len(self)))))

    def _packed(self, index: int) -> bytes:
        file = self._place.file
        try:
            file.seek(self._starts[index])  # which writes what still waits in memory
        except OSError as error:
            raise no_room(error) from error
        return file.read(self._sizes[index])
