"""Recognises a text that a program has decoded wrongly when it saved the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CHARSETS = ("latin-1", "cp1252", "gb18030", "big5", "cp437", "mac_roman")
_LOST = re.compile(r"[\ufffd\x80-\xa0\xad\s]")  # bytes that some programs keep as controls and others drop


def is_garbled(text: str, found: str) -> bool:
    """Return whether *found*, which differs from *text*, is what a wrong character set makes of it."""
    return found != text and any(_LOST.sub("", found) == _LOST.sub("", one) for one in _garblings(text))


def _garblings(text: str) -> Iterator[str]:
    yield text.encode("ascii", "replace").decode("ascii")  # each character has become a question mark
    for right in ("utf-8", "gb18030"):
        content = text.encode(right)
        for wrong in _CHARSETS:
            once = content.decode(wrong, "replace")
            yield once
            yield once.encode("utf-8").decode(wrong, "replace")
