"""The blank form as a document: its tables without figures, and the hints for its prose."""

from __future__ import annotations

from collections.abc import Iterator

from xltools.data.document import Box, Document, DocumentBlock, Heading, Paragraph, Table
from xltools.document.official import field_table, list_table, official_table
from xltools.form.model import Form
from xltools.form.places import Area
from xltools.form.sections import Section
from xltools.text import clerk

_ACROSS = 2  # fields per row
_FIELD_WIDTHS = (15.0, 17.0) * _ACROSS


def blank_form(form: Form) -> Document:
    """Return the blank form for printing: empty tables, the hints in place of the prose, the fields of the cover."""
    t = clerk()
    blocks = [
        Paragraph(t(f"document.blank-{form.period}"), "centre"),
        Paragraph(t("document.blank-authority", authority=form.authority), "centre"),
        *(block for section in form.sections for block in _blank_section(section, form)),
        Heading(t("document.blank-signed"), 2),
        _cover_fields([t("document.blank-agency"), *(part.label for part in form.cover.parts)]),
    ]
    return Document(form.title, tuple(blocks))


def _blank_section(section: Section, form: Form) -> Iterator[DocumentBlock]:
    t = clerk()
    yield Heading(section.title)
    if table := field_table(form, section, None):
        yield table
    if section.blocks:
        yield official_table(form, section, None)
    for one in section.lists:
        if one.title:
            yield Heading(one.title, 2)
        yield list_table(form, one, None)
    for part in section.parts:
        if part.label:
            yield Heading(part.label, 2)
        hint = part.hint or t("document.blank-prose")
        in_brackets = hint.startswith("（")
        yield Paragraph(hint if in_brackets else t("document.blank-hint", hint=hint.removesuffix("。")))


def _cover_fields(labels: list[str]) -> Table:
    """Return the table of the fields of the cover: the first across the page, the others two per row."""
    boxes = [
        Box(labels[0], Area.at(0, 0), "row"),
        Box("", Area.at(0, 1, 1, len(_FIELD_WIDTHS) - 1), "text"),
    ]
    for index in range(-(-len(labels[1:]) // _ACROSS) * _ACROSS):
        row, column = 1 + index // _ACROSS, index % _ACROSS * 2
        label = labels[1 + index] if 1 + index < len(labels) else ""
        boxes += [Box(label, Area.at(row, column), "row"), Box("", Area.at(row, column + 1), "text")]
    return Table(tuple(boxes), _FIELD_WIDTHS, clerk()("document.blank-signed"))
