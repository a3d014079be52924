"""What an agency finds out about its own workbook before it sends it, in the words of what would come back.

Every finding that the file itself and the agency's figures of last year give is there. What needs the files of others or
the key of the seals is named as not checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xltools.checking.collection import Examined
from xltools.checking.grouping import FindingGroup, grouped
from xltools.collection.given_file import given_in
from xltools.collection.last_year import read_last_year
from xltools.collection.reading import ReadOptions, read_inputs
from xltools.collection.roster_files import load_roster
from xltools.collection.verifying import verify_inputs
from xltools.data.filing import Return
from xltools.data.roster import Entry
from xltools.data.roster_lines import sender
from xltools.desk.work import Arrivals, Desk, marked
from xltools.form.library import find
from xltools.report.html.sheets import NumberedMessage, RenderedForm
from xltools.report.slip import Returned, clerk_words, returned


@dataclass(frozen=True)
class Checked:
    """A workbook that was checked: what the agency has to do about it, and its copy with marks if it can be marked."""

    examined: Examined
    entry: Entry
    anchor: str
    is_own: bool  # the file is of the agency whose page this is
    slip: Returned | None = None
    marked: bytes = b""
    marks: tuple[NumberedMessage, ...] = ()

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.examined.filing.source.name

    @property
    def sha256(self) -> str:
        """The hash of the file, by which its marked copy is asked for."""
        return self.examined.filing.source.sha256

    @property
    def verdict(self) -> str:
        """The key of the sentence about the whole file."""
        if not isinstance(self.examined.filing, Return):
            return "check-unread"
        if not self.is_own:
            return "check-other"
        return "check-found" if self.marks else "check-clean"

    @property
    def form(self) -> RenderedForm | None:
        """The form with its figures and the numbers of the messages; None if the figures could not be read."""
        filing = self.examined.filing
        return RenderedForm(filing, self.anchor, self.marks) if isinstance(filing, Return) else None

    @property
    def lines(self) -> Iterator[tuple[NumberedMessage, str, str, str]]:
        """Each message with where it is, what is wrong, and the steps to correct it."""
        for mark in self.marks:
            yield mark, *clerk_words(mark.group, self.examined.filing)


def check(desk: Desk, arrived: Arrivals) -> list[Checked]:
    """Return what is found in the files that arrived; nothing is kept of them but the marked copies."""
    folder = desk.folder()
    form, roster = find(folder.form), load_roster(folder.roster)
    options, (entry,) = ReadOptions(form, given=given_in(folder, form, roster)), roster
    inputs = read_inputs([arrived.folder], options, roster=roster, district=folder.district)
    last_year = read_last_year(folder.before, form, folder.period, options)
    found = []
    for place, filing in enumerate(inputs.filings, 1):
        collection = verify_inputs(
            [filing],
            roster,
            folder.period,
            folder.district,
            policy=folder.policy,
            past=last_year.past if last_year else None,
            is_part=True,
        )
        (one,) = collection.examined
        is_own = sender(filing, roster) == entry
        is_of_other = isinstance(filing, Return) and not is_own  # which the page knows nothing about
        slip = None if is_of_other else returned(one, roster)
        open_ = [] if is_of_other else [finding for finding in one.findings if finding.is_open]
        groups = slip.groups if slip else grouped(open_)
        anchor = f"file-{place}"
        found.append(
            Checked(
                one,
                entry,
                anchor,
                is_own=is_own,
                slip=slip,
                marked=marked(inputs, slip) if slip else b"",
                marks=_numbered(groups, anchor),
            )
        )
    return found


def _numbered(groups: tuple[FindingGroup, ...], anchor: str) -> tuple[NumberedMessage, ...]:
    return tuple(NumberedMessage(index, f"{anchor}-n{index}", group) for index, group in enumerate(groups, 1))
