"""Reads the cells for figures: what each holds, what it shows, and what its formula is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from xltools.data.finding import quoted
from xltools.data.number import FIGURE_IN_VOID, is_too_large, is_whole, kept
from xltools.data.typed_numbers import STRUCK_OUT, typed
from xltools.excel.reader.formulas import CIRCULAR, EXTERNAL
from xltools.excel.reader.locate import LocatedSheet
from xltools.excel.reader.reading import WorkbookReading, is_empty, number_of, typed_names
from xltools.excel.reader.shown import DIFFERS, ROUNDED, shown_fault
from xltools.excel.scan import Fact, SheetFacts
from xltools.form.model import Cell
from xltools.form.places import Sheet
from xltools.white_space import is_blank, joined, struck_out, without_strokes


def read_inputs(reading: WorkbookReading, sheet: Sheet, located: LocatedSheet) -> None:
    """Read the figures of a sheet; notes a finding for each cell without a valid number."""
    facts, form, elsewhere, is_nil = located.facts, reading.layout.form, reading.elsewhere, reading.is_nil
    for name in typed_names(form, sheet):
        place, cell = located.cells[name], form.cells[name]
        if name in elsewhere:
            if _says_something(facts.cells.get(place)):
                read_input(reading, facts, place, cell)
            continue
        is_needed = not is_nil and not cell.weight  # of means, the checks ask where they must be
        if not read_input(reading, facts, place, cell) and is_needed:
            reading.note("blank", facts.name, place, cell)


def read_input(reading: WorkbookReading, facts: SheetFacts, place: tuple[int, int], cell: Cell) -> bool:
    """Read the figure in one cell, and return whether there is anything in it."""
    fact = facts.cells.get(place)
    if fact is None or is_empty(fact) or _shows_nothing(fact):
        return False
    has_formula = fact.formula is not None or facts.arrays
    traced = reading.tracer.formula(facts, place) if has_formula else None
    _Input(reading, facts.name, place, cell, fact, *(traced or (None, ""))).read()
    return True


def note_void(reading: WorkbookReading, located: LocatedSheet) -> None:
    """Note the figures in cells that are not there; a blank, a dash and 0 say nothing."""
    for name, place in located.void.items():
        fact = located.facts.cells.get(place)
        if fact and _says_something(fact):
            value = number_of(fact)
            found = (fact.text or f"={fact.formula}") if value is None else value
            reading.note(
                FIGURE_IN_VOID, located.facts.name, place, reading.layout.form.void[name], found=found
            )


def _says_something(fact: Fact | None) -> bool:
    """Return whether a cell in which nothing is asked holds anything but 0 or a dash."""
    if fact is None or is_empty(fact) or _shows_nothing(fact):
        return False
    meant = typed(fact.text or f"={fact.formula}", "", signed=True)
    return number_of(fact) != 0 and not (fact.type == "s" and (meant.is_blank or meant.value == 0))


def _shows_nothing(fact: Fact) -> bool:
    """Return whether the result of a formula is a text without visible characters, as in ``IF(A1>0,A1,"")``."""
    return fact.type == "s" and fact.text is not None and is_blank(fact.text)


class _Input(NamedTuple):
    """A cell for a figure that is not empty; *formula_code* is the code of the finding that its formula causes."""

    reading: WorkbookReading
    sheet: str
    place: tuple[int, int]
    cell: Cell
    fact: Fact
    formula: str | None
    formula_code: str

    def read(self) -> None:
        """Store the figure, or refuse it."""
        fact = self.fact
        if self.formula_code in {EXTERNAL, CIRCULAR}:
            self._refuse(self.formula_code, fact.text or "", formula=self._formula_words)
        elif fact.type == "s":
            self._read_text()
        elif fact.type == "e":
            self._refuse("error-value", fact.text or "")
        elif fact.type == "d":
            self._refuse("text-date", fact.text or "")
        elif (value := number_of(fact)) is not None:
            self._read_number(value)
        else:
            code = (
                "number-too-large" if fact.type == "n" and is_too_large(fact.text or "") else "not-a-number"
            )
            text = str(fact.text == "1").upper() if fact.type == "b" else fact.text
            self._refuse(code, (text or f"={self.formula}").strip())

    def _read_number(self, value: Decimal) -> None:
        """Store a number if the cell shows it; one that the cell shows in part is stored too."""
        if value and self.reading.is_struck_out(self.fact):
            self._refuse(STRUCK_OUT, struck_out(kept(value)))
            return
        how = self.reading.format_of(self.fact)
        if value >= 0 and how.decimals >= 0 and is_whole(value.scaleb(how.decimals)):
            self._store(value)
            return
        shown = self.reading.show(how, value)
        fault = shown_fault(shown.text, value, self.cell.unit)
        if shown.is_date:
            self._refuse("text-date", shown.text)
        elif fault == DIFFERS:
            self._refuse(DIFFERS, shown.text.strip(), expected=value, unit=self.cell.unit or "—")
        elif self._store(value) and fault == ROUNDED:
            self.reading.note(
                ROUNDED, self.sheet, self.place, self.cell, found=shown.text.strip(), expected=value
            )

    def _read_text(self) -> None:
        """Read a text in place of a number: as the one number that it can mean, with a note, or as a fault."""
        reading, cell = self.reading, self.cell
        reading.clouded.add(cell.name)
        whole = (self.fact.text or "").strip()
        if reading.is_struck_out(self.fact):
            whole = struck_out(without_strokes(whole))
        meant, shown = (
            typed(whole, cell.unit, signed=cell.signed),
            reading.format_of(self.fact).show_text(whole),
        )
        text = "⏎".join(whole.splitlines())
        if meant.value is None and not meant.is_blank:
            self._refuse(meant.fault, text, unit=cell.unit or "—")
        elif shown != whole and typed(shown, cell.unit, signed=cell.signed).value != meant.value:
            self._refuse(DIFFERS, shown.strip(), expected=text, unit=cell.unit or "—")
        elif meant.value is None and cell.weight:
            return  # a dash where there is nothing to average
        elif meant.value is None:
            reading.note(meant.fault, self.sheet, self.place, cell, found=text)
        elif self._store(meant.value):
            reading.note("text-as-number", self.sheet, self.place, cell, found=text, expected=meant.value)

    @property
    def _formula_words(self) -> str:
        return f"={joined(quoted(self.formula or ''))}"

    def _refuse(self, code: str, found: str, **facts: Any) -> None:
        self.reading.refuse(code, self.sheet, self.place, self.cell, found, **facts)

    def _store(self, value: Decimal) -> bool:
        """Store a figure if the cell may hold it, and return whether it may."""
        reading = self.reading
        if not reading.fits(self.sheet, self.place, self.cell, value):
            return False
        reading.values[self.cell.name] = value
        if self.formula_code:
            words = self._formula_words
            reading.note(self.formula_code, self.sheet, self.place, self.cell, found=value, formula=words)
        return True
