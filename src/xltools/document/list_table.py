"""A list as a table of a document: its lines, or of a blank form a few empty ones."""

from __future__ import annotations

from collections.abc import Container
from decimal import Decimal

from xltools.data.document import BoxRole, Table
from xltools.data.list_lines import derived_lines, shown_value
from xltools.data.number import NO_VALUE, digits
from xltools.data.plain_table import plain_table
from xltools.data.record import ListLine, Record
from xltools.form.model import Form
from xltools.form.sections import List
from xltools.text import clerk

_WIDTHS = {"number": 12.0, "text": 24.0, "prose": 36.0, "date": 12.0, "yes": 8.0}
_OTHER_WIDTH, _NUMBER_WIDTH = 18.0, 6.0


def list_table(
    form: Form,
    one: List,
    record: Record | None,
    *,
    is_sum: bool = False,
    only: Container[int] | None = None,
) -> Table:
    """Return the table of a list with a number before each line, and in that of a sum the agency; without a *record*, blank.

    With *only*, it has the lines of these numbers and no others.
    """
    t, is_stack = clerk(), is_sum and one.merge == "stack"
    before = (t("list.number"), *((t("list.agency"),) if is_stack else ()))
    rows = [(*before, *(column.label for column in one.columns))]
    lines: tuple[ListLine, ...] = ()
    if record:
        lines = derived_lines(form, one.key, record.lists.get(one.key, ()), record.complete())
    for number, line in enumerate(lines, 1):
        if only is None or number in only:
            whose = (line.agency.name if line.agency else "",) if is_stack else ()
            rows.append((str(number), *whose, *_texts(form, one, line)))
    if record is None:
        rows += [(str(number), *("" for _ in one.columns)) for number in range(1, one.print_ + 1)]
    roles: list[BoxRole] = ["row"]
    roles += ["text" for _ in before[1:]]
    roles += ["figure" if column.kind == "number" else "text" for column in one.columns]
    widths = [_NUMBER_WIDTH, *(_OTHER_WIDTH for _ in before[1:])]
    widths += (_WIDTHS.get(column.kind, _OTHER_WIDTH) for column in one.columns)
    return plain_table(rows, roles, tuple(widths), form.title_of_list(one.key))


def _texts(form: Form, one: List, line: ListLine) -> list[str]:
    found = []
    for column, value in zip(one.columns, line.values, strict=True):
        if column.is_ and value == "":
            found.append(NO_VALUE)
            continue
        shown = shown_value(form, f"{one.key}.{column.key}[]", value)
        found.append(digits(shown) if isinstance(shown, Decimal) else shown or "")
    return found
