"""``xltools form``: list forms and their cells, check a definition, print the blank form and the notes for filling it in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from xltools.cli.help import Command, Group
from xltools.cli.options import find_form
from xltools.cli.output import emit, encoding
from xltools.cli.output_files import document_format, documents, emit_content, output_file
from xltools.data.document import Document
from xltools.data.notes import filling_notes
from xltools.document.blank import blank_form
from xltools.document.writer import DocumentFormat, render
from xltools.form import library
from xltools.form.model import Form
from xltools.report import data, text
from xltools.report.delimited import rows_text
from xltools.report.table import TextTable
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Group:
    """Return the group of commands in *lang*."""
    t = catalog(lang)
    group = Group("form", help=t("help.form"))
    papers = (_document(lang, "blank", blank_form), _document(lang, "notes", filling_notes))
    for one in (_list(lang), _cells(lang), _check(lang), *papers):
        group.add_command(one)
    return group


def _list(lang: Lang) -> click.Command:
    t = catalog(lang)

    @click.command("list", cls=Command, help=t("help.form-list"))
    def run() -> None:
        rows = [[t(f"report.head-{key}") for key in ("form", "title", "authority")]]
        for name in library.names():
            form = library.find(name)
            mark = f" ({t('report.default')})" if name == library.DEFAULT else ""
            rows.append([name + mark, form.title, form.authority])
        emit(TextTable(rows))

    return run


def _cells(lang: Lang) -> click.Command:
    t = catalog(lang)

    @click.command("cells", cls=Command, help=t("help.form-cells"))
    @click.argument("form", required=False)
    @output_file(lang, "table", "csv", "json")
    def run(form: str | None, how: str, output: Path | None, is_new: bool) -> None:
        found = find_form(form)
        objects = text.dictionary_objects(found)
        if how == "json":
            emit(data.json_text(objects, encoding(output), indent=1), output, is_new=is_new)
        elif how == "csv":
            emit(
                rows_text([list(objects[0]), *(list(row.values()) for row in objects)]),
                output,
                bom=True,
                is_new=is_new,
            )
        else:
            head = [t(f"report.head-{key}") for key in objects[0]]
            emit(TextTable([head, *text.dictionary_rows(found, lang)]), output, is_new=is_new)

    return run


def _check(lang: Lang) -> click.Command:
    t = catalog(lang)

    @click.command("check", cls=Command, help=t("help.form-check"))
    @click.argument("form", required=False)
    def run(form: str | None) -> None:
        found = find_form(form)
        counts = {"cells": len(found.cells), "inputs": len(found.inputs), "totals": len(found.totals)}
        rules = len(found.identities) + len(found.day_rules)
        emit(t("report.form-sound", form=found.name, rules=rules, **counts))

    return run


def _document(lang: Lang, name: str, create: Callable[[Form], Document]) -> click.Command:
    """Return a command that writes the document that *create* returns for a form."""

    @click.command(name, cls=Command, help=catalog(lang)(f"help.form-{name}"))
    @click.argument("form", required=False)
    @documents(lang)
    def run(form: str | None, output: Path | None, how: DocumentFormat | None, force: bool) -> None:
        how = document_format(output, how, force=force)
        emit_content(render(create(find_form(form)), how), output, is_new=not force)

    return run
