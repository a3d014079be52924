"""What openpyxl sees in a workbook, held against what the scanner sees: cell for cell, and what stands around the cells."""

from __future__ import annotations

import io
import re
import warnings

import openpyxl
from openpyxl.styles.numbers import is_date_format

from xltools.excel.scan import Facts, SheetFacts, scan

_ANY = re.compile(r"_x[0-9A-Fa-f]{4}_")


def differences(data: bytes) -> list[str]:
    """Everything in which the two readers disagree about the workbook *data*, both having read it."""
    return differences_of(*both(data))


def both(data: bytes):
    """What our reader gives, and openpyxl's workbook with formulas and with results; raises what either raises."""
    facts = scan(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about extensions it drops
        formulas = openpyxl.load_workbook(io.BytesIO(data), rich_text=False)
        results = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return facts, formulas, results


def differences_of(facts: Facts, formulas, results) -> list[str]:
    """The same of what both have read."""
    return [*_of_book(facts, formulas), *_of_sheets(facts, formulas, results)]


def _of_book(facts: Facts, book):
    ours = [(sheet.name, sheet.state) for sheet in facts.sheets]
    theirs = [(sheet.title, sheet.sheet_state) for sheet in book.worksheets]
    yield from _unlike("sheets", ours, theirs)
    names = {name.casefold(): (defined.attr_text or "") for name, defined in book.defined_names.items()}
    yield from _unlike("names", facts.names, names)
    yield from _unlike(
        "properties", facts.properties, {p.name: str(p.value or "") for p in book.custom_doc_props.props}
    )
    yield from _unlike(
        "structure lock", facts.structure_locked, bool(book.security and book.security.lockStructure)
    )


def _of_sheets(facts: Facts, formulas, results):
    for sheet in facts.sheets:
        one, other = formulas[sheet.name], results[sheet.name]
        yield from _of_cells(sheet, one, other, facts)
        yield from _unlike(
            "merges",
            sorted(sheet.merges),
            sorted(
                (area.min_row - 1, area.min_col - 1, area.max_row - 1, area.max_col - 1)
                for area in one.merged_cells.ranges
            ),
        )
        yield from _unlike("protection", sheet.is_protected, bool(one.protection.sheet))
        validations = [v for d in one.data_validations.dataValidation for v in str(d.sqref).split()]
        yield from _unlike("validations", sorted(sheet.validations), sorted(validations))
        yield from _unlike(
            "hidden rows", sheet.hidden_rows, {r - 1 for r, d in one.row_dimensions.items() if d.hidden}
        )


def _of_cells(sheet: SheetFacts, formulas, results, facts: Facts):
    hidden = {(r - 1, c - 1) for area in formulas.merged_cells.ranges for r, c in list(area.cells)[1:]}
    seen = {
        (cell.row - 1, cell.column - 1): cell
        for cell in list(formulas._cells.values())  # the rectangle around them may have millions of places
        if cell.value is not None or cell.comment is not None
    }
    told = {place for place, cell in seen.items() if cell.value is not None}
    # Beneath a merged cell openpyxl forgets what stands there; an empty text is nothing to it.
    ours = {p for p, fact in sheet.cells.items() if p not in hidden and (fact.formula or fact.text)}
    yield from _unlike(f"{sheet.name} places", ours, {p for p in told if seen[p].value != ""} - hidden)
    for place in ours & told:
        cell, result = seen[place], results.cell(place[0] + 1, place[1] + 1).value
        yield from _of_cell(f"{sheet.name} {place}", sheet.cells[place], cell, result, facts)
    comments = {p: seen[p].comment for p in seen if seen[p].comment is not None}
    theirs = {p: (c.author, c.text) for p, c in comments.items()}
    yield from _unlike(
        f"{sheet.name} comments", {p: tuple(c) for p, c in sheet.comments.items() if p not in hidden}, theirs
    )


def _of_cell(where: str, fact, cell, result, facts: Facts):
    formula = cell.value if cell.data_type == "f" else None
    if formula is not None and not isinstance(formula, str):
        formula = (
            getattr(formula, "text", None) or "=TABLE()"
        )  # arrays and tables of data are objects to openpyxl
    yield from _unlike(f"{where} formula", fact.formula, formula[1:] if formula else None)
    if facts.locked:
        yield from _unlike(f"{where} locked", facts.locked[fact.style], bool(cell.protection.locked))
    if cell.is_date and fact.type == "n":
        how = facts.formats[fact.style] if facts.formats else "General"
        yield from _unlike(f"{where} date", is_date_format(how), True)
    elif fact.type == "n" and fact.text is not None:
        yield from _unlike(
            f"{where} number", float(fact.text), None if isinstance(result, str | None) else float(result)
        )
    elif fact.type == "b":
        yield from _unlike(f"{where} truth", fact.text in {"1", "true"}, result)
    elif fact.type in {"s", "e"} and fact.text:
        text = str(result) if not _ANY.search(fact.text) else fact.text  # escapes openpyxl leaves as they are
        yield from _unlike(f"{where} text", fact.text, text)


def _unlike(what: str, ours, theirs):
    if ours != theirs:
        yield f"{what}: {ours!r} / {theirs!r}"
