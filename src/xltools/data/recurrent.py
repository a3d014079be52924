"""Keys that occur more than once among very many, of each of which no more than its hash is kept."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator
from itertools import pairwise


class Recurrent:
    """Places and the keys that were met there; afterwards those places whose key may be that of another place.

    Equal keys have equal hashes: of what recurs no place is lacking. Two keys that differ have the same hash once in
    very many collections, so who asks looks at the keys themselves.
    """

    def __init__(self) -> None:
        self._hashes, self._places = array("q"), array("Q")

    def add(self, place: int, key: Hashable) -> None:
        """One more key, which need not be kept by anybody."""
        self._hashes.append(hash(key))
        self._places.append(place)

    def places(self) -> Iterator[int]:
        """The places to look at, each as often as it has such keys, in the order in which they were added."""
        met = sorted(self._hashes)
        twice = {one for one, other in pairwise(met) if one == other}
        if twice:
            yield from (p for p, one in zip(self._places, self._hashes, strict=True) if one in twice)
