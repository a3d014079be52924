"""The blank form as a document: its tables without figures, its parts of prose with what belongs there."""

from __future__ import annotations

from collections.abc import Iterator

from xltools.data.document import Block, Box, Document, Heading, Paragraph, Table
from xltools.document.official import official_table
from xltools.form.model import Form, Section
from xltools.form.places import Area
from xltools.text import clerk

_ACROSS = 2  # fields beside one another
_FIELD_WIDTHS = (15.0, 17.0) * _ACROSS


def blank_form(form: Form) -> Document:
    """The form as it is handed out on paper."""
    t = clerk()
    blocks = [
        Paragraph(t("document.blank-year"), "centre"),
        Paragraph(t("document.blank-authority", authority=form.authority), "centre"),
        *(block for section in form.sections for block in _section(section, form)),
        Heading(t("document.blank-signed"), 2),
        _fields([t("document.blank-agency"), *(part.label for part in form.cover.parts)]),
    ]
    return Document(form.title, tuple(blocks))


def _section(section: Section, form: Form) -> Iterator[Block]:
    yield Heading(section.title)
    if section.blocks:
        yield official_table(form, section, None)
    for part in section.parts:
        if part.label:
            yield Heading(part.label, 2)
        yield Paragraph(_bracketed(part.hint or clerk()("document.blank-prose")))


def _bracketed(hint: str) -> str:
    """A hint, told from what is written in its place."""
    return hint if hint.startswith("（") else clerk()("document.blank-hint", hint=hint.removesuffix("。"))


def _fields(labels: list[str]) -> Table:
    """Who hands the form in: the agency across the page, then the others two by two, each with room beside it."""
    boxes = [
        Box(labels[0], Area.at(0, 0), "row"),
        Box("", Area.at(0, 1, 1, len(_FIELD_WIDTHS) - 1), "text"),
    ]
    for index in range(-(-len(labels[1:]) // _ACROSS) * _ACROSS):
        row, column = 1 + index // _ACROSS, index % _ACROSS * 2
        label = labels[1 + index] if 1 + index < len(labels) else ""
        boxes += [Box(label, Area.at(row, column), "row"), Box("", Area.at(row, column + 1), "text")]
    return Table(tuple(boxes), _FIELD_WIDTHS, clerk()("document.blank-signed"))
