"""The check of a row of a roll-up: what the row held when it was written, as sixteen signs.

It finds what happens by accident: a figure deleted, typed over or pasted, a part of the rows sorted without the rest.
It proves nothing, since whoever knows how it is made can make one that fits; see :mod:`xltools.data.seal`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from xltools.data.filing import Member
from xltools.data.number import kept

_SIGNS = 16


def checksum(texts: Iterable[str]) -> str:
    """The first 16 hexadecimal digits of SHA-256 over the texts; spaces count once, as programs differ on them."""
    words = (" ".join(text.split()).encode("utf-8", "replace") for text in texts)
    # Lengths in front, so that no two rows are the same text.
    return hashlib.sha256(b"".join(b"%d:%s" % (len(word), word) for word in words)).hexdigest()[:_SIGNS]


def member_check(member: Member, names: Iterable[str]) -> str:
    """The check of a member's row: who, from which file, and the figures of *names*, each with its name."""
    return checksum(_told(member, names))


def _told(member: Member, names: Iterable[str]) -> Iterator[str]:
    agency, source, values = member.agency, member.source, member.values
    yield from (agency.district, agency.code, agency.name, member.kind, source.name, source.sha256)
    for name in names:
        if name in values:
            yield f"{name}={kept(values[name])}"
