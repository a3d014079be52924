"""Types into a workbook as a person at the keyboard does, through LibreOffice's dispatcher.

It runs under the system's Python, the one that has ``uno``, and knows nothing of xltools. A plan comes in as
JSON: the ``pipe`` at which LibreOffice listens, the ``file`` to open, and the ``steps``, each a list of a verb
(a method of :class:`Typist`) and what it needs. The answers to the steps go out as JSON, in their order.

LibreOffice's cell API (``setString`` and the like) passes over protection, so nothing is written through it: what
a person would type, choose or press is dispatched to a visible window, and the rest only looks.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException

_PATIENCE = 60  # seconds in which LibreOffice must begin to listen
_XLSX = "Calc MS Excel 2007 XML"


class Typist:
    """One open workbook and the verbs of a plan. Sheets go by name, cells and ranges by address."""

    def __init__(self, context, path: str) -> None:
        create = context.ServiceManager.createInstanceWithContext
        self.desktop = create("com.sun.star.frame.Desktop", context)
        self._helper = create("com.sun.star.frame.DispatchHelper", context)
        url = uno.systemPathToFileUrl(path)
        self._book = self.desktop.loadComponentFromURL(url, "_blank", 0, _properties(Hidden=False))

    def type(self, sheet: str, address: str, text: str):
        """Go to a cell and type; answers what it showed and held before, and what it does then."""
        cell = self._go(sheet, address)
        before = [cell.String, cell.Formula]
        self._dispatch("EnterString", StringName=text)
        return [before, [cell.String, cell.Formula]]

    def command(self, sheet: str, address: str, command: str) -> None:
        """Select a range and give a command of the menus, such as ``ClearContents`` for the Delete key."""
        self._go(sheet, address)
        self._dispatch(command)

    def sort(self, sheet: str, address: str, column: str) -> None:
        """Select a range without a head and have the menu sort it downwards by a column, counted from 1 in the sheet."""
        self._go(sheet, address)
        how = {"ByRows": True, "HasHeader": False, "IncludeAttribs": True}
        self._dispatch("DataSort", **how, Col1=int(column), Ascending1=False)

    def read(self, sheet: str, address: str):
        """What a cell shows."""
        return self._range(sheet, address).String

    def snapshot(self):
        """Everything that stands in the workbook, sheet by sheet and row by row, formulas as formulas."""
        return [[sheet.Name, self._used(sheet).FormulaArray] for sheet in self._book.Sheets]

    def sheets(self):
        """The names of the sheets."""
        return list(self._book.Sheets.ElementNames)

    def protected(self):
        """The names of the sheets that are protected."""
        return [sheet.Name for sheet in self._book.Sheets if sheet.isProtected()]

    def insert_sheet(self, name: str):
        """Insert a sheet before all others; answers the sheets there are then."""
        return self._arrange("Insert", Name=name, Index=1)

    def rename_sheet(self, sheet: str, name: str):
        """Go to a sheet and rename it; answers the sheets there are then."""
        return self._arrange("Name", Name=name, Index=self._turn_to(sheet))

    def remove_sheet(self, sheet: str):
        """Go to a sheet and remove it; answers the sheets there are then."""
        return self._arrange("Remove", Index=self._turn_to(sheet))

    def unprotect(self, sheet: str) -> None:
        """Take the protection of a sheet away; it must have no password."""
        self._book.Sheets.getByName(sheet).unprotect("")

    def save(self, path: str) -> None:
        """Save a copy as .xlsx."""
        self._book.storeToURL(uno.systemPathToFileUrl(path), _properties(FilterName=_XLSX))

    def save_as(self, path: str, kind: str, password: str) -> None:
        """Save a copy in another format, with a password to open unless it is empty."""
        secret = {"Password": password} if password else {}
        self._book.storeToURL(uno.systemPathToFileUrl(path), _properties(FilterName=kind, **secret))

    def protect_structure(self, password: str) -> None:
        """Fix the sheets in number, order and name."""
        self._book.protect(password)

    def _range(self, sheet: str, address: str):
        return self._book.Sheets.getByName(sheet).getCellRangeByName(address)

    def _used(self, sheet):
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        end = cursor.RangeAddress
        return sheet.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow)

    def _go(self, sheet: str, address: str):
        """Move the cursor, as the name box does. Were it elsewhere, a refusal would prove nothing."""
        self._dispatch("GoToCell", ToPoint=f"$'{sheet}'.{address}")
        wanted = self._range(sheet, address)
        if _corner(wanted) != _corner(self._book.CurrentSelection):
            raise RuntimeError(f"the cursor did not go to {sheet}!{address}")
        return wanted

    def _turn_to(self, sheet: str) -> int:
        """Make a sheet the one in front; answers its place, counted from 1."""
        return self._go(sheet, "A1").RangeAddress.Sheet + 1

    def _arrange(self, command: str, **arguments):
        self._dispatch(command, **arguments)
        return self.sheets()

    def _dispatch(self, command: str, **arguments) -> None:
        frame = self._book.CurrentController.Frame
        self._helper.executeDispatch(frame, f".uno:{command}", "", 0, _properties(**arguments))


def _corner(cells) -> tuple[int, int, int]:
    """Sheet, column and row of the upper left cell: a merged cell is selected with all it covers."""
    area = cells.RangeAddress
    return area.Sheet, area.StartColumn, area.StartRow


def _properties(**values):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


def _connect(pipe: str):
    """The component context of the LibreOffice at *pipe*, once it listens there."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def main() -> None:
    """Follow the plan, print the answers, and close LibreOffice whatever happens."""
    plan = json.load(sys.stdin)
    typist = Typist(_connect(plan["pipe"]), plan["file"])
    try:
        json.dump([getattr(typist, verb)(*details) for verb, *details in plan["steps"]], sys.stdout)
    finally:
        with contextlib.suppress(DisposedException):  # it may be gone before it can answer
            typist.desktop.terminate()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # LibreOffice is gone now, and the bridge to it may crash when Python takes it apart. All is said: end at once.
    os._exit(0)
