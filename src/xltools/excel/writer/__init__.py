"""Write a form as a workbook: blank for an agency, filled from a record, or as the roll-up of a district.

Only this package uses XlsxWriter. Labels and formulas are locked, inputs are open and coloured, every formula is
stored with its result (most programs show the stored result when they open a file), and the checks are live.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from xltools.data.filing import Stamp
from xltools.data.list_lines import list_figures
from xltools.data.record import Lists
from xltools.data.rollup import Rollup
from xltools.data.seal import seal
from xltools.errors import InputError, Problem
from xltools.excel.writer.canvas import Canvas
from xltools.excel.writer.charts import write_charts
from xltools.excel.writer.content import Content, stamp_texts
from xltools.excel.writer.cover import CoverWriter
from xltools.excel.writer.fields import write_codes
from xltools.excel.writer.kinds import write_kinds
from xltools.excel.writer.lists import write_list
from xltools.excel.writer.notes import write_notes
from xltools.excel.writer.overview import write_overview
from xltools.excel.writer.rollup import write_matrix, write_sources, write_waived
from xltools.excel.writer.section import write_section
from xltools.excel.writer.years import write_years
from xltools.files import Home
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.places import COVER, PREFIX, ListSheet

__all__ = ["check_password", "save_rollup", "write_return", "write_rollup"]

_LONGEST_PASSWORD = 15  # characters


def write_return(
    form: Form,
    stamp: Stamp,
    values: Mapping[str, Decimal] | None = None,
    prose: Mapping[str, str] | None = None,
    password: str = "",
    key: bytes = b"",
    *,
    last: Mapping[str, Decimal] | None = None,
    show_last: bool = False,
    lists: Lists | None = None,
) -> bytes:
    """Return the workbook of one agency as bytes.

    *values* are the inputs; totals are computed. Inputs that follow from the figures of *last* year are filled in
    where *values* has none, and stay open. With *show_last*, last year's figures are shown beside the tables. With
    *key*, the stamp is sealed.
    """
    lists, stamp = lists or {}, stamp.with_flags_of(form)
    place = layout(form, form.lacking(stamp.flags or ()))
    given = stamp.given_of(form)
    prose = {name: text for name, text in given.items() if name in form.fields and isinstance(text, str)} | {
        **(prose or {})
    }
    values = {name: value for name, value in given.items() if isinstance(value, Decimal)} | {
        **(values or {}),
        **form.counts(prose),
        **list_figures(form, lists),
    }
    follows = form.carried(last or {}, stamp.period.number_in_year)
    carried = {name: value for name, value in follows.items() if name not in place.elsewhere}
    content = Content(
        place,
        stamp,
        form.complete({**carried, **values}),
        prose,
        last=last if last and show_last else {},
        carried=frozenset(carried.keys() - values.keys()),
        lists=lists,
    )
    return _workbook_bytes(content, password, key)


def write_rollup(
    rollup: Rollup, password: str = "", *, home: Path | None = None, by_kind: bool = False
) -> bytes:
    """Return the workbook of a district as bytes: the form's sheets, one row per agency, and a list of every file.

    If *home* is given, the folder of the workbook, each row links to its file. With *by_kind*, a further sheet has
    a subtotal for each kind of agency.
    """
    place = Home.of(home) if home is not None else None
    content = Content(
        layout(rollup.form), rollup.stamp, rollup.values, rollup.texts, rollup, lists=rollup.lists, home=place
    )
    return _workbook_bytes(content, password, by_kind=by_kind)


def save_rollup(
    rollup: Rollup,
    out: BinaryIO,
    password: str = "",
    *,
    home: Path | None = None,
    by_kind: bool = False,
) -> None:
    """Write the workbook of a district to *out*; see :func:`write_rollup`."""
    out.write(write_rollup(rollup, password, home=home, by_kind=by_kind))


def check_password(password: str) -> None:
    """Raise :class:`InputError` for a password that spreadsheet programs would hash differently."""
    if password and not (
        password.isascii() and password.isprintable() and len(password) <= _LONGEST_PASSWORD
    ):
        raise InputError(Problem("bad-password"))


def _workbook_bytes(content: Content, password: str, key: bytes = b"", *, by_kind: bool = False) -> bytes:
    check_password(password)
    with Canvas(password) as canvas:
        _set_properties(canvas, content, key)
        cover = CoverWriter(canvas, content)
        if content.rollup and content.layout.form.headline:
            write_overview(canvas, content, content.rollup)
        for sheet in content.layout.in_order:
            if isinstance(sheet, ListSheet):
                write_list(canvas, content, sheet)
            else:
                write_section(canvas, content, sheet)
        if content.rollup:
            _write_rollup_sheets(canvas, content, content.rollup, by_kind=by_kind)
        else:
            write_notes(canvas, content)
            write_codes(canvas, content)
        cover.write()
        _define_names(canvas, content)
        return canvas.close()


def _define_names(canvas: Canvas, content: Content) -> None:
    form = content.layout.form
    unnamed = form.counted.keys() | form.list_figures.keys() | form.lists.keys()  # no name has brackets
    for name, (sheet, area) in content.layout.places.items():
        if name not in unnamed:
            canvas.define(name, sheet, area)
    for item, area in content.layout.cover.stamp.items():
        canvas.define(PREFIX + item, COVER, area)


def _set_properties(canvas: Canvas, content: Content, key: bytes) -> None:
    # The day after the period's end stands for the time of writing, so that the same content gives the same bytes.
    created = datetime.combine(content.stamp.period.end, time())
    custom = {PREFIX + item: text for item, text in stamp_texts(content.stamp, content.layout.form).items()}
    if content.rollup:
        custom[f"{PREFIX}coverage"] = content.rollup.coverage
    if key:
        custom[f"{PREFIX}seal"] = seal(content.stamp, key)
    canvas.properties(content.layout.form.title, created, custom)


def _write_rollup_sheets(canvas: Canvas, content: Content, rollup: Rollup, *, by_kind: bool) -> None:
    """Draw the sheets that a roll-up has besides the form's own."""
    if content.layout.form.charts:
        write_charts(canvas, content, rollup)
    if rollup.earlier:
        write_years(canvas, content, rollup)
    write_matrix(canvas, content, rollup)
    write_sources(canvas, content, rollup)
    if by_kind and rollup.members:
        write_kinds(canvas, content, rollup)
    if rollup.waived:
        write_waived(canvas, content, rollup)
