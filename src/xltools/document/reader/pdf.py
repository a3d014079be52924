"""Read a PDF into a flow, with a library in the sandbox."""

from __future__ import annotations

import json
from typing import Any

from xltools.document.reader.flow import CellGrid, Flow, FlowItem, GridCell
from xltools.document.reader.plain_text import line_of
from xltools.office.guard import Budget, ScanError, beyond
from xltools.office.sandbox import SandboxError, run_sandboxed
from xltools.text import characters

_CODES = {"missing": "not-a-workbook", "encrypted": "encrypted", "scan": "pdf-scan", "no-text": "pdf-scan"}


def read_pdf(data: bytes, budget: Budget) -> Flow:
    """Return the lines and tables of a PDF; raises only :class:`ScanError`, if it cannot be read or has no text."""
    try:
        items = json.loads(run_sandboxed("pdf", data, budget))
    except SandboxError as error:
        if error.code == "too-large":
            raise beyond(error.reason or "text", budget.limits) from error
        code = _CODES.get(error.code, "pdf-unread")
        raise ScanError(code, error.reason or error.code, kind="pdf") from error
    except ValueError as error:
        raise ScanError("pdf-unread", str(error), kind="pdf") from error
    return tuple(map(_item, items))


def _item(item: str | dict[str, Any]) -> FlowItem:
    if isinstance(item, str):
        return line_of(characters(item))
    cells = tuple(
        GridCell(characters(text), row, column, row + rows - 1, column + columns - 1)
        for row, column, rows, columns, text in item["cells"]
    )
    return CellGrid(cells, tuple(line_of(characters(line)) for line in item["lines"]))
