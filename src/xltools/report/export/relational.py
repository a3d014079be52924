"""The tables of a database, the views over them, and the one way through an extract that fills them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from xltools.data.finding import Finding, Severity
from xltools.data.observations import Observation, ReturnFigures
from xltools.form.model import Form
from xltools.report.export.extract import Extract, Report
from xltools.report.export.tables import (
    ABOUT,
    DICTIONARY,
    TIDY,
    Column,
    Columns,
    Kind,
    Row,
    about_return,
    dictionary,
)
from xltools.text import Lang, message

TABLES: dict[str, Columns] = {
    "files": (
        Column("id", "whole"),
        *map(Column, ("file", "sha256")),
        Column("size", "whole"),
        *map(Column, ("kind", "state")),
        *(Column(f"{severity.value}s", "whole") for severity in Severity),
    ),
    "returns": (Column("id", "whole"), Column("file_id", "whole"), *ABOUT, Column("nil", "flag")),
    "figures": (
        Column("return_id", "whole"),
        Column("cell"),
        Column("value", "decimal"),
        *map(Column, ("state", "sheet", "address")),
    ),
    "cells": DICTIONARY,
    "findings": (
        Column("file_id", "whole"),
        *map(Column, ("severity", "code", "sheet", "address", "cell", "found", "expected", "message")),
        Column("waived", "flag"),
    ),
}
_KEYS = {
    "files": "id",
    "returns": "id",
    "cells": "form, edition, cell",
}
_NOT_IN_NAMES = re.compile(r"\W")
_JOIN = "figures f JOIN returns r ON r.id = f.return_id"

Insert = Callable[[str, list[Row]], None]


def tables(types: Mapping[Kind, str]) -> Iterator[str]:
    """The statements that make the tables, with the types of one program."""
    for name, columns in TABLES.items():
        defined = [f'"{column.name}" {types[column.kind]}'.rstrip() for column in columns]
        key = [f"PRIMARY KEY ({_KEYS[name]})"] if name in _KEYS else []
        yield f"CREATE TABLE {name} ({', '.join([*defined, *key])})"


def views(forms: Iterable[Form]) -> Iterator[str]:
    """The statements that make the views: ``tidy``, a row a figure, and for each form one of a row a return."""
    of_table = {"value": "f", "state": "f", "sheet": "f", "address": "f"} | {c.name: "r" for c in ABOUT}
    chosen = ", ".join(f'{of_table.get(c.name, "c")}."{c.name}"' for c in TIDY)
    cells = "JOIN cells c ON c.form = r.form AND c.edition = r.edition AND c.cell = f.cell"
    yield f"CREATE VIEW tidy AS SELECT {chosen} FROM {_JOIN} {cells}"
    for form in forms:
        yield _wide(form)


def _wide(form: Form) -> str:
    about = ", ".join(f'r."{column.name}"' for column in ABOUT)
    unread = "SUM(CASE WHEN f.state = 'unread' THEN 1 ELSE 0 END) AS unread"
    values = ", ".join(
        f"MAX(CASE f.cell WHEN '{name}' THEN f.value END) AS {_named(name)}" for name in form.cells
    )
    of_form = f"r.form = {_quoted(form.key)} AND r.edition = {_quoted(form.edition)}"
    return (
        f"CREATE VIEW {_named(wide_name(form))} AS SELECT {about}, {unread}, {values} "
        f"FROM {_JOIN} WHERE {of_form} GROUP BY r.id, {about} ORDER BY r.id"
    )


def wide_name(form: Form) -> str:
    """The name of the view with a row a return of that form: ``wide_xxgk_2021``."""
    return "wide_" + _NOT_IN_NAMES.sub("_", form.name)


def _named(name: str) -> str:
    return f'"{name}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def fill(extract: Extract, insert: Insert, lang: Lang) -> None:
    """Go through the extract once and hand on the rows of every table; the cells when it is known of which forms."""
    returns = 0
    for file_id, report in enumerate(extract.reports(), 1):
        insert("files", [_file(file_id, report)])
        insert("findings", [_finding(file_id, finding, lang) for finding in report.examined.findings])
        for one in report.returns:
            returns += 1
            insert("returns", [(returns, file_id, *about_return(one), _nil(one))])
            insert("figures", [_figure(returns, figure) for figure in extract.figures(one)])
    insert("cells", list(dictionary(extract.forms.values()).rows))


def _file(file_id: int, report: Report) -> Row:
    filing, findings = report.examined.filing, report.examined.findings
    counts = (sum(f.severity is s and f.waiver is None for f in findings) for s in Severity)
    kind = filing.stamp.kind if filing.stamp else None
    source = filing.source
    return (file_id, source.path, source.sha256 or None, source.size, kind, report.state, *counts)


def _nil(one: ReturnFigures) -> bool | None:
    """Whether there is declared to be nothing to report; a roll-up does not say it of those inside."""
    return None if one.via or one.filing.is_rollup else one.filing.is_nil


def _figure(return_id: int, figure: Observation) -> Row:
    return (return_id, figure.cell.name, figure.value, figure.state.value, figure.sheet, figure.address)


def _finding(file_id: int, finding: Finding, lang: Lang) -> Row:
    place = (finding.sheet or None, finding.address or None, finding.cell or None)
    figures = (_told(finding.found), _told(finding.expected))
    return (
        *(file_id, finding.severity.value, finding.code, *place, *figures),
        *(message(finding, lang), finding.waiver is not None),
    )


def _told(figure: Decimal | str) -> str | None:
    return (f"{figure:f}" if isinstance(figure, Decimal) else figure) or None
