"""A form as a workbook: blank for an agency to fill in, or filled from a record. The only room that knows xlsxwriter.

Labels and formulas are locked, inputs are open and visibly so, every formula carries its correct result (most
programs show the stored result and do not compute on opening), and the checks are live.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from xltools.data.filing import Stamp
from xltools.data.rollup import Rollup
from xltools.data.seal import seal
from xltools.errors import InputError, Problem
from xltools.excel.writer.canvas import Canvas
from xltools.excel.writer.charts import write_charts
from xltools.excel.writer.content import Content, issued, stamp_texts
from xltools.excel.writer.cover import Cover
from xltools.excel.writer.kinds import write_kinds
from xltools.excel.writer.results import results
from xltools.excel.writer.rollup import write_matrix, write_sources, write_waived
from xltools.excel.writer.section import write_section
from xltools.excel.writer.stamping import Press
from xltools.excel.writer.years import write_years
from xltools.files import Home
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.places import COVER, PREFIX, Matrix

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["Press", "check_password", "press", "save_rollup", "write_return", "write_rollup"]

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
    *show_last* they stand beside the tables as well. Many blank ones are written faster by a :func:`press`.
    """
    return _written(issued(form, stamp, values, prose, last=last, show_last=show_last), password, key)


def _written(content: Content, password: str, key: bytes) -> bytes:
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
    rollup: Rollup,
    out: BinaryIO,
    password: str = "",
    *,
    home: Path | None = None,
    by_kind: bool = False,
    executor: Executor | None = None,
) -> None:
    """Write the workbook of a district: the form's sheets over one row an agency, and an account of every file.

    It is written to *out* row by row. With *home*, the folder in which it will lie, each row links to its file; with
    *by_kind*, a further sheet has a subtotal for each kind of agency. The processes of an *executor* work out the rows;
    whether there are any makes no difference to the bytes.
    """
    matrix = Matrix.issued(rollup.form, len(rollup.members))
    place = Home.of(home) if home is not None else None
    content = Content(layout(rollup.form), rollup.stamp, rollup.values, {}, rollup, home=place, matrix=matrix)
    _write(content, out, password, by_kind=by_kind, executor=executor)


def press(form: Form, password: str = "", key: bytes = b"", *, show_last: bool = False) -> Press:
    """What writes the blank workbooks of many agencies, each as :func:`write_return` would, in a fraction of its time."""
    return Press(form, lambda content: _written(content, password, key), key, show_last=show_last)


def check_password(password: str) -> None:
    """Raise :class:`InputError` for a password that spreadsheet programs would hash differently."""
    if password and not (
        password.isascii() and password.isprintable() and len(password) <= _LONGEST_PASSWORD
    ):
        raise InputError(Problem("bad-password"))


def _write(
    content: Content,
    out: BinaryIO,
    password: str,
    key: bytes = b"",
    *,
    by_kind: bool = False,
    executor: Executor | None = None,
) -> None:
    check_password(password)
    content = replace(content, results=results(content))
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
            _rollup_sheets(canvas, content, content.rollup, executor, by_kind=by_kind)
        cover.write()
        for name, (sheet_name, area) in content.layout.places.items():
            canvas.define(name, sheet_name, area)
        for item, area in content.layout.cover.stamp.items():
            canvas.define(PREFIX + item, COVER, area)
        canvas.save(out)


def _rollup_sheets(
    canvas: Canvas, content: Content, rollup: Rollup, executor: Executor | None, *, by_kind: bool
) -> None:
    """What a roll-up has besides the form's own sheets."""
    if content.layout.form.charts:
        write_charts(canvas, content, rollup)
    if rollup.earlier:
        write_years(canvas, content, rollup)
    write_matrix(canvas, content, rollup, executor)
    write_sources(canvas, content, rollup, executor)
    if by_kind and rollup.members:
        write_kinds(canvas, content, rollup)
    if rollup.waived:
        write_waived(canvas, content, rollup)
