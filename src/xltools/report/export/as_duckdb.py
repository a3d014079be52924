"""DuckDB: figures as DECIMAL."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb

from xltools.errors import OutputError, Problem
from xltools.files import replacing
from xltools.report.export.extract import DIGITS, PLACES, Extract
from xltools.report.export.relational import TABLES, fill, tables, views
from xltools.report.export.tables import Kind, Row, Value
from xltools.text import Lang

_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "whole": "BIGINT",
    "decimal": f"DECIMAL({DIGITS}, {PLACES})",
    "flag": "BOOLEAN",
}
_VECTOR = 2048  # rows that DuckDB takes at a time
_MODEST: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "256MB",
    "threads": "1",
}  # else it takes what the machine has


def write(output: Path, extract: Extract, lang: Lang) -> None:
    """Write all tables and views to *output*."""
    with replacing(output) as path:
        try:
            _write(path, extract, lang)
        except duckdb.Error as error:
            raise OutputError(Problem("cannot-write", str(output), {"reason": str(error)})) from error


def _write(path: Path, extract: Extract, lang: Lang) -> None:
    with duckdb.connect(path, config=_MODEST) as database:
        for statement in ("BEGIN", *tables(_TYPES)):
            database.execute(statement)
        waiting: dict[str, list[Row]] = {table: [] for table in TABLES}

        def insert(table: str, rows: list[Row], least: int = _VECTOR) -> None:
            waiting[table] += rows
            if len(waiting[table]) >= least:
                columns = zip(*waiting[table], strict=True)
                database.execute(_insertion(table), [list(map(_told, column)) for column in columns])
                waiting[table] = []

        fill(extract, insert, lang)
        for table in TABLES:
            insert(table, [], least=1)
        for statement in (*views(extract.forms.values()), "COMMIT", "CHECKPOINT"):
            database.execute(statement)


def _insertion(table: str) -> str:
    """A statement that takes whole columns: row by row takes a hundred times as long."""
    columns = (f"unnest(?::VARCHAR[])::{_TYPES[column.kind]}" for column in TABLES[table])
    return f"INSERT INTO {table} SELECT {', '.join(columns)}"


def _told(value: Value) -> str | None:
    """As text, from which DuckDB makes the type of the column: a decimal stays exact."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return None if value is None else str(value)
