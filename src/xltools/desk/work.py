"""What a person does at the desk, each as a function of one collection: the same work, files and journal as the commands'.

A function reads the collection in the working folder anew, so that what another window or a command did meanwhile counts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple

from xltools.checking.board import Board, BoardRow, board
from xltools.checking.collection import Collection, Examined
from xltools.checking.history import AgencyHistory, agency_history
from xltools.collection import issuing, journal, location, publishing, recording, settings
from xltools.collection.accepting import Acceptance, Decision, acceptances, add_waivers
from xltools.collection.former import keep as keep_former
from xltools.collection.former import read_former
from xltools.collection.given_file import given_in
from xltools.collection.inbox import contents, gather
from xltools.collection.last_year import read_last_year
from xltools.collection.outgoing import outgoing
from xltools.collection.publishing import PreparedReport, PublishOptions, RenderedReport
from xltools.collection.reading import (
    LOCAL,
    Execution,
    Filings,
    Inputs,
    ReadBefore,
    ReadOptions,
    read_inputs,
)
from xltools.collection.receiving import keep, receive_by_period
from xltools.collection.returning import FileToReturn, ReturnedFile, return_files
from xltools.collection.rollup_file import MergedFiles, MergeOptions, merge_files, write_rollup_file
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
from xltools.collection.situation import Situation, situation
from xltools.collection.verifying import Inspected, inspect
from xltools.data.filing import Member, Skipped
from xltools.data.journal import Event
from xltools.data.period import Period
from xltools.data.reception import Received, Reception
from xltools.data.rollup import Rollup
from xltools.document.other_unit import OtherUnit
from xltools.document.writer import DocumentFormat
from xltools.errors import InputError, MarkingError, Problem, XltoolsError
from xltools.files import holds, read_bytes, safe_stem, write_atomically
from xltools.form.library import find
from xltools.office.guard import Limits
from xltools.report.slip import Returned, returned
from xltools.text import Lang

RETURNED = Path("returned")  # the folder for what goes back, as the documentation of the commands names it

_LONGEST_ENDING = 20  # characters

Progress = Callable[[int, int], None]  # files done, and how many there are


@dataclass
class Memory(ReadBefore):
    """What was read of the files in the inbox and found in them, so that a screen of 1,000 agencies does not do it again.

    What is written is always made from files that are read anew.
    """

    recorded: list[Event] = field(default_factory=list)  # what the journal was last told was found
    progress: Progress = lambda _done, _count: None

    @property
    def execution(self) -> Execution:
        """Reads, in this process, only what is not known."""

        def watch(found: Iterator[Filings], count: int) -> Iterator[Filings]:
            for place, one in enumerate(found, 1):
                self.progress(place, count)
                yield one

        return Execution(processes=1, watch=watch, before=self)


@dataclass
class Desk:
    """The collection in the working folder, in the language of who works with it.

    ``token`` stands in each form, so that no other page can ask for anything; ``is_page`` is true in the one file, which
    keeps its folder in the browser, and ``is_check`` where it only checks the workbook of one agency; ``marked`` has
    the copies with marks of what was checked last, by the hash of the file, each with its name.
    ``faults`` are problems that stopped nothing, such as a journal that cannot be written, since the last request.
    """

    lang: Lang = "zh"
    token: str = ""
    is_page: bool = False
    is_check: bool = False
    marked: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    faults: list[XltoolsError] = field(default_factory=list)

    @property
    def has_collection(self) -> bool:
        """Whether the working folder is a collection."""
        return Path(location.FILE).is_file()

    def folder(self) -> Folder:
        """Return the collection; raises :class:`InputError` if there is none, or if a file of it is faulty."""
        if not self.has_collection:
            raise InputError(Problem("desk-no-collection"))
        folder = settings.load(Path())
        return folder.counted(find(folder.form))

    def record(self, folder: Folder, events: Iterable[Event]) -> None:
        """Add *events* to the journal; a journal that cannot be written changes nothing else."""
        try:
            recording.record(folder, events)
        except (XltoolsError, OSError) as error:
            about = Problem("journal-not-written", journal.FILE, {"reason": str(error)})
            self.faults.append(error if isinstance(error, XltoolsError) else InputError(about))

    def record_found(self, folder: Folder, collection: Collection) -> None:
        """Add to the journal what was found, unless it was told the same before."""
        events = list(recording.found(collection))
        if events != self.memory.recorded:
            self.record(folder, events)
            self.memory.recorded = events


# -- what there is


class View(NamedTuple):
    """The collection as its board shows it today."""

    seen: Inspected
    now: Situation

    @property
    def board(self) -> Board:
        """The states of the agencies."""
        return self.now.board

    def row(self, code: str) -> BoardRow:
        """Return the agency with that code; raises :class:`InputError` if the roster has none."""
        found = next((row for row in self.board.rows if row.entry.code == code), None)
        if found is None:
            raise InputError(Problem("no-such-agency", facts={"wanted": code}))
        return found


def today() -> dt.date:
    """Return the day where the user is."""
    return dt.datetime.now().astimezone().date()


def look(desk: Desk) -> View:
    """Return the collection as ``status`` sees it, and record what was found as ``status`` does."""
    folder = desk.folder()
    seen = inspect(folder, ReadOptions(), desk.memory.execution)
    desk.record_found(folder, seen.collection)
    shown = board(seen.collection, seen.roster, folder.due, today())
    return View(seen, situation(folder, shown, seen.inputs, Limits()))


class AgencyView(NamedTuple):
    """One agency: its row on the board, its versions with what happened to them, and what can be accepted."""

    view: View
    row: BoardRow
    history: AgencyHistory
    open: list[Acceptance]

    @property
    def version(self) -> str:
        """A digest of the files that count, by which an action notices that others have come meanwhile."""
        return version_of(self.row)


def agency(desk: Desk, code: str) -> AgencyView:
    """Return what ``history`` and ``verify`` say about one agency."""
    view = look(desk)
    row, folder = view.row(code), view.seen.folder
    older = []
    if folder.versions.is_dir():
        options = view.seen.options
        older = read_inputs(
            [folder.versions],
            options,
            desk.memory.execution,
            roster=view.seen.roster,
            district=folder.district,
            allow_none=True,
        ).filings
    known = journal.read(folder.path)
    present, waivers = view.seen.inputs.filings, folder.policy.waivers
    history = agency_history(row.entry, older, present, known, view.seen.roster, waivers)
    try:
        acceptable = acceptances(view.seen.collection, view.seen.roster, row.entry, Decision("-", "-", ""))
    except InputError:  # nothing is open
        acceptable = []
    return AgencyView(view, row, history, acceptable)


def version_of(row: BoardRow) -> str:
    """Return a digest of an agency's files."""
    sums = sorted(filing.source.sha256 for filing in row.filings)
    return hashlib.sha256(" ".join(sums).encode()).hexdigest()[:16]


def draft(desk: Desk, *, incomplete: bool) -> MergedFiles | None:
    """Return the roll-up as ``merge`` would make it now, without writing anything; None without any file."""
    folder = desk.folder()
    if not gather([folder.inbox]).files:
        return None
    options = replace(MergeOptions.of(folder, incomplete=incomplete), witness=False)
    return merge_files([folder.inbox], options, ReadOptions(options.form), desk.memory.execution)


class Share(NamedTuple):
    """The figure of one member of a roll-up."""

    member: Member
    value: Decimal | None  # a ratio or a mean may have none


def behind(rollup: Rollup, cell: str) -> list[Share]:
    """Return the agencies behind a figure of a roll-up, the largest figure first; ties keep the order of the roll-up."""
    blank = None if rollup.form.cells[cell].ratio else Decimal(0)
    shares = [Share(one, rollup.form.complete(one.values).get(cell, blank)) for one in rollup.members]
    return sorted(shares, key=lambda share: -(share.value or Decimal(0)))


def report(desk: Desk) -> PreparedReport:
    """Return the report on the roll-up that was written, as ``publish`` prepares it."""
    folder = desk.folder()
    if not folder.rollup.is_file():
        raise InputError(Problem("desk-no-rollup"))
    options = PublishOptions.of(folder)
    source = publishing.read_report_source(folder.rollup, options, ReadOptions(options.form))
    return publishing.prepare_report(source, options)


# -- what is done


@contextmanager
def arrivals(target: str = "") -> Iterator[Arrivals]:
    """Return a context with a folder for files that arrive; see :class:`Arrivals`."""
    arrived = Arrivals.begun(target)
    try:
        yield arrived
    finally:
        arrived.close()


@dataclass
class Arrivals:
    """Files that arrive, each in a folder of its own, because two may have the same name.

    They are in a hidden folder beside the inbox until they are taken in. What a killed process leaves there is removed a
    day later, as every unfinished file is. Beyond a limit :class:`InputError` is raised while a file arrives, and
    nothing of them is taken in.
    """

    folder: Path
    most: int  # bytes of one file
    count: int = 0
    size: int = 0

    MOST_FILES: ClassVar[int] = 5000
    MOST_BYTES: ClassVar[int] = 500 << 20  # of all files together

    @classmethod
    def begun(cls, target: str = "") -> Arrivals:
        """Return arrivals with a new folder, for what is done at *target*: a saved collection is one large file."""
        most = cls.MOST_BYTES if target == "/unpack" else Limits().file
        return cls(Path(tempfile.mkdtemp(prefix=".desk.", suffix=".tmp", dir=".")), most)

    def place(self, name: str) -> Path:
        """Return the path for a file of that name; no part of the name is a folder."""
        self.count += 1
        if self.count > self.MOST_FILES:
            raise self.beyond()
        own = PurePosixPath(re.split(r"[/\\]", name)[-1])  # a long name keeps its ending
        ending = f".{safe_stem(own.suffix[1:])[:_LONGEST_ENDING]}" if own.suffix else ""
        place = self.folder / f"{self.count:06}" / ((safe_stem(own.stem) or "_") + ending)
        place.parent.mkdir()
        return place

    @contextmanager
    def file(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """Return a context with the function that adds bytes to a file of that name."""
        own = 0
        with self.place(name).open("xb") as file:

            def add(chunk: bytes) -> None:
                nonlocal own
                own += len(chunk)
                self.size += len(chunk)
                if own > self.most:
                    raise InputError(Problem("desk-too-large", name, {"most": self.most >> 20}))
                if self.size > self.MOST_BYTES:
                    raise self.beyond()
                file.write(chunk)

            yield add

    @classmethod
    def beyond(cls) -> InputError:
        """Return the error that there are too many files, or that they are too large together."""
        return InputError(
            Problem("desk-too-many", facts={"most": cls.MOST_FILES, "total": cls.MOST_BYTES >> 20})
        )

    def close(self) -> None:
        """Remove the files that arrived."""
        shutil.rmtree(self.folder, ignore_errors=True)


def take_in(desk: Desk, arrived: Arrivals) -> tuple[Received, ...]:
    """Take files into the inbox as ``receive`` does; their paths are as they were named where they came from."""
    folder = desk.folder()
    form = find(folder.form)
    roster = load_roster(folder.roster, form)
    options = ReadOptions(form, given=given_in(folder, form, roster))
    about: dict[str, Any] = {"roster": roster, "district": folder.district}
    read: dict[str, Filings] = {}
    taken = read_inputs([arrived.folder], options, _watched(desk, read), **about)

    def there(inbox: Path) -> Inputs:
        return read_inputs([inbox], options, desk.memory.execution, allow_none=True, **about)

    parts = receive_by_period(folder, taken, there, roster, Limits())
    received = tuple(one for _, some in parts for one in some)
    for one in received:
        if one.path and one.reception in _PUT_IN_PLACE and one.filing.source.path in read:
            desk.memory.move(read[one.filing.source.path], str(one.path), options)
    found = tuple(map(_as_named, received))
    desk.record(folder, recording.received(folder, found))
    return found


_PUT_IN_PLACE = {Reception.NEW, Reception.BESIDE, Reception.NEWER, Reception.UNDECIDED}


def _watched(desk: Desk, read: dict[str, Filings] | None = None) -> Execution:
    """Return the execution that reads every file anew; *read* gets what was read, by the path of the file."""

    def watch(found: Iterator[Filings], count: int) -> Iterator[Filings]:
        for place, one in enumerate(found, 1):
            desk.memory.progress(place, count)
            if read is not None and len(one) == 1 and not isinstance(one[0], Skipped):
                read[one[0].source.path] = one
            yield one

    return Execution(processes=1, watch=watch)


def _as_named(one: Received) -> Received:
    """Return *one* with the name of its file in place of the path at which it arrived."""
    source = one.filing.source
    name = source.path.split("/", 2)[-1] if source.path.startswith(".desk.") else source.path
    return replace(one, filing=replace(one.filing, source=source._replace(path=name)))


def choose(desk: Desk, code: str, path: str, version: str) -> tuple[Received, ...]:
    """Let one of an agency's files count, as ``receive --keep`` does."""
    view = look(desk)
    row, folder = _unchanged(view, code, version), view.seen.folder
    if path not in {filing.source.path for filing in row.filings}:
        raise InputError(Problem("desk-changed", facts={"agency": row.entry.name}))
    about: dict[str, Any] = {"roster": view.seen.roster, "district": folder.district}
    # A member of an archive is read with its archive, and the others are left alone.
    disk = next(filing.source.on_disk for filing in row.filings if filing.source.path == path)
    taken = read_inputs([Path(disk)], view.seen.options, LOCAL, **about)
    chosen = taken._replace(filings=[one for one in taken.filings if one.source.path == path])
    found = keep(folder, chosen, view.seen.inputs, view.seen.roster, Limits())
    desk.record(folder, recording.received(folder, found))
    return found


def accept(
    desk: Desk, code: str, reason: str, version: str, finding: str = "", cell: str = "", who: str = ""
) -> list[Acceptance]:
    """Accept what is open about an agency, or one finding, as ``accept`` does."""
    view = look(desk)
    row, folder = _unchanged(view, code, version), view.seen.folder
    who = folder.who or " ".join(who.split()) or journal.user()
    if not reason.strip() or not who:
        raise InputError(Problem("desk-blank"))
    decision = Decision(" ".join(reason.split()), who, today().isoformat())
    found = acceptances(view.seen.collection, view.seen.roster, row.entry, decision, finding, cell)
    add_waivers(folder, [one.waiver for one in found], desk.lang)
    desk.record(folder, recording.accepted(found))
    return found


def _unchanged(view: View, code: str, version: str) -> BoardRow:
    """Return the row of an agency; raises :class:`InputError` if its files are not those that were looked at."""
    row = view.row(code)
    if version_of(row) != version:
        raise InputError(Problem("desk-changed", facts={"agency": row.entry.name}))
    return row


def slips(view: View, rows: Iterable[BoardRow] | None = None) -> list[Returned]:
    """Return what goes back to the agencies of *rows*, by default all files that go back."""
    examined: Iterable[Examined] = view.seen.collection.examined
    if rows is not None:
        examined = [one for row in rows for one in row.examined]
    return [slip for one in examined if (slip := returned(one, view.seen.roster))]


def marked(inputs: Inputs, slip: Returned) -> bytes:
    """Return the marked copy of a file that goes back; empty if it cannot be marked, such as a damaged one."""
    (item,) = contents(inputs.inbox.files, [slip.examined.filing.source], Limits())
    try:
        return slip.workbook(item.data)
    except MarkingError:
        return b""


def send_back(desk: Desk, code: str = "") -> list[ReturnedFile]:
    """Write the marked files and the messages into the folder ``returned``, as ``verify --return-to`` does.

    With *code* only those of one agency; what is there for others stays.
    """
    view = look(desk)
    found = slips(view, [view.row(code)] if code else None)
    files = [FileToReturn(one.examined.filing.source, one.stem, one.text, one.workbook) for one in found]
    with outgoing(RETURNED, "returned", view.seen.inputs.inbox.places, keeping=bool(code)) as folder:
        done = return_files(folder, files, view.seen.inputs, Limits(), lambda names: _counted(desk, names))
    own = view.seen.folder
    desk.record(own, recording.returned(own, (one.examined for one in found), RETURNED))
    return done


def _counted(desk: Desk, names: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(names, 1):
        yield name
        desk.memory.progress(place, len(names))


class Written(NamedTuple):
    """A roll-up: what it was merged from, where it was written if nothing prevented it, and where the former one is kept."""

    merged: MergedFiles
    path: Path | None = None
    kept: Path | None = None


def merge(desk: Desk, *, incomplete: bool) -> Written:
    """Write the roll-up, as ``merge`` does in a collection."""
    folder = desk.folder()
    options = MergeOptions.of(folder, incomplete=incomplete)
    former = read_former(folder.rollup, options.form, Limits())
    options = replace(options, texts=former.texts if former else {})
    # The folder of a page is in its own memory, where nobody else changes a file.
    execution = desk.memory.execution if desk.is_page else _watched(desk)
    merged = merge_files([folder.inbox], options, ReadOptions(options.form), execution)
    desk.record_found(folder, merged.outcome.collection)
    rollup = merged.outcome.rollup
    if rollup is None:
        return Written(merged)
    kept = keep_former(former.path) if former and former.is_kept else None
    reading = write_rollup_file(merged, rollup, folder.rollup)
    if reading and reading.findings:
        return Written(merged, None, kept)
    desk.record(folder, recording.merged(folder, folder.rollup, merged.outcome.collection))
    return Written(merged, folder.rollup, kept)


class Published(NamedTuple):
    """A report: what was prepared and, if nothing prevented it, the document and where it was written."""

    prepared: PreparedReport
    rendered: RenderedReport | None = None
    path: Path | None = None


def publish(
    desk: Desk, how: DocumentFormat, *, is_draft: bool = False, unit: OtherUnit | None = None
) -> Published:
    """Write the report on the roll-up, as ``publish`` does in a collection; a *draft* is returned and not written.

    Its tables may be printed in another *unit*.
    """
    folder, prepared = desk.folder(), report(desk)
    text = prepared.report
    if text is None or not (is_draft or prepared.is_publishable):
        return Published(prepared)
    output = folder.report.with_suffix(f".{how}")
    rendered = publishing.render_report(
        prepared, text, how, name=str(output), draft=is_draft, witness=folder.witness, unit=unit
    )
    if is_draft or not rendered.is_confirmed:
        return Published(prepared, rendered)
    if output.is_file() and not holds(output, rendered.content):
        keep_former(output)
    write_atomically(output, rendered.content)
    source = prepared.source.filing.source
    desk.record(folder, recording.published(folder, source, output, rendered.content))
    return Published(prepared, rendered, output)


def starter(desk: Desk) -> Path:
    """Write the text of the report to start from, as ``publish --starter`` does."""
    folder, prepared = desk.folder(), report(desk)
    publishing.write_starter(prepared.source, folder.template, is_new=True)
    return folder.template


def save_text(desk: Desk, text: str, version: str) -> None:
    """Write the text of the report; raises :class:`InputError` if it was changed since it was shown."""
    folder = desk.folder()
    if text_version(folder) != version:
        raise InputError(Problem("desk-text-changed"))
    write_atomically(folder.template, text.replace("\r\n", "\n").encode())


def text_version(folder: Folder) -> str:
    """Return a digest of the text of the report; empty without one."""
    path = folder.template
    return hashlib.sha256(read_bytes(path)).hexdigest() if path.is_file() else ""


FORM = Path("form.toml")  # where the form of a collection that was begun at the desk is kept


def start(
    desk: Desk,
    period: Period,
    district: str,
    roster: Path,
    due: dt.date | None = None,
    form: Path | None = None,
) -> Folder:
    """Make a collection of the working folder, as ``init`` does; a *form* of one's own is kept in it with its codes."""
    if form is None:
        return settings.create(Path(), period, district, roster, due=due, lang=desk.lang)
    write_atomically(FORM, find(str(form)).text.encode(), is_new=True)
    try:
        return settings.create(Path(), period, district, roster, str(FORM), due, lang=desk.lang)
    except BaseException:
        FORM.unlink()
        raise


def issue(desk: Desk) -> list[Path]:
    """Write the workbooks of all agencies into the outbox, as ``generate`` does; those that are there are left alone."""
    folder = desk.folder()
    form = find(folder.form)
    last_year = read_last_year(folder.before, form, folder.period, ReadOptions(form))
    past = last_year.past if last_year else None
    paths = issuing.generate(folder, past=past)
    roster = issuing.as_issued(load_roster(folder.roster), [folder.outbox], past)
    by_path = {folder.outbox / issuing.file_name(entry, folder.period): entry for entry in roster}
    desk.record(folder, recording.issued(folder, [(by_path[path], path) for path in paths]))
    return paths
