"""The formulas over lists: figures of their lines, and the check of a line."""

from __future__ import annotations

from collections.abc import Mapping

from xltools.excel.formula import rounded, text_formula
from xltools.form.kinds import Choice
from xltools.form.linear import Linear, OverList
from xltools.form.model import Form, List, Rule
from xltools.form.relation import Condition, Level, Relation
from xltools.text import clerk

_MOST_TESTS, _LONGEST = 40, 7500  # of the formula for one line; Excel allows 64 levels and 8,192 characters
_BROKEN = {"=": "<>0", "<=": ">0", ">=": "<0", "<": ">=0", ">": "<=0", "!=": "=0"}


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
    lengths = "+".join(f"LEN(TRIM({one.key}.{column}))" for column in one.keys)
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


class LineFormula:
    """The formula that checks a line: nothing for a blank one, what is wrong with it, or a tick."""

    def __init__(
        self, form: Form, one: List, addresses: Mapping[str, str], row: str, marks: Mapping[Level, str]
    ) -> None:
        """Prepare it for the columns at these *addresses*; *row* stands for the number of the row."""
        self._form, self._one, self._marks = form, one, marks
        self._at = {key: address + row for key, address in addresses.items()}

    def text(self) -> str:
        """Return the formula."""
        t, passed = clerk(), text_formula(clerk()("check.passed"))
        numbers = [self._at[column.key] for column in self._one.columns if column.kind == "number"]
        tests: list[tuple[str, str]] = []
        if numbers:
            ranges = ",".join(numbers)
            tests.append((f"COUNTA({ranges})>COUNT({ranges})", t("check.text")))
        for column in self._one.columns:
            if column.is_conditional:
                tests += self._asked(column.key)
        tests += [self._rule(rule) for rule in self._one.constraints]
        formula = passed
        for test, words in reversed(tests[:_MOST_TESTS]):
            longer = f"IF({test},{text_formula(words)},{formula})"
            formula = longer if len(longer) <= _LONGEST else formula
        first, *others = self._at.values()
        cells = f"{first}:{others[-1]}" if others else first
        return f'IF(COUNTA({cells})=0,"",IFERROR({formula},{text_formula(t("check.text"))}))'

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

    def _rule(self, rule: Rule) -> tuple[str, str]:
        constraint, relation = rule.constraint, rule.constraint.relation
        broken = f"{self._difference(relation)}{_BROKEN[relation.sign]}"
        if constraint.within:
            broken = f"{rounded(f'ABS({self._plain(relation)})-{constraint.within:f}')}>0"
        own = [self._at[name] for name in relation.names if name in self._at]
        tests = [*self._holds(constraint.when), f"COUNT({','.join(own)})>0", broken]
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
