"""Checksums of the rows of a roll-up.

A checksum detects accidents: a figure deleted, typed over or pasted, some of the rows sorted without the others. It is no
protection against forgery, because anybody can compute it; see :mod:`xltools.data.seal` for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal

from xltools.data.filing import Member
from xltools.data.number import kept
from xltools.data.record import Agency, ListLine
from xltools.form.model import Form

_LENGTH = 16  # hexadecimal digits


def checksum(texts: Iterable[str]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the texts.

    Runs of spaces count as one space, because spreadsheet programs treat them differently.
    """
    words = (" ".join(text.split()).encode("utf-8", "replace") for text in texts)
    # The lengths make the encoding of a row unique.
    return hashlib.sha256(b"".join(b"%d:%s" % (len(word), word) for word in words)).hexdigest()[:_LENGTH]


def figures_of(member: Member, form: Form) -> dict[str, str]:
    """Return the figures of the member's row, as a workbook stores them; blanks are absent."""
    values = {**member.values, **form.added(member.values)} if form.means else member.values
    return {name: kept(values[name]) for name in (*form.input_names, *form.means) if name in values}


def member_check(member: Member, figures: Mapping[str, str]) -> str:
    """Return the checksum of a member's row: its agency, its file, its figures with their names, and its texts."""
    agency, source = member.agency, member.source
    about = (agency.district, agency.code, agency.name, member.kind, source.name, source.sha256)
    texts = (part for name, text in sorted(member.texts.items()) for part in (name, text))
    return checksum((*about, ";".join([f"{name}={text}" for name, text in figures.items()]), *texts))


def line_texts(line: ListLine) -> tuple[str, ...]:
    """Return the texts of a line of a list, over which its checksum in a roll-up is."""
    agency = line.agency or Agency("", "")
    values = (kept(value) if isinstance(value, Decimal) else value for value in line.values)
    return (agency.district, agency.code, agency.name, str(line.number), *values)
