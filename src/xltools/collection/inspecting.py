"""The returns of a collection as they lie in its inbox now: read, compared with last year, and examined together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

from xltools.checking.collection import Collection
from xltools.collection.accepting import accepted_versions
from xltools.collection.given_file import given_in
from xltools.collection.last_year import LastYear, read_last_year
from xltools.collection.reading import LOCAL, Execution, Inputs, ReadOptions, read_inputs
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
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
