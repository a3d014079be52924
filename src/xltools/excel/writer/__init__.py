"""A form as a workbook: blank for an agency to fill in, or filled from a record. The only room that knows xlsxwriter.

Labels and formulas are locked, inputs are open and visibly so, every formula carries its correct result (most
programs show the stored result and do not compute on opening), and the checks are live.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from xltools.data.filing import Stamp
from xltools.data.rollup import Rollup
from xltools.data.seal import seal
from xltools.errors import InputError, Problem
from xltools.excel.writer.canvas import Canvas
from xltools.excel.writer.content import Content, stamp_texts
from xltools.excel.writer.cover import Cover
from xltools.excel.writer.kinds import write_kinds
from xltools.excel.writer.rollup import write_matrix, write_sources, write_waived
from xltools.excel.writer.section import write_section
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.places import COVER, PREFIX

__all__ = ["check_password", "save_rollup", "write_return", "write_rollup"]

_LONGEST_PASSWORD = 15


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
) -> bytes:
    """The workbook of one agency; *values* are inputs, totals are derived. With *key* its stamp is sealed.

    What follows from the figures of *last* year is filled in, unless *values* say otherwise, and stays open; with
    *show_last* they stand beside the tables as well.
    """
    carried = form.carried(last or {})
    content = Content(
        layout(form),
        stamp,
        form.complete(carried | dict(values or {})),
        prose or {},
        last=last if last and show_last else {},
        carried=frozenset(carried.keys() - (values or {}).keys()),
    )
    out = io.BytesIO()
    _write(content, out, password, key)
    return out.getvalue()


def write_rollup(
    rollup: Rollup, password: str = "", *, home: Path | None = None, by_kind: bool = False
) -> bytes:
    """The workbook of a district as bytes; :func:`save_rollup` says what is in it."""
    out = io.BytesIO()
    save_rollup(rollup, out, password, home=home, by_kind=by_kind)
    return out.getvalue()


def save_rollup(
    rollup: Rollup, out: BinaryIO, password: str = "", *, home: Path | None = None, by_kind: bool = False
) -> None:
    """Write the workbook of a district: the form's sheets over one row an agency, and an account of every file.

    It is written to *out* row by row. With *home*, the folder in which it will lie, each row links to its file; with
    *by_kind*, a further sheet has a subtotal for each kind of agency.
    """
    content = Content(layout(rollup.form), rollup.stamp, rollup.values, {}, rollup, home=home)
    _write(content, out, password, by_kind=by_kind)


def check_password(password: str) -> None:
    """Raise :class:`InputError` for a password that spreadsheet programs would hash differently."""
    if password and not (
        password.isascii() and password.isprintable() and len(password) <= _LONGEST_PASSWORD
    ):
        raise InputError(Problem("bad-password"))


def _write(
    content: Content, out: BinaryIO, password: str, key: bytes = b"", *, by_kind: bool = False
) -> None:
    check_password(password)
    with Canvas(password) as canvas:
        # The day after the year's end stands for the time of writing, so that the same content gives the same bytes.
        created = datetime(content.stamp.year + 1, 1, 1, tzinfo=UTC).replace(tzinfo=None)
        custom = {PREFIX + item: text for item, text in stamp_texts(content.stamp).items()}
        if content.rollup:
            custom[f"{PREFIX}coverage"] = content.rollup.coverage
        if key:
            custom[f"{PREFIX}seal"] = seal(content.stamp, key)
        canvas.properties(content.layout.form.title, created, custom)
        cover = Cover(canvas, content)
        for sheet in content.layout.sheets:
            write_section(canvas, content, sheet)
        if content.rollup:
            write_matrix(canvas, content, content.rollup)
            write_sources(canvas, content, content.rollup)
            if by_kind and content.rollup.members:
                write_kinds(canvas, content, content.rollup)
            if content.rollup.waived:
                write_waived(canvas, content, content.rollup)
        cover.write()
        for name, (sheet_name, area) in content.layout.places.items():
            canvas.define(name, sheet_name, area)
        for item, area in content.layout.cover.stamp.items():
            canvas.define(PREFIX + item, COVER, area)
        canvas.save(out)
