"""Commands, options, formats and addresses that were withdrawn: for one release, a message says what to do instead.

An entry is added by the release that withdraws something, and removed by the next one. ``tests/interface/withdrawn.txt``
keeps the complete list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

import click
from click.core import ParameterSource

from xltools.cli.output import inform
from xltools.errors import InputError, Problem
from xltools.text import Lang, problem_text

Kind = Literal["command", "option", "format", "scheme"]
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)(?:://|::)")  # two letters at least: C:\ is a path


class Withdrawn(NamedTuple):
    """Something that was withdrawn, and the code of the problem whose sentence says what to do instead.

    The *name* is what the user types: a command such as ``form blank``, an option such as ``--fresh``, a format such as
    ``duckdb``, which is the ending of a file's name too, or the scheme of an address such as ``s3``. An option or a format
    is answered in the *commands* given, by default in all. An option *is_ignored* with a note when the work can be done
    without it; everything else is refused.
    """

    kind: Kind
    name: str
    problem: str
    commands: tuple[str, ...] = ()
    takes_value: bool = False
    is_ignored: bool = False


_READING = ("diff", "export", "gather", "merge", "publish", "read", "status", "verify")
_SCHEMES = (  # of addresses that fsspec reads
    *("abfs", "abfss", "adl", "az", "gcs", "gs", "oci", "oss", "s3", "s3a"),
    *("ftp", "github", "hdfs", "http", "https", "sftp", "smb", "ssh", "webdav", "webhdfs"),
    *("blockcache", "file", "filecache", "local", "memory", "simplecache", "tar", "zip"),
)

TABLE: tuple[Withdrawn, ...] = (
    Withdrawn("option", "--fresh", "withdrawn-fresh", _READING, is_ignored=True),
    Withdrawn("format", "duckdb", "withdrawn-duckdb", ("export",)),
    *(Withdrawn("scheme", name, "withdrawn-address") for name in _SCHEMES),
)


def commands(group: str = "") -> Iterator[click.Command]:
    """Yield hidden commands that refuse the withdrawn ones of a *group*, by default of the program."""
    for one in TABLE:
        above, _, name = one.name.rpartition(" ")
        if one.kind == "command" and above == group:
            yield _refusing_command(name, one)


def options(command: str, lang: Lang) -> Iterator[click.Option]:
    """Yield hidden options in place of the withdrawn ones of a *command*."""
    for one in _of("option", command):
        yield _withdrawn_option(one, lang)


def refuse_format(name: str, command: str, place: str) -> None:
    """Raise :class:`InputError` about *place* if that output format of a *command* was withdrawn."""
    _refuse("format", name, command, place)


def refuse_address(text: str) -> None:
    """Raise :class:`InputError` if *text* is an address whose scheme was withdrawn, and not a path."""
    if found := _SCHEME.match(text):
        _refuse("scheme", found[1], "", text)


def _refuse(kind: Kind, name: str, command: str, place: str) -> None:
    for one in _of(kind, command):
        if one.name == name.casefold():
            raise InputError(Problem(one.problem, place))


def _of(kind: Kind, command: str) -> Iterator[Withdrawn]:
    return (one for one in TABLE if one.kind == kind and (not one.commands or command in one.commands))


def _refusing_command(name: str, one: Withdrawn) -> click.Command:
    """Return a command that takes any arguments and refuses them."""

    def run(arguments: tuple[str, ...]) -> None:  # noqa: ARG001  whatever was typed
        raise InputError(Problem(one.problem, one.name))

    anything = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)
    settings = {"ignore_unknown_options": True, "help_option_names": []}
    return click.Command(name, params=[anything], callback=run, hidden=True, context_settings=settings)


def _withdrawn_option(one: Withdrawn, lang: Lang) -> click.Option:
    """Return an option that refuses or ignores itself; it is eager, so that no other error comes first."""

    def answer(context: click.Context, parameter: click.Parameter, _: object) -> None:
        if context.get_parameter_source(parameter.name or "") is not ParameterSource.COMMANDLINE:
            return
        problem = Problem(one.problem, one.name)
        if not one.is_ignored:
            raise InputError(problem)
        inform(problem_text(problem, lang))

    return click.Option(
        [one.name],
        is_flag=not one.takes_value,
        hidden=True,
        expose_value=False,
        is_eager=True,
        callback=answer,
    )
