"""SQLite: whole figures are INTEGER, others REAL, and those that a double does not hold exactly TEXT."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from xltools.errors import OutputError, Problem
from xltools.files import replacing
from xltools.report.data import plain
from xltools.report.export.extract import Extract
from xltools.report.export.relational import TABLES, fill, tables, views
from xltools.report.export.tables import ExportRow, Kind, Value
from xltools.text import Lang

# A column without a type keeps each value as it is; any numeric type would convert a text to a double.
_TYPES: dict[Kind, str] = {"text": "TEXT", "whole": "INTEGER", "decimal": "", "flag": "INTEGER"}
_LARGEST = 2**63 - 1


def write(output: Path, extract: Extract, lang: Lang, *, are_new: bool) -> None:
    """Write all tables and views to *output*; raise :class:`OutputError` if SQLite cannot."""
    with replacing(output, is_new=are_new) as path:
        try:
            _write_database(path, extract, lang)
        except sqlite3.Error as error:
            raise OutputError(Problem("cannot-write", str(output), {"reason": str(error)})) from error


def _write_database(path: Path, extract: Extract, lang: Lang) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        # The file is temporary and an interruption removes it, so it needs no journal.
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN", *tables(_TYPES)):
            database.execute(statement)

        def insert(table: str, rows: Iterable[ExportRow]) -> None:
            marks = ", ".join("?" * len(TABLES[table]))
            database.executemany(
                f"INSERT INTO {table} VALUES ({marks})", (tuple(map(_stored, row)) for row in rows)
            )

        fill(extract, insert, lang)
        for statement in (*views(extract.forms.values()), "COMMIT"):
            database.execute(statement)


def _stored(value: Value) -> Value | float:
    if not isinstance(value, Decimal):
        return value
    figure = plain(value)
    return str(figure) if isinstance(figure, int) and abs(figure) > _LARGEST else figure
