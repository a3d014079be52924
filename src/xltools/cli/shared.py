"""What several commands share: options, the reading of files with progress, and where output goes."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from xltools.cli import withdrawn
from xltools.cli.output import inform, is_terminal, progress
from xltools.text import Lang, Word, catalog

if TYPE_CHECKING:
    import datetime as dt
    from concurrent.futures import Executor

    from xltools.checking.collection import Collection
    from xltools.data.filing import Filing
    from xltools.data.policy import Policy
    from xltools.data.prior import Past
    from xltools.data.roster import Roster
    from xltools.form.model import Form
    from xltools.inbox import Inbox
    from xltools.intake import Manner, Taken
    from xltools.office.guard import Limits
    from xltools.store import Store

    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # takes no parameter before click 8.2

_Item = TypeVar("_Item")
_Command = TypeVar("_Command", bound=Callable[..., Any])
_SHORTEST_KEY = 16  # bytes


def file() -> click.Path:
    """A file, under the name it has in the language that is spoken now."""
    return click.Path(path_type=Path, dir_okay=False)


class _Place(click.Path):
    """A path, or an address of an object store, which stays a text: in a path ``//`` is the same as ``/``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        from xltools.files import is_address  # noqa: PLC0415  a command that only shows its help needs none

        withdrawn.refuse_address(str(value))
        return str(value) if is_address(str(value)) else Path(os.fsdecode(super().convert(value, param, ctx)))


def place() -> click.Path:
    """What is read; what is written is a path."""
    return _Place(path_type=Path)


def paths() -> Callable[[_Command], _Command]:
    """The files and folders to read; in a collection's folder its inbox unless others are named."""
    return click.argument("paths", metavar="[PATH]...", nargs=-1, type=place())


class Own(NamedTuple):
    """What the collection says in whose folder the command runs; nothing where it runs in none."""

    form: str | None = None
    year: int | None = None
    district: str | None = None
    due: dt.date | None = None
    code: str = ""
    roster: Path | None = None
    inbox: Path | None = None
    outbox: Path | None = None
    rollup: Path | None = None
    template: Path | None = None
    report: Path | None = None
    prior: Path | None = None
    policy: Policy | None = None
    witness: bool = False


def here() -> Own:
    """The collection in whose folder the command runs."""
    if not Path("collection.toml").is_file():
        return Own()
    from xltools import folder  # noqa: PLC0415  only a collection pays for it

    found = folder.load(Path())
    return Own(**{name: getattr(found, name) for name in Own._fields})


def given(value: _Item | None, otherwise: _Item | None, name: str | Word) -> _Item:
    """What was given on the command line, else what the collection says; raises when neither does."""
    from xltools.errors import InputError, Problem  # noqa: PLC0415

    found = otherwise if value is None else value
    if found is None:
        raise InputError(Problem("option-missing", facts={"option": name}))
    return found


def inbox_of(paths: tuple[Path | str, ...], own: Own) -> tuple[Path | str, ...]:
    """The paths named, else the collection's inbox."""
    return paths or (given(None, own.inbox, Word("paths")),)


def option(lang: Lang, *names: str, text: str, **settings: Any) -> Callable[[_Command], _Command]:
    """An option with its help from the catalogue."""
    return click.option(*names, help=catalog(lang)(f"help.opt-{text}"), **settings)


class _Format(_Choice):
    """One of the output formats of a command; a format that was withdrawn is refused with what to do instead."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        withdrawn.refuse_format(str(value), command_of(ctx))
        return super().convert(value, param, ctx)


def choice(names: Sequence[str]) -> _Format:
    """The choice between output formats of these names."""
    return _Format(names)


def command_of(context: click.Context | None) -> str:
    """The full name of the command that runs, such as ``form cells``."""
    return context.command_path.partition(" ")[2] if context else ""


def formats(lang: Lang, *names: str) -> Callable[[_Command], _Command]:
    """The choice between output formats, the first by default, handed to the command as ``how``."""
    return option(
        lang, "--format", "how", type=choice(names), default=names[0], show_default=True, text="format"
    )


class How(NamedTuple):
    """How files are read: what the reader is told, by which processes, and whether what is known counts."""

    by_labels: bool = False
    key: bytes = b""
    passwords: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    processes: int | None = None
    dask: str | None = None
    fresh: bool = False
    verifying: bool = True

    def manner(self, form: Form | None) -> Manner:
        """For the reader."""
        from xltools.intake import Manner  # noqa: PLC0415

        return Manner(
            form, self.by_labels, self.key, self.passwords, read_limits(self.limits), self.verifying
        )


def reading(lang: Lang) -> Callable[[_Command], _Command]:
    """The options that say how files are read, handed to the command as one argument ``reading``.

    It stands right above the command's function, below its other options.
    """
    options = (
        option(lang, "--by-labels", is_flag=True, text="by-labels"),
        option(lang, "--key", type=file(), text="key-read"),
        option(lang, "--open-password", "passwords", multiple=True, text="open-password"),
        option(lang, "--limit", "limits", multiple=True, metavar="NAME=VALUE", text="limit"),
        option(lang, "--processes", type=click.IntRange(min=1), text="processes"),
        option(lang, "--dask", metavar="ADDRESS", text="dask"),
        option(lang, "--fresh", is_flag=True, text="fresh"),
    )

    def add(command: _Command) -> _Command:
        @functools.wraps(command)
        def run(**given: Any) -> Any:
            told = {name: given.pop(name) for name in How._fields if name in given}
            return command(reading=How(**told | {"key": read_key(told["key"])}), **given)

        decorated: Any = run
        for add_option in reversed(options):
            decorated = add_option(decorated)
        return decorated  # type: ignore[no-any-return]

    return add


def read_key(path: Path | None) -> bytes:
    """The key in that file, or none."""
    from xltools.errors import InputError, Problem  # noqa: PLC0415
    from xltools.files import read_bytes  # noqa: PLC0415

    if path is None:
        return b""
    key = read_bytes(path).strip()
    if len(key) < _SHORTEST_KEY:
        raise InputError(Problem("short-key", str(path), {"least": _SHORTEST_KEY}))
    return key


def read_limits(settings: Sequence[str]) -> Limits:
    """The limits as set on the command line."""
    from xltools.office.guard import limits_from  # noqa: PLC0415

    return limits_from(settings)


def find_form(name: str | None) -> Form:
    """The form of that name or path, by default the current official one."""
    from xltools.form import library  # noqa: PLC0415

    return library.find(name or library.DEFAULT)


def find_roster(path: Path | None) -> Roster | None:
    """The roster in that file."""
    if path is None:
        return None
    from xltools.rosters import load_roster  # noqa: PLC0415

    return load_roster(path)


class Handed:
    """Everything that was handed in, where it lies, and how many files were passed over.

    Many files may be read while their filings are gone through for the first time. The processes of this machine that
    read them are the ``executor`` where they stay behind that: somebody has more work for them.
    """

    def __init__(self, inbox: Inbox, executor: Executor | None = None) -> None:
        self.inbox = inbox
        self.executor = executor
        self.filings: Sequence[Filing] = ()
        self._passed_over = inbox.passed_over

    @property
    def passed_over(self) -> int:
        """All of them, whether they lay in a folder or in an archive."""
        len(self.filings)  # which are read by then
        return self._passed_over

    def taken(self, manner: Manner, how: How, lang: Lang) -> Iterator[Taken]:
        """What each file gave, read by as many processes as are wanted; says at the end how many were passed over.

        Further processes begin at once.
        """
        from xltools.intake import take_in  # noqa: PLC0415

        files = self.inbox.files
        with contextlib.ExitStack() as own:
            executor = self.executor or own.enter_context(workers(how, len(files)))
            store = own.enter_context(_kept(how, self.inbox))
            taken = take_in(files, manner, executor=executor, store=store, is_far=how.dask is not None)
            return self._counted(taken, own.pop_all(), lang)

    def _counted(self, taken: Iterable[Taken], own: contextlib.ExitStack, lang: Lang) -> Iterator[Taken]:
        """The same; *own* is what is done with behind the last of them."""
        with own:
            for one in progress(taken, catalog(lang)("report.reading"), len(self.inbox.files)):
                self._passed_over += one.passed_over
                yield one
        self._tell(lang)

    def here(self, manner: Manner, lang: Lang) -> Iterator[Filing]:
        """The filings of a few files, read by this process; says the same."""
        from xltools.intake import read_here  # noqa: PLC0415

        files, t = self.inbox.files, catalog(lang)
        for found in progress(read_here(files, manner), t("report.reading"), len(files)):
            self._passed_over += found.count(None)
            yield from filter(None, found)
        self._tell(lang)

    def _tell(self, lang: Lang) -> None:
        if self._passed_over:
            inform(catalog(lang)("report.passed-over", count=self._passed_over))


def read_all(
    named: Sequence[Path | str],
    form: Form | None,
    lang: Lang,
    how: How,
    *,
    allow_none: bool = False,
    roster: Roster | None = None,
    district: str = "",
    at_once: bool = True,
    held: contextlib.ExitStack | None = None,
) -> Handed:
    """Every file named or found in a folder, an archive or a store, read; says how many were passed over.

    Reports that tell no more than their agency's name are known by it on the *roster*, as of that *district*. Unless all
    are to be read *at once*, many are while the first are gone through. Further processes of this machine stay until
    *held* is closed.
    """
    from xltools.errors import InputError, Problem  # noqa: PLC0415
    from xltools.inbox import gather  # noqa: PLC0415
    from xltools.intake import MANY, gathered, on_roster  # noqa: PLC0415

    inbox = gather(named)
    count = len(inbox.files)
    if not count and not allow_none:
        raise InputError(Problem("no-workbooks", "、".join(map(str, named))))
    manner = how.manner(form)
    stay = held if how.dask is None else None
    handed = Handed(inbox, stay.enter_context(workers(how, count)) if stay is not None else None)
    if count > MANY or how.dask is not None or _wanted(how, count) > 1 or _keeps(how, inbox):
        taken = handed.taken(manner, how, lang)
        handed.filings = gathered(taken, manner, many=count > MANY, roster=roster, district=district)
        if at_once:
            len(handed.filings)
    else:
        filings = handed.here(manner, lang)
        handed.filings = [on_roster(one, roster, district) for one in filings]
    return handed


_PAYS = 150  # files, below which starting further processes takes longer than it saves


def _wanted(how: How, files: int) -> int:
    """How many processes read so many files: as many as were asked for, else as many as pay."""
    return how.processes or (min(os.cpu_count() or 1, files // (_PAYS // 2)) if files >= _PAYS else 1)


@contextlib.contextmanager
def workers(how: How, files: int) -> Iterator[Executor | None]:
    """The processes that read so many files, here or of a cluster; none where this one does it faster alone.

    Raises :class:`InputError` when one of them is ended from outside, and there is no cluster whose others go on: what it
    had read is not known.
    """
    if how.dask is not None:
        from xltools.cli.cluster import cluster  # noqa: PLC0415

        with cluster(how.dask, how.processes) as far:
            yield far
        return
    wanted = _wanted(how, files)
    if wanted <= 1:
        yield None
        return
    import multiprocessing  # noqa: PLC0415
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor  # noqa: PLC0415

    from xltools.errors import InputError, Problem  # noqa: PLC0415

    pool = ProcessPoolExecutor(wanted, multiprocessing.get_context(_beginning()), as_worker)
    try:
        pool.submit(int)  # so that they begin now, when nothing is open that they would hold as well
        yield pool
        # Nobody is at work any more. A pool that still ends when Python does may find its own pipes closed.
        pool.shutdown()
    except BrokenExecutor as error:
        raise InputError(Problem("worker-ended")) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _beginning() -> str:
    """How further processes begin: forked where that is sound, since they then have in common all that is loaded.

    A thread could hold a lock at that moment, which would be held forever in the copy; and other systems than Linux
    cannot fork, or not safely. What they do is the same.
    """
    import threading  # noqa: PLC0415

    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def as_worker() -> None:
    """In a worker: Ctrl-C is for the process that prints, and when that is gone nobody waits for what is read here."""
    import multiprocessing  # noqa: PLC0415
    import signal  # noqa: PLC0415
    import threading  # noqa: PLC0415

    parent = multiprocessing.parent_process()

    def leave() -> None:
        if parent:
            parent.join()
            os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A worker holds both ends of the pipe by which its tasks come: that pipe never tells that nobody is left.
    threading.Thread(target=leave, daemon=True).start()


def _keeps(how: How, inbox: Inbox) -> bool:
    """Whether what is read is kept: within a collection, but nothing of files with passwords.

    Nor of files that a cluster reads or that lie elsewhere: to see whether one is known, all would have to come here.
    """
    is_far = how.dask or inbox.is_elsewhere
    return not (how.fresh or how.passwords or is_far) and Path("collection.toml").is_file()


@contextlib.contextmanager
def _kept(how: How, inbox: Inbox) -> Iterator[Store | None]:
    """What earlier runs in this collection read, where anything is kept."""
    if not _keeps(how, inbox):
        yield None
        return
    from xltools.folder import KEPT  # noqa: PLC0415
    from xltools.store import Store  # noqa: PLC0415

    with Store(Path(KEPT)) as store:
        yield store


def prior(lang: Lang, text: str = "compare") -> Callable[[_Command], _Command]:
    """The option that names last year's files."""
    return option(lang, "--prior", multiple=True, type=place(), metavar="PATH", text=text)


def prior_files(named: Sequence[Path | str], own: Own) -> list[Path | str]:
    """Where last year's files lie: those named, else what the collection names. Of files named here nothing changes."""
    return [_last_year(path) for path in named or filter(None, [own.prior])]


def find_past(
    named: Sequence[Path | str], own: Own, form: Form, year: int | None, lang: Lang, how: How
) -> Past | None:
    """Last year's figures out of the files named, else of those that the collection names; none where nothing is named.

    The same reader reads them. A file with faults is used as far as it could be read, and counted; the key of this
    year's seal says nothing about last year's. Raises :class:`InputError` when they are not of the year before.
    """
    paths = prior_files(named, own)
    if not paths:
        return None
    from xltools.checking.checks import verify  # noqa: PLC0415
    from xltools.data.finding import has_errors  # noqa: PLC0415
    from xltools.data.prior import past_of  # noqa: PLC0415
    from xltools.errors import InputError, Problem  # noqa: PLC0415

    filings = read_all(paths, form, lang, how._replace(key=b"")).filings
    past = past_of(filings, form)
    if year is not None and past.year != year - 1:
        about: dict[str, object] = {"found": past.year, "expected": year - 1}
        raise InputError(Problem("prior-year", "、".join(map(str, paths)), about))
    unusable = sum(filing.record is None for filing in filings)
    faulty = sum(has_errors(verify(filing)) for filing in filings) - unusable
    if faulty or unusable:
        text = catalog(lang)("report.prior-faults", files=len(filings), faulty=faulty, unusable=unusable)
        inform(text)
    return past


def _last_year(path: Path | str) -> Path | str:
    """Of a collection's folder its roll-up, where there is one that lacks nobody, else its returns.

    The roll-up knows the agencies as the roster does, their sum, and the years before.
    """
    from xltools import folder  # noqa: PLC0415

    if isinstance(path, str) or not (path / folder.FILE).is_file():
        return path
    from xltools.intake import read_one  # noqa: PLC0415

    found = folder.load(path)
    if not found.rollup.is_file():
        return found.inbox
    filing = read_one(found.rollup)
    return found.rollup if filing.record and not filing.left_out else found.inbox


def point_to_explanations(collection: Collection, lang: Lang) -> None:
    """Tell a person at a terminal, beside the output, where the codes are explained."""
    if is_terminal(sys.stderr) and (findings := collection.findings):
        from xltools.report.explain import pointer  # noqa: PLC0415

        inform(pointer(findings, lang))


FILES = {"html", "xlsx"}  # formats that are no text for a screen


def refuse_output(how: str, output: Path | None, *, force: bool) -> None:
    """Raise before anything is read when there is nowhere to write, or only over a workbook that is there."""
    from xltools.errors import InputError, Problem  # noqa: PLC0415
    from xltools.files import refuse_existing, refuse_workbook  # noqa: PLC0415

    if how not in FILES:
        return
    if output is None:
        raise InputError(Problem("needs-output", facts={"how": how}))
    if how == "html":
        refuse_workbook(output)
    elif not force:
        refuse_existing([output])


def write_file(output: Path, content: bytes, handed: Handed) -> None:
    """Write a page or a workbook; never over one of the files that were read."""
    from xltools.files import refuse_input, write_atomically  # noqa: PLC0415

    refuse_input(output, handed.inbox.paths)
    write_atomically(output, content)
