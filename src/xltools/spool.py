"""Filings that wait on a disk: a sequence of them of which one at a time is in memory."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from xltools.data.filing import Filing, Member
from xltools.data.packed import Forms, unpack, unpack_member
from xltools.form.model import Form

_HELD = 8 << 20  # bytes; up to here they wait in memory after all


class Spool(Sequence[Filing]):
    """Packed filings in the order in which they were added, each unpacked anew whenever it is asked for."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        # Closed, and so removed from the disk, with the last reference to it.
        self._file = tempfile.SpooledTemporaryFile(max_size=_HELD)  # noqa: SIM115
        self._ends = array("Q", (0,))

    def add(self, packed: bytes) -> None:
        """One more, at the end."""
        self._file.seek(self._ends[-1])
        self._file.write(packed)
        self._ends.append(self._ends[-1] + len(packed))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> Filing: ...
    @overload
    def __getitem__(self, index: slice) -> list[Filing]: ...
    def __getitem__(self, index: int | slice) -> Filing | list[Filing]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        return unpack(self._packed(index), self._forms)

    def __iter__(self) -> Iterator[Filing]:
        return (self[index] for index in range(len(self)))

    def member(self, index: int, form: Form) -> Member:
        """What that filing brings into a sum, for less than unpacking it."""
        return unpack_member(self._packed(index), form)

    def _packed(self, index: int) -> bytes:
        place = range(len(self))[index]
        self._file.seek(self._ends[place])
        return self._file.read(self._ends[place + 1] - self._ends[place])
