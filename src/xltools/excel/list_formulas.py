"""The formulas over lists: figures of their lines, and the check of a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby

from xltools.excel.formula import BROKEN, days_tests, rounded, text_formula
from xltools.form.days import compares_days
from xltools.form.kinds import Choice
from xltools.form.linear import Linear, OverList
from xltools.form.lists import Column
from xltools.form.model import Form, List, Rule
from xltools.form.places import PREFIX
from xltools.form.ratio import Ratio
from xltools.form.relation import Condition, Level, Relation
from xltools.text import clerk

_MOST_TESTS, _LONGEST = 40, 7500  # of the formula for one line; Excel allows 64 levels and 8,192 characters
ABOVE, BELOW = "above", "below"  # of what depends on another choice


def list_formula(form: Form, over: OverList) -> str:
    """Return the formula for a figure of a list, over the defined names of its columns. Excel 2007 has its functions."""
    one = form.lists[over.list]
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
    lengths = "+".join(f"LEN(TRIM({one.key}.{column}))" for column in (c.key for c in one.typed))
    return f"SUMPRODUCT(--({lengths}>0))"


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

    def term(name: str) -> str:
        return list_formula(form, over) if (over := OverList.of(name)) else f"N({addresses[name]})"

    if column.is_ is None:
        source, what = column.shown_of
        codes = next(other.from_ for other in one.columns if other.key == source)
        # LOOKUP finds the last 1 among errors; MATCH would take * and ? in a label for wildcards.
        items = f"1/({codes_name(codes)}={addresses[source]})"
        return f'IFERROR(LOOKUP(2,{items},{codes_name(codes, what)})&"","")'
    show = term if isinstance(column.is_, Ratio) else addresses.__getitem__
    return f'IF({_is_blank(one, addresses)},"",{column.is_.print(show, column.places)})'


def _is_blank(one: List, addresses: Mapping[str, str]) -> str:
    """Return the formula for whether nothing is filled in in a line; the cells of derived columns are never empty."""

    def runs() -> Iterator[str]:
        for is_derived, columns in groupby(one.columns, lambda column: column.is_derived):
            first, *others = (addresses[column.key] for column in columns)
            if not is_derived:
                yield f"{first}:{others[-1]}" if others else first

    return f"COUNTA({','.join(runs())})=0"


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

    def text(self) -> str:
        """Return the formula."""
        t, passed = clerk(), text_formula(clerk()("check.passed"))
        numbers = [self._at[column.key] for column in self._one.typed if column.kind == "number"]
        tests: list[tuple[str, str]] = []
        if numbers:
            ranges = ",".join(numbers)
            tests.append((f"COUNTA({ranges})>COUNT({ranges})", t("check.text")))
        for column in self._one.columns:
            if column.is_conditional:
                tests += self._asked(column.key)
        tests += [self._apart(column) for column in self._one.columns if column.under]
        tests += [self._rule(rule) for rule in self._one.constraints]
        formula = passed
        for test, words in reversed(tests[:_MOST_TESTS]):
            longer = f"IF({test},{text_formula(words)},{formula})"
            formula = longer if len(longer) <= _LONGEST else formula
        return f'IF({_is_blank(self._one, self._at)},"",IFERROR({formula},{text_formula(t("check.text"))}))'

    def _asked(self, key: str) -> list[tuple[str, str]]:
        t, column = clerk(), next(column for column in self._one.columns if column.key == key)
        mark, when = self._marks["error"], self._holds(column.when)
        is_blank = f"LEN(TRIM({self._at[key]}))=0"
        tests = []
        if column.required:
            missing = t("list.missing", mark=mark, label=column.label)
            tests.append((f"AND({','.join((*when, is_blank))})" if when else is_blank, missing))
        if when:
            unasked = t("list.unasked", mark=mark, label=column.label)
            tests.append((f"AND(NOT(AND({','.join(when)})),LEN(TRIM({self._at[key]}))>0)", unasked))
        return tests

    def _apart(self, column: Column) -> tuple[str, str]:
        words = clerk()("list.apart", mark=self._marks["error"], label=column.label)
        return apart_test(column.from_, self._at[column.under], self._at[column.key]), words

    def _rule(self, rule: Rule) -> tuple[str, str]:
        constraint, relation = rule.constraint, rule.constraint.relation
        own = {name: self._at[name] for name in relation.names if name in self._at}
        if compares_days(relation, self._one.days):
            broken = days_tests(relation, own, self._ends)
        else:
            off = f"{self._difference(relation)}{BROKEN[relation.sign]}"
            if constraint.within:
                off = f"{rounded(f'ABS({self._plain(relation)})-{constraint.within:f}')}>0"
            broken = [f"COUNT({','.join(own.values())})>0", off]
        tests = [*self._holds(constraint.when), *broken]
        return f"AND({','.join(tests)})", clerk()(
            "list.broken", mark=self._marks[constraint.level], label=rule.label
        )

    def _holds(self, condition: Condition) -> list[str]:
        return [self._test(one) for one in condition.relations]

    def _test(self, one: Relation) -> str:
        """Return the formula for a relation of a condition; one that asks for an option compares the text of its cell."""
        column, _, option = (one.names[0] if len(one.names) == 1 else "").removesuffix("]").partition("[")
        if option:
            text = text_formula(_shown(self._form, self._one, column, option))
            return f"{self._at[column]}{'=' if one.right.constant else '<>'}{text}"
        return f"{self._difference(one)}{'<>' if one.sign == '!=' else one.sign}0"

    def _difference(self, relation: Relation) -> str:
        return rounded(self._plain(relation))

    def _plain(self, relation: Relation) -> str:
        def side(linear: Linear) -> str:
            return linear.print(self._term)

        return f"{side(relation.left)}-({side(relation.right)})"

    def _term(self, name: str) -> str:
        if over := OverList.of(name):
            return list_formula(self._form, over)
        return f"N({self._at[name]})"
