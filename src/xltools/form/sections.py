"""What a form is made of: sections, their tables and lists, the lines of these, and what is asked of them.

The dataclasses describe the TOML file of a form: their fields are its keys (:mod:`xltools.toml_tables`).
A *definition* (``is`` on a line) gives cells their formula, their value and their check. A *rule* is a relation between
cells. Both are written for lines: ``is`` on a row holds in every column.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import accumulate
from typing import Literal

from xltools.errors import InvalidValueError
from xltools.form.fields import SECOND, Field
from xltools.form.kinds import key_of
from xltools.form.linear import ROW_CODE, UNDER_ROW, ZERO, Factor, Linear, OverList, multiplied, plus
from xltools.form.lists import MOST, PRINTED, Column
from xltools.form.ratio import Ratio, sum_or_ratio
from xltools.form.relation import ALWAYS, Condition, Constraint, Level, Relation
from xltools.form.wording import own_name, time_of
from xltools.text import clerk
from xltools.toml_tables import read_as

Number = Literal["count", "decimal"]
Stub = Literal["label", "code", "unit"]


@dataclass(frozen=True, slots=True)
class RuleMakers:
    """Who fills in what is marked ``only = "rule_makers"``, according to the end of an agency's name."""

    always: tuple[str, ...] = ()
    """Ends of names of agencies that always make rules; they are never asked."""
    perhaps: tuple[str, ...] = ()
    """Ends of names that an agency which makes rules and another one can both have; these get a note."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row or a column of a table; or, with ``lines``, a label that spans several of them."""

    label: str
    """What is printed, letter for letter; a return is read by it."""
    key: str = ""
    """Its part of the names of its cells. A label with `lines` has none, any other line needs one."""
    code: str = field(default="", metadata=SECOND)
    """Printed [beside the label](#codes-and-units-beside-the-labels), of a column below it. A line without a key has
    that of its code: `01` has the key `r01`."""
    lines: tuple[Line, ...] = ()
    """The lines below this label, which then spans them."""
    is_: Linear | Ratio | None = field(
        default=None, metadata={"key": "is", "hook": read_as(str, sum_or_ratio)}
    )
    """The line is a total and nobody types it: the sum of other lines of its axis, in the second version also
    `all` (the sum of [all typed lines](#definitions-and-rules)), a [ratio](#ratios-and-means) with `per`, or
    figures of [fields](#fields-and-codes) and [lists](#lists)."""
    omits: Mapping[str, str] = field(default_factory=dict)
    """The lines that the total leaves out, each with the reason."""
    of: str = field(default="", metadata=SECOND)
    """The line of this axis of which this one is a [part](#parts-of-a-whole) (其中); it is never more."""
    mean: str = field(default="", metadata=SECOND)
    """The line holds typed means; this names the line of its axis by which they are
    [weighted](#ratios-and-means)."""
    additive: bool = True
    """With `false` nothing here is added up, neither in totals nor in a roll-up; see [What is not
    added](#what-is-not-added)."""
    number: Number | None = None
    """Whether its cells hold whole numbers (`count`) or numbers with decimals; otherwise as the block says. See
    [Units, kinds and signs](#units-kinds-and-signs)."""
    decimals: int | None = field(default=None, metadata=SECOND)
    """How many decimals a typed decimal number may have, and to how many a ratio or a mean is rounded, 0 to 6;
    otherwise as the block says."""
    unit: str | None = None
    """What its figures count, shown to the agency; otherwise as the block says. A total with a unit of its own may
    add [several units](#definitions-and-rules)."""
    signed: bool | None = None
    """Whether its figures may be below 0; otherwise as the block says."""
    span: int = 1
    """How many printed columns a column takes, 1 to 100."""
    only: str = ""
    """The column of the roster that says who [has figures here](#what-only-some-fill-in), or `rule_makers`; in the
    first version it is that."""
    given: bool = field(default=False, metadata=SECOND)
    """The [issuer gives](#what-the-issuer-gives) the figures; they are locked."""
    also: tuple[str, ...] = ()
    """Other wordings of the label in [published reports](#what-published-reports-print)."""
    note: str = ""
    """How the line is filled in, for the [filling notes](#filling-notes); a label with `lines` may have one
    too."""

    def __post_init__(self) -> None:
        """Give a line without a key that of its code."""
        if self.code and not self.key:
            object.__setattr__(self, "key", key_of(self.code))

    def leaves(self) -> tuple[Line, ...]:
        """Return the lines that hold cells, in printed order."""
        return leaves((self,))

    @property
    def total(self) -> Linear | None:
        """The sum that defines it; ``None`` for a typed line and for a ratio."""
        return self.is_ if isinstance(self.is_, Linear) else None

    @property
    def adds_lines(self) -> bool:
        """Whether it is derived from other lines of its table, and not only from figures of fields or lists."""
        return self.total is not None and not (self.total.names and all(map(is_whole_name, self.total.names)))

    @property
    def is_quotient(self) -> bool:
        """Whether it holds ratios or means, which are never added and never part of a sum or a rule."""
        return isinstance(self.is_, Ratio) or bool(self.mean)

    @property
    def depth(self) -> int:
        """The number of label levels, including its own."""
        return 1 + max((line.depth for line in self.lines), default=0)


def _tolerance(value: object, _: object) -> Decimal:
    """Read the text of a number above 0."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) or not Decimal(value):
        raise InvalidValueError("bad-tolerance", text=str(value))
    return Decimal(value)


@dataclass(frozen=True, slots=True)
class Rule:
    """A relation between lines, cells or days. Exactly one of ``rows``, ``columns`` and ``cells`` is given.

    A name that begins with ``last.`` is a figure of the period before, one with ``ago.`` of the same period a year ago. A
    ``carry`` of a block derives a figure from these: ``carried_in = last.carried_out``. Its left side is one line of this
    period; it has neither ``cells`` nor ``when``, ``level`` and ``within``.
    """

    key: str
    """Its name in messages."""
    label: str
    """The rule in words; it is printed beside the checks and in the finding."""
    authority: str
    """The document that says so, or `inferred`."""
    rows: Relation | None = None
    """A relation between rows, which holds in every column; for rules of a table."""
    columns: Relation | None = None
    """A relation between columns, which holds in every row, or in every line of a list; for rules of these. In a list it
    may [compare days](#days)."""
    cells: Relation | None = None
    """A relation between cells by their full names, across tables; for rules of the form. It may compare the
    [days](#days) of fields."""
    on: tuple[str, ...] = field(default=(), metadata=SECOND)
    """The lines of the other axis in which alone it is asked, totals too; otherwise it is asked in all lines
    but totals."""
    when: Condition = field(default=ALWAYS, metadata=SECOND)
    """It is asked only while this [condition](#relations-and-conditions) holds."""
    within: Decimal = field(default=ZERO, metadata={"hook": _tolerance, **SECOND})
    """How far the two sides of an equation of rounded figures may differ, as a text: `"0.01"`."""
    level: Level = field(default="error", metadata=SECOND)
    """How a broken rule is reported; a carry is always a question."""
    resets: bool = field(default=False, metadata=SECOND)
    """For a carry of [months, quarters or halves](#periods): in the first period of a year, the figures before
    are 0."""

    @property
    def constraint(self) -> Constraint:
        """The rule over the names with which it was written."""
        relation = self.rows or self.columns or self.cells
        assert relation is not None  # noqa: S101  the linter of forms requires one
        return Constraint(relation, self.when, self.within, self.level)

    @property
    def looks_back(self) -> bool:
        """Whether it needs figures of another period."""
        return any(map(time_of, self.constraint.names))


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of cells under one head. ``arrange = "wide"`` prints its rows side by side, in one line."""

    rows: tuple[Line, ...] = ()
    """The rows. A table has at least one row and one column."""
    columns: tuple[Line, ...] = ()
    """The columns."""
    rows_from: str = field(default="", metadata=SECOND)
    """The key of a list of [codes](#fields-and-codes), each of which has a row above the others; the key of the
    code is the key of the row."""
    caption: str = ""
    """A line over the whole table; it is part of the labels of the cells."""
    corner: str = ""
    """What is printed above the labels of the rows."""
    stub: tuple[Stub, ...] = field(default=("label",), metadata=SECOND)
    """What is printed [in front of its cells](#codes-and-units-beside-the-labels), in any order."""
    heading: str = ""
    """A line over all columns."""
    arrange: Literal["grid", "wide"] = "grid"
    """With `wide` the rows stand side by side in one line of cells."""
    number: Number | None = None
    """For its cells; otherwise as the section says."""
    decimals: int | None = field(default=None, metadata=SECOND)
    """For its cells; otherwise as the section says."""
    unit: str | None = None
    """For its cells; otherwise as the section says."""
    signed: bool | None = None
    """For its cells; otherwise as the section says."""
    rules: tuple[Rule, ...] = field(default=(), metadata={"key": "rule"})
    """Relations between rows or between columns of this table that must hold."""
    carries: tuple[Rule, ...] = field(default=(), metadata={"key": "carry"})
    """How lines follow from [last year's](#from-year-to-year)."""
    void: tuple[tuple[str, ...], ...] = field(default=(), metadata=SECOND)
    """The row and the column of each cell that is [not there](#cells-that-are-not-there); it is printed as —."""
    only: str = field(default="", metadata=SECOND)
    """The column of the roster that says who [has figures in it](#what-only-some-fill-in), or `rule_makers`."""
    beside: bool = field(default=False, metadata=SECOND)
    """It stands [right of the block before it](#tables-side-by-side), and not below that."""
    extra: tuple[str, ...] = ()
    """Rows and columns that [published reports](#what-published-reports-print) add, such as subtotals; they are
    skipped."""

    @property
    def heads(self) -> tuple[Line, ...]:
        """The labels above its cells; in a wide block, each row above a copy of the columns."""

        def over(line: Line) -> Line:
            return Line(line.label, lines=tuple(map(over, line.lines)) or self.columns, also=line.also)

        return tuple(map(over, self.rows)) if self.arrange == "wide" else self.columns

    @property
    def label_columns(self) -> int:
        """The number of sheet columns that the labels of its rows take, with their codes and units."""
        return 0 if self.arrange == "wide" else self.label_depth + len(self.stub) - 1

    @property
    def label_depth(self) -> int:
        """The number of levels of the labels of its rows."""
        return max((line.depth for line in self.rows), default=0)

    @property
    def head_height(self) -> int:
        """The number of rows above its cells."""
        lines = max((line.depth for line in self.heads), default=0)
        has_codes = any(line.code for line in leaves(self.columns))
        return bool(self.caption) + bool(self.heading) + lines + has_codes

    @property
    def width(self) -> int:
        """The number of sheet columns that its cells take."""
        across = sum(line.span for line in leaves(self.columns))
        return across * len(leaves(self.rows)) if self.arrange == "wide" else across


@dataclass(frozen=True, slots=True)
class List:
    """A list, on a sheet of its own. In a roll-up its lines stand below each other, or those of one code are added."""

    key: str
    """Its name, which no other list of the form has."""
    columns: tuple[Column, ...]
    """The columns: fields in each line."""
    title: str = ""
    """What is printed above it; otherwise the title of the section."""
    sheet: str = ""
    """The name of its sheet. Otherwise a list alone in its section has the sheet of the section, any other that
    name with 清单."""
    print_: int = field(default=PRINTED, metadata={"key": "print"})
    """How many lines it has on paper."""
    most: int = MOST
    """How many lines it has in a workbook, at most 20,000."""
    unique: tuple[str, ...] = ()
    """The columns by which a line is known; no two lines have the same in them."""
    unique_in: Literal["district", "agency"] = "district"
    """Where that holds: among all agencies, so that it is asked why two of them have the same, or, as of numbers that
    each agency gives, with `agency` within each."""
    merge: Literal["stack", "code"] = "stack"
    """With `stack` a roll-up has the lines of all agencies, each with its agency; with `code` the lines of one
    code are added."""
    rules: tuple[Rule, ...] = field(default=(), metadata={"key": "rule"})
    """Relations between `columns`, asked in each line; in `when`, a column is asked for by its key: `done =
    yes`."""
    carries: tuple[Rule, ...] = field(default=(), metadata={"key": "carry"})
    """How columns follow from those of the line of the same key in another period: `"cum = last.cum + month"`."""
    only: str = ""
    """The column of the roster that says who [has the list](#what-only-some-fill-in), or `rule_makers`."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its columns."""
        return tuple(column.key for column in self.columns)

    @property
    def unit_column(self) -> str:
        """The column whose items have the units of the columns of numbers that have none; "" if there is none."""
        return next((key for key, what in (one.shown_of for one in self.columns) if what == "unit"), "")

    @property
    def typed(self) -> tuple[Column, ...]:
        """The columns that are filled in."""
        return tuple(column for column in self.columns if not column.is_derived)

    @property
    def days(self) -> frozenset[str]:
        """The keys of its columns of days."""
        return frozenset(column.key for column in self.columns if column.kind == "date")

    @property
    def of_line(self) -> tuple[OverList, ...]:
        """The figures over the list that each line has for itself, of the lines like it or below it."""
        rules = (name for rule in self.rules for name in rule.constraint.names)
        columns = (name for one in self.columns for name in (*one.operands, *one.condition_names))
        found = (OverList.of(name) for name in dict.fromkeys((*rules, *columns)))
        return tuple(over for over in found if over and over.says_row)

    @property
    def levelled(self) -> dict[str, str]:
        """The columns in which a line has the sum of those below it, each with its column of codes."""
        relations = [rule.constraint.relation.names for rule in self.rules]
        pairs = ((names, over) for names in relations for over in map(OverList.of, names) if over)
        return {over.column: over.tree for names, over in pairs if over.tree and over.column in names}

    def typed_for(self, over: OverList) -> frozenset[str]:
        """Return the columns on which a figure over the list depends; of one that it derives, those that it is derived from."""
        columns = {column.key: column for column in self.columns}
        found = set(over.columns)
        if (derived := columns.get(over.column)) and derived.is_derived:
            names = (*derived.operands, *derived.condition_names)
            found |= {name.partition("[")[0] for name in names}
        return frozenset(found)

    def is_of_agency(self, column: Column) -> bool:
        """Return whether what a column derives from other lines is of one agency among those of a roll-up."""
        return self.merge == "stack" and column.says_row

    @property
    def trees(self) -> tuple[OverList, ...]:
        """The number of lines one level below each line, for each way in which its figures are of these."""
        own = {ROW_CODE, UNDER_ROW}
        found = (
            OverList(self.key, "", tuple(p for p in x.where if p[1] in own)) for x in self.of_line if x.tree
        )
        return tuple(dict.fromkeys(found))

    @property
    def given(self) -> tuple[str, ...]:
        """The keys of the columns that the issuer fills in; in a list with such columns, it gives every line."""
        return tuple(column.key for column in self.columns if column.given)

    @property
    def constraints(self) -> tuple[Rule, ...]:
        """What is asked of each line: the parts of its columns, then what may not be below 0, then its rules."""
        labels = {column.key: column.label for column in self.columns}
        return (
            *(_part_rule(one.key, one.of, labels) for one in self.columns if one.of),
            *(
                replace(_floor_rule(one.key, one.label, one.is_), when=one.when)
                for one in self.columns
                if isinstance(one.is_, Linear)
                and not one.signed
                and one.is_.subtracts
                and one.is_.names[0] in labels
            ),
            *self.rules,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of prose; without a label it goes under the section's title."""

    key: str
    """The second part of its name, as in `remarks.text`."""
    label: str
    """What is printed above the box; with an empty text the box stands directly below the title of the
    section."""
    hint: str = ""
    """What the agency reads above the box, below the label."""
    also: tuple[str, ...] = ()
    """Other headings for it in [published reports](#what-published-reports-print)."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: prose in ``parts`` or tables, each a ``block``, and ``fields``, on one sheet; and lists.

    Each ``list`` has a sheet of its own.
    """

    key: str
    """The first part of the names of its cells."""
    title: str
    """What is printed above it."""
    sheet: str
    """The name of its sheet, 1 to 31 characters. The names 封面, 各单位数据, 来源清单, 豁免清单, 需要修改的地方, 历年对比, 图表, 分类小计,
    填报说明, 主要指标一览表, in the second version 代码, and History are taken."""
    parts: tuple[Part, ...] = ()
    """Boxes for prose; a section has these or tables."""
    fields: tuple[Field, ...] = field(default=(), metadata=SECOND)
    """[Fields](#fields-and-codes), beside tables or prose or alone."""
    blocks: tuple[Block, ...] = field(default=(), metadata={"key": "block"})
    """Tables, one below the other or side by side."""
    lists: tuple[List, ...] = field(default=(), metadata={"key": "list", **SECOND})
    """[Lists](#lists): a line for each award, hazard or person, beside these or alone."""
    number: Number = "count"
    """Whether its cells hold whole numbers (`count`) or numbers with decimals."""
    decimals: int | None = field(default=None, metadata=SECOND)
    """How many decimals the decimal numbers in it may have, 0 to 6; otherwise any."""
    unit: str = ""
    """What its figures count."""
    signed: bool = False
    """Whether its figures may be below 0."""
    label_widths: tuple[float, ...] = ()
    """The widths of the columns of labels in characters, one for each; otherwise 14 each."""
    column_width: float = 10
    """The width of the columns of numbers in characters."""
    landscape: bool = False
    """It is printed across the page."""
    also: tuple[str, ...] = ()
    """Other titles for it in [published reports](#what-published-reports-print)."""
    only: str = field(default="", metadata=SECOND)
    """The column of the roster that says who [has the section](#what-only-some-fill-in), or `rule_makers`."""
    note: str = ""
    """What the section is about, for the [filling notes](#filling-notes)."""

    @property
    def bands(self) -> tuple[tuple[Block, ...], ...]:
        """The blocks from top to bottom, those together that stand side by side."""
        bands: list[tuple[Block, ...]] = []
        for block in self.blocks:
            if block.beside and bands:
                bands[-1] += (block,)
            else:
                bands.append((block,))
        return tuple(bands)

    @property
    def starts(self) -> tuple[int, ...]:
        """The columns of the sheet in which tables begin."""
        across = (block.label_columns + block.width for block in self.bands[0][:-1])
        return tuple(accumulate(across, initial=0))

    @property
    def has_sheet(self) -> bool:
        """Whether it has anything on the sheet that it names; a list alone takes that sheet."""
        return bool(self.blocks or self.parts or self.fields)

    def sheet_of(self, one: List) -> str:
        """Return the name of the sheet of a list."""
        if one.sheet:
            return one.sheet
        if len(self.lists) == 1:
            return clerk()("list.sheet", sheet=self.sheet) if self.has_sheet else self.sheet
        return clerk()("list.sheet-of-several", sheet=self.sheet, number=self.lists.index(one) + 1)


@dataclass(frozen=True, slots=True)
class Nil:
    """The field of the cover in which an agency declares that it has nothing to report."""

    key: str
    """Its name."""
    label: str
    """What is printed before it."""
    yes: str
    """The word by which the agency declares it."""
    hint: str = ""
    """What the agency reads beside it."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The open fields of the cover sheet, such as the name of the person who filled the form in."""

    fields: tuple[Field, ...] = ()
    """Open fields, such as the name of the person who filled the form in."""
    nil: Nil | None = None
    """The field in which an agency declares that it has nothing to report."""

    @property
    def parts(self) -> tuple[Part | Field, ...]:
        """Every open field, the nil declaration last."""
        nil = (Part(self.nil.key, self.nil.label, self.nil.hint),) if self.nil else ()
        return (*self.fields, *nil)

    def declares_nil(self, prose: Mapping[str, str]) -> bool:
        """Return whether *prose*, the texts of a workbook by name, declares that there is nothing to report."""
        return self.nil is not None and prose.get(f"cover.{self.nil.key}", "").strip() == self.nil.yes


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure shown in summaries, under a short name."""

    cell: str
    """The full name of a cell."""
    label: str
    """A short name for it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One series of a chart: a sum of cells under a short name."""

    label: str
    """A short name for it."""
    is_: Linear = field(metadata={"key": "is"})
    """A cell, or a sum of cells, by their full names."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a district's figures in its roll-up."""

    key: str
    """Its name."""
    kind: Literal["agencies", "lines", "trend"]
    """With `agencies` it shows the agencies with most of one thing, at most fifteen; with `lines`, 2 to 12
    figures of the district side by side; with `trend`, 1 to 3 figures over at most five years, if an earlier
    year is known."""
    title: str
    """What is printed over it."""
    shows: tuple[Measure, ...]
    """What it shows; all of it has one unit and can be added."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the cells in the chart."""
        return tuple(name for measure in self.shows for name in measure.is_.names)


@dataclass(frozen=True, slots=True)
class Superseded:
    """An earlier edition whose workbooks may still be sent."""

    edition: str
    """The name of the former edition."""
    words: tuple[str, ...]
    """Words of its tables; a table with one of them is refused as `old-layout`."""


def walk(lines: tuple[Line, ...], above: tuple[Line, ...] = ()) -> Iterator[tuple[Line, tuple[Line, ...]]]:
    """Yield every line of an axis in printed order, each with the lines that span it, outermost first."""
    for line in lines:
        yield line, above
        yield from walk(line.lines, (*above, line))


def paths(lines: tuple[Line, ...]) -> dict[str, tuple[str, ...]]:
    """Return the labels of each line that holds cells, outermost first and its own last, by its key."""
    return {
        line.key: (*(over.label for over in above), line.label)
        for line, above in walk(lines)
        if not line.lines
    }


def leaves(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return the lines of an axis that hold cells."""
    return tuple(line for line, _ in walk(lines) if not line.lines)


def unit_of(line: Line, block: Block, section: Section) -> str:
    """Return the unit of a line's figures, unless the lines of the other axis have units of their own."""
    return next(unit for unit in (line.unit, block.unit, section.unit) if unit is not None)


def is_whole_name(name: str) -> bool:
    """Return whether a name among those of lines is that of a figure of a field or a list, which is named in full."""
    return "." in own_name(name) or "(" in name


def part_rules(block: Block) -> Iterator[Rule]:
    """Yield the rule of each line that is a part of another (其中): the part is not more than the whole."""
    for is_rows, lines in ((True, leaves(block.rows)), (False, leaves(block.columns))):
        labels = {line.key: line.label for line in lines}
        for line in lines:
            if line.of:
                rule = _part_rule(line.key, line.of, labels)
                yield replace(rule, rows=rule.columns, columns=None) if is_rows else rule


def _part_rule(part: str, whole: str, labels: Mapping[str, str]) -> Rule:
    """Return the rule between columns that one is a part of another; *labels* are those of all."""
    relation = Relation(Linear(((1, part),)), "<=", Linear(((1, whole),)))
    words, of = labels[part], labels.get(whole, "")
    key = (
        "part" if re.search(r"[\u4e00-\u9fff]", words + of) else "part-in-signs"
    )  # labels may be of another language
    label = clerk()(f"relation.{key}", part=words, whole=of)
    return Rule(f"{part} of {whole}", label, clerk()("relation.printed"), columns=relation)


def floor_rules(block: Block) -> Iterator[Rule]:
    """Yield the rule of each total that subtracts typed lines: that it is not below 0."""
    for is_rows, lines in ((True, leaves(block.rows)), (False, leaves(block.columns))):
        totals = {line.key: line.total for line in lines if line.total}
        for line in lines:
            if line.total and _typed_terms(line.total, totals).subtracts:
                rule = _floor_rule(line.key, line.label, Linear(((1, line.key),)))
                yield replace(rule, rows=rule.columns, columns=None) if is_rows else rule


def _typed_terms(linear: Linear, totals: Mapping[str, Linear]) -> Linear:
    """Return a sum over typed lines in place of the *totals* in it, those that cancel out left away."""
    times: dict[str, Factor] = defaultdict(int)

    def add(one: Linear, factor: Factor, outer: frozenset[str]) -> None:
        for sign, name in one.terms:
            if name in totals and name not in outer:  # the linter finds those that are made of themselves
                add(totals[name], multiplied(factor, sign), outer | {name})
            else:
                times[name] = plus(times[name], multiplied(factor, sign))

    add(linear, 1, frozenset())
    return Linear(tuple((1 if count > 0 else -1, name) for name, count in times.items() if count))


def _floor_rule(key: str, label: str, linear: Linear) -> Rule:
    """Return the rule between columns that a derived one is not below 0."""
    relation = Relation(linear, ">=", Linear(()))
    words = clerk()("relation.floor", label=label)
    return Rule(f"{key} >= 0", words, clerk()("relation.printed-floor"), columns=relation)
