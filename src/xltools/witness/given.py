"""What the issuer gives: read from its file, or from the cover of a workbook as it was issued."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import openpyxl

from xltools.witness.form import FormFigures
from xltools.witness.value import Unknown, Value

GivenTexts = Mapping[tuple[str, str, str], str]  # by period, code or name of the agency, and name of the cell
UNCHECKED = Unknown("given")
_HEADS = {
    "agency": (
        "agency",
        "code",
        "代码",
        "编码",
        "单位代码",
        "单位编码",
        "机构代码",
        "统一社会信用代码",
        "单位",
        "单位名称",
    ),
    "cell": ("cell", "单元格"),
    "figure": ("figure", "数", "数值"),
    "period": ("period", "报告期"),
}
_FIRST = 10  # rows among which the heads are looked for
_NONE = "—"


def given_texts(content: bytes, period: str) -> GivenTexts:
    """Return what is in the file, of *period* where it says none; nothing if it has no such heads."""
    rows = list(_rows(content))
    for number, row in enumerate(rows[:_FIRST]):
        heads = [text.strip().casefold() for text in row]
        places = {
            key: next((heads.index(name) for name in names if name in heads), -1)
            for key, names in _HEADS.items()
        }
        if min(places["agency"], places["cell"], places["figure"]) >= 0:
            return dict(_given(rows[number + 1 :], places, period))
    return {}


def _given(
    rows: Sequence[Sequence[str]], places: Mapping[str, int], period: str
) -> Iterator[tuple[tuple[str, str, str], str]]:
    for row in rows:
        text = {key: row[at].strip() if 0 <= at < len(row) else "" for key, at in places.items()}
        yield (text["period"] or period, text["agency"], text["cell"]), text["figure"]


def _rows(content: bytes) -> Iterator[list[str]]:
    if zipfile.is_zipfile(io.BytesIO(content)):
        for sheet in openpyxl.load_workbook(io.BytesIO(content), data_only=True).worksheets[:1]:
            for row in sheet.iter_rows(values_only=True):
                yield ["" if value is None else str(value) for value in row]
        return
    for encoding in ("utf-16",) if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        first = text.partition("\n")[0]
        yield from csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
        return


def stamped(text: str, form: FormFigures) -> dict[str, str]:
    """Return what a workbook was issued with, by name, from the text on its cover."""
    parts = text.split(";")
    if len(parts) != len(form.given_order):
        return {}
    pairs = zip(form.given_order, parts, strict=True)
    return {name: _plain(part) for name, part in pairs if part != _NONE}


def _plain(text: str) -> str:
    return re.sub("%([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text.removeprefix("="))


def given_value(form: FormFigures, name: str, text: str | None) -> Value:
    """Return the figure that a text gives: a number, or 1 for the option of a field that it names."""
    if text is None:
        return UNCHECKED
    figure = form.fields.get(name)
    if figure is None or not figure.known:
        return Fraction(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else UNCHECKED
    if not text:
        return None
    named = {one.name for one in form.fields.values() if one.field == figure.field and text in one.words}
    return Fraction(name in named) if len(named) == 1 else UNCHECKED
