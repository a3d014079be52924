"""Sequences whose elements are worked out whenever they are asked for, and never held."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

_Element_co = TypeVar("_Element_co", covariant=True)


class Anew(Sequence[_Element_co]):
    """Each element made anew by its place, counted from 0; who goes through all of them holds one at a time."""

    @abstractmethod
    def at(self, place: int) -> _Element_co:
        """The element at a place that there is."""

    @overload
    def __getitem__(self, index: int) -> _Element_co: ...
    @overload
    def __getitem__(self, index: slice) -> list[_Element_co]: ...
    def __getitem__(self, index: int | slice) -> _Element_co | list[_Element_co]:
        places = range(len(self))[index]
        return self.at(places) if isinstance(places, int) else list(map(self.at, places))

    def __iter__(self) -> Iterator[_Element_co]:
        return map(self.at, range(len(self)))
