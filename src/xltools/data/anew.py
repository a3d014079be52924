"""Sequences whose elements are worked out whenever they are asked for, and never held."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, overload

_Element = TypeVar("_Element")
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

    def carried(self) -> tuple[Iterable[Any], Callable[[Any], _Element_co]]:
        """See :func:`carried`."""
        return self, _itself


def carried(elements: Sequence[_Element]) -> tuple[Iterable[Any], Callable[[Any], _Element]]:
    """How elements go to another process: what goes in place of each, and what makes the element of it there."""
    return elements.carried() if isinstance(elements, Anew) else (elements, _itself)


def _itself(element: _Element) -> _Element:
    return element
