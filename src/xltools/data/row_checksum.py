"""Checksums of the rows of a roll-up.

A checksum detects accidents: a figure deleted, typed over or pasted, some of the rows sorted without the others. It is no
protection against forgery, because anybody can compute it; see :mod:`xltools.data.seal` for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from xltools.data.filing import Member
from xltools.data.number import kept

_LENGTH = 16  # hexadecimal digits


def checksum(texts: Iterable[str]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the texts.

    Runs of spaces count as one space, because spreadsheet programs treat them differently.
    """
    words = (" ".join(text.split()).encode("utf-8", "replace") for text in texts)
    # The lengths make the encoding of a row unique.
    return hashlib.sha256(b"".join(b"%d:%s" % (len(word), word) for word in words)).hexdigest()[:_LENGTH]


def figures_of(member: Member, names: Iterable[str]) -> dict[str, str]:
    """Return the member's figures with *names*, as a workbook stores them; blanks are absent."""
    return {name: kept(member.values[name]) for name in names if name in member.values}


def member_check(member: Member, figures: Mapping[str, str]) -> str:
    """Return the checksum of a member's row: its agency, its file, and its figures with their names."""
    agency, source = member.agency, member.source
    about = (agency.district, agency.code, agency.name, member.kind, source.name, source.sha256)
    return checksum((*about, ";".join([f"{name}={text}" for name, text in figures.items()])))
