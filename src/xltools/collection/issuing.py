"""Issues one blank workbook per agency, named after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from xltools.data.filing import Stamp
from xltools.data.prior import Past
from xltools.data.roster import Entry, Roster, name_faults
from xltools.errors import InputError, Problem, RosterError
from xltools.excel.writer import check_password
from xltools.excel.writer.stamping import IssueWriter
from xltools.form.model import Form
from xltools.text import Word

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 100  # characters of a district; it stands in headers and properties
_YEARS = range(1949, 2200)


def file_name(entry: Entry, year: int) -> str:
    """Return ``CODE_NAME_YEAR.xlsx``."""
    return f"{entry.code}_{entry.name}_{year}.xlsx"


class Issue:
    """The blank workbooks of one district and year, each stamped with the agency and the year.

    Inputs that follow from last year's figures are filled in. With *show_last*, last year's figures are shown beside
    the tables. With *key*, stamps are sealed.
    """

    def __init__(
        self,
        form: Form,
        year: int,
        district: str,
        password: str = "",
        key: bytes = b"",
        *,
        show_last: bool = False,
    ) -> None:
        self.form, self._year, self._district = form, year, district
        self._writer = IssueWriter(form, password, key, show_last=show_last)

    def workbook(self, entry: Entry, last: Mapping[str, Decimal] | None = None) -> bytes:
        """Return the workbook of one agency as bytes; *last* are its figures of last year, if known."""
        return self._writer.workbook(self.stamp(entry), last)

    def stamp(self, entry: Entry) -> Stamp:
        """Return the stamp of one agency's workbook."""
        return Stamp(self.form.key, self.form.edition, self._year, entry.agency(self._district))

    def filled(self, last: Mapping[str, Decimal] | None) -> dict[str, Decimal]:
        """Return the inputs that are filled in from last year's figures."""
        return self.form.carried(last) if last else {}


def last_figures(past: Past, entries: Iterable[Entry], district: str) -> dict[str, Mapping[str, Decimal]]:
    """Return last year's figures by code, for those *entries* that have any."""
    agencies = [entry.agency(district) for entry in entries]
    matched = past.matches(agencies)
    return {agency.code: past.values[matched[agency]] for agency in agencies if agency in matched}


def chosen(roster: Roster | None, agency: str | None, code: str | None) -> tuple[Entry, ...]:
    """Return the agencies to issue workbooks for: all of the roster, one of it, or one given without a roster.

    Raises :class:`InputError` if there is no such agency, :class:`RosterError` if its name or code cannot be part of
    a file name.
    """
    if roster is None:
        if not agency or not code:
            raise InputError(Problem("agency-or-roster"))
        if faults := tuple(name_faults(code, agency)):
            raise RosterError(*faults)
        return (Entry(code, agency, {}),)
    if agency is None:
        return roster.entries
    entry = roster.find(agency)
    if entry is None:
        raise InputError(Problem("no-such-agency", facts={"wanted": agency}))
    return (entry,)


def check_inputs(year: int, district: str, password: str = "") -> None:
    """Raise :class:`InputError` for a year, a district or a password that a workbook cannot have."""
    if year not in _YEARS:
        raise InputError(Problem("bad-year", facts={"year": year}))
    if not district.strip() or _CONTROL.search(district) or len(district) > _LONGEST:
        raise InputError(Problem("bad-text", facts={"what": Word("item-district")}))
    check_password(password)
