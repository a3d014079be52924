"""Options that several commands share, and the defaults that a collection gives them."""

from __future__ import annotations

import datetime as dt
import functools
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from xltools.cli import withdrawn
from xltools.cli.output import inform
from xltools.cli.working_folder import TypedPath
from xltools.collection import location, settings
from xltools.collection.given_file import given_in, load_given
from xltools.collection.reading import ReadOptions
from xltools.collection.roster_files import load_roster
from xltools.data.given import Given
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.roster import Entry, Roster
from xltools.errors import InputError, Problem
from xltools.files import read_bytes, shown
from xltools.form import library
from xltools.form.model import Form
from xltools.office.guard import limits_from
from xltools.text import Lang, Word, catalog

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # takes no parameter before click 8.2

_Item = TypeVar("_Item")
_Command = TypeVar("_Command", bound=Callable[..., Any])
_PERIOD = "xltools.period"  # the period that was asked for, in the meta data of the context
_SHORTEST_KEY = 16  # bytes
_OF_OTHERS = stat.S_IROTH | stat.S_IWOTH


def file() -> click.Path:
    """Return the type of an option that names a file; click translates its name when it is created."""
    return TypedPath(dir_okay=False)


def folder() -> click.Path:
    """Return the type of an option that names a folder to write into."""
    return TypedPath(file_okay=False)


class _PathToRead(TypedPath):
    """A path; an address, which earlier versions read, is refused with what to do instead."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        withdrawn.refuse_address(os.fsdecode(value))
        return super().convert(value, param, ctx)


def place() -> click.Path:
    """Return the type of an option that names a file or a folder to read."""
    return _PathToRead()


class _Year(click.types.IntParamType):
    """A year; a period that was given in its place stays one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if isinstance(value, Period) else super().convert(value, param, ctx)


def period(lang: Lang, text: str = "year", **attributes: Any) -> Callable[[_Command], _Command]:
    """Return the options ``--year`` and ``--period``, passed as one ``period``."""
    about = {"type": _Year(), "default": asked_period, "callback": _year_or_period}
    return together(
        option(lang, "--year", "period", text=text, **about, **attributes), of_period(lang, "period")
    )


def asked_period() -> Period | None:
    """Return what the option ``--period`` says, if it was given."""
    found: Period | None = click.get_current_context().meta.get(_PERIOD)
    return found


def of_period(lang: Lang, text: str = "of-period") -> Callable[[_Command], _Command]:
    """Return the option ``--period``; in a collection of several periods, the command is then about that one."""
    return option(
        lang,
        "--period",
        "asked_period",
        metavar="PERIOD",
        callback=_ask_for_period,
        expose_value=False,
        is_eager=True,  # so that the option --year knows it
        text=text,
    )


def _ask_for_period(context: click.Context, _option: click.Parameter, text: str | None) -> None:
    if text is None:
        return
    if (found := Period.from_text(text)) is None:
        raise InputError(Problem("bad-period", facts={"text": text}))
    context.meta[_PERIOD] = found


def _year_or_period(
    _context: click.Context, _option: click.Parameter, found: int | Period | None
) -> Period | None:
    if not isinstance(found, int):
        return found
    if asked_period():
        raise InputError(Problem("options-exclude", facts={"one": "--year", "other": "--period"}))
    return Period(found)


def paths() -> Callable[[_Command], _Command]:
    """Return the argument for the files and folders to read; in a collection, its inbox by default."""
    return click.argument("paths", metavar="[PATH]...", nargs=-1, type=place())


def option(lang: Lang, *names: str, text: str, **attributes: Any) -> Callable[[_Command], _Command]:
    """Return an option with its help from the catalogue."""
    return click.option(*names, help=catalog(lang)(f"help.opt-{text}"), **attributes)


def together(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """Return a decorator that adds these options, in their order."""
    return lambda command: functools.reduce(lambda done, add: add(done), reversed(options), command)


class FormatChoice(_Choice):
    """One of the output formats of a command; a format that was withdrawn is refused with what to do instead."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the format; raise :class:`InputError` if it was withdrawn."""
        command = ctx.command_path.partition(" ")[2] if ctx else ""  # such as "form cells"
        withdrawn.refuse_format(str(value), command, str(value))
        return super().convert(value, param, ctx)


def formats(lang: Lang, *names: str) -> Callable[[_Command], _Command]:
    """Return the option ``--format``, passed as ``how``; the first of *names* is the default."""
    kind = FormatChoice(names)
    return option(lang, "--format", "how", type=kind, default=names[0], show_default=True, text="format")


class ReadingOptions(NamedTuple):
    """The options for reading files: how they are read, and by which processes."""

    by_labels: bool = False
    key: bytes = b""
    passwords: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    processes: int | None = None
    dask: str | None = None
    verifying: bool = True
    given: Path | None = None

    def for_form(self, form: Form | None, roster: Roster | None = None) -> ReadOptions:
        """Return the options of the reader, which knows what the issuer gives: that of the collection or of ``given``."""
        return replace(self.without_given(form), given=self._given_for(form, roster))

    def without_given(self, form: Form | None) -> ReadOptions:
        """Return the options of a reader that gets the figures of the issuer from elsewhere."""
        limits = limits_from(self.limits)
        return ReadOptions(form, self.by_labels, self.key, self.passwords, limits, self.verifying)

    def _given_for(self, form: Form | None, roster: Roster | None) -> Given | None:
        if self.given and form is None:
            raise InputError(Problem("needs-option", facts={"option": "--given", "needed": "--form"}))
        own = collection_folder() if Path(location.FILE).is_file() else None
        if form and self.given:
            asked = click.get_current_context().params.get("period")
            return load_given(self.given, form, asked or (own.period if own else None), roster)
        return given_in(own, form, roster) if own and form else None


def reading(lang: Lang) -> Callable[[_Command], _Command]:
    """Return the options for reading files, which are passed to the command as one argument ``reading``.

    It has to be the innermost decorator of the command's function.
    """
    options = together(
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
            taken = {name: given.pop(name) for name in ReadingOptions._fields if name in given}
            return command(reading=ReadingOptions(**taken | {"key": read_key(taken["key"], lang)}), **given)

        decorated: Any = options(run)
        return decorated  # type: ignore[no-any-return]

    return add


def issuers_figures(lang: Lang) -> Callable[[_Command], _Command]:
    """Return the option that names the file with what the issuer gives, a part of the options for reading."""
    return option(lang, "--given", "given", type=file(), text="given")


def prior(lang: Lang, text: str = "compare") -> Callable[[_Command], _Command]:
    """Return the option that names last year's files."""
    return option(lang, "--prior", multiple=True, type=place(), metavar="PATH", text=text)


def read_key(path: Path | None, lang: Lang) -> bytes:
    """Return the key in that file, and say if other users can read it too; empty without a file."""
    if path is None:
        return b""
    key = read_bytes(path).strip()
    if len(key) < _SHORTEST_KEY:
        raise InputError(Problem("short-key", str(path), {"least": _SHORTEST_KEY}))
    if os.name == "posix" and path.stat().st_mode & _OF_OTHERS:
        inform(catalog(lang)("report.open-key", file=shown(path)))
    return key


def find_form(name: str | None) -> Form:
    """Return the form of that name or path; by default the current official one."""
    return library.find(name or library.DEFAULT)


class CollectionDefaults(NamedTuple):
    """The settings of the collection in the current folder; all empty if that is not a collection.

    A method returns what an option of the command gives or, without that option, what the collection gives.
    """

    form: str | None = None
    period: Period | None = None
    district: str = ""
    due: dt.date | None = None
    code: str = ""
    roster: Path | None = None
    inbox: Path | None = None
    outbox: Path | None = None
    versions: Path | None = None
    rollup: Path | None = None
    template: Path | None = None
    report: Path | None = None
    gathered: Path | None = None
    given_file: Path | None = None
    before: Sequence[Path] = ()
    policy: Policy = Policy()
    witness: bool = False

    def form_of(self, name: str | None) -> Form:
        """Return the form; without a collection, the current official one."""
        return find_form(name or self.form)

    def named_form(self, name: str | None) -> Form | None:
        """Return the form; without a collection, none, so that each file is read by the form in its stamp."""
        return self.form_of(name) if name or self.form else None

    def roster_of(self, path: Path | None, form: Form | None) -> Roster | None:
        """Return the roster, if there is one; for a *form* it has what that needs."""
        found = path or self.roster
        return load_roster(found, form) if found else None

    def inbox_of(self, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        """Return the paths of the returns: by default the inbox, which is also meant by the collection's folder."""
        if self.inbox is None:
            return paths or (given(None, self.inbox, Word("paths")),)
        if not paths and self.period and not self.period.is_year and not self.inbox.is_dir():
            raise InputError(Problem("not-begun", facts={"period": self.period}))
        here = Path.cwd()
        return tuple(self.inbox if path.resolve() == here else path for path in paths) or (self.inbox,)

    def prior_of(self, paths: Sequence[Path]) -> list[Path]:
        """Return the paths of last year's files, if there are any."""
        return list(paths or self.before)

    def period_of(self, period: Period | None, form: Form) -> Period:
        """Return the period of the *form*, by default the collection's."""
        found = given(period, self.period, "--year" if form.period == "year" else "--period")
        return found.checked(form)


def collection_folder() -> settings.Folder:
    """Return the collection in the current folder, at the period that was asked for if it has several.

    Raises :class:`InputError` if there is none.
    """
    if not Path(location.FILE).is_file():
        raise InputError(Problem("no-collection"))
    found = settings.load(Path())
    asked = asked_period()
    return found.counted(library.find(found.form)).at(asked) if asked else found


def collection_defaults() -> CollectionDefaults:
    """Return the settings of the collection in the current folder."""
    if not Path(location.FILE).is_file():
        return CollectionDefaults()
    found = collection_folder()
    return CollectionDefaults(**{name: getattr(found, name) for name in CollectionDefaults._fields})


def agency_of(roster: Roster, wanted: str) -> Entry | None:
    """Return the agency of the roster with that code or name, or ``None``."""
    found = roster.meant(wanted)
    return found[0] if len(found) == 1 else None


def given(value: _Item | None, otherwise: _Item | None, name: str | Word) -> _Item:
    """Return *value*, by default *otherwise*; raise :class:`InputError` with the *name* of the option if both are missing."""
    found = otherwise if value is None else value
    if found is None:
        raise InputError(Problem("option-missing", facts={"option": name}))
    return found
