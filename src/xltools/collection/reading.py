"""Reading returns: each file is read and verified once, in order, by this process or by an executor."""

from __future__ import annotations

import gc
import os
import platform
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import xltools
from xltools.checking.checks import verified
from xltools.checking.collection import Collection, examine
from xltools.collection.inbox import Inbox, InboxItem, gather, items, name_of
from xltools.data.failure import failed
from xltools.data.filing import Filing, RefusedFile, Return, Skipped, Source
from xltools.data.finding import Finding
from xltools.data.given import Given, with_given
from xltools.data.roster import Roster
from xltools.document.reader import report_in
from xltools.errors import InputError, Problem
from xltools.excel.reader import read, read_package
from xltools.files import shown
from xltools.form.model import Form
from xltools.office.guard import Budget, Limits
from xltools.office.kinds import kind_of

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

# Findings on a file in which a workbook was expected and which may be a report as it is published.
_DOCUMENTS = {"word-document", "html-file", "csv-file"}
_BATCH = 16  # files in one task, so that sending it costs little

# The filings of one file: one for each member of an archive, with the members that are skipped.
Filings = tuple[Filing | Skipped, ...]


@dataclass(frozen=True)
class ReadOptions:
    """How files are read; see :func:`xltools.excel.reader.read`. With ``verifying`` each is verified at once.

    ``given`` are the issuer's figures.
    """

    form: Form | None = None
    by_labels: bool = False
    key: bytes = b""
    passwords: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    verifying: bool = True
    given: Given | None = None

    def filing(self, item: InboxItem) -> Filing:
        """Return the filing in one file or member of an archive: a workbook, or a report as it is published."""
        budget = item.budget or Budget(self.limits)
        found = read_package(
            item.data,
            item.name,
            self.form,
            budget.for_file(),
            by_labels=self.by_labels,
            key=self.key,
            passwords=self.passwords,
            given=self.given,
        )
        code = found.findings[0].code if found.findings else ""
        if code in _DOCUMENTS or (code == "not-a-workbook" and kind_of(item.data).name == "pdf"):
            report = report_in(item.data, item.name, self.form, budget.for_file())
            report = report and with_given(report, self.given)
            if report and report.stamp and self.key:  # a document has no seal
                about = Finding("seal-missing", report.source.path, str(report.agency))
                report = replace(report, findings=(about, *report.findings))
            return report or found
        return found

    def read(self, item: InboxItem) -> Filing:
        """Return the filing in one file or member of an archive, verified if ``verifying``."""
        found = self.filing(item)
        return verified(found) if self.verifying else found


def on_roster(filing: Filing, roster: Roster | None, district: str = "") -> Filing:
    """Return the filing of a report with the agency's code from *roster* and with its district.

    A report only has the agency's name, and a sheet without a stamp has no district. The *district* is the one that
    collects; without it the agencies of two districts would be mixed up in a roll-up of both.
    """
    stamp = filing.stamp
    is_document = isinstance(filing, Return) and filing.is_document
    if stamp is None or (filing.is_rollup and not is_document):
        return filing
    entry = roster.named(stamp.agency.name) if roster and stamp.agency.is_named_only else None
    code, home = entry.code if entry else stamp.agency.code, stamp.agency.district or district
    agency = replace(stamp.agency, code=code, district=home)
    if agency == stamp.agency:
        return filing
    findings = tuple(finding.of(filing.source.path, str(agency)) for finding in filing.findings)
    filing = replace(filing, stamp=replace(stamp, agency=agency), findings=findings)
    if isinstance(filing, RefusedFile):
        return filing
    return replace(filing, record=replace(filing.record, agencies=frozenset((agency,))))


def readings(
    file: str, limits: Limits, read: Callable[[InboxItem], Filing], home: str = ""
) -> Iterator[Filing | Skipped]:
    """Yield what *read* returns for a file or each member of an archive, and the members that are skipped.

    An unexpected exception becomes a finding on that file or member; see :func:`failed`.
    """
    try:
        for item in items(file, limits, home):
            yield item if isinstance(item, Skipped) else reading(item, read)
    except Exception as error:  # noqa: BLE001  an archive that cannot be opened stops no other file
        yield failed(RefusedFile(Source(name_of(file))), error)


def reading(item: InboxItem, read: Callable[[InboxItem], Filing]) -> Filing:
    """Return what *read* returns for *item*, or a filing with the finding for what it raised; see :func:`failed`."""
    try:
        found = item.refusal() or read(item)
        return replace(found, sent=item.sent) if item.sent else found
    except Exception as error:  # noqa: BLE001  one file stops no other
        return failed(RefusedFile(item.source), error)


def read_one(path: Path, form: Form | None = None) -> Filing:
    """Return the filing in the one workbook *path*, not verified; *form* is the one that it is of, if that is known. Raises :class:`InputError` as :func:`read` does."""
    try:
        return read(path, form)
    except Exception as error:  # noqa: BLE001  the same as for a file among others
        return failed(RefusedFile(Source(shown(path))), error)


@dataclass(frozen=True)
class Workers:
    """Other processes that read files: ``start`` starts so many, and they raise one of ``death`` if one of them dies."""

    start: Callable[[int], AbstractContextManager[Executor]]
    count: int
    death: tuple[type[Exception], ...]


def processes_of_this_machine(count: int) -> Workers:
    """Return *count* processes of this machine."""
    import multiprocessing  # noqa: PLC0415  not everywhere there are processes
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor  # noqa: PLC0415

    context = multiprocessing.get_context("spawn")
    start = partial(
        ProcessPoolExecutor, mp_context=context, initializer=prepare_worker, initargs=gc.get_threshold()
    )
    return Workers(start, count, (BrokenExecutor,))


def prepare_worker(*collecting: int) -> None:
    """Make this worker ignore Ctrl-C, which its parent handles, and end when its parent was killed.

    *collecting* are the thresholds at which it looks for cycles.
    """
    import multiprocessing  # noqa: PLC0415  not everywhere there are processes

    parent = multiprocessing.parent_process()

    def leave() -> None:
        if parent:
            parent.join()
            os._exit(1)

    if collecting:
        gc.set_threshold(*collecting)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A worker holds both ends of the pipe through which tasks come, so it would wait for ever on a dead parent.
    threading.Thread(target=leave, daemon=True).start()


def read_files(
    files: Sequence[str], options: ReadOptions, workers: Workers | None = None
) -> Iterator[Filings]:
    """Yield the filings of each of the *files*, in their order, read by *workers* or by this process.

    If a worker dies, each file that is not yet read is read by a worker of its own, and the one that dies again gives
    its file a finding.
    """
    if workers is None:
        for file in files:
            yield read_file(file, options)
        return
    read = partial(read_file, options=options, home=os.getcwd(), version=xltools.__version__)  # noqa: PTH109
    done = 0
    try:
        with workers.start(workers.count) as executor:
            for found in executor.map(read, files, chunksize=_BATCH):
                yield found
                done += 1
    except workers.death:
        for file in files[done:]:
            yield _alone(file, read, workers)


def _alone(file: str, read: Callable[[str], Filings], workers: Workers) -> Filings:
    try:
        with workers.start(1) as executor:
            return executor.submit(read, file).result()
    except workers.death as error:
        return (failed(RefusedFile(Source(name_of(file))), error),)


def read_file(file: str, options: ReadOptions, home: str = "", version: str = xltools.__version__) -> Filings:
    """Return the filings of one file; *home* is the folder from which its path is relative.

    Raises :class:`InputError` if the caller has another *version* of this package.
    """
    if version != xltools.__version__:
        about = {
            "version": xltools.__version__,
            "python": platform.python_version(),
            "place": platform.node(),
        }
        raise InputError(Problem("other-xltools", facts=about))
    return tuple(readings(file, options.limits, options.read, home))


class Inputs(NamedTuple):
    """The files that were read, their filings, and the files and members of archives that were skipped."""

    inbox: Inbox
    filings: list[Filing]
    skipped: list[Skipped]


Watch = Callable[[Iterator[Filings], int], Iterator[Filings]]


def _unwatched(found: Iterator[Filings], _: int) -> Iterator[Filings]:
    return found


_Key = tuple[int, int, int]  # a file as it was read: its size, the time of its last change, and its number


@dataclass
class ReadBefore:
    """What was read of files, and found in them.

    A file is read again if its size, its time or its number has changed. All are examined again if anything that this
    depends on is other than the last time.
    """

    known: dict[tuple[str, str, bool], tuple[_Key, str, Given | None, Filings]] = field(default_factory=dict)
    examined: tuple[object, Collection] | None = None  # what was examined last, and what was found

    def filings(self, file: str, options: ReadOptions) -> Filings | None:
        """Return what was read of a file if it is unchanged, else ``None``."""
        key, text, given, found = self.known.get(_place(file, options), ((-1, -1, -1), "", None, ()))
        form = options.form
        is_same = text == (form.text if form else "") and given == options.given
        return found if is_same and key == _key(file) else None

    def keep(self, file: str, options: ReadOptions, found: Filings) -> None:
        """Keep what was read of a file."""
        text = options.form.text if options.form else ""
        self.known[_place(file, options)] = _key(file), text, options.given, found

    def move(self, found: Filings, file: str, options: ReadOptions) -> None:
        """Keep what was read of a workbook that has been copied to *file*; of other files it may depend on their name."""
        (filing, *others) = found
        if others or not isinstance(filing, Return) or filing.is_rollup or filing.agency.is_named_only:
            return
        findings = tuple(finding.of(file, finding.agency) for finding in filing.findings)
        moved = replace(filing, source=filing.source._replace(path=file), findings=findings)
        self.keep(file, options, (moved,))


def _place(file: str, options: ReadOptions) -> tuple[str, str, bool]:
    return file, options.form.name if options.form else "", options.verifying


def _key(file: str) -> _Key:
    try:
        about = Path(file).stat()
    except OSError:
        return -1, -1, -1
    return about.st_size, about.st_mtime_ns, about.st_ino


_PAYS = 500  # files for each process; with fewer, starting processes takes longer than it saves


@dataclass(frozen=True)
class Execution:
    """How reading and examining are run: files are read by ``workers``, by default by processes of this machine.

    ``processes`` is their number, by default as many as save time. ``watch`` gets the results and their number, and
    yields the results as they come, so that it can show the progress. What was read ``before`` is not read again.
    """

    workers: Workers | None = None
    processes: int | None = None
    watch: Watch = _unwatched
    before: ReadBefore | None = None

    def read(self, files: Sequence[str], options: ReadOptions) -> Iterator[Filings]:
        """Yield the filings of each of the *files*; see :func:`read_files`."""
        if self.before is None:
            yield from self._read(files, options)
            return
        known = {file: found for file in files if (found := self.before.filings(file, options)) is not None}
        new = self._read([file for file in files if file not in known], options)
        for file in files:
            if file not in known:
                known[file] = next(new)
                self.before.keep(file, options, known[file])
            yield known[file]

    def _read(self, files: Sequence[str], options: ReadOptions) -> Iterator[Filings]:
        count = self.processes or min(os.cpu_count() or 1, len(files) // _PAYS)
        workers = self.workers or (processes_of_this_machine(count) if count > 1 else None)
        return self.watch(read_files(files, options, workers), len(files))

    def read_one(self, path: Path, form: Form) -> Filing:
        """Return the filing in a roll-up, which may be one of the files to read; see :func:`read_one`."""
        found = next(self.read([str(path)], ReadOptions(form)))[0] if self.before else None
        return read_one(path, form) if found is None or isinstance(found, Skipped) else found

    def examine(self, *given: Any, **about: Any) -> Collection:
        """Return what :func:`~xltools.checking.collection.examine` returns, as before if everything is as it was."""
        if self.before is None:
            return examine(*given, **about)
        last = self.before.examined
        if last is None or last[0] != (given, about):
            last = self.before.examined = (given, about), examine(*given, **about)
        return last[1]


LOCAL = Execution()


def read_inputs(
    places: Sequence[Path],
    options: ReadOptions,
    execution: Execution = LOCAL,
    *,
    roster: Roster | None = None,
    district: str = "",
    allow_none: bool = False,
) -> Inputs:
    """Read every file in *places*: files, folders and archives.

    See :func:`on_roster` for *roster* and *district*. Raises :class:`InputError` if there is no file, unless
    *allow_none*.
    """
    inbox = gather(places)
    filings, skipped = list[Filing](inbox.refusals()), list(inbox.skipped)
    if not inbox.files and not filings and not allow_none:
        named = [Problem("skipped-file", one.name) for one in skipped]
        raise InputError(Problem("no-workbooks", "、".join(map(str, places))), *named)
    for found in execution.read(inbox.files, options):
        skipped += (one for one in found if isinstance(one, Skipped))
        filings += (on_roster(one, roster, district) for one in found if not isinstance(one, Skipped))
    return Inputs(inbox, filings, skipped)
