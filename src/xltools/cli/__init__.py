"""The command line: parse arguments, call the library, print, exit.

The language is chosen before the commands are created, because their help is in it. The module of a command is imported
when the command is named, so that ``--help`` costs next to nothing.
"""

from __future__ import annotations

import gc
import gettext
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

import xltools
from xltools.cli import withdrawn
from xltools.cli.help import COMMANDS, GROUPS, Group, localised, usage_error
from xltools.cli.output import emit, inform
from xltools.cli.working_folder import root_of, standing_in
from xltools.errors import XltoolsError
from xltools.text import LANGS, LOCALES, Lang, catalog, default_lang, error_text

CLEAN, FINDINGS, FAILED = 0, 1, 2
_DOMAIN = "click"
# Commands create many objects that stay and hardly any cycles. Looking for cycles after every 700 objects, Python's
# default, takes a tenth of the time of a short command, and a third of that of reading long lists.
GC_THRESHOLD = 50_000
_ANYWHERE = {"init"}  # commands that are not about the collection in which the user stands
_MODULES = {"import": "importing"}  # import is a keyword


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with 0 (clean), 1 (findings of severity error) or 2 (the command failed)."""
    gc.set_threshold(GC_THRESHOLD)
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    lang = chosen_lang(arguments)
    for stream in (sys.stdout, sys.stderr):  # a console escapes the characters that it cannot show
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = _run(arguments, lang)
    gc.freeze()  # otherwise Python looks for cycles in all objects before it exits
    sys.exit(code)


def chosen_lang(arguments: Sequence[str]) -> Lang:
    """Return the language of the option ``--lang``, at any position, by default that of the system."""
    for index, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--lang":
            value = value or (arguments[index + 1] if index + 1 < len(arguments) else "")
            return next((lang for lang in LANGS if lang == value), default_lang())
    return default_lang()


class _Commands(Group):
    """The group of all commands, each created when it is named: a module in this package, with its help in the catalogue."""

    def __init__(self, lang: Lang) -> None:
        t = catalog(lang)
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        super().__init__(
            "xltools",
            help=t("help.main"),
            context_settings=settings,
            invoke_without_command=True,
            callback=self._without_command,
        )
        version = click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            help=t("help.version"),
            callback=_version,
        )
        self.params += [version, _lang_option(lang)]
        localised(self, lang)

    def _without_command(self) -> None:
        """Say where the collection stands if no command was given; outside of a collection, print the help."""
        ctx = click.get_current_context()
        if ctx.invoked_subcommand is not None:
            return
        if root_of([]) is None:
            raise click.exceptions.NoArgsIsHelpError(ctx)
        from xltools.cli.situation import say_situation  # noqa: PLC0415  only here

        with standing_in(root_of([]), ctx):
            say_situation(self.lang)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return name, command and arguments as click does; from then on the command's collection is the current folder."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and name not in _ANYWHERE:
            ctx.with_resource(standing_in(root_of(_typed_paths(command, ctx, rest)), ctx))
        return name, command, rest

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.add_command(_created(cmd_name, self.lang))
        known = super().get_command(ctx, cmd_name)
        return known or next((one for one in withdrawn.commands() if one.name == cmd_name), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        """Write the groups of commands in the help, without creating them."""
        for key, names in GROUPS.items():
            self.write_commands(formatter, key, names)


def _typed_paths(command: click.Command, ctx: click.Context, arguments: list[str]) -> list[str]:
    """Return the files and folders in the arguments of a command, as they were typed."""
    try:
        typed, _, _ = command.make_parser(click.Context(command, ctx)).parse_args(list(arguments))
    except click.UsageError:  # the command itself reports it
        return []
    paths = typed.get("paths")
    return [path for path in paths if isinstance(path, str)] if isinstance(paths, tuple | list) else []


def command_line(lang: Lang) -> click.Group:
    """Return all commands in *lang*; from then on, click's own messages are in that language."""
    # Click translates its messages with gettext, which takes the language from the environment.
    gettext.bindtextdomain(_DOMAIN, LOCALES)
    gettext.textdomain(_DOMAIN)
    os.environ["LANGUAGE"] = lang
    return _Commands(lang)


def _created(name: str, lang: Lang) -> click.Command:
    """Return the command of that name with the options of all commands: ``--lang``, and hidden ones that were withdrawn."""
    command: click.Command = import_module(f"xltools.cli.{_MODULES.get(name, name)}").command(lang)
    for path, one in _with_subcommands(command, name):
        one.params += [_lang_option(lang), *withdrawn.options(path, lang)]
        localised(one, lang)
        if isinstance(one, click.Group):
            for gone in withdrawn.commands(path):
                one.add_command(gone)
    return command


def _lang_option(lang: Lang) -> click.Option:
    return click.Option(
        ["--lang"], type=click.Choice(LANGS), expose_value=False, help=catalog(lang)("help.lang")
    )


def _with_subcommands(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    """Return the command and those below it, each with its full name."""
    found = [(path, command)]
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            found += _with_subcommands(one, f"{path} {name}")
    return found


def _version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        emit(f"xltools {xltools.__version__}")
        context.exit()


def _run(arguments: Sequence[str], lang: Lang) -> int:  # noqa: PLR0911  one for each kind of error
    try:
        result = command_line(lang).main(list(arguments), "xltools", standalone_mode=False)
    except click.ClickException as error:
        usage_error(error, lang)
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        inform(catalog(lang)("problem.interrupted"))
        return FAILED
    except XltoolsError as error:
        inform(error_text(error, lang))
        return FAILED
    except BrokenPipeError:  # the reader of the output has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLEAN
    except OSError as error:  # stdout cannot be written to
        inform(catalog(lang)("problem.cannot-print", reason=error.strerror or str(error)))
        return FAILED
    except Exception as error:
        if os.environ.get("XLTOOLS_DEBUG"):
            raise
        inform(catalog(lang)("problem.defect", kind=type(error).__name__, reason=str(error)))
        return FAILED
    return result if isinstance(result, int) else CLEAN
