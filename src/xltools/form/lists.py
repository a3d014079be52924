"""Lists: a block with a line for each award, hazard, account or person, as many as there are.

A list has columns, whose values are of the kinds of fields. Its lines may be sorted, inserted and left blank. It is named by
its key, a column ``register.trade``, a cell ``register.trade[KEY]``: the key of a line is the canonical values of its
``unique`` columns, or ``#3`` for the third line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from xltools.form.fields import Codes, Valued, kind_of
from xltools.form.kinds import Choice, KindName, Text, ValueKind
from xltools.form.linear import Linear, OverList, count_of
from xltools.form.ratio import PLACES, Product, Ratio, sum_ratio_or_product
from xltools.form.relation import ALWAYS, Condition, Relation
from xltools.form.shapes import Shape
from xltools.toml_tables import read_as

SHOWN = ("code", "label", "unit", "under")  # what a column may show of an item
PRINTED, MOST = 15, 500  # lines of a list that says nothing else: on paper, and in a workbook
LARGEST = 20_000  # lines in a workbook of an agency
_ALL_PLACES = 15  # more than any figure has
_CELL = re.compile(r"(?P<list>[a-z][a-z0-9_]*)\.(?P<column>[a-z][a-z0-9_]*)\[(?P<key>.*)\]", re.DOTALL)

Derivation = Linear | Ratio | Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Valued):
    """A column of a list: of numbers, unless it has another kind. What it does not say of them its section says."""

    kind: KindName = "number"
    """What its values are."""
    of: str = ""
    """The column of which this one is a [part](#parts-of-a-whole) (其中); it is never more."""
    hint: str = ""
    """What the agency reads beside the cell."""
    required_when: Condition = ALWAYS
    """It may not be blank while this [condition](#relations-and-conditions) holds; otherwise it is as the agency likes."""
    also: tuple[str, ...] = ()
    """Other labels for it in [published reports](#what-published-reports-print)."""
    shapes: tuple[Shape, ...] = ()
    """Of a text, or of a choice whose options have codes: the [patterns](#codes-with-levels), one of which it has; conditions and sums
    ask for one by its key, as for an option."""
    is_: Derivation | None = field(
        default=None, metadata={"key": "is", "hook": read_as(str, sum_ratio_or_product)}
    )
    """A sum or a [ratio](#ratios-and-means) of columns and of sums over lists, derived in each line, or in those that `when` asks for:
    `"money per sum(register.money)"`; or the product of two columns, `"impact times likelihood"`."""
    shows: str = ""
    """What it shows of the item in another column: `"product.unit"`, or its `code`, its `label`, or with `under` the item above it."""

    @property
    def is_conditional(self) -> bool:
        """Whether a blank can be a fault, or any content."""
        return self.required or bool(self.under) or any(one.relations for one in self.conditions)

    @property
    def conditions(self) -> tuple[Condition, Condition]:
        """When it is asked, and when it is required."""
        return self.when, self.required_when

    @property
    def condition_names(self) -> tuple[str, ...]:
        """The names in its conditions."""
        return tuple(name for one in self.conditions for name in one.names)

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
        """The number of decimals to which a ratio or a product is rounded; a sum is exact."""
        if isinstance(self.is_, Linear):
            return _ALL_PLACES
        if self.number == "count":  # of a product; a ratio is not a whole number
            return 0
        return PLACES if self.decimals is None else self.decimals

    @property
    def says_row(self) -> bool:
        """Whether it is derived from other lines, depending on what this one has in some columns."""
        return any(over.says_row for name in self.operands if (over := OverList.of(name)))

    @property
    def can_be_added(self) -> bool:
        """Whether it is a sum or a product of what its line has alone, so that its sum over lines is one over any of them."""
        is_own = not any(map(OverList.of, (*self.operands, *self.condition_names)))
        return isinstance(self.is_, Linear | Product) and is_own

    @property
    def operands(self) -> tuple[str, ...]:
        """The names of what it is derived from, other than an item."""
        return self.is_.names if self.is_ else ()


def column_kind(column: Column, codes: Mapping[str, Codes]) -> ValueKind:
    """Return the kind of the values of a column, with its shapes."""
    kind = kind_of(column, codes)
    if isinstance(kind, Text):
        return kind._replace(shapes=column.shapes)
    return replace(kind, shapes=column.shapes) if type(kind) is Choice else kind  # not of several choices


def words_of(kind: ValueKind) -> tuple[str, ...]:
    """Return the names of the options and shapes for which a condition on a column can ask."""
    shapes = tuple(one.key for one in kind.shapes) if isinstance(kind, Choice | Text) else ()
    return (*kind.by_name, *shapes) if isinstance(kind, Choice) else shapes


def cell_name(key: str, column: str, line: str) -> str:
    """Return the name of the cell of a list in the line with that key."""
    return f"{key}.{column}[{line}]"


def parts_of_cell(name: str) -> tuple[str, str, str] | None:
    """Return the list, the column and the key of the line of the cell of a list; ``None`` for any other name."""
    found = _CELL.fullmatch(name)
    return (found["list"], found["column"], found["key"]) if found else None


def asked_in_line(condition: Condition, options: Mapping[str, Collection[str]]) -> Condition:
    """Return a condition of a list in which ``column = code`` stands for the count of that option or shape in a line.

    A relation on such a count alone is 1 or 0: ``count(column = code) > 0`` asks for 1. *options* are those of each column that
    has some.
    """
    return Condition(tuple(_chosen(one, options) for one in condition.relations))


def _chosen(one: Relation, options: Mapping[str, Collection[str]]) -> Relation:
    column, code = one.left.single, one.right.single
    if one.sign in {"=", "!="} and column in options and code:
        return counted(count_of(column, code), 1 if one.sign == "=" else 0)
    names = {*one.names}
    if len(names) == 1 and "[" in (name := names.pop()):
        holding = [number for number in (0, 1) if one.holds({name: Decimal(number)})]
        return counted(name, *holding) if len(holding) == 1 else one
    return one


def counted(name: str, number: int) -> Relation:
    """Return the relation that asks for an option or a shape in a line, or for none of it."""
    return Relation(Linear(((1, name),)), "=", Linear((), Decimal(number)))
