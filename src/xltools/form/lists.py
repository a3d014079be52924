"""Lists: a block with a line for each award, hazard, account or person, as many as there are.

A list has columns, whose values are of the kinds of fields. Its lines may be sorted, inserted and left blank. It is named by
its key, a column ``register.trade``, a cell ``register.trade[KEY]``: the key of a line is the canonical values of its
``unique`` columns, or ``#3`` for the third line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from xltools.errors import InvalidValueError, Word
from xltools.form.fields import Valued
from xltools.form.kinds import KindName
from xltools.form.linear import Linear, count_of
from xltools.form.ratio import PLACES, Product, Ratio, ratio_or_product
from xltools.form.relation import Condition, Relation

SHOWN = ("code", "label", "unit", "under")  # what a column may show of an item
PRINTED, MOST = 15, 500  # lines of a list that says nothing else: on paper, and in a workbook
LARGEST = 20_000  # lines in a workbook of an agency
_CELL = re.compile(r"(?P<list>[a-z][a-z0-9_]*)\.(?P<column>[a-z][a-z0-9_]*)\[(?P<key>.*)\]", re.DOTALL)


def _derivation(value: object, _: object) -> Ratio | Product:
    if not isinstance(value, str):
        raise InvalidValueError("wrong-type", value=repr(value), type=Word("type-str"))
    return ratio_or_product(value)


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
    is_: Ratio | Product | None = field(default=None, metadata={"key": "is", "hook": _derivation})
    """A [ratio](#ratios-and-means) of columns and of sums over lists, derived in each line: `"money per sum(register.money)"`; or
    the product of two columns, `"impact times likelihood"`."""
    shows: str = ""
    """What it shows of the item in another column: `"product.unit"`, or its `code`, its `label`, or with `under` the item above it."""

    @property
    def is_derived(self) -> bool:
        """Whether what is in it follows from the other columns; a record has a blank there."""
        return self.is_ is not None or bool(self.shows)

    @property
    def shown_of(self) -> tuple[str, str]:
        """The column whose item it shows something of, and what."""
        column, _, what = self.shows.partition(".")
        return column, what

    @property
    def places(self) -> int:
        """The number of decimals to which a ratio or a product is rounded."""
        if self.number == "count":  # of a product; a ratio is no whole number
            return 0
        return PLACES if self.decimals is None else self.decimals


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
