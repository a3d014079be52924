"""The command line: read arguments, call the library, print, exit.

The language is settled before the commands are made, so that their help speaks it too. What a command needs is
imported when it runs: ``--help`` costs next to nothing.
"""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Sequence

import click

from xltools.cli import diff, explain, export, form, generate, init, merge, read, schema, status, verify
from xltools.errors import XltoolsError
from xltools.text import LANGS, LOCALES, Lang, catalog, default_lang, error_text

CLEAN, FINDINGS, FAILED = 0, 1, 2
_DOMAIN = "click"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with 0 (clean), 1 (findings of severity error) or 2 (could not be done)."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    lang = chosen_lang(arguments)
    _settle_streams()
    sys.exit(_run(arguments, lang))


def chosen_lang(arguments: Sequence[str]) -> Lang:
    """What ``--lang`` says, wherever it stands, else the system's language."""
    for index, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--lang":
            value = value or (arguments[index + 1] if index + 1 < len(arguments) else "")
            return next((lang for lang in LANGS if lang == value), default_lang())
    return default_lang()


def command_line(lang: Lang) -> click.Group:
    """All commands, speaking *lang*; from then on click's own words are in it too."""
    _teach_click(lang)
    t = catalog(lang)
    group = click.Group(
        "xltools",
        help=t("help.main"),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    group.params.append(
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            help=t("help.version"),
            callback=_version,
        )
    )
    for module in (init, generate, status, read, verify, diff, merge, export, form, explain, schema):
        group.add_command(module.command(lang))
    for command in (group, *_below(group)):
        command.params.append(
            click.Option(["--lang"], type=click.Choice(LANGS), expose_value=False, help=t("help.lang"))
        )
    return group


def _teach_click(lang: Lang) -> None:
    """Click asks gettext for its words, and gettext takes the language from the environment."""
    gettext.bindtextdomain(_DOMAIN, LOCALES)
    gettext.textdomain(_DOMAIN)
    os.environ["LANGUAGE"] = lang


def _below(group: click.Group) -> list[click.Command]:
    found: list[click.Command] = []
    for command in group.commands.values():
        found.append(command)
        if isinstance(command, click.Group):
            found += _below(command)
    return found


def _version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version  # noqa: PLC0415

        click.echo(f"xltools {version('xltools')}")
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
        click.echo(catalog(lang)("problem.interrupted"), err=True)
        return FAILED
    except XltoolsError as error:
        click.echo(error_text(error, lang), err=True)
        return FAILED
    except BrokenPipeError:  # the reader of our output went away, which is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLEAN
    except OSError as error:  # the screen, or what stands in for it, takes no more
        click.echo(catalog(lang)("problem.cannot-print", reason=error.strerror or str(error)), err=True)
        return FAILED
    except Exception as error:
        if os.environ.get("XLTOOLS_DEBUG"):
            raise
        click.echo(catalog(lang)("problem.defect", kind=type(error).__name__, reason=str(error)), err=True)
        return FAILED
    return result if isinstance(result, int) else CLEAN
