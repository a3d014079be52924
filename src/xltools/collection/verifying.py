"""Verifying returns: those in the inbox of a collection, any other files, or the district's own roll-up and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

from xltools.checking.collection import Collection, Examined, examine
from xltools.collection.accepting import accepted_versions
from xltools.collection.given_file import given_in
from xltools.collection.last_year import LastYear, read_last_year
from xltools.collection.reading import LOCAL, Execution, Inputs, ReadOptions, read_inputs
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Severity
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.roster import Roster
from xltools.form.library import find
from xltools.form.model import Form


class _Whose(Protocol):
    """What the examination of returns takes from the settings of a collection."""

    @property
    def district(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def versions(self) -> Path | None: ...


class Inspected(NamedTuple):
    """A collection with what was read from its inbox and how, last year's figures if it names any, and every finding."""

    folder: Folder
    form: Form
    roster: Roster
    inputs: Inputs
    last_year: LastYear | None
    collection: Collection
    options: ReadOptions


def inspect(
    folder: Folder, options: ReadOptions, execution: Execution = LOCAL, prior: Sequence[Path] = ()
) -> Inspected:
    """Read and examine the inbox of a collection; *prior* are other files with last year's figures than its own."""
    form = find(folder.form)
    roster = load_roster(folder.roster, form)
    folder = folder.counted(form)
    options = replace(options, form=form, given=given_in(folder, form, roster))
    places = [folder.inbox] if folder.inbox.is_dir() or folder.period.is_year else []
    inputs = read_inputs(places, options, execution, roster=roster, district=folder.district, allow_none=True)
    last_files = prior or folder.before
    last_year = read_last_year(last_files, form, folder.period, options, execution)
    past = last_year.past if last_year else None
    collection = examined_inbox(folder, inputs, roster, folder.period, past, options, execution)
    return Inspected(folder, form, roster, inputs, last_year, collection, options)


def examined_inbox(
    own: _Whose,
    inputs: Inputs,
    roster: Roster,
    period: Period,
    past: Past | None,
    options: ReadOptions,
    execution: Execution = LOCAL,
) -> Collection:
    """Return the returns of a collection as every command sees them, with the older versions that were accepted."""
    return execution.examine(
        inputs.filings,
        roster,
        period,
        own.district,
        code=own.code,
        policy=own.policy,
        past=past,
        former=accepted_versions(own.versions, own.policy, inputs.filings, options, roster, own.district),
    )


def verify_inputs(
    filings: Sequence[Filing],
    roster: Roster | None,
    period: Period | None,
    district: str,
    *,
    code: str = "",
    policy: Policy | None = None,
    past: Past | None = None,
    may_be_own: bool = False,
    former: Sequence[Filing] = (),
    is_part: bool = False,
) -> Collection:
    """Verify *filings* as the returns of a collection.

    Without a *roster*, a published report and a roll-up are verified as what is published, as ``publish`` does; on a
    roster a report is the return of an agency, whose prose is not published with the district's.
    With *may_be_own*, files that are all named as the *district* is (its roll-up, its published report in one format or
    several) are verified one by one instead, as what is published: no agency is missing beside them, and none of them is
    there twice. With *is_part*, *filings* are some files of a collection, and nothing is said about the other agencies.
    *code* is the district's own and *former* are older versions; see :func:`~xltools.checking.collection.examine`.
    """
    if may_be_own and all(filing.agency and filing.agency.name == district for filing in filings):
        published = (policy or Policy()).for_publication()
        alone = (
            examine([one], None, period, district, code=code, policy=published, past=past) for one in filings
        )
        several = list(alone)
        notes: list[Finding] = []  # of each file about the same periods
        for found in several:
            notes += [note for note in found.not_compared if note not in notes]
        return Collection(
            tuple(one for found in several for one in found.examined), not_compared=tuple(notes)
        )
    found = examine(filings, roster, period, district, code=code, policy=policy, past=past, former=former)
    if roster is None:
        levels = (policy or Policy()).for_publication().levels
        return replace(found, examined=tuple(_as_published(one, levels) for one in found.examined))
    if is_part:
        return Collection(found.examined, of_roster=found.of_roster, not_compared=found.not_compared)
    return found


def _as_published(one: Examined, levels: Mapping[str, Severity]) -> Examined:
    """Return a published report or a roll-up with the *levels* for what is published, and any other file as it is."""
    agency = one.filing.agency
    if agency is None or not (agency.is_named_only or one.filing.is_rollup):
        return one
    findings = (replace(f, level=levels[f.code]) if f.code in levels else f for f in one.findings)
    return one._replace(findings=tuple(findings))


def latest_period(filings: Sequence[Filing]) -> Period | None:
    """Return the latest period of any filing that has a stamp."""
    return max((filing.stamp.period for filing in filings if filing.stamp), default=None)
