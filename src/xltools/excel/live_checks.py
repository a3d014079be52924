"""The live formulas of a workbook: checks beside the tables, sums over the rows of agencies, and their results."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from xltools.data.list_lines import APART, NO_LINE_ABOVE, NOT_ASKED, REQUIRED, LineFault
from xltools.data.number import digits
from xltools.excel.formula import (
    BROKEN,
    PLACES,
    ROW,
    area_a1,
    day_formula,
    days_tests,
    fixed_day,
    quoted,
    rectangles,
    rounded,
    text_formula,
)
from xltools.excel.list_formulas import apart_test, list_formula
from xltools.form.address import a1, column_name
from xltools.form.days import breaks, is_fixed, is_written, with_ends
from xltools.form.kinds import NOT_A_CHOICE, Choice, Choices
from xltools.form.linear import EXACT, Linear, OverList
from xltools.form.model import COVER as COVER_KEY
from xltools.form.model import Cell, Form
from xltools.form.places import MATRIX, PREFIX, Area, Check, Layout, Matrix, Sheet
from xltools.form.relation import Condition, Constraint, Level, Relation
from xltools.text import clerk

# How the result of a check begins in which a rule of that level does not hold. A workbook may be sent with a question.
MARKS: dict[Level, str] = {"error": "×", "question": "？", "warning": "！"}
FAILED = MARKS["error"]
NONE = "—"  # where no check fails


def reference(layout: Layout, name: str, sheet: str, matrix: Matrix | None = None) -> str:
    """Return the formula for a figure, as it stands on *sheet*: the reference to its cell.

    The count of an option compares the text of a field; in a roll-up it is the sum of its column in *matrix*. The
    figure of a list is computed from its lines, which are there in a roll-up too. What is on a sheet that the workbook
    does not have is 0.
    """
    if name not in layout.places:
        return "0"
    if over := layout.form.list_figures.get(name):
        return list_formula(layout.form, over)
    home, area = layout.places[name]
    address = a1(*area.anchor)
    place = address if home == sheet else f"{quoted(home)}!{address}"
    if name not in layout.form.counted:
        return place
    return column_sum(matrix, name) if matrix else f"N({place}={text_formula(_mark(layout, name))})"


def _mark(layout: Layout, name: str) -> str:
    """Return the text of a cell that counts as the option of which *name* is the count."""
    field, option = layout.form.counted[name]
    kind = layout.form.kinds[field]
    assert isinstance(kind, Choice)  # noqa: S101  only they have options
    return clerk()("field.yes") if isinstance(kind, Choices) else kind.shown(option)


def column_sum(matrix: Matrix, name: str) -> str:
    """Return the formula for a roll-up's figure: the sum of its column in the matrix."""
    return f"SUM({in_matrix(matrix.column(name))})"


def district_formula(form: Form, cell: Cell, matrix: Matrix, address: Callable[[str], str]) -> str:
    """Return the formula for a figure of a roll-up: over the sheet, whose cells have an *address*, or over the matrix."""
    if not cell.is_total and not cell.ratio:
        return column_sum(matrix, cell.name)
    return cell.formula(lambda name: column_sum(matrix, name) if name in form.means else address(name))


def runs(matrix: Matrix, names: Iterable[str]) -> list[tuple[str, ...]]:
    """Group the cells into runs of neighbouring columns of the matrix."""
    found: list[tuple[str, ...]] = []
    for name in sorted(names, key=matrix.columns.__getitem__):
        if found and matrix.columns[name] == matrix.columns[found[-1][-1]] + 1:
            found[-1] += (name,)
        else:
            found.append((name,))
    return found


def matrix_sum(matrix: Matrix, groups: Iterable[tuple[str, ...]]) -> str:
    """Return the formula for the sum of these :func:`runs` over all rows of the matrix."""
    ends = ((matrix.column(group[0]), matrix.column(group[-1])) for group in groups)
    areas = (first._replace(last_column=last.last_column) for first, last in ends)
    return f"SUM({','.join(map(in_matrix, areas))})"


def sheet_sum(sheet: Sheet, names: Iterable[str]) -> str:
    """Return the formula for the sum of figures where the form prints them."""
    areas = rectangles(sheet.cells[name].anchor for name in names)
    return f"SUM({','.join(f'{quoted(sheet.name)}!{area_a1(area)}' for area in areas)})"


def member_value(matrix: Matrix, linear: Linear, district: str, code: str) -> str:
    """Return the formula for a figure of the agency with the district and code at those addresses, also after sorting.

    EXACT compares the texts, because lookup functions take 001 for 1, read only 15 digits, and expand wildcards.
    """
    ranges = [in_matrix(matrix.column(PREFIX + key)) for key in ("district", "code")]
    row = f"--EXACT({ranges[0]},{district}),--EXACT({ranges[1]},{code})"

    def figure(name: str) -> str:
        return f"SUMPRODUCT({row},{in_matrix(matrix.column(name))})"

    return linear.print(figure)


def places_of(total: Decimal, terms: int) -> int:
    """Return to how many decimal places a sum of *terms* doubles does not depend on their order.

    Each addition is off by up to half of the last of 53 bits of *total*. Ten times the expected error of the sum must
    stay below half of the last place. With ten figures from each of 80 agencies, six places are kept up to 15 million.
    """
    error = 10 * math.sqrt(max(1, terms)) * 2**-53 * float(abs(total))
    return max(0, min(PLACES, math.floor(-math.log10(2 * error)))) if error else PLACES


def as_rounded(value: Decimal) -> Decimal:
    """Return the result of :func:`rounded`."""
    return value.quantize(Decimal(1).scaleb(-PLACES), ROUND_HALF_UP, EXACT)


def in_matrix(area: Area) -> str:
    """Return the reference to an area of the matrix from another sheet."""
    return f"{quoted(MATRIX)}!{area_a1(area)}"


def row_formulas(form: Form, matrix: Matrix) -> dict[str, str]:
    """Return the formula of each total over cells of its row of the matrix; :func:`in_row` inserts the row number."""

    def reference(name: str) -> str:
        return column_name(matrix.columns[name]) + ROW

    return {cell.name: cell.formula(reference) for cell in form.totals}


def in_row(formula: str, row: int) -> str:
    """Return a formula of :func:`row_formulas` for *row*, counted from 0."""
    return formula.replace(ROW, str(row + 1))


def check_formula(layout: Layout, check: Check, sheet: str, matrix: Matrix | None = None) -> str:
    """Return the formula of a check, whose result is what is wrong with the figures, or a tick.

    In a roll-up some figures are sums of columns of *matrix*.
    """
    if check.field:
        return _field_formula(layout, check.field, check.when, sheet)
    cells = [layout.form.cells[name] for name in check.inputs]
    formula = f'"{_passed(check)}"'
    quotients = [layout.form.cells[name] for name in reversed(check.quotients)]
    for cell in (one for one in quotients if one.weight):
        place, weight = (layout.address(name)[1] for name in (cell.name, cell.weight))
        formula = f'IF(AND(N({place})<>0,{weight}=0),"{_mean_words(layout, cell, "unneeded")}",{formula})'
    for constraint in reversed(check.constraints):
        formula = _constraint_formula(layout, constraint, sheet, matrix, formula)
    for cell in quotients:
        formula = _quotient_formula(layout, cell, sheet, matrix, formula)
    if check.constraints or quotients:
        formula = f'IFERROR({formula},"{clerk()("check.text")}")'
    return _number_kinds_formula(layout, cells, formula)


def _mean_words(layout: Layout, cell: Cell, what: str) -> str:
    mark = MARKS["question" if what == "unneeded" else "error"]
    return mark + layout.address(cell.name)[1] + clerk()(f"check.mean-{what}")


def _quotient_formula(layout: Layout, cell: Cell, sheet: str, matrix: Matrix | None, otherwise: str) -> str:
    """Return a formula that tests whether a ratio is right, or whether a mean with a weight is there."""
    place = layout.address(cell.name)[1]
    if cell.weight:
        missing = f'AND({place}="",{layout.address(cell.weight)[1]}>0)'
        return f'IF({missing},"{_mean_words(layout, cell, "missing")}",{otherwise})'
    assert cell.ratio is not None  # noqa: S101  what is not a typed mean is a ratio
    address = layout.form.in_products(lambda name: reference(layout, name, sheet, matrix))
    is_zero, quotient = cell.ratio.print_parts(address)
    off = rounded(f"ABS(N({place})-{quotient})", cell.places + 2)
    wrong = f'IF({is_zero},{place}<>"",{off}>5E-{cell.places + 1})'
    return f'IF({wrong},"{FAILED}{place}{clerk()("check.ratio")}",{otherwise})'


def _passed(check: Check) -> str:
    t = clerk()
    return t("check.accepted", count=check.accepted) if check.accepted else t("check.passed")


# The word of a relation that does not hold, and whether the difference follows it.
_WORDS = {
    "=": ("difference", True),
    "<=": ("more", True),
    ">=": ("fewer", True),
    "<": ("not-less", False),
    ">": ("not-more", False),
    "!=": ("same", False),
}


def _constraint_formula(
    layout: Layout, constraint: Constraint, sheet: str, matrix: Matrix | None, otherwise: str
) -> str:
    relation, sign = constraint.relation, constraint.relation.sign
    difference = _difference(layout, relation, sheet, matrix)
    broken = f"{difference}{BROKEN[sign]}"
    if constraint.within:
        off = f"ABS({_plain_difference(layout, relation, sheet, matrix)})-{constraint.within:f}"
        broken = f"{rounded(off)}>0"
    tests = [_holds(layout, one, sheet) for one in constraint.when.relations]
    if not relation.holds({}):  # it is not checked where everything is blank
        tests.append(f"{_filled(layout, layout.form.inputs_of(relation), sheet)}>0")
    test = f"AND({','.join((*tests, broken))})" if tests else broken
    measured = f"&ABS({difference})" if _WORDS[sign][1] else ""
    return f'IF({test},"{_failed(layout, constraint, sheet)}"{measured},{otherwise})'


def days_formula(layout: Layout, constraint: Constraint, sheet: str, ends: Mapping[str, Decimal]) -> str:
    """Return the formula of the check of a rule between days; *ends* are those of the period.

    It is not checked where one of them is blank or no day of the program.
    """
    relation = constraint.relation
    cells = {name: reference(layout, name, sheet) for name in relation.names if not is_fixed(name)}
    tests = (_holds(layout, one, sheet) for one in with_ends(constraint.when, ends).relations)
    test = ",".join((*tests, *days_tests(relation, cells, ends)))
    words = text_formula(_days_words(constraint))
    passed = text_formula(clerk()("check.passed"))
    return f"IFERROR(IF(AND({test}),{words},{passed}),{passed})"


def days_result(constraint: Constraint, values: Mapping[str, Decimal]) -> str:
    """Return the result of the check of a rule between days."""
    is_broken = breaks(constraint.relation, values) and constraint.when.holds(values)
    return _days_words(constraint) if is_broken else clerk()("check.passed")


def _days_words(constraint: Constraint) -> str:
    return MARKS[constraint.level] + clerk()("check.days")


def _failed(layout: Layout, constraint: Constraint, sheet: str) -> str:
    """Return what is wrong, without the difference; beside a table also where, because one check is about many cells."""
    sign, first = constraint.relation.sign, constraint.relation.left.names[0]
    is_beside = first in layout.places and layout.places[first][0] == sheet
    where = layout.address(first)[1] if is_beside and sign != "=" else ""
    return MARKS[constraint.level] + where + clerk()(f"check.{_WORDS[sign][0]}")


def _filled(layout: Layout, names: Iterable[str], sheet: str) -> str:
    """Return the formula for the number of cells with these figures that are not blank; a count is of a text."""
    form = layout.form
    figures: list[str] = []
    texts: list[str] = []
    lists: dict[str, None] = {}
    for name in (name for name in names if name not in layout.elsewhere):
        if over := form.list_figures.get(name):
            lists[over.list] = None
        else:
            (texts if name in form.counted else figures).append(name)
    parts = (("COUNT", _ranges(layout, figures, sheet)), ("COUNTA", _ranges(layout, texts, sheet)))
    counted = [f"{function}({','.join(ranges)})" for function, ranges in parts if ranges]
    return "+".join((*counted, *(list_formula(form, OverList(key)) for key in lists))) or "0"


def _plain_difference(layout: Layout, relation: Relation, sheet: str, matrix: Matrix | None = None) -> str:
    def term(name: str) -> str:
        if is_written(name):
            return fixed_day(name, {})
        place = reference(layout, name, sheet, matrix)
        return day_formula(place) if name in layout.form.days else place

    def side(linear: Linear) -> str:
        return linear.print(term)

    return f"{side(relation.left)}-({side(relation.right)})"


def _difference(layout: Layout, relation: Relation, sheet: str, matrix: Matrix | None = None) -> str:
    return rounded(_plain_difference(layout, relation, sheet, matrix))


def _holds(layout: Layout, relation: Relation, sheet: str) -> str:
    sign = "<>" if relation.sign == "!=" else relation.sign
    return f"{_difference(layout, relation, sheet)}{sign}0"


def _number_kinds_formula(layout: Layout, cells: list[Cell], otherwise: str) -> str:
    """Return a formula that tests for text, negative numbers, fractions and more decimals, in that order, where they are faults."""
    t = clerk()
    whole = _ranges(layout, (c.name for c in cells if c.number == "count"))
    unsigned = _ranges(layout, (c.name for c in cells if not c.signed))
    every = _ranges(layout, (c.name for c in cells))
    formula = otherwise
    fine: dict[int, list[str]] = {}
    for cell in cells:
        if cell.number == "decimal" and cell.decimals is not None:
            fine.setdefault(cell.decimals, []).append(cell.name)
    if fine:
        sized = ((places, r) for places, names in fine.items() for r in _ranges(layout, names))
        broken = "+".join(f"SUMPRODUCT(--(ABS(ROUND({r},{places})-{r})>1E-9))" for places, r in sized)
        formula = f'IF({broken}>0,"{t("check.too-fine")}",{formula})'
    if whole:
        broken = "+".join(f"SUMPRODUCT(--(INT({r})<>{r}))" for r in whole)
        formula = f'IF({broken}>0,"{t("check.fraction")}",{formula})'
    if unsigned:
        below = "+".join(f'COUNTIF({r},"<0")' for r in unsigned)
        formula = f'IF({below}>0,"{t("check.negative")}",{formula})'
    if every:
        ranges = ",".join(every)
        formula = f'IF(COUNTA({ranges})>COUNT({ranges}),"{t("check.text")}",{formula})'
    return formula


def _ranges(layout: Layout, names: Iterable[str], sheet: str = "") -> list[str]:
    """Return the ranges that cover these cells, as they are referred to from *sheet*, or from the sheet they are on."""
    anchors: dict[str, list[tuple[int, int]]] = {}
    for name in names:
        home, area = layout.places[name]
        anchors.setdefault("" if sheet in {"", home} else f"{quoted(home)}!", []).append(area.anchor)
    return [home + area_a1(area) for home, cells in anchors.items() for area in rectangles(cells)]


def _field_formula(layout: Layout, name: str, when: Condition, sheet: str) -> str:
    """Return the formula of the check of a field that must be filled in, or only under a condition."""
    t, form = clerk(), layout.form
    one, nil = form.fields[name], form.cover.nil
    missing, unasked = (text_formula(t(f"field.{key}", mark=FAILED)) for key in ("missing", "unasked"))
    passed = text_formula(t("check.passed"))
    names = [cell for cell in (name, *form.counted) if cell == name or form.counted[cell][0] == name]
    cells = [cell for cell in names if isinstance(form.kinds[name], Choices) == (cell in form.counted)]
    filled = "+".join(
        reference(layout, cell, sheet)
        if cell in form.counted
        else f"N(TRIM({reference(layout, cell, sheet)})<>{text_formula('')})"
        for cell in cells
    )
    fitting = passed
    if one.under:
        test = apart_test(one.from_, reference(layout, one.under, sheet), reference(layout, name, sheet))
        fitting = f"IF({test},{text_formula(t('field.apart', mark=FAILED))},{passed})"
    asked = f"IF({filled}>0,{fitting},{missing})" if one.required else fitting
    if nil and not name.startswith(f"{COVER_KEY}."):
        declared = reference(layout, f"{COVER_KEY}.{nil.key}", sheet)
        asked = f"IF({declared}={text_formula(nil.yes)},{passed},{asked})"
    if not when.relations:
        return asked
    tests = ",".join(_holds(layout, relation, sheet) for relation in when.relations)
    formula = f"IF(AND({tests}),{asked},IF({filled}>0,{unasked},{passed}))"
    return f"IFERROR({formula},{passed})"


def field_result(form: Form, name: str, values: Mapping[str, Decimal], texts: Mapping[str, str]) -> str:
    """Return the result of the check of a field."""
    fault = form.field_fault(name, values, texts)
    words = {"required": "missing", "not-asked": "unasked", NOT_A_CHOICE: "apart"}
    return clerk()(f"field.{words[fault]}", mark=FAILED) if fault else clerk()("check.passed")


def line_result(form: Form, key: str, fault: LineFault | None) -> str:
    """Return the result of the check of a line of a list."""
    t = clerk()
    if fault is None:
        return t("check.passed")
    if fault.rule:
        return t("list.broken", mark=MARKS[fault.rule.level], label=fault.rule.label)
    word = {REQUIRED: "missing", NOT_ASKED: "unasked", APART: "apart", NO_LINE_ABOVE: "no-above"}[fault.code]
    return t(f"list.{word}", mark=FAILED, label=form.columns[f"{key}.{fault.column}"].label)


def check_result(layout: Layout, check: Check, sheet: str, values: Mapping[str, Decimal]) -> str:
    """Return the result of a check for numeric *values*: a tick, or what is wrong with the first constraint that fails."""
    form, means = layout.form, [c for name in check.quotients if (c := layout.form.cells[name]).weight]
    missing = (one for one in means if one.name not in values and values.get(one.weight))
    if cell := next(missing, None):
        return _mean_words(layout, cell, "missing")
    for constraint in check.constraints:
        if form.is_broken(constraint, values):
            relation = constraint.relation
            much = digits(abs(as_rounded(relation.difference(values)))) if _WORDS[relation.sign][1] else ""
            return _failed(layout, constraint, sheet) + much
    unneeded = (one for one in means if values.get(one.name) and not values.get(one.weight))
    if cell := next(unneeded, None):
        return _mean_words(layout, cell, "unneeded")
    return _passed(check)


def failing_formula(area: Area, sheet: str) -> str:
    """Return the formula that counts the failing checks of a group."""
    return f'COUNTIF({quoted(sheet)}!{area_a1(area)},"{FAILED}*")'


def first_formula(area: Area, sheet: str) -> str:
    """Return the formula for a link to the first failing check of a group, or a dash."""
    match = f'MATCH("{FAILED}*",{quoted(sheet)}!{area_a1(area)},0)'
    vertical = area.column == area.last_column and area.row != area.last_row
    row = f"{area.row}+{match}" if vertical else str(area.row + 1)
    column = str(area.column + 1) if vertical else f"{area.column}+{match}"
    address = f"ADDRESS({row},{column},4)"
    return f'IFERROR(HYPERLINK("#{quoted(sheet)}!"&{address},{address}),"{NONE}")'
