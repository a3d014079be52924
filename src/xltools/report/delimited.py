"""CSV in which no spreadsheet takes a text for a formula; every text can be restored exactly."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import TextIO

# A spreadsheet detects a formula by its first character, also after spaces and in the full-width and small forms of
# Chinese fonts; programs that separate fields by semicolons or tabs detect it after each of these. The ' itself is escaped
# too, so that it can be removed again. Source: OWASP, CSV Injection.
_FIELD = r"(?:^|(?<=[;\t\r\n]))"
_DANGEROUS = re.compile(_FIELD + r"(?=[\s\u200b\ufeff]*[-=+@＝＋－＠﹦﹢﹣﹫']|[\t\r\n])")


def defused(text: str) -> str:
    """Return *text* with ' inserted before everything that could begin a formula.

    Removing the ' at the beginning and after each semicolon, tab and line break restores the text.
    """
    return _DANGEROUS.sub("'", text)


def write_rows(stream: TextIO, rows: Iterable[Iterable[object]]) -> None:
    """Write the rows one by one, with texts defused and figures without exponents, which not every program reads."""
    csv.writer(stream, lineterminator="\n").writerows(map(_csv_value, row) for row in rows)


def _csv_value(cell: object) -> object:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return defused(cell) if isinstance(cell, str) else cell


def rows_text(rows: Iterable[Iterable[object]]) -> str:
    """Return the rows as one text; see :func:`write_rows`."""
    out = io.StringIO(newline="")
    write_rows(out, rows)
    return out.getvalue()
