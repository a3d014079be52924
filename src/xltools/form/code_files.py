"""Lists of codes in CSV files beside a form.

A form is known by its text: it is compared, kept and handed to other processes as such. A list is therefore put into the
text in place of the name of its file.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

from xltools.errors import FormError, Problem
from xltools.toml_tables import read_text

_FILE = re.compile(r"""(?m)^(\s*)file\s*=\s*(?:"([^"\n]*\.csv)"|'([^'\n]*\.csv)')""")
_COLUMNS = {
    "代码": "code",
    "名称": "label",
    "标签": "label",
    "单位": "unit",
    "计量单位": "unit",
    "上级": "under",
}
_KNOWN = ("key", "code", "label", "unit", "under")


def files_of(path: Path) -> list[Path]:
    """Return the files with lists of codes that the form at *path* names."""
    text = read_text(path, FormError)
    return [path.parent / (found[2] or found[3]) for found in _FILE.finditer(text)]


def with_codes(text: str, folder: Path) -> str:
    """Return the *text* of a form with the lists of codes from the files that it names, relative to *folder*.

    Raises :class:`FormError` for a file that cannot be read as a list of codes.
    """
    return _FILE.sub(lambda found: f"{found[1]}items = [{_items(folder / (found[2] or found[3]))}]", text)


def _items(path: Path) -> str:
    """Return the items of a file as they stand in a form; the texts of JSON are those of TOML."""
    tables = (
        ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in item.items() if value)
        for item in _rows(path)
    )
    return ", ".join(f"{{ {table} }}" for table in tables)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    lines = list(csv.reader(read_text(path, FormError).splitlines()))
    heads = [_COLUMNS.get(head.strip(), head.strip()) for head in lines[0]] if lines else []
    if "label" not in heads or not set(heads) <= {*_KNOWN, ""}:
        facts = {"found": ", ".join(heads) or "—", "known": ", ".join((*_KNOWN, *_COLUMNS))}
        raise FormError(Problem("codes-head", str(path), facts))
    for line in lines[1:]:
        if any(cell.strip() for cell in line):
            yield {head: cell.strip() for head, cell in zip(heads, line, strict=False) if head}
