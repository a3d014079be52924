"""Where a collection stands, and what the coordinator does next."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import NamedTuple

from xltools.checking.board import Action, AgencyState, Board
from xltools.collection import manifest
from xltools.collection.inbox import InboxItem, gather, items
from xltools.collection.manifest import Manifest
from xltools.collection.reading import Inputs, read_one
from xltools.collection.settings import Folder
from xltools.data.filing import Return
from xltools.document.reader import report_in
from xltools.errors import InputError
from xltools.files import read_bytes
from xltools.form.library import find
from xltools.office.guard import Limits


class RollupState(Enum):
    """Whether the district's workbook is there, and whether it was made from the files that the inbox has now."""

    NONE = "none"
    CURRENT = "current"
    OUTDATED = "outdated"


class NextStep(Enum):
    """What is to be done next, in the order of a year."""

    ISSUE = "issue"
    WAIT = "wait"
    CHOOSE = "choose"
    SEND_BACK = "send-back"
    REMIND = "remind"
    MERGE = "merge"
    PUBLISH = "publish"
    DONE = "done"


class Situation(NamedTuple):
    """Where a collection stands; ``counts`` are numbers of agencies by what their most urgent state requires."""

    board: Board
    rollup: RollupState
    step: NextStep

    @property
    def counts(self) -> dict[Action, int]:
        """The number of agencies for each action."""
        return {action: sum(row.action is action for row in self.board.rows) for action in Action}


def situation(folder: Folder, board: Board, inputs: Inputs, limits: Limits) -> Situation:
    """Return where the collection in *folder* stands; *inputs* are the files of its inbox, *board* its board."""
    rollup = _rollup_state(folder, inputs, limits)
    states = {state: bool(board.having(state)) for state in AgencyState}
    actions = {row.action for row in board.rows}
    if not inputs.filings:
        issued = folder.outbox.is_dir() and any(folder.outbox.iterdir())
        step = NextStep.WAIT if issued else NextStep.ISSUE
    elif states[AgencyState.TWO_FILES]:
        step = NextStep.CHOOSE
    elif board.strangers or actions & {Action.CORRECT, Action.EXPLAIN}:
        step = NextStep.SEND_BACK
    elif Action.MISSING in actions:
        step = NextStep.REMIND
    elif rollup is not RollupState.CURRENT:
        step = NextStep.MERGE
    else:
        step = NextStep.DONE if _is_published(folder) else NextStep.PUBLISH
    return Situation(board, rollup, step)


def _is_published(folder: Folder) -> bool:
    """Return whether there is a report with the figures of the roll-up, or one that cannot be read back."""
    reports = sorted(folder.report.parent.glob(f"{folder.report.name}.*"))
    district = read_one(folder.rollup) if reports else None
    found = (report_in(read_bytes(path), path.name, find(folder.form)) for path in reports)
    return any(
        not isinstance(one, Return)
        or (isinstance(district, Return) and one.record.values == district.record.values)
        for one in found
    )


def is_outdated(rollup: Path, inbox: Path, limits: Limits) -> bool:
    """Return whether the inbox has other files than those from which the roll-up was made.

    That is not known without its manifest, nor without any file.
    """
    try:
        known = manifest.read(manifest.path_of(rollup))
    except InputError:
        return False
    if known is None:
        return False
    files = gather([inbox]).files if inbox.is_dir() else ()
    found = (item for file in files for item in items(file, limits) if isinstance(item, InboxItem))
    now = {(item.name, item.sha256) for item in found}
    return bool(now) and now != _inputs_of(known)


def _inputs_of(known: Manifest) -> set[tuple[str, str]]:
    return {(one.source.path, one.source.sha256) for one in known.inputs}


def _rollup_state(folder: Folder, inputs: Inputs, limits: Limits) -> RollupState:
    if not folder.rollup.is_file():
        return RollupState.NONE
    try:
        known = manifest.read(manifest.path_of(folder.rollup))
        content = read_bytes(folder.rollup)
    except InputError:
        return RollupState.OUTDATED
    now = {(one.source.path, one.source.sha256) for one in inputs.filings}
    is_same = known is not None and now == _inputs_of(known) and known.is_of(content, limits)
    return RollupState.CURRENT if is_same else RollupState.OUTDATED
