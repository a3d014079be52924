"""What follows from the lines of lists: their keys, the figures over them, and what is asked of each line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from xltools.data.filing import Return
from xltools.data.finding import Severity
from xltools.data.number import kept
from xltools.data.record import ListLine, Lists, ListValue
from xltools.form.days import breaks, compares_days, is_fixed, with_days
from xltools.form.kinds import NOT_A_CHOICE, Choice
from xltools.form.linear import EXACT, ZERO, OverList
from xltools.form.lists import Column, cell_name, parts_of_cell
from xltools.form.model import Form, List, Rule
from xltools.form.ratio import Product, rounded
from xltools.text import clerk


def line_keys(one: List, lines: Sequence[ListLine]) -> tuple[str, ...]:
    """Return the key of each line: the values of ``unique``, or the number of the line where one of them is blank.

    In the list of one agency, a second line of the same key has its number behind it; in a roll-up of several agencies both
    have the same key. In values ``|`` and ``#`` are doubled.
    """
    places = [one.keys.index(key) for key in one.unique]
    seen: Counter[tuple[object, str]] = Counter()
    found = []
    for number, line in enumerate(lines, 1):
        values = [_key_part(line.values[place]) for place in places]
        if not (values and all(values)):
            found.append(f"#{number}")
            continue
        key = "|".join(values)
        seen[line.agency, key] += 1
        found.append(key if seen[line.agency, key] == 1 else f"{key}#{line.number}")
    return tuple(found)


def _key_part(value: ListValue) -> str:
    text = kept(value) if isinstance(value, Decimal) else value
    return text.replace("|", "||").replace("#", "##")


def is_numbered(key: str) -> bool:
    """Return whether the key of a line has its number: it has no other key, or that of an earlier line."""
    return "#" in key.replace("##", "")


def list_figures(form: Form, lists: Lists) -> dict[str, Decimal]:
    """Return the figures over the lists that have lines. Each list is gone through once for each set of columns asked for."""
    asked: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, tuple[str, ...]]]] = {}
    for name, over in form.list_figures.items():
        if lists.get(over.list):
            columns = tuple(column for column, _ in over.where)
            codes = tuple(code for _, code in over.where)
            asked.setdefault((over.list, over.column, columns), []).append((name, codes))
    found: dict[str, Decimal] = {}
    for (key, column, columns), names in asked.items():
        sums = _sums(form.lists[key], lists[key], column, columns)
        found |= {name: sums.get(codes, ZERO) for name, codes in names}
    return {name: found[name] for name in form.list_figures if name in found}


def _sums(
    one: List, lines: Sequence[ListLine], column: str, columns: Sequence[str]
) -> dict[tuple[ListValue, ...], Decimal]:
    """Return the sum of a column, or without one the number of lines, for each combination of values of *columns*."""
    at, places = one.keys.index(column) if column else -1, [one.keys.index(key) for key in columns]
    sums: dict[tuple[ListValue, ...], Decimal] = {}
    for line in lines:
        values = line.values
        value = values[at] if column else Decimal(1)
        if isinstance(value, Decimal):
            code = tuple(values[place] for place in places)
            sums[code] = EXACT.add(sums.get(code, ZERO), value)
    return sums


def derived_lines(
    form: Form, key: str, lines: Sequence[ListLine], figures: Mapping[str, Decimal]
) -> tuple[ListLine, ...]:
    """Return lines with what follows from their columns, and from the *figures* over lists, in the columns that are derived."""
    one = form.lists[key]
    if len(one.typed) == len(one.columns):
        return tuple(lines)
    return tuple(
        line._replace(
            values=tuple(
                _derived(form, column, one, line, figures) if column.is_derived else value
                for column, value in zip(one.columns, line.values, strict=True)
            )
        )
        for line in lines
    )


def _derived(
    form: Form, column: Column, one: List, line: ListLine, figures: Mapping[str, Decimal]
) -> ListValue:
    if column.shows:
        source, what = column.shown_of
        return form.option_of(f"{one.key}.{source}", str(line.values[one.keys.index(source)]), what)
    exact = line_quotient(column, one, line, figures)
    return "" if exact is None else rounded(exact, column.places)


def line_quotient(
    column: Column, one: List, line: ListLine, figures: Mapping[str, Decimal]
) -> Fraction | None:
    """Return the exact ratio or product in a line; ``None`` where it has none."""
    return column.is_.exact(ratio_operands(column, one, line, figures)) if column.is_ else None


def ratio_operands(
    column: Column, one: List, line: ListLine, figures: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """Return the values of the names in a ratio or a product: of columns of the line, and of figures over lists."""
    pairs = dict(zip(one.keys, line.values, strict=True))
    own = {key: value for key, value in pairs.items() if isinstance(value, Decimal)}
    if isinstance(column.is_, Product):
        own |= column.is_.numbers(pairs)
    names = column.is_.names if column.is_ else ()
    return {name: value for name in names if (value := own.get(name, figures.get(name))) is not None}


def list_cells(form: Form, lists: Lists) -> dict[str, ListValue]:
    """Return what is in the lists by the names of their cells, in the order of the form; blank cells are absent."""
    return {
        cell_name(key, column, line_key): value
        for key, one in form.lists.items()
        for line, line_key in zip(lists.get(key, ()), line_keys(one, lists.get(key, ())), strict=True)
        for column, value in zip(one.keys, line.values, strict=True)
        if value != ""
    }


def numbers_by_key(one: List, lines: Sequence[ListLine]) -> dict[str, Decimal]:
    """Return the numbers in the lines that have a key, by the names of their cells."""
    return {
        cell_name(one.key, column, key): value
        for line, key in zip(lines, line_keys(one, lines), strict=True)
        for column, value in zip(one.keys, line.values, strict=True)
        if isinstance(value, Decimal) and not is_numbered(key)
    }


def unread_cells(filing: Return) -> set[str]:
    """Return the names of the cells of lists that are blank for a reason that a finding says, and the keys of unread lists."""
    form, lists = filing.form, filing.record.lists
    filled = list_cells(form, lists)
    found = {x.cell for x in filing.findings if parts_of_cell(x.cell) and x.cell not in filled}
    lost = {x.cell for x in filing.findings if x.cell in form.lists and x.severity is Severity.ERROR}
    return found | (lost if filing.is_document else form.lists.keys() - filing.listed.keys())


def cell_label(form: Form, name: str) -> str:
    """Return the label of a cell of a list, with the key of its line; or of a list."""
    key, column, line = parts_of_cell(name) or (name, "", "")
    title = form.title_of_list(key)
    if not column:
        return title
    return clerk()("list.cell", title=title, label=form.columns[f"{key}.{column}"].label, line=line)


def shown_value(form: Form, name: str, value: ListValue | None) -> ListValue | None:
    """Return what the cell of a list with that name shows for a value."""
    key, column, _ = parts_of_cell(name) or ("", "", "")
    kind = form.column_kinds[f"{key}.{column}"]
    return kind.shown(value) if isinstance(kind, Choice) and isinstance(value, str) else value


def changed_cells(form: Form, one: Lists, other: Lists) -> list[str]:
    """Return the names of the cells of lists that differ, line by line of one key; the key of a list whose lines without one differ."""
    found: list[str] = []
    for key, spec in form.lists.items():
        (known, rest), (others, other_rest) = (_by_key(spec, lists.get(key, ())) for lists in (one, other))
        blank: tuple[ListValue, ...] = ("",) * len(spec.columns)
        for line in dict.fromkeys((*known, *others)):
            pairs = zip(spec.keys, known.get(line, blank), others.get(line, blank), strict=True)
            found += (
                cell_name(key, column, line) for column, value, other_value in pairs if value != other_value
            )
        if rest != other_rest:
            found.append(key)
    return found


def _by_key(
    one: List, lines: Sequence[ListLine]
) -> tuple[dict[str, tuple[ListValue, ...]], Counter[tuple[ListValue, ...]]]:
    """Return the values of the lines with a key, and how often there are lines with the same values without one."""
    known: dict[str, tuple[ListValue, ...]] = {}
    rest: Counter[tuple[ListValue, ...]] = Counter()
    for line, key in zip(lines, line_keys(one, lines), strict=True):
        if is_numbered(key):
            rest[line.values] += 1
        else:
            known[key] = line.values
    return known, rest


class LineFault(NamedTuple):
    """What is wrong in a line: the code of the finding, the column, and the rule that is broken if it is one."""

    code: str
    column: str
    rule: Rule | None = None
    values: Mapping[str, Decimal] = {}


REQUIRED, NOT_ASKED, BROKEN, APART = "required", "not-asked", "rule-broken", NOT_A_CHOICE


class LineChecks:
    """What is asked of the lines of the list *key*; *figures* are those of the whole return, with which a rule may compare."""

    def __init__(self, form: Form, key: str, figures: Mapping[str, Decimal]) -> None:
        """Prepare the checks."""
        one = form.lists[key]
        self._keys = one.keys
        self._conditional = [
            (place, column, {column.key, *map(_column_of, column.when.names)})
            for place, column in enumerate(one.columns)
            if column.required or column.when.relations
        ]
        self._dependent = [
            (place, column.key, one.keys.index(column.under), kind)
            for place, column in enumerate(one.columns)
            if column.under and isinstance(kind := form.column_kinds[f"{key}.{column.key}"], Choice)
        ]
        self._rules = [
            (
                rule,
                constraint,
                [n for n in constraint.relation.names if not (OverList.of(n) or is_fixed(n))],
                set(map(_column_of, constraint.names)),
                compares_days(constraint.relation, one.days),
            )
            for rule in one.constraints
            for constraint in [rule.constraint]
        ]
        names = [name for rule in one.constraints for name in rule.constraint.names]
        names += [name for column in one.columns for name in column.when.names]
        self._figures = {name: figures[name] for name in names if name in figures and name not in one.keys}
        self._options = [
            (name, one.keys.index(column), option)
            for name in dict.fromkeys(names)
            if "[" in name
            for column, _, option in [name.removesuffix("]").partition("[")]
        ]

    def faults(self, line: ListLine, unread: AbstractSet[str] = frozenset()) -> Iterator[LineFault]:
        """Yield the faults of a line; *unread* are the columns whose cell could not be read, on which nothing is judged."""
        values = self._values(line)
        for place, column, needed in self._conditional:
            is_blank = line.values[place] == ""
            if (unread and unread & needed) or (is_blank and not column.required):
                continue
            is_asked = not column.when.relations or column.when.holds(values)
            if is_asked == is_blank:
                yield LineFault(REQUIRED if is_blank else NOT_ASKED, column.key)
        for place, name, above, kind in self._dependent:
            value, item = str(line.values[place]), str(line.values[above])
            if value and item and not kind.goes_with(value, item):
                yield LineFault(APART, name)
        for rule, constraint, own, needed, is_of_days in self._rules:
            if unread and unread & needed:
                continue
            if is_of_days:
                texts = {name: str(line.values[self._keys.index(name)]) for name in own}
                known = with_days(constraint.relation, values, texts)
                is_broken = breaks(constraint.relation, known) and constraint.when.holds(known)
            else:
                known = values
                is_broken = any(name in values for name in own) and not constraint.holds(values)
            if is_broken:
                yield LineFault(BROKEN, own[0], rule, known)

    def _values(self, line: ListLine) -> dict[str, Decimal]:
        pairs = zip(self._keys, line.values, strict=True)
        values = self._figures | {key: value for key, value in pairs if isinstance(value, Decimal)}
        for name, place, option in self._options:
            values[name] = _ONE if option in str(line.values[place]).split(",") else ZERO
        return values


_ONE = Decimal(1)


def _column_of(name: str) -> str:
    return name.partition("[")[0]
