"""The formulas over lists: figures of their lines, and the check of a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby, pairwise
from types import MappingProxyType

from xltools.excel.formula import BROKEN, day_formula, days_tests, fixed_day, rounded, text_formula
from xltools.form.days import compares_days, is_fixed
from xltools.form.kinds import Choice, Text, ValueKind
from xltools.form.linear import ROW_CODE, UNDER_ROW, Linear, OverList
from xltools.form.lists import Column
from xltools.form.model import Form
from xltools.form.places import PREFIX
from xltools.form.ratio import Ratio
from xltools.form.relation import Condition, Level, Relation
from xltools.form.sections import List, Rule
from xltools.form.shapes import levels_of, sequences
from xltools.text import clerk

_MOST_TESTS, _LONGEST = 40, 7500  # of the formula for one line; Excel allows 64 levels and 8,192 characters
ABOVE, BELOW = "above", "below"  # of what depends on another choice


def list_formula(form: Form, over: OverList, at: Mapping[str, str] | None = None) -> str:
    """Return the formula for a figure of a list, over the defined names of its columns. Excel 2007 has its functions.

    What depends on a line is computed for the one whose cells are *at* these addresses.
    """
    one = form.lists[over.list]
    if (at is not None and over.says_row) or any(_is_shape(form, one, *pair) for pair in over.where):
        return _array_formula(form, one, over, at or {})
    criteria = [
        part
        for column, code in over.where
        for part in (f"{one.key}.{column}", _criterion(form, one, column, code))
    ]
    if over.column:
        total = f"{one.key}.{over.column}"
        return f"SUMIFS({','.join((total, *criteria))})" if criteria else f"SUM({total})"
    if criteria:
        return f"COUNTIFS({','.join(criteria)})"
    return f"SUMPRODUCT({_filled(one)})"


def _filled(one: List) -> str:
    """Return the formula for 1 in each line that is not blank."""
    lengths = "+".join(f"LEN(TRIM({one.key}.{column}))" for column in (c.key for c in one.typed))
    return f"--({lengths}>0)"


def _array_formula(form: Form, one: List, over: OverList, at: Mapping[str, str]) -> str:
    """Return the formula for a sum whose criteria are no texts of the form. EXACT compares, because SUMIFS takes 001 for 1."""
    tests = [test for pair in over.where for test in _tests(form, one, *pair, at)]
    if not over.column and all(code == ROW_CODE for _, code in over.where):
        tests.append(_filled(one))  # blank lines are alike too
    return f"SUMPRODUCT({','.join((*tests, *([f'{one.key}.{over.column}'] if over.column else [])))})"


def _tests(form: Form, one: List, column: str, code: str, at: Mapping[str, str]) -> Iterator[str]:
    """Yield the formulas for 1 in each line that is as one criterion says, and otherwise 0."""
    cells, kind = f"{one.key}.{column}", form.column_kinds[f"{one.key}.{column}"]
    if code == ROW_CODE:
        yield _alike(kind, cells, at[column])
    elif code == UNDER_ROW:
        codes, own = code_text(kind, cells), code_text(kind, at[column])
        levels = levels_of(kind.shapes) if isinstance(kind, Choice | Text) else ()
        below = "+".join(f"(LEN({own})={one})*{other}" for one, other in pairwise(levels))
        yield f"--(LEN({codes})={below}-(LEN({own})=0))"  # a blank one is below none
        yield f"--EXACT(LEFT({codes},LEN({own})),{own})"
    elif _is_shape(form, one, column, code):
        yield f"--(({shape_test(kind, code, cells)})>0)"
    else:
        yield f"--EXACT({cells},{text_formula(_shown(form, one, column, code))})"


def _alike(kind: ValueKind, cells: str, own: str) -> str:
    """Return the formula for 1 in each line whose cell is like the *own* one; in a text, capitals are like small letters."""
    return f"--EXACT(UPPER({cells}),UPPER({own}))" if isinstance(kind, Text) else f"--EXACT({cells},{own})"


def _is_shape(form: Form, one: List, column: str, word: str) -> bool:
    kind = form.column_kinds[f"{one.key}.{column}"]
    return isinstance(kind, Choice | Text) and any(shape.key == word for shape in kind.shapes)


def code_text(kind: ValueKind, place: str) -> str:
    """Return the formula for the code in a cell, or in each of several: a text, or what stands in front of a label."""
    return f'LEFT({place},FIND(" ",{place}&" ")-1)' if isinstance(kind, Choice) else place


def shape_test(kind: ValueKind, word: str, place: str) -> str:
    """Return the formula for more than 0 if the code in a cell has the shape of that name, or "" if none can say so.

    Where lengths tell the shapes apart, they are enough: what has none of them is a fault by itself.
    """
    shapes = kind.shapes if isinstance(kind, Choice | Text) else ()
    code = code_text(kind, place)
    known = {one.key: sequences(one.pattern) for one in shapes}
    lengths = {key: {len(one) for one in found} for key, found in known.items()}
    others = set[int]().union(*(found for key, found in lengths.items() if key != word))
    if all(known.values()) and lengths[word].isdisjoint(others):
        return "+".join(f"(LEN({code})={length})" for length in sorted(lengths[word]))
    return "+".join(_matches(code, one) for one in known[word])


def _matches(code: str, places: Sequence[str]) -> str:
    """Return the formula for 1 if a text has one of certain characters at each place, otherwise 0."""
    tests = (
        f"ISNUMBER(FIND(MID({code},{place},1),{text_formula(characters)}))"
        for place, characters in enumerate(places, 1)
    )
    return f"(LEN({code})={len(places)})*{'*'.join(tests)}"


def _criterion(form: Form, one: List, column: str, code: str) -> str:
    r"""Return the criterion that a cell shows an option. Without the sign in front, 001 would mean 1 and <30 a comparison."""
    text = _shown(form, one, column, code)
    for sign in "~*?":
        text = text.replace(sign, "~" + sign)
    return text_formula("=" + text)


def _shown(form: Form, one: List, column: str, code: str) -> str:
    kind = form.column_kinds[f"{one.key}.{column}"]
    return kind.shown(code) if isinstance(kind, Choice) else code


def codes_name(codes: str, what: str = "") -> str:
    """Return the defined name of the texts of a list of codes on the sheet 代码, or of *what* it says of each item.

    In Excel 2007 a validation refers to another sheet only by a name.
    """
    return f"{PREFIX}codes.{codes}{f'.{what}' if what else ''}"


def dependent_options(form: Form, name: str, item: str) -> str:
    """Return the formula for the options of a field or a column with that *name* under the item shown at *item*; else for all.

    On the sheet 代码 the options below stand beside those that they are under, in the order of these. A word with a sign in
    it would mean others to MATCH and COUNTIF.
    """
    one = form.columns[name] if name in form.columns else form.fields[name]
    above, below = codes_name(one.from_, ABOVE), codes_name(one.from_, BELOW)
    signs = [sign for sign in "~*?" if any(sign in option for option, _ in pairs_of(form, name))]
    for sign in signs:
        item = f'SUBSTITUTE({item},"{sign}","~{sign}")'
    count = f'COUNTIF({above},"="&{item})'
    return f"IF({count}=0,{codes_name(one.from_)},OFFSET({below},MATCH({item},{above},0)-1,0,{count},1))"


def pairs_of(form: Form, name: str) -> list[tuple[str, str]]:
    """Return what a field or a column with that *name* shows of each option above and of each below it.

    One without any below stands beside an empty text.
    """
    kind = form.column_kinds[name] if name in form.columns else form.kinds[name]
    assert isinstance(kind, Choice)  # noqa: S101  the linter of forms requires it
    found = []
    for item in kind.above:
        below = [one.shown for one in kind.below(item.name)]
        found += [(item.shown, text) for text in below or [""]]
    return found


def apart_test(codes: str, item: str, option: str) -> str:
    """Return the formula for whether the known *option* in a cell is not under the known *item* in another."""
    above, below = codes_name(codes, ABOVE), codes_name(codes, BELOW)
    tests = (
        f"LEN({option})>0",
        f"SUMPRODUCT(--({above}={item}))>0",
        f"SUMPRODUCT(--({below}={option}))>0",
        f"SUMPRODUCT(({above}={item})*({below}={option}))=0",
    )
    return f"AND({','.join(tests)})"


def derived_formula(form: Form, one: List, column: Column, addresses: Mapping[str, str]) -> str:
    """Return the formula of a derived column in a line whose cells have these *addresses*: nothing in a blank line."""
    if column.is_ is None:
        source, what = column.shown_of
        codes = next(other.from_ for other in one.columns if other.key == source)
        # LOOKUP finds the last 1 among errors; MATCH would take * and ? in a label for wildcards.
        items = f"1/({codes_name(codes)}={addresses[source]})"
        return f'IFERROR(LOOKUP(2,{items},{codes_name(codes, what)})&"","")'
    line = LineTerms(form, one, addresses)
    if isinstance(column.is_, Linear):
        derived = column.is_.print(line.term)
    else:
        show = line.term if isinstance(column.is_, Ratio) else addresses.__getitem__
        derived = column.is_.print(show, column.places)
    if tests := line.holds(column.when):
        derived = f'IF(AND({",".join(tests)}),{derived},"")'
    return f'IF({_is_blank(one, addresses)},"",{derived})'


def _is_blank(one: List, addresses: Mapping[str, str]) -> str:
    """Return the formula for whether nothing is filled in in a line; the cells of derived columns are never empty."""

    def runs() -> Iterator[str]:
        for is_derived, columns in groupby(one.columns, lambda column: column.is_derived):
            first, *others = (addresses[column.key] for column in columns)
            if not is_derived:
                yield f"{first}:{others[-1]}" if others else first

    return f"COUNTA({','.join(runs())})=0"


class LineTerms:
    """Formulas for figures and conditions in a line whose cells have certain addresses."""

    def __init__(
        self, form: Form, one: List, at: Mapping[str, str], ends: Mapping[str, Decimal] = MappingProxyType({})
    ) -> None:
        """Prepare for the cells *at* these addresses; *ends* are those of the period, with which days are compared."""
        self._form, self._one, self._at, self._ends = form, one, at, ends

    def can_say(self, condition: Condition) -> bool:
        """Return whether there is a formula for a condition: not for every pattern of a text."""
        return all(self._test(one) for one in condition.relations)

    def holds(self, condition: Condition) -> list[str]:
        """Return the formulas for the relations of a condition."""
        return [self._test(one) for one in condition.relations]

    def difference(self, relation: Relation) -> str:
        """Return the formula for left minus right, without the errors of binary arithmetic."""
        return rounded(self.plain_difference(relation))

    def plain_difference(self, relation: Relation) -> str:
        """Return the formula for left minus right."""
        return f"{relation.left.print(self.term)}-({relation.right.print(self.term)})"

    def term(self, name: str) -> str:
        """Return the formula for a column, or a figure over a list."""
        if over := OverList.of(name):
            return list_formula(self._form, over, self._at)
        if is_fixed(name):
            return fixed_day(name, self._ends)
        if name in self._one.days:
            return day_formula(self._at[name])
        return f"N({self._at[name]})"

    def _test(self, one: Relation) -> str:
        """Return the formula for a relation of a condition; one that asks for an option compares the text of its cell."""
        column, _, word = ("" if one.right.terms else one.left.single).removesuffix("]").partition("[")
        if not word:
            return f"{self.difference(one)}{'<>' if one.sign == '!=' else one.sign}0"
        is_wanted = bool(one.right.constant)
        if _is_shape(self._form, self._one, column, word):
            kind = self._form.column_kinds[f"{self._one.key}.{column}"]
            test = shape_test(kind, word, self._at[column])
            return f"({test}){'>' if is_wanted else '='}0" if test else ""
        text = text_formula(_shown(self._form, self._one, column, word))
        return f"{self._at[column]}{'=' if is_wanted else '<>'}{text}"


class LineFormula:
    """The formula that checks a line: nothing for a blank one, what is wrong with it, or a tick."""

    def __init__(
        self,
        form: Form,
        one: List,
        addresses: Mapping[str, str],
        row: str,
        marks: Mapping[Level, str],
        ends: Mapping[str, Decimal],
    ) -> None:
        """Prepare it for the columns at these *addresses*; *row* stands for its number, *ends* are those of the period."""
        self._form, self._one, self._marks, self._ends = form, one, marks, ends
        self._at = {key: address + row for key, address in addresses.items()}
        self._line = LineTerms(form, one, self._at, ends)

    def text(self) -> str:
        """Return the formula."""
        t, passed = clerk(), text_formula(clerk()("check.passed"))
        tests = [*self._numbers()]
        for column in self._one.columns:
            if (
                column.is_conditional
                and not column.is_derived
                and all(map(self._line.can_say, column.conditions))
            ):
                tests += self._asked(column.key)
        tests += [self._apart(column) for column in self._one.columns if column.under]
        tests += [self._above(over) for over in self._one.trees]
        rules = (rule for rule in self._one.constraints if self._line.can_say(rule.constraint.when))
        tests += [self._rule(rule) for rule in rules]
        formula = passed
        for test, words in reversed(tests[:_MOST_TESTS]):
            longer = f"IF({test},{text_formula(words)},{formula})"
            formula = longer if len(longer) <= _LONGEST else formula
        return f'IF({_is_blank(self._one, self._at)},"",IFERROR({formula},{text_formula(t("check.text"))}))'

    def _numbers(self) -> Iterator[tuple[str, str]]:
        """Yield the tests for text, negative numbers, fractions and more decimals, where they are faults."""
        t, typed = clerk(), [column for column in self._one.typed if column.kind == "number"]
        at = {column.key: self._at[column.key] for column in typed}
        if typed:
            ranges = ",".join(at.values())
            yield f"COUNTA({ranges})>COUNT({ranges})", t("check.text")
        if below := [f"{at[one.key]}<0" for one in typed if not one.signed]:
            yield f"OR({','.join(below)})", t("check.negative")
        if broken := [f"INT({at[one.key]})<>{at[one.key]}" for one in typed if one.number == "count"]:
            yield f"OR({','.join(broken)})", t("check.fraction")
        sized = [one for one in typed if one.number == "decimal" and one.decimals is not None]
        if fine := [f"ABS(ROUND({at[one.key]},{one.decimals})-{at[one.key]})>1E-9" for one in sized]:
            yield f"OR({','.join(fine)})", t("check.too-fine")

    def _asked(self, key: str) -> list[tuple[str, str]]:
        t, column = clerk(), next(column for column in self._one.columns if column.key == key)
        mark, when = self._marks["error"], self._line.holds(column.when)
        is_blank = f"LEN(TRIM({self._at[key]}))=0"
        tests = []
        if column.required:
            missing = t("list.missing", mark=mark, label=column.label)
            tests.append((f"AND({','.join((*when, is_blank))})" if when else is_blank, missing))
        if needed := self._line.holds(column.required_when):
            missing = t("list.missing", mark=mark, label=column.label)
            tests.append((f"AND({','.join((*needed, is_blank))})", missing))
        if when:
            unasked = t("list.unasked", mark=mark, label=column.label)
            tests.append((f"AND(NOT(AND({','.join(when)})),LEN(TRIM({self._at[key]}))>0)", unasked))
        return tests

    def _apart(self, column: Column) -> tuple[str, str]:
        words = clerk()("list.apart", mark=self._marks["error"], label=column.label)
        return apart_test(column.from_, self._at[column.under], self._at[column.key]), words

    def _above(self, over: OverList) -> tuple[str, str]:
        """Return the test whether the line above this one is missing, and the words for it."""
        kind = self._form.column_kinds[f"{self._one.key}.{over.tree}"]
        levels = levels_of(kind.shapes) if isinstance(kind, Choice | Text) else ()
        codes, own = code_text(kind, f"{self._one.key}.{over.tree}"), code_text(kind, self._at[over.tree])
        length = "+".join(f"(LEN({own})={other})*{one}" for one, other in pairwise(levels))
        alike = [
            _alike(self._form.column_kinds[f"{self._one.key}.{c}"], f"{self._one.key}.{c}", self._at[c])
            for c, code in over.where
            if code == ROW_CODE
        ]
        there = f"SUMPRODUCT({','.join((f'--EXACT({codes},LEFT({own},{length}))', *alike))})"
        label = next(column.label for column in self._one.columns if column.key == over.tree)
        words = clerk()("list.no-above", mark=self._marks["error"], label=label)
        return f"AND({length}>0,{there}=0)", words

    def _rule(self, rule: Rule) -> tuple[str, str]:
        constraint, relation = rule.constraint, rule.constraint.relation
        own = {name: self._at[name] for name in relation.names if name in self._at}
        if compares_days(relation, self._one.days):
            broken = days_tests(relation, own, self._ends)
        else:
            off = f"{self._line.difference(relation)}{BROKEN[relation.sign]}"
            if constraint.within:
                plain = self._line.plain_difference(relation)
                off = f"{rounded(f'ABS({plain})-{constraint.within:f}')}>0"
            broken = [f"COUNT({','.join(own.values())})>0", off]
        tests = [*self._line.holds(constraint.when), *broken]
        return f"AND({','.join(tests)})", clerk()(
            "list.broken", mark=self._marks[constraint.level], label=rule.label
        )
