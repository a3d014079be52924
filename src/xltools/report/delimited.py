"""CSV in which no text can be taken for a formula, and from which each text can be had back as it was."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TextIO

# A spreadsheet takes a field for a formula by its first sign, also behind spaces and in the wide and small forms of
# Chinese fonts; a program that expects semicolons or tabs begins a field behind each of them. The mark itself is
# marked too, or it could not be told from one that was there. Source: OWASP, CSV Injection.
_FIELD = r"(?:^|(?<=[;\t\r\n]))"
_DANGEROUS = re.compile(_FIELD + r"(?=[\s\u200b\ufeff]*[-=+@＝＋－＠﹦﹢﹣﹫']|[\t\r\n])")


@lru_cache(1 << 12)  # labels and names of files are the same in thousands of rows
def defused(text: str) -> str:
    """The text with ' before whatever could begin a formula.

    Without the ' at its beginning and behind each semicolon, tab and line break it is the text again.
    """
    return _DANGEROUS.sub("'", text)


def write_rows(stream: TextIO, rows: Iterable[Iterable[object]]) -> None:
    """Write the rows one by one; texts are defused, and figures have all their digits."""
    csv.writer(stream, lineterminator="\n").writerows(map(_field, row) for row in rows)


def _field(cell: object) -> object:
    """What stands between two commas. A figure never has an exponent: not every program reads one."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return defused(cell) if isinstance(cell, str) else cell


def rows_text(rows: Iterable[Iterable[object]]) -> str:
    """The same as one text."""
    out = io.StringIO(newline="")
    write_rows(out, rows)
    return out.getvalue()
