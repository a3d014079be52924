"""Parquet: figures are decimals, and the metadata of the file names their forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet

from xltools.form.model import Form
from xltools.report.data import json_text
from xltools.report.export.extract import DIGITS, PLACES, Extract
from xltools.report.export.flat import write_both
from xltools.report.export.tables import ExportRow, ExportTable

_TYPES = {
    "text": pa.string(),
    "whole": pa.int64(),
    "decimal": pa.decimal128(DIGITS, PLACES),
    "flag": pa.bool_(),
}
_VALUES = 200_000  # values in a row group, which is held in memory


def write(output: Path, extract: Extract) -> None:
    """Write the figures to *output* and the dictionary to a file beside it."""
    write_both(output, extract, _write_parquet)


def _write_parquet(stream: BinaryIO, table: ExportTable, forms: Mapping[str, Form]) -> None:
    schema = pa.schema([(column.name, _TYPES[column.kind]) for column in table.columns])
    # If Arrow's own schema is not stored, its readers show the metadata of the file as that of the schema. Every reader
    # of Parquet supports snappy.
    with parquet.ParquetWriter(stream, schema, compression="snappy", store_schema=False) as writer:
        for rows in _row_groups(table):
            columns = zip(zip(*rows, strict=True), schema.types, strict=True)
            arrays = [pa.array(values, kind) for values, kind in columns]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
        writer.add_key_value_metadata({"xltools.forms": _forms_text(forms)})


def _row_groups(table: ExportTable) -> Iterator[list[ExportRow]]:
    """Yield the rows in groups; their size only depends on the number of columns."""
    rows, size = iter(table.rows), max(1, _VALUES // len(table.columns))
    while group := list(islice(rows, size)):
        yield group


def _forms_text(forms: Mapping[str, Form]) -> str:
    about = [
        {"form": form.key, "edition": form.edition, "title": form.title, "authority": form.authority}
        for form in forms.values()
    ]
    return json_text(about, "utf-8")
