"""The fields of a section as a table of a document: each label and what was filled in, or of a roll-up what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from xltools.data.document import BoxRole, Table
from xltools.data.field_words import summary
from xltools.data.filing import Return
from xltools.data.number import digits
from xltools.data.plain_table import plain_table
from xltools.form.fields import label_with_unit
from xltools.form.model import Form
from xltools.form.sections import Section
from xltools.text import clerk

_WIDTHS = (30.0, 50.0)  # characters
_ROLES: tuple[BoxRole, ...] = ("row", "text")


def field_table(form: Form, section: Section, filing: Return | None) -> Table | None:
    """Return the table of the fields of a section, blank without a *filing*; ``None`` if it has no fields."""
    names = [f"{section.key}.{one.key}" for one in section.fields]
    if not names:
        return None
    t = clerk()
    rows = [(label_with_unit(form.fields[name]), _text(form, name, filing)) for name in names]
    return plain_table([(t("field.item"), t("field.content")), *rows], _ROLES, _WIDTHS, section.title)


def _text(form: Form, name: str, filing: Return | None) -> str:
    if filing is None:
        return ""
    values: Mapping[str, Decimal] = filing.record.values
    if name in form.cells:
        return digits(values.get(name))
    text = filing.prose.get(name, "")
    return summary(form, name, values, text) if filing.is_rollup else form.shown(name, text) or ""
