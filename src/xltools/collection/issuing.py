"""Issuing one blank workbook per agency, named after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from xltools.collection.given_file import given_in
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder, check_identity
from xltools.data.filing import Stamp
from xltools.data.given import Given, given_lines, lines_mark
from xltools.data.list_lines import line_keys
from xltools.data.period import Period
from xltools.data.prior import Past
from xltools.data.record import ListLine, ListValue
from xltools.data.roster import Entry, Roster, name_faults, several
from xltools.data.roster_lines import flags_of
from xltools.errors import InputError, Problem, RosterError
from xltools.files import holds, refuse_existing, write_each
from xltools.form.library import find
from xltools.form.lists import cell_name
from xltools.form.model import Form

Output = tuple[Entry, Path]  # an agency and the path of its workbook


def file_name(entry: Entry, period: Period, ending: str = ".xlsx") -> str:
    """Return ``CODE_NAME_PERIOD.xlsx``, the standard name of an agency's file, or the same with another *ending*."""
    return f"{entry.code}_{entry.name}_{period}{ending}"


def codes_in(*folders: Path) -> list[str]:
    """Return the codes with which the names of the files in the *folders* begin."""
    return [path.name.partition("_")[0] for folder in folders for path in sorted(folder.glob("*_*"))]


def as_issued(roster: Roster, folders: Iterable[Path], past: Past | None) -> Roster:
    """Return the *roster* with the codes of the workbooks in the *folders*, or else with last year's.

    Excel makes 1 of the code 001 when it saves a roster, and an agency's files keep their names.
    """
    return roster.as_issued(codes_in(*folders) or [agency.code for agency in (past.values if past else ())])


class Issue:
    """The blank workbooks of one district and period, each stamped with its agency and the period.

    *last* has last year's figures of each agency, by its code: inputs that follow from them are filled in and, with
    *show_last*, they are shown beside the tables. With *key*, stamps are sealed. *makers* are the codes and names of
    agencies that make rules, *given* the figures of the issuer.
    """

    def __init__(
        self,
        form: Form,
        period: Period,
        district: str,
        password: str = "",
        key: bytes = b"",
        *,
        last: Mapping[str, Mapping[str, Decimal]] | None = None,
        show_last: bool = False,
        makers: Collection[str] = (),
        given: Given | None = None,
    ) -> None:
        from xltools.excel.writer.stamping import IssueWriter  # noqa: PLC0415  XlsxWriter is slow to import

        self.form, self.period, self.last, self._district = form, period, last or {}, district
        self._makers, self._given = makers, given or Given()
        self._writer = IssueWriter(form, password, key, show_last=show_last)

    def workbook(self, entry: Entry) -> bytes:
        """Return the workbook of one agency as bytes."""
        stamp = self.stamp(entry)
        return self._writer.workbook(stamp, self.last.get(entry.code), self._lists(stamp))

    def stamp(self, entry: Entry) -> Stamp:
        """Return the stamp of one agency's workbook."""
        flags = flags_of(entry, self.form, self._makers) if self.form.flags else None
        stamp = Stamp(
            self.form.key, self.form.edition, self.period, entry.agency(self._district), flags=flags
        )
        found: dict[str, ListValue] = dict(self._given.of(self.period, stamp.agency))
        found |= {key: lines_mark(self.form.lists[key], lines) for key, lines in self._lists(stamp).items()}
        elsewhere = self._elsewhere(stamp)
        given = (None if name in elsewhere else found.get(name) for name in self.form.given)
        return replace(stamp, given=tuple(given))

    def _lists(self, stamp: Stamp) -> dict[str, tuple[ListLine, ...]]:
        """Return the lines of lists that the issuer gives to an agency."""
        found, elsewhere = self._given.of(self.period, stamp.agency), self._elsewhere(stamp)
        own = (key for key in self.form.given if key in self.form.lists and key not in elsewhere)
        return {key: given_lines(self.form.lists[key], found) for key in own}

    def filled(self, entry: Entry) -> dict[str, Decimal]:
        """Return the figures of one agency that are filled in: from last year's figures, and by the issuer."""
        stamp = self.stamp(entry)
        found = self.form.carried(self.last.get(entry.code, {}), self.period.number_in_year)
        elsewhere = self._elsewhere(stamp)
        given = stamp.given_of(self.form)
        texts = {name: value for name, value in given.items() if isinstance(value, str)}
        found = {name: value for name, value in found.items() if name not in elsewhere}
        found |= {name: value for name, value in given.items() if isinstance(value, Decimal)}
        return found | {name: value for name, value in self.form.counts(texts).items() if value}

    def check_given(self, entries: Iterable[Entry]) -> None:
        """Raise :class:`InputError` with everything of the issuer that an agency needs and that is not there."""
        problems = []
        for stamp in map(self.stamp, entries if self.form.given else ()):
            known = self._elsewhere(stamp).union(stamp.given_of(self.form))
            missing = [name for name in self.form.given if name not in known]
            for key, lines in self._lists(stamp).items():
                one = self.form.lists[key]
                needed = [own for own in one.columns if own.given and own.required and not own.when.relations]
                missing += [
                    cell_name(key, own.key, name)
                    for name, line in zip(line_keys(one, lines), lines, strict=True)
                    for own in needed
                    if line.values[one.keys.index(own.key)] == ""
                ]
            if missing:
                about = {"agency": str(stamp.agency), "cells": "、".join(missing)}
                problems.append(Problem("given-missing", facts=about))
        if problems:
            raise InputError(*problems)

    def _elsewhere(self, stamp: Stamp) -> frozenset[str]:
        return self.form.elsewhere(self.form.lacking(stamp.flags or ()))


def missing_outputs(
    issue: Issue,
    entries: Iterable[Entry],
    folder: Path,
    *,
    force: bool = False,
    watch: Callable[[Sequence[Path]], Iterable[Path]] = iter,
) -> list[Output]:
    """Return the workbooks that are to be written into *folder*: those that do not exist or, with *force*, all.

    *watch* gets the paths that exist and yields them. Raises :class:`OutputError`, unless *force*, with every file that
    exists with other content.
    """
    outputs = [(entry, folder / file_name(entry, issue.period)) for entry in entries]
    if force:
        return outputs
    there = {path: entry for entry, path in outputs if path.exists()}
    refuse_existing(path for path in watch(list(there)) if not holds(path, issue.workbook(there[path])))
    return [(entry, path) for entry, path in outputs if path not in there]


def generate(
    collection: Folder,
    *,
    past: Past | None = None,
    password: str = "",
    key: bytes = b"",
    show_last: bool = False,
    force: bool = False,
) -> list[Path]:
    """Write the workbook of each agency of a *collection* into its outbox and return the paths of the new files.

    Inputs that follow from the *past* are filled in. *password* protects the sheets and *key* seals the stamps. A file
    that exists with the same content is left alone; for any other :class:`OutputError` is raised, unless *force*.
    """
    check_inputs(collection.period, collection.district, password)
    form = find(collection.form)
    roster = as_issued(load_roster(collection.roster, form), [collection.outbox], past)
    last = last_figures(past, roster, collection.district) if past else {}
    period, makers = collection.period.checked(form), collection.policy.rule_makers
    issue = Issue(
        form,
        period,
        collection.district,
        password,
        key,
        last=last,
        show_last=show_last,
        makers=makers,
        given=given_in(collection, form, roster),
    )
    issue.check_given(roster)
    outputs = missing_outputs(issue, roster, collection.outbox, force=force)
    write_each(((path, issue.workbook(entry)) for entry, path in outputs), are_new=not force)
    return [path for _, path in outputs]


def last_figures(past: Past, roster: Roster, district: str) -> dict[str, Mapping[str, Decimal]]:
    """Return last year's figures by code, for those agencies of the *roster* that have any.

    They include those of agencies that an agency has taken over.
    """
    past = past.after(roster)
    agencies = [entry.agency(district) for entry in roster]
    matched = past.matches(agencies)
    return {agency.code: past.values[matched[agency]] for agency in agencies if agency in matched}


def chosen(roster: Roster | None, agency: str | None, code: str | None, form: Form) -> tuple[Entry, ...]:
    """Return the agencies to issue workbooks for: all of the roster, one of it, or one given without a roster.

    Raises :class:`InputError` if there is no such agency, or if only a roster says what of the *form* is asked of it,
    :class:`RosterError` if its name or code cannot be part of a file name.
    """
    if roster is None:
        if form.flags:
            raise InputError(Problem("flags-without-roster", facts={"columns": "、".join(form.flags)}))
        if not agency or not code:
            raise InputError(Problem("agency-or-roster"))
        if faults := tuple(name_faults(code, agency)):
            raise RosterError(*faults)
        return (Entry(code, agency, {}),)
    if agency is None:
        return roster.entries
    meant = roster.meant(agency)
    if not meant:
        raise InputError(Problem("no-such-agency", facts={"wanted": agency}))
    if len(meant) > 1:
        raise InputError(several(agency, meant))
    return meant


def check_inputs(period: Period | None, district: str, password: str = "") -> None:
    """Raise :class:`InputError` for a period, a district or a password that a workbook cannot have."""
    check_identity(period, district)
    if password:
        from xltools.excel.writer import check_password  # noqa: PLC0415  XlsxWriter is slow to import

        check_password(password)
