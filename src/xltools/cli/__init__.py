"""The command line: read arguments, call the library, print, exit.

The language is settled before the commands are made, so that their help speaks it too. What a command needs is
imported when it runs, and the command itself when it is named: ``--help`` costs next to nothing.
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
from xltools.cli.output import emit, inform
from xltools.errors import XltoolsError
from xltools.text import LANGS, LOCALES, Lang, catalog, default_lang, error_text

CLEAN, FINDINGS, FAILED = 0, 1, 2
_DOMAIN = "click"
# A command makes much that stays and hardly anything that refers to itself: looking for that every 700 objects, as
# Python does unless told otherwise, takes a tenth of the time of a short command.
_AT_ONCE = 50_000
# Each is a module beside this one, and its help stands in the catalogue under the same name.
_COMMANDS = (
    "diff",
    "explain",
    "export",
    "form",
    "gather",
    "generate",
    "import",
    "init",
    "merge",
    "publish",
    "read",
    "schema",
    "status",
    "verify",
)
_MODULES = {"import": "importing"}  # a module of that name could not be imported


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with 0 (clean), 1 (findings of severity error) or 2 (could not be done)."""
    gc.set_threshold(_AT_ONCE)
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    lang = chosen_lang(arguments)
    _settle_streams()
    code = _run(arguments, lang)
    gc.freeze()  # at its end Python would look for cycles in all there is, which the system takes back anyway
    sys.exit(code)


def chosen_lang(arguments: Sequence[str]) -> Lang:
    """What ``--lang`` says, wherever it stands, else the system's language."""
    for index, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--lang":
            value = value or (arguments[index + 1] if index + 1 < len(arguments) else "")
            return next((lang for lang in LANGS if lang == value), default_lang())
    return default_lang()


class _Commands(click.Group):
    """All commands, each made when it is named; the list of them asks for no more than their help."""

    def __init__(self, lang: Lang) -> None:
        t = catalog(lang)
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        super().__init__("xltools", help=t("help.main"), context_settings=settings)
        self.lang = lang
        version = click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            help=t("help.version"),
            callback=_version,
        )
        self.params += [version, _lang_option(lang)]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _COMMANDS and cmd_name not in self.commands:
            self.add_command(_made(cmd_name, self.lang))
        known = super().get_command(ctx, cmd_name)
        return known or next((one for one in withdrawn.commands() if one.name == cmd_name), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, which needs no command to be made."""
        t = catalog(self.lang)
        heads = [click.Command(name, help=t(f"help.{name}")) for name in self.list_commands(ctx)]
        click.Group(commands=heads).format_commands(ctx, formatter)


def command_line(lang: Lang) -> click.Group:
    """All commands, speaking *lang*; from then on click's own words are in it too."""
    _teach_click(lang)
    return _Commands(lang)


def _made(name: str, lang: Lang) -> click.Command:
    """The command of that name, with the options that all commands have: ``--lang``, and hidden ones that were withdrawn."""
    command: click.Command = import_module(f"xltools.cli.{_MODULES.get(name, name)}").command(lang)
    for path, one in _each(command, name):
        one.params += [_lang_option(lang), *withdrawn.options(path, lang)]
        if isinstance(one, click.Group):
            for gone in withdrawn.commands(path):
                one.add_command(gone)
    return command


def _lang_option(lang: Lang) -> click.Option:
    return click.Option(
        ["--lang"], type=click.Choice(LANGS), expose_value=False, help=catalog(lang)("help.lang")
    )


def _teach_click(lang: Lang) -> None:
    """Click asks gettext for its words, and gettext takes the language from the environment."""
    gettext.bindtextdomain(_DOMAIN, LOCALES)
    gettext.textdomain(_DOMAIN)
    os.environ["LANGUAGE"] = lang


def _each(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    """The command and those below it, each with its full name."""
    found = [(path, command)]
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            found += _each(one, f"{path} {name}")
    return found


def _version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        emit(f"xltools {xltools.__version__}")
        context.exit()


def _settle_streams() -> None:
    """A console of another encoding shows what it can and marks the rest; it never ends the work."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _run(arguments: Sequence[str], lang: Lang) -> int:  # noqa: PLR0911  one for each way to end
    try:
        result = command_line(lang).main(list(arguments), "xltools", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        inform(catalog(lang)("problem.interrupted"))
        return FAILED
    except XltoolsError as error:
        inform(error_text(error, lang))
        return FAILED
    except BrokenPipeError:  # the reader of our output went away, which is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLEAN
    except OSError as error:  # the screen, or what stands in for it, takes no more
        inform(catalog(lang)("problem.cannot-print", reason=error.strerror or str(error)))
        return FAILED
    except Exception as error:
        if os.environ.get("XLTOOLS_DEBUG"):
            raise
        inform(catalog(lang)("problem.defect", kind=type(error).__name__, reason=str(error)))
        return FAILED
    return result if isinstance(result, int) else CLEAN
