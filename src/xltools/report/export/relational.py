"""The tables of a database, the views of them, and the rows of an extract."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from xltools.data.finding import Finding, Severity
from xltools.form.model import Form
from xltools.report.export.extract import ExportedFile, Extract
from xltools.report.export.tables import (
    ABOUT,
    DICTIONARY,
    LIST,
    TIDY,
    ExportColumn,
    ExportColumns,
    ExportRow,
    Kind,
    about_return,
    dictionary,
    field_rows,
    list_rows,
)
from xltools.text import Lang, message

TABLES: dict[str, ExportColumns] = {
    "files": (
        ExportColumn("id", "whole"),
        *map(ExportColumn, ("file", "sha256")),
        ExportColumn("size", "whole"),
        *map(ExportColumn, ("kind", "state")),
        *(ExportColumn(f"{severity.value}s", "whole") for severity in Severity),
    ),
    "returns": (
        ExportColumn("id", "whole"),
        ExportColumn("file_id", "whole"),
        *ABOUT,
        ExportColumn("nil", "flag"),
    ),
    "figures": (
        ExportColumn("return_id", "whole"),
        ExportColumn("cell"),
        ExportColumn("value", "decimal"),
        *map(ExportColumn, ("state", "sheet", "address")),
    ),
    "fields": (
        ExportColumn("return_id", "whole"),
        *map(ExportColumn, ("field", "label", "kind", "value", "shown")),
    ),
    "lists": (ExportColumn("return_id", "whole"), *LIST),
    "cells": DICTIONARY,
    "findings": (
        ExportColumn("file_id", "whole"),
        *map(ExportColumn, ("severity", "code", "sheet", "address", "cell", "found", "expected", "message")),
        ExportColumn("waived", "flag"),
    ),
}
_KEYS = {"files": "id", "returns": "id", "cells": "form, edition, cell"}
_NOT_IN_NAMES = re.compile(r"\W")
_JOIN = "figures f JOIN returns r ON r.id = f.return_id"

Insert = Callable[[str, Iterable[ExportRow]], None]


def tables(types: Mapping[Kind, str]) -> Iterator[str]:
    """Yield the statements that create the tables, with the column types of one database program."""
    for name, columns in TABLES.items():
        defined = [f'"{column.name}" {types[column.kind]}'.rstrip() for column in columns]
        key = [f"PRIMARY KEY ({_KEYS[name]})"] if name in _KEYS else []
        yield f"CREATE TABLE {name} ({', '.join([*defined, *key])})"


def views(forms: Iterable[Form]) -> Iterator[str]:
    """Yield the statements that create the views: ``tidy`` with one row per figure, and one per form with one row per return."""
    of_table = {"value": "f", "state": "f", "sheet": "f", "address": "f"} | {c.name: "r" for c in ABOUT}
    chosen = ", ".join(f'{of_table.get(c.name, "c")}."{c.name}"' for c in TIDY)
    cells = "JOIN cells c ON c.form = r.form AND c.edition = r.edition AND c.cell = f.cell"
    yield f"CREATE VIEW tidy AS SELECT {chosen} FROM {_JOIN} {cells}"
    for form in forms:
        yield _wide_view(form)


def _wide_view(form: Form) -> str:
    about = ", ".join(f'r."{column.name}"' for column in ABOUT)
    unread = "SUM(CASE WHEN f.state = 'unread' THEN 1 ELSE 0 END) AS unread"
    values = ", ".join(
        f"MAX(CASE f.cell WHEN '{name}' THEN f.value END) AS \"{name}\"" for name in form.cells
    )
    of_form = f"r.form = {_literal(form.key)} AND r.edition = {_literal(form.edition)}"
    view = "wide_" + _NOT_IN_NAMES.sub("_", form.name)  # such as wide_xxgk_2021
    return (
        f'CREATE VIEW "{view}" AS SELECT {about}, {unread}, {values} '
        f"FROM {_JOIN} WHERE {of_form} GROUP BY r.id, {about} ORDER BY r.id"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def fill(extract: Extract, insert: Insert, lang: Lang) -> None:
    """Insert the rows of all tables in one iteration over *extract*; those of the table of cells last."""
    returns = 0
    for file_id, file in enumerate(extract.files_examined(), 1):
        insert("files", [_file_row(file_id, file)])
        insert("findings", [_finding_row(file_id, finding, lang) for finding in file.examined.findings])
        for one in file.returns:
            returns += 1
            # An agency inside a roll-up: the roll-up does not keep whether its return was a nil return.
            is_nil = None if one.via or one.filing.is_rollup else one.filing.is_nil
            insert("returns", [(returns, file_id, *about_return(one), is_nil)])
            found = extract.figures(one)
            rows = [(returns, f.cell.name, f.value, f.state.value, f.sheet, f.address) for f in found]
            insert("figures", rows)
            insert("fields", field_rows(returns, one))
            insert("lists", ((returns, *row) for row in list_rows(one)))
    insert("cells", dictionary(extract.forms.values()).rows)


def _file_row(file_id: int, file: ExportedFile) -> ExportRow:
    filing, findings = file.examined.filing, file.examined.findings
    counts = (sum(f.severity is s and f.waiver is None for f in findings) for s in Severity)
    kind = filing.stamp.kind if filing.stamp else None
    source = filing.source
    return (file_id, source.path, source.sha256 or None, source.size, kind, file.state, *counts)


def _finding_row(file_id: int, finding: Finding, lang: Lang) -> ExportRow:
    place = (finding.sheet or None, finding.address or None, finding.cell or None)
    figures = (_value_text(finding.found), _value_text(finding.expected))
    return (
        *(file_id, finding.severity.value, finding.code, *place, *figures),
        *(message(finding, lang), finding.waiver is not None),
    )


def _value_text(figure: Decimal | str) -> str | None:
    return (f"{figure:f}" if isinstance(figure, Decimal) else figure) or None
