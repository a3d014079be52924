"""Taking in what was handed in: each file read and verified once, by one process or by many, in the order of the files.

A filing leaves the process that read it as bytes and is unpacked where it is looked at. Which process read a file, on
which machine and when, and whether it was kept from an earlier run, makes no difference to what is read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from xltools.checking.checks import verified
from xltools.data.ahead import ahead, for_each_worker
from xltools.data.failure import failed
from xltools.data.filing import Filing, Source
from xltools.data.finding import Finding
from xltools.data.record import Agency
from xltools.data.roster import Roster
from xltools.errors import InputError, Problem
from xltools.excel.reader import read, read_package
from xltools.files import shown
from xltools.form import library
from xltools.form.model import Form
from xltools.inbox import Item, content_of, items, name_of
from xltools.office.guard import Limits

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from xltools.store import Store

MANY = 300  # files; so many filings are held in memory, more wait on a disk
_BATCH = 16  # files that one task reads: enough to make sending it cheap, few enough to share the work evenly
_AHEAD = 4  # tasks for each worker that are under way at a time
# What may be otherwise the next time: a library is installed by then, the machine has more time or memory.
_DOCUMENTS = {
    "word-document",
    "html-file",
    "csv-file",
}  # what may be a report, where a workbook was looked for
_PASSING = {"damaged", "encrypted", "old-format", "old-format-unreadable", "reader-failed"}


@dataclass(frozen=True)
class Manner:
    """How files are read; see :func:`xltools.excel.reader.read`. With ``verifying`` each is verified at once."""

    form: Form | None = None
    by_labels: bool = False
    key: bytes = b""
    passwords: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    verifying: bool = True

    def forms(self, name: str) -> Form:
        """The form of that name, as it was read by."""
        return self.form if self.form and self.form.name == name else library.find(name)

    def filing(self, data: bytes, name: str) -> Filing:
        """The filing in the bytes of a file of that name: a workbook, or a report as it is published."""
        found = read_package(
            data,
            name,
            self.form,
            self.limits,
            by_labels=self.by_labels,
            key=self.key,
            passwords=self.passwords,
        )
        if found.findings and found.findings[0].code in _DOCUMENTS:
            from xltools.document.reader import report_in  # noqa: PLC0415  only a document pays for it

            return self._unsealed(report_in(data, name, self.form, self.limits)) or found
        return found

    def read(self, item: Item) -> Filing:
        """The filing in one file or member of an archive, verified where that is asked for."""
        found = self.filing(item.data, item.name)
        return verified(found) if self.verifying else found

    def _unsealed(self, report: Filing | None) -> Filing | None:
        """A document has no seal; where seals are asked for that is told."""
        if report is None or report.stamp is None or not self.key:
            return report
        about = Finding("seal-missing", report.source.path, str(report.agency))
        return replace(report, findings=(about, *report.findings))

    @cached_property
    def packed(self) -> bytes:
        """For another process."""
        import pickle  # noqa: PLC0415  one process alone needs none

        return pickle.dumps(replace(self))  # a copy, without what was worked out of it

    @cached_property
    def digest(self) -> bytes:
        """What tells two manners apart, the tool included: files read in one are not read in the other."""
        from xltools.store import key_of, tool  # noqa: PLC0415  only where something is kept

        return key_of((tool(), self.packed))


def on_roster(filing: Filing, roster: Roster | None, district: str = "") -> Filing:
    """A report tells no more of its agency than the name: here it gets what goes with it.

    The *roster* knows its code. Its district is the one that collects, without which the agencies of two districts could
    be taken for one where their roll-ups meet.
    """
    stamp = filing.stamp
    if stamp is None or filing.is_rollup or not is_bare(stamp.agency):
        return filing
    entry = roster.named(stamp.agency.name) if roster and stamp.agency.is_named_only else None
    code, home = entry.code if entry else stamp.agency.code, stamp.agency.district or district
    agency = replace(stamp.agency, code=code, district=home)
    if agency == stamp.agency:
        return filing
    record = replace(filing.record, agencies=frozenset((agency,))) if filing.record else None
    findings = tuple(finding.of(filing.source.path, str(agency)) for finding in filing.findings)
    return replace(filing, stamp=replace(stamp, agency=agency), record=record, findings=findings)


def is_bare(agency: Agency) -> bool:
    """Whether something of it is not known that its workbook would tell."""
    return agency.is_named_only or not agency.district


class Taken(NamedTuple):
    """What one file gave: its filings, more than one from an archive, as bytes; and how many members were passed over."""

    packed: tuple[bytes, ...]
    passed_over: int = 0
    sha256: bytes = b""  # of the file as it was read; none where reading it again may give something else

    def kept(self) -> bytes:
        """As bytes; no line of a packed filing is empty."""
        return b"\n\n".join((str(self.passed_over).encode(), *self.packed))


def _of_kept(content: bytes) -> Taken:
    passed_over, *packed = content.split(b"\n\n")
    return Taken(tuple(packed), int(passed_over))


class Errand(NamedTuple):
    """Some files to be read by another process, perhaps of another machine: all that it has to know."""

    files: tuple[str, ...]
    home: str  # the folder from which paths lead to them
    manner: bytes
    tool: bytes  # that has to read them; any where none is named


def _tool() -> bytes:
    from xltools.store import tool  # noqa: PLC0415  one process alone needs none

    return tool()


def read_files(errand: Errand) -> list[Taken]:
    """Read these files, in whichever process this runs.

    Raises :class:`InputError` when the system refuses one, and in a process that would read otherwise than the one that
    asks: of another version, or without the libraries for old formats.
    """
    if errand.tool and errand.tool != _tool():
        import platform  # noqa: PLC0415

        import xltools  # noqa: PLC0415

        about = {
            "version": xltools.__version__,
            "python": platform.python_version(),
            "place": platform.node(),
        }
        raise InputError(Problem("other-xltools", facts=about))
    how = _manner(errand.manner)
    return [_taken(how, file, errand.home) for file in errand.files]


@lru_cache(maxsize=4)
def _manner(packed: bytes) -> Manner:
    import pickle  # noqa: PLC0415

    found: Manner = pickle.loads(packed)  # noqa: S301  it comes from the process that gave the task
    return found


def _taken(manner: Manner, file: str, home: str = "") -> Taken:
    from xltools.data.packed import pack  # noqa: PLC0415

    data = content_of(file, manner.limits, home)
    filings = list(_filings(manner, file, data, home))
    packed = tuple(pack(filing) for filing in filings if filing)
    # Of a file beyond the limit only the beginning was read, by which it cannot be known again.
    lasts = len(data) <= manner.limits.file and not any(map(_is_passing, filter(None, filings)))
    return Taken(packed, filings.count(None), hashlib.sha256(data).digest() if lasts else b"")


def _is_passing(filing: Filing) -> bool:
    return any(finding.code in _PASSING for finding in filing.findings)


def _filings(manner: Manner, file: str, data: bytes, home: str = "") -> Iterator[Filing | None]:
    return readings(file, data, manner.limits, manner.read, home)


def readings(
    file: str, data: bytes, limits: Limits, read: Callable[[Item], Filing], home: str = ""
) -> Iterator[Filing | None]:
    """Yield what *read* returns for a file or each member of an archive; ``None`` for a member that is passed over.

    Whatever *read* raises that nobody foresaw becomes a finding on that file or member; see :func:`failed`.
    """
    try:
        for item in items(file, data, limits, home):
            yield None if item is None else reading(item, read)
    except Exception as error:  # noqa: BLE001  an archive that cannot be taken apart stops no other file
        yield failed(Filing(Item(name_of(file), data, size=len(data)).source), error)


def reading(item: Item, read: Callable[[Item], Filing]) -> Filing:
    """Return what *read* returns for *item*, or a filing with the finding for what it raised; see :func:`failed`."""
    try:
        return item.refusal() or read(item)
    except Exception as error:  # noqa: BLE001  one file stops no other
        return failed(Filing(item.source), error)


def read_one(path: Path) -> Filing:
    """Return the filing in the one workbook *path*, not verified. Raises :class:`InputError` as :func:`read` does."""
    try:
        return read(path)
    except Exception as error:  # noqa: BLE001  the same as for a file among others
        return failed(Filing(Source(shown(path))), error)


def read_here(files: Sequence[str], manner: Manner) -> Iterator[tuple[Filing | None, ...]]:
    """The filings of each of a few files, by this process, without packing them. Raises :class:`InputError`."""
    for file in files:
        yield tuple(_filings(manner, file, content_of(file, manner.limits)))


def take_in(
    files: Sequence[str],
    manner: Manner,
    *,
    executor: Executor | None = None,
    store: Store | None = None,
    is_far: bool = True,
) -> Iterator[Taken]:
    """What each of the *files* gave, in their order; files whose content the *store* knows are not read again.

    *executor* is anyone's: a pool of processes, a cluster's. It begins at once, before a result is asked for. Each file
    is one part of exactly one task, and the results are taken in the order of the files, so that a task that was run
    twice counts once. A task whose process ended is given again file by file where others go on. Whoever reads must be the same tool, for which nobody is asked who
    came of this installation and is not *far*. Raises :class:`InputError`, :class:`BrokenExecutor` when none do.
    """
    begun = (
        _begun(files[start : start + _BATCH], manner, executor, store, is_far=is_far)
        for start in range(0, len(files), _BATCH)
    )
    under_way = ahead(begun, for_each_worker(executor, _AHEAD) if executor else 0)
    return (taken for one in under_way for taken in _answered(*one, manner, store))


_Known = dict[str, Taken]
_Answer = Callable[[], Iterable[Taken]]


def _begun(
    batch: Sequence[str], manner: Manner, executor: Executor | None, store: Store | None, *, is_far: bool
) -> tuple[Sequence[str], _Known, _Answer]:
    """Some files, what is known of them already, and the answer about the others, on which others are at work."""
    known = _known(batch, manner, store) if store else {}
    missed = tuple(file for file in batch if file not in known)
    return batch, known, _asked(missed, manner, executor, is_far=is_far)


def _asked(files: tuple[str, ...], manner: Manner, executor: Executor | None, *, is_far: bool) -> _Answer:
    if executor is None or not files:
        return lambda: [_taken(manner, file) for file in files]
    errand = Errand(files, os.getcwd(), manner.packed, _tool() if is_far else b"")  # noqa: PTH109  as text
    return partial(_got, executor, errand, executor.submit(read_files, errand))


def _got(executor: Executor, errand: Errand, answer: Future[list[Taken]]) -> list[Taken]:
    from concurrent.futures import BrokenExecutor  # noqa: PLC0415

    try:
        return answer.result()
    except BrokenExecutor:
        # One of the files may be what ends whoever reads it: one at a time, so that it takes no other with it. A pool
        # that is broken as a whole refuses to be asked again.
        alone = (errand._replace(files=(file,)) for file in errand.files)
        return [_alone(one, executor.submit(read_files, one)) for one in alone]


def _alone(errand: Errand, answer: Future[list[Taken]]) -> Taken:
    from concurrent.futures import BrokenExecutor  # noqa: PLC0415

    try:
        (taken,) = answer.result()
    except BrokenExecutor as error:
        raise InputError(Problem("ends-workers", errand.files[0])) from error
    return taken


def _known(files: Sequence[str], manner: Manner, store: Store) -> _Known:
    found = {}
    for file in files:
        whole = hashlib.sha256(content_of(file, manner.limits)).digest()
        if (kept := store.get(_key(manner, file, whole))) is not None:
            found[file] = _of_kept(kept)
    return found


def _key(manner: Manner, file: str, sha256: bytes) -> bytes:
    from xltools.store import key_of  # noqa: PLC0415

    return key_of((manner.digest, os.fsencode(file), sha256))


def _answered(
    batch: Sequence[str], known: _Known, answer: _Answer, manner: Manner, store: Store | None
) -> Iterator[Taken]:
    missed = [file for file in batch if file not in known]
    for file, taken in zip(missed, answer(), strict=True):  # one for each, whoever answered
        known[file] = taken
        if store and taken.sha256:
            store.put(_key(manner, file, taken.sha256), taken.kept())
    for file in batch:
        yield known[file]


def gathered(
    taken: Iterable[Taken], manner: Manner, *, many: bool, roster: Roster | None = None, district: str = ""
) -> Sequence[Filing]:
    """The filings, known on the *roster* as of that *district*; *many* wait on a disk until they are gone through."""
    from xltools.data.packed import unpack  # noqa: PLC0415
    from xltools.spool import Spool  # noqa: PLC0415

    packed = (packed for one in taken for packed in one.packed)
    if many:
        known = (_known_on(roster, district, one, manner) for one in packed)
        return Spool(manner.forms, known if roster or district else packed)
    return [on_roster(unpack(one, manner.forms), roster, district) for one in packed]


def _known_on(roster: Roster | None, district: str, packed: bytes, manner: Manner) -> bytes:
    from xltools.data.packed import origin_of, pack, unpack  # noqa: PLC0415

    agency, _ = origin_of(packed)
    if agency is None or not is_bare(agency):
        return packed
    return pack(on_roster(unpack(packed, manner.forms), roster, district))
