"""What several commands share: options, the reading of files with progress, and where output goes."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from xltools.cli import withdrawn
from xltools.cli.output import inform, is_terminal, progress
from xltools.text import Lang, Word, catalog

if TYPE_CHECKING:
    import datetime as dt

    from xltools.checking.collection import Collection
    from xltools.data.filing import Filing
    from xltools.data.policy import Policy
    from xltools.data.prior import Past
    from xltools.data.roster import Roster
    from xltools.form.model import Form
    from xltools.inbox import Inbox
    from xltools.intake import Manner, Workers
    from xltools.office.guard import Limits

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
    """A path; an address, which earlier versions read, is refused with what to do instead."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        withdrawn.refuse_address(os.fsdecode(value))
        return super().convert(value, param, ctx)


def place() -> click.Path:
    """A file or folder to read."""
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


def inbox_of(paths: tuple[Path, ...], own: Own) -> tuple[Path, ...]:
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
    """How files are read: the settings of the reader, and by which processes."""

    by_labels: bool = False
    key: bytes = b""
    passwords: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    processes: int | None = None
    dask: str | None = None
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


class Handed(NamedTuple):
    """The files that were read, their filings, and how many files and members of archives were skipped."""

    inbox: Inbox
    filings: list[Filing]
    passed_over: int


def read_all(
    named: Sequence[Path],
    form: Form | None,
    lang: Lang,
    how: How,
    *,
    allow_none: bool = False,
    roster: Roster | None = None,
    district: str = "",
) -> Handed:
    """Read every file named or found in a folder or an archive, and print how many were skipped.

    See :func:`xltools.intake.on_roster` for *roster* and *district*. Raises :class:`InputError` if there is no file,
    unless *allow_none*.
    """
    from xltools.errors import InputError, Problem  # noqa: PLC0415
    from xltools.inbox import gather  # noqa: PLC0415
    from xltools.intake import on_roster, take_in  # noqa: PLC0415

    inbox, t = gather(named), catalog(lang)
    count, passed_over = len(inbox.files), inbox.passed_over
    if not count and not allow_none:
        raise InputError(Problem("no-workbooks", "、".join(map(str, named))))
    filings: list[Filing] = []
    with workers(how, count) as others:
        taken = take_in(inbox.files, how.manner(form), others)
        for found in progress(taken, t("report.reading"), count):
            passed_over += found.count(None)
            filings += (on_roster(filing, roster, district) for filing in found if filing)
    if passed_over:
        click.echo(t("report.passed-over", count=passed_over), err=True)
    return Handed(inbox, filings, passed_over)


_PAYS = 500  # files for each process; with fewer, starting processes takes longer than it saves


@contextlib.contextmanager
def workers(how: How, files: int) -> Iterator[Workers | None]:
    """The processes that read so many files, here or in a cluster; ``None`` if this one alone is faster or asked for."""
    if how.dask is not None:
        from xltools.cli.cluster import cluster  # noqa: PLC0415

        with cluster(how.dask, how.processes) as far:
            yield far
        return
    count = how.processes or min(os.cpu_count() or 1, files // _PAYS)
    if count > 1:
        from xltools.intake import processes  # noqa: PLC0415

        yield processes(count)
    else:
        yield None


def prior(lang: Lang, text: str = "compare") -> Callable[[_Command], _Command]:
    """The option that names last year's files."""
    return option(lang, "--prior", multiple=True, type=place(), metavar="PATH", text=text)


def prior_files(named: Sequence[Path], own: Own) -> list[Path]:
    """Where last year's files lie: those named, else what the collection names. Of files named here nothing changes."""
    return [_last_year(path) for path in named or filter(None, [own.prior])]


def find_past(
    named: Sequence[Path], own: Own, form: Form, year: int | None, lang: Lang, how: How
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


def _last_year(path: Path) -> Path:
    """Of a collection's folder its roll-up, where there is one that lacks nobody, else its returns.

    The roll-up knows the agencies as the roster does, their sum, and the years before.
    """
    from xltools import folder  # noqa: PLC0415

    if not (path / folder.FILE).is_file():
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
