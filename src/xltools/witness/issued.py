"""Checks a blank workbook against the form: labels, values, formulas, names, locks and validations."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from openpyxl.utils.cell import get_column_letter

from xltools.witness.dropdowns import DependentChoice, dropdown, offered
from xltools.witness.form import WEIGHED, DerivedColumn, DividedFigure, FieldFigure, FormFigures, SignedNames
from xltools.witness.labels import GridPlace, plain
from xltools.witness.lists import Over, own_formula
from xltools.witness.value import Unknown, shown, value_of
from xltools.witness.workbook import (
    IN_LINE,
    CellPlace,
    Chosen,
    LabelledWorkbook,
    products_of,
    quotient_of,
    terms_of,
)

_DASH = "—"
# Of a decimal number with a limit of decimals; the least is in the second group.
_LIMITED = re.compile(
    r"AND\(ISNUMBER\((?P<cell>[A-Z]+[0-9]+)\),(?P=cell)>=(-?[0-9]+),(?P=cell)<=[0-9]+,"
    r"ABS\(ROUND\((?P=cell),[0-9]\)-(?P=cell)\)<1E-9\)"
)


class IssueFault(NamedTuple):
    """A difference from the form at a place of the workbook: ``found`` instead of ``expected``.

    ``what`` is one of label, name, value, formula, lock, validation, stamp.
    """

    what: str
    sheet: str
    address: str
    figure: str
    found: str
    expected: str


def faults(
    content: bytes, form: FormFigures, stamp: Mapping[str, str], filled: Mapping[str, Decimal]
) -> Iterator[IssueFault]:
    """Yield the differences between the workbook in *content* and *form*.

    *stamp* has the expected texts of the cover, by defined name without the prefix; *filled* has the prefilled inputs.
    All other inputs must be empty.
    """
    book = LabelledWorkbook(io.BytesIO(content))
    yield from _stamp_faults(book, stamp)
    if not (book.book.security and book.book.security.lockStructure):
        yield IssueFault("lock", "", "", "", "", "structure")
    for sheet in book.book.worksheets:
        if not sheet.protection.sheet:
            yield IssueFault("lock", sheet.title, "", "", "", "protection")
        yield from _unlocked(sheet, form)
    yield from _title_faults(book, form)
    cells = {}
    elsewhere = form.elsewhere(book.flags)
    absent = {name for name in elsewhere if not book.has_figure(form, name)}
    for name, figure in form.figures.items():
        if name in absent and figure.sheet in form.sheet_flags:
            continue
        cell, labelled = book.named.get(name), book.labelled(form, name)
        if cell is None:
            yield IssueFault("name", figure.sheet, "", name, "", name)
        elif cell not in labelled:
            yield IssueFault("label", figure.sheet, book.address(*cell), name, "", figure.label)
        else:
            cells[name] = cell
    for name, cell in cells.items():
        if name in elsewhere and not form.figures[name].is_derived:
            yield from _elsewhere_faults(book, name, cell)
        else:
            yield from _figure_faults(book, form, name, cell, cells, filled.get(name), absent)
    yield from _field_faults(book, form, absent, filled)
    yield from _void_faults(book, form)
    yield from _list_faults(book, form)
    yield from _dropdown_faults(book, form)


def recalculation_faults(content: bytes, recalculated: bytes, form: FormFigures) -> Iterator[IssueFault]:
    """Yield the error values, and the totals with other values, in a workbook that another program *recalculated*."""
    book, results = (
        LabelledWorkbook(io.BytesIO(content)),
        LabelledWorkbook(io.BytesIO(recalculated), results=True),
    )
    for sheet in results.book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "e":
                    yield IssueFault("formula", sheet.title, cell.coordinate, "", str(cell.value), "")
    for name, place in book.places(form).items():
        if form.figures[name].is_derived and not isinstance(place, Unknown):
            found, expected = value_of(results.content(*place)), book.value(*place)
            if found != expected and not form.is_right(name, found, expected):
                yield IssueFault(
                    "formula", place[0], book.address(*place), name, shown(found), shown(expected)
                )


def _stamp_faults(book: LabelledWorkbook, stamp: Mapping[str, str]) -> Iterator[IssueFault]:
    for key, expected in stamp.items():
        cell = book.named.get(f"xltools.{key}")
        found = str(book.content(*cell)) if cell else ""
        if found != expected:
            yield IssueFault(
                "stamp", cell[0] if cell else "", book.address(*cell) if cell else "", "", found, expected
            )


def _title_faults(book: LabelledWorkbook, form: FormFigures) -> Iterator[IssueFault]:
    """Yield the sections whose sheet is missing or does not have their title."""
    for sheet, title in form.titles.items():
        if not form.sheet_flags.get(sheet, frozenset()) <= book.flags:
            if sheet in book.book.sheetnames:
                yield IssueFault("label", sheet, "", "", title, "")
            continue
        page = book.book[sheet] if sheet in book.book.sheetnames else None
        texts = {plain(str(cell.value)) for row in page.iter_rows() for cell in row} if page else set()
        if plain(title) not in texts:
            yield IssueFault("label", sheet, "", "", "", title)


def _unlocked(sheet: Any, form: FormFigures) -> Iterator[IssueFault]:
    """Yield cells with a label of the form that are not locked."""
    labels = {plain(text) for f in form.figures.values() for text in (f.caption, *f.row, *f.column) if text}
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and plain(cell.value) in labels and not cell.protection.locked:
                yield IssueFault("lock", sheet.title, cell.coordinate, "", "unlocked", "locked")


def _elsewhere_faults(book: LabelledWorkbook, name: str, cell: CellPlace) -> Iterator[IssueFault]:
    """Yield what is wrong with the cell of a figure that is not asked: it is locked and holds 0, shown as a dash."""
    content, address = book.content(*cell), book.address(*cell)
    if content != 0 or _DASH not in str(book.cell(*cell).number_format):
        yield IssueFault("value", cell[0], address, name, str(content or ""), _DASH)
    if not book.cell(*cell).protection.locked:
        yield IssueFault("lock", cell[0], address, name, "unlocked", "locked")


def _field_faults(
    book: LabelledWorkbook, form: FormFigures, absent: set[str], filled: Mapping[str, Decimal]
) -> Iterator[IssueFault]:
    """Yield the fields with figures that are not where the form has them, locked, filled in or without a validation.

    Those of the issuer are locked and filled in.
    """
    for name, figure in form.fields.items():
        if name in absent:
            continue
        place = book.field_place(figure)
        if isinstance(place, Unknown):
            yield IssueFault("name", figure.sheet, "", name, "", figure.label)
            continue
        sheet, address, content = place[0], book.address(*place), book.content(*place)
        is_locked, states = bool(book.cell(*place).protection.locked), ("unlocked", "locked")
        if is_locked is not figure.is_given:
            yield IssueFault("lock", sheet, address, name, states[is_locked], states[not is_locked])
        expected = _field_content(figure, filled.get(name))
        if figure.is_given and figure.text and content in figure.known - figure.own:
            content = None  # of a choice, another option
        if (content if figure.text or content is None else value_of(content)) != expected:
            yield IssueFault("value", sheet, address, name, str(content or ""), str(expected or ""))
        if _validation(book, place) is None and not figure.is_given:
            yield IssueFault("validation", sheet, address, name, "", figure.label)


def _field_content(figure: FieldFigure, filled: Decimal | None) -> str | Fraction | None:
    """Return what the cell of a field holds: a number, or the text of an option that counts 1."""
    if figure.text:
        return figure.text if filled else None
    return None if filled is None else Fraction(filled)


def _void_faults(book: LabelledWorkbook, form: FormFigures) -> Iterator[IssueFault]:
    """Yield the cells that are not there and do not show a dash, or are not locked."""
    for name, figure in form.void.items():
        if not form.sheet_flags.get(figure.sheet, frozenset()) <= book.flags:
            continue
        places = book.labelled(form, name)
        if not places:
            yield IssueFault("label", figure.sheet, "", name, "", figure.label)
        for place in places:
            content, address = book.content(*place), book.address(*place)
            if content != _DASH:
                yield IssueFault("value", place[0], address, name, str(content or ""), _DASH)
            if not book.cell(*place).protection.locked:
                yield IssueFault("lock", place[0], address, name, "unlocked", "locked")


def _list_faults(book: LabelledWorkbook, form: FormFigures) -> Iterator[IssueFault]:
    """Yield the lines of lists in which a column that is derived has another formula, or is not locked."""
    for column in form.derived:
        for number, place in enumerate(book.range_places.get(column.name, ())):
            content, address = book.content(*place), book.address(*place)
            if not book.cell(*place).protection.locked:
                yield IssueFault("lock", place[0], address, column.name, "unlocked", "locked")
            expected = _formula_fault(book, column, number, str(content or ""))
            if expected:
                yield IssueFault("formula", place[0], address, column.name, str(content or ""), expected)


def _product(cells: list[tuple[str, bool]], places: int) -> str:
    """Return the formula of a product of cells, in some of which an option with its code is chosen."""
    factors = [f'VALUE(LEFT({cell},FIND(" ",{cell}&" ")-1))' if chosen else cell for cell, chosen in cells]
    typed = [cell for cell, chosen in cells if not chosen]
    formula = f"ROUND({'*'.join(factors)},{places})"
    if len(typed) < len(cells):
        formula = f'IFERROR({formula},"")'
    return f'IF(COUNT({",".join(typed)})<{len(typed)},"",{formula})' if typed else formula


def _dropdown_faults(book: LabelledWorkbook, form: FormFigures) -> Iterator[IssueFault]:
    """Yield the dropdowns of dependent choices that offer something else than the form says under an item.

    In a list the item is in the row of the cell; the formula names it as for the first of its cells.
    """
    for one in form.dependent:
        own = [book.named[one.name]] if one.name in book.named else []
        offers: dict[str, CellPlace] = {}  # the first cell with each formula
        for cell in book.range_places.get(one.name, own) if one.name not in form.given else ():
            offers.setdefault(_formula_of_dropdown(book, *cell), cell)
        for formula, (sheet, place) in offers.items():
            if fault := _dropdown_fault(book, one, formula, place[0]):
                yield IssueFault("validation", sheet, book.address(sheet, place), one.name, formula, fault)


def _formula_of_dropdown(book: LabelledWorkbook, sheet: str, place: GridPlace) -> str:
    address = book.address(sheet, place)
    rules = book.book[sheet].data_validations.dataValidation
    return next((str(rule.formula1 or "") for rule in rules if address in rule.sqref), "")


def _dropdown_fault(book: LabelledWorkbook, one: DependentChoice, formula: str, row: int) -> str:
    """Return what the dropdown of a dependent choice should be, or "" if it offers what the form says."""
    found = dropdown(formula)
    if found is None:
        return one.above
    if one.is_in_list and one.above in book.range_places:
        (_, (_, column)), *_ = book.range_places[one.above]
        items = {f"${get_column_letter(column)}{row}"}
    else:
        items = {one.above}
    if found.item not in items:
        return ", ".join(items)
    for item, options in one.under.items():
        if offered(found, item, book.ranges) != list(options or ("",)):
            return f"{item}: {'、'.join(options)}"
    is_whole = [str(text) for text in book.ranges.get(found.options, ())] == [*one.options]
    return "" if is_whole else "、".join(one.options)


def _formula_fault(book: LabelledWorkbook, column: DerivedColumn, number: int, content: str) -> str:
    """Return what the formula of a derived column should be in a line with that number, or "" if it is that or not known."""
    if column.shown[0]:
        source, codes, what = column.shown
        cell = book.address(*book.range_places[source][number])
        items = f"xltools.codes.{codes}"
        expected = f'=IFERROR(LOOKUP(2,1/({items}={cell}),{items}.{what})&"","")'
        return "" if content == expected else expected
    found = IN_LINE.fullmatch(content)
    formula = found[1] if found else ""
    if column.is_conditional:  # the condition itself is not looked at
        condition = re.fullmatch(r'IF\(AND\(.*?\),((?:SUM|N\(|IF|ROUND\().*),""\)', formula)
        formula = condition[1] if condition else ""
    key = column.name.partition(".")[0]
    at = {one: book.address(*book.range_places[f"{key}.{one}"][number]) for one in column.columns}

    def side(terms: SignedNames) -> str:
        return "".join(_before(factor) + term(name) for factor, name in terms).removeprefix("+")

    def term(name: str) -> str:
        if name.startswith("{"):
            return own_formula(name[1:-1], column.columns, at)
        return f"N({at[name.partition('.')[2]]})" if name in book.range_places else name

    if column.factors:
        cells = [(at[name.partition(".")[2]], chosen) for name, chosen in column.factors]
        expected = _product(cells, column.places)
        return "" if formula == expected else expected
    top, bottom, scale, places = column.division or DividedFigure(column.total, (), 1, 0)
    if not all(term(name) for _, name in (*top, *bottom)):
        return ""
    expected = side(top)
    if column.division:
        above, below = side(top), side(bottom)
        zero = f"ROUND({below},6)=0" if _is_compound(bottom) else f"{below}=0"
        above, below = (
            f"({text})" if _is_compound(x) else text for text, x in ((above, top), (below, bottom))
        )
        expected = f'IF({zero},"",ROUND({f"{scale}*" if scale > 1 else ""}{above}/{below},{places}))'
    return "" if formula == expected else expected


def _before(factor: Fraction) -> str:
    """Return what stands before a term of a formula."""
    times = "" if abs(factor) == 1 else f"{shown(abs(factor))}*"
    return ("-" if factor < 0 else "+") + times


def _is_compound(terms: SignedNames) -> bool:
    return len(terms) > 1 or any(abs(factor) != 1 for factor, _ in terms)


def _term(
    book: LabelledWorkbook, form: FormFigures, cells: Mapping[str, CellPlace], name: str, absent: set[str]
) -> CellPlace | Chosen | Over | Fraction | Unknown | None:
    """Return the cell of a term, and the text in it that an option is counted by; or the formula of a figure of a list.

    What is on a sheet that the workbook does not have is 0.
    """
    if name in absent:
        return Fraction(0)
    if name in form.lists:
        return Over(form.lists[name].formula)
    if name not in form.fields:
        return cells.get(name)
    figure = form.fields[name]
    place = book.field_place(figure)
    return Chosen(place, figure.text) if figure.text and not isinstance(place, Unknown) else place


def _figure_faults(
    book: LabelledWorkbook,
    form: FormFigures,
    name: str,
    cell: CellPlace,
    cells: Mapping[str, CellPlace],
    filled: Decimal | None,
    absent: set[str],
) -> Iterator[IssueFault]:
    figure = form.figures[name]
    sheet, address = cell[0], book.address(*cell)
    content, is_locked = book.content(*cell), bool(book.cell(*cell).protection.locked)
    if is_locked is not (figure.is_derived or figure.is_given):
        states = ("unlocked", "locked")
        yield IssueFault("lock", sheet, address, figure.name, states[is_locked], states[not is_locked])
    divided = (*figure.division.top, *figure.division.bottom) if figure.division else ()
    if any(part in form.lists and not form.lists[part].formula for _, part in (*figure.terms, *divided)):
        return  # no formula is known here for a shape that lengths do not tell from others
    if figure.division and not figure.weight:
        if not _divides(book, form, figure.name, cell, cells, absent):
            yield IssueFault("formula", sheet, address, figure.name, str(content or ""), str(figure.division))
        return
    if figure.terms:
        terms = terms_of(content, sheet) if book.is_formula(*cell) and isinstance(content, str) else None
        wanted = Counter((sign, _term(book, form, cells, name, absent)) for sign, name in figure.terms)
        if terms is None or Counter(terms) != wanted:
            expected = "".join(_before(factor) + name for factor, name in figure.terms)
            yield IssueFault("formula", sheet, address, figure.name, str(content or ""), expected)
        return
    value = value_of(content)
    expected_value = Fraction(filled) if filled is not None else None
    if value != expected_value:
        yield IssueFault("value", sheet, address, figure.name, str(content or ""), shown(expected_value))
    if figure.is_given:
        return
    kind = _validation(book, cell)
    wanted_kind = ("decimal" if figure.number == "decimal" else "whole", not figure.is_signed)
    if kind != wanted_kind:
        yield IssueFault("validation", sheet, address, figure.name, str(kind or ""), str(wanted_kind))


def _divides(
    book: LabelledWorkbook,
    form: FormFigures,
    name: str,
    cell: CellPlace,
    cells: Mapping[str, CellPlace],
    absent: set[str],
) -> bool:
    """Return whether the formula in the cell of a ratio or a derived mean is its division."""
    content, division = book.content(*cell), form.figures[name].division
    quotient = quotient_of(content) if book.is_formula(*cell) and isinstance(content, str) else None
    if not (quotient and division) or quotient[2:] != division[2:]:
        return False

    def factors(part: str) -> tuple[CellPlace | Chosen | Over | Fraction | Unknown | None, ...]:
        mean = part.removesuffix(WEIGHED)
        names = [part] if mean == part else [mean, form.figures[mean].weight]
        return tuple(_term(book, form, cells, name, absent) for name in names)

    for formula, side in ((quotient.top, division.top), (quotient.bottom, division.bottom)):
        terms = products_of(formula, cell[0])
        if terms is None or Counter(terms) != Counter((sign, factors(part)) for sign, part in side):
            return False
    return True


def _validation(book: LabelledWorkbook, cell: CellPlace) -> tuple[str, bool] | None:
    """Return the type of number that the cell accepts and whether it must not be negative; ``None`` if not validated."""
    address = book.address(*cell)
    for rule in book.book[cell[0]].data_validations.dataValidation:
        if address in rule.sqref:
            if limited := _LIMITED.fullmatch(rule.formula1 or ""):
                return "decimal", limited[2] == "0"
            is_from_zero = rule.operator in {None, "between", "greaterThanOrEqual"} and rule.formula1 == "0"
            return str(rule.type), is_from_zero
    return None
