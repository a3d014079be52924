"""What follows from the lines of lists: their keys, the figures over them, and what is asked of each line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from xltools.data.filing import Return
from xltools.data.finding import Severity
from xltools.data.number import kept
from xltools.data.record import ListLine, Lists, ListValue
from xltools.form.days import breaks, compares_days, day_numbers, is_day, is_fixed, with_days
from xltools.form.kinds import NOT_A_CHOICE, Choice, Text, ValueKind
from xltools.form.linear import EXACT, ROW_CODE, UNDER_ROW, ZERO, Linear, OverList
from xltools.form.lists import Column, cell_name, parts_of_cell
from xltools.form.model import Form
from xltools.form.ratio import Product, rounded
from xltools.form.sections import List, Rule
from xltools.form.shapes import code_above, levels_of
from xltools.text import clerk


def line_keys(one: List, lines: Sequence[ListLine]) -> tuple[str, ...]:
    """Return the key of each line: the values of ``unique``, or the number of the line where one of them is blank.

    In the list of one agency, a second line of the same key has its number behind it; in a roll-up of several agencies both
    have the same key, unless lines are known within their agency only: there its name stands in front. In values ``|`` and
    ``#`` are doubled.
    """
    places = [one.keys.index(key) for key in one.unique]
    seen: Counter[tuple[object, str]] = Counter()
    found = []
    for number, line in enumerate(lines, 1):
        values = [_key_part(line.values[place]) for place in places]
        if not (values and all(values)):
            found.append(f"#{number}")
            continue
        if one.unique_in == "agency" and line.agency:
            values = [_key_part(line.agency.name), *values]
        key = "|".join(values)
        seen[line.agency, key] += 1
        found.append(key if seen[line.agency, key] == 1 else f"{key}#{line.number}")
    return tuple(found)


def _key_part(value: ListValue) -> str:
    text = kept(value) if isinstance(value, Decimal) else value
    return text.replace("|", "||").replace("#", "##")


def parts_of_key(key: str) -> tuple[str, ...]:
    """Return the values of which the key of a line was made; nothing if it has a number."""
    if is_numbered(key):
        return ()
    parts = [""]
    for piece in re.findall(r"\|\||##|\||[^|#]+", key):
        parts += [""] if piece == "|" else []
        parts[-1] += "" if piece == "|" else {"||": "|", "##": "#"}.get(piece, piece)
    return tuple(parts)


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
    added: dict[tuple[str, str], list[ListValue]] = {}
    for (key, column, columns), names in asked.items():
        if (key, column) not in added:
            added[key, column] = _added(form, key, column, lists[key])
        sums = _sums(form.lists[key], lists[key], added[key, column], columns)
        kinds = [form.column_kinds[f"{key}.{one}"] for one in columns]
        for name, codes in names:
            if all(
                isinstance(kind, Choice) and c in kind.by_name for kind, c in zip(kinds, codes, strict=True)
            ):
                found[name] = sums.get(codes, ZERO)
            else:  # some are shapes, which several values have
                some = (value for values, value in sums.items() if _say(kinds, values, codes))
                found[name] = reduce(EXACT.add, some, ZERO)
    return {name: found[name] for name in form.list_figures if name in found}


def _say(kinds: Sequence[ValueKind], values: Sequence[ListValue], words: Sequence[str]) -> bool:
    """Return whether the values of some columns of a line have these options and shapes."""
    return all(
        isinstance(kind, Choice | Text) and kind.says(str(value), word)
        for kind, value, word in zip(kinds, values, words, strict=True)
    )


class _OwnFigure:
    """A figure over a list that each line has for itself: of the lines like it, and of those one level below its code.

    Lines of several agencies have those of their agency only.
    """

    def __init__(self, form: Form, over: OverList) -> None:
        self._form, self._over, one = form, over, form.lists[over.list]
        self._alike = [one.keys.index(key) for key, code in over.where if code == ROW_CODE]
        fixed = [(key, code) for key, code in over.where if code not in {ROW_CODE, UNDER_ROW}]
        self._fixed = [one.keys.index(key) for key, _ in fixed]
        self._words = [code for _, code in fixed]
        self._kinds = [form.column_kinds[f"{one.key}.{key}"] for key, _ in fixed]
        self._tree = one.keys.index(over.tree) if over.tree else -1
        self._kind = form.column_kinds[f"{one.key}.{over.tree}"] if over.tree else None
        self._levels = levels_of(self._kind.shapes) if isinstance(self._kind, Choice | Text) else ()

    def of(self, lines: Sequence[ListLine]) -> list[Decimal]:
        """Return the figure of each line."""
        sums: dict[tuple[object, ...], Decimal] = {}
        for line, value in zip(
            lines, _added(self._form, self._over.list, self._over.column, lines), strict=True
        ):
            fixed = [line.values[place] for place in self._fixed]
            if isinstance(value, Decimal) and _say(self._kinds, fixed, self._words):
                key = self._key(line, self._above(line))
                sums[key] = EXACT.add(sums.get(key, ZERO), value)
        return [sums.get(self._key(line, self._code(line)), ZERO) for line in lines]

    def missing(self, lines: Sequence[ListLine]) -> list[str]:
        """Return for each line the code of the line above it that is not there, or an empty text."""
        there = {self._key(line, self._code(line)) for line in lines}
        codes = (self._above(line) or "" for line in lines)
        return [
            code if code and self._key(line, code) not in there else ""
            for line, code in zip(lines, codes, strict=True)
        ]

    def _above(self, line: ListLine) -> str | None:
        """Return the code above that of a line; ``None`` where there is none, and "" for a figure without levels."""
        return (code_above(self._levels, self._code(line)) or None) if self._kind else ""

    def _code(self, line: ListLine) -> str:
        value = line.values[self._tree] if self._kind else ""
        return self._kind.code_of(str(value)) if isinstance(self._kind, Choice | Text) else ""

    def _key(self, line: ListLine, code: str | None) -> tuple[object, ...]:
        alike = (str(line.values[place]).upper() for place in self._alike)  # options have small letters only
        return (line.agency, code, *alike)


def _added(form: Form, key: str, column: str, lines: Sequence[ListLine]) -> list[ListValue]:
    """Return what a figure over a list adds of each line: 1, or what it has in a column, typed or derived as it is shown."""
    if not column:
        return [_ONE] * len(lines)
    one = form.lists[key]
    place = one.keys.index(column)
    about = one.columns[place]
    if about.is_ is None:
        return [line.values[place] for line in lines]
    numbers = _LineNumbers(form, one, (*about.condition_names, *about.operands))
    derived = (derived_value(about, numbers.of(line)) for line in lines)
    return ["" if exact is None else rounded(exact, about.places) for exact in derived]


def _sums(
    one: List, lines: Sequence[ListLine], added: Sequence[ListValue], columns: Sequence[str]
) -> dict[tuple[ListValue, ...], Decimal]:
    """Return the sum of what is *added* of each line for each combination of values of *columns*."""
    places = [one.keys.index(key) for key in columns]
    sums: dict[tuple[ListValue, ...], Decimal] = {}
    for line, value in zip(lines, added, strict=True):
        if isinstance(value, Decimal):
            code = tuple(line.values[place] for place in places)
            sums[code] = EXACT.add(sums.get(code, ZERO), value)
    return sums


def derived_lines(
    form: Form, key: str, lines: Sequence[ListLine], figures: Mapping[str, Decimal]
) -> tuple[ListLine, ...]:
    """Return lines with what follows from their columns, and from the *figures* over lists, in the columns that are derived."""
    one = form.lists[key]
    if len(one.typed) == len(one.columns):
        return tuple(lines)
    known = LineFigures(form, key, lines, figures)
    return tuple(
        line._replace(
            values=tuple(
                _derived(form, column, one, line, known.of(place)) if column.is_derived else value
                for column, value in zip(one.columns, line.values, strict=True)
            )
        )
        for place, line in enumerate(lines)
    )


def _derived(
    form: Form, column: Column, one: List, line: ListLine, values: Mapping[str, Decimal]
) -> ListValue:
    if column.shows:
        source, what = column.shown_of
        return form.option_of(f"{one.key}.{source}", str(line.values[one.keys.index(source)]), what)
    exact = derived_value(column, values)
    return "" if exact is None else rounded(exact, column.places)


def derived_value(column: Column, values: Mapping[str, Decimal]) -> Fraction | None:
    """Return the exact sum, ratio or product in a line with these :class:`LineFigures`; ``None`` where it has none."""
    if column.is_ is None or not column.when.holds(values):
        return None
    return Fraction(column.is_.value(values)) if isinstance(column.is_, Linear) else column.is_.exact(values)


class LineFigures:
    """The figures by which the lines of a list are checked, and from which columns are derived.

    These are the numbers in a line, the figures over lists, and 1 or 0 for an option or a shape that it has or not.
    """

    def __init__(
        self, form: Form, key: str, lines: Sequence[ListLine], figures: Mapping[str, Decimal]
    ) -> None:
        """Prepare for the *lines* of the list *key*; *figures* are those of the whole return."""
        one = form.lists[key]
        self._lines = lines
        names = [name for rule in one.constraints for name in rule.constraint.names]
        names += [name for column in one.columns for name in (*column.condition_names, *column.operands)]
        self._figures = {name: figures[name] for name in names if name in figures and name not in one.keys}
        self._figures |= day_numbers(filter(is_day, names), {})
        self._numbers = _LineNumbers(form, one, names)
        self._own = {str(over): _OwnFigure(form, over).of(lines) for over in one.of_line}

    def of(self, place: int) -> dict[str, Decimal]:
        """Return those of the line at that place."""
        values = self._figures | self._numbers.of(self._lines[place])
        for name, own in self._own.items():
            values[name] = own[place]
        return values


class _LineNumbers:
    """What a line has by itself: the numbers in it, those of options that are multiplied, and 1 or 0 for an option or a shape."""

    def __init__(self, form: Form, one: List, names: Sequence[str]) -> None:
        """Prepare for the *names* for which relations and columns ask."""
        self._keys, self._days = one.keys, sorted(one.days.intersection(names))
        self._products = [column.is_ for column in one.columns if isinstance(column.is_, Product)]
        self._words = [
            (name, one.keys.index(column), kind, word)
            for name in dict.fromkeys(names)
            if "[" in name
            for column, _, word in [name.removesuffix("]").partition("[")]
            if isinstance(kind := form.column_kinds[f"{one.key}.{column}"], Choice | Text)
        ]

    def of(self, line: ListLine) -> dict[str, Decimal]:
        """Return the numbers of a line."""
        pairs = dict(zip(self._keys, line.values, strict=True))
        values = {key: value for key, value in pairs.items() if isinstance(value, Decimal)}
        values |= day_numbers(self._days, {name: str(pairs[name]) for name in self._days})
        for product in self._products:
            values |= product.numbers(pairs)
        for name, column, kind, word in self._words:
            values[name] = _ONE if kind.says(str(line.values[column]), word) else ZERO
        return values


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


def changed_cells(
    form: Form, one: Lists, other: Lists
) -> Iterator[tuple[str, ListValue | None, ListValue | None]]:
    """Yield the cells of lists that differ, line by line of one key, with both values; ``None`` for a blank one.

    Of a list whose lines without a key differ, its own key and both numbers of lines.
    """
    for key, spec in form.lists.items():
        pair = one.get(key, ()), other.get(key, ())
        (known, rest), (others, other_rest) = (_by_key(spec, lines) for lines in pair)
        blank: tuple[ListValue, ...] = ("",) * len(spec.columns)
        for whose, line in dict.fromkeys((*known, *others)):
            values = (lines.get((whose, line), blank) for lines in (known, others))
            for column, value, other_value in zip(spec.keys, *values, strict=True):
                if value != other_value:
                    yield cell_name(key, column, line), _filled(value), _filled(other_value)
        if rest != other_rest:
            count, other_count = (Decimal(len(lines)) for lines in pair)
            yield key, count, other_count


def _filled(value: ListValue) -> ListValue | None:
    return None if value == "" else value


def _by_key(
    one: List, lines: Sequence[ListLine]
) -> tuple[dict[tuple[str, str], tuple[ListValue, ...]], Counter[tuple[ListValue, ...]]]:
    """Return the values of the lines with a key, by whose they are and the key, and how often lines without one have the same.

    Of an agency a published report has the name only.
    """
    known: dict[tuple[str, str], tuple[ListValue, ...]] = {}
    rest: Counter[tuple[ListValue, ...]] = Counter()
    for line, key in zip(lines, line_keys(one, lines), strict=True):
        if is_numbered(key):
            rest[line.values] += 1
        else:
            known[line.agency.name if line.agency else "", key] = line.values
    return known, rest


class LineFault(NamedTuple):
    """What is wrong in a line: the code of the finding, the column, and the rule that is broken if it is one."""

    code: str
    column: str
    rule: Rule | None = None
    values: Mapping[str, Decimal] = {}
    above: str = ""  # the code of the line that is missing


REQUIRED, NOT_ASKED, BROKEN, APART = "required", "not-asked", "rule-broken", NOT_A_CHOICE
NO_LINE_ABOVE = "line-without-above"


class LineChecks:
    """What is asked of the lines of a list."""

    def __init__(
        self,
        form: Form,
        key: str,
        lines: Sequence[ListLine],
        figures: Mapping[str, Decimal],
        unread: AbstractSet[str] = frozenset(),
    ) -> None:
        """Prepare for the *lines* of the list *key*; *figures* are those of the whole return, with which a rule may compare.

        *unread* are columns with a cell that could not be read; sums of these columns are not checked.
        """
        one = form.lists[key]
        self._keys, self._lines, self._figures = one.keys, lines, LineFigures(form, key, lines, figures)
        unsure = {str(over) for over in one.of_line if not unread.isdisjoint(one.typed_for(over))}
        self._conditional = [
            (place, column, needed)
            for place, column in enumerate(one.columns)
            if column.is_conditional and not column.is_derived
            for needed in [{column.key, *map(_column_of, column.condition_names)}]
            if unsure.isdisjoint(needed)
        ]
        trees = (over for over in one.trees if unread.isdisjoint(over.columns))
        self._above = [(over.tree, _OwnFigure(form, over).missing(lines)) for over in trees]
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
            if unsure.isdisjoint(constraint.names)
        ]

    def faults(self, number: int, unread: AbstractSet[str] = frozenset()) -> Iterator[LineFault]:
        """Yield the faults of the line at that place; on the columns *unread* whose cell could not be read nothing is checked."""
        line, values = self._lines[number], self._figures.of(number)
        yield from self._missing(line, values, unread)
        for place, name, above, kind in self._dependent:
            value, item = str(line.values[place]), str(line.values[above])
            if value and item and not kind.goes_with(value, item):
                yield LineFault(APART, name)
        for name, codes in self._above:
            if codes[number]:
                yield LineFault(NO_LINE_ABOVE, name, above=codes[number])
        yield from self._broken(line, values, unread)

    def _broken(
        self, line: ListLine, values: Mapping[str, Decimal], unread: AbstractSet[str]
    ) -> Iterator[LineFault]:
        """Yield the rules that are broken."""
        for rule, constraint, own, needed, is_of_days in self._rules:
            if unread and unread & needed:
                continue
            known = values
            if is_of_days:
                texts = {name: str(line.values[self._keys.index(name)]) for name in own}
                known = with_days(constraint.relation, values, texts)
                is_broken = breaks(constraint.relation, known) and constraint.when.holds(known)
            else:
                is_broken = any(name in values for name in own) and not constraint.holds(values)
            if is_broken:
                yield LineFault(BROKEN, own[0], rule, known)

    def _missing(
        self, line: ListLine, values: Mapping[str, Decimal], unread: AbstractSet[str]
    ) -> Iterator[LineFault]:
        """Yield the columns in which something is missing, or is not asked."""
        for place, column, needed in self._conditional:
            is_blank = line.values[place] == ""
            if unread and unread & needed:
                continue
            is_asked, needs = column.when.holds(values), column.required_when
            if not is_blank and not is_asked:
                yield LineFault(NOT_ASKED, column.key)
            elif is_blank and ((column.required and is_asked) or (needs.relations and needs.holds(values))):
                yield LineFault(REQUIRED, column.key)


_ONE = Decimal(1)


def _column_of(name: str) -> str:
    return name.partition("[")[0]
