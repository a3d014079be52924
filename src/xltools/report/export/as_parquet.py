"""Parquet: figures are decimals, and the metadata of the file names their forms."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet

from xltools.form.model import Form
from xltools.report.data import json_text
from xltools.report.export.extract import DIGITS, PLACES
from xltools.report.export.tables import ExportTable

_TYPES = {
    "text": pa.string(),
    "whole": pa.int64(),
    "decimal": pa.decimal128(DIGITS, PLACES),
    "flag": pa.bool_(),
}
_VALUES = 200_000  # values in a row group, which is held in memory


def write_table(stream: BinaryIO, table: ExportTable, forms: Mapping[str, Form]) -> None:
    """Write *table* in row groups whose size only depends on the number of columns, and the titles of the *forms*.

    The forms are complete after the iteration over the rows.
    """
    schema = pa.schema([(column.name, _TYPES[column.kind]) for column in table.columns])
    rows, size = iter(table.rows), max(1, _VALUES // len(table.columns))
    # If Arrow's own schema is not stored, its readers show the metadata of the file as that of the schema. Every reader
    # of Parquet supports snappy.
    with parquet.ParquetWriter(stream, schema, compression="snappy", store_schema=False) as writer:
        while group := list(islice(rows, size)):
            columns = zip(zip(*group, strict=True), schema.types, strict=True)
            arrays = [pa.array(values, kind) for values, kind in columns]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
        about = [
            {"form": form.key, "edition": form.edition, "title": form.title, "authority": form.authority}
            for form in forms.values()
        ]
        writer.add_key_value_metadata({"xltools.forms": json_text(about, "utf-8")})
