"""The help of the commands: in groups, with rare options at the end, wrapped by the width that characters have on a screen."""

from __future__ import annotations

import copy
import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from xltools.cli.output import inform
from xltools.text import Lang, catalog

# The commands as the help lists them: those of a year in the order of the year, then the others.
GROUPS = {
    "year": ("init", "begin", "generate", "receive", "status", "verify", "merge", "publish"),
    "browser": ("desk", "page"),
    "closer": ("accept", "receipt", "history", "diff", "explain", "gather", "form"),
    "programs": ("import", "export", "read", "schema"),
}
COMMANDS = tuple(name for names in GROUPS.values() for name in names)
_RARE = {"--by-labels", "--dask", "--key", "--lang", "--limit", "--open-password", "--processes"}
_WIDEST_TERM = 30  # columns of an option; a longer one has its description below


class _Formatter(click.HelpFormatter):
    """Wraps at spaces and between Chinese characters, never inside of a word."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line with the name of the command and what follows it."""
        start = f"{prefix or ''} {prog} ".lstrip()
        lines = list(wrapped(args, self.width - width_of(start))) or [""]
        self.write(
            "\n".join([start + lines[0], *(" " * width_of(start) + line for line in lines[1:])]).rstrip()
            + "\n"
        )

    def write_text(self, text: str) -> None:
        """Write a text of several paragraphs."""
        indent = " " * self.current_indent
        for line in wrapped(text, self.width - self.current_indent):
            self.write(f"{indent}{line}".rstrip() + "\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = _WIDEST_TERM, col_spacing: int = 2
    ) -> None:
        """Write terms with their descriptions beside them."""
        rows = list(rows)
        first = min(max(width_of(term) for term, _ in rows), col_max) + col_spacing
        for term, text in rows:
            lines = list(wrapped(text, self.width - self.current_indent - first))
            if width_of(term) > first - col_spacing:
                lines.insert(0, "")
            start = term + " " * (first - width_of(term))
            for line in lines or [""]:
                self.write(f"{'':{self.current_indent}}{start}{line}".rstrip() + "\n")
                start = " " * first


class _HelpContext(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command whose help lists rare options under a heading of their own; ``lang`` is set when it is created."""

    context_class = _HelpContext
    lang: Lang = "en"

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line with the names of the arguments."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, catalog(self.lang)("usage.usage"))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usual options and then the rare ones."""
        t = catalog(self.lang)
        usual: list[tuple[str, str]] = []
        rare: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                (rare if _RARE.intersection(parameter.opts) else usual).append(record)
        if len(usual) == 1:  # nothing but --help
            usual, rare = rare + usual, []
        for key, records in (("options", usual), ("rare-options", rare)):
            if records:
                with formatter.section(t(f"usage.{key}")):
                    formatter.write_dl(records)


class Group(Command, click.Group):
    """A group of such commands. One that is misspelt is answered with the nearest."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write all commands of the group."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        names = [name for name, command in commands if command is not None and not command.hidden]
        self.write_commands(formatter, "commands", names, f"{self.name}-")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def write_commands(
        self, formatter: click.HelpFormatter, key: str, names: Sequence[str], prefix: str = ""
    ) -> None:
        """Write the names of commands with their summaries below the heading *key*."""
        t = catalog(self.lang)
        with formatter.section(t(f"usage.{key}")):
            formatter.write_dl([(name, t(f"summary.{prefix}{name}")) for name in names])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return name, command and arguments as click does; refuse a name that is not known with the nearest one."""
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            t, nearest = catalog(self.lang), similar(args[0], self.list_commands(ctx))
            ctx.fail(
                t("usage.nearest" if nearest else "usage.unknown", name=args[0], nearest="".join(nearest))
            )
        return super().resolve_command(ctx, args)


def localised(command: click.Command, lang: Lang) -> None:
    """Set the language of a command, and translate what stands for values in its usage."""
    if isinstance(command, Command):
        command.lang = lang
    words = {key: catalog(lang)(f"metavar.{key}") for key in catalog(lang).keys("metavar")}

    def translated(text: str) -> str:
        return re.sub(r"[A-Z]+(?:[ =][A-Z]+)*", lambda found: words.get(found[0], found[0]), text)

    command.options_metavar = translated(command.options_metavar or "")
    if isinstance(command, click.Group):
        command.subcommand_metavar = translated(command.subcommand_metavar)
    context = click.Context(command)
    for parameter in command.params:
        has_value = isinstance(parameter, click.Argument) or not getattr(parameter, "is_flag", False)
        is_chosen = parameter.metavar is None and isinstance(parameter.type, click.Choice)
        if has_value and not is_chosen:
            is_date = isinstance(parameter.type, click.DateTime)
            parameter.metavar = words["DATE"] if is_date else translated(_metavar(parameter, context))
        kind = words.get(parameter.type.name.upper(), "")
        if not kind.isascii():  # errors name the type
            parameter.type = copy.copy(parameter.type)
            parameter.type.name = kind


def _metavar(parameter: click.Parameter, context: click.Context) -> str:
    try:
        return parameter.make_metavar(context)
    except TypeError:  # before click 8.2
        make: Any = parameter.make_metavar
        return str(make())


def similar(word: str, known: Iterable[str]) -> list[str]:
    """Return the one of *known* that is most similar to *word*, compared without dashes in front; empty if none is."""
    names = {name.lstrip("-"): name for name in known}
    return [names[name] for name in difflib.get_close_matches(word.lstrip("-"), names, 1)]


def usage_error(error: click.ClickException, lang: Lang) -> None:
    """Print an error in what was typed; if something is missing, with the command's example."""
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        options = (o for p in error.ctx.command.params if not getattr(p, "hidden", False) for o in p.opts)
        nearest = similar(error.option_name, (name for name in options if name.startswith("--")))
        error = click.NoSuchOption(error.option_name, possibilities=nearest, ctx=error.ctx)
    error.show()
    command = error.ctx.command if isinstance(error, click.UsageError) and error.ctx else None
    if isinstance(error, click.MissingParameter) and command is not None:
        mark = catalog(lang)("usage.example")
        for paragraph in (command.help or "").split("\n\n"):
            if paragraph.startswith(mark):
                inform(paragraph)


# -- text on a screen

# A word, or one character of a script without spaces; with the marks that open before it and those that close after it.
_NAME = r"[^\s，。、；：（）]*_[^\s，。、；：（）]*[，。、；：）]*"  # of a file, such as 代码_名称_年度.xlsx
_OPENING, _CLOSING = "[([{（“「【《]*", "[)\\]}，。、；：！？）”」】》]*"
_LATIN = r"[!-'*-Z\\^-z|~…]+"
_PIECE = re.compile(rf"\s+|\[[^\]]*\]|{_NAME}|{_OPENING}(?:{_LATIN}|\S){_CLOSING}")


def width_of(text: str) -> int:
    """Return how many columns a text takes on a screen."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield the lines of *text* in *width* columns; a word is longer than a line only if it is alone in it."""
    for paragraph in text.split("\n"):
        line = ""
        for piece in _PIECE.findall(paragraph):
            if line and width_of(line) + width_of(piece) > width:
                yield line.rstrip()
                line = ""
            if line or not piece.isspace():
                line += piece
        yield line
