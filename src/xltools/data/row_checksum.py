"""The check of a row of a roll-up: what the row held when it was written, as sixteen signs.

It finds what happens by accident: a figure deleted, typed over or pasted, a part of the rows sorted without the rest.
It proves nothing, since whoever knows how it is made can make one that fits; see :mod:`xltools.data.seal`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from xltools.data.filing import Member
from xltools.data.number import kept

_SIGNS = 16


def checksum(texts: Iterable[str]) -> str:
    """The first 16 hexadecimal digits of SHA-256 over the texts; spaces count once, as programs differ on them."""
    words = (" ".join(text.split()).encode("utf-8", "replace") for text in texts)
    # Lengths in front, so that no two rows are the same text.
    return hashlib.sha256(b"".join(b"%d:%s" % (len(word), word) for word in words)).hexdigest()[:_SIGNS]


def figures_of(member: Member, names: Iterable[str]) -> dict[str, str]:
    """The member's figures of *names* as a workbook keeps them; what is blank is not there."""
    return {name: kept(member.values[name]) for name in names if name in member.values}


def member_check(member: Member, figures: Mapping[str, str]) -> str:
    """The check of a member's row: who, from which file, and its figures, each with its name."""
    agency, source = member.agency, member.source
    about = (agency.district, agency.code, agency.name, member.kind, source.name, source.sha256)
    return checksum((*about, ";".join([f"{name}={text}" for name, text in figures.items()])))
