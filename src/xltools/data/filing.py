"""Filings: files as read, either refused files or returns, with the findings from reading."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import ClassVar, Literal, NamedTuple, get_args

from xltools.data.finding import Finding, Place
from xltools.data.number import NO_VALUE, digits, stored
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine, ListValue, Record
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.linear import Linear
from xltools.form.lists import parts_of_cell
from xltools.form.model import COVER, FLAG_JOINT, Form

Kind = Literal["return", "rollup"]
Status = Literal["included", "excluded", "missing", "member", "replaced"]
STATUSES: tuple[Status, ...] = get_args(Status)
FILE_STATUSES: frozenset[Status] = frozenset(
    {"included", "excluded", "replaced"}
)  # the others are of agencies


# The mark between a container and its member, which may also be a character of a name.
_MEMBER = r"(?i)(?:(?<=\.(?:zip|eml|msg|tar|tgz|tbz|txz|bz2))|(?<=\.(?:gz|xz)))!"
_SEPARATOR = rf"{_MEMBER}|[/\\]"


class Source(NamedTuple):
    """A file. ``path`` is the path that the user gave; ``size`` is in bytes."""

    path: str
    sha256: str = ""
    size: int = 0

    @property
    def name(self) -> str:
        """The file name without folders, with either separator, and without the archive that contains the file."""
        return re.split(_SEPARATOR, self.path)[-1]

    @property
    def on_disk(self) -> str:
        """The path of the file on the disk: the file itself, or the archive or mail that contains it."""
        return re.split(_MEMBER, self.path)[0]


class Skipped(NamedTuple):
    """A file or a hidden folder that is not read, and why: a word of the catalogue below ``skipped``."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The identity of a workbook, written by the generator: its form, period and agency.

    ``flags`` are those of the form's that the agency has; ``None`` if that is not known, or the form has none. ``given``
    is what the issuer gave when it was issued, in the order of the form, ``None`` for what is not asked of the agency: a
    figure, the value of a field, or of the lines of a list what :func:`~xltools.data.given.lines_mark` returns.
    """

    form: str
    edition: str
    period: Period
    agency: Agency
    kind: Kind = "return"
    flags: frozenset[str] | None = None
    given: tuple[ListValue | None, ...] = ()

    def with_flags_of(self, form: Form) -> Stamp:
        """Return the stamp for a workbook of *form*: where the flags of its agency are not known, it has all sheets."""
        flags = frozenset(form.flags) if self.flags is None else self.flags
        return replace(self, flags=flags if form.flags and self.kind == "return" else None)

    def given_of(self, form: Form) -> dict[str, ListValue]:
        """Return what the issuer gave by name; nothing if it is not that of *form*."""
        if len(self.given) != len(form.given):
            return {}
        pairs = zip(form.given, self.given, strict=True)
        return {
            name: value
            for name, value in pairs
            if value is not None and isinstance(value, Decimal) == (name in form.cells)
        }


def flags_text(flags: Iterable[str] | None) -> str:
    """Return flags as they stand in a workbook."""
    return FLAG_JOINT.join(sorted(flags or ())) or NO_VALUE


def given_text(given: Iterable[ListValue | None]) -> str:
    """Return what the issuer gave as it stands in a workbook: texts begin with = and have no white space."""
    return ";".join(map(_one_given, given))


def _one_given(value: ListValue | None) -> str:
    if isinstance(value, str):
        return "=" + re.sub(r"[%;\s]", lambda found: f"%{ord(found[0]):04x}", value)
    return NO_VALUE if value is None else digits(value)


def given_of_text(text: str) -> tuple[ListValue | None, ...]:
    """Return what the issuer gave from the text in a workbook; nothing if it is not such a text."""
    given = [_given_in(one) for one in text.split(";")]
    is_sound = given_text(given) == text
    return tuple(given) if is_sound else ()


def _given_in(text: str) -> ListValue | None:
    if text.startswith("="):
        return re.sub(r"%([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text[1:])
    return None if text == NO_VALUE else stored(text)


def flags_of_text(text: str) -> frozenset[str] | None:
    """Return the flags in the text of a workbook; ``None`` for an empty one."""
    return frozenset(text.split(FLAG_JOINT)) - {NO_VALUE} if text else None


def stamp_from_name(name: str, form: Form) -> Stamp | None:
    """Return the stamp, without a district, for a file name such as ``CODE_NAME_YEAR.xlsx``, or ``None``.

    Behind the year there may be what people and programs add: ``_需修改``, `` (2)``, ``（盖章）``.
    """
    code, *parts = name.rpartition(".")[0].split("_")
    for place in range(len(parts) - 1, 0, -1):
        period = Period.of_form(re.split(r"[\s(（]", parts[place].strip())[0], form)
        agency = "_".join(parts[:place]).strip()
        if period and code.strip() and agency:
            return Stamp(form.key, form.edition, period, Agency("", code.strip(), agency))
    return None


class Origin(Enum):
    """The origin of the result that a total cell shows."""

    FORMULA = "formula"
    UNCALCULATED = "uncalculated"  # a formula without a stored result
    CHANGED = "changed"  # a formula other than the issued one
    TYPED = "typed"  # a constant in place of the formula
    EMPTY = "empty"  # neither a formula nor a constant
    UNKNOWN = "unknown"  # in an old format, from which only results are read
    PRINTED = "printed"  # a number printed in a document


class Shown(NamedTuple):
    """The result shown by a total cell. It is compared with the derived total and never added."""

    value: Decimal | None
    text: str
    origin: Origin
    formula: str = ""  # the formula in the cell, if it differs from the issued one
    issued: str = ""  # the formula as issued, if it differs


class Member(NamedTuple):
    """One row of a roll-up: the figures of one file. ``kind`` is the kind of agency according to the roster.

    ``texts`` are those of its fields, and its dates; of a roll-up that is a member, the first and the last day.
    """

    agency: Agency
    source: Source
    values: Mapping[str, Decimal]
    kind: str = ""
    texts: Mapping[str, str] = {}


class ListPlaces(NamedTuple):
    """Where the lines of a list are in a file: the sheet, the row of its heads, and of each line its key and its row."""

    sheet: str
    head: tuple[int, int]
    columns: Mapping[str, int]
    keys: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()

    def address(self, column: str, key: str) -> tuple[str, str]:
        """Return sheet and address of a cell; that of the list if there is no such line."""
        if key in self.keys and column in self.columns:
            return self.sheet, a1(self.rows[self.keys.index(key)], self.columns[column])
        if key.startswith("#") and key[1:].isdecimal() and int(key[1:]) <= len(self.rows):
            return self.sheet, a1(self.rows[int(key[1:]) - 1], self.columns[column])
        return self.sheet, a1(*self.head)


class Said(NamedTuple):
    """What a sentence says of the agency's own figures of the period: one of the ``sums`` over cells equals the ``value``."""

    box: str
    quote: str
    value: Decimal
    sums: tuple[Linear, ...]


class Account(NamedTuple):
    """The status of one file, or of one agency without a file, in a roll-up.

    A ``member`` is contained in another roll-up: ``source`` is that roll-up's file and ``via`` its name. A file that is
    ``replaced`` is an older version of one that is included, or a copy of it. ``note`` is the reason why a file was left
    out, or names the newer version.
    """

    agency: Agency | None
    source: Source
    status: Status
    note: str = ""
    via: str = ""

    @property
    def is_left_out(self) -> bool:
        """Whether the figures are not in the sum."""
        return self.status in {"excluded", "missing"}


def left_out(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """Return the accounts that are not in the sum, except those of agencies that are in it with another file."""
    accounts = tuple(accounts)
    included = {account.agency for account in accounts if account.agency and not account.is_left_out}
    return tuple(a for a in accounts if a.is_left_out and a.agency not in included)


class Accepted(NamedTuple):
    """An accepted finding, as printed in a roll-up.

    ``finding`` is the code of the finding, ``via`` the name of the roll-up that contained it.
    """

    agency: str
    finding: str
    place: str
    words: str
    reason: str
    who: str
    date: str
    via: str = ""


class Lineage(NamedTuple):
    """The earlier files that a marked file was made from, as its slip says.

    ``sources`` are SHA-256 sums in hexadecimal: of the file that was marked, then of the file whose slip that one had,
    and so on. ``reading`` is the digest of what the file held when it was marked; see
    :func:`xltools.checking.versions.reading_digest`. Slips of earlier programs have neither. ``listed`` are the cells that
    the slip lists, by name, each with what it held as the slip shows it.
    """

    sources: tuple[str, ...] = ()
    reading: str = ""
    listed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file whose figures cannot be used; ``findings`` say why. ``stamp`` is ``None`` if it could not be read."""

    source: Source
    findings: tuple[Finding, ...] = ()
    stamp: Stamp | None = None
    explanations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lineage: Lineage | None = None
    modified: str = ""
    sent: str = ""

    form: ClassVar[None] = None
    record: ClassVar[None] = None

    @property
    def agency(self) -> Agency | None:
        """The agency in the stamp, or ``None`` without a stamp."""
        return self.stamp.agency if self.stamp else None

    @property
    def is_rollup(self) -> bool:
        """Whether the stamp is that of a roll-up."""
        return self.stamp is not None and self.stamp.kind == "rollup"


@dataclass(frozen=True, slots=True)
class Return:
    """A return or a roll-up as read from a file.

    ``findings`` are those from reading and, if the return ``is_verified``, those from the checks of a single filing.
    """

    source: Source
    findings: tuple[Finding, ...]
    form: Form
    stamp: Stamp
    record: Record
    shown: Mapping[str, Shown] = field(default_factory=dict)
    prose: Mapping[str, str] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    accounts: tuple[Account, ...] = ()
    is_verified: bool = False
    waived: tuple[Accepted, ...] = ()  # the accepted findings listed in a roll-up
    # The figures of sums of earlier years listed in a roll-up, totals included; unknown ones are absent.
    earlier: Mapping[Period, Mapping[str, Decimal]] = field(default_factory=dict)
    is_complete: bool = False  # a roll-up that was checked against a roster and includes every agency
    # Inputs whose figure could not be read; checks skip everything derived from them.
    unread: frozenset[str] = frozenset()
    # Inputs that contain a text; shown results over them are not checked, because programs add texts differently.
    clouded: frozenset[str] = frozenset()
    # Sheet and address of the cells that are not in the place where the form puts them.
    moved: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    # The agency's answers to earlier findings, by code and cell.
    explanations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lineage: Lineage | None = None  # what the slip of a marked file says; None without a slip
    modified: str = ""  # when the file was last saved, as its properties say, in ISO 8601
    sent: str = ""  # when the mail was sent that it came with, in ISO 8601
    shown_in_lists: Mapping[str, Shown] = field(default_factory=dict)  # by cell, with the number of its line
    listed: Mapping[str, ListPlaces] = field(default_factory=dict)  # where the lines of each list are
    # What its sentences say of its figures, if it is verified and equations fail: they speak for and against each figure.
    said: tuple[Said, ...] = ()

    @property
    def agency(self) -> Agency:
        """The agency in the stamp."""
        return self.stamp.agency

    @property
    def unread_texts(self) -> dict[str, str]:
        """What was found in the inputs whose figure could not be read, by name."""
        return {f.cell: str(f.found) for f in reversed(self.findings) if f.cell in self.unread and f.found}

    @property
    def is_nil(self) -> bool:
        """Whether the agency declared a nil return."""
        return self.form.cover.declares_nil(self.prose)

    @property
    def flags(self) -> frozenset[str]:
        """The flags that the agency has as the file says, or as what is filled in tells."""
        return self._filled_flags if self.stamp.flags is None else self.stamp.flags

    @property
    def _filled_flags(self) -> frozenset[str]:
        filled = self.record.values.keys() | self.prose.keys() | self.record.lists.keys()
        return frozenset[str]().union(*(self.form.needed_flags.get(name, ()) for name in filled))

    @property
    def lacking(self) -> frozenset[str]:
        """The flags of whose sheets the agency has none: it lacks them, and nothing of these sheets is filled in."""
        if self.is_rollup or not self.form.flags:
            return frozenset()
        return self.form.lacking(self.flags | self._filled_flags)

    @property
    def elsewhere(self) -> frozenset[str]:
        """The names of what is not asked of the agency; nothing in a roll-up."""
        if self.is_rollup or not self.form.flags:
            return frozenset()
        return self.form.elsewhere(self.form.lacking(self.flags))

    @property
    def is_document(self) -> bool:
        """Whether it was read from a report as it is published or printed, not from a workbook."""
        if any(shown.origin is Origin.PRINTED for shown in self.shown.values()):
            return True
        return any(not address for _, address in self.moved.values())  # not every form has totals

    @property
    def is_untouched(self) -> bool:
        """Whether there are no figures except prefilled ones, no lines, no fields but those of the cover, and no nil declaration."""
        if self.is_rollup or self.is_nil or self.unread or self.filled_lists:
            return False
        form = self.form
        filled = self.record.values.keys() - form.copied.keys() - self.issued_figures
        filled |= self.prose.keys() & form.fields.keys() - {*form.given}
        of_cover = {n for n in (*form.fields, *form.field_figures) if n.startswith(f"{COVER}.")}
        return filled <= of_cover and not self.elsewhere.issuperset(
            {*form.input_names, *form.texts} - of_cover
        )

    @property
    def filled_lists(self) -> tuple[str, ...]:
        """The keys of the lists in whose lines the agency filled in something."""
        return tuple(key for key, lines in self.record.lists.items() if self._is_filled(key, lines))

    def _is_filled(self, key: str, lines: Iterable[ListLine]) -> bool:
        one = self.form.lists[key]
        opened = [place for place, column in enumerate(one.columns) if not column.given]
        return not one.given or any(line.values[place] != "" for line in lines for place in opened)

    @property
    def issued_figures(self) -> frozenset[str]:
        """The names of figures that the agency did not fill in: the issuer's, and those of lists that only the issuer filled in."""
        form, own = self.form, self.filled_lists
        chosen = {name for name, (field, _) in form.counted.items() if field in form.given}
        of_lists = {name for name, over in form.list_figures.items() if over.list not in own}
        return frozenset({*form.given} | chosen | of_lists)

    def address(self, name: str) -> tuple[str, str]:
        """Return sheet and address of a cell in this file; that of a count is the cell of its field.

        The name may be that of a cell of a list, or of a list.
        """
        key, column, line = parts_of_cell(name) or (name, "", "")
        if key in self.listed:
            return self.listed[key].address(column, line)
        name = key if key in self.form.lists else name
        field, _ = self.form.counted.get(name, (name, ""))
        return self.moved.get(name) or self.moved.get(field) or layout(self.form).address(name)

    def place(self, name: str) -> Place:
        """Return the place of a cell in this file; see :meth:`address`."""
        return Place(*self.address(name), name)

    def finding(
        self,
        code: str,
        name: str = "",
        found: Decimal | str = "",
        expected: Decimal | str = "",
        facts: Mapping[str, object] = MappingProxyType({}),
        others: Iterable[str] = (),
    ) -> Finding:
        """Return a finding on the cell of that *name*, which may refer to *others*; without a name, on the whole file."""
        place = self.place(name) if name else Place("", "")
        about = self.source.path, str(self.agency), *place
        return Finding(code, *about, found, expected, dict(facts), tuple(map(self.place, others)))

    @property
    def left_out(self) -> tuple[Account, ...]:
        """The accounts of a roll-up that are not in its sum; see :func:`left_out`."""
        return left_out(self.accounts)

    @property
    def is_rollup(self) -> bool:
        """Whether the file is a roll-up."""
        return self.stamp.kind == "rollup"


Filing = RefusedFile | Return


def dated(filing: Filing) -> dt.datetime | None:
    """Return the earlier of the moments that a filing carries: it was there by then. ``None`` without one."""
    return min(filter(None, map(_moment, (filing.modified, filing.sent))), default=None)


def _moment(text: str) -> dt.datetime | None:
    """Return a moment in ISO 8601, in UTC if it has no time zone; ``None`` for any other text."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
