"""One file as handed in: its record, what it showed, and what reading it turned up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Literal, NamedTuple, get_args

from xltools.data.finding import Finding
from xltools.data.record import Agency, Record
from xltools.form.layout import layout
from xltools.form.model import Form

Kind = Literal["return", "rollup"]
Status = Literal["included", "excluded", "missing", "member"]
STATUSES: tuple[Status, ...] = get_args(Status)


_MEMBER = r"(?i)(?<=\.zip)!"
_SEPARATOR = r"(?i)[/\\]|(?<=\.zip)!"


class Source(NamedTuple):
    """The file itself. ``path`` is as the user named it."""

    path: str
    sha256: str = ""
    size: int = 0

    @property
    def name(self) -> str:
        """The file name without folders, whichever separator was used, and without the archive it came in."""
        return re.split(_SEPARATOR, self.path)[-1]

    @property
    def on_disk(self) -> str:
        """The path of what a program can open: the file, or the archive it came in."""
        return re.split(_MEMBER, self.path)[0]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the generator wrote into the workbook: which form, whose, and of which year."""

    form: str
    edition: str
    year: int
    agency: Agency
    kind: Kind = "return"


_FILE_NAME = r"([^_]+)_(.+)_([0-9]{4})"


def stamp_from_name(name: str, form: Form) -> Stamp | None:
    """The stamp that a file name of the form ``CODE_NAME_YEAR`` stands for; its district is unknown."""
    match = re.fullmatch(_FILE_NAME, name.rpartition(".")[0])
    if match is None:
        return None
    return Stamp(form.key, form.edition, int(match[3]), Agency("", match[1].strip(), match[2].strip()))


class Origin(Enum):
    """How a total came by what it shows."""

    FORMULA = "formula"
    UNCALCULATED = "uncalculated"  # a formula without a stored result
    CHANGED = "changed"  # another formula stands where the issued one was
    TYPED = "typed"  # a constant stands where the formula was
    EMPTY = "empty"  # nothing stands there
    UNKNOWN = "unknown"  # an old format does not tell
    PRINTED = "printed"  # a document, in which nothing is computed


class Shown(NamedTuple):
    """What a total cell displayed. It is evidence and never enters a sum."""

    value: Decimal | None
    text: str
    origin: Origin
    formula: str = ""  # the one that stands there and the one that was issued, where they differ
    issued: str = ""


class Member(NamedTuple):
    """One row of a roll-up: what one file brought in. ``kind`` is the roster's word for what sort of agency it is."""

    agency: Agency
    source: Source
    values: Mapping[str, Decimal]
    kind: str = ""


class Account(NamedTuple):
    """What became of one file, or of one agency without a file, in a roll-up.

    A ``member`` came inside a roll-up: ``source`` is that roll-up's file and ``via`` its name. ``note`` says why
    a file was left out.
    """

    agency: Agency | None
    source: Source
    status: Status
    note: str = ""
    via: str = ""

    @property
    def is_left_out(self) -> bool:
        """Whether its figures are not in the sum."""
        return self.status in {"excluded", "missing"}


def left_out(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """The accounts of what is not in the sum: of an agency that is in it by another file, none is.

    *accounts* are gone through twice where there are any such, and not held.
    """
    out = [account for account in accounts if account.is_left_out]
    named = {account.agency for account in out if account.agency}
    inside = {a.agency for a in accounts if not a.is_left_out and a.agency in named} if named else set()
    return tuple(account for account in out if account.agency is None or account.agency not in inside)


class Accepted(NamedTuple):
    """A finding that a coordinator accepted, in the words in which a roll-up tells it.

    ``finding`` is its code. ``via`` is the name of the roll-up that it came in.
    """

    agency: str
    finding: str
    place: str
    words: str
    reason: str
    who: str
    date: str
    via: str = ""


@dataclass(frozen=True, slots=True)
class Filing:
    """A file, read. ``form``, ``stamp`` and ``record`` are there as far as reading got.

    ``findings`` are what reading turned up and, once it ``is_verified``, what the checks of a single filing found.
    """

    source: Source
    findings: tuple[Finding, ...] = ()
    form: Form | None = None
    stamp: Stamp | None = None
    record: Record | None = None
    shown: Mapping[str, Shown] = field(default_factory=dict)
    prose: Mapping[str, str] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    accounts: tuple[Account, ...] = ()
    is_verified: bool = False
    waived: tuple[Accepted, ...] = ()  # of a roll-up, the findings accepted in it
    # Of a roll-up, what it knows of the years before: every figure that can be added and is known, totals included.
    earlier: Mapping[int, Mapping[str, Decimal]] = field(default_factory=dict)
    is_complete: bool = False  # a roll-up that was checked against a roster and lacked nothing
    # Inputs whose figure could not be had: nothing that is built on them is judged.
    unread: frozenset[str] = frozenset()
    # Inputs that hold a text: what a program adds up over them is anyone's guess, and is not judged.
    clouded: frozenset[str] = frozenset()
    # Sheet and address of the cells that do not stand where they were issued.
    moved: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    # What the agency answered to earlier findings, by code and cell.
    explanations: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def agency(self) -> Agency | None:
        """Whose it is, when the stamp could be read."""
        return self.stamp.agency if self.stamp else None

    @property
    def is_nil(self) -> bool:
        """Whether the agency declares that it has nothing to report."""
        return self.form is not None and self.form.cover.declares_nil(self.prose)

    @property
    def is_untouched(self) -> bool:
        """Whether nobody filled it in: nothing is there but what may have come from last year, and no word that this is all."""
        if self.record is None or self.form is None or self.is_rollup or self.is_nil or self.unread:
            return False
        return self.record.values.keys() <= self.form.copied.keys()

    def address(self, name: str) -> tuple[str, str]:
        """Sheet and address of a figure in this file. Only a filing whose form is known has figures."""
        assert self.form is not None  # noqa: S101  see above
        return self.moved.get(name) or layout(self.form).address(name)

    @property
    def left_out(self) -> tuple[Account, ...]:
        """Of a roll-up, the files that were not added and the agencies that sent none."""
        return left_out(self.accounts)

    @property
    def is_rollup(self) -> bool:
        """Whether it adds up the figures of others."""
        return self.stamp is not None and self.stamp.kind == "rollup"
