"""What was parsed before need not be parsed again: a store of bounded size, in this process and nowhere else.

Files of one collection share most of what they hold, byte for byte. A key is the text itself, or all that it is
unpacked from, and never a digest of it, so that nothing can be mistaken for something else; a value is immutable,
because files share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from xltools.office.guard import Part
from xltools.office.zipped import Packed

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Result = TypeVar("_Result")

_ENTRY = 100  # characters that an entry costs besides its key: many short ones are not to be had for nothing


@dataclass(slots=True)
class Known(Generic[_Key, _Value]):
    """A mapping that forgets what was not asked for in a while.

    It has two halves. What is put in, or asked for, goes into the younger; when that holds *most* characters (of
    keys; what is kept of them is a few times as large), the older is forgotten and the younger takes its place.
    """

    most: int
    _held: int = 0
    _young: dict[_Key, tuple[int, _Value]] = field(default_factory=dict)
    _old: dict[_Key, tuple[int, _Value]] = field(default_factory=dict)

    def get(self, key: _Key) -> _Value | None:
        """What was put in under *key*, unless it is forgotten."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found[1], found[0])
        return found[1] if found is not None else None

    def all_of(self, keys: Iterable[_Key]) -> list[_Value | None]:
        """What :meth:`get` gives for each, with fewer calls: most are where what was asked for of late is."""
        young = self._young.get
        return [found[1] if (found := young(key)) is not None else self.get(key) for key in keys]

    def put(self, key: _Key, value: _Value, size: int) -> None:
        """Keep *value* under *key*, which has *size* characters."""
        cost = size + _ENTRY
        if cost > self.most:
            return
        if self._held + cost > self.most:
            self._old, self._young, self._held = self._young, {}, 0
        self._young[key] = size, value
        self._held += cost


_PARTS: Known[tuple[object, str, Packed], Any] = Known(1 << 20)


def remembered(
    read: Callable[[Part, str], _Result], packed: Packed | None, part: Callable[[], Part], name: str = ""
) -> _Result:
    """What *read* makes of a *part*, which it makes of the same packed bytes under the same *name* again; it is shared.

    So a part that was met before is not even unpacked. One whose bytes are not *packed* in the usual way is not kept.
    """
    if packed is None:
        return read(part(), name)
    key = read, name, packed
    found: tuple[_Result] | None = _PARTS.get(key)
    if found is None:
        found = (read(part(), name),)
        _PARTS.put(key, found, packed.size + len(packed.content))
    return found[0]
