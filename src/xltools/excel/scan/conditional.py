"""Reads the conditional formats of a worksheet: those that may show other values than the cells hold, or none."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from xltools.excel.number_format import ValueCondition
from xltools.excel.scan.facts import ConditionalFormat
from xltools.excel.scan.styles import HIDING_FORMAT, ConditionalStyle
from xltools.office.guard import Limits, beyond
from xltools.office.parsing import true

_OPERATORS = {
    "equal": "=",
    "notEqual": "<>",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
}
_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_COMPARED = re.compile(rf"([A-Z]{{1,3}}[0-9]{{1,7}})\s*(<=|>=|<>|=|<|>)\s*({_NUMBER})")
_OF_ERROR = re.compile(r"(?:ISERROR|ISERR|ISNA|ISBLANK|ISTEXT)\([^()]*\)")
_NEVER = ValueCondition("<", Decimal("-Infinity"))
_NOT_OF_NUMBERS = {"containsBlanks", "containsErrors"}


class _FormatRule(NamedTuple):
    """A rule of a conditional format: its type and operator, the number of its style, and its style if it has its own."""

    type: str
    operator: str
    number: str
    style: ConditionalStyle


class ConditionalFormats:
    """Collects conditional formats from the events of a parser.

    Excel 2010 added elements with a prefix, whose ranges follow their rules as a text, and whose rules have their style.
    """

    def __init__(self, found: list[ConditionalFormat], limits: Limits) -> None:
        self._found, self._limits = found, limits
        self._ranges: tuple[str, ...] = ()
        self._rule: _FormatRule | None = None
        self._hides = False
        self._formula = ""
        self._pending: list[ConditionalFormat] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str], text: list[str]) -> None:
        """Take the start of an element; *text* is that read since the last element that may have one."""
        name = tag.rpartition(":")[2]
        if name == "conditionalFormatting":
            self._ranges = tuple(attributes.get("sqref", "").split())
            self._pending = []
        elif name == "cfRule":
            kind, operator = attributes.get("type", ""), attributes.get("operator", "")
            self._rule = _FormatRule(kind, operator, attributes.get("dxfId", ""), ConditionalStyle())
            self._hides, self._formula = False, ""
        elif name in {"formula", "f", "sqref"}:
            text.clear()
        elif self._rule is None:
            return
        elif name in {"dataBar", "iconSet"}:
            self._hides = not true(attributes.get("showValue", "1"))
        else:
            self._rule.style.add(name, attributes)

    def end(self, tag: str, text: list[str]) -> None:
        """Take the end of an element."""
        name = tag.rpartition(":")[2]
        if name in {"formula", "f"} and self._rule and not self._formula:
            self._formula = "".join(text).strip()
        elif name == "cfRule" and self._rule:
            code = HIDING_FORMAT if self._hides else self._rule.style.shows
            if self._rule.number or code:
                self._pending.append(
                    ConditionalFormat(self._ranges, self._rule.number, code, self._condition(self._rule))
                )
            self._rule = None
            self._spend(1)
        elif name == "sqref":
            self._ranges = tuple("".join(text).split())
        elif name == "conditionalFormatting":
            self._found += [one._replace(ranges=self._ranges) for one in self._pending]
            self._spend(len(self._pending) * max(0, len(self._ranges) - 1))
            self._pending = []

    def _spend(self, ranges: int) -> None:
        self._count += ranges
        if self._count > self._limits.ranges:
            raise beyond("ranges", self._limits)

    def _condition(self, rule: _FormatRule) -> ValueCondition | None:
        """Return the condition on the value of the cell that the rule is; ``None`` if it is another one."""
        is_of_error = rule.type == "expression" and _OF_ERROR.fullmatch(self._formula)
        if rule.type in _NOT_OF_NUMBERS or is_of_error:
            return _NEVER
        if rule.type == "cellIs" and rule.operator in _OPERATORS and re.fullmatch(_NUMBER, self._formula):
            return ValueCondition(_OPERATORS[rule.operator], Decimal(self._formula))
        compared = _COMPARED.fullmatch(self._formula) if rule.type == "expression" and self._ranges else None
        if compared is None or compared[1] != self._ranges[0].partition(":")[0]:
            return None
        return ValueCondition(compared[2], Decimal(compared[3]))
