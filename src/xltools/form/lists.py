"""Lists: a block with a line for each award, hazard, account or person, as many as there are.

A list has columns, whose values are of the kinds of fields. Its lines may be sorted, inserted and left blank. It is named by
its key, a column ``register.trade``, a cell ``register.trade[KEY]``: the key of a line is the canonical values of its
``unique`` columns, or ``#3`` for the third line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from xltools.form.fields import Valued
from xltools.form.kinds import KindName
from xltools.form.linear import Linear, count_of
from xltools.form.relation import Condition, Relation

PRINTED, MOST = 15, 500  # lines of a list that says nothing else: on paper, and in a workbook
LARGEST = 20_000  # lines in a workbook of an agency
_CELL = re.compile(r"(?P<list>[a-z][a-z0-9_]*)\.(?P<column>[a-z][a-z0-9_]*)\[(?P<key>.*)\]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Valued):
    """A column of a list: of numbers, unless it has another kind. What it does not say of them its section says."""

    kind: KindName = "number"
    """What its values are."""
    of: str = ""
    """The column of which this one is a [part](#parts-of-a-whole) (其中); it is never more."""
    hint: str = ""
    """What the agency reads beside the cell."""
    also: tuple[str, ...] = ()
    """Other labels for it in [published reports](#what-published-reports-print)."""
    is_: str = field(default="", metadata={"key": "is"})
    """Not yet allowed: what the column is derived from."""
    shows: str = ""
    """Not yet allowed: what the column shows."""


def cell_name(key: str, column: str, line: str) -> str:
    """Return the name of the cell of a list in the line with that key."""
    return f"{key}.{column}[{line}]"


def parts_of_cell(name: str) -> tuple[str, str, str] | None:
    """Return the list, the column and the key of the line of the cell of a list; ``None`` for any other name."""
    found = _CELL.fullmatch(name)
    return (found["list"], found["column"], found["key"]) if found else None


def asked_in_line(condition: Condition, options: Mapping[str, Collection[str]]) -> Condition:
    """Return a condition of a list in which ``column = code`` stands for the count of that option in a line.

    *options* are those of each column whose values are chosen.
    """
    return Condition(tuple(_chosen(one, options) for one in condition.relations))


def _chosen(one: Relation, options: Mapping[str, Collection[str]]) -> Relation:
    if one.sign not in {"=", "!="} or len(one.left.terms) != 1 or one.right.constant:
        return one
    column, codes = one.left.names[0], one.right.names
    if column not in options or len(codes) != 1 or one.right.terms[0][0] < 0:
        return one
    figure = Linear(((1, count_of(column, codes[0])),))
    return Relation(
        figure, "=", Linear((), Linear.parse("1" if one.sign == "=" else "0", numbers=True).constant)
    )
