"""The files that commands write: reports on findings, documents and drafts of mails, and the messages about them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from xltools.checking.collection import Collection
from xltools.cli.options import FormatChoice, file, formats, option, together
from xltools.cli.output import emit, inform, is_terminal
from xltools.collection.outgoing import OutgoingFiles
from xltools.collection.reading import Inputs
from xltools.document.formats import format_by_ending
from xltools.document.writer import DOCUMENT_FORMATS, DocumentFormat, format_of
from xltools.errors import InputError, Problem
from xltools.files import refuse_existing, refuse_input, refuse_workbook, write_atomically
from xltools.report.drafts import MailDraft, mail_addresses
from xltools.report.explain import pointer
from xltools.text import Lang, catalog, harmless

_Command = TypeVar("_Command", bound=Callable[..., Any])

FILES = {"html", "xlsx"}  # formats of reports on findings that cannot be printed
_TEXTS = {"html", "md"}  # formats of documents that can be printed
_ENDINGS = {
    "text": (".txt",),
    "table": (".txt",),
    "json": (".json", ".jsonl"),
    "csv": (".csv",),
    "md": (".md", ".markdown"),
    "html": (".html", ".htm"),
    "xlsx": (".xlsx",),
}


def output_file(lang: Lang, *names: str) -> Callable[[_Command], _Command]:
    """Return the options of a command that prints or writes one of the formats *names*, the first by default.

    The command receives ``output``, ``how`` (the format that was given, else that of the file's ending) and ``is_new``
    (without ``--force``). A format that needs a file, an ending that contradicts the format, a text in place of a workbook
    and, if it must be new, a file that exists are refused.
    """
    options = together(
        formats(lang, *names),
        option(lang, "-o", "--output", type=file(), text="output"),
        option(lang, "--force", is_flag=True, text="force"),
    )

    def add(command: _Command) -> _Command:
        @functools.wraps(command)
        def run(*, output: Path | None, how: str, force: bool, **given: Any) -> Any:
            context = click.get_current_context()
            is_chosen = context.get_parameter_source("how") is ParameterSource.COMMANDLINE
            if output is None and how in FILES:
                raise InputError(Problem("needs-output", facts={"how": how}))
            if output is not None:
                if not force:
                    refuse_existing([output])
                endings = {name: _ENDINGS[name] for name in names}
                how = format_by_ending(output, endings, how if is_chosen else None, names[0])
                if how != "xlsx":
                    refuse_workbook(output)
            return command(output=output, how=how, is_new=not force, **given)

        decorated: Any = options(run)
        return decorated  # type: ignore[no-any-return]

    return add


def write_file(output: Path, content: bytes, inputs: Inputs, *, is_new: bool) -> None:
    """Write a page or a workbook; raise :class:`OutputError` if *output* is one of the files that were read."""
    refuse_input(output, inputs.inbox.paths)
    write_atomically(output, content, is_new=is_new)


def point_to_explanations(collection: Collection, lang: Lang) -> None:
    """Print to stderr, if it is a terminal, which command explains the codes."""
    if is_terminal(sys.stderr) and (findings := collection.findings):
        inform(pointer(findings, lang))


def documents(lang: Lang) -> Callable[[_Command], _Command]:
    """Return the options ``output``, ``how`` (by default the format of the ending) and ``force``."""
    return together(
        option(lang, "-o", "--output", type=file(), text="document"),
        option(lang, "--format", "how", type=FormatChoice(DOCUMENT_FORMATS), text="document-format"),
        option(lang, "--force", is_flag=True, text="force"),
    )


def document_format(output: Path | None, how: DocumentFormat | None, *, force: bool) -> DocumentFormat:
    """Return the format *how*, by default that of the ending of *output*.

    Raises an error if the format cannot be printed and there is no *output*, if the ending is that of another format, or
    if *output* exists, unless *force*: people edit documents.
    """
    if output is None:
        how = how or DOCUMENT_FORMATS[0]
        if how not in _TEXTS:
            raise InputError(Problem("needs-output", facts={"how": how}))
        return how
    if not force:
        refuse_existing([output])
    return format_of(output, how)


def emit_content(content: bytes, output: Path | None, *, is_new: bool) -> None:
    """Write a document to *output*, by default to stdout."""
    if output is None:
        emit(content.decode())
    else:
        write_atomically(output, content, is_new=is_new)


def write_drafts(folder: OutgoingFiles, drafts: Iterable[MailDraft], lang: Lang) -> None:
    """Write *drafts* into *folder*, and print how many, which have no address, and what is not an address."""
    t, without, wrong, count = catalog(lang), list[str](), list[str](), 0
    for entry, name, content in drafts:
        folder.write(name, content)
        count += 1
        found = mail_addresses(entry)
        if not found.usable:
            without.append(entry.name)
        wrong += [f"{entry.name} {text}" for text in found.unusable]
    inform(t("mail.written", count=count, folder=folder.folder))
    if without:
        inform(t("mail.no-address", count=len(without), agencies="、".join(without)))
    if wrong:
        inform(harmless(t("mail.bad-address", found="、".join(wrong))))
