"""Receipts: which file an agency's figures in a roll-up are from, these figures, and what was accepted in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from xltools.data.filing import Accepted, Account, Source
from xltools.data.period import Period
from xltools.data.record import Agency, Figures
from xltools.form.model import Form


class RollupFile(NamedTuple):
    """A roll-up as it was written: the name of the file, the SHA-256 of its content, and whether it is complete."""

    name: str
    sha256: str
    district: str
    is_incomplete: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receipt for one file that was added.

    ``figures`` are its figures by name, totals included; blank ones are absent. ``accepted`` are the findings on it that
    were waived. ``unused`` are other files of the agency, which were not added. For a roll-up, ``inside`` are its agencies,
    and ``outside`` the accounts of what was not in its sum.
    """

    agency: Agency
    form: Form
    period: Period
    source: Source
    figures: Figures
    rollup: RollupFile
    accepted: tuple[Accepted, ...] = ()
    unused: tuple[Source, ...] = ()
    inside: tuple[Agency, ...] = ()
    outside: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """What a receipt says, as it was read: agency and return in words, the two hashes, and the figures by name."""

    agency: str
    subject: str
    sha256: str
    rollup_sha256: str
    figures: Mapping[str, Decimal]
